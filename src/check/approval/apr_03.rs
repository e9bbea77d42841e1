//! `APR-03`: assigned by an administrator, approved by nobody.

use crate::check::define::check;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::controls::{AC_2_E, AC_2_I, CC6_2, CC6_3};
use crate::model::{CheckId, Finding, Instant, PackageId, PrincipalId, ReasonCode, Severity};
use std::collections::{BTreeMap, BTreeSet};

check! {
    /// An administrator assigned access directly, without approval
    ///
    /// ## Why it matters
    /// A direct assignment goes past every stage of approval, whatever the policy says.
    /// One person decides and delivers, and no reason is asked.
    ///
    /// ## What it looks for
    /// Assignments by an administrator in the last 365 days that were not denied or failed, and for which no approval is on record.
    /// Assignments of one package by one administrator, each within ten minutes of the one before, are one finding, with all of them listed.
    /// It weighs medium where the policy is for direct assignment only, since there nobody can ask, and where the policy is not on record.
    ///
    /// ## Known false positives
    /// A migration into entitlement management, and a lifecycle workflow that acts in an administrator's name.
    /// An approval that was given in another system: record it as an exception with its ticket.
    ///
    /// ## What to do
    /// Ask the package's owner to confirm each assignment, and let people request where they can.
    ///
    /// ## Examples
    /// Cy assigns two people within five minutes, which is one batch, and a third two hours later:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|---------|----|-----|---------|--|---|
    /// | 09:00 | assign  | cy | ana | payroll |  | ◀ high |
    /// | 09:04 | assign  | cy | bo  | payroll |  |   |
    /// | 11:30 | assign  | cy | di  | payroll |  | ◀ high |
    ///
    /// The policy is for direct assignment only:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|---------|----|-----|---------|--|---|
    /// | 08:00 | policy  |    |     | payroll | scope notSpecified |   |
    /// | 09:00 | assign  | cy | ana | payroll |  | ◀ medium |
    ///
    /// Somebody approved the assignment, and a request that a colleague approves is no direct assignment:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|---------|----|-----|---------|--|---|
    /// | 09:00 | assign  | cy | ana | payroll |  |   |
    /// | 09:01 | approve | di | ana | payroll |  |   |
    /// | 10:00 | request | bo | bo  | library |  |   |
    /// | 10:05 | approve | di | bo  | library |  |   |
    /// | 10:06 | deliver |    | bo  | library |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("APR-03"),
        severity: Severity::High,
        practice: &["P3", "P7"],
        controls: &[AC_2_E, AC_2_I, CC6_2, CC6_3],
        thresholds: &[&LOOK_BACK, &BATCH],
        reads: &[Table::Requests, Table::Approvals, Table::AuditEvents, Table::Policies],
        shard_by: Shard::Package,
        cost: "requests of the period, sorted by administrator and time",
        run,
    }
}

static BATCH: Threshold = Threshold {
    name: "batch_gap_minutes",
    default: 10,
    unit: "minutes",
    origin: "ours: what one person does in one go",
    help: "How far two direct assignments of one administrator and package may be apart and still be one batch.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_requests() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Requests]);
    let witnessed = cx.looked_at(Table::Approvals) || cx.access.has_log("audit") || !cx.access.events.is_empty();
    let acts = cx.access.events.iter().filter(|e| cx.is_by_lifecycle_workflow(e));
    let workflows: BTreeSet<&PrincipalId> = acts.filter_map(|e| e.actor.as_ref()).collect();
    let mut by_hand: BTreeMap<(Option<&PrincipalId>, &PackageId), Vec<Direct>> = BTreeMap::new();
    for story in cx.requests(&LOOK_BACK).filter(|s| is_direct(cx, s)) {
        if story.decisions.iter().any(|d| d.decision == "approved") {
            out.pass_of(cx, story, "assigned by an administrator, and approved");
            continue;
        }
        if !witnessed {
            let message = "neither approvals nor audit events are in the lake, so whether anybody approved what administrators assigned is unknown";
            let clears_when = "Ingest directory audit events, or the approvals of requests.";
            out.push(cx.lacking(ReasonCode::NoTelemetry, Table::Approvals, message, clears_when));
            continue;
        }
        if let (Some(package), Some(at)) = (&story.package, story.created_at.or(story.completed_at)) {
            by_hand.entry((story.administrator.as_ref(), package)).or_default().push((at, story));
        }
    }
    for ((admin, package), mut list) in by_hand {
        list.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        for batch in list.chunk_by(|a, b| b.0.0 - a.0.0 <= cx.minutes(&BATCH)) {
            let by_workflow = admin.is_some_and(|a| workflows.contains(a));
            out.push_for(found(cx, admin, by_workflow, package, batch), batch.len());
        }
    }
    out
}

/// A direct assignment and when it was made.
type Direct<'a> = (Instant, &'a RequestHistory);

/// A grant by an administrator that was not refused, failed or left to a rule.
fn is_direct(cx: &Context, story: &RequestHistory) -> bool {
    let by_admin = story.kind == "adminAdd" || story.kind.is_empty() && story.administrator.is_some();
    let state = story.state.to_ascii_lowercase();
    let came_to_nothing = ["denied", "cancel", "failed", "deliveryfailed"].iter().any(|s| state.starts_with(s));
    let policy = story.policy.as_ref().and_then(|p| cx.access.policies.get(p));
    by_admin && !came_to_nothing && !policy.is_some_and(|p| p.automatic)
}

fn found(cx: &Context, admin: Option<&PrincipalId>, by_workflow: bool, package: &PackageId, batch: &[Direct]) -> Finding {
    let scope = |s: &RequestHistory| s.policy.as_ref().and_then(|p| cx.access.policies.get(p)).map(|p| p.target_scope.clone());
    let scopes: Vec<Option<String>> = batch.iter().map(|(_, s)| scope(s)).collect();
    let only = scopes.iter().all(|s| s.as_deref().is_some_and(|s| s.eq_ignore_ascii_case("notSpecified")));
    // A policy for direct assignment only could be among those that are not on record.
    let unknown = !only
        && scopes
            .iter()
            .all(|s| s.as_deref().is_none_or(|s| s.is_empty() || s.eq_ignore_ascii_case("notSpecified")));
    let subject = admin.map_or_else(|| Thing::new("principal", "", "an administrator whom no record names"), |a| cx.principal(a));
    let mut names: Vec<String> = batch
        .iter()
        .filter_map(|(_, s)| Some(cx.access.principal_name(s.recipient.as_ref()?).to_string()))
        .collect();
    names.dedup();
    let whom = match names.as_slice() {
        [one] if batch.len() == 1 => one.clone(),
        _ => format!("{} ({})", words::many(batch.len(), "account"), words::listed(&names)),
    };
    let (first, last) = (batch[0].0, batch[batch.len() - 1].0);
    let when = if batch.len() == 1 {
        format!("on {}", words::minute(first))
    } else {
        format!("between {} and {}", words::minute(first), words::minute(last))
    };
    let (reason, how) = match (only, unknown) {
        _ if by_workflow => ("lifecycle-workflow", ", as a lifecycle workflow"),
        (true, _) => ("direct-only-policy", ", by a policy for direct assignment only"),
        (false, true) => ("no-approval-policy-unknown", ", by a policy of which no record tells who may ask"),
        (false, false) => ("no-approval", ""),
    };
    let object = cx.package(package);
    let covers: Vec<String> = batch.iter().filter_map(|(_, s)| cx.assignment_of(s)).map(|a| a.to_string()).collect();
    let assignments = covers.iter().map(|a| format!("assignments:{a}"));
    cx.finding(Draft {
        severity: if only || unknown || by_workflow { Severity::Medium } else { Severity::High },
        message: format!("{} assigned {} to {whom} {when}{how}, and no approval is on record", subject.name, object.name),
        subject,
        object,
        assignment: cx.assignment_of(batch[0].1).map_or_else(String::new, |a| a.to_string()),
        request: batch[0].1.id.to_string(),
        of_request: true,
        from: Some(first),
        until: Some(last),
        reason,
        evidence: batch
            .iter()
            .flat_map(|(_, s)| s.evidence.iter().map(ToString::to_string))
            .chain(assignments)
            .collect(),
        covers,
        clears_when: "An approval on record for each assignment, or their removal.".into(),
        ..Draft::default()
    })
}
