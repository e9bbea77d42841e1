//! `LOG-03`: access whose beginning nobody can show any more.

use crate::check::define::check;
use crate::check::{Context, Draft, Outcome, Shard, Thing, words};
use crate::lake::table::Table;
use crate::model::controls::{AU_11, HIPAA_316_B_1_II};
use crate::model::{CheckId, Holding, PackageId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// Evidence of access was gone before it was captured
    ///
    /// ## Why it matters
    /// Graph forgets requests after a time, and the audit log after thirty days.
    /// Access whose request nobody kept may be right, and nobody can show it.
    ///
    /// ## What it looks for
    /// Packages with assignments that are held now and of which neither a request nor an audit event of the grant is on record, though all requests that Graph keeps were looked at: who asked, why and who approved is lost.
    /// Decisions on a request of which nothing else is on record are told, too.
    ///
    /// ## Known false positives
    /// Requests that another system keeps.
    ///
    /// ## What to do
    /// Pull at least every three weeks, so that requests and events are captured while they are there; have what is lost confirmed in the next review.
    ///
    /// ## Examples
    /// Assignments are listed, and their requests are gone from the log and from Graph:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll | forgotten | ◀ low |
    /// | 2026-01-05 | deliver |  | bo | payroll | forgotten |   |
    /// | 2026-01-06 | deliver |  | cy | library |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Every assignment has its request, and nobody looked at requests:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | assign | cy | bo | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("LOG-03"),
        severity: Severity::Low,
        practice: &["P7"],
        controls: &[AU_11, HIPAA_316_B_1_II],
        thresholds: &[],
        reads: &[Table::Assignments, Table::Requests, Table::Approvals, Table::AuditEvents, Table::Packages, Table::ResourceRoles, Table::Coverage],
        shard_by: Shard::Whole,
        cost: "one pass over each package held and each request",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    cx.not_understood(&mut out, &[Table::Requests]);
    let mut lost: BTreeMap<PackageId, Vec<&Holding>> = BTreeMap::new();
    let listed = cx.looked_whole(Table::Requests);
    for (holding, package) in cx.held_packages() {
        match (cx.index.has_request(holding), listed) {
            (true, _) => out.pass_of(cx, holding, "its request is on record"),
            (false, true) => lost.entry(package).or_default().push(holding),
            (false, false) => {
                let message = "no complete snapshot of assignment requests is in the lake, so whether those of which none is known are gone is unknown";
                out.push(cx.lacking(ReasonCode::NoTelemetry, Table::Requests, message, "Ingest all assignment requests."));
            }
        }
    }
    for (package, holdings) in lost {
        let subject = cx.package(&package);
        let oldest = holdings.iter().filter_map(|h| h.held_from).min();
        let since = oldest.map_or_else(String::new, |t| format!(", the oldest seen from {} on", words::day(t)));
        let row = cx.finding(Draft {
            severity: Severity::Low,
            reason: "request-gone",
            from: oldest,
            message: format!(
                "of {} of {} no request and no grant is on record{since}",
                words::many(holdings.len(), "assignment"),
                subject.name
            ),
            evidence: holdings.iter().flat_map(|h| h.evidence.iter().map(ToString::to_string)).collect(),
            covers: holdings.iter().filter_map(|h| h.assignment.as_ref()).map(ToString::to_string).collect(),
            clears_when: "The requests or audit events of their grants, or a review that confirms them.".into(),
            subject,
            ..Draft::default()
        });
        out.push_for(row, holdings.len());
    }
    orphans(cx, &mut out);
    out
}

/// Decisions on requests of which nothing else is on record.
fn orphans(cx: &Context, out: &mut Outcome) {
    let gone = |r: &&crate::ledger::access_model::RequestHistory| !r.decisions.is_empty() && r.created_at.is_none() && r.state.is_empty() && r.kind.is_empty();
    let lone: Vec<_> = cx.access.requests.values().filter(gone).collect();
    if lone.is_empty() {
        return;
    }
    let mut draft = Draft {
        subject: Thing::new("log", "decisions", "decisions without a request"),
        evidence: lone.iter().flat_map(|r| r.evidence.iter().map(ToString::to_string)).collect(),
        clears_when: "The requests themselves, or the audit events of the time when they were made.".into(),
        ..Draft::default()
    };
    let told = format!("{} of which nothing but the decision is on record", words::many(lone.len(), "request"));
    if cx.looked_whole(Table::Requests) {
        draft.severity = Severity::Low;
        draft.reason = "decision-alone";
        draft.message = told;
        let row = cx.finding(draft);
        out.push_for(row, lone.len());
    } else {
        let message = format!("{told}, and no complete snapshot of requests is in the lake");
        let row = draft.untold(cx, ReasonCode::NoTelemetry, message, "Ingest all assignment requests.");
        out.push_for(row, lone.len());
    }
}
