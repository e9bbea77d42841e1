//! What can happen to an assignment once it is there: extended, removed.

use super::super::clock::{MINUTE, Micros, SECOND};
use super::super::dice::{Dice, guid};
use super::super::scene::{Card, Scene, Target};
use super::facts::*;
use super::log::{Activity, user_target};
use super::records::*;

/// Why an assignment ends.
pub enum Ending {
    /// Its time was over, or a rule or review took it away.
    Service,
    /// An administrator removed it.
    Admin(Card),
}

impl Life {
    /// Lengthens an assignment; the end moves, no second assignment begins.
    pub fn extend(&mut self, scene: &Scene, dice: &mut Dice, assignment: usize, at: Micros, until: Micros, why: String) {
        let place = self.requests.len();
        let id = guid(scene.seed, "request", self.person.index, place as u64);
        let package = self.assignments[assignment].package;
        let details = vec![("Justification", why.clone())];
        let me = Actor::User(self.person.card.clone());
        self.log(scene, at, Activity::Extends, me, &id, package, details);
        let completed = at + dice.between(5 * SECOND, MINUTE);
        self.assignments[assignment].ends.push((completed, Some(until)));
        self.requests.push(Request {
            id,
            kind: RequestKind::UserUpdate,
            package,
            created: at,
            decided: at,
            completed,
            fate: Fate::Granted,
            justification: Some(why),
            other_requestor: None,
            until: Some(until),
            assignment: Some(assignment),
            stages: Vec::new(),
        });
    }

    /// Takes an assignment away, and within seconds what it gave.
    pub fn remove(&mut self, scene: &Scene, dice: &mut Dice, assignment: usize, at: Micros, ending: Ending) {
        let place = self.requests.len();
        let id = guid(scene.seed, "request", self.person.index, place as u64);
        let package = self.assignments[assignment].package;
        let (kind, activity, actor) = match ending {
            Ending::Service => (RequestKind::SystemRemove, Activity::ServiceRemoves, Actor::Entitlement),
            Ending::Admin(admin) => (RequestKind::AdminRemove, Activity::AdminRemoves, Actor::User(admin)),
        };
        self.log(scene, at, activity, actor, &id, package, Vec::new());
        self.also_target_me();
        let done = at + dice.between(3 * SECOND, 40 * SECOND);
        self.log(scene, done, Activity::Removed, Actor::Entitlement, &id, package, Vec::new());
        self.also_target_me();
        self.requests.push(Request {
            id,
            kind,
            package,
            created: at,
            decided: at,
            completed: done,
            fate: Fate::Granted,
            justification: None,
            other_requestor: None,
            until: None,
            assignment: Some(assignment),
            stages: Vec::new(),
        });
        self.assignments[assignment].removed = Some(done);
        self.withdraw(scene, dice, assignment, done);
    }

    fn withdraw(&mut self, scene: &Scene, dice: &mut Dice, assignment: usize, done: Micros) {
        let others: Vec<Target> = self
            .assignments
            .iter()
            .filter(|a| a.removed.is_none())
            .flat_map(|a| scene.packages[a.package].resources.iter().map(|r| r.target))
            .collect();
        // What was to come later never came.
        self.memberships.retain(|m| m.assignment != Some(assignment) || m.from < done);
        for membership in self.memberships.iter_mut().filter(|m| m.assignment == Some(assignment) && m.until.is_none()) {
            let explained = match membership.held {
                Held::Group(group) => others.contains(&Target::Group(group)),
                Held::App(app) => others.contains(&Target::App(app)),
                Held::Role(_) => false,
            };
            if !explained {
                membership.until = Some(done + dice.between(SECOND, 25 * SECOND));
            }
        }
    }

    /// Names the person as a target of what was just logged.
    pub(super) fn also_target_me(&mut self) {
        let target = user_target(&self.person.card);
        self.events.last_mut().expect("an event was just logged").targets.push(target);
    }
}
