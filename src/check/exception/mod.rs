//! Access that nothing explains, or that is more than it should be.

pub(super) mod exc_01;
pub(super) mod exc_02;
pub(super) mod exc_03;
pub(super) mod exc_04;
pub(super) mod exc_05;
pub(super) mod exc_06;
pub(super) mod exc_07;
pub(super) mod exc_08;
pub(super) mod exc_09;
pub(super) mod exc_10;
pub(super) mod exc_11;
mod peers;
