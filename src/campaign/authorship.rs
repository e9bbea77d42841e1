//! How it is known who decided: one grade for each item of the population, counted so that they sum to it.

use crate::campaign::log::{DecidedBy, Proof};
use crate::campaign::state::State;
use std::collections::BTreeMap;

/// The grades in the order in which they are told, strongest first, each with what it means.
pub const GRADES: [(&str, &str); 7] = [
    ("sshsig", "signed by the reviewer with an SSH key"),
    ("email", "sent in a mail that the reviewer's mail domain signed"),
    ("entra", "recorded by Entra in its own review"),
    ("operator-asserted", "no independent evidence of who decided: the word of whoever imported it"),
    ("no-response", "no response, default applied"),
    ("entra-settings", "applied by the settings of Entra without a reviewer"),
    ("undecided", "undecided"),
];

/// Items by grade; every grade is there, also with none, and all of them sum to the population.
#[must_use]
pub fn grades(state: &State) -> BTreeMap<String, u64> {
    let by_import: BTreeMap<u64, &Proof> = state.imports.iter().map(|(sequence, _, r)| (*sequence, &r.proof)).collect();
    let mut counts: BTreeMap<String, u64> = GRADES.iter().map(|(grade, _)| ((*grade).to_string(), 0)).collect();
    for index in 0..state.items.len() {
        let grade = match state.effective_decision(index).map(|(_, d)| (d.by, d.import)) {
            None => "undecided",
            Some((DecidedBy::NoResponse, _)) => "no-response",
            Some((DecidedBy::System, _)) => "entra-settings",
            Some((DecidedBy::Person, import)) => by_import.get(&import).map_or("operator-asserted", |p| p.kind()),
        };
        *counts.entry(grade.to_string()).or_default() += 1;
    }
    counts
}

/// What a grade means; the grade itself where it is none of these.
#[must_use]
pub fn words(grade: &str) -> &str {
    GRADES.iter().find(|(g, _)| *g == grade).map_or(grade, |(_, words)| words)
}

/// `40 of 52 no independent evidence …; 12 of 52 signed …`: grades that occur, strongest first.
#[must_use]
pub fn sentence(counts: &BTreeMap<String, u64>) -> String {
    let all: u64 = counts.values().sum();
    let told = GRADES.iter().filter_map(|(grade, words)| {
        let n = counts.get(*grade).copied().filter(|n| *n > 0)?;
        Some(format!("{n} {words} (`{grade}`)"))
    });
    format!("{all} items = {}", told.collect::<Vec<_>>().join(" + "))
}
