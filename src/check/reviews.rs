//! Which packages series of reviews cover, and whose decisions are not there.

use crate::lake::table::Table;
use crate::ledger::AccessModel;
use crate::ledger::governance::{ReviewInstance, ReviewSeries};
use crate::model::time::DAY;
use crate::model::{Interned, PolicyId};
use ahash::{AHashMap, AHashSet};

/// Reviews from outside policies.
#[derive(Debug, Default)]
pub struct Reviews<'a> {
    /// Packages that a live series covers: itself, one of its policies or its catalog.
    pub covered: AHashSet<&'a str>,
    /// Those of them of which an ended instance has no decisions in the lake.
    pub unheard: AHashSet<&'a str>,
    /// Instances that ended within the last year and whose decisions are not in the lake.
    pub unheard_instances: Vec<&'a ReviewInstance>,
}

impl<'a> Reviews<'a> {
    /// Of an access.
    #[must_use]
    pub fn of(access: &'a AccessModel) -> Self {
        let heard: AHashSet<Interned> = access.review_decisions.iter().map(|d| d.instance).collect();
        let listed = |instance: &ReviewInstance| {
            let looks = |part: Interned| access.looks.get(&(Table::ReviewDecisions.name().into(), part));
            let whole = |part: Interned| looks(part).is_some_and(|l| l.iter().any(|l| l.complete && l.at <= access.as_of));
            whole(instance.id) || whole("tenant".into())
        };
        let since = access.as_of.plus(1 - 365 * DAY);
        let over = |i: &&ReviewInstance| i.until.is_some_and(|t| since <= t && t <= access.as_of);
        let all = access.governance.instances.iter().filter(over);
        let unheard_instances: Vec<&ReviewInstance> = all.filter(|i| !heard.contains(&i.id) && !listed(i)).collect();
        // Decisions that do not name their instance may be those of any.
        let nameless = heard.contains(&Interned::default());
        let silent: AHashSet<Interned> = unheard_instances.iter().filter(|_| !nameless).map(|i| i.series).collect();
        let series = &access.governance.series;
        let of_catalogs = packages_by_catalog(access);
        let mut reviews = Self {
            unheard_instances: if nameless { Vec::new() } else { unheard_instances },
            ..Self::default()
        };
        for (id, series) in series.iter().filter(|(_, s)| !s.removed) {
            let packages = packages_of(access, series, &of_catalogs);
            if silent.contains(id) {
                reviews.unheard.extend(&packages);
            }
            reviews.covered.extend(packages);
        }
        reviews
    }
}

fn packages_by_catalog(access: &AccessModel) -> AHashMap<String, Vec<&str>> {
    let mut all: AHashMap<String, Vec<&str>> = AHashMap::new();
    for (id, facts) in access.packages.iter().filter(|(_, f)| !f.catalog.is_empty()) {
        all.entry(facts.catalog.to_ascii_lowercase()).or_default().push(id.as_str());
    }
    all
}

fn packages_of<'a>(access: &'a AccessModel, series: &'a ReviewSeries, of_catalogs: &AHashMap<String, Vec<&'a str>>) -> Vec<&'a str> {
    let mut packages: Vec<&str> = series.packages.iter().map(Interned::as_str).collect();
    let of_policy = |p: &Interned| access.policies.get(&PolicyId::of(*p)).and_then(|f| f.package.as_ref());
    packages.extend(series.policies.iter().filter_map(of_policy).map(|p| p.as_str()));
    for catalog in &series.catalogs {
        packages.extend(of_catalogs.get(catalog.as_str()).into_iter().flatten());
    }
    packages
}
