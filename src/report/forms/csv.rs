//! Comma-separated values, for people with a spreadsheet, or raw for machines.

use super::{Cell, Csv as Profile, Form, Head, Kind, OnTerminal, Options, TableWriter};
use crate::report::csv_text::{needs_quotes, protect};
use std::borrow::Cow;
use std::io::{self, Write};

/// Bytes that are gathered before they are written.
const BUFFER: usize = 1 << 16;

/// RFC 4180 with a header and LF.
///
/// Text from exports is kept from being a formula, item by item in lists, because some spreadsheets take the `;` between items for the end of a field.
#[derive(Debug)]
pub struct Csv;

/// This form.
pub static FORM: Csv = Csv;

impl Form for Csv {
    fn word(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "All columns, RFC 4180"
    }

    fn on_terminal(&self) -> OnTerminal {
        OnTerminal::Lines
    }

    fn begin<'w>(&self, columns: &[Head], options: &Options, to: &'w mut (dyn Write + Send)) -> io::Result<Box<dyn TableWriter + 'w>> {
        let mut out = String::new();
        let name = |c: &Head| Cow::Owned(field(Kind::Text, &Cell::Text(Cow::Borrowed(&c.name)), options.csv).into_owned());
        line(&mut out, columns.iter().map(name));
        Ok(Box::new(Lines {
            kinds: columns.iter().map(|c| c.kind).collect(),
            profile: options.csv,
            out,
            to,
        }))
    }
}

struct Lines<'w> {
    kinds: Vec<Kind>,
    profile: Profile,
    out: String,
    to: &'w mut (dyn Write + Send),
}

impl TableWriter for Lines<'_> {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        let fields = self.kinds.iter().zip(cells).map(|(kind, cell)| field(*kind, cell, self.profile));
        line(&mut self.out, fields);
        if self.out.len() > BUFFER {
            self.to.write_all(self.out.as_bytes())?;
            self.out.clear();
        }
        Ok(())
    }

    fn end(self: Box<Self>) -> io::Result<()> {
        self.to.write_all(self.out.as_bytes())
    }
}

fn line<'a>(out: &mut String, fields: impl Iterator<Item = Cow<'a, str>>) {
    for (i, field) in fields.enumerate() {
        if i > 0 {
            out.push(',');
        }
        if needs_quotes(&field) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&field);
        }
    }
    out.push('\n');
}

fn field<'a>(kind: Kind, cell: &'a Cell, profile: Profile) -> Cow<'a, str> {
    match cell {
        Cell::Text(text) if kind == Kind::Text && profile == Profile::Safe => protect(text),
        // Within JSON a semicolon stands in texts only, and its escape is the same text.
        Cell::Json(_) if profile == Profile::Safe => Cow::Owned(cell.plain().unwrap_or_default().replace(';', "\\u003b").replace('|', "\\u007c")),
        Cell::List(items) if profile == Profile::Safe => Cow::Owned(items.iter().map(|i| protect(i)).collect::<Vec<_>>().join(";")),
        other => other.plain().unwrap_or_default(),
    }
}
