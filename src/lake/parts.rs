//! Rows on their way to files: held in memory by partition, and written when there are many.
//!
//! An open Parquet writer costs about as much memory as a thousand rows for every column, and an ingest may touch
//! thousands of days: so rows wait, the largest partitions go to disk first, and few files are open at a time.

use crate::lake::parquet_io::{FinishedFile, PendingFile};
use crate::lake::store::create_private_dirs;
use crate::lake::table::Table;
use crate::lake::{Lake, LakeError};
use arrow::array::RecordBatch;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Rows that wait in memory, in bytes, before the largest partitions are written.
const MOST_WAITING: usize = 192 << 20;
/// Files that stay open for more rows.
const MOST_OPEN: usize = 32;

/// Threads that write and close files at the end.
const CLOSERS: usize = 8;

/// A file that is whole, with its place.
pub(super) type Finished = (Table, String, FinishedFile);

/// All rows of one ingest that no commit names yet.
pub(super) struct Parts {
    lake: Lake,
    parts: BTreeMap<(Table, String), Part>,
    waiting: usize,
    open: usize,
    serial: u32,
    finished: Vec<Finished>,
}

#[derive(Default)]
struct Part {
    batches: Vec<RecordBatch>,
    bytes: usize,
    file: Option<PendingFile>,
}

impl Parts {
    pub(super) fn new(lake: &Lake) -> Self {
        Self {
            lake: lake.clone(),
            parts: BTreeMap::new(),
            waiting: 0,
            open: 0,
            serial: 0,
            finished: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.finished.is_empty()
    }

    /// Takes rows of one partition.
    pub(super) fn push(&mut self, table: Table, partition: &str, batch: RecordBatch) -> Result<(), LakeError> {
        let part = self.parts.entry((table, partition.to_string())).or_default();
        let bytes = batch.get_array_memory_size();
        part.bytes += bytes;
        part.batches.push(batch);
        self.waiting += bytes;
        while self.waiting > MOST_WAITING {
            self.relieve()?;
        }
        Ok(())
    }

    /// Writes the partition with most waiting rows.
    fn relieve(&mut self) -> Result<(), LakeError> {
        let Some(key) = self.parts.iter().max_by_key(|(_, p)| p.bytes).map(|(k, _)| k.clone()) else {
            return Ok(());
        };
        let mut part = self.parts.remove(&key).unwrap_or_default();
        self.waiting -= part.bytes;
        self.open -= usize::from(part.file.is_some());
        let temp = self.temp(key.0, &key.1)?;
        write(&mut part, temp)?;
        match part.file {
            Some(file) if self.open >= MOST_OPEN => self.finished.push((key.0, key.1, file.finish()?)),
            file => {
                self.open += usize::from(file.is_some());
                self.parts.insert(key, Part { file, ..Part::default() });
            }
        }
        Ok(())
    }

    /// Writes what waits and closes all files; forcing them to disk side by side, since each waits for the disk.
    pub(super) fn finish(mut self) -> Result<Vec<Finished>, LakeError> {
        let mut todo = Vec::new();
        for (key, part) in std::mem::take(&mut self.parts) {
            let temp = self.temp(key.0, &key.1)?;
            todo.push((key, part, temp));
        }
        let close = |((table, partition), mut part, temp): ((Table, String), Part, PathBuf)| -> Result<Option<Finished>, LakeError> {
            write(&mut part, temp)?;
            part.file.map(|file| Ok((table, partition, file.finish()?))).transpose()
        };
        // More threads than cores: while some wait for the disk, others encode.
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(CLOSERS)
            .build()
            .map_err(LakeError::format("write to", self.lake.root()))?;
        let closed: Vec<Option<Finished>> = pool.install(|| todo.into_par_iter().map(close).collect::<Result<_, _>>())?;
        self.finished.extend(closed.into_iter().flatten());
        Ok(self.finished)
    }

    fn temp(&mut self, table: Table, partition: &str) -> Result<PathBuf, LakeError> {
        let mut dir = self.lake.root().join("data").join(table.name());
        if !partition.is_empty() {
            dir = dir.join(partition);
        }
        create_private_dirs(&dir)?;
        self.serial += 1;
        let temp = dir.join(format!(".tmp-{}-{}", std::process::id(), self.serial));
        let _ = fs::remove_file(&temp);
        Ok(temp)
    }
}

/// Moves the waiting rows of a partition to its file, which is created when there is none.
fn write(part: &mut Part, temp: PathBuf) -> Result<(), LakeError> {
    for batch in std::mem::take(&mut part.batches) {
        if part.file.is_none() {
            part.file = Some(PendingFile::create(temp.clone(), batch.schema())?);
        }
        if let Some(file) = &mut part.file {
            file.write(&batch)?;
        }
    }
    part.bytes = 0;
    Ok(())
}
