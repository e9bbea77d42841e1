//! A review by fifty people over the sample, from open to verify; its identities are checked after every command.

use crate::common::{Run, Told, vouchsafe};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// 2 July 2026, two days after the last look of the sample.
pub const OPENING: i64 = 1_782_950_400;
pub const DAY: i64 = 86_400;

/// Runs the program on a day after the opening.
pub fn on(run: &Run, day: i64, args: &[&str]) -> Told {
    let output = vouchsafe(run.dir())
        .args(args)
        .env("SOURCE_DATE_EPOCH", (OPENING + day * DAY).to_string())
        .env("USER", "operator")
        .output()
        .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program prints text");
    Told {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// The same for commands that are to end well.
pub fn ok(run: &Run, day: i64, args: &[&str]) -> Told {
    let told = on(run, day, args);
    assert_eq!(told.code, 0, "{args:?}\n{}\n{}", told.stdout, told.stderr);
    told
}

pub fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data")
}

/// A campaign over everything, shared out among fifty people.
pub fn fifty() -> String {
    let page = fs::read_to_string(sample().join("looks/2026-06-30/users-0000.json")).expect("the sample");
    let page: Value = serde_json::from_str(&page).expect("JSON");
    let names: Vec<String> = page["value"]
        .as_array()
        .expect("users")
        .iter()
        .filter(|u| u["accountEnabled"] == true && u["employeeLeaveDateTime"].is_null())
        .map(|u| format!("{:?}", u["userPrincipalName"].as_str().expect("a name")))
        .take(50)
        .collect();
    assert_eq!(names.len(), 50, "the sample has fifty people who can review");
    format!(
        "name = \"Fifty\"\nsilence = \"keep\"\njustification = [\"modify\", \"exception\"]\n\
         [scope]\nkinds = [\"access_package\", \"group\", \"app_role\", \"directory_role\"]\n\
         [[reviewers]]\nby = \"person\"\npersons = [{}]\n\
         [[reminders]]\ndays_before = 7\nto = \"reviewer\"\n[[reminders]]\ndays_before = 2\nto = \"reviewer\"\n",
        names.join(", ")
    )
}

/// Opens a campaign over the sample; returns its id.
fn opened(run: &Run) -> String {
    let sample = sample();
    ok(run, 0, &["ingest", sample.to_str().expect("a path"), "--lake", "lake"]);
    run.write("campaign.toml", &fifty());
    let told = ok(run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
    told.stdout.trim().to_string()
}

/// The status as JSON, its identities recomputed from what it says.
pub fn status(run: &Run, day: i64, id: &str) -> Value {
    let told = ok(run, day, &["campaign", "status", id, "--lake", "lake", "--format", "json"]);
    let status: Value = serde_json::from_str(&told.stdout).expect("JSON");
    let n = |v: &Value, k: &str| v[k].as_u64().unwrap_or_else(|| panic!("{k} in {v}"));
    let words = ["keep", "revoke", "modify", "exception"];
    let holds = |v: &Value| {
        assert_eq!(n(v, "population"), words.iter().map(|w| n(v, w)).sum::<u64>() + n(v, "undecided"), "{v}");
        for w in words {
            assert_eq!(n(v, w), n(&v["by_person"], w) + n(&v["by_silence"], w), "{v}");
        }
    };
    holds(&status);
    for group in ["reviewers", "stages", "packages"] {
        let rows = status[group].as_array().expect("a list");
        rows.iter().for_each(holds);
        for k in ["population", "keep", "revoke", "modify", "exception", "undecided"] {
            assert_eq!(rows.iter().map(|r| n(r, k)).sum::<u64>(), n(&status, k), "sum of {k} over {group}");
        }
    }
    status
}

pub type Row = BTreeMap<String, String>;

pub fn sheet(run: &Run, id: &str, reviewer: &str) -> (Vec<String>, Vec<Row>) {
    let mut reader = csv::Reader::from_path(run.dir().join(format!("out/{id}/{reviewer}/review.csv"))).expect("a sheet");
    let columns: Vec<String> = reader.headers().expect("a header").iter().map(ToString::to_string).collect();
    let rows = reader
        .records()
        .map(|r| columns.iter().cloned().zip(r.expect("a row").iter().map(ToString::to_string)).collect())
        .collect();
    (columns, rows)
}

pub fn save(run: &Run, name: &str, columns: &[String], rows: &[Row]) {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(columns).expect("a row");
    for row in rows {
        out.write_record(columns.iter().map(|c| row[c].as_str())).expect("a row");
    }
    run.write(name, &out.into_inner().expect("memory"));
}

/// Fills a sheet by a rule and saves it as `back-REVIEWER.csv`.
pub fn fill(run: &Run, id: &str, reviewer: &str, decide: impl Fn(usize, &Row) -> (&'static str, &'static str)) -> String {
    let (columns, mut rows) = sheet(run, id, reviewer);
    for (i, row) in rows.iter_mut().enumerate() {
        let (decision, why) = decide(i, row);
        row.insert("decision".into(), decision.into());
        row.insert("justification".into(), why.into());
        if decision == "exception" {
            row.insert("until".into(), "2027-06-30".into());
        }
    }
    let name = format!("back-{reviewer}.csv");
    save(run, &name, &columns, &rows);
    name
}

pub fn reviewers(status: &Value) -> Vec<String> {
    let all = status["reviewers"].as_array().expect("a list");
    let busy = all.iter().filter(|r| r["population"].as_u64() > Some(0) && r["reviewer"] != "unassigned");
    busy.map(|r| r["reviewer"].as_str().expect("a key").to_string()).collect()
}

/// A later look at assignments: some gone, one granted anew.
fn later_look(run: &Run, gone: &BTreeSet<String>, anew: &BTreeSet<String>) {
    let text = fs::read_to_string(sample().join("looks/2026-06-30/assignments-0000.json")).expect("the sample");
    let mut page: Value = serde_json::from_str(&text).expect("JSON");
    let rows = page["value"].as_array().expect("rows").clone();
    let mut kept: Vec<Value> = Vec::new();
    for row in rows {
        let id = row["id"].as_str().expect("an id").to_string();
        if anew.contains(&id) {
            let mut again = row.clone();
            again["id"] = Value::from(format!("99999999{}", &id[8..]));
            again["schedule"]["startDateTime"] = Value::from("2026-07-25T08:00:00Z");
            kept.push(again);
        } else if !gone.contains(&id) {
            kept.push(row);
        }
    }
    page["@odata.count"] = Value::from(kept.len());
    page["value"] = Value::from(kept);
    run.write("later/2026-08-10/assignments-0000.json", &page.to_string());
    later_members(run, gone);
}

/// What the packages of these assignments had given is gone, too.
fn later_members(run: &Run, gone: &BTreeSet<String>) {
    let text = fs::read_to_string(sample().join("looks/2026-06-30/assignments-0000.json")).expect("the sample");
    let page: Value = serde_json::from_str(&text).expect("JSON");
    let of = |row: &Value| gone.contains(row["id"].as_str().unwrap_or_default());
    let holders: BTreeSet<String> = page["value"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(|r| of(r))
        .map(|r| r["target"]["objectId"].as_str().expect("a holder").to_string())
        .collect();
    for (file, id) in [("group-members.ndjson", "id"), ("app-appRoleAssignedTo.ndjson", "principalId")] {
        let text = fs::read_to_string(sample().join("looks/2026-06-30").join(file)).expect("the sample");
        let mut out = String::new();
        for line in text.lines() {
            let mut page: Value = serde_json::from_str(line).expect("JSON");
            let rows = page["value"].as_array_mut().expect("rows");
            rows.retain(|r| !holders.contains(r[id].as_str().unwrap_or_default()));
            page["@odata.count"] = Value::from(rows.len());
            out += &format!("{page}\n");
        }
        run.write(&format!("later/2026-08-10/{file}"), &out);
    }
}

#[test]
fn fifty_people_review_the_sample_from_open_to_verify() {
    let run = Run::new();
    let id = opened(&run);
    let opened_once = status(&run, 0, &id);
    let people = reviewers(&opened_once);
    // Guests among them review guests only.
    assert!(people.len() >= 40, "the work is shared: {}", people.len());
    let again = ok(&run, 1, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
    assert_eq!(again.stdout.trim(), id, "the same commit and file are the same campaign");
    assert_eq!(status(&run, 1, &id)["log_entries"], opened_once["log_entries"], "and nothing is recorded twice");

    // Packages of the first sheets are revoked; five people stay silent.
    let (silent, active) = people.split_at(5);
    let mut revoked: Vec<Row> = Vec::new();
    for (n, reviewer) in active.iter().enumerate() {
        let wish = |_: usize, row: &Row| {
            let package = row["entitlement_kind"] == "access_package" && !row["grant_kind"].contains("auto");
            if n < 12 && row["path"].starts_with("package ") {
                // What a package gives goes with it: nothing is decided about it on its own.
                ("", "")
            } else if n < 12 && package {
                ("revoke", "no longer needed")
            } else {
                ("keep", "needed for the daily work")
            }
        };
        let file = fill(&run, &id, reviewer, wish);
        let (_, rows) = sheet(&run, &id, reviewer);
        revoked.extend(rows.into_iter().enumerate().filter(|(i, r)| wish(*i, r).0 == "revoke").map(|(_, r)| r));
        ok(&run, 2, &["campaign", "import", &file, "--as", reviewer, "--lake", "lake"]);
    }
    let now = status(&run, 2, &id);
    assert_eq!(now["revoke"].as_u64(), Some(revoked.len() as u64));
    assert_eq!(
        now["proofs"]["operator-asserted"],
        now["by_person"]
            .as_object()
            .map(|o| Value::from(o.values().filter_map(Value::as_u64).sum::<u64>()))
            .expect("counts")
    );

    corrections(&run, &id, &active[20]);
    let moved = delegations(&run, &id, &silent[0], &active[1]);

    // Reminders: only to debtors, each step once.
    ok(&run, 13, &["campaign", "remind", &id, "--lake", "lake"]);
    let debtors = status(&run, 13, &id);
    for row in debtors["reviewers"].as_array().expect("a list") {
        let (key, owes) = (row["reviewer"].as_str().expect("a key"), row["undecided"].as_u64() > Some(0));
        let reminded = row["reminded"].as_array().map_or(0, Vec::len);
        assert_eq!(reminded, usize::from(owes && key != "unassigned"), "only debtors, each once: {row}");
        if reminded > 0 {
            let letters = fs::read_dir(run.dir().join(format!("out/{id}/{key}"))).expect("a folder").flatten();
            let names: Vec<String> = letters.map(|f| f.file_name().to_string_lossy().to_string()).collect();
            assert!(names.iter().any(|n| n.contains("reminder") && n.ends_with(".eml")), "{names:?}");
        }
    }
    let twice = ok(&run, 13, &["campaign", "remind", &id, "--lake", "lake"]);
    assert!(twice.stderr.contains(" 0 reminders are due"), "{}", twice.stderr);

    // The close: silence keeps, marked as such.
    let early = on(&run, 13, &["campaign", "close", &id, "--lake", "lake"]);
    assert_eq!(early.code, 2, "{}", early.stderr);
    let before = status(&run, 15, &id);
    ok(&run, 15, &["campaign", "close", &id, "--lake", "lake"]);
    let closed = status(&run, 15, &id);
    assert_eq!(closed["by_silence"]["keep"], before["undecided"]);
    assert_eq!(closed["by_person"], before["by_person"], "silence changes nothing that persons decided");
    assert_eq!(closed["completion"], before["completion"], "completion counts persons only");
    let plan = run.read(&format!("out/{id}/removal-plan.csv"));
    for row in &revoked {
        assert!(plan.contains(&row["item_id"]), "every revocation has a step: {}", row["item_id"]);
    }
    assert!(run.read(&format!("out/{id}/removal-requests.json")).contains("adminRemove"));
    let refused = on(
        &run,
        16,
        &["campaign", "import", &format!("back-{}.csv", active[2]), "--as", &active[2], "--lake", "lake"],
    );
    assert_eq!(refused.code, 2, "a closed campaign takes nothing: {}", refused.stderr);
    let twice = ok(&run, 16, &["campaign", "close", &id, "--lake", "lake"]);
    assert!(twice.stderr.contains("written again"), "{}", twice.stderr);
    assert_eq!(run.read(&format!("out/{id}/removal-plan.csv")), plan, "the same plan, byte for byte");

    // Nothing newer is known: nobody can tell.
    let blind = on(&run, 17, &["campaign", "verify", &id, "--lake", "lake", "--format", "json"]);
    // But what had outlived its end before the opening is beyond its time, as the check on missed ends says.
    let missed = ok(&run, 17, &["check", "EXP-05", "--lake", "lake", "--format", "json"]).stdout;
    let missed: Vec<Value> = serde_json::from_str(&missed).expect("JSON");
    let missed: BTreeSet<&str> = missed.iter().filter_map(|f| f["assignment_id"].as_str()).collect();
    let outcomes: Vec<Value> = serde_json::from_str(&blind.stdout).expect("JSON");
    assert_eq!(outcomes.len(), revoked.len());
    let mut beyond = 0;
    for row in &outcomes {
        let over = row["assignment_id"].as_str().is_some_and(|a| missed.contains(a));
        beyond += usize::from(over);
        assert_eq!(row["outcome"], if over { "open beyond SLA" } else { "cannot tell" }, "{row}");
    }
    assert_eq!((blind.code, beyond > 0), (1, true), "{}", blind.stderr);

    // The next look: one removal did not happen, one access was granted again, the rest is gone.
    let assignments: Vec<String> = revoked.iter().map(|r| r["assignment_id"].clone()).collect();
    let [left, again, gone @ ..] = assignments.as_slice() else {
        panic!("too few revocations");
    };
    later_look(&run, &gone.iter().cloned().collect(), &BTreeSet::from([again.clone()]));
    ok(&run, 40, &["ingest", "later", "--lake", "lake", "--complete"]);
    let told = on(&run, 40, &["campaign", "verify", &id, "--lake", "lake", "--format", "json"]);
    assert_eq!(told.code, 1, "something is open beyond its time: {}", told.stderr);
    let rows: Vec<Value> = serde_json::from_str(&told.stdout).expect("JSON");
    let outcome = |assignment: &str| -> Vec<String> {
        let mine = rows.iter().filter(|r| r["assignment_id"] == assignment);
        mine.map(|r| r["outcome"].as_str().expect("a word").to_string()).collect()
    };
    assert_eq!(outcome(left), ["open beyond SLA"], "the removal that did not happen");
    assert_eq!(outcome(again), ["came back"], "the re-grant");
    for id in gone {
        // Gone between the snapshots of 30 June and 10 August; the time allowed ended in between.
        assert_eq!(outcome(id), ["removed, time not proved"], "{id}");
    }
    assert_eq!(
        rows.len() as u64,
        closed["revoke"].as_u64().expect("a number") + closed["modify"].as_u64().expect("a number")
    );
    status(&run, 40, &id);

    ok(
        &run,
        41,
        &[
            "campaign",
            "signoff",
            &id,
            "--manager",
            "hanna.lindgren@meridell-care.example",
            "--statement",
            "Access is appropriate but for the open items.",
            "--lake",
            "lake",
        ],
    );
    let signed = status(&run, 41, &id);
    assert_eq!(signed["state"], "signed off");
    assert!(run.read(&format!("out/{id}/signoff.txt")).contains("open beyond SLA"));

    // The next of the series says what was decided, and what was granted again.
    let next = ok(&run, 42, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
    let next = next.stdout.trim().to_string();
    assert_ne!(next, id);
    let told: String = reviewers(&status(&run, 42, &next))
        .iter()
        .map(|r| run.read(&format!("out/{next}/{r}/review.csv")))
        .collect();
    assert!(told.contains("and granted again since"), "the re-grant is told");
    assert!(told.contains("and not removed yet"), "the removal that did not happen is told");
    assert!(moved > 0);
}

/// A correction is a new entry; an old file does not overrule it by accident.
fn corrections(run: &Run, id: &str, reviewer: &str) {
    let before = status(run, 3, id);
    let old = format!("back-{reviewer}.csv");
    let same = ok(run, 3, &["campaign", "import", &old, "--as", reviewer, "--lake", "lake"]);
    assert!(same.stderr.contains("0 decisions are new or changed"), "{}", same.stderr);
    assert_eq!(status(run, 3, id)["log_entries"], before["log_entries"], "imported twice, recorded once");
    let first = run.read(&old);
    let new = fill(run, id, reviewer, |_, _| ("exception", "until the new system is there"));
    ok(run, 3, &["campaign", "import", &new, "--as", reviewer, "--lake", "lake"]);
    let corrected = status(run, 3, id);
    assert!(corrected["exception"].as_u64() > Some(0));
    run.write("stale.csv", &first);
    let refused = on(run, 3, &["campaign", "import", "stale.csv", "--as", reviewer, "--lake", "lake"]);
    assert_eq!(refused.code, 3);
    assert!(refused.stderr.contains("--again"), "{}", refused.stderr);
    ok(run, 3, &["campaign", "import", "stale.csv", "--as", reviewer, "--lake", "lake", "--again"]);
    assert_eq!(status(run, 3, id)["by_person"], before["by_person"], "and back again");
}

/// Items change hands: the old sheet no longer decides about them, the new one does; conflicts are refused.
fn delegations(run: &Run, id: &str, from: &str, to: &str) -> u64 {
    let (_, rows) = sheet(run, id, from);
    let old = fill(run, id, from, |_, _| ("keep", "mine"));
    let holder = rows[0]["principal_id"].clone();
    let refused = on(
        run,
        4,
        &[
            "campaign",
            "reassign",
            id,
            "--from",
            from,
            "--to",
            &holder,
            "--reason",
            "knows it best",
            "--lake",
            "lake",
        ],
    );
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("is the holder") || refused.stderr.contains("nobody in the lake"),
        "{}",
        refused.stderr
    );
    let told = on(
        run,
        4,
        &["campaign", "delegate", id, "--from", from, "--to", to, "--reason", "on leave", "--lake", "lake"],
    );
    if told.code != 0 {
        // The other may hold, or have added, what is to be judged; then somebody else takes it.
        assert!(told.stderr.contains("conflict"), "{}", told.stderr);
        ok(
            run,
            4,
            &[
                "campaign",
                "delegate",
                id,
                "--from",
                from,
                "--to",
                "unassigned",
                "--reason",
                "on leave",
                "--lake",
                "lake",
            ],
        );
    }
    let late = on(run, 5, &["campaign", "import", &old, "--as", from, "--lake", "lake"]);
    assert_eq!(late.code, 3, "{}", late.stderr);
    assert!(late.stderr.contains("is no longer with"), "{}", late.stderr);
    let now = status(run, 5, id);
    let row = now["reviewers"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|r| r["reviewer"] == from)
        .expect("still listed");
    assert_eq!(row["population"].as_u64(), Some(0), "an item has one owner");
    rows.len() as u64
}

#[test]
fn every_malformed_row_is_told_with_its_cell_and_nothing_is_taken_where_all_is_asked_for() {
    let run = Run::new();
    let id = opened(&run);
    let begun = status(&run, 0, &id);
    let people = reviewers(&begun);
    let busiest = people.iter().max_by_key(|p| sheet(&run, &id, p).1.len()).expect("somebody").clone();
    let (columns, mut rows) = sheet(&run, &id, &busiest);
    assert!(rows.len() >= 3, "{busiest} has {} items", rows.len());
    for row in &mut rows {
        row.insert("decision".into(), "keep".into());
    }
    let cell = |column: &str, row: usize| {
        let place = columns.iter().position(|c| c == column).expect("a column");
        let letter = char::from(b'A' + u8::try_from(place % 26).expect("small"));
        let prefix = if place >= 26 { "A" } else { "" };
        format!("{prefix}{letter}{row}")
    };
    let change = |row: usize, column: &str, value: &str| {
        let mut changed = rows.clone();
        changed[row].insert(column.into(), value.into());
        changed
    };
    let without = |drop: &str| columns.iter().filter(|c| *c != drop).cloned().collect::<Vec<String>>();
    let cases: Vec<(&str, Vec<String>, Vec<Row>, String)> = vec![
        ("a word that is none", columns.clone(), change(1, "decision", "keeep"), cell("decision", 3)),
        (
            "an exception without a reason",
            columns.clone(),
            change(1, "decision", "exception"),
            cell("justification", 3),
        ),
        (
            "another holder",
            columns.clone(),
            change(0, "principal_id", "somebody"),
            cell("principal_id", 2),
        ),
        (
            "another name",
            columns.clone(),
            change(2, "entitlement_name", "Everything"),
            cell("entitlement_name", 4),
        ),
        (
            "an unknown item",
            columns.clone(),
            change(0, "item_id", "i0000000000000000000"),
            cell("item_id", 2),
        ),
        ("an item twice", columns.clone(), change(1, "item_id", &rows[0]["item_id"]), cell("item_id", 3)),
        ("another campaign", columns.clone(), change(0, "campaign_id", "other"), cell("campaign_id", 2)),
        ("another sheet", columns.clone(), change(1, "sheet_sha256", "00"), cell("sheet_sha256", 3)),
        (
            "a date that is none",
            columns.clone(),
            {
                let mut changed = change(0, "decision", "modify");
                changed[0].insert("justification".into(), "shorter".into());
                changed[0].insert("until".into(), "soon".into());
                changed
            },
            cell("until", 2),
        ),
        ("a date for a keep", columns.clone(), change(0, "until", "2027-01-01"), cell("until", 2)),
        ("a row deleted", columns.clone(), rows[1..].to_vec(), "rows are missing".into()),
        (
            "a column deleted",
            without("assignment_id"),
            rows.clone(),
            "columns are missing: assignment_id".into(),
        ),
        ("no rows", columns.clone(), Vec::new(), "it has no rows".into()),
    ];
    for (what, columns, rows, expected) in cases {
        save(&run, "bad.csv", &columns, &rows);
        let told = on(
            &run,
            1,
            &[
                "campaign",
                "import",
                "bad.csv",
                "--as",
                &busiest,
                "--campaign",
                &id,
                "--lake",
                "lake",
                "--all-or-nothing",
            ],
        );
        assert_eq!(told.code, 3, "{what}: {}", told.stderr);
        assert!(told.stderr.contains(&expected), "{what}: expected {expected} in {}", told.stderr);
        assert_eq!(status(&run, 1, &id)["log_entries"], begun["log_entries"], "{what}: nothing is imported in part");
    }
    // All problems at once, and one bad file spoils the command.
    let mut many = change(0, "decision", "keeep");
    many[1].insert("decision".into(), "no".into());
    save(&run, "bad.csv", &columns, &many);
    save(&run, "good.csv", &columns, &rows);
    let told = on(&run, 1, &["campaign", "import", "good.csv", "bad.csv", "--lake", "lake", "--all-or-nothing"]);
    assert_eq!(told.code, 3);
    for row in ["bad.csv row 2: ", "bad.csv row 3: "] {
        assert_eq!(told.stderr.matches(row).count(), 1, "each row once: {}", told.stderr);
    }
    let other = people.iter().find(|p| **p != busiest).expect("another");
    let told = on(&run, 1, &["campaign", "import", "good.csv", "--as", other, "--lake", "lake"]);
    assert_eq!(told.code, 3, "somebody else's sheet: {}", told.stderr);
    let holder = rows[0]["principal_name"].clone();
    let told = on(
        &run,
        1,
        &[
            "campaign",
            "import",
            "good.csv",
            "--as",
            &busiest,
            "--by",
            &holder,
            "--lake",
            "lake",
            "--all-or-nothing",
        ],
    );
    assert_eq!(told.code, 3, "nobody imports decisions on their own access: {}", told.stderr);
    assert_eq!(status(&run, 1, &id)["log_entries"], begun["log_entries"]);
    // Sorted otherwise it is the same sheet.
    let mut sorted = rows.clone();
    sorted.reverse();
    save(&run, "good.csv", &columns, &sorted);
    ok(&run, 1, &["campaign", "import", "good.csv", "--as", &busiest, "--lake", "lake"]);
    assert_eq!(status(&run, 1, &id)["keep"].as_u64(), Some(rows.len() as u64));
}

#[test]
fn a_changed_record_is_noticed() {
    let run = Run::new();
    let id = opened(&run);
    let dir = run.dir().join(format!("lake/campaigns/{id}"));
    for (file, from, to) in [
        ("items.jsonl", "\"sensitive\":false", "\"sensitive\":false "),
        ("items.jsonl", "Payroll", "Pay roll"),
        ("campaign.json", "\"opened_by\": \"operator\"", "\"opened_by\": \"somebody\""),
        ("log/000000000001.jsonl", "\"event\":\"issued\"", "\"event\":\"issued\" "),
    ] {
        let path = dir.join(file);
        let text = fs::read_to_string(&path).expect("a record");
        let changed = text.replacen(from, to, 1);
        assert_ne!(text, changed, "{file} has {from}");
        fs::write(&path, &changed).expect("writable");
        let told = on(&run, 1, &["campaign", "status", &id, "--lake", "lake"]);
        // A blank between members changes no item; a changed name does.
        let harmless = to == "\"sensitive\":false ";
        assert_eq!(told.code, if harmless { 0 } else { 3 }, "{file} {to}: {}", told.stderr);
        fs::write(&path, text).expect("writable");
    }
    status(&run, 1, &id);
}

#[test]
fn the_commented_file_opens_as_it_stands_and_entras_own_review_comes_into_a_log() {
    let run = Run::new();
    let sample = sample();
    ok(&run, 0, &["ingest", sample.to_str().expect("a path"), "--lake", "lake"]);
    let template = ok(&run, 0, &["campaign", "init"]).stdout;
    run.write("campaign.toml", &template);
    // Long after the last look: stale sources warn.
    let told = ok(&run, 200, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
    assert!(told.stderr.contains("days before the opening"), "{}", told.stderr);
    let id = told.stdout.trim().to_string();
    assert!(
        run.dir().join(format!("out/{id}/unassigned/review.csv")).is_file(),
        "what nobody reviews is listed"
    );
    for form in ["review.html", "review.xlsx"] {
        assert!(
            !run.dir().join(format!("out/{id}/unassigned/{form}")).exists(),
            "nothing to decide on where nobody was asked: {form}"
        );
    }
    status(&run, 200, &id);

    let adopt = ["campaign", "adopt", "4dee9e63-8ef6-48a5-8648-80b3644ed3a3", "--lake", "lake"];
    let entra = ok(&run, 200, &adopt).stdout.trim().to_string();
    let first = status(&run, 200, &entra);
    assert_eq!(first["population"], 6);
    assert_eq!(first["keep"], 5);
    assert_eq!(first["revoke"], 1);
    assert_eq!(first["proofs"]["entra"], 6);
    ok(&run, 201, &adopt);
    assert_eq!(status(&run, 201, &entra)["log_entries"], first["log_entries"], "adopted twice, recorded once");
    let terms = first["terms"].as_array().expect("terms");
    assert!(
        terms.len() == 1 && terms[0]["words"].as_str().is_some_and(|w| w.contains("of Entra listed")),
        "its terms are Entra's, not those of an empty plan: {terms:?}"
    );
    ok(&run, 202, &["campaign", "close", &entra, "--lake", "lake", "--out", "out"]);
    let plan = run.read(&format!("out/{entra}/removal-plan.csv"));
    // The denial was said to be applied, and the later snapshot of the sample lists the access still.
    assert_eq!(plan.lines().count(), 2, "what Entra did not apply needs a step: {plan}");
    let told = on(&run, 202, &["campaign", "verify", &entra, "--lake", "lake", "--format", "json"]);
    assert_eq!(told.code, 1, "{}", told.stderr);
    let rows: Vec<Value> = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["outcome"], "open beyond SLA", "{rows:?}");
    assert!(
        rows[0]["days"].as_str().is_some_and(|d| d.parse::<i64>().is_ok_and(|d| d > 7)),
        "counted from Entra's own time: {rows:?}"
    );
    // The report says the same of that access.
    let report = on(&run, 202, &["check", "EXP-05", "--lake", "lake", "--format", "json"]).stdout;
    assert!(
        report.contains(rows[0]["assignment_id"].as_str().expect("an assignment")),
        "EXP-05 and verify agree"
    );
}
