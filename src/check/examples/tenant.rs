//! A small tenant: what a story changes and what looks write down.

use super::wire::{guid, upn};
use crate::model::Instant;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Tenant {
    pub people: BTreeMap<String, Account>,
    pub packages: BTreeMap<String, Package>,
    /// By package and label.
    pub policies: BTreeMap<(String, String), Policy>,
    pub groups: BTreeMap<String, Group>,
    pub apps: BTreeSet<String>,
    pub assignments: Vec<Assignment>,
    pub requests: Vec<Request>,
    /// Group and member.
    pub members: BTreeSet<(String, String)>,
    /// Application and holder.
    pub app_roles: BTreeSet<(String, String)>,
    pub decisions: Vec<Decision>,
}

#[derive(Default)]
pub(super) struct Account {
    pub guest: bool,
    pub disabled: bool,
    pub leave_at: Option<Instant>,
    pub last_success: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Package {
    /// Kind, resource, when it entered.
    pub roles: Vec<(&'static str, String, Instant)>,
}

pub(super) struct Policy {
    pub scope: String,
    pub automatic: bool,
    /// `None` when the record does not tell, else the period or nothing.
    pub review: Option<Option<String>>,
    pub reason_asked: Option<bool>,
    pub approval: bool,
}

#[derive(Default)]
pub(super) struct Group {
    pub dynamic: bool,
    pub synced: bool,
    pub privileged: bool,
}

pub(super) struct Assignment {
    pub id: String,
    pub person: String,
    pub package: String,
    pub start: Instant,
    pub end: Option<Instant>,
    pub ended: Option<Instant>,
    /// A look lists it as delivered although it ended.
    pub listed: bool,
}

#[derive(Clone)]
pub(super) struct Request {
    pub id: String,
    pub kind: &'static str,
    pub state: &'static str,
    pub at: Instant,
    pub done: Option<Instant>,
    pub requestor: String,
    pub person: String,
    pub package: String,
    pub reason: Option<String>,
    pub assignment: Option<String>,
    pub end: Option<Instant>,
    /// Approver, when, whether approved.
    pub decisions: Vec<(String, Instant, bool)>,
}

pub(super) struct Decision {
    pub id: String,
    pub person: String,
    pub package: String,
    pub reviewer: String,
    pub at: Instant,
    pub deny: bool,
    pub applied: bool,
}

pub(super) fn policy_id(package: &str, label: &str) -> String {
    guid("policy", &format!("{package}/{label}"))
}

/// The principal name that a look at users gives.
pub(super) fn upn_of(name: &str, account: &Account) -> String {
    if account.guest {
        format!("{name}_partner.example#EXT#@corp.example")
    } else {
        upn(name)
    }
}
