//! The little of DER (X.690) that a timestamp takes: elements in, elements out; nothing indefinite, nothing beyond its parent.

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    /// Its tag, of one byte.
    pub tag: u8,
    /// What is in it.
    pub content: &'a [u8],
    /// It with its head.
    pub whole: &'a [u8],
}

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BITS: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[0]` and `[3]`, constructed.
pub(super) const CONTEXT: [u8; 4] = [0xa0, 0xa1, 0xa2, 0xa3];

/// Elements one after the other.
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next element; none at the end, and where it is not whole.
    pub fn next(&mut self) -> Option<Element<'a>> {
        let (tag, rest) = self.0.split_first()?;
        // Tags of several bytes are in nothing that is read here.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (first, after) = rest.split_first()?;
        let (length, head) = match first {
            short @ 0..=0x7f => (usize::from(*short), 2),
            long @ 0x81..=0x84 => {
                let count = usize::from(long & 0x7f);
                let bytes = after.get(..count)?;
                (bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b)), 2 + count)
            }
            _ => return None,
        };
        let whole = self.0.get(..head.checked_add(length)?)?;
        self.0 = &self.0[whole.len()..];
        Some(Element {
            tag: *tag,
            content: &whole[head..],
            whole,
        })
    }

    /// The next element, which has this tag.
    pub fn take(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = Reader(self.0);
        let found = ahead.next().filter(|e| e.tag == tag)?;
        self.0 = ahead.0;
        Some(found)
    }
}

impl<'a> Element<'a> {
    /// What is in it, element by element.
    pub fn inside(&self) -> Reader<'a> {
        Reader(self.content)
    }

    /// All elements in it.
    pub fn all(&self) -> Vec<Element<'a>> {
        let mut reader = self.inside();
        std::iter::from_fn(|| reader.next()).collect()
    }
}

/// An element made of its parts.
pub(super) fn made(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    let length = content.len();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let bytes: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
            out.push(0x80 | u8::try_from(bytes.len()).unwrap_or(0));
            out.extend(bytes);
        }
    }
    out.extend(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_read_and_what_is_cut_is_nothing() {
        for size in [0, 1, 127, 128, 255, 256, 70_000] {
            let inner = made(OCTETS, &[&vec![7; size]]);
            let outer = made(SEQUENCE, &[&inner, &made(INTEGER, &[&[1]])]);
            let read = Reader(&outer).next().expect("an element");
            assert_eq!(read.all().len(), 2, "{size}");
            assert_eq!(read.inside().take(OCTETS).map(|e| e.content.len()), Some(size));
            assert_eq!(read.inside().take(INTEGER), None, "another comes first");
            assert_eq!(Reader(&outer[..outer.len() - 1]).next(), None, "{size}");
        }
        for bad in [
            &[0x30][..],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x85, 1, 1, 1, 1, 1],
            &[0x1f, 0x01, 0x00],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(Reader(bad).next(), None, "{bad:x?}");
        }
    }
}
