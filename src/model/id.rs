//! Ids that cannot be swapped for one another.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Text that many records repeat (ids, names): kept once for the life of the program, and passed around as a pointer.
pub type Interned = ustr::Ustr;

/// Texts with something between them.
#[must_use]
pub fn joined(texts: &[Interned], between: &str) -> String {
    texts.iter().map(Interned::as_str).collect::<Vec<_>>().join(between)
}

/// Text in lower case, interned.
pub(crate) fn lowered(text: &str) -> Interned {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Interned::from(&text.to_ascii_lowercase())
    } else {
        Interned::from(text)
    }
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Interned);

        impl $name {
            /// Takes an id as the directory spells it; letters are lowered, since GUIDs compare without case.
            #[must_use]
            pub fn new(text: &str) -> Self {
                Self(lowered(text.trim()))
            }

            /// Takes an id that is interned already.
            #[must_use]
            pub fn of(text: Interned) -> Self {
                let plain = !text.bytes().any(|b| b.is_ascii_uppercase() || b.is_ascii_whitespace());
                if plain { Self(text) } else { Self::new(&text) }
            }

            /// The id as interned text.
            #[must_use]
            pub fn interned(&self) -> Interned {
                self.0
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
