//! Results of checks as a table for SQL.

use crate::config::Config;
use crate::lake::column::columns;
use crate::ledger::AccessModel;
use crate::model::{Finding, Instant};
use crate::views::{ViewError, encode};
use crate::{check, views};
use sha2::{Digest, Sha256};

columns! {
    /// One result of a check that is no pass.
    struct FindingRow {
        /// Check.
        check_id: String,
        /// Verdict.
        result: String,
        /// Severity.
        severity: String,
        /// Kind of subject.
        subject_kind: String,
        /// Subject.
        subject_id: String,
        /// Name of the subject.
        subject_name: String,
        /// Kind of object.
        object_kind: Option<String>,
        /// Object.
        object_id: Option<String>,
        /// Name of the object.
        object_name: Option<String>,
        /// Assignment.
        assignment_id: Option<String>,
        /// Request.
        request_id: Option<String>,
        /// Beginning.
        found_from: Option<Instant>,
        /// End.
        found_until: Option<Instant>,
        /// Variant.
        reason: Option<String>,
        /// In words.
        message: String,
        /// Controls.
        controls: Option<String>,
        /// Records.
        evidence: Option<String>,
        /// Stable over time.
        fingerprint: String,
        /// What clears it.
        clears_when: String,
    }
}

/// All results of all checks as Parquet.
///
/// # Errors
/// When a row does not fit its columns, which is a bug.
pub fn parquet(access: &AccessModel, config: &Config) -> Result<Vec<u8>, ViewError> {
    let rows: Vec<FindingRow> = check::run(access, config, None).into_iter().flat_map(|r| r.findings).map(row).collect();
    encode(&rows)
}

fn row(f: Finding) -> FindingRow {
    let some = |text: String| (!text.is_empty()).then_some(text);
    FindingRow {
        check_id: f.check.to_string(),
        result: f.result.to_string(),
        severity: f.severity.to_string(),
        subject_kind: f.subject_kind,
        subject_id: f.subject_id,
        subject_name: f.subject_name,
        object_kind: some(f.object_kind),
        object_id: some(f.object_id),
        object_name: some(f.object_name),
        assignment_id: some(f.assignment_id),
        request_id: some(f.request_id),
        found_from: f.from,
        found_until: f.until,
        reason: some(f.reason),
        message: f.message,
        controls: some(f.controls.join(";")),
        evidence: some(f.evidence.join(";")),
        fingerprint: f.fingerprint,
        clears_when: f.clears_when,
    }
}

/// What findings depend on beside the commit: the configuration in force, with all that was accepted.
#[must_use]
pub fn key(config: &Config) -> String {
    let digest = Sha256::digest(format!("{config:?}"));
    hex::encode(digest).chars().take(16).collect()
}

/// Whether a statement looks at findings.
#[must_use]
pub fn asked_for(needs: &views::Needs) -> bool {
    needs.bases.contains(&views::Base::Findings)
}
