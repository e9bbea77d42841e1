//! Files that came back from reviewers, their signatures and mails, so that a proof can be checked again from the bundle alone.

use super::Making;
use crate::campaign::log::{ImportRecord, KeyLists, LogEvent, Proof};
use crate::campaign::{CampaignError, CampaignId, LogEntry, State, Store};
use crate::evidence::compose::{Content, Part};
use crate::report::privacy::{Privacy, Reader};
use crate::report::{Audience, FreeText};
use std::collections::BTreeMap;

/// Where a bundle has the allowed signers of the opening, below `campaign/returned/`.
pub const OPENING_SIGNERS: &str = "000001.allowed-signers.txt";
/// Where it has the keys of mail domains of the opening.
pub const OPENING_DKIM_KEYS: &str = "000001.dkim-keys.txt";

/// Files by the log entry that they belong to: path below `data/`, what it is, content.
#[derive(Debug, Default)]
pub(in crate::evidence) struct Kept(BTreeMap<u64, Vec<(String, String, Vec<u8>)>>);

impl Kept {
    /// Paths below `campaign/` of an entry's files, with blanks between them; empty when none is in the bundle.
    pub fn names(&self, entry: u64) -> String {
        let files = self.0.get(&entry).into_iter().flatten();
        let names: Vec<&str> = files.map(|(name, ..)| name.trim_start_matches("campaign/")).collect();
        names.join(" ")
    }

    /// The files as parts of the bundle.
    pub fn into_parts(self) -> impl Iterator<Item = Part> {
        self.0.into_values().flatten().map(|(file, what, bytes)| Part {
            file,
            what,
            content: Content::Bytes(bytes),
        })
    }
}

/// Whether a bundle may hold what reviewers sent: it has names and words of people as they wrote them.
pub fn shows(privacy: &Privacy, audience: &Audience) -> bool {
    audience.free_text == FreeText::Shown && privacy.pseudonyms.is_none() && privacy.reader != Reader::Reviewer
}

/// What the lake has kept of each import and sign-off; nothing where the bundle may not show it.
pub fn kept(store: &Store, state: &State, entries: &[(LogEntry, String)], making: &Making) -> Result<Kept, CampaignError> {
    let mut kept = Kept::default();
    if !shows(making.privacy, making.audience) {
        return Ok(kept);
    }
    let id = &state.head.id;
    for (entry, _) in entries {
        let files = match &entry.event {
            LogEvent::Opened { keys, .. } => of_opening(store, id, keys)?,
            LogEvent::Imported(record) => of_import(store, state, entry.sequence, record)?,
            LogEvent::SignedOff { document_sha256, proof, .. } => of_sign_off(store, state, entry.sequence, document_sha256, proof)?,
            _ => continue,
        };
        if !files.is_empty() {
            kept.0.insert(entry.sequence, files);
        }
    }
    Ok(kept)
}

type Files = Vec<(String, String, Vec<u8>)>;

/// `campaign/returned/000012.csv` and what proves it.
fn of_import(store: &Store, state: &State, entry: u64, record: &ImportRecord) -> Result<Files, CampaignError> {
    let id = &state.head.id;
    let ending = record.file.rsplit_once('.').map_or("", |(_, e)| e).to_lowercase();
    let ending = Some(ending)
        .filter(|e| ["csv", "xlsx", "eml", "msg"].contains(&e.as_str()))
        .unwrap_or("file".into());
    let name = format!("campaign/returned/{entry:06}.{ending}");
    let mut files = Files::new();
    if let Some(bytes) = store.kept(id, &record.sha256)? {
        files.push((
            name.clone(),
            format!("the file that came back, as entry {entry} of the campaign's log took it in"),
            bytes,
        ));
        files.extend(of_proof(store, state, &name, &record.proof)?);
    }
    Ok(files)
}

/// The lists of keys with which the campaign began.
fn of_opening(store: &Store, id: &CampaignId, keys: &KeyLists) -> Result<Files, CampaignError> {
    let mut files = Files::new();
    for (sha256, name, what) in [
        (&keys.signers_sha256, OPENING_SIGNERS, "the allowed signers that were named at the opening"),
        (
            &keys.dkim_keys_sha256,
            OPENING_DKIM_KEYS,
            "the keys of mail domains that were named at the opening",
        ),
    ] {
        let bytes = if sha256.is_empty() { None } else { store.kept(id, sha256)? };
        files.extend(bytes.map(|b| (format!("campaign/returned/{name}"), what.to_string(), b)));
    }
    Ok(files)
}

fn of_sign_off(store: &Store, state: &State, entry: u64, document: &str, proof: &Proof) -> Result<Files, CampaignError> {
    let id = &state.head.id;
    let mut files = Files::new();
    let Some(bytes) = store.kept(id, document)? else {
        return Ok(files);
    };
    let name = format!("campaign/returned/{entry:06}.txt");
    files.push((name.clone(), format!("what was signed off by entry {entry} of the campaign's log"), bytes));
    if let Proof::Email { sha256, .. } = proof
        && let Some(mail) = store.kept(id, sha256)?
    {
        files.push((format!("campaign/returned/{entry:06}.eml"), "the mail of the sign-off".into(), mail));
    }
    files.extend(of_proof(store, state, &name, proof)?);
    Ok(files)
}

/// The signature, and the list of keys by which it or that of a mail was checked; a list of the opening lies in the bundle once.
fn of_proof(store: &Store, state: &State, name: &str, proof: &Proof) -> Result<Files, CampaignError> {
    let wanted = match proof {
        Proof::Sshsig {
            signature_sha256,
            signers_sha256,
            ..
        } => vec![
            (signature_sha256, "sig", "its signature, for ssh-keygen -Y verify"),
            (
                signers_sha256,
                "allowed-signers.txt",
                "the allowed signers by which its signature was checked, named when it came back",
            ),
        ],
        Proof::Email { keys_sha256, .. } => vec![(
            keys_sha256,
            "dkim-keys.txt",
            "the keys by which the mail's DKIM signature was checked, named when it came back",
        )],
        _ => Vec::new(),
    };
    let mut files = Files::new();
    let opening = [&state.keys.signers_sha256, &state.keys.dkim_keys_sha256];
    for (sha256, ending, what) in wanted.into_iter().filter(|(sha256, ..)| !sha256.is_empty() && !opening.contains(sha256)) {
        let bytes = store.kept(&state.head.id, sha256)?;
        files.extend(bytes.map(|b| (format!("{name}.{ending}"), what.to_string(), b)));
    }
    Ok(files)
}
