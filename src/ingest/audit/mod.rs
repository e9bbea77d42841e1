//! Directory audit events, from Graph objects and from diagnostic records, straight into columns.

mod rows;

pub(super) use rows::AuditRows;

use crate::ingest::context::is_guid;
use crate::ingest::raw::{Id, List, Rest, Text, raw};
use std::borrow::Cow;

raw! {
    /// A directory audit event as Graph writes it.
    AuditRaw {
        id: Id<'a> = "id" | "Id",
        at: Text<'a> = "activityDateTime" | "ActivityDateTime",
        activity: Text<'a> = "activityDisplayName" | "ActivityDisplayName",
        category: Text<'a> = "category" | "Category",
        service: Text<'a> = "loggedByService" | "LoggedByService",
        operation_type: Text<'a> = "operationType" | "OperationType",
        result: Text<'a> = "result" | "Result",
        result_reason: Text<'a> = "resultReason" | "ResultReason",
        correlation: Text<'a> = "correlationId" | "CorrelationId",
        user_agent: Text<'a> = "userAgent" | "UserAgent",
        actor: ActorRaw<'a> = "initiatedBy" | "InitiatedBy",
        targets: List<TargetRaw<'a>> = "targetResources" | "TargetResources" | "targetResource" | "TargetResource",
        details: List<DetailRaw<'a>> = "additionalDetails" | "AdditionalDetails",
    }
}

raw! {
    /// `initiatedBy`.
    ActorRaw {
        user: PartyRaw<'a> = "user" | "User",
        app: PartyRaw<'a> = "app" | "App",
    }
}

raw! {
    /// A user or application that acts.
    PartyRaw {
        id: Text<'a> = "id" | "Id",
        sp: Text<'a> = "servicePrincipalId" | "ServicePrincipalId",
        name: Text<'a> = "displayName" | "DisplayName",
        upn: Text<'a> = "userPrincipalName" | "UserPrincipalName",
        ip: Text<'a> = "ipAddress" | "IpAddress",
        app_id: Text<'a> = "appId" | "AppId",
    }
}

raw! {
    /// One of `targetResources`.
    TargetRaw {
        id: Text<'a> = "id" | "Id",
        name: Text<'a> = "displayName" | "DisplayName",
        kind: Text<'a> = "type" | "Type",
        upn: Text<'a> = "userPrincipalName" | "UserPrincipalName",
        group_type: Text<'a> = "groupType" | "GroupType",
        modified: List<ModifiedRaw<'a>> = "modifiedProperties" | "ModifiedProperties",
    }
}

raw! {
    /// One of `modifiedProperties`.
    ModifiedRaw {
        name: Text<'a> = "displayName" | "DisplayName",
        old: Text<'a> = "oldValue" | "OldValue",
        new: Text<'a> = "newValue" | "NewValue",
    }
}

raw! {
    /// One of `additionalDetails`.
    DetailRaw {
        key: Text<'a> = "key" | "Key",
        value: Text<'a> = "value" | "Value",
    }
}

/// What a diagnostic envelope says of an event whose own members are silent.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Around<'a> {
    /// `operationName`.
    pub operation: Option<&'a str>,
    /// `time`.
    pub time: Option<&'a str>,
    /// `correlationId`.
    pub correlation: Option<&'a str>,
    /// `category`.
    pub category: Option<&'a str>,
    /// `result`.
    pub result: Option<&'a str>,
    /// Whether there is an envelope at all.
    pub there: bool,
    /// Whether it comes from a table, which keeps less of the record than Graph does.
    pub retold: bool,
}

impl AuditRaw<'_> {
    /// Whether the members are those of an audit event and of nothing else.
    pub fn plausible(&self) -> bool {
        self.activity.get().is_some()
            && (self.at.get().is_some() || !self.targets.0.is_empty() || self.actor.user.said() || self.actor.app.said())
            && !self
                .rest
                .iter()
                .any(|(key, _)| matches!(key.as_ref(), "properties" | "value" | "TimeGenerated"))
    }

    /// Members given twice, at any depth.
    pub fn twice(&self) -> u64 {
        let targets = self.targets.0.iter();
        let targets: u64 = targets.map(|t| t.twice + t.modified.0.iter().map(|m| m.twice).sum::<u64>()).sum();
        let details: u64 = self.details.0.iter().map(|d| d.twice).sum();
        self.twice + self.actor.twice + self.actor.user.twice + self.actor.app.twice + targets + details
    }
}

impl PartyRaw<'_> {
    fn said(&self) -> bool {
        [&self.id, &self.sp, &self.name, &self.upn, &self.app_id]
            .iter()
            .any(|text| text.said().is_some())
    }
}

/// What of an event is not understood and decides what it says: whether the act succeeded, and of an act on access what it is about.
pub(super) fn misread(raw: &AuditRaw<'_>, around: &Around<'_>) -> Option<String> {
    const KNOWN: [&str; 6] = ["success", "succeeded", "0", "failure", "failed", "timeout"];
    let activity = raw.activity.said().or(around.operation).unwrap_or_default().to_ascii_lowercase();
    let is_on_access = ON_ACCESS.iter().any(|words| activity.contains(words));
    match raw.result.said().or(around.result) {
        Some(result) if !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(result.trim())) => {
            Some(format!("result '{}'", result.chars().take(60).collect::<String>()))
        }
        None if is_on_access => Some("no result".into()),
        _ if is_on_access => aimless(raw, &activity),
        _ => None,
    }
}

/// Words of activities that give or take access, in lower case: without their result and targets, "nobody" would be believed.
const ON_ACCESS: [&str; 6] = ["member to", "member from", "member in", "owner to", "owner from", "access package assignment"];

/// Why an act on access names too little: nobody at all, or of a membership one of its two objects.
///
/// Of an end that names nothing the ledger proves nothing on; privileged identity management writes such records of expiries.
fn aimless(raw: &AuditRaw<'_>, activity: &str) -> Option<String> {
    if activity.starts_with("remove") {
        return None;
    }
    let targets = &raw.targets.0;
    let named = |t: &&TargetRaw<'_>| [&t.id, &t.upn, &t.name].iter().any(|text| text.said().is_some());
    let relates = ["member ", "owner "].iter().any(|word| activity.contains(word));
    // The group or role of a membership stands among the properties of its member, too.
    let told = targets.iter().any(|t| t.modified.0.iter().any(|m| m.new.said().or(m.old.said()).is_some()));
    match targets.iter().filter(named).count() {
        0 => Some("targetResources name nobody".into()),
        1 if relates && !told => Some("targetResources name one object of two".into()),
        _ => None,
    }
}

/// A GUID in lower case; any other id as it stands.
pub(super) fn lowered(id: Option<&str>) -> Option<Cow<'_, str>> {
    id.map(|id| {
        let capital = id.bytes().any(|b| b.is_ascii_uppercase());
        if capital && is_guid(id) {
            Cow::Owned(id.to_ascii_lowercase())
        } else {
            Cow::Borrowed(id)
        }
    })
}

/// Members that diagnostic settings repeat inside `properties`.
const REPEATED: [&str; 7] = [
    "tenantId",
    "resultType",
    "resultDescription",
    "operationName",
    "identity",
    "tenantGeo",
    "durationMs",
];

/// Appends members that no column takes to a JSON object in `into`.
pub(super) fn extra(into: &mut String, prefix: &str, rest: &Rest<'_>, enveloped: bool) {
    for (key, raw) in rest {
        let repeated = enveloped && prefix.is_empty() && (REPEATED.contains(&key.as_ref()) || key.starts_with("__UDI_"));
        if repeated {
            continue;
        }
        into.push_str(if into.is_empty() { "{\"" } else { ",\"" });
        into.push_str(prefix);
        if key.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
            into.push_str(key);
        } else {
            let quoted = serde_json::Value::String(key.to_string()).to_string();
            into.push_str(&quoted[1..quoted.len() - 1]);
        }
        into.push_str("\":");
        into.push_str(raw);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::activity_key_into;

    #[test]
    fn activities_are_spelled_alike() {
        let mut key = String::new();
        for (activity, expected) in [
            ("Add member to role.", "add member to role"),
            (
                "Update application \u{2013} Certificates and secrets management ",
                "update application - certificates and secrets management",
            ),
            ("  User  requests\taccess. . ", "user requests access"),
            ("", ""),
        ] {
            activity_key_into(activity, &mut key);
            assert_eq!(key, expected, "{activity}");
        }
    }
}
