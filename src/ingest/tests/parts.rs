//! Listings of less than a whole collection: below one object, of one type, or with one object twice.

use super::{V1, event, ingest_files, page, reasons, sink};
use crate::ingest::IngestOptions;
use crate::lake::records::Snapshot;

const GROUP: &str = "20000000-0000-4000-8000-000000000001";
const OTHER: &str = "20000000-0000-4000-8000-000000000002";
const ELM: &str = "identityGovernance/entitlementManagement";

fn user(id: &str) -> String {
    format!(r##"{{"@odata.type":"#microsoft.graph.user","id":"{id}","displayName":"{id}","userPrincipalName":"{id}@corp.example","mail":null}}"##)
}

/// A page with its count and the address of the next one.
fn listing(context: &str, count: usize, next: &str, rows: &[String]) -> String {
    let next = if next.is_empty() {
        String::new()
    } else {
        format!(r#""@odata.nextLink":"https://graph.microsoft.com/v1.0/{next}","#)
    };
    format!(
        r#"{{"@odata.context":"{V1}{context}","@odata.count":{count},{next}"value":[{}]}}"#,
        rows.join(",")
    )
}

/// Looks as `collection scope complete`, sorted, with the rows of memberships as `container/member`.
fn seen(files: &[(&str, String)], options: &IngestOptions) -> (Vec<String>, Vec<String>) {
    let files: Vec<(String, &[u8])> = files.iter().map(|(n, t)| (format!("2026-03-31/{n}"), t.as_bytes())).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, t)| (n.as_str(), *t)).collect();
    let (_, memory) = ingest_files(&files, options).expect("an ingest");
    let shown = |s: &Snapshot| format!("{} {} {}", s.collection, s.scope, s.complete);
    let mut looks: Vec<String> = memory.snapshots.iter().map(shown).collect();
    looks.sort();
    let member = |row: serde_json::Value| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_string();
        format!("{} {}/{}", text("relation"), text("container_id"), text("member_id"))
    };
    let mut members: Vec<String> = memory.table("memberships").into_iter().map(member).collect();
    members.sort();
    (looks, members)
}

#[test]
fn a_cast_lists_one_type_and_is_never_the_whole() {
    let claim = IngestOptions {
        complete: true,
        ..sink::options()
    };
    let members = format!("groups/{GROUP}/members/microsoft.graph.user?$count=true&$skiptoken=x");
    for options in [&sink::options(), &claim] {
        for (name, files, looks, rows) in [
            (
                "a cast in the context",
                vec![(
                    "a.json",
                    listing(&format!("groups('{GROUP}')/members/microsoft.graph.user"), 1, "", &[user("u1")]),
                )],
                vec![format!("memberships {GROUP}/user no")],
                vec![format!("member {GROUP}/u1")],
            ),
            (
                "nobody of that type",
                vec![("a.json", listing(&format!("groups('{GROUP}')/members/microsoft.graph.user"), 0, "", &[]))],
                vec![format!("memberships {GROUP}/user no")],
                vec![],
            ),
            (
                "the set of all users as the context, the group in the next address",
                vec![
                    ("p1.json", listing("users", 2, &members, &[user("u1")])),
                    ("p2.json", listing("users", 1, "", &[user("u2")])),
                ],
                vec![format!("memberships {GROUP}/user no"), "users tenant no".into()],
                vec![format!("member {GROUP}/u1")],
            ),
            (
                "the group in the names",
                vec![(
                    "groups/20000000-0000-4000-8000-000000000001/members.json",
                    listing("users", 1, "", &[user("u1")]),
                )],
                vec![format!("memberships {GROUP}/user no")],
                vec![format!("member {GROUP}/u1")],
            ),
            (
                "agents among service principals",
                vec![(
                    "a.json",
                    listing("servicePrincipals/microsoft.graph.agentIdentity", 1, "", &[r#"{"id":"s1"}"#.into()]),
                )],
                vec!["service_principals tenant/agentidentity no".into()],
                vec![],
            ),
        ] {
            assert_eq!(seen(&files, options), (looks, rows), "{name}");
        }
    }
}

#[test]
fn a_cast_to_the_type_of_all_rows_narrows_nothing() {
    let deleted = user("u1").replace(r#""mail""#, r#""deletedDateTime":"2026-03-01T10:00:00Z","mail""#);
    for context in ["directory/deletedItems/microsoft.graph.user", "users"] {
        let next = "directory/deletedItems/microsoft.graph.user?$skiptoken=x";
        let files = [
            ("a.json", listing("users", 1, "", &[user("u0")])),
            ("d1.json", listing(context, 2, next, std::slice::from_ref(&deleted))),
            ("d2.json", listing(context, 2, "", &[deleted.replace("u1", "u2")])),
        ];
        let (looks, _) = seen(&files, &sink::options());
        assert_eq!(looks, ["users deleted proven", "users tenant proven"], "{context}");
    }
    let names_only = listing("directory/deletedItems/microsoft.graph.user", 1, "", &[user("u1")]);
    let (_, memory) = ingest_files(
        &[
            ("2026-03-31/a.json", names_only.as_bytes()),
            ("2026-03-31/b.json", page("groups", &[]).as_bytes()),
        ],
        &sink::options(),
    )
    .expect("an ingest");
    assert!(reasons(&memory)[0].contains("deletedDateTime"), "{:?}", reasons(&memory));
}

#[test]
fn what_lies_below_one_object_is_its_own_and_not_the_tenants() {
    let policy = |id: &str| format!(r#"{{"id":"{id}","displayName":"{id}","allowedTargetScope":"notSpecified"}}"#);
    let package = r#"{"id":"p1","displayName":"P","isHidden":false}"#.to_string();
    let below = format!("{ELM}/accessPackages('p1')");
    let claim = IngestOptions {
        complete: true,
        ..sink::options()
    };
    for (context, next, row, look) in [
        (format!("{ELM}/assignmentPolicies"), String::new(), policy("x"), "policies tenant proven"),
        (
            format!("{below}/assignmentPolicies"),
            String::new(),
            policy("x"),
            "policies accesspackages/p1 no",
        ),
        (
            format!("{ELM}/assignmentPolicies"),
            format!("{ELM}/accessPackages/{GROUP}/assignmentPolicies?$skip=1"),
            policy("x"),
            "policies accesspackages/20000000-0000-4000-8000-000000000001 no",
        ),
        (
            format!("{below}/assignments"),
            String::new(),
            r#"{"id":"a1","state":"delivered","target":{"objectId":"u1"},"accessPackage":{"id":"p1"}}"#.into(),
            "assignments accesspackages/p1 no",
        ),
        (
            format!("{ELM}/catalogs('c1')/accessPackages"),
            String::new(),
            package.clone(),
            "packages catalog/c1 proven",
        ),
        (format!("{ELM}/connectedOrganizations('o')/internalSponsors"), String::new(), user("u1"), ""),
        ("users('u')/directReports".into(), String::new(), user("u1"), ""),
        (
            "directory/administrativeUnits('u')/members".into(),
            String::new(),
            user("u1"),
            "memberships u proven",
        ),
        (format!("teams('{GROUP}')/members"), String::new(), user("u1"), ""),
        (
            "users".into(),
            format!("users/{GROUP}/directReports/microsoft.graph.user?$skiptoken=x"),
            user("u1"),
            "users users/20000000-0000-4000-8000-000000000001 no",
        ),
        (
            "groups".into(),
            format!("users/{GROUP}/transitiveMemberOf/microsoft.graph.group?$skiptoken=x"),
            format!(r#"{{"id":"{OTHER}","displayName":"G","groupTypes":[],"securityEnabled":true,"mailEnabled":false}}"#),
            "",
        ),
    ] {
        let count = 1 + usize::from(!next.is_empty());
        for options in [&sink::options(), &claim] {
            // Something else is there, so that a page of which nothing is taken is no error.
            let files = [
                ("a.json", listing(&context, count, &next, std::slice::from_ref(&row))),
                ("z/catalogs.json", listing(&format!("{ELM}/catalogs"), 0, "", &[])),
            ];
            let (looks, _) = seen(&files, options);
            let others: Vec<&String> = looks.iter().filter(|look| !look.starts_with("catalogs")).collect();
            let expected: Vec<&str> = Some(look).filter(|look| !look.is_empty()).into_iter().collect();
            assert_eq!(others, expected, "{context} {next}");
        }
    }
    let empty = listing(&format!("{below}/assignmentPolicies"), 0, "", &[]);
    assert_eq!(seen(&[("a.json", empty)], &sink::options()).0, ["policies accesspackages/p1 no"]);
}

#[test]
fn a_row_that_comes_again_is_no_other_object() {
    let next = "users?$skiptoken=x";
    let members = format!("groups('{GROUP}')/members");
    let more = format!("groups/{GROUP}/members?$skiptoken=x");
    for (name, pages, look) in [
        (
            "one is missing in its place",
            [listing("users", 2, next, &[user("u1")]), listing("users", 2, "", &[user("u1")])],
            "users tenant no".to_string(),
        ),
        (
            "every one is there",
            [listing("users", 2, next, &[user("u1")]), listing("users", 2, "", &[user("u1"), user("u2")])],
            "users tenant proven".into(),
        ),
        (
            "members too",
            [listing(&members, 2, &more, &[user("u1")]), listing(&members, 2, "", &[user("U1")])],
            format!("memberships {GROUP} no"),
        ),
    ] {
        let [first, last] = pages;
        let (looks, _) = seen(&[("p1.json", first), ("p2.json", last)], &sink::options());
        assert_eq!(looks, [look], "{name}");
    }
}

/// Who holds a directory role by a list of its members is not read, and nobody is to believe that there is none.
#[test]
fn members_of_a_directory_role_are_a_gap_of_directory_roles() {
    let alice = user("u1");
    let role = format!(r##"{{"@odata.type":"#microsoft.graph.directoryRole","id":"{GROUP}","displayName":"R1","roleTemplateId":"t1"}}"##);
    let expanded = format!(r##"{{"id":"{GROUP}","displayName":"R1","roleTemplateId":"t1","members":[{alice}]}}"##);
    let of_alice = r##"{"id":"u1","userPrincipalName":"a@corp.example","mail":null,"memberOf":[ROLE]}"##.replace("ROLE", &role);
    for (name, file, text, reads) in [
        (
            "its members",
            "x.json".into(),
            page(&format!("directoryRoles('{GROUP}')/members"), &[&alice]),
            0,
        ),
        (
            "its members, by name",
            format!("directoryRoles_{GROUP}_members.json"),
            page("directoryObjects", &[&alice]),
            0,
        ),
        ("expanded", "x.json".into(), page("directoryRoles(members())", &[&expanded]), 0),
        ("what somebody is in", "x.json".into(), page("users('u1')/memberOf", &[&role]), 0),
        ("what somebody is in, expanded", "x.json".into(), page("users", &[&of_alice]), 1),
    ] {
        let event = event("e");
        let files = [(file.as_str(), text.as_bytes()), ("event.json", event.as_bytes())];
        let (report, memory) = ingest_files(&files, &sink::options()).expect("an ingest");
        let told: Vec<_> = report
            .gaps
            .iter()
            .filter(|g| g.subject == "directory_roles")
            .filter_map(|g| g.reason.as_deref())
            .collect();
        assert!(
            matches!(told.as_slice(), [one] if one.contains("roleManagement/directory/roleAssignments")),
            "{name}: {told:?} {:?}",
            reasons(&memory)
        );
        assert_eq!(memory.table("memberships").len(), 0, "{name}");
        assert_eq!(memory.table("users").len(), reads, "{name}");
        assert!(
            !memory.snapshots.iter().any(|s| s.collection == "memberships" && s.scope == GROUP),
            "{name}: no look at a group of that id"
        );
    }
}

#[test]
fn a_guid_in_a_folder_of_something_else_is_no_group() {
    let tenant = "7d1c0f6a-0000-4000-8000-000000000001";
    let objects = page("directoryObjects", &[&user("u1")]);
    let users = page("users", &[&user("u2")]);
    for (name, rows) in [
        (format!("tenant-{tenant}/2026-03-31/members.json"), vec![]),
        (format!("{tenant}/2026-03-31/members.json"), vec![]),
        (format!("users_{GROUP}_directReports.json"), vec![]),
        (format!("owners/users_{GROUP}_manager.json"), vec![]),
        (format!("servicePrincipals_{GROUP}_owners.json"), vec!["serviceprincipal"]),
        (format!("devices_{GROUP}_registeredOwners.json"), vec!["device"]),
        (format!("groups/{GROUP}/members.json"), vec!["group"]),
    ] {
        let files = [(name.as_str(), objects.as_bytes()), ("all/2026-03-31/users.json", users.as_bytes())];
        let (_, memory) = ingest_files(&files, &sink::options()).expect("an ingest");
        let kinds: Vec<_> = memory
            .table("memberships")
            .iter()
            .map(|row| row["container_kind"].as_str().unwrap_or_default().to_string())
            .collect();
        assert_eq!(kinds, rows, "{name}: {:?}", reasons(&memory));
        assert_eq!(memory.table("users").len(), 1, "{name}");
    }
}
