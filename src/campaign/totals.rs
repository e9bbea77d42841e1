//! The arithmetic of a campaign: a denominator that never moves, and identities that must hold.

use crate::campaign::error::CampaignError;
use crate::campaign::log::{Choice, DecidedBy};
use serde::Serialize;

/// Decisions counted by what was decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Choices {
    /// Decisions to keep.
    pub keep: usize,
    /// Revocations.
    pub revoke: usize,
    /// Modifications.
    pub modify: usize,
    /// Exceptions.
    pub exception: usize,
}

impl Choices {
    fn add(&mut self, choice: Choice) {
        match choice {
            Choice::Keep => self.keep += 1,
            Choice::Revoke => self.revoke += 1,
            Choice::Modify => self.modify += 1,
            Choice::Exception => self.exception += 1,
        }
    }

    /// All of them.
    #[must_use]
    pub fn sum(&self) -> usize {
        self.keep + self.revoke + self.modify + self.exception
    }
}

/// The numbers of a campaign, a reviewer, a stage or a package.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Items; fixed when the campaign was opened.
    pub population: usize,
    /// Every decision that binds.
    #[serde(flatten)]
    pub all: Choices,
    /// Items that nobody and nothing has decided.
    pub undecided: usize,
    /// Of the decisions, those of persons.
    pub by_person: Choices,
    /// Of the decisions, those of silence or of a system's settings.
    pub by_silence: Choices,
    /// Overlay: undecided items whose access had ended before anybody decided.
    pub lapsed: usize,
    /// Overlay: items decided in the first stage that wait for the second.
    pub awaiting_second: usize,
}

impl Totals {
    /// Counts one item.
    pub fn add(&mut self, binding: Option<(Choice, DecidedBy)>, lapsed: bool, awaiting_second: bool) {
        self.population += 1;
        match binding {
            None => self.undecided += 1,
            Some((choice, by)) => {
                self.all.add(choice);
                match by {
                    DecidedBy::Person => self.by_person.add(choice),
                    DecidedBy::NoResponse | DecidedBy::System => self.by_silence.add(choice),
                }
            }
        }
        self.lapsed += usize::from(lapsed && binding.is_none());
        self.awaiting_second += usize::from(awaiting_second);
    }

    /// Adds another count.
    pub fn join(&mut self, other: &Self) {
        let add = |a: &mut Choices, b: &Choices| {
            a.keep += b.keep;
            a.revoke += b.revoke;
            a.modify += b.modify;
            a.exception += b.exception;
        };
        self.population += other.population;
        self.undecided += other.undecided;
        self.lapsed += other.lapsed;
        self.awaiting_second += other.awaiting_second;
        add(&mut self.all, &other.all);
        add(&mut self.by_person, &other.by_person);
        add(&mut self.by_silence, &other.by_silence);
    }

    /// Decisions of persons.
    #[must_use]
    pub fn by_persons(&self) -> usize {
        self.by_person.sum()
    }

    /// What part of the population persons have decided, in percent rounded down; 100 only when all is decided.
    #[must_use]
    pub fn completion(&self) -> usize {
        (self.by_person.sum() * 100).checked_div(self.population).unwrap_or(100)
    }

    /// Undecided items for which somebody is to be asked.
    #[must_use]
    pub fn owed(&self) -> usize {
        self.undecided - self.lapsed + self.awaiting_second
    }

    /// The identities of one count.
    ///
    /// # Errors
    /// When one does not hold, with its numbers.
    pub fn check(&self, what: &str) -> Result<(), CampaignError> {
        let (a, p, s) = (&self.all, &self.by_person, &self.by_silence);
        let fail = |identity: String| Err(CampaignError::Identity(format!("{what}: {identity}")));
        if self.population != a.sum() + self.undecided {
            return fail(format!(
                "population {} = keep {} + revoke {} + modify {} + exception {} + undecided {}",
                self.population, a.keep, a.revoke, a.modify, a.exception, self.undecided
            ));
        }
        for (word, all, person, silence) in [
            ("keep", a.keep, p.keep, s.keep),
            ("revoke", a.revoke, p.revoke, s.revoke),
            ("modify", a.modify, p.modify, s.modify),
            ("exception", a.exception, p.exception, s.exception),
        ] {
            if all != person + silence {
                return fail(format!("{word} {all} = by person {person} + by silence {silence}"));
            }
        }
        if self.lapsed > self.undecided {
            return fail(format!("lapsed {} is part of undecided {}", self.lapsed, self.undecided));
        }
        Ok(())
    }
}
