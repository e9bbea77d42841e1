//! Tables below the views as Parquet, in memory or kept beside the ledger of a commit, to be thrown away at will.
//!
//! Instants are written without a zone, as UTC: every engine shows and compares them alike.

use crate::lake::column::Columns;
use crate::lake::{View, kept, parquet_io};
use crate::views::{Base, ViewError};
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, TimeUnit};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a group: a question about one object unpacks a group or two.
const GROUP: usize = 8_192;

/// Where a table lies.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// In memory, as Parquet.
    Bytes(Vec<u8>),
}

/// Rows as Parquet.
///
/// # Errors
/// When a row does not fit its columns, which is a bug.
pub fn encode<R: Columns + Sync>(rows: &[R]) -> Result<Vec<u8>, ViewError> {
    let schema = Arc::new(Schema::new(R::fields().into_iter().map(without_zone).collect::<Vec<_>>()));
    let mut writer = writer(&schema)?;
    for many in rows.chunks(16 * GROUP) {
        let batches: Vec<RecordBatch> = many
            .par_chunks(GROUP)
            .map(|group| batch(&schema, group).map_err(|e| bug(&e)))
            .collect::<Result<_, _>>()?;
        for batch in &batches {
            writer.write(batch).map_err(|e| bug(&e))?;
        }
    }
    writer.into_inner().map_err(|e| bug(&e))
}

/// No rows with these columns, but for nested ones, as Parquet.
///
/// # Errors
/// When a column cannot be written, which is a bug.
pub fn empty(columns: Vec<Field>) -> Result<Vec<u8>, ViewError> {
    let flat = columns.into_iter().filter(|f| !f.data_type().is_nested()).map(without_zone);
    writer(&Arc::new(Schema::new(flat.collect::<Vec<_>>())))?.into_inner().map_err(|e| bug(&e))
}

fn bug(e: &dyn std::fmt::Display) -> ViewError {
    ViewError::Bug(format!("a table could not be written: {e}"))
}

fn writer(schema: &Arc<Schema>) -> Result<ArrowWriter<Vec<u8>>, ViewError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(|e| bug(&e))?))
        .set_max_row_group_row_count(Some(GROUP))
        .set_created_by(concat!("vouchsafe ", env!("CARGO_PKG_VERSION")).to_string())
        .build();
    ArrowWriter::try_new(Vec::new(), Arc::clone(schema), Some(properties)).map_err(|e| bug(&e))
}

fn without_zone(field: Field) -> Field {
    match field.data_type() {
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => field.with_data_type(DataType::Timestamp(TimeUnit::Microsecond, None)),
        _ => field,
    }
}

fn batch<R: Columns>(schema: &Arc<Schema>, rows: &[R]) -> Result<RecordBatch, ArrowError> {
    let plain = |(array, field): (ArrayRef, &FieldRef)| {
        if array.data_type() == field.data_type() {
            Ok(array)
        } else {
            cast(&array, field.data_type())
        }
    };
    let arrays = R::write_rows(&rows.iter().collect::<Vec<_>>());
    let arrays: Vec<ArrayRef> = arrays.into_iter().zip(schema.fields()).map(plain).collect::<Result<_, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), arrays)
}

/// The tables that are kept of a commit, beside its ledger: they go when that goes.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// The tables of a commit, where its ledger is kept.
    #[must_use]
    pub fn of(view: &View) -> Self {
        let ledger = kept::folder(view, kept::What::Ledger, env!("VOUCHSAFE_SOURCE_SHA256")).filter(|f| f.is_dir());
        Self {
            folder: ledger.map(|f| f.join("views")),
        }
    }

    /// Keeps nothing.
    #[must_use]
    pub fn none() -> Self {
        Self { folder: None }
    }

    /// The folder, where tables can be kept.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The file of a table; what a table depends on beside the commit stands in `key`.
    fn path(&self, base: Base, key: &str) -> Option<PathBuf> {
        let name = if key.is_empty() {
            base.name().to_string()
        } else {
            format!("{}-{key}", base.name())
        };
        self.folder.as_ref().map(|f| f.join(format!("{name}.parquet")))
    }

    /// A table that is kept.
    #[must_use]
    pub fn find(&self, base: Base, key: &str) -> Option<PathBuf> {
        self.path(base, key).filter(|p| p.is_file())
    }

    /// Keeps a table; one that cannot be written stays in memory.
    #[must_use]
    pub fn keep(&self, base: Base, key: &str, parquet: Vec<u8>) -> Place {
        let Some(path) = self.path(base, key) else { return Place::Bytes(parquet) };
        match write(&path, &parquet) {
            Ok(()) => Place::File(path),
            Err(_) => Place::Bytes(parquet),
        }
    }
}

/// Whole or not at all, for the owner alone.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let making = folder.join(format!(".making-{}-{name}", std::process::id()));
    let _ = fs::remove_file(&making);
    let mut file = parquet_io::private_file(&making)?;
    file.write_all(bytes)?;
    fs::rename(&making, path)
}
