//! `review.csv`: RFC 4180 with line feeds, UTF-8 without a mark, text kept from being a formula.

use crate::campaign::Sheet;
use crate::report::csv_text::protect;

/// All rows under one header; fill in `decision`, `justification` and `until`, and leave the rest.
pub fn render(sheet: &Sheet) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and every row has the length of the header.
    let _ = writer.write_record(Sheet::columns());
    for item in &sheet.items {
        let cells = sheet.cells(item);
        let _ = writer.write_record(cells.iter().map(|c| protect(c).into_owned()));
    }
    writer.into_inner().unwrap_or_default()
}
