//! Where login and Graph are: the four clouds, or addresses of one's own.

use ureq::http::Uri;

/// A national cloud. Tokens of one are worth nothing in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloud {
    /// Global and GCC.
    Global,
    /// GCC High (L4).
    GccHigh,
    /// Department of Defense (L5).
    Dod,
    /// China, operated by 21Vianet.
    China,
}

impl Cloud {
    /// Login and Graph of the cloud, as Microsoft's page on national deployments lists them.
    #[must_use]
    pub fn endpoints(self) -> Endpoints {
        let (login, graph) = match self {
            Self::Global => ("login.microsoftonline.com", "graph.microsoft.com"),
            Self::GccHigh => ("login.microsoftonline.us", "graph.microsoft.us"),
            Self::Dod => ("login.microsoftonline.us", "dod-graph.microsoft.us"),
            Self::China => ("login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn"),
        };
        let secure = |host: &str| Origin {
            scheme: "https".into(),
            host: host.into(),
            port: 443,
        };
        Endpoints {
            login: secure(login),
            graph: secure(graph),
        }
    }
}

/// Where to sign in and where to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Who gives tokens.
    pub login: Origin,
    /// Who gives data.
    pub graph: Origin,
}

/// Scheme, host and port: what a token may be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// Reads `https://host[:port]`, or `http://` of a loopback address.
    ///
    /// # Errors
    /// When it is no such address; the message says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (origin, path) = parts(text).ok_or_else(|| format!("'{text}' is no address; write it as https://graph.microsoft.com"))?;
        if !path.trim_matches('/').is_empty() {
            return Err(format!("'{text}' has a path; write scheme and host only, as https://{}", origin.host));
        }
        match origin.scheme.as_str() {
            "https" => Ok(origin),
            "http" if origin.is_loopback() => Ok(origin),
            "http" => Err(format!(
                "'{text}' is plain HTTP, over which a token could be read by others; write https:// (plain HTTP is taken for loopback addresses only)"
            )),
            _ => Err(format!("'{text}' is neither https nor http")),
        }
    }

    /// Whether the address is this machine itself.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether an address has this scheme, host and port, and nothing that could be mistaken for them.
    #[must_use]
    pub fn owns(&self, address: &str) -> bool {
        parts(address).is_some_and(|(origin, _)| origin == *self)
    }

    /// The address of a path.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{self}/{}", path.trim_start_matches('/'))
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let usual = if self.scheme == "https" { 443 } else { 80 };
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// The origin and the path of an address; `None` for what is none, or carries a user name.
fn parts(text: &str) -> Option<(Origin, String)> {
    let uri: Uri = text.trim().parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let authority = uri.authority()?;
    if authority.as_str().contains('@') {
        return None;
    }
    let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
    let usual = if scheme == "http" { 80 } else { 443 };
    let port = authority.port_u16().unwrap_or(usual);
    Some((Origin { scheme, host, port }, uri.path().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for good in [
            "https://graph.microsoft.com",
            "https://graph.microsoft.com/",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost:9",
        ] {
            assert!(Origin::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://graph.microsoft.com",
            "http://127.0.0.1.evil.example",
            "ftp://127.0.0.1",
            "graph.microsoft.com",
            "https://graph.microsoft.com/v1.0",
            "https://a@graph.microsoft.com",
            "",
        ] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_link_belongs_to_its_origin_or_gets_no_token() {
        let graph = Cloud::Global.endpoints().graph;
        for own in [
            "https://graph.microsoft.com/v1.0/users?$skiptoken=x",
            "https://GRAPH.microsoft.com:443/v1.0/users",
        ] {
            assert!(graph.owns(own), "{own}");
        }
        for foreign in [
            "http://graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com:8443/v1.0/users",
            "https://graph.microsoft.com.evil.example/v1.0/users",
            "https://graph.microsoft.com@evil.example/v1.0/users",
            "https://evil.example/https://graph.microsoft.com/v1.0",
            "/v1.0/users?$skiptoken=x",
            "//graph.microsoft.com/v1.0",
        ] {
            assert!(!graph.owns(foreign), "{foreign}");
        }
    }
}
