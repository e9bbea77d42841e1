//! A small tenant: what a story changes and what looks write down.

use super::around::Around;
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
    pub schedules: Vec<Schedule>,
    /// What surrounds the access.
    pub around: Around,
}

#[derive(Default)]
pub(super) struct Account {
    pub guest: bool,
    pub disabled: bool,
    pub leave_at: Option<Instant>,
    pub last_success: Option<Instant>,
    /// A member whose principal name is still a guest's.
    pub former_guest: bool,
    /// The record does not tell the type.
    pub type_untold: bool,
    pub employee_id: Option<String>,
}

/// An active schedule of privileged identity management for a group.
pub(super) struct Schedule {
    pub person: String,
    pub group: String,
    /// Activated, not assigned.
    pub activated: bool,
    pub start: Instant,
    pub end: Option<Instant>,
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
    /// The last day of the review series.
    pub series_until: Option<String>,
    /// Reviewed one time only.
    pub once: bool,
    /// Whom it names, and what its reviews do: members of its record that no column holds.
    pub more: BTreeMap<String, String>,
    pub changed: Option<Instant>,
}

impl Policy {
    /// Members may ask and give a reason, and it is reviewed each quarter.
    pub(super) fn ordinary() -> Self {
        Self {
            scope: "allMemberUsers".into(),
            automatic: false,
            review: Some(Some("P3M".into())),
            reason_asked: Some(true),
            approval: false,
            series_until: None,
            once: false,
            more: BTreeMap::new(),
            changed: None,
        }
    }
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
    /// Label of its policy.
    pub policy: String,
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
    /// Label of its policy.
    pub policy: String,
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
    if account.guest || account.former_guest {
        format!("{name}_partner.example#EXT#@corp.example")
    } else {
        upn(name)
    }
}
