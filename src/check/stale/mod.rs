//! Access that is there and not used.

mod sight;
pub(super) mod sta_01;
pub(super) mod sta_02;
mod telemetry;
