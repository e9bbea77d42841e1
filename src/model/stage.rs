//! Steps of a long computation, so that a person can see where time and memory go.
//!
//! A stage is a `tracing` span with the name of the step and the rows that it yielded. Nothing here reads a clock: who
//! listens (`cli::stages`) takes the time.

use tracing::field::Empty;
use tracing::span::EnteredSpan;

/// The target of the spans.
pub const TARGET: &str = "vouchsafe::stage";

/// A step that is under way until this is dropped.
pub struct Stage(EnteredSpan);

impl Stage {
    /// Begins a step.
    #[must_use]
    pub fn begin(name: &str) -> Self {
        Self(tracing::info_span!(target: TARGET, "stage", name, rows = Empty).entered())
    }

    /// Ends it with what it yielded.
    pub fn yields(self, rows: usize) {
        self.0.record("rows", rows);
    }
}

/// Does a step that yields a list.
///
/// # Errors
/// Those of the step.
pub fn list<T, E>(name: &str, step: impl FnOnce() -> Result<Vec<T>, E>) -> Result<Vec<T>, E> {
    let stage = Stage::begin(name);
    let rows = step()?;
    stage.yields(rows.len());
    Ok(rows)
}
