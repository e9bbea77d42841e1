//! SSHSIG, the signatures of `ssh-keygen -Y sign`, checked against allowed signers.

use super::allowed::AllowedSigner;
use super::{NAMESPACE, ProofError};
use crate::model::Instant;
use ssh_key::{HashAlg, PublicKey, SshSig};

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The identity that the allowed signers name.
    pub principal: String,
    /// `SHA256:…` of the key.
    pub key_fingerprint: String,
}

/// Checks that one of the identities signed exactly these bytes, in our namespace, with a key that counts at `at`.
///
/// # Errors
/// When it is no signature, or of other bytes, another person, another purpose or another time; says which.
pub fn verify(message: &[u8], signature: &[u8], allowed: &[AllowedSigner], identities: &[&str], at: Instant) -> Result<Signed, ProofError> {
    let refused = |problem: String| ProofError::Signature(problem);
    let signature = SshSig::from_pem(signature).map_err(|e| {
        refused(format!(
            "the signature cannot be read: {e}; make it with: ssh-keygen -Y sign -f KEY -n {NAMESPACE} FILE"
        ))
    })?;
    let key = PublicKey::from(signature.public_key().clone());
    let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
    if signature.namespace() != NAMESPACE {
        return Err(refused(format!(
            "the signature was made for '{}', not for '{NAMESPACE}'; sign with -n {NAMESPACE}",
            signature.namespace().escape_debug()
        )));
    }
    let known: Vec<&AllowedSigner> = allowed.iter().filter(|s| s.key.key_data() == key.key_data()).collect();
    if known.is_empty() {
        return Err(refused(format!("no line of the allowed signers has the key {fingerprint}")));
    }
    let theirs = |s: &&&AllowedSigner| identities.iter().any(|i| s.names(i));
    let Some(line) = known.iter().find(|s| theirs(s) && s.valid_at(at) && for_us(s)) else {
        let problem = match known.iter().find(theirs) {
            None => format!(
                "the key {fingerprint} is of {}, not of {}",
                known.iter().flat_map(|s| s.principals.clone()).collect::<Vec<_>>().join(", "),
                identities.join(" or ")
            ),
            Some(line) if !for_us(line) => format!("the key {fingerprint} may not sign for '{NAMESPACE}'"),
            Some(_) => format!("the key {fingerprint} does not count at {at}"),
        };
        return Err(refused(problem));
    };
    line.key
        .verify(NAMESPACE, message, &signature)
        .map_err(|_| refused("the signature is not of this file: it was changed after it was signed, or another file was signed".into()))?;
    Ok(Signed {
        principal: identities.iter().find(|i| line.names(i)).map(ToString::to_string).unwrap_or_default(),
        key_fingerprint: fingerprint,
    })
}

/// The fingerprint of the key that made a signature, when it is one of these bytes; whose key it is, is not judged here.
///
/// # Errors
/// When it is no signature, or not of these bytes.
pub fn signed_with(message: &[u8], signature: &[u8]) -> Result<String, ProofError> {
    let refused = |problem: &str| ProofError::Signature(problem.to_string());
    let signature = SshSig::from_pem(signature).map_err(|e| refused(&format!("the signature cannot be read: {e}")))?;
    let key = PublicKey::from(signature.public_key().clone());
    key.verify(NAMESPACE, message, &signature)
        .map_err(|_| refused("the signature is not of this file"))?;
    Ok(key.fingerprint(HashAlg::Sha256).to_string())
}

/// Whether a list names a key, by its fingerprint, for an identity and our purpose at an instant.
#[must_use]
pub fn names_key(list: &[AllowedSigner], identity: &str, fingerprint: &str, at: Instant) -> bool {
    let is_it = |s: &AllowedSigner| s.key.fingerprint(HashAlg::Sha256).to_string() == fingerprint;
    list.iter().any(|s| s.names(identity) && for_us(s) && s.valid_at(at) && is_it(s))
}

fn for_us(signer: &AllowedSigner) -> bool {
    signer.namespaces.is_empty() || signer.namespaces.iter().any(|n| super::allowed::matches(n, NAMESPACE))
}
