//! Pages of pulls, kept beside the lake under the hash by which `sources` names them: what an auditor asks for.
//!
//! A file is the pages of one chunk of a pull, a page on each line with the records byte for byte as they came, packed.

use crate::lake::View;
use crate::lake::records::{Pull, Source};
use crate::lake::store::create_private_dirs;
use crate::model::Instant;
use crate::model::time::DAY;
use crate::pull::{PullError, Spool};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Days after its pull for which a file is kept, unless somebody says otherwise: as long as raw sign-ins.
pub const DAYS: i64 = 400;

/// Where they are.
#[must_use]
pub fn folder(lake: &Path) -> PathBuf {
    lake.join("_pages")
}

fn named(lake: &Path, sha256: &str) -> PathBuf {
    folder(lake).join(format!("{sha256}.ndjson.zst"))
}

/// Keeps the pages of a spool that became sources; how many files are new.
///
/// # Errors
/// When a file cannot be read or written.
pub fn keep(lake: &Path, spool: &Spool, sources: &[Source]) -> Result<usize, PullError> {
    let mut kept = 0;
    for source in sources {
        let Some((_, chunk)) = source.path.rsplit_once('/') else { continue };
        let (from, to) = (spool.path(chunk), named(lake, &source.sha256));
        if to.exists() || !from.exists() {
            continue;
        }
        let dir = folder(lake);
        create_private_dirs(&dir)?;
        let temp = dir.join(format!(".tmp-{}", source.sha256));
        pack(&from, &temp)?;
        fs::rename(&temp, &to).map_err(PullError::io("rename", &temp))?;
        kept += 1;
    }
    Ok(kept)
}

fn pack(from: &Path, to: &Path) -> Result<(), PullError> {
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(to).map_err(PullError::io("create", to))?;
    let source = File::open(from).map_err(PullError::io("open", from))?;
    let written = || -> std::io::Result<()> {
        let mut packer = zstd::stream::write::Encoder::new(BufWriter::new(file), 3)?;
        std::io::copy(&mut BufReader::new(source), &mut packer)?;
        let mut file = packer.finish()?;
        file.flush()?;
        file.get_ref().sync_all()
    };
    written().map_err(PullError::io("write", to))
}

/// Files whose content has another hash than their name says, and how many have theirs.
///
/// # Errors
/// When the folder cannot be read.
pub fn check(lake: &Path) -> Result<(usize, Vec<PathBuf>), PullError> {
    let mut right = 0;
    let mut wrong = Vec::new();
    for path in files(lake)? {
        let whole = || -> std::io::Result<String> {
            let mut reader = zstd::stream::read::Decoder::new(File::open(&path)?)?;
            let mut hash = Sha256::new();
            let mut block = vec![0; 1 << 20];
            loop {
                match reader.read(&mut block)? {
                    0 => return Ok(hex::encode(hash.finalize())),
                    count => hash.update(&block[..count]),
                }
            }
        };
        if whole().is_ok_and(|sha256| sha256 == hash_in_name(&path)) {
            right += 1;
        } else {
            wrong.push(path);
        }
    }
    Ok((right, wrong))
}

fn hash_in_name(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_string()
}

fn files(lake: &Path) -> Result<Vec<PathBuf>, PullError> {
    let dir = folder(lake);
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&dir).map_err(PullError::io("read", &dir))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.to_string_lossy().ends_with(".ndjson.zst"))
        .collect();
    files.sort();
    Ok(files)
}

/// Files of pulls that ended more than so many days ago, and files that no source names.
///
/// # Errors
/// When the lake or the folder cannot be read.
pub fn expired(view: &View, days: i64, now: Instant) -> Result<(Vec<PathBuf>, usize), PullError> {
    let files = files(view.root())?;
    if files.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let mut ended: BTreeMap<String, Instant> = BTreeMap::new();
    for pull in view.rows::<Pull>()? {
        let at = ended.entry(pull.id).or_insert(pull.ended);
        *at = (*at).max(pull.ended);
    }
    let mut of_hash: BTreeMap<String, Instant> = BTreeMap::new();
    for source in view.rows::<Source>()? {
        let run = source.path.rsplit_once('#').and_then(|(_, rest)| rest.split_once('/')).map(|(run, _)| run);
        if let Some(at) = run.and_then(|run| ended.get(run)) {
            of_hash.insert(source.sha256, *at);
        }
    }
    let limit = now.plus(-days * DAY);
    let unknown = files.iter().filter(|f| !of_hash.contains_key(&hash_in_name(f))).count();
    let old = files.into_iter().filter(|f| of_hash.get(&hash_in_name(f)).is_some_and(|at| *at < limit));
    Ok((old.collect(), unknown))
}
