//! What happened to one item so far: who owns it, what was decided, and what confirmed it.

use crate::campaign::log::{DecidedBy, DecisionEntry};
use crate::campaign::model::{Disclosure, ReviewerKey};
use crate::model::Instant;

/// What is known of one item beside its frozen row.
#[derive(Debug, Clone, Default)]
pub struct ItemProgress {
    /// Decisions by stage (index 0 is stage 1), the newest of each, with the instant of their entry; of several entries
    /// that say the same, the one with the best proof, and of those the newest.
    pub decided: [Option<(Instant, DecisionEntry)>; 2],
    /// What was decided before in each stage, and decided otherwise since: an older copy of a sheet says it again.
    pub before: [Vec<DecisionEntry>; 2],
    /// The latest time at which the reviewer said so, by the sheets: at the decision, or when it was confirmed.
    pub last_said: [Option<Instant>; 2],
    /// Who owns it in each stage, where that differs from the frozen row.
    pub owner: [Option<ReviewerKey>; 2],
    /// How it came to that owner, in words.
    pub handed: [Option<String>; 2],
    /// What is disclosed about that owner.
    pub disclosed: [Vec<Disclosure>; 2],
}

impl ItemProgress {
    /// Takes a decision; the same one again by the same person confirms the one before.
    ///
    /// `no_worse` says whether the proof of one import is at least as good as that of another.
    pub(super) fn decide(&mut self, at: Instant, entry: DecisionEntry, no_worse: impl Fn(u64, u64) -> bool) {
        let place = usize::from(entry.stage.clamp(1, 2) - 1);
        let said = entry.decided_at;
        let known = &mut self.decided[place];
        if known.as_ref().is_some_and(|(_, old)| says_the_same(old, &entry)) {
            self.last_said[place] = self.last_said[place].max(said);
            if known.as_ref().is_some_and(|(_, old)| no_worse(entry.import, old.import)) {
                *known = Some((at, entry));
            }
        } else {
            self.last_said[place] = said;
            if let Some((_, old)) = known.replace((at, entry)) {
                self.before[place].push(old);
            }
        }
    }
}

/// Whether an entry confirms another: the same person decided the same.
#[must_use]
pub fn says_the_same(old: &DecisionEntry, new: &DecisionEntry) -> bool {
    old.by == DecidedBy::Person && new.by == DecidedBy::Person && old.decided_by == new.decided_by && old.decision == new.decision
}
