//! One ingest's writes: new rows go to files, everything is counted, one commit ends it.

use crate::lake::campaigns::heads;
use crate::lake::commit::{DataFile, Hold, Tombstone};
use crate::lake::failpoint::{self, Step};
use crate::lake::known::{Known, Novelty, content_key, id_hash};
use crate::lake::parquet_io;
use crate::lake::parts::Parts;
use crate::lake::records::{Coverage, Pull, Reject, Sighting, Snapshot, Source};
use crate::lake::store::sync_dir;
use crate::lake::table::{Object, Row, Table};
use crate::lake::view::UNKNOWN_TENANT;
use crate::lake::{Commit, Lake, LakeError, View};
use crate::model::{Instant, Interned, TenantId};
use ahash::AHashMap;
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::path::PathBuf;
use xxhash_rust::xxh3::xxh3_128;

/// What became of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Put {
    /// Rows that are new.
    pub kept: u64,
    /// Rows that the lake had.
    pub duplicate: u64,
    /// Kept rows whose id was known with other content.
    pub conflicting: u64,
}

impl std::ops::AddAssign for Put {
    fn add_assign(&mut self, other: Self) {
        self.kept += other.kept;
        self.duplicate += other.duplicate;
        self.conflicting += other.conflicting;
    }
}

/// How a row of a log table is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey {
    /// Hash of the id.
    pub id: u128,
    /// Hash of the content.
    pub content: u128,
    /// Whether its source keeps less of the record than others do, so that the id alone says whether it is known.
    pub retold: bool,
    /// `yyyymm` for audit events, days since 1970 for sign-ins, `NO_TIME` without a time.
    pub partition: i32,
}

impl RowKey {
    /// The partition of rows without a time.
    pub const NO_TIME: i32 = i32::MIN;
}

/// An object as it was seen at one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<R> {
    /// Its content.
    pub row: R,
    /// When.
    pub observed_at: Instant,
    /// The look; `None` for an object nested by `$expand`.
    pub snapshot_id: Option<Interned>,
    /// Dated by modification time only.
    pub presence_only: bool,
    /// SHA-256 of the file.
    pub source: Interned,
    /// Ordinal of the record in the file.
    pub source_row: i64,
}

/// One ingest's writes.
pub struct Writer {
    lake: Lake,
    view: View,
    tenant: TenantId,
    parts: Parts,
    known: AHashMap<(Table, String), Known>,
    plain: AHashMap<Table, BTreeSet<u128>>,
    removed: Vec<Tombstone>,
    merged: Vec<DataFile>,
    holds: Vec<Hold>,
    /// Held until the end, so that a second writer is told to wait.
    _lock: File,
}

impl Writer {
    /// Starts an ingest of one tenant.
    ///
    /// # Errors
    /// When another writer is at work, or the lake belongs to another tenant.
    pub fn begin(lake: &Lake, tenant: &TenantId) -> Result<Self, LakeError> {
        let lock_path = lake.root().join(".lock");
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(&lock_path).map_err(LakeError::io("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LakeError::Locked(lake.root().to_path_buf()));
            }
            Err(TryLockError::Error(e)) => return Err(LakeError::io("lock", &lock_path)(e)),
        }
        let view = lake.view()?;
        let held = view.tenant();
        if let Some(held) = held
            .as_ref()
            .filter(|h| h.as_str() != UNKNOWN_TENANT && tenant.as_str() != UNKNOWN_TENANT && *h != tenant)
        {
            let (held, given) = (held.to_string(), tenant.to_string());
            return Err(LakeError::OtherTenant {
                path: lake.root().to_path_buf(),
                held,
                given,
            });
        }
        // Records that name no tenant belong to the lake's.
        let tenant = match held {
            Some(held) if tenant.as_str() == UNKNOWN_TENANT => held,
            _ => tenant.clone(),
        };
        sweep(lake, &view)?;
        lake.heal_checkpoints(&view)?;
        Ok(Self {
            lake: lake.clone(),
            view,
            tenant,
            parts: Parts::new(lake),
            known: AHashMap::new(),
            plain: AHashMap::new(),
            removed: Vec::new(),
            merged: Vec::new(),
            holds: Vec::new(),
            _lock: lock,
        })
    }

    /// The tenant under which rows are to be written.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Rows of a log table, with a key for each.
    ///
    /// # Errors
    /// When the disk is full or the lake is damaged.
    pub fn log_rows(&mut self, table: Table, batch: &RecordBatch, keys: &[RowKey]) -> Result<Put, LakeError> {
        let mut put = Put::default();
        let mut rows_by_partition: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
        for (i, key) in keys.iter().enumerate() {
            rows_by_partition.entry(key.partition).or_default().push(i);
        }
        for (partition, rows) in rows_by_partition {
            let name = partition_name(table, partition);
            let known = self.known(table, &name)?;
            let mut mask = vec![false; keys.len()];
            let mut kept = 0;
            for i in rows {
                if keys[i].retold && known.has(keys[i].id) {
                    put.duplicate += 1;
                    continue;
                }
                match known.judge(keys[i].id, keys[i].content) {
                    Novelty::Duplicate => {
                        put.duplicate += 1;
                        continue;
                    }
                    Novelty::Conflicting => put.conflicting += 1,
                    Novelty::New => {}
                }
                mask[i] = true;
                kept += 1;
            }
            put.kept += kept as u64;
            if kept == keys.len() {
                self.parts.push(table, &name, batch.clone())?;
            } else if kept > 0 {
                let part = filter_record_batch(batch, &BooleanArray::from(mask)).map_err(LakeError::format("filter", self.lake.root()))?;
                self.parts.push(table, &name, part)?;
            }
        }
        failpoint::reached(Step::DataWritten);
        Ok(put)
    }

    /// Rows of a log table that the lake cannot have yet, such as invented ones: nothing is compared.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn unseen_rows(&mut self, table: Table, partition: &str, batch: RecordBatch) -> Result<(), LakeError> {
        self.parts.push(table, partition, batch)
    }

    /// Objects as seen at looks: a content that is new becomes a row, every look a sighting.
    ///
    /// A look counts as kept when it is new, whether or not its content is; as duplicate when the same content at the same look was there.
    ///
    /// # Errors
    /// When the disk is full or the lake is damaged.
    pub fn objects<R: Object>(&mut self, rows: Vec<Seen<R>>) -> Result<Put, LakeError> {
        let mut put = Put::default();
        let mut contents: BTreeMap<String, Vec<R>> = BTreeMap::new();
        let mut sightings: BTreeMap<String, Vec<Sighting>> = BTreeMap::new();
        for seen in rows {
            let (id, content) = (id_hash(seen.row.id()), content_key(seen.row.content_hash()));
            let sighting = Sighting {
                tenant_id: self.tenant.interned(),
                collection: R::TABLE.name().into(),
                object_id: *seen.row.id(),
                content_hash: *seen.row.content_hash(),
                observed_at: seen.observed_at,
                snapshot_id: seen.snapshot_id,
                presence_only: seen.presence_only,
                source: seen.source,
                source_row: seen.source_row,
            };
            if self.plain_is_new(Table::Sightings, sighting_key(&sighting))? {
                put.kept += 1;
                sightings.entry(month_partition(sighting.observed_at)).or_default().push(sighting);
            } else {
                put.duplicate += 1;
            }
            // Contents that retention dropped come back with the looks that showed them.
            // Contents of one object over time are no conflict: the log of looks tells which was when.
            if self.known(R::TABLE, "")?.judge(id, content) != Novelty::Duplicate {
                contents.entry(month_partition(seen.observed_at)).or_default().push(seen.row);
            }
        }
        for (partition, rows) in contents {
            self.append(&partition, &rows)?;
        }
        for (partition, rows) in sightings {
            self.append(&partition, &rows)?;
        }
        Ok(put)
    }

    /// Looks at collections.
    ///
    /// # Errors
    /// When the disk is full or the lake is damaged.
    pub fn snapshots(&mut self, rows: Vec<Snapshot>) -> Result<(), LakeError> {
        self.plain(rows, |r| format!("{}\0{}\0{}", r.id, r.rows, r.complete))
    }

    /// Time covered, and gaps.
    ///
    /// # Errors
    /// When the disk is full or the lake is damaged.
    pub fn coverage(&mut self, rows: Vec<Coverage>) -> Result<(), LakeError> {
        self.plain(rows, |r| format!("{}\0{}\0{:?}\0{:?}\0{:?}", r.subject, r.basis, r.from, r.until, r.reason))
    }

    /// Records not taken.
    ///
    /// # Errors
    /// When the disk is full or the lake is damaged.
    pub fn rejects(&mut self, rows: Vec<Reject>) -> Result<(), LakeError> {
        self.plain(rows, |r| format!("{}\0{:?}\0{}\0{}\0{}", r.source, r.source_row, r.offset, r.sha256, r.reason))
    }

    /// Files read: a file that was read before, under that path, keeps its first account.
    ///
    /// # Errors
    /// When the disk is full or the lake is damaged.
    pub fn sources(&mut self, rows: Vec<Source>) -> Result<(), LakeError> {
        self.plain(rows, |r| format!("{}\0{}", r.sha256, r.path))
    }

    /// Accounts of pulls: one that was written before keeps its first account.
    ///
    /// # Errors
    /// When the disk is full or the lake is damaged.
    pub fn pulls(&mut self, rows: Vec<Pull>) -> Result<(), LakeError> {
        self.plain(rows, |r| format!("{}\0{}", r.id, r.collection))
    }

    /// Files to drop by policy, with the commit.
    pub fn remove(&mut self, files: Vec<Tombstone>) {
        self.removed.extend(files);
    }

    /// Rows of small files that come again in one file of their partition: the files are live no longer.
    ///
    /// # Errors
    /// When a file is damaged or the disk is full.
    pub(super) fn merge(&mut self, files: Vec<DataFile>) -> Result<(), LakeError> {
        for file in &files {
            for batch in parquet_io::read(&self.lake.root().join(&file.path), None)? {
                self.parts.push(file.table, &file.partition, batch)?;
            }
        }
        self.merged.extend(files);
        Ok(())
    }

    /// A legal hold to set or release, with the commit.
    pub fn hold(&mut self, hold: Hold) {
        self.holds.push(hold);
    }

    /// Makes the writes visible: returns the commit's id, or `None` when nothing was new.
    ///
    /// # Errors
    /// When the disk is full, or another writer committed first.
    pub fn commit(mut self, now: Instant) -> Result<Option<String>, LakeError> {
        let campaigns = heads(self.lake.root())?;
        let nothing = self.parts.is_empty() && self.removed.is_empty() && self.holds.is_empty();
        if nothing && campaigns == self.view.campaigns() {
            return Ok(None);
        }
        let finished = std::mem::replace(&mut self.parts, Parts::new(&self.lake)).finish()?;
        failpoint::reached(Step::DataSynced);
        let mut added = Vec::new();
        let mut dirs = BTreeSet::new();
        for (table, partition, file) in finished {
            let name = format!("{}.parquet", &file.sha256[..32]);
            let dir = file.temp.parent().map(PathBuf::from).unwrap_or_default();
            fs::rename(&file.temp, dir.join(&name)).map_err(LakeError::io("rename", &file.temp))?;
            dirs.insert(dir);
            let path = ["data", table.name(), &partition, &name]
                .iter()
                .filter(|p| !p.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join("/");
            added.push(DataFile {
                table,
                partition,
                path,
                sha256: file.sha256,
                bytes: file.bytes,
                rows: file.rows,
            });
        }
        for dir in dirs {
            sync_dir(&dir)?;
        }
        failpoint::reached(Step::DataRenamed);
        added.sort();
        self.merged.sort();
        let parent = self.view.commit_id().unwrap_or_default().to_string();
        let commit = Commit {
            sequence: self.view.sequence() + 1,
            parent,
            at: Lake::stamp(now),
            tenant: self.tenant,
            added,
            removed: self.removed,
            merged: self.merged,
            holds: self.holds,
            campaigns,
        };
        let gone: Vec<PathBuf> = commit.removed.iter().map(|t| self.lake.root().join(&t.file.path)).collect();
        let id = self.lake.append(&self.view, commit)?;
        for path in gone {
            // One that stays is seen by no reader, and swept by the next writer.
            let _ = fs::remove_file(&path);
            // A folder that holds more stays, too.
            let _ = path.parent().map(fs::remove_dir);
        }
        Ok(Some(id))
    }

    fn known(&mut self, table: Table, partition: &str) -> Result<&mut Known, LakeError> {
        let key = (table, partition.to_string());
        if !self.known.contains_key(&key) {
            let loaded = Known::load(&self.view, table, (!partition.is_empty()).then_some(partition))?;
            self.known.insert(key.clone(), loaded);
        }
        Ok(self.known.get_mut(&key).expect("inserted above"))
    }

    fn plain<R: Row>(&mut self, rows: Vec<R>, key: impl Fn(&R) -> String) -> Result<(), LakeError> {
        if rows.is_empty() {
            return Ok(());
        }
        if !self.plain.contains_key(&R::TABLE) {
            // What was rejected is told apart by its hash: its text need not be held.
            let without: &[&str] = if R::TABLE == Table::Rejects { &["raw"] } else { &[] };
            let there: BTreeSet<u128> = self.view.rows_without::<R>(without)?.iter().map(|r| xxh3_128(key(r).as_bytes())).collect();
            self.plain.insert(R::TABLE, there);
        }
        let there = self.plain.get_mut(&R::TABLE).expect("inserted above");
        let fresh: Vec<R> = rows.into_iter().filter(|r| there.insert(xxh3_128(key(r).as_bytes()))).collect();
        if fresh.is_empty() { Ok(()) } else { self.append("", &fresh) }
    }

    fn plain_is_new(&mut self, table: Table, key: u128) -> Result<bool, LakeError> {
        if !self.plain.contains_key(&table) {
            let there: BTreeSet<u128> = self.view.rows::<Sighting>()?.iter().map(sighting_key).collect();
            self.plain.insert(table, there);
        }
        Ok(self.plain.get_mut(&table).expect("inserted above").insert(key))
    }

    fn append<R: Row>(&mut self, partition: &str, rows: &[R]) -> Result<(), LakeError> {
        let batch = parquet_io::to_batch(rows)?;
        self.parts.push(R::TABLE, partition, batch)
    }
}

fn sighting_key(s: &Sighting) -> u128 {
    let text = format!(
        "{}\0{}\0{}\0{}\0{:?}\0{}",
        s.collection, s.object_id, s.content_hash, s.observed_at.0, s.snapshot_id, s.presence_only
    );
    xxh3_128(text.as_bytes())
}

fn month_partition(at: Instant) -> String {
    format!("month={}", at.month())
}

fn partition_name(table: Table, partition: i32) -> String {
    match (table, partition) {
        (Table::AuditEvents, RowKey::NO_TIME) => "month=unknown".into(),
        (Table::AuditEvents, p) => format!("month={:04}-{:02}", p / 100, p % 100),
        (_, RowKey::NO_TIME) => "day=unknown".into(),
        (_, p) => format!("day={}", Instant::from_unix(i64::from(p) * 86_400).day()),
    }
}

/// Removes what earlier crashes left: temporary files, and data files that no commit names.
fn sweep(lake: &Lake, view: &View) -> Result<(), LakeError> {
    for path in orphans(lake, view) {
        fs::remove_file(&path).map_err(LakeError::io("remove", &path))?;
    }
    Ok(())
}

impl Lake {
    /// Files that no commit names, by their path below the lake, sorted.
    #[must_use]
    pub fn strays(&self, view: &View) -> Vec<String> {
        let below = |path: &PathBuf| path.strip_prefix(self.root()).unwrap_or(path).to_string_lossy().into_owned();
        let mut found: Vec<String> = orphans(self, view).iter().map(below).collect();
        found.sort();
        found
    }
}

/// Temporary files, and data files that no commit names.
fn orphans(lake: &Lake, view: &View) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let live: BTreeSet<PathBuf> = view.live().chain(view.merged()).map(|f| lake.root().join(&f.path)).collect();
    let mut folders = vec![lake.root().join("data"), lake.commits_dir(), lake.checkpoints_dir()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let orphan = name.starts_with(".tmp-") || (name.ends_with(".parquet") && !live.contains(&path));
            if orphan {
                found.push(path);
            }
        }
    }
    found
}
