//! `ingest`: exports into the lake, and what was taken told in a table.

use crate::cli::args::TakeArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{output, select};
use crate::ingest::{self, IngestError, IngestOptions, IngestReport};
use crate::lake::{CrashAt, Lake};
use crate::model::{Instant, TenantId, Window};
use std::path::Path;

/// Ingests into a lake, which is made when it does not exist.
pub fn ingest(args: &TakeArgs, dir: &Path, now: Instant, crash_at: Option<&str>) -> Result<IngestReport, Failure> {
    let crash_at = crash_at.and_then(|name| CrashAt::ALL.iter().find(|(n, _)| *n == name)).map(|(_, step)| *step);
    let options = IngestOptions {
        tenant: args.tenant.as_deref().map(TenantId::new),
        observed_at: args.observed_at.as_deref().map(|t| select::instant("--observed-at", t)).transpose()?,
        complete: args.complete,
        covers: args.covers.iter().map(|text| covers(text)).collect::<Result<_, _>>()?,
        now,
        limits: ingest::Limits::default(),
    };
    let mut sink = Sink { dir, crash_at, writer: None };
    let report = ingest::ingest(&args.paths, &options, &mut sink).map_err(failure)?;
    let commit = match sink.writer {
        Some(writer) => writer.commit(now)?,
        None => None,
    };
    tell(&report, commit.as_deref());
    let rejected: i64 = report.sources.iter().map(|s| s.rejected).sum();
    if args.strict && rejected > 0 {
        return Err(Failure::unusable(format!("{rejected} records were rejected (they are listed by 'vouchsafe lake status'); --strict asks for none")));
    }
    Ok(report)
}

/// `FROM..UNTIL` of both logs, or `SUBJECT=FROM..UNTIL`.
fn covers(text: &str) -> Result<(String, Window), Failure> {
    let (subject, span) = text.split_once('=').unwrap_or(("", text));
    let wrong = || Failure::usage(format!("--covers '{text}' is no window; write it as 2026-01-01..2026-04-01, or audit=2026-01-01..2026-04-01"));
    let (from, until) = span.split_once("..").ok_or_else(wrong)?;
    let window = Window { from: select::instant("--covers", from)?, until: select::instant("--covers", until)? };
    if window.from >= window.until {
        return Err(wrong());
    }
    Ok((subject.to_string(), window))
}

fn failure(e: IngestError) -> Failure {
    let exit = match &e {
        IngestError::NothingUsable { .. } | IngestError::TwoTenants { .. } => Exit::Unusable,
        _ => Exit::Usage,
    };
    Failure { exit, message: e.to_string() }
}

fn tell(report: &IngestReport, commit: Option<&str>) {
    let sum = |f: fn(&crate::lake::records::Source) -> i64| report.sources.iter().map(f).sum::<i64>();
    let (read, kept, duplicate) = (sum(|s| s.read), sum(|s| s.kept), sum(|s| s.duplicate));
    let (rejected, unmapped) = (sum(|s| s.rejected), sum(|s| s.unmapped));
    output::say(&format!("{} sources: {read} records read = {kept} kept + {duplicate} duplicate + {rejected} rejected + {unmapped} unmapped", report.sources.len()));
    for (path, reason) in &report.foreign {
        output::say(&format!("not an export: {} ({reason})", path.display()));
    }
    for gap in &report.gaps {
        output::say(&format!("gap in {}: {}", gap.subject, gap.reason.as_deref().unwrap_or("no reason given")));
    }
    for source in report.sources.iter().filter(|s| s.note.is_some()) {
        output::say(&format!("note on {}: {}", source.path, source.note.as_deref().unwrap_or_default()));
    }
    match commit {
        Some(id) => output::say(&format!("commit {}", id.get(..12).unwrap_or(id))),
        None => output::say("nothing new: the lake had it all"),
    }
}

/// Opens the lake's writer with the first rows, when the tenant is known.
struct Sink<'a> {
    dir: &'a Path,
    crash_at: Option<CrashAt>,
    writer: Option<crate::lake::Writer>,
}
