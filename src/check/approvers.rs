//! Whom a policy asks: approvers and reviewers as policies name them, and whether anybody is behind them.

use crate::check::Context;
use crate::check::known::shown;
use crate::lake::table::Table;
use crate::model::{Holding, Interned, PrincipalId};
use std::collections::{BTreeMap, BTreeSet};

/// One entry of a list of approvers or reviewers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// A user, by object id.
    User(PrincipalId),
    /// The members of a group, by its object id.
    Group(String),
    /// The manager of whoever asks, so many levels up.
    Manager(String),
    /// A sponsor of whoever asks, or of their organisation.
    Sponsor,
    /// Anything else, in the word of the record.
    Other(String),
}

impl Asked {
    /// Reads `kind:id` as rows of policies have it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let (kind, id) = text.split_once(':').unwrap_or((text, ""));
        match kind.to_ascii_lowercase().as_str() {
            "singleuser" => Self::User(PrincipalId::new(id)),
            "groupmembers" => Self::Group(id.to_ascii_lowercase()),
            "requestormanager" | "targetmanager" => Self::Manager(id.to_string()),
            "internalsponsors" | "externalsponsors" | "targetusersponsors" | "targetagentidentitysponsorsorowners" => Self::Sponsor,
            _ => Self::Other(kind.to_string()),
        }
    }

    /// All of a list.
    #[must_use]
    pub fn all(texts: &[String]) -> Vec<Self> {
        texts.iter().map(|t| Self::of(t)).collect()
    }
}

/// Whether somebody is behind an entry who can act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Live {
    /// Yes.
    Yes,
    /// No, and why.
    No(String),
    /// Nobody can tell, and why.
    Unknown(String),
}

/// The people behind a list of approvers, each once: whom several entries name decides once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deciders {
    /// Those who can act.
    pub able: BTreeSet<PrincipalId>,
    /// Those of whom no record tells whether they can, with the reason.
    pub maybe: BTreeMap<PrincipalId, String>,
    /// Those who cannot.
    pub gone: BTreeSet<PrincipalId>,
    /// Whether the manager of whoever asks is among them.
    pub manager: bool,
    /// Whether a sponsor of whoever asks is.
    pub sponsor: bool,
    /// Why the entries may name more people than these.
    pub doubt: Option<String>,
}

impl Deciders {
    /// How many can act, the manager among them.
    #[must_use]
    pub fn least(&self) -> usize {
        self.able.len() + usize::from(self.manager)
    }

    /// How many may be able to.
    #[must_use]
    pub fn most(&self) -> usize {
        self.least() + self.maybe.len()
    }

    /// How many are named, whether they can act or not.
    #[must_use]
    pub fn named(&self) -> usize {
        self.most() + self.gone.len()
    }

    /// Why how many there are is not known; `None` where it is.
    #[must_use]
    pub fn unclear(&self) -> Option<String> {
        self.doubt.clone().or_else(|| self.maybe.values().next().cloned())
    }
}

impl<'a> Context<'a> {
    /// The people behind a list of approvers, by whether they can act.
    #[must_use]
    pub fn deciders(&self, list: &[String]) -> Deciders {
        let mut out = Deciders::default();
        let mut people: BTreeSet<PrincipalId> = BTreeSet::new();
        for asked in Asked::all(list) {
            match asked {
                Asked::User(id) => drop(people.insert(id)),
                Asked::Group(group) => match self.people_in(&group) {
                    Ok(members) => people.extend(members),
                    Err((some, why)) => {
                        people.extend(some);
                        out.doubt = Some(why);
                    }
                },
                Asked::Manager(_) => out.manager = true,
                Asked::Sponsor => out.sponsor = true,
                Asked::Other(kind) => out.doubt = Some(format!("\"{kind}\" is a kind of approver that is not known")),
            }
        }
        for id in people {
            match self.live_user(&id) {
                Live::Yes => drop(out.able.insert(id)),
                Live::No(_) => drop(out.gone.insert(id)),
                Live::Unknown(why) => drop(out.maybe.insert(id, why)),
            }
        }
        out
    }

    /// Whether a user can act now.
    #[must_use]
    pub fn live_user(&self, id: &PrincipalId) -> Live {
        let name = self.access.principal_name(id);
        let state = self.access.accounts.at(id, self.as_of());
        let person = self.access.people.get(id);
        match (state, person.and_then(|p| p.enabled)) {
            (Some(s), _) if s.deleted => Live::No(format!("{name} is deleted")),
            _ if self.access.apps.contains_key(id.as_str()) || self.access.groups.contains_key(id.as_str()) => {
                Live::Unknown(format!("{name} is no user's account"))
            }
            (Some(s), enabled) if s.enabled.or(enabled) == Some(false) => Live::No(format!("{name} is disabled")),
            _ if self.gone_from(Table::Users, id.as_str()) => Live::No(format!("the newest complete snapshot of users no longer lists {name}")),
            (state, enabled) if state.and_then(|s| s.enabled).or(enabled) == Some(true) => Live::Yes,
            _ => Live::Unknown(format!("no record tells whether the account {name} is enabled")),
        }
    }

    /// Whether a sponsor, who is a user or a group, can act now.
    ///
    /// A listing of users proves nothing of whom no record calls a user's account: without a listing of groups it may be a group.
    #[must_use]
    pub fn live_sponsor(&self, id: &PrincipalId) -> Live {
        if !self.access.people.contains_key(id) && !self.looked_whole(Table::Groups) {
            return Live::Unknown(format!("no record tells whether {} is a user or a group", self.access.principal_name(id)));
        }
        self.live_user(id)
    }

    /// Whether a group has a member who can act now.
    #[must_use]
    pub fn live_group(&self, id: &str) -> Live {
        let facts = self.access.groups.get(id);
        let name = shown(facts.map(|f| f.name.as_str()).unwrap_or_default(), id).to_string();
        if facts.is_some_and(|f| f.deleted_at.is_some_and(|t| t <= self.as_of())) || self.gone_from(Table::Groups, id) {
            return Live::No(format!("the group {name} is deleted"));
        }
        let members = match self.people_in(id) {
            Ok(members) => members,
            Err((some, why)) if !some.iter().any(|m| self.live_user(m) == Live::Yes) => return Live::Unknown(why),
            Err(_) => return Live::Yes,
        };
        if members.is_empty() {
            return Live::No(format!("the group {name} has no members"));
        }
        let states: Vec<Live> = members.iter().map(|m| self.live_user(m)).collect();
        match states.iter().find(|s| !matches!(s, Live::No(_))) {
            None => Live::No(format!("no member of the group {name} can sign in")),
            Some(Live::Yes) => Live::Yes,
            Some(_) if states.contains(&Live::Yes) => Live::Yes,
            Some(_) => Live::Unknown(format!("no record tells whether a member of the group {name} can sign in")),
        }
    }

    /// Whether somebody is behind an entry of a policy; managers and sponsors depend on who asks.
    #[must_use]
    pub fn live(&self, asked: &Asked) -> Live {
        match asked {
            Asked::User(id) => self.live_user(id),
            Asked::Group(id) => self.live_group(id),
            Asked::Manager(_) => Live::Unknown("who that is depends on who asks".into()),
            Asked::Sponsor => Live::Unknown("who that is depends on who asks".into()),
            Asked::Other(kind) => Live::Unknown(format!("\"{kind}\" is a kind of approver that is not known")),
        }
    }

    /// The people who are members of a group now, nested groups opened, sorted.
    ///
    /// # Errors
    /// When no complete snapshot lists the members of all groups on the way; with those who are known, and the reason.
    pub fn people_in(&self, group: &str) -> Result<Vec<PrincipalId>, (Vec<PrincipalId>, String)> {
        let (mut people, mut seen, mut unlisted) = (BTreeSet::new(), BTreeSet::new(), None);
        let mut open = vec![group.to_string()];
        while let Some(group) = open.pop() {
            if !seen.insert(group.clone()) {
                continue;
            }
            if !self.members_listed(&group) {
                unlisted.get_or_insert_with(|| group.clone());
            }
            for holding in self.index.members_of(&group) {
                let id = &holding.principal;
                if self.access.groups.contains_key(id.as_str()) || holding.principal_type == "group" {
                    open.push(id.as_str().to_string());
                } else {
                    people.insert(id.clone());
                }
            }
        }
        let people: Vec<PrincipalId> = people.into_iter().collect();
        match unlisted {
            None => Ok(people),
            Some(group) => {
                let name = self.access.groups.get(&group).map(|g| g.name.as_str()).unwrap_or_default();
                Err((people, format!("no complete snapshot lists the members of the group {}", shown(name, &group))))
            }
        }
    }

    /// Members of a group at the instant of the questions, whoever they are.
    #[must_use]
    pub fn members_of(&self, group: &str) -> &[&'a Holding] {
        self.index.members_of(group)
    }

    /// Whether a complete snapshot lists all members of a group.
    #[must_use]
    pub fn members_listed(&self, group: &str) -> bool {
        let looks = self.access.looks.get(&(Table::Memberships.name().into(), Interned::from(group)));
        looks.is_some_and(|l| l.iter().any(|look| look.complete && look.at <= self.as_of()))
    }

    /// Whether the newest complete snapshot of the whole tenant does not list an object, and nothing tells of it since.
    #[must_use]
    pub fn gone_from(&self, table: Table, id: &str) -> bool {
        let id = Interned::from(id);
        let Some((at, listed)) = self.access.listed.get(table.name()) else {
            return false;
        };
        let told_since = || self.access.names.of(&id).is_some_and(|n| n.namings.iter().any(|naming| naming.at > *at));
        !listed.contains(&id) && !told_since()
    }
}
