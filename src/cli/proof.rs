//! `lake checkpoint` and `lake prove`: what the commit log was, and that it only grew.

use crate::cli::evidence_args::{CheckpointArgs, ProveArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{open, output, private};
use crate::lake::tree::{self, Hash};
use crate::lake::{Checkpoint, Lake, View};
use base64::prelude::{BASE64_STANDARD, Engine};
use std::fmt::Write;

/// Prints the checkpoint of the lake, signed when a key is named.
pub fn checkpoint(args: &CheckpointArgs) -> Result<Exit, Failure> {
    let signer = private::signer(&args.key)?;
    let view = Lake::open(&open::lake_dir(&args.lake))?.view()?;
    let checkpoint = match args.size {
        None => view.checkpoint(),
        Some(size) => at_size(&view, size)?,
    };
    let text = checkpoint.text();
    match signer {
        None => output::exactly(&text),
        Some(signer) => {
            let note = signer.note(&text, &checkpoint.origin);
            let note = note.ok_or_else(|| Failure::usage("a signed note needs an ed25519 key; make one with ssh-keygen -t ed25519"))?;
            output::exactly(&note);
            let verifier = signer.note_verifier(&checkpoint.origin).unwrap_or_default();
            output::say(&format!("the note is checked with the key {verifier}"));
        }
    }
    Ok(Exit::Done)
}

fn at_size(view: &View, size: u64) -> Result<Checkpoint, Failure> {
    let leaves = usize::try_from(size).ok().and_then(|n| view.leaves().get(..n)).ok_or_else(|| {
        let have = view.leaves().len();
        Failure::usage(format!("--size {size} is more than the {have} commits of the log"))
    })?;
    Ok(Checkpoint {
        origin: view.origin(),
        size,
        root: tree::root(leaves),
    })
}

/// Prints a proof of consistency with an old checkpoint, or of inclusion of a commit, with the checkpoint that it leads to.
pub fn prove(args: &ProveArgs) -> Result<Exit, Failure> {
    let view = Lake::open(&open::lake_dir(&args.lake))?.view()?;
    let proof = match (&args.old, &args.commit) {
        (Some(path), _) => {
            let text = open::text(path)?;
            let old = Checkpoint::parse(&text).map_err(|e| Failure::usage(format!("{} is no checkpoint: {e}", path.display())))?;
            grown(&view, &old)?
        }
        (None, Some(id)) => included(&view, id)?,
        (None, None) => return Err(Failure::usage("name a checkpoint with --old FILE, or a commit with --commit ID")),
    };
    output::exactly(&proof);
    Ok(Exit::Done)
}

/// In the form of a request to a witness (C2SP tlog-witness): the old size, the proof, an empty line, the new checkpoint.
fn grown(view: &View, old: &Checkpoint) -> Result<String, Failure> {
    if old.origin != view.origin() {
        return Err(Failure::unusable(format!(
            "the checkpoint is of the log {}, and this one is {}",
            old.origin,
            view.origin()
        )));
    }
    view.extends(old).map_err(Failure::unusable)?;
    let size = usize::try_from(old.size).unwrap_or(usize::MAX);
    let proof = tree::consistency(view.leaves(), size).unwrap_or_default();
    output::say(&format!(
        "the log of {} commits begins with the {} of the checkpoint",
        view.sequence(),
        old.size
    ));
    Ok(format!("old {}\n{}\n{}", old.size, lines(&proof), view.checkpoint().text()))
}

/// In the form of C2SP tlog-proof: the index of the commit from 0, the proof, an empty line, the checkpoint.
fn included(view: &View, id: &str) -> Result<String, Failure> {
    let named: Vec<usize> = (0..view.log().len()).filter(|i| id.len() >= 8 && view.log()[*i].0.starts_with(id)).collect();
    let [index] = named.as_slice() else {
        return Err(Failure::usage(format!(
            "{} commits begin with '{id}'; give at least eight letters of one id",
            named.len()
        )));
    };
    let proof = tree::inclusion(view.leaves(), *index).unwrap_or_default();
    Ok(format!(
        "c2sp.org/tlog-proof@v1\nindex {index}\n{}\n{}",
        lines(&proof),
        view.checkpoint().text()
    ))
}

fn lines(proof: &[Hash]) -> String {
    let mut text = String::new();
    for hash in proof {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", BASE64_STANDARD.encode(hash));
    }
    text
}
