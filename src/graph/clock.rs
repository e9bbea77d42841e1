//! Time as it is given from outside.

use crate::model::Instant;

/// The clock of a pull.
pub trait Clock: Send + Sync {
    /// What the calendar says: bounds of windows, instants of looks, ends of tokens.
    fn now(&self) -> Instant;

    /// Microseconds since some beginning, on the clock of the limits: under `--pace-scale N` it runs N times as fast.
    fn ticks(&self) -> i64;

    /// Waits for microseconds on the clock of the limits.
    fn sleep(&self, micros: i64);
}
