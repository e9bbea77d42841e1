//! Documents: pages whose rows are records, arrays of records, and records by themselves.

use super::{Batch, Ended, Found, Head, Page, Splitter};
use crate::ingest::context::Context;
use std::borrow::Cow;
use std::sync::Arc;

impl<'m, E: FnMut(Batch<'m>) -> bool> Splitter<'_, 'm, '_, E> {
    /// Documents one after the other, to the end.
    pub(super) fn documents(&mut self) {
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

    pub(super) fn array(&mut self) {
        self.pos += 1;
        self.elements(None);
    }

    /// Elements of an array up to its end.
    pub(super) fn elements(&mut self, page: Option<&Arc<Head>>) -> Ended {
        while !self.stopped {
            match self.blank(None) {
                None | Some(b'}' | b':') => return Ended::Cut,
                Some(b']') => {
                    self.pos += 1;
                    return Ended::Closed;
                }
                Some(b'[') if self.heading.is_some() => {
                    if let Ended::Cut = self.record(page) {
                        return Ended::Cut;
                    }
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
    pub(super) fn document(&mut self) {
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
            // Windows PowerShell wraps a list as {"Count": 2, "value": […]}, in either order.
            if is_annotation(&key) || key == b"Count" || Annotation::of(&key).is_some() && matches!(self.byte(start), Some(b'"' | b'n')) {
                if !self.annotation(&key, start, &mut page) {
                    break;
                }
                continue;
            }
            let rows = is_rows(&key);
            match self.byte(start) {
                Some(b'[') if rows => return self.page(page),
                Some(b'[') if key == b"tables" || key == b"Tables" => return self.tables(),
                Some(b'{') if key.eq_ignore_ascii_case(b"value") => return self.wrapped(page),
                _ => break,
            }
        }
        self.pos = start;
        self.record(None);
    }

    /// Reads a key and the colon after it.
    pub(super) fn member_key(&mut self, keep: u64) -> Option<Vec<u8>> {
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
        match Annotation::of(key) {
            Some(Annotation::Context) => page.context = text().and_then(|t| Context::parse(&t)),
            Some(Annotation::Count) => match count_of(&raw) {
                Ok(count) => page.count = count,
                Err(shown) => page.doubt(format!("its @odata.count {shown} is no number")),
            },
            Some(Annotation::NextLink) => {
                // A link that is no text leads somewhere, and nobody can follow it: more is to come.
                let unreadable = text().is_none() && raw.trim_ascii() != b"null";
                let link = text().unwrap_or_default();
                let lower = link.to_lowercase();
                page.filtered |= ["$filter=", "%24filter=", "$search=", "%24search="].iter().any(|word| lower.contains(word));
                page.delta |= lower
                    .split('?')
                    .next()
                    .is_some_and(|path| path.ends_with("/delta") || path.ends_with("/delta()"));
                page.link = Context::of_address(&link).or(page.link.take());
                page.more |= unreadable || !link.is_empty();
            }
            Some(Annotation::DeltaLink) => page.delta = true,
            None => {}
        }
        true
    }

    /// The rows of a page; we stand on the bracket.
    fn page(&mut self, mut page: Page) {
        let rows = self.pos;
        let mut after = None;
        let nameless = page.context.as_ref().is_none_or(|context| page.link.is_none() && context.set_of().is_some());
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
        self.page = Some(Arc::clone(&head));
        let ended = self.elements(Some(&head));
        self.page = None;
        page.rows = self.row - before;
        match (ended, after) {
            (Ended::Closed, Some(after)) => self.pos = after,
            (Ended::Closed, None) => page.closed = self.tail(self.pos, &mut page),
            (Ended::Cut, _) => page.closed = false,
        }
        self.second_lists(&head, &mut page);
        self.pages[index] = page;
    }

    /// Each list behind the rows is a record that was not taken: a gap of the collection that the page is of.
    fn second_lists(&mut self, head: &Arc<Head>, page: &mut Page) {
        for second in std::mem::take(&mut page.seconds) {
            self.page = Some(Arc::clone(head));
            self.put_torn(second);
            self.page = None;
            page.rows += 1;
        }
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
                    if is_annotation(&key) || Annotation::of(&key).is_some() {
                        if !self.annotation(&key, keep, page) {
                            return false;
                        }
                    } else {
                        let start = self.pos;
                        let is_list = matches!(self.byte(keep), Some(b'[' | b'{')) && is_rows(&key);
                        let found = self.value(keep, 1 << 20, true);
                        self.pos = found.end;
                        if key.eq_ignore_ascii_case(b"error") {
                            let long = found.long.is_some();
                            let raw = if long { Cow::default() } else { self.feed.slice(start, found.end) };
                            if raw.trim_ascii() != b"null" {
                                page.doubt(error_beside(&raw));
                            }
                        }
                        if is_list {
                            let reason = format!(
                                "a second '{}' in one page: which of them counts, nobody can tell",
                                String::from_utf8_lossy(&key)
                            );
                            let second = self.as_torn(start, &found, reason);
                            page.seconds.push(second);
                        }
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
        self.page = Some(Arc::clone(&head));
        if let Ended::Closed = self.record(Some(&head)) {
            page.closed = self.tail(self.pos, &mut page);
        }
        self.page = None;
        page.rows = self.row - before;
        self.second_lists(&head, &mut page);
        self.pages[index] = page;
    }
}

/// What an annotation of a page says, however it is spelled: Graph writes `@odata.nextLink`, other tools `nextLink`,
/// `odata.nextLink` or `OdataNextLink`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Annotation {
    Context,
    Count,
    NextLink,
    DeltaLink,
}

impl Annotation {
    fn of(key: &[u8]) -> Option<Self> {
        let bare: Vec<u8> = key
            .strip_prefix(b"@")
            .unwrap_or(key)
            .iter()
            .filter(|b| **b != b'.')
            .map(u8::to_ascii_lowercase)
            .collect();
        match bare.as_slice() {
            b"odatacontext" => Some(Self::Context),
            b"odatacount" => Some(Self::Count),
            b"odatanextlink" | b"nextlink" => Some(Self::NextLink),
            b"odatadeltalink" | b"deltalink" => Some(Self::DeltaLink),
            _ => None,
        }
    }
}

/// Whether a member holds the rows of a page.
fn is_rows(key: &[u8]) -> bool {
    key.eq_ignore_ascii_case(b"value") || key == b"records"
}

/// A count as a number, or as the text that OData writes for numbers of 64 bits; what it is where it is neither.
fn count_of(raw: &[u8]) -> Result<Option<i64>, String> {
    let shown = || String::from_utf8_lossy(&raw[..raw.len().min(60)]).into_owned();
    let text = match serde_json::from_slice::<serde_json::Value>(raw) {
        Ok(serde_json::Value::Null) => return Ok(None),
        Ok(serde_json::Value::String(text)) => text.trim().to_string(),
        Ok(serde_json::Value::Number(number)) => number.to_string(),
        _ => return Err(shown()),
    };
    // A number that other programs wrote: 2.0.
    let whole = text
        .split_once('.')
        .map_or(text.as_str(), |(whole, rest)| if rest.bytes().all(|b| b == b'0') { whole } else { "" });
    whole.parse().map(Some).map_err(|_| shown())
}

/// What a page says that has an error beside its rows.
fn error_beside(raw: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(raw).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let told = format!("{} {}", text("code"), text("message"));
    let short: String = told.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    format!("an error stands beside its rows: {short}").trim_end_matches([':', ' ']).to_string()
}

fn is_annotation(key: &[u8]) -> bool {
    key.contains(&b'@')
}

/// Whether an object begins with an annotation, `value` or `records`.
pub(super) fn begins_like_page(bytes: &[u8]) -> bool {
    let rest = bytes.get(1..).unwrap_or(&[]).trim_ascii_start();
    let starts = [
        &b"\"@"[..],
        b"\"value\"",
        b"\"Value\"",
        b"\"records\"",
        b"\"tables\"",
        b"\"Tables\"",
        b"\"Count\"",
        b"\"nextLink\"",
        b"\"odata.",
        b"\"Odata",
    ];
    starts.iter().any(|start| rest.starts_with(start))
}
