//! What silence means, each way that a plan can say, and what stale sources do to an opening.

use crate::campaign::{ok, on, reviewers, sample, sheet, status};
use crate::common::Run;
use serde_json::Value;

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
    assert_eq!(closed["by_silence"]["revoke"], before["undecided"]);
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
    let owned_by_nobody = |s: &Value| {
        let rows = s["reviewers"].as_array().expect("a list").iter();
        rows.filter(|r| r["reviewer"] == "unassigned").map(|r| count(r, "population")).sum::<u64>()
    };
    let silent = |what: &str| count(&closed["by_silence"], what);
    assert!(silent("keep") >= keep && silent("keep") <= keep + owned_by_nobody(&closed), "{closed}");
    assert!(silent("revoke") >= revoke && silent("revoke") <= revoke + owned_by_nobody(&closed), "{closed}");
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
    assert!(first.contains("not closed: silence escalates"), "{first}");
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
