//! Two invented tenants with fifty reviewers each, from open to verify and over the next quarter: every identity is checked
//! after every step, and each kind of step is killed before and after it is there.

use crate::campaign::{Row, fill, ok, on, reviewers, save, sheet, status};
use crate::common::{Run, Told};
use crate::tenants;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use vouchsafe::lake::failpoint::Step;

/// 2 July 2026.
const OPENING: i64 = 1_782_950_400;
const DAY: i64 = 86_400;
const REVIEWERS: usize = 50;
const HOLDERS: usize = 60;

/// What happens to somebody in the review, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Keep,
    Revoke,
    Exception,
    /// Nobody answers.
    Silent,
}

fn fate(n: usize) -> Fate {
    match n {
        n if n.is_multiple_of(7) => Fate::Revoke,
        n if n.is_multiple_of(11) => Fate::Exception,
        n if n % 10 == 3 => Fate::Silent,
        _ => Fate::Keep,
    }
}

/// Of those whose access is to go, one keeps it and one is granted it again.
const LEFT: usize = 7;
const AGAIN: usize = 14;
/// Who comes in the next quarter.
const NEW: std::ops::Range<usize> = 64..69;

fn number(row: &Row) -> usize {
    let digits: String = row["principal_name"].chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("{row:?}"))
}

/// Packages that give groups; fifty named people share the work.
struct Packages;
/// Groups with an owner each, who reviews, and a chief who looks again.
struct Groups;

trait Tenant {
    fn text(&self) -> String;
    fn plan(&self) -> String;
    /// Whether a second stage decides.
    fn stages(&self) -> u8;
    /// Items without a reviewer: those of owners, who would judge themselves.
    fn without_reviewer(&self) -> usize;
}

/// Whether somebody still has it at a later look.
fn stays(n: usize) -> bool {
    fate(n) != Fate::Revoke || n == LEFT
}

/// Who has it in October.
fn held_later(n: usize) -> bool {
    n == AGAIN || NEW.contains(&n) || (n <= HOLDERS && stays(n))
}

impl Tenant for Packages {
    fn without_reviewer(&self) -> usize {
        0
    }

    fn stages(&self) -> u8 {
        1
    }

    fn plan(&self) -> String {
        let people: Vec<String> = (1..=REVIEWERS).map(|n| format!("\"rev{n:02}@quay.example\"")).collect();
        format!(
            "name = \"Life\"\nsilence = \"keep\"\njustification = [\"modify\"]\nlanguage = \"fr\"\n[scope]\nkinds = [\"access_package\"]\n[[reviewers]]\nby = \"person\"\npersons = [{}]\n\
             [[reminders]]\ndays_before = 7\nto = \"reviewer\"\n[removal]\nsla_days = 30\nsla_sensitive_days = 30\n",
            people.join(", ")
        )
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for k in 1..=6 {
            let _ = writeln!(text, "group Room{k}\npackage Door{k} | Member of Room{k}\npolicy Way{k} | of Door{k}");
        }
        for n in 1..=REVIEWERS {
            let _ = writeln!(text, "user rev{n:02}");
        }
        for n in 1..NEW.end {
            let _ = writeln!(text, "user hold{n:02}");
        }
        let log = |day: &str, n: usize, request: usize| {
            let k = n % 6 + 1;
            format!(
                "  {day} 10:00 | User requests access package assignment | hold{n:02} | Door{k}, Way{k}, r{request}, hold{n:02}\n\
                 \x20 {day} 10:01 | Fulfill access package assignment request | hold{n:02} | Door{k}, Way{k}, r{request}, hold{n:02}\n\
                 \x20 {day} 10:02 | Add member to group | Governance | hold{n:02} -> Room{k} {SERVICE}\n"
            )
        };
        let look = |day: &str, rows: &[(usize, usize)]| {
            let mut look = format!("look {day}\n  users\n  groups\n  packages\n  policies\n  assignments\n");
            for (n, assignment) in rows {
                let from = if *assignment > HOLDERS { "2026-08-15 10:01" } else { "2026-02-10 10:01" };
                let _ = writeln!(look, "    a{assignment} | hold{n:02} | Door{} | delivered | from {from}", n % 6 + 1);
            }
            for k in 1..=6 {
                let members: Vec<String> = rows.iter().filter(|(n, _)| n % 6 + 1 == k).map(|(n, _)| format!("hold{n:02}")).collect();
                let _ = writeln!(look, "  members of Room{k}: {}", members.join(", "));
            }
            look
        };
        text += "audit\n";
        for n in 1..=HOLDERS {
            text += &log("2026-02-10", n, n);
        }
        let all: Vec<(usize, usize)> = (1..=HOLDERS).map(|n| (n, n)).collect();
        text += &look("2026-06-30", &all);
        text += "later\naudit | file audit/summer.ndjson | covers 2026-01-01 .. 2026-10-02\n";
        for n in (1..=HOLDERS).filter(|n| !stays(*n)) {
            let k = n % 6 + 1;
            let _ = writeln!(
                text,
                "  2026-07-28 10:00 | Administrator directly removes user access package assignment | admin | Door{k}, r{}, hold{n:02}",
                n + 100
            );
            let _ = writeln!(
                text,
                "  2026-07-28 10:01 | Remove access package resource assignment | Entitlement Management | Door{k}, r{}, hold{n:02}",
                n + 100
            );
            let _ = writeln!(
                text,
                "  2026-07-28 10:02 | Remove member from group | Governance | hold{n:02} -> Room{k} {SERVICE}"
            );
        }
        text += &log("2026-08-15", AGAIN, 214);
        for n in NEW {
            text += &log("2026-08-15", n, n + 200);
        }
        let mut now: Vec<(usize, usize)> = (1..=HOLDERS).filter(|n| stays(*n)).map(|n| (n, n)).collect();
        now.push((AGAIN, 114));
        now.extend(NEW.map(|n| (n, n + 100)));
        text + &look("2026-10-01", &now)
    }
}

/// The service that fills groups for packages, by the application id that it bears in every tenant.
const SERVICE: &str = "| {\"initiatedBy\": {\"app\": {\"appId\": \"ec245c98-4a90-40c2-955a-88b727d97151\"}}}";

impl Tenant for Groups {
    fn without_reviewer(&self) -> usize {
        REVIEWERS
    }

    fn stages(&self) -> u8 {
        2
    }

    fn plan(&self) -> String {
        "name = \"Life\"\nsilence = \"keep\"\njustification = []\nlanguage = \"de\"\n[scope]\nkinds = [\"group\"]\n[[reviewers]]\nby = \"owner\"\n\
         [[second_stage]]\nby = \"person\"\npersons = [\"chief@quay.example\"]\nitems = \"all\"\n\
         [[reminders]]\ndays_before = 7\nto = \"reviewer\"\n[removal]\nsla_days = 30\nsla_sensitive_days = 30\n"
            .into()
    }

    fn text(&self) -> String {
        let mut text = String::from("user chief\n");
        for n in 1..=REVIEWERS {
            let _ = writeln!(text, "group Team{n:02}\nuser own{n:02}");
        }
        for n in 1..NEW.end {
            let guest = if n.is_multiple_of(9) { " | type Guest" } else { "" };
            let _ = writeln!(text, "user hold{n:02}{guest}");
        }
        let team = |n: usize| (n - 1) % REVIEWERS + 1;
        let look = |day: &str, there: &dyn Fn(usize) -> bool| {
            let mut look = format!("look {day}\n  users\n  groups\n");
            for k in 1..=REVIEWERS {
                let members: Vec<String> = (1..NEW.end).filter(|n| team(*n) == k && there(*n)).map(|n| format!("hold{n:02}")).collect();
                let list = if members.is_empty() { "nobody".to_string() } else { members.join(", ") };
                let _ = writeln!(look, "  members of Team{k:02}: {list}\n  owners of Team{k:02}: own{k:02}");
            }
            look
        };
        text += "audit\n";
        for n in 1..=HOLDERS {
            let _ = writeln!(text, "  2026-02-10 10:00 | Add member to group | admin | hold{n:02} -> Team{:02}", team(n));
        }
        text += &look("2026-06-30", &|n| n <= HOLDERS);
        text += "later\naudit | file audit/summer.ndjson | covers 2026-01-01 .. 2026-10-02\n";
        for n in (1..=HOLDERS).filter(|n| !stays(*n)) {
            let _ = writeln!(text, "  2026-07-28 10:00 | Remove member from group | admin | hold{n:02} -> Team{:02}", team(n));
        }
        for n in std::iter::once(AGAIN).chain(NEW) {
            let _ = writeln!(text, "  2026-08-15 10:00 | Add member to group | admin | hold{n:02} -> Team{:02}", team(n));
        }
        text + &look("2026-10-01", &held_later)
    }
}

/// Kills a command before its step is there and after, and then lets it end: nothing is lost or doubled.
fn surviving(run: &Run, day: i64, id: &str, args: &[&str]) -> Told {
    let entries = |run: &Run| status(run, day, id)["log_entries"].as_u64().expect("a number");
    let before = entries(run);
    let killed = |step: Step| crate::killed::killed(run.dir(), &(OPENING + day * DAY).to_string(), step, args);
    killed(Step::EntryWritten);
    assert_eq!(entries(run), before, "{args:?}: not there at all");
    killed(Step::EntryNamed);
    let there = entries(run);
    assert!(there > before, "{args:?}: there as a whole");
    on(run, day, args)
}

/// Decides the sheets of one stage by the fate of each holder; `changed` counts decisions that are new.
fn decide(run: &Run, id: &str, day: i64, keys: &[String], folder: &str) -> BTreeMap<Word, usize> {
    let mut counts: BTreeMap<Word, usize> = BTreeMap::new();
    for (place, key) in keys.iter().enumerate() {
        let name = format!("{key}{folder}");
        let (columns, mut rows) = sheet(run, id, &name);
        for row in &mut rows {
            let (word, why, until) = match fate(number(row)) {
                Fate::Keep => ("keep", "", ""),
                Fate::Revoke => ("revoke", "no longer on the team", ""),
                Fate::Exception => ("exception", "needed until the move", "2026-08-31"),
                Fate::Silent => continue,
            };
            *counts.entry(word).or_default() += 1;
            for (column, value) in [("decision", word), ("justification", why), ("until", until)] {
                row.insert(column.into(), value.into());
            }
        }
        let file = format!("back-{place}.csv");
        save(run, &file, &columns, &rows);
        let args = ["campaign", "import", file.as_str(), "--as", key, "--campaign", id, "--lake", "lake"];
        let decided = rows.iter().any(|r| !r["decision"].is_empty());
        let told = if place == 0 && decided {
            surviving(run, day, id, &args)
        } else {
            on(run, day, &args)
        };
        assert_eq!(told.code, 0, "{}", told.stderr);
        status(run, day, id);
    }
    counts
}

type Word = &'static str;

/// Opens the campaign of this plan, killed twice on the way.
fn opened(run: &Run, day: i64) -> String {
    let args = ["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"];
    for step in [Step::CampaignFrozen, Step::CampaignNamed] {
        crate::killed::killed(run.dir(), &(OPENING + day * DAY).to_string(), step, &args);
    }
    ok(run, day, &args).stdout.trim().to_string()
}

fn lives(tenant: &dyn Tenant) {
    let run = Run::new();
    tenants::written(&run, &tenant.text());
    ok(&run, 0, &["ingest", "exports", "--lake", "lake"]);
    run.write("campaign.toml", &tenant.plan());
    let id = opened(&run, 0);
    let begun = status(&run, 0, &id);
    assert_eq!(begun["population"].as_u64(), Some((HOLDERS + tenant.without_reviewer()) as u64), "{begun}");
    let keys: Vec<String> = reviewers(&begun).into_iter().filter(|k| k != "chief").collect();
    assert_eq!(keys.len(), REVIEWERS, "fifty people review");

    let mut counts = decide(&run, &id, 2, &keys, "");
    if tenant.stages() == 2 {
        let waiting = status(&run, 3, &id);
        let decided = counts.values().sum::<usize>() as u64;
        assert_eq!(waiting["awaiting_second"].as_u64(), Some(decided), "{waiting}");
        counts = decide(&run, &id, 4, &["chief".to_string()], "/second-stage");
        assert_eq!(counts.values().sum::<usize>() as u64, decided);
    }
    let now = status(&run, 4, &id);
    for word in ["keep", "revoke", "exception"] {
        assert_eq!(now[word].as_u64(), Some(counts[word] as u64), "{word}: {now}");
    }
    let silent = ((1..=HOLDERS).filter(|n| fate(*n) == Fate::Silent).count() + tenant.without_reviewer()) as u64;
    assert_eq!(now["undecided"].as_u64(), Some(silent));

    // Somebody hands over what is open; the rest is reminded of, and given more time.
    let giver = keys
        .iter()
        .find(|k| sheet(&run, &id, k).1.iter().any(|r| fate(number(r)) == Fate::Silent))
        .expect("somebody who owes");
    let taker = keys.iter().find(|k| *k != giver).expect("somebody else");
    let told = surviving(
        &run,
        5,
        &id,
        &[
            "campaign",
            "delegate",
            &id,
            "--from",
            giver,
            "--to",
            &format!("{taker}@quay.example"),
            "--reason",
            "on leave",
            "--lake",
            "lake",
        ],
    );
    assert!(told.code == 0 || told.stderr.contains("no open items"), "{}", told.stderr);
    status(&run, 5, &id);
    surviving(&run, 8, &id, &["campaign", "remind", &id, "--lake", "lake"]);
    status(&run, 8, &id);
    surviving(
        &run,
        9,
        &id,
        &["campaign", "extend", &id, "--until", "2026-07-20", "--reason", "holidays", "--lake", "lake"],
    );
    status(&run, 9, &id);
    surviving(&run, 20, &id, &["campaign", "close", &id, "--lake", "lake"]);
    let closed = status(&run, 20, &id);
    assert_eq!(closed["undecided"], 0);
    assert_eq!(closed["by_silence"]["keep"].as_u64(), Some(silent));

    // What became of it, by the looks of October.
    ok(&run, 91, &["ingest", "later", "--lake", "lake"]);
    let told = on(&run, 91, &["campaign", "verify", &id, "--lake", "lake", "--format", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&told.stdout).unwrap_or_else(|e| panic!("{e}: {}", told.stderr));
    assert_eq!(rows.len(), counts["revoke"] + counts["exception"]);
    for row in &rows {
        let holder = row["principal_name"].as_str().expect("a name");
        let n: usize = holder.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a number");
        let word = match fate(n) {
            Fate::Revoke if n == LEFT => "open beyond SLA",
            Fate::Revoke if n == AGAIN => "came back",
            Fate::Revoke => "removed and verified",
            Fate::Exception => "exception expired",
            other => panic!("{other:?}: {row}"),
        };
        assert_eq!(row["outcome"], word, "{row}");
    }
    assert_eq!(told.code, 1, "somebody has to act");
    status(&run, 91, &id);
    let expired = on(&run, 91, &["campaign", "exceptions", "--lake", "lake"]);
    assert_eq!(expired.code, 1, "{}", expired.stderr);
    surviving(
        &run,
        92,
        &id,
        &[
            "campaign",
            "signoff",
            &id,
            "--manager",
            "manager@quay.example",
            "--statement",
            "Seen.",
            "--lake",
            "lake",
        ],
    );
    status(&run, 92, &id);

    // The next quarter knows what was decided, and what has changed.
    let next = opened(&run, 93);
    let second = status(&run, 93, &next);
    let held = (1..NEW.end).filter(|n| held_later(*n)).count() as u64;
    assert_eq!(second["population"].as_u64(), Some(held + tenant.without_reviewer() as u64), "{second}");
    assert_eq!(second["previous"].as_str(), Some(id.as_str()));
    let keys: Vec<String> = reviewers(&second).into_iter().filter(|k| k != "chief").collect();
    let mut seen = BTreeSet::new();
    for row in keys.iter().flat_map(|k| sheet(&run, &next, k).1) {
        let (n, before) = (number(&row), row["previous_decision"].as_str());
        seen.insert(n);
        let expected = match fate(n) {
            _ if NEW.contains(&n) => "new since the last campaign",
            Fate::Revoke if n == AGAIN => "granted again since",
            Fate::Revoke => "not removed yet",
            Fate::Exception => "which is over",
            Fate::Silent => "by no response",
            Fate::Keep => "keep on",
        };
        assert!(before.contains(expected), "{n}: {before}");
        if fate(n) == Fate::Exception && !NEW.contains(&n) {
            assert_eq!(row["recommendation"], "revoke", "an exception that is over speaks for removal: {row:?}");
        }
    }
    assert_eq!(seen.len() as u64, held);
    let file = fill(&run, &next, &keys[0], |_, _| ("keep", ""));
    ok(&run, 94, &["campaign", "import", &file, "--as", &keys[0], "--lake", "lake"]);
    status(&run, 94, &next);
    surviving(&run, 110, &next, &["campaign", "close", &next, "--lake", "lake"]);
    status(&run, 110, &next);
    let told = ok(&run, 110, &["lake", "verify", "--lake", "lake"]).stdout;
    assert!(told.contains("2 campaigns: commits name"), "{told}");
    ok(&run, 111, &["bundle", "--lake", "lake", "--out", "bundle", "--campaign", &id]);
    let told = ok(&run, 111, &["verify", "bundle", "--lake", "lake"]).stdout;
    assert!(told.contains("the same to the byte") && told.contains("joined"), "{told}");
}

#[test]
fn packages_shared_out_among_fifty_people_live_through_two_quarters() {
    lives(&Packages);
}

#[test]
fn groups_of_fifty_owners_and_a_second_stage_live_through_two_quarters() {
    lives(&Groups);
}
