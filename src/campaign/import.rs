//! Returned files become decisions: all of a command's files or none, every problem told with its row and cell.

use crate::campaign::error::CampaignError;
use crate::campaign::log::{Choice, DecidedBy, Decision, DecisionEntry, ImportRecord, LogEvent, Proof};
use crate::campaign::model::{Item, ItemId, ReviewerKey};
use crate::campaign::reason::{self, says_something};
use crate::campaign::sheet::{DECISIONS, ReturnedRow, ReturnedSheet, sheet_hash};
use crate::campaign::state::State;
use crate::config::did_you_mean;
use crate::model::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// A file to take in, with how it is known who decided.
#[derive(Debug, Clone)]
pub struct SubmittedSheet {
    /// The grid.
    pub sheet: ReturnedSheet,
    /// How it is known.
    pub proof: Proof,
}

/// Who takes it in, and for whom.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Who runs the command: principal name, object id, or the account of the machine.
    pub name: String,
    /// The reviewer as whom the files are taken; `None` when each file's own sheet says.
    pub reviewer: Option<ReviewerKey>,
    /// Whether a file that was imported before may overrule what came after it.
    pub again: bool,
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
}

/// Judges files against a campaign; nothing is written.
///
/// # Errors
/// Every problem of every file at once; or that the campaign is closed.
pub fn judge(state: &State, files: &[SubmittedSheet], operator: &Operator) -> Result<ImportResult, CampaignError> {
    state.must_be_open()?;
    let mut problems = Vec::new();
    let mut taken = ImportResult::default();
    let mut sequence = state.tail.entries;
    let mut earlier: BTreeMap<(ItemId, u8), String> = BTreeMap::new();
    for file in files {
        let before = problems.len();
        let Some(rows) = Reading::new(state, &file.sheet, operator, &mut problems).map(|mut r| r.rows()) else {
            continue;
        };
        if problems.len() > before {
            continue;
        }
        let (reviewer, stage, sheet, rows) = rows;
        for (_, item, _, _) in &rows {
            if let Some(other) = earlier.insert((item.clone(), stage), file.sheet.file.clone()) {
                problems.push(format!("{}: {item} is decided in {other} too, in the same command", file.sheet.file));
            }
        }
        let changed: Vec<&(usize, ItemId, Decision, Option<Instant>)> = rows.iter().filter(|(i, _, d, _)| differs(state, *i, stage, d)).collect();
        let seen = state.imports.iter().find(|(_, _, r)| r.sha256 == file.sheet.sha256 && r.reviewer == reviewer);
        taken.decided += rows.len();
        taken.empty += file.sheet.rows.len() - rows.len();
        if changed.is_empty() {
            continue;
        }
        if let Some((number, at, _)) = seen.filter(|_| !operator.again) {
            problems.push(format!(
                "{}: this very file was imported on {at} (entry {number}), and later entries replaced {} of its decisions; \
                 to decide so once more give --again",
                file.sheet.file,
                changed.len()
            ));
            continue;
        }
        sequence += 1;
        let import = sequence;
        taken.events.push(LogEvent::Imported(ImportRecord {
            file: file.sheet.file.clone(),
            sha256: file.sheet.sha256.clone(),
            reviewer: reviewer.clone(),
            sheet,
            imported_by: operator.name.clone(),
            proof: file.proof.clone(),
            decided: rows.len(),
            empty: file.sheet.rows.len() - rows.len(),
            changed: changed.len(),
        }));
        for (_, item, decision, decided_at) in changed {
            sequence += 1;
            taken.changed += 1;
            taken.events.push(LogEvent::Decided(DecisionEntry {
                item: item.clone(),
                stage,
                decision: decision.clone(),
                by: DecidedBy::Person,
                decided_by: reviewer.to_string(),
                decided_at: *decided_at,
                applied_at: None,
                import,
            }));
        }
    }
    if problems.is_empty() {
        Ok(taken)
    } else {
        Err(CampaignError::Problems(problems))
    }
}

fn differs(state: &State, index: usize, stage: u8, decision: &Decision) -> bool {
    let known = state.progress[index].decided[usize::from(stage.clamp(1, 2) - 1)].as_ref();
    known.is_none_or(|(_, entry)| entry.decision != *decision || entry.by != DecidedBy::Person)
}

/// One file under judgement.
struct Reading<'a> {
    state: &'a State,
    sheet: &'a ReturnedSheet,
    operator: &'a Operator,
    columns: BTreeMap<&'a str, usize>,
    problems: &'a mut Vec<String>,
    reviewer: ReviewerKey,
    stage: u8,
    hash: String,
}

type Row = (usize, ItemId, Decision, Option<Instant>);

impl<'a> Reading<'a> {
    /// Finds the columns, and the sheet that the file says it is.
    fn new(state: &'a State, sheet: &'a ReturnedSheet, operator: &'a Operator, problems: &'a mut Vec<String>) -> Option<Self> {
        let file = &sheet.file;
        let mut columns: BTreeMap<&str, usize> = BTreeMap::new();
        let before = problems.len();
        for (place, name) in sheet.columns.iter().enumerate() {
            if columns.insert(name.trim(), place).is_some() && !name.trim().is_empty() {
                problems.push(format!("{file} row 1: the column {name} is there twice"));
            }
        }
        let needed = Item::IDENTITY.iter().chain(["decision", "justification", "campaign_id", "sheet_sha256"].iter());
        let missing: Vec<&str> = needed.copied().filter(|c| !columns.contains_key(c)).collect();
        if !missing.is_empty() {
            problems.push(format!("{file} row 1: columns are missing: {}", missing.join(", ")));
        }
        if sheet.rows.is_empty() {
            problems.push(format!("{file}: it has no rows"));
        }
        if problems.len() > before {
            return None;
        }
        let mut reading = Self {
            state,
            sheet,
            operator,
            columns,
            problems,
            reviewer: ReviewerKey::default(),
            stage: 1,
            hash: String::new(),
        };
        reading.find_sheet().then_some(reading)
    }

    fn cell(&self, row: &'a ReturnedRow, column: &str) -> &'a str {
        self.columns.get(column).and_then(|c| row.cells.get(*c)).map_or("", |t| t.trim())
    }

    fn told(&mut self, row: &ReturnedRow, column: &str, message: &str) {
        let place = self
            .columns
            .get(column)
            .map_or_else(String::new, |c| format!(", cell {} ({column})", ReturnedSheet::cell_name(*c, row.row)));
        self.problems.push(format!("{} row {}{place}: {message}", self.sheet.file, row.row));
    }

    /// The sheet that the rows name; all must name one, which was given out to the reviewer as whom it is imported.
    fn find_sheet(&mut self) -> bool {
        let sheet = self.sheet;
        let before = self.problems.len();
        let stated = self.cell(&sheet.rows[0], "sheet_sha256").to_string();
        for row in &sheet.rows {
            let campaign = self.cell(row, "campaign_id");
            if campaign != self.state.head.id.as_str() {
                let message = format!("it belongs to campaign '{campaign}', not to {}", self.state.head.id);
                self.told(row, "campaign_id", &message);
            }
            if self.cell(row, "sheet_sha256") != stated {
                self.told(row, "sheet_sha256", "it names another sheet than the first row; a file holds one sheet");
            }
        }
        if self.problems.len() > before {
            return false;
        }
        let Some((reviewer, stage)) = self.state.issued.get(&stated) else {
            self.told(
                &sheet.rows[0],
                "sheet_sha256",
                "no sheet of this campaign has this hash; take the sheet that was given out",
            );
            return false;
        };
        if let Some(wanted) = self.operator.reviewer.as_ref().filter(|w| *w != reviewer) {
            let message = format!("this is the sheet of {reviewer}, and it is imported as {wanted}");
            self.told(&sheet.rows[0], "sheet_sha256", &message);
            return false;
        }
        (self.reviewer, self.stage, self.hash) = (reviewer.clone(), *stage, stated);
        true
    }

    /// Judges every row; what it returns counts only when no problem was added.
    fn rows(&mut self) -> (ReviewerKey, u8, String, Vec<Row>) {
        let sheet = self.sheet;
        let before = self.problems.len();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut decided = Vec::new();
        let mut identities: Vec<Vec<String>> = Vec::new();
        for row in &sheet.rows {
            if row.cells.len() > sheet.columns.len() {
                self.told(row, "", "it has more cells than the header; is a separator in an unquoted text?");
                continue;
            }
            let id = self.cell(row, "item_id");
            if !seen.insert(id) {
                self.told(row, "item_id", &format!("{id} is in the file twice"));
                continue;
            }
            let Some(index) = self.state.position(&ItemId::new(id)) else {
                self.told(row, "item_id", &format!("'{id}' is no item of this campaign"));
                continue;
            };
            let item = &self.state.items[index];
            identities.push(item.identity().iter().map(ToString::to_string).collect());
            for (column, frozen) in Item::IDENTITY.iter().zip(item.identity()) {
                let given = self.cell(row, column);
                if given != frozen.trim() {
                    self.told(row, column, &format!("it was changed to '{given}'; it must be '{frozen}'"));
                }
            }
            if let Some(decision) = self.decision(row, item) {
                self.may_decide(row, index);
                let at = self.decided_at(row);
                decided.push((index, item.id.clone(), decision, at));
            }
        }
        if self.problems.len() == before {
            let state = self.state;
            let hash = sheet_hash(
                state.head.id.as_str(),
                &state.head.population_sha256,
                self.reviewer.as_str(),
                self.stage,
                &identities,
            );
            if hash != self.hash {
                self.problems.push(format!(
                    "{}: rows are missing or were added: the identity columns of its {} rows do not give the hash of the sheet; \
                     leave rows without a decision empty instead of deleting them",
                    sheet.file,
                    sheet.rows.len()
                ));
            }
        }
        (self.reviewer.clone(), self.stage, self.hash.clone(), decided)
    }

    /// The decision of a row; `None` when it is left empty or wrong.
    fn decision(&mut self, row: &'a ReturnedRow, item: &Item) -> Option<Decision> {
        let (word, why, until) = (self.cell(row, "decision"), self.cell(row, "justification"), self.cell(row, "until"));
        if word.is_empty() {
            if !until.is_empty() {
                self.told(row, "until", "a date without a decision");
            }
            return None;
        }
        let Some(choice) = Choice::from_word(word) else {
            let known: Vec<&str> = DECISIONS.iter().map(|c| c.as_str()).collect();
            let message = format!("'{word}' is no decision{}", did_you_mean(word, &known));
            self.told(row, "decision", &message);
            return None;
        };
        if why.is_empty() && (choice == Choice::Exception || self.state.justify(item).contains(&choice)) {
            let what = if choice == Choice::Keep { "keep this item" } else { choice.as_str() };
            let message = if choice == Choice::Exception {
                reason::ASKED.to_string()
            } else {
                format!("a reason is required to {what}")
            };
            self.told(row, "justification", &message);
        }
        if choice == Choice::Exception && !why.is_empty() && !says_something(why) {
            self.told(row, "justification", reason::ASKED);
        }
        let end = match (until, choice) {
            ("", Choice::Exception) => {
                self.told(row, "until", "an exception needs its end: write the last day as YYYY-MM-DD");
                None
            }
            ("", _) => None,
            (_, Choice::Keep | Choice::Revoke) => {
                self.told(row, "until", &format!("a date belongs to modify and exception, not to {choice}"));
                None
            }
            (text, _) => {
                let at = Instant::parse(text);
                if at.is_none_or(|t| t <= self.state.head.opened_at) {
                    self.told(row, "until", &format!("'{text}' is no date after the opening; write it as YYYY-MM-DD"));
                }
                at
            }
        };
        Some(Decision {
            choice,
            justification: why.to_string(),
            until: end,
        })
    }

    fn decided_at(&mut self, row: &'a ReturnedRow) -> Option<Instant> {
        let text = self.cell(row, "decided_at");
        if text.is_empty() {
            return None;
        }
        let at = Instant::parse(text);
        if at.is_none() {
            self.told(row, "decided_at", &format!("'{text}' is no time; leave it empty"));
        }
        at
    }

    /// Whether the reviewer may decide about the item, and the operator may import it.
    fn may_decide(&mut self, row: &ReturnedRow, index: usize) {
        let state = self.state;
        let item = &state.items[index];
        let owner = state.owner_in(index, self.stage);
        if *owner != self.reviewer {
            let message = format!("{} is no longer with {}: it was given to {owner}", item.id, self.reviewer);
            self.told(row, "item_id", &message);
        }
        if self.stage == 1 && state.progress[index].decided[1].is_some() {
            self.told(row, "decision", "the second stage has decided; only it can correct the decision");
        }
        let reviewer = state.reviewers.get(&self.reviewer);
        if reviewer.is_some_and(|r| !r.principal_id.is_empty() && r.principal_id == item.principal_id) {
            self.told(row, "principal_id", "nobody decides about their own access");
        }
        if is_same_person(&self.operator.name, item) {
            let message = format!(
                "{} imports decisions about their own access; somebody else must import this file",
                self.operator.name
            );
            self.told(row, "principal_id", &message);
        }
    }
}

/// Whether the name of an operator is that of an item's holder: id, principal name, or the part before the `@`.
fn is_same_person(operator: &str, item: &Item) -> bool {
    let operator = operator.trim().to_lowercase();
    let name = item.principal_name.to_lowercase();
    let local = name.split('@').next().unwrap_or_default();
    !operator.is_empty() && (operator == item.principal_id || operator == name || (name.contains('@') && operator == local))
}
