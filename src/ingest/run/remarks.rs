//! What is said of a file when it is over.

use super::Sum;
use crate::ingest::dating::Dating;
use crate::ingest::paths::Input;
use crate::ingest::rows;
use crate::ingest::split::{Outcome, Shape};

/// What a file's content was found to be.
pub(super) fn format_of(shape: &Shape, sum: &Sum, outcome: &Outcome) -> String {
    let text = if let Shape::Table(heading) = shape {
        rows::FORMATS[heading.format].name
    } else if let Some(name) = outcome.answered {
        return format!("{name}, as the answer of a query");
    } else if sum.remarks.enveloped > 0 {
        "diagnostic records"
    } else if !sum.errors.is_empty() && sum.put.kept + sum.put.duplicate == 0 {
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

pub(super) fn note(sum: &Sum, outcome: &Outcome, input: &Input, archive: &str, dating: &Dating) -> Option<String> {
    let remarks = &sum.remarks;
    let mut notes = Vec::new();
    if let Some(date) = dating.to_come.as_ref().filter(|_| sum.objects) {
        notes.push(format!(
            "the date {date} in its name is yet to come: its modification time is taken instead, which proves presence only"
        ));
    }
    notes.extend(sum.unnamed.iter().map(|(what, count)| what.lacking(*count, true)));
    for (table, count) in &sum.nameless {
        notes.push(super::missing::nameless(*table, *count));
    }
    if !sum.invited.is_empty() {
        notes.push(super::missing::invited(sum.invited.len()));
    }
    for (_, word, count) in sum.unknown.iter() {
        let noun = if count == 1 { "record has" } else { "records have" };
        notes.push(format!("{count} {noun} {word}"));
    }
    if remarks.parent_by_name > 0 {
        notes.push(format!("the parent of {} objects was taken from a file or folder name", remarks.parent_by_name));
    }
    if remarks.untimed > 0 {
        notes.push(format!("{} times of objects could not be read", remarks.untimed));
    }
    if remarks.late > 0 {
        notes.push(format!(
            "{} sign-ins do not tell when they were: the time is that of their logging, often minutes later; export createdDateTime",
            remarks.late
        ));
    }
    if sum.misread.count() > 0 {
        notes.push(format!("{} records have members that are not understood", sum.misread.count()));
    }
    if remarks.twice > 0 {
        notes.push(format!("{} members came twice in their object: the last was taken", remarks.twice));
    }
    if remarks.without_id > 0 {
        notes.push(format!(
            "{} records have no id: where another export tells the same events, they are counted twice",
            remarks.without_id
        ));
    }
    if remarks.shipped > 0 {
        notes.push(format!("{} records were unwrapped from _raw", remarks.shipped));
    }
    if let Some(trouble) = &outcome.trouble {
        notes.push(format!("not read to its end: {trouble}"));
    }
    if input.member.is_some() {
        notes.push(format!("a member of {archive}; size and hash are those of the member"));
    }
    for (error, count) in &sum.errors {
        notes.push(if *count == 1 { error.clone() } else { format!("{error} ({count} times)") });
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// Words of Graph's addresses and of exporters, the more telling ones first, and the collection or log that they stand for.
const SUBJECTS: &[(&str, &str)] = &[
    ("signin", "sign_ins"),
    ("directoryaudit", "audit"),
    ("auditlog", "audit"),
    ("incompatib", "incompatibilities"),
    ("assignmentrequest", "requests"),
    ("approval", "approvals"),
    ("assignmentpolic", "policies"),
    ("approleassign", "app_role_assignments"),
    ("roleassignmentschedule", "role_schedules"),
    ("roleeligibilityschedule", "role_schedules"),
    ("assignmentscheduleinstance", "role_schedules"),
    ("eligibilityscheduleinstance", "role_schedules"),
    ("roleassignment", "directory_roles"),
    ("roledefinition", "role_definitions"),
    ("resourcerole", "resource_roles"),
    ("accesspackageassignment", "assignments"),
    ("accesspackage", "packages"),
    ("assignment", "assignments"),
    ("catalog", "catalogs"),
    ("connectedorganization", "connected_organizations"),
    ("decision", "review_decisions"),
    ("accessreviewinstance", "review_instances"),
    ("accessreview", "review_definitions"),
    ("namedlocation", "named_locations"),
    ("conditionalaccess", "conditional_access"),
    ("member", "memberships"),
    ("owner", "memberships"),
    ("serviceprincipal", "service_principals"),
    ("user", "users"),
    ("group", "groups"),
    ("audit", "audit"),
];

/// What a file would have held, by its name, else by the nearest folder that tells: an error response does not say what was asked for.
pub(super) fn subject_of(path: &str) -> &'static str {
    let mut parts = path.rsplit(['/', '\\']).map(|part| {
        let part: String = part.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        part
    });
    let own = parts.next().unwrap_or_default();
    let by_name = SUBJECTS.iter().find(|(word, _)| own.contains(word));
    // Folders have names for many reasons: a word that stands alone must be the whole name.
    let by_folder = || {
        parts.find_map(|part| {
            let alone = |word: &str| matches!(word, "user" | "group" | "member" | "owner" | "assignment" | "decision" | "approval" | "audit");
            let fits = |(word, _): &&(&str, &str)| {
                if alone(word) {
                    part == format!("{word}s") || part == *word
                } else {
                    part.contains(word)
                }
            };
            SUBJECTS.iter().find(fits)
        })
    };
    by_name.or_else(by_folder).map_or("unknown", |(_, subject)| *subject)
}

/// Whether a name says that a file holds a log, whatever it looks like; what people write about logs is called so, too.
pub(super) fn names_a_log(name: &str) -> bool {
    let lowered = name.to_lowercase();
    let bare: String = lowered.chars().filter(char::is_ascii_alphanumeric).collect();
    !is_prose(name) && ["directoryaudit", "auditlog", "signin"].iter().any(|word| bare.contains(word))
}

/// Whether a name is that of a text for people.
pub(super) fn is_prose(name: &str) -> bool {
    let lowered = name.to_lowercase();
    [".md", ".rst", ".adoc", ".htm", ".html", ".tex"].iter().any(|end| lowered.ends_with(end)) || lowered.contains("readme")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::table::Table;

    #[test]
    fn a_file_tells_by_its_own_name_before_its_folders_do() {
        for (path, subject) in [
            ("looks/2026-06-30/conditionalAccess-namedLocations.json", "named_locations"),
            ("group-reviews/accessPackageAssignmentRequests.json", "requests"),
            ("exports/signIns/2026-01.ndjson.gz", "sign_ins"),
            ("insights-logs-auditlogs/y=2026/m=01/PT1H.json", "audit"),
            ("accessPackages-resourceRoleScopes.json", "resource_roles"),
            ("groups/4107b522/owners.json", "memberships"),
            ("C:\\users\\ana\\1.json", "users"),
            ("1.json", "unknown"),
        ] {
            assert_eq!(subject_of(path), subject, "{path}");
        }
        let known = |s: &str| s == "audit" || Table::from_name(s).is_some();
        assert!(SUBJECTS.iter().all(|(_, subject)| known(subject)), "each is a log or a table");
    }
}
