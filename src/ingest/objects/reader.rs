//! Reads members of an object: what is absent is nothing, and what is there and not understood is nothing that is noted.

use crate::ingest::context::bare_type;
use crate::ingest::times::{self, NoTime};
use crate::model::{Instant, Interned};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;

thread_local! {
    /// Members of the object that this thread reads whose values are nothing that belongs there.
    static MISREAD: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// What was not understood since the last time: each member once, with its value.
pub(in crate::ingest) fn misread() -> BTreeSet<String> {
    MISREAD.with_borrow_mut(std::mem::take)
}

/// Notes a member whose value is nothing that belongs there.
fn note(name: &str, value: &Value) {
    let shown = match value {
        Value::String(text) => format!("{name} '{}'", text.chars().take(60).collect::<String>()),
        Value::Array(_) => format!("{name}: a list"),
        Value::Object(_) => format!("{name}: an object"),
        other => format!("{name} {other}"),
    };
    MISREAD.with_borrow_mut(|noted| noted.insert(shown));
}

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
        self.any(&[name])
    }

    /// Notes the members of which none is what belongs there.
    fn noted(self, names: &[&str], is_wrong: fn(&Value) -> bool) {
        for name in names {
            if let Some(value) = self.raw(name).filter(|v| is_wrong(v)) {
                note(name, value);
            }
        }
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
        let found = names.iter().find_map(|name| self.scalar(name));
        if found.is_none() {
            self.noted(names, is_nested);
        }
        found.map(|text| Interned::from(&text))
    }

    /// An id in lower case; the zero GUID stands for nobody.
    pub fn id(self, name: &str) -> Option<Interned> {
        self.any_id(name).filter(|id| !id.chars().all(|c| matches!(c, '0' | '-')))
    }

    /// An id in lower case, zeros too.
    pub fn any_id(self, name: &str) -> Option<Interned> {
        let Some(text) = self.scalar(name) else {
            self.noted(&[name], is_nested);
            return None;
        };
        Some(Interned::from(&text.trim().to_lowercase()))
    }

    /// A word whose first letter is lower case: beta writes `Delivered` for `delivered`. One with blanks around it is another word.
    pub fn word(self, names: &[&str]) -> Option<Interned> {
        let Some(text) = names.iter().find_map(|name| self.scalar(name)) else {
            self.noted(names, is_nested);
            return None;
        };
        if text.trim() != text {
            self.noted(names, |value| value.as_str().is_some_and(|text| text.trim() != text));
        }
        let mut chars = text.chars();
        let first = chars.next()?;
        Some(Interned::from(&(first.to_lowercase().collect::<String>() + chars.as_str())))
    }

    /// A flag.
    pub fn flag(self, name: &str) -> Option<bool> {
        match self.raw(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(word) if word.trim().eq_ignore_ascii_case("true") => Some(true),
            Value::String(word) if word.trim().eq_ignore_ascii_case("false") => Some(false),
            other => {
                note(name, other);
                None
            }
        }
    }

    /// A whole number.
    pub fn number(self, name: &str) -> Option<i64> {
        let value = self.raw(name)?;
        let read = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        if read.is_none() {
            note(name, value);
        }
        read
    }

    /// An instant; placeholders such as the year 0001 are none.
    pub fn time(self, name: &str) -> Option<Instant> {
        let value = self.raw(name)?;
        // Other spellings were straightened before anything reads the object.
        let read = self.scalar(name).and_then(|text| Instant::parse(&text));
        let says_nothing = || {
            value
                .as_str()
                .is_some_and(|text| matches!(times::read(text, None), Err(NoTime::Absent | NoTime::Placeholder(_))))
        };
        if read.is_none() && !says_nothing() {
            note(name, value);
        }
        read
    }

    /// The object under a name.
    pub fn at(self, name: &str) -> Self {
        self.first(&[name])
    }

    /// The first of several names that holds an object.
    pub fn first(self, names: &[&str]) -> Self {
        let found = names.iter().find_map(|name| self.raw(name).and_then(Value::as_object));
        if found.is_none() {
            self.noted(names, |v| !is_blank(v));
        }
        Self(found)
    }

    /// The objects of the list under the first of several names.
    pub fn list(self, names: &[&str]) -> Vec<Reader<'a>> {
        let found = names
            .iter()
            .find_map(|name| self.raw(name).and_then(Value::as_array).map(|items| (name, items)));
        let Some((name, items)) = found else {
            self.noted(names, |v| !is_blank(v));
            return Vec::new();
        };
        let object = |item: &'a Value| {
            if !item.is_object() {
                note(name, item);
            }
            item.as_object().map(|m| Reader(Some(m)))
        };
        items.iter().filter_map(object).collect()
    }

    /// The texts of the list under a name.
    pub fn texts(self, name: &str) -> Vec<Interned> {
        match self.raw(name) {
            Some(Value::Array(items)) => {
                let text = |item: &Value| {
                    if !item.is_string() {
                        note(name, item);
                    }
                    item.as_str().map(Interned::from)
                };
                items.iter().filter_map(text).collect()
            }
            Some(Value::String(one)) if !one.is_empty() => vec![Interned::from(one)],
            Some(other) if !is_blank(other) => {
                note(name, other);
                Vec::new()
            }
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

/// Whether a value is a list or an object, where neither belongs.
fn is_nested(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// Text that says nothing.
fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}
