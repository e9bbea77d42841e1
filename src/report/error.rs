//! What can go wrong while a report is written.

use std::path::{Path, PathBuf};

/// An error of the report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file could not be written.
    #[error("cannot {what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Parquet or Arrow refused.
    #[error("cannot encode {what}: {message}")]
    Encode {
        /// What was being encoded.
        what: &'static str,
        /// Why not.
        message: String,
    },
    /// A chart could not be drawn.
    #[error("cannot draw the chart '{chart}': {message}")]
    Chart {
        /// Its question.
        chart: String,
        /// Why not.
        message: String,
    },
    /// The page could not be put together.
    #[error("cannot put the page together: {0}")]
    Page(String),
}

impl ReportError {
    /// Adds the place to an error of the file system.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { what, path, source }
    }

    /// Adds the table to an error of Arrow or Parquet.
    pub(crate) fn encode<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |e| Self::Encode { what, message: e.to_string() }
    }
}
