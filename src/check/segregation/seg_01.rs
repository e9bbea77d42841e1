//! `SEG-01`: a guest holds a package that is meant for employees.

use crate::check::define::check;
use crate::check::judge::since;
use crate::check::{Account, Context, Draft, Known, Outcome, Shard};
use crate::lake::table::Table;
use crate::model::controls::{AC_2, AC_3};
use crate::model::{CheckId, Finding, Holding, PackageId, ReasonCode, Severity};

check! {
    /// A guest holds a package meant for employees
    ///
    /// ## Why it matters
    /// Guests are vouched for by another organisation, which does not tell when they leave it.
    /// A package that was made for employees has neither the sponsor nor the end date that a guest's access needs.
    ///
    /// ## What it looks for
    /// A guest, by the type of the account, who holds a package that the configuration names as meant for employees, or whose policies, other than those of a rule, all let only members of the tenant ask.
    /// A principal name with `#EXT#` is no sign of a guest: it stays when a guest becomes a member.
    ///
    /// ## Known false positives
    /// Employees with a guest account, after a merger or in a second tenant.
    ///
    /// ## What to do
    /// Remove the access, or make a package or a policy for guests, with a sponsor, an end and a review.
    ///
    /// ## Examples
    /// Only members may ask, and yet an administrator gave it to a guest:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | scope allMemberUsers |   |
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-05 | deliver |  | gil | payroll |  | ◀ |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// The configuration says so:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | intranet | scope allDirectoryUsers |   |
    /// | 2026-01-01 | package |  |  | intranet | for employees |   |
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-05 | deliver |  | gil | intranet |  | ◀ |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Nobody knows the scope of the one policy, and nobody knows what kind of user Uma is:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | scope allMoonUsers |   |
    /// | 2026-01-01 | policy |  |  | library | scope allMemberUsers |   |
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-01 | user |  | uma |  | type untold |   |
    /// | 2026-01-05 | deliver |  | gil | payroll |  | ? |
    /// | 2026-01-05 | deliver |  | uma | library |  | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// One of the policies is for guests, and Hal was a guest once, as his principal name still tells:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | projects | scope allMemberUsers |   |
    /// | 2026-01-01 | policy |  | for partners | projects | scope specificConnectedOrganizationUsers |   |
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-01 | policy |  |  | library | scope allMemberUsers |   |
    /// | 2026-01-01 | user |  | hal |  | former guest |   |
    /// | 2026-01-05 | deliver |  | gil | projects |  |   |
    /// | 2026-01-05 | deliver |  | hal | library |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("SEG-01"),
        severity: Severity::High,
        practice: &["P5"],
        controls: &[AC_2, AC_3],
        thresholds: &[],
        reads: &[Table::Users, Table::Assignments, Table::Requests, Table::Policies, Table::Packages, Table::AuditEvents],
        shard_by: Shard::Principal,
        cost: "one pass over each package held",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    if cx.access.policies.is_empty() && !cx.looked_at(Table::Policies) && cx.config.employee_packages.is_empty() {
        let message = "no policies are in the lake and the configuration names no package, so which packages are meant for employees is unknown";
        let clears_when = "Ingest assignment policies, or name the packages in the configuration.";
        out.push_for(
            cx.lacking(ReasonCode::NoTelemetry, Table::Policies, message, clears_when),
            cx.held_packages().count(),
        );
        return out;
    }
    for (holding, package) in cx.held_packages() {
        match (cx.account(&holding.principal), cx.is_for_employees(&package)) {
            (Account::Member | Account::Workload | Account::Agent | Account::Group, _) | (_, Known::No) => {
                out.pass_of(cx, holding, "an account of the house, or a package that is not for employees alone")
            }
            (Account::Guest, Known::Yes(why)) => out.push(found(cx, holding, &why)),
            (Account::Guest, Known::Unknown(why)) => {
                out.push(open(
                    cx,
                    holding,
                    &format!("whether it is meant for employees is unknown: {why}"),
                    "A snapshot of assignment policies that lists those of the package.",
                ));
            }
            (Account::User | Account::Unknown, Known::Yes(why)) => {
                let told = format!("it is meant for employees ({why}), and no record tells whether the account is a guest's");
                out.push(open(cx, holding, &told, "A snapshot of users, with userType, that lists the account."));
            }
            (Account::User | Account::Unknown, Known::Unknown(why)) => {
                let told = format!("neither whether the account is a guest's nor whether the package is meant for employees is known: {why}");
                out.push(open(cx, holding, &told, "A snapshot of users with userType, and of assignment policies."));
            }
        }
    }
    out
}

fn open(cx: &Context, holding: &Holding, told: &str, clears_when: &str) -> Finding {
    let mut draft = Draft::of_holding(cx, holding);
    draft.message = format!("{} holds {}, and {told}", draft.subject.name, draft.object.name);
    draft.clears_when = clears_when.into();
    cx.not_evaluable(ReasonCode::JoinMissing, draft)
}

fn found(cx: &Context, holding: &Holding, why: &str) -> Finding {
    let mut draft = Draft::of_holding(cx, holding);
    if let Some(person) = cx.access.people.get(&holding.principal) {
        draft.evidence.extend(person.evidence.iter().map(ToString::to_string));
    }
    let facts = cx.access.packages.get(&PackageId::new(holding.entitlement.resource()));
    let policies = facts.map(|f| f.policies.as_slice()).unwrap_or_default();
    draft.evidence.extend(policies.iter().map(|p| format!("policies:{p}")));
    draft.severity = Severity::High;
    draft.reason = "guest-in-employee-package";
    draft.message = format!(
        "the guest {} holds {} {}, which is meant for employees: {why}",
        draft.subject.name,
        draft.object.name,
        since(holding)
    );
    draft.clears_when = format!(
        "The removal of {} from {}, or a policy of the package that is for guests.",
        draft.object.name, draft.subject.name
    );
    cx.finding(draft)
}
