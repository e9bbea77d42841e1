//! What the words of a plan do: silence, the ladder, stale sources, each way of removal, and outcomes in time.

use crate::campaign::{ok, on, reviewers, sample, save, sheet, status};
use crate::common::Run;
use serde_json::Value;
use std::collections::BTreeMap;

const REVIEWER: &str = "hanna.lindgren@meridell-care.example";
const ABOVE: &str = "mehmet.aydin@meridell-care.example";

/// A plan over two packages with one reviewer; `head` and `tables` go to their places.
fn plan(head: &str, tables: &str) -> String {
    format!(
        "name = \"Silence\"\ndue_days = 14\njustification = []\n{head}\n\
         [scope]\nkinds = [\"access_package\"]\n\
         [[reviewers]]\nby = \"person\"\npersons = [\"{REVIEWER}\"]\n{tables}\n"
    )
}

fn with_lake() -> Run {
    let run = Run::new();
    let sample = sample();
    ok(&run, 0, &["ingest", sample.to_str().expect("a path"), "--lake", "lake"]);
    run
}

fn open(run: &Run, day: i64, plan: &str) -> String {
    run.write("campaign.toml", plan);
    let told = ok(run, day, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
    told.stdout.trim().to_string()
}

fn close(run: &Run, day: i64, id: &str) -> String {
    ok(run, day, &["campaign", "close", id, "--lake", "lake"]).stderr
}

fn count(status: &Value, key: &str) -> u64 {
    status[key].as_u64().unwrap_or_else(|| panic!("{key} in {status}"))
}

/// Items without a reviewer.
fn unassigned(status: &Value) -> u64 {
    let rows = status["reviewers"].as_array().expect("a list").iter();
    rows.filter(|r| r["reviewer"] == "unassigned").map(|r| count(r, "population")).sum()
}

/// Recommendations of all sheets, by what they say.
fn recommended(run: &Run, id: &str, what: &str) -> u64 {
    let all = reviewers(&status(run, 0, id));
    let rows = all.iter().flat_map(|r| sheet(run, id, r).1);
    rows.filter(|row| row["recommendation"] == what).count() as u64
}

#[test]
fn silence_removes_where_the_plan_says_so_and_nobody_is_taken_for_a_decider() {
    let run = with_lake();
    let id = open(&run, 0, &plan("silence = \"remove\"", ""));
    let before = status(&run, 15, &id);
    assert!(count(&before, "undecided") > 10, "{before}");
    close(&run, 15, &id);
    let closed = status(&run, 15, &id);
    let nobody = unassigned(&before);
    assert_eq!(count(&closed["by_silence"], "revoke"), count(&before, "undecided") - nobody);
    assert_eq!(count(&closed, "undecided"), nobody, "nobody was asked about them, so nobody failed to answer");
    assert_eq!(count(&closed["by_person"], "revoke"), 0, "no person revoked anything");
    assert_eq!(closed["completion"], before["completion"], "completion counts persons only");
    let plan = run.read(&format!("out/{id}/removal-plan.csv"));
    assert!(plan.lines().count() > 10, "every removal by silence has its step: {plan}");
}

#[test]
fn silence_follows_recommendations_and_leaves_open_what_has_none() {
    let run = with_lake();
    let id = open(&run, 0, &plan("silence = \"recommendation\"", ""));
    let before = status(&run, 0, &id);
    let (keep, revoke) = (recommended(&run, &id, "keep"), recommended(&run, &id, "revoke"));
    assert!(keep > 0 && revoke > 0, "the sample has both: {keep} and {revoke}");
    close(&run, 15, &id);
    let closed = status(&run, 15, &id);
    let silent = |what: &str| count(&closed["by_silence"], what);
    assert!(silent("keep") >= keep && silent("keep") <= keep + unassigned(&closed), "{closed}");
    assert!(silent("revoke") >= revoke && silent("revoke") <= revoke + unassigned(&closed), "{closed}");
    assert_eq!(
        silent("keep") + silent("revoke") + count(&closed, "undecided"),
        count(&before, "population"),
        "what has no recommendation is undecided, and still counted"
    );
}

#[test]
fn silence_goes_up_once_and_then_the_campaign_closes() {
    let run = with_lake();
    let id = open(
        &run,
        0,
        &plan(&format!("silence = \"escalate\"\nescalate_days = 7\nescalate_to = \"{ABOVE}\""), ""),
    );
    let first = close(&run, 15, &id);
    assert!(first.contains("not closed: what nobody answered is escalated"), "{first}");
    let up = status(&run, 15, &id);
    assert_eq!(up["state"], "escalated");
    let holder = |s: &Value, part: &str| {
        let rows = s["reviewers"].as_array().expect("a list").iter();
        rows.filter(|r| r["reviewer"].as_str().is_some_and(|k| k.contains(part)))
            .map(|r| count(r, "population"))
            .sum::<u64>()
    };
    assert!(holder(&up, "mehmet") > holder(&up, "hanna"), "the items lie with whoever stands above: {up}");
    let key = reviewers(&up)
        .into_iter()
        .find(|k| k.contains("mehmet"))
        .expect("the person above is a reviewer");
    assert!(!sheet(&run, &id, &key).1.is_empty(), "and has a sheet");
    let early = on(&run, 16, &["campaign", "close", &id, "--lake", "lake"]);
    assert_eq!(early.code, 2, "seven days more: {}", early.stderr);
    close(&run, 23, &id);
    let closed = status(&run, 23, &id);
    assert_eq!(closed["state"], "closed");
    assert_eq!(closed["undecided"], closed["population"], "nobody decided, and nothing is made up");
}

#[test]
fn the_ladder_writes_to_the_person_above_and_then_moves_the_items() {
    let run = with_lake();
    let ladder = "[[reminders]]\ndays_before = 2\nto = \"manager\"\n[[reminders]]\ndays_before = -3\nto = \"replace\"";
    let id = open(&run, 0, &plan(&format!("silence = \"keep\"\nescalate_to = \"{ABOVE}\""), ladder));
    let before = status(&run, 0, &id);
    let letters = || {
        let folder = run.dir().join(format!("out/{id}"));
        let files = std::fs::read_dir(folder).expect("a folder").flatten().filter(|d| d.path().is_dir());
        let files = files.flat_map(|d| std::fs::read_dir(d.path()).expect("a folder").flatten());
        let texts = files.filter(|f| f.path().extension().is_some_and(|e| e == "eml"));
        texts.map(|f| std::fs::read_to_string(f.path()).expect("a letter")).collect::<Vec<_>>()
    };
    let to = |who: &str| letters().iter().filter(|t| t.lines().any(|l| l.starts_with("To:") && l.contains(who))).count();
    let early = ok(&run, 5, &["campaign", "remind", &id, "--lake", "lake"]);
    assert!(early.stderr.contains(" 0 reminders are due"), "{}", early.stderr);
    assert_eq!(to(ABOVE), 0);
    ok(&run, 12, &["campaign", "remind", &id, "--lake", "lake"]);
    assert_eq!(to(ABOVE), 1, "two days before the end the person above is told");
    assert_eq!(status(&run, 12, &id)["reviewers"], {
        let mut same = before["reviewers"].clone();
        for (row, now) in same
            .as_array_mut()
            .expect("a list")
            .iter_mut()
            .zip(status(&run, 12, &id)["reviewers"].as_array().expect("a list"))
        {
            row["reminded"] = now["reminded"].clone();
        }
        same
    });
    ok(&run, 17, &["campaign", "remind", &id, "--lake", "lake"]);
    let after = status(&run, 17, &id);
    let key = reviewers(&after)
        .into_iter()
        .find(|k| k.contains("mehmet"))
        .expect("the person above is a reviewer now");
    assert!(!sheet(&run, &id, &key).1.is_empty(), "with a sheet of the items that moved");
    assert_eq!(after["population"], before["population"]);
}

#[test]
fn stale_sources_refuse_an_opening_and_a_reason_is_recorded() {
    let run = with_lake();
    let plan = plan("silence = \"keep\"", "[freshness]\nmax_age_days = 30\nstale = \"refuse\"");
    run.write("campaign.toml", &plan);
    let open = ["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"];
    let refused = on(&run, 200, &open);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("--force"), "the way out is named: {}", refused.stderr);
    assert!(!run.dir().join("lake/campaigns").exists() || std::fs::read_dir(run.dir().join("lake/campaigns")).expect("a folder").next().is_none());
    let forced: Vec<&str> = open.iter().copied().chain(["--force", "the pull is broken until Friday"]).collect();
    let id = ok(&run, 200, &forced).stdout.trim().to_string();
    let head = run.read(&format!("lake/campaigns/{id}/campaign.json"));
    assert!(head.contains("the pull is broken until Friday"), "the reason is part of the record: {head}");
}

#[test]
fn each_kind_of_access_is_removed_in_its_own_way() {
    let run = with_lake();
    let all = plan("silence = \"remove\"", "").replace("[\"access_package\"]", "[\"access_package\", \"group\", \"app_role\", \"directory_role\"]");
    let id = open(&run, 0, &all);
    close(&run, 15, &id);
    let mut plan = csv::Reader::from_path(run.dir().join(format!("out/{id}/removal-plan.csv"))).expect("a plan");
    let steps: Vec<BTreeMap<String, String>> = plan.deserialize().map(|r| r.expect("a step")).collect();
    let of = |way: &str| -> Vec<&BTreeMap<String, String>> { steps.iter().filter(|s| s["method_kind"] == way).collect() };
    let requests = |way: &str, part: &str| !of(way).is_empty() && of(way).iter().all(|s| s["url"].contains(part) || s["body"].contains(part));
    assert!(
        requests("package", "\"requestType\":\"adminRemove\""),
        "packages by a request of an administrator"
    );
    assert!(requests("pim", "\"action\":\"adminRemove\""), "privileged roles by their schedule");
    assert!(requests("group", "/members/"), "members of groups at the group");
    assert!(requests("app-role", "appRoleAssign"), "app roles at the application");
    for way in ["rule", "group-by-rule"] {
        assert!(!of(way).is_empty(), "{way}");
        for step in of(way) {
            assert!(
                step["url"].is_empty() && step["instruction"].starts_with("Change the rule"),
                "a removal would be undone: {step:?}"
            );
        }
    }
    let last = steps.iter().filter(|s| s["side_effects"].contains("last package"));
    for step in last.clone() {
        assert!(
            step["principal_name"].contains("#EXT#"),
            "only guests are deleted with their last package: {step:?}"
        );
    }
    assert!(last.count() > 0, "the guests of the sample lose their last package");
    let script = run.read(&format!("out/{id}/removal.ps1"));
    assert_eq!(
        script.lines().filter(|l| l.starts_with("Step ")).count(),
        steps.iter().filter(|s| s["method_kind"] != "with-step").count(),
        "the script has every step"
    );
}

#[test]
fn a_change_is_verified_and_a_removal_has_its_time() {
    let run = with_lake();
    let id = open(&run, 0, &plan("silence = \"keep\"", "[removal]\nsla_days = 7\nsla_sensitive_days = 7"));
    let reviewer = reviewers(&status(&run, 0, &id))
        .into_iter()
        .find(|k| k.contains("hanna"))
        .expect("the reviewer");
    let (columns, mut rows) = sheet(&run, &id, &reviewer);
    let page = std::fs::read_to_string(sample().join("looks/2026-06-30/assignments-0000.json")).expect("the sample");
    let mut page: Value = serde_json::from_str(&page).expect("JSON");
    let timed = |assignment: &str| {
        let all = page["value"].as_array().expect("rows");
        all.iter()
            .any(|a| a["id"] == assignment && a["schedule"]["expiration"]["endDateTime"].as_str().is_some_and(|t| t > "2026-09-30"))
    };
    let chosen: Vec<usize> = (0..rows.len())
        .filter(|i| rows[*i]["grant_kind"] != "auto_assignment" && timed(&rows[*i]["assignment_id"]))
        .take(4)
        .collect();
    let [changed, unchanged, left, longer] = chosen[..] else {
        panic!("four assignments of the sample end after September")
    };
    let assignment = |i: usize| rows[i]["assignment_id"].clone();
    let (changed_id, unchanged_id, left_id) = (assignment(changed), assignment(unchanged), assignment(left));
    let longer_id = assignment(longer);
    for (i, decision) in [(changed, "modify"), (unchanged, "modify"), (left, "revoke"), (longer, "modify")] {
        rows[i].insert("decision".into(), decision.into());
        rows[i].insert("justification".into(), "until the end of August only".into());
        if decision == "modify" {
            rows[i].insert("until".into(), if i == longer { "2027-06-30" } else { "2026-08-31" }.into());
        }
    }
    save(&run, "back.csv", &columns, &rows);
    ok(&run, 2, &["campaign", "import", "back.csv", "--as", &reviewer, "--lake", "lake"]);
    close(&run, 15, &id);

    // Three days after the close: one end was brought forward, one was not, and the removal has not happened yet.
    for row in page["value"]
        .as_array_mut()
        .expect("rows")
        .iter_mut()
        .filter(|r| r["id"] == changed_id.as_str())
    {
        row["schedule"]["expiration"]["endDateTime"] = Value::from("2026-08-31T17:00:00Z");
    }
    run.write("later/2026-07-20/assignments-0000.json", &page.to_string());
    ok(&run, 18, &["ingest", "later", "--lake", "lake", "--complete"]);
    let told = on(&run, 18, &["campaign", "verify", &id, "--lake", "lake", "--format", "json"]);
    let outcomes: Vec<Value> = serde_json::from_str(&told.stdout).expect("JSON");
    let outcome = |assignment: &str| {
        let mine: Vec<&Value> = outcomes.iter().filter(|r| r["assignment_id"] == assignment).collect();
        assert_eq!(mine.len(), 1, "{assignment}");
        mine[0]["outcome"].as_str().expect("a word").to_string()
    };
    assert_eq!(outcome(&changed_id), "changed and verified");
    assert_eq!(outcome(&unchanged_id), "open within SLA", "a change that did not happen is no change");
    assert_eq!(outcome(&left_id), "open within SLA");
    assert_eq!(
        outcome(&longer_id),
        "open within SLA",
        "an end that was earlier all along is no change that somebody made"
    );
    assert_eq!(outcomes.len(), 4, "{}", told.stderr);
    let plan = run.read(&format!("out/{id}/removal-plan.csv"));
    assert_eq!(plan.matches("This makes the access longer").count(), 1, "{plan}");
}

#[test]
fn a_review_history_from_the_portal_says_the_same_as_the_records_of_graph() {
    const INSTANCE: &str = "4dee9e63-8ef6-48a5-8648-80b3644ed3a3";
    let run = with_lake();
    let pages = std::fs::read_to_string(sample().join("looks/2026-06-30/review-decisions.ndjson")).expect("the sample");
    let mut out = csv::Writer::from_writer(Vec::new());
    let headings = "AccessReviewId,ReviewType,ResourceDisplayName,ResourceId,PrincipalId,PrincipalName,ReviewDate,ReviewResult,Justification,ReviewerId,ReviewerUPN,AppliedDate,AccessRecommendation";
    out.write_record(headings.split(',')).expect("memory");
    for page in pages.lines() {
        let page: Value = serde_json::from_str(page).expect("JSON");
        for d in page["value"].as_array().expect("decisions") {
            let text = |v: &Value| v.as_str().unwrap_or_default().to_string();
            out.write_record([
                text(&d["accessReviewId"]),
                text(&d["resource"]["type"]),
                text(&d["resource"]["displayName"]),
                text(&d["resource"]["id"]),
                text(&d["principal"]["id"]),
                text(&d["principal"]["displayName"]),
                text(&d["reviewedDateTime"]),
                text(&d["decision"]),
                text(&d["justification"]),
                text(&d["reviewedBy"]["id"]),
                text(&d["reviewedBy"]["userPrincipalName"]),
                text(&d["appliedDateTime"]),
                text(&d["recommendation"]),
            ])
            .expect("memory");
        }
    }
    run.write("history.csv", &out.into_inner().expect("memory"));
    let numbers = |args: &[&str]| {
        let id = ok(&run, 0, args).stdout.trim().to_string();
        let status = status(&run, 0, &id);
        let counts: Vec<Value> = ["population", "keep", "revoke", "undecided", "by_person", "by_silence"]
            .map(|k| status[k].clone())
            .into();
        (id, counts)
    };
    let (id, from_file) = numbers(&["campaign", "adopt", INSTANCE, "--csv", "history.csv", "--lake", "lake"]);
    assert_eq!(from_file[..3], [6, 5, 1].map(Value::from), "as in the records of Graph");
    let log = std::fs::read_dir(run.dir().join(format!("lake/campaigns/{id}/log"))).expect("a log").flatten();
    let log: String = log.map(|f| std::fs::read_to_string(f.path()).expect("text")).collect();
    assert!(log.contains("history.csv"), "the file is named with its hash: {log}");

    // The same review out of the lake, in a lake of its own.
    let other = with_lake();
    let id = ok(&other, 0, &["campaign", "adopt", INSTANCE, "--lake", "lake"]).stdout.trim().to_string();
    let status = status(&other, 0, &id);
    for (key, number) in ["population", "keep", "revoke", "undecided", "by_person", "by_silence"].iter().zip(&from_file) {
        assert_eq!(status[key], *number, "{key}");
    }

    run.write("wrong.csv", "Name,Result\nAna,Approve\n");
    let refused = on(
        &run,
        0,
        &[
            "campaign",
            "adopt",
            "11111111-8ef6-48a5-8648-80b3644ed3a3",
            "--csv",
            "wrong.csv",
            "--lake",
            "lake",
        ],
    );
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("AccessReviewId"), "what is missing is named: {}", refused.stderr);
}

#[test]
fn nobody_reviews_what_another_account_of_theirs_holds() {
    let run = with_lake();
    let rule = "[[reviewers]]\nby = \"approver\"";
    let id = open(&run, 0, &format!("name = \"Q\"\nsilence = \"keep\"\n{rule}\n"));
    let told = status(&run, 0, &id);
    for reviewer in reviewers(&told) {
        let ordinary = reviewer.trim_start_matches("az-").to_string();
        for row in sheet(&run, &id, &reviewer).1 {
            let holder = row["principal_name"]
                .split('@')
                .next()
                .unwrap_or_default()
                .trim_start_matches("az-")
                .to_string();
            assert_ne!(holder, ordinary, "{reviewer} judges {}", row["principal_name"]);
        }
    }
    let reasons = run.read(&format!("lake/campaigns/{id}/contexts.jsonl"));
    assert!(
        reasons.contains("is the holder by another account, known by its name"),
        "the sample has an administrative account that approved its owner's request"
    );
}
