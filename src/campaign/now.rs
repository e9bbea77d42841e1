//! The items of a campaign in a later state of the lake: what ended, what came back, what is new.

use crate::campaign::log::{Choice, DecidedBy};
use crate::campaign::model::{Item, ItemId};
use crate::campaign::state::State;
use crate::ledger::Estate;
use crate::model::id;
use crate::model::{Certainty, Holding, Instant, PrincipalId};
use std::collections::{BTreeMap, HashMap};

/// Holdings of a later estate, by holder and entitlement.
pub struct Now<'a> {
    /// The estate.
    pub estate: &'a Estate,
    by_key: HashMap<String, Vec<&'a Holding>>,
}

impl<'a> Now<'a> {
    /// Builds the look-up.
    #[must_use]
    pub fn new(estate: &'a Estate) -> Self {
        let mut by_key: HashMap<String, Vec<&Holding>> = HashMap::new();
        for holding in &estate.holdings {
            by_key
                .entry(format!("{} {}", holding.principal, holding.entitlement))
                .or_default()
                .push(holding);
        }
        Self { estate, by_key }
    }

    /// All holdings of the holder of an item in its entitlement, by time.
    #[must_use]
    pub fn all(&self, item: &Item) -> &[&'a Holding] {
        let key = format!("{} {}:{}", item.principal_id, item.entitlement_kind, item.entitlement_id);
        self.by_key.get(&key).map_or(&[], Vec::as_slice)
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

    /// A holding of the same entitlement that began after the freeze and is held now.
    #[must_use]
    pub fn again(&self, item: &Item, frozen_at: Instant) -> Option<&'a Holding> {
        let after = |h: &&&Holding| begun(h).is_some_and(|t| t > frozen_at) && h.held_at(self.estate.as_of);
        self.all(item).iter().find(after).copied()
    }

    /// Whether the access of an item is held now, by whatever holding.
    #[must_use]
    pub fn held(&self, item: &Item) -> bool {
        self.all(item).iter().any(|h| h.held_at(self.estate.as_of))
    }
}

/// When a holding began, as far as is known.
pub(super) fn begun(h: &Holding) -> Option<Instant> {
    h.from_latest.or(h.held_from)
}

/// `ended on 2026-05-01 (removed): audit_events:…`: the end of a holding with what shows it.
#[must_use]
pub fn ending(h: &Holding) -> String {
    let day = h.until_latest.or(h.held_until).map_or("an unknown day".to_string(), Instant::day);
    let how = match h.until_certainty {
        Certainty::Exact => "on",
        _ => "by",
    };
    let reason = if h.end_reason.is_empty() {
        String::new()
    } else {
        format!(" ({})", h.end_reason.replace('_', " "))
    };
    let shown = id::joined(&h.evidence, " ");
    format!("ended {how} {day}{reason}: {shown}")
}

/// Undecided items whose access has ended, with the evidence: nobody is chased for them.
#[must_use]
pub fn lapses(state: &State, now: &Now) -> BTreeMap<ItemId, String> {
    let mut found = BTreeMap::new();
    for (index, item) in state.items.iter().enumerate() {
        if state.binding(index).is_some() || now.held(item) {
            continue;
        }
        if let Some(holding) = now.same(item, state.head.as_of) {
            found.insert(item.id.clone(), ending(holding));
        }
    }
    found
}

/// A row of the difference between the population and what is held now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drift {
    /// `left` or `joined`.
    pub what: &'static str,
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
    pub shown: String,
}

impl Drift {
    /// Names of its cells, part of the contract.
    pub const COLUMNS: [&str; 8] = [
        "what",
        "item_id",
        "principal_id",
        "principal_name",
        "entitlement",
        "entitlement_name",
        "assignment_id",
        "shown",
    ];

    /// Its cells in the order of [`Drift::COLUMNS`].
    #[must_use]
    pub fn cells(&self) -> [String; 8] {
        [
            self.what.to_string(),
            self.item.clone(),
            self.principal_id.clone(),
            self.principal_name.clone(),
            self.entitlement.clone(),
            self.entitlement_name.clone(),
            self.assignment_id.clone(),
            self.shown.clone(),
        ]
    }
}

/// What joined and left since the opening: `population + joined − left` is what is held now in the same scope.
///
/// `in_scope` says whether a present holding belongs to the campaign's scope.
#[must_use]
pub fn drift(state: &State, now: &Now, in_scope: impl Fn(&Holding) -> bool) -> Vec<Drift> {
    let mut rows = Vec::new();
    let mut known: HashMap<(&str, String, &str), ()> = HashMap::new();
    for item in &state.items {
        let entitlement = format!("{}:{}", item.entitlement_kind, item.entitlement_id);
        known.insert((&item.principal_id, entitlement.clone(), &item.assignment_id), ());
        let same = now.same(item, state.head.as_of);
        let there = now.all(item).iter().any(|h| assignment(h) == item.assignment_id && h.held_at(now.estate.as_of));
        if !there {
            rows.push(Drift {
                what: "left",
                item: item.id.to_string(),
                principal_id: item.principal_id.clone(),
                principal_name: item.principal_name.clone(),
                entitlement,
                entitlement_name: item.entitlement_name.clone(),
                assignment_id: item.assignment_id.clone(),
                shown: same.map_or("no longer in the ledger".to_string(), ending),
            });
        }
    }
    let mut joined = std::collections::BTreeSet::new();
    for holding in now.estate.held().filter(|h| in_scope(h)) {
        let key = (holding.principal.as_str(), holding.entitlement.to_string(), assignment(holding));
        if known.contains_key(&key) {
            continue;
        }
        joined.insert(Drift {
            what: "joined",
            item: String::new(),
            principal_id: holding.principal.to_string(),
            principal_name: holding.principal_name.to_string(),
            entitlement: holding.entitlement.to_string(),
            entitlement_name: holding.entitlement_name.to_string(),
            assignment_id: assignment(holding).to_string(),
            shown: format!(
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

/// Outcome of a removal or change, by its word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The item.
    pub item: ItemId,
    /// What was decided.
    pub choice: Choice,
    /// Whether a person decided.
    pub by: DecidedBy,
    /// `removed and verified`, `changed and verified`, `open within SLA`, `open beyond SLA`, `came back`, `cannot tell`.
    pub word: &'static str,
    /// The observation that shows it, or why nobody can tell.
    pub shown: String,
    /// When it was to be done.
    pub due: Instant,
}

/// The words of outcomes, in order.
pub const OUTCOMES: [&str; 6] = [
    "removed and verified",
    "changed and verified",
    "open within SLA",
    "open beyond SLA",
    "came back",
    "cannot tell",
];

/// What became of every revocation and modification that binds; the clock runs from the close.
///
/// A ticket is no proof: only an observation after the decision counts, an event or a complete look.
#[must_use]
pub fn outcomes(state: &State, now: &Now, closed_at: Instant) -> Vec<Outcome> {
    let mut list = Vec::new();
    for (index, item) in state.items.iter().enumerate() {
        let Some((_, entry)) = state.binding(index) else { continue };
        if !matches!(entry.decision.choice, Choice::Revoke | Choice::Modify) {
            continue;
        }
        let days = if item.sensitive { state.plan.sla_sensitive_days } else { state.plan.sla_days };
        let due = closed_at.plus_business_days(days);
        let (word, shown) = judged(state, now, item, entry.decision.choice, entry.decision.until, due);
        list.push(Outcome {
            item: item.id.clone(),
            choice: entry.decision.choice,
            by: entry.by,
            word,
            shown,
            due,
        });
    }
    list
}

fn judged(state: &State, now: &Now, item: &Item, choice: Choice, until: Option<Instant>, due: Instant) -> (&'static str, String) {
    let frozen_at = state.head.as_of;
    let Some(same) = now.same(item, frozen_at) else {
        return (
            "cannot tell",
            "the ledger no longer knows this holding: was a source left out of the lake?".into(),
        );
    };
    let held = same.held_at(now.estate.as_of);
    let sure_end = matches!(same.until_certainty, Certainty::Exact | Certainty::Bounded);
    if !held && sure_end {
        if let Some(again) = now.again(item, frozen_at) {
            let since = begun(again).map_or("an unknown day".to_string(), Instant::day);
            return (
                "came back",
                format!("{}; granted again on {since}: {}", ending(same), id::joined(&again.evidence, " ")),
            );
        }
        let word = if choice == Choice::Modify {
            "changed and verified"
        } else {
            "removed and verified"
        };
        return (word, ending(same));
    }
    if !held {
        return (
            "cannot tell",
            "its end was scheduled and has passed, and neither an event nor a complete look shows that it is gone".into(),
        );
    }
    let open = |seen: Instant| if seen <= due { "open within SLA" } else { "open beyond SLA" };
    if choice == Choice::Modify {
        let now_until = same.scheduled_until;
        let shortened = until.is_some_and(|asked| now_until.is_some_and(|t| t.day() <= asked.day()));
        let changed = until.is_none() && (now_until != item.scheduled_until || policy(same) != item.policy_id);
        if shortened || changed {
            let end = now_until.map_or("no end".to_string(), Instant::day);
            return ("changed and verified", format!("it now ends on {end}: {}", id::joined(&same.evidence, " ")));
        }
    }
    // Proof of being still there: a look or an event after the freeze; an older one tells nothing about the removal.
    match same.last_seen.filter(|seen| *seen > frozen_at) {
        Some(seen) => (open(seen), format!("listed on {}: {}", seen, id::joined(&same.evidence, " "))),
        None if now.estate.as_of <= frozen_at => ("cannot tell", "nothing newer than the opening is in the lake: ingest again".into()),
        None => (
            "cannot tell",
            format!("nothing after {frozen_at} shows it or its absence: no complete look at its collection has followed"),
        ),
    }
}

fn policy(h: &Holding) -> String {
    h.policy.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// Whether somebody is an enabled person, for escalations.
#[must_use]
pub fn manager_of(estate: &Estate, id: &str) -> Option<PrincipalId> {
    estate.people.get(&PrincipalId::new(id)).and_then(|p| p.manager.clone())
}
