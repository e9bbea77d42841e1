//! Signatures of a bundle checked: SSHSIG against allowed signers, minisign against a public key.

use crate::evidence::bag::NOTE;
use crate::evidence::sign::{NAMESPACE, note_holds};
use crate::evidence::verify::Judged;
use crate::model::Instant;
use ssh_key::{HashAlg, PublicKey, SshSig};
use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::Path;

/// What the reader trusts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trusted<'a> {
    /// Text of an allowed-signers file, as `ssh-keygen` reads it.
    pub allowed_signers: Option<&'a str>,
    /// Text of a minisign public key file.
    pub minisign_key: Option<&'a str>,
    /// Keys with dates are judged at this instant.
    pub now: Instant,
}

/// Judges the signatures that lie beside the tag manifest.
pub fn judge(dir: &Path, trusted: Trusted, judged: &mut Judged) {
    let name = "tagmanifest-sha256.txt";
    let Ok(message) = fs::read(dir.join(name)) else { return };
    let read = |ending: &str| fs::read_to_string(dir.join(format!("{name}.{ending}"))).ok();
    let (ssh, mini) = (read("sig"), read("minisig"));
    let note = fs::read_to_string(dir.join(NOTE)).ok();
    if ssh.is_none() && trusted.allowed_signers.is_some() {
        judged
            .failed
            .push("signature: allowed signers were given, and the bundle has no SSH signature".into());
    }
    if mini.is_none() && trusted.minisign_key.is_some() {
        judged
            .failed
            .push("signature: a minisign key was given, and the bundle has no minisign signature".into());
    }
    if let (Some(note), Some(allowed)) = (&note, trusted.allowed_signers) {
        let who: Vec<String> = note_signers(note, allowed, trusted.now).into_iter().collect();
        if !who.is_empty() {
            judged.proved.push(format!("{NOTE}: signed by {}", who.join(", ")));
        }
    }
    if ssh.is_none() && mini.is_none() {
        judged
            .open
            .push("who made the bundle: there is no signature, so anybody could have made it anew".into());
    }
    if let Some(text) = ssh {
        match sshsig(&message, &text, note.as_deref(), trusted) {
            Ok((what, true)) => judged.proved.push(what),
            Ok((what, false)) => judged.open.push(what),
            Err(wrong) => judged.failed.push(format!("signature: {wrong}")),
        }
    }
    if let Some(text) = mini {
        match (minisig(&message, &text, trusted.minisign_key), trusted.minisign_key) {
            (Ok(what), Some(_)) => judged.proved.push(what),
            (Ok(what), None) => judged.open.push(what),
            (Err(wrong), _) => judged.failed.push(format!("signature: {wrong}")),
        }
    }
}

/// Which of the allowed signers signed a note, and may.
#[must_use]
pub fn note_signers(note: &str, allowed: &str, now: Instant) -> BTreeSet<String> {
    let who = |line: &str| {
        let (_, key) = key_of(&words(line))?;
        note_holds(note, key.key_data().ed25519()?.as_ref()).then_some(())?;
        signer(line, &key, now).ok().flatten()
    };
    entries(allowed).filter_map(who).collect()
}

/// The lines of an allowed-signers file that are not blank and no remark.
fn entries(allowed: &str) -> impl Iterator<Item = &str> {
    allowed.lines().filter(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#'))
}

/// The key of a line in words, and where it stands.
fn key_of(words: &[String]) -> Option<(usize, PublicKey)> {
    let read = |w: &[String]| PublicKey::from_openssh(&format!("{} {}", w[0], w[1])).ok();
    words.windows(2).enumerate().find_map(|(at, w)| Some((at, read(w)?)))
}

/// What is known, and whether the key is one that the reader trusts.
fn sshsig(message: &[u8], text: &str, note: Option<&str>, trusted: Trusted) -> Result<(String, bool), String> {
    let signature = SshSig::from_pem(text).map_err(|e| format!("it is no SSH signature: {e}"))?;
    let key = PublicKey::from(signature.public_key().clone());
    key.verify(NAMESPACE, message, &signature)
        .map_err(|_| "the SSH signature is not over this tag manifest, or was made for another purpose".to_string())?;
    let print = key.fingerprint(HashAlg::Sha256);
    if let (Some(note), Some(public)) = (note, key.key_data().ed25519())
        && !note_holds(note, public.as_ref())
    {
        return Err(format!("{NOTE} is not signed by the key of the bundle"));
    }
    let Some(allowed) = trusted.allowed_signers else {
        return Ok((
            format!("who made the bundle: it is signed with the key {print}; name the signers you trust with --allowed-signers FILE"),
            false,
        ));
    };
    let mut reasons = Vec::new();
    for line in entries(allowed) {
        match signer(line, &key, trusted.now) {
            Ok(Some(principal)) => return Ok((format!("signature: {principal} signed the tag manifest with the key {print}"), true)),
            Ok(None) => {}
            Err(reason) => reasons.push(reason),
        }
    }
    let why = if reasons.is_empty() {
        String::new()
    } else {
        format!(" ({})", reasons.join("; "))
    };
    Err(format!("the key {print} is none of the allowed signers{why}"))
}

/// The principal of an allowed-signers line when the line is of this key; an error when it is, and does not allow this.
fn signer(line: &str, key: &PublicKey, now: Instant) -> Result<Option<String>, String> {
    let words = words(line);
    let Some((at, _)) = key_of(&words).filter(|(_, k)| k.key_data() == key.key_data()) else {
        return Ok(None);
    };
    let principal = words.first().filter(|_| at > 0).cloned().ok_or("a line has no principal")?;
    let options = if at > 1 { words[1].clone() } else { String::new() };
    for option in split(&options, ',') {
        let (name, value) = option.split_once('=').unwrap_or((option.as_str(), ""));
        let value = value.trim_matches('"');
        let time = || stamp(value).ok_or(format!("'{value}' is no time"));
        match name.to_lowercase().as_str() {
            "" => {}
            "namespaces" if value.split(',').any(|n| n == NAMESPACE || n == "*") => {}
            "namespaces" => return Err(format!("{principal} may sign for {value} only")),
            "valid-after" if now < time()? => return Err(format!("the key of {principal} is valid from {value} on")),
            "valid-before" if now >= time()? => return Err(format!("the key of {principal} was valid until {value}")),
            "valid-after" | "valid-before" => {}
            "cert-authority" => return Err(format!("{principal} is a certificate authority, which is not checked here")),
            other => return Err(format!("the option {other} is not known")),
        }
    }
    Ok(Some(principal))
}

/// Words apart by blanks, quoted parts whole.
fn words(line: &str) -> Vec<String> {
    split(&line.replace('\t', " "), ' ').into_iter().filter(|w| !w.is_empty()).collect()
}

fn split(text: &str, at: char) -> Vec<String> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for c in text.chars() {
        if c == '"' {
            quoted = !quoted;
        }
        match parts.last_mut() {
            Some(last) if c != at || quoted => last.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts
}

/// `YYYYMMDD[HHMM[SS]][Z]`, taken as UTC.
fn stamp(text: &str) -> Option<Instant> {
    let digits = text.trim_end_matches('Z');
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let full = format!("{digits:0<14}");
    let p = |from: usize, to: usize| full.get(from..to).unwrap_or_default();
    Instant::parse(&format!("{}-{}-{}T{}:{}:{}Z", p(0, 4), p(4, 6), p(6, 8), p(8, 10), p(10, 12), p(12, 14)))
}

fn minisig(message: &[u8], text: &str, key: Option<&str>) -> Result<String, String> {
    let signature = minisign::SignatureBox::from_string(text).map_err(|e| format!("it is no minisign signature: {e}"))?;
    let id: String = signature.keynum().iter().rev().map(|b| format!("{b:02X}")).collect();
    let Some(key) = key else {
        return Ok(format!(
            "who made the bundle: it is signed with the minisign key {id}; name the key you trust with --minisign-key FILE"
        ));
    };
    let public = minisign::PublicKeyBox::from_string(key)
        .and_then(minisign::PublicKeyBox::into_public_key)
        .or_else(|_| minisign::PublicKey::from_base64(key.lines().last().unwrap_or_default().trim()))
        .map_err(|e| format!("the key given is no minisign public key: {e}"))?;
    minisign::verify(&public, &signature, Cursor::new(message), true, false, true).map_err(|e| e.to_string())?;
    Ok(format!("signature: the minisign key {id} signed the tag manifest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_allowed_signers_are_read() {
        for (text, expected) in [
            ("20260101", Some("2026-01-01T00:00:00Z")),
            ("202601011230Z", Some("2026-01-01T12:30:00Z")),
            ("20260101123015", Some("2026-01-01T12:30:15Z")),
            ("2026", None),
            ("20261301", None),
        ] {
            assert_eq!(stamp(text).map(|t| t.to_string()).as_deref(), expected, "{text}");
        }
    }
}
