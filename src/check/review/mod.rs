//! Whether access comes before a reviewer, and what comes of it.

mod items;
pub(super) mod rev_01;
pub(super) mod rev_02;
pub(super) mod rev_03;
pub(super) mod rev_04;
pub(super) mod rev_05;
pub(super) mod rev_06;
pub(super) mod rev_07;
pub(super) mod rev_08;
