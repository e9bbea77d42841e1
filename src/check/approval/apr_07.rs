//! `APR-07`: the door that was open for a moment.

use crate::check::define::check;
use crate::check::policies::approvals;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::{PolicyFacts, RequestHistory};
use crate::ledger::policy_history::{PolicyHistory, PolicyVersion};
use crate::model::controls::{AC_2_4, AU_6, CM_3};
use crate::model::time::{DAY, MINUTE, merge_windows, without};
use crate::model::{CheckId, Finding, Instant, PolicyId, ReasonCode, Severity, Window};
use std::collections::BTreeMap;

check! {
    /// Approval was switched off, access was given, and approval restored
    ///
    /// ## Why it matters
    /// Who may change a policy can let anybody in without leaving a trace in the policy itself.
    /// Looked at before and after, everything is as it should be.
    ///
    /// ## What it looks for
    /// A policy whose approval was switched off and on again within 72 hours, in the last 365 days, with requests made in between that came to a delivery and that nobody approved.
    /// The change is told by audit events, by snapshots of the policy, or both; a request that Entra approved by itself while snapshots before and after show approval, with changes of the policy on both sides, is told, too.
    ///
    /// ## Known false positives
    /// A migration for which approval was switched off on purpose: keep it as an exception with its ticket.
    ///
    /// ## What to do
    /// Ask whoever changed the policy, and have each access that was given in between approved or revoked.
    ///
    /// ## Examples
    /// Switched off for an hour, and Ana got in:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | stage boss | ◀ high |
    /// | 2026-01-31 | look |  |  |  |  |   |
    /// | 2026-02-10 09:00 | policy | mallory |  | payroll | no approval |   |
    /// | 2026-02-10 09:10 | request | ana | ana | payroll |  |   |
    /// | 2026-02-10 09:11 | auto-approve |  | ana | payroll |  |   |
    /// | 2026-02-10 09:12 | deliver |  | ana | payroll |  |   |
    /// | 2026-02-10 10:00 | policy | mallory |  | payroll | stage boss |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// The events do not say what was changed, and Entra approved by itself in between:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | stage boss | ◀ high |
    /// | 2026-01-31 | look |  |  |  |  |   |
    /// | 2026-02-10 09:00 | policy | mallory |  | payroll | no approval, values untold |   |
    /// | 2026-02-10 09:10 | request | ana | ana | payroll |  |   |
    /// | 2026-02-10 09:11 | auto-approve |  | ana | payroll |  |   |
    /// | 2026-02-10 09:12 | deliver |  | ana | payroll |  |   |
    /// | 2026-02-10 10:00 | policy | mallory |  | payroll | stage boss, values untold |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Nobody got in, somebody was approved by a person all the same, and approval that stayed off is another check's:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-01 | policy |  |  | payroll | stage boss |   |
    /// | 2026-01-01 | policy |  |  | library | stage boss |   |
    /// | 2026-01-31 | look |  |  |  |  |   |
    /// | 2026-02-10 08:00 | request | bo | bo | payroll |  |   |
    /// | 2026-02-10 09:00 | policy | admin |  | payroll | no approval |   |
    /// | 2026-02-10 09:30 | approve | boss | bo | payroll |  |   |
    /// | 2026-02-10 09:31 | deliver |  | bo | payroll |  |   |
    /// | 2026-02-10 10:00 | policy | admin |  | payroll | stage boss |   |
    /// | 2026-02-10 09:00 | policy | admin |  | library | no approval |   |
    /// | 2026-02-10 09:10 | request | cy | cy | library |  |   |
    /// | 2026-02-10 09:12 | deliver |  | cy | library |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("APR-07"),
        severity: Severity::High,
        practice: &["P3"],
        controls: &[AC_2_4, AU_6, CM_3],
        thresholds: &[&LOOK_BACK, &WEAK],
        reads: &[Table::Policies, Table::Requests, Table::Approvals, Table::AuditEvents, Table::Assignments, Table::Packages, Table::Coverage],
        shard_by: Shard::Package,
        cost: "each policy's changes, and the requests of the period",
        run,
    }
}

static WEAK: Threshold = Threshold {
    name: "weakness_hours",
    default: 72,
    unit: "hours",
    origin: "ours: a change that is taken back within three days was not meant to stay",
    help: "How soon approval must be back for the time without it to be a window of weakness.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_policies("how policies changed") {
        out.push_for(row, 0);
        return out;
    }
    if let Some(row) = cx.no_requests() {
        out.push_for(row, 0);
        return out;
    }
    let mut given: BTreeMap<&PolicyId, Vec<&RequestHistory>> = BTreeMap::new();
    for story in cx.requests(&LOOK_BACK).filter(|s| matches!(s.kind.as_str(), "userAdd" | "onBehalfAdd")) {
        if let Some(policy) = story
            .policy
            .as_ref()
            .filter(|_| matches!(story.state.as_str(), "delivered" | "partiallyDelivered"))
        {
            given.entry(policy).or_default().push(story);
        }
    }
    for (id, policy) in cx.live_policies(&mut out) {
        let requests = given.get(id).map_or(&[][..], Vec::as_slice);
        let history = cx.policy_history(id);
        let windows = history.map(|h| windows(cx, h)).unwrap_or_default();
        let hit = windows.iter().find_map(|w| Some((w, entered(w, requests)?)));
        match hit {
            Some((window, entered)) => out.push(found(cx, id, policy, window, &entered)),
            None if unseen(cx, policy, history).is_some() => {
                let (draft, called) = Draft::of_policy(cx, id, policy);
                let from = unseen(cx, policy, history).unwrap_or_default();
                let message = format!(
                    "whether approval of {called} was ever off is unknown: it was changed after {}, and the audit log of that time is not whole",
                    words::day(from)
                );
                out.push(draft.untold(
                    cx,
                    ReasonCode::OutsideRetention,
                    message,
                    "Audit events of the whole time until the last change of the policy.",
                ));
            }
            None if history.is_none_or(|h| h.versions.iter().any(|v| v.facts.approval_required.is_none())) => {
                let (draft, called) = Draft::of_policy(cx, id, policy);
                let message = format!("the record of {called} does not tell whether it asks for approval");
                out.push(draft.untold(
                    cx,
                    ReasonCode::NoTelemetry,
                    message,
                    "An export of assignment policies with their approval settings.",
                ));
            }
            None if unlogged(cx, requests).is_some() => {
                let (draft, called) = Draft::of_policy(cx, id, policy);
                let at = unlogged(cx, requests).unwrap_or_default();
                let message = format!(
                    "{called} asked for approval whenever it was looked at, no approval of a request of {} that was delivered is on record, and no audit log of that time tells whether approval was off",
                    words::day(at)
                );
                let clears_when = "Audit events of the time of that request, and its approval.";
                out.push(draft.untold(cx, ReasonCode::OutsideRetention, message, clears_when));
            }
            None if !cx.looked_whole(Table::Requests) => {
                let message = "no complete snapshot of assignment requests is in the lake, so whether anybody asked while a policy was weak is unknown";
                out.push(cx.lacking(ReasonCode::NoTelemetry, Table::Requests, message, "Ingest all assignment requests."));
            }
            None => out.pass_of(cx, &(id, policy), "its approval was never off for a while"),
        }
    }
    out
}

/// The first instant of the period, before the last change of a policy, that no log covers; `None` when all of it is covered.
fn unseen(cx: &Context, policy: &PolicyFacts, history: Option<&PolicyHistory>) -> Option<Instant> {
    let newest = history.and_then(|h| h.versions.last());
    let unchanged = newest.filter(|v| v.created).and_then(|v| v.since);
    let since = cx.since(&LOOK_BACK);
    let time = Window {
        from: policy.created_at.map_or(since, |t| t.max(since)),
        // Graph sets the last change a moment after the creation.
        until: policy
            .modified_at
            .or(unchanged)
            .map_or(cx.as_of(), |t| t.plus(-MINUTE))
            .min(cx.as_of().plus(-DAY)),
    };
    if time.until <= time.from {
        return None;
    }
    let logged = cx.access.coverage.get("audit").map_or(&[][..], |c| c.any.as_slice()).iter().copied();
    // A record that names its last change tells of no other until a look saw it.
    let versions = history.map_or(&[][..], |h| h.versions.as_slice()).iter();
    let looked = versions.filter_map(|v| {
        Some(Window {
            from: v.since?,
            until: v.last_seen,
        })
    });
    without(&[time], &merge_windows(logged.chain(looked).collect())).first().map(|w| w.from)
}

/// When a request was made that was delivered, that nobody is known to have approved, and about whose time no log tells.
fn unlogged(cx: &Context, requests: &[&RequestHistory]) -> Option<Instant> {
    let logs = cx.access.coverage.get("audit").map_or(&[][..], |c| c.any.as_slice());
    let logged = |at: Instant| logs.iter().any(|w| w.from <= at && at < w.until);
    let due = requests.iter().filter(|r| super::is_due(cx, r));
    due.filter_map(|r| r.created_at.or(r.completed_at)).find(|t| !logged(*t))
}

/// A time in which a policy asked nobody, between two in which it asked somebody.
struct Weak {
    /// Approval was still on, and already off.
    off: (Instant, Instant),
    /// It was still off, and on again.
    on: (Instant, Instant),
    /// Only a request that Entra approved by itself shows that it was off.
    needs_proof: bool,
    evidence: Vec<String>,
    who: Vec<String>,
}

/// What is known of approval at an instant or until one: from, until, whether it was asked, and whether it began then.
type Known = (Instant, Instant, bool, bool);

fn windows(cx: &Context, history: &PolicyHistory) -> Vec<Weak> {
    let of_version = |v: &PolicyVersion| Some((v.start(), v.last_seen, v.facts.approval_required?, false));
    let looks = history.versions.iter().filter(|v| v.first_seen <= cx.as_of()).filter_map(of_version);
    let changes = history.changes.iter().filter(|c| c.at <= cx.as_of());
    let told = changes.clone().flat_map(|c| {
        let (before, after) = c.approval();
        let just_before = before.map(|asked| (c.at.plus(-1), c.at.plus(-1), asked, false));
        just_before.into_iter().chain(after.map(|asked| (c.at, c.at, asked, true)))
    });
    let mut known: Vec<Known> = looks.chain(told).collect();
    known.sort();
    let mut all = Vec::new();
    for run in triples(&known) {
        let [before, off, on] = run;
        let weak = Weak {
            off: (if off.3 { off.0.plus(-1) } else { before.1 }, off.0),
            on: (if on.3 { on.0.plus(-1) } else { off.1 }, on.0),
            needs_proof: false,
            evidence: Vec::new(),
            who: Vec::new(),
        };
        all.push(weak);
    }
    // Two changes of which no record tells what they changed, with approval before and after.
    let blind: Vec<Instant> = changes.clone().filter(|c| c.approval().1.is_none()).map(|c| c.at).collect();
    for pair in blind.windows(2) {
        let asked_at = |at: Instant| known.iter().rev().find(|k| k.0 <= at).map(|k| k.2);
        let asked_after = known.iter().find(|k| k.1 >= pair[1]).map(|k| k.2);
        if asked_at(pair[0]) == Some(true) && asked_after == Some(true) {
            all.push(Weak {
                off: (pair[0].plus(-1), pair[0]),
                on: (pair[1].plus(-1), pair[1]),
                needs_proof: true,
                evidence: Vec::new(),
                who: Vec::new(),
            });
        }
    }
    let since = cx.since(&LOOK_BACK);
    all.retain(|w| w.on.1.0 - w.off.0.0 <= cx.hours(&WEAK) && w.on.1 >= since);
    for weak in &mut all {
        for change in changes.clone().filter(|c| weak.off.0 <= c.at && c.at <= weak.on.1) {
            weak.evidence.push(change.source.to_string());
            weak.who.extend(Some(change.actor_name.to_string()).filter(|n| !n.is_empty()));
        }
        weak.who.dedup();
    }
    all
}

/// Times with approval, without, and with it again, that follow one another.
fn triples(known: &[Known]) -> Vec<[Known; 3]> {
    let mut joined: Vec<Known> = Vec::new();
    for next in known {
        match joined.last_mut().filter(|last| last.2 == next.2) {
            Some(last) => last.1 = last.1.max(next.1),
            None => joined.push(*next),
        }
    }
    let weak = joined.windows(3).filter(|w| w[0].2 && !w[1].2 && w[2].2);
    weak.map(|w| [w[0], w[1], w[2]]).collect()
}

/// Requests that were made while a policy asked nobody, and that nobody approved.
fn entered<'a>(weak: &Weak, requests: &[&'a RequestHistory]) -> Option<Vec<&'a RequestHistory>> {
    let made = |r: &RequestHistory| r.created_at.or(r.completed_at);
    let by_itself = |r: &RequestHistory| r.decisions.iter().any(|d| d.decision == "auto-approved");
    let surely = |t: Instant| weak.off.1 <= t && t <= weak.on.0;
    let within = |t: Instant| weak.off.0 <= t && t <= weak.on.1;
    let got_in = |r: &&&RequestHistory| {
        let nobody = approvals(r).next().is_none();
        let when = made(r).is_some_and(|t| if by_itself(r) { within(t) } else { surely(t) && !weak.needs_proof });
        nobody && when
    };
    let list: Vec<&RequestHistory> = requests.iter().filter(got_in).copied().collect();
    (!list.is_empty()).then_some(list)
}

fn found(cx: &Context, id: &PolicyId, policy: &PolicyFacts, weak: &Weak, entered: &[&RequestHistory]) -> Finding {
    let (mut draft, called) = Draft::of_policy(cx, id, policy);
    let mut names: Vec<String> = entered
        .iter()
        .filter_map(|r| Some(cx.access.principal_name(r.recipient.as_ref()?).to_string()))
        .collect();
    names.dedup();
    let by = if weak.who.is_empty() {
        String::new()
    } else {
        format!(" (changed by {})", words::listed(&weak.who))
    };
    draft.severity = Severity::High;
    draft.reason = "window-of-weakness";
    (draft.from, draft.until) = (Some(weak.off.1), Some(weak.on.1));
    draft.evidence.extend(weak.evidence.iter().cloned());
    draft.evidence.extend(entered.iter().flat_map(|r| r.evidence.iter().map(ToString::to_string)));
    draft.message = format!(
        "{called} asked nobody to approve between {} and {}{by}, and in that time {} came to a delivery, for {}",
        words::minute(weak.off.1),
        words::minute(weak.on.1),
        words::many(entered.len(), "request"),
        words::listed(&names)
    );
    draft.clears_when = "Nothing clears what was done; an approval of each access that was given then belongs in the register of exceptions.".into();
    cx.finding(draft)
}
