//! Which packages and people get a page of their own, and what is told of each: found once, looked up by id.

use crate::model::{EntitlementKind, Finding, Holding, Severity, Verdict};
use crate::report::Review;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Packages with a page; the heaviest findings come first, then the most holders.
const PACKAGES: usize = 100;
/// People with a page.
const PEOPLE: usize = 150;
/// Findings that a page shows.
const FINDINGS: usize = 20;

/// The review, by package and by person.
pub struct Dossiers<'a> {
    /// Holdings of packages, by package id.
    pub held_of: BTreeMap<&'a str, Vec<&'a Holding>>,
    /// Holdings by holder.
    pub held_by: BTreeMap<&'a str, Vec<&'a Holding>>,
    about: BTreeMap<&'a str, Vec<&'a Finding>>,
    /// Packages with a page, in their order.
    pub packages: Vec<&'a str>,
    /// People with a page, in their order.
    pub people: Vec<&'a str>,
    /// How many packages there are.
    pub package_total: usize,
    /// How many people there are.
    pub people_total: usize,
    chosen: BTreeSet<&'a str>,
}

/// A finding on a page, leading to its row.
pub struct FoundLine {
    pub check: String,
    pub severity: Severity,
    pub exception: bool,
    pub message: String,
}

impl<'a> Dossiers<'a> {
    pub fn of(review: &'a Review) -> Self {
        let mut held_of: BTreeMap<&str, Vec<&Holding>> = BTreeMap::new();
        let mut held_by: BTreeMap<&str, Vec<&Holding>> = BTreeMap::new();
        for h in &review.access.holdings {
            if h.entitlement.kind == EntitlementKind::AccessPackage {
                held_of.entry(&h.entitlement.id).or_default().push(h);
            }
            held_by.entry(h.principal.as_str()).or_default().push(h);
        }
        let mut about: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for f in review.findings.iter().filter(|f| matches!(f.result, Verdict::Finding | Verdict::Exception)) {
            about.entry(&f.subject_id).or_default().push(f);
            if f.object_id != f.subject_id {
                about.entry(&f.object_id).or_default().push(f);
            }
        }
        let mut packages: BTreeSet<&str> = review.access.packages.keys().map(crate::model::PackageId::as_str).collect();
        packages.extend(held_of.keys().copied());
        let mut people: BTreeSet<&str> = review.access.people.keys().map(crate::model::PrincipalId::as_str).collect();
        people.extend(held_by.keys().copied());
        let now = |held: Option<&Vec<&Holding>>| held.map_or(0, |all| all.iter().filter(|h| h.held_at(review.as_of)).count());
        let rank = |ids: &BTreeSet<&'a str>, held: &BTreeMap<&str, Vec<&Holding>>, most: usize| -> Vec<&'a str> {
            let mut ranked: Vec<(u64, usize, &str)> = ids.iter().map(|id| (weight(about.get(id)), now(held.get(id)), *id)).collect();
            ranked.sort_by_key(|(weight, now, id)| (std::cmp::Reverse(*weight), std::cmp::Reverse(*now), *id));
            ranked
                .into_iter()
                .take(most)
                .filter(|(weight, now, id)| *weight > 0 || *now > 0 || held.contains_key(id))
                .map(|(.., id)| id)
                .collect()
        };
        let (first_packages, first_people) = (rank(&packages, &held_of, PACKAGES), rank(&people, &held_by, PEOPLE));
        Self {
            chosen: first_packages.iter().chain(&first_people).copied().collect(),
            package_total: packages.len(),
            people_total: people.len(),
            packages: first_packages,
            people: first_people,
            held_of,
            held_by,
            about,
        }
    }

    /// The way to the page of a package or person; empty when it has none.
    pub fn link(&self, id: &str) -> String {
        if self.chosen.contains(id) {
            format!("#{}", anchor(id))
        } else {
            String::new()
        }
    }

    /// Findings about a package or person, the heaviest first, and how many more there are.
    pub fn found(&self, review: &Review, id: &str) -> (Vec<FoundLine>, usize) {
        let mut all: Vec<&Finding> = self.about.get(id).cloned().unwrap_or_default();
        all.sort_by_key(|f| (std::cmp::Reverse(f.severity), f.result, f.check, &f.fingerprint));
        let line = |f: &&Finding| {
            let f = review.audience.finding(f);
            FoundLine {
                check: f.check.to_string(),
                severity: f.severity,
                exception: f.result == Verdict::Exception,
                message: f.message.clone(),
            }
        };
        (all.iter().take(FINDINGS).map(line).collect(), all.len().saturating_sub(FINDINGS))
    }

    /// How many findings there are about it, and the heaviest.
    pub fn weight_of(&self, id: &str) -> (usize, Option<Severity>) {
        let open = || self.about.get(id).into_iter().flatten().filter(|f| f.result == Verdict::Finding);
        (open().count(), open().map(|f| f.severity).max())
    }
}

/// Ten lighter findings weigh as much as one of the next severity.
fn weight(found: Option<&Vec<&Finding>>) -> u64 {
    let one = |f: &&&Finding| match f.severity {
        Severity::High => 1_000,
        Severity::Medium => 100,
        Severity::Low => 10,
        Severity::Info => 1,
    };
    found.map_or(0, |all| all.iter().filter(|f| f.result == Verdict::Finding).map(|f| one(&f)).sum())
}

/// An anchor made of an id: ids come from exports and can hold anything.
pub fn anchor(id: &str) -> String {
    let hash = hex::encode(Sha256::digest(id));
    format!("about-{}", hash.get(..12).unwrap_or_default())
}
