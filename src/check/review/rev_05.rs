//! `REV-05`: a denial that changed nothing.

use super::items::{looked_at_part, resource, verdict};
use crate::check::define::check;
use crate::check::judge::{Applied, applied};
use crate::check::surround::holdings;
use crate::check::thresholds::{LOOK_BACK, SLA_OTHER, SLA_SENSITIVE};
use crate::check::{Context, Draft, Known, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::ReviewDecision;
use crate::model::controls::{AC_2_F, AC_6_7, PCI_7_2_4};
use crate::model::{CheckId, EntitlementKind, Holding, Instant, Interned, PackageId, PrincipalId, ReasonCode, Severity};
use ahash::AHashMap;
use std::collections::{BTreeMap, BTreeSet};

check! {
    /// A review denied access, and it is still there
    ///
    /// ## Why it matters
    /// Somebody looked and said no.
    /// Entra applies that only at the end of the review, and not at all to some groups: a denial that is not applied is a risk that somebody knows of in writing.
    ///
    /// ## What it looks for
    /// The last decision on somebody's access in the last year, where it is a denial and a snapshot later than the allowed business days after the end of the review, or after it was applied, still lists the access: because it was never applied, because Entra says that it cannot be applied (`ApplyNotSupported`) or does not know whether it was (`AppliedWithUnknownFailure`), or although it was.
    /// Access to a group or an application that was taken away and given again by hand counts too.
    /// For packages, what outlives a denial that was applied is EXP-05's, and what was asked for and granted again is EXP-06's.
    ///
    /// ## Known false positives
    /// A denial that was taken back outside of the review: have it decided there.
    ///
    /// ## What to do
    /// Take the access away by hand, and find out why the decision was not applied: results that are not applied automatically, synchronised or role-assignable groups, nested membership.
    ///
    /// ## Examples
    /// Ana's denial waits since the review ended, Bo's cannot be applied; Cy's was applied, Di's was kept in a later review:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-01-05 | deliver |  | cy | payroll |  |   |
    /// | 2026-01-05 | deliver |  | di | payroll |  |   |
    /// | 2026-01-10 | series |  |  | payroll | every P1M |   |
    /// | 2026-01-15 | instance |  |  | payroll | until 2026-01-31 |   |
    /// | 2026-01-20 | review | eve | ana | payroll | deny | ◀ high |
    /// | 2026-01-20 | review | eve | bo | payroll | deny, result ApplyNotSupported | ◀ high |
    /// | 2026-01-20 | review | eve | cy | payroll | deny, applied |   |
    /// | 2026-01-20 | review | eve | di | payroll | deny |   |
    /// | 2026-01-31 | remove | eve | cy | payroll |  |   |
    /// | 2026-02-15 | instance |  |  | payroll | until 2026-02-28 |   |
    /// | 2026-02-20 | review | eve | di | payroll | approve |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A group: applied, and added by hand again:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | add-to-group | cy | ana | payers |  |   |
    /// | 2026-01-10 | series |  |  | payers | every P3M, of group payers |   |
    /// | 2026-01-15 | instance |  |  | payers | until 2026-01-31 |   |
    /// | 2026-01-20 | review | eve | ana | payers | deny, applied, of group payers |   |
    /// | 2026-01-21 | remove-from-group | cy | ana | payers |  |   |
    /// | 2026-02-05 | add-to-group | cy | ana | payers |  | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// The review has not ended, and another one ended yesterday:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | bo | library |  |   |
    /// | 2026-03-10 | series |  |  | payroll | every P3M |   |
    /// | 2026-03-15 | instance |  |  | payroll | until 2026-04-15, in progress |   |
    /// | 2026-03-20 | review | eve | ana | payroll | deny |   |
    /// | 2026-03-10 | series |  |  | library | every P3M |   |
    /// | 2026-03-15 | instance |  |  | library | until 2026-03-30 |   |
    /// | 2026-03-20 | review | eve | bo | library | deny |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Nobody knows when the review ended:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-20 | review | eve | ana | payroll | deny | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("REV-05"),
        severity: Severity::High,
        practice: &["P2"],
        controls: &[AC_6_7, AC_2_F, PCI_7_2_4],
        thresholds: &[&SLA_SENSITIVE, &SLA_OTHER, &LOOK_BACK],
        reads: holdings!(ReviewDecisions, ReviewInstances, RoleDefinitions),
        shard_by: Shard::Whole,
        cost: "one pass over the decisions, each denial against what its holder has",
        run,
    }
}

/// What decisions are held against.
struct Against<'a> {
    /// What people hold, by holder and resource.
    held: AHashMap<(&'a str, &'a str), &'a Holding>,
    /// When reviews ended, by instance.
    ended: AHashMap<Interned, Option<Instant>>,
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if cx.access.review_decisions.is_empty() && !cx.looked_at(Table::ReviewDecisions) {
        let message = "no review decisions are in the lake, so what was denied is unknown";
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
    let mut last: BTreeMap<(&PrincipalId, String), &ReviewDecision> = BTreeMap::new();
    let (mut undated, mut kept_sometime) = (0, BTreeSet::new());
    for decision in cx.access.review_decisions.iter().filter(|d| verdict(d).is_some()) {
        let Some(at) = decision.reviewed_at.or(decision.applied_at) else {
            match verdict(decision) {
                Some(true) => _ = kept_sometime.insert((&decision.principal, resource(cx, &decision.resource).id)),
                _ => undated += 1,
            }
            continue;
        };
        if at > cx.as_of() {
            continue;
        }
        let key = (&decision.principal, resource(cx, &decision.resource).id);
        let newest = last.entry(key).or_insert(decision);
        if (newest.reviewed_at.or(newest.applied_at), &newest.id) < (Some(at), &decision.id) {
            *newest = decision;
        }
    }
    cx.unheard_at_all(&mut out);
    let since = cx.since(&LOOK_BACK);
    let denied = |d: &ReviewDecision| verdict(d) == Some(false) && d.reviewed_at.or(d.applied_at).is_some_and(|t| since <= t);
    last.retain(|_, d| denied(d));
    let found = last.len();
    last.retain(|key, _| !kept_sometime.contains(key));
    undated += found - last.len();
    if undated > 0 {
        let message = format!(
            "{} have no time, or decisions to keep the same access have none, so whether they stand and were carried out in time is unknown",
            words::many(undated, "denial")
        );
        out.push_for(
            cx.lacking(ReasonCode::JoinMissing, Table::ReviewInstances, &message, "Decisions with reviewedDateTime."),
            undated,
        );
    }
    if let Some((_, row)) = cx.lost_decisions() {
        out.push_for(row, 0);
    }
    // Owners and those who must activate first are others than the members under review.
    let members = cx
        .index
        .held
        .iter()
        .map(|(_, h)| *h)
        .filter(|h| !h.entitlement.is_group_owner() && !h.entitlement.is_eligible());
    let against = Against {
        held: members.map(|h| ((h.principal.as_str(), h.entitlement.resource()), h)).collect(),
        ended: cx.access.governance.instances.iter().map(|i| (i.id, i.until)).collect(),
    };
    for ((_, object), decision) in last {
        judge(cx, decision, &object, &against, &mut out);
    }
    out
}

fn judge(cx: &Context, decision: &ReviewDecision, object: &str, against: &Against, out: &mut Outcome) {
    if !cx.is_known_resource(&decision.resource) {
        let message = "some denials are about what no record tells, so whether they were carried out is unknown";
        let clears_when = "A snapshot of the packages, policies, groups, applications or roles that were reviewed.";
        return out.push_for(cx.lacking(ReasonCode::JoinMissing, Table::Packages, message, clears_when), 1);
    }
    let package = cx.reviewed_package(&decision.resource);
    let Some(holding) = against.held.get(&(decision.principal.as_str(), object)) else {
        return gone(cx, decision, package.as_ref(), object, out);
    };
    let mut draft = Draft::of_holding(cx, holding);
    draft.evidence.push(format!("review_decisions:{}", decision.id));
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    let (state, reviewer) = (
        applied(decision),
        decision
            .reviewer
            .as_ref()
            .map_or_else(|| "a review".into(), |r| cx.access.principal_name(r).to_string()),
    );
    let when = decision.reviewed_at.or(decision.applied_at).unwrap_or_default();
    let denied = format!("{reviewer} denied {who} {what} on {}", words::day(when));
    let clock = match state {
        Applied::Yes => decision.applied_at,
        Applied::No(..) | Applied::Unknown => against.ended.get(&decision.instance).copied().flatten(),
    };
    // It began anew after the denial: for packages, a request was made for it.
    let anew = clock.is_some_and(|t| holding.from_earliest.is_some_and(|from| t.min(when) < from));
    match (&state, package.is_some()) {
        (_, true) if anew => return out.pass_of(cx, &draft, "given anew after the denial"),
        (Applied::Yes, true) => return out.pass_of(cx, &draft, "the denial was applied; whether it is still there is EXP-05's question"),
        (Applied::Unknown, _) => {
            draft.message = format!("{denied}, it is still there, and no record tells whether the denial was applied");
            draft.clears_when = "Decisions exported with applyResult.".into();
            return out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        }
        (_, false) if anew => {
            draft.severity = Severity::Medium;
            draft.reason = "came-back";
            draft.message = format!(
                "{denied}, it was taken away, and given again by {}",
                words::day(holding.from_latest.unwrap_or(cx.as_of()))
            );
            draft.clears_when = format!("A complete snapshot of {what} that no longer lists {who}, or a review that keeps it.");
            return out.push(cx.finding(draft));
        }
        _ => {}
    }
    let Some(clock) = clock else {
        draft.message = format!("{denied}, it is still there, and no record tells when that review ended");
        draft.clears_when = "The instances of access reviews, with their ends.".into();
        return out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
    };
    let Some((due, days)) = due(cx, holding, package.as_ref(), clock) else {
        draft.message = format!("{denied}, and whether it is late depends on whether {what} is sensitive, which is unknown");
        draft.clears_when = "A snapshot of packages with their contents, and of groups.".into();
        return out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
    };
    match holding.last_seen.filter(|seen| *seen > due) {
        Some(seen) => {
            let (reason, how) = match state {
                Applied::Yes | Applied::Unknown => ("applied-still-there", "it was applied"),
                Applied::No(reason, how) => (reason, how),
            };
            draft.severity = Severity::High;
            draft.reason = reason;
            draft.from = Some(clock);
            draft.message = format!(
                "{denied}, {how}, and a snapshot on {} still lists it, {} after {} where {} are allowed",
                words::day(seen),
                words::count(seen.days_since(clock), "day"),
                if matches!(state, Applied::Yes) { "that" } else { "the review ended" },
                words::count(days, "business day")
            );
            draft.clears_when = format!("A complete snapshot that no longer lists {what} for {who}, or a review that keeps it.");
            out.push(cx.finding(draft));
        }
        None if due < cx.as_of() => {
            draft.message = format!("{denied}, and nobody has looked since {} at whether {who} still holds it", words::day(due));
            draft.clears_when = format!("A snapshot of {what} after that day.");
            out.push(cx.not_evaluable(ReasonCode::SourceStale, draft));
        }
        None => out.pass_of(cx, &draft, "the time for the removal is not over"),
    }
}

fn due(cx: &Context, holding: &Holding, package: Option<&PackageId>, clock: Instant) -> Option<(Instant, i64)> {
    let after = |sla| {
        let days = cx.threshold(sla);
        (clock.plus_business_days(u32::try_from(days).unwrap_or(0)), days)
    };
    if let Some(package) = package {
        return cx.due(package, clock, holding.last_seen);
    }
    let sensitive = match holding.entitlement.kind {
        EntitlementKind::DirectoryRole => Known::Yes(String::new()),
        EntitlementKind::Group => match cx.access.groups.get(holding.entitlement.resource()) {
            Some(group) if group.role_assignable => Known::Yes(String::new()),
            Some(group) if group.role_assignable_told => Known::No,
            _ => Known::Unknown(String::new()),
        },
        _ => Known::No,
    };
    match sensitive {
        Known::Yes(_) => Some(after(&SLA_SENSITIVE)),
        Known::No => Some(after(&SLA_OTHER)),
        Known::Unknown(_) => {
            let (a, b) = (after(&SLA_SENSITIVE), after(&SLA_OTHER));
            let late = |due: Instant| holding.last_seen.is_some_and(|s| s > due);
            (late(a.0) == late(b.0)).then(|| a.max(b))
        }
    }
}

/// What a denial is about, where nobody holds it any more.
fn of_denial(cx: &Context, decision: &ReviewDecision) -> Draft {
    Draft {
        subject: cx.principal(&decision.principal),
        object: resource(cx, &decision.resource),
        evidence: vec![format!("review_decisions:{}", decision.id)],
        ..Draft::default()
    }
}

/// Nobody holds it any more, as far as looks tell.
fn gone(cx: &Context, decision: &ReviewDecision, package: Option<&PackageId>, object: &str, out: &mut Outcome) {
    let when = decision.reviewed_at.or(decision.applied_at).unwrap_or_default();
    let (table, part) = match package {
        Some(_) => (Table::Assignments, "tenant"),
        None if cx.access.groups.contains_key(object) => (Table::Memberships, object),
        None if cx.access.apps.contains_key(object) => (Table::AppRoleAssignments, object),
        None => (Table::DirectoryRoles, "tenant"),
    };
    let whole = cx.access.looks.get(&(table.name().into(), Interned::from(part)));
    let listed = whole.is_some_and(|l| l.iter().any(|l| l.complete && when <= l.at && l.at <= cx.as_of()));
    if listed {
        return out.pass_of(cx, &of_denial(cx, decision), "a complete look after the denial lists nobody");
    }
    let last = looked_at_part(cx, table, part).map_or_else(|| "nobody ever looked".into(), |t| format!("the last snapshot was on {}", words::day(t)));
    let draft = Draft {
        message: format!("access was denied on {}, and whether it is gone is unknown: {last}", words::day(when)),
        clears_when: "A complete snapshot of who holds it, after that day.".into(),
        ..of_denial(cx, decision)
    };
    out.push(cx.not_evaluable(ReasonCode::SourceStale, draft));
}
