//! Which object was seen when, with which content, and in which looks it was missing.

use crate::lake::records::{Sighting, Snapshot};
use crate::lake::table::{Object, Table};
use crate::model::{Instant, Interned};
use ahash::{AHashMap, AHashSet};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};

/// One look at a collection or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SnapshotFacts {
    pub since: Instant,
    pub at: Instant,
    pub complete: bool,
}

/// One sighting of an object.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub at: Instant,
    /// When the look began: the object was there at some instant from then on.
    pub since: Instant,
    pub content_hash: Interned,
    pub snapshot: Option<Interned>,
    pub presence_only: bool,
}

/// All sightings of one collection, and its looks by scope.
#[derive(Default)]
pub(super) struct Collection {
    /// By object id, sorted by time; a nested sighting gives way to a top-level one of the same instant.
    pub seen: AHashMap<Interned, Vec<Seen>>,
    /// Looks by scope and id, sorted by time.
    pub looks: BTreeMap<Interned, Vec<(Interned, SnapshotFacts)>>,
}

/// Positions of the rows of each object among all rows of its table, in their order.
pub(super) struct Contents(pub AHashMap<Interned, Vec<usize>>);

impl Contents {
    pub(super) fn of<R: Object>(rows: &[R]) -> Self {
        let mut contents: AHashMap<Interned, Vec<usize>> = AHashMap::with_capacity(rows.len());
        for (position, row) in rows.iter().enumerate() {
            contents.entry(*row.id()).or_default().push(position);
        }
        Self(contents)
    }
}

/// Sightings of every collection.
pub(super) struct Sightings(AHashMap<Interned, Collection>);

impl Sightings {
    pub(super) fn new(sightings: Vec<Sighting>, snapshots: &[Snapshot]) -> Self {
        let mut collections: AHashMap<Interned, Collection> = AHashMap::new();
        let mut begins: AHashMap<Interned, Instant> = AHashMap::new();
        for s in best_accounts(snapshots) {
            let begin = begins.entry(Interned::from(&s.id)).or_insert(s.observed_from);
            *begin = (*begin).min(s.observed_from);
            let complete = s.complete == "proven" || s.complete == "claimed";
            let look = SnapshotFacts {
                since: s.observed_from,
                at: s.observed_at,
                complete,
            };
            collections
                .entry(Interned::from(&s.collection))
                .or_default()
                .looks
                .entry(Interned::from(&s.scope))
                .or_default()
                .push((Interned::from(&s.id), look));
        }
        for s in sightings {
            let since = s.snapshot_id.and_then(|id| begins.get(&id).copied()).unwrap_or(s.observed_at);
            let seen = Seen {
                at: s.observed_at,
                since,
                content_hash: s.content_hash,
                snapshot: s.snapshot_id,
                presence_only: s.presence_only,
            };
            collections.entry(s.collection).or_default().seen.entry(s.object_id).or_default().push(seen);
        }
        for collection in collections.values_mut() {
            collection.doubt_nested();
            for looks in collection.looks.values_mut() {
                looks.sort_by(|a, b| (a.1.at, &a.0).cmp(&(b.1.at, &b.0)));
            }
            let mut lists: Vec<&mut Vec<Seen>> = collection.seen.values_mut().collect();
            lists.par_iter_mut().for_each(|seen| {
                seen.sort_by(|a, b| (a.at, a.snapshot.is_none(), &a.content_hash).cmp(&(b.at, b.snapshot.is_none(), &b.content_hash)));
                if seen.iter().any(|s| s.snapshot.is_none()) {
                    let own: HashSet<Instant> = seen.iter().filter(|s| s.snapshot.is_some()).map(|s| s.at).collect();
                    seen.retain(|s| s.snapshot.is_some() || !own.contains(&s.at));
                }
                seen.shrink_to_fit();
            });
        }
        Self(collections)
    }

    pub(super) fn of(&self, table: Table) -> &Collection {
        static EMPTY: std::sync::OnceLock<Collection> = std::sync::OnceLock::new();
        self.0
            .get(&Interned::from(table.name()))
            .unwrap_or_else(|| EMPTY.get_or_init(Collection::default))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Interned, &Collection)> {
        self.0.iter()
    }

    /// The content of every object at `as_of`, sorted by id: the last one seen by then, else the first one seen later.
    pub(super) fn current<'a, R: Object>(&self, rows: &'a [R], as_of: Instant) -> Vec<&'a R> {
        let mut current = self.current_unsorted(rows, as_of);
        current.sort_by_key(|r| r.id());
        current
    }

    /// The same in no order, for what is looked up by id anyway.
    pub(super) fn current_unsorted<'a, R: Object>(&self, rows: &'a [R], as_of: Instant) -> Vec<&'a R> {
        self.current_of(rows, &Contents::of(rows), as_of)
    }

    /// The newest record of an object by `as_of` that tells something: exports leave out members that they are not asked for, and
    /// what an earlier one told is what was last known. The current record itself where it tells.
    pub(super) fn last_to_tell<'a, R: Object>(
        &self,
        (rows, contents): (&'a [R], &Contents),
        current: &'a R,
        as_of: Instant,
        tells: impl Fn(&R) -> bool,
    ) -> Option<&'a R> {
        if tells(current) {
            return Some(current);
        }
        let versions = contents.0.get(current.id()).filter(|v| v.len() > 1)?;
        let looks = self.of(R::TABLE).seen.get(current.id()).map_or(&[][..], Vec::as_slice);
        let of = |hash: &Interned| versions.iter().map(|i| &rows[*i]).find(|r| r.content_hash() == hash);
        let by_then = looks.iter().rev().filter(|s| s.since <= as_of);
        by_then.filter_map(|s| of(&s.content_hash)).find(|r| tells(r))
    }

    /// The same of rows whose contents are sorted by object already.
    pub(super) fn current_of<'a, R: Object>(&self, rows: &'a [R], contents: &Contents, as_of: Instant) -> Vec<&'a R> {
        let seen = &self.of(R::TABLE).seen;
        let now = |(id, versions): (&Interned, &Vec<usize>)| {
            let versions: Vec<&'a R> = versions.iter().map(|i| &rows[*i]).collect();
            let looks = seen.get(id).map_or(&[][..], Vec::as_slice);
            // A top-level record tells more than the same object nested in another.
            let own = looks.iter().any(|s| s.snapshot.is_some());
            let told = || looks.iter().filter(|s| !own || s.snapshot.is_some());
            // A snapshot of a whole day, or one that takes hours, counts from when it began.
            let chosen = told().rev().find(|s| s.since <= as_of).or_else(|| told().next());
            let content = chosen.and_then(|s| versions.iter().rev().find(|r| *r.content_hash() == s.content_hash));
            content.or(versions.first()).copied()
        };
        contents.0.iter().filter_map(now).collect()
    }
}

impl Collection {
    /// A copy that another record carries says less where a complete listing of the same instant does not have the object: the copy may be old.
    fn doubt_nested(&mut self) {
        let listings = self.looks.get(&Interned::from("tenant")).into_iter().flatten();
        let whole: AHashSet<Instant> = listings.filter(|(_, l)| l.complete).map(|(_, l)| l.at).collect();
        if whole.is_empty() {
            return;
        }
        for seen in self.seen.values_mut() {
            let own: AHashSet<Instant> = seen.iter().filter(|s| s.snapshot.is_some()).map(|s| s.at).collect();
            let contradicted = |s: &&mut Seen| s.snapshot.is_none() && whole.contains(&s.at) && !own.contains(&s.at);
            seen.iter_mut().filter(contradicted).for_each(|s| s.presence_only = true);
        }
    }

    /// Complete looks of a scope in which the object was not seen.
    pub(super) fn absences<'a>(&'a self, scope: &Interned, object: Option<&Interned>) -> impl Iterator<Item = &'a SnapshotFacts> + use<'a> {
        let objects: Vec<Interned> = object.copied().into_iter().collect();
        self.absences_of_all(scope, &objects)
    }

    /// Complete looks of a scope in which none of the objects was seen.
    pub(super) fn absences_of_all<'a>(&'a self, scope: &Interned, objects: &[Interned]) -> impl Iterator<Item = &'a SnapshotFacts> + use<'a> {
        let seen: AHashSet<Interned> = objects.iter().filter_map(|o| self.seen.get(o)).flatten().filter_map(|s| s.snapshot).collect();
        let looks = self.looks.get(scope).map_or(&[][..], Vec::as_slice);
        let gone = if let [object] = objects { self.removals(scope, object) } else { &[] };
        looks
            .iter()
            .filter(move |(id, look)| look.complete && !seen.contains(id))
            .chain(gone)
            .map(|(_, look)| look)
    }

    /// Views of one object alone that tell that it was removed, from among the living or from among the deleted.
    fn removals(&self, scope: &str, object: &str) -> &[(Interned, SnapshotFacts)] {
        let alone = if scope == "deleted" { "deleted/object/" } else { "object/" };
        // A name that nobody has made yet is one of no view.
        let scope = ustr::existing_ustr(&format!("{alone}{object}"));
        scope.and_then(|scope| self.looks.get(&scope)).map_or(&[], Vec::as_slice)
    }

    /// Views of one object alone that tell that it was removed.
    pub(super) fn told_removed(&self, object: &str) -> impl Iterator<Item = &SnapshotFacts> {
        self.removals("", object).iter().map(|(_, look)| look).filter(|look| look.complete)
    }

    /// The objects that a view of each alone tells to be removed, with when.
    pub(super) fn removed_alone(&self) -> impl Iterator<Item = (Interned, &SnapshotFacts)> {
        let alone = self.looks.iter().filter_map(|(scope, looks)| Some((scope.strip_prefix("object/")?, looks)));
        alone.flat_map(|(id, looks)| looks.iter().filter(|(_, l)| l.complete).map(move |(_, look)| (Interned::from(id), look)))
    }

    /// The objects that the newest complete look at the whole tenant lists, and when it was over.
    pub(super) fn listed(&self, as_of: Instant) -> Option<(Instant, HashSet<Interned>)> {
        let looks = self.looks.get(&Interned::from("tenant"))?;
        let (id, look) = looks.iter().rev().find(|(_, l)| l.complete && l.at <= as_of)?;
        let in_it = |seen: &[Seen]| seen.iter().any(|s| s.snapshot == Some(*id));
        let listed = self.seen.iter().filter(|(_, seen)| in_it(seen)).map(|(object, _)| *object);
        Some((look.at, listed.collect()))
    }

    /// Whether the newest complete look of the whole tenant no longer lists the object.
    pub(super) fn removed(&self, object: &str, as_of: Instant) -> bool {
        self.removed_from("tenant", object, as_of) == Some(true)
    }

    /// The same of a collection that is listed in parts: the part that listed the object decides.
    pub(super) fn removed_from_its_part(&self, object: &str, as_of: Instant) -> bool {
        let seen = self.seen.get(&Interned::from(object)).map_or(&[][..], Vec::as_slice);
        let has_listed = |(_, looks): &(&Interned, &Vec<(Interned, SnapshotFacts)>)| looks.iter().any(|(id, _)| seen.iter().any(|s| s.snapshot == Some(*id)));
        let mut parts = self.looks.iter().filter(has_listed).peekable();
        match parts.peek() {
            // Known from other records only.
            None => self.removed(object, as_of),
            Some(_) => parts.all(|(part, _)| self.removed_from(part, object, as_of) == Some(true)),
        }
    }

    /// Whether the newest complete look at a part no longer lists the object; `None` without such a look.
    fn removed_from(&self, part: &str, object: &str, as_of: Instant) -> Option<bool> {
        let looks = self.looks.get(&Interned::from(part)).map_or(&[][..], Vec::as_slice);
        let told = looks.iter().rev().find(|(_, l)| l.complete && l.at <= as_of);
        let gone = self.removals(part, object).iter().rev().find(|(_, l)| l.complete && l.at <= as_of);
        let (id, _) = told.into_iter().chain(gone).max_by_key(|(_, l)| l.at)?;
        let seen = self.seen.get(&Interned::from(object));
        Some(!seen.is_some_and(|seen| seen.iter().any(|s| s.snapshot.as_deref() == Some(id.as_str()))))
    }
}

/// One account for each look: where a look was ingested twice, the more complete one.
fn best_accounts(snapshots: &[Snapshot]) -> Vec<&Snapshot> {
    let rank = |s: &Snapshot| match s.complete.as_str() {
        "proven" => 2,
        "claimed" => 1,
        _ => 0,
    };
    let mut best: BTreeMap<&str, &Snapshot> = BTreeMap::new();
    for s in snapshots {
        let better = best
            .get(s.id.as_str())
            .is_none_or(|b| (rank(s), s.rows, s.observed_at) > (rank(b), b.rows, b.observed_at));
        if better {
            best.insert(&s.id, s);
        }
    }
    best.into_values().collect()
}
