//! `APR-06`: approvals that nobody can have read.

use crate::check::define::check;
use crate::check::policies::{approvals, decided_at};
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Account, Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::controls::{AC_2_E, CC6_2, CC6_3};
use crate::model::time::SECOND;
use crate::model::{CheckId, Decision, Finding, Instant, PrincipalId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// Requests were approved faster than anybody reads
    ///
    /// ## Why it matters
    /// An approval within seconds, or twenty in a minute, was given without reading what was asked, by whom and why.
    ///
    /// ## What it looks for
    /// Requests of the last 365 days that a person approved within ten seconds of their being made.
    /// Approvers who approved twenty requests or more within ninety seconds: one finding an approver, with the fastest such stretch.
    /// Decisions of the policy itself and of applications are left out.
    ///
    /// ## Known false positives
    /// An approver who sits beside the requestor.
    /// Approval in bulk of requests that were read before.
    ///
    /// ## What to do
    /// Talk to the approver, have what they approved so reviewed, and name approvers who have time.
    ///
    /// ## Examples
    /// Approved after four seconds, and after four minutes:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 2026-03-02 09:00:00 | request  | ana   | ana     | payroll |   |   |
    /// | 2026-03-02 09:00:04 | approve  | cy    | ana     | payroll |   | ◀ low |
    /// | 2026-03-02 09:10:00 | request  | bo    | bo      | payroll |   |   |
    /// | 2026-03-02 09:14:00 | approve  | cy    | bo      | payroll |   |   |
    ///
    /// Three approvals in a minute, where the house allows two:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | setting  |       |         | burst_approvals | 3 |   |
    /// | 08:10 | request  | ana   | ana     | payroll |   |   |
    /// | 08:11 | request  | bo    | bo      | payroll |   |   |
    /// | 08:12 | request  | di    | di      | library |   |   |
    /// | 2026-03-02 09:00:10 | approve  | cy    | ana     | payroll |   | ◀ medium |
    /// | 2026-03-02 09:00:30 | approve  | cy    | bo      | payroll |   |   |
    /// | 2026-03-02 09:01:00 | approve  | cy    | di      | library |   |   |
    ///
    /// The policy itself agrees at once, and approvals with an hour between them:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | policy   |       |         | library | no approval |   |
    /// | 2026-03-02 08:10:00 | request  | ana   | ana     | library |   |   |
    /// | 2026-03-02 08:10:01 | auto-approve |   | ana     | library |   |   |
    /// | 2026-03-02 08:10:02 | deliver  |       | ana     | library |   |   |
    /// | 08:20 | request  | bo    | bo      | payroll |   |   |
    /// | 09:20 | approve  | cy    | bo      | payroll |   |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("APR-06"),
        severity: Severity::Medium,
        practice: &["P3"],
        controls: &[AC_2_E, CC6_2, CC6_3],
        thresholds: &[&LOOK_BACK, &FAST, &BURST, &BURST_SECONDS],
        reads: &[Table::Requests, Table::Approvals, Table::AuditEvents, Table::Assignments, Table::Policies, Table::Users, Table::Groups, Table::ServicePrincipals, Table::Memberships, Table::AppRoleAssignments, Table::DirectoryRoles],
        shard_by: Shard::Whole,
        cost: "decisions of the period, sorted by approver and time",
        run,
    }
}

static FAST: Threshold = Threshold {
    name: "fast_approval_seconds",
    default: 10,
    unit: "seconds",
    origin: "common practice of access-review vendors: a decision takes ten seconds at least",
    help: "How soon after a request its approval is too fast.",
};

static BURST: Threshold = Threshold {
    name: "burst_approvals",
    default: 20,
    unit: "approvals",
    origin: "ours: as many as nobody reads in a minute and a half",
    help: "How many approvals of one person in a short time are a burst.",
};

static BURST_SECONDS: Threshold = Threshold {
    name: "burst_seconds",
    default: 90,
    unit: "seconds",
    origin: "ours: the time of a burst",
    help: "How long that short time is.",
};

type Approval<'a> = (Instant, &'a RequestHistory);

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_requests() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Requests]);
    undecided(cx, &mut out);
    let mut by_approver: BTreeMap<PrincipalId, Vec<Approval>> = BTreeMap::new();
    let (mut untimed, mut unclear, mut unmade) = (0, 0, 0);
    for story in cx.requests(&LOOK_BACK) {
        for decision in approvals(story) {
            let who = PrincipalId::new(&decision.who);
            let Some(at) = decided_at(decision) else {
                untimed += 1;
                continue;
            };
            match (who.as_str(), cx.account(&who)) {
                ("", _) => unclear += 1,
                (_, Account::Workload | Account::Agent | Account::Group) => {}
                (_, Account::Unknown) => unclear += 1,
                _ => {
                    by_approver.entry(who.clone()).or_default().push((at, story));
                    match story.created_at {
                        _ if is_later(story, decision, at) => out.pass_of(cx, story, "approved in a later stage"),
                        Some(made) => fast(cx, story, &who, (made, at), &mut out),
                        None => unmade += 1,
                    }
                }
            }
        }
    }
    lacking(cx, (untimed, "tell no time", Table::AuditEvents), &mut out);
    lacking(
        cx,
        (unmade, "are of requests of which no record tells when they were made", Table::Requests),
        &mut out,
    );
    lacking(
        cx,
        (unclear, "name nobody of whom a record tells that they are a person", Table::Users),
        &mut out,
    );
    for (who, mut list) in by_approver {
        list.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        list.dedup_by(|a, b| a.1.id == b.1.id && a.0 == b.0);
        if let Some(burst) = burst(cx, &list) {
            out.push(bulk(cx, &who, burst));
        }
    }
    out
}

/// Whether anything tells who approved.
fn undecided(cx: &Context, out: &mut Outcome) {
    if cx.looked_at(Table::Approvals) && cx.access.has_log("audit") {
        return;
    }
    let message = "not both the audit log and the approvals of requests are in the lake, so only the decisions that one of them tells were judged";
    let clears_when = "Ingest directory audit events, and the approvals of requests.";
    out.push_for(cx.lacking(ReasonCode::NoTelemetry, Table::Approvals, message, clears_when), 0);
}

fn lacking(cx: &Context, (number, what, table): (usize, &str, Table), out: &mut Outcome) {
    if number > 0 {
        let message = format!("{} {what}", words::many(number, "approval"));
        let clears_when = "Audit events and approvals with their approver and time, and snapshots of users and service principals.";
        out.push_for(cx.lacking(ReasonCode::JoinMissing, table, &message, clears_when), number);
    }
}

/// Whether somebody had approved before.
fn is_later(story: &RequestHistory, decision: &Decision, at: Instant) -> bool {
    decision.stage.is_some_and(|s| s > 1) || approvals(story).any(|d| decided_at(d).is_some_and(|t| t < at))
}

fn fast(cx: &Context, story: &RequestHistory, who: &PrincipalId, (made, at): (Instant, Instant), out: &mut Outcome) {
    let took = at.0 - made.0;
    if took < 0 || took >= cx.threshold(&FAST) * SECOND {
        return out.pass_of(cx, story, format_args!("approved after {}", words::duration(took.max(0))));
    }
    let mut draft = Draft::of_request(cx, cx.principal(who), story);
    let whom = story
        .recipient
        .as_ref()
        .map_or_else(String::new, |r| format!(" for {}", cx.access.principal_name(r)));
    draft.severity = Severity::Low;
    draft.reason = "at-once";
    draft.until = Some(at);
    draft.message = format!(
        "{} approved the request for {}{whom} {} after it was made",
        draft.subject.name,
        draft.object.name,
        words::duration(took)
    );
    draft.clears_when = "A review of that access by somebody who reads the request.".into();
    out.push(cx.finding(draft));
}

/// The stretch with the most approvals in a short time; `None` when no stretch has enough.
fn burst<'s, 'a>(cx: &Context, list: &'s [Approval<'a>]) -> Option<&'s [Approval<'a>]> {
    let length = cx.threshold(&BURST_SECONDS) * SECOND;
    let least = usize::try_from(cx.threshold(&BURST)).unwrap_or(usize::MAX).max(2);
    let (mut first, mut best) = (0, 0..0);
    for last in 0..list.len() {
        while list[last].0.0 - list[first].0.0 > length {
            first += 1;
        }
        if last + 1 - first > best.len() {
            best = first..last + 1;
        }
    }
    (best.len() >= least).then(|| &list[best])
}

fn bulk(cx: &Context, who: &PrincipalId, list: &[Approval]) -> Finding {
    let (first, last) = (list[0], list[list.len() - 1]);
    let subject = cx.principal(who);
    cx.finding(Draft {
        severity: Severity::Medium,
        reason: "burst",
        from: Some(first.0),
        until: Some(last.0),
        message: format!(
            "{} approved {} within {} on {}",
            subject.name,
            words::many(list.len(), "request"),
            words::duration(last.0.0 - first.0.0),
            words::minute(first.0)
        ),
        evidence: list.iter().flat_map(|(_, s)| s.evidence.iter().map(ToString::to_string)).collect(),
        covers: list.iter().map(|(_, s)| s.id.to_string()).collect(),
        clears_when: "A review of what was approved then.".into(),
        subject,
        ..Draft::default()
    })
}
