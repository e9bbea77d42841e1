//! Of one role or group somebody can have an assignment and an activation at once: each has a life of its own.
//!
//! The list of active assignments "contains both direct and activated" ones (`roleAssignmentScheduleInstances`); an activation that
//! runs out ends itself and no assignment. Records of privileged identity management say which of the two they are of; those of the
//! core directory and plain listings do not, and are sorted here by what else is known.

use crate::ledger::timeline::{Act, Fact, Schedule, Timeline, Timelines};
use crate::model::time::{HOUR, MINUTE};
use crate::model::{EntitlementKind, Instant};

/// The timeline of the assignment, or of activations, among those of one principal and entitlement.
pub(super) fn timeline_of(group: &mut Vec<Timeline>, is_activation: bool) -> &mut Timeline {
    let index = group.iter().position(|t| t.is_activation == is_activation).unwrap_or_else(|| {
        group.push(Timeline {
            is_activation,
            ..Timeline::default()
        });
        group.len() - 1
    });
    &mut group[index]
}

/// What the words of an activity say: `Some(true)` of an activation, `Some(false)` of an assignment, `None` where they tell nothing.
pub(super) fn told_by(activity_key: &str) -> Option<bool> {
    if ["pim activation", "pim deactivate"].iter().any(|words| activity_key.contains(words)) {
        return Some(true);
    }
    ["in pim ", "outside of pim"].iter().any(|words| activity_key.contains(words)).then_some(false)
}

/// Moves to the activation what is of it and does not say so.
pub(super) fn sort_out(timelines: &mut Timelines) {
    let is_pim = |kind: EntitlementKind| matches!(kind, EntitlementKind::Group | EntitlementKind::DirectoryRole);
    for (_, group) in timelines
        .iter_mut()
        .filter(|((_, key), group)| is_pim(key.kind) && group.iter().any(|t| t.is_activation))
    {
        let standing = std::mem::take(&mut timeline_of(group, false).facts);
        let (told, plain): (Vec<Fact>, Vec<Fact>) = standing.into_iter().partition(says_so);
        timeline_of(group, false).facts = told;
        let mut plain = plain;
        plain.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut untold = by_service(group);
        let mut rest = Vec::new();
        for fact in plain {
            match told_before(&fact, &mut untold) {
                Some(twin) => begin_with(group, twin, fact.at()),
                None => rest.push(fact),
            }
        }
        // An assignment that runs out is told in the words of an activation.
        let (ends, others): (Vec<Fact>, Vec<Fact>) = std::mem::take(&mut timeline_of(group, true).facts).into_iter().partition(is_end);
        timeline_of(group, true).facts = others;
        rest.extend(ends);
        rest.sort_by(|a, b| a.order().cmp(&b.order()));
        rest.into_iter().for_each(|fact| sort_in(group, fact));
        group.retain(|t| !t.facts.is_empty() || !t.holes.is_empty());
    }
}

fn is_end(fact: &Fact) -> bool {
    matches!(fact, Fact::Ended { .. })
}

/// Whether a fact of the assignment's timeline is of the assignment by its own record.
fn says_so(fact: &Fact) -> bool {
    match fact {
        Fact::Granted { act, .. } | Fact::Extended { act, .. } => act.of_activation == Some(false),
        // An activation can be taken away like an assignment.
        Fact::Ended { .. } => false,
        Fact::Present { evidence, .. } => is_instance(evidence),
        _ => true,
    }
}

/// Whether a record is an instance of a schedule, which says what it is of.
fn is_instance(evidence: &str) -> bool {
    evidence.starts_with("role_schedules:")
}

/// How long after privileged identity management the directory may tell of the same act.
const LAG: i64 = 5 * MINUTE;

/// Instants of grants and of ends that privileged identity management told itself, sorted.
fn by_service(group: &[Timeline]) -> [Vec<Instant>; 2] {
    let facts = || group.iter().flat_map(|t| &t.facts);
    let mut grants: Vec<Instant> = facts().filter(|f| matches!(f, Fact::Granted { .. })).map(Fact::at).collect();
    let mut ends: Vec<Instant> = facts().filter(|f| matches!(f, Fact::Ended { .. })).map(Fact::at).collect();
    grants.sort_unstable();
    ends.sort_unstable();
    [grants, ends]
}

/// The act of privileged identity management that the directory tells of as well: one to one, in their order.
fn told_before(fact: &Fact, untold: &mut [Vec<Instant>; 2]) -> Option<Twin> {
    let (act, at, is_end) = match fact {
        Fact::Granted { at, act } => (act, at, false),
        Fact::Ended { at, act, .. } => (act, at, true),
        _ => return None,
    };
    let told = &mut untold[usize::from(is_end)];
    let is_same = |t: &Instant| -MINUTE <= at.0 - t.0 && at.0 - t.0 <= LAG;
    let first = told.iter().position(is_same).filter(|_| act.by_pim && act.of_activation.is_none())?;
    Some(Twin {
        at: told.remove(first),
        is_end,
    })
}

/// A grant or an end that privileged identity management told.
struct Twin {
    at: Instant,
    is_end: bool,
}

/// It was at the earlier of the two instants at which it is told.
fn begin_with(group: &mut [Timeline], twin: Twin, at: Instant) {
    let is_twin = |f: &&mut Fact| f.at() == twin.at && matches!(f, Fact::Ended { .. }) == twin.is_end;
    for fact in group.iter_mut().flat_map(|t| &mut t.facts).filter(is_twin) {
        if let Fact::Granted { at: told, .. } | Fact::Ended { at: told, .. } = fact {
            *told = at.min(*told);
        }
    }
}

fn sort_in(group: &mut Vec<Timeline>, fact: Fact) {
    let at = fact.at();
    let (runs, due) = running(timeline_of(group, true), at);
    let stands = timeline_of(group, false).is_held_at(at);
    let is_due = due.is_some_and(|due| due.0.abs_diff(at.0) <= HOUR.unsigned_abs());
    match &fact {
        // The directory tells of the same activation, later than privileged identity management did.
        Fact::Ended { act, .. } if act.of_activation == Some(true) => {
            let set = end_set(timeline_of(group, false), at);
            let is_its_end = matches!(set, Some(Schedule::Ends(due)) if due.0 - at.0 <= HOUR);
            // Nobody knows whether an assignment whose end no record tells has ended with it.
            if !runs && stands && !matches!(set, Some(Schedule::Never | Schedule::Ends(_))) {
                timeline_of(group, false).holes.push(at);
            }
            let is_activation = runs || !stands || !is_its_end;
            timeline_of(group, is_activation).facts.push(fact);
        }
        Fact::Granted { act, .. } if act.by_pim && runs && granted_about(timeline_of(group, true), at) => timeline_of(group, true).facts.push(fact),
        // The directory alone tells of it, and the instance of an activation that started then says what it was.
        Fact::Granted { act, .. }
            if may_be_pim(act) && act.of_activation.is_none() && made_about(timeline_of(group, true), at) && !made_about(timeline_of(group, false), at) =>
        {
            timeline_of(group, true).facts.push(fact);
        }
        Fact::Ended { act, .. } if act.by_pim && act.of_activation.is_none() && runs && stands && !is_due => {
            // One of the two, and nobody says which.
            group.iter_mut().for_each(|t| t.holes.push(at));
        }
        Fact::Ended { act, .. } if runs && (!stands || act.by_pim && act.of_activation.is_none()) => timeline_of(group, true).facts.push(fact),
        Fact::Present { .. } if is_of_activation(group, at, runs && due.is_none_or(|due| at < due)) => timeline_of(group, true).facts.push(fact),
        _ => timeline_of(group, false).facts.push(fact),
    }
}

/// Whether a plain listing shows the activation: the instances of the same look say so, else that one was running then.
fn is_of_activation(group: &mut Vec<Timeline>, at: Instant, runs: bool) -> bool {
    let beside = |t: &Timeline| {
        let near = |f: &Fact| matches!(f, Fact::Present { at: seen, evidence, .. } if is_instance(evidence) && seen.0.abs_diff(at.0) <= HOUR.unsigned_abs());
        t.facts.iter().any(near)
    };
    !beside(timeline_of(group, false)) && (beside(timeline_of(group, true)) || runs)
}

/// Whether privileged identity management did it, or nobody tells who.
fn may_be_pim(act: &Act) -> bool {
    act.by_pim || act.by.is_empty() && !act.by_person
}

/// Whether an instance was listed later that started about then.
fn made_about(timeline: &Timeline, at: Instant) -> bool {
    let near =
        |f: &Fact| matches!(f, Fact::Present { made: Some(made), evidence, .. } if is_instance(evidence) && made.0.abs_diff(at.0) <= HOUR.unsigned_abs());
    timeline.facts.iter().any(near)
}

fn granted_about(timeline: &Timeline, at: Instant) -> bool {
    let near = |f: &Fact| matches!(f, Fact::Granted { at: told, .. } if told.0.abs_diff(at.0) <= HOUR.unsigned_abs());
    timeline.facts.iter().any(near)
}

/// Whether an activation was running at an instant as far as records of its own tell, and the end that was set for it last.
///
/// Where the first record of an activation is that of its end, it had begun at some time before.
fn running(activation: &Timeline, at: Instant) -> (bool, Option<Instant>) {
    let due = match end_set(activation, at) {
        Some(Schedule::Ends(end)) => Some(end),
        _ => None,
    };
    let telling = activation.facts.iter().filter(|f| !matches!(f, Fact::Scheduled { .. }));
    let (before, after): (Vec<&Fact>, Vec<&Fact>) = telling.partition(|f| f.at() <= at);
    if before.is_empty() {
        let first = after.into_iter().min_by(|a, b| a.order().cmp(&b.order()));
        return (matches!(first, Some(Fact::Ended { .. } | Fact::Extended { .. })), None);
    }
    (activation.is_held_at(at), due)
}

/// The end that was set last, as known at an instant.
fn end_set(timeline: &Timeline, at: Instant) -> Option<Schedule> {
    let set = timeline.facts.iter().filter_map(|f| match f {
        Fact::Scheduled { at: known, end } if *known <= at => Some((*known, *end)),
        _ => None,
    });
    set.max().map(|(_, end)| end)
}
