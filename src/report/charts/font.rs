//! The font of the pictures: compiled in, so that words are measured and painted alike on every machine.

use crate::model::shown::visible;
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::sync::OnceLock;

static REGULAR: &[u8] = include_bytes!("../../../reports/fonts/DejaVuSans.subset.ttf");
static BOLD: &[u8] = include_bytes!("../../../reports/fonts/DejaVuSans-Bold.subset.ttf");

/// Size of words in the pictures, in pixels.
pub const WORDS: f64 = 13.0;
/// The painter of pixels takes the height from the lowest to the highest point of the font instead of its size.
const HEIGHT: f64 = 1.164;

/// The font at a size in pixels; registers it at its first use.
pub fn at(size: f64, bold: bool) -> FontDesc<'static> {
    static REGISTERED: OnceLock<()> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        // Refused only if the files that are compiled in were no fonts, which a test excludes.
        let _ = register_font("sans-serif", FontStyle::Normal, REGULAR);
        let _ = register_font("sans-serif", FontStyle::Bold, BOLD);
    });
    FontDesc::new(FontFamily::SansSerif, size * HEIGHT, if bold { FontStyle::Bold } else { FontStyle::Normal })
}

/// The width of text in pixels, as it is shown.
pub fn width(text: &str) -> i32 {
    width_at(&visible(text), WORDS, false)
}

/// The width of text at a size.
pub fn width_at(text: &str, size: f64, bold: bool) -> i32 {
    at(size, bold).box_size(text).map_or_else(
        |_| i32::try_from(text.chars().count()).unwrap_or(i32::MAX / 9).saturating_mul(8),
        |(w, _)| i32::try_from(w).unwrap_or(i32::MAX).saturating_add(1),
    )
}

/// Cuts text to a width in pixels, with an ellipsis that says so.
pub fn fit(text: &str, room: i32) -> String {
    let shown = visible(text);
    if width(&shown) <= room {
        return shown;
    }
    let mut kept: Vec<char> = shown.chars().take(400).collect();
    loop {
        kept.pop();
        let short = format!("{}…", kept.iter().collect::<String>().trim_end());
        if kept.is_empty() || width(&short) <= room {
            return short;
        }
    }
}

/// Breaks text into lines of a width; a word longer than a line is cut.
pub fn lines(text: &str, room: i32, size: f64, bold: bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width_at(&format!("{line} {word}"), size, bold) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
        .into_iter()
        .map(|l| if width_at(&l, size, bold) > room { fit(&l, room * 3 / 4) } else { l })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_is_compiled_in_and_measures() {
        let _ = width("x");
        assert!(register_font("again", FontStyle::Normal, REGULAR).is_ok() && register_font("again", FontStyle::Bold, BOLD).is_ok());
        assert!(width("iiii") < width("MMMM"), "letters have widths of their own");
        assert!((70..110).contains(&width("ana.ruiz@corp")), "{}", width("ana.ruiz@corp"));
    }

    #[test]
    fn text_is_cut_to_its_room_and_says_so() {
        assert_eq!(fit("short", 200), "short");
        let cut = fit("a name that is much too long for its place", 120);
        assert!(cut.ends_with('…') && width(&cut) <= 120, "{cut}");
        assert!(lines("one two three four five six", 60, WORDS, false).len() > 1);
    }
}
