//! Work sheets of reviewers: a page to decide on, a workbook, and a table, all with the same items and the same hash.

mod page;
pub mod returned;
mod table;
mod workbook;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use crate::campaign::Sheet;
use crate::report::ReportError;

/// The offline page.
pub const PAGE: &str = "review.html";
/// The workbook.
pub const WORKBOOK: &str = "review.xlsx";
/// The table.
pub const TABLE: &str = "review.csv";

/// The files of one sheet with their names: `review.csv`, `review.xlsx`, `review.html`.
///
/// The same sheet gives the same bytes.
///
/// # Errors
/// When the workbook or the page cannot be put together, which is a bug.
pub fn render(sheet: &Sheet) -> Result<Vec<(&'static str, Vec<u8>)>, ReportError> {
    Ok(vec![
        (TABLE, table::render(sheet)),
        (WORKBOOK, workbook::render(sheet)?),
        (PAGE, page::render(sheet)?.into_bytes()),
    ])
}
