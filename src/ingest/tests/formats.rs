//! Every wrapping gives the same rows.

use super::{enveloped, event, event_ids, folder, ingest_files, one, page, paths, reasons, sink};
use std::io::Write;

const TENANT: &str = "4bbb79f7-5724-4c9e-95f3-de075f6ec090";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).expect("a member");
        writer.write_all(bytes).expect("a member");
    }
    writer.finish().expect("an archive").into_inner()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let order = if big { u16::to_be_bytes } else { u16::to_le_bytes };
    let marked = format!("\u{feff}{text}");
    marked.encode_utf16().flat_map(order).collect()
}

fn check(name: &str, bytes: &[u8]) {
    let (report, memory) = one(bytes);
    assert_eq!(event_ids(&memory), ["a", "b"], "{name}: {:?}", reasons(&memory));
    assert_eq!((report.read, report.kept), (2, 2), "{name}");
}

#[test]
fn every_wrapping_gives_the_same_records() {
    let (a, b) = (event("a"), event("b"));
    let pretty = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
        serde_json::to_string_pretty(&value).expect("JSON")
    };
    let full = page("auditLogs/directoryAudits", &[&a, &b]);
    let late = format!(r#"{{"value":[{a},{b}],"@odata.context":"{}x"}}"#, super::V1);
    let lines = format!("{a}\n{b}\n");
    for (name, text) in [
        ("lines", lines.clone()),
        ("lines without an end", format!("{a}\n{b}")),
        ("lines of Windows", format!("{a}\r\n{b}\r\n")),
        ("lines with blanks", format!("\n\n{a}\n   \n\n{b}\n\n")),
        ("lines with a mark", format!("\u{feff}{a}\n{b}\n")),
        ("lines with two marks", format!("\u{feff}{a}\n\u{feff}{b}\n")),
        ("lines with commas", format!("{a},\n{b},\n")),
        ("a page", full.clone()),
        ("a pretty page", pretty(&full)),
        ("a page with its context last", late.replace("#x", "#auditLogs/directoryAudits")),
        ("a page without context", format!(r#"{{"value":[{a},{b}]}}"#)),
        ("records of an event hub", format!(r#"{{"records":[{a},{b}]}}"#)),
        ("an array", format!("[{a},{b}]")),
        ("a pretty array", pretty(&format!("[{a},{b}]"))),
        ("an array of lines", format!("[\n{a},\n{b}\n]\n")),
        ("a page of lines", format!("{{\"value\":[\n{a},\n{b}\n]}}\n")),
        ("documents in a row", format!("{a}{b}")),
        ("pretty documents", format!("{}\n{}", pretty(&a), pretty(&b))),
        (
            "pages on lines",
            format!("{}\n{}\n", page("auditLogs/directoryAudits", &[&a]), page("auditLogs/directoryAudits", &[&b])),
        ),
        (
            "pages in an array",
            format!("[{},{}]", page("auditLogs/directoryAudits", &[&a]), page("auditLogs/directoryAudits", &[&b])),
        ),
        ("a line and a pretty document", format!("{a}\n{}\n", pretty(&b))),
        ("one under value", format!("{{\"value\":{a}}}\n{b}\n")),
        ("arrays on lines", format!("[{a}]\n[{b}]\n")),
    ] {
        check(name, text.as_bytes());
        check(&format!("{name}, gzip"), &gzip(text.as_bytes()));
        let zstd = zstd::encode_all(text.as_bytes(), 1).expect("packed");
        check(&format!("{name}, zstd"), &zstd);
        check(&format!("{name}, zip"), &zip(&[("x/y.json", text.as_bytes())]));
        check(&format!("{name}, utf-16"), &utf16(&text, false));
        if text.starts_with(['{', '[']) {
            check(&format!("{name}, utf-16 without a mark"), &utf16(&text, false)[2..]);
        }
        check(&format!("{name}, utf-16 big"), &gzip(&utf16(&text, true)));
    }
}

#[test]
fn both_roads_give_the_same_content() {
    let (_, plain) = one(event("a").as_bytes());
    let (_, boxed) = one(enveloped("a", TENANT).as_bytes());
    assert_eq!(plain.audit[0].content_hash, boxed.audit[0].content_hash);
    let files: [(&str, &[u8]); 2] = [("1.json", event("a").leak().as_bytes()), ("2.json", enveloped("a", TENANT).leak().as_bytes())];
    let (report, _) = ingest_files(&files, &sink::options()).expect("an ingest");
    assert_eq!((report.kept, report.duplicate, report.conflicting), (1, 1, 0));
}

#[test]
fn folders_globs_and_files_overlap_without_harm() {
    let folder = folder(&[("x/a.json", event("a").as_bytes()), ("x/deep/b.json", event("b").as_bytes())]);
    let given = paths(&folder, &["x", "x/a.json", "x/*.json", "x/deep"]);
    let (report, memory) = sink::run(&given, &sink::options()).expect("an ingest");
    assert_eq!(event_ids(&memory), ["a", "b"]);
    assert_eq!(report.sources.len(), 2);
    for missing in ["nothing.json", "x/*.csv"] {
        let error = sink::run(&paths(&folder, &[missing]), &sink::options());
        let error = error.expect_err("missing").to_string();
        assert!(error.contains(missing), "{error}");
    }
}

#[test]
fn shuffled_files_and_lines_give_the_same_rows() {
    let lines: Vec<String> = (0..500).map(|i| event(&format!("e{i:03}"))).collect();
    let forward = lines.join("\n");
    let backward: Vec<String> = lines.iter().rev().cloned().collect();
    let backward = backward.join("\n");
    let rows = |text: &str| {
        let (_, memory) = one(text.as_bytes());
        let mut rows: Vec<_> = memory.audit.into_iter().map(|e| (e.id, e.content_hash)).collect();
        rows.sort();
        rows
    };
    assert_eq!(rows(&forward), rows(&backward));
}

#[test]
fn large_files_are_cut_into_batches_in_order() {
    let lines: Vec<String> = (0..3000).map(|i| event(&format!("e{i:04}"))).collect();
    let limits = crate::ingest::Limits {
        chunk: 10_000,
        ..crate::ingest::Limits::default()
    };
    let options = crate::ingest::IngestOptions { limits, ..sink::options() };
    let text = lines.join("\n");
    let array = format!("[{}]", lines.join(","));
    for bytes in [text.as_bytes(), array.as_bytes(), &gzip(text.as_bytes()), &gzip(array.as_bytes())] {
        let (report, memory) = ingest_files(&[("f", bytes)], &options).expect("an ingest");
        assert_eq!(report.kept, 3000);
        assert!(memory.audit.windows(2).all(|w| w[0].source_row + 1 == w[1].source_row));
    }
}

#[test]
fn what_is_no_json_is_foreign() {
    let files: [(&str, &[u8]); 8] = [
        ("a.json", event("a").leak().as_bytes()),
        ("b.json", b"%PDF-1.7 \x00\x01"),
        ("c.json", b"\x89PNG\r\n\x1a\n\x00"),
        ("d.json", b"Date,Service,Activity\n1,2,3\n"),
        ("e.json", b"[section]\nkey=value\n"),
        ("f.json", b""),
        ("g.json", b"key: value\nlist:\n - {a: b}\n"),
        ("h.json", b"# Title\n\n[a link](x) and {braces}\n"),
    ];
    let (report, memory) = ingest_files(&files, &sink::options()).expect("an ingest");
    assert_eq!(report.sources.len(), 1);
    assert_eq!(report.foreign.len(), 7, "{:?}", report.foreign);
    assert!(memory.rejects.is_empty());
    let mut office = Vec::new();
    office.extend(zip(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")]));
    let files: [(&str, &[u8]); 2] = [("a.json", event("a").leak().as_bytes()), ("b.docx", &office)];
    let (report, _) = ingest_files(&files, &sink::options()).expect("an ingest");
    assert_eq!((report.foreign[0].1.as_str(), report.gaps.len()), ("an Office document", 0));
}
