//! What is said of a file when it is over.

use super::Sum;
use crate::ingest::paths::Input;
use crate::ingest::split::{Outcome, Shape};

/// What a file's content was found to be.
pub(super) fn format_of(shape: &Shape, sum: &Sum, outcome: &Outcome) -> String {
    let text = if sum.remarks.enveloped > 0 {
        "diagnostic records"
    } else if !sum.gaps.is_empty() && sum.put.kept + sum.put.duplicate == 0 {
        "error response"
    } else if !outcome.pages.is_empty() && *shape == Shape::Lines {
        "pages, one a line"
    } else if !outcome.pages.is_empty() {
        "pages"
    } else if *shape == Shape::Lines {
        "NDJSON"
    } else {
        "JSON"
    };
    text.to_string()
}

pub(super) fn note(sum: &Sum, outcome: &Outcome, input: &Input) -> Option<String> {
    let remarks = &sum.remarks;
    let mut notes = Vec::new();
    if remarks.holderless > 0 {
        notes.push(format!("{} assignments name no holder: export with $expand=target", remarks.holderless));
    }
    if remarks.parent_by_name > 0 {
        notes.push(format!("the parent of {} objects was taken from a file or folder name", remarks.parent_by_name));
    }
    if remarks.twice > 0 {
        notes.push(format!("{} members came twice in their object: the last was taken", remarks.twice));
    }
    if remarks.shipped > 0 {
        notes.push(format!("{} records were unwrapped from _raw", remarks.shipped));
    }
    if let Some(trouble) = &outcome.trouble {
        notes.push(format!("not read to its end: {trouble}"));
    }
    if input.member.is_some() {
        notes.push(format!("a member of {}; size and hash are those of the member", input.file.display()));
    }
    for gap in &sum.gaps {
        notes.push(gap.clone());
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// What a file would have held, by its name: an error response does not say what was asked for.
pub(super) fn subject_of(name: &str) -> &'static str {
    let name: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let known = [
        ("signin", "sign_ins"),
        ("directoryaudit", "audit"),
        ("auditlog", "audit"),
        ("assignmentrequest", "requests"),
        ("assignmentapproval", "approvals"),
        ("assignmentpolic", "policies"),
        ("approleassign", "app_role_assignments"),
        ("roleassignmentschedule", "role_schedules"),
        ("roleeligibilityschedule", "role_schedules"),
        ("roleassignment", "directory_roles"),
        ("roledefinition", "role_definitions"),
        ("accesspackage", "packages"),
        ("assignment", "assignments"),
        ("catalog", "catalogs"),
        ("decision", "review_decisions"),
        ("accessreview", "review_definitions"),
        ("conditionalaccess", "conditional_access"),
        ("member", "memberships"),
        ("serviceprincipal", "service_principals"),
        ("user", "users"),
        ("group", "groups"),
    ];
    known.iter().find(|(word, _)| name.contains(word)).map_or("unknown", |(_, subject)| subject)
}
