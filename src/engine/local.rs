//! The local engine: polars SQL over the live files of a commit.
//!
//! Files are read by the same reader as everywhere, only the columns that a query names, and handed to polars as flat
//! columns. A nested column travels as the number of its row, and is put back into the answer.

use crate::engine::columns::{self, Nested};
use crate::lake::table::{Row, Table};
use crate::lake::{View, parquet_io};
use arrow::array::RecordBatch;
use polars::prelude::*;
use polars::sql::SQLContext;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Rows of a table that a query in parts reads at a time, unless one partition has more.
const ROWS_AT_ONCE: u64 = 100_000;

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
    rows_at_once: u64,
}

/// The answer of a query.
pub struct Output {
    /// Its rows; a nested column is the number of the row that it came from.
    pub frame: DataFrame,
    nested: Nested,
}

impl<'a> Local<'a> {
    /// An engine over one commit.
    #[must_use]
    pub fn new(view: &'a View) -> Self {
        Self {
            view,
            frames: Vec::new(),
            rows_at_once: ROWS_AT_ONCE,
        }
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

    /// Runs a query over some partitions of a table at a time, in the order of their names, for an answer that falls into
    /// such parts; what is held at once is bounded by them.
    ///
    /// # Errors
    /// When the query fails or a file is damaged, or `take` refuses an answer.
    pub fn run_in_parts<E: From<EngineError>>(&self, query: &str, sql: &str, table: Table, mut take: impl FnMut(Output) -> Result<(), E>) -> Result<(), E> {
        let mut partitions: BTreeMap<&str, u64> = BTreeMap::new();
        for file in self.view.data_files(table) {
            *partitions.entry(&file.partition).or_default() += file.rows;
        }
        let (mut paths, mut rows) = (Vec::new(), 0);
        for (partition, more) in partitions {
            if rows + more > self.rows_at_once && !paths.is_empty() {
                take(self.over(query, sql, table, &std::mem::take(&mut paths))?)?;
                rows = 0;
            }
            paths.extend(self.view.partition_paths(table, partition));
            rows += more;
        }
        if paths.is_empty() {
            Ok(())
        } else {
            take(self.over(query, sql, table, &paths)?)
        }
    }

    fn over(&self, query: &str, sql: &str, table: Table, paths: &[PathBuf]) -> Result<Output, EngineError> {
        let mut context = SQLContext::new();
        for (name, frame) in &self.frames {
            context.register(name, frame.clone());
        }
        let Some(first) = paths.first() else {
            return Err(failed(query)("no file was named"));
        };
        let fields = parquet_io::schema_of(first).map_err(failed(query))?;
        let wanted = columns::named(sql, &fields);
        let read = |path: &PathBuf| parquet_io::read(path, Some(&wanted));
        let batches: Vec<Vec<RecordBatch>> = paths.par_iter().map(read).collect::<Result<_, _>>().map_err(failed(query))?;
        let mut batches: Vec<RecordBatch> = batches.into_iter().flatten().collect();
        if batches.is_empty() {
            let named: Vec<usize> = wanted.iter().filter_map(|name| fields.index_of(name).ok()).collect();
            let few = fields.project(&named).map_err(failed(query))?;
            batches.push(RecordBatch::new_empty(few.into()));
        }
        let (frame, nested) = columns::frame(&batches).map_err(failed(query))?;
        drop(batches);
        context.register(table.name(), frame.lazy());
        let frame = context.execute(sql).and_then(LazyFrame::collect).map_err(failed(query))?;
        Ok(Output { frame, nested })
    }
}

impl Output {
    /// Hands the answer over as typed rows, some thousands at a time; `without` are fields of the row type for which the query
    /// has no column.
    ///
    /// # Errors
    /// When the answer lacks another column of the row type.
    pub fn each<R: Row>(&self, without: &[&str], mut take: impl FnMut(Vec<R>)) -> Result<(), EngineError> {
        const ROWS: usize = 8_192;
        let name = R::TABLE.name();
        let part = |from: &usize| -> Result<Vec<R>, EngineError> {
            let part = self.frame.slice(i64::try_from(*from).unwrap_or(i64::MAX), ROWS);
            let batch = columns::batch(&part, &self.nested).map_err(failed(name))?;
            parquet_io::from_batch_without::<R>(&batch, without).map_err(failed(name))
        };
        let begins: Vec<usize> = (0..self.frame.height()).step_by(ROWS).collect();
        for few in begins.chunks(rayon::current_num_threads()) {
            let parts: Vec<Vec<R>> = few.par_iter().map(part).collect::<Result<_, _>>()?;
            parts.into_iter().for_each(&mut take);
        }
        Ok(())
    }
}

fn failed<E: std::fmt::Display>(query: &str) -> impl FnOnce(E) -> EngineError {
    let query = query.to_string();
    move |e| EngineError::Query { query, message: e.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::column::Columns;
    use crate::lake::records::AuditEvent;
    use crate::lake::{Lake, RowKey, Writer};
    use crate::model::{Instant, TenantId};

    #[test]
    fn a_query_in_parts_says_what_it_says_of_the_whole() {
        let dir = tempfile::tempdir().expect("a folder");
        let lake = Lake::open_or_create(dir.path()).expect("a lake");
        let mut writer = Writer::begin(&lake, &TenantId::new("t")).expect("a writer");
        let months = ["2026-03", "2026-01", "2026-02"];
        for (n, month) in months.iter().enumerate() {
            let event = |day: usize| AuditEvent {
                id: format!("{month}-{day}"),
                at: Instant::parse(&format!("{month}-0{day}T00:00:00Z")),
                ..AuditEvent::default()
            };
            let events: Vec<AuditEvent> = (1..=3).map(event).collect();
            let key = |i: u128| RowKey {
                id: i,
                content: i,
                partition: [202_603, 202_601, 202_602][n],
                retold: false,
            };
            let batch = parquet_io::to_batch(&events).expect("a batch");
            writer.log_rows(Table::AuditEvents, &batch, &[key(1), key(2), key(3)]).expect("rows");
        }
        writer.commit(Instant(0)).expect("a commit");
        let view = lake.view().expect("a view");
        // One month at a time, two of them, and all.
        for (rows_at_once, parts) in [(1, 3), (6, 2), (9, 1)] {
            let engine = Local {
                rows_at_once,
                ..Local::new(&view)
            };
            let (mut told, mut answers) = (Vec::new(), 0);
            let sql = "SELECT id, at FROM audit_events ORDER BY id";
            let all: Vec<String> = AuditEvent::fields().iter().map(|f| f.name().clone()).collect();
            let without: Vec<&str> = all.iter().map(String::as_str).filter(|f| !["id", "at"].contains(f)).collect();
            engine
                .run_in_parts("ids", sql, Table::AuditEvents, |output| {
                    answers += 1;
                    output.each::<AuditEvent>(&without, |rows| told.extend(rows.into_iter().map(|r| r.id)))
                })
                .expect("an answer");
            let expected: Vec<String> = ["2026-01", "2026-02", "2026-03"]
                .iter()
                .flat_map(|m| (1..=3).map(move |d| format!("{m}-{d}")))
                .collect();
            assert_eq!((told, answers), (expected, parts), "{rows_at_once} rows at once");
        }
    }
}
