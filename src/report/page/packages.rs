//! A page for each package in question: what it grants, under which policy, who has it, its findings.

use super::dossier::{Dossiers, FoundLine, anchor};
use super::held::{HeldRow, row};
use super::{day, number};
use crate::check::words::period;
use crate::model::{PackageId, Severity};
use crate::report::Review;
use crate::report::charts::count;

/// Holders that a page shows.
const HOLDERS: usize = 25;

/// A package as the page shows it.
pub struct PackagePage {
    pub anchor: String,
    pub id: String,
    pub name: String,
    pub heaviest: Option<Severity>,
    pub found: String,
    pub now: String,
    pub endless: String,
    pub ever: String,
    pub description: String,
    pub sensitive: String,
    pub removed: bool,
    /// Kind, resource, role and since when.
    pub roles: Vec<(String, String, String, String)>,
    pub policies: Vec<PolicyLine>,
    pub findings: Vec<FoundLine>,
    pub more_findings: usize,
    pub holders: Vec<HeldRow>,
    pub more_holders: usize,
}

/// A policy in words.
pub struct PolicyLine {
    pub name: String,
    pub scope: String,
    pub approval: &'static str,
    pub end: String,
    pub review: String,
}

/// Pages of packages, the most severe findings first.
pub fn pages(review: &Review, dossiers: &Dossiers) -> Vec<PackagePage> {
    dossiers.packages.iter().map(|id| page(review, dossiers, id)).collect()
}

fn page(review: &Review, dossiers: &Dossiers, id: &str) -> PackagePage {
    let facts = review.access.packages.get(&PackageId::new(id));
    let mut held = dossiers.held_of.get(id).cloned().unwrap_or_default();
    let named = facts
        .map(|f| f.name.clone())
        .filter(|n| !n.is_empty())
        .or_else(|| held.first().map(|h| h.entitlement_name.to_string()));
    let now = held.iter().filter(|h| h.held_at(review.as_of)).count();
    let endless = held.iter().filter(|h| h.held_at(review.as_of) && h.no_expiration).count();
    held.sort_by_key(|h| (!h.held_at(review.as_of), std::cmp::Reverse(h.held_from.or(h.from_latest)), &h.principal));
    let (findings, more_findings) = dossiers.found(review, id);
    let (found, heaviest) = dossiers.weight_of(id);
    PackagePage {
        anchor: anchor(id),
        id: id.to_string(),
        name: named.unwrap_or_else(|| id.to_string()),
        heaviest,
        found: count(found, "finding"),
        now: number(now),
        endless: number(endless),
        ever: number(held.len()),
        description: facts.map(|f| f.description.clone()).unwrap_or_default(),
        sensitive: facts.map(|f| f.sensitive_because.clone()).unwrap_or_default(),
        removed: facts.is_some_and(|f| f.removed),
        roles: facts
            .map(|f| {
                let role = |r: &crate::ledger::access_model::PackageRole| {
                    let name = if r.resource_name.is_empty() { &r.resource } else { &r.resource_name };
                    (r.kind.replace('_', " "), name.clone(), r.role.clone(), day(r.since))
                };
                f.roles.iter().map(role).collect()
            })
            .unwrap_or_default(),
        policies: facts
            .map(|f| f.policies.iter().filter_map(|p| review.access.policies.get(p)).map(policy).collect())
            .unwrap_or_default(),
        findings,
        more_findings,
        more_holders: held.len().saturating_sub(HOLDERS),
        holders: held.iter().take(HOLDERS).map(|h| row(h, review, dossiers)).collect(),
    }
}

fn policy(facts: &crate::ledger::access_model::PolicyFacts) -> PolicyLine {
    let end = match facts.expiration_type.as_str() {
        "" => "unknown".into(),
        "noExpiration" => "none".into(),
        "afterDuration" => "after a duration".into(),
        "afterDateTime" => "on a date".into(),
        other => other.to_string(),
    };
    let by = if facts.self_review { ", self-review" } else { "" };
    let review = match facts.review_enabled {
        None => "unknown".into(),
        Some(false) => "none".into(),
        Some(true) => match facts.review_every {
            Some(every) => format!("every {}{by}", period(every, &facts.review_every_text)),
            None if facts.review_every_text.is_empty() => format!("on{by}"),
            None => format!("every {}{by}", facts.review_every_text),
        },
    };
    PolicyLine {
        name: if facts.removed {
            format!("{} (removed)", facts.name)
        } else {
            facts.name.clone()
        },
        scope: match (facts.automatic, facts.target_scope.as_str()) {
            (true, _) => "assigned by rule".into(),
            (false, "") => "unknown".into(),
            (false, scope) => who_can_request(scope).to_string(),
        },
        approval: match facts.approval_required {
            Some(true) => "required",
            Some(false) => "not required",
            None => "unknown",
        },
        end,
        review,
    }
}

/// `allowedTargetScope` of Graph in words; a value that is not known stands as it is.
///
/// Source: Microsoft Graph v1.0, enumeration `allowedTargetScope` of `accessPackageAssignmentPolicy`.
fn who_can_request(scope: &str) -> &str {
    match scope {
        "notSpecified" => "nobody: direct assignment only",
        "specificDirectoryUsers" => "named users of the directory",
        "specificConnectedOrganizationUsers" => "named connected organizations",
        "specificDirectoryServicePrincipals" => "named service principals",
        "allMemberUsers" => "all members, no guests",
        "allDirectoryUsers" => "all users, guests too",
        "allDirectoryServicePrincipals" => "all service principals",
        "allConfiguredConnectedOrganizationUsers" => "all connected organizations",
        "allExternalUsers" => "all external users",
        other => other,
    }
}
