//! Workers that read units until none is left: a queue for each limit, children after their parents.

use crate::graph::collections::{Collection, ParentFilter, Shape};
use crate::graph::walk::{Walked, walk};
use crate::graph::window::{halves, slices};
use crate::graph::{Client, GraphError, Page, RateLimitGroup, page};
use crate::model::time::without;
use crate::model::{Instant, Window};
use crate::pull::spool::Chunk;
use crate::pull::{Entry, Order, PullError, Spool, Unit};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How often a walk is begun again.
const WALKS: u32 = 4;
/// How often, when only the count does not tie: it may be the count that lies.
const COUNTED_WALKS: u32 = 3;
/// Pages that a slice of a log should have at most: long walks are throttled for good.
const GOOD_PAGES: i64 = 200;
/// Refusals of parts, with no part given, after which the rest is not asked for.
const REFUSALS: u32 = 3;

/// How the reading ended.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Why nothing more could be asked.
    pub fatal: Option<GraphError>,
    /// Units that were not asked for, each with the reason.
    pub unread: Vec<(Unit, String)>,
}

struct Shared<'a> {
    client: &'a Client,
    order: &'a Order,
    spool: &'a Spool,
    state: Mutex<State>,
    news: Condvar,
    /// Units that are complete already.
    done: BTreeSet<String>,
    /// Requests whose approvals the lake has to their end: they do not change any more.
    decided: &'a BTreeSet<String>,
}

#[derive(Default)]
struct State {
    queues: BTreeMap<RateLimitGroup, VecDeque<Unit>>,
    /// Units in queues and in hands.
    pending: usize,
    /// Refusals and successes of each collection.
    refused: BTreeMap<&'static str, (u32, String)>,
    given: BTreeSet<&'static str>,
    /// Microseconds of a log that fill a page, as last seen.
    density: BTreeMap<&'static str, i64>,
    outcome: Outcome,
}

/// Reads all that an order asks for and the spool does not have.
///
/// Approvals of requests that are `decided` are not asked for again.
pub fn read(client: &Client, order: &Order, decided: &BTreeSet<String>, spool: &Spool) -> Outcome {
    let entries = spool.entries();
    let complete: Vec<&Entry> = entries.iter().filter(|e| e.fault.is_none()).collect();
    let shared = Shared {
        client,
        order,
        spool,
        state: Mutex::new(State::default()),
        news: Condvar::new(),
        done: complete.iter().map(|e| e.unit.clone()).collect(),
        decided,
    };
    for collection in &order.collections {
        let begin = match collection.shape {
            Shape::Log { subject, .. } => {
                let read: Vec<Window> = complete.iter().filter(|e| e.collection == collection.name).filter_map(|e| e.window).collect();
                let wanted = spool.run.wanted.get(subject).map_or(&[][..], Vec::as_slice);
                slices(&without(wanted, &read)).into_iter().map(|w| Unit::slice(collection, w)).collect()
            }
            Shape::Listing => vec![Unit::listing(collection)],
            Shape::Under(_) => Vec::new(),
        };
        shared.push(begin);
    }
    // What lies under objects that were listed before a kill.
    for entry in &complete {
        if let Err(error) = shared.expand_again(entry) {
            shared.fail(GraphError::Disk(error.to_string()));
        }
    }
    std::thread::scope(|scope| {
        for limit_group in RateLimitGroup::ALL {
            for _ in 0..limit_group.workers() {
                let shared = &shared;
                scope.spawn(move || shared.work(limit_group));
            }
        }
    });
    let mut state = shared.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    let reason = state.outcome.fatal.as_ref().map(ToString::to_string).unwrap_or_default();
    for unit in state.queues.into_values().flatten() {
        state.outcome.unread.push((unit, reason.clone()));
    }
    state.outcome
}

impl Shared<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues units that are not complete.
    fn push(&self, units: Vec<Unit>) {
        let mut state = self.state();
        for unit in units.into_iter().filter(|u| !self.done.contains(&u.to_string())) {
            state.pending += 1;
            state.queues.entry(unit.collection.limit_group).or_default().push_back(unit);
        }
        drop(state);
        self.news.notify_all();
    }

    fn fail(&self, fault: GraphError) {
        self.client.stop();
        self.state().outcome.fatal.get_or_insert(fault);
        self.news.notify_all();
    }

    fn work(&self, limit_group: RateLimitGroup) {
        let mut chunks: BTreeMap<&'static str, Chunk> = BTreeMap::new();
        while let Some(unit) = self.next(limit_group) {
            let result = self.unit(&unit, &mut chunks);
            if let Err(fault) = result {
                if !matches!(fault, GraphError::Stopped) {
                    tracing::error!(unit = %unit, %fault, "the pull ends");
                    self.fail(fault.clone());
                }
                let mut state = self.state();
                let reason = state.outcome.fatal.as_ref().unwrap_or(&fault).to_string();
                state.outcome.unread.push((unit, reason));
            }
            self.state().pending -= 1;
            self.news.notify_all();
        }
    }

    fn next(&self, limit_group: RateLimitGroup) -> Option<Unit> {
        let mut state = self.state();
        loop {
            if state.outcome.fatal.is_some() || state.pending == 0 {
                return None;
            }
            if let Some(unit) = state.queues.get_mut(&limit_group).and_then(VecDeque::pop_front) {
                return Some(unit);
            }
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Reads one unit; an error is one that ends the whole pull.
    fn unit(&self, unit: &Unit, chunks: &mut BTreeMap<&'static str, Chunk>) -> Result<(), GraphError> {
        let name = unit.collection.name;
        if let Some(reason) = self.refused(name) {
            return self.not_asked(unit, &reason);
        }
        if self.is_dense(unit) && self.divide(unit) {
            return Ok(());
        }
        let now = self.client.clock().now();
        if chunks.get(name).is_some_and(|c| c.is_full(now)) {
            chunks.remove(name);
        }
        if !chunks.contains_key(name) {
            chunks.insert(name, self.spool.chunk(name, now).map_err(|e| disk(&e))?);
        }
        let Some(chunk) = chunks.get_mut(name) else { return Ok(()) };
        let mut reading = Reading::new(unit, now);
        let fault = reading.walk_to_the_end(self.client, chunk)?;
        if let Some(fault) = &fault {
            if fault.is_too_large() && self.divide(unit) {
                tracing::info!(unit = %unit, %fault, "divided");
                return chunk.begin(true).map_err(|e| disk(&e));
            }
            self.note_refusal(unit, fault);
        } else {
            let mut state = self.state();
            state.given.insert(name);
            if let Some(window) = unit.window {
                let pages = i64::try_from(reading.walked.pages.max(1)).unwrap_or(1);
                state.density.insert(name, (window.until.0 - window.from.0) / pages);
            }
        }
        let children = self.children(unit, &reading.ids);
        let entry = reading.entry(unit, chunk, fault, self.client.clock().now());
        match &entry.fault {
            Some(reason) => tracing::warn!(unit = %unit, %reason, "gap"),
            None => tracing::info!(unit = %unit, pages = entry.pages_received, rows = entry.received, "read"),
        }
        self.spool.note(entry).map_err(|e| disk(&e))?;
        self.push(children);
        Ok(())
    }

    /// The reason why nothing more of a collection is asked for.
    fn refused(&self, name: &str) -> Option<String> {
        let state = self.state();
        let (count, reason) = state.refused.get(name)?;
        (*count >= REFUSALS && !state.given.contains(name)).then(|| reason.clone())
    }

    fn note_refusal(&self, unit: &Unit, fault: &GraphError) {
        if let GraphError::Denied { .. } | GraphError::Refused { .. } = fault {
            let mut state = self.state();
            let entry = state.refused.entry(unit.collection.name).or_insert((0, told(unit.collection, fault)));
            // A whole log or listing that is refused is refused for good; of parts, one may be special.
            entry.0 += if unit.ids.is_empty() { REFUSALS } else { 1 };
        }
    }

    fn not_asked(&self, unit: &Unit, reason: &str) -> Result<(), GraphError> {
        self.state().outcome.unread.push((unit.clone(), reason.to_string()));
        Ok(())
    }

    /// Whether a slice would have too many pages, as far as the last one tells.
    fn is_dense(&self, unit: &Unit) -> bool {
        let state = self.state();
        let density = state.density.get(unit.collection.name);
        unit.window.zip(density).is_some_and(|(w, d)| (w.until.0 - w.from.0) / (*d).max(1) > GOOD_PAGES)
    }

    /// Queues the halves of a slice in its place.
    fn divide(&self, unit: &Unit) -> bool {
        let Some(two) = unit.window.and_then(halves) else {
            return false;
        };
        let mut state = self.state();
        let queue = state.queues.entry(unit.collection.limit_group).or_default();
        for half in two.into_iter().rev() {
            queue.push_front(Unit::slice(unit.collection, half));
        }
        state.pending += 2;
        drop(state);
        self.news.notify_all();
        true
    }

    fn children(&self, unit: &Unit, parents: &[Parent]) -> Vec<Unit> {
        let under: Vec<&'static Collection> = self
            .order
            .collections
            .iter()
            .filter(|c| matches!(c.shape, Shape::Under(parent) if parent == unit.collection.name))
            .copied()
            .collect();
        let mut units = Vec::new();
        for parent in parents {
            for collection in under
                .iter()
                .filter(|c| parent.is_asked_for(c.of) && !(c.of == ParentFilter::Asked && self.decided.contains(&parent.id.to_ascii_lowercase())))
            {
                let ids = unit.ids.iter().cloned().chain([parent.id.clone()]).collect();
                units.push(Unit::under(collection, ids));
            }
        }
        units
    }

    fn expand_again(&self, entry: &Entry) -> Result<(), PullError> {
        let Some(collection) = self.order.collections.iter().find(|c| c.name == entry.collection) else {
            return Ok(());
        };
        let has_children = self
            .order
            .collections
            .iter()
            .any(|c| matches!(c.shape, Shape::Under(parent) if parent == collection.name));
        if !has_children {
            return Ok(());
        }
        let mut ids = Vec::new();
        for line in self.spool.lines(entry)? {
            if let Ok(page) = Page::parse(line.as_bytes(), "value") {
                ids.extend(page.rows.iter().filter_map(|row| Parent::of(&page::Mark::of(row))));
            }
        }
        self.push(self.children(&Unit::under(collection, entry.ids.clone()), &ids));
        Ok(())
    }
}

/// An object under which others may lie.
struct Parent {
    id: String,
    /// Whether it is a group that privileged identity management can manage.
    manageable: bool,
    /// Whether it is a request of a person for access.
    asked: bool,
}

/// Requests that a policy may have let somebody decide on, in the spelling of v1.0.
const DECIDED_ON: [&str; 4] = ["userAdd", "userUpdate", "userExtend", "onBehalfAdd"];

impl Parent {
    fn is_asked_for(&self, of: ParentFilter) -> bool {
        match of {
            ParentFilter::All => true,
            ParentFilter::Manageable => self.manageable,
            ParentFilter::Asked => self.asked,
        }
    }

    fn of(mark: &page::Mark<'_>) -> Option<Self> {
        Some(Self {
            id: mark.id.as_deref()?.to_string(),
            manageable: mark.synced != Some(true) && !mark.group_types.iter().flatten().any(|t| t.eq_ignore_ascii_case("DynamicMembership")),
            asked: mark
                .request_type
                .as_deref()
                .is_some_and(|t| DECIDED_ON.iter().any(|d| d.eq_ignore_ascii_case(t))),
        })
    }
}

/// One unit under way.
struct Reading<'u> {
    unit: &'u Unit,
    context: String,
    started: Instant,
    walked: Walked,
    pages: u64,
    ids: Vec<Parent>,
    oldest: Option<Instant>,
    reduced: Option<String>,
    gone: bool,
}

impl<'u> Reading<'u> {
    fn new(unit: &'u Unit, started: Instant) -> Self {
        Self {
            unit,
            context: unit.collection.context(&unit.ids),
            started,
            walked: Walked::default(),
            pages: 0,
            ids: Vec::new(),
            oldest: None,
            reduced: None,
            gone: false,
        }
    }

    /// Walks until it ends well, or there is a fault that another walk would not cure.
    fn walk_to_the_end(&mut self, client: &Client, chunk: &mut Chunk) -> Result<Option<GraphError>, GraphError> {
        let collection = self.unit.collection;
        let mut query = collection.query;
        let mut walks = 0;
        chunk.begin(false).map_err(|e| disk(&e))?;
        loop {
            walks += 1;
            let fault = match self.walk(client, chunk, query) {
                Ok(()) => None,
                Err(fault) if fault.is_final() => return Err(fault),
                Err(fault) => Some(fault),
            };
            match (fault, collection.fallback) {
                (Some(GraphError::Denied { .. } | GraphError::Refused { .. }), Some((other, lost))) if query != other => {
                    query = other;
                    self.reduced = Some(lost.to_string());
                }
                (Some(fault), _) if fault.is_of_the_walk() && walks < most(&fault) => {
                    tracing::info!(unit = %self.unit, %fault, "walked again");
                }
                (Some(GraphError::Gone(_)), _) if !self.unit.ids.is_empty() => {
                    // The object went away between the listing and now: there is nothing to know of it.
                    self.gone = true;
                    self.ids.clear();
                    (self.walked.received, self.walked.repeated) = (0, 0);
                    chunk.begin(true).map_err(|e| disk(&e))?;
                    return Ok(None);
                }
                (fault, _) => return Ok(fault),
            }
            chunk.begin(true).map_err(|e| disk(&e))?;
        }
    }

    fn walk(&mut self, client: &Client, chunk: &mut Chunk, query: &str) -> Result<(), GraphError> {
        let unit = self.unit;
        let address = client.places().graph.at(&unit.collection.address(query, &unit.ids, unit.window));
        let mut walked = Walked {
            request_ids: std::mem::take(&mut self.walked.request_ids),
            ..Walked::default()
        };
        self.ids.clear();
        self.oldest = None;
        let (ids, oldest, context) = (&mut self.ids, &mut self.oldest, &self.context);
        let ask = unit.collection.ask();
        let result = walk(client, &address, &ask, &mut walked, &mut |rows| {
            for row in rows {
                let mark = page::Mark::of(row);
                ids.extend(Parent::of(&mark));
                let at = mark.activity.or(mark.created).and_then(|t| Instant::parse(&t));
                *oldest = oldest.iter().copied().chain(at).min();
            }
            chunk.page(context, rows).map_err(|e| disk(&e))
        });
        self.pages += walked.pages;
        self.walked = walked;
        // An empty listing is a look too.
        if result.is_ok() && unit.window.is_none() && self.walked.received == 0 {
            chunk.page(&self.context, &[]).map_err(|e| disk(&e))?;
        }
        result
    }

    fn entry(self, unit: &Unit, chunk: &mut Chunk, fault: Option<GraphError>, now: Instant) -> Entry {
        let lies = chunk.end();
        Entry {
            unit: unit.to_string(),
            collection: unit.collection.name.to_string(),
            ids: unit.ids.clone(),
            window: unit.window,
            chunk: chunk.name.clone(),
            first_page: lies.first_page,
            pages: lies.pages,
            from_byte: lies.from_byte,
            until_byte: lies.until_byte,
            checksum: lies.checksum,
            started: self.started,
            ended: now,
            pages_received: self.pages,
            received: self.walked.received,
            repeated: self.walked.repeated,
            counted: self.walked.counted,
            oldest: self.oldest.filter(|_| unit.window.is_some()),
            request_ids: self.walked.request_ids,
            reduced: self.reduced,
            gone: self.gone,
            fault: fault.map(|f| told(unit.collection, &f)),
        }
    }
}

/// What is said of a collection that the service does not know.
pub(super) const NO_SERVICE: &str = "this cloud has no such service";

/// Whether a whole collection is not there, which is no empty one. Objects that went away are no faults.
fn is_absent(fault: &GraphError) -> bool {
    match fault {
        GraphError::Gone(_) => true,
        GraphError::Refused { message, code, .. } => {
            let text = format!("{code} {message}").to_lowercase();
            text.contains("resource not found for the segment") || text.contains("no http resource was found")
        }
        _ => false,
    }
}

/// A fault with what to do about it: which permission is missing, and what is lost without it.
fn told(collection: &Collection, fault: &GraphError) -> String {
    if is_absent(fault) {
        let since = match collection.since {
            "" => String::new(),
            since => format!("; the public cloud has it since {since}"),
        };
        return format!("{NO_SERVICE} ({fault}){since}; lost without: {}", collection.lost);
    }
    let GraphError::Denied { .. } = fault else {
        return fault.to_string();
    };
    format!("{fault}; it needs {} and its licence; lost without: {}", collection.permission, collection.lost)
}

fn most(fault: &GraphError) -> u32 {
    if matches!(fault, GraphError::CountMismatch { .. }) {
        COUNTED_WALKS
    } else {
        WALKS
    }
}

fn disk(error: &PullError) -> GraphError {
    GraphError::Disk(error.to_string())
}
