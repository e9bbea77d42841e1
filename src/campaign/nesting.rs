//! What somebody keeps by another way when one membership goes: groups in groups.

use crate::ledger::AccessModel;
use crate::model::{EntitlementKey, Holding};
use std::collections::{BTreeSet, HashMap};

/// What everybody holds directly, groups too.
pub(super) struct Nesting<'a> {
    held_by: HashMap<&'a str, Vec<&'a Holding>>,
}

/// What a removal of one membership leaves.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Afterwards<'a> {
    /// Names of groups through which the holder stays a member.
    pub through: BTreeSet<&'a str>,
    /// Names of what the group has and the holder loses with it.
    pub lost: BTreeSet<&'a str>,
    /// Names of what the group has and the holder keeps by another way.
    pub kept: BTreeSet<&'a str>,
}

impl<'a> Nesting<'a> {
    /// Sorts what is held now.
    pub(super) fn new(access: &'a AccessModel) -> Self {
        let mut held_by: HashMap<&str, Vec<&Holding>> = HashMap::new();
        for holding in access.held() {
            held_by.entry(holding.principal.as_str()).or_default().push(holding);
        }
        Self { held_by }
    }

    /// What somebody, or a group, holds directly now.
    pub(super) fn of(&self, principal: &str) -> &[&'a Holding] {
        self.held_by.get(principal).map_or(&[], Vec::as_slice)
    }

    /// What the members of a group have by it: its own access, and membership in the groups above it.
    ///
    /// Roles at applications do not reach the members of groups in a group (Microsoft Entra: app role assignment).
    fn given_by(&self, group: &str) -> Vec<&'a Holding> {
        let mut all: Vec<&Holding> = self.of(group).iter().filter(|h| !h.entitlement.is_group_owner()).copied().collect();
        let mut seen = BTreeSet::from([group]);
        let mut next: Vec<&Holding> = all.iter().filter(|h| h.entitlement.is_group_member()).copied().collect();
        while let Some(parent) = next.pop() {
            if seen.insert(parent.entitlement.resource()) {
                let above = self.of(parent.entitlement.resource()).iter().filter(|h| h.entitlement.is_group_member());
                let above: Vec<&Holding> = above.copied().collect();
                all.extend(&above);
                next.extend(above);
            }
        }
        all
    }

    /// What a membership leaves when it goes, and everything else stays.
    pub(super) fn without(&self, membership: &'a Holding) -> Afterwards<'a> {
        let gone = &membership.entitlement;
        let mut out = Afterwards::default();
        let mut kept: BTreeSet<&EntitlementKey> = BTreeSet::new();
        for other in self.of(membership.principal.as_str()).iter().filter(|o| o.entitlement != *gone) {
            kept.insert(&other.entitlement);
            if !other.entitlement.is_group_member() {
                continue;
            }
            for given in self.given_by(other.entitlement.resource()) {
                if given.entitlement == *gone {
                    out.through.insert(other.entitlement_name.as_str());
                }
                kept.insert(&given.entitlement);
            }
        }
        if out.through.is_empty() && gone.is_group_member() {
            for given in self.given_by(gone.resource()) {
                let side = if kept.contains(&given.entitlement) { &mut out.kept } else { &mut out.lost };
                side.insert(given.entitlement_name.as_str());
            }
        }
        out
    }

    /// Whether somebody has something by another way than by one group.
    pub(super) fn has_otherwise(&self, principal: &str, what: &EntitlementKey, group: &str) -> bool {
        self.of(principal).iter().any(|h| {
            let by_group = h.entitlement.is_group_member() && h.entitlement.resource() != group;
            h.entitlement == *what || by_group && self.given_by(h.entitlement.resource()).iter().any(|g| g.entitlement == *what)
        })
    }
}
