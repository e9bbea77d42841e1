//! The token of whoever is signed in with the Azure command line: for a first look, not for a service.

use super::{Source, Token, TokenContext};
use crate::graph::Secret;
use crate::model::Instant;
use crate::model::time::HOUR;
use serde::Deserialize;
use std::process::{Command, Stdio};

/// `az account get-access-token`.
pub struct AzureCli;

#[derive(Deserialize)]
struct Given {
    #[serde(rename = "accessToken")]
    token: String,
    /// Seconds since 1970; older versions do not say.
    #[serde(default)]
    expires_on: Option<i64>,
}

impl Source for AzureCli {
    fn fetch(&self, around: &TokenContext<'_>, _claims: Option<&str>) -> Result<Token, String> {
        let program = if cfg!(windows) { "az.cmd" } else { "az" };
        let output = Command::new(program)
            .args([
                "account",
                "get-access-token",
                "--output",
                "json",
                "--resource",
                &around.graph.to_string(),
                "--tenant",
                around.tenant,
            ])
            .stdin(Stdio::null())
            .output()
            .map_err(|e| format!("cannot run '{program}': {e}; install the Azure command line, or sign in another way"))?;
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr);
            let line: String = told.lines().next().unwrap_or_default().chars().take(200).collect();
            return Err(format!(
                "'az account get-access-token' failed: {line}; run 'az login --tenant {}'",
                around.tenant
            ));
        }
        let given: Given = serde_json::from_slice(&output.stdout).map_err(|_| "'az account get-access-token' printed no token".to_string())?;
        Ok(Token {
            secret: Secret::from(given.token),
            ends_at: given.expires_on.map_or_else(|| around.clock.now().plus(HOUR), Instant::from_unix),
        })
    }
}
