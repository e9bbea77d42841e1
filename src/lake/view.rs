//! The lake at one commit: live files, and their rows.

use crate::lake::commit::DataFile;
use crate::lake::table::{Row, Table};
use crate::lake::{Commit, LakeError, parquet_io};
use crate::model::TenantId;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The lake at one commit.
#[derive(Debug, Clone)]
pub struct View {
    root: PathBuf,
    log: Vec<(String, Commit)>,
}

impl View {
    pub(crate) fn new(root: PathBuf, log: Vec<(String, Commit)>) -> Self {
        Self { root, log }
    }

    /// Id of the newest commit; `None` for an empty lake.
    #[must_use]
    pub fn commit_id(&self) -> Option<&str> {
        self.log.last().map(|(id, _)| id.as_str())
    }

    /// The lake as it was at a commit, by its id or the first digits of it; `None` when no commit has that id.
    #[must_use]
    pub fn at(&self, commit: &str) -> Option<Self> {
        let last = self.log.iter().position(|(id, _)| !commit.is_empty() && id.starts_with(commit))?;
        Some(Self::new(self.root.clone(), self.log[..=last].to_vec()))
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
        let mut files: Vec<_> = self.log.iter().flat_map(|(_, c)| &c.added).filter(|f| f.table == table).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
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
        let parts: Vec<Vec<R>> = self.paths(R::TABLE).par_iter().map(|path| rows_of(path)).collect::<Result<_, _>>()?;
        Ok(parts.into_iter().flatten().collect())
    }

    /// Compares every live file with the hash in its commit; returns the paths that differ or are missing.
    #[must_use]
    pub fn damaged(&self) -> Vec<String> {
        let files: Vec<&DataFile> = self.log.iter().flat_map(|(_, c)| &c.added).collect();
        let mut bad: Vec<String> = files
            .par_iter()
            .filter(|f| std::fs::read(self.root.join(&f.path)).map_or(true, |bytes| hex::encode(Sha256::digest(&bytes)) != f.sha256))
            .map(|f| f.path.clone())
            .collect();
        bad.sort();
        bad
    }
}

/// The tenant id of records that name no tenant.
pub const UNKNOWN_TENANT: &str = "unknown";

fn rows_of<R: Row>(path: &Path) -> Result<Vec<R>, LakeError> {
    let mut rows = Vec::new();
    for batch in parquet_io::read(path, None)? {
        rows.extend(parquet_io::from_batch::<R>(&batch)?);
    }
    Ok(rows)
}
