//! Answers of the query interface of Log Analytics: `{"tables": [{"name", "columns", "rows"}]}`, each row a list of cells.

use super::{Batch, Splitter};
use crate::ingest::rows::{FORMATS, Heading};
use serde_json::Value;
use std::sync::Arc;

/// Longest list of columns, in bytes.
const COLUMNS: usize = 1 << 20;

impl<'m, E: FnMut(Batch<'m>) -> bool> Splitter<'_, 'm, '_, E> {
    /// The tables of an answer and what stands behind them; we stand on the bracket of their list.
    pub(super) fn tables(&mut self) {
        self.pos += 1;
        loop {
            match self.blank(None) {
                Some(b'{') => {
                    self.pos += 1;
                    if !self.one_table() {
                        return self.cut_short("the answer of a query is cut off before its end");
                    }
                }
                Some(b']') => {
                    self.pos += 1;
                    break;
                }
                _ => return self.cut_short("the answer of a query is cut off before its end"),
            }
        }
        // What else the answer says: an error beside tables means that these are not all rows.
        loop {
            match self.blank(None) {
                Some(b'}') => {
                    self.pos += 1;
                    return;
                }
                Some(b'"') => {
                    let Some(key) = self.member_key(self.pos) else { return };
                    let Some(value) = self.small_value() else { return };
                    if key.eq_ignore_ascii_case(b"error") && !value.is_null() {
                        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
                        self.cut_short(&format!("the answer of a query is not whole: {}: {}", text("code"), text("message")));
                    }
                }
                _ => return,
            }
        }
    }

    fn cut_short(&mut self, why: &str) {
        self.feed.trouble.get_or_insert_with(|| why.to_string());
    }

    /// One table; whether it was closed.
    fn one_table(&mut self) -> bool {
        let mut heading = None;
        loop {
            match self.blank(None) {
                Some(b'}') => {
                    self.pos += 1;
                    return true;
                }
                Some(b'"') => {
                    let Some(key) = self.member_key(self.pos) else { return false };
                    let rows = key.eq_ignore_ascii_case(b"rows") && self.byte(self.pos) == Some(b'[');
                    if rows {
                        // Without columns nothing tells what the cells are: they are counted, and belong to no known export.
                        let heading = heading.take().unwrap_or_else(|| Arc::new(Heading::of_names(Vec::new())));
                        if !self.listed_rows(heading) {
                            return false;
                        }
                        continue;
                    }
                    let Some(value) = self.small_value() else { return false };
                    if key.eq_ignore_ascii_case(b"columns") {
                        heading = columns(&value).map(Arc::new);
                    }
                }
                _ => return false,
            }
        }
    }

    /// The rows of a table; we stand on the bracket.
    fn listed_rows(&mut self, heading: Arc<Heading>) -> bool {
        if let Some(format) = FORMATS.get(heading.format) {
            self.answered.get_or_insert(format.name);
        }
        self.pos += 1;
        self.heading = Some(heading);
        let ended = self.elements(None);
        self.heading = None;
        matches!(ended, super::Ended::Closed)
    }

    /// A value that is no list of records, as JSON.
    fn small_value(&mut self) -> Option<Value> {
        let start = self.pos;
        let found = self.value(start, COLUMNS, false);
        if !found.closed || found.long.is_some() {
            return None;
        }
        self.pos = found.end;
        serde_json::from_slice(&self.feed.slice(start, found.end)).ok()
    }
}

/// The heading that columns make.
fn columns(list: &Value) -> Option<Heading> {
    let name = |column: &Value| {
        let named = column.get("name").or_else(|| column.get("ColumnName"));
        named.and_then(Value::as_str).map(|name| name.trim().to_string())
    };
    let names: Option<Vec<String>> = list.as_array()?.iter().map(name).collect();
    Some(Heading::of_names(names?))
}
