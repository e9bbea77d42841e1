//! The columns of holdings and findings, once for all formats: others script against their names and order.

mod changes;
mod encode;
mod findings;
mod holdings;

use crate::check::life::Change;
use crate::model::{Finding, Holding, Instant};
use crate::report::ReportError;
use std::borrow::Cow;
use std::io::Write;

pub use changes::CHANGES;
pub use encode::Row;
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

/// In which forms a report writes its tables, beside the Parquet that it always has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forms {
    /// How CSV is written.
    pub csv: Csv,
    /// Whether JSON is written too.
    pub json: bool,
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

/// Forms in which a table can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Comma-separated, for people and spreadsheets, or raw for machines.
    Csv(Csv),
    /// One array, exact.
    Json,
    /// An object a line, exact.
    Jsonl,
    /// Parquet, exact, times as timestamps in UTC.
    Parquet,
}

/// Rows of any table, some thousands at a time; the word beside a row is its `in_window`.
///
/// # Errors
/// When `to` does not take them.
pub fn write<'a, T: Clone + 'a>(columns: &[Column<T>], rows: impl Iterator<Item = Row<'a, T>>, form: Form, to: &mut (dyn Write + Send)) -> std::io::Result<()> {
    match form {
        Form::Csv(profile) => encode::csv(columns, rows, profile, to),
        Form::Json => encode::json(columns, rows, to),
        Form::Jsonl => encode::jsonl(columns, rows, to),
        Form::Parquet => encode::parquet(columns, rows, to),
    }
}

/// Holdings in one piece.
///
/// # Errors
/// When Parquet refuses, which is a bug.
pub fn holdings(rows: &[HeldRow], form: Form) -> Result<Vec<u8>, ReportError> {
    let mut out = Vec::new();
    let rows = rows.iter().map(|(h, w)| (Cow::Borrowed(*h), *w));
    write(HOLDINGS, rows, form, &mut out).map_err(ReportError::encode("holdings"))?;
    Ok(out)
}

/// Findings in one piece.
///
/// # Errors
/// When Parquet refuses, which is a bug.
pub fn findings(rows: &[Finding], form: Form) -> Result<Vec<u8>, ReportError> {
    let mut out = Vec::new();
    let rows = rows.iter().map(|f| (Cow::Borrowed(f), ""));
    write(FINDINGS, rows, form, &mut out).map_err(ReportError::encode("findings"))?;
    Ok(out)
}

/// What became of findings, in one piece.
///
/// # Errors
/// When Parquet refuses, which is a bug.
pub fn changes(rows: &[Change], form: Form) -> Result<Vec<u8>, ReportError> {
    let mut out = Vec::new();
    let rows = rows.iter().map(|c| (Cow::Borrowed(c), ""));
    write(CHANGES, rows, form, &mut out).map_err(ReportError::encode("changes"))?;
    Ok(out)
}

/// Text or nothing.
fn text(value: &str) -> Cell<'_> {
    Cell::Text(Cow::Borrowed(value))
}

#[cfg(test)]
mod tests;
