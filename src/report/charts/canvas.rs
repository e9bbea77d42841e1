//! A picture as a list of rectangles, lines, dots and words in the inks of the page: drawn once, painted as SVG and as PNG.

use super::font;

/// The inks; `reports/templates/style.css` knows the codes of those that it repaints for dark rooms and paper.
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
    /// One of several things that a line each stands for; from 0, the colours are told apart by colour-blind readers (Okabe and Ito).
    Line(usize),
    /// A step of a scale from 0 to 4, the more the darker.
    Heat(usize),
    /// Words on the upper steps of the scale.
    OnHeat,
}

impl Ink {
    /// Red, green and blue.
    pub fn rgb(self) -> (u8, u8, u8) {
        const LINES: [(u8, u8, u8); 6] = [
            (0x00, 0x72, 0xb2),
            (0xd5, 0x5e, 0x00),
            (0x00, 0x9e, 0x73),
            (0xcc, 0x79, 0xa7),
            (0xe6, 0x9f, 0x00),
            (0x56, 0xb4, 0xe9),
        ];
        const HEAT: [(u8, u8, u8); 5] = [
            (0xee, 0xf5, 0xf4),
            (0xcd, 0xe3, 0xe2),
            (0x93, 0xc2, 0xc3),
            (0x3f, 0x8b, 0x91),
            (0x14, 0x52, 0x58),
        ];
        match self {
            Self::Text => (0x1c, 0x25, 0x30),
            Self::Soft => (0x5a, 0x66, 0x75),
            Self::Grid => (0xdc, 0xe1, 0xe7),
            Self::Track => (0xea, 0xed, 0xf1),
            Self::High => (0xa8, 0x2a, 0x1e),
            Self::Medium => (0xc9, 0x76, 0x1a),
            Self::Low => (0x3a, 0x7c, 0xb8),
            Self::Info => (0x87, 0x93, 0xa3),
            Self::Main => (0x1c, 0x6b, 0x72),
            Self::Pale => (0x8c, 0xbb, 0xbf),
            Self::Line(n) => LINES[n % LINES.len()],
            Self::Heat(step) => HEAT[step.min(HEAT.len() - 1)],
            Self::OnHeat => (0xfd, 0xfe, 0xfe),
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
    /// Begins there and runs upwards.
    Upwards,
}

/// One mark on the paper; lengths in pixels of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A filled rectangle: corner, width and height.
    Rect((i32, i32), (i32, i32), Ink),
    /// A line through points, so thick.
    Path(Vec<(i32, i32)>, u32, Ink),
    /// A filled circle: middle and radius.
    Dot((i32, i32), i32, Ink),
    /// Words.
    Words(String, (i32, i32), At, Ink),
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// Width and height.
    pub size: (i32, i32),
    /// In the order of painting.
    pub marks: Vec<Mark>,
}

impl Drawing {
    /// An empty picture.
    pub fn new(size: (i32, i32)) -> Self {
        Self { size, marks: Vec::new() }
    }

    /// A filled rectangle.
    pub fn rect(&mut self, corner: (i32, i32), size: (i32, i32), ink: Ink) {
        self.marks.push(Mark::Rect(corner, size, ink));
    }

    /// A thin line.
    pub fn line(&mut self, from: (i32, i32), to: (i32, i32), ink: Ink) {
        self.marks.push(Mark::Path(vec![from, to], 1, ink));
    }

    /// A line through points.
    pub fn path(&mut self, points: Vec<(i32, i32)>, ink: Ink) {
        self.marks.push(Mark::Path(points, 2, ink));
    }

    /// A filled circle.
    pub fn dot(&mut self, middle: (i32, i32), radius: i32, ink: Ink) {
        self.marks.push(Mark::Dot(middle, radius, ink));
    }

    /// Words, with whatever deceives the eye written out.
    pub fn words(&mut self, text: &str, at: (i32, i32), anchor: At, ink: Ink) {
        self.marks.push(Mark::Words(crate::model::shown::visible(text), at, anchor, ink));
    }

    /// Names with their inks in one row, from `x` on; those that no longer fit begin a new row. Returns the height used.
    pub fn legend(&mut self, x: i32, names: &[(&str, Ink)]) -> i32 {
        let (mut at, mut y) = (x, 5);
        for (name, ink) in names {
            let long = 17 + font::width(name);
            if at > x && at + long > self.size.0 {
                (at, y) = (x, y + 20);
            }
            self.rect((at, y), (11, 11), *ink);
            self.words(name, (at + 17, y + 6), At::Start, Ink::Soft);
            at += long + 24;
        }
        if names.is_empty() { 0 } else { y + 27 }
    }
}
