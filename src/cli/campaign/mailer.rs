//! Letters of a campaign on disk and over SMTP: written into the reviewer's folder, sent where a server is configured.
//!
//! A letter that a server does not take keeps no other from being sent; each has its outcome in the log.

use super::carrier;
use super::sheets::{self, put};
use crate::campaign::log::LogEvent;
use crate::campaign::notification::{Carrier, Notification, Occasion, Refused, Sender};
use crate::campaign::state::{HANDED_OVER, OPENING, SECOND_OPENING};
use crate::campaign::{Campaign, Plan, Reviewer, ReviewerKey, State, Store};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::lake::store::create_private_dirs;
use crate::model::Instant;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// Addresses that were not tried, each of which has a line of its own.
const FEW: usize = 5;
/// How the reason of those begins.
const NOT_TRIED: &str = "not tried";

/// What is written to whom.
pub struct Order<'a> {
    /// Why.
    pub occasion: Occasion,
    /// Who gets it.
    pub to: &'a Reviewer,
    /// Whose decisions it is about.
    pub about: &'a Reviewer,
    /// Open decisions.
    pub open: usize,
    /// Decisions that were just handed over.
    pub handed: usize,
    /// Step of the schedule.
    pub step: &'a str,
    /// For whom the log counts it.
    pub counts_to: &'a ReviewerKey,
}

/// Writes letters.
pub struct Mailer {
    head: Campaign,
    due_at: Instant,
    otherwise: &'static str,
    sender: Sender,
    plan: Plan,
    at: Instant,
    /// Number of items, and stages with hashes of sheets, by reviewer.
    sheets: BTreeMap<ReviewerKey, (usize, Vec<(u8, String)>)>,
}

/// How a run of letters went.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    /// Letters that were written, and sent where a server is configured.
    pub done: usize,
    /// Addresses that got none, with the reason.
    pub failed: Vec<(String, String)>,
    /// Why the server is not asked any more.
    silent: Option<String>,
}

impl Outcomes {
    /// Several runs as one.
    #[must_use]
    pub fn sum(all: Vec<Self>) -> Self {
        Self {
            done: all.iter().map(|o| o.done).sum(),
            failed: all.into_iter().flat_map(|o| o.failed).collect(),
            silent: None,
        }
    }

    /// Says which letters nobody took.
    #[must_use]
    pub fn exit(&self) -> Exit {
        for line in told(&self.failed) {
            output::say(&line);
        }
        if self.failed.is_empty() {
            return Exit::Done;
        }
        output::say(&format!(
            "{} letters went out, {} did not; 'vouchsafe campaign remind' tries them again",
            self.done,
            self.failed.len()
        ));
        Exit::Remote
    }
}

/// A line for each address that was refused, and one for all that were not tried.
fn told(failed: &[(String, String)]) -> Vec<String> {
    let (waiting, refused): (Vec<_>, Vec<_>) = failed.iter().partition(|(_, why)| why.starts_with(NOT_TRIED));
    let mut lines: Vec<String> = refused.iter().map(|(to, why)| format!("not sent: {to}: {why}")).collect();
    match waiting.as_slice() {
        [] => {}
        few if few.len() <= FEW => lines.extend(few.iter().map(|(to, why)| format!("not sent: {to}: {why}"))),
        [(to, why), others @ ..] => lines.push(format!(
            "not sent: {to} and {} others: {why} ('vouchsafe campaign status --format json' names them)",
            others.len()
        )),
    }
    lines
}

impl Mailer {
    /// Makes the sender and the way ready; nobody is called yet.
    pub fn new(state: &State, at: Instant) -> Self {
        let mut sender = state.plan.mail.clone().unwrap_or_else(Sender::draft);
        sender.zone = state.zone().to_string();
        let mut sheets: BTreeMap<ReviewerKey, (usize, Vec<(u8, String)>)> = BTreeMap::new();
        for ((key, stage), indices) in state.sheets() {
            let hash = state.hash_of(&key, stage, &indices);
            let entry = sheets.entry(key).or_default();
            entry.0 += indices.len();
            entry.1.push((stage, hash));
        }
        Self {
            head: state.head.clone(),
            due_at: state.due_at,
            otherwise: state.plan.no_response.sentence(),
            sender,
            plan: state.plan.clone(),
            at,
            sheets,
        }
    }

    /// Whether letters are sent, and not only written.
    pub fn sends(&self) -> bool {
        self.plan.smtp.is_some() || self.plan.graph.is_some()
    }

    /// The sheets of a reader, as they lie in the folder of the sheets.
    fn attached(&self, key: &ReviewerKey, stages: &[(u8, String)], at: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let mut files = Vec::new();
        let dir = at.join(self.head.id.as_str()).join(key.as_str());
        for (stage, _) in stages {
            let (dir, prefix) = if *stage == 1 {
                (dir.clone(), "")
            } else {
                (dir.join("second-stage"), "second-stage-")
            };
            for name in ["review.html", "review.xlsx"] {
                let path = dir.join(name);
                let bytes = std::fs::read(&path).map_err(|e| Failure::io(format!("read the sheet to attach, {}", path.display()), &e))?;
                files.push((format!("{prefix}{name}"), bytes));
            }
        }
        Ok(files)
    }

    /// Writes one letter as `.eml` and `.ics`; returns the mail.
    fn write(&self, order: &Order, out: &Path, sheets_at: &Path) -> Result<Vec<u8>, Failure> {
        let key = &order.to.key;
        let (items, sheets) = self.sheets.get(&order.about.key).cloned().unwrap_or_default();
        let handed = matches!(order.occasion, Occasion::Replacement | Occasion::HandedOver);
        let (items, sheets) = if handed {
            self.sheets.get(key).cloned().unwrap_or_default()
        } else {
            (items, sheets)
        };
        let second = order.occasion == Occasion::SecondOpening;
        let sheets: Vec<(u8, String)> = sheets.into_iter().filter(|(stage, _)| !second || *stage == 2).collect();
        // Who is asked to remind somebody gets no sheet of theirs.
        let own = self.sender.attach_sheets && order.occasion != Occasion::Escalation && order.open > 0;
        let attached = if own { self.attached(key, &sheets, sheets_at)? } else { Vec::new() };
        let hashes: Vec<String> = sheets.into_iter().map(|(_, hash)| hash).collect();
        let letter = Notification {
            campaign: &self.head,
            occasion: order.occasion,
            to: order.to,
            about: order.about,
            open: order.open,
            items,
            handed: order.handed,
            due_at: self.due_at,
            sheets: &hashes,
            attached: &attached,
            otherwise: if second { self.plan.no_response.sentence_in(2) } else { self.otherwise },
            step: order.step,
            at: self.at,
            sender: &self.sender,
            language: self.plan.language_of(order.to),
        };
        let mail = letter.mail().map_err(Failure::usage)?;
        let dir = out
            .join(self.head.id.as_str())
            .join(if handed { key.as_str() } else { order.about.key.as_str() });
        create_private_dirs(&dir)?;
        put(&dir.join(format!("{}.eml", letter.file_stem())), &mail)?;
        put(&dir.join(format!("{}.ics", letter.file_stem())), letter.calendar().as_bytes())?;
        Ok(mail)
    }

    /// Writes and sends letters one by one; what became of each is in the log before the next is sent.
    pub fn deliver(&self, (store, state): (&Store, &mut State), orders: &[Order], out: &Path, by: &str) -> Result<Outcomes, Failure> {
        if orders.is_empty() {
            return Ok(Outcomes::default());
        }
        let carrier = carrier::of(&self.plan, &self.sender.from)?;
        let outcomes = self.deliver_by(carrier.as_deref(), (store, &mut *state), orders, out, by)?;
        // One commit for the whole run: each letter is in the log already.
        store.note_in_history(self.at)?;
        Ok(outcomes)
    }

    fn deliver_by(
        &self,
        carrier: Option<&dyn Carrier>,
        (store, state): (&Store, &mut State),
        orders: &[Order],
        out: &Path,
        by: &str,
    ) -> Result<Outcomes, Failure> {
        let mut outcomes = Outcomes::default();
        let sheets_at = sheets::remembered(store, &state.head.id).unwrap_or_else(|| out.to_path_buf());
        for order in orders {
            let mail = match self.write(order, out, &sheets_at) {
                Ok(mail) => mail,
                // Of one letter, such as an address that is none; the others are written.
                Err(e) => {
                    self.failed((store, state), order, e.message, by, &mut outcomes)?;
                    continue;
                }
            };
            if let Some(post) = carrier {
                let silent = outcomes.silent.clone();
                let sent = silent.map_or_else(|| post.send(&order.to.mail, &mail).map_err(|e| self.judged(&e, &mut outcomes)), Err);
                if let Err(why) = sent {
                    self.failed((store, state), order, why, by, &mut outcomes)?;
                    continue;
                }
            }
            outcomes.done += 1;
            if carrier.is_some() || order.occasion != Occasion::Opening {
                let event = LogEvent::Reminded {
                    reviewer: order.counts_to.clone(),
                    step: order.step.to_string(),
                    to: order.to.mail.clone(),
                    by: carrier.map_or("file", |c| c.way()).into(),
                    open: order.open,
                    message_sha256: hex::encode(Sha256::digest(&mail)),
                };
                self.record((store, state), event, by)?;
            }
        }
        Ok(outcomes)
    }

    /// What a refusal says, and whether the server is to be asked again.
    fn judged(&self, refused: &Refused, outcomes: &mut Outcomes) -> String {
        let why = refused.to_string();
        if !refused.is_of_this_letter() {
            outcomes.silent = Some(format!("{NOT_TRIED}, since the mail server does not answer: {why}"));
        }
        why
    }

    fn failed(&self, (store, state): (&Store, &mut State), order: &Order, reason: String, by: &str, outcomes: &mut Outcomes) -> Result<(), Failure> {
        let to = order.to.mail.clone();
        let known = state.undelivered.get(&to) == Some(&reason);
        outcomes
            .failed
            .push((if to.is_empty() { order.to.key.to_string() } else { to.clone() }, reason.clone()));
        if known {
            return Ok(());
        }
        let event = LogEvent::Undelivered {
            reviewer: order.counts_to.clone(),
            step: order.step.to_string(),
            to,
            reason,
        };
        self.record((store, state), event, by)
    }

    fn record(&self, (store, state): (&Store, &mut State), event: LogEvent, by: &str) -> Result<(), Failure> {
        let events = [event];
        state.note_all(&events, self.at)?;
        state.tail = store.append_one_of_many(&state.head.id, &state.tail, &events, self.at, by)?;
        Ok(())
    }
}

/// Letters to those who have something to decide and were not told so yet: at the opening, and when one of them failed then.
pub fn openings((store, state): (&Store, &mut State), at: Instant, out: &Path, by: &str, again: bool) -> Result<Outcomes, Failure> {
    let mailer = Mailer::new(state, at);
    if !mailer.sends() && again {
        return Ok(Outcomes::default());
    }
    let totals = state.by_reviewer(&BTreeMap::new());
    let told = state.notified.clone();
    let mut people = Vec::new();
    for (key, t) in &totals {
        let reviewer = state
            .reviewers
            .get(key)
            .filter(|r| t.owed() > 0 && !r.key.is_unassigned() && !r.mail.is_empty());
        people.extend(reviewer.filter(|_| !mailer.sends() || !told.contains(key)).map(|r| (r.clone(), t.owed())));
    }
    let orders: Vec<Order> = people
        .iter()
        .map(|(reviewer, open)| Order {
            occasion: Occasion::Opening,
            to: reviewer,
            about: reviewer,
            open: *open,
            handed: 0,
            step: OPENING,
            counts_to: &reviewer.key,
        })
        .collect();
    mailer.deliver((store, state), &orders, out, by)
}

/// Letters to those who have something to decide in the second stage and were not told so yet.
pub fn second_openings((store, state): (&Store, &mut State), at: Instant, out: &Path, by: &str) -> Result<Outcomes, Failure> {
    let asked = |(key, t): (ReviewerKey, crate::campaign::Totals)| {
        let reviewer = state.reviewers.get(&key).filter(|r| !r.key.is_unassigned() && !r.mail.is_empty())?;
        (t.awaiting_second > 0 && !state.second_notified.contains(&key)).then(|| (reviewer.clone(), t.awaiting_second))
    };
    let people: Vec<(Reviewer, usize)> = state.by_reviewer(&BTreeMap::new()).into_iter().filter_map(asked).collect();
    let orders: Vec<Order> = people
        .iter()
        .map(|(reviewer, open)| Order {
            occasion: Occasion::SecondOpening,
            to: reviewer,
            about: reviewer,
            open: *open,
            handed: 0,
            step: SECOND_OPENING,
            counts_to: &reviewer.key,
        })
        .collect();
    let mailer = Mailer::new(state, at);
    mailer.deliver((store, state), &orders, out, by)
}

/// One letter to everybody to whom or from whom items went: those who got some, and those who gave some away.
pub fn handed_over((store, state): (&Store, &mut State), moves: &[LogEvent], at: Instant, out: &Path, by: &str) -> Result<Outcomes, Failure> {
    let mut to: BTreeMap<ReviewerKey, Vec<ReviewerKey>> = BTreeMap::new();
    let mut from: BTreeMap<ReviewerKey, Vec<ReviewerKey>> = BTreeMap::new();
    let mut given: BTreeMap<ReviewerKey, usize> = BTreeMap::new();
    for event in moves {
        if let LogEvent::Moved(m) = event {
            to.entry(m.to.clone()).or_default().push(m.from.clone());
            from.entry(m.from.clone()).or_default().push(m.to.clone());
            let owed = m.items.iter().filter_map(|i| state.position(i)).filter(|i| state.owed(*i)).count();
            *given.entry(m.to.clone()).or_default() += owed;
        }
    }
    let mailer = Mailer::new(state, at);
    let totals = state.by_reviewer(&BTreeMap::new());
    let takers = to.keys().cloned().collect::<Vec<_>>();
    let parts = to.into_iter().map(|(k, others)| (k, others, Occasion::Replacement));
    let givers = from
        .into_iter()
        .filter(|(k, _)| !takers.contains(k))
        .map(|(k, others)| (k, others, Occasion::HandedOver));
    let mut letters = Vec::new();
    // Nobody is written to twice about the same move.
    for (key, mut others, occasion) in parts.chain(givers).filter(|(key, ..)| state.untold.contains_key(key)) {
        let Some(reviewer) = state.reviewers.get(&key).filter(|r| !r.key.is_unassigned() && !r.mail.is_empty()) else {
            continue;
        };
        others.sort();
        others.dedup();
        let name = |k: &ReviewerKey| match state.reviewers.get(k) {
            Some(r) if !r.key.is_unassigned() && !r.name.is_empty() => r.name.clone(),
            _ => "nobody".to_string(),
        };
        let about = Reviewer {
            key: others[0].clone(),
            name: others.iter().map(name).collect::<Vec<_>>().join(", "),
            ..Reviewer::default()
        };
        let open = totals.get(&key).map_or(0, crate::campaign::Totals::owed);
        let handed = given.get(&key).copied().unwrap_or_default();
        letters.push((occasion, reviewer.clone(), about, open, handed));
    }
    let orders: Vec<Order> = letters
        .iter()
        .map(|(occasion, reviewer, about, open, handed)| Order {
            occasion: *occasion,
            to: reviewer,
            about,
            open: *open,
            handed: *handed,
            // Who got some has been told by this that there is something to decide.
            step: if *occasion == Occasion::Replacement { OPENING } else { HANDED_OVER },
            counts_to: &reviewer.key,
        })
        .collect();
    mailer.deliver((store, state), &orders, out, by)
}

#[cfg(test)]
mod tests;
