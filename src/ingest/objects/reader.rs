//! Reads members of an object without complaint: what is absent or of another type is nothing.

use crate::ingest::context::bare_type;
use crate::model::{Instant, Interned};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// An object, or nothing in its place.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub Option<&'a Map<String, Value>>);

impl<'a> Reader<'a> {
    /// The member of a name.
    pub fn raw(self, name: &str) -> Option<&'a Value> {
        self.0?.get(name).filter(|v| !v.is_null())
    }

    /// Whether there is anything to read.
    pub fn there(self) -> bool {
        self.0.is_some()
    }

    /// Text that is not blank; numbers and flags as text.
    pub fn text(self, name: &str) -> Option<Interned> {
        self.scalar(name).map(|text| Interned::from(&text))
    }

    fn scalar(self, name: &str) -> Option<Cow<'a, str>> {
        match self.raw(name)? {
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            _ => None,
        }
    }

    /// The first of several names that holds text.
    pub fn any(self, names: &[&str]) -> Option<Interned> {
        names.iter().find_map(|name| self.text(name))
    }

    /// An id in lower case; the zero GUID stands for nobody.
    pub fn id(self, name: &str) -> Option<Interned> {
        self.any_id(name).filter(|id| !id.chars().all(|c| matches!(c, '0' | '-')))
    }

    /// An id in lower case, zeros too.
    pub fn any_id(self, name: &str) -> Option<Interned> {
        Some(Interned::from(&self.scalar(name)?.trim().to_lowercase()))
    }

    /// A word whose first letter is lower case: beta writes `Delivered` for `delivered`.
    pub fn word(self, names: &[&str]) -> Option<Interned> {
        let text = names.iter().find_map(|name| self.scalar(name))?;
        let mut chars = text.trim().chars();
        let first = chars.next()?;
        Some(Interned::from(&(first.to_lowercase().collect::<String>() + chars.as_str())))
    }

    /// A flag.
    pub fn flag(self, name: &str) -> Option<bool> {
        match self.raw(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(word) if word.eq_ignore_ascii_case("true") => Some(true),
            Value::String(word) if word.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// A whole number.
    pub fn number(self, name: &str) -> Option<i64> {
        match self.raw(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// An instant; placeholders such as the year 0001 are none.
    pub fn time(self, name: &str) -> Option<Instant> {
        // Other spellings were straightened before anything reads the object.
        Instant::parse(&self.scalar(name)?)
    }

    /// The object under a name.
    pub fn at(self, name: &str) -> Self {
        Self(self.raw(name).and_then(Value::as_object))
    }

    /// The first of several names that holds an object.
    pub fn first(self, names: &[&str]) -> Self {
        Self(names.iter().find_map(|name| self.at(name).0))
    }

    /// The objects of the list under the first of several names.
    pub fn list(self, names: &[&str]) -> Vec<Reader<'a>> {
        names
            .iter()
            .find_map(|name| self.raw(name).and_then(Value::as_array))
            .into_iter()
            .flatten()
            .filter_map(|v| v.as_object().map(|m| Reader(Some(m))))
            .collect()
    }

    /// The texts of the list under a name.
    pub fn texts(self, name: &str) -> Vec<Interned> {
        match self.raw(name) {
            Some(Value::Array(items)) => items.iter().filter_map(|v| v.as_str().map(Interned::from)).collect(),
            Some(Value::String(one)) if !one.is_empty() => vec![Interned::from(one)],
            _ => Vec::new(),
        }
    }

    /// `@odata.type` without its prefix.
    pub fn kind(self) -> Option<Interned> {
        ["@odata.type", "odata.type"]
            .iter()
            .find_map(|name| self.scalar(name))
            .map(|t| Interned::from(bare_type(&t)))
    }
}
