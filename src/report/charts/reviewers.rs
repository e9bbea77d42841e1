//! How fast reviewers decide, against how much they keep: speed and a high share together are worth a question.

use super::canvas::{At, Drawing, Ink};
use super::font::fit;
use super::{Chart, count, thousands};
use crate::model::time::{MINUTE, SECOND};
use crate::model::{Instant, PrincipalId};
use crate::report::Review;
use std::collections::BTreeMap;

const ID: &str = "chart-reviewers";
const QUESTION: &str = "Do reviewers take time before they approve?";
/// Decisions further apart than this belong to two sittings.
const SITTING: i64 = 30 * MINUTE;
/// From so many decisions on, a share means something.
const ENOUGH: usize = 20;
/// A decision faster than this is hardly read.
const FAST: i64 = 5 * SECOND;
/// Per cent kept, above which speed is worth a question.
const NEARLY_ALL: usize = 95;
const WIDTH: i32 = 1120;
const LEFT: i32 = 70;
const RIGHT: i32 = 40;
const TOP: i32 = 22;
const TALL: i32 = 270;
/// Ends of the scale, in seconds, and its marks.
const MARKS: [(i64, &str); 8] = [
    (1, "1 s"),
    (3, "3 s"),
    (10, "10 s"),
    (30, "30 s"),
    (60, "1 min"),
    (180, "3 min"),
    (600, "10 min"),
    (1800, "30 min"),
];

/// A reviewer with what was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewer {
    /// As whom the picture names them.
    pub name: String,
    /// Decisions.
    pub decisions: usize,
    /// Of them, those that kept.
    pub kept: usize,
    /// The middle one of the times between two decisions of a sitting, in the unit of [`Instant`].
    pub pace: i64,
}

impl Reviewer {
    /// Kept, in per cent rounded down.
    pub fn share(&self) -> usize {
        self.kept * 100 / self.decisions.max(1)
    }

    /// Whether speed and share together are worth a question.
    pub fn in_question(&self) -> bool {
        self.decisions >= ENOUGH && self.pace < FAST && self.kept * 100 > NEARLY_ALL * self.decisions
    }
}

/// The chart, from the decisions of Entra's access reviews in the lake, and those of campaigns.
pub fn chart(review: &Review) -> Chart {
    let mut by: BTreeMap<&PrincipalId, Vec<(Instant, bool)>> = BTreeMap::new();
    for d in &review.access.review_decisions {
        let kept = match d.decision.as_str() {
            "Approve" => true,
            "Deny" => false,
            _ => continue,
        };
        if let (Some(at), Some(who)) = (d.reviewed_at, &d.reviewer) {
            by.entry(who).or_default().push((at, kept));
        }
    }
    let campaigns = || review.campaigns.iter().flat_map(|c| &c.reviewers);
    if by.is_empty() && campaigns().next().is_none() {
        return Chart::silent(ID, QUESTION, "No review decision with its reviewer and time is on record.");
    }
    let people = by.len() + campaigns().count();
    let mut reviewers: Vec<Reviewer> = by.into_iter().filter_map(|(who, decisions)| of(review, who, decisions)).collect();
    reviewers.extend(campaigns().cloned());
    reviewers.sort_by(|a, b| (std::cmp::Reverse(a.decisions), a.pace, &a.name).cmp(&(std::cmp::Reverse(b.decisions), b.pace, &b.name)));
    if reviewers.is_empty() {
        return Chart::silent(
            ID,
            QUESTION,
            format!(
                "{} decided, none of them twice within half an hour, so no pace can be measured.",
                count(people, "reviewer")
            ),
        );
    }
    let fast: Vec<&Reviewer> = reviewers.iter().filter(|r| r.in_question()).collect();
    let finding = match fast.as_slice() {
        [] => format!("None of {} keeps nearly all at a pace too fast to read.", count(reviewers.len(), "reviewer")),
        [one] => format!(
            "{} kept {} of {} at less than 5 seconds each.",
            one.name,
            thousands(one.kept),
            thousands(one.decisions)
        ),
        more => format!("{} kept more than {NEARLY_ALL} % at less than 5 seconds each.", count(more.len(), "reviewer")),
    };
    let apart = people - reviewers.len();
    let left_out = if apart > 0 {
        format!(" {} with no two decisions of one sitting are not drawn.", count(apart, "reviewer"))
    } else {
        String::new()
    };
    Chart {
        id: ID,
        question: QUESTION,
        finding,
        caption: format!(
            "Each circle is a reviewer, in an Entra access review or a campaign; its size is the number of decisions, its position across the median time between decisions of one sitting. Worth questioning: at least {ENOUGH} decisions, more than {NEARLY_ALL} % kept, under 5 seconds.{left_out}"
        ),
        drawing: Some(draw(&reviewers)),
        heads: vec!["reviewer", "decisions", "kept, %", "seconds between decisions"],
        rows: reviewers
            .iter()
            .take(200)
            .map(|r| vec![r.name.clone(), r.decisions.to_string(), r.share().to_string(), (r.pace / SECOND).to_string()])
            .collect(),
        wide: true,
    }
}

fn of(review: &Review, who: &PrincipalId, mut decisions: Vec<(Instant, bool)>) -> Option<Reviewer> {
    decisions.sort_unstable();
    let mut gaps: Vec<i64> = decisions.windows(2).map(|w| w[1].0.0 - w[0].0.0).filter(|gap| *gap <= SITTING).collect();
    gaps.sort_unstable();
    let pace = *gaps.get(gaps.len() / 2)?;
    let name = review.access.principal_name(who);
    Some(Reviewer {
        name: review.audience.name(who.as_str(), &name).into_owned(),
        decisions: decisions.len(),
        kept: decisions.iter().filter(|(_, kept)| *kept).count(),
        pace,
    })
}

/// Place on the scale: each tenfold takes the same room.
fn across(seconds: f64) -> i32 {
    let (first, last) = (MARKS[0].0, MARKS[MARKS.len() - 1].0);
    let (first, last) = ((first as f64).ln(), (last as f64).ln());
    let part = ((seconds.max(1.0).ln() - first) / (last - first)).clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, reason = "a place in the picture")]
    let x = (part * f64::from(WIDTH - LEFT - RIGHT)).round() as i32;
    LEFT + x
}

/// The picture, the first of whom are named.
pub fn draw(reviewers: &[Reviewer]) -> Drawing {
    let mut pen = Drawing::new((WIDTH, TOP + TALL + 58));
    let y = |share: usize| TOP + TALL - super::bars::share(share, 100, TALL);
    // Where speed and share together are worth a question.
    pen.rect((LEFT, TOP), (across(5.0) - LEFT, y(NEARLY_ALL) - TOP + 1), Ink::Track);
    for share in [0, 25, 50, 75, 100] {
        pen.line((LEFT, y(share)), (WIDTH - RIGHT, y(share)), Ink::Grid);
        pen.words(&format!("{share} %"), (LEFT - 10, y(share)), At::End, Ink::Soft);
    }
    for (seconds, label) in MARKS {
        let x = across(seconds as f64);
        pen.line((x, TOP + TALL), (x, TOP + TALL + 5), Ink::Soft);
        pen.words(label, (x, TOP + TALL + 17), At::Middle, Ink::Soft);
    }
    pen.words(
        "kept, per cent of a reviewer's decisions; across: time for a decision",
        (LEFT, TOP + TALL + 42),
        At::Start,
        Ink::Soft,
    );
    let mut taken: Vec<(i32, i32, i32)> = Vec::new();
    for r in reviewers.iter().take(400) {
        let x = across(r.pace as f64 / SECOND as f64);
        let radius = match r.decisions {
            0..10 => 3,
            10..50 => 5,
            50..200 => 7,
            _ => 10,
        };
        let ink = if r.in_question() { Ink::High } else { Ink::Main };
        pen.dot((x, y(r.share())), radius, ink);
        // The first of those that lie together are named; the table names all.
        let label = fit(&r.name, 220);
        let long = super::font::width(&label);
        let right = x + radius + 6 + long < WIDTH - 4;
        let start = if right { x + radius + 6 } else { x - radius - 6 - long };
        let line = y(r.share());
        let free = taken
            .iter()
            .all(|(from, until, at)| start > *until || start + long < *from || (line - at).abs() > 15);
        if taken.len() < 24 && free {
            pen.words(&label, (start, line), At::Start, if r.in_question() { Ink::High } else { Ink::Text });
            taken.push((start, start + long, line));
        }
    }
    pen
}
