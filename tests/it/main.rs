//! The integration tests, one binary: polars is linked once.

mod common;
mod crash;
mod evidence;
mod main_job;
mod real;
mod tidy;
mod tools;
mod truth;
