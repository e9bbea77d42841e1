//! What a remote says back of a secret that it was sent: taken out before anything is shown or stored.

use memchr::memmem;
use std::collections::HashSet;

/// What stands in its place.
const GONE: &str = "[secret removed]";
/// A shorter piece of a secret is no secret, and would take words out of every sentence.
const PIECE: usize = 12;

/// Secrets that went out with one request.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Secrets, each also as an address or a form would carry it.
    pub fn of<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut known = Vec::new();
        for secret in secrets.into_iter().filter(|s| s.len() >= PIECE) {
            known.push(secret.to_string());
            let json = serde_json::Value::from(secret).to_string();
            known.extend(
                [encoded(secret), json[1..json.len() - 1].to_string()]
                    .into_iter()
                    .filter(|other| other != secret),
            );
        }
        known.sort();
        known.dedup();
        Self(known)
    }

    /// Bytes without any whole secret.
    pub fn without_whole(&self, bytes: Vec<u8>) -> Vec<u8> {
        let mut bytes = bytes;
        for secret in &self.0 {
            if memmem::find(&bytes, secret.as_bytes()).is_none() {
                continue;
            }
            let mut out = Vec::with_capacity(bytes.len());
            let mut from = 0;
            for at in memmem::find_iter(&bytes, secret.as_bytes()) {
                out.extend_from_slice(&bytes[from..at]);
                out.extend_from_slice(GONE.as_bytes());
                from = at + secret.len();
            }
            out.extend_from_slice(&bytes[from..]);
            bytes = out;
        }
        bytes
    }

    /// Bytes without any secret, nor a piece of one: a remote may cut what it repeats.
    pub fn without_pieces(&self, bytes: &[u8]) -> Vec<u8> {
        let pieces: HashSet<&[u8]> = self.0.iter().flat_map(|s| s.as_bytes().windows(PIECE)).collect();
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let is_piece = |from: usize| bytes.get(from..from + PIECE).is_some_and(|w| pieces.contains(w));
            if !is_piece(at) {
                out.push(bytes[at]);
                at += 1;
                continue;
            }
            while is_piece(at) {
                at += 1;
            }
            at += PIECE - 1;
            out.extend_from_slice(GONE.as_bytes());
        }
        out
    }

    /// The same of a text.
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.without_pieces(text.as_bytes())).into_owned()
    }
}

fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'*');
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLW9mLXRoZS1jYW5hcnk";

    #[test]
    fn whole_cut_and_encoded_echoes_are_taken_out_and_the_rest_stays() {
        let secrets = Secrets::of([TOKEN, "p/ss w\"rd+of&the=app", "short"]);
        for (echo, expected) in [
            (format!("denied for Bearer {TOKEN}, sorry"), format!("denied for Bearer {GONE}, sorry")),
            (format!("token {}", &TOKEN[..40]), format!("token {GONE}")),
            (format!("…{} is bad", &TOKEN[20..60]), format!("…{GONE} is bad")),
            ("client_secret=p%2Fss%20w%22rd%2Bof%26the%3Dapp.".into(), format!("client_secret={GONE}.")),
            (r#"{"sent":"p/ss w\"rd+of&the=app"}"#.into(), format!(r#"{{"sent":"{GONE}"}}"#)),
            ("a short sentence about nothing".into(), "a short sentence about nothing".into()),
        ] {
            assert_eq!(secrets.text(&echo), expected);
        }
    }

    #[test]
    fn pages_lose_whole_secrets_only() {
        let secrets = Secrets::of([TOKEN]);
        let page = format!(r#"{{"value":[{{"id":"1","note":"{TOKEN}{TOKEN}"}},{{"id":"eyJhbGciOiJub25lIn0"}}]}}"#);
        let expected = format!(r#"{{"value":[{{"id":"1","note":"{GONE}{GONE}"}},{{"id":"eyJhbGciOiJub25lIn0"}}]}}"#);
        assert_eq!(String::from_utf8(secrets.without_whole(page.into_bytes())).expect("text"), expected);
    }
}
