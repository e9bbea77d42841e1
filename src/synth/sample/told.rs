//! What is hidden in the sample, for programs (`planted.toml`) and for readers (`README.md`).

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::scene::Scene;
use super::super::story::Planted;
use super::near::MISSES;

/// Names of everything that a finding can be about, by id.
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// All names on the stage.
    pub fn of(scene: &Scene) -> Self {
        let mut names = BTreeMap::new();
        let mut name = |id: &str, text: &str| names.insert(id.to_owned(), text.to_owned());
        for person in &scene.roster {
            name(&person.card.id, &person.card.name);
        }
        for package in &scene.packages {
            name(&package.id, &package.name);
            name(&package.policy.id, &package.policy.name);
        }
        for group in &scene.groups {
            name(&group.id, &group.name);
        }
        for app in &scene.apps {
            name(&app.id, &app.name);
        }
        for cycle in &scene.reviews {
            name(&cycle.definition, &format!("Review of {}", scene.packages[cycle.package].name));
        }
        for role in &scene.roles {
            name(&format!("{}|/|active", role.template), role.name);
        }
        Self(names)
    }

    fn get(&self, id: &str) -> &str {
        self.0.get(id).map_or("", String::as_str)
    }
}

/// `planted.toml`: the findings that must be made, and no others may be.
pub(super) fn planted_toml(names: &Names, planted: &[Planted]) -> String {
    let mut text = String::from("# Every finding that the checks make in this sample, and why.\n# Written by the same code as the sample; see README.md.\n");
    for finding in planted {
        text.push_str("\n[[planted]]\n");
        let rows = [
            ("check", finding.check),
            ("subject", names.get(&finding.subject)),
            ("subject_id", &finding.subject),
            ("object", names.get(&finding.object)),
            ("object_id", &finding.object),
            ("request_or_assignment_id", &finding.link),
            ("why", finding.note),
        ];
        for (key, value) in rows {
            let quoted = toml::Value::String(value.to_owned());
            writeln!(text, "{key} = {quoted}").expect("text takes all text");
        }
    }
    text
}

/// `README.md`: what the company is and what is hidden.
pub(super) fn readme(names: &Names, planted: &[Planted]) -> String {
    let mut text = String::from(
        "# Sample data: Meridell Care\n\n\
         Everything here is invented: the company, its sixty accounts, its partners, every name and every identifier.\n\
         Any likeness to real people or companies is chance.\n\n\
         Meridell Care is a small clinic with wards, radiology, a laboratory, finance and IT.\n\
         It gives out access by twelve access packages; contractors look after its devices, and guests from three partners take part in studies.\n\
         Five people of IT have a second account for administration, whose name begins with `az-`.\n\
         The export covers the year up to 30 June 2026:\n\n\
         - `audit/`: the directory audit log, each quarter in another format (pages of Graph, lines twice, lines in diagnostic envelopes).\n\
         - `signins/`: interactive and non-interactive sign-ins.\n\
         - `looks/`: the tenant as it was on 31 December 2025, 28 June 2026 (without requests) and 30 June 2026.\n\
         - `coverage.toml`: which time the logs cover.\n\
         - `planted.toml`: the findings below with all their ids, for programs.\n\n\
         Try it with `vouchsafe run sample-data`.\n\n\
         ## What is hidden\n\n\
         These findings must be made, and no others of these checks may be.\n\
         Other checks find more in the same exports; a list in `tests/sample-also-found.txt` has it.\n\
         Names stand in code marks, since two of them are meant to do harm where they are shown carelessly.\n\n",
    );
    for finding in planted {
        let (subject, object) = (names.get(&finding.subject), names.get(&finding.object));
        writeln!(text, "- {} `{subject}`, `{object}`: {}.", finding.check, finding.note).expect("text takes all text");
    }
    text.push_str("\n## What only looks like a finding\n\n");
    for miss in MISSES {
        writeln!(text, "- {miss}").expect("text takes all text");
    }
    text.push_str(
        "\n## What is broken on purpose\n\n\
         - `audit/2025-q4-directoryAudits.ndjson` ends with a record whose targets are a text.\n\
         - `looks/2026-06-30/conditionalAccess-namedLocations.json` is an error that Graph answered instead of a page.\n\
         - `<img src=x onerror=alert(1)>` and `=cmd|' /C calc'!A0` are names of guests.\n\n\
         The folder is written by `src/synth/sample`, and a test compares the two byte by byte.\n\
         After a change, run that test with `VOUCHSAFE_BLESS=1`.\n",
    );
    text
}
