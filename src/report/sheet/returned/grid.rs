//! The cells of a workbook's sheet, bounded: a far cell costs itself, and not the field before it.

use super::header;
use crate::campaign::{ReturnedRow, ReturnedSheet};
use std::collections::BTreeMap;

/// Columns beyond which no cell of a work sheet lies, whatever people add beside it.
const WIDEST: usize = 1_024;
/// Most cells and bytes of text that are held of one file.
const CELLS: usize = 8_000_000;
const TEXT: usize = 256 << 20;

/// What is held of a file so far.
#[derive(Debug, Default)]
pub(super) struct Held {
    cells: usize,
    bytes: usize,
}

/// Why a cell without a value may not be taken for an empty one: what its reader sees there is another's, or was never saved.
pub(super) const MERGED: &str = "the cell is merged with another, which alone holds a value: undo the merge, and fill in every row";
pub(super) const NO_VALUE: &str = "the cell has a formula whose value was not saved: write the value itself";

/// The cells of a sheet.
#[derive(Debug, Default)]
pub(super) struct Grid {
    /// The rows that have cells, by their number in the sheet from 1; empty columns at the left count, so that cells are named as there.
    rows: BTreeMap<usize, Vec<String>>,
    /// Cells that have no value and are not empty, by row and column as there, with the reason.
    unread: BTreeMap<(usize, usize), String>,
}

impl Grid {
    /// Puts a value into a cell; row and column count from 0.
    ///
    /// # Errors
    /// When the cell, or the file with it, is beyond what a work sheet can be.
    pub(super) fn put(&mut self, held: &mut Held, (row, column): (usize, usize), value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Ok(());
        }
        if column >= WIDEST {
            return Err(format!(
                "a cell stands in column {} of row {}, beyond the {WIDEST} columns that a sheet may have; delete what stands there, and save it again",
                column + 1,
                row + 1
            ));
        }
        let cells = self.rows.entry(row + 1).or_default();
        held.cells += (column + 1).saturating_sub(cells.len());
        held.bytes += value.len();
        if held.cells > CELLS || held.bytes > TEXT {
            return Err(format!(
                "it holds more than {CELLS} cells or {TEXT} bytes of text; send back the sheet that was handed out"
            ));
        }
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        cells[column] = value.to_string();
        Ok(())
    }

    /// Marks cells that have no value of their own, those beyond the columns of a sheet aside; rows and columns count from 0.
    ///
    /// # Errors
    /// When there are more of them than cells are held.
    pub(super) fn mark(
        &mut self,
        held: &mut Held,
        rows: std::ops::RangeInclusive<usize>,
        columns: std::ops::RangeInclusive<usize>,
        why: &str,
    ) -> Result<(), String> {
        for row in rows {
            for column in columns.clone().take_while(|c| *c < WIDEST) {
                held.cells += 1;
                if held.cells > CELLS {
                    return Err(format!("more than {CELLS} of its cells are merged; send back the sheet that was handed out"));
                }
                self.unread.entry((row + 1, column)).or_insert_with(|| why.to_string());
            }
        }
        Ok(())
    }

    fn value(&self, (row, column): (usize, usize)) -> &str {
        self.rows.get(&row).and_then(|cells| cells.get(column)).map_or("", String::as_str)
    }

    /// The work sheet, when one of the first rows has the column `item_id`.
    pub(super) fn sheet(self) -> Option<ReturnedSheet> {
        let unread = self.unread.iter().filter(|(at, _)| self.value(**at).is_empty());
        let unread = unread.map(|(at, why)| (*at, why.clone())).collect();
        let first: Vec<Vec<String>> = self.rows.values().take(20).cloned().collect();
        let head = header(&first)?;
        let mut rows = self.rows.into_iter().skip(head);
        let columns = rows.next().map(|(_, cells)| cells).unwrap_or_default();
        let width = columns.len();
        Some(ReturnedSheet {
            columns: columns.iter().map(|c| c.trim().to_string()).collect(),
            rows: rows
                .filter(|(_, cells)| cells.iter().any(|c| !c.trim().is_empty()))
                .map(|(row, mut cells)| {
                    // A row ends with its last cell: every column of the head is there.
                    cells.resize(cells.len().max(width), String::new());
                    ReturnedRow { row, cells }
                })
                .collect(),
            unread,
            ..ReturnedSheet::default()
        })
    }
}
