//! Tables: Log Analytics, the portal's downloads, log shippers, and near misses.

use super::{enveloped, event, event_ids, ingest_files, one, reasons, sink};
use crate::ingest::IngestError;

pub(super) const TENANT: &str = "4bbb79f7-5724-4c9e-95f3-de075f6ec090";

/// Separated values with every cell in quotes.
pub(super) fn table(separator: &str, rows: &[Vec<String>]) -> String {
    let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(separator) + "\r\n";
    rows.iter().map(line).collect()
}

pub(super) fn texts(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|c| c.to_string()).collect()
}

pub(super) const AUDIT: [&str; 13] = [
    "TenantId",
    "TimeGenerated [UTC]",
    "OperationName",
    "Category",
    "CorrelationId",
    "AdditionalDetails",
    "Id",
    "InitiatedBy",
    "LoggedByService",
    "Result",
    "TargetResources",
    "AADTenantId",
    "ActivityDateTime [UTC]",
];

/// The event of [`event`] as a row of `AuditLogs`.
pub(super) fn audit_row(id: &str, time: &str) -> Vec<String> {
    texts(&[
        "11111111-1111-1111-1111-111111111111",
        "6/15/2026, 3:50:30.492 PM",
        "Add member to group",
        "GroupManagement",
        "(blank)",
        "[]",
        id,
        r#"{"user":{"id":"u1","displayName":"Zoë","userPrincipalName":"ana@corp.example"}}"#,
        "Core Directory",
        "success",
        r#"[{"id":"t1","type":"User","modifiedProperties":[{"displayName":"Group.ObjectID","oldValue":null,"newValue":"\"g1\""}]}]"#,
        TENANT,
        time,
    ])
}

#[test]
fn audit_logs_of_log_analytics_are_read_from_every_table() {
    let rows = |separator: &str| {
        let rows = [
            texts(&AUDIT),
            audit_row("a", "6/15/2026, 3:50:29.100 PM"),
            audit_row("b", "3/2/2026, 8:15:00.000 AM"),
        ];
        table(separator, &rows)
    };
    let western = encoding_rs::WINDOWS_1252.encode(&rows(",")).0.into_owned();
    let wide = |big: bool| {
        let order = if big { u16::to_be_bytes } else { u16::to_le_bytes };
        format!("\u{feff}{}", rows("\t")).encode_utf16().flat_map(order).collect::<Vec<u8>>()
    };
    for (name, bytes) in [
        ("comma", rows(",").into_bytes()),
        ("semicolon", rows(";").into_bytes()),
        ("tab", rows("\t").into_bytes()),
        ("a hint", format!("sep=;\r\n{}", rows(";")).into_bytes()),
        ("a mark", format!("\u{feff}{}", rows(",")).into_bytes()),
        ("UTF-16", wide(false)),
        ("UTF-16, big end first", wide(true)),
        ("Windows-1252", western),
        ("zstd", zstd::encode_all(rows(",").as_bytes(), 1).expect("packed")),
    ] {
        let (report, memory) = one(&bytes);
        assert_eq!(event_ids(&memory), ["a", "b"], "{name}: {:?}", reasons(&memory));
        assert_eq!(report.tenant.as_ref().map(|t| t.as_str()), Some(TENANT), "{name}");
        let event = memory.audit.iter().find(|e| e.id == "a").expect("an event");
        assert_eq!(event.at, Some(sink::instant("2026-06-15T15:50:29.100Z")), "{name}");
        assert_eq!(event.activity_key, "add member to group", "{name}");
        assert_eq!(event.actor_name.as_deref(), Some("Zoë"), "{name}");
        assert_eq!(event.targets[0].modified[0].new.as_deref(), Some("\"g1\""), "{name}");
        assert_eq!(event.correlation_id, None, "{name}: a blank cell says nothing");
        assert_eq!(report.sources[0].format, "AuditLogs of Log Analytics", "{name}");
    }
}

/// A heading with one column twice: where its cells differ, nobody knows which of them is true.
#[test]
fn a_row_that_says_two_things_in_one_column_is_rejected() {
    let row = |id: &str, again: &str| [audit_row(id, "2026-06-15T09:00:00Z"), vec![again.to_string()]].concat();
    let heading = [texts(&AUDIT), texts(&["OperationName"])].concat();
    let same = audit_row("a", "x")[AUDIT.iter().position(|c| *c == "OperationName").expect("a column")].clone();
    let rows = table(",", &[heading, row("a", &same), row("b", "Delete user"), row("c", "")]);
    let (_, memory) = one(rows.as_bytes());
    assert_eq!(event_ids(&memory), ["a", "c"], "{:?}", reasons(&memory));
    assert!(reasons(&memory)[0].contains("'OperationName' comes twice"), "{:?}", reasons(&memory));
}

/// One cell in UTF-8 and another in none: nobody knows what the row says, and no letter is guessed.
#[test]
fn a_row_of_two_encodings_is_rejected() {
    let rows = table(",", &[texts(&AUDIT), audit_row("a", "2026-06-15T09:00:00Z")]);
    let (before, after) = rows.split_once("Zoë").expect("a name beyond ASCII");
    let mixed = [before.as_bytes(), b"Bj\xf6rn \xc3\x85s", after.as_bytes()].concat();
    let told = ingest_files(&[("file", &mixed)], &sink::options()).map(|(_, memory)| reasons(&memory));
    let told = told.map_or_else(|e| e.to_string(), |reasons| reasons.join(" "));
    assert!(told.contains("no UTF-8 at byte"), "{told}");
}

#[test]
fn a_row_that_was_spoiled_costs_itself_and_leaves_a_gap() {
    let mut cut = audit_row("b", "2026-06-15T10:00:00Z");
    cut[10].truncate(40);
    let mut rows = vec![
        texts(&AUDIT),
        audit_row("a", "2026-06-15T09:00:00Z"),
        cut,
        audit_row("c", "2026-06-15T11:00:00Z"),
    ];
    let (_, memory) = one(table(",", &rows).as_bytes());
    assert_eq!(event_ids(&memory), ["a", "c"]);
    assert!(reasons(&memory)[0].contains("TargetResources holds no whole JSON"), "{:?}", reasons(&memory));
    let gap = memory.coverage.iter().find(|c| c.basis == "gap").expect("a gap");
    assert_eq!((gap.subject.as_str(), gap.from), ("audit", Some(sink::instant("2026-06-15T10:00:00Z"))));
    // A quote that is never closed costs its line, not what follows.
    rows[2] = audit_row("b", "2026-06-15T10:00:00Z");
    let open = table(",", &rows).replace("\"b\",", "\"b,");
    let (_, memory) = one(open.as_bytes());
    assert_eq!(event_ids(&memory), ["a", "c"], "{:?}", reasons(&memory));
    assert!(reasons(&memory)[0].contains("quotes"), "{:?}", reasons(&memory));
    // Too many cells are refused; too few are in the next test.
    let wide = table(",", &rows) + "x,y,z,1,2,3,4,5,6,7,8,9,10,11,12\r\n";
    let (_, memory) = one(wide.as_bytes());
    assert!(reasons(&memory)[0].contains("15 cells, where the heading has 13"), "{:?}", reasons(&memory));
}

#[test]
fn tables_of_two_tenants_are_refused() {
    let mut other = audit_row("b", "2026-06-15T10:00:00Z");
    other[11] = TENANT.replace('4', "5");
    let text = table(",", &[texts(&AUDIT), audit_row("a", "2026-06-15T09:00:00Z"), other]);
    let error = ingest_files(&[("a.csv", text.as_bytes())], &sink::options());
    assert!(matches!(error, Err(IngestError::TwoTenants { .. })), "{error:?}");
}

const SIGN_IN: [(&str, &str); 22] = [
    ("TimeGenerated [UTC]", "6/15/2026, 12:40:24.178 PM"),
    ("IPAddress", "192.0.2.1"),
    ("ResourceId", "/tenants/4bbb79f7-5724-4c9e-95f3-de075f6ec090/providers/Microsoft.aadiam"),
    ("Category", "NonInteractiveUserSignInLogs"),
    ("ResultType", "50126"),
    ("Location", "DE"),
    ("AppDisplayName", "Portal"),
    ("AppId", "C44B4083-3BB0-49C1-B47D-974E53CBDF3C"),
    ("AuthenticationRequirement", "multiFactorAuthentication"),
    ("ConditionalAccessPolicies", r#"[{"id":"p1","displayName":"P","result":"success"}]"#),
    ("ConditionalAccessStatus", "success"),
    ("CreatedDateTime [UTC]", "6/15/2026, 12:35:28.806 PM"),
    ("DeviceDetail", r#"{"deviceId":"d1","operatingSystem":"Windows10","isCompliant":true}"#),
    ("Id", "s1"),
    ("LocationDetails", r#"{"city":"Kiel","countryOrRegion":"DE"}"#),
    ("ResourceDisplayName", "Graph"),
    ("ResourceIdentity", "00000003-0000-0000-c000-000000000000"),
    ("ServicePrincipalId", "00000000-0000-0000-0000-000000000000"),
    ("UserId", "a12bc345-6d7e-89f0-a1b2-23c456d78e90"),
    ("UserPrincipalName", "ana@corp.example"),
    ("AADTenantId", TENANT),
    ("UserType", "Member"),
];

#[test]
fn sign_ins_of_log_analytics_are_read_from_tables_and_json() {
    let (names, cells): (Vec<&str>, Vec<&str>) = SIGN_IN.iter().copied().unzip();
    let csv = table(",", &[texts(&names), texts(&cells)]);
    let object: serde_json::Map<String, serde_json::Value> = SIGN_IN
        .iter()
        .map(|(name, cell)| (name.replace(" [UTC]", ""), serde_json::Value::from(*cell)))
        .collect();
    let json = serde_json::to_string(&object)
        .expect("JSON")
        .replace("6/15/2026, 12:35:28.806 PM", "2026-06-15T12:35:28.806Z");
    for text in [csv, format!("{json}\n{json}\n"), format!("[{json}]")] {
        let (report, memory) = one(text.as_bytes());
        assert_eq!(memory.sign_ins.len(), 1, "{:?}", reasons(&memory));
        let row = &memory.sign_ins[0];
        assert_eq!((row.id.as_str(), row.stream.as_str()), ("s1", "nonInteractiveUser"));
        assert_eq!(row.at, Some(sink::instant("2026-06-15T12:35:28.806Z")));
        assert_eq!(
            (row.error_code, row.app_id.as_deref()),
            (Some(50126), Some("c44b4083-3bb0-49c1-b47d-974e53cbdf3c"))
        );
        assert_eq!(row.resource_id.as_deref(), Some("00000003-0000-0000-c000-000000000000"));
        assert_eq!((row.city.as_deref(), row.country.as_deref()), (Some("Kiel"), Some("DE")));
        assert_eq!((row.device_id.as_deref(), row.device_compliant), (Some("d1"), Some(true)));
        assert_eq!(row.applied_policies[0].id.as_deref(), Some("p1"));
        assert_eq!((row.sp_id.as_deref(), row.ip.as_deref()), (None, Some("192.0.2.1")));
        assert_eq!(report.tenant.as_ref().map(|t| t.as_str()), Some(TENANT));
    }
    for (table_name, stream) in [
        ("SigninLogs", "interactiveUser"),
        ("AADServicePrincipalSignInLogs", "servicePrincipal"),
        ("AADManagedIdentitySignInLogs", "managedIdentity"),
    ] {
        let mut object = object.clone();
        object.remove("Category");
        object.insert("Type".into(), table_name.into());
        let (_, memory) = one(serde_json::to_string(&object).expect("JSON").as_bytes());
        assert_eq!(memory.sign_ins[0].stream, stream);
    }
}

#[test]
fn the_portals_audit_log_is_read_as_far_as_it_goes() {
    let columns = [
        "Date (UTC)",
        "CorrelationId",
        "Service",
        "Category",
        "Activity",
        "Result",
        "ResultReason",
        "ActorType",
        "ActorDisplayName",
        "ActorObjectId",
        "ActorUserPrincipalName",
        "IPAddress",
        "ActorServicePrincipalId",
        "Target1Type",
        "Target1DisplayName",
        "Target1ObjectId",
        "Target1UserPrincipalName",
        "Target1ModifiedProperty1Name",
        "Target1ModifiedProperty1OldValue",
        "Target1ModifiedProperty1NewValue",
        "Target2Type",
        "Target2ObjectId",
        "AdditionalDetail1Key",
        "AdditionalDetail1Value",
    ];
    let row = |date: &str, actor: &str, upn: &str, sp: &str| {
        texts(&[
            date,
            "c1",
            "Core Directory",
            "GroupManagement",
            "Add member to group",
            "success",
            "",
            actor,
            "Ana",
            "u1",
            upn,
            "192.0.2.1",
            sp,
            "User",
            "",
            "u2",
            "bo@corp.example",
            "Group.ObjectID",
            "",
            "\"g1\"",
            "Group",
            "g1",
            "User-Agent",
            "x",
        ])
    };
    let rows = [
        texts(&columns),
        row("2026-03-01T10:00:00.1234567Z", "User", "ana@corp.example", ""),
        row("2026-03-01T10:00:01Z", "Application", "", "sp1"),
    ];
    let text = format!("\u{feff}{}", table(",", &rows));
    let (report, memory) = one(text.as_bytes());
    assert_eq!(memory.audit.len(), 2, "{:?}", reasons(&memory));
    let (by_user, by_app) = (&memory.audit[0], &memory.audit[1]);
    assert_eq!(by_user.at, Some(sink::instant("2026-03-01T10:00:00.123456Z")));
    assert_eq!((by_user.actor_kind.as_deref(), by_user.actor_id.as_deref()), (Some("user"), Some("u1")));
    assert_eq!((by_app.actor_kind.as_deref(), by_app.actor_id.as_deref()), (Some("app"), Some("sp1")));
    assert_eq!(by_user.targets[0].upn.as_deref(), Some("bo@corp.example"));
    assert_eq!(by_user.targets[0].modified[0].new.as_deref(), Some("\"g1\""));
    assert_eq!((by_user.targets.len(), by_user.targets[1].id.as_deref()), (2, Some("g1")));
    assert_eq!(by_user.user_agent.as_deref(), Some("x"));
    assert!(by_user.id.starts_with("hash:"), "the portal gives no id");
    assert!(
        report.sources[0].note.as_deref().is_some_and(|n| n.contains("2 records have no id")),
        "{:?}",
        report.sources[0].note
    );
}

#[test]
fn the_portals_sign_ins_are_read() {
    let columns = "Date (UTC),Request ID,User agent,Correlation ID,User ID,User,Username,User type,Incoming token type,Application,Application ID ,Resource,\
        Resource ID ,Home tenant ID,IP address,Location,Status,Sign-in error code,Failure reason,Client app,Device ID,Operating System,Compliant,Managed,\
        Authentication requirement,Incoming token type,Conditional Access";
    let row = "2026-03-01T10:00:00Z,r1,x,c1,u1,Ana,ana@corp.example,member,none,Portal,A1,Graph,R1,h1,192.0.2.1,\"Kiel, Schleswig-Holstein, DE\",\
        Success,None,,Browser,d1,Windows,true,,Multifactor authentication,none,Not Applied";
    for (name, stream) in [
        ("InteractiveSignIns_2026-03-01.csv", "interactiveUser"),
        ("NonInteractiveSignIns_2026-03-01.csv", "nonInteractiveUser"),
    ] {
        let text = format!("{columns}\n{row}\n{}\n", row.replace(",r1,", ",r2,").replace("Success,None", "Failure,50126"));
        let (_, memory) = ingest_files(&[(name, text.as_bytes())], &sink::options()).expect("an ingest");
        assert_eq!(memory.sign_ins.len(), 2, "{:?}", reasons(&memory));
        let (one, two) = (&memory.sign_ins[0], &memory.sign_ins[1]);
        assert_eq!((one.id.as_str(), one.stream.as_str(), one.error_code), ("r1", stream, Some(0)));
        assert_eq!((two.error_code, two.device_compliant), (Some(50126), Some(true)));
        assert_eq!(one.authentication_requirement.as_deref(), Some("multiFactorAuthentication"));
        assert_eq!(
            (one.ca_status.as_deref(), one.city.as_deref(), one.country.as_deref()),
            (Some("notApplied"), Some("Kiel"), Some("DE"))
        );
        assert_eq!((one.resource_id.as_deref(), one.app_id.as_deref()), (Some("R1"), Some("A1")));
    }
    let columns = "Date (UTC),Request ID,Correlation ID,Service principal ID,Service principal name,Application,Application ID ,Resource,Resource ID ,Status,Sign-in error code";
    let text = format!("{columns}\n2026-03-01T10:00:00Z,r1,c1,sp1,Daemon,Daemon,a1,Graph,r1,Success,\n");
    let (_, memory) = ingest_files(&[("ApplicationSignIns.csv", text.as_bytes())], &sink::options()).expect("an ingest");
    let row = &memory.sign_ins[0];
    assert_eq!(
        (row.stream.as_str(), row.sp_id.as_deref(), row.error_code),
        ("servicePrincipal", Some("sp1"), Some(0))
    );
}

#[test]
fn near_misses_are_refused_by_name_with_what_to_export_instead() {
    for (text, name, instead) in [
        (
            "CreationDate,UserIds,Operations,AuditData\n2026-03-01,a,b,{}\n",
            "unified audit log",
            "auditLogs/directoryAudits",
        ),
        (
            "TimeGenerated,RequestUri,RequestMethod,AppId,UserId,ResultType\nx,y,GET,a,b,0\n",
            "MicrosoftGraphActivityLogs",
            "AuditLogs",
        ),
        ("TimeGenerated,RiskEventType,UserId,AppId\nx,y,a,b\n", "risk events", "SigninLogs"),
        (
            "Name,Email,Policy,Status,Start date\nAna,a@b,P,Delivered,x\n",
            "access-package assignments",
            "$expand=target",
        ),
        (
            "TimeGenerated [UTC],RecordType,Operation,OfficeWorkload,UserId\nx,1,y,Exchange,a\n",
            "OfficeActivity",
            "AuditLogs",
        ),
        ("Timestamp,ActionType,AccountObjectId,ReportId\nx,y,a,1\n", "advanced hunting", "AuditLogs"),
        (
            "TimeGenerated,AccountObjectId,AccountUPN,GroupMembership\nx,a,b,[]\n",
            "IdentityInfo",
            "members",
        ),
        (
            "one,two,three\n1,2,3\n",
            "no known export (one, two, three",
            "the audit log, sign-ins, or pages of Graph",
        ),
    ] {
        let files: [(&str, &[u8]); 2] = [("x.csv", text.as_bytes()), ("other.json", event("o").leak().as_bytes())];
        let (report, _) = ingest_files(&files, &sink::options()).expect("an ingest");
        assert_eq!(report.foreign.len(), 1, "{text}");
        let why = &report.foreign[0].1;
        assert!(why.contains(name) && why.contains(instead), "{why}");
    }
}

#[test]
fn what_a_log_shipper_wrapped_is_read() {
    let inner = enveloped("a", TENANT);
    let text = serde_json::Value::from(inner.clone()).to_string();
    let csv = table(",", &[texts(&["_time", "_raw", "host"]), vec!["1".into(), inner, "h".into()]]);
    for wrapped in [
        format!(r#"{{"_raw":{text},"_time":1}}"#),
        format!(r#"{{"preview":false,"result":{{"_raw":{text},"_time":"1"}}}}"#),
        csv,
    ] {
        let (_, memory) = one(wrapped.as_bytes());
        assert_eq!(event_ids(&memory), ["a"], "{wrapped}: {:?}", reasons(&memory));
    }
}

#[test]
fn a_batch_that_a_log_shipper_wrapped_is_unwrapped_record_by_record() {
    let strange = r#"{"no":"kind","when":"2026-03-01T10:00:00Z","x":1}"#;
    for batch in [
        format!(r#"{{"records":[{},{}]}}"#, enveloped("a", TENANT), enveloped("b", TENANT)),
        format!(r#"{{"Records":[{},{}]}}"#, event("a"), event("b")),
        format!("[{},{}]", event("a"), event("b")),
    ] {
        let text = serde_json::Value::from(batch.clone()).to_string();
        let alone = table(",", &[texts(&["_raw"]), vec![batch.clone()]]);
        let two = table(",", &[texts(&["_time", "_raw"]), vec!["1".into(), batch.clone()]]);
        for wrapped in [format!(r#"{{"_raw":{text},"_time":1}}"#), alone, two] {
            let (report, memory) = one(wrapped.as_bytes());
            assert_eq!(event_ids(&memory), ["a", "b"], "{wrapped}: {:?}", reasons(&memory));
            assert_eq!((report.read, report.kept), (2, 2), "each record of a batch counts: {wrapped}");
        }
    }
    let mixed = serde_json::Value::from(format!(r#"{{"records":[{},{strange}]}}"#, event("a"))).to_string();
    let (report, memory) = one(format!(r#"{{"_raw":{mixed}}}"#).as_bytes());
    assert_eq!(event_ids(&memory), ["a"]);
    assert_eq!(report.read, report.kept + report.rejected + report.unmapped, "{report:?}");
    assert_eq!(report.read, 2, "what is not taken of a batch is counted by itself");
}

#[test]
fn assignments_by_the_script_of_the_documentation_have_their_ids() {
    let rows = [
        texts(&["Id", "$_.Target.id", "$_.Target.ObjectId", "$_.Target.DisplayName", "$_.Target.PrincipalName"]),
        texts(&["A1", "S1", "U1", "Ana Ruiz", "ana@corp.example"]),
    ];
    let (report, memory) = one(table(",", &rows).as_bytes());
    assert_eq!((report.kept, report.rejected), (1, 0), "{:?}", reasons(&memory));
}

#[test]
fn one_event_told_in_many_ways_is_one_event() {
    let graph = event("a");
    let mut row = audit_row("a", "3/1/2026, 10:00:00.000 AM");
    row[1] = "3/15/2026, 10:01:00.000 AM".into();
    let csv = table(",", &[texts(&AUDIT), row]);
    let diagnostic = format!(r#"{{"records":[{}]}}"#, enveloped("a", TENANT));
    // Whatever comes first by name, the records with more in them are read first.
    for names in [["a", "b", "c"], ["c", "b", "a"]] {
        let files: Vec<(String, &str)> = names.iter().map(|n| n.to_string()).zip([graph.as_str(), &diagnostic, &csv]).collect();
        let files: Vec<(&str, &[u8])> = files.iter().map(|(n, t)| (n.as_str(), t.as_bytes())).collect();
        let (report, memory) = ingest_files(&files, &sink::options()).expect("an ingest");
        assert_eq!((report.read, report.kept, report.duplicate, report.conflicting), (3, 1, 2, 0));
        assert_eq!(memory.audit[0].actor_name, None, "what Graph says is kept");
    }
    let alone = ingest_files(&[("x.csv", csv.as_bytes())], &sink::options()).expect("an ingest").0;
    assert_eq!((alone.kept, alone.duplicate), (1, 0));
}

/// What the query interface of Log Analytics answers, with these rows.
fn answer(rows: &str, more: &str) -> String {
    format!(
        r#"{{"tables":[{{"name":"PrimaryResult","columns":[{{"name":"TimeGenerated","type":"datetime"}},{{"name":"AADTenantId","type":"string"}},{{"name":"ActivityDisplayName","type":"string"}},{{"name":"LoggedByService","type":"string"}},{{"name":"InitiatedBy","type":"dynamic"}},{{"name":"TargetResources","type":"dynamic"}},{{"name":"Id","type":"string"}}],"rows":[{rows}]}}]{more}}}"#
    )
}

fn answered(id: &str) -> String {
    format!(
        r#"["2026-03-01T10:00:00Z","7a3c0b1e-0000-4000-8000-000000000001","Update group","Core Directory","{{\"user\":{{\"id\":\"u1\"}}}}",[{{"id":"g1","type":"Group"}}],"{id}"]"#
    )
}

#[test]
fn answers_of_the_query_interface_are_rows_of_their_table() {
    let text = answer(&[answered("e1"), answered("e2"), answered("e2")].join(","), r#","statistics":{}"#);
    for text in [text.clone(), text.replace("],", "],\n "), format!("\n{text}\n{}", answer(&answered("e3"), ""))] {
        let (report, memory) = one(text.as_bytes());
        assert!(event_ids(&memory).starts_with(&["e1".to_string(), "e2".to_string()]), "{text}");
        assert_eq!(
            report.tenant.as_ref().map(ToString::to_string).as_deref(),
            Some("7a3c0b1e-0000-4000-8000-000000000001")
        );
        assert_eq!(memory.audit[0].targets[0].id.as_deref(), Some("g1"));
        assert_eq!(memory.audit[0].actor_id.as_deref(), Some("u1"));
        assert!(report.sources[0].format.contains("the answer of a query"), "{}", report.sources[0].format);
        assert_eq!(report.rejected + report.unmapped, 0);
    }
    let empty = ingest_files(&[("a.json", answer("", "").as_bytes())], &sink::options());
    assert!(matches!(empty, Err(IngestError::NothingUsable(_))));
}

#[test]
fn an_answer_that_is_not_whole_is_told() {
    let rows = [answered("e1"), r#"["2026-03-01T10:00:00Z","x"]"#.into(), r#"{"no":"list"}"#.into()].join(",");
    let partial = r#","error":{"code":"PartialError","message":"There were some errors when processing your query."}"#;
    let (report, memory) = one(answer(&rows, partial).as_bytes());
    assert_eq!((report.read, report.kept, report.rejected), (3, 1, 2), "{:?}", reasons(&memory));
    assert_eq!(report.unread, 1);
    assert!(
        report.gaps.iter().any(|g| g.reason.as_deref().is_some_and(|r| r.contains("PartialError"))),
        "{:?}",
        report.gaps
    );
    let whole = answer(&[answered("e1"), answered("e2")].join(","), "");
    for cut in [whole.len() - 2, whole.len() - 90] {
        let (report, memory) = one(&whole.as_bytes()[..cut]);
        assert!(!memory.audit.is_empty(), "what is there is taken");
        assert!(report.unread > 0 || report.rejected > 0, "cut at {cut}: {report:?}");
    }
    let strange = answer(&answered("e1"), "")
        .replace("ActivityDisplayName", "Colour")
        .replace("LoggedByService", "Shape")
        .replace("TargetResources", "Weight")
        .replace("InitiatedBy", "Size");
    let refused = ingest_files(&[("a.json", strange.as_bytes())], &sink::options());
    let Err(IngestError::NothingUsable(found)) = refused else {
        panic!("nothing usable: {refused:?}")
    };
    assert!(found[0].1.contains("no known export"), "{found:?}");
}

#[test]
fn a_review_history_is_decisions_and_each_counts_once() {
    let head = "AccessReviewId,AccessReviewSeriesId,ReviewType,ResourceDisplayName,ResourceId,PrincipalId,PrincipalName,ReviewDate,ReviewResult,Justification,ReviewerId,ReviewerUPN,AppliedDate,SubmissionResult";
    let text = format!(
        "{head}\n1A,2B,Access Package,Payroll,3C,4D,Ana,2026-03-31T10:00:00Z,Denied,left,5E,bo@corp.example,2026-04-01T10:00:00Z,AppliedSuccessfully\n1A,00000000-0000-0000-0000-000000000000,Group,G,6F,4D,Ana,,NotReviewed,,,,,\n"
    );
    let files: [(&str, &[u8]); 2] = [("2026-04-02/history.csv", text.as_bytes()), ("2026-04-02/again.csv", text.as_bytes())];
    let (report, memory) = ingest_files(&files, &sink::options()).expect("an ingest");
    assert_eq!((report.kept, report.duplicate), (2, 2));
    let rows = memory.table("review_decisions");
    let row = rows.iter().find(|r| r["decision"] == "Deny").expect("the denial");
    for (column, value) in [
        ("instance_id", "1a"),
        ("definition_id", "2b"),
        ("resource_id", "3c"),
        ("resource_kind", "accessPackageAssignmentPolicy"),
        ("principal_id", "4d"),
        ("reviewer_id", "5e"),
        ("apply_result", "AppliedSuccessfully"),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
    let other = rows.iter().find(|r| r["decision"] == "NotReviewed").expect("the silence");
    assert!(other["definition_id"].is_null(), "a review that happens once has no series");
}

#[test]
fn answers_of_older_interfaces_and_rows_without_columns() {
    let capital = answer(&answered("e1"), "")
        .replace("\"tables\"", "\"Tables\"")
        .replace("\"columns\"", "\"Columns\"")
        .replace("\"rows\"", "\"Rows\"")
        .replace("{\"name\":\"Primary", "{\"TableName\":\"Primary")
        .replace("{\"name\"", "{\"ColumnName\"");
    let (report, memory) = one(capital.as_bytes());
    assert_eq!((event_ids(&memory), report.rejected), (vec!["e1".to_string()], 0), "{capital}");
    let blind = format!(r#"{{"tables":[{{"name":"x","rows":[{}]}}]}}"#, answered("e1"));
    let (report, memory) = one(format!("{blind}\n{}", event("a")).as_bytes());
    assert_eq!((report.read, report.kept, report.rejected), (2, 1, 1), "{:?}", reasons(&memory));
}
