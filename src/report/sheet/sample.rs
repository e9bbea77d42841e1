//! An invented sheet for tests: sixty items, hostile names, every kind of context.

use crate::campaign::{
    CampaignId, Choice, Context, Decision, Item, ItemFinding, Recommendation, Reviewer, ReviewerKey, Risk, Sheet, SheetHead, SheetItem, model, sheet,
};
use crate::model::{EntitlementKind, Instant};

/// Names that attack HTML, spreadsheets, terminals and eyes.
pub const HOSTILE: [&str; 6] = [
    "<img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "rotartsinimda\u{202e}\u{200b} reader",
    "Bo\u{1b}[2J\u{1b}]0;owned\u{7}",
    "</script><script>alert(1)</script>",
    "'=already, \"quoted\"\nand two lines",
];

/// The instant of a text.
pub fn at(text: &str) -> Instant {
    Instant::parse(text).expect("a time")
}

fn item(n: usize, campaign: &CampaignId) -> Item {
    let people = ["Ana Ruiz", "Bo Lindqvist", "Chidi Okafor", "Dara Nakamura", "Elif O'Hara", "Zoë Žižek"];
    let name = HOSTILE.get(n).map_or(people[n % 6], |h| h);
    let package = [
        "Payroll run",
        "Treasury payments",
        "Customer data warehouse",
        "Production support",
        "Travel desk",
    ][n % 5];
    let (principal, entitlement) = (format!("00000001-0000-4000-8000-{n:012x}"), format!("00000002-0000-4000-8000-{:012x}", n % 5));
    let assignment = format!("00000003-0000-4000-8000-{n:012x}");
    Item {
        id: Item::make_id(campaign, &principal, "access_package", &entitlement, &assignment),
        principal_id: principal,
        principal_name: name.into(),
        principal_type: if n % 9 == 4 { "guest" } else { "user" }.into(),
        entitlement_kind: EntitlementKind::AccessPackage,
        entitlement_id: entitlement,
        entitlement_name: package.into(),
        assignment_id: assignment,
        assignment_state: "active".into(),
        held_from: Some(at("2025-11-03T09:00:00Z")),
        scheduled_until: None,
        policy_id: String::new(),
        sensitive: n % 5 < 2,
        risk: if n < 8 {
            Risk::High
        } else if n < 24 {
            Risk::Medium
        } else {
            Risk::Low
        },
        recommendation: match n {
            0..8 => Recommendation::Revoke,
            8..24 => Recommendation::None,
            _ => Recommendation::Keep,
        },
        reviewer: ReviewerKey::new("maya.ferrari"),
        second: None,
        findings: Vec::new(),
        disclosed: Vec::new(),
        second_disclosed: Vec::new(),
        delivered_by: Vec::new(),
        delivers: Vec::new(),
    }
}

fn context(n: usize, item: &Item) -> Context {
    let found = ItemFinding {
        check: "STA-02".into(),
        title: "Access has not been used lately".into(),
        severity: "high".into(),
        message: format!("{} has not used {} for 211 days; the limit is 90.", item.principal_name, item.entitlement_name),
    };
    Context {
        item: item.id.clone(),
        path: format!("{} via Finance (nested in All finance)", item.entitlement_name),
        since: "since 2025-11-03".into(),
        current_end: if n.is_multiple_of(3) { "no end" } else { "until 2026-12-31" }.into(),
        grant_kind: "user_request".into(),
        granted_by: "approved by Liam Ruiz on 2025-11-03".into(),
        justification_given: ["month-end close", "need it", "cover for Bo during parental leave until March", ""][n % 4].into(),
        last_use: if n < 8 { "211 days ago, on 2025-12-01" } else { "3 days ago, on 2026-06-27" }.into(),
        peers: "2 of 14 people in Finance have it.".into(),
        findings: if n < 8 { vec![found] } else { Vec::new() },
        removal: "Takes away the role Member of the group Payroll operators, and nothing else grants it.".into(),
        recommendation_reason: if n < 8 {
            "It was not used for 211 days."
        } else {
            "It was used three days ago."
        }
        .into(),
        sensitive_because: if item.sensitive { "moves money" } else { "" }.into(),
        department: "Finance".into(),
        previous_decision: if n.is_multiple_of(2) {
            "kept by Maya Ferrari on 2026-03-12: month-end close"
        } else {
            ""
        }
        .into(),
        reviewer_because: format!("manager of {}", item.principal_name),
        holder_name: "Ana Ruiz".into(),
        holder_title: "Payroll accountant".into(),
        holder_manager: "Maya Ferrari".into(),
        description: "Runs the payroll of all companies".into(),
        second_because: String::new(),
    }
}

/// A sheet of so many items in batches of eight; the second was decided before.
pub fn sheet(items: usize) -> Sheet {
    let campaign = CampaignId::new("q2-2026-1a2b3c4d");
    let all: Vec<Item> = (0..items).map(|n| item(n, &campaign)).collect();
    let population_sha256 = model::population_hash(&all);
    let identities: Vec<Vec<String>> = all.iter().map(|i| i.identity().iter().map(ToString::to_string).collect()).collect();
    let hash = sheet::sheet_hash(campaign.as_str(), &population_sha256, "maya.ferrari", 1, &identities);
    let before = Decision {
        choice: Choice::Exception,
        justification: "=1+1 is not a formula here".into(),
        until: Some(at("2026-12-31T00:00:00Z")),
    };
    let row = |(n, item): (usize, Item)| SheetItem {
        context: context(n, &item),
        batch: n / 8 + 1,
        justify: if n < 8 {
            vec![Choice::Keep, Choice::Modify, Choice::Exception]
        } else {
            vec![Choice::Exception]
        },
        disclosed: Vec::new(),
        first: None,
        decision: (n == 1).then(|| before.clone()),
        item,
    };
    Sheet {
        head: SheetHead {
            campaign,
            name: "Quarterly review Q2 2026".into(),
            tenant: "11111111-2222-4333-8444-555555555555".into(),
            commit: "c".repeat(64),
            as_of: at("2026-06-30T00:00:00Z"),
            opened_at: at("2026-07-01T08:00:00Z"),
            due_at: at("2026-07-15T16:00:00Z"),
            population: 1_249,
            population_sha256,
            silence: "If you do not respond, it is escalated to your manager.".into(),
            justification_asked: "A reason is required to grant a temporary exception, to keep sensitive access.".into(),
            reasons_for: vec!["to grant a temporary exception", "to keep sensitive access"],
            zone: "Europe/Berlin".into(),
        },
        reviewer: Reviewer {
            key: ReviewerKey::new("maya.ferrari"),
            principal_id: "00000001-0000-4000-8000-0000000000ff".into(),
            name: "Maya Ferrari".into(),
            mail: "maya.ferrari@corp.example".into(),
            manager_id: String::new(),
        },
        language: crate::campaign::language::Language::En,
        stage: 1,
        hash,
        items: all.into_iter().enumerate().map(row).collect(),
    }
}
