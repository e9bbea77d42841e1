//! `SEG-01`: a guest holds a package that is meant for employees.

use crate::check::define::check;
use crate::check::judge::since;
use crate::check::{Context, Draft, Outcome, Shard};
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
    /// A guest who holds a package that the configuration names as meant for employees, or whose policies, other than those of a rule, all let only members of the tenant ask.
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
    /// One of the policies is for guests:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | projects | scope allMemberUsers |   |
    /// | 2026-01-01 | policy |  | for partners | projects | scope specificConnectedOrganizationUsers |   |
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-05 | deliver |  | gil | projects |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("SEG-01"),
        severity: Severity::High,
        practice: &["P5"],
        controls: &[AC_2, AC_3],
        thresholds: &[],
        reads: &[Table::Users, Table::Assignments, Table::Requests, Table::Policies, Table::Packages, Table::AuditEvents],
        shard_by: Shard::Principal,
        cost: "one look at each package held",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    let nothing_known = cx.access.policies.is_empty() && cx.config.employee_packages.is_empty();
    for (holding, package) in cx.held_packages() {
        let kind = holding.principal_type.as_str();
        if !matches!(kind, "guest" | "unknown") {
            out.pass();
            continue;
        }
        match (kind, cx.for_employees(&package)) {
            ("guest", Some(why)) => out.push(found(cx, holding, &why)),
            ("guest", None) if nothing_known => {
                let message = "no policies are in the lake and the configuration names no package, so which packages are meant for employees is unknown";
                out.push(cx.lacking(
                    ReasonCode::NoTelemetry,
                    Table::Policies,
                    message,
                    "Ingest assignment policies, or name the packages in the configuration.",
                ));
            }
            ("guest", None) if policies_unknown(cx, &package) => {
                let mut draft = Draft::of_holding(cx, holding);
                draft.message = format!(
                    "the guest {} holds {}, and no policy of it is in the lake that tells for whom it is meant",
                    draft.subject.name, draft.object.name
                );
                draft.clears_when = "A look at assignment policies that lists those of the package.".into();
                out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
            }
            ("unknown", Some(why)) => {
                let mut draft = Draft::of_holding(cx, holding);
                draft.message = format!(
                    "{} holds {}, which is meant for employees ({why}), and no record tells whether the account is a guest's",
                    draft.subject.name, draft.object.name
                );
                draft.clears_when = "A look at users that lists the account.".into();
                out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
            }
            _ => out.pass(),
        }
    }
    out
}

fn policies_unknown(cx: &Context, package: &PackageId) -> bool {
    cx.access.packages.get(package).is_none_or(|facts| facts.policies.is_empty())
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
