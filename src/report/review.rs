//! Everything that a report is made of, handed over by whoever asked for it.

use crate::lake::records::{Reject, Snapshot, Source, without_value};
use crate::ledger::AccessModel;
use crate::model::{Finding, Instant, Severity, Verdict, Window};
use crate::report::Audience;
use crate::report::columns::Forms;
use crate::report::progress::Section;
use std::collections::BTreeMap;

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

impl Review<'_> {
    /// How many records were read and not taken: by the books of the sources, since only so many of a file are kept one by one.
    #[must_use]
    pub fn excluded(&self) -> usize {
        let by_books: i64 = self.sources.iter().map(|s| s.rejected.saturating_add(s.unmapped)).sum();
        let one_by_one = self.rejects.iter().map(|r| r.count).sum();
        usize::try_from(by_books).unwrap_or(0).max(one_by_one)
    }
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

impl RejectLine {
    /// Excluded records by file and reason; reasons that differ in the value of a record are one, told with the first value.
    #[must_use]
    pub fn grouped(rows: &[Reject]) -> Vec<Self> {
        let mut groups: BTreeMap<(&str, &str, &str), (usize, &str, bool)> = BTreeMap::new();
        for r in rows {
            let group = groups.entry((&r.path, &r.verdict, without_value(&r.reason))).or_insert((0, &r.reason, false));
            group.0 += 1;
            group.2 |= group.1 != r.reason;
            group.1 = group.1.min(&r.reason);
        }
        let line = |((path, verdict, _), (count, first, differ)): ((&str, &str, &str), (usize, &str, bool))| Self {
            path: path.into(),
            verdict: verdict.into(),
            reason: if differ { format!("{first} and other values") } else { first.into() },
            count,
        };
        groups.into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_differ_in_the_value_of_a_record_are_one_line() {
        let reject = |path: &str, reason: &str| Reject {
            path: path.into(),
            verdict: "rejected".into(),
            reason: reason.into(),
            ..Reject::default()
        };
        let rows = [
            reject("a", "no readable time: 'y'"),
            reject("a", "no readable time: 'x'"),
            reject("a", "no id"),
            reject("b", "no readable time: 'x'"),
        ];
        let told: Vec<(String, usize)> = RejectLine::grouped(&rows)
            .into_iter()
            .map(|l| (format!("{}: {}", l.path, l.reason), l.count))
            .collect();
        let expected = [
            ("a: no id", 1),
            ("a: no readable time: 'x' and other values", 2),
            ("b: no readable time: 'x'", 1),
        ];
        assert_eq!(told, expected.map(|(text, n)| (text.to_string(), n)));
    }
}
