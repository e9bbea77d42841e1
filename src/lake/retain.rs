//! Retention: whole partitions are dropped by policy under a commit that keeps their tombstones; a legal hold stops it.
//!
//! The tree of the log never changes by it: what was there, with its hash, stays on record, and only the rows are gone.
//! A dropped time becomes a gap in coverage, so that silence in it proves nothing.

use crate::lake::commit::{DataFile, Hold, Tombstone};
use crate::lake::records::{Coverage, Sighting};
use crate::lake::table::Table;
use crate::lake::view::Content;
use crate::lake::{Lake, LakeError, View, Writer};
use crate::model::time::{DAY, merge_windows};
use crate::model::{Instant, Window};
use std::collections::{BTreeMap, BTreeSet};

/// How long rows of a table are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The table.
    pub table: Table,
    /// Days after the end of a partition.
    pub days: i64,
    /// Where the number comes from.
    pub origin: String,
}

/// Tables that can be dropped by time: their partitions are times of their records.
pub const TABLES: [Table; 3] = [Table::SignIns, Table::AuditEvents, Table::ReviewDecisions];

/// The defaults: raw sign-ins 400 days, review records six years.
#[must_use]
pub fn defaults() -> Vec<Rule> {
    let rule = |table, days, origin: &str| Rule {
        table,
        days,
        origin: origin.into(),
    };
    vec![
        rule(Table::SignIns, 400, "default: a year and a month, so that a yearly review sees a whole year"),
        rule(Table::ReviewDecisions, 2192, "default: six years, HIPAA 164.316(b)(2)(i)"),
    ]
}

/// What a policy would drop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Planned {
    /// Files to drop, sorted.
    pub drop: Vec<Tombstone>,
    /// Files to drop whose rows stand in others of the same partition by now, sorted.
    pub merged: Vec<Tombstone>,
    /// Files that are old enough and stay because of a hold, with its name.
    pub held: Vec<(DataFile, String)>,
    /// Files that are old enough, and hold contents that a younger look still lists; they stay.
    pub seen: Vec<DataFile>,
    /// Files of these tables whose partition has no time; they stay.
    pub timeless: Vec<DataFile>,
}

/// Holds in force, by name.
#[must_use]
pub fn holds(view: &View) -> BTreeMap<String, Hold> {
    let mut holds = BTreeMap::new();
    for hold in view.log().iter().flat_map(|(_, c)| &c.holds) {
        if hold.released {
            holds.remove(&hold.name);
        } else {
            holds.insert(hold.name.clone(), hold.clone());
        }
    }
    holds
}

/// Works out what a policy drops at an instant.
///
/// # Errors
/// When a file of the lake is missing or damaged.
pub fn plan(view: &View, rules: &[Rule], now: Instant) -> Result<Planned, LakeError> {
    let holds = holds(view);
    let mut planned = Planned::default();
    for rule in rules {
        let limit = now.plus(-rule.days * DAY);
        let young = still_seen(view, rule.table, limit)?;
        for file in view.data_files(rule.table) {
            let Some(window) = window(&file.partition) else {
                planned.timeless.push(file.clone());
                continue;
            };
            if window.until > limit {
                continue;
            }
            match holds.values().find(|h| protects(h, window)) {
                Some(hold) => planned.held.push((file.clone(), hold.name.clone())),
                None if view.contents(file)?.iter().any(|c| young.contains(c)) => planned.seen.push(file.clone()),
                None => planned.drop.push(Tombstone {
                    file: file.clone(),
                    reason: format!("kept for {} days ({})", rule.days, rule.origin),
                }),
            }
        }
    }
    planned.drop.sort();
    planned.merged = merged(view, &planned.drop);
    Ok(planned)
}

/// What was merged into files that are dropped goes with them, or its rows would stay on disk.
fn merged(view: &View, drop: &[Tombstone]) -> Vec<Tombstone> {
    let into = |file: &DataFile| drop.iter().find(|t| view.is_merged_into(&file.path, &t.file.path));
    let of = |file: &DataFile| {
        let reason = into(file)?.reason.clone();
        let file = file.clone();
        Some(Tombstone { file, reason })
    };
    view.merged().filter_map(of).collect()
}

/// Contents of an object table that a look after `limit` lists: a content is kept once, in the month in which it was first seen.
fn still_seen(view: &View, table: Table, limit: Instant) -> Result<BTreeSet<Content>, LakeError> {
    if table != Table::ReviewDecisions {
        return Ok(BTreeSet::new());
    }
    let sightings = view.rows_where::<Sighting>("collection", &BTreeSet::from([table.name()]))?;
    let young = sightings.into_iter().filter(|s| s.observed_at >= limit);
    Ok(young.map(|s| (s.object_id, s.content_hash)).collect())
}

/// A hold whose times cannot be read protects everything.
fn protects(hold: &Hold, window: Window) -> bool {
    let (from, until) = (Instant::parse(&hold.from), Instant::parse(&hold.until));
    from.is_none_or(|t| t < window.until) && until.is_none_or(|t| window.from < t)
}

/// The time of a partition, `day=2026-03-31` or `month=2026-03`.
fn window(partition: &str) -> Option<Window> {
    let from = match partition.split_once('=')? {
        ("day", day) => Instant::parse(&format!("{day}T00:00:00Z"))?,
        ("month", month) => Instant::parse(&format!("{month}-01T00:00:00Z"))?,
        _ => return None,
    };
    let until = if partition.starts_with("day") {
        from.plus(DAY)
    } else {
        // The first of the next month is within the four days after the 28th day.
        let next = (28..=31).map(|d| from.plus(d * DAY)).find(|t| t.month() != from.month())?;
        Instant::parse(&format!("{}-01T00:00:00Z", next.month()))?
    };
    Some(Window { from, until })
}

/// Drops what was planned: one commit with the tombstones and the gaps, then the files. Returns the commit's id.
///
/// # Errors
/// When somebody else is writing or the disk fails; a crash leaves files that no reader sees and the next writer removes.
pub fn apply(lake: &Lake, planned: &Planned, now: Instant) -> Result<Option<String>, LakeError> {
    let view = lake.view()?;
    let Some(tenant) = view.tenant() else { return Ok(None) };
    let mut writer = Writer::begin(lake, &tenant)?;
    writer.coverage(gaps(&view, planned, tenant.as_str())?)?;
    writer.remove(planned.drop.iter().chain(&planned.merged).cloned().collect());
    writer.commit(now)
}

/// Gaps in the coverage of each log that loses rows.
fn gaps(view: &View, planned: &Planned, tenant: &str) -> Result<Vec<Coverage>, LakeError> {
    let mut lost: BTreeMap<Table, (Vec<Window>, String)> = BTreeMap::new();
    for tombstone in &planned.drop {
        let (windows, reason) = lost.entry(tombstone.file.table).or_default();
        windows.extend(window(&tombstone.file.partition));
        reason.clone_from(&tombstone.reason);
    }
    let subjects: BTreeSet<String> = view.rows::<Coverage>()?.into_iter().map(|c| c.subject).collect();
    let mut rows = Vec::new();
    for (table, (windows, reason)) in lost {
        let of = |subject: &&String| match table {
            Table::SignIns => *subject == "sign_ins" || subject.starts_with("sign_ins:"),
            Table::AuditEvents => *subject == "audit",
            _ => false,
        };
        // A collection has no coverage of its own that tells its subjects: what was dropped of it is a gap under its name.
        let own = (table == Table::ReviewDecisions).then(|| table.name().to_string());
        let windows = one_stretch(view, planned, table, windows);
        for subject in subjects.iter().filter(of).chain(&own) {
            for w in windows.iter().copied() {
                rows.push(Coverage {
                    tenant_id: tenant.to_string(),
                    subject: subject.clone(),
                    basis: "gap".into(),
                    from: Some(w.from),
                    until: Some(w.until),
                    reason: Some(format!("dropped by retention: {reason}")),
                    source: None,
                });
            }
        }
    }
    Ok(rows)
}

/// Dropped times as stretches: a pause in which nothing is kept belongs to the stretch around it.
fn one_stretch(view: &View, planned: &Planned, table: Table, windows: Vec<Window>) -> Vec<Window> {
    let stays = |f: &&DataFile| !planned.drop.iter().any(|t| t.file.path == f.path);
    let kept: Vec<Window> = view.data_files(table).into_iter().filter(stays).filter_map(|f| window(&f.partition)).collect();
    let mut stretches: Vec<Window> = Vec::new();
    for w in merge_windows(windows) {
        match stretches.last_mut() {
            Some(last) if !kept.iter().any(|k| k.from < w.from && last.until < k.until) => last.until = w.until,
            _ => stretches.push(w),
        }
    }
    stretches
}

/// Sets or releases a hold, under a commit.
///
/// # Errors
/// When somebody else is writing or the disk fails.
pub fn hold(lake: &Lake, hold: Hold, now: Instant) -> Result<Option<String>, LakeError> {
    let Some(tenant) = lake.view()?.tenant() else { return Ok(None) };
    let mut writer = Writer::begin(lake, &tenant)?;
    writer.hold(hold);
    writer.commit(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_times() {
        for (partition, expected) in [
            ("day=2026-02-28", Some(("2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"))),
            ("month=2026-02", Some(("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"))),
            ("month=2025-12", Some(("2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"))),
            ("day=unknown", None),
            ("", None),
        ] {
            let found = window(partition).map(|w| (w.from.to_string(), w.until.to_string()));
            assert_eq!(found, expected.map(|(a, b)| (a.to_string(), b.to_string())), "{partition}");
        }
    }
}
