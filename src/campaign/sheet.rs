//! Work sheets: which columns they have, which of them the hash covers, and what a returned file must hold.

use crate::campaign::language::Language;
use crate::campaign::log::{Choice, Decision};
use crate::campaign::model::{CampaignId, Context, Disclosure, Item, Reviewer, hash_identity};
use crate::model::Instant;
use sha2::{Digest, Sha256};

/// Columns that say where a row belongs; the same in every row of a sheet.
pub const PLACE_COLUMNS: [&str; 4] = ["campaign_id", "reviewer", "stage", "sheet_sha256"];

/// Columns that help to judge; they may be changed or left out when a sheet comes back.
pub const CONTEXT_COLUMNS: [&str; 22] = [
    "batch",
    "risk",
    "sensitive",
    "recommendation",
    "recommendation_reason",
    "path",
    "since",
    "current_end",
    "grant_kind",
    "granted_by",
    "justification_given",
    "last_use",
    "peers",
    "findings",
    "removal",
    "previous_decision",
    "reviewer_because",
    "disclosed",
    "first_decision",
    "first_decided_by",
    "first_justification",
    "first_until",
];

/// Columns that the reviewer fills in. `until` takes `YYYY-MM-DD`; `decided_at` is filled by the HTML sheet alone and may be missing.
pub const ANSWER_COLUMNS: [&str; 4] = ["decision", "justification", "until", "decided_at"];

/// The words that `decision` takes, in the order of a drop-down.
pub const DECISIONS: [Choice; 4] = [Choice::Keep, Choice::Revoke, Choice::Modify, Choice::Exception];

/// What a sheet says about its campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetHead {
    /// Campaign.
    pub campaign: CampaignId,
    /// Its name.
    pub name: String,
    /// Tenant id.
    pub tenant: String,
    /// The commit of the lake, 64 digits.
    pub commit: String,
    /// The instant at which the population is held.
    pub as_of: Instant,
    /// When the campaign was opened.
    pub opened_at: Instant,
    /// Decisions are due before this.
    pub due_at: Instant,
    /// Items in the whole campaign.
    pub population: usize,
    /// Hash of the whole population.
    pub population_sha256: String,
    /// What silence means, in one sentence.
    pub silence: String,
    /// For which decisions a justification is asked, in one sentence.
    pub justification_asked: String,
    /// The same as the clauses of that sentence.
    pub reasons_for: Vec<&'static str>,
    /// The clock by which ends are told; UTC when empty.
    pub zone: String,
}

/// What the first stage decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstDecision {
    /// Who: a name, as people know it.
    pub by: String,
    /// When.
    pub at: Instant,
    /// What, and why.
    pub decision: Decision,
    /// What speaks against the independence of who decided first.
    pub disclosed: Vec<Disclosure>,
}

impl SheetItem {
    /// What is disclosed, of the reader and then of the first reviewer, a clause each.
    #[must_use]
    pub fn disclosures(&self) -> Vec<&'static str> {
        let of_first = self.first.iter().flat_map(|f| &f.disclosed).map(|d| d.of_first());
        self.disclosed.iter().map(|d| d.sentence()).chain(of_first).collect()
    }
}

/// An item as it stands on a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetItem {
    /// The item.
    pub item: Item,
    /// What helps to judge it.
    pub context: Context,
    /// What speaks against the reviewer's independence, and does not refuse them.
    pub disclosed: Vec<Disclosure>,
    /// What the first stage decided; on sheets of the second stage only.
    pub first: Option<FirstDecision>,
    /// The batch, from 1: items of one batch are meant to be decided in one go.
    pub batch: usize,
    /// Decisions for which this item needs a justification.
    pub justify: Vec<Choice>,
    /// The decision that binds when the sheet is written; `None` while undecided.
    pub decision: Option<Decision>,
}

/// The work sheet of one reviewer in one stage: heaviest items first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The campaign.
    pub head: SheetHead,
    /// Whose sheet.
    pub reviewer: Reviewer,
    /// The language of the page; codes and columns are the same in all.
    pub language: Language,
    /// Stage, from 1.
    pub stage: u8,
    /// Hash over the identity columns; see [`sheet_hash`].
    pub hash: String,
    /// Its items: risk first, then holder and entitlement.
    pub items: Vec<SheetItem>,
}

impl Sheet {
    /// All columns of CSV and XLSX, in order.
    #[must_use]
    pub fn columns() -> Vec<&'static str> {
        let mut all: Vec<&str> = Vec::new();
        all.extend(Item::IDENTITY);
        all.extend(ANSWER_COLUMNS);
        all.extend(CONTEXT_COLUMNS);
        all.extend(PLACE_COLUMNS);
        all
    }

    /// The cells of one item, in the order of [`Self::columns`], not yet protected against formulas.
    #[must_use]
    pub fn cells(&self, row: &SheetItem) -> Vec<String> {
        let (item, context) = (&row.item, &row.context);
        let mut cells: Vec<String> = item.identity().iter().map(ToString::to_string).collect();
        let decision = row.decision.as_ref();
        cells.push(decision.map(|d| d.choice.to_string()).unwrap_or_default());
        cells.push(decision.map(|d| d.justification.clone()).unwrap_or_default());
        cells.push(decision.and_then(|d| d.until).map(Instant::day).unwrap_or_default());
        cells.push(String::new());
        let findings: Vec<String> = context.findings.iter().map(|f| format!("{} {}: {}", f.check, f.severity, f.message)).collect();
        let disclosed = row.disclosures();
        cells.extend([
            row.batch.to_string(),
            item.risk.to_string(),
            context.sensitive_because.clone(),
            item.recommendation.to_string(),
            context.recommendation_reason.clone(),
            context.path.clone(),
            context.since.clone(),
            context.current_end.clone(),
            context.grant_kind.clone(),
            context.granted_by.clone(),
            context.justification_given.clone(),
            context.last_use.clone(),
            context.peers.clone(),
            findings.join(" "),
            context.removal.clone(),
            context.previous_decision.clone(),
            context.reviewer_because.clone(),
            disclosed.join("; "),
        ]);
        let first = row.first.as_ref();
        cells.extend([
            first.map(|f| f.decision.choice.to_string()).unwrap_or_default(),
            first.map(|f| f.by.clone()).unwrap_or_default(),
            first.map(|f| f.decision.justification.clone()).unwrap_or_default(),
            first.and_then(|f| f.decision.until).map(Instant::day).unwrap_or_default(),
        ]);
        cells.extend([
            self.head.campaign.to_string(),
            self.reviewer.key.to_string(),
            self.stage.to_string(),
            self.hash.clone(),
        ]);
        cells
    }
}

/// SHA-256 over campaign, population hash, reviewer, stage and the identity columns of the rows sorted by item id.
///
/// Rows may be sorted anew by whoever works on the sheet; a row that is missing, added or changed gives another hash.
#[must_use]
pub fn sheet_hash(campaign: &str, population_sha256: &str, reviewer: &str, stage: u8, identities: &[Vec<String>]) -> String {
    let mut rows: Vec<Vec<&str>> = identities.iter().map(|r| r.iter().map(String::as_str).collect()).collect();
    rows.sort();
    let mut hash = Sha256::new();
    hash_identity(&mut hash, &["vouchsafe sheet 1", campaign, population_sha256, reviewer, &stage.to_string()]);
    for row in rows {
        hash_identity(&mut hash, &row);
    }
    hex::encode(hash.finalize())
}

/// A file that came back, as a grid of text: readers of every format make one, and one place judges it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReturnedSheet {
    /// File name, for messages and the log.
    pub file: String,
    /// SHA-256 of the file as it came.
    pub sha256: String,
    /// Column names, in the order of the file; names and cells are free of the protection against formulas.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<ReturnedRow>,
    /// Cells that have no value and yet are not empty, by row as in [`ReturnedRow::row`] and column from 0, with the way out.
    pub unread: std::collections::BTreeMap<(usize, usize), String>,
    /// Other sheets of the workbook that have items, which are not read.
    pub others: Vec<String>,
}

/// A row of a returned file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReturnedRow {
    /// The row as a spreadsheet or an editor counts it, from 1, with the header.
    pub row: usize,
    /// Cells, one for each column; a short row has fewer.
    pub cells: Vec<String>,
}

impl ReturnedSheet {
    /// `D7` for column 3 (from 0) of row 7: how spreadsheets name the cell.
    #[must_use]
    pub fn cell_name(column: usize, row: usize) -> String {
        let mut letters = Vec::new();
        let mut rest = column + 1;
        while rest > 0 {
            let digit = u8::try_from((rest - 1) % 26).unwrap_or_default();
            letters.push(char::from(b'A' + digit));
            rest = (rest - 1) / 26;
        }
        letters.iter().rev().collect::<String>() + &row.to_string()
    }
}
