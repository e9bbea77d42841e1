//! `REV-06`: a review that was deleted after it began, or decisions that were reset.

use super::items::instances_of;
use crate::check::define::check;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Thing, words};
use crate::lake::table::Table;
use crate::ledger::governance::{ReviewAct, ReviewSeries};
use crate::model::controls::{AU_9, AU_10};
use crate::model::{CheckId, Instant, Interned, ReasonCode, Severity, Window};
use std::collections::BTreeMap;

check! {
    /// A review was deleted or its decisions were reset after it began
    ///
    /// ## Why it matters
    /// An attacker and a hurried owner look the same here: a review that had found something is gone, and with it what it found.
    ///
    /// ## What it looks for
    /// Audit records of the last year by which a review series was deleted after one of its instances began, or by which all decisions of a review were reset at once.
    /// A single decision that a reviewer takes back is left out.
    /// Approving everything at once is REV-04's.
    /// Of a series that was deleted and never seen in a snapshot, nobody can tell whether it had begun.
    ///
    /// ## Known false positives
    /// A series that was set up wrongly, and deleted before anybody had decided.
    ///
    /// ## What to do
    /// Ask who did it why, look up what had been decided (an export, or the audit log), and hold the review again.
    ///
    /// ## Examples
    /// Deleted after it began, and reset:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-01-01 | log |  |  | audit | until 2026-03-31 |   |
    /// | 2026-01-01 | series |  |  | payroll | every P3M |   |
    /// | 2026-01-10 | instance |  |  | payroll | until 2026-01-31 |   |
    /// | 2026-01-15 | look |  |  |  |  |   |
    /// | 2026-01-20 | tamper | cy |  | payroll |  | ◀ high |
    /// | 2026-01-01 | series |  |  | library | every P3M |   |
    /// | 2026-01-10 | instance |  |  | library | until 2026-01-31 |   |
    /// | 2026-01-20 | tamper | di |  | library | reset | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Deleted before it began, long ago, and of one nobody knows:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | series |  |  | payroll | every P3M |   |
    /// | 2026-01-15 | look |  |  |  |  |   |
    /// | 2026-01-20 | tamper | cy |  | payroll |  |   |
    /// | 2024-01-20 | tamper | cy |  | library | reset |   |
    /// | 2026-02-20 | tamper | cy |  | keys |  | ? |
    /// | 2026-02-21 | series |  |  | intranet | every P3M |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("REV-06"),
        severity: Severity::High,
        practice: &["P2"],
        controls: &[AU_9, AU_10],
        thresholds: &[&LOOK_BACK],
        reads: &[Table::AuditEvents, Table::ReviewDefinitions, Table::ReviewInstances, Table::Coverage],
        shard_by: Shard::Whole,
        cost: "acts of the audit log on reviews, each against its series",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    let since = cx.since(&LOOK_BACK);
    let window = Window {
        from: since,
        until: cx.as_of(),
    };
    if !cx.access.has_log("audit") {
        let message = "no directory audit log is in the lake, so whether reviews were deleted or reset is unknown";
        out.push_for(
            cx.lacking(ReasonCode::NoTelemetry, Table::AuditEvents, message, "Ingest directory audit events."),
            0,
        );
        return out;
    }
    if !cx.access.coverage.get("audit").is_some_and(|c| c.spans(window)) {
        let message = format!(
            "the audit log does not cover all of the last {}, so a review may have been deleted or reset unseen",
            words::count(cx.threshold(&LOOK_BACK), "day")
        );
        out.push_for(
            cx.lacking(ReasonCode::OutsideRetention, Table::AuditEvents, &message, "Audit logs of all that time."),
            0,
        );
    }
    cx.need(&mut out, Table::ReviewDefinitions, "review definitions");
    let recent = |a: &&ReviewAct| a.bulk && since <= a.at && a.at <= cx.as_of();
    // One row for each review: acts on it are told together.
    let mut acts: BTreeMap<Interned, Vec<&ReviewAct>> = BTreeMap::new();
    for act in cx.access.governance.review_acts.iter().filter(recent) {
        acts.entry(series_of(cx, act)).or_default().push(act);
    }
    for (series, of_series) in &acts {
        judge(cx, series, of_series, &mut out);
    }
    for (id, series) in cx.access.governance.series.iter().filter(|(_, s)| !s.removed) {
        if !acts.contains_key(id) && series.from.is_none_or(|t| t <= cx.as_of()) {
            out.pass_of(cx, &of_review(id, series), "nobody deleted it or decided all of it at once");
        }
    }
    out
}

/// A review by its own record.
fn of_review(id: &Interned, series: &ReviewSeries) -> Draft {
    Draft {
        subject: Thing::new("review", id, &series.name),
        evidence: vec![format!("review_definitions:{id}")],
        from: series.from,
        ..Draft::default()
    }
}

/// The series that an act is on: it, or that of an instance; else the first object that its record names.
fn series_of(cx: &Context, act: &ReviewAct) -> Interned {
    let all = &cx.access.governance;
    let known = act.objects.iter().find(|id| all.series.contains_key(*id)).copied();
    let by_instance = || {
        let instance = all.instances.iter().find(|i| act.objects.contains(&i.id));
        instance.map(|i| i.series)
    };
    known.or_else(by_instance).or_else(|| act.objects.first().copied()).unwrap_or(act.source)
}

fn judge(cx: &Context, id: &Interned, acts: &[&ReviewAct], out: &mut Outcome) {
    let facts = cx.access.governance.series.get(id);
    let last = acts.iter().max_by_key(|a| (a.deleted, a.at)).copied().unwrap_or(acts[0]);
    let name = facts.map_or(last.name.as_str(), |s| s.name.as_str());
    let mut draft = Draft {
        subject: Thing::new("review", id, name),
        from: Some(last.at),
        evidence: acts.iter().map(|a| a.source.to_string()).collect(),
        ..Draft::default()
    };
    let actor = last.actor.as_ref().map_or(last.actor_name, |a| cx.access.principal_name(a));
    let actor = if actor.is_empty() { "somebody".to_string() } else { actor.to_string() };
    let name = draft.subject.name.clone();
    let instances = instances_of(cx, id);
    let first: Option<Instant> = instances.iter().filter_map(|i| i.from).min();
    let begun = first.is_some_and(|t| t <= last.at);
    if last.deleted && !begun {
        // Seen in a look without an instance: it had not begun.
        let looked = cx.access.looks.get(&(Table::ReviewInstances.name().into(), *id));
        if facts.is_some() && instances.is_empty() && looked.is_some_and(|l| l.iter().any(|l| l.complete && l.at <= last.at)) {
            return out.pass_of(cx, &draft, "deleted before it had begun");
        }
        draft.message = format!(
            "{actor} deleted the review \"{name}\" on {}, and no snapshot tells whether it had begun",
            words::minute(last.at)
        );
        draft.clears_when = "A snapshot of the review and its instances from before that day.".into();
        return out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
    }
    (draft.severity, draft.reason) = if last.deleted {
        (Severity::High, "deleted")
    } else {
        (Severity::Medium, "reset")
    };
    draft.message = match first.filter(|_| last.deleted) {
        Some(first) => format!(
            "{actor} deleted the review \"{name}\" on {}, after it had begun on {}",
            words::minute(last.at),
            words::day(first)
        ),
        None => format!("{actor} reset all decisions of the review \"{name}\" on {}", words::minute(last.at)),
    };
    draft.clears_when = "The review held again.".into();
    out.push(cx.finding(draft));
}
