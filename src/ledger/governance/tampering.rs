//! Acts of the audit log by which a review, or what was decided in it, went away.

use crate::lake::records::AuditEvent;
use crate::model::id::lowered;
use crate::model::{Instant, Interned, PrincipalId};

/// A review that was deleted, or decisions that were reset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct ReviewAct {
    /// When.
    pub at: Instant,
    /// Whether the review was deleted; else decisions were reset.
    pub deleted: bool,
    /// How many decisions at once: all of a review, or one.
    pub bulk: bool,
    /// The objects that the record names, by id: the series, or an instance.
    pub objects: Vec<Interned>,
    /// What the record calls the review.
    pub name: Interned,
    /// Who did it.
    pub actor: Option<PrincipalId>,
    /// Their name at that time.
    pub actor_name: Interned,
    /// The record: `table:id`.
    pub source: Interned,
}

impl ReviewAct {
    /// The act that a record tells, if it tells one that was done.
    pub(in crate::ledger) fn of(event: &AuditEvent) -> Option<Self> {
        let (deleted, bulk) = match event.activity_key.as_str() {
            "delete access review" => (true, true),
            "bulk reset decisions" => (false, true),
            "reset decision" => (false, false),
            _ => return None,
        };
        if event.result.as_deref().is_some_and(|r| !r.eq_ignore_ascii_case("success")) {
            return None;
        }
        let mut objects: Vec<Interned> = event
            .targets
            .iter()
            .filter_map(|t| t.id.as_deref())
            .filter(|id| !id.is_empty())
            .map(lowered)
            .collect();
        objects.sort();
        objects.dedup();
        Some(Self {
            at: event.at?,
            deleted,
            bulk,
            objects,
            name: event.targets.iter().find_map(|t| t.name.as_deref()).unwrap_or_default().into(),
            actor: event.actor_id.as_deref().filter(|id| !id.is_empty()).map(PrincipalId::new),
            actor_name: event.actor_upn.as_deref().or(event.actor_name.as_deref()).unwrap_or_default().into(),
            source: format!("audit_events:{}", event.id).into(),
        })
    }
}
