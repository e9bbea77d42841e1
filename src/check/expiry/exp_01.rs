//! `EXP-01`: an assignment without an end.

use crate::check::define::check;
use crate::check::judge::{Rhythm, since};
use crate::check::thresholds::{REVIEW_OTHER, REVIEW_SENSITIVE, REVIEW_SLACK};
use crate::check::{Context, Draft, Known, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_2_2, AC_6, ISO_A_5_18};
use crate::model::{CheckId, Holding, PackageId, ReasonCode, Severity};

check! {
    /// Access has no end date
    ///
    /// ## Why it matters
    /// Access that ends by itself needs nobody to remember it.
    /// Access without an end stays until a person acts, so it must at least come before a person from time to time.
    ///
    /// ## What it looks for
    /// A package held now whose assignment has no end: its expiration is "none" and no end was set.
    /// It weighs low where the policy behind it has a review at least as often as its class asks, since expiry is not the only way to get a fresh decision, and where no record tells whether it has one.
    /// Assignments by a rule end when the rule no longer fits, and are left out.
    /// So are packages that the configuration exempts.
    ///
    /// ## Known false positives
    /// Access that is part of employment as such, such as the intranet: exempt the package.
    ///
    /// ## What to do
    /// Set an expiration in the policy, and an end date on the assignments that exist, or give the policy a review.
    ///
    /// ## Examples
    /// No end and no review; the same with a quarterly review weighs low, and is still listed:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | no review |   |
    /// | 2026-01-01 | policy |  |  | library | review P3M |   |
    /// | 2026-01-10 | deliver |  | ana | payroll | no end | ◀ |
    /// | 2026-01-10 | deliver |  | bo | library | no end | ◀ low |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// An end is set, and a rule assigns:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | intranet | automatic |   |
    /// | 2026-01-10 | deliver |  | ana | payroll | until 2026-12-31 |   |
    /// | 2026-01-10 | deliver |  | ana | intranet | no end |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXP-01"),
        severity: Severity::Medium,
        practice: &["P4"],
        controls: &[AC_2_2, AC_6, ISO_A_5_18],
        thresholds: &[&REVIEW_SENSITIVE, &REVIEW_OTHER, &REVIEW_SLACK],
        reads: &[Table::Assignments, Table::Requests, Table::Policies, Table::Packages, Table::ResourceRoles, Table::Groups, Table::AuditEvents],
        shard_by: Shard::Principal,
        cost: "one pass over each package held",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    // Events tell of deliveries, never of the end that was set.
    let schedules = cx.access.holdings.iter().any(|h| h.no_expiration || h.scheduled_until.is_some());
    for (holding, package) in cx.held_packages() {
        let exempt = cx.on_list(&cx.config.no_expiry_exempt, &package);
        if holding.scheduled_until.is_some() {
            out.pass_of(cx, holding, format_args!("an end is set: {}", holding.scheduled_until.unwrap_or_default()));
        } else if cx.automatic(holding) || matches!(exempt, Known::Yes(_)) {
            // Not a part of the population.
        } else if holding.no_expiration {
            out.push(match (cx.by_rule(holding), exempt) {
                (Some(_), Known::No | Known::Yes(_)) => endless(cx, holding, &package),
                (_, Known::Unknown(why)) => doubtful(cx, holding, &format!("whether the configuration exempts it is unknown: {why}")),
                (None, _) => doubtful(cx, holding, "neither its policy nor its request is on record, so a rule may have assigned it"),
            });
        } else if schedules {
            let mut draft = Draft::of_holding(cx, holding);
            draft.message = format!(
                "{} holds {} {}, and no record tells whether an end was set",
                draft.subject.name,
                draft.object.name,
                since(holding)
            );
            draft.clears_when = "A snapshot of the assignment, or the request that led to it.".into();
            out.push(cx.not_evaluable(ReasonCode::NoTelemetry, draft));
        } else {
            let message = "neither assignments nor requests are in the lake, so no record tells whether access has an end";
            out.push(cx.lacking(
                ReasonCode::NoTelemetry,
                Table::Assignments,
                message,
                "Ingest package assignments or assignment requests.",
            ));
        }
    }
    out
}

fn doubtful(cx: &Context, holding: &Holding, why: &str) -> crate::model::Finding {
    let mut draft = Draft::of_holding(cx, holding);
    draft.message = format!(
        "{} holds {} {} with no end date, and {why}",
        draft.subject.name,
        draft.object.name,
        since(holding)
    );
    draft.clears_when = "A snapshot of packages and assignment policies, or the request that led to it.".into();
    cx.not_evaluable(ReasonCode::JoinMissing, draft)
}

fn endless(cx: &Context, holding: &Holding, package: &PackageId) -> crate::model::Finding {
    let mut draft = Draft::of_holding(cx, holding);
    let policy = holding.policy.as_ref().and_then(|p| cx.access.policies.get(p));
    let rhythm = policy.map_or(Rhythm::Unknown, |p| cx.rhythm(Some(package), p));
    let review = match &rhythm {
        Rhythm::Enough { every } => format!("its policy has it reviewed every {every}"),
        Rhythm::Rare { every, asked } => format!(
            "its policy has it reviewed only every {every}, where once every {} is asked",
            words::count(*asked, "month")
        ),
        Rhythm::Never { .. } => "its policy has no review".into(),
        Rhythm::Over { ended, .. } => format!("the review of its policy ended on {}", words::day(*ended)),
        Rhythm::Once { .. } => "its policy has it reviewed once only".into(),
        Rhythm::ClassUnknown { every } => format!("its policy has it reviewed every {every}, and whether that is enough is unknown"),
        Rhythm::Unknown => "no record tells whether its policy has it reviewed".into(),
    };
    (draft.severity, draft.reason) = match rhythm {
        Rhythm::Enough { .. } => (Severity::Low, "no-end-reviewed"),
        Rhythm::Unknown | Rhythm::ClassUnknown { .. } => (Severity::Low, "no-end-review-unknown"),
        Rhythm::Never { .. } | Rhythm::Rare { .. } | Rhythm::Over { .. } | Rhythm::Once { .. } => (Severity::Medium, "no-end"),
    };
    draft.message = format!(
        "{} holds {} {} with no end date, and {review}",
        draft.subject.name,
        draft.object.name,
        since(holding)
    );
    if let Some(policy) = &holding.policy {
        draft.evidence.push(format!("policies:{policy}"));
    }
    draft.clears_when = "An end date on the assignment.".into();
    cx.finding(draft)
}
