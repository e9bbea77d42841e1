//! Which time each log covers, and on what basis; and what was not read of collections, which cover no time.

use crate::lake::records::{Coverage, HEALED};
use crate::ledger::access_model::{Covered, Gaps};
use crate::model::time::{common, without};
use crate::model::{Instant, Window};
use std::collections::{BTreeMap, BTreeSet};

/// Coverage by log, and gaps by collection; what is said of `sign_ins` counts for both streams of people.
pub(super) fn by_subject(rows: &[Coverage]) -> (BTreeMap<String, Covered>, BTreeMap<String, Gaps>) {
    let mut subjects: BTreeMap<String, Covered> = BTreeMap::new();
    let mut proven: BTreeMap<String, Vec<Window>> = BTreeMap::new();
    let read_later: BTreeSet<(&str, Option<&str>)> = rows
        .iter()
        .filter(|r| r.basis == HEALED)
        .map(|r| (r.subject.as_str(), r.reason.as_deref()))
        .collect();
    let open = |r: &&Coverage| r.basis != HEALED && !(r.basis == "gap" && read_later.contains(&(r.subject.as_str(), r.reason.as_deref())));
    for row in rows.iter().filter(open) {
        let window = row.from.zip(row.until).map(|(from, until)| Window { from, until });
        let names: Vec<&str> = match row.subject.as_str() {
            "sign_ins" => vec!["sign_ins:interactiveUser", "sign_ins:nonInteractiveUser"],
            other => vec![other],
        };
        for name in names {
            let covered = subjects.entry(name.to_string()).or_default();
            match (row.basis.as_str(), window) {
                ("gap", _) => covered.gaps.push((window, row.reason.clone().unwrap_or_default())),
                ("inferred", Some(window)) => covered.any.push(window),
                (basis, Some(window)) => {
                    if basis == "proven" {
                        proven.entry(name.to_string()).or_default().push(window);
                    }
                    covered.any.push(window);
                    covered.attested.push(window);
                }
                (_, None) => {}
            }
        }
    }
    for (name, covered) in &mut subjects {
        healed(&mut covered.gaps, proven.get(name).map_or(&[], Vec::as_slice));
        covered.proven = without_gaps(proven.get(name).map_or(&[], Vec::as_slice), &covered.gaps);
        covered.any = without_gaps(&covered.any, &covered.gaps);
        covered.attested = without_gaps(&covered.attested, &covered.gaps);
        covered.gaps.sort();
        covered.gaps.dedup();
    }
    let (logs, others): (BTreeMap<_, _>, BTreeMap<_, _>) = subjects
        .into_iter()
        .partition(|(name, covered)| name == "audit" || name.starts_with("sign_ins:") || !covered.any.is_empty());
    (logs, others.into_iter().map(|(name, covered)| (name, covered.gaps)).collect())
}

/// Takes away what lies after an instant: nobody can answer for a log that is not written yet.
pub(super) fn until(logs: &mut BTreeMap<String, Covered>, instant: Instant) {
    let written = [Window {
        from: Instant(i64::MIN),
        until: instant,
    }];
    for covered in logs.values_mut() {
        for windows in [&mut covered.proven, &mut covered.attested, &mut covered.any] {
            *windows = common(windows, &written);
        }
    }
}

/// A gap in time ends where a pull has read to the last page: the slice that failed one day was read on another.
fn healed(gaps: &mut Gaps, proven: &[Window]) {
    let whole = std::mem::take(gaps);
    for (window, reason) in whole {
        let Some(window) = window else {
            gaps.push((None, reason));
            continue;
        };
        let left = without(&[window], proven);
        gaps.extend(left.into_iter().map(|w| (Some(w), reason.clone())));
    }
}

/// A known gap is a hole, whatever covers it otherwise.
fn without_gaps(windows: &[Window], gaps: &[(Option<Window>, String)]) -> Vec<Window> {
    let holes: Vec<Window> = gaps.iter().filter_map(|(w, _)| *w).collect();
    without(windows, &holes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Instant;

    fn row(basis: &str, from: i64, until: i64) -> Coverage {
        Coverage {
            subject: "audit".into(),
            basis: basis.into(),
            from: Some(Instant(from)),
            until: Some(Instant(until)),
            ..Coverage::default()
        }
    }

    #[test]
    fn a_collection_with_a_gap_is_no_log_that_covers_nothing() {
        let gap = |subject: &str| Coverage {
            subject: subject.into(),
            basis: "gap".into(),
            reason: Some("refused".into()),
            ..Coverage::default()
        };
        let (logs, missed) = by_subject(&[row("asserted", 0, 30), gap("conditional_access"), gap("sign_ins")]);
        let names: Vec<&str> = logs.keys().map(String::as_str).collect();
        assert_eq!(names, ["audit", "sign_ins:interactiveUser", "sign_ins:nonInteractiveUser"]);
        assert_eq!(
            missed,
            BTreeMap::from([("conditional_access".to_string(), vec![(None, "refused".to_string())])])
        );
    }

    #[test]
    fn what_is_proven_is_told_from_what_somebody_asserts() {
        let found = by_subject(&[row("proven", 0, 10), row("asserted", 5, 40), row("inferred", 30, 60), row("gap", 7, 8)]).0;
        let of = |all: &[Window]| all.iter().map(|w| (w.from.0, w.until.0)).collect::<Vec<_>>();
        let audit = &found["audit"];
        assert_eq!(of(&audit.proven), [(0, 10)], "a pull read the gap");
        assert_eq!(of(&audit.attested), [(0, 40)]);
        assert_eq!(of(&audit.any), [(0, 60)]);
    }

    fn vouched(rows: &[Coverage]) -> Vec<(i64, i64)> {
        by_subject(rows).0["audit"].attested.iter().map(|w| (w.from.0, w.until.0)).collect()
    }

    #[test]
    fn a_gap_that_was_read_later_is_none() {
        assert_eq!(vouched(&[row("proven", 0, 10), row("gap", 10, 20), row("proven", 20, 30)]), [(0, 10), (20, 30)]);
        assert_eq!(vouched(&[row("proven", 0, 10), row("gap", 10, 20), row("proven", 10, 30)]), [(0, 30)]);
        assert_eq!(
            vouched(&[row("asserted", 0, 30), row("gap", 10, 20), row("proven", 10, 15)]),
            [(0, 15), (20, 30)]
        );
    }

    #[test]
    fn a_gap_without_a_time_ends_when_its_file_was_read_whole() {
        let undated = |basis: &str, reason: &str| Coverage {
            subject: "audit".into(),
            basis: basis.into(),
            reason: Some(reason.into()),
            ..Coverage::default()
        };
        let gaps = |rows: &[Coverage]| by_subject(rows).0.get("audit").map(|c| c.gaps.len());
        let torn = undated("gap", "a.gz: torn");
        assert_eq!(gaps(&[row("inferred", 0, 9), torn.clone()]), Some(1));
        assert_eq!(gaps(&[row("inferred", 0, 9), undated(HEALED, "a.gz: torn"), torn.clone()]), Some(0));
        assert_eq!(gaps(&[row("inferred", 0, 9), undated(HEALED, "b.gz: torn"), torn]), Some(1));
    }

    #[test]
    fn an_assertion_heals_no_gap() {
        assert_eq!(vouched(&[row("asserted", 0, 30), row("gap", 10, 20)]), [(0, 10), (20, 30)]);
    }
}
