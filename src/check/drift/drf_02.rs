//! `DRF-02`: a policy asks for less than it did.

use crate::check::define::check;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, words};
use crate::lake::table::Table;
use crate::ledger::access_model::PolicyFacts;
use crate::ledger::policy_history::{PolicyHistory, PolicyVersion};
use crate::model::controls::{AU_6, CM_3};
use crate::model::{CheckId, Finding, Instant, PolicyId, ReasonCode, Severity, Window};
use std::collections::BTreeSet;

check! {
    /// A policy was weakened
    ///
    /// ## Why it matters
    /// Who may change a policy can open a package without asking anybody for access.
    /// The assignments that follow look regular, since by then they are.
    ///
    /// ## What it looks for
    /// A policy in use that asks for less than it did within the last 365 days: approval, a stage of approval, the end of access, the reason of requestors or approvers, or the review is gone.
    /// It compares looks at the policy, and takes what the log tells of approval.
    /// That approval is gone weighs high.
    /// What was taken away and restored since is no finding here: APR-07 tells it where access was given in between.
    ///
    /// ## Known false positives
    /// A change that was decided: keep the decision as an exception with its ticket.
    ///
    /// ## What to do
    /// Ask whoever changed it why, restore what was there, and review what was given since.
    ///
    /// ## Examples
    /// Approval was taken away between two snapshots, and so was the end of access:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | stage boss | ◀ high |
    /// | 2026-01-01 | policy |  |  | library | expires P90D, review P3M | ◀ medium |
    /// | 2026-01-31 | look |  |  |  |  |   |
    /// | 2026-02-10 | policy | admin |  | payroll | no approval |   |
    /// | 2026-02-11 | policy | admin |  | library | no expiry |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// More approval than before, a name that changed, and approval that came back:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | stage boss |   |
    /// | 2026-01-01 | policy |  |  | library | expires P90D |   |
    /// | 2026-01-31 | look |  |  |  |  |   |
    /// | 2026-02-10 | policy | admin |  | payroll | stage manager, stage boss |   |
    /// | 2026-02-11 | policy | admin |  | library | no approval |   |
    /// | 2026-02-12 | policy | admin |  | library | expires P30D |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("DRF-02"),
        severity: Severity::High,
        practice: &["P3", "P4"],
        controls: &[CM_3, AU_6],
        thresholds: &[&LOOK_BACK],
        reads: &[Table::Policies, Table::Assignments, Table::Packages, Table::AuditEvents, Table::Coverage],
        shard_by: Shard::Package,
        cost: "each policy against what it was",
        run,
    }
}

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_policies("how policies changed") {
        out.push_for(row, 0);
        return out;
    }
    let since = cx.since(&LOOK_BACK);
    for (id, policy) in cx.live_policies(&mut out) {
        let history = cx.policy_history(id);
        let versions = history.map_or(&[][..], |h| h.versions.as_slice());
        let known: Vec<&PolicyVersion> = versions.iter().filter(|v| v.first_seen <= cx.as_of()).collect();
        let (Some(history), Some((now, before))) = (history, known.split_last()) else {
            continue;
        };
        let lost = lost(&now.facts, before, history, since, cx.as_of());
        if !lost.is_empty() {
            out.push(found(cx, id, policy, &lost));
        } else if let Some(why) = untold(&now.facts, before).or_else(|| unknown(cx, id, known[0], since)) {
            let (draft, called) = Draft::of_policy(cx, id, policy);
            let message = format!("whether {called} was weakened is unknown: {why}");
            let clears_when = "Earlier looks at assignment policies, or audit events of the whole time.";
            out.push(draft.untold(cx, ReasonCode::OutsideRetention, message, clears_when));
        } else {
            out.pass_of(cx, &(id, policy), "nothing that it asked was taken away");
        }
    }
    out
}

/// Something that a policy asked for and does not any more.
struct Lost {
    what: &'static str,
    severe: bool,
    /// The last instant at which it was there, and the first at which it was not.
    from: Instant,
    until: Instant,
}

/// Whether each thing was asked for: `None` where the record does not tell.
fn asks(p: &PolicyFacts) -> [(&'static str, bool, Option<bool>); 5] {
    let expires = match p.expiration_type.to_ascii_lowercase().as_str() {
        "noexpiration" => Some(false),
        "afterdatetime" | "afterduration" => Some(true),
        _ => None,
    };
    let reasons: Option<Vec<bool>> = p.stages.iter().map(|s| s.justification).collect();
    let approvers = reasons
        .filter(|r| !r.is_empty() && p.approval_required == Some(true))
        .map(|r| r.iter().all(|x| *x));
    [
        ("approval", true, p.approval_required),
        ("the end of access", false, expires),
        ("the reason of requestors", false, p.justification_asked),
        ("the reason of approvers", false, approvers),
        ("the review", false, p.review_enabled),
    ]
}

fn lost(now: &PolicyFacts, before: &[&PolicyVersion], history: &PolicyHistory, since: Instant, as_of: Instant) -> Vec<Lost> {
    let recent: Vec<&&PolicyVersion> = before.iter().filter(|v| v.last_seen >= since).collect();
    let next_of = |v: &PolicyVersion| {
        let later = history.versions.iter().find(|o| o.start() > v.last_seen);
        later.map_or(as_of, PolicyVersion::start)
    };
    let mut all = Vec::new();
    for (i, (what, severe, asked)) in asks(now).into_iter().enumerate() {
        let was = |v: &&&&PolicyVersion| asks(&v.facts)[i].2 == Some(true);
        if let (Some(false), Some(version)) = (asked, recent.iter().rfind(was)) {
            all.push(Lost {
                what,
                severe,
                from: version.last_seen,
                until: next_of(version),
            });
        }
    }
    let both = |v: &&&&PolicyVersion| v.facts.approval_required == Some(true) && now.approval_required == Some(true);
    let fewer = |v: &&&&PolicyVersion| both(v) && !now.stages.is_empty() && v.facts.stages.len() > now.stages.len();
    if let Some(version) = recent.iter().rfind(fewer) {
        all.push(Lost {
            what: "a stage of approval",
            severe: false,
            from: version.last_seen,
            until: next_of(version),
        });
    }
    // The log may tell what no look saw.
    let mut told = history.changes.iter().filter(|c| since <= c.at && c.at <= as_of);
    let off = told.rfind(|c| c.approval() == (Some(true), Some(false)));
    if let Some(change) = off.filter(|_| now.approval_required == Some(false) && !all.iter().any(|l| l.what == "approval")) {
        all.push(Lost {
            what: "approval",
            severe: true,
            from: change.at.plus(-1),
            until: change.at,
        });
    }
    all
}

/// What records of the policy do not tell, so that they cannot be compared; `None` when all can.
fn untold(now: &PolicyFacts, before: &[&PolicyVersion]) -> Option<String> {
    let facts = before.iter().map(|v| &v.facts).chain([now]);
    let silent = |p: &PolicyFacts| -> BTreeSet<&'static str> {
        let due = |what: &str| what != "the reason of approvers" || !p.stages.is_empty() && p.approval_required == Some(true);
        let untold = asks(p).into_iter().filter(|(what, _, asked)| asked.is_none() && due(what));
        untold.map(|(what, ..)| what).collect()
    };
    let what: Vec<String> = facts.flat_map(silent).collect::<BTreeSet<_>>().into_iter().map(Into::into).collect();
    let told = what.is_empty() || before.is_empty();
    (!told).then(|| format!("its record does not tell whether it asked for {}", words::listed(&what)))
}

/// Why a policy may have asked for more before it was first seen; `None` when that is known.
fn unknown(cx: &Context, id: &PolicyId, first: &PolicyVersion, since: Instant) -> Option<String> {
    if first.created || first.start() <= since {
        return None;
    }
    let span = Window {
        from: since,
        until: first.start(),
    };
    let spanned = cx.access.coverage.get("audit").is_some_and(|c| c.attested_spans(span));
    let changed = cx.policy_changes(id).any(|c| since < c.at && c.at <= first.start());
    match first.since {
        _ if spanned && !changed => None,
        Some(at) => Some(format!("it was changed on {}, and no record tells how it was before", words::day(at))),
        None => Some(format!(
            "it was first seen on {}, and no record tells how it was before",
            words::day(first.first_seen)
        )),
    }
}

fn found(cx: &Context, id: &PolicyId, policy: &PolicyFacts, lost: &[Lost]) -> Finding {
    let (mut draft, called) = Draft::of_policy(cx, id, policy);
    let what: Vec<String> = lost.iter().map(|l| l.what.to_string()).collect();
    let (from, until) = lost
        .iter()
        .fold((Instant(i64::MAX), Instant(i64::MIN)), |(a, b), l| (a.min(l.from), b.max(l.until)));
    let mut by: Vec<String> = Vec::new();
    for change in cx.policy_changes(id).filter(|c| from < c.at && c.at <= until) {
        by.push(change.actor_name.to_string());
        draft.evidence.push(change.source.to_string());
    }
    by.retain(|name| !name.is_empty());
    by.dedup();
    let who = if by.is_empty() {
        String::new()
    } else {
        format!(" by {}", words::listed(&by))
    };
    let when = if until.0 - from.0 <= 1 || words::day(from) == words::day(until) {
        format!("on {}", words::day(until))
    } else {
        format!("between {} and {}", words::day(from), words::day(until))
    };
    draft.severity = if lost.iter().any(|l| l.severe) { Severity::High } else { Severity::Medium };
    draft.reason = "weakened";
    draft.covers.clone_from(&what);
    (draft.from, draft.until) = (Some(from), Some(until));
    draft.message = format!("{called} was weakened {when}{who}: it asks no longer for {}", words::listed(&what));
    draft.clears_when = "The policy as strict as it was, or an exception with the decision behind the change.".into();
    cx.finding(draft)
}
