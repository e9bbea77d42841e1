//! Records of the audit log by the objects that they name: whoever acted, what it happened to, and what its properties point at.

use crate::lake::records::{AuditEvent, AuditTarget};
use crate::lake::table::Table;
use crate::lake::{View, parquet_io};
use crate::ledger::action_of;
use crate::ledger::names::Names;
use crate::model::{Action, Instant, Interned};
use crate::views::ViewError;
use crate::views::make::some;
use crate::views::rows::RecordRow;
use rayon::prelude::*;

/// Every record once for each object, by object and time; one that names nobody stands under the empty id.
pub(super) fn records(view: Option<&View>, names: &Names) -> Result<Vec<RecordRow>, ViewError> {
    let Some(view) = view else { return Ok(Vec::new()) };
    let mut rows: Vec<RecordRow> = Vec::new();
    for path in view.paths(Table::AuditEvents) {
        for batch in parquet_io::read(&path, None)? {
            let events: Vec<AuditEvent> = parquet_io::from_batch(&batch)?;
            rows.par_extend(events.par_iter().flat_map_iter(|e| of_event(e, names)));
        }
    }
    rows.par_sort_by(|a, b| {
        let key = |r: &RecordRow| (r.object_id, r.occurred_at, r.record, r.source, r.source_row);
        let (a, b) = (key(a), key(b));
        (a.0.as_str(), a.1, a.2.as_str(), a.3.as_str(), a.4).cmp(&(b.0.as_str(), b.1, b.2.as_str(), b.3.as_str(), b.4))
    });
    Ok(rows)
}

/// Properties that point at an object which is no target of the record.
const POINTERS: [&str; 8] = [
    "Group.ObjectID",
    "Role.TemplateId",
    "Role.ObjectID",
    "RoleDefinitionOriginId",
    "TemplateId",
    "User.ObjectID",
    "ServicePrincipal.ObjectID",
    "AppRole.Id",
];

fn of_event(event: &AuditEvent, names: &Names) -> Vec<RecordRow> {
    let Some(at) = event.at else { return Vec::new() };
    let mut objects: Vec<(Interned, &'static str)> = Vec::new();
    let mut add = |id: &str, role| {
        let id = crate::model::id::lowered(id.trim());
        if !id.is_empty() && !objects.iter().any(|(known, _)| *known == id) {
            objects.push((id, role));
        }
    };
    event.targets.iter().filter_map(|t| t.id.as_deref()).for_each(|id| add(id, "target"));
    event.actor_id.iter().for_each(|id| add(id, "actor"));
    for property in event.targets.iter().flat_map(|t| &t.modified) {
        let pointer = property.name.as_deref().is_some_and(|n| POINTERS.iter().any(|p| p.eq_ignore_ascii_case(n)));
        for value in [&property.new, &property.old].into_iter().flatten().filter(|_| pointer) {
            let plain = plain(value);
            // Several may stand in one value.
            plain.split([',', ';']).for_each(|id| add(id.trim().trim_matches('"'), "named"));
        }
    }
    if objects.is_empty() {
        objects.push((Interned::default(), "none"));
    }
    let row = row(event, at, names);
    objects
        .iter()
        .enumerate()
        .map(|(i, (id, role))| RecordRow {
            object_id: *id,
            object_role: (*role).into(),
            is_first: i == 0,
            ..row.clone()
        })
        .collect()
}

fn row(event: &AuditEvent, at: Instant, names: &Names) -> RecordRow {
    let text = |t: &Option<String>| t.as_deref().map(Interned::from).and_then(some);
    let action = action_of(&event.activity_key).filter(|a| !matches!(a, Action::Noted | Action::Named));
    let name = event.actor_upn.as_ref().filter(|n| !n.is_empty()).or(event.actor_name.as_ref());
    let details: Vec<String> = event
        .details
        .iter()
        .filter_map(|d| Some(format!("{}={}", d.key.as_deref()?, d.value.as_deref().unwrap_or_default())))
        .collect();
    let targets: Vec<String> = event.targets.iter().filter_map(|t| target(t, at, names)).collect();
    let changes: Vec<String> = event.targets.iter().flat_map(changes).collect();
    let joined = |all: Vec<String>| (!all.is_empty()).then(|| all.join("; "));
    RecordRow {
        occurred_at: at,
        activity: event.activity.as_str().into(),
        action: action.map(|a| a.as_str().into()),
        result: text(&event.result),
        result_reason: text(&event.result_reason),
        service: text(&event.service),
        category: text(&event.category),
        actor_id: event.actor_id.as_deref().map(crate::model::id::lowered).and_then(some),
        actor_name: name.map(|n| Interned::from(n)).and_then(some),
        actor_kind: match event.actor_kind.as_deref() {
            Some("user") => "person",
            Some("app") => "application",
            _ => "unknown",
        }
        .into(),
        actor_ip: text(&event.actor_ip),
        targets: joined(targets),
        changes: joined(changes),
        details: joined(details),
        correlation_id: text(&event.correlation_id),
        record: format!("audit_events:{}", event.id).into(),
        source: event.source.as_str().into(),
        source_row: event.source_row,
        ..RecordRow::default()
    }
}

/// `Group Finance`: by the name in the record, else by the one that it had then, else by its id.
fn target(target: &AuditTarget, at: Instant, names: &Names) -> Option<String> {
    let told = |t: &Option<String>| t.clone().filter(|t| !t.is_empty());
    let known = || {
        let named = names.of(&target.id.as_deref()?.to_ascii_lowercase())?.shown_at(at);
        (!named.is_empty()).then(|| named.to_string())
    };
    let name = told(&target.upn).or_else(|| told(&target.name)).or_else(known).or_else(|| told(&target.id))?;
    Some(format!("{} {name}", target.kind.as_deref().unwrap_or("object")))
}

/// `Name: old -> new` of what changed.
fn changes(target: &AuditTarget) -> Vec<String> {
    let change = |m: &crate::lake::records::ModifiedProperty| {
        let name = m.name.as_deref().filter(|n| !n.is_empty())?;
        let value = |v: &Option<String>| v.as_deref().map(plain).unwrap_or_default();
        match (value(&m.old), value(&m.new)) {
            (old, new) if old == new => None,
            (old, new) if old.is_empty() => Some(format!("{name}: {new}")),
            (old, new) => Some(format!("{name}: {old} -> {new}")),
        }
    };
    target.modified.iter().filter_map(change).collect()
}

/// A value without the quotes and brackets of its JSON.
fn plain(value: &str) -> String {
    let scalar = |v: &serde_json::Value| match v {
        serde_json::Value::String(s) => Some(s.clone()),
        serde_json::Value::Null => Some(String::new()),
        serde_json::Value::Number(_) | serde_json::Value::Bool(_) => Some(v.to_string()),
        _ => None,
    };
    let text = match serde_json::from_str::<serde_json::Value>(value) {
        Ok(serde_json::Value::Array(list)) => match list.iter().map(scalar).collect::<Option<Vec<_>>>() {
            Some(parts) => parts.join(", "),
            None => value.to_string(),
        },
        Ok(other) => scalar(&other).unwrap_or_else(|| value.to_string()),
        Err(_) => value.to_string(),
    };
    text.trim().trim_matches('"').to_string()
}
