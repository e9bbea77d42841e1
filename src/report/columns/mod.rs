//! The columns of holdings and findings, once for all formats: others script against their names and order.

mod encode;
mod findings;
mod holdings;

use crate::model::{Finding, Holding, Instant};
use crate::report::ReportError;
use std::borrow::Cow;

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
    List(&'a [String]),
    /// JSON.
    Json(serde_json::Value),
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

/// Holdings as CSV.
#[must_use]
pub fn holdings_csv(rows: &[HeldRow]) -> Vec<u8> {
    encode::csv(HOLDINGS, rows)
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
pub fn findings_csv(rows: &[Finding]) -> Vec<u8> {
    encode::csv(FINDINGS, &unasked(rows))
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
