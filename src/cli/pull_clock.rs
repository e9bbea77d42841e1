//! The clock of a pull: the wall's, and a faster one for the limits of test servers.

use crate::graph::Clock;
use crate::model::Instant;
use std::time::Duration;

/// The clock on the wall, from the instant at which the program began, and a faster one for the limits.
pub struct Wall {
    base: Instant,
    began: std::time::Instant,
    scale: i64,
}

impl Wall {
    /// `base` is what the wall says now; the clock of the limits runs `scale` times as fast.
    #[must_use]
    pub fn new(base: Instant, scale: u32) -> Self {
        Self {
            base,
            began: std::time::Instant::now(),
            scale: i64::from(scale.max(1)),
        }
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX / 1_000_000)
    }
}

impl Clock for Wall {
    fn now(&self) -> Instant {
        self.base.plus(self.elapsed())
    }

    fn ticks(&self) -> i64 {
        self.elapsed().saturating_mul(self.scale)
    }

    fn sleep(&self, micros: i64) {
        let real = u64::try_from(micros / self.scale).unwrap_or(0);
        std::thread::sleep(Duration::from_micros(real.max(200)));
    }
}
