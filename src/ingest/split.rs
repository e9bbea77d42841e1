//! Cuts a file into records, whatever it is wrapped in: pages, arrays, lines, documents in a row.
//!
//! Nothing is understood here beyond brackets, strings and the annotations of a page.
//! A record that is cut, too long or too deep is torn out with its place, and reading goes on after it.

use crate::ingest::context::Context;
use crate::ingest::feed::Feed;
use crate::ingest::limits::Limits;
use crate::ingest::skip::{self, Skip};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::Arc;

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
}

/// A file after it was cut up.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Its pages.
    pub pages: Vec<Page>,
    /// Why it could not be read to its end.
    pub trouble: Option<String>,
}

/// What a file looks like from its first lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// A record or page on each line.
    Lines,
    /// Documents, perhaps over many lines.
    Documents,
    /// No JSON objects.
    Foreign(String),
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
    };
    match shape {
        Shape::Lines => splitter.lines(),
        Shape::Documents => splitter.documents(),
        Shape::Foreign(_) => {}
    }
    splitter.flush();
    Outcome {
        pages: splitter.pages,
        trouble: splitter.feed.trouble.clone(),
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
        });
        self.row += 1;
        self.size += len;
        if self.size >= self.limits.chunk || self.batch.spans.len() >= SPANS {
            self.flush();
        }
    }

    fn torn(&mut self, start: u64, found: &Found, reason: String) {
        let (sha256, raw) = match &found.long {
            Some(long) if !long.raw.is_empty() => (long.sha256, long.raw.clone()),
            _ => {
                let bytes = self.feed.slice(start, found.end);
                let raw = bytes[..bytes.len().min(RAW)].to_vec();
                (Sha256::digest(&bytes).into(), raw)
            }
        };
        self.batch.torn.push(Torn {
            row: self.row,
            offset: start,
            len: found.end - start,
            reason,
            sha256,
            raw,
        });
        self.row += 1;
        if self.batch.torn.len() >= TORN {
            self.flush();
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
            self.torn(start, &found, "cut off before its end".into());
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
        self.torn(start, &cut, "cut off before its end".into());
        self.pos = cut.end + 1;
        true
    }

    // Documents.

    /// Documents one after the other, to the end.
    fn documents(&mut self) {
        while !self.stopped {
            match self.blank(None) {
                None => return,
                Some(b'{') => self.document(),
                Some(b'[') => self.array(),
                Some(_) => self.junk(),
            }
        }
    }

    /// A line that is no JSON.
    fn junk(&mut self) {
        let start = self.pos;
        let mut end = start;
        loop {
            let bytes = self.from(end);
            if let Some(at) = memchr::memchr(b'\n', bytes) {
                end += at as u64;
                break;
            }
            end += bytes.len() as u64;
            if end - start > self.limits.record as u64 || !self.more(start) {
                break;
            }
        }
        let found = Found {
            end: end.max(start + 1),
            closed: false,
            deepest: 0,
            broken_line: false,
            long: None,
        };
        self.torn(start, &found, "no JSON".into());
        self.pos = found.end;
    }

    fn array(&mut self) {
        self.pos += 1;
        self.elements(None);
    }

    /// Elements of an array up to its end.
    fn elements(&mut self, page: Option<&Arc<Head>>) -> Ended {
        while !self.stopped {
            match self.blank(None) {
                None | Some(b'}' | b':') => return Ended::Cut,
                Some(b']') => {
                    self.pos += 1;
                    return Ended::Closed;
                }
                Some(b'{') if page.is_none() && self.looks_like_page() => self.document(),
                Some(b'{') => {
                    if let Ended::Cut = self.record(page) {
                        return Ended::Cut;
                    }
                }
                Some(_) => {
                    let start = self.pos;
                    let found = self.value(start, self.limits.record, true);
                    let found = Found {
                        end: found.end.max(start + 1),
                        ..found
                    };
                    self.pos = found.end;
                    self.torn(start, &found, "no JSON object".into());
                    if !found.closed {
                        return Ended::Cut;
                    }
                }
            }
        }
        Ended::Cut
    }

    /// Whether the object here begins with an annotation or with `value`.
    fn looks_like_page(&mut self) -> bool {
        let start = self.pos;
        while self.from(start).len() < 64 && self.more(start) {}
        begins_like_page(self.from(start))
    }

    /// An object: a page whose rows are records, or a record itself.
    fn document(&mut self) {
        let start = self.pos;
        let mut page = Page::default();
        self.pos += 1;
        loop {
            if self.blank(Some(start)) != Some(b'"') {
                break;
            }
            let Some(key) = self.member_key(start) else {
                break;
            };
            if is_annotation(&key) {
                if !self.annotation(&key, start, &mut page) {
                    break;
                }
                continue;
            }
            let rows = key == b"value" || key == b"records";
            match self.byte(start) {
                Some(b'[') if rows => return self.page(page),
                Some(b'{') if key == b"value" => return self.wrapped(page),
                _ => break,
            }
        }
        self.pos = start;
        self.record(None);
    }

    /// Reads a key and the colon after it.
    fn member_key(&mut self, keep: u64) -> Option<Vec<u8>> {
        let start = self.pos;
        let found = self.value(keep, 1 << 16, false);
        if !found.closed || found.long.is_some() || found.end < start + 2 {
            return None;
        }
        self.pos = found.end;
        let key = self.feed.slice(start + 1, found.end - 1).into_owned();
        if self.blank(Some(keep))? != b':' {
            return None;
        }
        self.pos += 1;
        self.blank(Some(keep))?;
        Some(key)
    }

    fn annotation(&mut self, key: &[u8], keep: u64, page: &mut Page) -> bool {
        let start = self.pos;
        let found = self.value(keep, 1 << 20, false);
        if !found.closed || found.long.is_some() {
            return false;
        }
        self.pos = found.end;
        let raw = self.feed.slice(start, found.end);
        let text = || serde_json::from_slice::<String>(&raw).ok();
        match key {
            b"@odata.context" => page.context = text().and_then(|t| Context::parse(&t)),
            b"@odata.count" => page.count = serde_json::from_slice(&raw).ok(),
            b"@odata.nextLink" => {
                let link = text().unwrap_or_default();
                let lower = link.to_lowercase();
                page.filtered = ["$filter=", "%24filter=", "$search=", "%24search="].iter().any(|word| lower.contains(word));
                page.link = Context::of_address(&link);
                page.more = !link.is_empty();
            }
            b"@odata.deltaLink" => page.delta = true,
            _ => {}
        }
        true
    }

    /// The rows of a page; we stand on the bracket.
    fn page(&mut self, mut page: Page) {
        let rows = self.pos;
        let mut after = None;
        let nameless = page
            .context
            .as_ref()
            .is_none_or(|context| page.link.is_none() && context.last() == "directoryobjects");
        if nameless {
            // What names the rows may come behind them: look there first when that is possible.
            let hold = if self.feed.is_whole() { usize::MAX } else { self.limits.page };
            let found = self.value(rows, hold, false);
            if found.closed && found.long.is_none() {
                self.pos = found.end;
                page.closed = self.tail(rows, &mut page);
                after = Some(self.pos);
            }
        }
        let index = self.pages.len();
        let head = Arc::new(Head {
            index,
            context: page.context.clone(),
            link: page.link.clone(),
        });
        self.pages.push(Page::default());
        self.pos = rows + 1;
        let before = self.row;
        let ended = self.elements(Some(&head));
        page.rows = self.row - before;
        match (ended, after) {
            (Ended::Closed, Some(after)) => self.pos = after,
            (Ended::Closed, None) => page.closed = self.tail(self.pos, &mut page),
            (Ended::Cut, _) => page.closed = false,
        }
        self.pages[index] = page;
    }

    /// Annotations behind the rows; whether the page was closed.
    fn tail(&mut self, keep: u64, page: &mut Page) -> bool {
        loop {
            match self.blank(Some(keep)) {
                Some(b'}') => {
                    self.pos += 1;
                    return true;
                }
                Some(b'"') => {
                    let Some(key) = self.member_key(keep) else {
                        return false;
                    };
                    if is_annotation(&key) {
                        if !self.annotation(&key, keep, page) {
                            return false;
                        }
                    } else {
                        let found = self.value(keep, 1 << 20, true);
                        self.pos = found.end;
                        if !found.closed {
                            return false;
                        }
                    }
                }
                _ => return false,
            }
        }
    }

    /// One object under `value`.
    fn wrapped(&mut self, mut page: Page) {
        page.single = true;
        let index = self.pages.len();
        let head = Arc::new(Head {
            index,
            context: page.context.clone(),
            link: None,
        });
        self.pages.push(Page::default());
        let before = self.row;
        if let Ended::Closed = self.record(Some(&head)) {
            page.closed = self.tail(self.pos, &mut page);
        }
        page.rows = self.row - before;
        self.pages[index] = page;
    }

    // Lines.

    fn lines(&mut self) {
        while !self.stopped {
            let start = self.pos;
            let mut end = start;
            let mut whole = false;
            loop {
                let bytes = self.from(end);
                if let Some(at) = memchr::memchr(b'\n', bytes) {
                    end += at as u64;
                    whole = true;
                    break;
                }
                end += bytes.len() as u64;
                if end - start > self.limits.page as u64 && !self.feed.is_whole() {
                    break;
                }
                if !self.more(start) {
                    whole = true;
                    break;
                }
            }
            if whole {
                if end == start && self.byte(start).is_none() {
                    return;
                }
                self.line(start, end);
            } else {
                self.endless_line(start);
            }
        }
    }

    /// A line that is longer than may be held: hashed, forgotten, and told.
    fn endless_line(&mut self, start: u64) {
        let mut hasher = Sha256::new();
        let raw = self.feed.from(start);
        let raw = raw[..raw.len().min(RAW)].to_vec();
        let mut end = start;
        loop {
            let bytes = self.feed.from(end);
            let stop = memchr::memchr(b'\n', bytes);
            let length = stop.unwrap_or(bytes.len());
            hasher.update(&bytes[..length]);
            end += length as u64;
            if stop.is_some() || !self.feed.more(end) {
                break;
            }
        }
        let reason = format!("{} bytes on one line, more than the limit of {}", end - start, self.limits.page);
        let found = Found {
            end,
            closed: false,
            deepest: 0,
            broken_line: false,
            long: Some(Long {
                sha256: hasher.finalize().into(),
                raw,
            }),
        };
        self.torn(start, &found, reason);
        self.pos = end + 1;
    }

    /// One line, without its line break.
    fn line(&mut self, start: u64, end: u64) {
        let length = usize::try_from(end - start).unwrap_or(usize::MAX);
        let bytes = &self.feed.from(start)[..length];
        let (before, text) = trimmed(bytes);
        let next = end + 1;
        if text.is_empty() {
            self.pos = next;
            return;
        }
        let first = start + before as u64;
        // A comma after a whole line is what is left of an array.
        let bare = text.strip_suffix(b",").unwrap_or(text);
        let whole = || skip::whole(bare).is_some_and(|(end, _)| end == bare.len());
        let text = if bare.len() < text.len() && whole() { bare } else { text };
        let last = first + text.len() as u64;
        let open = matches!(text[text.len() - 1], b'{' | b'[' | b',');
        let wrapped = text[0] == b'[' || text[0] == b'{' && begins_like_page(text);
        let text_len = text.len();
        if open && matches!(text[0], b'{' | b'[') {
            self.pos = first;
            let found = self.value(first, self.limits.page, false);
            self.pos = first;
            // A document over many lines among lines: only when it closes, and no string is torn.
            if found.closed && !found.broken_line && found.long.is_none() {
                match text_first(self.feed.from(first)) {
                    b'[' => self.array(),
                    _ => self.document(),
                }
                return;
            }
        }
        if wrapped {
            self.end = Some(last);
            self.pos = first;
            self.documents();
            self.end = None;
        } else if text_len > self.limits.record {
            self.pos = first;
            let found = Found {
                end: last,
                closed: true,
                deepest: 0,
                broken_line: false,
                long: None,
            };
            let reason = format!("{text_len} bytes long, more than the limit of {}", self.limits.record);
            self.torn(first, &found, reason);
        } else {
            self.push(first, last, None);
        }
        self.pos = next;
    }
}

fn text_first(bytes: &[u8]) -> u8 {
    bytes.first().copied().unwrap_or(b' ')
}

fn is_annotation(key: &[u8]) -> bool {
    key.contains(&b'@')
}

/// Whether an object begins with an annotation, `value` or `records`.
fn begins_like_page(bytes: &[u8]) -> bool {
    let rest = bytes.get(1..).unwrap_or(&[]).trim_ascii_start();
    [&b"\"@"[..], b"\"value\"", b"\"records\""].iter().any(|start| rest.starts_with(start))
}

/// Text without white space around it and marks of byte order and commas before it, and how much that was.
fn trimmed(bytes: &[u8]) -> (usize, &[u8]) {
    let mut rest = bytes.trim_ascii_start();
    while let Some(after) = rest.strip_prefix(b"\xef\xbb\xbf").or_else(|| rest.strip_prefix(b",")) {
        rest = after.trim_ascii_start();
    }
    (bytes.len() - rest.len(), rest.trim_ascii_end())
}

/// Looks at the first lines of a file.
pub(super) fn sniff(feed: &mut Feed<'_>) -> Shape {
    const WINDOW: usize = 4 << 20;
    while feed.from(0).len() < WINDOW && feed.more(0) {}
    let bytes = feed.from(0);
    let bytes = &bytes[..bytes.len().min(WINDOW)];
    let (_, text) = trimmed(bytes);
    if text.is_empty() {
        return Shape::Foreign(match &feed.trouble {
            Some(trouble) => format!("unreadable: {trouble}"),
            None => "empty".into(),
        });
    }
    let lines: Vec<&[u8]> = text
        .split(|b| *b == b'\n')
        .map(|line| trimmed(line).1)
        .filter(|line| !line.is_empty())
        .take(8)
        .collect();
    let one = |line: &[u8]| {
        let line = line.strip_suffix(b",").unwrap_or(line);
        line.starts_with(b"{") && skip::whole(line).is_some_and(|(end, _)| end == line.len())
    };
    let first = lines[0];
    if one(first) {
        return if lines.len() > 1 { Shape::Lines } else { Shape::Documents };
    }
    let follows = lines.get(1).is_some_and(|l| one(l) && l.ends_with(b"}")) && lines.get(2).is_none_or(|l| one(l) && l.ends_with(b"}"));
    if begins_like_json(text) {
        // The first line of a log may be the torn end of a record; an open array is not.
        let opens = matches!(first[first.len() - 1], b'[' | b'{' | b',');
        return if follows && !opens { Shape::Lines } else { Shape::Documents };
    }
    if lines.iter().skip(1).any(|l| one(l) && l.starts_with(b"{\"")) {
        return Shape::Lines;
    }
    Shape::Foreign(looks_like(text))
}

/// Whether a text begins as an object or as an array of objects does.
fn begins_like_json(text: &[u8]) -> bool {
    let inner = text[1..].trim_ascii_start().first();
    match text[0] {
        b'{' => matches!(inner, Some(b'"' | b'}')) || inner.is_none(),
        b'[' => matches!(inner, Some(b'{' | b']' | b'[')),
        _ => false,
    }
}

fn looks_like(text: &[u8]) -> String {
    let known: [(&[u8], &str); 9] = [
        (b"%PDF", "a PDF document"),
        (b"\x89PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"PAR1", "a Parquet file"),
        (b"SQLite format", "a SQLite database"),
        (b"7z\xbc\xaf", "a 7z archive"),
        (b"<", "markup"),
        (b"---", "YAML"),
    ];
    if let Some((_, name)) = known.iter().find(|(magic, _)| text.starts_with(magic)) {
        return format!("{name}, no JSON");
    }
    let head = &text[..text.len().min(4096)];
    if head.contains(&0) {
        return "binary, no JSON".into();
    }
    let line = head.split(|b| *b == b'\n').next().unwrap_or(head);
    let commas = line.iter().filter(|b| matches!(b, b',' | b';' | b'\t')).count();
    if commas >= 2 {
        return "a table of separated values; export as JSON, which loses no nested part".into();
    }
    "text, no JSON".into()
}
