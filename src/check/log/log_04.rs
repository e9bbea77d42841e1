//! `LOG-04`: activities that nobody has told this program about.

use crate::check::define::check;
use crate::check::{Context, Draft, Outcome, Shard, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::model::controls::AU_2;
use crate::model::{CheckId, ReasonCode, Severity, activity_key};

check! {
    /// The log has activities that no vocabulary knows
    ///
    /// ## Why it matters
    /// Microsoft adds activities without notice.
    /// One that is not known may be a grant or a removal, and until somebody looks, answers may miss it.
    ///
    /// ## What it looks for
    /// Activities of the audit log that are neither in Microsoft's two lists nor among those that were observed, each with the number of its records.
    ///
    /// ## Known false positives
    /// Activities of services that have nothing to do with access.
    ///
    /// ## What to do
    /// Read one of the records, and tell the project which activity it is.
    ///
    /// ## Examples
    /// An activity that is in no list, twice:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-02-01 | unknown | admin |  |  | Grant everything to everybody | ◀ low |
    /// | 2026-02-02 | unknown | admin |  |  | Grant everything to everybody |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Activities that are known:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-02-01 | add-to-group | admin | ana | payers |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("LOG-04"),
        severity: Severity::Low,
        practice: &["P7"],
        controls: &[AU_2],
        thresholds: &[&RECORDS],
        reads: &[Table::AuditEvents, Table::Coverage],
        shard_by: Shard::Whole,
        cost: "one pass over each unknown activity",
        run,
    }
}

static RECORDS: Threshold = Threshold {
    name: "unknown_activity_records",
    default: 0,
    unit: "records",
    origin: "ours: what is not understood is told",
    help: "How many records of an unknown activity are passed over.",
};

fn audit_log() -> Draft {
    Draft {
        subject: Thing::new("log", "audit", "audit log"),
        evidence: vec!["coverage:audit".into()],
        ..Draft::default()
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if !cx.access.has_log("audit") && cx.access.unknown_activities.is_empty() {
        let message = "no audit events are in the lake, so whether any are of an unknown kind is unknown";
        out.push_for(
            cx.lacking(ReasonCode::NoTelemetry, Table::AuditEvents, message, "Ingest directory audit events."),
            0,
        );
        return out;
    }
    let mut unknown: Vec<&(String, i64)> = cx.access.unknown_activities.iter().filter(|(_, n)| *n > cx.threshold(&RECORDS)).collect();
    unknown.sort();
    if unknown.is_empty() {
        out.pass_of(cx, &audit_log(), "every activity is known");
    }
    for (name, records) in unknown {
        let key = activity_key(name);
        let example = cx.access.unknown_examples.get(&key);
        out.push(cx.finding(Draft {
            severity: Severity::Low,
            reason: "unknown-activity",
            message: format!("{} of the activity \"{name}\", which no vocabulary knows", words::count(*records, "record")),
            subject: Thing::new("activity", &key, name),
            evidence: vec![example.map_or_else(|| "coverage:audit".into(), |id| format!("audit_events:{id}"))],
            clears_when: "A version of this program that knows the activity.".into(),
            ..Draft::default()
        }));
    }
    out
}
