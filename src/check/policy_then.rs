//! The policy that was in force when something was granted: what looks saw, as far as the log vouches for the time between.

use crate::check::Context;
use crate::ledger::access_model::PolicyFacts;
use crate::ledger::policy_history::{PolicyChange, PolicyHistory, PolicyVersion};
use crate::model::{Instant, PolicyId, Window};

impl<'a> Context<'a> {
    /// What is known of a policy over time.
    #[must_use]
    pub fn policy_history(&self, id: &PolicyId) -> Option<&'a PolicyHistory> {
        self.access.policy_history.get(id)
    }

    /// Changes of a policy that the log tells, by the instant of the questions.
    pub fn policy_changes(&self, id: &PolicyId) -> impl Iterator<Item = &'a PolicyChange> {
        let until = self.as_of();
        let changes = self.policy_history(id).map_or(&[][..], |h| h.changes.as_slice());
        changes.iter().filter(move |c| c.at <= until)
    }

    /// The policy as it was at an instant.
    ///
    /// A snapshot tells it from the last change that the record itself names until the snapshot, and as long before and after that
    /// as the log is vouched for and tells of no change.
    ///
    /// # Errors
    /// When no record tells how it was then; with the reason in words.
    pub fn policy_at(&self, id: &PolicyId, at: Instant) -> Result<&'a PolicyVersion, String> {
        let history = self.policy_history(id).filter(|h| !h.versions.is_empty());
        let Some(history) = history else {
            return Err("its policy is not on record".into());
        };
        let next = history.versions.partition_point(|v| v.start() <= at);
        let (before, after) = (next.checked_sub(1).map(|i| &history.versions[i]), history.versions.get(next));
        if let Some(version) = before.filter(|v| at <= v.last_seen || self.is_quiet(history, v.last_seen, at)) {
            return Ok(version);
        }
        // Where the record names its last change, that one came after `at`.
        if let Some(version) = after.filter(|v| v.since.is_none() && self.is_quiet(history, at, v.start())) {
            return Ok(version);
        }
        Err(match (before, after) {
            (None, Some(v)) if v.created => "its policy was created later".into(),
            (None, Some(v)) if v.since.is_some() => "its policy was changed since, and no record tells how it was before".into(),
            (Some(_), Some(_)) => "its policy was changed about that time, and no record tells whether before or after".into(),
            _ => "no look at its policy, and no log without gaps, tells how it was then".into(),
        })
    }

    /// What a policy said at an instant.
    ///
    /// # Errors
    /// See [`Self::policy_at`].
    pub fn policy_facts_at(&self, id: Option<&PolicyId>, at: Option<Instant>) -> Result<&'a PolicyFacts, String> {
        let id = id.ok_or("no record tells by which policy")?;
        let at = at.ok_or("no record tells when")?;
        self.policy_at(id, at).map(|v| &v.facts)
    }

    /// Whether the log is vouched for from one instant to another and tells of no change of the policy between them.
    fn is_quiet(&self, history: &PolicyHistory, from: Instant, until: Instant) -> bool {
        let log = self.access.coverage.get("audit");
        let spanned = log.is_some_and(|c| c.attested_spans(Window { from, until }));
        spanned && !history.changes.iter().any(|c| from < c.at && c.at <= until)
    }
}
