//! Who approved, and whether anybody did.

pub(super) mod apr_01;
pub(super) mod apr_03;
