//! Columns that stand in two files of a bundle: what one of them says, the other says, too.

use crate::evidence::read::{Line, Read};
use crate::evidence::verify::one;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Severities, strata, quarters: of findings, populations and reviews.
pub fn listings(dir: &Path) -> Result<String, Vec<String>> {
    let read = |name: &str| Read::file(&dir.join("data").join(name)).map_err(one);
    let mut wrong = Vec::new();
    let findings = read("findings.csv")?;
    let known: BTreeMap<(&str, &str), &str> = findings.rows().map(|r| ((r.get("fingerprint"), r.get("from")), r.get("severity"))).collect();
    let open = read("populations/open-findings.csv")?;
    for row in open.rows() {
        let bare = row.first().split('|').next().unwrap_or_default();
        let told = known.get(&(bare, row.get("from"))).copied();
        if told.is_some_and(|severity| severity != row.get("severity")) {
            wrong.push(format!(
                "{} is {} in populations/open-findings.csv, and {} in findings.csv",
                row.first(),
                row.get("severity"),
                told.unwrap_or_default()
            ));
        }
    }
    for (name, column) in [
        ("held", "entitlement_kind"),
        ("grants", "grant_kind"),
        ("ends", "end_reason"),
        ("open-findings", "check"),
        ("review-occurrences", "done"),
    ] {
        let rows = read(&format!("populations/{name}.csv"))?;
        let other = |r: &Line| {
            let said = r.get(column);
            r.get("stratum") != if said.is_empty() { "none" } else { said }
        };
        let n = rows.rows().filter(other).count();
        if n > 0 {
            wrong.push(format!("{n} rows of populations/{name}.csv have another stratum than their column {column}"));
        }
    }
    let decisions = read("populations/review-decisions.csv")?;
    let mut by_quarter: BTreeMap<&str, u64> = BTreeMap::new();
    for row in decisions.rows() {
        *by_quarter.entry(row.get("stratum")).or_default() += 1;
    }
    for row in read("populations/review-quarters.csv")?.rows() {
        let told: u64 = row.number("decisions").map_err(one)?;
        let there = by_quarter.get(row.first()).copied().unwrap_or_default();
        if told != there {
            wrong.push(format!(
                "review-quarters.csv tells {told} decisions in {}, and review-decisions.csv has {there}",
                row.first()
            ));
        }
    }
    if wrong.is_empty() {
        Ok("columns: severities, strata and decisions by quarter are the same wherever they stand".into())
    } else {
        Err(wrong)
    }
}

/// Items, decisions, reviewers, proofs and log of a campaign; removals and what is held.
pub fn campaign(dir: &Path) -> Result<String, Vec<String>> {
    let read = |name: &str| Read::file(&dir.join("data").join(name)).map_err(one);
    let (items, decisions) = (read("campaign/items.csv")?, read("campaign/decisions.csv")?);
    let (proofs, log, reviewers) = (read("campaign/proofs.csv")?, read("campaign/log.csv")?, read("campaign/reviewers.csv")?);
    let mut wrong = Vec::new();
    let columns = ["decision", "by", "decided_by", "decided_at", "justification", "until", "stage", "import"];
    let said = |r: Line| columns.map(|c| r.get(c)).join("\u{1f}");
    let all: BTreeSet<(String, String)> = decisions.rows().map(|r| (r.get("item_id").to_string(), said(r))).collect();
    let bound = items.rows().filter(|r| r.get("decision") != "undecided");
    let strange = bound.filter(|r| !all.contains(&(r.first().to_string(), said(*r)))).count();
    if strange > 0 {
        wrong.push(format!(
            "{strange} rows of campaign/items.csv have a decision that campaign/decisions.csv does not have so"
        ));
    }
    let mut owned: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for row in items.rows() {
        *owned.entry(row.get("reviewer")).or_default().entry(row.get("decision")).or_default() += 1;
    }
    for row in reviewers.rows() {
        let mine = owned.remove(row.first()).unwrap_or_default();
        let told: u64 = row.number("items").map_err(one)?;
        let parts = ["keep", "revoke", "modify", "exception", "undecided"];
        let other = parts
            .iter()
            .any(|word| row.get(word) != mine.get(word).copied().unwrap_or_default().to_string());
        if told != mine.values().sum::<u64>() || other {
            wrong.push(format!("campaign/reviewers.csv tells other numbers of {} than campaign/items.csv", row.first()));
        }
    }
    wrong.extend(
        owned
            .keys()
            .map(|who| format!("{who} reviews items of campaign/items.csv, and is not in campaign/reviewers.csv")),
    );
    let logged: BTreeMap<&str, (&str, &str)> = log.rows().map(|r| (r.first(), (r.get("at"), r.get("by")))).collect();
    let at = |sequence: &str| logged.get(sequence).map_or("", |(at, _)| *at);
    let other = decisions.rows().filter(|r| at(r.first()) != r.get("at")).count();
    if other > 0 {
        wrong.push(format!(
            "{other} rows of campaign/decisions.csv have another time than their entry in campaign/log.csv"
        ));
    }
    let mut by_import: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in decisions.rows().filter(|r| r.get("by") == "person") {
        by_import.entry(row.get("import")).or_default().insert(row.get("decided_by"));
    }
    for row in proofs.rows().filter(|r| r.get("proof") != "entra") {
        let entry = row.first();
        let by = logged.get(entry).map_or("", |(_, by)| *by);
        let whose = by_import.get(entry).is_none_or(|who| who.iter().all(|w| *w == row.get("reviewer")));
        if at(entry) != row.get("at") || by != row.get("imported_by") || !whose {
            wrong.push(format!(
                "entry {entry} of campaign/proofs.csv has another time, reviewer or operator than the log and its decisions"
            ));
        }
    }
    wrong.extend(removals(dir, &items)?);
    if wrong.is_empty() {
        Ok("campaign: items, decisions, reviewers, proofs, log and what is held say the same of one another".into())
    } else {
        Err(wrong)
    }
}

/// What was removed is not among what is held.
fn removals(dir: &Path, items: &Read) -> Result<Vec<String>, Vec<String>> {
    let read = |name: &str| Read::file(&dir.join("data").join(name)).map_err(one);
    let held = read("populations/held.csv")?;
    let certain = held.rows().filter(|r| r.get("in_window") == "certain" && !r.get("assignment_id").is_empty());
    let held: BTreeSet<(&str, &str)> = certain.map(|r| (r.get("entitlement_kind"), r.get("assignment_id"))).collect();
    let assignment: BTreeMap<&str, (&str, &str)> = items.rows().map(|r| (r.first(), (r.get("entitlement_kind"), r.get("assignment_id")))).collect();
    let removals = read("campaign/removals.csv")?;
    let gone = removals.rows().filter(|r| r.get("outcome").starts_with("removed"));
    let there = gone.filter(|r| assignment.get(r.first()).is_some_and(|a| held.contains(a)));
    Ok(there
        .map(|r| {
            format!(
                "item {} is '{}' in campaign/removals.csv, and populations/held.csv has it",
                r.first(),
                r.get("outcome")
            )
        })
        .collect())
}
