//! Whether access comes before a reviewer.

pub(super) mod rev_01;
