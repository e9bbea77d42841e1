//! `APR-05`: two stages, one mind.

use crate::check::define::check;
use crate::check::policies::{Agreed, Untold, approvals, decided_at, is_delivered};
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::controls::{AC_5, CC6_2, CC6_3, ISO_A_5_3};
use crate::model::{CheckId, Decision, Finding, PrincipalId, ReasonCode, Severity};

check! {
    /// One person decided both stages of approval
    ///
    /// ## Why it matters
    /// Two stages are there so that two people look.
    /// Entra lets one person decide both when the policy names them, or a group that they are in, in each.
    ///
    /// ## What it looks for
    /// A request of the last 365 days with approvals of two stages by one approver, or by two accounts of one person: by the list or the rule for names of the configuration, or by a shared employee number.
    ///
    /// ## Known false positives
    /// An approver who stood in for the first stage in an emergency.
    ///
    /// ## What to do
    /// Name different people in each stage, and have the access confirmed by a second one.
    ///
    /// ## Examples
    /// Cy decides both stages; for Bo, two people do:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | policy   |       |         | payroll | stage cy, stage cy + di |   |
    /// | 09:00 | request  | ana   | ana     | payroll |   |   |
    /// | 09:30 | approve  | cy    | ana     | payroll |   | ◀ |
    /// | 09:40 | approve  | cy    | ana     | payroll |   |   |
    /// | 09:41 | deliver  |       | ana     | payroll |   |   |
    /// | 10:00 | request  | bo    | bo      | payroll |   |   |
    /// | 10:30 | approve  | cy    | bo      | payroll |   |   |
    /// | 10:40 | approve  | di    | bo      | payroll |   |   |
    /// | 10:41 | deliver  |       | bo      | payroll |   |   |
    ///
    /// The second stage is decided by the administrative account of the first approver:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | policy   |       |         | payroll | stage cy, stage az-cy |   |
    /// | 09:00 | request  | ana   | ana     | payroll |   |   |
    /// | 09:30 | approve  | cy    | ana     | payroll |   |   |
    /// | 09:40 | approve  | az-cy | ana     | payroll |   | ◀ |
    /// | 09:41 | deliver  |       | ana     | payroll |   |   |
    ///
    /// One stage, and two people in two:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | policy   |       |         | library | stage cy |   |
    /// | 08:00 | policy   |       |         | payroll | stage cy, stage di |   |
    /// | 09:00 | request  | ana   | ana     | library |   |   |
    /// | 09:30 | approve  | cy    | ana     | library |   |   |
    /// | 09:31 | deliver  |       | ana     | library |   |   |
    /// | 10:00 | request  | ana   | ana     | payroll |   |   |
    /// | 10:30 | approve  | cy    | ana     | payroll |   |   |
    /// | 10:31 | approve  | di    | ana     | payroll |   |   |
    /// | 10:32 | deliver  |       | ana     | payroll |   |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("APR-05"),
        severity: Severity::High,
        practice: &["P3"],
        controls: &[AC_5, ISO_A_5_3, CC6_2, CC6_3],
        thresholds: &[&LOOK_BACK],
        reads: &[Table::Requests, Table::Approvals, Table::AuditEvents, Table::Policies, Table::Assignments, Table::Users, Table::Coverage],
        shard_by: Shard::Package,
        cost: "requests of the period with their decisions",
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
    for story in cx.requests(&LOOK_BACK).filter(|s| is_delivered(s)) {
        let list: Vec<&Decision> = approvals(story).collect();
        let policy = cx.policy_facts_at(story.policy.as_ref(), story.created_at);
        let stages = policy.map(|p| p.stages.len());
        match (list.len(), &stages, cx.agreed(story)) {
            (_, _, Agreed::ByPolicy) => {}
            (0, _, Agreed::Untold(why)) => untold.push(story, why),
            (0 | 1, Ok(0 | 1), _) => {}
            (0 | 1, Ok(_), _) => untold.push(story, "its policy has two stages, and not every decision is on record"),
            (0 | 1, Err(_), _) if list.first().is_some_and(|d| d.stage.is_some()) && !two_told(story) => {}
            (0 | 1, Err(why), _) => untold.push(story, why.clone()),
            _ => judge(cx, story, &list, stages.ok(), &mut untold, &mut out),
        }
    }
    let clears_when = "Approvals of those requests with their stages, and snapshots of policies of that time.";
    untold.rows(
        cx,
        ReasonCode::OutsideRetention,
        "whether one person decided two stages cannot be told",
        clears_when,
        &mut out,
    );
    out
}

/// Whether the record of the approval lists more than one stage.
fn two_told(story: &RequestHistory) -> bool {
    story.decisions.iter().any(|d| d.stage.is_some_and(|s| s > 1))
}

fn judge<'a>(cx: &Context, story: &'a RequestHistory, list: &[&Decision], stages: Option<usize>, untold: &mut Untold<'a>, out: &mut Outcome) {
    let mut nameless = false;
    for (i, first) in list.iter().enumerate() {
        for second in &list[i + 1..] {
            if first.who.is_empty() || second.who.is_empty() {
                nameless = true;
                continue;
            }
            let apart = match (first.stage, second.stage) {
                (Some(a), Some(b)) => a != b,
                // The log tells no stages: each approval of its own is a stage where the policy has two.
                _ => stages.is_some_and(|n| n >= 2) && first.at != second.at,
            };
            if apart && let Some(how) = one_person(cx, first, second) {
                return out.push(found(cx, story, (first, second), &how));
            }
        }
    }
    let staged = list.iter().all(|d| d.stage.is_some()) || stages.is_some_and(|n| n >= 2);
    if nameless {
        untold.push(story, "a decision names no approver");
    } else if !staged && list.windows(2).any(|w| w[0].who == w[1].who) {
        untold.push(story, "no record tells of which stages the decisions are");
    } else if !cx.looked_at(Table::Users) {
        let message = "no users are in the lake, so which accounts are one person's is unknown";
        let clears_when = "Export users with userPrincipalName and employeeId.";
        out.push(cx.lacking(ReasonCode::NoTelemetry, Table::Users, message, clears_when));
    } else {
        out.pass_of(cx, story, "each stage was decided by another person");
    }
}

/// How two approvers are one person; `None` when they are two.
fn one_person(cx: &Context, first: &Decision, second: &Decision) -> Option<String> {
    if first.who == second.who {
        return Some(String::new());
    }
    let (a, b) = (PrincipalId::new(&first.who), PrincipalId::new(&second.who));
    let name = |id: &PrincipalId, told: &str| cx.upn(id).map_or_else(|| told.to_string(), str::to_string);
    let how = cx.linked((&a, &name(&a, &first.name)), (&b, &name(&b, &second.name)))?;
    Some(format!(", with two accounts that are one person's {how}"))
}

fn found(cx: &Context, story: &RequestHistory, (first, second): (&Decision, &Decision), how: &str) -> Finding {
    let approver = PrincipalId::new(&second.who);
    let mut draft = Draft::of_request(cx, cx.principal(&approver), story);
    let for_whom = story
        .recipient
        .as_ref()
        .map_or_else(String::new, |r| format!(" for {}", cx.access.principal_name(r)));
    let apart = decided_at(first)
        .zip(decided_at(second))
        .map_or_else(String::new, |(a, b)| format!(", {} apart", words::duration((b.0 - a.0).abs())));
    draft.severity = Severity::High;
    draft.reason = "both-stages";
    draft.until = decided_at(second);
    draft.message = format!(
        "{} approved two stages of the request for {}{for_whom}{how}{apart}",
        draft.subject.name, draft.object.name
    );
    draft.clears_when = "Nothing clears what was done; a second approver's confirmation belongs in the register of exceptions.".into();
    cx.finding(draft)
}
