//! Fingerprints of interpreted content: the same event by two roads hashes alike.

use crate::model::Instant;
use std::fmt::Write as _;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// Collects the interpreted content of a log record.
#[derive(Default)]
pub(super) struct Fingerprint(Vec<u8>);

impl Fingerprint {
    /// Begins anew.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds text, told apart from its absence.
    pub fn text(&mut self, text: Option<&str>) {
        match text {
            None => self.0.push(0),
            Some(text) => {
                self.0.push(1);
                self.0.extend_from_slice(&(text.len() as u64).to_le_bytes());
                self.0.extend_from_slice(text.as_bytes());
            }
        }
    }

    /// Adds text whose case says nothing.
    pub fn word(&mut self, text: Option<&str>) {
        let from = self.0.len();
        self.text(text);
        self.0[from..].make_ascii_lowercase();
    }

    /// Adds a time: the instant to the millisecond, which is what every export keeps of it, or the text where it is none.
    pub fn time(&mut self, at: Option<Instant>, text: &str) {
        match at {
            Some(at) => self.0.extend_from_slice(&at.0.div_euclid(1000).to_le_bytes()),
            None => self.text(Some(text)),
        }
    }

    /// Adds a number.
    pub fn number(&mut self, number: Option<i64>) {
        self.0.push(u8::from(number.is_some()));
        self.0.extend_from_slice(&number.unwrap_or(0).to_le_bytes());
    }

    /// Adds a yes or no.
    pub fn flag(&mut self, flag: Option<bool>) {
        self.number(flag.map(i64::from));
    }

    /// Adds how many follow.
    pub fn count(&mut self, count: usize) {
        self.0.extend_from_slice(&(count as u64).to_le_bytes());
    }

    /// The hash of all.
    pub fn finish(&self) -> u128 {
        let mut hasher = Xxh3::new();
        hasher.update(&self.0);
        hasher.digest128()
    }
}

/// The hash of an id.
pub(super) fn of_id(id: &str) -> u128 {
    xxh3_128(id.as_bytes())
}

/// A hash as 32 hexadecimal digits.
pub(super) fn hex128(hash: u128, into: &mut String) {
    into.clear();
    // Writing into a string cannot fail.
    let _ = write!(into, "{hash:032x}");
}
