//! Handing something to Graph: once, unless it says that it did not take it.

use crate::graph::client::{Client, claims, place_of};
use crate::graph::http::TransportError;
use crate::graph::page::error_of;
use crate::graph::retry::{backoff, retry_after};
use crate::graph::{GraphError, RateLimitGroup, Secret};
use secrecy::ExposeSecret;
use std::sync::atomic::Ordering;

/// How often one request is sent again that was throttled.
const TRIES: u32 = 8;
/// New tokens for one request.
const RENEWALS: u32 = 2;

impl Client {
    /// Posts a text, and waits until it is accepted; what the answer holds does not count.
    ///
    /// Only what was throttled or had a stale token is sent again: an answer that got lost may have been a yes.
    ///
    /// # Errors
    /// When it is refused, or nobody can tell whether it was taken.
    pub fn post(&self, address: &str, content_type: &str, body: &str) -> Result<(), GraphError> {
        if !self.places.graph.owns(address) {
            return Err(GraphError::ForeignLink(place_of(address)));
        }
        let (mut throttled, mut renewed) = (0u32, 0u32);
        let (mut token, mut generation) = self.tokens.fresh(&self.around()).map_err(GraphError::Token)?;
        loop {
            let stopped = || self.stopped.load(Ordering::Relaxed);
            let ticket = self.pace.admit(RateLimitGroup::Directory, 1, stopped).ok_or(GraphError::Stopped)?;
            self.tally.requests.fetch_add(1, Ordering::Relaxed);
            let bearer = Secret::from(format!("Bearer {}", token.expose_secret()));
            let headers = [
                ("authorization", bearer.expose_secret()),
                ("content-type", content_type),
                ("accept", "application/json"),
            ];
            let answer = self.http.post(address, &headers, body);
            let status = answer.as_ref().map_or(0, |a| a.status);
            self.pace.answered(ticket, None, matches!(status, 429 | 503));
            let answer = answer.map_err(|trouble| match trouble {
                TransportError::Late => GraphError::Slow(1),
                TransportError::Broken(reason) => GraphError::Broken { tries: 1, reason },
            })?;
            let asked = answer.header("retry-after");
            let asked = asked.and_then(|v| retry_after(v, answer.header("date"), self.clock.now()));
            match answer.status {
                200..=299 => return Ok(()),
                401 if renewed < RENEWALS => {
                    renewed += 1;
                    let wanted = claims(answer.header("www-authenticate").unwrap_or_default());
                    (token, generation) = self.tokens.another(&self.around(), generation, wanted.as_deref()).map_err(GraphError::Token)?;
                }
                401 => return Err(GraphError::Token("new tokens were refused too".into())),
                429 | 503 if asked.is_some() || answer.status == 429 => {
                    throttled += 1;
                    if throttled >= TRIES {
                        return Err(GraphError::Throttled(throttled));
                    }
                    self.tally.throttled.fetch_add(1, Ordering::Relaxed);
                    self.clock.sleep(asked.unwrap_or_else(|| backoff(throttled, u64::from(throttled))));
                }
                status => {
                    let (code, message) = error_of(&answer.body);
                    return Err(match status {
                        403 => GraphError::Denied { status, code, message },
                        404 => GraphError::Gone(code),
                        500.. => GraphError::Broken {
                            tries: 1,
                            reason: format!("status {status}: {code} {message}"),
                        },
                        _ => GraphError::Refused { status, code, message },
                    });
                }
            }
        }
    }
}
