//! Plain rows as CSV, JSON lines or a JSON array.

use crate::cli::args::Format;
use crate::cli::exit::Failure;
use crate::report::csv_text;
use serde_json::{Map, Value};

/// Rows of text under their column names; `raw` leaves CSV without protection against formulas.
pub fn text<const N: usize>(columns: &[&str; N], rows: impl Iterator<Item = [String; N]>, format: Format, raw: bool) -> Result<String, Failure> {
    if format == Format::Csv {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record(columns).map_err(Failure::usage)?;
        for row in rows {
            let safe = |c: &String| if raw { c.clone() } else { csv_text::protect(c).into_owned() };
            out.write_record(row.iter().map(safe)).map_err(Failure::usage)?;
        }
        let bytes = out.into_inner().map_err(Failure::usage)?;
        return String::from_utf8(bytes).map_err(Failure::usage);
    }
    let object = |row: [String; N]| -> Value {
        let cells = columns.iter().zip(row).map(|(c, v)| ((*c).to_string(), Value::String(v)));
        Value::Object(cells.collect::<Map<_, _>>())
    };
    if format == Format::Jsonl {
        return Ok(rows.map(|r| object(r).to_string() + "\n").collect());
    }
    let all: Vec<Value> = rows.map(object).collect();
    serde_json::to_string_pretty(&all).map(|t| t + "\n").map_err(Failure::usage)
}
