//! `EXP-09`: access that ends soon.

use crate::check::define::check;
use crate::check::{Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::model::controls::AC_2_2;
use crate::model::{CheckId, ReasonCode, Severity};

check! {
    /// Access ends within the next days
    ///
    /// ## Why it matters
    /// It is a list, not a fault.
    /// Who still needs what is on it has time to ask, and nobody is surprised on the day.
    ///
    /// ## What it looks for
    /// Packages held now whose end is set and comes within 30 days.
    /// Access that was given for no longer than that is left out: it ends as everybody expected.
    ///
    /// ## Known false positives
    /// None: an end that was moved since the last snapshot is in the next one.
    ///
    /// ## What to do
    /// Nothing, or ask for an extension.
    ///
    /// ## Examples
    /// One ends in two weeks, one in half a year:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll | until 2026-04-14 | ◀ low |
    /// | 2026-01-05 | deliver |  | bo | payroll | until 2026-09-30 |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Given for a week, without an end, and over already:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-03-30 | deliver |  | ana | payroll | until 2026-04-06 |   |
    /// | 2026-01-05 | deliver |  | bo | payroll | no end |   |
    /// | 2026-01-05 | deliver |  | cy | payroll | until 2026-02-01 |   |
    /// | 2026-02-01 | expire |  | cy | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXP-09"),
        severity: Severity::Low,
        practice: &["P4"],
        controls: &[AC_2_2],
        thresholds: &[&SOON],
        reads: &[Table::Assignments, Table::Requests, Table::AuditEvents],
        shard_by: Shard::Principal,
        cost: "one pass over each package held",
        run,
    }
}

static SOON: Threshold = Threshold {
    name: "ends_within_days",
    default: 30,
    unit: "days",
    origin: "ours: a month is time enough to ask",
    help: "How soon access must end to be listed.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    let soon = cx.days(&SOON);
    for (holding, _) in cx.held_packages() {
        let mut draft = Draft::of_holding(cx, holding);
        let Some(end) = holding.scheduled_until else {
            if holding.no_expiration || cx.automatic(holding) {
                out.pass_of(cx, &draft, "no end is set");
            } else {
                let message = format!("{} holds {}, and no record tells whether an end was set", draft.subject.name, draft.object.name);
                out.push(draft.untold(
                    cx,
                    ReasonCode::NoTelemetry,
                    message,
                    "A snapshot of the assignment, or the request that led to it.",
                ));
            }
            continue;
        };
        let brief = holding.from_earliest.is_some_and(|from| end.0 - from.0 <= soon);
        if end <= cx.as_of() || end > cx.as_of().plus(soon) || brief {
            out.pass_of(
                cx,
                &draft,
                format_args!("ends on {}, not soon, or lasts no longer than that altogether", words::day(end)),
            );
            continue;
        }
        draft.severity = Severity::Low;
        draft.reason = "ends-soon";
        draft.until = Some(end);
        draft.message = format!(
            "{} holds {} until {}, which is in {}",
            draft.subject.name,
            draft.object.name,
            words::day(end),
            words::duration(end.0 - cx.as_of().0)
        );
        draft.clears_when = "Its end, or an extension.".into();
        out.push(cx.finding(draft));
    }
    out
}
