//! Returned workbooks (`.xlsx`, `.xlsm`, `.ods`), saved by Excel, LibreOffice or a library; formulas count by the value that they were saved with.

use super::grid::{Grid, Held, MERGED, NO_VALUE};
use super::{FILE_LIMIT, open_document};
use crate::campaign::ReturnedSheet;
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
    if open_document::is_one(bytes) {
        let mut sheets = open_document::sheets(bytes)?;
        sheets.sort_by_key(|(name, _)| name != REVIEW);
        let sheets = sheets.into_iter().filter_map(|(name, grid)| Some((name, grid.sheet()?)));
        return first_of(sheets.collect());
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| torn(&e))?;
    let mut names = book.sheet_names();
    names.sort_by_key(|n| n != REVIEW);
    let mut held = Held::default();
    let mut sheets = Vec::new();
    for name in names {
        match grid(&mut book, &name, &mut held) {
            Ok(grid) => sheets.extend(grid.sheet().map(|sheet| (name, sheet))),
            Err(Unread::Bounds(why)) => return Err(why),
            Err(Unread::Sheet) => {}
        }
    }
    first_of(sheets)
}

/// The first of the sheets that have items, which knows the names of the others.
fn first_of(sheets: Vec<(String, ReturnedSheet)>) -> Result<ReturnedSheet, String> {
    let mut sheets = sheets.into_iter();
    let (_, mut sheet) = sheets.next().ok_or(NO_SHEET)?;
    sheet.others = sheets.map(|(name, _)| name).collect();
    Ok(sheet)
}

const NO_SHEET: &str = "no sheet of the workbook has a column 'item_id'; send back review.xlsx with its first row";

/// Why a sheet gives no rows.
enum Unread {
    /// It is no sheet of cells.
    Sheet,
    /// It holds more than a work sheet can.
    Bounds(String),
}

/// The cells of one sheet.
fn grid(book: &mut Xlsx<Cursor<&[u8]>>, name: &str, held: &mut Held) -> Result<Grid, Unread> {
    let mut grid = Grid::default();
    let unread = |what: &str, e: &dyn std::fmt::Display| {
        Unread::Bounds(format!(
            "the {what} of the sheet '{name}' cannot be read: {e}; save it again as Excel workbook (.xlsx)"
        ))
    };
    {
        let mut reader = book.worksheet_cells_reader(name).map_err(|_| Unread::Sheet)?;
        while let Some(cell) = reader.next_cell().map_err(|_| Unread::Sheet)? {
            let (row, column) = cell.get_position();
            let value = text(&Data::from(cell.get_value().clone()));
            grid.put(held, (row as usize, column as usize), &value).map_err(Unread::Bounds)?;
        }
    }
    {
        let mut reader = book.worksheet_cells_reader(name).map_err(|_| Unread::Sheet)?;
        while let Some(cell) = reader.next_formula().map_err(|e| unread("formulas", &e))? {
            let (row, column) = cell.get_position();
            if !cell.get_value().is_empty() {
                let (row, column) = (row as usize, column as usize);
                grid.mark(held, row..=row, column..=column, NO_VALUE).map_err(Unread::Bounds)?;
            }
        }
    }
    let merged = book.merge_cells_by_sheet_name(name).map_err(|e| unread("merged cells", &e))?;
    for area in merged {
        let (rows, columns) = (area.start.0 as usize..=area.end.0 as usize, area.start.1 as usize..=area.end.1 as usize);
        grid.mark(held, rows, columns, MERGED).map_err(Unread::Bounds)?;
    }
    Ok(grid)
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
    fn a_merged_cell_is_not_empty() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let format = rust_xlsxwriter::Format::new();
        let page = book.add_worksheet();
        page.set_name(REVIEW).expect("a name");
        for (column, name) in ["item_id", "decision", "until"].iter().enumerate() {
            page.write_string(0, u16::try_from(column).expect("a column"), *name).expect("a cell");
        }
        for row in 1..5 {
            page.write_string(row, 0, format!("i{row}")).expect("a cell");
        }
        page.merge_range(1, 1, 3, 1, "keep", &format).expect("merged");
        page.write_formula(4, 2, rust_xlsxwriter::Formula::new("=DATE(2027,1,1)").set_result("46388"))
            .expect("a cell");
        let other = book.add_worksheet();
        other.set_name("Copy").expect("a name");
        other.write_string(0, 0, "item_id").expect("a cell");
        let sheet = read(&book.save_to_buffer().expect("a workbook")).expect("a sheet");
        let unread: Vec<((usize, usize), &str)> = sheet.unread.iter().map(|(at, why)| (*at, why.as_str())).collect();
        assert_eq!(unread, [((3, 1), MERGED), ((4, 1), MERGED)], "a formula with its value is read");
        assert_eq!(sheet.rows[0].cells[1], "keep");
        assert_eq!(sheet.others, ["Copy"]);
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
