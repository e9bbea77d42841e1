//! Parquet, exact: times as timestamps in UTC, numbers as numbers; nothing is protected, since nothing evaluates it.

use super::{Cell, Form, Head, Kind, OnTerminal, Options, TableWriter};
use crate::model::Instant;
use arrow::array::{
    ArrayBuilder, ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::io::{self, Write};
use std::sync::Arc;

/// Rows of a batch; the memory of a table does not grow with it.
const BATCH: usize = 16_384;

/// A Parquet file, zstd.
#[derive(Debug)]
pub struct Parquet;

/// This form.
pub static FORM: Parquet = Parquet;

impl Form for Parquet {
    fn word(&self) -> &'static str {
        "parquet"
    }

    fn about(&self) -> &'static str {
        "All columns"
    }

    fn on_terminal(&self) -> OnTerminal {
        OnTerminal::Nothing
    }

    fn begin<'w>(&self, columns: &[Head], _: &Options, to: &'w mut (dyn Write + Send)) -> io::Result<Box<dyn TableWriter + 'w>> {
        let fields: Vec<Field> = columns.iter().map(|c| Field::new(&c.name, data_type(c.kind), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let level = ZstdLevel::try_new(3).map_err(io::Error::other)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_created_by(concat!("vouchsafe ", env!("CARGO_PKG_VERSION")).to_string())
            .build();
        let writer = ArrowWriter::try_new(to, schema.clone(), Some(properties)).map_err(io::Error::other)?;
        Ok(Box::new(Batches {
            columns: columns.iter().map(|c| Builder::of(c.kind)).collect(),
            rows: 0,
            schema,
            writer,
        }))
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::Day => DataType::Date32,
        Kind::Whole => DataType::Int64,
        Kind::Real => DataType::Float64,
        Kind::Flag => DataType::Boolean,
        Kind::Word | Kind::Text | Kind::List | Kind::Json => DataType::Utf8,
    }
}

struct Batches<'w> {
    columns: Vec<Builder>,
    rows: usize,
    schema: SchemaRef,
    writer: ArrowWriter<&'w mut (dyn Write + Send)>,
}

impl Batches<'_> {
    fn flush(&mut self) -> io::Result<()> {
        if self.rows > 0 {
            let arrays = self.columns.iter_mut().map(Builder::finish).collect();
            let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(io::Error::other)?;
            self.writer.write(&batch).map_err(io::Error::other)?;
            self.rows = 0;
        }
        Ok(())
    }
}

impl TableWriter for Batches<'_> {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.push(cell);
        }
        self.rows += 1;
        if self.rows == BATCH { self.flush() } else { Ok(()) }
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.flush()?;
        self.writer.close().map_err(io::Error::other)?;
        Ok(())
    }
}

/// The cells of one column of a batch.
enum Builder {
    Text(StringBuilder),
    Time(TimestampMicrosecondBuilder),
    Day(Date32Builder),
    Whole(Int64Builder),
    Real(Float64Builder),
    Flag(BooleanBuilder),
}

impl Builder {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Time => Self::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            Kind::Day => Self::Day(Date32Builder::new()),
            Kind::Whole => Self::Whole(Int64Builder::new()),
            Kind::Real => Self::Real(Float64Builder::new()),
            Kind::Flag => Self::Flag(BooleanBuilder::new()),
            Kind::Word | Kind::Text | Kind::List | Kind::Json => Self::Text(StringBuilder::new()),
        }
    }

    /// A cell of another type than its column's is nothing.
    fn push(&mut self, cell: &Cell) {
        match (self, cell) {
            (Self::Text(column), cell) => column.append_option(cell.plain()),
            (Self::Time(column), Cell::Time(at)) => column.append_option(at.map(|t| t.0)),
            (Self::Time(column), _) => column.append_null(),
            (Self::Day(column), cell) => column.append_option(days(cell)),
            (Self::Whole(column), Cell::Whole(number)) => column.append_value(*number),
            (Self::Whole(column), _) => column.append_null(),
            (Self::Real(column), Cell::Real(number)) => column.append_value(*number),
            (Self::Real(column), _) => column.append_null(),
            (Self::Flag(column), Cell::Flag(flag)) => column.append_value(*flag),
            (Self::Flag(column), _) => column.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        let column: &mut dyn ArrayBuilder = match self {
            Self::Text(column) => column,
            Self::Time(column) => column,
            Self::Day(column) => column,
            Self::Whole(column) => column,
            Self::Real(column) => column,
            Self::Flag(column) => column,
        };
        column.finish()
    }
}

/// Days since 1970 of a day as text.
fn days(cell: &Cell) -> Option<i32> {
    let Cell::Text(text) = cell else { return None };
    i32::try_from(Instant::parse(text)?.days_since(Instant(0))).ok()
}
