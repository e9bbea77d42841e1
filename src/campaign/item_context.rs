//! What a reviewer is told of an item: path, reason, last use, peers, findings, effect of a removal, recommendation.

use crate::campaign::item_findings::{ItemFindings, Reach};
use crate::campaign::model::{Context, Delivery, ItemFinding, ItemId, Recommendation, Risk, shown_name};
use crate::campaign::nesting::Nesting;
use crate::campaign::recommendation::{OF_USE, Usage, Use, held_by_package, recommend, speaks_against};
use crate::campaign::source::source;
use crate::check::{CheckResult, Index, by_id};
use crate::ledger::AccessModel;
use crate::ledger::access_model::{PackageRole, Person};
use crate::model::id::joined;
use crate::model::{Certainty, EntitlementKey, EntitlementKind, Finding, Holding, PackageId, PrincipalId, Severity};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// Looks things up for many items.
pub struct ContextBuilder<'a> {
    access: &'a AccessModel,
    index: Index<'a>,
    findings: ItemFindings<'a>,
    usage: Usage<'a>,
    holders: HashMap<&'a EntitlementKey, BTreeSet<&'a PrincipalId>>,
    departments: HashMap<&'a str, BTreeSet<&'a PrincipalId>>,
    nesting: Nesting<'a>,
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
    /// Packages by which the holder has it.
    pub delivered_by: Vec<Delivery>,
    /// What the package gives its holder, `kind:id`.
    pub delivers: Vec<String>,
}

impl<'a> ContextBuilder<'a> {
    /// Prepares the look-ups.
    #[must_use]
    pub fn new(access: &'a AccessModel, results: &'a [CheckResult]) -> Self {
        let mut holders: HashMap<&EntitlementKey, BTreeSet<&PrincipalId>> = HashMap::new();
        for holding in access.held() {
            holders.entry(&holding.entitlement).or_default().insert(&holding.principal);
        }
        let mut departments: HashMap<&str, BTreeSet<&PrincipalId>> = HashMap::new();
        let works = |p: &Person| p.enabled != Some(false) && p.deleted_at.is_none() && !p.guest;
        for (id, person) in access.people.iter().filter(|(_, p)| works(p) && !p.department.is_empty()) {
            departments.entry(&person.department).or_default().insert(id);
        }
        Self {
            access,
            index: Index::new(access),
            findings: ItemFindings::new(access, results),
            usage: Usage::new(access),
            holders,
            departments,
            nesting: Nesting::new(access),
        }
    }

    /// Findings about a holding; what speaks against every package that gives it speaks against what they give.
    #[must_use]
    pub fn findings(&self, holding: &Holding) -> Vec<(Reach, &'a Finding)> {
        let mut all = self.findings.of(holding);
        let behind: Vec<Vec<&Finding>> = self.behind(holding).into_iter().map(|p| self.against(p)).collect();
        if behind.iter().all(|list| !list.is_empty()) {
            for f in behind.into_iter().flatten() {
                if !all.iter().any(|(_, known)| known.fingerprint == f.fingerprint) {
                    all.push((Reach::Access, f));
                }
            }
            all.sort_by(|(x, a), (y, b)| (x, Reverse(a.severity), a.check, &a.fingerprint).cmp(&(y, Reverse(b.severity), b.check, &b.fingerprint)));
        }
        all
    }

    /// Findings that speak against a package's assignment.
    fn against(&self, package: &Holding) -> Vec<&'a Finding> {
        let all = self.findings.of(package).into_iter();
        all.filter(|(r, f)| *r == Reach::Access && speaks_against(f)).map(|(_, f)| f).collect()
    }

    /// The live assignments of packages that give a membership or a role.
    fn behind(&self, holding: &Holding) -> Vec<&'a Holding> {
        if holding.entitlement.kind == EntitlementKind::AccessPackage {
            return Vec::new();
        }
        let behind = self.index.assignments_behind(holding).into_iter();
        behind.filter(|h| h.held_at(self.access.as_of)).collect()
    }

    /// Everything about one item.
    #[must_use]
    pub fn tell(&self, item: ItemId, holding: &Holding, sensitive_because: &str) -> ItemContext {
        let findings = self.findings(holding);
        let used = self.usage.of(&self.index, holding);
        let (mut recommendation, mut reason) = recommend(holding, &findings, &used, &self.findings, self.access.as_of);
        let staying: Vec<&str> = self
            .behind(holding)
            .into_iter()
            .filter(|p| self.against(p).is_empty())
            .map(|p| p.entitlement_name.as_str())
            .collect();
        if recommendation == Recommendation::Revoke && !staying.is_empty() {
            (recommendation, reason) = (Recommendation::None, held_by_package(&staying, &findings));
        }
        let mut findings = findings;
        if recommendation == Recommendation::Revoke {
            // What the recommendation rests on comes first: a page shows the first few.
            findings.sort_by_key(|(r, f)| !(*r == Reach::Access && speaks_against(f)));
        }
        let own = |severity: Severity| findings.iter().any(|(r, f)| *r == Reach::Access && f.severity == severity);
        let risk = if own(Severity::High) || !sensitive_because.is_empty() {
            Risk::High
        } else if own(Severity::Medium) || holding.principal_type == "guest" {
            Risk::Medium
        } else {
            Risk::Low
        };
        let delivered_by = self.delivered_by(holding);
        let context = Context {
            item,
            path: path(holding, &delivered_by),
            since: since(holding),
            current_end: until(holding),
            grant_kind: holding.grant_kind.to_string(),
            granted_by: granted_by(holding),
            justification_given: holding.justification.map(|j| j.to_string()).unwrap_or_default(),
            last_use: self.last_use(&used, &findings),
            peers: self.peers(holding),
            findings: findings.iter().map(|(_, f)| told(f)).collect(),
            removal: self.removal(holding, &delivered_by),
            recommendation_reason: reason,
            sensitive_because: sensitive_because.to_string(),
            ..self.of_holder(holding)
        };
        ItemContext {
            context,
            risk,
            recommendation,
            delivered_by,
            delivers: self.delivers(holding),
        }
    }

    /// Who the holder is, and what the package is for.
    fn of_holder(&self, holding: &Holding) -> Context {
        let person = self.access.people.get(&holding.principal);
        let name = person.map(|p| p.name.as_str()).filter(|n| *n != holding.principal_name.as_str());
        let manager = person.and_then(|p| p.manager.as_ref());
        let manager = manager
            .and_then(|m| self.access.people.get(m))
            .map(|m| if m.name.is_empty() { m.upn } else { m.name });
        let package = self.access.packages.get(&PackageId::new(holding.entitlement.resource()));
        let package = package.filter(|_| holding.entitlement.kind == EntitlementKind::AccessPackage);
        Context {
            holder_name: name.unwrap_or_default().to_string(),
            holder_manager: manager.unwrap_or_default().to_string(),
            holder_title: person.map(|p| p.job_title).unwrap_or_default().to_string(),
            department: person.map(|p| p.department).unwrap_or_default().to_string(),
            description: package.map(|p| p.description.clone()).unwrap_or_default(),
            ..Context::default()
        }
    }

    /// Assignments that give a membership or a role now.
    fn delivered_by(&self, holding: &Holding) -> Vec<Delivery> {
        let mut list: Vec<Delivery> = self
            .behind(holding)
            .into_iter()
            .map(|h| Delivery {
                package_id: h.entitlement.id.to_string(),
                package_name: h.entitlement_name.to_string(),
                assignment_id: h.assignment.as_ref().map(ToString::to_string).unwrap_or_default(),
            })
            .collect();
        list.sort_by(|a, b| (&a.package_name, &a.assignment_id).cmp(&(&b.package_name, &b.assignment_id)));
        list.dedup();
        list
    }

    /// What a package gives its holder: the memberships and roles that are held by it.
    fn delivers(&self, holding: &Holding) -> Vec<String> {
        if holding.entitlement.kind != EntitlementKind::AccessPackage {
            return Vec::new();
        }
        let held = self.nesting.of(holding.principal.as_str());
        let by_it = |h: &&&Holding| {
            let with = self.index.packages_with(&h.entitlement);
            h.entitlement.kind != EntitlementKind::AccessPackage && with.iter().any(|(p, _)| p.as_str() == holding.entitlement.id)
        };
        let keys: BTreeSet<String> = held.iter().filter(by_it).map(|h| h.entitlement.to_string()).collect();
        keys.into_iter().collect()
    }

    /// The last use; never that nobody can tell where a finding tells.
    fn last_use(&self, used: &Use, findings: &[(Reach, &Finding)]) -> String {
        let account = used.account.map_or("no sign-in of the account is on record".to_string(), |t| {
            format!("the account last signed in on {}", t.day())
        });
        let judged = findings.iter().any(|(r, f)| *r == Reach::Access && f.check.as_str().starts_with(OF_USE));
        if judged && used.last.is_none() && (!used.leads || used.blind.is_some()) {
            // The check went by the account: who signs in nowhere uses nothing.
            return used
                .account
                .map_or(account, |t| format!("not used since {}, for the account has not signed in since", t.day()));
        }
        match (used.last, used.leads, &used.blind, self.usage.window) {
            (Some(last), ..) => format!("used on {}", last.day()),
            (None, true, None, Some((from, until))) => format!("no use in the log from {} to {}; {account}", from.day(), until.day()),
            (None, true, Some(why), _) => format!("its use cannot be judged: {why}; {account}"),
            (None, true, None, None) => format!("its use cannot be judged: no sign-in log; {account}"),
            (None, false, ..) => format!("no usage data for this kind of access; {account}"),
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
                format!(
                    "{with} of {} colleagues in {department} have it{note}; {total} people have it in all",
                    colleagues.len()
                )
            }
            None => format!("{total} people have it in all"),
        }
    }

    /// What a removal really does: a membership that a package gives goes with the package only.
    fn removal(&self, holding: &Holding, delivered_by: &[Delivery]) -> String {
        match delivered_by {
            [] => self.removal_of_it(holding),
            [one] => {
                let package = self.access.packages.get(&PackageId::new(&one.package_id));
                let roles = package.into_iter().flat_map(|p| &p.roles);
                let also: BTreeSet<&str> = roles
                    .filter(|r| r.resource != holding.entitlement.resource())
                    .map(|r| r.resource_name.as_str())
                    .collect();
                let rest = match also.len() {
                    0 => String::new(),
                    n => format!(", and with it {}", listed(&also, n)),
                };
                format!("the package {} gives it: it goes only when that package is removed{rest}", one.package_name)
            }
            many => {
                let names: Vec<&str> = many.iter().map(|d| d.package_name.as_str()).collect();
                format!("several packages give it ({}): it goes only when all of them are removed", names.join(", "))
            }
        }
    }

    fn removal_of_it(&self, holding: &Holding) -> String {
        if let Some(source) = source(self.access, holding) {
            return source.sentence();
        }
        match holding.entitlement.kind {
            EntitlementKind::Group if holding.entitlement.is_group_owner() => "removes the ownership".into(),
            EntitlementKind::Group if holding.entitlement.is_eligible() => "removes the eligibility".into(),
            EntitlementKind::Group => self.removal_of_membership(holding),
            EntitlementKind::AccessPackage => {
                let id = PackageId::new(holding.entitlement.resource());
                let Some(package) = self.access.packages.get(&id) else {
                    return "removes what the package contains; its contents are not in the lake".into();
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
                let names = |list: &[&PackageRole]| {
                    let names: BTreeSet<&str> = list.iter().map(|r| r.resource_name.as_str()).collect();
                    names.into_iter().collect::<Vec<_>>().join(", ")
                };
                let mut text = if go.is_empty() {
                    "removes nothing else".to_string()
                } else {
                    format!("removes {}", names(&go))
                };
                if !stay.is_empty() {
                    text += &format!("; {} stays by another package", names(&stay));
                }
                if self.last_package_of_guest(holding) {
                    text += "; it is this guest's last package: Entra then blocks the account, and deletes it later";
                }
                text
            }
            EntitlementKind::AppRole => "removes the role at the application".into(),
            EntitlementKind::DirectoryRole => "removes the directory role".into(),
            EntitlementKind::SiteRole => "removes the role at the site".into(),
        }
    }

    fn removal_of_membership(&self, holding: &Holding) -> String {
        let after = self.nesting.without(holding);
        if !after.through.is_empty() {
            return format!(
                "removes the membership, and the holder stays a member through {}",
                listed(&after.through, after.through.len())
            );
        }
        let mut text = match after.lost.len() {
            0 => "removes the membership".to_string(),
            n => format!("removes the membership, and what the group has: {}", listed(&after.lost, n)),
        };
        if !after.kept.is_empty() {
            text += &format!("; {} stays by another way", listed(&after.kept, after.kept.len()));
        }
        text
    }

    /// Whether nothing else keeps a guest in the tenant.
    #[must_use]
    pub fn last_package_of_guest(&self, holding: &Holding) -> bool {
        let held = self.index.packages_of(&holding.principal).iter().filter(|h| h.held_at(self.access.as_of));
        holding.principal_type == "guest" && held.count() <= 1
    }
}

/// A finding as it stands on a sheet.
fn told(f: &Finding) -> ItemFinding {
    let title = by_id(f.check.as_str()).ok().and_then(|c| c.page.first().copied());
    ItemFinding {
        check: f.check.to_string(),
        title: title.map(str::trim).unwrap_or_default().to_string(),
        severity: f.severity.to_string(),
        message: f.message.clone(),
    }
}

/// Names from the holder to the entitlement; a membership that a package gives is said to come by it.
fn path(holding: &Holding, delivered_by: &[Delivery]) -> String {
    let names: Vec<&str> = delivered_by.iter().map(|d| d.package_name.as_str()).collect();
    if names.is_empty() {
        if holding.path == holding.entitlement_name {
            shown_name(holding)
        } else {
            holding.path.to_string()
        }
    } else {
        format!("package {} → {}", names.join(", "), holding.path)
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
