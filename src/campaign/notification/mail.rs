//! The mail: plain words in the reader's language, the hash of the population, and nothing that differs when it is written again.

use super::{Notification, Occasion, Unwritten, minute, plain, when};
use crate::campaign::Reviewer;
use lettre::message::header::{ContentDisposition, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use std::time::{Duration, SystemTime};

/// The bytes of the mail.
pub fn render(letter: &Notification) -> Result<Vec<u8>, Unwritten> {
    let refused = |problem: String| Unwritten {
        to: letter.to.key.to_string(),
        problem,
    };
    let from: Mailbox = letter
        .sender
        .from
        .parse()
        .map_err(|e| refused(format!("'{}' is no sender: {e}", letter.sender.from)))?;
    let to = mailbox(letter.to).map_err(refused)?;
    let id = format!("<{}@{}>", letter.token(), from.email.domain());
    let seconds = u64::try_from(letter.at.0.div_euclid(crate::model::time::SECOND)).unwrap_or(0);
    let mut builder = Message::builder()
        .from(from)
        .to(to)
        .subject(subject(letter))
        .message_id(Some(id))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    if !letter.sender.reply_to.is_empty() {
        let reply: Mailbox = letter
            .sender
            .reply_to
            .parse()
            .map_err(|e| refused(format!("'{}' is no address for answers: {e}", letter.sender.reply_to)))?;
        builder = builder.reply_to(reply);
    }
    // So that no out-of-office program answers (RFC 3834), and filters can find the campaign.
    for (name, value) in [
        (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_string()),
        (HeaderName::new_from_ascii_str("Content-Language"), letter.language.to_string()),
        (HeaderName::new_from_ascii_str("X-Vouchsafe-Campaign"), letter.campaign.id.to_string()),
        (
            HeaderName::new_from_ascii_str("X-Vouchsafe-Population"),
            letter.campaign.population_sha256.clone(),
        ),
    ] {
        builder = builder.raw_header(HeaderValue::new(name, value));
    }
    if letter.sender.from == super::Sender::DRAFT {
        // Outlook and others open such a file as a draft of whoever opens it.
        builder = builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("X-Unsent"), "1".into()));
    }
    let calendar = SinglePart::builder()
        .header(ContentType::parse("text/calendar; charset=utf-8; method=PUBLISH").map_err(|e| refused(e.to_string()))?)
        .header(ContentDisposition::attachment("due.ics"))
        .body(letter.calendar());
    let mut parts = MultiPart::builder()
        .kind(lettre::message::MultiPartKind::Mixed)
        .boundary(format!("=_{}", letter.token()))
        .singlepart(SinglePart::plain(text(letter)));
    for (name, bytes) in letter.attached {
        let part = SinglePart::builder()
            .header(ContentType::parse(content_type(name)).map_err(|e| refused(e.to_string()))?)
            .header(ContentDisposition::attachment(name));
        parts = parts.singlepart(part.body(bytes.clone()));
    }
    let parts = parts.singlepart(calendar);
    Ok(builder.multipart(parts).map_err(|e| refused(e.to_string()))?.formatted())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}

fn mailbox(reviewer: &Reviewer) -> Result<Mailbox, String> {
    if reviewer.mail.is_empty() {
        return Err("no mail address is known".into());
    }
    let address = reviewer
        .mail
        .parse()
        .map_err(|e| format!("'{}' is no mail address: {e}", plain(&reviewer.mail)))?;
    Ok(Mailbox::new(Some(plain(&reviewer.name)).filter(|n| !n.is_empty()), address))
}

/// The subject: what is owed and until when, then the id that answers keep.
pub(super) fn subject(letter: &Notification) -> String {
    let l = letter.language;
    let day = super::last_day(letter.due_at, &letter.sender.zone).map_or_else(|| letter.due_at.day(), |day| l.day(day));
    let what = decisions(letter);
    let told = match letter.occasion {
        Occasion::Opening => l.tell("Access review: {what} by {day}", &[("what", &what), ("day", &day)]),
        Occasion::SecondOpening => l.tell("Second stage: {what} by {day}", &[("what", &what), ("day", &day)]),
        Occasion::Reminder => l.tell("Reminder: {what} open, due by {day}", &[("what", &what), ("day", &day)]),
        Occasion::Overdue => l.tell("Overdue since {day}: {what} open", &[("what", &what), ("day", &day)]),
        Occasion::Escalation => l.tell(
            "{what} of {who} open, due by {day}",
            &[("what", &what), ("who", &plain(&letter.about.name)), ("day", &day)],
        ),
        Occasion::Replacement => l.tell("Access review handed to you: {what} by {day}", &[("what", &handed(letter)), ("day", &day)]),
        Occasion::HandedOver => l.say("Access review: decisions of yours were handed over").to_string(),
    };
    format!("{told} [{}]", letter.campaign.id)
}

fn handed(letter: &Notification) -> String {
    letter.language.count(letter.handed, "{n} decision", "{n} decisions")
}

fn decisions(letter: &Notification) -> String {
    letter.language.count(letter.open, "{n} decision", "{n} decisions")
}

/// What the letter is about, in a few lines.
fn told(letter: &Notification) -> String {
    let l = letter.language;
    let (campaign, about) = (plain(&letter.campaign.name), plain(&letter.about.name));
    let (day, what) = (when(letter.due_at, &letter.sender.zone, l), decisions(letter));
    let answer_by = || l.tell("Please answer by {day}.", &[("day", &day)]);
    match letter.occasion {
        Occasion::Opening => [
            l.tell("The review \"{campaign}\" has begun.", &[("campaign", &campaign)]),
            l.tell("You are asked for {what}: who keeps access, and who does not.", &[("what", &what)]),
            l.tell("It takes about {n} minutes.", &[("n", &minutes(letter.open))]),
            answer_by(),
        ]
        .join("\n"),
        Occasion::SecondOpening => [
            l.tell(
                "In the review \"{campaign}\", the first reviewers have decided, and yours is the second look: {what}.",
                &[("campaign", &campaign), ("what", &what)],
            ),
            l.tell("It takes about {n} minutes.", &[("n", &minutes(letter.open))]),
            answer_by(),
        ]
        .join("\n"),
        Occasion::Reminder => [
            l.tell(
                "Still open of yours in the review \"{campaign}\": {what}.",
                &[("campaign", &campaign), ("what", &what)],
            ),
            answer_by(),
        ]
        .join("\n"),
        Occasion::Overdue => [
            l.tell(
                "The review \"{campaign}\" was due by {day}, and still open of yours is: {what}.",
                &[("campaign", &campaign), ("day", &day), ("what", &what)],
            ),
            l.say("Please answer now.").to_string(),
        ]
        .join("\n"),
        Occasion::Escalation => [
            l.tell(
                "In the review \"{campaign}\", {who} has still open: {what}, due by {day}.",
                &[("campaign", &campaign), ("who", &about), ("what", &what), ("day", &day)],
            ),
            l.tell(
                "You get this because you are the manager of {who}, or named for escalations: please remind {who}, or name somebody who can decide.",
                &[("who", &about)],
            ),
        ]
        .join("\n"),
        Occasion::Replacement => [
            l.tell(
                "In the review \"{campaign}\", this is now yours, given to you instead of {who}: {what}.",
                &[("campaign", &campaign), ("who", &about), ("what", &handed(letter))],
            ),
            l.tell("With it, you have still open: {what}.", &[("what", &what)]),
            answer_by(),
        ]
        .join("\n"),
        Occasion::HandedOver => [
            l.tell(
                "In the review \"{campaign}\", decisions of yours were given to {who}; still yours: {what}.",
                &[("campaign", &campaign), ("who", &about), ("what", &what)],
            ),
            l.say("An older sheet no longer decides about the others: please use the new one.").to_string(),
        ]
        .join("\n"),
    }
}

/// How long so many decisions take: 15 seconds each, as a page with recommendations allows; a guess, rounded up.
fn minutes(open: usize) -> usize {
    const SECONDS: usize = 15;
    let minutes = (open * SECONDS).div_ceil(60).max(2);
    if minutes > 10 { minutes.div_ceil(5) * 5 } else { minutes }
}

fn text(letter: &Notification) -> String {
    let (l, campaign) = (letter.language, letter.campaign);
    let none_left = letter.occasion == Occasion::HandedOver && letter.open == 0;
    let how = if letter.occasion == Occasion::Escalation || none_left {
        String::new()
    } else {
        let place = if !letter.attached.is_empty() {
            l.say("Your sheet, review.html, is attached.").to_string()
        } else if letter.sender.sheets_at.is_empty() {
            l.say("Your sheet, review.html, comes with this mail or from whoever sent it.").to_string()
        } else {
            let second = if letter.occasion == Occasion::SecondOpening { "/second-stage" } else { "" };
            let folder = format!("{}/{}{second}", campaign.id, letter.to.key);
            l.tell(
                "Your sheet is in the folder {folder} at {place}.",
                &[("folder", &folder), ("place", &plain(&letter.sender.sheets_at))],
            )
        };
        [
            place.as_str(),
            l.say("Open review.html, decide, and press \"Save decisions\"."),
            l.say("Then reply to this mail with the saved file."),
            l.say("If you would rather use a spreadsheet, fill in review.xlsx and reply with it."),
            l.say(&plain(letter.otherwise)),
            l.say("Questions? Reply to this mail."),
        ]
        .join("\n")
            + "\n\n"
    };
    let sheets: String = letter.sheets.iter().map(|s| format!("{}\n  {s}\n", l.say("Hash of the sheet:"))).collect();
    let private = if letter.attached.is_empty() {
        (
            l.say("This mail names nobody's access."),
            l.say("The sheet does, so please keep it to yourself."),
        )
    } else {
        (l.say("The sheet names who has which access."), l.say("Please keep this mail to yourself."))
    };
    let lines = [
        l.tell("Dear {name},", &[("name", &plain(&letter.to.name))]) + "\n",
        told(letter) + "\n",
        format!("{how}{}", private.0),
        private.1.to_string() + "\n",
        format!("{}: {}", l.say("Campaign"), campaign.id),
        l.tell(
            "Population: {n} items as of {day}",
            &[("n", &campaign.population), ("day", &minute(campaign.as_of))],
        ),
        format!("{}:\n  {}\n{sheets}", l.say("Hash of the population"), campaign.population_sha256),
    ];
    lines.join("\n")
}
