//! Rows sorted in bounded memory: what is too much is sorted in parts on disk, beside the bag, and merged.

use crate::lake::LakeError;
use crate::lake::parquet_io::private_file;
use crate::lake::store::create_private_dirs;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Lines, Write};
use std::path::{Path, PathBuf};

/// How much text of rows is held before it is written away, in bytes.
pub const BUDGET: usize = 64 << 20;

/// A row: text in each cell.
pub type Cells = Vec<String>;

/// Rows on their way to an order.
#[derive(Debug)]
pub struct Sorter {
    folder: PathBuf,
    budget: usize,
    held: Vec<Cells>,
    bytes: usize,
    runs: usize,
}

impl Sorter {
    /// Sorts with this much text in memory, and the rest in a folder of its own that is made when it is needed.
    #[must_use]
    pub fn new(folder: &Path, budget: usize) -> Self {
        Self {
            folder: folder.to_path_buf(),
            budget,
            held: Vec::new(),
            bytes: 0,
            runs: 0,
        }
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.runs == 0
    }

    /// Takes a row.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn push(&mut self, row: Cells) -> Result<(), LakeError> {
        // A cell costs its text and what points to it.
        self.bytes += row.iter().map(|cell| cell.len() + size_of::<String>()).sum::<usize>();
        self.held.push(row);
        if self.bytes > self.budget {
            self.write_away()?;
        }
        Ok(())
    }

    fn write_away(&mut self) -> Result<(), LakeError> {
        create_private_dirs(&self.folder)?;
        let path = self.run(self.runs);
        self.held.sort_unstable();
        let mut out = BufWriter::new(private_file(&path).map_err(LakeError::io("create", &path))?);
        for row in self.held.drain(..) {
            let line = serde_json::to_string(&row).expect("text is plain data");
            writeln!(out, "{line}").map_err(LakeError::io("write", &path))?;
        }
        out.flush().map_err(LakeError::io("write", &path))?;
        self.runs += 1;
        self.bytes = 0;
        Ok(())
    }

    fn run(&self, number: usize) -> PathBuf {
        self.folder.join(format!("{number}.jsonl"))
    }

    /// Hands out every row in order; the folder is gone afterwards.
    ///
    /// # Errors
    /// When the disk fails, or `take` does.
    pub fn each(mut self, mut take: impl FnMut(Cells) -> Result<(), LakeError>) -> Result<(), LakeError> {
        if self.runs == 0 {
            self.held.sort_unstable();
            return std::mem::take(&mut self.held).into_iter().try_for_each(take);
        }
        self.write_away()?;
        let mut runs = (0..self.runs).map(|n| Run::open(self.run(n))).collect::<Result<Vec<_>, _>>()?;
        let mut heap = BinaryHeap::new();
        for (n, run) in runs.iter_mut().enumerate() {
            heap.extend(run.next()?.map(|row| Reverse((row, n))));
        }
        while let Some(Reverse((row, n))) = heap.pop() {
            take(row)?;
            heap.extend(runs[n].next()?.map(|row| Reverse((row, n))));
        }
        Ok(())
    }
}

impl Drop for Sorter {
    fn drop(&mut self) {
        if self.runs > 0 {
            // It is personal data: what cannot be removed goes with the bag's own folder.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A part that is sorted, on disk.
struct Run {
    path: PathBuf,
    lines: Lines<BufReader<File>>,
}

impl Run {
    fn open(path: PathBuf) -> Result<Self, LakeError> {
        let file = File::open(&path).map_err(LakeError::io("read", &path))?;
        Ok(Self {
            lines: BufReader::new(file).lines(),
            path,
        })
    }

    fn next(&mut self) -> Result<Option<Cells>, LakeError> {
        let Some(line) = self.lines.next() else { return Ok(None) };
        let line = line.map_err(LakeError::io("read", &self.path))?;
        serde_json::from_str(&line).map(Some).map_err(LakeError::format("read", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sorted_on_disk_comes_as_it_would_from_memory() {
        let dir = tempfile::tempdir().expect("a folder");
        let rows: Vec<Cells> = (0..500_u32)
            .map(|n| vec![format!("{:03}", n * 7919 % 250), format!("line\n\"{n}\"\u{202e}")])
            .collect();
        let sorted = |budget: usize| {
            let mut sorter = Sorter::new(&dir.path().join("runs"), budget);
            rows.iter().for_each(|row| sorter.push(row.clone()).expect("room"));
            let runs = sorter.runs;
            let mut all = Vec::new();
            let take = |row| {
                all.push(row);
                Ok(())
            };
            sorter.each(take).expect("readable");
            (runs, all)
        };
        let (none, in_memory) = sorted(BUDGET);
        let (many, on_disk) = sorted(4_000);
        assert!(none == 0 && many > 5, "{none} and {many} parts");
        let mut expected = rows.clone();
        expected.sort();
        assert_eq!(in_memory, expected);
        assert_eq!(on_disk, expected);
        assert!(!dir.path().join("runs").exists(), "nothing of it stays");
    }
}
