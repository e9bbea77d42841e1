//! One JSON array, an object a line, so that two reports can be compared with line tools.

use super::{Cell, Form, Head, OnTerminal, Options, TableWriter};
use serde_json::Value;
use std::io::{self, Write};

/// One array; with what stands beside the rows, an object with `rows` and those members.
#[derive(Debug)]
pub struct Json;

/// This form.
pub static FORM: Json = Json;

impl Form for Json {
    fn word(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "All columns, one array"
    }

    fn on_terminal(&self) -> OnTerminal {
        OnTerminal::Json
    }

    fn begin<'w>(&self, columns: &[Head], options: &Options, to: &'w mut (dyn Write + Send)) -> io::Result<Box<dyn TableWriter + 'w>> {
        if options.beside.is_some() {
            to.write_all(b"{\"rows\":")?;
        }
        Ok(Box::new(Array {
            names: names(columns),
            beside: options.beside.clone(),
            is_empty: true,
            to,
        }))
    }
}

struct Array<'w> {
    names: Vec<String>,
    beside: Option<String>,
    is_empty: bool,
    to: &'w mut (dyn Write + Send),
}

impl TableWriter for Array<'_> {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        self.to.write_all(if self.is_empty { b"[\n" } else { b",\n" })?;
        self.is_empty = false;
        self.to.write_all(object(&self.names, cells).as_bytes())
    }

    fn end(self: Box<Self>) -> io::Result<()> {
        self.to.write_all(if self.is_empty { b"[]" } else { b"\n]" })?;
        match &self.beside {
            None => self.to.write_all(b"\n"),
            Some(members) => self.to.write_all(format!(",\n{}\n", members.trim_start_matches('{')).as_bytes()),
        }
    }
}

/// Names of columns as JSON texts.
pub(super) fn names(columns: &[Head]) -> Vec<String> {
    columns.iter().map(|c| Value::from(c.name.as_str()).to_string()).collect()
}

/// Keys in the order of the columns, which a map would lose.
pub(super) fn object(names: &[String], cells: &[Cell]) -> String {
    let value = |cell: &Cell| match cell {
        Cell::Whole(number) => Value::from(*number),
        Cell::Real(number) => Value::from(*number),
        Cell::Flag(flag) => Value::from(*flag),
        Cell::List(items) => Value::from(items.clone()),
        Cell::Json(value) => value.clone(),
        other => other.plain().map_or(Value::Null, |text| Value::from(text.as_ref())),
    };
    let members: Vec<String> = names.iter().zip(cells).map(|(name, cell)| format!("{name}:{}", value(cell))).collect();
    format!("{{{}}}", members.join(","))
}
