//! A small table on its way to CSV: a name for each column, text in each cell, rows in a total order.

use crate::report::csv_text::{needs_quotes, protect};
use sha2::{Digest, Sha256};

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
        line(&mut out, self.header.iter().copied());
        for row in &self.rows {
            line(&mut out, row.iter().map(|cell| protect(cell)));
        }
        out.into_bytes()
    }
}

fn line<S: AsRef<str>>(out: &mut String, fields: impl Iterator<Item = S>) {
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

/// The hash total of ids: the sum of the first eight hex digits of the SHA-256 of each, as a number.
///
/// A row that is missing, added or changed changes it; a spreadsheet or a shell can compute it again.
#[must_use]
pub fn hash_total<S: AsRef<str>>(ids: impl IntoIterator<Item = S>) -> u64 {
    let first = |id: S| {
        let digest = Sha256::digest(id.as_ref());
        u64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
    };
    ids.into_iter().map(first).sum()
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
