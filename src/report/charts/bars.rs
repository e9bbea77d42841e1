//! Horizontal bars with a label before, an amount behind and a scale below.

use super::canvas::{At, Drawing, Ink};
use super::font::fit;
use super::thousands;

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
const AMOUNT: i32 = 74;

/// Draws the bars, under a legend when the parts have names; `unit` names what the axis counts.
pub fn draw(unit: &str, label_width: i32, legend: &[(&str, Ink)], bars: &[Bar]) -> Drawing {
    let rows = i32::try_from(bars.len()).unwrap_or(0);
    let most = bars.iter().map(total).max().unwrap_or(0).max(1);
    let room = WIDTH - label_width - AMOUNT;
    let mut pen = Drawing::new((WIDTH, 0));
    let top = pen.legend(label_width, legend).max(4);
    let bottom = top + rows * STEP;
    for tick in ticks(most, 4) {
        let x = label_width + share(tick, most, room);
        pen.line((x, top - 3), (x, bottom + 2), Ink::Grid);
        pen.words(&thousands(tick), (x, bottom + 13), At::Middle, Ink::Soft);
    }
    pen.words(unit, (label_width - 12, bottom + 13), At::End, Ink::Soft);
    for (row, bar) in (0..).zip(bars) {
        let y = top + row * STEP;
        let middle = y + THICK / 2 + 1;
        pen.words(&fit(&bar.label, label_width - 14), (label_width - 12, middle), At::End, Ink::Text);
        let mut x = label_width;
        for (amount, ink) in bar.parts.iter().filter(|(amount, _)| *amount > 0) {
            // A part that exists is seen, however small.
            let long = share(*amount, most, room).max(2);
            pen.rect((x, y), (long, THICK), *ink);
            x += long + 1;
        }
        let amount = total(bar);
        let ink = if amount == 0 { Ink::Soft } else { Ink::Text };
        pen.words(&thousands(amount), (x + 8, middle), At::Start, ink);
    }
    pen.size.1 = bottom + 26;
    pen
}

fn total(bar: &Bar) -> usize {
    bar.parts.iter().map(|(amount, _)| amount).sum()
}

/// The part of `room` that `amount` takes when `most` takes it all.
pub fn share(amount: usize, most: usize, room: i32) -> i32 {
    let room = usize::try_from(room).unwrap_or(0);
    i32::try_from(amount.saturating_mul(room) / most.max(1)).unwrap_or(0)
}

/// Round numbers from 0 to at most `most`, so many and one.
pub fn ticks(most: usize, many: usize) -> Vec<usize> {
    let rough = most.div_ceil(many).max(1);
    let mut power = 1usize;
    while power.saturating_mul(10) <= rough {
        power = power.saturating_mul(10);
    }
    let step = [1, 2, 5, 10]
        .map(|f| power.saturating_mul(f))
        .into_iter()
        .find(|s| *s >= rough)
        .unwrap_or(rough);
    (0..=many).map(|n| n.saturating_mul(step)).take_while(|t| *t <= most).collect()
}
