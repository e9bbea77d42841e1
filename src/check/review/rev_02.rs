//! `REV-02`: a review that is overdue, a series that stopped, a quarter in which nothing happened.

use crate::check::define::check;
use crate::check::review::items::{instances_of, looked_at_part, next_of, object_of, of_series};
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{PolicyFacts, ReviewDecision};
use crate::ledger::governance::{ReviewInstance, ReviewSeries};
use crate::model::controls::{AC_2_J, PCI_7_2_4};
use crate::model::{CheckId, Instant, Interned, ReasonCode, Severity};
use ahash::AHashMap;

check! {
    /// A review is overdue, has stopped, or was held by nobody
    ///
    /// ## Why it matters
    /// A review that is set up and does not happen is worse than none: everybody believes that somebody looks.
    ///
    /// ## What it looks for
    /// Of each review series that is listed: an instance that still runs more than seven days after its end; a series whose next instance should have begun more than seven days ago, by its period and within its range, and did not; an instance of the last year that ended and had items, of which nobody decided a single one.
    /// What the default decides at the end of an instance is nobody's decision.
    /// A series that happens once has no next instance, and one that came to the end of its range does not stop: whether that is enough is REV-01's.
    ///
    /// ## Known false positives
    /// A series that was replaced by another one and left as it was.
    ///
    /// ## What to do
    /// Remind or replace the reviewers, and start a review by hand for the time that was lost.
    ///
    /// ## Examples
    /// One instance still runs, one series stopped after January, and in one nobody decided anything:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-10-01 | series |  |  | payroll | every P3M | ◀ medium |
    /// | 2026-03-01 | instance |  |  | payroll | until 2026-03-14, in progress |   |
    /// | 2026-03-02 | review | cy | ana | payroll | approve |   |
    /// | 2025-10-01 | series |  |  | library | every P1M | ◀ medium |
    /// | 2026-01-01 | instance |  |  | library | until 2026-01-14 |   |
    /// | 2026-01-02 | review | cy | ana | library | approve |   |
    /// | 2025-10-01 | series |  |  | keys | every P3M | ◀ medium |
    /// | 2026-02-01 | instance |  |  | keys | until 2026-02-14 |   |
    /// | 2026-02-02 | review | cy | ana | keys | not reviewed |   |
    /// | 2026-02-02 | review | cy | bo | keys | not reviewed |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// On time, at the end of its range, and once only:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-10-01 | series |  |  | payroll | every P3M |   |
    /// | 2026-03-20 | instance |  |  | payroll | until 2026-04-03, in progress |   |
    /// | 2025-10-01 | series |  |  | library | every P1M, until 2026-01-31 |   |
    /// | 2026-01-01 | instance |  |  | library | until 2026-01-14 |   |
    /// | 2026-01-02 | review | cy | ana | library | deny |   |
    /// | 2025-10-01 | series |  |  | keys | once |   |
    /// | 2025-10-01 | instance |  |  | keys | until 2025-10-14 |   |
    /// | 2025-10-02 | review | cy | ana | keys | approve |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Decisions of the instance are not in the lake:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-10-01 | series |  |  | payroll | every P3M | ? |
    /// | 2026-02-01 | instance |  |  | payroll | until 2026-02-14 |   |
    /// | 2026-03-31 | look |  |  |  | without review_decisions |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("REV-02"),
        severity: Severity::Medium,
        practice: &["P2"],
        controls: &[AC_2_J, PCI_7_2_4],
        thresholds: &[&SLACK, &LOOK_BACK],
        reads: &[Table::ReviewDefinitions, Table::ReviewInstances, Table::ReviewDecisions, Table::Packages, Table::Policies, Table::Assignments],
        shard_by: Shard::Whole,
        cost: "review series, each with its instances; one pass over the decisions",
        run,
    }
}

static SLACK: Threshold = Threshold {
    name: "review_overdue_days",
    default: 7,
    unit: "days",
    origin: "ours: a week for a holiday",
    help: "How many days a review may run past its end, or begin late.",
};

/// Statuses of an instance that runs (Graph's `accessReviewInstance`).
const RUNNING: [&str; 6] = ["inprogress", "starting", "initializing", "notstarted", "autoreviewing", "completing"];
/// Statuses of one that does not run any more.
const ENDED: [&str; 6] = ["completed", "autoreviewed", "applying", "applied", "stopped", "stopping"];

/// Items of an instance.
#[derive(Default)]
struct Items {
    /// Somebody decided.
    decided: usize,
    /// A decision is on record, and not who made it.
    untold: usize,
}

/// Items by instance.
type Counts<'a> = AHashMap<&'a str, Items>;

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if cx.access.governance.series.is_empty() && !cx.looked_at(Table::ReviewDefinitions) {
        let message = "no review series are in the lake, so whether reviews happen on time is unknown";
        out.push_for(
            cx.lacking(
                ReasonCode::NoTelemetry,
                Table::ReviewDefinitions,
                message,
                "Ingest access review definitions with their instances.",
            ),
            0,
        );
        return out;
    }
    let mut counts = Counts::new();
    let mut nameless = false;
    for decision in &cx.access.review_decisions {
        nameless |= decision.instance.is_empty();
        let items = counts.entry(decision.instance.as_str()).or_default();
        match is_decided(decision) {
            Some(true) => items.decided += 1,
            Some(false) => {}
            None => items.untold += 1,
        }
    }
    let unlisted = unlisted(cx);
    if unlisted > 0 {
        let message = format!(
            "{} for reviews that should have begun, and no review series of it is listed, so whether they happened is unknown",
            asking(unlisted)
        );
        let clears_when = "A snapshot of all review definitions, also those that policies made.";
        out.push_for(cx.lacking(ReasonCode::JoinMissing, Table::Policies, &message, clears_when), 0);
    }
    for (id, series) in cx.access.governance.series.iter().filter(|(_, s)| !s.removed) {
        judge(cx, id, series, (&counts, nameless), &mut out);
    }
    out
}

fn asking(policies: usize) -> String {
    if policies == 1 {
        "1 policy asks".into()
    } else {
        format!("{} ask", words::many(policies, "policy"))
    }
}

/// Policies whose own reviews should have begun, and of which no series is listed.
fn unlisted(cx: &Context) -> usize {
    let due = |t: Instant| t.plus(cx.days(&SLACK)) < cx.as_of();
    let asks = |p: &&PolicyFacts| !p.removed && !p.automatic && p.review_enabled == Some(true) && p.review_from.is_some_and(due);
    let policies = cx.access.policies.values().filter(asks);
    policies.filter(|p| p.package.as_ref().is_some_and(|id| cx.series_of(id).is_empty())).count()
}

/// Whether a person decided: the default that is applied at the end is nobody's decision. `None` where no record tells who did.
fn is_decided(decision: &ReviewDecision) -> Option<bool> {
    let word = decision.decision.as_str();
    let open = word.is_empty() || word.eq_ignore_ascii_case("NotReviewed") || word.eq_ignore_ascii_case("NotNotified");
    match (&decision.reviewer, decision.reviewer_told) {
        _ if open => Some(false),
        (Some(_), _) => Some(true),
        (None, true) => Some(false),
        // Whoever decides does so at a time.
        (None, false) => decision.reviewed_at.is_none().then_some(false),
    }
}

fn judge(cx: &Context, id: &Interned, series: &ReviewSeries, counts: (&Counts, bool), out: &mut Outcome) {
    let instances = instances_of(cx, id);
    let (mut wrong, mut doubts): (Vec<(&'static str, String)>, Vec<String>) = (Vec::new(), Vec::new());
    let newest = looked_at_part(cx, Table::ReviewInstances, id);
    if newest.is_none() && instances.is_empty() {
        doubts.push("its instances are not in the lake".into());
    }
    for instance in instances {
        of_instance(cx, instance, newest, counts, &mut wrong, &mut doubts);
    }
    if let Some(newest) = newest {
        stopped(cx, series, instances, newest, &mut wrong, &mut doubts);
    }
    let mut draft = Draft {
        subject: Thing::new("review", id, &series.name),
        object: object_of(cx, series),
        evidence: of_series(id, instances),
        ..Draft::default()
    };
    let name = draft.subject.name.clone();
    if !wrong.is_empty() {
        let told: Vec<String> = wrong.iter().map(|(_, text)| text.clone()).collect();
        draft.severity = Severity::Medium;
        draft.reason = wrong[0].0;
        draft.message = format!("the review \"{name}\" of {}: {}", draft.object.name, told.join("; "));
        draft.clears_when = "An instance that begins in time, ends, and in which somebody decides.".into();
        out.push(cx.finding(draft));
    } else if !doubts.is_empty() {
        doubts.sort();
        doubts.dedup();
        draft.message = format!(
            "whether the review \"{name}\" of {} happens as it should is unknown: {}",
            draft.object.name,
            doubts.join("; ")
        );
        draft.clears_when = "A snapshot of the instances of the review and of their decisions.".into();
        out.push(cx.not_evaluable(ReasonCode::NoTelemetry, draft));
    } else {
        out.pass_of(cx, &draft, "each instance that was due began, ended and was decided");
    }
}

fn of_instance(
    cx: &Context,
    instance: &ReviewInstance,
    newest: Option<Instant>,
    (counts, nameless): (&Counts, bool),
    wrong: &mut Vec<(&'static str, String)>,
    doubts: &mut Vec<String>,
) {
    let Some(until) = instance.until else {
        return doubts.push("the record of an instance does not tell when it ends".into());
    };
    let since = cx.since(&LOOK_BACK);
    if until < since || until > cx.as_of() {
        return;
    }
    let due = until.plus(cx.days(&SLACK));
    let is_one_of = |words: &[&str]| words.iter().any(|s| s.eq_ignore_ascii_case(&instance.status));
    let runs = is_one_of(&RUNNING);
    if !runs && !is_one_of(&ENDED) && !instance.status.is_empty() {
        return doubts.push(format!("an instance is \"{}\", a status that is not known", instance.status));
    }
    match (runs, newest) {
        (true, Some(newest)) if due < newest => {
            wrong.push((
                "overdue",
                format!("an instance that was to end on {} still ran on {}", words::day(until), words::day(newest)),
            ));
        }
        (true, Some(_)) if cx.as_of() < due => {}
        (true, _) => doubts.push(format!("nobody has looked since {} at an instance that ran then", words::day(until))),
        (false, _) if instance.status.is_empty() => doubts.push("the record of an instance does not tell whether it ended".into()),
        (false, _) => match counts.get(instance.id.as_str()) {
            Some(Items { decided: 0, untold }) if *untold > 0 => {
                doubts.push("decisions of an instance are on record, and not who made them".into());
            }
            Some(Items { decided: 0, .. }) => wrong.push((
                "nothing-happened",
                format!("nobody decided anything in the instance that ended on {}", words::day(until)),
            )),
            Some(_) => {}
            None if nameless || !decisions_listed(cx, &instance.id) => doubts.push("decisions of an instance are not in the lake".into()),
            // An instance without a single item had nothing to decide.
            None => {}
        },
    }
}

fn decisions_listed(cx: &Context, instance: &str) -> bool {
    let gap = cx.access.collection_gaps.contains_key(Table::ReviewDecisions.name());
    !gap && [instance, "tenant"].into_iter().any(|scope| {
        let looks = cx.access.looks.get(&(Table::ReviewDecisions.name().into(), Interned::from(scope)));
        looks.is_some_and(|l| l.iter().any(|l| l.complete && l.at <= cx.as_of()))
    })
}

/// The series goes on and its next instance did not come.
fn stopped(
    cx: &Context,
    series: &ReviewSeries,
    instances: &[ReviewInstance],
    newest: Instant,
    wrong: &mut Vec<(&'static str, String)>,
    doubts: &mut Vec<String>,
) {
    let over = |at: Instant| series.until.is_some_and(|t| t <= at);
    let Some(every) = series.every else {
        if !series.recurrence_told {
            doubts.push("its record does not tell how often it happens".into());
        }
        return;
    };
    let next = match next_of(series, every, instances) {
        Ok(next) => next,
        Err(why) => return doubts.push(why.into()),
    };
    if series.range_unclear {
        return doubts.push("its record does not tell whether it has come to its end".into());
    }
    if over(next) || next.plus(cx.days(&SLACK)) >= newest {
        return;
    }
    let begun: Option<Instant> = instances.iter().filter_map(|i| i.from).max();
    let last = begun.map_or_else(|| "none has begun yet".to_string(), |t| format!("the last began on {}", words::day(t)));
    wrong.push(("stopped", format!("the next instance was to begin on {}, and {last}", words::day(next))));
}
