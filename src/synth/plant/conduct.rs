//! Parts about how access was asked for, given and used.

use super::super::clock::{DAY, HOUR, MINUTE};
use super::super::dice::Dice;
use super::super::names::EMPTY_TALK;
use super::super::scene::{Scene, Target};
use super::super::story::*;
use super::{approvers, days_ago, grant, ordinary_ask, reason};

/// Part 2: no end (EXP-01), no reason (JUS-01), an empty reason (JUS-02), three things held beside packages (EXC-01).
pub(super) fn careless(life: &mut Life, scene: &Scene, dice: &mut Dice, block: u64) {
    let employee = &scene.cues.employee;
    let endless = Ask {
        until: None,
        ..ordinary_ask(life, scene, dice, employee[9], 80, 0)
    };
    let endless = life.ask(scene, dice, endless).1.expect("it is granted");
    life.finds(scene, "EXP-01", endless, "assignment without an end");

    let blank = if block.is_multiple_of(2) { None } else { Some("   ".to_owned()) };
    let ask = Ask {
        justification: blank,
        ..ordinary_ask(life, scene, dice, employee[0], 70, 60)
    };
    let (request, _) = life.ask(scene, dice, ask);
    life.finds_request(scene, "JUS-01", request, "no justification");

    let turn = usize::try_from(block).unwrap_or(0) % EMPTY_TALK.len();
    let talk = Some(EMPTY_TALK[turn].to_owned());
    let ask = Ask {
        justification: talk,
        ..ordinary_ask(life, scene, dice, employee[4], 65, 60)
    };
    let (request, _) = life.ask(scene, dice, ask);
    life.finds_request(scene, "JUS-02", request, "a justification that says nothing");

    let admin = Actor::User(scene.card(scene.administrator(dice.below(u64::MAX))));
    for resource in &scene.packages[employee[8]].resources {
        let Target::Group(group) = resource.target else {
            continue;
        };
        life.hold(Held::Group(group), days_ago(scene, dice, 30), None, admin.clone());
        life.plant("EXC-01", scene.groups[group].id.clone(), String::new(), "member without a package");
    }
    for app in scene.packages[employee[1]].apps() {
        life.hold(Held::App(app), days_ago(scene, dice, 45), None, admin.clone());
        life.plant("EXC-01", scene.apps[app].id.clone(), String::new(), "application role without a package");
    }
    let group = scene.cues.late_group;
    life.hold(Held::Group(group), scene.late_at - dice.between(10 * DAY, 30 * DAY), None, admin);
    life.plant(
        "EXC-01",
        scene.groups[group].id.clone(),
        String::new(),
        "member before the group came to the package",
    );
}

/// Part 6: one request approved by the own account for administration, one by the person who receives it (APR-01).
pub(super) fn befriended(life: &mut Life, scene: &Scene, dice: &mut Dice, block: u64) {
    let own = scene.card(scene.cast(block, 7));
    let ask = Ask {
        approvers: vec![own.clone()],
        ..ordinary_ask(life, scene, dice, scene.cues.employee[1], 90, 60)
    };
    let (request, _) = life.ask(scene, dice, ask);
    life.finds_request(scene, "APR-01", request, "approved with the other account of the same person");
    life.planted.last_mut().expect("it was just planted").subject = own.id;

    let package = scene.cues.employee[0];
    let other = scene.card(scene.approver(dice.below(u64::MAX), &[life.person.index]));
    let me = life.person.card.clone();
    let ask = ordinary_ask(life, scene, dice, package, 85, 60);
    let ask = Ask {
        by: Asker::Behalf(other),
        approvers: vec![me],
        ..ask
    };
    let (request, _) = life.ask(scene, dice, ask);
    life.finds_request(scene, "APR-01", request, "approved by the person who receives it");
}

/// Part 7: an account for administration that holds a package and asked for another (SEG-05).
pub(super) fn administrator(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    let package = scene.cues.employee[8];
    let other = scene.approver(dice.below(u64::MAX), &[]);
    let until = scene.end + 60 * DAY;
    let ask = Ask {
        package,
        at: days_ago(scene, dice, 95),
        until: Some(until),
        by: Asker::Behalf(scene.card(other)),
        justification: Some(reason(dice, until)),
        approvers: approvers(scene, dice, package, &[other, life.person.index]),
        fate: Fate::Granted,
    };
    let held = life.ask(scene, dice, ask).1.expect("it is granted");
    life.finds(scene, "SEG-05", held, "held by an account for administration");
    let ask = Ask {
        fate: Fate::Denied,
        ..ordinary_ask(life, scene, dice, scene.cues.employee[5], 50, 60)
    };
    let (request, _) = life.ask(scene, dice, ask);
    life.finds_request(scene, "SEG-05", request, "asked for by an account for administration");
}

/// Parts 8 and 9: assigned by the same administrator within minutes; the first also by itself a day later (APR-03).
pub(super) fn assigned(life: &mut Life, scene: &Scene, dice: &mut Dice, block: u64, first: bool) {
    let admin = scene.card(scene.administrator(block));
    // Blocks lie hours apart, so that each is a batch of its own.
    let turn = i64::try_from(block % 600).unwrap_or(0);
    let batch = scene.end - 60 * DAY - turn * 7 * HOUR;
    let until = Some(scene.end + 50 * DAY);
    let direct = |package, at| Ask {
        package,
        at,
        until,
        by: Asker::Admin(admin.clone()),
        justification: None,
        approvers: Vec::new(),
        fate: Fate::Granted,
    };
    let at = if first { batch } else { batch + dice.between(MINUTE, 8 * MINUTE) };
    let (request, _) = life.ask(scene, dice, direct(scene.cues.employee[9], at));
    if !first {
        return;
    }
    life.finds_request(scene, "APR-03", request, "two people assigned directly within minutes");
    life.planted.last_mut().expect("it was just planted").subject = admin.id.clone();
    let (request, _) = life.ask(scene, dice, direct(scene.cues.direct_only, batch + DAY));
    life.finds_request(scene, "APR-03", request, "assigned directly where the policy knows nothing else");
    life.planted.last_mut().expect("it was just planted").subject = admin.id.clone();
}

/// Part 10: a guest in a package for employees (SEG-01).
pub(super) fn guest(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    let held = grant(life, scene, dice, scene.cues.employee[0], 75, 60);
    life.finds(scene, "SEG-01", held, "guest in a package for employees");
    grant(life, scene, dice, scene.cues.partner[0], 74, 60);
}

/// Part 11: reaches an application with one factor (CAP-03; the stage has the finding).
pub(super) fn weak(life: &mut Life, scene: &Scene, dice: &mut Dice, block: u64) {
    let turn = usize::try_from(block).unwrap_or(0) % scene.cues.weak.len();
    let package = scene.cues.weak[turn];
    grant(life, scene, dice, package, 85, 60);
    let manner = if turn.is_multiple_of(2) { Manner::OneFactor } else { Manner::Unstated };
    for app in scene.packages[package].apps() {
        life.use_app(app, scene.end - 80 * DAY, scene.end, manner);
    }
}

impl Life {
    /// Writes down a finding about this person and a request.
    fn finds_request(&mut self, scene: &Scene, check: &'static str, request: usize, note: &'static str) {
        let request = &self.requests[request];
        let (object, link) = (scene.packages[request.package].id.clone(), request.id.clone());
        self.plant(check, object, link, note);
    }
}
