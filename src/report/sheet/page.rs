//! `review.html`: one file, offline, readable and printable without its script, strict about what may run in it.

use crate::campaign::sheet::{ANSWER_COLUMNS, DECISIONS, PLACE_COLUMNS};
use crate::campaign::{Choice, Item, Recommendation, Sheet, SheetItem};
use crate::model::Instant;
use crate::report::ReportError;
use crate::report::charts::{count, thousands};
use crate::report::page::csp;
use crate::report::shown::visible;
use askama::Template;
use serde_json::{Value, json};
use std::fmt::Write;

const STYLE: &str = concat!(
    include_str!("../../../reports/templates/style.css"),
    include_str!("../../../reports/templates/sheet.css")
);
const SCRIPT: &str = include_str!("../../../reports/templates/sheet.js");

/// Items that a page shows: a browser stays quick, and nobody decides more in one sitting.
const SHOWN: usize = 2_000;

/// What the template is given; its escaping makes text of everything but the fields named safe there.
#[derive(Template)]
#[template(path = "sheet.html")]
struct Page<'a> {
    csp: String,
    style: &'a str,
    script: &'a str,
    data: String,
    reviewer: &'a str,
    reviewer_key: &'a str,
    mail: &'a str,
    stage: u8,
    campaign: &'a str,
    campaign_name: &'a str,
    tenant: &'a str,
    commit: &'a str,
    total: String,
    one: bool,
    items: usize,
    left_out: usize,
    yours: String,
    population: String,
    batches_words: String,
    due: String,
    as_of: String,
    opened: String,
    silence: &'a str,
    justification_asked: &'a str,
    population_sha256: &'a str,
    sheet_sha256: &'a str,
    earliest: String,
    batches: Vec<Batch<'a>>,
    version: &'static str,
}

/// Items that are meant to be decided in one go.
struct Batch<'a> {
    number: usize,
    title: String,
    items: Vec<Card<'a>>,
}

/// An item as the page tells it.
struct Card<'a> {
    n: usize,
    id: &'a str,
    who: &'a str,
    what: &'a str,
    risk: &'static str,
    marks: Vec<String>,
    findings: &'a [crate::campaign::ItemFinding],
    advice: &'static str,
    advice_words: &'static str,
    advice_reason: String,
    facts: Vec<(&'static str, String)>,
    ids: Vec<(&'static str, &'a str)>,
    choices: Vec<ChoiceBox>,
    justification: &'a str,
    until: String,
}

/// One of the things that can be decided.
struct ChoiceBox {
    word: &'static str,
    label: &'static str,
    key: &'static str,
    chosen: bool,
}

/// The page of a sheet.
pub fn render(sheet: &Sheet) -> Result<String, ReportError> {
    let (style, script) = (STYLE.replace("\r\n", "\n"), SCRIPT.replace("\r\n", "\n"));
    let head = &sheet.head;
    let batches = batches(sheet);
    let page = Page {
        csp: csp::policy(&script, &style),
        style: &style,
        script: &script,
        data: data(sheet),
        reviewer: either(&sheet.reviewer.name, sheet.reviewer.key.as_str()),
        reviewer_key: sheet.reviewer.key.as_str(),
        mail: &sheet.reviewer.mail,
        stage: sheet.stage,
        campaign: head.campaign.as_str(),
        campaign_name: &head.name,
        tenant: &head.tenant,
        commit: &head.commit,
        total: count(sheet.items.len(), "decision"),
        one: sheet.items.len() == 1,
        items: sheet.items.len().min(SHOWN),
        left_out: sheet.items.len().saturating_sub(SHOWN),
        yours: thousands(sheet.items.len()),
        population: thousands(head.population),
        batches_words: match batches.len() {
            0 | 1 => String::new(),
            n => format!("There are {n} small batches: take a break between them."),
        },
        due: minute(head.due_at),
        as_of: minute(head.as_of),
        opened: minute(head.opened_at),
        silence: &head.silence,
        justification_asked: &head.justification_asked,
        population_sha256: &head.population_sha256,
        sheet_sha256: &sheet.hash,
        earliest: head.opened_at.plus(crate::model::time::DAY).day(),
        batches,
        version: env!("CARGO_PKG_VERSION"),
    };
    let html = page.render().map_err(|e| ReportError::Page(e.to_string()))?;
    // At the last door, so that no field can be forgotten; style, script and data hold none of these characters.
    Ok(visible(&html.replace("\r\n", "\n")))
}

fn batches(sheet: &Sheet) -> Vec<Batch<'_>> {
    let mut batches: Vec<Batch> = Vec::new();
    for (n, row) in sheet.items.iter().take(SHOWN).enumerate() {
        if batches.last().is_none_or(|b| b.number != row.batch) {
            batches.push(Batch {
                number: row.batch,
                title: String::new(),
                items: Vec::new(),
            });
        }
        if let Some(batch) = batches.last_mut() {
            batch.items.push(card(n, row));
        }
    }
    let total = batches.len();
    for batch in &mut batches {
        let high = batch.items.iter().filter(|c| c.risk == "high").count();
        let what = match (high, batch.items.len()) {
            (0, _) => count(batch.items.len(), "item"),
            (high, all) if high == all => format!("{}, high risk", count(all, "item")),
            (high, all) => format!("{}, {high} of high risk", count(all, "item")),
        };
        batch.title = if total == 1 {
            what
        } else {
            format!("Batch {} of {total}: {what}", batch.number)
        };
    }
    batches
}

fn card(n: usize, row: &SheetItem) -> Card<'_> {
    let (item, context) = (&row.item, &row.context);
    let chosen = row.decision.as_ref();
    let mut marks = Vec::new();
    if !context.sensitive_because.is_empty() {
        marks.push(format!("sensitive: {}", context.sensitive_because));
    } else if item.sensitive {
        marks.push("sensitive".into());
    }
    if item.principal_type != "user" {
        marks.push(item.principal_type.replace('_', " "));
    }
    if item.assignment_state != "active" && !item.assignment_state.is_empty() {
        marks.push(item.assignment_state.clone());
    }
    if chosen.is_some() {
        marks.push("decided before: change it if you like".into());
    }
    Card {
        n,
        id: item.id.as_str(),
        who: either(&item.principal_name, &item.principal_id),
        what: either(&item.entitlement_name, &item.entitlement_id),
        risk: item.risk.as_str(),
        marks,
        findings: &context.findings,
        advice: item.recommendation.as_str(),
        advice_words: match item.recommendation {
            Recommendation::Keep => "Recommended: keep.",
            Recommendation::Revoke => "Recommended: remove.",
            Recommendation::None => "No recommendation.",
        },
        advice_reason: sentence(&context.recommendation_reason),
        facts: facts(row),
        ids: ids(item),
        choices: DECISIONS.iter().map(|c| choice_box(*c, chosen.map(|d| d.choice))).collect(),
        justification: chosen.map(|d| d.justification.as_str()).unwrap_or_default(),
        until: chosen.and_then(|d| d.until).map(Instant::day).unwrap_or_default(),
    }
}

fn choice_box(choice: Choice, chosen: Option<Choice>) -> ChoiceBox {
    let (label, key) = match choice {
        Choice::Keep => ("Keep", "k"),
        Choice::Revoke => ("Remove", "r"),
        Choice::Modify => ("Change", "c"),
        Choice::Exception => ("Temporary exception", "e"),
    };
    ChoiceBox {
        word: choice.as_str(),
        label,
        key,
        chosen: chosen == Some(choice),
    }
}

/// What a person needs to judge, the most telling first; what is not known is left out, except use.
fn facts(row: &SheetItem) -> Vec<(&'static str, String)> {
    let context = &row.context;
    let held = [worded("since", &context.since), worded("until", &context.current_end)];
    let held = held.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
    let granted = match (context.grant_kind.as_str(), context.granted_by.as_str()) {
        (kind, "") => kind.replace('_', " "),
        (_, by) => by.to_string(),
    };
    let first = row.first.as_ref().map_or_else(String::new, |f| {
        let until = f.decision.until.map_or(String::new(), |t| format!(" until {}", t.day()));
        let why = if f.decision.justification.is_empty() {
            "no reason given"
        } else {
            &f.decision.justification
        };
        format!("{}{until} by {} on {}: {why}", f.decision.choice, f.by, f.at.day())
    });
    let manager = if context.holder_manager.is_empty() {
        String::new()
    } else {
        format!("manager {}", context.holder_manager)
    };
    let person = [context.holder_name.as_str(), &context.department, &manager];
    let person = person.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
    let disclosed = row.disclosed.iter().map(|d| d.sentence()).collect::<Vec<_>>().join("; ");
    let path = if context.path == row.item.entitlement_name { "" } else { &context.path };
    [
        ("First decision", first.as_str()),
        ("Person", &person),
        ("What it is for", &context.description),
        ("Last use", context.last_use.as_str()),
        ("Access since, ends", &held),
        ("Requester's reason", &context.justification_given),
        ("Granted", &granted),
        ("Granted through", path),
        ("Colleagues with this access", &context.peers),
        ("Effect of removal", &context.removal),
        ("Previous decision", &context.previous_decision),
        ("Why you review this", &context.reviewer_because),
        ("To be disclosed", &disclosed),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(name, text)| (name, text.to_string()))
    .collect()
}

/// A bare date with its word before it; what is told in words stays.
fn worded(word: &str, text: &str) -> String {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        format!("{word} {text}")
    } else {
        text.to_string()
    }
}

/// The beginning of a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn ids(item: &Item) -> Vec<(&'static str, &str)> {
    let ids = [
        ("Item", item.id.as_str()),
        ("Holder", &item.principal_id),
        ("Kind", item.entitlement_kind.as_str()),
        ("Entitlement", &item.entitlement_id),
        ("Assignment", &item.assignment_id),
    ];
    ids.into_iter().filter(|(_, id)| !id.is_empty()).collect()
}

/// What the script needs to write the returned file: exact identities, which the shown text may not be.
fn data(sheet: &Sheet) -> String {
    let columns: Vec<&str> = Item::IDENTITY.iter().chain(&ANSWER_COLUMNS).chain(&PLACE_COLUMNS).copied().collect();
    let items: Vec<Value> = sheet
        .items
        .iter()
        .map(|row| json!({ "cells": row.item.identity(), "justify": row.justify.iter().map(|c| c.as_str()).collect::<Vec<_>>() }))
        .collect();
    let (campaign, reviewer) = (sheet.head.campaign.as_str(), sheet.reviewer.key.as_str());
    let stage = if sheet.stage > 1 { format!("_stage{}", sheet.stage) } else { String::new() };
    inert(&json!({
        "campaign": campaign,
        "reviewer": reviewer,
        "stage": sheet.stage,
        "sheet": sheet.hash,
        "file": format!("{campaign}_{reviewer}{stage}_decisions.csv"),
        "columns": columns,
        "place": [campaign, reviewer, &sheet.stage.to_string(), &sheet.hash],
        "items": items,
    }))
}

/// JSON in plain ASCII without `<`, `>` and `&`: no data ends the element, and nothing that is made visible changes it.
fn inert(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        if c.is_ascii() && !matches!(c, '<' | '>' | '&' | '\u{7f}') {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

fn either<'a>(name: &'a str, id: &'a str) -> &'a str {
    if name.is_empty() { id } else { name }
}

/// `2026-03-31 12:34 UTC`, for reading.
fn minute(at: Instant) -> String {
    let text = at.to_string();
    text.get(..16).map_or_else(|| text.clone(), |t| format!("{} UTC", t.replace('T', " ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_inert_and_exact() {
        let hostile = "</script><img>&\u{202e}x\u{7f}😀\u{2028}\n\u{1b}";
        let text = inert(&json!([hostile]));
        assert!(text.is_ascii() && !text.contains(['<', '>', '&']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), json!([hostile]));
    }
}
