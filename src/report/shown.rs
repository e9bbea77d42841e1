//! Text from exports made fit to be seen: nothing that moves a cursor, turns a line round or hides.

use std::fmt::Write;

/// Text for a terminal: control, direction and invisible characters are written out as `‹U+202E›`.
///
/// Line feeds stay, since messages of several lines are ours.
#[must_use]
pub fn terminal(text: &str) -> String {
    written_out(text)
}

/// Text for HTML and SVG, before their own escaping; the same characters are written out.
#[must_use]
pub fn visible(text: &str) -> String {
    written_out(text)
}

fn written_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if deceives(c) {
            // Writing to a string cannot fail.
            let _ = write!(out, "‹U+{:04X}›", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}

/// Characters that a reader does not see and that change what is seen.
fn deceives(c: char) -> bool {
    match c {
        '\n' => false,
        // C0 with ESC, DEL and C1: cursor movement, colours, links, titles of windows.
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // Marks, embeddings, overrides and isolates: they turn `exe.txt` round.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => true,
        // No width: two names that look alike and are not. U+2028 and U+2029 break lines where nobody looks for it.
        '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' => true,
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => true,
        // Tag characters spell hidden text.
        '\u{e0000}'..='\u{e007f}' => true,
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
            ("Łódź 東京 É", "Łódź 東京 É"),
        ] {
            assert_eq!(terminal(text), expected);
            assert_eq!(visible(text), expected);
        }
    }
}
