//! What comes back from reviewers: good rows are recorded, every other row is told once with its cell and the way out.

use crate::campaign::{Row, ok, on, reviewers, sample, save, sheet, status};
use crate::common::Run;
use serde_json::Value;
use std::fs;

struct Opened {
    run: Run,
    id: String,
    key: String,
    columns: Vec<String>,
    rows: Vec<Row>,
}

impl Opened {
    fn new() -> Self {
        let run = Run::new();
        ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
        run.write(
            "campaign.toml",
            "name = \"Back\"\njustification = []\n[[reviewers]]\nby = \"person\"\npersons = [\"hanna.lindgren@meridell-care.example\"]\n",
        );
        let told = ok(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
        let id = told.stdout.trim().to_string();
        let key = reviewers(&status(&run, 0, &id))
            .into_iter()
            .find(|k| k.contains("hanna"))
            .expect("the reviewer");
        let (columns, rows) = sheet(&run, &id, &key);
        assert!(rows.len() > 10);
        Self { run, id, key, columns, rows }
    }

    /// The sheet with some cells changed.
    fn with(&self, changes: &[(usize, &str, &str)]) -> Vec<Row> {
        let mut rows = self.rows.clone();
        for (row, column, value) in changes {
            rows[*row].insert((*column).to_string(), (*value).to_string());
        }
        rows
    }

    fn import(&self, day: i64, name: &str, rows: &[Row], more: &[&str]) -> (i32, String) {
        save(&self.run, name, &self.columns, rows);
        let mut args = vec!["campaign", "import", name, "--as", &self.key, "--campaign", &self.id, "--lake", "lake"];
        args.extend(more);
        let told = on(&self.run, day, &args);
        (told.code, told.stderr)
    }

    /// What is decided about a row of the sheet: decision, reason, until.
    fn decided(&self, row: usize) -> (String, String, String) {
        let told = ok(&self.run, 9, &["campaign", "status", &self.id, "--lake", "lake", "--format", "csv"]).stdout;
        let all: Vec<Row> = csv::Reader::from_reader(told.as_bytes()).deserialize().map(|r| r.expect("a row")).collect();
        let mine = all.into_iter().find(|r| r["item_id"] == self.rows[row]["item_id"]).expect("the item");
        (
            mine["decision"].clone(),
            mine["justification"].clone(),
            mine["until"].chars().take(10).collect(),
        )
    }

    fn entries(&self) -> Value {
        status(&self.run, 1, &self.id)["log_entries"].clone()
    }
}

#[test]
fn one_wrong_cell_costs_its_row_and_no_other() {
    let opened = Opened::new();
    let before = opened.entries();
    let rows = opened.with(&[
        (0, "decision", "keep"),
        (1, "decision", "keeep"),
        (1, "until", "soon"),
        (2, "decision", "Revoke "),
    ]);
    let (code, told) = opened.import(1, "dry.csv", &rows, &["--dry-run"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("nothing was recorded") && told.contains("2 rows decided"), "{told}");
    assert_eq!(opened.entries(), before, "a dry run records nothing");
    let (code, told) = opened.import(1, "strict.csv", &rows, &["--all-or-nothing"]);
    assert_eq!((code, opened.entries()), (3, before), "{told}");
    let (code, told) = opened.import(1, "good.csv", &rows, &[]);
    assert_eq!(code, 0, "{told}");
    assert_eq!(told.matches("row 3: ").count(), 1, "a row is told once: {told}");
    assert!(told.contains("(decision): 'keeep' is no decision"), "{told}");
    assert_eq!(opened.decided(0).0, "keep");
    assert_eq!(opened.decided(1).0, "", "the wrong row is undecided");
    assert_eq!(opened.decided(2).0, "revoke");
    // A good file is taken although another of the command is none.
    opened.run.write("foreign.csv", "name,decision\nana,keep\n");
    save(&opened.run, "more.csv", &opened.columns, &opened.with(&[(3, "decision", "keep")]));
    let told = ok(&opened.run, 2, &["campaign", "import", "foreign.csv", "more.csv", "--lake", "lake"]);
    assert!(told.stderr.contains("foreign.csv"), "{}", told.stderr);
    assert_eq!(opened.decided(3).0, "keep");
}

#[test]
fn words_and_dates_are_taken_as_people_and_spreadsheets_write_them() {
    let opened = Opened::new();
    let why = "needed until the audit";
    let words = ["KEEP", " Keep", "behalten", "conserver", "mantener", "keep\u{a0}"];
    let mut changes: Vec<(usize, &str, &str)> = words.iter().enumerate().map(|(n, w)| (n, "decision", *w)).collect();
    let dates = ["31.12.2027", "31/12/2027", "12/31/2027", "31-Dec-27"];
    for (n, date) in dates.iter().enumerate() {
        let row = words.len() + n;
        changes.extend([(row, "decision", "modify"), (row, "justification", why), (row, "until", *date)]);
    }
    let (code, told) = opened.import(1, "words.csv", &opened.with(&changes), &[]);
    assert_eq!(code, 0, "{told}");
    for (n, word) in words.iter().enumerate() {
        assert_eq!(opened.decided(n).0, "keep", "{word}");
    }
    for (n, date) in dates.iter().enumerate() {
        assert_eq!(opened.decided(words.len() + n).2, "2027-12-31", "{date}");
    }
    let ambiguous = opened.with(&[(0, "decision", "modify"), (0, "until", "03/04/2027")]);
    let (code, told) = opened.import(2, "two.csv", &ambiguous, &[]);
    assert_eq!(code, 3, "nothing is taken: {told}");
    assert!(told.contains("is 2027-04-03 or 2027-03-04") && told.contains("--dates dmy"), "{told}");
    assert_eq!(opened.decided(0).0, "keep", "nothing is guessed");
    let (_, told) = opened.import(3, "two.csv", &ambiguous, &["--dates", "mdy"]);
    assert_eq!(opened.decided(0).2, "2027-03-04", "{told}");
}

#[test]
fn an_exception_needs_an_end_and_a_reason_and_nothing_impossible_is_recorded() {
    let opened = Opened::new();
    let good = ("2027-01-31", "needed until the audit");
    for (what, until, why, expected) in [
        ("no end", "", good.1, "an exception needs its end"),
        ("an end that has passed", "2026-07-02", good.1, "has passed"),
        ("an end today", "2026-07-05", good.1, "is today: an end must lie after today, 2026-07-05"),
        ("an end that nobody will see", "9999-12-31", good.1, "is too far away"),
        ("no reason", good.0, "", "an exception needs a reason"),
        ("a reason that says nothing", good.0, "n/a", "an exception needs a reason"),
    ] {
        let rows = opened.with(&[
            (0, "decision", "exception"),
            (0, "until", until),
            (0, "justification", why),
            (1, "decision", "keep"),
        ]);
        let (_, told) = opened.import(3, "exception.csv", &rows, &[]);
        assert!(told.contains(expected), "{what}: {told}");
        assert_eq!(opened.decided(0).0, "", "{what}");
    }
    for at in ["2020-01-01T00:00:00Z", "2031-01-01T00:00:00Z", "yesterday"] {
        let (_, told) = opened.import(3, "time.csv", &opened.with(&[(0, "decision", "keep"), (0, "decided_at", at)]), &[]);
        assert!(told.contains("(decided_at)"), "{at}: {told}");
        assert_eq!(opened.decided(0).0, "", "{at}");
    }
    let (_, told) = opened.import(3, "later.csv", &opened.with(&[(0, "justification", "I will come back to this")]), &[]);
    assert!(told.contains("a reason without a decision"), "{told}");
}

#[test]
fn an_older_file_does_not_overrule_a_newer_decision_unless_told() {
    let opened = Opened::new();
    let monday = opened.with(&[(0, "decision", "revoke"), (0, "decided_at", "2026-07-03T08:00:00Z")]);
    let tuesday = opened.with(&[(0, "decision", "keep"), (0, "decided_at", "2026-07-04T08:00:00Z")]);
    opened.import(3, "tuesday.csv", &tuesday, &[]);
    let (code, told) = opened.import(3, "monday.csv", &monday, &[]);
    assert_eq!(code, 3, "nothing is taken: {told}");
    assert!(told.contains("the newer one stays") && told.contains("--older"), "{told}");
    assert_eq!(opened.decided(0).0, "keep");
    opened.import(3, "monday.csv", &monday, &["--older"]);
    assert_eq!(opened.decided(0).0, "revoke");
}

#[test]
fn a_mail_that_anybody_can_write_is_the_word_of_who_imports_it() {
    let opened = Opened::new();
    save(&opened.run, "back.csv", &opened.columns, &opened.with(&[(0, "decision", "keep")]));
    let table = fs::read_to_string(opened.run.dir().join("back.csv")).expect("the sheet");
    let mail = format!(
        "From: Hanna Lindgren <hanna.lindgren@meridell-care.example>\r\nTo: reviews@meridell-care.example\r\nDate: Fri, 3 Jul 2026 08:00:00 +0000\r\n\
         Message-ID: <made-by-hand@meridell-care.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/csv; charset=utf-8; name=\"back.csv\"\r\n\
         Content-Disposition: attachment; filename=\"back.csv\"\r\n\r\n{}",
        table.replace('\n', "\r\n")
    );
    opened.run.write("answer.eml", &mail);
    ok(&opened.run, 2, &["campaign", "import", "answer.eml", "--as", &opened.key, "--lake", "lake"]);
    let proofs = status(&opened.run, 2, &opened.id)["proofs"].clone();
    assert_eq!(proofs, serde_json::json!({ "operator-asserted": 1 }), "no signature was checked");
}

#[test]
fn what_a_spreadsheet_does_to_names_times_and_columns_costs_no_row() {
    let opened = Opened::new();
    // Times that a spreadsheet shows in its own way.
    let row = &opened.rows[3];
    let swapped = if row["entitlement_name"] == "EHR Access" { "Payroll" } else { "EHR Access" };
    let mut changes: Vec<(usize, &str, &str)> = (0..4).map(|n| (n, "decision", "keep")).collect();
    changes.extend([
        (1, "decided_at", "03.07.2026 08:40"),
        (2, "decided_at", "7/3/2026 8:40:12 AM"),
        (3, "entitlement_name", swapped),
    ]);
    let mut rows = opened.with(&changes);
    // Columns of their own, two of one name, and none that we read.
    let mut columns = opened.columns.clone();
    columns.extend(["my notes".to_string(), "my notes".to_string()]);
    for row in &mut rows {
        row.insert("my notes".into(), "ask Petra".into());
    }
    save(&opened.run, "own.csv", &columns, &rows);
    let told = ok(
        &opened.run,
        3,
        &["campaign", "import", "own.csv", "--as", &opened.key, "--campaign", &opened.id, "--lake", "lake"],
    )
    .stderr;
    assert_eq!(told.matches("not taken: ").count(), 1, "{told}");
    assert!(
        told.contains("(entitlement_name): it was changed to"),
        "a name of plain letters is not excused: {told}"
    );
    assert_eq!(told.matches("came back without their zone").count(), 1, "once for the file: {told}");
    for n in 0..3 {
        assert_eq!(opened.decided(n).0, "keep", "{n}");
    }
    assert_eq!(opened.decided(3).0, "");
}

#[test]
fn a_name_that_the_code_page_of_a_spreadsheet_lacks_costs_no_row() {
    let run = Run::new();
    let tenant = "group Ward | name Клиника Süd\nlook 2026-06-30\n  users\n  groups\n  members of Ward: alice, bob\n  owners of Ward: carol\n";
    crate::tenants::written(&run, tenant);
    ok(&run, 0, &["ingest", "exports", "--lake", "lake"]);
    run.write(
        "campaign.toml",
        "name = \"Names\"\njustification = []\n[scope]\nkinds = [\"group\"]\n[[reviewers]]\nby = \"owner\"\n",
    );
    let id = ok(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"])
        .stdout
        .trim()
        .to_string();
    let (columns, rows) = sheet(&run, &id, "carol");
    let text = fs::read_to_string(run.dir().join(format!("out/{id}/carol/review.csv"))).expect("a sheet");
    assert!(rows.len() == 2 && text.contains("Клиника Süd"), "{text}");
    let decided: Vec<Row> = rows
        .into_iter()
        .map(|mut r| {
            r.insert("decision".into(), "keep".into());
            r
        })
        .collect();
    save(&run, "back.csv", &columns, &decided);
    let text = fs::read_to_string(run.dir().join("back.csv")).expect("a file");
    // As Excel saves it where the code page is that of Western Europe.
    let western: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    assert!(western.windows(3).any(|w| w == b"???"), "letters were lost");
    fs::write(run.dir().join("ansi.csv"), western).expect("a file");
    let told = ok(&run, 1, &["campaign", "import", "ansi.csv", "--as", "carol", "--lake", "lake"]).stderr;
    assert!(told.contains("2 rows decided, 0 left empty, 0 not taken"), "{told}");
}

#[test]
fn a_long_exception_is_told() {
    let opened = Opened::new();
    let rows = opened.with(&[
        (0, "decision", "exception"),
        (0, "until", "2099-12-31"),
        (0, "justification", "needed until the audit"),
    ]);
    let (code, told) = opened.import(3, "long.csv", &rows, &[]);
    assert!(code == 0 && told.contains("lasts longer than a year, until 2099-12-31"), "{told}");
}

#[test]
fn the_newest_word_counts_also_when_it_confirmed_what_was_on_record() {
    let opened = Opened::new();
    let said = |what: &str, day: &str| opened.with(&[(0, "decision", what), (0, "decided_at", day)]);
    opened.import(4, "monday.csv", &said("keep", "2026-07-03T08:00:00Z"), &[]);
    let (code, told) = opened.import(4, "wednesday.csv", &said("keep", "2026-07-05T08:00:00Z"), &[]);
    assert!(code == 0 && told.contains("0 decisions are new or changed, 1 are confirmed"), "{told}");
    let (code, told) = opened.import(4, "tuesday.csv", &said("revoke", "2026-07-04T08:00:00Z"), &[]);
    assert!(code == 3 && told.contains("the newer one stays"), "{told}");
    assert_eq!(opened.decided(0).0, "keep");
    let before = opened.entries();
    let (_, told) = opened.import(4, "wednesday.csv", &said("keep", "2026-07-05T08:00:00Z"), &[]);
    assert_eq!(opened.entries(), before, "nothing is recorded twice: {told}");
}

#[test]
fn rows_that_were_refused_are_taken_when_somebody_else_imports_the_file() {
    let opened = Opened::new();
    let holder = opened.rows[0]["principal_name"].clone();
    let rows = opened.with(&[(0, "decision", "keep"), (1, "decision", "revoke")]);
    let own = rows.iter().filter(|r| r["principal_name"] == holder && !r["decision"].is_empty()).count();
    let (_, told) = opened.import(3, "back.csv", &rows, &["--by", &holder]);
    assert!(told.contains("somebody else must import this file"), "{told}");
    assert_eq!(opened.decided(0).0, "");
    let (code, told) = opened.import(3, "back.csv", &rows, &["--by", "lee"]);
    assert!(code == 0 && told.contains(&format!("{own} decisions are new or changed")), "{told}");
    assert_eq!(opened.decided(0).0, "keep");
    // What was decided otherwise since needs a word.
    opened.import(4, "other.csv", &opened.with(&[(0, "decision", "revoke")]), &[]);
    let (code, told) = opened.import(4, "back.csv", &rows, &["--by", "lee"]);
    assert!(
        code == 3 && told.contains("1 of its items were decided otherwise since") && told.contains("--again"),
        "{told}"
    );
}

#[test]
fn nobody_decides_for_items_without_a_reviewer() {
    let run = Run::new();
    ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    run.write("campaign.toml", "name = \"Nobody\"\njustification = []\n[[reviewers]]\nby = \"owner\"\n");
    let id = ok(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"])
        .stdout
        .trim()
        .to_string();
    let (columns, mut rows) = sheet(&run, &id, "unassigned");
    assert!(!rows.is_empty());
    for row in &mut rows {
        row.insert("decision".into(), "keep".into());
    }
    save(&run, "back.csv", &columns, &rows);
    let told = on(&run, 1, &["campaign", "import", "back.csv", "--lake", "lake"]);
    assert!(
        told.code == 3 && told.stderr.contains("have no reviewer") && told.stderr.contains("campaign reassign"),
        "{}",
        told.stderr
    );
    assert_eq!(status(&run, 1, &id)["by_person"]["keep"].as_u64(), Some(0));
    // Given to a person, they are that person's.
    let to = "hanna.lindgren@meridell-care.example";
    let item = rows.iter().find(|r| r["principal_name"] != to).expect("an item of somebody else")["item_id"].clone();
    let told = on(
        &run,
        1,
        &[
            "campaign",
            "reassign",
            &id,
            "--from",
            "unassigned",
            "--to",
            to,
            "--item",
            &item,
            "--reason",
            "knows them",
            "--lake",
            "lake",
        ],
    );
    assert_eq!(told.code, 0, "{}", told.stderr);
    let (columns, mut rows) = sheet(&run, &id, "hanna.lindgren");
    rows[0].insert("decision".into(), "keep".into());
    save(&run, "hers.csv", &columns, &rows);
    ok(&run, 1, &["campaign", "import", "hers.csv", "--lake", "lake"]);
    assert_eq!(status(&run, 1, &id)["by_person"]["keep"].as_u64(), Some(1));
}
