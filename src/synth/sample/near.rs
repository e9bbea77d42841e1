//! Near misses: looks like a finding, and is none.

use super::super::clock;
use super::super::scene::Card;
use super::super::story::*;
use super::stage::*;
use super::teller::{Teller, evening};

/// What was almost a finding, for the reader of the sample.
pub(super) const MISSES: [&str; 12] = [
    "STA-02: Ravi Menonkar last used the Lab Portal in the second week of April, less than ninety days ago.",
    "EXP-05: Rasmus Toftegaard's Vendor Maintenance ended on 23 June, five working days ago.",
    "EXP-05: the March review said no about Finn Marlowe, and the access went within minutes.",
    "EXP-01: Building Badges have no end and no review, since a rule gives and takes them.",
    "ORP-02: Clara Vogtland leaves on 10 July; Dario Contarini left in March and lost everything before.",
    "ORP-02: Paavo Rinne's account was disabled for eleven days in December and enabled again.",
    "APR-01: Azra Belkasem approved for Nadia Belkasem: one surname, two people, and `azra.` is no `az-`.",
    "JUS-01: Mehmet Aydın gave no reason for the Staff Library, whose policy asks for none.",
    "JUS-01: Nadia Belkasem asked without a word and took the request back.",
    "JUS-02: Petra Novotna's reason is short, and names a ticket, a task and a month.",
    "EXC-01: Paavo Rinne was put into the group of Lab Results by hand for nine days in March.",
    "CAP-03: Jonas Brandau's phone fetched a token with one factor, and nobody sat before it.",
];

/// Plays the near miss of the person of a number, if there is one.
pub(super) fn play(t: &mut Teller, who: u64) {
    match who {
        12 => {
            t.life.account.disabled = Some(clock::named("2025-12-01 08:00"));
            t.life.account.enabled = Some(clock::named("2025-12-12 08:00"));
            let until = Some(clock::named("2026-03-18 15:00"));
            let group = t.group(LAB);
            t.life
                .hold(Held::Group(group), clock::named("2026-03-09 14:30"), until, Actor::User(t.scene.card(54)));
        }
        19 => {
            let ask = t.wish(
                LAB,
                "2025-10-14 08:00",
                "2026-10-09",
                &[2],
                "Compare reference ranges after the analyser change, QM-0355, until 9 October 2026",
            );
            t.give(ask);
            t.visit(LAB, "2025-10-15", "2026-03-01", Manner::Proper);
            t.visit(LAB, "2026-04-06", "2026-04-13", Manner::Proper);
        }
        21 => {
            t.visit(LAB, "2025-11-12", "2026-06-29", Manner::Proper);
            t.visit(LAB, "2026-06-08", "2026-06-14", Manner::SilentOneFactor);
        }
        26 => left_in_order(t, ["2026-03-27 16:00", "2026-04-07 09:00"], Some("2026-05-07 09:00")),
        27 => {
            let ask = t.wish(
                BREAK_GLASS,
                "2025-11-03 10:30",
                "2026-01-23",
                &[58, 3],
                "Rehearse recovery of the directory, CHG0042388, until 23 January 2026",
            );
            let held = t.give(ask);
            t.expire(held, evening("2026-01-23"));
            let ask = t.wish(FINANCE, "2026-05-21 11:45", "2026-11-13", &[3], "");
            t.ask(Ask {
                justification: None,
                fate: Fate::Canceled,
                ..ask
            });
        }
        30 => left_in_order(t, ["2026-06-15 16:00", "2026-06-22 09:00"], None),
        32 => t.life.account.leaves = Some(clock::named("2026-07-10 16:00")),
        33 => {
            let ask = t.wish(LIBRARY, "2026-04-08 12:15", "2026-10-02", &[5], "");
            t.give(Ask { justification: None, ..ask });
        }
        39 => {
            let ask = t.wish(
                VENDOR,
                "2026-03-17 07:40",
                "2026-06-23",
                &[4],
                "Exchange pump batteries, contract MV-118, CHG0044820, until 23 June 2026",
            );
            t.give(ask);
        }
        49 => {
            let ask = t.wish(
                RESEARCH,
                "2025-10-07 10:00",
                "2026-10-02",
                &[6],
                "Plan cold-chain transports of the Ember trial, BRM-0877, until 2 October 2026",
            );
            let held = t.give(ask);
            let reviewer: Card = t.card(6);
            t.life.decisions.push(Decision {
                review: RESEARCH_MARCH,
                at: clock::named("2026-03-10 09:00"),
                keep: false,
                reviewer,
            });
            let closed = t.scene.reviews[RESEARCH_MARCH].closes;
            t.expire(held, closed);
        }
        52 => {
            // The first delivery failed.
            let ask = t.wish(
                RESEARCH,
                "2026-01-20 14:10",
                "2026-12-11",
                &[6],
                "Upload phantom scans for the Ember trial, HAL-3308, until 11 December 2026",
            );
            t.give(Ask {
                fate: Fate::GrantedLate,
                ..ask
            });
        }
        _ => {}
    }
}

/// Left, with everything taken before, and deleted.
fn left_in_order(t: &mut Teller, [left, deleted]: [&str; 2], purged: Option<&str>) {
    let account = &mut t.life.account;
    account.leaves = Some(clock::named(left));
    account.disabled = Some(clock::named(left));
    account.deleted = Some(clock::named(deleted));
    account.purged = purged.map(clock::named);
}
