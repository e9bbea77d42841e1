//! Who has a package and how they came to it: assignments, requests, approvals.

use super::packages::{nested_catalog, nested_package};
use super::policies::nested_policy;
use super::reader::Reader;
use super::{ASSIGNMENT, CATALOG, Expanded, Holders, PACKAGE, POLICY, Place, Refused, Taker, carried, own_id, reader};
use crate::lake::objects::{ApprovalRow, ApprovalStage, AssignmentRow, RequestRow};
use crate::lake::table::Table;
use crate::model::{Instant, Interned};
use serde_json::{Map, Value};

type Object = Map<String, Value>;

/// A schedule: start, end, kind and length.
struct Schedule {
    start: Option<Instant>,
    end: Option<Instant>,
    kind: Option<Interned>,
    duration: Option<Interned>,
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
    to.holders.note_holder(id, reader(map));
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
        target_type: target.any(&["subjectType", "type"]).map(|t| Interned::from(&t.to_lowercase())),
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
    // Only beta has it: "True if the request is not to be processed for assignment" (reference of accessPackageAssignmentRequest).
    if of.flag("isValidationOnly") == Some(true) {
        let why = "a request that was only validated (isValidationOnly): nothing follows from it";
        return Err(Refused::Rowless(Place::whole(Table::Requests), why.into()));
    }
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
    note_request(to.holders, id, map, &row);
    carried_parts(to, map);
    let mut reduce = PACKAGE.to_vec();
    // Without its target an assignment would be a holder nobody knows: it stays in the request.
    let held = carried(map, &ASSIGNMENT).filter(|a| reader(a).at("target").there());
    if let Some(assignment) = held {
        carried_parts(to, &assignment);
        if let Some(id) = reader(&assignment).id("id") {
            let row = assignment_row(reader(&assignment));
            to.holders.note_holder(id, reader(&assignment));
            let parts = [&PACKAGE[..], &POLICY, &CATALOG].concat();
            to.nested(row, id, &assignment, &parts);
        }
        reduce.extend(ASSIGNMENT);
    }
    to.top(row, id, map, &reduce);
    Ok(Place::whole(Table::Requests))
}

/// Notes whether a request names who asked, for what and for whom.
fn note_request(holders: &mut Holders, id: Interned, map: &Object, row: &RequestRow) {
    let requestor = reader(map).at("requestor");
    let asked = requestor.any(&["objectId", "id", "displayName", "principalName", "email"]).is_some();
    holders.note(Expanded::Requestor, id, asked || is_nothing(map, &["requestor"]));
    let nested = ASSIGNMENT.iter().find_map(|name| map.get(*name)?.as_object());
    let gone = is_nothing(map, &PACKAGE) || nested.is_some_and(|a| is_nothing(a, &PACKAGE));
    holders.note(Expanded::Requested, id, row.package_id.is_some() || gone);
    // Whoever asks for themselves is who the access is for.
    let kind = row.request_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    if kind.starts_with("admin") || kind.starts_with("onbehalf") {
        let told = ASSIGNMENT.iter().any(|name| map.contains_key(*name));
        holders.note(Expanded::Recipient, id, told);
    }
}

/// Whether a record says that there is no such object: told apart from one that does not say.
fn is_nothing(map: &Object, names: &[&str]) -> bool {
    names.iter().any(|name| map.get(*name).is_some_and(Value::is_null))
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
