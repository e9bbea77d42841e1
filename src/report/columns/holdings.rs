//! The columns of holdings, in the order of the contract.

use super::{Cell, Column, Kind, text};
use crate::model::{AssignmentId, Decision, Holding, PolicyId, PrincipalId, RequestId};
use serde_json::json;

/// The columns of holdings.
pub static HOLDINGS: &[Column<Holding>] = &[
    Column {
        name: "held_from",
        kind: Kind::Time,
        get: |h, _| Cell::Time(h.held_from),
    },
    Column {
        name: "held_until",
        kind: Kind::Time,
        get: |h, _| Cell::Time(h.held_until),
    },
    Column {
        name: "from_certainty",
        kind: Kind::Word,
        get: |h, _| text(h.from_certainty.as_str()),
    },
    Column {
        name: "until_certainty",
        kind: Kind::Word,
        get: |h, _| text(h.until_certainty.as_str()),
    },
    Column {
        name: "from_earliest",
        kind: Kind::Time,
        get: |h, _| Cell::Time(h.from_earliest),
    },
    Column {
        name: "from_latest",
        kind: Kind::Time,
        get: |h, _| Cell::Time(h.from_latest),
    },
    Column {
        name: "until_earliest",
        kind: Kind::Time,
        get: |h, _| Cell::Time(h.until_earliest),
    },
    Column {
        name: "until_latest",
        kind: Kind::Time,
        get: |h, _| Cell::Time(h.until_latest),
    },
    Column {
        name: "scheduled_until",
        kind: Kind::Time,
        get: |h, _| Cell::Time(h.scheduled_until),
    },
    Column {
        name: "principal_id",
        kind: Kind::Text,
        get: |h, _| text(h.principal.as_str()),
    },
    Column {
        name: "principal_name",
        kind: Kind::Text,
        get: |h, _| text(&h.principal_name),
    },
    Column {
        name: "principal_type",
        kind: Kind::Text,
        get: |h, _| text(&h.principal_type),
    },
    Column {
        name: "entitlement_kind",
        kind: Kind::Word,
        get: |h, _| text(h.entitlement.kind.as_str()),
    },
    Column {
        name: "entitlement_id",
        kind: Kind::Text,
        get: |h, _| text(&h.entitlement.id),
    },
    Column {
        name: "entitlement_name",
        kind: Kind::Text,
        get: |h, _| text(&h.entitlement_name),
    },
    Column {
        name: "resource_id",
        kind: Kind::Text,
        get: |h, _| text(h.entitlement.resource_id()),
    },
    Column {
        name: "role_id",
        kind: Kind::Text,
        get: |h, _| text(h.entitlement.role_id()),
    },
    Column {
        name: "role",
        kind: Kind::Text,
        get: |h, _| text(h.role_name()),
    },
    Column {
        name: "scope_id",
        kind: Kind::Text,
        get: |h, _| text(h.entitlement.scope_id()),
    },
    Column {
        name: "assignment_state",
        kind: Kind::Word,
        get: |h, _| text(h.assignment_state),
    },
    Column {
        name: "path",
        kind: Kind::Text,
        get: |h, _| text(&h.path),
    },
    Column {
        name: "grant_kind",
        kind: Kind::Word,
        get: |h, _| text(h.grant_kind.as_str()),
    },
    Column {
        name: "requested_by",
        kind: Kind::Text,
        get: |h, _| id(h.requested_by.as_ref().map(PrincipalId::as_str)),
    },
    Column {
        name: "on_behalf_of",
        kind: Kind::Text,
        get: |h, _| id(h.on_behalf_of.as_ref().map(PrincipalId::as_str)),
    },
    Column {
        name: "granted_by",
        kind: Kind::Text,
        get: |h, _| text(&h.granted_by),
    },
    Column {
        name: "approved_by",
        kind: Kind::List,
        get: |h, _| Cell::List(h.approved_by.iter().map(|t| t.as_str()).collect()),
    },
    Column {
        name: "decisions",
        kind: Kind::Json,
        get: |h, _| decisions(&h.decisions),
    },
    Column {
        name: "justification",
        kind: Kind::Text,
        get: |h, _| text(h.justification.as_deref().unwrap_or_default()),
    },
    Column {
        name: "ended_by",
        kind: Kind::Text,
        get: |h, _| text(&h.ended_by),
    },
    Column {
        name: "end_reason",
        kind: Kind::Text,
        get: |h, _| text(&h.end_reason),
    },
    Column {
        name: "in_window",
        kind: Kind::Word,
        get: |_, w| text(w),
    },
    Column {
        name: "principal_state",
        kind: Kind::Word,
        get: |h, _| text(h.principal_state.as_str()),
    },
    Column {
        name: "assignment_id",
        kind: Kind::Text,
        get: |h, _| id(h.assignment.as_ref().map(AssignmentId::as_str)),
    },
    Column {
        name: "request_id",
        kind: Kind::Text,
        get: |h, _| id(h.request.as_ref().map(RequestId::as_str)),
    },
    Column {
        name: "policy_id",
        kind: Kind::Text,
        get: |h, _| id(h.policy.as_ref().map(PolicyId::as_str)),
    },
    Column {
        name: "evidence",
        kind: Kind::List,
        get: |h, _| Cell::List(h.evidence.iter().map(|t| t.as_str()).collect()),
    },
    Column {
        name: "delivery",
        kind: Kind::Word,
        get: |h, _| text(if h.partially_delivered { "partial" } else { "" }),
    },
    Column {
        name: "principal_state_since",
        kind: Kind::Time,
        get: |h, _| Cell::Time(h.principal_state_since),
    },
];

fn id(value: Option<&str>) -> Cell<'_> {
    text(value.unwrap_or_default())
}

fn decisions(all: &[Decision]) -> Cell<'static> {
    let one =
        |d: &Decision| json!({"stage": d.stage, "who": d.who.as_str(), "at": d.at.as_str(), "decision": d.decision.as_str(), "reason": d.reason.as_str()});
    Cell::Json(all.iter().map(one).collect())
}
