//! `ORP-04`: packages that give what is not there.

use crate::check::define::check;
use crate::check::known::shown;
use crate::check::{Context, Draft, Outcome, Shard, Thing, words};
use crate::lake::table::Table;
use crate::ledger::access_model::PackageRole;
use crate::model::controls::{AC_2, CM_8};
use crate::model::time::DAY;
use crate::model::{CheckId, Instant, PackageId, ReasonCode, Severity};

check! {
    /// A package holds a resource that is deleted
    ///
    /// ## Why it matters
    /// Whoever asks for such a package is told that it was delivered, or waits for a delivery that cannot end.
    /// A name that is free again can also be taken by something else.
    ///
    /// ## What it looks for
    /// A live package with a role of a group or an application that is deleted: by its own record, by an audit event, or since a complete snapshot of the whole tenant does not list it, though the role had been in the package for a day by then.
    /// Sites are in no listing, so packages with sites are told as not evaluable once nothing else is wrong with them.
    ///
    /// ## Known false positives
    /// A listing of groups that left some out and is said to be complete.
    ///
    /// ## What to do
    /// Take the role out of the package, or restore the resource within thirty days of its deletion.
    ///
    /// ## Examples
    /// The group was deleted, and the package still holds its role:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers, group readers | ◀ payers |
    /// | 2026-02-01 | delete | admin |  | payers |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Everything is there, and a site of which nothing tells:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers, app ledger |   |
    /// | 2026-01-01 | package |  |  | library | site books | ? |
    /// | 2026-02-01 | group |  |  | leavers |  |   |
    /// | 2026-02-02 | delete | admin |  | leavers |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("ORP-04"),
        severity: Severity::Medium,
        practice: &["P1"],
        controls: &[CM_8, AC_2],
        thresholds: &[],
        reads: &[Table::Packages, Table::ResourceRoles, Table::Groups, Table::ServicePrincipals, Table::AuditEvents, Table::RoleDefinitions],
        shard_by: Shard::Package,
        cost: "one pass over each role of each package",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.contents_unknown() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Packages]);
    for (id, facts) in cx.access.packages.iter().filter(|(id, f)| !f.removed && cx.mine(id.as_str())) {
        if !cx.contents_known(id) {
            let draft = Draft {
                subject: cx.package(id),
                ..Draft::default()
            };
            let message = format!("what {} contains is not on record", draft.subject.name);
            out.push(draft.untold(cx, ReasonCode::NoTelemetry, message, "An export of access packages with their resource roles."));
            continue;
        }
        let mut roles: Vec<&PackageRole> = facts.roles.iter().collect();
        roles.sort_by(|a, b| (&a.kind, &a.resource).cmp(&(&b.kind, &b.resource)));
        roles.dedup_by(|a, b| (&a.kind, &a.resource) == (&b.kind, &b.resource));
        judge(cx, id, &roles, &mut out);
    }
    out
}

/// Whether a resource is there.
enum There {
    Yes,
    /// Since when it is known not to be, and by what.
    No(Option<Instant>, &'static str),
    Unknown(String),
}

fn judge(cx: &Context, package: &PackageId, roles: &[&PackageRole], out: &mut Outcome) {
    let mut unknown: Option<String> = None;
    let mut found = 0;
    for role in roles {
        match there(cx, role) {
            There::Yes => {}
            There::Unknown(why) => drop(unknown.get_or_insert(why)),
            There::No(since, by) => {
                found += 1;
                let name = shown(&role.resource_name, &role.resource);
                let object = Thing::new(&role.kind, &role.resource, name);
                let subject = cx.package(package);
                let when = since.map_or_else(String::new, |t| format!(" on {}", words::day(t)));
                out.push(cx.finding(Draft {
                    severity: Severity::Medium,
                    reason: "deleted-resource",
                    from: since,
                    message: format!("{} holds a role of {}, which {by}{when}", subject.name, object.name),
                    evidence: vec![format!("packages:{package}"), format!("{}:{}", table_of(role).name(), role.resource)],
                    clears_when: "The role out of the package, or the resource restored.".into(),
                    subject,
                    object,
                    ..Draft::default()
                }));
            }
        }
    }
    match unknown {
        _ if found > 0 => {}
        None => out.pass_of(cx, package, "what it gives is there"),
        Some(why) => {
            let draft = Draft {
                subject: cx.package(package),
                ..Draft::default()
            };
            let message = format!("whether everything that {} gives is still there is unknown: {why}", draft.subject.name);
            out.push(draft.untold(cx, ReasonCode::JoinMissing, message, "Complete snapshots of groups and service principals."));
        }
    }
}

fn table_of(role: &PackageRole) -> Table {
    match role.kind.as_str() {
        "application" => Table::ServicePrincipals,
        "directory_role" => Table::RoleDefinitions,
        _ => Table::Groups,
    }
}

fn there(cx: &Context, role: &PackageRole) -> There {
    let name = shown(&role.resource_name, &role.resource);
    if !matches!(role.kind.as_str(), "group" | "application" | "directory_role") {
        return There::Unknown(format!("no source lists what {name} is"));
    }
    if role.kind == "directory_role" {
        let known = cx.access.roles.contains_key(&role.resource);
        return if known {
            There::Yes
        } else {
            There::Unknown(format!("no record of the directory role {name} is in the lake"))
        };
    }
    let by = |t: &Instant| *t <= cx.as_of();
    let recorded = cx.access.groups.get(&role.resource).and_then(|g| g.deleted_at).filter(by);
    let named = cx.access.names.of(&role.resource).and_then(|n| n.deleted_at).filter(by);
    let listed = cx.access.listed.get(table_of(role).name());
    if let Some(at) = recorded.or(named) {
        return There::No(Some(at), "was deleted");
    }
    match listed {
        Some(_) if !cx.gone_from(table_of(role), &role.resource) => There::Yes,
        // A role that entered the package about the time of the look may be of something newer than the look.
        Some((at, _)) if role.since.is_some_and(|t| t.plus(DAY) < *at) => There::No(None, "the newest complete snapshot no longer lists"),
        Some((at, _)) => There::Unknown(format!(
            "the snapshot of {} does not list {name}, and nothing tells when it entered the package",
            words::day(*at)
        )),
        None => There::Unknown(format!("no complete snapshot tells whether {name} is there")),
    }
}
