//! `review.html`: one file, offline, readable and printable without its script, strict about what may run in it.

use super::SCRIPT_TEXTS;
use super::card::{About, Card, about, card, either};
use crate::campaign::language::Language;
use crate::campaign::notification::when;
use crate::campaign::sheet::{ANSWER_COLUMNS, PLACE_COLUMNS};
use crate::campaign::{Item, Sheet};
use crate::model::Instant;
use crate::model::shown::visible;
use crate::report::ReportError;
use crate::report::page::csp;
use askama::Template;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

const STYLE: &str = concat!(
    include_str!("../../../reports/templates/style.css"),
    include_str!("../../../reports/templates/sheet.css")
);
const SCRIPT: &str = include_str!("../../../reports/templates/sheet.js");

/// Microseconds in a millisecond.
const MILLISECOND: i64 = 1_000;
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
    l: Language,
    headline: String,
    stage_words: String,
    reviewer: &'a str,
    reviewer_key: &'a str,
    mail: &'a str,
    campaign: &'a str,
    campaign_name: &'a str,
    tenant: &'a str,
    commit: &'a str,
    total: String,
    of_decided: String,
    items: usize,
    left_out: usize,
    left_out_words: String,
    yours: String,
    batches_words: String,
    kept_words: &'a str,
    due: String,
    as_of: String,
    opened: String,
    silence: &'a str,
    reason_asked: String,
    population_sha256: &'a str,
    sheet_sha256: &'a str,
    earliest: String,
    batches: Vec<Batch<'a>>,
    about: Vec<About>,
    written_by: String,
}

/// Items that are meant to be decided in one go.
struct Batch<'a> {
    number: usize,
    title: String,
    left: String,
    items: Vec<Card<'a>>,
}

const KEPT: &str = "What you decide stays in this browser only, until you press \"Save decisions\". You can stop and come back at any time.";

/// The page of a sheet.
pub fn render(sheet: &Sheet) -> Result<String, ReportError> {
    let (style, script) = (STYLE.replace("\r\n", "\n"), SCRIPT.replace("\r\n", "\n"));
    let (head, l, all) = (&sheet.head, sheet.language, sheet.items.len());
    let (shown, left_out) = (all.min(SHOWN), all.saturating_sub(SHOWN));
    let batches = batches(sheet);
    let reviewer = either(&sheet.reviewer.name, sheet.reviewer.key.as_str());
    let total = l.count(all, "{n} decision", "{n} decisions");
    let page = Page {
        csp: csp::policy(&script, &style),
        style: &style,
        script: &script,
        data: data(sheet),
        l,
        headline: l.tell("{who}: {what} to take", &[("who", &reviewer), ("what", &total)]),
        stage_words: if sheet.stage > 1 {
            format!(" · {}", l.tell("stage {n}", &[("n", &sheet.stage)]))
        } else {
            String::new()
        },
        reviewer,
        reviewer_key: sheet.reviewer.key.as_str(),
        mail: &sheet.reviewer.mail,
        campaign: head.campaign.as_str(),
        campaign_name: &head.name,
        tenant: &head.tenant,
        commit: &head.commit,
        total: l.tell("{n} still to decide.", &[("n", &l.number(all))]),
        of_decided: l.tell("of {n} decided", &[("n", &l.number(shown))]),
        items: shown,
        left_out,
        left_out_words: l.tell(
            "This page has the {n} items of highest risk; {more} more are in review.xlsx and review.csv. Decide all of them there, or these here first.",
            &[("n", &l.number(shown)), ("more", &l.number(left_out))],
        ),
        yours: l.tell("{n} of {all} in the review", &[("n", &l.number(all)), ("all", &l.number(head.population))]),
        batches_words: match batches.len() {
            0 | 1 => String::new(),
            n => l.tell("There are {n} small batches: take a break between them.", &[("n", &n)]),
        },
        kept_words: l.say(KEPT),
        due: when(head.due_at, &head.zone, l),
        as_of: minute(head.as_of),
        opened: minute(head.opened_at),
        silence: l.say(&head.silence),
        reason_asked: {
            let asked: Vec<&str> = head.reasons_for.iter().map(|r| l.say(r)).collect();
            l.tell("A reason is required {when}.", &[("when", &asked.join(", "))])
        },
        population_sha256: &head.population_sha256,
        sheet_sha256: &sheet.hash,
        earliest: head.opened_at.plus(crate::model::time::DAY).day(),
        about: about(sheet.items.iter().take(SHOWN), l),
        batches,
        written_by: l.tell(
            "Written by vouchsafe {version}. This file opens without a network and sends nothing. It holds personal data: delete it when the review is over.",
            &[("version", &env!("CARGO_PKG_VERSION"))],
        ),
    };
    let html = page.render().map_err(|e| ReportError::Page(e.to_string()))?;
    // At the last door, so that no field can be forgotten; style, script and data hold none of these characters.
    Ok(visible(&html.replace("\r\n", "\n")))
}

fn batches(sheet: &Sheet) -> Vec<Batch<'_>> {
    let l = sheet.language;
    let mut batches: Vec<Batch> = Vec::new();
    for (n, row) in sheet.items.iter().take(SHOWN).enumerate() {
        if batches.last().is_none_or(|b| b.number != row.batch) {
            batches.push(Batch {
                number: row.batch,
                title: String::new(),
                left: String::new(),
                items: Vec::new(),
            });
        }
        if let Some(batch) = batches.last_mut() {
            batch.items.push(card(n, row, l));
        }
    }
    let total = batches.len();
    for batch in &mut batches {
        let high = batch.items.iter().filter(|c| c.risk == "high").count();
        let all = batch.items.len();
        let items = l.count(all, "{n} item", "{n} items");
        let what = match high {
            0 => items,
            high if high == all => l.tell("{what}, high risk", &[("what", &items)]),
            high => l.tell("{what}, {n} of high risk", &[("what", &items), ("n", &high)]),
        };
        batch.left = l.tell("{n} of {all} to decide", &[("n", &all), ("all", &all)]);
        batch.title = if total == 1 {
            what
        } else {
            l.tell("Batch {n} of {all}: {what}", &[("n", &batch.number), ("all", &total), ("what", &what)])
        };
    }
    batches
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
    let l = sheet.language;
    let texts: BTreeMap<&str, &str> = SCRIPT_TEXTS.iter().filter(|t| l.say(t) != **t).map(|t| (*t, l.say(t))).collect();
    inert(&json!({
        "language": l.as_str(),
        "texts": texts,
        "opened": sheet.head.opened_at.0.div_euclid(MILLISECOND),
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
