//! Audit events become facts about access: who, what, by whom.

use crate::lake::records::{AuditEvent, AuditTarget};
use crate::ledger::activities::action_of;
use crate::model::{AccessEvent, Action, EntitlementKey, Instant, Interned, Outcome, PolicyId, PrincipalId, RequestId};
use ahash::AHashMap;
use rayon::prelude::*;

/// Names of the service that delivers packages, as actors of its deliveries.
const SERVICE_ACTORS: &[&str] = &["azure ad identity governance", "entitlement management", "azureadidentitygovernance"];

/// The facts of one event: none for an event that is no act on access, one otherwise.
pub(super) fn of_event(event: &AuditEvent) -> Option<AccessEvent> {
    let at = event.at?;
    let action = action_of(&event.activity_key)?;
    if action == Action::Noted {
        return None;
    }
    let target = Targets(event);
    let packages = event.service.as_deref().is_some_and(|s| s.eq_ignore_ascii_case("Entitlement Management")) || target.package().is_some();
    let mut fact = AccessEvent {
        at,
        action,
        outcome: outcome(event),
        principal: None,
        entitlement: None,
        request: target.request(),
        assignment: None,
        policy: target.policy(),
        actor: event.actor_id.as_deref().filter(|id| !id.is_empty()).map(PrincipalId::new),
        actor_name: event.actor_upn.clone().or_else(|| event.actor_name.clone()).unwrap_or_default().into(),
        actor_is_service: is_service(event),
        stage: None,
        justification: detail(event, "justification")
            .or_else(|| detail(event, "reason"))
            .as_deref()
            .map(Interned::from),
        correlation: event.correlation_id.clone().unwrap_or_default().into(),
        source: format!("audit_events:{}", event.id).into(),
    };
    match action {
        Action::AccountCreated | Action::AccountDisabled | Action::AccountEnabled | Action::AccountDeleted | Action::HardDeleted | Action::AccountRestored => {
            fact.principal = target.of("user").or_else(|| target.of("group")).and_then(|t| id(t.id.as_ref()));
        }
        Action::Reviewed => {
            // "Request approved" of Access Reviews carries the approver's reason; it joins on the request's id.
            fact.request = fact.request.or_else(|| target.of("other").and_then(|t| t.id.as_deref()).map(RequestId::new));
        }
        _ if packages => {
            fact.entitlement = target.package();
            let named = target.of("user").or_else(|| target.of("serviceprincipal")).and_then(|t| id(t.id.as_ref()));
            // The fulfil record names the recipient as its actor; an approver or administrator is never the recipient.
            let actor_receives = matches!(
                action,
                Action::Requested | Action::Granted | Action::PartiallyGranted | Action::ResourceGranted | Action::Extended
            );
            let actor = fact.actor.clone().filter(|_| actor_receives && event.actor_kind.as_deref() == Some("user"));
            fact.principal = named.or(actor);
        }
        _ => (fact.principal, fact.entitlement) = target.core(event),
    }
    Some(fact)
}

fn outcome(event: &AuditEvent) -> Outcome {
    match event.result.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("success" | "succeeded" | "0") => Outcome::Success,
        Some("failure" | "failed" | "timeout") => Outcome::Failure,
        _ => Outcome::Unknown,
    }
}

fn is_service(event: &AuditEvent) -> bool {
    let name = event.actor_name.as_deref().unwrap_or_default().to_lowercase();
    event.actor_kind.as_deref() == Some("app") && SERVICE_ACTORS.iter().any(|s| name.contains(s))
}

fn detail(event: &AuditEvent, key: &str) -> Option<String> {
    event
        .details
        .iter()
        .find(|d| d.key.as_deref().is_some_and(|k| k.eq_ignore_ascii_case(key)))
        .and_then(|d| d.value.clone())
}

fn id(text: Option<&String>) -> Option<PrincipalId> {
    text.map(|t| PrincipalId::new(t)).filter(|p| !p.as_str().is_empty())
}

struct Targets<'a>(&'a AuditEvent);

impl<'a> Targets<'a> {
    fn of(&self, kind: &str) -> Option<&'a AuditTarget> {
        self.0.targets.iter().find(|t| t.kind.as_deref().is_some_and(|k| k.eq_ignore_ascii_case(kind)))
    }

    fn package(&self) -> Option<EntitlementKey> {
        self.of("accesspackage")
            .and_then(|t| t.id.as_deref())
            .filter(|i| !i.is_empty())
            .map(EntitlementKey::package)
    }

    fn request(&self) -> Option<RequestId> {
        self.of("accesspackageassignmentrequest")
            .and_then(|t| t.id.as_deref())
            .filter(|i| !i.is_empty())
            .map(RequestId::new)
    }

    fn policy(&self) -> Option<PolicyId> {
        let policy = self.of("accesspackageassignmentpolicy").and_then(|t| t.id.as_deref());
        policy.filter(|i| !i.is_empty()).map(PolicyId::new)
    }

    /// A changed property of any target, freed of its JSON quotes: the new value, or the old one of a removal.
    fn changed(&self, name: &str) -> Option<String> {
        let property = self
            .0
            .targets
            .iter()
            .flat_map(|t| &t.modified)
            .find(|m| m.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
        [&property.new, &property.old]
            .into_iter()
            .filter_map(|v| v.as_deref().and_then(unquoted))
            .next()
    }

    /// Who and what, in records of the core directory and of PIM.
    fn core(&self, event: &AuditEvent) -> (Option<PrincipalId>, Option<EntitlementKey>) {
        let key = &event.activity_key;
        if key.contains("member") && key.contains("group") {
            let group = self
                .of("group")
                .and_then(|t| t.id.clone())
                .filter(|i| !i.is_empty())
                .or_else(|| self.changed("Group.ObjectID"));
            let group = group.map(|g| g.to_ascii_lowercase());
            let mut members = event
                .targets
                .iter()
                .filter_map(|t| id(t.id.as_ref()))
                .filter(|p| Some(p.as_str()) != group.as_deref());
            return (members.next(), group.as_deref().map(EntitlementKey::group));
        }
        if key.contains("app role assignment") {
            let resource = self.of("serviceprincipal").and_then(|t| t.id.clone());
            let role = self.changed("AppRole.Id");
            let principal = self
                .of("user")
                .and_then(|t| id(t.id.as_ref()))
                .or_else(|| self.of("group").and_then(|t| id(t.id.as_ref())));
            let principal = principal.or_else(|| self.changed("User.ObjectID").map(|i| PrincipalId::new(&i)));
            return (principal, resource.zip(role).map(|(s, r)| EntitlementKey::app_role(&s, &r)));
        }
        if key.contains("role") {
            let eligible = key.contains("eligible");
            let role = self
                .changed("Role.TemplateId")
                .or_else(|| self.changed("Role.ObjectID"))
                .or_else(|| self.of("role").and_then(|t| t.id.clone()));
            let scope = self.changed("Role.Scope").unwrap_or_else(|| "/".into());
            let principal = self
                .of("user")
                .or_else(|| self.of("group"))
                .or_else(|| self.of("serviceprincipal"))
                .and_then(|t| id(t.id.as_ref()));
            return (principal, role.map(|r| EntitlementKey::directory_role(&r, &scope, eligible)));
        }
        (None, None)
    }
}

/// `"\"text\""` and `["text"]` as `text`; `None` for nothing.
fn unquoted(value: &str) -> Option<String> {
    let text = match serde_json::from_str::<serde_json::Value>(value) {
        Ok(serde_json::Value::String(s)) => s,
        Ok(serde_json::Value::Array(list)) => list.first()?.as_str()?.to_string(),
        Ok(serde_json::Value::Null) => return None,
        _ => value.to_string(),
    };
    let text = text.trim().trim_matches('"').to_string();
    (!text.is_empty()).then_some(text)
}

/// What two tellings of one act have in common.
type Act = (Action, Outcome, Option<PrincipalId>, Option<EntitlementKey>, Option<RequestId>);

/// Joins tellings of one act: same action, outcome, holder, thing and actor, and same request, or within `window` when a request is not named.
///
/// A failure never absorbs a success, nor one approval stage another, nor a grant one before a removal.
pub(super) fn one_act_once(mut facts: Vec<AccessEvent>, window: i64) -> Vec<AccessEvent> {
    facts.par_sort();
    let mut kept: Vec<AccessEvent> = Vec::with_capacity(facts.len());
    let mut recent: AHashMap<Act, (Instant, Option<PrincipalId>)> = AHashMap::new();
    for fact in facts {
        let act = |action: Action| (action, fact.outcome, fact.principal.clone(), fact.entitlement.clone(), fact.request.clone());
        // One approver may decide two stages in a row: only the very same instant is the same decision.
        let window = if matches!(fact.action, Action::Approved | Action::Denied) {
            0
        } else {
            window
        };
        let told = recent.get(&act(fact.action)).is_some_and(|(at, actor)| {
            let same_actor = *actor == fact.actor || fact.request.is_none() && matches!(fact.action, Action::Granted | Action::Removed);
            same_actor && fact.at.0 - at.0 <= window
        });
        let identifiable = fact.principal.is_some() || fact.request.is_some();
        if told && identifiable {
            continue;
        }
        match fact.action {
            Action::Granted => drop(recent.remove(&act(Action::Removed))),
            Action::Removed => drop(recent.remove(&act(Action::Granted))),
            _ => {}
        }
        recent.insert(act(fact.action), (fact.at, fact.actor.clone()));
        kept.push(fact);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(second: i64, action: Action, actor: &str) -> AccessEvent {
        AccessEvent {
            at: Instant::from_unix(second),
            action,
            outcome: Outcome::Success,
            principal: Some(PrincipalId::new("ana")),
            entitlement: Some(EntitlementKey::group("g")),
            request: None,
            assignment: None,
            policy: None,
            actor: Some(PrincipalId::new(actor)),
            actor_name: "".into(),
            actor_is_service: false,
            stage: None,
            justification: None,
            correlation: "".into(),
            source: format!("audit_events:{second}").into(),
        }
    }

    #[test]
    fn one_act_told_twice_is_one_and_a_new_one_is_not() {
        let minute = 60_000_000;
        let count = |facts: Vec<AccessEvent>| one_act_once(facts, minute).len();
        assert_eq!(
            count(vec![fact(0, Action::Granted, "core"), fact(6, Action::Granted, "pim")]),
            1,
            "two services tell one grant"
        );
        assert_eq!(
            count(vec![
                fact(0, Action::Granted, "a"),
                fact(5, Action::Removed, "a"),
                fact(9, Action::Granted, "a")
            ]),
            3,
            "granted again"
        );
        assert_eq!(count(vec![fact(0, Action::Approved, "bo"), fact(9, Action::Approved, "bo")]), 2, "two stages");
        assert_eq!(count(vec![fact(0, Action::Granted, "a"), fact(90, Action::Granted, "a")]), 2, "too far apart");
        let mut failed = fact(0, Action::Granted, "a");
        failed.outcome = Outcome::Failure;
        assert_eq!(count(vec![failed, fact(1, Action::Granted, "a")]), 2, "a failure absorbs no success");
    }

    #[test]
    fn quotes_of_quotes() {
        assert_eq!(unquoted("\"\\\"abc\\\"\"").as_deref(), Some("abc"));
        assert_eq!(unquoted("\"abc\"").as_deref(), Some("abc"));
        assert_eq!(unquoted("abc").as_deref(), Some("abc"));
        assert_eq!(unquoted("[\"abc\"]").as_deref(), Some("abc"));
        assert_eq!(unquoted("\"\""), None);
    }
}
