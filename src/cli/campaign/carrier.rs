//! How letters leave: a mail server with a password or a token, or the mailbox of a tenant by Microsoft Graph.

use crate::campaign::Plan;
use crate::campaign::notification::{Carrier, GraphMail, OAuth2, Post, Refused};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open;
use crate::cli::pull_clock::Wall;
use crate::graph::token::{Certificate, ClientSecret, Ready, Source, TokenContext, Tokens};
use crate::graph::{self, Client, Clock, Cloud, Endpoints, GraphError, Http, Origin, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use std::time::Duration;

/// How long a service may take for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The way that a campaign file names; none when letters are only written.
pub fn of(plan: &Plan, from: &str) -> Result<Option<Box<dyn Carrier>>, Failure> {
    if let Some(mail) = &plan.graph {
        return Ok(Some(Box::new(Mailbox::new(mail)?)));
    }
    let Some(smtp) = &plan.smtp else { return Ok(None) };
    let token = smtp.oauth2.as_ref().map(token).transpose()?;
    let post = Post::new(smtp, from, token.as_ref()).map_err(Failure::usage)?;
    Ok(Some(Box::new(post)))
}

fn cloud(oauth2: &OAuth2) -> Result<Cloud, Failure> {
    match oauth2.cloud.as_deref() {
        None | Some("global") => Ok(Cloud::Global),
        Some("gcc-high") => Ok(Cloud::GccHigh),
        Some("dod") => Ok(Cloud::Dod),
        Some("china") => Ok(Cloud::China),
        Some(other) => Err(Failure::usage(format!(
            "oauth2.cloud '{other}' is not known; use global, gcc-high, dod or china"
        ))),
    }
}

fn origin(name: &str, text: &str) -> Result<Origin, Failure> {
    Origin::parse(text).map_err(|e| Failure::usage(format!("oauth2.{name}: {e}")))
}

/// Where Exchange Online takes mail, by cloud (Microsoft: "Authenticate an IMAP, POP or SMTP connection using OAuth").
fn exchange(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Global => "https://outlook.office365.com",
        Cloud::GccHigh => "https://outlook.office365.us",
        Cloud::Dod => "https://webmail.apps.mil",
        Cloud::China => "https://partner.outlook.cn",
    }
}

/// Where tokens are given, and what they are for.
fn places(oauth2: &OAuth2, service: impl Fn(Cloud) -> Result<Origin, Failure>) -> Result<Endpoints, Failure> {
    let cloud = cloud(oauth2)?;
    let login = oauth2.login_url.as_deref().map(|u| origin("login_url", u)).transpose()?;
    let graph = oauth2.resource_url.as_deref().map(|u| origin("resource_url", u)).transpose()?;
    Ok(Endpoints {
        login: login.unwrap_or_else(|| cloud.endpoints().login),
        graph: graph.map_or_else(|| service(cloud), Ok)?,
    })
}

/// The application that asks for tokens, or a token that is there.
fn source(oauth2: &OAuth2) -> Result<Box<dyn Source>, Failure> {
    if let Some(token) = oauth2.from_file() {
        return Ok(Box::new(Ready(token.map_err(Failure::usage)?)));
    }
    let missing = |what: &str| Failure::usage(format!("oauth2 needs {what}, or token_file"));
    if oauth2.tenant.trim().is_empty() || oauth2.client_id.trim().is_empty() {
        return Err(missing("tenant and client_id"));
    }
    let client_id = oauth2.client_id.trim().to_string();
    match (&oauth2.client_secret_file, &oauth2.certificate_file) {
        (Some(file), None) => Ok(Box::new(ClientSecret {
            client_id,
            secret: graph::from_file(file).map_err(Failure::usage)?,
        })),
        (None, Some(file)) => {
            let pem = graph::from_file(file).map_err(Failure::usage)?;
            let certificate = Certificate::new(client_id, &pem).map_err(|e| Failure::usage(format!("{}: {e}", file.display())))?;
            Ok(Box::new(certificate))
        }
        _ => Err(missing("client_secret_file or certificate_file")),
    }
}

fn http(places: &Endpoints) -> Http {
    Http::new(PATIENCE, places.graph.is_loopback() && places.login.is_loopback())
}

/// A token for a mail server.
fn token(oauth2: &OAuth2) -> Result<Secret, Failure> {
    let places = places(oauth2, |cloud| origin("resource_url", exchange(cloud)))?;
    let (http, clock) = (http(&places), Wall::new(open::now()?, 1));
    let around = TokenContext {
        http: &http,
        clock: &clock as &dyn Clock,
        login: &places.login,
        graph: &places.graph,
        tenant: oauth2.tenant.trim(),
    };
    let fresh = Tokens::new(source(oauth2)?).fresh(&around);
    fresh.map(|(token, _)| token).map_err(|message| Failure {
        exit: Exit::Remote,
        message: format!("no token for the mail server: {message}"),
    })
}

/// A mailbox of a tenant.
struct Mailbox {
    client: Client,
    address: String,
    server: String,
}

impl Mailbox {
    fn new(mail: &GraphMail) -> Result<Self, Failure> {
        let mailbox = mail.mailbox.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || "@._-+".contains(c);
        if mailbox.is_empty() || !mailbox.chars().all(plain) {
            return Err(Failure::usage(format!("graph.mailbox '{mailbox}' is no object id or principal name")));
        }
        let places = places(&mail.oauth2, |cloud| Ok(cloud.endpoints().graph))?;
        let address = places.graph.at(&format!("v1.0/users/{mailbox}/sendMail"));
        let server = places.graph.to_string();
        let clock = Arc::new(Wall::new(open::now()?, 1));
        let tokens = Tokens::new(source(&mail.oauth2)?);
        let client = Client::new(http(&places), clock, places, mail.oauth2.tenant.trim(), tokens);
        Ok(Self { client, address, server })
    }
}

impl Carrier for Mailbox {
    fn way(&self) -> &'static str {
        "graph"
    }

    /// The mail as it is: `sendMail` takes MIME in base64, and sends it to whom its own `To` names.
    fn send(&self, to: &str, mail: &[u8]) -> Result<(), Refused> {
        let sent = self.client.post(&self.address, "text/plain", &STANDARD.encode(mail));
        sent.map_err(|fault| Refused::Server {
            server: self.server.clone(),
            to: to.to_string(),
            reason: fault.to_string(),
            // What is wrong with one letter says nothing of the next; everything else would meet them, too.
            answered: matches!(fault, GraphError::Refused { .. } | GraphError::Slow(_) | GraphError::Broken { .. }),
        })
    }
}
