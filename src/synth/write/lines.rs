//! Lines of JSON, in one file a month, split where they grow.

use std::fs::File;

use serde_json::Value;

use super::super::SynthError;
use super::super::clock::Micros;
use super::super::dice::{Dice, Purpose};
use super::super::wire;
use super::Disk;

/// How many lines are held back, to be shuffled or to save writes.
const BATCH: usize = 256;
/// How many lines a file gets.
const PART: usize = 200_000;

/// Files of lines, one for each month.
pub struct Lines {
    name: String,
    start: Micros,
    month: Micros,
    ending: &'static str,
    files: Vec<Month>,
    noise: Dice,
    written: u64,
}

#[derive(Default)]
struct Month {
    file: Option<(String, File)>,
    held: Vec<Vec<u8>>,
    lines: usize,
    part: usize,
}

impl Lines {
    /// Files called `name-MMPP.ndjson` for a history cut into `months` equal parts.
    pub fn new(name: &str, (start, end): (Micros, Micros), months: u32, ending: &'static str, disk: &Disk) -> Self {
        let stream = name.bytes().fold(1_u64 << 40, |sum, byte| sum + u64::from(byte) * 131);
        Self {
            name: name.to_owned(),
            start,
            month: (end - start) / Micros::from(months) + 1,
            ending,
            files: (0..months).map(|_| Month::default()).collect(),
            noise: Dice::new(disk.seed, Purpose::Noise, stream),
            written: 0,
        }
    }

    /// Adds a record of an instant.
    pub fn push(&mut self, disk: &mut Disk, at: Micros, record: &Value) -> Result<(), SynthError> {
        let mut line = serde_json::to_vec(record).map_err(SynthError::Encode)?;
        line.extend_from_slice(self.ending.as_bytes());
        let last = self.files.len() - 1;
        let month = if disk.switches.disorder {
            self.noise.index(self.files.len())
        } else {
            usize::try_from((at - self.start) / self.month).unwrap_or(0).min(last)
        };
        self.hold(disk, month, line)?;
        self.written += 1;
        if disk.switches.malformed && self.noise.chance(1) {
            let broken = self.broken(disk.seed, at, record);
            disk.malformed += 1;
            self.hold(disk, month, broken)?;
        }
        Ok(())
    }

    /// Writes what is left.
    pub fn finish(mut self, disk: &mut Disk) -> Result<(), SynthError> {
        (0..self.files.len()).try_for_each(|month| self.flush(disk, month))
    }

    fn hold(&mut self, disk: &mut Disk, month: usize, line: Vec<u8>) -> Result<(), SynthError> {
        self.files[month].held.push(line);
        if self.files[month].held.len() < BATCH {
            Ok(())
        } else {
            self.flush(disk, month)
        }
    }

    fn flush(&mut self, disk: &mut Disk, number: usize) -> Result<(), SynthError> {
        let month = &mut self.files[number];
        if month.held.is_empty() {
            return Ok(());
        }
        if disk.switches.disorder {
            self.noise.shuffle(&mut month.held);
        }
        if month.file.is_none() || month.lines >= PART {
            let name = format!("{}-{number:02}{:02}.ndjson", self.name, month.part);
            month.file = Some((name.clone(), disk.create(&name)?));
            (month.part, month.lines) = (month.part + 1, 0);
        }
        month.lines += month.held.len();
        let content = month.held.concat();
        month.held.clear();
        let (name, file) = month.file.as_mut().expect("it was just made");
        disk.append(name, file, &content)
    }

    /// A line of its own that no reader can take for a record.
    fn broken(&mut self, seed: u64, at: Micros, record: &Value) -> Vec<u8> {
        let mut foreign = wire::foreign_event(seed, self.written, at);
        let mut line = match self.noise.below(4) {
            0 => {
                let whole = record.to_string();
                whole.char_indices().take(60).map(|(_, c)| c).collect::<String>().into_bytes()
            }
            1 => b"{\"id\":\"\xff\xfe\xc3(\",\"activityDisplayName\":\"\xf0\x28\x8c\x28\"}".to_vec(),
            2 => {
                foreign["id"] = serde_json::json!({"value": 42});
                foreign.to_string().into_bytes()
            }
            _ => {
                foreign.as_object_mut().expect("it is an object").remove("id");
                foreign["activityDateTime"] = serde_json::json!(42);
                foreign.to_string().into_bytes()
            }
        };
        line.extend_from_slice(self.ending.as_bytes());
        line
    }
}
