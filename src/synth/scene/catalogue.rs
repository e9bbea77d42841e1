//! What the tenant offers: applications, groups, packages, reviews.

use super::super::clock::{DAY, HOUR, Micros};
use super::super::dice::guid;
use super::Scene;
use super::things::*;

const ROLES: [(&str, &str); 4] = [
    ("Helpdesk Administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8"),
    ("Groups Administrator", "fdd7a751-b60b-444a-984c-02652fe8fa1c"),
    ("Reports Reader", "4a5d8f65-41da-4de4-8968-e035b65339cf"),
    ("Security Reader", "5d6b6bb7-de71-4623-b4af-96380a352509"),
];

const TEAMS: [&str; 10] = [
    "Ward Rota",
    "Ledger Desk",
    "Imaging Viewer",
    "Theatre Planning",
    "Stock Control",
    "Outcome Figures",
    "Notice Board",
    "Key Custody",
    "Bed Planning",
    "Care Pathways",
];

/// Puts everything on the stage.
pub(super) fn furnish(scene: &mut Scene, users: u64) {
    let seed = scene.seed;
    scene.catalogs = ["Clinical", "Administration", "Partners"]
        .iter()
        .zip(0..)
        .map(|(name, n)| (guid(seed, "catalog", n, 0), *name))
        .collect();
    scene.roles = ROLES
        .iter()
        .zip(0..)
        .map(|((name, template), n)| Directory {
            name,
            template,
            id: guid(seed, "directory-role", n, 0),
        })
        .collect();
    scene.app("Meridell Portal");
    loose(scene);
    let extra = usize::try_from(users / 1000).unwrap_or(usize::MAX).min(90);
    employee(scene, extra);
    others(scene);
    if scene.blocks > 0 {
        planted(scene, users);
    }
    reviews(scene);
}

fn loose(scene: &mut Scene) {
    for name in ["Print Queue", "Room Booking"] {
        let app = scene.app(name);
        scene.cues.loose_apps.push(app);
    }
    for name in ["Bicycle Parking", "Choir", "First Aiders", "Fire Wardens"] {
        let group = scene.group(name, GroupKind::Plain);
        scene.cues.loose_groups.push(group);
    }
    // Nested: first aiders count as fire wardens.
    let [child, parent] = [scene.cues.loose_groups[2], scene.cues.loose_groups[3]];
    scene.groups[parent].children.push(child);
}

/// The order matters: stories refer to the first ten by place. Groups only at 0, 3, 4, 6 and 8.
fn employee(scene: &mut Scene, extra: usize) {
    let old = scene.start - 200 * DAY;
    for (n, team) in TEAMS.iter().enumerate() {
        let mut resources = Vec::new();
        if n != 2 {
            let kind = if n == 7 { GroupKind::RoleAssignable } else { GroupKind::Plain };
            resources.push(Target::Group(scene.group(team, kind)));
        }
        if [1, 2, 5, 7, 9].contains(&n) {
            resources.push(Target::App(scene.app(team)));
        }
        let place = scene.package(team, Audience::Employees, resources, Reach::Members, Some(180));
        let policy = &mut scene.packages[place].policy;
        match n {
            6 => policy.stages = 0,
            7 => policy.stages = 2,
            8 => policy.review = Review::Every(6),
            _ => {}
        }
        scene.cues.employee.push(place);
    }
    let late = scene.group("Theatre Planning Archive", GroupKind::Plain);
    scene.cues.late_group = late;
    let since = scene.late_at;
    scene.packages[scene.cues.employee[3]].resources.push(Resource {
        target: Target::Group(late),
        since,
    });
    for n in 0..extra {
        let name = format!("Registry {}", n + 1);
        let mut resources = vec![Target::Group(scene.group(&name, GroupKind::Plain))];
        if n % 2 == 0 {
            resources.push(Target::App(scene.app(&name)));
        }
        let place = scene.package(&name, Audience::Employees, resources, Reach::Members, Some(365));
        scene.cues.employee.push(place);
    }
    debug_assert!(
        scene
            .packages
            .iter()
            .all(|p| { p.resources.iter().all(|r| r.since <= since && r.since >= old - DAY) })
    );
}

fn others(scene: &mut Scene) {
    let shared = scene.group("Shared Results", GroupKind::Plain);
    for (n, name) in ["Results for Wards", "Results for Desks"].iter().enumerate() {
        let place = scene.package(name, Audience::Employees, vec![Target::Group(shared)], Reach::Members, Some(180));
        scene.cues.shared[n] = place;
    }
    let group = scene.group("Canteen Menu", GroupKind::Plain);
    let place = scene.package("Canteen Menu", Audience::Employees, vec![Target::Group(group)], Reach::Members, Some(90));
    scene.packages[place].policy.asks_why = false;
    scene.cues.unasked = place;
    let group = scene.group("Emergency Desk", GroupKind::Plain);
    let place = scene.package("Emergency Desk", Audience::Employees, vec![Target::Group(group)], Reach::Nobody, Some(120));
    scene.packages[place].policy.stages = 0;
    scene.cues.direct_only = place;
    scene.cues.fed_groups = [
        scene.group("All Nurses (rule)", GroupKind::Dynamic),
        scene.group("Payroll (premises)", GroupKind::Synced),
    ];
    let fed = scene.cues.fed_groups.map(Target::Group).to_vec();
    scene.package("Nursing Circulars", Audience::Employees, fed, Reach::Members, Some(180));
    for (name, with_app) in [("Partner Exchange", false), ("Partner Studies", true)] {
        let mut resources = vec![Target::Group(scene.group(name, GroupKind::Plain))];
        if with_app {
            resources.push(Target::App(scene.app(name)));
        }
        let place = scene.package(name, Audience::Partners, resources, Reach::Connected, Some(180));
        scene.packages[place].catalog = 2;
        scene.cues.partner.push(place);
    }
    let contractors = scene.group("Contractors", GroupKind::Dynamic);
    for (name, with_app) in [("Site Works", true), ("Site Safety", false)] {
        let mut resources = vec![Target::Group(scene.group(name, GroupKind::Plain))];
        if with_app {
            resources.push(Target::App(scene.app(name)));
        }
        let reach = Reach::GroupMembers(contractors);
        let place = scene.package(name, Audience::Contractors, resources, reach, Some(120));
        scene.cues.contractor.push(place);
    }
    for (name, with_app) in [("Staff Baseline", false), ("Staff Learning", true)] {
        let mut resources = vec![Target::Group(scene.group(name, GroupKind::Plain))];
        if with_app {
            resources.push(Target::App(scene.app(name)));
        }
        let place = scene.package(name, Audience::Employees, resources, Reach::Members, None);
        let policy = &mut scene.packages[place].policy;
        (policy.automatic, policy.stages, policy.review) = (true, 0, Review::None);
        scene.cues.automatic.push(place);
    }
}

fn planted(scene: &mut Scene, users: u64) {
    let times = 2 + users / 5000;
    for n in 0..times {
        let name = format!("Legacy Console {}", n + 1);
        let resources = vec![Target::Group(scene.group(&name, GroupKind::Plain)), Target::App(scene.app(&name))];
        let place = scene.package(&name, Audience::Employees, resources, Reach::Members, Some(180));
        scene.cues.weak.push(place);
    }
    for n in 0..times + 1 {
        let name = format!("Archive Room {}", n + 1);
        let kind = if n % 4 == 3 { GroupKind::RoleAssignable } else { GroupKind::Plain };
        let resources = vec![Target::Group(scene.group(&name, kind))];
        let place = scene.package(&name, Audience::Employees, resources, Reach::Members, Some(180));
        // The last kind is often enough for an ordinary package, and too rare for what it contains.
        scene.packages[place].policy.review = [Review::None, Review::Every(12), Review::Off, Review::Every(6)][usize::try_from(n % 4).expect("below four")];
        scene.cues.unreviewed.push(place);
        scene.cues.employee.push(place);
    }
}

/// A round every three months wherever the policy asks for it, and one that a planted denial belongs to.
fn reviews(scene: &mut Scene) {
    let quarter = 91 * DAY;
    for (place, package) in scene.packages.iter().enumerate() {
        let Review::Every(months @ (3 | 6)) = package.policy.review else {
            continue;
        };
        let step = quarter * Micros::from(months / 3);
        let mut opens = scene.start + step;
        let mut round = 0;
        while opens + 14 * DAY < scene.end - 40 * DAY {
            scene.reviews.push(ReviewCycle {
                definition: guid(scene.seed, "review", place as u64, 0),
                instance: guid(scene.seed, "review-round", place as u64, round),
                package: place,
                opens,
                closes: opens + 14 * DAY,
            });
            (opens, round) = (opens + step, round + 1);
        }
    }
    if scene.blocks > 0 {
        let package = scene.cues.employee[6];
        scene.cues.planted_review = scene.reviews.len();
        scene.reviews.push(ReviewCycle {
            definition: guid(scene.seed, "review", package as u64, 1),
            instance: guid(scene.seed, "review-round", package as u64, 1000),
            package,
            opens: scene.end - 34 * DAY,
            closes: scene.end - 20 * DAY + 3 * HOUR,
        });
    }
}
