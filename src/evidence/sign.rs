//! Signatures that tools of others check: SSHSIG (`ssh-keygen -Y verify`), minisign, and signed notes of C2SP.
//!
//! All are deterministic: the same key and the same bytes give the same signature, so that a bundle can be made again.

use crate::lake::{Checkpoint, Notary};
use base64::prelude::{BASE64_STANDARD, Engine};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use ssh_key::private::KeypairData;
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use std::fmt::Write;

/// The namespace of our SSHSIG signatures: one made for another purpose does not count.
pub const NAMESPACE: &str = "vouchsafe";

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The text is no key of that form.
    #[error("it is no {form} private key: {reason}")]
    Form {
        /// Which form was expected.
        form: &'static str,
        /// Why not.
        reason: String,
    },
    /// A passphrase is needed.
    #[error("the key is encrypted; give its passphrase in VOUCHSAFE_PASSPHRASE, or in a file named by --passphrase-file")]
    Encrypted,
    /// The passphrase is another.
    #[error("the passphrase does not open the key")]
    Passphrase,
    /// The algorithm cannot sign here.
    #[error("a key of the algorithm {0} cannot sign here; use ed25519 or ecdsa-p256 (RSA keys, and keys on a security token, cannot be used)")]
    Algorithm(String),
    /// Signed notes know one algorithm.
    #[error("a signed note needs an ed25519 key; make one with ssh-keygen -t ed25519")]
    Note,
}

/// A private key that is ready to sign.
pub enum Signer {
    /// OpenSSH.
    Ssh(Box<PrivateKey>),
    /// Minisign.
    Minisign {
        /// Id of the key.
        id: [u8; 8],
        /// The key.
        pair: Box<Ed25519KeyPair>,
    },
}

impl Signer {
    /// A key from the text of an OpenSSH private key file.
    ///
    /// # Errors
    /// When the text is no key, the passphrase is missing or wrong, or the algorithm is of no use here.
    pub fn ssh(text: &str, passphrase: Option<&str>) -> Result<Self, SignError> {
        let form = |e: ssh_key::Error| SignError::Form {
            form: "OpenSSH",
            reason: e.to_string(),
        };
        let mut key = PrivateKey::from_openssh(text).map_err(form)?;
        if key.is_encrypted() {
            key = key.decrypt(passphrase.ok_or(SignError::Encrypted)?).map_err(|_| SignError::Passphrase)?;
        }
        // Tried at once, so that nobody waits for a bundle that cannot be signed.
        key.sign(NAMESPACE, HashAlg::Sha512, b"")
            .map_err(|_| SignError::Algorithm(key.algorithm().to_string()))?;
        Ok(Self::Ssh(Box::new(key)))
    }

    /// A key from the text of a minisign secret key file.
    ///
    /// # Errors
    /// As for [`Signer::ssh`].
    pub fn minisign(text: &str, passphrase: Option<&str>) -> Result<Self, SignError> {
        let form = |reason: String| SignError::Form { form: "minisign", reason };
        let line = text.lines().nth(1).ok_or_else(|| form("it has one line".into()))?;
        let mut bytes = BASE64_STANDARD.decode(line.trim()).map_err(|e| form(e.to_string()))?;
        // Words for signature, key derivation and checksum; zeros in the second place are a key that is not encrypted.
        if bytes.get(2..4) != Some(&[0, 0]) {
            let passphrase = passphrase.ok_or(SignError::Encrypted)?;
            let boxed = minisign::SecretKeyBox::from_string(text).map_err(|e| form(e.to_string()))?;
            let key = boxed.into_secret_key(Some(passphrase.to_string()));
            bytes = key.map_err(|_| SignError::Passphrase)?.to_bytes();
        }
        // Words, salt and limits are 54 bytes; then the id, seed, public key and checksum.
        let id = bytes.get(54..62).and_then(|b| <[u8; 8]>::try_from(b).ok());
        let pair = bytes.get(62..94).and_then(|seed| Ed25519KeyPair::from_seed_unchecked(seed).ok());
        let (Some(id), Some(pair)) = (id, pair) else {
            return Err(form("it is too short".into()));
        };
        if bytes.get(94..126) != Some(pair.public_key().as_ref()) {
            return Err(form("its public key is not that of its seed".into()));
        }
        let pair = Box::new(pair);
        Ok(Self::Minisign { id, pair })
    }

    /// What the name of a signature file ends in.
    #[must_use]
    pub fn ending(&self) -> &'static str {
        match self {
            Self::Ssh(_) => "sig",
            Self::Minisign { .. } => "minisig",
        }
    }

    /// The signature file of a message; a minisign signature also covers the comment.
    ///
    /// The minisign form is the one without a hash before (`Ed`): it is deterministic, and `signify` reads it too.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign(&self, message: &[u8], comment: &str) -> Result<String, SignError> {
        match self {
            Self::Ssh(key) => {
                let signed = key.sign(NAMESPACE, HashAlg::Sha512, message).and_then(|s| s.to_pem(LineEnding::LF));
                let mut text = signed.map_err(|e| SignError::Algorithm(e.to_string()))?;
                if !text.ends_with('\n') {
                    text.push('\n');
                }
                Ok(text)
            }
            Self::Minisign { id, pair } => {
                let signature = pair.sign(message);
                let line = [b"Ed".as_slice(), id, signature.as_ref()].concat();
                let whole = pair.sign(&[signature.as_ref(), comment.as_bytes()].concat());
                Ok(format!(
                    "untrusted comment: signature by vouchsafe\n{}\ntrusted comment: {comment}\n{}\n",
                    BASE64_STANDARD.encode(line),
                    BASE64_STANDARD.encode(whole)
                ))
            }
        }
    }

    /// A note signed in the form of C2SP `signed-note`, by an ed25519 key under a name; `None` for other keys.
    #[must_use]
    pub fn note(&self, text: &str, name: &str) -> Option<String> {
        let (public, signature) = self.ed25519(text.as_bytes())?;
        let line = [&note_key_hash(name, &public)[..], &signature].concat();
        let mut note = format!("{text}\n");
        // Writing to a string cannot fail.
        let _ = writeln!(note, "\u{2014} {name} {}", BASE64_STANDARD.encode(line));
        Some(note)
    }

    /// The verifier key of [`Signer::note`]: `name+hash+base64`.
    #[must_use]
    pub fn note_verifier(&self, name: &str) -> Option<String> {
        let (public, _) = self.ed25519(&[])?;
        let key = BASE64_STANDARD.encode([&[1], public.as_slice()].concat());
        Some(format!("{name}+{}+{key}", hex::encode(note_key_hash(name, &public))))
    }

    fn ed25519(&self, message: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        match self {
            Self::Minisign { pair, .. } => Some((pair.public_key().as_ref().to_vec(), pair.sign(message).as_ref().to_vec())),
            Self::Ssh(key) => {
                let KeypairData::Ed25519(pair) = key.key_data() else { return None };
                let signer = Ed25519KeyPair::from_seed_unchecked(pair.private.as_ref()).ok()?;
                Some((signer.public_key().as_ref().to_vec(), signer.sign(message).as_ref().to_vec()))
            }
        }
    }
}

/// A key that can sign notes, for the checkpoints of a lake.
pub struct CheckpointSigner(Signer);

impl CheckpointSigner {
    /// Takes an ed25519 key, OpenSSH or minisign.
    ///
    /// # Errors
    /// When the key is of another algorithm.
    pub fn new(signer: Signer) -> Result<Self, SignError> {
        match signer.ed25519(&[]) {
            Some(_) => Ok(Self(signer)),
            None => Err(SignError::Note),
        }
    }
}

impl Notary for CheckpointSigner {
    fn attest(&self, text: &str, origin: &str) -> String {
        self.0.note(text, origin).expect("the key was found to sign notes")
    }
}

/// A checkpoint as one note with the signature of whoever signs here and those that it was kept with; `None` when nobody signed.
#[must_use]
pub fn checkpoint_note(checkpoint: &Checkpoint, signer: Option<&Signer>, kept: &str) -> Option<String> {
    let text = checkpoint.text();
    let own = signer.and_then(|s| s.note(&text, &checkpoint.origin)).unwrap_or_else(|| format!("{text}\n"));
    let others: String = kept.split_inclusive('\n').filter(|line| !own.contains(line)).collect();
    let note = own + &others;
    (note.len() > text.len() + 1).then_some(note)
}

/// Whether a note carries a signature of this ed25519 key under the name that its first line says.
#[must_use]
pub fn note_holds(note: &str, public: &[u8]) -> bool {
    let Some((text, signatures)) = note.split_once("\n\n") else { return false };
    let (text, name) = (format!("{text}\n"), text.lines().next().unwrap_or_default());
    signatures.lines().any(|line| {
        let coded = line.strip_prefix(&format!("\u{2014} {name} ")).and_then(|c| BASE64_STANDARD.decode(c).ok());
        coded.as_deref().and_then(|c| c.split_at_checked(4)).is_some_and(|(hash, signature)| {
            hash == note_key_hash(name, public) && UnparsedPublicKey::new(&ED25519, public).verify(text.as_bytes(), signature).is_ok()
        })
    })
}

/// The first four bytes of `SHA-256(name, line feed, 0x01, key)`.
fn note_key_hash(name: &str, public: &[u8]) -> [u8; 4] {
    let digest = Sha256::digest([name.as_bytes(), b"\n\x01", public].concat());
    [digest[0], digest[1], digest[2], digest[3]]
}
