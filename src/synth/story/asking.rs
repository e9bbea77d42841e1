//! A request from the asking to the delivery.

use super::super::clock::{HOUR, MINUTE, Micros, SECOND};
use super::super::dice::{Dice, guid};
use super::super::names::RATIONALES;
use super::super::scene::{Card, Scene, Target};
use super::facts::*;
use super::log::Activity;
use super::records::*;

/// A request to be made.
pub struct Ask {
    /// Place of the package.
    pub package: usize,
    /// When.
    pub at: Micros,
    /// Until when; without end where absent.
    pub until: Option<Micros>,
    /// By whom.
    pub by: Asker,
    /// Why.
    pub justification: Option<String>,
    /// Who is to approve, one a stage.
    pub approvers: Vec<Card>,
    /// What becomes of it.
    pub fate: Fate,
}

impl Life {
    /// Plays a request through; gives the places of the request and, where it was granted, of the assignment.
    pub fn ask(&mut self, scene: &Scene, dice: &mut Dice, ask: Ask) -> (usize, Option<usize>) {
        let place = self.requests.len();
        let id = guid(scene.seed, "request", self.person.index, place as u64);
        let package = ask.package;
        let (kind, grant_kind) = match ask.by {
            Asker::Own => (RequestKind::UserAdd, "user_request"),
            Asker::Behalf(_) => (RequestKind::OnBehalfAdd, "on_behalf"),
            Asker::Admin(_) => (RequestKind::AdminAdd, "admin_direct"),
            Asker::Rule => (RequestKind::SystemAdd, "auto_assignment"),
        };
        let me = self.person.card.clone();
        let details: Vec<_> = ask.justification.iter().map(|text| ("Justification", text.clone())).collect();
        match &ask.by {
            Asker::Own => self.log(scene, ask.at, Activity::Requests, Actor::User(me.clone()), &id, package, details),
            Asker::Behalf(other) => {
                self.log(scene, ask.at, Activity::Requests, Actor::User(other.clone()), &id, package, details);
                self.also_target_me();
            }
            Asker::Admin(admin) => {
                self.log(scene, ask.at, Activity::AdminAssigns, Actor::User(admin.clone()), &id, package, details);
                self.also_target_me();
            }
            Asker::Rule => {
                self.log(scene, ask.at, Activity::ServiceCreates, Actor::Entitlement, &id, package, details);
                self.also_target_me();
            }
        }
        let mut request = Request {
            id: id.clone(),
            kind,
            package,
            created: ask.at,
            decided: ask.at,
            completed: ask.at,
            fate: ask.fate,
            justification: ask.justification,
            other_requestor: if let Asker::Behalf(other) = &ask.by { Some(other.clone()) } else { None },
            until: ask.until,
            assignment: None,
            stages: Vec::new(),
        };
        let asked = matches!(ask.by, Asker::Own | Asker::Behalf(_));
        if ask.fate == Fate::Canceled {
            request.decided = ask.at + dice.between(10 * MINUTE, 5 * HOUR);
            request.completed = request.decided;
            self.log(scene, request.decided, Activity::Cancels, Actor::User(me), &id, package, Vec::new());
            self.requests.push(request);
            return (place, None);
        }
        if asked && ask.approvers.is_empty() {
            request.decided = ask.at + dice.between(SECOND, 9 * SECOND);
            self.log(scene, request.decided, Activity::AutoApproves, Actor::Entitlement, &id, package, Vec::new());
        }
        for approver in ask.approvers {
            let at = request.decided + dice.between(20 * MINUTE, 20 * HOUR);
            let approved = ask.fate != Fate::Denied;
            let text = if approved {
                (*dice.pick(&RATIONALES)).to_owned()
            } else {
                "Not part of this role".to_owned()
            };
            let activity = if approved { Activity::Approves } else { Activity::Denies };
            self.log(scene, at, activity, Actor::User(approver.clone()), &id, package, Vec::new());
            let echo = at + dice.between(SECOND, 2 * SECOND);
            let activity = if approved { Activity::ReviewApproved } else { Activity::ReviewDenied };
            let details = vec![("Justification", text.clone())];
            self.log(scene, echo, activity, Actor::User(approver.clone()), &id, package, details);
            request.decided = at;
            request.completed = at;
            request.stages.push(Stage { approver, at, approved, text });
            if !approved {
                self.requests.push(request);
                return (place, None);
            }
        }
        let mut delivered = request.decided + dice.between(4 * SECOND, 80 * SECOND);
        if ask.fate == Fate::GrantedLate {
            self.log(scene, delivered, Activity::Fails, Actor::Entitlement, &id, package, Vec::new());
            delivered += dice.between(30 * MINUTE, 9 * HOUR);
        }
        self.log(scene, delivered, Activity::Fulfils, Actor::User(me), &id, package, Vec::new());
        request.completed = delivered; // a request is complete when its access is there
        let assignment = self.assignments.len();
        request.assignment = Some(assignment);
        self.assignments.push(Assignment {
            id: guid(scene.seed, "assignment", self.person.index, assignment as u64),
            package,
            request: place,
            grant_kind,
            decided: request.decided,
            delivered,
            ends: vec![(request.decided, ask.until)],
            removed: None,
            lingers: false,
        });
        self.requests.push(request);
        self.deliver(scene, dice, assignment);
        (place, Some(assignment))
    }

    /// Gives what the package contains, unless another package already gives it.
    fn deliver(&mut self, scene: &Scene, dice: &mut Dice, assignment: usize) {
        let delivered = self.assignments[assignment].delivered;
        for resource in &scene.packages[self.assignments[assignment].package].resources {
            let held = match resource.target {
                Target::Group(group) => Held::Group(group),
                Target::App(app) => Held::App(app),
            };
            let from = if resource.since <= delivered {
                delivered + dice.between(SECOND, 40 * SECOND)
            } else {
                resource.since + dice.between(2 * MINUTE, 50 * MINUTE)
            };
            if from >= scene.end || self.memberships.iter().any(|m| m.held == held && m.until.is_none()) {
                continue;
            }
            let assignment = Some(assignment);
            self.memberships.push(Membership {
                held,
                from,
                until: None,
                assignment,
                by: Actor::Entitlement,
            });
        }
    }
}
