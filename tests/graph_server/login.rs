//! Tokens: every way to ask for one, how long it lives, and what a claims challenge wants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

use super::chance;
use super::http::{Answer, Request};
use super::shapes::permissions;

/// The secret of the application: it must be found nowhere but in requests for tokens.
pub const SECRET: &str = "canary~secret~Zx8Q~never-to-be-seen";
/// A part of every token: it must be found nowhere but in `Authorization`.
pub const CANARY: &str = "canaryTokenNeverToBeSeen";
/// The application.
pub const CLIENT: &str = "5d0c3c44-9f55-4b7c-8f0e-3b1c8f1f0a11";
/// What a federated token file holds.
pub const FEDERATED: &str = "federated.canary.assertion";

/// Who may have a token.
#[derive(Default)]
pub struct Login {
    /// The RSA key (PKCS#1, DER) of the certificate that assertions are signed with.
    key: Option<Vec<u8>>,
    /// The thumbprint that assertions must name, `x5t#S256`.
    thumbprint: Option<String>,
    /// Permissions that the application was not given.
    pub denied: Vec<&'static str>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    issued: u64,
    /// Uses of every living token.
    living: BTreeMap<String, u64>,
    /// Tokens of signed-in people.
    of_people: BTreeSet<String>,
    /// Identifiers of assertions, which serve once.
    spent: Vec<String>,
    polls: u64,
    /// Only a request for a token that carries claims will be granted.
    challenged: bool,
}

/// Why a token is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// None was sent, or it is unknown, revoked or expired.
    Invalid,
    /// It does not answer the claims challenge.
    Claims,
}

impl Login {
    /// An application with a certificate, by its public key and thumbprint.
    pub fn with_certificate(key: Vec<u8>, thumbprint: String) -> Self {
        Self {
            key: Some(key),
            thumbprint: Some(thumbprint),
            ..Self::default()
        }
    }

    /// How many tokens were given.
    pub fn issued(&self) -> u64 {
        self.state.lock().expect("no thread dies here").issued
    }

    /// Revokes every token; with `claims`, the next one has to be asked for with claims.
    pub fn revoke(&self, claims: bool) {
        let mut state = self.state.lock().expect("no thread dies here");
        state.living.clear();
        state.challenged |= claims;
    }

    /// Whether a request is authorised; counts the use.
    pub fn admit(&self, request: &Request, uses: Option<u64>) -> Result<(), Refused> {
        let token = request
            .header("authorization")
            .and_then(|a| a.strip_prefix("Bearer "))
            .ok_or(Refused::Invalid)?;
        let mut state = self.state.lock().expect("no thread dies here");
        let refused = if state.challenged { Refused::Claims } else { Refused::Invalid };
        let used = state.living.get_mut(token).ok_or(refused)?;
        *used += 1;
        if uses.is_some_and(|most| *used > most) {
            state.living.remove(token);
            return Err(Refused::Invalid);
        }
        Ok(())
    }

    /// Whether the token of a request is a signed-in person's.
    pub fn is_delegated(&self, request: &Request) -> bool {
        let token = request.header("authorization").and_then(|a| a.strip_prefix("Bearer "));
        let state = self.state.lock().expect("no thread dies here");
        token.is_some_and(|t| state.of_people.contains(t))
    }

    /// A token that is not asked for, as `az` or an operator would hand it over.
    pub fn ready(&self, tenant: &str) -> String {
        self.token(tenant, false, false)
    }

    /// Answers `/{tenant}/oauth2/v2.0/token` and `/devicecode`, and the two addresses of managed identities.
    pub fn answer(&self, request: &Request, path: &str, tenant: &str, address: &str) -> Option<Answer> {
        match path.trim_start_matches('/').split('/').collect::<Vec<_>>()[..] {
            [asked, "oauth2", "v2.0", "token"] => Some(self.grant(request, asked == tenant, tenant, address)),
            [asked, "oauth2", "v2.0", "devicecode"] if asked == tenant => Some(answer(
                200,
                json!({"user_code": "ABCD-EFGH", "device_code": "device-canary", "verification_uri": format!("{address}/device"),
                    "expires_in": 900, "interval": 1, "message": format!("To sign in, open {address}/device and enter the code ABCD-EFGH.")}),
            )),
            ["metadata", "identity", "oauth2", "token"] => {
                let asked = request.header("metadata").is_some_and(|m| m == "true");
                Some(if asked {
                    self.granted(tenant, false)
                } else {
                    refused("Required metadata header not specified")
                })
            }
            ["msi", "token"] => {
                let known = request.header("x-identity-header").is_some_and(|h| h == SECRET);
                Some(if known {
                    self.granted(tenant, false)
                } else {
                    refused("the identity header is missing")
                })
            }
            _ => None,
        }
    }

    fn grant(&self, request: &Request, known: bool, tenant: &str, address: &str) -> Answer {
        let field = |name: &str| request.form(name).unwrap_or_default();
        if !known {
            return refused("AADSTS90002: Tenant not found.");
        }
        if field("client_id") != CLIENT {
            return refused("AADSTS700016: Application was not found in the directory.");
        }
        let claims = !field("claims").is_empty();
        match field("grant_type").as_str() {
            "client_credentials" => {
                if !field("scope").ends_with("/.default") {
                    return refused("AADSTS1002012: The provided value for scope is not valid. Client credential flows must have a scope with /.default.");
                }
                let assertion = field("client_assertion");
                let proved = if assertion.is_empty() {
                    (field("client_secret") == SECRET)
                        .then_some(())
                        .ok_or("AADSTS7000215: Invalid client secret provided.".to_owned())
                } else if assertion == FEDERATED {
                    Ok(())
                } else {
                    let audience = format!("{address}/{tenant}/oauth2/v2.0/token");
                    self.signed(&assertion, &audience)
                        .map_err(|why| format!("AADSTS700027: Client assertion failed: {why}."))
                };
                proved.map_or_else(|why| refused(&why), |()| self.granted(tenant, claims))
            }
            "urn:ietf:params:oauth:grant-type:device_code" => {
                let mut state = self.state.lock().expect("no thread dies here");
                state.polls += 1;
                let turn = state.polls;
                drop(state);
                match (field("device_code").as_str(), turn) {
                    ("device-canary", 1) => answer(400, json!({"error": "authorization_pending", "error_description": "AADSTS70016: pending"})),
                    ("device-canary", _) => self.granted_to(tenant, claims, true),
                    _ => refused("AADSTS70019: the code has expired"),
                }
            }
            _ => refused("AADSTS70003: The app requested an unsupported grant type."),
        }
    }

    /// Checks an assertion as the identity platform does.
    fn signed(&self, assertion: &str, audience: &str) -> Result<(), String> {
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "it is no base64url".to_owned());
        let [head, claims, signature] = assertion.split('.').collect::<Vec<_>>()[..] else {
            return Err("it has not three parts".to_owned());
        };
        let read = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).map_err(|e| e.to_string());
        let (header, body) = (read(head)?, read(claims)?);
        let key = self.key.as_ref().ok_or("no certificate is registered")?;
        let message = format!("{head}.{claims}");
        let verified = match header["alg"].as_str() {
            Some("RS256") => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(message.as_bytes(), &decode(signature)?),
            Some("PS256") => UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key).verify(message.as_bytes(), &decode(signature)?),
            _ => return Err("its algorithm is not allowed".to_owned()),
        };
        verified.map_err(|_| "its signature is wrong".to_owned())?;
        let thumbprint = self.thumbprint.as_deref();
        if header["x5t#S256"].as_str() != thumbprint {
            return Err("its thumbprint is not the certificate's".to_owned());
        }
        if body["aud"] != audience || body["iss"] != CLIENT || body["sub"] != CLIENT {
            return Err(format!("its aud, iss or sub are wrong: {body}"));
        }
        let times = body["exp"].as_i64().zip(body["nbf"].as_i64());
        if !times.is_some_and(|(until, from)| until > from && until - from <= 3600) {
            return Err("exp and nbf are missing or too far apart".to_owned());
        }
        let jti = body["jti"].as_str().ok_or("jti is missing")?.to_owned();
        let mut state = self.state.lock().expect("no thread dies here");
        if state.spent.contains(&jti) {
            return Err("it was used before".to_owned());
        }
        state.spent.push(jti);
        Ok(())
    }

    fn granted(&self, tenant: &str, claims: bool) -> Answer {
        self.granted_to(tenant, claims, false)
    }

    fn granted_to(&self, tenant: &str, claims: bool, delegated: bool) -> Answer {
        let token = self.token(tenant, claims, delegated);
        answer(
            200,
            json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}),
        )
    }

    /// A token has the shape of a real one: its roles (an application's) or scopes (a person's) can be read, its signature
    /// means nothing to the client.
    fn token(&self, tenant: &str, claims: bool, delegated: bool) -> String {
        let roles: Vec<_> = permissions().into_iter().filter(|p| !self.denied.contains(p)).collect();
        let mut state = self.state.lock().expect("no thread dies here");
        state.issued += 1;
        let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = encode(json!({"typ": "JWT", "alg": "RS256", "kid": "invented"}));
        let body = encode(if delegated {
            json!({"tid": tenant, "appid": CLIENT, "scp": roles.join(" "), "n": state.issued})
        } else {
            json!({"tid": tenant, "appid": CLIENT, "roles": roles, "n": state.issued})
        });
        let mark = chance::number(state.issued, tenant, 7);
        let token = format!("{head}.{body}.{CANARY}{mark:016x}");
        state.challenged &= !claims;
        if !state.challenged {
            state.living.insert(token.clone(), 0);
            if delegated {
                state.of_people.insert(token.clone());
            }
        }
        token
    }
}

fn refused(description: &str) -> Answer {
    let error = if description.contains("AADSTS7000215") {
        "invalid_client"
    } else {
        "invalid_request"
    };
    answer(
        if error == "invalid_client" { 401 } else { 400 },
        json!({"error": error, "error_description": description, "error_codes": []}),
    )
}

fn answer(status: u16, body: Value) -> Answer {
    Answer {
        status,
        body: body.to_string().into_bytes(),
        ..Answer::default()
    }
}
