//! Populations and accounts that should be kept apart.

pub(super) mod seg_01;
pub(super) mod seg_05;
