//! Users, groups, members and owners, app roles, service principals, conditional access.

use super::reader::Reader;
use super::{Place, Refused, Taker, carried, carried_list, own_id, reader};
use crate::ingest::context::is_guid;
use crate::ingest::kind::Relation;
use crate::lake::objects::*;
use crate::lake::table::Table;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

/// Expanded lists that are no part of the object itself: their rows are in `memberships` and `app_role_assignments`.
const LISTS: [&str; 10] = [
    "members",
    "owners",
    "memberOf",
    "transitiveMembers",
    "transitiveMemberOf",
    "transitiveMemberships",
    "ownedObjects",
    "appRoleAssignments",
    "appRoleAssignedTo",
    "oauth2PermissionGrants",
];

fn deleted(of: Reader<'_>) -> &'static str {
    if of.raw("deletedDateTime").is_some() { "deleted" } else { "tenant" }
}

pub(super) fn user<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    lists(to, map, &id, "user");
    let of = reader(map);
    let (row, scope) = (user_row(of), deleted(of));
    to.top(row, id, map, &[]);
    Ok(Place::part(Table::Users, scope))
}

fn user_row(of: Reader<'_>) -> UserRow {
    let activity = of.at("signInActivity");
    UserRow {
        name: of.text("displayName"),
        upn: of.text("userPrincipalName"),
        mail: of.text("mail"),
        user_type: of.text("userType"),
        employee_type: of.text("employeeType"),
        enabled: of.flag("accountEnabled"),
        created_at: of.time("createdDateTime"),
        leave_at: of.time("employeeLeaveDateTime"),
        department: of.text("department"),
        company: of.text("companyName"),
        job_title: of.text("jobTitle"),
        external_state: of.text("externalUserState"),
        synced: of.flag("onPremisesSyncEnabled"),
        last_sign_in_at: activity.time("lastSignInDateTime"),
        last_noninteractive_at: activity.time("lastNonInteractiveSignInDateTime"),
        last_successful_at: activity.time("lastSuccessfulSignInDateTime"),
        deleted_at: of.time("deletedDateTime"),
        ..UserRow::default()
    }
}

pub(super) fn group<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    lists(to, map, &id, "group");
    let of = reader(map);
    let (row, scope) = (group_row(of), deleted(of));
    to.top(row, id, map, &[]);
    Ok(Place::part(Table::Groups, scope))
}

fn group_row(of: Reader<'_>) -> GroupRow {
    GroupRow {
        name: of.text("displayName"),
        description: of.text("description"),
        group_types: of.texts("groupTypes"),
        security: of.flag("securityEnabled"),
        mail_enabled: of.flag("mailEnabled"),
        membership_rule: of.text("membershipRule"),
        role_assignable: of.flag("isAssignableToRole"),
        synced: of.flag("onPremisesSyncEnabled"),
        created_at: of.time("createdDateTime"),
        deleted_at: of.time("deletedDateTime"),
        ..GroupRow::default()
    }
}

pub(super) fn service_principal<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    lists(to, map, &id, "serviceprincipal");
    let of = reader(map);
    let (row, scope) = (service_principal_row(of), deleted(of));
    to.top(row, id, map, &[]);
    Ok(Place::part(Table::ServicePrincipals, scope))
}

fn service_principal_row(of: Reader<'_>) -> ServicePrincipalRow {
    ServicePrincipalRow {
        name: of.any(&["displayName", "appDisplayName"]),
        app_id: of.id("appId"),
        kind: of.text("servicePrincipalType"),
        enabled: of.flag("accountEnabled"),
        app_roles: of
            .list(&["appRoles"])
            .into_iter()
            .map(|role| AppRole {
                id: role.any_id("id"),
                name: role.text("displayName"),
                value: role.text("value"),
            })
            .collect(),
        ..ServicePrincipalRow::default()
    }
}

/// Feeds the principal that a role assignment carries.
pub(super) fn nested_principal<M: Copy>(to: &mut Taker<'_, M>, map: &Object) {
    let Some(principal) = carried(map, &["principal"]) else {
        return;
    };
    let of = reader(&principal);
    let Some(id) = of.id("id") else { return };
    match of.kind().map(|k| k.to_lowercase()).as_deref() {
        Some("user") => {
            let row = user_row(of);
            to.nested(row, id, &principal, &[]);
        }
        Some("group") => {
            let row = group_row(of);
            to.nested(row, id, &principal, &[]);
        }
        Some("serviceprincipal") => {
            let row = service_principal_row(of);
            to.nested(row, id, &principal, &[]);
        }
        _ => {}
    }
}

/// Feeds the expanded lists of an object and takes them off it.
fn lists<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object, id: &str, kind: &str) {
    for (name, relation) in [("members", "member"), ("owners", "owner")] {
        if relation == "member" && kind != "group" {
            continue;
        }
        for item in carried_list(map, &[name]) {
            if let Some((row, row_id)) = membership(&item, relation, kind, id) {
                to.nested(row, row_id, &item, &[]);
            }
        }
    }
    for item in carried_list(map, &["memberOf"]) {
        let of = reader(&item);
        let group = of.kind().is_none_or(|k| k.eq_ignore_ascii_case("group"));
        if let Some(container) = of.id("id").filter(|_| group) {
            let (row, row_id, content) = member_of(map, id, kind, &container);
            to.nested(row, row_id, &content, &[]);
        }
    }
    for item in carried_list(map, &["appRoleAssignments", "appRoleAssignedTo"]) {
        if let Some(row_id) = item.get("id").and_then(Value::as_str) {
            let row_id = row_id.to_lowercase();
            let row = app_role_row(reader(&item));
            to.nested(row, row_id, &item, &[]);
        }
    }
    for name in LISTS {
        map.remove(name);
    }
}

/// A member or owner; the id is relation, container and member.
fn membership(item: &Object, relation: &str, container_kind: &str, container: &str) -> Option<(MembershipRow, String)> {
    let of = reader(item);
    let member = of.id("id")?;
    let row = MembershipRow {
        relation: Some(relation.into()),
        container_kind: Some(container_kind.into()),
        container_id: Some(container.into()),
        member_id: Some(member.clone()),
        member_kind: of.kind().map(|k| k.to_lowercase()).or_else(|| {
            let known = [
                ("userPrincipalName", "user"),
                ("groupTypes", "group"),
                ("servicePrincipalType", "serviceprincipal"),
            ];
            let found = known.iter().find(|(name, _)| item.contains_key(*name));
            found.map(|(_, kind)| (*kind).to_string())
        }),
        member_name: of.text("displayName"),
        member_upn: of.any(&["userPrincipalName", "mail"]),
        ..MembershipRow::default()
    };
    Some((row, format!("{relation}/{container}/{member}")))
}

/// A membership told from the member's side.
fn member_of(member: &Object, id: &str, kind: &str, container: &str) -> (MembershipRow, String, Object) {
    let of = reader(member);
    let row = MembershipRow {
        relation: Some("member".into()),
        container_kind: Some("group".into()),
        container_id: Some(container.into()),
        member_id: Some(id.into()),
        member_kind: Some(kind.into()),
        member_name: of.text("displayName"),
        member_upn: of.any(&["userPrincipalName", "mail"]),
        ..MembershipRow::default()
    };
    let mut content = Object::new();
    for name in ["id", "displayName", "userPrincipalName"] {
        if let Some(value) = member.get(name) {
            content.insert(name.into(), value.clone());
        }
    }
    content.insert("id".into(), id.into());
    (row, format!("member/{container}/{id}"), content)
}

pub(super) fn related<M: Copy>(to: &mut Taker<'_, M>, relation: Relation, map: &mut Object) -> Result<Place, Refused> {
    let of = reader(map);
    let kind = of.kind().map(|k| k.to_lowercase()).unwrap_or_default();
    if of.raw("deletedDateTime").is_some() || relation == Relation::Deleted {
        return match kind.as_str() {
            "user" => user(to, map),
            "group" => group(to, map),
            "serviceprincipal" => service_principal(to, map),
            _ if of.raw("userPrincipalName").is_some() => user(to, map),
            _ if of.raw("groupTypes").is_some() => group(to, map),
            _ => Err(Refused::Unmapped("a deleted object of no known kind".into())),
        };
    }
    let what = match kind.as_str() {
        "" => "an object".to_string(),
        kind => format!("a {kind}"),
    };
    let (Relation::Member | Relation::Owner | Relation::MemberOf, Some(parent)) = (relation, to.around.parent.clone()) else {
        return Err(Refused::Unmapped(match relation {
            Relation::Member => format!("parent group unknown: {what} that is a member of it"),
            Relation::Owner => format!("parent unknown: {what} that owns it"),
            Relation::MemberOf => format!("member unknown: {what} that somebody is in"),
            _ => format!("parent group unknown: {what} of a mixed listing"),
        }));
    };
    let id = own_id(map)?;
    match relation {
        Relation::MemberOf if kind == "group" || kind.is_empty() && map.contains_key("groupTypes") => {
            let member_kind = to.around.parent_kind.clone();
            let member_kind = member_kind.as_deref().unwrap_or("user").trim_end_matches('s');
            let (row, row_id, content) = member_of(&Object::new(), &parent, member_kind, &id);
            to.top(row, row_id, &content, &[]);
            Ok(Place::part(Table::Memberships, format!("memberof/{parent}")))
        }
        Relation::MemberOf => Err(Refused::Unmapped(format!("{what} that somebody is in; export role assignments for roles"))),
        _ => {
            let name = if relation == Relation::Owner { "owner" } else { "member" };
            let container = to.around.parent_kind.clone();
            let container = container.as_deref().unwrap_or("groups").trim_end_matches('s');
            if let Some((row, row_id)) = membership(map, name, container, &parent) {
                to.top(row, row_id, map, &[]);
            } else {
                return Err(Refused::Rejected("the id names nobody".into()));
            }
            let scope = match relation {
                Relation::Owner => format!("owner/{parent}"),
                _ => parent,
            };
            Ok(Place::part(Table::Memberships, scope))
        }
    }
}

pub(super) fn app_role_assignment<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let row = app_role_row(reader(map));
    let resource = row.resource_id.clone();
    to.top(row, id, map, &[]);
    let around = to.around;
    let of_resource = around.collection == "approleassignedto";
    let scope = match (&around.parent, of_resource) {
        // The parent may be given by appId, which is not the id of the service principal.
        (Some(parent), true) => resource.unwrap_or_else(|| parent.clone()),
        (Some(parent), false) => format!("principal/{parent}"),
        (None, _) => "unknown".into(),
    };
    Ok(Place::part(Table::AppRoleAssignments, scope))
}

fn app_role_row(of: Reader<'_>) -> AppRoleAssignmentRow {
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
    let guests = |name: &str, into: Vec<String>| {
        let mut into = into;
        if users.at(name).there() {
            into.push("GuestsOrExternalUsers".into());
        }
        into
    };
    let ids = |list: Vec<String>| -> Vec<String> { list.into_iter().map(|id| if is_guid(&id) { id.to_lowercase() } else { id }).collect() };
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
    let mut ranges: Vec<String> = of.list(&["ipRanges"]).iter().filter_map(|r| r.any(&["cidrAddress", "lowerAddress"])).collect();
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
