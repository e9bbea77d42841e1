//! Cases planted at scale: the stories of a page told many times over, each time about other people and things, among people who
//! have nothing to do with any of it.

mod tests;

use super::table::{Example, Mark, Row};
use crate::check::laws::Numbers;
use crate::model::Severity;
use std::collections::BTreeMap;

/// Activities that are about the tenant as a whole: there is one of them, however many cases there are.
const SHARED: &[&str] = &["look", "log", "gap", "setting", "unknown"];

/// Beginnings of details that go on with a name.
const NAMING: &[&str] = &[
    "privileged group ",
    "targets group ",
    "targets organization ",
    "without group ",
    "without user ",
    "without app ",
    "owner of group ",
    "full control of site ",
    "in catalog ",
    "of group ",
    "group ",
    "app ",
    "site ",
    "owner ",
    "manager ",
    "sponsor ",
    "listed with ",
    "user ",
    "stage ",
];

/// Beginnings of details whose rest is no name and yet belongs to one case only.
const APART: &[&str] = &["department ", "employee "];

/// A story told `cases` times among `bystanders`; the seed decides names and order.
pub(super) fn retold(story: &Example, seed: u64, cases: usize, bystanders: usize) -> Example {
    let mut numbers = Numbers(seed.wrapping_mul(977).wrapping_add(13));
    let names = names(story);
    let mut rows: Vec<Row> = story.rows.iter().filter(|r| is_shared(r)).map(|r| copy(r, &mut |t| t.into())).collect();
    for case in 0..cases {
        let end = ending(&mut numbers, case);
        let called: BTreeMap<&str, String> = names.iter().map(|n| (n.as_str(), renamed(n, &names, &end))).collect();
        let mut told: Vec<Row> = story.rows.iter().filter(|r| !is_shared(r)).map(|r| about(r, &called, &end)).collect();
        // Cases of one instant stand in no order; the rows of one case do.
        rows.append(&mut told);
    }
    let first = story.rows.iter().map(|r| r.at).min().unwrap_or_default();
    for i in 0..bystanders {
        let mut row = copy(&story.rows[0], &mut |t| t.into());
        (row.at, row.activity, row.mark) = (first, "user".into(), None);
        (row.actor, row.thing, row.detail) = (String::new(), String::new(), Vec::new());
        row.subject = format!("by-{}", ending(&mut numbers, i));
        rows.push(row);
    }
    rows.sort_by_key(|r| (r.at, r.activity == "look"));
    Example {
        title: story.title.clone(),
        rows,
    }
}

/// Whether a story can be told more than once in one tenant: a look that is about somebody is about one, and a policy for all
/// applications is for those of the other cases, too.
pub(super) fn can_repeat(story: &Example) -> bool {
    story.rows.iter().all(|r| !(r.activity == "look" && !is_shared(r) || r.says("all apps")))
}

fn is_shared(row: &Row) -> bool {
    SHARED.contains(&row.activity.as_str()) && row.subject.is_empty()
}

/// An ending that no other case has.
fn ending(numbers: &mut Numbers, case: usize) -> String {
    let letter = |n: usize| char::from(b'a' + u8::try_from(n % 26).unwrap_or(0));
    let random: String = (0..3).map(|_| letter(numbers.below(26))).collect();
    format!("{random}{case}")
}

/// All names of people and things in a story.
fn names(story: &Example) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for row in story.rows.iter().filter(|r| !is_shared(r)) {
        let bare = |name: &str| {
            ["app ", "agent ", "workload "]
                .iter()
                .fold(name.to_string(), |n, w| n.trim_start_matches(w).to_string())
        };
        names.extend([bare(&row.actor), bare(&row.subject)]);
        if row.activity != "role" {
            names.push(row.thing.clone());
        }
        if matches!(row.activity.as_str(), "incompatible" | "group-app") {
            names.extend(row.detail.iter().map(|d| d.trim_start_matches("group ").to_string()));
        }
        for rest in row.detail.iter().filter_map(|d| NAMING.iter().find_map(|w| d.strip_prefix(w))) {
            let rest = rest.split(" within ").next().unwrap_or(rest);
            let parts = rest
                .split([' ', '+'])
                .filter(|w| !["", "and", "fallback", "alternate", "group", "nobody", "none", "kind"].contains(w));
            names.extend(parts.map(ToString::to_string));
        }
    }
    // Kinds of approvers, and roles that Entra defines.
    names.retain(|n| !["", "manager", "sponsor", "none", "nobody"].contains(&n.as_str()));
    names.sort_by_key(|n| (std::cmp::Reverse(n.len()), n.clone()));
    names.dedup();
    names
}

/// Another name of the same make: what is before or after a hyphen and is no name stays, since rules of the house are about it.
fn renamed(name: &str, names: &[String], end: &str) -> String {
    let part = |p: &str| names.iter().any(|n| n == p && n != name);
    if name.contains('-') && name.split('-').any(part) {
        let parts: Vec<String> = name.split('-').map(|p| if part(p) { format!("{p}{end}") } else { p.into() }).collect();
        return parts.join("-");
    }
    if name.contains('-') {
        // The longest part is the name.
        let longest = name.split('-').max_by_key(|p| p.len()).unwrap_or(name);
        return name.replacen(longest, &format!("{longest}{end}"), 1);
    }
    format!("{name}{end}")
}

fn copy(row: &Row, change: &mut dyn FnMut(&str) -> String) -> Row {
    Row {
        at: row.at,
        activity: row.activity.clone(),
        actor: change(&row.actor),
        subject: change(&row.subject),
        thing: change(&row.thing),
        detail: row.detail.clone(),
        mark: match &row.mark {
            Some(Mark::Found { word }) => Some(Mark::Found { word: word.clone() }),
            Some(Mark::NotEvaluable) => Some(Mark::NotEvaluable),
            None => None,
        },
    }
}

/// A row about other people and things.
fn about(row: &Row, called: &BTreeMap<&str, String>, end: &str) -> Row {
    let is_role = row.activity == "role";
    let thing = row.thing.clone();
    let mut told = copy(row, &mut |text| replaced(text, called));
    if is_role {
        told.thing = thing;
    }
    for detail in &mut told.detail {
        let whole = matches!(row.activity.as_str(), "incompatible" | "group-app");
        if APART.iter().any(|w| detail.starts_with(w)) {
            detail.push_str(end);
        } else if whole || detail.starts_with('"') || NAMING.iter().any(|w| detail.starts_with(w)) {
            *detail = replaced(detail, called);
        }
    }
    if let Some(Mark::Found { word }) = &mut told.mark
        && Severity::from_word(word).is_none()
        && !is_role
    {
        *word = replaced(word, called);
    }
    told
}

/// A text with every name that stands in it as a word of its own replaced.
fn replaced(text: &str, called: &BTreeMap<&str, String>) -> String {
    let mut longest: Vec<(&&str, &String)> = called.iter().collect();
    longest.sort_by_key(|(n, _)| std::cmp::Reverse(n.len()));
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (mut new, mut rest, mut before) = (String::new(), text, None);
    while let Some(c) = rest.chars().next() {
        let fits = |n: &&str| rest.starts_with(*n) && !is_part(rest[n.len()..].chars().next());
        match longest.iter().find(|(n, _)| !is_part(before) && fits(n)) {
            Some((name, other)) => {
                new.push_str(other);
                before = name.chars().last();
                rest = &rest[name.len()..];
            }
            None => {
                new.push(c);
                before = Some(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    new
}
