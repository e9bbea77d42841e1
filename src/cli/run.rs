//! `run`: the main job in one go; `report`: its last step alone.

use crate::check;
use crate::cli::args::{ReportArgs, RunArgs};
use crate::cli::ask::{exit_for, severity};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{self, Question};
use crate::cli::{output, take};
use crate::lake::records::{Reject, Snapshot, Source};
use crate::model::{Finding, Instant, Severity, Verdict, Window};
use crate::report::{self, Review};
use std::collections::BTreeMap;
use std::path::Path;

/// Ingest, condense, ledger, checks, report.
pub fn run(args: &RunArgs, now: Instant, crash_at: Option<&str>) -> Result<Exit, Failure> {
    let limit = args.fail_on.as_deref().map(severity).transpose()?;
    open::configuration(&args.question)?;
    take::ingest(&args.take, &open::lake_dir(&args.lake), now, crash_at)?;
    let question = open::question(&args.lake, &args.question)?;
    let findings = write(&question, &args.out)?;
    Ok(exit_for(&findings, limit))
}

/// The report of a lake.
pub fn report(args: &ReportArgs) -> Result<Exit, Failure> {
    let question = open::question(&args.lake, &args.question)?;
    write(&question, &args.out)?;
    Ok(Exit::Done)
}

/// Runs the checks and writes the report; the last line says which file to open.
fn write(question: &Question, out: &Path) -> Result<Vec<Finding>, Failure> {
    let estate = &question.estate;
    let results = check::run(estate, &question.config, None);
    let findings: Vec<Finding> = results.iter().flat_map(|r| r.findings.iter().cloned()).collect();
    let (sources, snapshots) = (question.view.rows::<Source>()?, question.view.rows::<Snapshot>()?);
    let tenant = estate.tenant.to_string();
    let review = Review {
        tenant: &tenant,
        commit: &question.commit,
        as_of: estate.as_of,
        profile: &question.config.profile,
        period: period(question),
        findings: &findings,
        checks: results.iter().map(summary).collect(),
        thresholds: thresholds(question),
        holdings: &estate.holdings,
        sources: &sources,
        snapshots: &snapshots,
        coverage: &estate.coverage,
        unknown_activities: &estate.unknown_activities,
        rejects: rejects(&question.view.rows::<Reject>()?),
    };
    let written = report::write(&review, out).map_err(Failure::usage)?;
    tell(&findings, estate.holdings.len());
    output::say(&format!("open {}", written.index.display()));
    Ok(findings)
}

fn tell(findings: &[Finding], holdings: usize) {
    let count = |s: Severity| findings.iter().filter(|f| f.result == Verdict::Finding && f.severity == s).count();
    let unanswered = findings.iter().filter(|f| f.result == Verdict::NotEvaluable).count();
    output::say(&format!(
        "{holdings} holdings; findings: {} high, {} medium, {} low; {unanswered} questions not evaluable",
        count(Severity::High),
        count(Severity::Medium),
        count(Severity::Low)
    ));
}

/// The year before the instant of the questions, or less where no record is as old.
fn period(question: &Question) -> Window {
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
