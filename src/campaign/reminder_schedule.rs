//! Who owes decisions, and which step of the ladder is due: only debtors are reminded, each step once.

use crate::campaign::log::{LogEvent, Move};
use crate::campaign::model::{Item, ItemId, Reviewer, ReviewerKey, Risk};
use crate::campaign::plan::{RemindTo, Step};
use crate::campaign::reviewers;
use crate::campaign::state::State;
use crate::ledger::AccessModel;
use crate::model::account::AdminPattern;
use crate::model::time::DAY;
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
    if state.closing.is_some() {
        return (reminders, unreachable);
    }
    let passed = |s: &&Step| now >= state.due_at.plus(-s.days_before.saturating_mul(DAY));
    for (key, owed) in debts(state, lapsed) {
        let Some(reviewer) = state.reviewers.get(&key).filter(|_| !key.is_unassigned()) else {
            unreachable.push((key, "nobody reviews these items: reassign them".to_string()));
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

/// Who stands above a reviewer: the manager, else whom the campaign file names; never somebody who cannot act.
#[must_use]
pub fn above(state: &State, access: &AccessModel, reviewer: &Reviewer) -> Option<Reviewer> {
    let manager = (!reviewer.manager_id.is_empty()).then(|| PrincipalId::new(&reviewer.manager_id));
    let named = (!state.plan.escalate_to.is_empty())
        .then(|| reviewers::find_person(access, &state.plan.escalate_to).ok())
        .flatten();
    let able = |id: &PrincipalId| reviewers::unable(access, id).is_none() && id.as_str() != reviewer.principal_id;
    let id = [manager, named].into_iter().flatten().find(able)?;
    if let Some(known) = state.reviewers.values().find(|r| r.principal_id == id.as_str()) {
        return Some(known.clone());
    }
    let mut taken: BTreeSet<String> = state.reviewers.keys().map(ToString::to_string).collect();
    taken.insert(ReviewerKey::UNASSIGNED.into());
    let key = ReviewerKey::new(&reviewers::free_key(&taken, access, &id));
    Some(reviewers::reviewer(access, &id, key))
}

/// Items that go up from each debtor, with the people who join; what nobody can take stays where it is.
///
/// An item whose holder is the person above stays too: nobody decides about their own access.
#[must_use]
pub fn raise(
    state: &State,
    (access, accounts): (&AccessModel, &AdminPattern),
    lapsed: &BTreeMap<ItemId, String>,
    only: Option<&ReviewerKey>,
    how: &str,
    reason: &str,
) -> Vec<LogEvent> {
    let mut joined: BTreeMap<String, Reviewer> = BTreeMap::new();
    let mut moves = Vec::new();
    for (key, owed) in debts(state, lapsed) {
        if only.is_some_and(|k| *k != key) {
            continue;
        }
        let nobody = Reviewer {
            key: key.clone(),
            ..Reviewer::default()
        };
        let reviewer = state.reviewers.get(&key).unwrap_or(&nobody);
        let Some(mut to) = above(state, access, reviewer) else { continue };
        if !state.reviewers.contains_key(&to.key) {
            // Two people who join in one step may want one folder name.
            let same = joined.values().any(|j| j.key == to.key && j.principal_id != to.principal_id);
            if same {
                let id: String = to.principal_id.chars().take(8).collect();
                to.key = ReviewerKey::new(&format!("{}-{id}", to.key));
            }
            to = joined.entry(to.principal_id.clone()).or_insert(to).clone();
        }
        let person = PrincipalId::new(&to.principal_id);
        let own = |item: &Item| reviewers::one_person(access, accounts, &person, &PrincipalId::new(&item.principal_id)).is_some();
        for stage in [1u8, 2] {
            let mut items: Vec<ItemId> = owed
                .iter()
                .filter(|i| state.stage(**i) == stage && !own(&state.items[**i]))
                .filter(|i| stage == 1 || state.owner_in(**i, 1) != &to.key)
                .map(|i| state.items[*i].id.clone())
                .collect();
            items.sort();
            if !items.is_empty() && to.key != key {
                moves.push(LogEvent::Moved(Move {
                    how: how.into(),
                    from: key.clone(),
                    to: to.key.clone(),
                    items,
                    stage,
                    reason: reason.into(),
                }));
            }
        }
    }
    let used: BTreeSet<&ReviewerKey> = moves
        .iter()
        .filter_map(|m| match m {
            LogEvent::Moved(m) => Some(&m.to),
            _ => None,
        })
        .collect();
    let mut events: Vec<LogEvent> = joined
        .into_values()
        .filter(|r| used.contains(&r.key))
        .map(|reviewer| LogEvent::Joined { reviewer })
        .collect();
    events.extend(moves);
    events
}
