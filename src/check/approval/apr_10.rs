//! `APR-10`: stages that hang on one person, or that wait too long.

use crate::check::approvers::Deciders;
use crate::check::define::check;
use crate::check::{Asked, Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{PolicyFacts, StageFacts};
use crate::model::controls::{AC_2, CC6_2, CC6_3};
use crate::model::time::DAY;
use crate::model::{CheckId, PolicyId, PrincipalId, ReasonCode, Severity};
use std::collections::BTreeSet;

check! {
    /// A stage of approval hangs on one person or waits too long
    ///
    /// ## Why it matters
    /// An approver who is away, or a manager whom the directory does not know, stops every request.
    /// People then get their access past the policy, and a request that waits for weeks is approved by whoever finds it.
    ///
    /// ## What it looks for
    /// A policy that asks for approval, with a stage for the manager or a sponsor and no fallback; a stage with a single approver, be it a group with one member, and nobody to stand in; or a stage that waits longer than 14 days, which weighs low.
    /// Who stands in is a fallback approver or one of the escalation, and somebody else than the approver.
    /// Whoever is named twice, or is in two groups, decides once, and who is disabled or gone does not decide.
    ///
    /// ## Known false positives
    /// A package that one person is meant to decide alone, whatever it takes.
    ///
    /// ## What to do
    /// Name fallback approvers, a group of approvers in place of one, and a shorter time for the decision.
    ///
    /// ## Examples
    /// The manager without a fallback, and a single approver:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | stage manager | ◀ medium |
    /// | 2026-01-01 | policy |  |  | library | stage boss | ◀ medium |
    /// | 2026-01-01 | policy |  |  | intranet | stage boss + cy within P30D | ◀ low |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A fallback, two approvers, an escalation, and no approval at all:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | stage manager fallback boss |   |
    /// | 2026-01-01 | policy |  |  | library | stage boss + cy within P14D |   |
    /// | 2026-01-01 | policy |  |  | keys | stage boss alternate cy |   |
    /// | 2026-01-01 | policy |  |  | intranet | no approval |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("APR-10"),
        severity: Severity::Medium,
        practice: &["P3"],
        controls: &[AC_2, CC6_2, CC6_3],
        thresholds: &[&WINDOW],
        reads: &[Table::Policies, Table::Assignments, Table::Packages, Table::Groups, Table::Memberships, Table::AuditEvents, Table::Users, Table::ServicePrincipals, Table::RoleSchedules],
        shard_by: Shard::Package,
        cost: "one pass over each policy and the members of its groups of approvers",
        run,
    }
}

static WINDOW: Threshold = Threshold {
    name: "decision_days",
    default: 14,
    unit: "days",
    origin: "vendor: Entra denies a request after 14 days unless told otherwise",
    help: "How long a stage of approval may wait for its decision.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_policies("who must approve") {
        out.push_for(row, 0);
        return out;
    }
    for (id, policy) in cx.live_policies(&mut out).filter(|(_, p)| p.is_for_requests() != Some(false)) {
        if policy.approval_required != Some(false) {
            judge(cx, id, policy, &mut out);
        }
    }
    out
}

/// What is wrong with a stage, or cannot be told of it.
#[derive(Default)]
struct Stage {
    hangs: Vec<String>,
    waits: Option<String>,
    doubt: Option<String>,
}

fn judge(cx: &Context, id: &PolicyId, policy: &PolicyFacts, out: &mut Outcome) {
    let (mut draft, called) = Draft::of_policy(cx, id, policy);
    if policy.stages.is_empty() || policy.approval_required.is_none() || policy.is_for_requests().is_none() {
        let message = format!("the record of {called} does not tell who approves");
        return out.push(draft.untold(
            cx,
            ReasonCode::NoTelemetry,
            message,
            "An export of assignment policies with their approval settings.",
        ));
    }
    let stages: Vec<Stage> = policy.stages.iter().zip(1usize..).map(|(s, n)| stage(cx, s, n)).collect();
    let hangs: Vec<String> = stages.iter().flat_map(|s| s.hangs.iter().cloned()).collect();
    let waits: Vec<String> = stages.iter().filter_map(|s| s.waits.clone()).collect();
    if hangs.is_empty()
        && let Some(doubt) = stages.iter().find_map(|s| s.doubt.as_ref())
    {
        let message = format!("whether a stage of {called} hangs on one person is unknown: {doubt}");
        return out.push(draft.untold(
            cx,
            ReasonCode::JoinMissing,
            message,
            "Complete snapshots of users, and of the members of the groups that approve.",
        ));
    }
    if hangs.is_empty() && waits.is_empty() {
        return out.pass_of(cx, &draft, "nothing hangs on one person");
    }
    draft.severity = if hangs.is_empty() { Severity::Low } else { Severity::Medium };
    draft.reason = if hangs.is_empty() { "waits-long" } else { "one-person" };
    draft.message = format!("in {called}, {}", [hangs, waits].concat().join(" and "));
    draft.clears_when = "A fallback or a second approver in each stage, and a decision within the time allowed.".into();
    out.push(cx.finding(draft));
}

fn stage(cx: &Context, facts: &StageFacts, number: usize) -> Stage {
    let mut stage = Stage::default();
    let limit = cx.threshold(&WINDOW);
    if let Some(time) = facts.duration.filter(|d| d.longest() > cx.days(&WINDOW)) {
        let more = time.longest() % DAY != 0;
        let days = words::count(time.longest_days(), "day");
        let over = if more { "more than " } else { "" };
        stage.waits = Some(format!("stage {number} waits {over}{days} for a decision, where {limit} are allowed"));
    }
    let first = cx.deciders(&facts.approvers);
    let others = cx.deciders(&[facts.fallbacks.as_slice(), &facts.alternates].concat());
    if facts.approvers.is_empty() {
        if facts.fallbacks.is_empty() && facts.alternates.is_empty() {
            stage.doubt = Some(format!("stage {number} names no approver"));
        }
        return stage;
    }
    // A manager or a sponsor whom the policy asks elsewhere may be anybody.
    let stand_in = others.manager || others.sponsor;
    let all = |of: fn(&Deciders) -> Vec<&PrincipalId>| -> BTreeSet<&PrincipalId> { [&first, &others].into_iter().flat_map(of).collect() };
    let able = all(|d| d.able.iter().collect());
    let maybe = all(|d| d.maybe.keys().collect());
    let named = all(|d| d.able.iter().chain(d.maybe.keys()).chain(&d.gone).collect());
    let unclear = || first.unclear().or_else(|| others.unclear());
    if first.manager || first.sponsor {
        let who = if first.manager { "the manager" } else { "a sponsor" };
        match () {
            () if stand_in || !others.able.is_empty() => {}
            () if others.unclear().is_some() => stage.doubt = others.unclear(),
            () => stage.hangs.push(format!("stage {number} asks {who} and has no fallback")),
        }
        return stage;
    }
    match able.len() + maybe.len() {
        _ if stand_in || able.len() >= 2 => {}
        2.. => stage.doubt = unclear(),
        _ if first.doubt.is_some() || others.doubt.is_some() => stage.doubt = unclear(),
        // A stage in which nobody is left of several is another check's.
        0 if named.len() != 1 => {}
        _ => {
            let left = if able.is_empty() && maybe.is_empty() {
                named
            } else {
                able.into_iter().chain(maybe).collect()
            };
            let only: String = left.into_iter().map(|id| cx.access.principal_name(id).to_string()).collect();
            let group = matches!(Asked::all(&facts.approvers).as_slice(), [Asked::Group(_)]);
            let why = if group { ", the one member of its group who can decide" } else { "" };
            stage.hangs.push(format!("stage {number} hangs on {only} alone{why}"));
        }
    }
    stage
}
