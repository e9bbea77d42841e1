//! `EXC-03`: the same access by more than one package.

use crate::check::define::check;
use crate::check::surround::holdings;
use crate::check::{Context, Draft, Outcome, Shard, Thing, words};
use crate::lake::table::Table;
use crate::model::controls::AC_6;
use crate::model::{CheckId, EntitlementKey, EntitlementKind, Finding, Holding, PrincipalId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// The same access is held by more than one package
    ///
    /// ## Why it matters
    /// Who reviews one of the packages and takes it away believes the access gone, and it stays by the other.
    /// Two ends, two approvals and two reviews of one access also mean that none of them decides.
    ///
    /// ## What it looks for
    /// A role on a group, an application, a site or in the directory that a person holds by two or more assignments of different packages at the same time.
    /// It is a matter of order and weighs low.
    ///
    /// ## Known false positives
    /// A basic package for everybody that overlaps with a special one, on purpose.
    ///
    /// ## What to do
    /// Put the shared resource into one package, or tell reviewers of each that the other exists.
    ///
    /// ## Examples
    /// Both packages of Ana have the group; Bo has one of them, and Cy's ended before the other began:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers |   |
    /// | 2026-01-01 | package |  |  | finance | group payers |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-06 | add-to-group | di | ana | payers |  | ◀ low |
    /// | 2026-01-06 | deliver |  | ana | finance |  |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-01-05 | deliver |  | cy | payroll |  |   |
    /// | 2026-02-02 | expire |  | cy | payroll |  |   |
    /// | 2026-02-03 | deliver |  | cy | finance |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Two packages without anything in common:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers, app ledger |   |
    /// | 2026-01-01 | package |  |  | library | group readers |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-06 | deliver |  | ana | library |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXC-03"),
        severity: Severity::Low,
        practice: &["P1"],
        controls: &[AC_6],
        thresholds: &[],
        reads: holdings!(Snapshots),
        shard_by: Shard::Principal,
        cost: "packages held, each with what it contains",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings().or_else(|| cx.contents_unknown()) {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    cx.not_understood(&mut out, &[Table::ResourceRoles]);
    let contents = cx.contents_now();
    let mut paths: BTreeMap<(&PrincipalId, &EntitlementKey), BTreeMap<&str, &Holding>> = BTreeMap::new();
    for (holding, package) in cx.held_packages() {
        if !cx.contents_known(&package) {
            let message = "what some packages contain is not on record, so whether others give the same was not judged of them";
            out.push_for(
                cx.lacking(
                    ReasonCode::JoinMissing,
                    Table::ResourceRoles,
                    message,
                    "Ingest all packages with their contents.",
                ),
                0,
            );
        }
        for content in contents.get(package.as_str()).into_iter().flatten() {
            if let Some(key) = &content.entitlement {
                paths
                    .entry((&holding.principal, key))
                    .or_default()
                    .entry(holding.entitlement.resource())
                    .or_insert(holding);
            }
        }
    }
    for ((_, key), by) in paths {
        let held: Vec<&Holding> = by.into_values().collect();
        if held.len() < 2 {
            // An assignment that nobody lists may be the second.
            if cx.looked_whole(Table::Assignments) {
                out.pass_of(cx, held[0], "one package alone gives it");
            } else {
                out.push_for(unlisted(cx), 1);
            }
            continue;
        }
        out.push(cx.finding(found(cx, key, &held)));
    }
    out
}

fn unlisted(cx: &Context) -> Finding {
    let message = "no complete snapshot of assignments is in the lake, so whether a second package gives the same is unknown";
    cx.lacking(
        ReasonCode::NoTelemetry,
        Table::Snapshots,
        message,
        "Ingest all package assignments, with their count.",
    )
}

fn found(cx: &Context, key: &EntitlementKey, held: &[&Holding]) -> Draft {
    let mut draft = Draft::of_holding(cx, held[0]);
    let kind = match key.kind {
        EntitlementKind::AppRole => "application",
        other => other.as_str(),
    };
    let id = if key.kind == EntitlementKind::AppRole {
        key.resource()
    } else {
        key.id.as_str()
    };
    let told = || {
        cx.index
            .packages_with(key)
            .into_iter()
            .map(|(_, role)| role.resource_name.as_str())
            .find(|n| !n.is_empty())
    };
    let name = cx.access.entitlement_name(key);
    let name = if name.as_str() == key.resource() { told().unwrap_or(&name) } else { &name };
    draft.object = Thing::new(kind, id, name);
    draft.evidence = held.iter().flat_map(|h| h.evidence.iter().map(ToString::to_string)).collect();
    // The pair is what it is about, whichever assignment comes first.
    (draft.assignment, draft.request) = (String::new(), String::new());
    let packages: Vec<String> = held.iter().map(|h| h.entitlement_name.to_string()).collect();
    draft.severity = Severity::Low;
    draft.reason = "redundant";
    draft.message = format!(
        "{} holds {} by {}: {}",
        draft.subject.name,
        draft.object.name,
        words::many(packages.len(), "package"),
        words::listed(&packages)
    );
    draft.clears_when = "One of the assignments ends, or the resource is in one of the packages only.".into();
    draft
}
