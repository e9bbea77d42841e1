//! What ends without a removal of its own: the account, the group, the application or the package is deleted.

use crate::lake::table::Table;
use crate::ledger::accounts::Accounts;
use crate::ledger::evidence::Evidence;
use crate::ledger::names::Names;
use crate::ledger::package_timelines::act_of;
use crate::ledger::sightings::{Sightings, SnapshotFacts};
use crate::ledger::timeline::{Act, Fact, Timelines};
use crate::model::id::lowered;
use crate::model::time::DAY;
use crate::model::{AccessEvent, Action, EntitlementKind, Instant, Interned, Outcome};
use ahash::AHashMap;

/// Deletions and restorations of objects, by id.
pub(super) struct Deletions(AHashMap<Interned, Vec<(Instant, Act, Change)>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    /// An account, for good.
    Account,
    /// A group, application or package.
    Resource,
    /// A group or application came back.
    Restored,
}

impl Deletions {
    /// As events and the records of deleted objects tell.
    pub(super) fn of(events: &[AccessEvent], evidence: &Evidence) -> Self {
        let mut all: AHashMap<Interned, Vec<(Instant, Act, Change)>> = AHashMap::new();
        for event in events.iter().filter(|e| e.outcome != Outcome::Failure) {
            let change = match event.action {
                Action::HardDeleted => Change::Account,
                Action::ResourceDeleted => Change::Resource,
                Action::ResourceRestored => Change::Restored,
                _ => continue,
            };
            if let Some(object) = &event.principal {
                all.entry(object.interned()).or_default().push((event.at, act_of(event), change));
            }
        }
        for group in &evidence.groups {
            let Some(at) = group.deleted_at else { continue };
            let act = Act {
                evidence: format!("groups:{}", group.id).into(),
                ..Act::default()
            };
            all.entry(lowered(&group.id)).or_default().push((at, act, Change::Resource));
        }
        for app in &evidence.service_principals {
            let Some(at) = deleted_at(&app.content) else { continue };
            let act = Act {
                evidence: format!("service_principals:{}", app.id).into(),
                ..Act::default()
            };
            all.entry(lowered(&app.id)).or_default().push((at, act, Change::Resource));
        }
        for changes in all.values_mut() {
            changes.sort();
            // The log and the record of the deleted object tell the same deletion.
            changes.dedup_by(|b, a| a.2 == b.2 && (b.0.0 - a.0.0).abs() <= crate::model::time::MINUTE);
        }
        Self(all)
    }

    /// Objects with whether each change took them away.
    pub(super) fn all(&self) -> impl Iterator<Item = (Interned, Instant, bool)> {
        let each = |(id, changes): (&Interned, &Vec<(Instant, Act, Change)>)| {
            let id = *id;
            changes
                .iter()
                .map(move |(at, _, change)| (id, *at, *change != Change::Restored))
                .collect::<Vec<_>>()
        };
        self.0.iter().flat_map(each)
    }

    /// Adds what they end and bring back.
    pub(super) fn apply(&self, timelines: &mut Timelines) {
        if self.0.is_empty() {
            return;
        }
        for ((principal, key), group) in timelines.iter_mut() {
            let of_holder = self.0.get(&principal.interned()).map(|c| (c, true));
            let of_resource = self.0.get(&Interned::from(key.resource())).map(|c| (c, false));
            for (changes, is_holder) in of_holder.into_iter().chain(of_resource) {
                for timeline in group.iter_mut().filter(|t| !t.facts.is_empty()) {
                    timeline.facts.extend(changes.iter().map(|c| fact(c, is_holder)));
                }
            }
        }
    }
}

/// `deletedDateTime` of a record.
fn deleted_at(content: &str) -> Option<Instant> {
    if !content.contains("\"deletedDateTime\":\"") {
        return None;
    }
    let whole: serde_json::Value = serde_json::from_str(content).ok()?;
    Instant::parse(whole.get("deletedDateTime")?.as_str()?)
}

fn fact((at, act, change): &(Instant, Act, Change), is_holder: bool) -> Fact {
    let reason = match (change, is_holder) {
        (Change::Account, true) => "account_deleted",
        (_, true) => "holder_deleted",
        (_, false) => "resource_deleted",
    };
    match change {
        Change::Restored => Fact::Restored { at: *at, act: *act },
        _ => Fact::Deleted { at: *at, reason, act: *act },
    }
}

/// Listings leave out accounts that wait to be deleted for good: that they miss one then says nothing of what it holds.
///
/// Graph lists no soft-deleted object among members and assignments of roles, and brings all of them back with a restored account.
pub(super) fn explained_by_deletion(timelines: &mut Timelines, accounts: &Accounts) {
    for ((principal, key), group) in timelines.iter_mut() {
        if key.kind == EntitlementKind::AccessPackage {
            continue;
        }
        let is_deleted = |at: Instant| accounts.at(principal, at).is_some_and(|state| state.deleted);
        for timeline in group.iter_mut() {
            timeline.facts.retain(|f| !matches!(f, Fact::Absent { at, .. } if is_deleted(*at)));
        }
    }
}

/// Memberships that a delta page tells to be removed: it says so of each, and a deleted account explains none of them.
pub(super) fn told_removed(timelines: &mut Timelines, sightings: &Sightings) {
    let memberships = sightings.of(Table::Memberships);
    let prefix = format!("{}:", Table::Memberships.name());
    for group in timelines
        .iter_mut()
        .filter(|((_, key), _)| key.kind == EntitlementKind::Group)
        .map(|(_, group)| group)
    {
        for timeline in group.iter_mut() {
            let record = |fact: &Fact| match fact {
                Fact::Present { evidence, .. } => evidence.strip_prefix(&prefix).map(str::to_string),
                _ => None,
            };
            let mut records: Vec<String> = timeline.facts.iter().filter_map(record).collect();
            records.sort();
            records.dedup();
            let told = records.iter().flat_map(|id| memberships.told_removed(id));
            let told: Vec<Fact> = told.map(|l| Fact::Absent { at: l.at, since: l.since }).collect();
            timeline.facts.extend(told);
        }
    }
}

/// Accounts of which nothing is left to restore: from then on nothing proves what they held but another witness.
pub(super) fn purged(timelines: &mut Timelines, accounts: &Accounts) {
    for ((principal, _), group) in timelines.iter_mut() {
        let purges = accounts.purges(principal);
        group.iter_mut().for_each(|t| t.holes.extend(&purges));
    }
}

/// Accounts that neither the users nor the recycle bin list, both whole, about the same time: they are gone, and hold nothing.
pub(super) fn missing_holders(timelines: &mut Timelines, sightings: &Sightings) {
    let users = sightings.of(Table::Users);
    let mut known: AHashMap<Interned, Vec<Fact>> = AHashMap::new();
    for ((principal, _), group) in timelines.iter_mut() {
        let id = principal.interned();
        if !users.seen.contains_key(&id) {
            continue;
        }
        let gone = known.entry(id).or_insert_with(|| {
            let absent = users.absences(&"tenant".into(), Some(&id));
            let beside = |l: &SnapshotFacts| {
                let bin = users.absences(&"deleted".into(), Some(&id)).find(|b| (b.at.0 - l.at.0).abs() <= DAY)?;
                Some(Fact::Absent {
                    at: l.at.max(bin.at),
                    since: l.since.min(bin.since),
                })
            };
            absent.filter_map(beside).collect()
        });
        for timeline in group.iter_mut() {
            timeline.facts.extend(gone.iter().cloned());
        }
    }
}

/// Nobody held anything before the account or the thing itself was made, where the record of either says when.
///
/// A record of something earlier contradicts that: then nothing is concluded from it.
pub(super) fn unborn(timelines: &mut Timelines, names: &Names) {
    let made = |id: &str| names.of(id).and_then(|n| n.created_at);
    for ((principal, key), group) in timelines.iter_mut() {
        let Some(born) = made(principal.as_str()).max(made(key.resource())) else {
            continue;
        };
        let before = born.plus(-1);
        for timeline in group.iter_mut() {
            let is_later = |f: &Fact| matches!(f, Fact::Scheduled { .. } | Fact::Absent { .. }) || f.at() >= born;
            if timeline.facts.iter().all(is_later) {
                timeline.facts.push(Fact::Absent { at: before, since: before });
            }
        }
    }
}

/// Complete listings of groups, applications and packages in which a resource is missing: nobody held it then.
pub(super) fn missing_resources(timelines: &mut Timelines, sightings: &Sightings) {
    let mut known: AHashMap<(Table, Interned), Vec<Fact>> = AHashMap::new();
    for ((principal, key), group) in timelines.iter_mut() {
        let listed_in = match key.kind {
            EntitlementKind::Group => Some(Table::Groups),
            EntitlementKind::AppRole => Some(Table::ServicePrincipals),
            EntitlementKind::AccessPackage => Some(Table::Packages),
            EntitlementKind::DirectoryRole | EntitlementKind::SiteRole => None,
        };
        let resource = listed_in.map(|table| (table, Interned::from(key.resource())));
        // A group that is gone holds nothing either.
        let seen_as_group = sightings.of(Table::Groups).seen.contains_key(&principal.interned());
        let holder = seen_as_group.then(|| (Table::Groups, principal.interned()));
        for object in resource.into_iter().chain(holder) {
            let absent = known.entry(object).or_insert_with(|| {
                let collection = sightings.of(object.0);
                // What was never listed at all may be of a kind that the listing leaves out.
                if !collection.seen.contains_key(&object.1) {
                    return Vec::new();
                }
                let absences = collection.absences(&"tenant".into(), Some(&object.1));
                absences.map(|l| Fact::Absent { at: l.at, since: l.since }).collect()
            });
            for timeline in group.iter_mut() {
                timeline.facts.extend(absent.iter().cloned());
            }
        }
    }
}
