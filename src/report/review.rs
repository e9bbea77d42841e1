//! Everything that a report is made of, handed over by whoever asked for it.

use crate::lake::records::{Snapshot, Source};
use crate::ledger::AccessModel;
use crate::model::{Finding, Instant, Severity, Verdict, Window};
use crate::report::Audience;
use crate::report::columns::Forms;
use crate::report::progress::Section;

/// One review: the question, its results, and what they rest on.
pub struct Review<'a> {
    /// Tenant id.
    pub tenant: &'a str,
    /// The version of the evidence: the commit of the lake that was read.
    pub commit: &'a str,
    /// The instant of the questions.
    pub as_of: Instant,
    /// The profile of the thresholds.
    pub profile: &'a str,
    /// The time under review.
    pub period: Window,
    /// Results of every verdict.
    pub findings: &'a [Finding],
    /// The checks that ran, with what they looked at.
    pub checks: Vec<CheckSummary>,
    /// The thresholds in force.
    pub thresholds: Vec<ThresholdLine>,
    /// The ledger, the people, packages and policies, and what the logs cover.
    pub access: &'a AccessModel,
    /// Files that were read.
    pub sources: &'a [Source],
    /// Snapshots of collections.
    pub snapshots: &'a [Snapshot],
    /// Excluded records, counted.
    pub rejects: Vec<RejectLine>,
    /// The same questions at earlier month ends and, last, at the instant of this review.
    pub trend: Vec<TrendPoint>,
    /// Review campaigns of the lake, the newest first.
    pub campaigns: &'a [Section],
    /// Who reads it.
    pub audience: Audience,
    /// The forms of its tables.
    pub forms: Forms,
    /// What its title says of the work.
    pub cover: Cover,
}

/// What the title of a report says of the work: for whom, by whom, when, and who may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// For whom it was made; empty when nobody said.
    pub client: String,
    /// Who made it; empty when nobody said.
    pub prepared_by: String,
    /// Day of the report, as `2026-07-01`; empty when it is not known.
    pub date: String,
    /// Who may read it.
    pub classification: String,
}

impl Cover {
    /// What a report is when nobody said otherwise: it names people and their access.
    pub const CLASSIFICATION: &str = "Confidential: contains personal data";
}

impl Default for Cover {
    fn default() -> Self {
        Self {
            client: String::new(),
            prepared_by: String::new(),
            date: String::new(),
            classification: Self::CLASSIFICATION.into(),
        }
    }
}

/// What the same checks say at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrendPoint {
    /// The instant.
    pub at: Instant,
    /// Findings of severity high, medium, low and info.
    pub found: [usize; 4],
    /// Questions that could not be answered.
    pub not_evaluable: usize,
    /// Holdings held then.
    pub held: usize,
}

impl TrendPoint {
    /// Counts the results of one instant.
    #[must_use]
    pub fn of<'a>(at: Instant, held: usize, findings: impl Iterator<Item = &'a Finding>) -> Self {
        let mut point = Self {
            at,
            found: [0; 4],
            not_evaluable: 0,
            held,
        };
        for f in findings {
            match f.result {
                Verdict::Finding => point.found[3 - f.severity as usize] += 1,
                Verdict::NotEvaluable => point.not_evaluable += 1,
                Verdict::Exception | Verdict::Pass => {}
            }
        }
        point
    }
}

/// A check and what it looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckSummary {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its usual weight.
    pub severity: Severity,
    /// The practice that it belongs to.
    pub practice: String,
    /// What to do about a finding.
    pub what_to_do: String,
    /// Controls that it tests.
    pub controls: String,
    /// Subjects that passed.
    pub passed: usize,
    /// Subjects tested.
    pub population: usize,
}

/// A threshold and where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThresholdLine {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: i64,
    /// The unit of the value.
    pub unit: String,
    /// Default, profile or configuration.
    pub origin: String,
    /// Checks that use it.
    pub checks: String,
}

/// Records that are excluded for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectLine {
    /// Path of the source as given.
    pub path: String,
    /// `rejected` or `unmapped`.
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// How many.
    pub count: usize,
}
