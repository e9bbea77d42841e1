//! The first pass: what each file is, its hash, and whose records it holds; nothing is stored yet.

use crate::ingest::context::is_guid;
use crate::ingest::envelope::Envelope;
use crate::ingest::feed::with_feed;
use crate::ingest::limits::Limits;
use crate::ingest::paths::Input;
use crate::ingest::rows::{Heading, cells};
use crate::ingest::skip::is_shallow;
use crate::ingest::split::{Batch, Shape, Span, sniff, split};
use crate::ingest::times::{Orders, speaks_of_time};
use memchr::memmem;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::sync::OnceLock;

/// What the first pass found in a file.
#[derive(Debug)]
pub(super) struct Scan {
    /// SHA-256 of the file, or of the unpacked member of an archive.
    pub sha256: Hash,
    /// What it looks like.
    pub shape: Shape,
    /// Tenants that its records prove.
    pub tenants: BTreeSet<String>,
    /// Why it cannot be read to its end.
    pub trouble: Option<String>,
    /// Whether what it unpacks to is not what was packed: nothing in it can be trusted.
    pub corrupt: bool,
    /// What its dates say of their order.
    pub orders: Orders,
    /// Whether its text is Windows-1252: no UTF-8, and nothing in it that only UTF-8 can be.
    pub western: bool,
    /// Whether it retells records in a table, which keeps less of them.
    pub retold: bool,
}

impl Scan {
    fn unreadable(error: &io::Error) -> Self {
        let reason = format!("cannot be read: {error}; repair or unpack it, and ingest it again");
        Self {
            sha256: Hash::default(),
            shape: Shape::Foreign(reason.clone()),
            tenants: BTreeSet::new(),
            trouble: Some(reason),
            corrupt: false,
            orders: Orders::default(),
            western: false,
            retold: false,
        }
    }
}

/// Files up to this size are worked on without threads of their own.
pub(super) const SMALL: u64 = 4 << 20;

/// The SHA-256 of a file in hex; that of a large one is made while its records are read.
#[derive(Debug, Default)]
pub(super) struct Hash(OnceLock<String>);

impl Hash {
    /// Whether it has been made.
    pub fn is_known(&self) -> bool {
        self.0.get().is_some()
    }

    /// Makes it; whoever waits for it goes on even when the file cannot be read, with nothing.
    pub fn make(&self, input: &Input) -> io::Result<()> {
        let (sha256, result) = match hash(input) {
            Ok(sha256) => (sha256, Ok(())),
            Err(error) => (String::new(), Err(error)),
        };
        self.0.get_or_init(|| sha256);
        result
    }

    /// The hash, as soon as it is there.
    pub fn get(&self) -> &str {
        self.0.wait()
    }
}

/// Looks through all files.
pub(super) fn scan_all(inputs: &[Input], limits: &Limits) -> Vec<Scan> {
    inputs
        .par_iter()
        .map(|input| {
            // One that cannot be read costs itself: it is told, and leaves a gap.
            scan(input, limits).unwrap_or_else(|error| Scan::unreadable(&error))
        })
        .collect()
}

fn scan(input: &Input, limits: &Limits) -> io::Result<Scan> {
    let sha256 = Hash::default();
    let retold = OnceLock::new();
    let large = input.member.is_none() && input.bytes > SMALL;
    let (hashed, found) = rayon::join(
        || if large { Ok(()) } else { sha256.make(input) },
        || {
            with_feed(input, limits, |feed| {
                let shape = sniff(feed);
                let first = feed.from(0);
                let first = &first[..first.len().min(64 << 10)];
                let _ = retold.set(matches!(shape, Shape::Table(_)) || memmem::find(first, b"\"TimeGenerated").is_some());
                let mut tenants = BTreeSet::new();
                if let Shape::Table(heading) = &shape {
                    let mut rows = Rows::new(heading);
                    let outcome = split(feed, &shape, limits, |batch| {
                        rows.note(&batch);
                        true
                    });
                    return (
                        shape.clone(),
                        rows.tenants,
                        rows.orders,
                        outcome.trouble,
                        rows.other > 0 && rows.utf8 == 0,
                        feed.corrupt,
                    );
                }
                let whole = feed.is_whole();
                let mut orders = if whole { orders_of(feed.from(0)) } else { Orders::default() };
                if whole && !may_be_enveloped(feed.from(0)) {
                    return (shape, tenants, orders, feed.trouble.clone(), false, feed.corrupt);
                }
                let outcome = split(feed, &shape, limits, |batch| {
                    tenants.extend(tenants_of(&batch, limits.depth));
                    if !whole {
                        orders.join(Orders::of_json(&batch.data));
                    }
                    true
                });
                (shape, tenants, orders, outcome.trouble, false, feed.corrupt)
            })
        },
    );
    hashed?;
    let retold = retold.get().copied().unwrap_or_default();
    let ((shape, tenants, orders, trouble, western, corrupt), changed) = found?;
    let trouble = trouble.or(changed);
    // A member that does not unpack to its end has no hash of its own; what was read stands for it.
    Ok(Scan {
        sha256,
        shape,
        tenants: if corrupt { BTreeSet::new() } else { tenants },
        trouble,
        corrupt,
        orders,
        western,
        retold,
    })
}

/// What the rows of a table say before they are read.
struct Rows<'h> {
    heading: &'h Heading,
    /// Columns of times.
    dated: Vec<usize>,
    /// The column of the tenant.
    tenant: Option<usize>,
    tenants: BTreeSet<String>,
    orders: Orders,
    /// Rows with letters beyond ASCII in UTF-8.
    utf8: u64,
    /// Rows that are no UTF-8.
    other: u64,
}

impl<'h> Rows<'h> {
    fn new(heading: &'h Heading) -> Self {
        let places = |fits: fn(&str) -> bool| heading.columns.iter().enumerate().filter(move |(_, name)| fits(name)).map(|(at, _)| at);
        Self {
            heading,
            dated: places(speaks_of_time).collect(),
            tenant: places(|name| name.eq_ignore_ascii_case("AADTenantId")).next(),
            tenants: BTreeSet::new(),
            orders: Orders::default(),
            utf8: 0,
            other: 0,
        }
    }

    fn note(&mut self, batch: &Batch<'_>) {
        for span in &batch.spans {
            let bytes = batch.data.get(span.start..span.start + span.len).unwrap_or(&[]);
            match std::str::from_utf8(bytes) {
                Ok(_) if bytes.is_ascii() => {}
                Ok(_) => self.utf8 += 1,
                Err(_) => {
                    self.other += 1;
                    // One cell of a row may be UTF-8 where another is none.
                    self.utf8 += u64::from(bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii()));
                }
            }
            let text = String::from_utf8_lossy(bytes);
            let Some(cells) = cells(&text, self.heading.separator) else { continue };
            for at in &self.dated {
                self.orders.note(cells.get(*at).map_or("", |c| c.as_ref()));
            }
            if let Some(tenant) = self.tenant.and_then(|at| cells.get(at)).filter(|t| is_guid(t)) {
                self.tenants.insert(tenant.to_lowercase());
            }
        }
    }
}

/// What the dates of a mapped file say of their order; parts overlap by more than a member with its date is long.
fn orders_of(bytes: &[u8]) -> Orders {
    const PART: usize = 16 << 20;
    const OVERLAP: usize = 256;
    let parts = (0..bytes.len().div_ceil(PART)).into_par_iter();
    let of = |i: usize| Orders::of_json(&bytes[(i * PART).saturating_sub(OVERLAP)..bytes.len().min((i + 1) * PART + OVERLAP)]);
    parts.map(of).reduce(Orders::default, |mut a, b| {
        a.join(b);
        a
    })
}

/// Graph objects have no `properties`: without it nothing can be a diagnostic record.
fn may_be_enveloped(bytes: &[u8]) -> bool {
    const PART: usize = 16 << 20;
    const WORDS: [&[u8]; 3] = [b"\"properties\"", b"\"Properties\"", b"\"AADTenantId\""];
    let parts = (0..bytes.len().div_ceil(PART)).into_par_iter();
    parts.map(|i| &bytes[i * PART..bytes.len().min((i + 1) * PART + WORDS[0].len())]).any(|part| {
        let near = memmem::find(part, b"roperties\"").is_some() || memmem::find(part, WORDS[2]).is_some();
        near && WORDS.iter().any(|word| memmem::find(part, word).is_some())
    })
}

fn tenants_of(batch: &Batch<'_>, depth: usize) -> BTreeSet<String> {
    let mut listed = tenants_of_lists(batch);
    if !may_be_enveloped(&batch.data) {
        return listed;
    }
    let mut named = batch
        .spans
        .par_iter()
        .with_min_len(256)
        .filter(|span| span.heading.is_none())
        .filter_map(|span| {
            let bytes = batch.data.get(span.start..span.start + span.len)?;
            let text = std::str::from_utf8(bytes).ok()?;
            if !is_shallow(bytes, depth) {
                return None;
            }
            let envelope: Envelope<'_> = serde_json::from_str(text).ok()?;
            envelope.tenant_id()
        })
        .fold(BTreeSet::new, |mut set, tenant| {
            if !set.contains(&tenant) {
                set.insert(tenant);
            }
            set
        })
        .reduce(BTreeSet::new, |mut a, b| {
            a.extend(b);
            a
        });
    named.append(&mut listed);
    named
}

/// Tenants that rows name which are lists of cells, each by the columns of its own table.
fn tenants_of_lists(batch: &Batch<'_>) -> BTreeSet<String> {
    let of = |span: &Span| {
        let columns = &span.heading.as_ref()?.columns;
        let place = columns.iter().position(|name| name.eq_ignore_ascii_case("AADTenantId"))?;
        let bytes = batch.data.get(span.start..span.start + span.len)?;
        let cells: Vec<serde_json::Value> = serde_json::from_slice(bytes).ok()?;
        cells.get(place)?.as_str().filter(|t| is_guid(t)).map(str::to_lowercase)
    };
    batch.spans.iter().filter_map(of).collect()
}

/// SHA-256 of a file as it lies there, or of a member as it unpacks.
fn hash(input: &Input) -> io::Result<String> {
    let Some((archive, member)) = &input.member else {
        let mut file = File::open(&input.file)?;
        let mut hasher = Sha256::new();
        let mut block = vec![0u8; 1 << 20];
        loop {
            match file.read(&mut block) {
                Ok(0) => return Ok(hex::encode(hasher.finalize())),
                Ok(count) => hasher.update(&block[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    };
    let mut hasher = Sha256::new();
    let mut archive = archive.reader();
    let mut entry = archive.by_index(*member).map_err(io::Error::other)?.take(Limits::default().unpacked);
    let mut block = vec![0u8; 1 << 20];
    loop {
        match entry.read(&mut block) {
            Ok(0) => break,
            Ok(count) => hasher.update(&block[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // What is torn is told where the records are read; here it only ends the hash.
            Err(_) => break,
        }
    }
    Ok(hex::encode(hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_on_the_border_of_two_parts_is_found() {
        let word = b"\"properties\"";
        for at in [(16 << 20) - word.len(), (16 << 20) - 5, 16 << 20] {
            let mut bytes = vec![b' '; (16 << 20) + 100];
            assert!(!may_be_enveloped(&bytes), "nothing but blanks");
            bytes[at..at + word.len()].copy_from_slice(word);
            assert!(may_be_enveloped(&bytes), "the word begins at {at}");
        }
    }
}
