//! Drawing with plotters into SVG text: rectangles, lines and words in the inks of the page.
//!
//! The style sheet repaints each ink by its colour code, so one picture serves light, dark and paper.

use crate::report::ReportError;
use crate::report::shown::visible;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The inks; `reports/templates/style.css` knows the same codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Words.
    Text,
    /// Words of second rank.
    Soft,
    /// Lines of grids.
    Grid,
    /// The empty part of a strip.
    Track,
    /// Severity high.
    High,
    /// Severity medium.
    Medium,
    /// Severity low.
    Low,
    /// Severity info, and unknown.
    Info,
    /// Plain amounts, and proof.
    Main,
    /// Amounts of less weight, and inference.
    Pale,
}

impl Ink {
    fn colour(self) -> RGBColor {
        match self {
            Self::Text => RGBColor(0x1c, 0x25, 0x30),
            Self::Soft => RGBColor(0x5a, 0x66, 0x75),
            Self::Grid => RGBColor(0xdc, 0xe1, 0xe7),
            Self::Track => RGBColor(0xea, 0xed, 0xf1),
            Self::High => RGBColor(0xa8, 0x2a, 0x1e),
            Self::Medium => RGBColor(0xc9, 0x76, 0x1a),
            Self::Low => RGBColor(0x3a, 0x7c, 0xb8),
            Self::Info => RGBColor(0x87, 0x93, 0xa3),
            Self::Main => RGBColor(0x1c, 0x6b, 0x72),
            Self::Pale => RGBColor(0x8c, 0xbb, 0xbf),
        }
    }
}

/// Where a word stands to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Begins there.
    Start,
    /// Has its middle there.
    Middle,
    /// Ends there.
    End,
}

/// Size of words in the pictures.
const WORDS: f64 = 13.0;
/// plotters divides by this when it writes SVG.
const PLOTTERS_POINTS: f64 = 1.24;
/// An ample width of a letter, since nobody knows the reader's font.
const LETTER: i32 = 7;

/// Draws on an area of plotters.
pub struct Pen<'a, 'b> {
    area: &'a DrawingArea<SVGBackend<'b>, Shift>,
}

/// What plotters returns.
pub type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

impl Pen<'_, '_> {
    /// A filled rectangle.
    pub fn rect(&self, (x, y): (i32, i32), (width, height): (i32, i32), ink: Ink) -> Drawn {
        self.area.draw(&Rectangle::new([(x, y), (x + width, y + height)], ink.colour().filled()))
    }

    /// A thin line.
    pub fn line(&self, from: (i32, i32), to: (i32, i32), ink: Ink) -> Drawn {
        self.area.draw(&PathElement::new(vec![from, to], ink.colour()))
    }

    /// Words, with whatever deceives the eye written out.
    pub fn words(&self, text: &str, at: (i32, i32), anchor: At, ink: Ink) -> Drawn {
        let h = match anchor {
            At::Start => HPos::Left,
            At::Middle => HPos::Center,
            At::End => HPos::Right,
        };
        let colour = ink.colour();
        let style = ("sans-serif", WORDS * PLOTTERS_POINTS)
            .into_text_style(self.area)
            .color(&colour)
            .pos(Pos::new(h, VPos::Center));
        self.area.draw(&Text::new(visible(text), at, style))
    }
}

/// A picture of the given size, labelled with its answer for those who do not see it.
pub fn picture(question: &'static str, answer: &str, size: (i32, i32), draw: impl FnOnce(&Pen) -> Drawn) -> Result<String, ReportError> {
    let failed = |e: DrawingAreaErrorKind<std::io::Error>| ReportError::Chart {
        chart: question.to_string(),
        message: e.to_string(),
    };
    let mut svg = String::new();
    {
        let extent = (u32::try_from(size.0).unwrap_or(1), u32::try_from(size.1).unwrap_or(1));
        let area = SVGBackend::with_string(&mut svg, extent).into_drawing_area();
        draw(&Pen { area: &area }).map_err(failed)?;
        area.present().map_err(failed)?;
    }
    let label = visible(answer)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    Ok(svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{label}\" "), 1))
}

/// Cuts text to a width in pixels.
pub fn fit(text: &str, width: i32) -> String {
    let letters = usize::try_from(width / LETTER).unwrap_or(0);
    if text.chars().count() <= letters {
        return text.to_string();
    }
    let kept: String = text.chars().take(letters.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The width that text is given.
pub fn width(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX / LETTER).saturating_mul(LETTER)
}
