//! A pull: what to read, workers that read it, a spool that survives, and the way into the lake.
//!
//! Pages go to a spool in the lake's private folder as they come, and a journal says which units (a slice of a log, a
//! listing, the part of one object) are complete. A pull that was killed goes on where the journal ends, and reads
//! nothing twice that is complete. At the end `ingest` takes the spool in, with what only a pull knows: when each look
//! was, and whether it is whole.

mod journal;
mod order;
mod probe;
pub mod raw;
mod spool;
mod store;
mod unit;
mod work;

pub use journal::Entry;
pub use order::{Known, Order, select};
pub use probe::{Probe, probe};
pub use spool::{Lock, Run, Spool};
pub use store::{Gap, GapKind, Stored, store};
pub use unit::Unit;
pub use work::{Outcome, read};

/// What stops a pull.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// Another pull is at work.
    #[error("another pull is at work on {0}; wait until it has ended")]
    Locked(String),
    /// The spool cannot be written or read.
    #[error("cannot {what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The lake refused.
    #[error(transparent)]
    Lake(#[from] crate::lake::LakeError),
    /// The rows could not be taken in.
    #[error(transparent)]
    Ingest(#[from] crate::ingest::IngestError),
}

impl PullError {
    /// Adds what was tried and where.
    pub(crate) fn io(what: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::Io { what, path, source }
    }
}
