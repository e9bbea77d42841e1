//! Laws about what is not there: less evidence turns verdicts into "not evaluable", and never into other findings or passes.

use crate::check::examples::scenario::Scenario;
use crate::check::index::Index;
use crate::check::laws::{built, scenarios};
use crate::check::run::in_parts;
use crate::check::{Check, Outcome, all};
use crate::lake::objects::PolicyRow;
use crate::lake::table::Table;
use crate::ledger::evidence::UsageDay;
use crate::ledger::{AccessModel, Evidence, Settings, build};
use crate::model::{Finding, Instant, Verdict};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A way to know less.
pub(super) struct Loss {
    pub(super) name: String,
    /// The table that is lost, whole or in part.
    pub(super) table: Table,
    pub(super) apply: Box<dyn Fn(&mut Evidence)>,
}

/// Everything that can be taken away: each table with all that tells of it, and columns that checks rest on.
pub(super) fn losses() -> Vec<Loss> {
    let tables = TABLES.iter().map(|table| Loss {
        name: format!("without {}", table.name()),
        table: *table,
        apply: Box::new(|e| empty(e, *table)),
    });
    tables.chain(columns()).collect()
}

/// The tables that evidence is made of.
const TABLES: &[Table] = &[
    Table::AuditEvents,
    Table::SignIns,
    Table::Assignments,
    Table::Requests,
    Table::Approvals,
    Table::Policies,
    Table::Packages,
    Table::Catalogs,
    Table::ResourceRoles,
    Table::Users,
    Table::Groups,
    Table::Memberships,
    Table::AppRoleAssignments,
    Table::DirectoryRoles,
    Table::RoleDefinitions,
    Table::RoleSchedules,
    Table::ServicePrincipals,
    Table::ConditionalAccess,
    Table::ReviewDecisions,
    Table::ReviewDefinitions,
    Table::ReviewInstances,
    Table::Incompatibilities,
    Table::ConnectedOrganizations,
];

/// Takes a table away, with its looks and its coverage.
fn empty(e: &mut Evidence, table: Table) {
    match table {
        Table::AuditEvents => {
            e.audit_events.clear();
            e.unknown_activities.clear();
        }
        Table::SignIns => e.usage = Arc::default(),
        Table::Assignments => e.assignments.clear(),
        Table::Requests => e.requests.clear(),
        Table::Approvals => e.approvals.clear(),
        Table::Policies => e.policies.clear(),
        Table::Packages => e.packages.clear(),
        Table::Catalogs => e.catalogs.clear(),
        Table::ResourceRoles => e.resource_roles.clear(),
        Table::Users => e.users.clear(),
        Table::Groups => e.groups.clear(),
        Table::Memberships => e.memberships.clear(),
        Table::AppRoleAssignments => e.app_role_assignments.clear(),
        Table::DirectoryRoles => e.directory_roles.clear(),
        Table::RoleDefinitions => e.role_definitions.clear(),
        Table::RoleSchedules => e.role_schedules.clear(),
        Table::ServicePrincipals => e.service_principals.clear(),
        Table::ConditionalAccess => e.conditional_access.clear(),
        Table::ReviewDecisions => e.review_decisions.clear(),
        Table::ReviewDefinitions => e.review_definitions.clear(),
        Table::ReviewInstances => e.review_instances.clear(),
        Table::Incompatibilities => e.incompatibilities.clear(),
        Table::ConnectedOrganizations => e.connected_organizations.clear(),
        other => panic!("no evidence is called {}", other.name()),
    }
    e.sightings.retain(|s| s.collection != table.name());
    e.snapshots.retain(|s| s.collection != table.name());
    let log = match table {
        Table::AuditEvents => "audit",
        Table::SignIns => "sign_ins",
        _ => return,
    };
    e.coverage.retain(|c| !c.subject.starts_with(log));
}

/// Columns whose absence must not be read as a value.
fn columns() -> Vec<Loss> {
    fn column(name: &str, table: Table, apply: impl Fn(&mut Evidence) + 'static) -> Loss {
        Loss {
            name: format!("without {}.{name}", table.name()),
            table,
            apply: Box::new(apply),
        }
    }
    fn usage(e: &mut Evidence, change: impl Fn(&mut UsageDay)) {
        Arc::make_mut(&mut e.usage).iter_mut().for_each(change);
    }
    vec![
        column("user_type", Table::Users, |e| e.users.iter_mut().for_each(|r| r.user_type = None)),
        column("enabled", Table::Users, |e| e.users.iter_mut().for_each(|r| r.enabled = None)),
        column("last_successful_at", Table::Users, |e| {
            e.users.iter_mut().for_each(|r| r.last_successful_at = None)
        }),
        column("leave_at", Table::Users, |e| {
            let told = "\"employeeLeaveDateTime\"";
            e.users
                .iter_mut()
                .for_each(|r| (r.leave_at, r.content) = (None, r.content.replace(told, "\"other\"")));
        }),
        column("group_types", Table::Groups, |e| {
            e.groups.iter_mut().for_each(|r| (r.group_types, r.content) = (Vec::new(), String::new()));
        }),
        column("synced", Table::Groups, |e| e.groups.iter_mut().for_each(|r| r.synced = None)),
        column("role_assignable", Table::Groups, |e| e.groups.iter_mut().for_each(|r| r.role_assignable = None)),
        column("app_id", Table::ServicePrincipals, |e| {
            e.service_principals.iter_mut().for_each(|r| r.app_id = None)
        }),
        column("resource_sp_id", Table::SignIns, |e| usage(e, |u| u.resource_sp_id = "".into())),
        column("resource ids", Table::SignIns, |e| {
            usage(e, |u| (u.resource_sp_id, u.resource_app_id) = ("".into(), "".into()));
        }),
        column("authentication_requirement", Table::SignIns, |e| {
            usage(e, |u| (u.untold, u.single_factor, u.unprotected, u.telling) = (u.untold + u.telling, 0, 0, 0));
        }),
        column("automatic", Table::Policies, |e| {
            let rule = "{\"specificAllowedTargets\":[{\"@odata.type\":\"#microsoft.graph.attributeRuleMembers\"}],";
            let ruled = |r: &mut PolicyRow| r.content = r.content.replacen('{', rule, usize::from(r.automatic == Some(true)));
            e.policies.iter_mut().for_each(|r| {
                ruled(r);
                r.automatic = None;
            });
        }),
        column("target_scope", Table::Policies, |e| e.policies.iter_mut().for_each(|r| r.target_scope = None)),
        column("approval_required_add", Table::Policies, |e| {
            e.policies.iter_mut().for_each(|r| r.approval_required_add = None)
        }),
        column("requestor_justification", Table::Policies, |e| {
            e.policies.iter_mut().for_each(|r| r.requestor_justification = None)
        }),
        column("review_settings", Table::Policies, |e| {
            e.policies.iter_mut().for_each(|r| r.review_settings = None)
        }),
        column("review_recurrence", Table::Policies, |e| {
            e.policies.iter_mut().for_each(|r| r.review_recurrence = None)
        }),
        column("expiration", Table::Policies, |e| {
            e.policies
                .iter_mut()
                .for_each(|r| (r.expiration_type, r.expiration_duration, r.expiration_at) = (None, None, None));
        }),
        column("approval_required_update", Table::Policies, |e| {
            e.policies.iter_mut().for_each(|r| r.approval_required_update = None)
        }),
        column("created_at and modified_at", Table::Policies, |e| {
            e.policies.iter_mut().for_each(|r| (r.created_at, r.modified_at) = (None, None));
        }),
        column("approver_justification", Table::Policies, |e| {
            e.policies.iter_mut().flat_map(|r| &mut r.stages).for_each(|s| s.approver_justification = None);
        }),
        column("justification", Table::Approvals, |e| {
            e.approvals.iter_mut().flat_map(|r| &mut r.stages).for_each(|s| s.justification = None);
        }),
        column("created_at", Table::Requests, |e| e.requests.iter_mut().for_each(|r| r.created_at = None)),
        column("catalog_id", Table::Packages, |e| e.packages.iter_mut().for_each(|r| r.catalog_id = None)),
        column("name", Table::Packages, |e| e.packages.iter_mut().for_each(|r| r.name = None)),
        column("expiration", Table::Assignments, |e| {
            e.assignments.iter_mut().for_each(|r| (r.end_at, r.expiration_type) = (None, None));
        }),
        column("actor", Table::AuditEvents, |e| {
            e.audit_events
                .iter_mut()
                .for_each(|r| (r.actor_id, r.actor_name, r.actor_upn, r.actor_app_id) = (None, None, None, None));
        }),
        column("content", Table::ConditionalAccess, |e| {
            e.conditional_access.iter_mut().for_each(|r| r.content.clear())
        }),
        column("state", Table::ConditionalAccess, |e| {
            e.conditional_access.iter_mut().for_each(|r| r.state = None)
        }),
        column("department", Table::Users, |e| e.users.iter_mut().for_each(|r| r.department = None)),
        column("employee_type", Table::Users, |e| e.users.iter_mut().for_each(|r| r.employee_type = None)),
        column("enabled", Table::ServicePrincipals, |e| {
            e.service_principals.iter_mut().for_each(|r| r.enabled = None)
        }),
        column("reviewer_id", Table::ReviewDecisions, |e| {
            e.review_decisions.iter_mut().for_each(|r| r.reviewer_id = None)
        }),
        column("instance_id", Table::ReviewDecisions, |e| {
            e.review_decisions.iter_mut().for_each(|r| (r.instance_id, r.definition_id) = (None, None))
        }),
        column("reviewed_at", Table::ReviewDecisions, |e| {
            e.review_decisions.iter_mut().for_each(|r| r.reviewed_at = None)
        }),
        column("apply_result", Table::ReviewDecisions, |e| {
            e.review_decisions.iter_mut().for_each(|r| r.apply_result = None)
        }),
        column("applied_at", Table::ReviewDecisions, |e| {
            e.review_decisions.iter_mut().for_each(|r| r.applied_at = None)
        }),
        column("end_at", Table::ReviewInstances, |e| {
            e.review_instances.iter_mut().for_each(|r| r.end_at = None)
        }),
        column("assignment_type", Table::RoleSchedules, |e| {
            e.role_schedules.iter_mut().for_each(|r| r.assignment_type = None)
        }),
    ]
}

/// Every check on a scenario, and the instant of the questions.
fn whole(scenario: &Scenario) -> (Vec<Outcome>, Instant) {
    let access = built(scenario.evidence.clone(), &scenario.config);
    let index = Index::new(&access);
    (all().iter().map(|c| in_parts(c, &access, &scenario.config, &index, 1)).collect(), access.as_of)
}

/// The access model after a loss, as of the same instant.
pub(super) fn after(loss: &Loss, scenario: &Scenario, as_of: Instant) -> AccessModel {
    let mut evidence = scenario.evidence.clone();
    (loss.apply)(&mut evidence);
    let settings = Settings {
        as_of: Some(as_of),
        sensitive_packages: scenario.config.sensitive_packages.clone(),
        ..Settings::default()
    };
    build(evidence, &settings)
}

/// Whether a finding was there before the loss, as this or as another of the same question.
///
/// STA-01 and STA-02 ask one question: whether unused access was ever used.
/// ORP-02 tells of a leaver's package, and of its contents only where no package explains them: the person is the finding.
fn was_there(finding: &Finding, before: &[Finding]) -> bool {
    let found = before.iter().filter(|f| f.result == Verdict::Finding && f.subject_id == finding.subject_id);
    let by_person = finding.check.as_str() == "ORP-02";
    found
        .into_iter()
        .any(|f| f.fingerprint == finding.fingerprint || by_person || f.object_id == finding.object_id)
        || {
            // A batch is told by its first request; whoever assigned may be unknown now.
            !finding.request_id.is_empty()
                && before
                    .iter()
                    .any(|f| f.result == Verdict::Finding && f.evidence.iter().any(|e| *e == format!("requests:{}", finding.request_id)))
        }
}

fn broken(check: &'static Check, before: &Outcome, after: &Outcome, unused: &[Finding]) -> Option<String> {
    let found = |o: &Outcome| o.findings.iter().filter(|f| f.result == Verdict::Finding).count();
    let open = |o: &Outcome| o.findings.iter().any(|f| f.result == Verdict::NotEvaluable);
    let known = if check.id.as_str().starts_with("STA-") { unused } else { &before.findings };
    if let Some(new) = after.findings.iter().find(|f| f.result == Verdict::Finding && !was_there(f, known)) {
        return Some(format!("a finding that was not there: {}", new.message));
    }
    if after.passed > before.passed {
        let told: Vec<&str> = before.findings.iter().chain(&after.findings).map(|f| f.message.as_str()).collect();
        return Some(format!("{} pass where {} did: {}", after.passed, before.passed, told.join(" / ")));
    }
    let less = found(after) + after.passed < found(before) + before.passed;
    (less && !open(after)).then(|| {
        format!(
            "silent: {} of {} were judged, {} of {} are",
            found(before) + before.passed,
            before.population,
            found(after) + after.passed,
            after.population
        )
    })
}

#[test]
fn less_evidence_turns_verdicts_into_not_evaluable_only() {
    let told: Vec<(Broken, Broken)> = scenarios().par_iter().map(|(title, scenario)| of_scenario(title, scenario)).collect();
    let (mut wrong, mut unread) = (Broken::new(), Broken::new());
    for (of_less, of_unread) in told {
        for (all, one) in [(&mut wrong, of_less), (&mut unread, of_unread)] {
            for (what, (times, first)) in one {
                all.entry(what).or_insert((0, first)).0 += times;
            }
        }
    }
    let lines = |broken: &Broken| -> Vec<String> {
        broken
            .iter()
            .map(|(what, (times, first))| format!("{what}, {times} times; first: {first}"))
            .collect()
    };
    assert!(wrong.is_empty(), "{} broken:\n{}", wrong.len(), lines(&wrong).join("\n"));
    assert!(
        unread.is_empty(),
        "{} change though they are not read:\n{}",
        unread.len(),
        lines(&unread).join("\n")
    );
}

/// What is broken, how often, and the first time.
type Broken = BTreeMap<String, (usize, String)>;

/// What each loss breaks in a scenario: verdicts that are no longer what they may be, and answers of checks that do not read what was lost.
fn of_scenario(title: &str, scenario: &Scenario) -> (Broken, Broken) {
    let (mut wrong, mut unread) = (Broken::new(), Broken::new());
    let (before, as_of) = whole(scenario);
    let unused: Vec<Finding> = all()
        .iter()
        .zip(&before)
        .filter(|(c, _)| c.id.as_str().starts_with("STA-"))
        .flat_map(|(_, o)| o.findings.clone())
        .collect();
    for loss in losses() {
        let access = after(&loss, scenario, as_of);
        let index = Index::new(&access);
        // What a leaver does not use is unused: it is left to ORP-02 where the leave date is known, and true where it is not.
        let of_leavers = |c: &Check| c.id.as_str().starts_with("STA-") && loss.name.ends_with(".leave_at");
        for (check, before) in all().iter().zip(&before).filter(|(c, _)| !of_leavers(c)) {
            let after = in_parts(check, &access, &scenario.config, &index, 1);
            let key = format!("{} {}", check.id, loss.name);
            if let Some(what) = broken(check, before, &after, &unused) {
                wrong.entry(key.clone()).or_insert((0, format!("{what} (in \"{title}\")"))).0 += 1;
            }
            if !check.reads.contains(&loss.table) && names_apart(before) != names_apart(&after) {
                unread.entry(key).or_insert((0, format!("in \"{title}\""))).0 += 1;
            }
        }
    }
    (wrong, unread)
}

/// What was judged, without names and records: those may come from anywhere.
fn names_apart(outcome: &Outcome) -> (usize, usize, Vec<(Verdict, String, String)>) {
    let row = |f: &Finding| (f.result, f.reason.clone(), f.fingerprint.clone());
    (outcome.passed, outcome.population, outcome.findings.iter().map(row).collect())
}
