//! The forms in which a table is written for programs. A form is a file of this folder: `build.rs` lists them.
//!
//! A table comes as named columns and then row by row, so that no form holds a large one in memory.

pub mod csv;
pub mod json;
pub mod jsonl;
pub mod parquet;

use crate::model::Instant;
use crate::model::rows::{self, Rows};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Debug;
use std::io::{self, Write};

/// All forms, in the order of their words.
pub static FORMS: &[&dyn Form] = include!(concat!(env!("OUT_DIR"), "/forms.rs"));

/// A form in which a table is written.
pub trait Form: Sync + Debug {
    /// The word for it on the command line, which is also the ending of its files.
    fn word(&self) -> &'static str;

    /// What a person reads of it in the help.
    fn about(&self) -> &'static str;

    /// What of it a terminal can show.
    fn on_terminal(&self) -> OnTerminal;

    /// Begins a table.
    ///
    /// # Errors
    /// When `to` does not take it.
    fn begin<'w>(&self, columns: &[Head], options: &Options, to: &'w mut (dyn Write + Send)) -> io::Result<Box<dyn TableWriter + 'w>>;
}

/// What of a form a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTerminal {
    /// Lines of text.
    Lines,
    /// JSON.
    Json,
    /// Nothing.
    Nothing,
}

/// A table that is being written.
pub trait TableWriter {
    /// Writes one row, with a cell for each column.
    ///
    /// # Errors
    /// When it cannot be written.
    fn row(&mut self, cells: &[Cell]) -> io::Result<()>;

    /// Writes what comes after the last row.
    ///
    /// # Errors
    /// When it cannot be written.
    fn end(self: Box<Self>) -> io::Result<()>;
}

/// What a table may ask of its form.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How text is written to CSV.
    pub csv: Csv,
    /// A JSON object whose members stand beside the rows, in forms that have a place for them.
    pub beside: Option<String>,
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

/// The name of a column and what it holds.
#[derive(Debug, Clone)]
pub struct Head {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds, and so how each form writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words of ours, such as `exact`: never protected in CSV.
    Word,
    /// Text and ids from exports: protected in CSV.
    Text,
    /// An instant: RFC 3339 in text, a timestamp in Parquet.
    Time,
    /// A day, `2026-03-31`; a date in Parquet.
    Day,
    /// Whole numbers.
    Whole,
    /// Numbers with a fraction.
    Real,
    /// Yes or no.
    Flag,
    /// Several texts: an array in JSON, joined by `;` elsewhere.
    List,
    /// JSON inside: as it is in JSON, as text elsewhere.
    Json,
}

/// The content of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Empty,
    /// A word, text, or a day.
    Text(Cow<'a, str>),
    /// An instant, if there is one.
    Time(Option<Instant>),
    /// A whole number.
    Whole(i64),
    /// A number with a fraction.
    Real(f64),
    /// Yes or no.
    Flag(bool),
    /// Several texts.
    List(Vec<&'a str>),
    /// JSON.
    Json(Value),
}

impl Cell<'_> {
    /// The exact text of a cell; `None` for nothing.
    #[must_use]
    pub fn plain(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Empty => None,
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Time(at) => at.map(|t| Cow::Owned(t.to_string())),
            Self::Whole(number) => Some(Cow::Owned(number.to_string())),
            Self::Real(number) => Some(Cow::Owned(number.to_string())),
            Self::Flag(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            Self::List(items) => (!items.is_empty()).then(|| Cow::Owned(items.join(";"))),
            Self::Json(value) => value.as_array().is_none_or(|a| !a.is_empty()).then(|| Cow::Owned(value.to_string())),
        }
    }
}

impl<'a> From<&'a rows::Cell> for Cell<'a> {
    fn from(cell: &'a rows::Cell) -> Self {
        match cell {
            rows::Cell::Empty => Self::Empty,
            rows::Cell::Text(text) => Self::Text(Cow::Borrowed(text)),
            rows::Cell::Whole(number) => Self::Whole(*number),
            rows::Cell::Real(number) => Self::Real(*number),
            rows::Cell::Flag(flag) => Self::Flag(*flag),
            rows::Cell::Time(at) => Self::Time(Some(*at)),
        }
    }
}

impl From<rows::Kind> for Kind {
    fn from(kind: rows::Kind) -> Self {
        match kind {
            rows::Kind::Text => Self::Text,
            rows::Kind::Whole => Self::Whole,
            rows::Kind::Real => Self::Real,
            rows::Kind::Flag => Self::Flag,
            rows::Kind::Time => Self::Time,
            rows::Kind::Day => Self::Day,
        }
    }
}

/// A table whose columns are known only now, in one piece.
///
/// # Errors
/// When Parquet refuses, which is a bug.
pub fn of_rows(table: &Rows, form: &dyn Form, options: &Options) -> io::Result<Vec<u8>> {
    let heads: Vec<Head> = table
        .columns
        .iter()
        .map(|(name, kind)| Head {
            name: name.clone(),
            kind: (*kind).into(),
        })
        .collect();
    let mut out = Vec::new();
    let mut writer = form.begin(&heads, options, &mut out)?;
    for row in &table.rows {
        writer.row(&row.iter().map(Cell::from).collect::<Vec<_>>())?;
    }
    writer.end()?;
    Ok(out)
}

/// Rows of text under their column names, in one piece.
///
/// # Errors
/// When Parquet refuses, which is a bug.
pub fn of_texts<R: AsRef<[String]>>(columns: &[&str], rows: impl Iterator<Item = R>, form: &dyn Form, options: &Options) -> io::Result<Vec<u8>> {
    let head = |name: &&str| Head {
        name: (*name).to_string(),
        kind: Kind::Text,
    };
    let heads: Vec<Head> = columns.iter().map(head).collect();
    let mut out = Vec::new();
    let mut writer = form.begin(&heads, options, &mut out)?;
    for row in rows {
        let cells: Vec<Cell> = row.as_ref().iter().map(|text| Cell::Text(Cow::Borrowed(text))).collect();
        writer.row(&cells)?;
    }
    writer.end()?;
    Ok(out)
}

#[cfg(test)]
mod tests;
