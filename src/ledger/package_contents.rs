//! What a package contained, from when to when: each resource role is a timeline of its own.

use crate::lake::objects::ResourceRoleRow;
use crate::lake::table::Table;
use crate::ledger::evidence::Evidence;
use crate::ledger::intervals::{Interval, Rules, intervals};
use crate::ledger::log_coverage::LogCoverage;
use crate::ledger::sightings::{Contents, Seen, Sightings};
use crate::ledger::timeline::Fact;
use crate::model::id::lowered;
use crate::model::{AccessEvent, Action, EntitlementKind, Instant, Interned, PackageId};
use ahash::{AHashMap, AHashSet};

/// A resource role of a package, and when the package contained it.
#[derive(Debug, Clone)]
pub(super) struct Contained<'e> {
    pub package: PackageId,
    pub row: &'e ResourceRoleRow,
    pub intervals: Vec<Interval>,
}

/// All resource roles of all packages.
///
/// A package that was exported with its roles lists them all; a listing of the roles of one package does when it is complete.
/// The log tells that a package was changed, and not how: a snapshot reaches as far as no such record is told.
pub(super) fn contents<'e>(evidence: &'e Evidence, sightings: &Sightings, events: &[AccessEvent], log: &LogCoverage) -> Vec<Contained<'e>> {
    let expanded = expanded_packages(evidence, sightings);
    let changes = changes(events);
    let mut all = Vec::new();
    for (id, positions) in &Contents::of(&evidence.resource_roles).0 {
        let rows: Vec<&ResourceRoleRow> = positions.iter().map(|i| &evidence.resource_roles[*i]).collect();
        let Some(package) = rows.iter().find_map(|r| r.package_id) else { continue };
        let collection = sightings.of(Table::ResourceRoles);
        let seen = collection.seen.get(id).map_or(&[][..], Vec::as_slice);
        let made = |s: &Seen| rows.iter().find(|r| r.content_hash == s.content_hash).and_then(|r| r.created_at);
        let mut facts: Vec<Fact> = seen
            .iter()
            .map(|s| Fact::Present {
                at: s.at,
                since: s.since,
                made: made(s),
                made_begins: true,
                // A role that is added again has the same id, and another creation.
                record: Some(format!("{id} {}", made(s).map_or(0, |t| t.0)).into()),
                presence_only: s.presence_only,
                evidence: format!("resource_roles:{id}").into(),
            })
            .collect();
        let listed: AHashSet<Instant> = seen.iter().map(|s| s.at).collect();
        let missing = expanded.get(&package).into_iter().flatten().filter(|at| !listed.contains(at));
        facts.extend(missing.map(|at| Fact::Absent { at: *at, since: *at }));
        let log = log.without(changes.get(&lowered(&package)).map_or(&[][..], Vec::as_slice));
        let rules = Rules {
            same_act: 0,
            granted_once: false,
            log_tells_beginnings: false,
            one_record: false,
            has_holes: false,
            records_outlast: false,
            log: &log,
        };
        let parts = collection.absences(&package, Some(id)).chain(collection.absences(&"tenant".into(), Some(id)));
        facts.extend(parts.map(|l| Fact::Absent { at: l.at, since: l.since }));
        let newest = seen.last().and_then(|s| rows.iter().find(|r| r.content_hash == s.content_hash));
        let row = newest.or_else(|| rows.first()).copied();
        all.extend(row.map(|row| Contained {
            package: PackageId::of(package),
            row,
            intervals: intervals(facts, &rules),
        }));
    }
    all.sort_by(|a, b| (&a.package, &a.row.id).cmp(&(&b.package, &b.row.id)));
    all
}

/// When packages were changed, by the log.
fn changes(events: &[AccessEvent]) -> AHashMap<Interned, Vec<Instant>> {
    let mut changes: AHashMap<Interned, Vec<Instant>> = AHashMap::new();
    for event in events.iter().filter(|e| e.action == Action::Configured) {
        if let Some(key) = event.entitlement.as_ref().filter(|k| k.kind == EntitlementKind::AccessPackage) {
            changes.entry(key.id).or_default().push(event.at);
        }
    }
    changes
}

/// The instants at which a package was exported with the list of its resource roles.
fn expanded_packages(evidence: &Evidence, sightings: &Sightings) -> AHashMap<Interned, Vec<Instant>> {
    let has_list = |content: &str| content.contains("\"resourceRoleScopes\":[") || content.contains("\"accessPackageResourceRoleScopes\":[");
    let mut expanded: AHashMap<Interned, Vec<Instant>> = AHashMap::new();
    let seen = &sightings.of(Table::Packages).seen;
    for row in evidence.packages.iter().filter(|r| has_list(&r.content)) {
        let looks = seen.get(&row.id).map_or(&[][..], Vec::as_slice);
        let told = looks.iter().filter(|s| s.content_hash == row.content_hash && !s.presence_only);
        expanded.entry(row.id).or_default().extend(told.map(|s| s.at));
    }
    expanded
}
