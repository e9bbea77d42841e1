//! One lane of facts becomes intervals: the rules of certainty.
//!
//! A lane is what is known of one principal and one entitlement (for packages: of one assignment). Facts are points in
//! time; the scan walks them once, in order.

use crate::model::{Certainty, Instant, Interned};

/// What a fact says about holding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Point {
    /// Delivered, exactly then.
    Granted { at: Instant, request: Interned, evidence: Interned },
    /// A look listed it; it was there at some instant in `since..=at`.
    Present {
        at: Instant,
        since: Instant,
        not_before: Option<Instant>,
        weak: bool,
        evidence: Interned,
    },
    /// Ended, exactly then.
    Ended {
        at: Instant,
        reason: &'static str,
        by: Interned,
        request: Interned,
        evidence: Interned,
    },
    /// Account or resource is gone for good: what was held then ended by then.
    Gone {
        at: Instant,
        reason: &'static str,
        by: Interned,
        evidence: Interned,
    },
    /// A complete look did not list it; it was not there at some instant in `since..=at`.
    Absent { at: Instant, since: Instant },
}

impl Point {
    pub(super) fn at(&self) -> Instant {
        match self {
            Self::Granted { at, .. } | Self::Present { at, .. } | Self::Ended { at, .. } | Self::Gone { at, .. } | Self::Absent { at, .. } => *at,
        }
    }

    fn order(&self) -> (Instant, u8, Instant, &str) {
        match self {
            Self::Granted { at, evidence, .. } => (*at, 0, *at, evidence),
            Self::Present { at, since, evidence, .. } => (*at, 1, *since, evidence),
            Self::Ended { at, evidence, .. } => (*at, 2, *at, evidence),
            Self::Gone { at, evidence, .. } => (*at, 3, *at, evidence),
            Self::Absent { at, since } => (*at, 4, *since, ""),
        }
    }
}

/// One interval of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interval {
    pub from_certainty: Certainty,
    pub until_certainty: Certainty,
    pub held_from: Option<Instant>,
    pub held_until: Option<Instant>,
    pub from_earliest: Option<Instant>,
    pub from_latest: Option<Instant>,
    pub until_earliest: Option<Instant>,
    pub until_latest: Option<Instant>,
    pub last_seen: Option<Instant>,
    pub end_reason: &'static str,
    pub ended_by: Interned,
    pub grant_request: Interned,
    pub end_request: Interned,
    pub evidence: Vec<Interned>,
}

/// What the scan needs to know beside the facts.
pub(super) struct Horizon<'a> {
    /// Tellings of one act by two services may lie this far apart.
    pub same_act: i64,
    /// Whether Entra refuses to grant what is held already, so that a grant proves that it was not held just before.
    pub granted_once: bool,
    /// The end that was set.
    pub scheduled: Option<Instant>,
    /// The instant at which the questions are asked.
    pub as_of: Instant,
    /// Whether something watched without a gap from an instant to `as_of` and would have seen the end.
    pub watched_since: &'a dyn Fn(Instant) -> bool,
    /// Whether the log watched all of the time between two instants.
    pub logged: &'a dyn Fn(Instant, Instant) -> bool,
}

/// Walks the facts of one lane.
pub(super) fn scan(mut points: Vec<Point>, horizon: &Horizon) -> Vec<Interval> {
    // A membership or role that was made anew has another record id: the look that misses the old record lists the new one.
    let mut seen_at: Vec<Instant> = points
        .iter()
        .filter(|p| matches!(p, Point::Present { weak: false, .. }))
        .map(Point::at)
        .collect();
    seen_at.sort_unstable();
    points.retain(|p| !matches!(p, Point::Absent { at, .. } if seen_at.binary_search(at).is_ok()));
    points.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut done: Vec<Interval> = Vec::new();
    let mut open: Option<Interval> = None;
    let mut last_absent: Option<Instant> = None;
    for point in points {
        match point {
            Point::Granted { at, request, evidence } => match open.as_mut() {
                None => {
                    let mut fresh = begun(Certainty::Exact, Some(at), Some(at), Some(at), evidence);
                    fresh.until_earliest = Some(at);
                    fresh.grant_request = request;
                    open = Some(fresh);
                }
                // The log tells late what a look had shown already: the beginning is what the log says.
                Some(held)
                    if held.from_certainty != Certainty::Exact
                        && held.from_earliest.is_none_or(|e| e <= at)
                        && within(held.from_latest, at, horizon.same_act) =>
                {
                    (held.from_certainty, held.held_from, held.from_earliest, held.from_latest) = (Certainty::Exact, Some(at), Some(at), Some(at));
                    held.grant_request = request;
                    held.evidence.push(evidence);
                }
                // What nobody watched had ended before it was granted again.
                Some(held) if horizon.granted_once && held.ended_unseen_before(at, horizon) => {
                    let mut fresh = begun(Certainty::Exact, Some(at), Some(at), Some(at), evidence);
                    (fresh.until_earliest, fresh.grant_request) = (Some(at), request);
                    done.push(std::mem::replace(held, fresh).ended_within(Some(at), "granted_again"));
                }
                Some(held) => {
                    held.prove(at);
                    held.evidence.push(evidence);
                }
            },
            Point::Present {
                at,
                since,
                not_before,
                weak,
                evidence,
            } => match open.as_mut() {
                // The record was made after the last look that had shown one: what that one stood for had ended before.
                Some(held) if !weak && held.last_seen.zip(not_before).is_some_and(|(seen, made)| made > seen) => {
                    let mut fresh = begun(Certainty::Bounded, Some(at), not_before, Some(at), evidence);
                    (fresh.until_earliest, fresh.last_seen) = (Some(since), Some(at));
                    done.push(std::mem::replace(held, fresh).ended_within(not_before, "not_listed"));
                }
                Some(held) => {
                    if !weak {
                        held.prove(since);
                        held.last_seen = Some(at);
                    }
                    held.evidence.push(evidence);
                }
                None => {
                    let ended = done.last().and_then(|d| d.held_until.filter(|_| d.until_certainty == Certainty::Exact));
                    // It ended while the look was under way: the look saw it before.
                    if ended.is_some_and(|e| since <= e && e <= at) || (weak && ended.is_some()) {
                        if let Some(last) = done.last_mut() {
                            last.evidence.push(evidence);
                        }
                        continue;
                    }
                    let earliest = [ended, last_absent, not_before].into_iter().flatten().max().filter(|e| *e <= at);
                    let certainty = if earliest.is_some() { Certainty::Bounded } else { Certainty::Unknown };
                    let mut fresh = begun(certainty, (!weak).then_some(at), earliest, Some(at), evidence);
                    if !weak {
                        fresh.until_earliest = Some(since);
                        fresh.last_seen = Some(at);
                    }
                    open = Some(fresh);
                }
            },
            Point::Ended {
                at,
                reason,
                by,
                request,
                evidence,
            } => match open.take() {
                Some(mut held) => {
                    held.close(Certainty::Exact, at, Some(at), reason);
                    held.until_earliest = Some(at);
                    (held.ended_by, held.end_request) = (by, request);
                    held.evidence.push(evidence);
                    done.push(held);
                }
                None => match done.last_mut() {
                    Some(last) if last.until_certainty == Certainty::Exact => last.evidence.push(evidence),
                    // The log tells exactly when what a look had shown to be over was over.
                    Some(last) if last.until_earliest.is_none_or(|e| e <= at) && last.until_latest.is_some_and(|l| at <= l) => {
                        last.close(Certainty::Exact, at, Some(at), reason);
                        last.until_earliest = Some(at);
                        (last.ended_by, last.end_request) = (by, request);
                        last.evidence.push(evidence);
                    }
                    _ => {
                        let certainty = if last_absent.is_some() { Certainty::Bounded } else { Certainty::Unknown };
                        let mut seen_ending = begun(certainty, None, last_absent, Some(at), evidence);
                        seen_ending.close(Certainty::Exact, at, Some(at), reason);
                        seen_ending.until_earliest = Some(at);
                        (seen_ending.ended_by, seen_ending.end_request) = (by, request);
                        done.push(seen_ending);
                    }
                },
            },
            Point::Gone { at, reason, by, evidence } => {
                if let Some(mut held) = open.take() {
                    // It lasted until then only if the log would have told of an earlier end.
                    let proved = held.until_earliest;
                    let certainty = if proved.is_some_and(|p| (horizon.logged)(p, at)) {
                        Certainty::Exact
                    } else {
                        Certainty::Bounded
                    };
                    let until = if certainty == Certainty::Exact {
                        at
                    } else {
                        proved.or(held.from_latest).unwrap_or(at)
                    };
                    held.close(certainty, until, Some(at), reason);
                    if certainty == Certainty::Exact {
                        held.until_earliest = Some(at);
                    }
                    held.ended_by = by;
                    held.evidence.push(evidence);
                    done.push(held);
                }
                last_absent = Some(last_absent.map_or(at, |l| l.max(at)));
            }
            Point::Absent { at, since } => {
                // It began while the look was under way: the look missed it before.
                if open.as_ref().is_some_and(|o| o.from_latest.is_some_and(|f| since <= f && f <= at)) {
                    continue;
                }
                if let Some(held) = open.take() {
                    let proved = held.until_earliest;
                    let scheduled = horizon.scheduled.is_some_and(|s| proved.is_none_or(|p| p <= s) && s <= at);
                    let reason = if scheduled { "expired" } else { "not_listed" };
                    done.push(held.ended_within(Some(at), reason));
                }
                last_absent = Some(last_absent.map_or(since, |l| l.max(since)));
            }
        }
    }
    if let Some(held) = open {
        done.push(still_open(held, horizon));
    }
    done
}

fn begun(certainty: Certainty, held_from: Option<Instant>, earliest: Option<Instant>, latest: Option<Instant>, evidence: Interned) -> Interval {
    Interval {
        from_certainty: certainty,
        until_certainty: Certainty::Open,
        held_from,
        held_until: None,
        from_earliest: earliest,
        from_latest: latest,
        until_earliest: None,
        until_latest: None,
        last_seen: None,
        end_reason: "",
        ended_by: Interned::default(),
        grant_request: Interned::default(),
        end_request: Interned::default(),
        evidence: vec![evidence],
    }
}

fn within(a: Option<Instant>, b: Instant, span: i64) -> bool {
    a.is_some_and(|a| (a.0 - b.0).abs() <= span)
}

/// No witness told of an end.
fn still_open(mut held: Interval, horizon: &Horizon) -> Interval {
    let proved = held.until_earliest;
    match horizon.scheduled {
        Some(end) if end <= horizon.as_of && proved.is_none_or(|p| p < end) && held.last_seen.is_none_or(|s| s < end) => {
            held.until_certainty = Certainty::Scheduled;
            held.held_until = Some(held.from_latest.map_or(end, |f| f.max(end)));
            held.end_reason = "scheduled_end";
        }
        _ if proved.is_some_and(|p| (horizon.watched_since)(p)) => held.until_certainty = Certainty::Open,
        _ => held.until_certainty = Certainty::Unknown,
    }
    held
}

impl Interval {
    fn prove(&mut self, at: Instant) {
        self.until_earliest = Some(self.until_earliest.map_or(at, |u| u.max(at)));
        if self.held_from.is_none() {
            self.held_from = Some(at);
        }
    }

    /// It ended between the last proof of holding and `latest`.
    fn ended_within(mut self, latest: Option<Instant>, reason: &'static str) -> Self {
        let until = self.until_earliest.or(self.from_latest);
        self.until_certainty = Certainty::Bounded;
        (self.held_until, self.until_latest, self.end_reason) = (until, latest, reason);
        self
    }

    /// Whether it could have ended between its last proof and `at` without a witness.
    fn ended_unseen_before(&self, at: Instant, horizon: &Horizon) -> bool {
        let proved = self.until_earliest.or(self.from_latest);
        proved.is_some_and(|p| p.0 + horizon.same_act < at.0 && !(horizon.logged)(p, at))
    }

    fn close(&mut self, certainty: Certainty, until: Instant, latest: Option<Instant>, reason: &'static str) {
        self.until_certainty = certainty;
        self.held_until = Some(until);
        self.until_latest = latest;
        self.end_reason = reason;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(hour: i64) -> Instant {
        Instant(hour * crate::model::time::HOUR)
    }

    fn granted(hour: i64) -> Point {
        Point::Granted {
            at: t(hour),
            request: Interned::default(),
            evidence: format!("g{hour}").into(),
        }
    }

    fn ended(hour: i64) -> Point {
        Point::Ended {
            at: t(hour),
            reason: "removed",
            by: Interned::default(),
            request: Interned::default(),
            evidence: format!("e{hour}").into(),
        }
    }

    fn present(hour: i64) -> Point {
        Point::Present {
            at: t(hour),
            since: t(hour),
            not_before: None,
            weak: false,
            evidence: format!("p{hour}").into(),
        }
    }

    fn absent(hour: i64) -> Point {
        Point::Absent { at: t(hour), since: t(hour) }
    }

    /// `from..until`, with `=` exact, `~` bounded, `?` unknown, `!` scheduled, `>` open.
    fn check(points: Vec<Point>, scheduled: Option<i64>, watched: bool, expected: &str) {
        let horizon = Horizon {
            same_act: 60,
            granted_once: true,
            scheduled: scheduled.map(t),
            as_of: t(100),
            watched_since: &|_| watched,
            logged: &|_, _| watched,
        };
        let hours = |i: Option<Instant>| i.map(|i| (i.0 / crate::model::time::HOUR).to_string()).unwrap_or_default();
        let mark = |c: Certainty| match c {
            Certainty::Exact => "=",
            Certainty::Bounded => "~",
            Certainty::Unknown => "?",
            Certainty::Scheduled => "!",
            Certainty::Open => ">",
        };
        let told: Vec<String> = scan(points.clone(), &horizon)
            .iter()
            .map(|i| {
                let (f, u) = (mark(i.from_certainty), mark(i.until_certainty));
                format!(
                    "{f}[{},{}]..{u}[{},{}]",
                    hours(i.from_earliest),
                    hours(i.from_latest),
                    hours(i.until_earliest),
                    hours(i.until_latest)
                )
            })
            .collect();
        assert_eq!(told.join(" "), expected);
        let mut reversed = points;
        reversed.reverse();
        assert_eq!(scan(reversed, &horizon).len(), told.len(), "order of arrival never matters");
    }

    #[test]
    fn events_are_exact() {
        check(vec![granted(1), ended(5)], None, true, "=[1,1]..=[5,5]");
        check(vec![granted(1), ended(5), granted(7)], None, true, "=[1,1]..=[5,5] =[7,7]..>[7,]");
    }

    #[test]
    fn looks_are_bounds() {
        check(vec![absent(1), present(3), present(6), absent(9)], None, true, "~[1,3]..~[6,9]");
        check(vec![present(3)], None, true, "?[,3]..>[3,]");
        check(vec![granted(1), absent(9)], None, true, "=[1,1]..~[1,9]");
        check(vec![present(3), ended(5)], None, true, "?[,3]..=[5,5]");
    }

    #[test]
    fn a_look_sharpened_by_the_log() {
        check(vec![granted(1), present(3), absent(9), ended(5)], None, true, "=[1,1]..=[5,5]");
    }

    #[test]
    fn a_removal_nobody_saw_begin() {
        check(vec![ended(5)], None, true, "?[,5]..=[5,5]");
        check(vec![ended(5), ended(5)], None, true, "?[,5]..=[5,5]");
    }

    #[test]
    fn schedules_give_way_to_witnesses() {
        check(vec![granted(1)], Some(50), true, "=[1,1]..![1,]");
        check(vec![granted(1), present(60)], Some(50), true, "=[1,1]..>[60,]");
        check(vec![granted(1), ended(40)], Some(50), true, "=[1,1]..=[40,40]");
        check(vec![granted(1)], Some(500), true, "=[1,1]..>[1,]");
    }

    #[test]
    fn a_gap_is_never_exact() {
        check(vec![granted(1)], None, false, "=[1,1]..?[1,]");
    }

    #[test]
    fn listed_after_its_removal_is_a_second_holding() {
        check(vec![granted(1), ended(5), present(9)], None, true, "=[1,1]..=[5,5] ~[5,9]..>[9,]");
    }

    #[test]
    fn a_deleted_account_ends_what_is_held_and_nothing_else() {
        let gone = |hour: i64| Point::Gone {
            at: t(hour),
            reason: "account_deleted",
            by: Interned::default(),
            evidence: "x".into(),
        };
        check(vec![granted(1), gone(9)], None, true, "=[1,1]..=[9,9]");
        check(vec![granted(1), gone(9)], None, false, "=[1,1]..~[1,9]");
        check(vec![granted(1), ended(5), gone(9)], None, true, "=[1,1]..=[5,5]");
        check(vec![granted(1), present(3), absent(6), gone(9)], None, true, "=[1,1]..~[3,6]");
    }

    #[test]
    fn a_record_made_after_the_last_look_is_a_second_holding() {
        let made = |made: i64, seen: i64| Point::Present {
            at: t(seen),
            since: t(seen),
            not_before: Some(t(made)),
            weak: false,
            evidence: format!("p{seen}").into(),
        };
        check(vec![made(1, 3), made(5, 9)], None, true, "~[1,3]..~[3,5] ~[5,9]..>[9,]");
        check(vec![granted(1), made(2, 3), made(2, 9)], None, true, "=[1,1]..>[9,]");
    }

    /// What Entra refuses to grant twice had ended before it was granted again, even when nobody saw the removal.
    #[test]
    fn granted_again_after_a_gap_is_a_second_holding() {
        check(vec![present(3), granted(8), present(9)], None, false, "?[,3]..~[3,8] =[8,8]..?[9,]");
        check(vec![granted(1), granted(8)], None, false, "=[1,1]..~[1,8] =[8,8]..?[8,]");
        // A log that watched all the time would have told of a removal: the second telling is the same holding.
        check(vec![granted(1), granted(8)], None, true, "=[1,1]..>[8,]");
    }

    #[test]
    fn a_removal_during_a_look_is_no_contradiction() {
        let look = Point::Present {
            at: t(6),
            since: t(4),
            not_before: None,
            weak: false,
            evidence: "p".into(),
        };
        check(vec![granted(1), ended(5), look], None, true, "=[1,1]..=[5,5]");
    }
}
