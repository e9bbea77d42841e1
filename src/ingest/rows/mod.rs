//! Rows of tables, from separated values or from JSON with a member for each column: what they are by their columns, and as Graph
//! would have written them.
//!
//! A format is one file here and one line of [`FORMATS`].

mod assignments_portal;
mod assignments_powershell;
mod audit_log_analytics;
mod audit_portal;
mod elsewhere;
mod heading;
mod review_history;
mod shipped;
mod sign_ins_log_analytics;
mod sign_ins_portal;
mod united;

pub(super) use heading::{FoundHeading, Heading, cells};
pub(super) use united::{Untaken, format_of};

use crate::ingest::kind::ObjectKind;
use crate::ingest::times::speaks_of_time;
use crate::ingest::value;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Cells of a row by column; empty ones are absent.
pub(super) type Row = Map<String, Value>;

/// What a row tells.
#[derive(Debug)]
pub(super) enum Told {
    /// A directory audit event.
    Audit(Value),
    /// A sign-in of a stream, its result code as the table gives it, and when it was logged.
    SignIn {
        record: Value,
        stream: Option<&'static str>,
        result_type: Option<String>,
        logged: Option<String>,
    },
    /// JSON text that a shipper of logs wrapped.
    Wrapped(String),
    /// An object of a kind, as Graph would have written it; its id is made of what tells it from others.
    Object(ObjectKind, Row),
}

/// One kind of table.
pub(super) struct Format {
    /// What it is called in the lake.
    pub name: &'static str,
    /// Whether columns are those of this kind.
    pub fits: fn(&Columns) -> bool,
    /// The log that its rows belong to; a row that is lost is a gap of it.
    pub subject: Option<&'static str>,
    /// The columns of the time at which it happened, the best first.
    pub times: &'static [&'static str],
    /// What becomes of its rows.
    pub rows: Rows,
}

/// What becomes of the rows of a format.
pub(super) enum Rows {
    /// They are read; the text is the name of the file, which is asked only where columns do not tell.
    Read(fn(&mut Row, &str) -> Result<Told, String>),
    /// They belong elsewhere: what to export instead.
    Refused(&'static str),
}

/// All formats; the first that fits is taken.
pub(super) const FORMATS: &[Format] = &[
    shipped::FORMAT,
    audit_log_analytics::FORMAT,
    sign_ins_log_analytics::FORMAT,
    audit_portal::FORMAT,
    sign_ins_portal::PEOPLE,
    sign_ins_portal::APPLICATIONS,
    review_history::FORMAT,
    assignments_portal::FORMAT,
    assignments_powershell::FORMAT,
    elsewhere::UNIFIED_AUDIT_LOG,
    elsewhere::OFFICE_ACTIVITY,
    elsewhere::IDENTITY_INFO,
    elsewhere::HUNTING,
    elsewhere::GRAPH_ACTIVITY,
    elsewhere::RISK,
    elsewhere::PROVISIONING,
];

/// The columns of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns(BTreeSet<String>);

impl Columns {
    /// Columns of these names, whose case and blanks do not matter.
    pub fn of<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        Self(names.map(plain).collect())
    }

    /// Whether there are all of these.
    pub fn all(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.0.contains(&plain(name)))
    }

    /// Whether there is one of these.
    pub fn any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.contains(&plain(name)))
    }
}

/// Whether two names are of one column.
pub(super) fn same(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

/// A name without what spellings differ in: case, blanks, and the zone in brackets.
fn plain(name: &str) -> String {
    let name = name.split('[').next().unwrap_or(name);
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Whether a heading says that its times are in a zone other than UTC: the portal writes them in that of whoever looks.
pub(super) fn is_local(name: &str) -> bool {
    const UTC: [&str; 6] = ["utc", "gmt", "z", "etc/utc", "utc+0", "utc+00:00"];
    let zone = name.trim_end().strip_suffix(']').and_then(|name| name.rsplit_once('['));
    zone.is_some_and(|(column, zone)| speaks_of_time(column) && !UTC.contains(&zone.trim().to_lowercase().as_str()))
}

/// The column of a row whose time is in a zone that is not told, where it has one.
pub(super) fn local_time(row: &Row) -> Option<&str> {
    let told = |text: &str| text.trim_end().ends_with(['Z', 'z']) || text.rsplit_once(['+', '-']).is_some_and(|(_, zone)| is_offset(zone));
    let found = row.iter().find(|(name, value)| {
        let cell = value.as_str().map(str::trim).filter(|text| !text.is_empty());
        is_local(name) && cell.is_some_and(|text| !told(text))
    });
    found.map(|(name, _)| name.as_str())
}

/// Whether what stands behind a sign is an offset from UTC: `02:00`, and not the day of a date.
fn is_offset(text: &str) -> bool {
    let hours = text.split_once(':').filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2);
    hours.is_some_and(|(hours, minutes)| [hours, minutes].concat().bytes().all(|b| b.is_ascii_digit()))
}

/// The format whose columns an object's members are; objects of Graph have no such members.
pub(super) fn of_members(map: &Row) -> Option<usize> {
    let generated = |key: &String| key.get(..13).is_some_and(|name| name.eq_ignore_ascii_case("TimeGenerated"));
    if !map.keys().any(generated) {
        return None;
    }
    let columns = Columns::of(map.keys().map(String::as_str));
    FORMATS.iter().position(|format| (format.fits)(&columns))
}

/// Takes the text of the first of these columns that says something.
fn take(row: &mut Row, names: &[&str]) -> Option<Value> {
    let mut found = None;
    for name in names {
        let wanted = plain(name);
        let key = row.keys().find(|key| plain(key) == wanted).cloned();
        let value = key.and_then(|key| row.remove(&key));
        found = found.or(value.filter(|v| !blank(v)));
    }
    found
}

/// Whether a cell says nothing.
fn blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty() || text.trim() == "(blank)",
        _ => false,
    }
}

/// Takes a column that holds JSON, as text or as it is.
fn nested(row: &mut Row, names: &[&str]) -> Result<Option<Value>, String> {
    match take(row, names) {
        Some(Value::String(text)) => match value::parse(&text, 64) {
            Ok((parsed, _)) => Ok(Some(parsed)),
            Err(error) => Err(format!(
                "{} holds no whole JSON ({error}); a table that went through a spreadsheet may have lost its end",
                names[0]
            )),
        },
        other => Ok(other),
    }
}

/// Puts what there is under a name.
fn put(record: &mut Row, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        record.insert(name.into(), value);
    }
}

/// Columns of Log Analytics that speak of its workspace and its bill.
const HOUSEKEEPING: &[&str] = &[
    "TenantId",
    "SourceSystem",
    "Type",
    "_BilledSize",
    "_IsBillable",
    "_ResourceId",
    "Resource",
    "ResourceGroup",
    "ResourceProvider",
    "OperationVersion",
    "Level",
    "TimeGenerated",
];

/// Everything that is left, in the spelling of Graph.
fn rest(row: &mut Row, record: &mut Row) {
    let _ = HOUSEKEEPING.iter().map(|name| take(row, &[name])).count();
    let mut left = Value::Object(std::mem::take(row));
    value::camel(&mut left);
    if let Value::Object(left) = left {
        for (name, value) in left.into_iter().filter(|(_, value)| !blank(value)) {
            record.entry(name).or_insert(value);
        }
    }
}
