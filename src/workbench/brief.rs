//! What a responder hands on about suspects in a window: each section is one statement, kept with its answer for custody.

use crate::engine::sql::{SqlError, filled, text_literal, time_literal};
use crate::model::rows::{Cell, Rows};
use crate::model::{PrincipalId, Window};

/// One question with its answer.
#[derive(Debug, Clone)]
pub struct Section {
    /// What it shows.
    pub title: &'static str,
    /// What an empty answer means.
    pub nothing: &'static str,
    /// The statement, filled in.
    pub sql: String,
    /// Its answer.
    pub rows: Rows,
}

/// What is known of one suspect.
#[derive(Debug, Clone)]
pub struct Suspect {
    /// Object id.
    pub id: PrincipalId,
    /// Name.
    pub name: String,
    /// Sections, in order.
    pub sections: Vec<Section>,
    /// What cannot be known, a line each.
    pub unknown: Vec<String>,
}

/// Title, what an empty answer means, statement.
const SECTIONS: &[(&str, &str, &str)] = &[
    (
        "Held",
        "nothing that witnesses prove or allow",
        "SELECT entitlement_name, entitlement_kind AS kind, path, held_from, from_certainty AS begun, held_until, until_certainty AS ended FROM holders \
         WHERE principal_id = :who AND assignment_state = 'active' AND (outer_from IS NULL OR outer_from < :until) AND (outer_until IS NULL OR outer_until > :from) \
         ORDER BY entitlement_kind, entitlement_name, path, held_from",
    ),
    (
        "Could activate",
        "no eligible role or group",
        "SELECT entitlement_name, entitlement_kind AS kind, path, held_from, held_until FROM holders \
         WHERE principal_id = :who AND assignment_state = 'eligible' AND (outer_from IS NULL OR outer_from < :until) AND (outer_until IS NULL OR outer_until > :from) \
         ORDER BY entitlement_kind, entitlement_name, path, held_from",
    ),
    (
        "Could approve",
        "no policy that was seen names the suspect, or a group of the suspect's, as approver",
        "SELECT DISTINCT p.policy_name, p.package_name, p.seen_from, p.seen_until FROM policies AS p \
         WHERE STRPOS(p.approvers, :who) > 0 OR STRPOS(p.fallback_approvers, :who) > 0 \
         UNION SELECT DISTINCT p.policy_name, p.package_name, p.seen_from, p.seen_until FROM policies AS p CROSS JOIN holders AS h \
         WHERE h.principal_id = :who AND h.entitlement_kind = 'group' AND (STRPOS(p.approvers, h.target_id) > 0 OR STRPOS(p.fallback_approvers, h.target_id) > 0) \
         ORDER BY policy_name, package_name, seen_from",
    ),
    (
        "Decided on requests",
        "no decision",
        "SELECT decided_at, decision, package_name, recipient_name, reason FROM approvals \
         WHERE approver_id = :who AND decided_at >= :from AND decided_at < :until ORDER BY decided_at, request_id",
    ),
    (
        "Granted and took away",
        "no act",
        "SELECT occurred_at, action, outcome, principal_name, entitlement_name FROM facts \
         WHERE actor_id = :who AND action IN ('granted', 'assigned-directly', 'removed', 'removal-requested', 'extended') \
         AND occurred_at >= :from AND occurred_at < :until ORDER BY occurred_at, record",
    ),
    (
        "Changed policies, and restored them",
        "no change",
        "SELECT occurred_at, act, policy_name, package_name, approval_before AS approval_was, approval_after AS approval_is, properties FROM policy_changes \
         WHERE actor_id = :who AND occurred_at >= :from AND occurred_at < :until ORDER BY occurred_at, record",
    ),
    (
        "Asked for",
        "no request",
        "SELECT created_at, request_type AS type, state, package_name, recipient_name, justification FROM requests \
         WHERE (requestor_id = :who OR recipient_id = :who) AND created_at >= :from AND created_at < :until ORDER BY created_at, request_id",
    ),
    (
        "Did, by the audit log",
        "no record",
        "SELECT activity, COUNT(*) AS times, MIN(occurred_at) AS first_at, MAX(occurred_at) AS last_at FROM events \
         WHERE actor_id = :who AND occurred_at >= :from AND occurred_at < :until GROUP BY activity ORDER BY first_at, activity",
    ),
    (
        "From these addresses",
        "no address is recorded",
        "SELECT actor_ip AS address, COUNT(*) AS records, MIN(occurred_at) AS first_at, MAX(occurred_at) AS last_at FROM events \
         WHERE actor_id = :who AND actor_ip IS NOT NULL AND occurred_at >= :from AND occurred_at < :until GROUP BY actor_ip ORDER BY first_at, address",
    ),
    (
        "Signed in to",
        "no sign-in is recorded",
        "SELECT resource_app_id AS application, SUM(successes) AS successes, SUM(failures) AS failures, MAX(last_success) AS last_success FROM usage \
         WHERE principal_id = :who AND day >= :from AND day < :until GROUP BY resource_app_id ORDER BY resource_app_id",
    ),
];

/// The sections about one suspect.
///
/// # Errors
/// What `run` gives.
pub fn sections<E: From<SqlError>>(run: &mut dyn FnMut(&str) -> Result<Rows, E>, who: &PrincipalId, window: Window) -> Result<Vec<Section>, E> {
    let mut value = |name: &str| match name {
        "who" => Ok(text_literal(who.as_str())),
        "from" => Ok(time_literal(window.from)),
        "until" => Ok(time_literal(window.until)),
        other => Err(SqlError::Parameter(other.to_string())),
    };
    let mut sections = Vec::new();
    for (title, nothing, sql) in SECTIONS {
        let sql = filled(sql, &mut value)?;
        let rows = run(&sql)?;
        sections.push(Section { title, nothing, sql, rows });
    }
    Ok(sections)
}

/// A cell for a page: instants to the second.
#[must_use]
pub fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Time(at) => at.to_string().chars().take(19).collect::<String>().replace('T', " "),
        other => other.shown(),
    }
}
