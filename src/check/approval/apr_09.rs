//! `APR-09`: you approve mine, I approve yours.

use crate::check::define::check;
use crate::check::policies::{approvals, decided_at};
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Known, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::controls::{AC_5, CC6_2, CC6_3, ISO_A_5_3};
use crate::model::time::DAY;
use crate::model::{CheckId, Finding, Instant, PackageId, PrincipalId, ReasonCode, Severity};
use std::collections::BTreeSet;

check! {
    /// Two people approve each other's requests
    ///
    /// ## Why it matters
    /// Two people who owe each other an approval are one approver.
    ///
    /// ## What it looks for
    /// Two people of whom, within 90 days, each approved two requests or more for the other.
    /// It weighs medium where a package among them is sensitive, else low: in a small team nobody else may know the work.
    ///
    /// ## Known false positives
    /// Two heads of one team who are named as each other's approver.
    ///
    /// ## What to do
    /// Name an approver above them, or a second stage.
    ///
    /// ## Examples
    /// Ana and Bo, twice each:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 2026-03-02 09:00 | request  | ana | ana | payroll |   |   |
    /// | 2026-03-02 09:30 | approve  | bo  | ana | payroll |   | ◀ low |
    /// | 2026-03-03 09:00 | request  | bo  | bo  | payroll |   |   |
    /// | 2026-03-03 09:30 | approve  | ana | bo  | payroll |   |   |
    /// | 2026-03-04 09:00 | request  | ana | ana | library |   |   |
    /// | 2026-03-04 09:30 | approve  | bo  | ana | library |   |   |
    /// | 2026-03-05 09:00 | request  | bo  | bo  | library |   |   |
    /// | 2026-03-05 09:30 | approve  | ana | bo  | library |   |   |
    ///
    /// Once in each direction, and a manager who approves twice:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 2026-03-02 09:00 | request  | ana | ana | payroll |   |   |
    /// | 2026-03-02 09:30 | approve  | bo  | ana | payroll |   |   |
    /// | 2026-03-03 09:00 | request  | bo  | bo  | payroll |   |   |
    /// | 2026-03-03 09:30 | approve  | ana | bo  | payroll |   |   |
    /// | 2026-03-04 09:00 | request  | ana | ana | library |   |   |
    /// | 2026-03-04 09:30 | approve  | cy  | ana | library |   |   |
    /// | 2026-03-05 09:00 | request  | ana | ana | keys |   |   |
    /// | 2026-03-05 09:30 | approve  | cy  | ana | keys |   |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("APR-09"),
        severity: Severity::Medium,
        practice: &["P3"],
        controls: &[AC_5, ISO_A_5_3, CC6_2, CC6_3],
        thresholds: &[&LOOK_BACK, &TIMES, &WITHIN],
        reads: &[Table::Requests, Table::Approvals, Table::AuditEvents, Table::Assignments, Table::Policies, Table::Packages, Table::ResourceRoles, Table::Groups, Table::Coverage],
        shard_by: Shard::Whole,
        cost: "decisions of the period, sorted by the two people and time",
        run,
    }
}

static TIMES: Threshold = Threshold {
    name: "mutual_approvals",
    default: 2,
    unit: "approvals",
    origin: "ours: once each may be chance",
    help: "How many approvals in each direction make two people approve each other.",
};

static WITHIN: Threshold = Threshold {
    name: "mutual_approval_days",
    default: 90,
    unit: "days",
    origin: "ours: a quarter",
    help: "In which time they count.",
};

/// An approval between two people: when, whether by the first of the two, and of what.
type Act<'a> = (Instant, bool, &'a RequestHistory);

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_requests() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Requests]);
    let mut pairs: Vec<((PrincipalId, PrincipalId), Act)> = Vec::new();
    let mut untold = 0;
    for story in cx.requests(&LOOK_BACK) {
        let mut nobody = true;
        for decision in approvals(story) {
            let (Some(person), Some(at)) = (&story.recipient, decided_at(decision)) else {
                continue;
            };
            if decision.who.is_empty() || decision.who.as_str() == person.as_str() {
                nobody &= decision.who.is_empty();
                continue;
            }
            nobody = false;
            let approver = PrincipalId::new(&decision.who);
            let first = approver < *person;
            let key = if first { (approver, person.clone()) } else { (person.clone(), approver) };
            pairs.push((key, (at, first, story)));
        }
        untold += usize::from(nobody && (approvals(story).next().is_some() || super::is_due(cx, story)));
    }
    if untold > 0 {
        let message = format!("of {} no record tells who approved", words::many(untold, "request"));
        let clears_when = "Audit events or approvals of the time of those requests.";
        out.push_for(cx.lacking(ReasonCode::OutsideRetention, Table::Approvals, &message, clears_when), untold);
    }
    pairs.sort_by(|a, b| (&a.0, a.1.0, &a.1.2.id).cmp(&(&b.0, b.1.0, &b.1.2.id)));
    for pair in pairs.chunk_by(|a, b| a.0 == b.0) {
        let acts: Vec<Act> = pair.iter().map(|(_, act)| *act).collect();
        if acts.iter().all(|a| a.1 == acts[0].1) {
            continue;
        }
        match mutual(cx, &acts) {
            Some(within) => out.push(found(cx, &pair[0].0, within)),
            None => out.pass_of(
                cx,
                &pair[0].0.0,
                format_args!("no mutual approvals with {} beyond the limit", cx.principal(&pair[0].0.1).name),
            ),
        }
    }
    out
}

/// The first stretch of time in which each approved often enough for the other.
fn mutual<'s, 'a>(cx: &Context, acts: &'s [Act<'a>]) -> Option<&'s [Act<'a>]> {
    let (length, least) = (cx.threshold(&WITHIN) * DAY, usize::try_from(cx.threshold(&TIMES)).unwrap_or(usize::MAX).max(1));
    let (mut first, mut counts) = (0, [0usize; 2]);
    for last in 0..acts.len() {
        counts[usize::from(acts[last].1)] += 1;
        while acts[last].0.0 - acts[first].0.0 > length {
            counts[usize::from(acts[first].1)] -= 1;
            first += 1;
        }
        if counts.iter().all(|c| *c >= least) {
            return Some(&acts[first..=last]);
        }
    }
    None
}

fn found(cx: &Context, (a, b): &(PrincipalId, PrincipalId), acts: &[Act]) -> Finding {
    let (subject, object) = (cx.principal(a), cx.principal(b));
    let packages = acts.iter().filter_map(|(_, _, s)| s.package.as_ref());
    let sensitive = packages
        .filter(|p| matches!(cx.is_sensitive(p), Known::Yes(_)))
        .collect::<BTreeSet<&PackageId>>();
    let by_first = acts.iter().filter(|(_, first, _)| *first).count();
    let what = match sensitive.len() {
        0 => String::new(),
        n => format!(", with {} among them", words::many(n, "sensitive package")),
    };
    cx.finding(Draft {
        severity: if sensitive.is_empty() { Severity::Low } else { Severity::Medium },
        reason: if sensitive.is_empty() { "mutual" } else { "mutual-sensitive" },
        from: acts.first().map(|a| a.0),
        until: acts.last().map(|a| a.0),
        message: format!(
            "{} approved {} for {}, who approved {} in return, between {} and {}{what}",
            subject.name,
            words::many(by_first, "request"),
            object.name,
            words::many(acts.len() - by_first, "request"),
            words::day(acts[0].0),
            words::day(acts[acts.len() - 1].0)
        ),
        evidence: acts.iter().flat_map(|(_, _, s)| s.evidence.iter().map(ToString::to_string)).collect(),
        clears_when: "A review of that access by a third person, and approvers who do not depend on each other.".into(),
        subject,
        object,
        ..Draft::default()
    })
}
