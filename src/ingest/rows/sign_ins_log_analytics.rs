//! Rows of the sign-in tables of Log Analytics and Sentinel.

use super::{Format, Row, Rows, Told, nested, put, rest, take};
use crate::ingest::signin::stream_of;
use serde_json::Value;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "sign-ins of Log Analytics",
    fits: |columns| {
        columns.all(&["TimeGenerated", "AppId"])
            && columns.any(&["UserPrincipalName", "UserId", "ServicePrincipalId", "ServicePrincipalName"])
            && columns.any(&["ResourceDisplayName", "ResourceIdentity", "ConditionalAccessStatus", "ResultType"])
            && !columns.any(&["RequestUri", "RiskEventType", "DetectedDateTime", "ProvisioningSteps"])
    },
    subject: Some("sign_ins"),
    times: &["CreatedDateTime"],
    rows: Rows::Read(read),
};

/// Tables by the stream that they hold.
const TABLES: &[(&str, &str)] = &[
    ("SigninLogs", "interactiveUser"),
    ("AADNonInteractiveUserSignInLogs", "nonInteractiveUser"),
    ("AADServicePrincipalSignInLogs", "servicePrincipal"),
    ("AADManagedIdentitySignInLogs", "managedIdentity"),
];

/// The stream of a table.
pub(super) fn stream_of_table(name: &str) -> Option<&'static str> {
    TABLES.iter().find(|(table, _)| table.eq_ignore_ascii_case(name)).map(|(_, stream)| *stream)
}

fn read(row: &mut Row, file: &str) -> Result<Told, String> {
    let mut record = Row::new();
    for (name, columns) in [
        ("status", &["Status"][..]),
        ("deviceDetail", &["DeviceDetail"]),
        ("location", &["LocationDetails"]),
        ("signInEventTypes", &["SignInEventTypes"]),
        ("agent", &["Agent"]),
        (
            "appliedConditionalAccessPolicies",
            &["ConditionalAccessPolicies", "ConditionalAccessPoliciesV2", "AppliedConditionalAccessPolicies"],
        ),
    ] {
        let value = nested(row, columns)?;
        put(&mut record, name, value);
    }
    // Policies that did not apply stand without the wrapping of a list in some tables.
    if record.get("appliedConditionalAccessPolicies").is_some_and(|v| !v.is_array()) {
        record.remove("appliedConditionalAccessPolicies");
    }
    let table = take(row, &["Type"]);
    let category = take(row, &["Category"]);
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_string);
    let stream = text(&table)
        .and_then(|t| stream_of_table(&t))
        .or_else(|| text(&category).and_then(|c| stream_of(&c)))
        .or_else(|| row.values().filter_map(Value::as_str).find_map(stream_of_table))
        .or_else(|| {
            let lower = file.to_lowercase();
            TABLES
                .iter()
                .rev()
                .find(|(table, _)| lower.contains(&table.to_lowercase()))
                .map(|(_, stream)| *stream)
        });
    let result_type = take(row, &["ResultType"]).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_string));
    // When it was logged is minutes after it happened.
    let logged = take(row, &["TimeGenerated"]).and_then(|v| v.as_str().map(str::to_string));
    for (name, columns) in [
        ("createdDateTime", &["CreatedDateTime"][..]),
        ("ipAddress", &["IPAddress"]),
        ("resourceId", &["ResourceIdentity"]),
    ] {
        put(&mut record, name, take(row, columns));
    }
    // A path of Azure, where Graph has the id of the resource's application.
    let _ = take(row, &["ResourceId"]);
    if let Some(location) = take(row, &["Location"]) {
        record.entry("location").or_insert(location);
    }
    let nobody = |v: &Value| v.as_str().is_some_and(|t| t.chars().all(|c| matches!(c, '0' | '-')));
    put(&mut record, "servicePrincipalId", take(row, &["ServicePrincipalId"]).filter(|v| !nobody(v)));
    rest(row, &mut record);
    Ok(Told::SignIn {
        record: Value::Object(record),
        stream,
        result_type,
        logged,
    })
}
