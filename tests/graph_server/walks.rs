//! Walks over the pages of a collection: which records, in which order, and the opaque tokens that lead on.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use super::chance;
use super::plan::Plan;
use super::query::Query;
use super::tenant::{Record, Tenant};

/// A walk that was begun: what it will give is fixed with its first page.
pub struct Walk {
    /// The first address.
    pub first: String,
    /// What it gives, in order.
    pub items: Vec<Record>,
    /// What `@odata.count` says.
    pub count: usize,
    /// Whether the header `ConsistencyLevel: eventual` came with the first request; it must come with every one.
    pub eventual: bool,
}

/// Where a token leads.
#[derive(Clone)]
pub struct Step {
    pub walk: Arc<Walk>,
    pub at: usize,
    pub page: u64,
    /// The address that was handed out; any other use of the token is refused.
    pub address: String,
}

/// All tokens that were handed out.
#[derive(Default)]
pub struct Walks {
    steps: Mutex<HashMap<String, Step>>,
    begun: Mutex<BTreeMap<String, u64>>,
}

impl Walks {
    /// Hands out the address of the next page.
    pub fn lead(&self, base: &str, first: &str, mut step: Step, seed: u64) -> String {
        let mut steps = self.steps.lock().expect("no thread dies walking");
        let token = format!("{:016x}{:08x}", chance::number(seed, first, step.page), steps.len());
        let joint = if first.contains('?') { '&' } else { '?' };
        step.address = format!("{first}{joint}$skiptoken={token}");
        let address = format!("{base}{}", step.address);
        steps.insert(token, step);
        address
    }

    /// Where a token leads.
    pub fn step(&self, token: &str) -> Option<Step> {
        self.steps.lock().expect("no thread dies walking").get(token).cloned()
    }

    /// Forgets a token.
    pub fn forget(&self, token: &str) {
        self.steps.lock().expect("no thread dies walking").remove(token);
    }

    /// Begins a walk: the records that the query asks for, in the order and with the doubles of the plan.
    pub fn begin(&self, first: &str, key: &str, query: &Query, eventual: bool, tenant: &Tenant, plan: &Plan, released: bool) -> Arc<Walk> {
        let turn = {
            let mut begun = self.begun.lock().expect("no thread dies walking");
            let turn = begun.entry(first.to_owned()).or_default();
            *turn += 1;
            *turn
        };
        let log = key.starts_with("auditLogs/");
        let sign_ins = key == "auditLogs/signIns";
        let all = tenant.collection(key).unwrap_or_default();
        let late = |n: usize, r: &Record| log && !released && plan.late_since.is_some_and(|since| r.time >= since) && n.is_multiple_of(3);
        // Logs lie newest first: a slice is found without looking at every record.
        let (from, until) = if log { query.bounds() } else { (i64::MIN, i64::MAX) };
        let within = all.partition_point(|r| r.time > until)..all.partition_point(|r| r.time >= from);
        let slice = all
            .get(within.clone())
            .unwrap_or_default()
            .iter()
            .enumerate()
            .map(|(n, r)| (n + within.start, r));
        let wanted = slice.filter(|(n, r)| !late(*n, r) && (!log || query.may_take(**r, sign_ins)));
        let mut items: Vec<Record> = wanted.map(|(_, r)| *r).collect();
        if query.reads(log) {
            items.retain(|r| query.takes(&tenant.text(*r), log));
        }
        if query.ascending {
            items.reverse();
        }
        let count = items.len();
        if plan.disorder {
            let size = query.top.min(plan.page);
            let name = format!("{first} {turn}");
            if log {
                // Records that stand on two pages, as when the log grows under the walk.
                let doubles = items
                    .iter()
                    .enumerate()
                    .filter(|(n, _)| chance::number(plan.seed, &name, *n as u64).is_multiple_of(40));
                let doubles: Vec<_> = doubles.map(|(n, r)| (n, *r)).collect();
                for (n, record) in doubles.into_iter().rev() {
                    items.insert((n + size).min(items.len()), record);
                }
            }
            chance::shuffle(&mut items, 2 * size.min(1000), plan.seed, &name);
        }
        Arc::new(Walk {
            first: first.to_owned(),
            items,
            count,
            eventual,
        })
    }
}
