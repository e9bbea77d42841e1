//! What is known of one principal and one entitlement, fact by fact.

use crate::model::time::HOUR;
use crate::model::{AssignmentId, EntitlementKey, Instant, Interned, PolicyId, PrincipalId};
use std::collections::HashMap;

/// The end that is set for a holding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Schedule {
    /// It ends then unless it is extended.
    Ends(Instant),
    /// It has no end.
    Never,
    /// The end was moved, and no witness says where to.
    Unknown,
}

/// Who did something, and which record tells of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Act {
    /// The record, `table:id`.
    pub evidence: Interned,
    /// The request that led to it, by id; empty when none is known.
    pub request: Interned,
    /// Who did it, by name.
    pub by: Interned,
    /// Whether a person did it, as the record says.
    pub by_person: bool,
    /// Whether the entitlement-management service did it.
    pub by_service: bool,
    /// Whether privileged identity management did it.
    pub by_pim: bool,
    /// Whether it is of an activation; `None` where the record does not say.
    pub of_activation: Option<bool>,
}

/// One fact about holding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    /// Delivered, exactly then.
    Granted { at: Instant, act: Act },
    /// A snapshot listed it: it was there at some instant in `since..=at`.
    Present {
        at: Instant,
        since: Instant,
        /// When the record was made: the holding that it stands for did not begin before.
        made: Option<Instant>,
        /// Whether the record is made in the very moment in which the access begins.
        made_begins: bool,
        /// The record, when it never comes back once it has ended.
        record: Option<Interned>,
        /// Only the file's modification time dates it.
        presence_only: bool,
        evidence: Interned,
    },
    /// A snapshot listed it in a state that is missing or not understood: it may have been held then.
    Unclear {
        at: Instant,
        /// When the record was made: the holding that it may stand for did not begin before.
        made: Option<Instant>,
        evidence: Interned,
    },
    /// The end was moved while it was held.
    Extended { at: Instant, act: Act },
    /// The end that was set, as known from then on.
    Scheduled { at: Instant, end: Schedule },
    /// Ended, exactly then.
    Ended {
        at: Instant,
        reason: &'static str,
        /// When the record was made that tells of it: what ended did not begin before.
        made: Option<Instant>,
        act: Act,
    },
    /// Ended at some instant in `since..=at`, by something that took it away.
    EndedWithin {
        since: Instant,
        at: Instant,
        reason: &'static str,
        act: Act,
    },
    /// The account or the resource was deleted: what was held then ended by then.
    Deleted { at: Instant, reason: &'static str, act: Act },
    /// The deleted resource came back with what hung on it.
    Restored { at: Instant, act: Act },
    /// A complete snapshot did not list it: it was not there at some instant in `since..=at`.
    Absent { at: Instant, since: Instant },
}

impl Fact {
    /// When.
    pub(super) fn at(&self) -> Instant {
        match self {
            Self::Granted { at, .. }
            | Self::Present { at, .. }
            | Self::Unclear { at, .. }
            | Self::Extended { at, .. }
            | Self::Scheduled { at, .. }
            | Self::Ended { at, .. }
            | Self::EndedWithin { at, .. }
            | Self::Deleted { at, .. }
            | Self::Restored { at, .. }
            | Self::Absent { at, .. } => *at,
        }
    }

    /// By time; what begins comes before what goes on, and that before what ends, since spans are half-open.
    ///
    /// Of two records in one snapshot the one that says least of its beginning comes first, then the older one.
    pub(super) fn order(&self) -> (Instant, u8, Instant, Option<Instant>, &str) {
        match self {
            // It is over by then: what begins at that instant is another.
            Self::EndedWithin { since, at, act, .. } => (*at, 0, *since, None, &act.evidence),
            Self::Restored { at, act } => (*at, 0, *at, None, &act.evidence),
            Self::Granted { at, act } => (*at, 1, *at, None, &act.evidence),
            Self::Present { at, since, made, evidence, .. } => (*at, 2, *since, *made, evidence),
            Self::Extended { at, act } => (*at, 3, *at, None, &act.evidence),
            Self::Scheduled { at, end } => {
                let until = if let Schedule::Ends(until) = end { *until } else { *at };
                (*at, if *end == Schedule::Unknown { 4 } else { 5 }, until, None, "")
            }
            Self::Ended { at, act, .. } => (*at, 6, *at, None, &act.evidence),
            Self::Deleted { at, act, .. } => (*at, 7, *at, None, &act.evidence),
            Self::Absent { at, since } => (*at, 8, *since, None, ""),
            Self::Unclear { at, evidence, .. } => (*at, 9, *at, None, evidence),
        }
    }
}

/// What is known of one principal and one entitlement (of a package: of one assignment).
#[derive(Debug, Default)]
pub(super) struct Timeline {
    pub assignment: Option<AssignmentId>,
    /// Policies that it was under, with the instant of the observation.
    pub policies: Vec<(Instant, PolicyId)>,
    pub facts: Vec<Fact>,
    /// Whether it was delivered in part only, with the instant of the observation.
    pub partial: Vec<(Instant, bool)>,
    /// Whether privileged identity management manages it.
    pub by_pim: bool,
    /// Whether these are activations of it, beside an assignment that may stand all the time.
    pub is_activation: bool,
    /// Whether some fact came to it by its time, since its record names no assignment or another.
    pub is_joined_by_time: bool,
    /// When the assignment starts by its own record.
    pub start: Option<Instant>,
    /// Whether its own record tells of an end in a word that names none.
    pub is_end_untold: bool,
    /// Instants of records that may have ended it, and do not say so: nothing reaches across them.
    pub holes: Vec<Instant>,
    /// Instants of removals that ended this assignment or another one of the same package.
    pub shared_ends: Vec<Instant>,
}

/// All timelines, by principal and entitlement; the order of the map says nothing.
pub(super) type Timelines = HashMap<(PrincipalId, EntitlementKey), Vec<Timeline>, ahash::RandomState>;

impl Timeline {
    /// The first fact of holding, or the start of the assignment.
    pub(super) fn begin(&self) -> Option<Instant> {
        let told = self
            .facts
            .iter()
            .filter(|f| !matches!(f, Fact::Absent { .. } | Fact::Unclear { .. } | Fact::Scheduled { .. }))
            .map(Fact::at);
        told.chain(self.start).min()
    }

    /// Whether the last fact until `at` leaves it held.
    pub(super) fn is_held_at(&self, at: Instant) -> bool {
        let telling = |f: &&Fact| !matches!(f, Fact::Absent { .. } | Fact::Unclear { .. } | Fact::Scheduled { .. }) && f.at() <= at;
        let last = self.facts.iter().filter(telling).max_by(|a, b| a.order().cmp(&b.order()));
        match last {
            Some(Fact::Ended { .. } | Fact::EndedWithin { .. } | Fact::Deleted { .. }) => false,
            Some(_) => true,
            None => self.start.is_some_and(|s| s <= at),
        }
    }

    /// Whether a record tells of its grant.
    pub(super) fn is_granted(&self) -> bool {
        self.facts.iter().any(|f| matches!(f, Fact::Granted { .. }))
    }

    /// Whether a record tells of an end within an hour of `at`.
    pub(super) fn ended_about(&self, at: Instant) -> bool {
        let is_near = |f: &Fact| matches!(f, Fact::Ended { at: told, .. } if (told.0 - at.0).abs() <= HOUR);
        self.facts.iter().any(is_near)
    }

    /// Whether a snapshot lists it after `at`.
    pub(super) fn is_listed_after(&self, at: Instant) -> bool {
        let seen = |f: &Fact| matches!(f, Fact::Present { at: seen, presence_only: false, .. } if *seen > at);
        self.facts.iter().any(seen)
    }
}
