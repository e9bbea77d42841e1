//! A story becomes evidence: each row changes a small tenant, and looks write down what it is like then.

use super::looks;
use super::table::{Example, Row, instant};
use super::wire::{Actor, changed, event, guid, justified, target, upn, user};
use crate::config::Config;
use crate::lake::records::Coverage;
use crate::ledger::Evidence;
use crate::ledger::evidence::UsageDay;
use crate::model::time::{DAY, MINUTE, SECOND};
use crate::model::{Instant, PrincipalId, TenantId};
use std::collections::{BTreeMap, BTreeSet};

const EM: &str = "Entitlement Management";
const CORE: &str = "Core Directory";

/// What a story becomes.
pub(super) struct Scenario {
    pub evidence: Evidence,
    pub config: Config,
    /// The ids that each row tells of.
    pub ids: Vec<BTreeSet<String>>,
}

#[derive(Default)]
pub(super) struct Tenant {
    pub people: BTreeMap<String, Account>,
    pub packages: BTreeMap<String, Package>,
    /// By package and label.
    pub policies: BTreeMap<(String, String), Policy>,
    pub groups: BTreeMap<String, Group>,
    pub apps: BTreeSet<String>,
    pub assignments: Vec<Assignment>,
    pub requests: Vec<Request>,
    /// Group and member.
    pub members: BTreeSet<(String, String)>,
    /// Application and holder.
    pub app_roles: BTreeSet<(String, String)>,
    pub decisions: Vec<Decision>,
}

#[derive(Default)]
pub(super) struct Account {
    pub guest: bool,
    pub disabled: bool,
    pub leave_at: Option<Instant>,
    pub last_success: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Package {
    /// Kind, resource, when it entered.
    pub roles: Vec<(&'static str, String, Instant)>,
}

pub(super) struct Policy {
    pub scope: String,
    pub automatic: bool,
    /// `None` when the record does not tell, else the period or nothing.
    pub review: Option<Option<String>>,
    pub reason_asked: Option<bool>,
    pub approval: bool,
}

#[derive(Default)]
pub(super) struct Group {
    pub dynamic: bool,
    pub synced: bool,
    pub privileged: bool,
}

pub(super) struct Assignment {
    pub id: String,
    pub person: String,
    pub package: String,
    pub start: Instant,
    pub end: Option<Instant>,
    pub ended: Option<Instant>,
    /// A look lists it as delivered although it ended.
    pub listed: bool,
}

#[derive(Clone)]
pub(super) struct Request {
    pub id: String,
    pub kind: &'static str,
    pub state: &'static str,
    pub at: Instant,
    pub done: Option<Instant>,
    pub requestor: String,
    pub person: String,
    pub package: String,
    pub reason: Option<String>,
    pub assignment: Option<String>,
    pub end: Option<Instant>,
    /// Approver, when, whether approved.
    pub decisions: Vec<(String, Instant, bool)>,
}

pub(super) struct Decision {
    pub id: String,
    pub person: String,
    pub package: String,
    pub reviewer: String,
    pub at: Instant,
    pub deny: bool,
    pub applied: bool,
}

impl Scenario {
    pub(super) fn of(example: &Example) -> Self {
        let mut teller = Teller::new(example);
        let mut order: Vec<usize> = (0..example.rows.len()).collect();
        order.sort_by_key(|i| example.rows[*i].at);
        for i in &order {
            teller.row(*i, &example.rows[*i]);
        }
        let told = |r: &&Row| r.activity != "leave";
        let last = example.rows.iter().filter(told).map(|r| r.at).max().unwrap_or_default();
        let looked = order.iter().rev().map(|i| &example.rows[*i]).find(told).is_some_and(|r| r.activity == "look");
        let now = if looked { last } else { last.plus(MINUTE) };
        if !looked {
            looks::look(&mut teller.evidence, &teller.tenant, now);
        }
        let first = example.rows.iter().map(|r| r.at).min().unwrap_or_default();
        teller.covers("audit", first.plus(-DAY), now);
        teller.finish(example)
    }
}

struct Teller {
    tenant: Tenant,
    evidence: Evidence,
    config: Config,
    ids: Vec<BTreeSet<String>>,
    usage: BTreeMap<(String, String, Instant), UsageDay>,
    /// Ends that rows tell later.
    ends: BTreeMap<(String, String), Instant>,
}

impl Teller {
    fn new(example: &Example) -> Self {
        let mut teller = Self {
            tenant: Tenant::default(),
            evidence: Evidence { tenant: TenantId::new(&guid("tenant", "corp")), ..Evidence::default() },
            config: Config::default(),
            ids: vec![BTreeSet::new(); example.rows.len()],
            usage: BTreeMap::new(),
            ends: BTreeMap::new(),
        };
        // Leave dates and scheduled ends are known before they come.
        for row in &example.rows {
            match row.activity.as_str() {
                "leave" => teller.account(&row.subject).leave_at = Some(row.at),
                "end" => {
                    teller.ends.insert((row.subject.clone(), row.thing.clone()), row.at);
                }
                _ => {}
            }
        }
        teller
    }

    fn row(&mut self, number: usize, row: &Row) {
        for name in [&row.actor, &row.subject] {
            if !name.is_empty() && row.activity != "policy" {
                self.account(name);
                self.ids[number].insert(guid("user", name));
            }
        }
        for kind in ["package", "group", "app"] {
            self.ids[number].insert(guid(kind, &row.thing));
        }
        let told: Vec<String> = match row.activity.as_str() {
            "user" => self.user(row),
            "package" => self.package_row(row),
            "policy" => self.policy_row(row),
            "group" => self.group_row(row),
            "log" => self.log(row),
            "look" => self.look(row),
            "request" => self.request(row),
            "approve" => self.decide_request(row, true),
            "deny" => self.decide_request(row, false),
            "deliver" => self.deliver(row),
            "assign" => self.assign(row),
            "extend" => self.extend(row),
            "remove" => self.end(row, "adminRemove"),
            "expire" => self.end(row, "systemRemove"),
            "add-to-group" => self.member(row, true),
            "remove-from-group" => self.member(row, false),
            "sign-in" => self.sign_in(row),
            "disable" => self.disable(row),
            "decide" => self.decide(row),
            "leave" | "end" => Vec::new(),
            other => panic!("no activity is called {other}"),
        };
        self.ids[number].extend(told);
    }

    fn finish(mut self, example: &Example) -> Scenario {
        self.evidence.usage = self.usage.into_values().collect();
        // A sign-in tells of the packages that its application is in.
        for (ids, row) in self.ids.iter_mut().zip(&example.rows) {
            for (package, facts) in &self.tenant.packages {
                if row.activity == "sign-in" && facts.roles.iter().any(|(_, r, _)| *r == row.thing) {
                    ids.insert(guid("package", package));
                }
            }
        }
        Scenario { evidence: self.evidence, config: self.config, ids: self.ids }
    }

    fn account(&mut self, name: &str) -> &mut Account {
        self.tenant.people.entry(name.into()).or_default()
    }

    fn package(&mut self, name: &str) -> &mut Package {
        self.tenant.policies.entry((name.into(), String::new())).or_insert_with(|| Policy {
            scope: "allMemberUsers".into(),
            automatic: false,
            review: Some(Some("P3M".into())),
            reason_asked: None,
            approval: false,
        });
        self.tenant.packages.entry(name.into()).or_default()
    }

    fn user(&mut self, row: &Row) -> Vec<String> {
        let last = row.after("last sign-in").and_then(instant);
        let (guest, disabled) = (row.says("guest"), row.says("disabled"));
        let account = self.account(&row.subject);
        account.last_success = last.or(account.last_success);
        account.guest |= guest;
        account.disabled |= disabled;
        Vec::new()
    }

    fn package_row(&mut self, row: &Row) -> Vec<String> {
        self.package(&row.thing);
        let mut ids = Vec::new();
        for detail in &row.detail {
            let (kind, name) = match detail.as_str() {
                "for employees" => {
                    self.config.employee_packages.push(row.thing.clone());
                    continue;
                }
                "sensitive" => {
                    self.config.sensitive_packages.push(row.thing.clone());
                    continue;
                }
                d if d.starts_with("privileged group ") => ("group", d["privileged group ".len()..].to_string()),
                d if d.starts_with("group ") => ("group", d["group ".len()..].to_string()),
                d if d.starts_with("app ") => ("app", d["app ".len()..].to_string()),
                d if d.starts_with("directory role ") => ("role", d["directory role ".len()..].to_string()),
                other => panic!("a package cannot be: {other}"),
            };
            match kind {
                "group" => {
                    let group = self.tenant.groups.entry(name.clone()).or_default();
                    group.privileged |= detail.starts_with("privileged");
                }
                "app" => {
                    self.tenant.apps.insert(name.clone());
                }
                _ => {}
            }
            ids.push(guid(kind, &name));
            self.package(&row.thing).roles.push((kind, name, row.at));
        }
        ids
    }

    fn policy_row(&mut self, row: &Row) -> Vec<String> {
        self.package(&row.thing);
        let policy = self.tenant.policies.entry((row.thing.clone(), row.subject.clone())).or_insert_with(|| Policy {
            scope: "allMemberUsers".into(),
            automatic: false,
            review: Some(Some("P3M".into())),
            reason_asked: None,
            approval: false,
        });
        for detail in &row.detail {
            match detail.as_str() {
                "no review" => policy.review = Some(None),
                "review untold" => policy.review = None,
                "automatic" => policy.automatic = true,
                "no reason asked" => policy.reason_asked = Some(false),
                "approval" => policy.approval = true,
                d if d.starts_with("review ") => policy.review = Some(Some(d["review ".len()..].into())),
                d if d.starts_with("scope ") => policy.scope = d["scope ".len()..].into(),
                other => panic!("a policy cannot be: {other}"),
            }
        }
        vec![policy_id(&row.thing, &row.subject)]
    }

    fn group_row(&mut self, row: &Row) -> Vec<String> {
        let group = self.tenant.groups.entry(row.thing.clone()).or_default();
        group.dynamic |= row.says("dynamic");
        group.synced |= row.says("synced");
        group.privileged |= row.says("privileged");
        Vec::new()
    }

    fn log(&mut self, row: &Row) -> Vec<String> {
        let until = row.after("until").and_then(instant).expect("a log has an end");
        let subject = match row.thing.as_str() {
            "sign-ins" => "sign_ins",
            "interactive sign-ins" => "sign_ins:interactiveUser",
            other => other,
        };
        self.covers(subject, row.at, until);
        Vec::new()
    }

    fn covers(&mut self, subject: &str, from: Instant, until: Instant) {
        self.evidence.coverage.push(Coverage {
            subject: subject.into(),
            basis: "asserted".into(),
            from: Some(from),
            until: Some(until),
            ..Coverage::default()
        });
    }

    fn look(&mut self, row: &Row) -> Vec<String> {
        for assignment in &mut self.tenant.assignments {
            assignment.listed = assignment.person == row.subject && assignment.package == row.thing;
        }
        looks::look(&mut self.evidence, &self.tenant, row.at);
        Vec::new()
    }

    fn new_request(&mut self, row: &Row, kind: &'static str, at: Instant) -> Request {
        self.package(&row.thing);
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
            reason: row.quoted().map(Into::into),
            assignment: None,
            end: None,
            decisions: Vec::new(),
        }
    }

    fn request(&mut self, row: &Row) -> Vec<String> {
        let behalf = !row.subject.is_empty() && row.subject != row.actor;
        let mut request = self.new_request(row, if behalf { "onBehalfAdd" } else { "userAdd" }, row.at);
        if row.says("canceled") {
            request.state = "canceled";
            request.done = Some(row.at.plus(MINUTE));
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

    fn position(&self, row: &Row) -> Option<usize> {
        let fits = |r: &Request| r.kind.ends_with("Add") && r.person == row.subject && r.package == row.thing;
        self.tenant.requests.iter().rposition(fits)
    }

    fn decide_request(&mut self, row: &Row, approved: bool) -> Vec<String> {
        let position = self.position(row).expect("a request came before its decision");
        let request = &mut self.tenant.requests[position];
        request.decisions.push((row.actor.clone(), row.at, approved));
        if !approved {
            request.state = "denied";
            request.done = Some(row.at);
        }
        let activity = if approved { "Approve access package assignment request" } else { "Deny access package assignment request" };
        let targets = about(request);
        let id = request.id.clone();
        self.evidence.audit_events.push(event(row.at, EM, activity, &Actor::User(&row.actor), targets));
        vec![id]
    }

    fn deliver(&mut self, row: &Row) -> Vec<String> {
        let waiting = self.position(row).filter(|p| self.tenant.requests[*p].state == "pendingApproval");
        let position = waiting.unwrap_or_else(|| {
            let mut request = self.new_request(row, "userAdd", row.at.plus(-MINUTE));
            request.reason = Some("Month-end close for Q3, ticket FIN-4821".into());
            self.tenant.requests.push(request);
            self.tenant.requests.len() - 1
        });
        self.delivered(position, row)
    }

    fn assign(&mut self, row: &Row) -> Vec<String> {
        let request = self.new_request(row, "adminAdd", row.at);
        let mut targets = about(&request);
        targets.push(user(&row.subject));
        let activity = "Administrator directly assigns user to access package";
        self.evidence.audit_events.push(event(row.at, EM, activity, &Actor::User(&row.actor), targets));
        self.tenant.requests.push(request);
        self.delivered(self.tenant.requests.len() - 1, row)
    }

    fn delivered(&mut self, position: usize, row: &Row) -> Vec<String> {
        let (person, package) = (row.subject.clone(), row.thing.clone());
        let told = self.ends.get(&(person.clone(), package.clone())).copied().filter(|end| *end > row.at);
        let set = row.after("until").and_then(instant).or(told);
        let end = if row.says("no end") { None } else { Some(set.unwrap_or(row.at.plus(730 * DAY))) };
        let id = guid("assignment", &self.tenant.assignments.len().to_string());
        let request = &mut self.tenant.requests[position];
        (request.state, request.done, request.end) = ("delivered", Some(row.at), end);
        request.assignment = Some(id.clone());
        let (targets, request_id) = (about(request), request.id.clone());
        let activity = "Fulfill access package assignment request";
        self.evidence.audit_events.push(event(row.at, EM, activity, &Actor::User(&person), targets));
        let start = row.at.plus(-30 * SECOND);
        self.tenant.assignments.push(Assignment {
            id: id.clone(), person: person.clone(), package: package.clone(), start, end, ended: None, listed: false,
        });
        for (kind, resource) in self.contents(&package) {
            self.resource(kind, &resource, &person, row.at.plus(MINUTE), true);
        }
        vec![id, request_id]
    }

    fn contents(&self, package: &str) -> Vec<(&'static str, String)> {
        let roles = self.tenant.packages.get(package).map(|p| p.roles.as_slice()).unwrap_or_default();
        roles.iter().map(|(kind, resource, _)| (*kind, resource.clone())).collect()
    }

    /// The service adds or removes what a package contains.
    fn resource(&mut self, kind: &str, resource: &str, person: &str, at: Instant, add: bool) {
        let key = (resource.to_string(), person.to_string());
        let events = &mut self.evidence.audit_events;
        match kind {
            "group" => {
                if add { self.tenant.members.insert(key) } else { self.tenant.members.remove(&key) };
                events.push(group_event(resource, person, at, add, &Actor::Service));
            }
            "app" => {
                if add { self.tenant.app_roles.insert(key) } else { self.tenant.app_roles.remove(&key) };
                let activity = if add { "Add app role assignment grant to user" } else { "Remove app role assignment from user" };
                let sp = target("ServicePrincipal", &guid("app", resource), resource);
                let sp = changed(sp, "AppRole.Id", &guid("app role", resource), !add);
                let sp = changed(sp, "User.ObjectID", &guid("user", person), !add);
                events.push(event(at, CORE, activity, &Actor::Service, vec![sp, user(person)]));
            }
            _ => {}
        }
    }

    fn extend(&mut self, row: &Row) -> Vec<String> {
        let end = row.after("until").and_then(instant);
        let mut request = self.new_request(row, "userUpdate", row.at);
        let live = |a: &&mut Assignment| a.person == row.subject && a.package == row.thing && a.ended.is_none();
        let assignment = self.tenant.assignments.iter_mut().find(live).expect("only what is held is extended");
        assignment.end = end;
        (request.state, request.done, request.end) = ("delivered", Some(row.at), end);
        request.assignment = Some(assignment.id.clone());
        let told = vec![request.id.clone(), assignment.id.clone()];
        self.evidence.audit_events.push(event(row.at, EM, "Extend access package assignment", &Actor::User(&row.actor), about(&request)));
        self.tenant.requests.push(request);
        told
    }

    fn end(&mut self, row: &Row, kind: &'static str) -> Vec<String> {
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
                self.resource(kind, &resource, &row.subject, done, false);
            }
        }
        told
    }

    fn member(&mut self, row: &Row, add: bool) -> Vec<String> {
        self.tenant.groups.entry(row.thing.clone()).or_default();
        let key = (row.thing.clone(), row.subject.clone());
        if add { self.tenant.members.insert(key) } else { self.tenant.members.remove(&key) };
        if !row.says("not logged") {
            let told = group_event(&row.thing, &row.subject, row.at, add, &Actor::User(&row.actor));
            self.evidence.audit_events.push(told);
        }
        Vec::new()
    }

    fn sign_in(&mut self, row: &Row) -> Vec<String> {
        let day = Instant(row.at.0 - row.at.0.rem_euclid(DAY));
        let key = (row.actor.clone(), row.thing.clone(), day);
        let usage = self.usage.entry(key).or_insert_with(|| UsageDay {
            principal: PrincipalId::new(&guid("user", &row.actor)),
            resource_app_id: guid("app id", &row.thing),
            resource_sp_id: guid("app", &row.thing),
            day,
            ..UsageDay::default()
        });
        let id = guid("sign-in", &format!("{}{}{}", row.actor, row.thing, row.at));
        if row.says("failed") {
            usage.failures += 1;
            return vec![id];
        }
        usage.successes += 1;
        usage.last_success = usage.last_success.max(Some(row.at));
        let (one, two, none) = (row.says("one factor"), row.says("two factors"), row.says("no policy"));
        usage.single_factor += i64::from(one);
        usage.unprotected += i64::from(none);
        usage.telling += i64::from(one || two || none);
        if one || none {
            usage.weak_example.get_or_insert_with(|| id.clone());
        }
        vec![id]
    }

    fn disable(&mut self, row: &Row) -> Vec<String> {
        self.account(&row.subject).disabled = true;
        let told = event(row.at, CORE, "Disable account", &Actor::User(&row.actor), vec![user(&row.subject)]);
        self.evidence.audit_events.push(told);
        Vec::new()
    }

    fn decide(&mut self, row: &Row) -> Vec<String> {
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
        });
        let held = self.tenant.assignments.iter().filter(|a| a.person == row.subject && a.package == row.thing);
        held.map(|a| a.id.clone()).chain([id]).collect()
    }
}

pub(super) fn policy_id(package: &str, label: &str) -> String {
    guid("policy", &format!("{package}/{label}"))
}

fn about(request: &Request) -> Vec<crate::lake::records::AuditTarget> {
    let package = &request.package;
    vec![
        target("AccessPackageAssignmentRequest", &request.id, ""),
        target("AccessPackage", &guid("package", package), package),
        target("AccessPackageAssignmentPolicy", &policy_id(package, ""), "policy"),
    ]
}

fn group_event(group: &str, person: &str, at: Instant, add: bool, actor: &Actor) -> crate::lake::records::AuditEvent {
    let id = guid("group", group);
    let who = changed(changed(user(person), "Group.ObjectID", &id, !add), "Group.DisplayName", group, !add);
    let activity = if add { "Add member to group" } else { "Remove member from group" };
    event(at, CORE, activity, actor, vec![who, target("Group", &id, group)])
}

/// The principal name that a look at users gives.
pub(super) fn upn_of(name: &str, account: &Account) -> String {
    if account.guest { format!("{name}_partner.example#EXT#@corp.example") } else { upn(name) }
}
