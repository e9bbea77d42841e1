//! A client certificate: a statement signed with its key (RFC 7523), PS256, named by the certificate's SHA-256.

use super::assertion::exchange;
use super::{Source, Token, TokenContext};
use crate::graph::Secret;
use crate::model::Instant;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

/// How long a statement holds, in seconds.
const LIFE: i64 = 600;
/// How much our clock may be ahead of theirs, in seconds.
const AHEAD: i64 = 120;

/// An application and its certificate.
pub struct Certificate {
    client_id: String,
    key: RsaKeyPair,
    thumbprint: String,
}

impl Certificate {
    /// Reads certificate and private key out of one PEM text.
    ///
    /// # Errors
    /// When one of them is missing, or the key is no RSA key of at least 2,048 bits.
    pub fn new(client_id: String, pem: &Secret) -> Result<Self, String> {
        let pem = pem.expose_secret().as_bytes();
        let certificate = CertificateDer::from_pem_slice(pem).map_err(|_| "the file holds no certificate (-----BEGIN CERTIFICATE-----)".to_string())?;
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| "the file holds no unencrypted private key (-----BEGIN PRIVATE KEY-----)".to_string())?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err("the private key is no RSA key, and Entra takes no other".into()),
        };
        let key = key.map_err(|e| format!("the private key is not taken ({e}): Entra asks for RSA of at least 2,048 bits"))?;
        Ok(Self {
            client_id,
            key,
            thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(certificate.as_ref())),
        })
    }

    /// The signed statement for a token endpoint.
    fn statement(&self, audience: &str, now: Instant) -> Result<String, String> {
        let random = SystemRandom::new();
        let mut id = [0u8; 16];
        random.fill(&mut id).map_err(|_| "the system gives no random numbers".to_string())?;
        let seconds = now.0.div_euclid(1_000_000);
        let header = serde_json::json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint });
        let claims = serde_json::json!({
            "aud": audience, "iss": self.client_id, "sub": self.client_id, "jti": hex::encode(id),
            "iat": seconds - AHEAD, "nbf": seconds - AHEAD, "exp": seconds + LIFE,
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0u8; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &random, signed.as_bytes(), &mut signature)
            .map_err(|_| "the key cannot sign".to_string())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl Source for Certificate {
    fn fetch(&self, around: &TokenContext<'_>, claims: Option<&str>) -> Result<Token, String> {
        let statement = self.statement(&around.token_address(), around.clock.now())?;
        exchange(around, &self.client_id, &statement, claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

    /// A key and certificate made for this test with `openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=vouchsafe-test`.
    const PEM: &str = include_str!("test-certificate.pem");

    #[test]
    fn the_statement_is_signed_and_says_who_for_whom_and_how_long() {
        let certificate = Certificate::new("app".into(), &Secret::from(PEM)).expect("a certificate");
        let now = Instant::parse("2026-03-31T12:00:00Z").expect("a time");
        let statement = certificate.statement("https://login.example/t/oauth2/v2.0/token", now).expect("signed");
        let parts: Vec<&str> = statement.split('.').collect();
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
        let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, certificate.key.public().as_ref());
        let signed = format!("{}.{}", parts[0], parts[1]);
        key.verify(signed.as_bytes(), &decode(parts[2])).expect("the signature holds");
        key.verify(format!("{signed}x").as_bytes(), &decode(parts[2])).expect_err("not of another text");
        let header: serde_json::Value = serde_json::from_slice(&decode(parts[0])).expect("JSON");
        let claims: serde_json::Value = serde_json::from_slice(&decode(parts[1])).expect("JSON");
        assert_eq!(header["alg"], "PS256");
        assert_eq!(header["x5t#S256"].as_str().map(str::len), Some(43));
        assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some("app"), Some("app")));
        assert_eq!(claims["exp"].as_i64(), Some(now.0 / 1_000_000 + LIFE));
    }

    #[test]
    fn a_file_without_its_parts_is_refused_without_showing_it() {
        for half in [PEM.split("-----BEGIN CERTIFICATE").next().unwrap_or(""), "hush"] {
            let told = Certificate::new("app".into(), &Secret::from(half)).err().expect("refused");
            assert!(!told.contains("hush"), "{told}");
        }
    }
}
