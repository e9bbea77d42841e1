//! The log of a lake proved without us: its tree, its checkpoints, and a history that was rewritten.

use crate::common::Run;
use crate::tools::{self, keys, printed, private, run_python};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// An audit event of its own.
pub fn event(n: u32) -> String {
    format!(
        "{{\"id\":\"e{n}\",\"activityDateTime\":\"2026-03-{:02}T10:00:00Z\",\"activityDisplayName\":\"Add member to group\",\"category\":\"GroupManagement\",\
         \"result\":\"success\",\"loggedByService\":\"Core Directory\",\"initiatedBy\":{{\"user\":{{\"id\":\"boss\",\"userPrincipalName\":\"boss@corp.example\"}}}},\
         \"targetResources\":[{{\"id\":\"u{n}\",\"type\":\"User\",\"modifiedProperties\":[]}},{{\"id\":\"g1\",\"type\":\"Group\",\"modifiedProperties\":[]}}]}}\n",
        n % 28 + 1
    )
}

/// A lake with as many commits as asked for.
pub fn lake_of(commits: u32) -> Run {
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
    assert!(output.status.success(), "{}", printed(&output));
}

#[test]
fn a_lake_that_was_rewritten_is_told_from_one_that_grew() {
    let run = lake_of(4);
    run.write("old.txt", &run.ok(&["lake", "checkpoint", "--lake", "lake"]).stdout);
    grow(&run, 4);
    let told = run.ok(&["lake", "verify", "--lake", "lake"]).stdout;
    assert!(told.contains("5 checkpoints match"), "{told}");
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
    assert!(run.ok(&["lake", "verify", "--lake", "lake"]).stdout.contains("3 checkpoints match"));
}

#[test]
fn another_program_reads_the_checkpoint_as_a_signed_note() {
    use signed_note::{Note, StandardVerifier, VerifierList};
    let test = "another_program_reads_the_checkpoint_as_a_signed_note";
    if tools::program(test, "ssh-keygen").is_none() {
        return;
    }
    let run = lake_of(3);
    keys(&run);
    let told = run.ok(&["lake", "checkpoint", "--lake", "lake", "--sign-key", "key"]);
    let key = told.stderr.split_once("is checked with the key ").expect("the key is told").1.trim();
    let known = || VerifierList::new(vec![Box::new(StandardVerifier::new(key).expect("a verifier key"))]);
    let checked = |text: &str| Note::from_bytes(text.as_bytes()).and_then(|n| n.verify(&known()).map(|(good, _)| (good.len(), n.text().to_vec())));
    let plain = run.ok(&["lake", "checkpoint", "--lake", "lake"]).stdout;
    assert_eq!(checked(&told.stdout).expect("a good note"), (1, plain.clone().into_bytes()));
    let changed = told.stdout.replacen("\n3\n", "\n4\n", 1);
    assert!(changed != told.stdout && checked(&changed).is_err(), "another size is refused");
    let other = StandardVerifier::new(&key.replacen("vouchsafe/", "another/", 1));
    assert!(other.is_err(), "the hash of a key covers its name");
    // The note of a bundle is the same, and the bundle's own verification looks at it.
    run.ok(&["bundle", "--lake", "lake", "--out", "bundle", "--sign-key", "key"]);
    assert_eq!(run.read("bundle/checkpoint.note"), told.stdout);
    assert!(run.read("bundle/tagmanifest-sha256.txt").contains("  checkpoint.note\n"));
    run.ok(&["verify", "bundle", "--allowed-signers", "allowed", "--lake", "lake"]);
    grow(&run, 3);
    run.ok(&["lake", "prove", "--old", "bundle/checkpoint.note", "--lake", "lake"]);
}

#[test]
fn the_writer_of_a_commit_signs_its_checkpoint() {
    use signed_note::{Note, StandardVerifier, VerifierList};
    let test = "the_writer_of_a_commit_signs_its_checkpoint";
    if tools::program(test, "ssh-keygen").is_none() {
        return;
    }
    let run = lake_of(1);
    keys(&run);
    // A key that cannot sign notes is refused before anything is taken in.
    let other = ["-q", "-t", "ecdsa", "-N", "", "-f", "ecdsa"];
    assert!(
        Command::new("ssh-keygen")
            .current_dir(run.dir())
            .args(other)
            .output()
            .is_ok_and(|o| o.status.success())
    );
    run.write("in-1.ndjson", &event(1));
    let told = run.tell(&["ingest", "in-1.ndjson", "--lake", "lake", "--checkpoint-key", "ecdsa"]);
    assert!(told.code == 2 && told.stderr.contains("needs an ed25519 key"), "{}", told.stderr);
    assert_eq!(commit_files(&run).len(), 1, "nothing was taken in");

    run.ok(&["ingest", "in-1.ndjson", "--lake", "lake", "--checkpoint-key", "key"]);
    let hold = [
        "lake",
        "hold",
        "case-1",
        "--from",
        "2026-01-01",
        "--until",
        "2026-04-01",
        "--reason",
        "a case",
        "--lake",
        "lake",
    ];
    run.ok(&[&hold[..], &["--checkpoint-key", "key"]].concat());
    let kept = run.read("lake/_checkpoints/00000000000000000003.txt");
    let told = run.ok(&["lake", "checkpoint", "--lake", "lake", "--sign-key", "key"]);
    assert_eq!(kept, told.stdout, "the note is what the same key would sign today");
    let key = told.stderr.split_once("is checked with the key ").expect("the key is told").1.trim();
    let known = VerifierList::new(vec![Box::new(StandardVerifier::new(key).expect("a verifier key"))]);
    let note = Note::from_bytes(kept.as_bytes()).expect("a note");
    assert!(note.verify(&known).is_ok_and(|(good, _)| good.len() == 1));

    let verify = |args: &[&str]| run.tell(&[&["lake", "verify", "--lake", "lake"], args].concat());
    let told = verify(&[]);
    assert!(
        told.stdout.contains("3 checkpoints match") && told.stdout.contains("2 of them are signed; name the signers"),
        "{}",
        told.stdout
    );
    let told = verify(&["--allowed-signers", "allowed"]);
    assert!(
        told.code == 0 && told.stdout.contains("2 of them are signed by auditee@corp.example\n1 of them are not signed\n"),
        "{}",
        told.stdout
    );
    let stranger = Run::new();
    keys(&stranger);
    run.write("stranger", &stranger.read("allowed"));
    let told = verify(&["--allowed-signers", "stranger"]);
    assert!(told.code == 3 && told.stderr.contains("none of the allowed signers: 2, 3;"), "{}", told.stderr);

    // A bundle carries what the writer signed, beside the signature of whoever makes the bundle.
    run.ok(&["bundle", "--lake", "lake", "--out", "unsigned"]);
    assert_eq!(run.read("unsigned/checkpoint.note"), kept);
    run.write("other", &stranger.read("key"));
    private(&run.dir().join("other"));
    run.ok(&["bundle", "--lake", "lake", "--out", "bundle", "--sign-key", "other"]);
    assert_eq!(
        run.read("bundle/checkpoint.note").lines().count(),
        6,
        "three lines, a blank one, two signatures"
    );
    run.write(
        "both",
        &format!("{}{}", run.read("allowed"), stranger.read("allowed").replace("auditee", "auditor")),
    );
    let told = run.ok(&["verify", "bundle", "--allowed-signers", "both", "--lake", "lake"]).stdout;
    assert!(told.contains("checkpoint.note: signed by auditee@corp.example, auditor@corp.example"), "{told}");

    // A signature that was taken away, or never made, is a trace of another writer.
    let second = run.read("lake/_checkpoints/00000000000000000002.txt");
    let bare: String = kept.lines().take(3).map(|l| format!("{l}\n")).collect();
    run.write("lake/_checkpoints/00000000000000000003.txt", &bare);
    let told = verify(&["--allowed-signers", "allowed"]);
    assert!(
        told.code == 3 && told.stderr.contains("these later ones are not, or are missing: 3"),
        "{}",
        told.stderr
    );
    run.write(
        "lake/_checkpoints/00000000000000000002.txt",
        &second.lines().take(3).map(|l| format!("{l}\n")).collect::<String>(),
    );
    let told = verify(&["--allowed-signers", "allowed"]);
    assert!(
        told.code == 3 && told.stderr.contains("no checkpoint of this lake is signed"),
        "{}",
        told.stderr
    );
    run.write("lake/_checkpoints/00000000000000000002.txt", &second);
    run.write("lake/_checkpoints/00000000000000000003.txt", &kept);
    assert_eq!(verify(&["--allowed-signers", "allowed"]).code, 0);
    // A checkpoint of another log is no beginning of this one, and an older bundle of a stranger no history.
    run.write("other.note", &kept.replacen("vouchsafe/", "vouchsafe/x", 1));
    let told = run.tell(&["lake", "prove", "--old", "other.note", "--lake", "lake"]);
    assert!(told.code == 3 && told.stderr.contains("the checkpoint is of the log"), "{}", told.stderr);
    run.ok(&["bundle", "--lake", "lake", "--out", "ours", "--sign-key", "key"]);
    let since = run.tell(&["verify", "ours", "--allowed-signers", "allowed", "--since", "bundle"]);
    assert!(since.code == 3 && since.stdout.contains("older bundle, signature:"), "{}", since.stdout);
    let file = fs::read_dir(run.dir().join("lake/data/audit_events"))
        .expect("a table")
        .flatten()
        .next()
        .expect("a partition");
    let file = fs::read_dir(file.path()).expect("a partition").flatten().next().expect("a file").path();
    let whole = fs::read(&file).expect("a file");
    fs::write(&file, [&whole[..], b"x"].concat()).expect("changed");
    let told = run.tell(&["bundle", "--lake", "lake", "--out", "damaged"]);
    assert!(told.code == 3 && told.stderr.contains("differs from its commit"), "{}", told.stderr);
    fs::write(&file, whole).expect("mended");

    // Changed after it was signed.
    run.write(
        "lake/_checkpoints/00000000000000000003.txt",
        &kept.replace("\u{2014} vouchsafe/", "\u{2014} vouchsafe/x"),
    );
    assert_eq!(verify(&["--allowed-signers", "allowed"]).code, 3);
}
