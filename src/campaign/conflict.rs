//! The one rule on conflicts: whoever gives an item to somebody (opening, second stage, delegation, escalation,
//! replacement) asks it, and it refuses or discloses.

use crate::campaign::model::{Disclosure, Item};
use crate::campaign::persons::Persons;
use crate::campaign::plan::Plan;
use crate::campaign::reviewers::{find_person, one_person, unable};
use crate::ledger::AccessModel;
use crate::model::account::AdminPattern;
use crate::model::{AccessEvent, Action, Holding, Outcome, PrincipalId};
use std::collections::{BTreeSet, HashMap};

/// What is to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// Who holds it.
    pub holder: &'a PrincipalId,
    /// Whether the holder is a guest.
    pub guest: bool,
    /// Whether it is sensitive.
    pub sensitive: bool,
    /// The holding, where the ledger still knows it.
    pub holding: Option<&'a Holding>,
}

impl<'a> Judged<'a> {
    /// A holding.
    #[must_use]
    pub fn of(holding: &'a Holding, sensitive: bool) -> Self {
        Self {
            holder: &holding.principal,
            guest: holding.principal_type == "guest",
            sensitive,
            holding: Some(holding),
        }
    }

    /// A frozen item, with its holding as the ledger knows it now.
    #[must_use]
    pub fn item(item: &Item, holder: &'a PrincipalId, holding: Option<&'a Holding>) -> Self {
        Self {
            holder,
            guest: item.principal_type == "guest",
            sensitive: item.sensitive,
            holding,
        }
    }
}

/// The rule, over one state of the lake.
pub struct ConflictRule<'a> {
    access: &'a AccessModel,
    accounts: &'a AdminPattern,
    absent: BTreeSet<PrincipalId>,
    persons: Persons<'a>,
    /// Who put whom where, by hand.
    provisioned: HashMap<(&'a PrincipalId, &'a str), BTreeSet<&'a PrincipalId>>,
}

impl<'a> ConflictRule<'a> {
    /// Prepares the look-ups. A name of an absent reviewer that nobody has any more refuses nobody.
    #[must_use]
    pub fn new(access: &'a AccessModel, plan: &Plan, accounts: &'a AdminPattern) -> Self {
        let mut provisioned: HashMap<(&PrincipalId, &str), BTreeSet<&PrincipalId>> = HashMap::new();
        let by_hand = |e: &&AccessEvent| matches!(e.action, Action::Granted | Action::AssignedDirectly) && e.outcome != Outcome::Failure && !e.actor_is_service;
        for event in access.events.iter().filter(by_hand) {
            if let (Some(holder), Some(what), Some(actor)) = (&event.principal, &event.entitlement, &event.actor) {
                provisioned.entry((holder, what.resource())).or_default().insert(actor);
            }
        }
        Self {
            access,
            accounts,
            absent: plan.absent.iter().filter_map(|n| find_person(access, n).ok()).collect(),
            persons: Persons::new(access, accounts),
            provisioned,
        }
    }

    /// Whether two accounts are one person's.
    #[must_use]
    pub fn same_person(&self, a: &PrincipalId, b: &PrincipalId) -> bool {
        one_person(self.access, self.accounts, a, b).is_some()
    }

    /// Why somebody cannot review anything now: no account that works, or absent.
    #[must_use]
    pub fn unavailable(&self, reviewer: &PrincipalId) -> Option<String> {
        unable(self.access, reviewer).or_else(|| self.absent.contains(reviewer).then(|| "is absent".to_string()))
    }

    /// Why somebody may not review it; `None` when they may.
    #[must_use]
    pub fn refuses(&self, reviewer: &PrincipalId, what: &Judged) -> Option<String> {
        if let Some(how) = one_person(self.access, self.accounts, reviewer, what.holder) {
            return Some(how);
        }
        if let Some(why) = self.unavailable(reviewer) {
            return Some(why);
        }
        if !what.guest && self.access.people.get(reviewer).is_some_and(|p| p.guest) {
            return Some("is a guest, and the holder is none".into());
        }
        if what.holding.is_some_and(|h| self.gave(reviewer, h)) {
            return Some("assigned or added it".into());
        }
        (what.sensitive && self.approved(reviewer, what)).then(|| "approved it, and it is sensitive".into())
    }

    /// What is to be disclosed when somebody reviews it whom nothing refuses.
    #[must_use]
    pub fn discloses(&self, reviewer: &PrincipalId, what: &Judged) -> Vec<Disclosure> {
        let mut list = Vec::new();
        if self.approved(reviewer, what) {
            list.push(Disclosure::ApprovedRequest);
        }
        if what.holding.is_some_and(|h| self.asked(reviewer, h)) {
            list.push(Disclosure::AskedForHolder);
        }
        match self.persons.levels_above(reviewer, what.holder) {
            Some(1) => list.push(Disclosure::ReportsToHolder),
            Some(_) => list.push(Disclosure::ReportsToHolderIndirectly),
            None => {}
        }
        list
    }

    /// Whether somebody asked for it, for another.
    fn asked(&self, reviewer: &PrincipalId, h: &Holding) -> bool {
        h.requested_by.as_ref().is_some_and(|r| *r != h.principal && self.same_person(reviewer, r))
    }

    fn gave(&self, reviewer: &PrincipalId, h: &Holding) -> bool {
        let key = (&h.principal, h.entitlement.resource());
        let added = self
            .provisioned
            .get(&key)
            .is_some_and(|actors| actors.iter().any(|a| self.same_person(reviewer, a)));
        let name = self.access.principal_name(reviewer);
        let by = h.granted_by.as_str();
        added || (!by.is_empty() && (by == name.as_str() || by == reviewer.as_str() || self.accounts.linked(by, &name)))
    }

    fn approved(&self, reviewer: &PrincipalId, what: &Judged) -> bool {
        let decisions = what.holding.map(|h| h.decisions.as_slice()).unwrap_or_default();
        decisions
            .iter()
            .any(|d| d.decision == "approved" && self.same_person(reviewer, &PrincipalId::new(&d.who)))
    }
}
