//! Horizontal bars with a label before and an amount behind: the shape of three of the four charts.

use super::canvas::{At, Ink, fit, picture, width};
use super::thousands;
use crate::report::ReportError;

/// One bar, made of parts.
pub struct Bar {
    /// What stands before it.
    pub label: String,
    /// Amounts, in the order of the parts.
    pub parts: Vec<(usize, Ink)>,
}

/// The width of the picture.
const WIDTH: i32 = 560;
/// The height of a bar with its space.
const STEP: i32 = 27;
/// The height of a bar.
const THICK: i32 = 15;
/// Room for the amount behind the bar.
const AMOUNT: i32 = 64;

/// Draws the bars, under a legend when the parts have names.
pub fn draw(question: &'static str, answer: &str, label_width: i32, legend: &[(&str, Ink)], bars: &[Bar]) -> Result<String, ReportError> {
    let top = if legend.is_empty() { 4 } else { 36 };
    let rows = i32::try_from(bars.len()).unwrap_or(0);
    let most = bars.iter().map(total).max().unwrap_or(0).max(1);
    let room = WIDTH - label_width - AMOUNT;
    picture(question, answer, (WIDTH, top + rows * STEP + 6), |pen| {
        let mut x = label_width;
        for (name, ink) in legend {
            pen.rect((x, 5), (11, 11), *ink)?;
            pen.words(name, (x + 17, 11), At::Start, Ink::Soft)?;
            x += 17 + width(name) + 26;
        }
        for (row, bar) in (0..).zip(bars) {
            let y = top + row * STEP;
            let middle = y + THICK / 2 + 1;
            pen.words(&fit(&bar.label, label_width - 12), (label_width - 12, middle), At::End, Ink::Text)?;
            pen.line((label_width, y - 5), (label_width, y + STEP - 6), Ink::Grid)?;
            let mut x = label_width;
            for (amount, ink) in bar.parts.iter().filter(|(amount, _)| *amount > 0) {
                // A part that exists is seen, however small.
                let long = share(*amount, most, room).max(2);
                pen.rect((x, y), (long, THICK), *ink)?;
                x += long + 1;
            }
            let amount = total(bar);
            let ink = if amount == 0 { Ink::Soft } else { Ink::Text };
            pen.words(&thousands(amount), (x + 8, middle), At::Start, ink)?;
        }
        Ok(())
    })
}

fn total(bar: &Bar) -> usize {
    bar.parts.iter().map(|(amount, _)| amount).sum()
}

/// The part of `room` that `amount` takes when `most` takes it all.
fn share(amount: usize, most: usize, room: i32) -> i32 {
    let room = usize::try_from(room).unwrap_or(0);
    i32::try_from(amount.saturating_mul(room) / most.max(1)).unwrap_or(0)
}
