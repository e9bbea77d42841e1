//! The published limits, kept: no more in any window than Graph allows, and a careful pace where no limit is published.
//!
//! A request counts from the moment it is sent until a whole window after its answer came. So however long it was
//! under way, the service can never see more than the limit in any window, and a burst cannot follow a burst.

use crate::graph::Clock;
use crate::model::time::SECOND;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// A group of endpoints that share a limit, and a queue of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RateLimitGroup {
    /// Identity and access reports, `/auditLogs/*`: 5 requests in 10 s for each app and tenant.
    Reports,
    /// Identity protection and conditional access: 1 request in a second for each tenant, all apps together.
    Conditional,
    /// Directory objects: 3,500 resource units in 10 s (the smallest size of tenant, so that it holds for all).
    Directory,
    /// Entitlement management: no published limit.
    Governance,
    /// Access reviews: no published limit.
    Reviews,
}

impl RateLimitGroup {
    /// All limit_groups.
    pub const ALL: [Self; 5] = [Self::Reports, Self::Conditional, Self::Directory, Self::Governance, Self::Reviews];

    /// How many requests of the limit_group may be under way at once.
    #[must_use]
    pub fn workers(self) -> usize {
        match self {
            Self::Reports => 4,
            Self::Conditional => 1,
            Self::Directory => 8,
            Self::Governance => 4,
            Self::Reviews => 4,
        }
    }

    pub(super) fn index(self) -> usize {
        match self {
            Self::Reports => 0,
            Self::Conditional => 1,
            Self::Directory => 2,
            Self::Governance => 3,
            Self::Reviews => 4,
        }
    }
}

/// Admission of one request; to be given back when its answer came.
#[derive(Debug)]
pub(super) struct Ticket(RateLimitGroup, u64);

/// Keeps the limits of all limit_groups.
pub(super) struct Pace {
    clock: Arc<dyn Clock>,
    limit_groups: Mutex<Vec<Keeper>>,
}

impl Pace {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let limit_groups = RateLimitGroup::ALL.iter().map(|limit_group| Keeper::new(*limit_group)).collect();
        Self {
            clock,
            limit_groups: Mutex::new(limit_groups),
        }
    }

    /// Waits until a request may be sent; `stopped` ends the waiting.
    pub fn admit(&self, limit_group: RateLimitGroup, cost: u32, stopped: impl Fn() -> bool) -> Option<Ticket> {
        loop {
            if stopped() {
                return None;
            }
            let now = self.clock.ticks();
            let wait = {
                let mut limit_groups = self.limit_groups.lock().unwrap_or_else(PoisonError::into_inner);
                let keeper = &mut limit_groups[limit_group.index()];
                match keeper.wait(cost, now) {
                    0 => return Some(Ticket(limit_group, keeper.take(cost, now))),
                    wait => wait,
                }
            };
            self.clock.sleep(wait.min(SECOND));
        }
    }

    /// Gives a request back; `real` is what the service says that it cost.
    pub fn answered(&self, ticket: Ticket, real: Option<u32>, throttled: bool) {
        let now = self.clock.ticks();
        let mut limit_groups = self.limit_groups.lock().unwrap_or_else(PoisonError::into_inner);
        let Ticket(limit_group, number) = ticket;
        let real = real.filter(|_| limit_group == RateLimitGroup::Directory);
        limit_groups[limit_group.index()].answered(number, real, throttled, now);
    }

    /// Holds a whole limit_group back: what is throttled for one is throttled for all.
    pub fn pause(&self, limit_group: RateLimitGroup, micros: i64) {
        let until = self.clock.ticks() + micros;
        let mut limit_groups = self.limit_groups.lock().unwrap_or_else(PoisonError::into_inner);
        let keeper = &mut limit_groups[limit_group.index()];
        keeper.paused_until = keeper.paused_until.max(until);
    }
}

/// Keeps the limit of one limit_group.
struct Keeper {
    limit: Limit,
    paused_until: i64,
    serial: u64,
}

enum Limit {
    /// At most so many units in any window.
    Window { units: u32, span: i64, used: VecDeque<Used> },
    /// Faster while all goes well, half as fast when throttled.
    Adaptive { per_second: f64, next: i64 },
}

struct Used {
    number: u64,
    cost: u32,
    /// Until when it counts; `None` while it is under way.
    until: Option<i64>,
}

/// How long to look away when only an answer can make room.
const GLANCE: i64 = SECOND / 200;
/// Windows are held a little longer than published.
const MARGIN: i64 = SECOND / 20;
/// Requests a second at the beginning, at least, and at most, where no limit is published.
const START: f64 = 10.0;
const LEAST: f64 = 0.5;
const MOST: f64 = 50.0;

impl Keeper {
    fn new(limit_group: RateLimitGroup) -> Self {
        let window = |units, seconds| Limit::Window {
            units,
            span: seconds * SECOND + MARGIN,
            used: VecDeque::new(),
        };
        let limit = match limit_group {
            RateLimitGroup::Reports => window(5, 10),
            RateLimitGroup::Conditional => window(1, 1),
            RateLimitGroup::Directory => window(3_500, 10),
            RateLimitGroup::Governance | RateLimitGroup::Reviews => Limit::Adaptive { per_second: START, next: 0 },
        };
        Self {
            limit,
            paused_until: 0,
            serial: 0,
        }
    }

    /// How long until so much is free; 0 for now.
    fn wait(&mut self, cost: u32, now: i64) -> i64 {
        if self.paused_until > now {
            return self.paused_until - now;
        }
        match &mut self.limit {
            Limit::Adaptive { next, .. } => (*next - now).max(0),
            Limit::Window { units, used, .. } => {
                used.retain(|u| u.until.is_none_or(|t| t > now));
                let cost = cost.min(*units);
                let mut sum: u32 = used.iter().map(|u| u.cost).sum();
                if sum + cost <= *units {
                    return 0;
                }
                let mut ends: Vec<(i64, u32)> = used.iter().filter_map(|u| Some((u.until?, u.cost))).collect();
                ends.sort_unstable();
                for (until, freed) in ends {
                    sum -= freed;
                    if sum + cost <= *units {
                        return until - now;
                    }
                }
                GLANCE
            }
        }
    }

    fn take(&mut self, cost: u32, now: i64) -> u64 {
        self.serial += 1;
        match &mut self.limit {
            #[expect(clippy::cast_possible_truncation, reason = "a rate between a half and fifty")]
            Limit::Adaptive { per_second, next } => *next = now.max(*next) + (1e6 / *per_second) as i64,
            Limit::Window { used, .. } => used.push_back(Used {
                number: self.serial,
                cost,
                until: None,
            }),
        }
        self.serial
    }

    fn answered(&mut self, number: u64, real: Option<u32>, throttled: bool, now: i64) {
        match &mut self.limit {
            Limit::Adaptive { per_second, .. } => {
                let changed = if throttled { *per_second / 2.0 } else { *per_second + 0.25 };
                *per_second = changed.clamp(LEAST, MOST);
            }
            Limit::Window { used, span, .. } => {
                if let Some(one) = used.iter_mut().find(|u| u.number == number) {
                    one.until = Some(now + *span);
                    one.cost = one.cost.max(real.unwrap_or(0));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as fast as the keeper allows; gives the instants of sending.
    fn send(keeper: &mut Keeper, count: usize, cost: u32, under_way: i64) -> Vec<i64> {
        let (mut now, mut sent) = (0, Vec::new());
        while sent.len() < count {
            match keeper.wait(cost, now) {
                0 => {
                    let number = keeper.take(cost, now);
                    sent.push(now);
                    now += under_way;
                    keeper.answered(number, None, false, now);
                }
                wait => now += wait,
            }
        }
        sent
    }

    fn most_in(sent: &[i64], span: i64) -> usize {
        (0..sent.len())
            .map(|i| sent[i..].iter().filter(|t| **t < sent[i] + span).count())
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn never_more_than_five_reports_in_any_ten_seconds_and_hardly_fewer() {
        let sent = send(&mut Keeper::new(RateLimitGroup::Reports), 101, 1, 1_000);
        assert_eq!(most_in(&sent, 10 * SECOND), 5);
        let ideal = 20 * 10 * SECOND;
        assert!(sent[100] < ideal + ideal / 50, "{} for {ideal}", sent[100]);
    }

    #[test]
    fn conditional_access_is_asked_once_a_second() {
        let sent = send(&mut Keeper::new(RateLimitGroup::Conditional), 20, 1, 10);
        assert_eq!(most_in(&sent, SECOND), 1);
    }

    #[test]
    fn resource_units_add_up() {
        let sent = send(&mut Keeper::new(RateLimitGroup::Directory), 5_000, 3, 10);
        assert_eq!(most_in(&sent, 10 * SECOND), 3_500 / 3);
    }

    #[test]
    fn what_is_under_way_counts() {
        let mut keeper = Keeper::new(RateLimitGroup::Reports);
        let numbers: Vec<u64> = (0..5).map(|_| keeper.take(1, 0)).collect();
        assert_eq!(keeper.wait(1, 3_600 * SECOND), GLANCE, "none has been answered");
        keeper.answered(numbers[0], None, false, 3_600 * SECOND);
        assert!(keeper.wait(1, 3_600 * SECOND) > 10 * SECOND);
    }

    #[test]
    fn without_a_published_limit_the_pace_grows_and_halves() {
        let mut keeper = Keeper::new(RateLimitGroup::Reviews);
        send(&mut keeper, 100, 1, 10);
        let Limit::Adaptive { per_second: fast, .. } = keeper.limit else {
            panic!("adaptive")
        };
        keeper.answered(0, None, true, 0);
        let Limit::Adaptive { per_second: slow, .. } = keeper.limit else {
            panic!("adaptive")
        };
        assert!(fast > START && (slow - fast / 2.0).abs() < 1e-9);
    }
}
