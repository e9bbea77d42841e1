//! When decisions are due: at the end of a day, by the clocks of those who decide.

use crate::campaign::language::Language;
use crate::campaign::notification::{last_day, when};
use crate::campaign::plan::Plan;
use crate::campaign::state::State;
use crate::config::Config;
use crate::model::time::DAY;
use crate::model::{Instant, Zone};

/// The zone of those who read the letters, else that of the tenant; empty for UTC.
#[must_use]
pub fn zone_of(plan: &Plan, config: &Config) -> String {
    let of_mail = plan.mail.as_ref().map(|m| m.zone.clone()).filter(|z| !z.is_empty());
    of_mail.or_else(|| config.time_zone.map(|z| z.name().to_string())).unwrap_or_default()
}

/// The end of the day on which something happens, by the clocks of a zone; UTC where none is named.
#[must_use]
pub fn end_of_day(at: Instant, zone: &str) -> Instant {
    Zone::parse(zone).map_or_else(|| Instant((at.0.div_euclid(DAY) + 1).saturating_mul(DAY)), |z| z.day_end(at))
}

/// The end that a person named: of a day (`2026-12-31`) its last instant in a zone, else the instant itself; `None` for what is neither.
#[must_use]
pub fn named_end(text: &str, zone: &str) -> Option<Instant> {
    let text = text.trim();
    let at = Instant::parse(text)?;
    if text.len() > 10 {
        return Some(at);
    }
    // Noon lies on that day in nearly every zone; where it does not, the day is the one before or after.
    (-1..=1)
        .map(|days| end_of_day(at.plus(DAY / 2 + days * DAY), zone))
        .find(|end| last_day(*end, zone).is_some_and(|day| day == at))
}

impl State {
    /// The zone in which days of this campaign end; empty for UTC.
    #[must_use]
    pub fn zone(&self) -> &str {
        match self.head.zone.as_str() {
            // Campaigns of an earlier program did not freeze it.
            "" => self.plan.mail.as_ref().map(|m| m.zone.as_str()).unwrap_or_default(),
            zone => zone,
        }
    }

    /// The last day on which somebody may decide, `2026-12-31`.
    #[must_use]
    pub fn due_day(&self) -> String {
        day_of(self.due_at, self.zone())
    }

    /// When the day begins that is so many days before the last on which somebody may decide; after it for a negative number.
    #[must_use]
    pub fn days_before_end(&self, days: i64) -> Instant {
        days_before(self.due_at, self.zone(), days)
    }

    /// `Thu 31 Dec 2026, end of day (Europe/Berlin)`.
    #[must_use]
    pub fn due(&self) -> String {
        when(self.due_at, self.zone(), Language::En)
    }
}

fn days_before(end: Instant, zone: &str, days: i64) -> Instant {
    let last = end_of_day(end.plus(-1), zone);
    // Half a day earlier lies within the day before, also where a day has 23 or 25 hours.
    let back = days.saturating_add(1).saturating_mul(DAY).saturating_add(DAY / 2);
    end_of_day(last.plus(back.saturating_neg()), zone)
}

/// The last day before an end, as clocks in a zone show it.
#[must_use]
pub fn day_of(end: Instant, zone: &str) -> String {
    last_day(end, zone).unwrap_or(end).day()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_is_named_ends_when_it_ends_there() {
        for (text, zone, end, day) in [
            ("2026-12-31", "", "2027-01-01T00:00:00Z", "2026-12-31"),
            ("2026-12-31", "Europe/Berlin", "2026-12-31T23:00:00Z", "2026-12-31"),
            (" 2026-12-31 ", "America/Los_Angeles", "2027-01-01T08:00:00Z", "2026-12-31"),
            ("2026-12-31", "Pacific/Kiritimati", "2026-12-31T10:00:00Z", "2026-12-31"),
            ("2026-12-31", "Pacific/Pago_Pago", "2027-01-01T11:00:00Z", "2026-12-31"),
            ("2026-12-31T17:00:00Z", "Europe/Berlin", "2026-12-31T17:00:00Z", "2026-12-31"),
            ("2026-12-31T23:30:00Z", "Europe/Berlin", "2026-12-31T23:30:00Z", "2027-01-01"),
        ] {
            let found = named_end(text, zone).unwrap_or_else(|| panic!("{text} {zone}"));
            assert_eq!((found.to_string().as_str(), day_of(found, zone).as_str()), (end, day), "{text} {zone}");
        }
        assert_eq!(named_end("soon", ""), None);
    }

    #[test]
    fn steps_are_counted_in_days_of_the_calendar() {
        for (end, zone, days, begins) in [
            ("2026-07-17T00:00:00Z", "", 14, "2026-07-02T00:00:00Z"),
            ("2026-07-17T00:00:00Z", "", 0, "2026-07-16T00:00:00Z"),
            ("2026-07-16T22:00:00Z", "Europe/Berlin", 0, "2026-07-15T22:00:00Z"),
            ("2026-07-16T22:00:00Z", "Europe/Berlin", -3, "2026-07-18T22:00:00Z"),
            // An end at five in the afternoon is on that day.
            ("2026-07-16T15:00:00Z", "Europe/Berlin", 1, "2026-07-14T22:00:00Z"),
            // Over the change of the clocks.
            ("2026-10-26T23:00:00Z", "Europe/Berlin", 1, "2026-10-24T22:00:00Z"),
            ("2026-03-30T22:00:00Z", "Europe/Berlin", 1, "2026-03-28T23:00:00Z"),
        ] {
            let at = Instant::parse(end).expect("a time");
            assert_eq!(days_before(at, zone, days).to_string(), begins, "{end} {zone} {days}");
        }
        // What no calendar has does not go wrong.
        let at = Instant::parse("2026-07-17T00:00:00Z").expect("a time");
        assert!(days_before(at, "", i64::MAX) < at && days_before(at, "Europe/Berlin", i64::MIN) > at);
    }
}
