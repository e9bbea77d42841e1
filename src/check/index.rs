//! Look-ups that several checks share, built once for an access and in an order that its rows do not decide.

use crate::check::context::hash;
use crate::check::reviews::Reviews;
use crate::lake::table::Table;
use crate::ledger::AccessModel;
use crate::ledger::access_model::PackageRole;
use crate::ledger::evidence::UsageDay;
use crate::model::time::DAY;
use crate::model::{AccessEvent, Action, AssignmentId, EntitlementKey, EntitlementKind, Holding, Instant, Outcome, PackageId, PrincipalId, RequestId};
use ahash::{AHashMap, AHashSet};
use std::cmp::Ordering;

/// The look-ups.
#[derive(Debug, Default)]
pub struct Index<'a> {
    /// Holdings at the instant of the questions, with the hash of their principal.
    pub(super) held: Vec<(u64, &'a Holding)>,
    packages: AHashMap<&'a PrincipalId, Vec<&'a Holding>>,
    requests: AHashMap<&'a str, &'a RequestId>,
    usage: AHashMap<&'a PrincipalId, Vec<&'a UsageDay>>,
    granted: AHashMap<(&'a PrincipalId, &'a EntitlementKey), Vec<&'a AccessEvent>>,
    contained: AHashMap<(EntitlementKind, &'a str), Vec<(&'a PackageId, &'a PackageRole)>>,
    groups: AHashMap<&'a PrincipalId, Vec<&'a Holding>>,
    members: AHashMap<&'a str, Vec<&'a Holding>>,
    newest: AHashMap<&'a str, Instant>,
    as_of: Instant,
    /// Assignments that requests name.
    requested: AHashSet<&'a AssignmentId>,
    /// Requests on record, be it by an event alone.
    known_requests: AHashSet<&'a RequestId>,
    /// Reviews from outside policies.
    pub(super) reviews: Reviews<'a>,
    /// Whether any account of the tenant has a last successful sign-in on record.
    pub account_telemetry: bool,
    /// Whether any account has an `employeeType` on record.
    pub employee_types: bool,
    /// Whether any record of users was seen, or any event that disables an account.
    pub accounts_known: bool,
}

impl<'a> Index<'a> {
    /// Builds the look-ups.
    #[must_use]
    pub fn new(access: &'a AccessModel) -> Self {
        let mut index = Self {
            as_of: access.as_of,
            reviews: Reviews::of(access),
            requested: access.requests.values().filter_map(|r| r.assignment.as_ref()).collect(),
            known_requests: access.requests.keys().collect(),
            ..Self::default()
        };
        let mut holdings: Vec<&Holding> = access.holdings.iter().collect();
        holdings.sort_by(|a, b| order(a, b));
        for holding in holdings {
            if holding.held_at(access.as_of) || listed_that_day(holding, access.as_of) {
                index.held.push((hash(holding.principal.as_str()), holding));
                if holding.entitlement.is_group_member() {
                    index.members.entry(holding.entitlement.resource()).or_default().push(holding);
                }
            }
            if holding.entitlement.kind == EntitlementKind::Group {
                index.groups.entry(&holding.principal).or_default().push(holding);
            }
            if holding.entitlement.kind == EntitlementKind::AccessPackage {
                index.packages.entry(&holding.principal).or_default().push(holding);
                if let (Some(assignment), Some(request)) = (&holding.assignment, &holding.request) {
                    index.requests.entry(assignment.as_str()).or_insert(request);
                }
            }
        }
        let mut usage: Vec<&UsageDay> = access.usage.iter().collect();
        usage.sort_by(|a, b| a.order(b));
        for day in usage {
            index.usage.entry(&day.principal).or_default().push(day);
        }
        let granted = |e: &&AccessEvent| e.action == Action::Granted && e.outcome != Outcome::Failure;
        let mut events: Vec<&AccessEvent> = access.events.iter().filter(granted).collect();
        events.sort();
        for event in events {
            if let (Some(principal), Some(key)) = (&event.principal, &event.entitlement) {
                index.granted.entry((principal, key)).or_default().push(event);
            }
        }
        for (id, facts) in access.packages.iter().filter(|(_, p)| !p.removed) {
            for role in &facts.roles {
                if let Some(kind) = kind_of(role) {
                    index.contained.entry((kind, &role.resource)).or_default().push((id, role));
                }
            }
        }
        for ((collection, _), looks) in access.looks.iter() {
            for look in looks.iter().filter(|l| seen_by(l.at, access.as_of)) {
                let newest = index.newest.entry(collection).or_insert(look.at);
                *newest = look.at.max(*newest);
            }
        }
        index.account_telemetry = access.people.values().any(|p| p.last_successful_at.is_some());
        index.employee_types = access.people.values().any(|p| !p.employee_type.is_empty());
        index.accounts_known = access.people.values().any(|p| p.enabled.is_some() || p.leave_at.is_some());
        index
    }

    /// When a collection was last looked at.
    #[must_use]
    pub fn newest_look(&self, table: Table) -> Option<Instant> {
        self.newest.get(table.name()).copied()
    }

    /// Packages that somebody holds or held, by package and time.
    #[must_use]
    pub fn packages_of(&self, principal: &PrincipalId) -> &[&'a Holding] {
        self.packages.get(principal).map_or(&[], Vec::as_slice)
    }

    /// Groups that somebody is or was in, by group and time.
    #[must_use]
    pub fn groups_of(&self, principal: &PrincipalId) -> &[&'a Holding] {
        self.groups.get(principal).map_or(&[], Vec::as_slice)
    }

    /// The last success of somebody's account at anything, by the sign-in log; the record of the user may know a later one.
    #[must_use]
    pub fn last_logged_success(&self, principal: &PrincipalId) -> Option<Instant> {
        let successes = self.usage_of(principal).iter().filter(|u| u.successes > 0);
        successes.map(|u| u.last_success.unwrap_or(u.day)).filter(|t| *t <= self.as_of).max()
    }

    /// Members of a group at the instant of the questions, by id.
    #[must_use]
    pub fn members_of(&self, group: &str) -> &[&'a Holding] {
        self.members.get(group).map_or(&[], Vec::as_slice)
    }

    /// Whether the request of a holding's assignment is on record, or the event of its grant.
    #[must_use]
    pub fn has_request(&self, holding: &Holding) -> bool {
        // A request of a kind that is not known is a request.
        let of_assignment = holding.assignment.as_ref().is_some_and(|a| self.requested.contains(a));
        of_assignment || holding.request.as_ref().is_some_and(|r| self.known_requests.contains(r))
    }

    /// The request that led to an assignment, where the ledger knows it.
    #[must_use]
    pub fn request_of(&self, assignment: &str) -> Option<&'a RequestId> {
        self.requests.get(assignment).copied()
    }

    /// Sign-ins of somebody.
    #[must_use]
    pub fn usage_of(&self, principal: &PrincipalId) -> &[&'a UsageDay] {
        self.usage.get(principal).map_or(&[], Vec::as_slice)
    }

    /// The newest event by which somebody was given what a holding is of, since it can have begun.
    #[must_use]
    pub fn last_grant(&self, holding: &Holding) -> Option<&'a AccessEvent> {
        let events = self.granted.get(&(&holding.principal, &holding.entitlement))?;
        events
            .iter()
            .rev()
            .find(|e| e.at <= self.as_of && holding.from_earliest.is_none_or(|from| from <= e.at))
            .copied()
    }

    /// Packages whose contents are what a direct holding is of, with the role that says so.
    #[must_use]
    pub fn packages_with(&self, key: &EntitlementKey) -> Vec<(&'a PackageId, &'a PackageRole)> {
        let roles = self.contained.get(&(key.kind, key.resource()));
        let role = key.id.split('/').nth(1).unwrap_or_default();
        let fits = |r: &PackageRole| match key.kind {
            EntitlementKind::AppRole => r.app_role_id.is_empty() || r.app_role_id == role,
            // Members and owners are two roles on the same group.
            EntitlementKind::Group => r.role.eq_ignore_ascii_case("owner") == key.is_group_owner(),
            _ => true,
        };
        roles.into_iter().flatten().filter(|(_, r)| fits(r)).copied().collect()
    }

    /// Assignments, past and present, that give or gave somebody what a direct holding is of.
    #[must_use]
    pub fn assignments_behind(&self, holding: &Holding) -> Vec<&'a Holding> {
        let with = self.packages_with(&holding.entitlement);
        let gives = |h: &&&Holding| with.iter().any(|(p, _)| p.as_str() == h.entitlement.id);
        self.packages_of(&holding.principal).iter().filter(gives).copied().collect()
    }

    /// Whether an assignment explains a direct holding at `at`, give or take the time that a delivery takes.
    #[must_use]
    pub fn explained(&self, holding: &Holding, at: Instant, lag: i64) -> bool {
        self.assignments_behind(holding).iter().any(|h| {
            let begun = h.from_earliest.or(h.held_from).or(h.from_latest);
            let begun = begun.is_none_or(|t| t.plus(-lag) <= at);
            begun && h.until_latest.or(h.held_until).is_none_or(|t| at < t.plus(lag))
        })
    }
}

/// Whether a snapshot is of an instant or of before: one that is dated by its day alone counts from when the day began.
fn seen_by(look: Instant, at: Instant) -> bool {
    let whole_day = (look.0 + 1).rem_euclid(DAY) == 0;
    look <= at || whole_day && look.day() == at.day()
}

/// Listed in a snapshot of that very day, by a record that names an earlier start.
fn listed_that_day(holding: &Holding, at: Instant) -> bool {
    let has_start = matches!(holding.entitlement.kind, EntitlementKind::AccessPackage | EntitlementKind::AppRole);
    has_start
        && holding.from_latest.is_some_and(|t| seen_by(t, at))
        && holding.from_earliest.is_some_and(|t| t <= at)
        && holding.held_until.is_none_or(|t| at < t)
}

/// The order of the ledger, restored whatever order the rows come in.
fn order(a: &Holding, b: &Holding) -> Ordering {
    let ids = |h: &'_ Holding| (h.from_latest, h.held_until);
    (&a.principal, &a.entitlement)
        .cmp(&(&b.principal, &b.entitlement))
        .then_with(|| ids(a).cmp(&ids(b)))
        .then_with(|| (&a.assignment, &a.evidence).cmp(&(&b.assignment, &b.evidence)))
}

fn kind_of(role: &PackageRole) -> Option<EntitlementKind> {
    match role.kind.as_str() {
        "group" => Some(EntitlementKind::Group),
        "application" => Some(EntitlementKind::AppRole),
        "directory_role" => Some(EntitlementKind::DirectoryRole),
        _ => None,
    }
}
