//! The books of the lake as tables: sources with their arithmetic, tables, looks, coverage, what was not taken.

use crate::evidence::facts::Books;
use crate::evidence::table::{Table, sha256};
use crate::lake::records::{Coverage, Pull, Reject, Snapshot, Source};
use crate::lake::table::Table as LakeTable;
use crate::lake::{LakeError, View};
use crate::model::Instant;
use std::collections::BTreeMap;

/// Reads them from a commit.
///
/// # Errors
/// When a file of the lake is missing or damaged.
pub fn books(view: &View, unknown_activities: &[(String, i64)]) -> Result<Books, LakeError> {
    let mut all = view.rows::<Source>()?;
    all.sort_by(|a, b| (&a.path, &a.sha256).cmp(&(&b.path, &b.sha256)));
    let mut records = [0; 5];
    for s in &all {
        for (sum, n) in records.iter_mut().zip([s.read, s.kept, s.duplicate, s.rejected, s.unmapped]) {
            *sum += n;
        }
    }
    let files = vec![
        (
            "sources.csv",
            "each file that was read, with its hash and its arithmetic: read = kept + duplicate + rejected + unmapped",
            sources(&all),
        ),
        (
            "pulls.csv",
            "each collection of each pull from Microsoft Graph: address, options, edition of the API, bounds, permissions, and received = stored + duplicate + rejected",
            pulls(view.rows::<Pull>()?),
        ),
        (
            "tables.csv",
            "each table of the lake at the commit: rows, files, and a hash over the hashes of its files",
            tables(view),
        ),
        (
            "looks.csv",
            "each look at a collection: when, how many rows, and whether it is proven or claimed complete",
            looks(view.rows::<Snapshot>()?),
        ),
        (
            "coverage.csv",
            "time that each log covers, on what basis, and known gaps with their reason",
            coverage(view.rows::<Coverage>()?),
        ),
        (
            "not-taken.csv",
            "records that no table took, counted by file, verdict and reason",
            not_taken(&view.rows::<Reject>()?),
        ),
        (
            "unknown-activities.csv",
            "activities of the audit log that no vocabulary knows, with the number of events kept of each",
            Table::of(&["activity", "events"], unknown_activities.iter().map(|(a, n)| vec![a.clone(), n.to_string()])),
        ),
    ];
    let mut dropped: BTreeMap<(String, String), (usize, u64)> = BTreeMap::new();
    for (_, tombstone) in view.dropped() {
        let of = (tombstone.file.table.name().to_string(), tombstone.reason.clone());
        let (files, rows) = dropped.entry(of).or_default();
        *files += 1;
        *rows += tombstone.file.rows;
    }
    let dropped = dropped.into_iter().map(|((table, rule), (files, rows))| (table, rule, files, rows)).collect();
    Ok(Books { dropped, records, files })
}

fn sources(all: &[Source]) -> Table {
    let row = |s: &Source| {
        let ties = s.read == s.kept + s.duplicate + s.rejected + s.unmapped;
        vec![
            s.sha256.clone(),
            s.path.clone(),
            s.bytes.to_string(),
            s.format.clone(),
            s.read.to_string(),
            s.kept.to_string(),
            s.duplicate.to_string(),
            s.rejected.to_string(),
            s.unmapped.to_string(),
            if ties { "yes" } else { "no" }.to_string(),
            s.conflicting.to_string(),
            time(s.observed_at),
            s.dated_by.clone().unwrap_or_default(),
            s.note.clone().unwrap_or_default(),
        ]
    };
    let header = [
        "sha256",
        "path",
        "bytes",
        "format",
        "read",
        "kept",
        "duplicate",
        "rejected",
        "unmapped",
        "ties",
        "conflicting",
        "observed_at",
        "dated_by",
        "note",
    ];
    Table::of(&header, all.iter().map(row))
}

fn pulls(mut all: Vec<Pull>) -> Table {
    all.sort_by(|a, b| (a.started, &a.id, &a.collection).cmp(&(b.started, &b.id, &b.collection)));
    let row = |p: Pull| {
        let ties = p.received == p.stored + p.duplicate + p.rejected;
        vec![
            p.id,
            p.collection,
            p.subject,
            p.endpoint,
            p.options,
            p.version,
            time(p.from),
            time(p.until),
            p.started.to_string(),
            p.ended.to_string(),
            p.scopes.join(" "),
            p.request_ids.len().to_string(),
            p.request_ids.first().cloned().unwrap_or_default(),
            p.request_ids.last().cloned().unwrap_or_default(),
            p.units.to_string(),
            p.units_complete.to_string(),
            p.pages.to_string(),
            p.counted.map(|n| n.to_string()).unwrap_or_default(),
            p.received.to_string(),
            p.stored.to_string(),
            p.duplicate.to_string(),
            p.rejected.to_string(),
            if ties { "yes" } else { "no" }.to_string(),
            if p.complete { "yes" } else { "no" }.to_string(),
            p.reason.unwrap_or_default(),
        ]
    };
    let header = [
        "id",
        "collection",
        "subject",
        "endpoint",
        "options",
        "api_version",
        "from",
        "until_exclusive",
        "started",
        "ended",
        "permissions",
        "requests",
        "first_request_id",
        "last_request_id",
        "units",
        "units_complete",
        "pages",
        "odata_count",
        "received",
        "stored",
        "duplicate",
        "rejected",
        "ties",
        "complete",
        "reason",
    ];
    Table::of(&header, all.into_iter().map(row))
}

fn tables(view: &View) -> Table {
    let row = |t: &LakeTable| {
        let files = view.data_files(*t);
        let mut hashes: Vec<&str> = files.iter().map(|f| f.sha256.as_str()).collect();
        hashes.sort_unstable();
        vec![
            t.name().to_string(),
            view.row_count(*t).to_string(),
            files.len().to_string(),
            files.iter().map(|f| f.bytes).sum::<u64>().to_string(),
            sha256(hashes.iter().map(|h| format!("{h}\n")).collect::<String>()),
        ]
    };
    Table::of(
        &["table", "rows", "files", "bytes", "sha256_of_hashes"],
        LakeTable::ALL.iter().filter(|t| view.row_count(**t) > 0).map(row),
    )
}

fn looks(mut all: Vec<Snapshot>) -> Table {
    all.sort_by(|a, b| (&a.collection, &a.scope, a.observed_at, &a.id).cmp(&(&b.collection, &b.scope, b.observed_at, &b.id)));
    let row = |s: Snapshot| {
        vec![
            s.id,
            s.collection,
            s.scope,
            s.observed_from.to_string(),
            s.observed_at.to_string(),
            s.rows.to_string(),
            s.complete,
            s.dated_by,
            s.reason.unwrap_or_default(),
        ]
    };
    let header = [
        "id",
        "collection",
        "scope",
        "observed_from",
        "observed_at",
        "rows",
        "complete",
        "dated_by",
        "reason",
    ];
    Table::of(&header, all.into_iter().map(row))
}

fn coverage(all: Vec<Coverage>) -> Table {
    let mut rows: Vec<Vec<String>> = all
        .into_iter()
        .map(|c| {
            vec![
                c.subject,
                c.basis,
                time(c.from),
                time(c.until),
                c.reason.unwrap_or_default(),
                c.source.unwrap_or_default(),
            ]
        })
        .collect();
    rows.sort();
    rows.dedup();
    Table::of(&["subject", "basis", "from", "until_exclusive", "reason", "source_sha256"], rows)
}

fn not_taken(all: &[Reject]) -> Table {
    let mut counts: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for r in all {
        *counts.entry((&r.path, &r.verdict, &r.reason)).or_default() += 1;
    }
    let row = |((path, verdict, reason), n): ((&str, &str, &str), usize)| vec![path.to_string(), verdict.to_string(), reason.to_string(), n.to_string()];
    Table::of(&["path", "verdict", "reason", "records"], counts.into_iter().map(row))
}

fn time(at: Option<Instant>) -> String {
    at.map(|t| t.to_string()).unwrap_or_default()
}
