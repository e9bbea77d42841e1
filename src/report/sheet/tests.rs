//! Sheets as files: what is written comes back as it was, and no name becomes anything but text.

use super::sample::{HOSTILE, sheet};
use super::{PAGE, TABLE, WORKBOOK, render, returned};
use crate::campaign::{Item, ReturnedSheet, Sheet, sheet::sheet_hash};

fn file(sheet: &Sheet, name: &str) -> Vec<u8> {
    let files = render(sheet).expect("renders");
    files.into_iter().find(|(n, _)| *n == name).expect("is there").1
}

/// The cells of a column, row by row.
fn column(sheet: &ReturnedSheet, name: &str) -> Vec<String> {
    let place = sheet.columns.iter().position(|c| c == name).expect("the column is there");
    sheet.rows.iter().map(|r| r.cells.get(place).cloned().unwrap_or_default()).collect()
}

/// The hash that the rows of a returned sheet give.
pub fn hash_of(returned: &ReturnedSheet, sheet: &Sheet) -> String {
    let columns: Vec<Vec<String>> = Item::IDENTITY.iter().map(|c| column(returned, c)).collect();
    let rows: Vec<Vec<String>> = (0..returned.rows.len()).map(|r| columns.iter().map(|c| c[r].clone()).collect()).collect();
    let head = &sheet.head;
    sheet_hash(head.campaign.as_str(), &head.population_sha256, sheet.reviewer.key.as_str(), sheet.stage, &rows)
}

#[test]
fn table_and_workbook_come_back_with_the_same_hash_and_answers() {
    let sheet = sheet(60);
    for name in [TABLE, WORKBOOK] {
        let bytes = file(&sheet, name);
        let back = returned::read(name, &bytes).expect("reads").sheet;
        assert_eq!(back.rows.len(), 60, "{name}");
        assert_eq!(hash_of(&back, &sheet), sheet.hash, "{name}");
        assert_eq!(column(&back, "sheet_sha256")[0], sheet.hash, "{name}");
        assert_eq!(column(&back, "decision")[1], "exception", "{name}");
        assert_eq!(column(&back, "justification")[1], "=1+1 is not a formula here", "{name}");
        assert_eq!(column(&back, "until")[1], "2026-12-31", "{name}");
        assert_eq!(back.rows[0].row, 2, "{name}");
    }
}

#[test]
fn the_same_sheet_gives_the_same_bytes() {
    let sheet = sheet(9);
    assert_eq!(render(&sheet).expect("renders"), render(&sheet).expect("renders"));
}

#[test]
fn no_name_becomes_markup_script_or_formula() {
    let sheet = sheet(12);
    let page = String::from_utf8(file(&sheet, PAGE)).expect("text");
    for name in HOSTILE.iter().filter(|n| n.contains(['<', '\u{202e}', '\u{1b}'])) {
        assert!(!page.contains(*name), "{name:?} stands in the page as it is");
    }
    assert!(page.contains("&#60;img src=x onerror=alert(1)&#62;"), "the markup is shown as text");
    assert_eq!(page.matches("</script>").count(), 2, "data and script end once each");
    assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
    let table = String::from_utf8(file(&sheet, TABLE)).expect("text");
    for row in csv::Reader::from_reader(table.as_bytes()).records() {
        for cell in &row.expect("a row") {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{cell}");
        }
    }
    let mut book = zip::ZipArchive::new(std::io::Cursor::new(file(&sheet, WORKBOOK))).expect("a zip");
    let mut xml = String::new();
    std::io::Read::read_to_string(&mut book.by_name("xl/worksheets/sheet1.xml").expect("the sheet"), &mut xml).expect("text");
    assert!(!xml.contains("<f>"), "a cell holds a formula");
    assert!(xml.contains("<sheetProtection") && xml.contains("\"keep,revoke,modify,exception\""));
}

#[test]
fn a_sheet_without_items_is_still_a_sheet() {
    let sheet = sheet(0);
    for name in [TABLE, WORKBOOK] {
        let back = returned::read(name, &file(&sheet, name)).expect("reads").sheet;
        assert_eq!((back.rows.len(), back.columns.len()), (0, Sheet::columns().len()), "{name}");
    }
    assert!(file(&sheet, PAGE).len() > 10_000);
}
