//! What stands between an account and a package's application.

pub(super) mod cap_03;
