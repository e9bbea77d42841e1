//! `EXC-10`: a package that gives more than its members need to work.

use crate::check::define::check;
use crate::check::surround::holdings;
use crate::check::{Context, Draft, Outcome, Shard, Thing, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{PackageFacts, PackageRole};
use crate::model::controls::{AC_6, CC6_3};
use crate::model::{CheckId, PackageId, ReasonCode, Severity};

check! {
    /// A package gives ownership or full control where less exists
    ///
    /// ## Why it matters
    /// Owners of a group decide who else is in it, and so can give away what the package was to guard, past every approval.
    ///
    /// ## What it looks for
    /// A package that makes its holders owner of a group, or gives full control of a site, where membership and lesser rights exist on the same resource; or that gives Global Administrator, beside which Entra has a narrower role for every task.
    /// One finding a resource.
    ///
    /// ## Known false positives
    /// Packages for the very people who run the resource.
    ///
    /// ## What to do
    /// Put the lesser role into the package, and make a package of its own, with an end and two approvals, for those who run it.
    ///
    /// ## Examples
    /// Owner of a group, full control of a site, and the greatest of all roles:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | owner of group payers | ◀ payers |
    /// | 2026-01-01 | package |  |  | projects | full control of site board | ◀ board |
    /// | 2026-01-01 | package |  |  | keys | directory role Global Administrator | ◀ high |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Members, and a narrower role:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers, app ledger |   |
    /// | 2026-01-01 | package |  |  | keys | directory role Helpdesk Administrator |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXC-10"),
        severity: Severity::High,
        practice: &["P1"],
        controls: &[AC_6, CC6_3],
        thresholds: &[],
        reads: holdings!(RoleDefinitions),
        shard_by: Shard::Package,
        cost: "one pass over each resource role of each package",
        run,
    }
}

const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.contents_unknown() {
        out.push_for(row, 0);
        return out;
    }
    cx.need(&mut out, Table::Packages, "access packages");
    cx.not_understood(&mut out, &[Table::ResourceRoles]);
    for (id, facts) in cx.access.packages.iter().filter(|(id, f)| !f.removed && cx.mine(id.as_str())) {
        if !cx.contents_known(id) {
            let message = "what some packages contain is not on record, so whether they give too much was not judged";
            out.push_for(
                cx.lacking(
                    ReasonCode::JoinMissing,
                    Table::ResourceRoles,
                    message,
                    "Ingest all packages with their contents.",
                ),
                1,
            );
            continue;
        }
        let mut right = true;
        for role in &facts.roles {
            if let Some((severity, reason, what)) = too_much(cx, id, role) {
                right = false;
                out.push(cx.finding(found(cx, (id, facts), role, severity, reason, &what)));
            }
        }
        if right {
            out.pass_of(
                cx,
                id,
                format_args!("none of its {} roles is more than a package should give", facts.roles.len()),
            );
        }
    }
    out
}

/// Why a role is too much; by the key that the ledger made of it, never by how it is called in a language.
fn too_much(cx: &Context, package: &PackageId, role: &PackageRole) -> Option<(Severity, &'static str, String)> {
    let owner = || {
        let own = cx.access.contents.iter().filter(|c| c.package == *package && c.span.lasts_at(cx.as_of()));
        let mut keys = own.filter_map(|c| c.entitlement.as_ref());
        keys.any(|k| k.resource() == role.resource && k.is_group_owner() && !k.is_eligible())
    };
    let member = role.role.eq_ignore_ascii_case("member");
    match role.kind.as_str() {
        "group" if !member && owner() => Some((Severity::Medium, "owner", "makes its holders owners of".into())),
        "site" if role.role.eq_ignore_ascii_case("full control") => Some((Severity::Medium, "full-control", "gives full control of".into())),
        "directory_role" if role.resource == GLOBAL_ADMINISTRATOR => Some((Severity::High, "global-administrator", "gives its holders".into())),
        _ => None,
    }
}

fn found(cx: &Context, (id, facts): (&PackageId, &PackageFacts), role: &PackageRole, severity: Severity, reason: &'static str, what: &str) -> Draft {
    let own = cx.access.contents.iter().filter(|c| c.package == *id);
    let records = own.filter(|c| c.entitlement.as_ref().is_some_and(|k| k.resource() == role.resource));
    let holders = cx.access.holdings.iter().filter(|h| h.entitlement.id == id.as_str() && h.held_at(cx.as_of()));
    let mut draft = Draft {
        subject: cx.package(id),
        object: Thing::new(&role.kind, &role.resource, &role.resource_name),
        severity,
        reason,
        evidence: records.flat_map(|c| c.evidence.iter().map(ToString::to_string)).collect(),
        ..Draft::default()
    };
    let number = holders.count();
    draft.message = format!(
        "the package {} {what} {}, and {} hold it",
        draft.subject.name,
        draft.object.name,
        words::many(number, "account")
    );
    draft.message = draft.message.replace("1 account hold it", "1 account holds it");
    draft.clears_when = format!(
        "{} without that role on {}.",
        if facts.name.is_empty() { "The package" } else { &facts.name },
        draft.object.name
    );
    draft
}
