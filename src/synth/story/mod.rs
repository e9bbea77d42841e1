//! Lives: what happens to one person from the first to the last day of history.
//!
//! A life is told from the seed and the person's number alone, so that any one can be told again by itself.

mod asking;
mod career;
mod deeds;
mod ending;
mod facts;
mod log;
mod ordinary;
mod records;

pub use asking::Ask;
pub use deeds::Ending;
pub use ending::finish;
pub use facts::*;
pub use records::*;

use super::clock::{self, Micros};
use super::dice::{Dice, Purpose};
use super::names::{PROJECTS, TASKS};
use super::plant;
use super::scene::{Person, Scene};

/// Tells the life of the person of a number.
pub fn tell(scene: &Scene, index: u64) -> Life {
    let mut life = Life::new(scene.person(index));
    let mut dice = Dice::new(scene.seed, Purpose::Story, index);
    match scene.part(index) {
        Some((block, part)) => plant::play(&mut life, scene, &mut dice, block, part),
        None => ordinary::live(&mut life, scene, &mut dice),
    }
    finish(&mut life, scene, &mut dice);
    life
}

/// A reason that a reviewer would accept: a named task, for whom, a ticket and a date.
pub fn reason(dice: &mut Dice, until: Micros) -> String {
    let task = dice.pick(&TASKS);
    let project = dice.pick(&PROJECTS);
    let ticket = 10_000 + dice.below(980_000);
    let day = clock::spoken_day(until);
    match dice.below(4) {
        0 => format!("{task} for {project}, ticket INC0{ticket:06}, until {day}"),
        1 => format!("{task} in {project} (CHG0{ticket:06}), work ends on {day}"),
        2 => format!("CHG0{ticket:06}: {} for {project} by {day}", task.to_lowercase()),
        _ => format!("{task} as agreed in RITM0{ticket:06} for {project}, finished by {day}"),
    }
}

impl Life {
    /// A life in which nothing has happened yet.
    pub fn new(person: Person) -> Self {
        Self {
            person,
            account: Account::default(),
            requests: Vec::new(),
            assignments: Vec::new(),
            memberships: Vec::new(),
            events: Vec::new(),
            uses: Vec::new(),
            sign_ins: Vec::new(),
            decisions: Vec::new(),
            eligible: Vec::new(),
            planted: Vec::new(),
            contested: Vec::new(),
        }
    }

    /// Gives something outside all packages.
    pub fn hold(&mut self, held: Held, from: Micros, until: Option<Micros>, by: Actor) {
        self.memberships.push(Membership {
            held,
            from,
            until,
            assignment: None,
            by,
        });
    }

    /// Lets the person use an application in a way of its own.
    pub fn use_app(&mut self, app: usize, from: Micros, until: Micros, manner: Manner) {
        self.uses.push(Use { app, from, until, manner });
    }

    /// Whether the account is in the directory at an instant.
    pub fn exists_at(&self, at: Micros) -> bool {
        self.person.created <= at && self.account.deleted.is_none_or(|gone| at < gone)
    }

    /// Whether the account can be used at an instant.
    pub fn enabled_at(&self, at: Micros) -> bool {
        self.account.disabled.is_none_or(|off| at < off) || self.account.enabled.is_some_and(|on| on <= at)
    }
}
