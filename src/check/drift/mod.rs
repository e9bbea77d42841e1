//! What changed behind access that people had agreed to.

pub(super) mod drf_01;
pub(super) mod drf_02;
