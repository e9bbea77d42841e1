//! Sheets of review campaigns: one that lists them, and one for each kind of table over all of them.

use super::{Book, Field, text};
use crate::report::Review;
use crate::report::progress::tables::Table;
use rust_xlsxwriter::XlsxError;

/// Name of the sheet for each kind of table, by its anchor.
const SHEETS: [(&str, &str); 4] = [
    ("reviewers", "Campaign reviewers"),
    ("packages", "Campaign entitlements"),
    ("proof", "Campaign proofs"),
    ("terms", "Campaign terms"),
];

pub(super) fn write(book: &mut Book, review: &Review) -> Result<(), XlsxError> {
    let heads = [
        "campaign",
        "name",
        "status",
        "access as of",
        "opened",
        "due before",
        "status as of",
        "progress",
        "reconciliation",
    ];
    book.small("Campaigns", &heads, list(review))?;
    for (anchor, name) in SHEETS {
        let tables: Vec<(&str, &Table)> = review
            .campaigns
            .iter()
            .flat_map(|c| c.tables.iter().filter(|t| t.id == anchor).map(|t| (c.id.as_str(), t)))
            .collect();
        if let Some((_, first)) = tables.first() {
            let heads: Vec<&str> = std::iter::once("campaign").chain(first.heads.iter().map(|h| h.name)).collect();
            book.small(name, &heads, tables.iter().flat_map(|(id, table)| rows(id, table)).collect())?;
        }
    }
    if !review.campaigns.is_empty() {
        book.small("Campaign outcomes", &["campaign", "outcome of removals", "items"], outcomes(review))?;
    }
    Ok(())
}

fn list(review: &Review) -> Vec<Vec<Field>> {
    let row = |c: &crate::report::progress::Section| {
        let fact = |name: &str| c.facts.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value.as_str());
        [&c.id, &c.name, &c.status]
            .map(text)
            .into_iter()
            .chain(["access as of", "opened", "due before", "status as of"].map(|name| text(fact(name))))
            .chain([&c.answer, &c.identity].map(text))
            .collect()
    };
    review.campaigns.iter().map(row).collect()
}

fn rows(id: &str, table: &Table) -> Vec<Vec<Field>> {
    let cell = |(at, value): (usize, &String)| {
        let number = table.heads.get(at).is_some_and(|h| h.number);
        // Counts have separators for people; what is no whole number stays as it is.
        match value.replace(',', "").parse() {
            Ok(n) if number => Field::Number(n),
            _ => text(value),
        }
    };
    let row = |cells: &Vec<String>| std::iter::once(text(id)).chain(cells.iter().enumerate().map(cell)).collect();
    let mut rows: Vec<Vec<Field>> = table.rows.iter().map(row).collect();
    if table.more > 0 {
        rows.push(vec![
            text(id),
            text(format!("{} more rows: vouchsafe campaign status {id} --format json", table.more)),
        ]);
    }
    rows
}

fn outcomes(review: &Review) -> Vec<Vec<Field>> {
    let row = |id: &str, (word, n): &(&'static str, String)| {
        let n = n.replace(',', "").parse().map_or_else(|_| text(n), Field::Number);
        vec![text(id), text(*word), n]
    };
    review.campaigns.iter().flat_map(|c| c.outcomes.iter().map(move |o| row(&c.id, o))).collect()
}
