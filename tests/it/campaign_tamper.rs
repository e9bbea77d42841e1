//! Manipulations of a campaign, each with who catches it: nobody can rewrite what was decided.

use crate::campaign::{Row, fill, ok, on, reviewers, sample, sheet, status};
use crate::common::Run;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

struct Case {
    run: Run,
    id: String,
}

fn hash(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes.as_ref()))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).expect("copied");
        }
    }
}

impl Case {
    /// A campaign with decisions of one reviewer, and a bundle that somebody else keeps.
    fn new() -> Self {
        Self::begun(Run::new(), &[])
    }

    /// A campaign that knows the reviewer's key from the beginning: `key`, named in `signers`.
    fn with_keys() -> Self {
        let run = Run::new();
        crate::tools::keys(&run);
        run.write("signers", &signers(&run, "key"));
        Self::begun(run, &["--allowed-signers", "signers"])
    }

    fn begun(run: Run, more: &[&str]) -> Self {
        ok(&run, 0, &["ingest", sample().to_str().expect("a path"), "--lake", "lake"]);
        run.write(
            "campaign.toml",
            "name = \"Tamper\"\njustification = []\n[[reviewers]]\nby = \"person\"\npersons = [\"hanna.lindgren@meridell-care.example\"]\n",
        );
        let open = [&["campaign", "open", "campaign.toml", "--lake", "lake", "--out", "out"], more].concat();
        let id = ok(&run, 0, &open).stdout.trim().to_string();
        let key = reviewers(&status(&run, 0, &id))
            .into_iter()
            .find(|k| k.contains("hanna"))
            .expect("the reviewer");
        let file = fill(&run, &id, &key, |_, _| ("keep", "needed on the ward"));
        ok(&run, 1, &["campaign", "import", &file, "--as", &key, "--lake", "lake"]);
        ok(&run, 2, &["bundle", "--lake", "lake", "--out", "kept", "--campaign", &id]);
        copy(&run.dir().join("lake"), &run.dir().join("good"));
        Self { run, id }
    }

    fn restore(&self) {
        fs::remove_dir_all(self.run.dir().join("lake")).expect("removed");
        copy(&self.run.dir().join("good"), &self.run.dir().join("lake"));
    }

    fn campaign(&self) -> PathBuf {
        self.run.dir().join("lake/campaigns").join(&self.id)
    }

    fn batches(&self) -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = fs::read_dir(self.campaign().join("log")).expect("a log").flatten().map(|e| e.path()).collect();
        all.sort();
        all
    }

    /// Rewrites the log line by line, and chains it anew.
    fn rechain(&self, change: impl Fn(&str) -> String) {
        let mut previous = String::new();
        for path in self.batches() {
            let text = fs::read_to_string(&path).expect("a step");
            let mut out = String::new();
            for line in text.lines() {
                let old: Value = serde_json::from_str(line).expect("JSON");
                let was = old["previous"].as_str().expect("a hash");
                let line = change(line).replace(&format!("\"previous\":\"{was}\""), &format!("\"previous\":\"{previous}\""));
                previous = hash(&line);
                out += &line;
                out.push('\n');
            }
            fs::write(&path, out).expect("written");
        }
    }

    /// Appends entries, chained as the program does; they are made of the last decision.
    fn append(&self, make: impl Fn(&Value) -> Vec<Value>) {
        let last = self.batches().pop().expect("a step");
        let all: String = self.batches().iter().map(|p| fs::read_to_string(p).expect("a step")).collect();
        let parsed = |line: &str| -> Value { serde_json::from_str(line).expect("JSON") };
        let decided = parsed(all.lines().rfind(|l| l.contains("\"event\":\"decided\"")).expect("a decision"));
        let end = all.lines().last().expect("an entry");
        let (mut previous, mut sequence) = (hash(end), parsed(end)["sequence"].as_u64().expect("a number"));
        let mut out = String::new();
        for mut entry in make(&decided) {
            sequence += 1;
            entry["sequence"] = sequence.into();
            entry["previous"] = previous.into();
            let line = entry.to_string();
            previous = hash(&line);
            out += &(line + "\n");
        }
        let number: u64 = last.file_stem().and_then(|n| n.to_str()).and_then(|n| n.parse().ok()).expect("a number");
        fs::write(last.with_file_name(format!("{:012}.jsonl", number + 1)), out).expect("written");
    }

    /// Appends an import that claims a signature, and a decision of it; there is no file, no signature and no key.
    fn invent(&self) {
        let all: String = self.batches().iter().map(|p| fs::read_to_string(p).expect("a step")).collect();
        let next = all.lines().count() as u64 + 1;
        let imported = all.lines().find(|l| l.contains("\"event\":\"imported\"")).expect("an import");
        let imported: Value = serde_json::from_str(imported).expect("JSON");
        self.append(|last| {
            let (mut import, mut decided) = (imported.clone(), last.clone());
            import["sha256"] = "ab".repeat(32).into();
            import["proof"] = serde_json::json!({
                "kind": "sshsig", "principal": "hanna.lindgren@meridell-care.example", "key_fingerprint": "SHA256:invented",
                "namespace": "vouchsafe", "signature_sha256": "cd".repeat(32)
            });
            decided["import"] = next.into();
            decided["choice"] = "revoke".into();
            vec![import, decided]
        });
    }

    /// The hash of an entry of the log as it is now.
    fn entry(&self, sequence: u64) -> String {
        let all: String = self.batches().iter().map(|p| fs::read_to_string(p).expect("a step")).collect();
        let line = all.lines().nth(usize::try_from(sequence).expect("small") - 1).expect("an entry");
        hash(line)
    }

    /// Rewrites the commits of the lake so that they name the log as it is now.
    fn recommit(&self) {
        let dir = self.run.dir().join("lake/_commits");
        let mut all: Vec<PathBuf> = fs::read_dir(&dir).expect("commits").flatten().map(|e| e.path()).collect();
        all.sort();
        let mut parent = String::new();
        for path in all {
            let mut text = fs::read_to_string(&path).expect("a commit");
            let commit: Value = serde_json::from_str(&text).expect("JSON");
            let was = commit["parent"].as_str().expect("a parent").to_string();
            if !was.is_empty() {
                text = text.replace(&was, &parent);
            }
            for head in commit["campaigns"].as_array().into_iter().flatten() {
                let now = self.entry(head["entries"].as_u64().expect("a number"));
                text = text.replace(head["log_sha256"].as_str().expect("a hash"), &now);
            }
            parent = hash(&text);
            fs::write(&path, text).expect("written");
        }
        fs::remove_dir_all(self.run.dir().join("lake/_checkpoints")).expect("removed");
    }

    /// Whether `lake verify` refuses, and what it says.
    fn refused(&self, what: &str, says: &str) {
        let told = on(&self.run, 3, &["lake", "verify", "--lake", "lake"]);
        assert_eq!(told.code, 3, "{what}: {}{}", told.stdout, told.stderr);
        assert!(
            format!("{}{}", told.stdout, told.stderr).contains(says),
            "{what}: {}{}",
            told.stdout,
            told.stderr
        );
        let bundled = on(&self.run, 3, &["bundle", "--lake", "lake", "--out", "anew", "--campaign", &self.id]);
        assert_ne!(bundled.code, 0, "{what}: nothing can be bundled of it");
    }
}

/// The line of allowed signers that names a key for the reviewer.
fn signers(run: &Run, key: &str) -> String {
    let public = run.read(&format!("{key}.pub"));
    let public = public.rsplit_once(' ').map_or(public.as_str(), |(key, _)| key);
    format!("{HANNA} namespaces=\"vouchsafe\" {public}\n")
}

const HANNA: &str = "hanna.lindgren@meridell-care.example";

/// Signs a file with a key of the folder.
fn sign(run: &Run, key: &str, file: &str) {
    let signed = std::process::Command::new("ssh-keygen")
        .args(["-Y", "sign", "-n", "vouchsafe", "-f", key, file])
        .current_dir(run.dir())
        .output()
        .expect("ssh-keygen starts");
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
}

/// One decision to keep becomes a removal.
fn first_keep(line: &str) -> String {
    let entry: Value = serde_json::from_str(line).expect("JSON");
    let decided = entry["event"] == "decided" && entry["choice"] == "keep";
    let decided = decided && entry["sequence"].as_u64().is_some_and(|n| n % 7 == 0);
    if decided {
        line.replace("\"choice\":\"keep\"", "\"choice\":\"revoke\"")
    } else {
        line.to_string()
    }
}

#[test]
fn every_manipulation_of_a_campaign_is_caught_by_somebody() {
    let case = Case::new();
    let told = ok(&case.run, 3, &["lake", "verify", "--lake", "lake"]).stdout;
    assert!(told.contains("1 campaigns: commits name"), "{told}");
    let decisions = status(&case.run, 3, &case.id)["keep"].as_u64().expect("a number");
    assert!(told.contains(&format!("{decisions} decisions stand so in the files")), "{told}");

    let edit = |path: &Path, from: &str, to: &str| {
        let text = fs::read_to_string(path).expect("a file");
        let changed = text.replacen(from, to, 1);
        assert_ne!(text, changed, "{} has {from}", path.display());
        fs::write(path, changed).expect("written");
    };
    let import = || {
        let texts = case.batches().into_iter().map(|p| (fs::read_to_string(&p).expect("a step"), p));
        let decided = texts.into_iter().find(|(text, _)| text.contains("\"event\":\"decided\""));
        decided.expect("the import").1
    };

    edit(&import(), "\"choice\":\"keep\"", "\"choice\":\"revoke\"");
    case.refused("a decision edited", "does not follow");
    case.restore();

    case.rechain(first_keep);
    case.refused("a decision edited and chained anew", "it was rewritten");
    case.restore();

    fs::remove_file(case.batches().pop().expect("a step")).expect("removed");
    case.refused("the last step cut off", "the end was cut off");
    case.restore();

    let items = case.campaign().join("items.jsonl");
    let text = fs::read_to_string(&items).expect("items");
    let (_, rest) = text.split_once('\n').expect("several items");
    fs::write(&items, rest).expect("written");
    case.refused("an item dropped", "population");
    case.restore();

    edit(&items, "\"sensitive\":false", "\"sensitive\":true");
    case.refused("an item made sensitive", "not those that were frozen");
    case.restore();

    edit(
        &case.campaign().join("contexts.jsonl"),
        "\"recommendation_reason\":\"",
        "\"recommendation_reason\":\"not ",
    );
    case.refused("what reviewers were told", "not those that were frozen");
    case.restore();

    edit(
        &case.campaign().join("campaign.json"),
        "\"opened_by\": \"operator\"",
        "\"opened_by\": \"somebody\"",
    );
    case.refused("who opened it", "campaign.json is not the one");
    case.restore();

    fs::remove_dir_all(case.campaign()).expect("removed");
    case.refused("the campaign deleted", "it is gone");
    case.restore();

    let returned = fs::read_dir(case.campaign().join("returned"))
        .expect("kept files")
        .flatten()
        .next()
        .expect("a file")
        .path();
    edit(&returned, "keep", "revoke");
    case.refused("the returned file edited", "not the one that came back");
    case.restore();

    fs::remove_file(&returned).expect("removed");
    case.refused("the returned file taken away", "is gone");
    case.restore();

    // A step that no command writes: no response over what a person decided.
    case.append(|last| {
        let mut entry = last.clone();
        entry["by"] = "silence".into();
        entry["decided_by"] = "silence: keep".into();
        entry["choice"] = "revoke".into();
        entry["import"] = 0.into();
        vec![entry]
    });
    case.refused("no response over a person", "lets no response overrule a decision");
    case.restore();

    case.invent();
    case.refused("an import that never was", "the entry was never an import");
    let proofs = status(&case.run, 3, &case.id)["proofs"].clone();
    assert!(proofs.get("sshsig").is_none(), "an invented signature proves nothing: {proofs}");
    case.restore();

    // With the lake's own history rewritten too, the file that came back still says otherwise.
    case.rechain(first_keep);
    case.recommit();
    case.refused("a decision and every commit rewritten", "are not those of the file that came back");
    case.restore();
}

#[test]
fn who_rewrites_everything_is_caught_by_the_bundle_that_somebody_else_keeps() {
    let case = Case::new();
    let returned = fs::read_dir(case.campaign().join("returned"))
        .expect("kept files")
        .flatten()
        .next()
        .expect("a file")
        .path();
    let old = fs::read_to_string(&returned).expect("the file");
    let was = hash(&old);
    // The decisions, the file that came back, the log, the commits and the checkpoints: all made anew, and bundled.
    let new = old.replacen("keep", "revoke", usize::MAX);
    let is = hash(&new);
    fs::write(returned.with_file_name(&is), &new).expect("written");
    fs::remove_file(&returned).expect("removed");
    case.rechain(|line| line.replace("\"choice\":\"keep\"", "\"choice\":\"revoke\"").replace(&was, &is));
    case.recommit();
    let alone = on(&case.run, 3, &["lake", "verify", "--lake", "lake"]);
    assert_eq!(alone.code, 0, "nothing in the lake alone can show it: {}{}", alone.stdout, alone.stderr);
    ok(&case.run, 4, &["bundle", "--lake", "lake", "--out", "anew", "--campaign", &case.id]);
    let told = on(&case.run, 4, &["verify", "anew", "--since", "kept"]);
    assert_eq!(told.code, 3, "{}", told.stdout);
    assert!(told.stdout.contains("it was rewritten or cut off"), "{}", told.stdout);
    let told = on(&case.run, 4, &["verify", "kept", "--lake", "lake"]);
    assert_eq!(told.code, 3, "and by the lake against the older bundle: {}", told.stdout);

    // What only grew is no rewriting.
    case.restore();
    let key = reviewers(&status(&case.run, 3, &case.id))
        .into_iter()
        .find(|k| k.contains("hanna"))
        .expect("the reviewer");
    let rows: Vec<Row> = sheet(&case.run, &case.id, &key).1;
    assert!(!rows.is_empty());
    let file = fill(&case.run, &case.id, &key, |n, _| {
        if n == 0 {
            ("revoke", "left the ward")
        } else {
            ("keep", "needed on the ward")
        }
    });
    ok(&case.run, 5, &["campaign", "import", &file, "--as", &key, "--lake", "lake"]);
    ok(&case.run, 6, &["bundle", "--lake", "lake", "--out", "grown", "--campaign", &case.id]);
    let told = ok(&case.run, 6, &["verify", "grown", "--since", "kept", "--lake", "lake"]).stdout;
    assert!(told.contains("campaigns: commits of the lake name"), "{told}");
}

#[test]
fn a_signed_file_goes_into_the_bundle_and_its_signature_is_checked_again_there() {
    let test = "a_signed_file_goes_into_the_bundle_and_its_signature_is_checked_again_there";
    if crate::tools::program(test, "ssh-keygen").is_none() {
        return;
    }
    let case = Case::with_keys();
    let key = reviewers(&status(&case.run, 3, &case.id))
        .into_iter()
        .find(|k| k.contains("hanna"))
        .expect("the reviewer");
    let file = fill(&case.run, &case.id, &key, |n, _| {
        if n < 5 {
            ("revoke", "left the ward for good")
        } else {
            ("keep", "needed on the ward")
        }
    });
    sign(&case.run, "key", &file);
    // The keys of the opening need not be named again.
    ok(&case.run, 3, &["campaign", "import", &file, "--as", &key, "--lake", "lake"]);
    let proofs = status(&case.run, 3, &case.id)["proofs"].clone();
    // Those that the file changed, and those that it confirms: all of the reviewer's are signed now.
    let signed = proofs["sshsig"].as_u64().expect("a number");
    assert!(signed > 5 && proofs.get("operator-asserted").is_none(), "{proofs}");

    // Grades are counted on the first page, and sum to the population.
    ok(&case.run, 4, &["bundle", "--lake", "lake", "--out", "masked", "--campaign", &case.id]);
    let first = case.run.read("masked/data/README.md");
    let population = status(&case.run, 4, &case.id)["population"].as_u64().expect("a number");
    for part in [
        format!("{population} items = "),
        format!("{signed} signed by the reviewer with an SSH key that was named at the opening (`sshsig`)"),
    ] {
        assert!(first.contains(&part), "{part}: {first}");
    }
    let told = ok(&case.run, 4, &["verify", "masked", "--lake", "lake"]).stdout;
    assert!(told.contains("who decided, as the first page says"), "{told}");
    assert!(
        !case.run.dir().join("masked/data/campaign/returned").exists(),
        "what people wrote is not in a bundle that masks it"
    );
    assert!(case.run.read("masked/data/limits.md").contains("`--show-text` puts them in"));

    ok(
        &case.run,
        4,
        &["bundle", "--lake", "lake", "--out", "shown", "--campaign", &case.id, "--show-text"],
    );
    let told = ok(&case.run, 4, &["verify", "shown", "--lake", "lake"]).stdout;
    assert!(
        told.contains("2 files that came back; 1 signatures hold") && told.contains("the same to the byte"),
        "{told}"
    );
    let returned = case.run.dir().join("shown/data/campaign/returned");
    let names: Vec<String> = fs::read_dir(&returned)
        .expect("files")
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    let sheet = names.iter().find(|n| names.contains(&format!("{n}.sig"))).expect("a signed file");
    // Who changes the file has to change its hash wherever it stands, and still the signature does not hold.
    let path = returned.join(sheet);
    let old = fs::read_to_string(&path).expect("the file");
    let new = old.replacen("left the ward", "stays the ward", 1);
    fs::write(&path, &new).expect("written");
    let (was, is) = (hash(&old), hash(&new));
    for name in ["data/campaign/proofs.csv", "data/ipe/ipe.json", "data/ipe/ipe.md", "manifest-sha256.txt"] {
        let path = case.run.dir().join("shown").join(name);
        let text = fs::read_to_string(&path).expect("a file");
        fs::write(&path, text.replace(&was, &is)).expect("written");
    }
    let told = on(&case.run, 4, &["verify", "shown"]);
    assert_eq!(told.code, 3);
    assert!(told.stdout.contains("the signature is not of this file"), "{}", told.stdout);

    // And by the lake: a signature that was kept is checked again, and so is what was signed off.
    ok(&case.run, 20, &["campaign", "close", &case.id, "--lake", "lake"]);
    ok(
        &case.run,
        21,
        &[
            "campaign",
            "signoff",
            &case.id,
            "--manager",
            "mehmet.aydin@meridell-care.example",
            "--statement",
            "Seen.",
            "--lake",
            "lake",
        ],
    );
    ok(&case.run, 22, &["lake", "verify", "--lake", "lake"]);
    let kept = case.campaign().join("returned");
    let document = fs::read_dir(&kept).expect("files").flatten().map(|e| e.path());
    let document = document
        .into_iter()
        .find(|p| fs::read_to_string(p).is_ok_and(|t| t.contains("Seen.")))
        .expect("what was signed off");
    let text = fs::read_to_string(&document).expect("text");
    fs::write(&document, text.replace("Seen.", "Everything is fine.")).expect("written");
    let told = on(&case.run, 22, &["lake", "verify", "--lake", "lake"]);
    assert_eq!(told.code, 3, "{}{}", told.stdout, told.stderr);
    assert!(
        format!("{}{}", told.stdout, told.stderr).contains("is not what it was"),
        "{}{}",
        told.stdout,
        told.stderr
    );
}

#[test]
fn a_key_that_comes_after_the_sheets_counts_for_less_and_is_told_with_who_named_it() {
    let test = "a_key_that_comes_after_the_sheets_counts_for_less_and_is_told_with_who_named_it";
    if crate::tools::program(test, "ssh-keygen").is_none() {
        return;
    }
    let case = Case::with_keys();
    let (run, id) = (&case.run, case.id.as_str());
    // Who owns the folder makes a key in the reviewer's name, and signs a sheet with it.
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "hanna", "-f", "own"])
        .current_dir(run.dir())
        .status();
    assert!(made.is_ok_and(|s| s.success()));
    run.write("own-signers", &signers(run, "own"));
    let key = reviewers(&status(run, 3, id)).into_iter().find(|k| k.contains("hanna")).expect("the reviewer");
    let file = fill(run, id, &key, |_, _| ("revoke", "left the ward for good"));
    sign(run, "own", &file);
    let unknown = on(run, 3, &["campaign", "import", &file, "--as", &key, "--lake", "lake"]);
    assert_eq!(unknown.code, 3, "the keys of the opening do not know it: {}", unknown.stderr);
    assert!(unknown.stderr.contains("no line of the allowed signers has the key"), "{}", unknown.stderr);
    let import = ["campaign", "import", &file, "--as", &key, "--allowed-signers", "own-signers", "--lake", "lake"];
    ok(run, 3, &[&import[..], &["--by", "owner"]].concat());

    let now = status(run, 3, id);
    let decided = now["revoke"].as_u64().expect("a number");
    assert!(decided > 5);
    assert_eq!(
        now["proofs"],
        serde_json::json!({"sshsig-later-key": decided}),
        "it is no signature of the reviewer's"
    );
    assert_eq!(now["late_keys"][0]["named_by"], "owner", "{}", now["late_keys"]);
    let told = ok(run, 3, &["campaign", "status", id, "--lake", "lake"]).stdout;
    assert!(
        told.contains(&format!("{decided} decisions rest on a key of {HANNA} that owner named on")),
        "{told}"
    );
    let told = ok(run, 3, &["lake", "verify", "--lake", "lake"]).stdout;
    assert!(told.contains("that owner named on 2026-07-05"), "{told}");
    ok(run, 4, &["bundle", "--lake", "lake", "--out", "late", "--campaign", id, "--show-text"]);
    assert!(
        run.read("late/data/README.md")
            .contains(&format!("{decided} signed with an SSH key that was named only when the file came back"))
    );
    assert!(run.read("late/data/limits.md").contains("with a key that owner named on 2026-07-05"));
    let told = ok(run, 4, &["verify", "late", "--lake", "lake"]).stdout;
    assert!(told.contains("signed with keys that were named only when the files came back"), "{told}");

    // A list that the owner of the folder cannot write says it outright, of the lake and of the bundle.
    for args in [&["lake", "verify", "--lake", "lake"][..], &["verify", "late"]] {
        let told = on(run, 4, &[args, &["--reviewer-signers", "signers"]].concat());
        assert_eq!(told.code, 3, "{}{}", told.stdout, told.stderr);
        assert!(told.stdout.contains("is not theirs by the list that was given"), "{}", told.stdout);
    }

    // The reviewer's own signature over the same decisions raises the grade.
    fs::remove_file(run.dir().join(format!("{file}.sig"))).expect("removed");
    sign(run, "key", &file);
    ok(run, 5, &["campaign", "import", &file, "--as", &key, "--lake", "lake"]);
    assert_eq!(status(run, 5, id)["proofs"], serde_json::json!({"sshsig": decided}));
    ok(run, 6, &["bundle", "--lake", "lake", "--out", "own-key", "--campaign", id, "--show-text"]);
    let told = ok(run, 6, &["verify", "own-key"]).stdout;
    assert!(told.contains("whose keys signed"), "what nothing in the bundle shows is named: {told}");

    // An entry that claims the keys of the opening, with another key, is refused.
    let all: String = case.batches().iter().map(|p| fs::read_to_string(p).expect("a step")).collect();
    let opening: Value = serde_json::from_str(all.lines().next().expect("an entry")).expect("JSON");
    let pinned = opening["signers_sha256"].as_str().expect("the list of the opening").to_string();
    let own = hash(run.read("own-signers"));
    assert_ne!(pinned, own);
    case.rechain(|line| line.replace(&own, &pinned));
    case.recommit();
    let told = on(run, 6, &["lake", "verify", "--lake", "lake"]);
    assert_eq!(told.code, 3, "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.contains("does not name the key"), "{}", told.stdout);
}

#[test]
fn entries_that_no_command_committed_are_told_for_ever() {
    let case = Case::new();
    // A valid entry, written by hand beside the program; the next command takes it into the history.
    case.append(|last| {
        let mut decided = last.clone();
        decided["choice"] = "revoke".into();
        vec![decided]
    });
    let until = [
        "campaign",
        "extend",
        &case.id,
        "--until",
        "2026-08-30",
        "--reason",
        "more time",
        "--lake",
        "lake",
    ];
    ok(&case.run, 4, &until);
    let told = on(&case.run, 4, &["lake", "verify", "--lake", "lake"]);
    let text = format!("{}{}", told.stdout, told.stderr);
    assert!(text.contains("came into the history with a later step only"), "{text}");
}
