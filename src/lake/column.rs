//! Rust types as Arrow columns: one place decides how an instant, an optional text or a nested list is stored.

use crate::model::{Instant, Interned};
use arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use std::sync::Arc;

/// A Rust type that is one Arrow column.
pub trait Column {
    /// The Arrow type, and whether it can be null.
    fn data_type() -> (DataType, bool);

    /// The named field.
    #[must_use]
    fn field(name: &str) -> Field {
        let (data_type, nullable) = Self::data_type();
        Field::new(name, data_type, nullable)
    }
}

/// A row type: its columns in order.
pub trait Columns {
    /// The fields, in the order of the struct.
    fn fields() -> Vec<Field>;
}

macro_rules! column {
    ($($rust:ty => $arrow:expr),+ $(,)?) => {$(
        impl Column for $rust {
            fn data_type() -> (DataType, bool) {
                ($arrow, false)
            }
        }
    )+};
}

column! {
    String => DataType::Utf8,
    Interned => DataType::Utf8,
    bool => DataType::Boolean,
    i64 => DataType::Int64,
    Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
}

impl<T: Column> Column for Option<T> {
    fn data_type() -> (DataType, bool) {
        (T::data_type().0, true)
    }
}

impl<T: Column> Column for Vec<T> {
    fn data_type() -> (DataType, bool) {
        let (item, nullable) = T::data_type();
        (DataType::List(Arc::new(Field::new("item", item, nullable))), false)
    }
}

/// The Arrow type of a nested row.
#[must_use]
pub fn struct_type<T: Columns>() -> DataType {
    DataType::Struct(Fields::from(T::fields()))
}

/// Declares a row or nested struct once: its Rust shape, its columns and their order.
macro_rules! columns {
    ($($(#[$doc:meta])* struct $name:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$fdoc])* pub $field: $ty),+ }

        impl $crate::lake::column::Columns for $name {
            fn fields() -> Vec<arrow::datatypes::Field> {
                vec![$(<$ty as $crate::lake::column::Column>::field(stringify!($field))),+]
            }
        }

        impl $crate::lake::column::Column for $name {
            fn data_type() -> (arrow::datatypes::DataType, bool) {
                ($crate::lake::column::struct_type::<Self>(), false)
            }
        }
    )+};
}
pub(crate) use columns;
