//! Assignment policies over time: one row for each time during which a policy was seen to be the same.

use crate::lake::View;
use crate::lake::objects::{PolicyRow, PolicyStage};
use crate::lake::records::Sighting;
use crate::ledger::AccessModel;
use crate::model::{EntitlementKey, Instant, Interned};
use crate::views::ViewError;
use crate::views::make::{listed, some};
use crate::views::rows::PolicyVersionRow;
use std::collections::{BTreeMap, BTreeSet};

/// Contents of one policy in the order in which they were seen.
type Seen<'a> = Vec<(&'a PolicyRow, Instant)>;

/// All versions of all policies, by policy and time.
pub(super) fn versions(access: &AccessModel, view: Option<&View>) -> Result<Vec<PolicyVersionRow>, ViewError> {
    let Some(view) = view else { return Ok(Vec::new()) };
    let rows: Vec<PolicyRow> = view.rows()?;
    let sightings: Vec<Sighting> = view.rows_where("collection", &BTreeSet::from(["policies"]))?;
    let contents: BTreeMap<(Interned, Interned), &PolicyRow> = rows.iter().map(|r| ((r.id, r.content_hash), r)).collect();
    let mut by_policy: BTreeMap<&str, Vec<&Sighting>> = BTreeMap::new();
    for s in &sightings {
        by_policy.entry(s.object_id.as_str()).or_default().push(s);
    }
    let mut all = Vec::new();
    for mut looks in by_policy.into_values() {
        // What is nested in another record has fewer members, and a file's modification time tells no instant: they count where there is nothing else.
        for weaker in [|s: &Sighting| s.snapshot_id.is_none(), |s: &Sighting| s.presence_only] {
            if looks.iter().any(|s| !weaker(s)) {
                looks.retain(|s| !weaker(s));
            }
        }
        looks.sort_by(|a, b| (a.observed_at, a.content_hash.as_str()).cmp(&(b.observed_at, b.content_hash.as_str())));
        let seen: Seen = looks
            .iter()
            .filter(|s| s.observed_at <= access.as_of)
            .filter_map(|s| Some((*contents.get(&(s.object_id, s.content_hash))?, s.observed_at)))
            .collect();
        all.extend(of_policy(access, &seen));
    }
    Ok(all)
}

fn of_policy(access: &AccessModel, seen: &Seen) -> Vec<PolicyVersionRow> {
    let mut versions: Vec<PolicyVersionRow> = Vec::new();
    for (row, at) in seen {
        match versions.last_mut() {
            Some(last) if same(last, row) => last.seen_until = *at,
            last => {
                let (version, changed_after) = last.map_or((1, None), |l| (l.version + 1, Some(l.seen_until)));
                versions.push(version_of(access, row, *at, version, changed_after));
            }
        }
    }
    if let Some(last) = versions.last_mut() {
        last.is_newest = true;
    }
    versions
}

/// Whether a later look shows the same, in all that the row tells.
fn same(version: &PolicyVersionRow, row: &PolicyRow) -> bool {
    let told = version_of_row(row);
    let kept = PolicyVersionRow {
        package_name: None,
        version: 0,
        is_newest: false,
        changed_after: None,
        seen_from: Instant::default(),
        seen_until: Instant::default(),
        modified_at: None,
        ..version.clone()
    };
    told == kept
}

fn version_of(access: &AccessModel, row: &PolicyRow, at: Instant, version: i64, changed_after: Option<Instant>) -> PolicyVersionRow {
    PolicyVersionRow {
        package_name: row.package_id.map(|p| access.entitlement_name(&EntitlementKey::package(&p))),
        version,
        changed_after,
        seen_from: at,
        seen_until: at,
        // A time of change counts where it lies between the two looks.
        modified_at: row.modified_at.filter(|m| changed_after.is_none_or(|c| c < *m) && *m <= at),
        ..version_of_row(row)
    }
}

fn version_of_row(row: &PolicyRow) -> PolicyVersionRow {
    let all = |pick: fn(&PolicyStage) -> &Vec<Interned>| -> Vec<Interned> { row.stages.iter().flat_map(|s| pick(s).iter().copied()).collect() };
    let asked: Vec<bool> = row.stages.iter().filter_map(|s| s.approver_justification).collect();
    PolicyVersionRow {
        policy_id: row.id,
        policy_name: row.name.and_then(some),
        package_id: row.package_id,
        approval_required: row.approval_required_add,
        approval_required_for_extension: row.approval_required_update,
        stage_count: i64::try_from(row.stages.len()).unwrap_or(i64::MAX),
        approvers: listed(&all(|s| &s.approvers)),
        fallback_approvers: listed(&all(|s| &s.fallbacks)),
        approver_justification: (!asked.is_empty()).then(|| asked.iter().all(|a| *a)),
        requestor_justification: row.requestor_justification,
        expiration_type: row.expiration_type,
        expiration_duration: row.expiration_duration,
        expiration_at: row.expiration_at,
        target_scope: row.target_scope,
        is_automatic: row.automatic,
        review_enabled: row.review_enabled,
        review_recurrence: row.review_recurrence,
        review_self: row.review_self,
        reviewers: listed(&row.review_reviewers),
        record: format!("policies:{}", row.id).into(),
        ..PolicyVersionRow::default()
    }
}
