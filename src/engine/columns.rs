//! Columns between Arrow, as the lake has them, and polars, as its SQL takes them: flat ones both ways, nested ones by row.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::{cast, interleave};
use arrow::datatypes::{DataType as ArrowType, Field, Int64Type, Schema, TimeUnit as ArrowUnit};
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Nested columns of some batches, by name: in polars each is the number of its row, counted over all of them.
#[derive(Default)]
pub(super) struct Nested {
    /// The number of the first row of each batch.
    begins: Vec<usize>,
    columns: BTreeMap<String, Vec<ArrayRef>>,
}

/// Top-level columns of a schema that a query names; others are not read.
pub(super) fn named<'s>(sql: &str, schema: &'s Schema) -> Vec<&'s str> {
    let words: Vec<&str> = sql.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    schema.fields().iter().map(|f| f.name().as_str()).filter(|name| words.contains(name)).collect()
}

/// Batches of one schema as a frame, and what of them is nested.
///
/// # Errors
/// When a column has a type that no query of ours can use, or the batches differ.
pub(super) fn frame(batches: &[RecordBatch]) -> PolarsResult<(DataFrame, Nested)> {
    let mut nested = Nested::default();
    let mut rows = 0;
    for batch in batches {
        nested.begins.push(rows);
        rows += batch.num_rows();
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            if matches!(array.data_type(), ArrowType::List(_) | ArrowType::Struct(_)) {
                nested.columns.entry(field.name().clone()).or_default().push(Arc::clone(array));
            }
        }
    }
    let part = |(batch, begin): (&RecordBatch, &usize)| {
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).map(|(f, array)| column(f.name(), array, *begin));
        DataFrame::new(batch.num_rows(), columns.collect::<PolarsResult<_>>()?)
    };
    let parts: Vec<DataFrame> = batches.par_iter().zip(&nested.begins).map(part).collect::<PolarsResult<_>>()?;
    let mut parts = parts.into_iter();
    let mut whole = parts.next().unwrap_or_else(DataFrame::empty);
    for part in parts {
        whole.vstack_mut_owned(part)?;
    }
    Ok((whole, nested))
}

fn column(name: &str, array: &ArrayRef, begin: usize) -> PolarsResult<Column> {
    let as_numbers = || cast(array, &ArrowType::Int64).map_err(|e| polars_err!(ComputeError: "{name}: {e}"));
    let named: PlSmallStr = name.into();
    let series = match array.data_type() {
        ArrowType::Utf8 => StringChunked::from_iter_options(named, array.as_string::<i32>().iter()).into_series(),
        ArrowType::Boolean => BooleanChunked::from_iter_options(named, array.as_boolean().iter()).into_series(),
        ArrowType::List(_) | ArrowType::Struct(_) => {
            let number = |n: usize| i64::try_from(n).map_err(|e| polars_err!(ComputeError: "{e}"));
            Int64Chunked::from_iter_values(named, number(begin)?..number(begin + array.len())?).into_series()
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
    if let Some(arrays) = nested.columns.get(column.name().as_str()) {
        let place = |row: Option<i64>| {
            let row = row
                .and_then(|n| usize::try_from(n).ok())
                .ok_or_else(|| polars_err!(ComputeError: "a row has no number"))?;
            let batch = nested.begins.partition_point(|begin| *begin <= row).saturating_sub(1);
            Ok((batch, row - nested.begins[batch]))
        };
        let places: Vec<(usize, usize)> = column.i64()?.iter().map(place).collect::<PolarsResult<_>>()?;
        let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
        return interleave(&arrays, &places).map_err(|e| polars_err!(ComputeError: "{}: {e}", column.name()));
    }
    Ok(match column.dtype() {
        DataType::String => Arc::new(column.str()?.iter().collect::<StringArray>()),
        DataType::Boolean => Arc::new(column.bool()?.iter().collect::<BooleanArray>()),
        DataType::Datetime(TimeUnit::Microseconds, _) => {
            let instants = column.cast(&DataType::Int64)?;
            Arc::new(instants.i64()?.iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
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
        let batches: Vec<RecordBatch> = events.chunks(2).map(|few| parquet_io::to_batch(few).expect("a batch")).collect();
        let (frame, nested) = frame(&batches).expect("a frame");
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
