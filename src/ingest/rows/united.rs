//! Which table of Log Analytics a row is of: a query may unite several, and a table that we do not know may look like one that we do.

use super::{Format, Row, audit_log_analytics, blank, plain, sign_ins_log_analytics};
use crate::ingest::signin::stream_of;
use serde_json::Value;

/// The format of a row whose heading fits a format of Log Analytics; other formats stay.
///
/// # Errors
/// When it is of a table that is not read, or nothing tells of which it is.
pub(in crate::ingest) fn format_of(format: &'static Format, row: &Row) -> Result<&'static Format, Untaken> {
    let ours = [&audit_log_analytics::FORMAT, &sign_ins_log_analytics::FORMAT];
    if !ours.iter().any(|known| known.name == format.name) {
        return Ok(format);
    }
    let [audit, sign_ins] = ours;
    let columns: Vec<String> = row.keys().map(|key| plain(key)).collect();
    let text = |name: &str| {
        let (_, value) = columns.iter().zip(row.values()).find(|(column, value)| *column == name && !blank(value))?;
        value.as_str().map(str::trim)
    };
    let of_table = |name: &str| match sign_ins_log_analytics::stream_of_table(name) {
        Some(_) => Some(sign_ins),
        None => name.eq_ignore_ascii_case("AuditLogs").then_some(audit),
    };
    // The table that a row names goes before its category, which may be that of another one.
    if let Some(named) = text("type") {
        return of_table(named).ok_or_else(|| Untaken::Table(named.to_string()));
    }
    let category = text("category").unwrap_or_default();
    if stream_of(category).is_some() {
        return Ok(sign_ins);
    }
    // The column that `union withsource=` makes has any name.
    if let Some(known) = row.values().filter_map(Value::as_str).find_map(|cell| of_table(cell.trim())) {
        return Ok(known);
    }
    if category.to_ascii_lowercase().ends_with("signinlogs") {
        return Err(Untaken::Table(category.to_string()));
    }
    let any = |names: &[&str]| {
        names
            .iter()
            .any(|name| columns.iter().zip(row.values()).any(|(column, v)| column == name && !blank(v)))
    };
    let signs_in = text("operationname").is_some_and(|name| name.eq_ignore_ascii_case("Sign-in activity"));
    let acts = any(&["initiatedby", "targetresources", "activitydisplayname", "aadoperationtype", "loggedbyservice"]);
    let uses = any(&["appid", "conditionalaccessstatus", "clientappused", "resourcedisplayname"]);
    match (signs_in || uses, acts && !signs_in) {
        (true, false) => Ok(sign_ins),
        (false, true) => Ok(audit),
        (false, false) => Ok(format),
        (true, true) => Err(Untaken::Untold),
    }
}

/// Why the format of a row is none that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ingest) enum Untaken {
    /// It is of this table.
    Table(String),
    /// Nothing tells of which table it is.
    Untold,
}

impl Untaken {
    /// What is said of it.
    pub fn reason(&self) -> String {
        match self {
            Self::Table(name) => format!(
                "a row of the table {name}, which is not read; export AuditLogs, SigninLogs, AADNonInteractiveUserSignInLogs, AADServicePrincipalSignInLogs or AADManagedIdentitySignInLogs"
            ),
            Self::Untold => "a row of several tables in one, and nothing tells of which; keep the column Type in the query".into(),
        }
    }
}
