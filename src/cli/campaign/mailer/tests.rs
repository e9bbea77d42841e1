//! Two thousand letters, of which twenty go to dead mailboxes: each has its outcome, and a run that died goes on where it was.

use super::*;
use crate::campaign::log::KeyLists;
use crate::campaign::notification::Smtp;
use crate::campaign::open::Frozen;
use crate::campaign::{CampaignId, Context, Item, Recommendation, Risk, model};
use crate::model::{EntitlementKind, TenantId, Window};
use std::cell::RefCell;

const PEOPLE: usize = 2_000;
const DEAD: usize = 20;

/// Takes mail, knows some dead mailboxes, and falls silent after so many letters.
struct Office {
    taken: RefCell<BTreeMap<String, usize>>,
    patience: RefCell<usize>,
}

impl Office {
    fn new(patience: usize) -> Self {
        Self {
            taken: RefCell::default(),
            patience: RefCell::new(patience),
        }
    }
}

impl Carrier for Office {
    fn send(&self, to: &str, mail: &[u8]) -> Result<(), Refused> {
        let refused = |reason: &str, answered| Refused::Server {
            server: "office:587".into(),
            to: to.into(),
            reason: reason.into(),
            answered,
        };
        if *self.patience.borrow() == 0 {
            return Err(refused("connection reset", false));
        }
        *self.patience.borrow_mut() -= 1;
        assert!(mail.windows(to.len()).any(|w| w == to.as_bytes()), "the letter is to its reader");
        if to.starts_with("dead") {
            return Err(refused("550 5.1.1 no such user", true));
        }
        *self.taken.borrow_mut().entry(to.into()).or_default() += 1;
        Ok(())
    }

    fn way(&self) -> &'static str {
        "smtp"
    }
}

fn mail(n: usize) -> String {
    let name = if n.is_multiple_of(PEOPLE / DEAD) { "dead" } else { "person" };
    format!("{name}{n}@corp.example")
}

fn frozen() -> Frozen {
    let at = Instant(1_782_950_400_000_000);
    let id = CampaignId::new("letters-2026-06-00000000");
    let mut items: Vec<Item> = (0..PEOPLE)
        .map(|n| Item {
            id: Item::make_id(&id, &format!("holder{n}"), "group", "g", ""),
            principal_id: format!("holder{n}"),
            principal_name: format!("holder{n}@corp.example"),
            principal_type: "user".into(),
            entitlement_kind: EntitlementKind::Group,
            entitlement_id: "g".into(),
            entitlement_name: "Group".into(),
            assignment_id: String::new(),
            assignment_state: "active".into(),
            held_from: None,
            scheduled_until: None,
            policy_id: String::new(),
            sensitive: false,
            risk: Risk::Low,
            recommendation: Recommendation::None,
            reviewer: ReviewerKey::new(&format!("r{n}")),
            second: None,
            findings: Vec::new(),
            disclosed: Vec::new(),
            second_disclosed: Vec::new(),
            delivered_by: Vec::new(),
            delivers: Vec::new(),
        })
        .collect();
    items.sort_by(|a, b| a.id.cmp(&b.id));
    let reviewer = |n: usize| Reviewer {
        key: ReviewerKey::new(&format!("r{n}")),
        principal_id: format!("reviewer{n}"),
        name: format!("Reviewer {n}"),
        mail: mail(n),
        manager_id: String::new(),
    };
    let mut reviewers: Vec<Reviewer> = (0..PEOPLE).map(reviewer).collect();
    reviewers.sort_by(|a, b| a.key.cmp(&b.key));
    let contexts = items
        .iter()
        .map(|i| Context {
            item: i.id.clone(),
            ..Context::default()
        })
        .collect();
    let head = Campaign {
        format: 1,
        id,
        name: "Letters".into(),
        previous: None,
        tenant: TenantId::new("t"),
        commit: "c".into(),
        commit_sequence: 1,
        as_of: at,
        opened_at: at,
        opened_by: "operator".into(),
        due_at: at.plus(14 * crate::model::time::DAY),
        zone: String::new(),
        period: Window { from: at, until: at },
        population: items.len(),
        population_sha256: model::population_hash(&items),
        reviewers,
        warnings: Vec::new(),
        forced: None,
        configuration: "name = \"Letters\"\n[mail]\nfrom = \"Reviews <reviews@corp.example>\"\nsheets_at = \"https://files.corp.example\"\n[smtp]\nhost = \"localhost\"\nsecurity = \"none\"\n".into(),
        entra_instance: None,
        entra_period: None,
    };
    Frozen { head, items, contexts }
}

fn orders(state: &State) -> Vec<(Reviewer, usize)> {
    let waiting = |r: &&Reviewer| !state.notified.contains(&r.key);
    state.reviewers.values().filter(waiting).map(|r| (r.clone(), 1)).collect()
}

/// A run of openings by an office.
fn run(store: &Store, id: &CampaignId, office: &Office, out: &Path) -> Outcomes {
    let mut state = State::load(store, id).expect("a campaign");
    let mailer = Mailer::new(&state, state.head.opened_at);
    assert!(mailer.sends());
    let people = orders(&state);
    let orders: Vec<Order> = people
        .iter()
        .map(|(reviewer, open)| Order {
            occasion: Occasion::Opening,
            to: reviewer,
            about: reviewer,
            open: *open,
            handed: 0,
            step: OPENING,
            counts_to: &reviewer.key,
        })
        .collect();
    mailer.deliver_by(Some(office), (store, &mut state), &orders, out, "operator").expect("a run")
}

#[test]
fn two_thousand_letters_with_one_percent_dead_are_delivered_and_listed_and_nobody_is_written_to_twice() {
    // Each letter is on disk before the next is sent: in memory that costs nothing.
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
    let store = Store::new(dir.path());
    let frozen = frozen();
    let id = frozen.head.id.clone();
    store
        .create(
            &frozen.head,
            &frozen.items,
            &frozen.contexts,
            &[frozen.opened(KeyLists::default())],
            &[],
            "operator",
        )
        .expect("created");
    // The first office falls silent in the middle: the rest is listed as not tried.
    let first = Office::new(700);
    let told = run(&store, &id, &first, &dir.path().join("out"));
    assert_eq!(told.done + told.failed.len(), PEOPLE);
    assert_eq!(told.done, first.taken.borrow().len());
    assert!(told.failed.iter().filter(|(_, why)| why.contains("not tried")).count() >= PEOPLE - 700 - 1);
    assert_eq!(told.exit(), Exit::Remote);

    let second = Office::new(usize::MAX);
    let rest = run(&store, &id, &second, &dir.path().join("out"));
    assert_eq!(told.done + rest.done, PEOPLE - DEAD, "1,980 are delivered");
    assert_eq!(rest.failed.len(), DEAD, "and 20 are listed");
    assert!(rest.failed.iter().all(|(to, why)| to.starts_with("dead") && why.contains("no such user")));
    let mut all = first.taken.borrow().clone();
    for (to, n) in second.taken.borrow().iter() {
        *all.entry(to.clone()).or_default() += n;
    }
    assert_eq!(all.len(), PEOPLE - DEAD);
    assert!(all.values().all(|n| *n == 1), "nobody is written to twice");

    // A third run tries the dead ones alone, and what is known of them is not recorded again.
    let before = State::load(&store, &id).expect("a campaign").tail.entries;
    let third = Office::new(usize::MAX);
    let again = run(&store, &id, &third, &dir.path().join("out"));
    assert_eq!((again.done, again.failed.len()), (0, DEAD));
    let state = State::load(&store, &id).expect("a campaign");
    assert_eq!(state.tail.entries, before);
    assert_eq!(state.undelivered.len(), DEAD);
    assert_eq!(state.plan.smtp.as_ref().map(|s: &Smtp| s.host.as_str()), Some("localhost"));
}

#[test]
fn refusals_are_named_one_by_one_and_those_that_were_not_tried_together() {
    let failed = |to: &str, why: &str| (format!("{to}@corp.example"), why.to_string());
    let mut all: Vec<(String, String)> = (0..8).map(|n| failed(&format!("dead{n}"), "550 no such user")).collect();
    all.extend((0..8).map(|n| failed(&format!("later{n}"), "not tried, since the mail server does not answer: reset")));
    let lines = told(&all);
    assert_eq!(lines.len(), 9, "{lines:?}");
    assert!(lines[..8].iter().all(|l| l.ends_with("550 no such user")), "{lines:?}");
    assert!(lines[8].starts_with("not sent: later0@corp.example and 7 others: not tried"), "{lines:?}");
    assert_eq!(told(&all[8..11]).len(), 3, "few are named");
    assert!(told(&[]).is_empty());
}
