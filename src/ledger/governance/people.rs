//! What records tell of people and agents beside their accounts: posts, sponsors, state of an invitation.

use super::{Governance, json};
use crate::lake::objects::UserRow;
use crate::lake::table::Table;
use crate::ledger::access_model::AccessModel;
use crate::ledger::evidence::Evidence;
use crate::ledger::sightings::{Contents, Sightings};
use crate::ledger::sponsors::Sponsors;
use crate::model::{Instant, Interned, PrincipalId};
use serde_json::Value;

/// What else records tell of a person, beside what [`crate::ledger::access_model::Person`] has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonDetails {
    /// `perUserMfaState`: `enabled` or `enforced` asks for a second factor at each sign-in; empty when unknown.
    pub per_user_mfa: Interned,
    /// Where the person worked, from when on it was seen so, by time.
    pub posts: Vec<Post>,
}

/// Where a person works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The first look that showed it.
    pub since: Instant,
    /// The last look, without another between, that showed it.
    pub until: Instant,
    /// Department, in lower case; empty when none is on record.
    pub department: Interned,
    /// Job title, in lower case; empty when none is on record.
    pub job: Interned,
    /// The record.
    pub evidence: Interned,
}

/// An agent's identity, or the account that an agent uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// Name.
    pub name: Interned,
    /// Whether it can sign in; `None` when the record does not tell.
    pub enabled: Option<bool>,
    /// Who answers for it; `None` when neither its record nor a listing tells.
    pub sponsors: Option<Vec<PrincipalId>>,
    /// Who owns it; `None` when the record was exported without owners.
    pub owners: Option<Vec<PrincipalId>>,
    /// Whether it is an account of its own that looks like a user's.
    pub is_user: bool,
    /// The record.
    pub evidence: Interned,
}

pub(super) fn fill(all: &mut Governance, access: &AccessModel, evidence: &Evidence, sightings: &Sightings) {
    let as_of = access.as_of;
    let sponsors = Sponsors::new(evidence, sightings, as_of);
    let contents = Contents::of(&evidence.users);
    for row in sightings.current_of(&evidence.users, &contents, as_of) {
        let versions = contents.0.get(&row.id).map_or(&[][..], Vec::as_slice);
        let mut details = PersonDetails {
            posts: posts(row.id, versions, evidence, sightings, as_of),
            ..PersonDetails::default()
        };
        // Most records have none of these: they are not parsed again for them.
        if ["\"perUserMfaState\"", "\"identityParentId\"", "\"agentIdentityId\""]
            .iter()
            .any(|w| row.content.contains(w))
            || row.agent == Some(true)
        {
            let whole = json(&row.content);
            details.per_user_mfa = whole["perUserMfaState"].as_str().unwrap_or_default().into();
            if row.agent == Some(true) || is_agent_user(&whole) {
                let agent = Agent {
                    name: row.name.unwrap_or_default(),
                    enabled: row.enabled,
                    sponsors: access.people.get(&PrincipalId::of(row.id)).and_then(|p| p.sponsors.clone()),
                    owners: None,
                    is_user: true,
                    evidence: format!("users:{}", row.id).into(),
                };
                all.agents.insert(PrincipalId::of(row.id), agent);
            }
        }
        all.details.insert(PrincipalId::of(row.id), details);
    }
    for row in sightings.current(&evidence.service_principals, as_of) {
        let by_type = row.kind.is_some_and(|k| k.eq_ignore_ascii_case("ServiceIdentity"));
        if let Some(owner) = owner_of(&row.content) {
            all.app_owners.insert(row.id, owner);
        }
        let is_blueprint = |w: &Value| w["@odata.type"].as_str().is_some_and(|t| t.to_ascii_lowercase().contains("blueprint"));
        if !by_type && !row.content.contains("agentIdentityBlueprintId") {
            continue;
        }
        let whole = json(&row.content);
        if is_blueprint(&whole) {
            continue;
        }
        let agent = Agent {
            name: row.name.unwrap_or_default(),
            enabled: row.enabled,
            sponsors: sponsors.of(Table::ServicePrincipals, row.id, &row.content),
            owners: ids(&whole["owners"]),
            is_user: false,
            evidence: format!("service_principals:{}", row.id).into(),
        };
        all.agents.insert(PrincipalId::of(row.id), agent);
    }
}

/// The tenant that owns an application, out of its service principal.
fn owner_of(content: &str) -> Option<Interned> {
    let (_, rest) = content.split_once("\"appOwnerOrganizationId\":")?;
    let id = rest.trim_start().strip_prefix('"')?.get(..36)?;
    Some(crate::model::id::lowered(id))
}

/// An `agentUser` names the identity that uses it.
fn is_agent_user(whole: &Value) -> bool {
    let typed = whole["@odata.type"].as_str().is_some_and(|t| t.to_ascii_lowercase().ends_with("agentuser"));
    let parent = ["identityParentId", "agentIdentityId"]
        .iter()
        .any(|n| whole[*n].as_str().is_some_and(|id| !id.is_empty()));
    typed || parent
}

/// Ids of a list that was expanded; `None` when the record has no such list.
fn ids(list: &Value) -> Option<Vec<PrincipalId>> {
    let id = |v: &Value| v.as_str().or_else(|| v["id"].as_str()).filter(|id| !id.is_empty()).map(PrincipalId::new);
    let mut found: Vec<PrincipalId> = list.as_array()?.iter().filter_map(id).collect();
    found.sort();
    found.dedup();
    Some(found)
}

/// Where somebody worked, from look to look.
fn posts(id: Interned, versions: &[usize], evidence: &Evidence, sightings: &Sightings, as_of: Instant) -> Vec<Post> {
    let seen = sightings.of(Table::Users).seen.get(&id).map_or(&[][..], Vec::as_slice);
    let plain = |text: Option<Interned>| text.map_or(Interned::default(), |t| Interned::from(&t.trim().to_lowercase()));
    let mut posts: Vec<Post> = Vec::new();
    for look in seen.iter().filter(|s| s.at <= as_of && s.snapshot.is_some()) {
        let mut rows = versions.iter().map(|i| &evidence.users[*i]);
        let Some(row) = rows.find(|r: &&UserRow| r.content_hash == look.content_hash) else {
            continue;
        };
        let (department, job) = (plain(row.department), plain(row.job_title));
        match posts.last_mut() {
            Some(last) if last.department == department && last.job == job => last.until = look.at,
            _ => posts.push(Post {
                since: look.at,
                until: look.at,
                department,
                job,
                evidence: format!("users:{id}").into(),
            }),
        }
    }
    posts
}
