//! Audit records in the shapes of Microsoft's log: `time | activity | actor | targets | details…`.

use super::cast::{Cast, Kind, Object, TENANT, id_of, instant};
use super::notation::{Block, File, Line};
use serde_json::{Value, json};

/// A log as it is written to disk (not at all when no record is told), and the lines of `coverage.toml` that vouch for it.
pub struct Log {
    pub file: Option<File>,
    pub coverage: Vec<String>,
}

/// How the file as a whole is written.
#[derive(Default)]
struct Form {
    diagnostic: bool,
    page: bool,
    next: bool,
    windows: bool,
}

/// What the later cells of a line say.
#[derive(Default)]
struct Extras {
    details: Vec<(String, String)>,
    changes: Vec<(String, String, String)>,
    patch: Option<Value>,
    diagnostic: bool,
    failed: bool,
    torn: bool,
    times: usize,
    id: Option<String>,
    correlation: Option<String>,
    service: Option<String>,
    category: Option<String>,
}

pub fn render(cast: &Cast, block: &Block, index: usize) -> Result<Log, String> {
    let mut path = if index == 0 {
        "audit/audit.ndjson".to_string()
    } else {
        format!("audit/audit{index}.ndjson")
    };
    let (mut form, mut coverage) = (Form::default(), Vec::new());
    for cell in block.head.cells().iter().skip(1) {
        match cell.split_once(' ').unwrap_or((cell, "")) {
            ("file", name) => path = name.to_string(),
            ("diagnostic", "") => form.diagnostic = true,
            ("page", "") => form.page = true,
            ("crlf", "") => form.windows = true,
            ("next", "page not exported") => (form.page, form.next) = (true, true),
            ("covers", span) => coverage.extend(block.head.at(covers(span))?),
            _ => return Err(format!("line {}: '{cell}' says nothing of a log", block.head.number)),
        }
    }
    let mut lines = Vec::new();
    for line in &block.body {
        match line.text.strip_prefix("raw ") {
            Some(raw) => lines.push(line.at(cast.fill(raw))?),
            None => lines.extend(line.at(record(cast, line, &path, form.diagnostic))?),
        }
    }
    Ok(Log {
        file: (!lines.is_empty()).then(|| File {
            path,
            content: form.write(&lines).into_bytes(),
            later: false,
        }),
        coverage,
    })
}

impl Form {
    fn write(&self, lines: &[String]) -> String {
        if !self.page {
            let end = if self.windows { "\r\n" } else { "\n" };
            return lines.iter().map(|l| format!("{l}{end}")).collect();
        }
        let next = if self.next {
            "\"@odata.nextLink\": \"https://graph.microsoft.com/v1.0/auditLogs/directoryAudits?$skiptoken=9177f2e3\", "
        } else {
            ""
        };
        let context = "https://graph.microsoft.com/v1.0/$metadata#auditLogs/directoryAudits";
        format!("{{\"@odata.context\": \"{context}\", {next}\"value\": [\n{}\n]}}\n", lines.join(",\n"))
    }
}

/// `2026-01-01 .. 2026-07-01`, or the same in quotes, to be written as it is.
fn covers(span: &str) -> Result<Vec<String>, String> {
    let (from, until) = span.split_once(" .. ").ok_or("a span is written FROM .. UNTIL")?;
    let long = |text: &str| instant(text.trim()).map(|t| t.replace(".0000000Z", "Z"));
    Ok(vec![
        "[[covers]]".to_string(),
        "source = \"audit\"".to_string(),
        format!("from = \"{}\"", long(from)?),
        format!("until = \"{}\"", long(until)?),
    ])
}

/// The line or lines of the log that a line of the story makes.
fn record(cast: &Cast, line: &Line, file: &str, diagnostic: bool) -> Result<Vec<String>, String> {
    let cells = line.cells();
    let [time, activity, actor, targets, rest @ ..] = cells.as_slice() else {
        return Err("a record is: time | activity | actor | targets | details".to_string());
    };
    let extras = extras(cast, rest)?;
    let at = instant(time)?;
    let service = extras.service.clone().unwrap_or_else(|| service(activity).to_string());
    let mut target_list = target_list(cast, activity, targets, &service, line.number)?;
    for (name, old, new) in &extras.changes {
        target_list[0]["modifiedProperties"]
            .as_array_mut()
            .expect("made above")
            .push(change(name, value_of(old), value_of(new)));
    }
    let correlation = correlation(cast, &extras, targets, file, line.number);
    let id = extras.id.clone().unwrap_or_else(|| format!("{file} {}", line.number));
    let prefix = service.replace(' ', "");
    let mut value = json!({
        "id": format!("{prefix}_{}_{}", id_of("record", &id), 40_000_000 + line.number),
        "category": extras.category.clone().unwrap_or_else(|| category(activity, &service, &target_list).to_string()),
        "correlationId": correlation,
        "result": if extras.failed { "failure" } else { "success" },
        "resultReason": "",
        "activityDisplayName": activity,
        "activityDateTime": at,
        "loggedByService": service,
        "operationType": operation(activity),
        "initiatedBy": actor_of(cast, actor, &service)?,
        "targetResources": target_list,
        "additionalDetails": details(&target_list, &service, &extras.details),
    });
    if let Some(id) = &extras.id {
        value["id"] = json!(format!("{prefix}_{}_40000001", id_of("record", id)));
    }
    if let Some(patch) = extras.patch {
        merge(&mut value, patch);
    }
    if diagnostic || extras.diagnostic {
        value = envelope(value);
    }
    let mut text = value.to_string();
    if extras.torn {
        text.truncate(text.len() / 2);
    }
    Ok(vec![text; extras.times.max(1)])
}

fn extras(cast: &Cast, cells: &[String]) -> Result<Extras, String> {
    let mut extras = Extras::default();
    for cell in cells {
        if cell.starts_with('{') {
            extras.patch = Some(serde_json::from_str(&cast.fill(cell)?).map_err(|e| format!("{cell}: {e}"))?);
        } else if let Some((name, values)) = cell.split_once(": ").filter(|(_, v)| v.contains(" -> ")) {
            let (old, new) = values.split_once(" -> ").expect("looked for above");
            extras.changes.push((name.to_string(), cast.fill(old)?, cast.fill(new)?));
        } else if let Some((key, value)) = cell.split_once(" = ") {
            extras.details.push((key.to_string(), detail(cast, key, value)?));
        } else {
            match cell.split_once(' ').unwrap_or((cell, "")) {
                ("diagnostic", "") => extras.diagnostic = true,
                ("failure", "") => extras.failed = true,
                ("torn", "") => extras.torn = true,
                ("twice", "") => extras.times = 2,
                ("id", id) => extras.id = Some(id.to_string()),
                ("correlation", id) => extras.correlation = Some(id.to_string()),
                ("service", name) => extras.service = Some(name.to_string()),
                ("category", name) => extras.category = Some(name.to_string()),
                _ => return Err(format!("'{cell}' says nothing of a record")),
            }
        }
    }
    Ok(extras)
}

/// Times in details are written like those of the records.
fn detail(cast: &Cast, key: &str, value: &str) -> Result<String, String> {
    if key.ends_with("Time") { instant(value) } else { cast.fill(value) }
}

/// What the line says; PIM names the role there once more.
fn details(targets: &[Value], service: &str, told: &[(String, String)]) -> Vec<Value> {
    let own = if service == "PIM" {
        targets.first().and_then(|t| t["modifiedProperties"].as_array().cloned())
    } else {
        None
    };
    let bare = |text: &Value| json!(text.as_str().unwrap_or_default().trim_matches('"'));
    let group = targets.iter().any(|t| t["type"] == "Group");
    own.unwrap_or_default()
        .iter()
        .filter(|p| !(group && p["displayName"] == "TemplateId"))
        .map(|p| json!({"key": p["displayName"], "value": bare(&p["newValue"])}))
        .chain(told.iter().map(|(k, v)| json!({"key": k, "value": v})))
        .collect()
}

fn value_of(text: &str) -> Value {
    if text == "-" { Value::Null } else { json!(text) }
}

fn change(name: &str, old: Value, new: Value) -> Value {
    json!({"displayName": name, "oldValue": old, "newValue": new})
}

/// Members of objects are merged, everything else is put in the place of what was there, null too.
pub fn merge(value: &mut Value, patch: Value) {
    match (value, patch) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, new) in new {
                merge(old.entry(key).or_insert(Value::Null), new);
            }
        }
        (old, new) => *old = new,
    }
}

/// The record within the envelope of diagnostic settings; the same instant in another spelling.
fn envelope(mut record: Value) -> Value {
    let time = record["activityDateTime"].clone();
    if let Some(text) = time.as_str().and_then(|t| t.strip_suffix("0Z")) {
        record["activityDateTime"] = json!(format!("{text}+00:00"));
    }
    json!({
        "time": time,
        "resourceId": format!("/tenants/{TENANT}/providers/Microsoft.aadiam"),
        "operationName": record["activityDisplayName"],
        "operationVersion": "1.0",
        "category": "AuditLogs",
        "tenantId": TENANT,
        "resultSignature": "None",
        "durationMs": 0,
        "correlationId": record["correlationId"],
        "level": "Informational",
        "properties": record,
    })
}

/// Records of one request share a correlation id; others have their own, unless the line names one.
fn correlation(cast: &Cast, extras: &Extras, targets: &str, file: &str, line: usize) -> String {
    let request = targets.split(',').filter_map(|t| cast.find(t).ok()).find(|o| o.kind == Kind::Request);
    let name = extras
        .correlation
        .clone()
        .or_else(|| request.map(|r| r.name))
        .unwrap_or_else(|| format!("{file} {line}"));
    id_of("correlation", &name)
}

fn service(activity: &str) -> &'static str {
    if activity.contains("PIM") {
        "PIM"
    } else if activity.contains("access package") || activity.contains("Access package") || activity.contains("Entitlement Management") {
        "Entitlement Management"
    } else {
        "Core Directory"
    }
}

fn category(activity: &str, service: &str, targets: &[Value]) -> &'static str {
    let lower = activity.to_lowercase();
    let group = targets.iter().any(|t| t["type"] == "Group");
    match service {
        "Entitlement Management" => "EntitlementManagement",
        "PIM" if group => "GroupManagement",
        "PIM" => "RoleManagement",
        _ if lower.contains("app role") || lower.contains("service principal") || lower.contains("application") => "ApplicationManagement",
        _ if lower.contains(" role") => "RoleManagement",
        _ if lower.contains("group") => "GroupManagement",
        _ => "UserManagement",
    }
}

fn operation(activity: &str) -> &'static str {
    let first = activity.split(' ').next().unwrap_or_default();
    match first {
        "Add" if activity.contains(" to ") => "Assign",
        "Remove" => "Unassign",
        "Add" => "Add",
        "Delete" => "Delete",
        "Hard" => "HardDelete",
        "Restore" => "Restore",
        _ => "Update",
    }
}

/// A person, an application of the tenant, or one of Microsoft's services.
fn actor_of(cast: &Cast, actor: &str, service: &str) -> Result<Value, String> {
    let app = |name: &str| {
        json!({"user": null, "app": {
            "appId": null, "displayName": name, "servicePrincipalId": id_of("service", name), "servicePrincipalName": null,
        }})
    };
    Ok(match actor {
        "-" => json!({"user": null, "app": null}),
        "Entitlement Management" => app("Azure AD Entitlement Management"),
        "Governance" => app("Azure AD Identity Governance - User Management"),
        "Access Reviews" => app("Azure AD Access Reviews"),
        "PIM" if service == "PIM" => json!({"app": null, "user": {
            "id": id_of("service", "PIM"), "displayName": "Azure AD PIM", "userPrincipalName": null, "ipAddress": null,
        }}),
        "PIM" => app("MS-PIM"),
        _ => {
            let object = cast.find(actor)?;
            match object.kind {
                Kind::App => json!({"user": null, "app": {
                    "appId": null, "displayName": object.display(), "servicePrincipalId": object.id, "servicePrincipalName": null,
                }}),
                _ => json!({"app": null, "user": {
                    "id": object.id, "displayName": object.display(), "userPrincipalName": object.upn(), "ipAddress": "203.0.113.44",
                }}),
            }
        }
    })
}

fn target(object: &Object) -> Value {
    let named = !matches!(object.kind, Kind::Request | Kind::Assignment);
    let mut value = json!({
        "id": object.id,
        "displayName": named.then(|| object.display()),
        "type": object.kind.target_type(),
        "modifiedProperties": [],
    });
    if object.kind == Kind::User {
        value["userPrincipalName"] = json!(object.upn());
    }
    value
}

/// `alice -> Finance`: alice into the group, role or application; `P1, Normal, r1, alice`: each as it is.
fn target_list(cast: &Cast, activity: &str, targets: &str, service: &str, line: usize) -> Result<Vec<Value>, String> {
    let Some((who, what)) = targets.split_once(" -> ") else {
        let listed = targets.split(',').filter(|t| t.trim() != "-");
        return listed.map(|t| Ok(target(&cast.find(t)?))).collect();
    };
    let who = cast.find(who)?;
    let (what, role) = what.split_once('/').map_or((what, None), |(w, r)| (w, Some(r)));
    let what = cast.find(what)?;
    let lost = activity.starts_with("Remove");
    Ok(match (service, what.kind) {
        ("PIM", _) => pim(&who, &what, role, line),
        (_, Kind::Group) => membership(&who, &what, lost),
        (_, Kind::Role) => directory_role(&who, &what, lost),
        (_, Kind::App) => app_role(&who, &what, role.unwrap_or("Default"), lost),
        _ => return Err(format!("nothing is put into '{}'", what.name)),
    })
}

/// The properties of a link: in the new values when it was made, in the old ones when it went.
fn properties(pairs: &[(&str, Option<String>)], lost: bool) -> Vec<Value> {
    pairs
        .iter()
        .map(|(name, value)| {
            let value = value.as_ref().map_or(Value::Null, |v| json!(format!("\"{v}\"")));
            if lost {
                change(name, value, Value::Null)
            } else {
                change(name, Value::Null, value)
            }
        })
        .collect()
}

fn linked(who: &Object, properties: Vec<Value>) -> Value {
    let upn = (who.kind == Kind::User).then(|| who.upn());
    json!({
        "id": who.id, "displayName": null, "type": who.kind.target_type(), "userPrincipalName": upn,
        "groupType": (who.kind == Kind::Group).then_some("azureAD"), "modifiedProperties": properties,
    })
}

fn membership(who: &Object, group: &Object, lost: bool) -> Vec<Value> {
    let pairs = [
        ("Group.ObjectID", Some(group.id.clone())),
        ("Group.DisplayName", Some(group.display())),
        ("Group.WellKnownObjectName", None),
    ];
    let itself = json!({
        "id": group.id, "displayName": null, "type": "Group", "userPrincipalName": null, "groupType": "azureAD", "modifiedProperties": [],
    });
    vec![linked(who, properties(&pairs, lost)), itself]
}

/// A role of the directory has an object id of its own in each tenant, and the id of its template in all.
fn directory_role(who: &Object, role: &Object, lost: bool) -> Vec<Value> {
    let own = role.part("object");
    let pairs = [
        ("Role.ObjectID", Some(own.clone())),
        ("Role.DisplayName", Some(role.display())),
        ("Role.TemplateId", Some(role.id.clone())),
        ("Role.WellKnownObjectName", Some(role.display().replace(' ', ""))),
    ];
    let itself = json!({"id": own, "displayName": null, "type": "Role", "userPrincipalName": null, "groupType": null, "modifiedProperties": []});
    vec![linked(who, properties(&pairs, lost)), itself]
}

fn app_role(who: &Object, app: &Object, role: &str, lost: bool) -> Vec<Value> {
    let kind = match who.kind {
        Kind::Group => "Group",
        Kind::App => "ServicePrincipal",
        _ => "User",
    };
    let (id_name, display_name) = (format!("{kind}.ObjectID"), format!("{kind}.DisplayName"));
    let pairs = [
        ("AppRole.Id", Some(app.part(&format!("role {role}")))),
        ("AppRole.Value", Some(role.to_string())),
        ("AppRole.DisplayName", Some(role.to_string())),
        (id_name.as_str(), Some(who.id.clone())),
        (display_name.as_str(), Some(who.display())),
        ("TargetId.ServicePrincipalNames", Some(app.part("appId"))),
    ];
    let mut resource = target(app);
    resource["modifiedProperties"] = json!(properties(&pairs, lost));
    vec![resource, target(who)]
}

/// PIM names the role first, then the request, the person and the directory or group.
fn pim(who: &Object, what: &Object, role: Option<&str>, line: usize) -> Vec<Value> {
    let group = what.kind == Kind::Group;
    let origin = if group { role.unwrap_or("member").to_lowercase() } else { what.id.clone() };
    let shown = if group { role.unwrap_or("Member").to_string() } else { what.display() };
    let kind = if group { "" } else { "BuiltInRole" };
    let made = |name: &str, value: &str| change(name, json!("\"\""), json!(format!("\"{value}\"")));
    let place = if group {
        json!({"id": what.id, "displayName": what.display(), "type": "Group", "modifiedProperties": []})
    } else {
        json!({"id": TENANT, "displayName": "Quay", "type": "Directory", "modifiedProperties": []})
    };
    vec![
        json!({"id": if group { what.part(&origin) } else { origin.clone() }, "displayName": shown, "type": "Role", "modifiedProperties": [
            made("RoleDefinitionOriginId", &origin), made("RoleDefinitionOriginType", kind), made("TemplateId", &origin),
        ]}),
        json!({"id": id_of("pim request", &line.to_string()), "displayName": null, "type": "Request", "modifiedProperties": []}),
        target(who),
        place,
        json!({"id": null, "displayName": null, "type": "Other", "modifiedProperties": []}),
    ]
}
