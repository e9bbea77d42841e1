//! `ORP-01`: access of somebody who is not there.

use crate::check::define::check;
use crate::check::judge::since;
use crate::check::{Context, Draft, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_2_3, CC6_2, CC6_3, PS_4};
use crate::model::time::DAY;
use crate::model::{CheckId, EntitlementKind, GrantKind, Holding, Interned, PrincipalState, ReasonCode, Severity};

check! {
    /// A deleted account still holds access
    ///
    /// ## Why it matters
    /// A deleted account can be restored for thirty days, with all that it held.
    /// And an assignment of somebody who is gone hides in every count and every review.
    ///
    /// ## What it looks for
    /// A package or a directory role held by an account that is deleted, by its own record or by an audit event; or whose holder a complete snapshot of users does not list, though a snapshot a day later still lists the holding.
    ///
    /// ## Known false positives
    /// The first days after a deletion, in which Entra cleans up by itself.
    ///
    /// ## What to do
    /// Remove the assignment, and see that leavers lose their packages before their account.
    ///
    /// ## Examples
    /// Ana's account was deleted, Bo's was not:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  | ◀ medium |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-03-01 | delete | admin | ana |  |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A disabled account is another check's, and access that was removed before is gone:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-28 | remove | admin | bo | payroll |  |   |
    /// | 2026-03-01 | disable | admin | ana |  |  |   |
    /// | 2026-03-01 | delete | admin | bo |  |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("ORP-01"),
        severity: Severity::Medium,
        practice: &["P1", "P2"],
        controls: &[AC_2_3, PS_4, CC6_2, CC6_3],
        thresholds: &[],
        reads: &[Table::Assignments, Table::DirectoryRoles, Table::RoleSchedules, Table::Requests, Table::AuditEvents, Table::Users, Table::Groups, Table::ServicePrincipals, Table::Memberships, Table::AppRoleAssignments],
        shard_by: Shard::Principal,
        cost: "one pass over each package and directory role held",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments, Table::DirectoryRoles, Table::RoleSchedules]);
    let concerned = |h: &&Holding| {
        let own = matches!(h.entitlement.kind, EntitlementKind::AccessPackage | EntitlementKind::DirectoryRole);
        own && h.grant_kind != GrantKind::Group && cx.account(&h.principal).is_person() != Some(false)
    };
    for holding in cx.held().filter(concerned) {
        judge(cx, holding, &mut out);
    }
    out
}

fn judge(cx: &Context, holding: &Holding, out: &mut Outcome) {
    let draft = Draft::of_holding(cx, holding);
    if holding.principal_state == PrincipalState::Deleted {
        let when = holding.principal_state_since.map_or_else(String::new, |t| format!(" on {}", words::day(t)));
        return out.push(found(cx, draft, holding, &format!("was deleted{when}")));
    }
    let Some((at, listed)) = cx.access.listed.get(Table::Users.name()) else {
        let message = "no complete snapshot of users is in the lake, so whose account is gone is unknown";
        return out.push(cx.lacking(ReasonCode::NoTelemetry, Table::Users, message, "Ingest all users."));
    };
    if listed.contains(&Interned::from(holding.principal.as_str())) {
        return out.pass_of(cx, &draft, "the account is there");
    }
    let user = cx.account(&holding.principal).is_person() == Some(true);
    let seen_since = holding.last_seen.is_some_and(|seen| seen >= at.plus(DAY));
    if user && seen_since && cx.gone_from(Table::Users, holding.principal.as_str()) {
        return out.push(found(cx, draft, holding, &format!("was not listed among all users on {}", words::day(*at))));
    }
    let message = format!(
        "{} holds {}, and the complete snapshot of users of {} does not list the account",
        draft.subject.name,
        draft.object.name,
        words::day(*at)
    );
    out.push(draft.untold(
        cx,
        ReasonCode::JoinMissing,
        message,
        "A later snapshot of users and of what is held, or the audit event of a deletion.",
    ));
}

fn found(cx: &Context, mut draft: Draft, holding: &Holding, how: &str) -> crate::model::Finding {
    if let Some(person) = cx.access.people.get(&holding.principal) {
        draft.evidence.extend(person.evidence.iter().map(ToString::to_string));
    }
    draft.severity = Severity::Medium;
    draft.reason = "deleted-holder";
    draft.from = holding.principal_state_since.or(draft.from);
    draft.message = format!(
        "the account {} {how} and still holds {}, {}",
        draft.subject.name,
        draft.object.name,
        since(holding)
    );
    draft.clears_when = format!("A complete snapshot that no longer lists {} for it.", draft.object.name);
    cx.finding(draft)
}
