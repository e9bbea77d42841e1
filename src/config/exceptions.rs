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
    /// The assignment that it is about; empty for any.
    pub assignment: String,
    /// Who accepted it and answers for it; empty when the entry does not say.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Ticket; may be empty.
    pub ticket: String,
    /// First instant at which it holds; `None` where it holds from ever.
    pub since: Option<Instant>,
    /// First instant at which it does not hold any more.
    pub until: Instant,
    /// Where the acceptance is on record.
    pub evidence: Vec<String>,
    /// The campaign that granted it; empty for an entry of a file.
    pub campaign: String,
}

impl Exception {
    /// Whether it is about a finding; whether it holds is another question.
    #[must_use]
    pub fn is_of(&self, finding: &Finding) -> bool {
        let blank_or = |wanted: &str, is: &str| wanted.is_empty() || wanted.eq_ignore_ascii_case(is);
        blank_or(&self.finding, &finding.fingerprint) && blank_or(&self.check, finding.check.as_str()) && self.concerns(finding)
    }

    /// Whether it names one of several assignments of a finding: of the others it says nothing.
    #[must_use]
    pub fn is_of_a_part(&self, finding: &Finding) -> bool {
        let same_check = self.check.is_empty() || self.check.eq_ignore_ascii_case(finding.check.as_str());
        same_check && finding.covers.len() > 1 && finding.covers.iter().any(|a| a.eq_ignore_ascii_case(&self.assignment))
    }

    /// Whether it names whom and what a finding is about; an assignment that both name decides alone.
    fn concerns(&self, finding: &Finding) -> bool {
        if self.is_of_a_part(finding) {
            return false;
        }
        if !self.assignment.is_empty() && !finding.assignment_id.is_empty() {
            return self.assignment.eq_ignore_ascii_case(&finding.assignment_id);
        }
        let is = |wanted: &str, texts: [&str; 2]| texts.iter().any(|t| wanted.eq_ignore_ascii_case(t));
        let on = |id: &str, name: &str| matches(&self.package, id, name);
        let package = self.package.is_empty()
            || on(&finding.object_id, &finding.object_name)
            || finding.subject_kind == "package" && on(&finding.subject_id, &finding.subject_name);
        package && (self.principal.is_empty() || is(&self.principal, [&finding.subject_id, &finding.subject_name]))
    }

    /// Whether it holds: somebody answers for it, it has begun, and its end has not come.
    #[must_use]
    pub fn holds(&self, as_of: Instant) -> bool {
        !self.owner.is_empty() && self.has_begun(as_of) && as_of < self.until
    }

    /// Whether it has begun.
    #[must_use]
    pub fn has_begun(&self, as_of: Instant) -> bool {
        self.since.is_none_or(|t| t <= as_of)
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
        let some = |part: &&String| !part.is_empty();
        let later = [&self.assignment, &self.campaign];
        for part in [&self.finding, &self.check, &self.principal, &self.package]
            .into_iter()
            .chain(later.into_iter().filter(some))
        {
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
    assignment: String,
    campaign: String,
    since: Option<toml::Value>,
    until: Option<toml::Value>,
    evidence: Vec<String>,
}

/// The register as a file that says the same, for whoever is to judge by it again; empty without entries.
#[must_use]
pub fn written(entries: &[Exception]) -> String {
    let mut out = String::new();
    for entry in entries {
        out.push_str("[[exception]]\n");
        let mut line = |key: &str, value: &str| {
            if !value.is_empty() {
                out.push_str(&format!("{key} = {}\n", toml::Value::from(value)));
            }
        };
        line("finding", &entry.finding);
        line("check", &entry.check);
        line("principal", &entry.principal);
        line("package", &entry.package);
        line("assignment", &entry.assignment);
        line("owner", &entry.owner);
        line("reason", &entry.reason);
        line("ticket", &entry.ticket);
        line("since", &entry.since.map(|t| t.to_string()).unwrap_or_default());
        line("until", &entry.until.to_string());
        line("campaign", &entry.campaign);
        if !entry.evidence.is_empty() {
            let list: Vec<toml::Value> = entry.evidence.iter().map(|e| toml::Value::from(e.as_str())).collect();
            out.push_str(&format!("evidence = {}\n", toml::Value::from(list)));
        }
        out.push('\n');
    }
    out
}

/// Reads a register, whose entries are numbered from `first`; every mistake is added to `mistakes`, with its place.
/// `checks` are the ids that exist.
pub(super) fn parse(text: &str, path: &Path, first: usize, checks: &[&str], mistakes: &mut Vec<String>) -> Vec<Exception> {
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
        let (since, until) = (raw.since.as_ref().map(begin_of), raw.until.as_ref().map(end_of));
        if raw.finding.is_empty() && (raw.check.is_empty() || raw.principal.is_empty() && raw.package.is_empty()) {
            wrong("must name a finding by its fingerprint, or a check with a principal or a package");
        }
        if !raw.check.is_empty() && !checks.iter().any(|c| c.eq_ignore_ascii_case(&raw.check)) {
            wrong(&format!("is for check '{}', which does not exist", raw.check));
        }
        if raw.reason.trim().is_empty() {
            wrong("gives no reason");
        }
        match (since, until) {
            (Some(None), _) => wrong("has a beginning that is no day and no time"),
            (Some(Some(since)), Some(Some(until))) if since >= until => wrong("ends before it begins"),
            _ => {}
        }
        match until {
            None => wrong("has no end: until = 2026-12-31, for example"),
            Some(None) => wrong("has an end that is no day and no time"),
            Some(Some(until)) => entries.push(Exception {
                number: first + number - 1,
                finding: raw.finding.trim().into(),
                check: raw.check.trim().into(),
                principal: raw.principal.trim().into(),
                package: raw.package.trim().into(),
                owner: raw.owner.trim().into(),
                reason: raw.reason.trim().into(),
                ticket: raw.ticket.trim().into(),
                assignment: raw.assignment.trim().into(),
                since: since.flatten(),
                until,
                evidence: raw.evidence,
                campaign: raw.campaign.trim().into(),
            }),
        }
    }
    entries
}

/// The first instant after an end: a day without a time lasts until midnight, UTC.
fn end_of(value: &toml::Value) -> Option<Instant> {
    let text = written_time(value)?;
    let at = Instant::parse(&text)?;
    Some(if text.len() == 10 { at.plus(DAY) } else { at })
}

fn begin_of(value: &toml::Value) -> Option<Instant> {
    Instant::parse(&written_time(value)?)
}

fn written_time(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.trim().to_string()),
        toml::Value::Datetime(at) => Some(at.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (Vec<Exception>, Vec<String>) {
        let mut mistakes = Vec::new();
        let entries = parse(text, Path::new("exceptions.toml"), 1, &["EXP-01"], &mut mistakes);
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
        let (_, mistakes) = told(
            "[[exception]]\ncheck = \"EXP-1\"\n[[exception]]\ncheck = \"EXP-01\"\nprincipal = \"ana\"\nreason = \"x\"\nuntil = \"soon\"\n\
                  [[exception]]\ncheck = \"EXP-01\"\nprincipal = \"ana\"\nreason = \"x\"\nsince = 2026-05-01\nuntil = 2026-04-30\n",
        );
        let all = mistakes.join("\n");
        for expected in [
            "exception 1 must name a finding",
            "'EXP-1', which does not exist",
            "exception 1 gives no reason",
            "exception 1 has no end",
            "exception 2 has an end that is no day",
            "exception 3 ends before it begins",
        ] {
            assert!(all.contains(expected), "{all}");
        }
        assert!(told("[[exception]]\nwho = 1\n").1[0].contains("unknown field `who`"));
    }

    #[test]
    fn a_register_that_is_written_says_the_same() {
        let (entries, mistakes) = told(
            "[[exception]]\ncheck = \"EXP-01\"\nprincipal = \"ana \\\"q\\\"\"\nassignment = \"a1\"\nowner = \"Olga\"\nreason = \"Two\\nlines\"\n\
             ticket = \"T-1\"\nsince = 2026-01-01\nuntil = 2026-03-31\nevidence = [\"mails:1\"]\ncampaign = \"q1\"\n\
             [[exception]]\nfinding = \"ab\"\nreason = \"Pilot\"\nuntil = \"2026-03-31T12:00:00Z\"\n",
        );
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let (again, mistakes) = told(&written(&entries));
        assert!(mistakes.is_empty(), "{mistakes:?}");
        assert_eq!(again, entries);
        assert!(!entries[0].holds(Instant::parse("2025-12-31").expect("a time")), "it has not begun");
    }

    #[test]
    fn an_assignment_that_both_name_decides_alone() {
        let entry = Exception {
            principal: "ana".into(),
            package: "payroll".into(),
            assignment: "a1".into(),
            ..Exception::default()
        };
        let finding = |subject: &str, object: &str, assignment: &str| Finding {
            subject_kind: "principal".into(),
            subject_id: subject.into(),
            object_id: object.into(),
            assignment_id: assignment.into(),
            ..Finding::blank(crate::model::CheckId::new("EXP-01"))
        };
        assert!(entry.is_of(&finding("bo", "payroll", "A1")), "an approver of that very assignment");
        assert!(entry.is_of(&finding("ana", "payroll", "")));
        assert!(!entry.is_of(&finding("ana", "payroll", "a2")), "another assignment of the same package");
        assert!(!entry.is_of(&finding("ana", "library", "")));
        let of_two = Finding {
            covers: vec!["a1".into(), "a2".into()],
            ..finding("adm", "payroll", "a1")
        };
        assert!(
            !entry.is_of(&of_two) && entry.is_of_a_part(&of_two),
            "the other assignment is not accepted with it"
        );
    }
}
