//! Returned tables: commas, semicolons or tabs, with or without a `sep=` line, quoted as spreadsheets quote.

use super::header;
use crate::campaign::{ReturnedRow, ReturnedSheet};
use crate::report::csv_text::unprotect;

/// The grid of a table's text.
///
/// # Errors
/// When no row names the column `item_id`.
pub fn read(text: &str) -> Result<ReturnedSheet, String> {
    let (named, text) = separator_line(text);
    let candidates: Vec<char> = named.map_or_else(|| vec![',', ';', '\t'], |c| vec![c]);
    // Spreadsheets do not count the `sep=` line.
    for separator in candidates {
        let rows = records(text, separator);
        let cells: Vec<Vec<String>> = rows.iter().take(20).map(|(_, cells)| cells.clone()).collect();
        let Some(head) = header(&cells) else { continue };
        let mut rows = rows.into_iter().skip(head);
        let columns = rows.next().map(|(_, cells)| cells).unwrap_or_default();
        return Ok(ReturnedSheet {
            columns: columns.iter().map(|c| unprotect(c).trim().to_string()).collect(),
            rows: rows
                .filter(|(_, cells)| cells.iter().any(|c| !c.trim().is_empty()))
                .map(|(row, cells)| ReturnedRow {
                    row,
                    cells: cells.iter().map(|c| unprotect(c).into_owned()).collect(),
                })
                .collect(),
            ..ReturnedSheet::default()
        });
    }
    Err("no column is called 'item_id'; send back review.csv, review.xlsx or what the page saved, with its first row".into())
}

/// Excel's hint about the separator, and the text after it.
fn separator_line(text: &str) -> (Option<char>, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let line = first.trim_end_matches('\r').trim_matches('"');
    match line.strip_prefix("sep=").or_else(|| line.strip_prefix("SEP=")) {
        Some(mark) => (mark.chars().next().or(Some(',')), rest),
        None => (None, text),
    }
}

/// Records with the row that a spreadsheet shows: empty lines count, line feeds inside of cells do not.
///
/// As lenient as spreadsheets: a quote in the middle of a cell is a quote, and a cell that is never closed ends with the file.
fn records(text: &str, separator: char) -> Vec<(usize, Vec<String>)> {
    let mut rows = Vec::new();
    let mut cells = vec![String::new()];
    let (mut fresh, mut quoted, mut row) = (true, false, 1);
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let Some(cell) = cells.last_mut() else { break };
        match c {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            _ if quoted => cell.push(c),
            '"' if fresh => (quoted, fresh) = (true, false),
            '\r' | '\n' => {
                if c == '\r' && letters.peek() == Some(&'\n') {
                    letters.next();
                }
                rows.push((row, std::mem::replace(&mut cells, vec![String::new()])));
                (fresh, row) = (true, row + 1);
            }
            c if c == separator => {
                cells.push(String::new());
                fresh = true;
            }
            c => {
                cell.push(c);
                fresh = false;
            }
        }
    }
    if cells.len() > 1 || cells.iter().any(|c| !c.is_empty()) {
        rows.push((row, cells));
    }
    rows
}
