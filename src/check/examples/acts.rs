//! What people and the service do in a story: requests, deliveries, ends, memberships, sign-ins.

use super::scenario::Teller;
use super::table::{Row, instant};
use super::tenant::{Assignment, Decision, Policy, Request, Schedule, policy_id};
use super::wire::{Actor, changed, event, guid, is_software, justified, target, user};
use crate::lake::records::{AuditEvent, AuditTarget, Detail};
use crate::ledger::evidence::UsageDay;
use crate::model::time::{DAY, MINUTE, SECOND};
use crate::model::{Instant, PrincipalId};

const EM: &str = "Entitlement Management";
const CORE: &str = "Core Directory";

impl Teller {
    pub(super) fn new_request(&mut self, row: &Row, kind: &'static str, at: Instant) -> Request {
        self.package(&row.thing);
        let label = if self.is_automatic(&row.thing) && kind != "systemAdd" {
            "by hand"
        } else {
            ""
        };
        if !label.is_empty() {
            self.tenant.policies.entry((row.thing.clone(), label.into())).or_insert_with(Policy::ordinary);
        }
        let person = if row.subject.is_empty() { &row.actor } else { &row.subject };
        let requestor = if kind == "onBehalfAdd" { &row.actor } else { person };
        let number = self.tenant.requests.len().to_string();
        Request {
            id: guid("request", &number),
            kind,
            state: "pendingApproval",
            at,
            done: None,
            requestor: requestor.clone(),
            person: person.clone(),
            package: row.thing.clone(),
            policy: label.into(),
            reason: row.quoted().map(Into::into),
            assignment: None,
            end: row.after("until").and_then(instant),
            endless: row.says("no end"),
            decisions: Vec::new(),
        }
    }

    pub(super) fn request(&mut self, row: &Row) -> Vec<String> {
        let behalf = !row.subject.is_empty() && row.subject != row.actor;
        let mut request = self.new_request(row, if behalf { "onBehalfAdd" } else { "userAdd" }, row.at);
        if row.says("canceled") {
            request.state = "canceled";
            request.done = Some(row.at.plus(MINUTE));
            let told = "Cancel access package assignment request";
            let cancelled = event(row.at.plus(MINUTE), EM, told, &Actor::User(&row.actor), about(&request));
            self.evidence.audit_events.push(cancelled);
        }
        let mut targets = about(&request);
        if behalf {
            targets.push(user(&row.subject));
        }
        let asked = event(row.at, EM, "User requests access package assignment", &Actor::User(&row.actor), targets);
        self.evidence.audit_events.push(justified(asked, request.reason.as_deref()));
        let id = request.id.clone();
        self.tenant.requests.push(request);
        vec![id]
    }

    /// A policy changes, and the log tells it as the service does.
    pub(super) fn policy_changed(&mut self, row: &Row, approval: Option<bool>) {
        let policy = target("AccessPackageAssignmentPolicy", &policy_id(&row.thing, &row.subject), "policy");
        let targets = vec![policy, target("AccessPackage", &guid("package", &row.thing), &row.thing)];
        let actor = if row.actor.is_empty() { "admin" } else { &row.actor };
        let mut told = event(row.at, EM, "Update access package assignment policy", &Actor::User(actor), targets);
        told.details.extend(approval.map(|asked| Detail {
            key: Some("IsApprovalRequiredForAdd".into()),
            value: Some(if asked { "True" } else { "False" }.into()),
        }));
        self.evidence.audit_events.push(told);
    }

    /// The policy agrees without a person.
    pub(super) fn auto_approve(&mut self, row: &Row) -> Vec<String> {
        let position = self.position(row).expect("a request came before its decision");
        let (targets, id) = (about(&self.tenant.requests[position]), self.tenant.requests[position].id.clone());
        self.evidence
            .audit_events
            .push(event(row.at, EM, "Auto approve access package assignment request", &Actor::Service, targets));
        vec![id]
    }

    /// An account or a group is deleted, and the log tells it.
    pub(super) fn delete(&mut self, row: &Row) -> Vec<String> {
        let actor = Actor::User(&row.actor);
        if row.subject.is_empty() {
            self.tenant.groups.entry(row.thing.clone()).or_default().deleted = true;
            let told = event(
                row.at,
                CORE,
                "Delete group",
                &actor,
                vec![target("Group", &guid("group", &row.thing), &row.thing)],
            );
            self.evidence.audit_events.push(told);
            return Vec::new();
        }
        self.account(&row.subject).deleted = true;
        if !row.says("not logged") {
            self.evidence
                .audit_events
                .push(event(row.at, CORE, "Delete user", &actor, vec![user(&row.subject)]));
        }
        Vec::new()
    }

    /// An activity that no vocabulary knows.
    pub(super) fn unknown(&mut self, row: &Row) -> Vec<String> {
        let name = row.detail.first().cloned().unwrap_or_default();
        let told = event(row.at, EM, &name, &Actor::User(&row.actor), Vec::new());
        let key = told.activity_key.clone();
        self.evidence.audit_events.push(told);
        match self.evidence.unknown_activities.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => self.evidence.unknown_activities.push((name, 1)),
        }
        vec![key]
    }

    /// Whether a rule assigns a package.
    fn is_automatic(&self, package: &str) -> bool {
        self.tenant.policies.get(&(package.into(), String::new())).is_some_and(|p| p.automatic)
    }

    pub(super) fn position(&self, row: &Row) -> Option<usize> {
        let fits = |r: &Request| r.kind.ends_with("Add") && r.person == row.subject && r.package == row.thing;
        self.tenant.requests.iter().rposition(fits)
    }

    pub(super) fn decide_request(&mut self, row: &Row, approved: bool) -> Vec<String> {
        let position = self.position(row).expect("a request came before its decision");
        let request = &mut self.tenant.requests[position];
        let why = row.quoted().unwrap_or_default().to_string();
        request.decisions.push((row.actor.clone(), row.at, approved, why));
        if !approved {
            request.state = "denied";
            request.done = Some(row.at);
        }
        let activity = if approved {
            "Approve access package assignment request"
        } else {
            "Deny access package assignment request"
        };
        let targets = about(request);
        let id = request.id.clone();
        self.evidence.audit_events.push(event(row.at, EM, activity, &Actor::User(&row.actor), targets));
        vec![id]
    }

    pub(super) fn deliver(&mut self, row: &Row) -> Vec<String> {
        let waiting = self.position(row).filter(|p| self.tenant.requests[*p].state == "pendingApproval");
        let position = waiting.unwrap_or_else(|| {
            let by_rule = self.is_automatic(&row.thing);
            let mut request = self.new_request(row, if by_rule { "systemAdd" } else { "userAdd" }, row.at.plus(-MINUTE));
            request.reason = Some("Month-end close for Q3, ticket FIN-4821".into());
            self.tenant.requests.push(request);
            self.tenant.requests.len() - 1
        });
        self.delivered(position, row)
    }

    pub(super) fn assign(&mut self, row: &Row) -> Vec<String> {
        let request = self.new_request(row, "adminAdd", row.at);
        let mut targets = about(&request);
        targets.push(user(&row.subject));
        let activity = "Administrator directly assigns user to access package";
        self.evidence.audit_events.push(event(row.at, EM, activity, &Actor::User(&row.actor), targets));
        self.tenant.requests.push(request);
        self.delivered(self.tenant.requests.len() - 1, row)
    }

    pub(super) fn delivered(&mut self, position: usize, row: &Row) -> Vec<String> {
        let (person, package) = (row.subject.clone(), row.thing.clone());
        let told = self.ends.get(&(person.clone(), package.clone())).copied().filter(|end| *end > row.at);
        let set = row.after("until").and_then(instant).or(told);
        let end = if row.says("no end") {
            None
        } else {
            Some(set.unwrap_or(row.at.plus(730 * DAY)))
        };
        let id = guid("assignment", &self.tenant.assignments.len().to_string());
        let request = &mut self.tenant.requests[position];
        (request.state, request.done) = ("delivered", Some(row.at));
        if !request.endless {
            request.end = end;
        }
        request.endless |= end.is_none();
        request.assignment = Some(id.clone());
        let (targets, request_id, policy) = (about(request), request.id.clone(), request.policy.clone());
        if row.says("forgotten") {
            self.tenant.requests.remove(position);
        }
        let activity = "Fulfill access package assignment request";
        let actor = if is_software(&person) { Actor::Service } else { Actor::User(&person) };
        if !row.says("forgotten") {
            self.evidence.audit_events.push(event(row.at, EM, activity, &actor, targets));
        }
        let start = row.at.plus(-30 * SECOND);
        self.tenant.assignments.push(Assignment {
            id: id.clone(),
            person: person.clone(),
            package: package.clone(),
            policy,
            start,
            end,
            ended: None,
            listed: false,
        });
        for (kind, resource) in self.contents(&package) {
            self.resource(kind, &resource, &person, row.at.plus(MINUTE), true, &Actor::Service);
        }
        vec![id, request_id]
    }

    pub(super) fn contents(&self, package: &str) -> Vec<(&'static str, String)> {
        let roles = self.tenant.packages.get(package).map(|p| p.roles.as_slice()).unwrap_or_default();
        roles.iter().map(|(kind, resource, _)| (*kind, resource.clone())).collect()
    }

    /// Somebody, mostly the service, adds or removes what a package contains.
    pub(super) fn resource(&mut self, kind: &str, resource: &str, person: &str, at: Instant, add: bool, actor: &Actor) {
        let key = (resource.to_string(), person.to_string());
        let events = &mut self.evidence.audit_events;
        match kind {
            "group" => {
                if add {
                    self.tenant.members.insert(key)
                } else {
                    self.tenant.members.remove(&key)
                };
                events.push(group_event(resource, person, at, add, actor));
            }
            "app" => {
                if add {
                    self.tenant.app_roles.insert(key)
                } else {
                    self.tenant.app_roles.remove(&key)
                };
                let activity = if add {
                    "Add app role assignment grant to user"
                } else {
                    "Remove app role assignment from user"
                };
                let sp = target("ServicePrincipal", &guid("app", resource), resource);
                let sp = changed(sp, "AppRole.Id", &guid("app role", resource), !add);
                let sp = changed(sp, "User.ObjectID", &guid("user", person), !add);
                events.push(event(at, CORE, activity, actor, vec![sp, user(person)]));
            }
            _ => {}
        }
    }

    pub(super) fn extend(&mut self, row: &Row) -> Vec<String> {
        let end = row.after("until").and_then(instant);
        let mut request = self.new_request(row, "userUpdate", row.at);
        let live = |a: &&mut Assignment| a.person == row.subject && a.package == row.thing && a.ended.is_none();
        let assignment = self.tenant.assignments.iter_mut().find(live).expect("only what is held is extended");
        assignment.end = end;
        (request.state, request.done, request.end) = ("delivered", Some(row.at), end);
        request.assignment = Some(assignment.id.clone());
        let told = vec![request.id.clone(), assignment.id.clone()];
        self.evidence
            .audit_events
            .push(event(row.at, EM, "Extend access package assignment", &Actor::User(&row.actor), about(&request)));
        self.tenant.requests.push(request);
        told
    }

    pub(super) fn end(&mut self, row: &Row, kind: &'static str) -> Vec<String> {
        let mut request = self.new_request(row, kind, row.at);
        let live = |a: &&mut Assignment| a.person == row.subject && a.package == row.thing && a.ended.is_none();
        let assignment = self.tenant.assignments.iter_mut().find(live).expect("only what is held ends");
        let done = row.at.plus(MINUTE);
        assignment.ended = Some(done);
        (request.state, request.done) = ("delivered", Some(done));
        request.assignment = Some(assignment.id.clone());
        let told = vec![assignment.id.clone(), request.id.clone()];
        let mut targets = about(&request);
        targets.push(user(&row.subject));
        let (activity, actor) = match kind {
            "adminRemove" => ("Administrator directly removes user access package assignment", Actor::User(&row.actor)),
            _ => ("Entitlement Management removes access package assignment request for user", Actor::Service),
        };
        let removed = "Remove access package resource assignment";
        self.evidence.audit_events.push(event(row.at, EM, activity, &actor, targets.clone()));
        self.evidence.audit_events.push(event(done, EM, removed, &Actor::Service, targets));
        self.tenant.requests.push(request);
        for (kind, resource) in self.contents(&row.thing) {
            let other = self.tenant.assignments.iter().any(|a| {
                let gives = self.contents(&a.package).iter().any(|(_, r)| *r == resource);
                a.person == row.subject && a.ended.is_none() && gives
            });
            if !other && !row.says("membership stays") {
                self.resource(kind, &resource, &row.subject, done, false, &Actor::Service);
            }
        }
        told
    }

    pub(super) fn member(&mut self, row: &Row, add: bool) -> Vec<String> {
        self.tenant.groups.entry(row.thing.clone()).or_default();
        let key = (row.thing.clone(), row.subject.clone());
        if add {
            self.tenant.members.insert(key)
        } else {
            self.tenant.members.remove(&key)
        };
        if !row.says("not logged") {
            let actor = Actor::of(&row.actor, !row.says("without id"));
            if let Actor::App(name, _) = actor {
                self.tenant.apps.insert(name.into());
            }
            let told = group_event(&row.thing, &row.subject, row.at, add, &actor);
            self.evidence.audit_events.push(told);
        }
        Vec::new()
    }

    /// Privileged identity management puts somebody into a group, for a while or for good; the log does not tell which.
    pub(super) fn schedule(&mut self, row: &Row, activated: bool) -> Vec<String> {
        self.tenant.groups.entry(row.thing.clone()).or_default();
        self.tenant.members.insert((row.thing.clone(), row.subject.clone()));
        self.tenant.schedules.push(Schedule {
            person: row.subject.clone(),
            group: row.thing.clone(),
            activated,
            start: row.at,
            end: row.after("until").and_then(instant),
        });
        self.evidence
            .audit_events
            .push(group_event(&row.thing, &row.subject, row.at, true, &Actor::Pim));
        Vec::new()
    }

    pub(super) fn app_role(&mut self, row: &Row) -> Vec<String> {
        self.tenant.apps.insert(row.thing.clone());
        self.resource("app", &row.thing, &row.subject, row.at, true, &Actor::User(&row.actor));
        vec![format!("{}/{}", guid("app", &row.thing), guid("app role", &row.thing))]
    }

    pub(super) fn sign_in(&mut self, row: &Row) -> Vec<String> {
        let day = Instant(row.at.0 - row.at.0.rem_euclid(DAY));
        let key = (row.actor.clone(), row.thing.clone(), day);
        let usage = self.usage.entry(key).or_insert_with(|| UsageDay {
            principal: PrincipalId::new(&guid("user", &row.actor)),
            resource_app_id: guid("app id", &row.thing).into(),
            resource_sp_id: guid("app", &row.thing).into(),
            day,
            ..UsageDay::default()
        });
        if row.says("by application id") {
            usage.resource_sp_id = "".into();
        }
        let id = guid("sign-in", &format!("{}{}{}", row.actor, row.thing, row.at));
        if row.says("failed") {
            usage.failures += 1;
            return vec![id];
        }
        usage.successes += 1;
        let account = self.account(&row.actor);
        account.last_success = account.last_success.map(|t| t.max(row.at));
        let usage = self.usage.entry((row.actor.clone(), row.thing.clone(), day)).or_default();
        usage.last_success = usage.last_success.max(Some(row.at));
        let (one, two, none) = (row.says("one factor"), row.says("two factors"), row.says("no policy"));
        usage.single_factor += i64::from(one);
        usage.unprotected += i64::from(none);
        usage.telling += i64::from(one || two || none);
        usage.untold += i64::from(!(one || two || none));
        if one || none {
            usage.weak_example.get_or_insert_with(|| id.as_str().into());
        }
        vec![id]
    }

    pub(super) fn disable(&mut self, row: &Row) -> Vec<String> {
        self.account(&row.subject).disabled = true;
        let told = event(row.at, CORE, "Disable account", &Actor::User(&row.actor), vec![user(&row.subject)]);
        self.evidence.audit_events.push(told);
        Vec::new()
    }

    pub(super) fn decide(&mut self, row: &Row) -> Vec<String> {
        let id = guid("decision", &self.tenant.decisions.len().to_string());
        let deny = row.detail.iter().any(|d| d.starts_with("deny"));
        self.tenant.decisions.push(Decision {
            id: id.clone(),
            person: row.subject.clone(),
            package: row.thing.clone(),
            reviewer: row.actor.clone(),
            at: row.at,
            deny,
            applied: row.says("deny applied"),
            untold: row.says("result untold"),
        });
        let held = self.tenant.assignments.iter().filter(|a| a.person == row.subject && a.package == row.thing);
        held.map(|a| a.id.clone()).chain([id]).collect()
    }
}

fn about(request: &Request) -> Vec<AuditTarget> {
    let package = &request.package;
    vec![
        target("AccessPackageAssignmentRequest", &request.id, ""),
        target("AccessPackage", &guid("package", package), package),
        target("AccessPackageAssignmentPolicy", &policy_id(package, &request.policy), "policy"),
    ]
}

fn group_event(group: &str, person: &str, at: Instant, add: bool, actor: &Actor) -> AuditEvent {
    let id = guid("group", group);
    let who = changed(changed(user(person), "Group.ObjectID", &id, !add), "Group.DisplayName", group, !add);
    let activity = if add { "Add member to group" } else { "Remove member from group" };
    event(at, CORE, activity, actor, vec![who, target("Group", &id, group)])
}
