//! `JUS-05`: nobody has to say why.

use crate::check::define::check;
use crate::check::policies::BRIEF;
use crate::check::{Context, Draft, Known, Outcome, Shard};
use crate::lake::table::Table;
use crate::ledger::access_model::PolicyFacts;
use crate::model::controls::{AC_2_E, CC6_2, CC6_3};
use crate::model::{CheckId, PolicyId, ReasonCode, Severity};

check! {
    /// A policy asks nobody for a reason
    ///
    /// ## Why it matters
    /// Months later the reason is all that tells whether access was right.
    /// What the form does not ask for, nobody writes.
    ///
    /// ## What it looks for
    /// A policy by which people may ask, whose requestors need not give a reason, or whose approvers need not.
    /// That approvers need not is left out where access lasts a day at most and its requestors give a reason: just-in-time access is to be quick.
    /// It weighs medium where the package is sensitive, else low.
    ///
    /// ## Known false positives
    /// A package that everybody may have and whose purpose is its name.
    ///
    /// ## What to do
    /// Switch on the justification of requestors, and of approvers, in the policy's settings.
    ///
    /// ## Examples
    /// Requestors need not say why; approvers need not; and the same for a sensitive package:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | no reason asked | ◀ low |
    /// | 2026-01-01 | policy |  |  | library | stage boss, no approver reason | ◀ low |
    /// | 2026-01-01 | package |  |  | keys | privileged group vault |   |
    /// | 2026-01-01 | policy |  |  | keys | no reason asked | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Both are asked, access of two hours, a policy by which nobody asks, and a record that does not tell:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | stage boss |   |
    /// | 2026-01-01 | policy |  |  | library | stage boss, no approver reason, expires PT2H |   |
    /// | 2026-01-01 | policy |  |  | intranet | scope notSpecified, no reason asked |   |
    /// | 2026-01-01 | policy |  |  | keys | reason untold | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("JUS-05"),
        severity: Severity::Medium,
        practice: &["P7", "P3"],
        controls: &[AC_2_E, CC6_2, CC6_3],
        thresholds: &[&BRIEF],
        reads: &[Table::Policies, Table::Assignments, Table::Packages, Table::ResourceRoles, Table::Groups],
        shard_by: Shard::Package,
        cost: "one pass over each policy",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_policies("who must give a reason") {
        out.push_for(row, 0);
        return out;
    }
    for (id, policy) in cx.live_policies(&mut out).filter(|(_, p)| p.is_for_requests() != Some(false)) {
        judge(cx, id, policy, &mut out);
    }
    out
}

fn judge(cx: &Context, id: &PolicyId, policy: &PolicyFacts, out: &mut Outcome) {
    let (mut draft, called) = Draft::of_policy(cx, id, policy);
    let brief = cx.is_brief(policy) == Some(true);
    let requestors = policy.justification_asked;
    let of_stage = |asked: bool| policy.stages.iter().any(|s| s.justification == Some(asked));
    let silent = of_stage(false) && policy.approval_required == Some(true);
    let lasting_untold = policy.expiration_type.is_empty() && of_stage(false);
    let approval_untold = policy.approval_required.is_none() && !policy.stages.is_empty();
    let untold =
        policy.stages.iter().any(|s| s.justification.is_none()) && policy.approval_required != Some(false) && !brief || lasting_untold || approval_untold;
    let approvers = silent && !lasting_untold && !(brief && requestors == Some(true));
    let (reason, what) = match (requestors, approvers) {
        _ if policy.is_for_requests().is_none() => ("", ""),
        (Some(false), true) => ("asks-nobody", "asks neither requestors nor approvers for a reason"),
        (Some(false), false) => ("not-of-requestors", "asks requestors for no reason"),
        (Some(true), true) => ("not-of-approvers", "asks approvers for no reason"),
        (Some(true), false) if !untold => return out.pass_of(cx, &draft, "requestors and approvers must give a reason, or access lasts hours"),
        // Whether the package's access is just in time decides, and only requestors tell.
        (None, true) if !brief => ("not-of-approvers", "asks approvers for no reason"),
        (Some(true) | None, _) => ("", ""),
    };
    if reason.is_empty() {
        let message = format!("the record of {called} does not tell whether requestors and approvers must give a reason");
        let clears_when = "An export of assignment policies with isRequestorJustificationRequired and the approval stages.";
        return out.push(draft.untold(cx, ReasonCode::NoTelemetry, message, clears_when));
    }
    let sensitive = match cx.is_for_sensitive(policy) {
        Known::Yes(why) => Some(why),
        Known::No | Known::Unknown(_) => None,
    };
    draft.severity = if sensitive.is_some() { Severity::Medium } else { Severity::Low };
    draft.reason = reason;
    let class = sensitive.map_or_else(String::new, |why| format!(", and its package is sensitive ({why})"));
    draft.message = format!("{called} {what}{class}");
    draft.clears_when = "A reason asked of requestors and of approvers in the policy.".into();
    out.push(cx.finding(draft));
}
