//! A campaign as a part of the report: made of text that is covered already, so that the report can be for any reader.

use super::{Progress, charts, minute, tables};
use crate::campaign::ReviewerKey;
use crate::campaign::outcome::OutcomeWord;
use crate::campaign::review_quality::review_quality;
use crate::model::time::SECOND;
use crate::report::charts::reviewers::Reviewer;
use crate::report::charts::{Chart, thousands};
use crate::report::privacy::Privacy;
use std::collections::BTreeMap;

/// What the report tells of a campaign.
pub struct Section {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `open`, `closed` …
    pub status: String,
    /// When it was opened, when it is due, and as of when this is told.
    pub facts: Vec<(&'static str, String)>,
    /// How far it is, in two sentences.
    pub answer: String,
    /// The identity of its population.
    pub identity: String,
    /// What became of its removals, by the directory as of the report: words with their counts; empty before the close.
    pub outcomes: Vec<(&'static str, String)>,
    /// What is to be known beside the numbers.
    pub warnings: Vec<String>,
    /// Its pictures; none where people are not named, since names stand in them.
    pub charts: Vec<Chart>,
    /// Reviewers, entitlements and proofs.
    pub tables: Vec<tables::Table>,
    /// Decisions of persons by reviewer, for the picture of all reviewers.
    pub reviewers: Vec<Reviewer>,
}

impl Section {
    /// The section of a campaign; `outcomes` counts what became of its removals.
    #[must_use]
    pub fn of(progress: &Progress, outcomes: &BTreeMap<OutcomeWord, usize>, privacy: &Privacy) -> Self {
        let state = progress.state;
        let review_quality = review_quality(state);
        let covered = |text: &str| privacy.text(text);
        let mut tables = vec![
            tables::reviewers(progress, &review_quality),
            tables::packages(progress),
            tables::proofs(progress),
            tables::agreed(progress),
        ];
        let named = privacy.pseudonyms.is_none();
        // A key is the beginning of an address, which no text can be searched for: it stands for the person behind it.
        let reviewer = |key: &str| {
            let key = ReviewerKey::new(key);
            let person = state.reviewers.get(&key).filter(|r| !r.principal_id.is_empty());
            match person {
                _ if key.is_unassigned() => key.to_string(),
                Some(person) if !named => privacy.alone(&person.principal_id),
                _ => privacy.alone(key.as_str()),
            }
        };
        for table in &mut tables {
            let proofs = table.id == tables::PROOFS;
            let place = |name: &str| table.heads.iter().position(|h| h.name == name);
            let (key, file, by) = (place("reviewer"), place("file").filter(|_| !named), place("imported by").filter(|_| proofs));
            for row in &mut table.rows {
                let operator = by.and_then(|at| row.get(at).cloned()).unwrap_or_default();
                for (at, cell) in row.iter_mut().enumerate() {
                    *cell = match Some(at) {
                        at if at == key => reviewer(cell),
                        at if at == file => "not shown".into(),
                        at if at == by && by.is_some() => privacy.alone(cell),
                        _ if named || operator.is_empty() => covered(cell),
                        _ => covered(cell).replace(&operator, &privacy.alone(&operator)),
                    };
                }
            }
        }
        // Those of Entra are in the lake as decisions too, and count once.
        let own = review_quality.iter().filter(|_| state.head.entra_instance.is_none());
        let reviewers = own.filter_map(|m| {
            Some(Reviewer {
                name: reviewer(m.reviewer.as_str()),
                decisions: m.decided,
                kept: m.kept,
                pace: charts::each(m)? * SECOND,
            })
        });
        let mut warnings: Vec<String> = state.head.warnings.iter().map(|w| covered(w)).collect();
        warnings.extend(super::forced(state).iter().map(|w| covered(w)));
        warnings.extend(super::independence(state).iter().map(|w| covered(w)));
        warnings.extend(super::nobody_decided(progress));
        if let Some(told) = super::asserted(state) {
            warnings.push(told);
        }
        if !named {
            warnings.push("Its charts are left out, since they would name people.".into());
        }
        Self {
            id: state.head.id.to_string(),
            name: covered(&state.head.name),
            status: progress.status.to_string(),
            facts: vec![
                ("access as of", minute(state.head.as_of)),
                ("opened", minute(state.head.opened_at)),
                ("due before", minute(state.due_at)),
                ("status as of", minute(progress.at)),
            ],
            answer: super::answer(progress),
            identity: super::identity(progress),
            outcomes: outcomes.iter().map(|(word, n)| (word.as_str(), thousands(*n))).collect(),
            warnings,
            charts: if named { charts::all(progress, &review_quality) } else { Vec::new() },
            tables,
            reviewers: reviewers.collect(),
        }
    }
}
