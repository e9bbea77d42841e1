//! The bytes of one file: small ones at once, large and packed ones through a small window.

use crate::ingest::limits::Limits;
use crate::ingest::paths::Input;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};

/// The bytes of one file; offsets count from its (unpacked) beginning.
pub(super) struct Feed<'m> {
    data: Cow<'m, [u8]>,
    base: u64,
    reader: Option<Box<dyn Read + 'm>>,
    chunk: usize,
    /// Why the file could not be read to its end.
    pub trouble: Option<String>,
    /// Whether what it unpacks to is not what was packed.
    pub corrupt: bool,
}

impl<'m> Feed<'m> {
    /// All bytes are here.
    pub fn whole(bytes: &'m [u8]) -> Self {
        Self {
            data: Cow::Borrowed(bytes),
            base: 0,
            reader: None,
            chunk: 0,
            trouble: None,
            corrupt: false,
        }
    }

    /// Bytes come as they are asked for.
    pub fn stream(reader: Box<dyn Read + 'm>, chunk: usize) -> Self {
        Self {
            data: Cow::Owned(Vec::new()),
            base: 0,
            reader: Some(reader),
            chunk: chunk.clamp(64 << 10, 1 << 20),
            trouble: None,
            corrupt: false,
        }
    }

    /// Whether every byte is at hand, so that going back costs nothing.
    pub fn is_whole(&self) -> bool {
        matches!(self.data, Cow::Borrowed(_))
    }

    /// The bytes at hand from an offset on.
    pub fn from(&self, offset: u64) -> &[u8] {
        let at = usize::try_from(offset.saturating_sub(self.base)).unwrap_or(usize::MAX);
        self.data.get(at..).unwrap_or(&[])
    }

    /// A range at hand: borrowed from what is here, or copied out of the window.
    pub fn slice(&self, from: u64, until: u64) -> Cow<'m, [u8]> {
        let index = |offset: u64| usize::try_from(offset.saturating_sub(self.base)).unwrap_or(usize::MAX).min(self.data.len());
        let range = index(from)..index(until.max(from));
        match &self.data {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[range]),
            Cow::Owned(bytes) => Cow::Owned(bytes[range].to_vec()),
        }
    }

    /// Reads on, forgetting what lies before `keep`; false when there is no more.
    pub fn more(&mut self, keep: u64) -> bool {
        let Some(reader) = &mut self.reader else {
            return false;
        };
        let window = self.data.to_mut();
        let drop = usize::try_from(keep.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let drop = drop.min(window.len());
        window.drain(..drop);
        self.base += drop as u64;
        let before = window.len();
        let wanted = u64::try_from(self.chunk).unwrap_or(u64::MAX);
        if let Err(error) = reader.by_ref().take(wanted).read_to_end(window) {
            self.trouble = Some(error.to_string());
            self.corrupt = is_corrupt(&error);
            self.reader = None;
        }
        window.len() > before
    }
}

/// Whether an error says that bytes were changed, by a checksum or by what cannot be unpacked; not that the end is missing, or that
/// something else stands behind it.
fn is_corrupt(error: &io::Error) -> bool {
    let text = error.to_string().to_lowercase();
    let changed = matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput);
    changed && text != "invalid gzip header" || text.contains("checksum") || text.contains("corruption")
}

/// Opens a file and hands its bytes to `work`; beside what came of it, whether the file was cut or changed meanwhile, in words.
pub(super) fn with_feed<T>(input: &Input, limits: &Limits, work: impl FnOnce(&mut Feed<'_>) -> T) -> io::Result<(T, Option<String>)> {
    if let Some((archive, member)) = &input.member {
        let mut archive = archive.reader();
        let entry = archive.by_index(*member).map_err(io::Error::other)?;
        let packed = entry.compressed_size();
        let reader = Metered::new(entry, packed, limits);
        return Ok((work(&mut unpacked(Box::new(reader), packed, limits)?), None));
    }
    let mut file = File::open(&input.file)?;
    let len = file.metadata()?.len();
    if len != input.bytes {
        return Err(io::Error::other(format!("it changed while it was read, from {} bytes to {len}", input.bytes)));
    }
    if len <= COPIED {
        let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
        file.by_ref().take(COPIED + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != len {
            return Err(io::Error::other("it changed while it was read"));
        }
        if packing(&bytes).is_some() || utf16(&bytes).is_some() {
            return Ok((work(&mut unpacked(Box::new(&bytes[..]), len, limits)?), None));
        }
        return Ok((work(&mut Feed::whole(&bytes)), None));
    }
    // No map: one of a file that somebody cuts ends the process, and one that changes is memory that changes under its reader.
    let done = work(&mut unpacked(Box::new(&file), len, limits)?);
    let changed = file.metadata()?.len() != len;
    Ok((done, changed.then(|| "it was cut or changed while it was read".to_string())))
}

/// Files up to this size are read at once; the rest comes through a window. One that is cut meanwhile is told, and costs itself.
const COPIED: u64 = 32 << 20;

#[derive(Clone, Copy)]
enum Packing {
    Gzip,
    Zstd,
    Bzip2,
}

fn packing(bytes: &[u8]) -> Option<Packing> {
    match bytes {
        [0x1f, 0x8b, ..] => Some(Packing::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstd),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Packing::Bzip2),
        _ => None,
    }
}

/// Byte order of a UTF-16 text, by its mark, or by the letters with which every export begins.
fn utf16(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    match bytes {
        // UTF-32 has the same mark and two zeros behind it.
        [0xff, 0xfe, 0, 0, ..] => None,
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        [first, 0, second, 0, ..] if first.is_ascii() && second.is_ascii() && *first > 0 && *second > 0 => Some(u16::from_le_bytes),
        [0, first, 0, second, ..] if first.is_ascii() && second.is_ascii() && *first > 0 && *second > 0 => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// Unpacks and transcodes as the first bytes say.
fn unpacked<'m>(mut reader: Box<dyn Read + 'm>, packed: u64, limits: &Limits) -> io::Result<Feed<'m>> {
    let (head, rest) = peek(reader)?;
    reader = rest;
    if let Some(packing) = packing(&head) {
        let plain: Box<dyn Read + 'm> = match packing {
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(reader)),
            Packing::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(reader)),
            Packing::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::new(reader)?;
                // 128 MiB of window at most, whatever the frame asks for.
                decoder.window_log_max(27)?;
                Box::new(decoder)
            }
        };
        reader = Box::new(Metered::new(plain, packed, limits));
        let (head, rest) = match peek(reader) {
            Ok(found) => found,
            Err(error) => {
                let mut feed = Feed::stream(Box::new(io::empty()), limits.chunk);
                feed.trouble = Some(error.to_string());
                feed.corrupt = is_corrupt(&error);
                return Ok(feed);
            }
        };
        reader = rest;
        if let Some(order) = utf16(&head) {
            reader = Box::new(Utf16::new(reader, order));
        }
    } else if let Some(order) = utf16(&head) {
        reader = Box::new(Utf16::new(reader, order));
    }
    Ok(Feed::stream(reader, limits.chunk))
}

/// The first four bytes, and a reader that still has them.
fn peek<'m>(mut reader: Box<dyn Read + 'm>) -> io::Result<(Vec<u8>, Box<dyn Read + 'm>)> {
    let mut head = Vec::with_capacity(4);
    reader.by_ref().take(4).read_to_end(&mut head)?;
    let again: Box<dyn Read + 'm> = Box::new(io::Cursor::new(head.clone()).chain(reader));
    Ok((head, again))
}

/// Stops an archive that unpacks to more than it honestly can.
struct Metered<R> {
    inner: R,
    left: u64,
}

impl<R> Metered<R> {
    fn new(inner: R, packed: u64, limits: &Limits) -> Self {
        let by_ratio = packed.saturating_mul(limits.ratio).max(limits.ratio_after);
        Self {
            inner,
            left: by_ratio.min(limits.unpacked),
        }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                return Err(io::Error::other("unpacks to more than the limit; taken for an archive bomb"));
            }
        }
        Ok(read)
    }
}

/// UTF-16 as UTF-8; halves of pairs that stand alone become U+FFFD.
struct Utf16<R> {
    inner: R,
    order: fn([u8; 2]) -> u16,
    /// Raw bytes not yet decoded: half a unit, or the first unit of a pair.
    raw: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R> Utf16<R> {
    fn new(inner: R, order: fn([u8; 2]) -> u16) -> Self {
        Self {
            inner,
            order,
            raw: Vec::new(),
            text: Vec::new(),
            given: 0,
            ended: false,
        }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            let mut block = [0u8; 16 << 10];
            let read = self.inner.read(&mut block)?;
            self.ended = read == 0;
            self.raw.extend_from_slice(&block[..read]);
            let mut units: Vec<u16> = self.raw.chunks_exact(2).map(|pair| (self.order)([pair[0], pair[1]])).collect();
            let half_pair = units.last().is_some_and(|u| (0xd800..0xdc00).contains(u));
            if half_pair && !self.ended {
                units.pop();
            }
            self.raw.drain(..units.len() * 2);
            self.text.clear();
            self.given = 0;
            let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
            self.text.extend_from_slice(text.as_bytes());
        }
        let count = buffer.len().min(self.text.len() - self.given);
        buffer[..count].copy_from_slice(&self.text[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_large_file_that_is_cut_under_the_reader_ends_early_and_is_told() {
        let path = tempfile::NamedTempFile::new().expect("a file");
        let mut file = path.reopen().expect("a file");
        let block = [b'x'; 1 << 20];
        for _ in 0..=COPIED >> 20 {
            file.write_all(&block).expect("written");
        }
        let bytes = file.metadata().expect("a size").len();
        let input = || Input {
            path: path.path().to_path_buf(),
            file: path.path().to_path_buf(),
            member: None,
            folder: std::path::PathBuf::new(),
            folders: Vec::new(),
            reach: 0,
            name: "x.json".into(),
            bytes,
            modified: None,
        };
        let read = |feed: &mut Feed<'_>, cut: &mut dyn FnMut()| {
            let mut at = 0;
            loop {
                at += feed.from(at).len() as u64;
                if at > 1 << 20 {
                    cut();
                }
                if !feed.more(at) {
                    return at;
                }
            }
        };
        let whole = with_feed(&input(), &Limits::default(), |feed| read(feed, &mut || {})).expect("it is read");
        assert_eq!(whole, (bytes, None));
        let mut cut = || file.set_len(1 << 20).expect("cut");
        let (length, told) = with_feed(&input(), &Limits::default(), |feed| read(feed, &mut cut)).expect("it is read");
        assert!(length < bytes && told.is_some_and(|why| why.contains("cut or changed")), "{length}");
        let error = with_feed(&input(), &Limits::default(), |_| ()).expect_err("it is another file by now");
        assert!(error.to_string().contains("it changed while it was read"), "{error}");
    }
}
