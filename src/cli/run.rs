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
