//! The index of controls: each control of a framework, the checks that speak to it, and their rows.

use super::number;
use crate::model::Verdict;
use crate::report::Review;
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
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for f in review.findings {
        let place = match f.result {
            Verdict::Finding => 0,
            Verdict::Exception => 1,
            Verdict::NotEvaluable => 2,
            Verdict::Pass => continue,
        };
        counts.entry(f.check.as_str()).or_default()[place] += 1;
    }
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

fn row(framework: String, control: String, checks: &[&crate::report::CheckSummary], counts: &BTreeMap<&str, [usize; 3]>) -> ControlRow {
    let of = |id: &str| counts.get(id).copied().unwrap_or_default();
    let sum = |place: usize| checks.iter().map(|c| of(&c.id)[place]).sum::<usize>();
    let (says, tone) = match (sum(0), sum(2), checks.iter().map(|c| c.population).sum::<usize>()) {
        (0, 0, 0) => ("nothing to look at", ""),
        (0, 0, _) => ("no deviation seen", ""),
        (0, ..) => ("partly not evaluable", "medium"),
        _ => ("deviations", "high"),
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
