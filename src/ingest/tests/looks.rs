//! Looks: when they were, what they show, and whether it was all.

use super::{V1, event, ingest_files, page, sink};
use crate::ingest::IngestOptions;
use crate::lake::records::Snapshot;
use sink::instant;

fn user(id: &str) -> String {
    format!(r#"{{"id":"{id}","displayName":"{id}","userPrincipalName":"{id}@corp.example","mail":null}}"#)
}

/// A page of users with its annotations.
fn users(ids: &[&str], count: Option<usize>, next: bool) -> String {
    let rows: Vec<String> = ids.iter().map(|id| user(id)).collect();
    let count = count.map_or(String::new(), |c| format!(r#""@odata.count":{c},"#));
    let next = if next {
        r#""@odata.nextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=x","#
    } else {
        ""
    };
    format!(r#"{{"@odata.context":"{V1}users",{count}{next}"value":[{}]}}"#, rows.join(","))
}

fn looks(files: &[(&str, String)], options: &IngestOptions) -> Vec<Snapshot> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, t)| (*n, t.as_bytes())).collect();
    let (report, memory) = ingest_files(&files, options).expect("an ingest");
    assert_eq!(report.snapshots, memory.snapshots.len());
    let mut looks = memory.snapshots;
    looks.sort_by(|a, b| (a.observed_at, &a.collection, &a.scope).cmp(&(b.observed_at, &b.collection, &b.scope)));
    looks
}

#[test]
fn completeness_is_proved_claimed_or_not() {
    let claim = IngestOptions {
        complete: true,
        ..sink::options()
    };
    let plain = sink::options();
    let cases = [
        (
            "pages tie",
            vec![("d/1.json", users(&["a", "b"], Some(3), true)), ("d/2.json", users(&["c"], None, false))],
            &plain,
            "proven",
            "",
        ),
        ("one page ties", vec![("d/1.json", users(&["a"], Some(1), false))], &plain, "proven", ""),
        (
            "no users at all",
            vec![("d/1.json", users(&[], Some(0), false))],
            &claim,
            "no",
            "no tenant is without",
        ),
        (
            "no groups",
            vec![("d/1.json", users(&[], Some(0), false).replace("#users", "#groups"))],
            &plain,
            "proven",
            "",
        ),
        (
            "the last page is missing",
            vec![("d/1.json", users(&["a", "b"], Some(3), true))],
            &plain,
            "no",
            "the last page is missing",
        ),
        (
            "a middle page is missing",
            vec![("d/1.json", users(&["a"], Some(3), true)), ("d/3.json", users(&["c"], None, false))],
            &plain,
            "no",
            "2 rows of 3",
        ),
        ("no count", vec![("d/1.json", users(&["a"], None, false))], &plain, "no", "no @odata.count"),
        ("no count, claimed", vec![("d/1.json", users(&["a"], None, false))], &claim, "claimed", ""),
        ("an array, claimed", vec![("d/1.json", format!("[{}]", user("a")))], &claim, "claimed", ""),
        ("an array", vec![("d/1.json", format!("[{}]", user("a")))], &plain, "no", "no page tells"),
        (
            "torn, claimed",
            vec![("d/1.json", users(&["a"], None, true))],
            &claim,
            "no",
            "claimed complete, but the last page is missing",
        ),
        (
            "a bad row",
            vec![("d/1.json", users(&["a"], Some(2), false).replace("[{", r#"[{"x":1},{"#))],
            &plain,
            "no",
            "1 records of a page were not taken",
        ),
        (
            "declared above",
            vec![("d/x/1.json", users(&["a"], None, false)), ("d/coverage.toml", "complete = true".into())],
            &plain,
            "claimed",
            "",
        ),
        (
            "declared elsewhere",
            vec![("d/1.json", users(&["a"], None, false)), ("e/coverage.toml", "complete = true".into())],
            &plain,
            "no",
            "no @odata.count",
        ),
        (
            "filtered",
            vec![
                ("d/1.json", users(&["a"], Some(2), true).replace("?$skip", "?$filter=x&$skip")),
                ("d/2.json", users(&["b"], None, false)),
            ],
            &plain,
            "no",
            "with a filter",
        ),
        (
            "a delta",
            vec![(
                "d/1.json",
                users(&["a"], Some(1), false).replace(r#""value""#, r#""@odata.deltaLink":"x","value""#),
            )],
            &plain,
            "no",
            "last page",
        ),
    ];
    for (name, files, options, complete, reason) in cases {
        let options = IngestOptions {
            observed_at: Some(sink::moment("2026-03-01T00:00:00Z")),
            ..options.clone()
        };
        let looks = looks(&files, &options);
        assert_eq!(looks.len(), 1, "{name}: {looks:?}");
        assert_eq!(looks[0].complete, complete, "{name}: {looks:?}");
        assert!(looks[0].reason.as_deref().unwrap_or("").contains(reason), "{name}: {looks:?}");
        assert_eq!(looks[0].reason.is_some(), complete == "no", "{name}");
    }
}

#[test]
fn looks_are_dated_by_flag_name_folder_or_modification() {
    let one = || users(&["a"], Some(1), false);
    let flag = IngestOptions {
        observed_at: Some(sink::moment("2026-05-05T05:00:00Z")),
        ..sink::options()
    };
    let day = IngestOptions {
        observed_at: Some(crate::model::Window {
            from: instant("2026-05-05T00:00:00Z"),
            until: instant("2026-05-06T00:00:00Z"),
        }),
        ..sink::options()
    };
    for (name, file, options, at, from, by) in [
        (
            "a folder",
            "2026-03-31T060000Z/users.json",
            sink::options(),
            "2026-03-31T06:00:00Z",
            "2026-03-31T06:00:00Z",
            "path",
        ),
        (
            "a day",
            "x/2026-03-31/y/users.json",
            sink::options(),
            "2026-03-31T23:59:59.999999Z",
            "2026-03-31T00:00:00Z",
            "path",
        ),
        (
            "a file before its folder",
            "2026-03-31/users-20260402.json",
            sink::options(),
            "2026-04-02T23:59:59.999999Z",
            "2026-04-02T00:00:00Z",
            "path",
        ),
        (
            "the flag",
            "2026-03-31/users.json",
            flag,
            "2026-05-05T05:00:00Z",
            "2026-05-05T05:00:00Z",
            "flag",
        ),
        (
            "the flag of a day",
            "users.json",
            day,
            "2026-05-05T23:59:59.999999Z",
            "2026-05-05T00:00:00Z",
            "flag",
        ),
        (
            "a day that is not over",
            "2027-01-01/users.json",
            sink::options(),
            "2027-01-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
            "path",
        ),
    ] {
        let look = &looks(&[(file, one())], &options)[0];
        assert_eq!(look.observed_at, instant(at), "{name}");
        assert_eq!(look.observed_from, instant(from), "{name}");
        assert_eq!(look.dated_by, by, "{name}");
    }
    let claim = IngestOptions {
        complete: true,
        ..sink::options()
    };
    let look = &looks(&[("users.json", one())], &claim)[0];
    assert_eq!((look.dated_by.as_str(), look.complete.as_str()), ("modified", "no"));
}

#[test]
fn two_dates_are_two_looks_and_pages_of_one_are_one() {
    let looks = looks(
        &[
            ("2026-03-01/p1.json", users(&["a"], Some(2), true)),
            ("2026-03-01/p2.json", users(&["b"], None, false)),
            ("2026-04-01/users.json", users(&["a"], Some(1), false)),
            ("users-2026-05-01.json", users(&["a"], Some(1), false)),
            ("users-2026-06-01.json", users(&["b"], Some(1), false)),
        ],
        &sink::options(),
    );
    let told: Vec<(String, i64, &str)> = looks.iter().map(|l| (l.observed_at.month(), l.rows, l.complete.as_str())).collect();
    let expected = [("2026-03", 2), ("2026-04", 1), ("2026-05", 1), ("2026-06", 1)];
    assert_eq!(told, expected.map(|(m, n)| (m.to_string(), n, "proven")));
}

#[test]
fn rows_know_their_look_and_repeats_change_nothing() {
    let files = [("2026-03-01/users.json", users(&["a"], Some(1), false))];
    let bytes: Vec<(&str, &[u8])> = files.iter().map(|(n, t)| (*n, t.as_bytes())).collect();
    let (_, first) = ingest_files(&bytes, &sink::options()).expect("an ingest");
    let (_, again) = ingest_files(&bytes, &sink::options()).expect("an ingest");
    assert_eq!(first.objects, again.objects, "the same wherever the folder lies");
    assert_eq!(first.snapshots, again.snapshots);
    assert_eq!(first.objects[0].look.as_deref(), Some(first.snapshots[0].id.as_str()));
    assert!(!first.objects[0].presence_only);
    let (_, undated) = ingest_files(&[("users.json", bytes[0].1)], &sink::options()).expect("an ingest");
    assert!(undated.objects[0].presence_only);
}

#[test]
fn each_group_resource_and_review_is_a_look_of_its_own() {
    let g1 = "11111111-1111-1111-1111-111111111111";
    let g2 = "22222222-2222-2222-2222-222222222222";
    let member = r##"{"@odata.type":"#microsoft.graph.user","id":"u1"}"##;
    let grant = format!(r#"{{"id":"x1","principalId":"u1","resourceId":"{g1}","appRoleId":"00000000-0000-0000-0000-000000000000"}}"#);
    let listing = [
        page(&format!("groups('{g1}')/members"), &[member]),
        page(&format!("groups('{g2}')/members"), &[]),
        page(&format!("groups('{g1}')/owners"), &[member]),
        page(&format!("servicePrincipals('{g1}')/appRoleAssignedTo"), &[&grant]),
        page(&format!("servicePrincipals('{g2}')/appRoleAssignedTo"), &[]),
        page("identityGovernance/accessReviews/definitions('D1')/instances('I1')/decisions", &[]),
        page("roleManagement/directory/roleEligibilityScheduleInstances", &[]),
    ];
    let looks = looks(&[("2026-03-01/all.ndjson", listing.join("\n"))], &sink::options());
    let mut told: Vec<String> = looks.iter().map(|l| format!("{}/{} {}", l.collection, l.scope, l.rows)).collect();
    told.sort();
    let mut expected = [
        format!("memberships/{g1} 1"),
        format!("memberships/{g2} 0"),
        format!("memberships/owner/{g1} 1"),
        format!("app_role_assignments/{g1} 1"),
        format!("app_role_assignments/{g2} 0"),
        "review_decisions/i1 0".to_string(),
        "role_schedules/eligible 0".to_string(),
    ];
    expected.sort();
    assert_eq!(told, expected);
}

#[test]
fn the_parent_group_may_stand_in_a_name() {
    let g1 = "1426f405-f5fd-4f0b-963a-d17ad34513d8";
    let rows = page(
        "directoryObjects",
        &[r##"{"@odata.type":"#microsoft.graph.user","id":"u1","displayName":"Ana"}"##],
    );
    let next = rows.replace(
        r#""value""#,
        &format!(r#""@odata.nextLink":"https://graph.microsoft.com/v1.0/groups/{g1}/members?$skiptoken=x","value""#),
    );
    for (name, file, text, expected) in [
        ("a file", format!("groups_{g1}_members.json"), &rows, Some("member")),
        ("a folder", format!("groups/{g1}/members.json"), &rows, Some("member")),
        ("owners", format!("groups/{g1}/owners.json"), &rows, Some("owner")),
        ("the next link", "page.json".to_string(), &next, Some("member")),
        ("no GUID", "groups_members.json".to_string(), &rows, None),
        ("no word", format!("{g1}.json"), &rows, None),
        ("two GUIDs", format!("{g1}_{}_members.json", g1.replace('1', "2")), &rows, None),
    ] {
        let files = [(file.as_str(), text.as_bytes()), ("event.json", event("e").leak().as_bytes())];
        let (report, memory) = ingest_files(&files, &sink::options()).expect("an ingest");
        let found = memory.table("memberships");
        assert_eq!(found.first().and_then(|m| m["relation"].as_str()), expected, "{name}");
        match expected {
            Some(_) => assert_eq!(found[0]["container_id"], g1, "{name}"),
            None => assert!(memory.rejects[0].reason.contains("parent group unknown"), "{name}"),
        }
        let noted = report
            .sources
            .iter()
            .any(|s| s.note.as_deref().is_some_and(|n| n.contains("taken from a file or folder name")));
        assert_eq!(noted, expected.is_some() && name != "the next link", "{name}");
    }
}

#[test]
fn deleted_objects_are_no_part_of_the_living() {
    let gone = r#"{"id":"a","userPrincipalName":"a@corp.example","mail":null,"deletedDateTime":"2026-02-01T00:00:00Z"}"#;
    let looks = looks(&[("2026-03-01/deletedItems.json", page("users", &[gone]))], &sink::options());
    assert_eq!((looks[0].collection.as_str(), looks[0].scope.as_str()), ("users", "deleted"));
}

#[test]
fn looks_are_the_same_however_their_files_are_named() {
    let group = "1426f405-f5fd-4f0b-963a-d17ad34513d8";
    let members = page("directoryObjects", &[r##"{"@odata.type":"#microsoft.graph.user","id":"u1"}"##]);
    let files: Vec<(String, String)> = vec![
        ("in/2026-02-28/users.json".into(), users(&["a", "b"], Some(2), false)),
        ("in/2026-03-31/users-1.json".into(), users(&["a"], Some(2), true)),
        ("in/2026-03-31/users-2.json".into(), users(&["b"], None, false)),
        (format!("in/2026-03-31/groups/{group}/members.json"), members),
        ("in/flat/users-2026-05-01.json".into(), users(&["a"], Some(1), false)),
        ("in/undated/users.json".into(), users(&["c"], Some(1), false)),
        ("in/audit.json".into(), event("e")),
        ("in/coverage.toml".into(), "complete = true".into()),
    ];
    let bytes: Vec<(&str, &[u8])> = files.iter().map(|(n, t)| (n.as_str(), t.as_bytes())).collect();
    let folder = super::folder(&bytes);
    let members = format!("in/2026-03-31/groups/{group}");
    let ways: [&[&str]; 5] = [
        &["in"],
        &["in/undated", "in/2026-03-31", "in/flat", "in/audit.json", "in/2026-02-28", "in/coverage.toml"],
        &["in/*"],
        &["in/*/*.json", "in/*.json", &members],
        &[
            "in/2026-03-31/groups",
            "in/2026-03-31/users-2.json",
            "in/2026-03-31/users-1.json",
            "in/flat",
            "in/undated",
            "in/2026-02-28",
            "in/audit.json",
        ],
    ];
    let taken: Vec<_> = ways
        .iter()
        .map(|names| sink::run(&super::paths(&folder, names), &sink::options()).expect("an ingest").1)
        .collect();
    assert_eq!(taken[0].snapshots.len(), 5, "{:#?}", taken[0].snapshots);
    for (names, memory) in ways.iter().zip(&taken).skip(1) {
        assert_eq!(memory.snapshots, taken[0].snapshots, "{names:?}");
        assert_eq!(memory.objects, taken[0].objects, "{names:?}");
        assert_eq!(memory.sources, taken[0].sources, "{names:?}");
        assert_eq!(memory.coverage, taken[0].coverage, "{names:?}");
    }
}

#[test]
fn folders_of_one_name_hold_looks_of_their_own() {
    let looks = looks(
        &[
            ("east/2026-03-31/users.json", users(&["a"], Some(1), false)),
            ("west/2026-03-31/users.json", users(&["b", "c"], Some(2), false)),
        ],
        &sink::options(),
    );
    let told: Vec<(i64, &str)> = looks.iter().map(|l| (l.rows, l.complete.as_str())).collect();
    assert_eq!(looks.len(), 2, "{told:?}");
    assert!(told.contains(&(1, "proven")) && told.contains(&(2, "proven")), "{told:?}");
}
