//! `ORP-02`: a leaver, or a disabled account, still holds access.

use crate::check::define::check;
use crate::check::judge::since;
use crate::check::thresholds::DELIVERY_LAG;
use crate::check::{Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::model::controls::{CC6_2, CC6_3, HIPAA_308_A_3_II_C, PCI_8_2_5, PS_4};
use crate::model::{Certainty, CheckId, EntitlementKind, Finding, GrantKind, Holding, Instant, PrincipalState, ReasonCode, Severity};

check! {
    /// A person who left still holds access
    ///
    /// ## Why it matters
    /// A leaver has no duty any more that access could serve, and may have a grudge.
    /// The largest penalties for access that was not reviewed were about leavers.
    ///
    /// ## What it looks for
    /// A package, a directory role, or a group membership or app role that no package explains, held now by a person whose leave date is past by more than the grace.
    /// An account that is only disabled weighs low: the access cannot be used, and comes back whole when somebody enables the account.
    ///
    /// ## Known false positives
    /// Accounts of rooms, equipment and shared mailboxes are disabled by design.
    /// People on long leave are often disabled, and guests are blocked by their lifecycle before they are deleted.
    ///
    /// ## What to do
    /// Remove the access of leavers at once, and look for the step of the leaving process that did not reach it.
    /// For disabled accounts, find out whether the person left, and remove the access or record why it stays.
    ///
    /// ## Examples
    /// Ana left on 1 March and still has a package, and a group that no package explains; Bo leaves next month:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  | ◀ high |
    /// | 2026-01-06 | add-to-group | admin | ana | printers |  | ◀ high |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-03-01 | leave |  | ana |  |  |   |
    /// | 2026-04-30 | leave |  | bo |  |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Disabled only weighs low; the group that came with the package is the package's row:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | group payers |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  | ◀ low |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-03-01 | disable | admin | ana |  |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// The leave date is within the grace of a day, and access that was removed in time is gone:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-03-01 | leave |  | bo |  |  |   |
    /// | 2026-03-02 | remove | admin | bo | payroll |  |   |
    /// | 2026-03-30 12:00 | leave |  | ana |  |  |   |
    /// | 2026-03-31 09:00 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("ORP-02"),
        severity: Severity::High,
        practice: &["P1", "P2"],
        controls: &[PS_4, PCI_8_2_5, CC6_2, CC6_3, HIPAA_308_A_3_II_C],
        thresholds: &[&GRACE, &DELIVERY_LAG],
        reads: &[Table::Users, Table::Assignments, Table::Memberships, Table::AppRoleAssignments, Table::DirectoryRoles, Table::RoleSchedules, Table::AuditEvents, Table::ResourceRoles, Table::Packages, Table::Requests, Table::Groups, Table::ServicePrincipals],
        shard_by: Shard::Principal,
        cost: "holdings, each direct one against the assignments of its holder",
        run,
    }
}

static GRACE: Threshold = Threshold {
    name: "leaver_grace_hours",
    default: 24,
    unit: "hours",
    origin: "ours: one working day for the leaving process to run",
    help: "How long after the leave date access may still be there.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments, Table::Memberships]);
    cx.need(&mut out, Table::DirectoryRoles, "directory role assignments");
    cx.need(&mut out, Table::RoleSchedules, "schedules of privileged identity management");
    cx.leaves_untold(&mut out);
    let unknown = cx.contents_unknown();
    let judged = unknown.is_none();
    if let Some(row) = unknown {
        out.push_for(row, 0);
    }
    let whole = |h: &Holding| matches!(h.entitlement.kind, EntitlementKind::AccessPackage | EntitlementKind::DirectoryRole);
    for holding in cx.held().filter(|h| concerns(cx, h) && (judged || whole(h))) {
        let person = cx.access.people.get(&holding.principal);
        let known = person.is_some_and(|p| p.enabled.is_some() || p.leave_at.is_some());
        let leave = cx.left(holding).filter(|at| at.plus(cx.hours(&GRACE)) < cx.as_of());
        let disabled = holding.principal_state == PrincipalState::Disabled;
        if leave.is_some() || disabled {
            // What a package or a rule explains is not theirs to keep.
            match of_its_own(cx, holding) {
                Some(true) if !seen_since(cx, holding, leave) => out.push(unseen(cx, holding)),
                Some(true) => out.push(found(cx, holding)),
                Some(false) => {}
                None => out.push(filled(cx, holding)),
            }
        } else if known && !cx.leave_told(&holding.principal) && holding.principal_state != PrincipalState::Deleted {
            // The row for the tenant says so.
        } else if known || holding.principal_state == PrincipalState::Deleted {
            out.pass_of(cx, holding, "the account is in use, as far as its record tells, and nobody has left");
        } else if cx.index.accounts_known {
            let mut draft = Draft::of_holding(cx, holding);
            draft.message = format!(
                "{} holds {}, and no record tells whether that account is enabled or its owner has left",
                draft.subject.name, draft.object.name
            );
            draft.clears_when = "A snapshot of users that lists the account.".into();
            out.push(cx.not_evaluable(ReasonCode::JoinMissing, draft));
        } else {
            let message = "no users are in the lake, so whose account is disabled and who has left is unknown";
            out.push(cx.lacking(
                ReasonCode::NoTelemetry,
                Table::Users,
                message,
                "Export users with accountEnabled and employeeLeaveDateTime.",
            ));
        }
    }
    out
}

/// What people hold.
fn concerns(cx: &Context, holding: &Holding) -> bool {
    let person = cx.account(&holding.principal).is_person() != Some(false);
    person && holding.grant_kind != GrantKind::Group
}

/// Packages, directory roles, and what else people hold with neither a package nor a rule behind it; `None` where a rule may be.
fn of_its_own(cx: &Context, holding: &Holding) -> Option<bool> {
    match holding.entitlement.kind {
        EntitlementKind::AccessPackage | EntitlementKind::DirectoryRole => Some(true),
        _ if cx.index.explained(holding, cx.as_of(), cx.hours(&DELIVERY_LAG)) => Some(false),
        EntitlementKind::Group => cx.access.groups.get(holding.entitlement.resource()).and_then(|g| g.dynamic).map(|d| !d),
        EntitlementKind::AppRole | EntitlementKind::SiteRole => Some(true),
    }
}

/// Whether any witness saw a holding after its holder left, or was disabled: where nobody knows since when that is, since users were
/// last looked at.
fn seen_since(cx: &Context, holding: &Holding, leave: Option<Instant>) -> bool {
    let onset = leave.or(holding.principal_state_since).map(|t| t.plus(1));
    let Some(at) = onset.or_else(|| cx.index.newest_look(Table::Users)).map(|t| t.plus(-1)) else {
        return true;
    };
    let watched = holding.until_certainty != Certainty::Unknown || holding.until_earliest.is_none_or(|t| at < t);
    watched || holding.last_seen.is_some_and(|t| at < t) || holding.proved.iter().any(|w| at < w.until)
}

/// What nobody has looked at since somebody left or was disabled.
fn unseen(cx: &Context, holding: &Holding) -> Finding {
    let mut draft = Draft::of_holding(cx, holding);
    let last = holding.until_earliest.or(holding.last_seen).map_or_else(|| "then".to_string(), words::day);
    draft.caveat = String::new();
    draft.message = format!(
        "{} left or is disabled, and no source has watched since {last} whether {} is still theirs",
        draft.subject.name, draft.object.name
    );
    draft.clears_when = "A snapshot of what is held, of after that.".into();
    cx.not_evaluable(ReasonCode::SourceStale, draft)
}

fn filled(cx: &Context, holding: &Holding) -> Finding {
    let mut draft = Draft::of_holding(cx, holding);
    draft.message = format!(
        "{} left or is disabled and is still in {}, and no record tells whether a rule fills that group",
        draft.subject.name, draft.object.name
    );
    draft.clears_when = "A snapshot of groups that lists it.".into();
    cx.not_evaluable(ReasonCode::JoinMissing, draft)
}

fn found(cx: &Context, holding: &Holding) -> Finding {
    let mut draft = Draft::of_holding(cx, holding);
    let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
    if let Some(person) = cx.access.people.get(&holding.principal) {
        draft.evidence.extend(person.evidence.iter().map(ToString::to_string));
    }
    let leave = cx.left(holding).filter(|at| at.plus(cx.hours(&GRACE)) < cx.as_of());
    let held = format!("still holds {what}, {}", since(holding));
    match leave {
        Some(at) => {
            let days = words::duration(cx.as_of().0 - at.0);
            draft.severity = Severity::High;
            draft.reason = "leaver";
            draft.from = Some(at);
            draft.message = format!("{who} left on {}, {days} ago, and {held}", words::day(at));
            draft.clears_when = format!("The removal of {what} from {who}, or a corrected leave date.");
        }
        None => {
            let onset = match holding.principal_state_since {
                Some(at) => format!("has been disabled since {}", words::day(at)),
                None => "is disabled, nobody knows since when,".into(),
            };
            draft.severity = Severity::Low;
            draft.reason = "disabled";
            draft.from = holding.principal_state_since;
            draft.message = format!("the account {who} {onset} and {held}");
            draft.clears_when = format!("The removal of {what} from {who}, or the account being enabled again.");
        }
    }
    cx.finding(draft)
}
