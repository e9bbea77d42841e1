//! The sample: a small clinic with a year of history, written by hand, with a story behind every finding.
//!
//! The people and what they do stand in tables and short functions; everything else is drawn as in any invented tenant.

mod cast;
mod conduct;
mod logs;
mod near;
mod ordinary;
mod plot;
mod stage;
mod teller;
#[cfg(test)]
mod tests;
mod told;

use std::path::Path;

use super::look::Look;
use super::scene::{Scene, Target};
use super::story::{Life, Planted};
use super::write::Disk;
use super::{Summary, Switches, SynthError, clock};
use teller::Teller;

/// Writes the sample below `out`: an export with `planted.toml` and `README.md` beside it.
pub fn sample(out: &Path) -> Result<Summary, SynthError> {
    let scene = stage::scene();
    let lives: Vec<Life> = (0..scene.people())
        .map(|who| {
            let mut teller = Teller::new(&scene, who);
            plot::tell(&mut teller, who);
            teller.life
        })
        .collect();
    let mut disk = Disk::new(out, &Switches::default(), scene.seed);
    disk.write("coverage.toml", coverage(&scene).as_bytes())?;
    let events = logs::audit(&mut disk, &scene, &lives)?;
    logs::sign_ins(&mut disk, &scene, &lives)?;
    for at in &scene.looks {
        let folder = format!("looks/{}", clock::day_text(*at));
        let mut look = Look::open(&scene, folder, *at, None).gathered();
        if at == &scene.looks[1] {
            look = look.holdings_only();
        }
        lives.iter().try_for_each(|life| look.take(&mut disk, &scene, life))?;
        look.close(&mut disk, &scene)?;
    }
    disk.write("looks/2026-06-30/conditionalAccess-namedLocations.json", &logs::refusal(&scene))?;
    disk.malformed += 1;
    let mut summary = Summary {
        events,
        assignments: lives.iter().map(|l| l.assignments.len() as u64).sum(),
        requests: lives.iter().map(|l| l.requests.len() as u64).sum(),
        holdings: lives.iter().map(|l| (l.assignments.len() + l.memberships.len()) as u64).sum(),
        ..Summary::default()
    };
    let mut planted: Vec<Planted> = lives.into_iter().flat_map(|life| life.planted).collect();
    planted.extend(of_the_stage(&scene));
    planted.sort_by_key(|finding| finding.check);
    for finding in &planted {
        *summary.planted.entry(finding.check.to_owned()).or_default() += 1;
    }
    let names = told::Names::of(&scene);
    disk.write("planted.toml", told::planted_toml(&names, &planted).as_bytes())?;
    disk.write("README.md", told::readme(&names, &planted).as_bytes())?;
    (summary.files, summary.bytes, summary.malformed) = (disk.files, disk.bytes, disk.malformed);
    Ok(summary)
}

/// Whole days, as somebody writes them who exported whole days.
fn coverage(scene: &Scene) -> String {
    let mut text = format!("# What these exports cover; written by hand beside them.\ntenant = \"{}\"\n", scene.tenant);
    for source in ["audit", "sign_ins"] {
        text.push_str(&format!("\n[[covers]]\nsource = \"{source}\"\nfrom = 2025-07-01\nuntil = 2026-06-30\n"));
    }
    text
}

/// Findings that hang on no person.
fn of_the_stage(scene: &Scene) -> Vec<Planted> {
    let policy = |check, place: usize, note| {
        let package = &scene.packages[place];
        Planted {
            check,
            subject: package.policy.id.clone(),
            object: package.id.clone(),
            link: String::new(),
            note,
        }
    };
    let mut planted = vec![
        policy("REV-01", stage::VENDOR, "its review was switched off and never on again"),
        policy("REV-07", stage::LIBRARY, "whoever nobody decides on keeps the access"),
        policy("SEG-02", stage::RADIOLOGY, "one policy for the house, and a guest of a partner holds by it"),
        policy("SEG-02", stage::LAB, "one policy for the house, and a guest of a partner holds by it"),
        policy(
            "REV-01",
            stage::BREAK_GLASS,
            "reviewed every six months, where a package with directory roles needs three",
        ),
    ];
    let mut series: Vec<(&String, usize)> = scene.reviews.iter().map(|cycle| (&cycle.definition, cycle.package)).collect();
    series.sort();
    series.dedup();
    planted.extend(series.into_iter().map(|(definition, package)| Planted {
        check: "REV-07",
        subject: definition.clone(),
        object: scene.packages[package].id.clone(),
        link: String::new(),
        note: "a series in which silence changes nothing",
    }));
    let archive = &scene.packages[stage::RADIOLOGY];
    for resource in &archive.resources {
        if let Target::App(app) = resource.target {
            planted.push(Planted {
                check: "CAP-03",
                subject: scene.apps[app].id.clone(),
                object: archive.id.clone(),
                link: String::new(),
                note: "the workstation in the reading room signs in with a password alone",
            });
        }
    }
    planted
}
