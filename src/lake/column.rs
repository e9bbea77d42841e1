//! Rust types as Arrow columns: one place decides how an instant, an optional text or a nested list is stored.
//!
//! Rows are read and written a column at a time: a generic reader that goes through each row's fields takes four times as long.

use crate::model::{Instant, Interned};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, StringArray, StructArray, TimestampMicrosecondArray, make_array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Int64Type, TimeUnit, TimestampMicrosecondType};
use std::sync::Arc;

/// A Rust type that is one Arrow column.
pub trait Column: Sized + Default + Clone {
    /// The Arrow type, and whether it can be null.
    fn data_type() -> (DataType, bool);

    /// The values of a column; `None` when it has another type. A null where there can be none is the default.
    fn read(array: &dyn Array) -> Option<Vec<Self>>;

    /// Values as a column.
    fn write(values: &[&Self]) -> ArrayRef;

    /// The named field.
    #[must_use]
    fn field(name: &str) -> Field {
        let (data_type, nullable) = Self::data_type();
        Field::new(name, data_type, nullable)
    }
}

/// A row type: its columns in order.
pub trait Columns: Sized {
    /// The fields, in the order of the struct.
    fn fields() -> Vec<Field>;

    /// Rows from the columns of these names; a column that is not there leaves its field empty. `None` when one has another type.
    fn read_rows(rows: usize, column: &dyn Fn(&str) -> Option<ArrayRef>) -> Option<Vec<Self>>;

    /// The columns of rows, in the order of the fields.
    fn write_rows(rows: &[&Self]) -> Vec<ArrayRef>;
}

impl Column for String {
    fn data_type() -> (DataType, bool) {
        (DataType::Utf8, false)
    }

    fn read(array: &dyn Array) -> Option<Vec<Self>> {
        Some(array.as_string_opt::<i32>()?.iter().map(|t| t.unwrap_or_default().to_string()).collect())
    }

    fn write(values: &[&Self]) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(values))
    }
}

/// Texts that this thread has interned lately: the table of all of them is larger than any cache of the processor.
struct Recent {
    slots: Vec<Interned>,
    hasher: ahash::RandomState,
}

impl Recent {
    const SLOTS: usize = 1 << 15;

    fn new() -> Self {
        Self {
            slots: vec![Interned::default(); Self::SLOTS],
            hasher: ahash::RandomState::with_seeds(1, 2, 3, 4),
        }
    }

    /// The text interned, and whether it was among the recent ones.
    fn get(&mut self, text: &str) -> (Interned, bool) {
        let place = usize::try_from(self.hasher.hash_one(text)).unwrap_or_default() % Self::SLOTS;
        let slot = &mut self.slots[place];
        if *slot == text {
            return (*slot, true);
        }
        *slot = Interned::from(text);
        (*slot, false)
    }
}

thread_local! {
    static RECENT: std::cell::RefCell<Recent> = std::cell::RefCell::new(Recent::new());
}

impl Column for Interned {
    fn data_type() -> (DataType, bool) {
        (DataType::Utf8, false)
    }

    fn read(array: &dyn Array) -> Option<Vec<Self>> {
        let texts = array.as_string_opt::<i32>()?;
        Some(RECENT.with_borrow_mut(|recent| {
            // The next text is often the last one again.
            let mut last = Self::default();
            let (mut tried, mut hit) = (0_u32, 0_u32);
            let interned = |text: Option<&str>| {
                let text = text.unwrap_or_default();
                if last == text {
                    return last;
                }
                // Where nearly every value is another, nothing is found among the recent ones.
                if tried >= 256 && hit * 4 < tried {
                    last = Self::from(text);
                    return last;
                }
                let (found, is_hit) = recent.get(text);
                (tried, hit) = (tried + 1, hit + u32::from(is_hit));
                last = found;
                last
            };
            texts.iter().map(interned).collect()
        }))
    }

    fn write(values: &[&Self]) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(values.iter().map(|v| v.as_str())))
    }
}

impl Column for bool {
    fn data_type() -> (DataType, bool) {
        (DataType::Boolean, false)
    }

    fn read(array: &dyn Array) -> Option<Vec<Self>> {
        Some(array.as_boolean_opt()?.iter().map(Option::unwrap_or_default).collect())
    }

    fn write(values: &[&Self]) -> ArrayRef {
        Arc::new(values.iter().map(|v| Some(**v)).collect::<BooleanArray>())
    }
}

impl Column for i64 {
    fn data_type() -> (DataType, bool) {
        (DataType::Int64, false)
    }

    fn read(array: &dyn Array) -> Option<Vec<Self>> {
        Some(array.as_primitive_opt::<Int64Type>()?.values().to_vec())
    }

    fn write(values: &[&Self]) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(values.iter().map(|v| **v)))
    }
}

impl Column for Instant {
    fn data_type() -> (DataType, bool) {
        (DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false)
    }

    fn read(array: &dyn Array) -> Option<Vec<Self>> {
        let instants = array.as_primitive_opt::<TimestampMicrosecondType>()?;
        Some(instants.values().iter().map(|t| Self(*t)).collect())
    }

    fn write(values: &[&Self]) -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(values.iter().map(|v| v.0)).with_timezone("UTC"))
    }
}

impl<T: Column> Column for Option<T> {
    fn data_type() -> (DataType, bool) {
        (T::data_type().0, true)
    }

    fn read(array: &dyn Array) -> Option<Vec<Self>> {
        let values = T::read(array)?.into_iter().enumerate();
        Some(values.map(|(i, value)| array.is_valid(i).then_some(value)).collect())
    }

    fn write(values: &[&Self]) -> ArrayRef {
        let nothing = T::default();
        let filled: Vec<&T> = values.iter().map(|v| v.as_ref().unwrap_or(&nothing)).collect();
        let nulls: NullBuffer = values.iter().map(|v| v.is_some()).collect();
        let data = T::write(&filled).to_data().into_builder().nulls(Some(nulls));
        make_array(data.build().expect("as many nulls as values"))
    }
}

impl<T: Column> Column for Vec<T> {
    fn data_type() -> (DataType, bool) {
        (DataType::List(Arc::new(item::<T>())), false)
    }

    fn read(array: &dyn Array) -> Option<Vec<Self>> {
        let lists = array.as_list_opt::<i32>()?;
        let offsets = lists.offsets();
        let (first, last) = (offsets.first(), offsets.last());
        let at = |offset: i32| usize::try_from(offset).ok();
        let mut items = T::read(lists.values().slice(at(first)?, at(last - first)?).as_ref())?.into_iter();
        let list = |pair: &[i32]| Some(items.by_ref().take(at(pair[1] - pair[0])?).collect());
        offsets.windows(2).map(list).collect()
    }

    fn write(values: &[&Self]) -> ArrayRef {
        let items: Vec<&T> = values.iter().flat_map(|list| list.iter()).collect();
        let offsets = OffsetBuffer::from_lengths(values.iter().map(|list| list.len()));
        Arc::new(ListArray::new(Arc::new(item::<T>()), offsets, T::write(&items), None))
    }
}

fn item<T: Column>() -> Field {
    T::field("item")
}

/// The Arrow type of a nested row.
#[must_use]
pub fn struct_type<T: Columns>() -> DataType {
    DataType::Struct(Fields::from(T::fields()))
}

/// Nested rows of a column; `None` when it has another type.
pub(crate) fn read_nested<T: Columns>(array: &dyn Array) -> Option<Vec<T>> {
    let nested = array.as_struct_opt()?;
    T::read_rows(nested.len(), &|name| nested.column_by_name(name).cloned())
}

/// Nested rows as a column.
pub(crate) fn write_nested<T: Columns>(rows: &[&T]) -> ArrayRef {
    Arc::new(StructArray::new(Fields::from(T::fields()), T::write_rows(rows), None))
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

            fn read_rows(rows: usize, column: &dyn Fn(&str) -> Option<arrow::array::ArrayRef>) -> Option<Vec<Self>> {
                $(
                    let mut $field = match column(stringify!($field)) {
                        Some(array) => <$ty as $crate::lake::column::Column>::read(array.as_ref())?,
                        None => vec![<$ty>::default(); rows],
                    }
                    .into_iter();
                )+
                (0..rows).map(|_| Some(Self { $($field: $field.next()?),+ })).collect()
            }

            fn write_rows(rows: &[&Self]) -> Vec<arrow::array::ArrayRef> {
                vec![$(<$ty as $crate::lake::column::Column>::write(&rows.iter().map(|r| &r.$field).collect::<Vec<_>>())),+]
            }
        }

        impl $crate::lake::column::Column for $name {
            fn data_type() -> (arrow::datatypes::DataType, bool) {
                ($crate::lake::column::struct_type::<Self>(), false)
            }

            fn read(array: &dyn arrow::array::Array) -> Option<Vec<Self>> {
                $crate::lake::column::read_nested(array)
            }

            fn write(values: &[&Self]) -> arrow::array::ArrayRef {
                $crate::lake::column::write_nested(values)
            }
        }
    )+};
}
pub(crate) use columns;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::records::{AuditEvent, AuditTarget};
    use arrow::array::RecordBatch;
    use arrow::datatypes::Schema;

    fn event(n: usize) -> AuditEvent {
        let target = |name: String| AuditTarget {
            name: (name.len() > 3).then_some(name),
            ..AuditTarget::default()
        };
        AuditEvent {
            id: format!("e{n}"),
            at: (n != 2).then(|| Instant::from_unix(i64::try_from(n).expect("small"))),
            activity: if n == 1 { String::new() } else { format!("Act é {n}") },
            result: n.is_multiple_of(2).then(|| "success".into()),
            targets: (0..n).map(|t| target(format!("{n}.{}", 5 * t))).collect(),
            ..AuditEvent::default()
        }
    }

    fn batch(rows: &[AuditEvent]) -> RecordBatch {
        let rows: Vec<&AuditEvent> = rows.iter().collect();
        RecordBatch::try_new(Arc::new(Schema::new(AuditEvent::fields())), AuditEvent::write_rows(&rows)).expect("a batch")
    }

    fn read(batch: &RecordBatch) -> Option<Vec<AuditEvent>> {
        AuditEvent::read_rows(batch.num_rows(), &|name| batch.column_by_name(name).cloned())
    }

    #[test]
    fn rows_come_back_as_they_went_whole_and_in_part() {
        let events: Vec<AuditEvent> = (0..6).map(event).collect();
        let whole = batch(&events);
        assert_eq!(read(&whole).expect("rows"), events);
        assert_eq!(read(&whole.slice(2, 3)).expect("rows"), events[2..5]);
        assert_eq!(read(&batch(&[])).expect("rows"), []);
    }

    #[test]
    fn a_missing_column_is_empty_and_one_of_another_type_is_refused() {
        let events: Vec<AuditEvent> = (0..3).map(event).collect();
        let whole = batch(&events);
        let few = whole.project(&[1, 2]).expect("two columns");
        let rows = read(&few).expect("rows");
        assert_eq!((rows[1].id.as_str(), rows[1].targets.len()), ("e1", 0));
        let wrong = Schema::new(vec![Field::new("at", DataType::Int64, false)]);
        let wrong = RecordBatch::try_new(Arc::new(wrong), vec![Arc::new(Int64Array::from(vec![1])) as ArrayRef]).expect("a batch");
        assert!(read(&wrong).is_none());
    }
}
