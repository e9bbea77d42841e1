//! What reviewers touch, driven by programs that are not ours: Chromium, openpyxl, LibreOffice, ssh-keygen, a mail server.

use crate::common::{CLOCK, Run};
use crate::tools;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PLAN: &str = r#"
name = "Faces"
due_days = 14
justification = ["modify", "exception", "keep-sensitive"]
batch = 8
[[reviewers]]
by = "person"
persons = ["marit.solbakken@meridell-care.example", "hanna.lindgren@meridell-care.example", "signe.aune@meridell-care.example"]
[freshness]
max_age_days = 36500
[[reminders]]
days_before = 7
to = "reviewer"
"#;

/// A campaign over the sample, and the folder of the reviewer with most items.
struct Opened {
    run: Run,
    id: String,
    reviewer: String,
    sheets: PathBuf,
}

impl Opened {
    fn new() -> Self {
        Self::with("")
    }

    /// With more lines in the campaign file.
    fn with(more: &str) -> Self {
        Self::of(&format!("{PLAN}{more}"))
    }

    /// By a campaign file.
    fn of(plan: &str) -> Self {
        let run = Run::new();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data");
        run.ok(&["ingest", sample.to_str().expect("a path"), "--lake", "lake", "--quiet"]);
        run.write("campaign.toml", plan);
        let told = run.ok(&["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out", "--by", "audit"]);
        let id = told.stdout.trim().to_string();
        let root = run.dir().join("out").join(&id);
        let mut folders: Vec<(usize, String)> = fs::read_dir(&root)
            .expect("folders of reviewers")
            .map(|e| e.expect("an entry").path())
            .filter(|p| p.join("review.csv").is_file())
            .map(|p| {
                let name = p.file_name().expect("a name").to_string_lossy().to_string();
                (rows(&p.join("review.csv")).len(), name)
            })
            .filter(|(_, name)| name != "unassigned")
            .collect();
        folders.sort();
        let (items, reviewer) = folders.pop().expect("a reviewer");
        assert!(items >= 5, "the sample has a reviewer with some items");
        let sheets = root.join(&reviewer);
        Self { run, id, reviewer, sheets }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.sheets.join(name)
    }

    /// Imports, and returns what the program says of that reviewer afterwards.
    fn import(&self, file: &Path, more: &[&str]) -> Value {
        let file = file.to_str().expect("a path");
        let mut args = vec!["campaign", "import", file, "--as", &self.reviewer, "--lake", "lake", "--by", "audit"];
        args.extend(more);
        self.run.ok(&args);
        self.status()
    }

    fn status(&self) -> Value {
        let told = self.run.ok(&["campaign", "status", &self.id, "--lake", "lake", "--format", "json"]).stdout;
        serde_json::from_str(&told).expect("JSON")
    }

    fn of_reviewer(&self, status: &Value) -> Value {
        let all = status["reviewers"].as_array().expect("a list").clone();
        all.into_iter().find(|r| r["reviewer"] == self.reviewer.as_str()).expect("the reviewer")
    }

    /// Decisions as the program tells them, by item.
    fn decisions(&self) -> BTreeMap<String, String> {
        let told = self.run.ok(&["campaign", "status", &self.id, "--lake", "lake", "--format", "csv"]).stdout;
        let rows = read(told.as_bytes());
        rows.into_iter()
            .filter(|r| !r["decision"].is_empty())
            .map(|r| (r["item_id"].clone(), r["decision"].clone()))
            .collect()
    }
}

fn read(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    reader.deserialize().map(|r| r.expect("a row")).collect()
}

fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    read(&fs::read(path).expect("a file"))
}

/// The sheet with the same decision in every row, as an editor of CSV leaves it.
fn filled(opened: &Opened, decision: &str, why: &str) -> PathBuf {
    let mut reader = csv::Reader::from_path(opened.file("review.csv")).expect("the sheet");
    let heads = reader.headers().expect("heads").clone();
    let at = |name: &str| heads.iter().position(|h| h == name).expect("a column");
    let path = opened.run.dir().join(format!("{decision}.csv"));
    let mut writer = csv::Writer::from_path(&path).expect("a file");
    writer.write_record(&heads).expect("written");
    for row in reader.records() {
        let mut cells: Vec<String> = row.expect("a row").iter().map(String::from).collect();
        cells[at("decision")] = decision.into();
        cells[at("justification")] = why.into();
        writer.write_record(&cells).expect("written");
    }
    writer.flush().expect("written");
    path
}

#[test]
fn every_reviewer_gets_a_page_a_workbook_and_a_table() {
    let opened = Opened::new();
    let root = opened.run.dir().join("out").join(&opened.id);
    for entry in fs::read_dir(&root).expect("folders") {
        let dir = entry.expect("an entry").path();
        if dir.is_dir() {
            for name in ["review.html", "review.xlsx", "review.csv"] {
                let file = dir.join(name);
                let kept = fs::metadata(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
                assert!(kept.len() > 200, "{}", file.display());
                #[cfg(unix)]
                {
                    use std::os::unix::fs::PermissionsExt;
                    assert_eq!(kept.permissions().mode() & 0o777, 0o600, "{}", file.display());
                }
            }
        }
    }
    let page = fs::read_to_string(opened.file("review.html")).expect("the page");
    let first = &rows(&opened.file("review.csv"))[0];
    for part in [opened.id.as_str(), opened.reviewer.as_str(), &first["sheet_sha256"], &first["item_id"]] {
        assert!(page.contains(part), "{part} is not on the page");
    }
}

#[test]
fn decided_by_keyboard_in_a_browser_reloaded_saved_and_imported() {
    let test = "decided_by_keyboard_in_a_browser_reloaded_saved_and_imported";
    let opened = Opened::new();
    let saved = opened.run.dir().join("saved.csv");
    let page = opened.file("review.html");
    let args = [page.to_str().expect("a path"), saved.to_str().expect("a path"), CLOCK];
    let Some(output) = tools::browser(test, "sheet.cjs", &args) else { return };
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let items = rows(&opened.file("review.csv")).len() as u64;
    assert_eq!(told["complaints"], serde_json::json!([]), "{told}");
    assert_eq!((told["items"].as_u64(), told["before"].as_u64()), (Some(items), Some(0)), "{told}");
    assert_eq!(
        (told["decided"].as_u64(), told["after"].as_u64()),
        (Some(items - 1), Some(items - 1)),
        "lost by the reload"
    );
    assert_eq!((told["lacking"].as_bool(), told["shownOpen"].as_u64()), (Some(false), Some(1)), "{told}");
    for (scheme, found) in told["axe"].as_object().expect("an object") {
        assert_eq!(*found, serde_json::json!([]), "axe-core, {scheme}");
    }
    let status = opened.import(&saved, &[]);
    assert_eq!(opened.of_reviewer(&status)["undecided"], 1);
    let given: BTreeMap<String, String> = told["given"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|pair| (pair[0].as_str().expect("an id").to_string(), pair[1].as_str().expect("a word").to_string()))
        .collect();
    assert_eq!(opened.decisions(), given);
}

/// Forty items of the sample: packages and application roles, of every risk and recommendation.
const FORTY: &str = r#"
name = "Forty"
due_days = 14
justification = []
[scope]
kinds = ["access_package", "app_role"]
packages = ["Lab Results", "Ward Planning", "Staff Library", "Vendor Maintenance"]
roles = ["Care Record*", "Lab Portal*"]
[[reviewers]]
by = "person"
persons = ["hanna.lindgren@meridell-care.example"]
[freshness]
max_age_days = 36500
"#;

#[test]
fn a_manager_decides_forty_items_with_at_most_fifteen_actions() {
    let test = "a_manager_decides_forty_items_with_at_most_fifteen_actions";
    let opened = Opened::of(FORTY);
    let saved = opened.run.dir().join("saved.csv");
    let page = opened.file("review.html");
    let args = [page.to_str().expect("a path"), saved.to_str().expect("a path"), CLOCK];
    let Some(output) = tools::browser(test, "manager.cjs", &args) else { return };
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["complaints"], serde_json::json!([]), "{told}");
    assert_eq!((told["items"].as_u64(), told["decided"].as_u64()), (Some(40), Some(40)), "{told}");
    assert!(told["actions"].as_u64() <= Some(15), "{} actions", told["actions"]);
    assert!(told["words"].as_u64() <= Some(60), "{} words on one item", told["words"]);
    assert!(told["accepted"].as_u64() >= Some(20) && told["alike"].as_u64() >= Some(1), "{told}");
    assert_eq!(told["high"], 0, "nothing of high risk is accepted in one go");
    assert_eq!(told["empty"], 0, "all of it was undone, in {} steps", told["undone"]);
    assert_eq!(
        told["tabs"],
        serde_json::json!([["keep", "revoke"], ["keep", "revoke"]]),
        "two tabs show the same"
    );
    assert_eq!(
        told["left"],
        serde_json::json!(["revoke", "revoke"]),
        "one tab does not undo what the other decided"
    );
    assert_eq!(told["taken"], serde_json::json!(["", ""]), "a decision is taken back by pressing it again");
    for (how, groups) in told["groups"].as_object().expect("groups") {
        let sum: u64 = groups.as_array().expect("a list").iter().filter_map(|g| g[1].as_u64()).sum();
        assert_eq!(sum, 40, "grouped by {how}: every item once");
    }
    assert_eq!(told["groups"]["what"].as_array().map(Vec::len), Some(6), "{told}");
    assert_eq!(
        told["small"],
        serde_json::json!({"wide": false, "hints": 0, "low": 0, "opened": true, "inline": true}),
        "on a phone"
    );
    for (where_, found) in told["axe"].as_object().expect("an object") {
        assert_eq!(*found, serde_json::json!([]), "axe-core, {where_}");
    }
    // What she saved is taken whole, as she decided it.
    let status = opened.import(&saved, &[]);
    assert_eq!(opened.of_reviewer(&status)["undecided"], 0, "{status}");
    let decisions = opened.decisions();
    for (id, state) in told["after"].as_object().expect("items") {
        assert_eq!(Some(decisions[id].as_str()), state["decision"].as_str(), "{id}");
    }
    // The page and the import agree on every reason: what the one lets pass the other takes, and nothing else.
    let refused = told["refused"].as_str().expect("a path");
    let opened = Opened::of(FORTY);
    opened.import(Path::new(refused), &[]);
    let decisions = opened.decisions();
    for row in told["told"].as_array().expect("a list") {
        let (id, passes) = (row[0].as_str().expect("an id"), row[2].as_bool().expect("a word"));
        assert_eq!(decisions.get(id).map(String::as_str) == Some("exception"), passes, "{row}");
    }
    assert!(
        told["named"].as_str().is_some_and(|t| t.contains("Not in it")),
        "what is missing is named: {}",
        told["named"]
    );
}

/// What stands between two marks, each time.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).filter_map(|t| t.split_once(to)).map(|(t, _)| t).collect()
}

/// `… (STA-01) …`: what a check says.
fn names_a_check(text: &str) -> bool {
    let id = |t: &str| t.len() >= 7 && t[..3].chars().all(|c| c.is_ascii_uppercase()) && t[3..4] == *"-" && t[4..6].chars().all(|c| c.is_ascii_digit());
    text.split('(').skip(1).any(|t| t.is_ascii() && id(t))
}

#[test]
fn pages_and_letters_are_in_the_language_of_their_reader_and_codes_are_the_same() {
    for (language, words) in [
        ("de", ["Behalten", "Entziehen", "hat Zugriff auf", "Warum Sie das prüfen"]),
        ("fr", ["Conserver", "Retirer", "a accès à", "Pourquoi vous examinez cela"]),
        ("es", ["Mantener", "Quitar", "tiene acceso a", "Por qué revisa esto"]),
    ] {
        let opened = Opened::of(&format!("language = \"{language}\"\n{PLAN}"));
        let page = fs::read_to_string(opened.file("review.html")).expect("the page");
        assert!(page.contains(&format!("<html lang=\"{language}\">")));
        for word in words {
            assert!(page.contains(word), "{language}: {word}");
        }
        let items = page.split_once("class=\"finish\"").expect("the end of the items").0;
        // Facts that no phrase fits are said to be English; those may only quote what a check says.
        let english: Vec<&str> = between(items, "<dd lang=\"en\">", "</dd>");
        let ours: Vec<&&str> = english.iter().filter(|t| !t.contains(": ") && !names_a_check(t)).collect();
        assert!(ours.is_empty(), "{language}: {ours:?}");
        for said in ["Keep<", "Remove<", "has access to", "it was used", "colleagues", "no usage data", "Recommended"] {
            assert!(!items.contains(said), "{language}: '{said}' on the page");
        }
        assert_eq!(items.matches("value=\"revoke\"").count(), rows(&opened.file("review.csv")).len(), "codes stay");
        let letter = fs::read_dir(&opened.sheets)
            .expect("a folder")
            .flatten()
            .map(|f| f.path())
            .find(|f| f.extension().is_some_and(|e| e == "eml"))
            .expect("a letter");
        let mail = fs::read_to_string(letter).expect("text");
        assert!(mail.contains(&format!("Content-Language: {language}")), "{mail}");
    }
}

/// Fills the workbook in with openpyxl: keep, revoke, modify in turn, with reasons and a date; prints what it saw.
const OPENPYXL: &str = r#"
import sys, json, datetime, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
sheet = book["Review"]
heads = {c.value: c.column for c in sheet[1]}
rules = {str(r.sqref).split(":")[0]: (r.type, r.formula1) for r in sheet.data_validations.dataValidation}
seen = {
    "protected": sheet.protection.sheet,
    "locked": sorted(h for h, c in heads.items() if sheet.cell(2, c).protection.locked),
    "open": sorted(h for h, c in heads.items() if not sheet.cell(2, c).protection.locked),
    "rules": {sheet[cell].column: rule for cell, rule in rules.items()},
    "formulas": [c.coordinate for row in sheet for c in row if c.data_type == "f"],
    "rows": sheet.max_row - 1,
    "created": book.properties.created.isoformat(),
    "decision": heads["decision"],
}
for n, row in enumerate(range(2, sheet.max_row + 1)):
    word = ["keep", "revoke", "modify"][n % 3]
    sheet.cell(row, heads["decision"]).value = word
    sheet.cell(row, heads["justification"]).value = f"reason {n}"
    if word == "modify":
        sheet.cell(row, heads["until"]).value = datetime.date(2035, 1, 31)
book.save(sys.argv[2])
print(json.dumps(seen))
"#;

#[test]
fn a_workbook_edited_by_openpyxl_and_saved_by_libreoffice_is_imported() {
    let test = "a_workbook_edited_by_openpyxl_and_saved_by_libreoffice_is_imported";
    let Some(python) = tools::python(test, &["openpyxl"]) else { return };
    let opened = Opened::new();
    let edited = opened.run.dir().join("edited.xlsx");
    let output = Command::new(python)
        .args(["-c", OPENPYXL])
        .arg(opened.file("review.xlsx"))
        .arg(&edited)
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((seen["protected"].as_bool(), &seen["formulas"]), (Some(true), &serde_json::json!([])));
    assert_eq!(seen["open"], serde_json::json!(["decided_at", "decision", "justification", "until"]));
    assert!(seen["locked"].as_array().expect("a list").iter().any(|c| c == "item_id"));
    let rule = &seen["rules"][seen["decision"].to_string()];
    assert_eq!(*rule, serde_json::json!(["list", "\"keep,revoke,modify,exception\""]), "{seen}");

    let status = opened.import(&edited, &[]);
    let mine = opened.of_reviewer(&status);
    let rows = seen["rows"].as_u64().expect("a number");
    assert_eq!((mine["undecided"].as_u64(), mine["population"].as_u64()), (Some(0), Some(rows)));
    assert_eq!(mine["revoke"].as_u64(), Some((rows + 1) / 3));
    let before = opened.decisions();

    let Some(office) = tools::program(test, "soffice") else { return };
    let again = opened.run.dir().join("office");
    let profile = format!("-env:UserInstallation=file://{}", opened.run.dir().join("profile").display());
    let output = Command::new(office)
        .args([profile.as_str(), "--headless", "--convert-to", "xlsx", "--outdir"])
        .arg(&again)
        .arg(&edited)
        .output()
        .expect("LibreOffice starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Another campaign state: the same decisions again change nothing, and every row of the saved workbook is understood.
    opened.import(&again.join("edited.xlsx"), &[]);
    assert_eq!(opened.decisions(), before);
}

#[test]
fn a_signature_by_ssh_keygen_is_proof_and_a_changed_file_is_not() {
    let test = "a_signature_by_ssh_keygen_is_proof_and_a_changed_file_is_not";
    let Some(keygen) = tools::program(test, "ssh-keygen") else { return };
    let opened = Opened::new();
    let dir = opened.run.dir();
    let file = filled(&opened, "keep", "needed for the month-end close");
    let key = dir.join("key");
    let made = Command::new(&keygen)
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(&key)
        .status()
        .expect("it starts");
    assert!(made.success());
    let signed = Command::new(&keygen)
        .args(["-q", "-Y", "sign", "-n", "vouchsafe", "-f"])
        .arg(&key)
        .arg(&file)
        .status()
        .expect("it starts");
    assert!(signed.success());
    let public = fs::read_to_string(dir.join("key.pub")).expect("a key");
    opened.run.write("allowed", &format!("{} namespaces=\"vouchsafe\" {public}", opened.reviewer));

    let text = fs::read_to_string(&file).expect("the sheet");
    let changed = dir.join("changed.csv");
    fs::write(&changed, text.replacen("needed for", "wanted for", 1)).expect("written");
    fs::copy(dir.join("keep.csv.sig"), dir.join("changed.csv.sig")).expect("copied");
    let refused = |file: &Path, more: &[&str]| {
        let mut args = vec!["campaign", "import", file.to_str().expect("a path"), "--as", &opened.reviewer, "--lake", "lake"];
        args.extend(more);
        let told = opened.run.tell(&args);
        assert_eq!(told.code, 3, "{}", told.stderr);
        told.stderr
    };
    assert!(refused(&changed, &["--allowed-signers", "allowed"]).contains("not of this file"));
    opened.run.write("strangers", &format!("somebody@else.example {public}"));
    assert!(refused(&file, &["--allowed-signers", "strangers"]).contains("is of somebody@else.example, not of"));
    assert!(refused(&file, &[]).contains("cannot be checked without --allowed-signers"));
    assert!(opened.decisions().is_empty(), "something was imported");

    // A copy without the signature came first: what is on record has no proof yet.
    let copy = dir.join("copy.csv");
    fs::copy(&file, &copy).expect("copied");
    let proofs = opened.import(&copy, &[])["proofs"].clone();
    assert!(proofs["operator-asserted"].as_u64() > Some(0) && proofs.get("sshsig").is_none(), "{proofs}");

    // The signature is found beside the file, and raises the grade of the same decisions.
    let status = opened.import(&file, &["--allowed-signers", "allowed"]);
    let proofs = &status["proofs"];
    assert_eq!(
        proofs["sshsig-later-key"].as_u64(),
        Some(rows(&file).len() as u64),
        "the key came after the sheets: {proofs}"
    );
    assert!(proofs.get("operator-asserted").is_none(), "{proofs}");
}

#[test]
fn a_mail_is_proof_of_its_sender_only() {
    let opened = Opened::new();
    let status = opened.status();
    let address = opened.of_reviewer(&status)["mail"].as_str().expect("an address").to_string();
    let file = filled(&opened, "keep", "needed for the month-end close");
    let sheet = fs::read(&file).expect("the sheet");
    let encoded = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, sheet);
    let mail = |from: &str| {
        format!(
            "Authentication-Results: mx.corp.example; dkim=pass header.d=corp.example\r\nFrom: <{from}>\r\nTo: audit@corp.example\r\n\
             Subject: Re: Access review\r\nDate: Mon, 26 Oct 2026 10:00:00 +0000\r\nMessage-ID: <answer@corp.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nDone.\r\n--b\r\nContent-Type: text/csv\r\n\
             Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"saved.csv\"\r\n\r\n{encoded}\r\n--b--\r\n"
        )
    };
    opened.run.write("stranger.eml", &mail("stranger@corp.example"));
    let told = opened
        .run
        .tell(&["campaign", "import", "stranger.eml", "--as", &opened.reviewer, "--lake", "lake"]);
    assert_eq!(told.code, 3, "{}", told.stderr);
    assert!(told.stderr.contains("the mail is from stranger@corp.example"), "{}", told.stderr);
    opened.run.write("answer.eml", &mail(&address.to_uppercase()));
    let status = opened.import(Path::new("answer.eml"), &[]);
    // Whatever a header says that anybody can write: without a signature that was checked it is the operator's word.
    assert_eq!(
        status["proofs"]["operator-asserted"].as_u64(),
        Some(rows(&file).len() as u64),
        "{}",
        status["proofs"]
    );
}

/// A mail server on loopback: prints its port, then each letter as a line of JSON.
const MAIL_SERVER: &str = r#"
import json, socket, sys
from aiosmtpd.controller import Controller
class Keep:
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "mail": envelope.content.decode("utf-8")}), flush=True)
        return "250 kept"
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
controller = Controller(Keep(), hostname="127.0.0.1", port=port)
controller.start()
print(port, flush=True)
sys.stdin.read()
controller.stop()
"#;

/// A process that is ended with the test.
struct Server(std::process::Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn reminders_reach_a_mail_server_and_are_recorded_once() {
    use std::io::{BufRead, BufReader};
    let test = "reminders_reach_a_mail_server_and_are_recorded_once";
    let Some(python) = tools::python(test, &["aiosmtpd"]) else { return };
    let mut command = Command::new(python);
    command
        .args(["-c", MAIL_SERVER])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped());
    let mut server = Server(command.spawn().expect("it starts"));
    let mut lines = BufReader::new(server.0.stdout.take().expect("its output")).lines();
    let port = lines.next().expect("a port").expect("text");
    let opened = Opened::with(&format!(
        "[[reminders]]\ndays_before = 14\nto = \"reviewer\"\n[mail]\nfrom = \"Reviews <reviews@corp.example>\"\nsheets_at = \"https://files.corp.example\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n"
    ));
    let remind = || opened.run.ok(&["campaign", "remind", &opened.id, "--lake", "lake", "--by", "audit"]);
    remind();
    let status = opened.status();
    let owing: Vec<&Value> = status["reviewers"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|r| r["undecided"] != 0 && r["mail"] != "")
        .collect();
    assert!(!owing.is_empty());
    let mut told = BTreeMap::new();
    for _ in &owing {
        let line = lines.next().expect("a letter").expect("text");
        let letter: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(letter["from"], "reviews@corp.example");
        let mail = letter["mail"].as_str().expect("text").to_string();
        assert!(mail.contains(status["population_sha256"].as_str().expect("a hash")), "{mail}");
        told.insert(letter["to"][0].as_str().expect("an address").to_lowercase(), mail);
    }
    let expected: Vec<String> = owing.iter().map(|r| r["mail"].as_str().expect("an address").to_lowercase()).collect();
    assert_eq!(told.len(), expected.len());
    assert!(expected.iter().all(|a| told.contains_key(a)), "{expected:?} {:?}", told.keys());
    // No letter names what anybody holds.
    for row in rows(&opened.file("review.csv")) {
        assert!(
            told.values()
                .all(|mail| !mail.contains(&row["entitlement_name"]) && !mail.contains(&row["item_id"]))
        );
    }
    for reviewer in owing {
        assert_eq!(reviewer["reminded"].as_array().map(Vec::len), Some(1), "{reviewer}");
    }
    // The same step is not taken twice, and a second run sends nothing.
    remind();
    assert_eq!(opened.status()["reviewers"], status["reviewers"]);
}

#[test]
fn the_page_of_a_campaign_opens_without_a_complaint() {
    let test = "the_page_of_a_campaign_opens_without_a_complaint";
    let opened = Opened::new();
    opened.import(&filled(&opened, "keep", "needed for the month-end close"), &[]);
    let page = opened.run.dir().join("campaign.html");
    let path = page.to_str().expect("a path");
    opened.run.ok(&["campaign", "status", &opened.id, "--lake", "lake", "--page", path]);
    let status = opened.status();
    let html = fs::read_to_string(&page).expect("the page");
    for number in ["population", "keep", "undecided"] {
        assert!(html.contains(&status[number].to_string()), "{number}");
    }
    let Some(output) = tools::browser(test, "page.cjs", &[path]) else { return };
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["complaints"], serde_json::json!([]), "{told}");
    let text = told["text"].as_str().expect("text");
    assert!(text.contains("Persons have decided") && text.contains(&opened.reviewer), "{text}");
}
