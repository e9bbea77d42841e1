//! Files that must be nobody else's: keys and passphrases.

use crate::cli::evidence_args::KeyArgs;
use crate::cli::exit::Failure;
use crate::evidence::Signer;
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;

/// Reads a secret file.
///
/// # Errors
/// When it cannot be read, or others may read it too.
pub fn read(what: &str, path: &Path) -> Result<SecretString, Failure> {
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
    std::fs::read_to_string(path).map(SecretString::from).map_err(|e| failed(&e))
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
    let passphrase = match &args.passphrase_file {
        Some(file) => Some(read("passphrase", file)?),
        None => std::env::var("VOUCHSAFE_PASSPHRASE").ok().map(SecretString::from),
    };
    let passphrase = passphrase.as_ref().map(|p| p.expose_secret().trim_end_matches(['\r', '\n']));
    let signer = if args.sign_key.is_some() {
        Signer::ssh(key.expose_secret(), passphrase)
    } else {
        Signer::minisign(key.expose_secret(), passphrase)
    };
    signer
        .map(Some)
        .map_err(|e| Failure::usage(format!("cannot sign with {}: {e}", path.display())))
}
