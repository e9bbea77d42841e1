//! The checks of one's own that a folder holds, as the registry has them.

use super::answer;
use super::header::{OwnCheck, parse};
use crate::check::{Check, Shard, Threshold, all};
use crate::config::Config;
use crate::lake::table::Table;
use crate::ledger::AccessModel;
use crate::model::controls::Control;
use crate::model::{CheckId, Instant};
use crate::views::{self, Base};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Why a folder's checks cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be read.
    #[error("cannot read the checks in {path}: {source}")]
    Unreadable {
        /// The folder or a file in it.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Files that are no checks, all of them.
    #[error("{} file(s) are no checks:\n  {}", .0.len(), .0.join("\n  "))]
    Wrong(Vec<String>),
}

/// Checks by file and content.
type Shelf = Mutex<BTreeMap<(PathBuf, String), &'static Check>>;

/// Checks that were made of files: they live as long as the program.
fn shelf() -> &'static Shelf {
    static SHELF: OnceLock<Shelf> = OnceLock::new();
    SHELF.get_or_init(Mutex::default)
}

/// Reads the checks of a folder, each file that ends in `.sql`, by name.
///
/// Every statement is tried on a tenant without rows, so that a name that does not exist shows at once.
///
/// # Errors
/// When the folder cannot be read, or a file is no check.
pub fn folder(path: &Path) -> Result<Vec<(PathBuf, String)>, FolderError> {
    let unreadable = |source| FolderError::Unreadable { path: path.into(), source };
    let mut files: Vec<PathBuf> = std::fs::read_dir(path).map_err(unreadable)?.flatten().map(|e| e.path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e.eq_ignore_ascii_case("sql")));
    files.sort();
    let (mut checks, mut texts, mut wrong): (Vec<&'static Check>, Vec<(PathBuf, String)>, Vec<String>) = (Vec::new(), Vec::new(), Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|source| FolderError::Unreadable { path: file.clone(), source })?;
        match made(&text, &file) {
            Ok(check) => match checks.iter().find(|c| c.id == check.id) {
                Some(_) => wrong.push(format!("{}: the id {} is that of another file", file.display(), check.id)),
                None => {
                    checks.push(check);
                    texts.push((file, text));
                }
            },
            Err(why) => wrong.push(why),
        }
    }
    if !wrong.is_empty() {
        return Err(FolderError::Wrong(wrong));
    }
    Ok(texts)
}

/// All checks in force: those of the catalogue, then one's own, sorted by id.
#[must_use]
pub fn catalogue(config: &Config) -> Vec<&'static Check> {
    let mut own: Vec<&'static Check> = config.own_checks.iter().filter_map(|(path, text)| made(text, path).ok()).collect();
    own.sort_by_key(|c| c.id);
    all().iter().copied().chain(own).collect()
}

/// The check of a text.
///
/// # Errors
/// What is wrong with it, with its file.
pub fn made(text: &str, file: &Path) -> Result<&'static Check, String> {
    let key = (file.to_path_buf(), text.to_string());
    if let Some(check) = shelf().lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(check);
    }
    let own = parse(text, file).map_err(|e| e.to_string())?;
    let wrong = |why: String| format!("{}: {why}", file.display());
    if all().iter().any(|c| c.id.as_str() == own.id) {
        return Err(wrong(format!("{} is a check of the catalogue; take an id of your own", own.id)));
    }
    tried(&own).map_err(wrong)?;
    let mut shelf = shelf().lock().unwrap_or_else(PoisonError::into_inner);
    Ok(shelf.entry(key).or_insert_with(|| leaked(own)))
}

/// A check of one's own by its id, among those that were read.
pub(in crate::check) fn known(id: &str) -> Option<&'static Check> {
    let shelf = shelf().lock().unwrap_or_else(PoisonError::into_inner);
    shelf.values().copied().find(|c| c.id.as_str().eq_ignore_ascii_case(id))
}

/// Runs the statement where there is nothing: what it names must exist, and its columns must be known.
fn tried(own: &OwnCheck) -> Result<(), String> {
    let needs = views::needs(&own.sql);
    if !needs.tables.is_empty() || needs.bases.contains(&Base::Findings) || needs.bases.contains(&Base::Records) {
        return Err("a check reads documented views of the ledger only, no table of the lake, no records and no findings".into());
    }
    if needs.bases.is_empty() {
        return Err("the statement reads no view; `vouchsafe sql --list` has them".into());
    }
    let sql = answer::statement(own, Instant(0)).map_err(|e| e.to_string())?;
    let access = AccessModel::default();
    let rows = views::over(&access, None, &sql)
        .map_err(|e| e.to_string())?
        .run(&sql)
        .map_err(|e| e.to_string())?;
    match answer::columns(&rows) {
        wrong if wrong.is_empty() => Ok(()),
        wrong => Err(wrong.join("; ")),
    }
}

fn leaked(own: OwnCheck) -> &'static Check {
    fn text(t: &str) -> &'static str {
        Box::leak(t.to_string().into_boxed_str())
    }
    fn list<T>(items: Vec<T>) -> &'static [T] {
        Box::leak(items.into_boxed_slice())
    }
    let own: &'static OwnCheck = Box::leak(Box::new(own));
    let controls = own.controls.iter().map(|(framework, id)| Control { framework, id }).collect();
    let threshold = |t: &'static super::header::OwnThreshold| -> &'static Threshold {
        Box::leak(Box::new(Threshold {
            name: &t.name,
            default: t.default,
            unit: &t.unit,
            origin: &t.origin,
            help: text(&format!("A number of {}.", own.id)),
        }))
    };
    let mut reads: Vec<Table> = views::needs(&own.sql).bases.into_iter().flat_map(tables_of).copied().collect();
    reads.sort();
    reads.dedup();
    Box::leak(Box::new(Check {
        id: CheckId::new(&own.id),
        page: list(own.page.iter().map(|l| l.as_str()).collect()),
        severity: own.severity,
        practice: list(own.practice.iter().map(|p| p.as_str()).collect()),
        controls: list(controls),
        thresholds: list(own.thresholds.iter().map(threshold).collect()),
        reads: list(reads),
        shard_by: Shard::Whole,
        cost: "its statement, bounded in time and memory",
        run: answer::run,
        own: Some(own),
    }))
}

/// The tables of the lake from which a table below the views is made.
fn tables_of(base: Base) -> &'static [Table] {
    const HELD: &[Table] = &[
        Table::AuditEvents,
        Table::Assignments,
        Table::Requests,
        Table::Approvals,
        Table::Policies,
        Table::Packages,
        Table::Catalogs,
        Table::ResourceRoles,
        Table::Users,
        Table::Groups,
        Table::Memberships,
        Table::AppRoleAssignments,
        Table::DirectoryRoles,
        Table::RoleDefinitions,
        Table::RoleSchedules,
        Table::ServicePrincipals,
    ];
    match base {
        Base::Usage => &[Table::SignIns, Table::Users, Table::ServicePrincipals],
        Base::Decisions => &[Table::ReviewDecisions, Table::Users, Table::AuditEvents],
        Base::Coverage => &[Table::Coverage],
        Base::Sources => &[Table::Sources],
        Base::Rejects => &[Table::Rejects],
        Base::Snapshots => &[Table::Snapshots],
        Base::Policies | Base::PolicyChanges => &[Table::Policies, Table::Packages, Table::AuditEvents],
        Base::Packages => &[Table::Packages, Table::Catalogs, Table::Policies, Table::ResourceRoles, Table::AuditEvents],
        Base::Asked => &[],
        // Whatever tells who held what tells of names and states too.
        _ => HELD,
    }
}

/// The statement that is being run, for whoever watches time and memory.
static RUNNING: Mutex<Option<(String, u64)>> = Mutex::new(None);

/// Says that a statement is being run, until it is dropped.
pub(super) struct Running;

/// Says that a check's statement begins; each has a number of its own.
pub(super) fn running(id: &str) -> Running {
    static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = Some((id.to_string(), number));
    Running
}

impl Drop for Running {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The check whose statement is being run, and a number that tells one run from the next.
#[must_use]
pub fn now_running() -> Option<(String, u64)> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
