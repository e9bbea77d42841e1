//! Review series and their instances: what they review, how often, and what silence means.

use super::{Governance, json};
use crate::lake::table::Table;
use crate::ledger::evidence::Evidence;
use crate::ledger::policy_history::SeriesEnd;
use crate::ledger::sightings::Sightings;
use crate::model::id::lowered;
use crate::model::{Instant, Interned, IsoDuration};
use serde_json::Value;

/// A review series.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewSeries {
    /// Name.
    pub name: String,
    /// `InProgress`, `Completed` … as recorded; empty when unknown.
    pub status: Interned,
    /// Packages under review, by id.
    pub packages: Vec<Interned>,
    /// Policies under review, by id.
    pub policies: Vec<Interned>,
    /// Catalogs under review, by id.
    pub catalogs: Vec<Interned>,
    /// Groups, applications and roles under review, by id.
    pub others: Vec<Interned>,
    /// Whether its record does not tell what it reviews, or tells of packages without naming them.
    pub unclear: bool,
    /// The period; none where it happens once, or where the record does not tell.
    pub every: Option<IsoDuration>,
    /// Whether the record tells how often it happens, be it once.
    pub recurrence_told: bool,
    /// When it begins.
    pub from: Option<Instant>,
    /// When its range ends; none where it has no end.
    pub until: Option<Instant>,
    /// How long reviewers have in each instance; none where the record does not tell.
    pub lasts: Option<IsoDuration>,
    /// Whether no record tells when its range ends: the range is missing, or of a kind that is not known.
    pub range_unclear: bool,
    /// Whether holders review themselves; `None` when the record does not tell.
    pub is_self: Option<bool>,
    /// Whether reviewers are reminded; `None` when the record does not tell.
    pub reminders: Option<bool>,
    /// What happens to access that nobody decided on.
    pub no_response: NoResponse,
    /// Whether the newest complete look no longer lists it.
    pub removed: bool,
}

/// What happens to access that nobody decided on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NoResponse {
    /// It is kept, by a decision or for want of one.
    Keeps,
    /// The recommendation decides.
    Recommendation,
    /// It is removed.
    Removes,
    /// The record does not tell.
    #[default]
    Unknown,
}

/// One instance of a series.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewInstance {
    /// Its id.
    pub id: Interned,
    /// Its series.
    pub series: Interned,
    /// `InProgress`, `Completed`, `Applied` … as recorded; empty when unknown.
    pub status: Interned,
    /// When it begins.
    pub from: Option<Instant>,
    /// When it is to end.
    pub until: Option<Instant>,
}

pub(super) fn fill(all: &mut Governance, evidence: &Evidence, sightings: &Sightings, as_of: Instant) {
    for row in sightings.current(&evidence.review_definitions, as_of) {
        let whole = json(&row.content);
        let settings = &whole["settings"];
        let recurrence = &settings["recurrence"];
        let from = recurrence["range"]["startDate"].as_str().and_then(Instant::parse);
        let end = SeriesEnd::of(recurrence, from);
        // One that happens once has no recurrence or no pattern, and its record says so; a pattern that is not known tells nothing.
        let told = settings.get("recurrence").is_some() && !recurrence["pattern"].is_object();
        let every = row.recurrence.as_deref().and_then(IsoDuration::parse);
        let mut series = ReviewSeries {
            name: row.name.unwrap_or_default().to_string(),
            status: row.status.unwrap_or_default(),
            every,
            recurrence_told: told || every.is_some(),
            from,
            until: end.at(),
            lasts: settings["instanceDurationInDays"]
                .as_u64()
                .and_then(|days| IsoDuration::parse(&format!("P{days}D"))),
            range_unclear: end == SeriesEnd::Untold,
            is_self: whole.get("reviewers").and_then(Value::as_array).map(|list| reviews_itself(list, &whole)),
            reminders: row.reminders,
            no_response: no_response(settings, row.default_decision),
            // Those over many resources have a listing of their own.
            removed: sightings.of(Table::ReviewDefinitions).removed_from_its_part(&row.id, as_of),
            ..ReviewSeries::default()
        };
        scopes(&whole["scope"], &mut series);
        scopes(&whole["instanceEnumerationScope"], &mut series);
        let named = [&whole["scope"], &whole["instanceEnumerationScope"]].iter().any(|s| s.is_object());
        let of_packages = row.scope_query.is_some_and(|q| q.to_ascii_lowercase().contains("accesspackage"));
        series.unclear = series.packages.is_empty() && series.policies.is_empty() && series.catalogs.is_empty() && (!named || of_packages);
        for list in [&mut series.packages, &mut series.policies, &mut series.catalogs, &mut series.others] {
            list.sort();
            list.dedup();
        }
        all.series.insert(row.id, series);
    }
    for row in sightings.current(&evidence.review_instances, as_of) {
        all.instances.push(ReviewInstance {
            id: row.id,
            series: row.definition_id.map(|d| lowered(&d)).unwrap_or_default(),
            status: row.status.unwrap_or_default(),
            from: row.start_at,
            until: row.end_at,
        });
    }
    all.instances.sort_by(|a, b| (&a.series, a.from, &a.id).cmp(&(&b.series, b.from, &b.id)));
}

/// A series without a reviewer is the holders' own; a backup or a stage has reviewers of its own.
fn reviews_itself(reviewers: &[Value], whole: &Value) -> bool {
    let stages = whole["stageSettings"].as_array().is_some_and(|s| !s.is_empty());
    let own = |r: &Value| {
        let words = [r["query"].as_str(), r["scopeType"].as_str()];
        words.iter().flatten().any(|w| w.eq_ignore_ascii_case("self"))
    };
    reviewers.is_empty() && !stages || reviewers.iter().any(own)
}

fn no_response(settings: &Value, default: Option<Interned>) -> NoResponse {
    let enabled = settings["defaultDecisionEnabled"].as_bool();
    let applies = settings["autoApplyDecisionsEnabled"].as_bool();
    match (enabled, default.as_deref().unwrap_or_default().to_ascii_lowercase().as_str()) {
        // "No change" of the portal: no decision is written, and the access stays.
        (Some(false), _) | (Some(true), "none" | "approve") => NoResponse::Keeps,
        // What somebody applies by hand, if anybody does.
        _ if applies == Some(false) => NoResponse::Unknown,
        (Some(true), "recommendation") => NoResponse::Recommendation,
        (Some(true), "deny") => NoResponse::Removes,
        _ => NoResponse::Unknown,
    }
}

/// What a scope reviews: by queries, or by kinds and ids (v1.0 since 2026-08).
fn scopes(scope: &Value, series: &mut ReviewSeries) {
    for name in ["resourceScopes", "principalScopes"] {
        for inner in scope[name].as_array().into_iter().flatten() {
            scopes(inner, series);
        }
    }
    let id = |name: &str| scope[name].as_str().filter(|id| !id.is_empty()).map(lowered);
    series.packages.extend(id("accessPackageId"));
    if let (Some(resource), kind) = (id("resourceId"), scope["scopeType"].as_str().unwrap_or_default().to_ascii_lowercase()) {
        match kind.as_str() {
            "catalog" => series.catalogs.push(resource),
            "accesspackageassignmentpolicy" => series.policies.push(resource),
            _ => series.others.push(resource),
        }
    }
    if let Some(query) = scope["query"].as_str() {
        of_query(query, series);
    }
}

/// Ids out of a query, such as `…/accessPackageAssignments?$filter=(accessPackageId eq '…' and assignmentPolicyId eq '…')` or `/groups/…`.
fn of_query(query: &str, series: &mut ReviewSeries) {
    let lower = query.to_ascii_lowercase();
    let after = |word: &str| -> Vec<Interned> {
        let rest = lower.split(word).skip(1);
        let guid = |text: &str| text.get(..36).filter(|t| t.bytes().filter(|b| *b == b'-').count() == 4).map(lowered);
        rest.filter_map(|text| {
            guid(
                text.trim_start_matches([' ', '\'', '(', '='])
                    .trim_start_matches("eq ")
                    .trim_start_matches([' ', '\'']),
            )
        })
        .collect()
    };
    let packages = [after("accesspackageid"), after("accesspackage/id")].concat();
    let policies = [after("assignmentpolicyid"), after("assignmentpolicy/id")].concat();
    let catalogs = [after("catalogs/"), after("catalogid")].concat();
    let others = ["groups/", "serviceprincipals/", "roledefinitions/", "applications/"].map(after).concat();
    if packages.is_empty() && policies.is_empty() {
        series.catalogs.extend(catalogs);
    }
    series.packages.extend(packages);
    series.policies.extend(policies);
    series.others.extend(others);
}

/// Settings of a policy's own reviews: whether holders review themselves, and what silence means.
///
/// v1.0 has `reviewSettings` with `isSelfReview` and `expirationBehavior`, beta `accessReviewSettings` with `reviewerType` and `accessReviewTimeoutBehavior`.
pub(super) fn of_policy(whole: &Value) -> (Option<bool>, NoResponse) {
    let (v1, beta) = (&whole["reviewSettings"], &whole["accessReviewSettings"]);
    let is_self = v1["isSelfReview"]
        .as_bool()
        .or_else(|| beta["reviewerType"].as_str().map(|t| t.eq_ignore_ascii_case("self")));
    let word = v1["expirationBehavior"].as_str().or_else(|| beta["accessReviewTimeoutBehavior"].as_str());
    let silence = match word.unwrap_or_default().to_ascii_lowercase().as_str() {
        "keepaccess" => NoResponse::Keeps,
        "removeaccess" => NoResponse::Removes,
        "acceptaccessrecommendation" => NoResponse::Recommendation,
        _ => NoResponse::Unknown,
    };
    (is_self, silence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_scope_say_the_same() {
        let id = "34b41876-fc63-4ab4-826c-92258c85c6ed";
        let policy = "419b225b-f701-4af7-a692-f2b8576f9972";
        let mut by_query = ReviewSeries::default();
        let query = format!(
            "/beta/identityGovernance/entitlementManagement/accessPackageAssignments?$filter=(accessPackageId eq '{id}' and assignmentPolicyId eq '{policy}' and catalogId eq '{policy}' and state eq 'Delivered')"
        );
        scopes(&serde_json::json!({ "query": query }), &mut by_query);
        let mut by_kind = ReviewSeries::default();
        let scope = serde_json::json!({"resourceScopes": [{"scopeType": "accessPackageAssignmentPolicy", "resourceId": policy, "accessPackageId": id}]});
        scopes(&scope, &mut by_kind);
        assert_eq!((by_query.packages.clone(), by_query.policies.clone()), (by_kind.packages, by_kind.policies));
        assert!(by_query.catalogs.is_empty() && by_query.packages == [lowered(id)]);
        let mut group = ReviewSeries::default();
        scopes(
            &serde_json::json!({"query": format!("/v1.0/groups/{id}/transitiveMembers"), "scopeType": null}),
            &mut group,
        );
        assert_eq!(group.others, [lowered(id)]);
        let mut catalog = ReviewSeries::default();
        scopes(
            &serde_json::json!({"resourceScopes": [{"scopeType": "catalog", "resourceId": id}]}),
            &mut catalog,
        );
        assert_eq!(catalog.catalogs, [lowered(id)]);
    }
}
