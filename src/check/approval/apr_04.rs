//! `APR-04`: one pair of eyes on sensitive access.

use crate::check::define::check;
use crate::check::policies::SENSITIVITY_CLEARS;
use crate::check::{Context, Draft, Known, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::PolicyFacts;
use crate::model::controls::{AC_5, CC6_2, CC6_3};
use crate::model::{CheckId, PolicyId, ReasonCode, Severity};

check! {
    /// One person alone approves sensitive access
    ///
    /// ## Why it matters
    /// A single approver can be mistaken, pressed or compromised, and nobody else sees it.
    /// Two stages, or several people who may decide, are the ordinary answer for access that opens much.
    ///
    /// ## What it looks for
    /// A policy of a sensitive package that asks for approval, with one stage and one approver in it: one person, a group with one member, or the manager.
    /// Whoever is named twice, or is in two groups, decides once, and who is disabled or gone does not decide.
    /// Fallback approvers and those of an escalation do not count, since they decide only when the approver does not.
    /// A sensitive package that asks for no approval at all is told by APR-02.
    ///
    /// ## Known false positives
    /// A second approval outside Entra, such as a change board.
    ///
    /// ## What to do
    /// Add a second stage, such as the manager and then the owner of the resource, or a group of approvers.
    ///
    /// ## Examples
    /// One person, and a group with one member:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | keys | privileged group vault |   |
    /// | 2026-01-01 | policy |  |  | keys | stage boss | ◀ medium |
    /// | 2026-01-01 | add-to-group | admin | boss | owners |  |   |
    /// | 2026-01-01 | package |  |  | safe | privileged group vault |   |
    /// | 2026-01-01 | policy |  |  | safe | stage group owners | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Two stages, two people, a group of two, and a package that is not sensitive:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | keys | privileged group vault |   |
    /// | 2026-01-01 | policy |  |  | keys | stage manager, stage boss |   |
    /// | 2026-01-01 | package |  |  | safe | privileged group vault |   |
    /// | 2026-01-01 | policy |  |  | safe | stage boss + cy |   |
    /// | 2026-01-01 | add-to-group | admin | boss | owners |  |   |
    /// | 2026-01-01 | add-to-group | admin | cy | owners |  |   |
    /// | 2026-01-01 | package |  |  | vaults | privileged group vault |   |
    /// | 2026-01-01 | policy |  |  | vaults | stage group owners |   |
    /// | 2026-01-01 | policy |  |  | library | stage boss |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("APR-04"),
        severity: Severity::Medium,
        practice: &["P3"],
        controls: &[AC_5, CC6_2, CC6_3],
        thresholds: &[],
        reads: &[Table::Policies, Table::Assignments, Table::Packages, Table::ResourceRoles, Table::Groups, Table::Memberships, Table::AuditEvents, Table::Users, Table::ServicePrincipals, Table::RoleSchedules],
        shard_by: Shard::Package,
        cost: "one pass over each policy and the members of its groups of approvers",
        run,
    }
}

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

fn judge(cx: &Context, id: &PolicyId, policy: &PolicyFacts, out: &mut Outcome) {
    let (mut draft, called) = Draft::of_policy(cx, id, policy);
    let why = match cx.is_for_sensitive(policy) {
        Known::No if policy.is_for_requests().is_some() && policy.approval_required.is_some() => {
            return out.pass_of(cx, &draft, "the package is not sensitive");
        }
        Known::No => None,
        Known::Yes(why) => Some(why),
        Known::Unknown(_) => None,
    };
    let told = policy.approval_required == Some(true) && policy.is_for_requests() == Some(true);
    let Some(stage) = policy.stages.first().filter(|_| told) else {
        let message = format!("the record of {called} does not tell who approves, and how many");
        return out.push(draft.untold(
            cx,
            ReasonCode::NoTelemetry,
            message,
            "An export of assignment policies with their approval settings.",
        ));
    };
    if policy.stages.len() >= 2 {
        return out.pass_of(cx, &draft, "two stages");
    }
    let who = cx.deciders(&stage.approvers);
    let doubt = match () {
        () if stage.approvers.is_empty() => Some("the record of the stage names no approver".into()),
        () if who.sponsor => Some("how many sponsors somebody has is not on record".into()),
        () => who.unclear().filter(|_| who.doubt.is_some() || who.most() >= 2),
    };
    match (why, doubt) {
        _ if who.least() >= 2 => out.pass_of(cx, &draft, "two people or more approve"),
        (_, Some(doubt)) => {
            let message = format!("whether more than one person approves by {called} is unknown: {doubt}");
            out.push(draft.untold(
                cx,
                ReasonCode::JoinMissing,
                message,
                "Complete snapshots of users, and of the members of the groups that approve.",
            ));
        }
        (None, None) => {
            let message = format!("one person alone approves by {called}, and whether its package is sensitive is unknown");
            out.push(draft.untold(cx, ReasonCode::JoinMissing, message, SENSITIVITY_CLEARS));
        }
        (Some(why), None) => {
            draft.severity = Severity::Medium;
            draft.reason = "one-approver";
            draft.message = format!(
                "{called} has one stage with {}, and the package is sensitive ({why})",
                words::many(who.most().max(who.named().min(1)), "approver")
            );
            draft.clears_when = "A second stage of approval, or a second approver.".into();
            out.push(cx.finding(draft));
        }
    }
}
