//! The calendar entry: when decisions are due, with an alarm the day before; a later letter replaces it.

use super::mail::subject;
use super::{Notification, when};
use crate::model::time::{HOUR, MINUTE};
use icalendar::{Alarm, Calendar, CalendarDateTime, Class, Component, Event, EventLike, EventStatus};
use sha2::{Digest, Sha256};

/// Text in the form of RFC 5545, with CRLF.
pub fn render(letter: &Notification) -> String {
    let l = letter.language;
    let mut event = Event::new();
    event
        .uid(&uid(letter))
        // Letters of one campaign are minutes apart at least, so the newest wins.
        .sequence(u32::try_from(letter.at.0.saturating_sub(letter.campaign.opened_at.0) / MINUTE).unwrap_or(0))
        .summary(&subject(letter))
        .description(&format!(
            "{}: {}\n{}",
            l.say("Hash of the population"),
            letter.campaign.population_sha256,
            l.tell("Due by {day}.", &[("day", &when(letter.due_at, &letter.sender.zone, l))])
        ))
        .class(Class::Private)
        .status(EventStatus::Confirmed);
    // A mailbox without its name, which would need quoting of its own.
    let organizer = letter.sender.from.rsplit('<').next().unwrap_or_default().trim_end_matches('>').trim();
    event.append_property(icalendar::Property::new("ORGANIZER", format!("mailto:{organizer}")).done());
    let mut alarm = Alarm::display(l.say("Access review due tomorrow"), -chrono::Duration::days(1));
    alarm.uid(&format!("alarm-{}", uid(letter)));
    if let (Some(stamp), Some(from), Some(until)) = (letter.at.to_chrono(), letter.due_at.plus(-HOUR / 2).to_chrono(), letter.due_at.to_chrono()) {
        event.timestamp(stamp).starts(CalendarDateTime::Utc(from)).ends(CalendarDateTime::Utc(until));
        // Without one, the alarm would be stamped by the clock of the machine.
        alarm.timestamp(stamp);
    }
    event.alarm(alarm.done());
    let mut calendar = Calendar::empty();
    calendar.append_property(("VERSION", "2.0"));
    calendar.append_property(("PRODID", concat!("-//vouchsafe//", env!("CARGO_PKG_VERSION"), "//EN")));
    calendar.append_property(("METHOD", "PUBLISH"));
    calendar.push(event.done());
    calendar.to_string()
}

/// One entry for each campaign, reader and person it is about, however often they are reminded.
fn uid(letter: &Notification) -> String {
    let parts = [letter.campaign.id.as_str(), letter.to.key.as_str(), letter.about.key.as_str()].join("\0");
    let digits: String = hex::encode(Sha256::digest(parts)).chars().take(32).collect();
    format!("{digits}@vouchsafe")
}
