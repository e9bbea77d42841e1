//! `campaign import`: returned files to decisions.

use super::args::ImportArgs;
use super::{operator, sheets, store};
use crate::campaign::import::{Incoming, Operator, judge};
use crate::campaign::{CampaignError, Proof, ReturnedRow, ReturnedSheet, ReviewerKey, State};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output};
use crate::report::csv_text;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Takes files in.
pub fn run(args: &ImportArgs, crash_at: Option<&str>) -> Result<Exit, Failure> {
    let mut files = Vec::new();
    for path in &args.files {
        files.push(Incoming {
            sheet: read(path)?,
            proof: Proof::OperatorAsserted,
        });
    }
    let store = store(&args.lake, crash_at);
    let id = store.resolve(&campaign(args, &files)?)?;
    let operator = Operator {
        name: operator(&args.by),
        reviewer: args.reviewer.as_deref().map(ReviewerKey::new),
        again: args.again,
    };
    // Another command may write between reading and writing: then everything is judged again.
    for attempt in 0.. {
        let mut state = State::load(&store, &id)?;
        if let Some(wanted) = operator.reviewer.as_ref().filter(|k| !state.reviewers.contains_key(*k)) {
            let known: Vec<&str> = state.reviewers.keys().map(ReviewerKey::as_str).collect();
            return Err(Failure::usage(format!(
                "no reviewer of {id} is called '{wanted}'{}",
                crate::config::did_you_mean(wanted.as_str(), &known)
            )));
        }
        let mut taken = judge(&state, &files, &operator)?;
        let now = open::now()?;
        state.apply_all(&taken.events, now)?;
        let issues = state.issues();
        state.apply_all(&issues, now)?;
        taken.events.extend(issues.iter().cloned());
        match store.append(&id, &state.tail, &taken.events, now, &operator.name) {
            Err(CampaignError::Taken(_)) if attempt < 5 => continue,
            other => other?,
        };
        sheets::write_issued(&store, &state, &issues)?;
        output::say(&format!(
            "{} files: {} rows decided, {} left empty; {} decisions are new or changed",
            files.len(),
            taken.decided,
            taken.empty,
            taken.changed
        ));
        if taken.changed > 0 {
            let late = if now > state.due_at { ", after the end" } else { "" };
            output::say(&format!("imported by {}{late}", operator.name));
        }
        let totals = state.totals(&Default::default());
        output::say(&super::status::sentence(&totals));
        return Ok(Exit::Done);
    }
    Ok(Exit::Done)
}

/// The campaign that is named, else the one that the files name.
fn campaign(args: &ImportArgs, files: &[Incoming]) -> Result<String, Failure> {
    if let Some(id) = &args.campaign {
        return Ok(id.clone());
    }
    let named = files.iter().find_map(|f| {
        let place = f.sheet.columns.iter().position(|c| c.trim() == "campaign_id")?;
        f.sheet.rows.iter().find_map(|r| r.cells.get(place)).map(|c| c.trim().to_string())
    });
    named.filter(|n| !n.is_empty()).ok_or_else(|| Failure {
        exit: Exit::Unusable,
        message: "no file names its campaign in the column campaign_id; take the sheet that was given out, or give --campaign ID".into(),
    })
}

/// A CSV file as a grid of text.
fn read(path: &Path) -> Result<ReturnedSheet, Failure> {
    let bytes = std::fs::read(path).map_err(|e| Failure::usage(format!("cannot read {}: {e}", path.display())))?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let mut sheet = ReturnedSheet {
        file: path.file_name().map(|n| n.to_string_lossy().to_string()).unwrap_or_default(),
        sha256: hex::encode(Sha256::digest(&bytes)),
        ..ReturnedSheet::default()
    };
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(|e| Failure::unusable(format!("{}: no CSV: {e}", path.display())))?;
        let cells: Vec<String> = record.iter().map(|c| csv_text::unprotect(c).to_string()).collect();
        if number == 0 {
            sheet.columns = cells;
        } else if cells.iter().any(|c| !c.trim().is_empty()) {
            sheet.rows.push(ReturnedRow { row: number + 1, cells });
        }
    }
    Ok(sheet)
}
