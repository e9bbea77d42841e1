//! `EXP-08`: access that is renewed without anybody looking, or that cannot be renewed though it goes on.

use crate::check::define::check;
use crate::check::judge::Rhythm;
use crate::check::policies::{BRIEF, SENSITIVITY_CLEARS};
use crate::check::thresholds::{LOOK_BACK, REVIEW_OTHER, REVIEW_SENSITIVE, REVIEW_SLACK};
use crate::check::{Context, Draft, Known, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::PolicyFacts;
use crate::model::controls::{AC_2_J, AC_6};
use crate::model::time::DAY;
use crate::model::{CheckId, EntitlementKind, Holding, Instant, PolicyId, PrincipalId, ReasonCode, Severity};
use std::collections::BTreeMap;

check! {
    /// A policy renews access unseen, or makes people ask again and again
    ///
    /// ## Why it matters
    /// An end date asks for a fresh decision.
    /// Where holders can push it away themselves, the decision is theirs; where they can only ask anew each time, approvers learn to agree without reading.
    ///
    /// ## What it looks for
    /// A policy that asks for approval of a request, or is of a sensitive package, and lets holders extend what they hold without approval, with no review as often as its class asks.
    /// Where nobody approves a request in the first place and the package is not sensitive, an extension gives no more than a new request would.
    /// A policy that forbids extensions, though in the last 365 days people asked again for what had ended within seven days, three times or more; that weighs low.
    /// Access that ends within a day of itself is meant to be asked for each time, and left out there.
    ///
    /// ## Known false positives
    /// Access for a week or a shift of a few days that is meant to be asked for each time.
    ///
    /// ## What to do
    /// Ask for approval of extensions, or review the holders; let ongoing access be extended with approval.
    ///
    /// ## Examples
    /// An approver decides the request, and nobody the extensions; the same with a review, and with approval of both:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | stage boss, extension without approval, no review | ◀ medium |
    /// | 2026-01-01 | policy |  |  | library | stage boss, extension without approval, review P6M |   |
    /// | 2026-01-01 | policy |  |  | intranet | stage boss, no review |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Extensions are forbidden, and Ana asks again each time:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | stage boss, no extension, expires P30D | ◀ low |
    /// | 2026-01-02 | deliver |  | ana | payroll | until 2026-01-20 |   |
    /// | 2026-01-20 | expire |  | ana | payroll |  |   |
    /// | 2026-01-21 | deliver |  | ana | payroll | until 2026-02-10 |   |
    /// | 2026-02-10 | expire |  | ana | payroll |  |   |
    /// | 2026-02-11 | deliver |  | ana | payroll | until 2026-03-01 |   |
    /// | 2026-03-01 | expire |  | ana | payroll |  |   |
    /// | 2026-03-02 | deliver |  | ana | payroll | until 2026-04-01 |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Access for two hours, asked for each evening:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | stage boss, no extension, expires PT2H |   |
    /// | 2026-03-20 20:00 | deliver |  | ana | payroll | until 2026-03-20 22:00 |   |
    /// | 2026-03-20 22:00 | expire |  | ana | payroll |  |   |
    /// | 2026-03-21 20:00 | deliver |  | ana | payroll | until 2026-03-21 22:00 |   |
    /// | 2026-03-21 22:00 | expire |  | ana | payroll |  |   |
    /// | 2026-03-22 20:00 | deliver |  | ana | payroll | until 2026-03-22 22:00 |   |
    /// | 2026-03-22 22:00 | expire |  | ana | payroll |  |   |
    /// | 2026-03-23 20:00 | deliver |  | ana | payroll | until 2026-03-23 22:00 |   |
    /// | 2026-03-23 22:00 | expire |  | ana | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// A day's access that nobody approves and everybody may extend, and one that nobody may and nobody needs to:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | expires P1D, no review |   |
    /// | 2026-01-01 | policy |  |  | library | stage boss, no extension, expires PT2H, no review |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXP-08"),
        severity: Severity::Medium,
        practice: &["P4"],
        controls: &[AC_2_J, AC_6],
        thresholds: &[&REVIEW_SENSITIVE, &REVIEW_OTHER, &REVIEW_SLACK, &LOOK_BACK, &AGAIN_WITHIN, &AGAIN, &BRIEF],
        reads: &[Table::Policies, Table::Assignments, Table::Requests, Table::AuditEvents, Table::Packages, Table::ResourceRoles, Table::Groups],
        shard_by: Shard::Whole,
        cost: "one pass over each policy, and each holding against the one before it",
        run,
    }
}

static AGAIN_WITHIN: Threshold = Threshold {
    name: "asked_again_days",
    default: 7,
    unit: "days",
    origin: "ours: who asks again within a week never meant to give it up",
    help: "How soon after its end access is asked for again where it goes on.",
};

static AGAIN: Threshold = Threshold {
    name: "asked_again_times",
    default: 3,
    unit: "times",
    origin: "ours: twice may be chance",
    help: "How often people ask again before a policy that forbids extensions is told.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_policies("how access is renewed") {
        out.push_for(row, 0);
        return out;
    }
    let again = asked_again(cx);
    for (id, policy) in cx.live_policies(&mut out) {
        let (draft, called) = Draft::of_policy(cx, id, policy);
        match policy.extendable {
            // There is no end to extend: another check tells that.
            _ if policy.expiration_type.eq_ignore_ascii_case("noExpiration") => out.pass_of(cx, &draft, "there is no end to extend"),
            _ if !matches!(policy.expiration_type.to_ascii_lowercase().as_str(), "afterduration" | "afterdatetime") => {
                let message = format!("the record of {called} does not tell whether its access ends");
                out.push(draft.untold(cx, ReasonCode::NoTelemetry, message, "An export of assignment policies with their expiration."));
            }
            None => {
                let message = format!("the record of {called} does not tell whether holders may extend their access");
                let clears_when = "An export of assignment policies with their requestor settings.";
                out.push(draft.untold(cx, ReasonCode::NoTelemetry, message, clears_when));
            }
            Some(false) if cx.is_brief(policy) == Some(true) => out.pass_of(cx, &draft, "access ends of itself within a day, and is asked for each time"),
            Some(false) => forbidden(cx, draft, &called, again.get(id), &mut out),
            Some(true) => renewed(cx, draft, &called, policy, &mut out),
        }
    }
    out
}

fn renewed(cx: &Context, mut draft: Draft, called: &str, policy: &PolicyFacts, out: &mut Outcome) {
    let rhythm = cx.rhythm(policy.package.as_ref(), policy);
    let enough = matches!(rhythm, Rhythm::Enough { .. });
    let sensitive = cx.is_for_sensitive(policy);
    let due = match (policy.approval_required, &sensitive) {
        (Some(true), _) | (_, Known::Yes(_)) => Some(true),
        (Some(false), Known::No) => Some(false),
        _ => None,
    };
    match (policy.approval_for_extension, due) {
        (Some(true), _) | (_, Some(false)) => return out.pass_of(cx, &draft, "an extension needs approval, or nobody has to approve at all"),
        _ if enough => return out.pass_of(cx, &draft, "it is reviewed often enough"),
        (Some(false), Some(true)) => {}
        (None, _) => {
            let message = format!("the record of {called} does not tell whether an extension needs approval");
            let clears_when = "An export of assignment policies with their approval settings.";
            return out.push(draft.untold(cx, ReasonCode::NoTelemetry, message, clears_when));
        }
        (Some(false), None) => {
            let message = format!(
                "{called} lets holders extend their access without approval, and whether a request needs approval or the package is sensitive is unknown"
            );
            return out.push(draft.untold(cx, ReasonCode::JoinMissing, message, SENSITIVITY_CLEARS));
        }
    }
    let review = match rhythm {
        Rhythm::Rare { every, .. } => format!("reviews them only every {every}"),
        Rhythm::Never { .. } => "never reviews them".into(),
        Rhythm::Over { ended, .. } => format!("has not reviewed them since {}", words::day(ended)),
        Rhythm::Once { .. } => "reviews them once only".into(),
        Rhythm::Enough { .. } | Rhythm::ClassUnknown { .. } | Rhythm::Unknown => {
            let message = format!("{called} lets holders extend their access without approval, and whether it is reviewed often enough is unknown");
            return out.push(draft.untold(
                cx,
                ReasonCode::JoinMissing,
                message,
                "A snapshot of policies with their review settings, and of packages with their contents.",
            ));
        }
    };
    draft.severity = Severity::Medium;
    draft.reason = "renews-unseen";
    draft.message = format!("{called} lets holders extend their access without approval and {review}");
    draft.clears_when = "Approval of extensions, or a review that is frequent enough.".into();
    out.push(cx.finding(draft));
}

fn forbidden(cx: &Context, mut draft: Draft, called: &str, again: Option<&Again>, out: &mut Outcome) {
    let (times, least) = (again.map_or(0, |a| a.times), cx.threshold(&AGAIN).max(1));
    let Some(again) = again.filter(|_| times >= least) else {
        // Fewer are known than there may have been.
        if !(cx.looked_whole(Table::Assignments) && cx.looked_whole(Table::Requests)) {
            let message = format!("{called} forbids extensions, and no record tells how often people asked again");
            return out.push(draft.untold(cx, ReasonCode::NoTelemetry, message, "Ingest all package assignments and assignment requests."));
        }
        return out.pass_of(cx, &draft, "people do not ask again and again");
    };
    draft.severity = Severity::Low;
    draft.reason = "forbids-renewal";
    draft.from = Some(again.first);
    draft.until = Some(again.last);
    draft.evidence.extend(again.evidence.iter().cloned());
    draft.message = format!(
        "{called} forbids extensions, and {} asked again {} within {} of the end",
        words::many(again.people.len(), "holder"),
        words::count(times, "time"),
        words::count(cx.threshold(&AGAIN_WITHIN), "day"),
    );
    draft.clears_when = "A policy that lets holders ask for an extension, with approval.".into();
    out.push(cx.finding(draft));
}

/// How often the same access was asked for again soon after its end.
struct Again<'a> {
    times: i64,
    people: Vec<&'a PrincipalId>,
    first: Instant,
    last: Instant,
    evidence: Vec<String>,
}

fn asked_again<'a>(cx: &Context<'a>) -> BTreeMap<&'a PolicyId, Again<'a>> {
    let mut holdings: Vec<&Holding> = cx
        .access
        .holdings
        .iter()
        .filter(|h| h.entitlement.kind == EntitlementKind::AccessPackage)
        .collect();
    let begun = |h: &Holding| cx.began(h);
    holdings.sort_by(|a, b| (&a.principal, &a.entitlement, begun(a), &a.assignment).cmp(&(&b.principal, &b.entitlement, begun(b), &b.assignment)));
    let since = cx.since(&LOOK_BACK);
    let mut again: BTreeMap<&PolicyId, Again> = BTreeMap::new();
    for pair in holdings.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        let same = before.principal == after.principal && before.entitlement == after.entitlement;
        let (Some(policy), Some(end), Some(begin)) = (&after.policy, before.held_until, begun(after)) else {
            continue;
        };
        // An end that was set came; what somebody removed is another matter.
        let ended = before.scheduled_until.is_some_and(|t| t <= end.plus(DAY));
        let soon = end <= begin && begin <= end.plus(cx.days(&AGAIN_WITHIN)) && since <= begin && begin <= cx.as_of();
        if !(same && ended && soon) {
            continue;
        }
        let entry = again.entry(policy).or_insert_with(|| Again {
            times: 0,
            people: Vec::new(),
            first: begin,
            last: begin,
            evidence: Vec::new(),
        });
        entry.times += 1;
        if entry.people.last() != Some(&&after.principal) {
            entry.people.push(&after.principal);
        }
        (entry.first, entry.last) = (entry.first.min(begin), entry.last.max(begin));
        entry.evidence.extend(after.evidence.iter().map(ToString::to_string));
    }
    again
}
