//! Right decisions: what the sheet says is what the report says, one rule on conflicts, nothing contradictory carried
//! out, removed means gone, exceptions end, the second stage sees the first.

use crate::campaign::{Row, ok, on, reviewers, sample, save, sheet, status};
use crate::common::Run;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

const REVIEWER: &str = "hanna.lindgren@meridell-care.example";
const ABOVE: &str = "mehmet.aydin@meridell-care.example";

fn with_lake() -> Run {
    let run = Run::new();
    ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
    run
}

fn open(run: &Run, day: i64, plan: &str) -> String {
    run.write("campaign.toml", plan);
    let told = ok(run, day, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
    told.stdout.trim().to_string()
}

/// Every row of every first sheet.
fn all_rows(run: &Run, id: &str) -> Vec<Row> {
    let mut keys = reviewers(&status(run, 0, id));
    keys.push("unassigned".into());
    let there = keys.iter().filter(|k| run.dir().join(format!("out/{id}/{k}/review.csv")).is_file());
    there.flat_map(|k| sheet(run, id, k).1).collect()
}

fn one_reviewer(head: &str, kinds: &str) -> String {
    format!(
        "name = \"Decisions\"\njustification = []\n{head}\n[scope]\nkinds = [{kinds}]\n\
         [[reviewers]]\nby = \"person\"\npersons = [\"{REVIEWER}\"]\n"
    )
}

/// Decides rows of one reviewer's sheet and imports it.
fn decide(run: &Run, id: &str, day: i64, key: &str, change: impl Fn(&mut Row)) -> String {
    let (columns, mut rows) = sheet(run, id, key);
    rows.iter_mut().for_each(change);
    save(run, "back.csv", &columns, &rows);
    ok(run, day, &["campaign", "import", "back.csv", "--as", key, "--lake", "lake"]).stderr
}

fn set(row: &mut Row, decision: &str, why: &str, until: &str) {
    for (column, value) in [("decision", decision), ("justification", why), ("until", until)] {
        row.insert(column.into(), value.into());
    }
}

fn verified(run: &Run, id: &str, day: i64) -> (i32, Vec<Value>) {
    let told = on(run, day, &["campaign", "verify", id, "--lake", "lake", "--format", "json"]);
    let rows = serde_json::from_str(&told.stdout).unwrap_or_else(|e| panic!("{e}: {}", told.stderr));
    (told.code, rows)
}

#[test]
fn every_finding_of_the_report_is_on_the_sheet_of_the_access_that_it_is_about() {
    let run = with_lake();
    let id = open(&run, 0, &one_reviewer("", "\"access_package\", \"group\", \"app_role\", \"directory_role\""));
    let rows = all_rows(&run, &id);
    let report = on(&run, 0, &["check", "--lake", "lake", "--format", "json"]).stdout;
    let findings: Vec<Value> = serde_json::from_str(&report).expect("JSON");
    let text = |f: &Value, k: &str| f[k].as_str().unwrap_or_default().to_string();
    let requests = fs::read_to_string(sample().join("looks/2026-06-30/assignmentRequests-0000.json")).expect("the sample");
    let requests: Value = serde_json::from_str(&requests).expect("JSON");
    let recipient = |f: &Value| {
        let all = requests["value"].as_array().expect("rows");
        let request = all.iter().find(|r| r["id"] == f["assignment_id"])?;
        request["assignment"]["target"]["objectId"]
            .as_str()
            .or_else(|| request["requestor"]["objectId"].as_str())
            .map(String::from)
    };
    let mut reached = BTreeSet::new();
    for f in findings.iter().filter(|f| f["result"] == "finding") {
        let check = text(f, "check");
        // About whom: the holder of the assignment or request that it names, else its subject.
        let holder = recipient(f).unwrap_or_else(|| text(f, "subject_id"));
        let about = |r: &&Row| {
            let what = r["entitlement_id"] == text(f, "object_id") || r["entitlement_id"].starts_with(&format!("{}/", text(f, "object_id")));
            what && (r["principal_id"] == holder || (!r["assignment_id"].is_empty() && r["assignment_id"] == text(f, "assignment_id")))
        };
        for row in rows.iter().filter(about) {
            assert!(
                row["findings"].contains(&check),
                "{check} is missing on {} / {}",
                row["principal_name"],
                row["entitlement_name"]
            );
            reached.insert(check.clone());
        }
    }
    for check in ["APR-01", "APR-03", "STA-01", "SEG-01", "EXP-05", "JUS-02"] {
        assert!(reached.contains(check), "{check} reaches an item: {reached:?}");
    }
    let doubted = |r: &&Row| r["principal_name"].starts_with("tomasz.gornik@") && r["entitlement_name"] == "EHR Access";
    let row = rows.iter().find(doubted).expect("the item");
    assert_ne!(
        row["recommendation"], "keep",
        "who approved it had asked for it: {}",
        row["recommendation_reason"]
    );
    // One finding about what three people were given reaches all three.
    let direct = rows.iter().filter(|r| r["findings"].contains("assigned EHR Access to 3 accounts")).count();
    assert!(direct >= 1, "the finding about several assignments is on a sheet");
    // A package's own finding is on the items of the package, and does not doubt the access of each.
    let of_package = rows.iter().filter(|r| r["findings"].contains("CAP-03") && r["recommendation"] == "keep");
    assert!(of_package.clone().count() > 0);
    for row in of_package {
        let reason = &row["recommendation_reason"];
        assert!(
            reason.contains("CAP-03") && reason.ends_with("about what is held, whoever holds it)"),
            "{reason}"
        );
    }

    let with = rows.iter().filter(|r| r["findings"].contains("APR-")).count() as u64;
    let plan = one_reviewer("", "\"access_package\", \"group\", \"app_role\", \"directory_role\"\nfindings = [\"APR-*\"").replace("]\n[[rev", "\n[[rev");
    let plan = plan
        .replace("findings = [\"APR-*\"\n", "findings = [\"APR-*\"]\n")
        .replace("\"directory_role\"\n", "\"directory_role\"]\n");
    let narrow = open(&run, 0, &plan);
    assert_eq!(
        status(&run, 0, &narrow)["population"].as_u64(),
        Some(with),
        "findings = [\"APR-*\"] selects them all"
    );
}

#[test]
fn no_removal_is_recommended_for_a_use_that_could_not_be_judged() {
    let run = Run::new();
    copy(&sample(), &run.dir().join("blind"));
    for day in ["2025-12-31", "2026-06-28", "2026-06-30"] {
        fs::remove_file(run.dir().join(format!("blind/looks/{day}/servicePrincipals-0000.json"))).expect("a file");
    }
    ok(&run, 0, &["ingest", "blind", "--lake", "lake"]);
    let plan = one_reviewer("", "\"access_package\"");
    let blind = open(&run, 0, &plan);
    let seeing = with_lake();
    let whole = open(&seeing, 0, &plan);
    let by_access = |rows: Vec<Row>| -> BTreeMap<String, Row> { rows.into_iter().map(|r| (r["assignment_id"].clone(), r)).collect() };
    let (blind, whole) = (by_access(all_rows(&run, &blind)), by_access(all_rows(&seeing, &whole)));
    let mut unjudged = 0;
    for (assignment, row) in &blind {
        let seen = &whole[assignment];
        if row["recommendation"] == "revoke" {
            assert_eq!(
                seen["recommendation"], "revoke",
                "less evidence never speaks for removal: {} {}",
                row["principal_name"], row["recommendation_reason"]
            );
        }
        unjudged += usize::from(row["recommendation_reason"].contains("cannot be judged"));
    }
    assert!(unjudged > 5, "what could not be judged is said so: {unjudged}");
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).expect("copied");
        }
    }
}

#[test]
fn escalation_and_replacement_obey_the_rule_on_conflicts_and_absence() {
    let run = with_lake();
    // Whoever assigned something does not come to judge it by way of an escalation, nor by another account.
    let giver = "az-ingrid.fossheim@meridell-care.example";
    let plan = one_reviewer(&format!("silence = \"escalate\"\nescalate_to = \"{giver}\""), "\"access_package\"");
    let id = open(&run, 0, &plan);
    let given: BTreeSet<String> = all_rows(&run, &id)
        .into_iter()
        .filter(|r| r["granted_by"].contains("ingrid.fossheim@") && r["granted_by"].contains("assigned by"))
        .map(|r| r["item_id"].clone())
        .collect();
    assert!(!given.is_empty(), "the sample has access that she assigned");
    let told = ok(&run, 15, &["campaign", "close", &id, "--lake", "lake"]).stderr;
    assert!(told.contains("assigned or added it"), "{told}");
    let owners = ok(&run, 15, &["campaign", "status", &id, "--lake", "lake", "--format", "csv"]).stdout;
    let rows: Vec<Row> = csv::Reader::from_reader(owners.as_bytes()).deserialize().map(|r| r.expect("a row")).collect();
    assert!(rows.iter().any(|r| r["owner"].contains("ingrid.fossheim")), "the rest went to her");
    for row in rows.iter().filter(|r| given.contains(&r["item_id"])) {
        assert!(!row["owner"].contains("ingrid.fossheim"), "{} went to who assigned it", row["item_id"]);
    }

    // Nobody who is absent gets anything, not even by escalation.
    let other = with_lake();
    let plan = one_reviewer(
        &format!("silence = \"escalate\"\nescalate_to = \"{ABOVE}\"\nabsent = [\"{ABOVE}\"]"),
        "\"access_package\"",
    );
    let id = open(&other, 0, &plan);
    ok(&other, 15, &["campaign", "close", &id, "--lake", "lake"]);
    let up = status(&other, 15, &id);
    assert!(!reviewers(&up).iter().any(|k| k.contains("mehmet")), "{up}");
}

#[test]
fn decisions_that_contradict_one_another_are_told_and_never_carried_out() {
    let run = with_lake();
    let id = open(&run, 0, &one_reviewer("", "\"access_package\", \"group\""));
    let key = reviewers(&status(&run, 0, &id))
        .into_iter()
        .find(|k| k.contains("hanna"))
        .expect("the reviewer");
    let (_, rows) = sheet(&run, &id, &key);
    let given = |name: &str, holder: &str| {
        rows.iter()
            .find(|r| r["entitlement_name"] == name && r["principal_name"].starts_with(holder))
            .expect("a row")
            .clone()
    };
    let (kept, lost) = (given("Staff Library", "clara.vogtland"), given("GRP Staff Library", "clara.vogtland"));
    assert!(
        lost["path"].starts_with("package Staff Library"),
        "the sheet says by which path: {}",
        lost["path"]
    );
    assert!(
        lost["removal"].contains("only when that package is removed"),
        "and what a removal does: {}",
        lost["removal"]
    );
    let (gone, stays) = (given("Ward Planning", "lars.moengaard"), given("GRP Ward Planning", "lars.moengaard"));
    let clean = given("Payroll", "petra.novotna");
    let told = decide(&run, &id, 1, &key, |row| {
        let id = row["item_id"].clone();
        let revoked = [&lost, &gone, &clean].iter().any(|r| r["item_id"] == id);
        set(row, if revoked { "revoke" } else { "keep" }, "decided", "");
    });
    assert_eq!(told.matches("contradiction: ").count(), 3, "{told}");
    let now = status(&run, 1, &id);
    assert_eq!(now["contradictions"].as_array().map(Vec::len), Some(3), "{now}");
    ok(&run, 15, &["campaign", "close", &id, "--lake", "lake"]);
    let mut plan = csv::Reader::from_path(run.dir().join(format!("out/{id}/removal-plan.csv"))).expect("a plan");
    let steps: Vec<Row> = plan.deserialize().map(|r| r.expect("a step")).collect();
    for item in [&lost, &gone] {
        let mine: Vec<&Row> = steps.iter().filter(|s| s["item_id"] == item["item_id"]).collect();
        assert_eq!(mine.len(), 1, "it has its step");
        assert_eq!(
            (mine[0]["method_kind"].as_str(), mine[0]["method"].as_str()),
            ("contradiction", ""),
            "and nothing is sent: {mine:?}"
        );
    }
    for kept in [&kept, &stays] {
        assert!(
            !steps
                .iter()
                .any(|s| s["body"].contains(&kept["assignment_id"]) && !kept["assignment_id"].is_empty()),
            "what is kept is not removed"
        );
    }
}

/// A later state of assignments and memberships of the sample: some assignments gone, some members gone.
fn later(run: &Run, day: &str, assignments: &[&str], members: &[(&str, &str)]) {
    let folder = sample().join("looks/2026-06-30");
    let text = fs::read_to_string(folder.join("assignments-0000.json")).expect("the sample");
    let mut page: Value = serde_json::from_str(&text).expect("JSON");
    let rows = page["value"].as_array_mut().expect("rows");
    rows.retain(|r| !assignments.contains(&r["id"].as_str().unwrap_or_default()));
    page["@odata.count"] = Value::from(rows.len());
    run.write(&format!("later/{day}/assignments-0000.json"), &page.to_string());
    let text = fs::read_to_string(folder.join("group-members.ndjson")).expect("the sample");
    let mut out = String::new();
    for line in text.lines() {
        let mut page: Value = serde_json::from_str(line).expect("JSON");
        let context = page["@odata.context"].as_str().unwrap_or_default().to_string();
        let rows = page["value"].as_array_mut().expect("rows");
        rows.retain(|r| !members.iter().any(|(group, who)| context.contains(group) && r["id"] == *who));
        page["@odata.count"] = Value::from(rows.len());
        out += &format!("{page}\n");
    }
    run.write(&format!("later/{day}/group-members.ndjson"), &out);
}

#[test]
fn removed_means_that_what_the_package_gave_is_gone_with_its_day_and_its_proof() {
    let run = with_lake();
    let plan = one_reviewer("", "\"access_package\", \"group\"") + "[removal]\nsla_days = 60\nsla_sensitive_days = 60\n";
    let id = open(&run, 0, &plan);
    let key = reviewers(&status(&run, 0, &id))
        .into_iter()
        .find(|k| k.contains("hanna"))
        .expect("the reviewer");
    let (_, rows) = sheet(&run, &id, &key);
    let given = |name: &str, holder: &str| {
        rows.iter()
            .find(|r| r["entitlement_name"] == name && r["principal_name"].starts_with(holder))
            .expect("a row")
            .clone()
    };
    let package = given("Staff Library", "clara.vogtland");
    let group = given("GRP Staff Library", "clara.vogtland");
    decide(&run, &id, 1, &key, |row| {
        let mine = row["item_id"] == package["item_id"] || row["item_id"] == group["item_id"];
        set(row, if mine { "revoke" } else { "keep" }, "decided", "");
    });
    ok(&run, 15, &["campaign", "close", &id, "--lake", "lake"]);
    let outcome = |rows: &[Value]| -> Value {
        let mine = rows.iter().find(|r| r["item_id"] == package["item_id"].as_str());
        mine.expect("the package").clone()
    };

    // The assignment has gone, and the membership is still listed: that is no removal.
    later(&run, "2026-07-21", &[&package["assignment_id"]], &[]);
    ok(&run, 20, &["ingest", "later", "--lake", "lake", "--complete"]);
    let (code, rows) = verified(&run, &id, 20);
    assert_eq!(outcome(&rows)["outcome"], "open within SLA", "{rows:?}");
    assert!(
        outcome(&rows)["evidence"]
            .as_str()
            .is_some_and(|e| e.contains("still there: GRP Staff Library")),
        "{rows:?}"
    );
    assert_eq!(code, 0, "there is time: {rows:?}");

    // Two snapshots later both are gone: with the day, the days taken, and the snapshot that proves it.
    later(
        &run,
        "2026-08-20",
        &[&package["assignment_id"]],
        &[(&group["entitlement_id"], &package["principal_id"])],
    );
    ok(&run, 50, &["ingest", "later", "--lake", "lake", "--complete"]);
    let (_, rows) = verified(&run, &id, 50);
    let told = outcome(&rows);
    // Between 21 July, where it was listed, and 20 August; both are within the time allowed.
    assert_eq!(told["outcome"], "removed and verified", "{told}");
    assert!(told["removed_at"].as_str().is_some_and(|t| t.starts_with("2026-08-20")), "{told}");
    assert!(told["snapshot"].as_str().is_some_and(|s| s.starts_with("memberships 2026-08-20")), "{told}");
    assert_eq!(told["days"], "34", "from the close on 17 July: {told}");
    let report = on(&run, 50, &["check", "EXP-05", "--lake", "lake", "--format", "json"]).stdout;
    let report: Vec<Value> = serde_json::from_str(&report).expect("JSON");
    let about = |f: &&Value| [&package, &group].iter().any(|r| f["object_id"] == r["entitlement_id"].as_str());
    let left = report
        .iter()
        .filter(|f| f["result"] == "finding" && f["subject_id"] == package["principal_id"].as_str());
    assert_eq!(left.filter(about).count(), 0, "EXP-05 finds nothing left behind, either");
}

#[test]
fn an_exception_ends_and_is_followed_up_by_verify_the_register_and_the_next_campaign() {
    let run = with_lake();
    let plan = one_reviewer("", "\"access_package\"");
    let id = open(&run, 0, &plan);
    let key = reviewers(&status(&run, 0, &id))
        .into_iter()
        .find(|k| k.contains("hanna"))
        .expect("the reviewer");
    let item = sheet(&run, &id, &key).1[0].clone();
    decide(&run, &id, 1, &key, |row| {
        let mine = row["item_id"] == item["item_id"];
        if mine {
            set(row, "exception", "needed until the new system is there", "2026-08-31");
        } else {
            set(row, "keep", "", "");
        }
    });
    ok(&run, 15, &["campaign", "close", &id, "--lake", "lake"]);
    let (code, rows) = verified(&run, &id, 16);
    assert_eq!((code, rows.len()), (0, 1));
    assert_eq!(rows[0]["outcome"], "exception in force", "{rows:?}");

    later(&run, "2026-10-05", &[], &[]);
    ok(&run, 95, &["ingest", "later", "--lake", "lake", "--complete"]);
    let (code, rows) = verified(&run, &id, 96);
    assert_eq!(rows[0]["outcome"], "exception expired", "{rows:?}");
    assert_eq!(code, 1, "somebody has to act");
    let register = on(&run, 96, &["campaign", "exceptions", "--lake", "lake", "--format", "json"]);
    let listed: Vec<Value> = serde_json::from_str(&register.stdout).expect("JSON");
    assert_eq!((register.code, listed.len()), (1, 1), "{}", register.stderr);
    assert_eq!(
        (listed[0]["until"].as_str(), listed[0]["outcome"].as_str()),
        (Some("2026-08-31"), Some("exception expired"))
    );

    let next = open(&run, 96, &plan);
    let row = all_rows(&run, &next)
        .into_iter()
        .find(|r| r["assignment_id"] == item["assignment_id"])
        .expect("still held");
    assert!(
        row["previous_decision"].contains("until 2026-08-31, which is over"),
        "{}",
        row["previous_decision"]
    );
    assert_eq!(row["recommendation"], "revoke", "{}", row["recommendation_reason"]);
    assert!(row["recommendation_reason"].contains("exception"), "{}", row["recommendation_reason"]);
}

#[test]
fn the_second_stage_sees_the_first_decision_and_credit_goes_to_who_decided() {
    let run = with_lake();
    let plan = one_reviewer("", "\"access_package\"") + &format!("[[second_stage]]\nby = \"person\"\npersons = [\"{ABOVE}\"]\nitems = \"all\"\n");
    let id = open(&run, 0, &plan);
    let key = reviewers(&status(&run, 0, &id))
        .into_iter()
        .find(|k| k.contains("hanna"))
        .expect("the reviewer");
    decide(&run, &id, 1, &key, |row| set(row, "keep", "needed on the ward", ""));
    let count = sheet(&run, &id, &key).1.len() as u64;
    let second = sheet(&run, &id, "mehmet.aydin/second-stage").1;
    assert!(!second.is_empty());
    for row in &second {
        assert_eq!(row["first_decision"], "keep");
        assert_eq!(row["first_justification"], "needed on the ward");
        assert_eq!(row["first_decided_by"], "Hanna Lindgren");
        assert_eq!(
            row["reviewer_because"], "named in the campaign file",
            "why the second was chosen, not the first"
        );
        assert_eq!(row["decision"], "", "nothing is decided for them");
    }
    let now = status(&run, 1, &id);
    let of = |part: &str| -> Value {
        let all = now["reviewers"].as_array().expect("a list");
        all.iter()
            .find(|r| r["reviewer"].as_str().is_some_and(|k| k.contains(part)))
            .expect("a row")
            .clone()
    };
    assert_eq!(of("hanna")["keep"].as_u64(), Some(count), "who decided has the credit");
    assert_eq!(of("mehmet")["keep"].as_u64(), Some(0), "who did nothing has none");
    assert_eq!(of("mehmet")["awaiting_second"].as_u64(), Some(second.len() as u64), "and owes the second look");
}

#[test]
fn a_campaign_is_extended_closed_opened_again_and_given_up_each_with_its_reason() {
    let run = with_lake();
    let plan = one_reviewer("silence = \"remove\"", "\"access_package\"");
    let id = open(&run, 0, &plan);
    let refused = on(
        &run,
        1,
        &["campaign", "extend", &id, "--until", "2026-07-01", "--reason", "late", "--lake", "lake"],
    );
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    ok(
        &run,
        1,
        &[
            "campaign",
            "extend",
            "Decisions",
            "--until",
            "2026-07-20",
            "--reason",
            "holidays",
            "--lake",
            "lake",
        ],
    );
    assert_eq!(status(&run, 1, &id)["due_at"], "2026-07-21T00:00:00Z", "the last instant of the day");
    assert_eq!(on(&run, 15, &["campaign", "close", &id, "--lake", "lake"]).code, 2, "there is time");
    ok(&run, 20, &["campaign", "close", &id, "--lake", "lake"]);
    let closed = status(&run, 20, &id);
    assert!(closed["by_silence"]["revoke"].as_u64() > Some(0));
    ok(
        &run,
        21,
        &[
            "campaign",
            "reopen",
            &id,
            "--until",
            "2026-08-01",
            "--reason",
            "the mail server was down",
            "--lake",
            "lake",
        ],
    );
    let again = status(&run, 21, &id);
    assert_eq!(
        (again["state"].as_str(), again["by_silence"]["revoke"].as_u64()),
        (Some("open"), Some(0)),
        "no response is withdrawn"
    );
    assert_eq!(again["undecided"], again["population"]);

    // A second campaign over the same open items is warned about.
    run.write("other.toml", &plan.replace("Decisions", "Other"));
    let told = ok(&run, 21, &["campaign", "open", "other.toml", "--lake", "lake", "--out", "out"]);
    assert!(told.stderr.contains(&format!("are open in the campaign {id} too")), "{}", told.stderr);

    ok(&run, 22, &["campaign", "cancel", &id, "--reason", "opened on old data", "--lake", "lake"]);
    let given_up = status(&run, 22, &id);
    assert_eq!(
        (given_up["state"].as_str(), given_up["cancelled"]["reason"].as_str()),
        (Some("cancelled"), Some("opened on old data"))
    );
    for args in [["campaign", "close"], ["campaign", "remind"], ["campaign", "verify"]] {
        let told = on(&run, 40, &[args[0], args[1], &id, "--lake", "lake"]);
        assert_eq!(told.code, 2, "{args:?}");
        assert!(told.stderr.contains("was cancelled"), "{}", told.stderr);
    }
}

#[test]
fn no_response_removes_what_nobody_was_asked_about_only_where_it_is_asked_for() {
    let run = with_lake();
    let plan = "name = \"Nobody\"\nsilence = \"remove\"\n[[reviewers]]\nby = \"approver\"\n";
    let id = open(&run, 0, plan);
    let left = status(&run, 0, &id)["reviewers"]
        .as_array()
        .and_then(|all| all.iter().find(|r| r["reviewer"] == "unassigned").and_then(|r| r["population"].as_u64()))
        .expect("items without a reviewer");
    assert!(left > 0);
    let told = ok(&run, 15, &["campaign", "close", &id, "--lake", "lake"]).stderr;
    assert!(told.contains(&format!("{left} items without a reviewer stay undecided")), "{told}");
    assert_eq!(status(&run, 15, &id)["undecided"].as_u64(), Some(left));
    ok(
        &run,
        16,
        &[
            "campaign",
            "reopen",
            &id,
            "--until",
            "2026-07-25",
            "--reason",
            "decide about the rest",
            "--lake",
            "lake",
        ],
    );
    ok(&run, 24, &["campaign", "close", &id, "--lake", "lake", "--remove-without-reviewer"]);
    let closed = status(&run, 24, &id);
    assert_eq!(
        (closed["undecided"].as_u64(), closed["by_silence"]["revoke"].as_u64()),
        (Some(0), closed["population"].as_u64())
    );
}

/// Every row of every first sheet, by what the sheet recommends: what has no recommendation is kept.
fn followed(run: &Run, id: &str) {
    for key in reviewers(&status(run, 0, id)) {
        decide(run, id, 1, &key, |row| {
            let decision = if row["recommendation"] == "revoke" { "revoke" } else { "keep" };
            set(row, decision, "as recommended", "");
        });
    }
}

#[test]
fn who_follows_every_recommendation_contradicts_nothing_and_every_removal_is_in_the_plan() {
    let run = with_lake();
    let id = open(&run, 0, &one_reviewer("", "\"access_package\", \"group\", \"app_role\", \"directory_role\""));
    let rows = all_rows(&run, &id);
    // Who has left, and the guest: what speaks against the package speaks against the role that it gives.
    for (holder, package, given) in [
        ("gustav.ekdal", "Radiology Archive", "Image Archive"),
        ("b.hopper", "Lab Results", "Lab Portal"),
        ("az-nadia.belkasem", "EHR Access", "Care Record"),
    ] {
        for what in [package, given] {
            let row = rows
                .iter()
                .find(|r| r["principal_name"].starts_with(holder) && r["entitlement_name"].starts_with(what));
            let row = row.unwrap_or_else(|| panic!("{holder} / {what}"));
            assert_eq!(row["recommendation"], "revoke", "{holder} / {what}: {}", row["recommendation_reason"]);
        }
    }
    followed(&run, &id);
    assert_eq!(status(&run, 1, &id)["contradictions"], serde_json::json!([]));
    ok(&run, 15, &["campaign", "close", &id, "--lake", "lake"]);
    let mut plan = csv::Reader::from_path(run.dir().join(format!("out/{id}/removal-plan.csv"))).expect("a plan");
    let steps: Vec<Row> = plan.deserialize().map(|r| r.expect("a step")).collect();
    let planned: BTreeSet<&String> = steps.iter().map(|s| &s["item_id"]).collect();
    let told = ok(&run, 15, &["campaign", "status", &id, "--lake", "lake", "--format", "csv"]).stdout;
    let all: Vec<Row> = csv::Reader::from_reader(told.as_bytes()).deserialize().map(|r| r.expect("a row")).collect();
    let revoked: BTreeSet<&String> = all.iter().filter(|r| r["decision"] == "revoke").map(|r| &r["item_id"]).collect();
    assert!(revoked.len() > 15, "the sample has something to remove: {}", revoked.len());
    assert_eq!(revoked, planned, "every revoked item is in the plan");
    let carried: Vec<(&String, &String)> = steps.iter().filter(|s| !s["method"].is_empty()).map(|s| (&s["url"], &s["body"])).collect();
    assert_eq!(carried.len(), carried.iter().collect::<BTreeSet<_>>().len(), "no request twice");
}

#[test]
fn the_sheet_says_one_thing_about_use_and_about_ends() {
    let run = with_lake();
    let id = open(&run, 0, &one_reviewer("", "\"access_package\", \"app_role\""));
    let rows = all_rows(&run, &id);
    let of = |holder: &str, what: &str| {
        let mine = |r: &&Row| r["principal_name"].starts_with(holder) && r["entitlement_name"] == what;
        rows.iter().find(mine).unwrap_or_else(|| panic!("{holder} / {what}")).clone()
    };
    // Judged by an account that signed in nowhere, where the access itself leaves no sign-in.
    let silent = of("pedro.salazino", "Staff Library");
    assert!(silent["findings"].contains("STA-02"), "{}", silent["findings"]);
    assert_eq!(silent["last_use"], "not used since 2026-02-11, for the account has not signed in since");
    for row in rows.iter().filter(|r| r["findings"].contains("STA-")) {
        for word in ["no usage data", "cannot be judged"] {
            assert!(!row["last_use"].contains(word) && !row["recommendation_reason"].contains(word), "{row:?}");
        }
    }
    let ended = of("rasmus.toftegaard", "Vendor Maintenance");
    assert_eq!(ended["recommendation"], "revoke");
    assert!(
        ended["recommendation_reason"].starts_with("because its end has passed on 2026-06-23, and it is still there"),
        "{}",
        ended["recommendation_reason"]
    );
    // That access ends soon doubts nothing.
    for row in rows.iter().filter(|r| r["findings"].contains("EXP-09")) {
        let reason = &row["recommendation_reason"];
        assert!(!(reason.contains("how it was given") && reason.contains("EXP-09")), "{reason}");
    }
    let soon = of("signe.aune", "Ward Planning");
    assert_eq!(soon["recommendation"], "keep", "{}", soon["recommendation_reason"]);
    assert!(
        soon["recommendation_reason"].contains("does not speak against it"),
        "{}",
        soon["recommendation_reason"]
    );
}

#[test]
fn a_second_stage_that_did_not_answer_is_told_and_takes_nobodys_silence() {
    let run = with_lake();
    let plan =
        one_reviewer("silence = \"remove\"", "\"access_package\"") + &format!("[[second_stage]]\nby = \"person\"\npersons = [\"{ABOVE}\"]\nitems = \"all\"\n");
    let id = open(&run, 0, &plan);
    let key = reviewers(&status(&run, 0, &id))
        .into_iter()
        .find(|k| k.contains("hanna"))
        .expect("the reviewer");
    let (_, rows) = sheet(&run, &id, &key);
    let silent = rows[0]["item_id"].clone();
    let told = decide(&run, &id, 1, &key, |row| {
        if row["item_id"] != silent {
            set(row, "keep", "needed on the ward", "");
        }
    });
    assert!(told.contains("1 letters about the second stage"), "{told}");
    let letter = fs::read_to_string(run.dir().join(format!("out/{id}/mehmet.aydin/mehmet.aydin_second-opening.eml"))).expect("a letter");
    let kept = sheet(&run, &id, "mehmet.aydin/second-stage").1.len();
    assert!(letter.contains(&format!("Second stage: {kept} decisions by")), "{letter}");
    assert!(letter.contains("the first decision stands"), "it promises what happens: {letter}");
    let again = ok(&run, 2, &["campaign", "remind", &id, "--lake", "lake"]).stderr;
    assert!(again.contains("0 letters"), "nobody is told twice: {again}");
    let page = fs::read_to_string(run.dir().join(format!("out/{id}/mehmet.aydin/second-stage/review.html"))).expect("a page");
    assert!(
        page.contains("the first decision stands") && !page.contains("the access is removed after"),
        "so does the sheet"
    );

    let told = ok(&run, 15, &["campaign", "close", &id, "--lake", "lake"]).stderr;
    assert!(
        told.contains("items have no second decision, and the first one stands: ") && told.contains(&format!("mehmet.aydin {kept}")),
        "{told}"
    );
    let closed = status(&run, 15, &id);
    let without = closed["without_second_decision"].as_array().map_or(0, Vec::len);
    assert!(without >= kept && told.contains(&format!("{without} items have no second decision")), "{told}");
    let all = ok(&run, 15, &["campaign", "status", &id, "--lake", "lake", "--format", "csv"]).stdout;
    let all: Vec<Row> = csv::Reader::from_reader(all.as_bytes()).deserialize().map(|r| r.expect("a row")).collect();
    let mine = all.iter().find(|r| r["item_id"] == silent).expect("the item");
    assert_eq!(
        (mine["owner"].as_str(), mine["stage"].as_str(), mine["by"].as_str()),
        (key.as_str(), "1", "silence"),
        "no response is of who was asked"
    );
    assert_eq!(all.iter().filter(|r| r["second_decision"] == "no response").count(), without);
    let of = |part: &str| {
        let list = closed["reviewers"].as_array().expect("a list");
        list.iter().find(|r| r["reviewer"].as_str().is_some_and(|k| k.contains(part))).expect("a row")["by_silence"]["revoke"].clone()
    };
    assert_eq!((of("hanna").as_u64(), of("mehmet").as_u64()), (Some(1), Some(0)));
}
