//! What became of that which a finding was about, by what the evidence proves of it now.

use super::{Change, Why};
use crate::config::Config;
use crate::ledger::AccessModel;
use crate::model::{Certainty, Holding, Instant, PackageId, PolicyId, PrincipalId, RequestId};
use ahash::{AHashMap, AHashSet};

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is there, as far as anybody knows.
    There,
    /// It is gone for certain.
    Gone {
        /// Since when, at the latest.
        at: Option<Instant>,
        /// How.
        why: Why,
    },
    /// Nothing tells of it any more.
    Unknown,
}

/// Holdings that findings were about which are no longer told, by assignment and by holder and thing.
pub(super) struct Ends<'a> {
    assignments: AHashMap<&'a str, Vec<&'a Holding>>,
    pairs: AHashMap<(&'a str, &'a str), Vec<&'a Holding>>,
}

impl<'a> Ends<'a> {
    /// Looks them up in one pass.
    pub(super) fn of<'c>(access: &'a AccessModel, changes: impl Iterator<Item = &'c Change>) -> Self {
        let (mut assignments, mut subjects) = (AHashSet::new(), AHashSet::new());
        for change in changes {
            assignments.insert(change.assignment_id.as_str());
            subjects.insert(change.subject_id.as_str());
        }
        let mut ends = Self {
            assignments: AHashMap::new(),
            pairs: AHashMap::new(),
        };
        if subjects.is_empty() {
            return ends;
        }
        for holding in &access.holdings {
            if let Some(id) = holding.assignment.as_ref().map(|a| a.as_str()).filter(|a| assignments.contains(a)) {
                ends.assignments.entry(id).or_default().push(holding);
            }
            let holder = holding.principal.as_str();
            if subjects.contains(holder) {
                let key = &holding.entitlement;
                ends.pairs.entry((holder, key.resource())).or_default().push(holding);
                if key.id.as_str() != key.resource() {
                    ends.pairs.entry((holder, key.id.as_str())).or_default().push(holding);
                }
            }
        }
        ends
    }

    /// What became of that which a finding was about.
    pub(super) fn fate(&self, access: &AccessModel, config: &Config, change: &Change) -> Fate {
        let pair = (change.subject_id.as_str(), change.object_id.as_str());
        let of_pair = self.pairs.get(&pair).map(Vec::as_slice).unwrap_or_default();
        let of_assignment = self.assignments.get(change.assignment_id.as_str()).map(Vec::as_slice).unwrap_or_default();
        // Somebody's membership that a finding is about may outlive the assignment that it names.
        let (first, second) = if change.object_kind == "package" {
            (of_assignment, of_pair)
        } else {
            (of_pair, of_assignment)
        };
        match (first, second) {
            ([], []) => thing(access, config, change),
            ([], held) if change.assignment_id.is_empty() => ended(held, access.as_of),
            ([], _) => thing(access, config, change),
            (held, _) => ended(held, access.as_of),
        }
    }
}

/// How holdings of one access ended; the last one counts. An end that was set and that nothing confirms is none.
fn ended(held: &[&Holding], as_of: Instant) -> Fate {
    if held.iter().any(|h| h.held_at(as_of)) {
        return Fate::There;
    }
    let certain = |h: &&Holding| h.held_until.is_some() && matches!(h.until_certainty, Certainty::Exact | Certainty::Bounded);
    if !held.iter().all(certain) {
        return Fate::Unknown;
    }
    let last = held.iter().max_by_key(|h| h.held_until);
    last.map_or(Fate::Unknown, |h| Fate::Gone {
        at: h.until_latest.or(h.held_until),
        why: if h.end_reason == "expired" { Why::Expired } else { Why::Removed },
    })
}

/// Kinds of what is held: of such access a holding must tell.
const HELD: &[&str] = &["package", "group", "application", "app_role", "directory_role", "site"];

/// What became of a thing that is no holding.
fn thing(access: &AccessModel, config: &Config, change: &Change) -> Fate {
    let id = change.subject_id.as_str();
    let gone = |removed: bool| match removed {
        true => Fate::Gone { at: None, why: Why::Removed },
        false => Fate::There,
    };
    let known = |there: bool| if there { Fate::There } else { Fate::Unknown };
    match change.subject_kind.as_str() {
        "exception" => gone(!config.exceptions.iter().any(|e| e.id() == id)),
        "policy" => access.policies.get(&PolicyId::new(id)).map_or(Fate::Unknown, |p| gone(p.removed)),
        "package" => access.packages.get(&PackageId::new(id)).map_or(Fate::Unknown, |p| gone(p.removed)),
        "group" => known(access.groups.contains_key(id)),
        "application" => known(access.apps.contains_key(id)),
        _ if !change.request_id.is_empty() => known(access.requests.contains_key(&RequestId::new(&change.request_id))),
        // Access that no holding tells of was never seen to end.
        "principal" if !change.assignment_id.is_empty() || HELD.contains(&change.object_kind.as_str()) => Fate::Unknown,
        "principal" => known(access.people.contains_key(&PrincipalId::new(id)) || access.apps.contains_key(id)),
        _ => Fate::There,
    }
}
