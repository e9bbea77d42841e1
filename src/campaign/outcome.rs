//! What became of every decision that asks for something: removals and changes by observation, exceptions by their end.
//!
//! A closed ticket proves nothing: only an observation after the decision counts, an event or a complete snapshot, and a
//! package is gone when what it gave is gone.

use crate::campaign::follow_up::{CurrentAccess, asked_end, begun};
use crate::campaign::left_behind::{CHECK, Given, LeftBehind};
use crate::campaign::log::{Choice, DecidedBy, DecisionEntry};
use crate::campaign::model::{Item, ItemId};
use crate::campaign::state::State;
use crate::config::Config;
use crate::model::access::words;
use crate::model::time::{DAY, HOUR};
use crate::model::{Certainty, EntitlementKind, Holding, Instant, id};
use std::collections::BTreeMap;

words! {
    /// What became of a decision.
    OutcomeWord {
        /// Gone, within the time allowed.
        Removed => "removed and verified",
        /// Gone, after the time allowed.
        RemovedLate => "removed late",
        /// Gone, and the observations do not tell whether in time.
        RemovedSometime => "removed, time not proved",
        /// Changed as asked.
        Changed => "changed and verified",
        /// Not removed or changed yet, and there is time.
        OpenWithinSla => "open within SLA",
        /// Not removed or changed, and the time is over.
        OpenBeyondSla => "open beyond SLA",
        /// Removed, and granted again since.
        CameBack => "came back",
        /// Nothing in the lake shows it.
        CannotTell => "cannot tell",
        /// An exception whose end has not come.
        ExceptionInForce => "exception in force",
        /// An exception whose end has passed, and the access is still there.
        ExceptionExpired => "exception expired",
        /// The access of an exception has ended.
        ExceptionEnded => "exception ended",
    }
}

impl OutcomeWord {
    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_done(self) -> bool {
        matches!(
            self,
            Self::Removed | Self::RemovedLate | Self::RemovedSometime | Self::Changed | Self::ExceptionInForce | Self::ExceptionEnded
        )
    }

    /// Whether somebody has to act.
    #[must_use]
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::OpenBeyondSla | Self::CameBack | Self::ExceptionExpired)
    }
}

/// Outcome of one decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The item.
    pub item: ItemId,
    /// What was decided.
    pub choice: Choice,
    /// Whether a person decided.
    pub by: DecidedBy,
    /// What became of it.
    pub word: OutcomeWord,
    /// The observation that shows it, or why nobody can tell.
    pub evidence: String,
    /// When it was to be done.
    pub due: Instant,
    /// When it was gone at the latest; `None` while it is there.
    pub removed_at: Option<Instant>,
    /// Days from the decision's clock to that, or to the last observation of what is still there.
    pub days: Option<i64>,
    /// The complete snapshot that proves it: collection and instant; empty where an event does.
    pub snapshot: String,
}

/// The times by which one decision is judged.
#[derive(Debug, Clone, Copy)]
struct Clock {
    /// Only what was observed after this tells.
    after: Instant,
    /// From when the time allowed runs.
    starts: Instant,
    /// When it is over.
    due: Instant,
}

/// Which of the outcomes are of removals and changes, and which of exceptions.
#[must_use]
pub fn counts(list: &[Outcome]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for outcome in list {
        *counts.entry(outcome.word.to_string()).or_default() += 1;
    }
    counts
}

/// What became of every revocation, modification and exception that binds.
#[must_use]
pub fn outcomes(state: &State, current: &CurrentAccess, config: &Config, closed_at: Instant) -> Vec<Outcome> {
    let judge = Judge {
        state,
        current,
        left: LeftBehind::new(current, config),
        closed_at,
    };
    let decided = state
        .items
        .iter()
        .enumerate()
        .filter_map(|(i, item)| Some((item, &state.effective_decision(i)?.1)));
    let asked = decided.filter(|(_, entry)| entry.decision.choice != Choice::Keep);
    asked.map(|(item, entry)| judge.outcome(item, entry)).collect()
}

/// What outcomes are judged with.
struct Judge<'a> {
    state: &'a State,
    current: &'a CurrentAccess<'a>,
    left: LeftBehind<'a>,
    closed_at: Instant,
}

impl Judge<'_> {
    fn outcome(&self, item: &Item, entry: &DecisionEntry) -> Outcome {
        let (current, clock) = (self.current, self.clock(item, entry));
        let mut found = Outcome {
            item: item.id.clone(),
            choice: entry.decision.choice,
            by: entry.by,
            word: OutcomeWord::CannotTell,
            evidence: String::new(),
            due: clock.due,
            removed_at: None,
            days: None,
            snapshot: String::new(),
        };
        let Some(same) = current.same(item, clock.after) else {
            found.evidence = "the ledger no longer knows this holding: was a source left out of the lake?".into();
            return found;
        };
        if entry.decision.choice == Choice::Exception {
            exception(current, item, entry, same, &mut found);
            return found;
        }
        let mut held = vec![same];
        if same.held_at(current.access.as_of) {
            still_there(current, item, entry, same, clock, &mut found);
        } else if let Some(on) = current.goes_on(item, same) {
            still_there(current, item, entry, on, clock, &mut found);
            found.evidence = format!("{}; nevertheless {}", current.ending(same), found.evidence);
            held = vec![on];
        } else if !matches!(same.until_certainty, Certainty::Exact | Certainty::Bounded) {
            found.evidence = "its end was scheduled and has passed, and neither an event nor a complete snapshot shows that it is gone".into();
        } else if let Some(again) = current.again(item, ended(same).unwrap_or(clock.after).min(clock.after)) {
            let since = begun(again).map_or("an unknown day".to_string(), Instant::day);
            found.word = OutcomeWord::CameBack;
            found.evidence = format!("{}; granted again on {since}: {}", current.ending(same), id::joined(&again.evidence, " "));
            return found;
        } else {
            held.extend(self.gone(item, same, clock, &mut found));
        }
        self.agree(item, &held, &mut found);
        found
    }

    /// What the report finds to have outlived its end is not gone, and its time is over.
    fn agree(&self, item: &Item, held: &[&Holding], found: &mut Outcome) {
        if let Some(row) = self.left.outlived(item, held).filter(|_| !found.word.is_wrong()) {
            found.word = OutcomeWord::OpenBeyondSla;
            (found.removed_at, found.snapshot) = (None, String::new());
            found.evidence = format!("{CHECK}: {} {}", row.message, found.evidence);
        }
    }

    fn clock(&self, item: &Item, entry: &DecisionEntry) -> Clock {
        let entra = by_entra(self.state, entry);
        Clock {
            after: entra.unwrap_or(self.state.head.as_of),
            starts: entra.unwrap_or(self.closed_at),
            due: due(self.state, item, entry, self.closed_at),
        }
    }

    /// The assignment or membership has ended: it is removed when what it gave has gone, too; returns what has not.
    fn gone<'h>(&'h self, item: &Item, same: &'h Holding, clock: Clock, found: &mut Outcome) -> Vec<&'h Holding> {
        let (current, as_of) = (self.current, self.current.access.as_of);
        let mut ends: Vec<&Holding> = vec![same];
        let (mut left, mut unclear): (Vec<&Holding>, Vec<&Holding>) = (Vec::new(), Vec::new());
        for key in given(current, item) {
            for role in current.of(&item.principal_id, &key) {
                let by = self.left.given(current, item, role);
                if !role.held_at(as_of) {
                    // Only an end that goes with this removal belongs to it.
                    let later = ended(role).zip(same.until_earliest.or(same.held_until)).is_some_and(|(role, own)| role >= own);
                    ends.extend((later && by != Given::No).then_some(*role));
                } else if !current.index.explained(role, as_of, 0) {
                    match by {
                        Given::ByIt => left.push(role),
                        Given::Perhaps => unclear.push(role),
                        Given::No => {}
                    }
                }
            }
        }
        if let Some(role) = left.first() {
            self.stayed(same, role, clock, found);
        } else if let Some(role) = unclear.first() {
            let (name, records) = (&role.entitlement_name, id::joined(&role.evidence, " "));
            found.evidence = format!(
                "{}; {name} is still held, and no record tells whether the package had given it or somebody gave it by hand: {records}",
                current.ending(same)
            );
        } else {
            removed(current, &ends, same, clock, found);
        }
        left.extend(unclear);
        left
    }

    /// What the package gave is still there, if anybody has looked since.
    fn stayed(&self, same: &Holding, role: &Holding, clock: Clock, found: &mut Outcome) {
        let (name, records) = (&role.entitlement_name, id::joined(&role.evidence, " "));
        let since = ended(same).unwrap_or(clock.after);
        let ending = self.current.ending(same);
        match role.last_seen.filter(|seen| *seen >= since && *seen > clock.after) {
            Some(seen) => {
                let by_then = seen.min(self.current.access.as_of);
                found.word = open(by_then, clock);
                found.days = Some(days_between(clock.starts, by_then));
                found.evidence = format!("{ending}; what it gave is still there: {name}, listed on {seen}: {records}");
            }
            None => {
                found.word = OutcomeWord::CannotTell;
                found.evidence = format!("{ending}; it gave {name}, and no snapshot since tells whether that is gone: {records}");
            }
        }
    }
}

/// When Entra applied or took a decision of a review that was adopted.
fn by_entra(state: &State, entry: &DecisionEntry) -> Option<Instant> {
    let adopted = state.head.entra_instance.is_some();
    entry.applied_at.or(entry.decided_at).filter(|_| adopted)
}

/// When a decision must be carried out: an adopted review has the times that Entra recorded; else the clock runs from the close.
#[must_use]
pub fn due(state: &State, item: &Item, entry: &DecisionEntry, closed_at: Instant) -> Instant {
    let plan = &state.plan;
    let days = if item.sensitive { plan.sla_sensitive_days } else { plan.sla_days };
    by_entra(state, entry).unwrap_or(closed_at).plus_business_days(days)
}

fn ended(h: &Holding) -> Option<Instant> {
    h.until_latest.or(h.held_until)
}

/// Whole days; what was gone before the clock began took none.
fn days_between(from: Instant, to: Instant) -> i64 {
    (to.0 - from.0).div_euclid(DAY).max(0)
}

/// All of it is gone: when, by which snapshot, and whether in time.
fn removed(current: &CurrentAccess, ends: &[&Holding], same: &Holding, clock: Clock, found: &mut Outcome) {
    let latest = ends.iter().filter_map(|h| ended(h)).max();
    let earliest = ends.iter().filter_map(|h| h.until_earliest.or(h.held_until).or(h.until_latest)).max();
    let last = ends.iter().max_by_key(|h| ended(h)).copied().unwrap_or(same);
    found.removed_at = latest;
    found.days = latest.map(|t| days_between(clock.starts, t));
    found.snapshot = current.missing_from(last).map(|(table, at)| format!("{table} {at}")).unwrap_or_default();
    found.word = match (earliest, latest) {
        _ if found.choice == Choice::Modify => OutcomeWord::Changed,
        (_, Some(latest)) if latest <= clock.due => OutcomeWord::Removed,
        (Some(earliest), _) if earliest > clock.due => OutcomeWord::RemovedLate,
        _ => OutcomeWord::RemovedSometime,
    };
    let texts: Vec<String> = ends.iter().map(|h| format!("{} {}", h.entitlement_name, current.ending(h))).collect();
    found.evidence = if let [one] = ends { current.ending(one) } else { texts.join("; ") };
    if found.word == OutcomeWord::RemovedSometime {
        found.evidence = format!("the time allowed ended on {} between two observations: {}", clock.due, found.evidence);
    }
}

/// What a package gave: as it was frozen, and as the package is now.
fn given(current: &CurrentAccess, item: &Item) -> Vec<String> {
    if item.entitlement_kind != EntitlementKind::AccessPackage {
        return Vec::new();
    }
    let mut keys = item.delivers.clone();
    let by_it = current.held_by(&item.principal_id).iter().filter(|h| {
        let with = current.index.packages_with(&h.entitlement);
        with.iter().any(|(p, _)| p.as_str() == item.entitlement_id)
    });
    keys.extend(by_it.map(|h| h.entitlement.to_string()));
    keys.sort();
    keys.dedup();
    keys
}

fn open(seen: Instant, clock: Clock) -> OutcomeWord {
    if seen <= clock.due {
        OutcomeWord::OpenWithinSla
    } else {
        OutcomeWord::OpenBeyondSla
    }
}

fn still_there(current: &CurrentAccess, item: &Item, entry: &DecisionEntry, same: &Holding, clock: Clock, found: &mut Outcome) {
    let mut not_yet = String::new();
    if entry.decision.choice == Choice::Modify {
        match changed(item, same, entry.decision.until, current.access.as_of) {
            Ok(how) => {
                found.word = OutcomeWord::Changed;
                found.evidence = format!("{how}: {}", id::joined(&same.evidence, " "));
                return;
            }
            Err(how) => not_yet = format!("; {how}"),
        }
    }
    // Proof of being still there: a snapshot or an event after the decision; an older one tells nothing about the removal.
    // A later witness may prove what was true then; what came later did not happen by then.
    let as_of = current.access.as_of;
    let known = matches!(same.until_certainty, Certainty::Exact | Certainty::Bounded);
    let later = same.until_earliest.or(same.held_until).filter(|end| known && *end > as_of);
    match same.last_seen.max(later).filter(|seen| *seen > clock.after && as_of > clock.after) {
        Some(seen) => {
            let by_then = seen.min(as_of);
            found.word = open(by_then, clock);
            found.days = Some(days_between(clock.starts, by_then));
            let how = if same.last_seen >= later { "listed on" } else { "held until" };
            found.evidence = format!("{how} {seen}{not_yet}: {}", id::joined(&same.evidence, " "));
        }
        None if as_of <= clock.after => found.evidence = "nothing newer than the decision is in the lake: ingest again".into(),
        None => {
            found.evidence = format!(
                "nothing after {} shows it or its absence: no complete snapshot of its collection has followed",
                clock.after
            );
        }
    }
}

/// An exception lasts until its end, and its access is to be gone then, or decided about again.
fn exception(current: &CurrentAccess, item: &Item, entry: &DecisionEntry, same: &Holding, found: &mut Outcome) {
    let as_of = current.access.as_of;
    let end = entry.decision.until.map(asked_end);
    found.due = end.unwrap_or(found.due);
    if !current.held(item) {
        // A schedule is a promise: gone is what an event or a complete snapshot shows.
        if !matches!(same.until_certainty, Certainty::Exact | Certainty::Bounded) {
            found.evidence = "its end was scheduled and has passed, and neither an event nor a complete snapshot shows that it is gone".into();
            return;
        }
        found.word = OutcomeWord::ExceptionEnded;
        found.removed_at = ended(same);
        found.evidence = current.ending(same);
        return;
    }
    let last_day = |end: Instant| end.plus(-HOUR).day();
    match end {
        None => {
            found.word = OutcomeWord::ExceptionExpired;
            found.evidence = "the exception has no end, so nobody ever looks at it again: decide about it once more".into();
        }
        Some(end) if end > as_of => {
            found.word = OutcomeWord::ExceptionInForce;
            found.evidence = format!("until {}, and held", last_day(end));
        }
        Some(end) => match same.last_seen.filter(|seen| *seen >= end) {
            Some(seen) => {
                found.word = OutcomeWord::ExceptionExpired;
                found.days = Some(days_between(end, seen));
                found.evidence = format!(
                    "it ended with {}, and {seen} still lists the access: {}",
                    last_day(end),
                    id::joined(&same.evidence, " ")
                );
            }
            None => found.evidence = format!("it ended with {}, and nothing since shows the access or its absence", last_day(end)),
        },
    }
}

/// How a holding that is still there was changed as asked since the freeze, or how it was not.
fn changed(item: &Item, h: &Holding, until: Option<Instant>, as_of: Instant) -> Result<String, String> {
    let last_day = |end: Instant| end.plus(-1).day();
    let told = |end: Option<Instant>| end.map_or("no end".to_string(), |t| format!("{} as its last day", last_day(t)));
    let moved = h.scheduled_until != item.scheduled_until;
    if let Some(end) = h.scheduled_until.filter(|end| *end <= as_of) {
        return Err(format!("its end was on {}, and it is still held", last_day(end)));
    }
    let Some(asked) = until.map(asked_end) else {
        return if moved {
            Ok(format!("it had {}, and now has {}", told(item.scheduled_until), told(h.scheduled_until)))
        } else if policy(h) != item.policy_id {
            Ok("it is now under another policy".into())
        } else {
            Err("neither its end nor its policy has changed".into())
        };
    };
    // An end that is earlier than was asked counts only when somebody set it since: it may be one that never came about.
    let as_asked = h.scheduled_until.is_some_and(|end| last_day(end) == last_day(asked) || (moved && end < asked));
    let (had, has, wanted) = (told(item.scheduled_until), told(h.scheduled_until), told(Some(asked)));
    if as_asked {
        Ok(format!("it had {had}, and now has {has}"))
    } else {
        Err(format!("it has {has}, and {wanted} was asked for"))
    }
}

fn policy(h: &Holding) -> String {
    h.policy.as_ref().map(ToString::to_string).unwrap_or_default()
}
