//! What test sheets answer where records are few, doubled, or later than the access that they are about.

use super::*;
use crate::ledger::access_model::{PolicyFacts, RequestHistory, StageFacts};
use crate::ledger::span::Span;
use crate::model::{AssignmentId, Certainty, EntitlementKey, PackageId, PolicyId, PrincipalId, RequestId};
use crate::report::sample::holding;

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("a time")
}

const HALF: Window = Window {
    from: Instant(1_767_225_600_000_000),
    until: Instant(1_782_864_000_000_000),
};

/// A package that somebody asked for and got on 3 February.
fn held(who: &str) -> Holding {
    let from = at("2026-02-03T10:00:00Z");
    Holding {
        principal: PrincipalId::new(who),
        entitlement: EntitlementKey::package("p1"),
        held_from: Some(from),
        from_earliest: Some(from),
        from_latest: Some(from),
        held_until: None,
        until_earliest: None,
        until_latest: None,
        from_certainty: Certainty::Exact,
        until_certainty: Certainty::Open,
        proved: vec![Window { from, until: HALF.until }],
        grant_kind: GrantKind::UserRequest,
        justification: None,
        decisions: Vec::new(),
        assignment: Some(AssignmentId::new("a1")),
        request: Some(RequestId::new("r1")),
        policy: Some(PolicyId::new("pol1")),
        ..holding(1)
    }
}

fn approved(stage: u32, when: &str) -> Decision {
    Decision {
        stage: Some(stage),
        who: format!("approver{stage}").as_str().into(),
        name: "".into(),
        at: when.into(),
        decision: "approved".into(),
        reason: "".into(),
    }
}

/// An access of these holdings, whose policy asks two stages.
fn access(holdings: Vec<Holding>) -> AccessModel {
    let mut access = AccessModel {
        as_of: HALF.until.plus(-1),
        holdings,
        ..AccessModel::default()
    };
    let facts = PolicyFacts {
        stages: vec![StageFacts::default(), StageFacts::default()],
        ..PolicyFacts::default()
    };
    access.policies.insert(PolicyId::new("pol1"), facts);
    access
}

/// Runs questions over the tester of an access.
fn ask<T>(access: &AccessModel, findings: &[Finding], question: impl FnOnce(&Tester) -> T) -> T {
    let known = Known::default();
    let ids = Ids::of(&access.holdings);
    let mut of_assignment: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for f in findings {
        of_assignment.entry(&f.assignment_id).or_default().push(f);
    }
    let mut reviews: BTreeMap<&str, Vec<&ReviewDecision>> = BTreeMap::new();
    for d in &access.review_decisions {
        reviews.entry(d.principal.as_str()).or_default().push(d);
    }
    question(&Tester {
        access,
        period: HALF,
        limits: RemovalLimits { sensitive: 1, other: 5 },
        holdings: access.holdings.iter().map(|h| (ids.get(h), h)).collect(),
        reviews,
        findings: BTreeMap::new(),
        of_assignment,
        known: &known,
        reviews_known: true,
        index: Index::new(access),
    })
}

#[test]
fn the_second_of_two_rows_with_one_id_has_its_own_answers() {
    let (mut first, mut second) = (held("ann"), held("ann"));
    first.justification = Some("ticket 7".into());
    second.justification = Some(" ".into());
    second.grant_kind = GrantKind::AdminDirect;
    let access = access(vec![first, second]);
    let ids = Ids::of(&access.holdings);
    let (one, two) = (ids.get(&access.holdings[0]), ids.get(&access.holdings[1]));
    assert_eq!(two, format!("{one}|2"));
    ask(&access, &[], |tester| {
        let says = |id: &str| {
            let h = tester.holding(id).expect("a holding");
            (tester.requested(h).says, tester.justified(h).says)
        };
        assert_eq!(says(&one), ("yes".into(), "yes".into()));
        assert_eq!(says(&two), ("no: an administrator assigned it".into(), "no: blank".into()));
        assert!(tester.holding(&format!("{one}|3")).is_none());
    });
}

#[test]
fn an_approval_is_as_whole_as_its_stages_and_names_the_records_of_it() {
    let before = "2026-02-03T09:00:00Z";
    for (decisions, expected) in [
        (vec![approved(1, before), approved(2, "2026-02-03T09:30:00Z")], "yes"),
        (vec![approved(1, before)], "not seen: 1 of 2 stages are on record"),
        (vec![approved(1, before), approved(1, before)], "not seen: 1 of 2 stages are on record"),
        (
            vec![approved(1, before), approved(2, "2026-02-05T09:00:00Z")],
            "no: the approval came after the grant",
        ),
        (Vec::new(), "not seen"),
    ] {
        let mut h = held("hob");
        h.decisions = decisions;
        let mut access = access(vec![h]);
        let history = RequestHistory {
            id: RequestId::new("r1"),
            evidence: vec!["approvals:r1".into(), "requests:r1".into()],
            ..RequestHistory::default()
        };
        access.requests.insert(RequestId::new("r1"), history);
        ask(&access, &[], |tester| {
            let answer = tester.approved(&access.holdings[0]);
            assert_eq!(answer.says, expected);
            let named = answer.evidence.contains(&"approvals:r1".to_string());
            assert_eq!(named, expected != "not seen", "{expected}: {:?}", answer.evidence);
        });
    }
}

#[test]
fn what_a_package_got_later_nobody_had_asked_for() {
    let package = held("ann");
    let content = |added: &str| PackageContent {
        package: PackageId::new("p1"),
        entitlement: Some(EntitlementKey::group("g2")),
        resource_name: "GRP Payroll".into(),
        span: Span {
            from_certainty: Certainty::Exact,
            until_certainty: Certainty::Open,
            held_from: Some(at(added)),
            held_until: None,
            from_earliest: Some(at(added)),
            from_latest: Some(at(added)),
            until_earliest: None,
            until_latest: None,
            proved: Vec::new(),
        },
        evidence: vec!["packages:p1".into()],
    };
    let later = at("2026-03-03T09:10:00Z");
    let group = Holding {
        entitlement: EntitlementKey::group("g2"),
        grant_kind: GrantKind::System,
        held_from: Some(later),
        from_earliest: Some(later),
        from_latest: Some(later),
        assignment: None,
        ..held("ann")
    };
    for (added, expected) in [
        ("2026-03-03T09:00:00Z", Some("no: added to the package on 2026-03-03, after it was asked for")),
        ("2025-01-01T00:00:00Z", None),
    ] {
        let mut access = access(vec![package.clone(), group.clone()]);
        access.contents = vec![content(added)];
        ask(&access, &[], |tester| {
            let told = tester.added_later(&access.holdings[1], &access.holdings[0]);
            assert_eq!(told.as_ref().map(|a| a.says.as_str()), expected, "{added}");
            assert!(told.is_none_or(|a| a.evidence == ["packages:p1"]));
        });
    }
}

#[test]
fn a_quarter_of_which_no_record_tells_is_not_seen_and_one_that_nobody_answered_is_no() {
    let decision = |word: &str, when: Option<&str>, instance: &str| ReviewDecision {
        id: format!("d-{instance}").as_str().into(),
        principal: PrincipalId::new("gil"),
        resource: "p1".into(),
        decision: word.into(),
        reviewer: when.map(|_| PrincipalId::new("ria")),
        reviewed_at: when.map(at),
        applied_at: Some(at("2026-05-20T00:00:00Z")),
        instance: instance.into(),
        ..ReviewDecision::default()
    };
    let january = decision("Approve", Some("2026-01-10T09:00:00Z"), "i1");
    let mut h = held("gil");
    h.proved = vec![Window {
        from: at("2025-12-01T00:00:00Z"),
        until: HALF.until,
    }];
    for (more, expected) in [
        (None, "2026-Q1 yes, 2026-Q2 not seen"),
        (Some(decision("NotReviewed", None, "i2")), "2026-Q1 yes, 2026-Q2 no"),
        (Some(decision("DontKnow", Some("2026-05-02T09:00:00Z"), "i2")), "2026-Q1 yes, 2026-Q2 no"),
        (Some(decision("Deny", Some("2026-05-02T09:00:00Z"), "i2")), "2026-Q1 yes, 2026-Q2 yes"),
    ] {
        let mut access = access(vec![h.clone()]);
        access.review_decisions = [Some(january.clone()), more].into_iter().flatten().collect();
        ask(&access, &[], |tester| assert_eq!(tester.reviewed(&access.holdings[0]).says, expected));
    }
}

#[test]
fn access_that_a_leaver_was_given_after_leaving_was_to_end() {
    let mut access = access(vec![held("hal")]);
    let person = crate::ledger::access_model::Person {
        leave_at: Some(at("2026-01-05T17:00:00Z")),
        ..Default::default()
    };
    access.people.insert(PrincipalId::new("hal"), person);
    ask(&access, &[], |tester| {
        let says = tester.removed(&access.holdings[0]).says;
        assert!(says.starts_with("still held") && says.contains("after leaving on 2026-01-05"), "{says}");
    });
}
