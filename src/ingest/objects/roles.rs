//! Directory roles: assignments, definitions, and the schedules of privileged identity management.

use super::directory::nested_principal;
use super::reader::Reader;
use super::{Place, Refused, Taker, carried, own_id, reader};
use crate::ingest::kind::Provider;
use crate::lake::objects::{DirectoryRoleRow, RoleDefinitionRow, RoleScheduleRow};
use crate::lake::table::Table;
use crate::model::Interned;
use crate::model::{Instant, IsoDuration};
use serde_json::{Map, Value};

type Object = Map<String, Value>;

const CARRIED: [&str; 6] = ["principal", "roleDefinition", "directoryScope", "group", "activatedUsing", "appScope"];

pub(super) fn scope_of(provider: Provider) -> &'static str {
    match provider {
        Provider::Directory => "tenant",
        Provider::Entitlement => "entitlementManagement",
    }
}

pub(super) fn assignment<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object, provider: Provider) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let of = reader(map);
    let principal = of.at("principal");
    let row = DirectoryRoleRow {
        principal_id: of.id("principalId").or_else(|| principal.id("id")),
        role_id: of.id("roleDefinitionId").or_else(|| of.at("roleDefinition").id("id")),
        scope_id: of.any(&["directoryScopeId", "resourceScope"]),
        app_scope_id: of.text("appScopeId"),
        provider: Some(provider.as_str().into()),
        principal_name: principal.text("displayName"),
        principal_kind: principal.kind().map(|k| Interned::from(&k.to_lowercase())),
        ..DirectoryRoleRow::default()
    };
    nested_definition(to, map);
    nested_principal(to, map);
    to.top(row, id, map, &CARRIED);
    Ok(Place::part(Table::DirectoryRoles, scope_of(provider)))
}

pub(super) fn definition<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object, provider: Provider) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let row = definition_row(reader(map));
    to.top(row, id, map, &[]);
    Ok(Place::part(Table::RoleDefinitions, scope_of(provider)))
}

fn definition_row(of: Reader<'_>) -> RoleDefinitionRow {
    RoleDefinitionRow {
        name: of.text("displayName"),
        description: of.text("description"),
        template_id: of.id("templateId"),
        built_in: of.flag("isBuiltIn"),
        enabled: of.flag("isEnabled"),
        ..RoleDefinitionRow::default()
    }
}

fn nested_definition<M: Copy>(to: &mut Taker<'_, M>, map: &Object) {
    if let Some(definition) = carried(map, &["roleDefinition"])
        && let Some(id) = reader(&definition).id("id")
    {
        let row = definition_row(reader(&definition));
        to.nested(row, id, &definition, &[]);
    }
}

pub(super) fn schedule<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object, group: bool, eligible: bool, instance: bool) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let of = reader(map);
    let info = of.at("scheduleInfo");
    let start = of.time("startDateTime").or_else(|| info.time("startDateTime"));
    let row = RoleScheduleRow {
        family: Some(if group { "group" } else { "directory" }.into()),
        eligible: Some(eligible),
        principal_id: of.id("principalId"),
        role_id: of.id("roleDefinitionId"),
        group_id: of.id("groupId"),
        access_id: of.word(&["accessId"]),
        scope_id: of.text("directoryScopeId"),
        start_at: start,
        end_at: of.time("endDateTime").or_else(|| end(info, start)),
        assignment_type: of.text("assignmentType"),
        member_type: of.text("memberType"),
        instance: Some(instance),
        ..RoleScheduleRow::default()
    };
    nested_definition(to, map);
    nested_principal(to, map);
    to.top(row, id, map, &CARRIED);
    Ok(Place::part(Table::RoleSchedules, part(group, eligible, instance)))
}

/// One table holds eight collections: a complete look at one says nothing about the others.
pub(super) fn part(group: bool, eligible: bool, instance: bool) -> String {
    let part = match (group, eligible) {
        (false, false) => "tenant",
        (false, true) => "eligible",
        (true, false) => "group",
        (true, true) => "group/eligible",
    };
    if instance { part.to_string() } else { format!("schedules/{part}") }
}

/// The end of a schedule: set, or so long after its start.
fn end(info: Reader<'_>, start: Option<Instant>) -> Option<Instant> {
    let expiration = info.at("expiration");
    expiration.time("endDateTime").or_else(|| {
        let length = IsoDuration::parse(&expiration.text("duration")?)?;
        Some(length.after(start?))
    })
}
