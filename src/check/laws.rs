//! Laws that hold for every check, whatever the tenant.

use crate::check::examples::of_page;
use crate::check::examples::scenario::Scenario;
use crate::check::examples::table::{Example, Row};
use crate::check::index::Index;
use crate::check::run::in_parts;
use crate::check::{Outcome, Taker, all, lists_passed, passed, run};
use crate::config::Config;
use crate::ledger::{AccessModel, Evidence, Settings, build};
use crate::model::time::{DAY, HOUR};
use crate::model::{Instant, RequestId, Severity, Verdict};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// A stream of numbers that is the same everywhere.
pub(super) struct Numbers(pub u64);

impl Numbers {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}

const PEOPLE: &[&str] = &["ana", "bo", "cy", "di", "eve", "gil", "az-ana", "bo-adm", "hal", "ida"];
const PACKAGES: &[&str] = &["payroll", "library", "keys", "intranet"];
const REASONS: &[&str] = &["", "\"need access\"", "\"Cover Dr. Ruiz's ward rota until 30 June\"", "\"  \"", "canceled"];

pub(super) fn row(at: Instant, activity: &str, actor: &str, subject: &str, thing: &str, detail: &str) -> Row {
    let detail = if detail.starts_with('"') {
        vec![detail.to_string()]
    } else {
        detail.split(',').map(|d| d.trim().to_string()).filter(|d| !d.is_empty()).collect()
    };
    let (activity, actor, subject, thing) = (activity.into(), actor.into(), subject.into(), thing.into());
    Row {
        at,
        activity,
        actor,
        subject,
        thing,
        detail,
        mark: None,
    }
}

/// A year in a tenant where anything may happen.
fn year(seed: u64) -> Example {
    let mut n = Numbers(seed);
    let mut at = Instant::parse("2026-01-01").expect("a time");
    let mut rows = vec![
        row(at, "package", "", "", "payroll", "group payers, app ledger"),
        row(at, "package", "", "", "library", "group readers"),
        row(at, "package", "", "", "keys", "privileged group vault, app ledger"),
        row(at, "policy", "", "", "intranet", n.pick(&["automatic", "no review", "review P1Y"])),
        row(
            at,
            "policy",
            "",
            "",
            "payroll",
            n.pick(&["scope notSpecified", "no review", "approval", "scope allMemberUsers"]),
        ),
        row(at, "group", "", "", "readers", n.pick(&["dynamic", "synced", ""])),
        row(at, "user", "", "gil", "", "guest"),
        row(at, "user", "", "ana", "", "last sign-in 2026-01-20"),
        row(at, "leave", "", "ida", "", ""),
    ];
    rows[8].at = at.plus(150 * DAY);
    rows.extend(around(&mut Numbers(seed.wrapping_mul(31) + 7), at));
    if n.below(3) > 0 {
        let until = at.plus(i64::try_from(100 + n.below(300)).unwrap_or(0) * DAY).day();
        rows.push(row(
            at.plus(i64::try_from(n.below(100)).unwrap_or(0) * DAY),
            "log",
            "",
            "",
            "sign-ins",
            &format!("until {until}"),
        ));
    }
    let mut asked: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut held: BTreeSet<(&str, &str)> = BTreeSet::new();
    for _ in 0..160 {
        at = at.plus(i64::try_from(1 + n.below(100)).unwrap_or(1) * HOUR);
        let (who, other, what) = (n.pick(PEOPLE), n.pick(PEOPLE), n.pick(PACKAGES));
        let key = (who, what);
        rows.push(match n.below(14) {
            0..=2 => {
                let reason = n.pick(REASONS);
                if reason != "canceled" {
                    asked.insert(key);
                }
                row(at, "request", if n.below(4) == 0 { other } else { who }, who, what, reason)
            }
            3 | 4 if asked.contains(&key) => row(at, "approve", other, who, what, ""),
            5 | 6 if !held.contains(&key) => {
                held.insert(key);
                row(at, "deliver", "", who, what, n.pick(&["no end", "", "until 2026-06-30"]))
            }
            7 if !held.contains(&key) => {
                held.insert(key);
                row(at, "assign", other, who, what, "")
            }
            8 if held.remove(&key) => row(at, n.pick(&["expire", "remove"]), other, who, what, n.pick(&["", "membership stays"])),
            9 => row(
                at,
                "add-to-group",
                other,
                who,
                n.pick(&["payers", "readers", "vault", "printers"]),
                n.pick(&["", "not logged"]),
            ),
            10 | 11 => row(
                at,
                "sign-in",
                who,
                "",
                n.pick(&["ledger", "weather"]),
                n.pick(&["one factor", "two factors", "failed", ""]),
            ),
            12 if held.contains(&key) => row(at, "decide", other, who, what, n.pick(&["deny applied", "approve", "deny"])),
            13 if n.below(4) == 0 => row(at, "disable", other, who, "", ""),
            _ => row(at, "look", "", "", "", ""),
        });
    }
    rows.push(row(at.plus(DAY), "look", "", "", "", ""));
    Example {
        title: format!("year {seed}"),
        rows,
    }
}

/// What surrounds the access of a year.
fn around(n: &mut Numbers, at: Instant) -> Vec<Row> {
    let later = |days: i64| at.plus(days * DAY);
    vec![
        row(at, "incompatible", "", "", "payroll", n.pick(&["keys", "group readers", "library"])),
        row(
            at,
            "conditional",
            "",
            "",
            "baseline",
            n.pick(&[
                "all users, all apps, mfa",
                "all users, without guests, without group readers, app ledger, mfa",
                "guests, all apps, mfa",
                "all users, all apps, mfa, on phones",
            ]),
        ),
        row(
            at,
            "series",
            "",
            "",
            "payroll",
            n.pick(&["every P3M", "every P1M, no reminders", "once", "every P3M, self, silence approve"]),
        ),
        row(
            later(10),
            "instance",
            "",
            "",
            "payroll",
            n.pick(&["until 2026-01-25", "until 2026-01-25, in progress"]),
        ),
        row(
            later(12),
            "review",
            n.pick(PEOPLE),
            n.pick(PEOPLE),
            "payroll",
            n.pick(&["deny", "approve", "not reviewed"]),
        ),
        row(at, "post", "", "ana", "", "department Finance, job Clerk, type Employee"),
        row(at, "post", "", "cy", "", "department Finance, job Clerk, type Contractor"),
        row(later(90), "post", "", "ana", "", n.pick(&["department Ward, job Nurse", "job Clerk"])),
        row(at, "vouch", n.pick(&["bo", ""]), "gil", "", ""),
        row(
            at,
            "policy",
            "",
            "",
            "errands",
            n.pick(&["scope allDirectoryAgentIdentities", "scope allMemberUsers"]),
        ),
        row(
            at,
            "identity",
            "",
            "agent scout",
            "",
            n.pick(&["no sponsor", "sponsor di", "disabled, sponsor di", ""]),
        ),
        row(later(5), "assign", "cy", "agent scout", "errands", ""),
        row(
            later(8),
            "role",
            "",
            n.pick(PEOPLE),
            "Helpdesk Administrator",
            n.pick(&["permanent", "until 2026-12-31", "eligible"]),
        ),
        row(later(20), "tamper", "di", "", "payroll", n.pick(&["reset", "reset"])),
    ]
}

/// The stories of all pages, and some years.
pub(super) fn scenarios() -> Vec<(String, Scenario)> {
    let of_pages = all().iter().flat_map(|c| of_page(c));
    let years = (1..=8).map(year);
    of_pages.chain(years).map(|e| (e.title.clone(), Scenario::of(&e))).collect()
}

fn outcomes(access: &AccessModel, config: &Config, parts: u64) -> Vec<Outcome> {
    let index = Index::new(access);
    all().iter().map(|c| in_parts(c, access, config, &index, parts)).collect()
}

pub(super) fn built(evidence: Evidence, config: &Config) -> AccessModel {
    let settings = Settings {
        sensitive_packages: config.sensitive_packages.clone(),
        ..Settings::default()
    };
    build(evidence, &settings)
}

#[test]
fn order_never_matters() {
    for (title, scenario) in scenarios() {
        let mut access = built(scenario.evidence.clone(), &scenario.config);
        let expected = outcomes(&access, &scenario.config, 1);
        let mut n = Numbers(7);
        n.shuffle(&mut access.holdings);
        n.shuffle(std::sync::Arc::make_mut(&mut access.events).as_mut_slice());
        n.shuffle(std::sync::Arc::make_mut(&mut access.usage).as_mut_slice());
        n.shuffle(&mut access.review_decisions);
        assert_eq!(outcomes(&access, &scenario.config, 1), expected, "{title}: rows of the access");
        let mut evidence = scenario.evidence;
        n.shuffle(&mut evidence.audit_events);
        n.shuffle(&mut evidence.assignments);
        n.shuffle(&mut evidence.requests);
        n.shuffle(&mut evidence.resource_roles);
        n.shuffle(&mut evidence.memberships);
        n.shuffle(&mut evidence.sightings);
        n.shuffle(&mut evidence.snapshots);
        let again = built(evidence, &scenario.config);
        assert_eq!(outcomes(&again, &scenario.config, 1), expected, "{title}: rows of the evidence");
    }
}

#[test]
fn split_and_merged_equals_whole() {
    for (title, scenario) in scenarios() {
        let access = built(scenario.evidence, &scenario.config);
        let whole = outcomes(&access, &scenario.config, 1);
        for parts in [2, 3, 16] {
            assert_eq!(outcomes(&access, &scenario.config, parts), whole, "{title} in {parts} parts");
        }
    }
}

#[test]
fn an_empty_access_model_says_what_it_lacks() {
    for result in run(&AccessModel::default(), &Config::default(), None) {
        let id = result.check.id;
        assert_eq!((result.passed, result.population), (0, 0), "{id}");
        assert_eq!(result.findings.len(), 1, "{id}");
        let row = &result.findings[0];
        assert_eq!((row.result, row.subject_kind.as_str()), (Verdict::NotEvaluable, "tenant"), "{id}");
        assert!(!row.clears_when.is_empty(), "{id}");
    }
}

#[test]
fn numbers_add_up_and_rows_are_whole() {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for (title, scenario) in scenarios() {
        let access = built(scenario.evidence, &scenario.config);
        for (check, outcome) in all().iter().zip(outcomes(&access, &scenario.config, 1)) {
            let context = format!("{} in {title}", check.id);
            let own = outcome.findings.iter().filter(|f| f.subject_kind != "tenant").count();
            assert!(outcome.passed + own <= outcome.population, "{context}");
            let fingerprints: BTreeSet<&str> = outcome.findings.iter().map(|f| f.fingerprint.as_str()).collect();
            assert_eq!(fingerprints.len(), outcome.findings.len(), "{context}: two rows with one fingerprint");
            for row in &outcome.findings {
                found.extend((row.result == Verdict::Finding).then_some(check.id.as_str()));
                let judged = row.result == Verdict::Finding;
                assert!(row.severity <= check.severity, "{context}: {}", row.message);
                assert_eq!(judged, row.severity > Severity::Info, "{context}: {}", row.message);
                assert!(row.message.ends_with('.') && !row.message.ends_with(".."), "{context}: {}", row.message);
                assert!(
                    !row.message.contains('\n') && !row.reason.is_empty() && !row.clears_when.is_empty(),
                    "{context}"
                );
                assert!(!judged || !row.evidence.is_empty(), "{context}: no evidence for: {}", row.message);
                let request = access.requests.get(&RequestId::new(&row.request_id));
                let known = request.and_then(|r| r.assignment.as_ref());
                assert!(
                    known.is_none() || !row.assignment_id.is_empty(),
                    "{context}: its assignment is known: {}",
                    row.message
                );
                assert!(
                    !access.requests.contains_key(&RequestId::new(&row.assignment_id)),
                    "{context}: a request as an assignment"
                );
                assert!(row.evidence.is_sorted() && row.evidence.iter().all(|e| e.contains(':')), "{context}");
                assert_eq!(row.controls.len(), check.served().len(), "{context}");
            }
        }
    }
    let ids: BTreeSet<&str> = all().iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids.len(), all().len(), "an id is used twice");
    assert_eq!(found, ids, "some check never found anything");
}

/// Whoever draws from what passed needs each row of it.
#[test]
fn what_passed_is_listed_row_by_row() {
    for (title, scenario) in scenarios() {
        let access = built(scenario.evidence, &scenario.config);
        let index = Index::new(&access);
        for (check, outcome) in all().iter().copied().zip(outcomes(&access, &scenario.config, 1)) {
            if !lists_passed(check) {
                continue;
            }
            let rows = Mutex::new(Vec::new());
            let take = |row| rows.lock().expect("nobody panicked").push(row);
            passed(&access, &scenario.config, &index, check, Taker(&take));
            let rows = rows.into_inner().expect("nobody panicked");
            assert_eq!(rows.len(), outcome.passed, "{} in {title}: {rows:#?}", check.id);
            for row in rows {
                assert_eq!(row.result, Verdict::Pass);
                assert!(!row.subject_id.is_empty() && row.message.len() > 1, "{} in {title}: {row:?}", check.id);
            }
        }
    }
}

#[test]
fn some_checks_only_in_their_order() {
    let wanted = ["REV-01", "APR-01"].map(|id| crate::check::by_id(id).expect("a check").id);
    let told = run(&AccessModel::default(), &Config::default(), Some(&wanted));
    let ids: Vec<&str> = told.iter().map(|r| r.check.id.as_str()).collect();
    assert_eq!(ids, ["APR-01", "REV-01"]);
}

#[test]
fn what_somebody_accepted_is_an_exception_and_what_expired_is_a_finding_again() {
    let check = crate::check::by_id("REG-01").expect("a check");
    let mut seen = Vec::new();
    for example in of_page(check) {
        let scenario = Scenario::of(&example);
        let access = built(scenario.evidence, &scenario.config);
        let ids = ["EXP-01", "REG-01"].map(|id| crate::check::by_id(id).expect("a check").id);
        for row in run(&access, &scenario.config, Some(&ids)).iter().flat_map(|r| &r.findings) {
            seen.push(format!("{} {} {}", row.check, row.result, row.reason));
            let accepted = row.message.contains("accepted by olga until 2026-12-31: A pilot.");
            assert_eq!(row.result == Verdict::Exception, accepted, "{}", row.message);
        }
    }
    seen.sort();
    assert_eq!(
        seen,
        [
            "EXP-01 exception no-end-reviewed",
            "EXP-01 finding no-end-reviewed",
            "EXP-01 finding no-end-reviewed",
            "REG-01 finding expired",
            "REG-01 finding no-owner",
            "REG-01 finding unmatched"
        ]
    );
}
