//! Mails as Outlook saves them (`.msg`): the one attached sheet. Such a file keeps no signature that could be checked.

use cfb::CompoundFile;
use std::io::{Cursor, Read};

/// The largest attachment that is taken.
const LIMIT: u64 = super::FILE_LIMIT;

/// Name and content of the attached sheet; `None` when the file is no mail of Outlook's.
///
/// # Errors
/// When it is one, and has no sheet attached or more than one, or is damaged.
pub fn attached(bytes: &[u8]) -> Result<Option<(String, Vec<u8>)>, String> {
    let damaged = |e: &dyn std::fmt::Display| {
        format!("a damaged mail of Outlook's, or an old workbook that is damaged ({e}); save the attached sheet as a file and send that")
    };
    let mut file = CompoundFile::open(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    if !file.exists("/__properties_version1.0") {
        return Ok(None);
    }
    let folders: Vec<String> = file
        .read_storage("/")
        .map_err(|e| damaged(&e))?
        .filter(|e| e.is_storage() && e.name().starts_with("__attach_version1.0_"))
        .map(|e| e.path().display().to_string())
        .collect();
    let mut found = Vec::new();
    for folder in folders {
        // The long name, else the short one; as UTF-16, else in the code page of the mail.
        let names = ["3707001F", "3704001F", "3707001E", "3704001E"].map(|tag| stream(&mut file, &folder, tag));
        let wide = names[..2].iter().flatten().map(|b| utf16(b)).find(|n| !n.is_empty());
        let narrow = names[2..]
            .iter()
            .flatten()
            .map(|b| String::from_utf8_lossy(b).trim_end_matches('\0').to_string());
        let name = wide.or_else(|| narrow.into_iter().find(|n: &String| !n.is_empty())).unwrap_or_default();
        if super::may_be_sheet(&name) {
            let content = stream(&mut file, &folder, "37010102").ok_or_else(|| damaged(&format!("{name} has no content")))?;
            found.push((name, content));
        }
    }
    match found.len() {
        1 => Ok(Some(found.remove(0))),
        n => Err(super::mail::not_one(n, &found.iter().map(|f| f.0.as_str()).collect::<Vec<_>>())),
    }
}

/// What to do with a workbook in the container of Outlook's mails: one of Excel 97 to 2003, or one with a password.
///
/// It is not read here: the reader at hand unfolds all that such a file spans and repeats, and keeps no bound.
pub fn workbook(bytes: &[u8]) -> &'static str {
    let has = |name: &str| CompoundFile::open(Cursor::new(bytes)).is_ok_and(|file| file.exists(name));
    if has("/EncryptedPackage") {
        return "a workbook with a password; in Excel clear it under File, Info, Protect Workbook, Encrypt with Password, save, and import that";
    }
    "an old workbook (.xls); in Excel or LibreOffice use 'Save as' with the type Excel workbook (.xlsx) or OpenDocument sheet (.ods), \
     without a password, import that, and sign that file if you sign"
}

fn stream(file: &mut CompoundFile<Cursor<&[u8]>>, folder: &str, tag: &str) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let path = format!("{folder}/__substg1.0_{tag}");
    let stream = file.open_stream(path).ok()?;
    stream.take(LIMIT).read_to_end(&mut content).ok()?;
    Some(content)
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|p| u16::from_le_bytes([p[0], p[1]])).collect();
    String::from_utf16_lossy(&units).trim_end_matches('\0').to_string()
}
