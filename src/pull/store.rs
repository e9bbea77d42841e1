//! From the spool into the lake: looks with their instants, coverage and gaps, and the account of the pull.

use crate::graph::collections::{self, Collection, by_name};
use crate::graph::window::SURE_RETENTION;
use crate::ingest::{self, IngestOptions, IngestReport, Part, Pulled, PulledFile, Sink};
use crate::lake::records::{Coverage, Pull};
use crate::model::time::{merge_windows, without};
use crate::model::{TenantId, Window};
use crate::pull::work::NO_SERVICE;
use crate::pull::{Entry, Order, Outcome, PullError, Spool};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a pull came to.
#[derive(Debug, Default)]
pub struct Stored {
    /// The account, a row for each collection.
    pub pulls: Vec<Pull>,
    /// What is missing, in the order of the collections.
    pub gaps: Vec<Gap>,
    /// Whether anything at all was given.
    pub usable: bool,
    /// What was taken in.
    pub report: IngestReport,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Name of the collection.
    pub collection: String,
    /// Subject of the coverage: a log, or a table.
    pub subject: String,
    /// The time that is missing of a log.
    pub window: Option<Window>,
    /// Why, and of how much.
    pub reason: String,
    /// Whether it is out of reach whatever is done, so that no pull can do better.
    pub is_limit: bool,
    /// What is missing.
    pub kind: GapKind,
}

/// What a gap leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapKind {
    /// Records that could not be read.
    Unread,
    /// Records below objects of which not all are known.
    Hidden,
    /// Properties only: every record is there.
    Reduced,
}

/// Takes the spool in.
///
/// # Errors
/// When the lake refuses.
pub fn store(order: &Order, spool: &Spool, outcome: &Outcome, granted: &[String], options: IngestOptions, sink: &mut impl Sink) -> Result<Stored, PullError> {
    let all = spool.entries();
    let entries = latest(all.clone());
    let tenant = TenantId::new(&order.tenant);
    // What an earlier pull of other collections left is taken in too.
    let collections: Vec<&'static Collection> = collections::all()
        .filter(|c| order.collections.iter().any(|o| o.name == c.name) || of(&entries, c).next().is_some())
        .collect();
    let mut gaps = gaps(&collections, &entries, outcome);
    if !order.is_delegated {
        gaps.extend(collections.iter().filter(|c| !c.only_delegated.is_empty()).map(|c| Gap {
            collection: c.name.to_string(),
            subject: c.subject().to_string(),
            window: None,
            reason: format!("{}: {} are given to a signed-in person only: not readable app-only", c.name, c.only_delegated),
            is_limit: true,
            kind: GapKind::Unread,
        }));
    }
    let mut coverage = proven(&collections, spool, &entries);
    coverage.extend(gaps.iter().map(|gap| Coverage {
        subject: gap.subject.clone(),
        basis: "gap".into(),
        from: gap.window.map(|w| w.from),
        until: gap.window.map(|w| w.until),
        reason: Some(gap.reason.clone()),
        ..Coverage::default()
    }));
    for row in &mut coverage {
        row.tenant_id = tenant.to_string();
    }
    let files = files(order, spool, &all);
    let usable = entries.iter().any(|e| e.fault.is_none() && !e.gone || e.pages > 0);
    let paths: Vec<PathBuf> = files.keys().cloned().collect();
    let options = IngestOptions {
        tenant: Some(tenant.clone()),
        pulled: Some(Pulled { files, coverage }),
        ..options
    };
    let report = if usable || !gaps.is_empty() {
        ingest::ingest(&paths, &options, sink)?
    } else {
        IngestReport::default()
    };
    gaps.extend(not_taken(order, &collections, spool, &report));
    let pulls = account(order, &collections, spool, (&all, &entries), outcome, &gaps, granted, &report);
    sink.pulls(pulls.clone()).map_err(|source| ingest::IngestError::Sink {
        path: PathBuf::from("the account of the pull"),
        source,
    })?;
    Ok(Stored { pulls, gaps, usable, report })
}

/// The last word on each unit: one that failed may have been read after a restart.
fn latest(entries: Vec<Entry>) -> Vec<Entry> {
    let mut by_unit: BTreeMap<String, Entry> = BTreeMap::new();
    for entry in entries {
        match by_unit.get(&entry.unit) {
            Some(kept) if kept.fault.is_none() => {}
            _ => {
                by_unit.insert(entry.unit.clone(), entry);
            }
        }
    }
    by_unit.into_values().collect()
}

fn of<'e>(entries: &'e [Entry], collection: &'e Collection) -> impl Iterator<Item = &'e Entry> {
    entries.iter().filter(|e| e.collection == collection.name)
}

/// How a file of the spool is called in the lake: where its pages came from, and in which pull.
fn shown(order: &Order, spool: &Spool, collection: &Collection, chunk: &str) -> String {
    let path = format!("{}/{}", collection.version.as_str(), collection.path);
    format!("{}/{path}#{}/{chunk}", order.place, spool.run.id)
}

fn files(order: &Order, spool: &Spool, entries: &[Entry]) -> BTreeMap<PathBuf, PulledFile> {
    let mut files: BTreeMap<PathBuf, PulledFile> = BTreeMap::new();
    for entry in entries.iter().filter(|e| e.pages > 0) {
        let Some(collection) = by_name(&entry.collection) else { continue };
        let file = files.entry(spool.path(&entry.chunk)).or_insert_with(|| PulledFile {
            shown: shown(order, spool, collection, &entry.chunk),
            look: format!("{}/{}", spool.run.id, entry.chunk),
            from: entry.started,
            until: entry.ended,
            parts: Vec::new(),
        });
        file.from = file.from.min(entry.started);
        file.until = file.until.max(entry.ended);
        let complete = match &entry.fault {
            Some(reason) => Err(reason.clone()),
            None if collection.part => Err("asked for part by part".to_string()),
            None => Ok(()),
        };
        file.parts.push(Part {
            pages: entry.first_page..entry.first_page + entry.pages,
            complete,
        });
    }
    files
}

/// Slices that were read to their last page. What is older than any sure retention counts only from the oldest record on:
/// a log that was cut by retention looks like a quiet one.
fn proven(collections: &[&'static Collection], spool: &Spool, entries: &[Entry]) -> Vec<Coverage> {
    let mut rows = Vec::new();
    for collection in collections {
        let complete: Vec<&Entry> = of(entries, collection).filter(|e| e.fault.is_none()).collect();
        let oldest = complete.iter().filter_map(|e| e.oldest).min();
        let sure = spool.run.started.plus(-SURE_RETENTION);
        let begin = oldest.map_or(sure, |at| at.min(sure));
        for window in merge_windows(complete.iter().filter_map(|e| e.window).collect()) {
            let from = window.from.max(begin);
            if from < window.until {
                rows.push(Coverage {
                    subject: collection.subject().to_string(),
                    basis: "proven".into(),
                    from: Some(from),
                    until: Some(window.until),
                    reason: Some(format!("pull {}", spool.run.id)),
                    ..Coverage::default()
                });
            }
        }
    }
    rows
}

fn gaps(collections: &[&'static Collection], entries: &[Entry], outcome: &Outcome) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for collection in collections {
        let complete: Vec<Window> = of(entries, collection).filter(|e| e.fault.is_none()).filter_map(|e| e.window).collect();
        let failed = of(entries, collection).filter_map(|e| Some((e.window, e.ids.join("/"), e.fault.clone()?)));
        let unread = outcome.unread.iter().filter(|(u, _)| u.collection.name == collection.name);
        let unread = unread.map(|(u, reason)| (u.window, u.ids.join("/"), reason.clone()));
        let mut by_reason: BTreeMap<String, (Vec<Window>, Vec<String>)> = BTreeMap::new();
        for (window, part, reason) in failed.chain(unread) {
            let entry = by_reason.entry(reason).or_default();
            entry.0.extend(window);
            entry.1.push(part);
        }
        for (reason, (windows, parts)) in by_reason {
            let gap = |window, reason: String| Gap {
                collection: collection.name.to_string(),
                subject: collection.subject().to_string(),
                window,
                is_limit: !collection.since.is_empty() && reason.contains(NO_SERVICE),
                reason,
                kind: GapKind::Unread,
            };
            if windows.is_empty() {
                let named: Vec<&str> = parts.iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
                let of = match named.as_slice() {
                    [] => String::new(),
                    [one] => format!(" (of {one})"),
                    [first, ..] => format!(" (of {first} and {} more)", named.len() - 1),
                };
                gaps.push(gap(None, format!("{}: {reason}{of}", collection.name)));
            }
            for window in without(&windows, &complete) {
                gaps.push(gap(Some(window), format!("{}: {reason}", collection.name)));
            }
        }
        // What could not be listed hides what lies under it.
        if let Some(parent) = collection.parent()
            && let Some(cause) = gaps.iter().find(|g| g.collection == parent.name)
            && !gaps.iter().any(|g| g.collection == collection.name)
            && cause.kind != GapKind::Reduced
        {
            gaps.push(Gap {
                collection: collection.name.to_string(),
                subject: collection.subject().to_string(),
                window: None,
                reason: format!("{}: not all of {} are known", collection.name, parent.name),
                is_limit: cause.is_limit,
                kind: GapKind::Hidden,
            });
        }
        let reduced = of(entries, collection).find_map(|e| e.reduced.clone());
        if let Some(lost) = reduced {
            gaps.push(Gap {
                collection: collection.name.to_string(),
                subject: collection.subject().to_string(),
                window: None,
                reason: format!("{}: without {lost}", collection.name),
                is_limit: false,
                kind: GapKind::Reduced,
            });
        }
    }
    gaps
}

/// Records that came and were not taken: what they would have told is missing. Their gaps in time are on record with them.
fn not_taken(order: &Order, collections: &[&'static Collection], spool: &Spool, report: &IngestReport) -> Vec<Gap> {
    let of_collection = |collection: &&'static Collection| {
        let prefix = shown(order, spool, collection, &format!("{}-", collection.name));
        let sources: Vec<_> = report.sources.iter().filter(|s| s.path.starts_with(&prefix)).collect();
        let strange = report
            .unrecognised
            .iter()
            .filter(|((path, reason), _)| path.starts_with(&prefix) && ingest::is_no_kind(reason));
        let strange: Vec<(&str, u64)> = strange.map(|((_, reason), count)| (reason.as_str(), *count)).collect();
        let rejected: i64 = sources.iter().map(|s| s.rejected).sum();
        let count = u64::try_from(rejected).unwrap_or_default() + strange.iter().map(|(_, n)| n).sum::<u64>();
        let told = sources.iter().find_map(|s| {
            let of_it = report.gaps.iter().filter(|g| g.source.as_deref() == Some(&s.sha256));
            let rest = of_it.filter_map(|g| g.reason.as_deref()?.strip_prefix(s.path.as_str())?.strip_prefix(": "));
            rest.filter_map(|rest| rest.split_once(": ")).map(|(_, why)| why).next()
        });
        let why = told.or(strange.first().map(|(reason, _)| *reason)).unwrap_or("see 'vouchsafe lake status'");
        let noun = if count == 1 { "record was" } else { "records were" };
        (count > 0).then(|| Gap {
            collection: collection.name.to_string(),
            subject: collection.subject().to_string(),
            window: None,
            reason: format!("{}: {count} {noun} not taken, the first: {why}", collection.name),
            is_limit: false,
            kind: GapKind::Unread,
        })
    };
    collections.iter().filter_map(of_collection).collect()
}

/// The account: what was asked, with which rights, what came and what became of it.
fn account(
    order: &Order,
    collections: &[&'static Collection],
    spool: &Spool,
    (all, entries): (&[Entry], &[Entry]),
    outcome: &Outcome,
    gaps: &[Gap],
    granted: &[String],
    report: &IngestReport,
) -> Vec<Pull> {
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let mut rows = Vec::new();
    for collection in collections {
        let own: Vec<&Entry> = of(entries, collection).collect();
        let unread: Vec<&String> = outcome
            .unread
            .iter()
            .filter(|(u, _)| u.collection.name == collection.name)
            .map(|(_, reason)| reason)
            .collect();
        let hidden = gaps
            .iter()
            .find(|g| g.collection == collection.name && (!g.is_limit || own.is_empty()))
            .map(|g| &g.reason);
        if own.is_empty() && unread.is_empty() && hidden.is_none() {
            continue;
        }
        let prefix = shown(order, spool, collection, &format!("{}-", collection.name));
        let sources: Vec<_> = report.sources.iter().filter(|s| s.path.starts_with(&prefix)).collect();
        let sum = |f: fn(&crate::lake::records::Source) -> i64| sources.iter().map(|s| f(s)).sum::<i64>();
        // Attempts before a restart count too: their pages lie in the spool like the others.
        let tries: Vec<&Entry> = of(all, collection).collect();
        let repeated = count(tries.iter().map(|e| e.repeated).sum());
        let reason = own
            .iter()
            .find_map(|e| e.fault.as_ref().or(e.reduced.as_ref()))
            .or(unread.first().copied())
            .or(hidden);
        let windows = || own.iter().filter_map(|e| e.window);
        // The filter of a log is on record too: its slices together.
        let whole = windows().reduce(|a, b| Window {
            from: a.from.min(b.from),
            until: a.until.max(b.until),
        });
        let asked = collection.address(collection.query, &[], whole);
        let mut request_ids: Vec<String> = tries.iter().flat_map(|e| e.request_ids.iter().cloned()).collect();
        request_ids.sort();
        rows.push(Pull {
            tenant_id: TenantId::new(&order.tenant).to_string(),
            id: spool.run.id.clone(),
            collection: collection.name.into(),
            subject: collection.subject().into(),
            endpoint: format!("{}/{}", order.place, asked.split('?').next().unwrap_or_default()),
            options: asked.split_once('?').map(|(_, q)| q.to_string()).unwrap_or_default(),
            version: collection.version.as_str().into(),
            from: windows().map(|w| w.from).min(),
            until: windows().map(|w| w.until).max(),
            started: own.iter().map(|e| e.started).min().unwrap_or(spool.run.started),
            ended: own.iter().map(|e| e.ended).max().unwrap_or(spool.run.started),
            scopes: granted.to_vec(),
            request_ids,
            units: count((own.len() + unread.len()) as u64),
            units_complete: count(own.iter().filter(|e| e.fault.is_none()).count() as u64),
            pages: count(tries.iter().map(|e| e.pages_received).sum()),
            counted: own.first().and_then(|_| own.iter().map(|e| e.counted).sum()),
            received: count(tries.iter().map(|e| e.received).sum()),
            stored: sum(|s| s.kept),
            duplicate: repeated + sum(|s| s.duplicate),
            rejected: sum(|s| s.rejected + s.unmapped),
            deep: spool.run.deep.iter().any(|s| s == collection.subject()),
            complete: reason.is_none(),
            reason: reason.cloned(),
        });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Instant;
    use crate::model::time::HOUR;
    use crate::pull::Unit;

    fn slice(from: i64, until: i64) -> Window {
        Window {
            from: Instant(from * HOUR),
            until: Instant(until * HOUR),
        }
    }

    fn entry(name: &str, window: Option<Window>, fault: Option<&str>) -> Entry {
        let collection = by_name(name).expect("a collection");
        let unit = Unit {
            collection,
            ids: Vec::new(),
            window,
        };
        Entry {
            unit: unit.to_string(),
            collection: name.into(),
            window,
            fault: fault.map(str::to_string),
            ..Entry::default()
        }
    }

    fn told(names: &[&str], entries: &[Entry]) -> Vec<String> {
        let collections: Vec<&'static Collection> = names.iter().filter_map(|n| by_name(n)).collect();
        let gaps = gaps(&collections, entries, &Outcome::default());
        let show = |g: Gap| format!("{} {}{}", g.subject, g.window.map_or(String::new(), |w| format!("{} ", w.from)), g.reason);
        gaps.into_iter().map(show).collect()
    }

    #[test]
    fn a_slice_that_failed_is_a_gap_unless_its_halves_were_read() {
        let failed = entry("audit", Some(slice(24, 48)), Some("reset"));
        assert_eq!(told(&["audit"], std::slice::from_ref(&failed)), ["audit 1970-01-02T00:00:00Z audit: reset"]);
        let halves = [failed, entry("audit", Some(slice(24, 36)), None), entry("audit", Some(slice(36, 48)), None)];
        assert!(told(&["audit"], &halves).is_empty());
    }

    #[test]
    fn what_lies_under_a_listing_that_failed_is_named_too() {
        let listing = entry("groups", None, Some("denied"));
        assert_eq!(
            told(&["groups", "members"], &[listing]),
            ["groups groups: denied", "memberships members: not all of groups are known"]
        );
    }
}
