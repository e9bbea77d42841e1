//! Returned workbooks, saved by Excel, LibreOffice or a library; formulas count by the value that they were saved with.

use super::{FILE_LIMIT, header};
use crate::campaign::{ReturnedRow, ReturnedSheet};
use crate::report::sheet::workbook::REVIEW;
use calamine::{Data, Reader, Xlsx};
use std::collections::BTreeMap;
use std::io::{Cursor, Read, copy, sink};

/// The grid of the sheet `Review`, else of the first sheet that has a column `item_id`.
///
/// # Errors
/// When the file is torn, unpacks to more than the limit, or has no such sheet.
pub fn read(bytes: &[u8]) -> Result<ReturnedSheet, String> {
    if is_open_document(bytes) {
        return Err("an OpenDocument sheet; save it as Excel workbook (.xlsx), or as CSV".into());
    }
    let torn = |e: &dyn std::fmt::Display| format!("the workbook cannot be read: {e}; save it again as Excel workbook (.xlsx)");
    measure(bytes).map_err(|e| torn(&e))?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| torn(&e))?;
    let mut names = book.sheet_names();
    names.sort_by_key(|n| n != REVIEW);
    for name in names {
        let rows = match grid(&mut book, &name) {
            Ok(rows) => rows,
            Err(Unread::Bounds(why)) => return Err(why),
            Err(Unread::Sheet) => continue,
        };
        let cells: Vec<Vec<String>> = rows.iter().take(20).map(|(_, cells)| cells.clone()).collect();
        let Some(head) = header(&cells) else { continue };
        let mut rows = rows.into_iter().skip(head);
        let columns = rows.next().map(|(_, cells)| cells).unwrap_or_default();
        let width = columns.len();
        return Ok(ReturnedSheet {
            columns: columns.iter().map(|c| c.trim().to_string()).collect(),
            rows: rows
                .filter(|(_, cells)| cells.iter().any(|c| !c.trim().is_empty()))
                .map(|(row, mut cells)| {
                    // A row ends with its last cell: every column of the head is there.
                    cells.resize(cells.len().max(width), String::new());
                    ReturnedRow { row, cells }
                })
                .collect(),
            ..ReturnedSheet::default()
        });
    }
    Err("no sheet of the workbook has a column 'item_id'; send back review.xlsx with its first row".into())
}

/// The first part of such a file is its type, not packed.
fn is_open_document(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(128)).unwrap_or_default();
    let kind = b"mimetypeapplication/vnd.oasis.opendocument.";
    start.windows(kind.len()).any(|w| w == kind)
}

/// Columns beyond which no cell of a work sheet lies, whatever people add beside it.
const WIDEST: usize = 1_024;
/// Most cells and bytes of text that are held of one sheet: a far cell costs itself, and not the field before it.
const CELLS: usize = 8_000_000;
const TEXT: usize = 256 << 20;

/// Why a sheet gives no rows.
enum Unread {
    /// It is no sheet of cells.
    Sheet,
    /// It holds more than a work sheet can.
    Bounds(String),
}

/// The rows that have cells, by their number in the sheet; empty columns at the left count, so that cells are named as there.
fn grid(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<(usize, Vec<String>)>, Unread> {
    let mut reader = book.worksheet_cells_reader(name).map_err(|_| Unread::Sheet)?;
    let mut rows: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let (mut held, mut bytes) = (0_usize, 0_usize);
    while let Some(cell) = reader.next_cell().map_err(|_| Unread::Sheet)? {
        let (row, column) = cell.get_position();
        let (row, column) = (row as usize, column as usize);
        let value = text(&Data::from(cell.get_value().clone()));
        if value.is_empty() {
            continue;
        }
        if column >= WIDEST {
            return Err(Unread::Bounds(format!(
                "a cell stands in column {} of row {}, beyond the {WIDEST} columns that a sheet may have; delete what stands there, and save it again",
                column + 1,
                row + 1
            )));
        }
        let cells = rows.entry(row + 1).or_default();
        held += (column + 1).saturating_sub(cells.len());
        bytes += value.len();
        if held > CELLS || bytes > TEXT {
            return Err(Unread::Bounds(format!(
                "the sheet '{name}' holds more than {CELLS} cells or {TEXT} bytes of text; send back the sheet that was handed out"
            )));
        }
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        cells[column] = value;
    }
    Ok(rows.into_iter().collect())
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

    /// A work sheet with one more cell, far away.
    fn with_far_cell(row: u32, column: u16) -> Vec<u8> {
        let mut book = rust_xlsxwriter::Workbook::new();
        let page = book.add_worksheet();
        page.set_name(REVIEW).expect("a name");
        page.write_string(0, 1, "item_id").expect("a cell");
        page.write_string(0, 2, "decision").expect("a cell");
        page.write_string(1, 1, "i1").expect("a cell");
        page.write_string(row, column, "far").expect("a cell");
        book.save_to_buffer().expect("a workbook")
    }

    #[test]
    fn a_far_cell_costs_itself_or_is_refused() {
        let sheet = read(&with_far_cell(1_048_575, 2)).expect("a sheet");
        assert_eq!(sheet.columns, ["", "item_id", "decision"]);
        let rows: Vec<(usize, usize)> = sheet.rows.iter().map(|r| (r.row, r.cells.len())).collect();
        assert_eq!(rows, [(2, 3), (1_048_576, 3)], "rows keep their numbers, and nothing is made of those between");
        let refused = read(&with_far_cell(5, 16_383)).expect_err("too far");
        assert!(refused.contains("column 16384 of row 6"), "{refused}");
    }

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
