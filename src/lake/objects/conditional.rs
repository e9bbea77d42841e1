//! Rows of Conditional Access.

use crate::lake::objects::objects;
use crate::model::{Instant, Interned};

objects! {
    /// A conditional-access policy.
    struct ConditionalAccessRow: ConditionalAccess {
        /// Name.
        name: Option<Interned>,
        /// enabled, disabled, enabledForReportingButNotEnforced.
        state: Option<Interned>,
        /// Users, All, GuestsOrExternalUsers.
        include_users: Vec<Interned>,
        /// Excluded users.
        exclude_users: Vec<Interned>,
        /// Groups.
        include_groups: Vec<Interned>,
        /// Excluded groups.
        exclude_groups: Vec<Interned>,
        /// Roles.
        include_roles: Vec<Interned>,
        /// Excluded roles.
        exclude_roles: Vec<Interned>,
        /// Applications.
        include_apps: Vec<Interned>,
        /// Excluded applications.
        exclude_apps: Vec<Interned>,
        /// Locations.
        include_locations: Vec<Interned>,
        /// Excluded locations.
        exclude_locations: Vec<Interned>,
        /// AND or OR.
        grant_operator: Option<Interned>,
        /// mfa, compliantDevice, block and so on.
        grant_controls: Vec<Interned>,
        /// Authentication strength policy.
        authentication_strength: Option<Interned>,
        /// Creation.
        created_at: Option<Instant>,
        /// Last change.
        modified_at: Option<Instant>,
    }

    /// A named location.
    struct NamedLocationRow: NamedLocations {
        /// Name.
        name: Option<Interned>,
        /// ip or country.
        kind: Option<Interned>,
        /// Trusted.
        trusted: Option<bool>,
        /// CIDR ranges or countries.
        ranges: Vec<Interned>,
    }
}
