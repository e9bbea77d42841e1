//! Sending by SMTP: encrypted unless the server is this machine, password or token from files that only their owner reads.

use super::Carrier;
use lettre::address::{Address, Envelope};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{SmtpTransport, Transport};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the way to the server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte, port 465.
    Tls,
    /// TLS after `STARTTLS`, port 587; never without.
    #[default]
    Starttls,
    /// Clear text, port 25, to this machine only.
    None,
}

/// A server that takes mail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port, when it is not the usual one.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the way is kept private.
    #[serde(default)]
    pub security: Security,
    /// The user, when the server asks for one.
    #[serde(default)]
    pub user: Option<String>,
    /// A file with the password on its first line, readable by its owner only.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// A PEM file with the authority of the server's certificate, when it is one of your own.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// OAuth 2.0 in the place of a password: the user shows a token (XOAUTH2).
    #[serde(default)]
    pub oauth2: Option<OAuth2>,
}

/// Where a token for mail comes from: a file that another program keeps fresh, or an application that asks for one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth2 {
    /// A file with the token on its first line, readable by its owner only.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// The tenant in which the application is registered.
    #[serde(default)]
    pub tenant: String,
    /// The application's id.
    #[serde(default)]
    pub client_id: String,
    /// A file with its secret, readable by its owner only.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// A file with its certificate and key (PEM), in the place of a secret.
    #[serde(default)]
    pub certificate_file: Option<PathBuf>,
    /// The cloud: `global` unless said otherwise, else `gcc-high`, `dod`, `china`.
    #[serde(default)]
    pub cloud: Option<String>,
    /// Where tokens are given, when not by the cloud: `https://login.corp.example`.
    #[serde(default)]
    pub login_url: Option<String>,
    /// What they are for, when not for the cloud's own service: `https://outlook.office365.com`.
    #[serde(default)]
    pub resource_url: Option<String>,
}

impl OAuth2 {
    /// The token of the file, when there is one.
    ///
    /// # Errors
    /// When the file is missing, empty or open to others.
    pub fn from_file(&self) -> Option<Result<SecretString, Refused>> {
        let file = self.token_file.as_ref()?;
        Some(first_line("token_file", file).map_err(Refused::Settings))
    }
}

/// Why a letter was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The settings do not fit.
    #[error("smtp: {0}")]
    Settings(String),
    /// The server could not be reached or said no.
    #[error("the mail server {server} did not take the letter to {to}: {reason}")]
    Server {
        /// Host and port.
        server: String,
        /// The address.
        to: String,
        /// What it said.
        reason: String,
        /// Whether it spoke of this letter; else nothing was said, and the next letter would fare no better.
        answered: bool,
    },
}

impl Refused {
    /// Whether other letters can still be delivered.
    #[must_use]
    pub fn is_of_this_letter(&self) -> bool {
        matches!(self, Self::Server { answered: true, .. })
    }
}

/// An open way to the server, used for all letters of a run.
pub struct Post {
    transport: SmtpTransport,
    server: String,
    from: Address,
}

impl Post {
    /// Makes the way ready; nothing is sent and nobody is called yet.
    ///
    /// # Errors
    /// When clear text would leave this machine, the password file is missing or open to others, or a name is none.
    ///
    /// `token` is what OAuth 2.0 gave, where the settings ask for it.
    pub fn new(smtp: &Smtp, from: &str, token: Option<&SecretString>) -> Result<Self, Refused> {
        let wrong = |problem: String| Refused::Settings(problem);
        let from: lettre::message::Mailbox = from.parse().map_err(|e| wrong(format!("'{from}' is no sender: {e}")))?;
        let port = smtp.port.unwrap_or(match smtp.security {
            Security::Tls => 465,
            Security::Starttls => 587,
            Security::None => 25,
        });
        let tls = match smtp.security {
            Security::None if !matches!(smtp.host.as_str(), "localhost" | "127.0.0.1" | "::1") => {
                return Err(wrong(format!(
                    "security = \"none\" would send letters to {} in clear text; use \"starttls\" or \"tls\"",
                    smtp.host
                )));
            }
            Security::None => Tls::None,
            Security::Starttls => Tls::Required(parameters(smtp).map_err(wrong)?),
            Security::Tls => Tls::Wrapper(parameters(smtp).map_err(wrong)?),
        };
        let mut builder = SmtpTransport::builder_dangerous(&smtp.host).port(port).tls(tls).timeout(Some(PATIENCE));
        match (&smtp.user, &smtp.password_file, token) {
            (Some(user), None, Some(token)) => {
                let shown = Credentials::new(user.clone(), token.expose_secret().to_string());
                builder = builder.credentials(shown).authentication(vec![Mechanism::Xoauth2]);
            }
            (Some(user), Some(file), None) if smtp.oauth2.is_none() => {
                let password = first_line("password_file", file).map_err(wrong)?;
                builder = builder.credentials(Credentials::new(user.clone(), password.expose_secret().to_string()));
            }
            (None, None, None) if smtp.oauth2.is_none() => {}
            _ if smtp.oauth2.is_some() => return Err(wrong("oauth2 needs user, and no password_file".into())),
            _ => return Err(wrong("user and password_file belong together".into())),
        }
        Ok(Self {
            transport: builder.build(),
            server: format!("{}:{port}", smtp.host),
            from: from.email,
        })
    }
}

impl Carrier for Post {
    fn way(&self) -> &'static str {
        "smtp"
    }

    fn send(&self, to: &str, mail: &[u8]) -> Result<(), Refused> {
        let refused = |reason: String, answered: bool| Refused::Server {
            server: self.server.clone(),
            to: to.to_string(),
            reason,
            answered,
        };
        let address: Address = to.parse().map_err(|e| refused(format!("it is no mail address: {e}"), true))?;
        let envelope = Envelope::new(Some(self.from.clone()), vec![address]).map_err(|e| refused(e.to_string(), true))?;
        let sent = self.transport.send_raw(&envelope, mail);
        sent.map(|_| ()).map_err(|e| refused(reasons(&e), e.is_permanent() || e.is_transient()))
    }
}

/// An error with what is behind it, on one line.
fn reasons(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut source = e.source();
    while let Some(e) = source {
        let more = e.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = e.source();
    }
    super::plain(&text)
}

fn parameters(smtp: &Smtp) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(smtp.host.clone());
    if let Some(file) = &smtp.ca_file {
        let pem = std::fs::read(file).map_err(|e| format!("ca_file {}: {e}", file.display()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|e| format!("ca_file {}: {e}", file.display()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|e| e.to_string())
}

/// The first line of a file that its owner alone may read.
fn first_line(what: &str, file: &Path) -> Result<SecretString, String> {
    let told = |e: &dyn std::fmt::Display| format!("{what} {}: {e}", file.display());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file).map_err(|e| told(&e))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(told(&"others may read it; chmod 600 it"));
        }
    }
    let text = std::fs::read_to_string(file).map_err(|e| told(&e))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(told(&"its first line is empty"));
    }
    Ok(SecretString::from(line.to_string()))
}
