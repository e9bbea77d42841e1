//! Who reads an output: the one place through which every value of a person passes before it is rendered.
//!
//! Renderers never take a name, an id or a reason from the ledger itself: they ask [`Audience`] for the row as this reader may see it.
//! What people wrote in their own words is masked unless it was asked for, since it can hold anything, also about health.

use crate::model::{Decision, Finding, Holding, Interned};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// What an output shows of words that people wrote: justifications, and reasons of decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FreeText {
    /// Their length and the beginning of their hash.
    #[default]
    Masked,
    /// The words themselves; the report says so.
    Shown,
}

/// The reader of an output.
#[derive(Debug, Clone, Default)]
pub struct Audience {
    /// What is shown of free text.
    pub free_text: FreeText,
    /// The key of masks where people are not named: a short text could be guessed from a hash without one.
    pub mask_key: Option<[u8; 32]>,
}

impl Audience {
    /// A holding as this reader may see it.
    #[must_use]
    pub fn holding<'a>(&self, holding: &'a Holding) -> Cow<'a, Holding> {
        let silent = holding.justification.is_none() && holding.decisions.iter().all(|d| d.reason.is_empty());
        if self.free_text == FreeText::Shown || silent {
            return Cow::Borrowed(holding);
        }
        let mut seen = holding.clone();
        seen.justification = holding.justification.map(|t| self.words(t));
        seen.decisions = holding.decisions.iter().map(|d| self.decision(d)).collect();
        Cow::Owned(seen)
    }

    /// A finding as this reader may see it; messages tell of reasons by length and hash only.
    #[must_use]
    pub fn finding<'a>(&self, finding: &'a Finding) -> Cow<'a, Finding> {
        Cow::Borrowed(finding)
    }

    /// The name of a person, group or application, given its object id.
    #[must_use]
    pub fn name<'a>(&self, _id: &str, name: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(name)
    }

    /// Words that a person wrote; nothing stays nothing.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.free_text {
            FreeText::Shown => Cow::Borrowed(text),
            FreeText::Masked if text.is_empty() => Cow::Borrowed(text),
            FreeText::Masked => Cow::Owned(match &self.mask_key {
                Some(key) => masked_by(key, text),
                None => masked(text),
            }),
        }
    }

    /// The same of interned words.
    fn words(&self, text: Interned) -> Interned {
        match self.text(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(masked) => masked.into(),
        }
    }

    fn decision(&self, decision: &Decision) -> Decision {
        Decision {
            reason: self.words(decision.reason),
            ..*decision
        }
    }
}

/// `27 characters, SHA-256 1a2b3c4d…`: enough to see that two are the same, not what they say.
#[must_use]
pub fn masked(text: &str) -> String {
    let hash = hex::encode(Sha256::digest(text));
    let length = text.chars().count();
    let ending = if length == 1 { "" } else { "s" };
    format!("{length} character{ending}, SHA-256 {}…", hash.get(..8).unwrap_or_default())
}

/// The same under a key: nobody without it can try texts until one fits.
#[must_use]
pub fn masked_by(key: &[u8; 32], text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"));
    mac.update(text.as_bytes());
    let hash = hex::encode(mac.finalize().into_bytes());
    let length = text.chars().count();
    let ending = if length == 1 { "" } else { "s" };
    format!("{length} character{ending}, keyed {}…", hash.get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_mask_under_a_key_says_nothing_to_who_has_not_the_key() {
        let under = |key| Audience {
            mask_key: key,
            ..Audience::default()
        };
        let (one, two, none) = (under(Some([1; 32])), under(Some([2; 32])), under(None));
        assert_eq!(one.text("no"), one.text("no"));
        assert_ne!(one.text("no"), two.text("no"));
        assert!(
            !one.text("no").contains(masked("no").rsplit(' ').next().expect("a hash")),
            "the bare hash is not in it"
        );
        assert!(none.text("no").contains("SHA-256"));
    }

    #[test]
    fn words_are_masked_and_everything_else_stays() {
        let mut h = sample::holding(1);
        h.justification = Some("my therapy".into());
        h.decisions = vec![Decision {
            stage: Some(1),
            who: "w".into(),
            name: "n".into(),
            at: "t".into(),
            decision: "approved".into(),
            reason: "she told me".into(),
        }];
        let seen = Audience::default().holding(&h).into_owned();
        assert_eq!(seen.justification.as_deref(), Some("10 characters, SHA-256 b8b7ddf3…"));
        assert!(seen.decisions[0].reason.starts_with("11 characters, SHA-256 "));
        let back = Holding {
            justification: h.justification,
            decisions: h.decisions.clone(),
            ..seen
        };
        assert_eq!(back, h);
        let open = Audience {
            free_text: FreeText::Shown,
            mask_key: None,
        };
        assert_eq!(open.holding(&h).as_ref(), &h);
    }

    #[test]
    fn nothing_is_not_a_text_of_length_nought() {
        assert_eq!(Audience::default().text(""), "");
        assert_eq!(masked("é").split(',').next(), Some("1 character"));
    }
}
