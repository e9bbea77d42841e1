//! Lines: a record or a page on each, now and then a document over many.

use super::pages::begins_like_page;
use super::{Batch, Found, Long, RAW, Splitter};
use crate::ingest::skip;
use sha2::{Digest, Sha256};

impl<'m, E: FnMut(Batch<'m>) -> bool> Splitter<'_, 'm, '_, E> {
    pub(super) fn lines(&mut self) {
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

/// Text without white space around it and marks of byte order and commas before it, and how much that was.
pub(super) fn trimmed(bytes: &[u8]) -> (usize, &[u8]) {
    let mut rest = bytes.trim_ascii_start();
    while let Some(after) = rest.strip_prefix(b"\xef\xbb\xbf").or_else(|| rest.strip_prefix(b",")) {
        rest = after.trim_ascii_start();
    }
    (bytes.len() - rest.len(), rest.trim_ascii_end())
}
