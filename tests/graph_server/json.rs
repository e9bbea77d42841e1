//! Finds values inside JSON text without building them: the server keeps places on disk, not records in memory.

use std::ops::Range;

/// Where the value that begins at `at` ends.
pub fn end(text: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut place = at;
    while place < text.len() {
        match text[place] {
            b'"' => place = string_end(text, place) - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return place,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return place,
            _ => {}
        }
        place += 1;
        if depth == 0 && matches!(text[place - 1], b'"' | b'}' | b']') {
            return place;
        }
    }
    place
}

/// The value of a member of the object at the beginning of `text`.
pub fn member(text: &[u8], name: &str) -> Option<Range<usize>> {
    let mut place = space(text, 0) + 1;
    loop {
        place = space(text, place);
        if text.get(place) != Some(&b'"') {
            return None;
        }
        let key = place + 1..string_end(text, place) - 1;
        let value = space(text, space(text, key.end + 1) + 1);
        let until = end(text, value);
        if &text[key] == name.as_bytes() {
            return Some(value..until);
        }
        place = space(text, until);
        if text.get(place) != Some(&b',') {
            return None;
        }
        place += 1;
    }
}

/// The items of the array that begins at `at`.
pub fn items(text: &[u8], at: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut place = space(text, at + 1);
    while place < text.len() && text[place] != b']' {
        let until = end(text, place);
        found.push(place..until);
        place = space(text, until);
        if text.get(place) == Some(&b',') {
            place = space(text, place + 1);
        }
    }
    found
}

/// The text of a string that has no escapes, such as an id or a time.
pub fn plain<'a>(text: &'a [u8], name: &str) -> Option<&'a str> {
    let range = member(text, name)?;
    std::str::from_utf8(&text[range]).ok()?.strip_prefix('"')?.strip_suffix('"')
}

fn string_end(text: &[u8], at: usize) -> usize {
    let mut place = at + 1;
    while place < text.len() && text[place] != b'"' {
        place += if text[place] == b'\\' { 2 } else { 1 };
    }
    place + 1
}

fn space(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}
