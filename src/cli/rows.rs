//! Rows whose columns are known only now: printed in every form, with what they rest on.

use crate::cli::args::OutputArgs;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::model::rows::{Cell, Rows};
use crate::report::forms;
use serde::Serialize;

/// Rows and their basis; lines of the basis stand below a table.
pub fn deliver(table: &Rows, basis: &impl Serialize, foot: &[String], out: &OutputArgs) -> Result<(), Failure> {
    let bytes = match output::form(out) {
        Some(form) => forms::of_rows(table, form, &output::options(out, basis)?).map_err(Failure::usage)?,
        None => {
            let mut text = shown(table);
            for line in foot {
                text.push_str(line);
                text.push('\n');
            }
            text.into_bytes()
        }
    };
    output::deliver(&bytes, out)
}

/// All columns, for people.
fn shown(table: &Rows) -> String {
    let cell = |c: &Cell| match c {
        Cell::Time(at) => at.to_string().chars().take(19).collect::<String>().replace('T', " "),
        other => other.shown(),
    };
    let told: Vec<Vec<String>> = table.rows.iter().map(|r| r.iter().map(cell).collect()).collect();
    let header: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
    output::table(&header, told)
}
