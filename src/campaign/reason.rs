//! Whether a reason says something: the same rule for every format, simple enough for the page to keep, too.

use std::collections::BTreeSet;

/// Fewest characters of a reason, blanks at its ends not counted.
pub const LEAST_CHARACTERS: usize = 10;
/// Fewest different words of three letters or more.
pub const LEAST_WORDS: usize = 2;

/// What is asked of the reason of an exception, in one sentence.
pub const ASKED: &str = "an exception needs a reason that another person can check: at least two words and ten characters";

/// Whether a text is long enough to be a reason: ten characters and two different words, or six letters of a script without blanks.
#[must_use]
pub fn says_something(text: &str) -> bool {
    let text = text.trim();
    let is_wide = |c: &char| matches!(*c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}');
    if text.chars().filter(is_wide).count() >= 6 {
        return true;
    }
    let words: BTreeSet<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| w.chars().count() >= 3)
        .map(str::to_lowercase)
        .collect();
    text.chars().count() >= LEAST_CHARACTERS && words.len() >= LEAST_WORDS
}

#[cfg(test)]
mod tests {
    use super::says_something;

    #[test]
    fn a_dot_is_no_reason() {
        for empty in ["", ".", "n/a", "ok", "needed", "yes yes yes yes", "- - - - - - - - -", "x y z a b c d e f g"] {
            assert!(!says_something(empty), "{empty}");
        }
        for reason in ["needed for ward duty", "CHG0046120 migration", "Vertretung bis März", "監査のため必要です"] {
            assert!(says_something(reason), "{reason}");
        }
    }
}
