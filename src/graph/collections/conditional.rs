//! Conditional Access: policies and places.

use crate::graph::RateLimitGroup;
use crate::graph::collections::{Collection, PLAIN};

pub(super) static CONDITIONAL: &[Collection] = &[
    Collection {
        name: "conditional_access",
        table: "conditional_access",
        path: "identity/conditionalAccess/policies",
        limit_group: RateLimitGroup::Conditional,
        permission: "Policy.Read.All",
        lost: "which policies guard which applications",
        ..PLAIN
    },
    Collection {
        name: "named_locations",
        table: "named_locations",
        path: "identity/conditionalAccess/namedLocations",
        limit_group: RateLimitGroup::Conditional,
        permission: "Policy.Read.All",
        lost: "which places are trusted",
        ..PLAIN
    },
];
