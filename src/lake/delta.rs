//! A Delta log over the files of the lake: other engines read each table as of each commit, and see nothing that no commit names.
//!
//! One version of a table's log for each commit of the lake that touches the table, with nothing in it but what the commit
//! says: writing it again writes the same. Protocol: reader 1, writer 2 of <https://github.com/delta-io/delta/blob/master/PROTOCOL.md>.

use crate::lake::column::Columns;
use crate::lake::commit::DataFile;
use crate::lake::objects::*;
use crate::lake::records::*;
use crate::lake::table::Table;
use crate::lake::{Commit, LakeError, View, parquet_io, store};
use arrow::datatypes::{DataType, Field};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was written for a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeltaTable {
    /// The table.
    pub table: Table,
    /// The folder that other engines open.
    pub folder: PathBuf,
    /// Versions of its log.
    pub versions: u64,
    /// Live files.
    pub files: usize,
}

/// Writes the log of every table that has ever had a file; those of an earlier export are continued.
///
/// # Errors
/// When a folder cannot be written, or holds a log that this lake did not write.
pub fn export(view: &View) -> Result<Vec<DeltaTable>, LakeError> {
    let of = |table: &Table| -> Result<Option<DeltaTable>, LakeError> {
        let versions = versions(view, *table);
        if versions.is_empty() {
            return Ok(None);
        }
        let folder = view.root().join("data").join(table.name());
        let log = folder.join("_delta_log");
        store::create_private_dirs(&log)?;
        for (number, text) in versions.iter().enumerate() {
            write(&log.join(format!("{number:020}.json")), text)?;
        }
        Ok(Some(DeltaTable {
            table: *table,
            folder,
            versions: versions.len() as u64,
            files: view.data_files(*table).len(),
        }))
    };
    let all: Vec<Option<DeltaTable>> = Table::ALL.iter().map(of).collect::<Result<_, _>>()?;
    Ok(all.into_iter().flatten().collect())
}

/// The versions of a table's log, from 0.
fn versions(view: &View, table: Table) -> Vec<String> {
    let mut versions: Vec<String> = Vec::new();
    for (id, commit) in view.log() {
        let added: Vec<&DataFile> = commit.added.iter().filter(|f| f.table == table).collect();
        let removed: Vec<&DataFile> = commit.removed.iter().map(|t| &t.file).filter(|f| f.table == table).collect();
        if added.is_empty() && removed.is_empty() {
            continue;
        }
        let at = commit.instant().map_or(0, |t| t.0.div_euclid(1000));
        let mut actions = vec![json!({"commitInfo": {
            "timestamp": at, "operation": "WRITE", "engineInfo": concat!("vouchsafe ", env!("CARGO_PKG_VERSION")), "userMetadata": id,
        }})];
        if versions.is_empty() {
            actions.push(json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}));
            actions.push(metadata(table, commit, at));
        }
        for file in removed {
            actions.push(json!({"remove": {"path": below(table, file), "deletionTimestamp": at, "dataChange": true}}));
        }
        for file in added {
            actions.push(json!({"add": {
                "path": below(table, file), "partitionValues": {}, "size": file.bytes, "modificationTime": at, "dataChange": true,
                "stats": json!({"numRecords": file.rows}).to_string(),
            }}));
        }
        versions.push(actions.iter().map(|a| format!("{a}\n")).collect());
    }
    versions
}

/// The path below the folder of the table, as a URI.
fn below(table: Table, file: &DataFile) -> String {
    let prefix = format!("data/{}/", table.name());
    let path = file.path.strip_prefix(&prefix).unwrap_or(&file.path);
    // `=` in the name of a partition is written as it is; a percent sign or blank would not be.
    path.replace('%', "%25").replace(' ', "%20")
}

fn metadata(table: Table, commit: &Commit, at: i64) -> Value {
    // The id of a table follows from the tenant and the table, so that the log can be written again.
    let digest = hex::encode(Sha256::digest(format!("{}/{}", commit.tenant, table.name())));
    let id = format!(
        "{}-{}-{}-{}-{}",
        &digest[..8],
        &digest[8..12],
        &digest[12..16],
        &digest[16..20],
        &digest[20..32]
    );
    let fields: Vec<Value> = columns_of(table).iter().map(field).collect();
    let schema = json!({"type": "struct", "fields": fields}).to_string();
    json!({"metaData": {
        "id": id, "name": table.name(), "format": {"provider": "parquet", "options": {}}, "schemaString": schema,
        "partitionColumns": [], "configuration": {}, "createdTime": at,
    }})
}

fn field(field: &Field) -> Value {
    json!({"name": field.name(), "type": kind(field.data_type()), "nullable": true, "metadata": {}})
}

fn kind(data_type: &DataType) -> Value {
    match data_type {
        DataType::Boolean => json!("boolean"),
        DataType::Int64 => json!("long"),
        DataType::Float64 => json!("double"),
        DataType::Timestamp(..) => json!("timestamp"),
        DataType::List(item) => json!({"type": "array", "elementType": kind(item.data_type()), "containsNull": true}),
        DataType::Struct(fields) => json!({"type": "struct", "fields": fields.iter().map(|f| field(f)).collect::<Vec<_>>()}),
        _ => json!("string"),
    }
}

/// The columns of a table, as its files have them now.
#[must_use]
pub fn columns_of(table: Table) -> Vec<Field> {
    match table {
        Table::AuditEvents => AuditEvent::fields(),
        Table::SignIns => SignIn::fields(),
        Table::Assignments => AssignmentRow::fields(),
        Table::Requests => RequestRow::fields(),
        Table::Approvals => ApprovalRow::fields(),
        Table::Policies => PolicyRow::fields(),
        Table::Packages => PackageRow::fields(),
        Table::Catalogs => CatalogRow::fields(),
        Table::ResourceRoles => ResourceRoleRow::fields(),
        Table::Users => UserRow::fields(),
        Table::Groups => GroupRow::fields(),
        Table::Memberships => MembershipRow::fields(),
        Table::AppRoleAssignments => AppRoleAssignmentRow::fields(),
        Table::DirectoryRoles => DirectoryRoleRow::fields(),
        Table::RoleDefinitions => RoleDefinitionRow::fields(),
        Table::RoleSchedules => RoleScheduleRow::fields(),
        Table::ServicePrincipals => ServicePrincipalRow::fields(),
        Table::ConditionalAccess => ConditionalAccessRow::fields(),
        Table::NamedLocations => NamedLocationRow::fields(),
        Table::ReviewDefinitions => ReviewDefinitionRow::fields(),
        Table::ReviewInstances => ReviewInstanceRow::fields(),
        Table::ReviewDecisions => ReviewDecisionRow::fields(),
        Table::ConnectedOrganizations => ConnectedOrganizationRow::fields(),
        Table::Incompatibilities => IncompatibilityRow::fields(),
        Table::Sightings => Sighting::fields(),
        Table::Snapshots => Snapshot::fields(),
        Table::Coverage => Coverage::fields(),
        Table::Rejects => Reject::fields(),
        Table::Sources => Source::fields(),
        Table::Pulls => Pull::fields(),
    }
}

/// A version once written stays as it is; another text in its place is somebody else's log.
fn write(path: &Path, text: &str) -> Result<(), LakeError> {
    match std::fs::read_to_string(path) {
        Ok(there) if there == text => return Ok(()),
        Ok(_) => {
            let other = "it is no log that this lake wrote; move the folder _delta_log away and export again".to_string();
            return Err(LakeError::format("continue the Delta log", path)(other));
        }
        Err(_) => {}
    }
    let temp = path.with_file_name(format!(".tmp-{}", std::process::id()));
    let _ = std::fs::remove_file(&temp);
    let mut file = parquet_io::private_file(&temp).map_err(LakeError::io("create", &temp))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(LakeError::io("write", &temp))?;
    std::fs::rename(&temp, path).map_err(LakeError::io("rename", path))?;
    store::sync_dir(path.parent().unwrap_or(Path::new(".")))
}
