//! What becomes of one package in an ordinary life: asked for, kept, extended, lost, asked for again.

use super::super::clock::{DAY, HOUR, MINUTE, Micros, SECOND};
use super::super::dice::Dice;
use super::super::scene::{Kind, Scene};
use super::asking::Ask;
use super::deeds::Ending;
use super::facts::*;
use super::reason;
use super::records::*;

/// Asks for a package, keeps it, extends it, loses it, asks again.
pub(super) fn career(life: &mut Life, scene: &Scene, dice: &mut Dice, package: usize, (begins, ends): (Micros, Micros), leaving: bool) {
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
fn request(life: &Life, scene: &Scene, dice: &mut Dice, package: usize, at: Micros, until: Micros) -> Ask {
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
fn keep(life: &mut Life, scene: &Scene, dice: &mut Dice, assignment: usize, until: Micros, ends: Micros, leaving: bool) -> Option<Micros> {
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
    let fits = |r: &&(usize, &super::super::scene::ReviewCycle)| r.1.package == package && r.1.opens > after && r.1.closes + HOUR < before;
    scene.reviews.iter().enumerate().find(|r| fits(&r)).map(|(place, _)| place)
}
