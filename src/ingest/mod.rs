//! Formats become rows and rejects: tell apart, decode, normalise; every record is counted.
//!
//! Files are read twice. The first pass finds out what each is and whose records it holds, so that
//! records of two tenants are refused before anything is stored. The second cuts them into records,
//! works on batches of them on all cores, and hands rows to the [`Sink`] in the order of the files.

mod archive;
mod audit;
mod columns;
mod context;
mod coverage;
mod dating;
mod envelope;
mod error;
mod feed;
mod gaps;
mod hash;
mod kind;
mod limits;
mod looks;
mod naming;
mod objects;
mod paths;
mod progress;
mod pulled;
mod raw;
mod rows;
mod run;
mod scan;
mod shown;
mod signin;
mod sink;
mod skip;
mod split;
#[doc(hidden)]
pub mod steps;
#[cfg(test)]
mod tests;
mod times;
mod value;
mod work;

pub use context::is_guid;
pub use coverage::{is_log, until};
pub use error::IngestError;
pub use kind::is_no_kind;
pub use limits::Limits;
pub use progress::Progress;
pub use pulled::{Part, Pulled, PulledFile};
pub use run::can_heal;
pub use sink::{Put, RowKey, Seen, Sink, SinkError};
pub use times::DateOrder;

use crate::ingest::coverage::Declared;
use crate::ingest::run::Run;
use crate::ingest::split::Shape;
use crate::lake::records::{Coverage, Source};
use crate::model::{Instant, TenantId, Window};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Basis of a row of `coverage` that takes back a gap with the same subject and reason: what it lacked was read later.
pub use crate::lake::records::HEALED;

/// The tenant of records that no evidence gives one.
pub use crate::lake::view::UNKNOWN_TENANT;

/// How to read.
#[derive(Debug, Clone)]
pub struct IngestOptions {
    /// The tenant, when the one who asks knows it.
    pub tenant: Option<TenantId>,
    /// When the objects were exported: an instant, or the day of it.
    pub observed_at: Option<Window>,
    /// Whether every listing is whole.
    pub complete: bool,
    /// Time that is covered: `audit`, `sign_ins`, a stream of them, or empty text for all of these.
    pub covers: Vec<(String, Window)>,
    /// Whether day or month comes first, for files whose own dates do not tell.
    pub dates: Option<DateOrder>,
    /// The clock.
    pub now: Instant,
    /// Bounds on what a file may make us do.
    pub limits: Limits,
    /// The file into which standard input was copied; it is called `-`.
    pub standard_input: Option<PathBuf>,
    /// Where to say how far it has come.
    pub progress: Option<Arc<Progress>>,
    /// What only a pull knows of its files.
    pub pulled: Option<Pulled>,
    /// What files are called that were fetched from elsewhere.
    pub called: BTreeMap<PathBuf, String>,
    /// Gaps of the lake that no time bounds: what is read whole now heals them.
    pub open_gaps: Vec<Coverage>,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestReport {
    /// The tenant, where anything tells it.
    pub tenant: Option<TenantId>,
    /// Files with their arithmetic, in the order in which they were read.
    pub sources: Vec<Source>,
    /// Files that hold no records, with the reason.
    pub foreign: Vec<(PathBuf, String)>,
    /// Known gaps: error responses and files that could not be read to their end.
    pub gaps: Vec<Coverage>,
    /// Files that may have held records and could not be read, or not to their end.
    pub unread: usize,
    /// Looks at collections.
    pub snapshots: usize,
    /// Records read; `read = kept + duplicate + rejected + unmapped`.
    pub read: i64,
    /// Records kept.
    pub kept: i64,
    /// Records that were there already.
    pub duplicate: i64,
    /// Bad records.
    pub rejected: i64,
    /// Records that no table takes.
    pub unmapped: i64,
    /// Kept records whose id was known with other content.
    pub conflicting: i64,
    /// Records that no table takes: file and reason, and how many.
    pub unrecognised: BTreeMap<(String, String), u64>,
    /// Time that somebody vouched for and the files contradict.
    pub contradicted: Vec<String>,
}

/// Tells a path that leads nowhere before anything is made for what it was to hold; patterns and places elsewhere are not tried.
///
/// # Errors
/// When a path does not exist.
pub fn all_there(paths: &[PathBuf]) -> Result<(), IngestError> {
    let tried = |path: &&PathBuf| {
        let text = path.to_string_lossy();
        !text.contains(['*', '?', '[']) && !text.contains("://")
    };
    let missing = paths.iter().filter(tried).find(|path| path.symlink_metadata().is_err());
    missing.map_or(Ok(()), |path| Err(IngestError::NotFound { path: path.clone() }))
}

/// Reads files and hands their rows to the sink.
///
/// # Errors
/// When a path cannot be read, nothing in it can be used, records of two tenants meet,
/// a `coverage.toml` cannot be understood, or the sink fails.
/// Before the first row reaches the sink, all but the second and the last of these are ruled out.
pub fn ingest(paths: &[PathBuf], options: &IngestOptions, sink: &mut impl Sink) -> Result<IngestReport, IngestError> {
    let mut found = paths::expand(paths, &options.limits)?;
    if let Some(file) = &options.standard_input {
        found.inputs.iter_mut().filter(|input| input.file == *file).for_each(paths::of_standard_input);
    }
    let declared = found.coverage.iter().map(|path| coverage::read(path)).collect::<Result<Vec<_>, _>>()?;
    let scans = scan::scan_all(&found.inputs, &options.limits);
    if let Some(progress) = &options.progress {
        progress.found(found.inputs.iter().map(|input| input.bytes).sum());
    }
    let evidence = declared
        .iter()
        .filter_map(|d| Some((d.tenant.clone()?, d.path.as_path())))
        .chain(found.inputs.iter().zip(&scans).flat_map(|(input, scan)| {
            let path = input.path.as_path();
            scan.tenants.iter().map(move |t| (t.clone(), path))
        }));
    let tenant = one_tenant(options.tenant.as_ref(), evidence)?;

    let mut run = Run::new(options, tenant.as_ref(), &declared, sink);
    for (path, reason) in found.foreign {
        run.foreign(path, reason, None);
    }
    for (path, reason) in found.broken {
        run.broken(path, reason, None);
    }
    let mut datings = dating::date_all(&found.inputs, options.observed_at, options.now);
    if let Some(pulled) = &options.pulled {
        pulled.date(&found.inputs, &mut datings);
    }
    // Tables retell less of a record than Graph and the diagnostic pipeline do: they come last.
    let files = || found.inputs.iter().zip(&scans).zip(&datings);
    for ((input, scan), dating) in files().filter(|f| !f.0.1.retold).chain(files().filter(|f| f.0.1.retold)) {
        match &scan.shape {
            _ if scan.corrupt => {
                let why = scan.trouble.as_deref().unwrap_or("its checksum is wrong");
                let reason = format!("damaged, so that nothing in it is taken: {why}; copy or export it again");
                run.broken(input.path.clone(), reason, Some((input, scan, dating)));
            }
            Shape::Foreign(reason) if scan.trouble.is_some() => {
                run.broken(input.path.clone(), reason.clone(), Some((input, scan, dating)));
            }
            Shape::Foreign(reason) => run.foreign(input.path.clone(), reason.clone(), Some((input, scan))),
            Shape::Closed(closed) => run.closed(input, closed, scan, dating),
            Shape::Lines | Shape::Documents | Shape::Table(_) => run.file(input, scan, dating)?,
        }
    }
    run.finish()
}

/// The one tenant of all evidence and of the flag.
fn one_tenant<'a>(given: Option<&TenantId>, evidence: impl Iterator<Item = (String, &'a Path)>) -> Result<Option<TenantId>, IngestError> {
    let mut first: Option<(String, &Path)> = None;
    for (tenant, path) in evidence {
        if let Some(given) = given
            && given.as_str() != tenant
        {
            return Err(IngestError::OtherTenant {
                given: given.to_string(),
                found: tenant,
                path: path.into(),
            });
        }
        match &first {
            Some((known, at)) if *known != tenant => {
                return Err(IngestError::TwoTenants {
                    first: (known.clone(), at.to_path_buf()),
                    second: (tenant, path.into()),
                });
            }
            Some(_) => {}
            None => first = Some((tenant, path)),
        }
    }
    Ok(given.cloned().or(first.map(|(t, _)| TenantId::new(&t))))
}

/// Whether a declaration beside or above the file claims that its looks are whole.
fn claimed(options: &IngestOptions, declared: &[Declared], path: &Path) -> bool {
    options.complete || declared.iter().any(|d| d.complete && d.reaches(path))
}
