//! Work sheets of reviewers: a page to decide on, a workbook, and a table, all with the same items and the same hash.

mod card;
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

/// Texts that the script of the page says, which it is given in the reader's language.
pub const SCRIPT_TEXTS: &[&str] = &[
    "Please {what}.",
    "{a} and {b}",
    "write a reason of at least two words that another person can check",
    "write a reason",
    "give the date on which it ends",
    "write what changes, or give a date",
    "give a date after today",
    ", {n} with something missing",
    "{n} of {all} to decide",
    "{n} still to decide.",
    "All decided; {n} need a reason or a date.",
    "All decided. Save the file and send it back.",
    "What you decided is kept in this browser.",
    "This browser keeps nothing for local files: save before you close the page.",
    "Saved as {file}. Send it back by replying to the mail that brought you here.",
    "Not in it, since something is missing: {names}. Complete them and save again.",
    "and {n} more",
    "{n} of {all} shown",
    "Accept the recommendation for {n} that you have seen",
    "Keep the {n} others that you have seen here",
    "Remove the {n} others that you have seen here",
    "Press again to forget all decisions of this page",
];

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
