//! `verify`: a bundle judged, in words: what was proved, what was not, and what is wrong.

use crate::cli::bundle::{self, Told};
use crate::cli::evidence_args::VerifyArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{exceptions, open, output, timestamp};
use crate::evidence::campaign_audit;
use crate::evidence::signature::{self, Trusted};
use crate::evidence::table::sha256_of_file;
use crate::evidence::{Bag, Facts, Judged, bag, verify};
use crate::lake::{Lake, LakeError};
use crate::model::Instant;
use crate::report::FreeText;
use crate::report::columns::{Csv, Forms};
use crate::report::privacy::Reader;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Judges a bundle.
pub fn run(args: &VerifyArgs, now: Instant) -> Result<Exit, Failure> {
    if !args.dir.is_dir() {
        return Err(Failure::usage(format!(
            "{} is no folder; name the one that holds bagit.txt",
            args.dir.display()
        )));
    }
    let read = |path: &Option<PathBuf>| path.as_deref().map(open::text).transpose();
    let (allowed, minisign) = (read(&args.allowed_signers)?, read(&args.minisign_key)?);
    let mut judged = verify::judge(&args.dir);
    let trusted = Trusted {
        allowed_signers: allowed.as_deref(),
        minisign_key: minisign.as_deref(),
        now,
    };
    signature::judge(&args.dir, trusted, &mut judged);
    timestamp::judge(&args.dir, args.tsa_cert.as_ref(), &mut judged)?;
    match &args.since {
        Some(old) => {
            judged.take(verify::since(&args.dir, old));
            // History is worth as much as the older bundle: it must be of somebody who is trusted, too.
            let mut older = Judged::default();
            signature::judge(old, trusted, &mut older);
            let of = |lines: Vec<String>| lines.into_iter().map(|l| format!("older bundle, {l}"));
            judged.failed.extend(of(older.failed));
            judged.proved.extend(of(older.proved));
            judged.open.extend(of(older.open));
        }
        None => judged
            .open
            .push("history: no older bundle was given (--since), so nobody knows whether the lake was rewritten before".into()),
    }
    match &args.lake {
        Some(lake) if judged.failed.is_empty() => again(args, lake, &mut judged)?,
        Some(_) => judged.open.push("re-performance: not tried, since the bundle itself is wrong".into()),
        None => judged
            .open
            .push("re-performance: no lake was given (--lake), so the tables were not made again from their records".into()),
    }
    output::print(&words(&judged));
    Ok(if judged.failed.is_empty() { Exit::Done } else { Exit::Unusable })
}

fn words(judged: &Judged) -> String {
    let mut text = String::new();
    for (title, lines) in [("wrong", &judged.failed), ("proved", &judged.proved), ("not proved", &judged.open)] {
        if lines.is_empty() {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{title}");
        for line in lines {
            let _ = writeln!(text, "  {}", crate::model::shown::line(line));
        }
    }
    let verdict = if judged.failed.is_empty() {
        "everything that could be checked holds"
    } else {
        "the bundle is not what it says"
    };
    let _ = writeln!(text, "{verdict}");
    text
}

/// Makes everything again from the lake, at the commit, and compares file by file.
fn again(args: &VerifyArgs, lake: &Path, judged: &mut Judged) -> Result<(), Failure> {
    let facts = verify::facts(&args.dir).map_err(Failure::unusable)?;
    let lake = Lake::open(lake)?;
    let newest = lake.view()?;
    let checkpoint = verify::checkpoint(&args.dir).map_err(Failure::unusable)?;
    match newest.extends(&checkpoint) {
        Ok(()) => {
            judged.proved.push(format!(
                "lake: its log of {} commits begins with the {} of the bundle",
                newest.sequence(),
                checkpoint.size
            ));
            let later = newest.sequence().saturating_sub(checkpoint.size);
            judged.open.retain(|line| !line.starts_with("that no newer bundle"));
            judged.open.push(match later {
                0 => "that the lake itself is the newest: compare its checkpoint with one that somebody else keeps".into(),
                n => format!("that no newer bundle takes its place: the lake has {n} commits that this bundle is not of"),
            });
        }
        Err(e) => {
            judged.failed.push(format!("lake: {e}"));
            return Ok(());
        }
    }
    let audit = campaign_audit::audit(lake.root(), &newest, None)?;
    if audit.wrong.is_empty() && audit.campaigns > 0 {
        judged.proved.push(format!(
            "campaigns: commits of the lake name {} entries of their logs, and {} decisions stand so in the files that came back",
            audit.anchored, audit.decisions
        ));
    }
    judged.failed.extend(audit.wrong);
    judged.open.extend(audit.notes);
    if !judged.failed.is_empty() {
        return Ok(());
    }
    let view = match lake.view_at(&facts.commit) {
        Ok(view) => view,
        Err(LakeError::NoCommit { .. }) => {
            judged.failed.push(format!("lake: it has no commit {}", facts.commit));
            return Ok(());
        }
        Err(e) => return Err(e.into()),
    };
    let gone: Vec<String> = view.damaged();
    if !gone.is_empty() {
        let dropped = newest
            .log()
            .iter()
            .flat_map(|(_, c)| &c.removed)
            .filter(|t| gone.contains(&t.file.path))
            .count();
        if dropped == gone.len() {
            judged.open.push(format!(
                "re-performance: {dropped} files of that commit were dropped by policy since (the lake has their tombstones)"
            ));
        } else {
            judged
                .failed
                .push(format!("lake: {} files differ from their commits, such as {}", gone.len(), gone[0]));
        }
        return Ok(());
    }
    if facts.reader.pseudonym_salt.is_some() && args.pseudonym_key.is_none() {
        judged
            .open
            .push("re-performance: people are named by pseudonyms; give the key with --pseudonym-key FILE".into());
        return Ok(());
    }
    let again = make(args, lake.root(), &facts, view)?;
    let there = hashes(&args.dir.join("data"))?;
    let mut differ: Vec<&String> = again.iter().filter(|(f, h)| there.get(*f) != Some(*h)).map(|(f, _)| f).collect();
    differ.extend(there.keys().filter(|f| !again.contains_key(*f)));
    if differ.is_empty() {
        judged.proved.push(format!(
            "re-performance: all {} files were made again from commit {} and are the same to the byte",
            again.len(),
            facts.commit.get(..12).unwrap_or(&facts.commit)
        ));
        return Ok(());
    }
    let other = crate::evidence::Tool::this() != facts.tool;
    for file in differ {
        judged.failed.push(format!("re-performance: {file} is another when it is made again"));
    }
    if other {
        judged.failed.push(format!(
            "the bundle was made by vouchsafe {} with the sources {}, and this is another build: compare with that one",
            facts.tool.version, facts.tool.source_sha256
        ));
    }
    Ok(())
}

/// The payload made again in a private folder that is removed: hashes by file.
fn make(args: &VerifyArgs, lake: &Path, facts: &Facts, view: crate::lake::View) -> Result<BTreeMap<String, String>, Failure> {
    let configuration = std::fs::read_to_string(args.dir.join("data/configuration.toml")).map_err(Failure::unusable)?;
    let mut config = open::configuration_of(&args.dir.join("data/configuration.toml"), &facts.profile)?;
    if facts.reader.pseudonym_salt.is_some() {
        // The register in the bundle names pseudonyms, which no finding is about before it is covered.
        config.exceptions = exceptions::of_lake(lake, &config)?;
    }
    let as_of = bundle::instant("as-of", &facts.as_of)?;
    let mut question = open::ask(view, config, Some(as_of), open::Trend::Asked, open::Source::Tables)?;
    let reader = Reader::from_word(&facts.reader.audience);
    let told = Told {
        operator: facts.operator.clone(),
        command: facts.command.clone(),
        generated_at: facts.generated_at.clone(),
        seed: facts.sampling.seed.clone(),
        size: facts.sampling.size,
        passed: facts.sampling.passed,
        campaign: facts.campaign.clone(),
        assertion: facts.assertion.clone(),
        // A campaign's log grows after the bundle: it is read as far as the bundle read it.
        campaign_entries: if facts.campaign.is_empty() {
            None
        } else {
            Some(crate::evidence::campaign::verify::entries(&args.dir).map_err(Failure::unusable)?)
        },
        reader: reader.ok_or_else(|| Failure::unusable(format!("the bundle's audience '{}' is not known", facts.reader.audience)))?,
        free_text: if facts.reader.text_shown { FreeText::Shown } else { FreeText::Masked },
        forms: Forms {
            csv: if facts.reader.csv_raw { Csv::Raw } else { Csv::Safe },
            json: facts.reader.json,
        },
        salt: facts.reader.pseudonym_salt.clone(),
    };
    let key = bundle::pseudonym_key(args.pseudonym_key.as_deref().filter(|_| told.salt.is_some()))?;
    let signature = ["sig", "minisig"].map(|e| format!("tagmanifest-sha256.txt.{e}"));
    let signature = signature.iter().find(|name| args.dir.join(name).is_file());
    // An abandoned bag removes its folder.
    let bag = Bag::aside(&std::env::temp_dir().join("vouchsafe-verify")).map_err(Failure::usage)?;
    bundle::fill(&bag, lake, &mut question, &configuration, &told, key.as_deref(), signature.map(String::as_str))?;
    hashes(&bag.payload())
}

fn hashes(payload: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let mut all = BTreeMap::new();
    for file in bag::files_below(payload)? {
        let (hash, _) = sha256_of_file(&payload.join(&file)).map_err(|e| Failure::unusable(format!("{file}: {e}")))?;
        all.insert(file, hash);
    }
    Ok(all)
}
