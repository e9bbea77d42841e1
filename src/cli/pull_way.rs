//! How to sign in, as flags and environment say.

use crate::cli::exit::Failure;
use crate::cli::output;
use crate::cli::pull_args::WayArgs;
use crate::graph::token::{AzureCli, Certificate, ClientSecret, DeviceCode, Federated, IMDS, ManagedIdentity, Ready, Source};
use crate::graph::{self, Secret, SecretError};
use std::io::Read;
use std::path::Path;

/// The way to tokens: the flag that is given, else a ready token, else a secret of the environment.
pub fn way(args: &WayArgs, client_id: Option<&str>) -> Result<Box<dyn Source>, Failure> {
    let given = client_id.map(str::trim).filter(|id| !id.is_empty()).map(str::to_string);
    let id = || {
        let missing = || Failure::usage("which application is it? name its client id with --client-id");
        given.clone().ok_or_else(missing)
    };
    if let Some(path) = &args.client_secret_file {
        let secret = file(path)?;
        return Ok(Box::new(ClientSecret { client_id: id()?, secret }));
    }
    if let Some(path) = &args.certificate {
        let pem = file(path)?;
        let wrong = |e| Failure::usage(format!("--certificate {}: {e}", path.display()));
        return Ok(Box::new(Certificate::new(id()?, &pem).map_err(wrong)?));
    }
    if args.device_code {
        return Ok(Box::new(DeviceCode::new(id()?, Box::new(|line| output::error_line("sign in", line)))));
    }
    if let Some(path) = &args.federated_token_file {
        return Ok(Box::new(Federated {
            client_id: id()?,
            file: path.clone(),
        }));
    }
    if args.managed_identity {
        return managed(given);
    }
    if args.az_cli {
        return Ok(Box::new(AzureCli));
    }
    if let Some(token) = environment("VOUCHSAFE_TOKEN")? {
        return Ok(Box::new(Ready(token)));
    }
    if let Some(secret) = environment("VOUCHSAFE_CLIENT_SECRET")? {
        return Ok(Box::new(ClientSecret { client_id: id()?, secret }));
    }
    Err(Failure::usage(
        "no way to sign in: set VOUCHSAFE_CLIENT_SECRET or VOUCHSAFE_TOKEN, or name a way (see 'vouchsafe pull --help')",
    ))
}

/// App Service says in its environment where to ask; virtual machines all ask the same address.
fn managed(client_id: Option<String>) -> Result<Box<dyn Source>, Failure> {
    let endpoint = std::env::var("IDENTITY_ENDPOINT").ok().filter(|e| !e.is_empty());
    let header = environment("IDENTITY_HEADER")?;
    Ok(Box::new(match (endpoint, header) {
        (Some(endpoint), header) => ManagedIdentity::new(endpoint, header, client_id),
        (None, _) => ManagedIdentity::new(IMDS.into(), None, client_id),
    }))
}

/// A secret in a file, or on stdin.
fn file(path: &Path) -> Result<Secret, Failure> {
    let wrong = |e: SecretError| Failure::usage(e);
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(1 << 16).read_to_end(&mut bytes).map_err(Failure::usage)?;
        return graph::from_bytes(bytes, "stdin").map_err(wrong);
    }
    // systemd keeps credentials in a folder of the service alone; the mode of the files there is its own affair.
    let kept = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|dir| !dir.is_empty());
    if kept.is_some_and(|dir| path.starts_with(dir)) {
        let bytes = std::fs::read(path).map_err(|e| Failure::io(format!("read {}", path.display()), &e))?;
        return graph::from_bytes(bytes, &path.display().to_string()).map_err(wrong);
    }
    graph::from_file(path).map_err(wrong)
}

fn environment(name: &str) -> Result<Option<Secret>, Failure> {
    match std::env::var_os(name) {
        None => Ok(None),
        Some(value) if value.is_empty() => Ok(None),
        Some(value) => graph::from_bytes(value.into_encoded_bytes(), name).map(Some).map_err(Failure::usage),
    }
}
