//! The brief of a responder: one page about suspects in a window, and one with the statements behind it.

use crate::model::shown::visible;
use crate::report::ReportError;
use crate::report::page::policy_of;
use crate::workbench::brief::{Section, Suspect, shown};
use askama::Template;

/// Rows of a table on the page; the statement gives the rest.
const ROWS: usize = 8;

/// What stands at the head.
pub struct Head {
    /// Beginning of the window.
    pub from: String,
    /// Its end.
    pub until: String,
    /// The commit.
    pub commit: String,
    /// The instant of the questions.
    pub as_of: String,
}

#[derive(Template)]
#[template(path = "brief.html")]
struct Page<'a> {
    csp: String,
    style: &'a str,
    names: String,
    from: &'a str,
    until: &'a str,
    commit: String,
    whole_commit: &'a str,
    as_of: &'a str,
    version: &'a str,
    suspects: Vec<Of<'a>>,
    queries: Vec<&'a str>,
}

struct Of<'a> {
    name: &'a str,
    id: String,
    tables: Vec<Table<'a>>,
    unknown: &'a [String],
}

struct Table<'a> {
    title: &'a str,
    nothing: &'a str,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    total: usize,
    more: usize,
    number: usize,
}

/// The page.
///
/// # Errors
/// When the template cannot be rendered, which is a bug.
pub fn page(suspects: &[Suspect], head: &Head) -> Result<String, ReportError> {
    let style = include_str!("../../reports/templates/brief.css");
    let queries: Vec<&str> = suspects.iter().flat_map(|s| s.sections.iter().map(|q| q.sql.as_str())).collect();
    // Statements are numbered through, as the list at the end numbers them.
    let mut number = 0;
    let mut parts = Vec::new();
    for suspect in suspects {
        let mut tables = Vec::new();
        for section in &suspect.sections {
            number += 1;
            tables.push(table(section, number));
        }
        parts.push(Of {
            name: &suspect.name,
            id: suspect.id.to_string(),
            tables,
            unknown: &suspect.unknown,
        });
    }
    let names: Vec<&str> = suspects.iter().map(|s| s.name.as_str()).collect();
    let page = Page {
        csp: policy_of("", style),
        style,
        names: names.join(", "),
        from: &head.from,
        until: &head.until,
        commit: head.commit.chars().take(12).collect(),
        whole_commit: &head.commit,
        as_of: &head.as_of,
        version: env!("CARGO_PKG_VERSION"),
        suspects: parts,
        queries,
    };
    Ok(visible(&page.render().map_err(|e| ReportError::Page(e.to_string()))?))
}

fn table(section: &Section, number: usize) -> Table<'_> {
    let total = section.rows.rows.len();
    Table {
        title: section.title,
        nothing: section.nothing,
        head: section.rows.columns.iter().map(|(name, _)| name.replace('_', " ")).collect(),
        rows: section.rows.rows.iter().take(ROWS).map(|r| r.iter().map(shown).collect()).collect(),
        total,
        more: total.saturating_sub(ROWS),
        number,
    }
}
