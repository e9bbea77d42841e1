//! The local engine: polars SQL over the live files of a commit.

use crate::lake::table::{Row, Table};
use crate::lake::{View, parquet_io};
use arrow::array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use polars::prelude::*;
use polars::sql::SQLContext;

/// SQL that could not run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The query or a file is wrong.
    #[error("query {query} failed: {message}")]
    Query {
        /// Name of the query.
        query: String,
        /// What polars or Arrow said.
        message: String,
    },
}

/// Runs SQL on this machine.
pub struct Local<'a> {
    view: &'a View,
    frames: Vec<(String, LazyFrame)>,
}

/// The answer of a query.
pub struct Output(pub DataFrame);

impl<'a> Local<'a> {
    /// An engine over one commit.
    #[must_use]
    pub fn new(view: &'a View) -> Self {
        Self { view, frames: Vec::new() }
    }

    /// Adds a small table of text columns, such as the vocabulary.
    ///
    /// # Errors
    /// When the columns differ in length.
    pub fn with_texts(mut self, name: &str, columns: &[(&str, Vec<String>)]) -> Result<Self, EngineError> {
        let height = columns.first().map_or(0, |(_, v)| v.len());
        let series = columns.iter().map(|(n, v)| Column::new((*n).into(), v.as_slice())).collect();
        let frame = DataFrame::new(height, series).map_err(failed(name))?;
        self.frames.push((name.into(), frame.lazy()));
        Ok(self)
    }

    /// Runs a query over tables of the lake; `None` when the first of them is empty.
    ///
    /// # Errors
    /// When the query fails or a file is damaged.
    pub fn run(&self, query: &str, sql: &str, tables: &[Table]) -> Result<Option<Output>, EngineError> {
        let mut context = SQLContext::new();
        for (name, frame) in &self.frames {
            context.register(name, frame.clone());
        }
        for table in tables {
            let paths: Vec<PlRefPath> = self.view.paths(*table).iter().map(|p| PlRefPath::new(p.to_string_lossy().as_ref())).collect();
            if paths.is_empty() {
                return Ok(None);
            }
            let frame = LazyFrame::scan_parquet_files(
                paths.into_iter().collect(),
                ScanArgsParquet {
                    glob: false,
                    ..Default::default()
                },
            )
            .map_err(failed(query))?;
            context.register(table.name(), frame);
        }
        let frame = context.execute(sql).and_then(LazyFrame::collect).map_err(failed(query))?;
        Ok(Some(Output(frame)))
    }
}

impl Output {
    /// The answer as typed rows, through Parquet in memory.
    ///
    /// # Errors
    /// When the answer has other columns than the row type.
    pub fn rows<R: Row>(mut self) -> Result<Vec<R>, EngineError> {
        let name = R::TABLE.name();
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes)
            .with_compression(ParquetCompression::Uncompressed)
            .finish(&mut self.0)
            .map_err(failed(name))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes_of(bytes))
            .and_then(|b| b.with_batch_size(32_768).build())
            .map_err(failed(name))?;
        let mut rows = Vec::with_capacity(self.0.height());
        for batch in reader {
            let batch: RecordBatch = batch.map_err(failed(name))?;
            rows.extend(parquet_io::from_batch::<R>(&batch).map_err(failed(name))?);
        }
        Ok(rows)
    }
}

fn bytes_of(bytes: Vec<u8>) -> bytes::Bytes {
    bytes.into()
}

fn failed<E: std::fmt::Display>(query: &str) -> impl FnOnce(E) -> EngineError {
    let query = query.to_string();
    move |e| EngineError::Query { query, message: e.to_string() }
}
