//! How far a fact reaches: along the time in which the audit log would have told of a change.

use crate::ledger::access_model::Covered;
use crate::model::{Instant, Window};

/// The time that the audit log is proved or asserted to cover, without its gaps; sorted, disjoint.
///
/// What is only inferred from the first and the last record proves nothing between them: a filtered export looks the same.
#[derive(Debug, Clone, Default)]
pub(super) struct LogCoverage(Vec<Window>);

impl LogCoverage {
    /// Of a log; a gap of which nobody knows the time may lie anywhere, and leaves nothing.
    pub(super) fn of(log: Option<&Covered>) -> Self {
        let whole = log.filter(|c| c.gaps.iter().all(|(when, _)| when.is_some()));
        Self(whole.map(|c| c.attested.clone()).unwrap_or_default())
    }

    #[cfg(test)]
    pub(super) fn windows(windows: Vec<Window>) -> Self {
        Self(windows)
    }

    #[cfg(test)]
    pub(super) fn spans(&self) -> Vec<Window> {
        self.0.clone()
    }

    /// The same with holes where something happened that the log does not tell in full.
    pub(super) fn without(&self, instants: &[Instant]) -> Self {
        let holes: Vec<Window> = instants.iter().map(|at| Window::at(*at)).collect();
        Self(crate::model::time::without(&self.0, &holes))
    }

    /// The first instant after `at` of which the log says nothing; `at` itself when it is not covered.
    pub(super) fn forward(&self, at: Instant) -> Instant {
        self.0.iter().find(|w| w.from <= at && at < w.until).map_or(at, |w| w.until)
    }

    /// The first instant since when the log covers all of the time until `at`; `at` itself when it covers none before.
    pub(super) fn back(&self, at: Instant) -> Instant {
        self.0.iter().find(|w| w.from < at && at <= w.until).map_or(at, |w| w.from)
    }

    /// Whether the log covers all of the time between two instants.
    pub(super) fn watched(&self, from: Instant, until: Instant) -> bool {
        from >= until || self.0.iter().any(|w| w.from <= from && until <= w.until)
    }
}
