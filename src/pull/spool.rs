//! Pages on their way to the lake, and the journal of what is complete: private files that survive a kill.
//!
//! ```text
//! lake/_pull/
//!   .lock              held by the pull at work
//!   run.json           what this pull set out to do
//!   journal.jsonl      units that are complete, one a line
//!   <collection>-<n>.jsonl   pages, one a line; only what the journal names counts
//! ```

use crate::lake::parquet_io::private_file;
use crate::lake::store::{create_private_dirs, sync_dir};
use crate::model::time::{HOUR, merge_windows};
use crate::model::{Instant, Window};
use crate::pull::{Entry, PullError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// Held while a pull is at work.
pub struct Lock {
    _file: File,
}

/// What a pull set out to do; one that goes on keeps its word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Id of the pull.
    pub id: String,
    /// When it began.
    pub started: Instant,
    /// Until when logs are read.
    pub until: Instant,
    /// Where it asks, and whose data.
    pub place: String,
    /// What it reads of each log.
    pub wanted: BTreeMap<String, Vec<Window>>,
    /// Logs of which the whole retention is read again.
    pub deep: Vec<String>,
}

/// The spool of one pull.
pub struct Spool {
    dir: PathBuf,
    /// What it set out to do.
    pub run: Run,
    entries: Mutex<Vec<Entry>>,
    journal: Mutex<File>,
    serial: Mutex<usize>,
}

impl Run {
    /// What is left of an earlier pull, and what is asked for now: other logs, an earlier beginning. Until when logs are
    /// read stays as it was, unless that is more than an hour ago.
    fn joined(mut self, fresh: Self) -> Self {
        let until = if fresh.started.0 - self.started.0 > HOUR { fresh.until } else { self.until };
        for (subject, windows) in fresh.wanted {
            let clipped = windows.into_iter().map(|w| Window {
                from: w.from,
                until: w.until.min(until),
            });
            let all = self.wanted.remove(&subject).unwrap_or_default().into_iter().chain(clipped);
            self.wanted.insert(subject, merge_windows(all.filter(|w| w.from < w.until).collect()));
        }
        for subject in fresh.deep {
            if !self.deep.contains(&subject) {
                self.deep.push(subject);
            }
        }
        self
    }
}

impl Lock {
    /// Takes the lock of a lake's pulls.
    ///
    /// # Errors
    /// When another pull holds it.
    pub fn take(lake: &Path) -> Result<Self, PullError> {
        let dir = lake.join("_pull");
        create_private_dirs(&dir)?;
        let path = dir.join(".lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(PullError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(PullError::Locked(lake.display().to_string())),
            Err(TryLockError::Error(e)) => Err(PullError::io("lock", &path)(e)),
        }
    }
}

impl Spool {
    /// Goes on with what an ended pull left, when it was of the same place; else begins with `fresh`.
    ///
    /// # Errors
    /// When the spool cannot be read or written.
    pub fn open(lake: &Path, _lock: &Lock, fresh: Run) -> Result<Self, PullError> {
        let dir = lake.join("_pull");
        let kept = read_run(&dir).filter(|run| run.place == fresh.place);
        let (run, entries) = match kept {
            Some(run) => {
                let entries = read_journal(&dir)?;
                cut(&dir, &entries)?;
                (run.joined(fresh), entries)
            }
            None => {
                clear(&dir)?;
                let run = fresh;
                write_whole(&dir.join("run.json"), &serde_json::to_vec_pretty(&run).unwrap_or_default())?;
                (run, Vec::new())
            }
        };
        // Written anew, so that a torn last line is gone and what follows is on lines of its own.
        let mut text = Vec::new();
        for entry in &entries {
            text.extend(line(entry));
        }
        let path = dir.join("journal.jsonl");
        write_whole(&path, &text)?;
        let journal = File::options().append(true).open(&path).map_err(PullError::io("open", &path))?;
        let serial = fs::read_dir(&dir).map_or(0, Iterator::count) * 1000;
        Ok(Self {
            dir,
            run,
            entries: Mutex::new(entries),
            journal: Mutex::new(journal),
            serial: Mutex::new(serial),
        })
    }

    /// Units so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The path of a file of pages.
    #[must_use]
    pub fn path(&self, chunk: &str) -> PathBuf {
        self.dir.join(chunk)
    }

    /// Notes a unit; from now on it is never read again, unless it has a fault.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn note(&self, entry: Entry) -> Result<(), PullError> {
        let path = self.dir.join("journal.jsonl");
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal.write_all(&line(&entry)).map_err(PullError::io("write", &path))?;
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        Ok(())
    }

    /// A new file of pages.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn chunk(&self, collection: &str, now: Instant) -> Result<Chunk, PullError> {
        let mut serial = self.serial.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            *serial += 1;
            let name = format!("{collection}-{:06}.jsonl", *serial);
            let path = self.dir.join(&name);
            if path.exists() {
                continue;
            }
            let file = private_file(&path).map_err(PullError::io("create", &path))?;
            return Ok(Chunk {
                name,
                path,
                file,
                bytes: 0,
                pages: 0,
                units: 0,
                since: now,
                hash: Xxh3::new(),
                start: (0, 0),
            });
        }
    }

    /// The records of a unit, as they lie in the spool.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn lines(&self, entry: &Entry) -> Result<Vec<String>, PullError> {
        let path = self.path(&entry.chunk);
        let mut file = File::open(&path).map_err(PullError::io("open", &path))?;
        file.seek(SeekFrom::Start(entry.from_byte)).map_err(PullError::io("read", &path))?;
        let mut text = String::new();
        file.take(entry.until_byte - entry.from_byte)
            .read_to_string(&mut text)
            .map_err(PullError::io("read", &path))?;
        Ok(text.lines().map(str::to_string).collect())
    }

    /// Ends the pull: what the lake has is not needed here any more.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn finish(self) -> Result<(), PullError> {
        // The journal of a pull that is over must go first: pages without it are nothing.
        clear(&self.dir)
    }
}

/// A file of pages, written by one worker.
pub struct Chunk {
    /// Its name.
    pub name: String,
    path: PathBuf,
    file: File,
    bytes: u64,
    pages: usize,
    /// Units in it.
    pub units: usize,
    /// When it was begun.
    pub since: Instant,
    hash: Xxh3,
    /// Bytes and pages before the unit under way.
    start: (u64, usize),
}

/// Where a unit lies in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lies {
    /// First page.
    pub first_page: usize,
    /// Pages.
    pub pages: usize,
    /// First byte.
    pub from_byte: u64,
    /// First byte behind.
    pub until_byte: u64,
    /// Checksum.
    pub checksum: u64,
}

impl Chunk {
    /// Begins a unit, or begins it again: what an attempt wrote is forgotten.
    ///
    /// # Errors
    /// When the file cannot be cut.
    pub fn begin(&mut self, again: bool) -> Result<(), PullError> {
        if again {
            (self.bytes, self.pages) = self.start;
            self.file.set_len(self.bytes).map_err(PullError::io("cut", &self.path))?;
            self.file.seek(SeekFrom::Start(self.bytes)).map_err(PullError::io("write", &self.path))?;
        }
        self.start = (self.bytes, self.pages);
        self.hash = Xxh3::new();
        Ok(())
    }

    /// Writes a page on a line.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn page(&mut self, context: &str, rows: &[String]) -> Result<(), PullError> {
        let context = serde_json::to_string(&format!("https://graph.microsoft.com/v1.0/$metadata#{context}")).unwrap_or_default();
        let text = format!("{{\"@odata.context\":{context},\"value\":[{}]}}\n", rows.join(","));
        self.file.write_all(text.as_bytes()).map_err(PullError::io("write", &self.path))?;
        self.hash.update(text.as_bytes());
        self.bytes += text.len() as u64;
        self.pages += 1;
        Ok(())
    }

    /// Ends a unit: where it lies.
    #[must_use]
    pub fn end(&mut self) -> Lies {
        self.units += 1;
        Lies {
            first_page: self.start.1,
            pages: self.pages - self.start.1,
            from_byte: self.start.0,
            until_byte: self.bytes,
            checksum: self.hash.digest(),
        }
    }

    /// Whether another unit should begin another file: many units, much data, or a long time since the first.
    #[must_use]
    pub fn is_full(&self, now: Instant) -> bool {
        self.units >= 500 || self.bytes > 64 << 20 || now.0 - self.since.0 > HOUR / 12
    }
}

fn line(entry: &Entry) -> Vec<u8> {
    let mut text = serde_json::to_vec(entry).unwrap_or_default();
    text.push(b'\n');
    text
}

fn read_run(dir: &Path) -> Option<Run> {
    serde_json::from_slice(&fs::read(dir.join("run.json")).ok()?).ok()
}

/// The units whose pages lie there as they were written; the first that does not ends its file.
fn read_journal(dir: &Path) -> Result<Vec<Entry>, PullError> {
    let path = dir.join("journal.jsonl");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(PullError::io("read", &path)(e)),
    };
    let told: Vec<Entry> = text.lines().map_while(|l| serde_json::from_str(l).ok()).collect();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut broken: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();
    let mut sound = Vec::new();
    for entry in told {
        if !files.contains_key(&entry.chunk) {
            files.insert(entry.chunk.clone(), fs::read(dir.join(&entry.chunk)).unwrap_or_default());
        }
        let index = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let bytes = files[&entry.chunk].get(index(entry.from_byte)..index(entry.until_byte));
        if broken.contains(&entry.chunk) || bytes.is_none_or(|b| xxh3_64(b) != entry.checksum) {
            broken.insert(entry.chunk.clone());
        } else {
            sound.push(entry);
        }
    }
    Ok(sound)
}

/// Cuts off what no entry names, and removes files that none names at all.
fn cut(dir: &Path, entries: &[Entry]) -> Result<(), PullError> {
    let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in entries {
        let end = ends.entry(&entry.chunk).or_default();
        *end = (*end).max(entry.until_byte);
    }
    for path in pages_in(dir)? {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        match ends.get(name.as_str()) {
            Some(end) => {
                let file = File::options().write(true).open(&path).map_err(PullError::io("open", &path))?;
                file.set_len(*end).map_err(PullError::io("cut", &path))?;
            }
            None => fs::remove_file(&path).map_err(PullError::io("remove", &path))?,
        }
    }
    Ok(())
}

fn pages_in(dir: &Path) -> Result<Vec<PathBuf>, PullError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(PullError::io("read", dir))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".jsonl") && name != "journal.jsonl" || name.starts_with(".tmp-") {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Removes all but the lock, the plan and the journal first.
fn clear(dir: &Path) -> Result<(), PullError> {
    for path in [dir.join("run.json"), dir.join("journal.jsonl")].into_iter().chain(pages_in(dir)?) {
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(PullError::io("remove", &path)(e)),
        }
    }
    Ok(sync_dir(dir)?)
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PullError> {
    let temp = path.with_file_name(format!(".tmp-{}", std::process::id()));
    let _ = fs::remove_file(&temp);
    let mut file = private_file(&temp).map_err(PullError::io("create", &temp))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(PullError::io("write", &temp))?;
    fs::rename(&temp, path).map_err(PullError::io("rename", path))?;
    Ok(sync_dir(path.parent().unwrap_or(Path::new(".")))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(place: &str) -> Run {
        Run {
            id: "p".into(),
            started: Instant(0),
            until: Instant(0),
            place: place.into(),
            wanted: BTreeMap::new(),
            deep: Vec::new(),
        }
    }

    fn entry(unit: &str, chunk: &str, lies: Lies) -> Entry {
        Entry {
            unit: unit.into(),
            collection: "groups".into(),
            chunk: chunk.into(),
            first_page: lies.first_page,
            pages: lies.pages,
            from_byte: lies.from_byte,
            until_byte: lies.until_byte,
            checksum: lies.checksum,
            ..Entry::default()
        }
    }

    /// A spool with two complete units and a third that was under way.
    fn interrupted(lake: &Path) -> String {
        let lock = Lock::take(lake).expect("nobody else pulls");
        let spool = Spool::open(lake, &lock, run("here")).expect("a spool");
        let mut chunk = spool.chunk("groups", Instant(0)).expect("a file");
        for unit in ["a", "b"] {
            chunk.begin(false).expect("begun");
            chunk.page("groups", &[format!("{{\"id\":\"{unit}\"}}")]).expect("written");
            let lies = chunk.end();
            spool.note(entry(unit, &chunk.name, lies)).expect("noted");
        }
        chunk.begin(false).expect("begun");
        chunk.page("groups", &["{\"id\":\"c\"}".to_string()]).expect("written");
        chunk.name
    }

    fn units(lake: &Path, place: &str) -> Vec<String> {
        let lock = Lock::take(lake).expect("nobody else pulls");
        let spool = Spool::open(lake, &lock, run(place)).expect("a spool");
        spool.entries().into_iter().map(|e| e.unit).collect()
    }

    #[test]
    fn after_a_kill_the_complete_units_are_there_and_nothing_else() {
        let lake = tempfile::tempdir().expect("a folder");
        let chunk = interrupted(lake.path());
        assert_eq!(units(lake.path(), "here"), ["a", "b"]);
        let text = fs::read_to_string(lake.path().join("_pull").join(chunk)).expect("pages");
        assert!(text.contains("\"b\"") && !text.contains("\"c\""), "{text}");
    }

    #[test]
    fn a_torn_journal_line_and_torn_pages_are_not_believed() {
        let lake = tempfile::tempdir().expect("a folder");
        let chunk = interrupted(lake.path());
        let journal = lake.path().join("_pull/journal.jsonl");
        let text = fs::read_to_string(&journal).expect("a journal");
        fs::write(&journal, &text[..text.len() - 5]).expect("torn");
        assert_eq!(units(lake.path(), "here"), ["a"]);

        let lake = tempfile::tempdir().expect("a folder");
        interrupted(lake.path());
        let path = lake.path().join("_pull").join(chunk);
        let pages = fs::read_to_string(&path).expect("pages").replace("\"b\"", "\"x\"");
        fs::write(&path, pages).expect("changed");
        assert_eq!(units(lake.path(), "here"), ["a"]);
    }

    #[test]
    fn what_another_place_gave_is_forgotten() {
        let lake = tempfile::tempdir().expect("a folder");
        interrupted(lake.path());
        assert!(units(lake.path(), "elsewhere").is_empty());
        assert!(pages_in(&lake.path().join("_pull")).expect("readable").is_empty());
    }

    #[test]
    fn an_attempt_that_is_begun_again_leaves_nothing() {
        let lake = tempfile::tempdir().expect("a folder");
        let lock = Lock::take(lake.path()).expect("nobody else pulls");
        let spool = Spool::open(lake.path(), &lock, run("here")).expect("a spool");
        let mut chunk = spool.chunk("groups", Instant(0)).expect("a file");
        chunk.begin(false).expect("begun");
        chunk.page("groups", &["{\"id\":\"long and wrong\"}".to_string()]).expect("written");
        chunk.begin(true).expect("begun again");
        chunk.page("groups", &["{\"id\":\"a\"}".to_string()]).expect("written");
        let lies = chunk.end();
        let noted = entry("a", &chunk.name, lies);
        assert_eq!((lies.first_page, lies.pages), (0, 1));
        assert_eq!(spool.lines(&noted).expect("readable").len(), 1);
        spool.note(noted).expect("noted");
        drop(spool);
        drop(lock);
        assert_eq!(units(lake.path(), "here"), ["a"]);
    }

    #[test]
    fn a_second_pull_is_told_to_wait() {
        let lake = tempfile::tempdir().expect("a folder");
        let _lock = Lock::take(lake.path()).expect("nobody else pulls");
        assert!(matches!(Lock::take(lake.path()), Err(PullError::Locked(_))));
    }
}
