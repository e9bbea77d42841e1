//! Manipulations of a bundle and of a lake, each with who is the first to catch it; those of a campaign are in `campaign_tamper`.
//!
//! `verify` needs nothing but the bundle, `signature` the signer's public key, `lake` the lake, `since` an older bundle, and
//! `checkpoint` three lines that somebody else keeps. What nobody catches must stand in the list of what cannot be proved.

use crate::common::{Run, copy};
use crate::lake_log::{event, lake_of};
use crate::tools::{self, keys};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

fn hash(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes.as_ref()))
}

fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path();
                found.push(path.strip_prefix(dir).expect("below it").to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// A bundle under attack.
struct Bundle {
    run: Run,
}

impl Bundle {
    fn path(&self, name: &str) -> PathBuf {
        self.run.dir().join("bundle").join(name)
    }

    fn edit(&self, name: &str, change: impl Fn(String) -> String) {
        let text = fs::read_to_string(self.path(name)).expect("a text");
        let changed = change(text.clone());
        assert_ne!(text, changed, "{name} is changed");
        fs::write(self.path(name), changed).expect("written");
    }

    fn flip(&self, name: &str) {
        let mut bytes = fs::read(self.path(name)).expect("a file");
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        fs::write(self.path(name), bytes).expect("written");
    }

    /// All hashes made anew: the sheet of information, the manifests, the size of the payload.
    fn reseal(&self) {
        let mut sheet = fs::read_to_string(self.path("data/ipe/ipe.json")).expect("a sheet");
        let old = fs::read_to_string(self.path("manifest-sha256.txt")).expect("a manifest");
        for line in old.lines() {
            let (was, name) = line.split_once("  ").expect("a line");
            if let Ok(bytes) = fs::read(self.path(name)) {
                sheet = sheet.replace(was, &hash(bytes));
            }
        }
        fs::write(self.path("data/ipe/ipe.json"), sheet).expect("written");
        let payload = files(&self.path("data"));
        let line = |name: &String| format!("{}  data/{name}\n", hash(fs::read(self.path(&format!("data/{name}"))).expect("a file")));
        fs::write(self.path("manifest-sha256.txt"), payload.iter().map(line).collect::<String>()).expect("written");
        let bytes: u64 = payload
            .iter()
            .map(|n| fs::metadata(self.path(&format!("data/{n}"))).expect("a file").len())
            .sum();
        let info = fs::read_to_string(self.path("bag-info.txt")).expect("the info");
        let oxum = format!("Payload-Oxum: {bytes}.{}", payload.len());
        let info: Vec<&str> = info.lines().map(|l| if l.starts_with("Payload-Oxum") { oxum.as_str() } else { l }).collect();
        fs::write(self.path("bag-info.txt"), info.join("\n") + "\n").expect("written");
        self.reseal_tags();
        // Whoever has not the key cannot sign it anew, and takes the signature away.
        let _ = fs::remove_file(self.path("tagmanifest-sha256.txt.sig"));
    }

    /// The sheet of information tells the rows of a listing as they are now, and no hash total.
    fn recount(&self, name: &str) {
        let path = self.path("data/ipe/ipe.json");
        let mut sheet: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).expect("a sheet")).expect("JSON");
        let rows = csv::Reader::from_path(self.path(&format!("data/{name}"))).expect("a listing").records().count();
        let outputs = sheet["outputs"].as_array_mut().expect("outputs");
        let output = outputs.iter_mut().find(|o| o["file"] == name).expect("the listing");
        output["rows"] = rows.into();
        output["hash_total"] = serde_json::Value::Null;
        fs::write(path, serde_json::to_string_pretty(&sheet).expect("JSON")).expect("written");
    }

    fn reseal_tags(&self) {
        let old = fs::read_to_string(self.path("tagmanifest-sha256.txt")).expect("a manifest");
        let line = |l: &str| {
            let name = l.split_once("  ").expect("a line").1;
            format!("{}  {name}\n", hash(fs::read(self.path(name)).expect("a file")))
        };
        fs::write(self.path("tagmanifest-sha256.txt"), old.lines().map(line).collect::<String>()).expect("written");
    }

    fn restore(&self) {
        fs::remove_dir_all(self.run.dir().join("bundle")).expect("removed");
        copy(&self.run.dir().join("good"), &self.run.dir().join("bundle"));
    }

    /// Who is the first to refuse it.
    fn caught(&self, has_keys: bool) -> (&'static str, String) {
        let mut told = String::new();
        let by_signature: &[&str] = &["--allowed-signers", "allowed"];
        let ways: [(&str, &[&str]); 4] = [
            ("verify", &[]),
            ("signature", if has_keys { by_signature } else { &[] }),
            ("lake", &["--lake", "lake"]),
            ("since", &["--since", "old"]),
        ];
        for (who, more) in ways {
            let answer = self.run.tell(&[&["verify", "bundle"][..], more].concat());
            assert!([0, 3].contains(&answer.code), "{who}: {}{}", answer.stdout, answer.stderr);
            if answer.code == 3 {
                return (who, answer.stdout);
            }
            told += &answer.stdout;
        }
        ("nobody", told)
    }
}

fn first_row(text: &str, from: &str, to: &str) -> String {
    let (head, rest) = text.split_once('\n').expect("a header");
    format!("{head}\n{}", rest.replacen(from, to, 1))
}

fn without_last_row(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.pop();
    lines.join("\n") + "\n"
}

#[test]
fn every_manipulation_of_a_bundle_is_caught_or_named() {
    let run = lake_of(2);
    let has_keys = tools::program("every_manipulation_of_a_bundle_is_caught_or_named", "ssh-keygen").is_some();
    if has_keys {
        keys(&run);
    }
    let signed: &[&str] = if has_keys { &["--sign-key", "key"] } else { &[] };
    run.ok(&[&["bundle", "--lake", "lake", "--out", "old"][..], signed].concat());
    run.write("in-7.ndjson", &event(7));
    run.ok(&["ingest", "in-7.ndjson", "--lake", "lake"]);
    run.ok(&[&["bundle", "--lake", "lake", "--out", "bundle"][..], signed].concat());
    copy(&run.dir().join("bundle"), &run.dir().join("good"));
    let b = Bundle { run };
    assert_eq!(b.caught(has_keys).0, "nobody", "the bundle itself is good");

    let by_key = if has_keys { "signature" } else { "lake" };
    type Attack<'a> = (&'a str, &'a str, Box<dyn Fn() + 'a>);
    let resealed = |name: &'static str, change: fn(String) -> String| {
        let b = &b;
        Box::new(move || {
            b.edit(name, change);
            b.reseal();
        })
    };
    let attacks: Vec<Attack> = vec![
        ("a byte of a listing", "verify", Box::new(|| b.flip("data/holdings.csv"))),
        ("a byte of the workbook", "verify", Box::new(|| b.flip("data/report.xlsx"))),
        ("a byte of a test sheet", "verify", Box::new(|| b.flip("data/samples/held-test.xlsx"))),
        ("a byte of the Parquet", "verify", Box::new(|| b.flip("data/holdings.parquet"))),
        (
            "a file deleted",
            "verify",
            Box::new(|| fs::remove_file(b.path("data/records.csv")).expect("removed")),
        ),
        (
            "a file added",
            "verify",
            Box::new(|| fs::write(b.path("data/extra.csv"), "x").expect("written")),
        ),
        (
            "two files swapped",
            "verify",
            Box::new(|| {
                fs::rename(b.path("data/findings.csv"), b.path("x")).expect("moved");
                fs::rename(b.path("data/holdings.csv"), b.path("data/findings.csv")).expect("moved");
                fs::rename(b.path("x"), b.path("data/holdings.csv")).expect("moved");
            }),
        ),
        (
            "an empty folder",
            "verify",
            Box::new(|| fs::create_dir(b.path("data/empty")).expect("a folder")),
        ),
        (
            "a file beside data",
            "verify",
            Box::new(|| fs::write(b.path("READ-ME-FIRST.html"), "x").expect("written")),
        ),
        (
            "fetch.txt",
            "verify",
            Box::new(|| fs::write(b.path("fetch.txt"), "https://x 1 data/y\n").expect("written")),
        ),
        (
            "a second manifest",
            "verify",
            Box::new(|| fs::write(b.path("manifest-md5.txt"), "0  data/findings.csv\n").expect("written")),
        ),
        (
            "an empty manifest",
            "verify",
            Box::new(|| fs::write(b.path("manifest-sha256.txt"), "").expect("written")),
        ),
        (
            "a doubled line of the manifest",
            "verify",
            Box::new(|| b.edit("manifest-sha256.txt", |t| format!("{t}{}\n", t.lines().next().expect("a line")))),
        ),
        (
            "a path that climbs",
            "verify",
            Box::new(|| b.edit("manifest-sha256.txt", |t| t.replacen("  data/", "  data/../data/", 1))),
        ),
        (
            "the two lines of BagIt",
            "verify",
            Box::new(|| b.edit("bagit.txt", |t| t.replace("1.0", "0.97"))),
        ),
        (
            "the size of the payload",
            "verify",
            Box::new(|| b.edit("bag-info.txt", |t| t.replace("Payload-Oxum: ", "Payload-Oxum: 1"))),
        ),
        (
            "another instant in the tag file, hashes anew",
            "verify",
            Box::new(|| {
                b.edit("bag-info.txt", |t| {
                    t.replace("External-Identifier: vouchsafe:", "External-Identifier: vouchsafe:x")
                });
                b.reseal_tags();
            }),
        ),
        (
            "a row of the holdings dropped and counted anew",
            "verify",
            Box::new(|| {
                b.edit("data/holdings.csv", |t| without_last_row(&t));
                b.recount("holdings.csv");
                b.reseal();
            }),
        ),
        (
            "a row of an undrawn population dropped and counted anew",
            "verify",
            Box::new(|| {
                b.edit("data/populations/opening.csv", |t| format!("{t}x,group,0{}\n", ",".repeat(14)));
                b.recount("populations/opening.csv");
                b.reseal();
            }),
        ),
        (
            "a row dropped, hashes anew",
            "verify",
            resealed("data/populations/held.csv", |t| without_last_row(&t)),
        ),
        (
            "a sampled row replaced, hashes anew",
            "verify",
            resealed("data/samples/held.csv", |t| first_row(&t, "|group|", "|group_|")),
        ),
        (
            "a row count of the sheet",
            "verify",
            resealed("data/ipe/ipe.json", |t| t.replacen("\"rows\": 1", "\"rows\": 2", 1)),
        ),
        (
            "the arithmetic, hashes anew",
            "verify",
            resealed("data/arithmetic.csv", |t| t.replacen(",yes", ",no", 1)),
        ),
        (
            "the counts of a source, hashes anew",
            "verify",
            resealed("data/ipe/sources.csv", |t| t.replacen(",1,1,0,0,0,", ",2,1,0,0,0,", 1)),
        ),
        (
            "the checkpoint, hashes anew",
            "verify",
            resealed("data/lake/checkpoint.txt", |t| t.replacen("\n3\n", "\n2\n", 1)),
        ),
        (
            "the newest commit, hashes anew",
            "verify",
            resealed("data/lake/commit.json", |t| t.replacen("2026", "2025", 1)),
        ),
        (
            "a leaf of the log, hashes anew",
            "verify",
            resealed("data/lake/log.csv", |t| t.replacen('a', "b", 1)),
        ),
        (
            "a row of what passed replaced, hashes anew",
            "verify",
            resealed("data/passed/LOG-04.csv", |t| first_row(&t, "log", "lot")),
        ),
        (
            "the index of what passed, hashes anew",
            "verify",
            resealed("data/passed/passed.csv", |t| t.replacen(",0,0,", ",1,0,", 1)),
        ),
        (
            "an answer of the control tests, hashes anew",
            "verify",
            resealed("data/control-tests.csv", |t| first_row(&t, ",not seen,", ",yes,")),
        ),
        (
            "whether a grant was approved, hashes anew",
            "verify",
            resealed("data/control-tests-approved.csv", |t| first_row(&t, ",not seen,", ",yes,")),
        ),
        (
            "the limits, hashes anew",
            by_key,
            resealed("data/limits.md", |t| t.replacen("- ", "- Not: ", 1)),
        ),
        (
            "the page, hashes anew",
            by_key,
            resealed("data/index.html", |t| t.replacen("current holding", "former holding", 1)),
        ),
        (
            "the controls, hashes anew",
            by_key,
            resealed("data/controls.csv", |t| first_row(&t, ",0,", ",1,")),
        ),
        (
            "OSCAL, hashes anew",
            by_key,
            resealed("data/oscal-assessment-results.json", |t| t.replacen("title", "titel", 1)),
        ),
        (
            "the configuration, hashes anew",
            by_key,
            resealed("data/configuration.toml", |t| format!("{t}# \n")),
        ),
        (
            "a test sheet, hashes anew",
            by_key,
            resealed("data/samples/held-test.csv", |t| first_row(&t, "not seen", "yes")),
        ),
        (
            "the workbook, hashes anew",
            by_key,
            Box::new(|| {
                b.flip("data/report.xlsx");
                b.reseal();
            }),
        ),
        (
            "a chart, hashes anew",
            by_key,
            Box::new(|| {
                let chart = files(&b.path("data/charts")).into_iter().next().expect("a chart");
                b.flip(&format!("data/charts/{chart}"));
                b.reseal();
            }),
        ),
        (
            "another table in the place of the Parquet, hashes anew",
            "verify",
            Box::new(|| {
                fs::copy(b.path("data/holdings.parquet"), b.path("data/findings.parquet")).expect("a copy");
                b.reseal();
            }),
        ),
        (
            "the walk that lies in it, hashes anew",
            by_key,
            resealed("data/auditor-walk.md", |t| t.replace("sha256sum --quiet -c", "true")),
        ),
        (
            "the open points, hashes anew",
            by_key,
            resealed("data/open-points.csv", |t| t.replacen(",missing,", ",on a word,", 1)),
        ),
        (
            "an older bundle of the same lake in its place",
            "named",
            Box::new(|| {
                fs::remove_dir_all(b.path("")).expect("removed");
                copy(&b.run.dir().join("old"), &b.path(""));
            }),
        ),
        (
            "a newer modification time",
            "named",
            Box::new(|| {
                let file = fs::File::options().write(true).open(b.path("data/findings.csv")).expect("a file");
                file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("a time");
            }),
        ),
    ];
    let mut wrong = Vec::new();
    for (name, expected, attack) in &attacks {
        attack();
        let (who, told) = b.caught(has_keys);
        let fits = match *expected {
            "named" => who == "nobody" && (told.contains("newer bundle takes its place") || told.contains("times and modes")),
            other => who == other,
        };
        if !fits {
            wrong.push(format!("{name}: caught by {who}, and expected by {expected}\n{told}"));
        }
        b.restore();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(attacks.len() >= 40, "{}", attacks.len());
}

#[cfg(unix)]
#[test]
fn a_link_in_a_bundle_is_refused() {
    let run = lake_of(1);
    run.ok(&["bundle", "--lake", "lake", "--out", "bundle"]);
    std::os::unix::fs::symlink("findings.csv", run.dir().join("bundle/data/link.csv")).expect("a link");
    let told = run.tell(&["verify", "bundle"]);
    assert_eq!(told.code, 3, "{}", told.stdout);
    assert!(told.stdout.contains("link"), "{}", told.stdout);
}

#[test]
fn every_manipulation_of_a_lake_is_caught_or_named() {
    let run = lake_of(4);
    run.write("kept.txt", &run.ok(&["lake", "checkpoint", "--lake", "lake"]).stdout);
    copy(&run.dir().join("lake"), &run.dir().join("good"));
    let lake = run.dir().join("lake");
    let restore = || {
        fs::remove_dir_all(&lake).expect("removed");
        copy(&run.dir().join("good"), &lake);
    };
    let nth = |folder: &str, n: usize| {
        let mut all: Vec<PathBuf> = fs::read_dir(lake.join(folder)).expect("a folder").flatten().map(|e| e.path()).collect();
        all.sort();
        all[n].clone()
    };
    let data = || {
        let name = files(&lake.join("data"))
            .into_iter()
            .find(|f| f.starts_with("audit_events"))
            .expect("a data file");
        lake.join("data").join(name)
    };
    let edit = |path: &Path, from: &str, to: &str| {
        let text = fs::read_to_string(path).expect("a text");
        let changed = text.replacen(from, to, 1);
        assert_ne!(text, changed, "{}", path.display());
        fs::write(path, changed).expect("written");
    };
    type Attack<'a> = (&'a str, &'a str, &'a str, Box<dyn Fn() + 'a>);
    let attacks: Vec<Attack> = vec![
        (
            "a byte of a data file",
            "verify",
            "damaged:",
            Box::new(|| {
                let mut bytes = fs::read(data()).expect("bytes");
                let at = bytes.len() / 2;
                bytes[at] ^= 1;
                fs::write(data(), bytes).expect("written");
            }),
        ),
        (
            "a data file deleted",
            "verify",
            "damaged:",
            Box::new(|| fs::remove_file(data()).expect("removed")),
        ),
        (
            "a data file emptied",
            "verify",
            "damaged:",
            Box::new(|| fs::write(data(), "").expect("written")),
        ),
        (
            "a stray data file",
            "named",
            "of no commit",
            Box::new(|| {
                fs::copy(data(), data().with_file_name("stray.parquet")).map(drop).expect("a copy");
            }),
        ),
        ("a commit edited", "verify", "", Box::new(|| edit(&nth("_commits", 1), "\"rows\"", "\"rowz\""))),
        (
            "the date of a commit",
            "verify",
            "broken",
            Box::new(|| edit(&nth("_commits", 1), "2026-", "2025-")),
        ),
        (
            "a commit in the middle deleted",
            "verify",
            "",
            Box::new(|| fs::remove_file(nth("_commits", 1)).expect("removed")),
        ),
        (
            "the newest commit deleted",
            "verify",
            "cut off",
            Box::new(|| fs::remove_file(nth("_commits", 3)).expect("removed")),
        ),
        (
            "the newest commit and its checkpoint deleted",
            "checkpoint",
            "commits are missing",
            Box::new(|| {
                fs::remove_file(nth("_commits", 3)).expect("removed");
                fs::remove_file(nth("_checkpoints", 3)).expect("removed");
            }),
        ),
        (
            "a commit in the middle deleted, and every checkpoint from there",
            "verify",
            "commit 3 is there",
            Box::new(|| {
                (1..4).for_each(|n| {
                    let _ = fs::remove_file(lake.join(format!("_checkpoints/{:020}.txt", n + 1)));
                });
                fs::remove_file(nth("_commits", 1)).expect("removed");
            }),
        ),
        (
            "a commit copied to a later number",
            "verify",
            "commit 7 is there",
            Box::new(|| {
                fs::copy(nth("_commits", 3), lake.join("_commits/00000000000000000007.json"))
                    .map(drop)
                    .expect("copied");
            }),
        ),
        (
            "a checkpoint in the middle deleted",
            "verify",
            "somebody deleted",
            Box::new(|| fs::remove_file(nth("_checkpoints", 1)).expect("removed")),
        ),
        (
            "all checkpoints deleted",
            "named",
            "not proved: that the log was not rewritten",
            Box::new(|| {
                fs::remove_dir_all(lake.join("_checkpoints")).expect("removed");
            }),
        ),
        (
            "a checkpoint edited",
            "verify",
            "",
            Box::new(|| edit(&nth("_checkpoints", 2), "\n3\n", "\n2\n")),
        ),
        (
            "another lake with another history in its place",
            "checkpoint",
            "rewritten",
            Box::new(|| {
                let other = Run::new();
                for n in [9, 1, 2, 3] {
                    other.write("in.ndjson", &event(n));
                    other.ok(&["ingest", "in.ndjson", "--lake", "lake"]);
                }
                fs::remove_dir_all(&lake).expect("removed");
                copy(&other.dir().join("lake"), &lake);
            }),
        ),
    ];
    let mut wrong = Vec::new();
    for (name, expected, says, attack) in &attacks {
        attack();
        let alone = run.tell(&["lake", "verify", "--lake", "lake"]);
        let kept = run.tell(&["lake", "verify", "--lake", "lake", "--checkpoint", "kept.txt"]);
        let (who, told) = match (alone.code, kept.code) {
            (0, 0) => ("named", alone.stdout),
            (0, _) => ("checkpoint", kept.stdout + &kept.stderr),
            _ => ("verify", alone.stdout + &alone.stderr),
        };
        if who != *expected || !told.contains(says) {
            wrong.push(format!("{name}: caught by {who}, and expected by {expected} ({says})\n{told}"));
        }
        restore();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(attacks.len() >= 14, "{}", attacks.len());
    let told = run.ok(&["lake", "verify", "--lake", "lake", "--checkpoint", "kept.txt"]).stdout;
    assert!(told.contains("begins with the 4 commits of the checkpoint that was kept elsewhere"), "{told}");
}

#[test]
fn a_damaged_data_file_ends_every_question_with_its_name() {
    let run = lake_of(1);
    let name = files(&run.dir().join("lake/data"))
        .into_iter()
        .find(|f| f.starts_with("audit_events"))
        .expect("a data file");
    let path = run.dir().join("lake/data").join(&name);
    let good = fs::read(&path).expect("bytes");
    let mut flipped = good.clone();
    flipped[good.len() / 3] ^= 1;
    for bad in [flipped, good[..good.len() / 2].to_vec(), Vec::new()] {
        fs::write(&path, bad).expect("written");
        for question in [&["check"][..], &["report", "--out", "out"], &["bundle", "--out", "bundle"]] {
            let told = run.tell(&[question, &["--lake", "lake"]].concat());
            assert_eq!(told.code, 3, "{question:?}: {}", told.stderr);
            let file = name.rsplit('/').next().expect("a name");
            assert!(told.stderr.contains(file) && !told.stderr.contains("bug"), "{question:?}: {}", told.stderr);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_and_a_closed_stderr_set_the_exit_code_and_lose_nothing() {
    use std::process::Stdio;
    let run = lake_of(1);
    let full = || fs::File::options().write(true).open("/dev/full");
    let Ok(_) = full() else { return };
    let status = crate::common::vouchsafe(run.dir())
        .args(["lake", "status", "--lake", "lake"])
        .stdout(full().expect("a full disk"))
        .stderr(Stdio::null())
        .status()
        .expect("it starts");
    assert_eq!(status.code(), Some(74), "what could not be printed is told");
    let status = crate::common::vouchsafe(run.dir())
        .args(["report", "--lake", "lake", "--out", "out"])
        .stderr(full().expect("a full disk"))
        .stdout(Stdio::null())
        .status()
        .expect("it starts");
    assert_eq!(status.code(), Some(0), "who cannot be told has a report all the same");
    assert!(run.dir().join("out/index.html").is_file());
}
