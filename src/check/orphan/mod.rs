//! Access whose holder, owner or approver is no longer there.

pub(super) mod orp_02;
