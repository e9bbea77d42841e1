//! A small table on its way to CSV: a name for each column, text in each cell, rows in a total order.

use crate::report::csv_text::{needs_quotes, protect};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A table of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Names of the columns.
    pub header: Vec<&'static str>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(header: &[&'static str]) -> Self {
        Self {
            header: header.to_vec(),
            rows: Vec::new(),
        }
    }

    /// A table of rows.
    #[must_use]
    pub fn of(header: &[&'static str], rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        let mut table = Self::new(header);
        table.rows.extend(rows);
        table
    }

    /// RFC 4180 with line feeds; text that a spreadsheet could take for a formula is protected by the rule of `csv_text`.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        let mut out = String::new();
        write_line(&mut out, self.header.iter().copied());
        for row in &self.rows {
            write_line(&mut out, row.iter().map(|cell| protect(cell)));
        }
        out.into_bytes()
    }
}

/// A line of CSV, each field quoted where it has to be.
pub(super) fn write_line<S: AsRef<str>>(out: &mut String, fields: impl Iterator<Item = S>) {
    for (i, field) in fields.enumerate() {
        let field = field.as_ref();
        if i > 0 {
            out.push(',');
        }
        if needs_quotes(field) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out.push('\n');
}

/// SHA-256 as hex.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes.as_ref()))
}

/// SHA-256 of a file as hex, and how many bytes it has, read piece by piece.
///
/// # Errors
/// When it cannot be read.
pub fn sha256_of_file(path: &Path) -> std::io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let (mut hash, mut piece, mut bytes) = (Sha256::new(), vec![0; 1 << 16], 0);
    loop {
        let n = file.read(&mut piece)?;
        if n == 0 {
            return Ok((hex::encode(hash.finalize()), bytes));
        }
        hash.update(&piece[..n]);
        bytes += n as u64;
    }
}

/// The hash total of ids: the sum of the first eight hex digits of the SHA-256 of each, as a number.
///
/// A row that is missing, added or changed changes it; a spreadsheet or a shell can compute it again.
#[must_use]
pub fn hash_total<S: AsRef<str>>(ids: impl IntoIterator<Item = S>) -> u64 {
    ids.into_iter().map(|id| share_of_total(id.as_ref())).sum()
}

/// What one id adds to the hash total of its listing.
#[must_use]
pub fn share_of_total(id: &str) -> u64 {
    let digest = Sha256::digest(id);
    u64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_csv_that_no_spreadsheet_runs() {
        let table = Table::of(&["id", "name"], [vec!["1".into(), "=1+1".into()], vec!["2".into(), "a \"b\", c".into()]]);
        assert_eq!(String::from_utf8_lossy(&table.csv()), "id,name\n1,'=1+1\n2,\"a \"\"b\"\", c\"\n");
    }

    #[test]
    fn a_hash_total_tells_a_row_that_is_missing() {
        // printf a | sha256sum begins with ca978112, printf b with 3e23e816.
        assert_eq!(hash_total(["a", "b"]), 0xca97_8112 + 0x3e23_e816);
        assert_ne!(hash_total(["a", "b"]), hash_total(["a"]));
    }
}
