//! What passed: for each check the subjects that it found right, with what was seen of each, so that an auditor can draw from
//! those as well as from what failed.
//!
//! It is made check by check, before people are covered: a check must see them as they are.
//! A row about a holding leaves out the records that `holdings.csv` names for it: a large tenant has a million such rows.

use crate::check::{self, Check, CheckResult, Index};
use crate::config::Config;
use crate::evidence::bag::{Bag, BagError};
use crate::evidence::facts::Output;
use crate::evidence::table::{Table, hash_total, sha256};
use crate::ledger::AccessModel;
use crate::model::{EntitlementKind, Finding, Holding, Instant};
use crate::report::privacy::Privacy;
use ahash::AHashMap;
use std::collections::BTreeSet;

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

/// The listings of a bundle, as far as they are made before anything else.
#[derive(Debug, Default)]
pub struct Passed {
    /// The files.
    pub outputs: Vec<Output>,
    /// One row a check: how many passed, and how many rows its listing has.
    pub counts: Vec<(String, usize, usize)>,
    /// Records that rows name, `table:id`, as the lake has them.
    pub named: BTreeSet<String>,
}

/// Asks each check of the catalogue again for what is right, and writes its listing into the bag.
///
/// # Errors
/// When the disk is full.
pub fn write(bag: &Bag, access: &AccessModel, config: &Config, results: &[CheckResult], privacy: &Privacy) -> Result<Passed, BagError> {
    let index = Index::new(access);
    let known = Known::of(access);
    let mut passed = Passed::default();
    for result in results.iter().filter(|r| check::lists_passed(r.check)) {
        let mut rows = check::passed(access, config, &index, result.check);
        rows.iter_mut().for_each(|row| known.shorten(row));
        passed
            .named
            .extend(rows.iter().flat_map(|r| &r.evidence).filter(|e| privacy.shows_record(e)).cloned());
        passed.counts.push((result.check.id.to_string(), result.passed, rows.len()));
        if rows.is_empty() {
            continue;
        }
        let table = listing(rows, privacy);
        let bytes = table.csv();
        let file = format!("{FOLDER}/{}.csv", result.check.id);
        bag.put(&file, &bytes)?;
        passed.outputs.push(Output {
            what: what(result.check),
            rows: Some(table.rows.len() as u64),
            hash_total: Some(hash_total(table.rows.iter().filter_map(|r| r.first()))),
            sha256: sha256(&bytes),
            file,
        });
    }
    Ok(passed)
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

/// Rows sorted by their id, which is theirs alone.
fn listing(rows: Vec<Finding>, privacy: &Privacy) -> Table {
    let mut lines: Vec<Vec<String>> = rows.into_iter().map(|row| line(row, privacy)).collect();
    lines.sort();
    let mut before = String::new();
    let mut times = 1;
    for cells in &mut lines {
        if cells[0] == before {
            times += 1;
            cells[0] = format!("{before}|{times}");
        } else {
            before.clone_from(&cells[0]);
            times = 1;
        }
    }
    Table::of(COLUMNS, lines)
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
