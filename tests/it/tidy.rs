//! Keeps the house in order: imports go one way, polars and clap stay where they belong, only `cli` prints.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each room may import, beside the standard library and crates.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("config", &["model"]),
    ("lake", &["model"]),
    ("ingest", &["model", "lake"]),
    ("engine", &["model", "lake"]),
    ("ledger", &["model", "config", "lake", "engine"]),
    ("views", &["model", "lake", "engine", "ledger"]),
    ("check", &["model", "config", "lake", "engine", "ledger", "views"]),
    ("workbench", &["model", "config", "lake", "engine", "ledger", "views", "check"]),
    ("campaign", &["model", "config", "lake", "engine", "ledger", "check"]),
    ("report", &["model", "config", "lake", "ledger", "check", "campaign", "workbench"]),
    ("evidence", &["model", "config", "lake", "ledger", "check", "campaign", "report"]),
    ("synth", &["model", "lake"]),
    ("graph", &["model"]),
    ("remote", &["model"]),
    ("pull", &["model", "lake", "ingest", "graph"]),
    (
        "cli",
        &[
            "model",
            "config",
            "lake",
            "ingest",
            "engine",
            "ledger",
            "views",
            "check",
            "workbench",
            "campaign",
            "report",
            "evidence",
            "synth",
            "graph",
            "pull",
            "remote",
        ],
    ),
];

/// Crates that belong to some rooms only.
const CRATES: &[(&str, &[&str])] = &[
    ("polars", &["engine", "ledger"]),
    ("clap", &["cli"]),
    ("terminal_size", &["cli"]),
    ("indicatif", &["cli"]),
    ("askama", &["report"]),
    ("plotters", &["report"]),
    ("rust_xlsxwriter", &["report"]),
    ("calamine", &["report"]),
    ("quick_xml", &["report"]),
    ("cfb", &["report"]),
    ("lettre", &["campaign"]),
    ("icalendar", &["campaign"]),
    ("mail_parser", &["campaign", "report"]),
    ("ureq", &["graph"]),
    ("object_store", &["remote"]),
    ("tokio", &["remote"]),
    ("futures", &["remote"]),
    ("ring", &["graph", "campaign", "evidence"]),
    ("ssh_key", &["campaign", "evidence"]),
    ("minisign", &["evidence"]),
    ("rand_chacha", &["synth"]),
];

fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src is readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("a source file is text");
                files.push((path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("below the root").to_path_buf(), text));
            }
        }
    }
    files.sort();
    assert!(files.len() > 50, "the sources were not found");
    files
}

fn room(path: &Path) -> String {
    path.components()
        .nth(1)
        .map(|c| c.as_os_str().to_string_lossy().trim_end_matches(".rs").to_string())
        .unwrap_or_default()
}

fn is_test(path: &Path) -> bool {
    path.ends_with("tests.rs") || path.components().any(|c| c.as_os_str() == "tests")
}

/// The part of a file that ships: unit tests at its end may build what they like.
fn shipped(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

#[test]
fn imports_go_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = room(&path);
        if room == "lib" || room == "main" || is_test(&path) {
            continue;
        }
        let may = allowed
            .get(room.as_str())
            .unwrap_or_else(|| panic!("{room} is a room without a rule: add it to MAY_IMPORT"));
        for (i, line) in shipped(&text).lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
            for other in allowed.keys().filter(|o| **o != room && !may.contains(*o)) {
                if line.contains(&format!("crate::{other}::")) || line.contains(&format!("crate::{other};")) {
                    wrong.push(format!("{}:{}: {room} may not know {other}", path.display(), i + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = room(&path);
        for (krate, rooms) in CRATES.iter().filter(|(_, rooms)| !rooms.contains(&room.as_str())) {
            for (i, line) in shipped(&text).lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
                // `ring::` is not what `String::` ends with.
                let name = format!("{krate}::");
                let whole = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
                if line.match_indices(&name).any(|(at, _)| whole(at)) {
                    wrong.push(format!("{}:{}: {krate} belongs to {}", path.display(), i + 1, rooms.join(", ")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_its_charge_in_its_first_line() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(p, _)| p.display().to_string())
        .collect();
    assert!(silent.is_empty(), "no //! line: {}", silent.join(", "));
}

#[test]
fn no_clock_environment_or_print_below_cli() {
    let words = [
        "SystemTime::now",
        "Utc::now",
        "Local::now",
        "std::env::var",
        "env::args",
        "println!",
        "eprintln!",
        "print!(",
    ];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if matches!(room(&path).as_str(), "cli" | "main") || is_test(&path) {
            continue;
        }
        for (i, line) in shipped(&text).lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
            for word in words.iter().filter(|w| line.contains(**w)) {
                wrong.push(format!("{}:{}: {word}", path.display(), i + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Words of our own that people had to guess at, and what the field says instead (docs/glossary.md).
const BANNED: &[(&str, &str)] = &[
    ("vouch for", "assert"),
    ("vouched", "asserted, attested"),
    ("commit of the lake", "evidence version"),
    ("pictures", "charts"),
    ("people's own words", "free text"),
    ("who is who", "pseudonym map"),
    ("heaviest first", "highest severity first"),
    ("looks at the directory", "snapshots of the directory"),
    ("a look at", "a snapshot of, a view of"),
    ("silence decide", "no response"),
    ("what silence means", "the default for no response"),
    ("was not taken", "excluded"),
    ("were not taken", "excluded"),
    ("nobody vouches", "no evidence of completeness"),
    ("as far as anybody saw", "on record"),
];

/// What people read: pages, documents, help; and the text in quotes of the rooms that speak to them.
fn read_by_people() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = vec![PathBuf::from("README.md"), PathBuf::from("CONTRIBUTING.md")];
    for folder in ["docs", "reports/templates"] {
        for entry in fs::read_dir(root.join(folder)).expect("a folder").flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "md" || e == "html") && !path.ends_with("glossary.md") {
                texts.push(path.strip_prefix(root).expect("below the root").to_path_buf());
            }
        }
    }
    let mut all: Vec<(PathBuf, String)> = texts
        .into_iter()
        .map(|p| {
            let text = fs::read_to_string(root.join(&p)).expect("a text");
            (p, text)
        })
        .collect();
    let speaks = |path: &Path| matches!(room(path).as_str(), "report" | "cli") && !is_test(path);
    all.extend(sources().into_iter().filter(|(path, _)| speaks(path)).map(|(path, text)| {
        let quoted: Vec<String> = shipped(&text).lines().map(quoted).collect();
        (path, quoted.join("\n"))
    }));
    all
}

/// What stands between quotes in a line of code; comments are for those who write it.
fn quoted(line: &str) -> String {
    if line.trim_start().starts_with("//") {
        return String::new();
    }
    line.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn people_read_the_words_of_their_field() {
    let mut wrong = Vec::new();
    for (path, text) in read_by_people() {
        for (i, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            for (word, better) in BANNED.iter().filter(|(word, _)| line.contains(word)) {
                wrong.push(format!("{}:{}: '{word}'; better: {better}", path.display(), i + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
