//! A pull whose service answers what nobody can follow or take ends with a gap, and says which.

use crate::common::{Run, Told, vouchsafe};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

const TENANT: &str = "11111111-2222-4333-8444-555555555555";

/// Serves pages on loopback until the process ends: empty ones, with the member that `more` gives to that of a path.
fn serve(more: fn(&str) -> Option<(&'static str, Value)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|n| n > 0) {
                    let path = line.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_string();
                    let mut head = String::new();
                    while reader.read_line(&mut head).is_ok_and(|n| n > 2) {
                        head.clear();
                    }
                    let context = format!("https://graph.microsoft.com/v1.0/$metadata#{}", path.splitn(3, '/').nth(2).unwrap_or_default());
                    let mut page = json!({"@odata.context": context, "value": []});
                    if let Some((name, value)) = more(&path) {
                        page[name] = value;
                    }
                    let body = page.to_string();
                    let mut stream = &stream;
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    if stream.write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                    line.clear();
                }
            });
        }
    });
    address
}

fn pull(run: &Run, address: &str, only: &str) -> Told {
    let mut command = vouchsafe(run.dir());
    command.env("VOUCHSAFE_TOKEN", "x.y.z");
    command.args(["pull", "--tenant", TENANT, "--graph-url", address, "--login-url", address]);
    command.args(["--pace-scale", "2000", "--lake", "lake", "--only", only]);
    let out = command.output().expect("it runs");
    Told {
        code: out.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

#[test]
fn a_link_that_is_no_text_is_no_last_page() {
    let address = serve(|path| (path == "/v1.0/groups").then(|| ("@odata.nextLink", json!(5))));
    let run = Run::new();
    let told = pull(&run, &address, "groups");
    assert_eq!(told.code, 5, "{}", told.stderr);
    assert!(told.stderr.contains("groups: @odata.nextLink is no text"), "{}", told.stderr);
    let sql = run.ok(&[
        "sql",
        "--lake",
        "lake",
        "SELECT COUNT(*) AS n FROM snapshots WHERE completeness = 'proven' AND scope = 'tenant'",
        "--format",
        "csv",
    ]);
    assert!(sql.stdout.trim_end().ends_with('0'), "{}", sql.stdout);
}

#[test]
fn records_that_came_and_were_not_understood_are_a_gap_of_the_pull() {
    let address = serve(|path| match path {
        "/v1.0/auditLogs/directoryAudits" => {
            let timeless = json!([{"id": "Directory_1", "activityDisplayName": "Add member to group", "activityDateTime": null, "targetResources": []}]);
            Some(("value", timeless))
        }
        "/v1.0/groups" => {
            let nameless = json!([{"id": "g1", "displayName": "G", "groupTypes": []}, {"displayName": "H", "groupTypes": []}]);
            Some(("value", nameless))
        }
        _ => None,
    });
    for (only, gap) in [
        ("audit", "not taken, the first: no time"),
        ("groups", "groups: 1 record was not taken, the first: no id"),
    ] {
        let run = Run::new();
        let told = pull(&run, &address, only);
        assert_eq!(told.code, 5, "{only}: {}", told.stderr);
        assert!(told.stderr.contains(gap), "{only}: {}", told.stderr);
        let status = run.ok(&["lake", "status", "--lake", "lake"]).stdout;
        let row = |l: &&str| l.trim_start().starts_with(only) && l.contains("not taken");
        assert!(status.lines().any(|l| row(&l)), "{status}");
    }
}
