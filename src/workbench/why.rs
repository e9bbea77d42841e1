//! Why somebody holds something at an instant: every path, step by step, and what would have to go to end it.
//!
//! A path is a chain of steps: holdings of the ledger, and contents of packages. What a package gives is listed at its
//! resource too; such a listing is the delivery of the package and no path of its own, since it goes with the package.

use crate::ledger::{AccessModel, effective};
use crate::model::{EntitlementKey, EntitlementKind, Holding, Instant, Presence, PrincipalId, Window};
use std::collections::{BTreeMap, BTreeSet};

/// A step of a path: something that can be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A holding, by its place in the access model.
    Holding(usize),
    /// A resource role in a package, by its place in the access model.
    Content(usize),
}

/// One way in which somebody holds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The steps, from the holder on.
    pub steps: Vec<Step>,
    /// How surely each step is there at the instant.
    pub presences: Vec<Presence>,
    /// Whether each step is proved at the instant.
    pub certainty: Presence,
    /// Whether a step must be activated first.
    pub eligible: bool,
    /// What it leads to.
    pub leads_to: EntitlementKey,
}

/// What a path may lead to.
pub type Wanted<'a> = &'a dyn Fn(&EntitlementKey) -> bool;

/// An access model at an instant, by holder.
pub struct At<'a> {
    access: &'a AccessModel,
    at: Instant,
    by_holder: BTreeMap<&'a str, Vec<usize>>,
    /// Steps that are thought away.
    gone: BTreeSet<Step>,
}

/// A set of steps whose removal ends an access, and what else it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The steps.
    pub steps: Vec<Step>,
    /// Who else loses what, and what else the holder loses.
    pub also_ends: Vec<(PrincipalId, EntitlementKey)>,
}

impl<'a> At<'a> {
    /// An access model at an instant.
    #[must_use]
    pub fn new(access: &'a AccessModel, at: Instant) -> Self {
        let mut by_holder: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (i, h) in access.holdings.iter().enumerate() {
            if h.presence(Window::at(at)) != Presence::Never {
                by_holder.entry(h.principal.as_str()).or_default().push(i);
            }
        }
        Self {
            access,
            at,
            by_holder,
            gone: BTreeSet::new(),
        }
    }

    /// How surely a holding is there at the instant.
    fn presence(&self, holding: usize) -> Presence {
        self.access.holdings[holding].presence(Window::at(self.at))
    }

    /// What a package holding gives at the instant: the content, what it leads to, and how surely.
    fn gives(&self, holding: usize) -> Vec<(usize, EntitlementKey, Presence)> {
        let h = &self.access.holdings[holding];
        let package = h.entitlement.resource();
        let first = self.access.contents.partition_point(|c| c.package.as_str() < package);
        let of_package = self
            .access
            .contents
            .iter()
            .enumerate()
            .skip(first)
            .take_while(|(_, c)| c.package.as_str() == package);
        of_package
            .filter_map(|(i, c)| {
                let presence = effective::content_at(self.access, h, c, self.at)?;
                (presence != Presence::Never).then(|| c.entitlement.clone().map(|key| (i, key, presence)))?
            })
            .collect()
    }

    /// Whether a direct holding is what a package delivered, by a package that is held as surely.
    fn is_delivery(&self, holding: usize) -> bool {
        let h = &self.access.holdings[holding];
        if h.entitlement.kind == EntitlementKind::AccessPackage {
            return false;
        }
        let as_surely = |presence| presence == Presence::Certain || self.presence(holding) == Presence::Possible;
        self.packages_of(h.principal.as_str())
            .any(|(key, presence)| key == h.entitlement && as_surely(presence))
    }

    /// What somebody's packages give, whatever is thought away.
    fn packages_of(&self, holder: &str) -> impl Iterator<Item = (EntitlementKey, Presence)> + '_ {
        let own = self.by_holder.get(holder).map(Vec::as_slice).unwrap_or_default();
        let packages = own
            .iter()
            .copied()
            .filter(|i| self.access.holdings[*i].entitlement.kind == EntitlementKind::AccessPackage);
        packages.flat_map(move |i| {
            self.gives(i)
                .into_iter()
                .map(move |(_, key, presence)| (key, weaker(self.presence(i), presence)))
        })
    }

    /// The package holdings by which somebody has what a direct holding is of, but for what is thought away.
    pub(super) fn given(&self, direct: &Holding) -> Vec<usize> {
        let own = self.by_holder.get(direct.principal.as_str()).map(Vec::as_slice).unwrap_or_default();
        let is_there = |i: &usize| !self.gone.contains(&Step::Holding(*i));
        let packages = own
            .iter()
            .copied()
            .filter(|i| self.access.holdings[*i].entitlement.kind == EntitlementKind::AccessPackage);
        let gives = |i: &usize| {
            let contents = self.gives(*i).into_iter().filter(|(c, _, _)| !self.gone.contains(&Step::Content(*c)));
            contents.into_iter().any(|(_, key, _)| key == direct.entitlement)
        };
        packages.filter(is_there).filter(gives).collect()
    }

    /// Every path of somebody to anything.
    pub(super) fn every_path(&self, holder: &PrincipalId) -> Vec<Path> {
        self.paths(holder, &|_| true)
    }

    /// Every path of somebody to what is wanted; each holds no group twice.
    #[must_use]
    pub fn paths(&self, holder: &PrincipalId, wanted: Wanted) -> Vec<Path> {
        let mut found = Vec::new();
        let start = Path {
            steps: Vec::new(),
            presences: Vec::new(),
            certainty: Presence::Certain,
            eligible: false,
            leads_to: EntitlementKey::group(""),
        };
        self.walk(holder.as_str(), &start, &mut vec![holder.as_str().to_string()], wanted, &mut found);
        found.sort_by(|a, b| {
            (&a.leads_to, a.eligible, a.certainty != Presence::Certain, &a.steps).cmp(&(&b.leads_to, b.eligible, b.certainty != Presence::Certain, &b.steps))
        });
        found.dedup();
        found
    }

    fn walk(&self, holder: &str, so_far: &Path, seen: &mut Vec<String>, wanted: Wanted, found: &mut Vec<Path>) {
        let own = self.by_holder.get(holder).map(Vec::as_slice).unwrap_or_default();
        for i in own.iter().copied() {
            // A delivery goes with its package, and is told as the package's.
            if self.gone.contains(&Step::Holding(i)) || self.is_delivery(i) {
                continue;
            }
            let key = &self.access.holdings[i].entitlement;
            let path = extended(so_far, Step::Holding(i), key, self.presence(i));
            self.arrive(&path, seen, wanted, found);
            if key.kind == EntitlementKind::AccessPackage {
                for (content, key, presence) in self.gives(i).into_iter().filter(|(c, _, _)| !self.gone.contains(&Step::Content(*c))) {
                    let path = extended(&path, Step::Content(content), &key, presence);
                    self.arrive(&path, seen, wanted, found);
                }
            }
        }
    }

    /// Takes a path that leads somewhere, and goes on where that is a group.
    fn arrive(&self, path: &Path, seen: &mut Vec<String>, wanted: Wanted, found: &mut Vec<Path>) {
        if wanted(&path.leads_to) {
            found.push(path.clone());
        }
        let group = path.leads_to.kind == EntitlementKind::Group && !path.leads_to.is_group_owner();
        let id = path.leads_to.resource().to_string();
        if group && !seen.contains(&id) {
            seen.push(id.clone());
            self.walk(&id, path, seen, wanted, found);
            seen.pop();
        }
    }

    /// The same without some steps; with a package goes what it delivered, unless another package gives it too.
    #[must_use]
    pub fn without(&self, steps: &[Step]) -> Self {
        Self {
            access: self.access,
            at: self.at,
            by_holder: self.by_holder.clone(),
            gone: self.gone.iter().chain(steps).copied().collect(),
        }
    }

    /// Everything that everybody holds, by any path without activation.
    #[must_use]
    pub fn reach(&self, holders: &BTreeSet<&str>) -> BTreeSet<(PrincipalId, EntitlementKey)> {
        let mut all = BTreeSet::new();
        for holder in holders {
            let who = PrincipalId::new(holder);
            let paths = self.paths(&who, &|_| true);
            all.extend(paths.into_iter().filter(|p| !p.eligible).map(|p| (who.clone(), p.leads_to)));
        }
        all
    }

    /// Who may lose something when these steps go: the holders of the steps, and whoever comes by them through groups.
    pub(super) fn touched(&self, steps: &[Step]) -> BTreeSet<&'a str> {
        let mut next: Vec<&str> = Vec::new();
        for step in steps {
            match step {
                Step::Holding(i) => next.push(self.access.holdings[*i].principal.as_str()),
                Step::Content(i) => {
                    let package = self.access.contents[*i].package.as_str();
                    let assigned = self
                        .access
                        .holdings
                        .iter()
                        .filter(|h| h.entitlement.kind == EntitlementKind::AccessPackage && h.entitlement.resource() == package);
                    next.extend(assigned.map(|h| h.principal.as_str()));
                }
            }
        }
        let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for h in self.access.holdings.iter().filter(|h| h.entitlement.is_group_member()) {
            members.entry(h.entitlement.resource()).or_default().push(h.principal.as_str());
        }
        for c in &self.access.contents {
            let Some(group) = c.entitlement.as_ref().filter(|k| k.is_group_member()) else {
                continue;
            };
            let assigned = self.access.holdings.iter().filter(|h| h.entitlement.resource() == c.package.as_str());
            members.entry(group.resource()).or_default().extend(assigned.map(|h| h.principal.as_str()));
        }
        let mut found = BTreeSet::new();
        while let Some(who) = next.pop() {
            if found.insert(who) {
                next.extend(members.get(who).into_iter().flatten());
            }
        }
        found
    }

    /// The smallest set of removals that ends all of these paths; of several, the one that ends least beside them.
    #[must_use]
    pub fn cut(&self, paths: &[Path]) -> Option<Cut> {
        let sets: Vec<BTreeSet<Step>> = paths.iter().map(|p| p.steps.iter().copied().collect()).collect();
        if sets.is_empty() {
            return None;
        }
        let ends: BTreeSet<(PrincipalId, EntitlementKey)> = self.ended_paths(paths);
        let mut best: Option<Cut> = None;
        for steps in smallest(&sets) {
            let holders = self.touched(&steps);
            let before = self.reach(&holders);
            let after = self.without(&steps).reach(&holders);
            let also_ends: Vec<_> = before.difference(&after).filter(|pair| !ends.contains(pair)).cloned().collect();
            if best.as_ref().is_none_or(|b| also_ends.len() < b.also_ends.len()) {
                best = Some(Cut { steps, also_ends });
            }
        }
        best
    }

    /// What the paths themselves lead to, which is meant to end.
    fn ended_paths(&self, paths: &[Path]) -> BTreeSet<(PrincipalId, EntitlementKey)> {
        let holder = |p: &Path| match p.steps.first() {
            Some(Step::Holding(i)) => Some(self.access.holdings[*i].principal.clone()),
            _ => None,
        };
        paths.iter().filter_map(|p| Some((holder(p)?, p.leads_to.clone()))).collect()
    }
}

fn weaker(a: Presence, b: Presence) -> Presence {
    match (a, b) {
        (Presence::Never, _) | (_, Presence::Never) => Presence::Never,
        (Presence::Possible, _) | (_, Presence::Possible) => Presence::Possible,
        _ => Presence::Certain,
    }
}

fn extended(path: &Path, step: Step, leads_to: &EntitlementKey, presence: Presence) -> Path {
    let mut steps = path.steps.clone();
    steps.push(step);
    let mut presences = path.presences.clone();
    presences.push(presence);
    Path {
        steps,
        presences,
        certainty: weaker(path.certainty, presence),
        eligible: path.eligible || leads_to.is_eligible(),
        leads_to: leads_to.clone(),
    }
}

/// No more sets of one size are compared than this: they are equally small, and differ only in what else they end.
const SETS: usize = 64;

/// The smallest sets that have a member in common with each of these, in order.
fn smallest(sets: &[BTreeSet<Step>]) -> Vec<Vec<Step>> {
    let most = sets.len();
    (1..=most)
        .map(|size| {
            let mut found = BTreeSet::new();
            hit(sets, size, &mut Vec::new(), &mut found);
            found
        })
        .find(|found| !found.is_empty())
        .unwrap_or_default()
        .into_iter()
        .collect()
}

fn hit(sets: &[BTreeSet<Step>], left: usize, chosen: &mut Vec<Step>, found: &mut BTreeSet<Vec<Step>>) {
    if found.len() >= SETS {
        return;
    }
    // The set with the fewest members leaves the fewest choices.
    let missed = sets.iter().filter(|s| !chosen.iter().any(|c| s.contains(c))).min_by_key(|s| s.len());
    let Some(missed) = missed else {
        let mut sorted = chosen.clone();
        sorted.sort();
        found.insert(sorted);
        return;
    };
    if left == 0 {
        return;
    }
    for step in missed {
        chosen.push(*step);
        hit(sets, left - 1, chosen, found);
        chosen.pop();
    }
}
