//! Tables below the views, made from the access model and the books of the lake.

use crate::lake::View;
use crate::lake::records::{Coverage, Reject, Snapshot, Source};
use crate::ledger::AccessModel;
use crate::ledger::access_model::{PackageContent, RequestHistory};
use crate::ledger::effective;
use crate::ledger::span::Span;
use crate::model::{
    AccessEvent, Certainty, Decision, EntitlementKey, EntitlementKind, Holding, Instant, Interned, PackageId, PolicyId, Presence, PrincipalId, PrincipalState,
    Window,
};
use crate::views::rows::*;
use crate::views::{Base, ViewError, policies, records, store};
use serde_json::json;

/// What tables are made from.
#[derive(Clone, Copy)]
pub struct Material<'a> {
    /// The access model.
    pub access: &'a AccessModel,
    /// The lake at its commit; without it, tables that are the lake's own are empty.
    pub view: Option<&'a View>,
}

impl Material<'_> {
    /// A table as Parquet.
    ///
    /// # Errors
    /// When a file of the lake is missing or damaged.
    pub fn parquet(&self, base: Base) -> Result<Vec<u8>, ViewError> {
        let access = self.access;
        match base {
            Base::Asked => store::encode(&[self.asked()]),
            Base::Holdings => store::encode(&access.holdings.iter().map(|h| holding(access, h, true)).collect::<Vec<_>>()),
            Base::Holders => store::encode(&held_by_any_path(access)),
            Base::Facts => store::encode(&access.events.iter().map(|e| fact(access, e)).collect::<Vec<_>>()),
            Base::Requests => store::encode(&access.requests.values().map(|r| request(access, r)).collect::<Vec<_>>()),
            Base::Approvals => store::encode(&access.requests.values().flat_map(|r| approvals(access, r)).collect::<Vec<_>>()),
            Base::Decisions => store::encode(&decisions(access)),
            Base::Policies => store::encode(&policies::versions(access)),
            Base::PolicyChanges => store::encode(&policies::changes(access)),
            Base::Contents => store::encode(&access.contents.iter().map(|c| content(access, c)).collect::<Vec<_>>()),
            Base::Packages => store::encode(&packages(access)),
            Base::Principals => store::encode(&principals(access)),
            Base::Owners => store::encode(&owners(access)),
            Base::Usage => store::encode(&usage(access)),
            Base::Coverage => store::encode(&self.books(coverage)?),
            Base::Sources => store::encode(&self.books(source)?),
            Base::Rejects => store::encode(&self.books(reject)?),
            Base::Snapshots => store::encode(&self.books(snapshot)?),
            Base::Records => store::encode(&records::records(self.view, &self.access.names)?),
            Base::Findings => Err(ViewError::Bug("findings come from the checks".into())),
        }
    }

    fn asked(&self) -> AskedRow {
        AskedRow {
            tenant_id: self.access.tenant.interned(),
            as_of: self.access.as_of,
            commit_id: self.view.and_then(View::commit_id).unwrap_or_default().into(),
            commit_sequence: self.view.map_or(0, |v| i64::try_from(v.sequence()).unwrap_or(i64::MAX)),
        }
    }

    fn books<R: crate::lake::table::Row, T>(&self, row: fn(R) -> T) -> Result<Vec<T>, ViewError> {
        let rows = self.view.map(View::rows::<R>).transpose()?.unwrap_or_default();
        Ok(rows.into_iter().map(row).collect())
    }
}

/// Nothing for empty text.
pub(super) fn some(text: Interned) -> Option<Interned> {
    (!text.is_empty()).then_some(text)
}

fn some_text(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// Several texts in one column.
pub(super) fn listed<'a>(texts: impl IntoIterator<Item = &'a Interned>) -> Option<String> {
    some_text(texts.into_iter().map(|t| t.as_str()).collect::<Vec<_>>().join(";"))
}

fn end(at: Instant) -> Option<Instant> {
    (at.0 != i64::MIN && at.0 != i64::MAX).then_some(at)
}

/// The word of a presence, as `held_now` has it.
fn held_word(presence: Presence) -> Interned {
    match presence {
        Presence::Never => "no".into(),
        other => other.as_str().into(),
    }
}

/// Every holding, however one comes to it; direct ones are marked.
fn held_by_any_path(access: &AccessModel) -> Vec<HoldingRow> {
    let direct: std::collections::HashSet<(&PrincipalId, &EntitlementKey, Interned, Option<Instant>)> =
        access.holdings.iter().map(|h| (&h.principal, &h.entitlement, h.path, h.from_latest)).collect();
    let all = effective::effective(access);
    let is_direct = |h: &Holding| direct.contains(&(&h.principal, &h.entitlement, h.path, h.from_latest));
    all.iter().map(|h| holding(access, h, is_direct(h))).collect()
}

fn holding(access: &AccessModel, h: &Holding, is_direct: bool) -> HoldingRow {
    let outer = h.outer();
    let decision =
        |d: &Decision| json!({"stage": d.stage, "who": d.who.as_str(), "at": d.at.as_str(), "decision": d.decision.as_str(), "reason": d.reason.as_str()});
    let decisions: Vec<serde_json::Value> = h.decisions.iter().map(decision).collect();
    HoldingRow {
        principal_id: h.principal.interned(),
        principal_name: h.principal_name,
        principal_type: h.principal_type,
        principal_state: h.principal_state.as_str().into(),
        principal_state_since: h.principal_state_since,
        entitlement_kind: h.entitlement.kind.as_str().into(),
        entitlement_id: h.entitlement.id,
        entitlement_name: h.entitlement_name,
        target_id: h.entitlement.resource().into(),
        resource_id: some(h.entitlement.resource_id().into()),
        role_id: some(h.entitlement.role_id().into()),
        role: some(h.role_name().into()),
        scope_id: some(h.entitlement.scope_id().into()),
        assignment_state: h.assignment_state.into(),
        delivery: h.partially_delivered.then(|| "partial".into()),
        held_now: held_word(h.presence(Window::at(access.as_of))),
        held_from: h.held_from,
        held_until: h.held_until,
        from_certainty: h.from_certainty.as_str().into(),
        until_certainty: h.until_certainty.as_str().into(),
        from_earliest: h.from_earliest,
        from_latest: h.from_latest,
        until_earliest: h.until_earliest,
        until_latest: h.until_latest,
        scheduled_until: h.scheduled_until,
        no_expiration: h.no_expiration,
        last_seen: h.last_seen,
        outer_from: end(outer.from),
        outer_until: end(outer.until),
        path: h.path,
        is_direct,
        grant_kind: h.grant_kind.as_str().into(),
        requested_by: h.requested_by.as_ref().map(PrincipalId::interned),
        on_behalf_of: h.on_behalf_of.as_ref().map(PrincipalId::interned),
        granted_by: some(h.granted_by),
        approved_by: listed(&h.approved_by),
        decisions: (!decisions.is_empty()).then(|| serde_json::Value::from(decisions).to_string()),
        justification: h.justification,
        ended_by: some(h.ended_by),
        end_reason: some(h.end_reason),
        assignment_id: h.assignment.as_ref().map(|a| a.interned()),
        request_id: h.request.as_ref().map(|r| r.interned()),
        policy_id: h.policy.as_ref().map(PolicyId::interned),
        evidence: listed(&h.evidence),
    }
}

fn fact(access: &AccessModel, e: &AccessEvent) -> FactRow {
    let kind = match (e.actor_is_person, e.actor_is_service) {
        (true, _) => "person",
        (false, true) => "service",
        (false, false) if e.actor.is_some() => "application",
        (false, false) => "unknown",
    };
    FactRow {
        occurred_at: e.at,
        action: e.action.as_str().into(),
        outcome: e.outcome.as_str().into(),
        principal_id: e.principal.as_ref().map(PrincipalId::interned),
        principal_name: e.principal.as_ref().map(|p| access.principal_name_at(p, e.at)),
        entitlement_kind: e.entitlement.as_ref().map(|k| k.kind.as_str().into()),
        entitlement_id: e.entitlement.as_ref().map(|k| k.id),
        entitlement_name: e.entitlement.as_ref().map(|k| access.entitlement_name_at(k, e.at)),
        target_id: e.entitlement.as_ref().map(|k| k.resource().into()),
        actor_id: e.actor.as_ref().map(PrincipalId::interned),
        actor_name: some(e.actor_name),
        actor_kind: kind.into(),
        actor_app_id: some(e.actor_app_id),
        by_pim: e.by_pim,
        starts_at: e.starts_at,
        ends_at: e.ends_at,
        stage: e.stage.map(i64::from),
        justification: e.justification,
        request_id: e.request.as_ref().map(|r| r.interned()),
        assignment_id: e.assignment.as_ref().map(|a| a.interned()),
        policy_id: e.policy.as_ref().map(PolicyId::interned),
        correlation_id: some(e.correlation),
        record: e.source,
    }
}

fn package_name(access: &AccessModel, package: Option<&PackageId>) -> Option<Interned> {
    package.map(|p| access.entitlement_name(&EntitlementKey::package(p.as_str())))
}

fn name(access: &AccessModel, who: Option<&PrincipalId>) -> Option<Interned> {
    who.map(|p| access.principal_name(p))
}

fn request(access: &AccessModel, r: &RequestHistory) -> RequestOfRow {
    let recipient = r.recipient.as_ref().or(r.likely_recipient.as_ref());
    let policy = r.policy.as_ref().and_then(|p| access.policies.get(p)).map(|p| p.name.clone());
    RequestOfRow {
        request_id: r.id.interned(),
        request_type: some(r.kind),
        state: some(r.state),
        created_at: r.created_at,
        completed_at: r.completed_at,
        requestor_id: r.requestor.as_ref().map(PrincipalId::interned),
        requestor_name: name(access, r.requestor.as_ref()),
        recipient_id: recipient.map(PrincipalId::interned),
        recipient_name: name(access, recipient),
        administrator_id: r.administrator.as_ref().map(PrincipalId::interned),
        administrator_name: name(access, r.administrator.as_ref()),
        removed_by: some(r.removed_by),
        package_id: r.package.as_ref().map(PackageId::interned),
        package_name: package_name(access, r.package.as_ref()),
        policy_id: r.policy.as_ref().map(PolicyId::interned),
        policy_name: policy.and_then(some_text),
        assignment_id: r.assignment.as_ref().map(|a| a.interned()),
        justification: r.justification,
        justification_visible: r.justification_visible,
        decision_count: i64::try_from(r.decisions.len()).unwrap_or(i64::MAX),
        requested_until: r.end_at,
        expiration_type: some(r.expiration_type),
        evidence: listed(&r.evidence),
    }
}

fn approvals(access: &AccessModel, r: &RequestHistory) -> Vec<ApprovalOfRow> {
    let recipient = r.recipient.as_ref().or(r.likely_recipient.as_ref());
    let row = |d: &Decision| ApprovalOfRow {
        request_id: r.id.interned(),
        stage: d.stage.map(i64::from),
        approver_id: some(d.who),
        approver_name: some(d.name),
        decided_at: Instant::parse(&d.at),
        decision: d.decision,
        reason: some(d.reason),
        request_state: some(r.state),
        requestor_id: r.requestor.as_ref().map(PrincipalId::interned),
        recipient_id: recipient.map(PrincipalId::interned),
        recipient_name: name(access, recipient),
        package_id: r.package.as_ref().map(PackageId::interned),
        package_name: package_name(access, r.package.as_ref()),
        policy_id: r.policy.as_ref().map(PolicyId::interned),
    };
    r.decisions.iter().map(row).collect()
}

fn decisions(access: &AccessModel) -> Vec<DecisionRow> {
    let row = |d: &crate::ledger::access_model::ReviewDecision| DecisionRow {
        decision_id: d.id,
        decision: some(d.decision),
        apply_result: some(d.apply_result),
        principal_id: d.principal.interned(),
        principal_name: access.principal_name(&d.principal),
        resource_id: some(d.resource),
        reviewed_at: d.reviewed_at,
        applied_at: d.applied_at,
        reviewer_id: d.reviewer.as_ref().map(PrincipalId::interned),
        reviewer_name: name(access, d.reviewer.as_ref()),
    };
    access.review_decisions.iter().map(row).collect()
}

fn content(access: &AccessModel, c: &PackageContent) -> ContentRow {
    ContentRow {
        package_id: c.package.interned(),
        package_name: package_name(access, Some(&c.package)).unwrap_or_default(),
        entitlement_kind: c.entitlement.as_ref().map(|k| k.kind.as_str().into()),
        entitlement_id: c.entitlement.as_ref().map(|k| k.id),
        entitlement_name: c.entitlement.as_ref().map(|k| access.entitlement_name(k)).or(some(c.resource_name)),
        target_id: c.entitlement.as_ref().map(|k| k.resource().into()),
        held_from: c.span.held_from,
        held_until: c.span.held_until,
        from_certainty: c.span.from_certainty.as_str().into(),
        until_certainty: c.span.until_certainty.as_str().into(),
        from_earliest: c.span.from_earliest,
        from_latest: c.span.from_latest,
        until_earliest: c.span.until_earliest,
        until_latest: c.span.until_latest,
        resource_name: some(c.resource_name),
        proved: serde_json::to_string(&c.span.proved).unwrap_or_default(),
        evidence: listed(&c.evidence),
    }
}

/// The contents of packages as they were kept: for paths, without making the access model again.
///
/// # Errors
/// When the file is missing or damaged.
pub fn kept_contents(path: &std::path::Path) -> Result<Vec<PackageContent>, ViewError> {
    let damaged = || {
        ViewError::Bug(format!(
            "{} is damaged; delete the folder _ledger of the lake, and it is made again",
            path.display()
        ))
    };
    let content = |row: ContentRow| -> Result<PackageContent, ViewError> {
        let certainty = |word: Interned| Certainty::from_word(&word).ok_or_else(damaged);
        let key = row.entitlement_kind.zip(row.entitlement_id);
        let entitlement = key.map(|(kind, id)| EntitlementKind::from_word(&kind).map(|kind| EntitlementKey { kind, id }).ok_or_else(damaged));
        Ok(PackageContent {
            package: PackageId::of(row.package_id),
            entitlement: entitlement.transpose()?,
            resource_name: row.resource_name.unwrap_or_default(),
            span: Span {
                from_certainty: certainty(row.from_certainty)?,
                until_certainty: certainty(row.until_certainty)?,
                held_from: row.held_from,
                held_until: row.held_until,
                from_earliest: row.from_earliest,
                from_latest: row.from_latest,
                until_earliest: row.until_earliest,
                until_latest: row.until_latest,
                proved: serde_json::from_str(&row.proved).map_err(|_| damaged())?,
            },
            evidence: row.evidence.iter().flat_map(|e| e.split(';')).map(Interned::from).collect(),
        })
    };
    let rows: Vec<ContentRow> = crate::lake::kept::read(path)?;
    rows.into_iter().map(content).collect()
}

fn packages(access: &AccessModel) -> Vec<PackageOfRow> {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let row = |(id, p): (&PackageId, &crate::ledger::access_model::PackageFacts)| PackageOfRow {
        package_id: id.interned(),
        package_name: if p.name.is_empty() { id.to_string() } else { p.name.clone() },
        description: some_text(p.description.clone()),
        catalog_id: some_text(p.catalog.clone()),
        catalog_name: access.catalogs.get(&p.catalog).cloned().and_then(some_text),
        is_removed: p.removed,
        policy_count: count(p.policies.len()),
        content_count: count(p.roles.len()),
    };
    access.packages.iter().map(row).collect()
}

fn principals(access: &AccessModel) -> Vec<PrincipalRow> {
    use crate::ledger::names::ObjectKind;
    let mut rows: Vec<PrincipalRow> = access
        .names
        .iter()
        .filter(|(_, n)| matches!(n.kind, ObjectKind::User | ObjectKind::Group | ObjectKind::ServicePrincipal))
        .map(|(id, named)| {
            let principal = PrincipalId::of(id);
            let person = access.people.get(&principal);
            let group = access.groups.get(id.as_str());
            let (state, since): (PrincipalState, _) = access.principal_state(&principal, access.as_of);
            PrincipalRow {
                principal_id: id,
                principal_name: access.principal_name(&principal),
                display_name: named.at(access.as_of).map(|n| n.name).and_then(some),
                principal_type: access.principal_type(&principal, access.as_of).into(),
                principal_state: state.as_str().into(),
                principal_state_since: since,
                created_at: named.created_at,
                deleted_at: named.deleted_at,
                leave_at: person.and_then(|p| p.leave_at),
                department: person.and_then(|p| some(p.department)),
                employee_type: person.and_then(|p| some(p.employee_type)),
                manager_id: person.and_then(|p| p.manager.as_ref()).map(PrincipalId::interned),
                sponsor_ids: person
                    .and_then(|p| p.sponsors.as_ref())
                    .and_then(|all| some_text(all.iter().map(PrincipalId::as_str).collect::<Vec<_>>().join(";"))),
                mail: person.and_then(|p| some(p.mail)),
                app_id: access.apps.get(id.as_str()).and_then(|a| some(Interned::from(&a.app_id))),
                role_assignable: group.is_some_and(|g| g.role_assignable),
                dynamic_membership: group.is_some_and(|g| g.dynamic == Some(true)),
                is_exported: named.exported,
            }
        })
        .collect();
    rows.sort_by(|a, b| a.principal_id.as_str().cmp(b.principal_id.as_str()));
    rows
}

fn owners(access: &AccessModel) -> Vec<OwnerRow> {
    let object_name = |id: &str| access.names.of(id).map(|n| n.shown_at(access.as_of)).filter(|n| !n.is_empty());
    let row = |id: &str, owner: &PrincipalId| OwnerRow {
        object_id: id.into(),
        object_name: object_name(id).unwrap_or_else(|| id.into()),
        owner_id: owner.interned(),
        owner_name: access.principal_name(owner),
        owner_state: access.principal_state(owner, access.as_of).0.as_str().into(),
    };
    access.owners.iter().flat_map(|(id, owners)| owners.iter().map(move |o| row(id, o))).collect()
}

fn usage(access: &AccessModel) -> Vec<UsageRow> {
    let mut names: ahash::AHashMap<Interned, Interned> = ahash::AHashMap::new();
    let mut rows = Vec::with_capacity(access.usage.len());
    for u in access.usage.iter() {
        let id = u.principal.interned();
        rows.push(UsageRow {
            principal_id: id,
            principal_name: *names.entry(id).or_insert_with(|| access.principal_name(&u.principal)),
            resource_app_id: some(u.resource_app_id),
            resource_sp_id: some(u.resource_sp_id),
            client_app_id: some(u.client_app_id),
            day: u.day,
            successes: u.successes,
            failures: u.failures,
            single_factor: u.single_factor,
            unprotected: u.unprotected,
            last_success: u.last_success,
        });
    }
    rows
}

fn coverage(c: Coverage) -> CoverageRow {
    CoverageRow {
        subject: c.subject,
        basis: c.basis,
        covered_from: c.from,
        covered_until: c.until,
        reason: c.reason,
        source: c.source,
    }
}

fn source(s: Source) -> SourceRow {
    SourceRow {
        source: s.sha256,
        file: s.path,
        bytes: s.bytes,
        format: s.format,
        records_read: s.read,
        records_kept: s.kept,
        records_duplicate: s.duplicate,
        records_rejected: s.rejected,
        records_unmapped: s.unmapped,
        records_conflicting: s.conflicting,
        observed_at: s.observed_at,
        dated_by: s.dated_by,
        note: s.note,
    }
}

fn reject(r: Reject) -> RejectRow {
    RejectRow {
        source: r.source,
        file: r.path,
        source_row: r.source_row,
        verdict: r.verdict,
        reason: r.reason,
    }
}

fn snapshot(s: Snapshot) -> SnapshotOfRow {
    SnapshotOfRow {
        collection: s.collection,
        scope: s.scope,
        observed_from: s.observed_from,
        observed_at: s.observed_at,
        object_count: s.rows,
        completeness: s.complete,
        dated_by: s.dated_by,
        reason: s.reason,
    }
}
