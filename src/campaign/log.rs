//! What can happen to a campaign: entries of an append-only, hash-chained log, and how it is known who decided.

use crate::campaign::model::{Disclosure, ItemId, ReviewerKey};
use crate::model::Instant;
use crate::model::access::words;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

words! {
    /// What can be decided about an item: the closed list of sheets.
    Choice {
        /// The access stays.
        Keep => "keep",
        /// The access goes.
        Revoke => "revoke",
        /// The access stays in another form: a shorter time, a smaller role.
        Modify => "modify",
        /// The access stays although a rule speaks against it, by a named person until a date.
        Exception => "exception",
    }
}

words! {
    /// Who took a decision.
    DecidedBy {
        /// A person.
        Person => "person",
        /// Nobody answered, and the policy of the campaign spoke.
        NoResponse => "silence",
        /// Entra's own system, by its settings.
        System => "system",
    }
}

/// How it is known who decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Proof {
    /// The reviewer's signature over the returned file, made by `ssh-keygen -Y sign` and checked against the allowed signers.
    Sshsig {
        /// The principal of the allowed-signers line.
        principal: String,
        /// `SHA256:…` of the key.
        key_fingerprint: String,
        /// The namespace of the signature.
        namespace: String,
        /// SHA-256 of the signature file.
        signature_sha256: String,
        /// SHA-256 of the list of allowed signers with which it was checked; empty in older campaigns.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        signers_sha256: String,
    },
    /// The mail in which the file came back.
    Email {
        /// SHA-256 of the `.eml` file.
        sha256: String,
        /// Its `Message-ID`.
        message_id: String,
        /// The address of its `From`.
        from: String,
        /// `pass`, `fail`, `none` or `not-checked`, with the reason after a colon.
        dkim: String,
        /// SHA-256 of the file of DNS records with which that was checked; empty when none was given.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        keys_sha256: String,
    },
    /// A decision record of an access review of Entra.
    Entra {
        /// Id of the review instance.
        instance: String,
        /// Commit of the lake that has the record, 64 digits.
        commit: String,
    },
    /// Nothing but the word of whoever imported it.
    #[default]
    OperatorAsserted,
}

impl Proof {
    /// The grade of authorship, see [`crate::campaign::authorship::GRADES`], in a campaign that began with these lists of keys.
    ///
    /// A mail proves its sender only where the sender's own domain signed it, and the signature was checked:
    /// anybody can write a file that begins with `From:`. Whoever holds the folder can make a key: one that was named
    /// after the sheets had gone out proves less than one that was named before.
    #[must_use]
    pub fn grade(&self, opening: &KeyLists) -> &'static str {
        let known = |list: &str, named: &str| !named.is_empty() && list == named;
        match self {
            Self::Sshsig { signers_sha256, .. } if known(signers_sha256, &opening.signers_sha256) => "sshsig",
            Self::Sshsig { .. } => "sshsig-later-key",
            Self::Email { dkim, .. } if !dkim.starts_with("pass") => "operator-asserted",
            Self::Email { keys_sha256, .. } if known(keys_sha256, &opening.dkim_keys_sha256) => "email",
            Self::Email { .. } => "email-later-key",
            Self::Entra { .. } => "entra",
            Self::OperatorAsserted => "operator-asserted",
        }
    }
}

/// The lists of keys that a campaign began with, by SHA-256; the lake keeps both. Empty where none was named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLists {
    /// Of the allowed signers, in the format of OpenSSH.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub signers_sha256: String,
    /// Of the DNS records of DKIM keys.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dkim_keys_sha256: String,
}

/// What was decided about one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What.
    pub choice: Choice,
    /// Why; empty when none was given and none was asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub justification: String,
    /// The new end of a modification, or the end of an exception.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::campaign::moment::option")]
    pub until: Option<Instant>,
}

/// A decision in the log. The newest one of the highest stage binds; an older one stays in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionEntry {
    /// The item.
    pub item: ItemId,
    /// The stage, from 1.
    pub stage: u8,
    /// What was decided.
    #[serde(flatten)]
    pub decision: Decision,
    /// Whether a person, silence or a system decided.
    pub by: DecidedBy,
    /// Name of who decided: a reviewer's key, or what spoke for the silent.
    pub decided_by: String,
    /// When, as the sheet tells it; else the instant of the import stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::campaign::moment::option")]
    pub decided_at: Option<Instant>,
    /// When Entra says that it applied the decision; only in adopted reviews.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::campaign::moment::option")]
    pub applied_at: Option<Instant>,
    /// Sequence number of the [`LogEvent::Imported`] entry that brought it; 0 for silence.
    pub import: u64,
}

/// A file that was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRecord {
    /// Its name, without folders.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
    /// Whose sheet.
    pub reviewer: ReviewerKey,
    /// The hash that the sheet carries.
    pub sheet: String,
    /// Who imported it.
    pub imported_by: String,
    /// How it is known who decided.
    pub proof: Proof,
    /// Rows with a decision.
    pub decided: usize,
    /// Rows left empty.
    pub empty: usize,
    /// Decisions that were new or differ from those before.
    pub changed: usize,
}

/// Items that change hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// `reassign` by whoever runs the campaign, `delegate` by the reviewer, `escalate` or `replace` by the ladder.
    pub how: String,
    /// From whom.
    pub from: ReviewerKey,
    /// To whom.
    pub to: ReviewerKey,
    /// Which items, sorted.
    pub items: Vec<ItemId>,
    /// Which stage.
    pub stage: u8,
    /// Why.
    pub reason: String,
    /// What is disclosed about the new reviewer, by item.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub disclosed: std::collections::BTreeMap<ItemId, Vec<Disclosure>>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum LogEvent {
    /// The campaign was opened; the chain begins with the hash of its frozen head.
    Opened {
        /// SHA-256 of the frozen head.
        head_sha256: String,
        /// SHA-256 of the population.
        population_sha256: String,
        /// Number of items.
        population: usize,
        /// SHA-256 over the frozen items and what helps to judge them; empty in older campaigns.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        frozen_sha256: String,
        /// The keys that count from the beginning.
        #[serde(flatten)]
        keys: KeyLists,
    },
    /// A sheet was given out: only such a sheet can come back.
    Issued {
        /// To whom.
        reviewer: ReviewerKey,
        /// Stage.
        stage: u8,
        /// Hash of the sheet.
        sheet: String,
        /// Number of its items.
        items: usize,
    },
    /// A reviewer who was not there at opening.
    Joined {
        /// Who.
        reviewer: crate::campaign::model::Reviewer,
    },
    /// A file was taken in; its decisions follow.
    Imported(ImportRecord),
    /// A decision.
    Decided(DecisionEntry),
    /// Items changed hands.
    Moved(Move),
    /// Somebody was reminded.
    Reminded {
        /// Who.
        reviewer: ReviewerKey,
        /// Which step of the ladder: `7 days before`, `overdue` …
        step: String,
        /// To which address; empty when none is known.
        to: String,
        /// How: `file` or `smtp`.
        by: String,
        /// Open items of that reviewer then.
        open: usize,
        /// SHA-256 of the message.
        message_sha256: String,
    },
    /// A letter that no server took, with what it said; it is tried again.
    Undelivered {
        /// Who was to get it.
        reviewer: ReviewerKey,
        /// Which step.
        step: String,
        /// To which address.
        to: String,
        /// Why not.
        reason: String,
    },
    /// The time was made longer.
    Extended {
        /// New end.
        #[serde(with = "crate::campaign::moment")]
        due_at: Instant,
        /// Why.
        reason: String,
    },
    /// Closed; the decisions of silence come before it.
    Closed {
        /// Commit of the lake at which drift and remedies were worked out.
        commit: String,
        /// Items that nobody decided, decided by silence.
        by_silence: usize,
        /// Items that stay undecided.
        undecided: usize,
        /// SHA-256 of the remediation plan.
        plan_sha256: String,
        /// Why it was closed before its end, though decisions were owed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        early: Option<String>,
        /// Whether no response was taken for a removal also where an item had no reviewer, as the operator asked.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        without_reviewer: bool,
    },
    /// Given up: nothing of it is carried out.
    Cancelled {
        /// Why.
        reason: String,
    },
    /// Opened again after a close; what no response had decided is undecided again.
    Reopened {
        /// Why.
        reason: String,
        /// The new end.
        #[serde(with = "crate::campaign::moment")]
        due_at: Instant,
    },
    /// Outcomes of removals at a commit.
    Verified {
        /// The commit.
        commit: String,
        /// Newest instant that it has seen.
        #[serde(with = "crate::campaign::moment")]
        as_of: Instant,
        /// Count by outcome word, sorted.
        outcomes: std::collections::BTreeMap<String, usize>,
        /// SHA-256 of the list of outcomes.
        list_sha256: String,
    },
    /// Management acknowledged the result.
    SignedOff {
        /// Who signs.
        manager: String,
        /// What is stated.
        statement: String,
        /// Items that are open at that moment: undecided, or decided and not yet verified.
        open_items: usize,
        /// The commit whose outcomes are acknowledged, 64 digits.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        commit: String,
        /// The newest instant that it has seen.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::campaign::moment::option")]
        as_of: Option<Instant>,
        /// How it is known.
        proof: Proof,
        /// SHA-256 of what was signed, which the lake keeps; empty in older campaigns.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        document_sha256: String,
    },
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Position, from 1, without gaps.
    pub sequence: u64,
    /// SHA-256 of the line before, without its line feed; empty for the first.
    pub previous: String,
    /// When it was written.
    #[serde(with = "crate::campaign::moment")]
    pub at: Instant,
    /// Who ran the command.
    #[serde(rename = "operator")]
    pub by: String,
    /// What happened.
    #[serde(flatten)]
    pub event: LogEvent,
}

impl LogEntry {
    /// The JSON line that is stored and hashed, without a line feed.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("an entry is plain data")
    }

    /// The hash that the next entry carries.
    #[must_use]
    pub fn hash(line: &str) -> String {
        hex::encode(Sha256::digest(line.as_bytes()))
    }
}
