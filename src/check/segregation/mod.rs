//! Populations and accounts that should be kept apart.

pub(super) mod seg_01;
pub(super) mod seg_02;
pub(super) mod seg_03;
pub(super) mod seg_04;
pub(super) mod seg_05;
pub(super) mod seg_06;
