//! `STA-01`: access that was granted and never used.

use super::telemetry::{self, granted};
use crate::check::define::check;
use crate::check::judge::since;
use crate::check::thresholds::SIGN_IN_LAG;
use crate::check::{Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_2_3, AC_6_7, CC6_3, HIPAA_308_A_4_II_C};
use crate::model::{CheckId, Severity};

check! {
    /// Access was granted and has not been used since
    ///
    /// ## Why it matters
    /// Access that nobody uses serves nobody but the one who steals the account.
    /// It is also the easiest access to take back, since nobody will miss it.
    ///
    /// ## What it looks for
    /// A package, or an app role outside packages, held for at least the grace by an account that works, without one successful sign-in since the grant.
    /// Where the package contains an application and the lake has sign-in logs, only sign-ins at its applications count, and both streams, interactive and non-interactive, must cover all the time since the grant.
    /// Accounts for emergencies by the rules of the configuration are left out.
    /// A package without an application, or a lake without sign-in logs, is judged by the account's last successful sign-in.
    /// A last sign-in that failed is no use.
    /// A sign-in that cannot be joined to an application, for want of the application's id or of the package's contents, may have been a use: such access is not evaluable.
    ///
    /// ## Known false positives
    /// Access for a task that comes once a year, and accounts for emergencies that the configuration does not name (`populations.break_glass`).
    /// Use that leaves no sign-in: a file share, a mailing list, a site reached with a token that another application got.
    /// Coverage that is only inferred from the first and last record of a filtered export; the message says so.
    ///
    /// ## What to do
    /// Ask the holder whether the access is still needed, and remove it when there is no answer.
    /// Where many holders of one package are listed, ask the package's owner what it is for.
    ///
    /// ## Examples
    /// Ana never opened the application that her package gives her; Bo did:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | package |  |  | payroll | app ledger |   |
    /// | 2026-01-05 | log |  |  | sign-ins | until 2026-03-31 |   |
    /// | 2026-01-10 | deliver |  | ana | payroll |  | ◀ |
    /// | 2026-01-10 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-02 09:00 | sign-in | bo |  | ledger |  |   |
    /// | 2026-02-03 09:00 | sign-in | ana |  | ledger | failed |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Without sign-in logs the account's last success decides: Cy signed in before the grant and not since, Di after it:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | user |  | cy |  | last sign-in 2026-01-02 |   |
    /// | 2026-01-05 | user |  | di |  | last sign-in 2026-01-20 |   |
    /// | 2026-01-10 | deliver |  | cy | library |  | ◀ |
    /// | 2026-01-10 | deliver |  | di | library |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// The log begins after the grant, so nobody can tell; and twenty days are within the grace:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | package |  |  | payroll | app ledger |   |
    /// | 2026-01-10 | deliver |  | ana | payroll |  | ? |
    /// | 2026-02-01 | log |  |  | sign-ins | until 2026-03-31 |   |
    /// | 2026-03-11 | deliver |  | bo | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("STA-01"),
        severity: Severity::Medium,
        practice: &["P1"],
        controls: &[AC_2_3, AC_6_7, CC6_3, HIPAA_308_A_4_II_C],
        thresholds: &[&GRACE, &SIGN_IN_LAG],
        reads: &[Table::Assignments, Table::AppRoleAssignments, Table::Requests, Table::AuditEvents, Table::ResourceRoles, Table::ServicePrincipals, Table::SignIns, Table::Users, Table::Packages, Table::Coverage],
        shard_by: Shard::Principal,
        cost: "holdings, each against the days on which its holder signed in",
        run,
    }
}

static GRACE: Threshold = Threshold {
    name: "never_used_days",
    default: 30,
    unit: "days",
    origin: "vendor: the access package recommendation of Entra looks back 30 days",
    help: "How long access may stay unused after its grant before it is a finding.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    for holding in telemetry::population(cx, &mut out) {
        let seen = telemetry::of_holding(cx, holding);
        if seen.last.is_some() {
            out.pass_of(cx, holding, format_args!("used, last on {}", seen.last.unwrap_or_default().day()));
            continue;
        }
        if telemetry::is_young(cx, holding, cx.days(&GRACE)) {
            out.pass_of(cx, holding, "given too recently to be called unused");
            continue;
        }
        if telemetry::is_anothers(cx, holding) {
            continue;
        }
        let mut draft = Draft::of_holding(cx, holding);
        let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
        draft.evidence.extend(seen.evidence);
        let unknown = seen.perhaps.map(|(_, gap)| gap).or_else(|| telemetry::doubt(cx, holding, cx.days(&GRACE)));
        let sight = match (seen.sight, unknown) {
            (Ok(sight), None) => sight,
            (Ok(_), Some(blind)) | (Err(blind), _) => {
                out.push(blind.row(cx, draft));
                continue;
            }
        };
        if granted(holding).is_none_or(|grant| sight.from > grant) {
            out.push(sight.too_short(cx, holding, draft));
            continue;
        }
        let began = cx.began(holding);
        if began.is_some_and(|from| sight.until.plus(-cx.days(&GRACE)) < from) {
            out.push(sight.stale(cx, draft));
            continue;
        }
        let days = began.map_or(0, |from| sight.until.days_since(from));
        // Seen later than its record says that it began.
        let by_record = began.filter(|from| holding.held_from.or(holding.from_latest) != Some(*from));
        let by_record = by_record.map_or_else(String::new, |from| format!(", by its record from {}", words::day(from)));
        draft.severity = Severity::Medium;
        draft.reason = "never-used";
        draft.message = format!(
            "{who} has held {what} {}{by_record} ({}) and has not once signed in{} since{}",
            since(holding),
            words::count(days, "day"),
            seen.place,
            sight.basis(),
        );
        draft.clears_when = format!("A successful sign-in{}, or the removal of {what} from {who}.", seen.place);
        out.push(cx.finding(draft));
    }
    out
}
