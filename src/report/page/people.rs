//! A page for each person in question: the account, what it holds and held, what was found.

use super::dossier::{Dossiers, FoundLine, anchor};
use super::held::{HeldRow, row};
use super::number;
use crate::model::{PrincipalId, Severity};
use crate::report::Review;
use crate::report::charts::count;

/// Holdings that a page shows.
const HELD: usize = 40;

/// A person, group or application.
pub struct PersonPage {
    pub anchor: String,
    pub id: String,
    pub name: String,
    /// Department, guest, state of the account, leaving date: what is known.
    pub facts: Vec<String>,
    pub heaviest: Option<Severity>,
    pub found: String,
    pub now: String,
    pub ever: String,
    pub findings: Vec<FoundLine>,
    pub more_findings: usize,
    pub held: Vec<HeldRow>,
    pub more_held: usize,
}

/// Pages of people, the most severe findings first.
pub fn pages(review: &Review, dossiers: &Dossiers) -> Vec<PersonPage> {
    dossiers.people.iter().map(|id| page(review, dossiers, id)).collect()
}

/// Whether the pages list every holding there is.
pub fn list_all(dossiers: &Dossiers) -> bool {
    dossiers.held_by.iter().all(|(id, held)| dossiers.people.contains(id) && held.len() <= HELD)
}

fn page(review: &Review, dossiers: &Dossiers, id: &str) -> PersonPage {
    let principal = PrincipalId::new(id);
    let mut held = dossiers.held_by.get(id).cloned().unwrap_or_default();
    let now = held.iter().filter(|h| h.held_at(review.as_of)).count();
    let name = review.access.principal_name(&principal);
    let name = held
        .first()
        .filter(|_| name == id)
        .map_or(name.as_str(), |h| h.principal_name.as_str())
        .to_string();
    held.sort_by_key(|h| (!h.held_at(review.as_of), std::cmp::Reverse(h.held_from.or(h.from_latest)), &h.entitlement));
    let (findings, more_findings) = dossiers.found(review, id);
    let (found, heaviest) = dossiers.weight_of(id);
    PersonPage {
        anchor: anchor(id),
        id: review.audience.name(id, id).into_owned(),
        name: review.audience.name(id, &name).into_owned(),
        facts: facts(review, &principal, held.first().map(|h| h.principal_type.as_str())),
        heaviest,
        found: count(found, "finding"),
        now: number(now),
        ever: number(held.len()),
        findings,
        more_findings,
        more_held: held.len().saturating_sub(HELD),
        held: held.iter().take(HELD).map(|h| row(h, review, dossiers)).collect(),
    }
}

fn facts(review: &Review, id: &PrincipalId, kind: Option<&str>) -> Vec<String> {
    let Some(person) = review.access.people.get(id) else {
        return kind.map(|k| k.replace('_', " ")).into_iter().collect();
    };
    let mut facts = vec![if person.guest { "guest" } else { "member" }.to_string()];
    if !person.department.is_empty() {
        facts.push(person.department.to_string());
    }
    if !person.employee_type.is_empty() {
        facts.push(person.employee_type.to_string());
    }
    match (person.deleted_at, person.enabled) {
        (Some(at), _) => facts.push(format!("account deleted on {}", at.day())),
        (None, Some(false)) => facts.push("account disabled".into()),
        (None, Some(true)) => {}
        (None, None) => facts.push("account state unknown".into()),
    }
    if let Some(at) = person.leave_at {
        facts.push(format!("leaving date {}", at.day()));
    }
    facts
}
