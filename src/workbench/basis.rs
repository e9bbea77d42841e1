//! What an answer rests on, as far as it does not depend on what is asked: commit, instant, coverage, and what was never listed.

use crate::ledger::AccessModel;
use crate::ledger::absence::{Asked, Basis, Stretch, basis};
use crate::model::{Instant, Window};
use serde::Serialize;

/// What an answer rests on.
#[derive(Debug, Clone, Serialize)]
pub struct Rests {
    /// The instant of the questions.
    pub as_of: String,
    /// The commit, its first 12 letters.
    pub commit: String,
    /// Times are UTC.
    pub zone: &'static str,
    /// Beginning of the window that is asked about; empty where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// End of the window, exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Time that the audit log is proved or asserted to cover, within the window where there is one.
    pub covered: Vec<Stretch>,
    /// Time of the window that it does not cover.
    pub not_covered: Vec<Stretch>,
    /// Known gaps of the log, with their reasons.
    pub gaps: Vec<Stretch>,
    /// Collections of which the evidence store has no complete snapshot at all.
    pub never_listed: Vec<String>,
}

impl Rests {
    /// What any answer over a commit rests on.
    #[must_use]
    pub fn of(access: &AccessModel, commit: &str, window: Option<Window>) -> Self {
        let all = window.unwrap_or(Window {
            from: Instant(i64::MIN),
            until: access.as_of.plus(1),
        });
        let Basis {
            not_covered,
            gaps,
            never_listed,
            ..
        } = basis(access, &Asked::Resource(String::new()), all, false);
        let attested = access.coverage.get("audit").map(|c| c.attested.as_slice()).unwrap_or_default();
        let stretch = |w: &Window| Stretch {
            from: Some(w.from.to_string()),
            until: Some(w.until.to_string()),
            reason: String::new(),
        };
        Self {
            as_of: access.as_of.to_string(),
            commit: commit.to_string(),
            zone: "UTC",
            from: window.filter(|w| w.from.0 != i64::MIN).map(|w| w.from.to_string()),
            until: window.map(|w| w.until.to_string()),
            covered: crate::model::time::common(attested, &[all]).iter().map(stretch).collect(),
            not_covered: if window.is_some() { not_covered } else { Vec::new() },
            gaps,
            never_listed,
        }
    }

    /// Whether the log covers all of the window that was asked about; false where no window was.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        self.until.is_some() && self.not_covered.is_empty() && self.gaps.is_empty()
    }

    /// Lines for people, the most telling first.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let span = |s: &Stretch| {
            let end = |t: &Option<String>| t.clone().unwrap_or_else(|| "?".into());
            format!("{} until {}", end(&s.from), end(&s.until))
        };
        let some = |all: &[Stretch]| all.iter().take(5).map(span).collect::<Vec<_>>().join("; ");
        let mut lines = vec![if self.covered.is_empty() {
            "audit log: nothing is proved or asserted to be covered".to_string()
        } else {
            format!("audit log covered: {}", some(&self.covered))
        }];
        if !self.not_covered.is_empty() {
            lines.push(format!("not covered: {}", some(&self.not_covered)));
        }
        lines.extend(self.gaps.iter().take(5).map(|g| format!("gap: {}: {}", span(g), g.reason)));
        if !self.never_listed.is_empty() {
            lines.push(format!("never listed whole: {}", self.never_listed.join(", ")));
        }
        lines
    }
}
