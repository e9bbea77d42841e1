//! Parquet and commits on disk; the only place that knows file and column names.
