//! What several checks ask of the tenant around access: contents by package, membership through groups, reviews of a package.

use crate::check::{Context, Known, Outcome};
use crate::lake::table::Table;
use crate::ledger::access_model::PackageContent;
use crate::ledger::governance::ReviewSeries;
use crate::model::{EntitlementKind, Interned, PackageId, PrincipalId, ReasonCode};
use ahash::{AHashMap, AHashSet};

impl<'a> Context<'a> {
    /// What packages contain at the instant of the questions, by package.
    #[must_use]
    pub fn contents_now(&self) -> AHashMap<&'a str, Vec<&'a PackageContent>> {
        let mut contents: AHashMap<&str, Vec<&PackageContent>> = AHashMap::new();
        for content in self.access.contents.iter().filter(|c| c.span.lasts_at(self.as_of())) {
            contents.entry(content.package.as_str()).or_default().push(content);
        }
        contents
    }

    /// A row that says that a collection was never looked at: then what it would tell was not judged.
    pub fn need(&self, out: &mut Outcome, table: Table, what: &str) {
        if !self.looked_at(table) {
            let message = format!("no listing of {what} is in the lake, so only what other records tell was judged");
            out.push_for(self.lacking(ReasonCode::NoTelemetry, table, &message, &format!("Ingest {what}.")), 0);
        }
    }

    /// A row that says that no audit log is there: what was over before the first snapshot was not judged.
    pub fn need_log(&self, out: &mut Outcome) {
        if !self.access.has_log("audit") {
            let message = "no directory audit log is in the lake, so only what looks show was judged";
            out.push_for(
                self.lacking(ReasonCode::NoTelemetry, Table::AuditEvents, message, "Ingest directory audit events."),
                0,
            );
        }
    }

    /// Series that review a package: it, one of its policies, or all of its catalog.
    #[must_use]
    pub fn series_of(&self, package: &PackageId) -> Vec<(&'a Interned, &'a ReviewSeries)> {
        let facts = self.access.packages.get(package);
        let catalog = facts.map(|f| f.catalog.to_ascii_lowercase()).unwrap_or_default();
        let policies = facts.map(|f| f.policies.as_slice()).unwrap_or_default();
        let of = |s: &ReviewSeries| {
            s.packages.iter().any(|p| p.as_str() == package.as_str())
                || s.policies.iter().any(|p| policies.iter().any(|x| x.as_str() == p.as_str()))
                || (!catalog.is_empty() && s.catalogs.iter().any(|c| c.as_str() == catalog))
        };
        self.access.governance.series.iter().filter(|(_, s)| !s.removed && of(s)).collect()
    }

    /// Whether what a decision is about is on record: a package, a group, an application or a role.
    #[must_use]
    pub fn is_known_resource(&self, resource: &str) -> bool {
        let id = resource.to_ascii_lowercase();
        let access = self.access;
        self.reviewed_package(&id).is_some() || access.groups.contains_key(&id) || access.apps.contains_key(&id) || access.roles.contains_key(&id)
    }

    /// What a review's resource is: the package of a policy or the package itself; `None` for a group, an application or a role.
    #[must_use]
    pub fn reviewed_package(&self, resource: &str) -> Option<PackageId> {
        let id = resource.to_ascii_lowercase();
        let by_policy = self.access.policies.get(&crate::model::PolicyId::new(&id)).and_then(|p| p.package.clone());
        by_policy.or_else(|| Some(PackageId::new(&id)).filter(|p| self.access.packages.contains_key(p)))
    }
}

/// Who is in which group at the instant of the questions, through other groups too.
pub(super) struct Groups<'a> {
    direct: AHashMap<&'a str, Vec<&'a str>>,
    /// Groups that a complete snapshot listed.
    whole: AHashSet<&'a str>,
    /// Groups inside a group.
    nested: AHashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Groups<'a> {
    /// Reads the memberships of an access.
    pub(super) fn of(cx: &Context<'a>) -> Self {
        let mut groups = Self {
            direct: AHashMap::new(),
            whole: AHashSet::new(),
            nested: AHashMap::new(),
        };
        let members = cx.access.holdings.iter().filter(|h| h.entitlement.is_group_member() && h.held_at(cx.as_of()));
        for holding in members.filter(|h| h.entitlement.kind == EntitlementKind::Group) {
            let (member, group) = (holding.principal.as_str(), holding.entitlement.resource());
            groups.direct.entry(member).or_default().push(group);
            if cx.access.groups.contains_key(member) || holding.principal_type == "group" {
                groups.nested.entry(group).or_default().push(member);
            }
        }
        for ((collection, scope), looks) in cx.access.looks.iter() {
            if collection.as_str() == Table::Memberships.name() && looks.iter().any(|l| l.complete && l.at <= cx.as_of()) {
                groups.whole.insert(scope.as_str());
            }
        }
        groups
    }

    /// Whether somebody is in a group, directly or through groups inside it.
    pub(super) fn has(&self, group: &str, member: &PrincipalId) -> Known {
        let mut seen: AHashSet<&str> = AHashSet::new();
        let mut open: Vec<&str> = self.direct.get(member.as_str()).cloned().unwrap_or_default();
        while let Some(next) = open.pop() {
            if next == group {
                return Known::Yes("a member".into());
            }
            if seen.insert(next) {
                open.extend(self.direct.get(next).into_iter().flatten());
            }
        }
        if self.listed(group) {
            Known::No
        } else {
            Known::Unknown("no complete snapshot lists the members of a group".into())
        }
    }

    /// Whether complete snapshots list all members of a group and of the groups inside it.
    pub(super) fn listed(&self, group: &str) -> bool {
        let mut seen: AHashSet<&str> = AHashSet::new();
        let mut open = vec![group];
        while let Some(next) = open.pop() {
            if !self.whole.contains(next) && !self.whole.contains("tenant") {
                return false;
            }
            if seen.insert(next) {
                open.extend(self.nested.get(next).into_iter().flatten());
            }
        }
        true
    }
}

/// The tables that say who holds what, and those that a check reads beside them.
macro_rules! holdings {
    ($($more:ident),* $(,)?) => {
        &[
            $crate::lake::table::Table::Assignments,
            $crate::lake::table::Table::Requests,
            $crate::lake::table::Table::Approvals,
            $crate::lake::table::Table::AuditEvents,
            $crate::lake::table::Table::Policies,
            $crate::lake::table::Table::Packages,
            $crate::lake::table::Table::ResourceRoles,
            $crate::lake::table::Table::Users,
            $crate::lake::table::Table::Groups,
            $crate::lake::table::Table::ServicePrincipals,
            $crate::lake::table::Table::Memberships,
            $crate::lake::table::Table::AppRoleAssignments,
            $crate::lake::table::Table::DirectoryRoles,
            $crate::lake::table::Table::RoleSchedules,
            $($crate::lake::table::Table::$more),*
        ]
    };
}
pub(super) use holdings;
