//! A sink in memory that keeps rows as JSON text, and deduplicates as the lake does.

use crate::ingest::{IngestError, IngestOptions, IngestReport, Limits, Put, RowKey, Seen, Sink, SinkError, ingest};
use crate::lake::records::{AuditEvent, Coverage, Reject, SignIn, Snapshot, Source};
use crate::lake::table::{Object, Table};
use crate::model::{Instant, Window};
use arrow::record_batch::RecordBatch;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// An object's sighting without the file it came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sighted {
    pub table: &'static str,
    pub id: String,
    pub look: Option<String>,
    pub at: Instant,
    pub presence_only: bool,
    pub row: String,
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    pub audit: Vec<AuditEvent>,
    pub sign_ins: Vec<SignIn>,
    pub objects: Vec<Sighted>,
    pub snapshots: Vec<Snapshot>,
    pub coverage: Vec<Coverage>,
    pub rejects: Vec<Reject>,
    pub sources: Vec<Source>,
    keys: BTreeMap<(Table, u128), BTreeSet<u128>>,
    contents: BTreeSet<(&'static str, String, String, Option<String>, Instant)>,
}

impl Sink for Memory {
    fn log_rows(&mut self, table: Table, batch: RecordBatch, keys: &[RowKey]) -> Result<Put, SinkError> {
        assert_eq!(batch.num_rows(), keys.len(), "a key a row");
        let mut put = Put::default();
        let mut fresh = Vec::new();
        for key in keys {
            let contents = self.keys.entry((table, key.id)).or_default();
            let known = !contents.is_empty();
            if known && key.retold {
                put.duplicate += 1;
                fresh.push(false);
                continue;
            }
            let new = contents.insert(key.content);
            fresh.push(new);
            if new {
                put.kept += 1;
                put.conflicting += u64::from(known);
            } else {
                put.duplicate += 1;
            }
        }
        match table {
            Table::AuditEvents => {
                let rows: Vec<AuditEvent> = crate::lake::parquet_io::from_batch(&batch)?;
                self.audit.extend(rows.into_iter().zip(&fresh).filter(|r| *r.1).map(|r| r.0));
            }
            Table::SignIns => {
                let rows: Vec<SignIn> = crate::lake::parquet_io::from_batch(&batch)?;
                self.sign_ins.extend(rows.into_iter().zip(&fresh).filter(|r| *r.1).map(|r| r.0));
            }
            other => return Err(format!("{} is no log table", other.name()).into()),
        }
        Ok(put)
    }

    fn objects<R: Object>(&mut self, rows: Vec<Seen<R>>) -> Result<Put, SinkError> {
        let mut put = Put::default();
        for seen in rows {
            let table = R::TABLE.name();
            let sighted = Sighted {
                table,
                id: seen.row.id().to_string(),
                look: seen.snapshot_id.map(|l| l.to_string()),
                at: seen.observed_at,
                presence_only: seen.presence_only,
                row: serde_json::to_string(&seen.row)?,
            };
            let key = (
                table,
                sighted.id.clone(),
                seen.row.content_hash().to_string(),
                sighted.look.clone(),
                seen.observed_at,
            );
            if self.contents.insert(key) {
                put.kept += 1;
                self.objects.push(sighted);
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

    fn coverage(&mut self, rows: Vec<Coverage>) -> Result<(), SinkError> {
        self.coverage.extend(rows);
        Ok(())
    }

    fn rejects(&mut self, rows: Vec<Reject>) -> Result<(), SinkError> {
        self.rejects.extend(rows);
        Ok(())
    }

    fn sources(&mut self, rows: Vec<Source>) -> Result<(), SinkError> {
        self.sources.extend(rows);
        Ok(())
    }

    fn pulls(&mut self, _rows: Vec<crate::lake::records::Pull>) -> Result<(), SinkError> {
        Ok(())
    }
}

impl Memory {
    /// Rows of a table, as JSON values.
    pub fn table(&self, name: &str) -> Vec<serde_json::Value> {
        let rows = self.objects.iter().filter(|o| o.table == name);
        rows.map(|o| serde_json::from_str(&o.row).expect("a row is JSON")).collect()
    }
}

pub(super) fn instant(text: &str) -> Instant {
    Instant::parse(text).expect("a time")
}

/// One instant as a window.
pub(super) fn moment(text: &str) -> Window {
    let from = instant(text);
    Window { from, until: from.plus(1) }
}

pub(super) fn options() -> IngestOptions {
    IngestOptions {
        tenant: None,
        observed_at: None,
        complete: false,
        covers: Vec::new(),
        dates: None,
        now: instant("2027-01-01T00:00:00Z"),
        limits: Limits::default(),
        standard_input: None,
        progress: None,
        pulled: None,
        called: BTreeMap::new(),
        open_gaps: Vec::new(),
    }
}

/// Ingests into a fresh sink and checks that the arithmetic ties.
pub(super) fn run(paths: &[PathBuf], options: &IngestOptions) -> Result<(IngestReport, Memory), IngestError> {
    let mut memory = Memory::default();
    let report = ingest(paths, options, &mut memory)?;
    for source in &report.sources {
        let parts = source.kept + source.duplicate + source.rejected + source.unmapped;
        assert_eq!(source.read, parts, "the arithmetic of {}: {source:?}", source.path);
        let refused = memory.rejects.iter().filter(|r| r.path == source.path).count();
        assert_eq!(
            refused as i64,
            source.rejected + source.unmapped,
            "each refused record of {} is told",
            source.path
        );
    }
    let taken: Vec<_> = memory.sources.iter().filter(|s| s.format != "not taken").cloned().collect();
    assert_eq!(report.sources, taken);
    Ok((report, memory))
}
