//! Rows whose columns are known only now: printed in every form, with what they rest on.

use crate::cli::args::OutputArgs;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::model::rows::{Cell, Rows};
use crate::report::columns::Form;
use crate::report::rows;
use serde::Serialize;

/// Width of a table that nobody's terminal limits.
const WIDTH: usize = 80;
/// No column of a table is wider, so that several fit.
const WIDEST: usize = 26;

/// Rows and their basis; lines of the basis stand below a table.
pub fn deliver(table: &Rows, basis: &impl Serialize, foot: &[String], out: &OutputArgs) -> Result<(), Failure> {
    let bytes = match output::form(out) {
        Some(Form::Json) => {
            let mut bytes = b"{\"rows\":".to_vec();
            bytes.extend(rows::write(table, Form::Json).map_err(Failure::usage)?.trim_ascii_end());
            bytes.extend(b",\n\"basis\":");
            bytes.extend(serde_json::to_vec(basis).map_err(Failure::usage)?);
            bytes.extend(b"}\n");
            bytes
        }
        Some(form) => rows::write(table, form).map_err(Failure::usage)?,
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

/// The columns that fit into 80, in their order.
fn shown(table: &Rows) -> String {
    let cell = |c: &Cell| match c {
        Cell::Time(at) => at.to_string().chars().take(19).collect::<String>().replace('T', " "),
        other => other.shown(),
    };
    let told: Vec<Vec<String>> = table.rows.iter().map(|r| r.iter().map(cell).collect()).collect();
    let width = |i: usize| {
        let longest = told.iter().map(|r| r[i].chars().count()).max().unwrap_or(0);
        longest.max(table.columns[i].0.len()).min(WIDEST)
    };
    let (mut used, mut fit) = (1, 0);
    while fit < table.columns.len() {
        used += width(fit) + 3;
        if used > WIDTH && fit > 0 {
            break;
        }
        fit += 1;
    }
    let left: Vec<&str> = table.columns[fit..].iter().map(|(name, _)| name.as_str()).collect();
    if !left.is_empty() {
        output::say(&format!("not shown in 80 columns: {}; --format csv or json has them", left.join(", ")));
    }
    let header: Vec<&str> = table.columns[..fit].iter().map(|(name, _)| name.as_str()).collect();
    output::table(&header, told.into_iter().map(|r| r[..fit].to_vec()).collect())
}
