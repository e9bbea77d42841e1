//! Members that are there and not understood: counted by member and value, and a gap of what they belong to.

use super::{ingest_files, page, sink};
use crate::ingest::IngestReport;

const DAY: &str = "2026-06-30";

fn taken(name: &str, text: &str) -> IngestReport {
    let file = format!("{DAY}/{name}");
    ingest_files(&[(file.as_str(), text.as_bytes())], &sink::options()).expect("an ingest").0
}

/// Subject and reason of each gap, without the path.
fn gaps(report: &IngestReport) -> Vec<(String, String)> {
    let told = |reason: &str| reason.split_once(".json: ").map_or(reason.to_string(), |(_, told)| told.to_string());
    let of = |g: &crate::lake::records::Coverage| (g.subject.clone(), told(g.reason.as_deref().unwrap_or_default()));
    report.gaps.iter().map(of).collect()
}

#[test]
fn each_member_of_a_wrong_type_is_counted_with_its_value() {
    let elm = "identityGovernance/entitlementManagement";
    for (context, object, subject, expected) in [
        (
            "users",
            r#"{"id":"u1","userPrincipalName":"a@b.example","accountEnabled":"yes"}"#,
            "users",
            "accountEnabled 'yes'",
        ),
        (
            "users",
            r#"{"id":"u1","userPrincipalName":"a@b.example","accountEnabled":""}"#,
            "users",
            "accountEnabled ''",
        ),
        (
            "users",
            r#"{"id":"u1","userPrincipalName":"a@b.example","accountEnabled":[true]}"#,
            "users",
            "accountEnabled: a list",
        ),
        ("users", r#"{"id":"u1","userPrincipalName":{"x":1}}"#, "users", "userPrincipalName: an object"),
        (
            "users",
            r#"{"id":"u1","userPrincipalName":"a@b.example","createdDateTime":20260101}"#,
            "users",
            "createdDateTime 20260101",
        ),
        (
            "users",
            r#"{"id":"u1","userPrincipalName":"a@b.example","deletedDateTime":"soon"}"#,
            "users",
            "deletedDateTime 'soon'",
        ),
        (
            "users",
            r#"{"id":"u1","userPrincipalName":"a@b.example","signInActivity":"never"}"#,
            "users",
            "signInActivity 'never'",
        ),
        (
            "groups",
            r#"{"id":"g1","displayName":"G","groupTypes":"Unified","securityEnabled":1}"#,
            "groups",
            "securityEnabled 1",
        ),
        ("groups", r#"{"id":"g1","displayName":"G","groupTypes":[5]}"#, "groups", "groupTypes 5"),
        (
            &format!("{elm}/assignments"),
            r#"{"id":"a1","state":"delivered","target":"@{objectId=u1}","accessPackage":{"id":"p1"}}"#,
            "assignments",
            "target '@{objectId=u1}'",
        ),
        (
            &format!("{elm}/assignments"),
            r#"{"id":"a1","state":true,"target":{"objectId":"u1"},"accessPackage":{"id":"p1"}}"#,
            "assignments",
            "no state",
        ),
        (
            &format!("{elm}/assignments"),
            r#"{"id":"a1","state":"  ","target":{"objectId":"u1"},"accessPackage":{"id":"p1"}}"#,
            "assignments",
            "no state",
        ),
        (
            &format!("{elm}/assignments"),
            r#"{"id":"a1","state":"delivered","schedule":{"expiration":{"type":"afterTheWeekend"}},"target":{"objectId":"u1"},"accessPackage":{"id":"p1"}}"#,
            "assignments",
            "schedule.expiration.type 'afterTheWeekend'",
        ),
        (
            &format!("{elm}/assignments"),
            r#"{"id":"a1","state":"expired","expiredDateTime":["x"],"target":{"objectId":"u1"},"accessPackage":{"id":"p1"}}"#,
            "assignments",
            "expiredDateTime: a list",
        ),
    ] {
        let report = taken("export.json", &page(context, &[object]));
        let expected = format!("1 record has {expected}");
        let found = gaps(&report);
        let fits = found.iter().any(|(s, reason)| s == subject && reason.starts_with(&expected));
        assert!(fits, "{object}: {found:?}");
        let note = report.sources[0].note.as_deref().unwrap_or_default();
        assert!(note.contains(&expected), "{object}: {note}");
    }
}

#[test]
fn what_is_absent_or_spelled_otherwise_is_understood() {
    let elm = "identityGovernance/entitlementManagement";
    for (context, object) in [
        (
            "users",
            r#"{"id":"u1","userPrincipalName":"a@b.example","accountEnabled":"True","createdDateTime":"0001-01-01T00:00:00Z"}"#,
        ),
        (
            "users",
            r#"{"id":"u1","userPrincipalName":"a@b.example","accountEnabled":null,"signInActivity":null}"#,
        ),
        ("users", r#"{"id":"u1","userPrincipalName":"","createdDateTime":""}"#),
        ("groups", r#"{"id":"g1","displayName":"G","groupTypes":"Unified"}"#),
        (
            &format!("{elm}/assignments"),
            r#"{"id":"a1","state":"Delivered","target":{"objectId":"u1","subjectType":"User"},"accessPackage":{"id":"p1"},"schedule":{"expiration":{"type":"AfterDuration","duration":"P30D"}}}"#,
        ),
    ] {
        let report = taken("export.json", &page(context, &[object]));
        assert_eq!(gaps(&report), [], "{object}");
    }
}

#[test]
fn a_record_of_a_log_that_does_not_tell_how_it_ended_is_a_gap_at_its_instant() {
    let sign_in = |more: &str| {
        format!(r#"{{"id":"s1","createdDateTime":"2026-06-01T10:00:00Z","userId":"u1","appId":"app","clientAppUsed":"Browser","isInteractive":true{more}}}"#)
    };
    let named = |result: &str, activity: &str, targets: &str| {
        format!(r#"{{"id":"e1","activityDateTime":"2026-06-01T10:00:00Z","activityDisplayName":"{activity}"{result}{targets}}}"#)
    };
    let (user, group) = (r#"{"id":"u1","type":"User"}"#, r#"{"id":"g1","type":"Group"}"#);
    let told = r#"{"id":"u1","type":"User","modifiedProperties":[{"displayName":"Group.ObjectID","newValue":"\"g1\""}]}"#;
    let targets = |list: &[&str]| format!(r#","targetResources":[{}]"#, list.join(","));
    let act = |result: &str| named(result, "Add member to group", &targets(&[user, group]));
    let aimed = |more: &str| named(r#","result":"success""#, "Add member to group", more);
    let nobody = "targetResources name nobody";
    let signs = "auditLogs/signIns";
    let acts = "auditLogs/directoryAudits";
    let at = "2026-06-01T10:00:00Z";
    for (context, record, subject, expected) in [
        (signs, sign_in(""), "sign_ins:interactiveUser", "no status that tells whether it succeeded"),
        (signs, sign_in(r#","status":"Success""#), "sign_ins:interactiveUser", "no status"),
        (
            signs,
            sign_in(r#","status":{"errorCode":"zero"}"#),
            "sign_ins:interactiveUser",
            "status.errorCode 'zero'",
        ),
        (
            signs,
            sign_in(r#","status":{"errorCode":0},"signInEventTypes":["agentUser"]"#),
            "sign_ins",
            "signInEventTypes 'agentUser'",
        ),
        (acts, act(r#","result":"unknownFutureValue""#), "audit", "result 'unknownFutureValue'"),
        (acts, act(""), "audit", "no result"),
        (acts, act(r#","result":null"#), "audit", "no result"),
        (acts, act(r#","result":" ""#), "audit", "no result"),
        (acts, aimed(""), "audit", nobody),
        (acts, aimed(r#","targetResources":null"#), "audit", nobody),
        (acts, aimed(&targets(&[])), "audit", nobody),
        (acts, aimed(&targets(&[r#"{"id":null,"type":"User"}"#])), "audit", nobody),
        (
            acts,
            aimed(&targets(&[user, r#"{"id":null,"type":"Group"}"#])),
            "audit",
            "targetResources name one object of two",
        ),
    ] {
        let report = taken("log.json", &page(context, &[&record]));
        assert_eq!(report.kept, 1, "{record}");
        let found: Vec<_> = report.gaps.iter().map(|g| (g.subject.as_str(), g.from.map(|t| t.to_string()))).collect();
        assert_eq!(found, [(subject, Some(at.to_string()))], "{record}");
        let reason = report.gaps[0].reason.as_deref().unwrap_or_default();
        assert!(reason.contains("was not understood") && reason.contains(expected), "{record}: {reason}");
    }
    for (context, record) in [
        (signs, sign_in(r#","status":{"errorCode":50126}"#)),
        (acts, act(r#","result":"Failure""#)),
        (acts, act(r#","result":" success ""#)),
        (acts, aimed(&targets(&[told]))),
        // What is no act on access may name nobody.
        (acts, named("", "Update company settings", "")),
    ] {
        assert_eq!(taken("log.json", &page(context, &[&record])).gaps, [], "{record}");
    }
}

#[test]
fn files_of_which_nothing_was_taken_are_on_record() {
    let users = page("users", &[r#"{"id":"u1","userPrincipalName":"a@b.example"}"#]);
    let files: [(&str, &[u8]); 4] = [
        ("2026-06-30/users.json", users.as_bytes()),
        ("2026-06-30/notes.md", b"# hello"),
        ("2026-06-30/groups.json", b"\x00\x01\x02 value"),
        ("2026-06-30/empty.json", b""),
    ];
    let (report, memory) = ingest_files(&files, &sink::options()).expect("an ingest");
    let named: Vec<_> = memory
        .sources
        .iter()
        .map(|s| {
            (
                s.path.rsplit('/').next().unwrap_or_default(),
                s.format.as_str(),
                s.sha256.len(),
                s.note.is_some(),
            )
        })
        .collect();
    assert_eq!(report.foreign.len(), 3);
    for name in ["notes.md", "groups.json", "empty.json"] {
        assert!(named.contains(&(name, "not taken", 64, true)), "{name}: {named:?}");
    }
}
