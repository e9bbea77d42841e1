//! Paths as given become a sorted list of files, with what their names may tell.

use crate::ingest::error::IngestError;
use crate::ingest::limits::Limits;
use crate::model::Instant;
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// A file that may hold records.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// The path as given, joined with what lies below; a member of an archive lies below the archive.
    pub path: PathBuf,
    /// The file to open.
    pub file: PathBuf,
    /// The member, when the file is an archive.
    pub member: Option<usize>,
    /// Names of the folders between the given path and the file.
    pub folders: Vec<String>,
    /// Name of the given folder itself.
    pub given: Option<String>,
    /// File name.
    pub name: String,
    /// Size on disk.
    pub bytes: u64,
    /// When the file was last changed.
    pub modified: Option<Instant>,
}

impl Input {
    /// The path from the given folder down: what lies above it has names that say nothing of the export.
    pub fn below(&self) -> String {
        let names = self.given.iter().chain(&self.folders).chain([&self.name]);
        names.map(String::as_str).collect::<Vec<_>>().join("/")
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
        limits,
    };
    for path in paths {
        if path.exists() {
            let given = path.file_name().map(|n| n.to_string_lossy().into_owned());
            if path.is_dir() {
                walk.folder(path, &[], given.as_deref())?;
            } else {
                walk.file(path, &[], None, true)?;
            }
            beside(path, &mut walk.found.coverage);
        } else {
            pattern(path, &mut walk)?;
        }
    }
    walk.found.coverage.sort();
    walk.found.coverage.dedup();
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
        let parent = found.parent().and_then(Path::file_name);
        let parent = parent.map(|n| n.to_string_lossy().into_owned());
        if found.is_dir() {
            let name = found.file_name().map(|n| n.to_string_lossy().into_owned());
            walk.folder(&found, &[], name.as_deref())?;
        } else {
            walk.file(&found, &[], parent.as_deref(), true)?;
            beside(&found, &mut walk.found.coverage);
        }
    }
    if any { Ok(()) } else { Err(IngestError::NotFound { path: path.into() }) }
}

struct Walk<'a> {
    found: Found,
    seen: HashSet<PathBuf>,
    limits: &'a Limits,
}

impl Walk<'_> {
    fn folder(&mut self, path: &Path, below: &[String], given: Option<&str>) -> Result<(), IngestError> {
        let unreadable = |source| IngestError::Unreadable { path: path.into(), source };
        let mut entries = fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>).map_err(unreadable)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let kind = entry.file_type().map_err(unreadable)?;
            let path = entry.path();
            if kind.is_symlink() {
                self.foreign(path, "a symbolic link, not followed");
            } else if kind.is_dir() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let below: Vec<String> = below.iter().cloned().chain([name]).collect();
                self.folder(&path, &below, given)?;
            } else if kind.is_file() {
                self.file(&path, below, given, false)?;
            } else {
                self.foreign(path, "not a regular file");
            }
        }
        Ok(())
    }

    fn foreign(&mut self, path: PathBuf, reason: &str) {
        self.found.foreign.push((path, reason.to_string()));
    }

    fn file(&mut self, path: &Path, folders: &[String], given: Option<&str>, named: bool) -> Result<(), IngestError> {
        let unreadable = |source| IngestError::Unreadable { path: path.into(), source };
        // Overlapping paths would count pages twice and make a complete look seem torn.
        if !self.seen.insert(fs::canonicalize(path).map_err(unreadable)?) {
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
            folders: folders.to_vec(),
            given: given.map(str::to_string),
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
        let archive = File::open(&input.file)
            .map_err(zip::result::ZipError::Io)
            .and_then(|file| zip::ZipArchive::new(BufReader::new(file)));
        let mut archive = match archive {
            Ok(archive) => archive,
            Err(error) => {
                let reason = format!("a broken archive: {error}");
                return self.found.broken.push((input.path.clone(), reason));
            }
        };
        if archive.file_names().any(|n| n.is_ok_and(|n| n == "[Content_Types].xml")) {
            return self.foreign(input.path.clone(), "an Office document");
        }
        if archive.len() > self.limits.members {
            let reason = format!("an archive of more than {} members", self.limits.members);
            return self.foreign(input.path.clone(), &reason);
        }
        let mut names = HashSet::new();
        let mut members = Vec::new();
        for index in 0..archive.len() {
            let (shown, verdict) = match archive.by_index(index) {
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
                Err(reason) => self.foreign(input.path.join(plain(&shown)), reason),
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
            folders.push(input.name.clone());
            folders.extend(names);
            self.found.inputs.push(Input {
                path: input.path.join(&below),
                member: Some(index),
                folders,
                name,
                bytes,
                ..input.clone()
            });
        }
    }
}

/// A name from an archive, fit to be shown below it: nothing in it may climb.
fn plain(name: &str) -> String {
    name.chars()
        .map(|c| if matches!(c, '/' | '\\' | ':') || c.is_control() { '_' } else { c })
        .collect()
}
