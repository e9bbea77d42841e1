//! A campaign on disk: frozen files, and a log of batches that are whole or absent.
//!
//! ```text
//! lake/campaigns/<id>/
//!   campaign.json            the frozen head
//!   items.jsonl              the frozen population, one item a line, sorted by id
//!   contexts.jsonl           what helps to judge, in the same order
//!   log/000000000001.jsonl   entries, chained by hash; one file is one step
//!   returned/<sha256>        files that came back, mails and signatures, byte for byte
//! ```
//!
//! Opening writes a folder under a temporary name, forces it to disk and renames it.
//! Later steps write one file each and link it to a name that must be free: a step is there whole, once, or not at all.
//! After each step a commit of the lake names the end of the log.

use crate::campaign::error::CampaignError;
use crate::campaign::log::{LogEntry, LogEvent};
use crate::campaign::model::{Campaign, CampaignId, Context, Item, ItemId};
use crate::lake::failpoint::{self, Step};
use crate::lake::parquet_io::private_file;
use crate::lake::store::{create_private_dirs, sync_dir};
use crate::lake::{Lake, LakeError};
use crate::model::Instant;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A temporary file of this age belongs to no command that is still at work: writing one takes moments.
const LEFT_OVER: std::time::Duration = std::time::Duration::from_secs(600);

/// The campaigns of a lake.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    entries: u64,
}

/// The end of a log, from which it goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tail {
    /// Files so far.
    pub files: u64,
    /// Entries so far.
    pub entries: u64,
    /// Hash of the last line.
    pub hash: String,
    /// When the last entry was written.
    pub at: Instant,
}

impl Store {
    /// The campaigns of the lake in this folder.
    #[must_use]
    pub fn new(lake: &Path) -> Self {
        Self {
            root: lake.join("campaigns"),
            entries: u64::MAX,
        }
    }

    /// Reads only so many entries of each log: a campaign as it was then.
    #[must_use]
    pub fn until(mut self, entries: u64) -> Self {
        self.entries = entries;
        self
    }

    /// The folder of a campaign.
    #[must_use]
    pub fn dir(&self, id: &CampaignId) -> PathBuf {
        self.root.join(id.as_str())
    }

    /// Ids of all campaigns, sorted.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn ids(&self) -> Result<Vec<CampaignId>, CampaignError> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(LakeError::io("read", &self.root)(e).into()),
        };
        let mut ids: Vec<CampaignId> = entries
            .flatten()
            .filter(|e| e.path().join("campaign.json").is_file())
            .map(|e| e.file_name().to_string_lossy().to_string())
            .filter(|name| !name.starts_with('.'))
            .map(|name| CampaignId::new(&name))
            .collect();
        ids.sort();
        Ok(ids)
    }

    /// The campaign of an id, of the beginning of one, or the newest of a name.
    ///
    /// # Errors
    /// When there is none, or several.
    pub fn resolve(&self, given: &str) -> Result<CampaignId, CampaignError> {
        let ids = self.ids()?;
        let fits: Vec<&CampaignId> = ids.iter().filter(|id| id.as_str() == given).collect();
        let fits = if fits.is_empty() {
            ids.iter().filter(|id| !given.is_empty() && id.as_str().starts_with(given)).collect()
        } else {
            fits
        };
        if let [one] = fits.as_slice() {
            return Ok((*one).clone());
        }
        if let Some(newest) = self.newest_of(given, &ids)? {
            return Ok(newest);
        }
        let list: Vec<&str> = if fits.is_empty() { &ids } else { &[] as &[CampaignId] }
            .iter()
            .chain(fits)
            .map(CampaignId::as_str)
            .collect();
        let known = if list.is_empty() {
            "open one with 'vouchsafe campaign open FILE'".to_string()
        } else {
            format!("there are: {}", list.join(", "))
        };
        Err(CampaignError::Missing { id: given.to_string(), known })
    }

    /// The newest campaign of a series, by its name or by what ids make of it.
    fn newest_of(&self, given: &str, ids: &[CampaignId]) -> Result<Option<CampaignId>, CampaignError> {
        let mut best: Option<(Instant, Instant, &CampaignId)> = None;
        for id in ids {
            let head = self.head(id)?;
            let slug = crate::campaign::open::slug(&head.name);
            let named = head.name.trim().eq_ignore_ascii_case(given.trim()) || (!slug.is_empty() && slug.eq_ignore_ascii_case(given.trim()));
            let candidate = (head.as_of, head.opened_at, id);
            if named && best.is_none_or(|b| b < candidate) {
                best = Some(candidate);
            }
        }
        Ok(best.map(|(_, _, id)| id.clone()))
    }

    /// Freezes a campaign with its first log entries; `false` when it is there already, and then nothing is written.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn create(&self, head: &Campaign, items: &[Item], contexts: &[Context], first: &[LogEvent], by: &str) -> Result<bool, CampaignError> {
        let dir = self.dir(&head.id);
        if dir.join("campaign.json").is_file() {
            return Ok(false);
        }
        create_private_dirs(&self.root)?;
        let temp = self.root.join(format!(".tmp-{}", head.id));
        if temp.exists() {
            fs::remove_dir_all(&temp).map_err(LakeError::io("remove", &temp))?;
        }
        create_private_dirs(&temp.join("log"))?;
        let mut text = serde_json::to_string_pretty(head).expect("a head is plain data");
        text.push('\n');
        write_lines(&temp.join("items.jsonl"), items)?;
        write_lines(&temp.join("contexts.jsonl"), contexts)?;
        let (lines, _) = chain(&Tail::default(), first, head.opened_at, by);
        put(&temp.join("log").join(batch_name(1)), lines.as_bytes())?;
        put(&temp.join("campaign.json"), text.as_bytes())?;
        sync_dir(&temp.join("log"))?;
        sync_dir(&temp)?;
        failpoint::reached(Step::CampaignFrozen);
        match fs::rename(&temp, &dir) {
            Ok(()) => {}
            Err(_) if dir.join("campaign.json").is_file() => {
                fs::remove_dir_all(&temp).map_err(LakeError::io("remove", &temp))?;
                return Ok(false);
            }
            Err(e) => return Err(LakeError::io("rename", &dir)(e).into()),
        }
        sync_dir(&self.root)?;
        failpoint::reached(Step::CampaignNamed);
        self.note_in_history(head.opened_at)?;
        Ok(true)
    }

    /// The frozen head.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn head(&self, id: &CampaignId) -> Result<Campaign, CampaignError> {
        let path = self.dir(id).join("campaign.json");
        let text = fs::read_to_string(&path).map_err(LakeError::io("read", &path))?;
        Ok(serde_json::from_str(&text).map_err(LakeError::format("read", &path))?)
    }

    /// The frozen items, sorted by id.
    ///
    /// # Errors
    /// When they are missing or damaged.
    pub fn items(&self, id: &CampaignId) -> Result<Vec<Item>, CampaignError> {
        let mut items = Vec::new();
        read_lines(&self.dir(id).join("items.jsonl"), |item| items.push(item))?;
        Ok(items)
    }

    /// What helps to judge some items, in the order of their ids; the rest is read past, not kept.
    ///
    /// # Errors
    /// When the file is missing or damaged.
    pub fn contexts(&self, id: &CampaignId, wanted: Option<&BTreeSet<ItemId>>) -> Result<Vec<Context>, CampaignError> {
        let mut contexts = Vec::new();
        read_lines(&self.dir(id).join("contexts.jsonl"), |context: Context| {
            if wanted.is_none_or(|w| w.contains(&context.item)) {
                contexts.push(context);
            }
        })?;
        Ok(contexts)
    }

    /// Reads the log, entry by entry, its chain checked; returns its end.
    ///
    /// # Errors
    /// When an entry does not follow from the one before it.
    pub fn log(&self, id: &CampaignId, mut each: impl FnMut(LogEntry) -> Result<(), CampaignError>) -> Result<Tail, CampaignError> {
        let dir = self.dir(id).join("log");
        let mut tail = Tail::default();
        for number in 1u64.. {
            let path = dir.join(batch_name(number));
            let text = match fs::read_to_string(&path) {
                Ok(text) => text,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => break,
                Err(e) => return Err(LakeError::io("read", &path)(e).into()),
            };
            for line in text.lines() {
                if tail.entries == self.entries {
                    return Ok(tail);
                }
                let entry: LogEntry = serde_json::from_str(line).map_err(LakeError::format("read", &path))?;
                if entry.previous != tail.hash || entry.sequence != tail.entries + 1 {
                    return Err(CampaignError::Damaged {
                        campaign: id.to_string(),
                        message: format!("entry {} of the log does not follow from the one before it", entry.sequence),
                    });
                }
                tail.hash = LogEntry::hash(line);
                tail.entries += 1;
                tail.at = entry.at;
                each(entry)?;
            }
            tail.files = number;
        }
        Ok(tail)
    }

    /// Adds one step after the end that was read.
    ///
    /// # Errors
    /// When another command has added one since.
    pub fn append(&self, id: &CampaignId, tail: &Tail, events: &[LogEvent], at: Instant, by: &str) -> Result<Tail, CampaignError> {
        let end = self.append_one_of_many(id, tail, events, at, by)?;
        if !events.is_empty() {
            self.sweep(&self.dir(id).join("log"));
            self.note_in_history(at)?;
        }
        Ok(end)
    }

    /// Adds one step of a run of many, such as one letter: it is on disk, and [`Store::note_in_history`] comes after the last.
    ///
    /// # Errors
    /// When another command has added one since.
    pub fn append_one_of_many(&self, id: &CampaignId, tail: &Tail, events: &[LogEvent], at: Instant, by: &str) -> Result<Tail, CampaignError> {
        if events.is_empty() {
            return Ok(tail.clone());
        }
        let dir = self.dir(id).join("log");
        let (lines, mut end) = chain(tail, events, at, by);
        end.files = tail.files + 1;
        let temp = dir.join(format!(".tmp-{}", std::process::id()));
        let _ = fs::remove_file(&temp);
        put(&temp, lines.as_bytes())?;
        failpoint::reached(Step::EntryWritten);
        let path = dir.join(batch_name(end.files));
        let linked = fs::hard_link(&temp, &path);
        // Gone already is gone.
        match fs::remove_file(&temp) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(LakeError::io("remove", &temp)(e).into()),
            _ => {}
        }
        match linked {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => return Err(CampaignError::Taken(id.to_string())),
            other => other.map_err(LakeError::io("link", &path))?,
        }
        sync_dir(&dir)?;
        failpoint::reached(Step::EntryNamed);
        Ok(end)
    }

    /// Makes the steps so far a part of the lake's history. A step that a crash or a busy lake leaves out comes in with the next commit.
    ///
    /// # Errors
    /// When the commit cannot be written.
    pub fn note_in_history(&self, at: Instant) -> Result<(), CampaignError> {
        const TRIES: usize = 50;
        let Some(root) = self.root.parent() else { return Ok(()) };
        let lake = match Lake::open(root) {
            Ok(lake) => lake,
            Err(LakeError::Missing(_)) => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        for _ in 0..TRIES {
            match lake.commit_campaigns(at) {
                Err(LakeError::Locked(_)) => std::thread::sleep(std::time::Duration::from_millis(100)),
                other => return Ok(other.map(|_| ())?),
            }
        }
        Ok(())
    }

    /// Keeps a returned file, a mail or a signature, by its hash, so that it can be looked at again.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn keep(&self, id: &CampaignId, bytes: &[u8]) -> Result<String, CampaignError> {
        let sha256 = hex::encode(Sha256::digest(bytes));
        let dir = self.dir(id).join("returned");
        let path = dir.join(&sha256);
        if fs::metadata(&path).is_ok_and(|m| m.len() == bytes.len() as u64) {
            return Ok(sha256);
        }
        create_private_dirs(&dir)?;
        let temp = dir.join(format!(".tmp-{}", std::process::id()));
        let _ = fs::remove_file(&temp);
        put(&temp, bytes)?;
        fs::rename(&temp, &path).map_err(LakeError::io("rename", &path))?;
        sync_dir(&dir)?;
        Ok(sha256)
    }

    /// A file that was kept; `None` when there is none of that hash.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn kept(&self, id: &CampaignId, sha256: &str) -> Result<Option<Vec<u8>>, CampaignError> {
        let path = self.dir(id).join("returned").join(sha256);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(LakeError::io("read", &path)(e).into()),
        }
    }

    /// SHA-256 of the frozen items and of what helps to judge them, as they lie on disk.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn frozen_sha256(&self, id: &CampaignId) -> Result<String, CampaignError> {
        let mut hash = Sha256::new();
        for name in ["items.jsonl", "contexts.jsonl"] {
            let path = self.dir(id).join(name);
            let file = File::open(&path).map_err(LakeError::io("open", &path))?;
            let mut reader = BufReader::with_capacity(1 << 20, file);
            loop {
                let part = reader.fill_buf().map_err(LakeError::io("read", &path))?;
                if part.is_empty() {
                    break;
                }
                hash.update(part);
                let read = part.len();
                reader.consume(read);
            }
        }
        Ok(hex::encode(hash.finalize()))
    }

    /// Removes what killed commands left; a failure here harms nobody. What is young may be another command's, which is at work.
    fn sweep(&self, dir: &Path) {
        let old = |entry: &fs::DirEntry| {
            let written = entry.metadata().and_then(|m| m.modified()).ok();
            written.and_then(|t| t.elapsed().ok()).is_some_and(|age| age > LEFT_OVER)
        };
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(".tmp-") && old(&entry) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn batch_name(number: u64) -> String {
    format!("{number:012}.jsonl")
}

/// The lines of new entries after an end, and the end after them.
fn chain(tail: &Tail, events: &[LogEvent], at: Instant, by: &str) -> (String, Tail) {
    let mut end = tail.clone();
    let mut lines = String::new();
    for event in events {
        let entry = LogEntry {
            sequence: end.entries + 1,
            previous: end.hash.clone(),
            at,
            by: by.to_string(),
            event: event.clone(),
        };
        let line = entry.line();
        end.hash = LogEntry::hash(&line);
        end.entries += 1;
        end.at = at;
        lines.push_str(&line);
        lines.push('\n');
    }
    (lines, end)
}

/// SHA-256 over frozen items and contexts as they are stored; see [`Store::frozen_sha256`].
#[must_use]
pub fn frozen_sha256(items: &[Item], contexts: &[Context]) -> String {
    let mut hash = Sha256::new();
    let mut add = |line: Vec<u8>| {
        hash.update(line);
        hash.update(b"\n");
    };
    items.iter().for_each(|i| add(serde_json::to_vec(i).expect("an item is plain data")));
    contexts.iter().for_each(|c| add(serde_json::to_vec(c).expect("a context is plain data")));
    hex::encode(hash.finalize())
}

/// SHA-256 of a head as it is stored.
#[must_use]
pub fn head_sha256(head: &Campaign) -> String {
    let mut text = serde_json::to_string_pretty(head).expect("a head is plain data");
    text.push('\n');
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
    let mut file = private_file(path).map_err(LakeError::io("create", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(LakeError::io("write", path))
}

fn write_lines<T: Serialize>(path: &Path, rows: &[T]) -> Result<(), LakeError> {
    let file = private_file(path).map_err(LakeError::io("create", path))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    for row in rows {
        serde_json::to_writer(&mut out, row).map_err(LakeError::format("write", path))?;
        out.write_all(b"\n").map_err(LakeError::io("write", path))?;
    }
    let file = out.into_inner().map_err(|e| LakeError::io("write", path)(e.into_error()))?;
    file.sync_all().map_err(LakeError::io("write", path))
}

fn read_lines<T: DeserializeOwned>(path: &Path, mut each: impl FnMut(T)) -> Result<(), LakeError> {
    let file = File::open(path).map_err(LakeError::io("open", path))?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).map_err(LakeError::io("read", path))? == 0 {
            return Ok(());
        }
        each(serde_json::from_str(line.trim_end()).map_err(LakeError::format("read", path))?);
    }
}
