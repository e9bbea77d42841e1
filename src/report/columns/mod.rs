//! The columns of holdings and findings, once for all formats: others script against their names and order.

mod encode;
mod findings;
mod holdings;

use crate::model::{Finding, Holding, Instant};
use crate::report::ReportError;
use std::borrow::Cow;
use std::io::Write;

pub use findings::FINDINGS;
pub use holdings::HOLDINGS;

/// What a column holds, and so how each format writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words of ours, such as `exact`: never protected in CSV.
    Word,
    /// Text and ids from exports: protected in CSV.
    Text,
    /// An instant: RFC 3339 in text, a timestamp in Parquet.
    Time,
    /// Several texts: an array in JSON, joined by `;` elsewhere.
    List,
    /// JSON inside: as it is in JSON, as text elsewhere.
    Json,
}

/// The content of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// A word or text; empty text is no value.
    Text(Cow<'a, str>),
    /// An instant, if there is one.
    Time(Option<Instant>),
    /// Several texts.
    List(Vec<&'a str>),
    /// JSON.
    Json(serde_json::Value),
}

/// How text is written to CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Csv {
    /// Text that a spreadsheet could run gets a `'` before it, by the rule of [`crate::report::csv_text`].
    #[default]
    Safe,
    /// As it is, for machines.
    Raw,
}

/// One column of a table.
pub struct Column<T: 'static> {
    /// Its name, part of the contract.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Takes it from a row; the second argument is `in_window`, which depends on the question and not on the row.
    pub get: for<'a> fn(&'a T, &'a str) -> Cell<'a>,
}

/// A holding, and whether it lies in the window `certain`ly or is `possible`.
pub type HeldRow<'a> = (&'a Holding, &'a str);

/// Rows of any table as CSV, one at a time; the word beside a row is its `in_window`.
///
/// # Errors
/// When `to` does not take them.
pub fn write_csv<'a, T: Clone + 'a>(
    columns: &[Column<T>],
    rows: impl Iterator<Item = (Cow<'a, T>, &'a str)>,
    profile: Csv,
    to: &mut dyn Write,
) -> std::io::Result<()> {
    encode::csv(columns, rows, profile, to)
}

/// Holdings as CSV.
#[must_use]
pub fn holdings_csv(rows: &[HeldRow], profile: Csv) -> Vec<u8> {
    in_memory(|to| write_csv(HOLDINGS, rows.iter().map(|(h, w)| (Cow::Borrowed(*h), *w)), profile, to))
}

/// A vector takes everything.
fn in_memory(fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Vec<u8> {
    let mut out = Vec::new();
    let _ = fill(&mut out);
    out
}

/// Holdings as one JSON array.
#[must_use]
pub fn holdings_json(rows: &[HeldRow]) -> Vec<u8> {
    encode::json(HOLDINGS, rows)
}

/// Holdings as one JSON object a line.
#[must_use]
pub fn holdings_jsonl(rows: &[HeldRow]) -> Vec<u8> {
    encode::jsonl(HOLDINGS, rows)
}

/// Holdings as a Parquet file.
///
/// # Errors
/// When Parquet refuses, which is a bug.
pub fn holdings_parquet(rows: &[HeldRow]) -> Result<Vec<u8>, ReportError> {
    encode::parquet("holdings", HOLDINGS, rows)
}

/// Findings as CSV.
#[must_use]
pub fn findings_csv(rows: &[Finding], profile: Csv) -> Vec<u8> {
    in_memory(|to| write_csv(FINDINGS, rows.iter().map(|f| (Cow::Borrowed(f), "")), profile, to))
}

/// Findings as one JSON array.
#[must_use]
pub fn findings_json(rows: &[Finding]) -> Vec<u8> {
    encode::json(FINDINGS, &unasked(rows))
}

/// Findings as one JSON object a line.
#[must_use]
pub fn findings_jsonl(rows: &[Finding]) -> Vec<u8> {
    encode::jsonl(FINDINGS, &unasked(rows))
}

/// Findings as a Parquet file.
///
/// # Errors
/// When Parquet refuses, which is a bug.
pub fn findings_parquet(rows: &[Finding]) -> Result<Vec<u8>, ReportError> {
    encode::parquet("findings", FINDINGS, &unasked(rows))
}

fn unasked(rows: &[Finding]) -> Vec<(&Finding, &str)> {
    rows.iter().map(|f| (f, "")).collect()
}

/// Text or nothing.
fn text(value: &str) -> Cell<'_> {
    Cell::Text(Cow::Borrowed(value))
}

#[cfg(test)]
mod tests;
