//! Files that must be nobody else's: keys and passphrases.

use crate::cli::evidence_args::{KeyArgs, NotaryArgs};
use crate::cli::exit::Failure;
use crate::evidence::{CheckpointSigner, Signer};
use crate::lake::Notary;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use std::path::Path;
use std::sync::Arc;

/// Reads a secret file.
///
/// # Errors
/// When it cannot be read, or others may read it too.
pub fn read(what: &str, path: &Path) -> Result<SecretString, Failure> {
    let bytes = read_bytes(what, path)?;
    let text = std::str::from_utf8(bytes.expose_secret());
    text.map(SecretString::from)
        .map_err(|_| Failure::usage(format!("cannot read the {what} {}: it is no text", path.display())))
}

/// Reads a secret file that may hold any bytes.
///
/// # Errors
/// When it cannot be read, or others may read it too.
pub fn read_bytes(what: &str, path: &Path) -> Result<SecretSlice<u8>, Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::usage(format!("cannot read the {what} {}: {e}", path.display()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_err(|e| failed(&e))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Failure::usage(format!(
                "others may read the {what} {}, so it is no secret: make a new one, or chmod 600 {} if nobody has",
                path.display(),
                path.display()
            )));
        }
    }
    std::fs::read(path).map(SecretSlice::from).map_err(|e| failed(&e))
}

/// Who signs the checkpoints of new commits, if a key is named.
///
/// # Errors
/// When it cannot be used, with the cure.
pub fn notary(args: &NotaryArgs) -> Result<Option<Arc<dyn Notary>>, Failure> {
    let Some(path) = &args.checkpoint_key else { return Ok(None) };
    let key = read("key", path)?;
    let form = if key.expose_secret().starts_with("untrusted comment:") {
        Signer::minisign
    } else {
        Signer::ssh
    };
    let passphrase = passphrase(None)?;
    let signer = form(key.expose_secret(), passphrase.as_ref().map(trimmed)).and_then(CheckpointSigner::new);
    let signer = signer.map_err(|e| Failure::usage(format!("cannot sign checkpoints with {}: {e}", path.display())))?;
    Ok(Some(Arc::new(signer)))
}

/// The passphrase of a key: from the file that is named, else from the variable.
fn passphrase(file: Option<&Path>) -> Result<Option<SecretString>, Failure> {
    match file {
        Some(file) => read("passphrase", file).map(Some),
        None => Ok(std::env::var("VOUCHSAFE_PASSPHRASE").ok().map(SecretString::from)),
    }
}

fn trimmed(secret: &SecretString) -> &str {
    secret.expose_secret().trim_end_matches(['\r', '\n'])
}

/// The key to sign with, if one is named.
///
/// # Errors
/// When it cannot be used, with the cure.
pub fn signer(args: &KeyArgs) -> Result<Option<Signer>, Failure> {
    let Some(path) = args.sign_key.as_ref().or(args.minisign_key.as_ref()) else {
        return Ok(None);
    };
    let key = read("key", path)?;
    let passphrase = passphrase(args.passphrase_file.as_deref())?;
    let passphrase = passphrase.as_ref().map(trimmed);
    let signer = if args.sign_key.is_some() {
        Signer::ssh(key.expose_secret(), passphrase)
    } else {
        Signer::minisign(key.expose_secret(), passphrase)
    };
    signer
        .map(Some)
        .map_err(|e| Failure::usage(format!("cannot sign with {}: {e}", path.display())))
}
