//! A zip archive that is opened once, however many of its members are read, and by however many threads.

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// How much is read at once where little is asked for: the directory of an archive is read by the word.
const BLOCK: usize = 16 << 10;

/// An archive; a clone shares its directory and its file.
#[derive(Clone)]
pub(super) struct Archive(zip::ZipArchive<Shared>);

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an archive of {} members", self.0.len())
    }
}

impl Archive {
    /// Opens a file and reads its directory.
    pub fn open(path: &Path) -> Result<Self, zip::result::ZipError> {
        let shared = Shared::open(path).map_err(zip::result::ZipError::Io)?;
        Ok(Self(zip::ZipArchive::new(shared)?))
    }

    /// Names of members that another one of the same name hides, once for each.
    pub fn hidden(&self) -> Vec<String> {
        let all = self.listed().unwrap_or_default();
        let mut seen = HashSet::new();
        let again = all.into_iter().filter(|name| !seen.insert(name.clone()));
        again.map(|name| String::from_utf8_lossy(&name).into_owned()).collect()
    }

    /// The names in the directory of the archive, in its order.
    fn listed(&self) -> io::Result<Vec<Vec<u8>>> {
        // Signature, fields that do not matter here, three lengths, fields again; then name, extra field and comment.
        const HEAD: usize = 46;
        let mut shared = self.0.clone().into_inner();
        shared.seek(SeekFrom::Start(self.0.central_directory_start()))?;
        let mut names = Vec::new();
        let mut head = [0; HEAD];
        while shared.read_exact(&mut head).is_ok() && head.starts_with(b"PK\x01\x02") {
            let length = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
            let mut name = vec![0; usize::from(length(28))];
            shared.read_exact(&mut name)?;
            shared.seek(SeekFrom::Current(i64::from(length(30)) + i64::from(length(32))))?;
            names.push(name);
        }
        Ok(names)
    }

    /// A reader of members of its own.
    pub fn reader(&self) -> zip::ZipArchive<Shared> {
        self.0.clone()
    }
}

/// A file at a place of its own, without a lock: what others read of it moves nothing here.
#[derive(Clone)]
pub(super) struct Shared {
    file: Arc<File>,
    len: u64,
    at: u64,
    block: Vec<u8>,
    block_at: u64,
}

impl Shared {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        Ok(Self {
            file: Arc::new(file),
            len,
            at: 0,
            block: Vec::new(),
            block_at: 0,
        })
    }

    #[cfg(unix)]
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&*self.file, buffer, at)
    }

    #[cfg(windows)]
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, at)
    }

    /// What of the block lies at the present place.
    fn at_hand(&self) -> &[u8] {
        let skip = self.at.checked_sub(self.block_at).and_then(|n| usize::try_from(n).ok());
        skip.and_then(|n| self.block.get(n..)).unwrap_or(&[])
    }
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at_hand().is_empty() {
            if buffer.len() >= BLOCK {
                let read = self.read_at(buffer, self.at)?;
                self.at += read as u64;
                return Ok(read);
            }
            let mut block = std::mem::take(&mut self.block);
            block.resize(BLOCK, 0);
            let read = self.read_at(&mut block, self.at)?;
            block.truncate(read);
            (self.block, self.block_at) = (block, self.at);
        }
        let there = self.at_hand();
        let count = there.len().min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn readers_of_one_file_do_not_move_each_other() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.zip");
        let mut zip = zip::ZipWriter::new(File::create(&path).expect("a file"));
        for n in 0..50 {
            zip.start_file(format!("m{n}"), zip::write::SimpleFileOptions::default()).expect("a member");
            zip.write_all(format!("content {n} ").repeat(5_000).as_bytes()).expect("bytes");
        }
        zip.finish().expect("an archive");
        let archive = Archive::open(&path).expect("an archive");
        let text = |reader: &mut zip::ZipArchive<Shared>, n: usize| {
            let mut text = String::new();
            reader.by_index(n).expect("a member").read_to_string(&mut text).expect("text");
            text
        };
        let (mut one, mut two) = (archive.reader(), archive.reader());
        for n in 0..50 {
            assert_eq!(text(&mut one, n), format!("content {n} ").repeat(5_000));
            assert_eq!(text(&mut two, 49 - n), format!("content {} ", 49 - n).repeat(5_000));
        }
    }

    #[test]
    fn seeking_is_that_of_a_file() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("f");
        std::fs::write(&path, (0..100_000u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>()).expect("a file");
        let mut shared = Shared::open(&path).expect("a file");
        let mut plain = File::open(&path).expect("a file");
        for to in [
            SeekFrom::Start(7),
            SeekFrom::End(-5),
            SeekFrom::Start(39_999),
            SeekFrom::Current(-20),
            SeekFrom::Current(20_000),
        ] {
            assert_eq!(shared.seek(to).expect("a place"), plain.seek(to).expect("a place"), "{to:?}");
            let (mut a, mut b) = ([0; 3], [0; 3]);
            let (read_a, read_b) = (shared.read(&mut a).expect("bytes"), plain.read(&mut b).expect("bytes"));
            assert_eq!(a[..read_a], b[..read_b], "{to:?}");
            shared.seek(SeekFrom::Start(plain.stream_position().expect("a place"))).expect("a place");
        }
        assert!(shared.seek(SeekFrom::Current(i64::MIN)).is_err());
    }
}
