//! Ids that cannot be swapped for one another.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes an id as the directory spells it; letters are lowered, since GUIDs compare without case.
            #[must_use]
            pub fn new(text: &str) -> Self {
                Self(text.trim().to_ascii_lowercase())
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

id! {
    /// A directory tenant.
    TenantId,
    /// A user, group or service principal, by directory object id.
    PrincipalId,
    /// An access package.
    PackageId,
    /// An assignment policy of a package.
    PolicyId,
    /// A request for a package assignment.
    RequestId,
    /// Entra's record that a principal has a package.
    AssignmentId,
}
