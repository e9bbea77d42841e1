//! What the same checks would have found at earlier month ends, from the same commit.

use super::bars::{share, ticks};
use super::canvas::{At, Drawing, Ink};
use super::severity::ORDER;
use super::{Chart, count, thousands};
use crate::report::{Review, TrendPoint};

const ID: &str = "chart-trend";
const QUESTION: &str = "Is the number of findings falling?";
const WIDTH: i32 = 560;
const LEFT: i32 = 58;
const TALL: i32 = 190;

/// The chart.
pub fn chart(review: &Review) -> Chart {
    let points = &review.trend;
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Chart::silent(ID, QUESTION, "No earlier month end was evaluated.");
    };
    if points.len() < 2 {
        return Chart::silent(
            ID,
            QUESTION,
            "The evidence does not reach back to an earlier month end, so there is no comparison.",
        );
    }
    let (was, now) = (total(first), total(last));
    let direction = match now.cmp(&was) {
        std::cmp::Ordering::Less => "fell",
        std::cmp::Ordering::Equal => "stayed",
        std::cmp::Ordering::Greater => "rose",
    };
    let finding = if was == now {
        format!("Findings stayed at {} since {}.", thousands(now), first.at.day())
    } else {
        format!("Findings {direction} from {} to {} since {}.", thousands(was), thousands(now), first.at.day())
    };
    Chart {
        id: ID,
        question: QUESTION,
        finding,
        caption: format!(
            "The same checks as of {} and as of this report, all with the evidence of this report: earlier points are restated with records that arrived later, and a log that starts later leaves more untested at earlier points ({} at the first, {} now).",
            count(points.len() - 1, "earlier month end"),
            thousands(first.not_evaluable),
            thousands(last.not_evaluable)
        ),
        drawing: Some(draw(points)),
        heads: vec!["as of", "high", "medium", "low", "info", "unable to test", "current holdings"],
        rows: points
            .iter()
            .map(|p| {
                std::iter::once(p.at.day())
                    .chain(p.found.iter().map(ToString::to_string))
                    .chain([p.not_evaluable.to_string(), p.held.to_string()])
                    .collect()
            })
            .collect(),
        wide: false,
    }
}

fn total(point: &TrendPoint) -> usize {
    point.found.iter().sum()
}

fn draw(points: &[TrendPoint]) -> Drawing {
    let mut pen = Drawing::new((WIDTH, 0));
    let legend: Vec<(&str, Ink)> = ORDER
        .iter()
        .enumerate()
        .filter(|(i, _)| points.iter().any(|p| p.found[*i] > 0))
        .map(|(_, (s, ink))| (s.as_str(), *ink))
        .collect();
    let top = pen.legend(LEFT, &legend).max(14) + 16;
    let most = points.iter().map(total).max().unwrap_or(0).max(1);
    for tick in ticks(most, 4) {
        let y = top + TALL - share(tick, most, TALL);
        pen.line((LEFT, y), (WIDTH - 6, y), Ink::Grid);
        pen.words(&thousands(tick), (LEFT - 10, y), At::End, Ink::Soft);
    }
    let many = i32::try_from(points.len()).unwrap_or(1).max(1);
    let step = (WIDTH - LEFT - 6) / many;
    let thick = (step * 6 / 10).min(56);
    for (n, point) in (0..).zip(points) {
        let middle = LEFT + n * step + step / 2;
        let mut y = top + TALL;
        for (amount, (_, ink)) in point.found.iter().zip(ORDER).filter(|(amount, _)| **amount > 0) {
            let tall = share(*amount, most, TALL).max(2);
            y -= tall;
            pen.rect((middle - thick / 2, y), (thick, tall - 1), ink);
        }
        pen.words(&thousands(total(point)), (middle, y - 10), At::Middle, Ink::Text);
        let label = if n == many - 1 { "now".to_string() } else { point.at.month() };
        pen.words(&label, (middle, top + TALL + 14), At::Middle, Ink::Soft);
    }
    pen.words("findings, by month end (UTC)", (LEFT, top + TALL + 36), At::Start, Ink::Soft);
    pen.size.1 = top + TALL + 50;
    pen
}
