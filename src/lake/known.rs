//! What the lake already has, by hashes of id and content, so that nothing is counted twice.

use crate::lake::table::Table;
use crate::lake::{LakeError, View, parquet_io};
use ahash::{AHashMap, AHashSet};
use arrow::array::{Array, AsArray};
use std::collections::hash_map::Entry;
use xxhash_rust::xxh3::xxh3_128;

/// Verdict on one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Novelty {
    New,
    Duplicate,
    /// The id is known with other content: keep both.
    Conflicting,
}

/// Ids and contents of one table or partition.
#[derive(Default)]
pub(super) struct Known {
    first: AHashMap<u128, u128>,
    others: AHashSet<(u128, u128)>,
}

impl Known {
    /// Judges a row and remembers it.
    pub(super) fn judge(&mut self, id: u128, content: u128) -> Novelty {
        match self.first.entry(id) {
            Entry::Vacant(place) => {
                place.insert(content);
                Novelty::New
            }
            Entry::Occupied(known) if *known.get() == content => Novelty::Duplicate,
            Entry::Occupied(_) if self.others.insert((id, content)) => Novelty::Conflicting,
            Entry::Occupied(_) => Novelty::Duplicate,
        }
    }

    /// Whether an id is known, with whatever content.
    pub(super) fn has(&self, id: u128) -> bool {
        self.first.contains_key(&id)
    }

    /// Loads ids and content hashes of files.
    pub(super) fn load(view: &View, table: Table, partition: Option<&str>) -> Result<Self, LakeError> {
        let mut known = Self::default();
        let paths = match partition {
            Some(p) => view.partition_paths(table, p),
            None => view.paths(table),
        };
        for path in paths {
            for batch in parquet_io::read(&path, Some(&["id", "content_hash"]))? {
                let column = |name: &str| {
                    batch
                        .column_by_name(name)
                        .and_then(|c| c.as_string_opt::<i32>())
                        .ok_or_else(|| LakeError::Format {
                            what: "read",
                            path: path.clone(),
                            message: format!("it has no text column {name}"),
                        })
                };
                let (ids, hashes) = (column("id")?, column("content_hash")?);
                for i in 0..ids.len() {
                    known.judge(id_hash(ids.value(i)), content_key(hashes.value(i)));
                }
            }
        }
        Ok(known)
    }
}

/// The key of an id.
pub(super) fn id_hash(id: &str) -> u128 {
    xxh3_128(id.as_bytes())
}

/// The key of a content hash: its own first 128 bits.
pub(super) fn content_key(hash: &str) -> u128 {
    let head = hash.get(..32).unwrap_or(hash);
    u128::from_str_radix(head, 16).unwrap_or_else(|_| xxh3_128(hash.as_bytes()))
}
