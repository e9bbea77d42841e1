//! Who owes decisions, and which step of the ladder is due: only debtors are reminded, each step once.

use crate::campaign::conflict::{ConflictRule, Judged};
use crate::campaign::follow_up::CurrentAccess;
use crate::campaign::log::{LogEvent, Move};
use crate::campaign::model::{ItemId, Reviewer, ReviewerKey, Risk};
use crate::campaign::plan::{RemindTo, Step};
use crate::campaign::reviewers;
use crate::campaign::state::State;
use crate::ledger::AccessModel;
use crate::model::account::AdminPattern;
use crate::model::{Instant, PrincipalId};
use std::collections::{BTreeMap, BTreeSet};

/// A reminder that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueReminder {
    /// Who owes.
    pub reviewer: Reviewer,
    /// The step.
    pub step: Step,
    /// Who gets the message: the reviewer, or the reviewer's manager.
    pub to: Reviewer,
    /// Items that are owed.
    pub open: usize,
    /// Of them, the heavy ones.
    pub high: usize,
    /// When decisions are due.
    pub due_at: Instant,
}

/// Reminders that are due now, by reviewer; and debtors to whom nobody can write, with the reason.
#[must_use]
pub fn due(state: &State, access: &AccessModel, lapsed: &BTreeMap<ItemId, String>, now: Instant) -> (Vec<DueReminder>, Vec<(ReviewerKey, String)>) {
    let mut reminders = Vec::new();
    let mut unreachable = Vec::new();
    if state.closing.is_some() || state.cancelled.is_some() {
        return (reminders, unreachable);
    }
    let passed = |s: &&Step| now >= state.days_before_end(s.days_before);
    for (key, owed) in debts(state, lapsed) {
        let Some(reviewer) = state.reviewers.get(&key).filter(|_| !key.is_unassigned()) else {
            unreachable.push((key, "these items have no reviewer: reassign them".to_string()));
            continue;
        };
        // When several steps have passed at once, only the last of each kind is taken.
        let mut last: BTreeMap<RemindTo, &Step> = BTreeMap::new();
        for step in state.plan.reminders.iter().filter(passed) {
            last.insert(step.to, step);
        }
        for step in last.into_values() {
            let name = step.name();
            if state
                .reminders
                .iter()
                .any(|r| r.reviewer == key && r.step == name && r.at >= state.head.opened_at)
            {
                continue;
            }
            let to = match step.to {
                RemindTo::Reviewer => Some(reviewer.clone()),
                RemindTo::Manager | RemindTo::Replace => above(state, access, reviewer),
            };
            match to {
                None => unreachable.push((key.clone(), format!("{name}: the lake knows no manager, and the campaign file no escalate_to"))),
                Some(to) if to.mail.is_empty() => unreachable.push((key.clone(), format!("{name}: no address of {} is known", to.name))),
                Some(to) => reminders.push(DueReminder {
                    reviewer: reviewer.clone(),
                    step: step.clone(),
                    to,
                    open: owed.len(),
                    high: owed.iter().filter(|i| state.items[**i].risk == Risk::High).count(),
                    due_at: state.due_at,
                }),
            }
        }
    }
    (reminders, unreachable)
}

/// Items that are owed, by current owner: undecided or awaiting the second stage, and not lapsed.
#[must_use]
pub fn debts(state: &State, lapsed: &BTreeMap<ItemId, String>) -> BTreeMap<ReviewerKey, Vec<usize>> {
    let mut owed: BTreeMap<ReviewerKey, Vec<usize>> = BTreeMap::new();
    for index in 0..state.items.len() {
        if state.owed(index) && !lapsed.contains_key(&state.items[index].id) {
            owed.entry(state.owner(index).clone()).or_default().push(index);
        }
    }
    owed
}

/// Everybody who stands above a reviewer, nearest first: the chain of managers, and whom the campaign file names for escalations.
///
/// Nobody who cannot act is among them, nor the reviewer.
#[must_use]
pub fn chain_above(state: &State, access: &AccessModel, reviewer: &Reviewer, named_first: bool) -> Vec<PrincipalId> {
    const HEIGHT: usize = 12;
    let mut chain = Vec::new();
    let mut next = (!reviewer.manager_id.is_empty()).then(|| PrincipalId::new(&reviewer.manager_id));
    while let Some(id) = next.filter(|id| chain.len() < HEIGHT && !chain.contains(id)) {
        next = access.people.get(&id).and_then(|p| p.manager.clone());
        chain.push(id);
    }
    let named = (!state.plan.escalate_to.is_empty())
        .then(|| reviewers::find_person(access, &state.plan.escalate_to).ok())
        .flatten();
    if let Some(named) = named.filter(|n| !chain.contains(n)) {
        let place = if named_first { 0 } else { chain.len().min(1) };
        chain.insert(place, named);
    }
    chain.retain(|id| id.as_str() != reviewer.principal_id && reviewers::unable(access, id).is_none());
    chain
}

/// Who is told that a reviewer owes decisions: the nearest who stands above; never somebody who cannot act.
#[must_use]
pub fn above(state: &State, access: &AccessModel, reviewer: &Reviewer) -> Option<Reviewer> {
    let id = chain_above(state, access, reviewer, false).into_iter().next()?;
    Some(row_of(state, access, &id, &BTreeMap::new()))
}

/// The row of a person: as the campaign knows it, as it joins in this step, or a new one.
fn row_of(state: &State, access: &AccessModel, id: &PrincipalId, joined: &BTreeMap<String, Reviewer>) -> Reviewer {
    let known = state.reviewers.values().chain(joined.values()).find(|r| r.principal_id == id.as_str());
    if let Some(known) = known {
        return known.clone();
    }
    let mut taken: BTreeSet<String> = state.reviewers.keys().chain(joined.values().map(|r| &r.key)).map(ToString::to_string).collect();
    taken.insert(ReviewerKey::UNASSIGNED.into());
    let key = ReviewerKey::new(&reviewers::free_key(&taken, access, id));
    reviewers::reviewer(access, id, key)
}

/// What goes up, and what nobody above can take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Raised {
    /// Who joins, and the moves.
    pub events: Vec<LogEvent>,
    /// Items that stay where they are, with the conflicts of everybody above.
    pub stay: Vec<(ItemId, String)>,
}

/// Where items go that somebody did not decide: for each, the nearest person above whom the rule on conflicts lets review it.
#[must_use]
pub fn raise(
    state: &State,
    (access, accounts): (&AccessModel, &AdminPattern),
    lapsed: &BTreeMap<ItemId, String>,
    only: Option<&ReviewerKey>,
    how: &str,
    reason: &str,
) -> Raised {
    let rule = ConflictRule::new(access, &state.plan, accounts);
    let current = CurrentAccess::new(access);
    let mut raised = Raised::default();
    let mut joined: BTreeMap<String, Reviewer> = BTreeMap::new();
    let mut moves: BTreeMap<(ReviewerKey, ReviewerKey, u8), Move> = BTreeMap::new();
    for (key, owed) in debts(state, lapsed) {
        if only.is_some_and(|k| *k != key) {
            continue;
        }
        let nobody = Reviewer {
            key: key.clone(),
            ..Reviewer::default()
        };
        let reviewer = state.reviewers.get(&key).unwrap_or(&nobody);
        let chain = chain_above(state, access, reviewer, how == "escalate");
        for index in owed {
            let item = &state.items[index];
            let stage = state.stage(index);
            let mut passed = Vec::new();
            let holder = PrincipalId::new(&item.principal_id);
            let judged = Judged::item(item, &holder, current.same(item, state.head.as_of));
            let taker = chain.iter().find(|id| {
                let why = rule.refuses(id, &judged).or_else(|| other_stage(state, index, stage, id, &rule));
                passed.extend(why.iter().map(|w| format!("{} {w}", access.principal_name(id))));
                why.is_none()
            });
            let Some(id) = taker else {
                let why = if passed.is_empty() {
                    "nobody is known above".into()
                } else {
                    passed.join("; ")
                };
                raised.stay.push((item.id.clone(), why));
                continue;
            };
            let to = row_of(state, access, id, &joined);
            if !state.reviewers.contains_key(&to.key) {
                joined.insert(to.principal_id.clone(), to.clone());
            }
            let change = moves.entry((key.clone(), to.key.clone(), stage)).or_insert_with(|| Move {
                how: how.into(),
                from: key.clone(),
                to: to.key.clone(),
                items: Vec::new(),
                stage,
                reason: reason.into(),
                disclosed: BTreeMap::new(),
            });
            change.items.push(item.id.clone());
            let disclosed = rule.discloses(id, &judged);
            if !disclosed.is_empty() {
                change.disclosed.insert(item.id.clone(), disclosed);
            }
        }
    }
    raised.events = joined.into_values().map(|reviewer| LogEvent::Joined { reviewer }).collect();
    raised.events.extend(moves.into_values().map(|mut m| {
        m.items.sort();
        LogEvent::Moved(m)
    }));
    raised
}

/// Why somebody may not have an item in a stage: they own or decided it in the other.
#[must_use]
pub fn other_stage(state: &State, index: usize, stage: u8, person: &PrincipalId, rule: &ConflictRule) -> Option<String> {
    let item = &state.items[index];
    item.second.as_ref()?;
    let other = if stage == 2 { 1u8 } else { 2 };
    let decided = state.progress[index].decided[usize::from(other - 1)].as_ref();
    let decider = decided.map(|(_, d)| ReviewerKey::new(&d.decided_by));
    let people = [Some(state.owner_in(index, other).clone()), decider];
    let ids = people.into_iter().flatten().filter_map(|k| state.reviewers.get(&k));
    let same = ids
        .filter(|r| !r.principal_id.is_empty())
        .any(|r| rule.same_person(person, &PrincipalId::new(&r.principal_id)));
    same.then(|| {
        if stage == 2 {
            "decides in the first stage".to_string()
        } else {
            "decides in the second stage".to_string()
        }
    })
}
