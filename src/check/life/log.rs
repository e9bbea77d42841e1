//! The runs of a lake on disk: `findings/000000000001.jsonl` and so on, each a head and the changes after the run before.
//!
//! A run is written under another name, forced to disk and linked to a name that must be free: it is there whole, once, or not
//! at all. Each names the hash of the file before it, so that one that is missing or was changed shows.

use super::{Change, Lives, RunHead};
use crate::lake::LakeError;
use crate::lake::parquet_io::private_file;
use crate::lake::store::{create_private_dirs, sync_dir};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The runs of a lake.
#[derive(Debug, Clone)]
pub struct RunLog {
    dir: PathBuf,
}

/// Runs that were read: the findings as they left them, and all changes in order.
#[derive(Debug, Default)]
pub struct Runs {
    /// Findings as the last run left them.
    pub lives: Lives,
    /// Every run with what changed in it, the oldest first.
    pub runs: Vec<(RunHead, Vec<Change>)>,
    last_hash: String,
}

impl RunLog {
    /// The runs of the lake in this folder.
    #[must_use]
    pub fn of(lake: &Path) -> Self {
        Self { dir: lake.join("findings") }
    }

    /// Where they lie.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn file(&self, run: u64) -> PathBuf {
        self.dir.join(format!("{run:012}.jsonl"))
    }

    /// Reads them.
    ///
    /// # Errors
    /// When one does not follow from the one before it, or cannot be read.
    pub fn read(&self) -> Result<Runs, LakeError> {
        let mut runs = Runs::default();
        for run in 1u64.. {
            let path = self.file(run);
            let text = match fs::read_to_string(&path) {
                Ok(text) => text,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => break,
                Err(e) => return Err(LakeError::io("read", &path)(e)),
            };
            let mut lines = text.lines();
            let head: RunHead = serde_json::from_str(lines.next().unwrap_or_default()).map_err(LakeError::format("read", &path))?;
            if head.run != run || head.previous != runs.last_hash {
                let wrong = "it does not follow from the run before it; move the folder away to begin anew";
                return Err(LakeError::format("read", &path)(wrong));
            }
            let changes: Vec<Change> = lines
                .map(|line| serde_json::from_str(line).map_err(LakeError::format("read", &path)))
                .collect::<Result<_, _>>()?;
            runs.last_hash = hex::encode(Sha256::digest(text.as_bytes()));
            runs.lives.take(head.clone(), &changes);
            runs.runs.push((head, changes));
        }
        Ok(runs)
    }

    /// Adds a run; `false` when another command has added one since, and then nothing is written.
    ///
    /// # Errors
    /// When the disk is full or the folder cannot be written.
    pub fn add(&self, runs: &mut Runs, mut head: RunHead, changes: Vec<Change>) -> Result<bool, LakeError> {
        create_private_dirs(&self.dir)?;
        head.previous.clone_from(&runs.last_hash);
        let mut text = line(&head)?;
        for change in &changes {
            text.push_str(&line(change)?);
        }
        let temp = self.dir.join(format!(".tmp-{}", std::process::id()));
        let _ = fs::remove_file(&temp);
        let mut file = private_file(&temp).map_err(LakeError::io("create", &temp))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(LakeError::io("write", &temp))?;
        let path = self.file(head.run);
        let linked = fs::hard_link(&temp, &path);
        fs::remove_file(&temp).map_err(LakeError::io("remove", &temp))?;
        match linked {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
            other => other.map_err(LakeError::io("link", &path))?,
        }
        sync_dir(&self.dir)?;
        runs.last_hash = hex::encode(Sha256::digest(text.as_bytes()));
        runs.lives.take(head.clone(), &changes);
        runs.runs.push((head, changes));
        Ok(true)
    }
}

fn line<T: serde::Serialize>(record: &T) -> Result<String, LakeError> {
    let text = serde_json::to_string(record).map_err(LakeError::format("encode", Path::new("findings")))?;
    Ok(text + "\n")
}
