//! `check --since` and `--notify-file`: what became of findings from one run of all checks to the next.

use crate::check::life::log::{RunLog, Runs};
use crate::check::life::{Change, Lives, Now, State};
use crate::check::{self, CheckResult};
use crate::cli::args::CheckArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{self, Question};
use crate::cli::output;
use crate::lake::Lake;
use crate::lake::store::write_synced;
use crate::model::Severity;
use crate::report::columns;
use crate::report::forms::{Options, jsonl};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

/// Which changes each file has been told, by its path: the number of the last run.
const TOLD: &str = "told.json";

/// Runs that are kept, and whether what was asked now is one of them.
pub struct Followed {
    runs: Runs,
    kept: bool,
}

/// Keeps what all checks say at the newest commit, and tells it to the file that was asked for.
///
/// What is asked by other settings for once is kept only where it is to be told.
pub fn follow(args: &CheckArgs, question: &Question, results: &[CheckResult]) -> Result<Followed, Failure> {
    let log = RunLog::of(&open::lake_dir(&args.lake));
    let asked = args.since.is_some() || args.notify_file.is_some();
    let mut runs = match log.read() {
        Ok(runs) => runs,
        Err(e) if asked => return Err(e.into()),
        Err(e) => {
            output::say(&format!("warning: what became of findings is not kept: {e}"));
            return Ok(Followed {
                runs: Runs::default(),
                kept: false,
            });
        }
    };
    if args.notify_file.is_some() && args.question.as_of.is_some() {
        return Err(Failure::usage(
            "--notify-file tells what is new now, so it takes no --as-of; use --since COMMIT with it instead",
        ));
    }
    let usual = args.question.profile.is_none() && args.question.exceptions.is_none();
    let mut kept = false;
    if args.ids.is_empty() && args.question.as_of.is_none() && (usual || args.notify_file.is_some()) {
        match keep(&log, &mut runs, question, results) {
            Ok(()) => kept = true,
            Err(e) if asked => return Err(e),
            Err(e) => output::say(&format!("warning: what became of findings is not kept: {}", e.message)),
        }
    }
    if let Some(file) = &args.notify_file {
        notify(&log, &runs, file)?;
    }
    Ok(Followed { runs, kept })
}

/// Adds a run where anything differs from the last one.
fn keep(log: &RunLog, runs: &mut Runs, question: &Question, results: &[CheckResult]) -> Result<(), Failure> {
    let Some(commit) = question.view.data_commit_id().map(ToString::to_string) else {
        return Ok(());
    };
    let now = now(question, &commit, results);
    for _ in 0..2 {
        if runs.lives.last().is_some_and(|l| l.sequence > now.sequence) {
            return Ok(());
        }
        let (head, changes) = runs.lives.advance(&now, true);
        let same = |l: &check::life::RunHead| (&l.commit, &l.as_of, &l.settings) == (&head.commit, &head.as_of, &head.settings);
        if changes.is_empty() && runs.lives.last().is_some_and(same) || log.add(runs, head, changes)? {
            return Ok(());
        }
        // Another command was quicker: what it kept is where this one goes on.
        *runs = log.read()?;
    }
    Err(Failure::usage("other commands keep runs at the same time; run this one again"))
}

fn now<'a>(question: &'a Question, commit: &'a str, results: &'a [CheckResult]) -> Now<'a> {
    Now {
        commit,
        sequence: sequence(question, commit),
        access: &question.access,
        config: &question.config,
        results,
    }
}

fn sequence(question: &Question, commit: &str) -> u64 {
    let of = question.view.log().iter().find(|(id, _)| id == commit);
    of.map_or(0, |(_, c)| c.sequence)
}

/// Adds to a file what it has not been told, each change once.
fn notify(log: &RunLog, runs: &Runs, file: &Path) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::usage(format!("cannot add to {}: {e}", file.display()));
    let marks = log.dir().join(TOLD);
    let mut told: BTreeMap<String, u64> = match fs::read_to_string(&marks) {
        Ok(text) => serde_json::from_str(&text).map_err(|e| Failure::usage(format!("{} is damaged: {e}; remove it to be told all again", marks.display())))?,
        Err(_) => BTreeMap::new(),
    };
    let there = fs::read_to_string(file).unwrap_or_default();
    let known: BTreeSet<String> = there.lines().filter_map(id_of).collect();
    let path = std::path::absolute(file).map_err(failed)?.display().to_string();
    let since = told.get(&path).copied().unwrap_or(0);
    let later = runs.runs.iter().filter(|(head, _)| head.run > since).flat_map(|(_, changes)| changes);
    let rows: Vec<Change> = later.filter(|c| !known.contains(&c.id)).cloned().collect();
    if !rows.is_empty() {
        let mut bytes = Vec::new();
        // A line that a crash tore stays as it is, and is told again whole.
        if !there.is_empty() && !there.ends_with('\n') {
            bytes.push(b'\n');
        }
        bytes.extend(columns::changes(&rows, &jsonl::FORM, &Options::default()).map_err(Failure::usage)?);
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options.open(file).map_err(failed)?;
        out.write_all(&bytes).and_then(|()| out.sync_all()).map_err(failed)?;
    }
    if let Some(last) = runs.lives.last() {
        told.insert(path, last.run);
        let text = serde_json::to_string_pretty(&told).map_err(Failure::usage)?;
        write_synced(&marks, &(text + "\n"))?;
    }
    output::say(&format!("{} changes told to {}", rows.len(), file.display()));
    Ok(())
}

fn id_of(line: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    value.get("id")?.as_str().map(ToString::to_string)
}

/// Prints what became of findings since a commit.
pub fn since(args: &CheckArgs, question: &Question, results: &[CheckResult], followed: &Followed, limit: Option<Severity>) -> Result<Exit, Failure> {
    let given = args.since.as_deref().unwrap_or_default();
    let base = Lake::open(&open::lake_dir(&args.lake))?.view_at(given)?;
    let (Some(from), Some(commit)) = (base.data_commit_id(), question.view.data_commit_id()) else {
        return Err(Failure::usage(format!(
            "the lake had no rows at commit {given}, so nothing can have become of findings since"
        )));
    };
    let now = now(question, commit, results);
    let whole = args.ids.is_empty();
    let Followed { runs, kept } = followed;
    let newest = args.question.as_of.is_none();
    let begun = runs.runs.iter().position(|(head, _)| newest && head.commit == from);
    let mut changes: Vec<Change> = match begun {
        Some(at) => {
            let mut all: Vec<Change> = runs.runs[at + 1..].iter().flat_map(|(_, c)| c.clone()).collect();
            if !kept {
                all.extend(runs.lives.advance(&now, whole).1);
            }
            all
        }
        None => asked_again(args, from, &now, whole)?,
    };
    let asked: BTreeSet<&str> = results.iter().map(|r| r.check.id.as_str()).collect();
    changes.retain(|c| whole || asked.contains(c.check.as_str()));
    output::changes(&changes, &args.output)?;
    let count = |state| changes.iter().filter(|c| c.state == state).count();
    let counts: Vec<String> = State::ALL.iter().map(|s| format!("{} {s}", count(*s))).collect();
    output::say(&format!(
        "since commit {}: {}; as of {}",
        from.get(..12).unwrap_or(from),
        counts.join(", "),
        question.access.as_of
    ));
    let worse = |c: &&Change| matches!(c.state, State::New | State::Reopened) && limit.is_some_and(|l| c.severity >= l);
    Ok(if changes.iter().any(|c| worse(&c)) { Exit::Found } else { Exit::Done })
}

/// What changed since a commit at which no run was kept: the checks are asked of it now.
fn asked_again(args: &CheckArgs, from: &str, now: &Now, whole: bool) -> Result<Vec<Change>, Failure> {
    output::say(&format!(
        "no run of all checks was kept at commit {}: they are asked of it now, by the settings and the register of today",
        from.get(..12).unwrap_or(from)
    ));
    let earlier = open::question_before(&args.lake, &args.question, from)?;
    let ids: Vec<_> = now.results.iter().map(|r| r.check.id).collect();
    let results = check::run(&earlier.access, &earlier.config, (!whole).then_some(ids.as_slice()));
    let mut lives = Lives::default();
    let (head, changes) = lives.advance(&self::now(&earlier, from, &results), whole);
    lives.take(head, &changes);
    Ok(lives.advance(now, whole).1)
}
