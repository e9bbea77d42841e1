//! The local engine: polars SQL over the live files of a commit.
//!
//! polars scans the files where they lie, of which it reads the columns and groups of rows that a query needs, and
//! runs the query as a stream: what is held at once does not grow with the log.

use crate::lake::LakeError;
use crate::lake::table::Row;
use arrow::datatypes::{DataType as ArrowType, Field as ArrowField, TimeUnit as ArrowUnit};
use polars::prelude::*;
use polars::sql::SQLContext;
use std::path::PathBuf;
use std::sync::Arc;

/// SQL that could not run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The query or a file is wrong.
    #[error("query {query} failed: {message}")]
    Query {
        /// Name of the query.
        query: String,
        /// What polars said.
        message: String,
    },
    /// The lake.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

/// Runs SQL on this machine.
#[derive(Default)]
pub struct Local {
    frames: Vec<(String, LazyFrame)>,
}

impl Local {
    /// An engine that knows no table yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a table of the lake, as these files of it have it.
    ///
    /// # Errors
    /// When a path cannot be named to polars, or a column has a type that no query takes.
    pub fn with_table<R: Row>(mut self, files: &[PathBuf]) -> Result<Self, EngineError> {
        let name = R::TABLE.name();
        let frame = scan(files, &R::fields()).map_err(failed(name))?;
        self.frames.push((name.into(), frame));
        Ok(self)
    }

    /// Runs a query.
    ///
    /// # Errors
    /// When the query fails or a file is damaged.
    pub fn run(&self, query: &str, sql: &str) -> Result<DataFrame, EngineError> {
        let mut context = SQLContext::new();
        for (name, frame) in &self.frames {
            context.register(name, frame.clone());
        }
        let collected = context.execute(sql).and_then(|plan| plan.collect_with_engine(Engine::Streaming));
        Ok(collected.map_err(failed(query))?.unwrap_single())
    }
}

fn scan(files: &[PathBuf], fields: &[ArrowField]) -> PolarsResult<LazyFrame> {
    let columns = fields.iter().map(|f| Ok(Field::new(f.name().as_str().into(), data_type(f.data_type())?)));
    let schema: Schema = columns.collect::<PolarsResult<_>>()?;
    if files.is_empty() {
        return Ok(DataFrame::empty_with_schema(&schema).lazy());
    }
    let paths = files.iter().map(|p| PlRefPath::try_from_path(p)).collect::<PolarsResult<Vec<_>>>()?;
    let args = ScanArgsParquet {
        schema: Some(Arc::new(schema)),
        // A lake of an earlier version lacks what was added since.
        allow_missing_columns: true,
        glob: false,
        ..ScanArgsParquet::default()
    };
    LazyFrame::scan_parquet_files(paths.into(), args)
}

fn data_type(arrow: &ArrowType) -> PolarsResult<DataType> {
    Ok(match arrow {
        ArrowType::Utf8 => DataType::String,
        ArrowType::Boolean => DataType::Boolean,
        ArrowType::Int64 => DataType::Int64,
        ArrowType::Timestamp(ArrowUnit::Microsecond, zone) => {
            let zone = TimeZone::opt_try_new(zone.as_deref())?;
            DataType::Datetime(TimeUnit::Microseconds, zone)
        }
        ArrowType::List(item) => DataType::List(Box::new(data_type(item.data_type())?)),
        ArrowType::Struct(fields) => {
            let field = |f: &Arc<ArrowField>| Ok(Field::new(f.name().as_str().into(), data_type(f.data_type())?));
            DataType::Struct(fields.iter().map(field).collect::<PolarsResult<_>>()?)
        }
        other => polars_bail!(ComputeError: "a column of the type {other} is taken by no query"),
    })
}

fn failed<E: std::fmt::Display>(query: &str) -> impl FnOnce(E) -> EngineError {
    let query = query.to_string();
    move |e| EngineError::Query { query, message: e.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::records::{AuditEvent, AuditTarget};
    use crate::lake::table::Table;
    use crate::lake::{Lake, RowKey, Writer, parquet_io};
    use crate::model::{Instant, TenantId};

    #[test]
    fn a_query_reads_all_files_of_a_table_and_one_without_files_has_no_rows() {
        let dir = tempfile::tempdir().expect("a folder");
        let lake = Lake::open_or_create(dir.path()).expect("a lake");
        let mut writer = Writer::begin(&lake, &TenantId::new("t")).expect("a writer");
        for (n, month) in ["2026-03", "2026-01"].iter().enumerate() {
            let event = |day: usize| AuditEvent {
                id: format!("{month}-{day}"),
                at: Instant::parse(&format!("{month}-0{day}T00:00:00Z")),
                targets: vec![AuditTarget::default(); day],
                ..AuditEvent::default()
            };
            let events: Vec<AuditEvent> = (1..=3).map(event).collect();
            let key = |i: u128| RowKey {
                id: i,
                content: i,
                partition: [202_603, 202_601][n],
                retold: false,
            };
            let batch = parquet_io::to_batch(&events).expect("a batch");
            writer.log_rows(Table::AuditEvents, &batch, &[key(1), key(2), key(3)]).expect("rows");
        }
        writer.commit(Instant(0)).expect("a commit");
        let view = lake.view().expect("a view");
        let sql = "SELECT id FROM audit_events WHERE id LIKE '2026-03%' OR id LIKE '%-2' ORDER BY id";
        let ids = |files: &[PathBuf]| -> Vec<String> {
            let engine = Local::new().with_table::<AuditEvent>(files).expect("a table");
            let frame = engine.run("ids", sql).expect("an answer");
            let column = frame.column("id").expect("ids").str().expect("texts");
            column.iter().flatten().map(String::from).collect()
        };
        let all = view.paths(Table::AuditEvents);
        assert_eq!(ids(&all), ["2026-01-2", "2026-03-1", "2026-03-2", "2026-03-3"]);
        assert_eq!(ids(&view.partition_paths(Table::AuditEvents, "month=2026-01")), ["2026-01-2"]);
        assert!(ids(&[]).is_empty());
    }

    #[test]
    fn a_wrong_query_and_a_damaged_file_are_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("torn.parquet");
        std::fs::write(&path, b"PAR1").expect("a file");
        let engine = Local::new().with_table::<AuditEvent>(&[path]).expect("a table");
        let wrong = |sql: &str| engine.run("ids", sql).expect_err("no answer").to_string();
        assert!(wrong("SELECT id FROM audit_events").starts_with("query ids failed"));
        assert!(wrong("SELECT id FROM nothing").contains("nothing"));
    }
}
