//! Near misses: almost a case of every check, and none of any.

use super::super::clock::{DAY, working_days_before};
use super::super::dice::Dice;
use super::super::scene::Scene;
use super::super::story::*;
use super::{days_ago, grant, ordinary_ask};

/// Part 12: close to the edge of many thresholds.
pub(super) fn almost(life: &mut Life, scene: &Scene, dice: &mut Dice, block: u64) {
    let employee = &scene.cues.employee;
    // Assigned directly by an administrator, but more than a year ago, and over since.
    let long_ago = scene.end - 380 * DAY;
    if long_ago > scene.start + DAY {
        let admin = scene.card(scene.administrator(block));
        let ask = Ask {
            by: Asker::Admin(admin),
            at: long_ago,
            until: Some(scene.end - 300 * DAY),
            justification: None,
            approvers: Vec::new(),
            ..ordinary_ask(life, scene, dice, scene.cues.direct_only, 380, 0)
        };
        let held = life.ask(scene, dice, ask).1.expect("it is granted");
        let at = scene.end - 300 * DAY + dice.between(DAY / 1000, DAY / 100);
        life.remove(scene, dice, held, at, Ending::Service);
    }
    // Used 82 days ago for the last time.
    let package = employee[5];
    grant(life, scene, dice, package, 170, 60);
    for app in scene.packages[package].apps() {
        life.use_app(app, scene.end - 165 * DAY, scene.end - 90 * DAY, Manner::Proper);
        life.use_app(app, scene.end - 84 * DAY, scene.end - 79 * DAY, Manner::Proper);
        // One factor, but too long ago, in vain, or without a person before it.
        life.use_app(app, scene.end - 125 * DAY, scene.end - 119 * DAY, Manner::OneFactor);
        life.use_app(app, scene.end - 60 * DAY, scene.end, Manner::Failing);
    }
    // Never used, but held for twenty days only.
    let package = employee[1];
    grant(life, scene, dice, package, 20, 60);
    for app in scene.packages[package].apps() {
        life.use_app(app, scene.end - 15 * DAY, scene.end, Manner::Failing);
    }
    // Short, with a ticket; approved by somebody whose name is alike.
    let ask = ordinary_ask(life, scene, dice, employee[0], 60, 60);
    let ticket = Some(format!("CHG{:07} payroll cutover in May", 310_000 + block));
    let alike = scene.card(scene.cast(block, 13));
    let ask = Ask {
        justification: ticket,
        approvers: vec![alike],
        ..ask
    };
    life.ask(scene, dice, ask);
    // Without a word, but taken back.
    let ask = ordinary_ask(life, scene, dice, employee[4], 40, 60);
    life.ask(
        scene,
        dice,
        Ask {
            justification: None,
            fate: Fate::Canceled,
            ..ask
        },
    );
    // Past its end, but only five working days.
    let end = working_days_before(scene.end, 5);
    grant(life, scene, dice, employee[8], 90, (end - scene.end) / DAY);
    // About to leave.
    life.account.leaves = Some(scene.end + 10 * DAY);
}

/// Part 13: looks like an administrator's account, is in groups that feed themselves, holds a group twice.
pub(super) fn lookalike(life: &mut Life, scene: &Scene, dice: &mut Dice) {
    grant(life, scene, dice, scene.cues.employee[0], 100, 60);
    // The first package ends, the second goes on to explain the group.
    let [first, second] = scene.cues.shared;
    let held = grant(life, scene, dice, first, 120, -40);
    grant(life, scene, dice, second, 80, 60);
    let at = scene.end - 40 * DAY + dice.between(DAY / 1000, DAY / 100);
    life.remove(scene, dice, held, at, Ending::Service);
    // Nobody asks why.
    let ask = ordinary_ask(life, scene, dice, scene.cues.unasked, 55, 30);
    life.ask(scene, dice, Ask { justification: None, ..ask });
    let [rule, premises] = scene.cues.fed_groups;
    let by = Actor::Service("Microsoft Dynamic Group Processing");
    life.hold(Held::Group(rule), days_ago(scene, dice, 130), None, by);
    let by = Actor::Service("Directory Synchronization");
    life.hold(Held::Group(premises), days_ago(scene, dice, 130), None, by);
    // One factor, but no person sat before it.
    for app in scene.packages[scene.cues.employee[9]].apps() {
        grant(life, scene, dice, scene.cues.employee[9], 58, 60);
        life.use_app(app, scene.end - 55 * DAY, scene.end, Manner::Proper);
        life.use_app(app, scene.end - 50 * DAY, scene.end, Manner::SilentOneFactor);
    }
    // Added by an administrator, and taken out again.
    let admin = scene.card(scene.administrator(dice.below(u64::MAX)));
    let resources = scene.packages[scene.cues.employee[4]].resources.iter();
    for group in resources.filter_map(|r| {
        if let super::super::scene::Target::Group(g) = r.target {
            Some(g)
        } else {
            None
        }
    }) {
        let from = days_ago(scene, dice, 70);
        life.hold(Held::Group(group), from, Some(from + 9 * DAY), Actor::User(admin.clone()));
    }
}
