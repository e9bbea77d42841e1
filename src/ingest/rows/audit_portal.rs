//! The audit log as the portal downloads it: three targets, five changes of each and six details, and no id.

use super::{Format, Row, Rows, Told, put, take};
use serde_json::{Map, Value, json};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "the portal's download of the audit log",
    fits: |columns| columns.all(&["Date (UTC)", "CorrelationId", "Activity", "Service", "Target1Type"]),
    subject: Some("audit"),
    times: &["Date (UTC)"],
    rows: Rows::Read(read),
};

fn read(row: &mut Row, _: &str) -> Result<Told, String> {
    let mut record = Row::new();
    for (name, column) in [
        ("activityDateTime", "Date (UTC)"),
        ("correlationId", "CorrelationId"),
        ("loggedByService", "Service"),
        ("category", "Category"),
        ("activityDisplayName", "Activity"),
        ("result", "Result"),
        ("resultReason", "ResultReason"),
        ("userAgent", "User Agent"),
    ] {
        put(&mut record, name, take(row, &[column]));
    }
    record.insert("initiatedBy".into(), actor(row));
    let targets: Vec<Value> = (1..=9).filter_map(|n| target(row, n)).collect();
    record.insert("targetResources".into(), targets.into());
    let details: Vec<Value> = (1..=20)
        .filter_map(|n| {
            let key = take(row, &[&format!("AdditionalDetail{n}Key")]);
            let value = take(row, &[&format!("AdditionalDetail{n}Value")]);
            (key.is_some() || value.is_some()).then(|| json!({ "key": key, "value": value }))
        })
        .collect();
    record.insert("additionalDetails".into(), details.into());
    super::rest(row, &mut record);
    Ok(Told::Audit(Value::Object(record)))
}

fn actor(row: &mut Row) -> Value {
    let kind = take(row, &["ActorType"]);
    let mut get = |column: &str| take(row, &[column]);
    let (name, id, upn, ip) = (get("ActorDisplayName"), get("ActorObjectId"), get("ActorUserPrincipalName"), get("IPAddress"));
    let (app, app_name) = (get("ActorServicePrincipalId"), get("ActorServicePrincipalName"));
    let is_app = kind.as_ref().and_then(Value::as_str).is_some_and(|k| !k.eq_ignore_ascii_case("user")) && upn.is_none() || app.is_some();
    if is_app {
        json!({ "app": { "displayName": name.or(app_name), "servicePrincipalId": app.or(id) } })
    } else {
        json!({ "user": { "id": id, "displayName": name, "userPrincipalName": upn, "ipAddress": ip } })
    }
}

fn target(row: &mut Row, n: usize) -> Option<Value> {
    let mut out = Map::new();
    for (name, column) in [
        ("type", "Type"),
        ("displayName", "DisplayName"),
        ("id", "ObjectId"),
        ("userPrincipalName", "UserPrincipalName"),
    ] {
        put(&mut out, name, take(row, &[&format!("Target{n}{column}")]));
    }
    let modified: Vec<Value> = (1..=9)
        .filter_map(|m| {
            let mut get = |column: &str| take(row, &[&format!("Target{n}ModifiedProperty{m}{column}")]);
            let (name, old, new) = (get("Name"), get("OldValue"), get("NewValue"));
            (name.is_some() || old.is_some() || new.is_some()).then(|| json!({ "displayName": name, "oldValue": old, "newValue": new }))
        })
        .collect();
    if out.is_empty() && modified.is_empty() {
        return None;
    }
    out.insert("modifiedProperties".into(), modified.into());
    Some(Value::Object(out))
}
