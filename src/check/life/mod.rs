//! The life of a finding: new, open, resolved and why, opened again; by fingerprint, from one run of all checks to the next.
//!
//! A run is what all checks say at a commit; [`Lives::advance`] says what changed since the run before, and [`log`] keeps it.
//! That a finding is no longer told resolves it only where something proves that its cause is gone: what can no longer be
//! judged is open still.

mod fate;
pub mod log;
#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;

use crate::check::profiles::in_force;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Check, CheckResult, thresholds};
use crate::config::Config;
use crate::ledger::AccessModel;
use crate::model::access::words;
use crate::model::time::DAY;
use crate::model::{Finding, Instant, Severity, Verdict};
use fate::{Ends, Fate};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

words! {
    /// What became of a finding.
    State {
        /// Told for the first time.
        New => "new",
        /// Open as before, and something about it changed: its severity, or it can be judged again.
        Open => "open",
        /// Its cause is gone, or somebody accepted it.
        Resolved => "resolved",
        /// Told again after it was resolved.
        Reopened => "reopened",
        /// Open, and no longer to be judged: it is not resolved.
        NotEvaluable => "not-evaluable",
    }
}

words! {
    /// Why.
    Why {
        /// It was not there before.
        Appeared => "appeared",
        /// The access, or what it was about, is gone.
        Removed => "removed",
        /// The access ended as it was set to.
        Expired => "expired",
        /// Somebody accepted it, until a day.
        Excepted => "excepted",
        /// What it is about is still there, and right now.
        Remedied => "remedied",
        /// It tells of a time before the one that is judged.
        OutOfPeriod => "out-of-period",
        /// The settings or the program changed since the run before.
        Settings => "settings",
        /// It weighs more or less.
        Severity => "severity",
        /// It is about others than before, or about more or fewer of them.
        Covers => "covers",
        /// It can be judged again, and is still there.
        JudgedAgain => "judged-again",
        /// The check says that it cannot judge it.
        NotJudged => "not-judged",
        /// Evidence that the check reads is missing that was there before.
        EvidenceGone => "evidence-gone",
        /// The check tells of the same request or assignment as another finding: who or what it is about is told otherwise now.
        ToldOtherwise => "told-otherwise",
        /// Nothing in the evidence tells any more of what it was about.
        Unwitnessed => "unwitnessed",
        /// The check is no longer asked.
        NotAsked => "not-asked",
    }
}

/// What all checks were asked of: the first line of a run's file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHead {
    /// Version of this record, 1.
    pub format: u32,
    /// Number of the run, from 1.
    pub run: u64,
    /// The commit, all 64 digits.
    pub commit: String,
    /// Its sequence number in the lake.
    pub sequence: u64,
    /// The instant of the questions.
    pub as_of: String,
    /// Hash of the settings and of the program's version.
    pub settings: String,
    /// Checks that were asked.
    pub asked: BTreeSet<String>,
    /// What the tenant lacks, by check: `check source reason`.
    pub lacks: BTreeSet<String>,
    /// How many gaps there are in each table.
    pub gaps: BTreeMap<String, usize>,
    /// SHA-256 of the file of the run before; empty for the first.
    pub previous: String,
}

/// One thing that became of one finding in one run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change {
    /// The change, so that whoever is told twice knows: made of run, commit, finding and state.
    pub id: String,
    /// What became of it.
    pub state: State,
    /// Why.
    pub why: Why,
    /// The check.
    pub check: String,
    /// Its weight.
    pub severity: Severity,
    /// Kind of what it is about.
    pub subject_kind: String,
    /// Its id.
    pub subject_id: String,
    /// Its name.
    pub subject_name: String,
    /// Kind of what the subject holds or does.
    pub object_kind: String,
    /// Its id.
    pub object_id: String,
    /// Its name.
    pub object_name: String,
    /// The assignment concerned.
    pub assignment_id: String,
    /// The request concerned.
    pub request_id: String,
    /// Beginning of what it tells of; empty when unknown.
    pub from: String,
    /// End of what it tells of; empty when open.
    pub until: String,
    /// The variant, as findings have it.
    pub reason: String,
    /// One sentence: of the finding, as it was last told.
    pub message: String,
    /// The finding.
    pub fingerprint: String,
    /// Of a finding about several: each of them, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<String>,
    /// As of when it was first told.
    pub first_seen: String,
    /// The commit at which it was first told.
    pub first_commit: String,
    /// As of when it was last told.
    pub last_seen: String,
    /// The commit at which it was last told.
    pub last_commit: String,
    /// As of when it changed.
    pub as_of: String,
    /// The commit at which it changed.
    pub commit: String,
    /// The run in which it changed.
    pub run: u64,
}

/// A finding with what became of it so far.
#[derive(Debug, Clone)]
struct Life {
    last: Change,
    /// The last run in which it was told or accepted.
    seen_in: u64,
}

impl Life {
    fn is_resolved(&self) -> bool {
        self.last.state == State::Resolved
    }

    /// Whether what it covers is on record: of what an earlier version told, it is not.
    fn knows_covers(&self) -> bool {
        !self.last.covers.is_empty()
    }

    fn is_unjudged(&self) -> bool {
        self.last.state == State::NotEvaluable
    }
}

/// All findings that were ever told, as the last run left them.
#[derive(Debug, Clone, Default)]
pub struct Lives {
    heads: BTreeMap<u64, RunHead>,
    lives: BTreeMap<String, Life>,
}

/// What all checks, or some, say now.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// Id of the commit.
    pub commit: &'a str,
    /// Its sequence number.
    pub sequence: u64,
    /// What was asked.
    pub access: &'a AccessModel,
    /// With which settings.
    pub config: &'a Config,
    /// What was found.
    pub results: &'a [CheckResult],
}

impl Lives {
    /// The head of the last run.
    #[must_use]
    pub fn last(&self) -> Option<&RunHead> {
        self.heads.values().next_back()
    }

    /// Takes a run that was read or made.
    pub fn take(&mut self, head: RunHead, changes: &[Change]) {
        let run = head.run;
        let asked = head.asked.clone();
        self.heads.insert(run, head);
        for change in changes {
            let seen_in = match change.state {
                State::NotEvaluable => self.lives.get(&change.fingerprint).map_or(0, |l| l.seen_in),
                _ => run,
            };
            let life = Life { last: change.clone(), seen_in };
            self.lives.insert(change.fingerprint.clone(), life);
        }
        let open = |l: &&mut Life| !l.is_resolved() && !l.is_unjudged() && asked.contains(&l.last.check);
        self.lives.values_mut().filter(open).for_each(|l| l.seen_in = run);
    }

    /// The head of a run after the last one.
    #[must_use]
    pub fn head(&self, now: &Now) -> RunHead {
        let lack = |f: &&Finding| f.result == Verdict::NotEvaluable && f.subject_kind == "tenant";
        let rows = now.results.iter().flat_map(|r| &r.findings);
        RunHead {
            format: 1,
            run: self.last().map_or(0, |h| h.run) + 1,
            commit: now.commit.to_string(),
            sequence: now.sequence,
            as_of: now.access.as_of.to_string(),
            settings: settings(now.config),
            asked: now.results.iter().map(|r| r.check.id.to_string()).collect(),
            lacks: rows.filter(lack).map(lack_of).collect(),
            gaps: now.access.collection_gaps.iter().map(|(table, gaps)| (table.clone(), gaps.len())).collect(),
            previous: String::new(),
        }
    }

    /// What changed since the last run, sorted by check and finding; `whole` when all checks were asked.
    #[must_use]
    pub fn advance(&self, now: &Now, whole: bool) -> (RunHead, Vec<Change>) {
        let head = self.head(now);
        let mut told: BTreeSet<&str> = BTreeSet::new();
        let mut changes = Vec::new();
        for row in now.results.iter().flat_map(|r| &r.findings) {
            told.insert(&row.fingerprint);
            let life = self.lives.get(&row.fingerprint);
            if let Some((state, why)) = became(life, row) {
                changes.push(self.changed(&head, life, Some(row), state, why));
            }
        }
        let by_check: BTreeMap<&str, &CheckResult> = now.results.iter().map(|r| (r.check.id.as_str(), r)).collect();
        let gone = |l: &&Life| !l.is_resolved() && !told.contains(l.last.fingerprint.as_str());
        let gone: Vec<&Life> = self.lives.values().filter(gone).collect();
        let ends = Ends::of(now.access, gone.iter().map(|l| &l.last));
        for life in gone {
            let (state, why) = match by_check.get(life.last.check.as_str()) {
                None if whole => (State::NotEvaluable, Why::NotAsked),
                None => continue,
                Some(result) => self.untold(&head, now, life, result, &ends),
            };
            if state != State::NotEvaluable || !life.is_unjudged() {
                changes.push(self.changed(&head, Some(life), None, state, why));
            }
        }
        changes.sort_by(|a, b| (&a.check, &a.fingerprint).cmp(&(&b.check, &b.fingerprint)));
        (head, changes)
    }

    /// What became of a finding that is no longer told.
    fn untold(&self, head: &RunHead, now: &Now, life: &Life, result: &CheckResult, ends: &Ends) -> (State, Why) {
        let fate = ends.fate(now.access, now.config, &life.last);
        let seen = self.heads.get(&life.seen_in);
        // An end that came after the finding was told clears it, whatever else can be judged.
        if let Fate::Gone { at, why } = fate
            && at.is_none_or(|t| seen.and_then(|s| Instant::parse(&s.as_of)).is_none_or(|told| t > told))
        {
            return (State::Resolved, why);
        }
        if let Some(why) = lost(head, seen, result, &life.last) {
            return (State::NotEvaluable, why);
        }
        match fate {
            _ if too_old(result.check, now, &life.last) => (State::Resolved, Why::OutOfPeriod),
            Fate::Gone { why, .. } => (State::Resolved, why),
            Fate::Unknown => (State::NotEvaluable, Why::Unwitnessed),
            _ if seen.is_none_or(|s| s.settings != head.settings) => (State::Resolved, Why::Settings),
            _ => (State::Resolved, Why::Remedied),
        }
    }

    fn changed(&self, head: &RunHead, life: Option<&Life>, row: Option<&Finding>, state: State, why: Why) -> Change {
        let mut change = match (row, life) {
            (Some(row), _) => of_row(row),
            (None, Some(life)) => life.last.clone(),
            (None, None) => of_row(&Finding::blank(crate::model::CheckId::new(""))),
        };
        if let (Some(life), true) = (life, state == State::NotEvaluable) {
            // What the check says of it now is why it cannot be judged; what is open is what was told.
            change = life.last.clone();
        }
        let seen = life.and_then(|l| self.heads.get(&l.seen_in));
        let (as_of, commit) = match row.filter(|r| r.result == Verdict::Finding || r.result == Verdict::Exception) {
            Some(_) => (&head.as_of, &head.commit),
            None => seen.map_or((&head.as_of, &head.commit), |s| (&s.as_of, &s.commit)),
        };
        (change.last_seen, change.last_commit) = (as_of.clone(), commit.clone());
        let (first, first_commit) = life.map_or((&head.as_of, &head.commit), |l| (&l.last.first_seen, &l.last.first_commit));
        (change.first_seen, change.first_commit) = (first.clone(), first_commit.clone());
        (change.state, change.why) = (state, why);
        (change.as_of, change.commit, change.run) = (head.as_of.clone(), head.commit.clone(), head.run);
        change.id = id_of(&change);
        change
    }
}

/// What became of a finding of which a check says something; `None` when nothing did.
fn became(life: Option<&Life>, row: &Finding) -> Option<(State, Why)> {
    match (row.result, life) {
        (Verdict::Finding, None) => Some((State::New, Why::Appeared)),
        (Verdict::Finding, Some(l)) if l.is_resolved() => Some((State::Reopened, l.last.why)),
        (Verdict::Finding, Some(l)) if l.is_unjudged() => Some((State::Open, Why::JudgedAgain)),
        (Verdict::Finding, Some(l)) if l.last.severity != row.severity => Some((State::Open, Why::Severity)),
        (Verdict::Finding, Some(l)) if l.last.covers != row.covers && l.knows_covers() => Some((State::Open, Why::Covers)),
        (Verdict::Exception, Some(l)) if l.is_resolved() && l.last.why == Why::Excepted && (l.last.covers == row.covers || !l.knows_covers()) => None,
        (Verdict::Exception, _) => Some((State::Resolved, Why::Excepted)),
        (Verdict::NotEvaluable, Some(l)) if !l.is_resolved() && !l.is_unjudged() => Some((State::NotEvaluable, Why::NotJudged)),
        _ => None,
    }
}

/// Whether evidence that a check reads is missing since a finding was last told.
fn lost(head: &RunHead, seen: Option<&RunHead>, result: &CheckResult, life: &Change) -> Option<Why> {
    let mut rows = result.findings.iter().filter(|f| f.result == Verdict::NotEvaluable);
    if rows.any(|f| may_tell_of(f, life)) {
        return Some(Why::NotJudged);
    }
    let same = |id: &str, other: &str| !id.is_empty() && id == other;
    let otherwise = |f: &Finding| same(&f.request_id, &life.request_id) || same(&f.assignment_id, &life.assignment_id) && f.object_id == life.object_id;
    if result.findings.iter().filter(|f| f.result == Verdict::Finding).any(otherwise) {
        return Some(Why::ToldOtherwise);
    }
    let of_check = format!("{} ", life.check);
    let new = |lack: &&String| lack.starts_with(&of_check) && seen.is_none_or(|s| !s.lacks.contains(*lack));
    if head.lacks.iter().any(|lack| new(&lack)) {
        return Some(Why::EvidenceGone);
    }
    let more = |table: &str| head.gaps.get(table).copied() > seen.and_then(|s| s.gaps.get(table)).copied();
    let read = result.check.reads.iter().any(|t| more(t.name()));
    (read || more("unknown")).then_some(Why::EvidenceGone)
}

/// Whether what a check cannot judge may be what a finding is about: the same access, or a group of which it is one.
fn may_tell_of(row: &Finding, life: &Change) -> bool {
    let named = |table: &str, id: &str| !id.is_empty() && row.evidence.iter().any(|e| e.strip_prefix(table).is_some_and(|e| e == id));
    if named("requests:", &life.request_id) || named("assignments:", &life.assignment_id) {
        return true;
    }
    let about = |id: &String| !id.is_empty() && (*id == life.subject_id || *id == life.object_id);
    match row.subject_kind.as_str() {
        "tenant" => false,
        "principal" => row.subject_id == life.subject_id && (row.object_id.is_empty() || about(&row.object_id)),
        _ => about(&row.subject_id) || about(&row.object_id),
    }
}

/// Whether a finding tells of a time before the one that its check judges.
fn too_old(check: &Check, now: &Now, life: &Change) -> bool {
    let told = Instant::parse(&life.from).or_else(|| Instant::parse(&life.until));
    let since = now.access.as_of.plus(1 - in_force(&LOOK_BACK, now.config).value.saturating_mul(DAY));
    check.thresholds.iter().any(|t| t.name == LOOK_BACK.name) && told.is_some_and(|t| t < since)
}

fn lack_of(row: &Finding) -> String {
    format!("{} {} {}", row.check, row.object_id, row.reason)
}

fn of_row(row: &Finding) -> Change {
    let time = |t: Option<Instant>| t.map_or_else(String::new, |t| t.to_string());
    Change {
        id: String::new(),
        state: State::New,
        why: Why::Appeared,
        check: row.check.to_string(),
        severity: row.severity,
        subject_kind: row.subject_kind.clone(),
        subject_id: row.subject_id.clone(),
        subject_name: row.subject_name.clone(),
        object_kind: row.object_kind.clone(),
        object_id: row.object_id.clone(),
        object_name: row.object_name.clone(),
        assignment_id: row.assignment_id.clone(),
        request_id: row.request_id.clone(),
        from: time(row.from),
        until: time(row.until),
        reason: row.reason.clone(),
        message: row.message.clone(),
        fingerprint: row.fingerprint.clone(),
        covers: row.covers.clone(),
        first_seen: String::new(),
        first_commit: String::new(),
        last_seen: String::new(),
        last_commit: String::new(),
        as_of: String::new(),
        commit: String::new(),
        run: 0,
    }
}

fn id_of(change: &Change) -> String {
    let mut hash = Sha256::new();
    for part in [
        &change.run.to_string(),
        &change.commit,
        &change.as_of,
        &change.fingerprint,
        change.state.as_str(),
    ] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut text = hex::encode(hash.finalize());
    text.truncate(32);
    text
}

/// Hash of everything that the user set, apart from the register, and of the program's version.
#[must_use]
pub fn settings(config: &Config) -> String {
    let mut text = format!("{}\n{}\n", env!("CARGO_PKG_VERSION"), config.profile);
    for threshold in thresholds() {
        text.push_str(&format!("{}={}\n", threshold.name, in_force(threshold, config).value));
    }
    text.push_str(&config.rules());
    let mut hash = hex::encode(Sha256::digest(text.as_bytes()));
    hash.truncate(32);
    hash
}
