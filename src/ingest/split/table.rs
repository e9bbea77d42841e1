//! Rows of separated values: a record on each line, or on several where quotes hold line breaks.

use super::{Batch, CUT_OFF, Found, Splitter};
use crate::ingest::rows::{Heading, cells};
use std::sync::Arc;

/// How a row ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// With its line.
    Line,
    /// With the file.
    File,
    /// With quotes that are still open.
    Quoted,
}

impl<'m, E: FnMut(Batch<'m>) -> bool> Splitter<'_, 'm, '_, E> {
    pub(super) fn table(&mut self, heading: &Arc<Heading>) {
        while self.pos < heading.body {
            // The heading lies within the bytes that were looked at before.
            if self.from(self.pos).is_empty() && !self.more(self.pos) {
                return;
            }
            self.pos = heading.body;
        }
        self.heading = Some(Arc::clone(heading));
        while !self.stopped {
            let start = self.pos;
            match self.row_end(start, heading.line) {
                None => return,
                Some((end, how)) => self.row(start, end, how, heading),
            }
        }
    }

    /// Where the row that begins here ends, and how.
    fn row_end(&mut self, start: u64, line: u8) -> Option<(u64, End)> {
        let mut at = start;
        let mut quoted = false;
        loop {
            let bytes = self.from(at);
            let mut rest = bytes;
            while let Some(found) = memchr::memchr2(b'"', line, rest) {
                if rest[found] == b'"' {
                    quoted = !quoted;
                } else if !quoted {
                    let end = at + (bytes.len() - rest.len() + found) as u64;
                    return Some((end, End::Line));
                }
                rest = &rest[found + 1..];
            }
            at += bytes.len() as u64;
            let long = at - start > self.limits.record as u64;
            if long && quoted || !self.more(start) {
                return (at > start).then_some((at, if quoted { End::Quoted } else { End::File }));
            }
        }
    }

    fn row(&mut self, start: u64, end: u64, how: End, heading: &Heading) {
        let length = usize::try_from(end - start).unwrap_or(usize::MAX);
        let bytes = &self.from(start)[..length];
        let trimmed = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let last = start + trimmed.len() as u64;
        if trimmed.trim_ascii().is_empty() {
            self.pos = end + 1;
            return;
        }
        let first_line = memchr::memchr(heading.line, trimmed);
        // A quote that was never closed swallows rows: only the line on which it stands is lost.
        let (columns, width) = (heading.columns.len(), heading.width());
        let count = || cells(&String::from_utf8_lossy(trimmed), heading.separator).map(|c| c.len());
        let fits = || count().is_some_and(|count| count <= columns);
        let short = || count().is_some_and(|count| count < width);
        if how == End::File && (self.feed.trouble.is_some() || short()) {
            let found = Found {
                end: last,
                closed: false,
                deepest: 0,
                broken_line: false,
                long: None,
            };
            let reason = match count() {
                Some(count) => format!("{CUT_OFF}: {count} cells, where the heading has {columns}"),
                None => CUT_OFF.into(),
            };
            self.torn(start, &found, reason);
            self.pos = end + 1;
            return;
        }
        if how == End::Quoted || first_line.is_some() && !fits() {
            let upto = first_line.map_or(last, |at| start + at as u64);
            let found = Found {
                end: upto,
                closed: false,
                deepest: 0,
                broken_line: false,
                long: None,
            };
            let reason = "a row whose quotes are not closed";
            let cut = how == End::Quoted && first_line.is_none();
            self.torn(start, &found, if cut { format!("{CUT_OFF}: {reason}") } else { reason.into() });
            self.pos = upto + 1;
            return;
        }
        if trimmed.len() > self.limits.record {
            let found = Found {
                end: last,
                closed: true,
                deepest: 0,
                broken_line: false,
                long: None,
            };
            let reason = format!("{} bytes long, more than the limit of {}", trimmed.len(), self.limits.record);
            self.torn(start, &found, reason);
        } else {
            self.push(start, last, None);
        }
        self.pos = end + 1;
    }
}
