//! `EXP-02`: a policy that never lets access end.

use crate::check::define::check;
use crate::check::judge::Rhythm;
use crate::check::thresholds::{REVIEW_OTHER, REVIEW_SENSITIVE, REVIEW_SLACK};
use crate::check::{Context, Draft, Known, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::PolicyFacts;
use crate::model::controls::{AC_2_2, AC_6, ISO_A_5_18};
use crate::model::{CheckId, Finding, PolicyId, ReasonCode, Severity};

check! {
    /// A policy never lets access end
    ///
    /// ## Why it matters
    /// What a policy does not end, somebody must remember to end, for each holder anew.
    /// The policy is the one place where an end can be set for all of them.
    ///
    /// ## What it looks for
    /// A policy of a live package whose expiration is "none".
    /// It weighs low where the policy has a review at least as often as its class asks, since expiry is not the only way to get a fresh decision, and where no record tells whether it has one.
    /// Policies that assign by a rule are left out: their access ends when the rule no longer fits.
    /// So are packages that the configuration exempts from having an end.
    ///
    /// ## Known false positives
    /// Access that is part of employment as such, such as the intranet: exempt the package.
    ///
    /// ## What to do
    /// Set an expiration in the policy, after a number of days or on a date, or give it a review.
    ///
    /// ## Examples
    /// No end and no review; the same with a quarterly review weighs low:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | no expiry, no review | ◀ medium |
    /// | 2026-01-01 | policy |  |  | library | no expiry, review P3M | ◀ low |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// An end after half a year, a rule that assigns, and a record that does not tell:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | expires P180D, no review |   |
    /// | 2026-01-01 | policy |  |  | intranet | no expiry, automatic |   |
    /// | 2026-01-01 | policy |  |  | library | expiry untold | ? |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXP-02"),
        severity: Severity::Medium,
        practice: &["P4"],
        controls: &[AC_2_2, AC_6, ISO_A_5_18],
        thresholds: &[&REVIEW_SENSITIVE, &REVIEW_OTHER, &REVIEW_SLACK],
        reads: &[Table::Policies, Table::Assignments, Table::Packages, Table::ResourceRoles, Table::Groups],
        shard_by: Shard::Package,
        cost: "one pass over each policy",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_policies("whether access ends by itself") {
        out.push_for(row, 0);
        return out;
    }
    for (id, policy) in cx.live_policies(&mut out) {
        let exempt = policy.package.as_ref().map_or(Known::No, |p| cx.on_list(&cx.config.no_expiry_exempt, p));
        match (policy.expiration_type.to_ascii_lowercase().as_str(), exempt) {
            (_, Known::Yes(_)) => {}
            ("afterdatetime" | "afterduration", _) => out.pass_of(cx, &(id, policy), "its access ends by itself"),
            ("noexpiration", Known::No) => out.push(found(cx, id, policy)),
            ("noexpiration", Known::Unknown(why)) => {
                let (draft, called) = Draft::of_policy(cx, id, policy);
                let message = format!("{called} sets no end, and whether the configuration exempts its package is unknown: {why}");
                out.push(draft.untold(cx, ReasonCode::JoinMissing, message, "A snapshot of packages that lists it."));
            }
            _ => {
                let (draft, called) = Draft::of_policy(cx, id, policy);
                let message = format!("the record of {called} does not tell whether its access ends");
                out.push(draft.untold(cx, ReasonCode::NoTelemetry, message, "An export of assignment policies with their expiration."));
            }
        }
    }
    out
}

fn found(cx: &Context, id: &PolicyId, policy: &PolicyFacts) -> Finding {
    let (mut draft, called) = Draft::of_policy(cx, id, policy);
    let (severity, reason, review) = match cx.rhythm(policy.package.as_ref(), policy) {
        Rhythm::Enough { every } => (Severity::Low, "no-expiry-reviewed", format!("and has it reviewed every {every}")),
        Rhythm::ClassUnknown { every } => (
            Severity::Low,
            "no-expiry-review-unknown",
            format!("and has it reviewed every {every}, of which nobody can tell whether it is enough"),
        ),
        Rhythm::Unknown => (
            Severity::Low,
            "no-expiry-review-unknown",
            "and no record tells whether it has it reviewed".into(),
        ),
        Rhythm::Rare { every, asked } => (
            Severity::Medium,
            "no-expiry",
            format!(
                "and has it reviewed only every {every}, where once every {} is asked",
                words::count(asked, "month")
            ),
        ),
        Rhythm::Never { .. } => (Severity::Medium, "no-expiry", "and has no review".into()),
        Rhythm::Over { ended, .. } => (Severity::Medium, "no-expiry", format!("and its review ended on {}", words::day(ended))),
        Rhythm::Once { .. } => (Severity::Medium, "no-expiry", "and has it reviewed once only".into()),
    };
    draft.severity = severity;
    draft.reason = reason;
    draft.message = format!("{called} never lets access end {review}");
    draft.clears_when = "An expiration in the policy.".into();
    cx.finding(draft)
}
