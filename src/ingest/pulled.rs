//! What only a pull knows of its files: where they came from, when they were seen, and which pages are all there are.

use crate::ingest::dating::Dating;
use crate::ingest::paths::Input;
use crate::lake::records::Coverage;
use crate::model::Instant;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What a pull knows.
#[derive(Debug, Clone, Default)]
pub struct Pulled {
    /// Its files.
    pub files: BTreeMap<PathBuf, PulledFile>,
    /// Time that it proves, and gaps: these stand in place of what records would let infer.
    pub coverage: Vec<Coverage>,
}

/// A file of pages.
#[derive(Debug, Clone)]
pub struct PulledFile {
    /// How the file is called in the lake: where its pages came from.
    pub shown: String,
    /// What tells its looks from those of other files.
    pub look: String,
    /// When the first page was asked for.
    pub from: Instant,
    /// When the last page had come.
    pub until: Instant,
    /// Its pages, part by part.
    pub parts: Vec<Part>,
}

/// Pages that belong together: a listing, or the part of one object.
#[derive(Debug, Clone)]
pub struct Part {
    /// Pages of the file, from 0.
    pub pages: Range<usize>,
    /// `Ok` when the last page came and the count, where one was given, ties; else why not.
    pub complete: Result<(), String>,
}

impl Pulled {
    /// Dates the looks of its files: all else is dated by what lies outside of it.
    pub(super) fn date(&self, inputs: &[Input], datings: &mut [Dating]) {
        for (input, dating) in inputs.iter().zip(datings) {
            if let Some(file) = self.files.get(&input.path) {
                *dating = Dating {
                    from: file.from,
                    at: file.until,
                    by: "pull",
                    look: file.look.clone(),
                    folders: 0,
                    to_come: None,
                };
            }
        }
    }

    /// What it knows of one file.
    pub(super) fn file(&self, path: &Path) -> Option<&PulledFile> {
        self.files.get(path)
    }
}

impl PulledFile {
    /// Whether a page belongs to something that is whole; pages that nobody vouches for do not.
    pub(super) fn verdict(&self, page: usize) -> Result<(), String> {
        let part = self.parts.iter().find(|p| p.pages.contains(&page));
        part.map_or_else(|| Err("its pull did not end".into()), |p| p.complete.clone())
    }
}
