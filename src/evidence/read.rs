//! Tables of a bundle read back, by header, protection taken off.

use crate::evidence::table::share_of_total;
use crate::report::csv_text::unprotect;
use std::path::Path;

/// A table as it stands in a bundle.
#[derive(Debug, Clone, Default)]
pub struct Read {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Read {
    /// Reads a CSV file.
    ///
    /// # Errors
    /// When it is missing or no CSV, in words.
    pub fn file(path: &Path) -> Result<Self, String> {
        let failed = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
        let mut reader = csv::ReaderBuilder::new().has_headers(true).from_path(path).map_err(|e| failed(&e))?;
        let header = reader.headers().map_err(|e| failed(&e))?.iter().map(ToString::to_string).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            rows.push(record.map_err(|e| failed(&e))?.iter().map(|c| unprotect(c).into_owned()).collect());
        }
        Ok(Self { header, rows })
    }

    /// Rows of a CSV file and the hash total of its first column, read row by row: a listing may be larger than memory.
    ///
    /// # Errors
    /// When it is missing or no CSV, in words.
    pub fn tally(path: &Path) -> Result<(u64, u64), String> {
        let failed = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
        let mut reader = csv::ReaderBuilder::new().has_headers(true).from_path(path).map_err(|e| failed(&e))?;
        let (mut rows, mut total, mut record) = (0, 0, csv::StringRecord::new());
        while reader.read_record(&mut record).map_err(|e| failed(&e))? {
            rows += 1;
            total += share_of_total(&unprotect(record.get(0).unwrap_or_default()));
        }
        Ok((rows, total))
    }

    /// Number of rows.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// The rows, as lookups by column; a column that is not there is empty.
    pub fn rows(&self) -> impl Iterator<Item = Line<'_>> {
        self.rows.iter().map(|cells| Line { header: &self.header, cells })
    }
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    header: &'a [String],
    cells: &'a [String],
}

impl<'a> Line<'a> {
    /// The cell of a column.
    #[must_use]
    pub fn get(&self, column: &str) -> &'a str {
        let at = self.header.iter().position(|h| h == column);
        at.and_then(|i| self.cells.get(i)).map_or("", String::as_str)
    }

    /// The first cell.
    #[must_use]
    pub fn first(&self) -> &'a str {
        self.cells.first().map_or("", String::as_str)
    }

    /// A cell as a number.
    ///
    /// # Errors
    /// When it is none, in words.
    pub fn number<N: std::str::FromStr>(&self, column: &str) -> Result<N, String> {
        let text = self.get(column);
        text.parse().map_err(|_| format!("'{text}' in the column {column} is no number"))
    }
}
