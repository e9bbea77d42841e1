//! How far an ingest has come, for whoever watches it from another thread.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes and records so far.
#[derive(Debug, Default)]
pub struct Progress {
    total: AtomicU64,
    /// Bytes of files that are over.
    over: AtomicU64,
    /// Bytes of the file that is being read.
    here: AtomicU64,
    records: AtomicU64,
}

impl Progress {
    /// Bytes of all files as they lie on disk; zero until they were found.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Bytes that were read; what a packed file unpacks to counts no more than the file.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        (self.over.load(Ordering::Relaxed) + self.here.load(Ordering::Relaxed)).min(self.total())
    }

    /// Records that were read.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    pub(super) fn found(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// A batch of the file that is being read, whose size on disk is known.
    pub(super) fn batch(&self, records: u64, bytes: u64, file: u64) {
        self.records.fetch_add(records, Ordering::Relaxed);
        let here = self.here.load(Ordering::Relaxed).saturating_add(bytes).min(file);
        self.here.store(here, Ordering::Relaxed);
    }

    pub(super) fn file(&self, bytes: u64) {
        self.here.store(0, Ordering::Relaxed);
        self.over.fetch_add(bytes, Ordering::Relaxed);
    }
}
