//! Laws of invented tenants.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::*;

fn config(users: u32, switches: Switches) -> SynthConfig {
    SynthConfig {
        users,
        seed: 5,
        switches,
        ..SynthConfig::default()
    }
}

fn made(config: &SynthConfig) -> (tempfile::TempDir, Summary) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let summary = generate(config, folder.path()).expect("a tenant");
    (folder, summary)
}

/// Every file below a folder with its content.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).expect("below the root").display().to_string();
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

/// The ids of all whole records in the logs and looks of an export.
fn ids(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, content) in tree(&root.join("export")) {
        let lines: Vec<&[u8]> = if name.ends_with(".ndjson") {
            content.split(|b| *b == b'\n').collect()
        } else {
            vec![&content]
        };
        for value in lines.into_iter().filter_map(|line| serde_json::from_slice::<Value>(line).ok()) {
            let items = value["value"].as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            for item in items {
                let item = item.get("properties").unwrap_or(&item);
                found.extend(item["id"].as_str().map(str::to_owned));
            }
        }
    }
    found
}

fn truth(root: &Path) -> BTreeMap<String, Vec<u8>> {
    tree(&root.join("truth"))
}

fn rows(root: &Path, name: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_path(root.join("truth").join(name)).expect("a table");
    reader.records().map(|row| row.expect("a row")).collect()
}

#[test]
fn same_configuration_same_bytes() {
    let noisy = Switches {
        duplicates: true,
        disorder: true,
        malformed: true,
        clock_skew: true,
        ..Switches::default()
    };
    let (a, first) = made(&config(60, noisy.clone()));
    let (b, second) = made(&config(60, noisy.clone()));
    assert_eq!(first, second);
    assert!(tree(a.path()) == tree(b.path()));
    let (c, _) = made(&SynthConfig { seed: 6, ..config(60, noisy) });
    assert!(tree(a.path()) != tree(c.path()));
}

#[test]
fn what_is_counted_is_what_was_written() {
    let (folder, summary) = made(&config(60, Switches::default()));
    let files = tree(folder.path());
    assert_eq!(summary.files, files.len() as u64);
    assert_eq!(summary.bytes, files.values().map(|content| content.len() as u64).sum::<u64>());
    assert_eq!(summary.holdings, rows(folder.path(), "holdings.csv").len() as u64);
    assert_eq!(summary.malformed, 0);
}

#[test]
fn holdings_begin_before_they_end_and_do_not_overlap() {
    let (folder, _) = made(&config(
        120,
        Switches {
            clock_skew: true,
            ..Switches::default()
        },
    ));
    let mut last: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut all: Vec<_> = rows(folder.path(), "holdings.csv")
        .iter()
        .map(|row| ((row[0].to_owned(), row[3].to_owned()), row[4].to_owned(), row[5].to_owned()))
        .collect();
    all.sort();
    for (holding, from, until) in all {
        assert!(until.is_empty() || from < until, "{holding:?} {from} {until}");
        let before = last.insert(holding.clone(), if until.is_empty() { "9999".to_owned() } else { until });
        assert!(before.is_none_or(|before| before <= from), "{holding:?} overlaps at {from}");
    }
}

#[test]
fn every_check_has_two_cases_in_a_tenant_of_sixty() {
    let (folder, summary) = made(&config(60, Switches::default()));
    let checks = [
        "APR-01", "APR-03", "CAP-03", "EXC-01", "EXP-01", "EXP-05", "JUS-01", "JUS-02", "ORP-02", "REV-01", "SEG-01", "SEG-05", "STA-01", "STA-02",
    ];
    assert_eq!(summary.planted.keys().map(String::as_str).collect::<Vec<_>>(), checks);
    assert!(summary.planted.values().all(|count| *count >= 2), "{:?}", summary.planted);
    let planted = rows(folder.path(), "planted.csv");
    assert_eq!(planted.len(), summary.planted.values().sum::<usize>());
    let distinct: BTreeSet<_> = planted.iter().map(|row| (0..4).map(|n| row[n].to_owned()).collect::<Vec<_>>()).collect();
    assert_eq!(distinct.len(), planted.len());
}

#[test]
fn without_planting_nothing_is_planted() {
    let (_, summary) = made(&config(
        60,
        Switches {
            planted: false,
            ..Switches::default()
        },
    ));
    assert!(summary.planted.is_empty());
}

#[test]
fn noise_changes_neither_truth_nor_the_set_of_records() {
    let (plain, _) = made(&config(60, Switches::default()));
    let noisy = Switches {
        duplicates: true,
        disorder: true,
        malformed: true,
        ..Switches::default()
    };
    let (noisy, summary) = made(&config(60, noisy));
    assert!(truth(plain.path()) == truth(noisy.path()));
    assert!(summary.malformed > 0);
    assert!(ids(plain.path()) == ids(noisy.path()));
}

#[test]
fn missing_pages_only_take_away() {
    let (plain, _) = made(&config(300, Switches::default()));
    let (torn, _) = made(&config(
        300,
        Switches {
            missing_pages: true,
            ..Switches::default()
        },
    ));
    assert!(truth(plain.path()) == truth(torn.path()));
    let (plain, torn) = (tree(plain.path()), tree(torn.path()));
    assert!(torn.len() < plain.len());
    assert!(torn.iter().all(|(name, content)| plain.get(name) == Some(content)));
}

#[test]
fn short_retention_keeps_truth_and_forgets_events() {
    let (plain, whole) = made(&config(60, Switches::default()));
    let (short, kept) = made(&config(
        60,
        Switches {
            short_retention: true,
            ..Switches::default()
        },
    ));
    assert!(truth(plain.path()) == truth(short.path()));
    assert!(kept.events < whole.events / 2);
    assert_eq!(fs::read_dir(short.path().join("export/looks")).expect("looks").count(), 14);
}

#[test]
fn clock_skew_moves_only_the_directory() {
    let (plain, _) = made(&config(60, Switches::default()));
    let (skewed, _) = made(&config(
        60,
        Switches {
            clock_skew: true,
            ..Switches::default()
        },
    ));
    let packages = |root: &Path| {
        rows(root, "holdings.csv")
            .into_iter()
            .filter(|row| &row[2] == "access_package")
            .collect::<Vec<_>>()
    };
    assert_eq!(packages(plain.path()), packages(skewed.path()));
    assert!(truth(plain.path()) != truth(skewed.path()));
}

#[test]
fn a_person_can_be_told_again() {
    let scene = Scene::new(&config(100, Switches::default())).expect("a scene");
    let (once, again) = (story::tell(&scene, 17), story::tell(&scene, 17));
    assert_eq!(format!("{:?}", once.events), format!("{:?}", again.events));
    assert_eq!(format!("{:?}", once.sign_ins), format!("{:?}", again.sign_ins));
}

#[test]
fn nobody_shares_a_name_to_sign_in_with() {
    let scene = Scene::new(&config(5000, Switches::default())).expect("a scene");
    let names: BTreeSet<_> = (0..scene.people()).map(|index| scene.card(index).upn).collect();
    assert_eq!(names.len(), 5000);
}

#[test]
#[cfg(unix)]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, _) = made(&config(30, Switches::default()));
    for name in tree(folder.path()).into_keys() {
        let mode = fs::metadata(folder.path().join(&name)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn impossible_tenants_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let few = generate(&config(9, Switches::default()), folder.path());
    assert!(matches!(few, Err(SynthError::TooFewUsers { users: 9 })));
    let short = generate(
        &SynthConfig {
            months: 5,
            ..SynthConfig::default()
        },
        folder.path(),
    );
    assert!(matches!(short, Err(SynthError::TooShort { months: 5 })));
}
