//! Where rows go: the seam between reading and storing.

use crate::lake::records::{Coverage, Pull, Reject, Snapshot, Source};
use crate::lake::table::{Object, Table};
pub use crate::lake::{Put, RowKey, Seen};
use arrow::record_batch::RecordBatch;

/// Whatever stopped the store.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Where rows go; counts what was new.
///
/// All rows of one call come from one file, so that a count belongs to that file.
pub trait Sink {
    /// Takes rows of a log table, with a key for each.
    fn log_rows(&mut self, table: Table, batch: RecordBatch, keys: &[RowKey]) -> Result<Put, SinkError>;

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

    /// Takes accounts of pulls.
    fn pulls(&mut self, rows: Vec<Pull>) -> Result<(), SinkError>;
}
