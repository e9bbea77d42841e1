//! Access reviews: series, instances and decisions.

use super::policies::pattern;
use super::reader::Reader;
use super::scopes;
use super::{Place, Refused, Taker, carried, own_id, reader};
use crate::ingest::kind;
use crate::lake::objects::{ReviewDecisionRow, ReviewDefinitionRow, ReviewInstanceRow};
use crate::lake::table::Table;
use crate::model::Interned;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

pub(super) fn definition<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let row = definition_row(reader(map));
    to.top(row, id, map, &["instances"]);
    Ok(Place::part(Table::ReviewDefinitions, series(to.around.parent_kind.as_deref())))
}

/// The part of the series that a listing shows: those over many resources have a route of their own.
pub(super) fn series(parent: Option<&str>) -> &'static str {
    if parent == Some("unified") { "unified" } else { "tenant" }
}

fn definition_row(of: Reader<'_>) -> ReviewDefinitionRow {
    let settings = of.at("settings");
    let scope = of.at("scope");
    // A scope of principals and resources has queries one level further down.
    let deeper = ["resourceScopes", "principalScopes"]
        .iter()
        .find_map(|name| scope.list(&[name]).iter().find_map(|s| s.text("query")));
    let reviewers = of.list(&["reviewers"]);
    let scopes = scopes::reviewed(of);
    ReviewDefinitionRow {
        name: of.text("displayName"),
        status: of.text("status"),
        scope_query: scope.text("query").or(deeper).or_else(|| of.at("instanceEnumerationScope").text("query")),
        recurrence: pattern(settings.at("recurrence")),
        reminders: settings.flag("reminderNotificationsEnabled"),
        auto_apply: settings.flag("autoApplyDecisionsEnabled"),
        default_decision: settings.text("defaultDecision"),
        reviewers: reviewers.iter().filter_map(|r| r.text("query").or_else(|| scopes::reviewer(*r))).collect(),
        scopes: (!scopes.is_empty()).then_some(scopes),
        reviewer_kinds: (!reviewers.is_empty()).then(|| reviewers.iter().map(|r| scopes::reviewer(*r).unwrap_or_else(|| "unknown:".into())).collect()),
        created_at: of.time("createdDateTime"),
        ..ReviewDefinitionRow::default()
    }
}

pub(super) fn instance<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    if map.contains_key("reviewHistoryPeriodStartDate") || map.contains_key("downloadUri") {
        return Err(Refused::Unmapped("an instance of an access review history report".into()));
    }
    let id = own_id(map)?;
    let definition = to.around.parent;
    let row = instance_row(reader(map), definition);
    if let Some(whole) = carried(map, &["definition"])
        && let Some(id) = reader(&whole).id("id")
    {
        let row = definition_row(reader(&whole));
        to.nested(row, id, &whole, &["instances"]);
    }
    to.top(row, id, map, &["definition", "decisions"]);
    Ok(Place::part(Table::ReviewInstances, definition.unwrap_or_else(|| "unknown".into())))
}

fn instance_row(of: Reader<'_>, definition: Option<Interned>) -> ReviewInstanceRow {
    ReviewInstanceRow {
        definition_id: definition.or_else(|| of.at("definition").id("id")),
        status: of.text("status"),
        start_at: of.time("startDateTime").or_else(|| of.time("startDate")),
        end_at: of.time("endDateTime").or_else(|| of.time("endDate")),
        errors: errors(of),
        ..ReviewInstanceRow::default()
    }
}

/// What went wrong in an instance, in the service's words.
fn errors(of: Reader<'_>) -> Option<Vec<Interned>> {
    let told = |error: &Reader<'_>| match (error.text("code"), error.text("message")) {
        (Some(code), Some(message)) => Some(Interned::from(&format!("{code}: {message}"))),
        (code, message) => code.or(message),
    };
    let all: Vec<Interned> = of.list(&["errors"]).iter().filter_map(told).collect();
    (!all.is_empty()).then_some(all)
}

pub(super) fn decision<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let of = reader(map);
    let (principal, target) = (of.at("principal"), of.at("target"));
    let (resource, instance) = (of.at("resource"), of.at("instance"));
    let (reviewer, applier) = (of.at("reviewedBy"), of.at("appliedBy"));
    let permission = of.at("permission");
    let by_type = resource
        .kind()
        .and_then(|k| kind::resource_kind(&k).filter(|k| !k.is_empty()).map(Interned::from));
    let instance_id = of.id("accessReviewId").or(to.around.parent).or_else(|| instance.id("id"));
    let row = ReviewDecisionRow {
        definition_id: to.around.grandparent.or_else(|| instance.at("definition").id("id")),
        instance_id,
        decision: of.text("decision"),
        recommendation: of.text("recommendation"),
        justification: of.text("justification"),
        principal_id: principal.id("id").or_else(|| target.id("userId")).or_else(|| target.id("servicePrincipalId")),
        principal_name: principal
            .text("displayName")
            .or_else(|| target.any(&["userDisplayName", "servicePrincipalDisplayName"])),
        // A review of a package lists its policy as the resource, and the package beside it.
        resource_id: resource.id("accessPackageId").or_else(|| resource.id("id")),
        resource_kind: resource.text("type").or(by_type),
        resource_name: resource.any(&["accessPackageDisplayName", "displayName"]),
        reviewed_at: of.time("reviewedDateTime"),
        reviewer_id: reviewer.id("id"),
        reviewer_name: reviewer.text("displayName"),
        applied_at: of.time("appliedDateTime"),
        applier_id: applier.id("id"),
        apply_result: of.text("applyResult"),
        principal_kind: principal.kind().or_else(|| principal.text("type")),
        // A role of an application, a directory role of an Azure scope: what of the resource is held.
        role_id: resource.any_id("appRoleId").or_else(|| permission.any_id("id")),
        role_name: resource.any(&["appRoleDisplayName"]).or_else(|| permission.text("displayName")),
        resource_scope: resource.at("scope").any(&["displayName", "id"]),
        membership: of.at("principalResourceMembership").text("membershipType"),
        ..ReviewDecisionRow::default()
    };
    if let Some(whole) = carried(map, &["instance"])
        && let Some(id) = reader(&whole).id("id")
    {
        let row = instance_row(reader(&whole), None);
        to.nested(row, id, &whole, &["definition", "decisions"]);
    }
    // An instance without an id has no row of its own: it stays in the decision.
    let reduce: &[&str] = if instance.id("id").is_some() { &["instance"] } else { &[] };
    to.top(row, id, map, reduce);
    Ok(Place::part(Table::ReviewDecisions, instance_id.unwrap_or_else(|| "unknown".into())))
}
