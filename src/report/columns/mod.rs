//! The columns of holdings and findings, once for all formats: others script against their names and order.

mod changes;
mod findings;
mod holdings;

use crate::check::life::Change;
use crate::model::{Finding, Holding};
use crate::report::ReportError;
use crate::report::forms::{Form, Head, Options};
use std::borrow::Cow;
use std::io::Write;

pub use crate::report::forms::{Cell, Csv, Kind};
pub use changes::CHANGES;
pub use findings::FINDINGS;
pub use holdings::HOLDINGS;

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

/// A row, and the word that depends on the question.
pub type Row<'a, T> = (Cow<'a, T>, &'a str);

/// Rows of any table, one at a time; the word beside a row is its `in_window`.
///
/// # Errors
/// When `to` does not take them.
pub fn write<'a, T: Clone + 'a>(
    columns: &[Column<T>],
    rows: impl Iterator<Item = Row<'a, T>>,
    form: &dyn Form,
    options: &Options,
    to: &mut (dyn Write + Send),
) -> std::io::Result<()> {
    let head = |c: &Column<T>| Head {
        name: c.name.to_string(),
        kind: c.kind,
    };
    let mut table = form.begin(&columns.iter().map(head).collect::<Vec<_>>(), options, to)?;
    for (row, word) in rows {
        let cells: Vec<Cell> = columns.iter().map(|c| (c.get)(&row, word)).collect();
        table.row(&cells)?;
    }
    table.end()
}

/// Holdings in one piece.
///
/// # Errors
/// When Parquet refuses, which is a bug.
pub fn holdings(rows: &[HeldRow], form: &dyn Form, options: &Options) -> Result<Vec<u8>, ReportError> {
    let mut out = Vec::new();
    let rows = rows.iter().map(|(h, w)| (Cow::Borrowed(*h), *w));
    write(HOLDINGS, rows, form, options, &mut out).map_err(ReportError::encode("holdings"))?;
    Ok(out)
}

/// Findings in one piece.
///
/// # Errors
/// When Parquet refuses, which is a bug.
pub fn findings(rows: &[Finding], form: &dyn Form, options: &Options) -> Result<Vec<u8>, ReportError> {
    let mut out = Vec::new();
    let rows = rows.iter().map(|f| (Cow::Borrowed(f), ""));
    write(FINDINGS, rows, form, options, &mut out).map_err(ReportError::encode("findings"))?;
    Ok(out)
}

/// What became of findings, in one piece.
///
/// # Errors
/// When Parquet refuses, which is a bug.
pub fn changes(rows: &[Change], form: &dyn Form, options: &Options) -> Result<Vec<u8>, ReportError> {
    let mut out = Vec::new();
    let rows = rows.iter().map(|c| (Cow::Borrowed(c), ""));
    write(CHANGES, rows, form, options, &mut out).map_err(ReportError::encode("changes"))?;
    Ok(out)
}

/// Text or nothing.
fn text(value: &str) -> Cell<'_> {
    if value.is_empty() { Cell::Empty } else { Cell::Text(Cow::Borrowed(value)) }
}

#[cfg(test)]
mod tests;
