//! Rows of tables on their way into log tables.

use super::{Taken, Worker, rejected, told, too_deep};
use crate::ingest::audit::{self, AuditRaw};
use crate::ingest::gaps::Whose;
use crate::ingest::kind::Kind;
use crate::ingest::objects::Refused;
use crate::ingest::rows::{self, Heading, Row, Rows, Told, Untaken, cells};
use crate::ingest::signin::{self, SignInRaw};
use crate::ingest::skip::is_shallow;
use crate::ingest::split::Span;
use crate::ingest::{times, value};
use crate::model::Window;
use serde_json::{Map, Value};
use std::borrow::Cow;

impl Worker<'_> {
    /// A row of separated values.
    pub(super) fn separated(&mut self, bytes: &[u8], heading: &Heading, span: &Span) -> Taken {
        if heading.separator == Heading::LIST {
            return self.listed(bytes, heading, span);
        }
        let text = self.decoded(bytes)?;
        let cells = cells(&text, heading.separator).ok_or_else(|| rejected("a row whose quotes are broken"))?;
        let (columns, extra) = (heading.columns.len(), cells.iter().skip(heading.columns.len()).any(|c| !c.trim().is_empty()));
        // A row that breaks off has lost cells, and perhaps the end of its last one.
        if extra || cells.len() < heading.width() {
            return Err(rejected(format!("{} cells, where the heading has {columns}", cells.len())));
        }
        if cells.len() == columns && cells.iter().zip(&heading.columns).all(|(cell, name)| cell.trim() == name) {
            return Err(Refused::Unmapped("the heading again".into()));
        }
        let named = heading.columns.iter().zip(cells).filter(|(_, cell)| !cell.trim().is_empty());
        let mut row: Row = named.map(|(name, cell)| (name.clone(), Value::String(cell.into_owned()))).collect();
        self.row_of(heading.format, &mut row, span)
    }

    /// A row that is a list of cells.
    fn listed(&mut self, bytes: &[u8], heading: &Heading, span: &Span) -> Taken {
        let text = self.decoded(bytes)?;
        let depth = self.around.limits.depth;
        let (parsed, _) = value::parse(&text, depth).map_err(rejected)?;
        let Value::Array(cells) = parsed else {
            return Err(rejected("no list of cells, where the table has rows"));
        };
        if cells.len() != heading.columns.len() {
            return Err(rejected(format!(
                "{} cells, where the table has {} columns",
                cells.len(),
                heading.columns.len()
            )));
        }
        let said = |cell: &Value| !cell.is_null() && cell.as_str().is_none_or(|text| !text.trim().is_empty());
        let named = heading.columns.iter().zip(cells).filter(|(_, cell)| said(cell));
        let mut row: Row = named.map(|(name, cell)| (name.clone(), cell)).collect();
        self.row_of(heading.format, &mut row, span)
    }

    /// Whose gap a row leaves that was not taken, and of when as far as its cells tell.
    pub(super) fn lost_row(&self, bytes: &[u8], heading: &Heading) -> (Whose, Option<Window>) {
        let Some(mut format) = rows::FORMATS.get(heading.format) else {
            return (Whose::Unknown, None);
        };
        let text = String::from_utf8_lossy(bytes);
        let cells = if heading.separator == Heading::LIST {
            let parsed: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
            parsed.iter().map(|cell| Cow::Owned(cell.as_str().unwrap_or_default().to_string())).collect()
        } else {
            cells(&text, heading.separator).unwrap_or_default()
        };
        let cells: Vec<Cow<'_, str>> = Some(cells).filter(|c| c.len() <= heading.columns.len()).unwrap_or_default();
        let named = heading.columns.iter().zip(&cells);
        let row: Row = named.map(|(name, cell)| (name.clone(), Value::from(cell.as_ref()))).collect();
        // A row of several tables whose own is not told may be of any of them.
        let (of, is_told) = match rows::format_of(format, &row) {
            Ok(format) => (format, true),
            Err(untaken) => (format, untaken != Untaken::Untold || row.is_empty()),
        };
        format = of;
        let whose = match format.subject {
            Some(subject) if is_told => Whose::Known(subject.into()),
            _ => Whose::Unknown,
        };
        let at = |name: &str| {
            let place = heading.columns.iter().position(|column| rows::same(column, name) && !rows::is_local(column))?;
            times::read(cells.get(place)?, self.around.dates).ok()
        };
        let at = format.times.iter().find_map(|name| at(name));
        (whose, at.map(|from| Window { from, until: from.plus(1) }))
    }

    /// Text in UTF-8, or in the code page of the Windows machines of the West where the whole file was found to be that.
    fn decoded<'b>(&self, bytes: &'b [u8]) -> Result<Cow<'b, str>, Refused> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(_) if self.around.western => Ok(encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0),
            Err(error) => Err(rejected(format!("no UTF-8 at byte {} of the record", error.valid_up_to()))),
        }
    }

    /// A row of a known format, from separated values or from JSON.
    pub(super) fn row_of(&mut self, format: usize, row: &mut Map<String, Value>, span: &Span) -> Taken {
        let Some(format) = rows::FORMATS.get(format) else {
            let shown: Vec<&str> = row.keys().map(String::as_str).take(6).collect();
            return Err(Refused::Unmapped(format!("a row of a table that is no known export ({} …)", shown.join(", "))));
        };
        let format = rows::format_of(format, row).map_err(|untaken| match untaken {
            Untaken::Table(_) => Refused::Unmapped(untaken.reason()),
            Untaken::Untold => rejected(untaken.reason()),
        })?;
        if let Some(column) = rows::local_time(row) {
            return Err(rejected(format!(
                "the times of the column {column} are in a zone that nothing tells for certain; export it again with times in UTC"
            )));
        }
        if let Some(column) = said_twice(row) {
            return Err(rejected(format!("the column '{column}' comes twice, and says two things in this row")));
        }
        let read = match format.rows {
            Rows::Read(read) => read,
            Rows::Refused(why) => return Err(Refused::Unmapped(format!("{}; {why}", format.name))),
        };
        let file = self.around.path.rsplit(['/', '\\']).next().unwrap_or(self.around.path);
        let depth = self.around.limits.depth;
        match read(row, file).map_err(rejected)? {
            Told::Wrapped(text) => {
                self.look_closer(&text, span, false)?;
                self.done.remarks.shipped += 1;
            }
            Told::Object(kind, mut record) => {
                self.done.remarks.untimed += times::straighten(&mut record, self.around.dates);
                self.object(Kind::Object(kind), &mut record, None, span)?;
                self.done.remarks.without_id += 1;
            }
            Told::Audit(record) => {
                let text = record.to_string();
                if !is_shallow(text.as_bytes(), depth) {
                    return Err(too_deep(depth));
                }
                let raw: AuditRaw<'_> = serde_json::from_str(&text).map_err(|e| rejected(told(&e)))?;
                self.done.remarks.without_id += u64::from(raw.id.0.is_none());
                let around = audit::Around {
                    retold: true,
                    ..audit::Around::default()
                };
                self.audit(&raw, &around, span)?;
            }
            Told::SignIn {
                record,
                stream,
                result_type,
                logged,
            } => {
                let text = record.to_string();
                if !is_shallow(text.as_bytes(), depth) {
                    return Err(too_deep(depth));
                }
                let raw: SignInRaw<'_> = serde_json::from_str(&text).map_err(|e| rejected(told(&e)))?;
                self.done.remarks.without_id += u64::from(raw.id.0.is_none());
                let around = signin::Around {
                    stream,
                    result_type: result_type.as_deref(),
                    time: logged.as_deref(),
                    retold: true,
                    ..signin::Around::default()
                };
                self.sign_in(&raw, &around, span)?;
            }
        }
        Ok(())
    }
}

/// A column that comes twice in the heading, where a row says two things in it; the portal's own list of sign-ins has one on which
/// nothing rests.
fn said_twice(row: &Map<String, Value>) -> Option<&str> {
    let differ = |name: &String, cell: &Value| {
        let first = name.strip_suffix(" 2")?;
        let other = row.get(first).filter(|other| *other != cell)?;
        (first != "Incoming token type").then_some(other)
    };
    let again = row.iter().find(|(name, cell)| differ(name, cell).is_some());
    again.map(|(name, _)| name.trim_end_matches(" 2"))
}
