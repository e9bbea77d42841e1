//! Who answers for a guest or an agent: what its record tells, and what listings of its sponsors tell.
//!
//! `$expand=sponsors` gives at most 20, and pulls and exports list sponsors by themselves, too; the newer of the two is right, and
//! what was read within a day of each other is one account in two parts.

use crate::lake::table::Table;
use crate::ledger::evidence::Evidence;
use crate::ledger::sightings::Sightings;
use crate::model::time::DAY;
use crate::model::{Instant, Interned, PrincipalId};
use ahash::AHashMap;
use serde_json::Value;

/// Sponsors that are listed by themselves, by whom they answer for.
pub(super) struct Sponsors<'a> {
    /// The row and the sponsor.
    listed: AHashMap<Interned, Vec<(Interned, Interned)>>,
    sightings: &'a Sightings,
    as_of: Instant,
}

/// What the newest listing tells.
struct Listing {
    at: Instant,
    whole: bool,
    sponsors: Vec<PrincipalId>,
}

impl<'a> Sponsors<'a> {
    pub(super) fn new(evidence: &Evidence, sightings: &'a Sightings, as_of: Instant) -> Self {
        let mut listed: AHashMap<Interned, Vec<(Interned, Interned)>> = AHashMap::new();
        let rows = evidence.memberships.iter().filter(|r| r.relation.as_deref() == Some("sponsor"));
        for row in rows {
            if let (Some(of), Some(sponsor)) = (row.container_id, row.member_id) {
                listed.entry(of).or_default().push((row.id, sponsor));
            }
        }
        Self { listed, sightings, as_of }
    }

    /// Who answers for an account or an identity of `table`; `None` when nothing tells.
    pub(super) fn of(&self, table: Table, id: Interned, content: &str) -> Option<Vec<PrincipalId>> {
        let record = expanded(content);
        let Some(listing) = self.listing(id) else {
            return record;
        };
        let seen = self.sightings.of(table).seen.get(&id).map_or(&[][..], Vec::as_slice);
        let read = seen.iter().rev().map(|s| s.since).find(|t| *t <= self.as_of);
        match (record, read) {
            (None, _) => Some(listing.sponsors).filter(|list| listing.whole || !list.is_empty()),
            (Some(_), Some(read)) if listing.whole && read.plus(DAY) < listing.at => Some(listing.sponsors),
            (Some(record), Some(read)) if listing.at.plus(DAY) < read => Some(record),
            (Some(record), _) => Some(sorted(record.into_iter().chain(listing.sponsors).collect())),
        }
    }

    /// The newest listing of somebody's sponsors.
    fn listing(&self, id: Interned) -> Option<Listing> {
        let memberships = self.sightings.of(Table::Memberships);
        let looks = memberships.looks.get(&Interned::from(&format!("sponsor/{id}")))?;
        let (snapshot, look) = looks.iter().rev().find(|(_, l)| l.since <= self.as_of)?;
        let there = |row: &Interned| memberships.seen.get(row).is_some_and(|seen| seen.iter().any(|s| s.snapshot == Some(*snapshot)));
        let rows = self.listed.get(&id).map_or(&[][..], Vec::as_slice).iter();
        Some(Listing {
            at: look.at,
            whole: look.complete,
            sponsors: sorted(rows.filter(|(row, _)| there(row)).map(|(_, sponsor)| PrincipalId::of(*sponsor)).collect()),
        })
    }
}

/// Sponsors of a record that was exported with them.
fn expanded(content: &str) -> Option<Vec<PrincipalId>> {
    if !content.contains("\"sponsors\"") {
        return None;
    }
    let whole: Value = serde_json::from_str(content).ok()?;
    let id = |v: &Value| v.as_str().or_else(|| v["id"].as_str()).filter(|id| !id.is_empty()).map(PrincipalId::new);
    Some(sorted(whole.get("sponsors")?.as_array()?.iter().filter_map(id).collect()))
}

fn sorted(mut list: Vec<PrincipalId>) -> Vec<PrincipalId> {
    list.sort();
    list.dedup();
    list
}
