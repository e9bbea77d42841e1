//! What the audit log tells, taken from its records as they are read: facts about access, and names of people.
//!
//! The records themselves are let go: a large tenant has millions of them.

use crate::lake::records::AuditEvent;
use crate::ledger::activities::action_of;
use crate::ledger::facts;
use crate::ledger::governance::ReviewAct;
use crate::ledger::names::Names;
use crate::ledger::policy_history::{PolicyChange, change_of};
use crate::ledger::unattributed;
use crate::model::id::lowered;
use crate::model::{AccessEvent, Instant, Interned, Outcome};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Facts and names of an audit log.
#[derive(Debug, Clone, Default)]
pub struct AuditFacts {
    /// Facts about access.
    pub(super) told: Vec<AccessEvent>,
    /// How records name objects.
    pub(super) names: Names,
    /// Activities that no mapping knows, by the objects that their records name.
    pub(super) unknown_about: BTreeMap<Interned, Vec<String>>,
    /// A record of each activity that no mapping knows, by its key: the one with the least id.
    pub(super) unknown_examples: BTreeMap<String, Interned>,
    /// Changes of assignment policies.
    pub(super) policy_changes: Vec<PolicyChange>,
    /// Reviews that were deleted, and decisions that were reset.
    pub(super) review_acts: Vec<ReviewAct>,
    /// The newest record.
    pub(super) newest: Option<Instant>,
}

/// Whether a record tells of a grant, and not whose or of what.
fn is_unattributed(fact: &AccessEvent) -> bool {
    unattributed::is_grant(fact) && fact.outcome != Outcome::Failure && unattributed::names_too_little(fact)
}

impl AuditFacts {
    /// Takes records in any order.
    pub fn take(&mut self, events: &[AuditEvent]) {
        let told: Vec<Option<AccessEvent>> = events.par_iter().map(facts::of_event).collect();
        for (event, fact) in events.iter().zip(&told) {
            self.newest = self.newest.max(event.at);
            self.names.take(event);
            self.policy_changes.extend(change_of(event));
            self.review_acts.extend(ReviewAct::of(event));
            if action_of(&event.activity_key).is_none() || fact.as_ref().is_some_and(is_unattributed) {
                self.note_unknown(event);
            }
        }
        self.told.extend(told.into_iter().flatten());
    }

    /// Takes over what other records tell.
    pub(super) fn extend(&mut self, other: Self) {
        self.told.extend(other.told);
        self.names.extend(other.names);
        self.policy_changes.extend(other.policy_changes);
        self.review_acts.extend(other.review_acts);
        for (activity, id) in other.unknown_examples {
            let example = self.unknown_examples.entry(activity).or_insert(id);
            *example = (*example).min(id);
        }
        for (id, activities) in other.unknown_about {
            let about = self.unknown_about.entry(id).or_default();
            about.extend(activities);
            about.sort();
            about.dedup();
        }
        self.newest = self.newest.max(other.newest);
    }

    fn note_unknown(&mut self, event: &AuditEvent) {
        let id = Interned::from(event.id.as_str());
        let example = self.unknown_examples.entry(event.activity_key.clone()).or_insert(id);
        *example = (*example).min(id);
        let named = [
            "Group.ObjectID",
            "Role.TemplateId",
            "Role.ObjectID",
            "TemplateId",
            "RoleDefinitionOriginId",
            "User.ObjectID",
            "ServicePrincipal.ObjectID",
        ];
        let values = event.targets.iter().flat_map(|t| named.iter().filter_map(|n| facts::change(t, n)));
        let values = values.filter_map(|(old, new)| new.or(old));
        let ids = event.targets.iter().filter_map(|t| t.id.clone()).chain(values);
        for id in ids.filter(|id| !id.is_empty()) {
            let about = self.unknown_about.entry(lowered(&id)).or_default();
            if !about.contains(&event.activity_key) {
                about.push(event.activity_key.clone());
                about.sort();
            }
        }
    }
}
