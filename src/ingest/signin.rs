//! Sign-ins, from Graph objects and from diagnostic records, straight into columns.

use crate::ingest::audit::{extra, lowered};
use crate::ingest::columns::{Flags, Instants, Lists, Numbers, Texts, batch, constant, numbers};
use crate::ingest::hash::{Fingerprint, hex128, of_id};
use crate::ingest::raw::{Flag, Id, Json, List, Text, raw};
use crate::ingest::sink::RowKey;
use crate::ingest::times::{self, DateOrder};
use crate::lake::records::{AppliedPolicy, SignIn};
use crate::model::Instant;
use crate::model::time::DAY;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use std::borrow::Cow;
use std::collections::BTreeMap;

raw! {
    /// A sign-in as Graph writes it.
    SignInRaw {
        id: Id<'a> = "id" | "Id",
        at: Text<'a> = "createdDateTime" | "CreatedDateTime",
        event_types: List<Text<'a>> = "signInEventTypes" | "SignInEventTypes",
        user_id: Text<'a> = "userId" | "UserId",
        user_name: Text<'a> = "userDisplayName" | "UserDisplayName",
        upn: Text<'a> = "userPrincipalName" | "UserPrincipalName",
        user_type: Text<'a> = "userType" | "UserType",
        app_id: Text<'a> = "appId" | "AppId",
        app_name: Text<'a> = "appDisplayName" | "AppDisplayName",
        resource_id: Text<'a> = "resourceId" | "ResourceId",
        resource_name: Text<'a> = "resourceDisplayName" | "ResourceDisplayName",
        resource_sp_id: Text<'a> = "resourceServicePrincipalId" | "ResourceServicePrincipalId",
        sp_id: Text<'a> = "servicePrincipalId" | "ServicePrincipalId",
        status: Json<'a> = "status" | "Status",
        requirement: Text<'a> = "authenticationRequirement" | "AuthenticationRequirement",
        ca_status: Text<'a> = "conditionalAccessStatus" | "ConditionalAccessStatus",
        policies: List<PolicyRaw<'a>> = "appliedConditionalAccessPolicies" | "AppliedConditionalAccessPolicies",
        is_interactive: Flag = "isInteractive" | "IsInteractive",
        ip: Text<'a> = "ipAddress" | "IpAddress",
        location: Json<'a> = "location" | "Location",
        device: Json<'a> = "deviceDetail" | "DeviceDetail",
        client_app: Text<'a> = "clientAppUsed" | "ClientAppUsed",
        home_tenant: Text<'a> = "homeTenantId" | "HomeTenantId",
        correlation: Text<'a> = "correlationId" | "CorrelationId",
        agent: Json<'a> = "agent" | "Agent",
    }
}

raw! {
    /// `agent`.
    AgentRaw {
        kind: Text<'a> = "agentType" | "AgentType",
    }
}

raw! {
    /// A policy as applied.
    PolicyRaw {
        id: Text<'a> = "id" | "Id",
        name: Text<'a> = "displayName" | "DisplayName",
        result: Text<'a> = "result" | "Result",
    }
}

raw! {
    /// `status`.
    StatusRaw {
        error_code: Text<'a> = "errorCode" | "ErrorCode",
    }
}

raw! {
    /// `location`.
    LocationRaw {
        city: Text<'a> = "city" | "City",
        country: Text<'a> = "countryOrRegion" | "CountryOrRegion",
    }
}

raw! {
    /// `deviceDetail`.
    DeviceRaw {
        id: Text<'a> = "deviceId" | "DeviceId",
        os: Text<'a> = "operatingSystem" | "OperatingSystem",
        compliant: Flag = "isCompliant" | "IsCompliant",
        managed: Flag = "isManaged" | "IsManaged",
    }
}

/// What a diagnostic envelope says.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Around<'a> {
    /// The stream that the category names.
    pub stream: Option<&'static str>,
    /// `time`: when it was logged, minutes after it happened; the last resort.
    pub time: Option<&'a str>,
    /// `resultType`.
    pub result_type: Option<&'a str>,
    /// `correlationId`.
    pub correlation: Option<&'a str>,
    /// Whether there is an envelope at all.
    pub there: bool,
    /// Whether it comes from a table, which keeps less of the record than Graph does.
    pub retold: bool,
}

/// The streams that Graph has.
const STREAMS: [&str; 4] = ["interactiveUser", "nonInteractiveUser", "servicePrincipal", "managedIdentity"];

/// The stream of a diagnostic category.
pub(super) fn stream_of(category: &str) -> Option<&'static str> {
    let known = [
        ("SignInLogs", "interactiveUser"),
        ("NonInteractiveUserSignInLogs", "nonInteractiveUser"),
        ("ServicePrincipalSignInLogs", "servicePrincipal"),
        ("ManagedIdentitySignInLogs", "managedIdentity"),
    ];
    known.iter().find(|(name, _)| name.eq_ignore_ascii_case(category)).map(|(_, stream)| *stream)
}

impl SignInRaw<'_> {
    /// Whether the members are those of a sign-in and of nothing else.
    pub fn plausible(&self) -> bool {
        let client = [&self.app_id, &self.app_name, &self.upn, &self.sp_id];
        let at_sign_in = [&self.client_app, &self.ca_status, &self.resource_name];
        self.at.said().is_some()
            && client.iter().any(|t| t.said().is_some())
            && (at_sign_in.iter().any(|t| t.said().is_some()) || self.is_interactive.0.is_some())
            && !self
                .rest
                .iter()
                .any(|(key, _)| matches!(key.as_ref(), "riskEventType" | "properties" | "value" | "TimeGenerated"))
    }

    /// Members given twice.
    pub fn twice(&self) -> u64 {
        self.twice + self.policies.0.iter().map(|p| p.twice).sum::<u64>()
    }

    fn stream(&self, around: &Around<'_>) -> Cow<'static, str> {
        let mut named = self.event_types.0.iter().filter_map(Text::said);
        if let Some(first) = named.next() {
            let stream = STREAMS.iter().find(|k| k.eq_ignore_ascii_case(first));
            return match stream {
                Some(stream) => Cow::Borrowed(stream),
                None => Cow::Owned(first.to_string()),
            };
        }
        if let Some(stream) = around.stream {
            return Cow::Borrowed(stream);
        }
        Cow::Borrowed(match (self.is_interactive.0, self.user_id.said()) {
            (Some(false), Some(_)) => "nonInteractiveUser",
            (Some(false), None) if self.sp_id.said().is_some() => "servicePrincipal",
            (None, None) if self.sp_id.said().is_some() && self.upn.said().is_none() => "servicePrincipal",
            _ => "interactiveUser",
        })
    }
}

/// Rows of `sign_ins` in the making.
#[derive(Default)]
pub(super) struct SignInRows {
    id: Texts,
    at: Instants,
    at_text: Texts,
    stream: Texts,
    user_id: Texts,
    user_name: Texts,
    upn: Texts,
    user_type: Texts,
    app_id: Texts,
    app_name: Texts,
    resource_id: Texts,
    resource_name: Texts,
    resource_sp_id: Texts,
    sp_id: Texts,
    error_code: Numbers,
    requirement: Texts,
    ca_status: Texts,
    policies: Lists,
    p_id: Texts,
    p_name: Texts,
    p_result: Texts,
    is_interactive: Flags,
    ip: Texts,
    country: Texts,
    city: Texts,
    device_id: Texts,
    device_os: Texts,
    device_compliant: Flags,
    device_managed: Flags,
    client_app: Texts,
    home_tenant: Texts,
    correlation: Texts,
    agent_type: Texts,
    extra: Texts,
    content_hash: Texts,
    rows: Vec<i64>,
    keys: Vec<RowKey>,
    print: Fingerprint,
    hex: String,
    unknown: String,
    /// Whether day or month comes first in the file, where that matters.
    dates: Option<DateOrder>,
    /// First and last instant so far, by stream.
    pub spans: BTreeMap<String, (Instant, Instant)>,
}

impl SignInRows {
    /// Rows of a file whose dates have this order, where that matters.
    pub fn with_dates(dates: Option<DateOrder>) -> Self {
        Self { dates, ..Self::default() }
    }

    /// Takes a sign-in and tells when it was, or says why it is none.
    pub fn take(&mut self, raw: &SignInRaw<'_>, around: &Around<'_>, row: i64) -> Result<Instant, String> {
        let at_text = raw.at.said().or(around.time).unwrap_or("");
        let instant = times::read(at_text, self.dates).map_err(|e| e.to_string())?;
        let at = Some(instant);
        let status: StatusRaw<'_> = nested(&raw.status);
        let location: LocationRaw<'_> = nested(&raw.location);
        let device: DeviceRaw<'_> = nested(&raw.device);
        self.unknown.clear();
        extra(&mut self.unknown, "", &raw.rest, around.there);
        let parts = [
            ("status", &raw.status),
            ("location", &raw.location),
            ("deviceDetail", &raw.device),
            ("agent", &raw.agent),
        ];
        for (name, part) in parts {
            let Some(text) = &part.0 else { continue };
            let opening = if self.unknown.is_empty() { "{\"" } else { ",\"" };
            for part in [opening, name, "\":", text] {
                self.unknown.push_str(part);
            }
        }
        if !self.unknown.is_empty() {
            self.unknown.push('}');
        }

        let print = &mut self.print;
        print.clear();
        self.at.maybe(at);
        self.at_text.put(at_text);
        print.time(at, at_text);
        let stream = raw.stream(around);
        self.stream.put(&stream);
        print.text(Some(&stream));
        let mut both = |column: &mut Texts, text: Option<&str>| {
            column.maybe(text);
            print.text(text);
        };
        both(&mut self.user_id, lowered(raw.user_id.said()).as_deref());
        both(&mut self.user_name, raw.user_name.said());
        both(&mut self.upn, raw.upn.said());
        let user_type = raw.user_type.said().map(str::to_ascii_lowercase);
        both(&mut self.user_type, user_type.as_deref());
        both(&mut self.app_id, lowered(raw.app_id.said()).as_deref());
        both(&mut self.app_name, raw.app_name.said());
        both(&mut self.resource_id, lowered(raw.resource_id.said()).as_deref());
        both(&mut self.resource_name, raw.resource_name.said());
        both(&mut self.resource_sp_id, lowered(raw.resource_sp_id.said()).as_deref());
        both(&mut self.sp_id, lowered(raw.sp_id.said()).as_deref());
        both(&mut self.requirement, raw.requirement.said());
        both(&mut self.ca_status, raw.ca_status.said());
        for policy in &raw.policies.0 {
            both(&mut self.p_id, lowered(policy.id.said()).as_deref());
            both(&mut self.p_name, policy.name.said());
            both(&mut self.p_result, policy.result.said());
        }
        self.policies.put(raw.policies.0.len());
        both(&mut self.ip, raw.ip.said());
        both(&mut self.country, location.country.said());
        both(&mut self.city, location.city.said());
        both(&mut self.device_id, lowered(device.id.said()).as_deref());
        both(&mut self.device_os, device.os.said());
        both(&mut self.client_app, raw.client_app.said());
        both(&mut self.home_tenant, lowered(raw.home_tenant.said()).as_deref());
        let correlation = lowered(raw.correlation.said().or(around.correlation));
        both(&mut self.correlation, correlation.as_deref());
        print.count(raw.policies.0.len());
        let code = status.error_code.said().or(around.result_type);
        let code = code.and_then(error_code);
        self.error_code.maybe(code);
        print.number(code);
        for (column, flag) in [
            (&mut self.is_interactive, raw.is_interactive),
            (&mut self.device_compliant, device.compliant),
            (&mut self.device_managed, device.managed),
        ] {
            column.maybe(flag.0);
            print.flag(flag.0);
        }

        // v1.0 does not tell of agents: it is no part of what makes two records of one sign-in the same.
        let agent: AgentRaw<'_> = nested(&raw.agent);
        self.agent_type.maybe(agent.kind.said().filter(|kind| !kind.eq_ignore_ascii_case("notAgentic")));
        let extra = Some(self.unknown.as_str()).filter(|e| !e.is_empty());
        self.extra.maybe(extra);
        let content = print.finish();
        hex128(content, &mut self.hex);
        self.content_hash.put(&self.hex);
        let id = match raw.id.0.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
            Some(id) => Cow::Borrowed(id),
            None => Cow::Owned(format!("hash:{}", self.hex)),
        };
        self.id.put(&id);
        self.rows.push(row + 1);
        self.keys.push(RowKey {
            id: of_id(&id),
            content,
            retold: around.retold && raw.id.0.is_some(),
            partition: at.map_or(RowKey::NO_TIME, day),
        });
        if let Some(at) = at {
            match self.spans.get_mut(stream.as_ref()) {
                Some(span) => *span = (span.0.min(at), span.1.max(at)),
                None => {
                    self.spans.insert(stream.into_owned(), (at, at));
                }
            }
        }
        Ok(instant)
    }

    /// The rows as a batch with their keys, without a source yet; `None` when there are none.
    pub fn finish(mut self, tenant: &str) -> Result<Option<(RecordBatch, Vec<RowKey>)>, ArrowError> {
        let count = self.rows.len();
        if count == 0 {
            return Ok(None);
        }
        let policies = self
            .policies
            .array::<AppliedPolicy>(vec![self.p_id.array(), self.p_name.array(), self.p_result.array()])?;
        let rows = batch::<SignIn>(vec![
            constant(tenant, count),
            self.id.array(),
            self.at.array(),
            self.at_text.array(),
            self.stream.array(),
            self.user_id.array(),
            self.user_name.array(),
            self.upn.array(),
            self.user_type.array(),
            self.app_id.array(),
            self.app_name.array(),
            self.resource_id.array(),
            self.resource_name.array(),
            self.resource_sp_id.array(),
            self.sp_id.array(),
            self.error_code.array(),
            self.requirement.array(),
            self.ca_status.array(),
            policies,
            self.is_interactive.array(),
            self.ip.array(),
            self.country.array(),
            self.city.array(),
            self.device_id.array(),
            self.device_os.array(),
            self.device_compliant.array(),
            self.device_managed.array(),
            self.client_app.array(),
            self.home_tenant.array(),
            self.correlation.array(),
            self.agent_type.array(),
            self.extra.array(),
            self.content_hash.array(),
            constant("", count),
            numbers(self.rows),
        ])?;
        Ok(Some((rows, self.keys)))
    }
}

/// A member of a sign-in that is not understood and decides what it says: whether it succeeded, and in which stream it is.
pub(super) fn misread(raw: &SignInRaw<'_>, around: &Around<'_>) -> Option<(String, String)> {
    let stream = raw.stream(around);
    if !STREAMS.iter().any(|known| *known == stream) {
        return Some(("sign_ins".into(), format!("signInEventTypes '{}'", shown(&stream))));
    }
    let status: StatusRaw<'_> = nested(&raw.status);
    let subject = format!("sign_ins:{stream}");
    match status.error_code.said().or(around.result_type) {
        Some(code) if error_code(code).is_some() => None,
        Some(code) => Some((subject, format!("status.errorCode '{}'", shown(code)))),
        None => Some((subject, "no status that tells whether it succeeded".into())),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A nested object, or nothing when it is none: some exports write a plain country code for the place.
fn nested<'a, T: serde::Deserialize<'a> + Default>(json: &Json<'a>) -> T {
    json.0
        .filter(|text| text.starts_with('{'))
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// A number, or the words that some pipelines put in its place.
fn error_code(text: &str) -> Option<i64> {
    match text.parse() {
        Ok(code) => Some(code),
        Err(_) if text.eq_ignore_ascii_case("success") => Some(0),
        Err(_) => None,
    }
}

/// Days since 1970.
fn day(at: Instant) -> i32 {
    i32::try_from(at.0.div_euclid(DAY)).unwrap_or(RowKey::NO_TIME)
}
