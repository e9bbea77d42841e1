//! The heading of separated values, and the cells of their rows.

use super::{Columns, FORMATS, Rows};
use std::borrow::Cow;

/// The heading of a table, as far as the rows need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ingest) struct Heading {
    /// What stands between cells.
    pub separator: u8,
    /// Names of the columns in their order; a name that comes again is numbered.
    pub columns: Vec<String>,
    /// The format, by its place in the list.
    pub format: usize,
    /// Offset of the first row.
    pub body: u64,
}

/// What the first lines of a text are, if they are those of a table.
pub(in crate::ingest) enum FoundHeading {
    /// A table of a known kind.
    Table(Heading),
    /// A table, and why it is not read.
    Foreign(String),
}

impl Heading {
    /// What stands in the place of a separator where rows are lists of JSON.
    pub const LIST: u8 = b'[';

    /// The heading of rows that are lists of JSON; its format is past the last one where none fits.
    pub fn of_names(names: Vec<String>) -> Self {
        let columns = named(names.into_iter().map(Cow::Owned).collect());
        let known = Columns::of(columns.iter().map(String::as_str));
        Self {
            separator: Self::LIST,
            format: FORMATS.iter().position(|format| (format.fits)(&known)).unwrap_or(FORMATS.len()),
            columns,
            body: 0,
        }
    }

    /// The heading at the beginning of a text.
    pub fn of(bytes: &[u8]) -> Option<FoundHeading> {
        let mut at = bytes.len() - bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).len();
        let mut told = None;
        loop {
            let end = line_end(bytes, at)?;
            let line = bytes[at..end].trim_ascii();
            let separator = line
                .strip_prefix(b"sep=")
                .or_else(|| line.strip_prefix(b"\"sep=").and_then(|l| l.strip_suffix(b"\"")));
            match separator {
                Some([separator]) => told = Some(*separator),
                // Windows PowerShell writes the type of the objects first.
                _ if line.is_empty() || line.starts_with(b"#TYPE") => {}
                _ => break,
            }
            at = end + 1;
        }
        let end = line_end(bytes, at)?;
        let line = String::from_utf8_lossy(bytes[at..end].trim_ascii_end()).into_owned();
        let separator = told.or_else(|| separator_of(&line))?;
        let columns = named(cells(&line, separator)?);
        let body = (end + 1).min(bytes.len()) as u64;
        let known = Columns::of(columns.iter().map(String::as_str));
        let found = FORMATS.iter().position(|format| (format.fits)(&known));
        Some(match found.map(|format| (format, &FORMATS[format])) {
            Some((_, format)) if let Rows::Refused(why) = format.rows => FoundHeading::Foreign(format!("{}; {why}", format.name)),
            Some((format, _)) => FoundHeading::Table(Self {
                separator,
                columns,
                format,
                body,
            }),
            None => {
                let shown: Vec<&str> = columns.iter().map(String::as_str).take(6).collect();
                FoundHeading::Foreign(format!(
                    "a table of separated values with columns that are no known export ({} …); export it as JSON, which loses no nested part",
                    shown.join(", ")
                ))
            }
        })
    }
}

/// The end of the line that begins here; none when its quotes stay open.
fn line_end(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..).filter(|rest| !rest.is_empty())?;
    let mut quoted = false;
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => return Some(from + at),
            _ => {}
        }
    }
    (!quoted).then_some(bytes.len())
}

/// Whatever of comma, semicolon and tab stands between names most often, outside of quotes; a table has at least three columns.
fn separator_of(line: &str) -> Option<u8> {
    let count = |separator: u8| {
        let mut quoted = false;
        let outside = line.bytes().filter(|b| {
            quoted ^= *b == b'"';
            !quoted && *b == separator
        });
        outside.count()
    };
    [b',', b';', b'\t']
        .into_iter()
        .map(|s| (count(s), s))
        .max_by_key(|(n, _)| *n)
        .filter(|(n, _)| *n >= 2)
        .map(|(_, s)| s)
}

/// Trimmed names; one that comes again is numbered, so that no cell hides another.
fn named(cells: Vec<Cow<'_, str>>) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(cells.len());
    for cell in cells {
        let name = cell.trim().to_string();
        let again = names
            .iter()
            .filter(|n| **n == name || n.strip_suffix(|c: char| c.is_ascii_digit()).is_some_and(|n| n.trim_end() == name))
            .count();
        names.push(if again == 0 { name } else { format!("{name} {}", again + 1) });
    }
    names
}

/// The cells of a row; `None` when its quotes are broken.
pub(in crate::ingest) fn cells(row: &str, separator: u8) -> Option<Vec<Cow<'_, str>>> {
    let separator = char::from(separator);
    let mut out = Vec::new();
    let mut rest = row;
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut text = String::new();
            let mut left = quoted;
            loop {
                let (before, after) = left.split_once('"')?;
                text.push_str(before);
                left = after;
                match left.strip_prefix('"') {
                    Some(after) => {
                        text.push('"');
                        left = after;
                    }
                    None => break,
                }
            }
            out.push(Cow::Owned(text));
            match left.strip_prefix(separator) {
                Some(after) => rest = after,
                None if left.trim().is_empty() => return Some(out),
                None => return None,
            }
        } else {
            match rest.split_once(separator) {
                Some((cell, after)) => {
                    out.push(Cow::Borrowed(cell));
                    rest = after;
                }
                None => {
                    out.push(Cow::Borrowed(rest));
                    return Some(out);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_divided_as_they_were_written() {
        for (row, separator, expected) in [
            ("a,b,c", b',', Some(vec!["a", "b", "c"])),
            ("a;\"b;\"\"x\"\"\n2\";", b';', Some(vec!["a", "b;\"x\"\n2", ""])),
            ("\"a\"\t\t\"\"", b'\t', Some(vec!["a", "", ""])),
            ("", b',', Some(vec![""])),
            ("\"a\"b,c", b',', None),
            ("\"a", b',', None),
        ] {
            let found = cells(row, separator).map(|c| c.into_iter().map(Cow::into_owned).collect::<Vec<_>>());
            assert_eq!(found, expected.map(|e| e.into_iter().map(str::to_string).collect()), "{row}");
        }
    }

    #[test]
    fn headings_are_found_behind_marks_and_hints() {
        let columns = "Date (UTC),Request ID,User ID,User,Username,Application,Application ID ,Resource,Status,Incoming token type,Incoming token type";
        for (text, separator) in [
            (format!("\u{feff}{columns}\n"), b','),
            (format!("sep=;\r\n{}\r\n", columns.replace(',', ";")), b';'),
            (format!("{}\n", columns.replace(',', "\t")), b'\t'),
            (format!("#TYPE System.Object\n{columns}"), b','),
        ] {
            let Some(FoundHeading::Table(heading)) = Heading::of(text.as_bytes()) else {
                panic!("a table: {text}")
            };
            assert_eq!(heading.separator, separator);
            assert_eq!(heading.columns[10], "Incoming token type 2");
            assert_eq!(heading.columns[6], "Application ID");
        }
        assert!(Heading::of(b"just some text\nand more\n").is_none());
        assert!(matches!(Heading::of(b"a,b,c\n1,2,3\n"), Some(FoundHeading::Foreign(_))));
    }
}
