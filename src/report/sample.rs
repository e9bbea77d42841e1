//! An invented review for tests: sixty people, fourteen checks, hostile names, gaps and rejects.

use crate::lake::records::{Snapshot, Source};
use crate::ledger::AccessModel;
use crate::ledger::access_model::{Covered, PackageFacts, PackageRole, Person, PolicyFacts, ReviewDecision};
use crate::model::time::DAY;
use crate::model::{
    AssignmentId, Certainty, CheckId, EntitlementKey, Finding, GrantKind, Holding, Instant, PackageId, PolicyId, PrincipalId, PrincipalState, RequestId,
    Severity, Verdict, Window,
};
use crate::report::columns::Forms;
use crate::report::{Audience, CheckSummary, Cover, RejectLine, Review, ThresholdLine, TrendPoint};
use std::collections::BTreeMap;

pub const MARKUP: &str = "<img src=x onerror=alert(1)>";
pub const FORMULA: &str = "=cmd|' /C calc'!A0";
pub const TURNED: &str = "rotartsinimda\u{202e}\u{200b} reader";

const CHECKS: [(&str, &str, Severity, &str); 14] = [
    ("APR-01", "The requester also approved", Severity::High, "separation of duties"),
    ("APR-03", "A policy asks nobody for approval", Severity::Medium, "approval"),
    ("EXP-01", "Access without an end", Severity::Medium, "time-bound access"),
    ("EXP-05", "Access outlived its end", Severity::High, "removal"),
    ("JUS-01", "No reason was given", Severity::Medium, "justification"),
    ("JUS-02", "A reason that says nothing", Severity::Low, "justification"),
    ("EXC-01", "Access granted around the package", Severity::High, "one way in"),
    ("SEG-01", "A guest holds a package meant for employees", Severity::Medium, "separate packages"),
    ("ORP-02", "A leaver still holds access", Severity::High, "leavers"),
    ("CAP-03", "An application let people in with one factor", Severity::High, "least privilege"),
    ("REV-01", "No review looks at the access", Severity::Medium, "recertification"),
    ("SEG-05", "Two packages that should not meet", Severity::High, "separation of duties"),
    ("STA-01", "Access that was never used", Severity::Medium, "use it or lose it"),
    ("STA-02", "Access that is no longer used", Severity::Medium, "use it or lose it"),
];
const FIRST: [&str; 12] = ["Ana", "Bo", "Chidi", "Dara", "Elif", "Femi", "Gita", "Hugo", "Ines", "Jun", "Kaja", "Liam"];
const LAST: [&str; 5] = ["Ruiz", "Lindqvist", "Okafor", "Nakamura", "O'Hara"];
const PACKAGES: [&str; 16] = [
    "Payroll run",
    "Treasury payments",
    "Customer data warehouse",
    "Production support",
    "Sales pipeline",
    "Source code of the trading platform",
    "HR records",
    "Badge system",
    "Data science workbench",
    "Marketing assets",
    "Legal matters",
    "Board papers",
    "Network operations",
    "Vendor onboarding",
    "Travel desk",
    MARKUP,
];

pub fn as_of() -> Instant {
    Instant::parse("2026-06-30T00:00:00Z").expect("a time")
}

pub fn days_ago(days: i64) -> Instant {
    as_of().plus(-days * DAY)
}

pub fn name(n: usize) -> String {
    match n {
        7 => MARKUP.into(),
        19 => FORMULA.into(),
        23 => TURNED.into(),
        _ => format!("{}.{}@corp.example", FIRST[n % 12], LAST[n % 5]).to_lowercase(),
    }
}

fn guid(kind: u8, n: usize) -> String {
    format!("{kind:08x}-0000-4000-8000-{n:012x}")
}

pub fn holding(n: usize) -> Holding {
    let age = [12, 45, 120, 200, 300, 410, 600, 900][n % 8] + i64::try_from(n).unwrap_or(0) % 9;
    let from = days_ago(age);
    let over = n.is_multiple_of(11);
    let endless = n % 4 == 1;
    let end = days_ago(5);
    Holding {
        principal: PrincipalId::new(&guid(1, n % 60)),
        principal_name: name(n % 60).into(),
        principal_type: if n % 60 == 9 { "guest" } else { "user" }.into(),
        entitlement: EntitlementKey::package(&guid(2, n * 7 % 16)),
        entitlement_name: PACKAGES[n * 7 % 16].into(),
        held_from: Some(from),
        held_until: over.then_some(end),
        from_certainty: if n.is_multiple_of(6) { Certainty::Bounded } else { Certainty::Exact },
        until_certainty: if over { Certainty::Exact } else { Certainty::Open },
        from_earliest: Some(from.plus(if n.is_multiple_of(6) { -9 * DAY } else { 0 })),
        from_latest: Some(from),
        until_earliest: over.then_some(end),
        until_latest: over.then_some(end),
        proved: vec![Window {
            from,
            until: if over { end } else { as_of().plus(1) },
        }],
        scheduled_until: (!over && !endless).then(|| as_of().plus(60 * DAY)),
        no_expiration: endless,
        last_seen: Some(days_ago(1)),
        assignment_state: "active",
        path: PACKAGES[n * 7 % 16].into(),
        grant_kind: if n.is_multiple_of(5) {
            GrantKind::AdminDirect
        } else {
            GrantKind::UserRequest
        },
        partially_delivered: false,
        whole_since: None,
        requested_by: Some(PrincipalId::new(&guid(1, n % 60))),
        on_behalf_of: None,
        granted_by: "Entitlement Management".into(),
        approved_by: if n.is_multiple_of(5) { Vec::new() } else { vec![name(n * 3 % 60).into()] },
        decisions: Vec::new(),
        justification: (!n.is_multiple_of(7)).then(|| format!("I need this for project secret-{n}").into()),
        ended_by: "".into(),
        end_reason: if over { "expired" } else { "" }.into(),
        principal_state: if n % 60 == 14 { PrincipalState::Disabled } else { PrincipalState::Active },
        principal_state_since: None,
        assignment: Some(AssignmentId::new(&guid(3, n))),
        request: Some(RequestId::new(&guid(4, n))),
        policy: Some(PolicyId::new(&guid(5, n % 16))),
        evidence: vec![format!("assignments:{}", guid(3, n)).into(), format!("audit_events:Directory_{n}").into()],
    }
}

fn person(n: usize) -> (PrincipalId, Person) {
    let facts = Person {
        upn: name(n).into(),
        guest: n == 9,
        enabled: Some(n != 14),
        department: ["Finance", "Engineering", "Sales", "People and culture", MARKUP, ""][n % 6].into(),
        ..Person::default()
    };
    (PrincipalId::new(&guid(1, n)), facts)
}

fn package(n: usize) -> (PackageId, PackageFacts) {
    let facts = PackageFacts {
        name: PACKAGES[n].into(),
        description: "What the team needs from its first day".into(),
        roles: vec![PackageRole {
            kind: "group".into(),
            resource: guid(6, n),
            resource_name: format!("sec-{n}"),
            role: "Member".into(),
            ..PackageRole::default()
        }],
        policies: vec![PolicyId::new(&guid(5, n))],
        sensitive_because: if n == 0 { "its name: payroll".into() } else { String::new() },
        ..PackageFacts::default()
    };
    (PackageId::new(&guid(2, n)), facts)
}

fn policy(n: usize) -> (PolicyId, PolicyFacts) {
    let facts = PolicyFacts {
        name: format!("Employees {n}"),
        package: Some(PackageId::new(&guid(2, n))),
        approval_required: Some(!n.is_multiple_of(3)),
        expiration_type: if n.is_multiple_of(4) { "noExpiration" } else { "afterDuration" }.into(),
        ..PolicyFacts::default()
    };
    (PolicyId::new(&guid(5, n)), facts)
}

/// One reviewer keeps all within seconds, the others take their time.
fn decision(n: usize) -> ReviewDecision {
    let reviewer = [2, 2, 7, 11][n % 4];
    let pace = if reviewer == 2 { 2 } else { 45 };
    ReviewDecision {
        id: format!("d{n}").into(),
        decision: if reviewer != 2 && n.is_multiple_of(3) { "Deny" } else { "Approve" }.into(),
        reviewed_at: Some(days_ago(20).plus(i64::try_from(n).unwrap_or(0) * pace * crate::model::time::SECOND)),
        reviewer: Some(PrincipalId::new(&guid(1, reviewer))),
        ..ReviewDecision::default()
    }
}

pub fn finding(check: CheckId, result: Verdict, severity: Severity, n: usize) -> Finding {
    let h = holding(n);
    Finding {
        check,
        result,
        severity,
        subject_kind: "principal".into(),
        subject_id: h.principal.to_string(),
        subject_name: h.principal_name.to_string(),
        object_kind: "access_package".into(),
        object_id: h.entitlement.id.to_string(),
        object_name: h.entitlement_name.to_string(),
        assignment_id: guid(3, n),
        request_id: String::new(),
        from: h.held_from,
        until: h.held_until,
        reason: if result == Verdict::NotEvaluable { "outside_retention" } else { "observed" }.into(),
        message: match result {
            Verdict::NotEvaluable => "The sign-in log begins 92 days ago and the grant is older; older sign-ins from the archive would answer it.".into(),
            _ => format!(
                "{} holds {} for {} days; the limit is 90.",
                h.principal_name,
                h.entitlement_name,
                as_of().days_since(h.held_from.unwrap_or_default())
            ),
        },
        controls: vec!["NIST SP 800-53 r5 AC-2(3)".into(), "ISO/IEC 27001:2022 A.5.18".into()],
        evidence: h.evidence.iter().map(ToString::to_string).collect(),
        covers: Vec::new(),
        fingerprint: format!("{n:032x}"),
        clears_when: "The access ends, or its owner accepts it until a date.".into(),
    }
}

/// What a review borrows.
pub struct Sample {
    pub findings: Vec<Finding>,
    pub access: AccessModel,
    pub sources: Vec<Source>,
    pub snapshots: Vec<Snapshot>,
}

impl Sample {
    pub fn new() -> Self {
        let mut findings = Vec::new();
        for n in 0..40 {
            let (id, _, severity, _) = CHECKS[[0, 2, 2, 2, 3, 4, 5, 2, 8, 12, 12, 6, 9, 2, 12][n % 15]];
            let severity = if id == "EXP-01" && n % 3 == 0 { Severity::Low } else { severity };
            let verdict = if n % 13 == 5 { Verdict::Exception } else { Verdict::Finding };
            findings.push(finding(CheckId::new(id), verdict, severity, n));
        }
        findings.extend((40..47).map(|n| finding(CheckId::new("STA-02"), Verdict::NotEvaluable, Severity::Medium, n)));
        let day = |from, until| Window {
            from: days_ago(from),
            until: days_ago(until),
        };
        let coverage = BTreeMap::from([
            (
                "audit".to_string(),
                Covered {
                    any: vec![day(400, 0)],
                    attested: vec![day(320, 0)],
                    proven: vec![day(200, 0)],
                    gaps: vec![(Some(day(150, 141)), "three hours a day are missing from the export".into())],
                },
            ),
            (
                "sign_ins:interactiveUser".to_string(),
                Covered {
                    any: vec![day(92, 0)],
                    attested: vec![day(92, 0)],
                    proven: vec![],
                    gaps: vec![],
                },
            ),
            (
                "sign_ins:nonInteractiveUser".to_string(),
                Covered {
                    any: vec![day(60, 2)],
                    attested: vec![],
                    proven: vec![],
                    gaps: vec![(None, "2 records without a time".into())],
                },
            ),
        ]);
        let source = |n: i64, path: &str| Source {
            sha256: format!("{:064x}", 0x5eed + n),
            path: path.into(),
            bytes: 10_000 * n,
            format: "audit events, JSON lines".into(),
            read: 1_200 * n + 14,
            kept: 1_200 * n,
            duplicate: 9,
            rejected: 3,
            unmapped: 2,
            observed_at: None,
            dated_by: None,
            conflicting: 0,
            note: None,
        };
        let look = |n: i64| Snapshot {
            tenant_id: "t".into(),
            id: format!("s{n}"),
            collection: if n % 2 == 0 { "assignments" } else { "users" }.into(),
            scope: "tenant".into(),
            observed_at: days_ago(n * 13 + 1),
            observed_from: days_ago(n * 13 + 1),
            rows: 100,
            complete: if n % 5 == 4 { "no" } else { "proven" }.into(),
            dated_by: "path".into(),
            reason: (n % 5 == 4).then(|| "the last page is missing".into()),
        };
        Self {
            findings,
            access: AccessModel {
                as_of: as_of(),
                holdings: (0..180).map(holding).collect(),
                coverage,
                people: (0..60).map(person).collect(),
                packages: (0..16).map(package).collect(),
                policies: (0..16).map(policy).collect(),
                review_decisions: (0..200).map(decision).collect(),
                unknown_activities: vec![("Bulk remove members".into(), 12), (TURNED.into(), 1)],
                ..AccessModel::default()
            },
            sources: vec![
                source(3, "export/audit/2026-06.jsonl.gz"),
                source(1, "export/audit/2026-05.jsonl.gz"),
                source(2, MARKUP),
            ],
            snapshots: (0..20).map(look).collect(),
        }
    }

    pub fn review(&self) -> Review<'_> {
        let of = |id: &str| self.findings.iter().filter(|f| f.check.as_str() == id).count();
        let summary = |(id, title, severity, practice): &(&str, &str, Severity, &str)| {
            CheckSummary {
            id: (*id).into(), title: (*title).into(), severity: *severity, practice: (*practice).into(),
            what_to_do: "Ask the owner of the package whether the access is still needed. If it is, have it requested again with an end; if it is not, remove the assignment.".into(),
            controls: "NIST SP 800-53 r5 AC-2(3), AC-6(7); ISO/IEC 27001:2022 A.5.18; SOC 2 CC6.3".into(),
            passed: 120, population: 120 + of(id),
        }
        };
        let threshold = |name: &str, value, checks: &str| ThresholdLine {
            name: name.into(),
            value,
            unit: "days".into(),
            origin: "default".into(),
            checks: checks.into(),
        };
        let reject = |path: &str, verdict: &str, reason: &str, count| RejectLine {
            path: path.into(),
            verdict: verdict.into(),
            reason: reason.into(),
            count,
        };
        Review {
            tenant: "5f0c3f0e-6a52-4f5e-9c0f-2a8f4a2f7d11",
            commit: "00000000000000000042-9f31c0",
            as_of: as_of(),
            profile: "default",
            period: Window {
                from: days_ago(365),
                until: as_of(),
            },
            findings: &self.findings,
            checks: CHECKS.iter().map(summary).collect(),
            thresholds: vec![
                threshold("stale_never_used", 30, "STA-01"),
                threshold("stale_unused", 90, "STA-02"),
                threshold("look_back", 365, "APR-01, APR-03, JUS-01, JUS-02"),
            ],
            access: &self.access,
            sources: &self.sources,
            snapshots: &self.snapshots,
            rejects: vec![
                reject("export/audit/2026-06.jsonl.gz", "rejected", "no time that can be read", 5),
                reject(MARKUP, "unmapped", "no table takes a 'riskDetection'", 4),
            ],
            trend: (0..4)
                .map(|n| TrendPoint {
                    at: days_ago(90 - 30 * n),
                    found: [usize::try_from(n).unwrap_or(0) * 4, 20, 6, 0],
                    not_evaluable: 9,
                    held: 120,
                })
                .collect(),
            campaigns: &[],
            audience: Audience::default(),
            forms: Forms::default(),
            cover: Cover::default(),
        }
    }
}

#[test]
fn every_check_of_the_sample_exists() {
    for (id, ..) in CHECKS {
        assert!(crate::check::by_id(id).is_ok(), "{id} is in the sample and in no catalogue");
    }
}
