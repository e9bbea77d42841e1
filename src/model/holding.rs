//! A holding: a principal holds an entitlement from one instant to another, with how sure we are of both.

use crate::model::access::words;
use crate::model::{AssignmentId, EntitlementKey, EntitlementKind, Instant, Interned, PolicyId, PrincipalId, RequestId, Window};
use serde::{Deserialize, Serialize};

words! {
    /// How an end of a holding is known.
    Certainty {
        /// By an event or a completed request.
        Exact => "exact",
        /// Between two observations.
        Bounded => "bounded",
        /// An end that was set has passed, and nothing has confirmed or denied it.
        Scheduled => "scheduled",
        /// Still held at the newest observation.
        Open => "open",
        /// Before the first witness, or in a gap.
        Unknown => "unknown",
    }
}

words! {
    /// How the access came about.
    GrantKind {
        /// The holder asked.
        UserRequest => "user_request",
        /// An administrator assigned it.
        AdminDirect => "admin_direct",
        /// A rule assigned it.
        AutoAssignment => "auto_assignment",
        /// Somebody asked for the holder.
        OnBehalf => "on_behalf",
        /// The service itself.
        System => "system",
        /// Granted on the resource itself, outside packages.
        Direct => "direct",
        /// Through membership of a group.
        Group => "group",
        /// Through privileged identity management.
        Pim => "pim",
        /// No witness says.
        Unknown => "unknown",
    }
}

words! {
    /// How a holding lies in a window of time.
    Presence {
        /// Surely not held in it.
        Never => "",
        /// Nothing rules it out, and nothing proves it.
        Possible => "possible",
        /// Witnesses prove it.
        Certain => "certain",
    }
}

words! {
    /// Whether the account can use what it holds.
    PrincipalState {
        /// Enabled, as a record or the log tells; groups always are.
        Active => "active",
        /// Disabled.
        Disabled => "disabled",
        /// Deleted.
        Deleted => "deleted",
        /// No record tells whether it is enabled.
        Unknown => "unknown",
    }
}

/// One decision of an approver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Decision {
    /// The stage, from 1.
    pub stage: Option<u32>,
    /// The approver's object id.
    pub who: Interned,
    /// The approver's name at that time.
    pub name: Interned,
    /// When, RFC 3339.
    pub at: Interned,
    /// `approved`, `auto-approved` or `denied`.
    pub decision: Interned,
    /// The approver's reason.
    pub reason: Interned,
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Who holds.
    pub principal: PrincipalId,
    /// The holder's name, or id where no name is known.
    pub principal_name: Interned,
    /// `user`, `guest`, `service_principal`, `group` or `unknown`.
    pub principal_type: Interned,
    /// What is held.
    pub entitlement: EntitlementKey,
    /// Its name, or id where no name is known.
    pub entitlement_name: Interned,
    /// First instant that is proved; empty when none is.
    pub held_from: Option<Instant>,
    /// Last instant that is proved, exclusive; empty while held.
    pub held_until: Option<Instant>,
    /// How the beginning is known.
    pub from_certainty: Certainty,
    /// How the end is known.
    pub until_certainty: Certainty,
    /// It did not begin before this; empty when nothing says.
    pub from_earliest: Option<Instant>,
    /// It did not begin after this.
    pub from_latest: Option<Instant>,
    /// It did not end before this.
    pub until_earliest: Option<Instant>,
    /// It did not end after this; empty when nothing says.
    pub until_latest: Option<Instant>,
    /// The stretches in which witnesses prove it, sorted and disjoint; between them it may have been interrupted unseen.
    pub proved: Vec<Window>,
    /// The end that was set, past or future.
    pub scheduled_until: Option<Instant>,
    /// Whether the assignment is known to have no end at all.
    pub no_expiration: bool,
    /// The last instant at which a look listed it; proof of holding apart from events.
    pub last_seen: Option<Instant>,
    /// `active` or `eligible`.
    pub assignment_state: &'static str,
    /// How the holder comes to it: names from the holder to the entitlement.
    pub path: Interned,
    /// How the access came about.
    pub grant_kind: GrantKind,
    /// Whether the grant was delivered in part only.
    pub partially_delivered: bool,
    /// Since when it is delivered whole, where it was delivered in part before.
    pub whole_since: Option<Instant>,
    /// Who asked.
    pub requested_by: Option<PrincipalId>,
    /// Whom it was asked for, when by another.
    pub on_behalf_of: Option<PrincipalId>,
    /// Who granted it (an administrator or the service).
    pub granted_by: Interned,
    /// Who approved, by name or id, in order.
    pub approved_by: Vec<Interned>,
    /// All decisions, in order.
    pub decisions: Vec<Decision>,
    /// The reason given for the request.
    pub justification: Option<Interned>,
    /// Who ended it.
    pub ended_by: Interned,
    /// Why it ended: `removed`, `expired`, `account_deleted`, `not_listed` …
    pub end_reason: Interned,
    /// Whether the account can use it.
    pub principal_state: PrincipalState,
    /// Since when the account is in that state, where known.
    pub principal_state_since: Option<Instant>,
    /// The assignment behind it.
    pub assignment: Option<AssignmentId>,
    /// The request behind it.
    pub request: Option<RequestId>,
    /// The policy behind it.
    pub policy: Option<PolicyId>,
    /// The records that show it, `table:id`, sorted.
    pub evidence: Vec<Interned>,
}

impl Holding {
    /// How it lies in a window: within the outer bounds it is possible, in a proved stretch certain.
    #[must_use]
    pub fn presence(&self, window: Window) -> Presence {
        if !self.outer().meets(&window) {
            Presence::Never
        } else if self.proved.iter().any(|w| w.meets(&window)) {
            Presence::Certain
        } else {
            Presence::Possible
        }
    }

    /// The role's name: an application's role is named `application / role`.
    #[must_use]
    pub fn role_name(&self) -> &str {
        match self.entitlement.kind {
            EntitlementKind::AppRole => self.entitlement_name.as_str().rsplit_once(" / ").map_or("", |(_, role)| role),
            EntitlementKind::DirectoryRole => &self.entitlement_name,
            EntitlementKind::Group if self.entitlement.is_group_owner() => "Owner",
            EntitlementKind::Group => "Member",
            EntitlementKind::AccessPackage | EntitlementKind::SiteRole => "",
        }
    }

    /// How the holder has it, where that is not simply holding: `owner`, `eligible` or `eligible owner`.
    #[must_use]
    pub fn relation(&self) -> Option<&'static str> {
        match (
            self.entitlement.is_group_owner(),
            self.entitlement.is_eligible() || self.assignment_state == "eligible",
        ) {
            (true, true) => Some("eligible owner"),
            (true, false) => Some("owner"),
            (false, true) => Some("eligible"),
            (false, false) => None,
        }
    }

    /// The time outside of which it was surely not held.
    #[must_use]
    pub fn outer(&self) -> Window {
        let ended = if self.until_certainty == Certainty::Exact {
            self.held_until
        } else {
            self.until_latest
        };
        Window {
            from: self.from_earliest.unwrap_or(Instant(i64::MIN)),
            until: ended.unwrap_or(Instant(i64::MAX)),
        }
    }

    /// Whether it is held at `at` as far as anybody knows: begun for certain, and not ended for certain.
    #[must_use]
    pub fn held_at(&self, at: Instant) -> bool {
        let begun = self.from_latest.or(self.held_from).is_some_and(|t| t <= at);
        // Of an end that lies between two proofs the later one is certain.
        let ended = match self.until_certainty {
            Certainty::Bounded => self.until_latest,
            _ => self.held_until,
        };
        begun && ended.is_none_or(|t| at < t)
    }
}
