//! The report as files: tables, workbook and pictures first, the page that names their hashes last.

use crate::report::charts::{self, Chart};
use crate::report::folder::Folder;
use crate::report::{ReportError, Review, columns, page, workbook};
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

/// Writes `findings.csv`, `holdings.csv`, `report.xlsx`, `charts/*.png` and `index.html` into `out`; the page names the hashes of the others.
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
    let mut add = |name: String, bytes: &[u8]| -> Result<(), ReportError> {
        let hash = folder.add(&name, |to| to.write_all(bytes).map_err(ReportError::io("write", &out.join(&name))))?;
        hashes.push((name, hash));
        Ok(())
    };
    add("report.xlsx".into(), &workbook::bytes(review, out)?)?;
    let charts = charts::all(review);
    for (name, bytes) in pictures(review, &charts)? {
        add(name, &bytes)?;
    }
    let html = page::render(review, &charts, &hashes)?;
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

/// The charts that have a picture, by file name.
fn pictures(review: &Review, charts: &[Chart]) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let foot = format!("as of {}, commit {}, tenant {}", review.as_of, review.commit, review.tenant);
    let mut pictures = Vec::new();
    for chart in charts {
        if let Some(bytes) = charts::png(chart, &foot)? {
            pictures.push((format!("charts/{}.png", chart.id.trim_start_matches("chart-")), bytes));
        }
    }
    Ok(pictures)
}
