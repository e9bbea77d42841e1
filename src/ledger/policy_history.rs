//! Policies as last seen, as they were before, and what the log tells of their changes.

use crate::lake::objects::{PolicyRow, PolicyStage};
use crate::lake::records::AuditEvent;
use crate::lake::table::Table;
use crate::ledger::access_model::{AccessModel, PolicyFacts, StageFacts};
use crate::ledger::evidence::Evidence;
use crate::ledger::facts::is_kind;
use crate::ledger::sightings::{Contents, Seen, Sightings};
use crate::model::time::{DAY, MINUTE};
use crate::model::{Instant, Interned, IsoDuration, PackageId, PolicyId, PrincipalId};
use serde_json::Value;
use std::collections::BTreeMap;

/// Everything that is known of one policy over time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyHistory {
    /// What looks saw, by time: one for each stretch of looks with the same record.
    pub versions: Vec<PolicyVersion>,
    /// Changes that the log tells, by time.
    pub changes: Vec<PolicyChange>,
}

/// A policy as it was over a stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyVersion {
    /// When it was made what it is, by its own record (`modifiedDateTime`, else `createdDateTime`); `None` where that does not
    /// tell, or tells a time at which another version was seen.
    pub since: Option<Instant>,
    /// Whether `since` is when the policy was created.
    pub created: bool,
    /// The first look that saw it so.
    pub first_seen: Instant,
    /// The last look that saw it so.
    pub last_seen: Instant,
    /// What it said.
    pub facts: PolicyFacts,
}

impl PolicyVersion {
    /// The first instant at which it is known to have been so.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.since.unwrap_or(self.first_seen)
    }
}

/// What happened to a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum PolicyAct {
    /// It was created.
    Created,
    /// It was changed.
    Updated,
    /// It was deleted.
    Deleted,
}

/// A change of a policy that the log tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct PolicyChange {
    /// When.
    pub at: Instant,
    /// The policy.
    pub policy: PolicyId,
    /// What happened.
    pub act: PolicyAct,
    /// Who did it.
    pub actor: Option<PrincipalId>,
    /// Their name at that time.
    pub actor_name: Interned,
    /// Properties that the record names, with the value before and after where it tells them.
    pub properties: Vec<ChangedProperty>,
    /// The record: `table:id`.
    pub source: Interned,
}

/// A property that a record names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct ChangedProperty {
    /// Its name as the record has it.
    pub name: Interned,
    /// The value before; empty where the record does not tell.
    pub old: Interned,
    /// The value after; empty where the record does not tell.
    pub new: Interned,
}

impl PolicyChange {
    /// A property by any of its names, compared without case, blanks and punctuation.
    #[must_use]
    pub fn property(&self, names: &[&str]) -> Option<&ChangedProperty> {
        let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect::<String>();
        self.properties.iter().find(|p| names.contains(&plain(&p.name).as_str()))
    }

    /// Whether approval was asked of new requests, before and after, as far as the record tells.
    #[must_use]
    pub fn approval(&self) -> (Option<bool>, Option<bool>) {
        let Some(property) = self.property(&["isapprovalrequiredforadd", "isapprovalrequired", "approvalrequired", "requireapproval"]) else {
            return (None, None);
        };
        let flag = |text: &str| match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        };
        (flag(&property.old), flag(&property.new))
    }
}

/// The change of a policy that an audit record tells, if it tells one.
pub(super) fn change_of(event: &AuditEvent) -> Option<PolicyChange> {
    let act = match event.activity_key.as_str() {
        "create access package assignment policy" => PolicyAct::Created,
        "update access package assignment policy" => PolicyAct::Updated,
        "delete access package assignment policy" | "delete access package assignment policy for a deleted user" => PolicyAct::Deleted,
        _ => return None,
    };
    let failed = event.result.as_deref().is_some_and(|r| !r.eq_ignore_ascii_case("success"));
    let is_policy = |t: &&crate::lake::records::AuditTarget| is_kind(t, "accesspackageassignmentpolicy") || is_kind(t, "policy");
    let target = event.targets.iter().find(is_policy).filter(|_| !failed)?;
    let id = target.id.as_deref().filter(|id| !id.is_empty())?;
    let of_target = target.modified.iter().map(|m| (m.name.as_deref(), m.old.as_deref(), m.new.as_deref()));
    // Details of the record tell the values after the change.
    let of_record = event.details.iter().map(|d| (d.key.as_deref(), None, d.value.as_deref()));
    let text = |value: Option<&str>| Interned::from(unquoted(value.unwrap_or_default()).as_str());
    let mut properties: Vec<ChangedProperty> = of_target
        .chain(of_record)
        .filter_map(|(name, old, new)| {
            Some(ChangedProperty {
                name: name.filter(|n| !n.is_empty())?.into(),
                old: text(old),
                new: text(new),
            })
        })
        .collect();
    properties.dedup();
    Some(PolicyChange {
        at: event.at?,
        policy: PolicyId::new(id),
        act,
        actor: event.actor_id.as_deref().filter(|id| !id.is_empty()).map(PrincipalId::new),
        actor_name: event.actor_upn.as_deref().or(event.actor_name.as_deref()).unwrap_or_default().into(),
        properties,
        source: format!("audit_events:{}", event.id).into(),
    })
}

/// A value freed of the JSON in which records wrap it.
fn unquoted(value: &str) -> String {
    match serde_json::from_str::<Value>(value) {
        Ok(Value::String(text)) => text,
        Ok(Value::Null) => String::new(),
        Ok(Value::Array(list)) if list.len() == 1 && !list[0].is_object() => list[0].as_str().map_or_else(|| list[0].to_string(), str::to_string),
        _ => value.to_string(),
    }
}

/// Fills in policies as of the instant of the questions, and their history.
pub(super) fn fill(access: &mut AccessModel, evidence: &Evidence, sightings: &Sightings) {
    for row in sightings.current(&evidence.policies, access.as_of) {
        let removed = sightings.of(Table::Policies).removed(&row.id, access.as_of);
        access.policies.insert(PolicyId::of(row.id), facts_of(row, removed));
    }
    let mut history = histories(evidence, sightings);
    for (id, facts) in access.policies.iter_mut().filter(|(_, f)| !f.automatic_told) {
        let versions = history.get(id).map_or(&[][..], |h| h.versions.as_slice());
        let told = versions.iter().rfind(|v| v.first_seen <= access.as_of && v.facts.automatic_told);
        (facts.automatic, facts.automatic_told) = told.map_or((false, false), |v| (v.facts.automatic, true));
    }
    // A policy listed without its package may be expanded in an assignment that names both.
    for row in &evidence.assignments {
        let (Some(policy), Some(package)) = (&row.policy_id, &row.package_id) else {
            continue;
        };
        let id = PolicyId::of(*policy);
        let now = access.policies.get_mut(&id).into_iter();
        let then = history.get_mut(&id).into_iter().flat_map(|h| h.versions.iter_mut().map(|v| &mut v.facts));
        for facts in now.chain(then) {
            facts.package.get_or_insert_with(|| PackageId::new(package));
        }
    }
    let mut changes: Vec<&PolicyChange> = evidence.audit_facts.policy_changes.iter().collect();
    changes.sort();
    changes.dedup();
    for change in changes {
        history.entry(change.policy.clone()).or_default().changes.push(change.clone());
    }
    access.policy_history = history;
}

/// What looks saw of every policy, by time.
fn histories(evidence: &Evidence, sightings: &Sightings) -> BTreeMap<PolicyId, PolicyHistory> {
    let all_seen = &sightings.of(Table::Policies).seen;
    let mut histories: BTreeMap<PolicyId, PolicyHistory> = BTreeMap::new();
    for (id, positions) in &Contents::of(&evidence.policies).0 {
        let seen = all_seen.get(id).map_or(&[][..], Vec::as_slice);
        // A top-level record tells more than the same policy nested in another.
        let own = seen.iter().any(|s| s.snapshot.is_some());
        let mut versions: Vec<(Interned, PolicyVersion)> = Vec::new();
        for look in seen.iter().filter(|s| !own || s.snapshot.is_some()) {
            match versions.last_mut().filter(|(hash, _)| *hash == look.content_hash) {
                Some((_, version)) => version.last_seen = look.since.max(version.last_seen),
                None => {
                    let row = positions.iter().map(|i| &evidence.policies[*i]).find(|r| r.content_hash == look.content_hash);
                    let before = versions.last().map(|(_, v)| v.last_seen);
                    versions.extend(row.map(|row| (look.content_hash, version(row, look, before))));
                }
            }
        }
        let versions = versions.into_iter().map(|(_, v)| v).collect();
        let history = PolicyHistory { versions, changes: Vec::new() };
        histories.insert(PolicyId::of(*id), history);
    }
    histories
}

/// The version that a look begins, after another that was last seen at `before`.
fn version(row: &PolicyRow, look: &Seen, before: Option<Instant>) -> PolicyVersion {
    let facts = facts_of(row, false);
    // Only a record that has the member for the last change tells that there was none.
    let unchanged = || row.created_at.filter(|_| row.content.contains("\"modifiedDateTime\""));
    let told = row.modified_at.or_else(unchanged).filter(|t| *t <= look.at);
    let since = told.filter(|t| before.is_none_or(|b| b < *t));
    PolicyVersion {
        since,
        // Graph sets the last change a moment after the creation.
        created: since.zip(row.created_at).is_some_and(|(s, c)| s.0 - c.0 <= MINUTE),
        first_seen: look.at,
        last_seen: look.since.max(since.unwrap_or(look.since)),
        facts,
    }
}

/// A policy's record in the words of the checks.
fn facts_of(row: &PolicyRow, removed: bool) -> PolicyFacts {
    let whole: Value = serde_json::from_str(&row.content).unwrap_or_default();
    let (review_from, review_end, review_once) = review_range(&whole);
    let requestors = &whole["requestorSettings"];
    PolicyFacts {
        name: row.name.unwrap_or_default().to_string(),
        package: row.package_id.map(PackageId::of),
        target_scope: row.target_scope.unwrap_or_default().to_string(),
        automatic: row.automatic == Some(true),
        automatic_told: row.automatic.is_some() || is_for_requests_only(row, &whole),
        expiration_type: row.expiration_type.unwrap_or_default().to_string(),
        approval_required: row.approval_required_add,
        justification_asked: row.requestor_justification,
        review_enabled: match row.review_settings {
            Some(true) => row.review_enabled,
            Some(false) => Some(false),
            None => None,
        },
        review_every: row.review_recurrence.as_deref().and_then(IsoDuration::parse),
        review_every_text: row.review_recurrence.unwrap_or_default().to_string(),
        review_from,
        review_until: review_end.at(),
        review_lasts: review_lasts(&whole),
        review_once,
        review_range_unclear: review_end == SeriesEnd::Untold,
        self_review: row.review_self == Some(true),
        approval_for_extension: row.approval_required_update,
        stages: stages(row, &whole),
        approvers: row.stages.iter().flat_map(|s| s.approvers.iter().map(ToString::to_string)).collect(),
        description: row.description.unwrap_or_default().to_string(),
        expires_after: row.expiration_duration.as_deref().and_then(IsoDuration::parse),
        expires_after_text: row.expiration_duration.unwrap_or_default().to_string(),
        expires_at: row.expiration_at,
        custom_schedule: row.custom_schedule,
        extendable: requestors["enableTargetsToSelfUpdateAccess"].as_bool().or_else(|| whole["canExtend"].as_bool()),
        requests_accepted: requests_accepted(requestors),
        reviewers: row.review_reviewers.iter().map(ToString::to_string).collect(),
        questions: questions(&whole),
        created_at: row.created_at,
        modified_at: row.modified_at,
        removed,
    }
}

/// Whether a record without settings of automatic requests tells that no rule assigns: a rule stands among the targets.
fn is_for_requests_only(row: &PolicyRow, whole: &Value) -> bool {
    let scope = row.target_scope.unwrap_or_default();
    let of_some = ["specificDirectoryUsers", "SpecificDirectorySubjects"];
    let is_specific = of_some.iter().any(|s| scope.eq_ignore_ascii_case(s));
    let listed = whole["specificAllowedTargets"].is_array() || whole["requestorSettings"]["allowedRequestors"].is_array();
    !scope.is_empty() && !row.content.contains("attributeRuleMembers") && (listed || !is_specific)
}

/// Whether anybody may ask at all, for themselves or for others; `None` where the record does not tell.
fn requests_accepted(requestors: &Value) -> Option<bool> {
    let of_self = requestors["enableTargetsToSelfAddAccess"]
        .as_bool()
        .or_else(|| requestors["acceptRequests"].as_bool())?;
    let of_others = requestors["enableOnBehalfRequestorsToAddAccess"].as_bool() == Some(true);
    Some(of_self || of_others)
}

/// Questions to requestors and whether an answer is due, sorted; `None` where the record does not list them.
///
/// v1.0 has them where they were expanded, beta always; the text of v1.0 is a string, that of beta localised.
fn questions(whole: &Value) -> Option<Vec<(String, bool)>> {
    let list = whole["questions"].as_array()?;
    let text = |q: &Value| match &q["text"] {
        Value::String(text) => text.clone(),
        text => text["defaultText"].as_str().unwrap_or_default().to_string(),
    };
    let mut questions: Vec<(String, bool)> = list.iter().map(|q| (text(q), q["isRequired"].as_bool() == Some(true))).collect();
    questions.sort();
    Some(questions)
}

/// Stages in order, with those who decide when no approver does, whom no column holds.
fn stages(row: &PolicyRow, whole: &Value) -> Vec<StageFacts> {
    let settings = &whole["requestApprovalSettings"];
    let told = ["stages", "approvalStages"].iter().find_map(|name| settings[*name].as_array());
    let whole = |i: usize| told.and_then(|list| list.get(i)).unwrap_or(&Value::Null);
    row.stages.iter().enumerate().map(|(i, s)| stage(s, whole(i))).collect()
}

/// Whom the escalation of a stage asks, `kind:id`.
fn alternates(stage: &Value) -> Vec<String> {
    if stage["isEscalationEnabled"].as_bool() != Some(true) {
        return Vec::new();
    }
    let lists = ["escalationApprovers", "fallbackEscalationApprovers"]
        .iter()
        .filter_map(|name| stage[*name].as_array());
    let one = |subject: &Value| {
        let kind = subject["@odata.type"].as_str().unwrap_or_default();
        let kind = kind.rsplit('.').next().filter(|k| !k.is_empty()).unwrap_or("unknown");
        let id = ["userId", "groupId", "id"].iter().find_map(|name| subject[*name].as_str());
        format!("{kind}:{}", id.unwrap_or_default().to_ascii_lowercase())
    };
    lists.flatten().map(one).collect()
}

fn stage(row: &PolicyStage, whole: &Value) -> StageFacts {
    let texts = |list: &[Interned]| list.iter().map(ToString::to_string).collect();
    StageFacts {
        approvers: texts(&row.approvers),
        fallbacks: texts(&row.fallbacks),
        alternates: alternates(whole),
        justification: row.approver_justification,
        duration: row.duration.as_deref().and_then(IsoDuration::parse),
        duration_text: row.duration.unwrap_or_default().to_string(),
    }
}

/// When the review series of a policy begins and ends, and whether it happens once, which no column holds.
///
/// v1.0 has `reviewSettings.schedule` with a recurrence and its range, beta `accessReviewSettings` with a start and a recurrence type.
fn review_range(whole: &Value) -> (Option<Instant>, SeriesEnd, bool) {
    let beta = &whole["accessReviewSettings"];
    let schedule = &whole["reviewSettings"]["schedule"];
    let recurrence = &schedule["recurrence"];
    let instant = |value: &Value| value.as_str().and_then(Instant::parse);
    let from = instant(&schedule["startDateTime"])
        .or_else(|| instant(&recurrence["range"]["startDate"]))
        .or_else(|| instant(&beta["startDateTime"]));
    let once = beta["recurrenceType"].as_str().is_some_and(|t| t.eq_ignore_ascii_case("onetime")) || (schedule.is_object() && recurrence.is_null());
    (from, SeriesEnd::of(recurrence, from), once)
}

/// How long each review of a policy runs: in v1.0 by the expiration of its schedule, in beta by a number of days.
fn review_lasts(whole: &Value) -> Option<IsoDuration> {
    let text = whole["reviewSettings"]["schedule"]["expiration"]["duration"].as_str();
    let days = whole["accessReviewSettings"]["durationInDays"].as_u64();
    text.and_then(IsoDuration::parse).or_else(|| IsoDuration::parse(&format!("P{}D", days?)))
}

/// When a series of reviews ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SeriesEnd {
    /// It goes on until somebody stops it, or it happens once.
    Never,
    /// At this instant.
    At(Instant),
    /// Its record has no range, or one of a kind that is not known.
    Untold,
}

impl SeriesEnd {
    /// The end by the range of a recurrence (Graph's `patternedRecurrence`) that begins at `from`.
    pub(super) fn of(recurrence: &Value, from: Option<Instant>) -> Self {
        let (pattern, range) = (&recurrence["pattern"], &recurrence["range"]);
        // What does not recur has no range that counts.
        if !pattern.is_object() {
            return Self::Never;
        }
        let end = match range["type"].as_str().unwrap_or_default().to_ascii_lowercase().as_str() {
            "noend" => return Self::Never,
            // The day that is named is the last one.
            "enddate" => range["endDate"].as_str().and_then(Instant::parse).map(|t| t.plus(DAY)),
            "numbered" => from.zip(range["numberOfOccurrences"].as_u64()).map(|(start, times)| {
                let every = pattern["interval"].as_u64().unwrap_or(1).max(1);
                nth(start, pattern["type"].as_str().unwrap_or_default(), every.saturating_mul(times))
            }),
            _ => None,
        };
        // A date of before the epoch stands for one that was never set.
        end.filter(|t| t.0 > 0).map_or(Self::Untold, Self::At)
    }

    /// The instant, where there is one.
    pub(super) fn at(self) -> Option<Instant> {
        if let Self::At(at) = self { Some(at) } else { None }
    }
}

/// The instant so many periods of a recurrence after its start.
fn nth(start: Instant, pattern: &str, periods: u64) -> Instant {
    let pattern = pattern.to_ascii_lowercase();
    let count = u32::try_from(periods).unwrap_or(u32::MAX);
    let seconds = |days: i64| i64::from(count).saturating_mul(days * 86_400);
    let length = match pattern.as_str() {
        "daily" => IsoDuration {
            months: 0,
            seconds: seconds(1),
        },
        "weekly" => IsoDuration {
            months: 0,
            seconds: seconds(7),
        },
        p if p.ends_with("yearly") => IsoDuration {
            months: count.saturating_mul(12),
            seconds: 0,
        },
        _ => IsoDuration { months: count, seconds: 0 },
    };
    length.after(start)
}
