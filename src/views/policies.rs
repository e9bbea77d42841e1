//! Assignment policies over time: one row for each time during which a policy was seen to be the same, and what the log tells of changes.

use crate::ledger::AccessModel;
use crate::ledger::access_model::{PolicyFacts, StageFacts};
use crate::ledger::policy_history::{PolicyAct, PolicyChange, PolicyVersion};
use crate::model::{EntitlementKey, Interned, PackageId, PolicyId, PrincipalId};
use crate::views::make::some;
use crate::views::rows::{PolicyChangeRow, PolicyVersionRow};

/// All versions of all policies, by policy and time.
pub(super) fn versions(access: &AccessModel) -> Vec<PolicyVersionRow> {
    let mut rows = Vec::new();
    for (id, history) in &access.policy_history {
        // Looks after the instant of the questions are not asked.
        let seen = history.versions.iter().filter(|v| v.first_seen <= access.as_of);
        let mut merged: Vec<PolicyVersion> = Vec::new();
        for version in seen {
            match merged.last_mut() {
                Some(last) if last.facts == same_times(&version.facts, &last.facts) => last.last_seen = version.last_seen,
                _ => merged.push(version.clone()),
            }
        }
        let count = merged.len();
        for (i, version) in merged.iter().enumerate() {
            let before = i.checked_sub(1).map(|b| merged[b].last_seen);
            rows.push(PolicyVersionRow {
                policy_id: id.interned(),
                version: i64::try_from(i + 1).unwrap_or(i64::MAX),
                is_newest: i + 1 == count,
                changed_after: before,
                // One snapshot of a day was made at some instant of it: its end comes before its beginning.
                seen_from: version.first_seen.min(version.last_seen),
                seen_until: version.first_seen.max(version.last_seen),
                modified_at: version.since.filter(|s| before.is_none_or(|b| b < *s) && *s <= version.first_seen),
                ..row(access, id, &version.facts)
            });
        }
    }
    rows
}

/// The facts with the times of another: when a record was changed is no difference in what it says.
fn same_times(facts: &PolicyFacts, other: &PolicyFacts) -> PolicyFacts {
    PolicyFacts {
        created_at: other.created_at,
        modified_at: other.modified_at,
        ..facts.clone()
    }
}

fn package_name(access: &AccessModel, package: Option<&PackageId>) -> Option<Interned> {
    package.map(|p| access.entitlement_name(&EntitlementKey::package(p.as_str())))
}

fn joined(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join(";"))
}

fn row(access: &AccessModel, id: &PolicyId, facts: &PolicyFacts) -> PolicyVersionRow {
    let of_stages = |pick: fn(&StageFacts) -> &Vec<String>| -> Vec<String> { facts.stages.iter().flat_map(|s| pick(s).iter().cloned()).collect() };
    let asked: Vec<bool> = facts.stages.iter().filter_map(|s| s.justification).collect();
    let text = |t: &str| some(Interned::from(t));
    PolicyVersionRow {
        policy_name: text(&facts.name),
        package_id: facts.package.as_ref().map(PackageId::interned),
        package_name: package_name(access, facts.package.as_ref()),
        approval_required: facts.approval_required,
        approval_required_for_extension: facts.approval_for_extension,
        stage_count: i64::try_from(facts.stages.len()).unwrap_or(i64::MAX),
        approvers: joined(&of_stages(|s| &s.approvers)),
        fallback_approvers: joined(&of_stages(|s| &s.fallbacks)),
        approver_justification: (!asked.is_empty()).then(|| asked.iter().all(|a| *a)),
        requestor_justification: facts.justification_asked,
        expiration_type: text(&facts.expiration_type),
        expiration_duration: text(&facts.expires_after_text),
        expiration_at: facts.expires_at,
        target_scope: text(&facts.target_scope),
        is_automatic: Some(facts.automatic),
        review_enabled: facts.review_enabled,
        review_recurrence: text(&facts.review_every_text),
        review_self: Some(facts.self_review),
        reviewers: joined(&facts.reviewers),
        record: format!("policies:{id}").into(),
        ..PolicyVersionRow::default()
    }
}

/// Changes that the log tells, by time.
pub(super) fn changes(access: &AccessModel) -> Vec<PolicyChangeRow> {
    let newest = |id: &PolicyId| {
        access
            .policies
            .get(id)
            .or_else(|| access.policy_history.get(id)?.versions.last().map(|v| &v.facts))
    };
    let row = |c: &PolicyChange| {
        let facts = newest(&c.policy);
        let property = |p: &crate::ledger::policy_history::ChangedProperty| match p.old.is_empty() {
            true => format!("{}: {}", p.name, p.new),
            false => format!("{}: {} -> {}", p.name, p.old, p.new),
        };
        let properties: Vec<String> = c.properties.iter().map(property).collect();
        let (before, after) = c.approval();
        PolicyChangeRow {
            occurred_at: c.at,
            policy_id: c.policy.interned(),
            policy_name: facts.and_then(|f| some(Interned::from(&f.name))),
            package_id: facts.and_then(|f| f.package.as_ref()).map(PackageId::interned),
            package_name: facts.and_then(|f| package_name(access, f.package.as_ref())),
            act: match c.act {
                PolicyAct::Created => "created",
                PolicyAct::Updated => "updated",
                PolicyAct::Deleted => "deleted",
            }
            .into(),
            actor_id: c.actor.as_ref().map(PrincipalId::interned),
            actor_name: some(c.actor_name),
            approval_before: before,
            approval_after: after,
            properties: (!properties.is_empty()).then(|| properties.join("; ")),
            record: c.source,
        }
    };
    let mut rows: Vec<PolicyChangeRow> = access.policy_history.values().flat_map(|h| &h.changes).map(row).collect();
    rows.sort_by(|a, b| (a.occurred_at, a.record.as_str()).cmp(&(b.occurred_at, b.record.as_str())));
    rows
}
