//! Commits: which data files are live, chained by hash.

use crate::lake::CampaignHead;
use crate::lake::table::Table;
use crate::model::{Instant, TenantId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A data file that a commit adds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DataFile {
    /// Table.
    pub table: Table,
    /// Partition folder, such as `month=2026-03`.
    pub partition: String,
    /// Path below the lake.
    pub path: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
}

/// A data file that a commit drops by policy: its rows are gone, and what it was stays on record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tombstone {
    /// The file, with the hash that it had.
    #[serde(flatten)]
    pub file: DataFile,
    /// The rule that dropped it, in words.
    pub reason: String,
}

/// A legal hold: nothing that tells of this time is dropped until it is released.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hold {
    /// Its name, such as a case number.
    pub name: String,
    /// Beginning of the time that it protects, RFC 3339.
    pub from: String,
    /// End, exclusive.
    pub until: String,
    /// Who ordered or released it, and why.
    pub reason: String,
    /// Whether this entry ends the hold of that name.
    pub released: bool,
}

/// An entry of the commit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Position in the log, from 1.
    pub sequence: u64,
    /// Id of the commit before; empty for the first.
    pub parent: String,
    /// When it was made, RFC 3339.
    pub at: String,
    /// Tenant of all its rows.
    pub tenant: TenantId,
    /// Files added, sorted.
    pub added: Vec<DataFile>,
    /// Files dropped by policy, sorted; a file of the same path can be added again later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Tombstone>,
    /// Small files whose rows stand in one of `added` from now on, sorted; they stay on disk for the commits before this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<DataFile>,
    /// Legal holds set or released.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    /// The end of every campaign's log at that time, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub campaigns: Vec<CampaignHead>,
}

impl Commit {
    /// The id: SHA-256 of the commit's JSON text.
    #[must_use]
    pub fn id(text: &str) -> String {
        hex::encode(Sha256::digest(text.as_bytes()))
    }

    /// The JSON text that is stored and hashed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a commit is plain data");
        text.push('\n');
        text
    }

    /// File name in the log.
    #[must_use]
    pub fn file_name(sequence: u64) -> String {
        format!("{sequence:020}.json")
    }

    /// When it was made.
    #[must_use]
    pub fn instant(&self) -> Option<Instant> {
        Instant::parse(&self.at)
    }
}
