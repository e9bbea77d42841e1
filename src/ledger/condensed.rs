//! The logs condensed: facts and names out of the audit log, sign-ins by principal, application and day.
//!
//! What a log file tells never changes, so it is read once: the result is kept beside the tables and extended by the
//! files that later commits add.

use crate::engine::{EngineError, Local};
use crate::lake::column::{Columns, columns};
use crate::lake::commit::DataFile;
use crate::lake::kept::{self, Order, What};
use crate::lake::records::{AuditEvent, SignIn};
use crate::lake::table::Table;
use crate::lake::{LakeError, View, parquet_io};
use crate::ledger::evidence::UsageDay;
use crate::ledger::governance::ReviewAct;
use crate::ledger::kept::{NamingRow, names_of, naming_rows};
use crate::ledger::policy_history::PolicyChange;
use crate::ledger::{AuditFacts, LoadError, activities};
use crate::model::{AccessEvent, Action, AssignmentId, EntitlementKey, EntitlementKind, Instant, Interned, Outcome, PolicyId, PrincipalId, RequestId, Stage};
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use polars::prelude::*;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Audit records that are held at once, unless one partition has more.
const RECORDS_AT_ONCE: u64 = 100_000;

/// Sign-ins that are grouped at once, unless one partition has more: the groups are held until the last is read.
const SIGN_INS_AT_ONCE: u64 = 500_000;

/// Columns of audit records of which no fact is made.
const UNREAD: &[&str] = &[
    "tenant_id",
    "at_text",
    "activity",
    "operation_type",
    "result_reason",
    "actor_ip",
    "user_agent",
    "extra",
    "source",
    "source_row",
];

/// The logs of one commit, condensed.
#[derive(Debug, Clone, Default)]
pub(super) struct Condensed {
    /// What the audit log tells of access.
    pub facts: AuditFacts,
    /// Sign-ins by principal, application and day, in [`UsageDay::order`].
    pub usage: Vec<UsageDay>,
    /// The newest sign-in that succeeded, where the sign-ins were let go.
    pub newest_sign_in: Option<Instant>,
    /// Activities that no vocabulary knows, with the number of their records.
    pub unknown_activities: BTreeMap<String, i64>,
    /// Audit records of which no time can be read.
    pub untimed_records: usize,
}

columns! {
    /// One fact about access out of the audit log.
    struct FactRow {
        /// When.
        at: Instant,
        /// What was done.
        action: Interned,
        /// Whether it was done.
        outcome: Interned,
        /// Whose access.
        principal: Option<Interned>,
        /// Kind of the entitlement, as far as the activity tells it.
        entitlement_kind: Option<Interned>,
        /// The directory's key of it.
        entitlement_id: Option<Interned>,
        /// The request.
        request: Option<Interned>,
        /// The assignment.
        assignment: Option<Interned>,
        /// The policy.
        policy: Option<Interned>,
        /// Who did it.
        actor: Option<Interned>,
        /// The actor's name at that time.
        actor_name: Interned,
        /// Whether the actor is an application.
        actor_is_service: bool,
        /// Whether the actor is a person.
        actor_is_person: bool,
        /// Whether privileged identity management did or tells it.
        by_pim: bool,
        /// Whether it is of an activation, or of an assignment.
        of_activation: Option<bool>,
        /// The beginning that the record sets.
        starts_at: Option<Instant>,
        /// The end that the record sets.
        ends_at: Option<Instant>,
        /// Application id of the actor.
        actor_app_id: Interned,
        /// The approval stage, from 1.
        stage: Option<i64>,
        /// The reason that was given.
        justification: Option<Interned>,
        /// Ties acts of one operation together.
        correlation: Interned,
        /// The record, `table:id`.
        record: Interned,
    }

    /// Sign-ins of a principal to an application on a day.
    struct UsageRow {
        /// Who signed in.
        principal: Interned,
        /// Application id of the resource.
        resource_app_id: Interned,
        /// Service principal of the resource.
        resource_sp_id: Interned,
        /// Application id of the client.
        client_app_id: Interned,
        /// Midnight of the day, UTC.
        day: Instant,
        /// Sign-ins that succeeded.
        successes: i64,
        /// Sign-ins that failed.
        failures: i64,
        /// Interactive successes with one factor.
        single_factor: i64,
        /// Interactive successes to which no policy applied.
        unprotected: i64,
        /// Interactive successes that tell whether one factor was enough.
        telling: i64,
        /// Interactive successes that do not.
        untold: i64,
        /// The last success.
        last_success: Option<Instant>,
        /// The smallest id of a sign-in with one factor or no policy.
        weak_example: Option<Interned>,
    }
}

/// What is kept beside the tables of facts, names and usage.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Rest {
    /// Paths of the data files whose rows all of this was made of, below the lake; of merged ones, those that were merged.
    files: BTreeSet<String>,
    newest: Option<Instant>,
    newest_sign_in: Option<Instant>,
    unknown_about: BTreeMap<Interned, Vec<String>>,
    unknown_activities: BTreeMap<String, i64>,
    unknown_examples: BTreeMap<String, Interned>,
    untimed_records: usize,
    app_roles: BTreeMap<Interned, (Instant, Interned)>,
    policy_changes: Vec<PolicyChange>,
    review_acts: Vec<ReviewAct>,
}

const FACTS: &str = "facts.parquet";
const NAMES: &str = "names.parquet";
const USAGE: &str = "usage.parquet";
const REST: &str = "logs.json";
const LOGS: [Table; 2] = [Table::AuditEvents, Table::SignIns];

impl Condensed {
    /// Reads all logs of a commit.
    ///
    /// # Errors
    /// When a file is damaged or a query fails.
    pub fn from_tables(view: &View) -> Result<Self, LoadError> {
        Self::beyond(view, &BTreeSet::new())
    }

    /// Takes what is kept of earlier commits and reads the files that came since; the result is kept in its place.
    ///
    /// A lake that cannot be written keeps nothing, which costs time and no answer.
    ///
    /// # Errors
    /// When a file is damaged or a query fails.
    pub fn extended(view: &View) -> Result<Self, LoadError> {
        Self::taken_on(view, true)
    }

    /// The same, and the sign-ins are let go once they are kept.
    ///
    /// # Errors
    /// When a file is damaged or a query fails.
    pub fn extended_for_holdings(view: &View) -> Result<Self, LoadError> {
        Self::taken_on(view, false)
    }

    fn taken_on(view: &View, with_usage: bool) -> Result<Self, LoadError> {
        let files = LOGS.iter().flat_map(|t| view.data_files(*t));
        let live: BTreeSet<String> = files.flat_map(|f| view.origins(&f.path)).map(String::from).collect();
        let kept = {
            let stage = Stage::begin("condensed logs, kept");
            let kept = kept_of(view, &live, with_usage);
            stage.yields(kept.as_ref().map_or(0, |(c, _)| c.facts.told.len() + c.usage.len()));
            kept
        };
        let (condensed, files) = kept.unwrap_or_default();
        let mut whole = if files == live {
            condensed
        } else {
            let fresh = Self::beyond(view, &files)?;
            let whole = condensed.with(fresh);
            if let Some(folder) = kept::folder(view, What::Logs, env!("VOUCHSAFE_SOURCE_SHA256")) {
                let _stage = Stage::begin("condensed logs, kept for next time");
                // What cannot be kept is made again next time.
                let _ = kept::replace(&folder, |making| write(making, &whole, live));
            }
            whole
        };
        if !with_usage {
            whole.newest_sign_in = whole.newest_sign_in.max(newest_of(&whole.usage));
            whole.usage = Vec::new();
        }
        Ok(whole)
    }

    /// Reads the log files but those of these paths.
    fn beyond(view: &View, known: &BTreeSet<String>) -> Result<Self, LoadError> {
        let (audit, usage) = rayon::join(|| audit(view, known), || usage(view, known));
        let mut condensed = audit?;
        condensed.usage = usage?;
        Ok(condensed)
    }

    /// This and what other files tell.
    fn with(mut self, other: Self) -> Self {
        self.facts.extend(other.facts);
        for (activity, records) in other.unknown_activities {
            *self.unknown_activities.entry(activity).or_default() += records;
        }
        self.untimed_records += other.untimed_records;
        self.newest_sign_in = self.newest_sign_in.max(other.newest_sign_in);
        self.usage.extend(other.usage);
        self.usage = by_day(self.usage);
        self
    }
}

fn newest_of(usage: &[UsageDay]) -> Option<Instant> {
    usage.iter().filter_map(|u| u.last_success).max()
}

/// Days in order, those of one principal, application and day added up.
fn by_day(mut usage: Vec<UsageDay>) -> Vec<UsageDay> {
    usage.par_sort_unstable_by(UsageDay::order);
    let mut days: Vec<UsageDay> = Vec::with_capacity(usage.len());
    for day in usage {
        match days.last_mut() {
            Some(last) if last.is_of_one_day(&day) => last.add(&day),
            _ => days.push(day),
        }
    }
    days
}

/// Facts, names and what is not known of the audit log.
fn audit(view: &View, known: &BTreeSet<String>) -> Result<Condensed, LoadError> {
    let stage = Stage::begin("facts of the audit log");
    let mut condensed = Condensed::default();
    let files = view.files_beyond(Table::AuditEvents, known);
    for some in some_at_once(&files, RECORDS_AT_ONCE) {
        condensed.facts.take(&acts(&paths(view, &some))?);
    }
    stage.yields(condensed.facts.told.len());
    let stage = Stage::begin("activities of the audit log");
    let engine = Local::new().with_table::<AuditEvent>(&paths(view, &files))?;
    let activities = engine.run("activities", include_str!("../../queries/condense/activities.sql"))?;
    condensed.unknown_activities = unknown(&activities)?;
    let untimed = engine.run("untimed_records", include_str!("../../queries/condense/untimed_records.sql"))?;
    let untimed = untimed.column("records").and_then(|c| c.cast(&DataType::UInt64)).map_err(wrong)?;
    condensed.untimed_records = usize::try_from(untimed.u64().map_err(wrong)?.get(0).unwrap_or_default()).unwrap_or(usize::MAX);
    stage.yields(activities.height());
    Ok(condensed)
}

/// Files by whole partitions, some partitions at a time: at most so many rows, unless one partition has more.
fn some_at_once<'a>(files: &[&'a DataFile], rows_at_once: u64) -> Vec<Vec<&'a DataFile>> {
    let mut partitions: BTreeMap<&str, Vec<&DataFile>> = BTreeMap::new();
    for file in files {
        partitions.entry(&file.partition).or_default().push(file);
    }
    let mut some: Vec<Vec<&DataFile>> = Vec::new();
    let mut rows: u64 = 0;
    for files in partitions.into_values() {
        let more: u64 = files.iter().map(|f| f.rows).sum();
        rows = rows.saturating_add(more);
        match some.last_mut() {
            Some(last) if rows <= rows_at_once => last.extend(files),
            _ => {
                some.push(files);
                rows = more;
            }
        }
    }
    some
}

/// Records of files that are acts on access or name objects, and those of activities that no vocabulary knows, by time.
fn acts(files: &[PathBuf]) -> Result<Vec<AuditEvent>, LakeError> {
    let fields = AuditEvent::fields();
    let wanted: Vec<&str> = fields.iter().map(|f| f.name().as_str()).filter(|n| !UNREAD.contains(n)).collect();
    let of_batch = |path: &PathBuf, batch: RecordBatch| -> Result<Vec<AuditEvent>, LakeError> {
        let keys = batch.column_by_name("activity_key").and_then(|c| c.as_string_opt::<i32>());
        let (Some(keys), Some(at)) = (keys, batch.column_by_name("at")) else {
            return Err(LakeError::format("read", path)("it has not the columns of audit records"));
        };
        let tells = |(i, key): (usize, Option<&str>)| Some(at.is_valid(i) && activities::action_of(key.unwrap_or_default()) != Some(Action::Noted));
        let mask: BooleanArray = keys.iter().enumerate().map(tells).collect();
        let few = filter_record_batch(&batch, &mask).map_err(LakeError::format("filter", path))?;
        parquet_io::from_batch_without::<AuditEvent>(&few, UNREAD)
    };
    let of_file = |path: &PathBuf| parquet_io::read_as(path, Some(&wanted), |batch| of_batch(path, batch));
    let parts: Vec<Vec<AuditEvent>> = files.par_iter().map(of_file).collect::<Result<_, _>>()?;
    let mut events: Vec<AuditEvent> = parquet_io::joined(parts);
    events.par_sort_by(|a, b| (a.at, &a.id, &a.content_hash).cmp(&(b.at, &b.id, &b.content_hash)));
    Ok(events)
}

fn paths(view: &View, files: &[&DataFile]) -> Vec<PathBuf> {
    files.iter().map(|f| view.root().join(&f.path)).collect()
}

fn usage(view: &View, known: &BTreeSet<String>) -> Result<Vec<UsageDay>, LoadError> {
    let stage = Stage::begin("sign-ins by day");
    let mut days = Vec::new();
    for some in some_at_once(&view.files_beyond(Table::SignIns, known), SIGN_INS_AT_ONCE) {
        let engine = Local::new().with_table::<SignIn>(&paths(view, &some))?;
        let frame = engine.run("usage", include_str!("../../queries/condense/usage.sql"))?;
        days.extend(usage_days(&frame)?);
    }
    let days = by_day(days);
    stage.yields(days.len());
    Ok(days)
}

fn wrong<E: std::fmt::Display>(e: E) -> LoadError {
    LoadError::Engine(EngineError::Query {
        query: "condense".into(),
        message: e.to_string(),
    })
}

/// Activities that no vocabulary knows, with the number of their records.
fn unknown(frame: &DataFrame) -> Result<BTreeMap<String, i64>, LoadError> {
    let text = |name: &str| frame.column(name).and_then(|c| c.str().cloned()).map_err(wrong);
    let (names, keys) = (text("activity")?, text("activity_key")?);
    let events = frame.column("events").and_then(|c| c.cast(&DataType::Int64)).map_err(wrong)?;
    let mut unknown = BTreeMap::new();
    for ((name, key), events) in names.iter().zip(keys.iter()).zip(events.i64().map_err(wrong)?.iter()) {
        if activities::action_of(key.unwrap_or_default()).is_none() {
            *unknown.entry(name.unwrap_or_default().to_string()).or_default() += events.unwrap_or_default();
        }
    }
    Ok(unknown)
}

fn usage_days(frame: &DataFrame) -> Result<Vec<UsageDay>, LoadError> {
    let text = |name: &str| {
        let column = frame.column(name).and_then(|c| c.cast(&DataType::String));
        column.and_then(|c| c.str().map(StringChunked::rechunk).map(Cow::into_owned)).map_err(wrong)
    };
    let number = |name: &str| {
        let column = frame.column(name).and_then(|c| c.cast(&DataType::Int64));
        column.and_then(|c| c.i64().map(Int64Chunked::rechunk).map(Cow::into_owned)).map_err(wrong)
    };
    let (principal, resource, sp, client) = (text("principal_id")?, text("resource_app_id")?, text("resource_sp_id")?, text("client_app_id")?);
    let (day, last) = (number("day")?, number("last_success")?);
    let (successes, failures) = (number("successes")?, number("failures")?);
    let (single, unprotected, telling) = (number("single_factor")?, number("unprotected")?, number("telling")?);
    let untold = number("untold")?;
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
        untold: untold.get(i).unwrap_or_default(),
        last_success: last.get(i).map(Instant),
        weak_example: weak.get(i).map(Interned::from),
    };
    Ok((0..frame.height()).into_par_iter().map(row).collect())
}

/// What this program kept of earlier commits whose log files are all still live, with the paths of those files; sign-ins come with it
/// where they are wanted, or where more of them have to be added.
fn kept_of(view: &View, live: &BTreeSet<String>, with_usage: bool) -> Option<(Condensed, BTreeSet<String>)> {
    let folders = kept::folders(view, What::Logs, env!("VOUCHSAFE_SOURCE_SHA256"));
    let rest = |folder: &PathBuf| Some((kept::read_json::<Rest>(&folder.join(REST)).ok()?, folder.clone()));
    let (rest, folder) = folders
        .iter()
        .filter(|f| kept::is_intact(f))
        .filter_map(rest)
        .find(|(rest, _)| rest.files.is_subset(live))?;
    let with_usage = with_usage || rest.files != *live;
    // What is damaged is made again.
    read(&folder, rest, with_usage).ok()
}

fn read(folder: &Path, rest: Rest, with_usage: bool) -> Result<(Condensed, BTreeSet<String>), LakeError> {
    let ((facts, names), usage) = rayon::join(
        || rayon::join(|| kept::read::<FactRow>(&folder.join(FACTS)), || kept::read::<NamingRow>(&folder.join(NAMES))),
        || {
            if with_usage {
                kept::read::<UsageRow>(&folder.join(USAGE))
            } else {
                Ok(Vec::new())
            }
        },
    );
    let wrong = || LakeError::format("read", &folder.join(FACTS))("it has a word that no fact has");
    let facts = AuditFacts {
        told: facts?.par_iter().map(fact).collect::<Option<_>>().ok_or_else(wrong)?,
        names: names_of(names?, rest.app_roles),
        unknown_about: rest.unknown_about,
        unknown_examples: rest.unknown_examples,
        policy_changes: rest.policy_changes,
        review_acts: rest.review_acts,
        newest: rest.newest,
    };
    let condensed = Condensed {
        facts,
        usage: usage?.into_par_iter().map(day).collect(),
        newest_sign_in: rest.newest_sign_in,
        unknown_activities: rest.unknown_activities,
        untimed_records: rest.untimed_records,
    };
    Ok((condensed, rest.files))
}

fn write(folder: &Path, condensed: &Condensed, files: BTreeSet<String>) -> Result<(), LakeError> {
    let names = naming_rows(&condensed.facts.names);
    let ((facts, names), usage) = rayon::join(
        || {
            let facts = kept::write(&folder.join(FACTS), Order::Whole, &condensed.facts.told, fact_row);
            (facts, kept::write(&folder.join(NAMES), Order::Whole, &names, Clone::clone))
        },
        || kept::write(&folder.join(USAGE), Order::Whole, &condensed.usage, usage_row),
    );
    facts.and(names).and(usage)?;
    let rest = Rest {
        files,
        newest: condensed.facts.newest,
        newest_sign_in: newest_of(&condensed.usage),
        unknown_about: condensed.facts.unknown_about.clone(),
        unknown_activities: condensed.unknown_activities.clone(),
        unknown_examples: condensed.facts.unknown_examples.clone(),
        untimed_records: condensed.untimed_records,
        app_roles: condensed.facts.names.app_roles().collect(),
        policy_changes: condensed.facts.policy_changes.clone(),
        review_acts: condensed.facts.review_acts.clone(),
    };
    kept::write_json(&folder.join(REST), &rest)
}

fn fact_row(f: &AccessEvent) -> FactRow {
    let id = |p: &Option<PrincipalId>| p.as_ref().map(PrincipalId::interned);
    FactRow {
        at: f.at,
        action: f.action.as_str().into(),
        outcome: f.outcome.as_str().into(),
        principal: id(&f.principal),
        entitlement_kind: f.kind.map(|k| k.as_str().into()),
        entitlement_id: f.entitlement.as_ref().map(|e| e.id),
        request: f.request.as_ref().map(RequestId::interned),
        assignment: f.assignment.as_ref().map(AssignmentId::interned),
        policy: f.policy.as_ref().map(PolicyId::interned),
        actor: id(&f.actor),
        actor_name: f.actor_name,
        actor_is_service: f.actor_is_service,
        actor_is_person: f.actor_is_person,
        by_pim: f.by_pim,
        of_activation: f.of_activation,
        starts_at: f.starts_at,
        ends_at: f.ends_at,
        actor_app_id: f.actor_app_id,
        stage: f.stage.map(i64::from),
        justification: f.justification,
        correlation: f.correlation,
        record: f.source,
    }
}

fn fact(r: &FactRow) -> Option<AccessEvent> {
    let kind = match r.entitlement_kind {
        Some(word) => Some(EntitlementKind::from_word(&word)?),
        None => None,
    };
    let entitlement = kind.zip(r.entitlement_id).map(|(kind, id)| EntitlementKey { kind, id });
    Some(AccessEvent {
        at: r.at,
        action: Action::from_word(&r.action)?,
        outcome: Outcome::from_word(&r.outcome)?,
        principal: r.principal.map(PrincipalId::of),
        entitlement,
        kind,
        request: r.request.map(RequestId::of),
        assignment: r.assignment.map(AssignmentId::of),
        policy: r.policy.map(PolicyId::of),
        actor: r.actor.map(PrincipalId::of),
        actor_name: r.actor_name,
        actor_is_service: r.actor_is_service,
        actor_is_person: r.actor_is_person,
        by_pim: r.by_pim,
        of_activation: r.of_activation,
        starts_at: r.starts_at,
        ends_at: r.ends_at,
        actor_app_id: r.actor_app_id,
        stage: r.stage.and_then(|s| u32::try_from(s).ok()),
        justification: r.justification,
        correlation: r.correlation,
        source: r.record,
    })
}

fn usage_row(d: &UsageDay) -> UsageRow {
    UsageRow {
        principal: d.principal.interned(),
        resource_app_id: d.resource_app_id,
        resource_sp_id: d.resource_sp_id,
        client_app_id: d.client_app_id,
        day: d.day,
        successes: d.successes,
        failures: d.failures,
        single_factor: d.single_factor,
        unprotected: d.unprotected,
        telling: d.telling,
        untold: d.untold,
        last_success: d.last_success,
        weak_example: d.weak_example,
    }
}

fn day(r: UsageRow) -> UsageDay {
    UsageDay {
        principal: PrincipalId::of(r.principal),
        resource_app_id: r.resource_app_id,
        resource_sp_id: r.resource_sp_id,
        client_app_id: r.client_app_id,
        day: r.day,
        successes: r.successes,
        failures: r.failures,
        single_factor: r.single_factor,
        unprotected: r.unprotected,
        telling: r.telling,
        untold: r.untold,
        last_success: r.last_success,
        weak_example: r.weak_example,
    }
}
