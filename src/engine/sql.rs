//! SQL that people write, over tables that lie in Parquet: one statement that reads, and rows that are no longer polars'.
//!
//! Instants are compared as they stand in UTC: a zone that a file names is taken off.

use crate::lake::parquet_io;
use crate::model::rows::{Cell, Kind, Rows};
use crate::model::{Instant, time::DAY};
use arrow::datatypes::{DataType as ArrowType, TimeUnit as ArrowUnit};
use polars::prelude::*;
use polars::sql::SQLContext;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// SQL that could not run.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The text is no single statement that reads.
    #[error("{0}")]
    Refused(String),
    /// A parameter is missing, unknown, or not of its type.
    #[error("{0}")]
    Parameter(String),
    /// A table could not be read.
    #[error("cannot read the table {table}: {message}")]
    Table {
        /// The table.
        table: String,
        /// What polars or Arrow said.
        message: String,
    },
    /// The engine refused the statement.
    #[error("the query failed: {0}")]
    Query(String),
}

/// Tables and views under their names, and statements over them.
#[derive(Default)]
pub struct Sql {
    context: SQLContext,
}

impl Sql {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a table of Parquet files that lie on disk; only what a statement needs of them is read.
    ///
    /// Nested columns are left out: what this engine cannot take is not shown as something else.
    ///
    /// # Errors
    /// When a file is missing or no Parquet.
    pub fn files(&mut self, name: &str, paths: &[PathBuf]) -> Result<(), SqlError> {
        let Some(first) = paths.last() else { return Ok(()) };
        let failed = |message: String| SqlError::Table { table: name.into(), message };
        let schema = parquet_io::schema_of(first).map_err(|e| failed(e.to_string()))?;
        let sources: Vec<PlRefPath> = paths
            .iter()
            .map(|p| p.to_str().map(PlRefPath::new).ok_or_else(|| failed(format!("{} is no text", p.display()))))
            .collect::<Result<_, _>>()?;
        let args = ScanArgsParquet {
            glob: false,
            allow_missing_columns: true,
            ..ScanArgsParquet::default()
        };
        let scan = LazyFrame::scan_parquet_files(sources.into(), args).map_err(|e| failed(e.to_string()))?;
        let flat = schema.fields().iter().filter(|f| !f.data_type().is_nested());
        let column = |f: &arrow::datatypes::FieldRef| {
            let column = col(f.name().as_str());
            match f.data_type() {
                ArrowType::Timestamp(ArrowUnit::Microsecond, Some(_)) => column.cast(DataType::Int64).cast(DataType::Datetime(TimeUnit::Microseconds, None)),
                _ => column,
            }
        };
        self.context.register(name, scan.select(flat.map(column).collect::<Vec<_>>()));
        Ok(())
    }

    /// Adds a table of which the Parquet is in memory.
    ///
    /// # Errors
    /// When it is no Parquet.
    pub fn bytes(&mut self, name: &str, parquet: Vec<u8>) -> Result<(), SqlError> {
        let frame = ParquetReader::new(Cursor::new(parquet)).finish().map_err(|e| SqlError::Table {
            table: name.into(),
            message: e.to_string(),
        })?;
        self.context.register(name, frame.lazy());
        Ok(())
    }

    /// Adds a view: a statement under a name.
    ///
    /// # Errors
    /// When the statement names what is not there.
    pub fn view(&mut self, name: &str, sql: &str) -> Result<(), SqlError> {
        let frame = self.context.execute(sql).map_err(|e| SqlError::Table {
            table: name.into(),
            message: e.to_string(),
        })?;
        self.context.register(name, frame);
        Ok(())
    }

    /// Runs one statement that reads.
    ///
    /// # Errors
    /// When it does anything else, or the engine refuses it.
    pub fn run(&mut self, sql: &str) -> Result<Rows, SqlError> {
        let sql = single(sql)?;
        let failed = |e: PolarsError| SqlError::Query(e.to_string());
        let context = &mut self.context;
        let frame = with_room(|| context.execute(sql).and_then(LazyFrame::collect))?.map_err(failed)?;
        rows(&frame).map_err(failed)
    }
}

/// The stack on which a statement runs, in bytes: the engine descends into an expression once for each of its operators, and
/// without optimisation takes some 60 KiB each time (measured: 150 of `OR` are too many for 8 MiB).
const STACK: usize = 64 << 20;
/// Operators that a statement may have, each of which may lie below the one before it; half of what the stack has room for.
const OPERATORS: usize = 500;
/// Words that join two expressions or plans, so that a chain of them is as deep as it is long.
const JOINING: [&str; 14] = ["and", "or", "not", "union", "except", "intersect", "join", "case", "+", "-", "*", "/", "%", "|"];

/// Runs something that goes deep on a stack that is large enough for it.
fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, SqlError> {
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().name("statement".into()).stack_size(STACK).spawn_scoped(scope, work);
        let worker = worker.map_err(|e| SqlError::Query(format!("no room for it on this machine: {e}")))?;
        worker.join().or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Functions that would read files beside the lake.
const READERS: [&str; 5] = ["read_csv", "read_parquet", "read_ipc", "read_json", "read_ndjson"];

/// The statement, when it is one that reads and nothing else.
///
/// # Errors
/// When it is none, several, or one that writes or reads other files.
pub fn single(sql: &str) -> Result<&str, SqlError> {
    let refused = |why: String| SqlError::Refused(why);
    let words = words(sql);
    let sql = match words.iter().position(|w| w.text == ";") {
        Some(end) if words.len() > end + 1 => {
            return Err(refused("only one statement at a time; put each into a file of its own".into()));
        }
        Some(end) => &sql[..words[end].at],
        None => sql,
    };
    let first = words.iter().find(|w| w.text != "(").map(|w| w.text.to_ascii_lowercase()).unwrap_or_default();
    if !["select", "with", "values", "from"].contains(&first.as_str()) {
        return Err(refused(format!(
            "a statement begins with SELECT or WITH, and not with '{first}': SQL reads the lake and never writes it"
        )));
    }
    if let Some(reader) = READERS.iter().find(|reader| is_called(reader, sql, &words)) {
        return Err(refused(format!("{reader} would read files beside the lake; ingest them first")));
    }
    let joining = |w: &&Word| !w.is_text && JOINING.contains(&w.text.to_ascii_lowercase().as_str());
    let operators = words.iter().filter(joining).count();
    if operators > OPERATORS {
        return Err(refused(format!(
            "{operators} operators are more than the {OPERATORS} that a statement may have; compare with a list of values by IN ('a', 'b', …)"
        )));
    }
    Ok(sql)
}

/// Whether SQL may call a function. The engine has quotes and comments that [`words`] does not know and that could hide a call
/// from it: so the name stands nowhere but in a text that calls nothing.
fn is_called(function: &str, sql: &str, words: &[Word]) -> bool {
    let named = |text: &str| text.to_ascii_lowercase().matches(function).count();
    let harmless = words.iter().filter(|w| w.is_text && !w.text.contains('('));
    named(sql) > harmless.map(|w| named(w.text)).sum()
}

/// A word or sign of SQL, outside of texts and comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word; a quoted name without its quotes.
    pub text: &'a str,
    /// Where it begins.
    pub at: usize,
    /// Whether it is a text in single quotes.
    pub is_text: bool,
}

/// Words and signs of SQL in order; comments are left out, texts are one word with its quotes.
#[must_use]
pub fn words(sql: &str) -> Vec<Word<'_>> {
    let bytes = sql.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    let is_word = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80;
    while at < bytes.len() {
        let rest = &sql[at..];
        let end = match bytes[at] {
            c if c.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'-' if rest.starts_with("--") => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            b'/' if rest.starts_with("/*") => {
                at += rest.find("*/").map_or(rest.len(), |n| n + 2);
                continue;
            }
            quote @ (b'\'' | b'"' | b'`') => {
                let mut end = at + 1;
                while end < bytes.len() {
                    if bytes[end] == quote {
                        if bytes.get(end + 1) != Some(&quote) {
                            break;
                        }
                        end += 1;
                    }
                    end += 1;
                }
                let end = (end + 1).min(bytes.len());
                let inner = if quote == b'\'' || end - at < 2 {
                    &sql[at..end]
                } else {
                    &sql[at + 1..end - 1]
                };
                words.push(Word {
                    text: inner,
                    at,
                    is_text: quote == b'\'',
                });
                at = end;
                continue;
            }
            c if is_word(c) => at + bytes[at..].iter().position(|c| !is_word(*c)).unwrap_or(rest.len()),
            b':' if rest.starts_with("::") => at + 2,
            _ => at + 1,
        };
        words.push(Word {
            text: &sql[at..end],
            at,
            is_text: false,
        });
        at = end;
    }
    words
}

/// The SQL with each `:name` replaced by what `value` gives for it, as a literal.
///
/// # Errors
/// When `value` has nothing for a name.
pub fn filled(sql: &str, value: &mut dyn FnMut(&str) -> Result<String, SqlError>) -> Result<String, SqlError> {
    let words = words(sql);
    let mut out = String::new();
    let mut done = 0;
    for pair in words.windows(2) {
        let [colon, name] = pair else { continue };
        let named = colon.text == ":" && name.at == colon.at + 1 && !name.is_text && name.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if named {
            out.push_str(&sql[done..colon.at]);
            out.push_str(&value(name.text)?);
            done = name.at + name.text.len();
        }
    }
    out.push_str(&sql[done..]);
    Ok(out)
}

fn rows(frame: &DataFrame) -> PolarsResult<Rows> {
    let columns: Vec<(String, Kind, Vec<Cell>)> = frame
        .columns()
        .iter()
        .map(|c| cells(c).map(|(kind, cells)| (c.name().to_string(), kind, cells)))
        .collect::<PolarsResult<_>>()?;
    let names = columns.iter().map(|(name, kind, _)| (name.clone(), *kind)).collect();
    let mut rows: Vec<Vec<Cell>> = (0..frame.height()).map(|_| Vec::with_capacity(columns.len())).collect();
    for (_, _, cells) in columns {
        for (row, cell) in rows.iter_mut().zip(cells) {
            row.push(cell);
        }
    }
    Ok(Rows { columns: names, rows })
}

fn cells(column: &Column) -> PolarsResult<(Kind, Vec<Cell>)> {
    fn of<T>(values: impl Iterator<Item = Option<T>>, cell: impl Fn(T) -> Cell) -> Vec<Cell> {
        values.map(|v| v.map_or(Cell::Empty, &cell)).collect()
    }
    Ok(match column.dtype() {
        DataType::String => (Kind::Text, of(column.str()?.iter(), |t| Cell::Text(t.to_string()))),
        DataType::Boolean => (Kind::Flag, of(column.bool()?.iter(), Cell::Flag)),
        DataType::Datetime(unit, _) => {
            let scale = match unit {
                TimeUnit::Nanoseconds => |n: i64| n.div_euclid(1000),
                TimeUnit::Microseconds => |n: i64| n,
                TimeUnit::Milliseconds => |n: i64| n.saturating_mul(1000),
            };
            let numbers = column.cast(&DataType::Int64)?;
            (Kind::Time, of(numbers.i64()?.iter(), |n| Cell::Time(Instant(scale(n)))))
        }
        DataType::Date => {
            let numbers = column.cast(&DataType::Int64)?;
            (Kind::Day, of(numbers.i64()?.iter(), |n| Cell::Text(Instant(n.saturating_mul(DAY)).day())))
        }
        kind if kind.is_integer() => {
            let numbers = column.cast(&DataType::Int64)?;
            (Kind::Whole, of(numbers.i64()?.iter(), Cell::Whole))
        }
        kind if kind.is_float() => {
            let numbers = column.cast(&DataType::Float64)?;
            (Kind::Real, of(numbers.f64()?.iter(), Cell::Real))
        }
        DataType::Null => (Kind::Text, vec![Cell::Empty; column.len()]),
        kind => polars_bail!(
            ComputeError: "the column {} is of the type {kind}, which no output takes; CAST it to VARCHAR, or to BIGINT for a length of time",
            column.name()
        ),
    })
}

/// A text as a literal.
#[must_use]
pub fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// An instant as a literal that polars, DuckDB and Spark read alike.
#[must_use]
pub fn time_literal(at: Instant) -> String {
    let text = at.to_chrono().map_or_else(String::new, |t| t.format("%Y-%m-%d %H:%M:%S%.6f").to_string());
    format!("TIMESTAMP '{text}'")
}

/// A path as other engines' SQL takes it.
#[must_use]
pub fn path_literal(path: &Path) -> String {
    text_literal(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_statement_that_reads_is_taken() {
        for sql in [
            "SELECT 1",
            " -- why\nselect 1 ;",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "(SELECT 1)",
            "SELECT ';' AS x",
            "SELECT 'read_csv' AS x",
            "SELECT 1 -- ; DROP TABLE x",
        ] {
            assert!(single(sql).is_ok(), "{sql}");
        }
        for sql in [
            "",
            "DROP TABLE holdings",
            "SELECT 1; SELECT 2",
            "/* SELECT */ DELETE FROM x",
            "CREATE TABLE x AS SELECT 1",
            "SELECT * FROM read_parquet('/etc/passwd')",
            "SELECT * FROM \"READ_CSV\"('x')",
            "EXPLAIN SELECT 1",
            // Quotes and comments that the engine knows and we do not.
            "SELECT $$'$$, * FROM read_parquet('x') --'",
            "SELECT /* /* */ ' */ * FROM read_parquet('x') --'",
            "SELECT $$/*$$, * FROM read_csv/**/($$x$$) /* */",
        ] {
            assert!(single(sql).is_err(), "{sql}");
        }
    }

    /// A stack that ran over ended the process with a signal.
    #[test]
    fn a_statement_as_deep_as_may_be_runs_and_a_deeper_one_is_refused() {
        let mut sql = Sql::new();
        for joined in [" or x = ", " + "] {
            let chain = |operators: usize| format!("SELECT COUNT(*) AS n FROM (SELECT 1 AS x) WHERE x = {}", vec!["1"; operators + 1].join(joined));
            assert_eq!(sql.run(&chain(OPERATORS - 1)).expect("an answer").rows.len(), 1, "{joined}");
            let refused = sql.run(&chain(OPERATORS + 1)).expect_err("too deep").to_string();
            assert!(refused.contains("IN ("), "{refused}");
        }
    }

    #[test]
    fn parameters_are_replaced_where_they_are_parameters() {
        let mut value = |name: &str| Ok(format!("<{name}>"));
        let told = filled("SELECT ':a', x::TEXT, \":b\" -- :c\nFROM t WHERE y = :d AND z>:e_1;", &mut value).expect("filled");
        assert_eq!(told, "SELECT ':a', x::TEXT, \":b\" -- :c\nFROM t WHERE y = <d> AND z><e_1>;");
        assert_eq!(text_literal("O'Hara'; DROP"), "'O''Hara''; DROP'");
        let at = Instant::parse("2026-03-31T12:34:56.5Z").expect("a time");
        let mut sql = Sql::new();
        let rows = sql.run(&format!(
            "SELECT {} AS at, {} AS who, 1.5 AS n, 2 AS i, TRUE AS f, NULL AS nothing",
            time_literal(at),
            text_literal("O'Hara")
        ));
        let rows = rows.expect("an answer");
        let expected = [
            Cell::Time(at),
            Cell::Text("O'Hara".into()),
            Cell::Real(1.5),
            Cell::Whole(2),
            Cell::Flag(true),
            Cell::Empty,
        ];
        assert_eq!(rows.rows, [expected]);
    }
}
