//! What was asked and answered, in order: the proof that nothing was read twice and no limit was passed.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Since the server began.
    pub at: Duration,
    /// Path and options, as they were sent.
    pub target: String,
    /// The address that the walk began with; the same as `target` on a first page.
    pub walk: String,
    pub status: u16,
    /// What went wrong on purpose.
    pub fault: Option<super::Fault>,
    /// Items of the page.
    pub rows: usize,
    /// The page had no nextLink and was delivered whole: the walk could be completed.
    pub last: bool,
}

/// The entries of a run.
pub struct Journal {
    began: Instant,
    entries: Mutex<Vec<Entry>>,
}

impl Journal {
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            entries: Mutex::default(),
        }
    }

    /// Adds an entry, with its time.
    pub fn note(&self, mut entry: Entry) {
        entry.at = self.began.elapsed();
        self.entries.lock().expect("no thread dies writing").push(entry);
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().expect("no thread dies writing").clone()
    }
}
