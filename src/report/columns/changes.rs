//! The columns of what became of findings.

use super::{Cell, Column, Kind, text};
use crate::check::life::Change;
use crate::model::Instant;

macro_rules! columns {
    ($($name:ident: $kind:ident),+ $(,)?) => { &[$(Column { name: stringify!($name), kind: Kind::$kind, get: columns!(@ $kind $name) }),+] };
    (@ Time $name:ident) => { |c, _| Cell::Time(Instant::parse(&c.$name)) };
    (@ Word $name:ident) => { |c, _| text(c.$name.as_str()) };
    (@ Text $name:ident) => { |c, _| text(&c.$name) };
}

/// The columns of changes.
pub static CHANGES: &[Column<Change>] = columns![
    state: Word,
    why: Word,
    check: Word,
    severity: Word,
    subject_kind: Text,
    subject_id: Text,
    subject_name: Text,
    object_kind: Text,
    object_id: Text,
    object_name: Text,
    assignment_id: Text,
    request_id: Text,
    from: Time,
    until: Time,
    reason: Text,
    message: Text,
    fingerprint: Word,
    first_seen: Time,
    first_commit: Word,
    last_seen: Time,
    last_commit: Word,
    as_of: Time,
    commit: Word,
    id: Word,
];
