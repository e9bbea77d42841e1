//! Free text in CSV that a spreadsheet must not take for a formula, whatever it takes for the end of a cell, by a rule that can be undone.
//!
//! Spreadsheets guess or ask what divides cells: a comma, a semicolon, a tab or a bar; and where they guess another than the comma,
//! a line break within quotes ends a row. So a *place* is the beginning of a text, and what follows `;`, `|`, tab, carriage return or line feed in it.
//!
//! At a place from which, after blanks (space, U+00A0, U+3000), quotes (`"`) and apostrophes, one of `= + - @` (also full-width), tab,
//! carriage return, line feed or NUL follows, a `'` is put. Whoever reads a `'` at such a place takes one off, and has the original.

use std::borrow::Cow;

/// The text as it is written to CSV.
#[must_use]
pub fn protect(text: &str) -> Cow<'_, str> {
    if !places(text).any(|at| dangerous(&text[at..])) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut from = 0;
    for at in places(text).filter(|at| dangerous(&text[*at..])) {
        out.push_str(&text[from..at]);
        out.push('\'');
        from = at;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// The text that [`protect`] was given.
#[must_use]
pub fn unprotect(text: &str) -> Cow<'_, str> {
    let guard = |at: &usize| text[*at..].strip_prefix('\'').is_some_and(dangerous);
    if !places(text).any(|at| guard(&at)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for at in places(text).filter(guard) {
        out.push_str(&text[from..at]);
        from = at + 1;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// Where a cell may begin, for some spreadsheet.
fn places(text: &str) -> impl Iterator<Item = usize> {
    let after = text
        .bytes()
        .enumerate()
        .filter(|(_, b)| matches!(b, b';' | b'|' | b'\t' | b'\r' | b'\n'))
        .map(|(at, _)| at + 1);
    std::iter::once(0).chain(after)
}

/// Starts with blanks, quotes and apostrophes, then a trigger; the apostrophes are what earlier protection left.
fn dangerous(text: &str) -> bool {
    text.chars()
        .find(|c| !matches!(c, ' ' | '\u{a0}' | '\u{3000}' | '\'' | '"'))
        .is_some_and(triggers)
}

fn triggers(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠')
}

/// Whether a field must stand in quotes: it holds what divides cells or rows for some spreadsheet.
#[must_use]
pub fn needs_quotes(field: &str) -> bool {
    field.contains([',', '"', '\n', '\r', ';', '\t'])
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
            ("\t=1", "'\t'=1"),
            ("'=1", "''=1"),
            ("'' =1", "''' =1"),
            ("'quoted' name", "'quoted' name"),
            ("O'Hara", "O'Hara"),
            ("a=b", "a=b"),
            ("", ""),
            ("   ", "   "),
            ("Payroll;=1+cmd|' /C calc'!A0;x", "Payroll;'=1+cmd|' /C calc'!A0;x"),
            ("a\t=2+2\tb", "a\t'=2+2\tb"),
            ("a; \"=1\"", "a;' \"=1\""),
            ("\"=1\"", "'\"=1\""),
            ("first\n- second", "first\n'- second"),
            ("a;'=1", "a;''=1"),
            ("a|-1|b", "a|'-1|b"),
            ("a;b; c", "a;b; c"),
        ] {
            assert_eq!(protect(text), expected);
            assert_eq!(unprotect(expected), text);
        }
    }

    proptest! {
        #[test]
        fn protection_can_be_undone(text in "[ '\";|=+@\\-\\t\\r\\n\\x00＝＋－＠a\u{a0}]{0,10}") {
            let written = protect(&text);
            prop_assert_eq!(unprotect(&written), text.as_str());
            for cell in written.split([';', '|', '\t', '\n', '\r']) {
                prop_assert!(!cell.trim_start_matches([' ', '"', '\u{a0}']).starts_with(['=', '+', '-', '@']), "{written:?}");
            }
        }
    }
}
