//! The lake at one commit: live files, and their rows.

use crate::lake::commit::{DataFile, Tombstone};
use crate::lake::records::Sighting;
use crate::lake::table::{Row, Table};
use crate::lake::tree::{self, Hash};
use crate::lake::{Commit, LakeError, parquet_io};
use crate::model::{Interned, TenantId};
use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

/// The lake at one commit.
#[derive(Debug, Clone)]
pub struct View {
    root: PathBuf,
    log: Vec<(String, Commit)>,
    leaves: Vec<Hash>,
    live: BTreeMap<String, DataFile>,
    /// Files whose rows stand in another one by now.
    merged: BTreeMap<String, DataFile>,
    /// Of a file that others were merged into: those.
    parts: BTreeMap<String, Vec<String>>,
}

impl View {
    /// The lake at the last of these commits, each with its leaf in the tree of the log.
    pub(crate) fn new(root: PathBuf, log: Vec<(String, Commit)>, leaves: Vec<Hash>) -> Self {
        let mut live = BTreeMap::new();
        let mut merged: BTreeMap<String, DataFile> = BTreeMap::new();
        let mut parts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (_, commit) in &log {
            for tombstone in &commit.removed {
                live.remove(&tombstone.file.path);
                merged.remove(&tombstone.file.path);
            }
            for file in &commit.merged {
                live.remove(&file.path);
                merged.insert(file.path.clone(), file.clone());
            }
            for file in &commit.added {
                live.insert(file.path.clone(), file.clone());
                let of = commit.merged.iter().filter(|m| (m.table, &m.partition) == (file.table, &file.partition));
                let of: Vec<String> = of.map(|m| m.path.clone()).collect();
                if !of.is_empty() {
                    parts.insert(file.path.clone(), of);
                }
            }
        }
        Self {
            root,
            log,
            leaves,
            live,
            merged,
            parts,
        }
    }

    /// This view after one more commit, whose text is given.
    pub(crate) fn with(&self, id: String, text: &str, commit: Commit) -> Self {
        let mut next = self.clone();
        next.log.push((id, commit));
        next.leaves.push(tree::leaf(text.as_bytes()));
        Self::new(next.root, next.log, next.leaves)
    }

    /// The folder of the lake.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Leaves of the tree of the log, oldest commit first.
    #[must_use]
    pub fn leaves(&self) -> &[Hash] {
        &self.leaves
    }

    /// All live files, sorted by path.
    pub fn live(&self) -> impl Iterator<Item = &DataFile> {
        self.live.values()
    }

    /// Files whose rows stand in another one by now, and that commits before still name, sorted by path.
    pub fn merged(&self) -> impl Iterator<Item = &DataFile> {
        self.merged.values()
    }

    /// Paths of the files that brought the rows of a file: its own, or those of the files that were merged into it.
    #[must_use]
    pub fn origins<'a>(&'a self, path: &'a str) -> Vec<&'a str> {
        match self.parts.get(path) {
            Some(parts) => parts.iter().flat_map(|p| self.origins(p)).collect(),
            None => vec![path],
        }
    }

    /// Whether the rows of a file stand in another one, maybe by way of further ones.
    #[must_use]
    pub fn is_merged_into(&self, part: &str, whole: &str) -> bool {
        let parts = self.parts.get(whole).map_or(&[][..], Vec::as_slice);
        parts.iter().any(|p| p == part || self.is_merged_into(part, p))
    }

    /// Files of a table with all rows but those that the files of `known` paths brought.
    #[must_use]
    pub fn files_beyond(&self, table: Table, known: &BTreeSet<String>) -> Vec<&DataFile> {
        let beyond = |file: &&'_ DataFile| -> Vec<String> {
            let origins = self.origins(&file.path);
            let unknown: Vec<&str> = origins.iter().copied().filter(|o| !known.contains(*o)).collect();
            if unknown.len() == origins.len() {
                vec![file.path.clone()]
            } else {
                unknown.into_iter().map(String::from).collect()
            }
        };
        let files = self.live.values().filter(|f| f.table == table);
        let paths: Vec<String> = files.flat_map(|f| beyond(&f)).collect();
        paths.iter().filter_map(|p| self.live.get(p).or_else(|| self.merged.get(p))).collect()
    }

    /// Files that were dropped by policy, with the commits that dropped them; what had been merged away is not counted again.
    pub fn dropped(&self) -> impl Iterator<Item = (&Commit, &Tombstone)> {
        let merged: BTreeSet<&str> = self.log.iter().flat_map(|(_, c)| &c.merged).map(|f| f.path.as_str()).collect();
        let of = |(_, commit): &'_ (String, Commit)| -> Vec<usize> {
            (0..commit.removed.len())
                .filter(|i| !merged.contains(commit.removed[*i].file.path.as_str()))
                .collect()
        };
        let kept: Vec<Vec<usize>> = self.log.iter().map(of).collect();
        self.log
            .iter()
            .zip(kept)
            .flat_map(|((_, c), which)| which.into_iter().map(move |i| (c, &c.removed[i])))
    }

    /// Id of the newest commit; `None` for an empty lake.
    #[must_use]
    pub fn commit_id(&self) -> Option<&str> {
        self.log.last().map(|(id, _)| id.as_str())
    }

    /// Sequence number of the newest commit, 0 for an empty lake.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.log.last().map_or(0, |(_, c)| c.sequence)
    }

    /// The commits, oldest first.
    #[must_use]
    pub fn log(&self) -> &[(String, Commit)] {
        &self.log
    }

    /// The tenant whose lake this is; a tenant that no record named gives way to one that a later record names.
    #[must_use]
    pub fn tenant(&self) -> Option<TenantId> {
        let mut tenants = self.log.iter().map(|(_, c)| &c.tenant);
        let first = tenants.next()?;
        Some(
            tenants
                .find(|t| t.as_str() != UNKNOWN_TENANT)
                .filter(|_| first.as_str() == UNKNOWN_TENANT)
                .unwrap_or(first)
                .clone(),
        )
    }

    /// Live files of a table, sorted by path.
    #[must_use]
    pub fn data_files(&self, table: Table) -> Vec<&DataFile> {
        self.live.values().filter(|f| f.table == table).collect()
    }

    /// Paths of the live files of a table.
    #[must_use]
    pub fn paths(&self, table: Table) -> Vec<PathBuf> {
        self.data_files(table).iter().map(|f| self.root.join(&f.path)).collect()
    }

    /// Paths of the live files of one partition of a table.
    #[must_use]
    pub fn partition_paths(&self, table: Table, partition: &str) -> Vec<PathBuf> {
        self.data_files(table)
            .iter()
            .filter(|f| f.partition == partition)
            .map(|f| self.root.join(&f.path))
            .collect()
    }

    /// Number of rows of a table.
    #[must_use]
    pub fn row_count(&self, table: Table) -> u64 {
        self.data_files(table).iter().map(|f| f.rows).sum()
    }

    /// All rows of a table, file by file in the order of their paths.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn rows<R: Row>(&self) -> Result<Vec<R>, LakeError> {
        self.rows_without(&[])
    }

    /// The same, with some columns neither read nor kept in memory: their fields are empty.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn rows_without<R: Row>(&self, without: &[&str]) -> Result<Vec<R>, LakeError> {
        let parts: Vec<Vec<R>> = self.paths(R::TABLE).par_iter().map(|path| rows_of(path, without)).collect::<Result<_, _>>()?;
        Ok(parquet_io::joined(parts))
    }

    /// Rows of a table whose text column has one of these values, file by file in the order of their paths.
    ///
    /// # Errors
    /// When a file is missing or damaged, or has no such column.
    pub fn rows_where<R: Row>(&self, column: &str, values: &BTreeSet<&str>) -> Result<Vec<R>, LakeError> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let parts: Vec<Vec<R>> = self
            .paths(R::TABLE)
            .par_iter()
            .map(|path| {
                let mut rows = Vec::new();
                for batch in parquet_io::read(path, None)? {
                    let texts = batch.column_by_name(column).and_then(|c| c.as_string_opt::<i32>());
                    let texts = texts.ok_or_else(|| LakeError::format("read", path)(format!("it has no text column {column}")))?;
                    let mask: BooleanArray = texts.iter().map(|t| Some(t.is_some_and(|t| values.contains(t)))).collect();
                    let few = filter_record_batch(&batch, &mask).map_err(LakeError::format("filter", path))?;
                    rows.extend(parquet_io::from_batch::<R>(&few)?);
                }
                Ok(rows)
            })
            .collect::<Result<_, LakeError>>()?;
        Ok(parquet_io::joined(parts))
    }

    /// All sightings without their sources.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn sightings(&self) -> Result<Vec<Sighting>, LakeError> {
        self.rows_without(&["tenant_id", "source", "source_row"])
    }

    /// Id and hash of each content in a file of an object table; nothing for a log.
    ///
    /// # Errors
    /// When the file is missing or damaged.
    pub fn contents(&self, file: &DataFile) -> Result<Vec<Content>, LakeError> {
        if matches!(file.table, Table::AuditEvents | Table::SignIns) {
            return Ok(Vec::new());
        }
        let path = self.root.join(&file.path);
        let mut contents = Vec::new();
        for batch in parquet_io::read(&path, Some(&["id", "content_hash"]))? {
            let column = |name: &str| {
                let texts = batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
                texts.ok_or_else(|| LakeError::format("read", &path)(format!("it has no text column {name}")))
            };
            let pairs = column("id")?.iter().zip(column("content_hash")?.iter());
            contents.extend(pairs.filter_map(|(id, hash)| Some((Interned::from(id?), Interned::from(hash?)))));
        }
        Ok(contents)
    }

    /// Compares every live file with the hash in its commit, once in the life of the program, before anything is read of it.
    ///
    /// # Errors
    /// When a file is missing or has other bytes, the first of them by path.
    pub fn whole(&self) -> Result<(), LakeError> {
        static SEEN: LazyLock<Mutex<BTreeSet<(PathBuf, String)>>> = LazyLock::new(Mutex::default);
        let key = |f: &DataFile| (self.root.join(&f.path), f.sha256.clone());
        let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fresh: Vec<&DataFile> = self.live.values().filter(|f| !seen.contains(&key(f))).collect();
        let checked = fresh.par_iter().map(|f| self.right(f).map(|()| key(f)));
        let checked: Vec<Result<(PathBuf, String), LakeError>> = checked.collect();
        let right: Vec<(PathBuf, String)> = checked.into_iter().collect::<Result<_, _>>()?;
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).extend(right);
        Ok(())
    }

    fn right(&self, file: &DataFile) -> Result<(), LakeError> {
        let path = self.root.join(&file.path);
        let wrong = |how| Err(LakeError::Damaged { path: path.clone(), how });
        match std::fs::read(&path) {
            Ok(bytes) if hex::encode(Sha256::digest(&bytes)) == file.sha256 => Ok(()),
            Ok(_) => wrong("is damaged: its bytes are not those that its commit names"),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => wrong("is missing"),
            Err(e) => Err(LakeError::io("read", &path)(e)),
        }
    }

    /// Compares every file, live or merged into another, with the hash in its commit; returns the paths that differ or are missing.
    #[must_use]
    pub fn damaged(&self) -> Vec<String> {
        let files: Vec<&DataFile> = self.live.values().chain(self.merged.values()).collect();
        let mut bad: Vec<String> = files.par_iter().filter(|f| self.right(f).is_err()).map(|f| f.path.clone()).collect();
        bad.sort();
        bad
    }
}

/// An object as it was: its id, and the hash of its content.
pub type Content = (Interned, Interned);

/// The tenant id of records that name no tenant.
pub const UNKNOWN_TENANT: &str = "unknown";

pub(super) fn rows_of<R: Row>(path: &Path, without: &[&str]) -> Result<Vec<R>, LakeError> {
    let fields = R::fields();
    let wanted: Vec<&str> = fields.iter().map(|f| f.name().as_str()).filter(|n| !without.contains(n)).collect();
    let rows = |batch: RecordBatch| parquet_io::from_batch_without::<R>(&batch, without);
    parquet_io::read_as(path, (!without.is_empty()).then_some(&wanted[..]), rows)
}
