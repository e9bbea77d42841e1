//! `EXC-01`: access to a package's resource that no package explains.

use crate::check::define::check;
use crate::check::judge::since;
use crate::check::thresholds::DELIVERY_LAG;
use crate::check::{Activation, Context, Delivery, Draft, Giver, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{GroupFacts, PackageRole};
use crate::model::controls::{AC_2_F, AC_2_G, AU_6, CC6_1};
use crate::model::time::HOUR;
use crate::model::{CheckId, EntitlementKind, Finding, Holding, Instant, Interned, PackageId, ReasonCode, Severity};

check! {
    /// Access was given outside the package that is there for it
    ///
    /// ## Why it matters
    /// A package brings a request, an approval, an end and a review.
    /// Whoever is put into its group by hand has the same access with none of them, and no review of the package will ever list them.
    ///
    /// ## What it looks for
    /// A direct member of a group, or a holder of an app role, that is in a package, without an assignment of that person that explains it, a day more or less.
    /// It must be shown by an event in which somebody other than the entitlement service added them, or be seen in two complete snapshots at least a day apart, since a pull and a delivery both take time.
    /// It weighs high for role-assignable groups, and low for people who are proved to have been there before the group entered the package.
    /// What an ended assignment left behind is EXP-05; groups with a rule and groups synchronised from on premises are left out, and so is activation by privileged identity management; who is assigned through it stands in the group and counts.
    /// Who added them is known by application id: a display name that resembles the service's proves nothing.
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
    /// Nobody logged how Ana came in, and two snapshots show her; Di was seen once only; Eve was there before the group entered the package:
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
    /// An application that only sounds like the service added Ana; of the one that added Bo, no record tells the application id:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers |   |
    /// | 2026-01-02 | deliver |  | cy | payroll |  |   |
    /// | 2026-02-02 | add-to-group | app Entitlement Management Connector | ana | payers |  | ◀ medium |
    /// | 2026-02-02 | add-to-group | app Azure AD Identity Governance - Sync | bo | payers | without id | ◀ medium |
    /// | 2026-03-20 | look |  |  |  | without service_principals |   |
    /// | 2026-03-31 | look |  |  |  | without service_principals |   |
    ///
    /// Privileged identity management has Ana assigned for good and Bo activated for eight hours:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | keys | privileged group vault |   |
    /// | 2026-01-02 | deliver |  | cy | keys |  |   |
    /// | 2026-02-02 | pim-assign |  | ana | vault |  | ◀ high |
    /// | 2026-03-01 | look |  |  |  |  |   |
    /// | 2026-03-30 20:00 | activate |  | bo | vault | until 2026-03-31 04:00 |   |
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
        reads: &[Table::Memberships, Table::AppRoleAssignments, Table::ResourceRoles, Table::Assignments, Table::Requests, Table::Groups, Table::RoleSchedules, Table::Users, Table::ServicePrincipals, Table::Packages, Table::AuditEvents],
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
    cx.unlisted(&mut out, &[Table::Memberships]);
    cx.not_understood(&mut out, &[Table::Assignments]);
    if let Some(row) = cx.contents_unknown() {
        out.push_for(row, 0);
        return out;
    }
    cx.not_understood(&mut out, &[Table::ResourceRoles]);
    let is_owner = |r: &PackageRole| r.role.eq_ignore_ascii_case("owner");
    let given = cx.access.packages.values().filter(|p| !p.removed).flat_map(|p| &p.roles);
    let groups = given.filter(|r| r.kind == "group").map(|r| (r.resource.as_str(), is_owner(r)));
    cx.unlisted_groups(&mut out, groups);
    for holding in cx.held() {
        let roles = cx.index.packages_with(&holding.entitlement);
        if !roles.is_empty() && may_be_by_hand(cx, holding) {
            judge(cx, holding, &roles, &mut out);
        }
    }
    out
}

/// Direct access, not the mere right to activate it, of what may be a person.
fn may_be_by_hand(cx: &Context, holding: &Holding) -> bool {
    let direct = matches!(holding.entitlement.kind, EntitlementKind::Group | EntitlementKind::AppRole);
    direct && holding.assignment_state == "active" && cx.account(&holding.principal).is_person() != Some(false)
}

fn judge(cx: &Context, holding: &Holding, roles: &[(&PackageId, &PackageRole)], out: &mut Outcome) {
    let lag = cx.hours(&DELIVERY_LAG);
    let giver = cx.giver_of(holding);
    let delivery = cx.delivery(holding, lag);
    let through_package = cx.index.explained(holding, cx.as_of(), lag) || matches!(delivery, Delivery::By(_));
    let activation = cx.activation(holding, lag);
    if through_package {
        return out.pass_of(cx, holding, "a package explains it");
    }
    let group = cx.access.groups.get(holding.entitlement.resource());
    let filled = group.is_some_and(|g| g.dynamic == Some(true) || g.synced == Some(true));
    if filled || activation == Activation::Activated {
        return;
    }
    if !cx.looked_whole(Table::Assignments) {
        let message = "there is no complete snapshot of assignments, so whether a package explains a membership is unknown";
        return out.push(cx.lacking(
            ReasonCode::NoTelemetry,
            Table::Assignments,
            message,
            "Ingest all package assignments, with their count.",
        ));
    }
    match doubt(cx, holding, giver, delivery, &activation) {
        Some((why, clears_when)) => {
            let mut draft = Draft::of_holding(cx, holding);
            draft.message = format!(
                "{} holds {} {} without an assignment that explains it, and {why}",
                draft.subject.name,
                draft.object.name,
                since(holding)
            );
            draft.clears_when = clears_when.into();
            out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        }
        None => out.push(judged(cx, holding, roles, &activation)),
    }
}

/// What stands between an unexplained membership and a finding, and what would clear it up.
fn doubt(cx: &Context, holding: &Holding, giver: Option<Giver>, delivery: Delivery, activation: &Activation) -> Option<(String, &'static str)> {
    const LOG: &str = "The audit event by which they were added, with the application id of who did it.";
    if cx.account(&holding.principal).is_person().is_none() {
        let why = "no record tells whether that is a person's account";
        return Some((why.into(), "A snapshot of users and service principals that lists the account."));
    }
    let group = holding.entitlement.kind == EntitlementKind::Group;
    let told = |g: &GroupFacts| g.dynamic.is_some() && g.synced.is_some();
    if group && !cx.access.groups.get(holding.entitlement.resource()).is_some_and(told) {
        let why = "no record tells whether a rule or a synchronisation fills the group";
        return Some((why.into(), "A snapshot of groups that lists it, with groupTypes and onPremisesSyncEnabled."));
    }
    // Somebody's hand is proof, whatever else is not on record.
    if giver == Some(Giver::Somebody) {
        return None;
    }
    if let Delivery::Unclear(behind) = delivery {
        let why = format!(
            "no record tells whether an ended assignment of {} left it behind or somebody gave it by hand",
            behind.entitlement_name
        );
        return Some((why, LOG));
    }
    if let Activation::Unknown(why) = activation {
        return Some((why.clone(), "A snapshot of the assignment schedules of privileged identity management."));
    }
    None
}

fn judged(cx: &Context, holding: &Holding, roles: &[(&PackageId, &PackageRole)], activation: &Activation) -> Finding {
    let lag = cx.hours(&DELIVERY_LAG);
    let mut draft = Draft::of_holding(cx, holding);
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    let mut packages: Vec<String> = roles.iter().map(|(p, _)| cx.package(p).name).collect();
    packages.dedup();
    let packages = words::listed(&packages);
    let event = cx.index.last_grant(holding).filter(|_| cx.giver_of(holding) == Some(Giver::Somebody));
    let looks = unexplained_looks(cx, holding, lag);
    let shown = match (event, looks.first(), looks.last()) {
        (Some(event), ..) => {
            let actor = event.actor.as_ref().map_or_else(|| event.actor_name, |a| cx.access.principal_name(a));
            draft.evidence.push(event.source.to_string());
            format!("{actor} added {who} on {}", words::minute(event.at))
        }
        (None, Some(first), Some(last)) if last.0 - first.0 >= lag => {
            format!("complete snapshots of {} and {} list {who}", words::day(*first), words::day(*last))
        }
        _ => {
            draft.message = format!(
                "{who} holds {what} {} without an assignment of {packages}, and neither an event nor two complete snapshots a day apart show it",
                since(holding)
            );
            draft.clears_when = "Another complete snapshot of the members and of the assignments, a day or more later.".into();
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
    let standing = match activation {
        _ if cx.giver_of(holding) == Some(Giver::EntitlementManagement) => {
            "; entitlement management gave it, for an assignment that no record tells of any more"
        }
        Activation::Standing => "; privileged identity management has them as assigned, not as activated for a while",
        _ => "",
    };
    draft.message = format!(
        "{who} holds {what} {}, which is in {packages}, and no assignment explains it: {shown}{standing}{note}",
        since(holding)
    );
    draft.clears_when = format!("An assignment of {packages} to {who}, or a complete snapshot of {what} that no longer lists {who}.");
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
