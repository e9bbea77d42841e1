//! Lives in which no check finds anything.

use super::super::clock::{DAY, HOUR, MINUTE, Micros};
use super::super::dice::Dice;
use super::super::names::DEPARTMENTS;
use super::super::scene::{Kind, Package, Review, Scene};
use super::asking::Ask;
use super::career::career;
use super::deeds::Ending;
use super::facts::*;
use super::records::*;

/// Lives an ordinary life.
pub(super) fn live(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    let begins = life.person.created.max(scene.start) + DAY;
    let ends = departure(life, scene, dice);
    let leaving = ends.is_some();
    let ends = ends.unwrap_or(scene.end - HOUR);
    let (offer, most) = match life.person.kind {
        Kind::Employee => (&scene.cues.employee, 4),
        Kind::Contractor => (&scene.cues.contractor, 2),
        Kind::Guest => (&scene.cues.partner, 2),
        Kind::Admin => return administer(life, scene, dice),
    };
    let mut offer = offer.clone();
    dice.shuffle(&mut offer);
    for package in offer.into_iter().take(1 + dice.index(most)) {
        career(life, scene, dice, package, (begins, ends), leaving);
    }
    if life.person.kind == Kind::Employee {
        automatic(life, scene, dice, begins, ends, leaving);
        beside(life, scene, dice, begins, ends, leaving);
    }
}

/// Whether and when the person must have nothing any more.
fn departure(life: &mut Life, scene: &Scene, dice: &mut Dice) -> Option<Micros> {
    let span = scene.end - scene.start;
    if life.person.kind == Kind::Admin || life.person.index % 25 < 8 {
        return None;
    }
    let draw = dice.below(100);
    let at = scene.start + dice.between(span * 7 / 10, span * 92 / 100);
    if at < life.person.created + 30 * DAY {
        return None;
    }
    match draw {
        0..6 => {
            life.account.leaves = Some(at);
            life.account.disabled = Some(at + 3 * HOUR);
            let deleted = at + 10 * DAY;
            if deleted < scene.end - 5 * DAY {
                life.account.deleted = Some(deleted);
            }
            if deleted + 30 * DAY < scene.end - DAY {
                life.account.purged = Some(deleted + 30 * DAY);
            }
            Some(at - 2 * DAY)
        }
        6..8 => {
            life.account.disabled = Some(at);
            Some(at - 2 * DAY)
        }
        8..11 => {
            // On leave for some days, with everything kept.
            life.account.disabled = Some(at);
            life.account.enabled = Some(at + 9 * DAY);
            None
        }
        _ => None,
    }
}

/// What comes by rule, to some departments.
fn automatic(life: &mut Life, scene: &Scene, dice: &mut Dice, begins: Micros, ends: Micros, leaving: bool) {
    let department = DEPARTMENTS.iter().position(|d| *d == life.person.department).unwrap_or(0);
    let package = match department {
        0..4 => scene.cues.automatic[0],
        4..6 => scene.cues.automatic[1],
        _ => return,
    };
    let at = begins + dice.between(HOUR, 3 * DAY);
    let ask = Ask {
        package,
        at,
        until: None,
        by: Asker::Rule,
        justification: None,
        approvers: Vec::new(),
        fate: Fate::Granted,
    };
    let (_, assignment) = life.ask(scene, dice, ask);
    if let (true, Some(assignment)) = (leaving, assignment) {
        let at = ends + dice.between(MINUTE, HOUR);
        life.remove(scene, dice, assignment, at, Ending::Service);
    }
}

/// What is given beside all packages.
fn beside(life: &mut Life, scene: &Scene, dice: &mut Dice, begins: Micros, ends: Micros, leaving: bool) {
    let room = ends - begins - 60 * DAY;
    if room < 0 {
        return;
    }
    let wanted = [
        (15, Held::Group(*dice.pick(&scene.cues.loose_groups))),
        (8, Held::App(*dice.pick(&scene.cues.loose_apps))),
    ];
    for (percent, held) in wanted {
        if !dice.chance(percent) {
            continue;
        }
        let admin = scene.card(scene.administrator(dice.below(u64::MAX)));
        let mut from = begins + dice.between(0, room);
        if dice.chance(25) {
            let until = from + dice.between(5 * DAY, 20 * DAY);
            life.hold(held, from, Some(until), Actor::User(admin.clone()));
            from = until + dice.between(DAY, 20 * DAY);
        }
        let until = leaving.then(|| ends - dice.between(HOUR, DAY));
        life.hold(held, from, until, Actor::User(admin));
    }
}

/// The life of an administrator's account: directory roles, never a package.
fn administer(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    let span = scene.end - scene.start;
    let first = dice.index(scene.roles.len());
    let granter = scene.card(scene.administrator(life.person.index / 25 + 1));
    let from = scene.start + dice.between(DAY, span / 2);
    life.hold(Held::Role(first), from, None, Actor::User(granter.clone()));
    if dice.chance(40) {
        let role = (first + 1) % scene.roles.len();
        let from = scene.start + dice.between(DAY, span / 3);
        life.hold(Held::Role(role), from, Some(from + dice.between(20 * DAY, 100 * DAY)), Actor::User(granter));
    }
    if dice.chance(60) {
        life.eligible.push(((first + 2) % scene.roles.len(), scene.start + dice.between(DAY, span / 2)));
    }
}

/// Whether rounds of review ever decide about a package.
pub(super) fn is_reviewed(package: &Package) -> bool {
    matches!(package.policy.review, Review::Every(3 | 6))
}
