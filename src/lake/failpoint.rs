//! Failpoints: steps of a write at which a test ends the process, to see what a crash leaves.
//!
//! No program has them. They are compiled with debug assertions or the feature `failpoints` only, and even then nothing but a
//! call of [`die_at`] arms one: no option, variable or file does, and the program makes no such call. The tests run commands in
//! a process of their own that arms a step first (`tests/it/killed.rs`).

use std::fmt;

/// A step of a write after which the process may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// While data files are being written.
    DataWritten,
    /// Data files are on disk under temporary names.
    DataSynced,
    /// Data files have their names, and no commit names them.
    DataRenamed,
    /// A commit is on disk under a temporary name.
    CommitWritten,
    /// A commit has its name, and no checkpoint is written.
    CommitNamed,
    /// The frozen files of a campaign are on disk under a temporary name.
    CampaignFrozen,
    /// A campaign has its name, and no sheet is written.
    CampaignNamed,
    /// A step of a campaign's log is on disk under a temporary name.
    EntryWritten,
    /// A step of a campaign's log has its name, and nothing that follows from it is written.
    EntryNamed,
}

impl Step {
    /// All steps, in the order in which a write passes them.
    pub const ALL: [Self; 9] = [
        Self::DataWritten,
        Self::DataSynced,
        Self::DataRenamed,
        Self::CommitWritten,
        Self::CommitNamed,
        Self::CampaignFrozen,
        Self::CampaignNamed,
        Self::EntryWritten,
        Self::EntryNamed,
    ];
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(any(debug_assertions, feature = "failpoints"))]
static ARMED: std::sync::OnceLock<Step> = std::sync::OnceLock::new();

/// Ends this process, without unwinding, as soon as it reaches the step. Only the first call counts.
#[cfg(any(debug_assertions, feature = "failpoints"))]
pub fn die_at(step: Step) {
    let _ = ARMED.set(step);
}

/// Marks that a step is reached; without failpoints it is nothing.
#[inline]
pub(crate) fn reached(step: Step) {
    #[cfg(any(debug_assertions, feature = "failpoints"))]
    if ARMED.get() == Some(&step) {
        std::process::abort();
    }
    #[cfg(not(any(debug_assertions, feature = "failpoints")))]
    let _ = step;
}
