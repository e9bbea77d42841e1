//! Entra's own access reviews: an instance's list of decisions becomes a campaign, tied to the lake at its start.
//!
//! `NotReviewed` and `DontKnow` are undecided, whatever was applied by nobody is silence, and only a person keeps.

use crate::campaign::error::CampaignError;
use crate::campaign::follow_up::{CurrentAccess, begun};
use crate::campaign::log::{Choice, DecidedBy, Decision, DecisionEntry, ImportRecord, LogEvent, Proof};
use crate::campaign::model::{CampaignId, Context, EntraPeriod, Item, Recommendation, Reviewer, ReviewerKey, Risk};
use crate::campaign::open::{Frozen, Opening, Sensitive, head, with_unassigned};
use crate::campaign::reviewers;
use crate::campaign::state::State;
use crate::lake::objects::{ReviewDecisionRow, ReviewInstanceRow};
use crate::ledger::AccessModel;
use crate::model::{EntitlementKey, EntitlementKind, Holding, Instant, PolicyId, PrincipalId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of resources under review that the ledger holds.
const KINDS: &[&str] = &[
    "accesspackageassignmentpolicy",
    "accesspackage",
    "directoryrole",
    "serviceprincipal",
    "application",
    "group",
    "",
];

/// Reviewers that are no persons.
const SYSTEM: &[&str] = &["00000000-0000-0000-0000-000000000000", ""];

/// The newest content of each decision of an instance, by id; an applied or decided record wins over one that is not.
fn newest<'a>(rows: &'a [ReviewDecisionRow], instance: &str) -> Vec<&'a ReviewDecisionRow> {
    let mut best: BTreeMap<&str, &ReviewDecisionRow> = BTreeMap::new();
    for row in rows
        .iter()
        .filter(|r| r.instance_id.as_deref().is_some_and(|i| i.eq_ignore_ascii_case(instance)))
    {
        let rank = |r: &'_ ReviewDecisionRow| (r.applied_at, r.reviewed_at, r.content_hash);
        let better = best.get(row.id.as_str()).is_none_or(|b| rank(row) > rank(b));
        if better {
            best.insert(&row.id, row);
        }
    }
    // A history report has no ids of decisions: what the records of Graph tell too is told once.
    let about = |r: &ReviewDecisionRow| (r.principal_id, r.resource_id);
    let by_graph: BTreeSet<_> = best.values().filter(|r| !from_history(r)).map(|r| about(r)).collect();
    best.into_values().filter(|r| !from_history(r) || !by_graph.contains(&about(r))).collect()
}

/// Whether a record comes from a history report.
fn from_history(row: &ReviewDecisionRow) -> bool {
    row.id.starts_with("history:")
}

/// Freezes an instance: one item for each decision record.
///
/// # Errors
/// When the lake has no decisions of it.
pub fn freeze(from: &Opening, rows: &[ReviewDecisionRow], instances: &[ReviewInstanceRow], instance: &str) -> Result<Frozen, CampaignError> {
    let rows = newest(rows, instance);
    if rows.is_empty() {
        return Err(CampaignError::Refused(format!(
            "there are no decisions of the review instance '{instance}': ingest accessReviews/definitions/…/instances/…/decisions, or name its AccessReviewId of the file"
        )));
    }
    let digits = hex::encode(Sha256::digest(format!("{}\0{instance}\0{}", from.commit, from.text).as_bytes()));
    let id = CampaignId::new(&format!(
        "entra-{}-{}",
        instance.get(..8).unwrap_or(instance),
        digits.get(..8).unwrap_or_default()
    ));
    let by_key = CurrentAccess::new(from.access);
    let mut keys = Keys::default();
    let (rows, left): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| entitlement(row, from.access).is_some());
    let sensitive = Sensitive::new(from);
    let mut untied = 0;
    let mut pairs: Vec<(Item, Context)> = rows
        .iter()
        .filter_map(|row| Some((row, entitlement(row, from.access)?)))
        .map(|(row, key)| {
            let item = item(&id, row, key, from.access, &mut keys);
            let same = held_then(by_key.all(&item), row, from.access.as_of);
            untied += usize::from(same.is_none_or(|h| !h.held_at(from.access.as_of)));
            let sensitive = same.map(|h| sensitive.why(h)).unwrap_or_default();
            let context = context(&item, row, same, &sensitive);
            (tied(item, same, !sensitive.is_empty()), context)
        })
        .collect();
    pairs.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    let (items, contexts): (Vec<Item>, Vec<Context>) = pairs.into_iter().unzip();
    let mut reviewers: Vec<Reviewer> = keys.0.iter().map(|(id, key)| reviewers::reviewer(from.access, id, key.clone())).collect();
    reviewers.sort_by(|a, b| a.key.cmp(&b.key));
    let mut head = head(from, &id, &items, with_unassigned(reviewers, &items), Vec::new());
    head.entra_instance = Some(instance.to_lowercase());
    // Without a record of the instance, its last decision is the last day that anybody knows.
    let decided = rows.iter().filter_map(|r| r.reviewed_at).max();
    let applied = rows.iter().filter_map(|r| r.applied_at).max();
    if let Some(last) = decided.max(applied) {
        head.due_at = last;
        if !instances.iter().any(|r| r.id.eq_ignore_ascii_case(instance) && r.end_at.is_some()) {
            head.warnings.push(format!(
                "no record of Entra tells when this review ended: the {} of {} counts as the end",
                if decided == Some(last) {
                    "last decision"
                } else {
                    "last application of its decisions"
                },
                last.day()
            ));
        }
    }
    if let Some(period) = instances.iter().find(|r| r.id.eq_ignore_ascii_case(instance)) {
        head.due_at = period.end_at.unwrap_or(head.due_at);
        head.entra_period = Some(EntraPeriod {
            started_at: period.start_at,
            ended_at: period.end_at,
        });
    }
    for (kind, count) in kinds_left_out(&left) {
        head.warnings.push(format!(
            "{count} decisions are about resources of the kind '{kind}', which the ledger does not hold: they are not among the items"
        ));
    }
    if untied > 0 {
        head.warnings.push(format!(
            "{untied} of {} decisions are about access that the ledger does not hold at {}",
            items.len(),
            from.access.as_of
        ));
    }
    Ok(Frozen { head, items, contexts })
}

#[derive(Default)]
struct Keys(BTreeMap<PrincipalId, ReviewerKey>);

impl Keys {
    fn of(&mut self, row: &ReviewDecisionRow, access: &AccessModel) -> ReviewerKey {
        let Some(id) = person(row) else {
            return ReviewerKey::new(ReviewerKey::UNASSIGNED);
        };
        if let Some(key) = self.0.get(&id) {
            return key.clone();
        }
        let mut taken: BTreeSet<String> = self.0.values().map(ToString::to_string).collect();
        taken.insert(ReviewerKey::UNASSIGNED.into());
        let key = ReviewerKey::new(&reviewers::free_key(&taken, access, &id));
        self.0.insert(id, key.clone());
        key
    }
}

/// The reviewer, when it is a person.
fn person(row: &ReviewDecisionRow) -> Option<PrincipalId> {
    row.reviewer_id.as_deref().filter(|r| !SYSTEM.contains(r)).map(PrincipalId::new)
}

/// The app role that stands for access to the application as such.
const DEFAULT_ACCESS: &str = "00000000-0000-0000-0000-000000000000";

/// What was reviewed, in the words of the ledger; `None` for a kind that it does not hold, such as a role of an Azure subscription
/// or a resource whose data somebody brought.
fn entitlement(row: &ReviewDecisionRow, access: &AccessModel) -> Option<EntitlementKey> {
    let resource = row.resource_id.unwrap_or_default().to_lowercase();
    // A review of a package may name its policy as the resource.
    if let Some(package) = access.policies.get(&PolicyId::new(&resource)).and_then(|p| p.package.as_ref()) {
        return Some(EntitlementKey::package(package.as_str()));
    }
    match row.resource_kind.as_deref().unwrap_or_default().to_lowercase().as_str() {
        "accesspackageassignmentpolicy" | "accesspackage" => Some(EntitlementKey::package(&resource)),
        "directoryrole" => Some(EntitlementKey::directory_role(&resource, "/", false)),
        "serviceprincipal" | "application" => Some(EntitlementKey::app_role(&resource, row.role_id.as_deref().unwrap_or(DEFAULT_ACCESS))),
        "group" => Some(EntitlementKey::group(&resource)),
        // Records of old say no kind where a group is meant.
        "" => Some(EntitlementKey::group(&resource)),
        _ => None,
    }
}

/// How many records are about each kind of resource that has no place in a campaign.
fn kinds_left_out<'a>(rows: &[&'a ReviewDecisionRow]) -> BTreeMap<&'a str, usize> {
    let mut kinds = BTreeMap::new();
    for row in rows {
        *kinds.entry(row.resource_kind.as_ref().map(|k| k.as_str()).unwrap_or_default()).or_default() += 1;
    }
    kinds
}

fn item(campaign: &CampaignId, row: &ReviewDecisionRow, key: EntitlementKey, access: &AccessModel, keys: &mut Keys) -> Item {
    let principal = PrincipalId::new(row.principal_id.as_deref().unwrap_or_default());
    let guest = access.people.get(&principal).is_some_and(|p| p.guest);
    let workload = row.principal_kind.as_deref().is_some_and(|k| k.to_lowercase().starts_with("serviceprincipal"));
    Item {
        id: Item::make_id(campaign, principal.as_str(), "entra-decision", &row.id, ""),
        principal_name: access.principal_name(&principal).to_string(),
        principal_id: principal.to_string(),
        principal_type: match (workload, guest) {
            (true, _) => "service_principal",
            (false, true) => "guest",
            (false, false) => "user",
        }
        .into(),
        entitlement_kind: key.kind,
        entitlement_name: row.resource_name.unwrap_or(key.id).to_string(),
        entitlement_id: key.id.to_string(),
        assignment_id: String::new(),
        assignment_state: "active".into(),
        held_from: None,
        scheduled_until: None,
        policy_id: String::new(),
        sensitive: false,
        risk: Risk::Low,
        recommendation: match row.recommendation.as_deref() {
            Some("Approve") => Recommendation::Keep,
            Some("Deny") => Recommendation::Revoke,
            _ => Recommendation::None,
        },
        reviewer: keys.of(row, access),
        second: None,
        findings: Vec::new(),
        disclosed: Vec::new(),
        second_disclosed: Vec::new(),
        delivered_by: Vec::new(),
        delivers: Vec::new(),
    }
}

/// The access that a record is about: what was held when it was decided, not what was granted anew since.
fn held_then<'a>(all: &[&'a Holding], row: &ReviewDecisionRow, as_of: Instant) -> Option<&'a Holding> {
    let then = row.applied_at.or(row.reviewed_at).unwrap_or(as_of);
    let before = all.iter().rev().find(|h| begun(h).is_none_or(|t| t <= then));
    before.or_else(|| all.iter().find(|h| h.held_at(as_of))).copied()
}

/// The item with what the ledger knows of the access at the start.
fn tied(mut item: Item, same: Option<&Holding>, sensitive: bool) -> Item {
    item.sensitive = sensitive;
    if sensitive {
        item.risk = Risk::High;
    }
    if let Some(h) = same {
        item.assignment_id = h.assignment.as_ref().map(ToString::to_string).unwrap_or_default();
        item.held_from = h.held_from;
        item.scheduled_until = h.scheduled_until;
        item.policy_id = h.policy.as_ref().map(ToString::to_string).unwrap_or_default();
        if item.entitlement_kind == EntitlementKind::AccessPackage {
            item.entitlement_name = h.entitlement_name.to_string();
        }
    }
    item
}

fn context(item: &Item, row: &ReviewDecisionRow, same: Option<&Holding>, sensitive: &str) -> Context {
    Context {
        item: item.id.clone(),
        since: same.and_then(|h| h.held_from).map(Instant::day).unwrap_or_default(),
        path: same.map(|h| h.path).unwrap_or_default().to_string(),
        recommendation_reason: row.recommendation.map(|r| format!("Entra recommends {r}")).unwrap_or_default(),
        reviewer_because: "reviewer in Entra".into(),
        sensitive_because: sensitive.to_string(),
        ..Context::default()
    }
}

/// Records of the instance about items that the population does not have: they came after its start, or from another kind of export.
#[must_use]
pub fn strangers(state: &State, rows: &[ReviewDecisionRow]) -> usize {
    let instance = state.head.entra_instance.as_deref().unwrap_or_default();
    let id = |row: &ReviewDecisionRow| Item::make_id(&state.head.id, row.principal_id.as_deref().unwrap_or_default(), "entra-decision", &row.id, "");
    let is_of_the_ledger = |r: &&ReviewDecisionRow| KINDS.contains(&r.resource_kind.as_deref().unwrap_or_default().to_lowercase().as_str());
    newest(rows, instance)
        .into_iter()
        .filter(is_of_the_ledger)
        .filter(|r| state.position(&id(r)).is_none())
        .count()
}

/// Where records of decisions came from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The table of the lake, or the name of the file.
    pub file: &'a str,
    /// SHA-256 of the file; the commit, for the table.
    pub sha256: &'a str,
    /// The commit that the population is tied to.
    pub commit: &'a str,
}

/// What an instance's records say that the log does not have yet.
#[must_use]
pub fn decisions(state: &State, rows: &[ReviewDecisionRow], origin: &Origin) -> Vec<LogEvent> {
    let instance = state.head.entra_instance.clone().unwrap_or_default();
    let mut entries = Vec::new();
    let import = state.tail.entries + 1;
    let rows = newest(rows, &instance);
    let ended = state
        .head
        .entra_period
        .as_ref()
        .and_then(|p| p.ended_at)
        .is_some_and(|end| end <= state.head.as_of);
    let over = ended || rows.iter().any(|r| r.applied_at.is_some());
    for row in rows {
        let principal = PrincipalId::new(row.principal_id.as_deref().unwrap_or_default());
        let id = Item::make_id(&state.head.id, principal.as_str(), "entra-decision", &row.id, "");
        let (Some(index), Some((choice, by))) = (state.position(&id), judged(row).or_else(|| unanswered(row, over))) else {
            continue;
        };
        let silent = by == DecidedBy::NoResponse;
        let entry = DecisionEntry {
            item: id,
            stage: 1,
            decision: Decision {
                choice,
                justification: row.justification.unwrap_or_default().to_string(),
                until: None,
            },
            by,
            decided_by: if silent {
                "silence: Entra recorded NotReviewed, and the access stayed".into()
            } else {
                row.reviewer_name.unwrap_or_else(|| row.reviewer_id.unwrap_or_default()).to_string()
            },
            decided_at: row.reviewed_at,
            applied_at: row.applied_at,
            import,
        };
        let known = state.effective_decision(index).map(|(_, d)| (&d.decision, d.by, d.applied_at));
        if known != Some((&entry.decision, entry.by, entry.applied_at)) {
            entries.push(entry);
        }
    }
    if entries.is_empty() {
        return Vec::new();
    }
    let record = ImportRecord {
        file: origin.file.into(),
        sha256: origin.sha256.into(),
        reviewer: ReviewerKey::new(ReviewerKey::UNASSIGNED),
        sheet: String::new(),
        imported_by: "entra".into(),
        proof: Proof::Entra {
            instance,
            commit: origin.commit.into(),
        },
        decided: entries.len(),
        empty: state.items.len() - entries.len().min(state.items.len()),
        changed: entries.len(),
    };
    std::iter::once(LogEvent::Imported(record))
        .chain(entries.into_iter().map(LogEvent::Decided))
        .collect()
}

/// What a record decides, and who; `None` for `NotReviewed`, `DontKnow` and whatever is not known.
///
/// Where no person reviewed, an applied `Approve` or `Deny` is what the settings did in the silence, never a person's keep.
fn judged(row: &ReviewDecisionRow) -> Option<(Choice, DecidedBy)> {
    let choice = match row.decision.as_deref() {
        Some("Approve") => Choice::Keep,
        Some("Deny") => Choice::Revoke,
        _ => return None,
    };
    match person(row) {
        Some(_) => Some((choice, DecidedBy::Person)),
        None => row.applied_at.is_some().then_some((choice, DecidedBy::System)),
    }
}

/// An item that reviewers were asked about and nobody answered for, once the review is over: nothing was applied, and it stayed.
fn unanswered(row: &ReviewDecisionRow, over: bool) -> Option<(Choice, DecidedBy)> {
    let word = row.decision.as_deref().unwrap_or_default();
    (over && word.eq_ignore_ascii_case("NotReviewed")).then_some((Choice::Keep, DecidedBy::NoResponse))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(decision: &str, reviewer: Option<&str>, applied: bool) -> ReviewDecisionRow {
        ReviewDecisionRow {
            decision: Some(decision.into()),
            reviewer_id: reviewer.map(Into::into),
            applied_at: applied.then_some(Instant(1)),
            ..ReviewDecisionRow::default()
        }
    }

    #[test]
    fn each_kind_of_resource_is_what_it_is_or_is_left_out() {
        let access = AccessModel::default();
        let of = |kind: &str, role: Option<&str>| {
            let row = ReviewDecisionRow {
                resource_id: Some("R1".into()),
                resource_kind: Some(kind.into()),
                role_id: role.map(Into::into),
                ..ReviewDecisionRow::default()
            };
            entitlement(&row, &access).map(|key| format!("{} {}", key.kind, key.id))
        };
        for (kind, role, expected) in [
            ("accessPackageAssignmentPolicy", None, Some("access_package r1")),
            ("DirectoryRole", None, Some("directory_role r1|/|active")),
            ("servicePrincipal", Some("7"), Some("app_role r1/7")),
            ("Group", None, Some("group r1")),
            ("azureRole", None, None),
            ("customDataProvidedResource", None, None),
            ("unknownFutureValue", None, None),
        ] {
            assert_eq!(of(kind, role).as_deref(), expected, "{kind}");
            assert_eq!(KINDS.contains(&kind.to_lowercase().as_str()), expected.is_some(), "{kind}");
        }
    }

    #[test]
    fn only_a_person_keeps() {
        let zero = Some("00000000-0000-0000-0000-000000000000");
        assert_eq!(judged(&row("Approve", Some("ana"), false)), Some((Choice::Keep, DecidedBy::Person)));
        assert_eq!(judged(&row("Deny", Some("ana"), true)), Some((Choice::Revoke, DecidedBy::Person)));
        assert_eq!(judged(&row("Approve", zero, true)), Some((Choice::Keep, DecidedBy::System)));
        assert_eq!(judged(&row("Approve", zero, false)), None);
        assert_eq!(judged(&row("Approve", None, false)), None);
        assert_eq!(judged(&row("NotReviewed", Some("ana"), true)), None);
        assert_eq!(judged(&row("DontKnow", Some("ana"), false)), None);
        assert_eq!(unanswered(&row("NotReviewed", zero, true), true), Some((Choice::Keep, DecidedBy::NoResponse)));
        assert_eq!(unanswered(&row("NotReviewed", zero, false), false), None, "it may be answered yet");
        assert_eq!(unanswered(&row("DontKnow", Some("ana"), true), true), None);
    }
}
