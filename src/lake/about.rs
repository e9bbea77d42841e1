//! Everything that the lake holds about a person: rows of every table that name them, as they are stored.

use crate::lake::objects::*;
use crate::lake::records::{AuditEvent, Coverage, Pull, Reject, Sighting, SignIn, Snapshot, Source};
use crate::lake::table::{Row, Table};
use crate::lake::view::rows_of;
use crate::lake::{LakeError, View};
use crate::model::Instant;
use arrow::datatypes::{DataType, Fields};
use rayon::prelude::*;
use serde_json::Value;

/// Rows of one table that name somebody, a JSON object each, and how many rows were looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The rows, in the order of the table's files.
    pub rows: Vec<String>,
    /// Rows looked at.
    pub looked_at: u64,
}

/// Rows of a table in which one of these forms stands as a whole word, in any column and in any case; `forms` are ids, principal
/// names and mail addresses.
///
/// # Errors
/// When a file is missing or damaged.
pub fn about(view: &View, table: Table, forms: &[String]) -> Result<Named, LakeError> {
    let forms: Vec<String> = forms.iter().map(|f| f.to_lowercase()).filter(|f| f.len() > 2).collect();
    macro_rules! search {
        ($($row:ty),+ $(,)?) => {
            match table {
                $(<$row>::TABLE => named::<$row>(view, &forms),)+
            }
        };
    }
    search!(
        AuditEvent,
        SignIn,
        AssignmentRow,
        RequestRow,
        ApprovalRow,
        PolicyRow,
        PackageRow,
        CatalogRow,
        ResourceRoleRow,
        UserRow,
        GroupRow,
        MembershipRow,
        AppRoleAssignmentRow,
        DirectoryRoleRow,
        RoleDefinitionRow,
        RoleScheduleRow,
        ServicePrincipalRow,
        ConditionalAccessRow,
        NamedLocationRow,
        ReviewDefinitionRow,
        ReviewInstanceRow,
        ReviewDecisionRow,
        ConnectedOrganizationRow,
        IncompatibilityRow,
        Sighting,
        Snapshot,
        Coverage,
        Reject,
        Source,
        Pull,
    )
}

fn named<R: Row>(view: &View, forms: &[String]) -> Result<Named, LakeError> {
    let mut found = Named::default();
    let fields = Fields::from(R::fields());
    for path in view.paths(R::TABLE) {
        let row = |row: R| -> Result<Option<String>, LakeError> {
            let mut value = serde_json::to_value(&row).map_err(LakeError::format("encode a row of", &path))?;
            Ok(names(&value, forms).then(|| {
                readable(&mut value, &fields);
                value.to_string()
            }))
        };
        let rows = rows_of::<R>(&path, &[])?;
        found.looked_at += rows.len() as u64;
        let told: Vec<Option<String>> = rows.into_par_iter().map(row).collect::<Result<_, _>>()?;
        found.rows.extend(told.into_iter().flatten());
    }
    Ok(found)
}

/// Writes instants as people read them, also in nested rows.
fn readable(value: &mut Value, fields: &Fields) {
    for field in fields {
        let Some(cell) = value.get_mut(field.name()) else { continue };
        match field.data_type() {
            DataType::Timestamp(..) => {
                if let Some(micros) = cell.as_i64() {
                    *cell = Value::from(Instant(micros).to_string());
                }
            }
            DataType::List(item) => {
                if let (DataType::Struct(inner), Value::Array(rows)) = (item.data_type(), cell) {
                    rows.iter_mut().for_each(|row| readable(row, inner));
                }
            }
            _ => {}
        }
    }
}

/// Whether any text of a record names somebody, also inside of a record that is stored as text; forms are in lower case.
#[must_use]
pub fn names(value: &Value, forms: &[String]) -> bool {
    match value {
        Value::String(text) => {
            let inside = || text.starts_with(['{', '[']) && serde_json::from_str(text).is_ok_and(|inner: Value| names(&inner, forms));
            let lower = text.to_lowercase();
            forms.iter().any(|form| stands(&lower, form)) || inside()
        }
        Value::Array(list) => list.iter().any(|v| names(v, forms)),
        Value::Object(map) => map.values().any(|v| names(v, forms)),
        _ => false,
    }
}

/// Whether a form stands in a text with no letter, digit or sign of an address on either side.
fn stands(text: &str, form: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(form).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + form.len()..].chars();
        let goes_on = match after.next() {
            Some('.') => after.next().is_some_and(char::is_alphanumeric),
            other => other.is_some_and(part),
        };
        !before.is_some_and(|c| part(c) || c == '.') && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_stands_as_a_whole_word_only() {
        for (text, form, expected) in [
            ("\"upn\":\"ana@corp.example\"", "ana@corp.example", true),
            ("\"upn\":\"diana@corp.example\"", "ana@corp.example", false),
            ("\"upn\":\"l.ana@corp.example\"", "ana@corp.example", false),
            ("asked by ana@corp.example.", "ana@corp.example", true),
            ("users('0a1b')/x", "0a1b", true),
            ("0a1b-22", "0a1b", false),
            ("mail to ana@corp.co.uk", "ana@corp.co", false),
            ("mail to ana@corp.co. Bye", "ana@corp.co", true),
            ("", "ana", false),
        ] {
            assert_eq!(stands(text, form), expected, "{form} in {text}");
        }
    }

    #[test]
    fn a_form_is_found_however_its_text_is_written() {
        let forms = ["o'brien@corp.example".to_string()];
        let row = |text: &str| serde_json::json!({ "a": 1, "b": [{ "content": text }] });
        assert!(names(&row("Needed for:\nO'Brien@corp.example"), &forms));
        assert!(names(&row("{\"upn\":\"o\\u0027brien@corp.example\"}"), &forms), "inside of a stored record");
        assert!(!names(&row("{\"upn\":\"brien@corp.example\"}"), &forms));
    }
}
