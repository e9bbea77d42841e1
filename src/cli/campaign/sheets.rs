//! Work sheets on disk: `DIR/CAMPAIGN/REVIEWER/`, for their owner's eyes only.

use crate::campaign::log::LogEvent;
use crate::campaign::{CampaignId, ItemId, ReviewerKey, State, Store};
use crate::cli::exit::{Exit, Failure};
use crate::lake::LakeError;
use crate::lake::parquet_io::private_file;
use crate::lake::store::create_private_dirs;
use crate::report;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where the sheets of a campaign were put last: later commands write there too.
pub fn remembered(store: &Store, id: &CampaignId) -> Option<PathBuf> {
    let text = fs::read_to_string(store.dir(id).join("sheets-at")).ok()?;
    Some(PathBuf::from(text.trim_end())).filter(|p| !p.as_os_str().is_empty())
}

/// Remembers the folder of the sheets.
pub fn remember(store: &Store, id: &CampaignId, out: &Path) -> Result<(), Failure> {
    let whole = std::path::absolute(out).map_err(|e| Failure::io(format!("find {}", out.display()), &e))?;
    put(&store.dir(id).join("sheets-at"), whole.display().to_string().as_bytes())
}

/// Up to which entry of the log sheets are written.
fn written(store: &Store, id: &CampaignId) -> u64 {
    let text = fs::read_to_string(store.dir(id).join("sheets-written")).unwrap_or_default();
    text.trim().parse().unwrap_or_default()
}

/// Remembers that all sheets which were given out are written.
fn mark(store: &Store, state: &State) -> Result<(), Failure> {
    let last = state.issued_in.last().copied().unwrap_or_default();
    put(&store.dir(&state.head.id).join("sheets-written"), last.to_string().as_bytes())
}

/// Writes the sheets that a killed command had given out and not written; returns how many files.
pub fn finish(store: &Store, state: &State) -> Result<usize, Failure> {
    let left = state.issued_in.last().is_some_and(|last| *last > written(store, &state.head.id));
    match remembered(store, &state.head.id).filter(|_| left) {
        Some(out) => write(store, state, &out, None),
        None => Ok(0),
    }
}

/// Writes the sheets of some reviewers, or of all; returns how many files.
pub fn write(store: &Store, state: &State, out: &Path, only: Option<&[ReviewerKey]>) -> Result<usize, Failure> {
    let sheets = state.sheets();
    let wanted: Vec<_> = sheets.iter().filter(|((key, _), _)| only.is_none_or(|o| o.contains(key))).collect();
    let indices: Vec<usize> = wanted.iter().flat_map(|(_, i)| (*i).clone()).collect();
    let ids = state.ids_of(&indices);
    let contexts: BTreeMap<ItemId, _> = store.contexts(&state.head.id, Some(&ids))?.into_iter().map(|c| (c.item.clone(), c)).collect();
    let root = out.join(state.head.id.as_str());
    let mut files = 0;
    for ((key, stage), indices) in wanted {
        let sheet = state.sheet(key, *stage, indices, &contexts);
        // A sheet of the second stage lies beside the first in a folder of its own.
        let dir = if *stage == 1 {
            root.join(key.as_str())
        } else {
            root.join(key.as_str()).join("second-stage")
        };
        create_private_dirs(&dir)?;
        for (name, bytes) in report::sheet::render(&sheet).map_err(bug)? {
            // Of what nobody reviews there is a list, for whoever gives it to somebody: nothing to decide on.
            if key.is_unassigned() && name != report::sheet::TABLE {
                continue;
            }
            put(&dir.join(name), &bytes)?;
            files += 1;
        }
    }
    if only.is_none() {
        mark(store, state)?;
    }
    Ok(files)
}

/// Writes the sheets that a step gave out anew.
pub fn write_issued(store: &Store, state: &State, events: &[LogEvent]) -> Result<usize, Failure> {
    let Some(out) = remembered(store, &state.head.id) else {
        return Ok(0);
    };
    let mut keys: Vec<ReviewerKey> = events
        .iter()
        .filter_map(|e| match e {
            LogEvent::Issued { reviewer, .. } => Some(reviewer.clone()),
            _ => None,
        })
        .collect();
    let given = keys.len();
    keys.dedup();
    if keys.is_empty() {
        return Ok(0);
    }
    // What a killed command left is written with them.
    let known = written(store, &state.head.id);
    if state.issued_in.iter().filter(|n| **n > known).count() > given {
        return write(store, state, &out, None);
    }
    let files = write(store, state, &out, Some(&keys))?;
    mark(store, state)?;
    Ok(files)
}

/// Writes the sheets of second reviewers anew whose items the first stage has decided, so that they show what binds now.
pub fn write_seconds(store: &Store, state: &State, events: &[LogEvent]) -> Result<usize, Failure> {
    let Some(out) = remembered(store, &state.head.id) else {
        return Ok(0);
    };
    let waiting = |e: &LogEvent| match e {
        LogEvent::Decided(d) if d.stage == 1 => {
            let index = state.position(&d.item).filter(|i| state.awaits_second(*i))?;
            Some(state.owner_in(index, 2).clone())
        }
        _ => None,
    };
    let mut keys: Vec<ReviewerKey> = events.iter().filter_map(waiting).collect();
    keys.sort();
    keys.dedup();
    if keys.is_empty() { Ok(0) } else { write(store, state, &out, Some(&keys)) }
}

/// Writes under another name first: a reader sees the old file or the new one.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().map(|n| n.to_string_lossy().to_string()).unwrap_or_default();
    let temp = dir.join(format!(".{name}.tmp"));
    let _ = fs::remove_file(&temp);
    let mut file = private_file(&temp).map_err(LakeError::io("create", &temp))?;
    file.write_all(bytes).map_err(LakeError::io("write", &temp))?;
    fs::rename(&temp, path).map_err(LakeError::io("rename", path))?;
    Ok(())
}

/// What cannot go wrong did.
fn bug(e: impl std::fmt::Display) -> Failure {
    Failure {
        exit: Exit::Bug,
        message: e.to_string(),
    }
}
