//! Where direct access came from: a package, entitlement management, privileged identity management, or somebody's hand.

use crate::check::{Context, Giver};
use crate::lake::table::Table;
use crate::ledger::access_model::listed_in;
use crate::model::{Certainty, EntitlementKind, Holding, Instant, Interned};

/// Whether a package delivered a direct holding.
#[derive(Debug, Clone, Copy)]
pub enum Delivery<'a> {
    /// This assignment did, the last one that can have.
    By(&'a Holding),
    /// None did.
    NotBy,
    /// This assignment may have, and no record tells who gave it.
    Unclear(&'a Holding),
}

/// Whether privileged identity management gave a membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activation {
    /// Activated by the member, for a while.
    Activated,
    /// Assigned through it, and there without activation.
    Standing,
    /// It has nothing to do with it.
    None,
    /// Nobody can tell, and why.
    Unknown(String),
}

impl<'a> Context<'a> {
    /// Who gave a direct holding, by the newest event that tells.
    #[must_use]
    pub fn giver_of(&self, holding: &Holding) -> Option<Giver> {
        self.index.last_grant(holding).and_then(|event| self.giver(event))
    }

    /// Whether an assignment of a package delivered a direct holding.
    ///
    /// Only the giver of the newest grant decides: somebody may have added a person by hand on the very day of a delivery.
    #[must_use]
    pub fn delivery(&self, holding: &Holding, lag: i64) -> Delivery<'a> {
        let behind = self.index.assignments_behind(holding);
        let last = |list: &[&'a Holding]| list.iter().copied().max_by_key(|h| (h.held_until.is_none(), h.held_until, begun(h)));
        match self.giver_of(holding) {
            Some(Giver::EntitlementManagement) => last(&behind).map_or(Delivery::NotBy, Delivery::By),
            Some(Giver::Somebody | Giver::Pim) => Delivery::NotBy,
            Some(Giver::Unproven) | None => {
                let may_have = |h: &&&Holding| {
                    let after = begun(h).is_none_or(|t| begun(holding).is_none_or(|b| t.plus(-lag) <= b));
                    let before = h
                        .held_until
                        .or(h.until_latest)
                        .is_none_or(|t| holding.from_earliest.is_none_or(|f| f <= t.plus(lag)));
                    after && before
                };
                let possible: Vec<&Holding> = behind.iter().filter(may_have).copied().collect();
                last(&possible).map_or(Delivery::NotBy, Delivery::Unclear)
            }
        }
    }

    /// Whether privileged identity management gave a membership.
    #[must_use]
    pub fn activation(&self, holding: &Holding, lag: i64) -> Activation {
        let ids = holding.evidence.iter().filter_map(|e| e.strip_prefix("role_schedules:"));
        let schedules: Vec<_> = ids.filter_map(|id| self.access.role_schedules.get(&Interned::from(id))).collect();
        let in_force = |end: Option<Instant>| end.is_none_or(|t| self.as_of() < t.plus(lag));
        let now: Vec<_> = schedules.iter().filter(|s| in_force(s.end_at)).collect();
        let is = |word: &str| now.iter().any(|s| s.assignment_type.eq_ignore_ascii_case(word));
        let by_event = self.giver_of(holding) == Some(Giver::Pim);
        match () {
            () if is("assigned") => Activation::Standing,
            () if is("activated") => Activation::Activated,
            () if !now.is_empty() => {
                Activation::Unknown("the record of privileged identity management does not tell whether it was assigned or activated".into())
            }
            () if by_event && schedules.is_empty() => {
                Activation::Unknown("privileged identity management added them, and no schedule of it tells whether for a while or for good".into())
            }
            () if self.may_be_activated(holding) => {
                Activation::Unknown("no schedules of privileged identity management are in the lake, so it may have been activated for a while".into())
            }
            () => Activation::None,
        }
    }

    /// A role-assignable group of which nothing tells whether privileged identity management manages it.
    fn may_be_activated(&self, holding: &Holding) -> bool {
        let group = self.access.groups.get(holding.entitlement.resource());
        let privileged = holding.entitlement.kind == EntitlementKind::Group && group.is_some_and(|g| g.role_assignable);
        privileged && self.giver_of(holding) != Some(Giver::Somebody) && !self.group_schedules_known()
    }

    /// Whether the schedules of groups were looked at: those of directory roles are another collection, with scopes of its own.
    #[must_use]
    pub fn group_schedules_known(&self) -> bool {
        let of_groups = |part: &str| part == "group" || part == "schedules/group";
        let mut looks = self.access.looks.keys();
        looks.any(|(collection, part)| collection.as_str() == Table::RoleSchedules.name() && of_groups(part))
    }

    /// When a holding began for all that records tell: proved, or by the start that its own record names.
    ///
    /// An absence in an earlier snapshot proves that it began later, and is no beginning.
    #[must_use]
    pub fn began(&self, holding: &Holding) -> Option<Instant> {
        let Some(earliest) = holding.from_earliest.filter(|_| holding.from_certainty == Certainty::Bounded) else {
            return holding.held_from;
        };
        let table = listed_in(holding.entitlement.kind).unwrap_or_default();
        let scopes = ["tenant", holding.entitlement.resource()];
        let looks = scopes.iter().filter_map(|s| self.access.looks.get(&(table.into(), (*s).into())));
        let by_absence = looks.flatten().any(|l| l.complete && l.at == earliest);
        let has_start = matches!(holding.entitlement.kind, EntitlementKind::AccessPackage | EntitlementKind::AppRole);
        if has_start && !by_absence { Some(earliest) } else { holding.held_from }
    }
}

fn begun(h: &Holding) -> Option<Instant> {
    h.from_latest.or(h.held_from)
}
