//! The heading of separated values, and the cells of their rows.

use super::{Columns, FORMATS, Rows};
use crate::ingest::split::log_of_table;
use std::borrow::Cow;

/// The heading of a table, as far as the rows need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ingest) struct Heading {
    /// What stands between cells.
    pub separator: u8,
    /// What ends a line: a carriage return alone in tables of old Macintosh programs.
    pub line: u8,
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
    /// A table of columns that nobody knows: why it is not read, and the log of which it speaks.
    Unknown {
        /// Why it is not read.
        why: String,
        /// The log.
        of: Option<&'static str>,
    },
    /// A table that holds records, and why they cannot be read.
    Damaged(String),
}

impl Heading {
    /// What stands in the place of a separator where rows are lists of JSON.
    pub const LIST: u8 = b'[';

    /// How many columns have a name, the last of them counted with all before it: fewer cells are no whole row.
    pub fn width(&self) -> usize {
        let last = self.columns.iter().rposition(|name| name.chars().any(char::is_alphabetic));
        last.map_or(0, |at| at + 1)
    }

    /// The log of which columns speak that are those of no known export.
    pub fn log(&self) -> Option<&'static str> {
        log_of_columns(&Columns::of(self.columns.iter().map(String::as_str)))
    }

    /// The heading of rows that are lists of JSON; its format is past the last one where none fits.
    pub fn of_names(names: Vec<String>) -> Self {
        let columns = named(names.into_iter().map(Cow::Owned).collect());
        let known = Columns::of(columns.iter().map(String::as_str));
        Self {
            separator: Self::LIST,
            line: b'\n',
            format: FORMATS.iter().position(|format| (format.fits)(&known)).unwrap_or(FORMATS.len()),
            columns,
            body: 0,
        }
    }

    /// The heading at the beginning of a text.
    pub fn of(bytes: &[u8]) -> Option<FoundHeading> {
        let mut at = bytes.len() - bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).len();
        let mut told = None;
        let breaks = breaks_of(bytes);
        loop {
            let end = line_end(bytes, at, breaks)?;
            let line = bytes[at..end].trim_ascii();
            match hinted(&bytes[at..end]) {
                Some(separator) => told = Some(separator),
                // Windows PowerShell writes the type of the objects first.
                _ if line.is_empty() || line.starts_with(b"#TYPE") => {}
                _ => break,
            }
            at = end + 1;
        }
        let end = line_end(bytes, at, breaks)?;
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
                line: breaks,
                columns,
                format,
                body,
            }),
            None if zoned(&columns) => {
                FoundHeading::Damaged("a table whose dates are in a zone that nothing tells for certain; export it again with times in UTC".into())
            }
            None => {
                let shown: Vec<&str> = columns.iter().map(String::as_str).take(6).collect();
                let why = format!(
                    "a table of separated values with columns that are no known export ({} …); export the audit log, sign-ins, or pages of Graph",
                    shown.join(", ")
                );
                let text = String::from_utf8_lossy(bytes.get(end + 1..).unwrap_or_default());
                let rows = text.lines().filter_map(|line| cells(line, separator));
                let of = log_of_columns(&known).or_else(|| log_of_table(&columns, rows));
                FoundHeading::Unknown { why, of }
            }
        })
    }
}

/// The log that has such columns, though too few of them to be read.
fn log_of_columns(columns: &Columns) -> Option<&'static str> {
    let acts = [
        "TargetResources",
        "InitiatedBy",
        "AADOperationType",
        "ActivityDisplayName",
        "Target1Type",
        "Target1ObjectId",
    ];
    let who = ["UserPrincipalName", "UserId", "ServicePrincipalId", "AppId", "Application ID", "User ID"];
    let signs_in = [
        "ResultType",
        "ConditionalAccessStatus",
        "ClientAppUsed",
        "IsInteractive",
        "SignInEventTypes",
        "Incoming token type",
    ];
    if columns.any(&acts) {
        Some("audit")
    } else {
        (columns.any(&who) && columns.any(&signs_in)).then_some("sign_ins")
    }
}

/// The separator that a line such as `sep=;` names, which spreadsheets write first.
fn hinted(line: &[u8]) -> Option<u8> {
    let mut line = line.strip_suffix(b"\r").unwrap_or(line);
    while let [rest @ .., b' '] = line {
        line = rest;
    }
    let line = line.strip_prefix(b"\"").and_then(|l| l.strip_suffix(b"\"")).unwrap_or(line);
    let (word, separator) = line.split_at_checked(4)?;
    match separator {
        [separator] if word.eq_ignore_ascii_case(b"sep=") => Some(*separator),
        _ => None,
    }
}

/// What ends the lines of a text: a carriage return where one stands alone before any line feed.
fn breaks_of(bytes: &[u8]) -> u8 {
    let mut quoted = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' if !quoted && bytes.get(at + 1).is_some_and(|next| *next != b'\n') => return b'\r',
            b'\n' if !quoted => break,
            _ => {}
        }
    }
    b'\n'
}

/// Whether columns would be those of a known export if their dates were in UTC.
fn zoned(columns: &[String]) -> bool {
    let in_utc: Vec<&str> = columns
        .iter()
        .map(|name| if name.starts_with("Date (") { "Date (UTC)" } else { name })
        .collect();
    let known = Columns::of(in_utc.iter().copied());
    FORMATS.iter().any(|format| (format.fits)(&known))
}

/// The end of the line that begins here; none when its quotes stay open.
fn line_end(bytes: &[u8], from: usize, breaks: u8) -> Option<usize> {
    let rest = bytes.get(from..).filter(|rest| !rest.is_empty())?;
    let mut quoted = false;
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            byte if *byte == breaks && !quoted => return Some(from + at),
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
        .filter(|(n, _)| *n >= 2 || is_shipped(line))
        .map(|(_, s)| s)
}

/// Whether one of the few columns of a heading is that of a shipper of logs, which holds the whole record.
fn is_shipped(line: &str) -> bool {
    line.split([',', ';', '\t']).any(|name| name.trim().trim_matches('"') == "_raw")
}

/// Trimmed names; one that comes again is numbered, so that no cell hides another.
fn named(cells: Vec<Cow<'_, str>>) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(cells.len());
    for cell in cells {
        // Files that were put together have a mark of byte order in their middle, and some writers put two.
        let name = cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_string();
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
            (format!("sep=\t\r\n{}\r\n", columns.replace(',', "\t")), b'\t'),
            (format!("\u{feff}\"Sep=\t\"\n{}\n", columns.replace(',', "\t")), b'\t'),
            (format!("SEP=| \n{}\n", columns.replace(',', "|")), b'|'),
            (format!("sep=;\r{}\rx", columns.replace(',', ";")), b';'),
            (format!("#TYPE System.Object\n{columns}"), b','),
            (format!("\u{feff}\u{feff}{columns}\n"), b','),
        ] {
            let Some(FoundHeading::Table(heading)) = Heading::of(text.as_bytes()) else {
                panic!("a table: {text}")
            };
            assert_eq!(heading.separator, separator);
            assert_eq!(heading.columns[10], "Incoming token type 2");
            assert_eq!(heading.columns[6], "Application ID");
        }
        let local = columns.replace("UTC", "Local");
        assert!(matches!(Heading::of(local.as_bytes()), Some(FoundHeading::Damaged(why)) if why.contains("UTC")));
        assert!(Heading::of(b"just some text\nand more\n").is_none());
        assert!(matches!(Heading::of(b"a,b,c\n1,2,3\n"), Some(FoundHeading::Unknown { of: None, .. })));
    }
}
