//! Access whose holder, owner or approver is no longer there.

pub(super) mod orp_01;
pub(super) mod orp_02;
pub(super) mod orp_03;
pub(super) mod orp_04;
pub(super) mod orp_05;
