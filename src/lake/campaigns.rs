//! Campaigns in the history of the lake: each commit names the end of every campaign's log, so that a campaign is as hard
//! to rewrite as the lake itself.
//!
//! The lake knows of a campaign only where its files lie: `campaigns/<id>/campaign.json` and `campaigns/<id>/log/`.

use crate::lake::{Lake, LakeError, View, Writer};
use crate::model::Instant;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// The end of a campaign's log, as a commit has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CampaignHead {
    /// Its id.
    pub id: String,
    /// SHA-256 of its frozen head, `campaign.json`.
    pub head_sha256: String,
    /// Entries of its log.
    pub entries: u64,
    /// SHA-256 of the last line of its log, without the line feed.
    pub log_sha256: String,
}

/// The ends of all campaigns' logs in a lake, sorted by id.
///
/// # Errors
/// When a log cannot be read.
pub fn heads(root: &Path) -> Result<Vec<CampaignHead>, LakeError> {
    let dir = root.join("campaigns");
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(LakeError::io("read", &dir)(e)),
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let (path, id) = (entry.path(), entry.file_name().to_string_lossy().to_string());
        let head = path.join("campaign.json");
        if id.starts_with('.') || !head.is_file() {
            continue;
        }
        let bytes = fs::read(&head).map_err(LakeError::io("read", &head))?;
        let (entries, log_sha256) = end(&path.join("log"))?;
        found.push(CampaignHead {
            id,
            head_sha256: hex::encode(Sha256::digest(&bytes)),
            entries,
            log_sha256,
        });
    }
    found.sort();
    Ok(found)
}

/// Number of entries and hash of the last line of a log.
fn end(dir: &Path) -> Result<(u64, String), LakeError> {
    let batch = |number: u64| -> PathBuf { dir.join(format!("{number:012}.jsonl")) };
    let last = (1u64..).take_while(|n| batch(*n).is_file()).last();
    let Some(path) = last.map(batch) else {
        return Ok((0, String::new()));
    };
    let text = fs::read_to_string(&path).map_err(LakeError::io("read", &path))?;
    let line = text.lines().last().unwrap_or_default();
    let entry: serde_json::Value = serde_json::from_str(line).map_err(LakeError::format("read", &path))?;
    let entries = entry.get("sequence").and_then(serde_json::Value::as_u64).unwrap_or_default();
    Ok((entries, hex::encode(Sha256::digest(line.as_bytes()))))
}

impl Lake {
    /// Makes what campaigns have recorded since the newest commit a part of the history; `None` when nothing is new.
    ///
    /// # Errors
    /// When another writer is at work, or the disk is full.
    pub fn commit_campaigns(&self, now: Instant) -> Result<Option<String>, LakeError> {
        let view = self.view()?;
        let Some(tenant) = view.tenant().filter(|_| heads(self.root()).is_ok_and(|h| h != view.campaigns())) else {
            return Ok(None);
        };
        Writer::begin(self, &tenant)?.commit(now)
    }
}

impl View {
    /// The ends of all campaigns' logs, as the newest commit has them.
    #[must_use]
    pub fn campaigns(&self) -> &[CampaignHead] {
        self.log().last().map_or(&[], |(_, c)| &c.campaigns)
    }

    /// Id of the newest commit that changed a row or a hold: steps of campaigns and the merging of small files change none.
    #[must_use]
    pub fn data_commit_id(&self) -> Option<&str> {
        let changes = |c: &crate::lake::Commit| c.merged.is_empty() && !(c.added.is_empty() && c.removed.is_empty() && c.holds.is_empty());
        self.log().iter().rev().find(|(_, c)| changes(c)).map(|(id, _)| id.as_str())
    }
}
