//! Facts about access packages, sorted into timelines: one for each assignment.

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
    for told in acts(events, histories, &by_id) {
        let key = (told.principal.clone(), told.package.clone());
        let is_held = || timelines.get(&key).is_some_and(|group| group.iter().any(|t| t.is_held_at(told.at)));
        if told.only_if_held && !is_held() {
            continue;
        }
        place(timelines.entry(key).or_default(), told);
    }
    for (policy, principal, package, at, request) in policies_told(events, histories, &by_id) {
        let group = timelines.entry((principal, package)).or_default();
        let of_request = |t: &&mut Timeline| t.facts.iter().any(|f| matches!(f, Fact::Granted { act, .. } if act.request == request));
        if let Some(timeline) = group.iter_mut().find(of_request) {
            timeline.policies.push((at, policy));
        }
    }
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
        let no_end = row.expiration_type.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("noExpiration"));
        let by_duration = || Some(IsoDuration::parse(row.expiration_duration.as_deref()?)?.after(row.start_at?));
        match row.end_at.or_else(by_duration) {
            Some(end) => timeline.facts.push(Fact::Scheduled {
                at: look.at,
                end: Schedule::Ends(end),
            }),
            None if no_end => timeline.facts.push(Fact::Scheduled {
                at: look.at,
                end: Schedule::Never,
            }),
            None => {}
        }
    } else if state == "expired" {
        timeline.facts.push(match row.expired_at {
            Some(at) => Fact::Ended {
                at,
                reason: "ended",
                act: Act { evidence, ..Act::default() },
            },
            None => Fact::Absent {
                at: look.at,
                since: look.since,
            },
        });
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
    /// Whether the record leaves open whose it is, so that it counts only for somebody who held it then.
    only_if_held: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Grant { partial: bool, end: Option<Schedule> },
    Extend { end: Schedule },
    End { reason: &'static str },
}

impl What {
    fn kind(self) -> u8 {
        match self {
            Self::Grant { .. } => 0,
            Self::Extend { .. } => 1,
            Self::End { .. } => 2,
        }
    }
}

/// All acts in the order of time: each told by an event, and those of requests that no event tells.
fn acts(events: &[AccessEvent], histories: &BTreeMap<RequestId, RequestHistory>, by_id: &Histories) -> Vec<PackageAct> {
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
    all.extend(untold);
    all.sort_by_key(|a| (a.at, a.what.kind(), a.act, a.what));
    all
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
        Action::Granted | Action::PartiallyGranted => What::Grant {
            partial: event.action == Action::PartiallyGranted,
            end,
        },
        Action::Extended => What::Extend {
            end: end.unwrap_or(Schedule::Unknown),
        },
        Action::Removed => What::End { reason: "removed" },
        Action::Expired => What::End { reason: "expired" },
        _ => return None,
    };
    let package = event.entitlement.clone().filter(|k| k.kind == EntitlementKind::AccessPackage);
    let package = package.or_else(|| history.and_then(|h| h.package.as_ref()).map(|p| EntitlementKey::package(p.as_str())))?;
    Some(PackageAct {
        principal: history.and_then(|h| h.recipient.clone()).or_else(|| event.principal.clone())?,
        package,
        assignment: event.assignment.clone().or_else(|| history.and_then(|h| h.assignment.clone())),
        at: event.at,
        what,
        act: act_of(event),
        only_if_held: false,
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
        Asks::Removal => What::End { reason: "removed" },
    };
    Some(PackageAct {
        only_if_held: history.recipient.is_none(),
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
    })
}

/// Puts an act where it belongs among the timelines of one principal and package.
fn place(group: &mut Vec<Timeline>, told: PackageAct) {
    let PackageAct { assignment, at, what, act, .. } = told;
    match what {
        What::Grant { partial, end } => {
            let timeline = timeline_of_grant(group, assignment, at, act.request);
            timeline.partial.push((at, partial));
            timeline.facts.push(Fact::Granted { at, act });
            timeline.facts.extend(end.map(|end| Fact::Scheduled { at, end }));
        }
        What::Extend { end } => {
            let timeline = timeline_of_end(group, assignment, at, false);
            timeline.facts.push(Fact::Extended { at, act });
            timeline.facts.push(Fact::Scheduled { at, end });
        }
        What::End { reason } => {
            let timeline = timeline_of_end(group, assignment, at, true);
            timeline.facts.push(Fact::Ended { at, reason, act });
        }
    }
}

/// The timeline of a delivery: by assignment id, else by scheduled start, else one without an assignment.
fn timeline_of_grant(group: &mut Vec<Timeline>, assignment: Option<AssignmentId>, at: Instant, request: Interned) -> &mut Timeline {
    // What is delivered again was not granted again.
    let of_request = |t: &Timeline| t.facts.iter().any(|f| matches!(f, Fact::Granted { act, .. } if act.request == request));
    let same_request = || group.iter().position(|t| !request.is_empty() && of_request(t));
    let by_id = assignment.as_ref().and_then(|id| group.iter().position(|t| t.assignment.as_ref() == Some(id)));
    let nearest_start = || {
        let fits = |t: &Timeline| t.assignment.is_some() && t.start.is_some_and(|s| s.0 - 5 * MINUTE <= at.0 && at.0 <= s.0 + DELIVERY_LAG);
        let free = |t: &Timeline| !t.facts.iter().any(|f| matches!(f, Fact::Granted { .. }));
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
            .or_else(|| group.iter().position(|t| t.assignment.is_none())),
    };
    take(group, index, assignment)
}

/// The timeline of an end or an extension.
///
/// By assignment id; else the one that ended about then; else the one that is held then: a removal that names an assignment
/// which nothing else names (the grant is older than the requests that Graph still keeps) is of the holding that is open,
/// unless a later snapshot lists that one.
fn timeline_of_end(group: &mut Vec<Timeline>, assignment: Option<AssignmentId>, at: Instant, is_end: bool) -> &mut Timeline {
    let by_id = assignment.as_ref().and_then(|id| group.iter().position(|t| t.assignment.as_ref() == Some(id)));
    let unnamed = |t: &Timeline| assignment.is_none() || t.assignment.is_none();
    let ended_about = |t: &Timeline| {
        t.facts
            .iter()
            .any(|f| matches!(f, Fact::Ended { at: told, .. } if (told.0 - at.0).abs() <= HOUR))
    };
    let about = || group.iter().position(|t| is_end && unnamed(t) && ended_about(t));
    let held = |only_unnamed: bool| {
        let fits = |t: &Timeline| t.begin().is_some_and(|b| b <= at) && t.is_held_at(at) && !(is_end && t.is_listed_after(at));
        (0..group.len())
            .filter(|i| fits(&group[*i]) && (!only_unnamed || group[*i].assignment.is_none()))
            .max_by_key(|i| group[*i].begin())
    };
    let index = by_id.or_else(about).or_else(|| held(true)).or_else(|| held(false));
    let index = index.or_else(|| assignment.is_none().then(|| group.iter().position(|t| t.assignment.is_none())).flatten());
    take(group, index, assignment)
}

/// The timeline of an index, which learns the assignment's id, or a new one.
fn take(group: &mut Vec<Timeline>, index: Option<usize>, assignment: Option<AssignmentId>) -> &mut Timeline {
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
            timeline.is_joined_by_time = true;
        }
        (Some(known), Some(id)) if *known == id => {}
        _ => timeline.is_joined_by_time = true,
    }
    timeline
}

type PolicyTold = (PolicyId, PrincipalId, EntitlementKey, Instant, Interned);

/// The policies that grants went by, as events and requests tell.
fn policies_told(events: &[AccessEvent], histories: &BTreeMap<RequestId, RequestHistory>, by_id: &Histories) -> Vec<PolicyTold> {
    let of_event = |e: &AccessEvent| {
        let act = of_event(e, by_id).filter(|a| matches!(a.what, What::Grant { .. }))?;
        Some((e.policy.clone()?, act.principal, act.package, act.at, act.act.request))
    };
    let of_request = |h: &RequestHistory| {
        let act = of_history(h).filter(|a| matches!(a.what, What::Grant { .. }))?;
        Some((h.policy.clone()?, act.principal, act.package, act.at, act.act.request))
    };
    let told = events.iter().filter_map(of_event);
    let mut all: Vec<PolicyTold> = told.chain(histories.values().filter_map(of_request)).filter(|p| !p.4.is_empty()).collect();
    all.sort_by(|a, b| (&a.1, a.3, &a.0).cmp(&(&b.1, b.3, &b.0)));
    all
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
