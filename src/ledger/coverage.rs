//! Which time each log covers, and on what basis.

use crate::lake::records::Coverage;
use crate::ledger::estate::Covered;
use crate::model::Window;
use crate::model::time::merge_windows;
use std::collections::BTreeMap;

/// Coverage by subject; an assertion about `sign_ins` counts for both streams of people.
pub(super) fn by_subject(rows: &[Coverage]) -> BTreeMap<String, Covered> {
    let mut subjects: BTreeMap<String, Covered> = BTreeMap::new();
    for row in rows {
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
                (_, Some(window)) => {
                    covered.any.push(window);
                    covered.vouched.push(window);
                }
                (_, None) => {}
            }
        }
    }
    for covered in subjects.values_mut() {
        covered.any = without_gaps(merge_windows(std::mem::take(&mut covered.any)), &covered.gaps);
        covered.vouched = without_gaps(merge_windows(std::mem::take(&mut covered.vouched)), &covered.gaps);
        covered.gaps.sort();
        covered.gaps.dedup();
    }
    subjects
}

/// A known gap is a hole, whatever covers it otherwise.
fn without_gaps(windows: Vec<Window>, gaps: &[(Option<Window>, String)]) -> Vec<Window> {
    let mut left = windows;
    for gap in gaps.iter().filter_map(|(w, _)| *w) {
        left = left
            .into_iter()
            .flat_map(|w| {
                let before = Window {
                    from: w.from,
                    until: w.until.min(gap.from),
                };
                let after = Window {
                    from: w.from.max(gap.until),
                    until: w.until,
                };
                if gap.until <= w.from || w.until <= gap.from {
                    vec![w]
                } else {
                    [before, after].into_iter().filter(|p| p.from < p.until).collect()
                }
            })
            .collect();
    }
    left
}
