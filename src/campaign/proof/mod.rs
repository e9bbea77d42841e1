//! Proof of who decided: the reviewer's signature over the returned file, or the mail that brought it.
//!
//! Without either, the word of whoever imports stands alone, which [`Proof::OperatorAsserted`] says.

pub mod allowed;
pub mod dkim;
mod keys;
mod mail;
mod signature;

use crate::campaign::{Proof, Reviewer};
use crate::model::Instant;
use sha2::{Digest, Sha256};

pub use allowed::AllowedSigner;
pub use dkim::DnsKeys;
pub use mail::{Mail, read as read_mail};
pub use signature::{Signed, names_key, signed_with, verify};

/// The namespace of signatures that count here: one made for another purpose does not.
pub const NAMESPACE: &str = "vouchsafe";

/// Why a proof is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The allowed-signers or key file has lines that cannot be read.
    #[error("{}", .0.join("\n"))]
    Lines(Vec<String>),
    /// The signature is no signature, or not of this file by this person.
    #[error("{0}")]
    Signature(String),
    /// The mail is no proof that the reviewer sent it.
    #[error("{0}")]
    Mail(String),
}

/// The proof that a reviewer signed exactly these bytes.
///
/// `signature` is what `ssh-keygen -Y sign -n vouchsafe` writes, `allowed` the text of an allowed-signers file.
/// The line of the key must name the reviewer by mail address, folder name or object id, and be valid at `at`.
///
/// # Errors
/// When the signature is another's, for another purpose, out of date, or of other bytes.
pub fn by_signature(file: &[u8], signature: &[u8], allowed: &str, reviewer: &Reviewer, at: Instant) -> Result<Proof, ProofError> {
    let identities = [reviewer.mail.as_str(), reviewer.key.as_str(), &reviewer.principal_id];
    let identities: Vec<&str> = identities.into_iter().filter(|i| !i.is_empty()).collect();
    let signed = verify(file, signature, &allowed::parse(allowed)?, &identities, at)?;
    Ok(Proof::Sshsig {
        principal: signed.principal,
        key_fingerprint: signed.key_fingerprint,
        namespace: NAMESPACE.into(),
        signature_sha256: hex::encode(Sha256::digest(signature)),
        signers_sha256: hex::encode(Sha256::digest(allowed)),
    })
}

/// The proof that the reviewer sent this mail: its hash, `Message-ID`, sender, and what its DKIM signature says.
///
/// `keys` are DNS records that somebody fetched; without them the result of the receiving server is told as its assertion.
///
/// # Errors
/// When the sender is not the reviewer, or the mail has not exactly one sender.
pub fn by_mail(bytes: &[u8], keys: Option<&DnsKeys>, reviewer: &Reviewer) -> Result<Proof, ProofError> {
    let mail = read_mail(bytes)?;
    if reviewer.mail.is_empty() {
        return Err(ProofError::Mail(format!(
            "no mail address of {} is known, so a mail proves nothing; import the attached sheet itself",
            reviewer.key
        )));
    }
    if mail.from.to_lowercase() != reviewer.mail.to_lowercase() {
        return Err(ProofError::Mail(format!(
            "the mail is from {}, and {} has the address {}; reassign the items first, or import the attached sheet itself",
            mail.from, reviewer.key, reviewer.mail
        )));
    }
    Ok(Proof::Email {
        sha256: hex::encode(Sha256::digest(bytes)),
        message_id: mail.message_id.clone(),
        from: mail.from.clone(),
        dkim: dkim::result(bytes, &mail, keys),
        keys_sha256: keys.map(|k| hex::encode(Sha256::digest(k.text()))).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests;
