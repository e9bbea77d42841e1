//! Checkpoints: what the commit log was at one size, in the note form of C2SP `tlog-checkpoint`, small enough to give away.
//!
//! One lies under `_checkpoints/` for each commit, written after it and made again when a crash took it;
//! with a [`Notary`] it is a signed note.
//! Whoever owns the lake could rewrite both; a checkpoint that somebody else keeps is what makes that visible.

use crate::lake::store::{create_private_dirs, write_synced};
use crate::lake::tree::{self, Hash};
use crate::lake::{Lake, LakeError, View};
use base64::prelude::{BASE64_STANDARD, Engine};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// The commit log at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Names the log: `vouchsafe/<tenant>`.
    pub origin: String,
    /// Number of commits.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The three lines that a signature covers.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64_STANDARD.encode(self.root))
    }

    /// Reads a checkpoint; what follows its text (extension lines, a blank line, signatures) is not judged here.
    ///
    /// # Errors
    /// When it has not the form, with the reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let mut next = |what: &str| lines.next().filter(|l| !l.is_empty()).ok_or(format!("no line with the {what}"));
        let origin = next("origin")?.to_string();
        let size = next("size")?;
        // The form allows one spelling only: no sign, no leading zero.
        let size: u64 = size
            .parse()
            .ok()
            .filter(|n: &u64| n.to_string() == size)
            .ok_or(format!("'{size}' is no size"))?;
        let root = next("root")?;
        let root = BASE64_STANDARD.decode(root).ok().and_then(|b| Hash::try_from(b).ok());
        let root = root.ok_or("the root is no base64 of 32 bytes")?;
        Ok(Self { origin, size, root })
    }
}

/// Who signs checkpoints.
pub trait Notary: Send + Sync {
    /// The text as a signed note (C2SP `signed-note`) of this origin.
    fn attest(&self, text: &str, origin: &str) -> String;
}

/// What compares a lake's log with the checkpoints that lie in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Checkpoints that are there and right.
    pub right: u64,
    /// Those of them that are signed notes: size and text.
    pub notes: Vec<(u64, String)>,
    /// Sizes whose checkpoint is missing: the next commit makes them again.
    pub missing: Vec<u64>,
    /// What is wrong, in words.
    pub wrong: Vec<String>,
}

impl View {
    /// The name of the log: of a tenant id that is no plain id, its hash.
    #[must_use]
    pub fn origin(&self) -> String {
        let tenant = self.tenant().map(|t| t.to_string()).unwrap_or_default();
        let plain = !tenant.is_empty() && tenant.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let name = if plain { tenant } else { hex::encode(tree::leaf(tenant.as_bytes())) };
        format!("vouchsafe/{name}")
    }

    /// The checkpoint of this view.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            origin: self.origin(),
            size: self.sequence(),
            root: tree::root(self.leaves()),
        }
    }

    /// Whether an earlier checkpoint is the beginning of this log; says how it is not.
    ///
    /// # Errors
    /// When it is not, in words.
    pub fn extends(&self, old: &Checkpoint) -> Result<(), String> {
        let have = self.leaves().len();
        let size = usize::try_from(old.size).unwrap_or(usize::MAX);
        if size > have {
            return Err(format!(
                "the checkpoint is of {} commits, and the log has {have}: commits are missing",
                old.size
            ));
        }
        if tree::root(&self.leaves()[..size]) != old.root {
            return Err(format!(
                "the first {} commits are not those of the checkpoint: the log was rewritten, or is another",
                old.size
            ));
        }
        Ok(())
    }
}

impl Lake {
    pub(crate) fn checkpoints_dir(&self) -> PathBuf {
        self.root().join("_checkpoints")
    }

    fn checkpoint_path(&self, size: u64) -> PathBuf {
        self.checkpoints_dir().join(format!("{size:020}.txt"))
    }

    /// Compares the checkpoints in the lake with its log.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn kept_checkpoints(&self, view: &View) -> Result<Kept, LakeError> {
        let mut kept = Kept::default();
        for (size, root) in (1..).zip(tree::roots(view.leaves())) {
            let path = self.checkpoint_path(size);
            match fs::read_to_string(&path) {
                Ok(text) => match Checkpoint::parse(&text) {
                    Ok(found) if found.size == size && found.root == root => {
                        kept.right += 1;
                        if is_note(&text) {
                            kept.notes.push((size, text));
                        }
                    }
                    Ok(_) => kept.wrong.push(format!(
                        "checkpoint {size} has another root than the first {size} commits: the log was rewritten"
                    )),
                    Err(e) => kept.wrong.push(format!("checkpoint {size} cannot be read: {e}")),
                },
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => kept.missing.push(size),
                Err(e) => return Err(LakeError::io("read", &path)(e)),
            }
        }
        for size in self.checkpoint_sizes().range(view.sequence() + 1..) {
            kept.wrong
                .push(format!("checkpoint {size} is there and commit {size} is not: the end of the log was cut off"));
        }
        Ok(kept)
    }

    /// Writes the checkpoints that are missing; those that are there stay as they are, right or wrong.
    pub(crate) fn heal_checkpoints(&self, view: &View) -> Result<(), LakeError> {
        let there = self.checkpoint_sizes();
        if (1..=view.sequence()).all(|size| there.contains(&size)) {
            return Ok(());
        }
        create_private_dirs(&self.checkpoints_dir())?;
        for (size, root) in (1..).zip(tree::roots(view.leaves())).filter(|(size, _)| !there.contains(size)) {
            let origin = view.origin();
            let checkpoint = Checkpoint { origin, size, root };
            let text = checkpoint.text();
            let text = self.notary().map_or_else(|| text.clone(), |n| n.attest(&text, &checkpoint.origin));
            write_synced(&self.checkpoint_path(size), &text)?;
        }
        Ok(())
    }

    /// The signature lines of the checkpoint at a size, when the writer of that commit signed this very checkpoint; empty otherwise.
    #[must_use]
    pub fn kept_signatures(&self, checkpoint: &Checkpoint) -> String {
        let kept = fs::read_to_string(self.checkpoint_path(checkpoint.size)).unwrap_or_default();
        let signatures = kept.strip_prefix(&checkpoint.text()).and_then(|rest| rest.strip_prefix('\n'));
        signatures.unwrap_or_default().to_string()
    }

    /// Sizes that have a checkpoint, by the names of the files.
    fn checkpoint_sizes(&self) -> BTreeSet<u64> {
        let Ok(entries) = fs::read_dir(self.checkpoints_dir()) else {
            return BTreeSet::new();
        };
        let size = |name: &str| name.strip_suffix(".txt").and_then(|n| n.parse().ok());
        entries.flatten().filter_map(|e| size(&e.file_name().to_string_lossy())).collect()
    }
}

/// Whether signatures follow the text.
fn is_note(text: &str) -> bool {
    text.split_once("\n\n").is_some_and(|(_, signatures)| signatures.starts_with('\u{2014}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_as_it_is_written_and_in_one_spelling_only() {
        let one = Checkpoint {
            origin: "vouchsafe/t".into(),
            size: 7,
            root: tree::leaf(b"x"),
        };
        let text = one.text();
        assert_eq!(Checkpoint::parse(&text), Ok(one.clone()));
        assert_eq!(Checkpoint::parse(&format!("{text}\n— vouchsafe/t AAAA\n")), Ok(one));
        for bad in [
            "",
            "vouchsafe/t\n",
            "\n7\nAAAA\n",
            "vouchsafe/t\n07\nAAAA\n",
            "vouchsafe/t\n+7\nAAAA\n",
            "vouchsafe/t\n7\nAAAA\n",
        ] {
            assert!(Checkpoint::parse(bad).is_err(), "{bad:?}");
        }
    }
}
