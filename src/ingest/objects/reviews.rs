//! Access reviews: series, instances and decisions.

use super::policies::pattern;
use super::reader::Reader;
use super::{Place, Refused, Taker, carried, own_id, reader};
use crate::lake::objects::{ReviewDecisionRow, ReviewDefinitionRow, ReviewInstanceRow};
use crate::lake::table::Table;
use crate::model::Interned;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

pub(super) fn definition<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let row = definition_row(reader(map));
    to.top(row, id, map, &["instances"]);
    Ok(Place::whole(Table::ReviewDefinitions))
}

fn definition_row(of: Reader<'_>) -> ReviewDefinitionRow {
    let settings = of.at("settings");
    let scope = of.at("scope");
    // A scope of principals and resources has queries one level further down.
    let deeper = ["resourceScopes", "principalScopes"]
        .iter()
        .find_map(|name| scope.list(&[name]).first().and_then(|s| s.text("query")));
    ReviewDefinitionRow {
        name: of.text("displayName"),
        status: of.text("status"),
        scope_query: scope.text("query").or(deeper).or_else(|| of.at("instanceEnumerationScope").text("query")),
        recurrence: pattern(settings.at("recurrence")),
        reminders: settings.flag("reminderNotificationsEnabled"),
        auto_apply: settings.flag("autoApplyDecisionsEnabled"),
        default_decision: settings.text("defaultDecision"),
        reviewers: of.list(&["reviewers"]).iter().filter_map(|r| r.text("query")).collect(),
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
        ..ReviewInstanceRow::default()
    }
}

pub(super) fn decision<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let of = reader(map);
    let (principal, target) = (of.at("principal"), of.at("target"));
    let (resource, instance) = (of.at("resource"), of.at("instance"));
    let (reviewer, applier) = (of.at("reviewedBy"), of.at("appliedBy"));
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
        resource_kind: resource.text("type"),
        resource_name: resource.any(&["accessPackageDisplayName", "displayName"]),
        reviewed_at: of.time("reviewedDateTime"),
        reviewer_id: reviewer.id("id"),
        reviewer_name: reviewer.text("displayName"),
        applied_at: of.time("appliedDateTime"),
        applier_id: applier.id("id"),
        apply_result: of.text("applyResult"),
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
