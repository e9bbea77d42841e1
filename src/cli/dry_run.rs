//! `ingest --dry-run`: what each file is and would give, without a lake.

use crate::cli::exit::Failure;
use crate::cli::output;
use crate::ingest::{self, IngestReport, Put, RowKey, Seen, Sink, SinkError};
use crate::lake::records::{Coverage, Pull, Reject, Snapshot, Source};
use crate::lake::table::{Object, Table};
use crate::model::Instant;
use arrow::array::RecordBatch;
use std::collections::{HashMap, HashSet};

/// Counts what a lake would have counted, had it been empty, and forgets the rows.
#[derive(Default)]
pub struct Counted {
    keys: HashMap<(Table, u128), HashSet<u128>>,
    objects: HashSet<(Table, String, String, Option<String>, Instant)>,
    snapshots: Vec<Snapshot>,
}

impl Sink for Counted {
    fn log_rows(&mut self, table: Table, _: RecordBatch, keys: &[RowKey]) -> Result<Put, SinkError> {
        let mut put = Put::default();
        for key in keys {
            let contents = self.keys.entry((table, key.id)).or_default();
            let known = !contents.is_empty();
            if known && key.retold || !contents.insert(key.content) {
                put.duplicate += 1;
            } else {
                put.kept += 1;
                put.conflicting += u64::from(known);
            }
        }
        Ok(put)
    }

    fn objects<R: Object>(&mut self, rows: Vec<Seen<R>>) -> Result<Put, SinkError> {
        let mut put = Put::default();
        for seen in rows {
            let look = seen.snapshot_id.map(|look| look.to_string());
            let key = (R::TABLE, seen.row.id().to_string(), seen.row.content_hash().to_string(), look, seen.observed_at);
            if self.objects.insert(key) {
                put.kept += 1;
            } else {
                put.duplicate += 1;
            }
        }
        Ok(put)
    }

    fn snapshots(&mut self, rows: Vec<Snapshot>) -> Result<(), SinkError> {
        self.snapshots.extend(rows);
        Ok(())
    }

    fn coverage(&mut self, _: Vec<Coverage>) -> Result<(), SinkError> {
        Ok(())
    }

    fn rejects(&mut self, _: Vec<Reject>) -> Result<(), SinkError> {
        Ok(())
    }

    fn sources(&mut self, _: Vec<Source>) -> Result<(), SinkError> {
        Ok(())
    }

    fn pulls(&mut self, _: Vec<Pull>) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Reads everything as an ingest does, and prints a line for each file and a row for each snapshot.
pub fn run(paths: &[std::path::PathBuf], options: &ingest::IngestOptions) -> Result<IngestReport, Failure> {
    let mut counted = Counted::default();
    let report = ingest::ingest(paths, options, &mut counted).map_err(super::take::failure)?;
    for s in &report.sources {
        let dated = match (s.observed_at, s.dated_by.as_deref()) {
            (Some(at), Some(by)) => format!("; as of {at}, by {by}"),
            _ => String::new(),
        };
        output::line(&format!(
            "{}: {}; {} read = {} kept + {} duplicate + {} rejected + {} unrecognised{dated}",
            s.path, s.format, s.read, s.kept, s.duplicate, s.rejected, s.unmapped
        ));
    }
    if !counted.snapshots.is_empty() {
        counted
            .snapshots
            .sort_by(|a, b| (&a.collection, &a.scope, a.observed_at).cmp(&(&b.collection, &b.scope, b.observed_at)));
        let row = |s: &Snapshot| {
            let why = s.reason.clone().unwrap_or_default();
            vec![
                s.collection.clone(),
                s.scope.clone(),
                s.observed_at.to_string(),
                s.rows.to_string(),
                s.complete.clone(),
                why,
            ]
        };
        let header = ["collection", "of", "as of", "rows", "complete", "why not"];
        output::print(&output::table(&header, counted.snapshots.iter().map(row).collect()));
        output::print("\n");
    }
    Ok(report)
}
