//! Records that others published, in the real formats; where this machine has them.

use crate::common::{Run, real_data};
use std::collections::BTreeMap;
use std::path::Path;

/// Sources whose records all belong to one invented or pseudonymised tenant each: ingested one by one, since their tenants differ.
fn folders(root: &Path) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(root)
        .expect("readable")
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.is_dir())
        .collect();
    found.sort();
    found
}

#[test]
fn every_published_file_is_read_and_its_arithmetic_ties() {
    let Some(root) = real_data("every_published_file_is_read_and_its_arithmetic_ties") else {
        return;
    };
    let mut read_something = 0;
    for folder in folders(&root) {
        let mut files = Vec::new();
        walk(&folder, &mut files);
        for file in files {
            let run = Run::new();
            let told = run.tell(&["run", &file.display().to_string()]);
            assert!(matches!(told.code, 0 | 3), "{}: exit {}\n{}", file.display(), told.code, told.stderr);
            if told.code == 3 {
                assert!(
                    told.stderr.contains("nothing usable") || told.stderr.contains("two tenants"),
                    "{}: {}",
                    file.display(),
                    told.stderr
                );
                continue;
            }
            read_something += 1;
            let status = run.ok(&["lake", "status"]).stdout;
            assert!(!status.contains(" NO "), "{}\n{status}", file.display());
        }
    }
    assert!(read_something > 200, "only {read_something} files were usable");
}

#[test]
fn the_recordings_of_a_tenant_give_the_holdings_that_a_person_reads() {
    let Some(root) = real_data("the_recordings_of_a_tenant_give_the_holdings_that_a_person_reads") else {
        return;
    };
    let run = Run::new();
    let recordings = root.join("jupiterone-graph-azure");
    run.ok(&["ingest", &recordings.display().to_string(), "--lake", "lake"]);
    let text = run
        .ok(&["holders", "--lake", "lake", "--from", "2020-01-01", "--until", "2030-01-01", "--format", "csv"])
        .stdout;
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize::<BTreeMap<String, String>>() {
        *kinds.entry(row.expect("a row")["entitlement_kind"].clone()).or_default() += 1;
    }
    // Counted by hand in the recordings: 35 role assignments; the members of the groups whose pages name them;
    // no package holding, since the recorded assignments were not expanded to their holders.
    assert_eq!(
        kinds.get("directory_role"),
        Some(&count(&recordings, "rm_roleAssignments.json", "principalId")),
        "{kinds:?}"
    );
    assert_eq!(kinds.get("access_package"), None, "an assignment without a holder is no holding: {kinds:?}");
    let status = run.ok(&["lake", "status", "--lake", "lake"]).stdout;
    assert!(status.contains("name no holder"), "the assignments without a holder are told\n{status}");
}

/// How many records of a recording have a member.
fn count(root: &Path, name: &str, member: &str) -> usize {
    let mut files = Vec::new();
    walk(root, &mut files);
    let file = files
        .iter()
        .find(|f| f.ends_with(name))
        .unwrap_or_else(|| panic!("{name} is among the recordings"));
    let page: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).expect("readable")).expect("JSON");
    page["value"]
        .as_array()
        .map_or(0, |list| list.iter().filter(|r| r.get(member).is_some()).count())
}

fn walk(path: &Path, files: &mut Vec<std::path::PathBuf>) {
    if path.is_dir() {
        let mut entries: Vec<_> = std::fs::read_dir(path).expect("readable").flatten().map(|e| e.path()).collect();
        entries.sort();
        for entry in entries {
            walk(&entry, files);
        }
    } else if path
        .extension()
        .is_some_and(|e| ["json", "ndjson", "log"].iter().any(|x| e.eq_ignore_ascii_case(x)))
    {
        files.push(path.to_path_buf());
    }
}
