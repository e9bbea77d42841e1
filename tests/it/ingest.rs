//! `ingest` as a person types it: dates, covered days, standard input, and what is asked for strictly.

use crate::common::{Run, vouchsafe};
use std::io::Write;
use std::process::Stdio;

/// An audit event at this time, however it is spelled.
fn event(id: &str, time: &str) -> String {
    format!(r#"{{"id":"{id}","activityDateTime":"{time}","activityDisplayName":"Add member to group","result":"success","targetResources":[]}}"#)
}

#[test]
fn dates_that_tell_no_order_ask_for_the_flag() {
    let run = Run::new();
    run.write(
        "audit.json",
        &format!("{}\n{}\n", event("a", "3/2/2026 08:15:00"), event("b", "5/4/2026 09:12:00")),
    );
    let told = run.tell(&["ingest", "audit.json", "--lake", "lake"]);
    assert_eq!(told.code, 3, "{}", told.stderr);
    assert!(told.stderr.contains("--dates dmy or --dates mdy"), "{}", told.stderr);
    let told = run.tell(&["ingest", "audit.json", "--lake", "lake", "--dates", "ymd"]);
    assert!(told.code == 2 && told.stderr.contains("dmy"), "{}", told.stderr);
    let told = run.ok(&["ingest", "audit.json", "--lake", "lake", "--dates", "dmy"]);
    assert!(told.stderr.contains("2 records read = 2 kept"), "{}", told.stderr);
}

#[test]
fn a_day_means_the_same_on_the_command_line_and_in_a_file() {
    let covered = |file: Option<&str>, flag: &[&str]| {
        let run = Run::new();
        run.write("in/audit.json", &event("a", "2026-06-15T10:00:00Z"));
        if let Some(file) = file {
            run.write("in/coverage.toml", file);
        }
        run.ok(&[&["ingest", "in", "--lake", "lake"], flag].concat());
        let status = run.ok(&["lake", "status", "--lake", "lake"]).stdout;
        let line = status
            .lines()
            .find(|l| l.contains("asserted") && l.contains("audit"))
            .unwrap_or_default()
            .to_string();
        assert!(line.contains("2026-07-01T00:00:00Z"), "{status}");
    };
    covered(Some("[[covers]]\nsource = \"audit\"\nfrom = 2026-06-01\nuntil = 2026-06-30\n"), &[]);
    covered(None, &["--covers", "2026-06-01..2026-06-30"]);
    covered(None, &["--covers", "audit=2026-06-01..2026-06-30"]);
    covered(None, &["--covers", "audit=2026-06-01T00:00:00Z..2026-07-01T00:00:00Z"]);
    // Nobody vouches for a log by giving another one.
    let run = Run::new();
    run.write("a.json", &event("a", "2026-06-15T10:00:00Z"));
    run.ok(&["ingest", "a.json", "--lake", "lake", "--covers", "2026-06-01..2026-06-30"]);
    let status = run.ok(&["lake", "status", "--lake", "lake"]).stdout;
    assert!(status.contains("asserted") && !status.contains("sign_ins"), "{status}");
    run.write(
        "u.json",
        r#"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","value":[{"id":"u1","displayName":"U","userPrincipalName":"u@corp.example"}]}"#,
    );
    let told = run.ok(&["ingest", "u.json", "--lake", "other", "--covers", "2026-06-01..2026-06-30"]);
    assert!(told.stderr.contains("no record of a log is in these files"), "{}", told.stderr);
    let run = Run::new();
    run.write("a.json", &event("a", "2026-06-15T10:00:00Z"));
    let told = run.tell(&["ingest", "a.json", "--covers", "users=2026-06-01..2026-06-30"]);
    assert!(told.code == 2 && told.stderr.contains("'users' is no log"), "{}", told.stderr);
}

#[test]
fn a_dry_run_says_what_each_file_would_give_and_writes_nothing() {
    let run = Run::new();
    let events = format!("{}\n{}\n{{\n", event("a", "2026-06-15T10:00:00Z"), event("a", "2026-06-15T10:00:00Z"));
    run.write("in/audit.json", &events);
    run.write(
        "in/2026-06-30/users.json",
        r#"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","@odata.count":1,"value":[{"id":"u"}]}"#,
    );
    run.write("in/notes.pdf", "%PDF-1.4");
    let told = run.ok(&["ingest", "in", "--lake", "lake", "--dry-run"]);
    assert!(!run.dir().join("lake").exists(), "nothing is written");
    for part in [
        "in/audit.json: NDJSON; 3 read = 1 kept + 1 duplicate + 1 rejected + 0 unrecognised\n",
        "in/2026-06-30/users.json: pages; 1 read = 1 kept + 0 duplicate + 0 rejected + 0 unrecognised; as of 2026-06-30T23:59:59.999999Z, by path\n",
        "proven",
    ] {
        assert!(told.stdout.contains(part), "{part}: {}", told.stdout);
    }
    for part in [
        "4 records read = 2 kept + 1 duplicate + 1 rejected",
        "a PDF document",
        "gap in audit",
        "nothing was written",
    ] {
        assert!(told.stderr.contains(part), "{part}: {}", told.stderr);
    }
}

#[test]
fn standard_input_is_taken_like_a_file() {
    let run = Run::new();
    let mut child = vouchsafe(run.dir())
        .args(["ingest", "-", "--lake", "lake"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let packed = zstd::encode_all(event("a", "2026-06-15T10:00:00Z").as_bytes(), 1).expect("packed");
    child.stdin.take().expect("a pipe").write_all(&packed).expect("written");
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.contains("1 records read = 1 kept"), "{stderr}");
    let status = run.ok(&["lake", "status", "--lake", "lake"]).stdout;
    assert!(status.lines().any(|l| l.split('\t').any(|cell| cell.trim() == "-")), "it is called -: {status}");
}

#[test]
fn what_could_not_be_read_is_told_and_refused_when_asked_for_strictly() {
    let run = Run::new();
    run.write("in/audit.json", &event("a", "2026-06-15T10:00:00Z"));
    run.write(
        "in/users.json",
        "\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#users\",\"value\":[]}",
    );
    let told = run.ok(&["ingest", "in", "--lake", "lake"]);
    assert!(
        told.stderr.contains("gap in users") && told.stderr.contains("a damaged export"),
        "{}",
        told.stderr
    );
    let status = run.ok(&["lake", "status", "--lake", "lake"]).stdout;
    assert!(status.contains("a damaged"), "{status}");
    let told = run.tell(&["ingest", "in", "--lake", "lake", "--strict"]);
    assert!(told.code == 3 && told.stderr.contains("1 files could not be read"), "{}", told.stderr);
}

#[test]
fn a_mistake_on_the_command_line_is_told_and_makes_no_lake() {
    let run = Run::new();
    run.write("in/audit.json", &event("a", "2026-06-15T10:00:00Z"));
    for (flags, says) in [
        (&["in", "--tenant", "contoso.onmicrosoft.com"][..], "write the GUID"),
        (&["in", "--observed-at", "2099-01-01"], "yet to come"),
        (&["in", "nosuch"], "nosuch"),
    ] {
        let told = run.tell(&[&["ingest", "--lake", "lake"], flags].concat());
        assert!(told.code == 2 && told.stderr.contains(says), "{flags:?}: {}", told.stderr);
        assert!(!run.dir().join("lake").exists(), "{flags:?}");
    }
    run.write("in/coverage.toml", "complete = false\ntenant = \"nope\"\n");
    let told = run.tell(&["ingest", "in", "--lake", "lake"]);
    assert!(
        told.code == 2 && told.stderr.contains("coverage.toml") && told.stderr.contains("no tenant id"),
        "{}",
        told.stderr
    );
}
