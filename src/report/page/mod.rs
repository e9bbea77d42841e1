//! The page: one file, offline, complete without its script, and strict about what may run in it.

pub(in crate::report) mod csp;
mod figures;
mod found;
mod held;
mod known;

use crate::report::charts::{self, Chart, thousands};
use crate::report::shown::visible;
use crate::report::{ReportError, Review, ThresholdLine};
use askama::Template;

const STYLE: &str = include_str!("../../../reports/templates/style.css");
const SCRIPT: &str = include_str!("../../../reports/templates/script.js");

/// What the template is given; its escaping makes text of everything but the fields named raw there.
#[derive(Template)]
#[template(path = "index.html")]
struct Page<'a> {
    csp: String,
    style: &'a str,
    script: &'a str,
    tenant: &'a str,
    commit: &'a str,
    as_of: String,
    profile: &'a str,
    from: String,
    until: String,
    answer: String,
    figures: Vec<figures::Figure>,
    charts: Vec<Chart>,
    checks: Vec<found::CheckRow>,
    groups: Vec<found::Group>,
    decided: usize,
    questions: Vec<found::Question>,
    unanswered: usize,
    holdings: held::Holdings,
    coverage: Vec<known::CoverageRow>,
    looks: Vec<known::LookRow>,
    rejects: Vec<known::NotTaken>,
    activities: Vec<(String, String)>,
    sources: Vec<known::SourceRow>,
    all_tie: bool,
    thresholds: &'a [ThresholdLine],
    files: &'a [(String, String)],
    version: &'static str,
}

/// The page as text; `files` are the names and SHA-256 of the files beside it.
pub fn render(review: &Review, files: &[(String, String)]) -> Result<String, ReportError> {
    let (style, script) = (line_feeds(STYLE), line_feeds(SCRIPT));
    let groups = found::groups(review);
    let questions = found::questions(review, &groups);
    let sources = known::sources(review);
    let page = Page {
        csp: csp::policy(&script, &style),
        style: &style,
        script: &script,
        tenant: review.tenant,
        commit: review.commit,
        as_of: review.as_of.to_string(),
        profile: review.profile,
        from: review.period.from.to_string(),
        until: review.period.until.to_string(),
        answer: figures::answer(review),
        figures: figures::figures(review),
        charts: charts::all(review)?,
        checks: found::checks(review),
        decided: groups.iter().map(|g| g.total).sum(),
        groups,
        unanswered: questions.iter().map(|q| q.total).sum(),
        questions,
        holdings: held::holdings(review),
        coverage: known::coverage(review),
        looks: known::looks(review),
        rejects: known::rejects(review),
        activities: known::activities(review),
        all_tie: sources.iter().all(|s| s.ties),
        sources,
        thresholds: &review.thresholds,
        files,
        version: env!("CARGO_PKG_VERSION"),
    };
    let html = page.render().map_err(|e| ReportError::Page(e.to_string()))?;
    // At the last door, so that no field can be forgotten; style and script hold none of these characters.
    Ok(visible(&line_feeds(&html)))
}

/// A checkout may have turned the line ends of the templates; the bytes and their hashes should not depend on it.
fn line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[cfg(test)]
pub use csp::policy as policy_of;

/// The day of an instant, for reading; the files have it to the microsecond.
fn day(at: Option<crate::model::Instant>) -> String {
    at.map(crate::model::Instant::day).unwrap_or_default()
}

/// A number with separators.
fn number(n: impl std::fmt::Display) -> String {
    thousands(n)
}
