//! A small tenant: what a story changes and what looks write down.

use super::around::Around;
use super::table::instant;
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
    /// Group or application, and owner.
    pub owners: BTreeSet<(String, String)>,
    /// Catalog and owner.
    pub catalog_owners: BTreeSet<(String, String)>,
    pub catalogs: BTreeSet<String>,
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
    pub employee_type: Option<String>,
    pub manager: Option<String>,
    pub sponsors: Vec<String>,
    pub created_at: Option<Instant>,
    /// Invited, and not come yet.
    pub pending: bool,
    /// Deleted: looks list it no longer.
    pub deleted: bool,
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
    pub catalog: Option<String>,
    pub description: String,
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
    /// `noExpiration`, or how long assignments last; `None` when the record does not tell.
    pub expires: Option<String>,
    /// Whether requestors may ask for a period of their own.
    pub custom_schedule: bool,
    pub extendable: bool,
    /// Whether an extension needs approval; as a new request does unless it says otherwise.
    pub extension_by_approval: Option<bool>,
    pub stages: Vec<Stage>,
    pub approver_reason: Option<bool>,
    /// Questions that must be answered.
    pub questions: Vec<String>,
    pub created_at: Option<Instant>,
    pub modified_at: Option<Instant>,
}

/// A stage of approval; each entry is a user, `group X`, `manager`, `sponsor` or another kind.
#[derive(Default)]
pub(super) struct Stage {
    pub approvers: Vec<String>,
    pub fallbacks: Vec<String>,
    pub alternates: Vec<String>,
    pub within: Option<String>,
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
            expires: Some("P365D".into()),
            custom_schedule: false,
            extendable: true,
            extension_by_approval: None,
            stages: Vec::new(),
            approver_reason: Some(true),
            questions: Vec::new(),
            created_at: None,
            modified_at: None,
        }
    }

    /// Changes one thing of it; `false` when no policy can be so.
    pub(super) fn change(&mut self, detail: &str) -> bool {
        let rest = |word: &str| detail.strip_prefix(word).map(str::trim);
        match detail {
            "no review" => self.review = Some(None),
            "review untold" => self.review = None,
            "automatic" => self.automatic = true,
            "no reason asked" => self.reason_asked = Some(false),
            "approval" => self.approval = true,
            "no approval" => (self.approval, self.stages) = (false, Vec::new()),
            "reason untold" => self.reason_asked = None,
            "reviewed once" => self.once = true,
            "no expiry" => self.expires = Some("noExpiration".into()),
            "expiry untold" => self.expires = None,
            "custom schedule" => self.custom_schedule = true,
            "no extension" => self.extendable = false,
            "extension without approval" => self.extension_by_approval = Some(false),
            "extension by approval" => self.extension_by_approval = Some(true),
            "no approver reason" => self.approver_reason = Some(false),
            "approver reason untold" => self.approver_reason = None,
            "self review" | "own review" => {
                self.more.insert("self".into(), (detail == "self review").to_string());
            }
            _ => {
                if let Some(day) = rest("series until ") {
                    self.series_until = Some(day.into());
                } else if let Some(period) = rest("review ") {
                    self.review = Some(Some(period.into()));
                } else if let Some(scope) = rest("scope ") {
                    self.scope = scope.into();
                } else if let Some(period) = rest("expires ") {
                    self.expires = Some(period.into());
                } else if let Some(group) = rest("targets group ") {
                    self.more.insert("group".into(), guid("group", group));
                } else if let Some(name) = rest("targets organization ") {
                    self.more.insert("organization".into(), guid("organization", name));
                } else if let Some(default) = rest("silence ") {
                    self.more.insert("silence".into(), default.into());
                } else if let Some(day) = rest("changed ") {
                    self.modified_at = instant(day);
                } else if let Some(text) = rest("asks ") {
                    self.questions.push(text.into());
                } else if let Some(stage) = rest("stage ") {
                    self.approval = true;
                    self.approvers_of(stage);
                } else {
                    return false;
                }
            }
        }
        true
    }

    /// `ana + group payers fallback bo alternate cy within P14D`.
    fn approvers_of(&mut self, text: &str) {
        let (text, within) = text.split_once(" within ").map_or((text, None), |(a, b)| (a, Some(b.trim().to_string())));
        let (text, alternates) = text.split_once(" alternate ").unwrap_or((text, ""));
        let (approvers, fallbacks) = text.split_once(" fallback ").unwrap_or((text, ""));
        let list = |text: &str| text.split('+').map(|w| w.trim().to_string()).filter(|w| !w.is_empty()).collect();
        self.stages.push(Stage {
            approvers: list(approvers),
            fallbacks: list(fallbacks),
            alternates: list(alternates),
            within,
        });
    }
}

#[derive(Default)]
pub(super) struct Group {
    pub dynamic: bool,
    pub synced: bool,
    pub privileged: bool,
    pub deleted: bool,
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
    /// Whether it asked for no end.
    pub endless: bool,
    /// Approver, when, whether approved, and why.
    pub decisions: Vec<(String, Instant, bool, String)>,
}

pub(super) struct Decision {
    pub id: String,
    pub person: String,
    pub package: String,
    pub reviewer: String,
    pub at: Instant,
    pub deny: bool,
    pub applied: bool,
    /// The record does not tell whether it was applied.
    pub untold: bool,
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
