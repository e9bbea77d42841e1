//! Rows of the table `AuditLogs` of Log Analytics and Sentinel.

use super::{Format, Row, Rows, Told, nested, put, rest, take};
use serde_json::Value;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "AuditLogs of Log Analytics",
    fits: |columns| {
        // Analysts keep a few columns: whose deed it was, or on what, is in none of the other tables that are read. The log of
        // provisioning has the one, too.
        columns.any(&["TimeGenerated", "ActivityDateTime"])
            && columns.any(&["ActivityDisplayName", "OperationName"])
            && (columns.all(&["TargetResources"])
                || columns.all(&["InitiatedBy"]) && columns.any(&["LoggedByService", "ActivityDisplayName", "AADOperationType", "Type"]))
            && !columns.any(&["ProvisioningSteps", "ProvisioningAction", "JobId", "SourceIdentity"])
    },
    subject: Some("audit"),
    times: &["ActivityDateTime", "TimeGenerated"],
    rows: Rows::Read(read),
};

fn read(row: &mut Row, _: &str) -> Result<Told, String> {
    let mut record = Row::new();
    for (name, columns) in [
        ("initiatedBy", "InitiatedBy"),
        ("targetResources", "TargetResources"),
        ("additionalDetails", "AdditionalDetails"),
    ] {
        let value = nested(row, &[columns])?;
        put(&mut record, name, value);
    }
    for (name, columns) in [
        ("activityDateTime", &["ActivityDateTime", "TimeGenerated"][..]),
        ("activityDisplayName", &["ActivityDisplayName", "OperationName"]),
        ("operationType", &["AADOperationType"]),
        ("loggedByService", &["LoggedByService"]),
        ("category", &["Category"]),
        ("result", &["Result"]),
        ("resultReason", &["ResultReason"]),
        ("correlationId", &["CorrelationId"]),
        ("id", &["Id"]),
    ] {
        put(&mut record, name, take(row, columns));
    }
    rest(row, &mut record);
    Ok(Told::Audit(Value::Object(record)))
}
