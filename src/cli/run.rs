//! `run`: the main job in one go; `report`: its last step alone.

use crate::cli::args::{ReportArgs, RunArgs};
use crate::cli::ask::{exit_for, severity};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{self, Question};
use crate::cli::render_args::RenderArgs;
use crate::cli::review::Answers;
use crate::cli::{output, take};
use crate::model::{Finding, Instant, Severity, Verdict};
use crate::report;
use std::path::Path;

/// Ingest, condense, ledger, checks, report.
pub fn run(args: &RunArgs, now: Instant, crash_at: Option<&str>) -> Result<Exit, Failure> {
    let limit = args.fail_on.as_deref().map(severity).transpose()?;
    open::configuration(&args.question)?;
    take::ingest(&args.take, &open::lake_dir(&args.lake), now, crash_at)?;
    let question = open::question(&args.lake, &args.question)?;
    let findings = write(&question, &args.out, &args.render)?;
    Ok(exit_for(&findings, limit))
}

/// The report of a lake.
pub fn report(args: &ReportArgs) -> Result<Exit, Failure> {
    let question = open::question(&args.lake, &args.question)?;
    write(&question, &args.out, &args.render)?;
    Ok(Exit::Done)
}

/// Runs the checks and writes the report; the last line says which file to open.
fn write(question: &Question, out: &Path, render: &RenderArgs) -> Result<Vec<Finding>, Failure> {
    if render.csv_raw {
        output::say(output::RAW);
    }
    let answers = Answers::of(question)?;
    let written = report::write(&answers.review(question, render.audience(), render.csv()), out).map_err(Failure::usage)?;
    tell(&answers.findings, question.estate.holdings.len());
    output::say(&format!("open {}", written.index.display()));
    Ok(answers.findings)
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
