//! Parquet in and out: typed rows as record batches, files written so that a torn one cannot pass for a whole one.

use crate::lake::LakeError;
use crate::lake::column::Columns;
use crate::lake::table::Row;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The Arrow schema of a row type.
#[must_use]
pub fn schema<T: Columns>() -> SchemaRef {
    Arc::new(Schema::new(T::fields()))
}

/// Typed rows as one record batch.
///
/// # Errors
/// When a row does not fit its own columns, which is a bug in `column.rs`.
pub fn to_batch<R: Row>(rows: &[R]) -> Result<RecordBatch, LakeError> {
    batch_of(rows).map_err(LakeError::format("encode rows of", Path::new(R::TABLE.name())))
}

/// A record batch as typed rows.
///
/// # Errors
/// When the batch has other columns than the row type.
pub fn from_batch<R: Row>(batch: &RecordBatch) -> Result<Vec<R>, LakeError> {
    from_batch_without(batch, &[])
}

/// A record batch as typed rows, of which some fields are left empty.
///
/// # Errors
/// When the batch lacks another column of the row type.
pub fn from_batch_without<R: Row>(batch: &RecordBatch, without: &[&str]) -> Result<Vec<R>, LakeError> {
    let lacking = R::fields()
        .into_iter()
        // What may be empty may be missing: a lake of an earlier version has no such column.
        .find(|f| !f.is_nullable() && !without.contains(&f.name().as_str()) && batch.column_by_name(f.name()).is_none());
    if let Some(field) = lacking {
        let failed = LakeError::format("decode rows of", Path::new(R::TABLE.name()));
        return Err(failed(format!("it has no column {}", field.name())));
    }
    rows_of(batch).ok_or_else(|| LakeError::format("decode rows of", Path::new(R::TABLE.name()))("a column has another type"))
}

/// Rows of any declared type as one record batch.
///
/// # Errors
/// When a row does not fit its own columns, which is a bug in `column.rs`.
pub fn batch_of<T: Columns>(rows: &[T]) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<&T> = rows.iter().collect();
    RecordBatch::try_new_with_options(schema::<T>(), T::write_rows(&rows), &RecordBatchOptions::new().with_row_count(Some(rows.len())))
}

/// A record batch as rows of a declared type, whose other fields are empty; `None` when a column has another type.
#[must_use]
pub fn rows_of<T: Columns>(batch: &RecordBatch) -> Option<Vec<T>> {
    T::read_rows(batch.num_rows(), &|name| batch.column_by_name(name).cloned())
}

/// Rows of a batch.
const BATCH: usize = 16_384;

/// All batches of a file, restricted to some top-level columns if given.
///
/// # Errors
/// When the file is missing or no Parquet.
pub fn read(path: &Path, columns: Option<&[&str]>) -> Result<Vec<RecordBatch>, LakeError> {
    let open = || File::open(path).map_err(LakeError::io("open", path));
    let metadata = ArrowReaderMetadata::load(&open()?, ArrowReaderOptions::new()).map_err(LakeError::format("read", path))?;
    let mask = match columns {
        Some(names) => ProjectionMask::columns(metadata.parquet_schema(), names.iter().copied()),
        None => ProjectionMask::all(),
    };
    // Groups of rows lie apart in the file: each is unpacked by itself.
    let group = |n: usize| -> Result<Vec<RecordBatch>, LakeError> {
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(open()?, metadata.clone())
            .with_projection(mask.clone())
            .with_row_groups(vec![n])
            .with_batch_size(BATCH)
            .build()
            .map_err(LakeError::format("read", path))?;
        reader.map(|b| b.map_err(LakeError::format("read", path))).collect()
    };
    let groups: Vec<Vec<RecordBatch>> = (0..metadata.metadata().num_row_groups()).into_par_iter().map(group).collect::<Result<_, _>>()?;
    Ok(groups.into_iter().flatten().collect())
}

/// The Arrow schema of a file.
///
/// # Errors
/// When the file is missing or no Parquet.
pub fn schema_of(path: &Path) -> Result<SchemaRef, LakeError> {
    let file = File::open(path).map_err(LakeError::io("open", path))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(LakeError::format("read", path))?;
    Ok(Arc::clone(builder.schema()))
}

/// How many rows a file has, by its own account.
///
/// # Errors
/// When the file is missing or no Parquet.
pub fn rows_in(path: &Path) -> Result<u64, LakeError> {
    let file = File::open(path).map_err(LakeError::io("open", path))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(LakeError::format("read", path))?;
    Ok(u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default())
}

/// Columns of ids, hashes and whole records.
const ALL_DIFFERENT: &[&str] = &["id", "at", "at_text", "content_hash", "content", "correlation_id", "object_id", "source_row"];

/// A Parquet file being written under a temporary name, hashed on the way.
pub struct PendingFile {
    temp: PathBuf,
    writer: ArrowWriter<HashingFile>,
    rows: u64,
}

/// A file that is whole and on disk, still under its temporary name.
pub struct FinishedFile {
    /// Temporary path.
    pub temp: PathBuf,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
}

impl PendingFile {
    /// Opens a new file, readable by its owner only.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn create(temp: PathBuf, schema: SchemaRef) -> Result<Self, LakeError> {
        let file = private_file(&temp).map_err(LakeError::io("create", &temp))?;
        let sink = HashingFile {
            file: BufWriter::with_capacity(1 << 20, file),
            hash: Sha256::new(),
            bytes: 0,
        };
        let level = ZstdLevel::try_new(1).expect("1 is a level of zstd");
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_statistics_enabled(EnabledStatistics::None)
            .set_column_statistics_enabled(ColumnPath::from("at"), EnabledStatistics::Chunk)
            .set_column_statistics_enabled(ColumnPath::from("observed_at"), EnabledStatistics::Chunk)
            .set_max_row_group_row_count(Some(131_072))
            .set_created_by(concat!("vouchsafe ", env!("CARGO_PKG_VERSION")).to_string());
        // Where nearly every value is another, building a dictionary is work for nothing.
        let properties = ALL_DIFFERENT
            .iter()
            .fold(properties, |p, name| p.set_column_dictionary_enabled(ColumnPath::from(*name), false))
            .build();
        let writer = ArrowWriter::try_new(sink, schema, Some(properties)).map_err(LakeError::format("write", &temp))?;
        Ok(Self { temp, writer, rows: 0 })
    }

    /// Appends a batch.
    ///
    /// # Errors
    /// When the disk is full or the batch has other columns.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(LakeError::format("write", &self.temp))
    }

    /// Writes the footer and forces everything to disk.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(self) -> Result<FinishedFile, LakeError> {
        let Self { temp, writer, rows } = self;
        let sink = writer.into_inner().map_err(LakeError::format("write", &temp))?;
        let HashingFile { file, hash, bytes } = sink;
        let file = file.into_inner().map_err(|e| LakeError::io("write", &temp)(e.into_error()))?;
        file.sync_all().map_err(LakeError::io("write", &temp))?;
        Ok(FinishedFile {
            temp,
            sha256: hex::encode(hash.finalize()),
            bytes,
            rows,
        })
    }
}

/// Creates a new file that only its owner may read, whatever the umask.
///
/// # Errors
/// As for any file, also when it exists.
pub fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

struct HashingFile {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Write for HashingFile {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.hash.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
