//! Small tenants in Microsoft's own records, each with the verdict that a person would sign.
//!
//! `tests/verdicts/NAME/in` holds exports, `verdict.txt` a story, the checks that were asked, and every row that they must make:
//! `check | result | severity | reason | subject | object`, by name; `vouchsafe.toml` beside it, where there is one, the settings of
//! the house; a line `as of TIME` says when it is asked. A line `lacks CHECK SOURCE` says that the check must tell, for the whole
//! tenant, what it lacks. What the program answers is never a reason to change a verdict. `VOUCHSAFE_VERDICT=foundry` asks one
//! tenant only.

use crate::common::Run;
use crate::truth::access_as_of;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use vouchsafe::check;
use vouchsafe::config::{self, Config};
use vouchsafe::model::{CheckId, Instant, Verdict};

struct Signed {
    checks: Vec<CheckId>,
    as_of: Option<Instant>,
    rows: BTreeMap<String, usize>,
    lacks: BTreeSet<String>,
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts");
    let wanted = std::env::var("VOUCHSAFE_VERDICT").unwrap_or_default();
    let mut found: Vec<PathBuf> = fs::read_dir(root).expect("tests/verdicts is there").flatten().map(|e| e.path()).collect();
    found.retain(|p| p.is_dir() && p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&wanted)));
    found.sort();
    assert!(!found.is_empty(), "no tenant is called {wanted}…");
    found
}

/// A row in one line, cells parted by bars, blanks at their ends taken away.
fn line(cells: &[&str]) -> String {
    cells.iter().map(|c| c.trim()).collect::<Vec<_>>().join(" | ")
}

fn signed(folder: &Path) -> Signed {
    let text = fs::read_to_string(folder.join("verdict.txt")).expect("a verdict");
    let asked = text.lines().find_map(|l| l.strip_prefix("checks ")).expect("a line with the checks");
    let id = |word: &str| check::by_id(word).unwrap_or_else(|e| panic!("{}: {e}", folder.display())).id;
    let mut rows = BTreeMap::new();
    for row in text.lines().filter(|l| l.contains('|')) {
        let cells: Vec<&str> = row.split('|').collect();
        assert_eq!(cells.len(), 6, "{}: {row}", folder.display());
        *rows.entry(line(&cells)).or_default() += 1;
    }
    let lacks = text.lines().filter_map(|l| l.strip_prefix("lacks ")).map(str::to_string).collect();
    Signed {
        lacks,
        checks: asked.split_whitespace().map(id).collect(),
        as_of: text.lines().find_map(|l| l.strip_prefix("as of ")).and_then(Instant::parse),
        rows,
    }
}

/// The settings of the house, or those that everybody has.
fn settings(folder: &Path) -> Config {
    let path = folder.join("vouchsafe.toml");
    if !path.exists() {
        return Config::default();
    }
    let known: Vec<(&str, &str)> = check::thresholds().iter().map(|t| (t.name, t.unit)).collect();
    config::load(&path, &known, &[check::profiles::DEFAULT]).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn told(folder: &Path, signed: &Signed) -> (BTreeMap<String, usize>, BTreeSet<String>, Vec<String>) {
    let run = Run::new();
    let model = access_as_of(&folder.join("in"), &run.dir().join("lake"), signed.as_of);
    let mut rows = BTreeMap::new();
    let (mut messages, mut lacks) = (Vec::new(), BTreeSet::new());
    for result in check::run(&model, &settings(folder), Some(&signed.checks)) {
        for f in result.findings {
            // What was not given to the program at all is one row for the tenant: it is asked for by name alone.
            if f.result == Verdict::NotEvaluable && f.subject_kind == "tenant" {
                lacks.insert(format!("{} {}", f.check, f.object_id));
                continue;
            }
            let (result, severity) = (f.result.to_string(), f.severity.to_string());
            let row = line(&[f.check.as_str(), &result, &severity, &f.reason, &f.subject_name, &f.object_name]);
            messages.push(format!("{row}\n      {}", f.message));
            *rows.entry(row).or_default() += 1;
        }
    }
    (rows, lacks, messages)
}

#[test]
fn every_verdict_is_one_that_a_person_would_sign() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let signed = signed(&folder);
        let (rows, lacks, messages) = told(&folder, &signed);
        let missed: Vec<&String> = signed.rows.iter().filter(|(k, n)| rows.get(*k) != Some(*n)).map(|(k, _)| k).collect();
        let extra: Vec<&String> = rows.iter().filter(|(k, n)| signed.rows.get(*k) != Some(*n)).map(|(k, _)| k).collect();
        let silent: Vec<&String> = signed.lacks.difference(&lacks).collect();
        if !missed.is_empty() || !extra.is_empty() || !silent.is_empty() {
            wrong.push(format!(
                "{}\n  missed {missed:#?}\n  extra {extra:#?}\n  told of no lack {silent:?}\n  it said:\n    {}",
                folder.display(),
                messages.join("\n    ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
