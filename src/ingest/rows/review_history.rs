//! The review history that Entra's portal lets one download: a row for each decision, with ids of people and resources and none of
//! the decision.
//!
//! Headings as in "Create and manage a downloadable access review history report" of Microsoft's documentation.

use super::{Format, Row, Rows, Told, put, take};
use crate::ingest::kind::ObjectKind;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "a history report of access reviews",
    fits: |columns| columns.all(&["AccessReviewId", "ReviewResult", "PrincipalId"]),
    subject: Some("review_decisions"),
    times: &["ReviewDate"],
    rows: Rows::Read(|row, _| read(row)),
};

fn read(row: &mut Row) -> Result<Told, String> {
    let mut text = |column: &str| taken(row, column);
    let lower = |text: Option<String>| text.map(|t| t.to_lowercase());
    let (Some(instance), Some(principal)) = (lower(text("AccessReviewId")), lower(text("PrincipalId"))) else {
        return Err("no AccessReviewId or no PrincipalId: nothing tells whose access was reviewed, or in which review".into());
    };
    let resource = lower(text("ResourceId"));
    // Each of several reviewers, and each stage, has a row of its own.
    let reviewer = ["ReviewerId", "ReviewerUPN", "ReviewerName"]
        .iter()
        .find_map(|column| lower(text_of(row, column)).filter(|id| !is_zero(id)));
    let mut key = format!("{instance}\0{}\0{principal}", resource.as_deref().unwrap_or_default());
    if let Some(reviewer) = reviewer {
        key += &format!("\0{reviewer}");
    }
    let mut text = |column: &str| taken(row, column);
    // A review that happens once has the zero id as its series.
    let series = lower(text("AccessReviewSeriesId")).filter(|id| !is_zero(id));
    let kind = text("ReviewType").map(|kind| kind_of(&kind));
    let mut record: Map<String, Value> = Map::new();
    record.insert("id".into(), format!("history:{}", hex::encode(&Sha256::digest(key)[..16])).into());
    record.insert("accessReviewId".into(), instance.into());
    if let Some(series) = series {
        record.insert("instance".into(), json!({ "definition": { "id": series } }));
    }
    record.insert(
        "principal".into(),
        json!({ "id": principal, "displayName": text("PrincipalName"), "userPrincipalName": text("PrincipalUPN") }),
    );
    record.insert(
        "resource".into(),
        json!({ "id": resource, "displayName": text("ResourceDisplayName"), "type": kind }),
    );
    record.insert("decision".into(), word(text("ReviewResult")));
    record.insert("recommendation".into(), word(text("AccessRecommendation")));
    record.insert("justification".into(), text("Justification").into());
    record.insert("applyResult".into(), text("SubmissionResult").into());
    for (member, id, name, upn) in [
        ("reviewedBy", "ReviewerId", "ReviewerName", "ReviewerUPN"),
        ("appliedBy", "AppliedById", "AppliedByName", "AppliedByUPN"),
    ] {
        let (id, name, upn) = (lower(text(id)), text(name), text(upn));
        record.insert(
            member.into(),
            json!({ "id": id, "displayName": upn.clone().or(name), "userPrincipalName": upn }),
        );
    }
    put(&mut record, "reviewedDateTime", text("ReviewDate").map(Value::from));
    put(&mut record, "appliedDateTime", text("AppliedDate").map(Value::from));
    super::rest(row, &mut record);
    Ok(Told::Object(ObjectKind::ReviewDecision, record))
}

/// Whether an id is that of nobody.
fn is_zero(id: &str) -> bool {
    id.chars().all(|c| matches!(c, '0' | '-'))
}

/// The text of a column.
fn text_of(row: &Row, column: &str) -> Option<String> {
    let (_, value) = row.iter().find(|(name, value)| super::same(name, column) && !super::blank(value))?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
    Some(text.trim().to_string()).filter(|text| !text.is_empty())
}

/// The text of a column, which is then taken.
fn taken(row: &mut Row, column: &str) -> Option<String> {
    let text = text_of(row, column);
    take(row, &[column]);
    text
}

/// The words of Graph for what the report says.
fn word(text: Option<String>) -> Value {
    let Some(text) = text else { return Value::Null };
    match text.to_lowercase().replace(['\'', '\u{2019}', ' '], "").as_str() {
        "approve" | "approved" => "Approve".into(),
        "deny" | "denied" => "Deny".into(),
        "dontknow" => "DontKnow".into(),
        "notreviewed" => "NotReviewed".into(),
        "notnotified" => "NotNotified".into(),
        "noinfoavailable" => "NoInfoAvailable".into(),
        _ => text.into(),
    }
}

/// `Access Package`, `Azure AD Role`, `Application` … in the words of decisions of Graph; unknown ones lose their blanks and stay.
fn kind_of(text: &str) -> String {
    let bare = text.replace(' ', "");
    match bare.to_lowercase().as_str() {
        "accesspackage" | "accesspackageassignmentpolicy" => "accessPackageAssignmentPolicy".into(),
        "application" | "app" | "serviceprincipal" => "servicePrincipal".into(),
        "azureadrole" | "entrarole" | "microsoftentrarole" | "directoryrole" => "directoryRole".into(),
        "azurerole" | "azureresourcerole" | "azureresource" => "azureRole".into(),
        "group" | "groupmembership" | "securitygroup" | "microsoft365group" => "group".into(),
        _ => bare,
    }
}
