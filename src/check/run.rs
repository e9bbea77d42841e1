//! Runs checks: all of them or some, part by part, with an answer that the division does not change; then the register.

use crate::check::accept::{Names, accept};
use crate::check::register::reg_01;
use crate::check::{Check, Context, Index, Outcome, Part, Shard, Taker, own};
use crate::config::Config;
use crate::ledger::AccessModel;
use crate::model::{CheckId, Finding, Stage};
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

/// Runs the checks of these ids, or all, in the order of the catalogue; what somebody accepted is an exception afterwards.
#[must_use]
pub fn run(access: &AccessModel, config: &Config, ids: Option<&[CheckId]>) -> Vec<CheckResult> {
    let parts = u64::try_from(rayon::current_num_threads()).unwrap_or(1);
    let index = Index::new(access);
    let wanted = |id: CheckId| ids.is_none_or(|ids| ids.contains(&id));
    let register = wanted(reg_01::CHECK.id) && !config.exceptions.is_empty();
    let needed = |c: &&'static Check| c.id != reg_01::CHECK.id && (wanted(c.id) || register && reg_01::rests_on(config, c.id));
    let catalogue = own::catalogue(config);
    let (mine, checks): (Vec<&'static Check>, Vec<&'static Check>) = catalogue.iter().copied().filter(needed).partition(|c| c.own.is_some());
    let mut judged: Vec<(CheckId, Outcome)> = checks
        .into_par_iter()
        .map(|check| (check.id, in_parts(check, access, config, &index, parts)))
        .collect();
    // One at a time: each is watched for what it costs.
    judged.extend(mine.into_iter().map(|check| (check.id, in_parts(check, access, config, &index, 1))));
    if wanted(reg_01::CHECK.id) {
        let context = Context::new(access, config, &index, &reg_01::CHECK, Part::WHOLE).after(&judged);
        let stage = Stage::begin(reg_01::CHECK.id.as_str());
        let outcome = Outcome::merged(vec![(reg_01::CHECK.run)(&context)]);
        stage.yields(outcome.population);
        judged.push((reg_01::CHECK.id, outcome));
    }
    let names = Names::of(access, config);
    let mut of = |check: &'static Check| {
        let place = judged.iter().position(|(id, _)| *id == check.id)?;
        let (_, mut outcome) = judged.swap_remove(place);
        accept(&mut outcome.findings, config, &names, access.as_of);
        Some(CheckResult {
            check,
            findings: outcome.findings,
            passed: outcome.passed,
            population: outcome.population,
        })
    };
    catalogue.into_iter().filter(|c| wanted(c.id)).filter_map(&mut of).collect()
}

/// Whether a check can list what is right: those of the catalogue, but for the register, which judges entries and no access.
#[must_use]
pub fn lists_passed(check: &Check) -> bool {
    check.own.is_none() && check.id != reg_01::CHECK.id
}

/// Hands over the subjects that a check found right, each with what was seen, in no order; the index must be of the same access.
pub fn passed(access: &AccessModel, config: &Config, index: &Index, check: &'static Check, taker: Taker) {
    if lists_passed(check) {
        (check.run)(&Context::new(access, config, index, check, Part::WHOLE).handing_passed_to(taker));
    }
}

/// One check, its work divided by its key. What `-v` says of its time is the check's own with one thread only
/// (`RAYON_NUM_THREADS=1`): a thread that waits for its parts helps other checks meanwhile.
pub(super) fn in_parts(check: &'static Check, access: &AccessModel, config: &Config, index: &Index, parts: u64) -> Outcome {
    let of = if check.shard_by == Shard::Whole { 1 } else { parts.max(1) };
    let stage = Stage::begin(check.id.as_str());
    let outcomes: Vec<Outcome> = (0..of)
        .into_par_iter()
        .map(|number| (check.run)(&Context::new(access, config, index, check, Part { number, of })))
        .collect();
    let outcome = Outcome::merged(outcomes);
    stage.yields(outcome.population);
    outcome
}
