//! Checks of the catalogue written once more in SQL, with equal verdicts; and what a statement may not do.

use super::{made, registry};
use crate::check::examples::of_page;
use crate::check::examples::scenario::Scenario;
use crate::check::index::Index;
use crate::check::laws::{Numbers, built, scenarios};
use crate::check::run::in_parts;
use crate::check::{Check, by_id, run};
use crate::config::Config;
use crate::ledger::AccessModel;
use crate::model::{Finding, Verdict};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A check of the catalogue, the file that says the same, and which of its findings the file is about.
type Pair = (&'static str, &'static str, fn(&Finding) -> bool);

const PAIRS: &[Pair] = &[
    ("EXP-01", "endless", |_| true),
    ("JUS-01", "unexplained", |_| true),
    ("SEG-01", "guests", |_| true),
    ("SEG-05", "administrative", |_| true),
    ("EXP-02", "unending-policies", |_| true),
    ("EXP-09", "ending", |_| true),
    ("SEG-06", "workloads", |_| true),
    ("EXC-03", "twice", |_| true),
    ("JUS-05", "unasked", |_| true),
    ("APR-09", "mutual", |_| true),
    ("APR-01", "own-approval", |f| f.reason != "linked-account"),
    ("ORP-02", "leavers", |f| matches!(f.object_kind.as_str(), "package" | "directory_role")),
];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/own-checks").join(format!("{name}.sql"))
}

fn of_file(name: &str) -> &'static Check {
    let path = file(name);
    let text = std::fs::read_to_string(&path).expect("a file");
    made(&text, &path).unwrap_or_else(|e| panic!("{e}"))
}

/// Who, what, and by which assignment or request: what a verdict is about.
fn verdicts(check: &'static Check, access: &AccessModel, config: &Config, of: impl Fn(&Finding) -> bool) -> (BTreeSet<[String; 3]>, bool) {
    let outcome = in_parts(check, access, config, &Index::new(access), 1);
    let open = outcome.findings.iter().any(|f| f.result == Verdict::NotEvaluable);
    let found = outcome.findings.iter().filter(|f| f.result == Verdict::Finding && of(f));
    let id = |f: &Finding| {
        if f.assignment_id.is_empty() {
            f.request_id.clone()
        } else {
            f.assignment_id.clone()
        }
    };
    (found.map(|f| [f.subject_id.clone(), f.object_id.clone(), id(f)]).collect(), open)
}

#[test]
fn checks_of_the_catalogue_say_the_same_in_sql() {
    let mut wrong = Vec::new();
    for (id, name, of) in PAIRS {
        let Ok(check) = by_id(id) else { continue };
        let own = of_file(name);
        let (mut found, mut silent) = (0, 0);
        let pages = of_page(check).into_iter().map(|e| (e.title.clone(), Scenario::of(&e)));
        // Every third of the other stories: a statement takes longer than a function.
        for (title, scenario) in pages.chain(scenarios().into_iter().step_by(3)) {
            let access = built(scenario.evidence, &scenario.config);
            // Lists of the configuration are not in the views.
            let config = Config::default();
            let (theirs, open) = verdicts(check, &access, &config, of);
            let (ours, _) = verdicts(own, &access, &config, |_| true);
            if open && theirs != ours {
                continue;
            }
            (found, silent) = (found + theirs.len(), silent + usize::from(theirs.is_empty()));
            if theirs != ours {
                let more: Vec<_> = ours.difference(&theirs).collect();
                let less: Vec<_> = theirs.difference(&ours).collect();
                wrong.push(format!("{id} in \"{title}\": SQL alone {more:?}, catalogue alone {less:?}"));
            }
        }
        if found == 0 || silent == 0 {
            wrong.push(format!("{id}: {found} findings and {silent} silent stories were compared"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_laws_of_the_catalogue_hold_for_them() {
    let stories: Vec<Scenario> = scenarios().into_iter().map(|(_, s)| s).step_by(7).collect();
    for (_, name, _) in PAIRS {
        let own = of_file(name);
        for scenario in &stories {
            let mut access = built(scenario.evidence.clone(), &scenario.config);
            let expected = in_parts(own, &access, &scenario.config, &Index::new(&access), 3);
            for row in &expected.findings {
                assert!(
                    row.severity <= own.severity && row.message.ends_with('.') && row.evidence.is_sorted(),
                    "{name}: {row:?}"
                );
                assert_eq!(row.controls.len(), own.controls.len(), "{name}");
            }
            let mut n = Numbers(5);
            n.shuffle(&mut access.holdings);
            n.shuffle(std::sync::Arc::make_mut(&mut access.events).as_mut_slice());
            assert_eq!(
                in_parts(own, &access, &scenario.config, &Index::new(&access), 1),
                expected,
                "{name}: the order of rows"
            );
        }
        let nothing = in_parts(own, &AccessModel::default(), &Config::default(), &Index::new(&AccessModel::default()), 1);
        assert!(
            nothing.findings.iter().all(|f| f.result == Verdict::NotEvaluable) && !nothing.findings.is_empty(),
            "{name} passes an empty lake"
        );
        assert_eq!(nothing.passed, 0, "{name}");
    }
}

/// A check with this statement.
fn with(sql: &str) -> Result<&'static Check, String> {
    let head = "-- id: HOUSE-99\n-- title: A try\n-- severity: low\n-- practice: P1\n-- controls: SOC 2 CC6.3\n\
                -- ## Why it matters\n-- It does.\n-- ## What to do\n-- Nothing.\n";
    made(&format!("{head}{sql}\n"), Path::new("house.sql"))
}

#[test]
fn a_statement_only_reads_views_and_gives_what_findings_have() {
    for (sql, expected) in [
        ("SELECT principal_id AS subject_id FROM holdings", "no column message"),
        (
            "SELECT principal_id AS subject_id, 'x' AS message, 1 AS colour FROM holdings",
            "the column colour",
        ),
        ("SELECT subject_id, 'x' AS message FROM nothing", "reads no view"),
        ("SELECT no_such AS subject_id, 'x' AS message FROM holdings", "no_such"),
        ("DROP TABLE holdings", "never writes"),
        (
            "SELECT id AS subject_id, 'x' AS message FROM read_parquet('/etc/passwd'), holdings",
            "read_parquet",
        ),
        ("SELECT id AS subject_id, 'x' AS message FROM lake_users", "no table of the lake"),
        ("SELECT subject_id, message FROM findings", "no findings"),
        ("SELECT principal_id AS subject_id, 'x' AS message FROM holdings; SELECT 1", "one statement"),
        (
            "SELECT principal_id AS subject_id, 'x' AS message FROM holdings WHERE held_from < :since",
            "no threshold 'since'",
        ),
    ] {
        let told = with(sql).expect_err(sql);
        assert!(told.contains(expected), "{sql}: {told}");
    }
    assert!(registry::known("NO-01").is_none());
}

#[test]
fn an_answer_that_breaks_a_law_is_not_evaluable_with_the_reason() {
    let (_, scenario) = scenarios().remove(0);
    let access = built(scenario.evidence, &scenario.config);
    for (sql, expected) in [
        ("SELECT principal_id AS subject_id, 'x' AS message FROM holdings", "no evidence"),
        (
            "SELECT principal_id AS subject_id, 'x' AS message, 'here' AS evidence FROM holdings",
            "no table:record_id",
        ),
        (
            "SELECT principal_id AS subject_id, 'x' AS message, evidence, 'high' AS severity FROM holdings",
            "low at most",
        ),
        (
            "SELECT principal_id AS subject_id, 'x' AS message, evidence, 'maybe' AS result FROM holdings",
            "'maybe'",
        ),
        (
            "SELECT principal_id AS subject_id, 'x' AS message, evidence, 'moon' AS subject_kind FROM holdings",
            "'moon'",
        ),
        ("SELECT 'same' AS subject_id, principal_id AS message, evidence FROM holdings", "two rows tell"),
        (
            "SELECT CAST(NULL AS VARCHAR) AS subject_id, 'x' AS message, evidence FROM holdings",
            "no subject_id",
        ),
    ] {
        let check = with(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
        let outcome = in_parts(check, &access, &scenario.config, &Index::new(&access), 1);
        let rows: Vec<&str> = outcome.findings.iter().map(|f| f.message.as_str()).collect();
        assert!(rows.len() == 1 && rows[0].contains(expected), "{sql}: {rows:?}");
        assert_eq!((outcome.findings[0].result, outcome.passed), (Verdict::NotEvaluable, 0), "{sql}");
    }
}

#[test]
fn one_registry_runs_them_with_the_others() {
    let (_, scenario) = scenarios().remove(0);
    let access = built(scenario.evidence, &scenario.config);
    let path = file("endless");
    let config = Config {
        own_checks: vec![(path.clone(), std::fs::read_to_string(&path).expect("a file"))],
        ..scenario.config
    };
    let ids: Vec<&str> = run(&access, &config, None).iter().map(|r| r.check.id.as_str()).collect();
    assert_eq!(ids.last(), Some(&"HOUSE-01"), "{ids:?}");
    let page = crate::check::explain(by_id("house-01").expect("it was read"), &config);
    assert!(page.contains("## Statement") && page.contains("FROM holdings AS h"), "{page}");
}
