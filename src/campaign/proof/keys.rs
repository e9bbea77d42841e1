//! Public keys of DKIM out of DNS records that somebody fetched, as `dig` prints them.

use super::ProofError;
use base64::prelude::{BASE64_STANDARD, Engine};
use std::collections::BTreeMap;

/// A key that a domain published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// PKCS#1 `RSAPublicKey`.
    Rsa(Vec<u8>),
    /// 32 bytes.
    Ed25519(Vec<u8>),
    /// Published without a key: withdrawn.
    Revoked,
}

/// A key with what its record says of its use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Published {
    pub key: Key,
    /// The domain is testing DKIM (`t=y`): its signatures are to be treated as if there were none (RFC 6376, 3.6.1).
    pub testing: bool,
    /// Subdomains may not sign by it (`t=s`).
    pub strict: bool,
}

/// Records of `SELECTOR._domainkey.DOMAIN`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DnsKeys {
    keys: BTreeMap<String, Published>,
    text: String,
}

impl DnsKeys {
    /// Reads lines such as `s1._domainkey.corp.example. 3600 IN TXT "v=DKIM1; k=rsa; p=…" "…"`.
    ///
    /// # Errors
    /// With every line that is no such record.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        let mut keys = BTreeMap::new();
        let mut problems = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with([';', '#']) {
                continue;
            }
            match record(line) {
                Ok((name, key)) => {
                    keys.insert(name, key);
                }
                Err(problem) => problems.push(format!("DKIM keys, line {number}: {problem}")),
            }
        }
        if problems.is_empty() {
            Ok(Self { keys, text: text.to_string() })
        } else {
            Err(ProofError::Lines(problems))
        }
    }

    /// The records as they were given, to be kept with what they prove.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn get(&self, selector: &str, domain: &str) -> Option<&Published> {
        self.keys.get(&format!("{selector}._domainkey.{domain}").to_ascii_lowercase())
    }
}

fn record(line: &str) -> Result<(String, Published), String> {
    let (name, rest) = line.split_once([' ', '\t']).ok_or("a name and a record are expected")?;
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if !name.contains("._domainkey.") {
        return Err(format!("'{name}' is no name of a DKIM key (SELECTOR._domainkey.DOMAIN)"));
    }
    let text = match rest.find('"') {
        // A long record is several strings that belong together.
        Some(_) => rest.split('"').skip(1).step_by(2).collect::<String>(),
        None => rest.rsplit("TXT").next().unwrap_or_default().trim().to_string(),
    };
    let tags = tags(&text.replace("\\;", ";"));
    let tag = |name: &str| tags.get(name).map(String::as_str);
    if tag("v").is_some_and(|v| v != "DKIM1") {
        return Err("the record is of another version than DKIM1".into());
    }
    if tag("h").is_some_and(|h| !h.split(':').any(|a| a == "sha256")) {
        return Err("the record does not allow SHA-256".into());
    }
    let p = tag("p").ok_or("the record has no key (p=)")?;
    let flag = |letter: &str| tag("t").is_some_and(|t| t.split(':').any(|f| f == letter));
    let (testing, strict) = (flag("y"), flag("s"));
    let published = |key: Key| Published { key, testing, strict };
    if p.is_empty() {
        return Ok((name, published(Key::Revoked)));
    }
    let bytes = BASE64_STANDARD.decode(p).map_err(|e| format!("the key is no base64: {e}"))?;
    match tag("k").unwrap_or("rsa") {
        "rsa" => Ok((name, published(Key::Rsa(pkcs1(&bytes).unwrap_or(&bytes).to_vec())))),
        "ed25519" => Ok((name, published(Key::Ed25519(bytes)))),
        other => Err(format!("a key of kind '{other}' is not known")),
    }
}

/// Tags of a DKIM list, without any blanks inside of values.
pub(super) fn tags(text: &str) -> BTreeMap<String, String> {
    text.split(';')
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.trim().to_string(), value.chars().filter(|c| !c.is_ascii_whitespace()).collect()))
        .collect()
}

/// The `RSAPublicKey` inside of a `SubjectPublicKeyInfo`: two sequences and a bit string without unused bits.
fn pkcs1(spki: &[u8]) -> Option<&[u8]> {
    let (outer, _) = element(spki, 0x30)?;
    let (_, rest) = element(outer, 0x30)?;
    let (bits, _) = element(rest, 0x03)?;
    bits.strip_prefix(&[0])
}

/// The content of a DER element of that kind, and what follows it.
fn element(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
            (digits.iter().fold(0, |n, d| n << 8 | usize::from(*d)), rest)
        }
        _ => return None,
    };
    (first == kind).then(|| rest.split_at_checked(length)).flatten()
}
