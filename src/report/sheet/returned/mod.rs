//! Sheets that came back, whatever program saved them: one grid of text, or the reason why there is none.
//!
//! A grid is not judged here: which cells are right, and who may decide, is for the campaign to say.

mod book;
mod grid;
mod mail;
mod open_document;
mod outlook;
mod table;
mod text;

#[cfg(test)]
mod tests;

use crate::campaign::{ReturnedSheet, Sheet};
use sha2::{Digest, Sha256};

/// The largest file that is taken, in bytes: a sheet of 300,000 items stays below.
pub const FILE_LIMIT: u64 = 512 * 1024 * 1024;

/// How names of attachments end that may be sheets; what one is comes from its content.
const ENDINGS: [&str; 7] = [".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods"];

/// Whether an attachment may be a sheet, by its name.
fn may_be_sheet(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ENDINGS.iter().any(|end| lower.ends_with(end))
}

/// Why a file cannot be taken for a sheet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct NotASheet {
    /// The file's name.
    pub file: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// A sheet, and the name of the attachment that held it when it came by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The grid.
    pub sheet: ReturnedSheet,
    /// The attachment's name, when the file is a mail.
    pub attachment: Option<String>,
    /// Whether it is a mail as it was sent, whose signature can be checked; Outlook's own files are not.
    pub as_sent: bool,
}

/// Reads a CSV (any usual encoding and separator), a workbook, the page's saved decisions, or a mail (`.eml`, `.msg`) with one of them.
///
/// What a file is comes from its content; `file` is its name for messages.
/// Cells and names are free of the protection against formulas, and rows are counted as a spreadsheet counts them.
///
/// # Errors
/// When the content is none of these, is torn, or is far too large when unpacked.
pub fn read(file: &str, bytes: &[u8]) -> Result<Returned, NotASheet> {
    let refused = |problem: String| NotASheet {
        file: file.to_string(),
        problem,
    };
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(refused("it is larger than 512 MiB".into()));
    }
    let (mut sheet, attachment) = match kind(bytes) {
        Kind::Mail => {
            let (name, content) = mail::attached(bytes).map_err(refused)?;
            (grid(&content).map_err(|p| refused(format!("attachment {name}: {p}")))?, Some(name))
        }
        Kind::Compound => match outlook::attached(bytes).map_err(refused)? {
            Some((name, content)) => (grid(&content).map_err(|p| refused(format!("attachment {name}: {p}")))?, Some(name)),
            None => return Err(refused(outlook::workbook(bytes).into())),
        },
        _ => (grid(bytes).map_err(refused)?, None),
    };
    // Some programs write headings in capitals.
    for column in &mut sheet.columns {
        let lower = column.trim().to_ascii_lowercase();
        if Sheet::columns().contains(&lower.as_str()) {
            *column = lower;
        }
    }
    sheet.file = file.to_string();
    sheet.sha256 = hex::encode(Sha256::digest(bytes));
    let as_sent = kind(bytes) == Kind::Mail;
    Ok(Returned { sheet, attachment, as_sent })
}

/// What a file is, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Workbook,
    Compound,
    Page,
    Mail,
    Table,
}

fn kind(bytes: &[u8]) -> Kind {
    let start = bytes.get(..bytes.len().min(64 * 1024)).unwrap_or_default();
    if start.starts_with(b"PK\x03\x04") {
        return Kind::Workbook;
    }
    if start.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Kind::Compound;
    }
    let opening = String::from_utf8_lossy(start.get(..start.len().min(512)).unwrap_or_default()).to_ascii_lowercase();
    if opening.trim_start_matches(['\u{feff}', ' ', '\r', '\n']).starts_with("<!doctype html") || opening.contains("<html") {
        return Kind::Page;
    }
    if mail::looks_like_one(start) { Kind::Mail } else { Kind::Table }
}

fn grid(bytes: &[u8]) -> Result<ReturnedSheet, String> {
    match kind(bytes) {
        Kind::Workbook => book::read(bytes),
        Kind::Table => table::read(&text::decode(bytes)?),
        Kind::Compound => Err(outlook::workbook(bytes).into()),
        Kind::Page => Err("this is the page itself; open it, press 'Save decisions', and import the file that it saves".into()),
        Kind::Mail => Err("a mail inside a mail; save the attached mail as a file of its own and import that".into()),
    }
}

/// The place of the header in rows of cells: the first row that names `item_id`.
fn header(rows: &[Vec<String>]) -> Option<usize> {
    rows.iter().position(|row| row.iter().any(|c| c.trim().eq_ignore_ascii_case("item_id")))
}
