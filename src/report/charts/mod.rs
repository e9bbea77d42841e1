//! Pictures that answer a question each, with the numbers in words and in a table beside them.

mod age;
pub(in crate::report) mod bars;
pub(in crate::report) mod canvas;
mod coverage;
mod endless;
mod severity;

use crate::report::{ReportError, Review};

/// A question, its answer in words, the picture and its numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chart {
    /// Anchor on the page.
    pub id: &'static str,
    /// The title.
    pub question: &'static str,
    /// The answer, with numbers; what is missing when there is nothing to draw.
    pub caption: String,
    /// SVG; empty when there is nothing to draw.
    pub picture: String,
    /// Heads of the table of numbers.
    pub heads: Vec<&'static str>,
    /// The numbers.
    pub rows: Vec<Vec<String>>,
    /// Takes the whole width of the page.
    pub wide: bool,
}

/// All charts of the page, in order.
pub fn all(review: &Review) -> Result<Vec<Chart>, ReportError> {
    Ok(vec![
        severity::chart(review)?,
        age::chart(review)?,
        endless::chart(review)?,
        coverage::chart(review)?,
    ])
}

/// `1 holding`, `2 holdings`.
pub fn count(n: usize, one: &str) -> String {
    format!("{} {one}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// `12,345`.
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
