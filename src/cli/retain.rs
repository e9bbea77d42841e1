//! `lake retain` and `lake hold`: what is dropped by policy, and what must stay.

use crate::cli::evidence_args::{HoldArgs, RetainArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output, private, select};
use crate::lake::commit::Hold;
use crate::lake::retain::{self, Rule, TABLES};
use crate::lake::table::Table;
use crate::lake::{Lake, View, kept};
use crate::model::Instant;
use crate::pull::raw;

/// Drops whole partitions by policy, or tells what it would drop.
pub fn retain(args: &RetainArgs, now: Instant) -> Result<Exit, Failure> {
    let rules = rules(args)?;
    let lake = Lake::open(&open::lake_dir(&args.lake))?.signed_by(private::notary(&args.notary)?);
    let planned = retain::plan(&lake.view()?, &rules, now)?;
    for rule in &rules {
        let of = planned.drop.iter().filter(|t| t.file.table == rule.table);
        let (files, rows) = of.fold((0, 0), |(n, r), t| (n + 1, r + t.file.rows));
        output::line(&format!(
            "{}: {files} partitions with {rows} rows are older than {} days ({})",
            rule.table.name(),
            rule.days,
            rule.origin
        ));
    }
    for (file, hold) in &planned.held {
        output::line(&format!("stays by the hold {hold}: {} {}", file.table.name(), file.partition));
    }
    for file in &planned.seen {
        output::line(&format!(
            "stays, since a younger look still lists what is in it: {} {}",
            file.table.name(),
            file.partition
        ));
    }
    if !planned.timeless.is_empty() {
        output::line(&format!("{} files without a time stay", planned.timeless.len()));
    }
    let pages = pages(args, &lake.view()?, now)?;
    if args.dry_run || planned.drop.is_empty() && pages.is_empty() {
        output::line("nothing was dropped");
        return Ok(Exit::Done);
    }
    for path in &pages {
        std::fs::remove_file(path).map_err(|e| Failure::usage(format!("cannot remove {}: {e}", path.display())))?;
    }
    if planned.drop.is_empty() {
        output::line(&format!("dropped {} files of raw pages", pages.len()));
        return Ok(Exit::Done);
    }
    let commit = retain::apply(&lake, &planned, now)?.unwrap_or_default();
    kept::discard(&lake.view()?)?;
    output::line(&format!(
        "dropped {} files under commit {}; their hashes stay on record",
        planned.drop.len(),
        commit.get(..12).unwrap_or(&commit)
    ));
    Ok(Exit::Done)
}

/// What `--keep` calls the raw pages of pulls.
const PAGES: &str = "pages";

/// Files of raw pages that are old enough; a legal hold protects all of them, since nobody knows of which time their records are.
fn pages(args: &RetainArgs, view: &View, now: Instant) -> Result<Vec<std::path::PathBuf>, Failure> {
    let mut asked = args.keep.iter().filter_map(|text| text.split_once('=')).filter(|(name, _)| *name == PAGES);
    let (days, origin) = match asked.next_back().and_then(|(_, days)| days.parse::<i64>().ok()) {
        Some(days) => (days, "asked for with --keep"),
        None => (raw::DAYS, "default: as raw sign-ins"),
    };
    let (old, unknown) = raw::expired(view, days, now).map_err(Failure::usage)?;
    let held = !retain::holds(view).is_empty() && !old.is_empty();
    if !old.is_empty() || unknown > 0 {
        output::line(&format!("raw pages: {} files are of pulls older than {days} days ({origin})", old.len()));
    }
    if unknown > 0 {
        output::line(&format!("raw pages: {unknown} files that no source names stay"));
    }
    if held {
        output::line("raw pages stay by the legal holds");
        return Ok(Vec::new());
    }
    Ok(old)
}

/// The defaults, with what was typed in their place.
fn rules(args: &RetainArgs) -> Result<Vec<Rule>, Failure> {
    let mut rules = retain::defaults();
    for text in &args.keep {
        let names = || [&TABLES.map(Table::name)[..], &[PAGES]].concat().join(", ");
        if text
            .split_once('=')
            .is_some_and(|(name, days)| name == PAGES && days.parse().is_ok_and(|d: i64| d > 0))
        {
            continue;
        }
        let parsed = text
            .split_once('=')
            .and_then(|(table, days)| Some((Table::from_name(table)?, days.parse().ok()?)));
        let (table, days): (Table, i64) = parsed
            .filter(|(table, days)| TABLES.contains(table) && *days > 0)
            .ok_or_else(|| Failure::usage(format!("--keep '{text}' is not of the form TABLE=DAYS; tables are {}", names())))?;
        rules.retain(|r| r.table != table);
        rules.push(Rule {
            table,
            days,
            origin: "asked for with --keep".into(),
        });
    }
    Ok(rules)
}

/// Sets or releases a legal hold.
pub fn hold(args: &HoldArgs, now: Instant) -> Result<Exit, Failure> {
    let lake = Lake::open(&open::lake_dir(&args.lake))?.signed_by(private::notary(&args.notary)?);
    let view = lake.view()?;
    if args.reason.trim().is_empty() {
        return Err(Failure::usage("--reason is empty; say why, since it is recorded"));
    }
    let hold = if args.release { release(&view, args)? } else { set(&view, args)? };
    let (name, released) = (hold.name.clone(), hold.released);
    let commit = retain::hold(&lake, hold, now)?.ok_or_else(|| Failure::unusable("the lake has no commit, so there is nothing to hold"))?;
    output::line(&format!(
        "hold {name} {} under commit {}",
        if released { "released" } else { "set" },
        commit.get(..12).unwrap_or(&commit)
    ));
    Ok(Exit::Done)
}

fn set(view: &View, args: &HoldArgs) -> Result<Hold, Failure> {
    if let Some(there) = retain::holds(view).get(&args.name) {
        return Err(Failure::usage(format!(
            "the hold '{}' is in force from {} until {}; take another name, or release it first with --release",
            there.name, there.from, there.until
        )));
    }
    let time = |flag: &str, text: &Option<String>| -> Result<Instant, Failure> {
        let text = text
            .as_deref()
            .ok_or_else(|| Failure::usage(format!("a hold needs {flag}, the time that it protects")))?;
        select::instant(flag, text)
    };
    let (from, until) = (time("--from", &args.from)?, time("--until", &args.until)?);
    if from >= until {
        return Err(Failure::usage(format!("the time from {from} until {until} is empty")));
    }
    Ok(Hold {
        name: args.name.clone(),
        from: from.to_string(),
        until: until.to_string(),
        reason: args.reason.clone(),
        released: false,
    })
}

fn release(view: &View, args: &HoldArgs) -> Result<Hold, Failure> {
    let holds = retain::holds(view);
    let found = holds.get(&args.name).cloned().ok_or_else(|| {
        let names: Vec<&str> = holds.keys().map(String::as_str).collect();
        Failure::usage(format!("no hold is called '{}'; in force: {}", args.name, names.join(", ")))
    })?;
    Ok(Hold {
        reason: args.reason.clone(),
        released: true,
        ..found
    })
}
