//! What follows from a life once it has been told: directory events, sign-ins, review decisions.

use super::super::clock::{DAY, HOUR, MINUTE, Micros, SECOND};
use super::super::dice::{Dice, Purpose, guid};
use super::super::scene::Scene;
use super::facts::*;
use super::log::user_target;
use super::ordinary::is_reviewed;
use super::records::*;

/// Draws the conclusions.
pub fn finish(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    if scene.skewed {
        skew(life, scene);
    }
    for place in 0..life.memberships.len() {
        life.log_membership(scene, place, true);
        if life.memberships[place].until.is_some() {
            life.log_membership(scene, place, false);
        }
    }
    log_account(life, scene, dice);
    keep_decisions(life, scene, dice);
    sign_in(life, scene);
}

/// The directory's clock goes up to three seconds wrong against that of entitlement management.
fn skew(life: &mut Life, scene: &Scene) {
    let mut noise = Dice::new(scene.seed, Purpose::Noise, u64::MAX / 16 - life.person.index);
    for membership in &mut life.memberships {
        membership.from += noise.between(-3 * SECOND, 3 * SECOND);
        membership.until = membership.until.map(|until| until + noise.between(-3 * SECOND, 3 * SECOND));
    }
}

fn log_account(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    let account = &life.account;
    let made = (life.person.created >= scene.start).then_some(life.person.created);
    let happened = [
        (made, "Add user", "Add"),
        (account.disabled, "Disable account", "Update"),
        (account.enabled, "Enable account", "Update"),
        (account.deleted, "Delete user", "Delete"),
        (account.purged, "Hard Delete user", "Delete"),
    ];
    for (at, activity, operation) in happened {
        if let Some(at) = at {
            let admin = scene.card(scene.administrator(dice.below(u64::MAX)));
            let target = user_target(&life.person.card);
            life.log_directory(scene, at, activity, "UserManagement", operation, Actor::User(admin), vec![target]);
        }
    }
}

/// Whoever had a package through a whole round of review was kept, unless the story says otherwise.
fn keep_decisions(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    for assignment in &life.assignments {
        let package = &scene.packages[assignment.package];
        if package.policy.automatic || !is_reviewed(package) {
            continue;
        }
        for (review, cycle) in scene.reviews.iter().enumerate().filter(|(_, c)| c.package == assignment.package) {
            let through = assignment.delivered < cycle.opens && assignment.removed.is_none_or(|r| r > cycle.closes + HOUR);
            if through && !life.decisions.iter().any(|d| d.review == review) {
                let reviewer = scene.card(scene.approver(dice.below(u64::MAX), &[life.person.index]));
                let at = cycle.opens + dice.between(DAY, 12 * DAY);
                life.decisions.push(Decision {
                    review,
                    at,
                    keep: true,
                    reviewer,
                });
            }
        }
    }
}

fn sign_in(life: &mut Life, scene: &Scene) {
    let mut dice = Dice::new(scene.seed, Purpose::SignIn, life.person.index);
    let until = life.account.leaves.or(life.account.disabled.filter(|_| life.account.enabled.is_none()));
    let until = until.unwrap_or(scene.end);
    let mut uses = std::mem::take(&mut life.uses);
    let told = |uses: &[Use], app| uses.iter().any(|u| u.app == app);
    let explicit = uses.len();
    if !told(&uses, 0) {
        let from = life.person.created.max(scene.start);
        uses.push(Use {
            app: 0,
            from,
            until,
            manner: Manner::Proper,
        });
    }
    for membership in &life.memberships {
        if let Held::App(app) = membership.held
            && !told(&uses[..explicit], app)
        {
            let until = membership.until.unwrap_or(until).min(until);
            uses.push(Use {
                app,
                from: membership.from,
                until,
                manner: Manner::Proper,
            });
        }
    }
    for usage in &uses {
        attend(life, scene, &mut dice, usage);
    }
    life.uses = uses;
}

/// Signs in at the latest four days after the beginning, then at least every nineteen days.
fn attend(life: &mut Life, scene: &Scene, dice: &mut Dice, usage: &Use) {
    let last = usage.until.min(scene.end) - MINUTE;
    let mut at = usage.from + dice.between(2 * HOUR, 4 * DAY);
    let mut interactive = true;
    while at < last {
        let manner = usage.manner;
        let sits = match manner {
            Manner::Proper => interactive,
            Manner::SilentOneFactor => false,
            _ => true,
        };
        push(life, scene, at, usage.app, sits, manner);
        if manner == Manner::Proper && dice.chance(4) {
            // A mistyped password, and then the right one.
            push(life, scene, at - dice.between(20 * SECOND, MINUTE), usage.app, true, Manner::Failing);
        }
        interactive = !interactive;
        let (least, most) = scene.rhythm;
        at += dice.between(least * DAY, most * DAY);
    }
}

fn push(life: &mut Life, scene: &Scene, at: Micros, app: usize, interactive: bool, manner: Manner) {
    if life.enabled_at(at) {
        let id = guid(scene.seed, "sign-in", life.person.index, life.sign_ins.len() as u64);
        life.sign_ins.push(SignIn {
            id,
            at,
            app,
            interactive,
            manner,
        });
    }
}
