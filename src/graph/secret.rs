//! Secrets on their way in: from a file that only its owner may read, or from bytes; never from an argument.

use secrecy::SecretString;
use std::path::Path;

/// A text that is never shown.
pub type Secret = SecretString;

/// Why a secret is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("cannot read the secret in {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// Others may read it.
    #[error("others may read the secret in {0}; make it yours alone: chmod 600 {0}")]
    Open(String),
    /// There is nothing in it.
    #[error("the secret from {0} is empty")]
    Empty(String),
    /// It is no text.
    #[error("the secret from {0} is no text")]
    NoText(String),
}

/// Reads a secret from a file that its owner alone may read.
///
/// # Errors
/// When the file is missing, empty, no text, or readable for group or others.
pub fn from_file(path: &Path) -> Result<Secret, SecretError> {
    let shown = path.display().to_string();
    let unreadable = |e: std::io::Error| SecretError::Unreadable {
        path: shown.clone(),
        reason: e.to_string(),
    };
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(SecretError::Open(shown));
        }
    }
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut bytes).map_err(unreadable)?;
    from_bytes(bytes, &shown)
}

/// Takes bytes as a secret, without blanks and line breaks at its ends; `from` says where they come from.
///
/// # Errors
/// When nothing is left, or it is no text.
pub fn from_bytes(bytes: Vec<u8>, from: &str) -> Result<Secret, SecretError> {
    let text = String::from_utf8(bytes).map_err(|_| SecretError::NoText(from.into()))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(SecretError::Empty(from.into()));
    }
    Ok(Secret::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("secret");
        std::fs::write(&path, "hush \n").expect("written");
        for (mode, taken) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
            assert_eq!(from_file(&path).is_ok(), taken, "{mode:o}");
        }
    }

    #[test]
    fn blanks_at_the_ends_are_no_part_and_debug_tells_nothing() {
        let secret = from_bytes(b"\xef\xbb\xbfhush\r\n".to_vec(), "stdin").expect("a secret");
        assert_eq!(secret.expose_secret(), "hush");
        assert!(!format!("{secret:?}").contains("hush"));
        assert!(from_bytes(b" \n".to_vec(), "stdin").is_err());
    }
}
