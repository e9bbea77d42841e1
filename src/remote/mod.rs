//! Object stores as places of exports: what lies under an address, and the bytes of it that are new since the last time.
//!
//! Blobs of diagnostic settings (`…/h=13/m=00/PT1H.json`) only grow, also long after their hour: of each the bytes after those that
//! the lake has are fetched, up to the last whole line. Any other blob is fetched whole, once for each version of it.
//! What was fetched is called by its address and by its bytes or its version; the books of the lake are the only cursor.

mod place;

pub use place::{Known, Place, RemoteError};

use futures::{StreamExt, TryStreamExt, stream};
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt};
use place::{Way, plain};
use serde::de::IgnoredAny;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How much of a blob is asked for at once, in bytes.
const PART: u64 = 8 << 20;
/// Blobs that are fetched at once.
const AT_ONCE: usize = 8;

/// A blob, or the new part of one, as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The file.
    pub file: PathBuf,
    /// What it is called in the lake.
    pub called: String,
    /// Its bytes.
    pub bytes: u64,
}

/// What lies under an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Haul {
    /// What is new, by the name of its blob.
    pub fetched: Vec<Fetched>,
    /// Blobs that there are.
    pub blobs: usize,
    /// Blobs that were shorter than what the lake had of them, and are read anew.
    pub rewritten: Vec<String>,
}

/// Fetches what is new under an address into a folder, below the container and the path of each blob.
///
/// # Errors
/// When the store refuses or cannot be reached, or the disk is full; what was fetched by then is of no use.
pub fn fetch(place: &Place, known: &Known, into: &Path) -> Result<Haul, RemoteError> {
    let store = place.store()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| RemoteError::Disk { path: into.into(), source })?;
    runtime.block_on(haul(place, &store, known, into))
}

async fn haul(place: &Place, store: &Arc<dyn ObjectStore>, known: &Known, into: &Path) -> Result<Haul, RemoteError> {
    let failed = |source| RemoteError::Store {
        what: format!("cannot list {}", place.address),
        source,
    };
    let mut metas: Vec<ObjectMeta> = match place.prefix.as_ref() {
        // An address may name one blob.
        Some(path) => match store.head(path).await {
            Ok(one) => vec![one],
            Err(object_store::Error::NotFound { .. }) => store.list(Some(path)).try_collect().await.map_err(failed)?,
            Err(other) => return Err(failed(other)),
        },
        None => store.list(None).try_collect().await.map_err(failed)?,
    };
    metas.sort_by(|a, b| a.location.cmp(&b.location));
    let mut haul = Haul {
        blobs: metas.len(),
        ..Haul::default()
    };
    let mut jobs = Vec::new();
    for meta in metas.into_iter().filter(|m| m.size > 0) {
        let name = place.called(meta.location.as_ref());
        let way = known.way(&name, &meta);
        if matches!(way, Way::Anew) {
            haul.rewritten.push(name.clone());
        }
        let from = match way {
            Way::Nothing => continue,
            Way::From(from) => from,
            Way::Anew | Way::Whole => 0,
        };
        let file = into.join(plain(&place.container)).join(plain_path(meta.location.as_ref()));
        jobs.push((meta, name, way, from, file));
    }
    let mut found: Vec<Option<Fetched>> = stream::iter(jobs)
        .map(|(meta, name, way, from, file)| one(Arc::clone(store), meta, name, way, from, file))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    haul.fetched = found.drain(..).flatten().collect();
    Ok(haul)
}

fn plain_path(key: &str) -> PathBuf {
    key.split('/').map(plain).collect()
}

/// One blob, or its new part; nothing where no line of it is whole yet.
async fn one(store: Arc<dyn ObjectStore>, meta: ObjectMeta, name: String, way: Way, from: u64, path: PathBuf) -> Result<Option<Fetched>, RemoteError> {
    let disk = |source| RemoteError::Disk { path: path.clone(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(disk)?;
    }
    // Names that differ in what a file name cannot hold would hide one another.
    let mut file = File::options().read(true).write(true).create_new(true).open(&path).map_err(disk)?;
    let mut at = from;
    while at < meta.size {
        let until = (at + PART).min(meta.size);
        let options = GetOptions {
            range: Some(GetRange::Bounded(at..until)),
            ..GetOptions::default()
        };
        let failed = |source| RemoteError::Store {
            what: format!("cannot read {name}"),
            source,
        };
        let bytes = store.get_opts(&meta.location, options).await.map_err(failed)?.bytes().await.map_err(failed)?;
        if bytes.is_empty() {
            break;
        }
        file.write_all(&bytes).map_err(disk)?;
        at += bytes.len() as u64;
    }
    let grows = !matches!(way, Way::Whole) && (from > 0 || is_of_lines(&mut file).map_err(disk)?);
    let called = if grows {
        let whole = whole_lines(&mut file, at - from).map_err(disk)?;
        file.set_len(whole).map_err(disk)?;
        at = from + whole;
        format!("{name}#bytes={from}-{at}")
    } else {
        format!("{name}#version={}", place::version(&meta))
    };
    if at == from {
        drop(file);
        fs::remove_file(&path).map_err(disk)?;
        return Ok(None);
    }
    file.set_modified(meta.last_modified.into()).map_err(disk)?;
    Ok(Some(Fetched {
        file: path,
        called,
        bytes: at - from,
    }))
}

/// Whether the first line of a file is a whole record, so that the file may be read line by line as it grows.
fn is_of_lines(file: &mut File) -> std::io::Result<bool> {
    file.seek(SeekFrom::Start(0))?;
    let mut line = Vec::new();
    BufReader::new(file.take(64 << 20)).read_until(b'\n', &mut line)?;
    // A line without its end may be whole and may not: what has no line break yet waits.
    Ok(!line.ends_with(b"\n") || is_record(&line))
}

fn is_record(line: &[u8]) -> bool {
    let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
    text.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// Bytes up to the end of the last whole line; what stands behind it counts when it is a whole record.
fn whole_lines(file: &mut File, length: u64) -> std::io::Result<u64> {
    let mut end = length;
    let mut tail: Vec<u8> = Vec::new();
    while end > 0 {
        let from = end.saturating_sub(64 << 10);
        file.seek(SeekFrom::Start(from))?;
        let mut block = vec![0; usize::try_from(end - from).unwrap_or(0)];
        file.read_exact(&mut block)?;
        if let Some(place) = memchr::memrchr(b'\n', &block) {
            let cut = from + place as u64 + 1;
            let mut rest = block.split_off(place + 1);
            rest.extend_from_slice(&tail);
            return Ok(if is_record(&rest) { length } else { cut });
        }
        block.extend_from_slice(&tail);
        tail = block;
        end = from;
    }
    Ok(if is_record(&tail) { length } else { 0 })
}

#[cfg(test)]
mod tests;
