//! `ingest`: exports into the lake, and what was taken told in a table.

use crate::cli::args::TakeArgs;
use crate::cli::exit::Failure;
use crate::cli::{dry_run, fetch, output, private, select, watch};
use crate::ingest::{self, IngestError, IngestOptions, IngestReport, Progress, SinkError};
use crate::lake::records::{Coverage, Pull, Reject, Snapshot, Source};
use crate::lake::table::{Object, Table};
use crate::lake::view::UNKNOWN_TENANT;
use crate::lake::{Lake, LakeError, Put, RowKey, Seen, Writer, compact};
use crate::model::{Instant, TenantId, Window};
use crate::remote::Known;
use arrow::array::{Array, AsArray, RecordBatch};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Ingests into a lake, which is made when it does not exist.
pub fn ingest(args: &TakeArgs, dir: &Path, now: Instant) -> Result<IngestReport, Failure> {
    let mut asked = Asked::of(args, now)?;
    // A mistake on the command line makes no lake.
    ingest::all_there(&asked.paths).map_err(failure)?;
    let notary = private::notary(&args.notary)?;
    let lake = Lake::open_or_create(dir)?.signed_by(notary);
    asked.options.open_gaps = open_gaps(&lake)?;
    let known = || {
        let sources = lake.view()?.rows::<Source>()?;
        Ok(Known::of(sources.iter().map(|s| s.path.as_str())))
    };
    // Beside the data, where there is room for it.
    let fetched = fetch::fetch(&mut asked.paths, known, &dir.join(format!("_fetched-{}", std::process::id())))?;
    if let Some(fetched) = &fetched {
        asked.options.called.clone_from(&fetched.called);
        if asked.paths.is_empty() {
            output::say("nothing new: the lake had it all");
            return Ok(IngestReport::default());
        }
    }
    let mut sink = Sink::new(&lake);
    let watching = watch::watch(&asked.progress);
    let report = ingest::ingest(&asked.paths, &asked.options, &mut sink).map_err(failure)?;
    drop(watching);
    let commit = sink.commit(now)?;
    tell(
        &report,
        &match &commit {
            Some(id) => format!("commit {}", id.get(..12).unwrap_or(id)),
            None => "nothing new: the evidence store has all of it already".to_string(),
        },
    );
    if commit.is_some() {
        // The rows are in: small files that stay small cost time and no answer.
        if let Err(e) = compact::compact(&lake, compact::MANY, now) {
            output::say(&format!("small files are not merged: {e}"));
        }
    }
    strictly(args, &report)?;
    Ok(report)
}

/// Reads everything and says what it would give; nothing is written.
pub fn dry_run(args: &TakeArgs, now: Instant) -> Result<IngestReport, Failure> {
    let mut asked = Asked::of(args, now)?;
    let folder = std::env::temp_dir().join(format!("vouchsafe-fetched-{}", std::process::id()));
    let fetched = fetch::fetch(&mut asked.paths, || Ok(Known::default()), &folder)?;
    if let Some(fetched) = &fetched {
        asked.options.called.clone_from(&fetched.called);
    }
    let watching = watch::watch(&asked.progress);
    let report = dry_run::run(&asked.paths, &asked.options)?;
    drop(watching);
    tell(&report, "nothing was written: --dry-run");
    strictly(args, &report)?;
    Ok(report)
}

/// Gaps of the lake that no time bounds and nothing has healed.
fn open_gaps(lake: &Lake) -> Result<Vec<Coverage>, LakeError> {
    let rows = lake.view()?.rows::<Coverage>()?;
    let healed: BTreeSet<(&str, Option<&str>)> = rows
        .iter()
        .filter(|r| r.basis == ingest::HEALED)
        .map(|r| (r.subject.as_str(), r.reason.as_deref()))
        .collect();
    let open = |r: &&Coverage| r.basis == "gap" && ingest::can_heal(r) && !healed.contains(&(r.subject.as_str(), r.reason.as_deref()));
    Ok(rows.iter().filter(open).cloned().collect())
}

fn strictly(args: &TakeArgs, report: &IngestReport) -> Result<(), Failure> {
    let rejected: i64 = report.sources.iter().map(|s| s.rejected).sum();
    if args.strict && rejected > 0 {
        return Err(Failure::unusable(format!(
            "{rejected} records were rejected (they are listed by 'vouchsafe lake status'); --strict asks for none"
        )));
    }
    let lost = [
        (report.unread, "files could not be read"),
        (report.foreign.len() - report.unread.min(report.foreign.len()), "files are no exports"),
        (report.gaps.len(), "gaps were found, of what was missing or not understood"),
        (usize::try_from(report.unmapped).unwrap_or(usize::MAX), "records were not recognised"),
        (
            usize::try_from(report.conflicting).unwrap_or(usize::MAX),
            "records have an id that is known with another content",
        ),
    ];
    match lost.iter().find(|(n, _)| args.strict && *n > 0) {
        Some((n, what)) => Err(Failure::unusable(format!(
            "{n} {what} (they are on record in 'vouchsafe lake status'); --strict asks for none"
        ))),
        None => Ok(()),
    }
}

/// What was asked for, checked.
struct Asked {
    paths: Vec<PathBuf>,
    options: IngestOptions,
    progress: Arc<Progress>,
    /// Goes with its copy when all is read.
    _standard_input: Option<Copied>,
}

impl Asked {
    fn of(args: &TakeArgs, now: Instant) -> Result<Self, Failure> {
        let standard_input = args.paths.iter().any(|p| p.as_os_str() == "-").then(Copied::standard_input).transpose()?;
        let given = |path: &PathBuf| match &standard_input {
            Some(copy) if path.as_os_str() == "-" => copy.file.clone(),
            _ => path.clone(),
        };
        let paths: Vec<PathBuf> = args.paths.iter().map(given).collect();
        let progress = Arc::new(Progress::default());
        let options = IngestOptions {
            tenant: args.tenant.as_deref().map(tenant).transpose()?,
            observed_at: args.observed_at.as_deref().map(|text| observed_at(text, now)).transpose()?,
            complete: args.complete,
            covers: args.covers.iter().map(|text| covers(text)).collect::<Result<_, _>>()?,
            dates: args.dates,
            now,
            limits: ingest::Limits::default(),
            standard_input: standard_input.as_ref().map(|copy| copy.file.clone()),
            progress: Some(Arc::clone(&progress)),
            pulled: None,
            called: BTreeMap::new(),
            open_gaps: Vec::new(),
        };
        Ok(Self {
            paths,
            options,
            progress,
            _standard_input: standard_input,
        })
    }
}

/// Standard input, copied to where it can be read twice; the copy goes when this does.
struct Copied {
    folder: PathBuf,
    file: PathBuf,
}

impl Copied {
    fn standard_input() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("vouchsafe-{}", std::process::id()));
        let copied = Self {
            file: folder.join("standard-input"),
            folder,
        };
        let failed = |e: io::Error| Failure::io(format!("copy standard input to {}", copied.file.display()), &e);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&copied.folder).map_err(failed)?;
        let mut file = fs::File::create_new(&copied.file).map_err(failed)?;
        io::copy(&mut io::stdin().lock(), &mut file).map_err(failed)?;
        Ok(copied)
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        // Nothing is left to be done about a copy that cannot be removed.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The tenant's id, which is a GUID: a domain or a mistake would make a lake that takes no export of the real one.
fn tenant(text: &str) -> Result<TenantId, Failure> {
    if ingest::is_guid(text.trim()) {
        return Ok(TenantId::new(text.trim()));
    }
    Err(Failure::usage(format!(
        "--tenant '{text}' is no tenant id: write the GUID, not a domain or a name"
    )))
}

/// An instant, or the whole of a day.
fn observed_at(text: &str, now: Instant) -> Result<Window, Failure> {
    let from = select::instant("--observed-at", text)?;
    if from > now {
        return Err(Failure::usage(format!("--observed-at '{text}' is yet to come: write when the export was made")));
    }
    let until = ingest::until(text).filter(|until| *until > from);
    Ok(Window {
        from,
        until: until.unwrap_or(from.plus(1)),
    })
}

/// `FROM..UNTIL` of both logs, or `SUBJECT=FROM..UNTIL`.
fn covers(text: &str) -> Result<(String, Window), Failure> {
    let (subject, span) = text.split_once('=').unwrap_or(("", text));
    let wrong = || {
        Failure::usage(format!(
            "--covers '{text}' is no window; write it as 2026-01-01..2026-03-31 (both days are covered), or audit=2026-01-01T00:00:00Z..2026-04-01T00:00:00Z"
        ))
    };
    let (from, until) = span.split_once("..").ok_or_else(wrong)?;
    let window = Window {
        from: select::instant("--covers", from)?,
        // As in a coverage.toml, a date without a time covers that day.
        until: ingest::until(until).ok_or_else(wrong)?,
    };
    if window.from >= window.until {
        return Err(wrong());
    }
    if !subject.is_empty() && !ingest::is_log(subject) {
        return Err(Failure::usage(format!("--covers '{text}': '{subject}' is no log; write audit or sign_ins")));
    }
    Ok((subject.to_string(), window))
}

/// The exit code of what stops an ingest.
pub(super) fn failure(e: IngestError) -> Failure {
    match e {
        IngestError::Sink { source, .. } if source.is::<LakeError>() => (*source.downcast::<LakeError>().expect("asked above")).into(),
        IngestError::NothingUsable(_) | IngestError::TwoTenants { .. } | IngestError::OtherTenant { .. } => Failure::unusable(e),
        IngestError::Unreadable { path, source } => Failure::io(format!("read {}", path.display()), &source),
        other => Failure::usage(other),
    }
}

fn tell(report: &IngestReport, end: &str) {
    let sum = |f: fn(&Source) -> i64| report.sources.iter().map(f).sum::<i64>();
    let (read, kept, duplicate) = (sum(|s| s.read), sum(|s| s.kept), sum(|s| s.duplicate));
    let (rejected, unmapped) = (sum(|s| s.rejected), sum(|s| s.unmapped));
    output::say(&format!(
        "{} sources: {read} records read = {kept} kept + {duplicate} duplicate + {rejected} rejected + {unmapped} unrecognised",
        report.sources.len()
    ));
    let foreign = report
        .foreign
        .iter()
        .map(|(path, reason)| format!("not an export: {} ({reason})", path.display()));
    few("files that are no exports", foreign.collect());
    let reasons: BTreeSet<String> = report
        .gaps
        .iter()
        .map(|g| format!("gap in {}: {}", g.subject, g.reason.as_deref().unwrap_or("no reason given")))
        .collect();
    few("gaps", reasons.into_iter().collect());
    let unrecognised = report.unrecognised.iter();
    let unrecognised = unrecognised.map(|((path, reason), n)| format!("not recognised: {path}: {n} of {reason}"));
    few("kinds of records that were not recognised", unrecognised.collect());
    let against = report.contradicted.iter().map(|what| format!("not as asserted: {what}"));
    few("windows that are not as asserted", against.collect());
    // An answer with an error is a gap and a note: it is told once.
    let told = |note: &str| report.gaps.iter().any(|g| g.reason.as_deref().is_some_and(|reason| reason.ends_with(note)));
    let twice = report.sources.iter().filter(|s| s.conflicting > 0).map(contradicting);
    few("files that contradict others", twice.collect());
    let news = |s: &&Source| s.note.as_deref().is_some_and(|n| !told(n));
    let notes = report
        .sources
        .iter()
        .filter(news)
        .map(|s| format!("note on {}: {}", s.path, s.note.as_deref().unwrap_or_default()));
    few("notes", notes.collect());
    output::say(end);
}

/// What is said of records whose id is known with another content.
pub(super) fn contradicting(s: &Source) -> String {
    let n = s.conflicting;
    let noun = if n == 1 { "record has" } else { "records have" };
    format!("{}: {n} {noun} an id that is known with another content; each of them is kept", s.path)
}

/// The first of many lines, each cut to what a terminal can show; the rest is in `lake status`.
fn few(what: &str, lines: Vec<String>) {
    const SHOWN: usize = 5;
    const WIDE: usize = 200;
    for line in lines.iter().take(SHOWN) {
        let cut: String = line.chars().take(WIDE).collect();
        output::say(&if cut.len() < line.len() { format!("{cut}…") } else { cut });
    }
    if lines.len() > SHOWN {
        output::say(&format!("and {} more {what}: see 'vouchsafe lake status'", lines.len() - SHOWN));
    }
}

/// Opens the lake's writer with the first rows, when the tenant is known.
pub struct Sink {
    lake: Lake,
    writer: Option<Writer>,
}

impl Sink {
    /// A sink into a lake.
    #[must_use]
    pub fn new(lake: &Lake) -> Self {
        Self {
            lake: lake.clone(),
            writer: None,
        }
    }

    /// Makes the rows visible; `None` when nothing was new.
    ///
    /// # Errors
    /// When the disk is full, or another writer committed first.
    pub fn commit(self, now: Instant) -> Result<Option<String>, LakeError> {
        self.writer.map_or(Ok(None), |writer| writer.commit(now))
    }

    fn writer(&mut self, tenant: &str) -> Result<&mut Writer, LakeError> {
        if self.writer.is_none() {
            self.writer = Some(Writer::begin(&self.lake, &TenantId::new(tenant))?);
        }
        Ok(self.writer.as_mut().expect("set above"))
    }
}

impl ingest::Sink for Sink {
    fn log_rows(&mut self, table: Table, batch: RecordBatch, keys: &[RowKey]) -> Result<Put, SinkError> {
        let tenant = batch
            .column_by_name("tenant_id")
            .and_then(|c| c.as_string_opt::<i32>())
            .filter(|c| !c.is_empty())
            .map(|c| c.value(0).to_string());
        Ok(self.writer(tenant.as_deref().unwrap_or_default())?.log_rows(table, &batch, keys)?)
    }

    fn objects<R: Object>(&mut self, rows: Vec<Seen<R>>) -> Result<Put, SinkError> {
        let Some(tenant) = rows.first().map(|r| r.row.tenant_id().to_string()) else {
            return Ok(Put::default());
        };
        Ok(self.writer(&tenant)?.objects(rows)?)
    }

    fn snapshots(&mut self, rows: Vec<Snapshot>) -> Result<(), SinkError> {
        let Some(tenant) = rows.first().map(|r| r.tenant_id.clone()) else {
            return Ok(());
        };
        Ok(self.writer(&tenant)?.snapshots(rows)?)
    }

    fn coverage(&mut self, rows: Vec<Coverage>) -> Result<(), SinkError> {
        let Some(tenant) = rows.first().map(|r| r.tenant_id.clone()) else {
            return Ok(());
        };
        Ok(self.writer(&tenant)?.coverage(rows)?)
    }

    fn rejects(&mut self, rows: Vec<Reject>) -> Result<(), SinkError> {
        match self.writer.as_mut() {
            _ if rows.is_empty() => Ok(()),
            Some(writer) => Ok(writer.rejects(rows)?),
            None => Ok(self.writer(UNKNOWN_TENANT)?.rejects(rows)?),
        }
    }

    fn sources(&mut self, rows: Vec<Source>) -> Result<(), SinkError> {
        match self.writer.as_mut() {
            _ if rows.is_empty() => Ok(()),
            Some(writer) => Ok(writer.sources(rows)?),
            None => Ok(self.writer(UNKNOWN_TENANT)?.sources(rows)?),
        }
    }

    fn pulls(&mut self, rows: Vec<Pull>) -> Result<(), SinkError> {
        let Some(tenant) = rows.first().map(|r| r.tenant_id.clone()) else {
            return Ok(());
        };
        Ok(self.writer(&tenant)?.pulls(rows)?)
    }
}
