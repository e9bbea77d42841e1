//! `coverage.toml`: what the one who exported says about tenant, time and completeness.

use crate::ingest::context::is_guid;
use crate::ingest::error::IngestError;
use crate::model::time::DAY;
use crate::model::{Instant, Window};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// A `coverage.toml`, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The tenant of all that lies beside and below.
    pub tenant: Option<String>,
    /// Whether looks beside and below are complete.
    pub complete: bool,
    /// What is covered: `audit`, `sign_ins`, or a stream of sign-ins.
    pub covers: Vec<(String, Window)>,
}

impl Declared {
    /// Whether a file lies beside or below.
    pub fn reaches(&self, path: &Path) -> bool {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        folder.as_os_str().is_empty() && path.is_relative() || path.starts_with(folder)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tenant: Option<Spanned<String>>,
    #[serde(default)]
    complete: bool,
    #[serde(default)]
    covers: Vec<Cover>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cover {
    source: Spanned<String>,
    from: Spanned<toml::Value>,
    until: Spanned<toml::Value>,
}

/// Reads and checks the file.
pub(super) fn read(path: &Path) -> Result<Declared, IngestError> {
    let bytes = fs::read(path).map_err(|source| IngestError::Unreadable { path: path.into(), source })?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let bad = |span: Option<Range<usize>>, message: String| {
        let before = text.get(..span.map_or(0, |s| s.start)).unwrap_or("");
        IngestError::Coverage {
            path: path.into(),
            line: before.matches('\n').count() + 1,
            message,
        }
    };
    let file: File = toml::from_str(text).map_err(|e| bad(e.span(), e.message().trim().to_string()))?;
    let mut covers = Vec::new();
    for cover in file.covers {
        let source = cover.source.get_ref().trim().to_string();
        if !is_log(&source) {
            return Err(bad(
                Some(cover.source.span()),
                format!("unknown source '{source}': write \"audit\" or \"sign_ins\""),
            ));
        }
        let instant = |value: &Spanned<toml::Value>, last: bool| {
            instant(value.get_ref(), last).ok_or_else(|| {
                let written = value.get_ref();
                bad(Some(value.span()), format!("{written} is no time: write 2026-03-31T00:00:00Z or 2026-03-31"))
            })
        };
        let window = Window {
            from: instant(&cover.from, false)?,
            until: instant(&cover.until, true)?,
        };
        if window.until <= window.from {
            return Err(bad(Some(cover.until.span()), "until is not after from: exchange the two".into()));
        }
        covers.push((source, window));
    }
    let tenant = match &file.tenant {
        Some(tenant) if tenant.get_ref().trim().is_empty() => {
            return Err(bad(Some(tenant.span()), "tenant is empty: write the tenant's id, or leave the line out".into()));
        }
        Some(tenant) if !is_guid(tenant.get_ref().trim()) => {
            let message = format!("'{}' is no tenant id: write the GUID", tenant.get_ref());
            return Err(bad(Some(tenant.span()), message));
        }
        Some(tenant) => Some(tenant.get_ref().trim().to_lowercase()),
        None => None,
    };
    Ok(Declared {
        path: path.into(),
        sha256: hex::encode(Sha256::digest(&bytes)),
        tenant,
        complete: file.complete,
        covers,
    })
}

/// Whether a subject is a log that can be covered: the audit log, sign-ins, or a stream of them.
#[must_use]
pub fn is_log(subject: &str) -> bool {
    matches!(subject, "audit" | "sign_ins") || subject.strip_prefix("sign_ins:").is_some_and(|s| !s.is_empty())
}

/// A time, written as one or as text; a day alone means the whole day.
fn instant(value: &toml::Value, last: bool) -> Option<Instant> {
    let text = match value {
        toml::Value::String(text) => text.trim().to_string(),
        toml::Value::Datetime(at) => at.to_string(),
        _ => return None,
    };
    if last { until(&text) } else { Instant::parse(&text) }
}

/// The end of a covered window: a day alone covers that whole day.
#[must_use]
pub fn until(text: &str) -> Option<Instant> {
    let text = text.trim();
    let at = Instant::parse(text)?;
    Some(if text.len() == 10 { at.plus(DAY) } else { at })
}
