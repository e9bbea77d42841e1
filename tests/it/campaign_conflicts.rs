//! Whoever comes to review something is refused or disclosed by one rule: on the sheet, on the page, in figures and in the bundle.

use crate::campaign::{Row, ok, on, status};
use crate::common::Run;
use crate::tenants;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// bob's manager is carol, who holds a package; alice and dave hold what the other is to review; an approver; a guest.
const TENANT: &str = r##"
group Rooms
package Boss | Member of Rooms
package East
package West
package Vault
package Lobby
policy BossWay | of Boss
policy EastWay | of East
policy WestWay | of West
policy VaultWay | of Vault
policy LobbyWay | of Lobby
package Attic
policy AtticWay | of Attic
user erin
user visitor | type Guest
user stranger | type Guest
audit
  2026-02-10 10:00 | User requests access package assignment | alice | East, EastWay, r1, alice
  2026-02-10 10:30 | Approve access package assignment request | dave | East, EastWay, r1, alice
  2026-02-10 10:31 | Fulfill access package assignment request | alice | East, EastWay, r1, alice
  2026-02-10 11:00 | User requests access package assignment | bob | Vault, VaultWay, r4, bob
  2026-02-10 11:30 | Approve access package assignment request | admin | Vault, VaultWay, r4, bob
  2026-02-10 11:31 | Fulfill access package assignment request | bob | Vault, VaultWay, r4, bob
  2026-02-11 11:00 | User requests access package assignment | erin | Attic, AtticWay, r7, dave
  2026-02-11 11:31 | Fulfill access package assignment request | Entitlement Management | Attic, AtticWay, r7, dave
look 2026-06-30
  users
    all but bob, erin
    bob | {"manager": {"@odata.type": "#microsoft.graph.user", "id": "<carol>"}}
    erin | {"manager": {"@odata.type": "#microsoft.graph.user", "id": "<bob>"}}
  groups
  packages
  policies
  assignments
    a1 | alice | East | delivered | from 2026-02-10 10:31 | policy EastWay
    a2 | dave | West | delivered | from 2026-02-01 10:00 | policy WestWay
    a3 | carol | Boss | delivered | from 2026-02-01 10:00 | policy BossWay
    a4 | bob | Vault | delivered | from 2026-02-10 11:31 | policy VaultWay
    a5 | manager | Lobby | delivered | from 2026-02-01 10:00 | policy LobbyWay
    a7 | dave | Attic | delivered | from 2026-02-11 11:31 | policy AtticWay
    a8 | carol | Attic | delivered | from 2026-02-01 10:00 | policy AtticWay
    a6 | stranger | Lobby | delivered | from 2026-02-01 10:00 | policy LobbyWay
  members of Rooms: carol
"##;

/// Rules that give each item to the one with a conflict first.
const PLAN: &str = r#"
name = "Conflicts"
justification = []
silence = "keep"
[scope]
kinds = ["access_package"]
[[reviewers]]
by = "person"
persons = ["bob@quay.example"]
packages = ["Boss"]
[[reviewers]]
by = "person"
persons = ["dave@quay.example"]
packages = ["East"]
[[reviewers]]
by = "person"
persons = ["alice@quay.example"]
packages = ["West"]
[[reviewers]]
by = "person"
persons = ["admin@quay.example"]
packages = ["Vault"]
[[reviewers]]
by = "person"
persons = ["visitor@quay.example"]
packages = ["Lobby"]
[[reviewers]]
by = "person"
persons = ["erin@quay.example"]
packages = ["Attic"]
[[reviewers]]
by = "person"
persons = ["manager@quay.example", "carol@quay.example"]
[removal]
sla_days = 10
sla_sensitive_days = 10
"#;

/// Rows of every sheet, by package and holder, with the folder in which they lie.
fn rows(run: &Run, id: &str) -> BTreeMap<(String, String), (String, Row)> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(run.dir().join(format!("out/{id}"))).expect("folders").flatten() {
        let Ok(mut reader) = csv::Reader::from_path(entry.path().join("review.csv")) else {
            continue;
        };
        let key = entry.file_name().to_string_lossy().to_string();
        for row in reader.deserialize() {
            let row: Row = row.expect("a row");
            let holder = row["principal_name"].split('@').next().unwrap_or_default().to_string();
            all.insert((row["entitlement_name"].clone(), holder), (key.clone(), row));
        }
    }
    all
}

#[test]
fn who_reviews_is_refused_or_disclosed_on_the_sheet_the_page_in_figures_and_in_the_bundle() {
    let run = Run::new();
    tenants::written(&run, TENANT);
    ok(&run, 0, &["ingest", "exports", "--lake", "lake"]);
    run.write("campaign.toml", PLAN);
    run.write("vs.toml", "[packages]\nsensitive = [\"Vault\"]\n");
    let told = ok(
        &run,
        0,
        &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out", "--config", "vs.toml"],
    );
    let id = told.stdout.trim().to_string();
    let all = rows(&run, &id);
    assert_eq!(all.len(), 8, "{:?}", all.keys());
    let who = |package: &str, holder: &str| all[&(package.to_string(), holder.to_string())].clone();

    // Refused: who approved something sensitive, and a guest over an employee; a guest may judge a guest.
    let (reviewer, _) = who("Vault", "bob");
    assert_ne!(reviewer, "admin", "who approved it does not judge it, since it is sensitive");
    let (reviewer, _) = who("Lobby", "manager");
    assert_eq!(reviewer, "carol", "neither the guest nor the holder");
    assert_eq!(who("Lobby", "stranger").0, "visitor");

    // Disclosed, on the sheet and on the page.
    for (package, holder, reviewer, words) in [
        ("Boss", "carol", "bob", "the holder is your manager"),
        ("Attic", "carol", "erin", "the holder is above your manager"),
        ("Attic", "dave", "erin", "you asked for this access, for the holder"),
        ("East", "alice", "dave", "you also approved the request"),
        ("East", "alice", "dave", "the holder reviews your access, too"),
        ("West", "dave", "alice", "the holder reviews your access, too"),
    ] {
        let (key, row) = who(package, holder);
        assert_eq!(key, reviewer, "{package}");
        assert!(row["disclosed"].contains(words), "{package}: {}", row["disclosed"]);
        let page = std::fs::read_to_string(run.dir().join(format!("out/{id}/{key}/review.html"))).expect("a page");
        assert!(page.to_lowercase().contains(words), "{package}: not on the page");
    }
    let counts = json!({
        "approved-request": 1, "asked-for-holder": 1, "reports-to-holder": 1, "reports-to-holder-indirectly": 1, "mutual-review": 2
    });
    assert_eq!(status(&run, 0, &id)["disclosures"], counts);

    // Whoever is to get items later is asked the same.
    for (from, to, why) in [
        ("carol", "visitor", "is a guest"),
        ("carol", "manager", "is the holder"),
        ("dave", "alice", "is the holder"),
    ] {
        let told = on(
            &run,
            1,
            &[
                "campaign",
                "reassign",
                &id,
                "--from",
                from,
                "--to",
                &format!("{to}@quay.example"),
                "--reason",
                "leave",
                "--lake",
                "lake",
                "--config",
                "vs.toml",
            ],
        );
        assert!(told.stderr.contains(why), "{from} to {to}: {} {}", told.code, told.stderr);
    }
    assert_eq!(status(&run, 1, &id)["disclosures"], counts, "nothing has moved");

    ok(&run, 15, &["campaign", "close", &id, "--lake", "lake", "--config", "vs.toml"]);
    ok(
        &run,
        16,
        &["bundle", "--lake", "lake", "--out", "bundle", "--campaign", &id, "--config", "vs.toml"],
    );
    let mut reader = csv::Reader::from_path(run.dir().join("bundle/data/campaign/items.csv")).expect("items");
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for row in reader.deserialize() {
        let row: Row = row.expect("a row");
        for word in row["disclosed"].split(';').filter(|w| !w.is_empty()) {
            *found.entry(word.to_string()).or_default() += 1;
        }
    }
    assert_eq!(serde_json::to_value(&found).expect("JSON"), counts, "in the bundle");
    let limits = walk(&run.dir().join("bundle")).into_iter().filter_map(|f| std::fs::read_to_string(f).ok());
    let said: BTreeSet<String> = limits
        .flat_map(|t| t.lines().filter(|l| l.contains("Independence: ")).map(String::from).collect::<Vec<_>>())
        .collect();
    assert!(
        [
            "1 of 8 items are reviewed by who approved",
            "1 of 8 items are reviewed by somebody whose manager is the holder",
            "1 of 8 items are reviewed by somebody whose manager reports to the holder",
            "2 of 8 items"
        ]
        .iter()
        .all(|w| said.iter().any(|l| l.contains(w))),
        "{said:?}"
    );
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}
