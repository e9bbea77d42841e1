//! What surrounds access and is no holding: conditional access, review series, incompatibilities, posts, sponsors, unfinished deliveries.
//!
//! Each fact is read from the record itself: a member that a record does not have is not told, and never a value.

mod conditional;
mod people;
mod reviews;
mod tampering;

pub use conditional::{ConditionalPolicy, Grant, GuestScope, PolicyState, Strength, UserScope};
pub use people::{Agent, PersonDetails, Post};
pub use reviews::{NoResponse, ReviewInstance, ReviewSeries};
pub use tampering::ReviewAct;

use crate::lake::table::Table;
use crate::ledger::access_model::AccessModel;
use crate::ledger::evidence::Evidence;
use crate::ledger::sightings::{Contents, Sightings};
use crate::model::id::lowered;
use crate::model::{AssignmentId, Instant, Interned, PackageId, PolicyId, PrincipalId};
use ahash::AHashMap;
use std::collections::BTreeMap;

/// What surrounds access.
#[derive(Debug, Clone, Default)]
pub struct Governance {
    /// Conditional-access policies, by id.
    pub conditional: Vec<ConditionalPolicy>,
    /// Review series, by id.
    pub series: BTreeMap<Interned, ReviewSeries>,
    /// Instances of review series, by series and start.
    pub instances: Vec<ReviewInstance>,
    /// Reviews that were deleted, and decisions that were reset, by time.
    pub review_acts: Vec<ReviewAct>,
    /// Incompatible packages and groups, as listed: in one direction.
    pub incompatible: Vec<Incompatible>,
    /// Organisations that are connected, by id.
    pub organizations: BTreeMap<Interned, Organization>,
    /// What else records tell of people.
    pub details: AHashMap<PrincipalId, PersonDetails>,
    /// Identities of agents, and accounts that agents use.
    pub agents: BTreeMap<PrincipalId, Agent>,
    /// Who made the applications of the tenant: the tenant that owns them, by service principal.
    pub app_owners: AHashMap<Interned, Interned>,
    /// Assignments that were listed as neither delivered nor over, by id.
    pub unfinished: Vec<Unfinished>,
    /// What policies allow, by id: whom they name.
    pub targets: BTreeMap<PolicyId, Targets>,
}

/// A package and what cannot be held with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Incompatible {
    /// The package that has the rule.
    pub package: PackageId,
    /// Whether the other is a group, and no package.
    pub is_group: bool,
    /// The other package or group.
    pub other: Interned,
    /// Its name, where the record tells it.
    pub other_name: Interned,
    /// The record, `table:id`.
    pub evidence: Interned,
}

/// A connected organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Organization {
    /// Name.
    pub name: Interned,
    /// `configured` or `proposed`; empty when unknown.
    pub state: Interned,
    /// Whether the newest complete look no longer lists it.
    pub removed: bool,
}

/// An assignment that was listed as neither delivered nor over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The assignment.
    pub id: AssignmentId,
    /// Its holder; none where a guest is not in the directory yet.
    pub principal: Option<PrincipalId>,
    /// Its package.
    pub package: Option<PackageId>,
    /// `delivering`, `partiallyDelivered`, `deliveryFailed`.
    pub state: Interned,
    /// When it was to begin.
    pub start_at: Option<Instant>,
    /// The first and the last look, without another between them, at which it was in that state.
    pub first_seen: Option<Instant>,
    /// See `first_seen`.
    pub last_seen: Option<Instant>,
}

/// Whom a policy lets ask, by name, and what its reviews do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    /// Users.
    pub users: Vec<PrincipalId>,
    /// Groups whose members may ask.
    pub groups: Vec<Interned>,
    /// Connected organisations.
    pub organizations: Vec<Interned>,
    /// Kinds of set that no reading knows.
    pub unknown: Vec<String>,
    /// When the policy was changed last.
    pub modified_at: Option<Instant>,
    /// Whether holders review themselves; `None` when the record does not tell.
    pub is_self: Option<bool>,
    /// What its reviews do with access that nobody decided on.
    pub no_response: NoResponse,
}

/// Fills the part of the access model that surrounds access.
pub(super) fn fill(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings) {
    let as_of = access.as_of;
    let mut all = Governance {
        conditional: conditional::policies(evidence, sightings, as_of),
        incompatible: incompatible(evidence, sightings, as_of),
        unfinished: unfinished(evidence, sightings, as_of),
        ..Governance::default()
    };
    all.review_acts = evidence.audit_facts.review_acts.iter().filter(|a| a.at <= as_of).cloned().collect();
    all.review_acts.sort();
    all.review_acts.dedup();
    reviews::fill(&mut all, evidence, sightings, as_of);
    people::fill(&mut all, access, evidence, sightings);
    for row in sightings.current(&evidence.connected_organizations, as_of) {
        let organization = Organization {
            name: row.name.unwrap_or_default(),
            state: row.state.unwrap_or_default(),
            removed: sightings.of(Table::ConnectedOrganizations).removed(&row.id, as_of),
        };
        all.organizations.insert(row.id, organization);
    }
    for row in sightings.current(&evidence.policies, as_of) {
        all.targets.insert(PolicyId::of(row.id), targets(&row.content, row.modified_at));
    }
    access.governance = all;
}

/// Rules that the newest look at their package still lists.
fn incompatible(evidence: &Evidence, sightings: &Sightings, as_of: Instant) -> Vec<Incompatible> {
    let collection = sightings.of(Table::Incompatibilities);
    let gone = |id: &Interned| {
        let mut scopes = collection.looks.iter().filter(|(_, looks)| {
            let of_it = |snapshot: &Interned| collection.seen.get(id).is_some_and(|s| s.iter().any(|s| s.snapshot == Some(*snapshot)));
            looks.iter().any(|(snapshot, _)| of_it(snapshot))
        });
        // Whoever listed it once lists it no more.
        scopes.any(|(_, looks)| {
            let newest = looks.iter().rev().find(|(_, l)| l.complete && l.at <= as_of);
            newest.is_some_and(|(snapshot, _)| collection.seen.get(id).is_none_or(|s| s.iter().all(|s| s.snapshot != Some(*snapshot))))
        })
    };
    let mut rules = Vec::new();
    for row in sightings.current(&evidence.incompatibilities, as_of) {
        let (Some(package), Some(other)) = (row.package_id, row.other_id) else {
            continue;
        };
        if gone(&row.id) {
            continue;
        }
        rules.push(Incompatible {
            package: PackageId::of(package),
            is_group: row.other_kind.is_some_and(|k| k.eq_ignore_ascii_case("group")),
            other: lowered(&other),
            other_name: row.other_name.unwrap_or_default(),
            evidence: format!("incompatibilities:{}", row.id).into(),
        });
    }
    rules.sort();
    rules.dedup();
    rules
}

/// Assignments that are under way, or failed, at the instant of the questions.
fn unfinished(evidence: &Evidence, sightings: &Sightings, as_of: Instant) -> Vec<Unfinished> {
    let contents = Contents::of(&evidence.assignments);
    let seen = &sightings.of(Table::Assignments).seen;
    let under_way = |state: &str| {
        ["delivering", "partiallydelivered", "deliveryfailed"]
            .iter()
            .any(|s| s.eq_ignore_ascii_case(state))
    };
    let mut all = Vec::new();
    for row in sightings.current_of(&evidence.assignments, &contents, as_of) {
        let Some(state) = row.state.filter(|s| under_way(s)) else { continue };
        let versions = contents.0.get(&row.id).map_or(&[][..], Vec::as_slice);
        let same = |hash: &Interned| {
            let told = versions.iter().map(|i| &evidence.assignments[*i]).find(|r| r.content_hash == *hash);
            told.and_then(|r| r.state).is_some_and(|s| s.eq_ignore_ascii_case(&state))
        };
        let looks = seen.get(&row.id).map_or(&[][..], Vec::as_slice);
        let until_now: Vec<_> = looks.iter().filter(|s| s.at <= as_of).collect();
        let streak = until_now.iter().rev().take_while(|s| same(&s.content_hash));
        let (first, last) = (streak.clone().last().map(|s| s.since), streak.clone().next().map(|s| s.at));
        all.push(Unfinished {
            id: AssignmentId::of(row.id),
            principal: row.target_id.map(PrincipalId::of),
            package: row.package_id.map(PackageId::of),
            state,
            start_at: row.start_at,
            first_seen: first,
            last_seen: last,
        });
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

/// Whom a policy names, in v1.0 (`specificAllowedTargets`) and in beta (`requestorSettings.allowedRequestors`).
fn targets(content: &str, modified_at: Option<Instant>) -> Targets {
    let whole: serde_json::Value = serde_json::from_str(content).unwrap_or_default();
    let lists = [&whole["specificAllowedTargets"], &whole["requestorSettings"]["allowedRequestors"]];
    let (is_self, no_response) = reviews::of_policy(&whole);
    let mut targets = Targets {
        modified_at,
        is_self,
        no_response,
        ..Targets::default()
    };
    for set in lists.iter().filter_map(|l| l.as_array()).flatten() {
        let kind = set["@odata.type"]
            .as_str()
            .unwrap_or_default()
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let id = |names: &[&str]| names.iter().find_map(|n| set[*n].as_str()).filter(|id| !id.is_empty()).map(lowered);
        match (
            kind.as_str(),
            id(&["userId", "id"]),
            id(&["groupId", "id"]),
            id(&["connectedOrganizationId", "id"]),
        ) {
            ("singleuser", Some(user), ..) => targets.users.push(PrincipalId::of(user)),
            ("groupmembers", _, Some(group), _) => targets.groups.push(group),
            ("connectedorganizationmembers", _, _, Some(organization)) => targets.organizations.push(organization),
            _ => targets.unknown.push(if kind.is_empty() { "a set without a type".into() } else { kind }),
        }
    }
    targets
}

/// A record as JSON; nothing where it was not kept.
fn json(content: &str) -> serde_json::Value {
    serde_json::from_str(content).unwrap_or_default()
}

/// The texts of a list.
fn texts(value: &serde_json::Value) -> Vec<String> {
    let list = value.as_array().into_iter().flatten();
    list.filter_map(|v| v.as_str()).map(ToString::to_string).collect()
}
