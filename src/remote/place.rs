//! Addresses of object stores, and what the lake has of what lies there.

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::path::Path as Key;
use object_store::{ObjectMeta, ObjectStore};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Why nothing could be fetched.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// An address that is none.
    #[error("'{0}' is no address of an object store: write az://CONTAINER/PREFIX or s3://BUCKET/PREFIX")]
    Address(String),
    /// Settings that do not suffice.
    #[error(
        "cannot use {address}: {source}; its account and key come from the environment (AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_KEY, AZURE_USE_AZURE_CLI=true; AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION)"
    )]
    Settings {
        /// The address.
        address: String,
        /// What the client said.
        source: object_store::Error,
    },
    /// The store refused, or was not there.
    #[error("{what}: {source}; reading blobs needs the role Storage Blob Data Reader, which owners of an account do not have by themselves")]
    Store {
        /// What was tried.
        what: String,
        /// What the store said.
        source: object_store::Error,
    },
    /// The disk did not take it.
    #[error("cannot write {}: {source}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// The kind of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Azure,
    S3,
}

/// Something in an object store: a container, or what lies under a prefix of it.
#[derive(Debug, Clone)]
pub struct Place {
    /// The address as given.
    pub address: String,
    /// Container or bucket.
    pub container: String,
    /// The prefix, if any.
    pub(super) prefix: Option<Key>,
    kind: Kind,
    scheme: &'static str,
    settings: Vec<(String, String)>,
}

impl Place {
    /// Whether a text is meant as an address of an object store.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        ["az://", "azure://", "s3://"].iter().any(|scheme| text.starts_with(scheme))
    }

    /// The place of an address; settings are names and values as in the environment.
    ///
    /// # Errors
    /// When it is no address.
    pub fn parse(address: &str, settings: &[(String, String)]) -> Result<Self, RemoteError> {
        let wrong = || RemoteError::Address(address.to_string());
        let (scheme, rest) = address.split_once("://").ok_or_else(wrong)?;
        let (kind, scheme) = match scheme {
            "az" | "azure" => (Kind::Azure, "az"),
            "s3" => (Kind::S3, "s3"),
            _ => return Err(wrong()),
        };
        let (container, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '$' | '_');
        if container.is_empty() || !container.chars().all(fits) {
            return Err(wrong());
        }
        let prefix = prefix.trim_matches('/');
        let prefix = match prefix {
            "" => None,
            text => Some(Key::parse(text).map_err(|_| wrong())?),
        };
        Ok(Self {
            address: address.to_string(),
            container: container.to_string(),
            prefix,
            kind,
            scheme,
            settings: settings.to_vec(),
        })
    }

    /// A client of the store.
    pub(super) fn store(&self) -> Result<Arc<dyn ObjectStore>, RemoteError> {
        let failed = |source| RemoteError::Settings {
            address: self.address.clone(),
            source,
        };
        let settings = || self.settings.iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
        Ok(match self.kind {
            Kind::Azure => {
                let mut builder = MicrosoftAzureBuilder::new().with_container_name(&self.container);
                for (name, value) in settings() {
                    if let Ok(key) = name.parse::<AzureConfigKey>() {
                        builder = builder.with_config(key, value);
                    }
                }
                Arc::new(builder.build().map_err(failed)?)
            }
            Kind::S3 => {
                let mut builder = AmazonS3Builder::new().with_bucket_name(&self.container);
                for (name, value) in settings() {
                    if let Ok(key) = name.parse::<AmazonS3ConfigKey>() {
                        builder = builder.with_config(key, value);
                    }
                }
                Arc::new(builder.build().map_err(failed)?)
            }
        })
    }

    /// What a blob is called.
    pub(super) fn called(&self, key: &str) -> String {
        format!("{}://{}/{key}", self.scheme, self.container)
    }
}

/// What is done about a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It is there already.
    Nothing,
    /// It grows: the bytes from here on.
    From(u64),
    /// It grows, and is shorter than it was: from its beginning.
    Anew,
    /// It is fetched whole.
    Whole,
}

/// What the lake has of blobs, by what their sources are called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Bytes from the beginning that were read of blobs that grow.
    until: BTreeMap<String, u64>,
    /// Versions that were read, each as its source is called.
    versions: BTreeSet<String>,
}

impl Known {
    /// Of the names of sources.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut known = Self::default();
        for name in names.into_iter().filter(|n| Place::is_meant(n)) {
            if let Some((blob, span)) = name.rsplit_once("#bytes=") {
                let until = span.split_once('-').and_then(|(_, until)| until.parse().ok()).unwrap_or(0);
                let all = known.until.entry(blob.to_string()).or_default();
                *all = (*all).max(until);
            } else if name.contains("#version=") {
                known.versions.insert(name.to_string());
            }
        }
        known
    }

    pub(super) fn way(&self, name: &str, meta: &ObjectMeta) -> Way {
        if self.versions.contains(&format!("{name}#version={}", version(meta))) {
            return Way::Nothing;
        }
        // What diagnostic settings write; other blobs are written at once.
        if !name.ends_with("/PT1H.json") {
            return Way::Whole;
        }
        match self.until.get(name) {
            Some(until) if *until == meta.size => Way::Nothing,
            Some(until) if *until > meta.size => Way::Anew,
            Some(until) => Way::From(*until),
            None => Way::From(0),
        }
    }
}

/// What tells a version of a blob from another: its entity tag, else size and time.
pub(super) fn version(meta: &ObjectMeta) -> String {
    match &meta.e_tag {
        Some(tag) => tag.trim_matches('"').chars().filter(|c| !c.is_control() && *c != '#').collect(),
        None => {
            let text = format!("{}\n{}", meta.size, meta.last_modified.timestamp_micros());
            hex::encode(&Sha256::digest(text)[..8])
        }
    }
}

/// A part of a key, fit to be the name of a file.
pub(super) fn plain(part: &str) -> String {
    let text: String = part
        .chars()
        .map(|c| if matches!(c, '\\' | ':' | '/') || c.is_control() { '_' } else { c })
        .collect();
    match text.as_str() {
        "" | "." | ".." => "_".into(),
        _ => text,
    }
}
