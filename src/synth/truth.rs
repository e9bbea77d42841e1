//! What was true: who held what, and what the checks are to find.

use super::SynthError;
use super::clock;
use super::scene::Scene;
use super::story::{Held, Life, Planted};
use super::write::Disk;

/// The files of truth.
pub struct Truth {
    holdings: Table,
    planted: Table,
    contested: Table,
}

struct Table {
    name: &'static str,
    file: std::fs::File,
    rows: csv::Writer<Vec<u8>>,
}

const HOLDINGS: [&str; 10] = [
    "principal_id",
    "principal_name",
    "entitlement_kind",
    "entitlement_id",
    "held_from",
    "held_until",
    "assignment_id",
    "grant_kind",
    "justification",
    "request_id",
];

impl Truth {
    /// Begins the files.
    pub fn open(disk: &mut Disk) -> Result<Self, SynthError> {
        Ok(Self {
            holdings: Table::open(disk, "truth/holdings.csv", &HOLDINGS)?,
            planted: Table::open(
                disk,
                "truth/planted.csv",
                &["check", "subject_id", "object_id", "request_or_assignment_id", "note"],
            )?,
            contested: Table::open(disk, "truth/contested.csv", &["principal_id", "entitlement_id", "assignment_id", "note"])?,
        })
    }

    /// Writes down what one person held; says how many holdings.
    pub fn take(&mut self, disk: &mut Disk, scene: &Scene, life: &Life) -> Result<u64, SynthError> {
        let card = &life.person.card;
        let mut count = 0;
        for held in life.assignments.iter().filter(|a| a.delivered <= scene.end) {
            let request = &life.requests[held.request];
            // Listed as delivered to the last: the world treats it as held, whatever the log says.
            let until = held.removed.filter(|_| !held.lingers);
            self.holdings.row(
                disk,
                &[
                    &card.id,
                    &card.name,
                    "access_package",
                    &scene.packages[held.package].id,
                    &clock::text(held.delivered),
                    &until.map(clock::text).unwrap_or_default(),
                    &held.id,
                    held.grant_kind,
                    request.justification.as_deref().unwrap_or(""),
                    &request.id,
                ],
            )?;
            count += 1;
        }
        for member in &life.memberships {
            let (kind, id) = match member.held {
                Held::Group(place) => ("group", scene.groups[place].id.clone()),
                Held::App(place) => ("app_role", format!("{}/{}", scene.apps[place].id, scene.apps[place].role_id)),
                Held::Role(place) => ("directory_role", format!("{}|/", scene.roles[place].template)),
            };
            let given = member.assignment.map(|place| &life.assignments[place]);
            self.holdings.row(
                disk,
                &[
                    &card.id,
                    &card.name,
                    kind,
                    &id,
                    &clock::text(member.from),
                    &member.until.map(clock::text).unwrap_or_default(),
                    given.map_or("", |a| a.id.as_str()),
                    given.map_or("direct", |a| a.grant_kind),
                    "",
                    given.map_or("", |a| life.requests[a.request].id.as_str()),
                ],
            )?;
            count += 1;
        }
        for (place, note) in &life.contested {
            let held = &life.assignments[*place];
            self.contested.row(disk, &[&card.id, &scene.packages[held.package].id, &held.id, note])?;
        }
        Ok(count)
    }

    /// Writes down a finding to be made.
    pub fn plant(&mut self, disk: &mut Disk, planted: &Planted) -> Result<(), SynthError> {
        self.planted
            .row(disk, &[planted.check, &planted.subject, &planted.object, &planted.link, planted.note])
    }

    /// Ends the files.
    pub fn close(mut self, disk: &mut Disk) -> Result<(), SynthError> {
        [&mut self.holdings, &mut self.planted, &mut self.contested]
            .into_iter()
            .try_for_each(|table| table.flush(disk))
    }
}

impl Table {
    fn open(disk: &mut Disk, name: &'static str, heading: &[&str]) -> Result<Self, SynthError> {
        let file = disk.create(name)?;
        let mut table = Self {
            name,
            file,
            rows: csv::Writer::from_writer(Vec::new()),
        };
        table.row(disk, heading)?;
        Ok(table)
    }

    fn row(&mut self, disk: &mut Disk, fields: &[&str]) -> Result<(), SynthError> {
        self.rows.write_record(fields).map_err(SynthError::Row)?;
        if self.rows.get_ref().len() > 1 << 16 { self.flush(disk) } else { Ok(()) }
    }

    fn flush(&mut self, disk: &mut Disk) -> Result<(), SynthError> {
        let empty = csv::Writer::from_writer(Vec::new());
        let rows = std::mem::replace(&mut self.rows, empty)
            .into_inner()
            .map_err(|e| SynthError::Row(e.into_error().into()))?;
        disk.append(self.name, &mut self.file, &rows)
    }
}
