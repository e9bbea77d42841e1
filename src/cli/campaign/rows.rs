//! Plain rows as the CSV that a campaign leaves beside its sheets.

use crate::cli::exit::Failure;
use crate::report::forms::{self, Options, csv};

/// Rows of text under their column names, kept from being formulas.
pub fn csv<const N: usize>(columns: &[&str; N], rows: impl Iterator<Item = [String; N]>) -> Result<String, Failure> {
    let bytes = forms::of_texts(columns, rows, &csv::FORM, &Options::default()).map_err(Failure::usage)?;
    String::from_utf8(bytes).map_err(Failure::usage)
}
