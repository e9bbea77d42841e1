//! What would follow from a change before anybody makes it: access, findings, and requests of the past.
//!
//! The change is made in a copy of the access model at its instant, and the very code that answers every other question
//! answers it for both. Where the evidence does not tell what Entra ID would do, both ways are followed: what is the same
//! in both is certain, what is so in one only is possible.
//!
//! What Entra ID does, by Microsoft's documentation: whoever loses a package, or a package that loses a role, loses what it
//! delivered unless another assignment gives it too; a policy counts for requests that are made after its change, and leaves
//! assignments as they are.

use crate::check::{self, CheckResult};
use crate::config::Config;
use crate::ledger::AccessModel;
use crate::ledger::policy_history::{PolicyAct, PolicyChange, PolicyVersion};
use crate::ledger::span::Span;
use crate::model::{Certainty, EntitlementKey, EntitlementKind, Finding, Holding, Instant, PackageId, PolicyId, Presence, PrincipalId, Verdict, Window};
use crate::workbench::why::{At, Step};
use std::collections::{BTreeMap, BTreeSet};

/// One thing that would be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A principal loses what it holds directly.
    Remove {
        /// Who.
        principal: PrincipalId,
        /// What kind of thing.
        kind: EntitlementKind,
        /// Its id: of the resource, or of one app role.
        id: String,
    },
    /// A package loses a role.
    RemoveRole {
        /// The package.
        package: PackageId,
        /// What it would no longer give.
        entitlement: EntitlementKey,
    },
    /// A policy would say something else.
    Policy(PolicyChangeTo),
}

/// What a policy would say; what is not given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyChangeTo {
    /// The policy.
    pub policy: PolicyId,
    /// Whether new requests need approval.
    pub approval: Option<bool>,
    /// Who approves, `kind:id`.
    pub approvers: Vec<String>,
    /// Whether extensions need approval.
    pub approval_for_extension: Option<bool>,
    /// Whether approvers must give a reason.
    pub approver_reason: Option<bool>,
    /// After how many days new assignments end.
    pub expires_after_days: Option<u32>,
}

/// A change that says nothing, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoChange(pub String);

/// How sure a consequence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// Whatever the evidence leaves open.
    Certain,
    /// The evidence does not tell.
    Possible,
}

impl Sure {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Possible => "possible",
        }
    }
}

/// Access that somebody would lose or gain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessChange {
    /// Who.
    pub principal: PrincipalId,
    /// What.
    pub entitlement: EntitlementKey,
    /// Lost, not gained.
    pub lost: bool,
    /// How sure.
    pub sure: Sure,
}

/// A finding that would come or go.
#[derive(Debug, Clone)]
pub struct FindingChange {
    /// The finding, as it is or as it would be.
    pub finding: Finding,
    /// Whether it would come.
    pub comes: bool,
    /// How sure.
    pub sure: Sure,
}

/// What follows from a change.
#[derive(Debug, Default)]
pub struct Forecast {
    /// Access, by principal and entitlement.
    pub access: Vec<AccessChange>,
    /// Findings, by check.
    pub findings: Vec<FindingChange>,
    /// Requests of the year before the instant.
    pub requests: Vec<super::what_if_requests::RequestChange>,
    /// What the forecast cannot know, in words.
    pub unknown: Vec<String>,
}

/// A delivery that goes with the package, or that may have been there without it.
struct Delivery {
    holding: usize,
    sure: Sure,
}

/// Follows a change.
///
/// # Errors
/// When a part of it changes nothing.
pub fn forecast(access: &AccessModel, config: &Config, changes: &[Change]) -> Result<Forecast, NoChange> {
    let steps = steps(access, changes)?;
    let deliveries = deliveries(access, &steps);
    let open = deliveries.iter().any(|d| d.sure == Sure::Possible);
    // Where a membership may have been there before the package gave it, Entra ID leaves it or takes it.
    let taken: &[bool] = if open { &[true, false] } else { &[true] };
    let alternatives = alternatives(access, changes);
    let ways: Vec<AccessModel> = taken
        .iter()
        .flat_map(|taken| alternatives.iter().map(|changes| changed(access, changes, &steps, &deliveries, *taken)))
        .collect();
    let mut forecast = Forecast {
        access: access_changes(access, &ways, &steps),
        findings: finding_changes(access, &ways, config),
        requests: super::what_if_requests::of(access, changes),
        unknown: Vec::new(),
    };
    if open {
        let n = deliveries.iter().filter(|d| d.sure == Sure::Possible).count();
        forecast.unknown.push(format!(
            "{n} memberships and roles may have been there before the package that gives them: Entra ID may leave them"
        ));
    }
    Ok(forecast)
}

/// The change as it may be meant, where it does not say everything: whether approvers would have to give a reason, and whether
/// extensions would need approval too.
fn alternatives(access: &AccessModel, changes: &[Change]) -> Vec<Vec<Change>> {
    let with = |set: &dyn Fn(&mut PolicyChangeTo)| {
        let one = |c: &Change| {
            let mut change = c.clone();
            if let Change::Policy(to) = &mut change {
                set(to);
            }
            change
        };
        changes.iter().map(one).collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    for reason in [true, false] {
        for extension in [true, false] {
            let one = with(&|to| {
                let policy = access.policies.get(&to.policy);
                let told = policy.is_some_and(|p| p.stages.first().is_some_and(|s| s.justification.is_some()));
                let is_new = to.approval == Some(true) || !to.approvers.is_empty();
                to.approver_reason = to.approver_reason.or((is_new && !told).then_some(reason));
                to.approval_for_extension = to.approval_for_extension.or(to.approval.map(|_| extension));
            });
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    all
}

/// The holdings and contents that would go.
fn steps(access: &AccessModel, changes: &[Change]) -> Result<Vec<Step>, NoChange> {
    let mut steps = Vec::new();
    let now = Window::at(access.as_of);
    for change in changes {
        let before = steps.len();
        let told = match change {
            Change::Policy(to) => {
                says_something(access, to)?;
                continue;
            }
            Change::Remove { principal, kind, id } => {
                let of = |h: &Holding| {
                    h.principal == *principal
                        && h.entitlement.kind == *kind
                        && !h.entitlement.is_group_owner()
                        && (h.entitlement.resource() == id || h.entitlement.id == **id)
                };
                let mine = access.holdings.iter().enumerate().filter(|(_, h)| of(h) && h.presence(now) != Presence::Never);
                steps.extend(mine.map(|(i, _)| Step::Holding(i)));
                format!("{} does not hold {} directly", access.principal_name(principal), id)
            }
            Change::RemoveRole { package, entitlement } => {
                let of = access.contents.iter().enumerate().filter(|(_, c)| c.package == *package);
                let of = of.filter(|(_, c)| c.entitlement.as_ref() == Some(entitlement) && c.span.lasts_at(access.as_of));
                steps.extend(of.map(|(i, _)| Step::Content(i)));
                format!("package {package} does not contain {}", entitlement.id)
            }
        };
        if steps.len() == before {
            return Err(NoChange(format!("{told} at {}: there is nothing to remove", access.as_of)));
        }
    }
    steps.sort();
    steps.dedup();
    Ok(steps)
}

fn says_something(access: &AccessModel, to: &PolicyChangeTo) -> Result<(), NoChange> {
    let name = &to.policy;
    let Some(policy) = access.policies.get(name).filter(|p| !p.removed) else {
        return Err(NoChange(format!("policy {name} is not on record")));
    };
    let bare = PolicyChangeTo {
        policy: name.clone(),
        ..PolicyChangeTo::default()
    };
    if *to == bare {
        return Err(NoChange(format!(
            "policy {name}: nothing is said of what it would be; give approval, approvers or expires_after_days"
        )));
    }
    let staged = policy.stages.iter().any(|s| !s.approvers.is_empty());
    if to.approval == Some(true) && to.approvers.is_empty() && !staged {
        return Err(NoChange(format!(
            "policy {name} names no approver: give approvers = [\"manager\"] or the names of people and groups"
        )));
    }
    Ok(())
}

/// What packages delivered to their holders and would no longer be given by any.
fn deliveries(access: &AccessModel, steps: &[Step]) -> Vec<Delivery> {
    let now = At::new(access, access.as_of);
    let later = now.without(steps);
    let holders: BTreeSet<&str> = now.touched(steps);
    let mut found = Vec::new();
    for (i, h) in access.holdings.iter().enumerate() {
        let is_there = h.presence(Window::at(access.as_of)) != Presence::Never && !steps.contains(&Step::Holding(i));
        if h.entitlement.kind == EntitlementKind::AccessPackage || !is_there || !holders.contains(h.principal.as_str()) {
            continue;
        }
        let (was, stays) = (now.given(h), later.given(h));
        if was.is_empty() || !stays.is_empty() {
            continue;
        }
        // It cannot have come with a package that was given later than it.
        let first = was.iter().filter_map(|p| access.holdings[*p].from_earliest).min();
        let before = h.from_latest.zip(first).is_some_and(|(own, package)| own < package);
        let sure = if before || first.is_none() && h.from_earliest.is_none() {
            Sure::Possible
        } else {
            Sure::Certain
        };
        found.push(Delivery { holding: i, sure });
    }
    found
}

/// A copy of the access model with the change made at its instant.
fn changed(access: &AccessModel, changes: &[Change], steps: &[Step], deliveries: &[Delivery], taken: bool) -> AccessModel {
    let mut after = access.clone();
    let at = access.as_of;
    for step in steps {
        match step {
            Step::Holding(i) => end(&mut after.holdings[*i], at),
            Step::Content(i) => {
                let content = &mut after.contents[*i];
                content.span = ended(content.span.clone(), at);
            }
        }
    }
    for delivery in deliveries.iter().filter(|d| taken || d.sure == Sure::Certain) {
        end(&mut after.holdings[delivery.holding], at);
    }
    for change in changes {
        match change {
            Change::RemoveRole { package, entitlement } => {
                if let Some(facts) = after.packages.get_mut(package) {
                    facts.roles.retain(|r| !gives(r, entitlement));
                }
            }
            Change::Policy(to) => set(&mut after, to),
            Change::Remove { .. } => {}
        }
    }
    after
}

/// Whether a role of a package is what an entitlement is of.
fn gives(role: &crate::ledger::access_model::PackageRole, key: &EntitlementKey) -> bool {
    let owner = role.role.eq_ignore_ascii_case("owner");
    role.resource == key.resource()
        && match key.kind {
            EntitlementKind::Group => owner == key.is_group_owner(),
            EntitlementKind::AppRole => role.app_role_id.is_empty() || key.id.ends_with(&role.app_role_id),
            _ => true,
        }
}

fn end(h: &mut Holding, at: Instant) {
    ended(Span::of(h), at).give(h);
    h.end_reason = "removed".into();
}

/// The same, ended at an instant for certain.
fn ended(span: Span, at: Instant) -> Span {
    let proved = span.proved.iter().filter(|w| w.from < at);
    Span {
        proved: proved
            .map(|w| Window {
                from: w.from,
                until: w.until.min(at),
            })
            .collect(),
        held_until: Some(at),
        until_certainty: Certainty::Exact,
        until_earliest: Some(at),
        until_latest: Some(at),
        ..span
    }
}

/// Makes a policy say something else from the instant of the model on.
fn set(after: &mut AccessModel, to: &PolicyChangeTo) {
    let at = after.as_of;
    let Some(policy) = after.policies.get_mut(&to.policy) else { return };
    if let Some(approval) = to.approval {
        policy.approval_required = Some(approval);
        if !approval {
            policy.approvers.clear();
            policy.stages.clear();
        }
    }
    if !to.approvers.is_empty() {
        policy.approvers.clone_from(&to.approvers);
        let mut stage = policy.stages.first().cloned().unwrap_or_default();
        stage.approvers.clone_from(&to.approvers);
        policy.stages = vec![stage];
    }
    policy.approval_for_extension = to.approval_for_extension.or(policy.approval_for_extension);
    if let Some(reason) = to.approver_reason {
        policy.stages.iter_mut().for_each(|s| s.justification = Some(reason));
    }
    if let Some(days) = to.expires_after_days {
        policy.expiration_type = "afterDuration".into();
        policy.expires_after_text = format!("P{days}D");
        policy.expires_after = crate::model::IsoDuration::parse(&policy.expires_after_text);
        policy.expires_at = None;
    }
    policy.modified_at = Some(at);
    if let Some(targets) = after.governance.targets.get_mut(&to.policy) {
        targets.modified_at = Some(at);
    }
    let facts = policy.clone();
    let history = after.policy_history.entry(to.policy.clone()).or_default();
    history.versions.push(PolicyVersion {
        since: Some(at),
        created: false,
        first_seen: at,
        last_seen: at,
        facts,
    });
    history.changes.push(PolicyChange {
        at,
        policy: to.policy.clone(),
        act: PolicyAct::Updated,
        actor: None,
        actor_name: "".into(),
        properties: Vec::new(),
        source: "".into(),
    });
}

/// What principals have at the instant of a model, by any path without activation, and how surely.
fn reach(access: &AccessModel, holders: &BTreeSet<&str>) -> BTreeMap<(PrincipalId, EntitlementKey), Presence> {
    let now = At::new(access, access.as_of);
    let mut all = BTreeMap::new();
    for holder in holders {
        let who = PrincipalId::new(holder);
        for path in now.every_path(&who).into_iter().filter(|p| !p.eligible || p.leads_to.is_eligible()) {
            let best = all.entry((who.clone(), path.leads_to)).or_insert(path.certainty);
            if path.certainty == Presence::Certain {
                *best = Presence::Certain;
            }
        }
    }
    all
}

fn access_changes(access: &AccessModel, ways: &[AccessModel], steps: &[Step]) -> Vec<AccessChange> {
    if steps.is_empty() {
        return Vec::new();
    }
    let now = At::new(access, access.as_of);
    let holders = now.touched(steps);
    let before = reach(access, &holders);
    let after: Vec<_> = ways.iter().map(|way| reach(way, &holders)).collect();
    let pairs: BTreeSet<&(PrincipalId, EntitlementKey)> = before.keys().chain(after.iter().flat_map(BTreeMap::keys)).collect();
    let mut found = Vec::new();
    for pair in pairs {
        let presence = |of: &BTreeMap<(PrincipalId, EntitlementKey), Presence>| of.get(pair).copied().unwrap_or(Presence::Never);
        let (was, then) = (presence(&before), after.iter().map(presence).collect::<Vec<_>>());
        let (lost, all, any) = match was {
            Presence::Never => (false, then.iter().all(|p| *p == Presence::Certain), then.iter().any(|p| *p != Presence::Never)),
            _ => (true, then.iter().all(|p| *p == Presence::Never), then.iter().any(|p| *p < was)),
        };
        if any || all {
            found.push(AccessChange {
                principal: pair.0.clone(),
                entitlement: pair.1.clone(),
                lost,
                sure: if all && was != Presence::Possible { Sure::Certain } else { Sure::Possible },
            });
        }
    }
    found
}

/// What a finding is known by, and how it is judged.
type Judged = BTreeMap<(String, Verdict), Finding>;

fn judged(access: &AccessModel, config: &Config) -> Judged {
    let of = |r: CheckResult| r.findings.into_iter().map(|f| ((f.fingerprint.clone(), f.result), f));
    check::run(access, config, None).into_iter().flat_map(of).collect()
}

fn finding_changes(access: &AccessModel, ways: &[AccessModel], config: &Config) -> Vec<FindingChange> {
    let before = judged(access, config);
    let after: Vec<Judged> = ways.iter().map(|way| judged(way, config)).collect();
    let mut found = Vec::new();
    let keys: BTreeSet<&(String, Verdict)> = before.keys().chain(after.iter().flat_map(BTreeMap::keys)).collect();
    for key in keys {
        let comes = !before.contains_key(key);
        let times = after.iter().filter(|a| a.contains_key(key) == comes).count();
        let finding = before.get(key).or_else(|| after.iter().find_map(|a| a.get(key)));
        let Some(finding) = finding.filter(|_| times > 0) else { continue };
        found.push(FindingChange {
            finding: finding.clone(),
            comes,
            sure: if times == after.len() { Sure::Certain } else { Sure::Possible },
        });
    }
    found.sort_by(|a, b| (a.finding.check, &a.finding.fingerprint, a.comes).cmp(&(b.finding.check, &b.finding.fingerprint, b.comes)));
    found
}
