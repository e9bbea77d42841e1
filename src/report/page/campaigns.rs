//! A page for each campaign: its progress, who decided how, how the identity of reviewers is proved, and the outcome of removals.

use crate::report::charts::Chart;
use crate::report::progress::{Section, tables};
use crate::report::{ReportError, Review};

/// Campaigns with a page, the newest.
const PAGES: usize = 8;
/// Rows of a table on the page; the workbook has more.
const ROWS: usize = 40;

/// A campaign with its charts.
pub struct CampaignPage<'a> {
    pub section: &'a Section,
    pub anchor: String,
    /// Charts, drawn as SVG.
    pub charts: Vec<(&'a Chart, String)>,
    pub tables: Vec<Part<'a>>,
}

/// The part of a table that the page shows.
pub struct Part<'a> {
    pub title: &'static str,
    pub lead: &'a str,
    pub heads: &'a [tables::Head],
    pub rows: &'a [Vec<String>],
    /// Rows that are left out.
    pub more: usize,
}

/// The newest first, and how many more there are.
pub fn pages<'a>(review: &Review<'a>) -> Result<(Vec<CampaignPage<'a>>, usize), ReportError> {
    let mut pages = Vec::new();
    for (number, section) in (1..).zip(review.campaigns.iter().take(PAGES)) {
        let mut charts = Vec::new();
        for chart in &section.charts {
            charts.push((chart, chart.svg()?));
        }
        pages.push(CampaignPage {
            section,
            anchor: format!("campaign-{number}"),
            charts,
            tables: section.tables.iter().map(part).collect(),
        });
    }
    Ok((pages, review.campaigns.len().saturating_sub(PAGES)))
}

fn part(table: &tables::Table) -> Part<'_> {
    let shown = table.rows.len().min(ROWS);
    Part {
        title: table.title,
        lead: &table.lead,
        heads: &table.heads,
        rows: table.rows.get(..shown).unwrap_or_default(),
        more: table.more + table.rows.len() - shown,
    }
}
