//! Paths as given become a sorted list of files, with what their names may tell.

use crate::ingest::archive::Archive;
use crate::ingest::error::IngestError;
use crate::ingest::limits::Limits;
use crate::model::Instant;
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// A file that may hold records.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// The path as given, joined with what lies below; a member of an archive lies below the archive.
    pub path: PathBuf,
    /// The file to open.
    pub file: PathBuf,
    /// The member and its archive, when the file is one.
    pub member: Option<(Archive, usize)>,
    /// The folder that holds it, without links; within an archive, below that.
    pub folder: PathBuf,
    /// Names of all folders above it, the outermost first.
    pub folders: Vec<String>,
    /// How many of them, from the innermost, may tell of the file: those below the given path, and some above.
    pub reach: usize,
    /// File name.
    pub name: String,
    /// Size on disk.
    pub bytes: u64,
    /// When the file was last changed.
    pub modified: Option<Instant>,
}

impl Input {
    /// The folders that may tell of the file, and its name.
    pub fn below(&self) -> String {
        let folders = &self.folders[self.folders.len().saturating_sub(self.reach)..];
        folders.iter().chain([&self.name]).map(String::as_str).collect::<Vec<_>>().join("/")
    }
}

/// Takes the names of the folder away in which standard input was put: it has none, and they differ each time.
pub(super) fn of_standard_input(input: &mut Input) {
    let below = input.path.strip_prefix(&input.file).map(Path::to_path_buf).unwrap_or_default();
    let below = below.parent().unwrap_or(Path::new(""));
    input.folder = Path::new("-").join(below);
    input.folders = names_of(&input.folder);
    input.reach = input.folders.len();
    if input.member.is_none() {
        input.name = "-".into();
    }
}

/// What lies under the given paths.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files to look into.
    pub inputs: Vec<Input>,
    /// Files that cannot hold records, with the reason.
    pub foreign: Vec<(PathBuf, String)>,
    /// Files that may have held records and cannot be read, with the reason.
    pub broken: Vec<(PathBuf, String)>,
    /// `coverage.toml` files.
    pub coverage: Vec<PathBuf>,
}

/// Finds the files of all given paths, in a fixed order.
pub(super) fn expand(paths: &[PathBuf], limits: &Limits) -> Result<Found, IngestError> {
    let mut walk = Walk {
        found: Found::default(),
        seen: HashSet::new(),
        roots: Vec::new(),
        links: Vec::new(),
        limits,
    };
    for path in paths {
        if path.exists() {
            if path.is_dir() {
                walk.folder(path, 0)?;
            } else {
                walk.file(path, 0, true)?;
            }
            beside(path, &mut walk.found.coverage);
        } else {
            pattern(path, &mut walk)?;
        }
    }
    walk.tell_links();
    walk.found.coverage.sort();
    walk.found.coverage.dedup();
    // The same files in the same order, however they were named.
    walk.found
        .inputs
        .sort_by(|a, b| (a.folder.join(&a.name), &a.path).cmp(&(b.folder.join(&b.name), &b.path)));
    Ok(walk.found)
}

/// A `coverage.toml` in the folder of a file that was given by itself.
fn beside(path: &Path, coverage: &mut Vec<PathBuf>) {
    if path.is_file() {
        let place = path.with_file_name("coverage.toml");
        if place.is_file() {
            coverage.push(place);
        }
    }
}

fn pattern(path: &Path, walk: &mut Walk<'_>) -> Result<(), IngestError> {
    let text = path.to_string_lossy();
    if !text.contains(['*', '?', '[']) {
        return Err(IngestError::NotFound { path: path.into() });
    }
    let matches = glob::glob(&text).map_err(|error| IngestError::Pattern {
        pattern: text.to_string(),
        reason: error.to_string(),
    })?;
    let mut any = false;
    for found in matches {
        let found = found.map_err(|error| IngestError::Unreadable {
            path: error.path().into(),
            source: error.into(),
        })?;
        any = true;
        if found.is_dir() {
            walk.folder(&found, 0)?;
        } else {
            walk.file(&found, 0, true)?;
            beside(&found, &mut walk.found.coverage);
        }
    }
    if any { Ok(()) } else { Err(IngestError::NotFound { path: path.into() }) }
}

struct Walk<'a> {
    found: Found,
    seen: HashSet<PathBuf>,
    /// Folders as given, without links.
    roots: Vec<PathBuf>,
    /// Symbolic links in them.
    links: Vec<PathBuf>,
    limits: &'a Limits,
}

impl Walk<'_> {
    fn folder(&mut self, path: &Path, below: usize) -> Result<(), IngestError> {
        let unreadable = |source| IngestError::Unreadable { path: path.into(), source };
        let entries = fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        self.roots.extend(fs::canonicalize(path).ok().filter(|_| below == 0));
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(source) if below == 0 => return Err(unreadable(source)),
            Err(error) => {
                self.found.broken.push((path.into(), format!("a folder that cannot be read: {error}")));
                return Ok(());
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let kind = entry.file_type().map_err(unreadable)?;
            let path = entry.path();
            if kind.is_symlink() {
                self.links.push(path);
            } else if kind.is_dir() {
                self.folder(&path, below + 1)?;
            } else if kind.is_file() {
                if let Err(IngestError::Unreadable { path, source }) = self.file(&path, below, false) {
                    self.found.broken.push((path, format!("cannot be read: {source}")));
                }
            } else {
                self.foreign(path, "not a regular file");
            }
        }
        Ok(())
    }

    /// What may hold records and is not opened.
    fn unopened(&mut self, path: &Path, reason: &str) {
        self.found.broken.push((path.into(), reason.to_string()));
    }

    fn foreign(&mut self, path: PathBuf, reason: &str) {
        self.found.foreign.push((path, reason.to_string()));
    }

    /// Tells links: one that leads to what is read anyway loses nothing, any other may lead to a part of an export.
    fn tell_links(&mut self) {
        for link in std::mem::take(&mut self.links) {
            let target = fs::canonicalize(&link).ok();
            let is_read = target.is_some_and(|t| self.seen.contains(&t) || self.roots.iter().any(|root| t.starts_with(root)));
            if is_read {
                self.foreign(link, "a symbolic link, not followed: what it leads to is read by its own name");
            } else {
                self.unopened(&link, "a symbolic link, not followed, so that it is not opened: name what it leads to instead");
            }
        }
    }

    fn file(&mut self, path: &Path, below: usize, named: bool) -> Result<(), IngestError> {
        let unreadable = |source| IngestError::Unreadable { path: path.into(), source };
        // Overlapping paths would count pages twice and make a complete look seem torn.
        let canonical = fs::canonicalize(path).map_err(unreadable)?;
        let folder = canonical.parent().unwrap_or(Path::new("")).to_path_buf();
        if !self.seen.insert(canonical) {
            return Ok(());
        }
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if name.eq_ignore_ascii_case("coverage.toml") {
            self.found.coverage.push(path.into());
            return Ok(());
        }
        let meta = fs::metadata(path).map_err(unreadable)?;
        if named && !meta.is_file() {
            self.foreign(path.into(), "not a regular file");
            return Ok(());
        }
        let modified = meta.modified().ok().map(|t| Instant::from_chrono(DateTime::<Utc>::from(t)));
        let input = Input {
            path: path.into(),
            file: path.into(),
            member: None,
            folders: names_of(&folder),
            folder,
            reach: ABOVE.max(below + 1),
            name,
            bytes: meta.len(),
            modified,
        };
        let mut magic = Vec::new();
        File::open(path).and_then(|file| file.take(4).read_to_end(&mut magic)).map_err(unreadable)?;
        if magic == b"PK\x03\x04" || magic == b"PK\x05\x06" {
            self.archive(&input);
        } else {
            self.found.inputs.push(input);
        }
        Ok(())
    }

    fn archive(&mut self, input: &Input) {
        let opened = match Archive::open(&input.file) {
            Ok(opened) => opened,
            Err(error) => {
                let reason = format!("a broken archive: {error}");
                return self.found.broken.push((input.path.clone(), reason));
            }
        };
        let mut archive = opened.reader();
        let has = |member: &str| archive.file_names().any(|n| n.is_ok_and(|n| n == member));
        if has("[Content_Types].xml") && !has("xl/workbook.xml") && !has("xl/workbook.bin") {
            return self.foreign(input.path.clone(), "an Office document");
        }
        if has("[Content_Types].xml") || has("mimetype") && has("content.xml") {
            return self.unopened(
                &input.path,
                "an Office document with sheets, which is not opened: save each of its sheets as CSV (UTF-8)",
            );
        }
        if archive.len() > self.limits.members {
            let reason = format!("an archive of more than {} members, which is not opened: unpack it", self.limits.members);
            return self.unopened(&input.path, &reason);
        }
        // The library knows the last one of a name only; which one an unpacker takes differs.
        for name in opened.hidden() {
            let reason = "the same name twice in an archive, of which one is read; unpack it by hand, and ingest what is in it";
            self.found.broken.push((input.path.join(plain(&name)), reason.into()));
        }
        let mut names = HashSet::new();
        let mut members = Vec::new();
        for index in 0..archive.len() {
            // As it lies there: what cannot be unpacked is told when it is read.
            let (shown, verdict) = match archive.by_index_raw(index) {
                Ok(entry) if entry.is_dir() => continue,
                Ok(entry) => {
                    let shown = match entry.name() {
                        Ok(name) => name.into_owned(),
                        Err(_) => format!("member {index}"),
                    };
                    let safe = entry.enclosed_name().filter(|_| !shown.contains('\\'));
                    let verdict = match safe {
                        _ if entry.is_symlink() => Err("a symbolic link in an archive"),
                        _ if entry.encrypted() => Err("encrypted in its archive"),
                        None => Err("an unsafe name in an archive"),
                        Some(name) if !names.insert(name.to_string_lossy().to_lowercase()) => Err("the same name twice in an archive"),
                        Some(name) => Ok((name, entry.size())),
                    };
                    (shown, verdict)
                }
                Err(_) => (format!("member {index}"), Err("unreadable in its archive")),
            };
            match verdict {
                Ok((name, size)) => members.push((name, index, size)),
                // It may have held anything.
                Err(reason) => self.found.broken.push((input.path.join(plain(&shown)), reason.to_string())),
            }
        }
        members.sort();
        for (below, index, bytes) in members {
            let mut names: Vec<String> = below.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
            let name = names.pop().unwrap_or_default();
            if name.eq_ignore_ascii_case("coverage.toml") {
                let reason = "a coverage.toml in an archive is not read: put it beside the archive";
                self.foreign(input.path.join(&below), reason);
                continue;
            }
            let mut folders = input.folders.clone();
            let inner = 1 + names.len();
            folders.push(input.name.clone());
            folders.extend(names);
            let folder = input.folder.join(&input.name).join(below.parent().unwrap_or(Path::new("")));
            self.found.inputs.push(Input {
                path: input.path.join(&below),
                member: Some((opened.clone(), index)),
                folders,
                folder,
                reach: input.reach + inner,
                name,
                bytes,
                ..input.clone()
            });
        }
    }
}

/// Folders from the one that holds a file upwards that may tell of it, whether or not they lie below the given path: so
/// `exports`, `exports/2026-03-31` and `exports/2026-03-31/groups` tell the same of what lies in the last one.
const ABOVE: usize = 4;

/// The names of folders.
fn names_of(folder: &Path) -> Vec<String> {
    let names = folder.components().filter_map(|c| match c {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    names.collect()
}

/// A name from an archive, fit to be shown below it: nothing in it may climb.
fn plain(name: &str) -> String {
    name.chars()
        .map(|c| if matches!(c, '/' | '\\' | ':') || c.is_control() { '_' } else { c })
        .collect()
}
