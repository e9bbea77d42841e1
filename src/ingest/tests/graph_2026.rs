//! A record of every documented kind of Graph as it is in 2026, in v1.0 and beta spelling: read as documented, or counted by name.

use super::{ingest_files, one, page, reasons, sink};
use serde_json::{Value, json};

/// Gaps of a text that speak of words, without the name of the file.
fn strange(text: &str) -> Vec<String> {
    let files: [(&str, &[u8]); 1] = [("2026-03-31/x.json", text.as_bytes())];
    let (report, _) = ingest_files(&files, &sink::options()).expect("an ingest");
    let told = |reason: &str| reason.split_once(": ").map(|(_, rest)| rest.to_string());
    report.gaps.iter().filter_map(|g| told(g.reason.as_deref()?)).collect()
}

fn row(text: &str, table: &str) -> Value {
    let (_, memory) = one(text.as_bytes());
    let rows = memory.table(table);
    assert!(!rows.is_empty(), "no {table}: {:?}\n{text}", reasons(&memory));
    rows[0].clone()
}

fn role(origin_system: &str, origin_id: &str, more: &str) -> String {
    format!(
        r#"{{"id":"P1","displayName":"x","isHidden":false,"resourceRoleScopes":[{{"id":"S1","role":{{"id":"L1","displayName":"r","originSystem":"{origin_system}","originId":"{origin_id}"{more}}},"scope":{{"id":"Z1","originSystem":"{origin_system}","originId":"R1","displayName":"Root"}}}}]}}"#
    )
}

#[test]
fn every_kind_of_package_content_is_known_or_counted() {
    for (system, id, more) in [
        ("AadGroup", "Member_R1", ""),
        ("AadGroup", "Owner_R1", r#","type":"active""#),
        ("AadGroup", "EligibleMember_00", r#","type":"eligible""#),
        ("AadGroup", "EligibleOwner_00", r#","type":"eligible""#),
        ("AadApplication", "7b0c", r#","type":"application""#),
        ("AadApplication", "7b0c", r#","type":"delegated""#),
        ("SharePointOnline", "4", ""),
        ("DirectoryRole", "Eligible", r#","type":"eligible""#),
        ("DirectoryRole", "Active", r#","type":"active""#),
    ] {
        let v1 = role(system, id, more);
        assert_eq!(strange(&v1), Vec::<String>::new(), "{system} {id}");
        let beta = v1
            .replace("resourceRoleScopes", "accessPackageResourceRoleScopes")
            .replace(r#""role":"#, r#""accessPackageResourceRole":"#)
            .replace(r#""scope":"#, r#""accessPackageResourceScope":"#);
        assert_eq!(strange(&beta), Vec::<String>::new(), "beta {system} {id}");
        let (a, b) = (row(&v1, "resource_roles"), row(&beta, "resource_roles"));
        for column in ["origin_system", "role_origin_id", "resource_id", "role_type"] {
            assert_eq!(a[column], b[column], "{system} {id}: {column}");
        }
    }
    let kept = row(&role("AzureRoles", "Reader", ""), "resource_roles");
    assert_eq!(kept["origin_system"], "AzureRoles", "kept as it is written");
    let told = strange(&role("AzureRoles", "Reader", ""));
    assert_eq!(
        told,
        [
            "1 record has role.originSystem 'AzureRoles', which this version does not know",
            "1 record has scope.originSystem 'AzureRoles', which this version does not know"
        ]
    );
    let future = strange(&role("AadGroup", "Member_R1", r#","type":"unknownFutureValue""#));
    assert!(future[0].contains("Prefer: include-unknown-enum-members"), "{future:?}");
}

fn policy(scope: &str, approver: &str, stage: &str) -> String {
    format!(
        r##"{{"id":"Q1","displayName":"x","allowedTargetScope":"{scope}","specificAllowedTargets":[{{"@odata.type":"#microsoft.graph.{approver}","membershipRule":"(user.x -eq 1)"}}],"expiration":{{"type":"noExpiration"}},"automaticRequestSettings":{{"requestAccessForAllowedTargets":true,"removeAccessWhenTargetLeavesAllowedTargets":true,"gracePeriodBeforeAccessRemoval":"P7D"}},"requestorSettings":{{"enableOnBehalfRequestorsToAddAccess":true,"onBehalfRequestors":[{{"@odata.type":"#microsoft.graph.targetManager","managerLevel":1}}]}},"requestApprovalSettings":{{"isApprovalRequiredForAdd":true,"stages":[{{"@odata.type":"#microsoft.graph.{stage}","durationBeforeAutomaticDenial":"P2D","isEscalationEnabled":true,"durationBeforeEscalation":"P1D","primaryApprovers":[],"escalationApprovers":[{{"@odata.type":"#microsoft.graph.{approver}","userId":"U1"}}]}}]}},"reviewSettings":null}}"##
    )
}

#[test]
fn every_subject_set_target_scope_and_stage_is_known_or_counted() {
    for set in [
        "singleUser",
        "singleServicePrincipal",
        "groupMembers",
        "connectedOrganizationMembers",
        "requestorManager",
        "internalSponsors",
        "externalSponsors",
        "targetManager",
        "targetUserSponsors",
        "targetApplicationOwners",
        "targetAgentIdentitySponsorsOrOwners",
        "attributeRuleMembers",
        "ruleBasedSubjectSet",
        "groupBasedSubjectSet",
    ] {
        assert_eq!(
            strange(&policy("notSpecified", set, "accessPackageApprovalStage")),
            Vec::<String>::new(),
            "{set}"
        );
    }
    for scope in [
        "specificDirectoryUsers",
        "allMemberUsers",
        "allDirectoryServicePrincipals",
        "allDirectoryAgentIdentities",
        "allExternalUsers",
    ] {
        assert_eq!(
            strange(&policy(scope, "singleUser", "accessPackageDynamicApprovalStage")),
            Vec::<String>::new(),
            "{scope}"
        );
    }
    let told = strange(&policy("allMoonDwellers", "moonPhase", "oracleStage"));
    let words: Vec<&str> = told.iter().filter_map(|t| t.split('\'').nth(1)).collect();
    assert_eq!(words, ["allMoonDwellers", "oracleStage", "moonPhase", "moonPhase"], "{told:?}");

    let kept = row(&policy("notSpecified", "singleUser", "accessPackageDynamicApprovalStage"), "policies");
    assert_eq!(kept["stages"][0]["kind"], "accessPackageDynamicApprovalStage");
    assert_eq!(kept["stages"][0]["escalations"], json!(["singleUser:u1"]));
    assert_eq!(kept["stages"][0]["escalates_after"], "P1D");
    assert_eq!((&kept["grace_period"], &kept["removes_who_leaves"]), (&json!("P7D"), &json!(true)));
    assert_eq!(kept["on_behalf"], json!(["targetManager:1"]));
}

#[test]
fn every_type_of_request_is_known_or_counted() {
    let request = |kind: &str| {
        format!(
            r#"{{"id":"R1","requestType":"{kind}","state":"delivered","answers":[],"accessPackage":{{"id":"P1"}},"requestor":{{"objectId":"U1","subjectType":"user"}}}}"#
        )
    };
    for kind in [
        "userAdd",
        "userUpdate",
        "userRemove",
        "adminAdd",
        "adminUpdate",
        "adminRemove",
        "systemAdd",
        "systemUpdate",
        "systemRemove",
        "onBehalfAdd",
        "approverRemove",
        "UserExtend",
    ] {
        // That the assignment of what an administrator asks was not expanded is another matter.
        let told: Vec<String> = strange(&request(kind)).into_iter().filter(|t| !t.starts_with("export with $expand")).collect();
        assert_eq!(told, Vec::<String>::new(), "{kind}");
    }
    let told = strange(&request("unknownFutureValue"));
    assert!(
        told[0].starts_with("1 record has requestType 'unknownFutureValue'; export with the header Prefer"),
        "{told:?}"
    );
    assert_eq!(
        strange(&request("aiRemove")),
        ["1 record has requestType 'aiRemove', which this version does not know"]
    );
}

#[test]
fn a_word_that_many_records_carry_is_counted_by_object() {
    let assignment = |n: u32| {
        let policy = policy("allMoonDwellers", "singleUser", "accessPackageApprovalStage");
        format!(r#"{{"id":"A{n}","state":"delivered","expiredDateTime":null,"target":{{"objectId":"U{n}"}},"assignmentPolicy":{policy}}}"#)
    };
    let rows: Vec<String> = (0..5).map(assignment).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    assert_eq!(
        strange(&page("identityGovernance/entitlementManagement/assignments", &rows)),
        ["1 record has allowedTargetScope 'allMoonDwellers', which this version does not know"],
        "five assignments carry one policy"
    );
}

const GROUP: &str = "119cc181-22f0-4e18-8537-264e7524ee0b";
const USER: &str = "5555556e-fce3-4e2d-b28e-4ac0c7d2fa10";

fn review(scope: &str, reviewer: &str) -> Value {
    let text = format!(
        r#"{{"id":"D1","displayName":"x","status":"InProgress","scope":{scope},"reviewers":[{reviewer}],"instanceEnumerationScope":null,"settings":{{"defaultDecision":"None","recurrence":{{"pattern":{{"type":"absoluteMonthly","interval":3}}}}}}}}"#
    );
    row(&page("identityGovernance/accessReviews/definitions", &[&text]), "review_definitions")
}

#[test]
fn a_review_says_the_same_with_a_query_and_without() {
    let by_query = |query: &str| format!(r##"{{"@odata.type":"#microsoft.graph.accessReviewQueryScope","query":"{query}","queryType":"MicrosoftGraph"}}"##);
    let by_members = |kind: &str, id: &str| {
        format!(r##"{{"@odata.type":"#microsoft.graph.accessReviewResourceScope","scopeType":"{kind}","resourceId":"{id}","displayName":"x"}}"##)
    };
    let person = format!(r#"{{"query":"/v1.0/users/{USER}","queryType":"MicrosoftGraph"}}"#);
    let person_by_id = format!(r#"{{"reviewerId":"{USER}","scopeType":"user"}}"#);
    for (query, scope) in [
        (format!("/groups/{GROUP}/transitiveMembers"), by_members("group", GROUP)),
        (
            format!("/v1.0/groups/{GROUP}/members/microsoft.graph.user/?$filter=(userType eq 'Guest')"),
            by_members("group", GROUP),
        ),
        (format!("/servicePrincipals/{GROUP}/appRoleAssignedTo"), by_members("servicePrincipal", GROUP)),
        (
            format!("/identityGovernance/entitlementManagement/catalogs/{GROUP}"),
            by_members("catalog", GROUP),
        ),
        (
            format!("/roleManagement/directory/roleAssignmentScheduleInstances?$filter=roleDefinitionId eq '{GROUP}'"),
            by_members("directoryRole", GROUP),
        ),
        (
            format!(
                "/v1.0/identityGovernance/entitlementManagement/accessPackageAssignments?$filter=(accessPackageId eq '{USER}' and assignmentPolicyId eq '{GROUP}' and catalogId eq '{USER}')"
            ),
            by_members("accessPackageAssignmentPolicy", GROUP),
        ),
    ] {
        let (a, b) = (review(&by_query(&query), &person), review(&scope, &person_by_id));
        assert_eq!((&a["scopes"], &a["reviewer_kinds"]), (&b["scopes"], &b["reviewer_kinds"]), "{query}");
        assert_eq!(a["reviewer_kinds"], json!([format!("user:{USER}")]));
    }
    let package = review(
        &format!(r##"{{"@odata.type":"#microsoft.graph.accessReviewAccessPackageAssignmentPolicyScope","accessPackageId":"{GROUP}","catalogId":"{USER}"}}"##),
        r#"{"query":"./manager","queryType":"MicrosoftGraph"}"#,
    );
    assert_eq!(
        (&package["scopes"], &package["reviewer_kinds"]),
        (&json!([format!("accessPackage:{GROUP}")]), &json!(["manager:"]))
    );
    // Many resources: the second one counts as the first does.
    let many = review(
        &format!(
            r##"{{"@odata.type":"#microsoft.graph.principalResourceMembershipsScope","principalScopes":[],"resourceScopes":[{},{}]}}"##,
            by_members("group", GROUP),
            by_members("catalog", USER)
        ),
        &person,
    );
    assert_eq!(many["scopes"], json!([format!("catalog:{USER}"), format!("group:{GROUP}")]));
}

#[test]
fn reviews_of_catalogs_are_a_collection_of_their_own() {
    let definition = r#"{"id":"D1","displayName":"x","status":"InProgress","scope":{},"reviewers":[],"settings":{}}"#;
    let files: [(&str, &[u8]); 2] = [
        ("2026-03-31/a.json", &page("identityGovernance/accessReviews/definitions", &[]).into_bytes()),
        (
            "2026-03-31/b.json",
            &page("identityGovernance/accessReviews/unified/definitions", &[definition]).into_bytes(),
        ),
    ];
    let (_, memory) = ingest_files(&files, &sink::options()).expect("an ingest");
    let scopes: Vec<&str> = memory.snapshots.iter().map(|s| s.scope.as_str()).collect();
    assert_eq!(scopes.len(), 2);
    assert!(scopes.contains(&"tenant") && scopes.contains(&"unified"), "{scopes:?}");
    let decision = r##"{"id":"X1","accessReviewId":"I1","decision":"Deny","applyResult":"PartialSuccess","principal":{"@odata.type":"#microsoft.graph.userIdentity","id":"U1"},"resource":{"@odata.type":"#microsoft.graph.accessReviewInstanceDecisionItemCustomDataProvidedResource","id":"C1"}}"##;
    let kept = row(&page("identityGovernance/accessReviews/unified/decisions", &[decision]), "review_decisions");
    assert_eq!(
        (&kept["instance_id"], &kept["resource_kind"]),
        (&json!("i1"), &json!("customDataProvidedResource"))
    );
}

#[test]
fn every_kind_of_resource_under_review_is_known_or_counted() {
    let decision = |resource: &str| {
        format!(
            r##"{{"id":"X1","accessReviewId":"I1","decision":"Approve","recommendation":"Approve","applyResult":"New","principal":{{"@odata.type":"#microsoft.graph.servicePrincipalIdentity","id":"U1"}},"resource":{{{resource}}},"permission":{{"id":"8f","displayName":"Reader"}},"principalResourceMembership":{{"membershipType":"indirect"}}}}"##
        )
    };
    let of = |kind: &str| format!(r##""@odata.type":"#microsoft.graph.accessReviewInstanceDecisionItem{kind}Resource","id":"R1""##);
    for (kind, expected) in [
        ("ServicePrincipal", "ServicePrincipal"),
        ("AzureRole", "AzureRole"),
        ("AccessPackageAssignmentPolicy", "AccessPackageAssignmentPolicy"),
        ("CustomDataProvided", "customDataProvidedResource"),
    ] {
        let text = decision(&of(kind));
        assert_eq!(strange(&text), Vec::<String>::new(), "{kind}");
        assert_eq!(row(&text, "review_decisions")["resource_kind"], expected);
    }
    for kind in ["group", "Group", "directoryRole", "azureRole"] {
        let text = decision(&format!(r#""id":"R1","type":"{kind}""#));
        assert_eq!(strange(&text), Vec::<String>::new(), "{kind}");
    }
    let told = strange(&decision(&of("Moon")));
    assert!(told[0].contains("accessReviewInstanceDecisionItemMoonResource"), "{told:?}");
    let kept = row(
        &decision(r#""id":"R1","type":"servicePrincipal","appRoleId":"9A","appRoleDisplayName":"Writer""#),
        "review_decisions",
    );
    assert_eq!(
        (&kept["role_id"], &kept["role_name"], &kept["membership"], &kept["principal_kind"]),
        (&json!("9a"), &json!("Writer"), &json!("indirect"), &json!("servicePrincipalIdentity"))
    );
}

#[test]
fn agents_are_service_principals_and_their_accounts_are_no_people() {
    let agent = r##"{"@odata.type":"#microsoft.graph.agentIdentity","id":"G1","displayName":"Clerk","appId":"X1","accountEnabled":false,"servicePrincipalType":"ServiceIdentity","agentIdentityBlueprintId":"B1","sponsors":[{"@odata.type":"#microsoft.graph.user","id":"U1"}]}"##;
    for text in [
        agent.to_string(),
        page("servicePrincipals/microsoft.graph.agentIdentity", &[agent]),
        page(
            "servicePrincipals",
            &[&agent.replace(r##""@odata.type":"#microsoft.graph.agentIdentity","##, "")],
        ),
    ] {
        let kept = row(&text, "service_principals");
        assert_eq!((&kept["kind"], &kept["enabled"]), (&json!("ServiceIdentity"), &json!(false)), "{text}");
        let sponsor = row(&text, "memberships");
        assert_eq!(
            (
                &sponsor["relation"],
                &sponsor["container_kind"],
                &sponsor["container_id"],
                &sponsor["member_id"]
            ),
            (&json!("sponsor"), &json!("serviceprincipal"), &json!("g1"), &json!("u1"))
        );
    }
    let listed = page(
        "servicePrincipals('g1')/microsoft.graph.agentIdentity/sponsors",
        &[r##"{"@odata.type":"#microsoft.graph.user","id":"U1","displayName":"Ana"}"##],
    );
    assert_eq!(row(&listed, "memberships")["id"], "sponsor/g1/u1");
    let account = r##"{"@odata.type":"#microsoft.graph.agentUser","id":"U9","displayName":"Clerk","userPrincipalName":"clerk@corp.example","userType":"Member","accountEnabled":true,"identityParentId":"G1"}"##;
    assert_eq!(row(account, "users")["agent"], true);
    assert_eq!(row(&page("users", &[account]), "users")["agent"], true);
    let person = r#"{"id":"U1","userPrincipalName":"ana@corp.example","accountEnabled":true}"#;
    assert_eq!(row(person, "users")["agent"], Value::Null);
    // In the members of a group an agent is what it is.
    let member = page("groups('x1')/members", &[r##"{"@odata.type":"#microsoft.graph.agentIdentity","id":"G1"}"##]);
    assert_eq!(row(&member, "memberships")["member_kind"], "serviceprincipal");
}

#[test]
fn a_sign_in_of_an_agent_says_so() {
    let sign_in = |agent: &str| {
        format!(
            r#"{{"id":"S1","createdDateTime":"2026-03-01T10:00:00Z","userId":"U1","appId":"A1","appDisplayName":"x","isInteractive":false,"conditionalAccessStatus":"success"{agent}}}"#
        )
    };
    let kind = |text: &str| one(text.as_bytes()).1.sign_ins[0].agent_type.clone();
    assert_eq!(
        kind(&sign_in(r#","agent":{"agentType":"agenticAppInstance","agentSubjectType":"x"}"#)).as_deref(),
        Some("agenticAppInstance")
    );
    assert_eq!(kind(&sign_in(r#","agent":{"agentType":"notAgentic"}"#)), None);
    assert_eq!(kind(&sign_in("")), None);
    let (_, memory) = one(sign_in(r#","agent":{"agentType":"agenticApp","agentSubjectParentId":"P"}"#).as_bytes());
    assert!(
        memory.sign_ins[0].extra.as_deref().is_some_and(|e| e.contains("agentSubjectParentId")),
        "kept whole"
    );
}

#[test]
fn people_who_are_invited_are_told_and_are_no_missing_expansion() {
    let assignment = r#"{"id":"A1","state":"delivering","expiredDateTime":null,"target":{"id":"S1","email":"new@partner.example","subjectType":"user"}}"#;
    let told = strange(assignment);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("by a mail address only"), "{told:?}");
    let unexpanded = r#"{"id":"A1","state":"delivered","expiredDateTime":null}"#;
    assert!(strange(unexpanded)[0].contains("$expand=target") || strange(unexpanded).iter().any(|t| t.contains("$expand=target")));
}

#[test]
fn what_a_package_lists_without_an_id_is_told() {
    let text = r#"{"id":"P1","displayName":"x","isHidden":false,"resourceRoleScopes":[null,{"role":{"originSystem":"AadGroup","originId":"Member_1"}},{"id":"S1","role":null,"scope":null}]}"#;
    assert_eq!(
        strange(text),
        [
            "2 items of expanded lists that belong to resource_roles have no id",
            "export with $expand=resourceRoleScopes($expand=role,scope)",
        ]
    );
}
