//! `EXC-06`: privilege that is there day and night.

use crate::check::define::check;
use crate::check::judge::since;
use crate::check::surround::holdings;
use crate::check::thresholds::DELIVERY_LAG;
use crate::check::who::Population;
use crate::check::{Activation, Context, Draft, Giver, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_6_5, ISO_A_8_2};
use crate::model::{CheckId, EntitlementKind, Holding, Instant, Interned, Presence, ReasonCode, Severity, Window};

check! {
    /// Privileged access is active all the time and has no end
    ///
    /// ## Why it matters
    /// A privilege that is active day and night is there for whoever steals the session at three in the morning.
    /// Privileged identity management can make it eligible, to be activated for some hours with a reason.
    ///
    /// ## What it looks for
    /// A directory role or the membership of a role-assignable group that a person holds actively and without an end: assigned by a schedule without one, by hand where no schedule stands behind it, or by a package whose assignment has no end.
    /// What was activated for a while, is only eligible, or has an end, passes.
    /// Roles by which a directory is synchronised are left out, and so are applications, which cannot activate anything.
    ///
    /// ## Known false positives
    /// Accounts for emergencies, which must work when nothing else does: name them in the configuration (`populations.break_glass`) and watch their use.
    ///
    /// ## What to do
    /// Make the assignment eligible, or give it an end.
    ///
    /// ## Examples
    /// A role without an end, a group that somebody filled by hand, and a package without an end that leads into it:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | keys | privileged group vault |   |
    /// | 2026-01-05 | role |  | ana | Helpdesk Administrator | permanent | ◀ high |
    /// | 2026-01-05 | deliver |  | bo | keys | no end | ◀ vault |
    /// | 2026-01-05 | add-to-group | cy | di | vault |  | ◀ high |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Activated for a while, eligible, until a day, by a package with an end, and the account that synchronises the directory:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | keys | privileged group vault |   |
    /// | 2026-03-30 20:00 | role |  | ana | Helpdesk Administrator | activated, until 2026-04-01 |   |
    /// | 2026-01-05 | role |  | bo | Helpdesk Administrator | eligible |   |
    /// | 2026-01-05 | role |  | cy | Helpdesk Administrator | until 2026-06-30 |   |
    /// | 2026-01-05 | deliver |  | di | keys |  |   |
    /// | 2026-01-05 | role |  | sync | Directory Synchronization Accounts | permanent |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// No schedules are on record, so nobody can tell a standing role from one that was activated:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | role |  | ana | Helpdesk Administrator | permanent | ? |
    /// | 2026-03-31 | look |  |  |  | without role_schedules |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXC-06"),
        severity: Severity::High,
        practice: &["P1", "P4"],
        controls: &[AC_6_5, ISO_A_8_2],
        thresholds: &[&DELIVERY_LAG],
        reads: holdings!(RoleDefinitions),
        shard_by: Shard::Principal,
        cost: "directory roles and memberships of role-assignable groups, each with its schedules and assignments",
        run,
    }
}

/// Roles by which connectors write into the directory.
const SYNCHRONISATION: [&str; 2] = [
    // Directory Synchronization Accounts
    "d29b2b05-8046-44ba-8758-1e26182fcf32",
    // On Premises Directory Sync Account
    "a92aed5d-d78a-4d16-b381-09adb37eb3b0",
];

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Memberships]);
    for (table, what) in [
        (Table::DirectoryRoles, "directory role assignments"),
        (Table::RoleSchedules, "schedules of privileged identity management"),
        (Table::Groups, "groups"),
    ] {
        cx.need(&mut out, table, what);
    }
    cx.need_log(&mut out);
    let groups = cx.access.groups.iter().filter(|(_, g)| g.role_assignable);
    cx.unlisted_groups(&mut out, groups.map(|(id, _)| (id.as_str(), false)));
    let emergency = |h: &&Holding| matches!(cx.who(&h.principal), Ok((Population::BreakGlass, _)));
    for holding in cx.held().filter(|h| cx.account(&h.principal).is_person() != Some(false) && !emergency(h)) {
        match privileged(cx, holding) {
            Some(true) => judge(cx, holding, &mut out),
            Some(false) => {}
            None if !cx.looked_at(Table::Groups) => {}
            None => {
                let message = "no record of some groups tells whether they may carry directory roles, so their members were not judged";
                out.push_for(
                    cx.lacking(
                        ReasonCode::JoinMissing,
                        Table::Groups,
                        message,
                        "A snapshot of groups, with isAssignableToRole.",
                    ),
                    0,
                );
            }
        }
    }
    out
}

/// Whether what somebody holds is a privilege; `None` where the record of a group does not tell.
fn privileged(cx: &Context, holding: &Holding) -> Option<bool> {
    let key = &holding.entitlement;
    match key.kind {
        EntitlementKind::DirectoryRole => Some(!SYNCHRONISATION.contains(&key.resource())),
        EntitlementKind::Group => {
            let group = cx.access.groups.get(key.resource())?;
            let told = group.role_assignable_told || key.is_group_owner();
            told.then_some(group.role_assignable && !key.is_group_owner())
        }
        _ => Some(false),
    }
}

/// Whether something is there for good, and by what that is known.
enum Standing {
    Yes(&'static str, String),
    No,
    Unknown(String),
}

fn judge(cx: &Context, holding: &Holding, out: &mut Outcome) {
    if holding.assignment_state != "active" || holding.entitlement.is_eligible() {
        return out.pass_of(cx, holding, "eligible, not active");
    }
    let person = cx.account(&holding.principal).is_person();
    let mut draft = Draft::of_holding(cx, holding);
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    match standing(cx, holding) {
        Standing::No => out.pass_of(cx, &draft, "not active for good"),
        Standing::Yes(reason, how) if person == Some(true) => {
            draft.severity = Severity::High;
            draft.reason = reason;
            draft.message = format!("{who} holds {what} {}, active and without an end: {how}", since(holding));
            draft.clears_when = format!("An assignment of {what} that has an end or must be activated, or a complete snapshot that no longer lists {who}.");
            out.push(cx.finding(draft));
        }
        told => {
            let why = match told {
                Standing::Unknown(why) => why,
                _ => "no record tells whether that is a person's account".into(),
            };
            draft.message = format!("{who} holds {what}, and {why}");
            draft.clears_when = "A snapshot of the assignment schedule instances of privileged identity management.".into();
            out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        }
    }
}

fn standing(cx: &Context, holding: &Holding) -> Standing {
    let ids = holding.evidence.iter().filter_map(|e| e.strip_prefix("role_schedules:"));
    let schedules: Vec<_> = ids.filter_map(|id| cx.access.role_schedules.get(&Interned::from(id))).collect();
    let now: Vec<_> = schedules.iter().filter(|s| s.end_at.is_none_or(|t| cx.as_of() < t)).collect();
    if !now.is_empty() && now.iter().all(|s| s.end_at.is_some()) {
        return Standing::No;
    }
    match cx.activation(holding, cx.hours(&DELIVERY_LAG)) {
        Activation::Activated => Standing::No,
        Activation::Standing => Standing::Yes("standing", "its schedule is assigned and has no end".into()),
        Activation::Unknown(why) => Standing::Unknown(why),
        Activation::None if holding.entitlement.kind == EntitlementKind::DirectoryRole && !is_without_schedule(cx, holding) => {
            Standing::Unknown("no schedule of privileged identity management tells whether it was assigned for good or activated for a while".into())
        }
        Activation::None => without_schedule(cx, holding),
    }
}

/// Whether a complete listing of active schedules, made while a role was held, has none of its holder: it was neither activated nor assigned there.
fn is_without_schedule(cx: &Context, holding: &Holding) -> bool {
    let looks = cx.access.looks.get(&(Table::RoleSchedules.name().into(), "tenant".into()));
    let held = |at: Instant| holding.presence(Window::at(at)) == Presence::Certain;
    let last = looks.into_iter().flatten().filter(|l| l.complete && l.at <= cx.as_of()).max_by_key(|l| l.at);
    !holding.evidence.iter().any(|e| e.starts_with("role_schedules:")) && last.is_some_and(|l| held(l.at))
}

/// What privileged identity management has nothing to do with.
fn without_schedule(cx: &Context, holding: &Holding) -> Standing {
    if cx.contents_unknown().is_some() {
        return Standing::Unknown("what packages contain is not on record, so whether one gives it is unknown".into());
    }
    let behind: Vec<&Holding> = cx.index.assignments_behind(holding).into_iter().filter(|h| h.held_at(cx.as_of())).collect();
    if let Some(endless) = behind.iter().find(|h| h.no_expiration) {
        return Standing::Yes("standing-by-package", format!("the assignment of {} has no end", endless.entitlement_name));
    }
    if behind.iter().any(|h| h.scheduled_until.is_some()) {
        return Standing::No;
    }
    if !behind.is_empty() {
        return Standing::Unknown("no record tells whether the assignment that gives it has an end".into());
    }
    let schedules_known = holding.entitlement.kind == EntitlementKind::DirectoryRole || cx.group_schedules_known();
    match (cx.giver_of(holding), cx.looked_whole(Table::Assignments) && schedules_known) {
        (Some(Giver::Somebody), _) => {
            let event = cx.index.last_grant(holding);
            let when = event.map_or_else(String::new, |e| format!(" on {}", words::day(e.at)));
            Standing::Yes("standing-by-hand", format!("somebody added them by hand{when}"))
        }
        // Whoever gave it: nothing takes it away again.
        (_, true) => Standing::Yes("standing", "no schedule and no package gives it an end".into()),
        _ => Standing::Unknown("no record tells whether a schedule or a package gives it an end".into()),
    }
}
