//! What goes wrong, by seed.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::chance;

/// One way in which an answer goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `Retry-After` in seconds.
    ThrottledSeconds,
    /// 429 with `Retry-After` as a date.
    ThrottledDate,
    /// 429 with `Retry-After: 1,2`, which is no number.
    ThrottledMalformed,
    /// 429 without `Retry-After`.
    ThrottledSilent,
    /// 500.
    ServerError,
    /// 503.
    Unavailable,
    /// 504, as when a page takes too long.
    Timeout,
    /// The connection is reset before a byte of the answer.
    ResetBefore,
    /// The connection is reset inside the body.
    ResetInside,
    /// The body ends before its announced length.
    Truncated,
    /// A whole answer whose JSON is cut.
    CutJson,
    /// 401: the token is not valid any more.
    TokenDied,
    /// 401 with a claims challenge: the new token must carry claims.
    Claims,
    /// The page is given again under another nextLink.
    RepeatedPage,
    /// A page without items, and with a nextLink.
    EmptyPage,
    /// The nextLink leads to the page that it stands on.
    Loop,
    /// The nextLink names another host.
    Foreign,
    /// The skiptoken of the next page is not known any more.
    DeadToken,
    /// `@odata.count` is not what the pages hold.
    LyingCount,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::ThrottledSeconds,
        Self::ThrottledDate,
        Self::ThrottledMalformed,
        Self::ThrottledSilent,
        Self::ServerError,
        Self::Unavailable,
        Self::Timeout,
        Self::ResetBefore,
        Self::ResetInside,
        Self::Truncated,
        Self::CutJson,
        Self::TokenDied,
        Self::Claims,
        Self::RepeatedPage,
        Self::EmptyPage,
        Self::Loop,
        Self::Foreign,
        Self::DeadToken,
        Self::LyingCount,
    ];

    /// Spoils the walk, not only one answer: the client has to begin the walk again.
    fn spoils(self) -> bool {
        matches!(self, Self::Loop | Self::Foreign | Self::DeadToken | Self::LyingCount)
    }
}

/// What a run of the server does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What chance hangs on.
    pub seed: u64,
    /// What may go wrong by chance.
    pub faults: Vec<Fault>,
    /// How many in a thousand answers go wrong.
    pub per_mille: u64,
    /// Paths (a part of them) at which one thing goes wrong every time.
    pub always: Vec<(&'static str, Fault)>,
    /// Paths (a part of them) at whose first request one thing goes wrong, and never again.
    pub first: Vec<(&'static str, Fault)>,
    /// Permissions that the application was not given.
    pub denied: Vec<&'static str>,
    /// Paths (a part of them) for which the tenant has no licence.
    pub unlicensed: Vec<&'static str>,
    /// How many times the published limits are multiplied.
    pub scale: u32,
    /// An unpublished limit, in requests a second.
    pub hidden: Option<u32>,
    /// After how many requests a token dies.
    pub token_uses: Option<u64>,
    /// Pages hold no more items than this, whatever `$top` asks.
    pub page: usize,
    /// Logs come in disorder, and some records stand on two pages.
    pub disorder: bool,
    /// Log records since this instant (microseconds) come late: one in three, until they are released.
    pub late_since: Option<i64>,
    /// How long every answer takes.
    pub delay: Duration,
    /// What the server takes for now, in seconds since 1970.
    pub now: i64,
}

impl Plan {
    /// Nothing goes wrong, at `scale` times the published limits.
    pub fn calm(now: i64, scale: u32) -> Self {
        Self {
            seed: 1,
            faults: Vec::new(),
            per_mille: 0,
            always: Vec::new(),
            first: Vec::new(),
            denied: Vec::new(),
            unlicensed: Vec::new(),
            scale,
            hidden: None,
            token_uses: None,
            page: usize::MAX,
            disorder: false,
            late_since: None,
            delay: Duration::ZERO,
            now,
        }
    }
}

/// Draws faults, and counts those that happened.
pub struct Draws {
    plan: Plan,
    turns: Mutex<BTreeMap<String, u64>>,
    spoilt: Mutex<BTreeMap<String, u32>>,
    total: AtomicU64,
}

impl Draws {
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            turns: Mutex::default(),
            spoilt: Mutex::default(),
            total: AtomicU64::new(0),
        }
    }

    /// How many faults happened.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// What goes wrong with this request, which belongs to a walk of a collection.
    ///
    /// The same request never fails more than three times by chance, and a walk is not spoilt more than twice: a patient client ends.
    pub fn draw(&self, target: &str, walk: &str) -> Option<Fault> {
        let fault = self.chosen(target, walk)?;
        self.total.fetch_add(1, Ordering::Relaxed);
        Some(fault)
    }

    /// How many times this has been asked, this time included.
    fn turn(&self, asked: &str) -> u64 {
        let mut turns = self.turns.lock().expect("no thread dies drawing");
        let turn = turns.entry(asked.to_owned()).or_default();
        *turn += 1;
        *turn
    }

    fn chosen(&self, target: &str, walk: &str) -> Option<Fault> {
        if let Some((_, fault)) = self.plan.always.iter().find(|(part, _)| target.contains(part)) {
            return Some(*fault);
        }
        if let Some((part, fault)) = self.plan.first.iter().find(|(part, _)| target.contains(part))
            && self.turn(part) == 1
        {
            return Some(*fault);
        }
        if self.plan.faults.is_empty() {
            return None;
        }
        let turn = self.turn(target);
        let draw = chance::number(self.plan.seed, target, turn);
        if draw % 1000 >= self.plan.per_mille || turn > 3 {
            return None;
        }
        let pick = usize::try_from(draw / 1000 % self.plan.faults.len() as u64).unwrap_or(0);
        let fault = self.plan.faults[pick];
        if fault.spoils() {
            let mut spoilt = self.spoilt.lock().expect("no thread dies drawing");
            let times = spoilt.entry(walk.to_owned()).or_default();
            *times += 1;
            if *times > 2 {
                return None;
            }
        }
        Some(fault)
    }
}
