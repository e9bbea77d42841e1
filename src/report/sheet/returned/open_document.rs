//! Workbooks as LibreOffice saves them by itself (`.ods`): read in one pass, what is repeated is counted and not copied.

use super::grid::{Grid, Held, MERGED, NO_VALUE};
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::io::{BufRead, BufReader, Cursor, Read};

/// Most blanks that one mark for blanks stands for.
const BLANKS: usize = 1_000;
/// The largest list of parts that is looked through for the mark of encryption.
const LIST: u64 = 1 << 20;

/// Whether a packed file is one: its first part is its type, not packed.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(128)).unwrap_or_default();
    let kind = b"mimetypeapplication/vnd.oasis.opendocument.";
    start.windows(kind.len()).any(|w| w == kind)
}

/// Every sheet with its name, in the order of the file.
///
/// # Errors
/// When it is protected by a password, torn, or holds more than a work sheet can.
pub(super) fn sheets(bytes: &[u8]) -> Result<Vec<(String, Grid)>, String> {
    let torn = |e: &dyn std::fmt::Display| format!("the OpenDocument sheet cannot be read: {e}; save it again, or as Excel workbook (.xlsx)");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| torn(&e))?;
    let mut list = Vec::new();
    if let Ok(part) = archive.by_name("META-INF/manifest.xml") {
        part.take(LIST).read_to_end(&mut list).map_err(|e| torn(&e))?;
    }
    let mark = b"encryption-data";
    if list.windows(mark.len()).any(|w| w == mark) {
        return Err("it is protected by a password; save it again without one".into());
    }
    let part = archive.by_name("content.xml").map_err(|e| torn(&e))?;
    let mut content = Content::default();
    match content.read(BufReader::new(part)) {
        Ok(()) => Ok(content.sheets),
        Err(Unread::Torn(e)) => Err(torn(&e)),
        Err(Unread::Bounds(why)) => Err(why),
    }
}

enum Unread {
    Torn(String),
    Bounds(String),
}

impl From<quick_xml::Error> for Unread {
    fn from(e: quick_xml::Error) -> Self {
        Self::Torn(e.to_string())
    }
}

/// Where the reader is, and what it has.
#[derive(Default)]
struct Content {
    sheets: Vec<(String, Grid)>,
    held: Held,
    /// Whether it is inside of a sheet.
    inside: bool,
    /// The next row and column, from 0.
    row: usize,
    column: usize,
    /// How often the row stands there.
    times: usize,
    /// Its cells that are not empty: the first column, over how many, and the value.
    cells: Vec<(usize, usize, String)>,
    /// Its cells that have no value and are not empty: the first column, over how many, and why.
    unread: Vec<(usize, usize, &'static str)>,
    cell: Option<Cell>,
    /// How deep it is inside of something that is no text of a cell: a comment, a picture.
    skipped: usize,
}

/// A cell that is being read.
struct Cell {
    times: usize,
    /// What its attributes say; the text counts when they say nothing.
    value: Option<String>,
    text: String,
    paragraphs: usize,
    /// Whether it is inside of a paragraph.
    open: bool,
    /// Whether it lies under another.
    covered: bool,
    /// Whether a formula gives its value.
    formula: bool,
}

impl Content {
    fn read(&mut self, source: impl BufRead) -> Result<(), Unread> {
        let mut reader = quick_xml::Reader::from_reader(source);
        reader.config_mut().expand_empty_elements = true;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer)? {
                Event::Start(_) if self.skipped > 0 => self.skipped += 1,
                Event::End(_) if self.skipped > 0 => self.skipped -= 1,
                Event::Start(e) => self.begin(&e)?,
                Event::End(e) => self.end(e.name().0)?,
                Event::Text(t) => self.text(&t.xml10_content()),
                Event::CData(t) => self.text(&t.xml10_content()),
                Event::GeneralRef(e) => self.reference(&e)?,
                Event::Eof if self.inside => return Err(Unread::Torn("it ends inside of a sheet".into())),
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn begin(&mut self, e: &BytesStart) -> Result<(), Unread> {
        let name = e.name().0;
        if let Some(cell) = &mut self.cell {
            match name {
                "text:p" | "text:h" => {
                    if cell.paragraphs > 0 {
                        cell.text.push('\n');
                    }
                    cell.paragraphs += 1;
                    cell.open = true;
                }
                "text:s" => cell.text.extend(std::iter::repeat_n(' ', count(e, "text:c")?.min(BLANKS))),
                "text:tab" => cell.text.push('\t'),
                "text:line-break" => cell.text.push('\n'),
                "text:span" | "text:a" => {}
                _ => self.skipped = 1,
            }
            return Ok(());
        }
        match name {
            "table:table" => {
                let name = attribute(e, "table:name")?.unwrap_or_default();
                self.sheets.push((name, Grid::default()));
                (self.inside, self.row) = (true, 0);
            }
            "table:table-row" => (self.column, self.times) = (0, count(e, "table:number-rows-repeated")?),
            "table:table-cell" | "table:covered-table-cell" => {
                self.cell = Some(Cell {
                    times: count(e, "table:number-columns-repeated")?,
                    value: value(e)?,
                    text: String::new(),
                    paragraphs: 0,
                    open: false,
                    covered: name == "table:covered-table-cell",
                    formula: attribute(e, "table:formula")?.is_some(),
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), Unread> {
        match name {
            "text:p" | "text:h" => {
                if let Some(cell) = &mut self.cell {
                    cell.open = false;
                }
            }
            "table:table-cell" | "table:covered-table-cell" => self.end_of_cell()?,
            "table:table-row" if self.inside => self.end_of_row()?,
            "table:table" => self.inside = false,
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let Some(cell) = self.cell.as_mut().filter(|c| c.open && self.skipped == 0) else {
            return;
        };
        // Blanks and ends of lines of the file are one blank (OpenDocument 1.3, part 3, 6.1.2).
        for c in text.chars() {
            match c {
                ' ' | '\t' | '\r' | '\n' if cell.text.ends_with([' ', '\n', '\t']) || cell.text.is_empty() => {}
                ' ' | '\t' | '\r' | '\n' => cell.text.push(' '),
                c => cell.text.push(c),
            }
        }
    }

    fn reference(&mut self, e: &BytesRef) -> Result<(), Unread> {
        let Some(cell) = self.cell.as_mut().filter(|c| c.open && self.skipped == 0) else {
            return Ok(());
        };
        match e.resolve_char_ref()? {
            Some(c) => cell.text.push(c),
            None => {
                let name = e.xml10_content();
                let known = resolve_predefined_entity(&name).ok_or_else(|| Unread::Torn(format!("nothing is called &{name};")))?;
                cell.text += known;
            }
        }
        Ok(())
    }

    fn end_of_cell(&mut self) -> Result<(), Unread> {
        let Some(cell) = self.cell.take() else { return Ok(()) };
        let value = cell.value.unwrap_or(cell.text);
        if !value.is_empty() {
            self.cells.push((self.column, cell.times, value));
        } else if cell.covered || cell.formula {
            let why = if cell.covered { MERGED } else { NO_VALUE };
            self.unread.push((self.column, cell.times, why));
        }
        self.column = self.column.saturating_add(cell.times);
        Ok(())
    }

    fn end_of_row(&mut self) -> Result<(), Unread> {
        let (cells, unread) = (std::mem::take(&mut self.cells), std::mem::take(&mut self.unread));
        let times = if cells.is_empty() && unread.is_empty() { 0 } else { self.times };
        if let Some((_, grid)) = self.sheets.last_mut() {
            for row in self.row..self.row.saturating_add(times) {
                for (first, columns, value) in &cells {
                    for column in *first..first.saturating_add(*columns) {
                        grid.put(&mut self.held, (row, column), value).map_err(Unread::Bounds)?;
                    }
                }
                for (first, columns, why) in &unread {
                    let last = first.saturating_add(columns.saturating_sub(1));
                    grid.mark(&mut self.held, row..=row, *first..=last, why).map_err(Unread::Bounds)?;
                }
            }
        }
        self.row = self.row.saturating_add(self.times);
        Ok(())
    }
}

/// An attribute of an element.
fn attribute(e: &BytesStart, name: &str) -> Result<Option<String>, Unread> {
    for attribute in e.attributes().with_checks(false) {
        let attribute = attribute.map_err(|e| Unread::Torn(e.to_string()))?;
        if attribute.key.0 == name {
            return Ok(Some(attribute.normalized_value(XmlVersion::Implicit1_0)?.into_owned()));
        }
    }
    Ok(None)
}

/// How often something stands there; once where nothing is said.
fn count(e: &BytesStart, name: &str) -> Result<usize, Unread> {
    match attribute(e, name)? {
        None => Ok(1),
        Some(text) => text.parse().map_err(|_| Unread::Torn(format!("{name} is '{text}'"))),
    }
}

/// What the attributes of a cell say that it holds, as the reader of Excel's workbooks gives it; `None` where its text counts.
fn value(e: &BytesStart) -> Result<Option<String>, Unread> {
    let kind = attribute(e, "office:value-type")?.unwrap_or_default();
    Ok(match kind.as_str() {
        "float" | "percentage" | "currency" => attribute(e, "office:value")?.map(|v| v.parse::<f64>().map_or(v, |n| n.to_string())),
        "date" => attribute(e, "office:date-value")?.map(|v| v.strip_suffix("T00:00:00").map_or(v.clone(), String::from)),
        "time" => attribute(e, "office:time-value")?,
        "boolean" => attribute(e, "office:boolean-value")?,
        "string" => attribute(e, "office:string-value")?,
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use std::io::Write;

    /// A file with these rows in a sheet `Review`.
    fn file(rows: &str) -> Vec<u8> {
        packed(&format!(
            r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content><office:body><office:spreadsheet>
            <table:table table:name="Other"><table:table-row><table:table-cell office:value-type="string"><text:p>nothing</text:p></table:table-cell></table:table-row></table:table>
            <table:table table:name="Review">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
        ))
    }

    fn packed(content: &str) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let plain = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file("mimetype", plain).expect("a part");
        archive.write_all(b"application/vnd.oasis.opendocument.spreadsheet").expect("written");
        archive.start_file("content.xml", zip::write::SimpleFileOptions::default()).expect("a part");
        archive.write_all(content.as_bytes()).expect("written");
        archive.finish().expect("a file").into_inner()
    }

    const HEAD: &str = r#"<table:table-row><table:table-cell/><table:table-cell office:value-type="string"><text:p>item_id</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>decision</text:p></table:table-cell></table:table-row>"#;

    fn row(cells: &str) -> String {
        format!("<table:table-row>{cells}</table:table-row>")
    }

    #[test]
    fn each_kind_of_cell_is_read_as_of_a_workbook() {
        for (cell, expected) in [
            (
                r#"<table:table-cell office:value-type="float" office:value="12"><text:p>12,00</text:p></table:table-cell>"#,
                "12",
            ),
            (
                r#"<table:table-cell office:value-type="date" office:date-value="2027-12-31"><text:p>31.12.27</text:p></table:table-cell>"#,
                "2027-12-31",
            ),
            (
                r#"<table:table-cell office:value-type="date" office:date-value="2027-12-31T00:00:00"><text:p>31.12.27</text:p></table:table-cell>"#,
                "2027-12-31",
            ),
            (
                r#"<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>WAHR</text:p></table:table-cell>"#,
                "true",
            ),
            (
                r#"<table:table-cell table:formula="of:=1" office:value-type="string" office:string-value="keep"><text:p>x</text:p></table:table-cell>"#,
                "keep",
            ),
            (
                "<table:table-cell office:value-type=\"string\"><text:p>Zürich, &quot;unit\n  7&#x22;<text:s text:c=\"2\"/>a &amp; <text:span>b</text:span></text:p><text:p>two</text:p></table:table-cell>",
                "Zürich, \"unit 7\"  a & b\ntwo",
            ),
            (
                r#"<table:table-cell office:value-type="string"><office:annotation><text:p>a comment</text:p></office:annotation><text:p>keep</text:p></table:table-cell>"#,
                "keep",
            ),
        ] {
            let rows = format!("{HEAD}{}", row(&format!("<table:table-cell/><table:covered-table-cell/>{cell}")));
            let sheet = read("back.ods", &file(&rows)).unwrap_or_else(|e| panic!("{e}")).sheet;
            assert_eq!(sheet.columns, ["", "item_id", "decision"]);
            assert_eq!((sheet.rows[0].row, sheet.rows[0].cells[2].as_str()), (2, expected));
        }
    }

    #[test]
    fn what_is_repeated_keeps_its_place_and_costs_no_more_than_it_holds() {
        let id = r#"<table:table-cell/><table:table-cell office:value-type="string"><text:p>i1</text:p></table:table-cell>"#;
        let empty = r#"<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>"#;
        let twice = format!(r#"<table:table-row table:number-rows-repeated="2">{id}</table:table-row>"#);
        let sheet = read("back.ods", &file(&format!("{HEAD}{twice}{empty}{}", row(id)))).expect("reads").sheet;
        assert_eq!(
            sheet.rows.iter().map(|r| (r.row, r.cells.len())).collect::<Vec<_>>(),
            [(2, 3), (3, 3), (1_048_574, 3)]
        );
        for (wide, told) in [
            (
                r#"<table:table-cell table:number-columns-repeated="18446744073709551615" office:value-type="string"><text:p>x</text:p></table:table-cell>"#,
                "column 1025 of row 2",
            ),
            (
                r#"<table:table-cell table:number-columns-repeated="16383"/><table:table-cell office:value-type="string"><text:p>far</text:p></table:table-cell>"#,
                "column 16384 of row 2",
            ),
        ] {
            let refused = read("back.ods", &file(&format!("{HEAD}{}", row(wide)))).expect_err("too wide").problem;
            assert!(refused.contains(told), "{refused}");
        }
        let long = format!(r#"<table:table-row table:number-rows-repeated="18446744073709551615">{id}</table:table-row>"#);
        let refused = read("back.ods", &file(&format!("{HEAD}{long}"))).expect_err("too long").problem;
        assert!(refused.contains("more than 8000000 cells"), "{refused}");
    }

    #[test]
    fn a_merged_cell_and_a_formula_without_a_value_are_not_empty() {
        let id = r#"<table:table-cell/><table:table-cell office:value-type="string"><text:p>i1</text:p></table:table-cell>"#;
        let over = r#"<table:table-cell table:number-rows-spanned="2" office:value-type="string"><text:p>keep</text:p></table:table-cell>"#;
        let rows = [over, "<table:covered-table-cell/>", r#"<table:table-cell table:formula="of:=[.C2]"/>"#];
        let rows: String = rows.iter().map(|cell| row(&format!("{id}{cell}"))).collect();
        let sheet = read("back.ods", &file(&format!("{HEAD}{rows}"))).expect("reads").sheet;
        let unread: Vec<((usize, usize), &str)> = sheet.unread.iter().map(|(at, why)| (*at, why.as_str())).collect();
        assert_eq!(unread, [((3, 2), super::MERGED), ((4, 2), super::NO_VALUE)]);
    }

    #[test]
    fn what_is_torn_is_told() {
        for (content, told) in [
            ("<office:spreadsheet><table:table>", "inside of a sheet"),
            ("<table:table><table:table-row></table:table></table:table-row>", "cannot be read"),
            (
                r#"<table:table><table:table-row table:number-rows-repeated="many"/></table:table>"#,
                "is 'many'",
            ),
            ("<office:spreadsheet/>", "column 'item_id'"),
        ] {
            let refused = read("back.ods", &packed(content)).expect_err("torn").problem;
            assert!(refused.contains(told), "{content}: {refused}");
        }
    }
}
