//! Access that has no end, or outlives it.

mod decisions;
mod ends;
pub(super) mod exp_01;
pub(super) mod exp_02;
pub(super) mod exp_03;
pub(super) mod exp_04;
pub(super) mod exp_05;
pub(super) mod exp_06;
pub(super) mod exp_07;
pub(super) mod exp_08;
pub(super) mod exp_09;
