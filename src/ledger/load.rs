//! Evidence from the lake: raw logs are condensed by SQL, objects are read whole.

use crate::engine::{EngineError, Local};
use crate::lake::records::AuditEvent;
use crate::lake::table::Table;
use crate::lake::{LakeError, View};
use crate::ledger::evidence::{Evidence, UsageDay};
use crate::ledger::{AuditFacts, activities};
use crate::model::{Instant, Interned, PrincipalId};
use polars::prelude::*;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Evidence that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The lake.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Columns of objects that the ledger never looks at, and that would be most of its memory: the typed ones say all it needs.
const UNREAD: &[&str] = &["tenant_id", "content"];

/// Columns of audit events that `access_events.sql` does not ask for.
const UNASKED: &[&str] = &[
    "tenant_id",
    "at_text",
    "activity",
    "category",
    "operation_type",
    "result_reason",
    "actor_ip",
    "user_agent",
    "extra",
    "source",
    "source_row",
];

impl Evidence {
    /// All evidence of one commit.
    ///
    /// # Errors
    /// When a file is damaged or a query fails.
    pub fn load(view: &View) -> Result<Self, LoadError> {
        let (names, actions) = activities::table();
        let engine = Local::new(view).with_texts("activities", &[("activity", names), ("action", actions)])?;
        // Logs and objects have nothing to do with one another: no core waits for another.
        let (audit, (usage, objects)) = rayon::join(|| audit(&engine), || rayon::join(|| usage(&engine), || objects(view)));
        let ((facts, unknown_activities), usage, objects) = (audit?, usage?, objects?);
        let untimed_records = untimed(&engine)?;
        Ok(Self {
            tenant: view.tenant().unwrap_or_default(),
            audit_facts: facts,
            unknown_activities,
            untimed_records,
            usage: usage.into(),
            ..objects
        })
    }
}

/// Facts and names of the audit log, and activities that no vocabulary knows with their counts.
fn audit(engine: &Local) -> Result<(AuditFacts, Vec<(String, i64)>), LoadError> {
    let mut facts = AuditFacts::default();
    engine.run_in_parts(
        "access_events",
        include_str!("../../queries/condense/access_events.sql"),
        Table::AuditEvents,
        |output| output.each::<AuditEvent>(UNASKED, |events| facts.take(&events)).map_err(LoadError::from),
    )?;
    let mut unknown: BTreeMap<String, i64> = BTreeMap::new();
    engine.run_in_parts(
        "unknown_activities",
        include_str!("../../queries/condense/unknown_activities.sql"),
        Table::AuditEvents,
        |output| {
            for (activity, events) in counts(&output.frame)? {
                *unknown.entry(activity).or_default() += events;
            }
            Ok::<(), LoadError>(())
        },
    )?;
    Ok((facts, unknown.into_iter().collect()))
}

/// How many audit records have no time that can be read.
fn untimed(engine: &Local) -> Result<usize, LoadError> {
    let mut records = 0;
    engine.run_in_parts(
        "untimed_records",
        include_str!("../../queries/condense/untimed_records.sql"),
        Table::AuditEvents,
        |output| {
            let counted = output.frame.column("records").and_then(|c| c.cast(&DataType::UInt64)).map_err(wrong)?;
            records += counted.u64().map_err(wrong)?.iter().flatten().sum::<u64>();
            Ok::<(), LoadError>(())
        },
    )?;
    Ok(usize::try_from(records).unwrap_or(usize::MAX))
}

fn usage(engine: &Local) -> Result<Vec<UsageDay>, LoadError> {
    let mut usage = Vec::new();
    engine.run_in_parts("usage", include_str!("../../queries/condense/usage.sql"), Table::SignIns, |output| {
        usage.extend(usage_days(&output.frame)?);
        Ok::<(), LoadError>(())
    })?;
    Ok(usage)
}

/// Objects and looks.
fn objects(view: &View) -> Result<Evidence, LoadError> {
    Ok(Evidence {
        assignments: view.rows_without(UNREAD)?,
        requests: view.rows_without(UNREAD)?,
        approvals: view.rows_without(UNREAD)?,
        policies: view.rows_without(&["tenant_id"])?,
        packages: view.rows_without(&["tenant_id"])?,
        catalogs: view.rows_without(UNREAD)?,
        resource_roles: view.rows_without(UNREAD)?,
        users: view.rows_without(&["tenant_id"])?,
        groups: view.rows_without(UNREAD)?,
        memberships: view.rows_without(UNREAD)?,
        app_role_assignments: view.rows_without(UNREAD)?,
        directory_roles: view.rows_without(UNREAD)?,
        role_definitions: view.rows_without(UNREAD)?,
        role_schedules: view.rows_without(UNREAD)?,
        service_principals: view.rows_without(&["tenant_id"])?,
        conditional_access: view.rows_without(UNREAD)?,
        review_decisions: view.rows_without(UNREAD)?,
        review_definitions: view.rows_without(UNREAD)?,
        sightings: view.sightings()?,
        snapshots: view.rows()?,
        coverage: view.rows()?,
        ..Evidence::default()
    })
}

fn wrong<E: std::fmt::Display>(e: E) -> LoadError {
    LoadError::Engine(EngineError::Query {
        query: "condense".into(),
        message: e.to_string(),
    })
}

fn counts(frame: &DataFrame) -> Result<Vec<(String, i64)>, LoadError> {
    let names = frame.column("activity").and_then(|c| c.str().cloned()).map_err(wrong)?;
    let events = frame.column("events").and_then(|c| c.cast(&DataType::Int64)).map_err(wrong)?;
    let events = events.i64().map_err(wrong)?;
    Ok(names
        .iter()
        .zip(events.iter())
        .map(|(n, e)| (n.unwrap_or_default().to_string(), e.unwrap_or_default()))
        .collect())
}

fn usage_days(frame: &DataFrame) -> Result<Vec<UsageDay>, LoadError> {
    let text = |name: &str| {
        frame
            .column(name)
            .and_then(|c| c.cast(&DataType::String))
            .and_then(|c| c.str().map(StringChunked::rechunk).map(Cow::into_owned))
            .map_err(wrong)
    };
    let number = |name: &str| {
        frame
            .column(name)
            .and_then(|c| c.cast(&DataType::Int64))
            .and_then(|c| c.i64().map(Int64Chunked::rechunk).map(Cow::into_owned))
            .map_err(wrong)
    };
    let (principal, resource, sp, client) = (text("principal_id")?, text("resource_app_id")?, text("resource_sp_id")?, text("client_app_id")?);
    let (day, last) = (number("day")?, number("last_success")?);
    let (successes, failures) = (number("successes")?, number("failures")?);
    let (single, unprotected, telling) = (number("single_factor")?, number("unprotected")?, number("telling")?);
    let weak = text("weak_example")?;
    let row = |i: usize| UsageDay {
        principal: PrincipalId::new(principal.get(i).unwrap_or_default()),
        resource_app_id: resource.get(i).unwrap_or_default().into(),
        resource_sp_id: sp.get(i).unwrap_or_default().into(),
        client_app_id: client.get(i).unwrap_or_default().into(),
        day: Instant::from_unix(day.get(i).unwrap_or_default() * 86_400),
        successes: successes.get(i).unwrap_or_default(),
        failures: failures.get(i).unwrap_or_default(),
        single_factor: single.get(i).unwrap_or_default(),
        unprotected: unprotected.get(i).unwrap_or_default(),
        telling: telling.get(i).unwrap_or_default(),
        last_success: last.get(i).map(Instant),
        weak_example: weak.get(i).map(Interned::from),
    };
    Ok((0..frame.height()).into_par_iter().map(row).collect())
}
