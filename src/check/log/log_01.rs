//! `LOG-01`: hours that no log covers.

use super::{LOGS, subject};
use crate::check::define::check;
use crate::check::thresholds::{LOOK_BACK, SIGN_IN_LAG};
use crate::check::{Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::Covered;
use crate::model::controls::{AU_11, AU_12, PCI_10_5_1};
use crate::model::time::{HOUR, MINUTE, merge_windows, without};
use crate::model::{CheckId, Instant, ReasonCode, Severity, Window};

check! {
    /// A log has hours that it does not cover
    ///
    /// ## Why it matters
    /// What happened in an hour without a log is not known, and an answer about that hour can only be "perhaps".
    ///
    /// ## What it looks for
    /// The audit log and both sign-in logs of people, from the first hour that they cover, at most 365 days ago, to a day before now: hours in between that nothing covers.
    /// A part of a log that could not be read and that may be of any time makes the whole of it not evaluable.
    ///
    /// ## Known false positives
    /// A log whose files were ingested without saying which time they cover: say it with `--covers` or a `coverage.toml`.
    ///
    /// ## What to do
    /// Ingest or pull the missing hours as long as Entra keeps them, which is 30 days.
    ///
    /// ## Examples
    /// Two days of the audit log are missing:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | log |  |  | sign-ins | until 2026-03-31 |   |
    /// | 2026-02-01 | gap |  |  | audit | until 2026-02-03 | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Whole logs, and a gap before they begin:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | log |  |  | sign-ins | until 2026-03-31 |   |
    /// | 2025-12-20 | gap |  |  | sign_ins | until 2025-12-25 |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("LOG-01"),
        severity: Severity::Medium,
        practice: &["P7"],
        controls: &[AU_11, AU_12, PCI_10_5_1],
        thresholds: &[&LOOK_BACK, &SIGN_IN_LAG, &HOURS],
        reads: &[Table::AuditEvents, Table::SignIns, Table::Coverage],
        shard_by: Shard::Whole,
        cost: "one pass over each stretch of coverage",
        run,
    }
}

static HOURS: Threshold = Threshold {
    name: "uncovered_hours",
    default: 0,
    unit: "hours",
    origin: "PCI DSS 4.0.1 10.5.1: the history of audit logs is to be there, not most of it",
    help: "How many hours of its time a log may leave uncovered.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    let mut absent = Vec::new();
    for (name, called, table) in LOGS {
        match cx.access.coverage.get(*name).filter(|c| !c.any.is_empty()) {
            Some(covered) => judge(cx, name, called, covered, &mut out),
            None => absent.push((*called, *table)),
        }
    }
    if absent.len() == LOGS.len() {
        let message = "no audit log and no sign-in log is in the lake";
        out.push_for(
            cx.lacking(ReasonCode::NoTelemetry, Table::Coverage, message, "Ingest directory audit events and sign-ins."),
            0,
        );
        return out;
    }
    super::absent(cx, &absent, &mut out);
    out
}

fn judge(cx: &Context, name: &str, called: &str, covered: &Covered, out: &mut Outcome) {
    let mut draft = Draft {
        subject: subject(name, called),
        evidence: vec![format!("coverage:{name}")],
        clears_when: "Coverage of those hours, from files or from a pull.".into(),
        ..Draft::default()
    };
    if let Some((_, reason)) = covered.gaps.iter().find(|(w, _)| w.is_none()) {
        let message = format!("{called} has a part that was not read and may be of any time: {reason}");
        return out.push(draft.untold(cx, ReasonCode::SourceStale, message, "The same files again, whole."));
    }
    let first = covered.any.iter().map(|w| w.from).min().unwrap_or_default();
    let period = Window {
        from: first.max(cx.since(&LOOK_BACK)),
        until: cx.as_of().plus(-cx.hours(&SIGN_IN_LAG)),
    };
    let mut holes = without(&[period], &merge_windows(covered.any.clone()));
    // A record that was not taken leaves a hole of an instant, which is told elsewhere.
    holes.retain(|w| w.until.0 - w.from.0 >= MINUTE);
    let hours: i64 = holes.iter().map(|w| (w.until.0 - w.from.0 + HOUR - 1) / HOUR).sum();
    if period.until <= period.from || hours <= cx.threshold(&HOURS) {
        return out.pass_of(cx, &draft, "covered, as far as hours are asked");
    }
    draft.severity = Severity::Medium;
    draft.reason = "uncovered";
    (draft.from, draft.until) = (holes.iter().map(|w| w.from).min(), holes.iter().map(|w| w.until).max());
    let longest = holes.iter().max_by_key(|w| (w.until.0 - w.from.0, w.from)).copied();
    let (from, until) = longest.map_or((Instant::default(), Instant::default()), |w| (w.from, w.until));
    draft.message = format!(
        "{called} leaves {} uncovered between {} and {}, the longest stretch from {} to {}",
        words::count(hours, "hour"),
        words::day(period.from),
        words::day(period.until),
        words::minute(from),
        words::minute(until),
    );
    out.push(cx.finding(draft));
}
