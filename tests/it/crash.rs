//! A process that dies at any step of a commit leaves the last commit readable, and the next ingest heals the rest.

use crate::common::{Run, vouchsafe};
use std::fs;

const STEPS: &[&str] = &["data-written", "data-synced", "data-renamed", "commit-written", "commit-named"];

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

        let killed = vouchsafe(run.dir())
            .args(["ingest", "second.ndjson", "--lake", "lake"])
            .env("VOUCHSAFE_CRASH_AT", step)
            .output()
            .expect("it starts");
        assert!(!killed.status.success(), "{step}: the process was to die");

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
        if *step == "commit-named" {
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
