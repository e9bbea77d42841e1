//! `JUS-03`: one reason for everything.

use super::copies::{groups, plain};
use super::given;
use crate::check::define::check;
use crate::check::thresholds::LOOK_BACK;
use crate::check::{Context, Draft, Outcome, Shard, Thing, Threshold, words};
use crate::lake::table::Table;
use crate::ledger::access_model::RequestHistory;
use crate::model::controls::{AC_2_I, CC6_2, CC6_3};
use crate::model::time::DAY;
use crate::model::{CheckId, Finding, Instant, PackageId, PrincipalId, ReasonCode, Severity};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

check! {
    /// The same reason was given again and again
    ///
    /// ## Why it matters
    /// A reason that fits five packages is the reason for none of them, and one that five people send on one day was written by a sixth.
    ///
    /// ## What it looks for
    /// Requests of the last 365 days whose reasons are the same or nearly so (90 percent of their pieces of five letters): by one person for five packages or more, on more than one day; or by five people or more within a day.
    /// What one person asks for on one day, as when somebody begins, is one errand and counts for nothing.
    /// Upper and lower case, blanks and punctuation make no difference.
    ///
    /// ## Known false positives
    /// A project whose manager told everybody which sentence to send.
    ///
    /// ## What to do
    /// Ask what each access is for, and tell approvers to refuse what is not said.
    ///
    /// ## Examples
    /// Five people send one sentence within an hour:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 09:00 | request  | ana | ana | payroll | "Needed for the audit of the third quarter, please approve" | ◀ medium |
    /// | 09:10 | request  | bo  | bo  | payroll | "Needed for the audit of the third quarter, please approve" |   |
    /// | 09:20 | request  | cy  | cy  | payroll | "needed for the audit of the third quarter, please approve." |   |
    /// | 09:30 | request  | di  | di  | payroll | "Needed for the audit of the third quarter, please approve" |   |
    /// | 09:40 | request  | eve | eve | payroll | "Needed for the audit of the third quarter, please approve" |   |
    ///
    /// One person sends it for five packages, over two weeks:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 2026-02-02 | request | ana | ana | payroll  | "I need this for my daily work in the department" | ◀ low |
    /// | 2026-02-05 | request | ana | ana | library  | "I need this for my daily work in the department" |   |
    /// | 2026-02-09 | request | ana | ana | keys     | "I need this for my daily work in the department" |   |
    /// | 2026-02-12 | request | ana | ana | intranet | "I need this for my daily work in the department" |   |
    /// | 2026-02-16 | request | ana | ana | studies  | "I need this for my daily work in the department" |   |
    ///
    /// Five packages on the first day, and five people with reasons of their own:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |-------|----------|-------|---------|---------|---|---|
    /// | 09:00 | request | ana | ana | payroll  | "Starting in accounting today" |   |
    /// | 09:01 | request | ana | ana | library  | "Starting in accounting today" |   |
    /// | 09:02 | request | ana | ana | keys     | "Starting in accounting today" |   |
    /// | 09:03 | request | ana | ana | intranet | "Starting in accounting today" |   |
    /// | 09:04 | request | ana | ana | studies  | "Starting in accounting today" |   |
    /// | 10:00 | request | bo  | bo  | payroll  | "Month-end close, FIN-4821" |   |
    /// | 10:10 | request | cy  | cy  | payroll  | "Audit support, AUD-12" |   |
    /// | 10:20 | request | di  | di  | payroll  | "Tax return of the subsidiary" |   |
    /// | 10:30 | request | eve | eve | payroll  | "Stand-in for Bo until Friday" |   |
    /// | 10:40 | request | gil | gil | payroll  | "Migration of the payslips, CHG0012345" |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("JUS-03"),
        severity: Severity::Medium,
        practice: &["P7"],
        controls: &[AC_2_I, CC6_2, CC6_3],
        thresholds: &[&LOOK_BACK, &TIMES, &SIMILAR],
        reads: &[Table::Requests, Table::AuditEvents, Table::Assignments, Table::Packages],
        shard_by: Shard::Whole,
        cost: "requests of the period, each text hashed once and compared with few",
        run,
    }
}

static TIMES: Threshold = Threshold {
    name: "copied_justifications",
    default: 5,
    unit: "requests",
    origin: "ours: five times is no coincidence",
    help: "How many packages of one person, or people in a day, make one reason a copy.",
};

static SIMILAR: Threshold = Threshold {
    name: "copy_similarity",
    default: 90,
    unit: "percent",
    origin: "ours: a name or a number that differs, and nothing else",
    help: "How alike two reasons must be to be a copy.",
};

type Asked<'a> = (Instant, &'a PrincipalId, &'a RequestHistory);

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_requests() {
        out.push_for(row, 0);
        return out;
    }
    cx.unlisted(&mut out, &[Table::Requests]);
    let (mut texts, mut requests, mut unseen) = (Vec::new(), Vec::new(), 0);
    for story in cx.requests(&LOOK_BACK).filter(|s| matches!(s.kind.as_str(), "userAdd" | "onBehalfAdd")) {
        let who = story.requestor.as_ref().or(story.recipient.as_ref());
        match (given(story), who, story.created_at) {
            (Some(text), Some(who), Some(at)) => {
                texts.push(text);
                requests.push((at, who, story));
            }
            (None, ..) if story.justification_visible => {}
            _ => unseen += 1,
        }
    }
    if unseen > 0 {
        let message = format!("of {} no record tells who asked, when, or with what reason", words::many(unseen, "request"));
        let clears_when = "The requests themselves, or the audit events of the time when they were made.";
        out.push_for(cx.lacking(ReasonCode::NoTelemetry, Table::AuditEvents, &message, clears_when), unseen);
    }
    let texts: Vec<String> = texts.into_par_iter().map(plain).collect();
    let group_of = groups(&texts, cx.threshold(&SIMILAR));
    let mut by_group: BTreeMap<usize, Vec<Asked>> = BTreeMap::new();
    for (group, asked) in group_of.into_iter().zip(requests) {
        by_group.entry(group).or_default().push(asked);
    }
    for mut group in by_group.into_values() {
        group.sort_by(|a, b| (a.0, &a.2.id).cmp(&(b.0, &b.2.id)));
        judge(cx, &group, &mut out);
    }
    out
}

fn judge(cx: &Context, group: &[Asked], out: &mut Outcome) {
    let least = usize::try_from(cx.threshold(&TIMES)).unwrap_or(usize::MAX).max(2);
    let mut found: BTreeSet<&str> = BTreeSet::new();
    if let Some(many) = of_many(group, least) {
        found.extend(many.iter().map(|(_, _, s)| s.id.as_str()));
        out.push_for(told(cx, &many, true), many.len());
    }
    let mut by_person: BTreeMap<&PrincipalId, Vec<Asked>> = BTreeMap::new();
    for asked in group.iter().filter(|(_, _, s)| !found.contains(s.id.as_str())) {
        by_person.entry(asked.1).or_default().push(*asked);
    }
    for list in by_person.into_values() {
        let packages: BTreeSet<&PackageId> = list.iter().filter_map(|(_, _, s)| s.package.as_ref()).collect();
        let days = list[list.len() - 1].0.0 - list[0].0.0;
        if packages.len() >= least && days > DAY {
            out.push_for(told(cx, &list, false), list.len());
        } else {
            list.iter().for_each(|(_, _, s)| out.pass_of(cx, *s, "its reason is no copy"));
        }
    }
}

/// The first stretch of a day in which enough people gave the reason, and all who did in it.
fn of_many<'a>(group: &[Asked<'a>], least: usize) -> Option<Vec<Asked<'a>>> {
    let (mut first, mut people): (usize, BTreeMap<&PrincipalId, usize>) = (0, BTreeMap::new());
    for last in 0..group.len() {
        *people.entry(group[last].1).or_default() += 1;
        while group[last].0.0 - group[first].0.0 > DAY {
            if let Some(count) = people.get_mut(group[first].1) {
                *count -= 1;
            }
            people.retain(|_, count| *count > 0);
            first += 1;
        }
        if people.len() >= least {
            let until = group[first].0.plus(DAY);
            return Some(group[first..].iter().take_while(|(at, ..)| *at <= until).copied().collect());
        }
    }
    None
}

fn told(cx: &Context, list: &[Asked], many: bool) -> Finding {
    let (at, who, first) = list[0];
    let mut draft = Draft::of_request(cx, cx.principal(who), first);
    let packages: BTreeSet<&PackageId> = list.iter().filter_map(|(_, _, s)| s.package.as_ref()).collect();
    let people: BTreeSet<&PrincipalId> = list.iter().map(|(_, who, _)| *who).collect();
    draft.from = Some(at);
    draft.until = list.last().map(|(at, ..)| *at);
    draft.evidence = list.iter().flat_map(|(_, _, s)| s.evidence.iter().map(ToString::to_string)).collect();
    draft.covers = list.iter().map(|(_, _, s)| s.id.to_string()).collect();
    draft.severity = if many { Severity::Medium } else { Severity::Low };
    draft.reason = if many { "copied-by-many" } else { "copied-by-one" };
    draft.message = if many {
        format!(
            "{} people, {} first, gave the same reason or nearly so in {} for {} on {}",
            people.len(),
            draft.subject.name,
            words::many(list.len(), "request"),
            words::many(packages.len(), "package"),
            words::day(at)
        )
    } else {
        format!(
            "{} gave the same reason or nearly so in {} for {} between {} and {}",
            draft.subject.name,
            words::many(list.len(), "request"),
            words::many(packages.len(), "package"),
            words::day(at),
            words::day(draft.until.unwrap_or(at))
        )
    };
    draft.clears_when = "Nothing clears what was written; a reason for each access belongs in its next review.".into();
    if !many {
        // It is about the person and all that they asked for.
        draft.object = Thing::default();
    }
    cx.finding(draft)
}
