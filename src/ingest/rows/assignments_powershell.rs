//! Assignments of one access package as the script of Microsoft's page "View assignments with PowerShell" writes them: assignment
//! and holder have their ids, the package and the state are in the script alone.

use super::{Format, Row, Rows, Told, put, take};
use crate::ingest::kind::ObjectKind;
use serde_json::Value;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "assignments of an access package, by PowerShell",
    fits: |columns| columns.all(&["Id", "$_.Target.ObjectId"]),
    subject: None,
    times: &[],
    rows: Rows::Read(read),
};

fn read(row: &mut Row, _: &str) -> Result<Told, String> {
    let mut target = Row::new();
    for (name, column) in [
        ("id", "$_.Target.id"),
        ("objectId", "$_.Target.ObjectId"),
        ("displayName", "$_.Target.DisplayName"),
        ("principalName", "$_.Target.PrincipalName"),
    ] {
        put(&mut target, name, take(row, &[column]));
    }
    let id = take(row, &["Id"]).ok_or("no id of the assignment")?;
    let mut record = Row::new();
    put(&mut record, "id", Some(id));
    put(&mut record, "target", Some(Value::Object(target)));
    for (name, column) in [("state", "State"), ("expiredDateTime", "ExpiredDateTime")] {
        put(&mut record, name, take(row, &[column]));
    }
    Ok(Told::Object(ObjectKind::Assignment, record))
}
