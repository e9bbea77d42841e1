//! Conditional-access policies, with everything that decides whom and what they cover.

use super::{json, texts};
use crate::lake::table::Table;
use crate::ledger::evidence::Evidence;
use crate::ledger::sightings::Sightings;
use crate::model::id::lowered;
use crate::model::{Instant, Interned};
use serde_json::Value;

/// A conditional-access policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionalPolicy {
    /// Its id.
    pub id: Interned,
    /// Its name.
    pub name: String,
    /// Whether it is in force.
    pub state: PolicyState,
    /// Whom it is for.
    pub include: UserScope,
    /// Whom it leaves out.
    pub exclude: UserScope,
    /// Applications that it is for, by application id, or `All`, `Office365`, `MicrosoftAdminPortals`, `None`.
    pub include_apps: Vec<String>,
    /// Applications that it leaves out.
    pub exclude_apps: Vec<String>,
    /// Conditions by which it applies to some sign-ins only, in words.
    pub narrowed: Vec<String>,
    /// Conditions by which it never applies to an ordinary sign-in of a person, in words.
    pub rare: Vec<String>,
    /// Members of the record that no reading knows.
    pub unknown: Vec<String>,
    /// Whether it tells places apart.
    pub by_location: bool,
    /// Whether it is for all places but some: what it blocks can be reached from those only.
    pub elsewhere: bool,
    /// Whether it tells devices apart.
    pub by_device: bool,
    /// What it asks.
    pub grant: Grant,
}

/// Whether a policy is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyState {
    /// In force.
    Enabled,
    /// It only reports what it would do.
    ReportOnly,
    /// Switched off.
    Disabled,
    /// The record does not tell.
    Unknown,
}

/// Whom a policy is for, or leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserScope {
    /// Everybody, guests too.
    pub all: bool,
    /// By object id.
    pub users: Vec<Interned>,
    /// Groups, by object id.
    pub groups: Vec<Interned>,
    /// Directory roles, by template id.
    pub roles: Vec<Interned>,
    /// Guests and external users.
    pub guests: Option<GuestScope>,
    /// Words that no reading knows.
    pub unknown: Vec<String>,
}

/// Guests and external users of a scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuestScope {
    /// `internalGuest`, `b2bCollaborationGuest`, `b2bCollaborationMember` … in lower case; empty for all of them.
    pub types: Vec<String>,
    /// Whether only those of some organisations count.
    pub some_tenants: bool,
}

/// What a policy asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// Whether one of the controls is enough.
    pub any: bool,
    /// `mfa`, `block`, `compliantDevice` … in lower case.
    pub controls: Vec<String>,
    /// An authentication strength.
    pub strength: Option<Strength>,
    /// Whether it asks for anything else, such as terms of use.
    pub other: bool,
    /// Whether it asks for a custom control, by which other providers ask for their second factor, and of which no record tells more.
    pub custom: bool,
}

/// What an authentication strength amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Two factors.
    MultiFactor,
    /// One is enough.
    SingleFactor,
    /// The record does not tell.
    Unknown,
}

/// The policies of the newest look.
pub(super) fn policies(evidence: &Evidence, sightings: &Sightings, as_of: Instant) -> Vec<ConditionalPolicy> {
    let rows = sightings.current(&evidence.conditional_access, as_of);
    let live = rows.into_iter().filter(|r| !sightings.of(Table::ConditionalAccess).removed(&r.id, as_of));
    live.map(|row| policy(row.id, &row.name.unwrap_or_default(), &row.state.unwrap_or_default(), &json(&row.content)))
        .collect()
}

/// One policy out of its record.
fn policy(id: Interned, name: &str, state: &str, whole: &Value) -> ConditionalPolicy {
    let conditions = &whole["conditions"];
    let (users, apps) = (&conditions["users"], &conditions["applications"]);
    let mut policy = ConditionalPolicy {
        id,
        name: name.to_string(),
        state: match state.to_ascii_lowercase().as_str() {
            "enabled" => PolicyState::Enabled,
            "disabled" => PolicyState::Disabled,
            "enabledforreportingbutnotenforced" => PolicyState::ReportOnly,
            _ => PolicyState::Unknown,
        },
        include: scope(users, "include"),
        exclude: scope(users, "exclude"),
        include_apps: texts(&apps["includeApplications"]).iter().map(|a| a.to_ascii_lowercase()).collect(),
        exclude_apps: texts(&apps["excludeApplications"]).iter().map(|a| a.to_ascii_lowercase()).collect(),
        narrowed: Vec::new(),
        rare: Vec::new(),
        unknown: Vec::new(),
        by_location: false,
        elsewhere: false,
        by_device: false,
        grant: grant(&whole["grantControls"]),
    };
    for (name, missing) in [
        ("conditions", !conditions.is_object() || !users.is_object() || !apps.is_object()),
        ("grantControls", whole.get("grantControls").is_none()),
    ] {
        policy.unknown.extend(missing.then(|| name.to_string()));
    }
    if is_set(&apps["applicationFilter"]) {
        policy.unknown.push("applications.applicationFilter".into());
    }
    let others: Vec<String> = apps
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(k, v)| !APPS.contains(&k.as_str()) && is_set(v))
        .map(|(k, _)| format!("applications.{k}"))
        .collect();
    policy.unknown.extend(others);
    narrow(&mut policy, conditions);
    policy
}

const APPS: &[&str] = &[
    "includeApplications",
    "excludeApplications",
    "includeUserActions",
    "includeAuthenticationContextClassReferences",
    "applicationFilter",
    "globalSecureAccess",
    "networkAccess",
];

/// Whether a member of a record has a value that says something.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => map.values().any(is_set),
        Value::String(text) => !text.is_empty() && !text.eq_ignore_ascii_case("none"),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Sorts the conditions of a policy into those that narrow it, those that make it rare, and those that nobody knows.
fn narrow(policy: &mut ConditionalPolicy, conditions: &Value) {
    for (name, value) in conditions.as_object().into_iter().flatten().filter(|(_, v)| is_set(v)) {
        match name.as_str() {
            "users" | "applications" => {}
            "clientAppTypes" => {
                let types: Vec<String> = texts(value).iter().map(|t| t.to_ascii_lowercase()).collect();
                let has = |t: &str| types.iter().any(|x| x == t);
                match (
                    has("all") || has("browser") && has("mobileappsanddesktopclients"),
                    has("browser") || has("mobileappsanddesktopclients"),
                ) {
                    (true, _) => {}
                    (false, true) => policy.narrowed.push("some kinds of client only".into()),
                    (false, false) => policy.rare.push("old protocols only".into()),
                }
            }
            "platforms" => {
                let all = texts(&value["includePlatforms"]).iter().any(|p| p.eq_ignore_ascii_case("all"));
                if !all || !texts(&value["excludePlatforms"]).is_empty() {
                    policy.narrowed.push("some platforms only".into());
                }
            }
            "locations" => {
                let all = texts(&value["includeLocations"]).iter().any(|p| p.eq_ignore_ascii_case("all"));
                let some_left = !texts(&value["excludeLocations"]).is_empty();
                if !all || some_left {
                    policy.by_location = true;
                    policy.elsewhere = all && some_left;
                    policy.narrowed.push("some places only".into());
                }
            }
            "devices" => {
                policy.by_device = true;
                policy.narrowed.push("some devices only".into());
            }
            "userRiskLevels" | "signInRiskLevels" | "insiderRiskLevels" | "servicePrincipalRiskLevels" | "agentIdRiskLevels" => {
                policy.rare.push("sign-ins at risk only".into());
            }
            "authenticationFlows" => policy.rare.push("some flows of authentication only".into()),
            "clientApplications" => policy.rare.push("workload identities only".into()),
            other => policy.unknown.push(other.to_string()),
        }
    }
    policy.rare.dedup();
}

/// What `GuestsOrExternalUsers` among users stands for (Microsoft Graph, conditionalAccessUsers).
const GUESTS_OR_EXTERNAL: [&str; 3] = ["internalguest", "b2bcollaborationguest", "b2bcollaborationmember"];

fn scope(users: &Value, side: &str) -> UserScope {
    let list = |what: &str| texts(&users[format!("{side}{what}").as_str()]);
    let mut scope = UserScope {
        groups: list("Groups").iter().map(|g| lowered(g)).collect(),
        roles: list("Roles").iter().map(|r| lowered(r)).collect(),
        ..UserScope::default()
    };
    for word in list("Users") {
        match word.to_ascii_lowercase().as_str() {
            "all" => scope.all = true,
            "none" => {}
            // The older spelling of three kinds: an external user whose type is Member is among them.
            "guestsorexternalusers" => {
                scope.guests = Some(GuestScope {
                    types: GUESTS_OR_EXTERNAL.map(String::from).to_vec(),
                    some_tenants: false,
                });
            }
            id if id.len() == 36 => scope.users.push(lowered(id)),
            _ => scope.unknown.push(word),
        }
    }
    let guests = &users[format!("{side}GuestsOrExternalUsers").as_str()];
    if is_set(guests) {
        let types = guests["guestOrExternalUserTypes"].as_str().unwrap_or_default();
        let kind = guests["externalTenants"]["membershipKind"].as_str().unwrap_or("all");
        scope.guests = Some(GuestScope {
            types: types
                .split(',')
                .map(|t| t.trim().to_ascii_lowercase())
                .filter(|t| !t.is_empty() && t != "none")
                .collect(),
            some_tenants: !kind.eq_ignore_ascii_case("all"),
        });
    }
    scope
}

fn grant(controls: &Value) -> Grant {
    let strength = &controls["authenticationStrength"];
    Grant {
        any: controls["operator"].as_str().is_none_or(|o| o.eq_ignore_ascii_case("or")),
        controls: texts(&controls["builtInControls"]).iter().map(|c| c.to_ascii_lowercase()).collect(),
        strength: is_set(strength).then(|| strength_of(strength)),
        other: is_set(&controls["termsOfUse"]),
        custom: is_set(&controls["customAuthenticationFactors"]),
    }
}

/// The strengths that every tenant has: multi-factor, passwordless, phishing-resistant.
const BUILT_IN: [&str; 3] = [
    "00000000-0000-0000-0000-000000000002",
    "00000000-0000-0000-0000-000000000003",
    "00000000-0000-0000-0000-000000000004",
];

fn strength_of(strength: &Value) -> Strength {
    let satisfied = strength["requirementsSatisfied"].as_str().unwrap_or_default();
    if satisfied.eq_ignore_ascii_case("mfa") || strength["id"].as_str().is_some_and(|id| BUILT_IN.contains(&id)) {
        Strength::MultiFactor
    } else if satisfied.eq_ignore_ascii_case("none") {
        Strength::SingleFactor
    } else {
        Strength::Unknown
    }
}
