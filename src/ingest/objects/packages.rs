//! Access packages: what is in them, where they lie, what they exclude, and who may come from outside.

use super::policies::nested_policy;
use super::reader::Reader;
use super::{CATALOG, Expanded, POLICIES, Place, ROLE_SCOPES, Refused, Taker, carried, carried_list, nameless, own_id, reader};
use crate::lake::objects::{CatalogRow, ConnectedOrganizationRow, IncompatibilityRow, PackageRow, ResourceRoleRow};
use crate::lake::table::Table;
use crate::model::Interned;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

pub(super) fn package<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let catalog_page = to
        .around
        .parent_kind
        .as_deref()
        .is_some_and(|k| matches!(k, "catalogs" | "accesspackagecatalogs"));
    if catalog_page
        && !map.contains_key("catalogId")
        && let Some(catalog) = to.around.parent
    {
        map.insert("catalogId".into(), catalog.as_str().into());
    }
    package_parts(to, map, &id);
    let row = package_row(reader(map));
    to.top(row, id, map, &package_reduced());
    Ok(match (&to.around.parent, catalog_page) {
        (Some(catalog), true) => Place::part(Table::Packages, format!("catalog/{catalog}")),
        _ => Place::whole(Table::Packages),
    })
}

fn package_reduced() -> Vec<&'static str> {
    let mut names = [&CATALOG[..], &POLICIES, &ROLE_SCOPES].concat();
    names.extend([
        "incompatibleAccessPackages",
        "incompatibleGroups",
        "accessPackagesIncompatibleWith",
        "accessPackageResourceRoleScopes",
    ]);
    names
}

fn package_row(of: Reader<'_>) -> PackageRow {
    PackageRow {
        name: of.text("displayName"),
        description: of.text("description"),
        catalog_id: of.id("catalogId").or_else(|| of.first(&CATALOG).id("id")),
        hidden: of.flag("isHidden"),
        created_at: of.time("createdDateTime"),
        modified_at: of.time("modifiedDateTime"),
        ..PackageRow::default()
    }
}

pub(super) fn nested_package<M: Copy>(to: &mut Taker<'_, M>, map: &Object, catalog: Option<Interned>) {
    let Some(id) = reader(map).id("id") else {
        return;
    };
    let mut whole = map.clone();
    if let Some(catalog) = catalog
        && !map.contains_key("catalogId")
    {
        whole.insert("catalogId".into(), catalog.as_str().into());
    }
    package_parts(to, &whole, &id);
    let row = package_row(reader(&whole));
    to.nested(row, id, &whole, &package_reduced());
}

/// Feeds what a package carries.
fn package_parts<M: Copy>(to: &mut Taker<'_, M>, map: &Object, id: &str) {
    for (names, table) in [
        (&ROLE_SCOPES, Table::ResourceRoles),
        (&POLICIES, Table::Policies),
        (&["incompatibleAccessPackages", "incompatibleGroups"], Table::Incompatibilities),
    ] {
        let count = names.iter().map(|name| nameless(map, name)).sum();
        to.holders.nameless(table, count);
    }
    for scope in carried_list(map, &ROLE_SCOPES) {
        if let Some((row, row_id)) = resource_role_row(&scope, id) {
            to.holders.note(Expanded::Content, row_id, tells_content(&row));
            to.nested(row, row_id, &scope, &[]);
        }
    }
    for policy in carried_list(map, &POLICIES) {
        nested_policy(to, &policy, Some(id));
    }
    if let Some(catalog) = carried(map, &CATALOG) {
        nested_catalog(to, &catalog);
    }
    for (name, kind) in [("incompatibleAccessPackages", "package"), ("incompatibleGroups", "group")] {
        for other in carried_list(map, &[name]) {
            if let Some((row, row_id)) = incompatibility(&other, id, kind) {
                to.nested(row, row_id, &other, &[]);
            }
        }
    }
    for other in carried_list(map, &["accessPackagesIncompatibleWith"]) {
        if let Some(other_id) = reader(&other).id("id") {
            let mut this = Object::new();
            this.insert("id".into(), id.into());
            if let Some((row, row_id)) = incompatibility(&this, &other_id, "package") {
                to.nested(row, row_id, &this, &[]);
            }
        }
    }
}

pub(super) fn catalog<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    for package in carried_list(map, &["accessPackages"]) {
        nested_package(to, &package, Some(id));
    }
    let row = catalog_row(reader(map));
    to.top(row, id, map, &["accessPackages"]);
    Ok(Place::whole(Table::Catalogs))
}

pub(super) fn nested_catalog<M: Copy>(to: &mut Taker<'_, M>, map: &Object) {
    if let Some(id) = reader(map).id("id") {
        let row = catalog_row(reader(map));
        to.nested(row, id, map, &["accessPackages"]);
    }
}

fn catalog_row(of: Reader<'_>) -> CatalogRow {
    CatalogRow {
        name: of.text("displayName"),
        description: of.text("description"),
        kind: of.word(&["catalogType"]),
        state: of.word(&["state", "catalogStatus"]),
        externally_visible: of.flag("isExternallyVisible"),
        created_at: of.time("createdDateTime"),
        modified_at: of.time("modifiedDateTime"),
        ..CatalogRow::default()
    }
}

pub(super) fn resource_role<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    own_id(map)?;
    let Some(package) = to.around.parent else {
        return Err(Refused::Unmapped(
            "a role in a package, and no context names the package; expand it in the package".into(),
        ));
    };
    let Some((row, id)) = resource_role_row(map, &package) else {
        return Err(Refused::Rejected("no id".into()));
    };
    to.holders.note(Expanded::Content, id, tells_content(&row));
    to.top(row, id, map, &[]);
    Ok(Place::part(Table::ResourceRoles, package))
}

/// Whether a content names its role and its resource, which Graph gives only where both are expanded.
fn tells_content(row: &ResourceRoleRow) -> bool {
    let role = row.role_id.is_some() || row.role_origin_id.is_some() || row.role_name.is_some();
    role && (row.resource_id.is_some() || row.resource_name.is_some() || row.origin_system.is_some())
}

fn resource_role_row(map: &Object, package: &str) -> Option<(ResourceRoleRow, Interned)> {
    let of = reader(map);
    let role = of.first(&["role", "accessPackageResourceRole"]);
    let scope = of.first(&["scope", "accessPackageResourceScope"]);
    let resource = role
        .first(&["resource", "accessPackageResource"])
        .0
        .or(scope.first(&["resource", "accessPackageResource"]).0);
    let resource = Reader(resource);
    let row = ResourceRoleRow {
        package_id: Some(package.into()),
        role_id: role.id("id"),
        role_name: role.text("displayName"),
        role_origin_id: role.text("originId"),
        origin_system: role
            .text("originSystem")
            .or_else(|| scope.text("originSystem"))
            .or_else(|| resource.text("originSystem")),
        resource_id: scope.id("originId").or_else(|| resource.id("originId")),
        // The scope of a whole resource is called "Root", which names nothing.
        resource_name: resource.text("displayName").or_else(|| scope.text("displayName").filter(|n| n != "Root")),
        created_at: of.time("createdDateTime"),
        role_type: role.word(&["type"]),
        ..ResourceRoleRow::default()
    };
    let id = format!("{package}/{}", of.id("id")?);
    Some((row, id.into()))
}

pub(super) fn connected_organization<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let of = reader(map);
    let sources = of.list(&["identitySources"]);
    let row = ConnectedOrganizationRow {
        name: of.text("displayName"),
        description: of.text("description"),
        state: of.word(&["state"]),
        tenant_ids: sources.iter().filter_map(|s| s.id("tenantId")).collect(),
        domains: sources.iter().filter_map(|s| s.any(&["domainName", "issuerUri"])).collect(),
        created_at: of.time("createdDateTime"),
        ..ConnectedOrganizationRow::default()
    };
    to.top(row, id, map, &[]);
    Ok(Place::whole(Table::ConnectedOrganizations))
}

pub(super) fn incompatible<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object, kind: &str) -> Result<Place, Refused> {
    own_id(map)?;
    let Some(package) = to.around.parent else {
        return Err(Refused::Unmapped(format!(
            "an incompatible {kind}, and no context names the package that it is incompatible with"
        )));
    };
    // Told from the other side: the listed packages are those that name this one.
    let reverse = to.around.collection == "accesspackagesincompatiblewith";
    let mut this = Object::new();
    this.insert("id".into(), package.as_str().into());
    let told = if reverse {
        reader(map).id("id").and_then(|id| incompatibility(&this, &id, kind))
    } else {
        incompatibility(map, &package, kind)
    };
    let Some((row, id)) = told else {
        return Err(Refused::Rejected("the id names nothing".into()));
    };
    if kind == "package" && map.contains_key("isHidden") {
        let mut whole = Object::new();
        whole.clone_from(map);
        nested_package(to, &whole, None);
    }
    to.top(row, id, if reverse { &this } else { map }, &[]);
    let part = if reverse { "named-by" } else { kind };
    Ok(Place::part(Table::Incompatibilities, format!("{part}/{package}")))
}

fn incompatibility(other: &Object, package: &str, kind: &str) -> Option<(IncompatibilityRow, Interned)> {
    let of = reader(other);
    let other_id = of.id("id")?;
    let row = IncompatibilityRow {
        package_id: Some(package.into()),
        other_kind: Some(kind.into()),
        other_id: Some(other_id),
        other_name: of.text("displayName"),
        ..IncompatibilityRow::default()
    };
    Some((row, format!("{package}/{kind}/{other_id}").into()))
}
