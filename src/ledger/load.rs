//! Evidence from the lake: the logs condensed, objects whole.

use crate::engine::EngineError;
use crate::lake::{LakeError, View};
use crate::ledger::condensed::Condensed;
use crate::ledger::evidence::Evidence;
use crate::model::{Instant, Stage};

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

impl Evidence {
    /// All evidence of one commit, from its tables alone: for evidence that others check.
    ///
    /// # Errors
    /// When a file is damaged or a query fails.
    pub fn load(view: &View) -> Result<Self, LoadError> {
        Self::with_logs(view, Condensed::from_tables)
    }

    /// The same, with what is kept of the logs, which is extended by what is new.
    ///
    /// # Errors
    /// When a file is damaged or a query fails.
    pub fn load_kept(view: &View) -> Result<Self, LoadError> {
        Self::with_logs(view, Condensed::extended)
    }

    /// The same without the sign-ins, of which only the newest is known: for questions about holdings.
    ///
    /// # Errors
    /// When a file is damaged or a query fails.
    pub fn load_kept_for_holdings(view: &View) -> Result<Self, LoadError> {
        Self::with_logs(view, Condensed::extended_for_holdings)
    }

    fn with_logs(view: &View, logs: fn(&View) -> Result<Condensed, LoadError>) -> Result<Self, LoadError> {
        view.whole()?;
        // One after the other: each keeps all cores busy, and what the logs need while they are read is given back before objects come.
        let logs = logs(view)?;
        let objects = objects(view)?;
        Ok(Self {
            tenant: view.tenant().unwrap_or_default(),
            committed_at: view.log().last().and_then(|(_, commit)| Instant::parse(&commit.at)),
            audit_facts: logs.facts,
            unknown_activities: logs.unknown_activities.into_iter().collect(),
            untimed_records: logs.untimed_records,
            newest_sign_in: logs.newest_sign_in,
            usage: logs.usage.into(),
            ..objects
        })
    }
}

/// Objects and looks.
fn objects(view: &View) -> Result<Evidence, LoadError> {
    let stage = Stage::begin("objects and their snapshots");
    let evidence = Evidence {
        assignments: view.rows_without(UNREAD)?,
        requests: view.rows_without(UNREAD)?,
        approvals: view.rows_without(UNREAD)?,
        policies: view.rows_without(&["tenant_id"])?,
        packages: view.rows_without(&["tenant_id"])?,
        catalogs: view.rows_without(UNREAD)?,
        resource_roles: view.rows_without(UNREAD)?,
        users: view.rows_without(&["tenant_id"])?,
        groups: view.rows_without(&["tenant_id"])?,
        memberships: view.rows_without(UNREAD)?,
        app_role_assignments: view.rows_without(UNREAD)?,
        directory_roles: view.rows_without(UNREAD)?,
        role_definitions: view.rows_without(UNREAD)?,
        role_schedules: view.rows_without(UNREAD)?,
        service_principals: view.rows_without(&["tenant_id"])?,
        conditional_access: view.rows_without(&["tenant_id"])?,
        review_decisions: view.rows_without(UNREAD)?,
        review_definitions: view.rows_without(&["tenant_id"])?,
        review_instances: view.rows_without(UNREAD)?,
        incompatibilities: view.rows_without(UNREAD)?,
        connected_organizations: view.rows_without(UNREAD)?,
        sightings: view.sightings()?,
        snapshots: view.rows()?,
        coverage: view.rows()?,
        ..Evidence::default()
    };
    stage.yields(evidence.sightings.len());
    Ok(evidence)
}
