//! What joined and left since the opening, row by row, and that it ties with what is held now.

use crate::campaign::CampaignError;
use crate::campaign::follow_up::{CurrentAccess, Drift, drift};
use crate::campaign::model::Item;
use crate::campaign::open::{Opening, scope};
use crate::campaign::state::State;
use crate::check::CheckResult;
use crate::config::Config;
use crate::ledger::AccessModel;
use std::collections::BTreeSet;

/// `population + joined − left = held`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TieOut {
    /// A row for each that joined or left.
    pub drift: Vec<Drift>,
    /// How many joined the scope since the opening.
    pub joined: usize,
    /// How many items are no longer held.
    pub left: usize,
    /// How many holdings are in the scope now.
    pub held: usize,
}

impl TieOut {
    /// Compares the frozen population with a later access, of which the checks said `results`.
    ///
    /// # Errors
    /// When it does not tie, which is a bug.
    pub fn new(state: &State, access: &AccessModel, results: &[CheckResult], config: &Config) -> Result<Self, CampaignError> {
        let opening = Opening {
            access,
            results,
            config,
            plan: &state.plan,
            text: &state.head.configuration,
            commit: &state.head.commit,
            sequence: state.head.commit_sequence,
            now: access.as_of,
            by: "",
            forced: None,
            previous: None,
        };
        // The population of an instance of Entra is its list, so nothing can join it.
        let in_scope = scope(&opening);
        let entra = state.head.entra_instance.is_some();
        let drift = drift(state, &CurrentAccess::new(access), |h| !entra && in_scope(h));
        let joined = drift.iter().filter(|d| d.change == "joined").count();
        let left = drift.len() - joined;
        let mut held: BTreeSet<(String, String, String)> = BTreeSet::new();
        for h in access.held() {
            let assignment = h.assignment.as_ref().map(ToString::to_string).unwrap_or_default();
            held.insert((h.principal.to_string(), h.entitlement.to_string(), assignment));
        }
        let kept = |i: &Item| {
            let key = format!("{}:{}", i.entitlement_kind, i.entitlement_id);
            held.contains(&(i.principal_id.clone(), key, i.assignment_id.clone()))
        };
        let still = state.items.iter().filter(|i| kept(i)).count();
        if state.head.population - left != still {
            return Err(CampaignError::Identity(format!(
                "population {} - left {left} = items still held {still}",
                state.head.population
            )));
        }
        Ok(Self {
            drift,
            joined,
            left,
            held: still + joined,
        })
    }
}
