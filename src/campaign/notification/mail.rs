//! The mail: plain words, the hash of the population, no items, and nothing that differs when it is written again.

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
    let parts = MultiPart::builder()
        .kind(lettre::message::MultiPartKind::Mixed)
        .boundary(format!("=_{}", letter.token()))
        .singlepart(SinglePart::plain(text(letter)))
        .singlepart(calendar);
    Ok(builder.multipart(parts).map_err(|e| refused(e.to_string()))?.formatted())
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
    let day = when(letter.due_at, &letter.sender.zone);
    let day = day.split(", ").next().unwrap_or_default();
    let what = decisions(letter.open);
    let told = match letter.occasion {
        Occasion::Opening => format!("Access review: {what} by {day}"),
        Occasion::Reminder => format!("Reminder: {what} open, due by {day}"),
        Occasion::Overdue => format!("Overdue since {day}: {what} open"),
        Occasion::Escalation => format!("{} of {} open, due by {day}", what, plain(&letter.about.name)),
        Occasion::Replacement => format!("Access review handed to you: {what} by {day}"),
        Occasion::HandedOver => "Access review: decisions of yours were handed over".to_string(),
    };
    format!("{told} [{}]", letter.campaign.id)
}

fn decisions(n: usize) -> String {
    format!("{n} decision{}", if n == 1 { "" } else { "s" })
}

fn text(letter: &Notification) -> String {
    let (campaign, due) = (letter.campaign, when(letter.due_at, &letter.sender.zone));
    let (open, about) = (decisions(letter.open), plain(&letter.about.name));
    let is = if letter.open == 1 { "is" } else { "are" };
    let told = match letter.occasion {
        Occasion::Opening => format!(
            "The review \"{}\" has begun.\nYou are asked for {open}: who keeps access, and who does not.\nPlease answer by {due}.",
            plain(&campaign.name)
        ),
        Occasion::Reminder => format!(
            "{open} of yours {is} still open in the review \"{}\".\nPlease answer by {due}.",
            plain(&campaign.name)
        ),
        Occasion::Overdue => format!(
            "The review \"{}\" was due by {due}, and {open} of yours {is} still open.\nPlease answer now.",
            plain(&campaign.name)
        ),
        Occasion::Escalation => format!(
            "In the review \"{}\", {open} of {about} {is} still open; they are due by {due}.\nYou get this because you are {about}'s manager, or named for escalations: please remind {about}, or name somebody who can decide.",
            plain(&campaign.name)
        ),
        Occasion::Replacement => format!(
            "In the review \"{}\", {open} {is} now yours: they were given to you instead of {about}.\nPlease answer by {due}.",
            plain(&campaign.name)
        ),
        Occasion::HandedOver => format!(
            "In the review \"{}\", decisions of yours were given to {about}; {open} {is} still yours.\nAn older sheet no longer decides about the others: please use the new one.",
            plain(&campaign.name)
        ),
    };
    let none_left = letter.occasion == Occasion::HandedOver && letter.open == 0;
    let how = if letter.occasion == Occasion::Escalation || none_left {
        String::new()
    } else {
        let place = if letter.sender.sheets_at.is_empty() {
            "Your sheet, review.html, comes with this mail or from whoever sent it.".to_string()
        } else {
            format!(
                "Your sheet is in the folder {}/{} at {}.",
                campaign.id,
                letter.to.key,
                plain(&letter.sender.sheets_at)
            )
        };
        format!(
            "{place}\nOpen review.html, decide, and press \"Save decisions\".\nThen reply to this mail with the saved file.\nIf you would rather use a spreadsheet, fill in review.xlsx and reply with it.\n{}\nQuestions? Reply to this mail.\n\n",
            plain(letter.otherwise)
        )
    };
    let sheets: String = letter.sheets.iter().map(|s| format!("Hash of the sheet:\n  {s}\n")).collect();
    format!(
        "Dear {},\n\n{told}\n\n{how}This mail names nobody's access.\nThe sheet does, so please keep it to yourself.\n\nCampaign: {}\nPopulation: {} items as of {}\nHash of the population:\n  {}\n{sheets}",
        plain(&letter.to.name),
        campaign.id,
        campaign.population,
        minute(campaign.as_of),
        campaign.population_sha256,
    )
}
