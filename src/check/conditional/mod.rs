//! Conditions under which people sign in.

mod applications;
mod arithmetic;
pub(super) mod cap_01;
pub(super) mod cap_02;
pub(super) mod cap_03;
pub(super) mod cap_04;
