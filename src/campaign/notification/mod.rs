//! Letters of a campaign: what a reviewer is told, as a mail and a calendar entry, and how it is sent.
//!
//! A letter names the campaign, the hashes and the number of open decisions; it carries no items, so it may travel,
//! unless the campaign file asks for the sheets in it.

mod calendar;
mod mail;
mod smtp;

#[cfg(test)]
mod tests;

use crate::campaign::language::Language;
use crate::campaign::{Campaign, Reviewer};
use crate::model::access::words;
use crate::model::time::DAY;
use crate::model::{Instant, Zone};
use serde::Deserialize;
use sha2::{Digest, Sha256};

pub use smtp::{OAuth2, Post, Refused, Security, Smtp};

words! {
    /// Why a letter is written.
    Occasion {
        /// The campaign was opened.
        Opening => "opening",
        /// The first stage has decided, and the reader is to decide in the second.
        SecondOpening => "second-opening",
        /// The end comes near.
        Reminder => "reminder",
        /// The end has passed.
        Overdue => "overdue",
        /// Somebody else owes decisions.
        Escalation => "escalation",
        /// Decisions were handed over to the reader.
        Replacement => "replacement",
        /// Decisions of the reader were handed over to somebody else.
        HandedOver => "handed-over",
    }
}

/// Who writes, and where sheets are found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// `Access reviews <reviews@corp.example>`.
    pub from: String,
    /// Where answers go; `from` when empty.
    #[serde(default)]
    pub reply_to: String,
    /// Where reviewers find their sheets, in words or as an address; empty when sheets are handed over otherwise.
    #[serde(default)]
    pub sheets_at: String,
    /// Whether each letter carries its reader's sheets: then it names who has which access, and a file of HTML, which
    /// some mail gateways hold back.
    #[serde(default)]
    pub attach_sheets: bool,
    /// The time zone of the readers, such as `Europe/Berlin`; the tenant's when empty.
    #[serde(default)]
    pub zone: String,
}

impl Sender {
    /// Whose address nobody has: the letters are drafts, which a mail program opens to be sent in its owner's name.
    pub const DRAFT: &'static str = "Access review <access-review@vouchsafe.invalid>";

    /// The sender of drafts.
    #[must_use]
    pub fn draft() -> Self {
        Self {
            from: Self::DRAFT.into(),
            reply_to: String::new(),
            sheets_at: String::new(),
            attach_sheets: false,
            zone: String::new(),
        }
    }
}

/// One letter; the same letter gives the same bytes.
#[derive(Debug, Clone, Copy)]
pub struct Notification<'a> {
    /// The campaign.
    pub campaign: &'a Campaign,
    /// Why it is written.
    pub occasion: Occasion,
    /// Who gets it.
    pub to: &'a Reviewer,
    /// Whose decisions it is about; somebody else than `to` in an escalation.
    pub about: &'a Reviewer,
    /// Decisions that are open.
    pub open: usize,
    /// Items of that reviewer.
    pub items: usize,
    /// Decisions that were handed over by what the letter tells; 0 where none were.
    pub handed: usize,
    /// When decisions are due, after any extension.
    pub due_at: Instant,
    /// Hashes of the sheets that can come back.
    pub sheets: &'a [String],
    /// Files that the mail carries: name and bytes.
    pub attached: &'a [(String, Vec<u8>)],
    /// What happens otherwise, in one sentence.
    pub otherwise: &'a str,
    /// The step of the reminder schedule, as the log records it.
    pub step: &'a str,
    /// When it is written.
    pub at: Instant,
    /// Who writes.
    pub sender: &'a Sender,
    /// The language of the reader.
    pub language: Language,
}

/// The mailbox from which Microsoft Graph sends letters, by an application that may (`Mail.Send`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphMail {
    /// Object id or principal name of the mailbox.
    pub mailbox: String,
    /// How tokens are got.
    pub oauth2: OAuth2,
}

/// A way by which letters go out.
pub trait Carrier {
    /// Sends a mail, as [`Notification::mail`] made it, to one address.
    ///
    /// # Errors
    /// When it is not taken.
    fn send(&self, to: &str, mail: &[u8]) -> Result<(), Refused>;

    /// `smtp` or `graph`, as the log records it.
    fn way(&self) -> &'static str;
}

/// Why a letter cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no letter to {to}: {problem}")]
pub struct Unwritten {
    /// The reviewer.
    pub to: String,
    /// What is wrong.
    pub problem: String,
}

impl Notification<'_> {
    /// The mail, as it is written to a `.eml` file and sent: text, and the calendar entry attached.
    ///
    /// # Errors
    /// When the address of the sender or the reader is none.
    pub fn mail(&self) -> Result<Vec<u8>, Unwritten> {
        mail::render(self)
    }

    /// The calendar entry, as it is written to a `.ics` file.
    #[must_use]
    pub fn calendar(&self) -> String {
        calendar::render(self)
    }

    /// The name of its files, without an ending: reviewer, step and, in an escalation, whom it is about.
    #[must_use]
    pub fn file_stem(&self) -> String {
        let plain = |text: &str| {
            text.chars()
                .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
                .collect::<String>()
        };
        let about = if self.to.key == self.about.key {
            String::new()
        } else {
            format!("_about_{}", self.about.key)
        };
        let step = plain(self.step);
        if step == self.occasion.as_str() {
            return format!("{}{about}_{step}", self.to.key);
        }
        format!("{}{about}_{}_{step}", self.to.key, self.occasion)
            .trim_end_matches(['_', '-'])
            .to_string()
    }

    /// What tells this letter from all others, in 32 hex digits.
    fn token(&self) -> String {
        let mut hash = Sha256::new();
        for part in [
            self.campaign.id.as_str(),
            self.to.key.as_str(),
            self.about.key.as_str(),
            self.occasion.as_str(),
            self.step,
            // The day only: a letter that is sent once more after a crash is known by its id, and shown once.
            &self.at.day(),
        ] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hex::encode(hash.finalize()).chars().take(32).collect()
    }
}

/// Text on one line, without characters that steer a terminal or a mail program.
fn plain(text: &str) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    flat.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Date and clock of an instant in a zone; UTC where none is named.
fn local(at: Instant, zone: &str) -> Option<(Instant, String)> {
    let text = Zone::parse(zone).map_or_else(|| at.to_string().replace('T', " "), |z| z.local(at));
    let (date, time) = text.split_once(' ')?;
    let clock = time.get(..5).unwrap_or(time).to_string();
    Instant::parse(date).map(|day| (day, clock))
}

/// The day of an end as the reader's calendar shows it; a day that ends is its own last instant.
pub(super) fn last_day(at: Instant, zone: &str) -> Option<Instant> {
    let (day, clock) = local(at, zone)?;
    Some(if clock == "00:00" { day.plus(-DAY) } else { day })
}

/// `Fri 11 Dec 2026, 17:00 (Europe/Berlin)`: what the clock of the reader shows, in the reader's language.
#[must_use]
pub fn when(at: Instant, zone: &str, language: Language) -> String {
    let (Some((_, clock)), Some(day)) = (local(at, zone), last_day(at, zone)) else {
        return minute(at);
    };
    let clock = if clock == "00:00" { language.say("end of day").to_string() } else { clock };
    format!("{}, {clock} ({})", language.day(day), Zone::parse(zone).map_or("UTC", Zone::name))
}

/// `2026-03-31 12:34 UTC`.
fn minute(at: Instant) -> String {
    let text = at.to_string();
    text.get(..16).map_or_else(|| text.clone(), |t| format!("{} UTC", t.replace('T', " ")))
}
