//! Everything typed or seen; the only place that prints.

pub mod args;
pub mod exit;
pub mod select;
