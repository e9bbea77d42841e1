//! `ORP-03`: approvers and reviewers who are not there any more.

use crate::check::define::check;
use crate::check::{Asked, Context, Draft, Live, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{PolicyFacts, StageFacts};
use crate::model::controls::{AC_2_D, CC6_2, CC6_3};
use crate::model::{CheckId, PolicyId, ReasonCode, Severity};

check! {
    /// An approver or reviewer of a policy is gone
    ///
    /// ## Why it matters
    /// A request that only a deleted account can approve waits until it is denied, and a review that nobody answers keeps or drops everybody alike.
    /// The policy still looks as if somebody decided.
    ///
    /// ## What it looks for
    /// A policy that names, as approver, fallback, escalation approver or reviewer, an account that is deleted or disabled, or a group that is deleted, is empty, or has no member who can sign in.
    /// It weighs high where a stage has nobody left who can decide.
    /// Approvers count where approval is asked, reviewers where reviews are on; managers and sponsors depend on who asks, and are left out.
    ///
    /// ## Known false positives
    /// An approver on leave whose account was disabled for that time.
    ///
    /// ## What to do
    /// Replace them in the policy, best by a group that somebody keeps current.
    ///
    /// ## Examples
    /// The one approver left, a second one remains, and a group that is empty:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | stage boss | ◀ high |
    /// | 2026-01-01 | policy |  |  | library | stage boss + cy | ◀ medium |
    /// | 2026-01-01 | group |  |  | owners |  |   |
    /// | 2026-01-01 | policy |  |  | keys | stage group owners | ◀ high |
    /// | 2026-01-01 | user |  | cy |  |  |   |
    /// | 2026-02-01 | disable | admin | boss |  |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// The account was deleted, and the fallback decides:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | user |  | cy |  |  |   |
    /// | 2026-01-01 | policy |  |  | payroll | stage boss fallback cy | ◀ medium |
    /// | 2026-02-01 | delete | admin | boss |  |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// People who can decide, a manager, and somebody who left a policy that asks nobody:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | user |  | boss |  |  |   |
    /// | 2026-01-01 | user |  | cy |  |  |   |
    /// | 2026-01-01 | policy |  |  | payroll | stage boss fallback cy |   |
    /// | 2026-01-01 | policy |  |  | library | stage manager |   |
    /// | 2026-01-01 | add-to-group | admin | cy | owners |  |   |
    /// | 2026-01-01 | policy |  |  | keys | stage group owners |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("ORP-03"),
        severity: Severity::High,
        practice: &["P3", "P2"],
        controls: &[AC_2_D, CC6_2, CC6_3],
        thresholds: &[],
        reads: &[Table::Policies, Table::Assignments, Table::Packages, Table::Users, Table::Groups, Table::Memberships, Table::AuditEvents, Table::ServicePrincipals, Table::RoleSchedules],
        shard_by: Shard::Package,
        cost: "one pass over each policy, and the members of the groups that it names",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_policies("who must approve and review") {
        out.push_for(row, 0);
        return out;
    }
    for (id, policy) in cx.live_policies(&mut out) {
        judge(cx, id, policy, &mut out);
    }
    out
}

/// What is known of those whom a policy names.
#[derive(Default)]
struct Named {
    gone: Vec<String>,
    unknown: Vec<String>,
    /// Stages, and reviews, in which nobody is left.
    empty: Vec<String>,
}

impl Named {
    /// Takes a list of those who decide together; `others` stand in for them.
    fn take(&mut self, cx: &Context, part: &str, deciders: &[String], others: &[String]) {
        let of = |list: &[String]| -> Vec<(Asked, Live)> {
            let all = Asked::all(list).into_iter();
            all.map(|a| (cx.live(&a), a)).map(|(live, a)| (a, live)).collect()
        };
        let all = [of(deciders), of(others)].concat();
        let depends = |a: &Asked| matches!(a, Asked::Manager(_) | Asked::Sponsor);
        for (asked, live) in &all {
            match live {
                Live::No(why) => self.gone.push(format!("{why} ({part})")),
                Live::Unknown(why) if !depends(asked) => self.unknown.push(why.clone()),
                Live::Unknown(_) | Live::Yes => {}
            }
        }
        if !all.is_empty() && all.iter().all(|(_, live)| matches!(live, Live::No(_))) {
            self.empty.push(part.to_string());
        }
    }
}

fn judge(cx: &Context, id: &PolicyId, policy: &PolicyFacts, out: &mut Outcome) {
    let mut named = Named::default();
    let stage = |s: &StageFacts| [s.fallbacks.clone(), s.alternates.clone()].concat();
    if policy.approval_required != Some(false) && policy.is_for_requests() != Some(false) {
        for (facts, number) in policy.stages.iter().zip(1..) {
            named.take(cx, &format!("stage {number} of approval"), &facts.approvers, &stage(facts));
        }
    }
    if policy.review_enabled != Some(false) && !policy.self_review {
        named.take(cx, "the review", &policy.reviewers, &[]);
    }
    let told = policy.approval_required.is_some() && policy.review_enabled.is_some() && policy.is_for_requests().is_some();
    let (mut draft, called) = Draft::of_policy(cx, id, policy);
    if named.gone.is_empty() || !told {
        if !told || !named.unknown.is_empty() {
            let why = named
                .unknown
                .first()
                .cloned()
                .unwrap_or_else(|| "its record does not tell whether it asks for approval or review".into());
            let message = format!("whether everybody whom {called} asks is still there is unknown: {why}");
            let clears_when = "Complete snapshots of users, groups and their members, and of policies with their settings.";
            return out.push(draft.untold(cx, ReasonCode::JoinMissing, message, clears_when));
        }
        return out.pass_of(cx, &draft, "everybody whom it asks is there");
    }
    named.gone.sort();
    named.gone.dedup();
    draft.severity = if named.empty.is_empty() { Severity::Medium } else { Severity::High };
    draft.reason = if named.empty.is_empty() { "one-gone" } else { "nobody-left" };
    let left = match named.empty.as_slice() {
        [] => String::new(),
        parts => format!("; nobody is left who can decide {}", words::listed(parts)),
    };
    draft.covers = named.gone.iter().chain(&named.empty).cloned().collect();
    draft.message = format!("{called} asks somebody who is gone: {}{left}", words::listed(&named.gone));
    draft.clears_when = "Approvers and reviewers in the policy who can sign in.".into();
    out.push(cx.finding(draft));
}
