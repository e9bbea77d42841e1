//! A lake on disk: opening, the commit log, and the order of writes that survives a crash.
//!
//! Data files are written under temporary names, forced to disk and renamed; only then the commit that names them is
//! created, by a link that fails when the sequence number is taken. A crash leaves temporary files or data files that
//! no commit names: both are ignored by readers and swept by the next writer.

use crate::lake::Notary;
use crate::lake::failpoint::{self, Step};
use crate::lake::tree::{self, Hash};
use crate::lake::{Commit, LakeError, View, parquet_io};
use crate::model::Instant;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FORMAT: u32 = 1;
const MARKER: &str = "lake.json";

/// Commits with their ids, and the leaves of the tree over them, oldest first.
type Log = (Vec<(String, Commit)>, Vec<Hash>);

/// A lake on disk.
#[derive(Clone)]
pub struct Lake {
    root: PathBuf,
    notary: Option<Arc<dyn Notary>>,
}

#[derive(Serialize, Deserialize)]
struct Marker {
    format: u32,
}

impl Lake {
    /// Opens a lake that exists.
    ///
    /// # Errors
    /// When there is none, or a newer program wrote it.
    pub fn open(root: &Path) -> Result<Self, LakeError> {
        let marker = root.join(MARKER);
        if !marker.is_file() {
            return Err(LakeError::Missing(root.to_path_buf()));
        }
        let text = fs::read_to_string(&marker).map_err(LakeError::io("read", &marker))?;
        let found: Marker = serde_json::from_str(&text).map_err(LakeError::format("read", &marker))?;
        if found.format > FORMAT {
            return Err(LakeError::Newer {
                path: root.to_path_buf(),
                found: found.format,
                known: FORMAT,
            });
        }
        Ok(Self {
            root: root.to_path_buf(),
            notary: None,
        })
    }

    /// Opens a lake, or makes one in a new or empty folder.
    ///
    /// # Errors
    /// When the folder holds something else.
    pub fn open_or_create(root: &Path) -> Result<Self, LakeError> {
        if root.join(MARKER).is_file() {
            return Self::open(root);
        }
        let occupied = fs::read_dir(root).is_ok_and(|mut entries| entries.any(|e| e.is_ok_and(|e| !e.file_name().to_string_lossy().starts_with(".tmp-"))));
        if occupied {
            return Err(LakeError::Foreign(root.to_path_buf()));
        }
        create_private_dirs(root)?;
        let text = serde_json::to_string(&Marker { format: FORMAT }).expect("plain data");
        write_synced(&root.join(MARKER), &(text + "\n"))?;
        Ok(Self {
            root: root.to_path_buf(),
            notary: None,
        })
    }

    /// Has the checkpoints of coming commits signed.
    #[must_use]
    pub fn signed_by(mut self, notary: Option<Arc<dyn Notary>>) -> Self {
        self.notary = notary;
        self
    }

    pub(crate) fn notary(&self) -> Option<&dyn Notary> {
        self.notary.as_deref()
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn commits_dir(&self) -> PathBuf {
        self.root.join("_commits")
    }

    /// The whole commit log with ids, oldest first, its chain checked.
    ///
    /// # Errors
    /// When a commit is unreadable or does not follow from the one before.
    pub fn log(&self) -> Result<Vec<(String, Commit)>, LakeError> {
        Ok(self.read_log()?.0)
    }

    /// The log with the leaf of each commit in the tree.
    fn read_log(&self) -> Result<Log, LakeError> {
        let dir = self.commits_dir();
        let mut log = Vec::new();
        let mut leaves = Vec::new();
        let mut parent = String::new();
        for sequence in 1u64.. {
            let path = dir.join(Commit::file_name(sequence));
            let text = match fs::read_to_string(&path) {
                Ok(text) => text,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                    self.nothing_after(sequence)?;
                    break;
                }
                Err(e) => return Err(LakeError::io("read", &path)(e)),
            };
            let commit: Commit = serde_json::from_str(&text).map_err(LakeError::format("read", &path))?;
            if commit.parent != parent || commit.sequence != sequence {
                let message = "it does not follow from the commit before it".to_string();
                return Err(LakeError::Chain {
                    path: self.root.clone(),
                    sequence,
                    message,
                });
            }
            parent = Commit::id(&text);
            leaves.push(tree::leaf(text.as_bytes()));
            log.push((parent.clone(), commit));
        }
        Ok((log, leaves))
    }

    /// A commit follows the one before it, so that none can lie beyond a number that is free: whoever finds one lacks what was between.
    fn nothing_after(&self, free: u64) -> Result<(), LakeError> {
        let names = fs::read_dir(self.commits_dir()).into_iter().flatten().flatten();
        let number = |name: &str| name.strip_suffix(".json")?.parse::<u64>().ok();
        let later = names.filter_map(|e| number(&e.file_name().to_string_lossy())).filter(|n| *n > free).min();
        later.map_or(Ok(()), |later| {
            Err(LakeError::Chain {
                path: self.root.clone(),
                sequence: free,
                message: format!("it is missing, and commit {later} is there"),
            })
        })
    }

    /// The newest state.
    ///
    /// # Errors
    /// As for [`Lake::log`].
    pub fn view(&self) -> Result<View, LakeError> {
        let (log, leaves) = self.read_log()?;
        Ok(View::new(self.root.clone(), log, leaves))
    }

    /// The state at a commit, named by its id or at least eight first letters of it.
    ///
    /// Files that a later commit dropped are gone from disk: their rows cannot be read, and `View::damaged` names them.
    ///
    /// # Errors
    /// When no commit, or more than one, has that name, and as for [`Lake::log`].
    pub fn view_at(&self, commit: &str) -> Result<View, LakeError> {
        let (mut log, mut leaves) = self.read_log()?;
        let named: Vec<usize> = (0..log.len()).filter(|i| commit.len() >= 8 && log[*i].0.starts_with(commit)).collect();
        let [at] = named.as_slice() else {
            return Err(LakeError::NoCommit {
                path: self.root.clone(),
                name: commit.to_string(),
                found: named.len(),
            });
        };
        log.truncate(at + 1);
        leaves.truncate(at + 1);
        Ok(View::new(self.root.clone(), log, leaves))
    }

    /// Adds a commit after the newest one, which `before` has seen; returns its id.
    ///
    /// # Errors
    /// When another writer took the sequence number.
    pub(crate) fn append(&self, before: &View, commit: Commit) -> Result<String, LakeError> {
        let dir = self.commits_dir();
        create_private_dirs(&dir)?;
        let text = commit.text();
        let temp = dir.join(format!(".tmp-{}", std::process::id()));
        let _ = fs::remove_file(&temp);
        let mut file = parquet_io::private_file(&temp).map_err(LakeError::io("create", &temp))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(LakeError::io("write", &temp))?;
        failpoint::reached(Step::CommitWritten);
        let path = dir.join(Commit::file_name(commit.sequence));
        fs::hard_link(&temp, &path).map_err(LakeError::io("commit", &path))?;
        fs::remove_file(&temp).map_err(LakeError::io("remove", &temp))?;
        sync_dir(&dir)?;
        failpoint::reached(Step::CommitNamed);
        // The commit counts from here on; a checkpoint that a crash takes is made by the next writer.
        let id = Commit::id(&text);
        self.heal_checkpoints(&before.with(id.clone(), &text, commit))?;
        Ok(id)
    }

    /// The clock of a commit, as text.
    pub(crate) fn stamp(now: Instant) -> String {
        now.to_string()
    }
}

/// Creates a folder and its ancestors for the owner only, and forces their entries to disk.
///
/// # Errors
/// As for any folder.
pub fn create_private_dirs(path: &Path) -> Result<(), LakeError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        create_private_dirs(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Ok(()) => {}
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => {}
        Err(e) => return Err(LakeError::io("create", path)(e)),
    }
    match path.parent().filter(|p| !p.as_os_str().is_empty()) {
        Some(parent) => sync_dir(parent),
        None => Ok(()),
    }
}

/// Forces a folder's entries to disk.
///
/// # Errors
/// When the folder cannot be opened.
pub fn sync_dir(path: &Path) -> Result<(), LakeError> {
    File::open(path).and_then(|d| d.sync_all()).map_err(LakeError::io("sync", path))
}

/// Writes a small file under another name, forces it to disk and renames it: a reader sees all of it or nothing.
pub(crate) fn write_synced(path: &Path, text: &str) -> Result<(), LakeError> {
    let temp = path.with_file_name(format!(".tmp-{}", std::process::id()));
    let _ = fs::remove_file(&temp);
    let mut file = parquet_io::private_file(&temp).map_err(LakeError::io("create", &temp))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(LakeError::io("write", &temp))?;
    fs::rename(&temp, path).map_err(LakeError::io("rename", path))?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}
