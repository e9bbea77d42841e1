//! Files of a report on disk: all of them are written aside first, then take their names, for their owner's eyes only.

use crate::lake::parquet_io::private_file;
use crate::report::ReportError;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that is written and waits for its name.
struct Pending {
    temp: PathBuf,
    path: PathBuf,
}

/// A folder that is being filled; what was there stays until [`Folder::publish`].
pub struct Folder {
    dir: PathBuf,
    pending: Vec<Pending>,
}

impl Folder {
    /// Makes the folder with its mode, so that it is never open to others; one that exists keeps its mode.
    pub fn open(dir: &Path) -> Result<Self, ReportError> {
        private_dir(dir)?;
        Ok(Self {
            dir: dir.to_path_buf(),
            pending: Vec::new(),
        })
    }

    /// Writes a file aside; `name` may have one folder before it. Returns its SHA-256 in hex.
    pub fn add(&mut self, name: &str, fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), ReportError>) -> Result<String, ReportError> {
        let path = self.dir.join(name);
        let (parent, file_name) = (path.parent().unwrap_or(&self.dir), path.file_name().unwrap_or_default());
        if parent != self.dir {
            private_dir(parent)?;
        }
        let temp = parent.join(format!(".{}.tmp", file_name.to_string_lossy()));
        match fs::remove_file(&temp) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(ReportError::io("replace", &temp)(e)),
            _ => {}
        }
        let file = private_file(&temp).map_err(ReportError::io("create", &temp))?;
        self.pending.push(Pending { temp: temp.clone(), path });
        let mut hashing = Hashing {
            out: BufWriter::with_capacity(1 << 18, file),
            hash: Sha256::new(),
        };
        fill(&mut hashing)?;
        let Hashing { out, hash } = hashing;
        let file = out.into_inner().map_err(|e| ReportError::io("write", &temp)(e.into_error()))?;
        file.sync_all().map_err(ReportError::io("write", &temp))?;
        Ok(hex::encode(hash.finalize()))
    }

    /// Gives all files their names, in the order in which they were added: a reader sees old files or new ones.
    pub fn publish(mut self) -> Result<Vec<PathBuf>, ReportError> {
        let mut paths = Vec::with_capacity(self.pending.len());
        for file in std::mem::take(&mut self.pending) {
            fs::rename(&file.temp, &file.path).map_err(ReportError::io("rename", &file.path))?;
            paths.push(file.path);
        }
        Ok(paths)
    }
}

impl Drop for Folder {
    /// What was not published leaves nothing behind.
    fn drop(&mut self) {
        for file in &self.pending {
            let _ = fs::remove_file(&file.temp);
        }
    }
}

fn private_dir(dir: &Path) -> Result<(), ReportError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(ReportError::io("create the folder", dir))
}

/// Hashes what passes through.
struct Hashing<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(bytes)?;
        self.hash.update(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
