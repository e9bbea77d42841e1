//! Returned files become decisions: good rows are taken, every other one is told once with its row and cells.
//!
//! A file that is not one of this campaign's sheets is refused whole; the other files of a command are not.

use crate::campaign::authorship;
use crate::campaign::dates::DateOrder;
use crate::campaign::error::CampaignError;
use crate::campaign::log::{DecidedBy, Decision, DecisionEntry, ImportRecord, LogEvent, Proof};
use crate::campaign::model::{ItemId, ReviewerKey};
use crate::campaign::progress::says_the_same;
use crate::campaign::reading::{Reading, Row};
use crate::campaign::sheet::ReturnedSheet;
use crate::campaign::state::State;
use crate::model::Instant;
use std::collections::BTreeMap;

/// A file to take in, with how it is known who decided.
#[derive(Debug, Clone)]
pub struct SubmittedSheet {
    /// The grid.
    pub sheet: ReturnedSheet,
    /// How it is known.
    pub proof: Proof,
}

/// Who takes it in, for whom, and how strictly.
#[derive(Debug, Clone, Default)]
pub struct Operator {
    /// Who runs the command: principal name, object id, or the account of the machine.
    pub name: String,
    /// The reviewer as whom the files are taken; `None` when each file's own sheet says.
    pub reviewer: Option<ReviewerKey>,
    /// Whether a file that was imported before may overrule what came after it.
    pub again: bool,
    /// Whether decisions may overrule newer ones.
    pub older: bool,
    /// Whether one wrong row refuses everything.
    pub all_or_nothing: bool,
    /// Which of two numbers is the day, where a date could be two.
    pub dates: Option<DateOrder>,
    /// The clock.
    pub now: Instant,
}

/// What taking in would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportResult {
    /// Entries for the log, in order; empty when nothing is new.
    pub events: Vec<LogEvent>,
    /// Rows with a decision.
    pub decided: usize,
    /// Rows left empty.
    pub empty: usize,
    /// Decisions that are new or differ.
    pub changed: usize,
    /// Decisions that were on record, and are confirmed at a later time or by a better proof.
    pub confirmed: usize,
    /// Rows that were not taken, each once.
    pub refused: Vec<String>,
    /// What is to be known, though nothing is wrong with the rows that were taken.
    pub notes: Vec<String>,
}

/// Judges files against a campaign; nothing is written.
///
/// # Errors
/// That the campaign is closed; every problem at once when nothing new can be taken, or when one is enough to refuse all.
pub fn judge(state: &State, files: &[SubmittedSheet], operator: &Operator) -> Result<ImportResult, CampaignError> {
    state.must_be_open()?;
    let mut taken = ImportResult::default();
    let mut sequence = state.tail.entries;
    let mut earlier: BTreeMap<(ItemId, u8), (String, Decision)> = BTreeMap::new();
    for file in files {
        let reading = match Reading::new(state, &file.sheet, operator) {
            Ok(reading) => reading,
            Err(problems) => {
                taken.refused.extend(problems);
                continue;
            }
        };
        let mut read = reading.rows();
        taken.refused.append(&mut read.refused);
        taken.notes.append(&mut read.notes);
        taken.empty += read.empty;
        let mut rows = Vec::new();
        for row in read.rows {
            let key = (row.item.clone(), read.stage);
            match earlier.get(&key) {
                Some((other, decision)) if *decision != row.decision => {
                    let told = format!(
                        "{} row {}: {} is decided otherwise in {other}, in the same command",
                        file.sheet.file, row.row, row.item
                    );
                    taken.refused.push(told);
                }
                Some(_) => {}
                None => {
                    earlier.insert(key, (file.sheet.file.clone(), row.decision.clone()));
                    rows.push(row);
                }
            }
        }
        let decided = rows.len();
        taken.decided += decided;
        let new = |row: Row| {
            let entry = entry(&row, read.stage, &read.reviewer);
            (novelty(state, row.index, &entry, &file.proof), entry)
        };
        let mut new: Vec<(Novelty, DecisionEntry)> = rows.into_iter().map(new).filter(|(n, _)| *n != Novelty::Known).collect();
        let seen = state
            .imports
            .iter()
            .find(|(_, _, r)| r.sha256 == file.sheet.sha256 && r.reviewer == read.reviewer);
        // Rows that were refused the first time are new still; those that something replaced since are not.
        let replaced = new.iter().filter(|(n, _)| *n == Novelty::Replaces).count();
        if let Some((number, at, _)) = seen.filter(|_| !operator.again && replaced > 0) {
            taken.refused.push(format!(
                "{}: this very file was imported on {at} (entry {number}), and {replaced} of its items were decided otherwise since; \
                 to decide so once more give --again",
                file.sheet.file,
            ));
            new.retain(|(n, _)| *n != Novelty::Replaces);
        }
        if new.is_empty() {
            if authorship::rank(file.proof.grade(&state.keys)) > 0 && decided > 0 {
                taken.notes.push(format!(
                    "{}: its decisions are on record with a proof that is as good, and it is not kept",
                    file.sheet.file
                ));
            }
            continue;
        }
        sequence += 1;
        let import = sequence;
        taken.events.push(LogEvent::Imported(ImportRecord {
            file: file.sheet.file.clone(),
            sha256: file.sheet.sha256.clone(),
            reviewer: read.reviewer.clone(),
            sheet: read.hash,
            imported_by: operator.name.clone(),
            proof: file.proof.clone(),
            decided,
            empty: read.empty,
            changed: new.len(),
        }));
        for (novelty, entry) in new {
            sequence += 1;
            let count = if novelty == Novelty::Confirms {
                &mut taken.confirmed
            } else {
                &mut taken.changed
            };
            *count += 1;
            taken.events.push(LogEvent::Decided(DecisionEntry { import, ..entry }));
        }
    }
    if taken.refused.is_empty() || !(operator.all_or_nothing || taken.events.is_empty()) {
        Ok(taken)
    } else {
        Err(CampaignError::Problems(taken.refused))
    }
}

fn entry(row: &Row, stage: u8, reviewer: &ReviewerKey) -> DecisionEntry {
    DecisionEntry {
        item: row.item.clone(),
        stage,
        decision: row.decision.clone(),
        by: DecidedBy::Person,
        decided_by: reviewer.to_string(),
        decided_at: row.decided_at,
        applied_at: None,
        import: 0,
    }
}

/// What a row adds to what is on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Novelty {
    /// Nothing.
    Known,
    /// The first decision of a person.
    First,
    /// Another decision than the one on record.
    Replaces,
    /// The same decision, said later or with a better proof.
    Confirms,
}

fn novelty(state: &State, index: usize, new: &DecisionEntry, proof: &Proof) -> Novelty {
    let place = usize::from(new.stage.clamp(1, 2) - 1);
    let progress = &state.progress[index];
    let Some((_, old)) = progress.decided[place].as_ref().filter(|(_, d)| d.by == DecidedBy::Person) else {
        return Novelty::First;
    };
    if old.decision != new.decision {
        return Novelty::Replaces;
    }
    let rank = |proof: &Proof| authorship::rank(proof.grade(&state.keys));
    let known = state.imports.iter().find(|(n, ..)| *n == old.import).map_or(0, |(_, _, r)| rank(&r.proof));
    let later = new.decided_at > progress.last_said[place];
    if says_the_same(old, new) && (later || rank(proof) > known) {
        Novelty::Confirms
    } else {
        Novelty::Known
    }
}
