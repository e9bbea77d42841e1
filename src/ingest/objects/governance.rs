//! Entitlement management: assignments, requests, approvals, policies, packages and what is in them.

use super::reader::Reader;
use super::{Place, Refused, Taker, carried, carried_list, own_id, reader};
use crate::lake::objects::*;
use crate::lake::table::Table;
use crate::model::Instant;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

const PACKAGE: [&str; 1] = ["accessPackage"];
const POLICY: [&str; 2] = ["assignmentPolicy", "accessPackageAssignmentPolicy"];
const CATALOG: [&str; 2] = ["catalog", "accessPackageCatalog"];
const ASSIGNMENT: [&str; 2] = ["assignment", "accessPackageAssignment"];
const POLICIES: [&str; 2] = ["assignmentPolicies", "accessPackageAssignmentPolicies"];
const ROLE_SCOPES: [&str; 2] = ["resourceRoleScopes", "accessPackageResourceRoleScopes"];

/// A schedule: start, end, kind and length.
struct Schedule {
    start: Option<Instant>,
    end: Option<Instant>,
    kind: Option<String>,
    duration: Option<String>,
}

fn schedule(of: Reader<'_>) -> Schedule {
    let schedule = of.at("schedule");
    let expiration = schedule.at("expiration");
    Schedule {
        start: schedule.time("startDateTime"),
        end: expiration.time("endDateTime"),
        kind: expiration.word(&["type"]),
        duration: expiration.text("duration"),
    }
}

pub(super) fn assignment<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let row = assignment_row(reader(map));
    to.holderless += u64::from(row.target_id.is_none());
    carried_parts(to, map);
    to.top(row, id, map, &[&PACKAGE[..], &POLICY, &CATALOG].concat());
    Ok(Place::whole(Table::Assignments))
}

fn assignment_row(of: Reader<'_>) -> AssignmentRow {
    let target = of.at("target");
    let package = of.first(&PACKAGE);
    let policy = of.first(&POLICY);
    let schedule = schedule(of);
    AssignmentRow {
        state: of.word(&["state", "assignmentState"]),
        status: of.any(&["status", "assignmentStatus"]),
        target_id: target.id("objectId"),
        target_subject_id: target.id("id").or_else(|| of.id("targetId")),
        target_name: target.text("displayName"),
        target_upn: target.any(&["principalName", "userPrincipalName", "email"]),
        target_type: target.any(&["subjectType", "type"]).map(|t| t.to_lowercase()),
        package_id: package.id("id").or_else(|| of.id("accessPackageId")),
        package_name: package.text("displayName"),
        policy_id: policy.id("id").or_else(|| of.id("assignmentPolicyId")),
        policy_name: policy.text("displayName"),
        start_at: schedule.start,
        end_at: schedule.end,
        expiration_type: schedule.kind,
        expiration_duration: schedule.duration,
        expired_at: of.time("expiredDateTime"),
        ..AssignmentRow::default()
    }
}

/// Feeds the package, policy and catalog that an assignment or request carries.
fn carried_parts<M: Copy>(to: &mut Taker<'_, M>, map: &Object) {
    let package_id = reader(map).first(&PACKAGE).id("id");
    if let Some(package) = carried(map, &PACKAGE) {
        nested_package(to, &package, None);
    }
    if let Some(policy) = carried(map, &POLICY) {
        nested_policy(to, &policy, package_id.as_deref());
    }
    if let Some(catalog) = carried(map, &CATALOG) {
        nested_catalog(to, &catalog);
    }
}

pub(super) fn request<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let of = reader(map);
    let requestor = of.at("requestor");
    let package = of.first(&PACKAGE);
    let assignment = of.first(&ASSIGNMENT);
    let of_assignment = assignment_row(assignment);
    let schedule = schedule(of);
    let row = RequestRow {
        request_type: of.word(&["requestType"]),
        state: of.word(&["state", "requestState"]),
        status: of.any(&["status", "requestStatus"]),
        created_at: of.time("createdDateTime"),
        completed_at: of.time("completedDateTime").or_else(|| of.time("completedDate")),
        justification: of.text("justification"),
        requestor_id: requestor.id("objectId"),
        requestor_name: requestor.text("displayName"),
        requestor_upn: requestor.any(&["principalName", "userPrincipalName", "email"]),
        package_id: package.id("id").or(of_assignment.package_id),
        package_name: package.text("displayName").or(of_assignment.package_name),
        assignment_id: assignment.id("id"),
        target_id: of_assignment.target_id,
        policy_id: of_assignment.policy_id,
        start_at: schedule.start,
        end_at: schedule.end.or_else(|| of.time("expirationDateTime")),
        expiration_type: schedule.kind,
        expiration_duration: schedule.duration,
        ..RequestRow::default()
    };
    carried_parts(to, map);
    let mut reduce = PACKAGE.to_vec();
    // Without its target an assignment would be a holder nobody knows: it stays in the request.
    let held = carried(map, &ASSIGNMENT).filter(|a| reader(a).at("target").there());
    if let Some(assignment) = held {
        carried_parts(to, &assignment);
        if let Some(id) = reader(&assignment).id("id") {
            let row = assignment_row(reader(&assignment));
            let parts = [&PACKAGE[..], &POLICY, &CATALOG].concat();
            to.nested(row, id, &assignment, &parts);
        }
        reduce.extend(ASSIGNMENT);
    }
    to.top(row, id, map, &reduce);
    Ok(Place::whole(Table::Requests))
}

pub(super) fn approval<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let stages = reader(map).list(&["stages", "steps"]).into_iter();
    let stages = stages.map(|stage| {
        let reviewer = stage.at("reviewedBy");
        ApprovalStage {
            id: stage.id("id"),
            name: stage.text("displayName"),
            result: stage.text("reviewResult"),
            status: stage.text("status"),
            justification: stage.text("justification"),
            reviewed_at: stage.time("reviewedDateTime"),
            reviewer_id: reviewer.id("id"),
            reviewer_name: reviewer.text("displayName"),
            reviewer_upn: reviewer.any(&["userPrincipalName", "mail"]),
        }
    });
    let row = ApprovalRow {
        stages: stages.collect(),
        ..ApprovalRow::default()
    };
    to.top(row, id, map, &[]);
    Ok(Place::whole(Table::Approvals))
}

pub(super) fn policy<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    if let Some(package) = carried(map, &PACKAGE) {
        nested_package(to, &package, reader(map).first(&CATALOG).id("id"));
    }
    if let Some(catalog) = carried(map, &CATALOG) {
        nested_catalog(to, &catalog);
    }
    let row = policy_row(reader(map), None);
    to.top(row, id, map, &[&PACKAGE[..], &CATALOG].concat());
    Ok(Place::whole(Table::Policies))
}

fn nested_policy<M: Copy>(to: &mut Taker<'_, M>, map: &Object, package: Option<&str>) {
    if let Some(id) = reader(map).id("id") {
        // The package is told by the carrier alone; without it the content would not show it.
        let mut whole = map.clone();
        if let Some(package) = package
            && !PACKAGE.iter().any(|n| map.contains_key(*n))
            && !map.contains_key("accessPackageId")
        {
            whole.insert("accessPackageId".into(), package.into());
        }
        let row = policy_row(reader(&whole), package);
        to.nested(row, id, &whole, &[&PACKAGE[..], &CATALOG].concat());
    }
}

fn policy_row(of: Reader<'_>, package: Option<&str>) -> PolicyRow {
    let expanded = of.first(&PACKAGE);
    let approval = of.at("requestApprovalSettings");
    let requestors = of.at("requestorSettings");
    let expiration = of.at("expiration");
    let (kind, duration, fixed) = if expiration.there() {
        (expiration.word(&["type"]), expiration.text("duration"), expiration.time("endDateTime"))
    } else {
        beta_expiration(of)
    };
    let automatic = of.0.and_then(|map| map.get("automaticRequestSettings"));
    let automatic = automatic.map(|_| of.at("automaticRequestSettings").flag("requestAccessForAllowedTargets").unwrap_or(false));
    let reviews = ["reviewSettings", "accessReviewSettings"].iter().find_map(|name| of.0?.get(*name));
    let review = of.first(&["reviewSettings", "accessReviewSettings"]);
    let reviewers = review.list(&["primaryReviewers", "reviewers"]);
    PolicyRow {
        name: of.text("displayName"),
        description: of.text("description"),
        package_id: expanded.id("id").or_else(|| of.id("accessPackageId")).or_else(|| package.map(str::to_string)),
        package_name: expanded.text("displayName"),
        catalog_id: of.first(&CATALOG).id("id").or_else(|| of.id("catalogId")),
        target_scope: of.text("allowedTargetScope").or_else(|| requestors.text("scopeType").map(|s| beta_scope(&s))),
        automatic,
        expiration_type: kind,
        expiration_duration: duration,
        expiration_at: fixed,
        approval_required_add: approval.flag("isApprovalRequiredForAdd").or_else(|| approval.flag("isApprovalRequired")),
        approval_required_update: approval
            .flag("isApprovalRequiredForUpdate")
            .or_else(|| approval.flag("isApprovalRequiredForExtension")),
        requestor_justification: approval.flag("isRequestorJustificationRequired"),
        stages: approval.list(&["stages", "approvalStages"]).into_iter().map(stage).collect(),
        review_settings: reviews.map(|r| r.is_object()),
        review_enabled: review.flag("isEnabled"),
        review_recurrence: recurrence(review),
        review_self: review
            .flag("isSelfReview")
            .or_else(|| review.text("reviewerType").map(|t| t.eq_ignore_ascii_case("self"))),
        review_reviewers: reviewers.iter().map(|r| subject(*r)).collect(),
        custom_schedule: requestors.flag("allowCustomAssignmentSchedule"),
        created_at: of.time("createdDateTime"),
        modified_at: of.time("modifiedDateTime"),
        ..PolicyRow::default()
    }
}

/// `durationInDays` and `expirationDateTime` of beta in the words of v1.0.
fn beta_expiration(of: Reader<'_>) -> (Option<String>, Option<String>, Option<Instant>) {
    let fixed = of.time("expirationDateTime");
    match (of.number("durationInDays"), fixed) {
        (_, Some(at)) => (Some("afterDateTime".into()), None, Some(at)),
        (Some(days), None) if days > 0 => (Some("afterDuration".into()), Some(format!("P{days}D")), None),
        (Some(_), None) => (Some("noExpiration".into()), None, None),
        (None, None) => (None, None, None),
    }
}

/// `scopeType` of beta in the words of v1.0; unknown words stay.
fn beta_scope(scope: &str) -> String {
    let known = match scope.to_ascii_lowercase().as_str() {
        "nosubjects" => "notSpecified",
        "specificdirectorysubjects" => "specificDirectoryUsers",
        "specificconnectedorganizationsubjects" => "specificConnectedOrganizationUsers",
        "allconfiguredconnectedorganizationsubjects" => "allConfiguredConnectedOrganizationUsers",
        "allexistingconnectedorganizationsubjects" => "allConfiguredConnectedOrganizationUsers",
        "allexistingdirectorymemberusers" => "allMemberUsers",
        "allexistingdirectorysubjects" => "allDirectoryUsers",
        "allexternalsubjects" => "allExternalUsers",
        _ => scope,
    };
    known.to_string()
}

fn stage(of: Reader<'_>) -> PolicyStage {
    let backup = |r: &Reader<'_>| r.flag("isBackup") == Some(true);
    let primary = of.list(&["primaryApprovers"]);
    let fallback = of.list(&["fallbackPrimaryApprovers"]);
    let days = of.number("approvalStageTimeOutInDays");
    PolicyStage {
        duration: of.text("durationBeforeAutomaticDenial").or_else(|| days.map(|d| format!("P{d}D"))),
        approver_justification: of.flag("isApproverJustificationRequired"),
        approvers: primary.iter().filter(|r| !backup(r)).map(|r| subject(*r)).collect(),
        fallbacks: primary.iter().filter(|r| backup(r)).chain(&fallback).map(|r| subject(*r)).collect(),
    }
}

/// A subject set as `kind:id`.
fn subject(of: Reader<'_>) -> String {
    let id = ["userId", "groupId", "servicePrincipalId", "connectedOrganizationId", "id"]
        .iter()
        .find_map(|name| of.id(name))
        .or_else(|| of.text("managerLevel"))
        .or_else(|| of.text("query"))
        .unwrap_or_default();
    format!("{}:{id}", of.kind().unwrap_or_else(|| "unknown".into()))
}

/// The period of reviews as an ISO 8601 duration: by pattern (v1.0) or by word (beta).
fn recurrence(review: Reader<'_>) -> Option<String> {
    if let Some(word) = review.text("recurrenceType") {
        let period = match word.to_ascii_lowercase().as_str() {
            "weekly" => "P1W",
            "monthly" => "P1M",
            "quarterly" => "P3M",
            "halfyearly" | "semiannual" => "P6M",
            "annual" => "P1Y",
            _ => return None,
        };
        return Some(period.into());
    }
    pattern(review.at("schedule").at("recurrence"))
}

/// A recurrence pattern as an ISO 8601 duration.
pub(super) fn pattern(recurrence: Reader<'_>) -> Option<String> {
    let pattern = recurrence.at("pattern");
    let every = pattern.number("interval").filter(|n| *n > 0)?;
    let unit = match pattern.text("type")?.to_ascii_lowercase().as_str() {
        "daily" => 'D',
        "weekly" => 'W',
        "absolutemonthly" | "relativemonthly" => 'M',
        "absoluteyearly" | "relativeyearly" => 'Y',
        _ => return None,
    };
    Some(format!("P{every}{unit}"))
}

pub(super) fn package<M: Copy>(to: &mut Taker<'_, M>, map: &mut Object) -> Result<Place, Refused> {
    let id = own_id(map)?;
    let catalog_page = to
        .around
        .parent_kind
        .as_deref()
        .is_some_and(|k| matches!(k, "catalogs" | "accesspackagecatalogs"));
    if catalog_page
        && !map.contains_key("catalogId")
        && let Some(catalog) = to.around.parent.clone()
    {
        map.insert("catalogId".into(), catalog.into());
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

fn nested_package<M: Copy>(to: &mut Taker<'_, M>, map: &Object, catalog: Option<String>) {
    let Some(id) = reader(map).id("id") else {
        return;
    };
    let mut whole = map.clone();
    if let Some(catalog) = catalog
        && !map.contains_key("catalogId")
    {
        whole.insert("catalogId".into(), catalog.into());
    }
    package_parts(to, &whole, &id);
    let row = package_row(reader(&whole));
    to.nested(row, id, &whole, &package_reduced());
}

/// Feeds what a package carries.
fn package_parts<M: Copy>(to: &mut Taker<'_, M>, map: &Object, id: &str) {
    for scope in carried_list(map, &ROLE_SCOPES) {
        if let Some((row, row_id)) = resource_role_row(&scope, id) {
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
        nested_package(to, &package, Some(id.clone()));
    }
    let row = catalog_row(reader(map));
    to.top(row, id, map, &["accessPackages"]);
    Ok(Place::whole(Table::Catalogs))
}

fn nested_catalog<M: Copy>(to: &mut Taker<'_, M>, map: &Object) {
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
    let Some(package) = to.around.parent.clone() else {
        return Err(Refused::Unmapped(
            "a role in a package, and no context names the package; expand it in the package".into(),
        ));
    };
    let Some((row, id)) = resource_role_row(map, &package) else {
        return Err(Refused::Rejected("no id".into()));
    };
    to.top(row, id, map, &[]);
    Ok(Place::part(Table::ResourceRoles, package))
}

fn resource_role_row(map: &Object, package: &str) -> Option<(ResourceRoleRow, String)> {
    let of = reader(map);
    let role = of.first(&["role", "accessPackageResourceRole"]);
    let scope = of.first(&["scope", "accessPackageResourceScope"]);
    let resource = role
        .first(&["resource", "accessPackageResource"])
        .0
        .or(scope.first(&["resource", "accessPackageResource"]).0);
    let resource = Reader(resource);
    let row = ResourceRoleRow {
        package_id: Some(package.to_string()),
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
        ..ResourceRoleRow::default()
    };
    let id = format!("{package}/{}", of.id("id")?);
    Some((row, id))
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
    let Some(package) = to.around.parent.clone() else {
        return Err(Refused::Unmapped(format!(
            "an incompatible {kind}, and no context names the package that it is incompatible with"
        )));
    };
    // Told from the other side: the listed packages are those that name this one.
    let reverse = to.around.collection == "accesspackagesincompatiblewith";
    let mut this = Object::new();
    this.insert("id".into(), package.clone().into());
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

fn incompatibility(other: &Object, package: &str, kind: &str) -> Option<(IncompatibilityRow, String)> {
    let of = reader(other);
    let other_id = of.id("id")?;
    let row = IncompatibilityRow {
        package_id: Some(package.to_string()),
        other_kind: Some(kind.to_string()),
        other_id: Some(other_id.clone()),
        other_name: of.text("displayName"),
        ..IncompatibilityRow::default()
    };
    Some((row, format!("{package}/{kind}/{other_id}")))
}
