//! The report on disk: each file is whole or absent, and for its owner's eyes only.

use crate::lake::parquet_io::private_file;
use crate::report::{ReportError, Review, columns, page};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The page to open.
    pub index: PathBuf,
    /// All files, the page last.
    pub files: Vec<PathBuf>,
}

/// Writes `findings.csv`, `holdings.csv` and `index.html` into `out`; the page comes last and names the hashes of the others.
///
/// The same review gives the same bytes.
///
/// # Errors
/// When the folder cannot be made or the disk is full; files that were there stay as they were.
pub fn write(review: &Review, out: &Path) -> Result<Written, ReportError> {
    let held: Vec<columns::HeldRow> = review.holdings.iter().map(|h| (h, h.presence(review.period, review.as_of).as_str())).collect();
    let tables = [
        ("findings.csv", columns::findings_csv(review.findings)),
        ("holdings.csv", columns::holdings_csv(&held)),
    ];
    let hashes: Vec<(String, String)> = tables
        .iter()
        .map(|(name, bytes)| (name.to_string(), hex::encode(Sha256::digest(bytes))))
        .collect();
    let html = page::render(review, &hashes)?;

    private_dir(out)?;
    let mut files = Vec::new();
    for (name, bytes) in &tables {
        files.push(put(out, name, bytes)?);
    }
    let index = put(out, "index.html", html.as_bytes())?;
    files.push(index.clone());
    Ok(Written { index, files })
}

/// Makes the folder with its mode, so that it is never open to others; one that exists keeps its mode.
fn private_dir(dir: &Path) -> Result<(), ReportError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(ReportError::io("create the folder", dir))
}

/// Writes under another name first: a reader sees the old file or the new one.
fn put(dir: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, ReportError> {
    let path = dir.join(name);
    let temp = dir.join(format!(".{name}.tmp"));
    match fs::remove_file(&temp) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(ReportError::io("replace", &temp)(e)),
        _ => {}
    }
    let mut file = private_file(&temp).map_err(ReportError::io("create", &temp))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(ReportError::io("write", &temp))?;
    fs::rename(&temp, &path).map_err(ReportError::io("rename", &path))?;
    Ok(path)
}
