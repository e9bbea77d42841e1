//! `STA-03`: access of an account that nobody uses.

use crate::check::define::check;
use crate::check::{Account, Context, Draft, Outcome, Population, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::Person;
use crate::model::controls::{AC_2_3, CIS_5_3, PCI_8_2_6};
use crate::model::{CheckId, EntitlementKind, Finding, GrantKind, Holding, Instant, PrincipalId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// An account that nobody uses still holds access
    ///
    /// ## Why it matters
    /// Nobody notices when a forgotten account is used by somebody else, and all that it holds goes with it.
    ///
    /// ## What it looks for
    /// An enabled account that holds a package or a directory role, and whose last successful sign-in is 90 days ago or more; one row an account.
    /// The last success is what the user's record or the sign-in logs tell, whichever is later; attempts that failed do not count.
    /// Guests who were invited and have not come yet, accounts younger than that, people whose leave date has passed, and accounts for emergencies that the configuration names, are left out.
    ///
    /// ## Known false positives
    /// Somebody on long leave, of which the directory knows nothing.
    /// An account for emergencies that the configuration does not name.
    ///
    /// ## What to do
    /// Ask the manager or sponsor, disable the account and remove what it holds.
    ///
    /// ## Examples
    /// Ana has not signed in since autumn, Bo did last week:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-06-01 | user |  | ana |  | created 2025-06-01, last sign-in 2025-10-20 |   |
    /// | 2025-06-01 | user |  | bo |  | created 2025-06-01, last sign-in 2026-03-25 |   |
    /// | 2025-09-05 | deliver |  | ana | payroll |  | ◀ medium |
    /// | 2025-09-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A disabled account is another check's, a guest has not come yet, an account is young, and one has no telemetry:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2025-06-01 | user |  | ana |  | created 2025-06-01, last sign-in 2025-10-20 |   |
    /// | 2025-06-01 | user |  | gil |  | guest, created 2025-06-01, pending |   |
    /// | 2026-03-01 | user |  | cy |  | created 2026-03-01 |   |
    /// | 2025-06-01 | user |  | di |  | created 2025-06-01 |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-05 | deliver |  | gil | payroll |  |   |
    /// | 2026-03-05 | deliver |  | cy | payroll |  |   |
    /// | 2026-01-05 | deliver |  | di | payroll |  | ? |
    /// | 2026-03-01 | disable | admin | ana |  |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("STA-03"),
        severity: Severity::Medium,
        practice: &["P1", "P2"],
        controls: &[AC_2_3, CIS_5_3, PCI_8_2_6],
        thresholds: &[&DORMANT, &DORMANT_GUEST],
        reads: &[Table::Users, Table::SignIns, Table::Assignments, Table::DirectoryRoles, Table::RoleSchedules, Table::Requests, Table::AuditEvents, Table::Groups, Table::ServicePrincipals, Table::Memberships, Table::AppRoleAssignments],
        shard_by: Shard::Principal,
        cost: "one pass over each holder, and the days on which they signed in",
        run,
    }
}

static DORMANT: Threshold = Threshold {
    name: "dormant_days",
    default: 90,
    unit: "days",
    origin: "PCI DSS 4.0.1 8.2.6: inactive accounts within 90 days",
    help: "How long an account may be without a successful sign-in.",
};

static DORMANT_GUEST: Threshold = Threshold {
    name: "dormant_guest_days",
    default: 90,
    unit: "days",
    origin: "common practice for guests",
    help: "The same for guests.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    let own = |h: &&Holding| matches!(h.entitlement.kind, EntitlementKind::AccessPackage | EntitlementKind::DirectoryRole) && h.grant_kind != GrantKind::Group;
    let mut holders: BTreeMap<&PrincipalId, Vec<&Holding>> = BTreeMap::new();
    for holding in cx.held().filter(own) {
        holders.entry(&holding.principal).or_default().push(holding);
    }
    for (who, holdings) in holders {
        judge(cx, who, &holdings, &mut out);
    }
    out
}

fn judge(cx: &Context, who: &PrincipalId, holdings: &[&Holding], out: &mut Outcome) {
    let account = cx.account(who);
    let mut held: Vec<String> = holdings.iter().map(|h| h.entitlement_name.to_string()).collect();
    held.dedup();
    // What it holds, until the sentence is made.
    let draft = Draft {
        subject: cx.principal(who),
        message: words::listed(&held),
        evidence: holdings.iter().flat_map(|h| h.evidence.iter().map(ToString::to_string)).collect(),
        ..Draft::default()
    };
    if account.is_person() == Some(false) || cx.left(holdings[0]).is_some() || cx.works(holdings[0]) == Some(false) {
        return;
    }
    if matches!(cx.who(who), Ok((Population::BreakGlass, _))) {
        return;
    }
    let known = account.is_person().is_some() && cx.works(holdings[0]).is_some();
    let (Some(person), true) = (cx.access.people.get(who), known) else {
        if !cx.index.accounts_known {
            let message = "no users are in the lake, so whose account is in use is unknown";
            return out.push(cx.lacking(
                ReasonCode::NoTelemetry,
                Table::Users,
                message,
                "Export users with accountEnabled and signInActivity.",
            ));
        }
        let message = format!(
            "no record tells whether the account {} is enabled, or whether it is a person's",
            draft.subject.name
        );
        return out.push(draft.untold(cx, ReasonCode::JoinMissing, message, "A snapshot of users that lists the account."));
    };
    let days = match account {
        Account::Guest => (cx.threshold(&DORMANT_GUEST), cx.threshold(&DORMANT_GUEST)),
        Account::Member => (cx.threshold(&DORMANT), cx.threshold(&DORMANT)),
        _ => (
            cx.threshold(&DORMANT).min(cx.threshold(&DORMANT_GUEST)),
            cx.threshold(&DORMANT).max(cx.threshold(&DORMANT_GUEST)),
        ),
    };
    let ago = |t: Instant| cx.as_of().days_since(t);
    let young = person.created_at.is_some_and(|t| ago(t) < days.0);
    if person.external_state.eq_ignore_ascii_case("PendingAcceptance") {
        return;
    }
    let last = last_success(cx, who, person);
    match last {
        Some(at) if ago(at) < days.0 => out.pass_of(cx, &draft, format_args!("signed in last on {}", words::day(at))),
        Some(at) if ago(at) >= days.1 => dormant(cx, draft, (account, person), at, days.1, out),
        Some(_) => {
            let message = format!(
                "whether {} is a member or a guest is unknown, and decides how long it may be unused",
                draft.subject.name
            );
            out.push(draft.untold(cx, ReasonCode::JoinMissing, message, "Users with userType."));
        }
        None if young => out.pass_of(cx, &draft, "the account is too young to be called unused"),
        None if !cx.index.account_telemetry => {
            let message = "no account of the tenant has a last successful sign-in on record, so which accounts are in use is unknown";
            out.push(cx.lacking(ReasonCode::NoTelemetry, Table::Users, message, CLEARS));
        }
        None => {
            let message = format!(
                "{} has no last successful sign-in on record, so whether the account is in use is unknown",
                draft.subject.name
            );
            out.push(draft.untold(cx, ReasonCode::NoTelemetry, message, CLEARS));
        }
    }
}

const CLEARS: &str = "Export users with signInActivity (AuditLog.Read.All and a P1 licence), or ingest sign-in logs.";

/// The last success that any record tells.
fn last_success(cx: &Context, who: &PrincipalId, person: &Person) -> Option<Instant> {
    let logged = cx.index.usage_of(who).iter().filter(|u| u.successes > 0);
    let logged = logged.map(|u| u.last_success.unwrap_or(u.day));
    logged.chain(person.last_successful_at).filter(|t| *t <= cx.as_of()).max()
}

fn dormant(cx: &Context, draft: Draft, (account, person): (Account, &Person), at: Instant, days: i64, out: &mut Outcome) {
    // The value is as old as the look that showed it; a log that goes on tells of nobody whom it does not name.
    let seen = cx.index.newest_look(Table::Users).filter(|_| person.last_successful_at.is_some());
    let sure = seen.is_some_and(|look| look.days_since(at) >= days);
    if !sure {
        let message = format!(
            "{} last signed in on {}, and no snapshot of users since is late enough to tell whether the account is in use",
            draft.subject.name,
            words::day(at)
        );
        return out.push(draft.untold(cx, ReasonCode::SourceStale, message, CLEARS));
    }
    out.push(found(cx, draft, (account, person), at, days));
}

fn found(cx: &Context, mut draft: Draft, (account, person): (Account, &Person), at: Instant, days: i64) -> Finding {
    let what = if account == Account::Guest { "guest" } else { "account" };
    draft.severity = Severity::Medium;
    draft.reason = "dormant";
    draft.from = Some(at);
    draft.evidence.extend(person.evidence.iter().map(ToString::to_string));
    draft.message = format!(
        "the {what} {} last signed in on {}, {} ago, where {days} are allowed, and still holds {}",
        draft.subject.name,
        words::day(at),
        words::count(cx.as_of().days_since(at), "day"),
        draft.message,
    );
    draft.clears_when = "A successful sign-in, or the removal of what it holds.".into();
    cx.finding(draft)
}
