//! Asking Graph for one page: paced, with a token, again and again until it is whole or there is a reason.

use crate::graph::http::{Answer, Http, TransportError};
use crate::graph::pace::Pace;
use crate::graph::page::{Page, error_of};
use crate::graph::retry::{backoff, retry_after};
use crate::graph::token::{TokenContext, Tokens};
use crate::graph::{Clock, Endpoints, GraphError, RateLimitGroup, Secret};
use crate::model::time::SECOND;
use base64::Engine;
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How often one request is tried when the service is broken, and when it throttles.
const TRIES: u32 = 8;
const THROTTLED_TRIES: u32 = 12;
/// New tokens for one request: others ask at the same time, and what is revoked for one is revoked for all.
const RENEWALS: u32 = 5;
/// Answers that were too late before a slice is made smaller.
const LATE_TRIES: u32 = 3;

/// Counts of what happened on the wire.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Requests sent.
    pub requests: AtomicU64,
    /// Answers that throttled (429, and 503 with `Retry-After`).
    pub throttled: AtomicU64,
    /// Requests sent again for any other reason.
    pub retried: AtomicU64,
    /// Bytes of answers.
    pub bytes: AtomicU64,
}

/// What is asked for, beside the address.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Whose limit it falls under.
    pub limit_group: RateLimitGroup,
    /// Resource units of the directory.
    pub cost: u32,
    /// Whether `ConsistencyLevel: eventual` goes with it, on every page.
    pub eventual: bool,
    /// Where the records are: `value`, or a member of the object; empty when the object itself is the record.
    pub member: &'a str,
    /// Whether a smaller question could be asked, so that there is no point in patience with late answers.
    pub divisible: bool,
}

/// Asks Graph.
pub struct Client {
    pub(super) http: Http,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) places: Endpoints,
    tenant: String,
    pub(super) tokens: Tokens,
    pub(super) pace: Pace,
    pub(super) stopped: AtomicBool,
    /// What happened.
    pub tally: Metrics,
}

/// What to do after an answer.
enum Next {
    Done(Page),
    Fail(GraphError),
    /// Wait so long (on the clock of the limits) and try again.
    Again(Option<i64>, Reason),
    /// The token was refused, with the claims that are asked for.
    Token(Option<String>),
}

#[derive(Clone)]
enum Reason {
    Throttled,
    Late,
    Broken(String),
}

impl Client {
    /// A client of one tenant.
    #[must_use]
    pub fn new(http: Http, clock: Arc<dyn Clock>, places: Endpoints, tenant: &str, tokens: Tokens) -> Self {
        Self {
            http,
            pace: Pace::new(Arc::clone(&clock)),
            clock,
            places,
            tenant: tenant.to_string(),
            tokens,
            stopped: AtomicBool::new(false),
            tally: Metrics::default(),
        }
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Where it asks.
    #[must_use]
    pub fn places(&self) -> &Endpoints {
        &self.places
    }

    /// Asks for nothing more.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Gets a first token.
    ///
    /// # Errors
    /// When none can be had.
    pub fn sign_in(&self) -> Result<(), GraphError> {
        self.tokens.fresh(&self.around()).map(|_| ()).map_err(GraphError::Token)
    }

    /// The permissions that the token in use says it carries.
    #[must_use]
    pub fn granted(&self) -> Vec<String> {
        self.tokens.granted()
    }

    /// Whether a person is signed in, and not an application of its own.
    #[must_use]
    pub fn is_delegated(&self) -> bool {
        self.tokens.is_delegated()
    }

    pub(super) fn around(&self) -> TokenContext<'_> {
        TokenContext {
            http: &self.http,
            clock: &*self.clock,
            login: &self.places.login,
            graph: &self.places.graph,
            tenant: &self.tenant,
        }
    }

    /// Asks for one page.
    ///
    /// # Errors
    /// When it cannot be had, with the reason.
    pub fn page(&self, address: &str, ask: &Query<'_>) -> Result<Page, GraphError> {
        if !self.places.graph.owns(address) {
            return Err(GraphError::ForeignLink(place_of(address)));
        }
        let (mut tries, mut throttled, mut late) = (0u32, 0u32, 0u32);
        let mut renewed = 0;
        let (mut token, mut generation) = self.tokens.fresh(&self.around()).map_err(GraphError::Token)?;
        loop {
            let answer = self.send(address, ask, &token)?;
            let (wait, reason) = match self.judge(answer, ask, tries + throttled + late == 0) {
                Next::Done(page) => return Ok(page),
                Next::Fail(fault) => return Err(fault),
                Next::Token(claims) => {
                    renewed += 1;
                    if renewed > RENEWALS {
                        let what = if claims.is_some() {
                            "continuous access evaluation asks for more than a new token"
                        } else {
                            "new tokens were refused too"
                        };
                        return Err(GraphError::Token(format!("{what}; look at the sign-in log of the application")));
                    }
                    (token, generation) = self.tokens.another(&self.around(), generation, claims.as_deref()).map_err(GraphError::Token)?;
                    continue;
                }
                Next::Again(wait, reason) => (wait, reason),
            };
            let n = match &reason {
                Reason::Throttled => {
                    throttled += 1;
                    if throttled >= THROTTLED_TRIES {
                        return Err(GraphError::Throttled(throttled));
                    }
                    throttled
                }
                Reason::Late => {
                    late += 1;
                    if late >= if ask.divisible { LATE_TRIES } else { TRIES } {
                        return Err(GraphError::Slow(late));
                    }
                    late
                }
                Reason::Broken(why) => {
                    tries += 1;
                    if tries >= TRIES {
                        return Err(GraphError::Broken { tries, reason: why.clone() });
                    }
                    tries
                }
            };
            let salt = self.tally.requests.load(Ordering::Relaxed);
            let wait = match (wait, &reason) {
                // A service that says how long and then throttles again meant longer.
                (Some(asked), Reason::Throttled) => longer(asked, n).max(if n > 1 { backoff(n - 1, salt) } else { 0 }),
                (Some(asked), _) => asked,
                (None, _) => backoff(n, salt),
            };
            if let Reason::Throttled = reason {
                self.tally.throttled.fetch_add(1, Ordering::Relaxed);
                self.pace.pause(ask.limit_group, wait);
            } else {
                self.tally.retried.fetch_add(1, Ordering::Relaxed);
            }
            self.clock.sleep(wait);
            // A token may have ended in a long wait.
            let fresh = self.tokens.fresh(&self.around()).map_err(GraphError::Token)?;
            (token, generation) = fresh;
        }
    }

    fn send(&self, address: &str, ask: &Query<'_>, token: &Secret) -> Result<Result<Answer, TransportError>, GraphError> {
        let cost = if ask.limit_group == RateLimitGroup::Directory { ask.cost.max(1) } else { 1 };
        let ticket = self
            .pace
            .admit(ask.limit_group, cost, || self.stopped.load(Ordering::Relaxed))
            .ok_or(GraphError::Stopped)?;
        self.tally.requests.fetch_add(1, Ordering::Relaxed);
        let bearer = Secret::from(format!("Bearer {}", token.expose_secret()));
        let mut headers = vec![
            ("authorization", bearer.expose_secret()),
            ("accept", "application/json"),
            // Without it enumerations hide what is newer than the first release of the API.
            ("prefer", "include-unknown-enum-members"),
        ];
        if ask.eventual {
            headers.push(("consistencylevel", "eventual"));
        }
        let answer = self.http.get(address, &headers);
        let status = answer.as_ref().map_or(0, |a| a.status);
        let real = answer.as_ref().ok().and_then(|a| a.header("x-ms-resource-unit")?.parse().ok());
        self.pace.answered(ticket, real, matches!(status, 429 | 503 | 504));
        if let Ok(answer) = &answer {
            self.tally.bytes.fetch_add(answer.body.len() as u64, Ordering::Relaxed);
            // Near the limit the service says so: let others have some of it.
            let near = answer.header("x-ms-throttle-limit-percentage").and_then(|p| p.parse::<f64>().ok());
            if near.is_some_and(|share| share >= 1.0) {
                self.pace.pause(ask.limit_group, SECOND);
            }
        }
        tracing::trace!(status, limit_group = ?ask.limit_group, "answer");
        Ok(answer)
    }

    fn judge(&self, answer: Result<Answer, TransportError>, ask: &Query<'_>, first_try: bool) -> Next {
        let answer = match answer {
            Ok(answer) => answer,
            Err(TransportError::Late) => return Next::Again(None, Reason::Late),
            Err(TransportError::Broken(reason)) => return Next::Again(None, Reason::Broken(reason)),
        };
        let asked = answer.header("retry-after");
        let asked = asked.and_then(|v| retry_after(v, answer.header("date"), self.clock.now()));
        let told = || error_of(&answer.body);
        match answer.status {
            200 => match Page::parse(&answer.body, ask.member) {
                Ok(page) => Next::Done(Page {
                    request_id: request_id(&answer),
                    first_try,
                    ..page
                }),
                Err(reason) => Next::Again(None, Reason::Broken(reason)),
            },
            401 => Next::Token(claims(answer.header("www-authenticate").unwrap_or_default())),
            429 => Next::Again(asked, Reason::Throttled),
            503 if asked.is_some() => Next::Again(asked, Reason::Throttled),
            408 | 504 => Next::Again(asked, Reason::Late),
            status @ 500.. => Next::Again(asked, Reason::Broken(format!("status {status}"))),
            403 => {
                let (code, message) = told();
                Next::Fail(GraphError::Denied { status: 403, code, message })
            }
            404 => Next::Fail(GraphError::Gone(told().0)),
            status => {
                let (code, message) = told();
                let lower = format!("{code} {message}").to_lowercase();
                let died = ["skiptoken", "skip token", "pagetoken", "page token", "syncstatenotfound"];
                if matches!(status, 400 | 410) && died.iter().any(|word| lower.contains(word)) {
                    return Next::Fail(GraphError::SkipTokenExpired(if code.is_empty() { message } else { code }));
                }
                Next::Fail(GraphError::Refused { status, code, message })
            }
        }
    }
}

/// What was asked for, and four times as long after every further refusal, up to five minutes.
fn longer(asked: i64, refusals: u32) -> i64 {
    asked.saturating_mul(1 << (2 * refusals.saturating_sub(1)).min(20)).min(300 * SECOND).max(asked)
}

fn request_id(answer: &Answer) -> String {
    let id = answer.header("request-id").or_else(|| answer.header("x-ms-request-id"));
    id.unwrap_or_default().chars().filter(char::is_ascii_graphic).take(64).collect()
}

/// The claims of a challenge of continuous access evaluation, decoded.
pub(super) fn claims(challenge: &str) -> Option<String> {
    let at = challenge.find("claims=\"")? + 8;
    let text = challenge.get(at..)?.split('"').next()?;
    if text.trim_start().starts_with('{') {
        return Some(text.to_string());
    }
    let engines = [base64::engine::general_purpose::STANDARD, base64::engine::general_purpose::URL_SAFE_NO_PAD];
    let bytes = engines.iter().find_map(|e| e.decode(text).ok())?;
    String::from_utf8(bytes).ok().filter(|c| c.starts_with('{'))
}

/// Scheme and host of an address, without what comes behind: that may name people.
pub(super) fn place_of(address: &str) -> String {
    let end = address.find("://").map_or(0, |at| at + 3);
    let rest = address.get(end..).unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    address
        .get(..end)
        .unwrap_or_default()
        .chars()
        .chain(host.chars())
        .filter(|c| c.is_ascii_graphic())
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_of_a_challenge() {
        let challenge = r#"Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7fX19""#;
        assert_eq!(claims(challenge).as_deref(), Some(r#"{"access_token":{"nbf":{}}}"#));
        assert_eq!(claims(r#"Bearer error="invalid_token""#), None);
    }

    #[test]
    fn a_refusal_after_the_wait_makes_the_next_wait_longer() {
        let waits: Vec<i64> = (1..=6).map(|n| longer(2 * SECOND, n) / SECOND).collect();
        assert_eq!(waits, [2, 8, 32, 128, 300, 300]);
    }

    #[test]
    fn a_foreign_place_is_named_without_what_follows() {
        assert_eq!(place_of("https://u:p@evil.example:1/users?$filter=mail eq 'x'"), "https://evil.example:1");
    }
}
