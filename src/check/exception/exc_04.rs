//! `EXC-04`: access that hardly anybody of the same post has.

use super::peers::{Peers, post_of};
use crate::check::define::check;
use crate::check::judge::since;
use crate::check::surround::holdings;
use crate::check::{Context, Draft, Outcome, Shard, Threshold, words};
use crate::lake::table::Table;
use crate::model::controls::{AC_6, AC_6_7};
use crate::model::{CheckId, Holding, PrincipalId, ReasonCode, Severity};
use ahash::{AHashMap, AHashSet};

check! {
    /// Hardly anybody of the same post holds this package
    ///
    /// ## Why it matters
    /// Access that no colleague has is often left over from an earlier task, or was given for a reason that nobody remembers.
    /// It can as well be the one thing that this person is there for: it is a question to the reviewer, and never alone a reason to take access away.
    ///
    /// ## What it looks for
    /// A package, held by at least ten people altogether, whose share among the other people of the holder's department and job title is below five per cent, also at the upper end of the 95 % Wilson interval: about 75 colleagues without it are needed for that, or 110 with one who has it.
    /// Accounts that do not work, guests and administrative accounts are nobody's colleagues; packages that a rule assigns are left out.
    /// Where fewer than ten people are comparable, nothing is said.
    ///
    /// ## Known false positives
    /// Specialists in a large department: a person who holds the one key.
    ///
    /// ## What to do
    /// Ask the holder's manager what the access is for.
    ///
    /// ## Examples
    /// Ana is the one of 81 clerks who has the package of the twelve people of IT:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | staff |  | clerk | library | 80, department Finance, job Clerk |   |
    /// | 2026-01-05 | staff |  | smith | keys | 12, department IT, job Smith |   |
    /// | 2026-01-05 | post |  | ana |  | department finance, job Clerk |   |
    /// | 2026-01-06 | deliver |  | ana | keys |  | ◀ low |
    /// | 2026-01-06 | deliver |  | ana | library |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    ///
    /// Of 21 clerks one proves nothing:
    ///
    /// | time | activity | actor | subject | package | detail |   |
    /// |------|----------|-------|---------|---------|--------|---|
    /// | 2026-01-05 | staff |  | clerk | library | 20, department Finance, job Clerk |   |
    /// | 2026-01-05 | staff |  | smith | keys | 12, department IT, job Smith |   |
    /// | 2026-01-05 | post |  | ana |  | department Finance, job Clerk |   |
    /// | 2026-01-06 | deliver |  | ana | keys |  |   |
    /// | 2026-03-31 | look |  |  |  |  |   |
    pub(in crate::check) static CHECK = {
        id: CheckId::new("EXC-04"),
        severity: Severity::Low,
        practice: &["P1"],
        controls: &[AC_6, AC_6_7],
        thresholds: &[&PEERS, &SHARE],
        reads: holdings!(),
        shard_by: Shard::Whole,
        cost: "one sort of people by post, one count of their packages",
        run,
    }
}

static PEERS: Threshold = Threshold {
    name: "peers_at_least",
    default: 10,
    unit: "people",
    origin: "ours: below ten people a share means nothing",
    help: "How many comparable people, and how many holders of a package altogether, a comparison needs.",
};

static SHARE: Threshold = Threshold {
    name: "peer_share_percent",
    default: 5,
    unit: "percent",
    origin: "ours: one in twenty; SailPoint advises against at 70 per cent and below, which asks about most access",
    help: "Below which share of comparable people a package is unusual.",
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
    let peers = Peers::of(cx);
    let mut held: AHashMap<&PrincipalId, Vec<&Holding>> = AHashMap::new();
    let mut holders: AHashMap<&str, i64> = AHashMap::new();
    let (mut unclear, mut shaded) = (0, AHashSet::new());
    for (holding, _) in cx.held_packages() {
        match cx.by_rule(holding) {
            Some(false) => {
                held.entry(&holding.principal).or_default().push(holding);
                *holders.entry(holding.entitlement.resource()).or_default() += 1;
            }
            Some(true) => {}
            None => {
                unclear += 1;
                shaded.insert(holding.entitlement.resource());
            }
        }
    }
    let least = cx.threshold(&PEERS);
    let mut small = 0;
    for group in peers.groups() {
        let of_group = |(_, who): &(_, &PrincipalId)| held.get(who).map_or(&[][..], Vec::as_slice).to_vec();
        let all: Vec<&Holding> = group.iter().flat_map(of_group).collect();
        let size = i64::try_from(group.len()).unwrap_or(i64::MAX);
        let mut counts: AHashMap<&str, i64> = AHashMap::new();
        all.iter().for_each(|h| *counts.entry(h.entitlement.resource()).or_default() += 1);
        for holding in all {
            let package = holding.entitlement.resource();
            if size < least || holders[package] < least || shaded.contains(package) {
                small += 1;
                continue;
            }
            let (others, with) = (size - 1, counts[package] - 1);
            if upper(with, others) * 100 < cx.threshold(&SHARE).saturating_mul(PARTS) {
                out.push(cx.finding(found(cx, holding, with, others)));
            } else {
                out.pass_of(cx, holding, format_args!("{with} of {others} others in the same post hold it, too"));
            }
        }
    }
    lacks(cx, &mut out, small, peers.unplaced, unclear);
    out
}

fn lacks(cx: &Context, out: &mut Outcome, small: usize, unplaced: usize, unclear: usize) {
    let clears_when = "Users with department and jobTitle.";
    if small > 0 {
        let message = format!(
            "for {} too few people are comparable, so nothing was said about it",
            words::many(small, "holding")
        );
        out.push_for(
            cx.lacking(
                ReasonCode::JoinMissing,
                Table::Assignments,
                &message,
                "Nothing: such access is for a reviewer to know.",
            ),
            small,
        );
    }
    if unplaced + unclear > 0 {
        let posts = (unplaced > 0).then(|| format!("the post of {}", words::many(unplaced, "account")));
        let rules = (unclear > 0).then(|| format!("whether a rule assigned {}", words::many(unclear, "holding")));
        let what: Vec<String> = posts.into_iter().chain(rules).collect();
        let message = format!("no record tells {}, so they were not compared", what.join(", or "));
        out.push_for(cx.lacking(ReasonCode::JoinMissing, Table::Users, &message, clears_when), 0);
    }
}

/// In so many parts of one, since numbers that are compared are whole.
const PARTS: i64 = 1_000_000;

/// The upper end of the 95 % Wilson interval of a share.
fn upper(with: i64, of: i64) -> i64 {
    let (k, n) = (with as f64, of.max(1) as f64);
    let z2 = 1.96_f64 * 1.96;
    let share = k / n;
    let middle = share + z2 / (2.0 * n);
    let width = 1.96 * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let parts = ((middle + width) / (1.0 + z2 / n) * PARTS as f64).round();
    #[expect(clippy::cast_possible_truncation, reason = "a share of a million")]
    let whole = parts as i64;
    whole
}

fn found(cx: &Context, holding: &Holding, with: i64, others: i64) -> Draft {
    let mut draft = Draft::of_holding(cx, holding);
    if let Some(person) = cx.access.people.get(&holding.principal) {
        draft.evidence.extend(person.evidence.iter().map(ToString::to_string));
    }
    let colleagues = match with {
        0 => format!("none of {others} others"),
        n => format!("{n} of {others} others"),
    };
    draft.severity = Severity::Low;
    draft.reason = "peer-outlier";
    draft.message = format!(
        "{} holds {} {}, and {colleagues} of the same post ({}) hold it",
        draft.subject.name,
        draft.object.name,
        since(holding),
        post_of(cx, &holding.principal)
    );
    draft.clears_when = "The end of the assignment, or a post in which it is ordinary.".into();
    draft
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_end_of_a_share_shrinks_with_the_number_of_people() {
        assert_eq!(upper(0, 10) * 100 / PARTS, 27);
        assert!(upper(0, 72) * 100 > 5 * PARTS && upper(0, 74) * 100 < 5 * PARTS);
        assert!(upper(2, 31) * 100 / PARTS > 15 && upper(31, 31) <= PARTS);
    }
}
