//! `STA-02`: access that was used once and is no longer.

use super::telemetry::{self, granted};
use crate::check::define::check;
use crate::check::judge::since;
use crate::check::thresholds::SIGN_IN_LAG;
use crate::check::{Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_6_7, CC6_2, CC6_3, HIPAA_308_A_4_II_C};
use crate::model::{CheckId, Severity};

check! {
    /// Access has not been used lately
    ///
    /// ## Why it matters
    /// People move on to other work and keep what they held for the old one.
    /// What was needed once and is not used any more is what a periodic review is for.
    ///
    /// ## What it looks for
    /// A package, or an app role outside packages, held for at least the threshold by an account that works, whose last successful use is longer ago than the threshold.
    /// Use is judged as in STA-01, and access that was never used since its grant is left to STA-01.
    /// Where sign-in logs begin after the grant, no use in all the time that they cover is enough, if that time is as long as the threshold.
    ///
    /// ## Known false positives
    /// Seasonal work, long leave, and accounts for emergencies that the configuration does not name.
    /// Use that leaves no sign-in at the package's applications.
    ///
    /// ## What to do
    /// Put the access before its reviewer with the date of the last use, and remove it unless somebody vouches for it.
    ///
    /// ## Examples
    /// Ana used the application in January and not since; Bo used it in March:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | app ledger |   |
    /// | 2026-01-01 | log |  |  | sign-ins | until 2026-06-30 |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  | ◀ |
    /// | 2026-01-05 | deliver |  | bo | payroll |  |   |
    /// | 2026-01-20 09:00 | sign-in | ana |  | ledger |  |   |
    /// | 2026-05-20 09:00 | sign-in | bo |  | ledger |  |   |
    /// | 2026-06-30 | look |  |  |  |  |   |
    ///
    /// The log begins after the grant and covers more than 90 days without a sign-in:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | app ledger |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  | ◀ |
    /// | 2026-03-01 | log |  |  | sign-ins | until 2026-06-30 |   |
    /// | 2026-06-30 | look |  |  |  |  |   |
    ///
    /// Never used at all is another check's; 60 days of log are too few to tell:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | package |  |  | payroll | app ledger |   |
    /// | 2026-01-05 | user |  | cy |  | last sign-in 2026-01-02 |   |
    /// | 2026-01-05 | deliver |  | ana | payroll |  | ? |
    /// | 2026-01-05 | deliver |  | cy | library |  |   |
    /// | 2026-05-01 | log |  |  | sign-ins | until 2026-06-30 |   |
    /// | 2026-06-30 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("STA-02"),
        severity: Severity::Medium,
        practice: &["P1", "P2"],
        controls: &[AC_6_7, CC6_2, CC6_3, HIPAA_308_A_4_II_C],
        thresholds: &[&NOT_USED, &SIGN_IN_LAG],
        reads: &[Table::Assignments, Table::AppRoleAssignments, Table::Requests, Table::AuditEvents, Table::ResourceRoles, Table::ServicePrincipals, Table::SignIns, Table::Users, Table::Packages, Table::Coverage],
        shard_by: Shard::Principal,
        cost: "holdings, each against the days on which its holder signed in",
        run,
    }
}

static NOT_USED: Threshold = Threshold {
    name: "not_used_days",
    default: 90,
    unit: "days",
    origin: "PCI DSS 4.0.1 8.2.6 for accounts, applied to what they hold",
    help: "How long ago the last use may be.",
};

/// Tiers in use elsewhere, shown beside each finding: the vendor's recommendation, CIS 5.3, PCI 8.2.6, half a year.
const TIERS: &[i64] = &[30, 45, 90, 180];

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    let limit = cx.days(&NOT_USED);
    let cut = cx.since(&NOT_USED);
    for holding in telemetry::population(cx, &mut out) {
        let seen = telemetry::of_holding(cx, holding);
        if seen.last.is_some_and(|t| t >= cut) {
            out.pass_of(cx, holding, format_args!("used, last on {}", seen.last.unwrap_or_default().day()));
            continue;
        }
        if telemetry::is_young(cx, holding, limit) {
            out.pass_of(cx, holding, "given too recently to be called unused");
            continue;
        }
        if telemetry::is_anothers(cx, holding) {
            continue;
        }
        let mut draft = Draft::of_holding(cx, holding);
        let (who, what) = (draft.subject.name.clone(), draft.object.name.clone());
        let (latest, maybe) = (seen.latest(), seen.perhaps.is_some());
        draft.evidence.extend(seen.evidence);
        let lately = seen.perhaps.filter(|(at, _)| *at >= cut).map(|(_, gap)| gap);
        let unknown = lately.or_else(|| telemetry::doubt(cx, holding, limit));
        let sight = match (seen.sight, unknown) {
            (Ok(sight), None) => sight,
            (Ok(_), Some(blind)) | (Err(blind), _) => {
                out.push(blind.row(cx, draft));
                continue;
            }
        };
        let never = latest.is_none() && granted(holding).is_some_and(|grant| sight.from <= grant);
        if never {
            continue;
        }
        if sight.from > cut {
            out.push(sight.too_short(cx, holding, draft));
            continue;
        }
        if latest.is_some_and(|last| last >= sight.until.plus(-limit)) {
            out.push(sight.stale(cx, draft));
            continue;
        }
        draft.severity = Severity::Medium;
        draft.reason = "not-used-lately";
        draft.message = match latest {
            Some(last) => {
                let days = cx.as_of().days_since(last);
                let place = if maybe { " anywhere" } else { &seen.place };
                format!(
                    "{who} has held {what} {} and last signed in{place} on {}, {} ago ({}){}",
                    since(holding),
                    words::day(last),
                    words::count(days, "day"),
                    tiers(days),
                    sight.basis()
                )
            }
            None => {
                let days = cx.as_of().days_since(sight.from);
                format!(
                    "{who} has held {what} {} and has not signed in{} in the {} that the log covers ({}){}",
                    since(holding),
                    seen.place,
                    words::count(days, "day"),
                    tiers(days),
                    sight.basis()
                )
            }
        };
        draft.clears_when = format!("A successful sign-in{}, or the removal of {what} from {who}.", seen.place);
        out.push(cx.finding(draft));
    }
    out
}

/// Which tiers that many days are past.
fn tiers(days: i64) -> String {
    let passed: Vec<String> = TIERS.iter().filter(|t| days > **t).map(ToString::to_string).collect();
    match passed.as_slice() {
        [] => "within the tier of 30 days".into(),
        [one] => format!("past the tier of {one} days"),
        [first @ .., last] => format!("past the tiers of {} and {last} days", first.join(", ")),
    }
}
