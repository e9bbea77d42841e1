//! Arrow columns of the log tables, filled straight from borrowed text.

use crate::lake::column::{Columns, struct_type};
use crate::model::Instant;
use arrow::array::{ArrayRef, BooleanBuilder, Int64Array, Int64Builder, ListArray, StringArray, StringBuilder, StructArray, TimestampMicrosecondArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// A column of text.
#[derive(Default)]
pub(super) struct Texts(StringBuilder);

impl Texts {
    /// A column with room for so many texts of so many bytes each, so that it need not grow.
    pub fn with_room(rows: usize, width: usize) -> Self {
        Self(StringBuilder::with_capacity(rows, rows * width))
    }

    /// Adds text that is there.
    pub fn put(&mut self, text: &str) {
        self.0.append_value(text);
    }

    /// Adds text or null.
    pub fn maybe(&mut self, text: Option<&str>) {
        self.0.append_option(text);
    }

    /// The column.
    pub fn array(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// A column of instants.
#[derive(Default)]
pub(super) struct Instants(Vec<Option<i64>>);

impl Instants {
    /// Adds an instant or null.
    pub fn maybe(&mut self, at: Option<Instant>) {
        self.0.push(at.map(|t| t.0));
    }

    /// The column.
    pub fn array(&mut self) -> ArrayRef {
        let values = std::mem::take(&mut self.0);
        Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
    }
}

/// A column of numbers.
#[derive(Default)]
pub(super) struct Numbers(Int64Builder);

impl Numbers {
    /// Adds a number or null.
    pub fn maybe(&mut self, number: Option<i64>) {
        self.0.append_option(number);
    }

    /// The column.
    pub fn array(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// A column of yes or no.
#[derive(Default)]
pub(super) struct Flags(BooleanBuilder);

impl Flags {
    /// Adds a yes, a no or null.
    pub fn maybe(&mut self, flag: Option<bool>) {
        self.0.append_option(flag);
    }

    /// The column.
    pub fn array(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// Where lists end in the column of their items.
#[derive(Default)]
pub(super) struct Lists(Vec<usize>);

impl Lists {
    /// Ends a list of so many items.
    pub fn put(&mut self, length: usize) {
        self.0.push(length);
    }

    /// The column of lists of structs.
    pub fn array<T: Columns>(&mut self, items: Vec<ArrayRef>) -> Result<ArrayRef, ArrowError> {
        let lengths = std::mem::take(&mut self.0);
        let structs = StructArray::try_new(Fields::from(T::fields()), items, None)?;
        let field = Field::new("item", struct_type::<T>(), false);
        let offsets = OffsetBuffer::<i32>::from_lengths(lengths);
        let list = ListArray::try_new(Arc::new(field), offsets, Arc::new(structs), None)?;
        Ok(Arc::new(list))
    }
}

/// The same text in every row.
pub(super) fn constant(text: &str, rows: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows)))
}

/// Numbers that are all there.
pub(super) fn numbers(values: Vec<i64>) -> ArrayRef {
    Arc::new(Int64Array::from(values))
}

/// A batch with the source of its rows.
pub(super) fn with_source(batch: &RecordBatch, source: &str) -> Result<RecordBatch, ArrowError> {
    let mut columns = batch.columns().to_vec();
    columns[batch.schema_ref().index_of("source")?] = constant(source, batch.num_rows());
    RecordBatch::try_new(batch.schema(), columns)
}

/// A batch of a row type from its columns in order.
pub(super) fn batch<T: Columns>(columns: Vec<ArrayRef>) -> Result<RecordBatch, ArrowError> {
    debug_assert!(matches!(struct_type::<T>(), DataType::Struct(_)));
    RecordBatch::try_new(Arc::new(Schema::new(T::fields())), columns)
}
