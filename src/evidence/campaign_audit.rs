//! Whether a campaign is what the history of the lake says it is, and its decisions those of the files that came back.

use crate::campaign::authorship;
use crate::campaign::dates::{self, DateOrder, DateReading};
use crate::campaign::log::{DecisionEntry, ImportRecord, LogEvent, Proof};
use crate::campaign::proof::AllowedSigner;
use crate::campaign::spoken::spoken;
use crate::campaign::{CampaignError, CampaignId, LogEntry, ReturnedSheet, State, Store, proof};
use crate::lake::{CampaignHead, View};
use crate::model::Instant;
use crate::report::sheet::returned;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What was found about the campaigns of a lake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CampaignAudit {
    /// Campaigns that were looked at.
    pub campaigns: usize,
    /// Log entries that commits of the lake name.
    pub anchored: u64,
    /// Decisions that stand so in the files that came back.
    pub decisions: usize,
    /// Signatures whose keys are those of a list that was given.
    pub keys: usize,
    /// What is wrong, in words.
    pub wrong: Vec<String>,
    /// What cannot be shown.
    pub notes: Vec<String>,
}

/// Looks at every campaign of a lake; `own` are the keys of reviewers by a list that the owner of the lake cannot write.
///
/// # Errors
/// When the folder of campaigns cannot be read.
pub fn audit(root: &Path, view: &View, own: Option<&[AllowedSigner]>) -> Result<CampaignAudit, CampaignError> {
    let store = Store::new(root);
    let ids = store.ids()?;
    let mut found = CampaignAudit::default();
    let mut history: BTreeMap<&str, Vec<(u64, &CampaignHead)>> = BTreeMap::new();
    for (_, commit) in view.log() {
        for head in &commit.campaigns {
            history.entry(&head.id).or_default().push((commit.sequence, head));
        }
    }
    for id in history.keys().filter(|id| !ids.iter().any(|i| i.as_str() == **id)) {
        found.wrong.push(format!("campaign {id}: commits of the lake name it, and it is gone"));
    }
    for id in &ids {
        found.campaigns += 1;
        let before = found.wrong.len();
        let heads = history.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
        if let Err(e) = one(&store, id, heads, own, &mut found) {
            found.wrong.push(format!("campaign {id}: {e}"));
        }
        for line in &mut found.wrong[before..] {
            if !line.starts_with("campaign ") {
                *line = format!("campaign {id}: {line}");
            }
        }
    }
    Ok(found)
}

fn one(store: &Store, id: &CampaignId, heads: &[(u64, &CampaignHead)], own: Option<&[AllowedSigner]>, found: &mut CampaignAudit) -> Result<(), CampaignError> {
    let mut entries: Vec<(LogEntry, String)> = Vec::new();
    store.log(id, |entry| {
        let hash = LogEntry::hash(&entry.line());
        entries.push((entry, hash));
        Ok(())
    })?;
    history(id, store, &entries, heads, found)?;
    let state = State::load(store, id)?;
    if let Some(LogEvent::Opened { frozen_sha256, .. }) = entries.first().map(|(e, _)| &e.event)
        && !frozen_sha256.is_empty()
        && *frozen_sha256 != store.frozen_sha256(id)?
    {
        found
            .wrong
            .push("its items, or what was told to reviewers, are not those that were frozen".into());
    }
    for list in [&state.keys.signers_sha256, &state.keys.dkim_keys_sha256].into_iter().filter(|l| !l.is_empty()) {
        let whole = store.kept(id, list)?.is_some_and(|bytes| hex::encode(Sha256::digest(&bytes)) == *list);
        if !whole {
            found.wrong.push("a list of keys that was named at its opening is gone, or was changed".into());
        }
    }
    imports(store, id, &entries, found)?;
    sign_offs(store, id, &entries, found)?;
    whose_keys(&state, &entries, own, found);
    Ok(())
}

/// Whose the keys are that signed: by a list of one's own, or by the word of whoever named them, which is told.
fn whose_keys(state: &State, entries: &[(LogEntry, String)], own: Option<&[AllowedSigner]>, found: &mut CampaignAudit) {
    let id = &state.head.id;
    let (mut right, mut foreign) = (0, Vec::new());
    for (entry, _) in entries {
        let (LogEvent::Imported(ImportRecord { proof, .. }) | LogEvent::SignedOff { proof, .. }) = &entry.event else {
            continue;
        };
        let Proof::Sshsig {
            principal, key_fingerprint, ..
        } = proof
        else {
            continue;
        };
        match own {
            Some(list) if proof::names_key(list, principal, key_fingerprint, entry.at) => right += 1,
            Some(_) => foreign.push(format!(
                "entry {} is signed by {principal} with the key {key_fingerprint}, which is not theirs by the list that was given",
                entry.sequence
            )),
            None => {}
        }
    }
    if own.is_some() {
        found.keys += right;
        found.wrong.append(&mut foreign);
    }
    let proofs = state.proofs();
    let of = |grade: &str| proofs.get(grade).copied().unwrap_or_default();
    if own.is_none() && of("sshsig") + of("email") > 0 {
        found.notes.push(format!(
            "campaign {id}: {} named the keys on which {} decisions rest, at the opening; whose they are no record shows (--reviewer-signers FILE compares them with a list of your own)",
            state.head.opened_by,
            of("sshsig") + of("email")
        ));
    }
    for key in authorship::late_keys(state) {
        found.notes.push(format!(
            "campaign {id}: {} decisions rest on a key of {} that {} named on {}, after the sheets had gone out: {}",
            key.items, key.whose, key.by, key.at, key.key
        ));
    }
}

/// Every commit that names the campaign has seen a beginning of this log.
fn history(
    id: &CampaignId,
    store: &Store,
    entries: &[(LogEntry, String)],
    heads: &[(u64, &CampaignHead)],
    found: &mut CampaignAudit,
) -> Result<(), CampaignError> {
    let head_sha256 = crate::campaign::store::head_sha256(&store.head(id)?);
    let mut covered = 0;
    for (sequence, head) in heads {
        if head.head_sha256 != head_sha256 {
            found
                .wrong
                .push(format!("campaign.json is not the one that commit {sequence} of the lake names"));
        }
        let place = usize::try_from(head.entries).unwrap_or(usize::MAX);
        match place.checked_sub(1).and_then(|i| entries.get(i)) {
            None => found.wrong.push(format!(
                "commit {sequence} of the lake names {} entries of its log, and there are {}: the end was cut off",
                head.entries,
                entries.len()
            )),
            Some((_, hash)) if *hash != head.log_sha256 => {
                found.wrong.push(format!(
                    "entry {} of its log is not the one that commit {sequence} of the lake names: it was rewritten",
                    head.entries
                ));
            }
            Some(_) => covered = covered.max(head.entries),
        }
        if found.wrong.len() > 20 {
            break;
        }
    }
    found.anchored += covered;
    let after = (entries.len() as u64).saturating_sub(covered);
    if after > 0 {
        found.notes.push(format!(
            "campaign {id}: {after} entries are newer than the last commit that names it; the next commit takes them in"
        ));
    }
    late_anchors(store, id, entries, heads, covered, found)
}

/// Steps that no commit of their own names: every command makes one at its end, so one was cut off, or somebody else wrote it.
fn late_anchors(
    store: &Store,
    id: &CampaignId,
    entries: &[(LogEntry, String)],
    heads: &[(u64, &CampaignHead)],
    covered: u64,
    found: &mut CampaignAudit,
) -> Result<(), CampaignError> {
    let named: BTreeSet<u64> = heads.iter().map(|(_, head)| head.entries).collect();
    let Some(first) = named.first().copied() else { return Ok(()) };
    let mut begins = 0;
    for end in store.step_ends(id)? {
        let whole = usize::try_from(begins).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or(usize::MAX);
        let step = entries.get(whole).unwrap_or_default();
        begins = end;
        // Letters are recorded one by one, and one commit names all of a run.
        let letter = |e: &LogEntry| matches!(e.event, LogEvent::Reminded { .. } | LogEvent::Undelivered { .. });
        if end <= first || end > covered || named.contains(&end) || step.iter().all(|(e, _)| letter(e)) {
            continue;
        }
        if let (Some((from, _)), Some((until, _))) = (step.first(), step.last()) {
            found.notes.push(format!(
                "campaign {id}: entries {} to {}, by {} on {}, came into the history with a later step only: \
                 their command was cut off or ran beside another, or they were written by hand",
                from.sequence, until.sequence, from.by, from.at
            ));
        }
    }
    Ok(())
}

/// The decisions of each import are those of its file, and a signature is one of that file.
fn imports(store: &Store, id: &CampaignId, entries: &[(LogEntry, String)], found: &mut CampaignAudit) -> Result<(), CampaignError> {
    let mut decided: BTreeMap<u64, Vec<&DecisionEntry>> = BTreeMap::new();
    for (entry, _) in entries {
        if let LogEvent::Decided(d) = &entry.event {
            decided.entry(d.import).or_default().push(d);
        }
    }
    let known: BTreeSet<u64> = entries
        .iter()
        .filter(|(e, _)| matches!(e.event, LogEvent::Imported(_)))
        .map(|(e, _)| e.sequence)
        .collect();
    let strange = decided.keys().filter(|n| **n != 0 && !known.contains(*n)).count();
    if strange > 0 {
        found.wrong.push(format!("{strange} decisions name an import that is none"));
    }
    for (entry, _) in entries {
        let LogEvent::Imported(record) = &entry.event else { continue };
        if matches!(record.proof, Proof::Entra { .. }) {
            continue;
        }
        let Some(bytes) = store.kept(id, &record.sha256)? else {
            let told = format!("the file of entry {} ({})", entry.sequence, record.file);
            gone(id, entries, &told, "so its decisions cannot be read again", found);
            continue;
        };
        if hex::encode(Sha256::digest(&bytes)) != record.sha256 {
            found.wrong.push(format!("the file of entry {} is not the one that came back", entry.sequence));
            continue;
        }
        signature((store, id, entries), (entry.sequence, entry.at), &record.proof, &bytes, found)?;
        match returned::read(&record.file, &bytes) {
            Err(e) => found.wrong.push(format!("the file of entry {} cannot be read any more: {e}", entry.sequence)),
            Ok(back) => {
                let mine = decided.get(&entry.sequence).map(Vec::as_slice).unwrap_or_default();
                let other = mine.iter().filter(|d| !stands(&back.sheet, d)).count();
                found.decisions += mine.len() - other;
                if other > 0 {
                    found.wrong.push(format!(
                        "{other} decisions of entry {} are not those of the file that came back ({})",
                        entry.sequence, record.file
                    ));
                }
            }
        }
    }
    Ok(())
}

/// What an entry names is not there: something that every import keeps was taken away, or the entry is invented.
///
/// Programs before the one that froze what reviewers were told kept nothing.
fn gone(id: &CampaignId, entries: &[(LogEntry, String)], what: &str, why: &str, found: &mut CampaignAudit) {
    if crate::campaign::state::keeps_files(entries.first().map(|(e, _)| &e.event)) {
        found
            .wrong
            .push(format!("{what} is gone, {why}: it was taken away, or the entry was never an import"));
    } else {
        found.notes.push(format!("campaign {id}: {what} was not kept, {why}"));
    }
}

/// A store, a campaign of it, and its log.
type Logged<'a> = (&'a Store, &'a CampaignId, &'a [(LogEntry, String)]);

/// A signature is one of these bytes, and the mail's own still holds by the keys that were kept.
fn signature((store, id, entries): Logged, (entry, at): (u64, Instant), proof: &Proof, bytes: &[u8], found: &mut CampaignAudit) -> Result<(), CampaignError> {
    match proof {
        Proof::Sshsig {
            principal,
            key_fingerprint,
            signature_sha256,
            signers_sha256,
            ..
        } => match store.kept(id, signature_sha256)? {
            None => gone(id, entries, &format!("the signature of entry {entry}"), "so nothing shows who decided", found),
            Some(signature) => match proof::signed_with(bytes, &signature) {
                Ok(key) if key == *key_fingerprint => {
                    let list = if signers_sha256.is_empty() { None } else { store.kept(id, signers_sha256)? };
                    let list = list.map(|bytes| proof::allowed::parse(&String::from_utf8_lossy(&bytes)).unwrap_or_default());
                    if list.is_some_and(|list| !proof::names_key(&list, principal, &key, at)) {
                        found.wrong.push(format!(
                            "the list of allowed signers of entry {entry} does not name the key {key} for {principal}"
                        ));
                    } else if !signers_sha256.is_empty() && store.kept(id, signers_sha256)?.is_none() {
                        gone(
                            id,
                            entries,
                            &format!("the list of allowed signers of entry {entry}"),
                            "so nothing shows whose key it is",
                            found,
                        );
                    }
                }
                Ok(key) => found
                    .wrong
                    .push(format!("entry {entry} was signed with the key {key}, and the log names {key_fingerprint}")),
                Err(e) => found.wrong.push(format!("the signature of entry {entry} does not hold: {e}")),
            },
        },
        Proof::Email { dkim, keys_sha256, .. } if dkim.starts_with("pass") => match mail_again(store, id, keys_sha256, bytes)? {
            None => gone(
                id,
                entries,
                &format!("the list of keys for the mail of entry {entry}"),
                "so its signature cannot be checked again",
                found,
            ),
            Some(result) if result.starts_with("pass") => {}
            Some(result) => found
                .wrong
                .push(format!("the mail of entry {entry} was signed, as the log says, and is not: {result}")),
        },
        _ => {}
    }
    Ok(())
}

/// What the signature of a mail says by the keys that were kept; `None` without them.
fn mail_again(store: &Store, id: &CampaignId, keys_sha256: &str, bytes: &[u8]) -> Result<Option<String>, CampaignError> {
    let keys = if keys_sha256.is_empty() { None } else { store.kept(id, keys_sha256)? };
    let Some(keys) = keys else { return Ok(None) };
    let again = || -> Result<String, proof::ProofError> {
        let keys = proof::DnsKeys::parse(&String::from_utf8_lossy(&keys))?;
        Ok(proof::dkim::result(bytes, &proof::read_mail(bytes)?, Some(&keys)))
    };
    Ok(Some(again().unwrap_or_else(|e| e.to_string())))
}

/// What was signed off is kept as it was, and its signature is one of it.
fn sign_offs(store: &Store, id: &CampaignId, entries: &[(LogEntry, String)], found: &mut CampaignAudit) -> Result<(), CampaignError> {
    for (entry, _) in entries {
        let LogEvent::SignedOff { document_sha256, proof, .. } = &entry.event else {
            continue;
        };
        if document_sha256.is_empty() {
            continue;
        }
        match store.kept(id, document_sha256)? {
            None => found.wrong.push(format!("what entry {} signed off is gone", entry.sequence)),
            Some(bytes) if hex::encode(Sha256::digest(&bytes)) != *document_sha256 => {
                found.wrong.push(format!("what entry {} signed off is not what it was", entry.sequence));
            }
            Some(bytes) => {
                let mail = match proof {
                    Proof::Email { sha256, .. } => store.kept(id, sha256)?,
                    _ => None,
                };
                signature(
                    (store, id, entries),
                    (entry.sequence, entry.at),
                    proof,
                    mail.as_deref().unwrap_or(&bytes),
                    found,
                )?;
            }
        }
    }
    Ok(())
}

/// Whether a file says what the log has of an item.
fn stands(sheet: &ReturnedSheet, d: &DecisionEntry) -> bool {
    let column = |name: &str| sheet.columns.iter().position(|c| c.trim() == name);
    let cell = |row: &crate::campaign::ReturnedRow, name: &str| {
        let text = column(name).and_then(|c| row.cells.get(c)).map(String::as_str).unwrap_or_default();
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
            .to_string()
    };
    let same_end = |text: &str| match d.decision.until {
        None => text.is_empty(),
        Some(at) => [None, Some(DateOrder::DayFirst), Some(DateOrder::MonthFirst)]
            .into_iter()
            .any(|order| dates::read(text, order) == DateReading::At(at)),
    };
    sheet.rows.iter().filter(|r| cell(r, "item_id") == d.item.as_str()).any(|row| {
        spoken(&cell(row, "decision")) == Some(d.decision.choice) && cell(row, "justification") == d.decision.justification && same_end(&cell(row, "until"))
    })
}
