//! Whether an account could be used, when: disabled, deleted, restored.

use crate::lake::table::Table;
use crate::ledger::evidence::Evidence;
use crate::ledger::sightings::{Contents, Sightings};
use crate::model::time::DAY;
use crate::model::{AccessEvent, Action, Instant, Interned, Outcome, PrincipalId, PrincipalState};
use ahash::AHashMap;

/// How long a deleted account can be restored; after that the directory deletes it for good
/// (learn.microsoft.com/entra/fundamentals/users-restore).
const RECYCLE_BIN: i64 = 30 * DAY;

/// What witnesses say of accounts over time.
#[derive(Debug, Clone, Default)]
pub struct Accounts(AHashMap<PrincipalId, History>);

#[derive(Debug, Clone, Default)]
struct History {
    /// Whether it was enabled, by time; an event tells the very instant of the change.
    enabled: Vec<Told>,
    /// Whether it was deleted, by time.
    deleted: Vec<Told>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Told {
    pub at: Instant,
    pub value: bool,
    /// Whether it tells the very instant of the change.
    pub is_event: bool,
}

/// The state of an account at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountState {
    /// Enabled; `None` when no witness says.
    pub enabled: Option<bool>,
    /// Deleted, and not restored.
    pub deleted: bool,
    /// Since when it is in this state; `None` when nobody saw the change.
    pub since: Option<Instant>,
    /// Whether a record made later tells it, and none of that time.
    pub seen_later: bool,
}

impl AccountState {
    /// In the words of the ledger.
    #[must_use]
    pub fn state(&self) -> PrincipalState {
        match self {
            Self { deleted: true, .. } => PrincipalState::Deleted,
            Self { enabled: Some(false), .. } => PrincipalState::Disabled,
            _ => PrincipalState::Active,
        }
    }
}

impl Accounts {
    /// Of events and of the records of users.
    pub(super) fn of(events: &[AccessEvent], evidence: &Evidence, sightings: &Sightings) -> Self {
        let mut accounts: AHashMap<PrincipalId, History> = AHashMap::new();
        for event in events.iter().filter(|e| e.outcome != Outcome::Failure) {
            let Some(id) = &event.principal else { continue };
            let told = |value| Told {
                at: event.at,
                value,
                is_event: true,
            };
            match event.action {
                Action::AccountDisabled => accounts.entry(id.clone()).or_default().enabled.push(told(false)),
                Action::AccountEnabled => accounts.entry(id.clone()).or_default().enabled.push(told(true)),
                Action::AccountDeleted | Action::HardDeleted => accounts.entry(id.clone()).or_default().deleted.push(told(true)),
                Action::AccountRestored => accounts.entry(id.clone()).or_default().deleted.push(told(false)),
                _ => {}
            }
        }
        let seen: &AHashMap<Interned, _> = &sightings.of(Table::Users).seen;
        for (id, positions) in &Contents::of(&evidence.users).0 {
            let history = accounts.entry(PrincipalId::of(*id)).or_default();
            for look in seen.get(id).map_or(&[][..], Vec::as_slice) {
                let Some(row) = positions.iter().map(|i| &evidence.users[*i]).find(|r| r.content_hash == look.content_hash) else {
                    continue;
                };
                if let Some(value) = row.enabled {
                    history.enabled.push(Told {
                        at: look.since,
                        value,
                        is_event: false,
                    });
                }
                match row.deleted_at {
                    Some(at) => history.deleted.push(Told {
                        at,
                        value: true,
                        is_event: true,
                    }),
                    // A nested record may be of an account that waits to be deleted for good.
                    None if look.snapshot.is_some() => history.deleted.push(Told {
                        at: look.since,
                        value: false,
                        is_event: false,
                    }),
                    None => {}
                }
            }
        }
        let seen: &AHashMap<Interned, _> = &sightings.of(Table::ServicePrincipals).seen;
        for (id, positions) in &Contents::of(&evidence.service_principals).0 {
            for look in seen.get(id).map_or(&[][..], Vec::as_slice) {
                let row = positions
                    .iter()
                    .map(|i| &evidence.service_principals[*i])
                    .find(|r| r.content_hash == look.content_hash);
                if let Some(value) = row.and_then(|r| r.enabled) {
                    accounts.entry(PrincipalId::of(*id)).or_default().enabled.push(Told {
                        at: look.since,
                        value,
                        is_event: false,
                    });
                }
            }
        }
        for history in accounts.values_mut() {
            for told in [&mut history.enabled, &mut history.deleted] {
                told.sort();
                // A record that repeats what the witness before it told says nothing more.
                told.dedup_by(|b, a| !b.is_event && a.value == b.value);
            }
        }
        Self(accounts)
    }

    /// Every witness: the account, whether it tells of its deletion, and what it tells.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&PrincipalId, bool, Told)> {
        self.0.iter().flat_map(|(id, h)| {
            let enabled = h.enabled.iter().map(move |t| (id, false, *t));
            enabled.chain(h.deleted.iter().map(move |t| (id, true, *t)))
        })
    }

    /// Takes back a witness that was kept; those of one account come in the order of time.
    pub(super) fn restore(&mut self, id: PrincipalId, of_deletion: bool, told: Told) {
        let history = self.0.entry(id).or_default();
        if of_deletion {
            history.deleted.push(told)
        } else {
            history.enabled.push(told)
        }
    }

    /// When an account that was deleted, and not restored as far as anybody knows, was to be deleted for good.
    pub(super) fn purges(&self, id: &PrincipalId) -> Vec<Instant> {
        let Some(history) = self.0.get(id) else { return Vec::new() };
        let purge_of = |t: &Told| t.at.plus(RECYCLE_BIN);
        let waits = |until: &Instant| value_at(&history.deleted, *until, true).0 == Some(true);
        history.deleted.iter().filter(|t| t.value).map(purge_of).filter(waits).collect()
    }

    /// Since when an account had been disabled at an instant, where an event tells, whatever became of it afterwards.
    #[must_use]
    pub fn disabled_since(&self, id: &PrincipalId, instant: Instant) -> Option<Instant> {
        let (enabled, since) = value_at(&self.0.get(id)?.enabled, instant, false);
        since.filter(|_| enabled == Some(false))
    }

    /// The same under other ids, as people are covered by pseudonyms.
    #[must_use]
    pub fn renamed(&self, name: impl Fn(&PrincipalId) -> PrincipalId) -> Self {
        Self(self.0.iter().map(|(id, history)| (name(id), history.clone())).collect())
    }

    /// The state at an instant; `None` for an account of which no witness says anything.
    #[must_use]
    pub fn at(&self, id: &PrincipalId, instant: Instant) -> Option<AccountState> {
        let history = self.0.get(id)?;
        let (enabled, disabled_since) = value_at(&history.enabled, instant, false);
        let (deleted, deleted_since) = value_at(&history.deleted, instant, true);
        let deleted = deleted == Some(true);
        let since = if deleted {
            deleted_since
        } else if enabled == Some(false) {
            disabled_since
        } else {
            None
        };
        let told = if deleted { &history.deleted } else { &history.enabled };
        Some(AccountState {
            enabled,
            deleted,
            since,
            seen_later: told.first().is_some_and(|t| instant < t.at && !t.is_event),
        })
    }
}

/// The value at an instant, and since when it is `of`, where an event tells.
fn value_at(told: &[Told], instant: Instant, of: bool) -> (Option<bool>, Option<Instant>) {
    let until = told.partition_point(|t| t.at <= instant);
    let Some(last) = told[..until].last() else {
        // Before the first witness: an event changes the value, a record repeats it.
        let first = told.first().map(|t| if t.is_event { !t.value } else { t.value });
        return (first, None);
    };
    let spell = told[..until].iter().rev().take_while(|t| t.value == of);
    let since = spell.last().filter(|t| t.is_event).map(|t| t.at);
    (Some(last.value), since)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(at: i64, value: bool, is_event: bool) -> Told {
        Told {
            at: Instant(at),
            value,
            is_event,
        }
    }

    #[test]
    fn spells_with_their_instants() {
        let enabled = [told(10, false, true), told(20, true, true), told(30, true, false)];
        let at = |t| value_at(&enabled, Instant(t), false);
        assert_eq!(at(5), (Some(true), None), "it was enabled before it was disabled");
        assert_eq!(at(15), (Some(false), Some(Instant(10))));
        assert_eq!(at(25).0, Some(true));
        let seen_late = [told(30, false, false)];
        assert_eq!(
            value_at(&seen_late, Instant(10), false),
            (Some(false), None),
            "an attribute seen only later is used"
        );
    }

    #[test]
    fn a_record_between_repeats_the_event() {
        let deleted = [told(10, true, true), told(12, true, true), told(40, false, false)];
        assert_eq!(value_at(&deleted, Instant(20), true), (Some(true), Some(Instant(10))));
        assert_eq!(value_at(&deleted, Instant(50), true).0, Some(false));
    }
}
