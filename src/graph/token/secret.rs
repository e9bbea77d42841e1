//! A client secret: one form to the token endpoint.

use super::{Source, Token, TokenContext, ask, read};
use crate::graph::Secret;
use secrecy::ExposeSecret;

/// An application and its secret.
pub struct ClientSecret {
    /// Application (client) id.
    pub client_id: String,
    /// Its secret.
    pub secret: Secret,
}

impl Source for ClientSecret {
    fn fetch(&self, around: &TokenContext<'_>, claims: Option<&str>) -> Result<Token, String> {
        let scope = around.scope();
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.secret.expose_secret()),
            ("scope", scope.as_str()),
        ];
        fields.extend(claims.map(|c| ("claims", c)));
        let address = around.token_address();
        let answer = ask(around, || around.http.post_form(&address, &fields))?;
        read(around, &answer)
    }
}
