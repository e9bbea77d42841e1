//! The report as files: tables first, the page that names their hashes last.

use crate::report::folder::Folder;
use crate::report::{ReportError, Review, columns, page};
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

/// Writes `findings.csv`, `holdings.csv` and `index.html` into `out`; the page names the hashes of the others.
///
/// The same review gives the same bytes.
///
/// # Errors
/// When the folder cannot be made or the disk is full; files that were there stay as they were.
pub fn write(review: &Review, out: &Path) -> Result<Written, ReportError> {
    let mut folder = Folder::open(out)?;
    let mut hashes = Vec::new();
    for (name, table) in [("findings.csv", findings as Table), ("holdings.csv", holdings as Table)] {
        let hash = folder.add(name, |to| table(review, to).map_err(ReportError::io("write", &out.join(name))))?;
        hashes.push((name.to_string(), hash));
    }
    let html = page::render(review, &hashes)?;
    folder.add("index.html", |to| {
        to.write_all(html.as_bytes()).map_err(ReportError::io("write", &out.join("index.html")))
    })?;
    let files = folder.publish()?;
    Ok(Written {
        index: out.join("index.html"),
        files,
    })
}

type Table = fn(&Review, &mut dyn Write) -> std::io::Result<()>;

fn findings(review: &Review, to: &mut dyn Write) -> std::io::Result<()> {
    let rows = review.findings.iter().map(|f| (review.audience.finding(f), ""));
    columns::write_csv(columns::FINDINGS, rows, review.csv, to)
}

fn holdings(review: &Review, to: &mut dyn Write) -> std::io::Result<()> {
    let rows = review.estate.holdings.iter().map(|h| {
        let presence = h.presence(review.period, review.as_of);
        (review.audience.holding(h), presence.as_str())
    });
    columns::write_csv(columns::HOLDINGS, rows, review.csv, to)
}
