//! `EXP-04`: access that goes on and on, each time without a look.

use super::decisions::{Decisions, Missed, Renewal};
use crate::check::define::check;
use crate::check::{Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::controls::{AC_2_J, CC6_3};
use crate::model::{CheckId, Holding, Instant, ReasonCode, Severity};

check! {
    /// Access was extended again and again without approval
    ///
    /// ## Why it matters
    /// Access with an end that its holder moves each time is access without an end.
    ///
    /// ## What it looks for
    /// A package held now that its holder has extended twice or more since somebody last approved it or a reviewer last kept it.
    /// An extension counts where its own record says that nobody was asked, or its policy as it was then asked nobody.
    /// An administrator who moves an end decides it.
    ///
    /// ## Known false positives
    /// Approval of extensions that is given in another system.
    ///
    /// ## What to do
    /// Have it reviewed now, and ask for approval of extensions in the policy.
    ///
    /// ## Examples
    /// Ana extended twice, Bo once:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | expires P30D |   |
    /// | 2026-01-05 | deliver |  | ana | payroll | until 2026-02-01 | ◀ medium |
    /// | 2026-01-05 | deliver |  | bo | payroll | until 2026-02-01 |   |
    /// | 2026-01-25 | extend | ana | ana | payroll | until 2026-03-01 |   |
    /// | 2026-01-25 | extend | bo | bo | payroll | until 2026-04-01 |   |
    /// | 2026-02-25 | extend | ana | ana | payroll | until 2026-04-01 |   |
    /// | 2026-03-20 | look |  |  |  |  |   |
    ///
    /// A reviewer kept it in between, and extensions of which no record tells whether they were approved:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | expires P30D |   |
    /// | 2026-01-01 | policy |  |  | library | expires P30D, stage boss |   |
    /// | 2026-01-05 | deliver |  | ana | payroll | until 2026-02-01 |   |
    /// | 2026-01-05 | deliver |  | bo | library | until 2026-02-01 | ? |
    /// | 2026-01-25 | extend | ana | ana | payroll | until 2026-03-01 |   |
    /// | 2026-01-25 | extend | bo | bo | library | until 2026-03-01 |   |
    /// | 2026-02-10 | decide | boss | ana | payroll | approve |   |
    /// | 2026-02-25 | extend | ana | ana | payroll | until 2026-04-01 |   |
    /// | 2026-02-25 | extend | bo | bo | library | until 2026-04-01 |   |
    /// | 2026-03-20 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXP-04"),
        severity: Severity::Medium,
        practice: &["P4", "P3"],
        controls: &[AC_2_J, CC6_3],
        thresholds: &[&EXTENSIONS],
        reads: &[Table::Assignments, Table::Requests, Table::Approvals, Table::AuditEvents, Table::ReviewDecisions, Table::ReviewDefinitions, Table::ReviewInstances, Table::Policies, Table::Packages, Table::Coverage],
        shard_by: Shard::Principal,
        cost: "one pass over each package held, with the requests and reviews of its holder",
        run,
    }
}

static EXTENSIONS: Threshold = Threshold {
    name: "unseen_extensions",
    default: 2,
    unit: "extensions",
    origin: "ours: once may bridge a delay, twice is a habit",
    help: "How many extensions in a row without a person's decision are a finding.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Assignments]);
    let decisions = Decisions::new(cx);
    let least = usize::try_from(cx.threshold(&EXTENSIONS)).unwrap_or(usize::MAX).max(1);
    for (holding, _) in cx.held_packages() {
        judge(cx, holding, &decisions, least, &mut out);
    }
    out
}

fn judge(cx: &Context, holding: &Holding, decisions: &Decisions, least: usize, out: &mut Outcome) {
    let kept = decisions.kept(cx, holding);
    let renewals = decisions.renewals(cx, holding);
    let since: Vec<&(&RequestHistory, Instant, Renewal)> = renewals
        .iter()
        .rev()
        .take_while(|(_, at, r)| !matches!(r, Renewal::Approved(_)) && kept.is_none_or(|k| k < *at))
        .collect();
    let unseen = since.iter().take_while(|(_, _, r)| *r == Renewal::Unseen).count();
    let mut draft = Draft::of_holding(cx, holding);
    if since.len() < least {
        // Fewer are known than there may have been.
        if !cx.looked_whole(Table::Requests) {
            return Missed::Own("no complete snapshot of requests tells of all extensions".into()).push(cx, holding, "extended", out);
        }
        return out.pass_of(cx, &draft, "not extended so often without a person's decision");
    }
    if unseen < least {
        let message = format!(
            "{} extended {} {}, and no record tells whether anybody approved that",
            draft.subject.name,
            draft.object.name,
            words::many(since.len(), "time")
        );
        return out.push(draft.untold(
            cx,
            ReasonCode::OutsideRetention,
            message,
            "Audit events or approvals of those extensions, or the policy as it was then.",
        ));
    }
    let first = since[unseen - 1].1;
    if let Some(missed) = decisions.missed(cx, holding, first) {
        return missed.push(cx, holding, "was decided on again for", out);
    }
    draft
        .evidence
        .extend(since.iter().take(unseen).flat_map(|(r, _, _)| r.evidence.iter().map(ToString::to_string)));
    draft.severity = Severity::Medium;
    draft.reason = "extended-unseen";
    draft.message = format!(
        "{} has extended {} {} since {}, and nobody approved or reviewed it in between",
        draft.subject.name,
        draft.object.name,
        words::many(unseen, "time"),
        words::day(first),
    );
    draft.clears_when = "An approved extension, a review that keeps it, or its removal.".into();
    out.push(cx.finding(draft));
}
