//! A table whose columns are known only now, in every form: the same rules as for holdings.

use crate::model::rows::{Cell, Kind, Rows};
use crate::report::columns::{Csv, Form};
use crate::report::csv_text::protect;
use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::Value;
use std::sync::Arc;

/// The table in one piece.
///
/// # Errors
/// When Parquet refuses, which is a bug.
pub fn write(rows: &Rows, form: Form) -> std::io::Result<Vec<u8>> {
    Ok(match form {
        Form::Csv(profile) => csv(rows, profile).into_bytes(),
        Form::Json => {
            let objects: Vec<String> = rows.rows.iter().map(|r| object(rows, r)).collect();
            let all = if objects.is_empty() {
                "[]\n".to_string()
            } else {
                format!("[\n{}\n]\n", objects.join(",\n"))
            };
            all.into_bytes()
        }
        Form::Jsonl => rows.rows.iter().map(|r| object(rows, r) + "\n").collect::<String>().into_bytes(),
        Form::Parquet => parquet(rows)?,
    })
}

fn csv(rows: &Rows, profile: Csv) -> String {
    let mut out = String::new();
    let mut line = |fields: Vec<String>| {
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            if field.contains([',', '"', '\n', '\r']) {
                out.push_str(&format!("\"{}\"", field.replace('"', "\"\"")));
            } else {
                out.push_str(field);
            }
        }
        out.push('\n');
    };
    let safe = |text: &str| match profile {
        Csv::Safe => protect(text).into_owned(),
        Csv::Raw => text.to_string(),
    };
    line(rows.columns.iter().map(|(name, _)| safe(name)).collect());
    for row in &rows.rows {
        let field = |cell: &Cell| match cell {
            Cell::Text(text) => safe(text),
            other => other.shown(),
        };
        line(row.iter().map(field).collect());
    }
    out
}

/// Keys in the order of the columns, which a map would lose.
fn object(rows: &Rows, row: &[Cell]) -> String {
    let value = |cell: &Cell| match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) => Value::from(text.as_str()),
        Cell::Whole(number) => Value::from(*number),
        Cell::Real(number) => Value::from(*number),
        Cell::Flag(flag) => Value::from(*flag),
        Cell::Time(at) => Value::from(at.to_string()),
    };
    let members: Vec<String> = rows
        .columns
        .iter()
        .zip(row)
        .map(|((name, _), cell)| format!("{}:{}", Value::from(name.as_str()), value(cell)))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn parquet(rows: &Rows) -> std::io::Result<Vec<u8>> {
    let arrays: Vec<ArrayRef> = rows.columns.iter().enumerate().map(|(i, (_, kind))| array(rows, i, *kind)).collect();
    let field = |((name, _), array): (&(String, Kind), &ArrayRef)| Field::new(name, array.data_type().clone(), true);
    let schema = Arc::new(Schema::new(rows.columns.iter().zip(&arrays).map(field).collect::<Vec<_>>()));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).map_err(std::io::Error::other)?))
        .set_created_by(concat!("vouchsafe ", env!("CARGO_PKG_VERSION")).to_string())
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties)).map_err(std::io::Error::other)?;
    let batch = RecordBatch::try_new(schema, arrays).map_err(std::io::Error::other)?;
    writer.write(&batch).map_err(std::io::Error::other)?;
    writer.into_inner().map_err(std::io::Error::other)
}

fn array(rows: &Rows, place: usize, kind: Kind) -> ArrayRef {
    let cells = rows.rows.iter().map(|row| row.get(place).unwrap_or(&Cell::Empty));
    match kind {
        Kind::Whole => Arc::new(cells.map(|c| if let Cell::Whole(n) = c { Some(*n) } else { None }).collect::<Int64Array>()),
        Kind::Real => Arc::new(cells.map(|c| if let Cell::Real(n) = c { Some(*n) } else { None }).collect::<Float64Array>()),
        Kind::Flag => Arc::new(cells.map(|c| if let Cell::Flag(f) = c { Some(*f) } else { None }).collect::<BooleanArray>()),
        Kind::Time => {
            let at = |c: &Cell| if let Cell::Time(at) = c { Some(at.0) } else { None };
            Arc::new(cells.map(at).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
        Kind::Day => {
            let day = |c: &Cell| {
                let Cell::Text(text) = c else { return None };
                let at = crate::model::Instant::parse(text)?;
                i32::try_from(at.days_since(crate::model::Instant(0))).ok()
            };
            Arc::new(cells.map(day).collect::<Date32Array>())
        }
        Kind::Text => Arc::new(cells.map(|c| (*c != Cell::Empty).then(|| c.shown())).collect::<StringArray>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Instant;

    fn table() -> Rows {
        let at = Instant::parse("2026-03-31T12:00:00Z").expect("a time");
        let mut rows = Rows::new(&[
            ("who", Kind::Text),
            ("n", Kind::Whole),
            ("x", Kind::Real),
            ("f", Kind::Flag),
            ("at", Kind::Time),
            ("day", Kind::Day),
        ]);
        rows.rows = vec![
            vec![
                Cell::Text("=1+1".into()),
                Cell::Whole(-2),
                Cell::Real(0.5),
                Cell::Flag(true),
                Cell::Time(at),
                Cell::Text("2026-03-31".into()),
            ],
            vec![Cell::Empty; 6],
        ];
        rows
    }

    #[test]
    fn every_form_has_every_cell() {
        let text = |form| String::from_utf8(write(&table(), form).expect("written")).expect("text");
        assert_eq!(
            text(Form::Csv(Csv::Safe)),
            "who,n,x,f,at,day\n'=1+1,-2,0.5,true,2026-03-31T12:00:00Z,2026-03-31\n,,,,,\n"
        );
        assert_eq!(
            text(Form::Jsonl),
            "{\"who\":\"=1+1\",\"n\":-2,\"x\":0.5,\"f\":true,\"at\":\"2026-03-31T12:00:00Z\",\"day\":\"2026-03-31\"}\n\
             {\"who\":null,\"n\":null,\"x\":null,\"f\":null,\"at\":null,\"day\":null}\n"
        );
        assert_eq!(
            serde_json::from_str::<Value>(&text(Form::Json)).expect("json").as_array().map(Vec::len),
            Some(2)
        );
        let bytes = write(&table(), Form::Parquet).expect("written");
        let mut sql = crate::engine::sql::Sql::new();
        sql.bytes("t", bytes).expect("parquet");
        let back = sql.run("SELECT who, n, x, f, day FROM t").expect("rows");
        assert_eq!(back.rows[0][4], Cell::Text("2026-03-31".into()));
        assert_eq!(back.rows[1], vec![Cell::Empty; 5]);
    }
}
