//! Pictures that answer a question each: the title says the finding, the numbers stand in words and in a table beside them.

mod access;
mod age;
pub(in crate::report) mod bars;
pub(in crate::report) mod canvas;
mod certainty;
mod coverage;
mod departments;
mod endless;
mod expiry;
mod font;
mod paint;
pub(in crate::report) mod reviewers;
mod severity;
mod trend;

#[cfg(test)]
mod tests;

use crate::report::{ReportError, Review};
use canvas::Drawing;

pub use paint::png;

/// A question, its answer in words, the picture and its numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chart {
    /// Anchor on the page, and name of the PNG.
    pub id: &'static str,
    /// What was asked.
    pub question: &'static str,
    /// The title: what the picture shows, with numbers; what is missing when there is nothing to draw.
    pub finding: String,
    /// What a reader must know beside it; may be empty.
    pub caption: String,
    /// The picture; none when there is nothing to draw.
    pub drawing: Option<Drawing>,
    /// Heads of the table of numbers.
    pub heads: Vec<&'static str>,
    /// The numbers.
    pub rows: Vec<Vec<String>>,
    /// Takes the whole width of the page.
    pub wide: bool,
}

impl Chart {
    /// A chart that can only say why it is none.
    fn silent(id: &'static str, question: &'static str, why: impl Into<String>) -> Self {
        Self {
            id,
            question,
            finding: why.into(),
            ..Self::default()
        }
    }

    /// The picture as SVG for the page; empty when there is none.
    ///
    /// # Errors
    /// When plotters cannot draw, which is a bug.
    pub fn svg(&self) -> Result<String, ReportError> {
        let label = format!("{} {}", self.finding, self.caption);
        self.drawing.as_ref().map_or(Ok(String::new()), |d| paint::svg(d, self.id, label.trim()))
    }
}

/// All charts of the page, in order.
#[must_use]
pub fn all(review: &Review) -> Vec<Chart> {
    vec![
        severity::chart(review),
        trend::chart(review),
        age::chart(review),
        expiry::chart(review),
        endless::chart(review),
        certainty::chart(review),
        access::chart(review),
        departments::chart(review),
        reviewers::chart(review),
        coverage::chart(review),
    ]
}

/// `1 holding`, `2 holdings`.
#[must_use]
pub fn count(n: usize, one: &str) -> String {
    format!("{} {one}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// `12,345`.
#[must_use]
pub fn thousands(n: impl std::fmt::Display) -> String {
    let digits = n.to_string();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |d| ("-", d));
    let mut out = sign.to_string();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}
