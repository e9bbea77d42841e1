//! Files as spreadsheets, editors and mail programs save them.

use super::*;
use crate::campaign::Sheet;
use crate::report::sheet::sample::sheet;
use crate::report::sheet::tests::hash_of;
use crate::report::sheet::{PAGE, TABLE, WORKBOOK, render};

fn file(sheet: &Sheet, name: &str) -> Vec<u8> {
    let files = render(sheet).expect("renders");
    files.into_iter().find(|(n, _)| *n == name).expect("is there").1
}

/// The table as another program would save it.
fn saved(sheet: &Sheet, separator: u8, encode: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let table = file(sheet, TABLE);
    let mut writer = csv::WriterBuilder::new()
        .delimiter(separator)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for record in csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_slice()).records() {
        writer.write_record(&record.expect("a record")).expect("written");
    }
    encode(&String::from_utf8(writer.into_inner().expect("flushed")).expect("text"))
}

#[test]
fn tables_saved_by_other_programs_have_the_same_rows() {
    let sheet = sheet(12);
    let utf16 = |text: &str| [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    let marked = |text: &str| [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let hinted = |text: &str| [b"sep=;\r\n", text.as_bytes()].concat();
    for (what, bytes) in [
        ("UTF-8 with a mark", saved(&sheet, b',', marked)),
        ("semicolons", saved(&sheet, b';', |t| t.as_bytes().to_vec())),
        ("a sep= line", saved(&sheet, b';', hinted)),
        ("Unicode text", saved(&sheet, b'\t', utf16)),
    ] {
        let back = read("back.csv", &bytes).unwrap_or_else(|e| panic!("{what}: {e}")).sheet;
        assert_eq!(hash_of(&back, &sheet), sheet.hash, "{what}");
        assert_eq!(back.rows[0].row, 2, "{what}");
    }
}

#[test]
fn rows_are_counted_as_a_spreadsheet_counts_them() {
    let text = "item_id,decision,justification\n\ni1,keep,\"two\nlines\"\n,,\ni2,revoke,x\n";
    let back = read("r.csv", text.as_bytes()).expect("reads").sheet;
    assert_eq!(back.rows.iter().map(|r| r.row).collect::<Vec<_>>(), [3, 5]);
    let western = b"item_id;decision;justification\r\ni1;keep;Zo\xeb is away\r\n";
    assert_eq!(read("r.csv", western).expect("reads").sheet.rows[0].cells[2], "Zoë is away");
    let bare = b"item_id,decision,justification\ni1,keep,a \"bare\" quote\n";
    assert_eq!(read("r.csv", bare).expect("reads").sheet.rows[0].cells[2], "a \"bare\" quote");
}

#[test]
fn what_is_no_sheet_says_what_to_do() {
    let sheet = sheet(3);
    let book = file(&sheet, WORKBOOK);
    for (bytes, expected) in [
        (file(&sheet, PAGE), "press 'Save decisions'"),
        (book.get(..book.len() / 2).expect("half").to_vec(), "the workbook cannot be read"),
        (b"\xd0\xcf\x11\xe0rest".to_vec(), "a damaged mail of Outlook's, or an old workbook"),
        (compound(&[("/Workbook", b"x")]), "'Save as' with the type Excel workbook (.xlsx)"),
        (compound(&[("/EncryptedPackage", b"x")]), "a workbook with a password"),
        (b"name,decision\nana,keep\n".to_vec(), "no column is called 'item_id'"),
        (Vec::new(), "no column is called 'item_id'"),
        (b"From: a@x\nDate: today\n\nno attachment".to_vec(), "no attachment"),
    ] {
        let told = read("f", &bytes).expect_err("is refused").problem;
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_mail_gives_its_one_sheet() {
    let sheet = sheet(5);
    let mail = |parts: &[(&str, Vec<u8>)]| {
        let mut text = String::from(
            "From: maya.ferrari@corp.example\r\nDate: Tue, 7 Jul 2026 10:00:00 +0200\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nDone.\r\n",
        );
        for (name, bytes) in parts {
            let body = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes);
            text += &format!(
                "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{body}\r\n"
            );
        }
        (text + "--b--\r\n").into_bytes()
    };
    let (table, book) = (file(&sheet, TABLE), file(&sheet, WORKBOOK));
    for (name, bytes) in [("review.csv", table.clone()), ("review.xlsx", book.clone())] {
        let back = read("answer.eml", &mail(&[(name, bytes), ("logo.png", vec![1, 2])])).expect("reads");
        assert_eq!(back.attachment.as_deref(), Some(name));
        assert_eq!((back.sheet.file.as_str(), hash_of(&back.sheet, &sheet)), ("answer.eml", sheet.hash.clone()));
    }
    let told = read("answer.eml", &mail(&[("review.csv", table), ("review.xlsx", book)]))
        .expect_err("is refused")
        .problem;
    assert!(told.contains("2 sheets attached (review.csv, review.xlsx)"), "{told}");
}

/// A compound file with these streams, in whatever storages they need.
fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).expect("memory");
    for (path, content) in streams {
        if let Some((folder, _)) = path.rsplit_once('/').filter(|(f, _)| !f.is_empty()) {
            file.create_storage_all(folder).expect("a storage");
        }
        file.create_stream(path).expect("a stream").write_all(content).expect("written");
    }
    file.flush().expect("written");
    file.into_inner().into_inner()
}

#[test]
fn a_mail_that_outlook_saved_has_its_sheet_and_no_signature() {
    let sheet = sheet(4);
    let table = file(&sheet, TABLE);
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let (name, picture) = (wide("decisions.csv"), wide("logo.png"));
    let (first, second) = ("/__attach_version1.0_#00000000", "/__attach_version1.0_#00000001");
    let at = |folder: &str, tag: &str| format!("{folder}/__substg1.0_{tag}");
    let paths = [at(first, "3707001F"), at(first, "37010102"), at(second, "3707001F"), at(second, "37010102")];
    let mail = |other: &[u8]| {
        compound(&[
            ("/__properties_version1.0", b""),
            (&paths[0], &name),
            (&paths[1], &table),
            (&paths[2], other),
            (&paths[3], b"x"),
        ])
    };
    let back = read("answer.msg", &mail(&picture)).expect("reads");
    assert_eq!(hash_of(&back.sheet, &sheet), sheet.hash);
    assert_eq!((back.attachment.as_deref(), back.as_sent), (Some("decisions.csv"), false));
    let two = read("answer.msg", &mail(&name)).expect_err("two sheets").to_string();
    assert!(two.contains("2 sheets attached"), "{two}");
    let none = read("answer.msg", &compound(&[("/__properties_version1.0", b"")]))
        .expect_err("no sheet")
        .to_string();
    assert!(none.contains("no attachment"), "{none}");
}

#[test]
fn headings_in_capitals_are_the_same_headings() {
    let sheet = sheet(3);
    let text = String::from_utf8(file(&sheet, TABLE)).expect("text");
    let (head, rows) = text.split_once('\n').expect("a header");
    let back = read("r.csv", format!("{}\n{rows}", head.to_uppercase()).as_bytes()).expect("reads").sheet;
    assert_eq!(back.columns, read("r.csv", text.as_bytes()).expect("reads").sheet.columns);
}
