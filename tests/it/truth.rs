//! The ledger and the checks against invented tenants whose truth is known.
//!
//! Five seeds run with every test; `VOUCHSAFE_SEEDS=50` runs as many as named (`benches/truth.py` does the same through the program, and `benches/results` has the committed result of fifty).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use vouchsafe::check;
use vouchsafe::config::Config;
use vouchsafe::ingest::{IngestOptions, Limits, ingest};
use vouchsafe::lake::Lake;
use vouchsafe::ledger::{self, AccessModel, Evidence, Settings};
use vouchsafe::model::{Certainty, CheckId, Holding, Instant, Verdict};
use vouchsafe::synth::{Switches, SynthConfig, generate};

use crate::common::Run;

fn seeds() -> u64 {
    std::env::var("VOUCHSAFE_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(5)
}

fn tenant(seed: u64, switches: Switches, dir: &Path) -> AccessModel {
    let config = SynthConfig {
        users: 60,
        seed,
        switches,
        ..SynthConfig::default()
    };
    generate(&config, dir).expect("a tenant is written");
    access(&dir.join("export"), &dir.join("lake"))
}

pub fn access(export: &Path, lake: &Path) -> AccessModel {
    access_as_of(export, lake, None)
}

pub fn access_as_of(export: &Path, lake: &Path, as_of: Option<Instant>) -> AccessModel {
    let lake = Lake::open_or_create(lake).expect("a lake");
    let now = Instant::parse("2027-01-01T00:00:00Z").expect("a time");
    let options = IngestOptions {
        tenant: None,
        observed_at: None,
        complete: false,
        covers: Vec::new(),
        dates: None,
        now,
        limits: Limits::default(),
        standard_input: None,
        progress: None,
        pulled: None,
        called: BTreeMap::new(),
        open_gaps: Vec::new(),
    };
    let mut sink = vouchsafe::cli::take::Sink::new(&lake);
    let report = ingest(&[export.to_path_buf()], &options, &mut sink).expect("exports are taken");
    for s in &report.sources {
        assert_eq!(s.read, s.kept + s.duplicate + s.rejected + s.unmapped, "{}", s.path);
    }
    sink.commit(now).expect("a commit");
    let evidence = Evidence::load(&lake.view().expect("a view")).expect("evidence");
    let settings = Settings { as_of, ..Settings::default() };
    ledger::build(evidence, &settings)
}

/// From and until, as the truth has them.
type Span = (Option<Instant>, Option<Instant>);

/// Rows of a truth file as maps.
pub fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    reader.deserialize().map(|r| r.expect("a row")).collect()
}

/// What a lake of `run` says was held, ever, by people.
pub fn held(run: &Run, lake: &str) -> Vec<BTreeMap<String, String>> {
    let all = ["--from", "2000-01-01", "--until", "2100-01-01", "--format", "csv", "--output", "held.csv"];
    run.tell(&[&["holders", "--lake", lake][..], &all].concat());
    let mut held = rows(&run.dir().join("held.csv"));
    held.retain(|r| matches!(r["principal_type"].as_str(), "user" | "guest") && r["assignment_state"] == "active");
    held
}

/// Where the rows that the program printed differ from the truth below `dir`, ends and their certainty included.
pub fn differences(dir: &Path, held: &[BTreeMap<String, String>]) -> Vec<String> {
    let truth = Truth::read(dir);
    let line = |r: &BTreeMap<String, String>| {
        let entitlement = r["entitlement_id"].trim_end_matches("|active");
        let span = [text(instant(&r["held_from"])), text(instant(&r["held_until"]))].join("..");
        format!("{} {} {entitlement} {span}", r["principal_id"], r["entitlement_kind"])
    };
    let told = |r: &&BTreeMap<String, String>| !truth.contests(&r["principal_id"], r["entitlement_id"].trim_end_matches("|active"));
    let expected: BTreeSet<String> = truth.rows.iter().filter(told).map(line).collect();
    let found: BTreeSet<String> = held.iter().filter(told).map(line).collect();
    let unsure = held
        .iter()
        .filter(told)
        .filter(|r| r["from_certainty"] != "exact" || !matches!(r["until_certainty"].as_str(), "exact" | "open"));
    assert!(!expected.is_empty(), "there is no truth to compare with");
    let missing = expected.difference(&found).map(|l| format!("missing {l}"));
    let extra = found.difference(&expected).map(|l| format!("extra {l}"));
    missing.chain(extra).chain(unsure.map(|r| format!("unsure {}", line(r)))).collect()
}

struct Truth {
    rows: Vec<BTreeMap<String, String>>,
    contested: BTreeSet<String>,
}

impl Truth {
    fn read(dir: &Path) -> Self {
        let contested = dir.join("truth/contested.csv");
        let contested = if contested.is_file() {
            rows(&contested)
                .iter()
                .map(|r| format!("{} {}", r["principal_id"], r["entitlement_id"]))
                .collect()
        } else {
            BTreeSet::new()
        };
        Self {
            rows: rows(&dir.join("truth/holdings.csv")),
            contested,
        }
    }

    /// Removed by the log and listed all the same: the truth leaves them open, and the ledger tells both.
    fn contests(&self, principal: &str, entitlement: &str) -> bool {
        self.contested.contains(&format!("{principal} {entitlement}"))
    }
}

fn entitlement(h: &Holding) -> String {
    h.entitlement.id.trim_end_matches("|active").to_string()
}

/// Holdings of people that the truth speaks of.
fn told(access: &AccessModel) -> impl Iterator<Item = &Holding> {
    access
        .holdings
        .iter()
        .filter(|h| matches!(h.principal_type.as_str(), "user" | "guest") && h.assignment_state == "active")
}

fn text(at: Option<Instant>) -> String {
    at.map(|t| t.to_string()).unwrap_or_default()
}

fn instant(text: &str) -> Option<Instant> {
    Instant::parse(text)
}

#[test]
fn the_ledger_equals_the_truth_row_by_row() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for seed in 1..=seeds() {
        let dir = tempfile::tempdir().expect("a folder");
        let switches = Switches {
            duplicates: true,
            disorder: true,
            malformed: true,
            clock_skew: seed % 2 == 0,
            ..Switches::default()
        };
        let access = tenant(seed, switches, dir.path());
        let truth = Truth::read(dir.path());
        let contested = |p: &str, e: &str| truth.contests(p, e);
        let line = |p: &str, k: &str, e: &str, f: Option<Instant>, u: Option<Instant>| format!("{p} {k} {e} {}..{}", text(f), text(u));
        let expected: BTreeSet<String> = truth
            .rows
            .iter()
            .filter(|r| !contested(&r["principal_id"], &r["entitlement_id"]))
            .map(|r| {
                line(
                    &r["principal_id"],
                    &r["entitlement_kind"],
                    &r["entitlement_id"],
                    instant(&r["held_from"]),
                    instant(&r["held_until"]),
                )
            })
            .collect();
        let found: BTreeSet<String> = told(&access)
            .filter(|h| !contested(h.principal.as_str(), &entitlement(h)))
            .map(|h| line(h.principal.as_str(), h.entitlement.kind.as_str(), &entitlement(h), h.held_from, h.held_until))
            .collect();
        compared += expected.len();
        wrong.extend(expected.difference(&found).map(|l| format!("seed {seed} missing {l}")));
        wrong.extend(found.difference(&expected).map(|l| format!("seed {seed} extra   {l}")));
        let unsure = told(&access).filter(|h| !contested(h.principal.as_str(), &entitlement(h)));
        let unsure = unsure.filter(|h| h.from_certainty != Certainty::Exact || !matches!(h.until_certainty, Certainty::Exact | Certainty::Open));
        wrong.extend(unsure.map(|h| {
            format!(
                "seed {seed} unsure  {} {} {}..{}",
                h.principal, h.entitlement, h.from_certainty, h.until_certainty
            )
        }));
        let reasons: BTreeMap<(String, String, String), String> = truth
            .rows
            .iter()
            .filter(|r| r["entitlement_kind"] == "access_package")
            .map(|r| {
                (
                    (r["principal_id"].clone(), r["entitlement_id"].clone(), text(instant(&r["held_from"]))),
                    format!("{}|{}|{}", r["grant_kind"], r["justification"], r["assignment_id"]),
                )
            })
            .collect();
        for h in told(&access).filter(|h| h.entitlement.kind.as_str() == "access_package") {
            let key = (h.principal.to_string(), entitlement(h), text(h.held_from));
            let said = format!(
                "{}|{}|{}",
                h.grant_kind,
                h.justification.as_deref().unwrap_or_default(),
                h.assignment.as_ref().map(ToString::to_string).unwrap_or_default()
            );
            if let Some(r) = reasons.get(&key).filter(|r| **r != said) {
                wrong.push(format!("seed {seed} how     {key:?}: truth {r}, ledger {said}"));
            }
        }
    }
    assert!(compared > 500, "only {compared} rows were compared");
    assert!(
        wrong.is_empty(),
        "{} of {compared} rows differ:\n{}",
        wrong.len(),
        wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn with_short_retention_exact_ends_are_right_and_other_bounds_contain_the_truth() {
    let mut wrong = Vec::new();
    let (mut exact, mut other) = (0, 0);
    for seed in 1..=seeds() {
        let dir = tempfile::tempdir().expect("a folder");
        let switches = Switches {
            short_retention: true,
            duplicates: true,
            disorder: true,
            ..Switches::default()
        };
        let access = tenant(seed, switches, dir.path());
        let truth = Truth::read(dir.path());
        let mut by_key: BTreeMap<(String, String), Vec<Span>> = BTreeMap::new();
        for r in truth.rows.iter().filter(|r| !truth.contests(&r["principal_id"], &r["entitlement_id"])) {
            by_key
                .entry((r["principal_id"].clone(), r["entitlement_id"].clone()))
                .or_default()
                .push((instant(&r["held_from"]), instant(&r["held_until"])));
        }
        for h in told(&access) {
            let key = (h.principal.to_string(), entitlement(h));
            if truth.contests(&key.0, &key.1) {
                continue;
            }
            let truths = by_key.get(&key).cloned().unwrap_or_default();
            let begins = |from: Option<Instant>| match h.from_certainty {
                Certainty::Exact => from == h.held_from,
                _ => h.from_earliest.is_none_or(|e| from >= Some(e)) && h.from_latest.is_none_or(|l| from <= Some(l)),
            };
            let ends = |until: Option<Instant>| match h.until_certainty {
                Certainty::Exact => until == h.held_until,
                Certainty::Open => until.is_none_or(|u| u > access.as_of),
                _ => h.until_earliest.is_none_or(|e| until.is_none_or(|u| u >= e)) && h.until_latest.is_none_or(|l| until.is_some_and(|u| u <= l)),
            };
            exact += usize::from(h.from_certainty == Certainty::Exact) + usize::from(h.until_certainty == Certainty::Exact);
            other += usize::from(h.from_certainty != Certainty::Exact) + usize::from(!matches!(h.until_certainty, Certainty::Exact | Certainty::Open));
            let span = || truths.iter().any(|t| begins(t.0)) && truths.iter().any(|t| ends(t.1));
            // Monthly looks cannot tell two holdings with a short pause between them from one: then the first begins it and the last ends it.
            if !truths.iter().any(|t| begins(t.0) && ends(t.1)) && !span() {
                wrong.push(format!(
                    "seed {seed} {} {} {}[{},{}]..{}[{},{}] truth {:?}",
                    h.principal,
                    h.entitlement,
                    h.from_certainty,
                    text(h.from_earliest),
                    text(h.from_latest),
                    h.until_certainty,
                    text(h.until_earliest),
                    text(h.until_latest),
                    truths.iter().map(|t| format!("{}..{}", text(t.0), text(t.1))).collect::<Vec<_>>()
                ));
            }
        }
    }
    assert!(exact > 100 && other > 100, "exact {exact}, other {other}: the test has nothing to tell apart");
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.iter().take(30).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn every_planted_case_is_found_and_nothing_else() {
    let mut wrong = Vec::new();
    let mut planted = 0;
    for seed in 1..=seeds() {
        let dir = tempfile::tempdir().expect("a folder");
        let switches = Switches {
            duplicates: true,
            disorder: true,
            malformed: true,
            ..Switches::default()
        };
        let access = tenant(seed, switches, dir.path());
        let line = |c: &str, s: &str, o: &str| format!("{c} {s} {o}");
        let mut expected: Vec<String> = rows(&dir.path().join("truth/planted.csv"))
            .iter()
            .map(|r| line(&r["check"], &r["subject_id"], &r["object_id"]))
            .collect();
        // The invented tenants know the truth for the checks that cases are planted for; `tests/verdicts` has it for the others.
        let known: BTreeSet<String> = rows(&dir.path().join("truth/planted.csv")).iter().map(|r| r["check"].clone()).collect();
        let ids: Vec<CheckId> = check::all().iter().map(|c| c.id).filter(|id| known.contains(id.as_str())).collect();
        let results = check::run(&access, &Config::default(), Some(&ids));
        let mut found: Vec<String> = Vec::new();
        // What an invented tenant plants no case of, it does not keep clean either: its own stories are on the pages of the checks.
        let planted_checks: BTreeSet<String> = expected.iter().filter_map(|l| l.split(' ').next()).map(ToString::to_string).collect();
        let told = |f: &&vouchsafe::model::Finding| f.result == Verdict::Finding && planted_checks.contains(f.check.as_str());
        for finding in results.iter().flat_map(|r| &r.findings).filter(told) {
            found.push(line(finding.check.as_str(), &finding.subject_id, &finding.object_id));
        }
        planted += expected.len();
        expected.sort();
        found.sort();
        for l in &expected {
            match found.iter().position(|f| f == l) {
                Some(i) => drop(found.remove(i)),
                None => wrong.push(format!("seed {seed} missed {l}")),
            }
        }
        wrong.extend(found.iter().map(|l| format!("seed {seed} extra  {l}")));
    }
    assert!(planted > 50, "only {planted} cases were planted");
    assert!(
        wrong.is_empty(),
        "{} wrong of {planted}:\n{}",
        wrong.len(),
        wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n")
    );
}
