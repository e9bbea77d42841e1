//! What a package gave is taken from its holder when the assignment ends, also from who had it before by other means.
//!
//! Entra removes the holder from all resource roles of the package, "unless they currently have an assignment to another access
//! package that includes that same group" (Microsoft Learn, "Change resource roles for an access package in entitlement
//! management": "Add a group or team resource role", "Check if identities are already assigned to the resource role").
//! The record of that removal may be missing; the end of the assignment then tells when it was.

use crate::ledger::directory::given_by;
use crate::ledger::intervals::{End, Interval};
use crate::ledger::package_contents::Contained;
use crate::ledger::package_timelines::DELIVERY_LAG;
use crate::ledger::timeline::{Act, Fact, Timeline, Timelines};
use crate::model::time::HOUR;
use crate::model::{EntitlementKey, Instant, Presence, PrincipalId, Window};
use ahash::{AHashMap, AHashSet};
use std::collections::BTreeMap;

/// Why what a package gave as well is over.
pub(super) const PACKAGE_ENDED: &str = "package_ended";

/// What a package contains, each with when.
type Given<'c> = AHashMap<EntitlementKey, Vec<(EntitlementKey, &'c [Interval])>>;

/// An assignment that ended, and something that its holder has of the package and of which no record tells the end.
struct Loss<'t> {
    principal: &'t PrincipalId,
    lost: &'t EntitlementKey,
    at: Instant,
    act: Act,
    /// How surely the package contained it then.
    contained: Presence,
}

/// Adds to the timelines of groups and roles what follows from the ends of assignments.
pub(super) fn take_back(resources: &mut Timelines, packages: &Timelines, contents: &[Contained]) {
    let given = given(contents);
    let losses: Vec<Loss> = packages
        .iter()
        .filter_map(|(of, group)| Some((of, group, given.get(&of.1)?)))
        .flat_map(|(of, group, contents)| losses(of, group, contents))
        .filter(|loss| resources.contains_key(&(loss.principal.clone(), loss.lost.clone())))
        .collect();
    let keepers = keepers(&losses, packages, &given);
    for loss in &losses {
        let is_kept = |(package, group): &(&EntitlementKey, &Vec<Timeline>)| {
            let held = group.iter().any(|t| t.begin().is_some_and(|b| b <= loss.at) && t.is_held_at(loss.at));
            held && contains(&given, package, loss.lost, loss.at) != Presence::Never
        };
        let others = keepers.get(loss.principal);
        if others.into_iter().flatten().any(is_kept) {
            continue;
        }
        let timelines = resources.get_mut(&(loss.principal.clone(), loss.lost.clone()));
        timelines.into_iter().flatten().for_each(|timeline| lose(timeline, loss));
    }
}

fn given<'c>(contents: &'c [Contained]) -> Given<'c> {
    let mut given: Given<'c> = AHashMap::new();
    for contained in contents {
        if let Some(entitlement) = given_by(contained.row) {
            let package = EntitlementKey::package(contained.package.as_str());
            given.entry(package).or_default().push((entitlement, &contained.intervals));
        }
    }
    given
}

/// Everything that the ends of one holder's assignments of one package take back.
fn losses<'t>(
    (principal, _): &'t (PrincipalId, EntitlementKey),
    group: &'t [Timeline],
    contents: &'t [(EntitlementKey, &[Interval])],
) -> impl Iterator<Item = Loss<'t>> {
    let ends = group.iter().flat_map(|t| &t.facts).filter_map(|f| match f {
        Fact::Ended { at, act, .. } => Some((*at, *act)),
        _ => None,
    });
    let of_end = move |(at, act): (Instant, Act)| {
        let loss = move |(lost, intervals): &'t (EntitlementKey, &[Interval])| Loss {
            principal,
            lost,
            at,
            act,
            contained: contained_at(intervals, at),
        };
        contents.iter().map(loss).filter(|l| l.contained != Presence::Never)
    };
    ends.flat_map(of_end)
}

/// All packages of those who lose something, so far as they contain anything.
fn keepers<'t>(losses: &[Loss], packages: &'t Timelines, given: &Given) -> BTreeMap<&'t PrincipalId, Vec<(&'t EntitlementKey, &'t Vec<Timeline>)>> {
    let who: AHashSet<&PrincipalId> = losses.iter().map(|l| l.principal).collect();
    let mut keepers: BTreeMap<&PrincipalId, Vec<(&EntitlementKey, &Vec<Timeline>)>> = BTreeMap::new();
    for ((principal, package), group) in packages {
        if who.contains(principal) && given.contains_key(package) {
            keepers.entry(principal).or_default().push((package, group));
        }
    }
    keepers
}

fn contains(given: &Given, package: &EntitlementKey, lost: &EntitlementKey, at: Instant) -> Presence {
    let same = given.get(package).into_iter().flatten().filter(|(entitlement, _)| entitlement == lost);
    same.map(|(_, intervals)| contained_at(intervals, at)).max().unwrap_or(Presence::Never)
}

/// How surely a package contained something just before an instant.
fn contained_at(intervals: &[Interval], at: Instant) -> Presence {
    let before = Window::at(at.plus(-1));
    let may_last = |i: &Interval| match i.end {
        End::None => true,
        End::Exact(end) | End::Bounded(end) => before.from < end,
    };
    let of_one = |i: &Interval| {
        if i.proved.iter().any(|w| w.meets(&before)) {
            Presence::Certain
        } else if i.from_earliest.is_none_or(|from| from < at) && may_last(i) {
            Presence::Possible
        } else {
            Presence::Never
        }
    };
    intervals.iter().map(of_one).max().unwrap_or(Presence::Never)
}

/// What follows for a holding whose holder lost the package that gave it as well.
///
/// A record of its own end, or a listing afterwards, says more than that rule. Where it is seen to be over, the rule says since
/// when; where nothing tells more of it, nobody knows whether the service did what it says that it does.
fn lose(timeline: &mut Timeline, loss: &Loss) {
    let is_told = |f: &Fact| matches!(f, Fact::Ended { at, .. } if loss.at.0 - HOUR <= at.0 && at.0 <= loss.at.0 + DELIVERY_LAG);
    let telling = |f: &&Fact| !matches!(f, Fact::Scheduled { .. } | Fact::Present { presence_only: true, .. });
    let (before, after): (Vec<&Fact>, Vec<&Fact>) = timeline.facts.iter().filter(telling).partition(|f| f.at() <= loss.at);
    let last = before.into_iter().max_by(|a, b| a.order().cmp(&b.order()));
    let is_held = matches!(
        last,
        Some(Fact::Granted { .. } | Fact::Present { .. } | Fact::Extended { .. } | Fact::Restored { .. } | Fact::Unclear { .. })
    );
    if !is_held || timeline.facts.iter().any(is_told) {
        return;
    }
    match after.into_iter().min_by(|a, b| a.order().cmp(&b.order())) {
        Some(Fact::Absent { at, .. } | Fact::Granted { at, .. }) if loss.contained == Presence::Certain => {
            let at = (*at).min(loss.at.plus(DELIVERY_LAG));
            timeline.facts.push(Fact::EndedWithin {
                since: loss.at,
                at,
                reason: PACKAGE_ENDED,
                act: loss.act,
            });
        }
        None | Some(Fact::Absent { .. } | Fact::Granted { .. } | Fact::Unclear { .. }) => timeline.holes.push(loss.at),
        Some(_) => {}
    }
}
