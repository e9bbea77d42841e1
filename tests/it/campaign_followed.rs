//! What is decided stays as it was decided: doubts, old copies of sheets, exceptions and their ends, imports that run at once.

use crate::campaign::{DAY, OPENING, Row, fill, ok, on, reviewers, sample, save, sheet, status};
use crate::common::{Run, vouchsafe};
use std::process::{Child, Stdio};

const HANNA: &str = "hanna.lindgren@meridell-care.example";

struct Opened {
    run: Run,
    id: String,
    key: String,
    columns: Vec<String>,
    rows: Vec<Row>,
}

/// A campaign over the sample for these reviewers; the sheet is that of the first.
fn opened(persons: &[&str], more: &str) -> Opened {
    let run = Run::new();
    ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    let names: Vec<String> = persons.iter().map(|p| format!("{p:?}")).collect();
    run.write(
        "campaign.toml",
        &format!(
            "name = \"Followed\"\njustification = []\n{more}[[reviewers]]\nby = \"person\"\npersons = [{}]\n",
            names.join(", ")
        ),
    );
    let told = ok(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
    let id = told.stdout.trim().to_string();
    let first = persons[0].split('.').next().expect("a name");
    let key = reviewers(&status(&run, 0, &id)).into_iter().find(|k| k.contains(first)).expect("the reviewer");
    let (columns, rows) = sheet(&run, &id, &key);
    assert!(rows.len() > 10);
    Opened { run, id, key, columns, rows }
}

impl Opened {
    /// Imports the sheet with these decisions, each by row, word and end.
    fn import(&self, day: i64, decisions: &[(usize, &str, &str)], more: &[&str]) -> (i32, String) {
        let mut rows = self.rows.clone();
        for (n, word, until) in decisions {
            rows[*n].insert("decision".into(), (*word).into());
            rows[*n].insert("until".into(), (*until).into());
            rows[*n].insert("justification".into(), "needed until the audit is over".into());
        }
        save(&self.run, "back.csv", &self.columns, &rows);
        let args = ["campaign", "import", "back.csv", "--as", &self.key, "--campaign", &self.id, "--lake", "lake"];
        let told = on(&self.run, day, &[&args[..], more].concat());
        (told.code, told.stderr)
    }

    fn counts(&self, day: i64) -> [u64; 3] {
        let now = status(&self.run, day, &self.id);
        ["keep", "revoke", "exception"].map(|word| now[word].as_u64().expect("a number"))
    }
}

#[test]
fn a_doubt_is_no_decision_and_an_older_copy_of_a_sheet_undoes_nothing() {
    let review = opened(&[HANNA], "");
    let (code, told) = review.import(1, &[(0, "keep?", ""), (1, "(remove)", ""), (2, "keep.", "")], &[]);
    assert_eq!((code, review.counts(1)), (0, [1, 0, 0]), "{told}");
    assert!(told.contains("'keep?' is no decision") && told.contains("'(remove)' is no decision"), "{told}");

    review.import(1, &[(0, "keep", "")], &[]);
    review.import(2, &[(0, "revoke", "")], &[]);
    assert_eq!(review.counts(2), [1, 1, 0]);
    // She takes an older copy of her sheet, on which the first row is still kept, and decides another one.
    let (code, told) = review.import(4, &[(0, "keep", ""), (3, "keep", "")], &[]);
    assert_eq!((code, review.counts(4)), (0, [2, 1, 0]), "the removal stays: {told}");
    assert!(told.contains("the sheet may be an older copy") && told.contains("--older"), "{told}");
    // A row that was emptied takes nothing back, and is told.
    assert!(told.contains("rows without a decision have one on record, which stays (row 4: keep"), "{told}");
    let (code, told) = review.import(5, &[(0, "keep", ""), (5, "keep", "")], &["--older"]);
    assert_eq!((code, review.counts(5)), (0, [4, 0, 0]), "whoever means it says so: {told}");
}

#[test]
fn an_exception_binds_with_the_close_and_is_over_by_the_calendar() {
    let review = opened(&[HANNA], "");
    let rows: Vec<(usize, &str, &str)> = vec![(0, "exception", "2026-12-31T00:00:00+02:00"), (1, "exception", "2026-12-30")];
    let (code, told) = review.import(1, &rows, &[]);
    assert_eq!((code, review.counts(1)), (0, [0, 0, 2]), "{told}");
    let register = |day: i64, as_of: &[&str]| {
        let told = on(&review.run, day, &[&["campaign", "exceptions", "--lake", "lake"], as_of].concat());
        (told.stdout, told.stderr)
    };
    let (list, told) = register(1, &[]);
    assert_eq!(list.matches("not in force: the campaign is open").count(), 2, "{list}");
    assert!(list.contains("2026-12-31"), "the day that was written: {list}");
    assert!(told.contains("2 exceptions, 0 of them over"), "{told}");
    let accepted = |day: i64| ok(&review.run, day, &["check", "--lake", "lake"]).stdout;
    let open = accepted(1);
    ok(&review.run, 15, &["campaign", "close", &review.id, "--lake", "lake"]);
    let (list, _) = register(16, &[]);
    assert!(!list.contains("not in force"), "{list}");
    assert!(list.contains("exception in force"), "{list}");
    assert!(open.contains(" 0 accepted") || !open.contains("accepted"), "{open}");

    // Half a year later nothing newer is known: both ends have passed, and whether the access went nobody can tell.
    let (list, told) = register(300, &["--as-of", "2027-02-01T12:00:00Z"]);
    assert!(told.contains("2 exceptions, 2 of them over"), "{told}");
    assert!(!list.contains("exception ended"), "no witness shows that it is gone: {list}");
    // As of an instant before the close there is nothing to verify.
    let early = on(
        &review.run,
        301,
        &["campaign", "verify", &review.id, "--lake", "lake", "--as-of", "2026-07-05T00:00:00Z"],
    );
    assert_eq!(early.code, 2, "{}{}", early.stdout, early.stderr);
    assert!(early.stderr.contains("nothing to verify"), "{}", early.stderr);
}

#[test]
fn imports_that_run_at_once_are_all_recorded_once() {
    let people = [HANNA, "marit.solbakken@meridell-care.example", "signe.aune@meridell-care.example"];
    let review = opened(&people, "");
    let keys = reviewers(&status(&review.run, 0, &review.id));
    assert!(keys.len() >= 2, "{keys:?}");
    let files: Vec<String> = keys.iter().map(|k| fill(&review.run, &review.id, k, |_, _| ("keep", ""))).collect();
    let start = |(file, key): (&String, &String)| -> Child {
        vouchsafe(review.run.dir())
            .args(["campaign", "import", file, "--as", key, "--lake", "lake"])
            .env("SOURCE_DATE_EPOCH", (OPENING + DAY).to_string())
            .env("USER", "operator")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    };
    let running: Vec<Child> = files.iter().zip(&keys).map(start).collect();
    for child in running {
        let ended = child.wait_with_output().expect("it ends");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    let now = status(&review.run, 1, &review.id);
    let asked: u64 = keys.iter().map(|k| sheet(&review.run, &review.id, k).1.len() as u64).sum();
    assert_eq!(now["keep"].as_u64(), Some(asked), "each decision once");
    ok(&review.run, 1, &["lake", "verify", "--lake", "lake"]);
}

#[test]
fn the_beginning_of_two_ids_names_both() {
    let review = opened(&[HANNA], "");
    ok(
        &review.run,
        20,
        &["campaign", "cancel", &review.id, "--reason", "to be opened again", "--lake", "lake"],
    );
    review.run.write(
        "second.toml",
        "name = \"Followed again\"\njustification = []\n[[reviewers]]\nby = \"person\"\npersons = [\"hanna.lindgren@meridell-care.example\"]\n",
    );
    ok(&review.run, 21, &["campaign", "open", "second.toml", "--lake", "lake", "--out", "out"]);
    let told = on(&review.run, 21, &["campaign", "status", "follow", "--lake", "lake"]);
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("'follow' is the beginning of 2 campaigns"), "{}", told.stderr);
}
