//! Records of the directory audit log.

use serde_json::{Value, json};

use super::super::clock::{self, Micros};
use super::super::dice::guid;
use super::super::scene::Scene;
use super::super::story::{Actor, Event, EventTarget};
use super::{ENTITLEMENT_APP, ENTITLEMENT_APP_ID};

/// A `directoryAudit` object.
pub fn audit_record(scene: &Scene, event: &Event) -> Value {
    json!({
        "id": event.id,
        "activityDateTime": clock::text(event.at),
        "activityDisplayName": event.activity,
        "category": event.category,
        "loggedByService": event.service,
        "operationType": event.operation,
        "correlationId": event.correlation,
        "result": if event.failure.is_some() { "failure" } else { "success" },
        "resultReason": event.failure.unwrap_or(""),
        "initiatedBy": initiated_by(scene, &event.actor),
        "targetResources": event.targets.iter().map(target).collect::<Vec<_>>(),
        "additionalDetails": event.details.iter().map(|(key, value)| json!({"key": key, "value": value})).collect::<Vec<_>>(),
    })
}

/// The same record in the envelope of a diagnostic setting; `time` is when it was written, not when it happened.
pub fn diagnostic_record(scene: &Scene, record: Value, written: Micros) -> Value {
    json!({
        "time": clock::text(written),
        "resourceId": format!("/tenants/{}/providers/Microsoft.aadiam", scene.tenant),
        "operationName": record["activityDisplayName"],
        "operationVersion": "1.0",
        "category": "AuditLogs",
        "tenantId": scene.tenant,
        "resultSignature": "None",
        "durationMs": 0,
        "correlationId": record["correlationId"],
        "level": "Informational",
        "properties": record,
    })
}

/// An event that says nothing about access, to be damaged.
pub fn foreign_event(seed: u64, n: u64, at: Micros) -> Value {
    json!({
        "id": guid(seed, "foreign-event", n, 0),
        "activityDateTime": clock::text(at),
        "activityDisplayName": "Update policy",
        "category": "Policy",
        "loggedByService": "Core Directory",
        "operationType": "Update",
        "correlationId": guid(seed, "foreign-correlation", n, 0),
        "result": "success",
        "resultReason": "",
        "initiatedBy": {"user": null, "app": {"displayName": "Policy Administration Service", "servicePrincipalId": null, "appId": null}},
        "targetResources": [],
        "additionalDetails": [],
    })
}

fn initiated_by(scene: &Scene, actor: &Actor) -> Value {
    let service = |name: &str, app_id: String| {
        json!({
            "user": null,
            "app": {
                "displayName": name,
                "servicePrincipalId": guid(scene.seed, name, 0, 0),
                "appId": app_id,
            },
        })
    };
    match actor {
        Actor::User(card) => json!({
            "user": {"id": card.id, "displayName": card.name, "userPrincipalName": card.upn, "ipAddress": address(&card.id)},
            "app": null,
        }),
        Actor::Entitlement => service(ENTITLEMENT_APP, ENTITLEMENT_APP_ID.into()),
        Actor::Service(name) => service(name, guid(0, name, 0, 0)),
    }
}

/// An address from the ranges kept for documentation.
fn address(id: &str) -> String {
    let host = id.bytes().fold(0_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 250) + 1;
    format!("203.0.113.{host}")
}

fn target(target: &EventTarget) -> Value {
    let changes: Vec<_> = target
        .changes
        .iter()
        .map(|(name, old, new)| json!({"displayName": name, "oldValue": old, "newValue": new}))
        .collect();
    json!({
        "id": target.id,
        "displayName": target.name,
        "type": target.kind,
        "userPrincipalName": target.upn,
        "groupType": (target.kind == "Group").then_some("azureAD"),
        "modifiedProperties": changes,
    })
}
