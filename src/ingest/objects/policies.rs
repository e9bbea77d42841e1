//! Assignment policies: who may ask, who approves, when access ends, how often it is reviewed.

use super::packages::{nested_catalog, nested_package};
use super::reader::Reader;
use super::{CATALOG, PACKAGE, Place, Refused, Taker, carried, own_id, reader};
use crate::lake::objects::{PolicyRow, PolicyStage};
use crate::lake::table::Table;
use crate::model::{Instant, Interned};
use serde_json::{Map, Value};

type Object = Map<String, Value>;

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

pub(super) fn nested_policy<M: Copy>(to: &mut Taker<'_, M>, map: &Object, package: Option<&str>) {
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
        package_id: expanded.id("id").or_else(|| of.id("accessPackageId")).or_else(|| package.map(Interned::from)),
        package_name: expanded.text("displayName"),
        catalog_id: of.first(&CATALOG).id("id").or_else(|| of.id("catalogId")),
        target_scope: of
            .text("allowedTargetScope")
            .or_else(|| requestors.text("scopeType").map(|s| Interned::from(&beta_scope(&s)))),
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
        targets: subjects(&of.list(&["specificAllowedTargets"])).or_else(|| subjects(&requestors.list(&["allowedRequestors"]))),
        on_behalf: subjects(&requestors.list(&["onBehalfRequestors"])),
        on_behalf_add: requestors.flag("enableOnBehalfRequestorsToAddAccess"),
        on_behalf_remove: requestors.flag("enableOnBehalfRequestorsToRemoveAccess"),
        removes_who_leaves: of.at("automaticRequestSettings").flag("removeAccessWhenTargetLeavesAllowedTargets"),
        grace_period: of.at("automaticRequestSettings").text("gracePeriodBeforeAccessRemoval"),
        created_at: of.time("createdDateTime"),
        modified_at: of.time("modifiedDateTime"),
        ..PolicyRow::default()
    }
}

/// `durationInDays` and `expirationDateTime` of beta in the words of v1.0.
///
/// Zero days are told of policies without an end and of those whose access lasts hours (microsoftgraph/msgraph-sdk-powershell#2132):
/// beta does not tell which.
fn beta_expiration(of: Reader<'_>) -> (Option<Interned>, Option<Interned>, Option<Instant>) {
    let fixed = of.time("expirationDateTime");
    match (of.number("durationInDays"), fixed) {
        (_, Some(at)) => (Some("afterDateTime".into()), None, Some(at)),
        (Some(days), None) if days > 0 => (Some("afterDuration".into()), Some(format!("P{days}D").into()), None),
        (Some(_) | None, None) => (None, None, None),
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
    let minutes = of.number("escalationTimeInMinutes");
    let escalations = of.list(&["escalationApprovers"]);
    PolicyStage {
        kind: of.kind(),
        escalates: of.flag("isEscalationEnabled"),
        escalates_after: of
            .text("durationBeforeEscalation")
            .or_else(|| minutes.map(|m| Interned::from(&format!("PT{m}M")))),
        escalations: subjects(&escalations),
        duration: of
            .text("durationBeforeAutomaticDenial")
            .or_else(|| days.map(|d| Interned::from(&format!("P{d}D")))),
        approver_justification: of.flag("isApproverJustificationRequired"),
        approvers: primary.iter().filter(|r| !backup(r)).map(|r| subject(*r)).collect(),
        fallbacks: primary.iter().filter(|r| backup(r)).chain(&fallback).map(|r| subject(*r)).collect(),
    }
}

fn subjects(of: &[Reader<'_>]) -> Option<Vec<Interned>> {
    (!of.is_empty()).then(|| of.iter().map(|r| subject(*r)).collect())
}

/// A subject set as `kind:id`.
fn subject(of: Reader<'_>) -> Interned {
    let id = ["userId", "groupId", "servicePrincipalId", "connectedOrganizationId", "id"]
        .iter()
        .find_map(|name| of.id(name))
        .or_else(|| of.text("managerLevel"))
        .or_else(|| of.any(&["query", "membershipRule"]))
        .unwrap_or_default();
    Interned::from(&format!("{}:{id}", of.kind().unwrap_or_else(|| "unknown".into())))
}

/// The period of reviews as an ISO 8601 duration: by pattern (v1.0) or by word (beta).
fn recurrence(review: Reader<'_>) -> Option<Interned> {
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
pub(super) fn pattern(recurrence: Reader<'_>) -> Option<Interned> {
    let pattern = recurrence.at("pattern");
    let every = pattern.number("interval").filter(|n| *n > 0)?;
    let unit = match pattern.text("type")?.to_ascii_lowercase().as_str() {
        "daily" => 'D',
        "weekly" => 'W',
        "absolutemonthly" | "relativemonthly" => 'M',
        "absoluteyearly" | "relativeyearly" => 'Y',
        _ => return None,
    };
    Some(format!("P{every}{unit}").into())
}
