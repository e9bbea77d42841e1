//! Workload identity: a token of another issuer, in a file that the platform renews.

use super::assertion::exchange;
use super::{Source, Token, TokenContext};
use crate::graph::secret::from_bytes;
use secrecy::ExposeSecret;
use std::path::PathBuf;

/// An application and the file in which the platform puts its token.
pub struct Federated {
    /// Application (client) id.
    pub client_id: String,
    /// The file: read anew each time, since it lives for an hour or less.
    pub file: PathBuf,
}

impl Source for Federated {
    fn fetch(&self, around: &TokenContext<'_>, claims: Option<&str>) -> Result<Token, String> {
        // The platform sets the mode of this file, often to readable for all in its container.
        let bytes = std::fs::read(&self.file).map_err(|e| format!("cannot read the federated token {}: {e}", self.file.display()))?;
        let token = from_bytes(bytes, &self.file.display().to_string()).map_err(|e| e.to_string())?;
        exchange(around, &self.client_id, token.expose_secret(), claims)
    }
}
