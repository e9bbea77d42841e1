//! The report as others open it: a browser, a printer, spreadsheets; with names that attack each of them.

use crate::common::{Run, Told};
use crate::tools;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What each kind of reader could be hurt by.
const ATTACKS: [&str; 8] = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "</text></svg><script>alert(3)</script>",
    "=cmd|' /C calc'!A0",
    "+1+1\u{1b}]8;;http://evil.example\u{7}click\u{1b}]8;;\u{7}",
    "[link](javascript:alert(4)) | `code` | **bold**",
    "\u{202e}rotartsinimda\u{200b}",
    "\" onmouseover=\"alert(5)\" x='",
];
const SECRET: &str = "because my therapist told me so";

/// A small tenant whose people bear these names, with a package asked for in somebody's own words.
fn hostile() -> Run {
    let run = Run::new();
    let users: Vec<serde_json::Value> = ATTACKS
        .iter()
        .enumerate()
        .map(|(n, name)| {
            serde_json::json!({"id": format!("u{n}"), "displayName": name, "userPrincipalName": name, "accountEnabled": true, "userType": "Member", "department": name})
        })
        .collect();
    run.write(
        "in/2026-03-02/users.json",
        &serde_json::json!({"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users", "value": users}).to_string(),
    );
    let events: String = (0..ATTACKS.len()).map(|n| event(n) + "\n").collect();
    run.write("in/events.ndjson", &events);
    let requests: Vec<serde_json::Value> = (0..ATTACKS.len()).map(request).collect();
    run.write(
        "in/2026-03-02/requests.json",
        &serde_json::json!({
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#identityGovernance/entitlementManagement/assignmentRequests",
            "value": requests,
        })
        .to_string(),
    );
    run
}

fn event(n: usize) -> String {
    serde_json::json!({
        "id": format!("e{n}"), "activityDateTime": "2026-03-01T10:00:00Z", "activityDisplayName": "Add member to group", "result": "success",
        "loggedByService": "Core Directory", "category": "GroupManagement",
        "initiatedBy": {"user": {"id": "boss", "userPrincipalName": "boss@corp.example"}},
        "targetResources": [{"id": format!("u{n}"), "type": "User"}, {"id": "g1", "type": "Group", "displayName": ATTACKS[0]}],
    })
    .to_string()
}

fn request(n: usize) -> serde_json::Value {
    serde_json::json!({
        "id": format!("00000000-0000-4000-8000-00000000000{n}"), "requestType": "userAdd", "state": "delivered", "status": "Delivered",
        "createdDateTime": "2026-02-01T10:00:00Z", "completedDateTime": "2026-02-01T10:05:00Z", "justification": SECRET,
        "requestor": {"id": "s", "objectId": format!("u{n}"), "displayName": ATTACKS[n]},
        "accessPackage": {"id": format!("00000000-0000-4000-8000-0000000000f{}", n % 3), "displayName": ATTACKS[n % 3]},
        "assignment": {"id": format!("00000000-0000-4000-8000-0000000000a{n}"), "target": {"objectId": format!("u{n}"), "displayName": ATTACKS[n]}, "accessPackage": {"id": format!("00000000-0000-4000-8000-0000000000f{}", n % 3), "displayName": ATTACKS[n % 3]}},
    })
}

/// Opens a page in a browser, where there is one, and says what it complained about.
pub fn opened(test: &str, page: &Path, flags: &[&str]) -> Option<serde_json::Value> {
    let args: Vec<&str> = std::iter::once(page.to_str().expect("a path")).chain(flags.iter().copied()).collect();
    let output = tools::browser(test, "page.cjs", &args)?;
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_str(&told).expect("the script prints JSON"))
}

#[test]
fn hostile_names_do_nothing_in_a_browser() {
    let run = hostile();
    run.ok(&["run", "in"]);
    let page = run.dir().join("vouchsafe-report/index.html");
    for flags in [&[][..], &["--no-script"][..], &["--dark"][..]] {
        let Some(told) = opened("hostile_names_do_nothing_in_a_browser", &page, flags) else {
            return;
        };
        assert_eq!(told["complaints"], serde_json::json!([]), "{flags:?}");
        assert!(
            told["text"].as_str().is_some_and(|t| t.contains("<img src=x onerror=alert(1)>")),
            "the name is shown as text"
        );
    }
}

#[test]
fn the_report_is_accessible_in_light_and_dark() {
    let run = hostile();
    run.ok(&["run", "in"]);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/sample/index.html");
    for page in [sample, run.dir().join("vouchsafe-report/index.html")] {
        for flags in [&["--axe"][..], &["--axe", "--dark"][..]] {
            let Some(told) = opened("the_report_is_accessible_in_light_and_dark", &page, flags) else {
                return;
            };
            assert_eq!(told["violations"], serde_json::json!([]), "{} {flags:?}", page.display());
        }
    }
}

#[test]
fn the_report_prints_in_pages() {
    let temp = tempfile::tempdir().expect("a folder");
    let pdf = temp.path().join("report.pdf");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/sample/index.html");
    let Some(_) = opened("the_report_prints_in_pages", &page, &[&format!("--pdf={}", pdf.display())]) else {
        return;
    };
    let Some(pdfinfo) = tools::program("the_report_prints_in_pages", "pdfinfo") else {
        return;
    };
    let output = Command::new(pdfinfo).arg(&pdf).output().expect("pdfinfo starts");
    let told = String::from_utf8_lossy(&output.stdout);
    let pages: u32 = told
        .lines()
        .find_map(|l| l.strip_prefix("Pages:"))
        .and_then(|n| n.trim().parse().ok())
        .unwrap_or(0);
    assert!((8..=30).contains(&pages), "a reviewer prints it: {told}");
    assert!(told.contains("A4"), "{told}");
    // Complete on paper: whoever holds anything is there, under People, and the long table is not printed twice.
    let Some(pdftotext) = tools::program("the_report_prints_in_pages", "pdftotext") else {
        return;
    };
    let output = Command::new(pdftotext).arg("-layout").arg(&pdf).arg("-").output().expect("pdftotext starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let text = plain(&text);
    assert!(text.contains(&plain("On paper every holding is listed under People")));
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/sample/holdings.csv");
    let mut table = csv::Reader::from_path(table).expect("the table");
    let names: std::collections::BTreeSet<String> = table
        .deserialize::<std::collections::BTreeMap<String, String>>()
        .map(|row| row.expect("a row")["principal_name"].clone())
        .collect();
    assert!(names.len() > 40, "{} holders", names.len());
    let missing: Vec<&String> = names.iter().filter(|n| !text.contains(&plain(n))).collect();
    assert!(missing.is_empty(), "not on paper: {missing:?}");
}

/// Reads a workbook with openpyxl and tells about it as JSON.
const READ: &str = r#"
import json, sys, datetime, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
told = {"sheets": book.sheetnames, "formulas": 0, "texts": [], "frozen": [], "filtered": [], "times": 0, "numbers": 0, "created": book.properties.created.isoformat()}
for sheet in book:
    told["frozen"].append(sheet.freeze_panes)
    told["filtered"].append(sheet.auto_filter.ref is not None)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            told["formulas"] += cell.data_type == "f"
            told["times"] += isinstance(cell.value, datetime.datetime)
            told["numbers"] += isinstance(cell.value, (int, float))
            if isinstance(cell.value, str): told["texts"].append(cell.value)
held = book["Holdings"]
told["holdings"] = held.max_row - 1
told["heads"] = [c.value for c in held[1]]
print(json.dumps(told))
"#;

#[test]
fn the_workbook_is_typed_filtered_and_without_formulas() {
    let test = "the_workbook_is_typed_filtered_and_without_formulas";
    let run = hostile();
    run.ok(&["run", "in"]);
    let book = run.dir().join("vouchsafe-report/report.xlsx");
    let Some(python) = tools::python(test, &["openpyxl"]) else { return };
    let output = Command::new(python).args(["-c", READ]).arg(&book).output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["formulas"], 0);
    assert!(told["times"].as_u64() > Some(8) && told["numbers"].as_u64() > Some(8), "{told}");
    let all = |list: &str, want: &serde_json::Value| told[list].as_array().is_some_and(|l| !l.is_empty() && l.iter().all(|v| v == want));
    assert!(all("frozen", &"A2".into()) && all("filtered", &true.into()), "{told}");
    let texts: Vec<&str> = told["texts"].as_array().expect("a list").iter().filter_map(|t| t.as_str()).collect();
    assert!(texts.contains(&"=cmd|' /C calc'!A0"), "the name is there, and is text");
    assert!(texts.iter().any(|t| t.contains("‹U+202E›")) && !texts.iter().any(|t| t.contains('\u{202e}') || t.contains('\u{1b}')));
    assert!(!texts.iter().any(|t| t.contains(SECRET)), "people's own words are masked");
    let rows = run.read("vouchsafe-report/holdings.csv");
    assert_eq!(
        told["holdings"].as_u64(),
        Some(csv::Reader::from_reader(rows.as_bytes()).records().count() as u64)
    );
    let heads: Vec<&str> = rows.lines().next().unwrap_or_default().split(',').collect();
    assert_eq!(told["heads"], serde_json::json!(heads));
    assert!(
        told["created"].as_str().is_some_and(|c| c.starts_with("2026-03-0")),
        "the instant of the questions, not a clock: {}",
        told["created"]
    );
}

#[test]
fn libreoffice_opens_the_workbook() {
    let test = "libreoffice_opens_the_workbook";
    let Some(soffice) = tools::program(test, "soffice") else { return };
    let run = hostile();
    run.ok(&["run", "in"]);
    let book = run.dir().join("vouchsafe-report/report.xlsx");
    let profile = format!("-env:UserInstallation=file://{}", run.dir().join("office").display());
    // The second sheet alone would hide a broken first one: all sheets are written, a file each.
    let output = Command::new(soffice)
        .args([
            &profile,
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
            "--outdir",
        ])
        .arg(run.dir().join("sheets"))
        .arg(&book)
        .output()
        .expect("soffice starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let sheets: Vec<PathBuf> = std::fs::read_dir(run.dir().join("sheets"))
        .expect("sheets")
        .flatten()
        .map(|e| e.path())
        .collect();
    assert_eq!(sheets.len(), 11, "{sheets:?}");
    let held = run.read("sheets/report-Holdings.csv");
    assert!(held.contains("=cmd|' /C calc'!A0"), "a formula would have been run: {held}");
}

#[test]
fn peoples_own_words_are_masked_unless_they_are_asked_for() {
    let run = hostile();
    let told: Told = run.ok(&["run", "in"]);
    assert!(!told.stderr.contains("warning: CSV as it is"));
    for name in ["index.html", "findings.csv", "holdings.csv"] {
        assert!(!run.read(&format!("vouchsafe-report/{name}")).contains(SECRET), "{name}");
    }
    let masked = format!("{} characters, SHA-256 ", SECRET.chars().count());
    assert!(run.read("vouchsafe-report/holdings.csv").contains(&masked));
    let told = run.ok(&["report", "--show-text", "--csv-raw", "--out", "open"]);
    assert!(told.stderr.contains("warning: CSV as it is"), "{}", told.stderr);
    assert!(run.read("open/holdings.csv").contains(SECRET) && run.read("open/index.html").contains(SECRET));
    assert!(run.read("open/index.html").contains("shown (--show-text)"), "the report says so");
    assert!(run.read("open/holdings.csv").contains(",=cmd|"), "raw is raw");
    let asked = run.tell(&["holdings", "u3", "--format", "csv"]).stdout;
    assert!(asked.contains(SECRET), "an investigator sees the words: {asked}");
}

#[test]
fn terminals_get_no_commands_from_names() {
    let run = hostile();
    run.ok(&["ingest", "in"]);
    for args in [&["holders"][..], &["check"][..], &["lake", "status"][..]] {
        let told = run.tell(args);
        for text in [&told.stdout, &told.stderr] {
            assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{200b}']), "{args:?}: {text:?}");
        }
    }
    assert!(run.tell(&["holders"]).stdout.contains("‹U+001B›"), "what is hidden is written out");
}

/// Runs the program on a terminal of its own, and prints what came to it.
const ON_A_TERMINAL: &str = r#"
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
told = b""
while True:
    try:
        piece = os.read(fd, 65536)
    except OSError:
        break
    if not piece:
        break
    told += piece
os.waitpid(pid, 0)
sys.stdout.buffer.write(told)
"#;

#[test]
fn on_a_terminal_every_form_shows_what_names_hide() {
    let Some(python) = tools::program("on_a_terminal_every_form_shows_what_names_hide", "python3") else {
        return;
    };
    let run = hostile();
    // A folder whose name moves the cursor, turns a line round, and begins a line of its own.
    run.write(
        "in/2026-03-02\u{1b}[2J\u{202e}\nwrong: nothing/users.json",
        &run.read("in/2026-03-02/users.json"),
    );
    run.write("in/2026-03-02\u{1b}[2J\u{202e}\nwrong: nothing/notes.txt", "no export");
    for args in [
        &["ingest", "in"][..],
        &["ingest", "in", "--dry-run"][..],
        &["--quiet", "lake", "status"][..],
        &["holders"][..],
        &["holders", "--format", "csv"][..],
        &["holders", "--format", "json"][..],
        &["holdings", "u6", "--format", "jsonl"][..],
        &["check", "--format", "csv"][..],
        &["timeline", "u6"][..],
    ] {
        let program = [env!("CARGO_BIN_EXE_vouchsafe")];
        let output = Command::new(&python)
            .args(["-c", ON_A_TERMINAL])
            .args(program.iter().chain(args))
            .current_dir(run.dir())
            .env("SOURCE_DATE_EPOCH", crate::common::CLOCK)
            .env("TERM", "dumb")
            .env_remove("VOUCHSAFE_LAKE")
            .output()
            .expect("python starts");
        let told = String::from_utf8(output.stdout).expect("text");
        assert!(told.len() > 20, "{args:?}: {told}");
        // What a progress bar itself sends to move its line.
        let own = ["\u{1b}[2K", "\u{1b}[1A", "\u{1b}[K", "\u{1b}[1B"];
        let told = own.iter().fold(told, |told, own| told.replace(own, ""));
        assert!(!told.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{200b}']), "{args:?}: {told:?}");
        assert!(!told.lines().any(|line| line.starts_with("wrong: nothing")), "{args:?}: {told:?}");
    }
}
