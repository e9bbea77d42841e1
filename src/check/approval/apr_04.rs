//! `APR-04`: one pair of eyes on sensitive access.

use crate::check::define::check;
use crate::check::policies::SENSITIVITY_CLEARS;
use crate::check::{Asked, Context, Draft, Known, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{PolicyFacts, StageFacts};
use crate::model::controls::{AC_5, CC6_2, CC6_3};
use crate::model::{CheckId, PolicyId, PrincipalId, ReasonCode, Severity};
use std::collections::BTreeSet;

check! {
    /// One person alone approves sensitive access
    ///
    /// ## Why it matters
    /// A single approver can be mistaken, pressed or compromised, and nobody else sees it.
    /// Two stages, or several people who may decide, are the ordinary answer for access that opens much.
    ///
    /// ## What it looks for
    /// A policy of a sensitive package that asks for approval, with one stage and one approver in it: one person, a group with one member, or the manager.
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
        reads: &[Table::Policies, Table::Assignments, Table::Packages, Table::ResourceRoles, Table::Groups, Table::Memberships, Table::AuditEvents, Table::Users, Table::RoleSchedules],
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
    for (id, policy) in cx.live_policies().filter(|(_, p)| p.is_for_requests() != Some(false)) {
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
    let (least, doubt) = how_many(cx, stage);
    match (why, doubt) {
        _ if least >= 2 => out.pass_of(cx, &draft, "two people or more approve"),
        (_, Some(doubt)) => {
            let message = format!("whether more than one person approves by {called} is unknown: {doubt}");
            out.push(draft.untold(
                cx,
                ReasonCode::JoinMissing,
                message,
                "A complete snapshot of the members of the groups that approve.",
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
                words::many(least, "approver")
            );
            draft.clears_when = "A second stage of approval, or a second approver.".into();
            out.push(cx.finding(draft));
        }
    }
}

/// How many people may decide a stage at least, and why there may be more.
fn how_many(cx: &Context, stage: &StageFacts) -> (usize, Option<String>) {
    let mut people: BTreeSet<PrincipalId> = BTreeSet::new();
    let (mut managers, mut doubt) = (0, None);
    for asked in Asked::all(&stage.approvers) {
        match asked {
            Asked::User(id) => drop(people.insert(id)),
            Asked::Group(group) => match cx.people_in(&group) {
                Ok(members) => people.extend(members),
                Err((some, why)) => {
                    people.extend(some);
                    doubt = Some(why);
                }
            },
            Asked::Manager(_) => managers = 1,
            Asked::Sponsor => doubt = Some("how many sponsors somebody has is not on record".into()),
            Asked::Other(kind) => doubt = Some(format!("\"{kind}\" is a kind of approver that is not known")),
        }
    }
    if stage.approvers.is_empty() {
        doubt = Some("the record of the stage names no approver".into());
    }
    (people.len() + managers, doubt)
}
