//! The committed sample is what the code writes, and keeps to its size.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::clock::{DAY, day_text};
use super::*;

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sample-data")
}

/// Every file below a folder with its content; nothing where there is no folder.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

#[test]
fn the_committed_sample_is_what_the_code_writes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    sample(folder.path()).expect("a sample");
    let fresh = tree(folder.path());
    if std::env::var_os("VOUCHSAFE_BLESS").is_some() {
        fs::remove_dir_all(committed()).ok();
        sample(&committed()).expect("a sample");
    }
    let there = tree(&committed());
    let names = |tree: &BTreeMap<String, Vec<u8>>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&there), names(&fresh), "run with VOUCHSAFE_BLESS=1 to write sample-data anew");
    for (name, content) in &fresh {
        assert!(
            there[name] == *content,
            "sample-data/{name} differs; run with VOUCHSAFE_BLESS=1 to write it anew"
        );
    }
}

#[test]
fn small_and_with_a_case_for_every_check() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let summary = sample(folder.path()).expect("a sample");
    assert!(summary.bytes <= 2_000_000 && summary.files <= 80, "{summary:?}");
    let checks = [
        "APR-01", "APR-03", "CAP-03", "EXC-01", "EXC-06", "EXP-01", "EXP-05", "JUS-01", "JUS-02", "ORP-02", "REV-01", "REV-07", "SEG-01", "SEG-02", "SEG-03",
        "SEG-05", "STA-01", "STA-02",
    ];
    assert_eq!(summary.planted.keys().map(String::as_str).collect::<Vec<_>>(), checks);
    assert!((25..=60).contains(&summary.planted.values().sum::<usize>()), "{:?}", summary.planted);
    assert_eq!(summary.malformed, 2);
}

#[test]
fn planted_is_toml_and_names_everything() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    sample(folder.path()).expect("a sample");
    let text = fs::read_to_string(folder.path().join("planted.toml")).expect("a file");
    let value: toml::Table = toml::from_str(&text).expect("TOML");
    let list = value["planted"].as_array().expect("a list");
    for finding in list {
        for key in ["check", "subject", "subject_id", "object", "object_id", "why"] {
            assert!(finding[key].as_str().is_some_and(|text| !text.is_empty()), "{finding} lacks {key}");
        }
        assert!(finding["request_or_assignment_id"].is_str());
    }
    let named = |name: &str| list.iter().any(|f| f["subject"].as_str() == Some(name));
    assert!(named("<img src=x onerror=alert(1)>") && named("=cmd|' /C calc'!A0"));
}

#[test]
fn nothing_happens_on_a_day_of_a_look() {
    let scene = stage::scene();
    let looks: Vec<String> = scene.looks.iter().map(|at| day_text(*at)).collect();
    for who in 0..scene.people() {
        let mut teller = Teller::new(&scene, who);
        plot::tell(&mut teller, who);
        for event in &teller.life.events {
            let day = day_text(event.at);
            assert!(!looks.contains(&day), "{} on {day}", event.activity);
            assert!(event.at >= scene.start && event.at < scene.end - DAY / 2, "{} on {day}", event.activity);
        }
    }
}
