//! One returned file under judgement: which sheet it is, and what each of its rows decides or why it cannot be taken.

use crate::campaign::dates::{self, DateOrder, DateReading};
use crate::campaign::due::{day_of, end_of_day};
use crate::campaign::import::Operator;
use crate::campaign::log::{Choice, DecidedBy, Decision, DecisionEntry};
use crate::campaign::model::{Item, ItemId, ReviewerKey};
use crate::campaign::reason::{self, says_something};
use crate::campaign::sheet::{DECISIONS, ReturnedRow, ReturnedSheet, Sheet, sheet_hash};
use crate::campaign::spoken::{folded, spoken};
use crate::campaign::state::State;
use crate::config::did_you_mean;
use crate::model::Instant;
use crate::model::shown;
use crate::model::time::HOUR;
use std::collections::BTreeMap;

/// A row that can be taken.
pub(super) struct Row {
    pub row: usize,
    pub index: usize,
    pub item: ItemId,
    pub decision: Decision,
    pub decided_at: Option<Instant>,
}

/// What a file says.
pub(super) struct Read {
    pub reviewer: ReviewerKey,
    pub stage: u8,
    pub hash: String,
    pub rows: Vec<Row>,
    pub empty: usize,
    pub refused: Vec<String>,
    pub notes: Vec<String>,
}

/// One file under judgement.
pub(super) struct Reading<'a> {
    state: &'a State,
    sheet: &'a ReturnedSheet,
    operator: &'a Operator,
    columns: BTreeMap<&'a str, usize>,
    reviewer: ReviewerKey,
    stage: u8,
    hash: String,
}

/// What is wrong with one row, cell by cell.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn add(&mut self, cell: String, message: String) {
        let told = if cell.is_empty() { message } else { format!("{cell}: {message}") };
        if !self.0.contains(&told) {
            self.0.push(told);
        }
    }
}

impl<'a> Reading<'a> {
    /// Finds the columns, and the sheet that the file says it is.
    pub fn new(state: &'a State, sheet: &'a ReturnedSheet, operator: &'a Operator) -> Result<Self, Vec<String>> {
        let file = &sheet.file;
        let mut columns: BTreeMap<&str, usize> = BTreeMap::new();
        let mut problems = Vec::new();
        for (place, name) in sheet.columns.iter().enumerate() {
            // What people add beside the sheet may be called as they like.
            if columns.insert(name.trim(), place).is_some() && Sheet::columns().contains(&name.trim()) {
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
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut reading = Self {
            state,
            sheet,
            operator,
            columns,
            reviewer: ReviewerKey::default(),
            stage: 1,
            hash: String::new(),
        };
        reading.find_sheet().map_err(|problem| vec![problem])?;
        Ok(reading)
    }

    fn cell(&self, row: &'a ReturnedRow, column: &str) -> &'a str {
        self.columns
            .get(column)
            .and_then(|c| row.cells.get(*c))
            .map_or("", |t| t.trim_matches(shown::shows_nothing))
    }

    /// `cell J7 (decision)`.
    fn place(&self, row: &ReturnedRow, column: &str) -> String {
        let place = self.columns.get(column);
        place.map_or_else(String::new, |c| format!("cell {} ({column})", ReturnedSheet::cell_name(*c, row.row)))
    }

    /// The sheet that most rows name; it was given out to the reviewer as whom it is imported.
    fn find_sheet(&mut self) -> Result<(), String> {
        let (file, state) = (&self.sheet.file, self.state);
        let mut named: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &self.sheet.rows {
            *named.entry(self.cell(row, "sheet_sha256")).or_default() += 1;
        }
        let stated = named.iter().max_by_key(|(hash, n)| (**n, !hash.is_empty())).map_or("", |(hash, _)| *hash);
        let first = self
            .sheet
            .rows
            .iter()
            .find(|r| self.cell(r, "sheet_sha256") == stated)
            .unwrap_or(&self.sheet.rows[0]);
        let told = |column: &str, message: String| format!("{file} row {}: {}: {message}", first.row, self.place(first, column));
        let campaign = self.cell(first, "campaign_id");
        if campaign != state.head.id.as_str() {
            let message = format!("it belongs to campaign '{campaign}', not to {}", state.head.id);
            return Err(told("campaign_id", message));
        }
        let Some((reviewer, stage)) = state.issued.get(stated) else {
            let message = "no sheet of this campaign has this hash; take the sheet that was given out".to_string();
            return Err(told("sheet_sha256", message));
        };
        if reviewer.is_unassigned() {
            let message = format!(
                "these items have no reviewer, so nobody can have decided them: give them to a person with \
                 'vouchsafe campaign reassign {} --from {reviewer} --to PERSON --reason ...', and take the sheet of that person",
                state.head.id
            );
            return Err(told("sheet_sha256", message));
        }
        if let Some(wanted) = self.operator.reviewer.as_ref().filter(|w| *w != reviewer) {
            let message = format!("this is the sheet of {reviewer}, and it is imported as {wanted}");
            return Err(told("sheet_sha256", message));
        }
        (self.reviewer, self.stage, self.hash) = (reviewer.clone(), *stage, stated.to_string());
        Ok(())
    }

    /// Judges every row by itself.
    pub fn rows(self) -> Read {
        let file = &self.sheet.file;
        let mut read = Read {
            reviewer: self.reviewer.clone(),
            stage: self.stage,
            hash: self.hash.clone(),
            rows: Vec::new(),
            empty: 0,
            refused: Vec::new(),
            notes: Vec::new(),
        };
        let twice = self.twice();
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut kept = Vec::new();
        for row in &self.sheet.rows {
            let mut wrong = Wrong::default();
            let id = self.cell(row, "item_id");
            let found = self.judged(row, &twice, &mut wrong, &mut read.notes);
            if !wrong.0.is_empty() {
                read.refused.push(format!("{file} row {}: {}", row.row, wrong.0.join("; ")));
                continue;
            }
            if let Some(other) = seen.insert(id, row.row) {
                read.notes.push(format!("{file} row {}: {id} is decided so in row {other} already", row.row));
                continue;
            }
            match found {
                Some(found) => read.rows.push(found),
                None => {
                    read.empty += 1;
                    kept.extend(self.on_record(row));
                    let why = self.cell(row, "justification");
                    if !why.is_empty() {
                        let place = self.place(row, "justification");
                        read.notes.push(format!(
                            "{file} row {}: {place}: a reason without a decision, so nothing is recorded: '{why}'",
                            row.row
                        ));
                    }
                }
            }
        }
        if !kept.is_empty() {
            let (n, some) = (kept.len(), kept.iter().take(FEW).cloned().collect::<Vec<_>>().join(", "));
            read.notes.push(format!(
                "{file}: {n} rows without a decision have one on record, which stays ({some}{}); to change it, decide otherwise",
                if n > FEW { ", …" } else { "" }
            ));
        }
        self.completeness(&mut read);
        for other in &self.sheet.others {
            read.notes.push(format!(
                "{file}: the sheet '{other}' of the workbook has items, too, and is not read: one sheet comes back, the others are to be deleted"
            ));
        }
        read
    }

    /// Items that stand in several rows which differ.
    fn twice(&self) -> Vec<&'a str> {
        let mut said: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
        for row in &self.sheet.rows {
            let mut what = vec![folded(self.cell(row, "decision"))];
            let rest = Item::IDENTITY.iter().chain(&["justification", "until"]);
            what.extend(rest.map(|c| self.cell(row, c).to_string()));
            said.entry(self.cell(row, "item_id")).or_default().push(what);
        }
        let differ = said.into_iter().filter(|(_, all)| all.iter().any(|one| *one != all[0]));
        differ.map(|(id, _)| id).collect()
    }

    /// Rows that are missing stay undecided, and are told; rows that nobody gave out were refused one by one.
    fn completeness(&self, read: &mut Read) {
        let state = self.state;
        let known = self.sheet.rows.iter().filter_map(|r| state.position(&ItemId::new(self.cell(r, "item_id"))));
        let mut known: Vec<usize> = known.collect();
        known.sort_unstable();
        known.dedup();
        let identity = |i: &usize| state.items[*i].identity().iter().map(ToString::to_string).collect();
        let identities: Vec<Vec<String>> = known.iter().map(identity).collect();
        let head = &state.head;
        let hash = sheet_hash(head.id.as_str(), &head.population_sha256, self.reviewer.as_str(), self.stage, &identities);
        if hash == self.hash {
            return;
        }
        let told = format!(
            "{}: rows are missing or were added: its {} rows are not those of the sheet that was given out; \
             leave rows without a decision empty instead of deleting them",
            self.sheet.file,
            self.sheet.rows.len()
        );
        if self.operator.all_or_nothing {
            read.refused.push(told);
        } else {
            read.notes.push(told + "; rows that are missing stay undecided");
        }
    }

    /// The decision that stays on record though the row is left empty, as `row 7: keep`.
    fn on_record(&self, row: &'a ReturnedRow) -> Option<String> {
        let index = self.state.position(&ItemId::new(self.cell(row, "item_id")))?;
        let (_, entry) = self.state.progress[index].decided[usize::from(self.stage.clamp(1, 2) - 1)].as_ref()?;
        let mine = entry.by == DecidedBy::Person && entry.decided_by == self.reviewer.as_str();
        mine.then(|| format!("row {}: {}", row.row, entry.decision.choice))
    }

    /// The decision of a row; `None` when it is left empty or wrong.
    fn judged(&self, row: &'a ReturnedRow, twice: &[&str], wrong: &mut Wrong, notes: &mut Vec<String>) -> Option<Row> {
        if row.cells.iter().skip(self.sheet.columns.len()).any(|c| !c.trim().is_empty()) {
            wrong.add(String::new(), "it has more cells than the header; is a separator in an unquoted text?".into());
            return None;
        }
        for (column, expected) in [("campaign_id", self.state.head.id.as_str()), ("sheet_sha256", self.hash.as_str())] {
            if self.cell(row, column) != expected {
                let message = format!("it names '{}', and this is the sheet {expected}", self.cell(row, column));
                wrong.add(self.place(row, column), message);
            }
        }
        for column in ["decision", "justification", "until"] {
            let at = self.columns.get(column).and_then(|c| self.sheet.unread.get(&(row.row, *c)));
            if let Some(why) = at {
                wrong.add(self.place(row, column), why.clone());
            }
        }
        let id = self.cell(row, "item_id");
        if twice.contains(&id) {
            wrong.add(self.place(row, "item_id"), format!("{id} is in the file twice, and the rows differ"));
        }
        let Some(index) = self.state.position(&ItemId::new(id)) else {
            wrong.add(self.place(row, "item_id"), format!("'{id}' is no item of this campaign"));
            return None;
        };
        let item = &self.state.items[index];
        for (column, frozen) in Item::IDENTITY.iter().zip(item.identity()) {
            let given = self.cell(row, column);
            let is_name = column.ends_with("_name");
            if given != frozen.trim() && !(is_name && same_in_another_encoding(given, frozen.trim())) {
                wrong.add(self.place(row, column), format!("it was changed to '{given}'; it must be '{frozen}'"));
            }
        }
        let decision = self.decision(row, item, wrong)?;
        self.may_decide(row, index, wrong);
        let decided_at = self.decided_at(row, wrong, notes);
        self.not_older(row, index, &decision, decided_at, wrong);
        self.noted(row, &decision, notes);
        Some(Row {
            row: row.row,
            index,
            item: item.id.clone(),
            decision,
            decided_at,
        })
    }

    fn decision(&self, row: &'a ReturnedRow, item: &Item, wrong: &mut Wrong) -> Option<Decision> {
        let (word, why, until) = (self.cell(row, "decision"), self.cell(row, "justification"), self.cell(row, "until"));
        if word.is_empty() {
            if !until.is_empty() {
                wrong.add(self.place(row, "until"), "a date without a decision".into());
            }
            return None;
        }
        let Some(choice) = spoken(word) else {
            let known: Vec<&str> = DECISIONS.iter().map(|c| c.as_str()).collect();
            let message = format!("'{word}' is no decision{}", did_you_mean(&folded(word), &known));
            wrong.add(self.place(row, "decision"), message);
            return None;
        };
        let exception = choice == Choice::Exception;
        if exception && !says_something(why) {
            wrong.add(self.place(row, "justification"), reason::ASKED.into());
        } else if why.is_empty() && self.state.justify(item).contains(&choice) {
            let what = if choice == Choice::Keep { "keep this item" } else { choice.as_str() };
            wrong.add(self.place(row, "justification"), format!("a reason is required to {what}"));
        }
        let end = match (until, choice) {
            ("", Choice::Exception) => {
                wrong.add(self.place(row, "until"), "an exception needs its end: write the last day as YYYY-MM-DD".into());
                None
            }
            ("", _) => None,
            (_, Choice::Keep | Choice::Revoke) => {
                wrong.add(self.place(row, "until"), format!("a date belongs to modify and exception, not to {choice}"));
                None
            }
            (text, _) => self.end(row, text, wrong),
        };
        Some(Decision {
            choice,
            justification: why.to_string(),
            until: end,
        })
    }

    fn end(&self, row: &ReturnedRow, text: &str, wrong: &mut Wrong) -> Option<Instant> {
        let place = self.place(row, "until");
        let at = match dates::read(text, self.operator.dates) {
            DateReading::At(at) => at,
            DateReading::Ambiguous(day_first, month_first) => {
                let message = format!(
                    "'{text}' is {} or {}: write YYYY-MM-DD, or say with --dates dmy or --dates mdy which it is",
                    day_first.day(),
                    month_first.day()
                );
                wrong.add(place, message);
                return None;
            }
            DateReading::Serial(day) => {
                let message = format!(
                    "'{text}' may be Excel's number of {}: give the cell a date format, or write YYYY-MM-DD",
                    day.day()
                );
                wrong.add(place, message);
                return None;
            }
            DateReading::Nothing if is_far(text) => {
                wrong.add(place, format!("'{text}' is too far away: an end is a day that somebody will see"));
                return None;
            }
            DateReading::Nothing => {
                wrong.add(place, format!("'{text}' is no date; write it as YYYY-MM-DD"));
                return None;
            }
        };
        let now = self.operator.now.max(self.state.head.opened_at);
        let today = day_of(end_of_day(now, self.state.zone()), self.state.zone());
        // A day that is named ends after today only when it is another day: today's end comes before anything is carried out.
        if dates::last_instant(at) <= now || at.day() <= today {
            let when = if at.day() < today { "has passed" } else { "is today" };
            wrong.add(place, format!("'{text}' {when}: an end must lie after today, {today}"));
        }
        Some(at)
    }

    fn decided_at(&self, row: &'a ReturnedRow, wrong: &mut Wrong, notes: &mut Vec<String>) -> Option<Instant> {
        let text = self.cell(row, "decided_at");
        if text.is_empty() {
            return None;
        }
        let at = Instant::parse(text);
        let (opened, now) = (self.state.head.opened_at, self.operator.now);
        // Clocks of desks differ by some minutes.
        let possible = |t: Instant| t >= opened.plus(-HOUR) && t <= now.plus(HOUR);
        match at {
            // A spreadsheet that takes it for a date of its own shows it without its zone: then nobody knows when it was.
            None if is_local_time(text) => {
                let note = "times of decisions came back without their zone (decided_at), and are not recorded";
                let told = format!("{}: {note}", self.sheet.file);
                if !notes.contains(&told) {
                    notes.push(told);
                }
            }
            None => wrong.add(self.place(row, "decided_at"), format!("'{text}' is no time; leave it empty")),
            Some(t) if !possible(t) => {
                let message = format!("nobody can have decided on {t}: the review was opened on {opened}, and it is {now}; leave it empty");
                wrong.add(self.place(row, "decided_at"), message);
            }
            Some(_) => {}
        }
        at
    }

    /// An older file does not overrule what was decided after it.
    fn not_older(&self, row: &ReturnedRow, index: usize, decision: &Decision, at: Option<Instant>, wrong: &mut Wrong) {
        let known = self.state.progress[index].decided[usize::from(self.stage.clamp(1, 2) - 1)].as_ref();
        let Some((known_at, entry)) = known.filter(|(_, d)| d.by == DecidedBy::Person && d.decision != *decision) else {
            return;
        };
        let place = usize::from(self.stage.clamp(1, 2) - 1);
        let is_old = |d: &DecisionEntry| d.by == DecidedBy::Person && d.decided_by == self.reviewer.as_str() && d.decision == *decision;
        let newer = at.is_some_and(|at| at > *known_at && self.state.progress[index].last_said[place].is_none_or(|said| at > said));
        // The very same file has a rule of its own, which asks for --again.
        let known_file = self.state.imports.iter().any(|(_, _, r)| r.sha256 == self.sheet.sha256);
        let is_meant = newer || known_file || self.operator.older || self.operator.again;
        if self.state.progress[index].before[place].iter().any(is_old) && !is_meant {
            let message = format!(
                "it was decided so before, and {} was decided on {known_at} instead: the sheet may be an older copy; to decide so once more give --older",
                entry.decision.choice
            );
            wrong.add(self.place(row, "decision"), message);
            return;
        }
        let last_said = self.state.progress[index].last_said[usize::from(self.stage.clamp(1, 2) - 1)];
        if let Some((old, new)) = at.zip(last_said).filter(|(old, new)| old < new && !self.operator.older) {
            let message = format!(
                "it was decided on {old}, and on {new} {} was decided: the newer one stays; to take the older give --older",
                entry.decision.choice
            );
            wrong.add(self.place(row, "decided_at"), message);
        }
    }

    /// What is to be known of a decision that is taken as it is.
    fn noted(&self, row: &ReturnedRow, decision: &Decision, notes: &mut Vec<String>) {
        let from = self.operator.now.max(self.state.head.opened_at);
        if let Some(end) = decision
            .until
            .filter(|t| decision.choice == Choice::Exception && t.days_since(from) > LONG_DAYS)
        {
            notes.push(format!(
                "{} row {}: {}: the exception lasts longer than a year, until {}",
                self.sheet.file,
                row.row,
                self.place(row, "until"),
                end.day()
            ));
        }
    }

    /// Whether the reviewer may decide about the item, and the operator may import it.
    fn may_decide(&self, row: &ReturnedRow, index: usize, wrong: &mut Wrong) {
        let state = self.state;
        let item = &state.items[index];
        let owner = state.owner_in(index, self.stage);
        if *owner != self.reviewer {
            let message = format!("{} is no longer with {}: it was given to {owner}", item.id, self.reviewer);
            wrong.add(self.place(row, "item_id"), message);
        }
        if self.stage == 1 && state.progress[index].decided[1].is_some() {
            let message = "the second stage has decided; only it can correct the decision";
            wrong.add(self.place(row, "decision"), message.into());
        }
        let reviewer = state.reviewers.get(&self.reviewer);
        if reviewer.is_some_and(|r| !r.principal_id.is_empty() && r.principal_id == item.principal_id) {
            wrong.add(self.place(row, "principal_id"), "nobody decides about their own access".into());
        }
        if is_same_person(&self.operator.name, item) {
            let message = format!(
                "{} imports decisions about their own access; somebody else must import this file",
                self.operator.name
            );
            wrong.add(self.place(row, "principal_id"), message);
        }
    }
}

/// Rows that a note names.
const FEW: usize = 5;

/// An exception that lasts longer than so many days is told to whoever imports it.
const LONG_DAYS: i64 = 366;

/// `9999-12-31`, `31.12.9999`: a date, of a year that no instant here reaches.
fn is_far(text: &str) -> bool {
    let year = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = text.split(['-', '.', '/']);
    let far = text.split(['-', '.', '/']).find(|p| year(p)).map(|y| text.replacen(y, "2100", 1));
    parts.clone().count() == 3 && parts.any(year) && far.is_some_and(|t| dates::read(&t, Some(DateOrder::DayFirst)) != DateReading::Nothing)
}

/// `08.07.2026 08:40`, `7/8/2026 8:40:12 AM`: a date and a clock, but no zone.
fn is_local_time(text: &str) -> bool {
    let (date, clock) = text.split_once([' ', '\u{a0}', '\u{202f}']).unwrap_or((text, ""));
    let is_clock = clock.is_empty() || clock.contains(':') && clock.starts_with(|c: char| c.is_ascii_digit());
    let date = dates::read(date.trim_end_matches(','), None);
    is_clock && matches!(date, DateReading::At(_) | DateReading::Ambiguous(..))
}

/// Whether a name came back through an encoding that lacks some of its letters: what ASCII has stands there as it was.
///
/// The ids beside it say who and what is meant; a name of ASCII alone is not excused.
fn same_in_another_encoding(given: &str, frozen: &str) -> bool {
    if frozen.is_ascii() || given.is_empty() || given.chars().count() > 6 * frozen.chars().count() {
        return false;
    }
    let parts: Vec<&str> = frozen.split(|c: char| !c.is_ascii()).filter(|p| !p.is_empty()).collect();
    let open_start = !frozen.starts_with(|c: char| c.is_ascii());
    let open_end = !frozen.ends_with(|c: char| c.is_ascii());
    let mut rest = given;
    for (n, part) in parts.iter().enumerate() {
        let (first, last) = (n == 0 && !open_start, n + 1 == parts.len() && !open_end);
        let found = match (first, last) {
            (true, _) => rest.starts_with(part).then_some(0),
            (false, true) => rest.ends_with(part).then(|| rest.len() - part.len()),
            (false, false) => rest.find(part),
        };
        let Some(at) = found else { return false };
        rest = &rest[at + part.len()..];
    }
    open_end || rest.is_empty()
}

/// Whether the name of an operator is that of an item's holder: id, principal name, or the part before the `@`.
fn is_same_person(operator: &str, item: &Item) -> bool {
    let operator = operator.trim().to_lowercase();
    let name = item.principal_name.to_lowercase();
    let local = name.split('@').next().unwrap_or_default();
    !operator.is_empty() && (operator == item.principal_id || operator == name || (name.contains('@') && operator == local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_lost_letters_to_an_encoding_is_the_same_and_another_is_not() {
        for (given, frozen, same) in [
            ("?????? ?????", "Группа Врачи", true),
            ("Zo? M?ller", "Zoë Müller", true),
            ("ZoÃ« MÃ¼ller", "Zoë Müller", true),
            ("Zoe\u{308} Mu\u{308}ller", "Zoë Müller", true),
            ("Pawel Zaba", "Paweł Żaba", true),
            ("GRP ??????? (rule)", "GRP Клиника (rule)", true),
            ("GRP ??????? (rules)", "GRP Клиника (rule)", false),
            ("Zo? M?ller-Smith", "Zoë Müller", false),
            ("Ana Ruiz", "Ana Ruyz", false),
            ("", "Врачи", false),
            ("a name that is a great deal longer than what stood there", "Врачи", false),
        ] {
            assert_eq!(same_in_another_encoding(given, frozen), same, "'{given}' for '{frozen}'");
        }
    }

    #[test]
    fn a_time_of_a_spreadsheet_is_told_from_no_time() {
        for text in [
            "08.07.2026 08:40",
            "7/8/2026 8:40:12 AM",
            "2026-07-08 08:40:12",
            "31/12/2026",
            "12/31/2026, 8:40 AM",
        ] {
            assert!(is_local_time(text), "{text}");
        }
        for text in ["yesterday", "46211.4", "46211", "8:40", "08.07.2026 noon", ""] {
            assert!(!is_local_time(text), "{text}");
        }
    }
}
