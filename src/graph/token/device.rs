//! A device code: a person signs in on any device, and consents to what is read.

use super::{Source, Token, TokenContext, ask, read};
use crate::graph::Secret;
use crate::model::time::SECOND;
use secrecy::ExposeSecret;
use serde::Deserialize;
use std::sync::{Mutex, PoisonError};

/// An application on whose behalf a person signs in.
pub struct DeviceCode {
    client_id: String,
    /// Tells the person what to do.
    tell: Box<dyn Fn(&str) + Send + Sync>,
    /// Renews without the person.
    refresh: Mutex<Option<Secret>>,
}

#[derive(Deserialize)]
struct Begun {
    device_code: String,
    user_code: String,
    verification_uri: String,
    #[serde(default)]
    interval: Option<i64>,
    #[serde(default)]
    expires_in: Option<i64>,
}

#[derive(Deserialize, Default)]
struct Told {
    #[serde(default)]
    error: String,
    #[serde(default)]
    refresh_token: Option<String>,
}

impl DeviceCode {
    /// `tell` shows a line to the person.
    #[must_use]
    pub fn new(client_id: String, tell: Box<dyn Fn(&str) + Send + Sync>) -> Self {
        Self {
            client_id,
            tell,
            refresh: Mutex::new(None),
        }
    }

    fn scope(around: &TokenContext<'_>) -> String {
        format!("{} offline_access", around.scope())
    }

    fn keep(&self, body: &[u8]) {
        let told: Told = serde_json::from_slice(body).unwrap_or_default();
        if let Some(refresh) = told.refresh_token {
            *self.refresh.lock().unwrap_or_else(PoisonError::into_inner) = Some(Secret::from(refresh));
        }
    }

    fn refreshed(&self, around: &TokenContext<'_>, claims: Option<&str>) -> Option<Result<Token, String>> {
        let refresh = self.refresh.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let scope = Self::scope(around);
        let mut fields = vec![
            ("grant_type", "refresh_token"),
            ("client_id", self.client_id.as_str()),
            ("refresh_token", refresh.expose_secret()),
            ("scope", scope.as_str()),
        ];
        fields.extend(claims.map(|c| ("claims", c)));
        let address = around.token_address();
        let answer = match ask(around, || around.http.post_form(&address, &fields)) {
            Ok(answer) => answer,
            Err(error) => return Some(Err(error)),
        };
        self.keep(&answer.body);
        Some(read(around, &answer))
    }
}

impl Source for DeviceCode {
    fn fetch(&self, around: &TokenContext<'_>, claims: Option<&str>) -> Result<Token, String> {
        if let Some(token) = self.refreshed(around, claims) {
            return token;
        }
        let scope = Self::scope(around);
        let begin = around.login.at(&format!("{}/oauth2/v2.0/devicecode", around.tenant));
        let fields = [("client_id", self.client_id.as_str()), ("scope", scope.as_str())];
        let answer = ask(around, || around.http.post_form(&begin, &fields))?;
        if answer.status != 200 {
            return read(around, &answer);
        }
        let begun: Begun = serde_json::from_slice(&answer.body).map_err(|_| "the answer holds no device code".to_string())?;
        (self.tell)(&format!("open {} and enter the code {}", begun.verification_uri, begun.user_code));
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", self.client_id.as_str()),
            ("device_code", begun.device_code.as_str()),
        ];
        let address = around.token_address();
        let mut every = begun.interval.unwrap_or(5).clamp(1, 60) * SECOND;
        let end = around.clock.ticks() + begun.expires_in.unwrap_or(900).clamp(60, 3_600) * SECOND;
        while around.clock.ticks() < end {
            around.clock.sleep(every);
            let answer = ask(around, || around.http.post_form(&address, &fields))?;
            let told: Told = serde_json::from_slice(&answer.body).unwrap_or_default();
            match told.error.as_str() {
                "authorization_pending" => {}
                "slow_down" => every += 5 * SECOND,
                _ => {
                    self.keep(&answer.body);
                    return read(around, &answer);
                }
            }
        }
        Err("nobody entered the code in time".into())
    }
}
