//! A downloaded review history for `campaign adopt --csv`: read as any export is, and not stored.

use crate::cli::exit::Failure;
use crate::ingest::{self, DateOrder, IngestError, IngestOptions, Put, RowKey, Seen, SinkError};
use crate::lake::objects::ReviewDecisionRow;
use crate::lake::records::{Coverage, Pull, Reject, Snapshot, Source};
use crate::lake::table::{Object, Table};
use crate::model::Instant;
use arrow::array::RecordBatch;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Problems that are shown.
const SHOWN: usize = 50;

/// The decisions of a file; one row that cannot be read refuses the file, since a campaign is whole or nothing.
pub fn decisions(path: &Path, dates: Option<DateOrder>, now: Instant) -> Result<Vec<ReviewDecisionRow>, Failure> {
    let options = IngestOptions {
        tenant: None,
        observed_at: None,
        complete: false,
        covers: Vec::new(),
        dates,
        now,
        limits: ingest::Limits::default(),
        standard_input: None,
        progress: None,
        pulled: None,
        called: BTreeMap::new(),
        open_gaps: Vec::new(),
    };
    let mut found = Decisions::default();
    let read = ingest::ingest(&[PathBuf::from(path)], &options, &mut found);
    if !found.problems.is_empty() {
        found.problems.truncate(SHOWN);
        return Err(Failure::usage(format!("the review history cannot be taken:\n{}", found.problems.join("\n"))));
    }
    let told = "it has no columns AccessReviewId, ReviewResult and PrincipalId; download it under Identity Governance, Access reviews, Review history";
    match read {
        Ok(report) if report.gaps.iter().any(|g| g.subject != Table::ReviewDecisions.name()) || report.unread > 0 => {
            let reasons: Vec<&str> = report.gaps.iter().filter_map(|g| g.reason.as_deref()).collect();
            Err(Failure::usage(format!("the review history cannot be taken: {}", reasons.join("; "))))
        }
        Ok(_) if found.rows.is_empty() => Err(Failure::usage(format!("the file is no review history of Entra: {told}"))),
        Ok(_) => Ok(found.rows),
        Err(IngestError::NothingUsable(found)) => {
            let why = found.first().map(|(_, reason)| reason.as_str()).unwrap_or_default();
            Err(Failure::usage(format!("the file is no review history of Entra ({why}): {told}")))
        }
        Err(other) => Err(Failure::usage(other)),
    }
}

/// Keeps decisions and what was wrong with other rows.
#[derive(Default)]
struct Decisions {
    rows: Vec<ReviewDecisionRow>,
    problems: Vec<String>,
}

impl ingest::Sink for Decisions {
    fn log_rows(&mut self, _: Table, _: RecordBatch, keys: &[RowKey]) -> Result<Put, SinkError> {
        self.problems.push(format!("{} rows are records of a log", keys.len()));
        Ok(Put::default())
    }

    fn objects<R: Object>(&mut self, rows: Vec<Seen<R>>) -> Result<Put, SinkError> {
        let mut put = Put::default();
        for seen in rows {
            if R::TABLE == Table::ReviewDecisions {
                self.rows.push(serde_json::from_value(serde_json::to_value(&seen.row)?)?);
            }
            put.kept += 1;
        }
        Ok(put)
    }

    fn snapshots(&mut self, _: Vec<Snapshot>) -> Result<(), SinkError> {
        Ok(())
    }

    fn coverage(&mut self, _: Vec<Coverage>) -> Result<(), SinkError> {
        Ok(())
    }

    fn rejects(&mut self, rows: Vec<Reject>) -> Result<(), SinkError> {
        let told = |r: Reject| match r.source_row {
            Some(row) => format!("row {row} (without the heading): {}", r.reason),
            None => r.reason,
        };
        self.problems.extend(rows.into_iter().map(told));
        Ok(())
    }

    fn sources(&mut self, _: Vec<Source>) -> Result<(), SinkError> {
        Ok(())
    }

    fn pulls(&mut self, _: Vec<Pull>) -> Result<(), SinkError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADINGS: &str = "AccessReviewId,ReviewType,ResourceDisplayName,ResourceId,PrincipalId,ReviewDate,ReviewResult,Justification,ReviewerId,AppliedDate";

    fn read(text: &str, dates: Option<DateOrder>) -> Result<Vec<ReviewDecisionRow>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.csv");
        std::fs::write(&path, text).expect("a file");
        decisions(&path, dates, Instant::parse("2026-06-01T00:00:00Z").expect("a time")).map_err(|e| e.message)
    }

    #[test]
    fn rows_are_read_and_words_made_those_of_graph() {
        let text = format!(
            "\u{feff}{HEADINGS}\n1A,Group,GRP Lab,6B,7C,3/31/2026 10:00:00 AM,Denied,\"left, in March\",8D,2026-04-01T00:00:00Z\n1a,Access Package,GRP Lab,6b,7e,,Not Reviewed,,,\n"
        );
        let mut rows = read(&text, None).expect("a history");
        rows.sort_by_key(|r| r.principal_id);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].decision.as_deref(), Some("Deny"));
        assert_eq!(rows[0].justification.as_deref(), Some("left, in March"));
        assert_eq!(rows[0].instance_id.as_deref(), Some("1a"), "ids in lower case");
        assert_eq!(rows[0].reviewed_at, Instant::parse("2026-03-31T10:00:00Z"));
        assert_eq!(rows[1].decision.as_deref(), Some("NotReviewed"));
        assert_eq!(rows[1].resource_kind.as_deref(), Some("accessPackageAssignmentPolicy"));
        assert_eq!((rows[1].reviewer_id.as_deref(), rows[1].reviewed_at), (None, None));
        assert_ne!(rows[0].id, rows[1].id);
    }

    #[test]
    fn what_is_missing_or_may_be_two_things_is_named() {
        let told = |text: &str| read(text, None).expect_err("refused");
        assert!(told("Name,Result,Other\nAna,Approve,x\n").contains("AccessReviewId"), "headings");
        let row = format!("{HEADINGS}\n,Group,G,6b,7c,,Approve,,8d,\n");
        assert!(told(&row).contains("row 1 (without the heading): no AccessReviewId"), "{}", told(&row));
        let either = format!("{HEADINGS}\n1a,Group,G,6b,7c,3/4/2026 10:00:00 AM,Approve,,8d,\n");
        assert!(told(&either).contains("--dates"), "{}", told(&either));
        let rows = read(&either, Some(DateOrder::MonthFirst)).expect("a history");
        assert_eq!(rows[0].reviewed_at, Instant::parse("2026-03-04T10:00:00Z"));
    }
}
