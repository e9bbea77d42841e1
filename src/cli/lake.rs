//! `lake status` and `lake verify`.

use crate::cli::args::{CompactArgs, LakeCommand};
use crate::cli::evidence_args::LakeVerifyArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{self, lake_days, open, output, private, proof};
use crate::evidence::campaign_audit;
use crate::evidence::note_signers;
use crate::lake::checkpoint::Kept;
use crate::lake::records::{Coverage, HEALED, Pull, Reject, Snapshot, Source};
use crate::lake::table::Table;
use crate::lake::{Checkpoint, Lake, View};
use crate::lake::{compact, retain};
use crate::model::{Instant, shown};
use crate::pull::raw;
use crate::report::RejectLine;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Runs one of them.
pub fn run(command: &LakeCommand) -> Result<Exit, Failure> {
    match command {
        LakeCommand::Status(arg) => {
            let dir = open::lake_dir(arg);
            output::warn_readable(&dir);
            let view = Lake::open(&dir)?.view()?;
            output::print(&status(&view)?);
            Ok(Exit::Done)
        }
        LakeCommand::Verify(args) => verify(args),
        LakeCommand::Checkpoint(args) => proof::checkpoint(args),
        LakeCommand::Prove(args) => proof::prove(args),
        LakeCommand::Retain(args) => cli::retain::retain(args, open::now()?),
        LakeCommand::Compact(arg) => compact(arg),
        LakeCommand::Hold(args) => cli::retain::hold(args, open::now()?),
        LakeCommand::Subject(args) => cli::subject::run(args),
        LakeCommand::Connect(args) => cli::connect::connect(args),
        LakeCommand::Export(args) => cli::connect::export(args),
    }
}

/// Merges small files.
fn compact(args: &CompactArgs) -> Result<Exit, Failure> {
    let lake = Lake::open(&open::lake_dir(&args.lake))?.signed_by(private::notary(&args.notary)?);
    output::print(&match compact::compact(&lake, 2, open::now()?)? {
        Some(done) => format!(
            "merged {} files with {} rows into {} under commit {}; earlier commits keep theirs\n",
            done.files,
            done.rows,
            done.into,
            done.commit.get(..12).unwrap_or(&done.commit)
        ),
        None => "no partition has two small files: nothing to merge\n".into(),
    });
    Ok(Exit::Done)
}

/// The chain of commits, every live file, and every checkpoint with its signatures.
fn verify(args: &LakeVerifyArgs) -> Result<Exit, Failure> {
    let allowed = args.allowed_signers.as_deref().map(open::text).transpose()?;
    let lake = Lake::open(&open::lake_dir(&args.lake))?;
    let view = lake.view()?;
    let damaged = view.damaged();
    let kept = lake.kept_checkpoints(&view)?;
    for path in &damaged {
        output::line(&format!("damaged: {path}"));
    }
    for wrong in &kept.wrong {
        output::line(&format!("wrong: {wrong}"));
    }
    if !damaged.is_empty() {
        return Err(Failure::unusable(format!(
            "{} files differ from their commits; restore them from a copy, or ingest their sources into a new lake",
            damaged.len()
        )));
    }
    // A crash between a commit and its checkpoint costs the newest one only, and the next commit makes it again.
    let lost: Vec<String> = kept.missing.iter().filter(|n| **n < view.sequence()).map(ToString::to_string).collect();
    if !lost.is_empty() && kept.right > 0 {
        output::line(&format!("wrong: the checkpoints of these commits are missing: {}", lost.join(", ")));
        return Err(Failure::unusable(
            "a crash takes the newest checkpoint at most, so somebody deleted others; compare the lake with a copy, or with a checkpoint that somebody else keeps (--checkpoint FILE)",
        ));
    }
    if !kept.wrong.is_empty() {
        return Err(Failure::unusable(
            "the commit log is not the one that the checkpoints were made of; compare it with a copy, or with a checkpoint that somebody else keeps",
        ));
    }
    output::line(&format!("{} commits, every file matches its hash", view.log().len()));
    for path in lake.strays(&view) {
        output::line(&format!("of no commit: {path}; no reader sees it, and the next writer sweeps it away"));
    }
    let mut before: Option<&str> = None;
    for (_, commit) in view.log() {
        if before.is_some_and(|at| Instant::parse(at) > Instant::parse(&commit.at)) {
            output::line(&format!(
                "remark: commit {} is dated {}, before the one it follows: the clock was turned back, or the date was made up",
                commit.sequence, commit.at
            ));
        }
        before = Some(&commit.at);
    }
    let dropped = view.dropped().count();
    if dropped > 0 {
        output::line(&format!(
            "{dropped} files were deleted by retention policy; their hashes and the reason are on record"
        ));
    }
    output::line(&format!("{} checkpoints match the commit log", kept.right));
    kept_elsewhere(args, &view)?;
    signatures(&kept, view.sequence(), allowed.as_deref())?;
    campaigns(&lake, &view)?;
    let (right, wrong) = raw::check(lake.root()).map_err(Failure::usage)?;
    if !wrong.is_empty() {
        let names: Vec<String> = wrong.iter().map(|p| p.display().to_string()).collect();
        return Err(Failure::unusable(format!(
            "raw pages that are not those that sources name: {}; restore them from a copy",
            names.join(", ")
        )));
    }
    if right > 0 {
        output::line(&format!("{right} files of raw pages have the hash that sources name"));
    }
    if !kept.missing.is_empty() {
        let none = if kept.right == 0 {
            "not proved: that the log was not rewritten, since "
        } else {
            ""
        };
        output::line(&format!(
            "{none}{} checkpoints are missing; the next commit writes them again",
            kept.missing.len()
        ));
    }
    Ok(Exit::Done)
}

/// Whether the log still has what a checkpoint that somebody else keeps is of.
fn kept_elsewhere(args: &LakeVerifyArgs, view: &View) -> Result<(), Failure> {
    let Some(path) = &args.checkpoint else {
        output::line("not proved: that no newest commit was cut off; give a checkpoint that somebody else keeps (--checkpoint FILE)");
        return Ok(());
    };
    let old = Checkpoint::parse(&open::text(path)?).map_err(|e| Failure::usage(format!("{} is no checkpoint: {e}", path.display())))?;
    if old.origin != view.origin() {
        return Err(Failure::unusable(format!(
            "the checkpoint is of the log {}, and this lake's is {}",
            old.origin,
            view.origin()
        )));
    }
    view.extends(&old).map_err(Failure::unusable)?;
    output::line(&format!(
        "the log begins with the {} commits of the checkpoint that was kept elsewhere",
        old.size
    ));
    Ok(())
}

/// Whether the campaigns are those that the commits name, and their decisions those of the files that came back.
fn campaigns(lake: &Lake, view: &View) -> Result<(), Failure> {
    let audit = campaign_audit::audit(lake.root(), view, None)?;
    for wrong in &audit.wrong {
        output::line(&format!("wrong: {wrong}"));
    }
    for note in &audit.notes {
        output::line(&format!("note: {note}"));
    }
    if !audit.wrong.is_empty() {
        return Err(Failure::unusable(
            "a campaign is not what the history of the lake says; compare it with a copy, or with a bundle that somebody else keeps",
        ));
    }
    if audit.campaigns > 0 {
        output::line(&format!(
            "{} campaigns: commits name {} entries of their logs, and {} decisions stand so in the files that came back",
            audit.campaigns, audit.anchored, audit.decisions
        ));
    }
    Ok(())
}

/// Who signed the checkpoints: counted by name, or only counted when nobody said whom to trust.
fn signatures(kept: &Kept, commits: u64, allowed: Option<&str>) -> Result<(), Failure> {
    let Some(allowed) = allowed else {
        if !kept.notes.is_empty() {
            output::line(&format!(
                "{} of them are signed; name the signers you trust with --allowed-signers FILE",
                kept.notes.len()
            ));
        }
        return Ok(());
    };
    let now = open::now()?;
    let mut by: BTreeMap<String, usize> = BTreeMap::new();
    let mut strange = Vec::new();
    for (size, note) in &kept.notes {
        let who = note_signers(note, allowed, now);
        if who.is_empty() {
            strange.push(size.to_string());
        }
        for name in who {
            *by.entry(name).or_default() += 1;
        }
    }
    for (name, n) in by {
        output::line(&format!("{n} of them are signed by {name}"));
    }
    let unsigned = kept.right - kept.notes.len() as u64;
    if unsigned > 0 {
        output::line(&format!("{unsigned} of them are not signed"));
    }
    // Whoever signs goes on signing: a checkpoint without a signature after one with it is a trace of somebody else.
    let Some(first) = kept.notes.iter().map(|(size, _)| *size).min() else {
        return Err(Failure::unusable(
            "allowed signers were given, and no checkpoint of this lake is signed: nothing shows who wrote it",
        ));
    };
    let signed: BTreeSet<u64> = kept.notes.iter().map(|(size, _)| *size).collect();
    let bare: Vec<String> = (first..=commits).filter(|size| !signed.contains(size)).map(|size| size.to_string()).collect();
    if !bare.is_empty() {
        return Err(Failure::unusable(format!(
            "checkpoint {first} is signed, and these later ones are not, or are missing: {}; ask who wrote those commits",
            bare.join(", ")
        )));
    }
    if strange.is_empty() {
        return Ok(());
    }
    Err(Failure::unusable(format!(
        "the checkpoints of these commits are signed, and by none of the allowed signers: {}; ask who signed them, or take the file of signers that belongs to this lake",
        strange.join(", ")
    )))
}

fn status(view: &View) -> Result<String, Failure> {
    let mut text = String::new();
    let commit = view.commit_id().unwrap_or("none");
    let tenant = view.tenant().map(|t| t.to_string()).unwrap_or_default();
    let _ = writeln!(
        text,
        "tenant {tenant}, {} versions (commits), newest {}\n",
        view.log().len(),
        commit.get(..12).unwrap_or(commit)
    );
    let rows = Table::ALL.iter().filter(|t| view.row_count(**t) > 0);
    let rows = rows.map(|t| {
        let files = view.data_files(*t);
        vec![
            t.name().to_string(),
            view.row_count(*t).to_string(),
            files.len().to_string(),
            files.iter().map(|f| f.bytes).sum::<u64>().to_string(),
        ]
    });
    text += &output::table(&["table", "rows", "files", "bytes"], rows.collect());
    let covered = view.rows::<Coverage>()?;
    text += &lake_days::days(&covered);
    text += &sources(&view.rows::<Source>()?);
    text += &coverage(&covered, &view.rows::<Snapshot>()?);
    text += &pulls(view.rows::<Pull>()?);
    text += &rejects(&view.rows::<Reject>()?);
    text += &dropped(view);
    Ok(text)
}

/// Each source's arithmetic: read = kept + duplicate + rejected + unmapped.
fn sources(sources: &[Source]) -> String {
    // What came in a pull is listed collection by collection below.
    let (pulled, mut sorted): (Vec<&Source>, Vec<&Source>) = sources.iter().partition(|s| s.path.starts_with("http"));
    sorted.sort_by(|a, b| (&a.path, &a.sha256).cmp(&(&b.path, &b.sha256)));
    let row = |s: &&Source| {
        let ties = s.read == s.kept + s.duplicate + s.rejected + s.unmapped;
        let counts = [s.read, s.kept, s.duplicate, s.rejected, s.unmapped].map(|n| n.to_string());
        [vec![s.path.clone()], counts.to_vec(), vec![if ties { "yes" } else { "NO" }.to_string()]].concat()
    };
    let mut text = "\nsources\n".to_string();
    text += &output::table(
        &["source", "read", "kept", "duplicate", "rejected", "unrecognised", "reconciles"],
        sorted.iter().map(row).collect(),
    );
    if !pulled.is_empty() {
        let read: i64 = pulled.iter().map(|s| s.read).sum();
        let _ = writeln!(text, "and {} files of pages from pulls, {read} records", pulled.len());
    }
    for source in sorted.iter().chain(&pulled).filter(|s| s.conflicting > 0) {
        let _ = writeln!(text, "{}", shown::line(&super::take::contradicting(source)));
    }
    for source in sorted.iter().chain(&pulled).filter(|s| s.note.is_some()) {
        let _ = writeln!(
            text,
            "note on {}: {}",
            shown::line(&source.path),
            shown::line(source.note.as_deref().unwrap_or_default())
        );
    }
    text
}

fn coverage(rows: &[Coverage], snapshots: &[Snapshot]) -> String {
    let mut text = "\ncoverage\n".to_string();
    let show = |t: Option<Instant>| t.map(|t| t.to_string()).unwrap_or_default();
    let healed = lake_days::healed(rows);
    let basis = |c: &Coverage| {
        let read_later = c.basis == "gap" && healed.contains(&(c.subject.as_str(), c.reason.as_deref()));
        if read_later { "gap, read later".to_string() } else { c.basis.clone() }
    };
    let mut lines: Vec<Vec<String>> = rows
        .iter()
        .filter(|c| c.basis != HEALED)
        .map(|c| vec![c.subject.clone(), basis(c), show(c.from), show(c.until), c.reason.clone().unwrap_or_default()])
        .collect();
    lines.sort();
    lines.dedup();
    text += &output::table(&["log", "basis", "from", "until", "remark"], lines);
    let mut counted: BTreeMap<(&str, &str), (usize, String)> = BTreeMap::new();
    for s in snapshots {
        let entry = counted.entry((&s.collection, &s.complete)).or_default();
        entry.0 += 1;
        entry.1 = entry.1.clone().max(s.observed_at.to_string());
    }
    text += "\nsnapshots\n";
    let lines = counted
        .into_iter()
        .map(|((collection, complete), (n, newest))| vec![collection.to_string(), complete.to_string(), n.to_string(), newest]);
    text += &output::table(&["collection", "complete", "snapshots", "newest"], lines.collect());
    text
}

/// The last pull, collection by collection; older ones are rows of the table `pulls`.
fn pulls(rows: Vec<Pull>) -> String {
    let Some(last) = rows.iter().map(|p| (p.started, p.id.clone())).max().map(|(_, id)| id) else {
        return String::new();
    };
    let mut own: Vec<Pull> = rows.into_iter().filter(|p| p.id == last).collect();
    own.sort_by(|a, b| a.collection.cmp(&b.collection));
    let from = own.iter().map(|p| p.started).min().map(|t| t.to_string()).unwrap_or_default();
    let row = |p: &Pull| {
        let counts = [p.pages, p.received, p.stored, p.duplicate, p.rejected].map(|n| n.to_string());
        let what = p.reason.clone().unwrap_or_else(|| "complete".into());
        [vec![p.collection.clone()], counts.to_vec(), vec![what]].concat()
    };
    let header = ["collection", "pages", "received", "stored", "duplicate", "rejected", "result"];
    format!("\nlast pull ({last}, from {from})\n{}", output::table(&header, own.iter().map(row).collect()))
}

/// What retention dropped, and holds in force.
fn dropped(view: &View) -> String {
    let mut counts: BTreeMap<(&str, &str, &str), (usize, u64)> = BTreeMap::new();
    for (commit, t) in view.dropped() {
        let (files, rows) = counts.entry((t.file.table.name(), &commit.at, &t.reason)).or_default();
        *files += 1;
        *rows += t.file.rows;
    }
    let mut text = String::new();
    if !counts.is_empty() {
        let lines = counts
            .into_iter()
            .map(|((table, at, reason), (files, rows))| vec![table.to_string(), at.to_string(), files.to_string(), rows.to_string(), reason.to_string()]);
        text += "\ndeleted by retention policy\n";
        text += &output::table(&["table", "at", "partitions", "rows", "rule"], lines.collect());
    }
    let holds = retain::holds(view);
    if !holds.is_empty() {
        let lines = holds.into_values().map(|h| vec![h.name, h.from, h.until, h.reason]);
        text += "\nlegal holds\n";
        text += &output::table(&["hold", "from", "until", "reason"], lines.collect());
    }
    text
}

fn rejects(rows: &[Reject]) -> String {
    let groups = RejectLine::grouped(rows);
    if groups.is_empty() {
        return "\nno record was excluded\n".to_string();
    }
    let lines = groups.into_iter().map(|g| vec![g.path, g.verdict, g.count.to_string(), g.reason]);
    format!(
        "\nexcluded records\n{}",
        output::table(&["source", "kind", "records", "reason"], lines.collect())
    )
}
