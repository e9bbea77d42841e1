//! Campaigns of one name: what was decided last time, what was granted again, what is new.

use crate::campaign::error::CampaignError;
use crate::campaign::log::{Choice, DecidedBy};
use crate::campaign::model::{CampaignId, Item};
use crate::campaign::state::State;
use crate::campaign::store::Store;
use crate::model::{Holding, Instant};
use serde::Serialize;
use std::collections::BTreeMap;

/// What was decided last, who decided, and when.
type Last = (Choice, DecidedBy, Instant);

/// The campaign before, as far as the next one needs it.
#[derive(Debug, Clone)]
pub struct Previous {
    /// Its id.
    pub id: CampaignId,
    /// When its population was frozen.
    pub as_of: Instant,
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
        if head.name == name && head.as_of < before && best.as_ref().is_none_or(|b| *b < candidate) {
            best = Some(candidate);
        }
    }
    let Some((as_of, _, id)) = best else { return Ok(None) };
    let state = State::load(store, &id)?;
    let mut decided = BTreeMap::new();
    for (index, item) in state.items.iter().enumerate() {
        let binding = state.effective_decision(index).map(|(at, d)| (d.decision.choice, d.by, *at));
        decided.insert((item.principal_id.clone(), item_key(item)), (item.assignment_id.clone(), binding));
    }
    Ok(Some(Previous { id, as_of, decided }))
}

fn item_key(item: &Item) -> String {
    format!("{}:{}", item.entitlement_kind, item.entitlement_id)
}

impl Previous {
    /// What the sheet says about a holding: the decision of last time, and whether it was granted again since.
    #[must_use]
    pub fn last_time(&self, holding: &Holding) -> String {
        let assignment = holding.assignment.as_ref().map(ToString::to_string).unwrap_or_default();
        let key = (holding.principal.to_string(), holding.entitlement.to_string());
        let Some((before, decision)) = self.decided.get(&key) else {
            return "new since the last campaign".into();
        };
        let again = *before != assignment || holding.held_from.is_some_and(|t| t > self.as_of);
        let what = match decision {
            None => "not decided last time".to_string(),
            Some((choice, by, at)) => {
                let who = if *by == DecidedBy::Person { "" } else { " by silence" };
                format!("{choice}{who} on {}", at.day())
            }
        };
        match (decision, again) {
            (Some((Choice::Revoke, ..)), true) => format!("{what}, and granted again since"),
            (Some((Choice::Revoke, ..)), false) => format!("{what}, and never removed"),
            (_, true) => format!("{what}; granted again since"),
            _ => what,
        }
    }

    /// How the population of the next campaign differs from this one's.
    #[must_use]
    pub fn compare(&self, items: &[Item]) -> Change {
        let mut change = Change::default();
        let mut seen = std::collections::BTreeSet::new();
        for item in items {
            let key = (item.principal_id.clone(), item_key(item));
            match self.decided.get(&key) {
                None => change.new += 1,
                Some((_, decision)) => {
                    change.again += 1;
                    change.revoked_and_held += usize::from(decision.is_some_and(|(c, ..)| c == Choice::Revoke));
                }
            }
            seen.insert(key);
        }
        change.gone = self.decided.keys().filter(|k| !seen.contains(*k)).count();
        change
    }
}
