//! `EXC-07`: access that stayed when its holder moved.

use crate::check::define::check;
use crate::check::judge::since;
use crate::check::surround::holdings;
use crate::check::{Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::ReviewDecision;
use crate::ledger::governance::Post;
use crate::model::controls::{AC_2_H, PS_5};
use crate::model::{CheckId, Finding, Holding, Instant, Interned, PackageId, PrincipalId, ReasonCode, Severity};
use ahash::{AHashMap, AHashSet};

check! {
    /// Access was kept after its holder moved to another post
    ///
    /// ## Why it matters
    /// Access follows a task, and people take it along to the next one: after some years they can do everything, and nobody decided so.
    ///
    /// ## What it looks for
    /// A package held since before its holder's department or job title changed, thirty days or more after a snapshot showed the new one, and no review has kept it since.
    /// Packages that a rule assigns are left out, and so is a change of manager alone.
    /// It is quiet where more than a fifth of a department, and five people or more, changed at the same snapshot: departments are renamed.
    /// What users were before the first snapshot nobody knows; access that is older is said not to be judged.
    ///
    /// ## Known false positives
    /// A new title for the same work; people who still hand over.
    ///
    /// ## What to do
    /// Ask the new manager which of the packages go on, and take the others away.
    ///
    /// ## Examples
    /// Ana moved and kept payroll; Bo's was granted after the move, and Cy's was reviewed since:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | post |  | ana |  | department Finance, job Clerk |   |
    /// | 2026-01-01 | post |  | bo |  | department Finance, job Clerk |   |
    /// | 2026-01-01 | post |  | cy |  | department Finance, job Clerk |   |
    /// | 2026-01-02 | look |  |  |  |  |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  | ◀ medium |
    /// | 2026-01-05 | deliver |  | cy | payroll |  |   |
    /// | 2026-01-10 | look |  |  |  |  |   |
    /// | 2026-01-15 | post |  | ana |  | department Radiology, job Assistant |   |
    /// | 2026-01-15 | post |  | bo |  | department Radiology, job Assistant |   |
    /// | 2026-01-15 | post |  | cy |  | department Radiology, job Assistant |   |
    /// | 2026-01-20 | look |  |  |  |  |   |
    /// | 2026-01-25 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-10 | decide | di | cy | payroll | approve |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Only the spelling changed, and a department of six was renamed; of older access nobody knows:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-12-01 | deliver |  | di | library |  | ? |
    /// | 2026-01-01 | post |  | di |  | department IT, job Smith |   |
    /// | 2026-01-01 | post |  | ana |  | department Finance, job Clerk |   |
    /// | 2026-01-01 | staff |  | nurse |  | 6, department Ward 1, job Nurse |   |
    /// | 2026-01-02 | look |  |  |  |  |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | nurse-0 | payroll |  |   |
    /// | 2026-01-10 | look |  |  |  |  |   |
    /// | 2026-01-15 | post |  | ana |  | department FINANCE, job clerk |   |
    /// | 2026-01-15 | staff |  | nurse |  | 6, department Ward North, job Nurse |   |
    /// | 2026-01-20 | look |  |  |  |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXC-07"),
        severity: Severity::Medium,
        practice: &["P1", "P2"],
        controls: &[PS_5, AC_2_H],
        thresholds: &[&GRACE, &RENAMED],
        reads: holdings!(ReviewDecisions),
        shard_by: Shard::Principal,
        cost: "packages held, each with the posts of its holder",
        run,
    }
}

static GRACE: Threshold = Threshold {
    name: "mover_grace_days",
    default: 30,
    unit: "days",
    origin: "ours: a month to hand over",
    help: "How long after a move access may be kept without a review.",
};

static RENAMED: Threshold = Threshold {
    name: "renamed_department_percent",
    default: 20,
    unit: "percent",
    origin: "ours: so many people do not move at once, departments are renamed",
    help: "Above which share of a department changed at one snapshot the change is no move.",
};

/// So few people may all move.
const FEW: usize = 5;

/// A change of post: the last snapshot before, the first after.
struct Move<'a> {
    before: &'a Post,
    after: &'a Post,
}

/// What all holdings are held against.
struct Around<'a> {
    /// Departments that were renamed at a snapshot.
    renamed: AHashMap<(Interned, Instant), bool>,
    /// The last time that a review kept a package of somebody.
    reviews: AHashMap<(&'a PrincipalId, PackageId), Instant>,
    /// People of whom a decision is about what no record tells, or has no time.
    unresolved: AHashSet<&'a PrincipalId>,
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    let posts = &cx.access.governance.details;
    if !posts.values().any(|d| d.posts.iter().any(|p| !p.department.is_empty() || !p.job.is_empty())) {
        let message = "no users with department or jobTitle are in the lake, so who moved is unknown";
        out.push_for(
            cx.lacking(ReasonCode::NoTelemetry, Table::Users, message, "Ingest users with department and jobTitle."),
            0,
        );
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    let undated = |d: &ReviewDecision| d.decision.eq_ignore_ascii_case("approve") && d.reviewed_at.is_none();
    let all = cx.access.review_decisions.iter();
    let unresolved = all.filter(|d| !cx.is_known_resource(&d.resource) || undated(d));
    let around = Around {
        renamed: renamed(cx),
        reviews: reviews(cx),
        unresolved: unresolved.map(|d| &d.principal).collect(),
    };
    for (holding, package) in cx.held_packages().filter(|(h, _)| cx.account(&h.principal).is_person() != Some(false)) {
        match cx.by_rule(holding) {
            Some(true) => {}
            Some(false) => judge(cx, holding, &package, &around, &mut out),
            None => {
                let mut draft = Draft::of_holding(cx, holding);
                draft.message = format!(
                    "{} holds {}, and no record tells whether a rule assigned it",
                    draft.subject.name, draft.object.name
                );
                draft.clears_when = "A snapshot of the policy of the assignment.".into();
                out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
            }
        }
    }
    out
}

fn judge(cx: &Context, holding: &Holding, package: &PackageId, around: &Around, out: &mut Outcome) {
    let posts = cx.access.governance.details.get(&holding.principal).map_or(&[][..], |d| d.posts.as_slice());
    let reviewed = around.reviews.get(&(&holding.principal, package.clone())).copied();
    let Some(first) = posts.first() else {
        return out.push_for(unseen(cx), 1);
    };
    let is_move = |pair: &[Post]| changed(&pair[0].department, &pair[1].department) || changed(&pair[0].job, &pair[1].job);
    let quiet = |pair: &[Post]| around.renamed.get(&(pair[0].department, pair[1].since)).copied().unwrap_or_default();
    let moves = posts.windows(2).filter(|pair| is_move(pair) && !quiet(pair)).map(|pair| Move {
        before: &pair[0],
        after: &pair[1],
    });
    let (mut doubt, mut kept, mut recent) = (None, None, false);
    for step in moves {
        // It began after the new post was seen, or a review since kept it.
        if holding.from_earliest.is_some_and(|t| step.after.since <= t) || reviewed.is_some_and(|t| step.after.since <= t) {
            continue;
        }
        if cx.as_of().0 - step.after.since.0 < cx.days(&GRACE) {
            recent = true;
        } else if holding.from_latest.is_none_or(|t| step.before.until < t) || reviewed.is_some_and(|t| step.before.until < t) {
            doubt = Some("no record tells whether it was granted or reviewed before or after the move");
        } else if decisions_missing(cx) || around.unresolved.contains(&holding.principal) {
            doubt = Some("decisions of reviews that may have kept it since are not on record, have no time, or are about what no record tells");
        } else {
            kept = Some(step);
        }
    }
    let mut draft = Draft::of_holding(cx, holding);
    match (kept, doubt) {
        (Some(step), _) => out.push(cx.finding(found(draft, holding, &step, cx))),
        (None, Some(why)) => {
            draft.message = format!("{} moved and holds {}, and {why}", draft.subject.name, draft.object.name);
            draft.clears_when = "The audit event or the request of the grant, and the decisions of reviews.".into();
            out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        }
        (None, None) if recent => out.pass_of(cx, &draft, "the time after the move is not over"),
        // What was before the first look is unknown, unless the access or a review is younger.
        (None, None) if holding.from_earliest.is_some_and(|t| first.since <= t) || reviewed.is_some_and(|t| first.since <= t) => {
            out.pass_of(cx, &draft, "given or reviewed since the last move")
        }
        (None, None) => out.push_for(unseen(cx), 1),
    }
}

fn unseen(cx: &Context) -> Finding {
    let message = "some access is older than the first snapshot of its holder's department and job title, so whether they moved before is unknown";
    cx.lacking(
        ReasonCode::OutsideRetention,
        Table::Users,
        message,
        "A review of that access, or older exports of users.",
    )
}

fn decisions_missing(cx: &Context) -> bool {
    cx.access.review_decisions.is_empty() && !cx.looked_at(Table::ReviewDecisions) || cx.access.collection_gaps.contains_key(Table::ReviewDecisions.name())
}

/// A value that became another one; one that was filled in or emptied is none.
fn changed(before: &str, after: &str) -> bool {
    !before.is_empty() && !after.is_empty() && before != after
}

/// Departments of which so many people changed at one snapshot that it was renamed, by the snapshot.
fn renamed(cx: &Context) -> AHashMap<(Interned, Instant), bool> {
    let mut sizes: AHashMap<Interned, usize> = AHashMap::new();
    let mut left: AHashMap<(Interned, Instant), usize> = AHashMap::new();
    for details in cx.access.governance.details.values() {
        let mut seen: Vec<Interned> = details.posts.iter().map(|p| p.department).collect();
        seen.sort();
        seen.dedup();
        seen.into_iter().for_each(|d| *sizes.entry(d).or_default() += 1);
        for pair in details.posts.windows(2).filter(|p| changed(&p[0].department, &p[1].department)) {
            *left.entry((pair[0].department, pair[1].since)).or_default() += 1;
        }
    }
    let share = usize::try_from(cx.threshold(&RENAMED)).unwrap_or(usize::MAX);
    let many = |((department, _), n): &(&(Interned, Instant), &usize)| **n >= FEW && *n * 100 > share.saturating_mul(sizes[department]);
    left.iter().map(|(key, n)| (*key, many(&(key, n)))).collect()
}

/// The last time that a review kept a package of somebody.
fn reviews<'a>(cx: &Context<'a>) -> AHashMap<(&'a PrincipalId, PackageId), Instant> {
    let mut last = AHashMap::new();
    let kept = |d: &&ReviewDecision| d.decision.eq_ignore_ascii_case("approve");
    for decision in cx.access.review_decisions.iter().filter(kept) {
        let (Some(package), Some(at)) = (cx.reviewed_package(&decision.resource), decision.reviewed_at.filter(|t| *t <= cx.as_of())) else {
            continue;
        };
        let newest = last.entry((&decision.principal, package)).or_insert(at);
        *newest = at.max(*newest);
    }
    last
}

fn found(mut draft: Draft, holding: &Holding, step: &Move, cx: &Context) -> Draft {
    let post = |p: &Post| match (p.job.as_str(), p.department.as_str()) {
        ("", department) => department.to_string(),
        (job, "") => job.to_string(),
        (job, department) => format!("{job}, {department}"),
    };
    draft.evidence.push(step.after.evidence.to_string());
    draft.severity = Severity::Medium;
    draft.reason = "mover";
    draft.from = Some(step.after.since);
    draft.message = format!(
        "{} holds {} {} and moved from {} to {} between {} and {}, {} ago, and no review has kept it since",
        draft.subject.name,
        draft.object.name,
        since(holding),
        post(step.before),
        post(step.after),
        words::day(step.before.until),
        words::day(step.after.since),
        words::duration(cx.as_of().0 - step.after.since.0)
    );
    draft.clears_when = "A review that keeps it, or its end.".into();
    draft
}
