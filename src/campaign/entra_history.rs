//! The review history that Entra's portal lets one download: a CSV with one row for each decision.
//!
//! Headings as in `access-reviews-downloadable-review-history` of Microsoft's documentation.

use crate::campaign::error::CampaignError;
use crate::lake::objects::ReviewDecisionRow;
use crate::model::Instant;
use sha2::{Digest, Sha256};

/// Headings without which a row says nothing.
const NEEDED: [&str; 6] = ["AccessReviewId", "ResourceId", "PrincipalId", "ReviewDate", "ReviewResult", "ReviewerId"];

/// Decisions of a downloaded history; the id of each is a hash of review, resource and holder, since the file has none.
///
/// # Errors
/// With the headings that are missing, or every row that cannot be read.
pub fn decisions(bytes: &[u8]) -> Result<Vec<ReviewDecisionRow>, CampaignError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let unread = |e: csv::Error| CampaignError::Refused(format!("the review history is no CSV: {e}"));
    let headings = reader.headers().map_err(unread)?.clone();
    let place = |name: &str| headings.iter().position(|h| h.eq_ignore_ascii_case(name));
    let missing: Vec<&str> = NEEDED.into_iter().filter(|n| place(n).is_none()).collect();
    if !missing.is_empty() {
        return Err(CampaignError::Refused(format!(
            "the file is no review history of Entra: it has no column {}; download it under Identity Governance, Access reviews, Review history",
            missing.join(", ")
        )));
    }
    let mut rows = Vec::new();
    let mut problems = Vec::new();
    for (number, record) in (2..).zip(reader.records()) {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.push(format!("row {number}: {error}"));
                continue;
            }
        };
        let cell = |name: &str| {
            let text = place(name).and_then(|i| record.get(i)).unwrap_or_default();
            Some(text.to_string()).filter(|t| !t.is_empty())
        };
        let mut time = |name: &str| {
            let text = cell(name)?;
            let at = Instant::parse(&text).or_else(|| spoken(&text));
            if at.is_none() {
                problems.push(format!("row {number}: '{text}' in {name} is no time; give it as 2026-03-31T10:00:00Z"));
            }
            at
        };
        let (reviewed_at, applied_at) = (time("ReviewDate"), time("AppliedDate"));
        let lower = |name: &str| cell(name).map(|t| t.to_lowercase());
        let (Some(instance), Some(principal)) = (lower("AccessReviewId"), lower("PrincipalId")) else {
            problems.push(format!("row {number}: no AccessReviewId or no PrincipalId"));
            continue;
        };
        let resource = lower("ResourceId");
        let key = format!("{instance}\0{}\0{principal}", resource.as_deref().unwrap_or_default());
        rows.push(ReviewDecisionRow {
            id: hex::encode(&Sha256::digest(key)[..16]).into(),
            definition_id: lower("AccessReviewSeriesId").map(Into::into),
            instance_id: Some(instance.into()),
            decision: cell("ReviewResult").map(|r| word(&r)).map(Into::into),
            recommendation: cell("AccessRecommendation").map(|r| word(&r)).map(Into::into),
            justification: cell("Justification").map(Into::into),
            principal_id: Some(principal.into()),
            principal_name: cell("PrincipalName").map(Into::into),
            resource_id: resource.map(Into::into),
            resource_kind: cell("ReviewType").map(|k| k.replace(' ', "")).map(Into::into),
            resource_name: cell("ResourceDisplayName").map(Into::into),
            reviewed_at,
            reviewer_id: lower("ReviewerId").map(Into::into),
            reviewer_name: cell("ReviewerUPN").or_else(|| cell("ReviewerName")).map(Into::into),
            applied_at,
            apply_result: cell("SubmissionResult").map(Into::into),
            content_hash: hex::encode(Sha256::digest(record.iter().collect::<Vec<_>>().join("\0"))).into(),
            ..ReviewDecisionRow::default()
        });
    }
    if problems.is_empty() {
        Ok(rows)
    } else {
        problems.truncate(50);
        Err(CampaignError::Refused(format!("the review history cannot be taken:\n{}", problems.join("\n"))))
    }
}

/// The words of Graph for what the file says.
fn word(text: &str) -> String {
    match text.to_lowercase().replace(['\'', ' '], "").as_str() {
        "approve" | "approved" => "Approve".into(),
        "deny" | "denied" => "Deny".into(),
        "dontknow" => "DontKnow".into(),
        "notreviewed" => "NotReviewed".into(),
        _ => text.into(),
    }
}

/// `3/31/2026 10:00:00 AM`, as the portal writes times, in UTC.
fn spoken(text: &str) -> Option<Instant> {
    let time = chrono::NaiveDateTime::parse_from_str(text, "%m/%d/%Y %I:%M:%S %p").ok()?;
    Some(Instant::from_chrono(time.and_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADINGS: &str = "AccessReviewId,ReviewType,ResourceDisplayName,ResourceId,PrincipalId,ReviewDate,ReviewResult,Justification,ReviewerId,AppliedDate";

    #[test]
    fn rows_are_read_and_words_made_those_of_graph() {
        let text = format!(
            "\u{feff}{HEADINGS}\n1A,Group,GRP Lab,6B,7C,3/31/2026 10:00:00 AM,Denied,\"left, in March\",8D,2026-04-01T00:00:00Z\n1a,Group,GRP Lab,6b,7e,,Not Reviewed,,,\n"
        );
        let rows = decisions(text.as_bytes()).expect("a history");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].decision.as_deref(), Some("Deny"));
        assert_eq!(rows[0].justification.as_deref(), Some("left, in March"));
        assert_eq!(rows[0].instance_id.as_deref(), Some("1a"), "ids in lower case");
        assert_eq!(rows[0].reviewed_at, Instant::parse("2026-03-31T10:00:00Z"));
        assert_eq!(rows[1].decision.as_deref(), Some("NotReviewed"));
        assert_eq!((rows[1].reviewer_id.as_deref(), rows[1].reviewed_at), (None, None));
        assert_ne!(rows[0].id, rows[1].id);
    }

    #[test]
    fn what_is_missing_or_no_time_is_named() {
        let told = |text: &str| decisions(text.as_bytes()).expect_err("refused").to_string();
        assert!(told("Name,Result\nAna,Approve\n").contains("AccessReviewId, ResourceId"), "headings");
        let row = format!("{HEADINGS}\n1a,Group,G,6b,7c,yesterday,Approve,,8d,\n,Group,G,6b,7c,,Approve,,8d,\n");
        let told = told(&row);
        assert!(
            told.contains("row 2: 'yesterday' in ReviewDate") && told.contains("row 3: no AccessReviewId"),
            "{told}"
        );
    }
}
