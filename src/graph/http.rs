//! One request over the wire: no redirects, bounded time, bounded size.

use super::scrub::Secrets;
use std::time::Duration;
use ureq::http::{HeaderMap, HeaderValue, Response};
use ureq::{Agent, Body};

/// Largest body that is taken, unpacked, in bytes.
const LARGEST: u64 = 64 << 20;

/// Sends requests.
pub struct Http {
    agent: Agent,
}

/// An answer, whole.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransportError {
    /// It took too long.
    Late,
    /// Reset, cut off, not resolved, not trusted.
    Broken(String),
}

impl std::fmt::Display for TransportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Late => f.write_str("no answer in time"),
            Self::Broken(reason) => f.write_str(reason),
        }
    }
}

impl Answer {
    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Http {
    /// `patience` is the longest time for one answer; a proxy of the surroundings is used unless all is on this machine.
    #[must_use]
    pub fn new(patience: Duration, loopback: bool) -> Self {
        let builder = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("vouchsafe/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_global(Some(patience))
            .max_idle_connections(32)
            .max_idle_connections_per_host(16)
            .max_response_header_size(64 << 10);
        let config = if loopback { builder.proxy(None).build() } else { builder.build() };
        Self { agent: config.into() }
    }

    /// Asks for an address.
    ///
    /// # Errors
    /// When no whole answer came.
    pub fn get(&self, address: &str, headers: &[(&str, &str)]) -> Result<Answer, TransportError> {
        let mut request = self.agent.get(address);
        for (name, value) in headers {
            let mut value = HeaderValue::from_str(value).map_err(|_| TransportError::Broken(format!("the header {name} cannot be sent")))?;
            value.set_sensitive(name.eq_ignore_ascii_case("authorization"));
            request = request.header(*name, value);
        }
        let sent = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let secrets = Secrets::of(sent.map(|(_, value)| value.trim_start_matches("Bearer ")));
        whole(request.call(), &secrets, Kind::Data)
    }

    /// Sends a text.
    ///
    /// # Errors
    /// When no whole answer came.
    pub fn post(&self, address: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer, TransportError> {
        let mut request = self.agent.post(address);
        for (name, value) in headers {
            let mut value = HeaderValue::from_str(value).map_err(|_| TransportError::Broken(format!("the header {name} cannot be sent")))?;
            value.set_sensitive(name.eq_ignore_ascii_case("authorization"));
            request = request.header(*name, value);
        }
        whole(request.send(body), &Secrets::default(), Kind::Data)
    }

    /// Sends a form.
    ///
    /// # Errors
    /// When no whole answer came.
    pub fn post_form(&self, address: &str, fields: &[(&str, &str)]) -> Result<Answer, TransportError> {
        let secret = |name: &str| matches!(name, "client_secret" | "client_assertion" | "refresh_token" | "device_code" | "assertion");
        let secrets = Secrets::of(fields.iter().filter(|(name, _)| secret(name)).map(|(_, value)| *value));
        whole(self.agent.post(address).send_form(fields.iter().copied()), &secrets, Kind::Tokens)
    }
}

impl Http {
    /// Sends bytes of a type.
    ///
    /// # Errors
    /// When no whole answer came.
    pub fn post_bytes(&self, address: &str, kind: &str, bytes: &[u8]) -> Result<Answer, TransportError> {
        let request = self.agent.post(address).header("content-type", kind);
        whole(request.send(bytes), &Secrets::default(), Kind::Data)
    }
}

/// What a good answer holds.
#[derive(Clone, Copy)]
enum Kind {
    Data,
    Tokens,
}

/// The whole answer, without the secrets that went out with the request.
fn whole(result: Result<Response<Body>, ureq::Error>, secrets: &Secrets, kind: Kind) -> Result<Answer, TransportError> {
    let trouble = |error| match trouble(error) {
        TransportError::Broken(reason) => TransportError::Broken(secrets.text(&reason)),
        late => late,
    };
    let mut response = result.map_err(trouble)?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(trouble)?;
    let mut headers = response.headers().clone();
    for value in headers.values_mut() {
        let clean = secrets.without_pieces(value.as_bytes());
        if clean != value.as_bytes() {
            *value = HeaderValue::from_bytes(&clean).unwrap_or_else(|_| HeaderValue::from_static(""));
        }
    }
    let body = match (status, kind) {
        (200, Kind::Data) => secrets.without_whole(body),
        // Tokens are what was asked for, and the next refresh token may be the one that was sent.
        (200, Kind::Tokens) => body,
        _ => secrets.without_pieces(&body),
    };
    Ok(Answer { status, headers, body })
}

fn trouble(error: ureq::Error) -> TransportError {
    match error {
        ureq::Error::Timeout(_) => TransportError::Late,
        // The address is not told: it may name people in its filter.
        ureq::Error::BadUri(_) => TransportError::Broken("the address cannot be asked".into()),
        ureq::Error::BodyExceedsLimit(_) => TransportError::Broken(format!("more than {LARGEST} bytes")),
        ureq::Error::Io(e) if matches!(e.kind(), std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock) => TransportError::Late,
        other => TransportError::Broken(other.to_string()),
    }
}
