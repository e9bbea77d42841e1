//! Small objects as JSON values: parsed with a bound on depth, counted where members come twice, written canonically.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::fmt;

/// Parses one object; also how many members it gives twice (the last wins).
pub(super) fn parse(text: &str, depth: usize) -> Result<(Value, u64), String> {
    let twice = Cell::new(0);
    let seed = Seed { left: depth, twice: &twice };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = seed
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| plain(&error))?;
    Ok((value, twice.get()))
}

/// An error without the line number, which says nothing about one record of many.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let short = text.split(" at line ").next().unwrap_or(&text);
    if error.is_eof() {
        format!("cut off: {short}")
    } else {
        format!("no JSON: {short} near byte {}", error.column())
    }
}

#[derive(Clone, Copy)]
struct Seed<'c> {
    left: usize,
    twice: &'c Cell<u64>,
}

impl Seed<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Self { left, ..self }),
            None => Err(E::custom("nested too deep")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(Number::from_f64(v).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_string()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut out = Vec::new();
        while let Some(value) = seq.next_element_seed(inner)? {
            out.push(value);
        }
        Ok(Value::Array(out))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut out = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(inner)?;
            if out.insert(key, value).is_some() {
                self.twice.set(self.twice.get() + 1);
            }
        }
        Ok(unwrapped(out))
    }
}

/// An object, or the list that Windows PowerShell has wrapped into `{"value": […], "Count": 2}`.
fn unwrapped(mut map: Map<String, Value>) -> Value {
    let either = |small: &str, capital: &str| if map.contains_key(small) { small.to_string() } else { capital.to_string() };
    let wrapper = map.len() == 2 && map.get(&either("count", "Count")).is_some_and(Value::is_number);
    if !wrapper {
        return Value::Object(map);
    }
    let list = either("value", "Value");
    match map.get_mut(&list) {
        Some(Value::Array(items)) => Value::Array(std::mem::take(items)),
        // One item and none are wrapped too, where the shell made no list of them.
        Some(one @ Value::Object(_)) => Value::Array(vec![one.take()]),
        Some(Value::Null) => Value::Array(Vec::new()),
        _ => Value::Object(map),
    }
}

/// Turns `DisplayName` into `displayName` at every level: what PowerShell makes of Graph objects.
pub(super) fn camel(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(camel),
        Value::Object(map) => {
            for (key, mut value) in std::mem::take(map) {
                camel(&mut value);
                let mut chars = key.chars();
                let lower = match chars.next() {
                    Some(first) => first.to_lowercase().collect::<String>() + chars.as_str(),
                    None => key,
                };
                map.insert(lower, value);
            }
            // What the PowerShell SDK has no member for it keeps apart, in the spelling of Graph.
            if let Some(Value::Object(more)) = map.remove("additionalProperties") {
                for (name, value) in more {
                    if map.get(&name).is_none_or(Value::is_null) {
                        map.insert(name, value);
                    }
                }
            }
        }
        _ => {}
    }
}

/// The canonical text of an object, and its hash.
///
/// Keys are sorted. Annotations are left out, but for the type of an item in a list: who approves
/// (`internalSponsors`, `externalSponsors`) is told by nothing else. Objects that have a table of
/// their own are reduced to their id, so that a change of theirs is no change here.
pub(super) fn canonical(map: &Map<String, Value>, reduce: &[&str]) -> (String, String) {
    let mut text = String::new();
    object(map, reduce, false, &mut text);
    let hash = hex::encode(Sha256::digest(text.as_bytes()));
    (text, hash)
}

fn object(map: &Map<String, Value>, reduce: &[&str], in_list: bool, out: &mut String) {
    let mut keys: Vec<&String> = map.keys().filter(|key| !key.contains('@') || in_list && *key == "@odata.type").collect();
    keys.sort_unstable();
    out.push('{');
    for (index, key) in keys.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&Value::String(key.clone()).to_string());
        out.push(':');
        if reduce.contains(&key.as_str()) {
            reduced(&map[key], out);
        } else {
            write(&map[key], false, out);
        }
    }
    out.push('}');
}

fn write(value: &Value, in_list: bool, out: &mut String) {
    match value {
        Value::Object(map) => object(map, &[], in_list, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, true, out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

/// An object of another table as its id; a list of them as their sorted ids.
fn reduced(value: &Value, out: &mut String) {
    let id = |value: &Value| value.get("id").and_then(Value::as_str).map(str::to_lowercase);
    match value {
        Value::Array(items) => {
            let mut ids: Vec<String> = items.iter().filter_map(id).collect();
            ids.sort_unstable();
            out.push_str(&Value::from(ids).to_string());
        }
        Value::Object(_) => {
            let id = id(value).map_or(Value::Null, Value::String);
            out.push_str(&format!("{{\"id\":{id}}}"));
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, reduce: &[&str], expected: &str) {
        let (value, _) = parse(text, 64).expect("JSON");
        let map = value.as_object().expect("an object");
        assert_eq!(canonical(map, reduce).0, expected);
    }

    #[test]
    fn canonical_text() {
        check(r#"{"b":1,"a":null,"@odata.type":"x"}"#, &[], r#"{"a":null,"b":1}"#);
        check(
            r##"{"who":[{"@odata.type":"#t","id":"1"}],"one":{"@odata.type":"#t"},"x@odata.context":"c"}"##,
            &[],
            r##"{"one":{},"who":[{"@odata.type":"#t","id":"1"}]}"##,
        );
        check(
            r#"{"accessPackage":{"id":"A","displayName":"n"},"list":[{"id":"2"},{"id":"1"}]}"#,
            &["accessPackage", "list"],
            r#"{"accessPackage":{"id":"a"},"list":["1","2"]}"#,
        );
    }

    #[test]
    fn objects_of_powershell_become_those_of_graph() {
        let text =
            r##"{"Id":"u","DisplayName":null,"AdditionalProperties":{"@odata.type":"#microsoft.graph.user","displayName":"U"},"Target":{"ObjectId":"x"}}"##;
        let (mut value, _) = parse(text, 64).expect("JSON");
        camel(&mut value);
        let expected = r##"{"id":"u","displayName":"U","@odata.type":"#microsoft.graph.user","target":{"objectId":"x"}}"##;
        assert_eq!(value, parse(expected, 64).expect("JSON").0);
    }

    #[test]
    fn lists_that_the_shell_wrapped_are_lists_at_any_depth() {
        let text = r#"{"a":{"value":[{"b":{"Count":1,"value":["x"]}}],"Count":1},"one":{"value":{"c":1},"Count":1},"none":{"value":null,"Count":0},
            "dressed":{"value":"/Date(1)/","DateTime":"x"},"told":{"value":"System.Object[]","Count":2},"more":{"value":[],"Count":0,"x":1},"capital":{"Count":1,"Value":[1]}}"#;
        let expected = r#"{"a":[{"b":["x"]}],"one":[{"c":1}],"none":[],
            "dressed":{"value":"/Date(1)/","DateTime":"x"},"told":{"value":"System.Object[]","Count":2},"more":{"value":[],"Count":0,"x":1},"capital":[1]}"#;
        let plain: Value = serde_json::from_str(expected).expect("JSON");
        assert_eq!(parse(text, 64).expect("JSON").0, plain);
    }

    #[test]
    fn hostile_values() {
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert!(parse(&deep, 64).expect_err("too deep").contains("nested too deep"));
        assert_eq!(parse(r#"{"a":1,"a":2,"b":{"c":1,"c":2}}"#, 64).map(|p| p.1), Ok(2));
        assert!(parse(r#"{"a":1,}"#, 64).is_err());
        assert!(parse(r#"{"a":1"#, 64).expect_err("cut").starts_with("cut off"));
    }
}
