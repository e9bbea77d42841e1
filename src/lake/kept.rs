//! Tables that are made from a commit and kept beside it, to be thrown away and made again at will.
//!
//! A kept table is one Parquet file whose rows are sorted by a column, in small groups with the bounds of that column, so
//! that a question about one value reads a few groups.

use crate::lake::column::Columns;
use crate::lake::{LakeError, View, parquet_io};
use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::FieldRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a group: a question about one value unpacks a group or two.
const GROUP: usize = 2_048;

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
    let written = write(&making);
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

/// Writes rows that are sorted by `key`.
///
/// # Errors
/// When the disk is full.
pub fn write<R: Columns + Serialize + Sync>(path: &Path, key: &str, rows: &[R]) -> Result<(), LakeError> {
    let fields: Vec<FieldRef> = R::fields().into_iter().map(Arc::new).collect();
    let level = ZstdLevel::try_new(1).expect("1 is a level of zstd");
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_column_statistics_enabled(ColumnPath::from(key), EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(GROUP))
        .set_created_by(concat!("vouchsafe ", env!("CARGO_PKG_VERSION")).to_string())
        .build();
    let file = parquet_io::private_file(path).map_err(LakeError::io("create", path))?;
    let mut writer = ArrowWriter::try_new(file, parquet_io::schema::<R>(), Some(properties)).map_err(LakeError::format("write", path))?;
    for many in rows.chunks(16 * GROUP) {
        let batches: Vec<RecordBatch> = many
            .par_chunks(GROUP)
            .map(|group| serde_arrow::to_record_batch(&fields, &group).map_err(LakeError::format("encode rows of", path)))
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
pub fn read<R: DeserializeOwned + Send>(path: &Path) -> Result<Vec<R>, LakeError> {
    some(path, None)
}

/// The rows whose `key` has this value.
///
/// # Errors
/// When the file is missing or damaged.
pub fn read_where<R: DeserializeOwned + Send>(path: &Path, key: &str, value: &str) -> Result<Vec<R>, LakeError> {
    some(path, Some((key, value)))
}

fn some<R: DeserializeOwned + Send>(path: &Path, wanted: Option<(&str, &str)>) -> Result<Vec<R>, LakeError> {
    let open = || File::open(path).map_err(LakeError::io("open", path));
    let metadata = ArrowReaderMetadata::load(&open()?, ArrowReaderOptions::new()).map_err(LakeError::format("read", path))?;
    let groups = match wanted {
        Some((key, value)) => groups_with(&metadata, key, value),
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
                Some((key, value)) => only(&batch, key, value, path)?,
                None => batch,
            };
            let some: Vec<R> = serde_arrow::from_record_batch(&batch).map_err(LakeError::format("decode rows of", path))?;
            rows.extend(some);
        }
        Ok(rows)
    };
    let parts: Vec<Vec<R>> = groups.into_par_iter().map(of_group).collect::<Result<_, _>>()?;
    Ok(parts.into_iter().flatten().collect())
}

/// Groups of rows whose bounds of `key` hold the value.
fn groups_with(metadata: &ArrowReaderMetadata, key: &str, value: &str) -> Vec<usize> {
    let schema = metadata.parquet_schema();
    let column = (0..schema.num_columns()).find(|i| schema.column(*i).path().string() == key);
    let may_hold = |group: &usize| {
        let statistics = column.and_then(|c| metadata.metadata().row_group(*group).column(c).statistics());
        let Some(Statistics::ByteArray(bounds)) = statistics else { return true };
        let (min, max) = (bounds.min_opt(), bounds.max_opt());
        min.is_none_or(|m| m.data() <= value.as_bytes()) && max.is_none_or(|m| value.as_bytes() <= m.data())
    };
    (0..metadata.metadata().num_row_groups()).filter(may_hold).collect()
}

fn only(batch: &RecordBatch, key: &str, value: &str, path: &Path) -> Result<RecordBatch, LakeError> {
    let texts = batch.column_by_name(key).and_then(|c| c.as_string_opt::<i32>());
    let texts = texts.ok_or_else(|| LakeError::format("read", path)(format!("it has no text column {key}")))?;
    let mask: BooleanArray = texts.iter().map(|t| Some(t == Some(value))).collect();
    filter_record_batch(batch, &mask).map_err(LakeError::format("filter", path))
}
