//! A story becomes evidence: each row changes a small tenant, and looks write down what it is like then.

use super::looks;
use super::table::{Example, Row, instant};
use super::tenant::{Account, Package, Policy, Tenant, policy_id};
use super::wire::{Actor, guid};
use crate::config::{Config, Exception, Setting};
use crate::lake::records::Coverage;
use crate::ledger::Evidence;
use crate::ledger::evidence::UsageDay;
use crate::model::time::{DAY, MINUTE};
use crate::model::{Instant, TenantId};
use std::collections::{BTreeMap, BTreeSet};

/// What a story becomes.
pub(crate) struct Scenario {
    pub evidence: Evidence,
    pub config: Config,
    /// The ids that each row tells of.
    pub ids: Vec<BTreeSet<String>>,
}

impl Scenario {
    pub(crate) fn of(example: &Example) -> Self {
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
            teller.approvers();
            looks::look(&mut teller.evidence, &teller.tenant, now, &[]);
        }
        let first = example.rows.iter().map(|r| r.at).min().unwrap_or_default();
        teller.covers("audit", first.plus(-DAY), now);
        teller.finish(example)
    }
}

pub(super) struct Teller {
    pub(super) tenant: Tenant,
    pub(super) evidence: Evidence,
    config: Config,
    ids: Vec<BTreeSet<String>>,
    /// When the row is that is told.
    now: Instant,
    pub(super) usage: BTreeMap<(String, String, Instant), UsageDay>,
    /// Ends that rows tell later.
    pub(super) ends: BTreeMap<(String, String), Instant>,
}

impl Teller {
    fn new(example: &Example) -> Self {
        let mut teller = Self {
            tenant: Tenant::default(),
            evidence: Evidence {
                tenant: TenantId::new(&guid("tenant", "corp")),
                ..Evidence::default()
            },
            config: Config::default(),
            ids: vec![BTreeSet::new(); example.rows.len()],
            now: Instant::default(),
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
        self.now = row.at;
        for name in [&row.actor, &row.subject] {
            if name.starts_with("agent ") || name.starts_with("workload ") {
                self.ids[number].insert(guid("user", name));
            }
            if !name.is_empty() && row.activity != "policy" && row.activity != "staff" && !["app ", "agent ", "workload "].iter().any(|w| name.starts_with(w)) {
                self.account(name);
                self.ids[number].insert(guid("user", name));
            }
        }
        for kind in ["package", "group", "app", "catalog", "role"] {
            self.ids[number].insert(guid(kind, &row.thing));
        }
        let told: Vec<String> = match row.activity.as_str() {
            "user" => self.user(row),
            "package" => self.package_row(row),
            "policy" => self.policy_row(row),
            "group" => self.group_row(row),
            "catalog" => self.catalog_row(row),
            "setting" => self.setting(row),
            "gap" => self.gap(row),
            "unknown" => self.unknown(row),
            "delete" => self.delete(row),
            "auto-approve" => self.auto_approve(row),
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
            "activate" => self.schedule(row, true),
            "pim-assign" => self.schedule(row, false),
            "grant-app-role" => self.app_role(row),
            "sign-in" => self.sign_in(row),
            "disable" => self.disable(row),
            "decide" => self.decide(row),
            "except" => self.except(row),
            "leave" | "end" => Vec::new(),
            _ => self.around(row),
        };
        self.ids[number].extend(told);
    }

    fn finish(mut self, example: &Example) -> Scenario {
        self.evidence.usage = std::sync::Arc::new(self.usage.into_values().collect());
        // A sign-in tells of the packages that its application is in.
        for (ids, row) in self.ids.iter_mut().zip(&example.rows) {
            for (package, facts) in &self.tenant.packages {
                if row.activity == "sign-in" && facts.roles.iter().any(|(_, r, _)| *r == row.thing) {
                    ids.insert(guid("package", package));
                }
            }
        }
        Scenario {
            evidence: self.evidence,
            config: self.config,
            ids: self.ids,
        }
    }

    /// Whoever a policy asks by name has an account, unless the example says what became of it.
    fn approvers(&mut self) {
        let stages = self.tenant.policies.values().flat_map(|p| &p.stages);
        let asked = stages.flat_map(|s| [&s.approvers, &s.fallbacks, &s.alternates].into_iter().flatten());
        let is_name = |word: &&String| !matches!(word.as_str(), "manager" | "sponsor") && !word.contains(' ');
        let names: Vec<String> = asked.filter(is_name).cloned().collect();
        for name in names {
            self.account(&name);
        }
    }

    pub(super) fn account(&mut self, name: &str) -> &mut Account {
        self.tenant.people.entry(name.into()).or_default()
    }

    pub(super) fn package(&mut self, name: &str) -> &mut Package {
        let made = || Policy {
            // It was there before anybody asked.
            created_at: Some(self.now.plus(-DAY)),
            ..Policy::ordinary()
        };
        self.tenant.policies.entry((name.into(), String::new())).or_insert_with(made);
        self.tenant.packages.entry(name.into()).or_default()
    }

    fn user(&mut self, row: &Row) -> Vec<String> {
        let last = row.after("last sign-in").and_then(instant);
        let (guest, disabled) = (row.says("guest"), row.says("disabled"));
        let account = self.account(&row.subject);
        account.last_success = last.or(account.last_success);
        account.guest |= guest;
        account.disabled |= disabled;
        account.former_guest |= row.says("former guest");
        account.type_untold |= row.says("type untold");
        account.pending |= row.says("pending");
        account.employee_type = row.after("works as").map(Into::into).or(account.employee_type.take());
        account.manager = row.after("manager").map(Into::into).or(account.manager.take());
        account.sponsors.extend(row.after("sponsor").map(String::from));
        account.created_at = row.after("created").and_then(instant).or(account.created_at);
        account.employee_id = row.after("employee").map(Into::into).or(account.employee_id.take());
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
                d if d.starts_with("in catalog ") => {
                    let catalog = d["in catalog ".len()..].to_string();
                    self.tenant.catalogs.insert(catalog.clone());
                    self.package(&row.thing).catalog = Some(catalog);
                    continue;
                }
                d if d.starts_with("described ") => {
                    self.package(&row.thing).description = d["described ".len()..].to_string();
                    continue;
                }
                "sensitive" => {
                    self.config.sensitive_packages.push(row.thing.clone());
                    continue;
                }
                d if d.starts_with("without group ") => {
                    self.drop_role(row, &d["without group ".len()..]);
                    continue;
                }
                d if d.starts_with("privileged group ") => ("group", d["privileged group ".len()..].to_string()),
                d if d.starts_with("group ") => ("group", d["group ".len()..].to_string()),
                d if d.starts_with("app ") => ("app", d["app ".len()..].to_string()),
                d if d.starts_with("owner of group ") => ("owner", d["owner of group ".len()..].to_string()),
                d if d.starts_with("full control of site ") => ("control", d["full control of site ".len()..].to_string()),
                d if d.starts_with("site ") => ("site", d["site ".len()..].to_string()),
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
                "owner" => {
                    self.tenant.groups.entry(name.clone()).or_default();
                }
                _ => {}
            }
            ids.push(match kind {
                "owner" => guid("group", &name),
                "control" => guid("site", &name),
                "role" => super::around::role_id(&name),
                other => guid(other, &name),
            });
            self.package(&row.thing).roles.push((kind, name, row.at));
        }
        ids
    }

    /// A package no longer gives a group: its holders leave it, unless another package gives it to them.
    fn drop_role(&mut self, row: &Row, group: &str) {
        self.package(&row.thing).roles.retain(|(kind, name, _)| *kind != "group" || name != group);
        let live: Vec<(String, String)> = self
            .tenant
            .assignments
            .iter()
            .filter(|a| a.ended.is_none())
            .map(|a| (a.person.clone(), a.package.clone()))
            .collect();
        for (person, _) in live.iter().filter(|(_, package)| *package == row.thing) {
            let gives = |package: &str| self.contents(package).iter().any(|(kind, name)| *kind == "group" && name == group);
            if !live.iter().any(|(who, package)| who == person && gives(package)) {
                self.resource("group", group, person, row.at, false, &Actor::Service);
            }
        }
    }

    fn policy_row(&mut self, row: &Row) -> Vec<String> {
        let known = self.tenant.policies.contains_key(&(row.thing.clone(), row.subject.clone()));
        self.package(&row.thing);
        let policy = self
            .tenant
            .policies
            .entry((row.thing.clone(), row.subject.clone()))
            .or_insert_with(Policy::ordinary);
        let change = known && !row.says("not logged");
        policy.created_at.get_or_insert(row.at);
        policy.modified_at = known.then_some(row.at);
        if row.detail.iter().any(|d| d.starts_with("stage ")) {
            policy.stages.clear();
        }
        for detail in row.detail.iter().filter(|d| !matches!(d.as_str(), "not logged" | "values untold")) {
            assert!(policy.change(detail), "a policy cannot be: {detail}");
        }
        let approval = policy.approval;
        for group in row.detail.iter().filter_map(|d| d.strip_prefix("targets group ")) {
            self.tenant.groups.entry(group.into()).or_default();
        }
        for later in row.detail.iter().filter_map(|d| instant(d.strip_prefix("changed ")?)).filter(|t| *t > row.at) {
            let changed = Row { at: later, ..row.quiet() };
            self.policy_changed(&changed, None);
        }
        if change {
            let told = Some(approval).filter(|_| !row.says("values untold"));
            self.policy_changed(row, told);
        }
        vec![policy_id(&row.thing, &row.subject)]
    }

    /// Somebody accepts what a check finds.
    fn except(&mut self, row: &Row) -> Vec<String> {
        let entry = Exception {
            number: self.config.exceptions.len() + 1,
            check: row.detail.first().cloned().unwrap_or_default(),
            principal: guid("user", &row.subject),
            package: guid("package", &row.thing),
            owner: row.actor.clone(),
            reason: "A pilot".into(),
            until: row.after("until").and_then(instant).expect("an exception has an end").plus(DAY),
            ..Exception::default()
        };
        let ids = vec![entry.id(), entry.check.clone()];
        self.config.exceptions.push(entry);
        ids
    }

    fn group_row(&mut self, row: &Row) -> Vec<String> {
        let group = self.tenant.groups.entry(row.thing.clone()).or_default();
        group.dynamic |= row.says("dynamic");
        group.synced |= row.says("synced");
        group.privileged |= row.says("privileged");
        group.deleted |= row.says("deleted");
        if let Some(owner) = row.after("owner") {
            self.tenant.owners.insert((row.thing.clone(), owner.into()));
            self.account(owner);
        }
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
        if row.says("inferred") {
            self.evidence.coverage.last_mut().expect("it was just told").basis = "inferred".into();
        }
        log_ids(subject)
    }

    fn catalog_row(&mut self, row: &Row) -> Vec<String> {
        self.tenant.catalogs.insert(row.thing.clone());
        if let Some(owner) = row.after("owner") {
            self.tenant.catalog_owners.insert((row.thing.clone(), owner.into()));
            self.account(owner);
        }
        Vec::new()
    }

    /// A threshold of the house: `name value`.
    fn setting(&mut self, row: &Row) -> Vec<String> {
        let detail = row.detail.first().expect("a setting has a value");
        let value = detail.parse().expect("a number");
        let origin = "the story".to_string();
        self.config.thresholds.insert(row.thing.clone(), Setting { value, origin });
        Vec::new()
    }

    /// A time that a log does not cover.
    fn gap(&mut self, row: &Row) -> Vec<String> {
        let until = row.after("until").and_then(instant);
        let reason = row.after("reason").unwrap_or("a file is missing");
        self.evidence.coverage.push(Coverage {
            subject: row.thing.clone(),
            basis: "gap".into(),
            from: until.map(|_| row.at),
            until,
            reason: Some(reason.into()),
            ..Coverage::default()
        });
        log_ids(&row.thing)
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
        self.approvers();
        let without: Vec<&str> = row.detail.iter().filter_map(|d| d.strip_prefix("without ")).collect();
        looks::look(&mut self.evidence, &self.tenant, row.at, &without);
        Vec::new()
    }
}

/// The ids by which rows call a log.
fn log_ids(subject: &str) -> Vec<String> {
    ["", ":interactiveUser", ":nonInteractiveUser"]
        .map(|stream| format!("{subject}{stream}"))
        .to_vec()
}
