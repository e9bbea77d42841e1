//! What an auditor asks of a period, answered from the bundle alone, on a tenant of four people: who was given what on whose
//! word, who left and when their access went, which reviews happened, and what was looked at and found right.

use crate::common::Run;
use crate::tools;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

type Row = BTreeMap<String, String>;

const GROUP: &str = "30000000-0000-4000-8000-000000000001";
const PACKAGE: &str = "20000000-0000-4000-8000-000000000001";
const POLICY: &str = "40000000-0000-4000-8000-000000000001";

fn person(n: u32) -> String {
    format!("00000000-0000-4000-8000-00000000000{n}")
}

const NAMES: [&str; 5] = ["", "ana", "bo", "cy", "dee"];

fn user(n: u32, more: Value) -> Value {
    let name = NAMES[n as usize];
    let mut user = json!({"id": person(n), "displayName": name, "userPrincipalName": format!("{name}@corp.example"), "mail": null,
        "userType": "Member", "accountEnabled": true, "employeeLeaveDateTime": null, "deletedDateTime": null});
    user.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    user
}

fn target(n: u32) -> Value {
    json!({"objectId": person(n), "displayName": NAMES[n as usize], "principalName": format!("{}@corp.example", NAMES[n as usize]), "subjectType": "user"})
}

fn request(n: u32, justification: &str) -> Value {
    json!({"id": format!("50000000-0000-4000-8000-00000000000{n}"), "requestType": "userAdd", "state": "delivered", "status": "Fulfilled",
        "createdDateTime": "2026-02-01T09:00:00Z", "completedDateTime": "2026-02-02T09:00:10Z", "justification": justification,
        "accessPackage": {"id": PACKAGE, "displayName": "Payroll"}, "requestor": target(n),
        "assignment": {"id": format!("10000000-0000-4000-8000-00000000000{n}")}, "schedule": {"startDateTime": "2026-02-01T09:00:00Z"}})
}

fn approval(n: u32, by: u32) -> Value {
    json!({"id": format!("50000000-0000-4000-8000-00000000000{n}"), "stages": [{"id": "s1", "reviewResult": "Approve", "status": "Completed",
        "justification": "fits the role", "reviewedDateTime": "2026-02-02T09:00:00Z",
        "reviewedBy": {"id": person(by), "displayName": NAMES[by as usize], "userPrincipalName": format!("{}@corp.example", NAMES[by as usize])}}]})
}

fn assignment(n: u32) -> Value {
    json!({"id": format!("10000000-0000-4000-8000-00000000000{n}"), "state": "delivered", "status": "Delivered",
        "schedule": {"startDateTime": "2026-02-02T09:00:05Z", "expiration": {"type": "noExpiration"}},
        "accessPackage": {"id": PACKAGE, "displayName": "Payroll"}, "assignmentPolicy": {"id": POLICY, "displayName": "On request"}, "target": target(n)})
}

fn event(id: &str, at: &str, activity: &str, category: &str, who: u32, group: bool) -> String {
    let mut targets =
        vec![json!({"id": person(who), "type": "User", "userPrincipalName": format!("{}@corp.example", NAMES[who as usize]), "modifiedProperties": []})];
    if group {
        targets.push(json!({"id": GROUP, "type": "Group", "displayName": "GRP Payroll", "modifiedProperties": []}));
    }
    let by = json!({"app": {"servicePrincipalId": "60000000-0000-4000-8000-000000000001", "displayName": "Azure AD Identity Governance - User Management"}});
    json!({"id": id, "activityDateTime": at, "activityDisplayName": activity, "category": category, "result": "success",
        "loggedByService": "Core Directory", "initiatedBy": by, "targetResources": targets})
    .to_string()
        + "\n"
}

/// Ana holds Payroll, bo left on 2 March and lost it on the 20th, cy approves for both, dee was deleted and never listed.
fn tenant() -> Run {
    let run = Run::new();
    let page = |name: &str, context: &str, rows: Vec<Value>| {
        let context = format!("https://graph.microsoft.com/v1.0/$metadata#{context}");
        let text = json!({"@odata.context": context, "@odata.count": rows.len(), "value": rows}).to_string();
        run.write(&format!("in/2026-06-30/{name}.json"), &text);
    };
    let governance = "identityGovernance/entitlementManagement";
    page(
        "users",
        "users",
        vec![
            user(1, json!({})),
            user(2, json!({"employeeLeaveDateTime": "2026-03-02T00:00:00Z"})),
            user(3, json!({})),
        ],
    );
    page("assignments", &format!("{governance}/assignments"), vec![assignment(1)]);
    page(
        "requests",
        &format!("{governance}/assignmentRequests"),
        vec![request(1, "monthly closing, FIN-204"), request(2, "   ")],
    );
    page(
        "approvals",
        &format!("{governance}/accessPackageAssignmentApprovals"),
        vec![approval(1, 3), approval(2, 2)],
    );
    let recurrence = json!({"pattern": {"type": "absoluteMonthly", "interval": 3}, "range": {"type": "noEnd", "startDate": "2026-01-31"}});
    page(
        "policies",
        &format!("{governance}/assignmentPolicies"),
        vec![
            json!({"id": POLICY, "displayName": "On request", "accessPackage": {"id": PACKAGE, "displayName": "Payroll"}, "allowedTargetScope": "allMemberUsers",
            "requestApprovalSettings": {"isApprovalRequiredForAdd": true, "stages": [{"primaryApprovers": []}]}, "expiration": {"type": "noExpiration"},
            "reviewSettings": {"isEnabled": true, "isSelfReview": false, "expirationBehavior": "removeAccess",
                "schedule": {"startDateTime": "2026-01-31T00:00:00Z", "expiration": {"type": "afterDuration", "duration": "P14D"}, "recurrence": recurrence}}}),
        ],
    );
    page(
        "packages",
        &format!("{governance}/accessPackages"),
        vec![
            json!({"id": PACKAGE, "displayName": "Payroll", "createdDateTime": "2025-01-01T00:00:00Z", "resourceRoleScopes": [{"id": "r1", "createdDateTime": "2025-01-01T00:00:00Z",
            "role": {"displayName": "Member", "originId": format!("Member_{GROUP}"), "originSystem": "AadGroup"},
            "scope": {"displayName": "GRP Payroll", "originId": GROUP, "originSystem": "AadGroup", "isRootScope": true}}]}),
        ],
    );
    page(
        "decisions",
        "identityGovernance/accessReviews/definitions('d')/instances('i')/decisions",
        vec![
            json!({"id": "70000000-0000-4000-8000-000000000001", "accessReviewId": "i", "decision": "Approve", "applyResult": "AppliedSuccessfully",
            "reviewedDateTime": "2026-05-04T10:00:00Z", "appliedDateTime": "2026-05-15T00:00:00Z", "justification": "still needed",
            "principal": {"@odata.type": "#microsoft.graph.userIdentity", "id": person(1), "displayName": "ana", "userPrincipalName": "ana@corp.example"},
            "resource": {"id": POLICY, "displayName": "On request", "type": "accessPackageAssignmentPolicy", "accessPackageId": PACKAGE, "accessPackageDisplayName": "Payroll"},
            "reviewedBy": {"id": person(3), "displayName": "cy", "userPrincipalName": "cy@corp.example"}}),
        ],
    );
    let log: String = [
        event("e0", "2026-01-10T09:00:00Z", "Add member to group", "GroupManagement", 4, true),
        event("e1", "2026-02-02T09:00:07Z", "Add member to group", "GroupManagement", 1, true),
        event("e2", "2026-02-02T09:00:08Z", "Add member to group", "GroupManagement", 2, true),
        event("e3", "2026-03-20T09:00:00Z", "Remove member from group", "GroupManagement", 2, true),
        event("e5", "2026-03-25T09:00:00Z", "Disable account", "UserManagement", 4, false),
        event("e4", "2026-04-01T09:00:00Z", "Delete user", "UserManagement", 4, false),
    ]
    .concat();
    run.write("in/audit.ndjson", &log);
    run.write("in/coverage.toml", "[[covers]]\nsource = \"audit\"\nfrom = 2026-01-01\nuntil = 2026-06-30\n");
    run.ok(&["ingest", "in", "--lake", "lake"]);
    run.ok(&["bundle", "--lake", "lake", "--out", "bundle", "--seed", "s"]);
    run
}

fn rows(run: &Run, name: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(run.dir().join("bundle/data").join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    reader.deserialize().map(|r| r.expect("a row")).collect()
}

#[test]
fn who_left_what_was_reviewed_and_what_passed_is_in_the_bundle() {
    let run = tenant();
    let left: Vec<(String, String, String)> = rows(&run, "populations/terminations.csv")
        .into_iter()
        .map(|r| (r["principal_name"].clone(), r["entitlement_name"].clone(), r["removed"].clone()))
        .collect();
    let told = |name: &str, of: &str, word: &str| left.iter().any(|(n, e, w)| n.starts_with(name) && e == of && w == word);
    assert!(told("bo", "GRP Payroll", "late"), "18 days after leaving: {left:?}");
    assert!(
        told("dee", "GRP Payroll", "still held"),
        "deleted, never listed, and no record of a removal: {left:?}"
    );
    assert!(!left.iter().any(|(n, ..)| n == "ana"), "{left:?}");
    // The earliest of what is on record, also of an account that is gone by now.
    let dee = rows(&run, "populations/terminations.csv")
        .into_iter()
        .find(|r| r["principal_name"].starts_with("dee"));
    let dee = dee.expect("who was disabled and then deleted");
    let told = ["disabled_at", "deleted_at", "left_at"].map(|column| &dee[column][..10]);
    assert_eq!(told, ["2026-03-25", "2026-04-01", "2026-03-25"], "{dee:?}");

    let occurrences: Vec<(String, String)> = rows(&run, "populations/review-occurrences.csv")
        .into_iter()
        .map(|r| (r["from"][..10].to_string(), r["done"].clone()))
        .collect();
    assert_eq!(
        occurrences,
        [
            ("2026-01-31".to_string(), "no decision on record".to_string()),
            ("2026-04-30".into(), "decided".into())
        ],
        "by the calendar of the series, also where nobody decided"
    );

    let approvals = rows(&run, "populations/approvals.csv");
    let own: Vec<(&str, &str)> = approvals
        .iter()
        .map(|r| (r["approver_name"].as_str(), r["approver_is_another"].as_str()))
        .collect();
    assert_eq!(own, [("cy@corp.example", "yes"), ("bo@corp.example", "no")], "{approvals:?}");

    let passed = rows(&run, "passed/APR-01.csv");
    assert_eq!(passed.len(), 1, "{passed:?}");
    assert!(
        passed[0]["subject_name"].starts_with("ana") && passed[0]["seen"].contains("nobody who asked"),
        "{passed:?}"
    );
    let failed = rows(&run, "findings.csv");
    assert!(
        failed.iter().any(|r| r["check"] == "APR-01" && r["subject_name"].starts_with("bo")),
        "{failed:?}"
    );
    let index = rows(&run, "passed/passed.csv");
    assert!(index.iter().any(|r| r["check"] == "APR-01" && r["rows"] == "1"), "{index:?}");
    let ties = rows(&run, "arithmetic.csv");
    assert!(ties.len() > 50 && ties.iter().all(|r| r["holds"] == "yes"), "{ties:?}");
    let records: Vec<String> = rows(&run, "records.csv").into_iter().map(|r| r["record"].clone()).collect();
    for row in index.iter().filter(|r| r["rows"] != "0") {
        for passed in rows(&run, &format!("passed/{}.csv", row["check"])) {
            let lost: Vec<&str> = passed["evidence"]
                .split(';')
                .filter(|e| !e.is_empty() && !records.iter().any(|r| r == e))
                .collect();
            assert!(lost.is_empty(), "{}: {lost:?} lead nowhere", passed["check"]);
        }
    }
}

/// Whatever is named as evidence anywhere leads to a file and a row.
#[test]
fn every_record_that_a_listing_names_is_among_the_records() {
    let run = tenant();
    let records: Vec<String> = rows(&run, "records.csv").into_iter().map(|r| r["record"].clone()).collect();
    let data = run.dir().join("bundle/data");
    let mut followed = BTreeMap::new();
    for path in below(&data).into_iter().filter(|p| p.extension().is_some_and(|e| e == "csv")) {
        let name = path.strip_prefix(&data).expect("below it").to_string_lossy().into_owned();
        for row in rows(&run, &name) {
            for (column, cell) in row.iter().filter(|(c, _)| c.ends_with("evidence")) {
                for record in cell.split(';').filter(|e| !e.is_empty()) {
                    assert!(records.contains(&record.to_string()), "{name} {column}: {record} leads nowhere");
                    *followed.entry(column.clone()).or_insert(0) += 1;
                }
            }
        }
    }
    for column in ["evidence", "requested_evidence", "approved_evidence", "reviewed_evidence", "removed_evidence"] {
        assert!(followed.contains_key(column), "nothing was followed in {column}: {followed:?}");
    }
}

#[test]
fn what_a_package_gave_is_tested_by_who_asked_for_the_package() {
    let run = tenant();
    let sheet = rows(&run, "samples/grants-test.csv");
    let of = |name: &str, kind: &str| {
        let found = sheet.iter().find(|r| r["principal_name"].starts_with(name) && r["entitlement_kind"] == kind);
        found.unwrap_or_else(|| panic!("{name} {kind} in {sheet:?}"))
    };
    let (ana, group) = (of("ana", "access_package"), of("ana", "group"));
    assert_eq!((ana["requested"].as_str(), ana["approved_before_grant"].as_str()), ("yes", "yes"));
    assert_eq!(group["requested"], "yes (through the package Payroll)");
    assert_eq!(group["approved_before_grant"], "yes (through the package Payroll)");
    assert_eq!(of("dee", "group")["approved_before_grant"], "not seen", "no package explains it");
    assert!(of("bo", "access_package")["justified"].starts_with("no"), "three blanks are no reason");
    assert!(
        of("bo", "access_package")["approver_independent"].starts_with("no: the approver"),
        "{:?}",
        of("bo", "access_package")
    );
    let approved: Vec<Row> = rows(&run, "control-tests.csv").into_iter().filter(|r| r["question"] == "Approved").collect();
    let yes = approved.iter().find(|r| r["answer"] == "yes").expect("some were approved");
    assert!(yes["of_them"].parse::<usize>().is_ok_and(|n| n >= 2), "package and group: {approved:?}");
    assert!(yes["controls"].contains("SOX ITGC access provisioning"), "{yes:?}");
}

/// The same cells by a spreadsheet as by a shell: what is ticked is what was written.
#[test]
fn a_spreadsheet_opens_the_test_sheets_cell_by_cell() {
    let test = "a_spreadsheet_opens_the_test_sheets_cell_by_cell";
    let Some(soffice) = tools::program(test, "soffice") else { return };
    let run = tenant();
    let data = run.dir().join("bundle/data");
    let names = ["grants", "terminations", "approvals", "review-occurrences"];
    let output = Command::new(soffice)
        .args([
            "--headless",
            "--norestore",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
        ])
        .arg(format!("-env:UserInstallation=file://{}", run.dir().join("profile").display()))
        .arg("--outdir")
        .arg(run.dir().join("sheets"))
        .args(names.map(|n| data.join(format!("samples/{n}-test.xlsx"))))
        .env("HOME", run.dir())
        .output()
        .expect("soffice starts");
    assert!(output.status.success(), "{}", tools::printed(&output));
    let files: Vec<_> = fs::read_dir(run.dir().join("sheets")).expect("sheets").flatten().map(|e| e.path()).collect();
    let cells = |path: &Path| -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(path).expect("a table");
        let row = |r: csv::StringRecord| -> Vec<String> { r.iter().map(|c| c.trim_start_matches('\'').to_string()).collect() };
        reader.records().map(|r| row(r.expect("a row"))).collect()
    };
    for name in names {
        let written = cells(&data.join(format!("samples/{name}-test.csv")));
        let begins = format!("{name}-test-");
        let mut of_book = files.iter().filter(|f| f.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&begins)));
        let is_there = of_book.any(|file| {
            let read = cells(file);
            written.iter().all(|row| read.iter().any(|r| r.starts_with(&row[..row.len() - 2])))
        });
        assert!(is_there && written.len() > 1, "{name}: {files:?}");
    }
}

fn below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder").flatten() {
        match entry.path().is_dir() {
            true => found.extend(below(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found.sort();
    found
}

#[test]
fn files_in_another_order_give_the_same_bytes() {
    let run = tenant();
    let relative = |p: PathBuf| p.strip_prefix(run.dir()).expect("below it").to_string_lossy().into_owned();
    let mut files: Vec<String> = below(&run.dir().join("in")).into_iter().map(relative).collect();
    files.reverse();
    let args: Vec<&str> = ["ingest"]
        .into_iter()
        .chain(files.iter().map(String::as_str))
        .chain(["--lake", "other"])
        .collect();
    run.ok(&args);
    run.ok(&["bundle", "--lake", "other", "--out", "again", "--seed", "s"]);
    let content = |name: &str| -> Vec<(PathBuf, Vec<u8>)> {
        let root = run.dir().join(name);
        let of = |p: PathBuf| (p.strip_prefix(&root).expect("below it").to_path_buf(), fs::read(&p).expect("a file"));
        below(&root).into_iter().map(of).collect()
    };
    let (first, again) = (content("bundle"), content("again"));
    let differ: Vec<&PathBuf> = first.iter().zip(&again).filter(|(a, b)| a != b).map(|(a, _)| &a.0).collect();
    assert!(differ.is_empty() && first.len() == again.len() && first.len() > 50, "{differ:?}");
}
