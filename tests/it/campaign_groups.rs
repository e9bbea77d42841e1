//! Groups in a review: owners are no members, groups lie in groups, rules give what no removal takes away, and the plan does as the sheet says.

use crate::campaign::{Row, ok, save, sheet, status};
use crate::common::Run;
use crate::tenants;
use std::collections::{BTreeMap, BTreeSet};

/// dave owns Docs and is no member of it; carol is in Parent, and in Manual, which is in Parent; alice has Docs by a package,
/// and by a second one that a rule gives.
const TENANT: &str = r##"
group Docs
group Manual
group Parent
group Everyone
group Local
package Library | Member of Docs
package Badges | Member of Manual
policy Asked | of Library
policy Automatic | of Badges | rule
look 2026-06-30
  users
    all but bob
    bob | enabled false | {"employeeLeaveDateTime": "2026-05-31T00:00:00Z"}
  groups
    Docs
    Manual
    Parent
    Everyone | {"groupTypes": ["DynamicMembership"], "membershipRule": "user.department -eq \"Sales\"", "membershipRuleProcessingState": "On"}
    Local | {"onPremisesSyncEnabled": true}
  packages
  policies
  assignments
    a1 | bob | Library | delivered | from 2026-02-01 10:00 | policy Asked
    a2 | alice | Badges | delivered | from 2026-02-01 10:00 | policy Automatic
  members of Docs: bob
  members of Manual: carol, alice
  members of Parent: Manual, carol
  members of Everyone: alice
  members of Local: alice
  owners of Docs: dave
  owners of Manual: dave
"##;

const PLAN: &str = r#"
name = "Groups"
justification = []
[scope]
kinds = ["access_package", "group"]
[[reviewers]]
by = "person"
persons = ["manager@quay.example", "admin@quay.example"]
"#;

struct Opened {
    run: Run,
    id: String,
    rows: BTreeMap<(String, String), Row>,
}

fn opened() -> Opened {
    let run = Run::new();
    tenants::written(&run, TENANT);
    ok(&run, 0, &["ingest", "exports", "--lake", "lake"]);
    run.write("campaign.toml", PLAN);
    let told = ok(&run, 0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"]);
    let id = told.stdout.trim().to_string();
    let mut rows = BTreeMap::new();
    for key in ["manager", "admin"] {
        for row in sheet(&run, &id, key).1 {
            let holder = row["principal_name"].split('@').next().unwrap_or_default().to_string();
            rows.insert((holder, row["entitlement_name"].clone()), row);
        }
    }
    Opened { run, id, rows }
}

impl Opened {
    fn row(&self, holder: &str, what: &str) -> &Row {
        let key = (holder.to_string(), what.to_string());
        self.rows.get(&key).unwrap_or_else(|| panic!("{holder} / {what} among {:?}", self.rows.keys()))
    }

    /// Decides everything, closes, and gives the plan by item.
    fn planned(&self, decide: impl Fn(&Row) -> String) -> BTreeMap<String, Vec<Row>> {
        for key in ["manager", "admin"] {
            let (columns, mut rows) = sheet(&self.run, &self.id, key);
            for row in &mut rows {
                let decision = decide(row);
                row.insert("decision".into(), decision);
            }
            save(&self.run, &format!("{key}.csv"), &columns, &rows);
            ok(&self.run, 1, &["campaign", "import", &format!("{key}.csv"), "--lake", "lake"]);
        }
        ok(&self.run, 15, &["campaign", "close", &self.id, "--lake", "lake"]);
        let mut reader = csv::Reader::from_path(self.run.dir().join(format!("out/{}/removal-plan.csv", self.id))).expect("a plan");
        let mut plan: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for step in reader.deserialize() {
            let step: Row = step.expect("a step");
            plan.entry(step["item_id"].clone()).or_default().push(step);
        }
        plan
    }
}

#[test]
fn what_a_removal_does_is_said_on_the_sheet_and_done_by_the_plan() {
    let opened = opened();
    let all = [
        ("dave", "Docs (owner)", "removes the ownership"),
        ("dave", "Manual (owner)", "removes the ownership"),
        ("carol", "Parent", "the holder stays a member through Manual"),
        ("carol", "Manual", "removes the membership; Parent stays by another way"),
        (
            "alice",
            "Everyone",
            "the rule of the group gives it: it goes only when the rule or the account changes",
        ),
        ("alice", "Local", "synchronised from the directory on premises"),
        ("alice", "Badges", "the rule of the policy Automatic gives it"),
        ("bob", "Docs", "the package Library gives it: it goes only when that package is removed"),
    ];
    for (holder, what, said) in all {
        let row = opened.row(holder, what);
        assert!(row["removal"].contains(said), "{holder} / {what}: {}", row["removal"]);
    }
    let of = |holder: &str, what: &str| opened.row(holder, what)["item_id"].clone();
    let plan = opened.planned(|_| "revoke".into());
    let revoked: BTreeSet<&String> = opened.rows.values().map(|r| &r["item_id"]).collect();
    assert_eq!(revoked, plan.keys().collect(), "every revoked item is in the plan, and no other");
    let one = |holder: &str, what: &str| {
        let steps = &plan[&of(holder, what)];
        assert_eq!(steps.len(), 1, "{holder} / {what}: {steps:?}");
        steps[0].clone()
    };
    for what in ["Docs (owner)", "Manual (owner)"] {
        let step = one("dave", what);
        assert_eq!(step["method"], "DELETE");
        assert!(step["url"].contains("/owners/") && !step["url"].contains("/members/"), "{}", step["url"]);
        assert!(step["instruction"].contains("as an owner"), "{}", step["instruction"]);
    }
    assert_eq!(one("carol", "Parent")["side_effects"], "carol@quay.example stays a member through Manual.");
    assert_eq!(one("carol", "Manual")["side_effects"], "Parent stays by another way.");
    for (holder, what, kind) in [
        ("alice", "Everyone", "group-by-rule"),
        ("alice", "Local", "group-on-premises"),
        ("alice", "Badges", "rule"),
    ] {
        let step = one(holder, what);
        assert_eq!((step["method_kind"].as_str(), step["method"].as_str()), (kind, ""), "{holder} / {what}");
    }
    // A group holds Parent: of its members one keeps it, and its owner never had it.
    let nested = plan
        .values()
        .flatten()
        .find(|s| s["method_kind"] == "nested-group")
        .expect("the group in the group");
    assert_eq!(nested["affected_count"], "1", "{}", nested["side_effects"]);
    assert!(
        nested["side_effects"].contains("1 of its 2 members lose it too: alice@"),
        "{}",
        nested["side_effects"]
    );
    assert!(!nested["side_effects"].contains("dave"), "an owner is no member: {}", nested["side_effects"]);

    // What a package gives goes with the step of the package, which carries the request.
    let (package, given) = (one("bob", "Library"), one("bob", "Docs"));
    assert_eq!((package["method"].as_str(), given["method"].as_str()), ("POST", ""));
    assert_eq!(given["method_kind"], "with-step");
    assert!(
        given["instruction"].starts_with(&format!("Goes with step {}: ", package["order"])),
        "{}",
        given["instruction"]
    );
}

#[test]
fn who_follows_every_recommendation_contradicts_nothing() {
    let opened = opened();
    // bob has left: that speaks against his package, and against what it gives.
    for what in ["Library", "Docs"] {
        let row = opened.row("bob", what);
        assert_eq!(row["recommendation"], "revoke", "{what}: {}", row["recommendation_reason"]);
        assert!(row["findings"].contains("ORP-02"), "{what}: {}", row["findings"]);
    }
    let plan = opened.planned(|row| match row["recommendation"].as_str() {
        "revoke" => "revoke".into(),
        _ => "keep".into(),
    });
    assert_eq!(status(&opened.run, 15, &opened.id)["contradictions"], serde_json::json!([]));
    assert!(!plan.values().flatten().any(|s| s["method_kind"] == "contradiction"), "{plan:?}");
}
