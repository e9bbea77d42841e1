//! The catalog: an English text, and the same in each other language.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The file, embedded.
pub(super) const WORDS: &str = include_str!("words.txt");
/// Languages other than English, in the order of [`Entry::others`].
pub(super) const CODES: [&str; 3] = ["de", "fr", "es"];
/// The part of the file that has sentences about items lies between these headings.
const PHRASES: (&str, &str) = ("## What stands on an item", "## Letters");

/// A text in every language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub english: &'static str,
    pub others: [&'static str; 3],
    /// Whether sentences about items are made of it.
    pub phrase: bool,
}

#[derive(Debug, Default)]
pub(super) struct Catalog {
    pub entries: Vec<Entry>,
    by_english: HashMap<&'static str, usize>,
    /// Phrases with something to fill in, those with most letters of their own first.
    pub patterns: Vec<usize>,
}

/// The catalog of the program.
pub(super) fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| {
        let (entries, _) = read(WORDS);
        let by_english = entries.iter().enumerate().map(|(i, e)| (e.english, i)).collect();
        let mut patterns: Vec<usize> = (0..entries.len()).filter(|i| entries[*i].phrase && entries[*i].english.contains('{')).collect();
        patterns.sort_by_key(|i| (std::cmp::Reverse(letters(entries[*i].english)), *i));
        Catalog { entries, by_english, patterns }
    })
}

/// Reads the file; beside the entries, every line that is none.
pub(super) fn read(text: &'static str) -> (Vec<Entry>, Vec<String>) {
    let (mut entries, mut wrong) = (Vec::new(), Vec::new());
    let mut phrase = false;
    for block in text.split("\n\n").map(str::trim).filter(|b| !b.is_empty()) {
        let lines: Vec<&'static str> = block.lines().filter(|l| !l.starts_with('#')).collect();
        for head in block.lines().filter(|l| l.starts_with("## ")) {
            phrase = (phrase || head == PHRASES.0) && head != PHRASES.1;
        }
        let [english, others @ ..] = lines.as_slice() else { continue };
        let english: &'static str = english;
        let of = |code: &str| others.iter().find_map(|l| l.strip_prefix(code)?.strip_prefix(' '));
        match (of(CODES[0]), of(CODES[1]), of(CODES[2]), others.len()) {
            (Some(de), Some(fr), Some(es), 3) => entries.push(Entry {
                english,
                others: [de, fr, es],
                phrase,
            }),
            _ => wrong.push(block.to_string()),
        }
    }
    (entries, wrong)
}

/// How many letters a text has of its own.
pub(super) fn letters(text: &str) -> usize {
    let mut inside = false;
    let own = |c: &char| {
        inside = (inside || *c == '{') && *c != '}';
        !inside && *c != '}'
    };
    text.chars().filter(own).count()
}

/// A text in the language of a place.
pub(super) fn exact(english: &str, place: usize) -> Option<&'static str> {
    let all = catalog();
    all.by_english.get(english).and_then(|i| all.entries[*i].others.get(place)).copied()
}

/// A text with what stands between braces filled in; what nobody fills in stays.
pub(super) fn filled(text: &str, part: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out += before;
        let Some((name, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match part(name) {
            Some(value) => out += &value,
            None => out += &format!("{{{name}}}"),
        }
        rest = behind;
    }
    out + rest
}
