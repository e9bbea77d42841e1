//! The page: one file, offline, complete without its script, and strict about what may run in it.

mod campaigns;
mod controls;
pub(in crate::report) mod csp;
mod decide;
mod dossier;
mod figures;
mod found;
mod held;
mod known;
mod limits;
mod packages;
mod people;

use crate::report::charts::{Chart, thousands};
use crate::report::open_points::{self, OpenPoint};
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
    decisions: Vec<decide::Decision>,
    more_decisions: usize,
    grounds: String,
    reach: String,
    points: Vec<OpenPoint>,
    all_answered: bool,
    shows_text: bool,
    trend: Option<Picture<'a>>,
    charts: Vec<Picture<'a>>,
    checks: Vec<found::CheckRow>,
    groups: Vec<found::Group>,
    decided: usize,
    questions: Vec<found::Question>,
    unanswered: usize,
    packages: Vec<packages::PackagePage>,
    package_total: String,
    more_packages: usize,
    people: Vec<people::PersonPage>,
    people_total: String,
    more_people: usize,
    campaigns: Vec<campaigns::CampaignPage<'a>>,
    more_campaigns: usize,
    controls: Vec<controls::ControlRow>,
    limits: Vec<Limit>,
    holdings: held::Holdings,
    coverage: Vec<known::CoverageRow>,
    missed: Vec<[String; 3]>,
    looks: Vec<known::LookRow>,
    rejects: Vec<known::NotTaken>,
    activities: Vec<(String, String)>,
    sources: Vec<known::SourceRow>,
    all_tie: bool,
    more_sources: usize,
    profile_says: String,
    thresholds: &'a [ThresholdLine],
    files: &'a [(String, String)],
    version: &'static str,
}

/// A chart with its picture as SVG.
struct Picture<'a> {
    chart: &'a Chart,
    svg: String,
}

/// The page as text; `files` are the names and SHA-256 of the files beside it.
pub fn render(review: &Review, charts: &[Chart], files: &[(String, String)]) -> Result<String, ReportError> {
    let (style, script) = (line_feeds(STYLE), line_feeds(SCRIPT));
    let dossiers = dossier::Dossiers::of(review);
    let groups = found::groups(review, &dossiers);
    let (decisions, more_decisions) = decide::decisions(&groups);
    let questions = found::questions(review, &groups);
    let sources = known::sources(review);
    let points = open_points::open_points(review);
    let (campaigns, more_campaigns) = campaigns::pages(review)?;
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
        decisions,
        more_decisions,
        grounds: decide::grounds(review),
        reach: open_points::reach(&points),
        all_answered: open_points::all_answered(&points),
        points,
        shows_text: review.audience.free_text == crate::report::FreeText::Shown,
        trend: charts.iter().find(|c| c.id == "chart-trend").map(picture).transpose()?,
        charts: charts.iter().filter(|c| c.id != "chart-trend").map(picture).collect::<Result<_, _>>()?,
        checks: found::checks(review),
        decided: groups.iter().map(|g| g.total).sum(),
        groups,
        unanswered: questions.iter().map(|q| q.total).sum(),
        questions,
        package_total: number(dossiers.package_total),
        more_packages: dossiers.package_total - dossiers.packages.len(),
        packages: packages::pages(review, &dossiers),
        people_total: number(dossiers.people_total),
        more_people: dossiers.people_total - dossiers.people.len(),
        people: people::pages(review, &dossiers),
        campaigns,
        more_campaigns,
        controls: controls::controls(review),
        limits: limits(review),
        holdings: held::holdings(review, &dossiers),
        coverage: known::coverage(review),
        missed: known::missed(review),
        looks: known::looks(review),
        rejects: known::rejects(review),
        activities: known::activities(review),
        all_tie: review.sources.iter().all(|s| s.read == s.kept + s.duplicate + s.rejected + s.unmapped),
        more_sources: review.sources.len().saturating_sub(sources.len()),
        sources,
        profile_says: says(review.profile),
        thresholds: &review.thresholds,
        files,
        version: env!("CARGO_PKG_VERSION"),
    };
    let html = page.render().map_err(|e| ReportError::Page(e.to_string()))?;
    // At the last door, so that no field can be forgotten; style and script hold none of these characters.
    Ok(visible(&line_feeds(&html)))
}

/// The answer in one sentence.
pub fn answer(review: &Review) -> String {
    figures::answer(review)
}

/// What the report cannot show: title and text.
pub fn limits_of(review: &Review) -> Vec<(String, String)> {
    limits(review).into_iter().map(|l| (l.title.to_string(), l.text)).collect()
}

fn picture(chart: &Chart) -> Result<Picture<'_>, ReportError> {
    Ok(Picture { chart, svg: chart.svg()? })
}

/// A checkout may have turned the line ends of the templates; the bytes and their hashes should not depend on it.
fn line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// What the profile sets, as a sentence begins.
fn says(profile: &str) -> String {
    let text = crate::check::profiles::sentence(profile);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
pub use csp::policy as policy_of;
pub use limits::{Limit, limits};

/// The day of an instant, for reading; the files have it to the microsecond.
fn day(at: Option<crate::model::Instant>) -> String {
    at.map(crate::model::Instant::day).unwrap_or_default()
}

/// A number with separators.
fn number(n: impl std::fmt::Display) -> String {
    thousands(n)
}
