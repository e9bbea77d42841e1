//! What can go wrong with a lake, with the path and the cure.

use std::path::{Path, PathBuf};

/// An error of the lake.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// A file could not be read or written.
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
    #[error("cannot {what} {path}: {message}")]
    Format {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        message: String,
    },
    /// A data file is missing, or has other bytes than its commit says.
    #[error("{path} {how}; restore it from a copy of the lake, or ingest its sources into a new one")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// `is missing`, or how it differs.
        how: &'static str,
    },
    /// No lake at that place.
    #[error("no lake at {0}; ingest something first, or name the lake with --lake DIR")]
    Missing(PathBuf),
    /// The folder holds something else.
    #[error("{0} is not a lake and not empty; choose an empty folder or a new name")]
    Foreign(PathBuf),
    /// Written by a newer program.
    #[error("the lake {path} has format {found}, and this program knows format {known}; use a newer vouchsafe")]
    Newer {
        /// The lake.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The lake belongs to another tenant.
    #[error("the lake {path} holds tenant {held}, and this input is of tenant {given}; use a lake for each tenant")]
    OtherTenant {
        /// The lake.
        path: PathBuf,
        /// Tenant in the lake.
        held: String,
        /// Tenant of the input.
        given: String,
    },
    /// Somebody else is writing.
    #[error("another vouchsafe is writing to {0}; wait until it has ended")]
    Locked(PathBuf),
    /// No commit has that name, or several.
    #[error("{found} commits of {path} begin with '{name}'; `lake status` prints the newest, give at least eight letters of one")]
    NoCommit {
        /// The lake.
        path: PathBuf,
        /// What was asked for.
        name: String,
        /// How many have it.
        found: usize,
    },
    /// A commit does not follow from the one before it.
    #[error("the commit log of {path} is broken at commit {sequence}: {message}")]
    Chain {
        /// The lake.
        path: PathBuf,
        /// Where.
        sequence: u64,
        /// How.
        message: String,
    },
}

impl LakeError {
    /// Adds what was tried and where to an IO error.
    pub fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { what, path, source }
    }

    /// The same for any other error.
    pub fn format<E: std::fmt::Display>(what: &'static str, path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_path_buf();
        move |e| Self::Format {
            what,
            path,
            message: e.to_string(),
        }
    }
}
