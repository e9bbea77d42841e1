//! What a pull is asked to do, and what of it the lake has already.

use crate::graph::collections::{self, Collection, Shape};
use crate::graph::window::{self, DEEP_EVERY, RETENTION};
use crate::lake::objects::ApprovalRow;
use crate::lake::records::{Coverage, Pull};
use crate::lake::{LakeError, View};
use crate::model::time::{DAY, SECOND, merge_windows};
use crate::model::{Instant, Window};
use crate::pull::spool::Run;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::iter::successors;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Order {
    /// Tenant.
    pub tenant: String,
    /// Where it is asked.
    pub place: String,
    /// Collections, parents before children; a parent that was not asked for is there for its ids.
    pub collections: Vec<&'static Collection>,
    /// Whether they were named one by one; else they are all that there is to read.
    pub is_named: bool,
    /// Read logs from here.
    pub since: Option<Instant>,
    /// Read the whole retention again, whatever the lake has.
    pub deep: bool,
    /// Whether a person is signed in, and not an application of its own.
    pub is_delegated: bool,
}

/// What the lake knows of logs.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Windows that were read to the last page, by subject: those that are proved, and those of complete pulls, of which the
    /// oldest part may prove nothing because retention may have cut it.
    pub read: BTreeMap<String, Vec<Window>>,
    /// When each log was last read over its whole retention.
    pub deep: BTreeMap<String, Instant>,
    /// Requests whose approvals are there to their end.
    pub decided: BTreeSet<String>,
}

impl Known {
    /// Reads it out of the lake.
    ///
    /// # Errors
    /// When the lake is damaged.
    pub fn of(view: &View) -> Result<Self, LakeError> {
        let mut known = Self::default();
        for row in view.rows::<Coverage>()? {
            if let ("proven", Some(from), Some(until)) = (row.basis.as_str(), row.from, row.until) {
                known.read.entry(row.subject).or_default().push(Window { from, until });
            }
        }
        for row in view.rows::<Pull>()? {
            if let (true, Some(from), Some(until)) = (row.complete, row.from, row.until) {
                known.read.entry(row.subject.clone()).or_default().push(Window { from, until });
            }
            if row.deep && row.complete {
                let newest = known.deep.entry(row.subject).or_insert(row.started);
                *newest = (*newest).max(row.started);
            }
        }
        let done = |a: &ApprovalRow| !a.stages.is_empty() && a.stages.iter().all(|s| s.status.as_deref() == Some("Completed"));
        known.decided = view
            .rows_without::<ApprovalRow>(&["content"])?
            .into_iter()
            .filter(done)
            .map(|a| a.id.to_string())
            .collect();
        for windows in known.read.values_mut() {
            *windows = merge_windows(std::mem::take(windows));
        }
        Ok(known)
    }
}

/// Collections by the names given (of collections, of tables, or of logs), with the parents that they need.
///
/// # Errors
/// With the name that is not known.
pub fn select(only: &[String], except: &[String]) -> Result<Vec<&'static Collection>, String> {
    let fits = |c: &Collection, name: &str| {
        let name = name.trim();
        c.name == name || c.table == name || matches!(c.shape, Shape::Log { subject, .. } if subject == name)
    };
    if let Some(unknown) = only.iter().chain(except).find(|name| !collections::all().any(|c| fits(c, name))) {
        return Err(unknown.clone());
    }
    let asked = collections::all()
        .filter(|c| only.is_empty() || only.iter().any(|name| fits(c, name)))
        .filter(|c| !except.iter().any(|name| fits(c, name)));
    let wanted: BTreeSet<&str> = asked.flat_map(|c| successors(Some(c), |c| c.parent())).map(|c| c.name).collect();
    Ok(collections::all().filter(|c| wanted.contains(c.name)).collect())
}

impl Order {
    /// The order as far as a token reaches: an application is given nothing that is for people only.
    #[must_use]
    pub fn within_reach(&self, is_delegated: bool) -> Self {
        let mut order = self.clone();
        order.is_delegated = is_delegated;
        order.collections.retain(|c| is_delegated || !c.delegated);
        order
    }

    /// What a pull that begins now sets out to do.
    #[must_use]
    pub fn run(&self, known: &Known, now: Instant) -> Run {
        // Whole seconds: filters take no more everywhere.
        let now = Instant(now.0.div_euclid(SECOND) * SECOND);
        let until = now.plus(-window::SETTLE);
        let mut wanted = BTreeMap::new();
        let mut deep = Vec::new();
        for collection in &self.collections {
            let Shape::Log { subject, .. } = collection.shape else { continue };
            let whole = Window {
                from: self.since.unwrap_or(now.plus(-RETENTION)),
                until,
            };
            let last = known.deep.get(subject);
            let again = self.deep || last.is_none_or(|at| now.0 - at.0 >= DEEP_EVERY);
            let read = known.read.get(subject).map_or(&[][..], Vec::as_slice);
            let windows = if again { vec![whole] } else { window::unread(whole, read) };
            if again && whole.from <= now.plus(-RETENTION + DAY) {
                deep.push(subject.to_string());
            }
            wanted.insert(subject.to_string(), windows.into_iter().filter(|w| w.from < w.until).collect());
        }
        Run {
            id: id(&self.place, now),
            started: now,
            until,
            place: self.place.clone(),
            wanted,
            deep,
        }
    }
}

fn id(place: &str, now: Instant) -> String {
    hex::encode(&Sha256::digest(format!("{place}\n{}", now.0).as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], except: &[&str]) -> Result<Vec<&'static str>, String> {
        let own = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        select(&own(only), &own(except)).map(|found| found.iter().map(|c| c.name).collect())
    }

    #[test]
    fn names_of_collections_tables_and_logs_bring_their_parents() {
        assert_eq!(
            names(&["review_decisions"], &[]).expect("known"),
            [
                "review_definitions",
                "review_instances",
                "review_decisions",
                "unified_review_definitions",
                "unified_review_instances",
                "unified_review_decisions"
            ]
        );
        assert_eq!(names(&["sign_ins"], &["sign_ins_managed_identity"]).expect("known").len(), 3);
        assert_eq!(names(&["audit_events"], &[]).expect("known"), ["audit"]);
        assert_eq!(names(&["colours"], &[]), Err("colours".into()));
        assert_eq!(names(&[], &[]).expect("all").len(), collections::all().count());
    }

    #[test]
    fn logs_are_read_from_the_watermark_and_now_and_then_whole() {
        let now = Instant::parse("2026-03-31T12:00:00Z").expect("a time");
        let order = Order {
            tenant: "t".into(),
            place: "p".into(),
            collections: select(&["audit".to_string()], &[]).expect("known"),
            is_named: true,
            since: None,
            deep: false,
            is_delegated: false,
        };
        let first = order.run(&Known::default(), now);
        assert_eq!(
            first.wanted["audit"],
            [Window {
                from: now.plus(-30 * DAY),
                until: now.plus(-window::SETTLE)
            }]
        );
        assert_eq!(first.deep, ["audit"]);

        let mut known = Known::default();
        known.read.insert("audit".into(), first.wanted["audit"].clone());
        known.deep.insert("audit".into(), now);
        let next = order.run(&known, now.plus(DAY));
        assert_eq!(
            next.wanted["audit"],
            [Window {
                from: now.plus(-window::SETTLE - window::OVERLAP),
                until: now.plus(DAY - window::SETTLE)
            }]
        );
        assert_eq!(order.run(&known, now.plus(8 * DAY)).deep, ["audit"]);
    }
}
