//! Whose account it is: by what records say of its type, never by its name.

use crate::check::Context;
use crate::ledger::AccessModel;
use crate::model::account::AdminPattern;
use crate::model::{Holding, PrincipalId, PrincipalState};

/// What kind of account a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// A user whose record says Member.
    Member,
    /// A user whose record says Guest.
    Guest,
    /// A user of whom no record tells which.
    User,
    /// A service principal of an application, or a managed identity.
    Workload,
    /// An agent's identity.
    Agent,
    /// A group.
    Group,
    /// No record tells, or tells a kind that is not known.
    Unknown,
}

impl Account {
    /// Whether a person signs in with it; `None` when no record tells.
    #[must_use]
    pub fn is_person(self) -> Option<bool> {
        match self {
            Self::Member | Self::Guest | Self::User => Some(true),
            Self::Workload | Self::Agent | Self::Group => Some(false),
            Self::Unknown => None,
        }
    }
}

impl Context<'_> {
    /// What kind of account a principal is.
    #[must_use]
    pub fn account(&self, id: &PrincipalId) -> Account {
        let access = self.access;
        // A listing of service principals and the record of an agent's account are better witnesses than the log's "User".
        if let Some(app) = access.apps.get(id.as_str()) {
            let agent = is_agent(&app.kind) || access.governance.agents.contains_key(id);
            return if agent { Account::Agent } else { Account::Workload };
        }
        if access.governance.agents.contains_key(id) {
            return Account::Agent;
        }
        if let Some(person) = access.people.get(id) {
            return match person.user_type.to_ascii_lowercase().as_str() {
                _ if person.agent => Account::Agent,
                "member" => Account::Member,
                "guest" => Account::Guest,
                _ => Account::User,
            };
        }
        if access.groups.contains_key(id.as_str()) {
            return Account::Group;
        }
        match access.subject_types.get(id).map(|k| k.as_str()).unwrap_or_default() {
            "user" => Account::User,
            "group" => Account::Group,
            "serviceprincipal" => Account::Workload,
            "agentidentity" => Account::Agent,
            _ => Account::Unknown,
        }
    }

    /// How two different accounts are known to be one person's, by [`linked`].
    #[must_use]
    pub fn linked(&self, a: (&PrincipalId, &str), b: (&PrincipalId, &str)) -> Option<&'static str> {
        linked(self.access, &self.config.admin_accounts, a, b)
    }

    /// Whether the account behind a holding can sign in; `None` when no record tells.
    #[must_use]
    pub fn works(&self, holding: &Holding) -> Option<bool> {
        match holding.principal_state {
            PrincipalState::Disabled | PrincipalState::Deleted => Some(false),
            PrincipalState::Active | PrincipalState::Unknown => {
                let person = self.access.people.get(&holding.principal);
                person.and_then(|p| p.enabled)
            }
        }
    }
}

/// How two different accounts, each with its principal name, are known to be one person's: by the list or the rule for names of
/// the configuration, or by a shared employee number; `None` when nothing says so.
#[must_use]
pub fn linked(access: &AccessModel, rule: &AdminPattern, a: (&PrincipalId, &str), b: (&PrincipalId, &str)) -> Option<&'static str> {
    if rule.paired(&[a.0.as_str(), a.1], &[b.0.as_str(), b.1]) {
        return Some("by the list of the configuration");
    }
    if rule.linked(a.1, b.1) {
        return Some("by its name");
    }
    let number = |id| access.people.get(id).map(|p| p.employee_id).filter(|n| !n.is_empty());
    let same = number(a.0).zip(number(b.0)).is_some_and(|(x, y)| x == y);
    same.then_some("by its employee number")
}

/// The service principal type of agents' identities (Microsoft Entra Agent ID).
fn is_agent(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("ServiceIdentity")
}
