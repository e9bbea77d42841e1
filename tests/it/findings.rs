//! The life of findings over commits, the register of exceptions, and the configuration, as a person uses them.

use crate::campaign::{ok, on, reviewers, save, sheet, status};
use crate::common::{Run, Told};
use serde_json::Value;
use std::path::PathBuf;

fn sample() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sample-data")
}

fn commits(run: &Run) -> Vec<String> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(run.dir().join("lake/_commits"))
        .expect("a log")
        .flatten()
        .map(|e| e.path())
        .collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "json"));
    files.sort();
    let id = |f: &PathBuf| {
        use sha2::Digest;
        hex::encode(sha2::Sha256::digest(std::fs::read(f).expect("a commit")))
    };
    files.iter().map(id).collect()
}

fn rows(told: &Told) -> Vec<Value> {
    serde_json::from_str(&told.stdout).unwrap_or_else(|e| panic!("{e}: {}", told.stderr))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect()
}

fn is(row: &Value, state: &str, why: &str) -> bool {
    row["state"] == state && row["why"] == why
}

#[test]
fn what_became_of_findings_is_told_once_and_again_only_by_commit() {
    let run = Run::new();
    run.ok(&["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    let first = commits(&run).pop().expect("a commit");
    let found = rows(&run.ok(&["check", "--lake", "lake", "--format", "json"]));
    let found: Vec<&Value> = found.iter().filter(|f| f["result"] == "finding").collect();
    run.ok(&["check", "--lake", "lake", "--notify-file", "told.jsonl", "--quiet"]);
    let told = lines(&run.read("told.jsonl"));
    assert_eq!(told.len(), found.len(), "every finding is new at first");
    assert!(told.iter().all(|c| is(c, "new", "appeared")));
    // Once more: nothing is told again, neither whole nor after a line that a crash tore.
    run.ok(&["check", "--lake", "lake", "--notify-file", "told.jsonl"]);
    assert_eq!(lines(&run.read("told.jsonl")).len(), found.len());
    let torn = run.read("told.jsonl");
    run.write("torn.jsonl", &torn[..torn.len() - 40]);
    run.ok(&["check", "--lake", "lake", "--notify-file", "torn.jsonl"]);
    let whole = lines(&run.read("torn.jsonl"));
    assert_eq!(whole.len(), found.len(), "the torn line is told again, whole");

    // Somebody accepts one, and somebody leaves: what changed since the first commit is told, and nothing else.
    let one = found.iter().find(|f| f["check"] == "EXP-01").expect("the sample has one");
    let text = |key: &str| one[key].as_str().unwrap_or_default().to_string();
    run.write(
        "exceptions.toml",
        &format!(
            "[[exception]]\nfinding = \"{}\"\nowner = \"olga\"\nreason = \"Until the new system\"\nuntil = 2099-12-31\n",
            text("fingerprint")
        ),
    );
    let since = rows(&run.ok(&["check", "--lake", "lake", "--since", &first[..8], "--format", "json"]));
    assert_eq!(since.len(), 1, "{since:?}");
    assert!(
        is(&since[0], "resolved", "excepted") && since[0]["fingerprint"] == one["fingerprint"],
        "{since:?}"
    );
    run.ok(&["check", "--lake", "lake", "--notify-file", "told.jsonl"]);
    let told = lines(&run.read("told.jsonl"));
    assert_eq!(told.len(), found.len() + 1);
    assert!(is(&told[found.len()], "resolved", "excepted"));
    // The acceptance is taken back.
    std::fs::remove_file(run.dir().join("exceptions.toml")).expect("it was there");
    let told = run.tell(&["check", "--lake", "lake", "--since", &first[..8], "--format", "json", "--fail-on", "low"]);
    assert_eq!(told.code, 1, "an open finding came back: {}", told.stderr);
    let since = rows(&told);
    assert!(since.len() == 2 && is(&since[1], "reopened", "excepted"), "{since:?}");
    let at_first = since[1]["first_seen"].as_str().unwrap_or_default();
    assert!(at_first.starts_with("2026-06-30T") && since[1]["first_commit"] == first.as_str(), "{since:?}");
    // A commit that the lake does not have, and a use that makes no sense.
    assert_eq!(run.tell(&["check", "--lake", "lake", "--since", "ffffffff"]).code, 2);
    let asked = ["check", "--lake", "lake", "--notify-file", "x.jsonl", "--as-of", "2026-05-01T00:00:00Z"];
    assert_eq!(run.tell(&asked).code, 2);
}

#[test]
fn a_commit_at_which_nobody_checked_is_checked_now() {
    let run = Run::new();
    let looks = sample().join("looks");
    let mut days: Vec<PathBuf> = std::fs::read_dir(&looks).expect("looks").flatten().map(|e| e.path()).collect();
    days.sort();
    for day in &days {
        run.ok(&["ingest", day.to_str().expect("a path"), "--lake", "lake", "--complete"]);
    }
    let all = commits(&run);
    let first = &all[0];
    let told = run.ok(&["check", "--lake", "lake", "--since", first, "--format", "json"]);
    assert!(told.stderr.contains("no run of all checks was kept at commit"), "{}", told.stderr);
    let new = rows(&told);
    assert!(new.iter().any(|c| is(c, "new", "appeared")), "{new:?}");
    // The same by a run that was kept: as if somebody had checked in time.
    let only = rows(&run.ok(&["check", "EXP-01", "--lake", "lake", "--since", first, "--format", "json"]));
    let of_it: Vec<&Value> = new.iter().filter(|c| c["check"] == "EXP-01").collect();
    assert_eq!(only.len(), of_it.len());
    assert!(only.iter().all(|c| c["check"] == "EXP-01"));
}

#[test]
fn the_register_lies_beside_the_lake_or_is_named_and_goes_with_a_bundle() {
    let run = Run::new();
    run.ok(&["ingest", sample().to_str().expect("a path"), "--lake", "data/lake"]);
    let found = rows(&run.ok(&["check", "EXP-01", "--lake", "data/lake", "--format", "json"]));
    let one = &found[0];
    let entry = |until: &str| {
        let text = |key: &str| one[key].as_str().unwrap_or_default();
        format!(
            "[[exception]]\ncheck = \"EXP-01\"\nprincipal = \"{}\"\npackage = \"{}\"\nowner = \"olga\"\nreason = \"A pilot\"\nuntil = {until}\n",
            text("subject_id"),
            text("object_id")
        )
    };
    let accepted = |args: &[&str]| {
        let mut all = vec!["check", "EXP-01", "REG-01", "--lake", "data/lake", "--format", "json"];
        all.extend(args);
        let rows = rows(&run.ok(&all));
        let of = |word: &str| rows.iter().filter(|r| r["result"] == word).count();
        let register: Vec<String> = rows.iter().filter(|r| r["check"] == "REG-01").map(|r| r["reason"].to_string()).collect();
        (of("exception"), register)
    };
    run.write("data/exceptions.toml", &entry("2099-12-31"));
    assert_eq!(accepted(&[]), (1, vec![]));
    run.write("other.toml", &entry("2020-12-31"));
    assert_eq!(accepted(&["--exceptions", "other.toml"]), (0, vec!["\"expired\"".to_string()]));
    let told = run.tell(&["check", "--lake", "data/lake", "--exceptions", "missing.toml"]);
    assert!(told.code == 2 && told.stderr.contains("missing.toml"), "{}", told.stderr);
    run.ok(&["bundle", "--lake", "data/lake", "--out", "bundle"]);
    assert!(run.read("bundle/data/exceptions.toml").contains("A pilot"));
    let verified = run.ok(&["verify", "bundle", "--lake", "data/lake"]);
    assert!(!verified.stderr.contains("differs"), "{}", verified.stderr);
}

#[test]
fn the_configuration_explains_itself() {
    let run = Run::new();
    let file = run.ok(&["config", "init"]).stdout;
    run.write("vouchsafe.toml", &file);
    let shown = |args: &[&str]| run.ok(&[&["config", "show", "--origin", "--format", "csv"][..], args].concat()).stdout;
    let with = shown(&[]);
    std::fs::remove_file(run.dir().join("vouchsafe.toml")).expect("it was there");
    assert_eq!(with, shown(&[]), "the file changes nothing");
    assert!(shown(&["--profile", "pci"]).contains("thresholds.leaver_grace_hours,0,hours,profile pci,"));
    run.ok(&["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    run.write(
        "vouchsafe.toml",
        "[populations]\ncontractor = [\"user_type:guest\"]\n[packages]\nsensitive = [\"catalog:*\"]\n",
    );
    let classes = run.ok(&["config", "classes", "--lake", "lake", "--format", "csv"]).stdout;
    assert!(classes.contains(",contractor,by the rule contractor = user_type:guest"), "{classes}");
    assert!(classes.contains(",sensitive,named in the configuration (catalog:*)"), "{classes}");
    let some = run
        .ok(&["config", "classes", "--lake", "lake", "--class", "contractor", "--format", "csv"])
        .stdout;
    assert!(some.lines().skip(1).all(|l| l.contains(",contractor,")) && some.lines().count() > 1);
}

#[test]
fn findings_are_written_for_other_tools_too() {
    let run = Run::new();
    run.ok(&["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    let found = rows(&run.ok(&["check", "--lake", "lake", "--format", "json", "--sarif", "out.sarif"]));
    let sarif: Value = serde_json::from_str(&run.read("out.sarif")).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), found.len());
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    for (row, result) in found.iter().zip(results) {
        assert_eq!(row["fingerprint"], result["partialFingerprints"]["vouchsafe/v1"]);
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}

#[test]
fn what_a_campaign_excepts_is_accepted_until_its_day_and_for_that_access_alone() {
    const REVIEWER: &str = "hanna.lindgren@meridell-care.example";
    let run = Run::new();
    ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    let asked = |as_of: &[&str]| {
        let told = on(
            &run,
            20,
            &[&["check", "EXP-01", "REG-01", "--lake", "lake", "--format", "json"][..], as_of].concat(),
        );
        rows(&told)
    };
    let before = asked(&[]);
    let plan =
        format!("name = \"Granted\"\njustification = []\n[scope]\nkinds = [\"access_package\"]\n[[reviewers]]\nby = \"person\"\npersons = [\"{REVIEWER}\"]\n");
    run.write("campaign.toml", &plan);
    let id = ok(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"])
        .stdout
        .trim()
        .to_string();
    let keys = reviewers(&status(&run, 0, &id));
    let key = keys.iter().find(|k| k.contains("hanna")).expect("the reviewer");
    let (columns, mut sheet) = sheet(&run, &id, key);
    let on_sheet = |f: &&Value| f["result"] == "finding" && sheet.iter().any(|r| r["assignment_id"] == f["assignment_id"].as_str().unwrap_or("-"));
    let one = before.iter().find(on_sheet).expect("a finding about an item of the sheet").clone();
    for row in &mut sheet {
        let mine = row["assignment_id"] == one["assignment_id"].as_str().unwrap_or_default();
        let (decision, why, until) = if mine {
            ("exception", "needed until the new system is there", "2026-08-31")
        } else {
            ("keep", "", "")
        };
        for (column, value) in [("decision", decision), ("justification", why), ("until", until)] {
            row.insert(column.into(), value.into());
        }
    }
    save(&run, "back.csv", &columns, &sheet);
    ok(&run, 1, &["campaign", "import", "back.csv", "--as", key, "--lake", "lake"]);
    assert_eq!(asked(&[]), before, "an open campaign decides nothing yet");
    ok(&run, 15, &["campaign", "close", &id, "--lake", "lake"]);
    let after = asked(&[]);
    let accepted: Vec<&Value> = after.iter().filter(|r| r["result"] == "exception").collect();
    assert_eq!(accepted.len(), 1, "{after:?}");
    assert_eq!(accepted[0]["fingerprint"], one["fingerprint"]);
    let (message, evidence) = (accepted[0]["message"].to_string(), accepted[0]["evidence"].to_string());
    assert!(message.contains(&format!("in the review {id} until 2026-08-31")), "{message}");
    assert!(
        !message.contains("new system"),
        "the reviewer's own words stay where they are covered: {message}"
    );
    assert!(evidence.contains(&format!("campaigns:{id}/i")), "{evidence}");
    assert!(after.iter().all(|r| r["check"] != "REG-01"), "{after:?}");
    // As of a day before the population was frozen nobody had accepted it; after its last day nobody does.
    let earlier = asked(&["--as-of", "2026-06-29T00:00:00Z"]);
    assert!(earlier.iter().all(|r| r["result"] != "exception"), "{earlier:?}");
    let later = asked(&["--as-of", "2026-10-01T00:00:00Z"]);
    assert!(later.iter().all(|r| r["result"] != "exception"), "{later:?}");
    let again = later.iter().any(|r| r["fingerprint"] == one["fingerprint"] && r["result"] == "finding");
    let register = later.iter().any(|r| r["check"] == "REG-01" && r["reason"] == "expired");
    assert!(again == register && again, "{later:?}");
}

const OWN: &str = "-- id: HOUSE-01\n-- title: Somebody holds Payroll\n-- severity: low\n-- practice: P1\n-- controls: SOC 2 CC6.3\n-- fixtures: cases\n--\n\
                   -- ## Why it matters\n-- It is pay.\n--\n-- ## What to do\n-- Look.\n\
                   SELECT principal_id AS subject_id, target_id AS object_id, assignment_id, request_id, 'held' AS reason,\n\
                   principal_name || ' holds ' || entitlement_name AS message, evidence\n\
                   FROM holdings WHERE entitlement_name = 'Payroll' AND held_now = 'certain'\n";

#[test]
fn a_check_of_ones_own_is_one_of_all_and_goes_with_a_bundle() {
    let run = Run::new();
    run.write("vouchsafe.toml", "checks = \"mine\"\n");
    run.write("mine/payroll.sql", OWN);
    run.ok(&["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    let found = rows(&run.ok(&["check", "HOUSE-01", "--lake", "lake", "--format", "json"]));
    assert!(
        !found.is_empty() && found.iter().all(|f| f["check"] == "HOUSE-01" && f["controls"][0] == "SOC 2 CC6.3"),
        "{found:?}"
    );
    assert!(run.ok(&["explain", "house-01"]).stdout.contains("FROM holdings"));
    assert!(run.ok(&["explain"]).stdout.contains("HOUSE-01  Somebody holds Payroll"));
    // Accepted as any other.
    let who = found[0]["subject_name"].as_str().expect("a name");
    let entry = format!("[[exception]]\ncheck = \"HOUSE-01\"\nprincipal = \"{who}\"\nowner = \"olga\"\nreason = \"Her work\"\nuntil = 2099-12-31\n");
    run.write("exceptions.toml", &entry);
    let again = rows(&run.ok(&["check", "HOUSE-01", "REG-01", "--lake", "lake", "--format", "json"]));
    assert!(
        again.iter().filter(|r| r["result"] == "exception").count() == 1 && again.len() == found.len(),
        "{again:?}"
    );
    run.ok(&["bundle", "--lake", "lake", "--out", "bundle"]);
    assert_eq!(run.read("bundle/data/checks/payroll.sql"), OWN);
    std::fs::remove_file(run.dir().join("vouchsafe.toml")).expect("it was there");
    run.ok(&["verify", "bundle", "--lake", "lake"]);
}

#[test]
fn cases_of_ones_own_checks_are_run_and_a_statement_without_end_is_ended() {
    let run = Run::new();
    run.write("vouchsafe.toml", "checks = \"mine\"\n[check_limits]\nseconds = 2\nmebibytes = 1024\n");
    run.write("mine/payroll.sql", OWN);
    let told = run.tell(&["check", "--cases"]);
    assert!(
        told.code == 2 && told.stderr.contains("cases"),
        "the folder of cases is missing: {}",
        told.stderr
    );
    let look = sample().join("looks/2026-06-30");
    for case in ["all", "none"] {
        std::fs::create_dir_all(run.dir().join("mine/cases").join(case)).expect("a folder");
    }
    // The folder dates the snapshot.
    crate::common::copy(&look, &run.dir().join("mine/cases/all/2026-06-30"));
    run.write("mine/cases/none/packages.json", r#"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#identityGovernance/entitlementManagement/accessPackages","value":[{"id":"6d1b2c5e-0000-4000-8000-000000000001","displayName":"Library"}]}"#);
    run.write("mine/cases/none.expected.csv", "result,subject_id,object_id\n");
    run.write("mine/cases/all.expected.csv", "result,subject_id,object_id\nfinding,nobody,nothing\n");
    let told = run.tell(&["check", "--cases"]);
    assert!(
        told.code == 1 && told.stdout.contains("expected 1 of finding nobody nothing and got 0"),
        "{}\n{}",
        told.stdout,
        told.stderr
    );
    assert!(told.stdout.contains("which nobody expects"), "{}", told.stdout);
    // What it got is what it should get.
    let got: Vec<String> = told
        .stdout
        .lines()
        .filter_map(|l| l.split_once(": got 1 of ")?.1.strip_suffix(", which nobody expects"))
        .map(|l| l.replace(' ', ","))
        .collect();
    run.write("mine/cases/all.expected.csv", &format!("result,subject_id,object_id\n{}\n", got.join("\n")));
    let told = run.tell(&["check", "--cases"]);
    assert_eq!(told.code, 0, "{}\n{}", told.stdout, told.stderr);
    // Every holding with every other, four times over.
    let endless = OWN.replace("HOUSE-01", "HOUSE-02").replace(
        "FROM holdings WHERE entitlement_name",
        "FROM holdings CROSS JOIN (SELECT a.policy_id AS x FROM holdings AS a CROSS JOIN (SELECT policy_id AS y FROM holdings) AS b CROSS JOIN (SELECT policy_id AS z FROM holdings) AS c) AS d WHERE entitlement_name",
    );
    run.write("mine/endless.sql", &endless);
    run.ok(&["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    let told = run.tell(&["check", "HOUSE-02", "--lake", "lake"]);
    assert!(
        told.code == 2 && told.stderr.contains("the statement of the check HOUSE-02"),
        "{}: {}",
        told.code,
        told.stderr
    );
}
