//! The main job as a person runs it: the sample, twice, shuffled, and with every kind of bad input.

use crate::common::{Run, Told, copy};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sample() -> String {
    root().join("sample-data").display().to_string()
}

/// Checks with subject and object of each finding.
fn fired(csv_text: &str) -> BTreeMap<(String, String, String), usize> {
    let mut reader = csv::Reader::from_reader(csv_text.as_bytes());
    let mut found = BTreeMap::new();
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.expect("a row");
        if row["result"] == "finding" {
            *found
                .entry((row["check"].clone(), row["subject_id"].clone(), row["object_id"].clone()))
                .or_default() += 1;
        }
    }
    found
}

/// Checks that find nothing in the sample: it comes without a register of exceptions, without agents, and is in order there.
const WITHOUT_A_CASE: &[&str] = &[
    "AGT-01", "AGT-02", "APR-02", "APR-04", "APR-05", "APR-06", "APR-07", "APR-08", "APR-09", "CAP-01", "CAP-02", "CAP-04", "DRF-02", "EXC-02", "EXC-03",
    "EXC-04", "EXC-05", "EXC-07", "EXC-08", "EXC-09", "EXC-10", "EXC-11", "EXP-02", "EXP-04", "EXP-06", "EXP-07", "JUS-03", "JUS-04", "JUS-06", "LOG-01",
    "LOG-02", "LOG-03", "LOG-04", "ORP-01", "ORP-03", "ORP-04", "ORP-05", "REG-01", "REV-02", "REV-03", "REV-04", "REV-05", "REV-06", "REV-08", "SEG-04",
    "SEG-06",
];

#[test]
fn the_sample_fires_exactly_as_planted() {
    let run = Run::new();
    let told = run.ok(&["run", &sample()]);
    assert!(
        told.stderr
            .trim_end()
            .lines()
            .last()
            .is_some_and(|l| l.starts_with("open ") && l.ends_with("index.html")),
        "{}",
        told.stderr
    );
    let found = fired(&run.read("vouchsafe-report/findings.csv"));
    let planted: toml::Value = toml::from_str(&fs::read_to_string(root().join("sample-data/planted.toml")).expect("planted.toml")).expect("TOML");
    let mut expected: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for case in planted["planted"].as_array().expect("a list") {
        let text = |key: &str| case[key].as_str().unwrap_or_default().to_string();
        *expected.entry((text("check"), text("subject_id"), text("object_id"))).or_default() += 1;
    }
    assert!(expected.len() >= 14, "the sample hides too little");
    let planted_for: BTreeSet<&String> = expected.keys().map(|(c, _, _)| c).collect();
    let missed: Vec<_> = expected.iter().filter(|(k, n)| found.get(k) != Some(n)).collect();
    let extra: Vec<_> = found.iter().filter(|(k, n)| planted_for.contains(&k.0) && expected.get(k) != Some(n)).collect();
    assert!(missed.is_empty() && extra.is_empty(), "missed {missed:#?}\nextra {extra:#?}");
    let checks: BTreeSet<&String> = found.keys().map(|(c, _, _)| c).collect();
    let all: BTreeSet<&str> = vouchsafe::check::all().iter().map(|c| c.id.as_str()).collect();
    let without: Vec<&str> = all.into_iter().filter(|id| !checks.iter().any(|c| c == id)).collect();
    assert_eq!(without, WITHOUT_A_CASE, "every other check finds something in the sample");
    also_found(&run.read("vouchsafe-report/findings.csv"), &planted_for);
}

/// What checks find in the sample for which it hides nothing: true all the same, read one by one, and listed by name.
fn also_found(csv_text: &str, planted_for: &BTreeSet<&String>) {
    let mut reader = csv::Reader::from_reader(csv_text.as_bytes());
    let mut lines: Vec<String> = Vec::new();
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.expect("a row");
        if row["result"] == "finding" && !planted_for.contains(&row["check"]) {
            let cells = ["check", "severity", "reason", "subject_name", "object_name"].map(|c| row[c].trim_start_matches('\'').to_string());
            lines.push(cells.join(" | "));
        }
    }
    lines.sort();
    let fresh = lines.join("\n") + "\n";
    let path = root().join("tests/sample-also-found.txt");
    if std::env::var_os("VOUCHSAFE_BLESS").is_some() {
        fs::write(&path, &fresh).expect("a list");
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == fresh,
        "{} is not what the checks find now; see that each new line is true and run the tests with VOUCHSAFE_BLESS=1",
        path.display()
    );
}

#[test]
fn the_committed_report_of_the_sample_is_current() {
    let run = Run::new();
    // Paths are printed in the report: run where they read as a reader of the repository sees them.
    copy(&root().join("sample-data"), &run.dir().join("sample-data"));
    run.ok(&["run", "sample-data"]);
    let committed = root().join("reports/sample");
    let bless = std::env::var_os("VOUCHSAFE_BLESS").is_some();
    for name in ["index.html", "findings.csv", "holdings.csv"] {
        let fresh = run.read(&format!("vouchsafe-report/{name}"));
        if bless {
            fs::create_dir_all(&committed).expect("a folder");
            fs::write(committed.join(name), &fresh).expect("a report");
        }
        let there = fs::read_to_string(committed.join(name)).unwrap_or_default();
        assert!(
            there == fresh,
            "reports/sample/{name} is not what the program writes now; look at the difference and run the tests with VOUCHSAFE_BLESS=1"
        );
    }
}

#[test]
fn same_input_same_bytes_and_shuffled_input_the_same() {
    let outputs = |paths: &[String]| {
        let run = Run::new();
        copy(&root().join("sample-data"), &run.dir().join("sample-data"));
        let mut args = vec!["run"];
        args.extend(paths.iter().map(String::as_str));
        run.ok(&args);
        ["index.html", "findings.csv", "holdings.csv"].map(|n| run.read(&format!("vouchsafe-report/{n}")))
    };
    let once = outputs(&["sample-data".into()]);
    let again = outputs(&["sample-data".into()]);
    assert!(once == again, "the same input gives the same bytes");
    // The same files named one by one, last first: dates are looked for below the given path, so folders are given.
    let mut folders: Vec<String> = fs::read_dir(root().join("sample-data"))
        .expect("sample-data")
        .flatten()
        .map(|e| format!("sample-data/{}", e.file_name().to_string_lossy()))
        .collect();
    folders.sort_by(|a, b| b.cmp(a));
    let shuffled = outputs(&folders);
    assert!(once[1] == shuffled[1], "findings do not depend on the order of the input");
    assert!(once[2] == shuffled[2], "holdings do not depend on the order of the input");
}

#[test]
fn twice_ingested_once_counted() {
    let run = Run::new();
    run.ok(&["ingest", &sample(), "--lake", "lake"]);
    let before = run.ok(&["lake", "status", "--lake", "lake"]).stdout;
    let told = run.ok(&["ingest", &sample(), "--lake", "lake"]);
    assert!(told.stderr.contains("nothing new"), "{}", told.stderr);
    let after = run.ok(&["lake", "status", "--lake", "lake"]).stdout;
    assert_eq!(before, after);
}

#[test]
fn an_empty_lake_says_what_it_lacks() {
    let run = Run::new();
    let told = run.tell(&["holders", "--lake", "nowhere"]);
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("no lake at nowhere"), "{}", told.stderr);
}

#[test]
fn holders_answers_with_the_codes_that_scripts_rely_on() {
    let run = Run::new();
    run.ok(&["ingest", &sample(), "--lake", "lake"]);
    let all = run.ok(&["holders", "--lake", "lake", "--format", "csv"]);
    assert!(all.stdout.starts_with(
        "held_from,held_until,from_certainty,until_certainty,from_earliest,from_latest,until_earliest,until_latest,scheduled_until,principal_id,"
    ));
    let json: serde_json::Value = serde_json::from_str(&run.ok(&["holders", "--lake", "lake", "--format", "json"]).stdout).expect("JSON");
    assert_eq!(
        json["rows"].as_array().map_or(0, Vec::len),
        all.stdout.lines().count() - 1,
        "one row each (no field of the sample holds a line break)"
    );
    let code = |args: &[&str]| run.tell(&[&["holders", "--lake", "lake"], args].concat()).code;
    assert_eq!(code(&["--package", "no such package"]), 2);
    assert_eq!(
        code(&["--package", "00000000-0000-0000-0000-00000000beef"]),
        1,
        "nobody, and the whole window is covered"
    );
    assert_eq!(code(&["--at", "yesterday"]), 2);
    assert_eq!(
        code(&["--package", "00000000-0000-0000-0000-00000000beef", "--at", "2001-01-01T00:00:00Z"]),
        5,
        "no source reaches back that far"
    );
    assert_eq!(code(&["--from", "2026-02-01", "--until", "2026-01-01"]), 2);

    // A log that was cut off may have held anything, at any time.
    let name = "directoryAudits-late.ndjson.gz";
    let whole = fs::read(root().join("sample-data/audit/2026-q2-insights-logs-auditlogs.ndjson")).expect("a log");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&whole).expect("packed");
    let packed = packed.finish().expect("packed");
    run.write(name, &packed[..packed.len() / 2]);
    run.ok(&["ingest", name, "--lake", "lake"]);
    let nobody = ["holders", "--lake", "lake", "--package", "00000000-0000-0000-0000-00000000beef"];
    let told = run.tell(&[&nobody[..], &["--from", "2026-05-01", "--until", "2026-06-01"]].concat());
    assert_eq!(told.code, 5, "{}", told.stderr);
    assert!(told.stderr.contains("a part of the audit log was not read"), "{}", told.stderr);
    assert_eq!(run.tell(&nobody).code, 1, "the newest look needs no log");
}

#[test]
fn fail_on_is_for_pipelines() {
    let run = Run::new();
    run.ok(&["ingest", &sample(), "--lake", "lake"]);
    assert_eq!(run.tell(&["check", "--lake", "lake"]).code, 0);
    assert_eq!(run.tell(&["check", "--lake", "lake", "--fail-on", "high"]).code, 1);
    assert_eq!(run.tell(&["check", "--lake", "lake", "--fail-on", "huge"]).code, 2);
    let unknown = run.tell(&["check", "APR-O1", "--lake", "lake"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("APR-01"), "{}", unknown.stderr);
    assert!(run.ok(&["explain", "apr-01"]).stdout.contains("Why it matters"));
}

const EVENT: &str = r#"{"id":"e1","activityDateTime":"2026-03-01T10:00:00Z","activityDisplayName":"Add member to group","result":"success","loggedByService":"Core Directory","category":"GroupManagement","initiatedBy":{"user":{"id":"boss","userPrincipalName":"boss@corp.example"}},"targetResources":[{"id":"u1","type":"User"},{"id":"g1","type":"Group"}]}"#;

/// Ingests one file beside a good one; returns what was told and the line of the bad file in `lake status --wide`.
fn beside_good(name: &str, content: &[u8]) -> (Run, Told) {
    let run = Run::new();
    run.write("in/good.ndjson", EVENT);
    run.write(&format!("in/{name}"), content);
    let told = run.tell(&["ingest", "in", "--lake", "lake"]);
    (run, told)
}

#[test]
fn bad_input_is_told_and_what_is_good_is_kept() {
    let page = |tail: &str| format!("{{\"value\":[{EVENT2}{tail}", EVENT2 = EVENT.replace("e1", "e2"));
    let gz = {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let line = EVENT.replace("e1", "e3") + "\n";
        packed.write_all(line.repeat(2000).as_bytes()).expect("packed");
        let bytes = packed.finish().expect("packed");
        bytes[..bytes.len() * 2 / 3].to_vec()
    };
    let deep = "[".repeat(1_000_000);
    let utf8: Vec<u8> = [EVENT.replace("e1", "e4").as_bytes(), b"\n{\"id\":\"e5\xff\",\"activityDisplayName\":\"x\"}\n"].concat();
    let year_one = EVENT.replace("e1", "e6").replace("2026-03-01T10:00:00Z", "0001-01-01T00:00:00Z");
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("cut.json", page(",{\"id\":\"e7\",\"activ").into_bytes(), "rejected"),
        ("cut.ndjson.gz", gz, ""),
        ("deep.json", deep.into_bytes(), "rejected"),
        ("utf8.ndjson", utf8, "rejected"),
        ("year.ndjson", year_one.into_bytes(), ""),
        ("report.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj".to_vec(), "not an export"),
    ];
    for (name, content, expected) in cases {
        let (run, told) = beside_good(name, &content);
        assert_eq!(told.code, 0, "{name}: {}", told.stderr);
        assert!(told.stderr.contains(expected), "{name}: {}", told.stderr);
        let status = run.ok(&["lake", "status", "--lake", "lake"]).stdout;
        assert!(!status.contains(" NO "), "{name}: the arithmetic ties\n{status}");
        let held = run
            .ok(&["holders", "--group", "g1", "--at", "2026-03-01T10:00:00Z", "--lake", "lake", "--format", "csv"])
            .stdout;
        assert!(held.lines().count() >= 2, "{name}: the good record counts\n{held}");
    }
}

#[test]
fn a_line_of_200_megabytes_is_one_reject_and_little_memory() {
    let run = Run::new();
    run.write("in/good.ndjson", EVENT);
    let mut long = Vec::with_capacity(201 << 20);
    long.extend_from_slice(b"{\"id\":\"long\",\"activityDisplayName\":\"");
    long.resize(200 << 20, b'x');
    long.extend_from_slice(b"\"}\n");
    long.extend_from_slice(EVENT.replace("e1", "e8").as_bytes());
    run.write("in/long.ndjson", &long);
    let told = run.ok(&["ingest", "in", "--lake", "lake"]);
    assert!(told.stderr.contains("1 rejected"), "{}", told.stderr);
}

#[test]
fn nothing_usable_is_an_error_that_lists_what_was_found() {
    let run = Run::new();
    fs::create_dir(run.dir().join("empty")).expect("a folder");
    let told = run.tell(&["run", "empty"]);
    assert_eq!(told.code, 3, "{}", told.stderr);
    run.write("papers/a.pdf", b"%PDF-1.7");
    run.write("papers/b.pdf", b"%PDF-1.7");
    let told = run.tell(&["run", "papers"]);
    assert_eq!(told.code, 3, "{}", told.stderr);
    assert!(told.stderr.contains("a.pdf") && told.stderr.contains("b.pdf"), "{}", told.stderr);
    let told = run.tell(&["run", "no-such-folder"]);
    assert_eq!(told.code, 2, "{}", told.stderr);
    assert!(told.stderr.contains("no-such-folder"), "{}", told.stderr);
}

#[test]
fn two_tenants_are_refused_and_named_and_nothing_is_written() {
    let record = |tenant: &str, id: &str| {
        format!(
            "{{\"time\":\"2026-03-01T10:00:00Z\",\"category\":\"AuditLogs\",\"tenantId\":\"{tenant}\",\"resourceId\":\"/tenants/{tenant}/providers/Microsoft.aadiam\",\"operationName\":\"Add member to group\",\"properties\":{}}}\n",
            EVENT.replace("e1", id)
        )
    };
    let (one, two) = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222");
    let run = Run::new();
    run.write("in/one.ndjson", &record(one, "a"));
    run.ok(&["ingest", "in", "--lake", "lake"]);
    let before = run.ok(&["lake", "status", "--lake", "lake"]).stdout;
    run.write("in/two.ndjson", &record(two, "b"));
    let told = run.tell(&["ingest", "in", "--lake", "lake"]);
    assert_eq!(told.code, 3, "{}", told.stderr);
    assert!(told.stderr.contains(one) && told.stderr.contains(two), "{}", told.stderr);
    assert_eq!(before, run.ok(&["lake", "status", "--lake", "lake"]).stdout);
    fs::remove_file(run.dir().join("in/one.ndjson")).expect("removed");
    let told = run.tell(&["ingest", "in", "--lake", "lake"]);
    assert_eq!(told.code, 3, "the lake is of another tenant: {}", told.stderr);
}

#[test]
fn hostile_names_are_text_everywhere() {
    let run = Run::new();
    let user = |id: &str, name: &str| {
        format!(
            "{{\"id\":\"{id}\",\"displayName\":{},\"userPrincipalName\":{},\"accountEnabled\":true,\"userType\":\"Member\"}}",
            serde_json::json!(name),
            serde_json::json!(name)
        )
    };
    run.write(
        "in/2026-03-02/users.json",
        &format!(
            "{{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#users\",\"value\":[{},{}]}}",
            user("u1", "=cmd|' /C calc'!A0"),
            user("u2", "<img src=x onerror=alert(1)>")
        ),
    );
    run.write(
        "in/events.ndjson",
        &format!("{EVENT}\n{}", EVENT.replace("e1", "e2").replace("\"u1\"", "\"u2\"")),
    );
    run.ok(&["run", "in"]);
    let csv_text = run.read("vouchsafe-report/holdings.csv");
    assert!(csv_text.contains("'=cmd|") && !csv_text.contains(",=cmd|"), "{csv_text}");
    let html = run.read("vouchsafe-report/index.html");
    assert!(!html.contains("<img src=x"), "the name is text");
    assert!(html.contains("&lt;img src=x") || html.contains("&#60;img src=x"), "the name is shown");
}

#[test]
fn an_error_body_is_a_gap_and_never_an_empty_collection() {
    let run = Run::new();
    run.write("in/good.ndjson", EVENT);
    run.write("in/signins.json", r#"{"error":{"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant","message":"Neither tenant is B2C or tenant doesn't have premium license"}}"#);
    let told = run.ok(&["run", "in"]);
    assert!(told.stderr.contains("premium license"), "{}", told.stderr);
    let checks = run.ok(&["check", "STA-01", "CAP-03", "--format", "csv"]).stdout;
    assert!(checks.contains("not-evaluable"), "{checks}");
}

#[test]
fn the_kept_ledger_answers_like_one_that_is_built_anew() {
    let run = Run::new();
    run.ok(&["ingest", &sample(), "--lake", "lake"]);
    let kept = run.dir().join("lake/_ledger");
    let questions: [&[&str]; 7] = [
        &["holders", "--from", "2025-01-01", "--until", "2026-12-31"],
        &["holders", "--package", "Payroll", "--at", "2026-03-31"],
        &["holders", "--package", "Payroll", "--as-of", "2026-02-15T00:00:00Z"],
        &["holders", "--group", "GRP Lab Results", "--from", "2026-01-01"],
        &["holders", "--role", "Global Administrator"],
        &["holdings", "mehmet.aydin@meridell-care.example"],
        &["holdings", "mehmet.aydin@meridell-care.example", "--as-of", "2026-01-31"],
    ];
    for question in questions {
        let ask = || run.tell(&[question, &["--lake", "lake", "--format", "json"]].concat());
        fs::remove_dir_all(&kept).ok();
        let built = ask();
        assert!(kept.is_dir(), "a question keeps what it built");
        let read = ask();
        assert_eq!(read.code, built.code, "{question:?}");
        assert_eq!(read.stdout, built.stdout, "{question:?}");
        assert_eq!(read.stderr, built.stderr, "{question:?}");
    }
}

#[test]
fn what_is_kept_and_extended_by_each_ingest_says_what_is_built_anew_of_all() {
    let run = Run::new();
    let inside = |folder: &str| fs::read_dir(format!("{}/{folder}", sample())).expect("the sample").flatten();
    let mut files: Vec<String> = ["audit", "looks", "signins"]
        .iter()
        .flat_map(|f| inside(f))
        .map(|e| e.path().display().to_string())
        .collect();
    // What comes later is older.
    files.sort_by(|a, b| b.cmp(a));
    let ask = |question: &[&str]| run.tell(&[question, &["--lake", "lake"]].concat());
    for file in &files {
        run.ok(&["ingest", file, "--lake", "lake"]);
        ask(&["holders", "--format", "json"]);
    }
    let questions: [&[&str]; 3] = [
        &["holders", "--format", "json"],
        &["check", "--format", "csv"],
        &["holders", "--as-of", "2026-03-01", "--format", "csv"],
    ];
    let extended: Vec<_> = questions.iter().map(|q| ask(q)).collect();
    let kept = |name: &str| run.dir().join("lake").join(name);
    fs::remove_dir_all(kept("_ledger")).expect("a kept ledger");
    fs::remove_dir_all(kept("_condensed")).expect("kept logs");
    for (question, extended) in questions.iter().zip(&extended) {
        let anew = ask(question);
        assert_eq!(anew.code, extended.code, "{question:?}");
        assert_eq!(anew.stdout, extended.stdout, "{question:?}");
    }
}

#[test]
fn damaged_condensed_logs_are_made_again() {
    let run = Run::new();
    run.ok(&["ingest", &sample(), "--lake", "lake"]);
    let ask = || run.tell(&["check", "--lake", "lake", "--format", "csv"]).stdout;
    let built = ask();
    let folder = fs::read_dir(run.dir().join("lake/_condensed"))
        .expect("kept")
        .next()
        .expect("one")
        .expect("a folder")
        .path();
    for file in ["logs.json", "facts.parquet", "names.parquet", "usage.parquet"] {
        fs::write(folder.join(file), b"PAR1").expect("spoiled");
        fs::remove_dir_all(run.dir().join("lake/_ledger")).expect("a kept ledger");
        assert_eq!(ask(), built, "{file}");
    }
}

#[test]
fn a_damaged_kept_ledger_is_made_again() {
    let run = Run::new();
    run.ok(&["ingest", &sample(), "--lake", "lake"]);
    let ask = || run.tell(&["holders", "--package", "Payroll", "--lake", "lake", "--format", "csv"]);
    let built = ask();
    let folder = fs::read_dir(run.dir().join("lake/_ledger"))
        .expect("kept")
        .next()
        .expect("one")
        .expect("a folder")
        .path();
    fs::write(folder.join("basis.json"), b"{").expect("spoiled");
    assert_eq!(ask().stdout, built.stdout);
    fs::write(folder.join("holdings-by-resource.parquet"), b"PAR1").expect("spoiled");
    assert_eq!(ask().stdout, built.stdout, "rows that cannot be read are built anew");
}
