//! The form that goes with a signed statement in place of a secret.

use super::{Token, TokenContext, ask, read};

/// Sends a client assertion for a token.
pub(super) fn exchange(around: &TokenContext<'_>, client_id: &str, assertion: &str, claims: Option<&str>) -> Result<Token, String> {
    let scope = around.scope();
    let mut fields = vec![
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
        ("scope", scope.as_str()),
    ];
    fields.extend(claims.map(|c| ("claims", c)));
    let address = around.token_address();
    let answer = ask(around, || around.http.post_form(&address, &fields))?;
    read(around, &answer)
}
