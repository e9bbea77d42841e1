//! What pages tell that is no sighting: objects that a delta page calls removed, and requests that were only validated.

use super::{ingest_files, page, reasons, sink};
use serde_json::json;

const GROUP: &str = "aaaaaaaa-0000-4000-8000-000000000001";

#[test]
fn what_a_delta_page_calls_removed_is_gone_and_is_no_sighting() {
    let users = page(
        "users",
        &[
            r#"{"id":"u1","@removed":{"reason":"changed"}}"#,
            r#"{"id":"u2","@removed":{"reason":"deleted"}}"#,
            r#"{"id":"u3","userPrincipalName":"c@corp.example"}"#,
        ],
    );
    let of_group = format!(
        r##"{{"id":"{GROUP}","members@delta":[{{"@odata.type":"#microsoft.graph.user","id":"u3","@removed":{{"reason":"deleted"}}}},{{"@odata.type":"#microsoft.graph.user","id":"u4"}}]}}"##
    );
    let groups = page("groups", &[&of_group, r#"{"id":"g2","@removed":{"reason":"changed"}}"#]);
    let (report, memory) = ingest_files(
        &[("2026-03-01/users.json", users.as_bytes()), ("2026-03-01/groups.json", groups.as_bytes())],
        &sink::options(),
    )
    .expect("an ingest");
    assert_eq!((report.read, report.kept, report.unmapped, report.gaps.len()), (5, 2, 3, 0), "{report:?}");
    let ids = |table: &str| memory.table(table).iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids("users"), [json!("u3")]);
    assert_eq!(ids("memberships"), [json!(format!("member/{GROUP}/u4"))]);
    let mut gone: Vec<String> = memory
        .snapshots
        .iter()
        .filter(|s| s.scope.contains("object/"))
        .map(|s| format!("{} {} {}", s.collection, s.scope, s.complete))
        .collect();
    gone.sort();
    let member = format!("memberships object/member/{GROUP}/u3 proven");
    let expected = [
        "groups object/g2 proven",
        &member,
        "users deleted/object/u2 proven",
        "users object/u1 proven",
        "users object/u2 proven",
    ];
    assert_eq!(gone, expected);
}

#[test]
fn a_change_that_nothing_names_is_a_gap_and_so_is_a_list_of_changes_of_another_kind() {
    let other = super::event("o");
    let gaps = |text: &str| {
        let files: [(&str, &[u8]); 2] = [("2026-03-01/x.json", text.as_bytes()), ("other.json", other.as_bytes())];
        let (report, _) = ingest_files(&files, &sink::options()).expect("an ingest");
        report.gaps.iter().map(|gap| gap.subject.clone()).collect::<Vec<_>>()
    };
    assert_eq!(gaps(r#"{"id":"x","@removed":{"reason":"deleted"}}"#), ["unknown"]);
    assert_eq!(
        gaps(&page("groups", &[r#"{"id":"g","displayName":"G","acceptedSenders@delta":[{"id":"u"}]}"#])),
        ["memberships"]
    );
    let assignments = "identityGovernance/entitlementManagement/assignments";
    assert_eq!(gaps(&page(assignments, &[r#"{"id":"a","@removed":{"reason":"deleted"}}"#])), ["assignments"]);
    assert_eq!(gaps(&page("users", &[r#"{"id":"u","@removed":{"reason":"melted"}}"#])), ["users"]);
}

#[test]
fn a_request_that_was_only_validated_is_counted_and_makes_no_row() {
    let request = |id: &str, validated: &str| {
        format!(
            r#"{{"id":"{id}","requestType":"AdminRemove","requestState":"Delivered","isValidationOnly":{validated},"completedDate":"2026-01-25T00:10:00Z","requestor":{{"id":"s","objectId":"u9"}},"accessPackageAssignment":{{"id":"a1","assignmentState":"Delivered","target":{{"id":"t","objectId":"u1"}}}}}}"#
        )
    };
    let context = "identityGovernance/entitlementManagement/accessPackageAssignmentRequests";
    let text = page(context, &[&request("r1", "true"), &request("r2", "false")]).replace(r#""value""#, r#""@odata.count":2,"value""#);
    let (report, memory) = ingest_files(&[("2026-02-01/r.json", text.as_bytes())], &sink::options()).expect("an ingest");
    assert_eq!((report.kept, report.unmapped), (1, 1));
    assert!(reasons(&memory)[0].contains("isValidationOnly"), "{:?}", reasons(&memory));
    assert_eq!(memory.table("requests").len(), 1);
    let look = memory.snapshots.iter().find(|s| s.collection == "requests").expect("a snapshot");
    assert_eq!((look.complete.as_str(), look.rows), ("proven", 2), "its page lost nothing: {look:?}");
}

#[test]
fn a_page_that_says_itself_that_it_is_not_whole_is_not() {
    let row = r#"{"id":"u","userPrincipalName":"u@corp.example","accountEnabled":true}"#;
    let options = crate::ingest::IngestOptions {
        complete: true,
        ..sink::options()
    };
    let whole = page("users", &[row]);
    let with = |annotation: &str| whole.replace(r#""value""#, &format!(r#"{annotation},"value""#));
    let behind = |member: &str| format!("{},{member}}}", whole.trim_end_matches('}'));
    for (name, text, complete) in [
        ("a count as text that ties", with(r#""@odata.count":"1""#), "proven"),
        ("a count as text", with(r#""@odata.count":"2""#), "no"),
        ("a count with a point", with(r#""@odata.count":2.0"#), "no"),
        ("no number", with(r#""@odata.count":"many""#), "no"),
        (
            "an error behind the rows",
            format!("{}]{}", whole.trim_end_matches("]}"), r#","error":{"code":"TooManyRequests"}}"#),
            "no",
        ),
        ("nextLink", with(r#""nextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=x""#), "no"),
        (
            "OdataNextLink",
            with(r#""OdataNextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=x""#),
            "no",
        ),
        (
            "odata.nextLink",
            with(r#""odata.nextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=x""#),
            "no",
        ),
        (
            "@odata.nextlink",
            with(r#""@odata.nextlink":"https://graph.microsoft.com/v1.0/users?$skiptoken=x""#),
            "no",
        ),
        ("no next page", with(r#""nextLink":null"#), "claimed"),
    ] {
        let (_, memory) = ingest_files(&[("2026-03-01/users.json", text.as_bytes())], &options).expect("an ingest");
        assert_eq!(memory.snapshots[0].complete, complete, "{name}: {:?}", memory.snapshots[0]);
    }
    let last = behind(r#""nextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=x""#);
    let (_, memory) = ingest_files(&[("2026-03-01/users.json", last.as_bytes())], &options).expect("an ingest");
    assert_eq!(memory.snapshots[0].complete, "no");
}

#[test]
fn a_blank_where_a_state_belongs_is_counted() {
    let user = |enabled: &str| format!(r#"{{"id":"u","userPrincipalName":"u@corp.example"{enabled}}}"#);
    for (text, gap) in [
        (page("users", &[&user("")]), None),
        (page("users", &[&user(r#","accountEnabled":null"#)]), Some("no accountEnabled")),
        (page("users", &[&user(r#","accountEnabled":0"#)]), Some("accountEnabled 0")),
        (
            page("groups", &[r#"{"id":"g","displayName":"G","groupTypes":["HyperGroup"]}"#]),
            Some("groupTypes 'HyperGroup'"),
        ),
    ] {
        let (report, _) = ingest_files(&[("2026-03-01/x.json", text.as_bytes())], &sink::options()).expect("an ingest");
        let told: Vec<&str> = report.gaps.iter().filter_map(|g| g.reason.as_deref()).collect();
        assert_eq!(told.len(), usize::from(gap.is_some()), "{told:?}");
        assert!(gap.is_none_or(|gap| told[0].contains(gap)), "{told:?}");
    }
}

#[test]
fn a_date_that_is_yet_to_come_dates_nothing() {
    let users = page("users", &[r#"{"id":"u","userPrincipalName":"u@corp.example"}"#]).replace(r#""value""#, r#""@odata.count":1,"value""#);
    let (report, memory) = ingest_files(&[("2099-01-01/users.json", users.as_bytes())], &sink::options()).expect("an ingest");
    assert_eq!(
        (memory.snapshots[0].dated_by.as_str(), memory.snapshots[0].complete.as_str()),
        ("modified", "no")
    );
    let note = report.sources[0].note.as_deref().expect("a note");
    assert!(note.contains("2099-01-01") && note.contains("yet to come"), "{note}");
}
