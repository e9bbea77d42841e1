//! The logs of the export: which record goes into which file and format.

use super::SynthError;
use super::clock::{DAY, Micros, SECOND};
use super::dice::{Dice, Purpose, number};
use super::scene::Scene;
use super::story::{Event, Life};
use super::wire;
use super::write::{Disk, Lines, Pages};

/// The files of the two logs.
pub struct Logs {
    since: Micros,
    audit: Lines,
    audit_envelopes: Lines,
    audit_pages: Pages,
    interactive: Lines,
    silent: Lines,
    silent_envelopes: Lines,
}

/// How a record of the audit log is written.
#[derive(Clone, Copy)]
enum Format {
    Line,
    Page,
    Envelope,
}

impl Logs {
    /// Opens the logs; nothing before `since` is exported.
    pub fn open(scene: &Scene, months: u32, since: Micros, disk: &Disk) -> Self {
        let lines = |name: &str, ending| Lines::new(name, (scene.start, scene.end), months, ending, disk);
        let graph = "auditLogs/directoryAudits";
        Self {
            since,
            audit: lines("export/audit/directoryAudits", "\n"),
            audit_envelopes: lines("export/audit/insights-logs-auditlogs", "\r\n"),
            audit_pages: Pages::new("export/audit/graph-directoryAudits".to_owned(), graph, graph, 500).uncounted(),
            interactive: lines("export/signins/interactiveSignIns", "\n"),
            silent: lines("export/signins/nonInteractiveSignIns", "\n"),
            silent_envelopes: lines("export/signins/insights-logs-noninteractiveusersigninlogs", "\r\n"),
        }
    }

    /// Writes one person's records; says how many audit events.
    pub fn take(&mut self, disk: &mut Disk, scene: &Scene, life: &Life) -> Result<u64, SynthError> {
        let mut noise = Dice::new(scene.seed, Purpose::Noise, life.person.index);
        let mut events = 0;
        let known = |at: Micros| at >= self.since && at <= scene.end;
        let told: Vec<_> = life.events.iter().filter(|e| known(e.at)).collect();
        let sign_ins: Vec<_> = life.sign_ins.iter().filter(|s| known(s.at)).collect();
        for event in told {
            let turn = number(scene.seed, &event.id, 0, 0) % 10;
            let format = [Format::Line, Format::Envelope, Format::Page][usize::from(turn > 6) + usize::from(turn > 8)];
            self.audit(disk, scene, event, format, &mut noise)?;
            events += 1;
            if disk.switches.duplicates && noise.chance(5) {
                let other = if matches!(format, Format::Envelope) { Format::Line } else { Format::Envelope };
                self.audit(disk, scene, event, other, &mut noise)?;
            }
        }
        for sign_in in sign_ins {
            let record = wire::sign_in_record(scene, &life.person, sign_in);
            let again = disk.switches.duplicates && noise.chance(4);
            let enveloped = !sign_in.interactive && number(scene.seed, &sign_in.id, 0, 0).is_multiple_of(2);
            if enveloped || again {
                let written = sign_in.at + noise.between(28 * SECOND, 1000 * SECOND);
                let envelope = wire::sign_in_envelope(scene, record.clone(), sign_in.interactive, written);
                self.silent_envelopes.push(disk, sign_in.at, &envelope)?;
            }
            if !enveloped {
                let lines = if sign_in.interactive { &mut self.interactive } else { &mut self.silent };
                lines.push(disk, sign_in.at, &record)?;
            }
        }
        Ok(events)
    }

    /// Ends the files.
    pub fn close(self, disk: &mut Disk) -> Result<(), SynthError> {
        [self.audit, self.audit_envelopes, self.interactive, self.silent, self.silent_envelopes]
            .into_iter()
            .try_for_each(|lines| lines.finish(disk))?;
        self.audit_pages.finish(disk)
    }

    fn audit(&mut self, disk: &mut Disk, scene: &Scene, event: &Event, format: Format, noise: &mut Dice) -> Result<(), SynthError> {
        let record = wire::audit_record(scene, event);
        match format {
            Format::Line => self.audit.push(disk, event.at, &record),
            Format::Page => self.audit_pages.push(disk, &record),
            Format::Envelope => {
                let written = event.at + noise.between(0, 300 * SECOND);
                self.audit_envelopes.push(disk, event.at, &wire::diagnostic_record(scene, record, written))
            }
        }
    }
}

/// What the export claims to cover.
pub fn coverage(scene: &Scene, since: Micros) -> String {
    let (from, until) = (super::clock::second_text(since), super::clock::second_text(scene.end));
    let mut text = format!("tenant = \"{}\"\n", scene.tenant);
    for source in ["audit", "sign_ins"] {
        text.push_str(&format!("\n[[covers]]\nsource = \"{source}\"\nfrom = \"{from}\"\nuntil = \"{until}\"\n"));
    }
    text
}

/// From when the logs are kept.
pub fn kept_since(scene: &Scene, short: bool) -> Micros {
    if short { scene.end - 30 * DAY } else { scene.start }
}
