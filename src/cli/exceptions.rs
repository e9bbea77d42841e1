//! Where the register of exceptions comes from: files that are named or lie beside, and campaigns that were closed.

use crate::campaign::Store;
use crate::campaign::granted::granted;
use crate::check;
use crate::cli::args::QuestionArgs;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::config::{self, Config, Exception};
use std::path::{Path, PathBuf};

/// The file that is read where none is named.
const REGISTER: &str = "exceptions.toml";

/// The register in force: a file that is named, else those beside the configuration and beside the lake; and what campaigns granted.
pub fn register(args: &QuestionArgs, config: &Config, configuration: Option<&Path>, lake: &Path) -> Result<Vec<Exception>, Failure> {
    complete(read(&files(args, config, configuration, lake), config)?, lake)
}

/// The register beside a lake and in it.
pub fn of_lake(lake: &Path, config: &Config) -> Result<Vec<Exception>, Failure> {
    complete(read(&beside(&real(lake)), config)?, lake)
}

/// Entries of files, and what campaigns granted.
fn complete(mut entries: Vec<Exception>, lake: &Path) -> Result<Vec<Exception>, Failure> {
    let (more, unread) = granted(&Store::new(lake))?;
    for warning in &unread {
        output::say(&format!("warning: {warning}"));
    }
    let first = entries.len() + 1;
    entries.extend((first..).zip(more).map(|(number, entry)| Exception { number, ..entry }));
    Ok(entries)
}

/// The register of these files.
pub fn read(files: &[PathBuf], config: &Config) -> Result<Vec<Exception>, Failure> {
    let checks: Vec<&str> = check::own::catalogue(config).iter().map(|c| c.id.as_str()).collect();
    config::register(files, &checks).map_err(Failure::usage)
}

/// The register beside a file, if it is there.
pub fn beside(path: &Path) -> Vec<PathBuf> {
    let file = path.parent().unwrap_or(Path::new("")).join(REGISTER);
    file.is_file().then_some(file).into_iter().collect()
}

fn files(args: &QuestionArgs, config: &Config, configuration: Option<&Path>, lake: &Path) -> Vec<PathBuf> {
    if let Some(named) = args.exceptions.as_ref().or(config.register.as_ref()) {
        return vec![named.clone()];
    }
    let mut found = configuration.map(beside).unwrap_or_default();
    let of_lake = beside(&real(lake));
    found.extend(of_lake.into_iter().filter(|p| !found.iter().any(|f| real(f) == real(p))).collect::<Vec<_>>());
    found
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}
