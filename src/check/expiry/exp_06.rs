//! `EXP-06`: taken away for a reason, and given back.

use super::decisions::{is_about, package_of};
use crate::check::define::check;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{RequestHistory, ReviewDecision};
use crate::model::controls::{AC_2_H, AC_2_I};
use crate::model::time::{DAY, HOUR};
use crate::model::{CheckId, EntitlementKind, Holding, Instant, PrincipalId, ReasonCode, Severity};
use ahash::AHashMap;

check! {
    /// Access came back soon after it was taken away for cause
    ///
    /// ## Why it matters
    /// A removal by a reviewer, an administrator or an approver is a decision against the access.
    /// Access that is back within a month undoes it, often by somebody who does not know of it.
    ///
    /// ## What it looks for
    /// A package that somebody was given again within 30 days of its removal by a review's denial, by an administrator or by an approver, in the last 365 days.
    /// Access that ended by itself, or that its holder gave up, may come back.
    /// Where the same administrator removed and assigned within an hour, one assignment was replaced by another, and it weighs low.
    ///
    /// ## Known false positives
    /// Somebody who left a team by mistake of the list.
    ///
    /// ## What to do
    /// Ask whoever decided against it, and whoever gave it again.
    ///
    /// ## Examples
    /// Removed by an administrator and given again; a review's denial, applied, and given again:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-02-02 | remove | admin | ana | payroll |  |   |
    /// | 2026-02-12 | deliver |  | ana | payroll |  | ◀ medium |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-01 | decide | boss | bo | payroll | deny applied |   |
    /// | 2026-02-01 00:10 | expire |  | bo | payroll |  |   |
    /// | 2026-02-12 | deliver |  | bo | payroll |  | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// It ended by itself, was given again months later, or never before:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll | until 2026-02-02 |   |
    /// | 2026-02-02 | expire |  | ana | payroll |  |   |
    /// | 2026-02-12 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-01-06 | remove | admin | bo | payroll |  |   |
    /// | 2026-03-12 | deliver |  | bo | payroll |  |   |
    /// | 2026-03-12 | deliver |  | cy | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXP-06"),
        severity: Severity::Medium,
        practice: &["P2", "P4"],
        controls: &[AC_2_H, AC_2_I],
        thresholds: &[&LOOK_BACK, &SOON],
        reads: &[Table::Assignments, Table::Requests, Table::AuditEvents, Table::ReviewDecisions, Table::ReviewDefinitions, Table::ReviewInstances, Table::Policies, Table::Packages, Table::Coverage],
        shard_by: Shard::Principal,
        cost: "each package ever held, against the one before it",
        run,
    }
}

static SOON: Threshold = Threshold {
    name: "granted_again_days",
    default: 30,
    unit: "days",
    origin: "ours: within a month the decision against it still stands",
    help: "How soon after a removal for cause a new grant is a finding.",
};

/// Why somebody lost access.
enum Cause {
    /// Somebody decided against it: in words, by whom, and the records.
    Against(String, String, Vec<String>),
    /// It ended by itself, or its holder gave it up.
    Innocent,
    /// No record tells.
    Unknown,
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments, Table::Requests]);
    let mut holdings: Vec<&Holding> = cx
        .access
        .holdings
        .iter()
        .filter(|h| h.entitlement.kind == EntitlementKind::AccessPackage && cx.mine(h.principal.as_str()))
        .collect();
    let key = |h: &Holding| (cx.began(h), h.held_until);
    holdings.sort_by(|a, b| (&a.principal, &a.entitlement, key(a), &a.assignment).cmp(&(&b.principal, &b.entitlement, key(b), &b.assignment)));
    let denials = Denials::new(cx);
    let since = cx.since(&LOOK_BACK);
    let mut before: Option<&Holding> = None;
    for holding in holdings {
        let earlier = before.filter(|b| b.principal == holding.principal && b.entitlement == holding.entitlement);
        before = Some(holding);
        let Some(begun) = cx.began(holding).filter(|t| since <= *t && *t <= cx.as_of()) else {
            continue;
        };
        let ended = earlier.and_then(|e| Some((e, e.held_until.filter(|t| *t <= begun && begun <= t.plus(cx.days(&SOON)))?)));
        match ended {
            // What goes on without a break was never gone.
            Some((_, end)) if end == begun => out.pass_of(cx, holding, "it goes on without a break"),
            Some((earlier, end)) => judge(cx, (earlier, end), (holding, begun), &denials, &mut out),
            None => out.pass_of(cx, holding, "nothing was taken away shortly before"),
        }
    }
    out
}

/// Denials that were applied, by whom they are about.
struct Denials<'a>(AHashMap<&'a PrincipalId, Vec<&'a ReviewDecision>>, bool);

impl<'a> Denials<'a> {
    fn new(cx: &Context<'a>) -> Self {
        let mut all: AHashMap<&PrincipalId, Vec<&ReviewDecision>> = AHashMap::new();
        for decision in cx.access.review_decisions.iter().filter(|d| d.decision.eq_ignore_ascii_case("deny")) {
            all.entry(&decision.principal).or_default().push(decision);
        }
        for list in all.values_mut() {
            list.sort_by_key(|d| (d.applied_at, &d.id));
        }
        let known = cx.looked_at(Table::ReviewDecisions) || !cx.access.review_decisions.is_empty();
        Self(all, known && cx.lost_decisions().is_none())
    }

    /// Whether every denial of a holding would be on record.
    fn whole(&self, cx: &Context, holding: &Holding) -> bool {
        cx.unreviewed(holding) || self.1 && cx.unheard(holding.entitlement.resource()).is_none()
    }

    /// Whether a denial of which no record tells when it was applied may have ended a holding.
    fn undated(&self, holding: &Holding, end: Instant) -> bool {
        let not = |word: &str| {
            ["New", "ApplyNotSupported", "NotSupported", "Failure"]
                .iter()
                .any(|w| word.eq_ignore_ascii_case(w))
        };
        let before = |d: &ReviewDecision| d.reviewed_at.is_none_or(|t| t <= end);
        let own = self.0.get(&holding.principal).map_or(&[][..], Vec::as_slice);
        own.iter()
            .any(|d| d.applied_at.is_none() && !not(&d.apply_result) && before(d) && is_about(d, holding))
    }

    /// The denial that ended a holding, if one did.
    fn of(&self, holding: &Holding, end: Instant) -> Option<&'a ReviewDecision> {
        let about = |d: &&&ReviewDecision| is_about(d, holding);
        let applied = |d: &&&ReviewDecision| d.applied_at.is_some_and(|t| t <= end.plus(HOUR) && end <= t.plus(DAY));
        self.0.get(&holding.principal)?.iter().filter(about).rfind(applied).copied()
    }
}

fn cause(cx: &Context, holding: &Holding, end: Instant, denials: &Denials) -> Cause {
    if let Some(denial) = denials.of(holding, end) {
        let who = denial
            .reviewer
            .as_ref()
            .map_or_else(String::new, |r| format!(" by {}", cx.access.principal_name(r)));
        return Cause::Against(
            format!("a review's denial{who}"),
            String::new(),
            vec![format!("review_decisions:{}", denial.id)],
        );
    }
    let removal = |r: &&RequestHistory| {
        let same = match (&r.assignment, &holding.assignment) {
            (Some(a), Some(b)) => a == b,
            _ => r.package.as_ref() == Some(&package_of(holding)),
        };
        let near = r.completed_at.or(r.created_at).is_none_or(|t| t.plus(-DAY) <= end && end <= t.plus(DAY));
        r.kind.ends_with("Remove") && same && near && !matches!(r.state.as_str(), "denied" | "canceled" | "deliveryFailed")
    };
    let request = cx
        .access
        .requests_of(&holding.principal)
        .filter(removal)
        .max_by_key(|r| (r.completed_at, &r.id));
    let by_people = |r: &RequestHistory| matches!(r.kind.as_str(), "adminRemove" | "approverRemove" | "userRemove");
    if !request.is_some_and(by_people) && denials.undated(holding, end) {
        return Cause::Unknown;
    }
    let Some(request) = request else {
        let by_itself = holding.scheduled_until.is_some_and(|t| t <= end.plus(DAY)) || holding.end_reason == "expired";
        return if by_itself { Cause::Innocent } else { Cause::Unknown };
    };
    let who = request.removed_by.to_string();
    let by = if who.is_empty() { String::new() } else { format!(" ({who})") };
    let records = request.evidence.iter().map(ToString::to_string).collect();
    match request.kind.as_str() {
        "adminRemove" => Cause::Against(format!("an administrator{by}"), who, records),
        "approverRemove" => Cause::Against(format!("an approver{by}"), who, records),
        "userRemove" => Cause::Innocent,
        // The system removes what ended, what a review denied, and whom a rule no longer fits.
        "systemRemove" if denials.whole(cx, holding) => Cause::Innocent,
        _ if holding.scheduled_until.is_some_and(|t| t <= end.plus(DAY)) || cx.by_rule(holding) == Some(true) => Cause::Innocent,
        _ => Cause::Unknown,
    }
}

fn judge(cx: &Context, (earlier, end): (&Holding, Instant), (holding, begun): (&Holding, Instant), denials: &Denials, out: &mut Outcome) {
    let mut draft = Draft::of_holding(cx, holding);
    match cause(cx, earlier, end, denials) {
        Cause::Innocent if denials.whole(cx, earlier) => out.pass_of(cx, &draft, "what was before ended by itself, or was given up"),
        Cause::Innocent | Cause::Unknown => {
            let message = format!(
                "{} was given {} on {} again, {} after it ended, and no record tells whether somebody had decided against it",
                draft.subject.name,
                draft.object.name,
                words::day(begun),
                words::duration(begun.0 - end.0)
            );
            out.push(draft.untold(
                cx,
                ReasonCode::JoinMissing,
                message,
                "The removal's request or audit event, and the decisions of access reviews.",
            ));
        }
        Cause::Against(by, who, records) => {
            let administrator = holding.granted_by.to_string();
            let replaced = !who.is_empty() && administrator == who && begun.0 - end.0 <= HOUR;
            let approved: Vec<String> = holding.approved_by.iter().map(ToString::to_string).collect();
            let how = match approved.as_slice() {
                [] => "nobody is on record who approved that".to_string(),
                names => format!("{} approved that", words::listed(names)),
            };
            draft.severity = if replaced { Severity::Low } else { Severity::Medium };
            draft.reason = if replaced { "replaced" } else { "granted-again" };
            (draft.from, draft.evidence) = (Some(end), [draft.evidence, records].concat());
            draft.message = format!(
                "{} was given {} again on {}, {} after {by} had removed it, and {how}",
                draft.subject.name,
                draft.object.name,
                words::day(begun),
                words::duration(begun.0 - end.0)
            );
            draft.clears_when = "Its removal, or the consent of whoever had decided against it.".into();
            out.push(cx.finding(draft));
        }
    }
}
