//! Pages of one collection as Graph gives them.

use serde_json::Value;

use super::super::SynthError;
use super::super::dice::number;
use super::super::wire::GRAPH;
use super::Disk;

/// Collects items and writes them in pages.
///
/// The count stands on the first page and is known after the last item only: the first page waits in memory.
pub struct Pages {
    path: String,
    resource: String,
    context: String,
    size: usize,
    counted: bool,
    first: Option<Vec<u8>>,
    page: Vec<u8>,
    items: usize,
    total: usize,
    number: usize,
}

impl Pages {
    /// Pages of `size` items below `path`, of a resource with its context after `$metadata#`.
    pub fn new(path: String, resource: &str, context: &str, size: usize) -> Self {
        Self {
            path,
            resource: resource.to_owned(),
            context: context.to_owned(),
            size,
            counted: true,
            first: None,
            page: Vec::new(),
            items: 0,
            total: 0,
            number: 0,
        }
    }

    /// Some collections, such as logs, have no count.
    pub fn uncounted(mut self) -> Self {
        self.counted = false;
        self
    }

    /// Adds an item.
    pub fn push(&mut self, disk: &mut Disk, item: &Value) -> Result<(), SynthError> {
        if self.items == self.size {
            self.turn(disk, true)?;
        }
        if self.items > 0 {
            self.page.push(b',');
        }
        serde_json::to_writer(&mut self.page, item).map_err(SynthError::Encode)?;
        self.items += 1;
        self.total += 1;
        Ok(())
    }

    /// Gives the one page of a short collection as a line, to stand in a file with others of its kind.
    pub fn line(self) -> Vec<u8> {
        debug_assert!(self.number == 0, "a short collection has one page");
        self.body(0, 0, &self.page, self.counted.then_some(self.total), false)
    }

    /// Writes what is left.
    pub fn finish(mut self, disk: &mut Disk) -> Result<(), SynthError> {
        self.turn(disk, false)?;
        let more = self.number > 1;
        let count = self.counted.then_some(self.total);
        let first = self.first.take().unwrap_or_default();
        self.write(disk, 0, &first, count, more)
    }

    fn turn(&mut self, disk: &mut Disk, more: bool) -> Result<(), SynthError> {
        let page = std::mem::take(&mut self.page);
        if self.number == 0 {
            self.first = Some(page);
        } else {
            self.write(disk, self.number, &page, None, more)?;
        }
        self.number += 1;
        self.items = 0;
        Ok(())
    }

    fn write(&self, disk: &mut Disk, n: usize, items: &[u8], count: Option<usize>, more: bool) -> Result<(), SynthError> {
        // Never the first page: it says how many there should have been.
        let draw = number(disk.seed, &self.path, n as u64, 0);
        if disk.switches.missing_pages && n > 0 && draw.is_multiple_of(4) {
            return Ok(());
        }
        let body = self.body(disk.seed, n, items, count, more);
        let shown = if disk.switches.disorder { 9999 - n % 10_000 } else { n };
        disk.write(&format!("{}-{shown:04}.json", self.path), &body)?;
        if disk.switches.duplicates && draw.is_multiple_of(3) {
            disk.write(&format!("{}-{shown:04}-again.json", self.path), &body)?;
        }
        Ok(())
    }

    fn body(&self, seed: u64, n: usize, items: &[u8], count: Option<usize>, more: bool) -> Vec<u8> {
        let mut body = format!("{{\"@odata.context\":\"{GRAPH}$metadata#{}\"", self.context).into_bytes();
        if let Some(count) = count {
            body.extend_from_slice(format!(",\"@odata.count\":{count}").as_bytes());
        }
        if more {
            let token = number(seed, &self.path, n as u64, 1);
            let next = format!(",\"@odata.nextLink\":\"{GRAPH}{}?$skiptoken={token:016x}\"", self.resource);
            body.extend_from_slice(next.as_bytes());
        }
        body.extend_from_slice(b",\"value\":[");
        body.extend_from_slice(items);
        body.extend_from_slice(b"]}\n");
        body
    }
}
