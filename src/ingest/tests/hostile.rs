//! Broken and malicious files cost what is broken, and nothing else.

use super::{event, event_ids, folder, ingest_files, one, page, paths, reasons, sink};
use crate::ingest::{IngestError, IngestOptions, Limits};
use std::io::Write;

fn check(name: &str, bytes: &[u8], ids: &[&str], refused: &[&str]) {
    let (_, memory) = one(bytes);
    assert_eq!(event_ids(&memory), ids, "{name}");
    let found = reasons(&memory);
    assert_eq!(found.len(), refused.len(), "{name}: {found:?}");
    for (found, part) in found.iter().zip(refused) {
        assert!(found.contains(part), "{name}: {found}");
    }
}

#[test]
fn one_bad_record_costs_itself() {
    let (a, b) = (event("a"), event("b"));
    let half = &b[..b.len() / 2];
    let mut latin = b.clone().into_bytes();
    let at = b.find("ana@").expect("a name");
    latin[at] = 0xe9;
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let c = event("c");
    let lines = |middle: &[u8]| [a.as_bytes(), b"\n", middle, b"\n", c.as_bytes(), b"\n"].concat();
    let array = |middle: &[u8]| [b"[", a.as_bytes(), b",", middle, b",", c.as_bytes(), b"]"].concat();
    for (name, bytes, ids, refused) in [
        ("no UTF-8 on a line", lines(&latin), &["a", "c"][..], &["no UTF-8"][..]),
        ("no UTF-8 in an array", array(&latin), &["a", "c"], &["no UTF-8"]),
        ("a cut line", lines(half.as_bytes()), &["a", "c"], &["rejected"]),
        ("text on a line", lines(b"hello"), &["a", "c"], &["no JSON"]),
        ("a number in an array", array(b"7"), &["a", "c"], &["no JSON object"]),
        ("an array in an array", array(b"[1,2]"), &["a", "c"], &["no JSON object"]),
        ("a deep array on a line", lines(deep.as_bytes()), &["a", "c"], &["rejected"]),
        ("a deep array in an array", array(deep.as_bytes()), &["a", "c"], &["no JSON object"]),
        (
            "a deep member on a line",
            lines(format!(r#"{{"activityDisplayName":"x","activityDateTime":"2026-01-01T00:00:00Z","deep":{deep}}}"#).as_bytes()),
            &["a", "c"],
            &["deep"],
        ),
        (
            "a deep member in an array",
            array(format!(r#"{{"deep":{deep}}}"#).as_bytes()),
            &["a", "c"],
            &["nested 1000001 levels"],
        ),
        (
            "deep objects",
            lines(format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000)).as_bytes()),
            &["a", "c"],
            &["nested more than 64 levels"],
        ),
        (
            "an unknown member that is no JSON",
            lines(br#"{"activityDisplayName":"x","activityDateTime":"2026-01-01T00:00:00Z","y":{bad}}"#),
            &["a", "c"],
            &["rejected"],
        ),
        (
            "a wrong type of id",
            lines(br#"{"id":5,"activityDisplayName":"x","activityDateTime":"2026-01-01T00:00:00Z"}"#),
            &["a", "c"],
            &["id"],
        ),
        (
            "a trailing comma",
            lines(br#"{"id":"b","activityDisplayName":"x","activityDateTime":"2026-01-01T00:00:00Z",}"#),
            &["a", "c"],
            &["rejected"],
        ),
        (
            "a lone surrogate",
            lines(br#"{"id":"b","activityDisplayName":"\ud800","activityDateTime":"2026-01-01T00:00:00Z"}"#),
            &["a", "c"],
            &["rejected"],
        ),
    ] {
        check(name, &bytes, ids, refused);
    }
}

#[test]
fn a_page_cut_in_half_keeps_its_whole_rows() {
    let rows = [event("a"), event("b"), event("c")];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let whole = page("auditLogs/directoryAudits", &rows);
    let cut = &whole[..whole.len() - 40];
    check("a cut page", cut.as_bytes(), &["a", "b"], &["cut off"]);
    let (_, memory) = one(cut.as_bytes());
    let place = whole.find(rows[2]).expect("the last row");
    assert_eq!(memory.rejects[0].offset, i64::try_from(place).expect("small"));
    // Another document after the cut one is still read.
    let next = format!("{cut}\n{}", page("auditLogs/directoryAudits", &[&event("d")]));
    check("a page after a cut one", next.as_bytes(), &["a", "b", "d"], &["cut off"]);
    let between = page("auditLogs/directoryAudits", &rows[..2]);
    let between = &between[..between.len() - 2];
    check("cut between rows", between.as_bytes(), &["a", "b"], &[]);
    let user = |id: &str| format!(r#"{{"id":"{id}"}}"#);
    let users = page("users", &[&user("1"), &user("2")]);
    let options = IngestOptions {
        complete: true,
        ..sink::options()
    };
    let (_, memory) = ingest_files(&[("2026-03-01/users.json", &users.as_bytes()[..users.len() - 5])], &options).expect("an ingest");
    assert_eq!(memory.snapshots[0].complete, "no");
    assert!(memory.snapshots[0].reason.as_deref().is_some_and(|r| r.contains("cut off")));
}

#[test]
fn bounds_hold_for_mapped_and_packed_files() {
    let limits = Limits {
        record: 1000,
        page: 4000,
        chunk: 1000,
        ..Limits::default()
    };
    let options = IngestOptions { limits, ..sink::options() };
    let (a, c) = (event("a"), event("c"));
    let long = format!(r#"{{"id":"b","activityDisplayName":"{}"}}"#, "x".repeat(3_000_000));
    let lines = format!("{a}\n{long}\n{c}\n");
    let array = format!("[{a},{long},{c}]");
    let in_page = page("auditLogs/directoryAudits", &[&a, &long, &c]);
    for text in [lines, array, in_page] {
        let packed = zstd::encode_all(text.as_bytes(), 1).expect("packed");
        for bytes in [text.as_bytes(), &packed] {
            let (_, memory) = ingest_files(&[("f", bytes)], &options).expect("an ingest");
            assert_eq!(event_ids(&memory), ["a", "c"]);
            let reject = &memory.rejects[0];
            assert!(reject.reason.contains("more than the limit"), "{}", reject.reason);
            assert_eq!(reject.length, i64::try_from(long.len()).expect("small"));
            assert!(reject.raw.len() <= 4096);
            use sha2::Digest;
            assert_eq!(reject.sha256, hex::encode(sha2::Sha256::digest(long.as_bytes())));
        }
    }
}

#[test]
fn archives_that_lie_are_stopped_and_told() {
    let limits = Limits {
        ratio: 10,
        ratio_after: 100_000,
        ..Limits::default()
    };
    let options = IngestOptions { limits, ..sink::options() };
    let bomb = format!("{}\n{}", event("a"), " ".repeat(10_000_000));
    let bomb = zstd::encode_all(bomb.as_bytes(), 3).expect("packed");
    let (report, memory) = ingest_files(&[("f", &bomb)], &options).expect("an ingest");
    assert_eq!(event_ids(&memory), ["a"]);
    assert!(report.gaps[0].reason.as_deref().is_some_and(|r| r.contains("bomb")));

    let lines: Vec<String> = (0..2000).map(|i| event(&format!("{i:04}"))).collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(lines.join("\n").as_bytes()).expect("packed");
    let packed = encoder.finish().expect("packed");
    let cut = &packed[..packed.len() / 2];
    let (report, memory) = ingest_files(&[("f.gz", cut)], &sink::options()).expect("an ingest");
    assert!(memory.audit.len() > 100, "what was readable is kept");
    assert!(report.rejected <= 1);
    assert!(report.gaps[0].reason.as_deref().is_some_and(|r| r.contains("not read to its end")));
    assert!(report.sources[0].note.as_deref().is_some_and(|n| n.contains("not read")));

    let broken = b"PK\x03\x04 and nothing more";
    let files: [(&str, &[u8]); 2] = [("a.json", event("a").leak().as_bytes()), ("b.zip", broken)];
    let (report, _) = ingest_files(&files, &sink::options()).expect("an ingest");
    assert_eq!(report.gaps.len(), 1);
    assert!(report.foreign[0].1.contains("broken archive"));
}

#[test]
fn unsafe_names_in_archives_are_refused() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let plain = zip::write::SimpleFileOptions::default();
    for (name, text) in [
        ("../up.json", event("up")),
        ("a\\b.json", event("back")),
        ("good.json", event("good")),
        ("GOOD.json", event("again")),
    ] {
        writer.start_file(name, plain).expect("a member");
        writer.write_all(text.as_bytes()).expect("a member");
    }
    writer.add_symlink("link.json", "/etc/passwd", plain).expect("a link");
    let archive = writer.finish().expect("an archive").into_inner();
    let (report, memory) = ingest_files(&[("a.zip", &archive)], &sink::options()).expect("an ingest");
    assert_eq!(event_ids(&memory), ["good"]);
    let reasons: Vec<&str> = report.foreign.iter().map(|f| f.1.as_str()).collect();
    for part in ["unsafe name", "the same name twice", "symbolic link"] {
        assert!(reasons.iter().any(|r| r.contains(part)), "{part}: {reasons:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let folder = folder(&[("in/a.json", event("a").as_bytes()), ("out/b.json", event("b").as_bytes())]);
    std::os::unix::fs::symlink(folder.path().join("out"), folder.path().join("in/link")).expect("a link");
    let (report, memory) = sink::run(&paths(&folder, &["in"]), &sink::options()).expect("an ingest");
    assert_eq!(event_ids(&memory), ["a"]);
    assert!(report.foreign[0].1.contains("not followed"));
}

#[test]
fn nothing_usable_says_what_was_found() {
    let error = ingest_files(&[], &sink::options()).expect_err("nothing");
    assert_eq!(error.to_string(), "nothing usable was found: no file at all");
    let files: [(&str, &[u8]); 2] = [("a.pdf", b"%PDF-1.4"), ("b.json", br#"{"name":"x","version":"1"}"#)];
    let error = ingest_files(&files, &sink::options()).expect_err("nothing");
    assert!(matches!(error, IngestError::NothingUsable(_)));
    let text = error.to_string();
    assert!(text.contains("a PDF document") && text.contains("no known kind: name, version"), "{text}");
}

#[test]
fn rejects_are_cut_at_a_character() {
    let long = format!("{{\"x\":\"{}\"}}", "é".repeat(5000));
    let bytes = format!("{}\n{long}\n", event("a"));
    let (_, memory) = one(bytes.as_bytes());
    let raw = &memory.rejects[0].raw;
    assert!(raw.len() <= 4096 && !raw.contains('\u{fffd}'), "{}", raw.len());
}

/// Files to spoil, one of each wrapping.
fn samples() -> Vec<Vec<u8>> {
    let (a, b, c) = (event("a"), event("b"), event("c"));
    let user = r#"{"id":"u1","userPrincipalName":"a@corp.example","mail":null,"x":[{"y":1}]}"#;
    [
        format!("{a}\n{b}\n{c}\n"),
        format!("[{a},{b},{c}]"),
        page("auditLogs/directoryAudits", &[&a, &b, &c]),
        format!("{{\"value\":[{user},{a}]}}{b}\n[{c}]"),
        format!("{}\n{}\n", page("users", &[user, user]), page("groups", &[])),
        super::enveloped("a", "4bbb79f7-5724-4c9e-95f3-de075f6ec090"),
    ]
    .into_iter()
    .map(String::into_bytes)
    .collect()
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    /// Whatever is spoiled: no panic, and each record is counted once (which `run` asserts).
    #[test]
    fn spoiled_files_are_counted(
        which in 0usize..6,
        wounds in proptest::collection::vec((0usize..2000, proptest::num::u8::ANY), 0..6),
        cut in 0usize..3000,
        packed in proptest::bool::ANY,
    ) {
        let mut bytes = samples().swap_remove(which);
        for (at, byte) in wounds {
            let at = at % bytes.len();
            bytes[at] = match byte % 4 {
                0 => b'"',
                1 => b"{}[],:\\\n"[usize::from(byte / 4) % 8],
                _ => byte,
            };
        }
        bytes.truncate(cut.max(1));
        let bytes = if packed {
            zstd::encode_all(bytes.as_slice(), 1).expect("packed")
        } else {
            bytes
        };
        let limits = Limits { chunk: 300, ..Limits::default() };
        let options = IngestOptions { limits, ..sink::options() };
        match ingest_files(&[("f", &bytes)], &options) {
            Ok(_) | Err(IngestError::NothingUsable(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// An archive whose members are packed by a method.
fn packed(files: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in files {
        writer.start_file(*name, options).expect("a member");
        writer.write_all(bytes).expect("a member");
    }
    writer.finish().expect("an archive").into_inner()
}

#[test]
fn a_damaged_member_costs_itself() {
    let (a, b) = (event("a"), event("b"));
    let files: [(&str, &[u8]); 2] = [("audit-1.json", a.as_bytes()), ("groups.json", b.as_bytes())];
    let whole = packed(&files, zip::CompressionMethod::Deflated);
    let name = whole.windows(11).position(|w| w == b"groups.json").expect("its name");
    let mut damaged = whole.clone();
    for byte in &mut damaged[name + 11..name + 31] {
        *byte = 0xff;
    }
    // The method stands behind the signature, in the member's head and in the directory.
    let mut unknown = whole;
    for (at, offset) in [
        (name - 30, 8),
        (unknown.windows(4).rposition(|w| w == b"PK\x01\x02").expect("the directory"), 10),
    ] {
        unknown[at + offset] = 14;
    }
    for (what, archive) in [("damaged", damaged), ("packed by LZMA", unknown)] {
        let (report, memory) = ingest_files(&[("x.zip", &archive)], &sink::options()).expect("the rest is taken");
        assert_eq!(event_ids(&memory), ["a"], "{what}");
        assert_eq!(report.unread, 1, "{what}: {report:?}");
        let gap = &memory.coverage.iter().find(|c| c.basis == "gap").expect("a gap");
        assert_eq!(gap.subject, "groups", "{what}");
        assert!(gap.reason.as_deref().is_some_and(|r| r.contains("x.zip/groups.json")), "{what}: {gap:?}");
    }
}

#[test]
fn of_two_members_of_one_name_the_other_is_told() {
    let twice = [("ab.json", event("a")), ("ax.json", event("b")), ("c.json", event("c"))];
    let files: Vec<(&str, &[u8])> = twice.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let mut archive = packed(&files, zip::CompressionMethod::Stored);
    // The writer refuses what a reader must expect.
    for at in (0..archive.len() - 7).rev() {
        if archive[at..].starts_with(b"ax.json") {
            archive[at + 1] = b'b';
        }
    }
    let (report, memory) = ingest_files(&[("x.zip", &archive)], &sink::options()).expect("an ingest");
    assert_eq!((report.kept, report.unread), (2, 1));
    let gap = memory.coverage.iter().find(|c| c.basis == "gap").expect("a gap");
    let reason = gap.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("x.zip/ab.json: the same name twice"), "{reason}");
}

#[test]
fn nothing_is_taken_of_what_does_not_unpack_to_what_was_packed() {
    let (a, b) = (event("a"), event("b"));
    let spoil = |mut bytes: Vec<u8>| {
        let at = bytes.windows(10).position(|w| w == b"2026-03-01").expect("the time");
        bytes[at + 3] = b'7';
        bytes
    };
    let stored = packed(&[("audit.json", a.as_bytes())], zip::CompressionMethod::Stored);
    let gzip = |level| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
        encoder.write_all(a.as_bytes()).expect("packed");
        encoder.finish().expect("packed")
    };
    let mut flate = gzip(flate2::Compression::best());
    let end = flate.len() - 8;
    flate[end] ^= 1;
    let zstd = {
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).expect("an encoder");
        encoder.include_checksum(true).expect("a checksum");
        encoder.write_all(a.as_bytes()).expect("packed");
        let mut bytes = encoder.finish().expect("packed");
        let end = bytes.len() - 1;
        bytes[end] ^= 1;
        bytes
    };
    for (name, bytes) in [
        ("audit.zip", spoil(stored)),
        ("audit.json.gz", spoil(gzip(flate2::Compression::none()))),
        ("audit-2.json.gz", flate),
        ("audit.json.zst", zstd),
    ] {
        let (report, memory) = ingest_files(&[(name, &bytes), ("b.json", b.as_bytes())], &sink::options()).expect("the rest is taken");
        assert_eq!(event_ids(&memory), ["b"], "{name}");
        assert_eq!((report.read, report.unread), (1, 1), "{name}");
        let gap = memory.coverage.iter().find(|c| c.basis == "gap").expect("a gap");
        let reason = gap.reason.as_deref().unwrap_or_default();
        assert!(gap.subject == "audit" && reason.contains("nothing in it is taken"), "{name}: {gap:?}");
    }
    // What stands behind a whole stream says nothing against it.
    let trailed = [gzip(flate2::Compression::fast()), b"padding".to_vec()].concat();
    let (_, memory) = ingest_files(&[("a.gz", &trailed)], &sink::options()).expect("an ingest");
    assert_eq!(event_ids(&memory), ["a"]);
}

#[test]
fn an_archive_on_standard_input_has_no_name_of_a_moment() {
    let users = page("users", &[r#"{"id":"u","userPrincipalName":"u@corp.example"}"#]);
    let archive = packed(&[("2026-03-31/users.json", users.as_bytes())], zip::CompressionMethod::Deflated);
    let told = |folder: &str| {
        let folder = folder_with(folder, &archive);
        let file = folder.path().join("x/standard-input");
        let options = IngestOptions {
            standard_input: Some(file.clone()),
            ..sink::options()
        };
        let (report, memory) = sink::run(&[file], &options).expect("an ingest");
        (report.sources[0].path.clone(), memory.snapshots[0].id.clone())
    };
    let first = told("vouchsafe-1");
    assert_eq!(first.0, "-/2026-03-31/users.json");
    assert_eq!(first, told("vouchsafe-2"));
}

/// A folder in whose `x` standard input was put.
fn folder_with(prefix: &str, bytes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix(prefix).tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("x")).expect("a folder");
    std::fs::write(folder.path().join("x/standard-input"), bytes).expect("a file");
    folder
}

#[test]
fn bzip2_is_opened_by_itself_and_in_archives() {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(event("a").as_bytes()).expect("packed");
    let alone = encoder.finish().expect("packed");
    let b = event("b");
    let archive = packed(&[("b.json", b.as_bytes())], zip::CompressionMethod::Bzip2);
    let (_, memory) = ingest_files(&[("a.bz2", &alone), ("b.zip", &archive)], &sink::options()).expect("an ingest");
    assert_eq!(event_ids(&memory), ["a", "b"]);
}

#[test]
fn damaged_exports_are_gaps_and_other_files_are_not() {
    let users = page("users", &[r#"{"id":"u"}"#]);
    let inner = packed(&[("b.json", event("b").as_bytes())], zip::CompressionMethod::Stored);
    let outer = packed(&[("users.zip", &inner)], zip::CompressionMethod::Stored);
    let files: [(&str, &[u8]); 5] = [
        ("audit.json", event("a").leak().as_bytes()),
        ("users.json", &users.as_bytes()[1..]),
        ("outer.zip", &outer),
        ("notes.txt", b"Nothing of note"),
        ("x.pdf", b"%PDF-1.4"),
    ];
    let (report, memory) = ingest_files(&files, &sink::options()).expect("an ingest");
    let mut gaps: Vec<_> = memory.coverage.iter().filter(|c| c.basis == "gap").map(|c| c.subject.as_str()).collect();
    gaps.sort_unstable();
    assert_eq!((gaps, report.unread, report.foreign.len()), (vec!["users", "users"], 2, 4));
}

#[test]
fn members_that_name_nobody_are_counted() {
    let group = r#"{"id":"g","displayName":"G","groupTypes":[],"securityEnabled":true,"members":[{"id":"u1"},{"displayName":"no id"},{"id":5},"u2"]}"#;
    let text = page(
        "groups",
        &[
            group,
            &group
                .replace(r#""id":"g""#, r#""id":"h""#)
                .replace(r#"[{"id":"u1"},{"displayName":"no id"},{"id":5},"u2"]"#, r#""u3""#),
        ],
    );
    let (report, memory) = ingest_files(&[("2026-03-01/groups.json", text.as_bytes())], &sink::options()).expect("an ingest");
    assert_eq!(memory.table("memberships").len(), 1);
    assert!(
        report.sources[0].note.as_deref().is_some_and(|n| n.contains("4 members or owners")),
        "{:?}",
        report.sources[0].note
    );
    assert!(
        memory.coverage.iter().any(|c| c.basis == "gap" && c.subject == "memberships"),
        "{:?}",
        memory.coverage
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_costs_itself() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("in/a.json", event("a").as_bytes()), ("in/users.json", b"[]")]);
    let closed = folder.path().join("in/users.json");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).expect("closed");
    if std::fs::File::open(&closed).is_ok() {
        // Who runs this may read everything.
        return;
    }
    let (report, memory) = sink::run(&paths(&folder, &["in"]), &sink::options()).expect("an ingest");
    assert_eq!((event_ids(&memory).len(), report.unread), (1, 1));
    assert!(
        memory.coverage.iter().any(|c| c.basis == "gap" && c.subject == "users"),
        "{:?}",
        memory.coverage
    );
}
