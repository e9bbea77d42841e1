//! Making the things of the stage.

use super::super::clock::DAY;
use super::super::dice::guid;
use super::Scene;
use super::things::*;

impl Scene {
    pub(in crate::synth) fn app(&mut self, name: &str) -> usize {
        let n = self.apps.len() as u64;
        self.apps.push(App {
            id: guid(self.seed, "service-principal", n, 0),
            app_id: guid(self.seed, "application", n, 0),
            name: name.to_owned(),
            role_id: guid(self.seed, "app-role", n, 0),
            role: if n.is_multiple_of(2) { "Reader" } else { "Contributor" },
        });
        self.apps.len() - 1
    }

    pub(in crate::synth) fn group(&mut self, name: &str, kind: GroupKind) -> usize {
        let id = guid(self.seed, "group", self.groups.len() as u64, 0);
        self.groups.push(Group {
            id,
            name: format!("GRP {name}"),
            kind,
            children: Vec::new(),
        });
        self.groups.len() - 1
    }

    pub(in crate::synth) fn package(&mut self, name: &str, audience: Audience, targets: Vec<Target>, reach: Reach, days: Option<u32>) -> usize {
        let n = self.packages.len() as u64;
        let since = self.start - 200 * DAY;
        self.packages.push(Package {
            id: guid(self.seed, "package", n, 0),
            name: name.to_owned(),
            catalog: usize::from(n % 2 == 1),
            audience,
            resources: targets.into_iter().map(|target| Resource { target, since }).collect(),
            policy: Policy {
                id: guid(self.seed, "policy", n, 0),
                name: format!("{name}: {}", if days.is_some() { "on request" } else { "by rule" }),
                reach,
                automatic: false,
                departments: "[\"Cardiology\",\"Radiology\"]",
                stages: 1,
                days,
                review: Review::Every(3),
                asks_why: true,
                silence_keeps: false,
            },
        });
        self.packages.len() - 1
    }
}
