//! Where rows go: the seam between reading and storing.

use crate::lake::records::{Coverage, Reject, Snapshot, Source};
use crate::lake::table::{Object, Table};
use crate::model::Instant;
use arrow::record_batch::RecordBatch;

/// Whatever stopped the store.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Where rows go; counts what was new.
///
/// All rows of one call come from one file, so that a count belongs to that file.
pub trait Sink {
    /// Takes rows of a log table, with a key for each.
    fn log_rows(
        &mut self,
        table: Table,
        batch: RecordBatch,
        keys: &[RowKey],
    ) -> Result<Put, SinkError>;

    /// Takes objects as seen at a look.
    fn objects<R: Object>(&mut self, rows: Vec<Seen<R>>) -> Result<Put, SinkError>;

    /// Takes looks at collections.
    fn snapshots(&mut self, rows: Vec<Snapshot>) -> Result<(), SinkError>;

    /// Takes covered time and gaps.
    fn coverage(&mut self, rows: Vec<Coverage>) -> Result<(), SinkError>;

    /// Takes records that no other table takes.
    fn rejects(&mut self, rows: Vec<Reject>) -> Result<(), SinkError>;

    /// Takes the files that were read, with their arithmetic.
    fn sources(&mut self, rows: Vec<Source>) -> Result<(), SinkError>;
}

/// What a row of a log table is told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey {
    /// Hash of the id.
    pub id: u128,
    /// Hash of the content without its envelope.
    pub content: u128,
    /// `yyyymm` for audit events, days since 1970 for sign-ins, [`RowKey::NO_TIME`] when the time is null.
    pub partition: i32,
}

impl RowKey {
    /// The partition of rows without a time.
    pub const NO_TIME: i32 = i32::MIN;
}

/// What became of the rows of one call; `kept + duplicate` is their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Put {
    /// New rows.
    pub kept: u64,
    /// Rows that were there already.
    pub duplicate: u64,
    /// Kept rows whose id was known with other content.
    pub conflicting: u64,
}

impl std::ops::AddAssign for Put {
    fn add_assign(&mut self, other: Self) {
        self.kept += other.kept;
        self.duplicate += other.duplicate;
        self.conflicting += other.conflicting;
    }
}

/// An object as seen at a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<R> {
    /// The object.
    pub row: R,
    /// When it was seen.
    pub observed_at: Instant,
    /// The look, when the object was listed by itself; `None` when another object carried it.
    pub snapshot_id: Option<String>,
    /// Whether only the modification time of the file dates the look.
    pub presence_only: bool,
    /// SHA-256 of the file.
    pub source: String,
    /// Ordinal of the record in the file, from 0.
    pub source_row: i64,
}
