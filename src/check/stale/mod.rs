//! Access that is there and not used.

pub(super) mod sta_01;
pub(super) mod sta_02;
pub(super) mod sta_03;
mod telemetry;
mod telemetry_window;
