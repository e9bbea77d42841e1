//! The form of an activity name in which spellings meet: what records and the vocabulary are joined on.

/// Lower case, single blanks, plain hyphens, no full stop at the end; written over `into`.
pub fn activity_key_into(name: &str, into: &mut String) {
    into.clear();
    for word in name.split_whitespace() {
        if !into.is_empty() {
            into.push(' ');
        }
        for c in word.chars() {
            match c {
                '\u{2013}' | '\u{2014}' => into.push('-'),
                c if c.is_ascii() => into.push(c.to_ascii_lowercase()),
                c => into.extend(c.to_lowercase()),
            }
        }
    }
    let kept = into.trim_end_matches(['.', ' ']).len();
    into.truncate(kept);
}

/// The same as a text of its own.
#[must_use]
pub fn activity_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    activity_key_into(name, &mut key);
    key
}
