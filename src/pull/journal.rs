//! What is complete: one line a unit, written after its last page.

use crate::model::{Instant, Window};
use serde::{Deserialize, Serialize};

/// A unit that was read, to its end or to a fault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Name of the unit.
    pub unit: String,
    /// Name of the collection.
    pub collection: String,
    /// Objects under which it lies.
    #[serde(default)]
    pub ids: Vec<String>,
    /// Slice of time.
    pub window: Option<Window>,
    /// File of the spool that holds its pages.
    pub chunk: String,
    /// First page of it in that file, from 0, and how many.
    pub first_page: usize,
    /// Pages written.
    pub pages: usize,
    /// Where its bytes begin in that file, and where they end.
    pub from_byte: u64,
    /// End of its bytes.
    pub until_byte: u64,
    /// Checksum of these bytes (XXH3, 64 bits).
    pub checksum: u64,
    /// When it began.
    pub started: Instant,
    /// When it ended.
    pub ended: Instant,
    /// Pages received, in all attempts.
    pub pages_received: u64,
    /// Records received on the last walk.
    pub received: u64,
    /// Records of it that had come before.
    pub repeated: u64,
    /// Records that the service said there are, where it said so.
    #[serde(default)]
    pub counted: Option<i64>,
    /// The oldest instant in a log.
    pub oldest: Option<Instant>,
    /// The service's ids of the requests.
    pub request_ids: Vec<String>,
    /// Options with which it was asked, when they were not the usual ones: what is lost.
    pub reduced: Option<String>,
    /// Whether there was nothing to read: the object had gone.
    #[serde(default)]
    pub gone: bool,
    /// Why it is not complete; `None` when it is.
    pub fault: Option<String>,
}
