//! What the campaign of a bundle asked of each holding: reviewed by whom and when, to be removed, and what became of it.

use crate::campaign::follow_up::CurrentAccess;
use crate::campaign::outcome::{Outcome, outcomes};
use crate::campaign::{Choice, DecidedBy, State};
use crate::config::Config;
use crate::ledger::AccessModel;
use crate::model::{Holding, Instant};
use crate::report::privacy::Privacy;
use std::collections::{BTreeMap, BTreeSet};

/// One item of the campaign with the decision that binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The item.
    pub item: String,
    /// Its assignment; empty where access is held without one.
    assignment: String,
    /// What was decided.
    pub choice: Choice,
    /// When a person decided; `None` where none did.
    pub reviewed_at: Option<Instant>,
    /// What became of it: word, days, and when it was due; `None` before the close, and where nothing was asked for.
    pub outcome: Option<(String, Option<i64>, Instant)>,
}

/// The campaign of a bundle, as populations and test sheets see it.
#[derive(Debug, Clone, Default)]
pub struct Campaigned {
    /// Its id; empty without a campaign.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was opened.
    pub opened: Instant,
    /// When it is or was due.
    pub due: Instant,
    /// When it was closed.
    pub closed: Option<Instant>,
    /// Items of its population.
    pub items: usize,
    /// Items that persons decided.
    pub decided: usize,
    /// Persons who decided.
    pub reviewers: usize,
    /// Items by holder and entitlement, `kind:id`, as they are shown.
    by_access: BTreeMap<(String, String), Vec<Asked>>,
}

impl Campaigned {
    /// Of a campaign, with holders as the bundle shows them.
    #[must_use]
    pub fn of(state: &State, access: &AccessModel, config: &Config, privacy: &Privacy) -> Self {
        let list: Vec<Outcome> = match &state.closing {
            Some(closing) if state.cancelled.is_none() => outcomes(state, &CurrentAccess::new(access), config, closing.at),
            _ => Vec::new(),
        };
        let of_item: BTreeMap<&str, &Outcome> = list.iter().map(|o| (o.item.as_str(), o)).collect();
        let mut told = Self {
            id: state.head.id.to_string(),
            name: privacy.text(&state.head.name),
            opened: state.head.opened_at,
            due: state.due_at,
            closed: state.closing.as_ref().map(|c| c.at),
            items: state.items.len(),
            ..Self::default()
        };
        let mut reviewers = BTreeSet::new();
        for (index, item) in state.items.iter().enumerate() {
            let Some((at, entry)) = state.effective_decision(index) else { continue };
            let by_person = entry.by == DecidedBy::Person;
            if by_person {
                told.decided += 1;
                reviewers.insert(entry.decided_by.clone());
            }
            let key = (privacy.alone(&item.principal_id), format!("{}:{}", item.entitlement_kind, item.entitlement_id));
            let outcome = of_item.get(item.id.as_str());
            told.by_access.entry(key).or_default().push(Asked {
                item: item.id.to_string(),
                assignment: item.assignment_id.clone(),
                choice: entry.decision.choice,
                reviewed_at: Some(entry.decided_at.unwrap_or(*at)).filter(|_| by_person),
                outcome: outcome.map(|o| (o.word.to_string(), o.days, o.due)),
            });
        }
        told.reviewers = reviewers.len();
        told
    }

    /// What it asked of a holding: of the same assignment, or of access without one that began by the opening.
    #[must_use]
    pub fn about(&self, h: &Holding) -> Option<&Asked> {
        let key = (h.principal.to_string(), h.entitlement.to_string());
        let all = self.by_access.get(&key)?;
        let own = h.assignment.as_ref().map(ToString::to_string).unwrap_or_default();
        let began = h.outer().from;
        all.iter().find(|a| a.assignment == own && (!own.is_empty() || began <= self.opened))
    }
}
