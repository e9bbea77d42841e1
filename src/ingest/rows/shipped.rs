//! Tables of a log shipper whose `_raw` column holds the record.

use super::{Format, Rows, Told, take};
use serde_json::Value;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "a table of a log shipper",
    fits: |columns| columns.all(&["_raw"]),
    subject: None,
    times: &[],
    rows: Rows::Read(|row, _| match take(row, &["_raw"]) {
        Some(Value::String(text)) => Ok(Told::Wrapped(text)),
        _ => Err("_raw is empty".into()),
    }),
};
