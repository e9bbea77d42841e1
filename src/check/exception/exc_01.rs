//! `EXC-01`: access to a package's resource that no package explains.

use crate::check::define::check;
use crate::check::judge::since;
use crate::check::thresholds::DELIVERY_LAG;
use crate::check::{Context, Draft, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::PackageRole;
use crate::model::controls::{AC_2_F, AC_2_G, AU_6, CC6_1};
use crate::model::time::HOUR;
use crate::model::{CheckId, EntitlementKind, Finding, GrantKind, Holding, Instant, Interned, PackageId, ReasonCode, Severity};

check! {
    /// Access was given outside the package that is there for it
    ///
    /// ## Why it matters
    /// A package brings a request, an approval, an end and a review.
    /// Whoever is put into its group by hand has the same access with none of them, and no review of the package will ever list them.
    ///
    /// ## What it looks for
    /// A direct member of a group, or a holder of an app role, that is in a package, without an assignment of that person that explains it, a day more or less.
    /// It must be shown by an event in which somebody other than the entitlement service added them, or be seen in two complete looks at least a day apart, since a pull and a delivery both take time.
    /// It weighs high for role-assignable groups, and low for people who are proved to have been there before the group entered the package.
    /// What an ended assignment left behind is EXP-05; groups with a rule and groups synchronised from on premises are left out, and so is activation by privileged identity management.
    ///
    /// ## Known false positives
    /// Owners and operators of a resource who must be in the group to run it.
    /// A group that was put into a package before its members were moved to assignments.
    ///
    /// ## What to do
    /// Have the person request the package, or remove them from the group, and let only the entitlement service change the group's members.
    ///
    /// ## Examples
    /// Cy adds Ana to the group by hand; Bo came through the package:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-02 | add-to-group | cy | ana | payers |  | ◀ medium |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Nobody logged how Ana came in, and two looks show her; Di was seen once only; Eve was there before the group entered the package:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | add-to-group |  | eve | payers | not logged | ◀ low |
    /// | 2026-01-02 | look |  |  |  |  |   |
    /// | 2026-01-10 | package |  |  | payroll | group payers |   |
    /// | 2026-01-15 | add-to-group |  | ana | payers | not logged | ◀ medium |
    /// | 2026-02-01 | look |  |  |  |  |   |
    /// | 2026-02-10 | add-to-group |  | di | payers | not logged | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A rule fills the group, another is synchronised, and Ana asks for the package the day after she was added:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers |   |
    /// | 2026-01-01 | package |  |  | library | group readers, group lenders |   |
    /// | 2026-01-01 | group |  |  | readers | dynamic |   |
    /// | 2026-01-01 | group |  |  | lenders | synced |   |
    /// | 2026-02-02 | add-to-group | cy | bo | readers |  |   |
    /// | 2026-02-02 | add-to-group | cy | bo | lenders |  |   |
    /// | 2026-02-02 | add-to-group | cy | ana | payers |  |   |
    /// | 2026-02-03 | deliver |  | ana | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXC-01"),
        severity: Severity::High,
        practice: &["P1"],
        controls: &[AC_2_F, AC_2_G, AU_6, CC6_1],
        thresholds: &[&DELIVERY_LAG],
        reads: &[Table::Memberships, Table::AppRoleAssignments, Table::ResourceRoles, Table::Assignments, Table::Requests, Table::Groups, Table::AuditEvents],
        shard_by: Shard::Principal,
        cost: "direct holdings of packages' resources, each against the assignments of its holder",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    let assignments_known = cx.looked_at(Table::Assignments) || cx.access.has_log("audit") || !cx.access.requests.is_empty();
    let lag = cx.hours(&DELIVERY_LAG);
    for holding in cx.held() {
        let roles = cx.index.packages_with(&holding.entitlement);
        if roles.is_empty() || !by_hand(cx, holding) {
            continue;
        }
        let through_package = cx.index.explained(holding, cx.as_of(), lag)
            || holding.grant_kind == GrantKind::System
            || cx.index.by_service(holding) == Some(true)
            || cx.index.delivered_by(holding, lag).is_some();
        if through_package {
            out.pass();
        } else if assignments_known {
            out.push(judged(cx, holding, &roles, lag));
        } else {
            let message = "no assignments and no audit events are in the lake, so whether a package explains a membership is unknown";
            out.push(cx.lacking(
                ReasonCode::NoTelemetry,
                Table::Assignments,
                message,
                "Ingest package assignments or directory audit events.",
            ));
        }
    }
    out
}

/// Direct access of a person to something whose members people decide on.
fn by_hand(cx: &Context, holding: &Holding) -> bool {
    let person = matches!(holding.principal_type.as_str(), "user" | "guest" | "unknown");
    let direct = matches!(holding.entitlement.kind, EntitlementKind::Group | EntitlementKind::AppRole);
    let group = cx.access.groups.get(holding.entitlement.resource());
    let filled = group.is_some_and(|g| g.dynamic || g.synced);
    person && direct && !filled && holding.grant_kind != GrantKind::Pim
}

fn judged(cx: &Context, holding: &Holding, roles: &[(&PackageId, &PackageRole)], lag: i64) -> Finding {
    let mut draft = Draft::of_holding(cx, holding);
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    let mut packages: Vec<String> = roles.iter().map(|(p, _)| cx.package(p).name).collect();
    packages.dedup();
    let packages = words::listed(&packages);
    let event = cx.index.last_grant(holding).filter(|_| cx.index.by_service(holding) == Some(false));
    let looks = unexplained_looks(cx, holding, lag);
    let shown = match (event, looks.first(), looks.last()) {
        (Some(event), ..) => {
            let actor = event.actor.as_ref().map_or_else(|| event.actor_name, |a| cx.access.principal_name(a));
            draft.evidence.push(event.source.to_string());
            format!("{actor} added {who} on {}", words::minute(event.at))
        }
        (None, Some(first), Some(last)) if last.0 - first.0 >= lag => {
            format!("complete looks on {} and {} list {who}", words::day(*first), words::day(*last))
        }
        _ => {
            draft.message = format!(
                "{who} holds {what} {} without an assignment of {packages}, and neither an event nor two complete looks a day apart show it",
                since(holding)
            );
            draft.clears_when = "Another complete look at the members and at the assignments, a day or more later.".into();
            return cx.not_evaluable(ReasonCode::TooYoung, draft);
        }
    };
    let entered = roles.iter().filter_map(|(_, r)| r.since).min();
    let older = holding.held_from.zip(entered).is_some_and(|(held, entered)| held < entered);
    let privileged = cx.access.groups.get(holding.entitlement.resource()).is_some_and(|g| g.role_assignable);
    (draft.severity, draft.reason) = match (older, privileged) {
        (true, _) => (Severity::Low, "pre-existing"),
        (false, true) => (Severity::High, "out-of-band-privileged"),
        (false, false) => (Severity::Medium, "out-of-band"),
    };
    let note = match entered.filter(|_| older) {
        Some(entered) => format!("; they were there before it entered the package on {}", words::day(entered)),
        None => String::new(),
    };
    draft.message = format!(
        "{who} holds {what} {}, which is in {packages}, and no assignment explains it: {shown}{note}",
        since(holding)
    );
    draft.clears_when = format!("An assignment of {packages} to {who}, or a complete look at {what} that no longer lists {who}.");
    cx.finding(draft)
}

/// Complete looks that list the holding at times at which no assignment explains it.
fn unexplained_looks(cx: &Context, holding: &Holding, lag: i64) -> Vec<Instant> {
    // A pull takes hours, so pages of a look may be that much older than the look.
    const PULL: i64 = 12 * HOUR;
    let places = [holding.entitlement.resource(), "tenant"];
    let mut instants = Vec::new();
    for record in &holding.evidence {
        let Some((table, id)) = record.split_once(':') else {
            continue;
        };
        let key = (Interned::from(table), Interned::from(id));
        let Some(seen) = cx.access.seen.get(&key) else {
            continue;
        };
        let scopes = places.iter().filter_map(|s| cx.access.looks.get(&(table.into(), (*s).into())));
        let complete: Vec<Instant> = scopes.flatten().filter(|l| l.complete).map(|l| l.at).collect();
        let in_a_look = |t: &&Instant| complete.iter().any(|look| (0..=PULL).contains(&(look.0 - t.0)));
        instants.extend(seen.iter().filter(in_a_look).filter(|t| **t <= cx.as_of()).copied());
    }
    instants.retain(|t| !cx.index.explained(holding, *t, lag));
    instants.sort();
    instants.dedup();
    instants
}
