//! How much of a hostile file is read before we say no.

/// Bounds on what one file may make us hold or do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest record, in bytes.
    pub record: usize,
    /// Longest page that is read ahead for a context that follows its rows, in bytes.
    pub page: usize,
    /// How much is handed to a worker at once, in bytes.
    pub chunk: usize,
    /// Deepest nesting of a record.
    pub depth: usize,
    /// Most bytes that one archive member may unpack to.
    pub unpacked: u64,
    /// Highest ratio of unpacked to packed bytes, judged after the first `ratio_after` bytes.
    pub ratio: u64,
    /// Unpacked bytes before the ratio is judged: small files of one repeated line pack well.
    pub ratio_after: u64,
    /// Most members of an archive.
    pub members: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            record: 16 << 20,
            page: 64 << 20,
            chunk: 8 << 20,
            depth: 64,
            unpacked: 64 << 30,
            ratio: 250,
            ratio_after: 64 << 20,
            members: 100_000,
        }
    }
}
