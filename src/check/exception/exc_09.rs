//! `EXC-09`: somebody who holds far more than comparable people.

use super::peers::{Peers, post_of};
use crate::check::define::check;
use crate::check::surround::holdings;
use crate::check::{Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_6, CC6_3};
use crate::model::{CheckId, Holding, PrincipalId, ReasonCode, Severity};
use ahash::AHashMap;
use std::collections::BTreeSet;

check! {
    /// Somebody holds far more packages than comparable people
    ///
    /// ## Why it matters
    /// Access gathers on people who change tasks and keep what they had.
    /// One of them with a stolen password opens more doors than a whole team.
    ///
    /// ## What it looks for
    /// A person who holds more packages at once than the median of all people of the same department and job title by more than three times the median deviation (at least one package); at least thirty people must be comparable.
    /// Packages that a rule assigns count for nobody.
    ///
    /// ## Known false positives
    /// Deputies and heads of a team whose title is their team's.
    ///
    /// ## What to do
    /// Go through the person's packages in one review, and ask of each what it is for today.
    ///
    /// ## Examples
    /// Thirty clerks hold one package each, Ana five, and Bo four, which is within the limit:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | staff |  | clerk | library | 30, department Finance, job Clerk |   |
    /// | 2026-01-05 | post |  | ana |  | department Finance, job Clerk | ◀ medium |
    /// | 2026-01-05 | post |  | bo |  | department Finance, job Clerk |   |
    /// | 2026-01-06 | deliver |  | ana | library |  |   |
    /// | 2026-01-06 | deliver |  | ana | payroll |  |   |
    /// | 2026-01-06 | deliver |  | ana | keys |  |   |
    /// | 2026-01-06 | deliver |  | ana | projects |  |   |
    /// | 2026-01-06 | deliver |  | ana | intranet |  |   |
    /// | 2026-01-06 | deliver |  | bo | library |  |   |
    /// | 2026-01-06 | deliver |  | bo | payroll |  |   |
    /// | 2026-01-06 | deliver |  | bo | keys |  |   |
    /// | 2026-01-06 | deliver |  | bo | projects |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Too few people to compare with, which is said:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | post |  | ana |  | department Finance, job Clerk |   |
    /// | 2026-01-06 | deliver |  | ana | library |  | ? |
    /// | 2026-01-06 | deliver |  | ana | payroll |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Everybody holds about the same:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | staff |  | clerk | library | 30, department Finance, job Clerk |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXC-09"),
        severity: Severity::Medium,
        practice: &["P1"],
        controls: &[AC_6, CC6_3],
        thresholds: &[&PEERS, &DEVIATIONS],
        reads: holdings!(),
        shard_by: Shard::Whole,
        cost: "one sort of people by post, one count of their packages",
        run,
    }
}

static PEERS: Threshold = Threshold {
    name: "accumulation_peers_at_least",
    default: 30,
    unit: "people",
    origin: "ours: a median deviation of fewer people is chance",
    help: "How many people of one post a comparison needs.",
};

static DEVIATIONS: Threshold = Threshold {
    name: "accumulation_deviations",
    default: 3,
    unit: "median deviations",
    origin: "common practice for outliers: three median absolute deviations",
    help: "How far above the median a number of packages is too many.",
};

fn run(cx: &Context) -> Outcome {
    let mut out = Outcome::default();
    if let Some(row) = cx.no_holdings() {
        out.push_for(row, 0);
        return out;
    }
    for (table, what) in [(Table::Users, "users"), (Table::Assignments, "assignments")] {
        if !cx.looked_whole(table) {
            let message = format!("no complete snapshot of {what} is in the lake, so what comparable people hold is unknown");
            out.push_for(cx.lacking(ReasonCode::NoTelemetry, table, &message, &format!("Ingest all {what}.")), 0);
            return out;
        }
    }
    let mut held: AHashMap<&PrincipalId, BTreeSet<&str>> = AHashMap::new();
    let mut first: AHashMap<&PrincipalId, Vec<&Holding>> = AHashMap::new();
    let mut unclear = 0;
    for (holding, _) in cx.held_packages() {
        match cx.by_rule(holding) {
            Some(true) => continue,
            Some(false) => {}
            None => unclear += 1,
        }
        held.entry(&holding.principal).or_default().insert(holding.entitlement.resource());
        first.entry(&holding.principal).or_default().push(holding);
    }
    let peers = Peers::of(cx);
    let mut few = 0;
    for group in peers.groups() {
        let count = |who: &PrincipalId| i64::try_from(held.get(who).map_or(0, BTreeSet::len)).unwrap_or(i64::MAX);
        let size = i64::try_from(group.len()).unwrap_or(i64::MAX);
        if size < cx.threshold(&PEERS) {
            few += group.iter().filter(|(_, who)| count(who) > 0).count();
            continue;
        }
        let counts: Vec<i64> = group.iter().map(|(_, who)| count(who)).collect();
        let middle = median(counts.clone());
        let spread = median(counts.iter().map(|c| (c - middle).abs()).collect()).max(1);
        let limit = middle + cx.threshold(&DEVIATIONS).saturating_mul(spread);
        for (_, who) in group {
            match count(who) {
                n if n > limit && unclear > 0 => few += 1,
                n if n > limit => out.push(cx.finding(found(cx, who, n, (middle, size), &first[*who]))),
                0 => {}
                _ if unclear > 0 => few += 1,
                _ => out.pass_of(cx, who, format_args!("{} packages, where the middle of the same post is {middle}", count(who))),
            }
        }
    }
    if few > 0 {
        let message = format!(
            "{} hold packages and could not be compared: fewer than {} have the same post, or no record tells whether a rule assigned what they hold",
            words::many(few, "account"),
            words::count(cx.threshold(&PEERS), "account")
        );
        let clears_when = "Users with department and jobTitle, and the policies of assignments.";
        out.push_for(cx.lacking(ReasonCode::JoinMissing, Table::Assignments, &message, clears_when), few);
    }
    if peers.unplaced > 0 {
        let message = format!(
            "no record tells the post of {}, so they were not compared",
            words::many(peers.unplaced, "account")
        );
        out.push_for(
            cx.lacking(ReasonCode::JoinMissing, Table::Users, &message, "Users with department and jobTitle."),
            0,
        );
    }
    out
}

/// The middle of a list; the lower one of two.
fn median(mut list: Vec<i64>) -> i64 {
    list.sort_unstable();
    list.get(list.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

fn found(cx: &Context, who: &PrincipalId, number: i64, (middle, peers): (i64, i64), held: &[&Holding]) -> Draft {
    let mut draft = Draft {
        subject: cx.principal(who),
        severity: Severity::Medium,
        reason: "accumulation",
        evidence: held.iter().flat_map(|h| h.evidence.iter().map(ToString::to_string)).collect(),
        ..Draft::default()
    };
    let mut names: Vec<String> = held.iter().map(|h| h.entitlement_name.to_string()).collect();
    names.sort();
    names.dedup();
    draft.message = format!(
        "{} holds {} ({}), where the median of {} of the same post ({}) is {middle}",
        draft.subject.name,
        words::count(number, "package"),
        words::listed(&names),
        words::count(peers, "person").replace("persons", "people"),
        post_of(cx, who)
    );
    draft.clears_when = "So many assignments less, or a post in which so many are ordinary.".into();
    draft
}
