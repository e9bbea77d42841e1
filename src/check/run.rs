//! Runs checks: all of them or some, part by part, with an answer that the division does not change.

use crate::check::{Check, Context, Index, Outcome, Part, Shard, all, words};
use crate::config::Config;
use crate::ledger::AccessModel;
use crate::model::{CheckId, Finding, Instant, Verdict};
use rayon::prelude::*;

/// What a check found.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// The check.
    pub check: &'static Check,
    /// Findings and what could not be looked at, sorted.
    pub findings: Vec<Finding>,
    /// How many were looked at and right.
    pub passed: usize,
    /// How many there were: right, found, and not to be looked at.
    pub population: usize,
}

/// Runs the checks of these ids, or all, in the order of the catalogue.
#[must_use]
pub fn run(access: &AccessModel, config: &Config, ids: Option<&[CheckId]>) -> Vec<CheckResult> {
    let parts = u64::try_from(rayon::current_num_threads()).unwrap_or(1);
    let index = Index::new(access);
    let wanted = |c: &&&'static Check| ids.is_none_or(|ids| ids.contains(&c.id));
    let checks: Vec<&'static Check> = all().iter().filter(wanted).copied().collect();
    checks
        .into_par_iter()
        .map(|check| {
            let mut outcome = in_parts(check, access, config, &index, parts);
            accept(&mut outcome.findings, config, access.as_of);
            CheckResult {
                check,
                findings: outcome.findings,
                passed: outcome.passed,
                population: outcome.population,
            }
        })
        .collect()
}

/// Findings that somebody accepted become exceptions: after every check is done, so that no check knows of it.
fn accept(findings: &mut [Finding], config: &Config, as_of: Instant) {
    for finding in findings.iter_mut().filter(|f| f.result == Verdict::Finding) {
        let Some(entry) = config.exceptions.iter().find(|e| e.holds(as_of) && e.is_of(finding)) else {
            continue;
        };
        let ticket = if entry.ticket.is_empty() {
            String::new()
        } else {
            format!(", {}", entry.ticket)
        };
        let last = words::day(entry.until.plus(-1));
        finding.result = Verdict::Exception;
        finding.message = format!(
            "{}; accepted by {} until {last}{ticket}: {}.",
            finding.message.trim_end_matches('.'),
            entry.owner,
            entry.reason.trim_end_matches('.')
        );
        finding.clears_when = format!("It is a finding again after {last}. {}", finding.clears_when);
        finding.evidence.push(format!("exceptions:{}", entry.number));
        finding.evidence.extend(entry.evidence.iter().filter(|e| e.contains(':')).cloned());
        finding.evidence.sort();
        finding.evidence.dedup();
    }
}

/// One check, its work divided by its key.
pub(super) fn in_parts(check: &'static Check, access: &AccessModel, config: &Config, index: &Index, parts: u64) -> Outcome {
    let of = if check.shard_by == Shard::Whole { 1 } else { parts.max(1) };
    let outcomes: Vec<Outcome> = (0..of)
        .into_par_iter()
        .map(|number| (check.run)(&Context::new(access, config, index, check, Part { number, of })))
        .collect();
    Outcome::merged(outcomes)
}
