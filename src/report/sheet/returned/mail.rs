//! The sheet in a returned mail: exactly one attachment that is a table or a workbook.

use mail_parser::{MessageParser, MimeHeaders};

/// Whether the content begins like a mail: header fields, among them those that every mail has.
pub fn looks_like_one(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start);
    let mut fields = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        match line.split_once(':') {
            Some((name, _)) if !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic()) => fields.push(name.to_ascii_lowercase()),
            _ => return false,
        }
    }
    ["from", "date"].iter().all(|needed| fields.iter().any(|f| f == needed))
}

/// Name and content of the attached sheet.
///
/// # Errors
/// When there is none, or more than one.
pub fn attached(bytes: &[u8]) -> Result<(String, Vec<u8>), String> {
    let message = MessageParser::default().parse(bytes).ok_or("the mail cannot be read")?;
    let mut found = Vec::new();
    for part in message.attachments() {
        let name = part.attachment_name().unwrap_or_default().to_string();
        if super::may_be_sheet(&name) {
            found.push((name, part.contents().to_vec()));
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        n => Err(not_one(n, &found.iter().map(|f| f.0.as_str()).collect::<Vec<_>>())),
    }
}

/// Why a mail without exactly one sheet is not taken.
pub fn not_one(n: usize, names: &[&str]) -> String {
    match n {
        0 => "the mail has no attachment that ends in .csv, .xlsx or .ods; ask for the saved decisions or review.xlsx".into(),
        n => format!(
            "the mail has {n} sheets attached ({}); import the right one as a file, or ask for a mail with one",
            names.join(", ")
        ),
    }
}
