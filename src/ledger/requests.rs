//! Requests with everything that is known of them, whoever told it: the record, its approval, and events.

use crate::lake::objects::{ApprovalRow, RequestRow};
use crate::ledger::access_model::RequestHistory;
use crate::ledger::evidence::Evidence;
use crate::ledger::sightings::{Contents, Sightings};
use crate::model::id::lowered;
use crate::model::{
    AccessEvent, Action, AssignmentId, Decision, EntitlementKind, Instant, Interned, IsoDuration, Outcome, PackageId, PolicyId, PrincipalId, RequestId,
};
use ahash::AHashMap;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// Access to a package.
    Access,
    /// Another end, or another answer, of access that is there.
    Change,
    /// The end of access.
    Removal,
}

/// What a type of request asks for; `None` for a type that is not known, which is counted when it is ingested and proves nothing.
pub(super) fn asks_for(kind: &str) -> Option<Asks> {
    Some(match kind {
        "userAdd" | "adminAdd" | "systemAdd" | "onBehalfAdd" => Asks::Access,
        "userUpdate" | "userExtend" | "adminUpdate" | "systemUpdate" => Asks::Change,
        "userRemove" | "adminRemove" | "systemRemove" | "approverRemove" => Asks::Removal,
        _ => return None,
    })
}

/// The history of every request, by id.
pub(super) fn histories(rows: &[&RequestRow], approvals: &[&ApprovalRow], events: &[AccessEvent]) -> BTreeMap<RequestId, RequestHistory> {
    // Looked up many times while they are put together, and sorted once.
    let recorded: Vec<RequestHistory> = rows.par_iter().map(|row| of_record(RequestId::of(row.id), row)).collect();
    let mut histories: AHashMap<RequestId, RequestHistory> = recorded.into_iter().map(|s| (s.id.clone(), s)).collect();
    for event in events {
        let Some(id) = &event.request else { continue };
        let history = histories.entry(id.clone()).or_insert_with(|| RequestHistory {
            id: id.clone(),
            ..RequestHistory::default()
        });
        told_by_event(history, event);
    }
    for row in approvals {
        let id = RequestId::of(row.id);
        // A decision tells of its request, as an event of it does; a stage that waits tells of nothing.
        let decided = || row.stages.iter().any(|s| decision_of(s.result.as_deref()).is_some());
        if histories.contains_key(&id) || decided() {
            let history = histories.entry(id.clone()).or_insert_with(|| RequestHistory {
                id,
                ..RequestHistory::default()
            });
            told_by_approval(history, row);
        }
    }
    let mut all: Vec<(RequestId, RequestHistory)> = histories.into_iter().collect();
    all.par_iter_mut().for_each(|(_, history)| complete(history));
    all.par_sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    all.into_iter().collect()
}

fn of_record(id: RequestId, row: &RequestRow) -> RequestHistory {
    let kind = canonical(row.request_type.as_deref().unwrap_or_default());
    let requestor = row.requestor_id.map(PrincipalId::of);
    let target = row.target_id.map(PrincipalId::of);
    // Graph names the assignee as requestor of a direct assignment, and of what the system does; who asks for a removal or a
    // change may be anybody.
    let by_self = kind.starts_with("user");
    let is_assignee = by_self || matches!(kind.as_str(), "adminAdd" | "systemAdd");
    let recipient = target.or_else(|| is_assignee.then(|| requestor.clone()).flatten());
    RequestHistory {
        state: canonical(row.state.as_deref().unwrap_or_default()).into(),
        created_at: row.created_at,
        completed_at: row.completed_at,
        likely_recipient: requestor.clone().filter(|_| !is_assignee && kind != "onBehalfAdd"),
        requestor: if by_self || kind == "onBehalfAdd" { requestor } else { None },
        recipient,
        administrator: None,
        removal_asked_by: None,
        removed_by: if by_self && asks_for(&kind) == Some(Asks::Removal) {
            row.requestor_upn.or(row.requestor_name).unwrap_or_default()
        } else {
            Interned::default()
        },
        package: row.package_id.map(PackageId::of),
        policy: row.policy_id.map(PolicyId::of),
        assignment: row.assignment_id.map(AssignmentId::of),
        justification: row.justification,
        justification_visible: true,
        decisions: Vec::new(),
        reasons_told: false,
        end_at: row.end_at.or_else(|| {
            row.start_at
                .zip(row.expiration_duration.as_deref().and_then(IsoDuration::parse))
                .map(|(s, d)| d.after(s))
        }),
        expiration_type: row.expiration_type.unwrap_or_default(),
        evidence: vec![format!("requests:{}", row.id).into()],
        kind: kind.into(),
        id,
    }
}

fn told_by_event(history: &mut RequestHistory, event: &AccessEvent) {
    history.evidence.push(event.source);
    if let Some(key) = event.entitlement.as_ref().filter(|k| k.kind == EntitlementKind::AccessPackage) {
        history.package.get_or_insert_with(|| PackageId::new(&key.id));
    }
    if let Some(policy) = &event.policy {
        history.policy.get_or_insert_with(|| policy.clone());
    }
    let failed = event.outcome == Outcome::Failure;
    end_by_event(history, event);
    match event.action {
        Action::Requested => {
            history.requestor = history.requestor.take().or_else(|| event.actor.clone().filter(|_| !event.actor_is_service));
            history.recipient = history.recipient.take().or_else(|| event.principal.clone());
            history.created_at.get_or_insert(event.at);
            history.justification = history.justification.or(event.justification);
            // An event without details does not tell that there was none: the record has it.
            history.justification_visible |= event.justification.is_some();
            if history.kind.is_empty() {
                let behalf = event.principal.is_some() && event.actor.is_some() && event.principal != event.actor;
                history.kind = match (event.actor_is_service, behalf) {
                    (true, _) => "systemAdd",
                    (false, true) => "onBehalfAdd",
                    (false, false) => "userAdd",
                }
                .into();
            }
        }
        Action::ExtensionRequested => {
            history.requestor = history.requestor.take().or_else(|| event.actor.clone().filter(|_| !event.actor_is_service));
            history.recipient = history.recipient.take().or_else(|| event.principal.clone());
            history.created_at.get_or_insert(event.at);
            history.justification = history.justification.or(event.justification);
            history.justification_visible = true;
            if history.kind.is_empty() {
                history.kind = "userUpdate".into();
            }
        }
        Action::AssignedDirectly => {
            history.administrator = event.actor.clone();
            history.recipient = history.recipient.take().or_else(|| event.principal.clone());
            history.created_at.get_or_insert(event.at);
            if history.kind.is_empty() {
                history.kind = "adminAdd".into();
            }
        }
        Action::Extended => {
            history.recipient = history.recipient.take().or_else(|| event.principal.clone());
            if history.state.is_empty() && !failed {
                history.state = "delivered".into();
            }
            if history.kind.is_empty() {
                history.kind = "userUpdate".into();
            }
        }
        Action::RemovalRequested | Action::Removed => {
            history.recipient = history.recipient.take().or_else(|| event.principal.clone());
            if history.kind.is_empty() && event.action == Action::RemovalRequested {
                // Whether the holder asked shows when all records have told who that is.
                history.removal_asked_by = event.actor.clone();
                history.kind = if event.actor_is_service { "systemRemove" } else { "adminRemove" }.into();
            }
            if event.action == Action::RemovalRequested && !failed {
                history.removed_by = event.actor_name;
            }
        }
        Action::Granted | Action::PartiallyGranted if !failed => {
            history.completed_at.get_or_insert(event.at);
            history.recipient = history.recipient.take().or_else(|| event.principal.clone());
            // What failed may be delivered later.
            if history.state.is_empty() || history.state == FAILED && !is_recorded(history) {
                history.state = if event.action == Action::Granted { "delivered" } else { "partiallyDelivered" }.into();
            }
        }
        Action::Approved | Action::AutoApproved | Action::Denied if !failed => history.decisions.push(Decision {
            stage: event.stage,
            who: actor(event),
            name: event.actor_name,
            at: event.at.to_string().into(),
            decision: event.action.as_str().into(),
            reason: event.justification.unwrap_or_default(),
        }),
        // The reason of an approval stands in another service's record: it completes the decision before it.
        Action::Reviewed => {
            let who = actor(event);
            if let Some(decision) = history.decisions.iter_mut().rev().find(|d| d.who == who && d.reason.is_empty()) {
                decision.reason = event.justification.unwrap_or_default();
            }
        }
        _ => {}
    }
}

/// The state of a request whose delivery failed.
const FAILED: &str = "deliveryFailed";

/// How a request ended that brought nothing, as far as the log tells and no record of its own.
fn end_by_event(history: &mut RequestHistory, event: &AccessEvent) {
    let state = match event.action {
        Action::Denied if event.outcome == Outcome::Success => "denied",
        Action::Failed => FAILED,
        Action::Cancelled => "canceled",
        _ => return,
    };
    if history.state.is_empty() {
        history.state = state.into();
    }
}

/// Whether the record of the request itself is known.
fn is_recorded(history: &RequestHistory) -> bool {
    history.evidence.iter().any(|e| e.starts_with("requests:"))
}

/// Who acted, or nobody.
fn actor(event: &AccessEvent) -> Interned {
    event.actor.as_ref().map(PrincipalId::interned).unwrap_or_default()
}

/// What a stage came to, in the words of the ledger.
fn decision_of(result: Option<&str>) -> Option<&'static str> {
    match result?.to_ascii_lowercase().as_str() {
        "approve" | "approved" => Some("approved"),
        "deny" | "denied" => Some("denied"),
        _ => None,
    }
}

/// Records of approvals as of an instant. A decision does not change: where the newest record of one was exported without the
/// reasons, an earlier one that has them is told after it.
pub(super) fn approvals_at<'e>(evidence: &'e Evidence, sightings: &Sightings, as_of: Instant) -> Vec<&'e ApprovalRow> {
    let contents = Contents::of(&evidence.approvals);
    let rows = (evidence.approvals.as_slice(), &contents);
    let current = sightings.current_of(&evidence.approvals, &contents, as_of);
    let silent = current.iter().filter(|r| !tells_reasons(r));
    let earlier: Vec<&ApprovalRow> = silent.filter_map(|row| sightings.last_to_tell(rows, row, as_of, tells_reasons)).collect();
    [current, earlier].concat()
}

/// Whether a record of an approval has the reasons of the approvers, be they empty.
fn tells_reasons(row: &ApprovalRow) -> bool {
    row.stages.iter().any(|s| s.justification.is_some()) || row.content.contains("\"justification\"")
}

fn told_by_approval(history: &mut RequestHistory, row: &ApprovalRow) {
    history.evidence.push(format!("approvals:{}", row.id).into());
    history.reasons_told |= tells_reasons(row);
    for (stage, number) in row.stages.iter().zip(1u32..) {
        let Some(decision) = decision_of(stage.result.as_deref()) else {
            continue;
        };
        let who = lowered(stage.reviewer_id.as_deref().unwrap_or_default());
        let reason = stage.justification.unwrap_or_default();
        let name = stage.reviewer_upn.or(stage.reviewer_name).unwrap_or_default();
        // Log and record tell the same decision: the record knows the stage and the reason.
        match history
            .decisions
            .iter_mut()
            .find(|d| d.decision == decision && d.who == who && d.stage.is_none_or(|s| s == number))
        {
            Some(told) => {
                told.stage = Some(number);
                if told.reason.is_empty() {
                    told.reason = reason;
                }
            }
            None => history.decisions.push(Decision {
                stage: Some(number),
                who,
                name,
                at: stage.reviewed_at.map(|t| t.to_string().into()).unwrap_or_default(),
                decision: decision.into(),
                reason,
            }),
        }
    }
}

fn complete(history: &mut RequestHistory) {
    if history.recipient.is_none() && history.kind == "userAdd" {
        history.recipient = history.requestor.clone();
    }
    let by_holder = history.removal_asked_by.is_some() && history.removal_asked_by == history.recipient;
    if by_holder && history.kind == "adminRemove" {
        history.kind = "userRemove".into();
    }
    history.decisions.sort_by(|a, b| (a.stage, &a.at, &a.who).cmp(&(b.stage, &b.at, &b.who)));
    history.decisions.dedup();
    history.evidence.sort();
    history.evidence.dedup();
}

/// The spelling of v1.0: beta writes the first letter of enumeration values in upper case.
fn canonical(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|c| c.to_lowercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_types_that_are_known_ask_for_something() {
        for (kind, expected) in [
            ("onBehalfAdd", Some(Asks::Access)),
            ("userExtend", Some(Asks::Change)),
            ("approverRemove", Some(Asks::Removal)),
            ("aiRemove", None),
            ("bulkAdd", None),
            ("unknownFutureValue", None),
            ("", None),
        ] {
            assert_eq!(asks_for(kind), expected, "{kind}");
        }
    }
}
