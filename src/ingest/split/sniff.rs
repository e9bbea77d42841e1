//! What a file looks like from its first lines; its name is never asked.

use super::Shape;
use super::lines::trimmed;
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
    let named = looks_like(text);
    let found = if named == PLAIN { Heading::of(bytes) } else { None };
    if let Some(FoundHeading::Table(heading)) = found {
        return Shape::Table(Arc::new(heading));
    }
    if let Some(FoundHeading::Damaged(why)) = found {
        feed.trouble.get_or_insert_with(|| why.clone());
        return Shape::Foreign(why);
    }
    if let Some(damage) = damaged(text) {
        // It held records once: that is more than a file that is none of ours.
        feed.trouble.get_or_insert_with(|| damage.to_string());
        return Shape::Foreign(damage.into());
    }
    match found {
        Some(FoundHeading::Foreign(why)) => Shape::Foreign(why),
        _ => Shape::Foreign(named),
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
    if text.starts_with(b"PK\x03\x04") || text.starts_with(b"PK\x05\x06") {
        return Some("an archive inside of another one; unpack it and ingest what is in it");
    }
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
    PLAIN.into()
}
