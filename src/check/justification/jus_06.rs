//! `JUS-06`: agreed to, and nobody wrote why.

use crate::check::approval::is_due;
use crate::check::define::check;
use crate::check::policies::{Untold, approvals, decided_at};
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::controls::{AC_2_E, CC6_2, CC6_3};
use crate::model::shown;
use crate::model::{CheckId, Decision, Finding, PrincipalId, ReasonCode, Severity};

check! {
    /// A request was approved without the reason that was due
    ///
    /// ## Why it matters
    /// The approver's reason is the evidence that somebody thought about it.
    ///
    /// ## What it looks for
    /// Approvals of the last 365 days, by people, whose record shows no reason or blanks, where the policy as it was then asked approvers for one.
    /// Only records that could hold a reason count: the approval itself, or the event of the review service that repeats it.
    ///
    /// ## Known false positives
    /// Approvals from before the policy asked for a reason, where no record tells when it began to.
    ///
    /// ## What to do
    /// Ask the approver for the reason, and keep it with the request.
    ///
    /// ## Examples
    /// Blanks in place of a reason, and a reason:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | policy   |       |         | payroll | stage cy |   |
    /// | 09:00 | request  | ana   | ana     | payroll |   |   |
    /// | 09:30 | approve  | cy    | ana     | payroll | "   " | ◀ |
    /// | 10:00 | request  | bo    | bo      | payroll |   |   |
    /// | 10:30 | approve  | cy    | bo      | payroll | "Covers the rota until June" |   |
    ///
    /// The policy asks approvers for no reason, and one of which no record tells whether it does:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | policy   |       |         | payroll | stage cy, no approver reason |   |
    /// | 08:00 | policy   |       |         | library | stage cy, approver reason untold |   |
    /// | 09:00 | request  | ana   | ana     | payroll |   |   |
    /// | 09:30 | approve  | cy    | ana     | payroll |   |   |
    /// | 10:00 | request  | bo    | bo      | library |   | ? |
    /// | 10:30 | approve  | cy    | bo      | library |   |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("JUS-06"),
        severity: Severity::Medium,
        practice: &["P7", "P3"],
        controls: &[AC_2_E, CC6_2, CC6_3],
        thresholds: &[&LOOK_BACK],
        reads: &[Table::Requests, Table::Approvals, Table::AuditEvents, Table::Policies, Table::Assignments, Table::Coverage],
        shard_by: Shard::Package,
        cost: "decisions of the period, each against its policy as it was",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_requests() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Requests]);
    let mut untold = Untold::default();
    for story in cx.requests(&LOOK_BACK) {
        if approvals(story).next().is_some() {
            judge(cx, story, &mut untold, &mut out);
        } else if is_due(cx, story) && asks_reason(cx, story) {
            untold.push(story, "no record tells who approved");
        }
    }
    let clears_when = "Approvals with their reasons, which only a delegated sign-in can read, and snapshots of policies of that time.";
    untold.rows(
        cx,
        ReasonCode::NoScope,
        "whether a reason that was due was given cannot be told",
        clears_when,
        &mut out,
    );
    out
}

fn judge<'a>(cx: &Context, story: &'a RequestHistory, untold: &mut Untold<'a>, out: &mut Outcome) {
    let silent: Vec<&Decision> = approvals(story).filter(|d| shown::is_blank(&d.reason)).collect();
    if silent.is_empty() {
        return out.pass_of(cx, story, "each approval has its reason");
    }
    let mut doubt = None;
    for decision in silent {
        let asked = cx
            .policy_facts_at(story.policy.as_ref(), decided_at(decision).or(story.created_at))
            .map(|p| of_stage(p, decision));
        match asked {
            Ok(Some(false)) => {}
            Ok(Some(true)) if story.reasons_told && decision.stage.is_some() => return out.push(found(cx, story, decision)),
            Ok(Some(true)) => doubt = Some("no record that could hold the reason is in the lake".to_string()),
            Ok(None) => doubt = Some("the record of the policy does not tell whether approvers must give a reason".into()),
            Err(why) => doubt = Some(why),
        }
    }
    if let Some(why) = doubt {
        untold.push(story, why);
    }
}

/// Whether approvers must, or may have to, give a reason under the policy of a request.
fn asks_reason(cx: &Context, story: &RequestHistory) -> bool {
    let policy = cx.policy_facts_at(story.policy.as_ref(), story.created_at.or(story.completed_at));
    !policy.is_ok_and(|p| !p.stages.is_empty() && p.stages.iter().all(|s| s.justification == Some(false)))
}

/// Whether the stage of a decision asked for a reason; any stage where the decision's own is not known and all agree.
fn of_stage(policy: &crate::ledger::access_model::PolicyFacts, decision: &Decision) -> Option<bool> {
    let own = decision.stage.and_then(|n| policy.stages.get(usize::try_from(n).ok()?.checked_sub(1)?));
    if let Some(stage) = own {
        return stage.justification;
    }
    let first = policy.stages.first()?.justification;
    policy.stages.iter().all(|s| s.justification == first).then_some(first).flatten()
}

fn found(cx: &Context, story: &RequestHistory, decision: &Decision) -> Finding {
    let mut draft = Draft::of_request(cx, cx.principal(&PrincipalId::new(&decision.who)), story);
    let whom = story
        .recipient
        .as_ref()
        .map_or_else(String::new, |r| format!(" for {}", cx.access.principal_name(r)));
    let when = decided_at(decision).map_or_else(String::new, |t| format!(" on {}", words::day(t)));
    let what = if decision.reason.is_empty() { "no reason" } else { "a blank reason" };
    draft.severity = Severity::Medium;
    draft.reason = "no-reason";
    draft.until = decided_at(decision);
    draft.evidence.extend(story.policy.iter().map(|p| format!("policies:{p}")));
    draft.message = format!(
        "{} approved the request for {}{whom}{when} with {what}, which the policy asks for",
        draft.subject.name, draft.object.name
    );
    draft.clears_when = "The approver's reason on record, or the next review of this access.".into();
    cx.finding(draft)
}
