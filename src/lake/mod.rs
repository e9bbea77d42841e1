//! Parquet and commits on disk; the only place that knows file and column names.

pub mod column;
pub mod objects;
pub mod records;
pub mod table;
