//! Where heavy SQL runs; today the local engine.
//!
//! In go the live files of a commit, out comes a frame: an engine of the user's can take the place of the local one,
//! since `queries/condense/*.sql` keeps to what polars, DuckDB and Spark answer alike.

mod local;
pub mod sql;

pub use local::{EngineError, Local};
