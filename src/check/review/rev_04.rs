//! `REV-04`: decisions that nobody can have thought about.

use super::items::{resource, verdict};
use crate::check::define::check;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::ReviewDecision;
use crate::model::controls::{AC_6_7, PCI_7_2_4};
use crate::model::time::SECOND;
use crate::model::{CheckId, Instant, PrincipalId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// A reviewer kept nearly everything faster than anybody can judge
    ///
    /// ## Why it matters
    /// A review in which everything is kept in a minute proves to an auditor that somebody clicked, and nothing else.
    /// A high share that is kept is no fault: where access is in order, nearly everything is right.
    ///
    /// ## What it looks for
    /// One reviewer and one review of the last year, with fifty decisions or more of which more than ninety-five per cent keep the access, and with a second sign beside it: two hundred of them within ninety seconds, the same words for nearly all of them, or access kept of people who had left or whose account was disabled at that time.
    ///
    /// ## Known false positives
    /// Decisions that were thought about elsewhere and typed in at once: have the list that was agreed attached.
    ///
    /// ## What to do
    /// Talk to the reviewer, give them fewer items, and have a sample of the decisions taken again by somebody else.
    ///
    /// ## Examples
    /// Two hundred and ten within two minutes, and sixty with the same words:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-10-01 | series |  |  | payroll | every P3M |   |
    /// | 2026-02-01 | instance |  |  | payroll | until 2026-02-14 |   |
    /// | 2026-02-02 | review | ana |  | payroll | items 210, each 0, approve | ◀ medium |
    /// | 2025-10-01 | series |  |  | library | every P3M |   |
    /// | 2026-02-01 | instance |  |  | library | until 2026-02-14 |   |
    /// | 2026-02-02 | review | bo |  | library | items 60, each 30, approve, saying Still needed | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Everything kept, slowly and each with its own words; and forty at once are too few to tell:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-10-01 | series |  |  | payroll | every P3M |   |
    /// | 2026-02-01 | instance |  |  | payroll | until 2026-02-14 |   |
    /// | 2026-02-02 | review | ana |  | payroll | items 60, each 30, approve, saying Ward rota # |   |
    /// | 2025-10-01 | series |  |  | library | every P3M |   |
    /// | 2026-02-01 | instance |  |  | library | until 2026-02-14 |   |
    /// | 2026-02-02 | review | bo |  | library | items 40, each 0, approve, saying ok |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("REV-04"),
        severity: Severity::Medium,
        practice: &["P2"],
        controls: &[AC_6_7, PCI_7_2_4],
        thresholds: &[&KEPT, &ITEMS, &BURST, &SECONDS, &LOOK_BACK],
        reads: &[Table::ReviewDecisions, Table::ReviewInstances, Table::ReviewDefinitions, Table::Users, Table::AuditEvents, Table::Packages, Table::Policies, Table::Groups, Table::ServicePrincipals, Table::Assignments, Table::RoleDefinitions, Table::ResourceRoles, Table::Requests],
        shard_by: Shard::Whole,
        cost: "one sort of the decisions",
        run,
    }
}

static KEPT: Threshold = Threshold {
    name: "rubber_stamp_kept_percent",
    default: 95,
    unit: "percent",
    origin: "common practice of access-review vendors",
    help: "Above which share of kept access a second sign counts.",
};

static ITEMS: Threshold = Threshold {
    name: "rubber_stamp_items",
    default: 50,
    unit: "decisions",
    origin: "common practice of access-review vendors",
    help: "How many decisions of one review are enough to judge how they were taken.",
};

static BURST: Threshold = Threshold {
    name: "rubber_stamp_burst",
    default: 200,
    unit: "decisions",
    origin: "common practice of access-review vendors: 200 items in 90 seconds",
    help: "How many decisions within the seconds of a burst nobody can take.",
};

static SECONDS: Threshold = Threshold {
    name: "rubber_stamp_seconds",
    default: 90,
    unit: "seconds",
    origin: "common practice of access-review vendors: 200 items in 90 seconds",
    help: "How long a burst of decisions is.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if cx.access.review_decisions.is_empty() && !cx.looked_at(Table::ReviewDecisions) {
        let message = "no review decisions are in the lake, so how they were taken is unknown";
        out.push_for(
            cx.lacking(
                ReasonCode::NoTelemetry,
                Table::ReviewDecisions,
                message,
                "Ingest the decisions of access reviews.",
            ),
            0,
        );
        return out;
    }
    cx.unheard_at_all(&mut out);
    let since = cx.since(&LOOK_BACK);
    let mut batches: BTreeMap<(&PrincipalId, &str), Vec<(Instant, &ReviewDecision)>> = BTreeMap::new();
    let mut nameless = 0;
    for decision in cx.access.review_decisions.iter().filter(|d| verdict(d).is_some()) {
        match (&decision.reviewer, decision.reviewed_at) {
            (Some(reviewer), Some(at)) if since <= at && at <= cx.as_of() => {
                let of = [decision.instance.as_str(), decision.series.as_str(), decision.resource.as_str()];
                let review = of.into_iter().find(|id| !id.is_empty()).unwrap_or_default();
                batches.entry((reviewer, review)).or_default().push((at, decision));
            }
            (Some(_), Some(_)) => {}
            _ => nameless += 1,
        }
    }
    if nameless > 0 {
        let message = format!(
            "{} name nobody, or no time, so how they were taken is unknown",
            words::many(nameless, "decision")
        );
        let clears_when = "Decisions with reviewedBy and reviewedDateTime; what the service decided by itself has neither.";
        out.push_for(cx.lacking(ReasonCode::JoinMissing, Table::ReviewDecisions, &message, clears_when), nameless);
    }
    for ((reviewer, review), mut batch) in batches {
        batch.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        judge(cx, reviewer, review, &batch, &mut out);
    }
    out
}

/// What a reviewer did in one review.
fn of_batch(cx: &Context, reviewer: &PrincipalId, review: &str, batch: &[(Instant, &ReviewDecision)]) -> Draft {
    let series = batch[0].1.series;
    let named = cx.access.governance.series.get(&series).map_or(String::new(), |s| s.name.clone());
    Draft {
        subject: cx.principal(reviewer),
        object: Thing::new(
            "review",
            review,
            &if named.is_empty() { resource(cx, &batch[0].1.resource).name } else { named },
        ),
        from: batch.first().map(|(t, _)| *t),
        until: batch.last().map(|(t, _)| *t),
        ..Draft::default()
    }
}

fn judge(cx: &Context, reviewer: &PrincipalId, review: &str, batch: &[(Instant, &ReviewDecision)], out: &mut Outcome) {
    let kept: Vec<(Instant, &ReviewDecision)> = batch.iter().filter(|(_, d)| verdict(d) == Some(true)).copied().collect();
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    // Decisions of several reviews would be taken for one, or of one for several.
    if batch.iter().all(|(_, d)| d.instance.is_empty()) {
        let message = "decisions do not tell their review, so how many were taken in one is unknown";
        return out.push_for(
            cx.lacking(
                ReasonCode::JoinMissing,
                Table::ReviewInstances,
                message,
                "Decisions with the id of their instance.",
            ),
            1,
        );
    }
    if whole(batch.len()) < cx.threshold(&ITEMS) || whole(kept.len()) * 100 <= cx.threshold(&KEPT) * whole(batch.len()) {
        return out.pass_of(
            cx,
            &of_batch(cx, reviewer, review, batch),
            format_args!(
                "{} of {} kept: too few, or too small a share, to be looked at for haste",
                kept.len(),
                batch.len()
            ),
        );
    }
    let mut signs = Vec::new();
    if let Some(number) = burst(cx, &kept) {
        signs.push(("speed", format!("{number} of them within {}", words::count(cx.threshold(&SECONDS), "second"))));
    }
    if let Some((number, text)) = same_words(cx, &kept) {
        signs.push((
            "same-words",
            format!("{number} of them with the same words, {} letters long", text.chars().count()),
        ));
    }
    let (gone, unknown) = gone(cx, &kept);
    if gone > 0 {
        let whose = words::many(gone, "account");
        signs.push(("kept-what-is-gone", format!("{whose} among them that had left or were disabled by then")));
    }
    let mut draft = of_batch(cx, reviewer, review, batch);
    let who = draft.subject.name.clone();
    if signs.is_empty() {
        if unknown == 0 {
            return out.pass_of(cx, &draft, "no sign of haste");
        }
        draft.message = format!(
            "{who} kept nearly everything in {}, and no record tells whether the accounts of all holders worked then",
            draft.object.name
        );
        draft.clears_when = "Users with accountEnabled, and the audit log of that time.".into();
        return out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
    }
    draft.severity = Severity::Medium;
    draft.reason = signs[0].0;
    draft.evidence = kept.iter().take(EXAMPLES).map(|(_, d)| format!("review_decisions:{}", d.id)).collect();
    let told: Vec<String> = signs.into_iter().map(|(_, text)| text).collect();
    draft.message = format!(
        "{who} kept {} of {} in the review {}: {}",
        kept.len(),
        words::many(batch.len(), "item"),
        draft.object.name,
        told.join(", and ")
    );
    draft.clears_when = "The decisions taken again, by somebody who has the time for them.".into();
    out.push(cx.finding(draft));
}

/// So many decisions stand as evidence; the message counts them all.
const EXAMPLES: usize = 50;

/// So many decisions within the seconds of a burst, if there are: one pass with two ends.
fn burst(cx: &Context, kept: &[(Instant, &ReviewDecision)]) -> Option<usize> {
    let length = cx.threshold(&SECONDS).saturating_mul(SECOND);
    let (mut first, mut most) = (0, 0);
    for (last, (at, _)) in kept.iter().enumerate() {
        while at.0 - kept[first].0.0 > length {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    let limit = usize::try_from(cx.threshold(&BURST)).unwrap_or(usize::MAX);
    (most >= limit).then_some(most)
}

/// How many decisions have the same words, if nearly all have.
fn same_words<'a>(cx: &Context, kept: &[(Instant, &'a ReviewDecision)]) -> Option<(usize, &'a str)> {
    let mut counts: BTreeMap<String, (usize, &str)> = BTreeMap::new();
    for (_, decision) in kept {
        let text = decision.justification.as_str().trim();
        if !text.is_empty() {
            counts.entry(text.to_lowercase()).or_insert((0, decision.justification.as_str())).0 += 1;
        }
    }
    let most = counts.into_values().max_by_key(|(n, _)| *n)?;
    let share = usize::try_from(cx.threshold(&KEPT)).unwrap_or(usize::MAX);
    (most.0 * 100 > share * kept.len()).then_some(most)
}

/// How many of the accounts had left or were disabled when their access was kept, and of how many nobody knows.
fn gone(cx: &Context, kept: &[(Instant, &ReviewDecision)]) -> (usize, usize) {
    let (mut gone, mut unknown) = (0, 0);
    for (at, decision) in kept {
        let person = cx.access.people.get(&decision.principal);
        let left = person.and_then(|p| p.leave_at).is_some_and(|t| t <= *at);
        let state = cx.access.accounts.at(&decision.principal, *at);
        match state.and_then(|s| s.enabled) {
            _ if left => gone += 1,
            _ if state.is_some_and(|s| s.seen_later && (s.deleted || s.enabled == Some(false))) => unknown += 1,
            _ if state.is_some_and(|s| s.deleted) => gone += 1,
            Some(false) => gone += 1,
            Some(true) => {}
            None if person.is_some_and(|p| p.enabled == Some(true)) => {}
            None => unknown += 1,
        }
    }
    (gone, unknown)
}
