//! How it is known who decided: one grade for each item of the population, counted so that they sum to it.

use crate::campaign::log::{DecidedBy, ImportRecord, Proof};
use crate::campaign::state::State;
use crate::model::Instant;
use std::collections::BTreeMap;

/// The grades in the order in which they are told, strongest first, each with what it means.
pub const GRADES: [(&str, &str); 9] = [
    ("sshsig", "signed by the reviewer with an SSH key that was named at the opening"),
    (
        "email",
        "sent in a mail that the reviewer's mail domain signed, by a key that was named at the opening",
    ),
    ("entra", "recorded by Entra in its own review"),
    (
        "sshsig-later-key",
        "signed with an SSH key that was named only when the file came back: the word of whoever named it",
    ),
    (
        "email-later-key",
        "sent in a signed mail, by a key of the domain that was named only when it came back: the word of whoever named it",
    ),
    ("operator-asserted", "no independent evidence of who decided: the word of whoever imported it"),
    ("no-response", "no response, default applied"),
    ("entra-settings", "applied by the settings of Entra without a reviewer"),
    ("undecided", "undecided"),
];

/// Items by grade; every grade is there, also with none, and all of them sum to the population.
#[must_use]
pub fn grades(state: &State) -> BTreeMap<String, u64> {
    let by_import = by_import(state);
    let mut counts: BTreeMap<String, u64> = GRADES.iter().map(|(grade, _)| ((*grade).to_string(), 0)).collect();
    for index in 0..state.items.len() {
        let grade = match state.effective_decision(index).map(|(_, d)| (d.by, d.import)) {
            None => "undecided",
            Some((DecidedBy::NoResponse, _)) => "no-response",
            Some((DecidedBy::System, _)) => "entra-settings",
            Some((DecidedBy::Person, import)) => by_import.get(&import).copied().unwrap_or("operator-asserted"),
        };
        *counts.entry(grade.to_string()).or_default() += 1;
    }
    counts
}

/// The grade of each import, by the sequence number of its entry.
#[must_use]
pub fn by_import(state: &State) -> BTreeMap<u64, &'static str> {
    let grade = |record: &ImportRecord| record.proof.grade(&state.keys);
    state.imports.iter().map(|(sequence, _, r)| (*sequence, grade(r))).collect()
}

/// How much a grade proves; 0 for a word, or for what no person decided.
#[must_use]
pub fn rank(grade: &str) -> usize {
    let word = GRADES.iter().position(|(g, _)| *g == "operator-asserted").unwrap_or_default();
    GRADES.iter().position(|(g, _)| *g == grade).map_or(0, |place| word.saturating_sub(place))
}

/// A key that was named after the sheets had gone out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateKey {
    /// `SHA256:…` of an SSH key, or what DKIM says of a mail's key.
    pub key: String,
    /// Whose it is said to be.
    pub whose: String,
    /// When it was named: at the import of what it signed.
    pub at: Instant,
    /// Who named it.
    pub by: String,
    /// Items whose decision that binds it signed.
    pub items: usize,
}

/// The keys that were named after the opening and on which decisions rest that bind, in the order in which they were named.
#[must_use]
pub fn late_keys(state: &State) -> Vec<LateKey> {
    let mut found: Vec<LateKey> = Vec::new();
    for (sequence, at, record) in &state.imports {
        let (key, whose) = match &record.proof {
            Proof::Sshsig {
                principal, key_fingerprint, ..
            } => (key_fingerprint, principal),
            Proof::Email { from, dkim, .. } => (dkim, from),
            _ => continue,
        };
        if !record.proof.grade(&state.keys).ends_with("-later-key") {
            continue;
        }
        let rests = |index: &usize| {
            let binding = state.effective_decision(*index);
            binding.is_some_and(|(_, d)| d.by == DecidedBy::Person && d.import == *sequence)
        };
        let items = (0..state.items.len()).filter(rests).count();
        match found.iter_mut().find(|k| k.key == *key && k.whose == *whose) {
            Some(known) => known.items += items,
            None => found.push(LateKey {
                key: key.clone(),
                whose: whose.clone(),
                at: *at,
                by: record.imported_by.clone(),
                items,
            }),
        }
    }
    found.retain(|k| k.items > 0);
    found
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
