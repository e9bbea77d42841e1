//! A timestamp of somebody else (RFC 3161): asked for over the network once, verified offline for ever after.
//!
//! What is stamped is the SHA-256 of a file. The answer is a signed message (CMS, RFC 5652) whose certificate must be one that
//! may stamp times only, and must lead to one that the reader trusts.

use crate::evidence::der::{BITS, CONTEXT, Element, INTEGER, OCTETS, OID, Reader, SEQUENCE, SET, TIME, made};
use crate::model::Instant;
use base64::prelude::{BASE64_STANDARD, Engine};
use ring::{digest, signature};
use sha2::{Digest, Sha256};

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
const EC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const EXTENDED_USE: &[u8] = &[0x55, 0x1d, 0x25];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const TIME_STAMPING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];

/// Certificates between the one that stamps and the one that is trusted.
const LONGEST_CHAIN: usize = 8;

/// What a timestamp says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// When, by the clock of the authority.
    pub at: Instant,
    /// Whether its certificate leads to one that is trusted.
    pub trusted: bool,
}

/// The question to an authority about the SHA-256 of a file; the nonce ties the answer to it.
#[must_use]
pub fn query(hash: &[u8; 32], nonce: u64) -> Vec<u8> {
    let imprint = imprint(hash);
    // A leading zero keeps the number positive.
    let nonce = [&[0][..], &nonce.to_be_bytes()].concat();
    let nonce: Vec<u8> = match nonce.iter().position(|b| *b != 0) {
        Some(at) if nonce[at] < 0x80 => nonce[at..].to_vec(),
        Some(at) => nonce[at - 1..].to_vec(),
        None => vec![0],
    };
    made(SEQUENCE, &[&made(INTEGER, &[&[1]]), &imprint, &made(INTEGER, &[&nonce]), &[0x01, 0x01, 0xff]])
}

fn imprint(hash: &[u8]) -> Vec<u8> {
    let algorithm = made(SEQUENCE, &[&made(OID, &[SHA256]), &[0x05, 0x00]]);
    made(SEQUENCE, &[&algorithm, &made(OCTETS, &[hash])])
}

/// Judges an answer: it must be about this file, whole, and signed by the certificate that it carries.
///
/// # Errors
/// When it is not, in words.
pub fn judge(answer: &[u8], file: &[u8], trusted: &[Vec<u8>]) -> Result<Stamped, String> {
    let form = |what: &str| format!("the timestamp has no {what}");
    let response = Reader(answer).take(SEQUENCE).ok_or_else(|| form("answer"))?;
    let mut parts = response.inside();
    let status = parts.take(SEQUENCE).and_then(|s| s.inside().take(INTEGER)).ok_or_else(|| form("status"))?;
    if !matches!(status.content, [0 | 1]) {
        return Err(format!("the authority refused (status {})", hex::encode(status.content)));
    }
    let token = parts.take(SEQUENCE).ok_or_else(|| form("token"))?;
    let signed = Signed::of(token).ok_or_else(|| form("signed message of the right form"))?;
    let about = Info::of(signed.content).ok_or_else(|| form("statement of the right form"))?;
    if about.hash != Sha256::digest(file).as_slice() {
        return Err("the timestamp is of another file, or the file was changed since".into());
    }
    let certificates: Vec<Certificate> = signed.certificates.iter().filter_map(|c| Certificate::of(c)).collect();
    let known: Vec<Certificate> = trusted.iter().filter_map(|c| Certificate::of(c)).collect();
    let signer = certificates
        .iter()
        .chain(&known)
        .find(|c| c.serial == signed.serial && c.issuer == signed.issuer);
    let signer = signer.ok_or_else(|| form("certificate of its signer"))?;
    signed.holds(signer)?;
    if !signer.may_stamp() {
        return Err("the certificate that signed the timestamp is not for timestamps".into());
    }
    if !signer.covers(about.at) {
        return Err(format!("the certificate that signed the timestamp was not valid on {}", about.at));
    }
    Ok(Stamped {
        at: about.at,
        trusted: leads_to(signer, &certificates, &known, about.at),
    })
}

/// The certificates of a PEM file.
///
/// # Errors
/// When it holds none, in words.
pub fn certificates(pem: &str) -> Result<Vec<Vec<u8>>, String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let block = |part: &str| {
        let body: String = part.split("-----END").next()?.split_whitespace().collect();
        BASE64_STANDARD.decode(body).ok()
    };
    let found: Vec<Vec<u8>> = pem.split(BEGIN).skip(1).filter_map(block).collect();
    if found.is_empty() || found.iter().any(|c| Certificate::of(c).is_none()) {
        return Err("it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)".into());
    }
    Ok(found)
}

/// A signed message with one signer.
struct Signed<'a> {
    content: &'a [u8],
    certificates: Vec<&'a [u8]>,
    issuer: &'a [u8],
    serial: &'a [u8],
    digest: &'static digest::Algorithm,
    attributes: Element<'a>,
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    fn of(token: Element<'a>) -> Option<Self> {
        let mut outer = token.inside();
        outer.take(OID).filter(|o| o.content == SIGNED_DATA)?;
        let mut data = outer.take(CONTEXT[0])?.inside().take(SEQUENCE)?.inside();
        data.take(INTEGER)?;
        data.take(SET)?;
        let mut content = data.take(SEQUENCE)?.inside();
        content.take(OID).filter(|o| o.content == TST_INFO)?;
        let content = content.take(CONTEXT[0])?.inside().take(OCTETS)?.content;
        let certificates = data.take(CONTEXT[0]).map(|c| c.all().iter().map(|e| e.whole).collect()).unwrap_or_default();
        data.take(CONTEXT[1]);
        let signers = data.take(SET)?.all();
        // Two signers of one stamp are forbidden (RFC 3161, 2.4.2).
        let [signer] = signers.as_slice() else { return None };
        let mut signer = signer.inside();
        signer.take(INTEGER)?;
        let mut named = signer.take(SEQUENCE)?.inside();
        let (issuer, serial) = (named.take(SEQUENCE)?.whole, named.take(INTEGER)?.content);
        let digest = hash_of(signer.take(SEQUENCE)?.inside().take(OID)?.content)?;
        let attributes = signer.take(CONTEXT[0])?;
        signer.take(SEQUENCE)?;
        let signature = signer.take(OCTETS)?.content;
        Some(Self {
            content,
            certificates,
            issuer,
            serial,
            digest,
            attributes,
            signature,
        })
    }

    fn attribute(&self, oid: &[u8]) -> Option<Element<'a>> {
        let of = |e: &Element<'a>| {
            let mut parts = e.inside();
            parts.take(OID).filter(|o| o.content == oid)?;
            let values = parts.take(SET)?.all();
            // More than one value of these attributes is forbidden.
            (values.len() == 1).then(|| values[0])
        };
        self.attributes.all().iter().find_map(of)
    }

    /// The attributes are of this content, and the signature is of the attributes.
    fn holds(&self, signer: &Certificate) -> Result<(), String> {
        let kind = self.attribute(CONTENT_TYPE).map(|e| e.content);
        let told = self.attribute(MESSAGE_DIGEST).map(|e| e.content);
        if kind != Some(TST_INFO) || told != Some(digest::digest(self.digest, self.content).as_ref()) {
            return Err("the timestamp was changed: its signature is of another statement".into());
        }
        // What is signed is the set of attributes under the tag of a set (RFC 5652, 5.4).
        let covered = made(SET, &[self.attributes.content]);
        signer
            .signed(&covered, self.signature, self.digest)
            .then_some(())
            .ok_or_else(|| "the signature of the timestamp does not hold".into())
    }
}

/// What the authority states.
struct Info<'a> {
    hash: &'a [u8],
    at: Instant,
}

impl<'a> Info<'a> {
    fn of(content: &'a [u8]) -> Option<Self> {
        let mut parts = Reader(content).take(SEQUENCE)?.inside();
        parts.take(INTEGER)?;
        parts.take(OID)?;
        let mut imprint = parts.take(SEQUENCE)?.inside();
        imprint.take(SEQUENCE)?.inside().take(OID).filter(|o| o.content == SHA256)?;
        let hash = imprint.take(OCTETS)?.content;
        parts.take(INTEGER)?;
        let at = time(std::str::from_utf8(parts.take(TIME)?.content).ok()?)?;
        Some(Self { hash, at })
    }
}

/// `20261128150000.5Z`, or of two digits for the year (RFC 5280, 4.1.2.5.1: from 50 on the last century).
fn time(text: &str) -> Option<Instant> {
    let text = text.strip_suffix('Z')?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole = match whole.len() {
        14 => whole.to_string(),
        12 if whole.get(..2)?.parse::<u8>().ok()? < 50 => format!("20{whole}"),
        12 => format!("19{whole}"),
        _ => return None,
    };
    if !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (date, clock) = whole.split_at(8);
    let fraction = if part.is_empty() { String::new() } else { format!(".{part}") };
    Instant::parse(&format!(
        "{}-{}-{}T{}:{}:{}{fraction}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &clock[..2],
        &clock[2..4],
        &clock[4..]
    ))
}

fn hash_of(oid: &[u8]) -> Option<&'static digest::Algorithm> {
    match oid {
        SHA256 => Some(&digest::SHA256),
        SHA384 => Some(&digest::SHA384),
        SHA512 => Some(&digest::SHA512),
        _ => None,
    }
}

/// A certificate (X.509), as far as it matters here.
struct Certificate<'a> {
    whole: &'a [u8],
    body: &'a [u8],
    serial: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    from: &'a [u8],
    until: &'a [u8],
    key_kind: &'a [u8],
    curve: &'a [u8],
    key: &'a [u8],
    extensions: Vec<(&'a [u8], &'a [u8])>,
    signed_by: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Certificate<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let whole = Reader(bytes).take(SEQUENCE)?;
        let mut outer = whole.inside();
        let body = outer.take(SEQUENCE)?;
        let signed_by = outer.take(SEQUENCE)?.inside().take(OID)?.content;
        let signature = bits(outer.take(BITS)?)?;
        let mut parts = body.inside();
        parts.take(CONTEXT[0]);
        let serial = parts.take(INTEGER)?.content;
        parts.take(SEQUENCE)?;
        let issuer = parts.take(SEQUENCE)?.whole;
        let validity = parts.take(SEQUENCE)?.all();
        let [from, until] = validity.as_slice() else { return None };
        let subject = parts.take(SEQUENCE)?.whole;
        let mut key = parts.take(SEQUENCE)?.inside();
        let mut algorithm = key.take(SEQUENCE)?.inside();
        let key_kind = algorithm.take(OID)?.content;
        let curve = algorithm.take(OID).map_or(&[][..], |o| o.content);
        let key = bits(key.take(BITS)?)?;
        let mut extensions = Vec::new();
        if let Some(list) = parts.take(CONTEXT[3]).and_then(|e| e.inside().take(SEQUENCE)) {
            for extension in list.all() {
                let mut parts = extension.inside();
                let oid = parts.take(OID)?.content;
                parts.take(0x01);
                extensions.push((oid, parts.take(OCTETS)?.content));
            }
        }
        Some(Self {
            whole: whole.whole,
            body: body.whole,
            serial,
            issuer,
            subject,
            from: from.content,
            until: until.content,
            key_kind,
            curve,
            key,
            extensions,
            signed_by,
            signature,
        })
    }

    fn extension(&self, oid: &[u8]) -> Option<&'a [u8]> {
        self.extensions.iter().find(|(o, _)| *o == oid).map(|(_, value)| *value)
    }

    /// Whether it is for timestamps and for nothing else (RFC 3161, 2.3).
    fn may_stamp(&self) -> bool {
        let uses = self.extension(EXTENDED_USE).and_then(|e| Reader(e).take(SEQUENCE)).map(|s| s.all());
        uses.is_some_and(|uses| uses.len() == 1 && uses[0].tag == OID && uses[0].content == TIME_STAMPING)
    }

    /// Whether it may sign other certificates.
    fn is_authority(&self) -> bool {
        let told = self.extension(BASIC_CONSTRAINTS).and_then(|e| Reader(e).take(SEQUENCE));
        told.is_some_and(|s| s.inside().take(0x01).is_some_and(|b| b.content == [0xff]))
    }

    fn covers(&self, at: Instant) -> bool {
        let read = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(time);
        // A date beyond what instants reach is no end.
        read(self.from).is_none_or(|from| from <= at) && read(self.until).is_none_or(|until| at <= until)
    }

    /// Whether its key signed a message.
    fn signed(&self, message: &[u8], by: &[u8], hash: &'static digest::Algorithm) -> bool {
        let (sha256, sha384, sha512) = (hash == &digest::SHA256, hash == &digest::SHA384, hash == &digest::SHA512);
        let algorithm: &dyn signature::VerificationAlgorithm = match (self.key_kind, self.curve) {
            (kind, _) if kind.starts_with(RSA) && sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            (kind, _) if kind.starts_with(RSA) && sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            (kind, _) if kind.starts_with(RSA) && sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            (EC_KEY, P256) if sha256 => &signature::ECDSA_P256_SHA256_ASN1,
            (EC_KEY, P256) if sha384 => &signature::ECDSA_P256_SHA384_ASN1,
            (EC_KEY, P384) if sha256 => &signature::ECDSA_P384_SHA256_ASN1,
            (EC_KEY, P384) if sha384 => &signature::ECDSA_P384_SHA384_ASN1,
            _ => return false,
        };
        signature::UnparsedPublicKey::new(algorithm, self.key).verify(message, by).is_ok()
    }

    /// Whether another certificate signed this one.
    fn issued_by(&self, other: &Certificate) -> bool {
        let hash = match self.signed_by {
            [.., 0x01, 0x01, 0x0b] | [.., 0x04, 0x03, 0x02] => &digest::SHA256,
            [.., 0x01, 0x01, 0x0c] | [.., 0x04, 0x03, 0x03] => &digest::SHA384,
            [.., 0x01, 0x01, 0x0d] | [.., 0x04, 0x03, 0x04] => &digest::SHA512,
            _ => return false,
        };
        self.issuer == other.subject && other.signed(self.body, self.signature, hash)
    }
}

/// A string of bits that is whole bytes.
fn bits(element: Element<'_>) -> Option<&[u8]> {
    element.content.split_first().filter(|(unused, _)| **unused == 0).map(|(_, bytes)| bytes)
}

/// Whether a certificate is one that is trusted, or a chain of authorities leads from one to it.
fn leads_to(signer: &Certificate, others: &[Certificate], trusted: &[Certificate], at: Instant) -> bool {
    let mut last = signer;
    for _ in 0..LONGEST_CHAIN {
        if trusted.iter().any(|t| t.whole == last.whole) {
            return true;
        }
        let may = |c: &&Certificate| c.is_authority() && c.covers(at) && last.issued_by(c) && c.whole != last.whole;
        if trusted.iter().any(|c| may(&c)) {
            return true;
        }
        match others.iter().find(may) {
            Some(next) => last = next,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_what_openssl_reads() {
        // `openssl ts -query -digest 000102…1f -sha256 -cert -no_nonce`, with the nonce 0x80 put in.
        let hash: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).expect("small"));
        let expected = format!("303d020101303130 0d060960864801650304020105000420{}02020080 0101ff", hex::encode(hash));
        assert_eq!(hex::encode(query(&hash, 0x80)), expected.replace(' ', ""));
        for nonce in [0, 1, 0x7f, 0xff, u64::MAX] {
            let asked = query(&hash, nonce);
            let parts = Reader(&asked).next().expect("a sequence").all();
            assert!(parts[2].content.first().is_some_and(|b| *b < 0x80), "{nonce} is positive");
        }
    }

    #[test]
    fn times_of_both_forms_are_read() {
        for (text, expected) in [
            ("20261128150001Z", Some("2026-11-28T15:00:01Z")),
            ("20261128150001.25Z", Some("2026-11-28T15:00:01.250Z")),
            ("261128150001Z", Some("2026-11-28T15:00:01Z")),
            ("20261128150001+0100", None),
            ("2026112815Z", None),
            ("2026112x150001Z", None),
        ] {
            assert_eq!(time(text).map(|t| t.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn garbage_is_refused_and_never_a_panic() {
        for bytes in [&[][..], &[0x30, 0x00], &[0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02], &[0xff; 64]] {
            assert!(judge(bytes, b"x", &[]).is_err(), "{bytes:x?}");
        }
        assert!(certificates("no certificate").is_err());
        assert!(certificates("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err());
    }
}
