//! Bundles that hold without us: other programs read our bags, signatures and samples, and refuse what was changed.

use crate::common::{Run, copy};
use crate::lake_log::{event, lake_of};
use crate::tools::{self, keys, printed, private, run_python};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn sample_lake() -> Run {
    let run = Run::new();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data"), &run.dir().join("sample-data"));
    run.ok(&["ingest", "sample-data", "--lake", "lake"]);
    run
}

/// Every file below a folder with its content.
fn tree(dir: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).expect("below it").to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

/// Puts a folder back as it was.
fn restore(dir: &Path, files: &std::collections::BTreeMap<String, Vec<u8>>) {
    fs::remove_dir_all(dir).expect("removed");
    for (name, bytes) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().expect("below it")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
}

const BAGIT: &str = "import sys, logging, bagit\nlogging.disable(logging.CRITICAL)\nbagit.Bag(sys.argv[1]).validate()\n";

#[test]
fn other_programs_accept_a_bundle_and_refuse_every_changed_one() {
    let test = "other_programs_accept_a_bundle_and_refuse_every_changed_one";
    let (Some(python), Some(ssh_keygen)) = (tools::python(test, &["bagit"]), tools::program(test, "ssh-keygen")) else {
        return;
    };
    let run = sample_lake();
    keys(&run);
    let told = run.ok(&["bundle", "--lake", "lake", "--out", "bundle", "--sign-key", "key", "--operator", "Ana Ruiz"]);
    assert!(told.stderr.contains("signed: tagmanifest-sha256.txt.sig"), "{}", told.stderr);
    let dir = run.dir().join("bundle");
    let good = tree(&dir);
    for name in [
        "data/findings.csv",
        "data/holdings.csv",
        "data/index.html",
        "data/README.md",
        "data/oscal-assessment-results.json",
    ] {
        assert!(good.contains_key(name), "{name} is in the bundle");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    assert!(good.keys().all(|n| n.chars().all(plain)), "names that all validators take alike");

    let bagit = || run_python(&python, BAGIT, &[dir.to_str().expect("a path")]);
    let signed = || {
        let stdin = fs::File::open(dir.join("tagmanifest-sha256.txt")).expect("a tag manifest");
        Command::new(&ssh_keygen)
            .current_dir(run.dir())
            .args(["-Y", "verify", "-f", "allowed", "-I", "auditee@corp.example", "-n", "vouchsafe"])
            .args(["-s", "bundle/tagmanifest-sha256.txt.sig"])
            .stdin(stdin)
            .output()
            .expect("ssh-keygen starts")
    };
    let ours = || run.tell(&["verify", "bundle", "--allowed-signers", "allowed"]);
    let output = bagit();
    assert!(output.status.success(), "{}", printed(&output));
    let output = signed();
    assert!(output.status.success(), "{}", printed(&output));
    let told = ours();
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
    assert!(
        told.stdout.contains("signature: auditee@corp.example signed the tag manifest"),
        "{}",
        told.stdout
    );
    assert!(told.stdout.contains("no lake was given"), "what was not proved is named: {}", told.stdout);

    // Each change of the payload is refused by bagit and by us.
    let change = |name: &str, edit: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let bytes = edit(fs::read(dir.join(name)).expect("a file"));
        fs::write(dir.join(name), bytes).expect("a file");
    };
    type Change<'a> = (&'a str, Box<dyn Fn() + 'a>);
    let changes: Vec<Change> = vec![
        (
            "a row is taken out",
            Box::new(|| {
                change("data/findings.csv", &|b| {
                    let text = String::from_utf8(b).expect("text");
                    let mut lines: Vec<&str> = text.lines().collect();
                    lines.remove(1);
                    (lines.join("\n") + "\n").into_bytes()
                })
            }),
        ),
        (
            "a byte is changed",
            Box::new(|| {
                change("data/holdings.csv", &|mut b| {
                    b[200] ^= 1;
                    b
                })
            }),
        ),
        ("a file is added", Box::new(|| fs::write(dir.join("data/extra.csv"), "x").expect("a file"))),
        (
            "a file is taken out",
            Box::new(|| fs::remove_file(dir.join("data/records.csv")).expect("removed")),
        ),
        (
            "a file is renamed",
            Box::new(|| fs::rename(dir.join("data/limits.md"), dir.join("data/limit.md")).expect("renamed")),
        ),
        (
            "the manifest is changed",
            Box::new(|| change("manifest-sha256.txt", &|b| [b, b"\n".to_vec()].concat())),
        ),
        (
            "the list of tags is changed",
            Box::new(|| change("tagmanifest-sha256.txt", &|b| b.to_ascii_uppercase())),
        ),
        (
            "the info is changed",
            Box::new(|| change("bag-info.txt", &|b| [b"X: y\n".to_vec(), b].concat())),
        ),
    ];
    for (what, apply) in &changes {
        restore(&dir, &good);
        apply();
        assert!(!bagit().status.success(), "bagit: {what}");
        let told = ours();
        assert_eq!(told.code, 3, "{what}: {}", told.stdout);
        assert!(told.stdout.starts_with("wrong\n"), "{what}: {}", told.stdout);
    }
    // Whoever makes the hashes again has not the key.
    restore(&dir, &good);
    let again = "import sys, bagit\nb = bagit.Bag(sys.argv[1])\nb.save(manifests=True)\n";
    change("data/findings.csv", &|b| [b, b"more\n".to_vec()].concat());
    assert!(run_python(&python, again, &[dir.to_str().expect("a path")]).status.success());
    assert!(bagit().status.success(), "the hashes fit again");
    assert!(!signed().status.success(), "and the signature does not");
    assert_eq!(ours().code, 3);
    // A bundle whose signature was taken away is not one that was signed.
    restore(&dir, &good);
    fs::remove_file(dir.join("tagmanifest-sha256.txt.sig")).expect("removed");
    assert_eq!(ours().code, 3);
    let told = run.ok(&["verify", "bundle"]);
    assert!(told.stdout.contains("there is no signature"), "{}", told.stdout);
}

#[test]
fn minisign_accepts_the_signature_and_refuses_another_file() {
    let test = "minisign_accepts_the_signature_and_refuses_another_file";
    let Some(minisign) = tools::program(test, "minisign") else { return };
    let run = sample_lake();
    let tell = |args: &[&str]| Command::new(&minisign).current_dir(run.dir()).args(args).output().expect("minisign starts");
    assert!(tell(&["-G", "-W", "-p", "mini.pub", "-s", "mini.key"]).status.success());
    private(&run.dir().join("mini.key"));
    let make = |out: &str| run.ok(&["bundle", "--lake", "lake", "--out", out, "--minisign-key", "mini.key"]);
    make("bundle");
    make("again");
    assert!(
        tree(&run.dir().join("bundle")) == tree(&run.dir().join("again")),
        "the signature is the same too"
    );
    let check = ["-V", "-p", "mini.pub", "-m", "bundle/tagmanifest-sha256.txt"];
    let output = tell(&check);
    assert!(output.status.success(), "{}", printed(&output));
    assert!(printed(&output).contains("vouchsafe bundle of commit"), "{}", printed(&output));
    let said = run.ok(&["verify", "bundle", "--minisign-key", "mini.pub"]).stdout;
    assert!(said.contains("signed the tag manifest"), "{said}");
    let path = run.dir().join("bundle/tagmanifest-sha256.txt");
    let text = fs::read_to_string(&path).expect("a tag manifest").replace("bagit.txt", "bagit.tx");
    fs::write(&path, text).expect("a file");
    assert!(!tell(&check).status.success());
    assert_eq!(run.tell(&["verify", "bundle", "--minisign-key", "mini.pub"]).code, 3);
}

#[cfg(unix)]
#[test]
fn keys_that_others_read_or_that_are_locked_are_told_and_nothing_is_written() {
    use std::os::unix::fs::PermissionsExt;
    let test = "keys_that_others_read_or_that_are_locked_are_told_and_nothing_is_written";
    if tools::program(test, "ssh-keygen").is_none() {
        return;
    }
    let run = sample_lake();
    keys(&run);
    let bundle = |args: &[&str]| run.tell(&[&["bundle", "--lake", "lake", "--out", "bundle"], args].concat());
    fs::set_permissions(run.dir().join("key"), fs::Permissions::from_mode(0o644)).expect("a mode");
    let told = bundle(&["--sign-key", "key"]);
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("others may read the key"), "{}", told.stderr);
    private(&run.dir().join("key"));
    let locked = ["-q", "-t", "ed25519", "-N", "open sesame", "-f", "locked"];
    assert!(
        Command::new("ssh-keygen")
            .current_dir(run.dir())
            .args(locked)
            .output()
            .is_ok_and(|o| o.status.success())
    );
    let told = bundle(&["--sign-key", "locked"]);
    assert!(told.code == 2 && told.stderr.contains("VOUCHSAFE_PASSPHRASE"), "{}", told.stderr);
    run.write("wrong", "open barley");
    private(&run.dir().join("wrong"));
    let told = bundle(&["--sign-key", "locked", "--passphrase-file", "wrong"]);
    assert!(told.code == 2 && told.stderr.contains("does not open the key"), "{}", told.stderr);
    assert!(!run.dir().join("bundle").exists());
    run.write("right", "open sesame\n");
    private(&run.dir().join("right"));
    assert_eq!(bundle(&["--sign-key", "locked", "--passphrase-file", "right"]).code, 0);

    // A folder of somebody else's stays as it was.
    run.write("thesis/chapter.txt", "words");
    let told = run.tell(&["bundle", "--lake", "lake", "--out", "thesis"]);
    assert_eq!(told.code, 2);
    assert_eq!(run.read("thesis/chapter.txt"), "words");
    let mode = |name: &str| fs::metadata(run.dir().join(name)).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode("bundle"), mode("bundle/data/findings.csv")), (0o700, 0o600));
}

#[test]
fn another_place_user_zone_and_language_give_the_same_bytes() {
    let bundle = |settings: &[(&str, &str)], umask: &str| {
        let run = Run::new();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data"), &run.dir().join("sample-data"));
        let mut all = std::collections::BTreeMap::new();
        for args in ["ingest sample-data --lake lake", "bundle --lake lake --out deep/er/bundle --seed 7"] {
            let shell = format!("umask {umask}; exec \"$0\" {args}");
            fs::create_dir_all(run.dir().join("deep/er")).expect("a folder");
            let mut command = Command::new("sh");
            command.args(["-c", &shell, env!("CARGO_BIN_EXE_vouchsafe")]).current_dir(run.dir());
            command.env("SOURCE_DATE_EPOCH", "1793000000").env_remove("VOUCHSAFE_LAKE");
            command.envs(settings.iter().copied());
            let output = command.output().expect("a shell");
            assert!(output.status.success(), "{}", printed(&output));
        }
        all.extend(tree(&run.dir().join("deep/er/bundle")));
        all
    };
    let here = bundle(&[("TZ", "UTC"), ("LANG", "C"), ("USER", "ana")], "022");
    let there = bundle(
        &[
            ("TZ", "Pacific/Chatham"),
            ("LANG", "de_DE.UTF-8"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("USER", "bo"),
            ("HOME", "/"),
        ],
        "000",
    );
    let differ: Vec<&String> = here.iter().filter(|(n, b)| there.get(*n) != Some(b)).map(|(n, _)| n).collect();
    assert!(differ.is_empty() && here.len() == there.len(), "{differ:?}");
}

#[test]
fn a_bundle_is_made_again_from_its_lake_and_its_history_proved() {
    let run = sample_lake();
    run.ok(&["bundle", "--lake", "lake", "--out", "first", "--sample-size", "5"]);
    run.write("late.ndjson", &event(99));
    run.ok(&["ingest", "late.ndjson", "--lake", "lake"]);
    let said = run.ok(&["verify", "first", "--lake", "lake"]).stdout;
    assert!(said.contains("are the same to the byte"), "{said}");
    run.ok(&["bundle", "--lake", "lake", "--out", "second"]);
    let said = run.ok(&["verify", "second", "--lake", "lake", "--since", "first"]).stdout;
    assert!(said.contains("history: the 1 commits of the older bundle are the beginning of the 2"), "{said}");

    // Another past with as many commits.
    let other = lake_of(2);
    other.ok(&["bundle", "--lake", "lake", "--out", "other"]);
    let path = other.dir().join("other");
    let told = run.tell(&["verify", path.to_str().expect("a path"), "--since", "first"]);
    assert_eq!(told.code, 3, "{}", told.stdout);
    assert!(
        told.stdout.contains("the older bundle is of the log") || told.stdout.contains("rewritten"),
        "{}",
        told.stdout
    );
    let told = run.tell(&["verify", path.to_str().expect("a path"), "--lake", "lake"]);
    assert_eq!(told.code, 3, "{}", told.stdout);

    // A bundle that was edited and sealed again holds in itself, and not against the lake.
    let test = "a_bundle_is_made_again_from_its_lake_and_its_history_proved";
    let Some(python) = tools::python(test, &["bagit"]) else { return };
    let script = r#"
import hashlib, json, pathlib, sys
dir = pathlib.Path(sys.argv[1])
edited = dir / 'data/narrative.md'
edited.write_text(edited.read_text().replace('append-only', 'edited'))
sheet = dir / 'data/ipe/ipe.json'
facts = json.loads(sheet.read_text())
for o in facts['outputs']:
    if o['file'] == 'narrative.md': o['sha256'] = hashlib.sha256(edited.read_bytes()).hexdigest()
sheet.write_text(json.dumps(facts))
import bagit
bagit.Bag(str(dir)).save(manifests=True)
info = dir / 'bag-info.txt'
"#;
    let output = run_python(&python, script, &[run.dir().join("first").to_str().expect("a path")]);
    assert!(output.status.success(), "{}", printed(&output));
    let told = run.tell(&["verify", "first", "--lake", "lake"]);
    assert_eq!(told.code, 3, "{}", told.stdout);
    assert!(
        told.stdout.contains("narrative.md is another when it is made again") || told.stdout.contains("wrong"),
        "{}",
        told.stdout
    );
}

#[test]
fn trestle_loads_the_assessment_results() {
    let Some(python) = tools::python("trestle_loads_the_assessment_results", &["trestle"]) else {
        return;
    };
    let run = sample_lake();
    run.ok(&["bundle", "--lake", "lake", "--out", "bundle"]);
    let script = r#"
import pathlib, sys
from trestle.oscal.assessment_results import AssessmentResults
results = AssessmentResults.oscal_read(pathlib.Path(sys.argv[1])).results[0]
catalog = results.reviewed_controls.links[0].href.lstrip('#')
read = AssessmentResults.oscal_read(pathlib.Path(sys.argv[1]))
assert any(r.uuid == catalog and 'SP 800-53' in r.title for r in read.back_matter.resources)
assert results.props[0].name == 'profile' and results.props[0].value == 'default'
print(len(results.findings), len(results.observations))
"#;
    let path = run.dir().join("bundle/data/oscal-assessment-results.json");
    let output = run_python(&python, script, &[path.to_str().expect("a path")]);
    assert!(output.status.success(), "{}", printed(&output));
    let rows = run.read("bundle/data/findings.csv").lines().count() - 1;
    assert!(
        printed(&output).trim().ends_with(&format!(" {rows}")),
        "an observation for each row: {} and {rows}",
        printed(&output)
    );
}

#[cfg(unix)]
#[test]
fn pseudonyms_leave_nobody_named_and_the_map_stays_outside() {
    use std::os::unix::fs::PermissionsExt;
    let run = sample_lake();
    run.write("pseudonyms.key", "0123456789abcdef0123456789abcdef\n");
    let args = [
        "bundle",
        "--lake",
        "lake",
        "--out",
        "bundle",
        "--pseudonymize",
        "--pseudonym-key",
        "pseudonyms.key",
        "--audience",
        "auditor",
    ];
    fs::set_permissions(run.dir().join("pseudonyms.key"), fs::Permissions::from_mode(0o640)).expect("a mode");
    let told = run.tell(&args);
    assert!(told.code == 2 && told.stderr.contains("others may read"), "{}", told.stderr);
    private(&run.dir().join("pseudonyms.key"));
    run.ok(&args);
    let map = run.dir().join("bundle-who-is-who.csv");
    assert_eq!(fs::metadata(&map).expect("the map").permissions().mode() & 0o777, 0o600);
    let mut people = csv::Reader::from_path(&map).expect("the map");
    let mut names: Vec<String> = Vec::new();
    for row in people.records().map(|r| r.expect("a row")) {
        names.extend(row.iter().skip(1).filter(|n| n.len() > 4).map(str::to_lowercase));
    }
    assert!(names.len() > 50, "the sample has people");
    for (file, bytes) in tree(&run.dir().join("bundle")) {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let named: Vec<&String> = names.iter().filter(|n| text.contains(n.as_str())).collect();
        assert!(named.is_empty(), "{file} names {named:?}");
        // `coverage:sign_ins:…` is a log and no record.
        let column = match file.as_str() {
            "data/findings.csv" | "data/holdings.csv" => "evidence",
            "data/records.csv" => "record",
            _ => continue,
        };
        for row in csv::Reader::from_reader(bytes.as_slice()).deserialize::<std::collections::BTreeMap<String, String>>() {
            let row = row.expect("a row");
            let single = row[column].split(';').any(|e| e.starts_with("sign_ins:"));
            assert!(!single, "{file} has single sign-ins, and its audience is the auditor: {row:?}");
        }
    }
    let said = run.ok(&["verify", "bundle", "--lake", "lake"]).stdout;
    assert!(said.contains("give the key with --pseudonym-key"), "{said}");
    let said = run.ok(&["verify", "bundle", "--lake", "lake", "--pseudonym-key", "pseudonyms.key"]).stdout;
    assert!(said.contains("the same to the byte"), "{said}");
}

#[test]
fn hostile_names_do_no_harm_in_a_bundle() {
    let run = Run::new();
    let user = |id: &str, name: &str| {
        let name = serde_json::json!(name);
        format!("{{\"id\":\"{id}\",\"displayName\":{name},\"userPrincipalName\":{name},\"accountEnabled\":true,\"userType\":\"Member\"}}")
    };
    let hostile = [
        "=cmd|' /C calc'!A0",
        "<img src=x onerror=alert(1)>",
        "a|b\n| c\u{1b}[2J",
        "bo\u{202e}gnp.exe,\"x\"",
        "../../etc/passwd",
    ];
    let users: Vec<String> = hostile.iter().enumerate().map(|(n, name)| user(&format!("u{n}"), name)).collect();
    let page = format!(
        "{{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#users\",\"value\":[{}]}}",
        users.join(",")
    );
    run.write("in/2026-03-29/users.json", &page);
    run.write("in/events.ndjson", &(0..5).map(event).collect::<String>());
    run.ok(&["ingest", "in", "--lake", "lake"]);
    run.ok(&["bundle", "--lake", "lake", "--out", "bundle", "--operator", "A|b <c>\u{1b}[31m"]);
    run.ok(&["verify", "bundle", "--lake", "lake"]);
    for (file, bytes) in tree(&run.dir().join("bundle")) {
        let text = String::from_utf8(bytes).unwrap_or_default();
        if file.ends_with(".md") || file.ends_with(".html") || file.ends_with(".txt") {
            assert!(!text.contains("<img src=x"), "{file} has markup of a name");
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{file} has what moves a cursor");
        }
        if file.ends_with(".csv") {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            for row in reader.records() {
                let row = row.unwrap_or_else(|e| panic!("{file}: {e}"));
                assert!(row.iter().all(|c| !c.trim_start().starts_with("=cmd")), "{file} has a formula");
            }
        }
    }
    let populations = run.read("bundle/data/populations/held.csv");
    assert!(populations.contains("'=cmd|"), "the name is there as text: {populations}");
}

#[test]
fn samples_are_drawn_again_by_a_shell() {
    let run = sample_lake();
    let told = run.ok(&["sample", "held", "--lake", "lake", "--size", "7", "--seed", "2026-q2", "--format", "csv"]);
    assert!(told.stderr.contains("seed 2026-q2"), "{}", told.stderr);
    let mut reader = csv::Reader::from_reader(told.stdout.as_bytes());
    let drawn: Vec<(String, String)> = reader
        .records()
        .map(|r| r.expect("a row"))
        .map(|r| (r[0].to_string(), r[1].to_string()))
        .collect();
    assert_eq!(drawn.len(), 7);
    for (rank, id) in &drawn {
        let output = Command::new("sh")
            .args(["-c", "printf '%s|%s' 2026-q2 \"$1\" | sha256sum | cut -c1-64", "sh", id])
            .output()
            .expect("a shell");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), rank);
    }
    let unknown = run.tell(&["sample", "helt", "--lake", "lake"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("open-findings"), "{}", unknown.stderr);
}

fn sign_in(n: u32, day: &str) -> String {
    format!(
        "{{\"id\":\"s{n}\",\"createdDateTime\":\"{day}T10:00:00Z\",\"userId\":\"u{n}\",\"userPrincipalName\":\"u{n}@corp.example\",\"appId\":\"a1\",\"appDisplayName\":\"App\",\
         \"resourceId\":\"r1\",\"resourceDisplayName\":\"Res\",\"status\":{{\"errorCode\":0}},\"isInteractive\":true,\"conditionalAccessStatus\":\"success\",\"signInEventTypes\":[\"interactiveUser\"]}}\n"
    )
}

#[test]
fn retention_drops_whole_partitions_leaves_tombstones_and_a_gap() {
    // The fixed clock of the tests stands at 2026-10-26.
    let run = Run::new();
    run.write("old.ndjson", &sign_in(1, "2025-01-05"));
    run.write("held.ndjson", &sign_in(2, "2025-03-05"));
    run.write("new.ndjson", &sign_in(3, "2026-09-05"));
    for name in ["old.ndjson", "held.ndjson", "new.ndjson"] {
        run.ok(&["ingest", name, "--lake", "lake", "--covers", "2025-01-01..2026-10-01"]);
    }
    run.ok(&["bundle", "--lake", "lake", "--out", "before"]);
    run.write("checkpoint.txt", &run.ok(&["lake", "checkpoint", "--lake", "lake"]).stdout);
    let hold = [
        "lake",
        "hold",
        "case-7",
        "--lake",
        "lake",
        "--from",
        "2025-03-01",
        "--until",
        "2025-04-01",
        "--reason",
        "counsel",
    ];
    run.ok(&hold);
    let said = run.ok(&["lake", "retain", "--lake", "lake", "--dry-run"]).stdout;
    assert!(
        said.contains("sign_ins: 1 partitions with 1 rows") && said.contains("stays by the hold case-7"),
        "{said}"
    );
    assert!(said.contains("nothing was dropped"), "{said}");
    let said = run.ok(&["lake", "retain", "--lake", "lake"]).stdout;
    assert!(said.contains("dropped 1 files"), "{said}");
    let left = || {
        tree(&run.dir().join("lake/data/sign_ins"))
            .into_keys()
            .map(|n| n.chars().take(14).collect::<String>())
            .collect::<Vec<_>>()
    };
    assert_eq!(left(), ["day=2025-03-05", "day=2026-09-05"]);
    let said = run.ok(&["lake", "verify", "--lake", "lake"]).stdout;
    assert!(said.contains("1 files were deleted by retention policy"), "{said}");
    run.ok(&["lake", "prove", "--old", "checkpoint.txt", "--lake", "lake"]);
    let status = run.ok(&["lake", "status", "--lake", "lake"]).stdout;
    assert!(status.contains("deleted by") && status.contains("gap"), "{status}");
    // What was sealed before can no longer be made again, and that is said.
    let said = run.ok(&["verify", "before", "--lake", "lake"]).stdout;
    assert!(said.contains("dropped by policy since"), "{said}");
    // Nothing more to drop; a released hold lets go; a dropped day that is taken in again is counted and dropped again.
    assert!(run.ok(&["lake", "retain", "--lake", "lake"]).stdout.contains("nothing was dropped"));
    run.ok(&["lake", "hold", "case-7", "--lake", "lake", "--release", "--reason", "closed"]);
    run.write("copy/old.ndjson", &sign_in(1, "2025-01-05"));
    let told = run.ok(&["ingest", "copy", "--lake", "lake"]);
    assert!(
        told.stderr.contains("1 kept") || told.stderr.contains("kept 1") || left().len() == 3,
        "{}",
        told.stderr
    );
    assert_eq!(left().len(), 3);
    run.ok(&["lake", "verify", "--lake", "lake"]);
    let said = run.ok(&["lake", "retain", "--lake", "lake"]).stdout;
    assert!(said.contains("dropped 2 files"), "{said}");
    assert_eq!(left(), ["day=2026-09-05"]);
    run.ok(&["lake", "verify", "--lake", "lake"]);
}

/// The commands of the auditor's walk.
fn walk_commands() -> Vec<String> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/auditor-walk.md")).expect("the walk");
    let block = |part: &str| part.split("\n```").next().expect("a block has an end").to_string();
    page.split("```sh\n").skip(1).map(block).collect()
}

fn walk(run: &Run, block: &str) -> Output {
    let mut shell = Command::new("bash");
    shell
        .args(["-euo", "pipefail", "-c", block])
        .current_dir(run.dir().join("bundle"))
        .env("TMPDIR", run.dir());
    shell.output().expect("a shell")
}

#[test]
fn the_auditors_walk_holds_on_the_bundle_of_the_sample() {
    let test = "the_auditors_walk_holds_on_the_bundle_of_the_sample";
    if tools::program(test, "python3").is_none() {
        return;
    }
    let run = sample_lake();
    run.ok(&["bundle", "--lake", "lake", "--out", "bundle"]);
    let blocks = walk_commands();
    assert!(blocks.len() >= 7, "the walk has commands");
    let walk = |block: &str| walk(&run, block);
    for block in &blocks {
        let output = walk(block);
        assert!(output.status.success() && !output.stdout.is_empty(), "{block}\n{}", printed(&output));
    }
    // The commands can fail: a listing that lost a row is told by three of them.
    let path = run.dir().join("bundle/data/populations/held.csv");
    let text = fs::read_to_string(&path).expect("a listing");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.pop();
    fs::write(&path, lines.join("\n") + "\n").expect("a file");
    let failed = blocks.iter().filter(|b| !walk(b).status.success()).count();
    assert!(failed >= 3, "{failed} of the commands tell a lost row");
}

#[cfg(unix)]
#[test]
fn a_report_has_its_sheet_and_can_name_nobody() {
    let run = Run::new();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data"), &run.dir().join("sample-data"));
    run.write("pseudonyms.key", "0123456789abcdef0123456789abcdef\n");
    private(&run.dir().join("pseudonyms.key"));
    run.ok(&["run", "sample-data", "--pseudonymize", "--pseudonym-key", "pseudonyms.key"]);
    let sheet: serde_json::Value = serde_json::from_str(&run.read("vouchsafe-report/ipe.json")).expect("JSON");
    let files = tree(&run.dir().join("vouchsafe-report"));
    let outputs = sheet["outputs"].as_array().expect("a list");
    assert_eq!(outputs.len() + 2, files.len(), "every file is in the sheet, which is two files itself");
    for output in outputs {
        use sha2::Digest;
        let file = output["file"].as_str().expect("a name");
        assert_eq!(output["sha256"], hex::encode(sha2::Sha256::digest(&files[file])), "{file}");
    }
    let page = run.read("vouchsafe-report/ipe.md");
    for needed in ["ties", "Commit of the lake", "Thresholds", "not told", "pseudonyms", "read | 19"] {
        assert!(page.contains(needed), "{needed}\n{page}");
    }
    for text in files.values().map(|b| String::from_utf8_lossy(b).to_lowercase()) {
        assert!(!text.contains("mehmet.aydin") && !text.contains("mehmet aydin"));
    }
    let map = run.read("vouchsafe-report-who-is-who.csv");
    assert!(map.contains("mehmet.aydin"), "{map}");
}

#[test]
fn a_campaign_in_a_bundle_ties_and_can_be_made_again() {
    let run = sample_lake();
    let page = run.read("sample-data/looks/2026-06-30/users-0000.json");
    let page: serde_json::Value = serde_json::from_str(&page).expect("JSON");
    let users = page["value"].as_array().expect("users");
    let able = users.iter().filter(|u| u["accountEnabled"] == true && u["employeeLeaveDateTime"].is_null());
    let people: Vec<String> = able
        .map(|u| format!("{:?}", u["userPrincipalName"].as_str().expect("a name")))
        .take(4)
        .collect();
    let plan = "name = \"Q2\"\nsilence = \"keep\"\njustification = [\"revoke\"]\n[scope]\nkinds = [\"access_package\", \"group\"]\n";
    run.write(
        "campaign.toml",
        &format!("{plan}[[reviewers]]\nby = \"person\"\npersons = [{}]\n", people.join(", ")),
    );
    // 2 July 2026, two days after the last look, and days after it.
    let on = |day: u64, args: &[&str]| {
        let mut command = crate::common::vouchsafe(run.dir());
        command
            .args(args)
            .env("SOURCE_DATE_EPOCH", (1_782_950_400 + day * 86_400).to_string())
            .env("USER", "operator");
        let output = command.output().expect("the program starts");
        assert!(output.status.success(), "{args:?}\n{}", printed(&output));
        String::from_utf8(output.stdout).expect("text")
    };
    let id = on(0, &["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"])
        .trim()
        .to_string();
    let mut sheets: Vec<PathBuf> = fs::read_dir(run.dir().join("out").join(&id))
        .expect("sheets")
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.join("review.csv").is_file())
        .collect();
    sheets.sort();
    // The first reviewer decides, the others are silent.
    let first = sheets.iter().find(|p| !p.ends_with("unassigned")).expect("a sheet");
    let mut reader = csv::Reader::from_path(first.join("review.csv")).expect("a sheet");
    let header = reader.headers().expect("a header").clone();
    let at = |name: &str| header.iter().position(|h| h == name).unwrap_or_else(|| panic!("{name} in {header:?}"));
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(&header).expect("a row");
    for (i, row) in reader.records().enumerate() {
        let mut cells: Vec<String> = row.expect("a row").iter().map(ToString::to_string).collect();
        let revoke = i % 5 == 0;
        cells[at("decision")] = if revoke { "revoke" } else { "keep" }.into();
        cells[at("justification")] = if revoke { "left for my therapy" } else { "" }.into();
        out.write_record(&cells).expect("a row");
    }
    run.write("back.csv", &out.into_inner().expect("memory"));
    let reviewer = first.file_name().expect("a name").to_string_lossy().into_owned();
    on(2, &["campaign", "import", "back.csv", "--as", &reviewer, "--lake", "lake"]);
    on(2, &["bundle", "--lake", "lake", "--out", "open", "--campaign", &id]);
    on(40, &["campaign", "close", &id, "--lake", "lake"]);
    on(41, &["bundle", "--lake", "lake", "--out", "bundle", "--campaign", &id]);
    let said = on(41, &["verify", "bundle", "--lake", "lake"]);
    assert!(said.contains("campaign: population") && said.contains("the same to the byte"), "{said}");
    // The campaign went on since, and its log only grows: what the bundle read of it is read again.
    let said = on(41, &["verify", "open", "--lake", "lake"]);
    assert!(said.contains("the same to the byte"), "{said}");
    let page = run.read("bundle/data/index.html");
    assert!(
        page.contains("id=\"campaign-1\"") && page.contains("Outcome of removals"),
        "the report has the campaign"
    );
    for flags in [&["--axe"][..], &["--axe", "--dark"][..]] {
        let test = "a_campaign_in_a_bundle_ties_and_can_be_made_again";
        if let Some(told) = crate::report::opened(test, &run.dir().join("bundle/data/index.html"), flags) {
            assert_eq!(told["violations"], serde_json::json!([]), "{flags:?}");
            assert_eq!(told["complaints"], serde_json::json!([]), "{flags:?}");
        }
    }

    let rows = |name: &str| -> Vec<std::collections::BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(run.dir().join(format!("bundle/data/campaign/{name}.csv"))).expect("a table");
        reader.deserialize().map(|r| r.expect("a row")).collect()
    };
    let items = rows("items");
    let drift = rows("drift");
    for word in ["joined", "left"] {
        let told = rows("campaign").into_iter().find(|r| r["what"] == word).map(|r| r["value"].clone());
        let listed = drift.iter().filter(|r| r["change"] == word).count();
        assert_eq!(told, Some(listed.to_string()), "each that {word} is a row");
    }
    let of = |word: &str| items.iter().filter(|r| r["decision"] == word).count();
    assert!(of("revoke") > 0 && of("keep") > 0);
    assert_eq!(rows("spot-check").len(), of("keep").div_ceil(10), "a tenth of the keeps");
    assert_eq!(rows("removals").len(), of("revoke"), "every revocation is followed");
    assert_eq!(
        rows("decisions").iter().filter(|r| r["by"] == "person").count(),
        rows("proofs").iter().map(|r| r["decided"].parse::<usize>().expect("a number")).sum::<usize>()
    );
    assert!(rows("proofs").iter().all(|r| r["proof"] == "operator-asserted"));
    let text = run.read("bundle/data/campaign/items.csv");
    assert!(!text.contains("therapy") && text.contains("characters, SHA-256"), "what people wrote is masked");
    // A reviewer's key is the beginning of an address: with pseudonyms it stands nowhere.
    run.write("pseudonyms.key", "0123456789abcdef0123456789abcdef\n");
    private(&run.dir().join("pseudonyms.key"));
    let flags = ["--campaign", &id, "--pseudonymize", "--pseudonym-key", "pseudonyms.key"];
    on(41, &[&["bundle", "--lake", "lake", "--out", "covered"], &flags[..]].concat());
    let keys: Vec<&str> = people.iter().filter_map(|p| p.trim_matches('"').split('@').next()).collect();
    assert_eq!(keys.len(), 4);
    for (file, bytes) in tree(&run.dir().join("covered")) {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let named: Vec<&&str> = keys.iter().filter(|k| text.contains(&k.to_lowercase())).collect();
        assert!(named.is_empty(), "{file} names {named:?}");
    }
    if tools::program("a_campaign_in_a_bundle_ties_and_can_be_made_again", "python3").is_some() {
        let block = walk_commands()
            .into_iter()
            .find(|b| b.contains("data/campaign"))
            .expect("the walk looks at campaigns");
        let output = walk(&run, &block);
        assert!(output.status.success() && printed(&output).contains("'revoke'"), "{}", printed(&output));
        let path = run.dir().join("bundle/data/campaign/drift.csv");
        let text = fs::read_to_string(&path).expect("a listing");
        fs::write(&path, format!("{text}joined,,x,x,group:x,x,,x\n")).expect("a file");
        assert!(!walk(&run, &block).status.success(), "a row that was added is told");
        // One that the head counts too is right: the walk reads the column that bundles have.
        let head = run.dir().join("bundle/data/campaign/campaign.csv");
        let told = fs::read_to_string(&head).expect("a head");
        let value = |name: &str| {
            rows("campaign")
                .into_iter()
                .find(|r| r["what"] == name)
                .map(|r| r["value"].clone())
                .expect("a line")
        };
        let more = |text: &str, name: &str| {
            let number: usize = value(name).parse().expect("a number");
            text.replace(&format!("{name},{number}\n"), &format!("{name},{}\n", number + 1))
        };
        fs::write(&head, more(&more(&told, "joined"), "held_now")).expect("a file");
        let output = walk(&run, &block);
        assert!(output.status.success(), "{}", printed(&output));
        fs::write(&head, told).expect("a file");
        fs::write(&path, text).expect("a file");
    }
    let log = rows("log");
    assert!(log.windows(2).all(|w| w[1]["previous_sha256"] == w[0]["sha256"]), "the log is a chain");
}

#[test]
fn a_campaign_discloses_what_was_left_out_and_that_it_was_cut_short() {
    let run = sample_lake();
    run.write(
        "campaign.toml",
        "name = \"Q2\"\nsilence = \"keep\"\n[scope]\nexclude_packages = [\"Building Badges\"]\nexclude_because = \"given by a rule\"\n[[reviewers]]\nby = \"manager\"\n",
    );
    let id = run
        .ok(&["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"])
        .stdout
        .trim()
        .to_string();
    run.ok(&["campaign", "close", &id, "--lake", "lake", "--force", "the auditor comes tomorrow"]);
    let signoff = |statement: &str| {
        let manager = ["--manager", "hanna.lindgren@meridell-care.example", "--statement", statement];
        run.ok(&[&["campaign", "signoff", &id, "--lake", "lake"], &manager[..]].concat()).stderr
    };
    assert!(signoff("Reviewed.").contains("signed off by"));
    assert!(signoff("Reviewed.").contains("has signed off already, as of this commit"));
    run.ok(&["bundle", "--lake", "lake", "--out", "bundle", "--campaign", &id]);
    let told: std::collections::BTreeMap<String, String> = csv::Reader::from_path(run.dir().join("bundle/data/campaign/campaign.csv"))
        .expect("a table")
        .deserialize()
        .map(|r| r.expect("a row"))
        .collect();
    assert_eq!(told["closed_before_the_end_because"], "the auditor comes tomorrow");
    assert_eq!(told["due_at"], told["due_at_opening"], "the end stays what it was");
    assert!(told["closed_at"] < told["due_at"] && told["decided_by_persons"] == "0", "{told:?}");
    let terms = run.read("bundle/data/campaign/terms.csv");
    assert!(
        terms.contains("Building Badges, because: given by a rule") && terms.contains("access_package; what is held of any other kind"),
        "{terms}"
    );
    let limits = run.read("bundle/data/limits.md");
    assert!(limits.contains("before its end on") && limits.contains("there was no response"), "{limits}");
    let page = run.read("bundle/data/index.html");
    for words in ["the auditor comes tomorrow", "given by a rule", "It is closed: no response came about"] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("have done their part"));
    let said = run.ok(&["verify", "bundle", "--lake", "lake"]).stdout;
    let (proved, open) = said.split_once("not proved").expect("both parts");
    assert!(
        proved.contains("the same to the byte") && open.contains("about which there was no response"),
        "{said}"
    );

    // Evidence is not written over, and the sheet says what it is stamped with.
    let again = run.tell(&["bundle", "--lake", "lake", "--out", "bundle"]);
    assert!(again.code == 2 && again.stderr.contains("not written over"), "{}", again.stderr);
    assert!(
        run.read("bundle/data/ipe/ipe.md").contains("| Stamped | 2026-10-26T"),
        "the fixed clock of the test"
    );
}
