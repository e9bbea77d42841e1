//! What passed: for each check the subjects that it found right, with what was seen of each, so that an auditor can draw from
//! those as well as from what failed.
//!
//! It is made check by check, before people are covered: a check must see them as they are.
//! Rows go to disk one by one: a large tenant has millions of them, and whoever does not want them all names a number.
//! A row about a holding leaves out the records that `holdings.csv` names for it.

use crate::check::{self, Check, CheckResult, Index, Taker};
use crate::config::Config;
use crate::evidence::bag::{Bag, BagError};
use crate::evidence::csv_file::CsvFile;
use crate::evidence::facts::Output;
use crate::evidence::sample;
use crate::evidence::sorted::{BUDGET, Cells, Sorter};
use crate::lake::LakeError;
use crate::ledger::AccessModel;
use crate::model::{CheckId, EntitlementKind, Finding, Holding, Instant};
use crate::report::privacy::Privacy;
use ahash::AHashMap;
use std::collections::{BTreeSet, BinaryHeap};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The folder of the listings.
pub const FOLDER: &str = "passed";

const COLUMNS: &[&str] = &[
    "id",
    "check",
    "subject_kind",
    "subject_id",
    "subject_name",
    "object_kind",
    "object_id",
    "object_name",
    "assignment_id",
    "request_id",
    "from",
    "until",
    "seen",
    "evidence",
];

/// Which rows are listed.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// So many a check, those whose ids have the lowest ranks; all without a number.
    pub limit: Option<usize>,
    /// The seed of ranks.
    pub seed: &'a str,
}

/// The listings of a bundle, as far as they are made before anything else.
#[derive(Debug, Default)]
pub struct Passed {
    /// The files.
    pub outputs: Vec<Output>,
    /// One a check.
    pub counts: Vec<Count>,
    /// Records that rows name, `table:id`, as the lake has them.
    pub named: BTreeSet<String>,
}

/// How many passed a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The check.
    pub check: CheckId,
    /// By the check's own count.
    pub passed: usize,
    /// Rows of its listing.
    pub listed: u64,
    /// Rows that were told and are not listed, since fewer were asked for.
    pub left_out: u64,
}

/// Asks each check of the catalogue again for what is right, and writes its listing into the bag, in bounded memory.
///
/// # Errors
/// When the disk is full.
pub fn write(bag: &Bag, access: &AccessModel, config: &Config, results: &[CheckResult], privacy: &Privacy, wanted: Wanted) -> Result<Passed, BagError> {
    let index = Index::new(access);
    let known = Known::of(access);
    let mut passed = Passed::default();
    for result in results.iter().filter(|r| check::lists_passed(r.check)) {
        let listing = Mutex::new(Listing::new(&bag.aside_of_payload(FOLDER), wanted));
        let take = |mut row: Finding| {
            known.shorten(&mut row);
            let named: Vec<String> = row.evidence.iter().filter(|e| privacy.shows_record(e)).cloned().collect();
            let mut listing = listing.lock().unwrap_or_else(PoisonError::into_inner);
            listing.take(Told {
                cells: line(row, privacy),
                named,
            });
        };
        check::passed(access, config, &index, result.check, Taker(&take));
        let listing = listing.into_inner().unwrap_or_else(PoisonError::into_inner);
        passed.list(bag, result, listing)?;
    }
    Ok(passed)
}

impl Passed {
    /// Writes the listing of a check, and counts it.
    fn list(&mut self, bag: &Bag, result: &CheckResult, listing: Listing) -> Result<(), BagError> {
        let (sorter, left_out) = listing.end(&mut self.named)?;
        let mut count = Count {
            check: result.check.id,
            passed: result.passed,
            listed: 0,
            left_out,
        };
        if !sorter.is_empty() {
            let file = format!("{FOLDER}/{}.csv", result.check.id);
            let mut csv = CsvFile::create(bag, &file, COLUMNS)?;
            let mut ids = Ids::default();
            sorter.each(|mut cells| {
                cells[0] = ids.unique(&cells[0]);
                csv.row(&cells)
            })?;
            let output = csv.finish(what(result.check))?;
            count.listed = output.rows.unwrap_or_default();
            self.outputs.push(output);
        }
        self.counts.push(count);
        Ok(())
    }

    /// Rows that are listed and rows that are not.
    #[must_use]
    pub fn rows(&self) -> (u64, u64) {
        self.counts.iter().fold((0, 0), |(listed, out), c| (listed + c.listed, out + c.left_out))
    }
}

/// A row as it is told, with the records that it names as the lake has them.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    cells: Cells,
    named: Vec<String>,
}

/// The rows of one check on their way to its file.
struct Listing<'a> {
    wanted: Wanted<'a>,
    sorter: Sorter,
    named: BTreeSet<String>,
    /// With a limit: those with the lowest ranks so far, the highest of them on top.
    drawn: BinaryHeap<(String, Told)>,
    left_out: u64,
    failed: Option<LakeError>,
}

impl<'a> Listing<'a> {
    fn new(folder: &Path, wanted: Wanted<'a>) -> Self {
        Self {
            wanted,
            sorter: Sorter::new(folder, BUDGET),
            named: BTreeSet::new(),
            drawn: BinaryHeap::new(),
            left_out: 0,
            failed: None,
        }
    }

    fn take(&mut self, told: Told) {
        let Some(limit) = self.wanted.limit else { return self.keep(told) };
        self.drawn.push((sample::rank(self.wanted.seed, &told.cells[0]), told));
        if self.drawn.len() > limit {
            self.drawn.pop();
            self.left_out += 1;
        }
    }

    /// A check cannot be told that the disk is full: what comes after that is let go.
    fn keep(&mut self, told: Told) {
        if self.failed.is_none() {
            self.named.extend(told.named);
            self.failed = self.sorter.push(told.cells).err();
        }
    }

    /// The rows, and how many are not among them.
    fn end(mut self, named: &mut BTreeSet<String>) -> Result<(Sorter, u64), LakeError> {
        for (_, told) in std::mem::take(&mut self.drawn) {
            self.keep(told);
        }
        named.append(&mut self.named);
        self.failed.map_or(Ok((self.sorter, self.left_out)), Err)
    }
}

/// Ids in their order, each made unique.
#[derive(Default)]
struct Ids {
    last: String,
    times: u64,
}

impl Ids {
    fn unique(&mut self, id: &str) -> String {
        if *id == self.last {
            self.times += 1;
            format!("{id}|{}", self.times)
        } else {
            self.last = id.to_string();
            self.times = 1;
            id.to_string()
        }
    }
}

fn what(check: &Check) -> String {
    format!(
        "what {} looked at and found right, with what was seen; id: fingerprint|from; evidence: beside what holdings.csv names for the same access",
        check.id
    )
}

/// Holdings by holder, object and beginning: what their rows name as evidence stands in `holdings.csv`.
struct Known<'a>(AHashMap<(&'a str, &'a str, Option<Instant>), &'a Holding>);

impl<'a> Known<'a> {
    fn of(access: &'a AccessModel) -> Self {
        let object = |h: &'a Holding| match h.entitlement.kind {
            EntitlementKind::AppRole => h.entitlement.resource(),
            _ => h.entitlement.id.as_str(),
        };
        let entry = |h: &'a Holding| ((h.principal.as_str(), object(h), h.held_from), h);
        Self(access.holdings.iter().map(entry).collect())
    }

    fn shorten(&self, row: &mut Finding) {
        if let Some(holding) = self.0.get(&(row.subject_id.as_str(), row.object_id.as_str(), row.from)) {
            row.evidence.retain(|e| !holding.evidence.iter().any(|known| known.as_str() == e));
        }
    }
}

fn line(mut row: Finding, privacy: &Privacy) -> Vec<String> {
    privacy.finding(&mut row);
    let time = |t: Option<Instant>| t.map(|t| t.to_string()).unwrap_or_default();
    let from = time(row.from);
    vec![
        format!("{}|{from}", row.fingerprint),
        row.check.to_string(),
        row.subject_kind,
        row.subject_id,
        row.subject_name,
        row.object_kind,
        row.object_id,
        row.object_name,
        row.assignment_id,
        row.request_id,
        from,
        time(row.until),
        row.message,
        row.evidence.join(";"),
    ]
}
