//! `ORP-05`: nobody answers for it.

use crate::check::define::check;
use crate::check::known::shown;
use crate::check::{Context, Draft, Live, Outcome, Shard, Thing, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_2_B, CC6_2, CC6_3};
use crate::model::{CheckId, Interned, PackageId, PrincipalId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// Nobody answers for a catalog or a package's group
    ///
    /// ## Why it matters
    /// Reviews, exceptions and questions go to the owner.
    /// Without one, whoever is asked answers for access that they do not know.
    ///
    /// ## What it looks for
    /// A catalog with live packages that has no owner, or whose owners are all deleted or disabled (medium).
    /// A group in a live package with no owner who can sign in (low); groups that are synchronised from on premises are owned there, and left out.
    ///
    /// ## Known false positives
    /// A house in which the Identity Governance Administrators answer for all catalogs.
    ///
    /// ## What to do
    /// Name two owners for each catalog, and an owner for each group that packages give.
    ///
    /// ## Examples
    /// A catalog without an owner, one whose owner left, and a group that nobody owns:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | catalog |  |  | finance | owner boss |   |
    /// | 2026-01-01 | catalog |  |  | research |  | ◀ medium |
    /// | 2026-01-01 | catalog |  |  | sales | owner cy | ◀ medium |
    /// | 2026-01-01 | package |  |  | payroll | in catalog finance, group payers |   |
    /// | 2026-01-01 | package |  |  | studies | in catalog research |   |
    /// | 2026-01-01 | package |  |  | offers | in catalog sales |   |
    /// | 2026-01-01 | group |  |  | payers |  | ◀ low |
    /// | 2026-02-01 | disable | admin | cy |  |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Owners who can sign in, a synchronised group, and a catalog without packages:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | catalog |  |  | finance | owner boss |   |
    /// | 2026-01-01 | catalog |  |  | empty |  |   |
    /// | 2026-01-01 | package |  |  | payroll | in catalog finance, group payers, group domain |   |
    /// | 2026-01-01 | group |  |  | payers | owner cy |   |
    /// | 2026-01-01 | group |  |  | domain | synced |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("ORP-05"),
        severity: Severity::Medium,
        practice: &["P3"],
        controls: &[AC_2_B, CC6_2, CC6_3],
        thresholds: &[],
        reads: &[Table::Packages, Table::Catalogs, Table::ResourceRoles, Table::Groups, Table::Memberships, Table::DirectoryRoles, Table::Users, Table::AuditEvents, Table::ServicePrincipals],
        shard_by: Shard::Whole,
        cost: "one pass over each catalog and each group of a package",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if cx.access.packages.is_empty() && !cx.looked_at(Table::Packages) {
        let message = "no access packages are in the lake, so what needs an owner is unknown";
        out.push_for(cx.lacking(ReasonCode::NoTelemetry, Table::Packages, message, "Ingest access packages."), 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Packages]);
    cx.not_understood(&mut out, &[Table::ResourceRoles]);
    let mut catalogs: BTreeMap<&str, Vec<&PackageId>> = BTreeMap::new();
    let mut groups: BTreeMap<&str, (&str, Vec<&PackageId>)> = BTreeMap::new();
    let (mut unfiled, mut untold) = (0, 0);
    for (id, facts) in cx.access.packages.iter().filter(|(_, f)| !f.removed) {
        match facts.catalog.as_str() {
            "" => unfiled += 1,
            catalog => catalogs.entry(catalog).or_default().push(id),
        }
        untold += usize::from(!cx.contents_known(id));
        for role in facts.roles.iter().filter(|r| r.kind == "group") {
            groups.entry(&role.resource).or_insert((&role.resource_name, Vec::new())).1.push(id);
        }
    }
    incomplete(cx, unfiled, untold, &mut out);
    let any = |table: Table, is: &dyn Fn(&str) -> bool| cx.access.looks.keys().any(|(name, scope)| name == table.name() && is(scope));
    let nowhere = !any(Table::DirectoryRoles, &|s| s == "entitlementManagement");
    for (id, packages) in catalogs {
        catalog(cx, id, &packages, nowhere, &mut out);
    }
    let nowhere = !any(Table::Memberships, &|s| s.starts_with("owner/"));
    for (id, (name, packages)) in groups {
        group(cx, (id, name), &packages, nowhere, &mut out);
    }
    out
}

/// What packages are of or contain is not on record.
fn incomplete(cx: &Context, unfiled: usize, untold: usize, out: &mut Outcome) {
    if unfiled > 0 {
        let message = format!("of {} no record tells the catalog", words::many(unfiled, "package"));
        out.push_for(
            cx.lacking(
                ReasonCode::JoinMissing,
                Table::Catalogs,
                &message,
                "An export of access packages with their catalog.",
            ),
            0,
        );
    }
    if untold > 0 {
        let message = format!("of {} no record tells the contents", words::many(untold, "package"));
        out.push_for(
            cx.lacking(
                ReasonCode::JoinMissing,
                Table::ResourceRoles,
                &message,
                "An export of access packages with their resource roles.",
            ),
            0,
        );
    }
}

fn looked(cx: &Context, table: Table, scope: &str) -> bool {
    let looks = cx.access.looks.get(&(table.name().into(), Interned::from(scope)));
    looks.is_some_and(|l| l.iter().any(|look| look.complete && look.at <= cx.as_of()))
}

fn catalog(cx: &Context, id: &str, packages: &[&PackageId], nowhere: bool, out: &mut Outcome) {
    let name = cx.access.catalogs.get(id).map(String::as_str).unwrap_or_default();
    let subject = Thing::new("catalog", id, name);
    let owners = cx.access.owners_of_catalogs.get(id).map_or(&[][..], Vec::as_slice);
    let listed = looked(cx, Table::DirectoryRoles, "entitlementManagement");
    let number = words::many(packages.len(), "package");
    let draft = Draft {
        severity: Severity::Medium,
        reason: "catalog-without-owner",
        evidence: packages.iter().map(|p| format!("packages:{p}")).collect(),
        clears_when: "An owner of the catalog who can sign in.".into(),
        message: format!("the catalog {} with {number}", subject.name),
        subject,
        ..Draft::default()
    };
    owned(cx, draft, owners, (listed, nowhere, "the role assignments of entitlement management"), out);
}

fn group(cx: &Context, (id, told): (&str, &str), packages: &[&PackageId], nowhere: bool, out: &mut Outcome) {
    let facts = cx.access.groups.get(id);
    let name = facts.map(|f| f.name.as_str()).filter(|n| !n.is_empty()).unwrap_or(told);
    let subject = Thing::new("group", id, shown(name, id));
    let draft = Draft {
        severity: Severity::Low,
        reason: "group-without-owner",
        evidence: packages.iter().map(|p| format!("packages:{p}")).chain([format!("groups:{id}")]).collect(),
        clears_when: "An owner of the group who can sign in.".into(),
        message: format!("the group {}, which {} gives,", subject.name, cx.package(packages[0]).name),
        subject,
        ..Draft::default()
    };
    match facts {
        Some(f) if f.synced == Some(true) || f.deleted_at.is_some() => {}
        _ if cx.gone_from(Table::Groups, id) => {}
        None => {
            let message = format!("{} is in no listing of groups, so who owns it is unknown", draft.message);
            out.push(draft.untold(cx, ReasonCode::JoinMissing, message, "A snapshot of groups that lists it."));
        }
        Some(f) => {
            let owners = cx.access.owners.get(id).map_or(&[][..], Vec::as_slice);
            let listed = looked(cx, Table::Memberships, &format!("owner/{id}"));
            if f.synced.is_none() && !owners.iter().any(|o| owner(cx, o) == Live::Yes) {
                let message = format!("{} may be synchronised from on premises, which no record tells", draft.message);
                let clears_when = "A snapshot of groups with onPremisesSyncEnabled.";
                return out.push(draft.untold(cx, ReasonCode::JoinMissing, message, clears_when));
            }
            owned(cx, draft, owners, (listed, nowhere, "the owners of the group"), out);
        }
    }
}

/// Judges whether somebody who can act is among the owners.
fn owned(cx: &Context, mut draft: Draft, owners: &[PrincipalId], (listed, nowhere, what): (bool, bool, &str), out: &mut Outcome) {
    let of_catalogs = draft.subject.kind == "catalog";
    let (table, all) = match of_catalogs {
        true => (Table::DirectoryRoles, "the role assignments of entitlement management"),
        false => (Table::Memberships, "the owners of groups"),
    };
    let live: Vec<Live> = owners.iter().map(|o| owner(cx, o)).collect();
    if live.contains(&Live::Yes) {
        return out.pass_of(cx, &draft, "an owner can act");
    }
    if !listed && nowhere {
        let message = format!("no complete snapshot of {all} is in the lake, so who owns what is unknown");
        return out.push(cx.lacking(ReasonCode::NoTelemetry, table, &message, &format!("Ingest {all}.")));
    }
    if !listed {
        let message = format!(
            "{} has no owner on record who can sign in, and no complete snapshot lists {what}",
            draft.message
        );
        let clears_when = format!("A complete snapshot of {what}.");
        return out.push(draft.untold(cx, ReasonCode::NoTelemetry, message, &clears_when));
    }
    if let Some(Live::Unknown(why)) = live.iter().find(|l| matches!(l, Live::Unknown(_))) {
        let message = format!("whether {} has an owner who can sign in is unknown: {why}", draft.message);
        return out.push(draft.untold(cx, ReasonCode::JoinMissing, message, "A complete snapshot of users."));
    }
    let gone: Vec<String> = live
        .iter()
        .filter_map(|l| if let Live::No(why) = l { Some(why.clone()) } else { None })
        .collect();
    let why = if gone.is_empty() {
        "has no owner".to_string()
    } else {
        format!("has no owner who can sign in: {}", words::listed(&gone))
    };
    draft.message = format!("{} {why}", draft.message);
    out.push(cx.finding(draft));
}

/// An application or a group may own, too: it can act as long as it is there.
fn owner(cx: &Context, id: &PrincipalId) -> Live {
    if cx.access.groups.contains_key(id.as_str()) {
        return cx.live_group(id.as_str());
    }
    if cx.access.apps.contains_key(id.as_str()) {
        return Live::Yes;
    }
    cx.live_user(id)
}
