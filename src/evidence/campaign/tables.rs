//! The tables of a campaign: head, terms, population, reviewers, decisions, proofs, drift, removals, exceptions, sign-off.

use super::Making;
use super::returned::Kept;
use crate::campaign::follow_up::{CurrentAccess, Drift};
use crate::campaign::log::{Choice, DecidedBy, LogEvent, Proof};
use crate::campaign::model::{Context, Item, ItemId, ReviewerKey};
use crate::campaign::outcome::{Outcome, outcomes};
use crate::campaign::reviewers::one_person;
use crate::campaign::terms::terms;
use crate::campaign::{LogEntry, State, review_quality};
use crate::evidence::sample::{self, Member};
use crate::evidence::table::Table;
use crate::model::{Instant, PrincipalId};
use std::collections::BTreeMap;

/// Tells the tables of a campaign.
pub(super) struct Telling<'a> {
    pub making: &'a Making<'a>,
    pub state: &'a State,
    /// Files that came back, as far as they go into the bundle.
    pub kept: &'a Kept,
}

impl Telling<'_> {
    fn key(&self, key: &ReviewerKey) -> String {
        if key.is_unassigned() {
            key.to_string()
        } else {
            self.making.privacy.alone(key.as_str())
        }
    }

    /// Words that a person wrote.
    fn words(&self, text: &str) -> String {
        self.making.audience.text(&self.making.privacy.text(text)).into_owned()
    }

    fn who(&self, text: &str) -> String {
        self.making.privacy.alone(text)
    }

    /// The name of a file that a reviewer sent, which often is made of their own.
    fn file(&self, name: &str) -> String {
        if self.making.privacy.pseudonyms.is_some() {
            "not shown".into()
        } else {
            name.to_string()
        }
    }

    fn text(&self, text: &str) -> String {
        self.making.privacy.text(text)
    }

    pub fn head(&self) -> Table {
        let (h, state) = (&self.state.head, self.state);
        let (closing, totals) = (state.closing.as_ref(), state.totals(&BTreeMap::new()));
        let mut rows = vec![
            ("id", h.id.to_string()),
            ("name", self.text(&h.name)),
            ("previous", h.previous.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("commit", h.commit.clone()),
            ("commit_sequence", h.commit_sequence.to_string()),
            ("as_of", h.as_of.to_string()),
            ("opened_at", h.opened_at.to_string()),
            ("opened_by", self.who(&h.opened_by)),
            ("due_at_opening", h.due_at.to_string()),
            ("due_at", state.due_at.to_string()),
            ("period", format!("from {} (inclusive) until {} (exclusive)", h.period.from, h.period.until)),
            ("population", h.population.to_string()),
            ("population_sha256", h.population_sha256.clone()),
            ("opened_in_spite_of_warnings_because", self.text(h.forced.as_deref().unwrap_or_default())),
            ("joined", self.making.balance.joined.to_string()),
            ("left", self.making.balance.left.to_string()),
            ("held_now", self.making.balance.held.to_string()),
            ("closed_at", closing.map(|c| c.at.to_string()).unwrap_or_default()),
            ("closed_by", closing.map(|c| self.who(&c.by)).unwrap_or_default()),
            (
                "closed_before_the_end_because",
                closing.and_then(|c| c.early.as_deref()).map(|t| self.text(t)).unwrap_or_default(),
            ),
            ("decided_by_persons", totals.by_persons().to_string()),
            ("decided_by_silence", totals.by_silence.sum().to_string()),
            ("log_entries", state.tail.entries.to_string()),
            ("log_sha256", state.tail.hash.clone()),
        ];
        rows.extend(
            state
                .extended
                .iter()
                .map(|(at, due, why)| ("extended", format!("on {at} until {due}: {}", self.text(why)))),
        );
        rows.extend(h.warnings.iter().map(|w| ("warning", self.text(w))));
        Table::of(&["what", "value"], rows.into_iter().map(|(k, v)| vec![k.to_string(), v]))
    }

    pub fn terms(&self) -> Table {
        let rows = terms(self.state).into_iter().map(|(name, words)| vec![name.to_string(), self.text(&words)]);
        Table::of(&["term", "words"], rows)
    }

    pub fn items(&self, contexts: &BTreeMap<ItemId, Context>) -> Table {
        let mutual = self.state.mutual();
        let row = |(index, item): (usize, &Item)| {
            let binding = self.state.effective_decision(index).map(|(_, entry)| entry);
            let (owner, stage) = self.state.credited(index);
            let reviewer = self.state.reviewers.get(&owner);
            let (access, accounts) = (self.making.access, &self.making.config.admin_accounts);
            let is_holder = |id: &str| one_person(access, accounts, &PrincipalId::new(id), &PrincipalId::new(&item.principal_id)).is_some();
            let own = reviewer.is_some_and(|r| !r.principal_id.is_empty() && is_holder(&r.principal_id));
            let disclosed = self.state.disclosed_of(index, stage, &owner, &mutual);
            let because = contexts.get(&item.id).map(|c| self.text(&self.state.because_of(index, stage, &owner, c)));
            let because = because.unwrap_or_default();
            vec![
                item.id.to_string(),
                self.holder(item, &item.principal_id),
                self.holder(item, &item.principal_name),
                item.principal_type.clone(),
                item.entitlement_kind.as_str().to_string(),
                item.entitlement_id.clone(),
                self.text(&item.entitlement_name),
                item.assignment_id.clone(),
                yes(item.sensitive),
                item.risk.as_str().to_string(),
                item.recommendation.as_str().to_string(),
                self.key(&owner),
                because,
                yes(own),
                disclosed.iter().map(|d| d.as_str()).collect::<Vec<_>>().join(";"),
                binding.map_or("undecided", |b| b.decision.choice.as_str()).to_string(),
                binding.map_or("", |b| b.by.as_str()).to_string(),
                binding.map(|b| self.who(&b.decided_by)).unwrap_or_default(),
                time(binding.and_then(|b| b.decided_at)),
                binding.map(|b| b.stage.to_string()).unwrap_or_default(),
                binding.map(|b| b.import.to_string()).unwrap_or_default(),
                binding.map(|b| self.words(&b.decision.justification)).unwrap_or_default(),
                time(binding.and_then(|b| b.decision.until)),
            ]
        };
        let header = [
            "item_id",
            "principal_id",
            "principal_name",
            "principal_type",
            "entitlement_kind",
            "entitlement_id",
            "entitlement_name",
            "assignment_id",
            "sensitive",
            "risk",
            "recommendation",
            "reviewer",
            "reviewer_because",
            "reviewer_is_holder",
            "disclosed",
            "decision",
            "by",
            "decided_by",
            "decided_at",
            "stage",
            "import",
            "justification",
            "until",
        ];
        Table::of(&header, self.state.items.iter().enumerate().map(row))
    }

    fn holder(&self, item: &Item, text: &str) -> String {
        if matches!(item.principal_type.as_str(), "group" | "service_principal") {
            text.to_string()
        } else {
            self.who(text)
        }
    }

    pub fn reviewers(&self) -> Table {
        let totals = self.state.by_reviewer(&BTreeMap::new());
        let review_quality: BTreeMap<ReviewerKey, review_quality::ReviewQuality> = review_quality::review_quality(self.state)
            .into_iter()
            .map(|m| (m.reviewer.clone(), m))
            .collect();
        let row = |(key, t): (&ReviewerKey, &crate::campaign::Totals)| {
            let reviewer = self.state.reviewers.get(key);
            let manner = review_quality.get(key);
            vec![
                self.key(key),
                reviewer.map(|r| self.who(&r.principal_id)).unwrap_or_default(),
                reviewer.map(|r| self.who(&r.name)).unwrap_or_default(),
                t.population.to_string(),
                t.all.keep.to_string(),
                t.all.revoke.to_string(),
                t.all.modify.to_string(),
                t.all.exception.to_string(),
                t.undecided.to_string(),
                t.by_silence.sum().to_string(),
                manner.map_or("", |m| m.verdict).to_string(),
                manner.map(|m| self.text(&m.because)).unwrap_or_default(),
            ]
        };
        let header = [
            "reviewer",
            "principal_id",
            "name",
            "items",
            "keep",
            "revoke",
            "modify",
            "exception",
            "undecided",
            "by_silence",
            "quality",
            "quality_reason",
        ];
        Table::of(&header, totals.iter().map(row))
    }

    pub fn decisions(&self, entries: &[(LogEntry, String)]) -> Table {
        let row = |(entry, _): &(LogEntry, String)| {
            let LogEvent::Decided(d) = &entry.event else { return None };
            Some(vec![
                entry.sequence.to_string(),
                entry.at.to_string(),
                d.item.to_string(),
                d.stage.to_string(),
                d.decision.choice.as_str().to_string(),
                d.by.as_str().to_string(),
                self.who(&d.decided_by),
                time(d.decided_at),
                self.words(&d.decision.justification),
                time(d.decision.until),
                d.import.to_string(),
            ])
        };
        let header = [
            "sequence",
            "at",
            "item_id",
            "stage",
            "decision",
            "by",
            "decided_by",
            "decided_at",
            "justification",
            "until",
            "import",
        ];
        Table::of(&header, entries.iter().filter_map(row))
    }

    pub fn proofs(&self, entries: &[(LogEntry, String)]) -> Table {
        let row = |(entry, _): &(LogEntry, String)| {
            let LogEvent::Imported(i) = &entry.event else { return None };
            Some(vec![
                entry.sequence.to_string(),
                entry.at.to_string(),
                self.file(&i.file),
                i.sha256.clone(),
                self.key(&i.reviewer),
                i.sheet.clone(),
                self.who(&i.imported_by),
                i.decided.to_string(),
                i.proof.grade(&self.state.keys).to_string(),
                self.proof(&i.proof),
                self.named(&i.proof, entry).0,
                self.named(&i.proof, entry).1,
                self.kept.names(entry.sequence),
            ])
        };
        let header = [
            "import",
            "at",
            "file",
            "sha256",
            "reviewer",
            "sheet",
            "imported_by",
            "decided",
            "proof",
            "proof_detail",
            "key_named_at",
            "key_named_by",
            "in_bundle",
        ];
        Table::of(&header, entries.iter().filter_map(row))
    }

    /// When and by whom the key of a proof was named: at the opening, or when what it signed came back; empty without a key.
    fn named(&self, proof: &Proof, entry: &LogEntry) -> (String, String) {
        match proof.grade(&self.state.keys) {
            "sshsig" | "email" => (self.state.head.opened_at.to_string(), self.who(&self.state.head.opened_by)),
            "sshsig-later-key" | "email-later-key" => (entry.at.to_string(), self.who(&entry.by)),
            _ => (String::new(), String::new()),
        }
    }

    fn proof(&self, proof: &Proof) -> String {
        match proof {
            Proof::Sshsig {
                principal,
                key_fingerprint,
                namespace,
                signature_sha256,
                ..
            } => format!(
                "signed by {} with the key {key_fingerprint}, namespace {namespace}, signature SHA-256 {signature_sha256}",
                self.text(principal)
            ),
            Proof::Email {
                sha256,
                message_id,
                from,
                dkim,
                ..
            } => format!(
                "mail of {}, SHA-256 {sha256}, Message-ID {}, DKIM {}",
                self.text(from),
                self.text(message_id),
                self.text(dkim)
            ),
            Proof::Entra { instance, commit } => format!("review instance {instance} in the lake at commit {commit}"),
            Proof::OperatorAsserted => "only the word of whoever imported it".into(),
        }
    }

    pub fn drift(&self) -> Table {
        let access = self.making.access;
        let row = |d: &Drift| {
            let is_thing = access.groups.contains_key(&d.principal_id) || access.apps.contains_key(&d.principal_id);
            let who = |text: &str| if is_thing { text.to_string() } else { self.who(text) };
            let covered = Drift {
                principal_id: who(&d.principal_id),
                principal_name: who(&d.principal_name),
                entitlement_name: self.text(&d.entitlement_name),
                evidence: self.text(&d.evidence),
                ..d.clone()
            };
            covered.cells().to_vec()
        };
        Table::of(&Drift::COLUMNS, self.making.balance.drift.iter().map(row))
    }

    pub fn removals(&self) -> Table {
        let header = ["item_id", "decision", "by", "outcome", "removed_at", "days", "due", "snapshot", "evidence"];
        let list = self.outcomes();
        let rows = list.iter().filter(|o| o.choice != Choice::Exception).map(|o| {
            vec![
                o.item.to_string(),
                o.choice.as_str().to_string(),
                o.by.as_str().to_string(),
                o.word.to_string(),
                time(o.removed_at),
                o.days.map(|d| d.to_string()).unwrap_or_default(),
                o.due.to_string(),
                o.snapshot.clone(),
                self.text(&o.evidence),
            ]
        });
        Table::of(&header, rows)
    }

    /// What became of decisions; nothing before the close.
    fn outcomes(&self) -> Vec<Outcome> {
        let now = CurrentAccess::new(self.making.access);
        self.state
            .closing
            .as_ref()
            .map_or_else(Vec::new, |closing| outcomes(self.state, &now, self.making.config, closing.at))
    }

    pub fn exceptions(&self) -> Table {
        let list = self.outcomes();
        let row = |(index, item): (usize, &Item)| {
            let (_, entry) = self.state.effective_decision(index).filter(|(_, e)| e.decision.choice == Choice::Exception)?;
            let outcome = list.iter().find(|o| o.item == item.id);
            Some(vec![
                item.id.to_string(),
                self.who(&entry.decided_by),
                time(entry.decided_at),
                time(entry.decision.until),
                self.words(&entry.decision.justification),
                outcome.map(|o| o.word.to_string()).unwrap_or_default(),
                outcome.map(|o| self.text(&o.evidence)).unwrap_or_default(),
            ])
        };
        let rows = self.state.items.iter().enumerate().filter_map(row);
        Table::of(&["item_id", "decided_by", "decided_at", "until", "justification", "outcome", "evidence"], rows)
    }

    pub fn spot_check(&self) -> Table {
        let kept: Vec<Member> = self
            .state
            .items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| {
                let (_, entry) = self.state.effective_decision(index).filter(|(_, e)| e.decision.choice == Choice::Keep)?;
                let reviewer = self.key(&self.state.credit(index));
                // What was kept without a response is no work of a reviewer, and is drawn apart.
                let stratum = match entry.by {
                    DecidedBy::NoResponse => format!("{reviewer}, no response"),
                    _ => reviewer,
                };
                Some(Member {
                    back: 0,
                    stratum,
                    id: item.id.to_string(),
                })
            })
            .collect();
        let (_, drawn) = sample::draw(&kept, kept.len().div_ceil(10), self.making.seed);
        crate::evidence::compose::drawn_table(&drawn)
    }

    pub fn sign_off(&self, entries: &[(LogEntry, String)]) -> Table {
        let row = |(entry, _): &(LogEntry, String)| {
            let LogEvent::SignedOff {
                manager,
                statement,
                open_items,
                commit,
                as_of,
                proof,
                document_sha256,
            } = &entry.event
            else {
                return None;
            };
            Some(vec![
                entry.at.to_string(),
                self.who(manager),
                if self.making.privacy.pseudonyms.is_some() {
                    self.words(statement)
                } else {
                    statement.clone()
                },
                open_items.to_string(),
                self.state.decided_by(|r| r.name == *manager).to_string(),
                commit.clone(),
                time(*as_of),
                proof.grade(&self.state.keys).to_string(),
                self.proof(proof),
                self.named(proof, entry).0,
                self.named(proof, entry).1,
                document_sha256.clone(),
                self.kept.names(entry.sequence),
            ])
        };
        let header = [
            "at",
            "manager",
            "statement",
            "open_items",
            "items_that_the_manager_decided",
            "commit",
            "as_of",
            "proof",
            "proof_detail",
            "key_named_at",
            "key_named_by",
            "document_sha256",
            "in_bundle",
        ];
        Table::of(&header, entries.iter().filter_map(row))
    }

    pub fn log(&self, entries: &[(LogEntry, String)]) -> Table {
        let row = |(entry, hash): &(LogEntry, String)| {
            let event = serde_json::to_value(&entry.event).unwrap_or_default();
            let event = event.get("event").and_then(|e| e.as_str()).unwrap_or_default().to_string();
            vec![
                entry.sequence.to_string(),
                entry.at.to_string(),
                self.who(&entry.by),
                event,
                entry.previous.clone(),
                hash.clone(),
            ]
        };
        Table::of(&["sequence", "at", "by", "event", "previous_sha256", "sha256"], entries.iter().map(row))
    }
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.into()
}

fn time(at: Option<Instant>) -> String {
    at.map(|t| t.to_string()).unwrap_or_default()
}
