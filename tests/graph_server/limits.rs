//! The published limits, enforced and counted: who stayed under them is shown by what came, not by what was meant.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What is limited together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// `auditLogs`: 5 requests in 10 s.
    Reports,
    /// Conditional access and identity protection: 1 request in a second.
    ConditionalAccess,
    /// Users, groups, applications: 3,500 resource units in 10 s (a small tenant).
    Directory,
    /// Entitlement management and reviews: nothing is published.
    Governance,
}

impl Group {
    /// Units in how many seconds; `None` where nothing is published.
    pub fn published(self) -> Option<(u32, u32)> {
        match self {
            Self::Reports => Some((5, 10)),
            Self::ConditionalAccess => Some((1, 1)),
            Self::Directory => Some((3500, 10)),
            Self::Governance => None,
        }
    }
}

/// What a group saw.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Requests.
    pub requests: u64,
    /// Units, throttled requests too.
    pub units: u64,
    /// The most units that fell into one window.
    pub worst: u64,
    /// The most that may fall into one window.
    pub allowed: Option<u64>,
    /// Requests that were refused because of the limit.
    pub refused: u64,
    recent: VecDeque<(Instant, u64)>,
}

/// The limits of one run.
pub struct Limits {
    scale: u32,
    /// What an unpublished limit is, in requests a second; the client has to find out.
    hidden: Option<u32>,
    seen: Mutex<BTreeMap<Group, Seen>>,
}

impl Limits {
    /// Limits `scale` times as high as published.
    pub fn new(scale: u32, hidden: Option<u32>) -> Self {
        Self {
            scale: scale.max(1),
            hidden,
            seen: Mutex::default(),
        }
    }

    /// Counts a request; says how long to wait, on the scaled clock, when it is over the limit.
    pub fn admit(&self, group: Group, units: u64) -> Option<Duration> {
        let rule = self.rule(group);
        let mut seen = self.seen.lock().expect("no thread dies counting");
        // The clock is read when it is this request's turn: a thread that waited would count later requests as older ones.
        let now = Instant::now();
        let seen = seen.entry(group).or_default();
        seen.requests += 1;
        seen.units += units;
        let (allowed, window) = rule?;
        seen.allowed = Some(allowed);
        while seen.recent.front().is_some_and(|(at, _)| now.duration_since(*at) >= window) {
            seen.recent.pop_front();
        }
        seen.recent.push_back((now, units));
        let inside: u64 = seen.recent.iter().map(|(_, units)| units).sum();
        seen.worst = seen.worst.max(inside);
        if inside <= allowed {
            return None;
        }
        seen.refused += 1;
        let first = seen.recent.front().expect("one was pushed").0;
        Some(window.saturating_sub(now.duration_since(first)) * self.scale)
    }

    /// What came, by group.
    pub fn seen(&self) -> BTreeMap<Group, Seen> {
        self.seen.lock().expect("no thread dies counting").clone()
    }

    /// The least seconds in which all that came could have come, if the groups run beside each other.
    pub fn imposed(&self) -> f64 {
        let seen = self.seen();
        let least = seen.iter().filter_map(|(group, seen)| {
            let (units, seconds) = group.published()?;
            let rate = f64::from(units) * f64::from(self.scale) / f64::from(seconds);
            Some((seen.units.saturating_sub(u64::from(units)) as f64 / rate).max(0.0))
        });
        least.fold(0.0, f64::max)
    }

    /// Limits and clock are scaled together: the same units in a window that is `scale` times as short.
    fn rule(&self, group: Group) -> Option<(u64, Duration)> {
        let (units, seconds) = group.published().or(self.hidden.map(|n| (n, 1)))?;
        Some((u64::from(units), Duration::from_secs(u64::from(seconds)) / self.scale))
    }
}
