//! What the records themselves lack.

pub(super) mod log_01;
pub(super) mod log_02;
pub(super) mod log_03;
pub(super) mod log_04;

use crate::check::{Context, Outcome, Thing, words};
use crate::lake::table::Table;
use crate::model::ReasonCode;

/// The logs that questions rest on: subject of their coverage, what people call them, and their table.
const LOGS: &[(&str, &str, Table)] = &[
    ("audit", "the audit log", Table::AuditEvents),
    ("sign_ins:interactiveUser", "the log of interactive sign-ins", Table::SignIns),
    ("sign_ins:nonInteractiveUser", "the log of non-interactive sign-ins", Table::SignIns),
];

/// A log as the subject of a row.
fn subject(name: &str, called: &str) -> Thing {
    Thing::new("log", name, called.trim_start_matches("the "))
}

/// The rows for logs of which nothing is in the lake: one for each table.
fn absent(cx: &Context, logs: &[(&str, Table)], out: &mut Outcome) {
    let mut tables: Vec<Table> = logs.iter().map(|(_, t)| *t).collect();
    tables.dedup();
    for table in tables {
        let called: Vec<String> = logs.iter().filter(|(_, t)| *t == table).map(|(c, _)| (*c).to_string()).collect();
        let what = words::listed(&called);
        let verb = if called.len() == 1 && !what.contains("decisions") { "is" } else { "are" };
        let row = cx.lacking(
            ReasonCode::NoTelemetry,
            table,
            &format!("{what} {verb} not in the lake"),
            &format!("Ingest {what}."),
        );
        out.push_for(row, 0);
    }
}
