//! What became of decisions, and that `verify` and EXP-05 never contradict one another: a tenant of hard cases by hand.

use crate::campaign::{Row, save};
use crate::common::{Run, Told, vouchsafe};
use crate::tenants;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// 1 March 2026, the day after the first look.
const OPENING: i64 = 1_772_323_200;
const DAY: i64 = 86_400;

fn on(run: &Run, day: i64, args: &[&str]) -> Told {
    let output = vouchsafe(run.dir())
        .args(args)
        .env("SOURCE_DATE_EPOCH", (OPENING + day * DAY).to_string())
        .env("USER", "operator")
        .output()
        .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program prints text");
    Told {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn ok(run: &Run, day: i64, args: &[&str]) -> Told {
    let told = on(run, day, args);
    assert_eq!(told.code, 0, "{args:?}\n{}\n{}", told.stdout, told.stderr);
    told
}

/// The service that fills groups for packages, by the application id that it bears in every tenant.
const SERVICE: &str = "| {\"initiatedBy\": {\"app\": {\"appId\": \"ec245c98-4a90-40c2-955a-88b727d97151\"}}}";

/// Who had a package since January, with what happened after the review, and what verify is to say of it.
///
/// "member" was in the group before the log began, so no package had put them there; nobody knows who gave "role" its role.
/// Packages: P1 gives Vault; P2 gives Vault, too; P3 gave Old until it was taken out of the package; P4 gives the role Reader.
const PEOPLE: [(&str, &str, &str); 14] = [
    ("gone", "P1", "removed and verified"),
    ("stays", "P1", "open beyond SLA"),
    ("listed", "P1", "open beyond SLA"),
    ("again", "P1", "came back"),
    ("ignored", "P1", "open beyond SLA"),
    ("byhand", "P1", "removed and verified"),
    ("member", "P1", "removed and verified"),
    ("ended", "P1", "open beyond SLA"),
    ("early", "P1", "open beyond SLA"),
    ("taken", "P3", "open beyond SLA"),
    ("other", "P1", "removed and verified"),
    ("role", "P4", "cannot tell"),
    ("slow", "P1", "removed late"),
    ("both", "P1", "open beyond SLA"),
];

fn tenant() -> String {
    let mut text = String::from(
        "group Vault\ngroup Old\napp Ledger | role Reader\npackage P1 | Member of Vault\npackage P2 | Member of Vault\npackage P3 | Member of Old\npackage P4 | Reader of Ledger\n\
         policy One | of P1\npolicy Two | of P2\npolicy Three | of P3\npolicy Four | of P4\nuser boss\n",
    );
    let number = |name: &str| PEOPLE.iter().position(|p| p.0 == name).expect("somebody") + 1;
    for (name, ..) in PEOPLE {
        text += &format!("user {name}\n");
    }
    text += "audit\n";
    let policy = |p: &str| match p {
        "P1" => "One",
        "P2" => "Two",
        "P3" => "Three",
        _ => "Four",
    };
    let given = |p: &str| match p {
        "P3" => "Old",
        "P4" => "Ledger/Reader",
        _ => "Vault",
    };
    let add = |what: &str| {
        if what.contains('/') {
            "Add app role assignment grant to user"
        } else {
            "Add member to group"
        }
    };
    for (n, (name, package, _)) in (1..).zip(PEOPLE) {
        let what = given(package);
        text += &format!(
            "  2026-01-10 10:00 | User requests access package assignment | {name} | {package}, {}, r{n}, {name}\n",
            policy(package)
        );
        text += &format!(
            "  2026-01-10 10:01 | Fulfill access package assignment request | {name} | {package}, {}, r{n}, {name}\n",
            policy(package)
        );
        if !["member", "role"].contains(&name) {
            text += &format!("  2026-01-10 10:02 | {} | Governance | {name} -> {what} {SERVICE}\n", add(what));
        }
    }
    // The second package of two people.
    for (n, name) in [(31, "other"), (32, "both")] {
        text += &format!("  2026-01-11 10:00 | User requests access package assignment | {name} | P2, Two, r{n}, {name}\n");
        text += &format!("  2026-01-11 10:01 | Fulfill access package assignment request | {name} | P2, Two, r{n}, {name}\n");
    }
    // Taken out and put in again by hand, in February.
    text += "  2026-02-10 10:00 | Remove member from group | admin | byhand -> Vault\n  2026-02-10 10:05 | Add member to group | admin | byhand -> Vault\n";
    let looks = |day: &str, there: &dyn Fn(&str) -> bool, vault: &dyn Fn(&str) -> bool, contents: &str, more: &str| {
        let mut look = format!("look {day}\n  users\n  groups\n  apps\n  policies\n{contents}  assignments\n");
        for (n, (name, package, _)) in (1..).zip(PEOPLE) {
            if there(name) {
                let until = if name == "ended" { " | until 2026-03-03" } else { "" };
                look += &format!("    a{n} | {name} | {package} | delivered | from 2026-01-10 10:01{until}\n");
            }
        }
        look += more;
        let members: Vec<&str> = PEOPLE.iter().filter(|p| given(p.1) == "Vault" && vault(p.0)).map(|p| p.0).collect();
        look += &format!("  members of Vault: {}\n  members of Old: taken\n", members.join(", "));
        look + "  app roles of Ledger\n    role | Reader | since 2026-01-10 10:02\n"
    };
    let second = "    a31 | other | P2 | delivered | from 2026-01-11 10:01\n";
    let both = format!("{second}    a32 | both | P2 | delivered | from 2026-01-11 10:01\n");
    text += &looks("2026-02-28", &|_| true, &|_| true, "  packages\n", &both);
    let contents = "  packages\n    P1 | Member of Vault\n    P2 | Member of Vault\n    P3\n    P4 | Reader of Ledger\n";
    text += "later\n";
    let removal = |day: &str, name: &str, package: &str, n: usize| {
        format!(
            "  {day} 10:00 | Administrator directly removes user access package assignment | admin | {package}, r{}, {name}\n  {day} 10:01 | Remove access package resource assignment | Entitlement Management | {package}, r{}, {name}\n",
            n + 40,
            n + 40
        )
    };
    let left = |day: &str, name: &str| format!("  {day} 10:02 | Remove member from group | Governance | {name} -> Vault {SERVICE}\n");
    // Before the close already, and the membership stayed.
    text += "audit | file audit/march.ndjson\n";
    text += &removal("2026-03-03", "early", "P1", number("early"));
    text += "audit | file audit/rest.ndjson | covers 2026-01-01 .. 2026-05-02\n";
    for name in ["gone", "stays", "listed", "again", "byhand", "member", "other", "both"] {
        text += &removal("2026-03-17", name, "P1", number(name));
    }
    text += &removal("2026-03-17", "taken", "P3", number("taken"));
    text += &removal("2026-03-17", "role", "P4", number("role"));
    text += &removal("2026-03-17", "both", "P2", 32);
    for name in ["gone", "again"] {
        text += &left("2026-03-17", name);
    }
    text += &removal("2026-04-20", "slow", "P1", number("slow"));
    text += &left("2026-04-20", "slow");
    // Granted anew, with another assignment.
    text += "  2026-04-02 10:00 | User requests access package assignment | again | P1, One, r35, again\n  2026-04-02 10:01 | Fulfill access package assignment request | again | P1, One, r35, again\n";
    text += &format!("  2026-04-02 10:02 | Add member to group | Governance | again -> Vault {SERVICE}\n");
    text += &looks("2026-03-16", &|n| n != "early", &|_| true, contents, &both);
    let still = |n: &str| ["listed", "ignored", "ended"].contains(&n);
    let again = format!("{second}    a35 | again | P1 | delivered | from 2026-04-02 10:01\n");
    text + &looks("2026-05-01", &still, &|n| n != "gone" && n != "slow", contents, &again)
}

/// Outcomes by holder, of packages that were revoked.
fn verified(run: &Run, id: &str, day: i64) -> (i32, BTreeMap<String, Value>) {
    let told = on(run, day, &["campaign", "verify", id, "--lake", "lake", "--format", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&told.stdout).unwrap_or_else(|e| panic!("{e}: {}", told.stderr));
    let holder = |r: &Value| {
        r["principal_name"]
            .as_str()
            .unwrap_or_default()
            .split('@')
            .next()
            .unwrap_or_default()
            .to_string()
    };
    let count = rows.len();
    let by: BTreeMap<String, Value> = rows.into_iter().map(|r| (holder(&r), r)).collect();
    assert_eq!(by.len(), count, "one row each");
    (told.code, by)
}

/// Findings of EXP-05 as (holder, what outlived its end, assignment).
fn outlived(run: &Run, day: i64) -> BTreeSet<(String, String, String)> {
    let report = on(run, day, &["check", "EXP-05", "--lake", "lake", "--format", "json"]).stdout;
    let rows: Vec<Value> = serde_json::from_str(&report).expect("JSON");
    let text = |f: &Value, k: &str| f[k].as_str().unwrap_or_default().to_string();
    rows.iter()
        .filter(|f| f["result"] == "finding")
        .map(|f| (text(f, "subject_id"), text(f, "object_id"), text(f, "assignment_id")))
        .collect()
}

/// No row that says that something is done is about access that the report finds to have outlived its end, and no such access is done.
fn agree(rows: &BTreeMap<String, Value>, found: &BTreeSet<(String, String, String)>, vault: &[String]) {
    for (name, row) in rows {
        let text = |k: &str| row[k].as_str().unwrap_or_default().to_string();
        let (holder, package, assignment, word) = (text("principal_id"), text("entitlement_id"), text("assignment_id"), text("outcome"));
        let about: Vec<_> = found
            .iter()
            .filter(|(s, o, a)| *s == holder && *a == assignment && (*o == package || vault.contains(o)))
            .collect();
        if word.starts_with("removed") || word.starts_with("changed") || word == "open within SLA" || word == "cannot tell" {
            assert!(about.is_empty(), "{name}: verify says '{word}', EXP-05 says {about:?}");
        }
    }
}

#[test]
fn verify_says_of_every_hard_case_what_happened_and_agrees_with_the_report() {
    let run = Run::new();
    let cast = tenants::written(&run, &tenant());
    ok(&run, 0, &["ingest", "exports", "--lake", "lake"]);
    run.write(
        "campaign.toml",
        "name = \"Hard\"\njustification = []\n[scope]\npackages = [\"P1\", \"P3\", \"P4\"]\n[[reviewers]]\nby = \"person\"\npersons = [\"boss@quay.example\"]\n\
         [removal]\nsla_days = 10\nsla_sensitive_days = 10\n",
    );
    let id = ok(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"])
        .stdout
        .trim()
        .to_string();
    let mut reader = csv::Reader::from_path(run.dir().join(format!("out/{id}/boss/review.csv"))).expect("a sheet");
    let columns: Vec<String> = reader.headers().expect("a header").iter().map(ToString::to_string).collect();
    let mut rows: Vec<Row> = reader.deserialize().map(|r| r.expect("a row")).collect();
    assert_eq!(rows.len(), PEOPLE.len(), "everybody is on the sheet");
    rows.iter_mut().for_each(|r| {
        r.insert("decision".into(), "revoke".into());
    });
    save(&run, "back.csv", &columns, &rows);
    ok(&run, 1, &["campaign", "import", "back.csv", "--as", "boss", "--lake", "lake"]);
    ok(&run, 14, &["campaign", "close", &id, "--lake", "lake"]);
    let given: Vec<String> = ["Vault", "Old", "Ledger"].iter().map(|n| cast.find(n).expect("a thing").id).collect();

    // Some days after the close: what ended before it and is still there has outlived its end, though the close is young.
    std::fs::create_dir_all(run.dir().join("first/looks")).expect("a folder");
    let looks = run.dir().join("later/looks");
    std::fs::rename(looks.join("2026-03-16T000000Z"), run.dir().join("first/looks/2026-03-16T000000Z")).expect("the earlier look");
    std::fs::create_dir_all(run.dir().join("first/audit")).expect("a folder");
    std::fs::rename(run.dir().join("later/audit/march.ndjson"), run.dir().join("first/audit/march.ndjson")).expect("the earlier log");
    ok(&run, 16, &["ingest", "first", "--lake", "lake"]);
    let (_, soon) = verified(&run, &id, 16);
    assert_eq!(soon["early"]["outcome"], "open beyond SLA", "EXP-05 counts from its own end: {}", soon["early"]);
    assert_eq!(soon["ended"]["outcome"], "open beyond SLA", "{}", soon["ended"]);
    assert_eq!(soon["ignored"]["outcome"], "open within SLA", "{}", soon["ignored"]);
    agree(&soon, &outlived(&run, 16), &given);

    ok(&run, 62, &["ingest", "later", "--lake", "lake"]);
    let (code, rows) = verified(&run, &id, 62);
    assert_eq!(code, 1);
    for (name, _, word) in PEOPLE {
        assert_eq!(rows[name]["outcome"], word, "{name}: {}", rows[name]);
    }
    let found = outlived(&run, 62);
    agree(&rows, &found, &given);
    // And the other way round: all that the report found of these people's packages is open.
    for (holder, object, assignment) in &found {
        let of = |r: &&Value| r["principal_id"] == holder.as_str() && r["assignment_id"] == assignment.as_str();
        if let Some(row) = rows.values().find(of) {
            assert_eq!(row["outcome"], "open beyond SLA", "{object}: {row}");
        }
    }
    assert!(found.len() >= 4, "the report finds some of it, too: {found:?}");
}

#[test]
fn an_adopted_denial_is_judged_as_the_report_judges_it_and_not_by_what_was_granted_since() {
    let run = Run::new();
    tenants::written(
        &run,
        "group Vault | role-assignable\ngroup Plain\npackage P1 | Member of Vault\npackage P2 | Member of Plain\npolicy One | of P1\npolicy Two | of P2\n\
         audit | covers 2026-01-01 .. 2026-05-02\n\
         \x20 2026-04-20 10:00 | User requests access package assignment | bob | P2, Two, r9, bob\n\
         \x20 2026-04-20 10:01 | Fulfill access package assignment request | bob | P2, Two, r9, bob\n\
         look 2026-02-28\n  users\n  groups\n  packages\n  policies\n  assignments\n    a1 | alice | P1 | delivered | from 2026-01-10\n    a2 | bob | P2 | delivered | from 2026-01-10\n    a3 | carol | P2 | delivered | from 2026-01-10\n\
         look 2026-05-01\n  users\n  groups\n  packages\n  policies\n  assignments\n    a1 | alice | P1 | delivered | from 2026-01-10\n    a9 | bob | P2 | delivered | from 2026-04-20 10:01\n    a3 | carol | P2 | delivered | from 2026-01-10\n\
         \x20 review decisions of Spring\n    d1 | alice | P1 via One | Deny | by manager at 2026-04-24 09:00 | applied 2026-04-24 10:00\n    d2 | bob | P2 via Two | Deny | by manager at 2026-04-01 09:00 | applied 2026-04-02 10:00\n    d3 | carol | P2 via Two | Deny | by manager at 2026-04-24 09:00 | applied 2026-04-24 10:00\n",
    );
    ok(&run, 62, &["ingest", "exports", "--lake", "lake"]);
    let pages = std::fs::read_to_string(run.dir().join("exports/looks/2026-05-01T000000Z/review-decisions-of-Spring.json")).expect("the decisions");
    let pages: Value = serde_json::from_str(&pages).expect("JSON");
    let instance = pages["value"][0]["accessReviewId"].as_str().expect("an instance").to_string();
    let id = ok(&run, 62, &["campaign", "adopt", &instance, "--lake", "lake"]).stdout.trim().to_string();
    ok(&run, 63, &["campaign", "close", &id, "--lake", "lake", "--out", "out"]);
    let (_, rows) = verified(&run, &id, 63);
    // Five business days after the denial: too late for what is sensitive, in time for the rest.
    assert_eq!(rows["alice"]["outcome"], "open beyond SLA", "{}", rows["alice"]);
    assert_eq!(rows["carol"]["outcome"], "open within SLA", "{}", rows["carol"]);
    assert_eq!(rows["bob"]["outcome"], "came back", "{}", rows["bob"]);
    agree(&rows, &outlived(&run, 63), &[]);
    assert_eq!(outlived(&run, 63).len(), 1, "the report finds alice's alone");

    // The times are Entra's everywhere: the plan's, the end, and those of the decisions.
    let table = |text: &str| -> Vec<BTreeMap<String, String>> { csv::Reader::from_reader(text.as_bytes()).deserialize().map(|r| r.expect("a row")).collect() };
    let plan = table(&run.read(&format!("out/{id}/removal-plan.csv")));
    let step = plan.iter().find(|s| s["principal_name"].starts_with("alice")).expect("a step");
    assert_eq!(step["due"].as_str(), rows["alice"]["due"].as_str().expect("a time"), "{step:?}");
    let told: Value = serde_json::from_str(&ok(&run, 63, &["campaign", "status", &id, "--lake", "lake", "--format", "json"]).stdout).expect("JSON");
    assert_eq!(told["due_at"], "2026-04-24T10:00:00Z", "the last that Entra did: no record tells its end");
    let decided = table(&run.read(&format!("out/{id}/decisions.csv")));
    assert!(decided.iter().all(|d| d["decided_at"].starts_with("2026-04-")), "{decided:?}");
}
