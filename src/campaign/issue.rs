//! Work sheets as the log leaves them: who gets which items, what stands on each, and the hash by which it comes back.

use crate::campaign::log::{Choice, LogEvent};
use crate::campaign::model::{Context, Disclosure, Item, ItemId, Reviewer, ReviewerKey};
use crate::campaign::plan::Justify;
use crate::campaign::sheet::{FirstDecision, Sheet, SheetHead, SheetItem, sheet_hash};
use crate::campaign::state::State;
use crate::model::TenantId;
use std::collections::{BTreeMap, BTreeSet};

impl State {
    /// Decisions for which an item needs a justification.
    #[must_use]
    pub fn justify(&self, item: &Item) -> Vec<Choice> {
        let asked = |j: Justify| self.plan.justification.contains(&j);
        let against = item.recommendation == crate::campaign::model::Recommendation::Revoke;
        let keep = asked(Justify::Keep) || (asked(Justify::KeepSensitive) && item.sensitive) || (asked(Justify::KeepAgainst) && against);
        [
            (Choice::Keep, keep),
            (Choice::Revoke, asked(Justify::Revoke)),
            (Choice::Modify, asked(Justify::Modify)),
            // An exception without a reason is none.
            (Choice::Exception, true),
        ]
        .into_iter()
        .filter_map(|(choice, asked)| asked.then_some(choice))
        .collect()
    }

    /// What stands on every sheet about the campaign.
    #[must_use]
    pub fn sheet_head(&self, stage: u8) -> SheetHead {
        let head = &self.head;
        let mut asked: Vec<&'static str> = vec![Justify::Exception.sentence()];
        asked.extend(self.plan.justification.iter().filter(|j| **j != Justify::Exception).map(|j| j.sentence()));
        SheetHead {
            campaign: head.id.clone(),
            name: head.name.clone(),
            tenant: TenantId::to_string(&head.tenant),
            commit: head.commit.clone(),
            as_of: head.as_of,
            opened_at: head.opened_at,
            due_at: self.due_at,
            population: head.population,
            population_sha256: head.population_sha256.clone(),
            silence: self.plan.no_response.sentence_in(stage).into(),
            justification_asked: format!("A reason is required {}.", asked.join(", ")),
            reasons_for: asked,
            zone: self.zone().to_string(),
        }
    }

    /// Positions of the items on somebody's sheet of a stage, by item id.
    ///
    /// A sheet of the first stage lists all items that its owner has in it; one of the second, those that the first stage has decided.
    #[must_use]
    pub fn on_sheet(&self, key: &ReviewerKey, stage: u8) -> Vec<usize> {
        let there = |i: &usize| self.owner_in(*i, stage) == key && (stage == 1 || (self.items[*i].second.is_some() && self.stage(*i) == 2));
        (0..self.items.len()).filter(there).collect()
    }

    /// Positions of the items of every sheet, by reviewer and stage.
    #[must_use]
    pub fn sheets(&self) -> BTreeMap<(ReviewerKey, u8), Vec<usize>> {
        let mut all: BTreeMap<(ReviewerKey, u8), Vec<usize>> = BTreeMap::new();
        for index in 0..self.items.len() {
            all.entry((self.owner_in(index, 1).clone(), 1)).or_default().push(index);
            if self.items[index].second.is_some() && self.stage(index) == 2 {
                all.entry((self.owner_in(index, 2).clone(), 2)).or_default().push(index);
            }
        }
        all
    }

    /// The hash of a sheet with these items.
    #[must_use]
    pub fn hash_of(&self, key: &ReviewerKey, stage: u8, indices: &[usize]) -> String {
        let rows: Vec<Vec<String>> = indices
            .iter()
            .map(|i| self.items[*i].identity().iter().map(ToString::to_string).collect())
            .collect();
        sheet_hash(self.head.id.as_str(), &self.head.population_sha256, key.as_str(), stage, &rows)
    }

    /// Log events for sheets that have not been given out yet in their present form.
    #[must_use]
    pub fn issues(&self) -> Vec<LogEvent> {
        let fresh = |((key, stage), indices): ((ReviewerKey, u8), Vec<usize>)| {
            let sheet = self.hash_of(&key, stage, &indices);
            (!self.issued.contains_key(&sheet)).then_some(LogEvent::Issued {
                reviewer: key,
                stage,
                sheet,
                items: indices.len(),
            })
        };
        self.sheets().into_iter().filter_map(fresh).collect()
    }

    /// Why the owner of a stage reviews an item: how it was handed over, else the rule at opening.
    fn because(&self, index: usize, stage: u8, context: &Context) -> String {
        self.because_of(index, stage, self.owner_in(index, stage), context)
    }

    /// Why somebody reviews or reviewed an item in a stage, also who has it no longer.
    #[must_use]
    pub fn because_of(&self, index: usize, stage: u8, key: &ReviewerKey, context: &Context) -> String {
        let item = &self.items[index];
        let place = usize::from(stage.clamp(1, 2) - 1);
        let (frozen, reason) = match (stage, &item.second) {
            (2, Some(second)) => (second, &context.second_because),
            _ => (&item.reviewer, &context.reviewer_because),
        };
        let handed = || self.progress[index].handed[place].clone();
        match self.move_to(index, stage, key) {
            Some(_) if key == self.owner_in(index, stage) => handed().unwrap_or_default(),
            Some(change) => crate::campaign::state::handed(change),
            None if key == frozen => reason.clone(),
            None => handed().unwrap_or_default(),
        }
    }

    /// The last step that gave an item of a stage to somebody.
    fn move_to(&self, index: usize, stage: u8, key: &ReviewerKey) -> Option<&crate::campaign::log::Move> {
        self.progress[index].owner[usize::from(stage.clamp(1, 2) - 1)].as_ref()?;
        let id = &self.items[index].id;
        let gave = |m: &&crate::campaign::log::Move| m.stage == stage && m.to == *key && m.items.binary_search(id).is_ok();
        self.moves.iter().rev().map(|(_, m)| m).find(gave)
    }

    /// To whom an item counts, and in which stage: who took the decision that binds, else who owes one.
    #[must_use]
    pub fn credited(&self, index: usize) -> (ReviewerKey, u8) {
        let by_person = self.effective_decision(index).filter(|(_, d)| d.by == crate::campaign::DecidedBy::Person);
        let stage = by_person.map_or_else(|| self.stage(index), |(_, d)| d.stage);
        (self.credit(index), stage)
    }

    /// What is disclosed about whom an item counts to.
    #[must_use]
    pub fn disclosed_of(&self, index: usize, stage: u8, key: &ReviewerKey, mutual: &BTreeSet<(usize, u8)>) -> Vec<Disclosure> {
        if key == self.owner_in(index, stage) {
            return self.disclosed_in(index, stage, mutual);
        }
        let item = &self.items[index];
        let mut list = match self.move_to(index, stage, key) {
            Some(change) => change.disclosed.get(&item.id).cloned().unwrap_or_default(),
            None if stage == 2 => item.second_disclosed.clone(),
            None => item.disclosed.clone(),
        };
        if mutual.contains(&(index, stage)) {
            list.push(Disclosure::MutualReview);
        }
        list
    }

    /// What the first stage decided, for the eyes of the second.
    fn first_decision(&self, index: usize, mutual: &BTreeSet<(usize, u8)>) -> Option<FirstDecision> {
        let (at, entry) = self.progress[index].decided[0].as_ref()?;
        let reviewer = self.reviewers.get(&ReviewerKey::new(&entry.decided_by));
        let name = reviewer.map(|r| r.name.clone()).filter(|n| !n.is_empty());
        Some(FirstDecision {
            by: name.unwrap_or_else(|| entry.decided_by.clone()),
            at: entry.decided_at.unwrap_or(*at),
            decision: entry.decision.clone(),
            disclosed: self.disclosed_of(index, 1, &ReviewerKey::new(&entry.decided_by), mutual),
        })
    }

    /// One work sheet: risk first, then holder and entitlement; `contexts` must have its items.
    #[must_use]
    pub fn sheet(&self, key: &ReviewerKey, stage: u8, indices: &[usize], contexts: &BTreeMap<ItemId, Context>) -> Sheet {
        let hash = self.hash_of(key, stage, indices);
        let mutual = self.mutual();
        let mut sorted = indices.to_vec();
        sorted.sort_by(|a, b| {
            let (a, b) = (&self.items[*a], &self.items[*b]);
            let order = |i: &'_ Item| (std::cmp::Reverse(i.risk), i.principal_name.clone(), i.entitlement_name.clone(), i.id.clone());
            order(a).cmp(&order(b))
        });
        let items = sorted
            .iter()
            .enumerate()
            .map(|(place, index)| {
                let item = self.items[*index].clone();
                let mut context = contexts.get(&item.id).cloned().unwrap_or_default();
                context.reviewer_because = self.because(*index, stage, &context);
                SheetItem {
                    context,
                    disclosed: self.disclosed_in(*index, stage, &mutual),
                    first: (stage == 2).then(|| self.first_decision(*index, &mutual)).flatten(),
                    batch: place / self.plan.batch.max(1) + 1,
                    justify: self.justify(&item),
                    decision: self.progress[*index].decided[usize::from(stage.clamp(1, 2) - 1)]
                        .as_ref()
                        .map(|(_, d)| d.decision.clone()),
                    item,
                }
            })
            .collect();
        let reviewer = self.reviewers.get(key).cloned().unwrap_or_else(|| Reviewer {
            key: key.clone(),
            ..Reviewer::default()
        });
        Sheet {
            head: self.sheet_head(stage),
            language: self.plan.language_of(&reviewer),
            reviewer,
            stage,
            hash,
            items,
        }
    }

    /// Items on some sheets, for which contexts are to be read.
    #[must_use]
    pub fn ids_of(&self, indices: &[usize]) -> BTreeSet<ItemId> {
        indices.iter().map(|i| self.items[*i].id.clone()).collect()
    }
}
