//! Managed identity: the machine itself is known to Entra, and asks an address that only it can reach.

use super::{Source, Token, TokenContext, ask, read};
use crate::graph::{Http, Secret};
use secrecy::ExposeSecret;
use std::time::Duration;

/// Where virtual machines ask.
pub const IMDS: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// The identity of a machine or service.
pub struct ManagedIdentity {
    http: Http,
    endpoint: String,
    /// The header by which App Service knows its own; virtual machines have none.
    header: Option<Secret>,
    client_id: Option<String>,
}

impl ManagedIdentity {
    /// `header` with an endpoint of App Service; `client_id` for one of several identities.
    #[must_use]
    pub fn new(endpoint: String, header: Option<Secret>, client_id: Option<String>) -> Self {
        Self {
            // Never through a proxy: the address is of this machine alone.
            http: Http::new(Duration::from_secs(30), true),
            endpoint,
            header,
            client_id,
        }
    }
}

impl Source for ManagedIdentity {
    fn fetch(&self, around: &TokenContext<'_>, _claims: Option<&str>) -> Result<Token, String> {
        let version = if self.header.is_some() { "2019-08-01" } else { "2018-02-01" };
        let mut address = format!("{}?api-version={version}&resource={}", self.endpoint, around.graph);
        if let Some(id) = self.client_id.as_deref().filter(|id| id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')) {
            address.push_str(&format!("&client_id={id}"));
        }
        let header = match &self.header {
            Some(secret) => ("x-identity-header", secret.expose_secret()),
            None => ("metadata", "true"),
        };
        let answer = ask(around, || self.http.get(&address, &[header]))?;
        read(around, &answer)
    }
}
