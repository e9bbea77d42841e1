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
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

/// Rows that wait in memory, in bytes, before the largest partitions are written.
const MOST_WAITING: usize = 128 << 20;
/// Files that stay open for more rows.
const MOST_OPEN: usize = 32;
/// Partitions that are being written at a time, each on a thread of its own, while more rows come in.
const MOST_UNDER_WAY: usize = 2;
/// Threads that write and close files at the end.
const CLOSERS: usize = 8;

type Key = (Table, String);

/// A file that is whole, with its place.
pub(super) type Finished = (Table, String, FinishedFile);

/// All rows of one ingest that no commit names yet.
///
/// What is written when depends on the rows alone, never on how fast a thread is: the same rows give the same files.
pub(super) struct Parts {
    lake: Lake,
    parts: BTreeMap<Key, Part>,
    under_way: VecDeque<(Key, JoinHandle<Result<Written, LakeError>>)>,
    waiting: usize,
    open: usize,
    serial: u32,
    finished: Vec<Finished>,
}

#[derive(Default)]
struct Part {
    batches: Vec<RecordBatch>,
    bytes: usize,
    file: Option<Box<PendingFile>>,
}

/// What a thread leaves of a partition's file.
enum Written {
    Open(Option<Box<PendingFile>>),
    Closed(FinishedFile),
}

impl Parts {
    pub(super) fn new(lake: &Lake) -> Self {
        Self {
            lake: lake.clone(),
            parts: BTreeMap::new(),
            under_way: VecDeque::new(),
            waiting: 0,
            open: 0,
            serial: 0,
            finished: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.under_way.is_empty() && self.finished.is_empty()
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

    /// Lets a thread write the partition with most waiting rows.
    fn relieve(&mut self) -> Result<(), LakeError> {
        let Some(key) = self.parts.iter().max_by_key(|(_, p)| p.bytes).map(|(k, _)| k.clone()) else {
            return Ok(());
        };
        while self.under_way.len() >= MOST_UNDER_WAY || self.under_way.iter().any(|(k, _)| *k == key) {
            self.await_oldest()?;
        }
        let mut part = self.parts.remove(&key).unwrap_or_default();
        self.waiting -= part.bytes;
        self.open += usize::from(part.file.is_none());
        let close = self.open > MOST_OPEN;
        self.open -= usize::from(close);
        let temp = self.temp(key.0, &key.1)?;
        let write = move || {
            write(&mut part, temp)?;
            match part.file {
                Some(file) if close => file.finish().map(Written::Closed),
                file => Ok(Written::Open(file)),
            }
        };
        let thread = std::thread::Builder::new().spawn(write);
        let thread = thread.map_err(|error| no_thread(self.lake.root(), &error))?;
        self.under_way.push_back((key, thread));
        Ok(())
    }

    /// Waits for the write that began first, and takes its file back.
    fn await_oldest(&mut self) -> Result<(), LakeError> {
        let Some((key, thread)) = self.under_way.pop_front() else {
            return Ok(());
        };
        match thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))? {
            Written::Closed(file) => self.finished.push((key.0, key.1, file)),
            Written::Open(file) => self.parts.entry(key).or_default().file = file,
        }
        Ok(())
    }

    /// Writes what waits and closes all files; forcing them to disk side by side, since each waits for the disk.
    pub(super) fn finish(mut self) -> Result<Vec<Finished>, LakeError> {
        while !self.under_way.is_empty() {
            self.await_oldest()?;
        }
        let mut todo = Vec::new();
        for (key, part) in std::mem::take(&mut self.parts) {
            let temp = self.temp(key.0, &key.1)?;
            todo.push((key, part, temp));
        }
        let close = |((table, partition), mut part, temp): (Key, Part, PathBuf)| -> Result<Option<Finished>, LakeError> {
            write(&mut part, temp)?;
            part.file.map(|file| Ok((table, partition, file.finish()?))).transpose()
        };
        // More threads than cores: while some wait for the disk, others encode.
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(CLOSERS)
            .build()
            .map_err(|error| no_thread(self.lake.root(), &error))?;
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

/// Says that no thread could be started: the place can be written, and what is short is memory or threads.
fn no_thread(root: &Path, error: &dyn std::fmt::Display) -> LakeError {
    let why = format!("{error}; memory or threads are short: end other programs or raise the limit, and run it again");
    LakeError::io("start a thread that writes to", root)(std::io::Error::other(why))
}

/// Moves the waiting rows of a partition to its file, which is created when there is none.
fn write(part: &mut Part, temp: PathBuf) -> Result<(), LakeError> {
    for batch in std::mem::take(&mut part.batches) {
        if part.file.is_none() {
            part.file = Some(Box::new(PendingFile::create(temp.clone(), batch.schema())?));
        }
        if let Some(file) = &mut part.file {
            file.write(&batch)?;
        }
    }
    part.bytes = 0;
    Ok(())
}
