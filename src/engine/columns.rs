//! Columns between Arrow, as the lake has them, and polars, as its SQL takes them: flat ones both ways, nested ones by row.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType as ArrowType, Field, Int64Type, Schema, TimeUnit as ArrowUnit};
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Nested columns of a batch, by name: in polars each is the number of its row.
pub(super) struct Nested(BTreeMap<String, ArrayRef>);

/// Top-level columns of a schema that a query names; others are not read.
pub(super) fn named<'s>(sql: &str, schema: &'s Schema) -> Vec<&'s str> {
    let words: Vec<&str> = sql.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    schema.fields().iter().map(|f| f.name().as_str()).filter(|name| words.contains(name)).collect()
}

/// A batch as a frame, and what of it is nested.
///
/// # Errors
/// When a column has a type that no query of ours can use.
pub(super) fn frame(batch: &RecordBatch) -> PolarsResult<(DataFrame, Nested)> {
    let schema = batch.schema();
    let fields: Vec<(&Field, &ArrayRef)> = schema.fields().iter().map(AsRef::as_ref).zip(batch.columns()).collect();
    let is_nested = |array: &ArrayRef| matches!(array.data_type(), ArrowType::List(_) | ArrowType::Struct(_));
    let nested = fields.iter().filter(|(_, array)| is_nested(array));
    let nested = Nested(nested.map(|(f, array)| (f.name().clone(), Arc::clone(array))).collect());
    let columns = fields.par_iter().map(|(f, array)| column(f.name(), array)).collect::<PolarsResult<_>>()?;
    Ok((DataFrame::new(batch.num_rows(), columns)?, nested))
}

fn column(name: &str, array: &ArrayRef) -> PolarsResult<Column> {
    let as_numbers = || cast(array, &ArrowType::Int64).map_err(|e| polars_err!(ComputeError: "{name}: {e}"));
    let named: PlSmallStr = name.into();
    let series = match array.data_type() {
        ArrowType::Utf8 => StringChunked::from_iter_options(named, array.as_string::<i32>().iter()).into_series(),
        ArrowType::Boolean => BooleanChunked::from_iter_options(named, array.as_boolean().iter()).into_series(),
        ArrowType::List(_) | ArrowType::Struct(_) => {
            let rows = i64::try_from(array.len()).map_err(|e| polars_err!(ComputeError: "{e}"))?;
            Int64Chunked::from_iter_values(named, 0..rows).into_series()
        }
        ArrowType::Timestamp(ArrowUnit::Microsecond, _) => Int64Chunked::from_iter_options(named, as_numbers()?.as_primitive::<Int64Type>().iter())
            .into_datetime(TimeUnit::Microseconds, None)
            .into_series(),
        kind if kind.is_integer() => Int64Chunked::from_iter_options(named, as_numbers()?.as_primitive::<Int64Type>().iter()).into_series(),
        kind => polars_bail!(ComputeError: "column {name} has the type {kind}, which no query takes"),
    };
    Ok(series.into_column())
}

/// A frame as a batch, nested columns put back from the rows that they came from.
///
/// # Errors
/// When the frame has a column of another type than [`frame`] makes.
pub(super) fn batch(frame: &DataFrame, nested: &Nested) -> PolarsResult<RecordBatch> {
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for column in frame.columns() {
        let array = array(column, nested)?;
        fields.push(Field::new(column.name().as_str(), array.data_type().clone(), true));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|e| polars_err!(ComputeError: "{e}"))
}

fn array(column: &Column, nested: &Nested) -> PolarsResult<ArrayRef> {
    if let Some(whole) = nested.0.get(column.name().as_str()) {
        let rows: UInt32Array = column.i64()?.iter().map(|n| n.and_then(|n| u32::try_from(n).ok())).collect();
        return take(whole, &rows, None).map_err(|e| polars_err!(ComputeError: "{}: {e}", column.name()));
    }
    Ok(match column.dtype() {
        DataType::String => Arc::new(column.str()?.iter().collect::<StringArray>()),
        DataType::Boolean => Arc::new(column.bool()?.iter().collect::<BooleanArray>()),
        DataType::Datetime(TimeUnit::Microseconds, _) => {
            let instants = column.cast(&DataType::Int64)?;
            Arc::new(instants.i64()?.iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
        DataType::Date => Arc::new(column.cast(&DataType::Int32)?.i32()?.iter().collect::<Date32Array>()),
        kind if kind.is_integer() => Arc::new(column.cast(&DataType::Int64)?.i64()?.iter().collect::<Int64Array>()),
        kind => polars_bail!(ComputeError: "column {} has the type {kind}, which no row takes", column.name()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::parquet_io;
    use crate::lake::records::{AuditEvent, AuditTarget};
    use crate::model::Instant;

    fn event(n: i64) -> AuditEvent {
        let target = |name: String| AuditTarget {
            name: Some(name),
            ..AuditTarget::default()
        };
        AuditEvent {
            id: format!("e{n}"),
            at: (n != 2).then_some(Instant(n * 1_000_003)),
            activity: if n == 1 { String::new() } else { format!("Act é {n}") },
            targets: (0..n).map(|t| target(format!("{n}.{t}"))).collect(),
            ..AuditEvent::default()
        }
    }

    #[test]
    fn rows_come_back_as_they_went_whatever_order_a_query_gives_them() {
        let events: Vec<AuditEvent> = (0..5).map(event).collect();
        let whole = parquet_io::to_batch(&events).expect("a batch");
        let (frame, nested) = frame(&whole).expect("a frame");
        let back: Vec<AuditEvent> = parquet_io::from_batch(&batch(&frame, &nested).expect("a batch")).expect("rows");
        assert_eq!(back, events);
        let turned: Vec<AuditEvent> = parquet_io::from_batch(&batch(&frame.reverse(), &nested).expect("a batch")).expect("rows");
        assert_eq!(turned, events.into_iter().rev().collect::<Vec<_>>());
    }

    #[test]
    fn only_named_columns_are_read() {
        let batch = parquet_io::to_batch(&[event(1)]).expect("a batch");
        assert_eq!(
            named("SELECT id, LOWER(activity_key) FROM t WHERE at IS NOT NULL", &batch.schema()),
            ["id", "at", "activity_key"]
        );
    }
}
