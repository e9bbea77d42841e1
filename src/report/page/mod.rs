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

use crate::model::shown::visible;
use crate::report::charts::{Chart, thousands};
use crate::report::open_points::{self, OpenPoint, State};
use crate::report::{Cover, ReportError, Review, ThresholdLine};
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
    cover: &'a Cover,
    as_of: String,
    as_of_words: String,
    profile: &'a str,
    from: String,
    from_words: String,
    until: String,
    until_words: String,
    quality: State,
    points: Vec<OpenPoint>,
    answer: String,
    figures: Vec<figures::Figure>,
    decisions: Vec<decide::Decision>,
    more_decisions: usize,
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
    collection_gaps: Vec<[String; 3]>,
    snapshots: Vec<known::SnapshotRow>,
    rejects: Vec<known::Excluded>,
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
    let (style, script) = (classified(&line_feeds(STYLE), &review.cover.classification), line_feeds(SCRIPT));
    let dossiers = dossier::Dossiers::of(review);
    let groups = found::groups(review, &dossiers);
    let (decisions, more_decisions) = decide::decisions(&groups);
    let questions = found::questions(review, &groups);
    let sources = known::sources(review);
    let (campaigns, more_campaigns) = campaigns::pages(review)?;
    let points = open_points::open_points(review);
    let page = Page {
        csp: csp::policy(&script, &style),
        style: &style,
        script: &script,
        tenant: review.tenant,
        commit: review.commit,
        cover: &review.cover,
        as_of: review.as_of.to_string(),
        as_of_words: review.as_of.in_words(),
        profile: review.profile,
        from: review.period.from.to_string(),
        from_words: review.period.from.in_words(),
        until: review.period.until.to_string(),
        until_words: review.period.until.in_words(),
        quality: open_points::state(&points),
        answer: figures::answer(review),
        figures: figures::figures(review),
        decisions,
        more_decisions,
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
        collection_gaps: known::collection_gaps(review),
        snapshots: known::snapshots(review),
        rejects: known::rejects(review),
        activities: known::activities(review),
        all_tie: review.sources.iter().all(|s| s.read == s.kept + s.duplicate + s.rejected + s.unmapped),
        more_sources: review.sources.len().saturating_sub(sources.len()),
        sources,
        profile_says: says(review.profile),
        thresholds: &review.thresholds,
        files,
        points,
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

/// How far the data can be relied on, in points.
pub fn quality_of(review: &Review) -> (String, Vec<String>) {
    let points = open_points::open_points(review);
    let verdict = open_points::state(&points).verdict;
    (verdict, points.into_iter().map(|p| p.text).collect())
}

/// What the report cannot show: title and text.
pub fn limits_of(review: &Review) -> Vec<(String, String)> {
    limits(review).into_iter().map(|l| (l.title.to_string(), l.text)).collect()
}

fn picture(chart: &Chart) -> Result<Picture<'_>, ReportError> {
    Ok(Picture { chart, svg: chart.svg()? })
}

/// The style with the classification at the foot of every printed page.
///
/// Every letter that means something to CSS or HTML is written as its number, so that no text can leave the string.
fn classified(style: &str, classification: &str) -> String {
    let mut text = String::new();
    for c in classification.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, ' ' | ',' | '.' | ':') {
            text.push(c);
        } else {
            text.push_str(&format!("\\{:x} ", u32::from(c)));
        }
    }
    style.replace("@bottom-center { content: \"\";", &format!("@bottom-center {{ content: \"{text}\";"))
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
