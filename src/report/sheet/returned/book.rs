//! Returned workbooks, saved by Excel, LibreOffice or a library; formulas count by the value that they were saved with.

use super::{FILE_LIMIT, header};
use crate::campaign::{ReturnedRow, ReturnedSheet};
use crate::report::sheet::workbook::REVIEW;
use calamine::{Data, Reader, Xlsx};
use std::io::{Cursor, Read, copy, sink};

/// The grid of the sheet `Review`, else of the first sheet that has a column `item_id`.
///
/// # Errors
/// When the file is torn, unpacks to more than the limit, or has no such sheet.
pub fn read(bytes: &[u8]) -> Result<ReturnedSheet, String> {
    let torn = |e: &dyn std::fmt::Display| format!("the workbook cannot be read: {e}; save it again as Excel workbook (.xlsx)");
    measure(bytes).map_err(|e| torn(&e))?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| torn(&e))?;
    let mut names = book.sheet_names();
    names.sort_by_key(|n| n != REVIEW);
    for name in names {
        let Ok(range) = book.worksheet_range(&name) else { continue };
        let above = range.start().map_or(0, |(row, _)| row as usize);
        let before = range.start().map_or(0, |(_, column)| column as usize);
        let rows: Vec<Vec<String>> = range.rows().map(|r| r.iter().map(text).collect()).collect();
        let Some(head) = header(rows.get(..rows.len().min(20)).unwrap_or_default()) else {
            continue;
        };
        // Empty columns at the left count, so that cells are named as the workbook names them.
        let wide = |cells: Vec<String>| vec![String::new(); before].into_iter().chain(cells).collect::<Vec<_>>();
        let mut rows = rows.into_iter().enumerate().skip(head);
        let columns = rows.next().map(|(_, cells)| wide(cells)).unwrap_or_default();
        return Ok(ReturnedSheet {
            columns: columns.iter().map(|c| c.trim().to_string()).collect(),
            rows: rows
                .filter(|(_, cells)| cells.iter().any(|c| !c.trim().is_empty()))
                .map(|(at, cells)| ReturnedRow {
                    row: above + at + 1,
                    cells: wide(cells),
                })
                .collect(),
            ..ReturnedSheet::default()
        });
    }
    Err("no sheet of the workbook has a column 'item_id'; send back review.xlsx with its first row".into())
}

/// Unpacks every part once into nothing, so that a small file cannot fill the memory later.
fn measure(bytes: &[u8]) -> Result<(), String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let mut left = FILE_LIMIT;
    for n in 0..archive.len() {
        let mut part = archive.by_index(n).map_err(|e| e.to_string())?;
        let size = copy(&mut part.by_ref().take(left + 1), &mut sink()).map_err(|e| e.to_string())?;
        left = left.checked_sub(size).ok_or("it unpacks to more than 512 MiB")?;
    }
    Ok(())
}

/// A cell as text: dates as `YYYY-MM-DD`, whole numbers without a point.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) => unescape(text),
        Data::Int(n) => n.to_string(),
        Data::Float(n) => n.to_string(),
        Data::Bool(b) => b.to_string(),
        Data::DateTime(at) => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            match (hour, minute, second) {
                (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"),
            }
        }
        Data::DateTimeIso(text) | Data::DurationIso(text) => text.strip_suffix("T00:00:00").unwrap_or(text).to_string(),
        Data::Error(e) => e.to_string(),
    }
}

/// Workbooks write characters that XML cannot hold as `_x001B_`, and an underscore that could be misread as `_x005F_`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, mark) = rest.split_at(at);
        out.push_str(before);
        let letter = mark
            .get(2..6)
            .filter(|_| mark.get(6..7) == Some("_"))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32);
        match letter {
            Some(c) => {
                out.push(c);
                rest = mark.get(7..).unwrap_or_default();
            }
            None => {
                out.push_str("_x");
                rest = mark.get(2..).unwrap_or_default();
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_workbooks_are_undone() {
        for (text, expected) in [
            ("_x001B_[2J", "\u{1b}[2J"),
            ("_x005F_x001B_", "_x001B_"),
            ("a_xb", "a_xb"),
            ("_x00", "_x00"),
            ("_x__x0041_", "_x_A"),
            ("_xZZZZ_é", "_xZZZZ_é"),
        ] {
            assert_eq!(unescape(text), expected);
        }
    }
}
