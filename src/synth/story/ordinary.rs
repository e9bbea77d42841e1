//! Lives in which no check finds anything.

use super::super::clock::{DAY, HOUR, MINUTE, Micros, SECOND};
use super::super::dice::Dice;
use super::super::names::DEPARTMENTS;
use super::super::scene::{Kind, Package, Review, Scene};
use super::deeds::{Ask, Ending};
use super::facts::*;
use super::reason;

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

/// Asks for a package, keeps it, extends it, loses it, asks again.
fn career(
    life: &mut Life,
    scene: &Scene,
    dice: &mut Dice,
    package: usize,
    (begins, ends): (Micros, Micros),
    leaving: bool,
) {
    let days = i64::from(scene.packages[package].policy.days.unwrap_or(180));
    let mut at = begins + dice.between(0, (ends - begins) * 2 / 3);
    for _ in 0..3 {
        if at + 4 * DAY >= ends {
            return;
        }
        let until = clear(scene, at + dice.between(30, days) * DAY);
        let ask = request(life, scene, dice, package, at, until);
        let refused = matches!(ask.fate, Fate::Denied | Fate::Canceled);
        let (_, assignment) = life.ask(scene, dice, ask);
        let Some(assignment) = assignment else {
            debug_assert!(refused);
            at += dice.between(2 * DAY, 12 * DAY);
            continue;
        };
        let Some(over) = keep(life, scene, dice, assignment, until, ends, leaving) else {
            return;
        };
        if !dice.chance(35) {
            return;
        }
        at = over + dice.between(5 * DAY, 40 * DAY);
    }
}

/// An end that is not so near the last look that its removal would be missed.
fn clear(scene: &Scene, end: Micros) -> Micros {
    if (scene.end - 4 * HOUR..scene.end + DAY).contains(&end) {
        end + 3 * DAY
    } else {
        end
    }
}

/// An ordinary request for a package.
fn request(
    life: &Life,
    scene: &Scene,
    dice: &mut Dice,
    package: usize,
    at: Micros,
    until: Micros,
) -> Ask {
    let me = life.person.index;
    let employee = life.person.kind == Kind::Employee;
    // Assigned by an administrator, but longer ago than anybody asks about.
    if employee && at < scene.end - 372 * DAY && dice.chance(30) {
        let admin = scene.card(scene.administrator(dice.below(u64::MAX)));
        let by = Asker::Admin(admin);
        return Ask {
            package,
            at,
            until: Some(until),
            by,
            justification: None,
            approvers: Vec::new(),
            fate: Fate::Granted,
        };
    }
    let mut involved = vec![me];
    let mut by = Asker::Own;
    if dice.chance(8) {
        let other = scene.approver(dice.below(u64::MAX), &involved);
        involved.push(other);
        by = Asker::Behalf(scene.card(other));
    }
    let policy = &scene.packages[package].policy;
    let mut approvers = Vec::new();
    for _ in 0..policy.stages {
        let approver = scene.approver(dice.below(u64::MAX), &involved);
        involved.push(approver);
        approvers.push(scene.card(approver));
    }
    let fate = match dice.below(100) {
        0..4 if !approvers.is_empty() => Fate::Denied,
        4..7 if !approvers.is_empty() => Fate::Canceled,
        7..10 => Fate::GrantedLate,
        _ => Fate::Granted,
    };
    let justification = Some(reason(dice, until));
    Ask {
        package,
        at,
        until: Some(until),
        by,
        justification,
        approvers,
        fate,
    }
}

/// Lets time pass over an assignment; says when it was over, or nothing where it lasts.
fn keep(
    life: &mut Life,
    scene: &Scene,
    dice: &mut Dice,
    assignment: usize,
    until: Micros,
    ends: Micros,
    leaving: bool,
) -> Option<Micros> {
    let package = life.assignments[assignment].package;
    let mut last = life.assignments[assignment].delivered;
    let mut end = until;
    let days = i64::from(scene.packages[package].policy.days.unwrap_or(180));
    while dice.chance(40) {
        let at = end - dice.between(2 * DAY, 8 * DAY);
        if at <= last + DAY || at + DAY >= ends {
            break;
        }
        end = clear(scene, end + dice.between(30, days) * DAY);
        let why = reason(dice, end);
        life.extend(scene, dice, assignment, at, end, why);
        last = at + HOUR;
    }
    let horizon = end.min(ends);
    if dice.chance(4)
        && let Some(review) = reviewed(scene, package, last, horizon)
    {
        let cycle = &scene.reviews[review];
        let reviewer = scene.card(scene.approver(dice.below(u64::MAX), &[life.person.index]));
        let at = cycle.opens + dice.between(DAY, 12 * DAY);
        life.decisions.push(Decision {
            review,
            at,
            keep: false,
            reviewer,
        });
        let at = cycle.closes + dice.between(30 * SECOND, 5 * MINUTE);
        life.remove(scene, dice, assignment, at, Ending::Service);
        return Some(at);
    }
    if dice.chance(10) && last + 3 * DAY < horizon {
        let at = dice.between(last + DAY, horizon - DAY);
        let admin = scene.card(scene.administrator(dice.below(u64::MAX)));
        life.remove(scene, dice, assignment, at, Ending::Admin(admin));
        return Some(at);
    }
    if end + HOUR < ends {
        let at = end + dice.between(30 * SECOND, 15 * MINUTE);
        life.remove(scene, dice, assignment, at, Ending::Service);
        return Some(at);
    }
    if leaving {
        let admin = scene.card(scene.administrator(dice.below(u64::MAX)));
        life.remove(scene, dice, assignment, ends, Ending::Admin(admin));
    }
    None
}

/// A review that begins after an instant and is over before another.
fn reviewed(scene: &Scene, package: usize, after: Micros, before: Micros) -> Option<usize> {
    let fits = |r: &&(usize, &super::super::scene::ReviewCycle)| {
        r.1.package == package && r.1.opens > after && r.1.closes + HOUR < before
    };
    scene
        .reviews
        .iter()
        .enumerate()
        .find(|r| fits(&r))
        .map(|(place, _)| place)
}

/// What comes by rule, to some departments.
fn automatic(
    life: &mut Life,
    scene: &Scene,
    dice: &mut Dice,
    begins: Micros,
    ends: Micros,
    leaving: bool,
) {
    let department = DEPARTMENTS
        .iter()
        .position(|d| *d == life.person.department)
        .unwrap_or(0);
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
fn beside(
    life: &mut Life,
    scene: &Scene,
    dice: &mut Dice,
    begins: Micros,
    ends: Micros,
    leaving: bool,
) {
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
        life.hold(
            Held::Role(role),
            from,
            Some(from + dice.between(20 * DAY, 100 * DAY)),
            Actor::User(granter),
        );
    }
    if dice.chance(60) {
        life.eligible.push((
            (first + 2) % scene.roles.len(),
            scene.start + dice.between(DAY, span / 2),
        ));
    }
}

/// Whether rounds of review ever decide about a package.
pub(super) fn is_reviewed(package: &Package) -> bool {
    matches!(package.policy.review, Review::Every(3 | 6))
}
