//! An auditor's test sheet as a workbook: texts are texts, nothing is evaluated, the columns for the auditor are shaded and empty.

use crate::model::Instant;
use crate::model::shown::visible;
use crate::report::ReportError;
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, XlsxError};

/// Letters of a cell: a workbook takes no more than 32,767.
const CELL: usize = 32_600;

/// The workbook: a sheet of rows under their header, and a sheet that says what they are.
///
/// # Errors
/// When the library refuses a cell, which no text of ours is.
pub fn bytes(header: &[&str], rows: &[Vec<String>], about: &[(String, String)], as_of: Instant) -> Result<Vec<u8>, ReportError> {
    build(header, rows, about, as_of).map_err(ReportError::encode("a test sheet"))
}

fn is_room(column: &str) -> bool {
    matches!(column, "tick_mark" | "auditor_remark")
}

fn build(header: &[&str], rows: &[Vec<String>], about: &[(String, String)], as_of: Instant) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let created = ExcelDateTime::from_timestamp(as_of.0.div_euclid(1_000_000))?;
    book.set_properties(&DocProperties::new().set_title("Test sheet").set_creation_datetime(&created));
    let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
    let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let room = Format::new()
        .set_background_color(Color::RGB(0x00FF_F2CC))
        .set_border(FormatBorder::Thin)
        .set_text_wrap();
    let page = book.add_worksheet().set_name("Test")?;
    for (column, name) in (0u16..).zip(header) {
        page.write_string_with_format(0, column, *name, &head)?;
        page.set_column_width(column, if name.ends_with("evidence") || is_room(name) { 28 } else { 18 })?;
    }
    for (row, cells) in (1u32..).zip(rows) {
        for ((column, name), cell) in (0u16..).zip(header).zip(cells) {
            let text = fitting(visible(cell));
            if is_room(name) {
                page.write_blank(row, column, &room)?;
            } else if !text.is_empty() {
                page.write_string_with_format(row, column, text, &wrap)?;
            }
        }
    }
    page.set_freeze_panes(1, 2)?;
    let last = u16::try_from(header.len().saturating_sub(1)).unwrap_or(u16::MAX);
    page.autofilter(0, 0, u32::try_from(rows.len()).unwrap_or(u32::MAX), last)?;
    let page = book.add_worksheet().set_name("About")?;
    page.set_column_width(0, 26)?.set_column_width(1, 100)?;
    for (row, (name, text)) in (0u32..).zip(about) {
        page.write_string_with_format(row, 0, name, &head)?;
        page.write_string_with_format(row, 1, visible(text), &wrap)?;
    }
    book.save_to_buffer()
}

/// What fits a cell; of more, that it is cut.
fn fitting(text: String) -> String {
    match text.char_indices().nth(CELL) {
        Some((end, _)) => format!("{} … cut; the CSV beside it has all of it", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx};

    #[test]
    fn another_library_reads_texts_and_finds_no_formula() {
        let rows = vec![vec!["=1+1".to_string(), "yes".into(), String::new()]];
        let about = [("Population".to_string(), "held".to_string())];
        let make = || bytes(&["id", "requested", "tick_mark"], &rows, &about, Instant(1_793_000_000_000_000)).expect("a workbook");
        assert_eq!(make(), make(), "the same bytes every time");
        let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(make())).expect("a workbook");
        let page = book.worksheet_range("Test").expect("a sheet");
        let cells: Vec<&Data> = page.rows().nth(1).expect("a row").iter().collect();
        assert_eq!(cells[0], &Data::String("=1+1".into()));
        assert_eq!(cells.get(2).copied().unwrap_or(&Data::Empty), &Data::Empty, "room for the auditor");
        assert!(book.worksheet_formula("Test").expect("a sheet").is_empty());
    }

    #[test]
    fn what_does_not_fit_a_cell_says_so() {
        let long = "é".repeat(CELL + 1);
        let cut = fitting(long.clone());
        assert!(
            cut.chars().count() < 32_767 && cut.ends_with("the CSV beside it has all of it"),
            "{}",
            cut.len()
        );
        assert_eq!(fitting("é".repeat(CELL)), "é".repeat(CELL));
    }
}
