//! Results of checks: four verdicts, and what a finding carries.

use crate::model::access::words;
use crate::model::{Instant, TenantId};
use sha2::{Digest, Sha256};
use std::fmt;

/// The id of a check, such as `APR-01`; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CheckId(&'static str);

impl CheckId {
    /// An id as the catalogue spells it.
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        Self(id)
    }

    /// The id as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

words! {
    /// How much a finding weighs.
    Severity {
        /// Context, no fault.
        Info => "info",
        /// To be tidied.
        Low => "low",
        /// To be decided in this review.
        Medium => "medium",
        /// To be decided now.
        High => "high",
    }
}

words! {
    /// The four results of a check on one subject.
    Verdict {
        /// Looked at, and right.
        Pass => "pass",
        /// Something to decide.
        Finding => "finding",
        /// Accepted by a named owner until a date.
        Exception => "exception",
        /// Could not be looked at, with the reason.
        NotEvaluable => "not-evaluable",
    }
}

words! {
    /// Why a check could not look.
    ReasonCode {
        /// The tenant lacks the licence.
        NoLicence => "no_licence",
        /// The permission does not reach.
        NoScope => "no_scope",
        /// No witness of that kind.
        NoTelemetry => "no_telemetry",
        /// Observed for too short a time.
        TooYoung => "too_young",
        /// The record no longer exists.
        OutsideRetention => "outside_retention",
        /// The source is older than the question.
        SourceStale => "source_stale",
        /// Two collections could not be joined.
        JoinMissing => "join_missing",
    }
}

/// A question that could not be answered, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotEvaluable {
    /// Why.
    pub reason: ReasonCode,
    /// In words, with what would help.
    pub message: String,
}

/// One row of the findings table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The check.
    pub check: CheckId,
    /// Its verdict.
    pub result: Verdict,
    /// Its weight.
    pub severity: Severity,
    /// `principal`, `policy`, `package`, `application`, `tenant` …
    pub subject_kind: String,
    /// Object id of what the finding is about.
    pub subject_id: String,
    /// Its name.
    pub subject_name: String,
    /// Kind of what the subject holds or does.
    pub object_kind: String,
    /// Its id.
    pub object_id: String,
    /// Its name.
    pub object_name: String,
    /// The assignment concerned, wherever the ledger knows it.
    pub assignment_id: String,
    /// The request concerned, wherever the ledger knows it.
    pub request_id: String,
    /// Beginning of the interval.
    pub from: Option<Instant>,
    /// End of the interval.
    pub until: Option<Instant>,
    /// A short machine word for the variant (`expired`, `pre-existing`), or the reason code.
    pub reason: String,
    /// One sentence with the numbers in it.
    pub message: String,
    /// Control ids, `framework id`.
    pub controls: Vec<String>,
    /// `table:record_id`, sorted.
    pub evidence: Vec<String>,
    /// Of a finding about several people, assignments or settings: each of them, by id, sorted. No column shows it.
    pub covers: Vec<String>,
    /// Stable over time: see [`fingerprint`].
    pub fingerprint: String,
    /// What would clear it.
    pub clears_when: String,
}

impl Finding {
    /// A row of a check that says nothing yet.
    #[must_use]
    pub fn blank(check: CheckId) -> Self {
        let empty = String::new;
        Self {
            check,
            result: Verdict::Finding,
            severity: Severity::Info,
            subject_kind: empty(),
            subject_id: empty(),
            subject_name: empty(),
            object_kind: empty(),
            object_id: empty(),
            object_name: empty(),
            assignment_id: empty(),
            request_id: empty(),
            from: None,
            until: None,
            reason: empty(),
            message: empty(),
            controls: Vec::new(),
            evidence: Vec::new(),
            covers: Vec::new(),
            fingerprint: empty(),
            clears_when: empty(),
        }
    }
}

/// Identity of a finding: tenant, check, subject, object, and assignment or request id.
///
/// Nothing that ages out of a log takes part, so the same fault keeps its fingerprint from quarter to quarter.
/// The first 32 hex digits of SHA-256 over the parts, each followed by a zero byte.
#[must_use]
pub fn fingerprint(tenant: &TenantId, check: CheckId, subject: &str, object: &str, assignment: &str) -> String {
    let mut hash = Sha256::new();
    for part in [tenant.as_str(), check.as_str(), subject, object, assignment] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut text = hex::encode(hash.finalize());
    text.truncate(32);
    text
}
