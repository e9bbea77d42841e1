//! The steps of reading a file one by one, for those who feed them with hostile bytes: `fuzz/` and `tests/it/fuzzed.rs`.

use crate::ingest::context::Context;
use crate::ingest::feed::Feed;
use crate::ingest::limits::Limits;
use crate::ingest::naming::Named;
use crate::ingest::split::{Batch, Head, Shape, Span, sniff, split};
use crate::ingest::times::DateOrder;
use crate::ingest::work::{Done, Surroundings, work};
use std::borrow::Cow;
use std::sync::Arc;

/// How the records of some bytes fared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records that were cut out.
    pub read: u64,
    /// Records that a table takes.
    pub taken: u64,
    /// Records that are bad.
    pub rejected: u64,
    /// Records that no table takes.
    pub unmapped: u64,
}

impl Counts {
    /// Whether nothing was lost and nothing invented.
    #[must_use]
    pub fn tie(&self) -> bool {
        self.read == self.taken + self.rejected + self.unmapped
    }

    fn add(&mut self, done: &Done) {
        let rows = |part: &Option<(arrow::record_batch::RecordBatch, Vec<_>)>| part.as_ref().map_or(0, |(batch, _)| batch.num_rows()) as u64;
        self.read += done.read;
        self.taken += rows(&done.audit) + rows(&done.sign_ins) + done.placed.len() as u64;
        self.rejected += done.rejected;
        self.unmapped += done.unmapped;
    }
}

/// Cuts bytes into records: how many were cut out, and how many torn.
///
/// # Panics
/// When a record lies outside of the bytes, or has the number of another one.
#[must_use]
pub fn cut(bytes: &[u8]) -> (usize, usize) {
    let mut feed = Feed::whole(bytes);
    let shape = sniff(&mut feed);
    let (mut whole, mut torn, mut next) = (0, 0, 0);
    let _ = split(&mut feed, &shape, &Limits::default(), |batch| {
        let mut rows: Vec<i64> = batch.spans.iter().map(|s| s.row).chain(batch.torn.iter().map(|t| t.row)).collect();
        rows.sort_unstable();
        for row in rows {
            assert_eq!(row, next, "records are numbered one by one");
            next += 1;
        }
        assert!(batch.spans.iter().all(|s| s.start + s.len <= batch.data.len()), "a record lies in its batch");
        whole += batch.spans.len();
        torn += batch.torn.len();
        true
    });
    (whole, torn)
}

/// Cuts bytes into records and decodes each of them.
#[must_use]
pub fn read(bytes: &[u8]) -> Counts {
    let mut feed = Feed::whole(bytes);
    let shape = sniff(&mut feed);
    let mut counts = Counts::default();
    if matches!(shape, Shape::Foreign(_)) {
        return counts;
    }
    let limits = Limits::default();
    let _ = split(&mut feed, &shape, &limits, |batch| {
        decoded(&batch, &limits, &mut counts);
        true
    });
    counts
}

/// Decodes bytes as one record of a collection, by the context of its page (`users`, `auditLogs/signIns`); as whatever it is without one.
#[must_use]
pub fn decode(collection: Option<&str>, bytes: &[u8]) -> Counts {
    let head = collection.map(|name| {
        Arc::new(Head {
            context: Context::parse(&format!("https://graph.microsoft.com/v1.0/$metadata#{name}")),
            ..Head::default()
        })
    });
    let span = Span {
        start: 0,
        len: bytes.len(),
        offset: 0,
        row: 0,
        page: head,
        heading: None,
    };
    let batch = Batch {
        data: Cow::Borrowed(bytes),
        spans: vec![span],
        ..Batch::default()
    };
    let mut counts = Counts::default();
    decoded(&batch, &Limits::default(), &mut counts);
    counts
}

fn decoded(batch: &Batch<'_>, limits: &Limits, counts: &mut Counts) {
    let around = Surroundings {
        tenant: "4bbb79f7-5724-4c9e-95f3-de075f6ec090",
        path: "file",
        limits,
        named: Named::default(),
        dates: Some(DateOrder::MonthFirst),
        western: false,
    };
    if let Ok(done) = work(batch, &around) {
        counts.add(&done);
    }
}
