//! The columns of findings, in the order of the contract.

use super::{Cell, Column, Kind, text};
use crate::model::Finding;

/// The columns of findings.
pub static FINDINGS: &[Column<Finding>] = &[
    Column {
        name: "check",
        kind: Kind::Word,
        get: |f, _| text(f.check.as_str()),
    },
    Column {
        name: "result",
        kind: Kind::Word,
        get: |f, _| text(f.result.as_str()),
    },
    Column {
        name: "severity",
        kind: Kind::Word,
        get: |f, _| text(f.severity.as_str()),
    },
    Column {
        name: "subject_kind",
        kind: Kind::Text,
        get: |f, _| text(&f.subject_kind),
    },
    Column {
        name: "subject_id",
        kind: Kind::Text,
        get: |f, _| text(&f.subject_id),
    },
    Column {
        name: "subject_name",
        kind: Kind::Text,
        get: |f, _| text(&f.subject_name),
    },
    Column {
        name: "object_kind",
        kind: Kind::Text,
        get: |f, _| text(&f.object_kind),
    },
    Column {
        name: "object_id",
        kind: Kind::Text,
        get: |f, _| text(&f.object_id),
    },
    Column {
        name: "object_name",
        kind: Kind::Text,
        get: |f, _| text(&f.object_name),
    },
    Column {
        name: "assignment_id",
        kind: Kind::Text,
        get: |f, _| text(&f.assignment_id),
    },
    Column {
        name: "request_id",
        kind: Kind::Text,
        get: |f, _| text(&f.request_id),
    },
    Column {
        name: "from",
        kind: Kind::Time,
        get: |f, _| Cell::Time(f.from),
    },
    Column {
        name: "until",
        kind: Kind::Time,
        get: |f, _| Cell::Time(f.until),
    },
    Column {
        name: "reason",
        kind: Kind::Text,
        get: |f, _| text(&f.reason),
    },
    Column {
        name: "message",
        kind: Kind::Text,
        get: |f, _| text(&f.message),
    },
    Column {
        name: "controls",
        kind: Kind::List,
        get: |f, _| Cell::List(f.controls.iter().map(String::as_str).collect()),
    },
    Column {
        name: "evidence",
        kind: Kind::List,
        get: |f, _| Cell::List(f.evidence.iter().map(String::as_str).collect()),
    },
    Column {
        name: "fingerprint",
        kind: Kind::Word,
        get: |f, _| text(&f.fingerprint),
    },
    Column {
        name: "clears_when",
        kind: Kind::Text,
        get: |f, _| text(&f.clears_when),
    },
];
