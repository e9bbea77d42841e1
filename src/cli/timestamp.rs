//! Timestamps of somebody else: asked for when a bundle is made, and judged when it is verified.

use crate::cli::exit::{Exit, Failure};
use crate::cli::open;
use crate::evidence::Judged;
use crate::evidence::timestamp::{self, Stamped};
use crate::graph::Http;
use crate::model::Instant;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file that lies beside the tag manifest.
const NAME: &str = "tagmanifest-sha256.txt.tsr";

/// Asks an authority for a timestamp of these bytes, and looks at its answer before it is kept.
///
/// # Errors
/// When the authority cannot be reached, refuses, or answers about something else.
pub fn ask(address: &str, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let remote = |message: String| Failure {
        exit: Exit::Remote,
        message: format!("no timestamp from {}: {message}; the bundle was not made", place(address)),
    };
    if !address.starts_with("http://") && !address.starts_with("https://") {
        return Err(Failure::usage(format!(
            "--timestamp-url '{address}' is no address; write http://… or https://…, as the authority says"
        )));
    }
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    let nonce: [u8; 16] = *uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, &hash).as_bytes();
    let nonce = u64::from_be_bytes(nonce[..8].try_into().unwrap_or_default());
    let http = Http::new(Duration::from_secs(60), address.contains("//127.0.0.1") || address.contains("//localhost"));
    let answer = http.post_bytes(address, "application/timestamp-query", &timestamp::query(&hash, nonce));
    let answer = answer.map_err(|trouble| remote(trouble.to_string()))?;
    if answer.status != 200 {
        return Err(remote(format!("it answered {}", answer.status)));
    }
    timestamp::judge(&answer.body, bytes, &[]).map_err(remote)?;
    Ok(answer.body)
}

/// The host of an address, without what may be a secret in it.
fn place(address: &str) -> String {
    let rest = address.split_once("//").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    host.rsplit('@').next().unwrap_or_default().to_string()
}

/// Judges the timestamp of a bundle; `trusted` is a file with the certificates that the reader trusts.
///
/// # Errors
/// When the file of certificates cannot be read.
pub fn judge(dir: &Path, trusted: Option<&PathBuf>, judged: &mut Judged) -> Result<(), Failure> {
    let certificates = match trusted {
        Some(path) => {
            let told = timestamp::certificates(&open::text(path)?);
            told.map_err(|e| Failure::usage(format!("{}: {e}", path.display())))?
        }
        None => Vec::new(),
    };
    let Ok(answer) = std::fs::read(dir.join(NAME)) else {
        match trusted {
            Some(_) => judged
                .failed
                .push("timestamp: certificates were given (--tsa-cert), and the bundle has no timestamp".into()),
            None => judged
                .open
                .push("when the bundle was made: no timestamp of somebody else lies beside it (--timestamp-url)".into()),
        }
        return Ok(());
    };
    let Ok(file) = std::fs::read(dir.join("tagmanifest-sha256.txt")) else {
        return Ok(());
    };
    let stamped = match timestamp::judge(&answer, &file, &certificates) {
        Ok(stamped) => stamped,
        Err(e) => {
            judged.failed.push(format!("timestamp: {e}"));
            return Ok(());
        }
    };
    match committed(dir) {
        Some(commit) if stamped.at < commit => judged.failed.push(format!(
            "timestamp: it is of {}, and the bundle is of a commit of {commit}: one of the two times is not true",
            stamped.at
        )),
        _ => told(&stamped, trusted.is_some(), judged),
    }
    Ok(())
}

fn told(stamped: &Stamped, asked: bool, judged: &mut Judged) {
    let at = stamped.at;
    if stamped.trusted {
        judged
            .proved
            .push(format!("timestamp: the bundle was there on {at}, as an authority that you trust states"));
    } else if asked {
        judged.failed.push(format!(
            "timestamp: it states {at}, and its certificate leads to none of those that you trust (--tsa-cert)"
        ));
    } else {
        judged.open.push(format!(
            "when the bundle was made: a timestamp states {at}; give the certificate of its authority from elsewhere (--tsa-cert FILE)"
        ));
    }
}

/// When the commit of a bundle was made, as it says itself.
fn committed(dir: &Path) -> Option<Instant> {
    let text = std::fs::read_to_string(dir.join("data/lake/commit.json")).ok()?;
    let commit: serde_json::Value = serde_json::from_str(&text).ok()?;
    Instant::parse(commit.get("at")?.as_str()?)
}
