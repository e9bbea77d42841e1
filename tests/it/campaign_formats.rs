//! Sheets as Excel, LibreOffice, Google and editors save them: one cell that is wrong costs its row, in every format.

use crate::campaign::{Row, ok, on, reviewers, sample, sheet, status};
use crate::common::Run;
use crate::tools;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const REVIEWER: &str = "hanna.lindgren@meridell-care.example";
/// The row with a word that is none, and the one with a date.
const WRONG: usize = 2;
const DATED: usize = 3;

struct Opened {
    run: Run,
    id: String,
    key: String,
    columns: Vec<String>,
    rows: Vec<Row>,
}

fn opened() -> Opened {
    let run = Run::new();
    ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    run.write(
        "campaign.toml",
        &format!("name = \"Formats\"\njustification = []\n[[reviewers]]\nby = \"person\"\npersons = [\"{REVIEWER}\"]\n"),
    );
    let told = ok(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
    let id = told.stdout.trim().to_string();
    let key = reviewers(&status(&run, 0, &id))
        .into_iter()
        .find(|k| k.contains("hanna"))
        .expect("the reviewer");
    let (columns, mut rows) = sheet(&run, &id, &key);
    assert!(rows.len() > 10);
    for (n, row) in rows.iter_mut().enumerate() {
        let (word, why) = match n {
            WRONG => ("keeep", ""),
            DATED => ("modify", "moves to Zürich, \"unit 7\"; smaller role"),
            _ => ("keep", ""),
        };
        row.insert("decision".into(), word.into());
        row.insert("justification".into(), why.into());
        // As the page saves it.
        row.insert("decided_at".into(), "2026-07-02T09:15:30.123Z".into());
    }
    Opened { run, id, key, columns, rows }
}

impl Opened {
    /// The table with a separator, an end of line and a way to write the date.
    fn text(&self, separator: u8, end: &str, date: &str, style: csv::QuoteStyle) -> String {
        let mut writer = csv::WriterBuilder::new().delimiter(separator).quote_style(style).from_writer(Vec::new());
        writer.write_record(&self.columns).expect("written");
        for (n, row) in self.rows.iter().enumerate() {
            let cell = |c: &String| if c == "until" && n == DATED { date } else { row[c].as_str() };
            writer.write_record(self.columns.iter().map(cell)).expect("written");
        }
        let text = String::from_utf8(writer.into_inner().expect("flushed")).expect("text");
        text.replace('\n', end)
    }

    /// What an import would take of a file: every row but one, which is named with its cell.
    fn taken_whole(&self, what: &str, file: &Path) {
        let file = file.to_str().expect("a path");
        let told = on(
            &self.run,
            1,
            &[
                "campaign",
                "import",
                file,
                "--as",
                &self.key,
                "--campaign",
                &self.id,
                "--lake",
                "lake",
                "--dry-run",
            ],
        );
        let decided = format!("1 files: {} rows decided, 0 left empty, 1 not taken", self.rows.len() - 1);
        assert!(told.code == 0 && told.stderr.contains(&decided), "{what}: {}", told.stderr);
        let refused: Vec<&str> = told.stderr.lines().filter(|l| l.starts_with("not taken: ")).collect();
        assert_eq!(refused.len(), 1, "{what}: {refused:?}");
        assert!(refused[0].contains("(decision): 'keeep' is no decision"), "{what}: {refused:?}");
    }
}

#[test]
fn tables_of_excel_google_and_editors_lose_no_more_than_the_row_of_a_wrong_cell() {
    use csv::QuoteStyle::{Always, Necessary};
    let opened = opened();
    // What the code page of Western Europe lacks becomes a question mark.
    let western = |text: String| -> Vec<u8> { text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect() };
    let utf16 = |text: String| [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    let marked = |text: String| [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    let plain = String::into_bytes;
    let padded = |text: String| {
        let rows = text.replace('\n', ";;;\n");
        format!("{rows};;;;;;\n;;;;;;\n").into_bytes()
    };
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("Excel, CSV UTF-8", marked(opened.text(b',', "\r\n", "12/31/2027", Necessary))),
        ("Excel in Germany, CSV", western(opened.text(b';', "\r\n", "31.12.2027", Necessary))),
        ("Excel in Germany, CSV UTF-8", marked(opened.text(b';', "\r\n", "31.12.2027", Necessary))),
        ("Excel in France, CSV", western(opened.text(b';', "\r\n", "31/12/2027", Necessary))),
        ("Excel in the United States, CSV", western(opened.text(b',', "\r\n", "12/31/2027", Necessary))),
        ("Excel, a date in letters", western(opened.text(b',', "\r\n", "31-Dec-27", Necessary))),
        ("Excel, Unicode text", utf16(opened.text(b'\t', "\r\n", "31.12.2027", Necessary))),
        ("Excel, text with tabs", western(opened.text(b'\t', "\r\n", "12/31/2027", Necessary))),
        ("Excel, CSV Macintosh", western(opened.text(b';', "\r", "31.12.2027", Necessary))),
        (
            "Excel, with a sep= line",
            marked(format!("sep=;\r\n{}", opened.text(b';', "\r\n", "31.12.2027", Necessary))),
        ),
        ("Excel, empty columns and rows behind", padded(opened.text(b';', "\n", "31.12.2027", Necessary))),
        ("Google, CSV", plain(opened.text(b',', "\r\n", "2027-12-31", Necessary))),
        ("Google in the United States, CSV", plain(opened.text(b',', "\r\n", "12/31/2027", Necessary))),
        ("Google, TSV", plain(opened.text(b'\t', "\r\n", "2027-12-31", Necessary))),
        ("Numbers, CSV", plain(opened.text(b';', "\n", "31.12.2027", Necessary))),
        ("an editor that quotes everything", plain(opened.text(b',', "\n", "2027-12-31", Always))),
        ("a time of midnight", plain(opened.text(b',', "\n", "31/12/2027 00:00:00", Necessary))),
    ];
    for (n, (what, bytes)) in forms.iter().enumerate() {
        let path = opened.run.dir().join(format!("back-{n}.csv"));
        fs::write(&path, bytes).expect("a file");
        opened.taken_whole(what, &path);
    }
}

/// Fills the workbook in as a person does, with a real date.
const FILL: &str = r#"
import sys, datetime, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
sheet = book["Review"]
heads = {c.value: c.column for c in sheet[1]}
wrong, dated = int(sys.argv[3]), int(sys.argv[4])
for n, row in enumerate(range(2, sheet.max_row + 1)):
    sheet.cell(row, heads["decision"]).value = "keeep" if n == wrong else "modify" if n == dated else "keep"
    sheet.cell(row, heads["decided_at"]).value = "2026-07-02T09:15:30.123Z"
    if n == dated:
        sheet.cell(row, heads["justification"]).value = 'moves to Zürich, "unit 7"; smaller role'
        sheet.cell(row, heads["until"]).value = datetime.date(2027, 12, 31)
book.save(sys.argv[2])
"#;

/// Merges the cells of three decisions, and leaves a formula without its value.
const MERGE: &str = r#"
import sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
sheet = book["Review"]
column = {c.value: c.column_letter for c in sheet[1]}["decision"]
sheet[f"{column}2"] = "keep"
sheet.merge_cells(f"{column}2:{column}4")
sheet[f"{column}5"] = '=IF(1=1,"keep","revoke")'
sheet[f"{column}6"] = "keep"
book.save(sys.argv[2])
"#;

#[test]
fn a_cell_that_shows_a_decision_and_holds_none_is_named_and_not_taken_for_an_empty_one() {
    let test = "a_cell_that_shows_a_decision_and_holds_none_is_named_and_not_taken_for_an_empty_one";
    let Some(python) = tools::python(test, &["openpyxl"]) else { return };
    let opened = opened();
    let book = opened.run.dir().join("merged.xlsx");
    let output = Command::new(python)
        .args(["-c", MERGE])
        .arg(opened.run.dir().join(format!("out/{}/{}/review.xlsx", opened.id, opened.key)))
        .arg(&book)
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", tools::printed(&output));
    let mut books = vec![book.clone()];
    books.extend(tools::program(test, "soffice").map(|office| converted(&opened.run, &office, &book, "ods", "")));
    for book in &books {
        let file = book.to_str().expect("a path");
        let told = on(
            &opened.run,
            1,
            &["campaign", "import", file, "--campaign", &opened.id, "--lake", "lake", "--dry-run"],
        )
        .stderr;
        // LibreOffice stores the value of the formula.
        let formulas = usize::from(file.ends_with(".xlsx"));
        assert_eq!(told.matches("(decision): the cell is merged with another").count(), 2, "{file}: {told}");
        assert_eq!(
            told.matches("(decision): the cell has a formula whose value was not saved").count(),
            formulas,
            "{file}: {told}"
        );
        assert!(told.contains(&format!("{} rows decided", 3 - formulas)), "{file}: {told}");
    }
}

/// A file that LibreOffice saved in another format.
fn converted(run: &Run, office: &Path, from: &Path, to: &str, filter: &str) -> PathBuf {
    let folder = run.dir().join(format!(
        "office-{to}-{}",
        filter.chars().filter(char::is_ascii_alphanumeric).collect::<String>()
    ));
    let profile = format!("-env:UserInstallation=file://{}", run.dir().join("profile").display());
    let form = if filter.is_empty() { to.to_string() } else { format!("{to}:{filter}") };
    let output = Command::new(office)
        .args([profile.as_str(), "--headless", "--convert-to", &form, "--outdir"])
        .arg(&folder)
        .arg(from)
        .output()
        .expect("LibreOffice starts");
    let made = folder.join(from.file_stem().expect("a name")).with_extension(to);
    assert!(output.status.success() && made.is_file(), "{to} {filter}: {}", tools::printed(&output));
    made
}

#[test]
fn files_saved_by_libreoffice_and_openpyxl_lose_no_more_than_the_row_of_a_wrong_cell() {
    let test = "files_saved_by_libreoffice_and_openpyxl_lose_no_more_than_the_row_of_a_wrong_cell";
    let Some(python) = tools::python(test, &["openpyxl"]) else { return };
    let Some(office) = tools::program(test, "soffice") else { return };
    let opened = opened();
    let book = opened.run.dir().join("filled.xlsx");
    let output = Command::new(python)
        .args(["-c", FILL])
        .arg(opened.run.dir().join(format!("out/{}/{}/review.xlsx", opened.id, opened.key)))
        .arg(&book)
        .args([WRONG.to_string(), DATED.to_string()])
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", tools::printed(&output));
    opened.taken_whole("openpyxl, xlsx", &book);
    // Of a CSV filter: separator, quote, encoding (76 UTF-8, 1 Windows-1252, 65535 UTF-16), first line, formats, language, quote all text.
    for (to, filter) in [
        ("xlsx", ""),
        ("xlsx", "Calc Office Open XML"),
        ("xlsm", "Calc MS Excel 2007 VBA XML"),
        ("ods", ""),
        ("ods", "calc8"),
        ("csv", "Text - txt - csv (StarCalc):44,34,76,1"),
        ("csv", "Text - txt - csv (StarCalc):59,34,76,1"),
        ("csv", "Text - txt - csv (StarCalc):59,34,1,1"),
        ("csv", "Text - txt - csv (StarCalc):9,34,65535,1"),
        ("csv", "Text - txt - csv (StarCalc):44,34,76,1,,1031,true"),
    ] {
        let made = converted(&opened.run, &office, &book, to, filter);
        opened.taken_whole(&format!("LibreOffice, {to} {filter}"), &made);
    }
    // A table that LibreOffice read and saved as a workbook: its cells have the types that it made of them.
    let table = opened.run.dir().join("table.csv");
    fs::write(&table, opened.text(b',', "\n", "2027-12-31", csv::QuoteStyle::Necessary)).expect("a file");
    let made = converted(&opened.run, &office, &table, "xlsx", "");
    opened.taken_whole("LibreOffice, a table as xlsx", &made);
    let made = converted(&opened.run, &office, &table, "ods", "");
    opened.taken_whole("LibreOffice, a table as ods", &made);
    // What is not read says in which format it would be.
    let sheet = converted(&opened.run, &office, &book, "xls", "");
    let told = on(
        &opened.run,
        1,
        &[
            "campaign",
            "import",
            sheet.to_str().expect("a path"),
            "--campaign",
            &opened.id,
            "--lake",
            "lake",
        ],
    );
    assert!(
        told.code == 3 && told.stderr.contains("(.xls)") && told.stderr.contains(".ods"),
        "{}",
        told.stderr
    );
}
