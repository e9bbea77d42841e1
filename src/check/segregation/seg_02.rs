//! `SEG-02`: one policy for people of the house and people from outside.

use crate::check::define::check;
use crate::check::surround::holdings;
use crate::check::who::Population;
use crate::check::{Context, Draft, Outcome, Shard, Thing, words};
use crate::lake::table::Table;
use crate::ledger::access_model::PolicyFacts;
use crate::model::controls::AC_2;
use crate::model::{CheckId, Holding, PolicyId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// One policy serves people of the house and people from outside
    ///
    /// ## Why it matters
    /// Employees, contractors and partners need other approvers, other ends and other reviews.
    /// One policy for all of them is right for none: mostly it is made for employees, and partners keep what they have.
    ///
    /// ## What it looks for
    /// A policy under which employees and somebody from outside (contractors, partners, guests) hold the package at the same time; it weighs medium.
    /// A policy that lets everybody in the directory ask, guests too, without anybody from outside holding by it yet; it weighs low.
    /// Who is from outside is told by `userType` and `employeeType`, never by a name.
    /// Administrative accounts, workload identities and agents are counted for neither side, and policies of a rule are left out.
    ///
    /// ## Known false positives
    /// Contractors who are treated as employees in everything, by a decision of the house.
    ///
    /// ## What to do
    /// Make a policy of its own for people from outside, with a sponsor who approves, an end and a review.
    ///
    /// ## Examples
    /// An employee and a guest by one policy, and one that is open to all:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | projects | scope allDirectoryUsers | ◀ medium |
    /// | 2026-01-01 | policy |  |  | library | scope allDirectoryUsers | ◀ low |
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-01 | post |  | ana |  | type Employee |   |
    /// | 2026-01-05 | deliver |  | ana | projects |  |   |
    /// | 2026-01-05 | deliver |  | gil | projects |  |   |
    /// | 2026-01-05 | deliver |  | ana | library |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Employees only; guests only; and of Bo nobody knows whether he is an employee:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | scope allMemberUsers |   |
    /// | 2026-01-01 | policy |  |  | projects | scope specificConnectedOrganizationUsers |   |
    /// | 2026-01-01 | policy |  |  | keys | scope specificDirectoryUsers | ? |
    /// | 2026-01-01 | user |  | gil |  | guest |   |
    /// | 2026-01-01 | post |  | ana |  | type Employee |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | gil | projects |  |   |
    /// | 2026-01-05 | deliver |  | bo | keys |  |   |
    /// | 2026-01-05 | deliver |  | gil | keys |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("SEG-02"),
        severity: Severity::Medium,
        practice: &["P5"],
        controls: &[AC_2],
        thresholds: &[],
        reads: holdings!(),
        shard_by: Shard::Whole,
        cost: "packages held, counted by policy",
        run,
    }
}

/// How many hold by a policy, by kind.
#[derive(Default)]
struct Served<'a> {
    inside: Vec<&'a Holding>,
    outside: Vec<&'a Holding>,
    unknown: Vec<&'a Holding>,
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    if cx.access.policies.is_empty() && !cx.looked_at(Table::Policies) {
        let message = "no assignment policies are in the lake, so whom each serves is unknown";
        out.push_for(cx.lacking(ReasonCode::NoTelemetry, Table::Policies, message, "Ingest assignment policies."), 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    let mut served: BTreeMap<&PolicyId, Served> = BTreeMap::new();
    for (holding, _) in cx.held_packages() {
        let Some(policy) = &holding.policy else {
            let message = "no record tells by which policy some packages are held, so they were counted for none";
            out.push_for(
                cx.lacking(
                    ReasonCode::JoinMissing,
                    Table::Requests,
                    message,
                    "A snapshot of assignments with their policies.",
                ),
                0,
            );
            continue;
        };
        let of = served.entry(policy).or_default();
        match cx.who(&holding.principal) {
            Ok((Population::Employee, _)) => of.inside.push(holding),
            Ok((who, _)) if who.is_external() => of.outside.push(holding),
            Ok(_) => {}
            Err(_) => of.unknown.push(holding),
        }
    }
    for (id, policy) in cx.access.policies.iter().filter(|(_, p)| !p.removed && !p.automatic) {
        if !cx.may_be_by_rule(id, policy, &mut out) {
            judge(cx, id, policy, &served.remove(id).unwrap_or_default(), &mut out);
        }
    }
    out
}

fn judge(cx: &Context, id: &PolicyId, policy: &PolicyFacts, served: &Served, out: &mut Outcome) {
    let mut draft = Draft {
        subject: Thing::new("policy", id.as_str(), &policy.name),
        object: policy.package.as_ref().map(|p| cx.package(p)).unwrap_or_default(),
        evidence: vec![format!("policies:{id}")],
        ..Draft::default()
    };
    let name = draft.subject.name.clone();
    let of = if draft.object.name.is_empty() {
        String::new()
    } else {
        format!(" of {}", draft.object.name)
    };
    let open = policy.target_scope.eq_ignore_ascii_case("allDirectoryUsers");
    let whole = cx.looked_whole(Table::Assignments);
    draft.clears_when = "A policy of its own for people from outside.".into();
    if !served.inside.is_empty() && !served.outside.is_empty() {
        let sample = served.inside.iter().take(5).chain(served.outside.iter().take(5));
        draft.evidence.extend(sample.flat_map(|h| h.evidence.iter().map(ToString::to_string)));
        let all = served.inside.iter().chain(&served.outside);
        draft.covers = all.map(|h| h.principal.to_string()).collect();
        draft.severity = Severity::Medium;
        draft.reason = "serves-both";
        let outside: Vec<String> = served.outside.iter().map(|h| cx.access.principal_name(&h.principal).to_string()).collect();
        draft.message = format!(
            "by the policy \"{name}\"{of}, {} and {} from outside hold it together: {}",
            words::many(served.inside.len(), "employee"),
            words::many(served.outside.len(), "account"),
            words::listed(&outside)
        );
        out.push(cx.finding(draft));
    } else if open {
        draft.severity = Severity::Low;
        draft.reason = "open-to-both";
        draft.message = format!("the policy \"{name}\"{of} lets everybody in the directory ask, guests too");
        out.push(cx.finding(draft));
    } else if !served.unknown.is_empty() && (!served.outside.is_empty() || served.unknown.len() > 1 || !served.inside.is_empty()) || !whole {
        draft.message = if served.unknown.is_empty() {
            format!("no complete snapshot of assignments tells who holds by the policy \"{name}\"{of}")
        } else {
            format!(
                "of {} by the policy \"{name}\"{of} no record tells whether they are employees",
                words::many(served.unknown.len(), "holder")
            )
        };
        draft.clears_when = "Users with userType and employeeType, and all assignments.".into();
        out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
    } else if !policy.scope_known() {
        draft.message = match policy.target_scope.as_str() {
            "" => format!("the record of the policy \"{name}\"{of} does not tell who may ask"),
            scope => format!("the policy \"{name}\"{of} is for \"{scope}\", a scope that is not known"),
        };
        draft.clears_when = "An export of assignment policies with allowedTargetScope.".into();
        out.push(cx.not_evaluable(ReasonCode::NoTelemetry, draft));
    } else {
        out.pass_of(cx, &draft, "it does not serve employees and people from outside together");
    }
}
