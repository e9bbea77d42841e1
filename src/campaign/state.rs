//! A campaign as its log leaves it: who owns what, what binds, and the numbers.

use crate::campaign::authorship;
use crate::campaign::error::CampaignError;
use crate::campaign::log::{Choice, DecidedBy, Decision, DecisionEntry, ImportRecord, KeyLists, LogEvent, Move, Proof};
use crate::campaign::model::{Campaign, CampaignId, Disclosure, Item, ItemId, Reviewer, ReviewerKey};
use crate::campaign::plan::Plan;
use crate::campaign::progress::ItemProgress;
use crate::campaign::store::{Store, Tail, head_sha256};
use crate::campaign::totals::Totals;
use crate::model::Instant;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A reminder that was written or sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// When.
    pub at: Instant,
    /// Who owed.
    pub reviewer: ReviewerKey,
    /// Which step.
    pub step: String,
    /// Address.
    pub to: String,
}

/// What a close left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// When.
    pub at: Instant,
    /// Who ran it; empty before it is stored.
    pub by: String,
    /// Why before the end, though decisions were owed.
    pub early: Option<String>,
    /// The commit of its plan.
    pub commit: String,
    /// Hash of its plan.
    pub plan_sha256: String,
}

/// A sign-off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// When.
    pub at: Instant,
    /// Who.
    pub manager: String,
    /// The commit whose outcomes were acknowledged.
    pub commit: String,
    /// The newest instant that it has seen.
    pub as_of: Option<Instant>,
}

/// A campaign as its log leaves it.
#[derive(Debug)]
pub struct State {
    /// The frozen head.
    pub head: Campaign,
    /// The plan of its configuration.
    pub plan: Plan,
    /// The frozen items, sorted by id.
    pub items: Vec<Item>,
    /// What happened to each, in the same order.
    pub progress: Vec<ItemProgress>,
    /// Reviewers, also those who joined later.
    pub reviewers: BTreeMap<ReviewerKey, Reviewer>,
    /// Sheets that were given out, by hash.
    pub issued: BTreeMap<String, (ReviewerKey, u8)>,
    /// Entries that gave sheets out, so that it is known which a killed command left unwritten.
    pub issued_in: Vec<u64>,
    /// Files that were taken in, with the sequence numbers of their entries.
    pub imports: Vec<(u64, Instant, ImportRecord)>,
    /// Items that changed hands.
    pub moves: Vec<(Instant, Move)>,
    /// Who was reminded.
    pub reminders: Vec<Reminder>,
    /// Who was sent word that there is something to decide.
    pub notified: BTreeSet<ReviewerKey>,
    /// Who was sent word that there is something to decide in the second stage.
    pub second_notified: BTreeSet<ReviewerKey>,
    /// Who was not written to yet about items that came to them or went from them, with the positions of the moves.
    pub untold: BTreeMap<ReviewerKey, Vec<usize>>,
    /// Addresses to which the last letter could not be delivered, with the reason.
    pub undelivered: BTreeMap<String, String>,
    /// The end, as extended.
    pub due_at: Instant,
    /// Extensions: when, to when, and why.
    pub extended: Vec<(Instant, Instant, String)>,
    /// Whether an escalation has made it longer.
    pub escalated: bool,
    /// The close.
    pub closing: Option<Closing>,
    /// When and why it was given up.
    pub cancelled: Option<(Instant, String)>,
    /// The last verification: commit, as of, outcomes.
    pub verified: Option<(String, Instant, BTreeMap<String, usize>)>,
    /// Who signed off.
    pub signed: Vec<Signed>,
    /// Whether no response was applied, and the close that does so has not come yet.
    pub(super) silence_open: bool,
    /// Imports whose file, signature or keys are no longer in the lake: they prove nothing.
    pub unproved: Vec<u64>,
    /// The lists of keys that it began with.
    pub keys: KeyLists,
    /// The end of the log.
    pub tail: Tail,
    /// The sequence number of the last event that was taken, written or not yet.
    applied: u64,
}

/// Whether a campaign, by the first entry of its log, was opened by a program that keeps what comes back.
#[must_use]
pub fn keeps_files(first: Option<&LogEvent>) -> bool {
    matches!(first, Some(LogEvent::Opened { frozen_sha256, .. }) if !frozen_sha256.is_empty())
}

/// The step of the letter that tells somebody that there is something to decide.
pub const OPENING: &str = "opening";
/// The step of the letter that tells somebody that there is something to decide in the second stage.
pub const SECOND_OPENING: &str = "second opening";
/// The step of the letter that tells somebody that items of theirs went to somebody else.
pub const HANDED_OVER: &str = "handed over";
/// The reason of an extension by escalation.
pub const ESCALATION: &str = "silence escalates";

/// Whether what proves an import is in the lake, byte for byte: the file, its signature, the keys of its mail.
fn is_proved(store: &Store, id: &CampaignId, record: &ImportRecord) -> Result<bool, CampaignError> {
    let mut needed = vec![&record.sha256];
    match &record.proof {
        Proof::Sshsig {
            signature_sha256,
            signers_sha256,
            ..
        } => {
            needed.push(signature_sha256);
            // Programs before the one that kept it did not name the list.
            needed.extend(Some(signers_sha256).filter(|list| !list.is_empty()));
        }
        Proof::Email { dkim, keys_sha256, .. } if dkim.starts_with("pass") => needed.push(keys_sha256),
        _ => return Ok(true),
    }
    for sha256 in needed {
        let there = store.kept(id, sha256)?.is_some_and(|bytes| hex::encode(Sha256::digest(&bytes)) == *sha256);
        if !there {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How an item came to its owner, in words.
pub(super) fn handed(change: &Move) -> String {
    let from = if change.from.is_unassigned() {
        "nobody".to_string()
    } else {
        change.from.to_string()
    };
    match change.how.as_str() {
        "delegate" => format!("{from} handed it over: {}", change.reason),
        "escalate" => format!("{from} did not answer, and it is escalated to you"),
        "replace" => format!("{from} did not answer, and you take their place: {}", change.reason),
        _ => format!("it was given to you instead of {from}: {}", change.reason),
    }
}

impl State {
    /// Reads a campaign and checks its population, its chain and its identities.
    ///
    /// # Errors
    /// When a record is missing or was changed from outside, or an identity does not hold.
    pub fn load(store: &Store, id: &CampaignId) -> Result<Self, CampaignError> {
        let head = store.head(id)?;
        let items = store.items(id)?;
        let damaged = |message: String| CampaignError::Damaged {
            campaign: id.to_string(),
            message,
        };
        if items.len() != head.population || crate::campaign::model::population_hash(&items) != head.population_sha256 {
            return Err(damaged("the population is not the one that was frozen".into()));
        }
        let mut state = Self::empty(head, items)?;
        let head_hash = head_sha256(&state.head);
        let mut keeps = false;
        let tail = store.log(id, |mut entry| {
            if let LogEvent::Opened { head_sha256, .. } = &entry.event
                && *head_sha256 != head_hash
            {
                return Err(damaged("campaign.json is not the one with which the log begins".into()));
            }
            keeps |= keeps_files(Some(&entry.event));
            if let LogEvent::Imported(record) = &mut entry.event
                && keeps
                && !is_proved(store, id, record)?
            {
                record.proof = Proof::OperatorAsserted;
                state.unproved.push(entry.sequence);
            }
            state.apply(entry.sequence, entry.at, &entry.by, entry.event)
        })?;
        if tail.entries == 0 {
            return Err(damaged("its log is empty".into()));
        }
        if state.silence_open {
            return Err(damaged("no response was applied without a close: no command writes that".into()));
        }
        state.tail = tail;
        state.check(&BTreeMap::new())?;
        Ok(state)
    }

    /// A campaign that is frozen and not yet stored.
    ///
    /// # Errors
    /// When its configuration is none.
    pub fn fresh(frozen: &crate::campaign::open::Frozen) -> Result<Self, CampaignError> {
        Self::empty(frozen.head.clone(), frozen.items.clone())
    }

    fn empty(head: Campaign, items: Vec<Item>) -> Result<Self, CampaignError> {
        let plan = Plan::frozen(&head.configuration)?;
        let reviewers = head.reviewers.iter().map(|r| (r.key.clone(), r.clone())).collect();
        Ok(Self {
            plan,
            progress: vec![ItemProgress::default(); items.len()],
            items,
            reviewers,
            issued: BTreeMap::new(),
            issued_in: Vec::new(),
            imports: Vec::new(),
            moves: Vec::new(),
            reminders: Vec::new(),
            notified: BTreeSet::new(),
            second_notified: BTreeSet::new(),
            untold: BTreeMap::new(),
            undelivered: BTreeMap::new(),
            due_at: head.due_at,
            extended: Vec::new(),
            escalated: false,
            closing: None,
            cancelled: None,
            verified: None,
            signed: Vec::new(),
            silence_open: false,
            unproved: Vec::new(),
            keys: KeyLists::default(),
            tail: Tail::default(),
            applied: 0,
            head,
        })
    }

    /// Takes new events as if they had been read, so that identities can be checked before anything is written.
    ///
    /// # Errors
    /// When an event names an item that is not in the population.
    pub fn apply_all(&mut self, events: &[LogEvent], at: Instant) -> Result<(), CampaignError> {
        let first = self.applied.max(self.tail.entries) + 1;
        for (sequence, event) in (first..).zip(events) {
            self.apply(sequence, at, "", event.clone())?;
        }
        self.check(&BTreeMap::new())
    }

    /// Takes events that decide and move nothing, such as letters: no identity can change by them.
    ///
    /// # Errors
    /// When an event names an item that is not in the population.
    pub fn note_all(&mut self, events: &[LogEvent], at: Instant) -> Result<(), CampaignError> {
        let first = self.applied.max(self.tail.entries) + 1;
        for (sequence, event) in (first..).zip(events) {
            self.apply(sequence, at, "", event.clone())?;
        }
        Ok(())
    }

    fn apply(&mut self, sequence: u64, at: Instant, by: &str, event: LogEvent) -> Result<(), CampaignError> {
        self.applied = sequence;
        self.allows(sequence, &event).map_err(|message| CampaignError::Damaged {
            campaign: self.head.id.to_string(),
            message,
        })?;
        match event {
            LogEvent::Opened { keys, .. } => self.keys = keys,
            LogEvent::Issued { reviewer, stage, sheet, .. } => {
                self.issued.insert(sheet, (reviewer, stage));
                self.issued_in.push(sequence);
            }
            LogEvent::Joined { reviewer } => {
                self.reviewers.insert(reviewer.key.clone(), reviewer);
            }
            LogEvent::Imported(record) => self.imports.push((sequence, at, record)),
            LogEvent::Decided(entry) => {
                let index = self.position(&entry.item).ok_or_else(|| self.foreign(&entry.item))?;
                let (imports, keys) = (&self.imports, &self.keys);
                let grade = |n: u64| {
                    let import = imports.iter().rev().find(|(sequence, ..)| *sequence == n);
                    import.map_or(0, |(_, _, r)| authorship::rank(r.proof.grade(keys)))
                };
                let better = |new: u64, old: u64| grade(new) >= grade(old);
                self.silence_open = entry.by == DecidedBy::NoResponse && self.head.entra_instance.is_none();
                self.progress[index].decide(at, entry, better);
            }
            LogEvent::Moved(change) => {
                for item in &change.items {
                    let index = self.position(item).ok_or_else(|| self.foreign(item))?;
                    let stage = usize::from(change.stage.clamp(1, 2) - 1);
                    let progress = &mut self.progress[index];
                    progress.owner[stage] = Some(change.to.clone());
                    progress.handed[stage] = Some(handed(&change));
                    progress.disclosed[stage] = change.disclosed.get(item).cloned().unwrap_or_default();
                }
                if change.stage == 2 {
                    // The letter about what was handed over tells of the second stage.
                    self.second_notified.insert(change.to.clone());
                }
                for key in [&change.to, &change.from] {
                    self.untold.entry(key.clone()).or_default().push(self.moves.len());
                }
                self.moves.push((at, change));
            }
            LogEvent::Reminded { reviewer, step, to, .. } => {
                self.undelivered.remove(&to);
                if step == OPENING || step == HANDED_OVER {
                    self.untold.remove(&reviewer);
                }
                if step == OPENING {
                    self.notified.insert(reviewer);
                } else if step == SECOND_OPENING {
                    self.second_notified.insert(reviewer);
                } else if step != HANDED_OVER {
                    self.reminders.push(Reminder { at, reviewer, step, to });
                }
            }
            LogEvent::Undelivered { to, reason, .. } => {
                self.undelivered.insert(to, reason);
            }
            LogEvent::Extended { due_at, reason } => {
                self.due_at = due_at;
                self.escalated |= reason == ESCALATION;
                self.extended.push((at, due_at, reason));
            }
            LogEvent::Closed {
                commit, plan_sha256, early, ..
            } => {
                self.silence_open = false;
                self.closing = Some(Closing {
                    at,
                    by: by.to_string(),
                    early,
                    commit,
                    plan_sha256,
                });
            }
            LogEvent::Cancelled { reason } => self.cancelled = Some((at, reason)),
            LogEvent::Reopened { reason, due_at } => self.reopen(at, due_at, reason),
            LogEvent::Verified { commit, as_of, outcomes, .. } => self.verified = Some((commit, as_of, outcomes)),
            LogEvent::SignedOff { manager, commit, as_of, .. } => self.signed.push(Signed { at, manager, commit, as_of }),
        }
        Ok(())
    }

    /// Back to the time before the close: what nobody had answered is open again.
    fn reopen(&mut self, at: Instant, due_at: Instant, reason: String) {
        self.closing = None;
        self.verified = None;
        self.due_at = due_at;
        self.extended.push((at, due_at, format!("opened again: {reason}")));
        for progress in &mut self.progress {
            for decided in &mut progress.decided {
                if decided.as_ref().is_some_and(|(_, d)| d.by == DecidedBy::NoResponse) {
                    *decided = None;
                }
            }
        }
    }

    /// That nothing can be decided any more.
    ///
    /// # Errors
    /// When the campaign was closed or cancelled, with the way out.
    pub fn must_be_open(&self) -> Result<(), CampaignError> {
        let id = &self.head.id;
        if let Some((at, reason)) = &self.cancelled {
            return Err(CampaignError::Refused(format!("campaign {id} was cancelled on {at}: {reason}")));
        }
        self.closing.as_ref().map_or(Ok(()), |closing| {
            Err(CampaignError::Refused(format!(
                "campaign {id} was closed on {}: decisions are no longer taken; 'vouchsafe campaign reopen {id} --reason ...' opens it again",
                closing.at
            )))
        })
    }

    fn foreign(&self, item: &ItemId) -> CampaignError {
        CampaignError::Damaged {
            campaign: self.head.id.to_string(),
            message: format!("the log names {item}, which is not in the population"),
        }
    }

    /// `open`, `escalated`, `cancelled`, `closed` or `signed off`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.cancelled.is_some() {
            return "cancelled";
        }
        match (self.signed.is_empty(), &self.closing, self.escalated) {
            (false, ..) => "signed off",
            (true, Some(_), _) => "closed",
            (true, None, true) => "escalated",
            (true, None, false) => "open",
        }
    }

    /// Where an item stands in the population.
    #[must_use]
    pub fn position(&self, item: &ItemId) -> Option<usize> {
        self.items.binary_search_by(|i| i.id.cmp(item)).ok()
    }

    /// The stage in which an item is to be decided now: the second when a person has decided in the first and there is one.
    ///
    /// No response in the first stage stays the first reviewer's: the second was never asked.
    #[must_use]
    pub fn stage(&self, index: usize) -> u8 {
        let [first, second] = &self.progress[index].decided;
        let asked = first.as_ref().is_some_and(|(_, d)| d.by == DecidedBy::Person);
        if self.items[index].second.is_some() && (asked || second.is_some()) {
            2
        } else {
            1
        }
    }

    /// Who owns an item in a stage.
    #[must_use]
    pub fn owner_in(&self, index: usize, stage: u8) -> &ReviewerKey {
        let item = &self.items[index];
        let frozen = if stage == 2 {
            item.second.as_ref().unwrap_or(&item.reviewer)
        } else {
            &item.reviewer
        };
        self.progress[index].owner[usize::from(stage.clamp(1, 2) - 1)].as_ref().unwrap_or(frozen)
    }

    /// The one current owner of an item.
    #[must_use]
    pub fn owner(&self, index: usize) -> &ReviewerKey {
        self.owner_in(index, self.stage(index))
    }

    /// How many decisions that bind were taken by persons of whom this is true.
    pub fn decided_by(&self, is: impl Fn(&Reviewer) -> bool) -> usize {
        let by = |d: &DecisionEntry| d.by == DecidedBy::Person && self.reviewers.get(&ReviewerKey::new(&d.decided_by)).is_some_and(&is);
        (0..self.items.len()).filter_map(|i| self.effective_decision(i)).filter(|(_, d)| by(d)).count()
    }

    /// The decision that binds: the newest of the highest stage.
    #[must_use]
    pub fn effective_decision(&self, index: usize) -> Option<&(Instant, DecisionEntry)> {
        let [first, second] = &self.progress[index].decided;
        second.as_ref().or(first.as_ref())
    }

    /// Whether the second stage is still to decide.
    #[must_use]
    pub fn awaits_second(&self, index: usize) -> bool {
        let [first, second] = &self.progress[index].decided;
        self.items[index].second.is_some() && first.as_ref().is_some_and(|(_, d)| d.by == DecidedBy::Person) && second.is_none() && self.closing.is_none()
    }

    /// The moves that somebody was not written to about: a command was killed, or the letter was refused.
    #[must_use]
    pub fn untold_moves(&self) -> Vec<LogEvent> {
        let all: BTreeSet<usize> = self.untold.values().flatten().copied().collect();
        all.into_iter().map(|i| LogEvent::Moved(self.moves[i].1.clone())).collect()
    }

    /// Items for which a second decision was due and none came before the close: the first one stands.
    #[must_use]
    pub fn without_second(&self) -> Vec<usize> {
        let due = |i: &usize| self.items[*i].second.is_some() && self.stage(*i) == 2 && self.progress[*i].decided[1].is_none();
        if self.closing.is_some() {
            (0..self.items.len()).filter(due).collect()
        } else {
            Vec::new()
        }
    }

    /// Whether somebody is still to decide about an item.
    #[must_use]
    pub fn owed(&self, index: usize) -> bool {
        self.effective_decision(index).is_none() || self.awaits_second(index)
    }

    /// Counts by a key of each item, and in all; `lapses` are the items whose access has ended.
    #[must_use]
    pub fn count<'a, K: Ord>(&'a self, lapses: &BTreeMap<ItemId, String>, key: impl Fn(usize) -> K + 'a) -> BTreeMap<K, Totals> {
        let mut groups: BTreeMap<K, Totals> = BTreeMap::new();
        for (index, item) in self.items.iter().enumerate() {
            let binding = self.effective_decision(index).map(|(_, d)| (d.decision.choice, d.by));
            let lapsed = lapses.contains_key(&item.id);
            groups.entry(key(index)).or_default().add(binding, lapsed, self.awaits_second(index));
        }
        groups
    }

    /// The numbers of the whole campaign.
    #[must_use]
    pub fn totals(&self, lapses: &BTreeMap<ItemId, String>) -> Totals {
        self.count(lapses, |_| ()).remove(&()).unwrap_or_default()
    }

    /// To whom an item counts: who decided it, else who owns it.
    #[must_use]
    pub fn credit(&self, index: usize) -> ReviewerKey {
        let person = self.effective_decision(index).filter(|(_, d)| d.by == DecidedBy::Person);
        let decider = person.map(|(_, d)| ReviewerKey::new(&d.decided_by));
        decider.filter(|k| self.reviewers.contains_key(k)).unwrap_or_else(|| self.owner(index).clone())
    }

    /// The numbers by reviewer: decisions count to who took them, open items and second looks to who owes them.
    ///
    /// Reviewers without items are there with zeros.
    #[must_use]
    pub fn by_reviewer(&self, lapses: &BTreeMap<ItemId, String>) -> BTreeMap<ReviewerKey, Totals> {
        let mut all = self.count(lapses, |i| self.credit(i));
        for index in (0..self.items.len()).filter(|i| self.awaits_second(*i)) {
            if let Some(first) = all.get_mut(&self.credit(index)) {
                first.awaiting_second -= 1;
            }
            all.entry(self.owner(index).clone()).or_default().awaiting_second += 1;
        }
        for key in self.reviewers.keys() {
            all.entry(key.clone()).or_default();
        }
        all
    }

    /// The identities: one count, the sum over reviewers, the sum over stages, and the population as it was frozen.
    ///
    /// # Errors
    /// When one does not hold, with its numbers.
    pub fn check(&self, lapses: &BTreeMap<ItemId, String>) -> Result<(), CampaignError> {
        let whole = self.totals(lapses);
        whole.check("campaign")?;
        if whole.population != self.head.population {
            return Err(CampaignError::Identity(format!(
                "population {} = frozen population {}",
                whole.population, self.head.population
            )));
        }
        let stages = self.count(lapses, |i| self.stage(i));
        for (what, groups) in [
            ("reviewers", self.by_reviewer(lapses).into_values().collect::<Vec<_>>()),
            ("stages", stages.into_values().collect()),
        ] {
            let mut sum = Totals::default();
            for part in &groups {
                part.check(what)?;
                sum.join(part);
            }
            if sum != whole {
                return Err(CampaignError::Identity(format!("sum over {what} {sum:?} = campaign {whole:?}")));
            }
        }
        Ok(())
    }

    /// Who judges an item in a stage: who decided it there, else who is to; empty where nobody is.
    fn judge(&self, index: usize, stage: u8) -> &str {
        let decided = self.progress[index].decided[usize::from(stage.clamp(1, 2) - 1)].as_ref();
        let person = decided.filter(|(_, d)| d.by == DecidedBy::Person);
        let decider = person.and_then(|(_, d)| self.reviewers.get(&ReviewerKey::new(&d.decided_by)));
        let judge = decider.or_else(|| self.reviewers.get(self.owner_in(index, stage)));
        judge.map_or("", |r| r.principal_id.as_str())
    }

    /// Items and stages of which holder and reviewer review each other: who decided counts, and else who is to.
    #[must_use]
    pub fn mutual(&self) -> BTreeSet<(usize, u8)> {
        let stages = |index: usize| (1..=if self.items[index].second.is_some() { 2u8 } else { 1 }).map(move |stage| (index, stage));
        let all: Vec<(usize, u8)> = (0..self.items.len()).flat_map(stages).collect();
        let holder = |index: usize| self.items[index].principal_id.as_str();
        let pairs: BTreeSet<(&str, &str)> = all.iter().map(|(i, stage)| (self.judge(*i, *stage), holder(*i))).collect();
        let both = |(i, stage): &(usize, u8)| {
            let judge = self.judge(*i, *stage);
            !judge.is_empty() && judge != holder(*i) && pairs.contains(&(holder(*i), judge))
        };
        all.into_iter().filter(both).collect()
    }

    /// What is disclosed about the owner of an item in a stage; [`State::mutual`] says which items review each other.
    #[must_use]
    pub fn disclosed_in(&self, index: usize, stage: u8, mutual: &BTreeSet<(usize, u8)>) -> Vec<Disclosure> {
        let (item, progress, place) = (&self.items[index], &self.progress[index], usize::from(stage.clamp(1, 2) - 1));
        let frozen = if stage == 2 { &item.second_disclosed } else { &item.disclosed };
        let moved = progress.owner[place].is_some();
        let mut list = if moved { progress.disclosed[place].clone() } else { frozen.clone() };
        if stage == 2 && self.second_reports_to_first(index) {
            list.push(Disclosure::ReportsToFirstReviewer);
        }
        if mutual.contains(&(index, stage)) {
            list.push(Disclosure::MutualReview);
        }
        list
    }

    /// Whether who decides second has who decided first, or is to, for a manager, as of the opening.
    fn second_reports_to_first(&self, index: usize) -> bool {
        let first = self.progress[index].decided[0].as_ref().map(|(_, d)| ReviewerKey::new(&d.decided_by));
        let first = first
            .filter(|k| self.reviewers.contains_key(k))
            .unwrap_or_else(|| self.owner_in(index, 1).clone());
        let id = self.reviewers.get(&first).map(|r| r.principal_id.as_str()).filter(|id| !id.is_empty());
        let second = self.reviewers.get(self.owner_in(index, 2));
        id.is_some() && second.map(|r| r.manager_id.as_str()) == id
    }

    /// How many items have each disclosure about who decided them, or is to decide.
    #[must_use]
    pub fn disclosures(&self) -> BTreeMap<Disclosure, usize> {
        let mutual = self.mutual();
        let mut counts = BTreeMap::new();
        for index in 0..self.items.len() {
            let (key, stage) = self.credited(index);
            for disclosure in self.disclosed_of(index, stage, &key, &mutual) {
                *counts.entry(disclosure).or_default() += 1;
            }
        }
        counts
    }

    /// How each proof of authorship counts among the decisions that bind and that persons took.
    #[must_use]
    pub fn proofs(&self) -> BTreeMap<&'static str, usize> {
        let by_import = authorship::by_import(self);
        let mut counts = BTreeMap::new();
        for index in 0..self.items.len() {
            if let Some((_, entry)) = self.effective_decision(index).filter(|(_, d)| d.by == DecidedBy::Person) {
                let grade = by_import.get(&entry.import).copied().unwrap_or("operator-asserted");
                *counts.entry(grade).or_default() += 1;
            }
        }
        counts
    }

    /// A decision of silence about an item.
    #[must_use]
    pub fn silent(&self, index: usize, choice: Choice, why: &str) -> LogEvent {
        LogEvent::Decided(DecisionEntry {
            item: self.items[index].id.clone(),
            stage: self.stage(index),
            decision: Decision {
                choice,
                justification: why.to_string(),
                until: None,
            },
            by: DecidedBy::NoResponse,
            decided_by: format!("silence: {}", self.plan.no_response),
            decided_at: None,
            applied_at: None,
            import: 0,
        })
    }
}
