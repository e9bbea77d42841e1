//! Free text in CSV that a spreadsheet must not take for a formula, by a rule that can be undone.
//!
//! Text that starts, after blanks (space, U+00A0, U+3000), with one of `= + - @` (also full-width), tab, carriage return, line feed or NUL gets a leading `'`.
//! Text that already starts with `'` and goes on, after blanks, with such a character or with another such `'`, gets one more.
//! So whoever reads a value that starts with `'` and goes on that way takes one `'` off and has the original.

use std::borrow::Cow;

/// The text as it is written to CSV.
#[must_use]
pub fn protect(text: &str) -> Cow<'_, str> {
    if dangerous(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that [`protect`] was given.
#[must_use]
pub fn unprotect(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if dangerous(rest) => rest,
        _ => text,
    }
}

/// Starts with blanks and apostrophes, then a trigger; the apostrophes are what earlier protection left.
fn dangerous(text: &str) -> bool {
    text.chars().find(|c| !matches!(c, ' ' | '\u{a0}' | '\u{3000}' | '\'')).is_some_and(triggers)
}

fn triggers(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_are_defused_and_the_rest_is_left_alone() {
        for (text, expected) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("  +1", "'  +1"),
            ("＝SUM(A1)", "'＝SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("'=1", "''=1"),
            ("'' =1", "''' =1"),
            ("'quoted' name", "'quoted' name"),
            ("O'Hara", "O'Hara"),
            ("a=b", "a=b"),
            ("", ""),
            ("   ", "   "),
        ] {
            assert_eq!(protect(text), expected);
            assert_eq!(unprotect(expected), text);
        }
    }

    proptest! {
        #[test]
        fn protection_can_be_undone(text in "[ '=+@\\-\\t\\r\\n\\x00＝＋－＠a\u{a0}]{0,8}") {
            let written = protect(&text);
            prop_assert_eq!(unprotect(&written), text.as_str());
            prop_assert!(!written.trim_start().starts_with(['=', '+', '-', '@']));
        }
    }
}
