//! `campaign reassign` and `campaign delegate`: items change hands, with a reason and without a conflict.

use super::args::MoveArgs;
use super::{load, mailer, operator, sheets};
use crate::campaign::conflict::{ConflictRule, Judged};
use crate::campaign::follow_up::CurrentAccess;
use crate::campaign::log::{LogEvent, Move};
use crate::campaign::model::Disclosure;
use crate::campaign::reminder_schedule::other_stage;
use crate::campaign::reviewers;
use crate::campaign::{CampaignError, ItemId, Reviewer, ReviewerKey, State};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::Question;
use crate::cli::{open, output};
use crate::model::PrincipalId;
use std::collections::{BTreeMap, BTreeSet};

/// What is disclosed, by item.
type Disclosed = BTreeMap<ItemId, Vec<Disclosure>>;

/// Moves items.
pub fn run(args: &MoveArgs, how: &str) -> Result<Exit, Failure> {
    if args.reason.trim().is_empty() {
        return Err(Failure::usage("--reason is empty; say why, since it is recorded"));
    }
    let (store, mut state) = load(&args.which)?;
    state.must_be_open()?;
    sheets::finish(&store, &state)?;
    let question = open::question(&args.which.lake, &args.question)?;
    let from = ReviewerKey::new(&args.from);
    if !state.reviewers.contains_key(&from) {
        let known: Vec<&str> = state.reviewers.keys().map(ReviewerKey::as_str).collect();
        return Err(Failure::usage(format!(
            "no reviewer is called '{from}'{}",
            crate::config::did_you_mean(from.as_str(), &known)
        )));
    }
    let chosen = chosen(&state, &from, &args.items)?;
    let (to, joined) = target(&state, &question.access, &args.to)?;
    if to == from {
        return Err(Failure::usage(format!("{from} has these items already")));
    }
    let mut disclosed = conflicts(&state, &question, &to, joined.as_ref(), &chosen)?;
    let mut events = Vec::new();
    events.extend(joined.map(|reviewer| LogEvent::Joined { reviewer }));
    for stage in [1u8, 2] {
        let mut items: Vec<ItemId> = chosen
            .iter()
            .filter(|i| state.stage(**i) == stage)
            .map(|i| state.items[*i].id.clone())
            .collect();
        items.sort();
        let of_stage = disclosed.extract_if(.., |item, _| items.contains(item)).collect();
        if !items.is_empty() {
            events.push(LogEvent::Moved(Move {
                how: how.into(),
                from: from.clone(),
                to: to.clone(),
                items,
                stage,
                reason: args.reason.clone(),
                disclosed: of_stage,
            }));
        }
    }
    let now = open::now()?;
    state.apply_all(&events, now)?;
    let issues = state.issues();
    state.apply_all(&issues, now)?;
    events.extend(issues.iter().cloned());
    let by = operator(&args.by);
    let end = store.append(&state.head.id, &state.tail, &events, now, &by)?;
    state.tail = end;
    sheets::write_issued(&store, &state, &issues)?;
    output::say(&format!("{} items from {from} to {to}: {}", chosen.len(), args.reason));
    output::say(&super::status::sentence(&state.totals(&Default::default())));
    let Some(out) = sheets::remembered(&store, &state.head.id) else {
        return Ok(Exit::Done);
    };
    let outcomes = mailer::handed_over((&store, &mut state), &events, now, &out, &by)?;
    Ok(outcomes.exit())
}

/// The items that are named, else all that `from` still owes; each must be with `from`.
fn chosen(state: &State, from: &ReviewerKey, named: &[String]) -> Result<Vec<usize>, CampaignError> {
    if named.is_empty() {
        let open: Vec<usize> = (0..state.items.len()).filter(|i| state.owner(*i) == from && state.owed(*i)).collect();
        return if open.is_empty() {
            Err(CampaignError::Refused(format!("{from} has no open items")))
        } else {
            Ok(open)
        };
    }
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    for id in named {
        match state.position(&ItemId::new(id)) {
            None => wrong.push(format!("{id} is no item of this campaign")),
            Some(index) if state.owner(index) != from => wrong.push(format!("{id} is with {}, not with {from}", state.owner(index))),
            Some(index) => found.push(index),
        }
    }
    found.sort_unstable();
    found.dedup();
    if wrong.is_empty() {
        Ok(found)
    } else {
        Err(CampaignError::Refused(wrong.join("\n  ")))
    }
}

/// A reviewer by folder name, or a person of the lake who joins.
fn target(state: &State, access: &crate::ledger::AccessModel, name: &str) -> Result<(ReviewerKey, Option<Reviewer>), CampaignError> {
    let key = ReviewerKey::new(name);
    if state.reviewers.contains_key(&key) || key.is_unassigned() {
        return Ok((key, None));
    }
    let id = reviewers::find_person(access, name).map_err(CampaignError::Refused)?;
    if let Some(known) = state.reviewers.values().find(|r| r.principal_id == id.as_str()) {
        return Ok((known.key.clone(), None));
    }
    let mut taken: BTreeSet<String> = state.reviewers.keys().map(ToString::to_string).collect();
    taken.insert(ReviewerKey::UNASSIGNED.into());
    let key = ReviewerKey::new(&reviewers::free_key(&taken, access, &id));
    Ok((key.clone(), Some(reviewers::reviewer(access, &id, key))))
}

/// What is disclosed about the new reviewer, by item.
///
/// # Errors
/// Every conflict that refuses, item by item.
fn conflicts(state: &State, question: &Question, to: &ReviewerKey, joined: Option<&Reviewer>, chosen: &[usize]) -> Result<Disclosed, CampaignError> {
    let mut disclosed = Disclosed::new();
    let person = joined.or_else(|| state.reviewers.get(to)).map(|r| r.principal_id.clone()).unwrap_or_default();
    if person.is_empty() {
        return Ok(disclosed);
    }
    let person = PrincipalId::new(&person);
    let access = &question.access;
    let rule = ConflictRule::new(access, &state.plan, &question.config.admin_accounts);
    let current = CurrentAccess::new(access);
    let mut wrong = Vec::new();
    for index in chosen {
        let item = &state.items[*index];
        let holder = PrincipalId::new(&item.principal_id);
        let judged = Judged::item(item, &holder, current.same(item, state.head.as_of));
        let refused = rule.refuses(&person, &judged);
        if let Some(why) = refused.or_else(|| other_stage(state, *index, state.stage(*index), &person, &rule)) {
            wrong.push(format!("{} ({} of {}): {to} {why}", item.id, item.entitlement_name, item.principal_name));
            continue;
        }
        let told = rule.discloses(&person, &judged);
        if !told.is_empty() {
            disclosed.insert(item.id.clone(), told);
        }
    }
    if wrong.is_empty() {
        Ok(disclosed)
    } else {
        Err(CampaignError::Refused(format!(
            "nothing was moved, since {} item(s) in conflict:\n  {}",
            wrong.len(),
            wrong.join("\n  ")
        )))
    }
}
