//! What became of findings, by small stories, and by everything that can be taken away.

use super::{Lives, Now, State, Why};
use crate::check::examples::scenario::Scenario;
use crate::check::examples::table::stories;
use crate::check::laws::{built, scenarios};
use crate::check::laws_of_less::{after, losses};
use crate::check::{by_id, run};
use crate::config::{Config, Exception, Setting};
use crate::ledger::AccessModel;
use crate::model::{CheckId, Instant};

/// The access of a story, whose rows are given without their header.
fn told(rows: &str) -> (AccessModel, Config) {
    let text = format!("Story:\n\n| time | activity | actor | subject | package | detail | |\n|--|--|--|--|--|--|--|\n{rows}");
    let scenario = Scenario::of(&stories(&text)[0]);
    (built(scenario.evidence, &scenario.config), scenario.config)
}

/// One more run of some checks; what became of findings, as `state why subject`.
fn step(lives: &mut Lives, access: &AccessModel, config: &Config, ids: &[&str]) -> Vec<String> {
    let ids: Vec<CheckId> = ids.iter().map(|id| by_id(id).expect("a check").id).collect();
    let results = run(access, config, Some(&ids));
    let now = Now {
        commit: "c",
        sequence: 1,
        access,
        config,
        results: &results,
    };
    let (head, changes) = lives.advance(&now, false);
    lives.take(head, &changes);
    let name = |c: &super::Change| c.subject_name.split('@').next().unwrap_or_default().to_string();
    let mut told: Vec<String> = changes.iter().map(|c| format!("{} {} {}", c.state, c.why, name(c))).collect();
    told.sort();
    told
}

const BEGUN: &str = "| 2026-01-10 | deliver | | ana | payroll | no end | |\n\
                     | 2026-01-10 | deliver | | bo | payroll | no end | |\n\
                     | 2026-01-10 | deliver | | cy | payroll | no end | |\n\
                     | 2026-01-10 | deliver | | di | payroll | no end | |\n";

#[test]
fn a_finding_is_resolved_by_what_became_of_it() {
    let mut lives = Lives::default();
    let (access, config) = told(&format!("{BEGUN}| 2026-02-01 | look | | | | | |\n"));
    let new: Vec<String> = ["ana", "bo", "cy", "di"].map(|n| format!("new appeared {n}")).to_vec();
    assert_eq!(step(&mut lives, &access, &config, &["EXP-01"]), new);
    assert!(step(&mut lives, &access, &config, &["EXP-01"]).is_empty(), "told once");
    let later = format!(
        "{BEGUN}| 2026-02-10 | remove | olga | ana | payroll | | |\n\
         | 2026-02-10 | extend | | bo | payroll | until 2026-12-31 | |\n\
         | 2026-02-10 | except | olga | cy | payroll | EXP-01, until 2026-03-15 | |\n\
         | 2026-03-01 | look | | | | | |\n"
    );
    let (access, config) = told(&later);
    let gone = ["resolved excepted cy", "resolved remedied bo", "resolved removed ana"];
    assert_eq!(step(&mut lives, &access, &config, &["EXP-01"]), gone);
    // The acceptance is over, and the access is still there.
    let (access, config) = told(&format!("{later}| 2026-04-01 | look | | | | | |\n"));
    assert_eq!(step(&mut lives, &access, &config, &["EXP-01"]), ["reopened excepted cy"]);
    let cy = lives.lives.values().find(|l| l.last.state == State::Reopened).expect("it was told");
    assert!(
        cy.last.first_seen.starts_with("2026-02-01") && cy.last.last_seen.starts_with("2026-04-01"),
        "{:?}",
        cy.last
    );
}

#[test]
fn a_finding_about_more_than_before_is_told_once() {
    let asked = |who: &str, minute: u32| format!("| 2026-02-01 09:{minute:02} | assign | adm | {who} | payroll | | |\n");
    let two = asked("ana", 0) + &asked("bo", 1);
    let mut lives = Lives::default();
    let (access, config) = told(&format!("{two}| 2026-02-10 | look | | | | | |\n"));
    assert_eq!(step(&mut lives, &access, &config, &["APR-03"]), ["new appeared adm"]);
    let (access, config) = told(&format!("{two}{}| 2026-02-11 | look | | | | | |\n", asked("cy", 2)));
    assert_eq!(step(&mut lives, &access, &config, &["APR-03"]), ["open covers adm"]);
    assert!(step(&mut lives, &access, &config, &["APR-03"]).is_empty(), "told once");
}

#[test]
fn what_expires_says_so_and_other_settings_are_no_remedy() {
    let rows = "| 2026-01-10 | deliver | | ana | payroll | until 2026-03-01 | |\n\
                | 2026-01-10 | user | | bo | | last sign-in 2026-01-01 | |\n\
                | 2026-01-10 | deliver | | bo | payroll | no end | |\n\
                | 2026-01-10 | package | | | payroll | app ledger | |\n\
                | 2025-12-01 | log | | | sign-ins | until 2026-06-01 | |\n";
    let mut lives = Lives::default();
    let (access, config) = told(&format!("{rows}| 2026-02-20 | look | | | | | |\n"));
    assert_eq!(step(&mut lives, &access, &config, &["STA-01"]), ["new appeared ana", "new appeared bo"]);
    let expired = format!("{rows}| 2026-03-01 | expire | | ana | payroll | | |\n| 2026-03-10 | look | | | | | |\n");
    let (access, mut config) = told(&expired);
    assert_eq!(step(&mut lives, &access, &config, &["STA-01"]), ["resolved expired ana"]);
    let lenient = Setting {
        value: 300,
        origin: "a test".into(),
    };
    config.thresholds.insert("never_used_days".into(), lenient);
    let known: Vec<&str> = crate::check::thresholds().iter().map(|t| t.name).collect();
    assert!(known.contains(&"never_used_days"), "{known:?}");
    assert_eq!(step(&mut lives, &access, &config, &["STA-01"]), ["resolved settings bo"]);
}

#[test]
fn an_entry_of_the_register_that_is_deleted_is_no_finding_any_more() {
    let (access, mut config) = told(&format!("{BEGUN}| 2026-02-01 | look | | | | | |\n"));
    config.exceptions = vec![Exception {
        number: 1,
        check: "EXP-01".into(),
        principal: "nobody@corp.example".into(),
        owner: "olga".into(),
        reason: "A pilot".into(),
        until: Instant::parse("2026-12-31").expect("a time"),
        ..Exception::default()
    }];
    let mut lives = Lives::default();
    assert_eq!(step(&mut lives, &access, &config, &["REG-01"]), ["new appeared exception 1"]);
    config.exceptions.clear();
    assert_eq!(step(&mut lives, &access, &config, &["REG-01"]), ["resolved removed exception 1"]);
}

/// Whatever evidence is taken away: nothing reads as resolved, and with it back nothing is told as new.
#[test]
fn a_gap_never_reads_as_resolved() {
    let mut wrong = Vec::new();
    for (number, (title, scenario)) in scenarios().into_iter().enumerate() {
        let config = &scenario.config;
        let access = built(scenario.evidence.clone(), config);
        let now = |access: &AccessModel, lives: &mut Lives| {
            let results = run(access, config, None);
            let now = Now {
                commit: "c",
                sequence: 1,
                access,
                config,
                results: &results,
            };
            let (head, changes) = lives.advance(&now, true);
            lives.take(head, &changes);
            changes
        };
        let mut whole = Lives::default();
        now(&access, &mut whole);
        // Each loss meets every sixth story: all of them would take minutes, and tell the same.
        for (_, loss) in losses().into_iter().enumerate().filter(|(i, _)| (i + number) % 6 == 0) {
            let less = after(&loss, &scenario, access.as_of);
            let mut lives = whole.clone();
            let changes = now(&less, &mut lives);
            let resolved = changes.iter().filter(|c| c.state == State::Resolved && c.why != Why::Excepted);
            wrong.extend(resolved.map(|c| format!("{} {}: {} ({title}: {})", c.check, loss.name, c.why, c.message)));
            let back = now(&access, &mut lives);
            let again = back
                .iter()
                .filter(|c| matches!(c.state, State::New | State::Reopened) && !c.why.eq(&Why::Excepted));
            wrong.extend(again.map(|c| format!("{} after {}: {} again ({title}: {})", c.check, loss.name, c.state, c.message)));
        }
    }
    wrong.sort();
    wrong.dedup();
    let few: Vec<&String> = wrong.iter().take(20).collect();
    assert!(wrong.is_empty(), "{} wrong: {few:#?}", wrong.len());
}
