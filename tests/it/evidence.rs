//! Proof that holds without us: other programs read our trees, bags, signatures and samples, and refuse what was changed.

use crate::common::Run;
use crate::tools;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An audit event of its own.
fn event(n: u32) -> String {
    format!(
        "{{\"id\":\"e{n}\",\"activityDateTime\":\"2026-03-{:02}T10:00:00Z\",\"activityDisplayName\":\"Add member to group\",\"category\":\"GroupManagement\",\
         \"result\":\"success\",\"loggedByService\":\"Core Directory\",\"initiatedBy\":{{\"user\":{{\"id\":\"boss\",\"userPrincipalName\":\"boss@corp.example\"}}}},\
         \"targetResources\":[{{\"id\":\"u{n}\",\"type\":\"User\",\"modifiedProperties\":[]}},{{\"id\":\"g1\",\"type\":\"Group\",\"modifiedProperties\":[]}}]}}\n",
        n % 28 + 1
    )
}

/// A lake with as many commits as asked for.
fn lake_of(commits: u32) -> Run {
    let run = Run::new();
    for n in 0..commits {
        grow(&run, n);
    }
    run
}

fn grow(run: &Run, n: u32) {
    let name = format!("in-{n}.ndjson");
    run.write(&name, &event(n));
    run.ok(&["ingest", &name, "--lake", "lake"]);
}

fn commit_files(run: &Run) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(run.dir().join("lake/_commits"))
        .expect("a log")
        .map(|e| e.expect("an entry").path())
        .collect();
    files.sort();
    files
}

/// Runs a short Python program of another library; the text that it prints.
fn run_python(python: &Path, script: &str, args: &[&str]) -> Output {
    Command::new(python).args(["-c", script]).args(args).output().expect("python starts")
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn pymerkle_agrees_with_our_roots_and_proofs() {
    let Some(python) = tools::python("pymerkle_agrees_with_our_roots_and_proofs", &["pymerkle"]) else {
        return;
    };
    let run = lake_of(7);
    let old = run.ok(&["lake", "checkpoint", "--lake", "lake", "--size", "3"]).stdout;
    run.write("old.txt", &old);
    run.write("grown.txt", &run.ok(&["lake", "prove", "--old", "old.txt", "--lake", "lake"]).stdout);
    let id = commit_files(&run)[4].clone();
    let id = {
        use sha2::Digest;
        hex::encode(sha2::Sha256::digest(fs::read(id).expect("a commit")))
    };
    run.write("included.txt", &run.ok(&["lake", "prove", "--commit", &id[..12], "--lake", "lake"]).stdout);
    let script = r#"
import base64, pathlib, sys
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion, MerkleProof
folder = pathlib.Path(sys.argv[1])
tree = InmemoryTree(algorithm='sha256')
for path in sorted((folder / 'lake/_commits').iterdir()):
    tree.append_entry(path.read_bytes())
origin, size, root = (folder / 'old.txt').read_text().split('\n')[:3]
assert base64.b64decode(root) == tree.get_state(3), 'the root of three'
head, checkpoint = (folder / 'grown.txt').read_text().split('\n\n')
lines = head.split('\n')
assert lines[0] == 'old 3', lines
proof = [base64.b64decode(l) for l in lines[1:] if l]
size, root = checkpoint.split('\n')[1:3]
assert size == '7' and base64.b64decode(root) == tree.get_state(), 'the root of seven'
theirs = tree.prove_consistency(3, 7)
verify_consistency(tree.get_state(3), tree.get_state(7), theirs)
print(len(proof), len(theirs.path))
assert set(proof) <= set(theirs.path), 'the consistency proof'
head, _ = (folder / 'included.txt').read_text().split('\n\n')
lines = head.split('\n')
assert lines[:2] == ['c2sp.org/tlog-proof@v1', 'index 4'], lines
theirs = tree.prove_inclusion(5, 7)
assert [base64.b64decode(l) for l in lines[2:] if l] == list(theirs.path)[1:], 'the inclusion proof'
"#;
    let output = run_python(&python, script, &[run.dir().to_str().expect("a path")]);
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn a_lake_that_was_rewritten_is_told_from_one_that_grew() {
    let run = lake_of(4);
    run.write("old.txt", &run.ok(&["lake", "checkpoint", "--lake", "lake"]).stdout);
    grow(&run, 4);
    let told = run.ok(&["lake", "verify", "--lake", "lake"]).stdout;
    assert!(told.contains("5 checkpoints agree"), "{told}");
    run.ok(&["lake", "prove", "--old", "old.txt", "--lake", "lake"]);

    // The owner writes the history again: other input, other commits, a chain that holds and fresh checkpoints.
    let other = Run::new();
    for n in [9, 1, 2, 3, 4] {
        grow(&other, n);
    }
    other.ok(&["lake", "verify", "--lake", "lake"]);
    other.write("old.txt", &run.read("old.txt"));
    let told = other.tell(&["lake", "prove", "--old", "old.txt", "--lake", "lake"]);
    assert_eq!(told.code, 3, "{}", told.stderr);
    assert!(told.stderr.contains("the log was rewritten"), "{}", told.stderr);

    // A log whose end was cut off, with its checkpoint left behind.
    let newest = commit_files(&run).pop().expect("a commit");
    fs::remove_file(newest).expect("removed");
    let told = run.tell(&["lake", "verify", "--lake", "lake"]);
    assert_eq!(told.code, 3, "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.contains("the end of the log was cut off"), "{}", told.stdout);

    // A checkpoint that was taken away comes again with the next commit.
    let run = lake_of(2);
    fs::remove_dir_all(run.dir().join("lake/_checkpoints")).expect("removed");
    assert!(run.ok(&["lake", "verify", "--lake", "lake"]).stdout.contains("2 checkpoints are missing"));
    grow(&run, 2);
    assert!(run.ok(&["lake", "verify", "--lake", "lake"]).stdout.contains("3 checkpoints agree"));
}
