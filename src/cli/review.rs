//! From a question to a review: the checks are run, and all that the outputs need is gathered once.

use crate::check;
use crate::cli::exit::Failure;
use crate::cli::open::Question;
use crate::lake::records::{Reject, Snapshot, Source};
use crate::model::{Finding, Window};
use crate::report::columns::Csv;
use crate::report::privacy::Privacy;
use crate::report::{self, Audience, Review};
use std::collections::BTreeMap;

/// What the checks said, with the books of the lake that a review borrows.
pub struct Answers {
    /// Results of every check.
    pub results: Vec<check::CheckResult>,
    /// Findings of all checks, in the order of the catalogue.
    pub findings: Vec<Finding>,
    /// Files that were read.
    pub sources: Vec<Source>,
    /// Looks at collections.
    pub snapshots: Vec<Snapshot>,
    /// Records that were not taken.
    pub rejects: Vec<Reject>,
    tenant: String,
}

impl Answers {
    /// Runs the checks and reads the books.
    pub fn of(question: &Question) -> Result<Self, Failure> {
        let results = check::run(&question.estate, &question.config, None);
        let findings = results.iter().flat_map(|r| r.findings.iter().cloned()).collect();
        Ok(Self {
            results,
            findings,
            sources: question.view.rows::<Source>()?,
            snapshots: question.view.rows::<Snapshot>()?,
            rejects: question.view.rows::<Reject>()?,
            tenant: question.estate.tenant.to_string(),
        })
    }

    /// Covers findings as a reader may see them.
    pub fn cover(&mut self, privacy: &Privacy) {
        let listed = self.results.iter_mut().flat_map(|r| &mut r.findings);
        listed.chain(&mut self.findings).for_each(|f| privacy.finding(f));
    }

    /// The review for one reader.
    pub fn review<'a>(&'a self, question: &'a Question, audience: Audience, csv: Csv) -> Review<'a> {
        let estate = &question.estate;
        Review {
            tenant: &self.tenant,
            commit: &question.commit,
            as_of: estate.as_of,
            profile: &question.config.profile,
            period: period(question),
            findings: &self.findings,
            checks: self.results.iter().map(summary).collect(),
            thresholds: thresholds(question),
            estate,
            sources: &self.sources,
            snapshots: &self.snapshots,
            rejects: rejects(&self.rejects),
            audience,
            csv,
        }
    }
}

/// The year before the instant of the questions, or less where no record is as old.
pub fn period(question: &Question) -> Window {
    let until = question.estate.as_of;
    let year_before = until.plus(-365 * crate::model::time::DAY);
    let first = question.estate.coverage.values().flat_map(|c| c.any.iter().map(|w| w.from)).min();
    let looks = question.estate.looks.values().flatten().map(|l| l.at).min();
    let oldest = first.into_iter().chain(looks).min().unwrap_or(year_before);
    Window {
        from: oldest.max(year_before).min(until),
        until,
    }
}

fn summary(result: &check::CheckResult) -> report::CheckSummary {
    let check = result.check;
    let page = check::Page::of(check);
    report::CheckSummary {
        id: check.id.to_string(),
        title: page.title.clone(),
        severity: check.severity,
        practice: check.practice.join(" "),
        what_to_do: page.section("What to do").trim().to_string(),
        controls: check
            .controls
            .iter()
            .map(|c| format!("{} {}", c.framework, c.id))
            .collect::<Vec<_>>()
            .join("; "),
        passed: result.passed,
        population: result.population,
    }
}

fn thresholds(question: &Question) -> Vec<report::ThresholdLine> {
    let line = |threshold: &&check::Threshold| {
        let setting = check::profiles::in_force(threshold, &question.config);
        let checks: Vec<&str> = check::all()
            .iter()
            .filter(|c| c.thresholds.contains(threshold))
            .map(|c| c.id.as_str())
            .collect();
        report::ThresholdLine {
            name: threshold.name.into(),
            value: setting.value,
            unit: threshold.unit.into(),
            origin: setting.origin,
            checks: checks.join(" "),
        }
    };
    check::thresholds().iter().map(line).collect()
}

fn rejects(rows: &[Reject]) -> Vec<report::RejectLine> {
    let mut counts: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for r in rows {
        *counts.entry((&r.path, &r.verdict, &r.reason)).or_default() += 1;
    }
    let line = |((path, verdict, reason), count): ((&str, &str, &str), usize)| report::RejectLine {
        path: path.into(),
        verdict: verdict.into(),
        reason: reason.into(),
        count,
    };
    counts.into_iter().map(line).collect()
}
