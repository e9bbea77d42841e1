//! Letters of a campaign on disk and over SMTP: written into the reviewer's folder, sent where a server is configured.

use super::sheets::put;
use crate::campaign::notification::{Notification, Occasion, Post, Sender};
use crate::campaign::{Campaign, Reviewer, ReviewerKey, State};
use crate::cli::exit::{Exit, Failure};
use crate::lake::store::create_private_dirs;
use crate::model::Instant;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// What is written to whom.
pub struct Order<'a> {
    /// Why.
    pub occasion: Occasion,
    /// Who gets it.
    pub to: &'a Reviewer,
    /// Whose decisions it is about.
    pub about: &'a Reviewer,
    /// Open decisions.
    pub open: usize,
    /// Step of the ladder.
    pub step: &'a str,
}

/// Writes letters.
pub struct Mailer {
    head: Campaign,
    due_at: Instant,
    sender: Sender,
    post: Option<Post>,
    at: Instant,
    /// Number of items and hashes of sheets, by reviewer.
    sheets: BTreeMap<ReviewerKey, (usize, Vec<String>)>,
}

impl Mailer {
    /// Makes the sender and the way ready; nobody is called yet.
    pub fn new(state: &State, at: Instant) -> Result<Self, Failure> {
        let sender = state.plan.mail.clone().unwrap_or_else(Sender::draft);
        let post = state
            .plan
            .smtp
            .as_ref()
            .map(|s| Post::new(s, &sender.from))
            .transpose()
            .map_err(Failure::usage)?;
        let mut sheets: BTreeMap<ReviewerKey, (usize, Vec<String>)> = BTreeMap::new();
        for ((key, stage), indices) in state.sheets() {
            let hash = state.hash_of(&key, stage, &indices);
            let entry = sheets.entry(key).or_default();
            entry.0 += indices.len();
            entry.1.push(hash);
        }
        Ok(Self {
            head: state.head.clone(),
            due_at: state.due_at,
            sender,
            post,
            at,
            sheets,
        })
    }

    /// `file` or `smtp`.
    pub fn way(&self) -> &'static str {
        if self.post.is_some() { "smtp" } else { "file" }
    }

    /// Writes one letter as `.eml` and `.ics`, and sends it where that is configured; returns the hash of the mail.
    pub fn write(&self, order: &Order, out: &Path, send: bool) -> Result<String, Failure> {
        let key = &order.about.key;
        let (items, sheets) = self.sheets.get(key).cloned().unwrap_or_default();
        let letter = Notification {
            campaign: &self.head,
            occasion: order.occasion,
            to: order.to,
            about: order.about,
            open: order.open,
            items,
            due_at: self.due_at,
            sheets: &sheets,
            step: order.step,
            at: self.at,
            sender: &self.sender,
        };
        let mail = letter.mail().map_err(Failure::usage)?;
        let dir = out.join(self.head.id.as_str()).join(key.as_str());
        create_private_dirs(&dir)?;
        put(&dir.join(format!("{}.eml", letter.file_stem())), &mail)?;
        put(&dir.join(format!("{}.ics", letter.file_stem())), letter.calendar().as_bytes())?;
        if let Some(post) = self.post.as_ref().filter(|_| send) {
            post.send(&order.to.mail, &mail).map_err(|e| Failure {
                exit: Exit::Remote,
                message: e.to_string(),
            })?;
        }
        Ok(hex::encode(Sha256::digest(&mail)))
    }
}
