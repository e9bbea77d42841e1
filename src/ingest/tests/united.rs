//! Several tables in one: unions, answers with tables of several kinds, and tables that only look known; times in no zone.

use super::tables::{TENANT, table, texts};
use super::{event_ids, ingest_files, one, reasons, sink};
use serde_json::{Map, Value, json};

/// The columns of a union, and for each kind of row its cells.
const UNION: [&str; 13] = [
    "TimeGenerated [UTC]",
    "Type",
    "OperationName",
    "Category",
    "Id",
    "InitiatedBy",
    "LoggedByService",
    "Result",
    "TargetResources",
    "AppId",
    "UserId",
    "CreatedDateTime [UTC]",
    "ResultType",
];

fn audit(id: &str) -> Vec<String> {
    texts(&[
        "2026-06-15T10:00:00Z",
        "AuditLogs",
        "Update group",
        "GroupManagement",
        id,
        r#"{"user":{"id":"u1"}}"#,
        "Core Directory",
        "success",
        r#"[{"id":"t1","type":"User"}]"#,
        "",
        "",
        "",
        "",
    ])
}

fn sign_in(id: &str, table: &str, category: &str) -> Vec<String> {
    texts(&[
        "2026-06-15T10:17:00Z",
        table,
        "Sign-in activity",
        category,
        id,
        "",
        "",
        "",
        "",
        "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
        "u1",
        "2026-06-15T10:00:00Z",
        "0",
    ])
}

/// The rows as a table, as JSON, and as the answer of a query.
fn told(rows: &[Vec<String>]) -> Vec<String> {
    let all: Vec<Vec<String>> = std::iter::once(texts(&UNION)).chain(rows.iter().cloned()).collect();
    let names: Vec<String> = UNION.iter().map(|name| name.replace(" [UTC]", "")).collect();
    let object = |row: &Vec<String>| {
        let member = |(name, cell): (&String, &String)| {
            let value = if cell.is_empty() { Value::Null } else { Value::from(cell.as_str()) };
            (name.clone(), value)
        };
        Value::Object(names.iter().zip(row).map(member).collect::<Map<_, _>>())
    };
    let columns: Vec<Value> = names.iter().map(|name| json!({ "name": name, "type": "string" })).collect();
    vec![
        table(",", &all),
        Value::Array(rows.iter().map(object).collect()).to_string(),
        json!({ "tables": [{ "name": "PrimaryResult", "columns": columns, "rows": rows }] }).to_string(),
    ]
}

fn streams(memory: &sink::Memory) -> Vec<String> {
    let mut all: Vec<String> = memory.sign_ins.iter().map(|s| format!("{} {}", s.id, s.stream)).collect();
    all.sort();
    all
}

#[test]
fn rows_of_a_union_are_told_apart_one_by_one() {
    let rows = [
        audit("a"),
        sign_in("s1", "SigninLogs", "SignInLogs"),
        audit("b"),
        sign_in("s2", "AADNonInteractiveUserSignInLogs", ""),
    ];
    // Where the query dropped the column, the category and what else stands there tell.
    let mut untyped = rows.clone();
    untyped.iter_mut().for_each(|row| row[1].clear());
    untyped[3][3] = "NonInteractiveUserSignInLogs".into();
    for text in told(&rows).into_iter().chain(told(&untyped)) {
        for text in [text.clone(), text.replace("\"Type\"", "\"SourceTable\"")] {
            let (report, memory) = one(text.as_bytes());
            assert_eq!(event_ids(&memory), ["a", "b"], "{text}: {:?}", reasons(&memory));
            assert_eq!(streams(&memory), ["s1 interactiveUser", "s2 nonInteractiveUser"], "{text}");
            assert_eq!(memory.sign_ins[0].at, Some(sink::instant("2026-06-15T10:00:00Z")));
            assert_eq!((report.read, report.kept), (4, 4));
        }
    }
    // A row whose end was lost belongs to the log of its own table.
    let mut cut = rows;
    cut[0][8].truncate(12);
    let (_, memory) = one(told(&cut)[0].as_bytes());
    let gaps: Vec<_> = memory.coverage.iter().filter(|c| c.basis == "gap").map(|c| c.subject.as_str()).collect();
    assert_eq!(gaps, ["audit"], "{:?}", reasons(&memory));
    cut[1][8] = "[{".into();
    cut[1][9].clear();
    cut[1][11] = "soon".into();
    let (_, memory) = one(told(&cut)[0].as_bytes());
    let mut gaps: Vec<_> = memory.coverage.iter().filter(|c| c.basis == "gap").map(|c| c.subject.as_str()).collect();
    gaps.sort_unstable();
    assert_eq!(gaps, ["audit", "sign_ins"], "{:?}", reasons(&memory));
}

#[test]
fn a_table_that_is_not_known_is_named_and_passes_for_no_other() {
    for (table, category) in [
        ("ADFSSignInLogs", "ADFSSignInLogs"),
        ("AADSomethingNewSignInLogs", ""),
        ("", "MicrosoftServicePrincipalSignInLogs"),
    ] {
        for text in told(&[sign_in("s1", table, category), sign_in("s2", "SigninLogs", "SignInLogs")]) {
            let (report, memory) = one(text.as_bytes());
            assert_eq!(streams(&memory), ["s2 interactiveUser"], "{text}");
            assert_eq!((report.rejected, report.unmapped), (0, 1), "{text}");
            let name = if table.is_empty() { category } else { table };
            assert!(
                reasons(&memory)[0].contains(&format!("unmapped: a row of the table {name}")),
                "{:?}",
                reasons(&memory)
            );
        }
    }
    // Nobody signs in who is no person.
    let object = json!({ "TimeGenerated": "2026-06-15T10:17:00Z", "CreatedDateTime": "2026-06-15T10:00:00Z", "Id": "s", "AppId": "a",
        "ServicePrincipalId": "sp1", "ResourceDisplayName": "Graph", "ResultType": "0" });
    let (_, memory) = one(object.to_string().as_bytes());
    assert_eq!(streams(&memory), ["s servicePrincipal"]);
}

#[test]
fn each_table_of_an_answer_has_its_own_columns() {
    let columns = |names: &[&str]| names.iter().map(|name| json!({ "name": name, "type": "string" })).collect::<Vec<_>>();
    let audit_names = [
        "TimeGenerated",
        "OperationName",
        "AADTenantId",
        "Id",
        "InitiatedBy",
        "LoggedByService",
        "TargetResources",
    ];
    let audit_row = json!(["2026-06-15T10:00:00Z", "Update group", TENANT, "a", "{}", "Core Directory", "[]"]);
    let sign_in_names = ["TimeGenerated", "CreatedDateTime", "ResourceIdentity", "Id", "AppId", "UserId", "AADTenantId"];
    let graph = "00000003-0000-0000-c000-000000000000";
    let sign_in_row = json!(["2026-06-15T10:17:00Z", "2026-06-15T10:00:00Z", graph, "s", "app", "u1", TENANT]);
    let answer = |first: (&[&str], &Value), second: (&[&str], &Value)| {
        let one = |(names, row): (&[&str], &Value)| json!({ "name": "T", "columns": columns(names), "rows": [row] });
        json!({ "tables": [one(first), one(second)] }).to_string()
    };
    let (audit, sign_in) = ((&audit_names[..], &audit_row), (&sign_in_names[..], &sign_in_row));
    for text in [answer(audit, sign_in), answer(sign_in, audit)] {
        let (report, memory) = one(text.as_bytes());
        assert_eq!(report.tenant.as_ref().map(|t| t.as_str()), Some(TENANT));
        assert_eq!(
            (event_ids(&memory), streams(&memory)),
            (vec!["a".to_string()], vec!["s interactiveUser".to_string()])
        );
        assert_eq!(memory.sign_ins[0].resource_id.as_deref(), Some(graph));
    }
    let other = json!([
        "2026-06-15T10:17:00Z",
        "2026-06-15T10:00:00Z",
        graph,
        "s",
        "app",
        "u1",
        TENANT.replace('4', "5")
    ]);
    let text = answer(audit, (&sign_in_names, &other));
    assert!(
        ingest_files(&[("a.json", text.as_bytes())], &sink::options()).is_err(),
        "tenants of both tables count"
    );
}

#[test]
fn times_of_a_zone_that_nothing_tells_are_refused_by_name() {
    let with = |zone: &str, time: &str| {
        let mut rows = vec![texts(&UNION), audit("a"), sign_in("s", "SigninLogs", "SignInLogs")];
        rows[0].iter_mut().for_each(|name| *name = name.replace("UTC", zone));
        (rows[1][0], rows[2][11]) = (time.into(), time.into());
        table(",", &rows)
    };
    for zone in ["Local Time", "Europe/Oslo", "UTC+01:00", "(UTC+01:00) Amsterdam"] {
        let text = with(zone, "6/15/2026, 10:00:00.000 AM");
        let other = crate::ingest::tests::event("other");
        let files: [(&str, &[u8]); 2] = [("a.csv", text.as_bytes()), ("b.json", other.as_bytes())];
        let (report, memory) = ingest_files(&files, &sink::options()).expect("an ingest");
        assert_eq!((report.read, report.kept, report.rejected), (3, 1, 2), "{zone}");
        let told = reasons(&memory).join(" ");
        assert!(told.contains(&format!("[{zone}]")) && told.contains("in UTC"), "{told}");
        let gaps: Vec<_> = memory
            .coverage
            .iter()
            .filter(|c| c.basis == "gap")
            .map(|c| (c.subject.as_str(), c.from))
            .collect();
        assert_eq!(gaps, [("audit", None), ("sign_ins", None)], "{zone}: nobody knows of when");
    }
    for (zone, time) in [
        ("UTC", "6/15/2026, 10:00:00.000 AM"),
        ("Local Time", "2026-06-15T10:00:00Z"),
        ("Local Time", "2026-06-15T12:00:00+02:00"),
    ] {
        let text = with(zone, time).replace("2026-06-15T10:17:00Z", time);
        let (_, memory) = one(text.as_bytes());
        let at = Some(sink::instant("2026-06-15T10:00:00Z"));
        assert_eq!((memory.audit[0].at, memory.sign_ins[0].at), (at, at), "{zone} {time}: {:?}", reasons(&memory));
    }
}

#[test]
fn a_sign_in_that_tells_only_when_it_was_logged_is_told() {
    let mut row = sign_in("s", "SigninLogs", "SignInLogs");
    row[11].clear();
    let envelope = r#"{"time":"2026-06-15T10:17:00Z","category":"SignInLogs","operationName":"Sign-in activity","properties":{"id":"s","appId":"a","userId":"u1","status":{"errorCode":0}}}"#;
    for text in told(&[row]).into_iter().chain([envelope.to_string()]) {
        let (report, memory) = one(text.as_bytes());
        assert_eq!(memory.sign_ins[0].at, Some(sink::instant("2026-06-15T10:17:00Z")), "{text}");
        let note = report.sources[0].note.clone().unwrap_or_default();
        assert!(note.contains("1 sign-ins do not tell when they were"), "{note}");
    }
    let (report, _) = one(told(&[sign_in("s", "SigninLogs", "SignInLogs")])[0].as_bytes());
    assert_eq!(report.sources[0].note, None, "where it is told, nothing is said");
}
