//! The index of controls: each control of a framework, the checks that test it, and their rows.

use super::number;
use crate::report::{Review, Verdicts};
use std::collections::BTreeMap;

/// A control with its checks.
pub struct ControlRow {
    pub framework: String,
    pub control: String,
    /// Check ids, and whether there are rows to go to.
    pub checks: Vec<(String, bool)>,
    pub population: String,
    pub findings: String,
    pub exceptions: String,
    pub not_evaluable: String,
    /// What the rows say, for a reader in a hurry.
    pub says: &'static str,
    /// Class of the mark.
    pub tone: &'static str,
}

/// Controls by framework and id.
pub fn controls(review: &Review) -> Vec<ControlRow> {
    let counts = Verdicts::by_check(review.findings);
    let mut by: BTreeMap<(String, String), Vec<&crate::report::CheckSummary>> = BTreeMap::new();
    for check in &review.checks {
        for control in check.controls.split("; ").filter(|c| !c.is_empty()) {
            let (framework, id) = control.rsplit_once(' ').unwrap_or(("", control));
            by.entry((framework.to_string(), id.to_string())).or_default().push(check);
        }
    }
    by.into_iter()
        .map(|((framework, control), checks)| row(framework, control, &checks, &counts))
        .collect()
}

fn row(framework: String, control: String, checks: &[&crate::report::CheckSummary], counts: &BTreeMap<&str, Verdicts>) -> ControlRow {
    let of = |id: &str| counts.get(id).copied().unwrap_or_default().each();
    let sum = |place: usize| checks.iter().map(|c| of(&c.id)[place]).sum::<usize>();
    let (says, tone) = match (sum(0), sum(2), checks.iter().map(|c| c.population).sum::<usize>()) {
        (0, 0, 0) => ("no population", ""),
        (0, 0, _) => ("no exception noted", ""),
        (0, ..) => ("partly untested", "medium"),
        _ => ("exceptions noted", "high"),
    };
    ControlRow {
        framework,
        control,
        checks: checks.iter().map(|c| (c.id.clone(), of(&c.id).iter().sum::<usize>() > 0)).collect(),
        population: number(checks.iter().map(|c| c.population).sum::<usize>()),
        findings: number(sum(0)),
        exceptions: number(sum(1)),
        not_evaluable: number(sum(2)),
        says,
        tone,
    }
}
