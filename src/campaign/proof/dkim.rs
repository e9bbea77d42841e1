//! DKIM (RFC 6376, RFC 8301, RFC 8463): whether the sender's domain signed this mail as it is.

use super::keys::{Key, tags};
use super::mail::Mail;
use crate::model::Instant;
use base64::prelude::{BASE64_STANDARD, Engine};
use ring::signature::{ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub use super::keys::DnsKeys;

/// Signatures that are looked at; a mail with more is an attack on patience.
const MOST: usize = 10;

/// One signature's result; the smallest is the best.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Pass(String),
    NotChecked(String),
    Fail(String),
}

/// `pass`, `fail`, `none` or `not-checked`, a colon, and the reason in words.
#[must_use]
pub fn result(bytes: &[u8], mail: &Mail, keys: Option<&DnsKeys>) -> String {
    let asserted = mail.asserted.as_deref().unwrap_or("no server asserts a result");
    let raw = line_ends(bytes);
    let (fields, body) = parts(&raw);
    let signatures: Vec<usize> = (0..fields.len()).filter(|n| named(fields[*n], "dkim-signature")).take(MOST).collect();
    if signatures.is_empty() {
        return format!("none: the mail carries no signature; {asserted}");
    }
    let Some(keys) = keys else {
        return format!("not-checked: no keys were given; {asserted}");
    };
    let best = signatures.iter().map(|n| check(&fields, *n, body, mail, keys)).min();
    match best {
        Some(Outcome::Pass(how)) => format!("pass: {how}"),
        Some(Outcome::NotChecked(why)) => format!("not-checked: {why}; {asserted}"),
        Some(Outcome::Fail(why)) => format!("fail: {why}"),
        None => format!("none: the mail carries no signature; {asserted}"),
    }
}

fn check(fields: &[&[u8]], n: usize, body: &[u8], mail: &Mail, keys: &DnsKeys) -> Outcome {
    check_inner(fields, n, body, mail, keys).unwrap_or_else(|outcome| outcome)
}

fn check_inner(fields: &[&[u8]], n: usize, body: &[u8], mail: &Mail, keys: &DnsKeys) -> Result<Outcome, Outcome> {
    let fail = |why: String| Outcome::Fail(why);
    let field = String::from_utf8_lossy(fields[n]).into_owned();
    let tags: BTreeMap<String, String> = tags(field.split_once(':').map(|f| f.1).unwrap_or_default());
    let tag = |name: &str| tags.get(name).map(String::as_str).ok_or_else(|| fail(format!("the signature lacks {name}=")));
    let (domain, selector, algorithm) = (tag("d")?.to_ascii_lowercase(), tag("s")?.to_string(), tag("a")?.to_string());
    if tag("v")? != "1" {
        return Err(fail("the signature is of another version than 1".into()));
    }
    if tags.contains_key("l") {
        return Err(fail("the signature covers a part of the body only (l=)".into()));
    }
    let names: Vec<String> = tag("h")?.split(':').map(str::to_ascii_lowercase).collect();
    if !names.iter().any(|h| h == "from") {
        return Err(fail("the signature does not cover From".into()));
    }
    let (head_form, body_form) = tags
        .get("c")
        .map_or(("simple", "simple"), |c| c.split_once('/').unwrap_or((c.as_str(), "simple")));
    let published = keys
        .get(&selector, &domain)
        .ok_or_else(|| Outcome::NotChecked(format!("the key {selector}._domainkey.{domain} was not given")))?;

    let body_hash = BASE64_STANDARD.encode(Sha256::digest(if body_form == "relaxed" { relaxed_body(body) } else { simple_body(body) }));
    if body_hash != tag("bh")? {
        return Err(fail("the body was changed after it was signed".into()));
    }
    let covered = covered(fields, n, &names, head_form == "relaxed");
    let signature = BASE64_STANDARD.decode(tag("b")?).map_err(|_| fail("the signature is no base64".into()))?;
    let good = match (algorithm.as_str(), &published.key) {
        (_, Key::Revoked) => return Err(fail(format!("the key {selector}._domainkey.{domain} was withdrawn"))),
        ("rsa-sha256", Key::Rsa(key)) => UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, key)
            .verify(&covered, &signature)
            .is_ok(),
        ("ed25519-sha256", Key::Ed25519(key)) => UnparsedPublicKey::new(&ED25519, key).verify(&Sha256::digest(&covered), &signature).is_ok(),
        _ => return Err(fail(format!("'{algorithm}' does not fit the key, or is not accepted"))),
    };
    if !good {
        return Err(fail("header fields were changed after they were signed, or the key is another".into()));
    }
    if published.testing {
        return Err(fail(format!("{domain} is testing DKIM (t=y), which is as good as no signature")));
    }
    let signer = tags.get("i").map(|i| i.rsplit('@').next().unwrap_or_default().to_ascii_lowercase());
    if published.strict && signer.is_some_and(|s| s != domain) {
        return Err(fail(format!("the key {selector}._domainkey.{domain} is not for subdomains (t=s)")));
    }
    if let Some(expires) = tags.get("x") {
        // Later than the mail: it was good when it came, however long ago that is.
        let expires: i64 = expires.parse().map_err(|_| fail("the end of the signature is no time (x=)".into()))?;
        match mail.sent {
            Some(sent) if sent > Instant::from_unix(expires) => return Err(fail("the signature expired before the mail was written (x=)".into())),
            Some(_) => {}
            None => return Err(Outcome::NotChecked("the signature has an end (x=), and the mail no Date".into())),
        }
    }
    let sender = mail.from.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    if !aligned(&sender, &domain) {
        return Err(fail(format!("signed by {domain}, which does not speak for {sender}")));
    }
    Ok(Outcome::Pass(format!("signed by {domain}, key {selector}, {algorithm}")))
}

/// One is the other, or stands below it.
fn aligned(sender: &str, domain: &str) -> bool {
    let below = |a: &str, b: &str| b.contains('.') && a.strip_suffix(b).is_some_and(|rest| rest.ends_with('.'));
    sender == domain || below(sender, domain) || below(domain, sender)
}

/// The bytes that the header signature covers: named fields from the bottom up, then the signature without its value.
fn covered(fields: &[&[u8]], n: usize, names: &[String], relaxed: bool) -> Vec<u8> {
    let mut used = vec![false; fields.len()];
    let mut out = Vec::new();
    for name in names {
        let found = (0..fields.len()).rev().find(|i| !used[*i] && *i != n && named(fields[*i], name));
        // A name without a field stands for its absence: nothing is added.
        if let Some(i) = found {
            used[i] = true;
            out.extend(canonical(fields[i], relaxed));
            out.extend(b"\r\n");
        }
    }
    out.extend(canonical(&without_value(fields[n]), relaxed));
    out
}

fn canonical(field: &[u8], relaxed: bool) -> Vec<u8> {
    if !relaxed {
        return field.to_vec();
    }
    let place = field.iter().position(|b| *b == b':').unwrap_or(field.len());
    let (name, value) = field.split_at(place);
    let mut out = name.trim_ascii().to_ascii_lowercase();
    out.push(b':');
    out.extend(
        value
            .get(1..)
            .unwrap_or_default()
            .split(u8::is_ascii_whitespace)
            .filter(|w| !w.is_empty())
            .collect::<Vec<_>>()
            .join(&b' '),
    );
    out
}

/// The field with the value of its `b=` taken out.
fn without_value(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (i, part) in field.split(|b| *b == b';').enumerate() {
        if i > 0 {
            out.push(b';');
        }
        let start = part.iter().position(|b| *b == b'=').unwrap_or(0);
        // The first part has the field's name before its tag.
        let tag = part.get(..start).unwrap_or_default();
        let tag = tag.rsplit(|b| *b == b':').next().unwrap_or_default().trim_ascii();
        if tag == b"b" {
            out.extend(part.get(..=start).unwrap_or_default());
        } else {
            out.extend(part);
        }
    }
    out
}

fn simple_body(body: &[u8]) -> Vec<u8> {
    let mut out = body.to_vec();
    while out.ends_with(b"\r\n\r\n") {
        out.truncate(out.len() - 2);
    }
    if out == b"\r\n" || out.is_empty() {
        return b"\r\n".to_vec();
    }
    if !out.ends_with(b"\r\n") {
        out.extend(b"\r\n");
    }
    out
}

fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for line in body.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut flat = Vec::new();
        let mut blank = false;
        for b in line {
            if matches!(b, b' ' | b'\t') {
                blank = true;
                continue;
            }
            if std::mem::take(&mut blank) {
                flat.push(b' ');
            }
            flat.push(*b);
        }
        lines.push(flat);
    }
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    let mut out = lines.join(b"\r\n".as_slice());
    if !out.is_empty() {
        out.extend(b"\r\n");
    }
    out
}

/// Programs that save mails may leave the carriage returns out; signatures are made with them.
fn line_ends(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 50);
    let mut before = 0;
    for b in bytes {
        if *b == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(*b);
        before = *b;
    }
    out
}

/// The header fields with their folds, without the last line end, and the body.
fn parts(raw: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let end = raw.windows(4).position(|w| w == b"\r\n\r\n");
    let (head, body) = match end {
        Some(at) => (raw.get(..at).unwrap_or_default(), raw.get(at + 4..).unwrap_or_default()),
        None => (raw, [].as_slice()),
    };
    let mut fields = Vec::new();
    let mut start = 0;
    for at in 0..head.len() {
        let ends = head.get(at..).is_some_and(|r| r.starts_with(b"\r\n")) && !matches!(head.get(at + 2), Some(b' ' | b'\t'));
        if ends {
            fields.push(head.get(start..at).unwrap_or_default());
            start = at + 2;
        }
    }
    fields.push(head.get(start..).unwrap_or_default());
    (fields, body)
}

fn named(field: &[u8], name: &str) -> bool {
    let place = field.iter().position(|b| *b == b':').unwrap_or(0);
    field.get(..place).is_some_and(|n| n.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
}
