//! The envelope that diagnostic settings put around a record; its keys come in any case.

use crate::ingest::context::is_guid;
use crate::ingest::raw::{Json, Key, Text};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A diagnostic record.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    pub time: Text<'a>,
    pub category: Text<'a>,
    pub operation: Text<'a>,
    pub correlation: Text<'a>,
    pub result_type: Text<'a>,
    pub result: Text<'a>,
    pub tenant: Text<'a>,
    pub resource: Text<'a>,
    properties: Json<'a>,
    /// The tenant as rows of Log Analytics name it.
    aad_tenant: Text<'a>,
    id: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Envelope<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a diagnostic record")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut out = Envelope::default();
                while let Some(Key(key)) = map.next_key()? {
                    let is = |name: &str| key.eq_ignore_ascii_case(name);
                    if is("properties") {
                        out.properties = map.next_value()?;
                    } else if is("time") {
                        out.time = map.next_value()?;
                    } else if is("category") {
                        out.category = map.next_value()?;
                    } else if is("operationName") {
                        out.operation = map.next_value()?;
                    } else if is("correlationId") {
                        out.correlation = map.next_value()?;
                    } else if is("resultType") {
                        out.result_type = map.next_value()?;
                    } else if is("result") {
                        out.result = map.next_value()?;
                    } else if is("tenantId") {
                        out.tenant = map.next_value()?;
                    } else if key == "AADTenantId" {
                        out.aad_tenant = map.next_value()?;
                    } else if is("resourceId") {
                        out.resource = map.next_value()?;
                    } else {
                        out.id |= is("id");
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(out)
            }
        }
        deserializer.deserialize_map(V)
    }
}

impl Envelope<'_> {
    /// Whether this is an envelope and not a record that happens to have a time and a category.
    pub fn plausible(&self) -> bool {
        let inner = self.properties.0.is_some() || self.operation.said().is_some();
        self.time.said().is_some() && self.category.said().is_some() && (inner || !self.id)
    }

    /// The record inside; some pipelines write it as text.
    pub fn inner(&self) -> Option<Cow<'_, str>> {
        let raw = self.properties.0?;
        if raw.starts_with('{') {
            return Some(Cow::Borrowed(raw));
        }
        let text: String = serde_json::from_str(raw).ok()?;
        text.trim_start().starts_with('{').then_some(Cow::Owned(text))
    }

    /// The tenant, if the record proves one: a GUID that is not all zeros.
    pub fn tenant_id(&self) -> Option<String> {
        if let Some(tenant) = self.aad_tenant.said().filter(|t| is_guid(t)) {
            return Some(tenant.to_ascii_lowercase());
        }
        if !self.plausible() {
            return None;
        }
        let named = self.tenant.said().filter(|t| is_guid(t));
        let found = named.or_else(|| {
            let mut parts = self.resource.said()?.split('/');
            parts.find(|p| p.eq_ignore_ascii_case("tenants"))?;
            parts.next().filter(|t| is_guid(t))
        })?;
        Some(found.to_ascii_lowercase())
    }
}
