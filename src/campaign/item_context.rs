//! What a reviewer is told of an item: path, reason, last use, peers, findings, effect of a removal, recommendation.

use crate::campaign::model::{Context, ItemFinding, ItemId, Recommendation, Risk};
use crate::check::{CheckResult, Index};
use crate::ledger::AccessModel;
use crate::model::id::joined;
use crate::model::{Certainty, EntitlementKey, EntitlementKind, Finding, Holding, Instant, PackageId, PrincipalId, Severity, Verdict};
use std::collections::{BTreeSet, HashMap};

/// Looks things up for many items.
pub struct ContextBuilder<'a> {
    access: &'a AccessModel,
    index: Index<'a>,
    findings: HashMap<(&'a str, &'a str), Vec<&'a Finding>>,
    holders: HashMap<&'a EntitlementKey, BTreeSet<&'a PrincipalId>>,
    departments: HashMap<&'a str, BTreeSet<&'a PrincipalId>>,
    held_by: HashMap<&'a PrincipalId, Vec<&'a Holding>>,
    sign_ins: Option<(Instant, Instant)>,
}

/// What was told, with what it means for the sheet.
#[derive(Debug, Clone)]
pub struct ItemContext {
    /// For the sheet.
    pub context: Context,
    /// Weight.
    pub risk: Risk,
    /// Recommendation.
    pub recommendation: Recommendation,
}

/// Checks whose findings speak for removal.
const AGAINST: &[&str] = &["STA-", "EXP-05", "ORP-", "SEG-", "EXC-01"];

impl<'a> ContextBuilder<'a> {
    /// Prepares the look-ups.
    #[must_use]
    pub fn new(access: &'a AccessModel, results: &'a [CheckResult]) -> Self {
        let mut findings: HashMap<(&str, &str), Vec<&Finding>> = HashMap::new();
        for finding in results.iter().flat_map(|r| &r.findings).filter(|f| f.result == Verdict::Finding) {
            findings.entry((&finding.subject_id, &finding.object_id)).or_default().push(finding);
        }
        let mut holders: HashMap<&EntitlementKey, BTreeSet<&PrincipalId>> = HashMap::new();
        let mut held_by: HashMap<&PrincipalId, Vec<&Holding>> = HashMap::new();
        for holding in access.held() {
            held_by.entry(&holding.principal).or_default().push(holding);
            holders.entry(&holding.entitlement).or_default().insert(&holding.principal);
        }
        let mut departments: HashMap<&str, BTreeSet<&PrincipalId>> = HashMap::new();
        let works = |p: &crate::ledger::access_model::Person| p.enabled != Some(false) && p.deleted_at.is_none() && !p.guest;
        for (id, person) in access.people.iter().filter(|(_, p)| works(p) && !p.department.is_empty()) {
            departments.entry(&person.department).or_default().insert(id);
        }
        let logs = ["sign_ins:interactiveUser", "sign_ins:nonInteractiveUser"];
        let windows = logs.iter().filter_map(|s| access.coverage.get(*s)).flat_map(|c| &c.any);
        let sign_ins = windows.fold(None, |all: Option<(Instant, Instant)>, w| {
            Some(all.map_or((w.from, w.until), |(from, until)| (from.min(w.from), until.max(w.until))))
        });
        Self {
            access,
            index: Index::new(access),
            findings,
            holders,
            departments,
            held_by,
            sign_ins,
        }
    }

    /// Findings about a holding.
    #[must_use]
    pub fn findings(&self, holding: &Holding) -> Vec<&'a Finding> {
        let mut all: Vec<&Finding> = Vec::new();
        for object in [holding.entitlement.id.as_str(), holding.entitlement.resource()] {
            let about = self.findings.get(&(holding.principal.as_str(), object)).map(Vec::as_slice).unwrap_or_default();
            let mine = |f: &&&Finding| f.assignment_id.is_empty() && f.request_id.is_empty() || self.is_of(f, holding);
            all.extend(about.iter().filter(mine));
        }
        all.sort_by(|a, b| (std::cmp::Reverse(a.severity), a.check, &a.fingerprint).cmp(&(std::cmp::Reverse(b.severity), b.check, &b.fingerprint)));
        all.dedup_by(|a, b| a.fingerprint == b.fingerprint);
        all
    }

    /// A finding names an assignment or a request: it is about this holding when either is its own, or it is of another kind.
    fn is_of(&self, finding: &Finding, holding: &Holding) -> bool {
        let named = |id: &str| !id.is_empty() && (finding.assignment_id == id || finding.request_id == id);
        let own = holding.assignment.as_ref().is_some_and(|a| named(a.as_str())) || holding.request.as_ref().is_some_and(|r| named(r.as_str()));
        own || holding.assignment.is_none()
    }

    /// Everything about one item.
    #[must_use]
    pub fn tell(&self, item: ItemId, holding: &Holding, sensitive_because: &str) -> ItemContext {
        let findings = self.findings(holding);
        let person = self.access.people.get(&holding.principal);
        let (recommendation, reason) = self.recommend(holding, &findings);
        let high = findings.iter().any(|f| f.severity == Severity::High);
        let medium = findings.iter().any(|f| f.severity == Severity::Medium);
        let risk = if high || !sensitive_because.is_empty() {
            Risk::High
        } else if medium || holding.principal_type == "guest" {
            Risk::Medium
        } else {
            Risk::Low
        };
        let context = Context {
            item,
            path: holding.path.to_string(),
            since: since(holding),
            until: until(holding),
            grant_kind: holding.grant_kind.to_string(),
            granted_by: granted_by(holding),
            why: holding.justification.map(|j| j.to_string()).unwrap_or_default(),
            last_use: self.last_use(holding),
            peers: self.peers(holding),
            findings: findings
                .iter()
                .map(|f| ItemFinding {
                    check: f.check.to_string(),
                    severity: f.severity.to_string(),
                    message: f.message.clone(),
                })
                .collect(),
            removal: self.removal(holding),
            recommendation_reason: reason,
            sensitive_because: sensitive_because.to_string(),
            department: person.map(|p| p.department).unwrap_or_default().to_string(),
            last_time: String::new(),
            reviewer_because: String::new(),
        };
        ItemContext { context, risk, recommendation }
    }

    /// Findings of some checks speak against; a use in the last quarter speaks for, unless findings of weight doubt how it was given.
    fn recommend(&self, holding: &Holding, findings: &[&Finding]) -> (Recommendation, String) {
        let against: Vec<String> = findings
            .iter()
            .filter(|f| AGAINST.iter().any(|a| f.check.as_str().starts_with(a)))
            .map(|f| f.check.to_string())
            .collect();
        if !against.is_empty() {
            return (Recommendation::Revoke, format!("open findings speak against it: {}", against.join(", ")));
        }
        let open: BTreeSet<String> = findings.iter().map(|f| f.check.to_string()).collect();
        let open: Vec<String> = open.into_iter().collect();
        let (doubts, weighty) = (open.join(", "), findings.iter().any(|f| f.severity >= Severity::Medium));
        let used = self.used(holding).0.map(|last| self.access.as_of.days_since(last)).filter(|days| *days <= 90);
        match (used, open.is_empty()) {
            (Some(days), true) => (
                Recommendation::Keep,
                format!("it was used {days} days before the freeze, and there is no finding about it"),
            ),
            (Some(days), false) if !weighty => (
                Recommendation::Keep,
                format!("it was used {days} days before the freeze; the open finding is about how it was given: {doubts}"),
            ),
            (Some(days), false) => (
                Recommendation::None,
                format!("it was used {days} days before the freeze, and open findings doubt how it was given: {doubts}"),
            ),
            (None, true) => (Recommendation::None, "there is no finding about it, and no recent use".into()),
            (None, false) => (
                Recommendation::None,
                format!("there is no recent use, and open findings doubt how it was given: {doubts}"),
            ),
        }
    }

    /// The last success at the applications that the holding leads to, and whether it leads to any.
    fn used(&self, holding: &Holding) -> (Option<Instant>, bool) {
        let apps: Vec<&str> = match holding.entitlement.kind {
            EntitlementKind::AppRole => vec![holding.entitlement.resource()],
            EntitlementKind::AccessPackage => {
                let package = self.access.packages.get(&PackageId::new(holding.entitlement.resource()));
                let roles = package.into_iter().flat_map(|p| &p.roles).filter(|r| r.kind == "application");
                roles.map(|r| r.resource.as_str()).collect()
            }
            _ => Vec::new(),
        };
        let days = self.index.usage_of(&holding.principal).iter().filter(|d| d.successes > 0);
        let at = |d: &&&crate::ledger::evidence::UsageDay| {
            apps.iter().any(|app| {
                let id = self.access.apps.get(*app).map(|a| a.app_id.as_str()).unwrap_or_default();
                d.resource_sp_id == *app || (!id.is_empty() && (d.resource_app_id == id || d.client_app_id == id))
            })
        };
        let last = days
            .filter(at)
            .map(|d| d.last_success.unwrap_or(d.day))
            .filter(|t| *t <= self.access.as_of)
            .max();
        (last, !apps.is_empty())
    }

    fn last_use(&self, holding: &Holding) -> String {
        let account = self.access.people.get(&holding.principal).and_then(|p| p.last_successful_at);
        let account = account.map_or("no sign-in of the account is on record".to_string(), |t| {
            format!("the account last signed in on {}", t.day())
        });
        match (self.used(holding), self.sign_ins) {
            ((Some(last), _), _) => format!("used on {}", last.day()),
            ((None, true), Some((from, until))) => format!("no use in the log from {} to {}; {account}", from.day(), until.day()),
            ((None, true), None) => format!("nobody can tell: no sign-in log; {account}"),
            ((None, false), _) => format!("its use leaves no sign-in of its own; {account}"),
        }
    }

    /// Counts, never a judgement: with fewer than ten colleagues they are said to be too few to compare.
    fn peers(&self, holding: &Holding) -> String {
        let empty = BTreeSet::new();
        let holders = self.holders.get(&holding.entitlement).unwrap_or(&empty);
        let department = self.access.people.get(&holding.principal).map(|p| p.department.as_str()).unwrap_or_default();
        let total = holders.len();
        match self.departments.get(department).filter(|_| !department.is_empty()) {
            Some(colleagues) => {
                let with = colleagues.intersection(holders).count();
                let note = if colleagues.len() < 10 { ", too few to compare" } else { "" };
                format!("{with} of {} people of {department} hold it{note}; {total} hold it in all", colleagues.len())
            }
            None => format!("{total} hold it in all"),
        }
    }

    fn removal(&self, holding: &Holding) -> String {
        match holding.entitlement.kind {
            EntitlementKind::AccessPackage => {
                let id = PackageId::new(holding.entitlement.resource());
                let Some(package) = self.access.packages.get(&id) else {
                    return "takes away what the package contains; its contents are not in the lake".into();
                };
                let others: BTreeSet<&str> = self
                    .index
                    .packages_of(&holding.principal)
                    .iter()
                    .filter(|h| h.held_at(self.access.as_of) && h.entitlement != holding.entitlement)
                    .filter_map(|h| self.access.packages.get(&PackageId::new(h.entitlement.resource())))
                    .flat_map(|p| p.roles.iter().map(|r| r.resource.as_str()))
                    .collect();
                let (stay, go): (Vec<_>, Vec<_>) = package.roles.iter().partition(|r| others.contains(r.resource.as_str()));
                let names = |list: &[&crate::ledger::access_model::PackageRole]| {
                    let names: BTreeSet<&str> = list.iter().map(|r| r.resource_name.as_str()).collect();
                    names.into_iter().collect::<Vec<_>>().join(", ")
                };
                let mut text = if go.is_empty() {
                    "takes away nothing else".to_string()
                } else {
                    format!("takes away {}", names(&go))
                };
                if !stay.is_empty() {
                    text += &format!("; {} stays by another package", names(&stay));
                }
                if self.last_package_of_guest(holding) {
                    text += "; it is this guest's last package: Entra then blocks the account, and deletes it later";
                }
                text
            }
            EntitlementKind::Group => {
                let id = PrincipalId::new(holding.entitlement.resource());
                let held = self.held_by.get(&id).map(Vec::as_slice).unwrap_or_default();
                let led: BTreeSet<&str> = held.iter().map(|h| h.entitlement_name.as_str()).collect();
                match led.len() {
                    0 => "takes away the membership".into(),
                    n => format!("takes away the membership, and what the group has: {}", listed(&led, n)),
                }
            }
            EntitlementKind::AppRole => "takes away the role at the application".into(),
            EntitlementKind::DirectoryRole => "takes away the directory role".into(),
            EntitlementKind::SiteRole => "takes away the role at the site".into(),
        }
    }

    /// Whether nothing else keeps a guest in the tenant.
    #[must_use]
    pub fn last_package_of_guest(&self, holding: &Holding) -> bool {
        let held = self.index.packages_of(&holding.principal).iter().filter(|h| h.held_at(self.access.as_of));
        holding.principal_type == "guest" && held.count() <= 1
    }
}

fn listed(names: &BTreeSet<&str>, count: usize) -> String {
    let shown: Vec<&str> = names.iter().take(3).copied().collect();
    let more = if count > 3 { format!(" and {} more", count - 3) } else { String::new() };
    shown.join(", ") + &more
}

fn since(holding: &Holding) -> String {
    match (holding.held_from.or(holding.from_latest), holding.from_certainty) {
        (Some(t), Certainty::Exact) => t.day(),
        (Some(t), _) => format!("{} or earlier", t.day()),
        (None, _) => "unknown".into(),
    }
}

fn until(holding: &Holding) -> String {
    match (holding.scheduled_until, holding.no_expiration) {
        (Some(t), _) => t.day(),
        (None, true) => "no end".into(),
        (None, false) => "no end is known".into(),
    }
}

fn granted_by(holding: &Holding) -> String {
    let mut parts = Vec::new();
    if !holding.granted_by.is_empty() {
        parts.push(format!("assigned by {}", holding.granted_by));
    }
    if !holding.approved_by.is_empty() {
        parts.push(format!("approved by {}", joined(&holding.approved_by, ", ")));
    }
    parts.join("; ")
}
