//! The register of exceptions: findings that somebody accepted, until a day and for a reason.

use crate::config::matches;
use crate::model::time::DAY;
use crate::model::{Finding, Instant};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::path::Path;

/// One entry of the register.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exception {
    /// Where it stands in the register, from 1.
    pub number: usize,
    /// Fingerprint of the finding; empty when check and subject say which.
    pub finding: String,
    /// Id of the check.
    pub check: String,
    /// Whom or what the finding is about: object id or name.
    pub principal: String,
    /// What it is on: object id or name, `*` at the ends for anything.
    pub package: String,
    /// Who accepted it and answers for it; empty when the entry does not say.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Ticket; may be empty.
    pub ticket: String,
    /// First instant at which it does not hold any more.
    pub until: Instant,
    /// Where the acceptance is on record.
    pub evidence: Vec<String>,
}

impl Exception {
    /// Whether it is about a finding; whether it holds is another question.
    #[must_use]
    pub fn is_of(&self, finding: &Finding) -> bool {
        let blank_or = |wanted: &str, fits: &dyn Fn() -> bool| wanted.is_empty() || fits();
        let is = |wanted: &str, texts: [&str; 2]| texts.iter().any(|t| wanted.eq_ignore_ascii_case(t));
        blank_or(&self.finding, &|| self.finding.eq_ignore_ascii_case(&finding.fingerprint))
            && blank_or(&self.check, &|| self.check.eq_ignore_ascii_case(finding.check.as_str()))
            && blank_or(&self.principal, &|| is(&self.principal, [&finding.subject_id, &finding.subject_name]))
            && blank_or(&self.package, &|| matches(&self.package, &finding.object_id, &finding.object_name))
    }

    /// Whether it holds: somebody answers for it, and its end has not come.
    #[must_use]
    pub fn holds(&self, as_of: Instant) -> bool {
        !self.owner.is_empty() && as_of < self.until
    }

    /// What it is about, in words: `EXP-01 of ana@corp.example on Payroll`.
    #[must_use]
    pub fn about(&self) -> String {
        let mut words = if self.check.is_empty() { "a finding".to_string() } else { self.check.clone() };
        if !self.finding.is_empty() {
            words = format!("{words} {}", self.finding);
        }
        if !self.principal.is_empty() {
            words = format!("{words} of {}", self.principal);
        }
        if !self.package.is_empty() {
            words = format!("{words} on {}", self.package);
        }
        words
    }

    /// An id that stays while the entry says the same, wherever it stands.
    #[must_use]
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.finding, &self.check, &self.principal, &self.package] {
            hash.update(part.to_lowercase().as_bytes());
            hash.update([0]);
        }
        let mut text = hex::encode(hash.finalize());
        text.truncate(16);
        text
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    exception: Vec<RawException>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawException {
    finding: String,
    check: String,
    principal: String,
    package: String,
    owner: String,
    reason: String,
    ticket: String,
    until: Option<toml::Value>,
    evidence: Vec<String>,
}

/// Reads a register; every mistake is added to `mistakes`, with its place. `checks` are the ids that exist.
pub(super) fn parse(text: &str, path: &Path, checks: &[&str], mistakes: &mut Vec<String>) -> Vec<Exception> {
    let raw: Raw = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            mistakes.push(format!("{}: {}", path.display(), error.to_string().trim_end()));
            return Vec::new();
        }
    };
    let mut entries = Vec::new();
    for (raw, number) in raw.exception.into_iter().zip(1..) {
        let mut wrong = |what: &str| mistakes.push(format!("{}: exception {number} {what}", path.display()));
        let until = raw.until.as_ref().map(end_of);
        if raw.finding.is_empty() && (raw.check.is_empty() || raw.principal.is_empty() && raw.package.is_empty()) {
            wrong("must name a finding by its fingerprint, or a check with a principal or a package");
        }
        if !raw.check.is_empty() && !checks.iter().any(|c| c.eq_ignore_ascii_case(&raw.check)) {
            wrong(&format!("is for check '{}', which does not exist", raw.check));
        }
        if raw.reason.trim().is_empty() {
            wrong("gives no reason");
        }
        match until {
            None => wrong("has no end: until = 2026-12-31, for example"),
            Some(None) => wrong("has an end that is no day and no time"),
            Some(Some(until)) => entries.push(Exception {
                number,
                finding: raw.finding.trim().into(),
                check: raw.check.trim().into(),
                principal: raw.principal.trim().into(),
                package: raw.package.trim().into(),
                owner: raw.owner.trim().into(),
                reason: raw.reason.trim().into(),
                ticket: raw.ticket.trim().into(),
                until,
                evidence: raw.evidence,
            }),
        }
    }
    entries
}

/// The first instant after an end: a day without a time lasts until midnight, UTC.
fn end_of(value: &toml::Value) -> Option<Instant> {
    let text = match value {
        toml::Value::String(text) => text.trim().to_string(),
        toml::Value::Datetime(at) => at.to_string(),
        _ => return None,
    };
    let at = Instant::parse(&text)?;
    Some(if text.len() == 10 { at.plus(DAY) } else { at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (Vec<Exception>, Vec<String>) {
        let mut mistakes = Vec::new();
        let entries = parse(text, Path::new("exceptions.toml"), &["EXP-01"], &mut mistakes);
        (entries, mistakes)
    }

    #[test]
    fn an_entry_holds_through_its_last_day_and_only_with_an_owner() {
        let (entries, mistakes) = told(
            "[[exception]]\ncheck = \"EXP-01\"\nprincipal = \"ana\"\nowner = \"Olga\"\nreason = \"Pilot\"\nuntil = 2026-03-31\n\
             [[exception]]\ncheck = \"EXP-01\"\npackage = \"Pay*\"\nreason = \"Pilot\"\nuntil = \"2026-03-31T12:00:00Z\"\n",
        );
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let at = |text: &str| Instant::parse(text).expect("a time");
        assert!(entries[0].holds(at("2026-03-31T23:59:59Z")) && !entries[0].holds(at("2026-04-01")));
        assert_eq!(entries[1].until, at("2026-03-31T12:00:00Z"));
        assert!(!entries[1].holds(at("2026-01-01")), "nobody answers for it");
        assert_eq!(entries[1].about(), "EXP-01 on Pay*");
    }

    #[test]
    fn mistakes_are_told_together_with_their_place() {
        let (_, mistakes) =
            told("[[exception]]\ncheck = \"EXP-1\"\n[[exception]]\ncheck = \"EXP-01\"\nprincipal = \"ana\"\nreason = \"x\"\nuntil = \"soon\"\n");
        let all = mistakes.join("\n");
        for expected in [
            "exception 1 must name a finding",
            "'EXP-1', which does not exist",
            "exception 1 gives no reason",
            "exception 1 has no end",
            "exception 2 has an end that is no day",
        ] {
            assert!(all.contains(expected), "{all}");
        }
        assert!(told("[[exception]]\nwho = 1\n").1[0].contains("unknown field `who`"));
    }
}
