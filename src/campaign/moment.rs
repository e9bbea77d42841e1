//! Instants in campaign records: RFC 3339 text, since people and other programs read them.

use crate::model::Instant;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Writes an instant as text.
pub(super) fn serialize<S: Serializer>(at: &Instant, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(at)
}

/// Reads what [`serialize`] wrote.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Instant, D::Error> {
    let text = String::deserialize(from)?;
    Instant::parse(&text).ok_or_else(|| D::Error::custom(format!("'{text}' is no time")))
}

/// The same for instants that may be missing.
pub(super) mod option {
    use super::{Deserialize, Deserializer, Error, Instant, Serializer};

    pub fn serialize<S: Serializer>(at: &Option<Instant>, to: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => to.collect_str(at),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Instant>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|t| Instant::parse(&t).ok_or_else(|| D::Error::custom(format!("'{t}' is no time"))))
            .transpose()
    }
}

/// The same for windows.
pub(super) mod window {
    use super::{Deserialize, Deserializer, Serializer};
    use crate::model::{Instant, Window};
    use serde::Serialize;

    #[derive(Serialize, Deserialize)]
    struct Texts {
        #[serde(with = "super")]
        from: Instant,
        #[serde(with = "super")]
        until: Instant,
    }

    pub fn serialize<S: Serializer>(window: &Window, to: S) -> Result<S::Ok, S::Error> {
        let texts = Texts {
            from: window.from,
            until: window.until,
        };
        texts.serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Window, D::Error> {
        let texts = Texts::deserialize(from)?;
        Ok(Window {
            from: texts.from,
            until: texts.until,
        })
    }
}
