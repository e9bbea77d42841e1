//! A bundle judged from itself: structure, hashes, signature, arithmetic, samples and the tree of the lake.

use crate::evidence::bag::{AGENT, NOTE, files_below};
use crate::evidence::campaign::verify as campaign;
use crate::evidence::facts::Facts;
use crate::evidence::read::Read;
use crate::evidence::sample::{self, Member};
use crate::evidence::table::{sha256, sha256_of_file};
use crate::evidence::ties;
use crate::lake::Checkpoint;
use crate::lake::tree::{self, Hash};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What was found, in words for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// What holds.
    pub proved: Vec<String>,
    /// What does not.
    pub failed: Vec<String>,
    /// What could not be checked, and why.
    pub open: Vec<String>,
}

impl Judged {
    fn fails(&mut self, what: impl Into<String>) {
        self.failed.push(what.into());
    }

    /// Notes the outcome of a part: in words what holds, or what is wrong.
    pub fn take(&mut self, outcome: Result<String, Vec<String>>) {
        match outcome {
            Ok(what) => self.proved.push(what),
            Err(wrong) => self.failed.extend(wrong),
        }
    }
}

/// Judges structure, hashes, arithmetic, samples and the tree; the signature is judged by [`crate::evidence::signature`].
#[must_use]
pub fn judge(dir: &Path) -> Judged {
    let mut judged = Judged::default();
    judged.take(structure(dir));
    judged.take(tags(dir));
    let facts = match facts(dir) {
        Ok(facts) => facts,
        Err(e) => {
            judged.fails(e);
            return judged;
        }
    };
    judged.take(outputs(dir, &facts));
    judged.take(sources(dir));
    judged.take(identities(dir));
    judged.take(samples(dir, &facts));
    judged.take(ties::named(dir, &facts));
    judged.take(ties::listings(dir));
    judged.take(ties::passed(dir));
    judged.take(ties::sums(dir));
    judged.take(ties::controls(dir));
    judged.take(lake(dir, &facts));
    if dir.join("data/campaign/items.csv").is_file() {
        campaign::judge(dir, &facts, &mut judged);
    }
    if facts.operator.is_empty() {
        judged.open.push("who ran it: nobody said (--operator)".into());
    }
    judged.open.extend(open_points(dir).unwrap_or_default());
    judged.open.push(format!(
        "that no newer bundle takes its place: this one is of commit number {}, as of {}; ask the auditee for the newest, or give their lake (--lake)",
        facts.commit_sequence, facts.as_of
    ));
    judged.open.push("times and modes of the files: no hash covers them".into());
    judged
}

/// What the bundle itself says that rests on a word and not on proof.
fn open_points(dir: &Path) -> Result<Vec<String>, String> {
    let table = Read::file(&dir.join("data/open-points.csv"))?;
    Ok(table.rows().map(|r| r.get("text").to_string()).collect())
}

/// What the bundle says of itself.
///
/// # Errors
/// When it is missing or of another form, in words.
pub fn facts(dir: &Path) -> Result<Facts, String> {
    let path = dir.join("data/ipe/ipe.json");
    let text = fs::read_to_string(&path).map_err(|e| format!("data/ipe/ipe.json: {e}"))?;
    serde_json::from_str(&text).map_err(|e| format!("data/ipe/ipe.json is not of the form of this program: {e}"))
}

/// One error as a list.
pub(super) fn one<T: Into<String>>(wrong: T) -> Vec<String> {
    vec![wrong.into()]
}

/// The payload is what the manifest says: nothing changed, nothing missing, nothing more.
fn structure(dir: &Path) -> Result<String, Vec<String>> {
    let bagit = fs::read_to_string(dir.join("bagit.txt")).map_err(|e| one(format!("{} is no bundle: bagit.txt: {e}", dir.display())))?;
    if bagit != "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n" {
        return Err(one("bagit.txt is not the two lines of BagIt 1.0"));
    }
    let listed = manifest(dir, "manifest-sha256.txt")?;
    let there: BTreeSet<String> = files_below(&dir.join("data"))
        .map_err(|e| one(e.to_string()))?
        .into_iter()
        .map(|f| format!("data/{f}"))
        .collect();
    let mut wrong = compare(dir, &listed);
    wrong.extend(
        there
            .iter()
            .filter(|f| !listed.contains_key(*f))
            .map(|f| format!("{f} is in the bundle and not in its manifest")),
    );
    let empty = empty_folders(&dir.join("data")).map_err(|e| one(e.to_string()))?;
    wrong.extend(empty.iter().map(|f| format!("data/{f} is an empty folder, which no manifest can list")));
    wrong.extend(
        listed
            .keys()
            .filter(|f| !f.starts_with("data/"))
            .map(|f| format!("{f} is in the manifest and no payload file")),
    );
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut bytes = 0;
    for file in listed.keys() {
        bytes += fs::metadata(dir.join(file)).map_err(|e| one(format!("{file}: {e}")))?.len();
    }
    let info = fs::read_to_string(dir.join("bag-info.txt")).map_err(|e| one(format!("bag-info.txt: {e}")))?;
    let oxum = format!("Payload-Oxum: {bytes}.{}", listed.len());
    if !info.lines().any(|l| l == oxum) {
        return Err(one(format!("bag-info.txt does not say '{oxum}', which is what is there")));
    }
    if !info.lines().any(|l| l.starts_with(AGENT)) {
        return Err(one("bag-info.txt does not name the program that made the bundle"));
    }
    Ok(format!(
        "structure: {} payload files with {bytes} bytes, each with the SHA-256 of the manifest, none missing, none more",
        listed.len()
    ))
}

/// Folders that hold nothing, below a folder.
fn empty_folders(root: &Path) -> std::io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let mut holds = false;
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            holds = true;
            if entry.file_type()?.is_dir() {
                let name = entry.file_name().to_string_lossy().into_owned();
                folders.push(if folder.is_empty() { name } else { format!("{folder}/{name}") });
            }
        }
        if !holds {
            found.push(folder);
        }
    }
    found.sort();
    Ok(found)
}

/// Tag files are what the tag manifest says; beside it only a signature or a timestamp may lie.
fn tags(dir: &Path) -> Result<String, Vec<String>> {
    let listed = manifest(dir, "tagmanifest-sha256.txt")?;
    let mut wrong = compare(dir, &listed);
    for needed in ["bagit.txt", "bag-info.txt", "manifest-sha256.txt"] {
        if !listed.contains_key(needed) {
            wrong.push(format!("tagmanifest-sha256.txt does not cover {needed}"));
        }
    }
    let free = [
        "tagmanifest-sha256.txt",
        "tagmanifest-sha256.txt.sig",
        "tagmanifest-sha256.txt.minisig",
        "tagmanifest-sha256.txt.tsr",
    ];
    for entry in fs::read_dir(dir).map_err(|e| one(e.to_string()))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "data" && !listed.contains_key(&name) && !free.contains(&name.as_str()) {
            wrong.push(format!("{name} is beside the bundle's files, and nothing covers it"));
        }
    }
    if wrong.is_empty() {
        Ok("hashes: the tag manifest covers the manifest, so its own hash stands for everything".into())
    } else {
        Err(wrong)
    }
}

fn manifest(dir: &Path, name: &str) -> Result<BTreeMap<String, String>, Vec<String>> {
    let text = fs::read_to_string(dir.join(name)).map_err(|e| one(format!("{name}: {e}")))?;
    let mut files = BTreeMap::new();
    for (n, line) in text.lines().enumerate() {
        let Some((hash, path)) = line.split_once("  ") else {
            return Err(one(format!("{name} line {}: it is no hash and path", n + 1)));
        };
        let plain = !path.starts_with('/') && path.split('/').all(|p| !matches!(p, "" | "." | ".."));
        if !plain || hash.len() != 64 {
            return Err(one(format!("{name} line {}: it is no hash and path below the bundle", n + 1)));
        }
        if files.insert(path.to_string(), hash.to_lowercase()).is_some() {
            return Err(one(format!("{name} line {}: {path} is listed twice", n + 1)));
        }
    }
    Ok(files)
}

fn compare(dir: &Path, listed: &BTreeMap<String, String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (file, hash) in listed {
        match sha256_of_file(&dir.join(file)) {
            Ok((is, _)) if is == *hash => {}
            Ok(_) => wrong.push(format!("{file} is not what its hash says: it was changed")),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => wrong.push(format!("{file} is missing")),
            Err(e) => wrong.push(format!("{file} cannot be read: {e}")),
        }
    }
    wrong
}

/// Each output has the rows, the hash total and the hash that the sheet says, and none is left out of the sheet.
fn outputs(dir: &Path, facts: &Facts) -> Result<String, Vec<String>> {
    let mut wrong = Vec::new();
    let mut rows = 0;
    for output in &facts.outputs {
        let path = dir.join("data").join(&output.file);
        match sha256_of_file(&path) {
            Ok((is, _)) if is == output.sha256 => {}
            Ok(_) => wrong.push(format!("{} is not the file that the sheet of information names", output.file)),
            // Whether it is there at all is a question of the structure, which has told it.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => wrong.push(format!("data/{} of the sheet of information is missing", output.file)),
            Err(e) => wrong.push(format!("data/{} cannot be read: {e}", output.file)),
        }
        let Some(told) = output.rows else { continue };
        match Read::tally(&path) {
            Ok((count, total)) => {
                rows += told;
                if count != told {
                    wrong.push(format!("{} has {count} rows, and the sheet says {told}", output.file));
                }
                if output.hash_total.is_some_and(|t| t != total) {
                    wrong.push(format!("{} has the hash total {total}, and the sheet says another", output.file));
                }
            }
            Err(e) => wrong.push(e),
        }
    }
    let told: BTreeSet<&str> = facts.outputs.iter().map(|o| o.file.as_str()).chain(["ipe/ipe.json", "ipe/ipe.md"]).collect();
    for file in files_below(&dir.join("data")).map_err(|e| one(e.to_string()))? {
        if !told.contains(file.as_str()) {
            wrong.push(format!("{file} is not in the sheet of information"));
        }
    }
    if wrong.is_empty() {
        Ok(format!(
            "outputs: {} files with {rows} rows are those of the sheet, row counts and hash totals tie",
            facts.outputs.len()
        ))
    } else {
        Err(wrong)
    }
}

fn sources(dir: &Path) -> Result<String, Vec<String>> {
    let table = Read::file(&dir.join("data/ipe/sources.csv")).map_err(one)?;
    let mut sum = [0_i64; 5];
    let mut wrong = Vec::new();
    for row in table.rows() {
        let mut n = [0; 5];
        for (cell, name) in n.iter_mut().zip(["read", "kept", "duplicate", "rejected", "unmapped"]) {
            *cell = row.number(name).map_err(one)?;
        }
        if n[0] != n[1] + n[2] + n[3] + n[4] {
            wrong.push(format!("source {} does not tie: {} read", row.get("path"), n[0]));
        }
        sum.iter_mut().zip(n).for_each(|(s, n)| *s += n);
    }
    if wrong.is_empty() {
        let [read, kept, duplicate, rejected, unmapped] = sum;
        Ok(format!(
            "sources: {} files tie: {read} read = {kept} kept + {duplicate} duplicate + {rejected} rejected + {unmapped} unmapped",
            table.count()
        ))
    } else {
        Err(wrong)
    }
}

fn identities(dir: &Path) -> Result<String, Vec<String>> {
    let rows = |name: &str| Read::file(&dir.join("data/populations").join(format!("{name}.csv"))).map_err(one);
    let [opening, joined, left, held, open] = [rows("opening")?, rows("joined")?, rows("left")?, rows("held")?, rows("open-findings")?];
    let mut wrong = Vec::new();
    if opening.count() + joined.count() != held.count() + left.count() {
        let (o, j, l, h) = (opening.count(), joined.count(), left.count(), held.count());
        wrong.push(format!("opening {o} + joined {j} - left {l} is not held {h}"));
    }
    let ids = |table: &Read| table.rows().map(|r| r.first().to_string()).collect::<BTreeSet<_>>();
    if ids(&held).len() != held.count() {
        wrong.push("a row of populations/held.csv is there twice".into());
    }
    let findings = Read::file(&dir.join("data/findings.csv")).map_err(one)?;
    let found = findings.rows().filter(|r| r.get("result") == "finding").count();
    if found != open.count() {
        wrong.push(format!(
            "findings.csv has {found} findings, and populations/open-findings.csv {} rows",
            open.count()
        ));
    }
    for row in Read::file(&dir.join("data/arithmetic.csv")).map_err(one)?.rows() {
        if row.get("left") != row.get("right") || row.get("holds") != "yes" {
            wrong.push(format!("arithmetic.csv: {} does not hold", row.get("identity")));
        }
    }
    if wrong.is_empty() {
        Ok(format!(
            "arithmetic: opening {} + joined {} - left {} = held {}; {found} findings in both listings",
            opening.count(),
            joined.count(),
            left.count(),
            held.count()
        ))
    } else {
        Err(wrong)
    }
}

/// Every sample is drawn again from its population by the rule.
fn samples(dir: &Path, facts: &Facts) -> Result<String, Vec<String>> {
    let index = Read::file(&dir.join("data/samples/samples.csv")).map_err(one)?;
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for row in index.rows() {
        names.insert(row.get("population"), row.number("size").map_err(one)?);
        if row.get("seed") != facts.sampling.seed {
            return Err(one("samples.csv has another seed than the sheet of information"));
        }
    }
    let mut wrong = Vec::new();
    let mut drawn = 0;
    for (name, size) in &names {
        let population = Read::file(&dir.join(format!("data/populations/{name}.csv"))).map_err(one)?;
        let mut members = Vec::new();
        for row in population.rows() {
            members.push(Member {
                back: row.number("periods_back").map_err(one)?,
                stratum: row.get("stratum").to_string(),
                id: row.get("id").to_string(),
            });
        }
        let (_, again) = sample::draw(&members, *size, &facts.sampling.seed);
        let there = Read::file(&dir.join(format!("data/samples/{name}.csv"))).map_err(one)?;
        let told: Vec<(&str, &str)> = there.rows().map(|r| (r.get("id"), r.get("rank"))).collect();
        let ours: Vec<(&str, &str)> = again.iter().map(|d| (d.member.id.as_str(), d.rank.as_str())).collect();
        drawn += ours.len();
        if told != ours {
            wrong.push(format!("samples/{name}.csv is not what the seed draws from populations/{name}.csv"));
        }
    }
    if wrong.is_empty() {
        Ok(format!("samples: {drawn} rows of {} samples drawn again by the seed", names.len()))
    } else {
        Err(wrong)
    }
}

/// Checkpoint, log and newest commit fit one another.
fn lake(dir: &Path, facts: &Facts) -> Result<String, Vec<String>> {
    let checkpoint = checkpoint(dir).map_err(one)?;
    let leaves = leaves(dir).map_err(one)?;
    if leaves.len() as u64 != checkpoint.size || tree::root(&leaves) != checkpoint.root {
        return Err(one("lake/checkpoint.txt is not the root of the commits in lake/log.csv"));
    }
    let text = fs::read_to_string(dir.join("data/lake/checkpoint.txt")).unwrap_or_default();
    match fs::read_to_string(dir.join(NOTE)) {
        Ok(note) if !note.starts_with(&format!("{text}\n")) => {
            return Err(one(format!("{NOTE} is a note of another checkpoint than data/lake/checkpoint.txt")));
        }
        _ => {}
    }
    let commit = fs::read(dir.join("data/lake/commit.json")).map_err(|e| one(format!("lake/commit.json: {e}")))?;
    if sha256(&commit) != facts.commit || leaves.last() != Some(&tree::leaf(&commit)) {
        return Err(one("lake/commit.json is not the newest commit of the log, or not the one that the sheet names"));
    }
    Ok(format!(
        "lake: the checkpoint of {} commits is the root of the log, and commit {} is its newest",
        checkpoint.size,
        facts.commit.get(..12).unwrap_or(&facts.commit)
    ))
}

/// The checkpoint of a bundle.
///
/// # Errors
/// When there is none, in words.
pub fn checkpoint(dir: &Path) -> Result<Checkpoint, String> {
    let path = dir.join("data/lake/checkpoint.txt");
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    Checkpoint::parse(&text).map_err(|e| format!("{}: {e}", path.display()))
}

fn leaves(dir: &Path) -> Result<Vec<Hash>, String> {
    let table = Read::file(&dir.join("data/lake/log.csv"))?;
    let leaf = |text: &str| hex::decode(text).ok().and_then(|b| Hash::try_from(b).ok());
    table
        .rows()
        .map(|r| leaf(r.get("leaf_hash")).ok_or("lake/log.csv: a leaf is no hash".to_string()))
        .collect()
}

/// Proves that the log of an older bundle is the beginning of this one's, from the two checkpoints and a proof made of the new log.
///
/// # Errors
/// When it is not, or a bundle is damaged, in words.
pub fn since(dir: &Path, old: &Path) -> Result<String, Vec<String>> {
    structure(old).map_err(|e| e.into_iter().map(|e| format!("the older bundle: {e}")).collect::<Vec<_>>())?;
    let (before, now, leaves) = (checkpoint(old).map_err(one)?, checkpoint(dir).map_err(one)?, leaves(dir).map_err(one)?);
    let size = usize::try_from(before.size).unwrap_or(usize::MAX);
    let Some(proof) = tree::consistency(&leaves, size) else {
        return Err(one(format!(
            "the older bundle's log has {} commits, and this one's {}: commits are missing",
            before.size, now.size
        )));
    };
    campaign::log(dir, old)?;
    if before.origin != now.origin {
        return Err(one(format!("the older bundle is of the log {}, and this one of {}", before.origin, now.origin)));
    }
    if tree::verify_consistency((before.size, &before.root), (now.size, &now.root), &proof) {
        Ok(format!(
            "history: the {} commits of the older bundle are the beginning of the {} of this one ({} hashes of proof)",
            before.size,
            now.size,
            proof.len()
        ))
    } else {
        Err(one(format!(
            "history: the {} commits of the older bundle are not the beginning of this one's log: it was rewritten",
            before.size
        )))
    }
}
