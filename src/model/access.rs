//! Facts about access: what happened to whom, with which entitlement.

use crate::model::id::lowered;
use crate::model::{AssignmentId, Instant, Interned, PolicyId, PrincipalId, RequestId};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in outputs.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value of a word, if it is one.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// The kinds of things that can be held.
    EntitlementKind {
        /// An access package, by package id.
        AccessPackage => "access_package",
        /// Direct membership of a group, by group id.
        Group => "group",
        /// An application role on a resource service principal.
        AppRole => "app_role",
        /// A directory role in a scope.
        DirectoryRole => "directory_role",
        /// A role on a SharePoint site.
        SiteRole => "site",
    }
}

/// Ends the key of what must be activated.
const ELIGIBLE: &str = "|eligible";
/// Ends the key of an ownership.
const OWNER: &str = "|owner";

/// What is held: the kind and the directory's key of it.
///
/// The key is the package id, the group id (then `|owner` for an ownership, `|eligible` for what must be activated),
/// `service principal/app role`, or `role|scope|active` (or `|eligible`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntitlementKey {
    /// Which kind of thing.
    pub kind: EntitlementKind,
    /// The directory's key, in lower case.
    pub id: Interned,
}

impl EntitlementKey {
    /// An access package.
    #[must_use]
    pub fn package(id: &str) -> Self {
        Self {
            kind: EntitlementKind::AccessPackage,
            id: lowered(id),
        }
    }

    /// Membership of a group.
    #[must_use]
    pub fn group(id: &str) -> Self {
        Self {
            kind: EntitlementKind::Group,
            id: lowered(id),
        }
    }

    /// Ownership of a group.
    #[must_use]
    pub fn group_owner(id: &str) -> Self {
        Self {
            kind: EntitlementKind::Group,
            id: lowered(&format!("{id}{OWNER}")),
        }
    }

    /// The same membership or ownership, to be activated first.
    #[must_use]
    pub fn eligible(&self) -> Self {
        Self {
            kind: self.kind,
            id: lowered(&format!("{}{ELIGIBLE}", self.id)),
        }
    }

    /// Whether it must be activated before it gives anything.
    #[must_use]
    pub fn is_eligible(&self) -> bool {
        self.id.ends_with(ELIGIBLE)
    }

    /// Whether it is ownership of a group, and no membership.
    #[must_use]
    pub fn is_group_owner(&self) -> bool {
        self.kind == EntitlementKind::Group && self.id.trim_end_matches(ELIGIBLE).ends_with(OWNER)
    }

    /// Whether it is membership of a group that gives what the group holds.
    #[must_use]
    pub fn is_group_member(&self) -> bool {
        self.kind == EntitlementKind::Group && !self.is_group_owner() && !self.is_eligible()
    }

    /// An app role of a resource service principal.
    #[must_use]
    pub fn app_role(resource: &str, role: &str) -> Self {
        Self {
            kind: EntitlementKind::AppRole,
            id: lowered(&format!("{resource}/{role}")),
        }
    }

    /// A directory role in a scope, active or eligible.
    #[must_use]
    pub fn directory_role(role: &str, scope: &str, eligible: bool) -> Self {
        let state = if eligible { "eligible" } else { "active" };
        let scope = if scope.is_empty() { "/" } else { scope };
        // Ids compare without case; the word before them is spelled as Graph spells it.
        let scope = scope.to_ascii_lowercase().replace("/administrativeunits/", "/administrativeUnits/");
        Self {
            kind: EntitlementKind::DirectoryRole,
            id: Interned::from(&format!("{}|{scope}|{state}", lowered(role))),
        }
    }

    /// The group, site or service principal; empty for packages and directory roles, which are no resources.
    #[must_use]
    pub fn resource_id(&self) -> &str {
        match self.kind {
            EntitlementKind::AccessPackage | EntitlementKind::DirectoryRole => "",
            EntitlementKind::Group | EntitlementKind::AppRole | EntitlementKind::SiteRole => self.resource(),
        }
    }

    /// The app role or directory role; empty for what has none.
    #[must_use]
    pub fn role_id(&self) -> &str {
        match self.kind {
            EntitlementKind::AppRole => self.id.as_str().split_once('/').map_or("", |(_, role)| role),
            EntitlementKind::DirectoryRole => self.resource(),
            _ => "",
        }
    }

    /// The scope of a directory role: what stands between the role and its state, whatever it contains.
    #[must_use]
    pub fn scope_id(&self) -> &str {
        if self.kind != EntitlementKind::DirectoryRole {
            return "";
        }
        let scope = self.id.as_str().split_once('|').and_then(|(_, rest)| rest.rsplit_once('|'));
        scope.map_or("", |(scope, _)| scope)
    }

    /// The resource that the entitlement is on: the service principal of an app role, else the id without its scope.
    #[must_use]
    pub fn resource(&self) -> &str {
        let cut = match self.kind {
            EntitlementKind::AppRole => '/',
            _ => '|',
        };
        self.id.split(cut).next().unwrap_or(&self.id)
    }
}

impl fmt::Display for EntitlementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

words! {
    /// What a fact says happened.
    Action {
        /// Somebody asked for access.
        Requested => "requested",
        /// An approver agreed (one stage).
        Approved => "approved",
        /// The policy agreed without a person.
        AutoApproved => "auto-approved",
        /// An approver refused.
        Denied => "denied",
        /// An administrator assigned without a request by the recipient.
        AssignedDirectly => "assigned-directly",
        /// Access was delivered.
        Granted => "granted",
        /// Some of the contents were delivered.
        PartiallyGranted => "partially-granted",
        /// One resource role of a package was delivered.
        ResourceGranted => "resource-granted",
        /// Somebody asked for another end.
        ExtensionRequested => "extension-requested",
        /// The end was moved.
        Extended => "extended",
        /// Somebody or the system asked for the removal.
        RemovalRequested => "removal-requested",
        /// Access was removed.
        Removed => "removed",
        /// The end came.
        Expired => "expired",
        /// Delivery failed.
        Failed => "failed",
        /// The request was withdrawn, or nobody answered it in time.
        Cancelled => "cancelled",
        /// A grant in the future was planned.
        Scheduled => "scheduled",
        /// The account was created.
        AccountCreated => "account-created",
        /// The account was disabled.
        AccountDisabled => "account-disabled",
        /// The account was enabled.
        AccountEnabled => "account-enabled",
        /// The account was deleted and can be restored.
        AccountDeleted => "account-deleted",
        /// The account or group is gone for good.
        HardDeleted => "hard-deleted",
        /// A group, application or package was deleted: what hung on it ended.
        ResourceDeleted => "resource-deleted",
        /// A deleted group or application came back, with what hung on it.
        ResourceRestored => "resource-restored",
        /// The account came back.
        AccountRestored => "account-restored",
        /// A policy, package, catalog or setting changed.
        Configured => "configured",
        /// Something about a review.
        Reviewed => "reviewed",
        /// No fact about access, and it may tell how an object is called.
        Named => "named",
        /// Known to the vocabulary, and no fact about access.
        Noted => "noted",
    }
}

words! {
    /// How the act ended.
    Outcome {
        /// It was done.
        Success => "success",
        /// It was not done.
        Failure => "failure",
        /// The record does not say.
        Unknown => "unknown",
    }
}

/// One fact about access, whoever witnessed it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessEvent {
    /// When.
    pub at: Instant,
    /// What.
    pub action: Action,
    /// Whether it was done.
    pub outcome: Outcome,
    /// Whose access; empty when the record names nobody.
    pub principal: Option<PrincipalId>,
    /// Which entitlement, where the record says.
    pub entitlement: Option<EntitlementKey>,
    /// Kind of the entitlement, as far as the activity tells it.
    pub kind: Option<EntitlementKind>,
    /// The request it belongs to.
    pub request: Option<RequestId>,
    /// The assignment it belongs to.
    pub assignment: Option<AssignmentId>,
    /// The policy that it went by.
    pub policy: Option<PolicyId>,
    /// Who did it: a user's or application's object id.
    pub actor: Option<PrincipalId>,
    /// The actor's name at that time.
    pub actor_name: Interned,
    /// Whether the actor is the entitlement-management service or another application.
    pub actor_is_service: bool,
    /// Whether the actor is a person, as the record says, and no application.
    pub actor_is_person: bool,
    /// Whether privileged identity management did or tells it.
    pub by_pim: bool,
    /// Whether it is of an activation of a role or group (true), or of an assignment (false), where the record says.
    pub of_activation: Option<bool>,
    /// The beginning that the record sets, where it is later than the record.
    pub starts_at: Option<Instant>,
    /// The end that the record sets.
    pub ends_at: Option<Instant>,
    /// Application id of the actor, lower case; empty for people, and where the record does not tell it.
    pub actor_app_id: Interned,
    /// The approval stage, from 1, where known.
    pub stage: Option<u32>,
    /// The reason that was given.
    pub justification: Option<Interned>,
    /// Ties acts of one operation together.
    pub correlation: Interned,
    /// The record: `table:id`.
    pub source: Interned,
}

impl AccessEvent {
    /// Takes over what another telling of the same act knows beside this one.
    pub(crate) fn learn(&mut self, other: &Self) {
        self.by_pim |= other.by_pim;
        self.of_activation = self.of_activation.or(other.of_activation);
        self.ends_at = self.ends_at.or(other.ends_at);
        if other.actor_is_person && !self.actor_is_person {
            (self.actor, self.actor_name) = (other.actor.clone(), other.actor_name);
            (self.actor_is_person, self.actor_is_service) = (true, false);
        }
        self.justification = self.justification.or(other.justification);
    }
}
