//! From one commit's evidence to the access model.

use crate::lake::objects::AssignmentRow;
use crate::lake::table::Table;
use crate::ledger::access_model::{AccessModel, Covered, Gaps, Look, Looks, RequestHistory, SeenAt};
use crate::ledger::accounts::Accounts;
use crate::ledger::deletions::{Deletions, explained_by_deletion, missing_holders, missing_resources, purged, told_removed, unborn};
use crate::ledger::evidence::{Evidence, UsageDay};
use crate::ledger::held::{Held, Recorder};
use crate::ledger::intervals::{LONG_SNAPSHOT, Rules, intervals};
use crate::ledger::log_coverage::LogCoverage;
use crate::ledger::names::Names;
use crate::ledger::row::{LedgerRow, Shown};
use crate::ledger::sightings::{Collection, Contents, Sightings, SnapshotFacts};
use crate::ledger::timeline::{Timeline, Timelines};
use crate::ledger::unattributed::UnattributedAct;
use crate::ledger::{coverage, directory, facts, package_contents, package_ends, package_timelines, requests, resource_timelines};
use crate::model::time::MINUTE;
use crate::model::{
    AccessEvent, AssignmentId, EntitlementKey, EntitlementKind, Holding, Instant, Interned, PackageId, PolicyId, PrincipalId, RequestId, Stage,
};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the ledger is told beside the evidence.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The instant of the questions; the newest observation when not given.
    pub as_of: Option<Instant>,
    /// Packages that the configuration calls sensitive.
    pub sensitive_packages: Vec<String>,
    /// Packages that the configuration calls ordinary, although they contain something that no mapping knows.
    pub ordinary_packages: Vec<String>,
}

/// Tellings of one act without ids may lie this far apart.
const SAME_ACT: i64 = MINUTE;

/// One commit's evidence, read and sorted once, and everything that was held, ever.
///
/// What does not depend on the instant of the questions is made here; an access model is a view of it.
pub struct Ledger {
    evidence: Evidence,
    sightings: Sightings,
    events: Arc<Vec<AccessEvent>>,
    names: Arc<Names>,
    accounts: Arc<Accounts>,
    holderless: BTreeMap<Option<Interned>, usize>,
    histories: BTreeMap<RequestId, RequestHistory>,
    rows: Vec<LedgerRow>,
    looks: Arc<Looks>,
    seen: Arc<SeenAt>,
    requests: Contents,
    coverage: BTreeMap<String, Covered>,
    collection_gaps: BTreeMap<String, Gaps>,
    newest: Instant,
}

impl Ledger {
    /// Sorts the evidence of one commit, and finds all that was held.
    #[must_use]
    pub fn new(evidence: Evidence) -> Self {
        let (mut ledger, deletions) = Self::sorted(evidence);
        let stage = Stage::begin("timelines by holder and thing");
        let assignments = Contents::of(&ledger.evidence.assignments);
        let ((packages, holderless), mut resources) = rayon::join(
            || package_timelines::of_packages(&ledger.evidence, &assignments, &ledger.sightings, &ledger.events, &ledger.histories),
            || resource_timelines::of_resources(&ledger.evidence, &ledger.sightings, &ledger.events),
        );
        let log = LogCoverage::of(ledger.coverage.get("audit"));
        let contents = package_contents::contents(&ledger.evidence, &ledger.sightings, &ledger.events, &log);
        package_ends::take_back(&mut resources, &packages, &contents);
        stage.yields(packages.len() + resources.len());
        let stage = Stage::begin("intervals of holding");
        let held = all_held([packages, resources], &deletions, &ledger, &log);
        stage.yields(held.len());
        let stage = Stage::begin("rows of the ledger");
        ledger.holderless = holderless.by_package;
        let newest = ledger.directory(&Settings::default());
        let recorder = Recorder::of(&newest, &ledger.histories);
        let mut rows: Vec<LedgerRow> = held.par_iter().map(|h| recorder.row(h)).collect();
        rows.par_sort_by(|a, b| row_order(a).cmp(&row_order(b)));
        stage.yields(rows.len());
        ledger.rows = rows;
        ledger
    }

    /// The ledger of a commit whose rows were kept.
    #[must_use]
    pub(super) fn of_rows(evidence: Evidence, rows: Vec<LedgerRow>, holderless: BTreeMap<Option<Interned>, usize>) -> Self {
        Self {
            rows,
            holderless,
            ..Self::sorted(evidence).0
        }
    }

    /// The evidence in order, with what follows from it, but for what was held.
    fn sorted(mut evidence: Evidence) -> (Self, Deletions) {
        let stage = Stage::begin("order of what was seen");
        let sightings = Sightings::new(std::mem::take(&mut evidence.sightings), &evidence.snapshots);
        let mut events = std::mem::take(&mut evidence.audit_events);
        events.sort_by(|a, b| (a.at, &a.id, &a.content_hash).cmp(&(b.at, &b.id, &b.content_hash)));
        evidence.audit_facts.take(&events);
        Arc::make_mut(&mut evidence.usage).par_sort_unstable_by(UsageDay::order);
        let templates = directory::roles_by_template(&evidence);
        let mut told = std::mem::take(&mut evidence.audit_facts.told);
        facts::of_custom_roles(&mut told, &templates);
        facts::doubt_contradicted(&mut told);
        let events = facts::one_act_once(told, SAME_ACT);
        stage.yields(events.len());
        let stage = Stage::begin("requests, names, deletions");
        let (mut coverage, collection_gaps) = coverage::by_subject(&evidence.coverage);
        let newest = newest(&evidence, &sightings);
        coverage::until(&mut coverage, newest.plus(1).max(evidence.committed_at.unwrap_or(newest)));
        let assignments = Contents::of(&evidence.assignments);
        let requests = Contents::of(&evidence.requests);
        let deletions = Deletions::of(&events, &evidence);
        let mut names = std::mem::take(&mut evidence.audit_facts.names);
        templates.into_iter().for_each(|(template, role)| names.merge(template, role));
        names.finish(&evidence, &sightings);
        names.deletions(deletions.all());
        let mut histories = {
            let rows = sightings.current_of(&evidence.requests, &requests, newest);
            let approvals = requests::approvals_at(&evidence, &sightings, newest);
            requests::histories(&rows, &approvals, &events)
        };
        through_assignments(&mut histories, &evidence, &assignments);
        stage.yields(histories.len());
        let ledger = Self {
            accounts: Arc::new(Accounts::of(&events, &evidence, &sightings)),
            names: Arc::new(names),
            events: Arc::new(events),
            looks: Arc::new(looks(&sightings)),
            seen: Arc::new(seen(&sightings)),
            holderless: BTreeMap::new(),
            histories,
            rows: Vec::new(),
            coverage,
            collection_gaps,
            newest,
            requests,
            evidence,
            sightings,
        };
        (ledger, deletions)
    }

    /// Everything that was held, ever, by principal and entitlement.
    #[must_use]
    pub fn rows(&self) -> &[LedgerRow] {
        &self.rows
    }

    /// The newest observation.
    #[must_use]
    pub fn newest(&self) -> Instant {
        self.newest
    }

    /// Which time each log covers.
    #[must_use]
    pub fn coverage(&self) -> &BTreeMap<String, Covered> {
        &self.coverage
    }

    /// Looks by collection and scope.
    #[must_use]
    pub fn looks(&self) -> &Looks {
        &self.looks
    }

    /// The access model as of an instant.
    #[must_use]
    pub fn access(&self, settings: &Settings) -> AccessModel {
        let stage = Stage::begin("holdings as of an instant");
        let mut access = self.directory(settings);
        access.hold(&self.rows);
        access.held_roles = self.held_roles();
        stage.yields(access.holdings.len());
        access
    }

    /// The access model as of the newest observation, without its holdings.
    pub(super) fn without_holdings(&self) -> AccessModel {
        AccessModel {
            held_roles: self.held_roles(),
            ..self.directory(&Settings::default())
        }
    }

    /// Directory roles that were held, ever.
    fn held_roles(&self) -> Vec<Interned> {
        let is_role = |r: &&LedgerRow| r.entitlement_kind == EntitlementKind::DirectoryRole.as_str();
        let mut roles: Vec<Interned> = self.rows.iter().filter(is_role).map(|r| r.resource).collect();
        roles.sort();
        roles.dedup();
        roles
    }

    /// The access model as of an instant, without its holdings.
    fn directory(&self, settings: &Settings) -> AccessModel {
        let as_of = settings.as_of.unwrap_or(self.newest);
        let mut access = AccessModel {
            tenant: self.evidence.tenant.clone(),
            as_of,
            newest: self.newest,
            events: Arc::clone(&self.events),
            names: Arc::clone(&self.names),
            accounts: Arc::clone(&self.accounts),
            looks: Arc::clone(&self.looks),
            seen: Arc::clone(&self.seen),
            usage: Arc::clone(&self.evidence.usage),
            coverage: self.coverage.clone(),
            collection_gaps: self.collection_gaps.clone(),
            holderless: self.holderless.clone(),
            unnamed: resource_timelines::unnamed(&self.evidence, &self.events),
            unknown_activities: self.evidence.unknown_activities.clone(),
            unknown_examples: self.evidence.audit_facts.unknown_examples.clone(),
            unknown_about: self.evidence.audit_facts.unknown_about.clone(),
            untimed_records: self.evidence.untimed_records,
            requests: self.requests_at(as_of),
            ..AccessModel::default()
        };
        let contents = package_contents::contents(&self.evidence, &self.sightings, &self.events, &LogCoverage::of(self.coverage.get("audit")));
        directory::fill(&mut access, &self.evidence, &self.sightings, &contents, settings);
        access.unattributed = UnattributedAct::of(&self.events, &self.histories, &access.roles);
        access.index();
        access
    }

    /// Requests with all that is known of them, as they were recorded by then.
    fn requests_at(&self, as_of: Instant) -> BTreeMap<RequestId, RequestHistory> {
        if as_of >= self.newest {
            return self.histories.clone();
        }
        let rows = self.sightings.current_of(&self.evidence.requests, &self.requests, as_of);
        let approvals = requests::approvals_at(&self.evidence, &self.sightings, as_of);
        let mut histories = requests::histories(&rows, &approvals, &self.events);
        through_assignments(&mut histories, &self.evidence, &Contents::of(&self.evidence.assignments));
        histories
    }
}

/// Builds the one access model that is wanted of a commit.
#[must_use]
pub fn build(evidence: Evidence, settings: &Settings) -> AccessModel {
    Ledger::new(evidence).access(settings)
}

/// Everything that was held, ever.
fn all_held(sorted: [Timelines; 2], deletions: &Deletions, ledger: &Ledger, log: &LogCoverage) -> Vec<Held> {
    let (accounts, sightings, names) = (&ledger.accounts, &ledger.sightings, &ledger.names);
    let prepared = sorted.into_iter().flat_map(|mut timelines| {
        explained_by_deletion(&mut timelines, accounts);
        told_removed(&mut timelines, sightings);
        purged(&mut timelines, accounts);
        missing_resources(&mut timelines, sightings);
        missing_holders(&mut timelines, sightings);
        unborn(&mut timelines, names);
        deletions.apply(&mut timelines);
        timelines
    });
    let groups: Vec<((PrincipalId, EntitlementKey), Vec<Timeline>)> = prepared.collect();
    let of_group = |((principal, key), group): ((PrincipalId, EntitlementKey), Vec<Timeline>)| {
        let of_timeline = |mut timeline: Timeline| {
            let facts = std::mem::take(&mut timeline.facts);
            let holed = (!timeline.holes.is_empty()).then(|| log.without(&timeline.holes));
            let rules = Rules {
                same_act: SAME_ACT,
                granted_once: !timeline.by_pim && matches!(key.kind, EntitlementKind::Group | EntitlementKind::AppRole),
                // A role may be given by the directory, by PIM, by a partner relation or with a package, each in records of its own.
                log_tells_beginnings: key.kind != EntitlementKind::DirectoryRole,
                one_record: timeline.assignment.is_some() && !timeline.is_joined_by_time && holed.is_none(),
                has_holes: holed.is_some(),
                records_outlast: timeline.by_pim,
                log: holed.as_ref().unwrap_or(log),
            };
            let timeline = Arc::new(timeline);
            let of_interval = |interval| Held {
                principal: principal.clone(),
                entitlement: key.clone(),
                timeline: Arc::clone(&timeline),
                interval,
            };
            intervals(facts, &rules).into_iter().map(of_interval).collect::<Vec<_>>()
        };
        group.into_iter().flat_map(of_timeline).collect::<Vec<_>>()
    };
    groups.into_par_iter().flat_map_iter(of_group).collect()
}

fn row_order(r: &LedgerRow) -> (&str, &str, Option<Instant>, Instant, Option<Interned>) {
    (&r.principal, &r.entitlement_id, r.from_latest, r.last_witness, r.assignment)
}

impl AccessModel {
    /// Fills in the holdings of rows as of its instant.
    pub(super) fn hold(&mut self, rows: &[LedgerRow]) {
        let shown = Shown::of(self, rows);
        let begun = rows.par_iter().filter(|r| r.began_by(self.as_of));
        let mut holdings: Vec<Holding> = begun.map(|r| shown.holding(r)).collect();
        holdings.par_sort_by(|a, b| order(a).cmp(&order(b)));
        self.holdings = holdings;
    }
}

fn order(h: &Holding) -> (&PrincipalId, &EntitlementKey, Option<Instant>, Option<Instant>, Option<&str>) {
    (
        &h.principal,
        &h.entitlement,
        h.from_latest,
        h.held_until,
        h.assignment.as_ref().map(AssignmentId::as_str),
    )
}

/// The newest observation: looks and logs, and files dated by their modification time only when there is nothing else.
fn newest(evidence: &Evidence, sightings: &Sightings) -> Instant {
    let looks = sightings
        .iter()
        .flat_map(|(_, c)| c.seen.values().flatten().filter(|s| !s.presence_only).map(|s| s.at));
    let snapshots = evidence.snapshots.iter().filter(|s| s.dated_by != "modified").map(|s| s.observed_at);
    let usage = evidence.usage.iter().filter_map(|u| u.last_success);
    let weak = || sightings.iter().flat_map(|(_, c)| c.seen.values().flatten().map(|s| s.at)).max();
    looks
        .chain(snapshots)
        .chain(evidence.audit_facts.newest)
        .chain(usage)
        .chain(evidence.newest_sign_in)
        .max()
        .or_else(weak)
        .unwrap_or_default()
}

/// Requests that name an assignment, but not the package, policy or holder that it names.
fn through_assignments(requests: &mut BTreeMap<RequestId, RequestHistory>, evidence: &Evidence, contents: &Contents) {
    for story in requests.values_mut() {
        let rows = story
            .assignment
            .as_ref()
            .and_then(|a| contents.0.get(&a.interned()))
            .map_or(&[][..], Vec::as_slice);
        let rows: Vec<&AssignmentRow> = rows.iter().map(|i| &evidence.assignments[*i]).collect();
        // Contents of one assignment differ in what was expanded: the least text that names a thing is taken, in any order of input.
        let told = |pick: fn(&AssignmentRow) -> Option<&Interned>| rows.iter().filter_map(|r| pick(r)).min();
        story.package = story.package.take().or_else(|| told(|r| r.package_id.as_ref()).map(|p| PackageId::of(*p)));
        story.policy = story.policy.take().or_else(|| told(|r| r.policy_id.as_ref()).map(|p| PolicyId::of(*p)));
        if let Some(target) = told(|r| r.target_id.as_ref()) {
            story.recipient = Some(PrincipalId::of(*target));
        }
    }
}

/// Looks by collection and scope.
fn looks(sightings: &Sightings) -> Looks {
    let look = |(_, l): &(Interned, SnapshotFacts)| Look {
        since: if l.at.0 - l.since.0 > LONG_SNAPSHOT { l.since } else { l.at },
        at: l.at,
        complete: l.complete,
    };
    let of = |(name, collection): (&Interned, &Collection)| {
        let name = *name;
        let scopes: Vec<_> = collection
            .looks
            .iter()
            .map(|(scope, looks)| ((name, *scope), looks.iter().map(look).collect()))
            .collect();
        scopes
    };
    sightings.iter().flat_map(of).collect()
}

/// When objects were seen at top level, of the collections that a check asks about.
fn seen(sightings: &Sightings) -> SeenAt {
    let mut all = SeenAt::new();
    for table in [Table::Memberships, Table::AppRoleAssignments, Table::Assignments] {
        for (object, seen) in &sightings.of(table).seen {
            let mut instants: Vec<Instant> = seen.iter().filter(|s| s.snapshot.is_some()).map(|s| s.at).collect();
            instants.dedup();
            instants.shrink_to_fit();
            all.insert((table.name().into(), *object), instants);
        }
    }
    all
}
