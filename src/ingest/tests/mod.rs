//! Tests of the whole module, through a sink in memory.

mod formats;
mod gaps;
mod graph_2026;
mod hostile;
mod kinds;
mod logs;
mod looks;
mod misread;
mod mutated;
mod parts;
mod powershell;
mod real;
mod sink;
mod tables;
mod tenants;
mod times;
mod torn_tables;
mod united;

use crate::ingest::{IngestError, IngestOptions, IngestReport};
use sink::Memory;
use std::path::PathBuf;
use tempfile::TempDir;

/// An event with this id, as Graph writes it.
fn event(id: &str) -> String {
    format!(
        r#"{{"id":"{id}","activityDateTime":"2026-03-01T10:00:00Z","activityDisplayName":"Update group","result":"success","initiatedBy":{{"user":{{"id":"u1","userPrincipalName":"ana@corp.example"}}}},"targetResources":[]}}"#
    )
}

/// The same event as diagnostic settings write it.
fn enveloped(id: &str, tenant: &str) -> String {
    format!(
        r#"{{"time":"2026-03-01T10:00:07.1234567Z","resourceId":"/tenants/{tenant}/providers/Microsoft.aadiam","category":"AuditLogs","operationName":"Update group","tenantId":"{tenant}","properties":{}}}"#,
        event(id)
    )
}

const V1: &str = "https://graph.microsoft.com/v1.0/$metadata#";

/// A page of a collection.
fn page(context: &str, rows: &[&str]) -> String {
    format!(r#"{{"@odata.context":"{V1}{context}","value":[{}]}}"#, rows.join(","))
}

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }
    folder
}

/// Ingests a folder with these files.
fn ingest_files(files: &[(&str, &[u8])], options: &IngestOptions) -> Result<(IngestReport, Memory), IngestError> {
    let folder = folder(files);
    sink::run(&[folder.path().to_path_buf()], options)
}

/// Ingests one file, and must succeed.
fn one(bytes: &[u8]) -> (IngestReport, Memory) {
    ingest_files(&[("file", bytes)], &sink::options()).expect("an ingest")
}

fn paths(folder: &TempDir, names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|n| folder.path().join(n)).collect()
}

/// Ids of audit events, sorted.
fn event_ids(memory: &Memory) -> Vec<String> {
    let mut ids: Vec<String> = memory.audit.iter().map(|e| e.id.clone()).collect();
    ids.sort();
    ids
}

/// Reasons of what was not taken, in the order of the records.
fn reasons(memory: &Memory) -> Vec<String> {
    let mut rejects: Vec<_> = memory.rejects.iter().collect();
    rejects.sort_by_key(|r| r.source_row);
    rejects.into_iter().map(|r| format!("{}: {}", r.verdict, r.reason)).collect()
}
