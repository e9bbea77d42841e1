//! Conditional Access: policies and places.

use crate::graph::Lane;
use crate::graph::collections::{Collection, PLAIN};

pub(super) static CONDITIONAL: &[Collection] = &[
    Collection {
        name: "conditional_access",
        table: "conditional_access",
        path: "identity/conditionalAccess/policies",
        lane: Lane::Conditional,
        permission: "Policy.Read.All",
        lost: "which policies guard which applications",
        ..PLAIN
    },
    Collection {
        name: "named_locations",
        table: "named_locations",
        path: "identity/conditionalAccess/namedLocations",
        lane: Lane::Conditional,
        permission: "Policy.Read.All",
        lost: "which places are trusted",
        ..PLAIN
    },
];
