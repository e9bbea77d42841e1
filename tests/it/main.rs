//! The integration tests, one binary: polars is linked once.

mod common;
mod crash;
mod tidy;
mod truth;
