//! Audit events and sign-ins, interpreted.

use super::{event, ingest_files, one, page, reasons, sink};
use crate::ingest::IngestOptions;
use crate::lake::records::{AuditEvent, SignIn};
use crate::model::Window;
use sink::instant;

const TENANT: &str = "4bbb79f7-5724-4c9e-95f3-de075f6ec090";

fn audit(text: &str) -> AuditEvent {
    let (_, memory) = one(text.as_bytes());
    assert_eq!(memory.audit.len(), 1, "{:?}", reasons(&memory));
    memory.audit[0].clone()
}

fn sign_in(text: &str) -> SignIn {
    let (_, memory) = one(text.as_bytes());
    assert_eq!(memory.sign_ins.len(), 1, "{:?}", reasons(&memory));
    memory.sign_ins[0].clone()
}

#[test]
fn an_event_is_interpreted_whole() {
    let event = audit(
        r#"{"id":"Directory_X_1","category":"GroupManagement","correlationId":"AAAAAAAA-0000-0000-0000-000000000001",
        "result":"Success","resultReason":"","activityDisplayName":"Add member to group.","activityDateTime":"2026-03-01T10:00:00.1234567+00:00",
        "loggedByService":"Core Directory","operationType":"Assign","userAgent":null,
        "initiatedBy":{"user":null,"app":{"appId":null,"displayName":"EM","servicePrincipalId":"BBBBBBBB-0000-0000-0000-000000000001"}},
        "targetResources":[{"id":"CCCCCCCC-0000-0000-0000-000000000001","displayName":"Ana","Type":"User","userPrincipalName":"ana@corp.example",
          "modifiedProperties":[{"displayName":"Group.ObjectID","oldValue":null,"newValue":"\"g1\""}],"administrativeUnits":[{"id":"x"}]},
          {"id":"g1","type":"Group","groupType":"azureAD","modifiedProperties":[]}],
        "additionalDetails":[{"key":"User-Agent","value":"curl"}],"newMember":{"a":1}}"#,
    );
    assert_eq!(event.id, "Directory_X_1");
    assert_eq!(event.at, Some(instant("2026-03-01T10:00:00.123456Z")));
    assert_eq!(event.activity_key, "add member to group");
    assert_eq!(event.result.as_deref(), Some("success"));
    assert_eq!(event.result_reason, None);
    assert_eq!(event.actor_kind.as_deref(), Some("app"));
    assert_eq!(event.actor_id.as_deref(), Some("bbbbbbbb-0000-0000-0000-000000000001"));
    assert_eq!(event.user_agent.as_deref(), Some("curl"));
    assert_eq!(event.targets[0].kind.as_deref(), Some("User"));
    assert_eq!(event.targets[0].id.as_deref(), Some("cccccccc-0000-0000-0000-000000000001"));
    assert_eq!(event.targets[0].modified[0].new.as_deref(), Some("\"g1\""));
    assert_eq!(event.targets[1].group_type.as_deref(), Some("azureAD"));
    assert_eq!(
        event.extra.as_deref(),
        Some(r#"{"newMember":{"a":1},"targetResources[0].administrativeUnits":[{"id":"x"}]}"#)
    );
    assert_eq!(event.content_hash.len(), 32);
    assert_eq!(event.source.len(), 64);
}

#[test]
fn spellings_that_differ_in_nothing_hash_alike() {
    let plain = audit(&event("a"));
    for (from, to) in [
        ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00.000+01:00"),
        (r#""targetResources":[]"#, r#""targetResources":null,"resultReason":"","correlationId":null"#),
        (r#""result":"success""#, r#""operationType":null,"result":"Success""#),
        (r#""targetResources":[]"#, r#""targetResource":[],"somethingNew":7"#),
        (r#""id":"u1""#, r#""id":"u1","ipAddress":"","@odata.type":"x""#),
    ] {
        let other = audit(&event("a").replace(from, to));
        assert_eq!(plain.content_hash, other.content_hash, "{to}");
    }
    for (from, to) in [
        ("10:00:00Z", "10:00:01Z"),
        ("success", "failure"),
        (r#""id":"u1""#, r#""id":"u2""#),
        (r#"[]"#, r#"[{"id":"x"}]"#),
    ] {
        let other = audit(&event("a").replace(from, to));
        assert_ne!(plain.content_hash, other.content_hash, "{to}");
    }
}

#[test]
fn without_an_id_the_content_is_the_id() {
    let without = event("a").replace(r#""id":"a","#, "");
    let event = audit(&without);
    assert_eq!(event.id, format!("hash:{}", event.content_hash));
    let twice = format!("{without}\n{without}\n");
    let (report, _) = one(twice.as_bytes());
    assert_eq!((report.kept, report.duplicate), (1, 1));
    let other = format!("{}\n{}\n", super::event("a"), super::event("a").replace("success", "failure"));
    let (report, _) = one(other.as_bytes());
    assert_eq!((report.kept, report.conflicting), (2, 1), "the same id with other content");
}

#[test]
fn poor_diagnostic_records_use_their_envelope() {
    let poor = audit(&format!(
        r#"{{"TIME":"2020-04-08T07:40:53.1695436Z","Category":"AuditLogs","operationname":"Add owner to service principal",
        "tenantId":"{TENANT}","correlationId":"c1","properties":{{"id":"d1","result":"success","initiatedBy":{{"app":{{"displayName":"Microsoft.Intune"}}}}}}}}"#
    ));
    assert_eq!(poor.activity, "Add owner to service principal");
    assert_eq!(poor.at, Some(instant("2020-04-08T07:40:53.169543Z")));
    assert_eq!(poor.correlation_id.as_deref(), Some("c1"));
    assert_eq!(poor.tenant_id, TENANT);
    let inside = audit(&format!(
        r#"{{"time":"2026-03-01T10:09:00Z","category":"AuditLogs","tenantId":"{TENANT}","properties":{}}}"#,
        serde_json::Value::String(event("a"))
    ));
    assert_eq!(inside.at, Some(instant("2026-03-01T10:00:00Z")), "properties as text");
    let bare = format!("{}\n{}\n", event("a"), r#"{"time":"2007-01-09 09:41:00","category":"AuditLogs"}"#);
    let (_, memory) = one(bare.as_bytes());
    assert_eq!(reasons(&memory), ["rejected: no activity"]);
}

#[test]
fn what_an_envelope_lends_is_no_content() {
    let told = |time: &str, id: &str| {
        format!(r#"{{"time":"{time}","category":"AuditLogs","operationName":"Add owner","tenantId":"{TENANT}","properties":{{{id}"result":"success"}}}}"#)
    };
    let two = |id: &str| {
        let (first, second) = ("2026-03-01T10:00:00Z", "2026-03-01T10:00:09Z");
        let text = format!("{}\n{}\n", told(first, id), told(second, id));
        let (report, _) = one(text.as_bytes());
        (report.kept, report.duplicate)
    };
    assert_eq!(two(r#""id":"d1","#), (1, 1), "delivered twice");
    assert_eq!(two(""), (2, 0), "without an id, the time tells them apart");
}

#[test]
fn members_given_twice_are_counted_and_the_last_wins() {
    let (report, memory) = one(event("a")
        .replace(r#""result":"success""#, r#""result":"failure","result":"success""#)
        .as_bytes());
    assert_eq!(memory.audit[0].result.as_deref(), Some("success"));
    assert!(report.sources[0].note.as_deref().is_some_and(|n| n.starts_with("1 members came twice")));
}

const SIGN_IN: &str = r#"{"id":"s1","createdDateTime":"2026-03-01T10:00:00Z","userId":"AAAAAAAA-0000-0000-0000-000000000001","userPrincipalName":"ana@corp.example","appId":"app","appDisplayName":"Portal","resourceId":"r","resourceDisplayName":"Graph","resourceServicePrincipalId":"sp","ipAddress":"192.0.2.1","clientAppUsed":"Browser","conditionalAccessStatus":"notApplied","authenticationRequirement":"singleFactorAuthentication","isInteractive":true,"riskDetail":"none","status":{"errorCode":0},"deviceDetail":{"deviceId":"","operatingSystem":"Windows","isCompliant":false},"location":{"city":"Bern","countryOrRegion":"CH"},"appliedConditionalAccessPolicies":[{"id":"p1","displayName":"P","result":"success","enforcedGrantControls":["Mfa"]}]}"#;

#[test]
fn a_sign_in_is_interpreted_whole() {
    let row = sign_in(SIGN_IN);
    assert_eq!(row.stream, "interactiveUser");
    assert_eq!(row.user_id.as_deref(), Some("aaaaaaaa-0000-0000-0000-000000000001"));
    assert_eq!(row.error_code, Some(0));
    assert_eq!(row.resource_sp_id.as_deref(), Some("sp"));
    assert_eq!((row.country.as_deref(), row.city.as_deref()), (Some("CH"), Some("Bern")));
    assert_eq!((row.device_id, row.device_compliant, row.device_managed), (None, Some(false), None));
    assert_eq!(row.applied_policies[0].result.as_deref(), Some("success"));
    let extra: serde_json::Value = serde_json::from_str(&row.extra.expect("extra")).expect("JSON");
    assert_eq!(extra["riskDetail"], "none");
}

#[test]
fn streams_of_sign_ins() {
    let of = |category: &str, body: &str| {
        format!(r#"{{"time":"2026-03-01T10:17:00Z","category":"{category}","tenantId":"{TENANT}","resultType":"50126","properties":{body}}}"#)
    };
    let service = SIGN_IN
        .replace("userId", "x")
        .replace(r#""isInteractive":true"#, r#""isInteractive":false,"servicePrincipalId":"s""#);
    for (text, stream) in [
        (SIGN_IN.to_string(), "interactiveUser"),
        (SIGN_IN.replace(r#""isInteractive":true"#, r#""isInteractive":false"#), "nonInteractiveUser"),
        (service, "servicePrincipal"),
        (
            SIGN_IN.replace(r#""id":"s1""#, r#""id":"s1","signInEventTypes":["nonInteractiveUser"]"#),
            "nonInteractiveUser",
        ),
        (of("SignInLogs", SIGN_IN), "interactiveUser"),
        (of("NonInteractiveUserSignInLogs", SIGN_IN), "nonInteractiveUser"),
        (of("ServicePrincipalSignInLogs", SIGN_IN), "servicePrincipal"),
        (of("managedidentitysigninlogs", SIGN_IN), "managedIdentity"),
    ] {
        let row = sign_in(&text);
        assert_eq!(row.stream, stream);
        assert_eq!(row.at, Some(instant("2026-03-01T10:00:00Z")), "the record's own time");
    }
    let failed = sign_in(&of("SignInLogs", &SIGN_IN.replace(r#""status":{"errorCode":0},"#, "")));
    assert_eq!(failed.error_code, Some(50126));
    assert_eq!(sign_in(SIGN_IN).content_hash, sign_in(&of("SignInLogs", SIGN_IN)).content_hash);
}

#[test]
fn records_of_other_streams_are_unmapped_and_named() {
    for (text, part) in [
        (
            r#"{"time":"2025-02-18T10:25:12Z","category":"MicrosoftGraphActivityLogs","properties":{"requestUri":"x"}}"#,
            "category MicrosoftGraphActivityLogs",
        ),
        (
            r#"{"CreationTime":"2020-09-29T08:59:26","Id":"e1","Operation":"Add member to role.","Workload":"AzureActiveDirectory"}"#,
            "unified audit log",
        ),
        (
            r#"{"id":"1","activityDateTime":"2026-01-01T00:00:00Z","jobId":"j","sourceIdentity":{}}"#,
            "provisioning log",
        ),
        (
            r##"{"@odata.type":"#microsoft.graph.riskDetection","id":"1","riskEventType":"x"}"##,
            "riskdetection",
        ),
    ] {
        let (_, memory) = one(format!("{}\n{text}\n", event("a")).as_bytes());
        let found = reasons(&memory);
        assert!(found[0].starts_with("unmapped") && found[0].contains(part), "{found:?}");
        assert_eq!(memory.rejects[0].raw, text);
    }
}

#[test]
fn rows_of_log_analytics_are_read() {
    let row = audit(
        r#"{"TenantId":"00000000-0000-0000-0000-000000000000","TimeGenerated":"2021-08-02T13:29:25.983Z","OperationName":"Update application – Certificates ","Id":"Directory_1","InitiatedBy":"{\"user\":{\"id\":\"u1\"}}","TargetResources":"[{\"id\":\"t1\",\"type\":\"Application\"}]","AdditionalDetails":"[]","LoggedByService":"Core Directory","Result":"success","ActivityDisplayName":"Update application – Certificates ","ActivityDateTime":"2021-08-02T13:29:24.983Z"}"#,
    );
    assert_eq!(row.id, "Directory_1");
    assert_eq!(row.activity_key, "update application - certificates");
    assert_eq!(row.actor_id.as_deref(), Some("u1"));
    assert_eq!(row.targets[0].kind.as_deref(), Some("Application"));
}

#[test]
fn an_error_in_place_of_data_is_a_gap() {
    let error = br#"{"error":{"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant","message":"no licence"}}"#;
    let (report, memory) = ingest_files(&[("signIns.json", error)], &sink::options()).expect("an ingest");
    assert_eq!((report.read, report.unmapped, report.rejected), (1, 1, 0));
    assert_eq!(reasons(&memory), ["unmapped: error response"]);
    let gap = &memory.coverage[0];
    assert_eq!((gap.subject.as_str(), gap.basis.as_str()), ("sign_ins", "gap"));
    assert!(gap.reason.as_deref().is_some_and(|r| r.contains("NonPremium") && r.contains("no licence")));
}

#[test]
fn coverage_is_inferred_and_asserted() {
    let window = Window {
        from: instant("2026-01-01T00:00:00Z"),
        until: instant("2026-04-01T00:00:00Z"),
    };
    let options = IngestOptions {
        covers: vec![("sign_ins".into(), window)],
        ..sink::options()
    };
    let later = event("b").replace("10:00:00Z", "12:00:00Z");
    let rows = page("auditLogs/directoryAudits", &[&event("a"), &later]);
    let beside = b"complete = true\n[[covers]]\nsource = \"audit\"\nfrom = 2026-03-01\nuntil = \"2026-03-31\"\n";
    let files: [(&str, &[u8]); 3] = [("a.json", rows.as_bytes()), ("b.json", SIGN_IN.as_bytes()), ("coverage.toml", beside)];
    let (report, memory) = ingest_files(&files, &options).expect("an ingest");
    assert_eq!(report.sources.len(), 2, "coverage.toml is no source");
    let mut told: Vec<String> = memory
        .coverage
        .iter()
        .map(|c| format!("{} {} {} {}", c.basis, c.subject, c.from.expect("a time"), c.until.expect("a time")))
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "asserted audit 2026-03-01T00:00:00Z 2026-04-01T00:00:00Z",
            "asserted sign_ins:interactiveUser 2026-01-01T00:00:00Z 2026-04-01T00:00:00Z",
            "asserted sign_ins:nonInteractiveUser 2026-01-01T00:00:00Z 2026-04-01T00:00:00Z",
            "inferred audit 2026-03-01T10:00:00Z 2026-03-01T12:00:00.000001Z",
            "inferred sign_ins:interactiveUser 2026-03-01T10:00:00Z 2026-03-01T10:00:00.000001Z",
        ]
    );
}
