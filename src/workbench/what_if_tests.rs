//! A forecast against what the same change does when it is really made, on small random tenants and on cases by hand.

use super::what_if::{AccessChange, Change, Forecast, NoChange, PolicyChangeTo, Sure, forecast};
use super::what_if_requests::Instead;
use crate::check::examples::scenario::Scenario;
use crate::check::examples::table::stories;
use crate::check::examples::wire::guid;
use crate::check::run;
use crate::config::Config;
use crate::ledger::{AccessModel, Settings, build, effective};
use crate::model::{EntitlementKey, EntitlementKind, Instant, PackageId, PolicyId, Presence, PrincipalId, Verdict, Window};
use std::collections::BTreeSet;

const HEADER: &str = "A tenant:\n\n| time | activity | actor | subject | package | detail | |\n|---|---|---|---|---|---|---|\n";

struct Told {
    access: AccessModel,
    config: Config,
}

fn told(rows: &[String]) -> Told {
    let text = format!("{HEADER}{}\n", rows.join("\n"));
    let scenario = Scenario::of(&stories(&text)[0]);
    let settings = Settings {
        sensitive_packages: scenario.config.sensitive_packages.clone(),
        ..Settings::default()
    };
    Told {
        access: build(scenario.evidence, &settings),
        config: scenario.config,
    }
}

fn row(at: &str, activity: &str, actor: &str, subject: &str, thing: &str, detail: &str) -> String {
    format!("| {at} | {activity} | {actor} | {subject} | {thing} | {detail} | |")
}

type Pairs = BTreeSet<(PrincipalId, EntitlementKey)>;
type Keys = BTreeSet<(String, Verdict)>;

/// What is held at the instant of the questions, surely or perhaps.
fn held(access: &AccessModel) -> Pairs {
    let now = Window::at(access.as_of);
    let all = effective::effective(access).into_iter().filter(|h| h.presence(now) != Presence::Never);
    all.map(|h| (h.principal, h.entitlement)).collect()
}

fn findings(told: &Told) -> Keys {
    let of = run(&told.access, &told.config, None);
    of.into_iter().flat_map(|r| r.findings).map(|f| (f.fingerprint, f.result)).collect()
}

/// Draws that can be repeated (the generator of Marsaglia, 2003: xorshift with 64 bits).
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        for (left, by) in [(true, 13), (false, 7), (true, 17)] {
            self.0 ^= if left { self.0 << by } else { self.0 >> by };
        }
        usize::try_from(self.0 % u64::try_from(n.max(1)).expect("small")).expect("small")
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A random tenant up to the end of April, without its last snapshot.
fn tenant(rng: &mut Draws) -> Vec<String> {
    let mut rows = Vec::new();
    for p in 0..3 {
        let mut groups = BTreeSet::from([rng.below(4)]);
        groups.insert(rng.below(4));
        let detail: Vec<String> = groups.iter().map(|g| format!("group G{g}")).collect();
        rows.push(row("2026-01-01", "package", "", "", &format!("P{p}"), &detail.join(", ")));
        let mut detail = vec!["changed 2026-01-01".to_string()];
        for (odds, word) in [(30, "approval"), (30, "no review"), (20, "no reason asked"), (20, "scope allDirectoryUsers")] {
            if rng.chance(odds) {
                detail.push(word.into());
            }
        }
        rows.push(row("2026-01-01", "policy", "", "", &format!("P{p}"), &detail.join(", ")));
    }
    for person in ["ana", "ben", "cho", "dov", "eva"] {
        if rng.chance(20) {
            rows.push(row("2026-01-02", "user", "", person, "", "guest"));
        }
        for p in 0..3 {
            let day = |rng: &mut Draws| format!("2026-{:02}-{:02} 09:00", 2 + rng.below(3), 1 + rng.below(28));
            match rng.below(5) {
                0 => rows.push(row(&day(rng), "deliver", "", person, &format!("P{p}"), "")),
                1 => rows.push(row(&day(rng), "assign", "root", person, &format!("P{p}"), "no end")),
                _ => {}
            }
        }
        if rng.chance(15) {
            rows.push(row("2026-01-20 10:00", "add-to-group", "root", person, &format!("G{}", rng.below(4)), ""));
        }
    }
    rows
}

/// Holders of packages as the rows of a tenant tell them.
fn holders(rows: &[String]) -> Vec<(String, String)> {
    let cells = rows.iter().map(|r| r.split('|').map(|c| c.trim().to_string()).collect::<Vec<_>>());
    let given = cells.filter(|c| c[2] == "deliver" || c[2] == "assign");
    given.map(|c| (c[4].clone(), c[5].clone())).collect()
}

const CHANGED: &str = "2026-06-01 09:00";

/// A change as the rows that make it really, and as what is thought through.
fn change(rng: &mut Draws, rows: &[String], told: &AccessModel) -> Option<(Vec<String>, Change)> {
    let package = |name: &str| PackageId::new(&guid("package", name));
    match rng.below(3) {
        0 => {
            let all = holders(rows);
            let (who, what) = all.get(rng.below(all.len()))?;
            let change = Change::Remove {
                principal: PrincipalId::new(&guid("user", who)),
                kind: EntitlementKind::AccessPackage,
                id: guid("package", what),
            };
            Some((vec![row(CHANGED, "remove", "root", who, what, "")], change))
        }
        1 => {
            let name = format!("P{}", rng.below(3));
            let contents = told.contents.iter().filter(|c| c.package == package(&name));
            let keys: Vec<&EntitlementKey> = contents.filter_map(|c| c.entitlement.as_ref()).collect();
            let key = (*keys.first()?).clone();
            let group = (0..4).map(|g| format!("G{g}")).find(|g| guid("group", g) == key.resource())?;
            let change = Change::RemoveRole {
                package: package(&name),
                entitlement: key,
            };
            Some((vec![row(CHANGED, "package", "", "", &name, &format!("without group {group}"))], change))
        }
        _ => {
            let name = format!("P{}", rng.below(3));
            let id = PolicyId::new(&crate::check::examples::policy_of(&name));
            if told.policies.get(&id)?.approval_required == Some(true) {
                return None;
            }
            let change = Change::Policy(PolicyChangeTo {
                policy: id,
                approval: Some(true),
                approvers: vec!["requestorManager:1".into()],
                ..PolicyChangeTo::default()
            });
            Some((
                vec![row(CHANGED, "policy", "", "", &name, &format!("approval, stage manager, changed {CHANGED}"))],
                change,
            ))
        }
    }
}

/// Whoever may keep a membership that was there before the package: what the real change left to them.
fn differs(forecast: &Forecast, lost: &Pairs, gone: &Keys, came: &Keys) -> Vec<String> {
    let mut wrong = Vec::new();
    let access = |sure: Option<Sure>| -> Pairs {
        let of = |a: &&AccessChange| a.lost && sure.is_none_or(|s| a.sure == s);
        forecast
            .access
            .iter()
            .filter(of)
            .map(|a| (a.principal.clone(), a.entitlement.clone()))
            .collect()
    };
    let keys = |comes: bool, sure: Option<Sure>| -> Keys {
        let of = forecast.findings.iter().filter(|f| f.comes == comes && sure.is_none_or(|s| f.sure == s));
        of.map(|f| (f.finding.fingerprint.clone(), f.finding.result)).collect()
    };
    let mut compare = |what: &str, missed: usize, invented: usize| {
        if missed + invented > 0 {
            wrong.push(format!("{what}: {missed} missed, {invented} invented"));
        }
    };
    let missed = |real: &Keys, all: &Keys| real.difference(all).count();
    compare(
        "access",
        lost.difference(&access(None)).count(),
        access(Some(Sure::Certain)).difference(lost).count(),
    );
    compare(
        "findings gone",
        missed(gone, &keys(false, None)),
        missed(&keys(false, Some(Sure::Certain)), gone),
    );
    compare("findings come", missed(came, &keys(true, None)), missed(&keys(true, Some(Sure::Certain)), came));
    wrong
}

#[test]
fn a_forecast_is_what_the_change_does_when_it_is_made() {
    let (mut made, mut certain) = (0, 0);
    for seed in 0..50_u64 {
        let mut rng = Draws(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let mut rows = tenant(&mut rng);
        // What it was like before the change is on record.
        rows.push(row("2026-05-31", "look", "", "", "", ""));
        let last = row("2026-06-02", "look", "", "", "", "");
        let without = told(&[rows.clone(), vec![last.clone()]].concat());
        for _ in 0..4 {
            let Some((really, change)) = change(&mut rng, &rows, &without.access) else {
                continue;
            };
            let with = told(&[rows.clone(), really.clone(), vec![last.clone()]].concat());
            let told = forecast(&without.access, &without.config, std::slice::from_ref(&change)).expect("a change");
            let (before, after) = (held(&without.access), held(&with.access));
            let (was, is) = (findings(&without), findings(&with));
            let wrong = differs(
                &told,
                &before.difference(&after).cloned().collect(),
                &was.difference(&is).cloned().collect(),
                &is.difference(&was).cloned().collect(),
            );
            let list = |keys: BTreeSet<&(String, Verdict)>, of: &Told| {
                let all = run(&of.access, &of.config, None);
                let lines = all
                    .into_iter()
                    .flat_map(|r| r.findings)
                    .filter(|f| keys.contains(&(f.fingerprint.clone(), f.result)));
                lines
                    .map(|f| format!("  {} {} {}", f.check, f.result, f.message))
                    .collect::<Vec<_>>()
                    .join("\n")
            };
            assert!(
                wrong.is_empty(),
                "seed {seed}, {change:?}: {wrong:?}\nreally gone:\n{}\nreally come:\n{}\ntold:\n{}\nrows:\n{}",
                list(was.difference(&is).collect(), &without),
                list(is.difference(&was).collect(), &with),
                told.findings
                    .iter()
                    .map(|f| format!("  {} {} {} {:?} {}", f.comes, f.finding.check, f.finding.result, f.sure, f.finding.message))
                    .collect::<Vec<_>>()
                    .join("\n"),
                [rows.clone(), really].concat().join("\n"),
            );
            made += 1;
            certain += usize::from(told.findings.iter().all(|f| f.sure == Sure::Certain));
        }
    }
    assert!(made > 120 && certain > 80, "{made} changes were made, {certain} with no doubt");
}

fn package(name: &str) -> String {
    guid("package", name)
}

fn remove(who: &str, what: &str) -> Change {
    Change::Remove {
        principal: PrincipalId::new(&guid("user", who)),
        kind: EntitlementKind::AccessPackage,
        id: package(what),
    }
}

fn lost(forecast: &Forecast) -> Vec<(String, &'static str)> {
    let of = |a: &AccessChange| (a.entitlement.resource().to_string(), a.sure.as_str());
    forecast.access.iter().filter(|a| a.lost).map(of).collect()
}

#[test]
fn a_group_that_was_held_before_the_package_may_stay() {
    let rows = [
        row("2026-01-01", "package", "", "", "P", "group G"),
        row("2026-01-10 09:00", "add-to-group", "root", "ana", "G", ""),
        row("2026-03-01 09:00", "assign", "root", "ana", "P", ""),
        row("2026-06-02", "look", "", "", "", ""),
    ];
    let told = told(&rows);
    let forecast = forecast(&told.access, &told.config, &[remove("ana", "P")]).expect("a change");
    let mut all = lost(&forecast);
    all.sort();
    let mut expected = vec![(guid("group", "G"), "possible"), (package("P"), "certain")];
    expected.sort();
    assert_eq!(all, expected);
    assert_eq!(forecast.unknown.len(), 1, "{:?}", forecast.unknown);
}

#[test]
fn a_group_of_two_packages_stays_with_the_other() {
    let rows = [
        row("2026-01-01", "package", "", "", "P", "group G"),
        row("2026-01-01", "package", "", "", "Q", "group G"),
        row("2026-03-01 09:00", "assign", "root", "ana", "P", ""),
        row("2026-03-02 09:00", "assign", "root", "ana", "Q", ""),
        row("2026-06-02", "look", "", "", "", ""),
    ];
    let told = told(&rows);
    let one = forecast(&told.access, &told.config, &[remove("ana", "P")]).expect("a change");
    assert_eq!(lost(&one), [(package("P"), "certain")]);
    let both = forecast(&told.access, &told.config, &[remove("ana", "P"), remove("ana", "Q")]).expect("a change");
    assert!(lost(&both).contains(&(guid("group", "G"), "certain")), "{:?}", lost(&both));
}

#[test]
fn a_change_that_changes_nothing_is_told() {
    let rows = [
        row("2026-01-01", "package", "", "", "P", "group G"),
        row("2026-03-01 09:00", "assign", "root", "ana", "P", ""),
        row("2026-06-02", "look", "", "", "", ""),
    ];
    let told = told(&rows);
    let why = |change: Change| forecast(&told.access, &told.config, &[change]).expect_err("nothing to change");
    let NoChange(text) = why(remove("ben", "P"));
    assert!(text.contains("nothing to remove"), "{text}");
    let policy = PolicyId::new(&crate::check::examples::policy_of("P"));
    let to = |approval| {
        Change::Policy(PolicyChangeTo {
            policy: policy.clone(),
            approval,
            ..PolicyChangeTo::default()
        })
    };
    assert!(why(to(None)).0.contains("nothing is said"));
    assert!(why(to(Some(true))).0.contains("names no approver"));
}

#[test]
fn requests_of_the_past_year_go_another_way() {
    let rows = [
        row("2026-01-01", "package", "", "", "P", "group G"),
        row("2026-01-05 09:00", "deliver", "", "ana", "P", ""),
        row("2026-05-05 09:00", "deliver", "", "ben", "P", ""),
        row("2026-05-06 09:00", "assign", "root", "cho", "P", ""),
        row("2026-06-02", "look", "", "", "", ""),
    ];
    let told = told(&rows);
    let change = Change::Policy(PolicyChangeTo {
        policy: PolicyId::new(&crate::check::examples::policy_of("P")),
        approval: Some(true),
        approvers: vec!["requestorManager:1".into()],
        expires_after_days: Some(90),
        ..PolicyChangeTo::default()
    });
    let forecast = forecast(&told.access, &told.config, &[change]).expect("a change");
    let of = |who: &str, instead: Instead| {
        let mine = |id: &crate::model::RequestId| told.access.requests[id].recipient.as_ref().is_some_and(|r| r.as_str() == guid("user", who));
        forecast.requests.iter().find(|r| r.instead == instead && mine(&r.request))
    };
    assert!(of("ana", Instead::WaitsForApproval).is_some() && of("ben", Instead::WaitsForApproval).is_some());
    assert!(of("cho", Instead::WaitsForApproval).is_none(), "an administrator's assignment asks nobody");
    let ends = of("ana", Instead::EndsEarlier).expect("it lasted longer than 90 days");
    let day = |text: &str| Instant::parse(text).expect("a time");
    let end = ends.end.expect("an end");
    assert!(end >= day("2026-04-05T09:00:00Z") && end < day("2026-04-05T09:05:00Z"), "{end}");
    assert!(of("ben", Instead::EndsEarlier).is_none(), "90 days are not over");
}
