//! Parquet and commits on disk; the only place that knows file and column names.
//!
//! ```text
//! lake/
//!   lake.json                        format version
//!   _commits/00000000000000000001.json   append-only log: which files are live, with hashes
//!   _checkpoints/00000000000000000001.txt   what the log was after each commit: size and root of its Merkle tree
//!   data/<table>/<partition>/<hash>.parquet
//! ```

pub mod about;
pub mod campaigns;
pub mod checkpoint;
pub mod column;
pub mod commit;
pub mod compact;
pub mod delta;
pub mod error;
pub mod failpoint;
pub mod kept;
mod known;
pub mod objects;
pub mod parquet_io;
mod parts;
pub mod records;
pub mod retain;
pub mod store;
pub mod table;
pub mod tree;
pub mod view;
pub mod writer;

pub use campaigns::CampaignHead;
pub use checkpoint::{Checkpoint, Notary};
pub use commit::Commit;
pub use error::LakeError;
pub use store::Lake;
pub use view::View;
pub use writer::{Put, RowKey, Seen, Writer};
