//! The stage of the sample: twelve packages, their groups and applications, the rounds of review.

use super::super::clock::{self, MINUTE};
use super::super::dice::guid;
use super::super::scene::{Audience, Cues, Directory, GroupKind, Reach, Resource, Review, ReviewCycle, Scene, Target};
use super::cast;

/// Places of the packages.
pub(super) const WARD: usize = 0;
pub(super) const LAB: usize = 1;
pub(super) const PAYROLL: usize = 2;
pub(super) const EHR: usize = 3;
pub(super) const RADIOLOGY: usize = 4;
pub(super) const RESEARCH: usize = 5;
pub(super) const VENDOR: usize = 6;
pub(super) const BREAK_GLASS: usize = 7;
pub(super) const BADGES: usize = 8;
pub(super) const FINANCE: usize = 9;
pub(super) const LIBRARY: usize = 10;
pub(super) const DUTY: usize = 11;

/// Places of groups in no package, of the group that came to one later, and of the one that a rule fills.
pub(super) const PRINTERS: usize = 12;
pub(super) const WARDENS: usize = 13;
pub(super) const STUDIES: usize = 14;
pub(super) const CONTRACTORS: usize = 15;

/// Places of the rounds of review.
pub(super) const RESEARCH_MARCH: usize = 0;
pub(super) const RESEARCH_JUNE: usize = 1;

/// When the group of studies came to the Radiology Archive.
pub(super) const STUDIES_SINCE: &str = "2026-02-10 09:00";

/// Name, name of its application, days, stages, review, catalogue.
type Row = (&'static str, Option<&'static str>, Option<u32>, usize, Review, usize);

const PACKAGES: [Row; 12] = [
    ("Ward Planning", Some("Ward Planner"), Some(365), 1, Review::Every(6), 0),
    ("Lab Results", Some("Lab Portal"), Some(365), 1, Review::Every(6), 0),
    ("Payroll", Some("Payroll Desk"), Some(365), 2, Review::Every(3), 1),
    ("EHR Access", Some("Care Record"), Some(365), 1, Review::Every(3), 0),
    ("Radiology Archive", Some("Image Archive"), Some(365), 1, Review::Every(6), 0),
    ("Partner Research Exchange", None, Some(365), 1, Review::Every(3), 2),
    ("Vendor Maintenance", Some("Device Service Desk"), Some(180), 1, Review::Off, 1),
    ("Break-glass Administration", None, Some(90), 2, Review::Every(6), 1),
    ("Building Badges", None, None, 0, Review::None, 1),
    ("Finance Reporting", Some("Finance Reports"), Some(365), 1, Review::Every(6), 1),
    ("Staff Library", None, Some(365), 1, Review::Every(6), 1),
    ("Duty Desk", None, Some(120), 0, Review::Every(6), 1),
];

const ROLES: [(&str, &str); 4] = [
    ("Helpdesk Administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8"),
    ("Groups Administrator", "fdd7a751-b60b-444a-984c-02652fe8fa1c"),
    ("Reports Reader", "4a5d8f65-41da-4de4-8968-e035b65339cf"),
    ("Security Reader", "5d6b6bb7-de71-4623-b4af-96380a352509"),
];

/// Sets the stage; history is the year that ends with June 2026.
pub(super) fn scene() -> Scene {
    let seed = 2026;
    let mut scene = Scene {
        seed,
        tenant: guid(seed, "tenant", 0, 0),
        start: clock::named("2025-07-01 00:00"),
        end: clock::named("2026-06-30 12:00"),
        ordinary: 0,
        blocks: 0,
        looks: ["2025-12-31 12:00", "2026-06-28 12:00", "2026-06-30 12:00"].map(clock::named).to_vec(),
        skewed: false,
        late_at: clock::named(STUDIES_SINCE),
        apps: Vec::new(),
        groups: Vec::new(),
        packages: Vec::new(),
        roles: Vec::new(),
        catalogs: Vec::new(),
        reviews: Vec::new(),
        roster: Vec::new(),
        rhythm: (48, 62),
        cues: Cues::default(),
    };
    scene.catalogs = (0..)
        .zip(["Clinical", "Administration", "Partners"])
        .map(|(n, name)| (guid(seed, "catalog", n, 0), name))
        .collect();
    scene.roles = (0..)
        .zip(ROLES)
        .map(|(n, (name, template))| Directory {
            name,
            template,
            id: guid(seed, "directory-role", n, 0),
        })
        .collect();
    scene.app("Meridell Portal");
    let groups: Vec<usize> = PACKAGES
        .iter()
        .enumerate()
        .map(|(place, row)| {
            let kind = if place == BREAK_GLASS { GroupKind::RoleAssignable } else { GroupKind::Plain };
            scene.group(row.0, kind)
        })
        .collect();
    for name in ["Print Operators", "Fire Wardens", "Imaging Studies"] {
        scene.group(name, GroupKind::Plain);
    }
    let contractors = scene.group("All Contractors (rule)", GroupKind::Dynamic);
    for ((place, row), group) in PACKAGES.iter().enumerate().zip(groups) {
        furnish(&mut scene, place, row, group, contractors);
    }
    let archive = &mut scene.packages[RADIOLOGY].resources;
    archive.push(Resource {
        target: Target::Group(STUDIES),
        since: clock::named(STUDIES_SINCE),
    });
    scene.reviews = (0..)
        .zip([("2026-03-02 06:00", "2026-03-16 06:00"), ("2026-05-29 06:00", "2026-06-12 06:00")])
        .map(|(round, (opens, closes))| ReviewCycle {
            definition: guid(seed, "review", RESEARCH as u64, 0),
            instance: guid(seed, "review-round", RESEARCH as u64, round),
            package: RESEARCH,
            opens: clock::named(opens),
            closes: clock::named(closes) + MINUTE,
        })
        .collect();
    scene.roster = cast::roster(&scene);
    scene.ordinary = scene.roster.len() as u64;
    scene
}

fn furnish(scene: &mut Scene, place: usize, row: &Row, group: usize, contractors: usize) {
    let &(name, app, days, stages, review, catalog) = row;
    let mut targets = vec![Target::Group(group)];
    if let Some(app) = app {
        targets.push(Target::App(scene.app(app)));
    }
    let (audience, reach) = match place {
        RESEARCH => (Audience::Partners, Reach::Connected),
        VENDOR => (Audience::Contractors, Reach::GroupMembers(contractors)),
        DUTY => (Audience::Employees, Reach::Nobody),
        _ => (Audience::Employees, Reach::Members),
    };
    scene.package(name, audience, targets, reach, days);
    let package = &mut scene.packages[place];
    package.catalog = catalog;
    package.policy.stages = stages;
    package.policy.review = review;
    package.policy.automatic = place == BADGES;
    package.policy.departments = "[\"Radiology\"]";
    package.policy.asks_why = place != LIBRARY;
    package.policy.silence_keeps = place == LIBRARY;
}
