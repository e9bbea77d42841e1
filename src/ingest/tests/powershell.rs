//! Exports of the PowerShell SDK: Pascal case, lists that are wrapped, members that are kept apart.

use super::{ingest_files, one, reasons, sink};

const GROUP: &str = "1426f405-f5fd-4f0b-963a-d17ad34513d8";

#[test]
fn assignments_of_both_shells_give_the_same_rows() {
    // Windows PowerShell 5.1 writes /Date(ms)/ and may wrap a list; PowerShell 7 writes ISO 8601 and a plain list.
    let assignment = |time: &str| {
        format!(
            r#"{{"AccessPackage":{{"Id":"p1","DisplayName":"Payroll"}},"AssignmentPolicy":null,"ExpiredDateTime":null,"Id":"A1",
            "Schedule":{{"Expiration":{{"Duration":null,"EndDateTime":{time},"Type":"afterDateTime"}},"StartDateTime":{time}}},
            "State":"delivered","Status":"Delivered","Target":{{"ConnectedOrganization":null,"DisplayName":"Ana","Id":"s1","ObjectId":"U1","Type":null}},
            "AdditionalProperties":{{}}}}"#
        )
    };
    let old = assignment(r#""\/Date(1770106500000)\/""#);
    let dressed = assignment(r#"{"value":"\/Date(1770106500000)\/","DisplayHint":2,"DateTime":"Tuesday, 3 February 2026 08:15:00"}"#);
    let new = assignment(r#""2026-02-03T08:15:00Z""#);
    let rows: Vec<_> = [
        format!("[{old}]"),
        old.clone(),
        format!(r#"{{"value":[{dressed}],"Count":1}}"#),
        format!(r#"{{"Count":1,"value":[{old}]}}"#),
        format!("[{new}]"),
    ]
    .iter()
    .map(|text| {
        let (report, memory) = one(text.as_bytes());
        assert_eq!((report.read, report.kept), (1, 1), "{text}: {:?}", reasons(&memory));
        let row = memory.table("assignments").remove(0);
        assert_eq!(
            (row["target_id"].as_str(), row["package_id"].as_str(), row["id"].as_str()),
            (Some("u1"), Some("p1"), Some("a1"))
        );
        assert_eq!(row["end_at"], sink::instant("2026-02-03T08:15:00Z").0);
        row["content_hash"].to_string()
    })
    .collect();
    assert!(rows.iter().all(|hash| *hash == rows[0]), "one content: {rows:?}");
}

#[test]
fn members_of_a_group_keep_their_kind_apart() {
    let member = r##"{"DeletedDateTime":null,"Id":"u1","AdditionalProperties":{"@odata.type":"#microsoft.graph.user","displayName":"Ana","userPrincipalName":"ana@corp.example"}}"##;
    let file = format!("groups/{GROUP}/members.json");
    let text = format!("[{member}]");
    let (_, memory) = ingest_files(&[(file.as_str(), text.as_bytes())], &sink::options()).expect("an ingest");
    let rows = memory.table("memberships");
    assert_eq!(rows.len(), 1, "{:?}", reasons(&memory));
    assert_eq!((rows[0]["container_id"].as_str(), rows[0]["member_kind"].as_str()), (Some(GROUP), Some("user")));
    assert_eq!(rows[0]["member_upn"], "ana@corp.example");
}

#[test]
fn what_the_shell_cut_at_its_depth_is_refused_and_not_taken_for_nothing() {
    let flat = r#"[{"Id":"e1","ActivityDateTime":"2026-03-01T10:00:00Z","ActivityDisplayName":"Add member to group","Result":"success","InitiatedBy":{"User":{"Id":"u1"}},
        "TargetResources":"Microsoft.Graph.PowerShell.Models.MicrosoftGraphTargetResource"},
        {"Id":"e2","ActivityDateTime":"2026-03-01T10:00:00Z","ActivityDisplayName":"Add member to group","Result":"success","TargetResources":[{"Id":"t1"}]}]"#;
    let (report, memory) = one(flat.as_bytes());
    assert_eq!((report.kept, report.rejected), (1, 1), "{:?}", reasons(&memory));
    assert_eq!(memory.audit[0].targets[0].id.as_deref(), Some("t1"));
    let gap = memory.coverage.iter().find(|c| c.basis == "gap").expect("a gap");
    assert_eq!((gap.subject.as_str(), gap.from), ("audit", Some(sink::instant("2026-03-01T10:00:00Z"))));
}

#[test]
fn lists_within_a_record_are_wrapped_too() {
    let wrap = |items: &[&str]| format!(r#"{{"value":[{}],"Count":{}}}"#, items.join(","), items.len());
    let list = |items: &[&str]| format!("[{}]", items.join(","));
    let event = |list: &dyn Fn(&[&str]) -> String| {
        let changed = list(&[r#"{"DisplayName":"Group.ObjectID","NewValue":"\"g1\"","OldValue":null}"#]);
        let user = format!(r#"{{"Id":"t1","Type":"User","UserPrincipalName":"bo@corp.example","ModifiedProperties":{changed}}}"#);
        let group = format!(r#"{{"Id":"g1","Type":"Group","ModifiedProperties":{}}}"#, list(&[]));
        let targets = list(&[&user, &group]);
        let details = list(&[r#"{"Key":"k","Value":"v"}"#]);
        format!(
            r#"{{"Id":"e1","ActivityDateTime":"2026-03-01T10:00:00Z","ActivityDisplayName":"Add member to group","Result":"success",
            "InitiatedBy":{{"User":{{"Id":"u1"}}}},"AdditionalDetails":{details},"TargetResources":{targets}}}"#
        )
    };
    let (plain, wrapped) = (event(&list), event(&wrap));
    let turned = wrapped.replace(r#"{"value":["#, r#"{"Count":9,"value":["#).replace(r#"],"Count":2}"#, "]}");
    let turned = [0, 1].iter().fold(turned, |text, n| text.replace(&format!(r#"],"Count":{n}}}"#), "]}"));
    let mut hashes = Vec::new();
    let capital = wrapped.replace(r#"{"value":["#, r#"{"Value":["#);
    for text in [
        plain.clone(),
        capital,
        format!("[{wrapped}]"),
        format!(r#"{{"value":[{wrapped}],"Count":1}}"#),
        turned,
    ] {
        let (report, memory) = one(text.as_bytes());
        assert_eq!((report.read, report.kept), (1, 1), "{text}: {:?}", reasons(&memory));
        let event = &memory.audit[0];
        let targets: Vec<_> = event.targets.iter().map(|t| (t.id.as_deref(), t.kind.as_deref(), t.upn.as_deref())).collect();
        assert_eq!(
            targets,
            [(Some("t1"), Some("User"), Some("bo@corp.example")), (Some("g1"), Some("Group"), None)],
            "{text}"
        );
        assert_eq!(event.targets[0].modified[0].new.as_deref(), Some("\"g1\""));
        assert_eq!(event.details[0].value.as_deref(), Some("v"));
        hashes.push(event.content_hash.clone());
    }
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "one content: {hashes:?}");
    // One object where a list belongs stays a list of one, also when it has a member called value.
    let single = plain.replace(r#"[{"Key":"k","Value":"v"}]"#, r#"{"value":"v","key":"k"}"#);
    assert_eq!(one(single.as_bytes()).1.audit[0].details[0].key.as_deref(), Some("k"));
    // What the shell cut at its depth is no list.
    let cut = wrapped.replace(&wrap(&[r#"{"Key":"k","Value":"v"}"#]), r#"{"value":"System.Object[]","Count":1}"#);
    let (report, memory) = one(format!("[{cut},{plain}]").as_bytes());
    assert_eq!((report.kept, report.rejected), (1, 1), "{:?}", reasons(&memory));
}

#[test]
fn lists_within_an_object_are_wrapped_too() {
    let wrap = |items: &str, count: usize| format!(r#"{{"value":[{items}],"Count":{count}}}"#);
    let member = r##"{"Id":"u1","AdditionalProperties":{"@odata.type":"#microsoft.graph.user","displayName":"Ana"}}"##;
    let group = format!(
        r#"[{{"Id":"{GROUP}","DisplayName":"G","GroupTypes":{},"SecurityEnabled":true,"MailEnabled":false,"Members":{}}}]"#,
        wrap(r#""Unified""#, 1),
        wrap(member, 1)
    );
    let (report, memory) = one(group.as_bytes());
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
    assert_eq!(memory.table("groups")[0]["group_types"][0], "Unified");
    assert_eq!(memory.table("memberships")[0]["member_id"], "u1");
    let stages = wrap(
        r##"{"primaryApprovers":{"value":[{"@odata.type":"#microsoft.graph.singleUser","userId":"u2"}],"Count":1}}"##,
        1,
    );
    let policy = format!(
        r#"{{"Id":"x","DisplayName":"X","AllowedTargetScope":"notSpecified","RequestApprovalSettings":{{"IsApprovalRequiredForAdd":true,"Stages":{stages}}}}}"#
    );
    let (_, memory) = one(policy.as_bytes());
    assert_eq!(memory.table("policies")[0]["stages"][0]["approvers"][0], "singleUser:u2");
}

#[test]
fn the_stream_of_a_sign_in_may_be_wrapped() {
    let text = r#"[{"Id":"s1","CreatedDateTime":"2026-03-06T10:00:00Z","UserPrincipalName":"ana@corp.example","UserId":"u1","AppId":"a","ClientAppUsed":"Browser",
        "Status":{"ErrorCode":0},"SignInEventTypes":{"Value":["nonInteractiveUser"],"Count":1},
        "AppliedConditionalAccessPolicies":{"value":[{"Id":"p1","Result":"success"}],"Count":1}}]"#;
    let (report, memory) = one(text.as_bytes());
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
    assert_eq!(memory.sign_ins[0].stream, "nonInteractiveUser");
    assert_eq!(memory.sign_ins[0].applied_policies[0].id.as_deref(), Some("p1"));
}
