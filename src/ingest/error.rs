//! What stops an ingest.

use crate::ingest::sink::SinkError;
use std::fmt;
use std::path::PathBuf;

/// Why nothing was ingested.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// A path that was asked for is not there.
    #[error("no such file or folder: {}", path.display())]
    NotFound {
        /// The path as given.
        path: PathBuf,
    },
    /// A path that was asked for cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A pattern is no pattern.
    #[error("'{pattern}' is no pattern of paths: {reason}")]
    Pattern {
        /// The pattern as given.
        pattern: String,
        /// Why.
        reason: String,
    },
    /// Nothing of what was found can be used.
    #[error("nothing usable was found{}", Found(.0))]
    NothingUsable(Vec<(PathBuf, String)>),
    /// Records of two tenants.
    #[error(
        "records of two tenants: {} in {}, {} in {}; ingest each tenant into a lake of its own",
        first.0, first.1.display(), second.0, second.1.display()
    )]
    TwoTenants {
        /// A tenant, and a file that names it.
        first: (String, PathBuf),
        /// The other tenant, and a file that names it.
        second: (String, PathBuf),
    },
    /// Records of a tenant that was not asked for.
    #[error("the tenant was given as {given}, but {} is of tenant {found}", path.display())]
    OtherTenant {
        /// The tenant as given.
        given: String,
        /// The tenant that was found.
        found: String,
        /// A file that names it.
        path: PathBuf,
    },
    /// A `coverage.toml` that cannot be understood.
    #[error("{}, line {line}: {message}", path.display())]
    Coverage {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong and what to write instead.
        message: String,
    },
    /// The lake did not take a row.
    #[error("the lake did not take the rows of {}: {source}", path.display())]
    Sink {
        /// The file whose rows they were.
        path: PathBuf,
        /// What the lake said.
        source: SinkError,
    },
    /// Our own rows do not fit our own columns.
    #[error("rows of {} do not fit their table: {reason}", path.display())]
    Shape {
        /// The file whose rows they were.
        path: PathBuf,
        /// What arrow said.
        reason: String,
    },
}

/// A list of what was found, one line a file.
struct Found<'a>(&'a [(PathBuf, String)]);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 20;
        if self.0.is_empty() {
            return f.write_str(": no file at all");
        }
        for (path, reason) in self.0.iter().take(SHOWN) {
            write!(f, "\n  {}: {reason}", path.display())?;
        }
        if self.0.len() > SHOWN {
            write!(f, "\n  and {} more", self.0.len() - SHOWN)?;
        }
        Ok(())
    }
}
