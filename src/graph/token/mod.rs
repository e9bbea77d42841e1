//! Tokens: where they come from, and keeping one that is fresh.

mod assertion;
mod azure_cli;
mod certificate;
mod device;
mod federated;
mod managed;
mod ready;
mod secret;

pub use azure_cli::AzureCli;
pub use certificate::Certificate;
pub use device::DeviceCode;
pub use federated::Federated;
pub use managed::{IMDS, ManagedIdentity};
pub use ready::Ready;
pub use secret::ClientSecret;

use crate::graph::http::{Answer, Http, TransportError};
use crate::graph::page::error_of;
use crate::graph::{Clock, Origin, Secret, retry};
use crate::model::Instant;
use crate::model::time::{MINUTE, SECOND};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use serde::Deserialize;
use std::sync::{Mutex, PoisonError};

/// A token and its life.
#[derive(Debug, Clone)]
pub struct Token {
    /// The token itself.
    pub secret: Secret,
    /// When it ends.
    pub ends_at: Instant,
}

/// A way to get tokens.
pub trait Source: Send + Sync {
    /// Gets a new one; `claims` is what a continuous access evaluation asks for.
    ///
    /// # Errors
    /// With a message that says what to do, and never contains a secret.
    fn fetch(&self, around: &TokenContext<'_>, claims: Option<&str>) -> Result<Token, String>;

    /// Whether asking again can give another token.
    fn renews(&self) -> bool {
        true
    }
}

/// What every way needs.
pub struct TokenContext<'a> {
    /// The wire.
    pub http: &'a Http,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// Who gives tokens.
    pub login: &'a Origin,
    /// What the token is for.
    pub graph: &'a Origin,
    /// Tenant id or domain.
    pub tenant: &'a str,
}

impl TokenContext<'_> {
    /// `https://graph…/.default`: all permissions that were granted.
    #[must_use]
    pub fn scope(&self) -> String {
        format!("{}/.default", self.graph)
    }

    /// The address of the tenant's token endpoint.
    #[must_use]
    pub fn token_address(&self) -> String {
        self.login.at(&format!("{}/oauth2/v2.0/token", self.tenant))
    }
}

/// Keeps a fresh token.
pub struct Tokens {
    source: Box<dyn Source>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    token: Option<(Token, Instant)>,
    /// Counts tokens, so that of many that were refused at once only one asks for another.
    generation: u64,
    /// What continuous access evaluation asked for: from then on every token must carry it.
    claims: Option<String>,
}

impl Tokens {
    /// Tokens of a way.
    #[must_use]
    pub fn new(source: Box<dyn Source>) -> Self {
        Self {
            source,
            kept: Mutex::new(Kept::default()),
        }
    }

    /// A token that lives for another five minutes (or half its life, when that is shorter), and its generation.
    ///
    /// # Errors
    /// When none can be had.
    pub fn fresh(&self, around: &TokenContext<'_>) -> Result<(Secret, u64), String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, since)) = &kept.token {
            let life = token.ends_at.0 - since.0;
            let early = (5 * MINUTE).min(life / 2);
            if around.clock.now().plus(early) < token.ends_at || !self.source.renews() {
                return Ok((token.secret.clone(), kept.generation));
            }
        }
        self.renew(&mut kept, around, None)
    }

    /// Another token, after the one of a generation was refused.
    ///
    /// # Errors
    /// When none can be had, or the way has only one.
    pub fn another(&self, around: &TokenContext<'_>, refused: u64, claims: Option<&str>) -> Result<(Secret, u64), String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.generation != refused
            && claims.is_none_or(|c| kept.claims.as_deref() == Some(c))
            && let Some((token, _)) = &kept.token
        {
            return Ok((token.secret.clone(), kept.generation));
        }
        if !self.source.renews() {
            return Err("the token given was refused: it may have expired, or be for another cloud or tenant".into());
        }
        self.renew(&mut kept, around, claims)
    }

    fn renew(&self, kept: &mut Kept, around: &TokenContext<'_>, claims: Option<&str>) -> Result<(Secret, u64), String> {
        if let Some(claims) = claims {
            kept.claims = Some(claims.to_string());
        }
        let token = self.source.fetch(around, kept.claims.as_deref())?;
        let secret = token.secret.clone();
        kept.token = Some((token, around.clock.now()));
        kept.generation += 1;
        tracing::debug!(generation = kept.generation, "token");
        Ok((secret, kept.generation))
    }

    /// The permissions that the token in use says it carries, sorted; empty when it does not say.
    #[must_use]
    pub fn granted(&self) -> Vec<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.token.as_ref().map(|(t, _)| granted(t.secret.expose_secret())).unwrap_or_default()
    }

    /// Whether the token in use speaks for a person: only such tokens carry `scp`.
    #[must_use]
    pub fn is_delegated(&self) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.token
            .as_ref()
            .is_some_and(|(t, _)| !Claims::of(t.secret.expose_secret()).scp.trim().is_empty())
    }
}

/// What a token says that it carries.
#[derive(Deserialize, Default)]
struct Claims {
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    scp: String,
}

impl Claims {
    /// Reads `roles` and `scp` of a token; whom it convinces is not our affair, so nothing is verified.
    fn of(token: &str) -> Self {
        let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok());
        payload.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }
}

fn granted(token: &str) -> Vec<String> {
    let claims = Claims::of(token);
    let mut all = claims.roles;
    all.extend(claims.scp.split_whitespace().map(str::to_string));
    all.sort();
    all.dedup();
    all
}

#[derive(Deserialize)]
struct Given {
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<serde_json::Value>,
    /// Managed identities say when, and not in how long.
    #[serde(default)]
    expires_on: Option<serde_json::Value>,
}

/// How often a token is asked for while the endpoint is busy or out of reach.
const TRIES: u32 = 6;

/// Asks for a token until there is an answer that counts: the endpoint too is throttled and restarted now and then.
pub(super) fn ask(around: &TokenContext<'_>, send: impl Fn() -> Result<Answer, TransportError>) -> Result<Answer, String> {
    let mut last = String::new();
    for tries in 1..=TRIES {
        let wait = match send() {
            Ok(answer) if answer.status == 429 || answer.status >= 500 => {
                last = format!("it answered {}", answer.status);
                let asked = answer.header("retry-after");
                asked.and_then(|v| retry::retry_after(v, answer.header("date"), around.clock.now()))
            }
            Ok(answer) => return Ok(answer),
            Err(trouble) => {
                last = trouble.to_string();
                None
            }
        };
        if tries < TRIES {
            around.clock.sleep(wait.unwrap_or_else(|| retry::backoff(tries, u64::from(tries))));
        }
    }
    Err(format!("the token endpoint gave no answer in {TRIES} tries: {last}"))
}

/// Reads the answer of a token endpoint.
pub(super) fn read(around: &TokenContext<'_>, answer: &Answer) -> Result<Token, String> {
    if answer.status != 200 {
        return Err(refusal(answer));
    }
    let given: Given = serde_json::from_slice(&answer.body).map_err(|_| "the token endpoint's answer is no token".to_string())?;
    let number = |value: Option<serde_json::Value>| -> Option<i64> {
        match value? {
            serde_json::Value::Number(n) => n.as_i64(),
            serde_json::Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    };
    let now = around.clock.now();
    let ends_at = match (number(given.expires_in), number(given.expires_on)) {
        (Some(seconds), _) => now.plus(seconds.clamp(0, 86_400) * SECOND),
        (None, Some(at)) => Instant::from_unix(at),
        (None, None) => now.plus(5 * MINUTE),
    };
    let text = given
        .access_token
        .filter(|t| !t.is_empty())
        .ok_or("the token endpoint's answer holds no token")?;
    Ok(Token {
        secret: Secret::from(text),
        ends_at,
    })
}

/// What the token endpoint has against us: its code and the first sentence, which names no secret.
fn refusal(answer: &Answer) -> String {
    #[derive(Deserialize, Default)]
    struct Told {
        #[serde(default)]
        error: serde_json::Value,
        #[serde(default)]
        error_description: String,
    }
    let told: Told = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = told.error.as_str().map_or_else(|| error_of(&answer.body).0, str::to_string);
    let sentence: String = told.error_description.lines().next().unwrap_or_default().chars().take(200).collect();
    let hint = match code.as_str() {
        "invalid_client" => "; is the secret or certificate of this application, and not expired?",
        "unauthorized_client" => "; is the application registered in this tenant?",
        "invalid_request" if sentence.contains("AADSTS90002") => "; is the tenant id right, and of this cloud?",
        _ => "",
    };
    let name = if code.is_empty() { answer.status.to_string() } else { code };
    format!("the token endpoint refused ({name}): {sentence}{hint}")
}
