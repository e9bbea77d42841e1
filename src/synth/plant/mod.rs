//! Planted cases: people to whom one known thing happens for each check, and near misses beside them.
//!
//! A block is a cast of fourteen people; the parts are numbered in `play`.
//! Whatever a check is to find is written down where it is done, so that truth and world cannot part.

mod conduct;
mod holding;
mod near;

use super::clock::{DAY, Micros};
use super::dice::Dice;
use super::scene::{Card, Scene};
use super::story::{Ask, Asker, Fate, Life, Planted, reason};

/// Lets a person play a part.
pub fn play(life: &mut Life, scene: &Scene, dice: &mut Dice, block: u64, part: u64) {
    match part {
        0 => holding::unused(life, scene, dice),
        1 => holding::quiet(life, scene, dice),
        2 => conduct::careless(life, scene, dice, block),
        3 => holding::late(life, scene, dice),
        4 => holding::leaver(life, scene, dice),
        5 => holding::disabled(life, scene, dice),
        6 => conduct::befriended(life, scene, dice, block),
        7 => conduct::administrator(life, scene, dice),
        8 => conduct::assigned(life, scene, dice, block, true),
        9 => conduct::assigned(life, scene, dice, block, false),
        10 => conduct::guest(life, scene, dice),
        11 => conduct::weak(life, scene, dice, block),
        12 => near::almost(life, scene, dice, block),
        _ => near::lookalike(life, scene, dice),
    }
}

/// Findings that hang on the stage and on no person.
pub fn stage_findings(scene: &Scene) -> Vec<Planted> {
    let review = scene.cues.unreviewed.iter().map(|place| {
        let package = &scene.packages[*place];
        let (subject, object) = (package.policy.id.clone(), package.id.clone());
        Planted {
            check: "REV-01",
            subject,
            object,
            link: String::new(),
            note: "policy reviewed too rarely or never",
        }
    });
    let holders = usize::try_from(scene.blocks).unwrap_or(usize::MAX);
    let weak = scene.cues.weak.iter().take(holders).flat_map(|place| {
        let package = &scene.packages[*place];
        package.apps().map(|app| Planted {
            check: "CAP-03",
            subject: scene.apps[app].id.clone(),
            object: package.id.clone(),
            link: String::new(),
            note: "signed in to with one factor",
        })
    });
    review.chain(weak).collect()
}

/// A holding that began some days before the last look and ends some days after it; gives its place.
fn grant(life: &mut Life, scene: &Scene, dice: &mut Dice, package: usize, ago: i64, left: i64) -> usize {
    let ask = ordinary_ask(life, scene, dice, package, ago, left);
    life.ask(scene, dice, ask).1.expect("a granted request makes an assignment")
}

/// A request like everybody's, approved by somebody unrelated.
fn ordinary_ask(life: &Life, scene: &Scene, dice: &mut Dice, package: usize, ago: i64, left: i64) -> Ask {
    let until = scene.end + left * DAY;
    let approvers = approvers(scene, dice, package, &[life.person.index]);
    Ask {
        package,
        at: days_ago(scene, dice, ago),
        until: Some(until),
        by: Asker::Own,
        justification: Some(reason(dice, until)),
        approvers,
        fate: Fate::Granted,
    }
}

/// As many approvers as the policy has stages, none of whom is among the others involved.
fn approvers(scene: &Scene, dice: &mut Dice, package: usize, involved: &[u64]) -> Vec<Card> {
    let mut involved = involved.to_vec();
    (0..scene.packages[package].policy.stages)
        .map(|_| {
            let approver = scene.approver(dice.below(u64::MAX), &involved);
            involved.push(approver);
            scene.card(approver)
        })
        .collect()
}

/// Some time on a day before the last look.
fn days_ago(scene: &Scene, dice: &mut Dice, days: i64) -> Micros {
    scene.end - days * DAY - dice.between(0, DAY / 2)
}

impl Life {
    /// Writes down a finding about this person and an assignment.
    fn finds(&mut self, scene: &Scene, check: &'static str, assignment: usize, note: &'static str) {
        let held = &self.assignments[assignment];
        let (object, link) = (scene.packages[held.package].id.clone(), held.id.clone());
        self.plant(check, object, link, note);
    }

    /// Writes down a finding about this person.
    fn plant(&mut self, check: &'static str, object: String, link: String, note: &'static str) {
        let subject = self.person.card.id.clone();
        self.planted.push(Planted {
            check,
            subject,
            object,
            link,
            note,
        });
    }
}
