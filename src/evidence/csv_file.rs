//! A listing that is written row by row: its rows, its hash and its hash total are known at the end, and nothing is held.

use crate::evidence::bag::{Bag, BagError};
use crate::evidence::facts::Output;
use crate::evidence::table::{share_of_total, write_line};
use crate::lake::LakeError;
use crate::report::csv_text::protect;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// A CSV file of a bag that is being written; the first column is an id.
pub struct CsvFile {
    name: String,
    path: PathBuf,
    out: BufWriter<File>,
    hash: Sha256,
    rows: u64,
    total: u64,
    text: String,
}

impl CsvFile {
    /// Begins a file with its header.
    ///
    /// # Errors
    /// When the name does not fit or the disk is full.
    pub fn create(bag: &Bag, name: &str, columns: &[&str]) -> Result<Self, BagError> {
        let (path, file) = bag.create(name)?;
        let mut csv = Self {
            name: name.to_string(),
            path,
            out: BufWriter::new(file),
            hash: Sha256::new(),
            rows: 0,
            total: 0,
            text: String::new(),
        };
        write_line(&mut csv.text, columns.iter().copied());
        csv.write()?;
        Ok(csv)
    }

    /// Adds a row; text that a spreadsheet could take for a formula is protected by the rule of `csv_text`.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn row(&mut self, cells: &[String]) -> Result<(), LakeError> {
        write_line(&mut self.text, cells.iter().map(|cell| protect(cell)));
        self.rows += 1;
        self.total += cells.first().map_or(0, |id| share_of_total(id));
        self.write()
    }

    fn write(&mut self) -> Result<(), LakeError> {
        self.hash.update(&self.text);
        self.out.write_all(self.text.as_bytes()).map_err(LakeError::io("write", &self.path))?;
        self.text.clear();
        Ok(())
    }

    /// Forces it to disk, and says what it holds.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(self, what: String) -> Result<Output, BagError> {
        let file = self.out.into_inner().map_err(|e| LakeError::io("write", &self.path)(e.into_error()))?;
        file.sync_all().map_err(LakeError::io("write", &self.path))?;
        Ok(Output {
            file: self.name,
            what,
            rows: Some(self.rows),
            hash_total: Some(self.total),
            sha256: hex::encode(self.hash.finalize()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::table::{Table, hash_total, sha256};

    #[test]
    fn row_by_row_is_the_same_file_as_all_at_once() {
        let dir = tempfile::tempdir().expect("a folder");
        let bag = Bag::begin(&dir.path().join("bundle")).expect("a bag");
        let table = Table::of(&["id", "seen"], [vec!["=a".into(), "x, \"y\"\n".into()], vec!["b".into(), String::new()]]);
        let mut csv = CsvFile::create(&bag, "passed/X.csv", &table.header).expect("a file");
        table.rows.iter().for_each(|row| csv.row(row).expect("room"));
        let output = csv.finish("what".into()).expect("room");
        let bytes = std::fs::read(bag.payload().join("passed/X.csv")).expect("the file");
        assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&table.csv()));
        assert_eq!(output.sha256, sha256(&bytes));
        assert_eq!((output.rows, output.hash_total), (Some(2), Some(hash_total(["=a", "b"]))));
    }
}
