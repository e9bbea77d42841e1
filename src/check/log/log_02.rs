//! `LOG-02`: records that were not kept for as long as they must be.

use super::{LOGS, subject};
use crate::check::define::check;
use crate::check::{Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::Gaps;
use crate::model::controls::{AU_11, HIPAA_316_B_2_I, PCI_10_5_1};
use crate::model::{CheckId, Finding, Instant, ReasonCode, Severity};

check! {
    /// Records are kept for less time than they must be
    ///
    /// ## Why it matters
    /// An auditor asks for a year of logs, and for six years of what was reviewed.
    /// What was thrown away before that cannot be shown, whatever it said.
    ///
    /// ## What it looks for
    /// The audit log, both sign-in logs of people, and the decisions of access reviews: whether retention has thrown away a part of the time for which they must be kept.
    /// Where nothing was thrown away and the records begin later, the collection is too young to tell.
    ///
    /// ## Known false positives
    /// Records that are kept in another system for longer.
    ///
    /// ## What to do
    /// Keep them longer in the retention policy, and ingest again what another system still has.
    ///
    /// ## Examples
    /// The audit log was dropped after a while:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2024-01-01 | log |  |  | sign-ins | until 2026-03-31 |   |
    /// | 2024-01-01 | log |  |  | audit | until 2026-03-31 |   |
    /// | 2025-06-01 | gap |  |  | audit | until 2025-09-01, reason dropped by retention: kept for 200 days | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// More than a year of logs, and logs that begin later:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2024-01-01 | log |  |  | audit | until 2026-03-31 |   |
    /// | 2026-01-01 | log |  |  | sign-ins | until 2026-03-31 | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("LOG-02"),
        severity: Severity::Medium,
        practice: &["P7"],
        controls: &[AU_11, HIPAA_316_B_2_I, PCI_10_5_1],
        thresholds: &[&LOG_DAYS, &REVIEW_DAYS],
        reads: &[Table::AuditEvents, Table::SignIns, Table::Coverage, Table::ReviewDecisions],
        shard_by: Shard::Whole,
        cost: "one pass over each stretch of coverage",
        run,
    }
}

static LOG_DAYS: Threshold = Threshold {
    name: "log_retention_days",
    default: 365,
    unit: "days",
    origin: "PCI DSS 4.0.1 10.5.1: twelve months of audit history",
    help: "For how long logs must be kept.",
};

static REVIEW_DAYS: Threshold = Threshold {
    name: "review_retention_days",
    default: 365,
    unit: "days",
    origin: "SOC 2: the examination window is usually 12 months",
    help: "For how long decisions of access reviews must be kept.",
};

/// How the lake says that retention dropped a time.
const DROPPED: &str = "dropped by retention";

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    let mut absent = Vec::new();
    for (name, called, table) in LOGS {
        let Some(covered) = cx.access.coverage.get(*name).filter(|c| !c.any.is_empty()) else {
            absent.push((*called, *table));
            continue;
        };
        let begins = covered.any.iter().map(|w| w.from).min();
        judge(cx, (name, called), &covered.gaps, begins, &LOG_DAYS, &mut out);
    }
    let decisions = Table::ReviewDecisions.name();
    let gaps = cx.access.collection_gaps.get(decisions);
    let none_yet = cx.looked_at(Table::ReviewDecisions) && cx.access.review_decisions.is_empty() && gaps.is_none();
    if none_yet {
        // Nobody has decided anything that could be kept.
    } else if !cx.access.review_decisions.is_empty() || gaps.is_some() {
        let begins = cx.access.review_decisions.iter().filter_map(|d| d.reviewed_at).min();
        let none = Gaps::new();
        judge(
            cx,
            (decisions, "the decisions of access reviews"),
            gaps.unwrap_or(&none),
            begins,
            &REVIEW_DAYS,
            &mut out,
        );
    } else {
        absent.push(("the decisions of access reviews", Table::ReviewDecisions));
    }
    if absent.len() > LOGS.len() {
        let message = "neither logs nor decisions of access reviews are in the lake";
        out.push_for(
            cx.lacking(
                ReasonCode::NoTelemetry,
                Table::Coverage,
                message,
                "Ingest directory audit events, sign-ins and access reviews.",
            ),
            0,
        );
        return out;
    }
    super::absent(cx, &absent, &mut out);
    out
}

fn judge(cx: &Context, (name, called): (&str, &str), gaps: &Gaps, begins: Option<Instant>, keep: &Threshold, out: &mut Outcome) {
    let due = cx.since(keep);
    let draft = Draft {
        subject: subject(name, called),
        evidence: vec![format!("coverage:{name}")],
        clears_when: "Records of that time, from wherever they are still kept.".into(),
        ..Draft::default()
    };
    let dropped = gaps
        .iter()
        .filter(|(w, reason)| reason.contains(DROPPED) && w.is_none_or(|w| w.until > due && w.from < cx.as_of()));
    if let Some((window, reason)) = dropped.max_by_key(|(w, _)| w.map(|w| w.until)) {
        let until = window.map(|w| w.until);
        return out.push(found(cx, draft, called, (until, reason), keep));
    }
    match begins {
        Some(from) if from <= due => out.pass_of(cx, &draft, format_args!("kept since {}", words::day(from))),
        _ => {
            let first = begins.map_or_else(
                || "nothing tells when that begins".into(),
                |t| format!("what is kept begins on {}", words::day(t)),
            );
            let message = format!("whether {called} are kept for {} is unknown: {first}", words::count(cx.threshold(keep), "day"));
            let message = message
                .replace("whether the audit log are", "whether the audit log is")
                .replace("sign-ins are kept", "sign-ins is kept");
            out.push(draft.untold(cx, ReasonCode::TooYoung, message, "Time, with nothing thrown away."));
        }
    }
}

fn found(cx: &Context, mut draft: Draft, called: &str, (until, reason): (Option<Instant>, &str), keep: &Threshold) -> Finding {
    draft.severity = Severity::Medium;
    draft.reason = "dropped";
    draft.until = until;
    let upto = until.map_or_else(|| "a part".into(), |t| format!("what was before {}", words::day(t)));
    draft.message = format!(
        "of {called}, {upto} was thrown away ({reason}), where {} must be kept",
        words::count(cx.threshold(keep), "day")
    );
    cx.finding(draft)
}
