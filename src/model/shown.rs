//! Text from exports made fit to be seen: nothing that moves a cursor, turns a line round or hides.
//!
//! What is not seen is written out as `‹U+202E›`. Which characters those are: controls (`Cc`), the line and paragraph
//! separators, and every character with the property `Default_Ignorable_Code_Point` of Unicode 17 (DerivedCoreProperties.txt),
//! among them marks of direction, joiners, variation selectors and tags; with them the blanks that are letters to a program
//! (Hangul fillers, the empty Braille pattern) and the annotation marks U+FFF9 to U+FFFB.

use std::fmt::Write;

/// Text of several lines, which stay.
#[must_use]
pub fn visible(text: &str) -> String {
    written_out(text, |c| c != '\n' && deceives(c), |out, c| write!(out, "‹U+{:04X}›", c as u32))
}

/// Whether nothing of a text can be seen.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(shows_nothing)
}

/// Whether a character is a blank, or one that nobody sees.
#[must_use]
pub fn shows_nothing(c: char) -> bool {
    c.is_whitespace() || deceives(c)
}

/// Text that is laid out with tabs, which stay as its lines do.
#[must_use]
pub fn laid_out(text: &str) -> String {
    written_out(text, |c| !matches!(c, '\n' | '\t') && deceives(c), |out, c| write!(out, "‹U+{:04X}›", c as u32))
}

/// Text that is one line, whatever is in it.
#[must_use]
pub fn line(text: &str) -> String {
    written_out(text, deceives, |out, c| write!(out, "‹U+{:04X}›", c as u32))
}

/// JSON that says the same and shows it: what is not seen becomes an escape of its string. Between strings only blanks,
/// tabs and line ends can stand, which stay.
#[must_use]
pub fn json(json: &str) -> String {
    let hidden = |c| !matches!(c, '\n' | '\r' | '\t') && deceives(c);
    written_out(json, hidden, |out, c| {
        let mut units = [0; 2];
        c.encode_utf16(&mut units).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))
    })
}

fn written_out(text: &str, hidden: impl Fn(char) -> bool, say: impl Fn(&mut String, char) -> std::fmt::Result) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) {
            // Writing to a string cannot fail.
            let _ = say(&mut out, c);
        } else {
            out.push(c);
        }
    }
    out
}

/// Characters that a reader does not see and that change what is seen.
fn deceives(c: char) -> bool {
    match c {
        // C0 with ESC, DEL and C1: cursor movement, colours, links, titles of windows.
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // Marks, embeddings, overrides and isolates: they turn `exe.txt` round.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => true,
        // No width: two names that look alike and are not. U+2028 and U+2029 break lines where nobody looks for it.
        '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' => true,
        '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => true,
        // Selectors of a variant: seen only where the font has one.
        '\u{fe00}'..='\u{fe0f}' => true,
        // Letters without ink.
        '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' => true,
        '\u{feff}' | '\u{fff0}'..='\u{fffb}' => true,
        // Tag characters spell hidden text, and so do the selectors after them.
        '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_written_out() {
        for (text, expected) in [
            ("ana.ruiz@corp.example", "ana.ruiz@corp.example"),
            ("two\nlines", "two\nlines"),
            ("\u{1b}[2Jgone", "‹U+001B›[2Jgone"),
            ("\u{9b}31m", "‹U+009B›31m"),
            ("invoice\u{202e}txt.exe", "invoice‹U+202E›txt.exe"),
            ("ad\u{200b}min", "ad‹U+200B›min"),
            ("a\r\tb\0", "a‹U+000D›‹U+0009›b‹U+0000›"),
            ("\u{e0041}", "‹U+E0041›"),
            ("a\u{fe0f}\u{e0101}", "a‹U+FE0F›‹U+E0101›"),
            ("\u{2800}\u{17b4}", "‹U+2800›‹U+17B4›"),
            ("Łódź 東京 É", "Łódź 東京 É"),
        ] {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn lines_and_tabs_stay_where_they_are_ours() {
        assert_eq!(laid_out("a\tb\u{7}\nc"), "a\tb‹U+0007›\nc");
        assert_eq!(line("in.json\nok: all\tgood"), "in.json‹U+000A›ok: all‹U+0009›good");
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({ "name": "exe\u{202e}\u{7f}\u{9b}\u{e0041}\u{1b}\n", "é": ["東京"] });
        for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("plain data")] {
            let shown = json(&text);
            assert!(
                shown.contains(r"\u202e\u007f\u009b\udb40\udc41") && !shown.contains(['\u{202e}', '\u{9b}']),
                "{shown}"
            );
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value);
        }
    }
}
