//! Examples of each rule, and the laws of `docs/ledger.md`.

use super::*;
use crate::model::time::HOUR;
use proptest::prelude::*;

fn t(hour: i64) -> Instant {
    Instant(hour * HOUR)
}

fn act(name: &str, hour: i64) -> Act {
    Act {
        evidence: format!("{name}{hour}").into(),
        ..Act::default()
    }
}

fn granted(hour: i64) -> Fact {
    Fact::Granted {
        at: t(hour),
        act: act("g", hour),
    }
}

fn ended(hour: i64) -> Fact {
    Fact::Ended {
        at: t(hour),
        reason: "removed",
        made: None,
        act: act("e", hour),
    }
}

fn deleted(hour: i64) -> Fact {
    Fact::Deleted {
        at: t(hour),
        reason: "account_deleted",
        act: act("d", hour),
    }
}

fn seen(since: i64, at: i64, made: Option<i64>) -> Fact {
    Fact::Present {
        at: t(at),
        since: t(since),
        made: made.map(t),
        made_begins: false,
        record: None,
        presence_only: false,
        evidence: format!("p{at}").into(),
    }
}

fn present(hour: i64) -> Fact {
    seen(hour, hour, None)
}

fn absent(hour: i64) -> Fact {
    Fact::Absent { at: t(hour), since: t(hour) }
}

fn due(set: i64, end: i64) -> Fact {
    Fact::Scheduled {
        at: t(set),
        end: Schedule::Ends(t(end)),
    }
}

fn log(spans: &[(i64, i64)]) -> LogCoverage {
    LogCoverage::windows(
        spans
            .iter()
            .map(|(from, until)| Window {
                from: t(*from),
                until: t(*until),
            })
            .collect(),
    )
}

fn rules(log: &LogCoverage) -> Rules<'_> {
    Rules {
        same_act: 60_000_000,
        granted_once: true,
        log_tells_beginnings: true,
        one_record: false,
        has_holes: false,
        records_outlast: false,
        log,
    }
}

/// `from..until` in hours with `=` exact, `~` bounded, `?` unknown, `>` none told, then the proved stretches; `+` is an instant later.
fn shown(facts: Vec<Fact>, log: &LogCoverage) -> String {
    let hours = |i: Instant| format!("{}{}", i.0.div_euclid(HOUR), if i.0.rem_euclid(HOUR) == 0 { "" } else { "+" });
    let maybe = |i: Option<Instant>| i.map(hours).unwrap_or_default();
    let of = |i: &Interval| {
        let from = match i.from_certainty {
            Certainty::Exact => "=",
            Certainty::Bounded => "~",
            _ => "?",
        };
        let until = match i.end {
            End::None => format!(">[{},]", maybe(i.until_earliest)),
            End::Exact(end) => format!("=[{}]", hours(end)),
            End::Bounded(latest) => format!("~[{},{}]", maybe(i.until_earliest), hours(latest)),
        };
        let proved: Vec<String> = i.proved.iter().map(|w| format!("{}-{}", hours(w.from), hours(w.until))).collect();
        format!("{from}[{},{}]..{until} {}", maybe(i.from_earliest), maybe(i.from_latest), proved.join(","))
    };
    intervals(facts, &rules(log)).iter().map(of).collect::<Vec<_>>().join(" | ")
}

fn check(facts: Vec<Fact>, spans: &[(i64, i64)], expected: &str) {
    let log = log(spans);
    assert_eq!(shown(facts.clone(), &log), expected, "{facts:?}");
    let mut reversed = facts.clone();
    reversed.reverse();
    assert_eq!(shown(reversed, &log), expected, "the order of arrival never matters");
    let doubled = [facts.clone(), facts].concat();
    assert_eq!(shown(doubled, &log), expected, "told twice is told once");
}

const ALWAYS: &[(i64, i64)] = &[(0, 100)];
const NEVER: &[(i64, i64)] = &[];

#[test]
fn events_are_exact() {
    check(vec![granted(1), ended(5)], ALWAYS, "=[1,1]..=[5] 1-5");
    check(vec![granted(1), ended(5), granted(7)], ALWAYS, "=[1,1]..=[5] 1-5 | =[7,7]..>[100,] 7-100");
}

#[test]
fn a_log_without_a_gap_carries_a_fact_both_ways() {
    check(vec![granted(1)], ALWAYS, "=[1,1]..>[100,] 1-100");
    check(vec![present(30)], ALWAYS, "?[,0]..>[100,] 0-100");
    check(vec![present(30)], &[(20, 50)], "?[,20]..>[50,] 20-50");
    check(vec![ended(30)], &[(20, 50)], "?[,20]..=[30] 20-30");
}

#[test]
fn without_a_log_a_fact_proves_its_instant() {
    check(vec![granted(1)], NEVER, "=[1,1]..>[1,] 1-1+");
    check(vec![present(3), present(9)], NEVER, "?[,3]..>[9,] 3-3+,9-9+");
    check(vec![granted(1), ended(9)], NEVER, "=[1,1]..=[9] 1-1+,8+-9");
    check(vec![ended(5)], NEVER, "?[,5]..=[5] 4+-5");
}

#[test]
fn a_gap_in_the_middle_leaves_the_middle_open() {
    let gap = &[(0, 10), (20, 40)];
    check(vec![granted(1), present(30)], gap, "=[1,1]..>[40,] 1-10,20-40");
    check(vec![granted(1), absent(30)], gap, "=[1,1]..~[10,20] 1-10");
    check(vec![absent(1), present(30)], gap, "~[10,20]..>[40,] 20-40");
    check(vec![granted(1), ended(30)], gap, "=[1,1]..=[30] 1-10,20-30");
}

#[test]
fn snapshots_are_bounds() {
    check(vec![absent(1), present(3), present(6), absent(9)], NEVER, "~[1+,3]..~[6,9] 3-3+,6-6+");
    check(vec![present(3), ended(5)], NEVER, "?[,3]..=[5] 3-3+,4+-5");
    check(vec![granted(1), present(3), absent(9), ended(5)], ALWAYS, "=[1,1]..=[5] 1-5");
}

#[test]
fn a_log_that_missed_a_change_says_nothing_of_when() {
    check(vec![granted(1), absent(9)], ALWAYS, "=[1,1]..~[1,9] 1-1+");
    check(vec![absent(1), present(9)], ALWAYS, "~[1+,9]..>[100,] 9-100");
}

#[test]
fn an_end_that_was_set_bounds_what_is_proved() {
    check(vec![granted(1), due(1, 50)], ALWAYS, "=[1,1]..>[50,] 1-50");
    check(vec![granted(1), due(1, 50), absent(90)], ALWAYS, "=[1,1]..~[50,90] 1-50");
    check(vec![granted(1), due(1, 50), present(60)], ALWAYS, "=[1,1]..>[100,] 1-100");
    let extended = Fact::Extended { at: t(40), act: act("x", 40) };
    let unknown = Fact::Scheduled {
        at: t(40),
        end: Schedule::Unknown,
    };
    check(vec![granted(1), due(1, 50), extended, unknown], ALWAYS, "=[1,1]..>[100,] 1-100");
}

#[test]
fn listed_after_its_removal_is_a_second_holding() {
    check(vec![granted(1), ended(5), present(9)], ALWAYS, "=[1,1]..=[5] 1-5 | ~[5,9]..>[100,] 9-100");
}

#[test]
fn a_deleted_account_ends_what_is_held_and_nothing_else() {
    check(vec![granted(1), deleted(9)], ALWAYS, "=[1,1]..=[9] 1-9");
    check(vec![granted(1), deleted(9)], NEVER, "=[1,1]..~[1,9] 1-1+");
    check(vec![granted(1), ended(5), deleted(9)], ALWAYS, "=[1,1]..=[5] 1-5");
}

#[test]
fn what_hung_on_a_deleted_resource_comes_back_with_it() {
    let gone = Fact::Deleted {
        at: t(9),
        reason: "resource_deleted",
        act: act("d", 9),
    };
    let back = Fact::Restored { at: t(12), act: act("r", 12) };
    check(vec![granted(1), gone, back], ALWAYS, "=[1,1]..=[9] 1-9 | =[12,12]..>[100,] 12-100");
}

#[test]
fn granted_again_after_a_gap_is_a_second_holding() {
    check(vec![granted(1), granted(8)], NEVER, "=[1,1]..~[1,8] 1-1+ | =[8,8]..>[8,] 8-8+");
    // A log that watched all the time would have told of a removal: the second telling is of the same holding.
    check(vec![granted(1), granted(8)], ALWAYS, "=[1,1]..>[100,] 1-100");
}

#[test]
fn a_record_made_after_the_last_snapshot_is_a_second_holding() {
    check(
        vec![seen(3, 3, Some(1)), seen(9, 9, Some(5))],
        NEVER,
        "~[1,3]..~[3,5] 3-3+ | ~[5+,9]..>[9,] 9-9+",
    );
}

#[test]
fn a_change_during_a_snapshot_is_no_contradiction() {
    check(vec![granted(1), ended(5), seen(4, 6, None)], ALWAYS, "=[1,1]..=[5] 1-5");
    let look = Fact::Absent { at: t(6), since: t(4) };
    check(vec![granted(5), look], ALWAYS, "=[5,5]..>[100,] 5-100");
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let hour = 0..60i64;
    prop_oneof![
        hour.clone().prop_map(granted),
        hour.clone().prop_map(ended),
        hour.clone().prop_map(present),
        hour.prop_map(absent),
    ]
}

fn any_log() -> impl Strategy<Value = LogCoverage> {
    prop::collection::vec((0..60i64, 1..20i64), 0..4).prop_map(|spans| {
        let windows = spans.iter().map(|(from, length)| Window {
            from: t(*from),
            until: t(from + length),
        });
        LogCoverage::windows(merge_windows(windows.collect()))
    })
}

/// What is said of the middle of each hour: `true` held, `false` not held, `None` cannot tell.
fn answers(facts: &[Fact], log: &LogCoverage) -> Vec<Option<bool>> {
    let found = intervals(facts.to_vec(), &rules(log));
    let outer = |i: &Interval| Window {
        from: i.from_earliest.unwrap_or(Instant(i64::MIN)),
        until: match i.end {
            End::None => Instant(i64::MAX),
            End::Exact(end) | End::Bounded(end) => end,
        },
    };
    // "Not held" is said only where a witness of it reaches.
    let absent = |x: Instant| {
        facts.iter().any(|f| match f {
            Fact::Absent { at, .. } => log.watched(x.min(*at), x.max(*at)),
            Fact::Granted { at, .. } => x < *at && log.watched(x, *at),
            Fact::Ended { at, .. } => *at <= x && log.watched(*at, x),
            _ => false,
        })
    };
    let at = |hour: i64| {
        let instant = Window::at(Instant(hour * HOUR + HOUR / 2));
        let proved = found.iter().any(|i| i.proved.iter().any(|w| w.meets(&instant)));
        let possible = found.iter().any(|i| outer(i).meets(&instant));
        if proved {
            Some(true)
        } else {
            (!possible && absent(instant.from)).then_some(false)
        }
    };
    (0..80).map(at).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn intervals_are_in_order_and_apart(facts in prop::collection::vec(any_fact(), 0..9), log in any_log()) {
        let found = intervals(facts, &rules(&log));
        for i in &found {
            prop_assert!(i.proved.iter().all(|w| w.from < w.until), "{i:?}");
            prop_assert!(i.proved.windows(2).all(|w| w[0].until < w[1].from), "{i:?}");
            if let (Some(from), End::Exact(until)) = (i.held_from(), i.end) {
                prop_assert!(from <= until, "{i:?}");
            }
            if let (Some(earliest), Some(latest)) = (i.from_earliest, i.from_latest) {
                prop_assert!(earliest <= latest, "{i:?}");
            }
        }
        for pair in found.windows(2) {
            let over = pair[0].proved.last().map(|w| w.until);
            let begun = pair[1].proved.first().map(|w| w.from);
            prop_assert!(over.zip(begun).is_none_or(|(over, begun)| over <= begun), "{pair:?}");
        }
    }

    #[test]
    fn the_order_of_arrival_and_repetition_change_nothing(facts in prop::collection::vec(any_fact(), 0..9), log in any_log(), seed in any::<u64>()) {
        let whole = intervals(facts.clone(), &rules(&log));
        let mut shuffled = [facts.clone(), facts].concat();
        let length = shuffled.len().max(1);
        for i in 0..shuffled.len() {
            let j = usize::try_from(seed.rotate_left(u32::try_from(i % 64).unwrap_or(0)) % length as u64).unwrap_or(0);
            shuffled.swap(i, j);
        }
        prop_assert_eq!(whole, intervals(shuffled, &rules(&log)));
    }

    /// Less coverage may only turn an answer into "cannot tell".
    #[test]
    fn less_coverage_only_weakens(facts in prop::collection::vec(any_fact(), 0..6), log in any_log(), hole in (0..60i64, 1..20i64)) {
        // A log that contradicts the snapshots has lost something: what it says of when is not relied on.
        prop_assume!(is_consistent(&facts, &log));
        let cut = Window { from: t(hole.0), until: t(hole.0 + hole.1) };
        let less = LogCoverage::windows(crate::model::time::without(&log.spans(), &[cut]));
        let (whole, weaker) = (answers(&facts, &log), answers(&facts, &less));
        for (hour, (a, b)) in whole.iter().zip(&weaker).enumerate() {
            prop_assert!(b.is_none() || a == b, "hour {hour}: {a:?} became {b:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// A record that is lost, and known to be lost, may only turn an answer into "cannot tell".
    #[test]
    fn a_lost_record_only_weakens(facts in prop::collection::vec(any_fact(), 1..6), log in any_log(), lost in any::<prop::sample::Index>()) {
        prop_assume!(is_consistent(&facts, &log));
        let mut rest = facts.clone();
        let gone = rest.remove(lost.index(facts.len()));
        let less = match gone {
            Fact::Granted { at, .. } | Fact::Ended { at, .. } => LogCoverage::windows(crate::model::time::without(&log.spans(), &[Window::at(at)])),
            _ => log.clone(),
        };
        let (whole, weaker) = (answers(&facts, &log), answers(&rest, &less));
        for (hour, (a, b)) in whole.iter().zip(&weaker).enumerate() {
            prop_assert!(b.is_none() || a == b, "hour {hour}: {a:?} became {b:?} without {gone:?}");
        }
    }
}

/// Whether nothing changes unseen in covered time.
fn is_consistent(facts: &[Fact], log: &LogCoverage) -> bool {
    let mut sorted = facts.to_vec();
    sorted.sort_by(|a, b| a.order().cmp(&b.order()));
    let after = |f: &Fact| !matches!(f, Fact::Ended { .. } | Fact::Absent { .. });
    let before = |f: &Fact| match f {
        Fact::Granted { .. } | Fact::Absent { .. } => false,
        Fact::Ended { .. } | Fact::Present { .. } => true,
        _ => true,
    };
    sorted.windows(2).all(|pair| {
        let apart = pair[0].at() < pair[1].at();
        apart && (!log.watched(pair[0].at(), pair[1].at()) || after(&pair[0]) == before(&pair[1]))
    })
}
