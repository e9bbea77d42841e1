//! `EXP-03`: access that nobody has decided on for too long.

use super::decisions::{Decisions, Renewal};
use crate::check::define::check;
use crate::check::policies::{CEILING_EMPLOYEE, CEILING_EXTERNAL, CEILING_SENSITIVE, decided_at};
use crate::check::{Context, Draft, Known, Outcome, Population, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_6_5, ISO_A_8_2};
use crate::model::time::DAY;
use crate::model::{CheckId, Holding, Instant, PackageId, ReasonCode, Severity};

check! {
    /// Access has lasted too long without a person's decision
    ///
    /// ## Why it matters
    /// A yes grows old.
    /// The job, the project and the approver change, and what was agreed to a year ago is nobody's decision any more.
    ///
    /// ## What it looks for
    /// A package held for longer than its class allows since a person last decided: an approval of the request or of an extension, an administrator's assignment or change, or a reviewer who kept it.
    /// Sensitive packages are to be decided on after 90 days, those of contractors, partners and guests after 180, those of employees after 365.
    /// Assignments by a rule, and what service principals and agents hold, are left out.
    ///
    /// ## Known false positives
    /// A review of the group or the application itself, outside entitlement management.
    ///
    /// ## What to do
    /// Have it reviewed now, and give the policy an end or a review that comes in time.
    ///
    /// ## Examples
    /// An employee's access of more than a year, and a contractor's of more than half a year:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-01-01 | package |  |  | payroll | group payers |   |
    /// | 2025-01-01 | user |  | ana |  | works as Employee |   |
    /// | 2025-01-01 | user |  | bo |  | works as Contractor |   |
    /// | 2025-01-10 | deliver |  | ana | payroll |  | ◀ medium |
    /// | 2025-08-01 | deliver |  | bo | payroll |  | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Sensitive access, and one that a reviewer kept in the meantime:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-11-01 | package |  |  | keys | privileged group vault |   |
    /// | 2025-11-01 | user |  | ana |  | works as Employee |   |
    /// | 2025-11-01 | user |  | bo |  | works as Employee |   |
    /// | 2025-12-01 | deliver |  | ana | keys |  | ◀ high |
    /// | 2025-12-01 | deliver |  | bo | keys |  |   |
    /// | 2026-02-01 | decide | boss | bo | keys | approve |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Young enough, assigned by a rule, and an employee or a contractor of whom nothing tells which:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-01-01 | package |  |  | payroll | group payers |   |
    /// | 2025-01-01 | policy |  |  | intranet | automatic |   |
    /// | 2025-01-01 | user |  | ana |  | works as Employee |   |
    /// | 2025-01-10 | deliver |  | ana | intranet |  |   |
    /// | 2025-08-01 | deliver |  | ana | payroll |  |   |
    /// | 2025-08-01 | deliver |  | bo | payroll |  | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXP-03"),
        severity: Severity::High,
        practice: &["P4"],
        controls: &[AC_6_5, ISO_A_8_2],
        thresholds: &[&CEILING_SENSITIVE, &CEILING_EXTERNAL, &CEILING_EMPLOYEE],
        reads: &[Table::Assignments, Table::Requests, Table::Approvals, Table::AuditEvents, Table::ReviewDecisions, Table::ReviewDefinitions, Table::ReviewInstances, Table::Policies, Table::Packages, Table::ResourceRoles, Table::Groups, Table::Users, Table::ServicePrincipals, Table::Memberships, Table::AppRoleAssignments, Table::DirectoryRoles, Table::Coverage],
        shard_by: Shard::Principal,
        cost: "one pass over each package held, with the requests and reviews of its holder",
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
    let decisions = Decisions::new(cx);
    for (holding, package) in cx.held_packages() {
        let person = cx.account(&holding.principal).is_person() != Some(false);
        match cx.by_rule(holding) {
            Some(true) => out.pass_of(cx, holding, "assigned by a rule"),
            _ if !person => out.pass_of(cx, holding, "no person's account"),
            by_rule => {
                let known = by_rule.is_some() && cx.account(&holding.principal).is_person().is_some();
                judge(cx, holding, &package, &decisions, known, &mut out);
            }
        }
    }
    out
}

/// The ceilings that may be in force, with the class of each.
fn ceilings(cx: &Context, holding: &Holding, package: &PackageId) -> Vec<(&'static Threshold, Severity, &'static str)> {
    let sensitive = (&CEILING_SENSITIVE, Severity::High, "sensitive access");
    let external = (&CEILING_EXTERNAL, Severity::Medium, "contractors, partners and guests");
    let employee = (&CEILING_EMPLOYEE, Severity::Medium, "employees");
    let of_person = match cx.who(&holding.principal) {
        Ok((population, _)) if population.is_external() => vec![external],
        Ok((Population::Employee | Population::Admin | Population::BreakGlass, _)) => vec![employee],
        Ok(_) | Err(_) => vec![external, employee],
    };
    match cx.is_sensitive(package) {
        Known::Yes(_) => vec![sensitive],
        Known::No => of_person,
        Known::Unknown(_) => [of_person, vec![sensitive]].concat(),
    }
}

fn judge(cx: &Context, holding: &Holding, package: &PackageId, decisions: &Decisions, known: bool, out: &mut Outcome) {
    let ceilings = ceilings(cx, holding, package);
    let longest = ceilings.iter().map(|(t, ..)| cx.threshold(t)).max().unwrap_or_default();
    let shortest = ceilings.iter().map(|(t, ..)| cx.threshold(t)).min().unwrap_or_default();
    let renewals = decisions.renewals(cx, holding);
    let renewed = renewals
        .iter()
        .filter_map(|(_, _, r)| if let Renewal::Approved(at) = r { Some(*at) } else { None });
    let granted = holding.decisions.iter().filter(|d| d.decision == "approved").filter_map(decided_at);
    let decided = renewed.chain(granted).chain(decisions.kept(cx, holding)).max();
    let age = |from: Option<Instant>| from.map(|t| cx.as_of().0 - t.0);
    // It is at least so old, and at most.
    let began = cx.began(holding);
    let least = age(decided.max(began));
    let most = age(decided.max(holding.from_earliest));
    let draft = Draft::of_holding(cx, holding);
    if most.is_some_and(|a| a <= shortest * DAY) {
        return out.pass_of(cx, &draft, "a person decided on it lately enough");
    }
    if least.is_none_or(|a| a <= shortest * DAY) {
        let message = format!(
            "{} holds {}, and nothing tells how long before its first record that began",
            draft.subject.name, draft.object.name
        );
        return out.push(draft.untold(cx, ReasonCode::TooYoung, message, "The request or the audit event of the grant."));
    }
    let untold = renewals.iter().any(|(_, _, r)| *r == Renewal::Untold);
    if most.is_some_and(|a| a <= longest * DAY) || least.is_none_or(|a| a <= longest * DAY) || !known || untold {
        if ceilings.len() == 1 && known && !untold && most.is_some_and(|a| a <= longest * DAY) {
            return out.pass_of(cx, &draft, "a person decided on it lately enough for its class");
        }
        let by_person = ceilings.iter().all(|(t, ..)| t.name != CEILING_SENSITIVE.name);
        if known && !untold && by_person && !cx.index.employee_types {
            let message = "no account has an employeeType on record, so who is an employee and who a contractor is unknown";
            return out.push(cx.lacking(
                ReasonCode::NoTelemetry,
                Table::Users,
                message,
                "Export users with employeeType, or name populations in the configuration.",
            ));
        }
        return out.push(unclear(cx, draft, (&ceilings, known, untold)));
    }
    let last = decided.max(began).unwrap_or_default();
    if let Some(missed) = decisions.missed(cx, holding, last) {
        return missed.push(cx, holding, "was decided on again for", out);
    }
    out.push(found(cx, draft, holding, (&ceilings, longest), (decided, last)));
}

fn unclear(cx: &Context, draft: Draft, (ceilings, known, untold): (&[(&Threshold, Severity, &str)], bool, bool)) -> crate::model::Finding {
    let why = match () {
        () if !known => "no record tells whether a rule assigned it, or whether the account is a person's".to_string(),
        () if untold => "it was extended, and no record tells whether anybody approved that".to_string(),
        () => {
            let classes: Vec<String> = ceilings
                .iter()
                .map(|(t, _, class)| format!("{} for {class}", words::count(cx.threshold(t), "day")))
                .collect();
            format!("which class it is of is unknown ({})", classes.join(" or "))
        }
    };
    let message = format!("whether {} holds {} for too long is unknown: {why}", draft.subject.name, draft.object.name);
    draft.untold(
        cx,
        ReasonCode::JoinMissing,
        message,
        "Snapshots of users with employeeType, of packages with their contents, and of policies and requests.",
    )
}

fn found(
    cx: &Context,
    mut draft: Draft,
    holding: &Holding,
    (ceilings, days): (&[(&'static Threshold, Severity, &'static str)], i64),
    (decided, last): (Option<Instant>, Instant),
) -> crate::model::Finding {
    let (_, severity, class) = ceilings
        .iter()
        .max_by_key(|(t, ..)| cx.threshold(t))
        .copied()
        .unwrap_or((&CEILING_EMPLOYEE, Severity::Medium, "employees"));
    let decision = match decided {
        Some(at) if at == last => format!("a person last decided on {}", words::day(at)),
        _ => format!("it began on {}, and no person has decided since", words::day(last)),
    };
    if let Some(policy) = &holding.policy {
        draft.evidence.push(format!("policies:{policy}"));
    }
    draft.severity = severity;
    draft.reason = "over-ceiling";
    draft.message = format!(
        "{} holds {}: {decision}, {} ago, where {} are allowed for {class}",
        draft.subject.name,
        draft.object.name,
        words::count(cx.as_of().days_since(last), "day"),
        words::count(days, "day"),
    );
    draft.clears_when = "An approved extension, a review that keeps it, or its removal.".into();
    cx.finding(draft)
}
