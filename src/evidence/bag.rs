//! A BagIt 1.0 bag (RFC 8493) that appears whole or not at all.
//!
//! Names are of `[A-Za-z0-9._-]` only: so writer, standard and validators agree. Everything is written into a folder beside
//! the one that was asked for, forced to disk, and renamed. The signature lies beside the tag manifest, which covers all else.

use crate::evidence::Signer;
use crate::evidence::sign::SignError;
use crate::evidence::table::{sha256, sha256_of_file};
use crate::lake::LakeError;
use crate::lake::parquet_io::private_file;
use crate::lake::store::{create_private_dirs, sync_dir};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What marks a bag of ours in `bag-info.txt`.
pub const AGENT: &str = "Bag-Software-Agent";
/// The checkpoint of the lake as a signed note (C2SP `signed-note`).
pub const NOTE: &str = "checkpoint.note";

/// Why a bag could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BagError {
    /// Something is there.
    #[error("{0} is there already, and evidence is not written over; choose a new name, or move it away")]
    Taken(PathBuf),
    /// A file name that validators do not agree on.
    #[error("the name '{0}' does not fit a bundle, which takes letters, digits, '.', '_' and '-' only")]
    Name(String),
    /// The disk.
    #[error(transparent)]
    Disk(#[from] LakeError),
    /// The authority that was to stamp it.
    #[error("{0}")]
    Stamp(String),
    /// The key.
    #[error("cannot sign the bundle: {0}")]
    Sign(#[from] SignError),
}

/// A bag that is being filled.
pub struct Bag {
    out: PathBuf,
    staging: PathBuf,
    done: bool,
}

/// A finished bag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bagged {
    /// SHA-256 of the tag manifest, which stands for everything in the bag.
    pub tag_manifest: String,
    /// Payload files.
    pub files: usize,
    /// Payload bytes.
    pub bytes: u64,
    /// Name of the signature file, if there is one.
    pub signature: Option<String>,
}

impl Bag {
    /// Begins a bag, in a folder that is new or empty: evidence is never written over.
    ///
    /// # Errors
    /// When something is at `out`.
    pub fn begin(out: &Path) -> Result<Self, BagError> {
        let empty = || fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_none());
        if out.symlink_metadata().is_ok() && !empty() {
            return Err(BagError::Taken(out.to_path_buf()));
        }
        Self::aside(out)
    }

    /// A bag that is never given its name: what is made again for comparison.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn aside(out: &Path) -> Result<Self, BagError> {
        let name = out.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let staging = out.with_file_name(format!(".tmp-{}-{name}", std::process::id()));
        if staging.exists() {
            fs::remove_dir_all(&staging).map_err(LakeError::io("remove", &staging))?;
        }
        sweep(&staging, &name);
        create_private_dirs(&staging.join("data"))?;
        let out = out.to_path_buf();
        Ok(Self { out, staging, done: false })
    }

    /// The folder of the payload while it is being filled.
    #[must_use]
    pub fn payload(&self) -> PathBuf {
        self.staging.join("data")
    }

    /// A folder for what is not to be part of it, which goes with it if nobody removes it before; it is not made here.
    #[must_use]
    pub fn aside_of_payload(&self, name: &str) -> PathBuf {
        self.staging.join(format!(".tmp-{name}"))
    }

    /// Begins a payload file, by its path below `data/`: where it lies, and the file that is to be written.
    ///
    /// # Errors
    /// When the name does not fit or it cannot be made.
    pub fn create(&self, name: &str) -> Result<(PathBuf, File), BagError> {
        fits(name)?;
        let path = self.payload().join(name);
        if let Some(parent) = path.parent() {
            create_private_dirs(parent)?;
        }
        let file = private_file(&path).map_err(LakeError::io("create", &path))?;
        Ok((path, file))
    }

    /// Adds a payload file, by its path below `data/`.
    ///
    /// # Errors
    /// When the name does not fit or the disk is full.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), BagError> {
        let (path, mut file) = self.create(name)?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(|e| LakeError::io("write", &path)(e).into())
    }

    /// Writes manifests, the signature and the timestamp, and gives the bag its name; `info` are further lines of `bag-info.txt`,
    /// and `stamp` is handed the tag manifest, which stands for everything.
    ///
    /// The note lies among the tag files, since who signs is no matter of the payload.
    ///
    /// # Errors
    /// When a name does not fit, the disk is full or the key cannot sign.
    pub fn finish(
        mut self,
        info: &[(&str, String)],
        note: Option<String>,
        signer: Option<&Signer>,
        comment: &str,
        stamp: impl FnOnce(&[u8]) -> Result<Option<Vec<u8>>, BagError>,
    ) -> Result<Bagged, BagError> {
        let mut payload = BTreeMap::new();
        let mut bytes = 0;
        for name in files_below(&self.payload())? {
            fits(&name)?;
            let path = self.payload().join(&name);
            let (hash, size) = sha256_of_file(&path).map_err(LakeError::io("read", &path))?;
            bytes += size;
            payload.insert(format!("data/{name}"), hash);
        }
        let mut tags: BTreeMap<&str, String> = BTreeMap::new();
        tags.insert("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".into());
        tags.insert("manifest-sha256.txt", manifest(&payload));
        let mut lines = String::new();
        for (label, value) in info {
            lines += &format!("{label}: {}\n", one_line(value));
        }
        lines += &format!("Payload-Oxum: {bytes}.{}\n", payload.len());
        lines += &format!("{AGENT}: vouchsafe {}\n", env!("CARGO_PKG_VERSION"));
        tags.insert("bag-info.txt", lines);
        if let Some(note) = note {
            tags.insert(NOTE, note);
        }
        let covered: BTreeMap<String, String> = tags.iter().map(|(name, text)| ((*name).to_string(), sha256(text))).collect();
        let tag_manifest = manifest(&covered);
        for (name, text) in &tags {
            write(&self.staging.join(name), text.as_bytes())?;
        }
        write(&self.staging.join("tagmanifest-sha256.txt"), tag_manifest.as_bytes())?;
        let mut signature = None;
        if let Some(signer) = signer {
            let name = format!("tagmanifest-sha256.txt.{}", signer.ending());
            write(&self.staging.join(&name), signer.sign(tag_manifest.as_bytes(), comment)?.as_bytes())?;
            signature = Some(name);
        }
        if let Some(answer) = stamp(tag_manifest.as_bytes())? {
            write(&self.staging.join("tagmanifest-sha256.txt.tsr"), &answer)?;
        }
        sync_all(&self.staging)?;
        self.publish()?;
        let files = payload.len();
        Ok(Bagged {
            tag_manifest: sha256(&tag_manifest),
            files,
            bytes,
            signature,
        })
    }

    /// Gives the whole bag its name; a folder that is there is empty, else this fails.
    fn publish(&mut self) -> Result<(), BagError> {
        fs::rename(&self.staging, &self.out).map_err(LakeError::io("rename", &self.out))?;
        self.done = true;
        let parent = self.out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(sync_dir(parent)?)
    }
}

impl Drop for Bag {
    /// What did not become whole leaves nothing behind.
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_dir_all(&self.staging);
        }
    }
}

/// Removes what runs that were killed left of a bag of this name; what another run is filling stays.
fn sweep(staging: &Path, name: &str) {
    let parent = staging.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let file = entry.file_name();
        let file = file.to_string_lossy();
        let process = file.strip_prefix(".tmp-").and_then(|rest| rest.strip_suffix(&format!("-{name}")));
        let process = process.filter(|p| p.bytes().all(|b| b.is_ascii_digit()) && !p.is_empty());
        // Only where the system tells which processes there are.
        let is_over = process.is_some_and(|p| Path::new("/proc/self").exists() && !Path::new("/proc").join(p).exists());
        if is_over {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// All files below a folder, by relative path with `/`, sorted.
///
/// # Errors
/// When a folder cannot be read, or something in it is neither file nor folder.
pub fn files_below(root: &Path) -> Result<Vec<String>, LakeError> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let dir = root.join(&folder);
        for entry in fs::read_dir(&dir).map_err(LakeError::io("read", &dir))? {
            let entry = entry.map_err(LakeError::io("read", &dir))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let kind = entry.file_type().map_err(LakeError::io("read", &entry.path()))?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                found.push(path);
            } else {
                return Err(LakeError::format("read", &entry.path())(
                    "it is a link or a device, and a bundle has files only",
                ));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether each part of a path is a name that all validators take alike.
fn fits(name: &str) -> Result<(), BagError> {
    let good = |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if name.split('/').all(good) {
        Ok(())
    } else {
        Err(BagError::Name(name.to_string()))
    }
}

fn manifest(files: &BTreeMap<String, String>) -> String {
    files.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), BagError> {
    let mut file = private_file(path).map_err(LakeError::io("create", path))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|e| LakeError::io("write", path)(e).into())
}

fn sync_all(dir: &Path) -> Result<(), LakeError> {
    for entry in fs::read_dir(dir).map_err(LakeError::io("read", dir))?.flatten() {
        if entry.path().is_dir() {
            sync_all(&entry.path())?;
        }
    }
    sync_dir(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_which_validators_differ_are_refused() {
        for name in ["findings.csv", "ipe/ipe.json", "a/b-c_d.txt"] {
            assert!(fits(name).is_ok(), "{name}");
        }
        for name in ["", "a b", "50%.csv", "../x", "a//b", "/etc", "ä.csv", "a\nb", "a/./b"] {
            assert!(fits(name).is_err(), "{name:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_killed_run_left_is_swept_and_nothing_else() {
        let dir = tempfile::tempdir().expect("a folder");
        let own = format!(".tmp-{}-other", std::process::id());
        // No process has the number 4294967295.
        for name in [
            ".tmp-4294967295-bundle",
            ".tmp-4294967295-other",
            ".tmp-x-bundle",
            "4294967295-bundle",
            own.as_str(),
        ] {
            fs::create_dir(dir.path().join(name)).expect("a folder");
        }
        drop(Bag::begin(&dir.path().join("bundle")).expect("a bag"));
        let mut left: Vec<String> = fs::read_dir(dir.path())
            .expect("a folder")
            .flatten()
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        let mut expected = vec![".tmp-4294967295-other".to_string(), ".tmp-x-bundle".into(), "4294967295-bundle".into(), own];
        expected.sort();
        assert_eq!(left, expected);
    }

    #[test]
    fn a_foreign_folder_stays_as_it_was_and_an_abandoned_bag_leaves_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        let out = dir.path().join("thesis");
        fs::create_dir(&out).expect("a folder");
        fs::write(out.join("chapter-1.txt"), "words").expect("a file");
        assert!(matches!(Bag::begin(&out), Err(BagError::Taken(_))));
        let other = dir.path().join("bundle");
        let bag = Bag::begin(&other).expect("a bag");
        bag.put("findings.csv", b"x").expect("a file");
        drop(bag);
        let left: Vec<_> = fs::read_dir(dir.path()).expect("a folder").flatten().map(|e| e.file_name()).collect();
        assert_eq!(left, ["thesis"]);
    }
}
