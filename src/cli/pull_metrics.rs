//! Counters of the last pull, as Prometheus' textfile collector reads them.

use crate::cli::exit::{Exit, Failure};
use crate::graph::Metrics;
use crate::lake::parquet_io::private_file;
use crate::lake::records::Pull;
use crate::model::Instant;
use crate::model::time::SECOND;
use crate::pull::Stored;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::Ordering;

/// How a pull ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The exit code.
    pub exit: Exit,
    pulls: Vec<Pull>,
    gaps: BTreeMap<String, usize>,
}

impl Ended {
    /// After rows were stored.
    #[must_use]
    pub fn of(exit: Exit, stored: &Stored) -> Self {
        let mut gaps = BTreeMap::new();
        for gap in stored.gaps.iter().filter(|gap| !gap.is_limit) {
            *gaps.entry(gap.collection.clone()).or_default() += 1;
        }
        Self {
            exit,
            pulls: stored.pulls.clone(),
            gaps,
        }
    }

    /// Without a result.
    #[must_use]
    pub fn failed(exit: Exit) -> Self {
        Self {
            exit,
            pulls: Vec::new(),
            gaps: BTreeMap::new(),
        }
    }
}

/// Writes the file anew, under another name first: the collector never sees a half.
pub fn write(path: &Path, ended: &Ended, tally: &Metrics, began: Instant, now: Instant) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::io(format!("write {}", path.display()), &e);
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let temp = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let _ = std::fs::remove_file(&temp);
    let mut file = private_file(&temp).map_err(failed)?;
    file.write_all(text(ended, tally, began, now).as_bytes()).map_err(failed)?;
    // Counters tell nothing of people, and the collector runs as another user.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(failed)?;
    }
    std::fs::rename(&temp, path).map_err(failed)
}

fn text(ended: &Ended, tally: &Metrics, began: Instant, now: Instant) -> String {
    let mut out = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: Vec<(String, i64)>| {
        let _ = writeln!(out, "# HELP vouchsafe_pull_{name} {help}\n# TYPE vouchsafe_pull_{name} {kind}");
        for (labels, value) in samples {
            let _ = writeln!(out, "vouchsafe_pull_{name}{labels} {value}");
        }
    };
    let one = |value: i64| vec![(String::new(), value)];
    let count = |n: &std::sync::atomic::AtomicU64| i64::try_from(n.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
    family(
        "exit_code",
        "gauge",
        "How the last pull ended: 0 complete, 4 nothing usable, 5 with a gap.",
        one(i64::from(ended.exit as u8)),
    );
    family("began_seconds", "gauge", "When the last pull began, Unix time.", one(began.0 / SECOND));
    family("seconds", "gauge", "How long the last pull took.", one((now.0 - began.0) / SECOND));
    family(
        "requests_total",
        "counter",
        "Requests sent since the program began.",
        one(count(&tally.requests)),
    );
    family("throttled_total", "counter", "Answers that throttled.", one(count(&tally.throttled)));
    family(
        "retried_total",
        "counter",
        "Requests sent again for another reason.",
        one(count(&tally.retried)),
    );
    family("bytes_total", "counter", "Bytes of answers, unpacked.", one(count(&tally.bytes)));
    let label = |name: &str| format!("{{collection=\"{name}\"}}");
    let each = |f: fn(&Pull) -> i64| ended.pulls.iter().map(|p| (label(&p.collection), f(p))).collect::<Vec<_>>();
    family("received_rows", "gauge", "Records received in the last pull.", each(|p| p.received));
    family("stored_rows", "gauge", "Records that the lake did not have.", each(|p| p.stored));
    family(
        "duplicate_rows",
        "gauge",
        "Records that came twice, or that the lake had.",
        each(|p| p.duplicate),
    );
    family("rejected_rows", "gauge", "Records that were excluded.", each(|p| p.rejected));
    let complete = each(|p| i64::from(p.complete));
    family("complete", "gauge", "Whether nothing of the collection is missing.", complete);
    let gaps = ended
        .pulls
        .iter()
        .map(|p| (label(&p.collection), ended.gaps.get(&p.collection).copied().unwrap_or(0)));
    let gaps = gaps.map(|(l, n)| (l, i64::try_from(n).unwrap_or(i64::MAX))).collect();
    family("gaps", "gauge", "Gaps of the last pull.", gaps);
    let lag = ended
        .pulls
        .iter()
        .filter_map(|p| Some((label(&p.collection), (now.0 - p.until?.0) / SECOND)))
        .collect();
    family("lag_seconds", "gauge", "How far behind now a log was read.", lag);
    out
}
