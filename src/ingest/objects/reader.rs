//! Reads members of an object without complaint: what is absent or of another type is nothing.

use crate::ingest::context::bare_type;
use crate::model::Instant;
use serde_json::{Map, Value};

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
    pub fn text(self, name: &str) -> Option<String> {
        match self.raw(name)? {
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// The first of several names that holds text.
    pub fn any(self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }

    /// An id in lower case; the zero GUID stands for nobody.
    pub fn id(self, name: &str) -> Option<String> {
        let id = self.text(name)?.trim().to_lowercase();
        (!id.chars().all(|c| matches!(c, '0' | '-'))).then_some(id)
    }

    /// An id in lower case, zeros too.
    pub fn any_id(self, name: &str) -> Option<String> {
        Some(self.text(name)?.trim().to_lowercase())
    }

    /// A word whose first letter is lower case: beta writes `Delivered` for `delivered`.
    pub fn word(self, names: &[&str]) -> Option<String> {
        let text = self.any(names)?;
        let mut chars = text.chars();
        let first = chars.next()?;
        Some(first.to_lowercase().collect::<String>() + chars.as_str())
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
        let text = self.text(name)?;
        Instant::parse(&text).or_else(|| dotnet(&text))
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
    pub fn texts(self, name: &str) -> Vec<String> {
        match self.raw(name) {
            Some(Value::Array(items)) => items.iter().filter_map(|v| v.as_str().map(str::to_string)).collect(),
            Some(Value::String(one)) if !one.is_empty() => vec![one.clone()],
            _ => Vec::new(),
        }
    }

    /// `@odata.type` without its prefix.
    pub fn kind(self) -> Option<String> {
        ["@odata.type", "odata.type"]
            .iter()
            .find_map(|name| self.text(name))
            .map(|t| bare_type(&t).to_string())
    }
}

/// `/Date(1769788627239)/`, as older PowerShell writes instants.
fn dotnet(text: &str) -> Option<Instant> {
    let millis: i64 = text.strip_prefix("/Date(")?.strip_suffix(")/")?.parse().ok()?;
    Some(Instant(millis.checked_mul(1000)?)).filter(|t| t.is_plausible())
}
