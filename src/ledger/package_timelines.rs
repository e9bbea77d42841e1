//! Facts about access packages, sorted into timelines: one for each assignment.

mod doubts;

use crate::lake::objects::AssignmentRow;
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::ledger::evidence::Evidence;
use crate::ledger::requests::{Asks, asks_for};
use crate::ledger::sightings::{Contents, Seen, Sightings};
use crate::ledger::timeline::{Act, Fact, Schedule, Timeline, Timelines};
use crate::model::time::{DAY, HOUR, MINUTE};
use crate::model::{
    AccessEvent, Action, AssignmentId, EntitlementKey, EntitlementKind, Instant, Interned, IsoDuration, Outcome, PolicyId, PrincipalId, RequestId,
};
use ahash::{AHashMap, AHashSet};
use doubts::{Doubt, doubt};
use std::collections::BTreeMap;

/// How long a delivery may take: Entra takes up to a day to apply a change.
pub(super) const DELIVERY_LAG: i64 = DAY;

/// Requests by id.
type Histories<'h> = AHashMap<&'h RequestId, &'h RequestHistory>;

/// Assignments that name no holder, by no record: who holds the package is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holderless {
    /// How many there are of each package; `None` where the package is not known either.
    pub by_package: BTreeMap<Option<Interned>, usize>,
    /// The instants of snapshots that list any.
    seen_at: AHashSet<Instant>,
}

/// Sorts all facts about packages.
pub(super) fn of_packages(
    evidence: &Evidence,
    contents: &Contents,
    sightings: &Sightings,
    events: &[AccessEvent],
    histories: &BTreeMap<RequestId, RequestHistory>,
) -> (Timelines, Holderless) {
    let by_id: Histories = histories.iter().collect();
    let mut timelines = Timelines::default();
    let holderless = assignments(&mut timelines, evidence, contents, sightings, histories);
    let Acts { clear, mut doubts } = acts(events, histories, &by_id);
    for told in clear {
        let key = (told.principal.clone(), told.package.clone());
        let is_held = || timelines.get(&key).is_some_and(|group| group.iter().any(|t| t.is_held_at(told.at)));
        if told.only_if_held && !is_held() {
            doubts.extend(told.may_be_anybodys.then(|| Doubt::of(&told)).flatten());
            continue;
        }
        let group = timelines.entry(key).or_default();
        if !is_of_another(group, &told) {
            place(group, told);
        }
    }
    for group in timelines.values_mut() {
        join_grants(group);
        group.iter_mut().for_each(end_of_its_own);
    }
    doubt(&mut timelines, &doubts);
    unlisted(&mut timelines, sightings, &holderless);
    (timelines, holderless)
}

/// One timeline for each assignment that names a holder and a package, by itself or through a request.
fn assignments(
    timelines: &mut Timelines,
    evidence: &Evidence,
    contents: &Contents,
    sightings: &Sightings,
    histories: &BTreeMap<RequestId, RequestHistory>,
) -> Holderless {
    let mut through_request: AHashMap<&AssignmentId, &RequestHistory> = AHashMap::new();
    for history in histories.values() {
        if let Some(id) = &history.assignment {
            let known = through_request.entry(id).or_insert(history);
            if asks_for(&history.kind) == Some(Asks::Access) && asks_for(&known.kind) != Some(Asks::Access) {
                *known = history;
            }
        }
    }
    let mut holderless = Holderless::default();
    let seen = &sightings.of(Table::Assignments).seen;
    for (id, positions) in &contents.0 {
        let mut ordered: Vec<&AssignmentRow> = positions.iter().map(|i| &evidence.assignments[*i]).collect();
        ordered.sort_by_key(|a| a.content_hash);
        let assignment = AssignmentId::of(*id);
        let history = through_request.get(&assignment);
        let principal = ordered.iter().find_map(|r| r.target_id).map(PrincipalId::of);
        let principal = principal.or_else(|| history.and_then(|h| h.recipient.clone()));
        let package = ordered.iter().find_map(|r| r.package_id);
        let package = package.or_else(|| history.and_then(|h| h.package.as_ref().map(|p| p.interned())));
        let looks = seen.get(id).map_or(&[][..], Vec::as_slice);
        let (Some(principal), Some(package)) = (principal, package) else {
            // Kept in the lake, counted, and no holding: guess nothing.
            if ordered.iter().any(|r| is_delivered(r) || !is_understood(r)) {
                *holderless.by_package.entry(package.map(|p| crate::model::id::lowered(&p))).or_default() += 1;
                holderless.seen_at.extend(looks.iter().map(|s| s.at));
            }
            continue;
        };
        let mut timeline = Timeline {
            assignment: Some(assignment),
            start: ordered.iter().filter_map(|r| r.start_at).min(),
            ..Timeline::default()
        };
        for look in looks {
            if let Some(row) = ordered.iter().find(|r| r.content_hash == look.content_hash) {
                listed(&mut timeline, row, look, *id);
            }
        }
        timelines.entry((principal, EntitlementKey::package(&package))).or_default().push(timeline);
    }
    for group in timelines.values_mut().filter(|g| g.len() > 1) {
        group.sort_by(|a, b| a.assignment.cmp(&b.assignment));
    }
    holderless
}

fn is_delivered(row: &AssignmentRow) -> bool {
    matches!(
        row.state.as_deref().unwrap_or_default().to_ascii_lowercase().as_str(),
        "delivered" | "partiallydelivered"
    )
}

/// Whether a kind of expiration is one that is known.
fn is_expiration(word: &str) -> bool {
    ["", "notSpecified", "noExpiration", "afterDateTime", "afterDuration"]
        .iter()
        .any(|w| w.eq_ignore_ascii_case(word))
}

/// What one snapshot says of an assignment.
fn listed(timeline: &mut Timeline, row: &AssignmentRow, look: &Seen, id: Interned) {
    let evidence = Interned::from(&format!("assignments:{id}"));
    if let Some(policy) = row.policy_id {
        timeline.policies.push((look.at, PolicyId::of(policy)));
    }
    let state = row.state.as_deref().unwrap_or_default().to_ascii_lowercase();
    if is_delivered(row) {
        timeline.partial.push((look.at, state == "partiallydelivered"));
        timeline.facts.push(Fact::Present {
            at: look.at,
            since: look.since,
            made: row.start_at,
            made_begins: false,
            record: Some(id),
            presence_only: look.presence_only,
            evidence,
        });
        let end = schedule_of(row);
        timeline.is_end_untold |= end.is_none() && row.expiration_type.is_some();
        timeline.facts.extend(end.map(|end| Fact::Scheduled { at: look.at, end }));
    } else if state == "expired" {
        let schedule = schedule_of(row);
        let due = if let Some(Schedule::Ends(due)) = schedule { due } else { Instant(i64::MAX) };
        let over = row.expired_at.unwrap_or(look.since);
        // The record tells which end was set last, and not since when: before its end, in any case.
        let known = due.min(over).plus(-HOUR).max(row.start_at.unwrap_or(Instant(i64::MIN))).min(over);
        timeline.facts.extend(schedule.map(|end| Fact::Scheduled { at: known, end }));
        match row.expired_at {
            Some(at) => timeline.facts.push(Fact::Ended {
                at,
                reason: "ended",
                made: row.start_at,
                act: Act { evidence, ..Act::default() },
            }),
            None => {
                // It was held at some time before, and nobody tells until when.
                timeline.facts.push(Fact::Unclear {
                    at: known,
                    made: row.start_at,
                    evidence,
                });
                timeline.facts.push(Fact::Absent {
                    at: look.at,
                    since: look.since,
                });
            }
        }
    }
    if !is_understood(row) {
        timeline.facts.push(Fact::Unclear {
            at: look.at,
            made: row.start_at,
            evidence,
        });
    }
    // Being delivered, or failed: neither held nor ended.
}

/// What an assignment's own record says of its end goes before the request that asked for none.
///
/// An extension may have moved the end since: then each is right in its time.
fn end_of_its_own(timeline: &mut Timeline) {
    if timeline.facts.iter().any(|f| matches!(f, Fact::Extended { .. })) {
        return;
    }
    let granted = |fact: &Fact| if let Fact::Granted { at, .. } = fact { Some(*at) } else { None };
    let granted: Vec<Instant> = timeline.facts.iter().filter_map(granted).collect();
    let asked = |at: Instant, end: Schedule| end == Schedule::Never && granted.contains(&at);
    let mut own: Option<(Instant, Schedule)> = None;
    for fact in &timeline.facts {
        if let Fact::Scheduled { at, end } = *fact
            && !asked(at, end)
        {
            own = Some(own.map_or((at, end), |o| o.min((at, end))));
        }
    }
    if own.is_none() && timeline.is_end_untold {
        timeline.facts.retain(|f| !matches!(f, Fact::Scheduled { at, end } if asked(*at, *end)));
    }
    for fact in &mut timeline.facts {
        if let (Fact::Scheduled { at, end }, Some((seen, told))) = (fact, own)
            && asked(*at, *end)
            && *at <= seen
        {
            *end = told;
        }
    }
}

/// The end that the record of an assignment sets.
fn schedule_of(row: &AssignmentRow) -> Option<Schedule> {
    let no_end = row.expiration_type.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("noExpiration"));
    let by_duration = || Some(IsoDuration::parse(row.expiration_duration.as_deref()?)?.after(row.start_at?));
    // A word that is not known says that something is set, whatever was asked for.
    let is_unknown = row.expiration_type.as_deref().is_some_and(|t| !is_expiration(t));
    let end = row.end_at.or_else(by_duration).map(Schedule::Ends);
    end.or_else(|| no_end.then_some(Schedule::Never))
        .or_else(|| is_unknown.then_some(Schedule::Unknown))
}

/// Whether the state of an assignment is one that Graph documents.
fn is_understood(row: &AssignmentRow) -> bool {
    const KNOWN: [&str; 6] = ["delivered", "partiallydelivered", "delivering", "expired", "expiring", "deliveryfailed"];
    let state = row.state.as_deref().unwrap_or_default().to_ascii_lowercase();
    KNOWN.contains(&state.as_str())
}

/// An act on the assignment of a package, whoever told it.
struct PackageAct {
    principal: PrincipalId,
    package: EntitlementKey,
    assignment: Option<AssignmentId>,
    at: Instant,
    what: What,
    act: Act,
    /// The policy that it went by.
    policy: Option<PolicyId>,
    /// Whether the record leaves open whose it is, so that it counts only for somebody who held it then.
    only_if_held: bool,
    /// Whether the one whom the record names need not be the holder.
    may_be_anybodys: bool,
}

/// Acts, and what may have been one.
struct Acts {
    clear: Vec<PackageAct>,
    doubts: Vec<Doubt>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Grant {
        partial: bool,
        end: Option<Schedule>,
    },
    Extend {
        end: Schedule,
    },
    End {
        reason: &'static str,
    },
    /// A removal that was carried out in part only.
    EndPartly,
    /// A grant of which the record does not say in any known word whether it came about.
    MayGrant,
    /// A removal of the same kind.
    MayEnd,
}

impl What {
    fn kind(self) -> u8 {
        match self {
            Self::Grant { .. } | Self::MayGrant => 0,
            Self::Extend { .. } => 1,
            Self::End { .. } | Self::EndPartly | Self::MayEnd => 2,
        }
    }
}

/// All acts in the order of time: each told by an event, and those of requests that no event tells.
fn acts(events: &[AccessEvent], histories: &BTreeMap<RequestId, RequestHistory>, by_id: &Histories) -> Acts {
    let mut all: Vec<PackageAct> = events.iter().filter_map(|e| of_event(e, by_id)).collect();
    let mut told: AHashSet<(Interned, u8)> = AHashSet::new();
    let mut times: AHashMap<(PrincipalId, EntitlementKey, u8), Vec<Instant>> = AHashMap::new();
    for act in &all {
        told.insert((act.act.request, act.what.kind()));
        times
            .entry((act.principal.clone(), act.package.clone(), act.what.kind()))
            .or_default()
            .push(act.at);
    }
    let is_told = |act: &PackageAct| {
        let near = |t: &Instant| (t.0 - act.at.0).abs() <= HOUR;
        let kind = act.what.kind();
        told.contains(&(act.act.request, kind))
            || times
                .get(&(act.principal.clone(), act.package.clone(), kind))
                .is_some_and(|all| all.iter().any(near))
    };
    let untold: Vec<PackageAct> = histories.values().filter_map(of_history).filter(|act| !is_told(act)).collect();
    let is_untold = |history: &&RequestHistory| ![0, 2].iter().any(|kind| told.contains(&(history.id.interned(), *kind)));
    // A removal that the log tells without its request is the one that this request asked for.
    let ends: Vec<&PackageAct> = all.iter().filter(|a| matches!(a.what, What::End { .. }) && a.act.request.is_empty()).collect();
    let is_told_so = |doubt: &Doubt| {
        let same = |a: &&&PackageAct| a.package == doubt.package && (a.at.0 - doubt.at.0).abs() <= HOUR;
        ends.iter()
            .any(|a| same(&a) && (a.assignment.is_none() || doubt.assignment.is_none() || a.assignment == doubt.assignment))
    };
    let doubts = histories
        .values()
        .filter(is_untold)
        .filter_map(Doubt::of_history)
        .filter(|d| !is_told_so(d))
        .collect();
    all.extend(untold);
    all.sort_by_key(|a| (a.at, a.what.kind(), a.act, a.what));
    Acts { clear: all, doubts }
}

fn end_of(history: &RequestHistory) -> Option<Schedule> {
    let no_end = history.expiration_type.eq_ignore_ascii_case("noExpiration");
    history.end_at.map(Schedule::Ends).or_else(|| no_end.then_some(Schedule::Never))
}

/// An act that an event tells; the request it belongs to tells what the event leaves out.
fn of_event(event: &AccessEvent, by_id: &Histories) -> Option<PackageAct> {
    if event.outcome == Outcome::Failure {
        return None;
    }
    let history = event.request.as_ref().and_then(|r| by_id.get(r)).copied();
    let is_update = history.is_some_and(|h| asks_for(&h.kind) == Some(Asks::Change));
    let end = history.and_then(end_of);
    let what = match event.action {
        Action::Granted | Action::PartiallyGranted if is_update => What::Extend {
            end: end.unwrap_or(Schedule::Unknown),
        },
        Action::Granted | Action::PartiallyGranted if event.outcome == Outcome::Unknown => What::MayGrant,
        Action::Granted | Action::PartiallyGranted => What::Grant {
            partial: event.action == Action::PartiallyGranted,
            end,
        },
        Action::Extended => What::Extend {
            end: end.unwrap_or(Schedule::Unknown),
        },
        // Whether it came about, the record does not say in any word that is known.
        Action::Removed | Action::Expired if event.outcome == Outcome::Unknown => What::MayEnd,
        Action::Removed => What::End { reason: "removed" },
        Action::Expired => What::End { reason: "expired" },
        _ => return None,
    };
    let package = event.entitlement.clone().filter(|k| k.kind == EntitlementKind::AccessPackage);
    let package = package.or_else(|| history.and_then(|h| h.package.as_ref()).map(|p| EntitlementKey::package(p.as_str())))?;
    let named = history.and_then(|h| h.recipient.clone()).or_else(|| event.principal.clone());
    let is_named = named.is_some();
    Some(PackageAct {
        principal: named.or_else(|| history?.likely_recipient.clone())?,
        package,
        assignment: event.assignment.clone().or_else(|| history.and_then(|h| h.assignment.clone())),
        at: event.at,
        what,
        act: act_of(event),
        policy: event.policy.clone().or_else(|| history.and_then(|h| h.policy.clone())),
        only_if_held: !is_named,
        may_be_anybodys: !is_named,
    })
}

/// Who did what an event tells.
pub(super) fn act_of(event: &AccessEvent) -> Act {
    Act {
        evidence: event.source,
        request: event.request.as_ref().map(RequestId::interned).unwrap_or_default(),
        by: event.actor_name,
        by_person: event.actor_is_person,
        by_service: event.actor_is_service,
        by_pim: event.by_pim,
        of_activation: event.of_activation,
    }
}

/// What a delivered request did.
fn of_history(history: &RequestHistory) -> Option<PackageAct> {
    if !matches!(history.state.as_str(), "delivered" | "partiallyDelivered") {
        return None;
    }
    let end = end_of(history);
    let what = match asks_for(&history.kind)? {
        Asks::Access => What::Grant {
            partial: history.state == "partiallyDelivered",
            end,
        },
        Asks::Change => What::Extend {
            end: end.unwrap_or(Schedule::Unknown),
        },
        Asks::Removal if history.state == "partiallyDelivered" => What::EndPartly,
        Asks::Removal => What::End { reason: "removed" },
    };
    Some(PackageAct {
        only_if_held: history.recipient.is_none(),
        // Graph names the assignee as requestor of a removal by another; some exports name who asked.
        may_be_anybodys: history.recipient.is_none(),
        principal: history.recipient.clone().or_else(|| history.likely_recipient.clone())?,
        package: EntitlementKey::package(history.package.as_ref()?.as_str()),
        assignment: history.assignment.clone(),
        at: history.completed_at?,
        what,
        act: Act {
            evidence: Interned::from(&format!("requests:{}", history.id)),
            request: history.id.interned(),
            ..Act::default()
        },
        policy: history.policy.clone(),
    })
}

/// Whether a request removed an assignment that no other record names, while the one that was held is listed later: it ended nothing
/// that is known.
fn is_of_another(group: &[Timeline], told: &PackageAct) -> bool {
    let is_named = |id: &AssignmentId| group.iter().any(|t| t.assignment.as_ref() == Some(id));
    let by_request = told.act.evidence.starts_with("requests:") && told.what.kind() == 2;
    let lasts = |t: &Timeline| t.assignment.is_some() && t.is_held_at(told.at) && t.is_listed_after(told.at);
    let may_end = |t: &Timeline| t.is_held_at(told.at) && !t.is_listed_after(told.at);
    by_request && told.assignment.as_ref().is_some_and(|id| !is_named(id)) && group.iter().any(lasts) && !group.iter().any(may_end)
}

/// Puts an act where it belongs among the timelines of one principal and package.
fn place(group: &mut Vec<Timeline>, told: PackageAct) {
    let PackageAct {
        assignment,
        at,
        what,
        act,
        policy,
        ..
    } = told;
    let policy = policy.as_ref();
    match what {
        What::Grant { partial, end } => {
            let timeline = timeline_of_grant(group, assignment, at, act.request, policy);
            timeline.policies.extend(policy.filter(|_| !act.request.is_empty()).map(|p| (at, p.clone())));
            timeline.partial.push((at, partial));
            timeline.facts.push(Fact::Granted { at, act });
            timeline.facts.extend(end.map(|end| Fact::Scheduled { at, end }));
        }
        What::Extend { end } => {
            let timeline = timeline_of_end(group, assignment, at, false, policy);
            timeline.facts.push(Fact::Extended { at, act });
            timeline.facts.push(Fact::Scheduled { at, end });
        }
        What::End { reason } => {
            let rivals = rivals(group, assignment.as_ref(), at, policy);
            if rivals.is_empty() {
                let timeline = timeline_of_end(group, assignment, at, true, policy);
                timeline.facts.push(Fact::Ended { at, reason, made: None, act });
            } else {
                end_one_of(group, &rivals, at, reason, act);
            }
        }
        What::MayGrant => {
            let timeline = timeline_of_grant(group, assignment, at, act.request, policy);
            timeline.facts.push(Fact::Unclear {
                at,
                made: Some(at),
                evidence: act.evidence,
            });
        }
        What::MayEnd => timeline_of_end(group, assignment, at, false, policy).holes.push(at),
        What::EndPartly => {
            let timeline = timeline_of_end(group, assignment, at, false, policy);
            timeline.partial.push((at, true));
            timeline.holes.push(at);
        }
    }
}

/// The assignments of which a removal ended one, when it names none of them and more than one was held then.
fn rivals(group: &[Timeline], assignment: Option<&AssignmentId>, at: Instant, policy: Option<&PolicyId>) -> Vec<usize> {
    let is_named = assignment.is_some_and(|id| group.iter().any(|t| t.assignment.as_ref() == Some(id)));
    if is_named || group.iter().any(|t| (assignment.is_none() || t.assignment.is_none()) && t.ended_about(at)) {
        return Vec::new();
    }
    let may_end = |t: &Timeline| t.begin().is_some_and(|b| b <= at) && t.is_held_at(at) && !t.is_listed_after(at);
    let open: Vec<&Timeline> = group.iter().filter(|t| may_end(t)).collect();
    let unnamed = open.iter().any(|t| t.assignment.is_none());
    // A listed assignment of which no record tells the grant may be the one that was granted without its name.
    let is_other = |t: &Timeline| t.assignment.is_none() || !unnamed || assignment.is_none() && t.is_granted();
    let fits = |t: &Timeline| is_other(t) && (!differ(t, policy) || open.iter().all(|o| differ(o, policy)));
    let rivals: Vec<usize> = (0..group.len()).filter(|i| may_end(&group[*i]) && fits(&group[*i])).collect();
    if rivals.len() > 1 { rivals } else { Vec::new() }
}

/// A removal ended one of several assignments: nothing reaches across it, until as many were told as there are assignments.
fn end_one_of(group: &mut [Timeline], rivals: &[usize], at: Instant, reason: &'static str, act: Act) {
    let told = |t: &Timeline| t.shared_ends.iter().any(|end| (end.0 - at.0).abs() <= HOUR);
    if rivals.iter().all(|i| told(&group[*i])) {
        return;
    }
    let first = rivals.iter().filter_map(|i| group[*i].shared_ends.iter().min().copied()).min();
    let earlier = rivals.iter().map(|i| group[*i].shared_ends.len()).min().unwrap_or_default();
    for i in rivals {
        match first {
            // The last of them is over, too, whichever it was.
            Some(since) if earlier + 1 >= rivals.len() => group[*i].facts.push(Fact::EndedWithin { since, at, reason, act }),
            _ => {
                group[*i].shared_ends.push(at);
                group[*i].holes.push(at);
            }
        }
    }
}

/// Whether two policies are known, and not the same: one package can be held under several policies at a time.
fn differ(timeline: &Timeline, policy: Option<&PolicyId>) -> bool {
    policy.is_some_and(|p| !timeline.policies.is_empty() && timeline.policies.iter().all(|(_, known)| known != p))
}

/// The grant that the log tells without an assignment, and the assignment that other records tell without its grant, are one.
///
/// An approval takes weeks and a schedule may begin before the delivery or not be told: the first record of an assignment is
/// of the grant that was open then, unless it begins after that or goes by another policy.
fn join_grants(group: &mut Vec<Timeline>) {
    if group.len() < 2 || !group.iter().any(|t| t.assignment.is_none() && t.is_granted()) {
        return;
    }
    let first = |t: &Timeline| {
        // What a record says of its own end is telling; other absences come later.
        t.facts.iter().filter(|f| !matches!(f, Fact::Scheduled { .. })).map(Fact::at).min()
    };
    let mut named: Vec<(Instant, AssignmentId)> = group
        .iter()
        .filter(|t| !t.is_granted())
        .filter_map(|t| Some((first(t)?, t.assignment.clone()?)))
        .collect();
    named.sort();
    for (at, id) in named {
        let Some(of) = group.iter().position(|t| t.assignment.as_ref() == Some(&id)) else {
            continue;
        };
        let open = |t: &Timeline| {
            let begun = t.begin().filter(|b| *b <= at);
            let starts_later = group[of].start.zip(begun).is_some_and(|(start, begun)| start.0 - 5 * MINUTE > begun.0);
            let policy = group[of].policies.last().map(|(_, p)| p);
            begun.is_some() && !starts_later && !differ(t, policy) && (t.is_held_at(at) || t.ended_about(at))
        };
        let grant = (0..group.len())
            .filter(|i| *i != of && group[*i].assignment.is_none() && group[*i].is_granted() && open(&group[*i]))
            .max_by_key(|i| group[*i].begin());
        if let Some(grant) = grant {
            let of = std::mem::take(&mut group[of]);
            let joined = &mut group[grant];
            joined.facts.extend(of.facts);
            joined.policies.extend(of.policies);
            joined.partial.extend(of.partial);
            joined.holes.extend(of.holes);
            joined.shared_ends.extend(of.shared_ends);
            // An assignment that starts by its own record when it was granted is that grant's: a later one starts later.
            let is_of_grant = of.start.zip(joined.begin()).is_some_and(|(start, begun)| is_delivery_of(start, begun));
            joined.assignment = of.assignment;
            joined.start = of.start;
            joined.is_joined_by_time |= !is_of_grant;
        }
    }
    group.retain(|t| t.assignment.is_some() || !t.facts.is_empty());
}

/// The timeline of a delivery: by assignment id, else by scheduled start, else one without an assignment.
fn timeline_of_grant<'t>(
    group: &'t mut Vec<Timeline>,
    assignment: Option<AssignmentId>,
    at: Instant,
    request: Interned,
    policy: Option<&PolicyId>,
) -> &'t mut Timeline {
    // What is delivered again was not granted again.
    let of_request = |t: &Timeline| t.facts.iter().any(|f| matches!(f, Fact::Granted { act, .. } if act.request == request));
    let same_request = || group.iter().position(|t| !request.is_empty() && of_request(t));
    let by_id = assignment.as_ref().and_then(|id| group.iter().position(|t| t.assignment.as_ref() == Some(id)));
    let nearest_start = || {
        let fits = |t: &Timeline| t.assignment.is_some() && t.start.is_some_and(|s| is_delivery_of(s, at));
        let free = |t: &Timeline| !t.is_granted();
        let distance = |t: &Timeline| t.start.map_or(i64::MAX, |s| (at.0 - s.0).abs());
        (0..group.len())
            .filter(|i| fits(&group[*i]) && free(&group[*i]))
            .min_by_key(|i| distance(&group[*i]))
    };
    let same_act = |t: &Timeline| {
        t.facts
            .iter()
            .any(|f| matches!(f, Fact::Granted { at: told, .. } if (told.0 - at.0).abs() <= HOUR))
    };
    let index = match (by_id, &assignment) {
        (Some(i), _) => Some(i),
        // The log told this delivery already, without the assignment.
        (None, Some(_)) => group
            .iter()
            .position(|t| t.assignment.is_none() && (same_act(t) || !request.is_empty() && of_request(t))),
        (None, None) => same_request()
            .or_else(nearest_start)
            .or_else(|| group.iter().position(|t| t.assignment.is_none() && !(differ(t, policy) && t.is_held_at(at)))),
    };
    let by_start = index.is_some_and(|i| group[i].start.is_some_and(|s| is_delivery_of(s, at)));
    take(group, index, assignment, by_start)
}

/// Whether a delivery at `at` is the one of an assignment that starts by its own record at `start`.
fn is_delivery_of(start: Instant, at: Instant) -> bool {
    start.0 - 5 * MINUTE <= at.0 && at.0 <= start.0 + DELIVERY_LAG
}

/// The timeline of an end or an extension.
///
/// By assignment id; else the one that ended about then; else the one that is held then: a removal that names an assignment
/// which nothing else names (the grant is older than the requests that Graph still keeps) is of the holding that is open,
/// unless a later snapshot lists that one.
fn timeline_of_end<'t>(
    group: &'t mut Vec<Timeline>,
    assignment: Option<AssignmentId>,
    at: Instant,
    is_end: bool,
    policy: Option<&PolicyId>,
) -> &'t mut Timeline {
    let by_id = assignment.as_ref().and_then(|id| group.iter().position(|t| t.assignment.as_ref() == Some(id)));
    let unnamed = |t: &Timeline| assignment.is_none() || t.assignment.is_none();
    let about = || group.iter().position(|t| is_end && unnamed(t) && t.ended_about(at));
    let held = |only_unnamed: bool| {
        let fits = |t: &Timeline| t.begin().is_some_and(|b| b <= at) && t.is_held_at(at) && !(is_end && t.is_listed_after(at));
        (0..group.len())
            .filter(|i| fits(&group[*i]) && (!only_unnamed || group[*i].assignment.is_none()))
            .max_by_key(|i| (!differ(&group[*i], policy), group[*i].begin()))
    };
    let index = by_id.or_else(about).or_else(|| held(true)).or_else(|| held(false));
    let index = index.or_else(|| assignment.is_none().then(|| group.iter().position(|t| t.assignment.is_none())).flatten());
    take(group, index, assignment, false)
}

/// The timeline of an index, which learns the assignment's id, or a new one; `is_sure` when more than nearness in time joins the fact to it.
fn take(group: &mut Vec<Timeline>, index: Option<usize>, assignment: Option<AssignmentId>, is_sure: bool) -> &mut Timeline {
    let index = index.unwrap_or_else(|| {
        group.push(Timeline {
            assignment: assignment.clone(),
            ..Timeline::default()
        });
        group.len() - 1
    });
    let timeline = &mut group[index];
    match (&timeline.assignment, assignment) {
        (None, Some(id)) => {
            timeline.assignment = Some(id);
            timeline.is_joined_by_time |= !is_sure;
        }
        (Some(known), Some(id)) if *known == id => {}
        _ => timeline.is_joined_by_time |= !is_sure,
    }
    timeline
}

/// Complete snapshots that do not list what is known of.
fn unlisted(timelines: &mut Timelines, sightings: &Sightings, holderless: &Holderless) {
    let collection = sightings.of(Table::Assignments);
    for timeline in timelines.values_mut().flatten() {
        let object = timeline.assignment.as_ref().map(AssignmentId::interned);
        // Among assignments without a holder may be the one that is looked for.
        let can_tell = |at: Instant| object.is_some() || !holderless.seen_at.contains(&at);
        let absent = collection
            .absences(&"tenant".into(), object.as_ref())
            .filter(|l| can_tell(l.at))
            .map(|l| Fact::Absent { at: l.at, since: l.since });
        timeline.facts.extend(absent);
    }
}
