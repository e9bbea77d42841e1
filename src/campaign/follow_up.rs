//! The items of a campaign in a later state of the lake: what ended, what came back, what is new.

use crate::campaign::log::{Choice, DecidedBy};
use crate::campaign::model::{Item, ItemId};
use crate::campaign::state::State;
use crate::ledger::AccessModel;
use crate::ledger::access_model::listed_in;
use crate::model::id;
use crate::model::time::DAY;
use crate::model::{Certainty, Holding, Instant, PrincipalId};
use std::collections::{BTreeMap, HashMap};

/// Holdings of a later access, by holder and entitlement.
pub struct CurrentAccess<'a> {
    /// The access.
    pub access: &'a AccessModel,
    by_key: HashMap<String, Vec<&'a Holding>>,
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
        Self { access, by_key }
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
        let after = |h: &&&Holding| begun(h).is_some_and(|t| t > frozen_at) && h.held_at(self.access.as_of);
        self.all(item).iter().find(after).copied()
    }

    /// The first complete look that no longer lists a holding: its collection and moment, as `looks.csv` has them.
    fn missing_from(&self, h: &Holding) -> Option<(&'static str, Instant)> {
        let collection = listed_in(h.entitlement.kind)?;
        let gone = h.until_latest?;
        let of_it = |scope: &str| scope == "tenant" || scope == h.entitlement.resource();
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
            return format!("ended by {at}: the complete look at {collection} of {look} no longer lists it: {shown}");
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
    pub shown: String,
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
        "shown",
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
            self.shown.clone(),
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
                shown: same.map_or("no longer in the ledger".to_string(), |h| now.ending(h)),
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
pub fn outcomes(state: &State, now: &CurrentAccess, closed_at: Instant) -> Vec<Outcome> {
    let mut list = Vec::new();
    for (index, item) in state.items.iter().enumerate() {
        let Some((_, entry)) = state.effective_decision(index) else { continue };
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

fn judged(state: &State, now: &CurrentAccess, item: &Item, choice: Choice, until: Option<Instant>, due: Instant) -> (&'static str, String) {
    let frozen_at = state.head.as_of;
    let Some(same) = now.same(item, frozen_at) else {
        return (
            "cannot tell",
            "the ledger no longer knows this holding: was a source left out of the lake?".into(),
        );
    };
    let held = same.held_at(now.access.as_of);
    let sure_end = matches!(same.until_certainty, Certainty::Exact | Certainty::Bounded);
    if !held && sure_end {
        if let Some(again) = now.again(item, frozen_at) {
            let since = begun(again).map_or("an unknown day".to_string(), Instant::day);
            return (
                "came back",
                format!("{}; granted again on {since}: {}", now.ending(same), id::joined(&again.evidence, " ")),
            );
        }
        let word = if choice == Choice::Modify {
            "changed and verified"
        } else {
            "removed and verified"
        };
        return (word, now.ending(same));
    }
    if !held {
        return (
            "cannot tell",
            "its end was scheduled and has passed, and neither an event nor a complete look shows that it is gone".into(),
        );
    }
    let mut not_yet = String::new();
    let open = |seen: Instant| if seen <= due { "open within SLA" } else { "open beyond SLA" };
    if choice == Choice::Modify {
        match changed(item, same, until, now.access.as_of) {
            Ok(how) => return ("changed and verified", format!("{how}: {}", id::joined(&same.evidence, " "))),
            Err(how) => not_yet = format!("; {how}"),
        }
    }
    // Proof of being still there: a look or an event after the freeze; an older one tells nothing about the removal.
    match same.last_seen.filter(|seen| *seen > frozen_at) {
        Some(seen) => (open(seen), format!("listed on {seen}{not_yet}: {}", id::joined(&same.evidence, " "))),
        None if now.access.as_of <= frozen_at => ("cannot tell", "nothing newer than the opening is in the lake: ingest again".into()),
        None => (
            "cannot tell",
            format!("nothing after {frozen_at} shows it or its absence: no complete look at its collection has followed"),
        ),
    }
}

/// How a holding that is still there was changed as asked since the freeze, or how it was not.
fn changed(item: &Item, h: &Holding, until: Option<Instant>, as_of: Instant) -> Result<String, String> {
    let last_day = |end: Instant| end.plus(-1).day();
    let told = |end: Option<Instant>| end.map_or("no end".to_string(), |t| format!("{} as its last day", last_day(t)));
    let moved = h.scheduled_until != item.scheduled_until;
    if let Some(end) = h.scheduled_until.filter(|end| *end <= as_of) {
        return Err(format!("its end was on {}, and it is still held", last_day(end)));
    }
    let Some(asked) = until.map(asked_end) else {
        return if moved {
            Ok(format!("it had {}, and now has {}", told(item.scheduled_until), told(h.scheduled_until)))
        } else if policy(h) != item.policy_id {
            Ok("it is now under another policy".into())
        } else {
            Err("neither its end nor its policy has changed".into())
        };
    };
    // An end that is earlier than was asked counts only when somebody set it since: it may be one that never came about.
    let as_asked = h.scheduled_until.is_some_and(|end| last_day(end) == last_day(asked) || (moved && end < asked));
    let (had, has, wanted) = (told(item.scheduled_until), told(h.scheduled_until), told(Some(asked)));
    if as_asked {
        Ok(format!("it had {had}, and now has {has}"))
    } else {
        Err(format!("it has {has}, and {wanted} was asked for"))
    }
}

fn policy(h: &Holding) -> String {
    h.policy.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// Whether somebody is an enabled person, for escalations.
#[must_use]
pub fn manager_of(access: &AccessModel, id: &str) -> Option<PrincipalId> {
    access.people.get(&PrincipalId::new(id)).and_then(|p| p.manager.clone())
}
