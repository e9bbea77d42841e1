//! Telling one person's life of the sample: asking, giving, keeping, and writing down what is to be found.

use super::super::clock::{self, HOUR, MINUTE, Micros};
use super::super::dice::{Dice, Purpose};
use super::super::scene::{Card, Scene, Target};
use super::super::story::*;
use super::ordinary::{Grant, Then};

/// A life while it is told.
pub(super) struct Teller<'a> {
    /// The stage.
    pub scene: &'a Scene,
    /// The person's chance.
    pub dice: Dice,
    /// What has been told.
    pub life: Life,
}

impl<'a> Teller<'a> {
    /// Begins the life of the person of a number.
    pub fn new(scene: &'a Scene, who: u64) -> Self {
        Self {
            scene,
            dice: Dice::new(scene.seed, Purpose::Story, who),
            life: Life::new(scene.person(who)),
        }
    }

    /// How to refer to somebody.
    pub fn card(&self, who: u64) -> Card {
        self.scene.card(who)
    }

    /// A request of the person's own until the end of a day, ready to be changed.
    pub fn wish(&self, package: usize, asked: &str, until: &str, approvers: &[u64], why: &str) -> Ask {
        Ask {
            package,
            at: clock::named(asked),
            until: Some(evening(until)),
            by: Asker::Own,
            justification: Some(why.to_owned()),
            approvers: approvers.iter().map(|who| self.card(*who)).collect(),
            fate: Fate::Granted,
        }
    }

    /// Plays a request through; gives its place and that of the assignment, if any.
    pub fn ask(&mut self, ask: Ask) -> (usize, Option<usize>) {
        self.life.ask(self.scene, &mut self.dice, ask)
    }

    /// Plays a request through that is granted; gives the place of the assignment.
    pub fn give(&mut self, ask: Ask) -> usize {
        self.ask(ask).1.expect("a granted request makes an assignment")
    }

    /// Takes an assignment away.
    pub fn remove(&mut self, assignment: usize, at: Micros, ending: Ending) {
        self.life.remove(self.scene, &mut self.dice, assignment, at, ending);
    }

    /// Lives through an ordinary grant.
    pub fn live(&mut self, grant: &Grant) {
        let mut ask = self.wish(grant.package, grant.asked, grant.until, grant.approvers, grant.why);
        if let Then::AskedBy(other) = grant.then {
            ask.by = Asker::Behalf(self.card(other));
        }
        let until = evening(grant.until);
        let held = self.give(ask);
        match grant.then {
            Then::Stays | Then::AskedBy(_) => {}
            Then::Ends => self.expire(held, until),
            Then::Extends(at, until, why) => {
                self.life
                    .extend(self.scene, &mut self.dice, held, clock::named(at), evening(until), why.to_owned());
            }
            Then::Goes(at, admin) => {
                let admin = self.card(admin);
                self.remove(held, clock::named(at), Ending::Admin(admin));
            }
        }
    }

    /// Lets an assignment end when its time is over.
    pub fn expire(&mut self, assignment: usize, at: Micros) {
        let at = at + self.dice.between(MINUTE, 9 * MINUTE);
        self.remove(assignment, at, Ending::Service);
    }

    /// Goes to the applications of a package in a way of its own, between two days.
    pub fn visit(&mut self, package: usize, from: &str, until: &str, manner: Manner) {
        let scene = self.scene;
        for app in scene.packages[package].apps() {
            self.life
                .use_app(app, clock::named(&format!("{from} 06:00")), clock::named(&format!("{until} 18:00")), manner);
        }
    }

    /// Goes to the portal between two days, and not else.
    pub fn portal(&mut self, from: &str, until: &str) {
        self.life.use_app(
            0,
            clock::named(&format!("{from} 06:00")),
            clock::named(&format!("{until} 18:00")),
            Manner::Proper,
        );
    }

    /// The group of a package.
    pub fn group(&self, package: usize) -> usize {
        let found = self.scene.packages[package].resources.iter().find_map(|r| match r.target {
            Target::Group(group) => Some(group),
            Target::App(_) => None,
        });
        found.expect("every package of the sample has a group")
    }

    /// Writes down a finding about an assignment.
    pub fn finds(&mut self, check: &'static str, assignment: usize, note: &'static str) {
        let held = &self.life.assignments[assignment];
        let (object, link) = (self.scene.packages[held.package].id.clone(), held.id.clone());
        let subject = self.life.person.card.id.clone();
        self.plant(check, subject, object, link, note);
    }

    /// Writes down a finding about a request, on somebody's account.
    pub fn finds_request(&mut self, check: &'static str, subject: Card, request: usize, note: &'static str) {
        let request = &self.life.requests[request];
        let (object, link) = (self.scene.packages[request.package].id.clone(), request.id.clone());
        self.plant(check, subject.id, object, link, note);
    }

    /// Writes down a finding about something held outside packages.
    pub fn finds_held(&mut self, check: &'static str, object: &str, note: &'static str) {
        let subject = self.life.person.card.id.clone();
        self.plant(check, subject, object.to_owned(), String::new(), note);
    }

    fn plant(&mut self, check: &'static str, subject: String, object: String, link: String, note: &'static str) {
        self.life.planted.push(Planted {
            check,
            subject,
            object,
            link,
            note,
        });
    }
}

/// The end of a working day.
pub(super) fn evening(day: &str) -> Micros {
    clock::named(&format!("{day} 00:00")) + 17 * HOUR
}
