//! The functions of `fuzz/targets.rs` over their kept corpus and mutations of it: what `cargo fuzz` does without an end.

use proptest::prelude::*;
use std::fs;
use std::path::Path;

#[path = "../../fuzz/targets.rs"]
mod targets;

use targets::{TARGETS, Target};

/// The corpus of a target, by the names of its files.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .flatten()
        .map(|e| e.path())
        .collect();
    files.sort();
    files.iter().map(|p| fs::read(p).expect("a file")).collect()
}

#[test]
fn every_target_has_its_program_and_its_corpus_which_it_survives() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("the manifest");
    let programs = fs::read_dir(root.join("fuzz_targets")).expect("programs").count();
    assert_eq!(programs, TARGETS.len(), "one program for each target");
    for (name, target) in TARGETS {
        assert!(root.join(format!("fuzz_targets/{name}.rs")).is_file(), "{name} has a program");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is in the manifest");
        let kept = corpus(name);
        assert!(kept.len() >= 3, "{name} has a corpus");
        kept.iter().for_each(|bytes| target(bytes));
    }
}

/// What happens to a file.
#[derive(Debug, Clone)]
enum Change {
    Cut(usize),
    Flip(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
    Swap(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    const PIECES: [&[u8]; 12] = [
        b"\"",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\n",
        b",",
        b"null",
        b"-1",
        b"\xff\xfe",
        b"99999999999999999999",
        b"\\u0000",
    ];
    let at = 0usize..1 << 16;
    let piece = (0..PIECES.len()).prop_map(|i| PIECES[i].to_vec());
    let bytes = prop_oneof![piece, proptest::collection::vec(any::<u8>(), 1..5)];
    prop_oneof![
        at.clone().prop_map(Change::Cut),
        (at.clone(), 1u8..=255).prop_map(|(at, by)| Change::Flip(at, by)),
        (at.clone(), bytes).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (at.clone(), 1usize..40).prop_map(|(at, n)| Change::Remove(at, n)),
        (at.clone(), 1usize..60).prop_map(|(at, n)| Change::Repeat(at, n)),
        (at.clone(), at).prop_map(|(a, b)| Change::Swap(a, b)),
    ]
}

fn changed(bytes: &mut Vec<u8>, how: &Change) {
    let length = bytes.len().max(1);
    let range = |at: usize, n: usize| at % length..(at % length + n).min(bytes.len()).max(at % length);
    match how {
        Change::Cut(at) => bytes.truncate(at % length),
        Change::Flip(at, by) => {
            if let Some(byte) = bytes.get_mut(at % length) {
                *byte ^= by;
            }
        }
        Change::Insert(at, piece) => {
            let at = (at % length).min(bytes.len());
            bytes.splice(at..at, piece.iter().copied());
        }
        Change::Remove(at, n) if !bytes.is_empty() => drop(bytes.drain(range(*at, *n))),
        Change::Repeat(at, n) if !bytes.is_empty() => {
            let part = bytes[range(*at, *n)].to_vec();
            let at = at % length;
            bytes.splice(at..at, part);
        }
        Change::Swap(a, b) if !bytes.is_empty() => bytes.swap(a % length, b % length),
        Change::Remove(..) | Change::Repeat(..) | Change::Swap(..) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_of_the_corpus_stops_a_reader(target in 0..TARGETS.len(), file in 0usize..64, how in proptest::collection::vec(change(), 1..6)) {
        let (name, target): (&str, Target) = TARGETS[target];
        let kept = corpus(name);
        let mut bytes = kept[file % kept.len()].clone();
        how.iter().for_each(|one| changed(&mut bytes, one));
        target(&bytes);
    }
}
