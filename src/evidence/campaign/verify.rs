//! The campaign of a bundle judged from the bundle itself: sums, grades of authorship, returned files and their signatures.

use super::returned::{OPENING_DKIM_KEYS, OPENING_SIGNERS};
use crate::campaign::authorship;
use crate::campaign::dates::{self, DateOrder, DateReading};
use crate::campaign::proof::{self, AllowedSigner, DnsKeys};
use crate::campaign::spoken::spoken;
use crate::campaign::{Choice, ReturnedRow, ReturnedSheet};
use crate::evidence::agree;
use crate::evidence::facts::Facts;
use crate::evidence::read::{Line, Read};
use crate::evidence::table::sha256;
use crate::evidence::verify::{Judged, facts, one};
use crate::model::Instant;
use crate::report::sheet::returned;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Judges everything that a bundle says of its campaign.
pub fn judge(dir: &Path, facts: &Facts, judged: &mut Judged) {
    judged.take(identities(dir));
    judged.take(agree::campaign(dir));
    if !facts.authorship.is_empty() {
        judged.take(grades(dir, facts));
    }
    match files(dir) {
        Ok(None) => {}
        Ok(Some(told)) => judged.proved.push(told),
        Err(wrong) => judged.failed.extend(wrong),
    }
    judged.open.extend(undecided_by_proof(dir).unwrap_or_default());
}

/// The grades on the first page are those of the items and their imports.
fn grades(dir: &Path, facts: &Facts) -> Result<String, Vec<String>> {
    let proofs = Read::file(&dir.join("data/campaign/proofs.csv")).map_err(one)?;
    let kinds: BTreeMap<&str, &str> = proofs.rows().map(|r| (r.get("import"), r.get("proof"))).collect();
    let mut counts: BTreeMap<String, u64> = authorship::GRADES.iter().map(|(g, _)| ((*g).to_string(), 0)).collect();
    let items = Read::file(&dir.join("data/campaign/items.csv")).map_err(one)?;
    for row in items.rows() {
        let grade = match row.get("by") {
            "person" => kinds.get(row.get("import")).copied().unwrap_or("operator-asserted"),
            "silence" => "no-response",
            "system" => "entra-settings",
            _ => "undecided",
        };
        *counts.entry(grade.to_string()).or_default() += 1;
    }
    let there = |counts: &BTreeMap<String, u64>| -> BTreeMap<String, u64> { counts.iter().filter(|(_, n)| **n > 0).map(|(g, n)| (g.clone(), *n)).collect() };
    if there(&counts) == there(&facts.authorship) {
        Ok(format!("campaign: who decided, as the first page says: {}", authorship::sentence(&counts)))
    } else {
        Err(one(format!(
            "the first page says of who decided: {}; the items say: {}",
            authorship::sentence(&facts.authorship),
            authorship::sentence(&counts)
        )))
    }
}

/// Each returned file in the bundle has the hash of its import, says what is on record, and its signature holds.
fn files(dir: &Path) -> Result<Option<String>, Vec<String>> {
    let proofs = Read::file(&dir.join("data/campaign/proofs.csv")).map_err(one)?;
    let decisions = Read::file(&dir.join("data/campaign/decisions.csv")).map_err(one)?;
    let mut by_import: BTreeMap<&str, Vec<Line>> = BTreeMap::new();
    for row in decisions.rows() {
        by_import.entry(row.get("import")).or_default().push(row);
    }
    let (mut wrong, mut read, mut stand, mut signed) = (Vec::new(), 0usize, 0usize, 0usize);
    for row in proofs.rows().filter(|r| !r.get("in_bundle").is_empty()) {
        let entry = row.get("import");
        let names: Vec<&str> = row.get("in_bundle").split(' ').collect();
        let bytes_of = |name: &str| fs::read(dir.join("data/campaign").join(name)).map_err(|e| one(format!("campaign/{name}: {e}")));
        let bytes = bytes_of(names[0])?;
        if sha256(&bytes) != row.get("sha256") {
            wrong.push(format!("campaign/{} is not the file that entry {entry} took in", names[0]));
            continue;
        }
        match returned::read(names[0], &bytes) {
            Err(e) => wrong.push(format!("campaign/{}: {e}", names[0])),
            Ok(back) => {
                let mine = by_import.get(entry).map(Vec::as_slice).unwrap_or_default();
                let other = mine.iter().filter(|d| !says(&back.sheet, d)).count();
                (read, stand) = (read + 1, stand + mine.len() - other);
                if other > 0 {
                    wrong.push(format!("{other} decisions of entry {entry} are not those of campaign/{}", names[0]));
                }
            }
        }
        match proof_of(dir, row, &bytes, &names) {
            Ok(n) => signed += n,
            Err(e) => wrong.push(format!("campaign/{}: {e}", names[0])),
        }
    }
    signed += sign_offs(dir, &mut wrong)?;
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok((read > 0).then(|| format!("campaign: {stand} decisions stand so in {read} files that came back; {signed} signatures hold")))
}

/// What was signed off is what the log names, and its signatures hold; returns how many there are.
fn sign_offs(dir: &Path, wrong: &mut Vec<String>) -> Result<usize, Vec<String>> {
    let mut signed = 0;
    for row in Read::file(&dir.join("data/campaign/sign-off.csv")).map_err(one)?.rows() {
        let names: Vec<&str> = row.get("in_bundle").split(' ').filter(|n| !n.is_empty()).collect();
        let read = |name: &str| fs::read(dir.join("data/campaign").join(name)).map_err(|e| one(format!("campaign/{name}: {e}")));
        let Some(first) = names.first() else { continue };
        let document = read(first)?;
        if sha256(&document) != row.get("document_sha256") {
            wrong.push(format!("campaign/{first} is not what was signed off"));
        }
        let mail = names.iter().find(|n| n.ends_with(".eml")).map(|n| read(n)).transpose()?;
        match proof_of(dir, row, mail.as_ref().unwrap_or(&document), &names) {
            Ok(n) => signed += n,
            Err(e) => wrong.push(format!("campaign/{first}: {e}")),
        }
    }
    Ok(signed)
}

/// Whether what a row says of the proof of some bytes holds by the files in the bundle; returns how many signatures hold.
///
/// A grade of the opening needs the list of the opening, which lies in the bundle once.
fn proof_of(dir: &Path, row: Line, bytes: &[u8], names: &[&str]) -> Result<usize, String> {
    let read = |name: &str| fs::read(dir.join("data/campaign").join(name)).map_err(|e| e.to_string());
    let beside = |ending: &str| names.iter().find(|n| n.ends_with(ending)).map(|n| read(n)).transpose();
    let detail = row.get("proof_detail");
    // Bundles of earlier builds do not tell when a key was named, and have no list of the opening.
    let tells = !row.get("key_named_at").is_empty();
    let opening = |name: &str| read(&format!("returned/{name}"));
    let mut signed = 0;
    if let Some(signature) = beside(".sig")? {
        let key = proof::signed_with(bytes, &signature).map_err(|e| e.to_string())?;
        if !detail.contains(&key) {
            return Err(format!("it was signed with the key {key}, which campaign/proofs.csv does not name"));
        }
        let list = if tells && row.get("proof") == "sshsig" {
            Some(opening(OPENING_SIGNERS)?)
        } else {
            beside(".allowed-signers.txt")?
        };
        let list = list
            .map(|l| proof::allowed::parse(&String::from_utf8_lossy(&l)))
            .transpose()
            .map_err(|e| e.to_string())?;
        let at = Instant::parse(row.get("at")).unwrap_or_default();
        if list.is_some_and(|list| !signer(detail).is_some_and(|(who, _)| proof::names_key(&list, who, &key, at))) {
            return Err(format!("the list of keys in the bundle does not name the key {key} for its signer"));
        }
        signed += 1;
    }
    if detail.contains("DKIM pass") {
        let keys = if tells && row.get("proof") == "email" {
            Some(opening(OPENING_DKIM_KEYS)?)
        } else {
            beside(".dkim-keys.txt")?
        };
        let Some(keys) = keys else { return Ok(signed) };
        let keys = DnsKeys::parse(&String::from_utf8_lossy(&keys)).map_err(|e| e.to_string())?;
        let mail = proof::read_mail(bytes).map_err(|e| e.to_string())?;
        let result = proof::dkim::result(bytes, &mail, Some(&keys));
        if !result.starts_with("pass") {
            return Err(format!("the mail's signature does not hold: {result}"));
        }
        signed += 1;
    }
    Ok(signed)
}

/// Who signed, and the fingerprint of the key, as the detail of a proof tells it.
fn signer(detail: &str) -> Option<(&str, &str)> {
    let (who, rest) = detail.strip_prefix("signed by ")?.rsplit_once(" with the key ")?;
    Some((who, rest.split(',').next()?))
}

/// Compares the keys that signed with a list that the owner of the lake cannot write.
pub fn own_keys(dir: &Path, list: &[AllowedSigner], judged: &mut Judged) {
    let compare = || -> Result<String, Vec<String>> {
        let masked = facts(dir).map_err(one)?.reader.pseudonym_salt.is_some();
        let (mut right, mut foreign) = (0, Vec::new());
        for name in ["proofs.csv", "sign-off.csv"] {
            for row in Read::file(&dir.join("data/campaign").join(name)).map_err(one)?.rows() {
                let Some((who, key)) = signer(row.get("proof_detail")) else { continue };
                let at = Instant::parse(row.get("at")).unwrap_or_default();
                // Where people have pseudonyms, the key alone can be compared.
                let is_theirs = |s: &AllowedSigner| proof::names_key(std::slice::from_ref(s), s.principals.first().map_or("", String::as_str), key, at);
                if proof::names_key(list, who, key, at) || (masked && list.iter().any(is_theirs)) {
                    right += 1;
                } else {
                    foreign.push(format!(
                        "campaign/{name}: the key {key} of {who} is not theirs by the list that was given (--reviewer-signers)"
                    ));
                }
            }
        }
        if foreign.is_empty() {
            Ok(format!(
                "campaign: {right} signatures name keys that the list of reviewers names for their signers"
            ))
        } else {
            Err(foreign)
        }
    };
    if !dir.join("data/campaign/proofs.csv").is_file() {
        return;
    }
    judged.take(compare());
    judged.open.retain(|line| !line.starts_with(WHOSE_KEYS));
}

/// How the sentence begins that says whose keys nobody could tell.
const WHOSE_KEYS: &str = "campaign: whose keys signed";

/// Whether a returned file has a decision: item, code, reason, end, and the time at which it was taken.
fn says(sheet: &ReturnedSheet, decision: &Line) -> bool {
    let place = |name: &str| sheet.columns.iter().position(|c| c.trim() == name);
    let cell = |row: &'_ ReturnedRow, name: &str| {
        let text = place(name).and_then(|c| row.cells.get(c)).map(String::as_str).unwrap_or_default();
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
            .to_string()
    };
    let end = Instant::parse(decision.get("until"));
    let taken = Instant::parse(decision.get("decided_at"));
    let same_end = |text: &str| match end {
        None => text.is_empty(),
        Some(at) => [None, Some(DateOrder::DayFirst), Some(DateOrder::MonthFirst)]
            .into_iter()
            .any(|order| dates::read(text, order) == DateReading::At(at)),
    };
    let rows = sheet.rows.iter().filter(|r| cell(r, "item_id") == decision.get("item_id"));
    let code = |row: &ReturnedRow| spoken(&cell(row, "decision")).map(Choice::as_str);
    let same = |row: &ReturnedRow| {
        code(row) == Some(decision.get("decision"))
            && cell(row, "justification") == decision.get("justification").trim()
            && Instant::parse(&cell(row, "decided_at")) == taken
            && same_end(&cell(row, "until"))
    };
    rows.into_iter().any(same)
}

/// Identities of the campaign in the bundle.
fn identities(dir: &Path) -> Result<String, Vec<String>> {
    let items = Read::file(&dir.join("data/campaign/items.csv")).map_err(one)?;
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for row in items.rows() {
        *outcomes.entry(row.get("decision")).or_default() += 1;
        if !ids.insert(row.first()) {
            return Err(one(format!("campaign/items.csv: item {} is there twice", row.first())));
        }
    }
    let known = ["keep", "revoke", "modify", "exception", "undecided"];
    if let Some(other) = outcomes.keys().find(|k| !known.contains(k)) {
        return Err(one(format!("campaign/items.csv: '{other}' is no decision")));
    }
    let n = known.map(|k| outcomes.get(k).copied().unwrap_or(0));
    let reviewers = Read::file(&dir.join("data/campaign/reviewers.csv")).map_err(one)?;
    let mut sum = 0;
    for row in reviewers.rows() {
        sum += row.number::<usize>("items").map_err(one)?;
    }
    if sum != items.count() {
        return Err(one(format!("campaign: the reviewers have {sum} items, and there are {}", items.count())));
    }
    let told = head(dir).map_err(one)?;
    let decided = format!(
        "campaign: population {} = {} keep + {} revoke + {} modify + {} exception + {} undecided; the reviewers' items sum to it",
        items.count(),
        n[0],
        n[1],
        n[2],
        n[3],
        n[4]
    );
    // Bundles of earlier builds do not tell of drift.
    if !told.contains_key("held_now") {
        return Ok(decided);
    }
    let number = |name: &str| -> Result<usize, Vec<String>> {
        let text = told.get(name).map_or("", String::as_str);
        text.parse().map_err(|_| one(format!("campaign/campaign.csv: {name} '{text}' is no number")))
    };
    let drift = Read::file(&dir.join("data/campaign/drift.csv")).map_err(one)?;
    // Bundles of earlier builds have the column as `what`.
    let of = |word: &str| drift.rows().filter(|r| r.get("change") == word || r.get("what") == word).count();
    let (joined, left, held) = (of("joined"), of("left"), number("held_now")?);
    if number("population")? != items.count() || number("joined")? != joined || number("left")? != left {
        return Err(one("campaign/campaign.csv does not count the rows of items.csv and drift.csv"));
    }
    if items.count() + joined != held + left {
        return Err(one(format!(
            "campaign: population {} + {joined} joined - {left} left is not {held} held now",
            items.count()
        )));
    }
    let removals = Read::file(&dir.join("data/campaign/removals.csv")).map_err(one)?;
    let is_closed = told.get("closed_at").is_some_and(|at| !at.is_empty());
    if is_closed && removals.count() != n[1] + n[2] {
        return Err(one(format!(
            "campaign: {} removals are followed, and {} were decided",
            removals.count(),
            n[1] + n[2]
        )));
    }
    Ok(format!(
        "{decided}; {} + {joined} joined - {left} left = {held} held now{}",
        items.count(),
        if is_closed { "; every revocation and change is followed" } else { "" }
    ))
}

/// What of a campaign nothing in the bundle proves: decisions on the word of an operator, and those without a response.
fn undecided_by_proof(dir: &Path) -> Result<Vec<String>, String> {
    let proofs = Read::file(&dir.join("data/campaign/proofs.csv"))?;
    let asserted: BTreeSet<&str> = proofs
        .rows()
        .filter(|r| r.get("proof") == "operator-asserted")
        .map(|r| r.get("import"))
        .collect();
    let items = Read::file(&dir.join("data/campaign/items.csv"))?;
    let of = |by: &str| items.rows().filter(|r| r.get("by") == by).count();
    let word = items.rows().filter(|r| r.get("by") == "person" && asserted.contains(r.get("import"))).count();
    let graded = |grade: &str| {
        let imports: BTreeSet<&str> = proofs.rows().filter(|r| r.get("proof") == grade).map(|r| r.get("import")).collect();
        items.rows().filter(|r| r.get("by") == "person" && imports.contains(r.get("import"))).count()
    };
    let (opening, later) = (graded("sshsig") + graded("email"), graded("sshsig-later-key") + graded("email-later-key"));
    let told = [
        (
            opening,
            format!(
                "{WHOSE_KEYS} {opening} of {} decisions of persons: who opened the campaign named them then; compare them with a list that the owner of the lake cannot write (--reviewer-signers FILE; mail keys in campaign/proofs.csv)",
                of("person")
            ),
        ),
        (
            later,
            format!(
                "campaign: who took {later} of {} decisions of persons, which are signed with keys that were named only when the files came back (campaign/proofs.csv, key_named_by)",
                of("person")
            ),
        ),
        (
            word,
            format!(
                "campaign: who took {word} of {} decisions of persons, which rest on the word of whoever imported them",
                of("person")
            ),
        ),
        (
            of("silence"),
            format!(
                "campaign: that anybody looked at {} of {} items, about which there was no response",
                of("silence"),
                items.count()
            ),
        ),
    ];
    Ok(told.into_iter().filter(|(n, _)| *n > 0).map(|(_, text)| text).collect())
}

/// What the campaign of a bundle says of itself.
fn head(dir: &Path) -> Result<BTreeMap<String, String>, String> {
    let table = Read::file(&dir.join("data/campaign/campaign.csv"))?;
    Ok(table.rows().map(|r| (r.get("what").to_string(), r.get("value").to_string())).collect())
}

/// How many entries of the campaign's log a bundle is of.
///
/// # Errors
/// When the bundle does not say, in words.
pub fn entries(dir: &Path) -> Result<u64, String> {
    let head = head(dir)?;
    let text = head.get("log_entries").map_or("", String::as_str);
    text.parse().map_err(|_| format!("campaign/campaign.csv: log_entries '{text}' is no number"))
}

/// The log of a campaign only grows: that of the older bundle must be the beginning of this one's.
pub fn log(dir: &Path, old: &Path) -> Result<(), Vec<String>> {
    /// The id of a campaign, and its log as sequence numbers and hashes.
    type Log = (String, Vec<(String, String)>);
    let log_of = |dir: &Path| -> Result<Option<Log>, Vec<String>> {
        let path = dir.join("data/campaign/log.csv");
        if !path.is_file() {
            return Ok(None);
        }
        let head = Read::file(&dir.join("data/campaign/campaign.csv")).map_err(one)?;
        let id = head
            .rows()
            .find(|r| r.get("what") == "id")
            .map(|r| r.get("value").to_string())
            .unwrap_or_default();
        let table = Read::file(&path).map_err(one)?;
        let rows = table.rows().map(|r| (r.get("sequence").to_string(), r.get("sha256").to_string())).collect();
        Ok(Some((id, rows)))
    };
    let (Some((old_id, before)), Some((id, now))) = (log_of(old)?, log_of(dir)?) else {
        return Ok(());
    };
    if old_id == id && !now.starts_with(&before) {
        let same = before.iter().zip(&now).take_while(|(a, b)| a == b).count();
        return Err(one(format!(
            "campaign {id}: the log of the older bundle has {} entries, and only the first {same} of them are in this one's: it was rewritten or cut off",
            before.len()
        )));
    }
    Ok(())
}
