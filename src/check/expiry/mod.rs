//! Access that has no end, or outlives it.

mod ends;
pub(super) mod exp_01;
pub(super) mod exp_05;
