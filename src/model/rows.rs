//! A table whose columns are known only when the answer is there: what SQL and the timeline give back.

use crate::model::Instant;

/// What a column of an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Whole numbers.
    Whole,
    /// Numbers with a fraction.
    Real,
    /// Yes or no.
    Flag,
    /// Instants, UTC.
    Time,
    /// Days.
    Day,
}

impl Kind {
    /// The word that people read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Whole => "integer",
            Self::Real => "number",
            Self::Flag => "boolean",
            Self::Time => "timestamp",
            Self::Day => "date",
        }
    }
}

/// The content of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text; a day as `2026-03-31`.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number with a fraction.
    Real(f64),
    /// Yes or no.
    Flag(bool),
    /// An instant.
    Time(Instant),
}

impl Cell {
    /// Text, or nothing where it is empty.
    #[must_use]
    pub fn text(value: &str) -> Self {
        if value.is_empty() { Self::Empty } else { Self::Text(value.to_string()) }
    }

    /// An instant, if there is one.
    #[must_use]
    pub fn time(at: Option<Instant>) -> Self {
        at.map_or(Self::Empty, Self::Time)
    }

    /// As text: RFC 3339 for instants, nothing for nothing.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Whole(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
            Self::Flag(value) => value.to_string(),
            Self::Time(at) => at.to_string(),
        }
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// Names of the columns and what they hold.
    pub columns: Vec<(String, Kind)>,
    /// Rows, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

impl Rows {
    /// An empty table.
    #[must_use]
    pub fn new(columns: &[(&str, Kind)]) -> Self {
        Self {
            columns: columns.iter().map(|(name, kind)| ((*name).to_string(), *kind)).collect(),
            rows: Vec::new(),
        }
    }
}
