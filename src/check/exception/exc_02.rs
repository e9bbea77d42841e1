//! `EXC-02`: access that was assigned and never arrived.

use crate::check::define::check;
use crate::check::surround::holdings;
use crate::check::{Account, Context, Draft, Outcome, Shard, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::PackageContent;
use crate::ledger::governance::Unfinished;
use crate::model::controls::{AC_2_F, AC_3};
use crate::model::{Certainty, CheckId, EntitlementKey, EntitlementKind, Holding, Instant, PrincipalId, PrincipalState, ReasonCode, Severity};
use ahash::{AHashMap, AHashSet};
use std::collections::BTreeMap;

check! {
    /// Access was assigned and never arrived
    ///
    /// ## Why it matters
    /// Who was approved and cannot work asks for the same access by another way, past the package.
    /// And a delivery that hangs may come through weeks later, when nobody expects it.
    ///
    /// ## What it looks for
    /// An assignment that snapshots list as being delivered, delivered in part or failed, more than the allowed hours after it was to begin.
    /// A package that was delivered, while a complete snapshot of a group or an application of it, as many hours later, does not list the holder.
    /// What is still listed after its removal was logged is EXP-05's.
    /// Service principals are judged by applications alone: listings of the members and the owners of a group may leave them out.
    /// Groups that a rule fills, roles that must be activated first, directory roles and sites are left out: there absence has other causes.
    ///
    /// ## Known false positives
    /// A guest who has not accepted the invitation yet: told apart as not to be judged.
    ///
    /// ## What to do
    /// Reprocess the assignment in the portal; if it fails again, look whether Entra may change the group: synchronised, mail-enabled and role-assignable groups have limits of their own.
    ///
    /// ## Examples
    /// Ana's delivery hangs, Bo's failed, Cy's began an hour ago, Di's came through:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers |   |
    /// | 2026-01-05 | begin-delivery |  | ana | payroll | delivering | ◀ low |
    /// | 2026-01-05 | begin-delivery |  | bo | payroll | deliveryFailed | ◀ medium |
    /// | 2026-03-30 23:00 | begin-delivery |  | cy | payroll | delivering |   |
    /// | 2026-01-05 | deliver |  | di | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Somebody took Ana out of the group while her assignment goes on:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  | ◀ payers |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-02 | remove-from-group | cy | ana | payers |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A rule fills the group, so nobody is delivered into it:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | library | group readers |   |
    /// | 2026-01-01 | group |  |  | readers | dynamic |   |
    /// | 2026-01-05 | deliver |  | ana | library |  |   |
    /// | 2026-02-02 | remove-from-group | cy | ana | readers |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXC-02"),
        severity: Severity::Medium,
        practice: &["P1"],
        controls: &[AC_2_F, AC_3],
        thresholds: &[&LIMIT],
        reads: holdings!(),
        shard_by: Shard::Principal,
        cost: "package assignments, each against what its package contains and what its holder has",
        run,
    }
}

static LIMIT: Threshold = Threshold {
    name: "delivery_limit_hours",
    default: 48,
    unit: "hours",
    origin: "ours: twice the day that entitlement management may take to deliver",
    help: "How long after its begin an assignment may be under way.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    let open = cx.access.governance.unfinished.iter();
    let mine = |u: &&Unfinished| cx.mine(u.principal.as_ref().map_or(u.id.as_str(), PrincipalId::as_str));
    for assignment in open.filter(mine) {
        unfinished(cx, assignment, &mut out);
    }
    if let Some(row) = cx.contents_unknown() {
        out.push_for(row, 0);
        return out;
    }
    cx.not_understood(&mut out, &[Table::ResourceRoles]);
    arrived(cx, &mut out);
    out
}

/// An assignment that is under way, or failed.
fn unfinished(cx: &Context, assignment: &Unfinished, out: &mut Outcome) {
    let limit = cx.hours(&LIMIT);
    let what = assignment.package.as_ref().map(|p| cx.package(p)).unwrap_or_default();
    let mut draft = Draft {
        subject: assignment
            .principal
            .as_ref()
            .map_or_else(|| Thing::new("assignment", assignment.id.as_str(), ""), |p| cx.principal(p)),
        object: what,
        assignment: assignment.id.to_string(),
        from: assignment.start_at,
        evidence: vec![format!("assignments:{}", assignment.id)],
        ..Draft::default()
    };
    let (who, what, state) = (draft.subject.name.clone(), draft.object.name.clone(), in_words(&assignment.state));
    let is_pending = assignment.principal.as_ref().map(|p| is_pending(cx, p));
    if let None | Some(Some(true)) = is_pending {
        draft.message =
            format!("the assignment of {what} to {who} {state}, and waits for a guest who is not in the directory or has not accepted the invitation");
        draft.clears_when = "A look after the guest has accepted the invitation.".into();
        return out.push(cx.not_evaluable(ReasonCode::TooYoung, draft));
    }
    if is_pending == Some(None) {
        draft.message = format!("the assignment of {what} to {who} {state}, and no record tells whether that is a guest who has not accepted the invitation");
        draft.clears_when = "A snapshot of users, with userType and externalUserState, that lists the account.".into();
        return out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
    }
    let begun = assignment.start_at.or(assignment.first_seen);
    let late = begun.zip(assignment.last_seen).filter(|(from, seen)| seen.0 - from.0 >= limit);
    match late {
        Some((from, seen)) => {
            draft.severity = if assignment.state.eq_ignore_ascii_case("delivering") {
                Severity::Low
            } else {
                Severity::Medium
            };
            draft.reason = if assignment.state.eq_ignore_ascii_case("delivering") {
                "delivery-hangs"
            } else {
                "delivery-failed"
            };
            draft.message = format!(
                "the assignment of {what} to {who}, which was to begin on {}, {state} on {}, {} later where {} are allowed",
                words::day(from),
                words::day(seen),
                words::duration(seen.0 - from.0),
                words::count(cx.threshold(&LIMIT), "hour")
            );
            draft.clears_when = "A snapshot that lists the assignment as delivered, or no longer lists it.".into();
            out.push(cx.finding(draft));
        }
        // It began a moment ago, or nobody has looked since: the next look will tell.
        None if assignment.start_at.is_some_and(|t| cx.as_of().0 - t.0 < limit) => out.pass_of(cx, &draft, "the time for the delivery is not over"),
        None => {
            draft.message = format!("the assignment of {what} to {who} {state}, and no snapshot tells whether that lasts too long");
            draft.clears_when = "Another look at assignments.".into();
            out.push(cx.not_evaluable(ReasonCode::TooYoung, draft));
        }
    }
}

/// Whether somebody is a guest who has not accepted the invitation; `None` where no record tells.
fn is_pending(cx: &Context, who: &PrincipalId) -> Option<bool> {
    let state = cx.access.people.get(who).map(|p| p.external_state).unwrap_or_default();
    match cx.account(who) {
        Account::Guest | Account::User | Account::Unknown if state.is_empty() => None,
        _ => Some(state.eq_ignore_ascii_case("PendingAcceptance")),
    }
}

/// Whether an account is a service principal's, which has a listing of its own.
fn is_service(cx: &Context, who: &PrincipalId) -> bool {
    let agent = || cx.account(who) == Account::Agent && !cx.access.people.contains_key(who);
    cx.account(who) == Account::Workload || cx.access.apps.contains_key(who.as_str()) || agent()
}

fn in_words(state: &str) -> &'static str {
    match state.to_ascii_lowercase().as_str() {
        "delivering" => "was still being delivered",
        "partiallydelivered" => "was delivered in part only",
        _ => "had failed to be delivered",
    }
}

/// What packages of somebody should have brought, and whether it is there.
fn arrived(cx: &Context, out: &mut Outcome) {
    let contents = cx.contents_now();
    let mut had: AHashSet<(&PrincipalId, &EntitlementKey)> = AHashSet::new();
    for holding in cx.held().filter(|h| h.entitlement.kind != EntitlementKind::AccessPackage) {
        had.insert((&holding.principal, &holding.entitlement));
    }
    // One row for each access, however many packages should have brought it.
    let mut due: BTreeMap<(&PrincipalId, &EntitlementKey), (&Holding, &PackageContent)> = BTreeMap::new();
    let mut whole: AHashMap<&EntitlementKey, Option<Instant>> = AHashMap::new();
    for (holding, package) in cx.held_packages() {
        let accounts = if is_service(cx, &holding.principal) {
            Table::ServicePrincipals
        } else {
            Table::Users
        };
        let deleted = matches!(holding.principal_state, PrincipalState::Deleted) || cx.gone_from(accounts, holding.principal.as_str());
        if holding.partially_delivered || deleted || goes_on_after_removal(cx, holding) {
            continue;
        }
        for content in contents.get(package.as_str()).into_iter().flatten() {
            let Some(key) = content.entitlement.as_ref().filter(|k| is_delivered(k)) else {
                continue;
            };
            due.entry((&holding.principal, key)).or_insert((holding, content));
        }
    }
    for ((who, key), (holding, content)) in due {
        if had.contains(&(who, key)) {
            out.pass_of(cx, holding, format_args!("what the package gives is there: {}", content.resource_name));
            continue;
        }
        let look = *whole.entry(key).or_insert_with(|| newest_whole(cx, key));
        missing(cx, holding, content, key, look, out);
    }
}

/// What a snapshot lists after its removal was logged: its contents went with it, and that it is listed is EXP-05's.
fn goes_on_after_removal(cx: &Context, holding: &Holding) -> bool {
    let removed = |h: &&&Holding| h.entitlement == holding.entitlement && h.until_certainty == Certainty::Exact && h.held_until <= holding.from_latest;
    holding.from_certainty != Certainty::Exact && cx.index.packages_of(&holding.principal).iter().filter(removed).any(|h| h.held_until.is_some())
}

/// Groups, be it as a member or as an owner, and app roles, which the service adds people to at once.
fn is_delivered(key: &EntitlementKey) -> bool {
    key.kind == EntitlementKind::Group && !key.is_eligible() || key.kind == EntitlementKind::AppRole
}

/// The newest complete snapshot of who holds something.
fn newest_whole(cx: &Context, key: &EntitlementKey) -> Option<Instant> {
    let table = crate::ledger::access_model::listed_in(key.kind)?;
    let owners = format!("owner/{}", key.resource());
    // A listing of the members of all groups tells nothing about their owners.
    let places = if key.is_group_owner() {
        vec![owners.as_str()]
    } else {
        vec![key.resource(), "tenant"]
    };
    let looks = places.iter().filter_map(|s| cx.access.looks.get(&(table.into(), (*s).into())));
    looks.flatten().filter(|l| l.complete && l.at <= cx.as_of()).map(|l| l.at).max()
}

fn missing(cx: &Context, holding: &Holding, content: &PackageContent, key: &EntitlementKey, look: Option<Instant>, out: &mut Outcome) {
    let limit = cx.hours(&LIMIT);
    let group = cx.access.groups.get(key.resource());
    // A rule fills members, never owners.
    if key.is_group_member() && group.is_some_and(|g| g.dynamic == Some(true)) {
        return;
    }
    let both = |a: Option<Instant>, b: Option<Instant>| a.zip(b).map(|(a, b)| a.max(b));
    let begun = both(cx.began(holding), content.span.from_latest.or(content.span.held_from));
    let young = holding
        .from_earliest
        .max(content.span.from_earliest)
        .is_some_and(|t| cx.as_of().0 - t.0 < limit);
    let mut draft = Draft::of_holding(cx, holding);
    let package = draft.object.name.clone();
    let (kind, name) = (
        if key.kind == EntitlementKind::Group { "group" } else { "application" },
        cx.access.entitlement_name(key),
    );
    draft.object = Thing::new(kind, key.resource(), if name.is_empty() { &content.resource_name } else { &name });
    draft.evidence.extend(content.evidence.iter().map(ToString::to_string));
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    let of = if key.is_group_owner() { "the ownership of " } else { "" };
    let service = is_service(cx, &holding.principal);
    let is_there = cx.works(holding).is_some() || service && cx.access.apps.contains_key(holding.principal.as_str());
    let is_filled = || group.is_some_and(|g| g.dynamic.is_some()) || key.is_group_owner();
    let known = (key.kind != EntitlementKind::Group || is_filled()) && is_there;
    // The package may have ceased to give it since anybody looked at its contents.
    let stale = look.zip(content.span.until_earliest).is_some_and(|(look, seen)| look.0 - seen.0 >= limit) && content.span.held_until.is_none();
    match (look, begun) {
        _ if young => out.pass_of(cx, &draft, "the time for the delivery is not over"),
        (Some(look), _) if stale => {
            draft.message = format!(
                "{who} holds {package}, which gave {what} when its contents were last looked at, and whether it did on {} is unknown",
                words::day(look)
            );
            draft.clears_when = "A snapshot of packages with their contents of the same time.".into();
            out.push(cx.not_evaluable(ReasonCode::SourceStale, draft));
        }
        // Graph's page of group members: v1.0 does not list service principals among them.
        _ if service && key.kind == EntitlementKind::Group => {
            draft.message = format!("{who} holds {package}, which gives {what}, and listings of members may leave service principals out");
            draft.clears_when = format!("An audit event that tells who was added to {what}.");
            out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        }
        (Some(look), Some(begun)) if known && look.0 - begun.0 >= limit => {
            draft.severity = Severity::Medium;
            draft.reason = "not-held";
            draft.message = format!(
                "{who} holds {package} since {}, which gives {of}{what}, and a complete snapshot on {} does not list them there",
                words::day(begun),
                words::day(look)
            );
            draft.clears_when = format!("A snapshot that lists {who} at {what}, or the end of the assignment.");
            out.push(cx.finding(draft));
        }
        _ => {
            if known && look.is_none() {
                let (table, who) = match key.kind {
                    EntitlementKind::Group if key.is_group_owner() => (Table::Memberships, "owners of some groups"),
                    EntitlementKind::Group => (Table::Memberships, "members of some groups"),
                    _ => (Table::AppRoleAssignments, "holders of some applications"),
                };
                let message = format!("no complete snapshot lists the {who} that packages give, so whether access arrived there is unknown");
                let clears_when = format!("Ingest the {who}, whole.").replace("some ", "");
                return out.push_for(cx.lacking(ReasonCode::NoTelemetry, table, &message, &clears_when), 1);
            }
            let why = match (known, look) {
                (false, _) => "no record tells whether a rule fills the group, or whether the account is still there",
                _ => "no complete snapshot tells since the assignment began",
            };
            draft.message = format!("{who} holds {package}, which gives {what}, and {why}");
            draft.clears_when = format!("A complete snapshot of {what}.");
            out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        }
    }
}
