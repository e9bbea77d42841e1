//! Rows of the object tables: what Graph collections hold, interpreted where checks need it, whole in `content`.

mod conditional;
mod directory;
mod entitlement;
mod reviews;

pub use conditional::*;
pub use directory::*;
pub use entitlement::*;
pub use reviews::*;

/// Declares the row of an object table: between what every object has, the columns of its own.
macro_rules! objects {
    ($($(#[$doc:meta])* struct $name:ident: $table:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty),+ $(,)? })+) => {$(
        $crate::lake::column::columns! {
            $(#[$doc])*
            struct $name {
                /// Tenant.
                tenant_id: $crate::model::Interned,
                /// Object id, in lower case.
                id: $crate::model::Interned,
                $($(#[$fdoc])* $field: $ty,)+
                /// Hash of the canonical content.
                content_hash: $crate::model::Interned,
                /// The record as JSON, whole.
                content: String,
            }
        }

        impl $crate::lake::table::Row for $name {
            const TABLE: $crate::lake::table::Table = $crate::lake::table::Table::$table;
        }

        impl $crate::lake::table::Object for $name {
            fn id(&self) -> &$crate::model::Interned {
                &self.id
            }

            fn content_hash(&self) -> &$crate::model::Interned {
                &self.content_hash
            }

            fn tenant_id(&self) -> &str {
                &self.tenant_id
            }

            fn stamp(&mut self, stamp: $crate::lake::table::Stamp) {
                self.tenant_id = stamp.tenant_id.into();
                self.id = stamp.id.into();
                self.content_hash = stamp.content_hash.into();
                self.content = stamp.content;
            }
        }
    )+};
}
use objects;
