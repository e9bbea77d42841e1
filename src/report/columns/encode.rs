//! Rows as CSV, JSON, JSON lines and Parquet, from any list of columns.

use super::{Cell, Column, Csv, Kind};
use crate::report::csv_text::{needs_quotes, protect};
use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::Value;
use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;

/// A row, and the word that depends on the question.
pub type Row<'a, T> = (Cow<'a, T>, &'a str);

/// RFC 4180 with a header and LF, a row at a time.
///
/// Text from exports is kept from being a formula, item by item in lists, because some spreadsheets take the `;` between items for the end of a field.
pub fn csv<'a, T: Clone + 'a>(columns: &[Column<T>], rows: impl Iterator<Item = Row<'a, T>>, profile: Csv, to: &mut dyn Write) -> std::io::Result<()> {
    let mut out = String::new();
    line(&mut out, columns.iter().map(|c| Cow::Borrowed(c.name)));
    for (row, word) in rows {
        line(&mut out, columns.iter().map(|c| csv_field(c.kind, (c.get)(&row, word), profile)));
        if out.len() > 1 << 16 {
            to.write_all(out.as_bytes())?;
            out.clear();
        }
    }
    to.write_all(out.as_bytes())
}

fn line<'a>(out: &mut String, fields: impl Iterator<Item = Cow<'a, str>>) {
    for (i, field) in fields.enumerate() {
        if i > 0 {
            out.push(',');
        }
        if needs_quotes(&field) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&field);
        }
    }
    out.push('\n');
}

fn csv_field(kind: Kind, cell: Cell, profile: Csv) -> Cow<str> {
    match cell {
        Cell::Text(text) if kind == Kind::Text && profile == Csv::Safe => Cow::Owned(protect(&text).into_owned()),
        // Within JSON a semicolon stands in texts only, and its escape is the same text.
        Cell::Json(_) if profile == Csv::Safe => Cow::Owned(plain(cell).unwrap_or_default().replace(';', "\\u003b").replace('|', "\\u007c")),
        Cell::List(items) if profile == Csv::Safe => Cow::Owned(items.iter().map(|i| protect(i)).collect::<Vec<_>>().join(";")),
        other => plain(other).unwrap_or_default(),
    }
}

/// The exact text of a cell; `None` for nothing.
fn plain(cell: Cell) -> Option<Cow<str>> {
    match cell {
        Cell::Text(text) => Some(text).filter(|t| !t.is_empty()),
        Cell::Time(at) => at.map(|t| Cow::Owned(t.to_string())),
        Cell::List(items) => (!items.is_empty()).then(|| Cow::Owned(items.join(";"))),
        Cell::Json(value) => value.as_array().is_none_or(|a| !a.is_empty()).then(|| Cow::Owned(value.to_string())),
    }
}

/// One array, an object a line, so that two reports can be compared with line tools.
pub fn json<'a, T: Clone + 'a>(columns: &[Column<T>], rows: impl Iterator<Item = Row<'a, T>>, to: &mut dyn Write) -> std::io::Result<()> {
    let mut empty = true;
    for (row, word) in rows {
        to.write_all(if empty { b"[\n" } else { b",\n" })?;
        to.write_all(object(columns, &row, word).as_bytes())?;
        empty = false;
    }
    to.write_all(if empty { b"[]\n" } else { b"\n]\n" })
}

/// An object a line.
pub fn jsonl<'a, T: Clone + 'a>(columns: &[Column<T>], rows: impl Iterator<Item = Row<'a, T>>, to: &mut dyn Write) -> std::io::Result<()> {
    for (row, word) in rows {
        to.write_all((object(columns, &row, word) + "\n").as_bytes())?;
    }
    Ok(())
}

/// Keys in the order of the columns, which a map would lose.
fn object<T>(columns: &[Column<T>], row: &T, word: &str) -> String {
    let member = |c: &Column<T>| {
        let value = match (c.get)(row, word) {
            Cell::List(items) => Value::from(items),
            Cell::Json(value) => value,
            cell => plain(cell).map_or(Value::Null, |text| Value::from(text.as_ref())),
        };
        format!("{}:{value}", Value::from(c.name))
    };
    format!("{{{}}}", columns.iter().map(member).collect::<Vec<_>>().join(","))
}

/// Rows of a batch; the memory of a table does not grow with it.
const BATCH: usize = 16_384;

/// All columns as text, but times as timestamps in UTC; nothing is protected, since nothing evaluates it.
pub fn parquet<'a, T: Clone + 'a>(columns: &[Column<T>], rows: impl Iterator<Item = Row<'a, T>>, to: &mut (dyn Write + Send)) -> std::io::Result<()> {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let field = |c: &Column<T>| Field::new(c.name, if c.kind == Kind::Time { time.clone() } else { DataType::Utf8 }, true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let level = ZstdLevel::try_new(3).map_err(std::io::Error::other)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by(concat!("vouchsafe ", env!("CARGO_PKG_VERSION")).to_string())
        .build();
    let mut writer = ArrowWriter::try_new(to, schema.clone(), Some(properties)).map_err(std::io::Error::other)?;
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let part: Vec<Row<T>> = rows.by_ref().take(BATCH).collect();
        let arrays = columns.iter().map(|c| array(c, &part)).collect();
        let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(std::io::Error::other)?;
        writer.write(&batch).map_err(std::io::Error::other)?;
    }
    writer.close().map_err(std::io::Error::other)?;
    Ok(())
}

fn array<T: Clone>(column: &Column<T>, rows: &[Row<T>]) -> ArrayRef {
    let cells = rows.iter().map(|(row, word)| (column.get)(row, word));
    if column.kind == Kind::Time {
        let at = |cell| if let Cell::Time(at) = cell { at.map(|t| t.0) } else { None };
        return Arc::new(cells.map(at).collect::<TimestampMicrosecondArray>().with_timezone("UTC"));
    }
    Arc::new(cells.map(plain).collect::<StringArray>())
}
