//! Members of log records as they stand in the file: borrowed where nothing is escaped, lenient about scalars.

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A key, borrowed when it can be.
#[derive(Debug)]
pub(super) struct Key<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(v))
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(v.to_string()))
            }
        }
        deserializer.deserialize_str(V).map(Key)
    }
}

/// Text, or a scalar that stands where text belongs; whole JSON when it is neither.
#[derive(Debug, Default, Clone)]
pub(super) struct Text<'a>(pub Option<Cow<'a, str>>);

impl Text<'_> {
    /// The text.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The text, unless it is blank: an empty string says no more than null.
    pub fn said(&self) -> Option<&str> {
        self.get().filter(|t| !t.trim().is_empty())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Borrowed(v))))
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Owned(v.to_string()))))
            }
            fn visit_bool<E: Error>(self, v: bool) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Borrowed(if v { "true" } else { "false" }))))
            }
            fn visit_i64<E: Error>(self, v: i64) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Owned(v.to_string()))))
            }
            fn visit_u64<E: Error>(self, v: u64) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Owned(v.to_string()))))
            }
            fn visit_f64<E: Error>(self, v: f64) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Owned(v.to_string()))))
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Text(None))
            }
            fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Text(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let value = serde_json::Value::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Text(Some(Cow::Owned(value.to_string()))))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element::<serde_json::Value>()? {
                    values.push(value);
                }
                let value = serde_json::Value::Array(values);
                Ok(Text(Some(Cow::Owned(value.to_string()))))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// An id: text or null, and nothing else.
#[derive(Debug, Default, Clone)]
pub(super) struct Id<'a>(pub Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Id<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Id<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id of type text")
            }
            fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Id(Some(Cow::Borrowed(v))))
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Id(Some(Cow::Owned(v.to_string()))))
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Id(None))
            }
            fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Id(None))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// True, false, their words, or null.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Flag(pub Option<bool>);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        let word = text.get().map(str::to_ascii_lowercase);
        Ok(Self(match word.as_deref() {
            Some("true" | "1") => Some(true),
            Some("false" | "0") => Some(false),
            _ => None,
        }))
    }
}

/// A list; null is empty, and one object stands for a list of one.
#[derive(Debug, Clone)]
pub(super) struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for V<T> {
            type Value = List<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(List(Vec::new()))
            }
            fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
                Ok(List(Vec::new()))
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
                if v.trim().is_empty() {
                    return Ok(List(Vec::new()));
                }
                Err(E::custom("text where a list belongs"))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut out = Vec::new();
                while let Some(item) = seq.next_element()? {
                    out.push(item);
                }
                Ok(List(out))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<(Key<'de>, &'de RawValue)> = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                let whole = |raw: &'de RawValue| List::deserialize(raw).map_err(A::Error::custom);
                match wrapped(&members) {
                    Some(list) => whole(list),
                    None => {
                        let members = members.into_iter().map(|(key, raw)| (key.0, raw));
                        let one = MapDeserializer::<_, serde_json::Error>::new(members);
                        T::deserialize(one).map(|one| List(vec![one])).map_err(A::Error::custom)
                    }
                }
            }
        }
        deserializer.deserialize_any(V(PhantomData))
    }
}

/// The list that Windows PowerShell has wrapped into `{"value": […], "Count": 2}`; text in its place is what it cut at its depth.
fn wrapped<'de>(members: &[(Key<'de>, &'de RawValue)]) -> Option<&'de RawValue> {
    let of = |name: &str| members.iter().find(|(key, _)| key.0.eq_ignore_ascii_case(name)).map(|(_, raw)| *raw);
    let (list, count) = (of("value")?, of("count")?);
    (members.len() == 2 && count.get().bytes().all(|b| b.is_ascii_digit())).then_some(list)
}

/// JSON as it stands in the file.
#[derive(Debug, Default, Clone)]
pub(super) struct Json<'a>(pub Option<&'a str>);

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        Ok(Self((raw != "null").then_some(raw)))
    }
}

/// A member that no field takes.
pub(super) type Rest<'a> = Vec<(Cow<'a, str>, &'a str)>;

/// Reads a member that no field takes; annotations and members that say nothing are dropped.
pub(super) fn rest<'de, A: MapAccess<'de>>(key: Cow<'de, str>, map: &mut A, rest: &mut Rest<'de>) -> Result<(), A::Error> {
    if key.contains('@') {
        map.next_value::<IgnoredAny>()?;
        return Ok(());
    }
    let raw = map.next_value::<&RawValue>()?.get();
    if !matches!(raw, "null" | "[]" | "{}" | "\"\"") {
        rest.push((key, raw));
    }
    Ok(())
}

/// Declares an object by its members; the others go to `rest`, and members given twice are counted.
macro_rules! raw {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $ty:ty = $($key:literal)|+),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(super) struct $name<'a> {
            $(pub $field: $ty,)+
            pub rest: $crate::ingest::raw::Rest<'a>,
            /// Members that the record gives twice.
            pub twice: u64,
        }

        impl<'de: 'a, 'a> serde::Deserialize<'de> for $name<'a> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct V<'a>(std::marker::PhantomData<&'a ()>);
                impl<'de: 'a, 'a> serde::de::Visitor<'de> for V<'a> {
                    type Value = $name<'a>;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
                        Ok($name::default())
                    }
                    fn visit_none<E: serde::de::Error>(self) -> Result<Self::Value, E> {
                        Ok($name::default())
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> Result<Self::Value, A::Error> {
                        let mut out = $name::default();
                        $(let mut $field = false;)+
                        while let Some(key) = map.next_key::<$crate::ingest::raw::Key<'de>>()? {
                            match key.0.as_ref() {
                                $($($key)|+ => {
                                    out.$field = map.next_value()?;
                                    out.twice += u64::from(std::mem::replace(&mut $field, true));
                                })+
                                _ => $crate::ingest::raw::rest(key.0, &mut map, &mut out.rest)?,
                            }
                        }
                        Ok(out)
                    }
                }
                deserializer.deserialize_any(V(std::marker::PhantomData))
            }
        }
    };
}
pub(super) use raw;
