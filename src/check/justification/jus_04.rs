//! `JUS-04`: one ticket for everybody, or none where one is asked.

use super::given;
use super::tokens::{is_numbered, is_ticket};
use crate::check::define::check;
use crate::check::policies::Untold;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::controls::{AC_2_I, CC6_2, CC6_3};
use crate::model::time::DAY;
use crate::model::{CheckId, Finding, Instant, PackageId, PrincipalId, ReasonCode, Severity};
use std::collections::{BTreeMap, BTreeSet};

check! {
    /// One ticket stands for many people, or none where one is asked
    ///
    /// ## Why it matters
    /// A ticket number makes a reason look checked.
    /// One that everybody uses, for anything and for months, checks nothing.
    ///
    /// ## What it looks for
    /// A ticket number in the reasons of three people or more in the last 365 days, for different packages or more than 30 days apart.
    /// Requests without a ticket for a package whose description, or whose policy's, asks for one; those answered in a question of the policy are in no record of the request that is read, and told as not evaluable.
    ///
    /// ## Known false positives
    /// A ticket for a project that many people work on: it names its packages.
    ///
    /// ## What to do
    /// Look the ticket up, and ask for one a person.
    ///
    /// ## Examples
    /// One number for three people and two packages; and no number where one is asked for:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | package  |     |     | keys    | described Give the ticket in the justification |   |
    /// | 09:00 | request  | ana | ana | payroll | "Close of the month FIN-4821" | ◀ FIN-4821 |
    /// | 10:00 | request  | bo  | bo  | payroll | "FIN-4821 as discussed" |   |
    /// | 11:00 | request  | cy  | cy  | library | "see FIN-4821" |   |
    /// | 12:00 | request  | di  | di  | keys    | "Needed for the rota of the night" | ◀ low |
    ///
    /// Three people work on one package on one day, each ticket its own, and a ticket where one is asked for:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | package  |     |     | keys    | described Give the ticket in the justification |   |
    /// | 09:00 | request  | ana | ana | payroll | "Migration CHG0012345" |   |
    /// | 10:00 | request  | bo  | bo  | payroll | "Migration CHG0012345" |   |
    /// | 11:00 | request  | cy  | cy  | payroll | "Migration CHG0012345" |   |
    /// | 12:00 | request  | di  | di  | keys    | "Door of the archive, ticket 4711" |   |
    ///
    /// The policy asks in a question of its own:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 08:00 | policy   |     |     | payroll | asks Jira / Halo link |   |
    /// | 09:00 | request  | ana | ana | payroll | "Close of the month" | ? |
    /// | 10:00 | request  | bo  | bo  | payroll | "Close of the month FIN-4821" |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("JUS-04"),
        severity: Severity::Low,
        practice: &["P7"],
        controls: &[AC_2_I, CC6_2, CC6_3],
        thresholds: &[&LOOK_BACK, &PEOPLE, &APART],
        reads: &[Table::Requests, Table::AuditEvents, Table::Assignments, Table::Packages, Table::Policies, Table::Coverage],
        shard_by: Shard::Whole,
        cost: "requests of the period, each text read once",
        run,
    }
}

static PEOPLE: Threshold = Threshold {
    name: "people_on_one_ticket",
    default: 3,
    unit: "people",
    origin: "ours: two may work on one thing",
    help: "How many people may not share a ticket across packages or months.",
};

static APART: Threshold = Threshold {
    name: "ticket_days",
    default: 30,
    unit: "days",
    origin: "ours: a ticket is done within a month",
    help: "How far apart requests on one ticket may be.",
};

/// Words by which a description or a question asks for a ticket.
const TICKET_WORDS: &[&str] = &[
    "ticket",
    "jira",
    "halo",
    "servicenow",
    "incident number",
    "change number",
    "change request",
    "case number",
];

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_requests() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Requests]);
    let made = |s: &&RequestHistory| matches!(s.kind.as_str(), "userAdd" | "onBehalfAdd") && !s.state.to_ascii_lowercase().starts_with("cancel");
    let requests: Vec<(&RequestHistory, Vec<String>)> = cx
        .requests(&LOOK_BACK)
        .filter(made)
        .map(|s| (s, given(s).map(numbers).unwrap_or_default()))
        .collect();
    let mut tickets: BTreeMap<&str, Vec<Use>> = BTreeMap::new();
    for (story, numbers) in &requests {
        if let (Some(who), Some(at)) = (story.recipient.as_ref().or(story.requestor.as_ref()), story.created_at) {
            for number in numbers {
                tickets.entry(number).or_default().push((at, who, story));
            }
        }
    }
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for (number, mut list) in tickets {
        list.sort_by(|a, b| (a.0, &a.2.id).cmp(&(b.0, &b.2.id)));
        if let Some(row) = shared(cx, number, &list) {
            let new = list.iter().filter(|(_, _, s)| told.insert(s.id.as_str())).count();
            out.push_for(row, new.max(1));
        }
    }
    let mut untold = Untold::default();
    for (story, numbers) in &requests {
        if told.contains(story.id.as_str()) {
        } else if !story.justification_visible {
            untold.push(story, "no record that could hold a justification is in the lake");
        } else if story.created_at.is_none() && !numbers.is_empty() {
            untold.push(story, "no record tells when it was made, so whether others used its ticket about then");
        } else if numbers.is_empty() {
            without(cx, story, &mut untold, &mut out);
        } else {
            out.pass_of(cx, story, "its ticket is no other's");
        }
    }
    let clears_when = "The answers to the questions of those requests, looked up in Entra, and snapshots of packages and policies of that time.";
    untold.rows(
        cx,
        ReasonCode::JoinMissing,
        "whether a ticket that was asked for was given cannot be told",
        clears_when,
        &mut out,
    );
    out
}

/// A use of a ticket: when, for whom, in which request.
type Use<'a> = (Instant, &'a PrincipalId, &'a RequestHistory);

/// The ticket numbers in a text, in upper case.
fn numbers(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let token = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '#');
        let before = i.checked_sub(1).map(|j| &words[j]);
        if is_ticket(token) || is_numbered(before, token) {
            found.push(token.to_uppercase());
        }
    }
    found.sort();
    found.dedup();
    found
}

fn asks(text: &str) -> bool {
    let lower = text.to_lowercase();
    TICKET_WORDS.iter().any(|w| lower.contains(w))
}

/// A request without a ticket number.
fn without<'a>(cx: &Context, story: &'a RequestHistory, untold: &mut Untold<'a>, out: &mut Outcome) {
    let package = story.package.as_ref().and_then(|p| cx.access.packages.get(p));
    let policy = cx.policy_facts_at(story.policy.as_ref(), story.created_at);
    if policy.as_ref().is_ok_and(|p| p.automatic) {
        return;
    }
    let described = package.is_some_and(|p| asks(&p.description)) || policy.as_ref().is_ok_and(|p| asks(&p.description));
    let questioned = policy
        .as_ref()
        .ok()
        .and_then(|p| p.questions.as_ref())
        .is_some_and(|q| q.iter().any(|(text, _)| asks(text)));
    match (described, questioned, package, policy) {
        (_, true, ..) => untold.push(story, "the policy asks for it in a question, and answers are in no record that is read"),
        (true, false, ..) => out.push(missing(cx, story)),
        (false, false, None, _) => untold.push(story, "the description of the package is not on record"),
        (false, false, _, Err(why)) => untold.push(story, why),
        (false, false, Some(p), Ok(_)) if p.description_told => out.pass_of(cx, story, "no ticket is asked for"),
        (false, false, ..) => untold.push(story, "the description of the package is not on record"),
    }
}

fn missing(cx: &Context, story: &RequestHistory) -> Finding {
    let who = story.requestor.as_ref().or(story.recipient.as_ref());
    let subject = who.map_or_else(|| Thing::new("principal", "", "somebody"), |p| cx.principal(p));
    let mut draft = Draft::of_request(cx, subject, story);
    let when = story.created_at.map_or_else(String::new, |t| format!(" on {}", words::day(t)));
    draft.severity = Severity::Low;
    draft.reason = "no-ticket";
    draft.message = format!(
        "{} asked for {}{when} without a ticket, and its description asks for one",
        draft.subject.name, draft.object.name
    );
    draft.clears_when = "A ticket on record: a new request, or the next review of this access.".into();
    cx.finding(draft)
}

fn shared(cx: &Context, number: &str, list: &[Use]) -> Option<Finding> {
    let people: BTreeSet<&PrincipalId> = list.iter().map(|(_, who, _)| *who).collect();
    let packages: BTreeSet<&PackageId> = list.iter().filter_map(|(_, _, s)| s.package.as_ref()).collect();
    let (first, last) = (list[0].0, list[list.len() - 1].0);
    let apart = last.0 - first.0 > cx.threshold(&APART) * DAY;
    let many = people.len() >= usize::try_from(cx.threshold(&PEOPLE)).unwrap_or(usize::MAX).max(2);
    if !many || !(apart || packages.len() > 1) {
        return None;
    }
    let (_, who, story) = list[0];
    let mut draft = Draft::of_request(cx, cx.principal(who), story);
    draft.object = Thing::new("ticket", number, number);
    draft.severity = Severity::Low;
    draft.reason = "shared-ticket";
    (draft.from, draft.until) = (Some(first), Some(last));
    draft.evidence = list.iter().flat_map(|(_, _, s)| s.evidence.iter().map(ToString::to_string)).collect();
    draft.covers = list.iter().map(|(_, _, s)| s.id.to_string()).collect();
    draft.message = format!(
        "the ticket {number} stands in requests of {} people for {} between {} and {}, {} first",
        people.len(),
        words::many(packages.len(), "package"),
        words::day(first),
        words::day(last),
        draft.subject.name
    );
    draft.clears_when = "Nothing clears what was written; a ticket for each person belongs in the next review.".into();
    Some(cx.finding(draft))
}
