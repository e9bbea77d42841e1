//! Letters of a campaign on disk and over SMTP: written into the reviewer's folder, sent where a server is configured.

use super::sheets::put;
use crate::campaign::letter::{Letter, Occasion, Post, Sender};
use crate::campaign::{Reviewer, State};
use crate::cli::exit::{Exit, Failure};
use crate::lake::store::create_private_dirs;
use crate::model::Instant;
use sha2::{Digest, Sha256};
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
pub struct Office<'a> {
    state: &'a State,
    sender: Sender,
    post: Option<Post>,
    at: Instant,
}

impl<'a> Office<'a> {
    /// Makes the sender and the way ready; nobody is called yet.
    pub fn new(state: &'a State, at: Instant) -> Result<Self, Failure> {
        let sender = state.plan.mail.clone().unwrap_or_else(Sender::draft);
        let post = state
            .plan
            .smtp
            .as_ref()
            .map(|s| Post::new(s, &sender.from))
            .transpose()
            .map_err(Failure::usage)?;
        Ok(Self { state, sender, post, at })
    }

    /// `file` or `smtp`.
    pub fn way(&self) -> &'static str {
        if self.post.is_some() { "smtp" } else { "file" }
    }

    /// Writes one letter as `.eml` and `.ics`, and sends it where that is configured; returns the hash of the mail.
    pub fn write(&self, order: &Order, out: &Path, send: bool) -> Result<String, Failure> {
        let key = &order.about.key;
        let items = self.state.by_reviewer(&std::collections::BTreeMap::new()).get(key).map_or(0, |t| t.population);
        let sheets: Vec<String> = self
            .state
            .sheets()
            .iter()
            .filter(|((k, _), _)| k == key)
            .map(|((k, stage), indices)| self.state.hash_of(k, *stage, indices))
            .collect();
        let letter = Letter {
            campaign: &self.state.head,
            occasion: order.occasion,
            to: order.to,
            about: order.about,
            open: order.open,
            items,
            due_at: self.state.due_at,
            sheets: &sheets,
            step: order.step,
            at: self.at,
            sender: &self.sender,
        };
        let mail = letter.mail().map_err(Failure::usage)?;
        let dir = out.join(self.state.head.id.as_str()).join(key.as_str());
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
