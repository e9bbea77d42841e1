//! Campaigns of one name: what was decided last time, what was granted again, what is new.

use crate::campaign::error::CampaignError;
use crate::campaign::follow_up::asked_end;
use crate::campaign::item_context::ItemContext;
use crate::campaign::log::{Choice, DecidedBy, DecisionEntry};
use crate::campaign::model::{CampaignId, Item, Recommendation, Risk};
use crate::campaign::state::State;
use crate::campaign::store::Store;
use crate::model::{Holding, Instant};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What was decided last, and when.
type Last = (Instant, DecisionEntry);

/// The campaign before, as far as the next one needs it.
#[derive(Debug, Clone)]
pub struct Previous {
    /// Its id.
    pub id: CampaignId,
    /// When its population was frozen.
    pub as_of: Instant,
    /// Whether it was closed, so that what it removed was to go.
    closed: bool,
    /// Items by holder and entitlement: assignment, decision and who took it, the day of the decision.
    decided: BTreeMap<(String, String), (String, Option<Last>)>,
}

/// How a series went on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Items that the last campaign had not.
    pub new: usize,
    /// Items that it had.
    pub again: usize,
    /// Items of the last campaign that are no longer held.
    pub gone: usize,
    /// Items that were revoked last time and are held again or still.
    pub revoked_and_held: usize,
}

/// The newest campaign of a name that was frozen before an instant.
///
/// # Errors
/// When a campaign cannot be read.
pub fn previous(store: &Store, name: &str, before: Instant) -> Result<Option<Previous>, CampaignError> {
    let mut best: Option<(Instant, Instant, CampaignId)> = None;
    for id in store.ids()? {
        let head = store.head(&id)?;
        let candidate = (head.as_of, head.opened_at, id);
        let better = head.name == name && head.as_of < before && best.as_ref().is_none_or(|b| *b < candidate);
        if better && State::load(store, &candidate.2)?.cancelled.is_none() {
            best = Some(candidate);
        }
    }
    let Some((as_of, _, id)) = best else { return Ok(None) };
    let state = State::load(store, &id)?;
    let mut decided = BTreeMap::new();
    for (index, item) in state.items.iter().enumerate() {
        let last = state.effective_decision(index).cloned();
        decided.insert((item.principal_id.clone(), item_key(item)), (item.assignment_id.clone(), last));
    }
    let closed = state.closing.is_some();
    Ok(Some(Previous { id, as_of, closed, decided }))
}

/// Whether an exception is over; one without an end never was one that anybody looks at again.
fn expired(entry: &DecisionEntry, now: Instant) -> bool {
    entry.decision.choice == Choice::Exception && entry.decision.until.is_none_or(|t| asked_end(t) <= now)
}

/// `keep on 2026-03-31`, `exception until 2026-12-01 on 2026-09-30 (needed for …)`.
fn told(at: Instant, entry: &DecisionEntry, now: Instant) -> String {
    let by = match entry.by {
        DecidedBy::Person => "",
        DecidedBy::NoResponse => " by no response",
        DecidedBy::System => " by Entra's settings",
    };
    let day = entry.decided_at.unwrap_or(at).day();
    let choice = entry.decision.choice;
    if choice != Choice::Exception {
        return format!("{choice}{by} on {day}");
    }
    let until = entry.decision.until.map_or("without an end".to_string(), |t| format!("until {}", t.day()));
    let over = if expired(entry, now) { ", which is over" } else { "" };
    format!("{choice}{by} on {day} {until}{over}: {}", entry.decision.justification)
}

fn item_key(item: &Item) -> String {
    format!("{}:{}", item.entitlement_kind, item.entitlement_id)
}

/// A sentence for each campaign that is open over some of the same access: two answers to one question may differ.
///
/// # Errors
/// When a campaign cannot be read.
pub fn overlaps(store: &Store, items: &[Item]) -> Result<Vec<String>, CampaignError> {
    let wanted: BTreeSet<(&str, String, &str)> = items.iter().map(|i| (i.principal_id.as_str(), item_key(i), i.assignment_id.as_str())).collect();
    let mut told = Vec::new();
    for id in store.ids()? {
        let state = match State::load(store, &id) {
            Ok(state) => state,
            Err(e) => {
                told.push(format!("whether the campaign {id} is open over the same access is not known: {e}"));
                continue;
            }
        };
        if state.closing.is_some() || state.cancelled.is_some() {
            continue;
        }
        let open = state.items.iter().enumerate().filter(|(index, _)| state.owed(*index));
        let shared = open.filter(|(_, i)| wanted.contains(&(i.principal_id.as_str(), item_key(i), i.assignment_id.as_str())));
        let n = shared.count();
        if n > 0 {
            told.push(format!(
                "{n} of these items are open in the campaign {id} too, due {}: close or cancel one of the two, or their answers may differ",
                state.due_day()
            ));
        }
    }
    Ok(told)
}

impl Previous {
    /// Puts what was decided last onto the context of an item; an exception whose end has passed speaks for removal.
    pub fn onto(&self, holding: &Holding, now: Instant, item: &mut ItemContext) {
        item.context.previous_decision = self.last_time(holding, now);
        let key = (holding.principal.to_string(), holding.entitlement.to_string());
        let Some((_, Some((_, entry)))) = self.decided.get(&key) else { return };
        if expired(entry, now) {
            let until = entry
                .decision
                .until
                .map_or("it had no end".to_string(), |t| format!("it ended with {}", t.day()));
            item.risk = Risk::High;
            item.recommendation = Recommendation::Revoke;
            item.context.recommendation_reason = format!(
                "because the exception that {} granted is over: {until}, and the access is still there",
                entry.decided_by
            );
            return;
        }
        // What was removed and never went is at least as heavy as an exception that is over.
        if self.closed && entry.decision.choice == Choice::Revoke && !self.is_again(holding) {
            item.risk = Risk::High;
            item.recommendation = Recommendation::Revoke;
            item.context.recommendation_reason = format!("because it was removed in {}, and the access is still there", self.id);
        }
    }

    /// Whether a holding was granted again since that campaign.
    fn is_again(&self, holding: &Holding) -> bool {
        let assignment = holding.assignment.as_ref().map(ToString::to_string).unwrap_or_default();
        let key = (holding.principal.to_string(), holding.entitlement.to_string());
        let same = self.decided.get(&key).is_some_and(|(before, _)| *before == assignment);
        !same || holding.held_from.is_some_and(|t| t > self.as_of)
    }

    /// What the sheet says about a holding: the decision of last time, and whether it was granted again since.
    #[must_use]
    pub fn last_time(&self, holding: &Holding, now: Instant) -> String {
        let key = (holding.principal.to_string(), holding.entitlement.to_string());
        let Some((_, decision)) = self.decided.get(&key) else {
            return "new since the last campaign".into();
        };
        let again = self.is_again(holding);
        let what = match decision {
            None => "not decided last time".to_string(),
            Some((at, entry)) => told(*at, entry, now),
        };
        match (decision.as_ref().map(|(_, d)| d.decision.choice), again) {
            (Some(Choice::Revoke), true) => format!("{what}, and granted again since"),
            (Some(Choice::Revoke), false) => format!("{what}, and not removed yet"),
            (_, true) => format!("{what}; granted again since"),
            _ => what,
        }
    }

    /// How the population of the next campaign differs from this one's.
    #[must_use]
    pub fn compare(&self, items: &[Item]) -> Change {
        let mut change = Change::default();
        let mut seen = BTreeSet::new();
        for item in items {
            let key = (item.principal_id.clone(), item_key(item));
            match self.decided.get(&key) {
                None => change.new += 1,
                Some((_, decision)) => {
                    change.again += 1;
                    change.revoked_and_held += usize::from(decision.as_ref().is_some_and(|(_, d)| d.decision.choice == Choice::Revoke));
                }
            }
            seen.insert(key);
        }
        change.gone = self.decided.keys().filter(|k| !seen.contains(*k)).count();
        change
    }
}
