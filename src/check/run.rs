//! Runs checks: all of them or some, part by part, with an answer that the division does not change.

use crate::check::{Check, Context, Index, Outcome, Part, Shard, all};
use crate::config::Config;
use crate::ledger::AccessModel;
use crate::model::{CheckId, Finding};
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
            // The register of accepted exceptions is applied here, once it exists: after merging, before anybody counts.
            let outcome = in_parts(check, access, config, &index, parts);
            CheckResult {
                check,
                findings: outcome.findings,
                passed: outcome.passed,
                population: outcome.population,
            }
        })
        .collect()
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
