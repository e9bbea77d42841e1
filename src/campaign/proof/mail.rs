//! What a mail says of itself: its sender, its id, and what the server that received it asserts.

use super::ProofError;
use crate::model::Instant;
use mail_parser::{Address, HeaderValue, MessageParser};

/// The facts of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The one address of its `From`.
    pub from: String,
    /// Its `Message-ID`, without angle brackets; empty when it has none.
    pub message_id: String,
    /// When it was written, by its `Date`.
    pub sent: Option<Instant>,
    /// What the topmost `Authentication-Results` says of DKIM, with the name of the server that says so.
    pub asserted: Option<String>,
}

/// Reads the facts.
///
/// # Errors
/// When it is no mail, or has not exactly one sender.
pub fn read(bytes: &[u8]) -> Result<Mail, ProofError> {
    let refused = |problem: &str| ProofError::Mail(problem.to_string());
    let message = MessageParser::default().parse(bytes).ok_or_else(|| refused("the mail cannot be read"))?;
    let senders: Vec<&Address> = message
        .headers()
        .iter()
        .filter(|h| h.name.as_str().eq_ignore_ascii_case("from"))
        .filter_map(|h| if let HeaderValue::Address(a) = &h.value { Some(a) } else { None })
        .collect();
    let addresses: Vec<&str> = senders.iter().flat_map(|a| a.iter()).filter_map(|a| a.address.as_deref()).collect();
    let [from] = addresses.as_slice() else {
        return Err(refused(&format!(
            "the mail has {} senders; a proof needs exactly one",
            if addresses.is_empty() {
                "no".to_string()
            } else {
                addresses.len().to_string()
            }
        )));
    };
    let asserted = message
        .headers_raw()
        .find(|(name, _)| name.eq_ignore_ascii_case("authentication-results"))
        .and_then(|(_, value)| asserted(value));
    Ok(Mail {
        from: (*from).to_string(),
        sent: message.date().map(|d| Instant::from_unix(d.to_timestamp())),
        message_id: message.message_id().unwrap_or_default().to_string(),
        asserted,
    })
}

/// `mx.example asserts dkim=pass header.d=corp.example`.
fn asserted(value: &str) -> Option<String> {
    let flat = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = flat.split(';').map(str::trim);
    let server = parts.next()?.split(' ').next()?.to_string();
    let results: Vec<&str> = parts.filter(|p| p.to_ascii_lowercase().starts_with("dkim=")).collect();
    (!results.is_empty()).then(|| format!("{server} asserts {}", results.join(", ")))
}
