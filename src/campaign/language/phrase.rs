//! Sentences about items: made in English from phrases, they are taken apart by the same phrases and put together in another language.

use super::Language;
use super::catalog::{catalog, exact, filled, letters};
use std::cell::Cell;

/// A sentence in another language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// The text.
    pub text: String,
    /// Whether phrases fit all of it; else a part of it, or all, is English still.
    pub whole: bool,
}

impl Phrase {
    /// The same, where the text is a name and needs no words.
    #[must_use]
    pub fn or_name(self, name: &str) -> Self {
        let whole = self.whole || self.text == name;
        Self { whole, ..self }
    }
}

/// How deep phrases lie in one another.
const DEEPEST: usize = 8;
/// Texts that are longer are not ours.
const LONGEST: usize = 4_000;
/// Attempts for one sentence: one with many separators could be taken apart in endless ways.
const PATIENCE: u32 = 3_000;

/// A sentence in a language.
pub(super) fn translated(language: Language, english: &str) -> Phrase {
    let as_it_is = |whole| Phrase {
        text: english.to_string(),
        whole,
    };
    match language.place() {
        None => as_it_is(true),
        Some(_) if english.is_empty() || is_day(english) => as_it_is(true),
        Some(_) if english.len() > LONGEST => as_it_is(false),
        Some(place) => of(english, place, DEEPEST, &Cell::new(PATIENCE)).unwrap_or_else(|| as_it_is(false)),
    }
}

/// The whole of a text in one piece, or by the phrases that it is made of; `None` when no phrase fits.
fn of(english: &str, place: usize, deep: usize, patience: &Cell<u32>) -> Option<Phrase> {
    patience.set(patience.get().checked_sub(1)?);
    let whole = |text: String| Phrase { text, whole: true };
    if let Some(text) = exact(english, place) {
        return Some(whole(text.to_string()));
    }
    if let Some(text) = capital(english).and_then(|c| exact(&c, place)) {
        return Some(whole(small(text)));
    }
    let deeper = deep.checked_sub(1)?;
    let mut partly: Option<Phrase> = None;
    for entry in catalog().patterns.iter().map(|i| &catalog().entries[*i]) {
        let parts = pieces(entry.english);
        let mut found: Option<Phrase> = None;
        let mut accept = |values: &[(&str, &str)]| {
            let made: Vec<(&str, Option<Phrase>)> = values
                .iter()
                .map(|(name, value)| (*name, name.ends_with('~').then(|| of(value, place, deeper, patience)).flatten()))
                .collect();
            let inner = || values.iter().zip(&made).filter(|((name, value), _)| name.ends_with('~') && !is_day(value));
            let complete = inner().all(|(_, (_, phrase))| phrase.as_ref().is_some_and(|p| p.whole));
            let any = inner().next().is_none() || inner().any(|(_, (_, phrase))| phrase.is_some()) || letters(entry.english) > 12;
            if !any {
                return false;
            }
            let value = |name: &str| {
                let at = values.iter().position(|(n, _)| *n == name)?;
                Some(made[at].1.as_ref().map_or_else(|| values[at].1.to_string(), |p| p.text.clone()))
            };
            found = Some(Phrase {
                text: filled(entry.others[place], value),
                whole: complete,
            });
            complete
        };
        let complete = fits(&parts, english, &mut Vec::new(), &mut accept);
        match found {
            Some(phrase) if complete => return Some(phrase),
            Some(phrase) if partly.is_none() => partly = Some(phrase),
            _ => {}
        }
    }
    partly
}

/// A piece of a pattern: text of its own, or the name of what is filled in.
#[derive(Debug, Clone, Copy)]
enum Piece<'a> {
    Own(&'a str),
    Filled(&'a str),
}

fn pieces(pattern: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        if !before.is_empty() {
            out.push(Piece::Own(before));
        }
        out.push(Piece::Filled(name));
        rest = behind;
    }
    if !rest.is_empty() {
        out.push(Piece::Own(rest));
    }
    out
}

/// Judges values by name.
type Accept<'f, 'p, 't> = dyn FnMut(&[(&'p str, &'t str)]) -> bool + 'f;

/// Whether a text is a pattern filled in so that `accept` agrees; every way is tried, the shortest values first.
fn fits<'t, 'p>(pieces: &[Piece<'p>], text: &'t str, values: &mut Vec<(&'p str, &'t str)>, accept: &mut Accept<'_, 'p, 't>) -> bool {
    match pieces {
        [] => text.is_empty() && accept(values.as_slice()),
        [Piece::Own(own), rest @ ..] => text.strip_prefix(*own).is_some_and(|t| fits(rest, t, values, accept)),
        [Piece::Filled(name)] => {
            may_be(name, text) && {
                values.push((*name, text));
                let taken = accept(values.as_slice());
                values.pop();
                taken
            }
        }
        [Piece::Filled(name), rest @ ..] => {
            let Some(Piece::Own(own)) = rest.first() else { return false };
            for (at, _) in text.match_indices(*own) {
                let value = &text[..at];
                if !may_be(name, value) {
                    continue;
                }
                values.push((*name, value));
                let taken = fits(rest, &text[at..], values, accept);
                values.pop();
                if taken {
                    return true;
                }
            }
            false
        }
    }
}

/// Days are days, numbers are numbers and ids of checks are such; everything else is something.
fn may_be(name: &str, value: &str) -> bool {
    match name {
        "day" | "end" | "from" | "until" => is_day(value),
        "check" | "checks" => !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "-, ".contains(c)),
        // What follows a semicolon is a clause of its own.
        "names" | "who" => !value.trim().is_empty() && !value.contains("; ") && !value.contains(", not "),
        "n" | "all" => !value.is_empty() && value.chars().all(|c| c.is_ascii_digit() || c == ','),
        _ => !value.trim().is_empty(),
    }
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.chars().all(|c| c.is_ascii_digit() || c == '-')
}

/// The beginning of a sentence, and its middle.
fn capital(text: &str) -> Option<String> {
    let mut letters = text.chars();
    let first = letters.next().filter(|c| c.is_lowercase())?;
    Some(first.to_uppercase().chain(letters).collect())
}

fn small(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
