//! Tables that are made from a commit and kept beside it, to be thrown away and made again at will.
//!
//! A kept table is one Parquet file whose rows are sorted by a column, in small groups with the bounds of that column, so
//! that a question about one value reads a few groups.

use crate::lake::column::Columns;
use crate::lake::{LakeError, View, parquet_io};
use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::ByteArray;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// Rows of a group: a question about one value unpacks a group or two.
const GROUP: usize = 2_048;
/// Rows of a group of a file that is always read whole.
const WHOLE_GROUP: usize = 65_536;

/// What is kept beside the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Facts of the audit log and sign-ins by day: each follows from files of the logs, and goes on from commit to commit.
    Logs,
    /// The ledger of one commit.
    Ledger,
}

impl What {
    fn folder(self) -> &'static str {
        match self {
            Self::Logs => "_condensed",
            Self::Ledger => "_ledger",
        }
    }
}

/// The folder of what is kept of a commit that brought rows, by the program that made it.
#[must_use]
pub fn folder(view: &View, what: What, made_by: &str) -> Option<PathBuf> {
    let commit = view.data_commit_id()?;
    Some(parent(view, what).join(format!("{}-{}", commit.get(..16)?, made_by.get(..16)?)))
}

/// Folders of what this program kept of any commit.
#[must_use]
pub fn folders(view: &View, what: What, made_by: &str) -> Vec<PathBuf> {
    let end = format!("-{}", made_by.get(..16).unwrap_or(made_by));
    let entries = fs::read_dir(parent(view, what)).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| p.to_string_lossy().ends_with(&end)).collect();
    folders.sort();
    folders
}

fn parent(view: &View, what: What) -> PathBuf {
    view.root().join(what.folder())
}

/// Makes the folder whole under another name first; what was kept of other commits or by other programs goes.
///
/// # Errors
/// When the disk is full or the folder cannot be written.
pub fn replace(folder: &Path, write: impl FnOnce(&Path) -> Result<(), LakeError>) -> Result<(), LakeError> {
    let parent = folder.parent().unwrap_or(folder);
    private_dir(parent)?;
    let making = parent.join(format!(".making-{}", std::process::id()));
    let _ = fs::remove_dir_all(&making);
    private_dir(&making)?;
    let written = write(&making).and_then(|()| write_json(&making.join(SUMS), &sums(&making)?));
    if written.is_err() {
        let _ = fs::remove_dir_all(&making);
        return written;
    }
    for entry in fs::read_dir(parent).map_err(LakeError::io("read", parent))?.flatten() {
        let path = entry.path();
        if path != making {
            let _ = fs::remove_dir_all(path);
        }
    }
    // Another process may have kept the same meanwhile.
    if fs::rename(&making, folder).is_err() {
        let _ = fs::remove_dir_all(&making);
    }
    Ok(())
}

/// What stands beside the files of a folder: length and XXH3 of each.
const SUMS: &str = "sums.json";

type Sums = BTreeMap<String, (u64, String)>;

/// Length and XXH3 of each file of a folder but the sums themselves.
fn sums(folder: &Path) -> Result<Sums, LakeError> {
    let entries = fs::read_dir(folder).map_err(LakeError::io("read", folder))?;
    let paths: Vec<PathBuf> = entries
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(LakeError::io("read", folder))?;
    let name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    // Tables of questions come later, in a folder of their own.
    let files = paths.par_iter().filter(|p| name(p) != SUMS && p.is_file());
    files.map(|p| Ok((name(p), sum(p).map_err(LakeError::io("read", p))?))).collect()
}

fn sum(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let (mut hash, mut length) = (Xxh3::new(), 0);
    let mut part = vec![0; 1 << 20];
    loop {
        match file.read(&mut part)? {
            0 => return Ok((length, format!("{:032x}", hash.digest128()))),
            n => {
                hash.update(&part[..n]);
                length += n as u64;
            }
        }
    }
}

/// Whether a folder is as it was kept: one with a bit turned or half copied is as good as none, and what it held is made again.
///
/// The sums lie beside the files, so this is no guard against somebody who writes both: `lake verify` throws the folders away.
#[must_use]
pub fn is_intact(folder: &Path) -> bool {
    let told: Option<Sums> = read_json(&folder.join(SUMS)).ok();
    told.is_some_and(|told| sums(folder).is_ok_and(|now| now == told))
}

/// Whether anything is kept beside the lake.
#[must_use]
pub fn any(view: &View) -> bool {
    [What::Logs, What::Ledger].into_iter().any(|what| parent(view, what).is_dir())
}

/// Throws away what is kept: what was dropped from the lake must not live on in it.
///
/// # Errors
/// When the folder cannot be removed.
pub fn discard(view: &View) -> Result<(), LakeError> {
    for what in [What::Logs, What::Ledger] {
        let parent = parent(view, what);
        match fs::remove_dir_all(&parent) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(LakeError::io("remove", &parent)(e)),
            _ => {}
        }
    }
    Ok(())
}

/// Writes a small file of JSON.
///
/// # Errors
/// When the disk is full.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), LakeError> {
    let text = serde_json::to_vec(value).map_err(LakeError::format("write", path))?;
    let file = parquet_io::private_file(path).map_err(LakeError::io("create", path))?;
    std::io::Write::write_all(&mut &file, &text).map_err(LakeError::io("write", path))
}

/// Reads it.
///
/// # Errors
/// When the file is missing or damaged.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, LakeError> {
    let text = fs::read(path).map_err(LakeError::io("read", path))?;
    serde_json::from_slice(&text).map_err(LakeError::format("read", path))
}

fn private_dir(path: &Path) -> Result<(), LakeError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(LakeError::io("create", path))
}

/// How the rows of a file are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order<'a> {
    /// By the values of this text column, by which they are sorted.
    By(&'a str),
    /// All of them, always.
    Whole,
}

/// Writes a row for each of some things, in their order.
///
/// # Errors
/// When the disk is full.
pub fn write<T: Sync, R: Columns + Send>(path: &Path, order: Order, things: &[T], row: impl Fn(&T) -> R + Sync) -> Result<(), LakeError> {
    let level = ZstdLevel::try_new(1).expect("1 is a level of zstd");
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_created_by(concat!("vouchsafe ", env!("CARGO_PKG_VERSION")).to_string());
    let (properties, group) = match order {
        Order::By(key) => (properties.set_column_statistics_enabled(ColumnPath::from(key), EnabledStatistics::Chunk), GROUP),
        Order::Whole => (properties, WHOLE_GROUP),
    };
    let properties = properties.set_max_row_group_row_count(Some(group)).build();
    let file = parquet_io::private_file(path).map_err(LakeError::io("create", path))?;
    let mut writer = ArrowWriter::try_new(file, parquet_io::schema::<R>(), Some(properties)).map_err(LakeError::format("write", path))?;
    for many in things.chunks(16 * GROUP) {
        let batches: Vec<RecordBatch> = many
            .par_chunks(GROUP)
            .map(|few| parquet_io::batch_of(&few.iter().map(&row).collect::<Vec<R>>()).map_err(LakeError::format("encode rows of", path)))
            .collect::<Result<_, _>>()?;
        for batch in &batches {
            writer.write(batch).map_err(LakeError::format("write", path))?;
        }
    }
    writer.close().map_err(LakeError::format("write", path))?;
    Ok(())
}

/// All rows.
///
/// # Errors
/// When the file is missing or damaged.
pub fn read<R: Columns + Send>(path: &Path) -> Result<Vec<R>, LakeError> {
    some(path, None)
}

/// The rows whose `key` has one of these values.
///
/// # Errors
/// When the file is missing or damaged.
pub fn read_where<R: Columns + Send>(path: &Path, key: &str, values: &BTreeSet<&str>) -> Result<Vec<R>, LakeError> {
    some(path, Some((key, values)))
}

fn some<R: Columns + Send>(path: &Path, wanted: Option<(&str, &BTreeSet<&str>)>) -> Result<Vec<R>, LakeError> {
    let open = || File::open(path).map_err(LakeError::io("open", path));
    let metadata = ArrowReaderMetadata::load(&open()?, ArrowReaderOptions::new()).map_err(LakeError::format("read", path))?;
    let groups = match wanted {
        Some((key, values)) => groups_with(&metadata, key, values),
        None => (0..metadata.metadata().num_row_groups()).collect(),
    };
    let of_group = |group: usize| -> Result<Vec<R>, LakeError> {
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(open()?, metadata.clone())
            .with_row_groups(vec![group])
            .with_batch_size(GROUP)
            .build()
            .map_err(LakeError::format("read", path))?;
        let mut rows = Vec::new();
        for batch in reader {
            let batch = batch.map_err(LakeError::format("read", path))?;
            let batch = match wanted {
                Some((key, values)) => only(&batch, key, values, path)?,
                None => batch,
            };
            let some: Option<Vec<R>> = parquet_io::rows_of(&batch);
            rows.extend(some.ok_or_else(|| LakeError::format("decode rows of", path)("a column has another type"))?);
        }
        Ok(rows)
    };
    let parts: Vec<Vec<R>> = groups.into_par_iter().map(of_group).collect::<Result<_, _>>()?;
    Ok(parquet_io::joined(parts))
}

/// Groups of rows whose bounds of `key` hold one of the values.
fn groups_with(metadata: &ArrowReaderMetadata, key: &str, values: &BTreeSet<&str>) -> Vec<usize> {
    let schema = metadata.parquet_schema();
    let column = (0..schema.num_columns()).find(|i| schema.column(*i).path().string() == key);
    let may_hold = |group: &usize| {
        let statistics = column.and_then(|c| metadata.metadata().row_group(*group).column(c).statistics());
        let Some(Statistics::ByteArray(bounds)) = statistics else { return true };
        let bound = |b: Option<&ByteArray>| b.and_then(|b| std::str::from_utf8(b.data()).ok().map(str::to_string));
        let (Some(min), Some(max)) = (bound(bounds.min_opt()), bound(bounds.max_opt())) else {
            return true;
        };
        min <= max && values.range(min.as_str()..=max.as_str()).next().is_some()
    };
    (0..metadata.metadata().num_row_groups()).filter(may_hold).collect()
}

fn only(batch: &RecordBatch, key: &str, values: &BTreeSet<&str>, path: &Path) -> Result<RecordBatch, LakeError> {
    let texts = batch.column_by_name(key).and_then(|c| c.as_string_opt::<i32>());
    let texts = texts.ok_or_else(|| LakeError::format("read", path)(format!("it has no text column {key}")))?;
    let mask: BooleanArray = texts.iter().map(|t| Some(t.is_some_and(|t| values.contains(t)))).collect();
    filter_record_batch(batch, &mask).map_err(LakeError::format("filter", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_which_anything_changed_is_as_good_as_none() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("kept");
        let keep = || {
            let kept = replace(&folder, |making| {
                let path = making.join("rows.parquet");
                fs::write(&path, b"four rows").map_err(LakeError::io("write", &path))?;
                write_json(&making.join("basis.json"), &"complete")
            });
            kept.expect("kept");
            assert!(is_intact(&folder));
        };
        assert!(!is_intact(&folder), "there is none");
        keep();
        fs::create_dir(folder.join("views")).expect("a folder");
        assert!(is_intact(&folder), "tables of questions come later");
        fs::write(folder.join("rows.parquet"), b"five rows").expect("written");
        assert!(!is_intact(&folder), "a row that was taken out");
        keep();
        fs::remove_file(folder.join("basis.json")).expect("removed");
        assert!(!is_intact(&folder), "a file that is gone");
        keep();
        fs::write(folder.join("more.parquet"), b"").expect("written");
        assert!(!is_intact(&folder), "a file that came");
        keep();
        fs::remove_file(folder.join(SUMS)).expect("removed");
        assert!(!is_intact(&folder), "sums that are gone");
    }
}
