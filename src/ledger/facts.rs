//! Audit events become facts about access: who, what, by whom.

use crate::lake::records::{AuditEvent, AuditTarget};
use crate::ledger::activations;
use crate::ledger::activities::action_of;
use crate::model::id::lowered;
use crate::model::time::MINUTE;
use crate::model::{AccessEvent, Action, EntitlementKey, EntitlementKind, Instant, Interned, Outcome, PolicyId, PrincipalId, RequestId};
use ahash::AHashMap;
use rayon::prelude::*;

/// Names of the service that delivers packages, as actors of its deliveries.
const SERVICE_ACTORS: &[&str] = &["azure ad identity governance", "entitlement management", "azureadidentitygovernance"];

/// The facts of one event: none for an event that is no act on access, one otherwise.
pub(super) fn of_event(event: &AuditEvent) -> Option<AccessEvent> {
    let at = event.at?;
    let action = action_of(&event.activity_key)?;
    let action = match action {
        Action::Named => account_switch(event)?,
        Action::Noted => return None,
        other => other,
    };
    // Roles of Azure resources are managed with the same activities, and are no roles of the directory.
    if event.category.as_deref().is_some_and(|c| c.eq_ignore_ascii_case("ResourceManagement")) && told_by_pim(event) {
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
        kind: None,
        request: target.request(),
        assignment: None,
        policy: target.policy(),
        actor: event.actor_id.as_deref().filter(|id| !id.is_empty()).map(PrincipalId::new),
        actor_name: event.actor_upn.clone().or_else(|| event.actor_name.clone()).unwrap_or_default().into(),
        actor_is_service: is_service(event),
        actor_is_person: event.actor_kind.as_deref() == Some("user"),
        by_pim: is_by_pim(event),
        of_activation: activations::told_by(&event.activity_key),
        starts_at: detail(event, "StartTime").as_deref().and_then(Instant::parse).filter(|t| t.0 > at.0 + MINUTE),
        ends_at: detail(event, "ExpirationTime").as_deref().and_then(Instant::parse),
        actor_app_id: lowered(event.actor_app_id.as_deref().unwrap_or_default()),
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
        Action::ResourceDeleted | Action::ResourceRestored => {
            let kinds = ["group", "serviceprincipal", "accesspackage"];
            fact.principal = kinds.iter().find_map(|k| target.of(k)).and_then(|t| id(t.id.as_ref()));
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
                Action::Requested | Action::ExtensionRequested | Action::Granted | Action::PartiallyGranted | Action::ResourceGranted | Action::Extended
            );
            let actor = fact.actor.clone().filter(|_| actor_receives && event.actor_kind.as_deref() == Some("user"));
            fact.principal = named.or(actor);
        }
        _ => (fact.principal, fact.entitlement) = target.core(event),
    }
    fact.kind = match &fact.entitlement {
        Some(key) => Some(key.kind),
        None if packages => Some(EntitlementKind::AccessPackage),
        None => kind_told(event, fact.by_pim),
    };
    Some(fact)
}

/// What kind of thing an activity of the core directory or of PIM is about.
fn kind_told(event: &AuditEvent, by_pim: bool) -> Option<EntitlementKind> {
    let key = &event.activity_key;
    if is_of_group(key) {
        return Some(EntitlementKind::Group);
    }
    if key.contains("app role assignment") {
        return Some(EntitlementKind::AppRole);
    }
    // PIM uses the same activities for roles and for groups.
    (key.contains("role") && !by_pim).then_some(EntitlementKind::DirectoryRole)
}

fn is_of_group(activity_key: &str) -> bool {
    activity_key.contains("group") && (activity_key.contains("member") || activity_key.contains("owner"))
}

/// An account that is switched off or on by an update, as Graph does it.
fn account_switch(event: &AuditEvent) -> Option<Action> {
    let user = event.targets.iter().find(|t| is_kind(t, "user"))?;
    let (_, new) = change(user, "AccountEnabled")?;
    match new?.to_ascii_lowercase().as_str() {
        "false" => Some(Action::AccountDisabled),
        "true" => Some(Action::AccountEnabled),
        _ => None,
    }
}

/// Whether privileged identity management tells of it, or does it through the directory.
fn is_by_pim(event: &AuditEvent) -> bool {
    told_by_pim(event) || event.actor_kind.as_deref() == Some("app") && event.actor_name.as_deref() == Some("MS-PIM")
}

fn told_by_pim(event: &AuditEvent) -> bool {
    event.service.as_deref().is_some_and(|s| s.eq_ignore_ascii_case("PIM"))
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
        self.0.targets.iter().find_map(|t| {
            let (old, new) = change(t, name)?;
            new.or(old)
        })
    }

    /// Who and what, in records of the core directory and of PIM.
    fn core(&self, event: &AuditEvent) -> (Option<PrincipalId>, Option<EntitlementKey>) {
        let key = &event.activity_key;
        if is_of_group(key) {
            return self.of_group(key.contains("owner"));
        }
        if key.contains("app role assignment") {
            return self.of_app_role();
        }
        if key.contains("role") || key.contains("member in pim") {
            return self.of_role(key);
        }
        (None, None)
    }

    /// A group and its member or owner. Of two groups the property `Group.ObjectID` says which one is the container.
    fn of_group(&self, is_owner: bool) -> (Option<PrincipalId>, Option<EntitlementKey>) {
        let groups = || {
            self.0
                .targets
                .iter()
                .filter(|t| is_kind(t, "group") && t.id.as_deref().is_some_and(|i| !i.is_empty()))
        };
        let only = || groups().next().filter(|_| groups().count() == 1).and_then(|t| t.id.clone());
        let Some(group) = self.changed("Group.ObjectID").or_else(only).map(|g| g.to_ascii_lowercase()) else {
            return (None, None);
        };
        let member = self.0.targets.iter().filter_map(|t| id(t.id.as_ref())).find(|p| p.as_str() != group);
        let entitlement = if is_owner {
            EntitlementKey::group_owner(&group)
        } else {
            EntitlementKey::group(&group)
        };
        (member, Some(entitlement))
    }

    /// An app role, the service principal that offers it, and the user, group or service principal that has it.
    fn of_app_role(&self) -> (Option<PrincipalId>, Option<EntitlementKey>) {
        let offers = |t: &&AuditTarget| {
            is_kind(t, "serviceprincipal")
                && t.modified
                    .iter()
                    .any(|m| m.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case("AppRole.Id")))
        };
        let resource = self
            .0
            .targets
            .iter()
            .find(offers)
            .or_else(|| self.of("serviceprincipal"))
            .and_then(|t| t.id.clone());
        let other = |t: &&AuditTarget| {
            ["user", "group", "serviceprincipal"].iter().any(|k| is_kind(t, k)) && t.id.as_deref().is_some_and(|i| !i.is_empty()) && t.id != resource
        };
        let named = ["User.ObjectID", "Group.ObjectID", "ServicePrincipal.ObjectID"]
            .iter()
            .find_map(|n| self.changed(n));
        let holder = named.map(|i| PrincipalId::new(&i));
        let holder = holder.or_else(|| self.0.targets.iter().find(other).and_then(|t| id(t.id.as_ref())));
        let role = self.changed("AppRole.Id");
        (holder, resource.zip(role).map(|(s, r)| EntitlementKey::app_role(&s, &r)))
    }

    /// A directory role, or with PIM for groups a group, and who is active in it or eligible for it.
    fn of_role(&self, key: &str) -> (Option<PrincipalId>, Option<EntitlementKey>) {
        let eligible = key.contains("eligible");
        let text = |t: &AuditTarget| t.id.clone().filter(|i| !i.is_empty());
        let role = self.of("role");
        let holder = ["user", "serviceprincipal"].iter().find_map(|k| self.of(k)).and_then(|t| id(t.id.as_ref()));
        let relation = role.and_then(|t| t.name.as_deref()).unwrap_or_default();
        if let (Some(holder), Some(group), "Member" | "Owner") = (&holder, self.of("group").and_then(text), relation) {
            let key = if relation == "Owner" {
                EntitlementKey::group_owner(&group)
            } else {
                EntitlementKey::group(&group)
            };
            return (Some(holder.clone()), Some(if eligible { key.eligible() } else { key }));
        }
        let holder = holder.or_else(|| self.of("group").and_then(|t| id(t.id.as_ref())));
        let holder = holder.or_else(|| self.changed("PrincipalId").map(|i| PrincipalId::new(&i)));
        let changed = |names: &[&str]| names.iter().find_map(|n| self.changed(n));
        let definition = || self.of("other").filter(|_| key.contains("definition")).and_then(text);
        let role = changed(&["Role.TemplateId", "TemplateId", "RoleDefinitionOriginId", "RoleDefinitionId", "Role.ObjectID"]);
        let role = role.or_else(|| self.of("role").and_then(text)).or_else(definition);
        let unit = || changed(&["AdministrativeUnit.ObjectID", "AdministrativeUnit.Id"]);
        let unit = self
            .of("administrativeunit")
            .and_then(text)
            .or_else(unit)
            .map(|u| format!("/administrativeUnits/{u}"));
        let told = changed(&["Role.Scope", "DirectoryScopeId"]).or(unit);
        // A role within a unit that the record does not name is not the one for the whole tenant.
        let scope = told.or_else(|| (!key.contains("scoped")).then(|| "/".into()));
        let entitlement = role.zip(scope).map(|(r, scope)| EntitlementKey::directory_role(&r, &scope, eligible));
        (holder, entitlement)
    }
}

/// A changed property of a target, before and after, freed of its JSON quotes.
pub(super) fn change(target: &AuditTarget, name: &str) -> Option<(Option<String>, Option<String>)> {
    let property = target
        .modified
        .iter()
        .find(|m| m.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
    let text = |v: &Option<String>| v.as_deref().and_then(unquoted);
    Some((text(&property.old), text(&property.new)))
}

pub(super) fn is_kind(target: &AuditTarget, kind: &str) -> bool {
    target.kind.as_deref().is_some_and(|k| k.eq_ignore_ascii_case(kind))
}

/// `"\"text\""` and `["text"]` as `text`; `None` for nothing.
fn unquoted(value: &str) -> Option<String> {
    let text = match serde_json::from_str::<serde_json::Value>(value) {
        Ok(serde_json::Value::String(s)) => s,
        Ok(serde_json::Value::Array(list)) => match list.first()? {
            serde_json::Value::String(s) => s.clone(),
            serde_json::Value::Null => return None,
            scalar => scalar.to_string(),
        },
        Ok(serde_json::Value::Null) => return None,
        _ => value.to_string(),
    };
    let text = text.trim().trim_matches('"').to_string();
    (!text.is_empty()).then_some(text)
}

/// Records of the log name a custom role by its template: puts the role's own id in its place.
pub(super) fn of_custom_roles(facts: &mut [AccessEvent], roles_by_template: &AHashMap<Interned, Interned>) {
    if roles_by_template.is_empty() {
        return;
    }
    for key in facts
        .iter_mut()
        .filter_map(|f| f.entitlement.as_mut())
        .filter(|k| k.kind == EntitlementKind::DirectoryRole)
    {
        let resource = key.resource().to_string();
        if let Some(role) = roles_by_template.get(&Interned::from(resource.as_str())) {
            key.id = Interned::from(&format!("{role}{}", &key.id[resource.len()..]));
        }
    }
}

/// Records of one id that contradict each other: which of them is true nobody knows, and whether any of it came about.
///
/// What one of them leaves out contradicts nothing, nor does the rounding of times to the millisecond.
pub(super) fn doubt_contradicted(facts: &mut [AccessEvent]) {
    let mut first: AHashMap<Interned, usize> = AHashMap::with_capacity(facts.len());
    let mut doubted: Vec<usize> = Vec::new();
    for (index, fact) in facts.iter().enumerate() {
        match first.get(&fact.source) {
            Some(known) if contradict(&facts[*known], fact) => doubted.extend([*known, index]),
            Some(_) => {}
            None => drop(first.insert(fact.source, index)),
        }
    }
    for index in doubted {
        if facts[index].outcome == Outcome::Success {
            facts[index].outcome = Outcome::Unknown;
        }
    }
}

fn contradict(a: &AccessEvent, b: &AccessEvent) -> bool {
    fn differ<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
        a.zip(b).is_some_and(|(a, b)| a != b)
    }
    a.action != b.action
        || a.outcome != b.outcome
        || a.at.0.abs_diff(b.at.0) > 1_000
        || differ(a.principal.as_ref(), b.principal.as_ref())
        || differ(a.entitlement.as_ref(), b.entitlement.as_ref())
}

/// What two tellings of one act have in common.
type Act = (Action, Outcome, Option<PrincipalId>, Option<EntitlementKey>, Option<RequestId>);

/// Joins tellings of one act: same action, outcome, holder, thing and actor, and same request, or within `window` when a request is not named.
///
/// A failure never absorbs a success, nor one approval stage another, nor a grant one before a removal.
/// What is kept knows what each telling knew: that PIM did it, which end it set, and the person behind a service.
pub(super) fn one_act_once(mut facts: Vec<AccessEvent>, window: i64) -> Vec<AccessEvent> {
    facts.par_sort();
    let mut kept: Vec<AccessEvent> = Vec::with_capacity(facts.len());
    let mut recent: AHashMap<Act, usize> = AHashMap::new();
    for fact in facts {
        let act = |action: Action| (action, fact.outcome, fact.principal.clone(), fact.entitlement.clone(), fact.request.clone());
        // One approver may decide two stages in a row: only the very same instant is the same decision.
        let window = match fact.action {
            Action::Approved | Action::Denied => 0,
            // A removal is told once for each resource of the package, whenever that is done.
            Action::Removed if fact.request.is_some() => i64::MAX,
            _ => window,
        };
        let same = |first: &AccessEvent| {
            let same_actor = first.actor == fact.actor || fact.request.is_none() && matches!(fact.action, Action::Granted | Action::Removed);
            same_actor && fact.at.0 - first.at.0 <= window
        };
        let first = recent.get(&act(fact.action)).copied().filter(|i| same(&kept[*i]));
        let identifiable = fact.principal.is_some() || fact.request.is_some();
        if let Some(first) = first.filter(|_| identifiable) {
            kept[first].learn(&fact);
            continue;
        }
        match fact.action {
            Action::Granted => drop(recent.remove(&act(Action::Removed))),
            Action::Removed => drop(recent.remove(&act(Action::Granted))),
            _ => {}
        }
        recent.insert(act(fact.action), kept.len());
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
            kind: None,
            request: None,
            assignment: None,
            policy: None,
            actor: Some(PrincipalId::new(actor)),
            actor_name: "".into(),
            actor_is_service: false,
            actor_is_person: true,
            by_pim: false,
            of_activation: None,
            starts_at: None,
            ends_at: None,
            actor_app_id: "".into(),
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
        assert_eq!(unquoted("[false]").as_deref(), Some("false"));
        assert_eq!(unquoted("\"\""), None);
    }
}
