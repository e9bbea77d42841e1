//! The report as files: tables, workbook and pictures first, the page that names their hashes last.

use crate::report::charts::{self, Chart};
use crate::report::folder::Folder;
use crate::report::forms::{Form, Options, csv, json, parquet};
use crate::report::{ReportError, Review, columns, page, workbook};
use std::path::{Path, PathBuf};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The page to open.
    pub index: PathBuf,
    /// All files, the page last.
    pub files: Vec<PathBuf>,
}

/// Writes the tables as CSV and Parquet (and JSON when the review asks for it), `report.xlsx`, `charts/*.png` and `index.html` into `out`;
/// the page names the hashes of the others.
///
/// The same review gives the same bytes.
///
/// # Errors
/// When the folder cannot be made or the disk is full; files that were there stay as they were.
pub fn write(review: &Review, out: &Path) -> Result<Written, ReportError> {
    let mut folder = Folder::open(out)?;
    // The workbook takes as long as all else together.
    let (book, rest) = rayon::join(
        || workbook::bytes(review, out),
        || {
            let charts = charts::all(review);
            let pictures = pictures(review, &charts)?;
            Ok::<_, ReportError>((tables(review, &mut folder)?, charts, pictures))
        },
    );
    let (mut hashes, charts, pictures) = rest?;
    let mut add = |name: String, bytes: &[u8]| -> Result<(), ReportError> {
        let hash = folder.add(&name, |to| to.write_all(bytes).map_err(ReportError::io("write", &out.join(&name))))?;
        hashes.push((name, hash));
        Ok(())
    };
    add("report.xlsx".into(), &book?)?;
    for (name, bytes) in pictures {
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

/// The tables in each form, with their hashes.
fn tables(review: &Review, folder: &mut Folder) -> Result<Vec<(String, String)>, ReportError> {
    let mut hashes = Vec::new();
    let options = Options {
        csv: review.forms.csv,
        beside: None,
    };
    let json: Option<&dyn Form> = review.forms.json.then_some(&json::FORM);
    let always: [&dyn Form; 2] = [&csv::FORM, &parquet::FORM];
    for form in always.into_iter().chain(json) {
        let ending = form.word();
        let name = format!("findings.{ending}");
        let findings = review.findings.iter().map(|f| (review.audience.finding(f), ""));
        let failed = ReportError::io("write", Path::new(&name));
        let hash = folder.add(&name, |to| columns::write(columns::FINDINGS, findings, form, &options, to).map_err(failed))?;
        hashes.push((name, hash));
        let name = format!("holdings.{ending}");
        let holdings = review.access.holdings.iter().map(|h| {
            let presence = h.presence(review.period);
            (review.audience.holding(h), presence.as_str())
        });
        let failed = ReportError::io("write", Path::new(&name));
        let hash = folder.add(&name, |to| columns::write(columns::HOLDINGS, holdings, form, &options, to).map_err(failed))?;
        hashes.push((name, hash));
    }
    Ok(hashes)
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
