//! Who plays which part in the sample: findings to be made first about what is held, then about how it was given.

use super::super::clock;
use super::super::scene::Kind;
use super::super::story::*;
use super::ordinary::GRANTS;
use super::stage::*;
use super::teller::{Teller, evening};
use super::{conduct, near};

/// Tells the whole life of the person of a number.
pub(super) fn tell(t: &mut Teller, who: u64) {
    for grant in GRANTS.iter().filter(|grant| grant.who == who) {
        t.live(grant);
    }
    beside(t, who);
    match who {
        14 => past_its_end(t),
        16 => left_with_images(t),
        18 => never_used(t),
        20 => group_stayed(t),
        24 => not_used_lately(t),
        36 => on_sabbatical(t),
        38 => never_came_back(t),
        41 => disabled(t),
        42 => removed_and_listed(t),
        48 => denied_and_there(t),
        56 => second_account_stayed(t),
        _ => {}
    }
    conduct::play(t, who);
    near::play(t, who);
    habits(t);
    finish(&mut t.life, t.scene, &mut t.dice);
}

/// What comes by rule or is given beside packages.
fn beside(t: &mut Teller, who: u64) {
    let person = t.scene.person(who);
    if person.department == "Radiology" {
        let minute = who % 50;
        let at = format!("2025-07-03 04:{minute:02}");
        let badge = Ask {
            until: None,
            by: Asker::Rule,
            justification: None,
            ..t.wish(BADGES, &at, "2026-06-30", &[], "")
        };
        let held = t.give(badge);
        if who == 16 {
            t.expire(held, clock::named("2026-06-12 19:00"));
        }
    }
    if person.kind == Kind::Contractor {
        let by = Actor::Service("Microsoft Dynamic Group Processing");
        t.life.hold(Held::Group(CONTRACTORS), clock::named(&format!("2025-07-02 03:{who}")), None, by);
    }
    let role = |t: &mut Teller, role, from| {
        let by = Actor::User(t.card(53 + (who - 52) % 5));
        t.life.hold(Held::Role(role), clock::named(from), None, by);
        let object = format!("{}|/|active", t.scene.roles[role].template);
        t.finds_held("EXC-06", &object, "assigned for good where it could be activated for an hour");
    };
    match who {
        5 | 37 => t
            .life
            .hold(Held::Group(WARDENS), clock::named("2025-10-08 10:00"), None, Actor::User(t.scene.card(55))),
        53 => role(t, 0, "2025-07-08 09:00"),
        54 => role(t, 1, "2025-07-08 09:20"),
        55 => role(t, 2, "2025-09-17 14:00"),
        56 => role(t, 1, "2025-08-05 10:00"),
        57 => role(t, 3, "2025-07-22 11:00"),
        _ => {}
    }
    if who == 53 {
        t.life.eligible.push((1, clock::named("2025-08-19 08:00")));
    }
}

/// Whoever goes to an application does not go to the portal, so that the log stays thin.
fn habits(t: &mut Teller) {
    let told = |app| t.life.uses.iter().any(|u| u.app == app);
    let busy = t
        .life
        .memberships
        .iter()
        .any(|m| matches!(m.held, Held::App(app) if m.until.is_none() && !told(app)));
    if told(0) {
        return;
    }
    if busy {
        t.life.use_app(0, t.scene.end, t.scene.end, Manner::Proper);
        return;
    }
    // Whoever got something new has a look at it.
    let spring = clock::named("2026-03-20 06:00").max(t.life.person.created);
    let news = t.life.assignments.iter().map(|a| a.delivered).filter(|at| *at > spring);
    let mut starts: Vec<_> = news.chain([spring, t.scene.end]).collect();
    starts.sort_unstable();
    for span in starts.windows(2) {
        t.life.use_app(0, span[0], span[1], Manner::Proper);
    }
}

fn never_used(t: &mut Teller) {
    let held = t.give(t.wish(
        LAB,
        "2026-03-02 09:10",
        "2026-12-18",
        &[2],
        "Validate the new coagulation analyser, QM-0412, until 18 December 2026",
    ));
    t.visit(LAB, "2026-03-05", "2026-03-12", Manner::Failing);
    t.finds(
        "STA-01",
        held,
        "the validation was called off; one mistyped password, and no sign-in since the grant",
    );
}

fn never_came_back(t: &mut Teller) {
    let ask = t.wish(
        LIBRARY,
        "2026-04-24 10:00",
        "2026-10-16",
        &[5],
        "Return from parental leave, refresher on fire doors, LB-77, until 16 October 2026",
    );
    let held = t.give(Ask {
        by: Asker::Behalf(t.card(37)),
        ..ask
    });
    t.portal("2026-01-10", "2026-04-15");
    t.finds(
        "STA-01",
        held,
        "asked for by a colleague for a return that did not happen; the account has been silent since before",
    );
}

fn not_used_lately(t: &mut Teller) {
    let held = t.give(t.wish(
        FINANCE,
        "2025-09-10 08:35",
        "2026-09-04",
        &[3],
        "Year-end closing and the donors' statement, FIN-2240, until 4 September 2026",
    ));
    t.visit(FINANCE, "2025-09-11", "2026-03-10", Manner::Proper);
    t.finds("STA-02", held, "used for the year-end closing, and not since early March");
}

fn on_sabbatical(t: &mut Teller) {
    let held = t.give(t.wish(
        LIBRARY,
        "2025-10-22 11:00",
        "2026-10-16",
        &[5],
        "Collect sources for the Foxglove registry, LB-46, until 16 October 2026",
    ));
    t.portal("2025-10-24", "2026-03-05");
    t.finds("STA-02", held, "on sabbatical: no sign-in of the account for more than ninety days");
}

fn past_its_end(t: &mut Teller) {
    let held = t.give(t.wish(
        RADIOLOGY,
        "2025-12-04 07:15",
        "2026-06-05",
        &[1],
        "Report scans of the screening campaign, RITM0012903, until 5 June 2026",
    ));
    t.finds("EXP-05", held, "its end was 5 June, and it is still delivered");
}

fn removed_and_listed(t: &mut Teller) {
    let held = t.give(t.wish(
        VENDOR,
        "2026-03-16 08:00",
        "2026-09-11",
        &[4],
        "Renew wireless access points, contract MV-133, CHG0044780, until 11 September 2026",
    ));
    let admin = Ending::Admin(t.card(54));
    t.remove(held, clock::named("2026-06-08 15:20"), admin);
    t.life.assignments[held].lingers = true;
    t.life.contested.push((held, "removal logged as done, listed as delivered"));
    t.finds(
        "EXP-05",
        held,
        "its removal was logged as done on 8 June, and two later looks list it as delivered",
    );
}

fn group_stayed(t: &mut Teller) {
    let held = t.give(t.wish(
        LAB,
        "2026-01-26 08:20",
        "2026-05-29",
        &[2],
        "Stand in at the transfusion desk, RITM0013560, until 29 May 2026",
    ));
    t.expire(held, evening("2026-05-29"));
    let group = t.group(LAB);
    let stayed = t.life.memberships.iter_mut().find(|m| m.held == Held::Group(group));
    stayed.expect("the package gave the group").until = None;
    let (object, link) = (t.scene.groups[group].id.clone(), t.life.assignments[held].id.clone());
    t.finds_held(
        "EXP-05",
        &object,
        "the package ended on 29 May; the application role went, the group membership stayed",
    );
    t.life.planted.last_mut().expect("it was just planted").link = link;
}

fn denied_and_there(t: &mut Teller) {
    let held = t.give(t.wish(
        RESEARCH,
        "2025-11-18 13:00",
        "2026-11-13",
        &[6],
        "Monitor the Foxglove registry for Corvane, CRV-4390, until 13 November 2026",
    ));
    let reviewer = t.card(6);
    t.life.decisions.push(Decision {
        review: RESEARCH_JUNE,
        at: clock::named("2026-06-04 10:30"),
        keep: false,
        reviewer,
    });
    t.finds("EXP-05", held, "the June review said no and was applied on 12 June; the access is still there");
}

fn left_with_images(t: &mut Teller) {
    let held = t.give(t.wish(
        RADIOLOGY,
        "2025-09-08 07:30",
        "2026-09-04",
        &[1],
        "Report scans of the orthopaedic clinic, RITM0011310, until 4 September 2026",
    ));
    t.life.account.leaves = Some(clock::named("2026-06-12 16:00"));
    t.finds("ORP-02", held, "left on 12 June; the badge went, the image archive did not");
}

fn disabled(t: &mut Teller) {
    let group = t.scene.groups[PRINTERS].id.clone();
    t.life.account.disabled = Some(clock::named("2026-05-20 12:00"));
    t.life
        .hold(Held::Group(PRINTERS), clock::named("2025-11-12 09:00"), None, Actor::User(t.scene.card(54)));
    t.finds(
        "ORP-02",
        0,
        "account disabled since 20 May, when the lift contract was paused; the package is still there",
    );
    t.finds_held("ORP-02", &group, "the same account is still in a group that was given by hand");
}

fn second_account_stayed(t: &mut Teller) {
    t.life.account.leaves = Some(clock::named("2026-06-15 16:00"));
    let role = format!("{}|/|active", t.scene.roles[1].template);
    t.finds_held(
        "ORP-02",
        &role,
        "left on 15 June; the first account was closed, the one for administration kept its directory role",
    );
}
