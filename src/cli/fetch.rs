//! Addresses of object stores among the paths of an ingest: what is new there becomes files for as long as it is read.

use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::remote::{self, Known, Place, RemoteError};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What was fetched; goes with the files.
pub struct Fetching {
    folder: PathBuf,
    /// What the files are called in the lake.
    pub called: BTreeMap<PathBuf, String>,
}

/// Whether a path is the address of an object store.
pub fn is_remote(path: &Path) -> bool {
    path.to_str().is_some_and(Place::is_meant)
}

/// Puts what is new at each address in its place among the paths; `None` where no path is an address.
///
/// # Errors
/// When an address is wrong, or the store or the disk refuses.
pub fn fetch(paths: &mut Vec<PathBuf>, known: impl FnOnce() -> Result<Known, Failure>, folder: &Path) -> Result<Option<Fetching>, Failure> {
    if !paths.iter().any(|p| is_remote(p)) {
        return Ok(None);
    }
    let known = known()?;
    let settings: Vec<(String, String)> = std::env::vars()
        .filter(|(name, _)| name.starts_with("AZURE_") || name.starts_with("AWS_"))
        .collect();
    let mut fetching = Fetching {
        folder: folder.to_path_buf(),
        called: BTreeMap::new(),
    };
    private_folder(folder)?;
    let mut local = Vec::new();
    for (n, path) in std::mem::take(paths).into_iter().enumerate() {
        let address = path.to_string_lossy();
        if !Place::is_meant(&address) {
            local.push(path);
            continue;
        }
        let place = Place::parse(&address, &settings).map_err(Failure::usage)?;
        let into = folder.join(n.to_string());
        let haul = remote::fetch(&place, &known, &into).map_err(failure)?;
        let bytes: u64 = haul.fetched.iter().map(|f| f.bytes).sum();
        output::say(&format!(
            "{address}: {} blobs, {} of them with something new ({bytes} bytes)",
            haul.blobs,
            haul.fetched.len()
        ));
        for name in &haul.rewritten {
            output::say(&format!("{name} is shorter than it was: it is read from its beginning"));
        }
        if !haul.fetched.is_empty() {
            local.push(into);
        }
        fetching.called.extend(haul.fetched.into_iter().map(|f| (f.file, f.called)));
    }
    *paths = local;
    Ok(Some(fetching))
}

fn failure(error: RemoteError) -> Failure {
    let exit = if matches!(error, RemoteError::Store { .. }) {
        Exit::Remote
    } else {
        Exit::Usage
    };
    Failure {
        exit,
        message: error.to_string(),
    }
}

fn private_folder(folder: &Path) -> Result<(), Failure> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|e| Failure::usage(format!("cannot make {}: {e}", folder.display())))
}

impl Drop for Fetching {
    fn drop(&mut self) {
        // Nothing is left to be done about a copy that cannot be removed.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
