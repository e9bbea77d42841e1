//! The facts of one timeline become intervals: the rules of certainty (`docs/ledger.md`).
//!
//! A fact proves one instant. It reaches as far as the log is known to have watched, forwards (no end was told) and
//! backwards (no beginning was told); where nobody watched, holding is possible and no more.

use super::log_coverage::LogCoverage;
use super::timeline::{Act, Fact, Schedule};
use crate::model::time::{HOUR, merge_windows};
use crate::model::{Certainty, Instant, Interned, Window};
use ahash::AHashMap;

/// What takes longer counts as seen at some instant of its time; a listing that was pulled within this counts as one of its last instant.
pub(super) const LONG_SNAPSHOT: i64 = HOUR;

/// How an interval ends, whatever the instant of the questions is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// No witness tells of an end.
    None,
    /// Exactly then.
    Exact(Instant),
    /// After the last proof, and not after this.
    Bounded(Instant),
}

/// One interval of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interval {
    pub from_certainty: Certainty,
    pub from_earliest: Option<Instant>,
    pub from_latest: Option<Instant>,
    pub end: End,
    /// It did not end before this.
    pub until_earliest: Option<Instant>,
    /// Sorted, disjoint.
    pub proved: Vec<Window>,
    /// The last fact that proves holding.
    pub last_witness: Instant,
    /// From when on the log has to tell what became of it: the last proof, or the beginning of the long time in which that was seen.
    pub carried_from: Instant,
    /// The last snapshot that listed it.
    pub last_seen: Option<Instant>,
    /// Ends that were set, by the instant since when each is known.
    pub schedules: Vec<(Instant, Schedule)>,
    pub grant: Option<Act>,
    pub ended: Option<Act>,
    pub end_reason: &'static str,
    pub evidence: Vec<Interned>,
    /// Records that stand for it and never come back once they have ended.
    pub records: Vec<Interned>,
}

/// What the rules need to know beside the facts.
pub(super) struct Rules<'a> {
    /// Tellings of one act by two services may lie this far apart.
    pub same_act: i64,
    /// Whether Entra refuses to grant what is held already, so that a grant proves that it was not held just before.
    pub granted_once: bool,
    /// Whether a beginning that the log does not tell is no beginning.
    pub log_tells_beginnings: bool,
    /// Whether all facts are of one record, which never comes back once it has ended.
    pub one_record: bool,
    /// Whether something may have ended it that the log does not tell: that the log tells of no end then says nothing of when.
    pub has_holes: bool,
    /// Whether an end is of another holding when the record of this one is listed later: instances of schedules never come back.
    pub records_outlast: bool,
    pub log: &'a LogCoverage,
}

/// Walks the facts of one timeline.
pub(super) fn intervals(mut facts: Vec<Fact>, rules: &Rules) -> Vec<Interval> {
    // A membership that was made anew has another record: the snapshot that misses the old one lists the new one.
    let mut seen_at: Vec<Instant> = facts
        .iter()
        .filter(|f| matches!(f, Fact::Present { presence_only: false, .. }))
        .map(Fact::at)
        .collect();
    seen_at.sort_unstable();
    facts.retain(|f| !matches!(f, Fact::Absent { at, .. } if seen_at.binary_search(at).is_ok()));
    facts.sort_by(|a, b| a.order().cmp(&b.order()).then_with(|| a.cmp(b)));
    facts.dedup();
    let mut listed_until: AHashMap<Interned, Instant> = AHashMap::new();
    for fact in facts.iter().filter(|_| rules.records_outlast) {
        if let Fact::Present { at, record: Some(record), .. } = fact {
            let last = listed_until.entry(*record).or_insert(*at);
            *last = (*last).max(*at);
        }
    }
    let mut walk = Walk {
        rules,
        listed_until,
        done: Vec::new(),
        open: None,
        absent: None,
        schedule: None,
    };
    for fact in facts {
        walk.take(fact);
    }
    walk.finish()
}

struct Walk<'a> {
    rules: &'a Rules<'a>,
    /// When each record was listed last, where that tells of ends.
    listed_until: AHashMap<Interned, Instant>,
    done: Vec<Interval>,
    open: Option<Interval>,
    /// The last instant at which it was surely not held.
    absent: Option<Instant>,
    /// An end that was set before the holding was seen to begin.
    schedule: Option<(Instant, Schedule)>,
}

impl Walk<'_> {
    fn take(&mut self, fact: Fact) {
        match fact {
            Fact::Granted { at, act } => self.granted(at, act),
            Fact::Present {
                presence_only: true,
                at,
                made,
                evidence,
                ..
            } => self.present_by_then(at, made, evidence),
            Fact::Present {
                at,
                since,
                made,
                made_begins,
                record,
                evidence,
                ..
            } => {
                let seen = Sighting {
                    at,
                    since,
                    made,
                    made_begins,
                    record,
                    evidence,
                };
                // Of a snapshot that took long, or of which only the day is known, the log has to tell the rest.
                let is_long = at.0 - since.0 > LONG_SNAPSHOT && !self.rules.one_record;
                if is_long && !self.watched(since, at) {
                    self.present_within(&seen)
                } else {
                    self.present(&seen)
                }
            }
            Fact::Unclear { at, made, evidence } => self.unclear(at, made, evidence),
            Fact::Extended { at, act } => self.extended(at, act),
            Fact::Scheduled { at, end } => self.scheduled(at, end),
            Fact::Ended { at, reason, made, act } => self.ended(at, reason, made, act),
            Fact::EndedWithin { since, at, reason, act } => self.ended_within(since, at, reason, act),
            Fact::Deleted { at, reason, act } => self.deleted(at, reason, act),
            Fact::Restored { at, act } => self.restored(at, act),
            Fact::Absent { at, since } => self.missing(at, since),
        }
    }

    /// Whether nothing can have changed unseen between two instants.
    fn watched(&self, from: Instant, until: Instant) -> bool {
        self.rules.log.watched(from, until)
    }

    fn begin(&mut self, fresh: Interval) {
        let mut fresh = fresh;
        fresh.schedules.extend(self.schedule.take());
        self.open = Some(fresh);
    }

    fn granted(&mut self, at: Instant, act: Act) {
        let Some(mut held) = self.open.take() else {
            return self.begin(Interval::granted(at, act));
        };
        let prev = held.last_witness;
        let joined = self.watched(held.carried_from, at) || self.rules.one_record;
        if held.is_unclear() && self.rules.granted_once && joined {
            // What is granted was not held just before, and nobody ended it since: it was not held.
            return self.begin(Interval::granted(at, act));
        }
        let told_late = held.from_certainty != Certainty::Exact
            && held.from_earliest.is_none_or(|e| e <= at)
            && held.from_latest.is_some_and(|l| (l.0 - at.0).abs() <= self.rules.same_act);
        if told_late {
            // The log tells late what a snapshot had shown already: the beginning is what the log says.
            (held.from_certainty, held.from_earliest, held.from_latest) = (Certainty::Exact, Some(at), Some(at));
            held.grant = Some(act);
            held.evidence.push(act.evidence);
            held.proved.clear();
            held.last_witness = at.max(prev);
            held.carried_from = held.last_witness;
            held.until_earliest = Some(held.last_witness);
            held.proved.push(Window {
                from: at,
                until: held.last_witness.plus(1),
            });
            self.open = Some(held);
        } else if held.due().is_some_and(|due| prev < due && due <= at) {
            // The end that was set had come, and nobody told of it, before it was granted again.
            self.close_unseen(held, at, "expired");
            self.begin(Interval::granted(at, act));
        } else if self.rules.granted_once && prev.0 + self.rules.same_act < at.0 && !joined {
            // What nobody watched had ended before it was granted again.
            let latest = self.rules.log.back(at).max(prev);
            self.close_unseen(held, latest, "granted_again");
            self.begin(Interval::granted(at, act));
        } else {
            held.prove(at, joined, self.rules.log);
            held.evidence.push(act.evidence);
            if held.grant.is_none() && held.from_certainty != Certainty::Exact {
                held.grant = Some(act);
            }
            self.open = Some(held);
        }
    }

    /// Listed by a file that only its modification time dates: it was there by then, and nothing else.
    fn present_by_then(&mut self, at: Instant, made: Option<Instant>, evidence: Interned) {
        if let Some(held) = self.open.as_mut() {
            held.evidence.push(evidence);
        } else if let Some(last) = self.done.last_mut().filter(|d| matches!(d.end, End::Exact(_))) {
            last.evidence.push(evidence);
        } else {
            let earliest = [self.absent, made].into_iter().flatten().max().filter(|e| *e <= at);
            let certainty = if earliest.is_some() { Certainty::Bounded } else { Certainty::Unknown };
            let mut fresh = Interval::begun(certainty, earliest, Some(at), at, evidence);
            fresh.proved.clear();
            fresh.until_earliest = None;
            self.begin(fresh);
        }
    }

    /// Listed at some instant of a long time that the log did not watch: it counts as of the end of that time, and nothing carries it on.
    fn present_within(&mut self, seen: &Sighting) {
        let (since, at) = (seen.since, seen.at);
        match self.open.take() {
            Some(held) if held.knows(seen.record) => return self.again(held, seen),
            Some(mut held) => {
                if self.watched(held.carried_from, since) {
                    held.prove(since, true, self.rules.log);
                }
                held.proved.push(Window { from: at, until: at.plus(1) });
                held.last_witness = held.last_witness.max(at);
                // The one instant of that time at which it was there may have been the first.
                held.until_earliest = held.until_earliest.max(Some(since));
                held.last_seen = Some(at);
                held.records.extend(seen.record);
                held.evidence.push(seen.evidence);
                self.open = Some(held);
            }
            None => {
                let ended = self.done.last().and_then(|d| if let End::Exact(t) = d.end { Some(t) } else { None });
                let earliest = [self.absent, seen.made, ended.filter(|e| *e <= since)]
                    .into_iter()
                    .flatten()
                    .filter(|e| *e <= at)
                    .max();
                let certainty = if earliest.is_some() { Certainty::Bounded } else { Certainty::Unknown };
                let mut fresh = Interval::begun(certainty, earliest, Some(at), at, seen.evidence);
                fresh.last_seen = Some(at);
                fresh.until_earliest = Some(earliest.map_or(since, |e| e.max(since)));
                fresh.records.extend(seen.record);
                self.begin(fresh);
            }
        }
        if let Some(held) = self.open.as_mut() {
            held.carried_from = since;
        }
    }

    /// Listed in a state that nobody understands: possible since the last end or absence, and nothing is proved.
    fn unclear(&mut self, at: Instant, made: Option<Instant>, evidence: Interned) {
        if let Some(held) = self.open.as_mut() {
            held.evidence.push(evidence);
            return;
        }
        let ended = self.done.last().and_then(|d| if let End::Exact(t) = d.end { Some(t) } else { None });
        if ended.is_some_and(|e| self.rules.one_record || self.watched(e, at)) {
            if let Some(last) = self.done.last_mut() {
                last.evidence.push(evidence);
            }
            return;
        }
        let earliest = [self.absent, made, ended].into_iter().flatten().filter(|e| *e <= at).max();
        let certainty = if earliest.is_some() { Certainty::Bounded } else { Certainty::Unknown };
        let mut fresh = Interval::begun(certainty, earliest, None, at, evidence);
        fresh.proved.clear();
        fresh.until_earliest = None;
        self.begin(fresh);
    }

    fn present(&mut self, seen: &Sighting) {
        match self.open.take() {
            Some(held) if held.last_seen.zip(seen.made).is_some_and(|(last, made)| made > last) && !held.knows(seen.record) => {
                // The record was made after the last snapshot that had shown one: what that one stood for had ended before.
                let made = seen.made.unwrap_or(seen.at);
                if self.watched(held.carried_from, made) && held.last_witness >= made.plus(-self.rules.same_act) {
                    return self.again(held, seen);
                }
                self.close_unseen(held, made, "not_listed");
                self.absent = self.absent.max(Some(made));
                self.appeared(seen);
            }
            Some(held) => self.again(held, seen),
            None => self.appeared(seen),
        }
    }

    /// Listed, and held as far as was known.
    fn again(&mut self, held: Interval, seen: &Sighting) {
        let mut held = held;
        let joined = self.rules.one_record || held.knows(seen.record) || self.watched(held.carried_from, seen.at);
        // It may have been seen at any instant of a snapshot that took hours.
        if !joined && seen.since < seen.at && held.last_witness < seen.since && self.watched(held.carried_from, seen.since) {
            held.prove(seen.since, true, self.rules.log);
        }
        held.prove(seen.at, joined, self.rules.log);
        held.last_seen = Some(seen.at);
        held.records.extend(seen.record.filter(|_| !held.knows(seen.record)));
        held.evidence.push(seen.evidence);
        self.open = Some(held);
    }

    /// Listed, and not held before as far as was known.
    fn appeared(&mut self, seen: &Sighting) {
        let ended = self.done.last().and_then(|d| if let End::Exact(t) = d.end { Some(t) } else { None });
        // It ended while the snapshot was under way: the snapshot saw it before.
        if ended.is_some_and(|e| seen.since <= e && e <= seen.at) {
            if let Some(last) = self.done.last_mut() {
                last.evidence.push(seen.evidence);
            }
            return;
        }
        let (earliest, latest) = self.began_before(seen.at, seen.made, ended);
        let exact = seen.made.filter(|m| seen.made_begins && Some(*m) == earliest);
        let latest = exact.unwrap_or(latest);
        let certainty = match (exact, earliest) {
            (Some(_), _) => Certainty::Exact,
            (None, Some(_)) => Certainty::Bounded,
            (None, None) => Certainty::Unknown,
        };
        let mut fresh = Interval::begun(certainty, earliest, Some(latest), seen.at, seen.evidence);
        fresh.last_seen = Some(seen.at);
        fresh.records.extend(seen.record);
        self.begin(fresh);
    }

    /// The bounds of a beginning that only a proof at `at` tells of.
    fn began_before(&self, at: Instant, made: Option<Instant>, ended: Option<Instant>) -> (Option<Instant>, Instant) {
        let log = self.rules.log;
        let not_held = ended.max(self.absent).filter(|n| *n <= at);
        // A log that watched all the time and tells of no beginning has missed one: it says nothing of when.
        let missed = not_held.is_some_and(|n| log.watched(n, at));
        // At an instant of absence it was not held yet; an end is the first instant at which it no longer is.
        let seen_absent = self.absent.filter(|a| ended.is_none_or(|e| e <= *a));
        let first = |n: Instant| if seen_absent == Some(n) { n.plus(1) } else { n };
        // So has one that does not tell of a beginning within the time that it covers, and the record was made then.
        let untold = |n: Instant| made.is_some_and(|m| n <= m && m < log.forward(n));
        let lasted = not_held.map(|n| if missed || untold(n) { first(n) } else { log.forward(n).max(first(n)) });
        let earliest = lasted.max(made.filter(|m| *m <= at));
        let reach = if missed || !self.rules.log_tells_beginnings { at } else { log.back(at) };
        (earliest, earliest.map_or(reach, |e| reach.max(e)))
    }

    fn extended(&mut self, at: Instant, act: Act) {
        let Some(mut held) = self.open.take() else {
            // What is extended is held.
            let ended = self.done.last().and_then(|d| if let End::Exact(t) = d.end { Some(t) } else { None });
            if ended.is_some_and(|e| self.watched(e, at)) {
                // Renewed after it had ended: that is when it begins again.
                return self.begin(Interval::granted(at, act));
            }
            let (earliest, latest) = self.began_before(at, None, ended);
            let certainty = if earliest.is_some() { Certainty::Bounded } else { Certainty::Unknown };
            return self.begin(Interval::begun(certainty, earliest, Some(latest), at, act.evidence));
        };
        let joined = self.rules.one_record || self.watched(held.carried_from, at);
        held.prove(at, joined, self.rules.log);
        held.evidence.push(act.evidence);
        self.open = Some(held);
    }

    fn scheduled(&mut self, at: Instant, end: Schedule) {
        match self.open.as_mut() {
            Some(held) => held.schedules.push((at, end)),
            None if self.done.is_empty() => self.schedule = Some((at, end)),
            None => {}
        }
    }

    fn ended(&mut self, at: Instant, reason: &'static str, made: Option<Instant>, act: Act) {
        if let Some(held) = self.open.as_mut()
            && held.records.iter().any(|r| self.listed_until.get(r).is_some_and(|last| *last > at))
        {
            held.evidence.push(act.evidence);
            return;
        }
        if let Some(mut held) = self.open.take() {
            let joined = self.rules.one_record || self.watched(held.carried_from, at);
            held.end_exactly(at, joined, reason, act, self.rules.log);
            self.done.push(held);
            return;
        }
        let is_one_end = |t: Instant| self.rules.one_record || at.0 - t.0 <= HOUR;
        let told = self.done.last().map(|d| (d.end, d.carried_from, d.until_earliest));
        match told {
            // One end, told twice.
            Some((End::Exact(t), ..)) if is_one_end(t) => {
                if let Some(last) = self.done.last_mut() {
                    last.evidence.push(act.evidence);
                }
            }
            // The log tells exactly when what a snapshot had shown to be over was over.
            Some((End::Bounded(latest), last, earliest)) if earliest.is_none_or(|e| e <= at) && at <= latest => {
                let joined = self.rules.one_record || self.watched(last, at);
                if let Some(held) = self.done.last_mut() {
                    held.end_exactly(at, joined, reason, act, self.rules.log);
                }
            }
            _ => {
                // What is taken away was held.
                let ended = told.and_then(|(end, ..)| if let End::Exact(t) = end { Some(t) } else { None });
                let (earliest, latest) = self.began_before(at, made, ended);
                let certainty = if earliest.is_some() { Certainty::Bounded } else { Certainty::Unknown };
                let mut fresh = Interval::begun(certainty, earliest, Some(latest), latest.min(at.plus(-1)), act.evidence);
                fresh.evidence.clear();
                fresh.schedules.extend(self.schedule.take());
                fresh.end_exactly(at, true, reason, act, self.rules.log);
                self.done.push(fresh);
            }
        }
    }

    /// Something took it away at some instant of that time; the log would have told of an earlier end.
    fn ended_within(&mut self, since: Instant, at: Instant, reason: &'static str, act: Act) {
        let Some(mut held) = self.open.take() else { return };
        let reach = self.rules.log.forward(held.carried_from).min(since);
        let due = held.due().filter(|d| held.last_witness < *d);
        held.reach(due.map_or(reach, |d| reach.min(d)));
        held.end = End::Bounded(at);
        held.end_reason = reason;
        held.ended = Some(act);
        held.evidence.push(act.evidence);
        self.done.push(held);
        self.absent = self.absent.max(Some(since));
    }

    fn deleted(&mut self, at: Instant, reason: &'static str, act: Act) {
        if let Some(mut held) = self.open.take() {
            // It lasted until then only if the log would have told of an earlier end.
            if self.rules.one_record || self.watched(held.carried_from, at) {
                held.end_exactly(at, true, reason, act, self.rules.log);
            } else {
                held.end_within(at, reason, self.rules.log);
                held.ended = Some(act);
                held.evidence.push(act.evidence);
            }
            self.done.push(held);
        }
        self.absent = self.absent.max(Some(at));
    }

    fn restored(&mut self, at: Instant, act: Act) {
        let Some(last) = self
            .done
            .last()
            .filter(|d| matches!(d.end_reason, "resource_deleted" | "holder_deleted") && self.open.is_none())
        else {
            return;
        };
        let mut fresh = Interval::granted(at, act);
        fresh.grant = last.grant;
        if !matches!(last.end, End::Exact(_)) {
            // Nobody knows whether it was still there when the resource was deleted.
            (fresh.from_certainty, fresh.from_latest, fresh.until_earliest) = (Certainty::Unknown, None, None);
            fresh.proved.clear();
        }
        self.begin(fresh);
    }

    /// A complete snapshot does not list it.
    fn missing(&mut self, at: Instant, since: Instant) {
        let Some(held) = self.open.take() else {
            self.absent = self.absent.max(Some(since));
            return;
        };
        // It began while the snapshot was under way: the snapshot missed it before.
        if since < at && held.from_latest.is_some_and(|f| since <= f && f <= at) {
            self.open = Some(held);
            return;
        }
        let log = self.rules.log;
        let proof = held.last_witness;
        let due = held.due().filter(|s| proof < *s && *s <= at);
        let mut held = held;
        if log.watched(held.carried_from, at) {
            // The log missed the end. One that was set is seldom missed before its time.
            match due {
                Some(due) => held.reach(due),
                None => held.stop_at_witness(),
            }
            held.end = End::Bounded(at);
        } else {
            let reach = log.forward(held.carried_from);
            held.reach(due.map_or(reach, |d| reach.min(d)));
            held.end = End::Bounded(if self.rules.has_holes { at } else { log.back(at).max(proof) });
        }
        let within = held.until_earliest.unwrap_or(proof);
        held.end_reason = if due.is_some_and(|d| within <= d) { "expired" } else { "not_listed" };
        self.done.push(held);
        self.absent = self.absent.max(Some(since));
    }

    /// It ended after its last proof, not after `latest`, and nobody saw it.
    fn close_unseen(&mut self, held: Interval, latest: Instant, reason: &'static str) {
        let mut held = held;
        held.end_within(latest, reason, self.rules.log);
        self.done.push(held);
    }

    fn finish(mut self) -> Vec<Interval> {
        if let Some(mut held) = self.open.take() {
            let reach = self.rules.log.forward(held.carried_from);
            let due = held.due().filter(|d| held.last_witness < *d);
            held.reach(due.map_or(reach, |d| reach.min(d)));
            self.done.push(held);
        }
        for interval in &mut self.done {
            interval.proved = merge_windows(std::mem::take(&mut interval.proved));
        }
        self.done
    }
}

/// What a dated snapshot shows.
struct Sighting {
    at: Instant,
    since: Instant,
    made: Option<Instant>,
    made_begins: bool,
    record: Option<Interned>,
    evidence: Interned,
}

impl Interval {
    fn begun(certainty: Certainty, earliest: Option<Instant>, latest: Option<Instant>, witness: Instant, evidence: Interned) -> Self {
        Self {
            from_certainty: certainty,
            from_earliest: earliest,
            from_latest: latest,
            end: End::None,
            until_earliest: Some(witness),
            proved: vec![Window {
                from: latest.unwrap_or(witness).min(witness),
                until: witness.plus(1),
            }],
            last_witness: witness,
            carried_from: witness,
            last_seen: None,
            schedules: Vec::new(),
            grant: None,
            ended: None,
            end_reason: "",
            evidence: vec![evidence],
            records: Vec::new(),
        }
    }

    fn granted(at: Instant, act: Act) -> Self {
        let mut fresh = Self::begun(Certainty::Exact, Some(at), Some(at), at, act.evidence);
        fresh.grant = Some(act);
        fresh
    }

    /// The first instant that is proved; none when only its end is.
    pub(super) fn held_from(&self) -> Option<Instant> {
        let only_end = matches!(self.end, End::Exact(end) if self.from_latest == Some(end));
        self.proved.first().map(|w| w.from).filter(|_| !only_end)
    }

    /// Whether nothing but records that nobody understands tells of it.
    fn is_unclear(&self) -> bool {
        self.proved.is_empty() && self.from_latest.is_none() && self.grant.is_none()
    }

    fn knows(&self, record: Option<Interned>) -> bool {
        record.is_some_and(|r| self.records.contains(&r))
    }

    /// The end that was set last.
    fn due(&self) -> Option<Instant> {
        match self.schedules.last() {
            Some((_, Schedule::Ends(end))) => Some(*end),
            _ => None,
        }
    }

    /// Another proof; `joined` when nothing can have happened since the last one.
    fn prove(&mut self, at: Instant, joined: bool, log: &LogCoverage) {
        let prev = self.last_witness;
        let due = self.due().filter(|d| prev < *d);
        let window = match self.proved.last_mut() {
            Some(last) if joined => {
                last.until = last.until.max(at.plus(1));
                None
            }
            Some(last) => {
                let reach = log.forward(self.carried_from);
                last.until = last.until.max(due.map_or(reach, |d| reach.min(d)));
                Some(log.back(at).max(last.until))
            }
            None => Some(log.back(at).max(self.from_earliest.unwrap_or(Instant(i64::MIN)))),
        };
        if let Some(from) = window {
            if self.proved.is_empty() {
                self.from_latest = Some(self.from_latest.map_or(from, |l| l.min(from)));
            }
            let until = at.plus(1);
            if from < until {
                self.proved.push(Window { from, until });
            }
        }
        self.last_witness = prev.max(at);
        self.carried_from = self.last_witness;
        self.until_earliest = Some(self.last_witness);
    }

    /// The proof reaches from the last witness until `until`.
    fn reach(&mut self, until: Instant) {
        if let Some(last) = self.proved.last_mut() {
            last.until = last.until.max(until);
            self.until_earliest = self.until_earliest.max(Some(until.max(self.carried_from)));
        }
    }

    fn stop_at_witness(&mut self) {
        self.until_earliest = self.until_earliest.map(|_| self.carried_from);
    }

    /// It ended after its last proof and not after `latest`.
    fn end_within(&mut self, latest: Instant, reason: &'static str, log: &LogCoverage) {
        let reach = log.forward(self.carried_from).min(latest);
        let due = self.due().filter(|d| self.last_witness < *d);
        self.reach(due.map_or(reach, |d| reach.min(d)));
        self.end = End::Bounded(latest);
        self.end_reason = reason;
    }

    /// It was held until `at`, and then no more.
    fn end_exactly(&mut self, at: Instant, joined: bool, reason: &'static str, act: Act, log: &LogCoverage) {
        match self.proved.last_mut() {
            Some(last) if joined => last.until = at,
            Some(last) => {
                let reach = log.forward(self.carried_from);
                last.until = last.until.max(reach).min(at);
                // What is taken away was held just before.
                let from = log.back(at).min(at.plus(-1)).max(last.until);
                if from < at {
                    self.proved.push(Window { from, until: at });
                }
            }
            None => {
                let from = log.back(at).min(at.plus(-1)).max(self.from_earliest.unwrap_or(Instant(i64::MIN)));
                if from < at {
                    self.proved.push(Window { from, until: at });
                    self.from_latest = Some(self.from_latest.map_or(from, |l| l.min(from)));
                }
            }
        }
        self.proved.retain(|w| w.from < w.until);
        self.until_earliest = Some(at);
        self.end = End::Exact(at);
        self.end_reason = reason;
        self.ended = Some(act);
        self.evidence.push(act.evidence);
    }
}

#[cfg(test)]
mod tests;
