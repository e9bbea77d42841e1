//! `campaign status`: totals with a stable denominator, by reviewer, stage and package.

use super::args::StatusArgs;
use super::load;
use super::sheets::put;
use crate::campaign::authorship::words;
use crate::campaign::contradiction::contradictions;
use crate::campaign::follow_up::{CurrentAccess, lapses};
use crate::campaign::terms::terms;
use crate::campaign::{ItemId, ReviewerKey, State, Totals};
use crate::cli::args::{Format, LakeArg, OutputArgs, QuestionArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output};
use crate::lake::Lake;
use crate::model::Instant;
use crate::report::progress;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Tells how far a campaign is.
pub fn run(args: &StatusArgs) -> Result<Exit, Failure> {
    let (_, state) = load(&args.which)?;
    let lapsed = lapsed(&state, &args.which.lake, &args.question)?;
    state.check(&lapsed)?;
    let text = match args.output.format {
        Format::Table => table(&state, &lapsed),
        Format::Json => {
            let mut text = serde_json::to_string_pretty(&whole(&state, &lapsed)).map_err(Failure::usage)?;
            text.push('\n');
            text
        }
        Format::Csv | Format::Jsonl => items(&state, &lapsed, &args.output)?,
        Format::Parquet => return Err(Failure::usage("status has no parquet form; use table, json, jsonl or csv")),
    };
    if let Some(path) = &args.page {
        write_page(&state, &lapsed, open::now()?, path)?;
    }
    output::deliver(text.as_bytes(), &args.output)?;
    Ok(Exit::Done)
}

/// Writes the page of a campaign as it is at an instant.
pub fn write_page(state: &State, lapsed: &BTreeMap<ItemId, String>, at: Instant, path: &Path) -> Result<(), Failure> {
    let page = progress::render(&progress::Progress {
        state,
        lapsed,
        status: state.status(),
        at,
    });
    let bytes = page.map_err(|e| Failure {
        exit: Exit::Bug,
        message: e.to_string(),
    })?;
    put(path, &bytes)
}

/// Items whose access has ended, by what the lake has seen since the opening; nothing new, nothing to compute.
pub fn lapsed(state: &State, lake: &LakeArg, question: &QuestionArgs) -> Result<BTreeMap<ItemId, String>, Failure> {
    let view = Lake::open(&open::lake_dir(lake))?.view()?;
    let undecided = (0..state.items.len()).any(|i| state.effective_decision(i).is_none());
    if view.data_commit_id() == Some(state.head.commit.as_str()) || !undecided {
        return Ok(BTreeMap::new());
    }
    let question = open::question(lake, question)?;
    Ok(lapses(state, &CurrentAccess::new(&question.access)))
}

/// The identity in one line.
pub fn sentence(t: &Totals) -> String {
    format!(
        "population {} = keep {} + revoke {} + modify {} + exception {} + undecided {}",
        t.population, t.all.keep, t.all.revoke, t.all.modify, t.all.exception, t.undecided
    )
}

fn table(state: &State, lapsed: &BTreeMap<ItemId, String>) -> String {
    let totals = state.totals(lapsed);
    let head = &state.head;
    let mut out = format!("{} · {} · {}\n", head.name, head.id, state.status());
    out += &format!(
        "opened {}, due {}, lake commit {}\n",
        head.opened_at,
        state.due(),
        head.commit.get(..12).unwrap_or_default()
    );
    out += &format!("{}\n", sentence(&totals));
    out += &format!(
        "decided by persons: {} of {} ({} %); by no response: {}; ended before a decision: {}; awaiting the second stage: {}\n",
        totals.by_person.sum(),
        totals.population,
        totals.completion(),
        totals.by_silence.sum(),
        totals.lapsed,
        totals.awaiting_second
    );
    let proofs: Vec<String> = state.proofs().iter().map(|(kind, n)| format!("{n} {} ({kind})", words(kind))).collect();
    if !proofs.is_empty() {
        out += &format!("who decided: {}\n", proofs.join("; "));
    }
    if !state.unproved.is_empty() {
        out += &format!(
            "no longer proved: {} imports, whose file or signature is gone; they count as the word of the operator, and 'lake verify' names them\n",
            state.unproved.len()
        );
    }
    let disclosed: Vec<String> = state.disclosures().iter().map(|(d, n)| format!("{n} {}", d.counted())).collect();
    if !disclosed.is_empty() {
        out += &format!("disclosed: {}\n", disclosed.join("; "));
    }
    out += &without_second(state).map(|told| told + "\n").unwrap_or_default();
    if let Some((at, reason)) = &state.cancelled {
        out += &format!("cancelled on {at}: {reason}\n");
    }
    match state.undelivered.len() {
        0 => {}
        n @ 1..=20 => {
            let list: Vec<&str> = state.undelivered.keys().map(String::as_str).collect();
            out += &format!("letters not delivered: {n}: {}\n", list.join(", "));
        }
        n => out += &format!("letters not delivered: {n}; --format json names them\n"),
    }
    for c in contradictions(state) {
        out += &format!("contradiction: {}\n", c.message);
    }
    let busy = |t: &Totals| t.population > 0 || t.owed() > 0;
    let rows = state.by_reviewer(lapsed).into_iter().filter(|(_, t)| busy(t)).map(|(key, t)| {
        let reminded = state.reminders.iter().filter(|r| r.reviewer == key).count();
        vec![
            key.to_string(),
            t.population.to_string(),
            t.all.keep.to_string(),
            t.all.revoke.to_string(),
            t.all.modify.to_string(),
            t.all.exception.to_string(),
            (t.undecided + t.awaiting_second).to_string(),
            if t.population > 0 { format!("{} %", t.completion()) } else { String::new() },
            reminded.to_string(),
        ]
    });
    let header = ["reviewer", "items", "keep", "revoke", "modify", "exceptions", "open", "done", "reminders"];
    out + &output::table(&header, rows.collect())
}

fn whole(state: &State, lapsed: &BTreeMap<ItemId, String>) -> Value {
    let head = &state.head;
    let mut all = numbers(&state.totals(lapsed));
    let reviewers: Vec<Value> = state.by_reviewer(lapsed).iter().map(|(key, t)| reviewer(state, key, t)).collect();
    let packages = group(
        state.count(lapsed, |i| (state.items[i].entitlement_name.clone(), state.items[i].entitlement_id.clone())),
        |(n, id)| json!({ "name": n, "id": id }),
    );
    let stages = group(state.count(lapsed, |i| state.stage(i)), |stage| json!({ "stage": stage }));
    let lapsed_items: Vec<Value> = lapsed.iter().map(|(item, shown)| json!({ "item_id": item, "evidence": shown })).collect();
    let moves: Vec<Value> = state
        .moves
        .iter()
        .map(|(at, m)| json!({ "at": at.to_string(), "how": m.how, "from": m.from, "to": m.to, "items": m.items.len(), "reason": m.reason }))
        .collect();
    let more = json!({
        "campaign": head.id, "name": head.name, "state": state.status(), "tenant": head.tenant, "commit": head.commit,
        "as_of": head.as_of.to_string(), "opened_at": head.opened_at.to_string(), "due_at": state.due_at.to_string(),
        "closed_at": state.closing.as_ref().map(|c| c.at.to_string()), "closed_early": state.closing.as_ref().and_then(|c| c.early.as_deref()),
        "terms": terms(state).into_iter().map(|(term, words)| json!({ "term": term, "words": words })).collect::<Vec<_>>(),
        "population_sha256": head.population_sha256, "log_entries": state.tail.entries, "log_head": state.tail.hash,
        "disclosures": state.disclosures().iter().map(|(d, n)| (d.as_str(), n)).collect::<BTreeMap<_, _>>(),
        "contradictions": contradictions(state).iter().map(|c| json!({ "package": state.items[c.package].id, "given": state.items[c.given].id, "message": c.message })).collect::<Vec<_>>(),
        "without_second_decision": state.without_second().into_iter().map(|i| &state.items[i].id).collect::<Vec<_>>(),
        "cancelled": state.cancelled.as_ref().map(|(at, reason)| json!({ "at": at.to_string(), "reason": reason })),
        "extended": state.extended.iter().map(|(at, due, reason)| json!({ "at": at.to_string(), "due_at": due.to_string(), "reason": reason })).collect::<Vec<_>>(),
        "warnings": head.warnings, "forced": head.forced, "previous": head.previous, "proofs": state.proofs(),
        "reviewers": reviewers, "stages": stages, "packages": packages, "lapsed_items": lapsed_items, "moves": moves,
        "undelivered": state.undelivered.iter().map(|(to, reason)| json!({ "to": to, "reason": reason })).collect::<Vec<_>>(),
        "verified": state.verified.as_ref().map(|(commit, as_of, outcomes)| json!({ "commit": commit, "as_of": as_of.to_string(), "outcomes": outcomes })),
        "signed_off_by": state.signed.iter().map(|s| &s.manager).collect::<Vec<_>>(),
    });
    merge(&mut all, more);
    all
}

fn reviewer(state: &State, key: &ReviewerKey, totals: &Totals) -> Value {
    let mut row = numbers(totals);
    let known = state.reviewers.get(key);
    let imports: Vec<_> = state.imports.iter().filter(|(_, _, r)| r.reviewer == *key).collect();
    let late = imports.iter().any(|(_, at, _)| *at > state.due_at);
    let reminded: Vec<String> = state.reminders.iter().filter(|r| r.reviewer == *key).map(|r| r.at.to_string()).collect();
    let more = json!({
        "reviewer": key,
        "name": known.map(|r| r.name.clone()).unwrap_or_default(),
        "mail": known.map(|r| r.mail.clone()).unwrap_or_default(),
        "imports": imports.len(),
        "last_import": imports.last().map(|(_, at, _)| at.to_string()),
        "late": late,
        "silent": imports.is_empty() && totals.owed() > 0,
        "reminded": reminded,
    });
    merge(&mut row, more);
    row
}

fn group<K>(counts: BTreeMap<K, Totals>, name: impl Fn(&K) -> Value) -> Vec<Value> {
    let row = |(key, t): (&K, &Totals)| {
        let mut row = numbers(t);
        merge(&mut row, name(key));
        row
    };
    counts.iter().map(row).collect()
}

fn numbers(totals: &Totals) -> Value {
    let mut value = serde_json::to_value(totals).unwrap_or_default();
    merge(&mut value, json!({ "completion": totals.completion() }));
    value
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

/// Who was asked for a second decision and gave none before the close, and of how many items; `None` where nobody was.
pub fn without_second(state: &State) -> Option<String> {
    let mut by: BTreeMap<&ReviewerKey, usize> = BTreeMap::new();
    let all = state.without_second();
    for index in &all {
        *by.entry(state.owner_in(*index, 2)).or_default() += 1;
    }
    let names: Vec<String> = by.iter().map(|(key, n)| format!("{key} {n}")).collect();
    (!all.is_empty()).then(|| format!("{} items have no second decision, and the first one stands: {}", all.len(), names.join(", ")))
}

/// Every item with its decision, as CSV.
pub fn decisions_csv(state: &State) -> Result<String, Failure> {
    let out = OutputArgs {
        format: Format::Csv,
        output: None,
        csv_raw: false,
    };
    items(state, &BTreeMap::new(), &out)
}

/// A row for each item: what was decided, by whom, and who owns it.
fn items(state: &State, lapsed: &BTreeMap<ItemId, String>, out: &OutputArgs) -> Result<String, Failure> {
    let columns = [
        "item_id",
        "principal_id",
        "principal_name",
        "entitlement_kind",
        "entitlement_id",
        "entitlement_name",
        "assignment_id",
        "owner",
        "stage",
        "decision",
        "by",
        "decided_by",
        "recorded_at",
        "justification",
        "until",
        "lapsed",
        "second_decision",
        "decided_at",
    ];
    let without: std::collections::BTreeSet<usize> = state.without_second().into_iter().collect();
    let second = |index: usize| match (&state.items[index].second, &state.progress[index].decided[1]) {
        (None, _) => "",
        (Some(_), Some((_, d))) if d.by == crate::campaign::DecidedBy::Person => "decided",
        (Some(_), _) if without.contains(&index) => "no response",
        (Some(_), _) => "open",
    };
    let rows = (0..state.items.len()).map(|index| {
        let item = &state.items[index];
        let binding = state.effective_decision(index);
        let text = |f: &dyn Fn(&(Instant, crate::campaign::DecisionEntry)) -> String| binding.map(f).unwrap_or_default();
        [
            item.id.to_string(),
            item.principal_id.clone(),
            item.principal_name.clone(),
            item.entitlement_kind.to_string(),
            item.entitlement_id.clone(),
            item.entitlement_name.clone(),
            item.assignment_id.clone(),
            state.owner(index).to_string(),
            state.stage(index).to_string(),
            text(&|(_, d)| d.decision.choice.to_string()),
            text(&|(_, d)| d.by.to_string()),
            text(&|(_, d)| d.decided_by.clone()),
            text(&|(at, _)| at.to_string()),
            text(&|(_, d)| d.decision.justification.clone()),
            text(&|(_, d)| d.decision.until.map(|t| t.to_string()).unwrap_or_default()),
            lapsed.get(&item.id).cloned().unwrap_or_default(),
            second(index).to_string(),
            text(&|(_, d)| d.decided_at.map(|t| t.to_string()).unwrap_or_default()),
        ]
    });
    super::rows::text(&columns, rows, out.format, out.csv_raw)
}
