//! Where files are made, and counted.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::super::{Switches, SynthError};

/// The folder that everything is written below.
pub struct Disk {
    root: PathBuf,
    /// Mishaps to be arranged.
    pub switches: Switches,
    /// What chance hangs on.
    pub seed: u64,
    /// Files made.
    pub files: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Broken records added.
    pub malformed: u64,
}

impl Disk {
    /// Writes below `root`.
    pub fn new(root: &Path, switches: &Switches, seed: u64) -> Self {
        Self {
            root: root.to_owned(),
            switches: switches.clone(),
            seed,
            files: 0,
            bytes: 0,
            malformed: 0,
        }
    }

    /// Makes a file that only its owner may read: exports hold personal data.
    pub fn create(&mut self, name: &str) -> Result<File, SynthError> {
        let path = self.root.join(name);
        let failed = |source| SynthError::Write { path: path.clone(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(failed)?;
        self.files += 1;
        Ok(file)
    }

    /// Makes a whole file.
    pub fn write(&mut self, name: &str, content: &[u8]) -> Result<(), SynthError> {
        let mut file = self.create(name)?;
        self.append(name, &mut file, content)
    }

    /// Adds to a file.
    pub fn append(&mut self, name: &str, file: &mut File, content: &[u8]) -> Result<(), SynthError> {
        let path = self.root.join(name);
        file.write_all(content).map_err(|source| SynthError::Write { path, source })?;
        self.bytes += content.len() as u64;
        Ok(())
    }
}
