//! What stands between principals and applications: app roles, conditional access, named locations.

use super::reader::Reader;
use super::{Place, Refused, Taker, own_id, reader};
use crate::ingest::context::is_guid;
use crate::lake::objects::{AppRoleAssignmentRow, ConditionalAccessRow, NamedLocationRow};
use crate::lake::table::Table;
use crate::model::Interned;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

pub(super) fn app_role_assignment<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let row = app_role_row(reader(map));
    let resource = row.resource_id;
    to.top(row, id, map, &[]);
    let around = to.around;
    let of_resource = around.collection == "approleassignedto";
    let scope = match (&around.parent, of_resource) {
        // The parent may be given by appId, which is not the id of the service principal.
        (Some(parent), true) => resource.unwrap_or(*parent),
        (Some(parent), false) => format!("principal/{parent}").into(),
        (None, _) => "unknown".into(),
    };
    Ok(Place::part(Table::AppRoleAssignments, scope))
}

pub(super) fn app_role_row(of: Reader<'_>) -> AppRoleAssignmentRow {
    AppRoleAssignmentRow {
        principal_id: of.id("principalId"),
        principal_kind: of.text("principalType"),
        principal_name: of.text("principalDisplayName"),
        resource_id: of.id("resourceId"),
        resource_name: of.text("resourceDisplayName"),
        app_role_id: of.any_id("appRoleId"),
        created_at: of.time("createdDateTime").or_else(|| of.time("creationTimestamp")),
        ..AppRoleAssignmentRow::default()
    }
}

pub(super) fn conditional_access<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let of = reader(map);
    let conditions = of.at("conditions");
    let (users, apps) = (conditions.at("users"), conditions.at("applications"));
    let locations = conditions.at("locations");
    let grant = of.at("grantControls");
    let guests = |name: &str, into: Vec<Interned>| {
        let mut into = into;
        if users.at(name).there() {
            into.push("GuestsOrExternalUsers".into());
        }
        into
    };
    let ids = |list: Vec<Interned>| -> Vec<Interned> {
        list.into_iter()
            .map(|id| if is_guid(&id) { Interned::from(&id.to_lowercase()) } else { id })
            .collect()
    };
    let row = ConditionalAccessRow {
        name: of.text("displayName"),
        state: of.text("state"),
        include_users: ids(guests("includeGuestsOrExternalUsers", users.texts("includeUsers"))),
        exclude_users: ids(guests("excludeGuestsOrExternalUsers", users.texts("excludeUsers"))),
        include_groups: ids(users.texts("includeGroups")),
        exclude_groups: ids(users.texts("excludeGroups")),
        include_roles: ids(users.texts("includeRoles")),
        exclude_roles: ids(users.texts("excludeRoles")),
        include_apps: ids(apps.texts("includeApplications")),
        exclude_apps: ids(apps.texts("excludeApplications")),
        include_locations: ids(locations.texts("includeLocations")),
        exclude_locations: ids(locations.texts("excludeLocations")),
        grant_operator: grant.text("operator"),
        grant_controls: grant.texts("builtInControls"),
        authentication_strength: grant.at("authenticationStrength").any(&["displayName", "id"]),
        created_at: of.time("createdDateTime"),
        modified_at: of.time("modifiedDateTime"),
        ..ConditionalAccessRow::default()
    };
    to.top(row, id, map, &[]);
    Ok(Place::whole(Table::ConditionalAccess))
}

pub(super) fn named_location<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let of = reader(map);
    let kind = match of.kind().map(|k| k.to_lowercase()).as_deref() {
        Some("ipnamedlocation") => "ip",
        Some("countrynamedlocation") => "country",
        Some("compliantnetworknamedlocation") => "compliantNetwork",
        _ if map.contains_key("ipRanges") => "ip",
        _ if map.contains_key("countriesAndRegions") => "country",
        _ => "unknown",
    };
    let mut ranges: Vec<Interned> = of.list(&["ipRanges"]).iter().filter_map(|r| r.any(&["cidrAddress", "lowerAddress"])).collect();
    ranges.extend(of.texts("countriesAndRegions"));
    let row = NamedLocationRow {
        name: of.text("displayName"),
        kind: Some(kind.into()),
        trusted: of.flag("isTrusted"),
        ranges,
        ..NamedLocationRow::default()
    };
    to.top(row, id, map, &[]);
    Ok(Place::whole(Table::NamedLocations))
}
