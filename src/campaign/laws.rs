//! Laws of campaigns: whatever is imported, moved and stopped in whatever order, numbers tie and the log tells it again.

use crate::campaign::import::{Operator, SubmittedSheet, judge};
use crate::campaign::log::{Choice, DecidedBy, Decision, DecisionEntry, KeyLists, LogEvent, Move, Proof};
use crate::campaign::model::{Campaign, CampaignId, Context, Disclosure, Item, Recommendation, Reviewer, ReviewerKey, Risk, population_hash};
use crate::campaign::open::Frozen;
use crate::campaign::sheet::{ReturnedRow, ReturnedSheet, Sheet};
use crate::campaign::{State, Store};
use crate::model::{EntitlementKind, Instant, TenantId, Window};
use proptest::prelude::*;
use std::collections::BTreeMap;

const REVIEWERS: [&str; 3] = ["ana", "bo", "cy"];

fn at(n: i64) -> Instant {
    Instant(1_782_950_400_000_000 + n * 1_000_000)
}

/// A campaign of some items; every third one has a second stage.
fn frozen(items: usize) -> Frozen {
    let id = CampaignId::new("law-2026-06-00000000");
    let mut rows: Vec<Item> = (0..items)
        .map(|n| {
            let principal = format!("holder{n}");
            Item {
                id: Item::make_id(&id, &principal, "group", "g", ""),
                principal_name: format!("{principal}@corp.example"),
                principal_id: principal,
                principal_type: "user".into(),
                entitlement_kind: EntitlementKind::Group,
                entitlement_id: "g".into(),
                entitlement_name: "=Group, \"quoted\"".into(),
                assignment_id: String::new(),
                assignment_state: "active".into(),
                held_from: Some(at(-1000)),
                scheduled_until: None,
                policy_id: String::new(),
                sensitive: n % 2 == 0,
                risk: Risk::Low,
                recommendation: Recommendation::None,
                reviewer: ReviewerKey::new(REVIEWERS[n % 3]),
                second: (n % 3 == 0).then(|| ReviewerKey::new(REVIEWERS[(n + 1) % 3])),
                findings: Vec::new(),
                disclosed: Vec::new(),
                second_disclosed: Vec::new(),
                delivered_by: Vec::new(),
                delivers: Vec::new(),
            }
        })
        .collect();
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    let reviewer = |key: &&str| Reviewer {
        key: ReviewerKey::new(key),
        principal_id: (*key).to_string(),
        ..Reviewer::default()
    };
    let head = Campaign {
        format: 1,
        id,
        name: "Law".into(),
        previous: None,
        tenant: TenantId::new("t"),
        commit: "c".into(),
        commit_sequence: 1,
        as_of: at(-1),
        opened_at: at(0),
        opened_by: "operator".into(),
        due_at: at(1_000_000),
        zone: String::new(),
        period: Window { from: at(-10), until: at(0) },
        population: rows.len(),
        population_sha256: population_hash(&rows),
        reviewers: REVIEWERS.iter().map(reviewer).collect(),
        warnings: Vec::new(),
        forced: None,
        configuration: "name = \"Law\"\njustification = []\n".into(),
        entra_instance: None,
        entra_period: None,
    };
    let contexts = rows
        .iter()
        .map(|r| Context {
            item: r.id.clone(),
            ..Context::default()
        })
        .collect();
    Frozen { head, items: rows, contexts }
}

/// The sheet of a reviewer as it comes back, some rows decided.
fn returned(sheet: &Sheet, choices: &[u8]) -> ReturnedSheet {
    let columns: Vec<String> = Sheet::columns().iter().map(ToString::to_string).collect();
    let decision = columns.iter().position(|c| c == "decision").expect("a column");
    let rows = sheet.items.iter().enumerate().map(|(n, item)| {
        let mut cells = sheet.cells(item);
        cells[decision] = match choices[n % choices.len()] {
            0 => String::new(),
            c => Choice::ALL[usize::from(c - 1)].to_string(),
        };
        let exception = cells[decision] == Choice::Exception.as_str();
        cells[decision + 1] = if exception { "needed until the migration".into() } else { String::new() };
        cells[decision + 2] = if exception { "2030-01-01".into() } else { String::new() };
        ReturnedRow { row: n + 2, cells }
    });
    ReturnedSheet {
        file: "review.csv".into(),
        sha256: format!("{choices:?}"),
        rows: rows.collect(),
        columns,
        ..ReturnedSheet::default()
    }
}

fn operator() -> Operator {
    Operator {
        name: "operator".into(),
        reviewer: None,
        again: true,
        older: true,
        now: at(1000),
        ..Operator::default()
    }
}

/// Bo's access is decided by Ana, and Ana's by Bo; Cy decides second.
#[test]
fn that_two_people_judged_each_other_is_told_before_and_after_they_decided() {
    let mut frozen = frozen(2);
    for (item, (holder, reviewer)) in frozen.items.iter_mut().zip([("bo", "ana"), ("ana", "bo")]) {
        item.principal_id = holder.into();
        item.reviewer = ReviewerKey::new(reviewer);
        item.second = Some(ReviewerKey::new("cy"));
    }
    let mut state = State::fresh(&frozen).expect("a plan");
    let mutual = |state: &State| state.disclosures().get(&Disclosure::MutualReview).copied().unwrap_or_default();
    assert_eq!(mutual(&state), 2);
    let decided: Vec<LogEvent> = (0..2)
        .map(|n| {
            LogEvent::Decided(DecisionEntry {
                item: frozen.items[n].id.clone(),
                stage: 1,
                decision: Decision {
                    choice: Choice::Keep,
                    justification: String::new(),
                    until: None,
                },
                by: DecidedBy::Person,
                decided_by: frozen.items[n].reviewer.to_string(),
                decided_at: None,
                applied_at: None,
                import: 0,
            })
        })
        .collect();
    state.apply_all(&decided, at(1)).expect("decided");
    assert_eq!((0..2).map(|i| state.owner(i).as_str()).collect::<Vec<_>>(), ["cy", "cy"], "it is Cy's turn");
    assert_eq!(mutual(&state), 2, "who decided counts, whoever owes the next decision");
    let pairs = state.mutual();
    for index in 0..2 {
        assert!(
            state.disclosed_in(index, 1, &pairs).contains(&Disclosure::MutualReview),
            "Cy is told of the first decision"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Imports, moves and stops in any order: identities hold, a second import is empty, and the disk tells the same.
    #[test]
    fn numbers_tie_and_the_log_tells_it_again(
        items in 1usize..30,
        steps in prop::collection::vec((0usize..3, 1u8..3, prop::collection::vec(0u8..5, 1..6), any::<bool>()), 1..8),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::new(folder.path());
        let frozen = frozen(items);
        let mut first = vec![frozen.opened(KeyLists::default())];
        first.extend(State::fresh(&frozen).expect("a plan").issues());
        prop_assert!(store.create(&frozen.head, &frozen.items, &frozen.contexts, &first, &[], "operator").expect("stored"));
        prop_assert!(!store.create(&frozen.head, &frozen.items, &frozen.contexts, &first, &[], "operator").expect("there already"));
        for (n, (who, stage, choices, moves)) in steps.into_iter().enumerate() {
            let mut state = State::load(&store, &frozen.head.id).expect("loads");
            let key = ReviewerKey::new(REVIEWERS[who]);
            let indices = state.on_sheet(&key, stage);
            if indices.is_empty() {
                continue;
            }
            let now = at(i64::try_from(n).expect("small") + 1);
            let mut events = if moves {
                let to = ReviewerKey::new(REVIEWERS[(who + 1) % 3]);
                let items = indices.iter().take(2).map(|i| state.items[*i].id.clone()).collect();
                vec![LogEvent::Moved(Move { how: "reassign".into(), from: key, to, items, stage, reason: "law".into(), disclosed: BTreeMap::new() })]
            } else {
                let sheet = state.sheet(&key, stage, &indices, &BTreeMap::new());
                let file = SubmittedSheet { sheet: returned(&sheet, &choices), proof: Proof::OperatorAsserted };
                match judge(&state, std::slice::from_ref(&file), &operator()) {
                    Ok(taken) => {
                        let mut after = State::load(&store, &frozen.head.id).expect("loads");
                        after.apply_all(&taken.events, now).expect("identities hold");
                        let again = judge(&after, &[file], &operator());
                        // A second import is empty; where rows are refused too, it is refused for having nothing new.
                        match again {
                            Ok(t) => prop_assert!(t.events.is_empty()),
                            Err(e) => prop_assert!(stage == 1 && e.to_string().contains("the second stage has decided"), "{e}"),
                        }
                        // Once the second stage has decided, the first cannot correct it, row by row.
                        let told = taken.refused.iter().all(|r| stage == 1 && r.contains("the second stage has decided"));
                        prop_assert!(told, "{:?}", taken.refused);
                        taken.events
                    }
                    // Once the second stage has decided, the first is refused whole.
                    Err(e) => {
                        prop_assert!(stage == 1 && e.to_string().contains("the second stage has decided"), "{e}");
                        continue;
                    }
                }
            };
            state.apply_all(&events, now).expect("identities hold");
            let issues = state.issues();
            state.apply_all(&issues, now).expect("identities hold");
            events.extend(issues);
            let begun = State::load(&store, &frozen.head.id).expect("loads");
            store.append(&frozen.head.id, &begun.tail, &events, now, "operator").expect("written");
            // Who writes after the same end is told so, and nothing is doubled.
            if !events.is_empty() {
                prop_assert!(store.append(&frozen.head.id, &begun.tail, &events, now, "operator").is_err());
            }
            let read = State::load(&store, &frozen.head.id).expect("loads");
            let none = BTreeMap::new();
            prop_assert_eq!(read.totals(&none), state.totals(&none));
            prop_assert_eq!(read.by_reviewer(&none), state.by_reviewer(&none));
            prop_assert_eq!(&read.issued, &state.issued);
            let by_hand = (0..items).filter(|i| read.effective_decision(*i).is_some()).count();
            prop_assert_eq!(by_hand + read.totals(&none).undecided, items);
        }
    }
}
