//! Users, groups and service principals.

use super::memberships::{lists, plain_kind};
use super::reader::Reader;
use super::{Place, Refused, Taker, carried, own_id, reader};
use crate::lake::objects::{AppRole, GroupRow, ServicePrincipalRow, UserRow};
use crate::lake::table::Table;
use crate::model::Interned;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

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
        agent: is_agent_user(of).then_some(true),
        ..UserRow::default()
    }
}

/// Whether the account of a user is that of an agent: its type says so, or the agent identity that it belongs to.
fn is_agent_user(of: Reader<'_>) -> bool {
    of.kind().is_some_and(|k| k.eq_ignore_ascii_case("agentUser")) || of.id("identityParentId").is_some()
}

/// `servicePrincipalType`; what an agent's identity is called there, where only its type or its members say that it is one.
fn principal_kind(of: Reader<'_>) -> Option<Interned> {
    let agent = of.kind().is_some_and(|k| k.eq_ignore_ascii_case("agentIdentity")) || of.id("agentIdentityBlueprintId").is_some();
    if agent {
        Some("ServiceIdentity".into())
    } else {
        of.text("servicePrincipalType")
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
        kind: principal_kind(of),
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
    match of.kind().map(|k| plain_kind(&k)).as_deref() {
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
