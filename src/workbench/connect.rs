//! What to paste into another engine: the tables of one commit by their files, and the views over them.
//!
//! Files are listed one by one, never by a pattern: what no commit names, or a later one dropped, never shows.

use crate::engine::sql::path_literal;
use crate::lake::View;
use crate::lake::table::Table;
use crate::views::{Base, VIEWS, columns_of, describe};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// An engine that can be connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// DuckDB.
    DuckDb,
    /// Apache Spark and what speaks its Python: Databricks, Fabric, Sail.
    Spark,
    /// Power BI and Excel, by Power Query.
    PowerBi,
}

/// The files of a commit.
pub struct Files<'a> {
    /// The lake at the commit.
    pub view: &'a View,
    /// The first letters of the commit.
    pub commit: &'a str,
    /// The instant of the questions.
    pub as_of: String,
    /// Where each table below the views lies.
    pub tables: Vec<(Base, PathBuf)>,
}

/// A view's statement without its header.
fn statement(sql: &str) -> String {
    sql.lines().filter(|l| !l.starts_with("--")).collect::<Vec<_>>().join("\n")
}

impl Files<'_> {
    /// The text to paste.
    #[must_use]
    pub fn text(&self, engine: Engine) -> String {
        match engine {
            Engine::DuckDb => self.duckdb(),
            Engine::Spark => self.spark(),
            Engine::PowerBi => self.power_bi(),
        }
    }

    fn head(&self, comment: &str) -> String {
        format!(
            "{comment} vouchsafe: commit {} of {}, as of {}\n{comment} These files are of that commit alone: print this again after the next ingest.\n",
            self.commit,
            self.view.root().display(),
            self.as_of
        )
    }

    /// Tables of the lake that have files.
    fn lake(&self) -> Vec<(&'static str, Vec<PathBuf>)> {
        let files = |t: &Table| (t.name(), self.view.paths(*t));
        Table::ALL.iter().map(files).filter(|(_, paths)| !paths.is_empty()).collect()
    }

    fn duckdb(&self) -> String {
        let mut out = self.head("--");
        for (base, path) in &self.tables {
            let _ = writeln!(
                out,
                "CREATE OR REPLACE VIEW {} AS SELECT * FROM read_parquet({});",
                base.name(),
                path_literal(path)
            );
        }
        for (name, paths) in self.lake() {
            let files: Vec<String> = paths.iter().map(|p| path_literal(p)).collect();
            let _ = writeln!(
                out,
                "CREATE OR REPLACE VIEW lake_{name} AS SELECT * FROM read_parquet([{}], union_by_name = true);",
                files.join(", ")
            );
        }
        for view in VIEWS {
            let _ = writeln!(
                out,
                "-- {}\nCREATE OR REPLACE VIEW {} AS\n{};",
                describe(view),
                view.name,
                statement(view.sql).trim()
            );
        }
        out
    }

    fn spark(&self) -> String {
        let mut out = self.head("#");
        let quoted = |p: &Path| serde_json::Value::from(p.to_string_lossy().as_ref()).to_string();
        out.push_str("spark.conf.set(\"spark.sql.session.timeZone\", \"UTC\")\n");
        for (base, path) in &self.tables {
            let _ = writeln!(out, "spark.read.parquet({}).createOrReplaceTempView(\"{}\")", quoted(path), base.name());
        }
        for (name, paths) in self.lake() {
            let files: Vec<String> = paths.iter().map(|p| quoted(p)).collect();
            let _ = writeln!(
                out,
                "spark.read.option(\"mergeSchema\", \"true\").parquet({}).createOrReplaceTempView(\"lake_{name}\")",
                files.join(", ")
            );
        }
        for view in VIEWS {
            let _ = writeln!(
                out,
                "# {}\nspark.sql(\"\"\"CREATE OR REPLACE TEMP VIEW {} AS\n{}\"\"\")",
                describe(view),
                view.name,
                statement(view.sql).trim()
            );
        }
        out
    }

    /// One query for each view, in Power Query's M: paste each into the advanced editor of a blank query of that name.
    fn power_bi(&self) -> String {
        let mut out = self.head("//");
        let text = |t: &str| format!("\"{}\"", t.replace('"', "\"\""));
        for view in VIEWS {
            let names: Vec<String> = columns_of(view).iter().map(|(c, _)| text(c)).collect();
            let below = self.tables.iter().find(|(base, _)| view.sql.split_whitespace().any(|w| w == base.name()));
            let Some((_, path)) = below else { continue };
            let rows = if view.sql.contains("WHERE is_first") {
                "Table.SelectRows(Source, each [is_first])"
            } else {
                "Source"
            };
            let _ = writeln!(
                out,
                "\n// {}: {}\nlet\n    Source = Parquet.Document(File.Contents({})),\n    Rows = {rows},\n    {} = Table.SelectColumns(Rows, {{{}}})\nin\n    {}",
                view.name,
                describe(view),
                text(&path.to_string_lossy()),
                view.name,
                names.join(", "),
                view.name
            );
        }
        out
    }
}
