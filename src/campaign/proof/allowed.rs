//! The allowed-signers file of OpenSSH: whose key is whose, for what, and when.

use super::ProofError;
use crate::model::Instant;
use ssh_key::PublicKey;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedSigner {
    /// Patterns of identities; one that begins with `!` excludes.
    pub principals: Vec<String>,
    /// Namespaces that it may sign for; all when empty.
    pub namespaces: Vec<String>,
    /// First instant at which it counts.
    pub valid_after: Option<Instant>,
    /// First instant at which it counts no longer.
    pub valid_before: Option<Instant>,
    /// The key.
    pub key: PublicKey,
}

impl AllowedSigner {
    /// Whether the line is about an identity.
    #[must_use]
    pub fn names(&self, identity: &str) -> bool {
        let hits = |pattern: &str| matches(&pattern.to_lowercase(), &identity.to_lowercase());
        let excluded = self.principals.iter().filter_map(|p| p.strip_prefix('!')).any(hits);
        !excluded && self.principals.iter().filter(|p| !p.starts_with('!')).any(|p| hits(p))
    }

    /// Whether the line counts at an instant.
    #[must_use]
    pub fn valid_at(&self, at: Instant) -> bool {
        self.valid_after.is_none_or(|from| at >= from) && self.valid_before.is_none_or(|until| at < until)
    }
}

/// Reads the file: `principals [options] keytype key [comment]`, as `ssh-keygen(1)` describes it.
///
/// Times without a `Z` are taken for UTC, so that the answer does not depend on where it is asked.
///
/// # Errors
/// With every line that cannot be read; certificate authorities are not supported and are such lines.
pub fn parse(text: &str) -> Result<Vec<AllowedSigner>, ProofError> {
    let mut signers = Vec::new();
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match parse_line(line) {
            Ok(signer) => signers.push(signer),
            Err(problem) => problems.push(format!("allowed signers, line {number}: {problem}")),
        }
    }
    if problems.is_empty() { Ok(signers) } else { Err(ProofError::Lines(problems)) }
}

fn parse_line(line: &str) -> Result<AllowedSigner, String> {
    let (principals, mut rest) = word(line);
    let mut signer = AllowedSigner {
        principals: principals.trim_matches('"').split(',').map(String::from).collect(),
        namespaces: Vec::new(),
        valid_after: None,
        valid_before: None,
        key: ssh_key::public::KeyData::Ed25519(ssh_key::public::Ed25519PublicKey([0; 32])).into(),
    };
    let (next, after) = word(rest);
    if !is_key_type(next) {
        options(next, &mut signer)?;
        rest = after;
    }
    let mut words = rest.split_whitespace();
    let (Some(kind), Some(key)) = (words.next(), words.next()) else {
        return Err("a key type and a key are missing".into());
    };
    signer.key = PublicKey::from_openssh(&format!("{kind} {key}")).map_err(|e| format!("'{kind}' with its key cannot be read: {e}"))?;
    Ok(signer)
}

fn options(text: &str, signer: &mut AllowedSigner) -> Result<(), String> {
    for option in split_outside_quotes(text, ',') {
        let (name, value) = option.split_once('=').unwrap_or((option.as_str(), ""));
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "namespaces" => signer.namespaces = value.split(',').map(String::from).collect(),
            "valid-after" => signer.valid_after = Some(time(value)?),
            "valid-before" => signer.valid_before = Some(time(value)?),
            "cert-authority" => return Err("certificate authorities are not supported; list the keys of people".into()),
            other => return Err(format!("option '{other}' is not known")),
        }
    }
    Ok(())
}

/// `YYYYMMDD[HHMM[SS]][Z]`.
fn time(text: &str) -> Result<Instant, String> {
    let digits = text.trim_end_matches(['Z', 'z']);
    let wrong = || format!("'{text}' is no time; write YYYYMMDD or YYYYMMDDHHMMSS with Z");
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let part = |from: usize| digits.get(from..from + 2).unwrap_or("00");
    let text = format!("{}{}-{}-{}T{}:{}:{}Z", part(0), part(2), part(4), part(6), part(8), part(10), part(12));
    Instant::parse(&text).ok_or_else(wrong)
}

/// The first word, blanks inside of quotes included, and the rest.
fn word(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => return (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default().trim_start()),
            _ => {}
        }
    }
    (text, "")
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        if c == '"' {
            quoted = !quoted;
        }
        if c == separator && !quoted {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"].iter().any(|p| word.starts_with(p))
}

/// Patterns of OpenSSH: `*` stands for any letters, `?` for one.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((at, from)) = star {
            (p, t) = (at + 1, from + 1);
            star = Some((at, from + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}
