//! Review series with what they review, and decisions with whom they concern.

use crate::check::{Context, Thing};
use crate::lake::table::Table;
use crate::ledger::access_model::ReviewDecision;
use crate::ledger::governance::{ReviewInstance, ReviewSeries};
use crate::model::{Instant, Interned, IsoDuration, PackageId, PolicyId};

/// The instances of a series, by start.
pub(super) fn instances_of<'a>(cx: &Context<'a>, series: &Interned) -> &'a [ReviewInstance] {
    let all = &cx.access.governance.instances;
    let first = all.partition_point(|i| i.series < *series);
    let count = all[first..].partition_point(|i| i.series == *series);
    &all[first..first + count]
}

/// When the next instance of a series that recurs is to begin: a period after the last, or at its start; else why no record tells.
pub(super) fn next_of(series: &ReviewSeries, every: IsoDuration, instances: &[ReviewInstance]) -> Result<Instant, &'static str> {
    match (instances.iter().filter_map(|i| i.from).max(), series.from) {
        (Some(last), _) => Ok(every.after(last)),
        (None, _) if !instances.is_empty() => Err("the records of its instances do not tell when they began"),
        (None, Some(from)) => Ok(from),
        (None, None) => Err("no instance of it is listed, and its record does not tell when it begins"),
    }
}

/// When a part of a collection, or all of it, was last looked at.
pub(super) fn looked_at_part(cx: &Context, table: Table, part: &str) -> Option<Instant> {
    let places = [part, "tenant"];
    let looks = places
        .into_iter()
        .filter_map(|p| cx.access.looks.get(&(table.name().into(), Interned::from(p))));
    looks.flatten().map(|l| l.at).filter(|t| *t <= cx.as_of()).max()
}

/// The records of a series and of its instances.
pub(super) fn of_series(id: &str, instances: &[ReviewInstance]) -> Vec<String> {
    let of = |i: &ReviewInstance| format!("review_instances:{}", i.id);
    instances.iter().map(of).chain([format!("review_definitions:{id}")]).collect()
}

/// What a series reviews: its first package, else whatever it names first.
pub(super) fn object_of(cx: &Context, series: &ReviewSeries) -> Thing {
    let by_policy = |p: &Interned| cx.access.policies.get(&PolicyId::of(*p)).and_then(|f| f.package.clone());
    let package = series
        .packages
        .first()
        .map(|p| PackageId::of(*p))
        .or_else(|| series.policies.iter().find_map(by_policy));
    if let Some(package) = package {
        return cx.package(&package);
    }
    if let Some(catalog) = series.catalogs.first() {
        let name = cx.access.catalogs.get(catalog.as_str()).map_or("", String::as_str);
        return Thing::new("catalog", catalog, name);
    }
    match series.others.first() {
        Some(id) => resource(cx, id),
        None => Thing::new("unknown", "", "what no record tells"),
    }
}

/// What a decision is about: a package, or the group, application or role itself.
pub(super) fn resource(cx: &Context, id: &str) -> Thing {
    if let Some(package) = cx.reviewed_package(id) {
        return cx.package(&package);
    }
    let id = id.to_ascii_lowercase();
    if let Some(group) = cx.access.groups.get(&id) {
        return Thing::new("group", &id, &group.name);
    }
    if let Some(app) = cx.access.apps.get(&id) {
        return Thing::new("application", &id, &app.name);
    }
    let role = cx.access.roles.get(&id).map_or("", String::as_str);
    Thing::new(if role.is_empty() { "unknown" } else { "directory_role" }, &id, role)
}

/// Whether somebody decided, and how.
pub(super) fn verdict(decision: &ReviewDecision) -> Option<bool> {
    match decision.decision.to_ascii_lowercase().as_str() {
        "approve" | "approved" => Some(true),
        "deny" | "denied" => Some(false),
        _ => None,
    }
}
