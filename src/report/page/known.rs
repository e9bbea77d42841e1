//! What the answers rest on: coverage and gaps, snapshots, sources with their arithmetic, and excluded records.

use super::number;
use crate::model::Window;
use crate::model::time::without;
use crate::report::Review;
use std::collections::BTreeMap;

/// Sources on the page; the workbook has all of them.
pub const SOURCES: usize = 100;

/// A stretch of coverage, or a gap.
pub struct CoverageRow {
    pub log: String,
    pub from: String,
    pub until: String,
    pub how: &'static str,
    /// Class of its colour: the same three as in the chart of coverage.
    pub tone: &'static str,
    pub remark: String,
}

/// Snapshots of one collection.
pub struct SnapshotRow {
    pub collection: String,
    pub complete: String,
    pub snapshots: String,
    pub first: String,
    pub last: String,
    pub remark: String,
}

/// A file with its arithmetic.
pub struct SourceRow {
    pub path: String,
    pub format: String,
    pub read: String,
    pub kept: String,
    pub duplicate: String,
    pub rejected: String,
    pub unmapped: String,
    pub ties: bool,
    pub sha256: String,
    pub note: String,
}

/// Excluded records.
pub struct Excluded {
    pub path: String,
    pub verdict: String,
    pub reason: String,
    pub count: String,
}

/// Coverage by log: what is attested, what is inferred only, then the gaps.
pub fn coverage(review: &Review) -> Vec<CoverageRow> {
    let mut rows = Vec::new();
    for (log, covered) in &review.access.coverage {
        let row = |from: String, until: String, how, remark: &str| CoverageRow {
            log: log.clone(),
            from,
            until,
            how,
            tone: match how {
                "gap" => "medium",
                "proven" => "proven",
                "asserted" => "asserted",
                _ => "inferred",
            },
            remark: remark.to_string(),
        };
        let proven = covered.proven.iter();
        rows.extend(proven.map(|w| row(w.from.to_string(), w.until.to_string(), "proven", "a pull read it to its last page")));
        let asserted = without(&covered.attested, &covered.proven).into_iter();
        rows.extend(asserted.map(|w| row(w.from.to_string(), w.until.to_string(), "asserted", "somebody answers for it")));
        let inferred = covered.any.iter().filter(|w| !covered.attested_spans(**w));
        rows.extend(inferred.map(|w| {
            row(
                w.from.to_string(),
                w.until.to_string(),
                "at least inferred",
                "from the first to the last event: absence of an event in it proves little",
            )
        }));
        rows.extend(covered.gaps.iter().map(|(w, reason)| {
            let (from, until) = w.map_or((String::new(), String::new()), |w| (w.from.to_string(), w.until.to_string()));
            row(from, until, "gap", reason)
        }));
        if covered.any.is_empty() && covered.gaps.is_empty() {
            rows.push(row(String::new(), String::new(), "not collected", ""));
        }
    }
    rows
}

/// What is missing of collections: which, when if that is known, and why.
pub fn collection_gaps(review: &Review) -> Vec<[String; 3]> {
    let one = |(collection, (window, reason)): (&String, &(Option<Window>, String))| {
        let when = window.map_or(String::new(), |w| format!("{} to {}", w.from, w.until));
        [collection.clone(), when, reason.clone()]
    };
    let each = review.access.collection_gaps.iter().flat_map(|(c, gaps)| gaps.iter().map(move |g| (c, g)));
    each.map(one).collect()
}

/// Snapshots by collection and completeness.
pub fn snapshots(review: &Review) -> Vec<SnapshotRow> {
    let mut by: BTreeMap<(&str, &str), Vec<&crate::lake::records::Snapshot>> = BTreeMap::new();
    for s in review.snapshots {
        by.entry((&s.collection, &s.complete)).or_default().push(s);
    }
    let row = |((collection, complete), all): ((&str, &str), Vec<&crate::lake::records::Snapshot>)| {
        let at = all.iter().map(|s| s.observed_at);
        let mut reasons: Vec<&str> = all.iter().filter_map(|s| s.reason.as_deref()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        SnapshotRow {
            collection: collection.to_string(),
            complete: complete.to_string(),
            snapshots: number(all.len()),
            first: super::day(at.clone().min()),
            last: super::day(at.max()),
            remark: reasons.join("; "),
        }
    };
    by.into_iter().map(row).collect()
}

/// Sources by path.
///
/// Those with something to say come first; the rest is cut after [`SOURCES`].
pub fn sources(review: &Review) -> Vec<SourceRow> {
    let mut sorted: Vec<_> = review.sources.iter().collect();
    let quiet = |s: &crate::lake::records::Source| s.rejected + s.unmapped + s.conflicting == 0 && s.note.is_none();
    sorted.sort_by(|a, b| (quiet(a), &a.path, &a.sha256).cmp(&(quiet(b), &b.path, &b.sha256)));
    sorted.truncate(SOURCES);
    let row = |s: &crate::lake::records::Source| SourceRow {
        path: s.path.clone(),
        format: s.format.clone(),
        read: number(s.read),
        kept: number(s.kept),
        duplicate: number(s.duplicate),
        rejected: number(s.rejected),
        unmapped: number(s.unmapped),
        ties: s.read == s.kept + s.duplicate + s.rejected + s.unmapped,
        sha256: s.sha256.clone(),
        note: match (s.conflicting, s.note.as_deref().unwrap_or_default()) {
            (0, note) => note.to_string(),
            (n, "") => format!("{} known already with different content", number(n)),
            (n, note) => format!("{note}; {} known already with different content", number(n)),
        },
    };
    sorted.into_iter().map(row).collect()
}

/// Excluded records, the most frequent reasons first.
pub fn rejects(review: &Review) -> Vec<Excluded> {
    let mut sorted: Vec<_> = review.rejects.iter().collect();
    sorted.sort_by_key(|r| (std::cmp::Reverse(r.count), &r.path, &r.verdict, &r.reason));
    sorted
        .into_iter()
        .map(|r| Excluded {
            path: r.path.clone(),
            verdict: kind_of(&r.verdict).to_string(),
            reason: r.reason.clone(),
            count: number(r.count),
        })
        .collect()
}

/// Why a record is excluded, in words: the code `unmapped` means that no table takes it.
fn kind_of(verdict: &str) -> &str {
    if verdict == "unmapped" { "unrecognised" } else { verdict }
}

/// Unrecognised activities, the most frequent first.
pub fn activities(review: &Review) -> Vec<(String, String)> {
    let mut sorted: Vec<_> = review.access.unknown_activities.iter().collect();
    sorted.sort_by_key(|(name, n)| (std::cmp::Reverse(*n), name));
    sorted.into_iter().map(|(name, n)| (name.clone(), number(n))).collect()
}
