//! One stream of what happened: records of the log as they are, and what requests, snapshots and schedules tell beside them.
//!
//! An entry is `observed` where a record tells its very instant, `inferred` where witnesses only bound it. Nothing is told
//! twice: what a record of the log tells is not told again by a request or a holding.

use crate::engine::sql::{text_literal, time_literal};
use crate::model::rows::{Cell, Rows};
use crate::model::time::MINUTE;
use crate::model::{Instant, Window};
use std::collections::{BTreeMap, BTreeSet};

/// What a timeline is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A user, group or service principal, by id.
    Principal(String),
    /// What can be held, by the id of its resource.
    Entitlement(String),
    /// What somebody decided, and what followed.
    Approver(String),
    /// An assignment policy.
    Policy(String),
    /// Changes of policies, packages and catalogs.
    Changes,
    /// Everything in a window.
    Everything,
}

/// One entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// When: the instant, or the latest that witnesses allow.
    pub at: Instant,
    /// The earliest that witnesses allow; the same instant where it is observed.
    pub earliest: Option<Instant>,
    /// Whether a record tells the very instant.
    pub observed: bool,
    /// What happened, in a word.
    pub action: String,
    /// What happened, in a sentence.
    pub message: String,
    /// `success`, `failure` …
    pub outcome: String,
    /// Who did it.
    pub actor_id: String,
    /// Name of who did it.
    pub actor_name: String,
    /// Their address.
    pub actor_ip: String,
    /// Whose access.
    pub principal: String,
    /// To what.
    pub entitlement: String,
    /// Request.
    pub request_id: String,
    /// What changed, as the record has it.
    pub changes: String,
    /// Ties records together.
    pub correlation_id: String,
    /// The record: `table:id`.
    pub record: String,
    /// SHA-256 of the file that it came from, where one row of one file tells it.
    pub source: String,
    /// Path of that file.
    pub file: String,
    /// Ordinal of the record in the file.
    pub source_row: Option<i64>,
}

/// Runs SQL over the views.
pub type Run<'a, E> = &'a mut dyn FnMut(&str) -> Result<Rows, E>;

/// A row by the names of its columns.
struct Row<'a> {
    rows: &'a Rows,
    row: &'a [Cell],
}

impl Row<'_> {
    fn cell(&self, name: &str) -> &Cell {
        let place = self.rows.columns.iter().position(|(n, _)| n == name);
        place.and_then(|p| self.row.get(p)).unwrap_or(&Cell::Empty)
    }

    fn text(&self, name: &str) -> String {
        self.cell(name).shown()
    }

    fn time(&self, name: &str) -> Option<Instant> {
        match self.cell(name) {
            Cell::Time(at) => Some(*at),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<i64> {
        match self.cell(name) {
            Cell::Whole(n) => Some(*n),
            _ => None,
        }
    }
}

fn each<E>(run: Run<E>, sql: &str, take: &mut dyn FnMut(&Row)) -> Result<(), E> {
    let rows = run(sql)?;
    rows.rows.iter().for_each(|row| take(&Row { rows: &rows, row }));
    Ok(())
}

/// A condition that one of some columns has one of some values.
fn one_of(columns: &[&str], values: &BTreeSet<String>) -> String {
    let list = values.iter().map(|v| text_literal(v)).collect::<Vec<_>>().join(", ");
    let all: Vec<String> = columns.iter().map(|c| format!("{c} IN ({list})")).collect();
    format!("({})", all.join(" OR "))
}

/// What records of the log have told already.
#[derive(Default)]
struct Told {
    records: BTreeMap<String, Instant>,
    /// Instants of acts on an object, by its id.
    acts: BTreeMap<(String, String), Vec<Instant>>,
}

impl Told {
    fn has(&self, object: &str, actions: &[&str], at: Instant) -> bool {
        let near = |t: &Instant| (t.0 - at.0).abs() <= MINUTE;
        actions
            .iter()
            .any(|a| self.acts.get(&(object.to_string(), (*a).to_string())).is_some_and(|all| all.iter().any(near)))
    }

    /// Whether one of these records is told, and lies at that instant.
    fn has_record(&self, evidence: &str, at: Instant) -> bool {
        let near = |t: &Instant| (t.0 - at.0).abs() <= MINUTE;
        evidence.split(';').any(|e| self.records.get(e).is_some_and(near))
    }
}

/// The entries about something within a window, in order.
///
/// # Errors
/// What `run` gives.
pub fn entries<E>(run: Run<E>, about: &About, window: Option<Window>) -> Result<Vec<Entry>, E> {
    let mut entries = Vec::new();
    let mut told = Told::default();
    let (ids, requests) = objects(run, about)?;
    records(run, about, &ids, &requests, window, &mut entries, &mut told)?;
    if *about != About::Changes {
        of_requests(run, about, &requests, &mut entries, &told)?;
        decisions(run, about, &requests, &mut entries, &told)?;
    }
    if !matches!(about, About::Policy(_) | About::Changes) {
        holdings(run, about, &requests, &mut entries, &told)?;
        reviews(run, about, &mut entries)?;
        usage(run, about, window, &mut entries)?;
    }
    policies(run, about, &ids, &mut entries)?;
    contents(run, about, &mut entries)?;
    if let Some(w) = window {
        let meets = |e: &Entry| e.at >= w.from && e.earliest.unwrap_or(e.at).min(e.at) < w.until && (e.at < w.until || !e.observed);
        entries.retain(meets);
    }
    sources(run, &mut entries)?;
    let key = |e: &Entry| (e.at, !e.observed, e.record.clone(), e.action.clone(), e.message.clone());
    entries.sort_by_key(key);
    entries.dedup();
    Ok(entries)
}

/// Objects whose records belong to it, and its requests.
fn objects<E>(run: Run<E>, about: &About) -> Result<(BTreeSet<String>, BTreeSet<String>), E> {
    let (mut ids, mut requests) = (BTreeSet::new(), BTreeSet::new());
    let of = |column: &str, id: &str| format!("SELECT request_id FROM requests WHERE {column} = {}", text_literal(id));
    let statements = match about {
        About::Principal(id) => {
            ids.insert(id.clone());
            vec![of("recipient_id", id), of("requestor_id", id)]
        }
        About::Entitlement(id) => {
            ids.insert(id.clone());
            let policies = format!("SELECT DISTINCT policy_id FROM policies WHERE package_id = {}", text_literal(id));
            each(run, &policies, &mut |r| {
                ids.insert(r.text("policy_id"));
            })?;
            vec![of("package_id", id)]
        }
        About::Policy(id) => {
            ids.insert(id.clone());
            vec![of("policy_id", id)]
        }
        About::Approver(id) => vec![format!("SELECT request_id FROM approvals WHERE approver_id = {}", text_literal(id))],
        About::Everything | About::Changes => Vec::new(),
    };
    for sql in statements {
        each(run, &sql, &mut |r| {
            requests.insert(r.text("request_id"));
        })?;
    }
    Ok((ids, requests))
}

/// Objects of one question at a time: a statement stays short.
const MANY: usize = 500;

fn records<E>(
    run: Run<E>,
    about: &About,
    ids: &BTreeSet<String>,
    requests: &BTreeSet<String>,
    window: Option<Window>,
    entries: &mut Vec<Entry>,
    told: &mut Told,
) -> Result<(), E> {
    let during = window.map_or(String::new(), |w| {
        let mut text = format!(" AND occurred_at < {}", time_literal(w.until));
        if w.from.0 != i64::MIN {
            text.push_str(&format!(" AND occurred_at >= {}", time_literal(w.from)));
        }
        text
    });
    let statements: Vec<String> = if *about == About::Everything {
        vec![format!("SELECT * FROM mentions WHERE occurred_at IS NOT NULL{during}")]
    } else if *about == About::Changes {
        vec![format!("SELECT * FROM mentions WHERE action = 'configured'{during}")]
    } else {
        // An approver's own acts count only where they are decisions on these requests, which name them.
        let all: Vec<&String> = ids.iter().chain(requests).collect();
        all.chunks(MANY)
            .map(|few| {
                let few = few.iter().map(|s| (*s).clone()).collect();
                format!("SELECT * FROM mentions WHERE {}{during}", one_of(&["object_id"], &few))
            })
            .collect()
    };
    for sql in statements {
        each(run, &sql, &mut |r| {
            let (action, at) = (r.text("action"), r.time("occurred_at").unwrap_or_default());
            told.acts.entry((r.text("object_id"), action)).or_default().push(at);
            if told.records.insert(r.text("record"), at).is_none() {
                entries.push(record(r, at));
            }
        })?;
    }
    Ok(())
}

fn record(r: &Row, at: Instant) -> Entry {
    let action = match r.text("action") {
        action if action.is_empty() => "recorded".to_string(),
        action => action,
    };
    let result = match r.text("result").to_ascii_lowercase() {
        result if result.is_empty() || result == "success" => String::new(),
        result => format!(" ({result})"),
    };
    let by = match r.text("actor_name") {
        name if name.is_empty() => r.text("actor_id"),
        name => name,
    };
    let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
    let targets = r.text("targets");
    let on = if targets.is_empty() { String::new() } else { format!(": {targets}") };
    Entry {
        at,
        earliest: Some(at),
        observed: true,
        action,
        message: format!("{}{by}{on}{result}", r.text("activity").trim()),
        outcome: r.text("result"),
        actor_id: r.text("actor_id"),
        actor_name: r.text("actor_name"),
        actor_ip: r.text("actor_ip"),
        changes: r.text("changes"),
        correlation_id: r.text("correlation_id"),
        record: r.text("record"),
        source: r.text("source"),
        source_row: r.number("source_row"),
        ..Entry::default()
    }
}

fn among(about: &About, requests: &BTreeSet<String>) -> Vec<String> {
    if *about == About::Everything {
        return vec![String::new()];
    }
    let all: Vec<&String> = requests.iter().collect();
    all.chunks(MANY)
        .map(|few| format!(" WHERE {}", one_of(&["request_id"], &few.iter().map(|s| (*s).clone()).collect())))
        .collect()
}

fn of_requests<E>(run: Run<E>, about: &About, requests: &BTreeSet<String>, entries: &mut Vec<Entry>, told: &Told) -> Result<(), E> {
    for clause in among(about, requests) {
        each(run, &format!("SELECT * FROM requests{clause}"), &mut |r| {
            let (id, kind, state) = (r.text("request_id"), r.text("request_type"), r.text("state"));
            let base = Entry {
                observed: true,
                principal: r.text("recipient_name"),
                entitlement: r.text("package_name"),
                request_id: id.clone(),
                record: format!("requests:{id}"),
                ..Entry::default()
            };
            let removal = kind.to_ascii_lowercase().contains("remove");
            let asked = if removal { "removal-requested" } else { "requested" };
            if let Some(at) = r.time("created_at").filter(|at| !told.has(&id, &[asked, "assigned-directly", "extended"], *at)) {
                let why = match r.text("justification") {
                    text if text.is_empty() => String::new(),
                    text => format!(": {text}"),
                };
                let by = if r.text("administrator_id").is_empty() {
                    "requestor"
                } else {
                    "administrator"
                };
                entries.push(Entry {
                    at,
                    earliest: Some(at),
                    action: asked.into(),
                    message: format!(
                        "{kind} of {} for {} by {}{why}",
                        r.text("package_name"),
                        r.text("recipient_name"),
                        r.text(&format!("{by}_name"))
                    ),
                    actor_id: r.text(&format!("{by}_id")),
                    actor_name: r.text(&format!("{by}_name")),
                    ..base.clone()
                });
            }
            let done: &[&str] = &[
                "granted",
                "partially-granted",
                "removed",
                "expired",
                "failed",
                "cancelled",
                "denied",
                "extended",
            ];
            if let Some(at) = r.time("completed_at").filter(|at| !told.has(&id, done, *at)) {
                entries.push(Entry {
                    at,
                    earliest: Some(at),
                    action: "completed".into(),
                    message: format!("request for {} for {} ended as {state}", r.text("package_name"), r.text("recipient_name")),
                    outcome: state,
                    ..base
                });
            }
        })?;
    }
    Ok(())
}

fn decisions<E>(run: Run<E>, about: &About, requests: &BTreeSet<String>, entries: &mut Vec<Entry>, told: &Told) -> Result<(), E> {
    for clause in among(about, requests) {
        each(run, &format!("SELECT * FROM approvals{clause}"), &mut |r| {
            let (id, decision) = (r.text("request_id"), r.text("decision"));
            let Some(at) = r.time("decided_at").filter(|at| !told.has(&id, &[&decision], *at)) else {
                return;
            };
            let why = match r.text("reason") {
                text if text.is_empty() => String::new(),
                text => format!(": {text}"),
            };
            let by = match r.text("approver_name") {
                name if name.is_empty() => r.text("approver_id"),
                name => name,
            };
            let stage = r.number("stage").map_or(String::new(), |n| format!(" (stage {n})"));
            entries.push(Entry {
                at,
                earliest: Some(at),
                observed: true,
                action: decision.clone(),
                message: format!("{decision} by {by}{stage}: {} for {}{why}", r.text("package_name"), r.text("recipient_name")),
                actor_id: r.text("approver_id"),
                actor_name: r.text("approver_name"),
                principal: r.text("recipient_name"),
                entitlement: r.text("package_name"),
                request_id: id.clone(),
                record: format!("approvals:{id}"),
                ..Entry::default()
            });
        })?;
    }
    Ok(())
}

fn holdings<E>(run: Run<E>, about: &About, requests: &BTreeSet<String>, entries: &mut Vec<Entry>, told: &Told) -> Result<(), E> {
    let clauses = match about {
        About::Principal(id) => vec![format!(" WHERE principal_id = {}", text_literal(id))],
        About::Entitlement(id) => vec![format!(" WHERE target_id = {}", text_literal(id))],
        _ => among(about, requests),
    };
    for clause in clauses {
        each(run, &format!("SELECT * FROM holdings{clause}"), &mut |r| {
            entries.extend(begin(r, told));
            entries.extend(finish(r, told));
        })?;
    }
    Ok(())
}

fn of_holding(r: &Row) -> Entry {
    let evidence = r.text("evidence");
    let first = evidence.split(';').find(|e| !e.starts_with("audit_events:")).or(evidence.split(';').next());
    Entry {
        principal: r.text("principal_name"),
        entitlement: r.text("entitlement_name"),
        request_id: r.text("request_id"),
        record: first.unwrap_or_default().to_string(),
        ..Entry::default()
    }
}

/// What the holder does with it: holds it, owns the group, may activate it, or may activate its ownership.
fn verb(r: &Row, [holds, owns, may_hold, may_own]: [&'static str; 4]) -> &'static str {
    let is_owner = r.text("entitlement_kind") == "group" && r.text("role") == "Owner";
    match (is_owner, r.text("assignment_state") == "eligible") {
        (false, false) => holds,
        (true, false) => owns,
        (false, true) => may_hold,
        (true, true) => may_own,
    }
}

/// The beginning of a holding, where no record of the log told it.
fn begin(r: &Row, told: &Told) -> Option<Entry> {
    let what = format!(
        "{} {} {} {}",
        r.text("entitlement_kind").replace('_', " "),
        r.text("principal_name"),
        verb(r, ["holds", "owns", "is eligible for", "is eligible to own"]),
        r.text("entitlement_name")
    );
    let entry = of_holding(r);
    let earliest = r.time("from_earliest");
    match r.text("from_certainty").as_str() {
        "exact" => {
            let at = r.time("held_from")?;
            let told = told.has_record(&r.text("evidence"), at) || told.has(&r.text("request_id"), &["granted", "partially-granted"], at);
            (!told).then(|| Entry {
                at,
                earliest: Some(at),
                observed: true,
                action: "granted".into(),
                message: format!("{what} from this instant on, by its own record"),
                ..entry
            })
        }
        _ => {
            let at = r.time("from_latest").or(r.time("held_from"))?;
            let after = earliest.map_or("at an unknown time".to_string(), |e| format!("after {e}"));
            Some(Entry {
                at,
                earliest,
                action: "seen".into(),
                message: format!("{what}: begun {after}, and not after {at}"),
                ..entry
            })
        }
    }
}

/// The end of a holding, where no record of the log told it; the last proof where nothing tells of one.
fn finish(r: &Row, told: &Told) -> Option<Entry> {
    let what = format!(
        "{} {} {} {}",
        r.text("entitlement_kind").replace('_', " "),
        r.text("principal_name"),
        verb(r, ["held", "owned", "was eligible for", "was eligible to own"]),
        r.text("entitlement_name")
    );
    let entry = of_holding(r);
    let (earliest, latest) = (r.time("until_earliest"), r.time("until_latest"));
    match r.text("until_certainty").as_str() {
        "exact" => {
            let at = r.time("held_until")?;
            let deleted = ["hard-deleted", "account-deleted", "resource-deleted"];
            let gone = told.has(&r.text("principal_id"), &deleted, at) || told.has(&r.text("target_id"), &deleted, at);
            let told = gone || told.has_record(&r.text("evidence"), at) || told.has(&r.text("request_id"), &["removed", "expired"], at);
            (!told).then(|| Entry {
                at,
                earliest: Some(at),
                observed: true,
                action: "removed".into(),
                message: format!("{what} until this instant: {}", r.text("end_reason")),
                ..entry
            })
        }
        "bounded" => {
            let at = latest.or(r.time("held_until"))?;
            let after = earliest.map_or("at an unknown time".to_string(), |e| format!("after {e}"));
            Some(Entry {
                at,
                earliest,
                action: "gone".into(),
                message: format!("{what}: ended {after}, and not after {at}: {}", r.text("end_reason")),
                ..entry
            })
        }
        "scheduled" => {
            let at = r.time("held_until")?;
            Some(Entry {
                at,
                earliest,
                action: "due-to-end".into(),
                message: format!("{what}, set to end now; nothing confirms or denies it"),
                ..entry
            })
        }
        "unknown" => {
            let at = earliest?;
            Some(Entry {
                at,
                earliest: Some(at),
                action: "last-proof".into(),
                message: format!("{what}: last proved here, and nothing tells what came after"),
                ..entry
            })
        }
        _ => None,
    }
}

fn reviews<E>(run: Run<E>, about: &About, entries: &mut Vec<Entry>) -> Result<(), E> {
    let clause = match about {
        About::Principal(id) => format!(" WHERE principal_id = {0} OR reviewer_id = {0}", text_literal(id)),
        About::Entitlement(id) => format!(" WHERE resource_id = {}", text_literal(id)),
        About::Approver(id) => format!(" WHERE reviewer_id = {}", text_literal(id)),
        _ => String::new(),
    };
    each(run, &format!("SELECT * FROM decisions{clause}"), &mut |r| {
        let base = Entry {
            observed: true,
            actor_id: r.text("reviewer_id"),
            actor_name: r.text("reviewer_name"),
            principal: r.text("principal_name"),
            entitlement: r.text("resource_id"),
            record: format!("review_decisions:{}", r.text("decision_id")),
            ..Entry::default()
        };
        if let Some(at) = r.time("reviewed_at") {
            entries.push(Entry {
                at,
                earliest: Some(at),
                action: "reviewed".into(),
                message: format!("review of {}: {} by {}", r.text("principal_name"), r.text("decision"), r.text("reviewer_name")),
                outcome: r.text("decision"),
                ..base.clone()
            });
        }
        if let Some(at) = r.time("applied_at") {
            entries.push(Entry {
                at,
                earliest: Some(at),
                action: "review-applied".into(),
                message: format!(
                    "review of {}: {} was applied: {}",
                    r.text("principal_name"),
                    r.text("decision"),
                    r.text("apply_result")
                ),
                outcome: r.text("apply_result"),
                ..base
            });
        }
    })
}

fn usage<E>(run: Run<E>, about: &About, window: Option<Window>, entries: &mut Vec<Entry>) -> Result<(), E> {
    let clause = match about {
        About::Principal(id) => format!("principal_id = {}", text_literal(id)),
        About::Entitlement(id) => format!("resource_sp_id = {}", text_literal(id)),
        About::Everything if window.is_some() => "last_success IS NOT NULL".to_string(),
        _ => return Ok(()),
    };
    let during = window
        .filter(|w| w.from.0 != i64::MIN)
        .map_or(String::new(), |w| format!(" AND last_success >= {}", time_literal(w.from)));
    each(run, &format!("SELECT * FROM usage WHERE {clause}{during}"), &mut |r| {
        let Some(at) = r.time("last_success") else { return };
        let to = [r.text("resource_app_id"), r.text("resource_sp_id")]
            .into_iter()
            .find(|t| !t.is_empty())
            .unwrap_or_default();
        entries.push(Entry {
            at,
            earliest: Some(at),
            observed: true,
            action: "used".into(),
            message: format!(
                "{} signed in to {to}: {} successes and {} failures on that day, the last success here",
                r.text("principal_name"),
                r.text("successes"),
                r.text("failures")
            ),
            actor_id: r.text("principal_id"),
            actor_name: r.text("principal_name"),
            principal: r.text("principal_name"),
            entitlement: to,
            ..Entry::default()
        });
    })
}

/// What a policy was and is, column by column.
const OF_POLICY: [&str; 12] = [
    "policy_name",
    "approval_required",
    "approval_required_for_extension",
    "stage_count",
    "approvers",
    "fallback_approvers",
    "expiration_type",
    "expiration_duration",
    "target_scope",
    "review_enabled",
    "review_recurrence",
    "reviewers",
];

fn policies<E>(run: Run<E>, about: &About, ids: &BTreeSet<String>, entries: &mut Vec<Entry>) -> Result<(), E> {
    let clause = match about {
        About::Everything | About::Changes => String::new(),
        About::Policy(_) | About::Entitlement(_) => format!(" WHERE {}", one_of(&["policy_id"], ids)),
        _ => return Ok(()),
    };
    let mut before: BTreeMap<String, Vec<String>> = BTreeMap::new();
    each(run, &format!("SELECT * FROM policies{clause} ORDER BY policy_id, version"), &mut |r| {
        let now: Vec<String> = OF_POLICY.iter().map(|c| r.text(c)).collect();
        let old = before.insert(r.text("policy_id"), now.clone());
        let Some(old) = old else { return };
        let differences: Vec<String> = OF_POLICY
            .iter()
            .zip(old.iter().zip(&now))
            .filter(|(_, (a, b))| a != b)
            .map(|(c, (a, b))| format!("{c}: {a} -> {b}"))
            .collect();
        let exact = r.time("modified_at");
        let at = exact.or(r.time("seen_from")).unwrap_or_default();
        let when = match (exact, r.time("changed_after")) {
            (Some(_), _) => "by the record's own time".to_string(),
            (None, Some(after)) => format!("after {after}, and not after {at}"),
            (None, None) => String::new(),
        };
        entries.push(Entry {
            at,
            earliest: exact.or(r.time("changed_after")),
            observed: exact.is_some(),
            action: "policy-changed".into(),
            message: format!(
                "policy {} of {} is another, {when}: {}",
                r.text("policy_name"),
                r.text("package_name"),
                differences.join("; ")
            ),
            entitlement: r.text("package_name"),
            changes: differences.join("; "),
            record: r.text("record"),
            ..Entry::default()
        });
    })
}

fn contents<E>(run: Run<E>, about: &About, entries: &mut Vec<Entry>) -> Result<(), E> {
    let clause = match about {
        About::Everything | About::Changes => String::new(),
        About::Entitlement(id) => format!(" WHERE package_id = {0} OR target_id = {0}", text_literal(id)),
        // What enters a package is given to everyone assigned.
        About::Principal(id) => format!(
            " AS c INNER JOIN holdings AS h ON h.target_id = c.package_id WHERE h.principal_id = {} AND h.entitlement_kind = 'access_package' \
             AND c.from_latest > h.from_latest AND (h.outer_until IS NULL OR c.from_latest < h.outer_until)",
            text_literal(id)
        ),
        _ => return Ok(()),
    };
    let columns = if clause.starts_with(" AS c") { "c.*" } else { "*" };
    each(run, &format!("SELECT {columns} FROM contents{clause}"), &mut |r| {
        let what = format!("{} of package {}", r.text("entitlement_name"), r.text("package_name"));
        let base = Entry {
            entitlement: r.text("package_name"),
            record: r.text("evidence").split(';').next().unwrap_or_default().to_string(),
            ..Entry::default()
        };
        let exact = |certainty: &str| r.text(certainty) == "exact";
        if let Some(at) = r.time("from_latest").or(r.time("held_from")) {
            entries.push(Entry {
                at,
                earliest: r.time("from_earliest"),
                observed: exact("from_certainty"),
                action: "package-content-added".into(),
                message: format!("{what}: there since then at the latest"),
                ..base.clone()
            });
        }
        if let Some(at) = r.time("until_latest").or(r.time("held_until")) {
            entries.push(Entry {
                at,
                earliest: r.time("until_earliest"),
                observed: exact("until_certainty"),
                action: "package-content-removed".into(),
                message: format!("{what}: gone at the latest then"),
                ..base
            });
        }
    })
}

/// Paths of the files that records came from.
fn sources<E>(run: Run<E>, entries: &mut [Entry]) -> Result<(), E> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    each(run, "SELECT source, file FROM sources ORDER BY source, file", &mut |r| {
        files.entry(r.text("source")).or_insert_with(|| r.text("file"));
    })?;
    for entry in entries {
        entry.file = files.get(&entry.source).cloned().unwrap_or_default();
    }
    Ok(())
}
