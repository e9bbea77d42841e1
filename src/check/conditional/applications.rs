//! Applications that packages give, directly or through a group, and who holds them by that.

use super::arithmetic::{Arithmetic, Coverage, Demand};
use crate::check::who::Population;
use crate::check::{Context, Draft, Outcome, Thing, words};
use crate::lake::table::Table;
use crate::ledger::governance::PolicyState;
use crate::model::{EntitlementKind, Holding, PackageId, PrincipalId, ReasonCode};
use std::collections::{BTreeMap, BTreeSet};

/// An application, the packages that give it, and who holds those.
#[derive(Default)]
pub(super) struct Given<'a> {
    pub packages: BTreeSet<&'a str>,
    pub holders: BTreeSet<&'a PrincipalId>,
}

/// What stands of the holders of an application.
#[derive(Default)]
pub(super) struct Tally<'a> {
    pub covered: usize,
    pub bare: Vec<&'a PrincipalId>,
    /// By the place of the policy that leaves them out.
    pub excluded: BTreeMap<usize, Vec<&'a PrincipalId>>,
    /// How many nobody can tell of, and why for the first.
    pub unknown: usize,
    pub doubt: String,
}

/// The reads of checks about Conditional Access.
pub(super) const READS: &[Table] = &[
    Table::ConditionalAccess,
    Table::ResourceRoles,
    Table::Packages,
    Table::Policies,
    Table::Assignments,
    Table::Requests,
    Table::AuditEvents,
    Table::Memberships,
    Table::AppRoleAssignments,
    Table::DirectoryRoles,
    Table::RoleSchedules,
    Table::Groups,
    Table::Users,
    Table::ServicePrincipals,
];

/// Applications in packages, by service principal; `None` where the tenant lacks what the question needs, which is told.
pub(super) fn applications<'a>(cx: &Context<'a>, out: &mut Outcome) -> Option<BTreeMap<&'a str, Given<'a>>> {
    if let Some(row) = cx.no_holdings().or_else(|| cx.contents_unknown()) {
        out.push_for(row, 0);
        return None;
    }
    if cx.access.governance.conditional.is_empty() && !cx.looked_at(Table::ConditionalAccess) {
        let message = "no conditional-access policies are in the lake, so under which conditions people sign in is unknown";
        let clears_when = "Ingest conditional-access policies.";
        out.push_for(cx.lacking(ReasonCode::NoTelemetry, Table::ConditionalAccess, message, clears_when), 0);
        return None;
    }
    let given = given(cx);
    if !cx
        .access
        .governance
        .conditional
        .iter()
        .any(|p| matches!(p.state, PolicyState::Enabled | PolicyState::Unknown))
    {
        let message = "no conditional-access policy is in force, and no record tells whether security defaults ask for a second factor instead";
        let clears_when = "A conditional-access policy that is in force: security defaults cannot be on beside one.";
        out.push_for(cx.lacking(ReasonCode::NoScope, Table::ConditionalAccess, message, clears_when), given.len());
        return None;
    }
    cx.unlisted(out, &[Table::Assignments, Table::AppRoleAssignments]);
    cx.not_understood(out, &[Table::ResourceRoles]);
    let giving: BTreeSet<&str> = given.values().flat_map(|g| g.packages.iter().copied()).collect();
    let live = cx.access.packages.iter().filter(|(_, f)| !f.removed);
    let without = live.filter(|(id, _)| !giving.contains(id.as_str())).count();
    if without > 0 {
        let message = format!(
            "{} gives no application, so no policy about applications covers what it gives",
            words::many(without, "package")
        );
        let message = message.replace("packages gives", "packages give").replace("what it gives", "what they give");
        let clears_when = "Nothing: groups, sites and roles are protected where they are used.";
        out.push_for(cx.lacking(ReasonCode::JoinMissing, Table::ResourceRoles, &message, clears_when), 0);
    }
    Some(given)
}

fn given<'a>(cx: &Context<'a>) -> BTreeMap<&'a str, Given<'a>> {
    let mut of_group: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let held = |h: &&Holding| h.held_at(cx.as_of());
    for holding in cx
        .access
        .holdings
        .iter()
        .filter(held)
        .filter(|h| h.entitlement.kind == EntitlementKind::AppRole)
    {
        of_group.entry(holding.principal.as_str()).or_default().push(holding.entitlement.resource());
    }
    let mut of_package: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for content in cx.access.contents.iter().filter(|c| c.span.lasts_at(cx.as_of())) {
        let Some(key) = &content.entitlement else { continue };
        let apps = of_package.entry(content.package.as_str()).or_default();
        match key.kind {
            EntitlementKind::AppRole => drop(apps.insert(key.resource())),
            EntitlementKind::Group if key.is_group_member() => apps.extend(of_group.get(key.resource()).into_iter().flatten()),
            _ => {}
        }
    }
    let mut given: BTreeMap<&str, Given> = BTreeMap::new();
    let live = |p: &str| cx.access.packages.get(&PackageId::new(p)).is_none_or(|f| !f.removed);
    for (package, apps) in of_package.iter().filter(|(p, _)| live(p)) {
        for app in apps {
            given.entry(app).or_default().packages.insert(package);
        }
    }
    for holding in cx
        .access
        .holdings
        .iter()
        .filter(held)
        .filter(|h| h.entitlement.kind == EntitlementKind::AccessPackage)
    {
        // Who cannot sign in needs no condition for it, and an account for emergencies must get in when conditions fail.
        let emergency = matches!(cx.who(&holding.principal), Ok((Population::BreakGlass, _)));
        if emergency || cx.account(&holding.principal).is_person() == Some(false) || cx.works(holding) == Some(false) {
            continue;
        }
        for app in of_package.get(holding.entitlement.resource()).into_iter().flatten() {
            if let Some(given) = given.get_mut(app) {
                given.holders.insert(&holding.principal);
            }
        }
    }
    given
}

/// How the holders of an application stand.
pub(super) fn tally<'a>(cx: &Context<'a>, sums: &Arithmetic, app: &str, given: &Given<'a>, demand: Demand) -> Tally<'a> {
    let mut tally = Tally::default();
    let doubt = |tally: &mut Tally, why: String| {
        tally.unknown += 1;
        if tally.doubt.is_empty() {
            tally.doubt = why;
        }
    };
    for who in &given.holders {
        let person = cx.account(who).is_person() == Some(true);
        let works = cx.access.people.get(*who).is_some_and(|p| p.enabled == Some(true));
        match sums.coverage(who, app, demand) {
            Coverage::By(_) => tally.covered += 1,
            Coverage::Unknown(why) => doubt(&mut tally, why),
            _ if !person => doubt(&mut tally, "no record tells whether a holder is a person".into()),
            _ if !works => doubt(&mut tally, "no record tells whether the account of a holder is enabled".into()),
            Coverage::No => tally.bare.push(who),
            Coverage::Excluded(places) => {
                for place in places {
                    tally.excluded.entry(place).or_default().push(who);
                }
            }
        }
    }
    tally
}

/// A row about an application.
pub(super) fn draft(cx: &Context, app: &str, given: &Given) -> Draft {
    let name = cx.access.apps.get(app).map_or("", |f| f.name.as_str());
    let told = || {
        let roles = cx.access.packages.values().flat_map(|p| &p.roles);
        roles.filter(|r| r.resource == app).map(|r| r.resource_name.as_str()).find(|n| !n.is_empty())
    };
    let name = if name.is_empty() { told().unwrap_or_default() } else { name };
    let package = given.packages.first().map(|p| PackageId::new(p));
    let contents = cx
        .access
        .contents
        .iter()
        .filter(|c| c.entitlement.as_ref().is_some_and(|k| k.resource() == app));
    Draft {
        subject: Thing::new("application", app, name),
        object: package.map(|p| cx.package(&p)).unwrap_or_default(),
        evidence: contents.flat_map(|c| c.evidence.iter().map(ToString::to_string)).collect(),
        ..Draft::default()
    }
}

/// People by name, as a sentence lists them.
pub(super) fn named(cx: &Context, people: &[&PrincipalId]) -> String {
    let names: Vec<String> = people.iter().map(|p| cx.access.principal_name(p).to_string()).collect();
    words::listed(&names)
}
