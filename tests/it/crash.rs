//! A process that dies at any step of a commit leaves the last commit readable, and the next ingest heals the rest.

use crate::campaign::{DAY, OPENING, fifty, fill, ok, reviewers, sample, sheet, status as campaign_status};
use crate::common::{CLOCK, Run};
use crate::killed::killed;
use std::fs;
use vouchsafe::lake::failpoint::Step;

const STEPS: &[Step] = &[Step::DataWritten, Step::DataSynced, Step::DataRenamed, Step::CommitWritten, Step::CommitNamed];

fn event(n: u32) -> String {
    format!(
        "{{\"id\":\"e{n}\",\"activityDateTime\":\"2026-03-01T10:00:{:02}Z\",\"activityDisplayName\":\"Add member to group\",\"category\":\"GroupManagement\",\
         \"result\":\"success\",\"loggedByService\":\"Core Directory\",\"initiatedBy\":{{\"user\":{{\"id\":\"boss\",\"userPrincipalName\":\"boss@corp.example\"}}}},\
         \"targetResources\":[{{\"id\":\"u{n}\",\"type\":\"User\",\"modifiedProperties\":[]}},{{\"id\":\"g1\",\"type\":\"Group\",\"modifiedProperties\":[]}}]}}\n",
        n % 60
    )
}

fn status(run: &Run) -> String {
    run.ok(&["lake", "status", "--lake", "lake"]).stdout
}

#[test]
fn killed_at_any_step_the_last_commit_is_readable_and_the_next_ingest_heals() {
    for step in STEPS {
        let run = Run::new();
        run.write("first.ndjson", &(0..50).map(event).collect::<String>());
        run.write("second.ndjson", &(50..100).map(event).collect::<String>());
        run.ok(&["ingest", "first.ndjson", "--lake", "lake"]);
        let before = run
            .ok(&[
                "holders",
                "--group",
                "g1",
                "--from",
                "2026-03-01",
                "--until",
                "2026-03-01T10:00:49Z",
                "--format",
                "csv",
                "--lake",
                "lake",
            ])
            .stdout;

        killed(run.dir(), CLOCK, *step, &["ingest", "second.ndjson", "--lake", "lake"]);

        run.ok(&["lake", "verify", "--lake", "lake"]);
        let after = run
            .ok(&[
                "holders",
                "--group",
                "g1",
                "--from",
                "2026-03-01",
                "--until",
                "2026-03-01T10:00:49Z",
                "--format",
                "csv",
                "--lake",
                "lake",
            ])
            .stdout;
        if *step == Step::CommitNamed {
            assert_ne!(before, after, "{step}: the commit has its name, so it counts");
        } else {
            assert_eq!(before, after, "{step}: the last commit is to be read");
        }

        run.ok(&["ingest", "second.ndjson", "--lake", "lake"]);
        let told = run.ok(&["lake", "verify", "--lake", "lake"]).stdout;
        assert!(told.contains("2 checkpoints match") && !told.contains("missing"), "{step}: {told}");
        let whole = Run::new();
        whole.write("first.ndjson", &fs::read_to_string(run.dir().join("first.ndjson")).expect("written above"));
        whole.write("second.ndjson", &fs::read_to_string(run.dir().join("second.ndjson")).expect("written above"));
        whole.ok(&["ingest", "first.ndjson", "--lake", "lake"]);
        whole.ok(&["ingest", "second.ndjson", "--lake", "lake"]);
        assert_eq!(
            tables(&status(&run)),
            tables(&status(&whole)),
            "{step}: nothing is lost and nothing counted twice"
        );
        let left: Vec<_> = walk(&run.dir().join("lake")).into_iter().filter(|p| p.contains(".tmp-")).collect();
        assert!(left.is_empty(), "{step}: temporary files are swept: {left:?}");
    }
}

#[test]
fn killed_at_any_step_no_decision_is_lost_or_doubled() {
    let run = Run::new();
    let sample = sample();
    ok(&run, 0, &["ingest", sample.to_str().expect("a path"), "--lake", "lake"]);
    run.write("campaign.toml", &fifty());
    let killed = |day: i64, step: Step, args: &[&str]| killed(run.dir(), &(OPENING + day * DAY).to_string(), step, args);
    let open = ["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"];
    killed(0, Step::CampaignFrozen, &open);
    killed(0, Step::CampaignNamed, &open);
    let id = ok(&run, 0, &open).stdout.trim().to_string();
    let begun = campaign_status(&run, 0, &id);
    let people = reviewers(&begun);
    let file = fill(&run, &id, &people[0], |_, _| ("keep", ""));
    let count = sheet(&run, &id, &people[0]).1.len() as u64;
    let import = ["campaign", "import", &file, "--as", &people[0], "--lake", "lake"];
    killed(1, Step::EntryWritten, &import);
    assert_eq!(campaign_status(&run, 1, &id)["log_entries"], begun["log_entries"], "not there at all");
    killed(1, Step::EntryNamed, &import);
    let there = campaign_status(&run, 1, &id);
    assert_eq!(there["keep"].as_u64(), Some(count), "there as a whole");
    ok(&run, 1, &import);
    assert_eq!(campaign_status(&run, 1, &id)["log_entries"], there["log_entries"], "and not twice");
    let close = ["campaign", "close", &id, "--lake", "lake"];
    killed(20, Step::EntryWritten, &close);
    killed(20, Step::EntryNamed, &close);
    ok(&run, 20, &close);
    let closed = campaign_status(&run, 20, &id);
    assert_eq!(closed["keep"], closed["population"]);
    assert!(
        run.dir().join(format!("out/{id}/removal-plan.csv")).is_file(),
        "the results of a killed close are written by the next"
    );
}

/// The lines of `lake status` that count rows.
fn tables(status: &str) -> Vec<String> {
    status
        .lines()
        .filter(|l| l.contains("audit_events") || l.contains("rejects"))
        .map(ToString::to_string)
        .collect()
}

fn walk(dir: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("the lake is readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}
