//! Parts about what is held: unused, too long, after leaving.

use super::super::clock::{DAY, HOUR, MINUTE, working_days_before};
use super::super::dice::Dice;
use super::super::scene::Scene;
use super::super::story::*;
use super::{approvers, days_ago, grant, reason};

/// Part 0: an application never used since the grant (STA-01), another not used lately (STA-02); the account is busy.
pub(super) fn unused(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    let never = scene.cues.employee[1];
    let lately = scene.cues.employee[5];
    let second = grant(life, scene, dice, lately, 200, 60);
    let first = grant(life, scene, dice, never, 60, 110);
    for app in scene.packages[never].apps() {
        life.use_app(app, scene.end - 55 * DAY, scene.end, Manner::Failing);
    }
    for app in scene.packages[lately].apps() {
        life.use_app(app, scene.end - 196 * DAY, scene.end - 110 * DAY, Manner::Proper);
    }
    life.finds(scene, "STA-01", first, "application only tried in vain since the grant");
    life.finds(scene, "STA-02", second, "application used, but not in the last 110 days");
}

/// Part 1: packages without an application, and an account that has been silent for a hundred days.
pub(super) fn quiet(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    let used = grant(life, scene, dice, scene.cues.employee[4], 200, 60);
    let package = scene.cues.employee[0];
    let other = scene.approver(dice.below(u64::MAX), &[life.person.index]);
    let until = scene.end + 100 * DAY;
    let ask = Ask {
        package,
        at: days_ago(scene, dice, 60),
        until: Some(until),
        by: Asker::Behalf(scene.card(other)),
        justification: Some(reason(dice, until)),
        approvers: approvers(scene, dice, package, &[life.person.index, other]),
        fate: Fate::Granted,
    };
    let never = life.ask(scene, dice, ask).1.expect("it is granted");
    life.use_app(0, scene.start, scene.end - 100 * DAY, Manner::Proper);
    life.finds(scene, "STA-01", never, "no sign-in of the account since the grant");
    life.finds(scene, "STA-02", used, "no sign-in of the account for a hundred days");
}

/// Part 3: four ways of holding on (EXP-05 a to d).
pub(super) fn late(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    let [a, b, c, d] = [0, 4, 8, 6].map(|n| scene.cues.employee[n]);
    // (d) denied by a review that was applied, and still there.
    let denied = grant(life, scene, dice, d, 120, 40);
    let review = scene.cues.planted_review;
    let cycle = &scene.reviews[review];
    let reviewer = scene.card(scene.approver(dice.below(u64::MAX), &[life.person.index]));
    life.decisions.push(Decision {
        review,
        at: cycle.opens + dice.between(DAY, 9 * DAY),
        keep: false,
        reviewer,
    });
    life.finds(scene, "EXP-05", denied, "d: review said no, applied, still held");
    // (c) properly ended, but the group membership stayed.
    let ended = grant(life, scene, dice, c, 110, 40);
    let at = scene.end - 25 * DAY + dice.between(0, HOUR);
    life.remove(scene, dice, ended, at, Ending::Service);
    for membership in life.memberships.iter_mut().filter(|m| m.assignment == Some(ended)) {
        membership.until = None;
        let Held::Group(group) = membership.held else {
            continue;
        };
        let (object, link) = (scene.groups[group].id.clone(), life.assignments[ended].id.clone());
        let subject = life.person.card.id.clone();
        let note = "c: membership outlived its assignment";
        life.planted.push(Planted {
            check: "EXP-05",
            subject,
            object,
            link,
            note,
        });
    }
    life.assignments[ended].ends = vec![(life.assignments[ended].decided, Some(at - MINUTE))];
    life.requests[life.assignments[ended].request].until = Some(at - MINUTE);
    // (b) its removal was logged as done, and it is listed as delivered.
    let removed = grant(life, scene, dice, b, 100, 40);
    let at = scene.end - 20 * DAY + dice.between(0, HOUR);
    let admin = scene.card(scene.administrator(dice.below(u64::MAX)));
    life.remove(scene, dice, removed, at, Ending::Admin(admin));
    life.assignments[removed].lingers = true;
    life.contested.push((removed, "removal logged as done, listed as delivered"));
    life.finds(scene, "EXP-05", removed, "b: listed as delivered after its removal");
    // (a) its end has passed, ten working days ago.
    let end = working_days_before(scene.end, 10);
    let expired = grant(life, scene, dice, a, 90, (end - scene.end) / DAY);
    life.finds(scene, "EXP-05", expired, "a: end passed, still delivered");
}

/// Part 4: left ten days ago and holds two packages (ORP-02).
pub(super) fn leaver(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    for (package, ago) in [(0, 150), (1, 140)] {
        let held = grant(life, scene, dice, scene.cues.employee[package], ago, 30);
        life.finds(scene, "ORP-02", held, "left ten days ago");
    }
    life.account.leaves = Some(scene.end - 10 * DAY);
}

/// Part 5: disabled forty days ago and holds a package and a group (ORP-02).
pub(super) fn disabled(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    let held = grant(life, scene, dice, scene.cues.employee[4], 150, 30);
    life.finds(scene, "ORP-02", held, "disabled account");
    let group = scene.cues.loose_groups[0];
    let admin = scene.card(scene.administrator(dice.below(u64::MAX)));
    life.hold(Held::Group(group), days_ago(scene, dice, 130), None, Actor::User(admin));
    life.plant("ORP-02", scene.groups[group].id.clone(), String::new(), "disabled account, direct membership");
    life.account.disabled = Some(scene.end - 40 * DAY);
}
