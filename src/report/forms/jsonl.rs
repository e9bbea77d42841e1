//! JSON Lines: an object a line.

use super::json::{names, object};
use super::{Cell, Form, Head, OnTerminal, Options, TableWriter};
use std::io::{self, Write};

/// An object a line, exact.
#[derive(Debug)]
pub struct JsonLines;

/// This form.
pub static FORM: JsonLines = JsonLines;

impl Form for JsonLines {
    fn word(&self) -> &'static str {
        "jsonl"
    }

    fn about(&self) -> &'static str {
        "All columns, one object a line"
    }

    fn on_terminal(&self) -> OnTerminal {
        OnTerminal::Json
    }

    fn begin<'w>(&self, columns: &[Head], _: &Options, to: &'w mut (dyn Write + Send)) -> io::Result<Box<dyn TableWriter + 'w>> {
        Ok(Box::new(Objects { names: names(columns), to }))
    }
}

struct Objects<'w> {
    names: Vec<String>,
    to: &'w mut (dyn Write + Send),
}

impl TableWriter for Objects<'_> {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        self.to.write_all((object(&self.names, cells) + "\n").as_bytes())
    }

    fn end(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}
