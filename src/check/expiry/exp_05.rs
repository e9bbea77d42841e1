//! `EXP-05`: access that is still there after it was to end.

use super::ends::{Denials, removed, scheduled};
use crate::check::define::check;
use crate::check::judge::since;
use crate::check::thresholds::{DELIVERY_LAG, SLA_OTHER, SLA_SENSITIVE};
use crate::check::{Context, Delivery, Draft, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_2_H, AC_3_8, CC6_3, HIPAA_308_A_4_II_C, PCI_7_2_4};
use crate::model::{CheckId, EntitlementKind, Finding, Holding, Instant, PackageId, ReasonCode, Severity};

check! {
    /// Access is still there after it was to end
    ///
    /// ## Why it matters
    /// An end date, a removal or a denial is a decision that somebody took.
    /// Access that outlives it is held without anybody's consent, and nobody looks for it, since on paper it is gone.
    ///
    /// ## What it looks for
    /// Access still held, and seen more than the allowed business days after one of four ends:
    /// its schedule ended and a snapshot still lists the assignment as delivered;
    /// its removal was logged as done and a snapshot still lists it;
    /// a review denied it, the decision was applied, and a snapshot still lists it;
    /// the assignment ended and the group membership or app role that it had delivered is still there, with no other assignment behind it.
    /// A removal that was only asked for, and a denied request, are not ends.
    ///
    /// ## Known false positives
    /// An end that was moved in the portal after the last snapshot of the assignment.
    /// A membership that an administrator made permanent on purpose: register it as a package or an exception.
    ///
    /// ## What to do
    /// Remove what is left by hand and see that it is gone in the next snapshot.
    /// Then find out why delivery of the removal failed: reprocess the assignment, and look for groups that Entra cannot change.
    ///
    /// ## Examples
    /// The schedule ended on 31 January, and a snapshot two weeks later still lists Ana; Bo was listed within the time allowed:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  | ◀ |
    /// | 2026-01-05 | deliver |  | bo | library |  |   |
    /// | 2026-01-31 | end |  | ana | payroll |  |   |
    /// | 2026-02-12 | end |  | bo | library |  |   |
    /// | 2026-02-16 | look |  |  |  |  |   |
    ///
    /// The removal was logged as done, and the next snapshot lists it nevertheless:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-02 | remove | cy | ana | payroll |  | ◀ |
    /// | 2026-02-02 | remove | cy | bo | payroll |  |   |
    /// | 2026-02-20 | look |  | ana | payroll | still listed |   |
    ///
    /// A review denied it and the decision was applied, yet it is still there; Bo's was kept:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-02 | decide | cy | ana | payroll | deny applied | ◀ |
    /// | 2026-02-02 | decide | cy | bo | payroll | approve |   |
    /// | 2026-02-20 | look |  |  |  |  |   |
    ///
    /// The assignments expired; Ana's membership was left behind, Bo's went with it, and Cy has another package with the same group:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers |   |
    /// | 2026-01-01 | package |  |  | finance | group payers |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-01-05 | deliver |  | cy | payroll |  |   |
    /// | 2026-01-06 | deliver |  | cy | finance |  |   |
    /// | 2026-02-02 | expire |  | ana | payroll | membership stays | ◀ payers |
    /// | 2026-02-02 | expire |  | bo | payroll |  |   |
    /// | 2026-02-02 | expire |  | cy | payroll |  |   |
    /// | 2026-02-20 | look |  |  |  |  |   |
    ///
    /// Denied, and no record tells whether that was applied; Bo's denial was applied, and a later review gave it back:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-02 | decide | cy | ana | payroll | deny, result untold | ? |
    /// | 2026-02-02 | decide | cy | bo | payroll | deny applied |   |
    /// | 2026-02-10 | decide | cy | bo | payroll | approve |   |
    /// | 2026-02-20 | look |  |  |  |  |   |
    ///
    /// Extended before its end, removed and granted anew, denied and the decision not applied, denied only two days ago:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll | until 2026-01-31 |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-01-05 | deliver |  | cy | payroll |  |   |
    /// | 2026-01-05 | deliver |  | di | payroll |  |   |
    /// | 2026-01-20 | extend | ana | ana | payroll | until 2026-12-31 |   |
    /// | 2026-02-02 | remove | eve | bo | payroll |  |   |
    /// | 2026-02-02 | decide | eve | cy | payroll | deny |   |
    /// | 2026-02-03 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-18 | decide | eve | di | payroll | deny applied |   |
    /// | 2026-02-20 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXP-05"),
        severity: Severity::High,
        practice: &["P4", "P2"],
        controls: &[AC_2_H, AC_3_8, PCI_7_2_4, CC6_3, HIPAA_308_A_4_II_C],
        thresholds: &[&SLA_SENSITIVE, &SLA_OTHER, &DELIVERY_LAG],
        reads: &[Table::Assignments, Table::Requests, Table::AuditEvents, Table::Memberships, Table::AppRoleAssignments, Table::ResourceRoles, Table::ReviewDecisions, Table::ReviewDefinitions, Table::ReviewInstances, Table::Groups, Table::Packages, Table::Policies, Table::ServicePrincipals],
        shard_by: Shard::Principal,
        cost: "holdings, each against the other holdings and the review decisions of its principal",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments, Table::Memberships]);
    match cx.contents_unknown() {
        Some(row) => out.push_for(row, 0),
        None => cx.not_understood(&mut out, &[Table::ResourceRoles]),
    }
    let (denials, lost) = (Denials::new(cx), cx.lost_decisions());
    for holding in cx.held() {
        if holding.entitlement.kind == EntitlementKind::AccessPackage {
            package(cx, holding, &denials, lost.as_ref(), &mut out);
        } else {
            left_behind(cx, holding, &mut out);
        }
    }
    out
}

fn package(cx: &Context, holding: &Holding, denials: &Denials, lost: Option<&(Instant, Finding)>, out: &mut Outcome) {
    let package = PackageId::new(holding.entitlement.resource());
    let ends = [removed(cx, holding), denials.of(holding, &package), scheduled(cx, holding)];
    let Some(outlived) = ends.into_iter().flatten().next() else {
        if let Some((denial, at)) = denials.untold(holding, &package) {
            let mut draft = Draft::of_holding(cx, holding);
            draft.evidence.push(format!("review_decisions:{}", denial.id));
            draft.message = format!(
                "a review denied {} the access to {}{}, and no record tells whether and when that was applied, or taken back",
                draft.subject.name,
                draft.object.name,
                at.map(|t| format!(" on {}", words::day(t))).unwrap_or_default()
            );
            draft.clears_when = "The decisions with applyResult, appliedDateTime and reviewedDateTime.".into();
            return out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        }
        return no_end_passed(cx, holding, lost, out);
    };
    let mut draft = Draft::of_holding(cx, holding);
    draft.evidence.extend(outlived.evidence.iter().cloned());
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    let Some((due, days)) = cx.due(&package, outlived.end, holding.last_seen) else {
        draft.message = format!(
            "{who} still holds {what}: {} on {}, and whether that is too late depends on whether {what} is sensitive, which is unknown",
            outlived.told,
            words::day(outlived.end)
        );
        draft.clears_when = "A snapshot of packages with their contents, and of the groups in them.".into();
        return out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
    };
    match holding.last_seen {
        Some(seen) if seen > due => {
            draft.severity = Severity::High;
            draft.reason = outlived.reason;
            draft.from = Some(outlived.end);
            draft.message = format!(
                "{who} still holds {what}: {} on {}, and the snapshot of {} lists it, {} later where {} are allowed",
                outlived.told,
                words::day(outlived.end),
                words::day(seen),
                words::count(seen.days_since(outlived.end), "day"),
                words::count(days, "business day"),
            );
            draft.clears_when = format!("A complete snapshot that no longer lists {what} for {who}.");
            out.push(cx.finding(draft));
        }
        // Nobody has looked since: the next look will tell.
        _ if due < cx.as_of() => {
            draft.message = format!(
                "{} on {}, and nobody has looked since {} at whether {who} still holds {what}",
                outlived.told,
                words::day(outlived.end),
                words::day(due)
            );
            draft.clears_when = "A snapshot of assignments after that day.".into();
            out.push(cx.not_evaluable(ReasonCode::SourceStale, draft));
        }
        _ => out.pass_of(cx, &draft, "the time for the removal is not over"),
    }
}

/// No end is known that has passed: right, unless an end could be among what is missing.
fn no_end_passed(cx: &Context, holding: &Holding, lost: Option<&(Instant, Finding)>, out: &mut Outcome) {
    if let Some((_, row)) = lost.filter(|(before, _)| holding.held_from.is_none_or(|t| t < *before)) {
        return out.push_for(row.clone(), 1);
    }
    if !cx.looked_at(Table::ReviewDecisions) && cx.access.review_decisions.is_empty() && !cx.unreviewed(holding) {
        let message = "no review decisions are in the lake, so whether access outlived a denial is unknown";
        let clears_when = "Ingest the decisions of access reviews.";
        return out.push(cx.lacking(ReasonCode::NoTelemetry, Table::ReviewDecisions, message, clears_when));
    }
    if let Some(row) = cx.unheard(holding.entitlement.resource()) {
        return out.push(row);
    }
    if holding.scheduled_until.is_none() && !holding.no_expiration && !cx.automatic(holding) {
        let mut draft = Draft::of_holding(cx, holding);
        draft.message = format!(
            "{} holds {} {}, and no record tells whether an end was set that has passed",
            draft.subject.name,
            draft.object.name,
            since(holding)
        );
        draft.clears_when = "A snapshot of the assignment, or the request that led to it.".into();
        return out.push(cx.not_evaluable(ReasonCode::NoTelemetry, draft));
    }
    out.pass_of(cx, holding, "no end of it has passed");
}

/// What an ended assignment had delivered is still there.
fn left_behind(cx: &Context, holding: &Holding, out: &mut Outcome) {
    let lag = cx.hours(&DELIVERY_LAG);
    if cx.index.explained(holding, cx.as_of(), 0) {
        out.pass_of(cx, holding, "an assignment still explains it");
        return;
    }
    let (behind, clear) = match cx.delivery(holding, lag) {
        Delivery::By(behind) => (behind, true),
        Delivery::Unclear(behind) => (behind, false),
        Delivery::NotBy => return,
    };
    let package = PackageId::new(behind.entitlement.resource());
    let Some(end) = behind.until_latest.or(behind.held_until) else {
        return;
    };
    let mut draft = Draft::of_holding(cx, holding);
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    draft.assignment = behind.assignment.as_ref().map(ToString::to_string).unwrap_or_default();
    draft.request = behind.request.as_ref().map(ToString::to_string).unwrap_or_default();
    draft.evidence.extend(behind.evidence.iter().map(ToString::to_string));
    let doubt = if clear {
        "whether that is too late depends on whether the package is sensitive, which is unknown"
    } else {
        "no record tells whether that assignment had delivered it or somebody gave it by hand"
    };
    let due = cx.due(&package, end, holding.last_seen).filter(|_| clear);
    let Some((due, days)) = due else {
        draft.message = format!(
            "{who} is still in {what}, though the assignment of {} ended on {}, and {doubt}",
            behind.entitlement_name,
            words::day(end)
        );
        draft.clears_when = "The audit events of that time, and a snapshot of packages with their contents.".into();
        return out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
    };
    let Some(seen) = holding.last_seen.filter(|seen| *seen > due) else {
        if due >= cx.as_of() {
            let earliest = behind.until_earliest.filter(|t| *t < end);
            let late = earliest.filter(|t| {
                cx.due(&package, *t, holding.last_seen)
                    .is_none_or(|(due, _)| holding.last_seen.is_some_and(|s| s > due))
            });
            let Some(earliest) = late else {
                return out.pass_of(cx, &draft, "the time for the removal is not over");
            };
            draft.message = format!(
                "{who} is still in {what}, though the assignment of {} ended, at some time between {} and {}, so whether that is too late is unknown",
                behind.entitlement_name,
                words::day(earliest),
                words::day(end)
            );
            draft.clears_when = format!("The audit event of the end, or a snapshot of {what} after more time.");
            return out.push(cx.not_evaluable(ReasonCode::TooYoung, draft));
        }
        draft.message = format!(
            "the assignment of {} ended on {}, and nobody has looked since {} at whether {who} is still in {what}",
            behind.entitlement_name,
            words::day(end),
            words::day(due)
        );
        draft.clears_when = format!("A snapshot of {what} after that day.");
        return out.push(cx.not_evaluable(ReasonCode::SourceStale, draft));
    };
    draft.severity = Severity::High;
    draft.reason = "left-behind";
    draft.from = Some(end);
    draft.message = format!(
        "{who} is still in {what}, which {} had delivered: that assignment ended on {}, and the snapshot of {} lists the {}, {} later where {} are allowed",
        behind.entitlement_name,
        words::day(end),
        words::day(seen),
        if holding.entitlement.kind == EntitlementKind::Group {
            "membership"
        } else {
            "role"
        },
        words::count(seen.days_since(end), "day"),
        words::count(days, "business day"),
    );
    draft.clears_when = format!("A complete snapshot of {what} that no longer lists {who}, or an assignment that explains it.");
    out.push(cx.finding(draft));
}
