//! What a file looks like from its first lines; its name is never asked.

use super::closed::{self, Closed};
use super::lines::trimmed;
use super::{Shape, closed::ToldBy};
use crate::ingest::feed::Feed;
use crate::ingest::rows::{FoundHeading, Heading};
use crate::ingest::skip;
use std::sync::Arc;

/// Looks at the first lines of a file.
pub(in crate::ingest) fn sniff(feed: &mut Feed<'_>) -> Shape {
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
    match closed::by_first_bytes(bytes) {
        Some(Ok(closed)) => return Shape::Closed(closed),
        Some(Err(harmless)) => return Shape::Foreign(harmless),
        None => {}
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
    // What begins as markup or a list of words may hold records that were written out as text.
    let closed = closed::binary(bytes).or_else(|| closed::dump(text));
    let named = looks_like(text);
    let found = if named == PLAIN && closed.is_none() { Heading::of(bytes) } else { None };
    match &found {
        Some(FoundHeading::Table(heading)) => return Shape::Table(Arc::new(heading.clone())),
        Some(FoundHeading::Damaged(why)) => {
            feed.trouble.get_or_insert_with(|| why.clone());
            return Shape::Foreign(why.clone());
        }
        _ => {}
    }
    if let Some(damage) = damaged(text) {
        // It held records once: that is more than a file that is none of ours.
        feed.trouble.get_or_insert_with(|| damage.to_string());
        return Shape::Foreign(damage.into());
    }
    match found {
        Some(FoundHeading::Foreign(why)) => Shape::Foreign(why),
        Some(FoundHeading::Unknown { why, of }) => Shape::Closed(Closed {
            why,
            of,
            told: if of.is_some() { ToldBy::Container } else { ToldBy::Name },
        }),
        _ => Shape::Closed(closed.unwrap_or_else(|| closed::by_name(named.into()))),
    }
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

/// What tells that a file is an export that was damaged, or one that lies too deep to be read.
fn damaged(text: &[u8]) -> Option<&'static str> {
    // What people write about exports begins with words.
    if text.first().is_none_or(|b| b.is_ascii_alphanumeric() || b"#*-<>/!;".contains(b)) {
        return None;
    }
    let head = &text[..text.len().min(64 << 10)];
    let marks = [
        &b"\"@odata."[..],
        b"$metadata#",
        b"\"activityDisplayName\"",
        b"\"signInEventTypes\"",
        b"\"insights-logs-",
        b"\"operationName\"",
    ];
    let marked = marks.iter().any(|mark| memchr::memmem::find(head, mark).is_some());
    marked.then_some("a damaged export: it does not begin as JSON does; export it again")
}

/// What is said of text that is nothing in particular.
const PLAIN: &str = "text, no JSON";

fn looks_like(text: &[u8]) -> &'static str {
    match text {
        [b'<', ..] => "markup, no JSON",
        [b'-', b'-', b'-', ..] => "YAML, no JSON",
        _ => PLAIN,
    }
}
