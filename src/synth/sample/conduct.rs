//! Findings about how access was asked for, approved and given.

use super::super::clock;
use super::super::story::*;
use super::stage::*;
use super::teller::Teller;

/// Plays the part of the person of a number, if there is one.
pub(super) fn play(t: &mut Teller, who: u64) {
    match who {
        8 | 10 | 12 => assigned_at_night(t, who),
        13 => as_discussed(t),
        15 => one_factor(t),
        17 => blank(t),
        21 => no_words(t),
        22 => role_by_hand(t),
        23 => endless_payroll(t),
        25 => approves_for_herself(t),
        28 => approved_by_second_account(t),
        31 => into_break_glass(t),
        34 => quick_look(t),
        35 => there_before(t),
        37 => duty_desk(t),
        43 => endless_vendor(t),
        45 => guest_with_images(t),
        47 => need_access(t),
        50 => guest_with_results(t),
        51 => formula(t),
        53 => second_account_with_records(t),
        57 => second_account_asks(t),
        _ => {}
    }
}

fn endless_payroll(t: &mut Teller) {
    // Short, and good enough: a ticket, two words and a month.
    let held = t.give(Ask {
        until: None,
        ..t.wish(PAYROLL, "2025-12-10 08:20", "2026-12-10", &[5, 3], "CHG0043320 wage cutover in January")
    });
    t.finds(
        "EXP-01",
        held,
        "given without an end until the new system comes; a quarterly review makes it weigh low",
    );
}

fn endless_vendor(t: &mut Teller) {
    let held = t.give(Ask {
        until: None,
        ..t.wish(
            VENDOR,
            "2026-03-03 08:00",
            "2026-12-10",
            &[4],
            "Watch the storage array, contract MV-127, CHG0044501",
        )
    });
    t.finds("EXP-01", held, "a vendor's access without an end, and its policy has no review");
    t.finds("SEG-03", held, "and the vendor is a contractor");
}

fn approved_by_second_account(t: &mut Teller) {
    let own = t.card(54);
    let ask = t.wish(
        EHR,
        "2026-02-03 17:40",
        "2026-09-25",
        &[54],
        "Trace slow queries of the ward screens, INC0040977, until 25 September 2026",
    );
    let (request, _) = t.ask(ask);
    t.finds_request("APR-01", own, request, "asked with the first account, approved with the one for administration");
}

fn approves_for_herself(t: &mut Teller) {
    let ask = t.wish(
        PAYROLL,
        "2026-01-21 09:00",
        "2026-12-18",
        &[25, 3],
        "Stand in for Petra Novotna at the payment run, FIN-2377, until 18 December 2026",
    );
    let (request, _) = t.ask(Ask {
        by: Asker::Behalf(t.card(23)),
        ..ask
    });
    let me = t.card(25);
    t.finds_request("APR-01", me, request, "a colleague asked for her, and she approved the first stage as deputy");
}

fn assigned_at_night(t: &mut Teller, who: u64) {
    let at = match who {
        8 => "2026-01-19 20:02",
        10 => "2026-01-19 20:06",
        _ => "2026-01-19 20:11",
    };
    let admin = t.card(55);
    let ask = t.wish(EHR, at, "2026-12-18", &[], "");
    let (request, _) = t.ask(Ask {
        by: Asker::Admin(admin.clone()),
        justification: None,
        ..ask
    });
    if who == 8 {
        t.finds_request(
            "APR-03",
            admin,
            request,
            "three people assigned within nine minutes on the night of the go-live, approved by nobody",
        );
    }
}

fn duty_desk(t: &mut Teller) {
    let admin = t.card(57);
    let ask = t.wish(DUTY, "2026-05-11 11:30", "2026-09-04", &[], "");
    let (request, _) = t.ask(Ask {
        by: Asker::Admin(admin.clone()),
        justification: None,
        ..ask
    });
    t.finds_request("APR-03", admin, request, "assigned directly where the policy knows nothing else");
}

fn blank(t: &mut Teller) {
    let ask = t.wish(EHR, "2026-03-23 07:50", "2026-09-18", &[2], "   ");
    let (request, _) = t.ask(ask);
    let me = t.card(17);
    t.finds_request("JUS-01", me, request, "three blanks as the reason, and approved");
}

fn no_words(t: &mut Teller) {
    let ask = t.wish(FINANCE, "2026-05-06 16:10", "2026-11-06", &[3], "");
    let (request, _) = t.ask(Ask {
        justification: None,
        fate: Fate::Denied,
        ..ask
    });
    let me = t.card(21);
    t.finds_request("JUS-01", me, request, "no reason at all; the approver denied it, and the form let it through");
}

fn as_discussed(t: &mut Teller) {
    let ask = t.wish(EHR, "2026-01-08 07:35", "2026-12-18", &[0], "as discussed");
    let (request, _) = t.ask(ask);
    let me = t.card(13);
    t.finds_request("JUS-02", me, request, "a reason that names nothing, and approved");
}

fn need_access(t: &mut Teller) {
    let ask = t.wish(RESEARCH, "2026-04-23 09:10", "2026-10-16", &[6], "need access");
    let (request, _) = t.ask(Ask { fate: Fate::Denied, ..ask });
    let me = t.card(47);
    t.finds_request("JUS-02", me, request, "asked again with two words when the first access had ended; denied");
}

fn formula(t: &mut Teller) {
    let ask = t.wish(RESEARCH, "2026-02-24 13:30", "2026-11-20", &[6], "ok");
    let (request, _) = t.ask(ask);
    let me = t.card(51);
    t.finds_request(
        "JUS-02",
        me,
        request,
        "two letters as the reason, from a guest whose name is a spreadsheet formula",
    );
}

fn quick_look(t: &mut Teller) {
    let group = t.group(LAB);
    t.life
        .hold(Held::Group(group), clock::named("2026-05-04 14:05"), None, Actor::User(t.scene.card(54)));
    let object = t.scene.groups[group].id.clone();
    t.finds_held("EXC-01", &object, "put into the group by hand for a quick look, past the package");
}

fn into_break_glass(t: &mut Teller) {
    let group = t.group(BREAK_GLASS);
    t.life
        .hold(Held::Group(group), clock::named("2026-06-03 22:41"), None, Actor::User(t.scene.card(53)));
    let object = t.scene.groups[group].id.clone();
    t.finds_held("EXC-01", &object, "put into the group that carries directory roles, late in the evening");
    t.finds_held("EXC-06", &object, "nothing takes the membership away again");
}

fn role_by_hand(t: &mut Teller) {
    for app in t.scene.packages[PAYROLL].apps() {
        t.life
            .hold(Held::App(app), clock::named("2026-04-20 10:15"), None, Actor::User(t.scene.card(55)));
        let object = t.scene.apps[app].id.clone();
        t.finds_held(
            "EXC-01",
            &object,
            "the payroll application given by the service desk, past the two stages of approval",
        );
    }
}

fn there_before(t: &mut Teller) {
    t.life
        .hold(Held::Group(STUDIES), clock::named("2025-11-20 10:00"), None, Actor::User(t.scene.card(54)));
    let object = t.scene.groups[STUDIES].id.clone();
    t.finds_held("EXC-01", &object, "was in the group months before it came to the Radiology Archive");
}

fn guest_with_images(t: &mut Teller) {
    let ask = t.wish(
        RADIOLOGY,
        "2026-03-05 10:40",
        "2026-12-04",
        &[1],
        "Adjust image compression with Halden Imaging, HAL-3321, until 4 December 2026",
    );
    let held = t.give(Ask {
        by: Asker::Behalf(t.card(13)),
        ..ask
    });
    t.finds("SEG-01", held, "a vendor's engineer in a package for employees, asked for by a radiographer");
}

fn guest_with_results(t: &mut Teller) {
    let ask = t.wish(
        LAB,
        "2026-04-27 09:25",
        "2026-10-23",
        &[2],
        "Time couriers by released samples of the Foxglove registry, BRM-0913, until 23 October 2026",
    );
    let held = t.give(Ask {
        by: Asker::Behalf(t.card(21)),
        ..ask
    });
    t.finds(
        "SEG-01",
        held,
        "a dispatcher of a partner in a package for employees; the name is a piece of markup",
    );
}

fn second_account_with_records(t: &mut Teller) {
    let ask = t.wish(
        EHR,
        "2026-03-11 08:45",
        "2026-09-04",
        &[0],
        "Follow audit trails of the ward screens, INC0041260, until 4 September 2026",
    );
    let held = t.give(Ask {
        by: Asker::Behalf(t.card(4)),
        ..ask
    });
    t.finds("SEG-05", held, "an account for administration that reads patients' records");
}

fn second_account_asks(t: &mut Teller) {
    let ask = t.wish(
        PAYROLL,
        "2026-05-20 18:30",
        "2026-11-13",
        &[5],
        "Search payroll exports for leaked passwords, INC0041877, until 13 November 2026",
    );
    let (request, _) = t.ask(Ask { fate: Fate::Denied, ..ask });
    let me = t.card(57);
    t.finds_request("SEG-05", me, request, "asked for with an account for administration, and denied");
}

fn one_factor(t: &mut Teller) {
    // The finding is about the application: the stage has it.
    t.visit(RADIOLOGY, "2025-10-21", "2026-06-29", Manner::OneFactor);
}
