//! The page of a campaign: how far it is, who owes, who was fast, and how it is known who decided.

mod charts;
mod section;
pub mod tables;

use crate::campaign::contradiction::contradictions;
use crate::campaign::review_quality::review_quality;
use crate::campaign::{ItemId, State};
use crate::model::Instant;
use crate::model::shown::visible;
use crate::report::ReportError;
use crate::report::charts::{Chart, count, thousands};
use crate::report::page::csp;
use askama::Template;
use std::collections::BTreeMap;

pub use section::Section;

const STYLE: &str = concat!(
    include_str!("../../../reports/templates/style.css"),
    "\n.sum { margin-top: 1.2rem; }\n.wide .picture svg { min-width: 0; }\n.figures { grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); }\n"
);

/// The name of the page.
pub const PAGE: &str = "campaign.html";

/// A campaign at an instant.
pub struct Progress<'a> {
    /// As its log leaves it.
    pub state: &'a State,
    /// Items whose access ended before anybody decided, with the evidence.
    pub lapsed: &'a BTreeMap<ItemId, String>,
    /// `open`, `closed` …
    pub status: &'a str,
    /// When this is told.
    pub at: Instant,
}

/// A chart with its picture.
struct Figure {
    chart: Chart,
    svg: String,
}

#[derive(Template)]
#[template(path = "campaign.html")]
struct Page<'a> {
    csp: String,
    style: &'a str,
    name: &'a str,
    id: &'a str,
    status: &'a str,
    as_of: String,
    opened: String,
    opened_by: &'a str,
    due: String,
    at: String,
    answer: String,
    figures: Vec<(String, String, &'static str, &'static str)>,
    identity: String,
    operator_asserted: String,
    charts: Vec<Figure>,
    tables: Vec<tables::Table>,
    warnings: Vec<String>,
    population_sha256: &'a str,
    commit: &'a str,
    entries: u64,
    last_hash: &'a str,
    tenant: String,
    version: &'static str,
}

/// The page; the same campaign at the same instant gives the same bytes.
///
/// # Errors
/// When a chart or the page cannot be put together, which is a bug.
pub fn render(progress: &Progress) -> Result<Vec<u8>, ReportError> {
    let state = progress.state;
    let head = &state.head;
    let style = STYLE.replace("\r\n", "\n");
    let review_quality = review_quality(state);
    let mut warnings = head.warnings.clone();
    warnings.extend(forced(state));
    warnings.extend(independence(state));
    let page = Page {
        csp: csp::policy("", &style),
        style: &style,
        name: &head.name,
        id: head.id.as_str(),
        status: progress.status,
        as_of: minute(head.as_of),
        opened: minute(head.opened_at),
        opened_by: &head.opened_by,
        due: state.due(),
        at: minute(progress.at),
        answer: answer(progress),
        figures: figures(progress),
        identity: identity(progress),
        operator_asserted: asserted(state).unwrap_or_default(),
        charts: charts::all(progress, &review_quality)
            .into_iter()
            .map(|chart| chart.svg().map(|svg| Figure { chart, svg }))
            .collect::<Result<_, _>>()?,
        tables: tables::all(progress, &review_quality),
        warnings,
        population_sha256: &head.population_sha256,
        commit: &head.commit,
        entries: state.tail.entries,
        last_hash: &state.tail.hash,
        tenant: head.tenant.to_string(),
        version: env!("CARGO_PKG_VERSION"),
    };
    let html = page.render().map_err(|e| ReportError::Page(e.to_string()))?;
    Ok(visible(&html.replace("\r\n", "\n")).into_bytes())
}

/// What the population is the sum of.
fn identity(progress: &Progress) -> String {
    let totals = progress.state.totals(progress.lapsed);
    let a = &totals.all;
    format!(
        "{} = {} keep + {} remove + {} change + {} exception + {} undecided",
        thousands(totals.population),
        thousands(a.keep),
        thousands(a.revoke),
        thousands(a.modify),
        thousands(a.exception),
        thousands(totals.undecided)
    )
}

/// What was done in spite of a rule, with the reason that was given.
fn forced(state: &State) -> Vec<String> {
    let opened = state.head.forced.as_ref();
    let early = state.closing.as_ref().and_then(|c| c.early.as_ref().map(|why| (c.at, why)));
    opened
        .map(|why| format!("Opened in spite of what speaks against it, with the reason: {why}"))
        .into_iter()
        .chain(early.map(|(at, why)| {
            format!(
                "Closed on {}, before the end on {}, while decisions were owed, with the reason: {why}",
                minute(at),
                minute(state.due_at)
            )
        }))
        .collect()
}

/// What is disclosed about reviewers, that the campaign was given up, and decisions that contradict one another.
fn independence(state: &State) -> Vec<String> {
    let disclosed = state.disclosures().into_iter().map(|(d, n)| format!("{} {}.", count(n, "item"), d.counted()));
    let cancelled = state.cancelled.iter().map(|(at, why)| format!("Cancelled on {}: {why}", minute(*at)));
    let contradictions = contradictions(state).into_iter().map(|c| format!("Contradiction: {}.", c.message));
    disclosed.chain(cancelled).chain(contradictions).collect()
}

/// Items that no person looked at: closed by no response, or without a reviewer.
fn nobody_decided(progress: &Progress) -> Vec<String> {
    let state = progress.state;
    let all = count(state.items.len(), "item");
    let silent = state.totals(progress.lapsed).by_silence.sum();
    let unassigned = (0..state.items.len()).filter(|i| state.owner(*i).is_unassigned()).count();
    let second = state.without_second().len();
    let told = [
        (
            second,
            format!(
                "{} of {all} were to be decided by a second person, too, who did not respond; the first decision stands.",
                thousands(second)
            ),
        ),
        (
            silent,
            format!("{} of {all} were closed by no response; no person decided them.", thousands(silent)),
        ),
        (unassigned, format!("{} of {all} have no reviewer.", thousands(unassigned))),
    ];
    told.into_iter().filter(|(n, _)| *n > 0).map(|(_, text)| text).collect()
}

/// How many decisions nothing proves but the word of an operator.
fn asserted(state: &State) -> Option<String> {
    let asserted = state.proofs().get("operator-asserted").copied().filter(|n| *n > 0)?;
    Some(format!(
        "{} have no independent evidence of who decided: they rest on the word of whoever imported them.",
        count(asserted, "decision")
    ))
}

fn answer(progress: &Progress) -> String {
    let totals = progress.state.totals(progress.lapsed);
    let owing = progress.state.by_reviewer(progress.lapsed).values().filter(|t| t.owed() > 0).count();
    let decided = format!(
        "Persons have decided {} of {} ({}\u{a0}%).",
        thousands(totals.by_person.sum()),
        count(totals.population, "item"),
        totals.completion()
    );
    let rest = match (progress.state.closing.is_some(), totals.owed()) {
        (true, _) => format!("It is closed; no response came about {}.", count(totals.by_silence.sum(), "item")),
        (false, 0) => "Nobody owes a decision.".to_string(),
        (false, owed) => {
            let late = if progress.at >= progress.state.due_at {
                ", and the end has passed"
            } else {
                ""
            };
            format!(
                "{} {} {}{late}.",
                count(owing, "reviewer"),
                if owing == 1 { "owes" } else { "owe" },
                count(owed, "decision")
            )
        }
    };
    format!("{decided} {rest}")
}

fn figures(progress: &Progress) -> Vec<(String, String, &'static str, &'static str)> {
    let totals = progress.state.totals(progress.lapsed);
    let a = &totals.all;
    let figure = |n: usize, label: &str, link, tone| (thousands(n), label.to_string(), link, if n == 0 { "" } else { tone });
    vec![
        figure(totals.population, "items, fixed at the opening", "#grounds", ""),
        figure(a.keep, "keep", "#packages", ""),
        figure(a.revoke, "remove", "#packages", ""),
        figure(a.modify, "change", "#packages", ""),
        figure(a.exception, "exception", "#packages", ""),
        figure(totals.undecided, "undecided", "#reviewers", "medium"),
        figure(totals.by_silence.sum(), "no response", "#reviewers", "medium"),
        figure(totals.lapsed, "ended before a decision", "#reviewers", ""),
    ]
}

/// `2026-03-31 12:34 UTC`, for reading.
fn minute(at: Instant) -> String {
    let text = at.to_string();
    text.get(..16).map_or_else(|| text.clone(), |t| format!("{} UTC", t.replace('T', " ")))
}
