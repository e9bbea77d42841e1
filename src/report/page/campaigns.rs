//! A page for each campaign: how far it is, who decided how, how that is known, and what became of the removals.

use crate::report::charts::Chart;
use crate::report::progress::Section;
use crate::report::{ReportError, Review};

/// Campaigns with a page, the newest.
const PAGES: usize = 8;

/// A campaign with its pictures.
pub struct CampaignPage<'a> {
    pub section: &'a Section,
    pub anchor: String,
    /// Charts with their pictures as SVG.
    pub charts: Vec<(&'a Chart, String)>,
}

/// The newest first, and how many more there are.
pub fn pages<'a>(review: &Review<'a>) -> Result<(Vec<CampaignPage<'a>>, usize), ReportError> {
    let mut pages = Vec::new();
    for (number, section) in (1..).zip(review.campaigns.iter().take(PAGES)) {
        let anchor = format!("campaign-{number}");
        let mut charts = Vec::new();
        for chart in &section.charts {
            charts.push((chart, chart.svg()?));
        }
        pages.push(CampaignPage { section, anchor, charts });
    }
    Ok((pages, review.campaigns.len().saturating_sub(PAGES)))
}
