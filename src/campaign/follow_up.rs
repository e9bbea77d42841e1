//! The items of a campaign in a later state of the lake: what ended, what came back, what is new.

use crate::campaign::model::{Item, ItemId, shown_name};
use crate::campaign::state::State;
use crate::check::Index;
use crate::ledger::AccessModel;
use crate::ledger::access_model::listed_in;
use crate::model::id;
use crate::model::time::DAY;
use crate::model::{Certainty, Holding, Instant};
use std::collections::{BTreeMap, HashMap};

/// Holdings of a later access, by holder and entitlement.
pub struct CurrentAccess<'a> {
    /// The access.
    pub access: &'a AccessModel,
    /// Look-ups over it.
    pub index: Index<'a>,
    by_key: HashMap<String, Vec<&'a Holding>>,
    held_by: HashMap<&'a str, Vec<&'a Holding>>,
}

impl<'a> CurrentAccess<'a> {
    /// Builds the look-up.
    #[must_use]
    pub fn new(access: &'a AccessModel) -> Self {
        let mut by_key: HashMap<String, Vec<&Holding>> = HashMap::new();
        for holding in &access.holdings {
            by_key
                .entry(format!("{} {}", holding.principal, holding.entitlement))
                .or_default()
                .push(holding);
        }
        let mut held_by: HashMap<&str, Vec<&Holding>> = HashMap::new();
        for holding in access.held() {
            held_by.entry(holding.principal.as_str()).or_default().push(holding);
        }
        Self {
            access,
            index: Index::new(access),
            by_key,
            held_by,
        }
    }

    /// All holdings of the holder of an item in its entitlement, by time.
    #[must_use]
    pub fn all(&self, item: &Item) -> &[&'a Holding] {
        self.of(&item.principal_id, &format!("{}:{}", item.entitlement_kind, item.entitlement_id))
    }

    /// All holdings of somebody in an entitlement, `kind:id`, by time.
    #[must_use]
    pub fn of(&self, principal: &str, entitlement: &str) -> &[&'a Holding] {
        self.by_key.get(&format!("{principal} {entitlement}")).map_or(&[], Vec::as_slice)
    }

    /// What somebody holds now.
    #[must_use]
    pub fn held_by(&self, principal: &str) -> &[&'a Holding] {
        self.held_by.get(principal).map_or(&[], Vec::as_slice)
    }

    /// The very holding that was frozen: the same assignment, or, without one, the stretch that began by then.
    #[must_use]
    pub fn same(&self, item: &Item, frozen_at: Instant) -> Option<&'a Holding> {
        let of_assignment = |h: &&&Holding| h.assignment.as_ref().is_some_and(|a| a.as_str() == item.assignment_id);
        let all = self.all(item);
        if !item.assignment_id.is_empty() {
            let mine: Vec<&&Holding> = all.iter().filter(of_assignment).collect();
            // An assignment that was seen again after its removal has a second stretch, which is the present one.
            return mine.iter().rev().find(|h| begun(h) <= Some(frozen_at)).or(mine.first()).copied().copied();
        }
        all.iter().rev().find(|h| begun(h).is_none_or(|t| t <= frozen_at)).copied()
    }

    /// What a later look lists of an assignment whose removal was logged: it never went.
    ///
    /// An assignment that is granted again has another id.
    #[must_use]
    pub fn goes_on(&self, item: &Item, ended: &Holding) -> Option<&'a Holding> {
        let end = ended.held_until.filter(|_| ended.assignment.is_some())?;
        let cut = |h: &&&Holding| {
            let around = h.from_earliest.is_none_or(|f| f <= end) && h.from_latest.is_none_or(|f| end <= f);
            h.assignment == ended.assignment && h.from_certainty != Certainty::Exact && around
        };
        self.all(item).iter().filter(cut).find(|h| h.held_at(self.access.as_of)).copied()
    }

    /// A holding of the same entitlement that began after the freeze and is held now.
    #[must_use]
    pub fn again(&self, item: &Item, frozen_at: Instant) -> Option<&'a Holding> {
        let after = |h: &&&Holding| begun(h).is_some_and(|t| t > frozen_at) && h.held_at(self.access.as_of);
        self.all(item).iter().find(after).copied()
    }

    /// The first complete look that no longer lists a holding: its collection and moment, as `looks.csv` has them.
    #[must_use]
    pub fn missing_from(&self, h: &Holding) -> Option<(&'static str, Instant)> {
        let collection = listed_in(h.entitlement.kind)?;
        let gone = h.until_latest?;
        // Owners of a group are listed apart from its members.
        let own = if h.entitlement.is_group_owner() {
            format!("owner/{}", h.entitlement.resource())
        } else {
            h.entitlement.resource().to_string()
        };
        let of_it = |scope: &str| scope == "tenant" || scope == own;
        let looks = self.access.looks.iter().filter(|((c, scope), _)| *c == collection && of_it(scope));
        let at = looks.flat_map(|(_, looks)| looks).filter(|l| l.complete && l.at >= gone).map(|l| l.at).min()?;
        Some((collection, at))
    }

    /// The end of a holding with the observation that shows it, and the records that it is known from.
    #[must_use]
    pub fn ending(&self, h: &Holding) -> String {
        let at = h.until_latest.or(h.held_until).map_or("an unknown moment".to_string(), |t| t.to_string());
        let shown = id::joined(&h.evidence, " ");
        if h.end_reason == "not_listed"
            && let Some((collection, look)) = self.missing_from(h)
        {
            return format!("ended by {at}: the complete snapshot of {collection} of {look} no longer lists it: {shown}");
        }
        let how = if h.until_certainty == Certainty::Exact { "on" } else { "by" };
        let reason = if h.end_reason.is_empty() {
            String::new()
        } else {
            format!(" ({})", h.end_reason.replace('_', " "))
        };
        format!("ended {how} {at}{reason}: {shown}")
    }

    /// Whether the access of an item is held now, by whatever holding.
    #[must_use]
    pub fn held(&self, item: &Item) -> bool {
        self.all(item).iter().any(|h| h.held_at(self.access.as_of))
    }
}

/// When a holding began, as far as is known.
pub(super) fn begun(h: &Holding) -> Option<Instant> {
    h.from_latest.or(h.held_from)
}

/// The last instant of an end that was asked for: a day that is named is its last day.
#[must_use]
pub fn asked_end(until: Instant) -> Instant {
    if until.0 % DAY == 0 { until.plus(DAY) } else { until }
}

/// Undecided items whose access has ended, with the evidence: nobody is chased for them.
#[must_use]
pub fn lapses(state: &State, now: &CurrentAccess) -> BTreeMap<ItemId, String> {
    let mut found = BTreeMap::new();
    for (index, item) in state.items.iter().enumerate() {
        if state.effective_decision(index).is_some() || now.held(item) {
            continue;
        }
        if let Some(holding) = now.same(item, state.head.as_of) {
            found.insert(item.id.clone(), now.ending(holding));
        }
    }
    found
}

/// A row of the difference between the population and what is held now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drift {
    /// `left` or `joined`.
    pub change: &'static str,
    /// The item; empty for what joined.
    pub item: String,
    /// Holder.
    pub principal_id: String,
    /// Holder's name.
    pub principal_name: String,
    /// `kind:id` of the entitlement.
    pub entitlement: String,
    /// Its name.
    pub entitlement_name: String,
    /// Assignment.
    pub assignment_id: String,
    /// When and how, with the evidence.
    pub evidence: String,
}

impl Drift {
    /// Names of its cells, part of the contract.
    pub const COLUMNS: [&str; 8] = [
        "change",
        "item_id",
        "principal_id",
        "principal_name",
        "entitlement",
        "entitlement_name",
        "assignment_id",
        "evidence",
    ];

    /// Its cells in the order of [`Drift::COLUMNS`].
    #[must_use]
    pub fn cells(&self) -> [String; 8] {
        [
            self.change.to_string(),
            self.item.clone(),
            self.principal_id.clone(),
            self.principal_name.clone(),
            self.entitlement.clone(),
            self.entitlement_name.clone(),
            self.assignment_id.clone(),
            self.evidence.clone(),
        ]
    }
}

/// What joined and left since the opening: `population + joined − left` is what is held now in the same scope.
///
/// `in_scope` says whether a present holding belongs to the campaign's scope.
#[must_use]
pub fn drift(state: &State, now: &CurrentAccess, in_scope: impl Fn(&Holding) -> bool) -> Vec<Drift> {
    let mut rows = Vec::new();
    let mut known: HashMap<(&str, String, &str), ()> = HashMap::new();
    for item in &state.items {
        let entitlement = format!("{}:{}", item.entitlement_kind, item.entitlement_id);
        known.insert((&item.principal_id, entitlement.clone(), &item.assignment_id), ());
        let same = now.same(item, state.head.as_of);
        let there = now.all(item).iter().any(|h| assignment(h) == item.assignment_id && h.held_at(now.access.as_of));
        if !there {
            rows.push(Drift {
                change: "left",
                item: item.id.to_string(),
                principal_id: item.principal_id.clone(),
                principal_name: item.principal_name.clone(),
                entitlement,
                entitlement_name: item.entitlement_name.clone(),
                assignment_id: item.assignment_id.clone(),
                evidence: same.map_or("no longer in the ledger".to_string(), |h| now.ending(h)),
            });
        }
    }
    let mut joined = std::collections::BTreeSet::new();
    for holding in now.access.held().filter(|h| in_scope(h)) {
        let key = (holding.principal.as_str(), holding.entitlement.to_string(), assignment(holding));
        if known.contains_key(&key) {
            continue;
        }
        joined.insert(Drift {
            change: "joined",
            item: String::new(),
            principal_id: holding.principal.to_string(),
            principal_name: holding.principal_name.to_string(),
            entitlement: holding.entitlement.to_string(),
            entitlement_name: shown_name(holding),
            assignment_id: assignment(holding).to_string(),
            evidence: format!(
                "since {}: {}",
                begun(holding).map_or("an unknown day".to_string(), Instant::day),
                id::joined(&holding.evidence, " ")
            ),
        });
    }
    // One row for a holder, entitlement and assignment, as in the population.
    let mut seen = std::collections::BTreeSet::new();
    rows.extend(
        joined
            .into_iter()
            .filter(|d| seen.insert((d.principal_id.clone(), d.entitlement.clone(), d.assignment_id.clone()))),
    );
    rows.sort();
    rows
}

fn assignment(h: &Holding) -> &str {
    h.assignment.as_ref().map(crate::model::AssignmentId::as_str).unwrap_or_default()
}
