//! A timeline in the forms of other tools: Timesketch, Plaso and OCSF.

use crate::model::Instant;
use crate::model::rows::{Cell, Kind, Rows};
use crate::report::csv_text::protect;
use crate::workbench::timeline::Entry;
use serde_json::{Value, json};

/// All columns.
#[must_use]
pub fn rows(entries: &[Entry]) -> Rows {
    let mut table = Rows::new(&[
        ("occurred_at", Kind::Time),
        ("certainty", Kind::Text),
        ("action", Kind::Text),
        ("message", Kind::Text),
        ("earliest", Kind::Time),
        ("outcome", Kind::Text),
        ("actor_name", Kind::Text),
        ("actor_id", Kind::Text),
        ("actor_ip", Kind::Text),
        ("principal_name", Kind::Text),
        ("entitlement_name", Kind::Text),
        ("request_id", Kind::Text),
        ("changes", Kind::Text),
        ("correlation_id", Kind::Text),
        ("record", Kind::Text),
        ("file", Kind::Text),
        ("source_row", Kind::Whole),
        ("source", Kind::Text),
    ]);
    let row = |e: &Entry| {
        vec![
            Cell::Time(e.at),
            Cell::text(certainty(e)),
            Cell::text(&e.action),
            Cell::text(&e.message),
            Cell::time(e.earliest),
            Cell::text(&e.outcome),
            Cell::text(&e.actor_name),
            Cell::text(&e.actor_id),
            Cell::text(&e.actor_ip),
            Cell::text(&e.principal),
            Cell::text(&e.entitlement),
            Cell::text(&e.request_id),
            Cell::text(&e.changes),
            Cell::text(&e.correlation_id),
            Cell::text(&e.record),
            Cell::text(&e.file),
            e.source_row.map_or(Cell::Empty, Cell::Whole),
            Cell::text(&e.source),
        ]
    };
    table.rows = entries.iter().map(row).collect();
    table
}

fn certainty(e: &Entry) -> &'static str {
    if e.observed { "observed" } else { "inferred" }
}

/// What an instant means: `granted`, or `seen (inferred, latest possible)`.
fn description(e: &Entry) -> String {
    if e.observed {
        e.action.clone()
    } else {
        format!("{} (inferred, the latest possible time)", e.action)
    }
}

/// `2026-03-31T12:00:00.000000+00:00`.
fn iso(at: Instant) -> String {
    at.to_chrono().map_or_else(String::new, |t| t.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string())
}

/// JSON lines with the members that Timesketch asks for: `message`, `datetime`, `timestamp_desc`, and all others beside them.
#[must_use]
pub fn timesketch(entries: &[Entry]) -> String {
    let line = |e: &Entry| {
        let mut object = json!({
            "message": e.message, "datetime": iso(e.at), "timestamp_desc": description(e), "timestamp": e.at.0,
            "data_type": "entra:entitlement", "certainty": certainty(e), "action": e.action,
        });
        let more = [
            ("earliest", e.earliest.map(iso).unwrap_or_default()),
            ("outcome", e.outcome.clone()),
            ("actor_name", e.actor_name.clone()),
            ("actor_id", e.actor_id.clone()),
            ("source_ip", e.actor_ip.clone()),
            ("principal_name", e.principal.clone()),
            ("entitlement_name", e.entitlement.clone()),
            ("request_id", e.request_id.clone()),
            ("changes", e.changes.clone()),
            ("correlation_id", e.correlation_id.clone()),
            ("record", e.record.clone()),
            ("source_file", e.file.clone()),
            ("source_sha256", e.source.clone()),
            ("source_row", e.source_row.map(|n| n.to_string()).unwrap_or_default()),
        ];
        for (name, value) in more.into_iter().filter(|(_, v)| !v.is_empty()) {
            object[name] = Value::from(value);
        }
        format!("{object}\n")
    };
    entries.iter().map(line).collect()
}

/// CSV with the columns of Plaso's `dynamic` output.
#[must_use]
pub fn plaso(entries: &[Entry]) -> String {
    let mut out = String::from("datetime,timestamp_desc,source,source_long,message,parser,display_name,tag\n");
    for e in entries {
        let cells = [
            iso(e.at),
            description(e),
            "LOG".to_string(),
            "Microsoft Entra ID".to_string(),
            e.message.clone(),
            "vouchsafe".to_string(),
            if e.file.is_empty() { e.record.clone() } else { e.file.clone() },
            certainty(e).to_string(),
        ];
        let quoted: Vec<String> = cells
            .iter()
            .map(|c| {
                let c = protect(c);
                if c.contains([',', '"', '\n', '\r']) {
                    format!("\"{}\"", c.replace('"', "\"\""))
                } else {
                    c.into_owned()
                }
            })
            .collect();
        out.push_str(&quoted.join(","));
        out.push('\n');
    }
    out
}

/// The class of OCSF 1.3 (<https://schema.ocsf.io/1.3.0/classes>) of an action, with its activity: class id, name, category, activity id, name.
fn class(action: &str) -> (i64, &'static str, i64, &'static str) {
    match action {
        "granted" | "partially-granted" | "resource-granted" | "assigned-directly" | "extended" | "seen" => {
            (3005, "User Access Management", 1, "Assign Privileges")
        }
        "removed" | "expired" | "gone" | "due-to-end" => (3005, "User Access Management", 2, "Revoke Privileges"),
        "used" => (3002, "Authentication", 1, "Logon"),
        "account-created" => (3001, "Account Change", 1, "Create"),
        "account-enabled" => (3001, "Account Change", 2, "Enable"),
        "account-disabled" => (3001, "Account Change", 5, "Disable"),
        "account-deleted" | "hard-deleted" => (3001, "Account Change", 6, "Delete"),
        "configured" | "policy-changed" | "package-content-added" | "package-content-removed" => (3004, "Entity Management", 3, "Update"),
        _ => (3004, "Entity Management", 99, "Other"),
    }
}

/// JSON lines of OCSF 1.3: category Identity & Access Management.
#[must_use]
pub fn ocsf(entries: &[Entry], tenant: &str) -> String {
    let line = |e: &Entry| {
        let (class_uid, class_name, activity_id, activity_name) = class(&e.action);
        let (status_id, status) = match e.outcome.to_ascii_lowercase().as_str() {
            "failure" | "failed" | "timeout" => (2, "Failure"),
            "" if !e.observed => (0, "Unknown"),
            _ => (1, "Success"),
        };
        let name = |name: &str, id: &str| json!({"name": if name.is_empty() { id } else { name }, "uid": id, "type_id": 0});
        let mut object = json!({
            "activity_id": activity_id, "activity_name": if activity_id == 99 { e.action.as_str() } else { activity_name },
            "category_uid": 3, "category_name": "Identity & Access Management",
            "class_uid": class_uid, "class_name": class_name, "type_uid": class_uid * 100 + activity_id,
            "time": e.at.0.div_euclid(1000), "severity_id": 1, "severity": "Informational",
            "status_id": status_id, "status": status, "message": e.message,
            "metadata": {
                "version": "1.3.0", "uid": e.record, "tenant_uid": tenant,
                "product": {"name": "vouchsafe", "vendor_name": "vouchsafe", "version": env!("CARGO_PKG_VERSION")},
            },
            "unmapped": {
                "certainty": certainty(e), "action": e.action, "earliest": e.earliest.map(|t| t.to_string()), "record": e.record,
                "file": e.file, "source_sha256": e.source, "source_row": e.source_row, "changes": e.changes, "request_id": e.request_id,
                "correlation_id": e.correlation_id,
            },
        });
        if !e.actor_id.is_empty() || !e.actor_name.is_empty() {
            object["actor"] = json!({"user": name(&e.actor_name, &e.actor_id)});
            // These classes know an actor by the profile of hosts only.
            if matches!(class_uid, 3004 | 3005) {
                object["metadata"]["profiles"] = json!(["host"]);
            }
        }
        if !e.actor_ip.is_empty() {
            object["src_endpoint"] = json!({"ip": e.actor_ip});
        }
        match class_uid {
            3004 => object["entity"] = json!({"name": if e.entitlement.is_empty() { &e.message } else { &e.entitlement }, "uid": e.record}),
            _ => object["user"] = json!({"name": if e.principal.is_empty() { "unknown" } else { &e.principal }, "type_id": 0}),
        }
        if class_uid == 3002 {
            object["service"] = json!({"name": if e.entitlement.is_empty() { &e.message } else { &e.entitlement }});
        }
        if class_uid == 3005 {
            let what = if e.entitlement.is_empty() { e.message.clone() } else { e.entitlement.clone() };
            object["privileges"] = json!([what]);
        }
        format!("{object}\n")
    };
    entries.iter().map(line).collect()
}
