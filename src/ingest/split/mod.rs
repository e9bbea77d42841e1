//! Cuts a file into records, whatever it is wrapped in: pages, arrays, lines, documents in a row.
//!
//! Nothing is understood here beyond brackets, strings and the annotations of a page.
//! A record that is cut, too long or too deep is torn out with its place, and reading goes on after it.

mod closed;
mod lines;
mod pages;
mod sniff;
mod table;
mod tables;

pub(super) use closed::{Closed, ToldBy, log_of_table};
pub(super) use sniff::sniff;

use crate::ingest::context::Context;
use crate::ingest::feed::Feed;
use crate::ingest::limits::Limits;
use crate::ingest::rows::Heading;
use crate::ingest::skip::Skip;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::Arc;

/// Why a record is torn that ends with its file.
pub(super) const CUT_OFF: &str = "cut off before its end";

/// What is kept of a record that is not taken, in bytes.
pub(super) const RAW: usize = 4096;

/// Spans in one batch: bounds what a file of tiny records makes us hold.
const SPANS: usize = 1 << 16;
/// Torn records in one batch.
const TORN: usize = 1 << 10;
/// How often a file that is cut in its middle is taken up again.
const RESUMES: usize = 64;

/// Records that lie near one another, to be worked on at once.
#[derive(Debug, Default)]
pub(super) struct Batch<'m> {
    /// Their bytes.
    pub data: Cow<'m, [u8]>,
    /// Where each is.
    pub spans: Vec<Span>,
    /// Records that could not be cut out whole.
    pub torn: Vec<Torn>,
}

/// A record in a batch.
#[derive(Debug, Clone)]
pub(super) struct Span {
    /// Index of its first byte in the batch.
    pub start: usize,
    /// Its length.
    pub len: usize,
    /// Its offset in the file.
    pub offset: u64,
    /// Its ordinal in the file.
    pub row: i64,
    /// The page it is on.
    pub page: Option<Arc<Head>>,
    /// The heading of its table.
    pub heading: Option<Arc<Heading>>,
}

/// A record that was not cut out whole.
#[derive(Debug, Clone)]
pub(super) struct Torn {
    /// Its ordinal in the file.
    pub row: i64,
    /// Its offset in the file.
    pub offset: u64,
    /// Its length as far as it goes.
    pub len: u64,
    /// Why.
    pub reason: String,
    /// SHA-256 of all its bytes.
    pub sha256: [u8; 32],
    /// Its first bytes.
    pub raw: Vec<u8>,
    /// The page it is on.
    pub page: Option<Arc<Head>>,
    /// The heading of its table.
    pub heading: Option<Arc<Heading>>,
}

/// What a page says before its rows, or, where that was cheap to find out, after them.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Ordinal of the page in the file.
    pub index: usize,
    /// Its context.
    pub context: Option<Context>,
    /// The address of the next page, taken apart: names the parent where the context does not.
    pub link: Option<Context>,
}

/// What is known of a page when it is over.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    /// Its context.
    pub context: Option<Context>,
    /// The address of the next page, taken apart.
    pub link: Option<Context>,
    /// `@odata.count`.
    pub count: Option<i64>,
    /// Whether another page follows.
    pub more: bool,
    /// Whether the next page is asked for with a filter or search, so that the whole is a part.
    pub filtered: bool,
    /// Whether it tells changes only.
    pub delta: bool,
    /// Whether it was closed properly.
    pub closed: bool,
    /// Whether one object was wrapped like a page.
    pub single: bool,
    /// Rows on it, torn ones too.
    pub rows: i64,
    /// Why it says itself that it is not whole, or says of its size what nobody can read.
    pub doubt: Option<String>,
    /// Lists of rows behind its own, of which nothing was taken.
    pub(super) seconds: Vec<Torn>,
}

impl Page {
    fn doubt(&mut self, why: String) {
        self.doubt.get_or_insert(why);
    }
}

/// A file after it was cut up.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Its pages.
    pub pages: Vec<Page>,
    /// Why it could not be read to its end.
    pub trouble: Option<String>,
    /// The format of the tables that it answers with.
    pub answered: Option<&'static str>,
}

/// What a file looks like from its first lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// A record or page on each line.
    Lines,
    /// Documents, perhaps over many lines.
    Documents,
    /// Rows of separated values.
    Table(Arc<Heading>),
    /// No JSON objects.
    Foreign(String),
    /// What may hold records and is not opened.
    Closed(Closed),
}

/// Cuts the file up; `emit` returns false to stop.
pub(super) fn split<'m>(feed: &mut Feed<'m>, shape: &Shape, limits: &Limits, emit: impl FnMut(Batch<'m>) -> bool) -> Outcome {
    let mut splitter = Splitter {
        feed,
        limits,
        emit,
        pos: 0,
        end: None,
        row: 0,
        pages: Vec::new(),
        batch: Batch::default(),
        first: 0,
        size: 0,
        resumes: 0,
        stopped: false,
        page: None,
        heading: None,
        answered: None,
    };
    match shape {
        Shape::Lines => splitter.lines(),
        Shape::Documents => splitter.documents(),
        Shape::Table(heading) => splitter.table(heading),
        Shape::Foreign(_) | Shape::Closed(_) => {}
    }
    splitter.flush();
    Outcome {
        pages: splitter.pages,
        trouble: splitter.feed.trouble.clone(),
        answered: splitter.answered,
    }
}

struct Splitter<'f, 'm, 'l, E> {
    feed: &'f mut Feed<'m>,
    limits: &'l Limits,
    emit: E,
    /// Where we are.
    pos: u64,
    /// Where the line ends that must not be left.
    end: Option<u64>,
    row: i64,
    pages: Vec<Page>,
    batch: Batch<'m>,
    /// Offset of the batch's first byte, when the file is mapped.
    first: u64,
    size: usize,
    resumes: usize,
    stopped: bool,
    /// The page that we are on.
    page: Option<Arc<Head>>,
    /// The heading of the table that we are in.
    heading: Option<Arc<Heading>>,
    /// The format of the first table of an answer.
    answered: Option<&'static str>,
}

/// Where a value ends.
struct Found {
    end: u64,
    closed: bool,
    deepest: usize,
    broken_line: bool,
    /// Set when the value is longer than may be held.
    long: Option<Long>,
}

struct Long {
    sha256: [u8; 32],
    raw: Vec<u8>,
}

/// How an array of records ended.
enum Ended {
    Closed,
    Cut,
}

impl<'m, E: FnMut(Batch<'m>) -> bool> Splitter<'_, 'm, '_, E> {
    // Bytes.

    /// The bytes at hand from an offset to the end of the line that must not be left.
    fn from(&self, offset: u64) -> &[u8] {
        let bytes = self.feed.from(offset);
        match self.end {
            Some(end) => {
                let left = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
                &bytes[..left.min(bytes.len())]
            }
            None => bytes,
        }
    }

    fn more(&mut self, keep: u64) -> bool {
        self.end.is_none() && self.feed.more(keep)
    }

    fn byte(&mut self, keep: u64) -> Option<u8> {
        loop {
            if let Some(byte) = self.from(self.pos).first() {
                return Some(*byte);
            }
            if !self.more(keep) {
                return None;
            }
        }
    }

    /// Goes over white space, marks of byte order and commas; the byte that follows.
    fn blank(&mut self, keep: Option<u64>) -> Option<u8> {
        loop {
            let keep = keep.unwrap_or(self.pos);
            match self.byte(keep)? {
                b' ' | b'\t' | b'\r' | b'\n' | b',' => self.pos += 1,
                0xef if self.from(self.pos).starts_with(b"\xef\xbb\xbf") => self.pos += 3,
                other => return Some(other),
            }
        }
    }

    /// Finds the end of the value that begins here, holding the bytes from `keep` on.
    ///
    /// A value longer than `hold` is hashed and forgotten when `drop` allows it, else left alone.
    fn value(&mut self, keep: u64, hold: usize, drop: bool) -> Found {
        let start = self.pos;
        let mut scanned = start;
        let mut skip = Skip::default();
        let bracket = matches!(self.byte(keep), Some(b'{' | b'[' | b'"'));
        let mut hasher: Option<(Sha256, Vec<u8>)> = None;
        let mut keep = keep;
        loop {
            let bytes = self.from(scanned);
            let found = if bracket {
                skip.feed(bytes)
            } else {
                let ends = |b: &u8| matches!(b, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n');
                bytes.iter().position(ends)
            };
            let upto = scanned + found.unwrap_or(bytes.len()) as u64;
            if let Some((hasher, _)) = &mut hasher {
                hasher.update(&bytes[..found.unwrap_or(bytes.len())]);
            }
            scanned = upto;
            let too_long = scanned - start > hold as u64;
            if too_long && hasher.is_none() {
                if !drop {
                    return Found {
                        end: scanned,
                        closed: found.is_some(),
                        deepest: skip.deepest,
                        broken_line: skip.broken_line,
                        long: Some(Long {
                            sha256: [0; 32],
                            raw: Vec::new(),
                        }),
                    };
                }
                let bytes = self.feed.slice(start, scanned);
                let raw = bytes[..bytes.len().min(RAW)].to_vec();
                hasher = Some((Sha256::new_with_prefix(&bytes), raw));
            }
            if hasher.is_some() {
                keep = scanned;
            }
            if found.is_some() || !self.more(keep) {
                return Found {
                    end: scanned,
                    closed: found.is_some(),
                    deepest: skip.deepest,
                    broken_line: skip.broken_line,
                    long: hasher.map(|(hasher, raw)| Long {
                        sha256: hasher.finalize().into(),
                        raw,
                    }),
                };
            }
        }
    }

    // What was found.

    fn push(&mut self, start: u64, end: u64, page: Option<Arc<Head>>) {
        let len = usize::try_from(end - start).unwrap_or(usize::MAX);
        let at = if self.feed.is_whole() {
            if self.batch.spans.is_empty() {
                self.first = start;
            }
            usize::try_from(start - self.first).unwrap_or(usize::MAX)
        } else {
            let bytes = self.feed.slice(start, end);
            let data = self.batch.data.to_mut();
            data.extend_from_slice(&bytes);
            data.len() - len
        };
        self.batch.spans.push(Span {
            start: at,
            len,
            offset: start,
            row: self.row,
            page,
            heading: self.heading.clone(),
        });
        self.row += 1;
        self.size += len;
        if self.size >= self.limits.chunk || self.batch.spans.len() >= SPANS {
            self.flush();
        }
    }

    fn torn(&mut self, start: u64, found: &Found, reason: String) {
        let torn = self.as_torn(start, found, reason);
        self.put_torn(torn);
    }

    /// Takes what was not cut out whole as the next row of the page that we are on.
    fn put_torn(&mut self, torn: Torn) {
        self.batch.torn.push(Torn {
            row: self.row,
            page: self.page.clone(),
            heading: self.heading.clone(),
            ..torn
        });
        self.row += 1;
        if self.batch.torn.len() >= TORN {
            self.flush();
        }
    }

    fn as_torn(&mut self, start: u64, found: &Found, reason: String) -> Torn {
        let (sha256, raw) = match &found.long {
            Some(long) if !long.raw.is_empty() => (long.sha256, long.raw.clone()),
            _ => {
                let bytes = self.feed.slice(start, found.end);
                let raw = bytes[..bytes.len().min(RAW)].to_vec();
                (Sha256::digest(&bytes).into(), raw)
            }
        };
        Torn {
            row: self.row,
            offset: start,
            len: found.end - start,
            reason,
            sha256,
            raw,
            page: None,
            heading: None,
        }
    }

    fn flush(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        self.size = 0;
        if batch.spans.is_empty() && batch.torn.is_empty() {
            return;
        }
        if self.feed.is_whole()
            && let Some(last) = batch.spans.last()
        {
            let end = last.offset + last.len as u64;
            batch.data = self.feed.slice(self.first, end);
        }
        if !self.stopped && !(self.emit)(batch) {
            self.stopped = true;
        }
    }

    /// Takes the value that begins here for a record, or tears it out.
    fn record(&mut self, page: Option<&Arc<Head>>) -> Ended {
        let start = self.pos;
        let found = self.value(start, self.limits.record, true);
        self.pos = found.end;
        if !found.closed {
            if found.long.is_none() && self.resume(start, &found) {
                return Ended::Cut;
            }
            self.torn(start, &found, CUT_OFF.into());
            return Ended::Cut;
        }
        if found.long.is_some() {
            let reason = format!("{} bytes long, more than the limit of {}", found.end - start, self.limits.record);
            self.torn(start, &found, reason);
        } else if found.deepest > self.limits.depth {
            let reason = format!("nested {} levels deep, more than the limit of {}", found.deepest, self.limits.depth);
            self.torn(start, &found, reason);
        } else {
            self.push(start, found.end, page.cloned());
        }
        Ended::Closed
    }

    /// After a cut in the middle of a file, goes on at the next line that begins like a document.
    fn resume(&mut self, start: u64, found: &Found) -> bool {
        if self.end.is_some() || self.resumes >= RESUMES {
            return false;
        }
        let bytes = self.feed.from(start);
        let length = usize::try_from(found.end - start).unwrap_or(usize::MAX);
        let bytes = &bytes[..length.min(bytes.len())];
        let Some(next) = memchr::memmem::find(bytes, b"\n{") else {
            return false;
        };
        self.resumes += 1;
        let cut = Found {
            end: start + next as u64,
            closed: false,
            deepest: 0,
            broken_line: true,
            long: None,
        };
        self.torn(start, &cut, CUT_OFF.into());
        self.pos = cut.end + 1;
        true
    }
}
