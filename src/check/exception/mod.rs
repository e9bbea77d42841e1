//! Access beside the packages that are there for it.

pub(super) mod exc_01;
