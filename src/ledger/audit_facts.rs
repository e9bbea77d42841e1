//! What the audit log tells, taken from its records as they are read: facts about access, and names of people.
//!
//! The records themselves are let go: a large tenant has millions of them.

use crate::lake::records::AuditEvent;
use crate::ledger::access_model::Person;
use crate::ledger::facts;
use crate::model::{AccessEvent, Instant, Interned, PrincipalId};
use ahash::AHashMap;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Facts and names of an audit log.
#[derive(Debug, Clone, Default)]
pub struct AuditFacts {
    /// Facts about access.
    pub(super) told: Vec<AccessEvent>,
    /// How records name people, by object id, in the order of the log.
    named: AHashMap<PrincipalId, Vec<Naming>>,
    /// The newest record.
    pub(super) newest: Option<Instant>,
}

/// A name that a record gives to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Naming {
    /// As one to whom something happened, or as one who acts.
    is_target: bool,
    upn: Interned,
    name: Interned,
}

impl AuditFacts {
    /// Takes records; those of one log come sorted by time.
    pub fn take(&mut self, events: &[AuditEvent]) {
        self.told.par_extend(events.par_iter().filter_map(facts::of_event));
        for event in events {
            self.newest = self.newest.max(event.at);
            for target in &event.targets {
                if target.kind.as_deref().is_some_and(|k| k.eq_ignore_ascii_case("user"))
                    && let Some(id) = target.id.as_deref()
                {
                    self.name(id, true, target.upn.as_deref(), target.name.as_deref());
                }
            }
            if let (Some("user"), Some(id)) = (event.actor_kind.as_deref(), event.actor_id.as_deref()) {
                self.name(id, false, event.actor_upn.as_deref(), event.actor_name.as_deref());
            }
        }
    }

    fn name(&mut self, id: &str, is_target: bool, upn: Option<&str>, name: Option<&str>) {
        if id.is_empty() {
            return;
        }
        let namings = self.named.entry(PrincipalId::new(id)).or_default();
        let told = |is_target: bool| namings.iter().any(|n| n.is_target == is_target && !n.upn.is_empty());
        // The first principal name of each kind settles it; until then, the last name counts.
        if told(is_target) {
            return;
        }
        namings.retain(|n| n.is_target != is_target || !n.upn.is_empty());
        let text = |t: Option<&str>| t.map(Interned::from).unwrap_or_default();
        namings.push(Naming {
            is_target,
            upn: text(upn),
            name: text(name),
        });
    }

    /// Names people whom no export of users names.
    pub(super) fn name_people(&self, people: &mut BTreeMap<PrincipalId, Person>) {
        for (id, namings) in &self.named {
            let person = people.entry(id.clone()).or_default();
            let is_recorded = person.evidence.iter().any(|e| e.starts_with("users:"));
            for naming in namings {
                if person.upn.is_empty() && !(naming.is_target && is_recorded) {
                    (person.upn, person.name) = (naming.upn, naming.name);
                }
            }
        }
    }
}
